-- 0.3.0: teams, tags, datasets, signatures, metrics, alias history, frozen versions.
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

ALTER TABLE mlregistry.models ADD COLUMN team_id uuid;
ALTER TABLE mlregistry.models ADD CONSTRAINT models_team_fkey FOREIGN KEY (organization_id, team_id)
    REFERENCES mlregistry.teams (organization_id, team_id) ON DELETE SET NULL (team_id) NOT VALID;
ALTER TABLE mlregistry.models VALIDATE CONSTRAINT models_team_fkey;
CREATE INDEX idx_models_team ON mlregistry.models (team_id, project_id, model_name);
CREATE INDEX idx_models_grams ON mlregistry.models USING gin (mlregistry.name_grams(model_name, display_name));
COMMENT ON COLUMN mlregistry.models.team_id IS 'Team that owns it';

CREATE TABLE mlregistry.version_signatures (
    signature_id uuid DEFAULT pg_catalog.gen_random_uuid() NOT NULL,
    organization_id uuid DEFAULT mlregistry.current_organization_id() NOT NULL,
    project_id uuid DEFAULT mlregistry.current_project_id() NOT NULL,
    version_id uuid NOT NULL,
    kind text NOT NULL,
    signer text NOT NULL,
    issuer text,
    bundle jsonb,
    bundle_uri text,
    subject_sha256 text,
    verification text DEFAULT 'claimed' NOT NULL,
    verifier text,
    verified_at timestamptz,
    created_at timestamptz DEFAULT now() NOT NULL,
    created_by text DEFAULT mlregistry.current_actor() NOT NULL,
    created_by_user uuid,
    CONSTRAINT version_signatures_pkey PRIMARY KEY (signature_id),
    CONSTRAINT version_signatures_tenant_key UNIQUE (organization_id, signature_id),
    CONSTRAINT version_signatures_organization_fkey FOREIGN KEY (organization_id)
        REFERENCES mlregistry.organizations (organization_id) ON DELETE CASCADE,
    CONSTRAINT version_signatures_project_fkey FOREIGN KEY (organization_id, project_id)
        REFERENCES mlregistry.projects (organization_id, project_id) ON DELETE CASCADE,
    CONSTRAINT version_signatures_version_fkey FOREIGN KEY (organization_id, version_id)
        REFERENCES mlregistry.model_versions (organization_id, version_id) ON DELETE CASCADE,
    CONSTRAINT valid_signature_kind CHECK (kind IN ('sigstore', 'pgp', 'x509', 'pkcs11', 'other')),
    CONSTRAINT valid_verification CHECK (verification IN ('claimed', 'verified', 'failed')),
    CONSTRAINT verification_consistency CHECK ((verification IN ('verified', 'failed')) = (verified_at IS NOT NULL)),
    CONSTRAINT valid_sha256 CHECK (mlregistry.is_sha256(subject_sha256)),
    CONSTRAINT signature_has_bundle CHECK (bundle IS NOT NULL OR bundle_uri IS NOT NULL),
    CONSTRAINT version_signatures_json_size CHECK (pg_catalog.pg_column_size(bundle) <= 1048576),
    CONSTRAINT version_signatures_text_size CHECK (pg_catalog.octet_length(signer) <= 65536 AND pg_catalog.octet_length(issuer) <= 65536
        AND pg_catalog.octet_length(bundle_uri) <= 65536
        AND pg_catalog.octet_length(verifier) <= 65536
        AND pg_catalog.octet_length(created_by) <= 65536)
);
CREATE INDEX idx_version_signatures_project ON mlregistry.version_signatures (project_id);
CREATE INDEX idx_version_signatures_version ON mlregistry.version_signatures (version_id);
COMMENT ON TABLE mlregistry.version_signatures IS 'Signatures of versions, as claimed or as verified elsewhere: the registry stores and reports, it does not verify';
COMMENT ON COLUMN mlregistry.version_signatures.signature_id IS 'Identifier';
COMMENT ON COLUMN mlregistry.version_signatures.organization_id IS 'Organization that it belongs to';
COMMENT ON COLUMN mlregistry.version_signatures.project_id IS 'Project of its version';
COMMENT ON COLUMN mlregistry.version_signatures.version_id IS 'Version that is signed';
COMMENT ON COLUMN mlregistry.version_signatures.kind IS 'sigstore, pgp, x509, pkcs11 or other';
COMMENT ON COLUMN mlregistry.version_signatures.signer IS 'Who signed';
COMMENT ON COLUMN mlregistry.version_signatures.issuer IS 'Who vouches for the signer';
COMMENT ON COLUMN mlregistry.version_signatures.bundle IS 'The signature itself with what verifying needs';
COMMENT ON COLUMN mlregistry.version_signatures.bundle_uri IS 'Where the signature lies, unless it is in bundle';
COMMENT ON COLUMN mlregistry.version_signatures.subject_sha256 IS 'SHA-256 of what was signed, 64 hexadecimal digits';
COMMENT ON COLUMN mlregistry.version_signatures.verification IS 'claimed, verified or failed';
COMMENT ON COLUMN mlregistry.version_signatures.verifier IS 'Who or what verified it';
COMMENT ON COLUMN mlregistry.version_signatures.verified_at IS 'When it was verified, also when that failed; NULL exactly while it is only claimed';
COMMENT ON COLUMN mlregistry.version_signatures.created_at IS 'When the row was created';
COMMENT ON COLUMN mlregistry.version_signatures.created_by IS 'Who created it';
COMMENT ON COLUMN mlregistry.version_signatures.created_by_user IS 'The user who created it, as the database knows';
CREATE TRIGGER mlr_10_keys BEFORE INSERT OR UPDATE ON mlregistry.version_signatures FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_keys('model_versions', 'version_id');
CREATE TRIGGER mlr_20_actor BEFORE INSERT OR UPDATE ON mlregistry.version_signatures FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_actor('created');
CREATE TRIGGER mlr_30_normalize BEFORE INSERT OR UPDATE ON mlregistry.version_signatures FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_normalize('signer:trim', 'issuer:trim', 'bundle_uri:trim', 'subject_sha256:lower', 'verifier:trim');

CREATE TABLE mlregistry.datasets (
    dataset_id uuid DEFAULT pg_catalog.gen_random_uuid() NOT NULL,
    organization_id uuid DEFAULT mlregistry.current_organization_id() NOT NULL,
    project_id uuid DEFAULT mlregistry.current_project_id() NOT NULL,
    dataset_name text NOT NULL,
    display_name text NOT NULL,
    description text,
    purpose text,
    storage_location text NOT NULL,
    storage_format text NOT NULL,
    storage_size_gb numeric(14,3),
    partition_keys text[] DEFAULT '{}' NOT NULL,
    schema_url text,
    schema_version text,
    data_version text,
    team_id uuid,
    data_steward text,
    freshness_sla_hours integer,
    last_updated_at timestamptz,
    row_count bigint,
    column_count integer,
    null_percentage numeric(5,2),
    contains_pii boolean DEFAULT false NOT NULL,
    data_classification text DEFAULT 'internal' NOT NULL,
    retention_days integer,
    gdpr_compliant boolean DEFAULT false NOT NULL,
    source_system text,
    transformation_pipeline text,
    metadata jsonb DEFAULT '{}' NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    created_by text DEFAULT mlregistry.current_actor() NOT NULL,
    created_by_user uuid,
    updated_at timestamptz DEFAULT now() NOT NULL,
    updated_by text DEFAULT mlregistry.current_actor() NOT NULL,
    deleted_at timestamptz,
    CONSTRAINT datasets_pkey PRIMARY KEY (dataset_id),
    CONSTRAINT datasets_tenant_key UNIQUE (organization_id, dataset_id),
    CONSTRAINT datasets_organization_fkey FOREIGN KEY (organization_id)
        REFERENCES mlregistry.organizations (organization_id) ON DELETE CASCADE,
    CONSTRAINT datasets_project_fkey FOREIGN KEY (organization_id, project_id)
        REFERENCES mlregistry.projects (organization_id, project_id) ON DELETE CASCADE,
    CONSTRAINT valid_storage_format FOREIGN KEY (storage_format)
        REFERENCES mlregistry.storage_formats (name) ON UPDATE CASCADE ON DELETE NO ACTION,
    CONSTRAINT datasets_team_fkey FOREIGN KEY (organization_id, team_id)
        REFERENCES mlregistry.teams (organization_id, team_id) ON DELETE SET NULL (team_id),
    CONSTRAINT valid_dataset_name CHECK (mlregistry.is_valid_tag_name(dataset_name)),
    CONSTRAINT valid_display_name CHECK (mlregistry.is_valid_label(display_name)),
    CONSTRAINT valid_storage_location CHECK (mlregistry.is_artifact_uri(storage_location)),
    CONSTRAINT valid_freshness CHECK (freshness_sla_hours > 0),
    CONSTRAINT valid_classification CHECK (data_classification IN ('public', 'internal', 'confidential', 'restricted')),
    CONSTRAINT valid_null_percentage CHECK (null_percentage BETWEEN 0 AND 100),
    CONSTRAINT valid_dataset_counts CHECK (storage_size_gb >= 0 AND storage_size_gb < 'NaN' AND row_count >= 0 AND column_count >= 0
        AND retention_days >= 0),
    CONSTRAINT metadata_is_object CHECK (pg_catalog.jsonb_typeof(metadata) = 'object'),
    CONSTRAINT datasets_json_size CHECK (pg_catalog.pg_column_size(metadata) <= 1048576),
    CONSTRAINT datasets_text_size CHECK (pg_catalog.octet_length(description) <= 65536 AND pg_catalog.octet_length(purpose) <= 65536
        AND pg_catalog.pg_column_size(partition_keys) <= 65536
        AND pg_catalog.octet_length(schema_url) <= 65536
        AND pg_catalog.octet_length(schema_version) <= 65536
        AND pg_catalog.octet_length(data_version) <= 65536
        AND pg_catalog.octet_length(data_steward) <= 65536
        AND pg_catalog.octet_length(source_system) <= 65536
        AND pg_catalog.octet_length(transformation_pipeline) <= 65536
        AND pg_catalog.octet_length(created_by) <= 65536 AND pg_catalog.octet_length(updated_by) <= 65536)
);
CREATE UNIQUE INDEX unique_dataset_name ON mlregistry.datasets (organization_id, project_id, dataset_name) WHERE deleted_at IS NULL;
CREATE INDEX idx_datasets_project ON mlregistry.datasets (project_id);
CREATE INDEX idx_datasets_name ON mlregistry.datasets (dataset_name);
CREATE INDEX idx_datasets_team ON mlregistry.datasets (team_id);
CREATE INDEX idx_datasets_updated ON mlregistry.datasets (last_updated_at DESC);
CREATE INDEX idx_datasets_classification ON mlregistry.datasets (data_classification);
CREATE INDEX idx_datasets_pii ON mlregistry.datasets (contains_pii) WHERE contains_pii;
CREATE INDEX idx_datasets_format ON mlregistry.datasets (storage_format);
CREATE INDEX idx_datasets_search ON mlregistry.datasets
    USING gin (to_tsvector({{fts_language}}, dataset_name || ' ' || display_name || ' ' || coalesce(description, '')));
CREATE INDEX idx_datasets_grams ON mlregistry.datasets USING gin (mlregistry.name_grams(dataset_name, display_name));
COMMENT ON TABLE mlregistry.datasets IS 'Datasets: one row for data that models are trained, validated or tested on';
COMMENT ON COLUMN mlregistry.datasets.dataset_id IS 'Identifier';
COMMENT ON COLUMN mlregistry.datasets.organization_id IS 'Organization that it belongs to';
COMMENT ON COLUMN mlregistry.datasets.project_id IS 'Project that it belongs to';
COMMENT ON COLUMN mlregistry.datasets.dataset_name IS 'Name for references, unique in its project among those not deleted';
COMMENT ON COLUMN mlregistry.datasets.display_name IS 'Name for people; the dataset name where none was given';
COMMENT ON COLUMN mlregistry.datasets.description IS 'What it is';
COMMENT ON COLUMN mlregistry.datasets.purpose IS 'What it is for';
COMMENT ON COLUMN mlregistry.datasets.storage_location IS 'Where the data lies';
COMMENT ON COLUMN mlregistry.datasets.storage_format IS 'File format, one of storage_formats';
COMMENT ON COLUMN mlregistry.datasets.storage_size_gb IS 'Size in gigabytes of 1,000,000,000 bytes';
COMMENT ON COLUMN mlregistry.datasets.partition_keys IS 'Columns that it is partitioned by';
COMMENT ON COLUMN mlregistry.datasets.schema_url IS 'Where its schema is described';
COMMENT ON COLUMN mlregistry.datasets.schema_version IS 'Version of its schema';
COMMENT ON COLUMN mlregistry.datasets.data_version IS 'Version of the data, such as a snapshot or a commit';
COMMENT ON COLUMN mlregistry.datasets.team_id IS 'Team that owns it';
COMMENT ON COLUMN mlregistry.datasets.data_steward IS 'Whom to ask';
COMMENT ON COLUMN mlregistry.datasets.freshness_sla_hours IS 'Hours after which it counts as stale; NULL: never';
COMMENT ON COLUMN mlregistry.datasets.last_updated_at IS 'When the data last changed';
COMMENT ON COLUMN mlregistry.datasets.row_count IS 'Number of rows';
COMMENT ON COLUMN mlregistry.datasets.column_count IS 'Number of columns';
COMMENT ON COLUMN mlregistry.datasets.null_percentage IS 'Share of values that are missing, 0 to 100';
COMMENT ON COLUMN mlregistry.datasets.contains_pii IS 'Holds data about persons';
COMMENT ON COLUMN mlregistry.datasets.data_classification IS 'public, internal, confidential or restricted';
COMMENT ON COLUMN mlregistry.datasets.retention_days IS 'Days that it may be kept; NULL: no limit';
COMMENT ON COLUMN mlregistry.datasets.gdpr_compliant IS 'Somebody has established that its use complies with the GDPR';
COMMENT ON COLUMN mlregistry.datasets.source_system IS 'System that the data comes from';
COMMENT ON COLUMN mlregistry.datasets.transformation_pipeline IS 'What made it out of its sources';
COMMENT ON COLUMN mlregistry.datasets.metadata IS 'Anything else, a JSON object';
COMMENT ON COLUMN mlregistry.datasets.created_at IS 'When the row was created';
COMMENT ON COLUMN mlregistry.datasets.created_by IS 'Who created it';
COMMENT ON COLUMN mlregistry.datasets.created_by_user IS 'The user who created it, as the database knows';
COMMENT ON COLUMN mlregistry.datasets.updated_at IS 'When the row last changed';
COMMENT ON COLUMN mlregistry.datasets.updated_by IS 'Who changed it last';
COMMENT ON COLUMN mlregistry.datasets.deleted_at IS 'When it was deleted; NULL: it is not';
CREATE TRIGGER mlr_10_keys BEFORE UPDATE ON mlregistry.datasets FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_keys();
CREATE TRIGGER mlr_20_actor BEFORE INSERT OR UPDATE ON mlregistry.datasets FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_actor('created');
CREATE TRIGGER mlr_30_normalize BEFORE INSERT OR UPDATE ON mlregistry.datasets FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_normalize('display_name:trim', 'storage_location:trim', 'schema_url:trim', 'schema_version:trim',
        'data_version:trim', 'data_steward:trim', 'source_system:trim', 'transformation_pipeline:trim');
CREATE TRIGGER mlr_35_derive BEFORE INSERT OR UPDATE ON mlregistry.datasets FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_derive_copy('display_name', 'dataset_name');
CREATE TRIGGER mlr_60_touch BEFORE UPDATE ON mlregistry.datasets FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_touch();

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

CREATE TABLE mlregistry.model_metrics (
    metric_id uuid DEFAULT pg_catalog.gen_random_uuid() NOT NULL,
    organization_id uuid DEFAULT mlregistry.current_organization_id() NOT NULL,
    project_id uuid DEFAULT mlregistry.current_project_id() NOT NULL,
    version_id uuid NOT NULL,
    metric_name text NOT NULL,
    metric_value double precision NOT NULL,
    dataset_split text DEFAULT 'test' NOT NULL,
    dataset_id uuid,
    recorded_at timestamptz DEFAULT now() NOT NULL,
    recorded_by text DEFAULT mlregistry.current_actor() NOT NULL,
    recorded_by_user uuid,
    CONSTRAINT model_metrics_pkey PRIMARY KEY (metric_id),
    CONSTRAINT model_metrics_tenant_key UNIQUE (organization_id, metric_id),
    CONSTRAINT model_metrics_organization_fkey FOREIGN KEY (organization_id)
        REFERENCES mlregistry.organizations (organization_id) ON DELETE CASCADE,
    CONSTRAINT model_metrics_project_fkey FOREIGN KEY (organization_id, project_id)
        REFERENCES mlregistry.projects (organization_id, project_id) ON DELETE CASCADE,
    CONSTRAINT model_metrics_version_fkey FOREIGN KEY (organization_id, version_id)
        REFERENCES mlregistry.model_versions (organization_id, version_id) ON DELETE CASCADE,
    CONSTRAINT model_metrics_dataset_fkey FOREIGN KEY (organization_id, dataset_id)
        REFERENCES mlregistry.datasets (organization_id, dataset_id) ON DELETE SET NULL (dataset_id),
    CONSTRAINT valid_metric_name CHECK (mlregistry.is_valid_metric_name(metric_name)),
    CONSTRAINT valid_dataset_split CHECK (dataset_split IN ('train', 'validation', 'test', 'holdout', 'production')),
    CONSTRAINT model_metrics_text_size CHECK (pg_catalog.octet_length(recorded_by) <= 65536)
);
CREATE INDEX idx_model_metrics_project ON mlregistry.model_metrics (project_id);
CREATE INDEX idx_metrics_version ON mlregistry.model_metrics (version_id, metric_name, dataset_split, recorded_at DESC);
CREATE INDEX idx_metrics_name ON mlregistry.model_metrics (metric_name, metric_value);
CREATE INDEX idx_metrics_dataset ON mlregistry.model_metrics (dataset_id);
COMMENT ON TABLE mlregistry.model_metrics IS 'Metrics of versions: the last recorded of a name and split is the current one';
COMMENT ON COLUMN mlregistry.model_metrics.metric_id IS 'Identifier';
COMMENT ON COLUMN mlregistry.model_metrics.organization_id IS 'Organization that it belongs to';
COMMENT ON COLUMN mlregistry.model_metrics.project_id IS 'Project of its version';
COMMENT ON COLUMN mlregistry.model_metrics.version_id IS 'Version that was measured';
COMMENT ON COLUMN mlregistry.model_metrics.metric_name IS 'What was measured';
COMMENT ON COLUMN mlregistry.model_metrics.metric_value IS 'Value; NaN and infinities are kept';
COMMENT ON COLUMN mlregistry.model_metrics.dataset_split IS 'train, validation, test, holdout or production: what it was measured on';
COMMENT ON COLUMN mlregistry.model_metrics.dataset_id IS 'Dataset that it was measured on';
COMMENT ON COLUMN mlregistry.model_metrics.recorded_at IS 'When it was recorded';
COMMENT ON COLUMN mlregistry.model_metrics.recorded_by IS 'Who recorded it';
COMMENT ON COLUMN mlregistry.model_metrics.recorded_by_user IS 'The user who recorded it, as the database knows';
CREATE TRIGGER mlr_10_keys BEFORE INSERT OR UPDATE ON mlregistry.model_metrics FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_keys('model_versions', 'version_id');
CREATE TRIGGER mlr_20_actor BEFORE INSERT OR UPDATE ON mlregistry.model_metrics FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_actor('recorded');

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
    CONSTRAINT valid_history_period CHECK (valid_from < valid_to),
    CONSTRAINT alias_history_text_size CHECK (pg_catalog.octet_length(alias) <= 65536 AND pg_catalog.octet_length(semver) <= 65536
        AND pg_catalog.octet_length(set_by) <= 65536)
);
CREATE UNIQUE INDEX unique_open_alias ON mlregistry.alias_history (model_id, alias) WHERE valid_to = 'infinity';
CREATE INDEX idx_alias_history_model ON mlregistry.alias_history (model_id, alias, valid_from);
CREATE INDEX idx_alias_history_version ON mlregistry.alias_history (version_id);
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

-- Rows are changed in the name of the owner of the tables, to whom the new ones are given for that.
SELECT mlregistry.set_registry_owner(mlregistry.registry_owner());

-- The first period of every alias begins where an INSERT would have let it begin.
SELECT mlregistry.run_detached($rows$
    INSERT INTO mlregistry.alias_history (organization_id, project_id, model_id, alias, version_id, semver, set_by, set_by_user, valid_from)
    SELECT a.organization_id, a.project_id, a.model_id, a.alias, a.version_id, v.semver::text, a.set_by, a.set_by_user,
           least(pg_catalog.clock_timestamp(), a.set_at)
      FROM mlregistry.model_aliases a
      JOIN mlregistry.model_versions v ON v.version_id = a.version_id
$rows$, mlregistry.registry_owner());

-- Versions that somebody may rely on are frozen. Without triggers: nobody changes these rows, and nothing else in them changes.
DO $migration$
DECLARE
    role_before text := pg_catalog.current_setting('session_replication_role');
BEGIN
    PERFORM pg_catalog.set_config('session_replication_role', 'replica', true);
    PERFORM mlregistry.run_detached($rows$
        UPDATE mlregistry.model_versions v
           SET frozen_at = pg_catalog.now()
         WHERE v.frozen_at IS NULL
           AND (v.status <> 'registered' OR v.stage <> 'development'
                OR EXISTS (SELECT FROM mlregistry.model_aliases a WHERE a.version_id = v.version_id))
    $rows$, mlregistry.registry_owner());
    PERFORM pg_catalog.set_config('session_replication_role', role_before, true);
END
$migration$;

CREATE TRIGGER mlr_50_freeze BEFORE UPDATE ON mlregistry.model_versions FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_freeze_version();
CREATE TRIGGER mlr_50_freeze BEFORE UPDATE ON mlregistry.version_files FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_freeze_file();
CREATE TRIGGER mlr_70_guard AFTER INSERT OR DELETE ON mlregistry.version_files FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_freeze_file();
CREATE TRIGGER mlr_75_history_insert AFTER INSERT ON mlregistry.model_aliases REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT
    EXECUTE FUNCTION mlregistry.trg_history_alias();
CREATE TRIGGER mlr_75_history_update AFTER UPDATE ON mlregistry.model_aliases
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT
    EXECUTE FUNCTION mlregistry.trg_history_alias();
CREATE TRIGGER mlr_75_history_delete AFTER DELETE ON mlregistry.model_aliases REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT
    EXECUTE FUNCTION mlregistry.trg_history_alias();
CREATE TRIGGER mlr_75_history_truncate AFTER TRUNCATE ON mlregistry.model_aliases FOR EACH STATEMENT
    EXECUTE FUNCTION mlregistry.trg_history_alias();
CREATE TRIGGER mlr_85_effect AFTER INSERT OR UPDATE ON mlregistry.model_aliases FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_effect_alias();

CREATE OR REPLACE VIEW mlregistry.v_models_latest WITH (security_invoker = true) AS
SELECT m.model_id,
       m.model_name,
       m.display_name,
       m.description,
       m.team_id,
       t.team_name,
       m.risk_level,
       m.compliance_required,
       v.version_id AS latest_version_id,
       v.semver AS latest_version,
       v.status AS latest_version_status,
       coalesce(v.framework, m.framework) AS framework,
       v.registered_at AS latest_version_registered_at,
       m.created_at,
       m.is_active,
       v.stage AS latest_version_stage,
       ARRAY(SELECT a.alias FROM mlregistry.model_aliases a WHERE a.version_id = v.version_id ORDER BY a.alias) AS aliases,
       (SELECT count(*) FROM mlregistry.model_versions c WHERE c.model_id = m.model_id AND c.deleted_at IS NULL) AS version_count,
       0::bigint AS live_deployments,
       m.project_id,
       p.slug AS project_slug,
       m.organization_id
  FROM mlregistry.models m
  JOIN mlregistry.projects p USING (project_id)
  JOIN mlregistry.organizations o ON o.organization_id = m.organization_id
  LEFT JOIN mlregistry.teams t ON t.team_id = m.team_id
  LEFT JOIN mlregistry.model_versions v ON v.version_id = coalesce(
           (SELECT r.version_id
              FROM mlregistry.model_versions r
             WHERE r.model_id = m.model_id AND r.deleted_at IS NULL
               AND r.status NOT IN ('deprecated', 'archived') AND NOT mlregistry.is_prerelease(r.semver)
             ORDER BY r.semver DESC
             LIMIT 1),
           (SELECT r.version_id
              FROM mlregistry.model_versions r
             WHERE r.model_id = m.model_id AND r.deleted_at IS NULL
               AND r.status NOT IN ('deprecated', 'archived')
             ORDER BY r.semver DESC
             LIMIT 1))
 WHERE m.is_active AND m.deleted_at IS NULL AND p.deleted_at IS NULL AND o.deleted_at IS NULL;
COMMENT ON COLUMN mlregistry.v_models_latest.team_id IS 'Team that owns the model';
-- Who reads models reads their teams and tags with them now: views and functions work with the rights of who asks, and
-- v_models_latest, register_model() and list_models() show them.
DO $migration$
DECLARE
    reader text;
BEGIN
    FOR reader IN
        SELECT DISTINCT CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(a.grantee)) END
          FROM pg_catalog.pg_class c, pg_catalog.aclexplode(c.relacl) AS a
         WHERE c.oid IN ('mlregistry.v_models_latest'::pg_catalog.regclass, 'mlregistry.models'::pg_catalog.regclass)
           AND a.privilege_type = 'SELECT' AND a.grantee <> c.relowner
    LOOP
        EXECUTE 'GRANT SELECT ON mlregistry.teams, mlregistry.tags, mlregistry.model_tags TO ' || reader;
    END LOOP;
END
$migration$;

CREATE VIEW mlregistry.v_model_tags WITH (security_invoker = true) AS
SELECT m.model_id,
       m.model_name,
       of_model.tags,
       of_model.tags_by_category,
       of_model.tag_count,
       m.project_id,
       m.organization_id
  FROM mlregistry.models m
  JOIN mlregistry.projects p USING (project_id)
  JOIN mlregistry.organizations o ON o.organization_id = m.organization_id
  CROSS JOIN LATERAL (
        SELECT coalesce(array_agg(c.tag_name ORDER BY c.tag_name), '{}') AS tags,
               coalesce((SELECT jsonb_object_agg(g.category, g.names)
                           FROM (SELECT coalesce(ct.tag_category, 'uncategorized') AS category, jsonb_agg(ct.tag_name ORDER BY ct.tag_name) AS names
                                   FROM mlregistry.model_tags cm
                                   JOIN mlregistry.tags ct USING (tag_id)
                                  WHERE cm.model_id = m.model_id
                                  GROUP BY 1) AS g), '{}') AS tags_by_category,
               count(*) AS tag_count
          FROM mlregistry.model_tags mt
          JOIN mlregistry.tags c USING (tag_id)
         WHERE mt.model_id = m.model_id) AS of_model
 WHERE m.deleted_at IS NULL AND p.deleted_at IS NULL AND o.deleted_at IS NULL;
COMMENT ON VIEW mlregistry.v_model_tags IS 'Models, archived ones too, each with its tags';
COMMENT ON COLUMN mlregistry.v_model_tags.model_id IS 'Identifier';
COMMENT ON COLUMN mlregistry.v_model_tags.model_name IS 'Name for references';
COMMENT ON COLUMN mlregistry.v_model_tags.tags IS 'Its tags, sorted';
COMMENT ON COLUMN mlregistry.v_model_tags.tags_by_category IS 'Its tags as an object: category to names; "uncategorized" for those without';
COMMENT ON COLUMN mlregistry.v_model_tags.tag_count IS 'Number of its tags';
COMMENT ON COLUMN mlregistry.v_model_tags.project_id IS 'Project that it belongs to';
COMMENT ON COLUMN mlregistry.v_model_tags.organization_id IS 'Organization that it belongs to';
