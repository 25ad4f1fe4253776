-- Area catalog: datasets.

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
    CONSTRAINT datasets_created_by_user_fkey FOREIGN KEY (created_by_user)
        REFERENCES mlregistry.users (user_id) ON DELETE SET NULL (created_by_user),
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
