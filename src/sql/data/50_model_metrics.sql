-- Area catalog: metrics of versions. Rows are added, and the last one of a name and split counts.

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
    CONSTRAINT model_metrics_recorded_by_user_fkey FOREIGN KEY (recorded_by_user)
        REFERENCES mlregistry.users (user_id) ON DELETE SET NULL (recorded_by_user),
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
    EXECUTE FUNCTION mlregistry.trg_keys('model_versions', 'version_id', 'datasets', 'dataset_id');
CREATE TRIGGER mlr_20_actor BEFORE INSERT OR UPDATE ON mlregistry.model_metrics FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_actor('recorded');
