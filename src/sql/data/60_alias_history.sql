-- Area catalog: what every alias named, and when. Written by triggers only.

CREATE TABLE mlregistry.alias_history (
    history_id uuid DEFAULT pg_catalog.gen_random_uuid() NOT NULL,
    organization_id uuid DEFAULT mlregistry.current_organization_id() NOT NULL,
    project_id uuid DEFAULT mlregistry.current_project_id() NOT NULL,
    model_id uuid NOT NULL,
    alias text NOT NULL,
    version_id uuid NOT NULL,
    semver text NOT NULL,
    set_by text DEFAULT mlregistry.current_actor() NOT NULL,
    set_by_user uuid,
    valid_from timestamptz NOT NULL,
    valid_to timestamptz DEFAULT 'infinity' NOT NULL,
    CONSTRAINT alias_history_pkey PRIMARY KEY (history_id),
    CONSTRAINT alias_history_tenant_key UNIQUE (organization_id, history_id),
    CONSTRAINT alias_history_organization_fkey FOREIGN KEY (organization_id)
        REFERENCES mlregistry.organizations (organization_id) ON DELETE CASCADE,
    CONSTRAINT alias_history_project_fkey FOREIGN KEY (organization_id, project_id)
        REFERENCES mlregistry.projects (organization_id, project_id) ON DELETE CASCADE,
    CONSTRAINT alias_history_set_by_user_fkey FOREIGN KEY (set_by_user)
        REFERENCES mlregistry.users (user_id) ON DELETE SET NULL (set_by_user),
    CONSTRAINT valid_history_period CHECK (valid_from < valid_to),
    CONSTRAINT alias_history_text_size CHECK (pg_catalog.octet_length(alias) <= 65536 AND pg_catalog.octet_length(semver) <= 65536
        AND pg_catalog.octet_length(set_by) <= 65536)
);
CREATE UNIQUE INDEX unique_open_alias ON mlregistry.alias_history (model_id, alias) WHERE valid_to = 'infinity';
CREATE INDEX idx_alias_history_model ON mlregistry.alias_history (model_id, alias, valid_from);
CREATE INDEX idx_alias_history_version ON mlregistry.alias_history (version_id);
CREATE INDEX idx_alias_history_period ON mlregistry.alias_history (valid_to, valid_from);
COMMENT ON TABLE mlregistry.alias_history IS 'What every alias named, and when: one row per period, the open one until infinity; outlives aliases, versions and models';
COMMENT ON COLUMN mlregistry.alias_history.history_id IS 'Identifier';
COMMENT ON COLUMN mlregistry.alias_history.organization_id IS 'Organization that it belongs to';
COMMENT ON COLUMN mlregistry.alias_history.project_id IS 'Project of the model';
COMMENT ON COLUMN mlregistry.alias_history.model_id IS 'Model that has or had the alias';
COMMENT ON COLUMN mlregistry.alias_history.alias IS 'Alias';
COMMENT ON COLUMN mlregistry.alias_history.version_id IS 'Version that it named';
COMMENT ON COLUMN mlregistry.alias_history.semver IS 'That version, as it was written';
COMMENT ON COLUMN mlregistry.alias_history.set_by IS 'Who set it';
COMMENT ON COLUMN mlregistry.alias_history.set_by_user IS 'The user who set it, as the database knows';
COMMENT ON COLUMN mlregistry.alias_history.valid_from IS 'From when on it named this version';
COMMENT ON COLUMN mlregistry.alias_history.valid_to IS 'Until when, exclusively; infinity: it still does';
CREATE TRIGGER mlr_10_keys BEFORE UPDATE ON mlregistry.alias_history FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_keys();
