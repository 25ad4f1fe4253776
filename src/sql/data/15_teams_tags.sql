-- Area catalog: teams, and the vocabulary of tags.

CREATE TABLE mlregistry.teams (
    team_id uuid DEFAULT pg_catalog.gen_random_uuid() NOT NULL,
    organization_id uuid DEFAULT mlregistry.current_organization_id() NOT NULL,
    team_name text NOT NULL,
    team_email text,
    department text,
    cost_center text,
    manager_name text,
    slack_channel text,
    active boolean DEFAULT true NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    created_by text DEFAULT mlregistry.current_actor() NOT NULL,
    created_by_user uuid,
    updated_at timestamptz DEFAULT now() NOT NULL,
    updated_by text DEFAULT mlregistry.current_actor() NOT NULL,
    CONSTRAINT teams_pkey PRIMARY KEY (team_id),
    CONSTRAINT teams_tenant_key UNIQUE (organization_id, team_id),
    CONSTRAINT teams_organization_fkey FOREIGN KEY (organization_id)
        REFERENCES mlregistry.organizations (organization_id) ON DELETE CASCADE,
    CONSTRAINT teams_created_by_user_fkey FOREIGN KEY (created_by_user)
        REFERENCES mlregistry.users (user_id) ON DELETE SET NULL (created_by_user),
    CONSTRAINT unique_team_name UNIQUE (organization_id, team_name),
    CONSTRAINT valid_team_name CHECK (mlregistry.is_valid_name(team_name)),
    CONSTRAINT valid_team_email CHECK (mlregistry.is_email(team_email)),
    CONSTRAINT teams_text_size CHECK (pg_catalog.octet_length(department) <= 65536 AND pg_catalog.octet_length(cost_center) <= 65536
        AND pg_catalog.octet_length(manager_name) <= 65536
        AND pg_catalog.octet_length(slack_channel) <= 65536
        AND pg_catalog.octet_length(created_by) <= 65536 AND pg_catalog.octet_length(updated_by) <= 65536)
);
COMMENT ON TABLE mlregistry.teams IS 'Teams: who owns models and datasets';
COMMENT ON COLUMN mlregistry.teams.team_id IS 'Identifier';
COMMENT ON COLUMN mlregistry.teams.organization_id IS 'Organization that it belongs to';
COMMENT ON COLUMN mlregistry.teams.team_name IS 'Name for references, unique in its organization';
COMMENT ON COLUMN mlregistry.teams.team_email IS 'Where to write to';
COMMENT ON COLUMN mlregistry.teams.department IS 'Department that it is part of';
COMMENT ON COLUMN mlregistry.teams.cost_center IS 'Cost center that pays for it';
COMMENT ON COLUMN mlregistry.teams.manager_name IS 'Who leads it';
COMMENT ON COLUMN mlregistry.teams.slack_channel IS 'Where it talks';
COMMENT ON COLUMN mlregistry.teams.active IS 'False: it is there for what it once owned';
COMMENT ON COLUMN mlregistry.teams.created_at IS 'When the row was created';
COMMENT ON COLUMN mlregistry.teams.created_by IS 'Who created it';
COMMENT ON COLUMN mlregistry.teams.created_by_user IS 'The user who created it, as the database knows';
COMMENT ON COLUMN mlregistry.teams.updated_at IS 'When the row last changed';
COMMENT ON COLUMN mlregistry.teams.updated_by IS 'Who changed it last';
CREATE TRIGGER mlr_10_keys BEFORE UPDATE ON mlregistry.teams FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_keys();
CREATE TRIGGER mlr_20_actor BEFORE INSERT OR UPDATE ON mlregistry.teams FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_actor('created');
CREATE TRIGGER mlr_30_normalize BEFORE INSERT OR UPDATE ON mlregistry.teams FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_normalize('team_email:email', 'department:trim', 'cost_center:trim', 'manager_name:trim',
        'slack_channel:trim');
CREATE TRIGGER mlr_60_touch BEFORE UPDATE ON mlregistry.teams FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_touch();
CREATE TRIGGER mlr_85_effect AFTER DELETE ON mlregistry.teams FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_guard_quota('team', 'team_id');

CREATE TABLE mlregistry.tags (
    tag_id uuid DEFAULT pg_catalog.gen_random_uuid() NOT NULL,
    organization_id uuid DEFAULT mlregistry.current_organization_id() NOT NULL,
    tag_name text NOT NULL,
    tag_category text,
    description text,
    created_at timestamptz DEFAULT now() NOT NULL,
    created_by text DEFAULT mlregistry.current_actor() NOT NULL,
    created_by_user uuid,
    CONSTRAINT tags_pkey PRIMARY KEY (tag_id),
    CONSTRAINT tags_tenant_key UNIQUE (organization_id, tag_id),
    CONSTRAINT tags_organization_fkey FOREIGN KEY (organization_id)
        REFERENCES mlregistry.organizations (organization_id) ON DELETE CASCADE,
    CONSTRAINT unique_tag_name UNIQUE (organization_id, tag_name),
    CONSTRAINT valid_tag_category FOREIGN KEY (tag_category)
        REFERENCES mlregistry.tag_categories (name) ON UPDATE CASCADE ON DELETE NO ACTION,
    CONSTRAINT tags_created_by_user_fkey FOREIGN KEY (created_by_user)
        REFERENCES mlregistry.users (user_id) ON DELETE SET NULL (created_by_user),
    CONSTRAINT valid_tag_name CHECK (mlregistry.is_valid_tag_name(tag_name)),
    CONSTRAINT tags_text_size CHECK (pg_catalog.octet_length(description) <= 65536 AND pg_catalog.octet_length(created_by) <= 65536)
);
CREATE INDEX idx_tags_category ON mlregistry.tags (tag_category);
COMMENT ON TABLE mlregistry.tags IS 'Tags: one vocabulary for models, versions and datasets';
COMMENT ON COLUMN mlregistry.tags.tag_id IS 'Identifier';
COMMENT ON COLUMN mlregistry.tags.organization_id IS 'Organization that it belongs to';
COMMENT ON COLUMN mlregistry.tags.tag_name IS 'Name, unique in its organization';
COMMENT ON COLUMN mlregistry.tags.tag_category IS 'What it speaks of, one of tag_categories';
COMMENT ON COLUMN mlregistry.tags.description IS 'What it means';
COMMENT ON COLUMN mlregistry.tags.created_at IS 'When the row was created';
COMMENT ON COLUMN mlregistry.tags.created_by IS 'Who created it';
COMMENT ON COLUMN mlregistry.tags.created_by_user IS 'The user who created it, as the database knows';
CREATE TRIGGER mlr_10_keys BEFORE UPDATE ON mlregistry.tags FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_keys();
CREATE TRIGGER mlr_20_actor BEFORE INSERT OR UPDATE ON mlregistry.tags FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_actor('created');
