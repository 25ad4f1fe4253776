-- Area catalog: which tags models, versions and datasets have.

CREATE TABLE mlregistry.model_tags (
    model_id uuid NOT NULL,
    tag_id uuid NOT NULL,
    organization_id uuid DEFAULT mlregistry.current_organization_id() NOT NULL,
    project_id uuid DEFAULT mlregistry.current_project_id() NOT NULL,
    added_at timestamptz DEFAULT now() NOT NULL,
    added_by text DEFAULT mlregistry.current_actor() NOT NULL,
    added_by_user uuid,
    CONSTRAINT model_tags_pkey PRIMARY KEY (model_id, tag_id),
    CONSTRAINT model_tags_project_fkey FOREIGN KEY (organization_id, project_id)
        REFERENCES mlregistry.projects (organization_id, project_id) ON DELETE CASCADE,
    CONSTRAINT model_tags_model_fkey FOREIGN KEY (organization_id, model_id)
        REFERENCES mlregistry.models (organization_id, model_id) ON DELETE CASCADE,
    CONSTRAINT model_tags_tag_fkey FOREIGN KEY (organization_id, tag_id)
        REFERENCES mlregistry.tags (organization_id, tag_id) ON DELETE CASCADE,
    CONSTRAINT model_tags_added_by_user_fkey FOREIGN KEY (added_by_user)
        REFERENCES mlregistry.users (user_id) ON DELETE SET NULL (added_by_user),
    CONSTRAINT model_tags_text_size CHECK (pg_catalog.octet_length(added_by) <= 65536)
);
CREATE INDEX idx_model_tags_tag ON mlregistry.model_tags (tag_id, project_id, model_id);
COMMENT ON TABLE mlregistry.model_tags IS 'Tags of models';
COMMENT ON COLUMN mlregistry.model_tags.model_id IS 'Model that has the tag';
COMMENT ON COLUMN mlregistry.model_tags.tag_id IS 'Tag that it has';
COMMENT ON COLUMN mlregistry.model_tags.organization_id IS 'Organization that both belong to';
COMMENT ON COLUMN mlregistry.model_tags.project_id IS 'Project of the model';
COMMENT ON COLUMN mlregistry.model_tags.added_at IS 'When the tag was added';
COMMENT ON COLUMN mlregistry.model_tags.added_by IS 'Who added it';
COMMENT ON COLUMN mlregistry.model_tags.added_by_user IS 'The user who added it, as the database knows';
CREATE TRIGGER mlr_10_keys BEFORE INSERT OR UPDATE ON mlregistry.model_tags FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_keys('models', 'model_id');
CREATE TRIGGER mlr_20_actor BEFORE INSERT OR UPDATE ON mlregistry.model_tags FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_actor('added');

CREATE TABLE mlregistry.version_tags (
    version_id uuid NOT NULL,
    tag_id uuid NOT NULL,
    organization_id uuid DEFAULT mlregistry.current_organization_id() NOT NULL,
    project_id uuid DEFAULT mlregistry.current_project_id() NOT NULL,
    added_at timestamptz DEFAULT now() NOT NULL,
    added_by text DEFAULT mlregistry.current_actor() NOT NULL,
    added_by_user uuid,
    CONSTRAINT version_tags_pkey PRIMARY KEY (version_id, tag_id),
    CONSTRAINT version_tags_project_fkey FOREIGN KEY (organization_id, project_id)
        REFERENCES mlregistry.projects (organization_id, project_id) ON DELETE CASCADE,
    CONSTRAINT version_tags_version_fkey FOREIGN KEY (organization_id, version_id)
        REFERENCES mlregistry.model_versions (organization_id, version_id) ON DELETE CASCADE,
    CONSTRAINT version_tags_tag_fkey FOREIGN KEY (organization_id, tag_id)
        REFERENCES mlregistry.tags (organization_id, tag_id) ON DELETE CASCADE,
    CONSTRAINT version_tags_added_by_user_fkey FOREIGN KEY (added_by_user)
        REFERENCES mlregistry.users (user_id) ON DELETE SET NULL (added_by_user),
    CONSTRAINT version_tags_text_size CHECK (pg_catalog.octet_length(added_by) <= 65536)
);
CREATE INDEX idx_version_tags_tag ON mlregistry.version_tags (tag_id);
COMMENT ON TABLE mlregistry.version_tags IS 'Tags of versions';
COMMENT ON COLUMN mlregistry.version_tags.version_id IS 'Version that has the tag';
COMMENT ON COLUMN mlregistry.version_tags.tag_id IS 'Tag that it has';
COMMENT ON COLUMN mlregistry.version_tags.organization_id IS 'Organization that both belong to';
COMMENT ON COLUMN mlregistry.version_tags.project_id IS 'Project of the version';
COMMENT ON COLUMN mlregistry.version_tags.added_at IS 'When the tag was added';
COMMENT ON COLUMN mlregistry.version_tags.added_by IS 'Who added it';
COMMENT ON COLUMN mlregistry.version_tags.added_by_user IS 'The user who added it, as the database knows';
CREATE TRIGGER mlr_10_keys BEFORE INSERT OR UPDATE ON mlregistry.version_tags FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_keys('model_versions', 'version_id');
CREATE TRIGGER mlr_20_actor BEFORE INSERT OR UPDATE ON mlregistry.version_tags FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_actor('added');

CREATE TABLE mlregistry.dataset_tags (
    dataset_id uuid NOT NULL,
    tag_id uuid NOT NULL,
    organization_id uuid DEFAULT mlregistry.current_organization_id() NOT NULL,
    project_id uuid DEFAULT mlregistry.current_project_id() NOT NULL,
    added_at timestamptz DEFAULT now() NOT NULL,
    added_by text DEFAULT mlregistry.current_actor() NOT NULL,
    added_by_user uuid,
    CONSTRAINT dataset_tags_pkey PRIMARY KEY (dataset_id, tag_id),
    CONSTRAINT dataset_tags_project_fkey FOREIGN KEY (organization_id, project_id)
        REFERENCES mlregistry.projects (organization_id, project_id) ON DELETE CASCADE,
    CONSTRAINT dataset_tags_dataset_fkey FOREIGN KEY (organization_id, dataset_id)
        REFERENCES mlregistry.datasets (organization_id, dataset_id) ON DELETE CASCADE,
    CONSTRAINT dataset_tags_tag_fkey FOREIGN KEY (organization_id, tag_id)
        REFERENCES mlregistry.tags (organization_id, tag_id) ON DELETE CASCADE,
    CONSTRAINT dataset_tags_added_by_user_fkey FOREIGN KEY (added_by_user)
        REFERENCES mlregistry.users (user_id) ON DELETE SET NULL (added_by_user),
    CONSTRAINT dataset_tags_text_size CHECK (pg_catalog.octet_length(added_by) <= 65536)
);
CREATE INDEX idx_dataset_tags_tag ON mlregistry.dataset_tags (tag_id);
COMMENT ON TABLE mlregistry.dataset_tags IS 'Tags of datasets';
COMMENT ON COLUMN mlregistry.dataset_tags.dataset_id IS 'Dataset that has the tag';
COMMENT ON COLUMN mlregistry.dataset_tags.tag_id IS 'Tag that it has';
COMMENT ON COLUMN mlregistry.dataset_tags.organization_id IS 'Organization that both belong to';
COMMENT ON COLUMN mlregistry.dataset_tags.project_id IS 'Project of the dataset';
COMMENT ON COLUMN mlregistry.dataset_tags.added_at IS 'When the tag was added';
COMMENT ON COLUMN mlregistry.dataset_tags.added_by IS 'Who added it';
COMMENT ON COLUMN mlregistry.dataset_tags.added_by_user IS 'The user who added it, as the database knows';
CREATE TRIGGER mlr_10_keys BEFORE INSERT OR UPDATE ON mlregistry.dataset_tags FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_keys('datasets', 'dataset_id');
CREATE TRIGGER mlr_20_actor BEFORE INSERT OR UPDATE ON mlregistry.dataset_tags FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_actor('added');
