-- Area foundation: registry_meta, the lookup tables, organizations, projects, guards.

CREATE TABLE mlregistry.registry_meta (
    key text NOT NULL,
    value jsonb NOT NULL,
    CONSTRAINT registry_meta_pkey PRIMARY KEY (key),
    CONSTRAINT registry_meta_json_size CHECK (pg_catalog.pg_column_size(value) <= 1048576)
);
COMMENT ON TABLE mlregistry.registry_meta IS 'Facts about this registry: schema version, install time, system identifier, default full-text language';
COMMENT ON COLUMN mlregistry.registry_meta.key IS 'Name of the fact';
COMMENT ON COLUMN mlregistry.registry_meta.value IS 'The fact';

-- Lookup tables: one design. Built-in rows are kept by trigger; own rows may be added beside them.
CREATE TABLE mlregistry.frameworks (
    name text NOT NULL,
    description text,
    builtin boolean DEFAULT false NOT NULL,
    CONSTRAINT frameworks_pkey PRIMARY KEY (name),
    CONSTRAINT frameworks_name_is_valid CHECK (mlregistry.is_valid_tag_name(name)),
    CONSTRAINT frameworks_text_size CHECK (pg_catalog.octet_length(description) <= 65536)
);
COMMENT ON TABLE mlregistry.frameworks IS 'Vocabulary: machine learning frameworks';
COMMENT ON COLUMN mlregistry.frameworks.name IS 'Name that other tables refer to';
COMMENT ON COLUMN mlregistry.frameworks.description IS 'What it is';
COMMENT ON COLUMN mlregistry.frameworks.builtin IS 'Came with the registry: cannot be deleted or renamed';

CREATE TABLE mlregistry.model_formats (
    name text NOT NULL,
    description text,
    builtin boolean DEFAULT false NOT NULL,
    CONSTRAINT model_formats_pkey PRIMARY KEY (name),
    CONSTRAINT model_formats_name_is_valid CHECK (mlregistry.is_valid_tag_name(name)),
    CONSTRAINT model_formats_text_size CHECK (pg_catalog.octet_length(description) <= 65536)
);
COMMENT ON TABLE mlregistry.model_formats IS 'Vocabulary: file formats of models';
COMMENT ON COLUMN mlregistry.model_formats.name IS 'Name that other tables refer to';
COMMENT ON COLUMN mlregistry.model_formats.description IS 'What it is';
COMMENT ON COLUMN mlregistry.model_formats.builtin IS 'Came with the registry: cannot be deleted or renamed';

CREATE TABLE mlregistry.storage_formats (
    name text NOT NULL,
    description text,
    builtin boolean DEFAULT false NOT NULL,
    CONSTRAINT storage_formats_pkey PRIMARY KEY (name),
    CONSTRAINT storage_formats_name_is_valid CHECK (mlregistry.is_valid_tag_name(name)),
    CONSTRAINT storage_formats_text_size CHECK (pg_catalog.octet_length(description) <= 65536)
);
COMMENT ON TABLE mlregistry.storage_formats IS 'Vocabulary: storage formats of datasets';
COMMENT ON COLUMN mlregistry.storage_formats.name IS 'Name that other tables refer to';
COMMENT ON COLUMN mlregistry.storage_formats.description IS 'What it is';
COMMENT ON COLUMN mlregistry.storage_formats.builtin IS 'Came with the registry: cannot be deleted or renamed';

CREATE TABLE mlregistry.tag_categories (
    name text NOT NULL,
    description text,
    builtin boolean DEFAULT false NOT NULL,
    CONSTRAINT tag_categories_pkey PRIMARY KEY (name),
    CONSTRAINT tag_categories_name_is_valid CHECK (mlregistry.is_valid_tag_name(name)),
    CONSTRAINT tag_categories_text_size CHECK (pg_catalog.octet_length(description) <= 65536)
);
COMMENT ON TABLE mlregistry.tag_categories IS 'Vocabulary: categories of tags';
COMMENT ON COLUMN mlregistry.tag_categories.name IS 'Name that other tables refer to';
COMMENT ON COLUMN mlregistry.tag_categories.description IS 'What it is';
COMMENT ON COLUMN mlregistry.tag_categories.builtin IS 'Came with the registry: cannot be deleted or renamed';

CREATE TABLE mlregistry.gpu_types (
    name text NOT NULL,
    price_per_hour_usd numeric(10,4) DEFAULT 2.50 NOT NULL,
    memory_gb integer,
    description text,
    builtin boolean DEFAULT false NOT NULL,
    CONSTRAINT gpu_types_pkey PRIMARY KEY (name),
    CONSTRAINT gpu_types_name_is_valid CHECK (mlregistry.is_valid_tag_name(name)),
    CONSTRAINT valid_gpu_price CHECK (price_per_hour_usd >= 0 AND price_per_hour_usd < 'NaN'),
    CONSTRAINT valid_gpu_memory CHECK (memory_gb > 0),
    CONSTRAINT gpu_types_text_size CHECK (pg_catalog.octet_length(description) <= 65536)
);
COMMENT ON TABLE mlregistry.gpu_types IS 'GPU types with their prices, the basis of cost functions; edit the prices to yours';
COMMENT ON COLUMN mlregistry.gpu_types.name IS 'Name as training runs write it';
COMMENT ON COLUMN mlregistry.gpu_types.price_per_hour_usd IS 'Price of one GPU for one hour in US dollars';
COMMENT ON COLUMN mlregistry.gpu_types.memory_gb IS 'Memory of one GPU in gigabytes';
COMMENT ON COLUMN mlregistry.gpu_types.description IS 'What it is';
COMMENT ON COLUMN mlregistry.gpu_types.builtin IS 'Came with the registry: cannot be deleted or renamed';

CREATE TABLE mlregistry.organizations (
    organization_id uuid DEFAULT pg_catalog.gen_random_uuid() NOT NULL,
    name text NOT NULL,
    slug text NOT NULL,
    billing_email text,
    subscription_plan text DEFAULT 'starter' NOT NULL,
    subscription_status text DEFAULT 'active' NOT NULL,
    max_users integer,
    max_models integer,
    settings jsonb DEFAULT '{}' NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    created_by text DEFAULT mlregistry.current_actor() NOT NULL,
    created_by_user uuid,
    updated_at timestamptz DEFAULT now() NOT NULL,
    updated_by text DEFAULT mlregistry.current_actor() NOT NULL,
    deleted_at timestamptz,
    CONSTRAINT organizations_pkey PRIMARY KEY (organization_id),
    CONSTRAINT organizations_created_by_user_fkey FOREIGN KEY (created_by_user)
        REFERENCES mlregistry.users (user_id) ON DELETE SET NULL (created_by_user),
    CONSTRAINT valid_organization_name CHECK (mlregistry.is_valid_label(name)),
    CONSTRAINT valid_slug CHECK (mlregistry.is_valid_name(slug)),
    CONSTRAINT valid_billing_email CHECK (mlregistry.is_email(billing_email)),
    CONSTRAINT valid_subscription_plan CHECK (subscription_plan IN ('starter', 'professional', 'enterprise')),
    CONSTRAINT valid_subscription_status CHECK (subscription_status IN ('active', 'inactive', 'suspended')),
    CONSTRAINT valid_limits CHECK (max_users >= 0 AND max_models >= 0),
    CONSTRAINT settings_is_object CHECK (pg_catalog.jsonb_typeof(settings) = 'object'),
    CONSTRAINT organizations_json_size CHECK (pg_catalog.pg_column_size(settings) <= 1048576),
    CONSTRAINT organizations_text_size CHECK (pg_catalog.octet_length(created_by) <= 65536 AND pg_catalog.octet_length(updated_by) <= 65536)
);
CREATE UNIQUE INDEX organizations_slug_key ON mlregistry.organizations (slug) WHERE deleted_at IS NULL;
COMMENT ON TABLE mlregistry.organizations IS 'Tenants: every row of the registry belongs to one';
COMMENT ON COLUMN mlregistry.organizations.organization_id IS 'Identifier';
COMMENT ON COLUMN mlregistry.organizations.name IS 'Name for people';
COMMENT ON COLUMN mlregistry.organizations.slug IS 'Name for references, unique among those not deleted';
COMMENT ON COLUMN mlregistry.organizations.billing_email IS 'Where bills go';
COMMENT ON COLUMN mlregistry.organizations.subscription_plan IS 'starter, professional or enterprise: a preset of limits';
COMMENT ON COLUMN mlregistry.organizations.subscription_status IS 'active, inactive or suspended';
COMMENT ON COLUMN mlregistry.organizations.max_users IS 'Most members; NULL: no limit';
COMMENT ON COLUMN mlregistry.organizations.max_models IS 'Most models; NULL: no limit';
COMMENT ON COLUMN mlregistry.organizations.settings IS 'Settings of an application, a JSON object';
COMMENT ON COLUMN mlregistry.organizations.created_at IS 'When the row was created';
COMMENT ON COLUMN mlregistry.organizations.created_by IS 'Who created it';
COMMENT ON COLUMN mlregistry.organizations.created_by_user IS 'The user who created it, as the database knows';
COMMENT ON COLUMN mlregistry.organizations.updated_at IS 'When the row last changed';
COMMENT ON COLUMN mlregistry.organizations.updated_by IS 'Who changed it last';
COMMENT ON COLUMN mlregistry.organizations.deleted_at IS 'When it was deleted; NULL: it is not';

CREATE TABLE mlregistry.projects (
    project_id uuid DEFAULT pg_catalog.gen_random_uuid() NOT NULL,
    organization_id uuid DEFAULT mlregistry.current_organization_id() NOT NULL,
    name text NOT NULL,
    slug text NOT NULL,
    description text,
    visibility text DEFAULT 'private' NOT NULL,
    protected_stages text[] DEFAULT '{}' NOT NULL,
    settings jsonb DEFAULT '{}' NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    created_by text DEFAULT mlregistry.current_actor() NOT NULL,
    created_by_user uuid,
    updated_at timestamptz DEFAULT now() NOT NULL,
    updated_by text DEFAULT mlregistry.current_actor() NOT NULL,
    deleted_at timestamptz,
    CONSTRAINT projects_pkey PRIMARY KEY (project_id),
    CONSTRAINT projects_tenant_key UNIQUE (organization_id, project_id),
    CONSTRAINT projects_organization_fkey FOREIGN KEY (organization_id)
        REFERENCES mlregistry.organizations (organization_id) ON DELETE CASCADE,
    CONSTRAINT projects_created_by_user_fkey FOREIGN KEY (created_by_user)
        REFERENCES mlregistry.users (user_id) ON DELETE SET NULL (created_by_user),
    CONSTRAINT valid_project_name CHECK (mlregistry.is_valid_label(name)),
    CONSTRAINT valid_project_slug CHECK (mlregistry.is_valid_name(slug)),
    CONSTRAINT valid_visibility CHECK (visibility IN ('private', 'organization', 'public')),
    CONSTRAINT valid_protected_stages CHECK (protected_stages <@ '{development,staging,production,archived}'::text[]),
    CONSTRAINT settings_is_object CHECK (pg_catalog.jsonb_typeof(settings) = 'object'),
    CONSTRAINT projects_json_size CHECK (pg_catalog.pg_column_size(settings) <= 1048576),
    CONSTRAINT projects_text_size CHECK (pg_catalog.octet_length(description) <= 65536 AND pg_catalog.octet_length(created_by) <= 65536
        AND pg_catalog.octet_length(updated_by) <= 65536)
);
CREATE UNIQUE INDEX unique_project_slug ON mlregistry.projects (organization_id, slug) WHERE deleted_at IS NULL;
COMMENT ON TABLE mlregistry.projects IS 'Projects of an organization: what belongs together and who may see it';
COMMENT ON COLUMN mlregistry.projects.project_id IS 'Identifier';
COMMENT ON COLUMN mlregistry.projects.organization_id IS 'Organization that it belongs to';
COMMENT ON COLUMN mlregistry.projects.name IS 'Name for people';
COMMENT ON COLUMN mlregistry.projects.slug IS 'Name for references, unique in its organization among those not deleted';
COMMENT ON COLUMN mlregistry.projects.description IS 'What it is for';
COMMENT ON COLUMN mlregistry.projects.visibility IS 'private, organization or public';
COMMENT ON COLUMN mlregistry.projects.protected_stages IS 'Stages into which only admins and project owners promote';
COMMENT ON COLUMN mlregistry.projects.settings IS 'Settings of an application, a JSON object';
COMMENT ON COLUMN mlregistry.projects.created_at IS 'When the row was created';
COMMENT ON COLUMN mlregistry.projects.created_by IS 'Who created it';
COMMENT ON COLUMN mlregistry.projects.created_by_user IS 'The user who created it, as the database knows';
COMMENT ON COLUMN mlregistry.projects.updated_at IS 'When the row last changed';
COMMENT ON COLUMN mlregistry.projects.updated_by IS 'Who changed it last';
COMMENT ON COLUMN mlregistry.projects.deleted_at IS 'When it was deleted; NULL: it is not';

-- No foreign key: rules also run while an organization is being deleted.
CREATE TABLE mlregistry.guards (
    organization_id uuid NOT NULL,
    rule text NOT NULL,
    subject_id uuid NOT NULL,
    n bigint DEFAULT 1 NOT NULL,
    CONSTRAINT guards_pkey PRIMARY KEY (organization_id, rule, subject_id)
);
COMMENT ON TABLE mlregistry.guards IS 'Rows that rules over several rows lock and change, so that they are exact at every isolation level';
COMMENT ON COLUMN mlregistry.guards.organization_id IS 'Organization of the subject';
COMMENT ON COLUMN mlregistry.guards.rule IS 'Rule that locks';
COMMENT ON COLUMN mlregistry.guards.subject_id IS 'What the rule is about';
COMMENT ON COLUMN mlregistry.guards.n IS 'How often it was locked';

COMMENT ON SCHEMA mlregistry IS 'ML model registry: tables of the database, functions and types of extension mlregistry; grant CREATE on it to nobody';

-- Vocabulary and facts are for all who may use the schema.
GRANT SELECT ON mlregistry.registry_meta, mlregistry.frameworks, mlregistry.model_formats, mlregistry.storage_formats,
    mlregistry.tag_categories, mlregistry.gpu_types TO PUBLIC;

-- Triggers: names sort in the order in which they fire.
CREATE TRIGGER mlr_50_freeze BEFORE UPDATE ON mlregistry.frameworks FOR EACH ROW EXECUTE FUNCTION mlregistry.trg_builtin();
CREATE TRIGGER mlr_70_guard AFTER DELETE ON mlregistry.frameworks FOR EACH ROW EXECUTE FUNCTION mlregistry.trg_builtin();
CREATE TRIGGER mlr_50_freeze BEFORE UPDATE ON mlregistry.model_formats FOR EACH ROW EXECUTE FUNCTION mlregistry.trg_builtin();
CREATE TRIGGER mlr_70_guard AFTER DELETE ON mlregistry.model_formats FOR EACH ROW EXECUTE FUNCTION mlregistry.trg_builtin();
CREATE TRIGGER mlr_50_freeze BEFORE UPDATE ON mlregistry.storage_formats FOR EACH ROW EXECUTE FUNCTION mlregistry.trg_builtin();
CREATE TRIGGER mlr_70_guard AFTER DELETE ON mlregistry.storage_formats FOR EACH ROW EXECUTE FUNCTION mlregistry.trg_builtin();
CREATE TRIGGER mlr_50_freeze BEFORE UPDATE ON mlregistry.tag_categories FOR EACH ROW EXECUTE FUNCTION mlregistry.trg_builtin();
CREATE TRIGGER mlr_70_guard AFTER DELETE ON mlregistry.tag_categories FOR EACH ROW EXECUTE FUNCTION mlregistry.trg_builtin();
CREATE TRIGGER mlr_50_freeze BEFORE UPDATE ON mlregistry.gpu_types FOR EACH ROW EXECUTE FUNCTION mlregistry.trg_builtin();
CREATE TRIGGER mlr_70_guard AFTER DELETE ON mlregistry.gpu_types FOR EACH ROW EXECUTE FUNCTION mlregistry.trg_builtin();

CREATE TRIGGER mlr_10_keys BEFORE UPDATE ON mlregistry.organizations FOR EACH ROW EXECUTE FUNCTION mlregistry.trg_keys();
CREATE TRIGGER mlr_20_actor BEFORE INSERT OR UPDATE ON mlregistry.organizations FOR EACH ROW EXECUTE FUNCTION mlregistry.trg_actor('created');
CREATE TRIGGER mlr_30_normalize BEFORE INSERT OR UPDATE ON mlregistry.organizations FOR EACH ROW EXECUTE FUNCTION mlregistry.trg_normalize('name:trim', 'billing_email:email');
CREATE TRIGGER mlr_60_touch BEFORE UPDATE ON mlregistry.organizations FOR EACH ROW EXECUTE FUNCTION mlregistry.trg_touch();
CREATE TRIGGER mlr_95_access AFTER INSERT OR UPDATE OR DELETE ON mlregistry.organizations FOR EACH STATEMENT
    EXECUTE FUNCTION mlregistry.trg_access_changed();
ALTER TABLE mlregistry.organizations ENABLE ALWAYS TRIGGER mlr_95_access;

CREATE TRIGGER mlr_10_keys BEFORE UPDATE ON mlregistry.projects FOR EACH ROW EXECUTE FUNCTION mlregistry.trg_keys();
CREATE TRIGGER mlr_20_actor BEFORE INSERT OR UPDATE ON mlregistry.projects FOR EACH ROW EXECUTE FUNCTION mlregistry.trg_actor('created');
CREATE TRIGGER mlr_30_normalize BEFORE INSERT OR UPDATE ON mlregistry.projects FOR EACH ROW EXECUTE FUNCTION mlregistry.trg_normalize('name:trim');
CREATE TRIGGER mlr_60_touch BEFORE UPDATE ON mlregistry.projects FOR EACH ROW EXECUTE FUNCTION mlregistry.trg_touch();
CREATE TRIGGER mlr_85_effect AFTER DELETE ON mlregistry.projects FOR EACH ROW EXECUTE FUNCTION mlregistry.trg_guard_quota('project', 'project_id');
CREATE TRIGGER mlr_95_access AFTER INSERT OR UPDATE OR DELETE ON mlregistry.projects FOR EACH STATEMENT
    EXECUTE FUNCTION mlregistry.trg_access_changed();
ALTER TABLE mlregistry.projects ENABLE ALWAYS TRIGGER mlr_95_access;
