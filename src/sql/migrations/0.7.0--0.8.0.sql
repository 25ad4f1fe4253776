-- 0.8.0: environments, deployments, approvals, gates, and the histories of what is there already. Rules of access and triggers of
-- the audit trail are made by migrate().

CREATE TABLE mlregistry.environments (
    environment_id uuid DEFAULT pg_catalog.gen_random_uuid() NOT NULL,
    organization_id uuid DEFAULT mlregistry.current_organization_id() NOT NULL,
    environment_name text NOT NULL,
    environment_type text NOT NULL,
    description text,
    cluster_name text,
    region text,
    kubernetes_namespace text,
    priority integer DEFAULT 0 NOT NULL,
    requires_approval boolean DEFAULT false NOT NULL,
    required_approval_types text[] DEFAULT '{}' NOT NULL,
    config jsonb DEFAULT '{}' NOT NULL,
    is_active boolean DEFAULT true NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    created_by text DEFAULT mlregistry.current_actor() NOT NULL,
    created_by_user uuid,
    updated_at timestamptz DEFAULT now() NOT NULL,
    updated_by text DEFAULT mlregistry.current_actor() NOT NULL,
    CONSTRAINT environments_pkey PRIMARY KEY (environment_id),
    CONSTRAINT environments_tenant_key UNIQUE (organization_id, environment_id),
    CONSTRAINT environments_organization_fkey FOREIGN KEY (organization_id)
        REFERENCES mlregistry.organizations (organization_id) ON DELETE CASCADE,
    CONSTRAINT unique_environment_name UNIQUE (organization_id, environment_name),
    CONSTRAINT environments_created_by_user_fkey FOREIGN KEY (created_by_user)
        REFERENCES mlregistry.users (user_id) ON DELETE SET NULL (created_by_user),
    CONSTRAINT valid_environment_name CHECK (mlregistry.is_valid_name(environment_name)),
    CONSTRAINT valid_env_type CHECK (environment_type IN ('development', 'staging', 'production', 'canary', 'shadow', 'sandbox')),
    CONSTRAINT valid_required_types CHECK (required_approval_types
        <@ '{security,compliance,legal,technical,business,emergency}'::text[]),
    CONSTRAINT config_is_object CHECK (pg_catalog.jsonb_typeof(config) = 'object'),
    CONSTRAINT environments_json_size CHECK (pg_catalog.pg_column_size(config) <= 1048576),
    CONSTRAINT environments_text_size CHECK (pg_catalog.octet_length(description) <= 65536
        AND pg_catalog.octet_length(cluster_name) <= 65536
        AND pg_catalog.octet_length(region) <= 65536
        AND pg_catalog.octet_length(kubernetes_namespace) <= 65536
        AND pg_catalog.octet_length(created_by) <= 65536
        AND pg_catalog.octet_length(updated_by) <= 65536)
);
CREATE INDEX idx_environments_type ON mlregistry.environments (environment_type);
COMMENT ON TABLE mlregistry.environments IS 'Environments: where versions are served';
COMMENT ON COLUMN mlregistry.environments.environment_id IS 'Identifier';
COMMENT ON COLUMN mlregistry.environments.organization_id IS 'Organization that it belongs to';
COMMENT ON COLUMN mlregistry.environments.environment_name IS 'Name for references, unique in its organization';
COMMENT ON COLUMN mlregistry.environments.environment_type IS 'development, staging, production, canary, shadow or sandbox';
COMMENT ON COLUMN mlregistry.environments.description IS 'What it is for';
COMMENT ON COLUMN mlregistry.environments.cluster_name IS 'Cluster that it runs on';
COMMENT ON COLUMN mlregistry.environments.region IS 'Region that it runs in';
COMMENT ON COLUMN mlregistry.environments.kubernetes_namespace IS 'Kubernetes namespace';
COMMENT ON COLUMN mlregistry.environments.priority IS 'Place among environments: the higher, the nearer to customers';
COMMENT ON COLUMN mlregistry.environments.requires_approval IS 'Versions of models with compliance_required are deployed here with approval only';
COMMENT ON COLUMN mlregistry.environments.required_approval_types IS 'Approvals that are needed, of each type one; empty: one of any type but emergency';
COMMENT ON COLUMN mlregistry.environments.config IS 'Anything else, a JSON object';
COMMENT ON COLUMN mlregistry.environments.is_active IS 'False: nothing new is deployed here';
COMMENT ON COLUMN mlregistry.environments.created_at IS 'When the row was created';
COMMENT ON COLUMN mlregistry.environments.created_by IS 'Who created it';
COMMENT ON COLUMN mlregistry.environments.created_by_user IS 'The user who created it, as the database knows';
COMMENT ON COLUMN mlregistry.environments.updated_at IS 'When the row last changed';
COMMENT ON COLUMN mlregistry.environments.updated_by IS 'Who changed it last';
CREATE TRIGGER mlr_10_keys BEFORE UPDATE ON mlregistry.environments FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_keys();
CREATE TRIGGER mlr_20_actor BEFORE INSERT OR UPDATE ON mlregistry.environments FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_actor('created');
CREATE TRIGGER mlr_30_normalize BEFORE INSERT OR UPDATE ON mlregistry.environments FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_normalize('cluster_name:trim', 'region:trim', 'kubernetes_namespace:trim');
CREATE TRIGGER mlr_60_touch BEFORE UPDATE ON mlregistry.environments FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_touch();

CREATE TABLE mlregistry.deployments (
    deployment_id uuid DEFAULT pg_catalog.gen_random_uuid() NOT NULL,
    organization_id uuid DEFAULT mlregistry.current_organization_id() NOT NULL,
    project_id uuid DEFAULT mlregistry.current_project_id() NOT NULL,
    version_id uuid NOT NULL,
    model_id uuid NOT NULL,
    environment_id uuid NOT NULL,
    deployment_name text NOT NULL,
    deployment_type text DEFAULT 'rolling' NOT NULL,
    endpoint_url text,
    health_check_path text DEFAULT '/health' NOT NULL,
    replicas integer DEFAULT 1 NOT NULL,
    traffic_percentage numeric(5,2) DEFAULT 100 NOT NULL,
    status text DEFAULT 'pending' NOT NULL,
    health_status text DEFAULT 'unknown' NOT NULL,
    avg_latency_ms numeric(10,2),
    p99_latency_ms numeric(10,2),
    requests_per_second numeric(12,2),
    error_rate_percentage numeric(5,2),
    compute_platform text,
    serving_framework text,
    instance_type text,
    cpu_request text,
    memory_request text,
    gpu_count integer DEFAULT 0 NOT NULL,
    autoscaling_enabled boolean DEFAULT false NOT NULL,
    min_replicas integer DEFAULT 1 NOT NULL,
    max_replicas integer DEFAULT 10 NOT NULL,
    deployed_by text DEFAULT mlregistry.current_actor() NOT NULL,
    deployed_by_user uuid,
    deployed_at timestamptz,
    last_health_check_at timestamptz,
    deactivated_at timestamptz,
    deactivation_reason text,
    terminated_at timestamptz,
    deployment_config jsonb DEFAULT '{}' NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    created_by text DEFAULT mlregistry.current_actor() NOT NULL,
    created_by_user uuid,
    updated_at timestamptz DEFAULT now() NOT NULL,
    updated_by text DEFAULT mlregistry.current_actor() NOT NULL,
    deleted_at timestamptz,
    CONSTRAINT deployments_pkey PRIMARY KEY (deployment_id),
    CONSTRAINT deployments_tenant_key UNIQUE (organization_id, deployment_id),
    CONSTRAINT deployments_organization_fkey FOREIGN KEY (organization_id)
        REFERENCES mlregistry.organizations (organization_id) ON DELETE CASCADE,
    CONSTRAINT deployments_project_fkey FOREIGN KEY (organization_id, project_id)
        REFERENCES mlregistry.projects (organization_id, project_id) ON DELETE CASCADE,
    CONSTRAINT deployments_version_fkey FOREIGN KEY (organization_id, model_id, version_id)
        REFERENCES mlregistry.model_versions (organization_id, model_id, version_id) ON DELETE NO ACTION,
    CONSTRAINT deployments_model_fkey FOREIGN KEY (organization_id, model_id)
        REFERENCES mlregistry.models (organization_id, model_id) ON DELETE NO ACTION,
    CONSTRAINT deployments_environment_fkey FOREIGN KEY (organization_id, environment_id)
        REFERENCES mlregistry.environments (organization_id, environment_id) ON DELETE NO ACTION,
    CONSTRAINT deployments_deployed_by_user_fkey FOREIGN KEY (deployed_by_user)
        REFERENCES mlregistry.users (user_id) ON DELETE SET NULL (deployed_by_user),
    CONSTRAINT deployments_created_by_user_fkey FOREIGN KEY (created_by_user)
        REFERENCES mlregistry.users (user_id) ON DELETE SET NULL (created_by_user),
    CONSTRAINT valid_deployment_name CHECK (mlregistry.is_valid_name(deployment_name)),
    CONSTRAINT valid_deployment_type CHECK (deployment_type IN ('rolling', 'blue-green', 'canary', 'shadow', 'a-b-test')),
    CONSTRAINT valid_deployment_status CHECK (status IN ('pending', 'deploying', 'active', 'degraded', 'failed', 'deactivated',
        'terminating', 'terminated')),
    CONSTRAINT valid_health_status CHECK (health_status IN ('healthy', 'degraded', 'unhealthy', 'unknown')),
    CONSTRAINT valid_traffic CHECK (traffic_percentage >= 0 AND traffic_percentage <= 100),
    CONSTRAINT valid_replicas CHECK (replicas >= 0 AND min_replicas >= 0 AND max_replicas >= GREATEST(min_replicas, 1)),
    CONSTRAINT valid_gpu_count CHECK (gpu_count >= 0),
    CONSTRAINT valid_error_rate CHECK (error_rate_percentage >= 0 AND error_rate_percentage <= 100),
    CONSTRAINT valid_measurements CHECK (avg_latency_ms >= 0 AND avg_latency_ms < 'NaN' AND p99_latency_ms >= 0 AND p99_latency_ms < 'NaN'
        AND requests_per_second >= 0 AND requests_per_second < 'NaN'),
    CONSTRAINT valid_endpoint_url CHECK (mlregistry.is_artifact_uri(endpoint_url)),
    CONSTRAINT deployed_timestamp CHECK (status NOT IN ('active', 'degraded') OR deployed_at IS NOT NULL),
    CONSTRAINT deactivated_timestamp CHECK (status <> 'deactivated' OR deactivated_at IS NOT NULL),
    -- What serves, or is about to, is ended before it is deleted: the past would tell that it still did.
    CONSTRAINT deleted_deployment_has_ended CHECK (deleted_at IS NULL OR status IN ('failed', 'deactivated', 'terminated')),
    CONSTRAINT deployment_config_is_object CHECK (pg_catalog.jsonb_typeof(deployment_config) = 'object'),
    CONSTRAINT deployments_json_size CHECK (pg_catalog.pg_column_size(deployment_config) <= 1048576),
    CONSTRAINT deployments_text_size CHECK (pg_catalog.octet_length(health_check_path) <= 65536
        AND pg_catalog.octet_length(compute_platform) <= 65536
        AND pg_catalog.octet_length(serving_framework) <= 65536
        AND pg_catalog.octet_length(instance_type) <= 65536
        AND pg_catalog.octet_length(cpu_request) <= 65536
        AND pg_catalog.octet_length(memory_request) <= 65536
        AND pg_catalog.octet_length(deployed_by) <= 65536
        AND pg_catalog.octet_length(deactivation_reason) <= 65536
        AND pg_catalog.octet_length(created_by) <= 65536
        AND pg_catalog.octet_length(updated_by) <= 65536)
);
CREATE UNIQUE INDEX unique_active_deployment ON mlregistry.deployments (project_id, environment_id, deployment_name)
    WHERE status IN ('pending', 'deploying', 'active', 'degraded', 'terminating') AND deleted_at IS NULL;
CREATE INDEX idx_deployments_project ON mlregistry.deployments (project_id);
CREATE INDEX idx_deployments_version ON mlregistry.deployments (version_id);
CREATE INDEX idx_deployments_model ON mlregistry.deployments (model_id, environment_id);
CREATE INDEX idx_deployments_environment ON mlregistry.deployments (environment_id);
CREATE INDEX idx_deployments_status ON mlregistry.deployments (status);
CREATE INDEX idx_deployments_health ON mlregistry.deployments (health_status);
CREATE INDEX idx_deployments_active ON mlregistry.deployments (status, deployed_at DESC) WHERE status = 'active';
CREATE INDEX idx_deployments_live ON mlregistry.deployments (environment_id, model_id) INCLUDE (version_id, traffic_percentage, deployment_type)
    WHERE status IN ('active', 'degraded') AND deleted_at IS NULL;
CREATE INDEX idx_deployments_org_status ON mlregistry.deployments (organization_id, status) WHERE deleted_at IS NULL;
COMMENT ON TABLE mlregistry.deployments IS 'Deployments: named places where one model is served in one environment; the version that they serve changes';
COMMENT ON COLUMN mlregistry.deployments.deployment_id IS 'Identifier';
COMMENT ON COLUMN mlregistry.deployments.organization_id IS 'Organization that it belongs to';
COMMENT ON COLUMN mlregistry.deployments.project_id IS 'Project that it belongs to: that of the model';
COMMENT ON COLUMN mlregistry.deployments.version_id IS 'Version that it serves';
COMMENT ON COLUMN mlregistry.deployments.model_id IS 'Model that it serves; never changes';
COMMENT ON COLUMN mlregistry.deployments.environment_id IS 'Environment that it lies in; never changes';
COMMENT ON COLUMN mlregistry.deployments.deployment_name IS 'Name, unique in its project and environment among those that are open';
COMMENT ON COLUMN mlregistry.deployments.deployment_type IS 'rolling, blue-green, canary, shadow or a-b-test';
COMMENT ON COLUMN mlregistry.deployments.endpoint_url IS 'Where it is called';
COMMENT ON COLUMN mlregistry.deployments.health_check_path IS 'Path under which it says how it is';
COMMENT ON COLUMN mlregistry.deployments.replicas IS 'Number of replicas; 0: scaled to zero';
COMMENT ON COLUMN mlregistry.deployments.traffic_percentage IS 'Share of the traffic of its model in its environment, 0 to 100';
COMMENT ON COLUMN mlregistry.deployments.status IS 'pending, deploying, active, degraded, failed, deactivated, terminating or terminated; live: active, degraded';
COMMENT ON COLUMN mlregistry.deployments.health_status IS 'healthy, degraded, unhealthy or unknown';
COMMENT ON COLUMN mlregistry.deployments.avg_latency_ms IS 'Mean latency as last measured, milliseconds';
COMMENT ON COLUMN mlregistry.deployments.p99_latency_ms IS '99th percentile of latency as last measured, milliseconds';
COMMENT ON COLUMN mlregistry.deployments.requests_per_second IS 'Load as last measured';
COMMENT ON COLUMN mlregistry.deployments.error_rate_percentage IS 'Share of requests that failed as last measured, 0 to 100';
COMMENT ON COLUMN mlregistry.deployments.compute_platform IS 'What it runs on: kubernetes, a service';
COMMENT ON COLUMN mlregistry.deployments.serving_framework IS 'Server of models: torchserve, triton';
COMMENT ON COLUMN mlregistry.deployments.instance_type IS 'Type of its machines';
COMMENT ON COLUMN mlregistry.deployments.cpu_request IS 'CPU that a replica asks for, as the platform writes it';
COMMENT ON COLUMN mlregistry.deployments.memory_request IS 'Memory that a replica asks for, as the platform writes it';
COMMENT ON COLUMN mlregistry.deployments.gpu_count IS 'GPUs of a replica';
COMMENT ON COLUMN mlregistry.deployments.autoscaling_enabled IS 'The platform changes the number of replicas by itself';
COMMENT ON COLUMN mlregistry.deployments.min_replicas IS 'Fewest replicas that it scales down to';
COMMENT ON COLUMN mlregistry.deployments.max_replicas IS 'Most replicas that it scales up to';
COMMENT ON COLUMN mlregistry.deployments.deployed_by IS 'Who deployed it';
COMMENT ON COLUMN mlregistry.deployments.deployed_by_user IS 'The user who deployed it, as the database knows';
COMMENT ON COLUMN mlregistry.deployments.deployed_at IS 'When it first served';
COMMENT ON COLUMN mlregistry.deployments.last_health_check_at IS 'When its health was last looked at';
COMMENT ON COLUMN mlregistry.deployments.deactivated_at IS 'When it was deactivated; NULL: it is not';
COMMENT ON COLUMN mlregistry.deployments.deactivation_reason IS 'Why it was deactivated';
COMMENT ON COLUMN mlregistry.deployments.terminated_at IS 'When it was terminated';
COMMENT ON COLUMN mlregistry.deployments.deployment_config IS 'Anything else, a JSON object';
COMMENT ON COLUMN mlregistry.deployments.created_at IS 'When the row was created';
COMMENT ON COLUMN mlregistry.deployments.created_by IS 'Who created it';
COMMENT ON COLUMN mlregistry.deployments.created_by_user IS 'The user who created it, as the database knows';
COMMENT ON COLUMN mlregistry.deployments.updated_at IS 'When the row last changed';
COMMENT ON COLUMN mlregistry.deployments.updated_by IS 'Who changed it last';
COMMENT ON COLUMN mlregistry.deployments.deleted_at IS 'When it was deleted; NULL: it is not';
-- Before keys, which goes on from the model.
CREATE TRIGGER mlr_08_model BEFORE INSERT ON mlregistry.deployments FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_model_of_version();
CREATE TRIGGER mlr_10_keys BEFORE INSERT OR UPDATE ON mlregistry.deployments FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_keys('models', 'model_id', 'model_versions', 'version_id', '', 'environment_id');
CREATE TRIGGER mlr_20_actor BEFORE INSERT OR UPDATE ON mlregistry.deployments FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_actor('deployed', 'created');
CREATE TRIGGER mlr_30_normalize BEFORE INSERT OR UPDATE ON mlregistry.deployments FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_normalize('endpoint_url:trim', 'health_check_path:trim', 'compute_platform:trim', 'serving_framework:trim',
        'instance_type:trim', 'cpu_request:trim', 'memory_request:trim');
CREATE TRIGGER mlr_35_derive BEFORE INSERT OR UPDATE ON mlregistry.deployments FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_derive_deployment();
CREATE TRIGGER mlr_40_state BEFORE UPDATE OF status ON mlregistry.deployments FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_state('deployment', 'status');
-- What a probe measures every few seconds is no change.
CREATE TRIGGER mlr_60_touch BEFORE UPDATE OF deployment_id, organization_id, project_id, version_id, model_id, environment_id, deployment_name, deployment_type,
        endpoint_url, health_check_path, replicas, traffic_percentage, status, health_status, compute_platform,
        serving_framework, instance_type, cpu_request, memory_request, gpu_count, autoscaling_enabled, min_replicas,
        max_replicas, deployed_by, deployed_by_user, deployed_at, deactivated_at, deactivation_reason, terminated_at,
        deployment_config, created_at, created_by, created_by_user, updated_at, updated_by, deleted_at
        ON mlregistry.deployments FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_touch();
CREATE TRIGGER mlr_75_history_insert AFTER INSERT ON mlregistry.deployments REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT
    EXECUTE FUNCTION mlregistry.trg_history_deployment();
CREATE TRIGGER mlr_75_history_update AFTER UPDATE ON mlregistry.deployments
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT
    EXECUTE FUNCTION mlregistry.trg_history_deployment();
CREATE TRIGGER mlr_75_history_delete AFTER DELETE ON mlregistry.deployments REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT
    EXECUTE FUNCTION mlregistry.trg_history_deployment();
CREATE TRIGGER mlr_75_history_truncate AFTER TRUNCATE ON mlregistry.deployments FOR EACH STATEMENT
    EXECUTE FUNCTION mlregistry.trg_history_deployment();
CREATE TRIGGER mlr_75_history_status_insert AFTER INSERT ON mlregistry.deployments REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT
    EXECUTE FUNCTION mlregistry.trg_history_status('deployment', 'deployment_id', 'status');
CREATE TRIGGER mlr_75_history_status_update AFTER UPDATE ON mlregistry.deployments
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT
    EXECUTE FUNCTION mlregistry.trg_history_status('deployment', 'deployment_id', 'status');
CREATE TRIGGER mlr_75_history_status_delete AFTER DELETE ON mlregistry.deployments REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT
    EXECUTE FUNCTION mlregistry.trg_history_status('deployment', 'deployment_id', 'status');
CREATE TRIGGER mlr_75_history_status_truncate AFTER TRUNCATE ON mlregistry.deployments FOR EACH STATEMENT
    EXECUTE FUNCTION mlregistry.trg_history_status('deployment', 'deployment_id', 'status');

CREATE TABLE mlregistry.deployment_tags (
    deployment_id uuid NOT NULL,
    tag_id uuid NOT NULL,
    organization_id uuid DEFAULT mlregistry.current_organization_id() NOT NULL,
    project_id uuid DEFAULT mlregistry.current_project_id() NOT NULL,
    added_at timestamptz DEFAULT now() NOT NULL,
    added_by text DEFAULT mlregistry.current_actor() NOT NULL,
    added_by_user uuid,
    CONSTRAINT deployment_tags_pkey PRIMARY KEY (deployment_id, tag_id),
    CONSTRAINT deployment_tags_project_fkey FOREIGN KEY (organization_id, project_id)
        REFERENCES mlregistry.projects (organization_id, project_id) ON DELETE CASCADE,
    CONSTRAINT deployment_tags_deployment_fkey FOREIGN KEY (organization_id, deployment_id)
        REFERENCES mlregistry.deployments (organization_id, deployment_id) ON DELETE CASCADE,
    CONSTRAINT deployment_tags_tag_fkey FOREIGN KEY (organization_id, tag_id)
        REFERENCES mlregistry.tags (organization_id, tag_id) ON DELETE CASCADE,
    CONSTRAINT deployment_tags_added_by_user_fkey FOREIGN KEY (added_by_user)
        REFERENCES mlregistry.users (user_id) ON DELETE SET NULL (added_by_user),
    CONSTRAINT deployment_tags_text_size CHECK (pg_catalog.octet_length(added_by) <= 65536)
);
CREATE INDEX idx_deployment_tags_tag ON mlregistry.deployment_tags (tag_id);
COMMENT ON TABLE mlregistry.deployment_tags IS 'Tags of deployments';
COMMENT ON COLUMN mlregistry.deployment_tags.deployment_id IS 'Deployment that has the tag';
COMMENT ON COLUMN mlregistry.deployment_tags.tag_id IS 'Tag that it has';
COMMENT ON COLUMN mlregistry.deployment_tags.organization_id IS 'Organization that both belong to';
COMMENT ON COLUMN mlregistry.deployment_tags.project_id IS 'Project of the deployment';
COMMENT ON COLUMN mlregistry.deployment_tags.added_at IS 'When the tag was added';
COMMENT ON COLUMN mlregistry.deployment_tags.added_by IS 'Who added it';
COMMENT ON COLUMN mlregistry.deployment_tags.added_by_user IS 'The user who added it, as the database knows';
CREATE TRIGGER mlr_10_keys BEFORE INSERT OR UPDATE ON mlregistry.deployment_tags FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_keys('deployments', 'deployment_id');
CREATE TRIGGER mlr_20_actor BEFORE INSERT OR UPDATE ON mlregistry.deployment_tags FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_actor('added');

CREATE TABLE mlregistry.deployment_history (
    history_id uuid DEFAULT pg_catalog.gen_random_uuid() NOT NULL,
    organization_id uuid DEFAULT mlregistry.current_organization_id() NOT NULL,
    project_id uuid DEFAULT mlregistry.current_project_id() NOT NULL,
    deployment_id uuid NOT NULL,
    deployment_name text NOT NULL,
    environment_id uuid NOT NULL,
    environment_name text NOT NULL,
    model_id uuid NOT NULL,
    version_id uuid NOT NULL,
    semver text NOT NULL,
    previous_version_id uuid,
    action text NOT NULL,
    status text NOT NULL,
    deployment_status text NOT NULL,
    traffic_percentage numeric(5,2) NOT NULL,
    replicas integer NOT NULL,
    error_message text,
    reason text,
    performed_by text DEFAULT mlregistry.current_actor() NOT NULL,
    performed_by_user uuid,
    started_at timestamptz NOT NULL,
    completed_at timestamptz,
    valid_from timestamptz NOT NULL,
    valid_to timestamptz DEFAULT 'infinity' NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT deployment_history_pkey PRIMARY KEY (history_id),
    CONSTRAINT deployment_history_project_fkey FOREIGN KEY (organization_id, project_id)
        REFERENCES mlregistry.projects (organization_id, project_id) ON DELETE CASCADE,
    CONSTRAINT deployment_history_performed_by_user_fkey FOREIGN KEY (performed_by_user)
        REFERENCES mlregistry.users (user_id) ON DELETE SET NULL (performed_by_user),
    CONSTRAINT valid_action CHECK (action IN ('deploy', 'update', 'rollback', 'scale', 'traffic', 'status', 'terminate')),
    CONSTRAINT valid_history_status CHECK (status IN ('pending', 'in_progress', 'completed', 'failed')),
    CONSTRAINT valid_history_period CHECK (valid_from < valid_to),
    CONSTRAINT deployment_history_text_size CHECK (pg_catalog.octet_length(deployment_name) <= 65536
        AND pg_catalog.octet_length(environment_name) <= 65536
        AND pg_catalog.octet_length(semver) <= 65536
        AND pg_catalog.octet_length(deployment_status) <= 65536
        AND pg_catalog.octet_length(error_message) <= 65536
        AND pg_catalog.octet_length(reason) <= 65536
        AND pg_catalog.octet_length(performed_by) <= 65536)
);
CREATE UNIQUE INDEX unique_open_deployment_history ON mlregistry.deployment_history (deployment_id) WHERE valid_to = 'infinity';
CREATE INDEX idx_deployment_history_deployment ON mlregistry.deployment_history (deployment_id, valid_from DESC);
CREATE INDEX idx_deployment_history_version ON mlregistry.deployment_history (version_id);
CREATE INDEX idx_deployment_history_model ON mlregistry.deployment_history (model_id, environment_id, valid_from);
CREATE INDEX idx_deployment_history_period ON mlregistry.deployment_history (valid_to, valid_from);
COMMENT ON TABLE mlregistry.deployment_history IS 'What every deployment served, and when: one row per change of version, status, traffic or replicas, the open one until infinity; outlives what it tells of';
COMMENT ON COLUMN mlregistry.deployment_history.history_id IS 'Identifier';
COMMENT ON COLUMN mlregistry.deployment_history.organization_id IS 'Organization that it belongs to';
COMMENT ON COLUMN mlregistry.deployment_history.project_id IS 'Project of the deployment';
COMMENT ON COLUMN mlregistry.deployment_history.deployment_id IS 'Deployment that it tells of';
COMMENT ON COLUMN mlregistry.deployment_history.deployment_name IS 'Its name then';
COMMENT ON COLUMN mlregistry.deployment_history.environment_id IS 'Environment that it lay in';
COMMENT ON COLUMN mlregistry.deployment_history.environment_name IS 'Name of the environment then';
COMMENT ON COLUMN mlregistry.deployment_history.model_id IS 'Model that it served';
COMMENT ON COLUMN mlregistry.deployment_history.version_id IS 'Version that it served';
COMMENT ON COLUMN mlregistry.deployment_history.semver IS 'That version, as it was written';
COMMENT ON COLUMN mlregistry.deployment_history.previous_version_id IS 'Version that it served before, where this is what changed';
COMMENT ON COLUMN mlregistry.deployment_history.action IS 'What was done: deploy, update, rollback, scale, traffic, status or terminate';
COMMENT ON COLUMN mlregistry.deployment_history.status IS 'What had come of it: pending, in_progress, completed or failed';
COMMENT ON COLUMN mlregistry.deployment_history.deployment_status IS 'Status of the deployment';
COMMENT ON COLUMN mlregistry.deployment_history.traffic_percentage IS 'Its share of the traffic';
COMMENT ON COLUMN mlregistry.deployment_history.replicas IS 'Its number of replicas';
COMMENT ON COLUMN mlregistry.deployment_history.error_message IS 'Why it failed';
COMMENT ON COLUMN mlregistry.deployment_history.reason IS 'Why it was done';
COMMENT ON COLUMN mlregistry.deployment_history.performed_by IS 'Who did it';
COMMENT ON COLUMN mlregistry.deployment_history.performed_by_user IS 'The user who did it, as the database knows';
COMMENT ON COLUMN mlregistry.deployment_history.started_at IS 'When it was begun';
COMMENT ON COLUMN mlregistry.deployment_history.completed_at IS 'When it was known what came of it';
COMMENT ON COLUMN mlregistry.deployment_history.valid_from IS 'From when on it was so';
COMMENT ON COLUMN mlregistry.deployment_history.valid_to IS 'Until when, exclusively; infinity: it still is';
COMMENT ON COLUMN mlregistry.deployment_history.created_at IS 'When the row was created';
CREATE TRIGGER mlr_10_keys BEFORE UPDATE ON mlregistry.deployment_history FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_keys();

CREATE TABLE mlregistry.stage_history (
    history_id uuid DEFAULT pg_catalog.gen_random_uuid() NOT NULL,
    organization_id uuid DEFAULT mlregistry.current_organization_id() NOT NULL,
    project_id uuid DEFAULT mlregistry.current_project_id() NOT NULL,
    model_id uuid NOT NULL,
    version_id uuid NOT NULL,
    semver text NOT NULL,
    stage text NOT NULL,
    previous_stage text,
    reason text,
    changed_by text DEFAULT mlregistry.current_actor() NOT NULL,
    changed_by_user uuid,
    valid_from timestamptz NOT NULL,
    valid_to timestamptz DEFAULT 'infinity' NOT NULL,
    CONSTRAINT stage_history_pkey PRIMARY KEY (history_id),
    CONSTRAINT stage_history_project_fkey FOREIGN KEY (organization_id, project_id)
        REFERENCES mlregistry.projects (organization_id, project_id) ON DELETE CASCADE,
    CONSTRAINT stage_history_changed_by_user_fkey FOREIGN KEY (changed_by_user)
        REFERENCES mlregistry.users (user_id) ON DELETE SET NULL (changed_by_user),
    CONSTRAINT valid_history_period CHECK (valid_from < valid_to),
    CONSTRAINT stage_history_text_size CHECK (pg_catalog.octet_length(semver) <= 65536
        AND pg_catalog.octet_length(stage) <= 65536
        AND pg_catalog.octet_length(previous_stage) <= 65536
        AND pg_catalog.octet_length(reason) <= 65536
        AND pg_catalog.octet_length(changed_by) <= 65536)
);
CREATE UNIQUE INDEX unique_stage_period ON mlregistry.stage_history (version_id, valid_to);
CREATE INDEX idx_stage_history_model ON mlregistry.stage_history (model_id, stage, valid_from);
CREATE INDEX idx_stage_history_period ON mlregistry.stage_history (valid_to, valid_from);
COMMENT ON TABLE mlregistry.stage_history IS 'Which stage every version was in, and when: one row per period, the open one until infinity; outlives versions and models';
COMMENT ON COLUMN mlregistry.stage_history.history_id IS 'Identifier';
COMMENT ON COLUMN mlregistry.stage_history.organization_id IS 'Organization that it belongs to';
COMMENT ON COLUMN mlregistry.stage_history.project_id IS 'Project of the model';
COMMENT ON COLUMN mlregistry.stage_history.model_id IS 'Model of the version';
COMMENT ON COLUMN mlregistry.stage_history.version_id IS 'Version that was in the stage';
COMMENT ON COLUMN mlregistry.stage_history.semver IS 'That version, as it was written';
COMMENT ON COLUMN mlregistry.stage_history.stage IS 'Stage that it was in';
COMMENT ON COLUMN mlregistry.stage_history.previous_stage IS 'Stage that it was in before; NULL: none';
COMMENT ON COLUMN mlregistry.stage_history.reason IS 'Why it was moved';
COMMENT ON COLUMN mlregistry.stage_history.changed_by IS 'Who moved it';
COMMENT ON COLUMN mlregistry.stage_history.changed_by_user IS 'The user who moved it, as the database knows';
COMMENT ON COLUMN mlregistry.stage_history.valid_from IS 'From when on it was in this stage';
COMMENT ON COLUMN mlregistry.stage_history.valid_to IS 'Until when, exclusively; infinity: it still is';
CREATE TRIGGER mlr_10_keys BEFORE UPDATE ON mlregistry.stage_history FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_keys();

CREATE TABLE mlregistry.status_history (
    history_id uuid DEFAULT pg_catalog.gen_random_uuid() NOT NULL,
    organization_id uuid DEFAULT mlregistry.current_organization_id() NOT NULL,
    project_id uuid DEFAULT mlregistry.current_project_id() NOT NULL,
    entity_kind text NOT NULL,
    entity_id uuid NOT NULL,
    status text NOT NULL,
    previous_status text,
    reason text,
    changed_by text DEFAULT mlregistry.current_actor() NOT NULL,
    changed_by_user uuid,
    valid_from timestamptz NOT NULL,
    valid_to timestamptz DEFAULT 'infinity' NOT NULL,
    CONSTRAINT status_history_pkey PRIMARY KEY (history_id),
    CONSTRAINT status_history_project_fkey FOREIGN KEY (organization_id, project_id)
        REFERENCES mlregistry.projects (organization_id, project_id) ON DELETE CASCADE,
    CONSTRAINT status_history_changed_by_user_fkey FOREIGN KEY (changed_by_user)
        REFERENCES mlregistry.users (user_id) ON DELETE SET NULL (changed_by_user),
    CONSTRAINT valid_entity_kind CHECK (entity_kind IN ('version', 'run', 'experiment', 'deployment', 'approval', 'alert')),
    CONSTRAINT valid_history_period CHECK (valid_from < valid_to),
    CONSTRAINT status_history_text_size CHECK (pg_catalog.octet_length(status) <= 65536
        AND pg_catalog.octet_length(previous_status) <= 65536
        AND pg_catalog.octet_length(reason) <= 65536
        AND pg_catalog.octet_length(changed_by) <= 65536)
);
CREATE UNIQUE INDEX unique_status_period ON mlregistry.status_history (entity_id, entity_kind, valid_to);
COMMENT ON TABLE mlregistry.status_history IS 'Which status versions, runs, experiments, deployments and approvals had, and when: one row per period, the open one until infinity; outlives what it tells of';
COMMENT ON COLUMN mlregistry.status_history.history_id IS 'Identifier';
COMMENT ON COLUMN mlregistry.status_history.organization_id IS 'Organization that it belongs to';
COMMENT ON COLUMN mlregistry.status_history.project_id IS 'Project of the entity';
COMMENT ON COLUMN mlregistry.status_history.entity_kind IS 'Kind of entity: version, run, experiment, deployment, approval or alert';
COMMENT ON COLUMN mlregistry.status_history.entity_id IS 'Entity that had the status';
COMMENT ON COLUMN mlregistry.status_history.status IS 'Status that it had';
COMMENT ON COLUMN mlregistry.status_history.previous_status IS 'Status that it had before; NULL: none';
COMMENT ON COLUMN mlregistry.status_history.reason IS 'Why it changed';
COMMENT ON COLUMN mlregistry.status_history.changed_by IS 'Who changed it';
COMMENT ON COLUMN mlregistry.status_history.changed_by_user IS 'The user who changed it, as the database knows';
COMMENT ON COLUMN mlregistry.status_history.valid_from IS 'From when on it had this status';
COMMENT ON COLUMN mlregistry.status_history.valid_to IS 'Until when, exclusively; infinity: it still is';
CREATE TRIGGER mlr_10_keys BEFORE UPDATE ON mlregistry.status_history FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_keys();

CREATE TABLE mlregistry.approvals (
    approval_id uuid DEFAULT pg_catalog.gen_random_uuid() NOT NULL,
    organization_id uuid DEFAULT mlregistry.current_organization_id() NOT NULL,
    project_id uuid DEFAULT mlregistry.current_project_id() NOT NULL,
    version_id uuid NOT NULL,
    deployment_id uuid,
    environment_id uuid,
    approval_type text NOT NULL,
    approval_status text DEFAULT 'pending' NOT NULL,
    requested_by text DEFAULT mlregistry.current_actor() NOT NULL,
    requested_by_user uuid,
    requested_role name,
    requested_at timestamptz NOT NULL,
    reviewed_by text,
    reviewed_by_user uuid,
    reviewed_role name,
    reviewed_at timestamptz,
    review_notes text,
    review_checklist jsonb DEFAULT '{}' NOT NULL,
    compliance_framework text,
    risk_assessment text,
    mitigation_plan text,
    expires_at timestamptz,
    superseded_by uuid,
    created_at timestamptz DEFAULT now() NOT NULL,
    created_by text DEFAULT mlregistry.current_actor() NOT NULL,
    created_by_user uuid,
    updated_at timestamptz DEFAULT now() NOT NULL,
    updated_by text DEFAULT mlregistry.current_actor() NOT NULL,
    CONSTRAINT approvals_pkey PRIMARY KEY (approval_id),
    CONSTRAINT approvals_tenant_key UNIQUE (organization_id, approval_id),
    CONSTRAINT approvals_organization_fkey FOREIGN KEY (organization_id)
        REFERENCES mlregistry.organizations (organization_id) ON DELETE CASCADE,
    CONSTRAINT approvals_project_fkey FOREIGN KEY (organization_id, project_id)
        REFERENCES mlregistry.projects (organization_id, project_id) ON DELETE CASCADE,
    CONSTRAINT approvals_version_fkey FOREIGN KEY (organization_id, version_id)
        REFERENCES mlregistry.model_versions (organization_id, version_id) ON DELETE CASCADE,
    CONSTRAINT approvals_deployment_fkey FOREIGN KEY (organization_id, deployment_id)
        REFERENCES mlregistry.deployments (organization_id, deployment_id) ON DELETE SET NULL (deployment_id),
    CONSTRAINT approvals_environment_fkey FOREIGN KEY (organization_id, environment_id)
        REFERENCES mlregistry.environments (organization_id, environment_id) ON DELETE NO ACTION,
    CONSTRAINT approvals_superseded_by_fkey FOREIGN KEY (organization_id, superseded_by)
        REFERENCES mlregistry.approvals (organization_id, approval_id) ON DELETE SET NULL (superseded_by),
    -- Emptying one would change what four eyes compares.
    CONSTRAINT approvals_requested_by_user_fkey FOREIGN KEY (requested_by_user)
        REFERENCES mlregistry.users (user_id) ON DELETE NO ACTION,
    CONSTRAINT approvals_reviewed_by_user_fkey FOREIGN KEY (reviewed_by_user)
        REFERENCES mlregistry.users (user_id) ON DELETE NO ACTION,
    CONSTRAINT approvals_created_by_user_fkey FOREIGN KEY (created_by_user)
        REFERENCES mlregistry.users (user_id) ON DELETE SET NULL (created_by_user),
    CONSTRAINT valid_approval_type CHECK (approval_type IN ('security', 'compliance', 'legal', 'technical', 'business', 'emergency')),
    CONSTRAINT valid_approval_status CHECK (approval_status IN ('pending', 'approved', 'rejected', 'expired', 'cancelled', 'superseded')),
    CONSTRAINT approval_review_consistency CHECK (approval_status NOT IN ('approved', 'rejected')
        OR (reviewed_by IS NOT NULL AND reviewed_at IS NOT NULL)),
    CONSTRAINT approval_time_order CHECK (requested_at <= reviewed_at AND requested_at < expires_at),
    CONSTRAINT approval_four_eyes CHECK (approval_status <> 'approved' OR approval_type = 'emergency'
        OR CASE WHEN requested_by_user IS NOT NULL AND reviewed_by_user IS NOT NULL THEN requested_by_user <> reviewed_by_user
                WHEN requested_role IS NOT NULL AND reviewed_role IS NOT NULL THEN requested_role <> reviewed_role
                ELSE requested_by <> reviewed_by END),
    CONSTRAINT no_self_supersession CHECK (superseded_by <> approval_id),
    CONSTRAINT review_checklist_is_object CHECK (pg_catalog.jsonb_typeof(review_checklist) = 'object'),
    CONSTRAINT approvals_json_size CHECK (pg_catalog.pg_column_size(review_checklist) <= 1048576),
    CONSTRAINT approvals_text_size CHECK (pg_catalog.octet_length(requested_by) <= 65536
        AND pg_catalog.octet_length(reviewed_by) <= 65536
        AND pg_catalog.octet_length(review_notes) <= 65536
        AND pg_catalog.octet_length(compliance_framework) <= 65536
        AND pg_catalog.octet_length(risk_assessment) <= 65536
        AND pg_catalog.octet_length(mitigation_plan) <= 65536
        AND pg_catalog.octet_length(created_by) <= 65536
        AND pg_catalog.octet_length(updated_by) <= 65536)
);
CREATE UNIQUE INDEX unique_pending_approval ON mlregistry.approvals (version_id, approval_type, environment_id, deployment_id) NULLS NOT DISTINCT
    WHERE approval_status = 'pending';
CREATE INDEX idx_approvals_project ON mlregistry.approvals (project_id);
CREATE INDEX idx_approvals_version ON mlregistry.approvals (version_id);
CREATE INDEX idx_approvals_deployment ON mlregistry.approvals (deployment_id);
CREATE INDEX idx_approvals_environment ON mlregistry.approvals (environment_id);
CREATE INDEX idx_approvals_superseded_by ON mlregistry.approvals (superseded_by);
CREATE INDEX idx_approvals_status ON mlregistry.approvals (approval_status);
CREATE INDEX idx_approvals_type ON mlregistry.approvals (approval_type);
CREATE INDEX idx_approvals_pending ON mlregistry.approvals (approval_status, requested_at) WHERE approval_status = 'pending';
COMMENT ON TABLE mlregistry.approvals IS 'Approvals of versions: who asked for what, and who has decided how; valid: approved and not expired';
COMMENT ON COLUMN mlregistry.approvals.approval_id IS 'Identifier';
COMMENT ON COLUMN mlregistry.approvals.organization_id IS 'Organization that it belongs to';
COMMENT ON COLUMN mlregistry.approvals.project_id IS 'Project of the version';
COMMENT ON COLUMN mlregistry.approvals.version_id IS 'Version that is to be approved';
COMMENT ON COLUMN mlregistry.approvals.deployment_id IS 'Deployment that it is for; NULL: any';
COMMENT ON COLUMN mlregistry.approvals.environment_id IS 'Environment that it is for; NULL: any';
COMMENT ON COLUMN mlregistry.approvals.approval_type IS 'security, compliance, legal, technical, business or emergency';
COMMENT ON COLUMN mlregistry.approvals.approval_status IS 'pending, approved, rejected, expired, cancelled or superseded';
COMMENT ON COLUMN mlregistry.approvals.requested_by IS 'Who asked for it';
COMMENT ON COLUMN mlregistry.approvals.requested_by_user IS 'The user who asked for it, as the database knows';
COMMENT ON COLUMN mlregistry.approvals.requested_role IS 'Database role that asked for it; NULL: asked for in the name of somebody else';
COMMENT ON COLUMN mlregistry.approvals.requested_at IS 'When it was asked for';
COMMENT ON COLUMN mlregistry.approvals.reviewed_by IS 'Who decided';
COMMENT ON COLUMN mlregistry.approvals.reviewed_by_user IS 'The user who decided, as the database knows';
COMMENT ON COLUMN mlregistry.approvals.reviewed_role IS 'Database role that decided; NULL: nobody has, or decided in the name of somebody else';
COMMENT ON COLUMN mlregistry.approvals.reviewed_at IS 'When it was decided';
COMMENT ON COLUMN mlregistry.approvals.review_notes IS 'What the reviewer has to say';
COMMENT ON COLUMN mlregistry.approvals.review_checklist IS 'What was looked at, a JSON object';
COMMENT ON COLUMN mlregistry.approvals.compliance_framework IS 'Rules that it is about: SOC2, GDPR';
COMMENT ON COLUMN mlregistry.approvals.risk_assessment IS 'What may go wrong';
COMMENT ON COLUMN mlregistry.approvals.mitigation_plan IS 'What is done about it';
COMMENT ON COLUMN mlregistry.approvals.expires_at IS 'From when on it is no longer valid; NULL: it does not expire';
COMMENT ON COLUMN mlregistry.approvals.superseded_by IS 'Approval that has taken its place';
COMMENT ON COLUMN mlregistry.approvals.created_at IS 'When the row was created';
COMMENT ON COLUMN mlregistry.approvals.created_by IS 'Who created it';
COMMENT ON COLUMN mlregistry.approvals.created_by_user IS 'The user who created it, as the database knows';
COMMENT ON COLUMN mlregistry.approvals.updated_at IS 'When the row last changed';
COMMENT ON COLUMN mlregistry.approvals.updated_by IS 'Who changed it last';
CREATE TRIGGER mlr_10_keys BEFORE INSERT OR UPDATE ON mlregistry.approvals FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_keys('model_versions', 'version_id', 'deployments', 'deployment_id', 'approvals', 'superseded_by',
        '', 'environment_id');
CREATE TRIGGER mlr_20_actor BEFORE INSERT OR UPDATE ON mlregistry.approvals FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_actor('created');
CREATE TRIGGER mlr_30_normalize BEFORE INSERT OR UPDATE ON mlregistry.approvals FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_normalize('compliance_framework:trim');
CREATE TRIGGER mlr_35_derive BEFORE INSERT OR UPDATE ON mlregistry.approvals FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_derive_approval();
CREATE TRIGGER mlr_40_state BEFORE UPDATE OF approval_status ON mlregistry.approvals FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_state('approval', 'approval_status');
CREATE TRIGGER mlr_50_freeze BEFORE UPDATE ON mlregistry.approvals FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_freeze_approval();
CREATE TRIGGER mlr_60_touch BEFORE UPDATE ON mlregistry.approvals FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_touch();
CREATE TRIGGER mlr_75_history_status_insert AFTER INSERT ON mlregistry.approvals REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT
    EXECUTE FUNCTION mlregistry.trg_history_status('approval', 'approval_id', 'approval_status');
CREATE TRIGGER mlr_75_history_status_update AFTER UPDATE ON mlregistry.approvals
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT
    EXECUTE FUNCTION mlregistry.trg_history_status('approval', 'approval_id', 'approval_status');
CREATE TRIGGER mlr_75_history_status_delete AFTER DELETE ON mlregistry.approvals REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT
    EXECUTE FUNCTION mlregistry.trg_history_status('approval', 'approval_id', 'approval_status');
CREATE TRIGGER mlr_75_history_status_truncate AFTER TRUNCATE ON mlregistry.approvals FOR EACH STATEMENT
    EXECUTE FUNCTION mlregistry.trg_history_status('approval', 'approval_id', 'approval_status');

CREATE TABLE mlregistry.metric_gates (
    gate_id uuid DEFAULT pg_catalog.gen_random_uuid() NOT NULL,
    organization_id uuid DEFAULT mlregistry.current_organization_id() NOT NULL,
    project_id uuid DEFAULT mlregistry.current_project_id() NOT NULL,
    model_id uuid,
    metric_name text NOT NULL,
    dataset_split text DEFAULT 'test' NOT NULL,
    comparison text NOT NULL,
    threshold double precision NOT NULL,
    target_stage text DEFAULT 'production' NOT NULL,
    is_active boolean DEFAULT true NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    created_by text DEFAULT mlregistry.current_actor() NOT NULL,
    created_by_user uuid,
    updated_at timestamptz DEFAULT now() NOT NULL,
    updated_by text DEFAULT mlregistry.current_actor() NOT NULL,
    CONSTRAINT metric_gates_pkey PRIMARY KEY (gate_id),
    CONSTRAINT metric_gates_tenant_key UNIQUE (organization_id, gate_id),
    CONSTRAINT metric_gates_organization_fkey FOREIGN KEY (organization_id)
        REFERENCES mlregistry.organizations (organization_id) ON DELETE CASCADE,
    CONSTRAINT metric_gates_project_fkey FOREIGN KEY (organization_id, project_id)
        REFERENCES mlregistry.projects (organization_id, project_id) ON DELETE CASCADE,
    CONSTRAINT metric_gates_model_fkey FOREIGN KEY (organization_id, model_id)
        REFERENCES mlregistry.models (organization_id, model_id) ON DELETE CASCADE,
    CONSTRAINT metric_gates_created_by_user_fkey FOREIGN KEY (created_by_user)
        REFERENCES mlregistry.users (user_id) ON DELETE SET NULL (created_by_user),
    CONSTRAINT unique_gate UNIQUE NULLS NOT DISTINCT (project_id, model_id, metric_name, dataset_split, target_stage),
    CONSTRAINT valid_metric_name CHECK (mlregistry.is_valid_metric_name(metric_name)),
    CONSTRAINT valid_dataset_split CHECK (dataset_split IN ('train', 'validation', 'test', 'holdout', 'production')),
    CONSTRAINT valid_comparison CHECK (comparison IN ('>=', '<=')),
    CONSTRAINT valid_threshold CHECK (threshold > '-Infinity' AND threshold < 'Infinity'),
    CONSTRAINT valid_target_stage CHECK (target_stage IN ('development', 'staging', 'production')),
    CONSTRAINT metric_gates_text_size CHECK (pg_catalog.octet_length(created_by) <= 65536
        AND pg_catalog.octet_length(updated_by) <= 65536)
);
CREATE INDEX idx_metric_gates_project ON mlregistry.metric_gates (project_id);
CREATE INDEX idx_metric_gates_model ON mlregistry.metric_gates (model_id);
COMMENT ON TABLE mlregistry.metric_gates IS 'Metric gates: what versions must measure up to before they enter a stage';
COMMENT ON COLUMN mlregistry.metric_gates.gate_id IS 'Identifier';
COMMENT ON COLUMN mlregistry.metric_gates.organization_id IS 'Organization that it belongs to';
COMMENT ON COLUMN mlregistry.metric_gates.project_id IS 'Project that it belongs to';
COMMENT ON COLUMN mlregistry.metric_gates.model_id IS 'Model whose versions it is for; NULL: all of the project';
COMMENT ON COLUMN mlregistry.metric_gates.metric_name IS 'Metric that is looked at: benchmark_accuracy and the like of the version itself, else one of model_metrics';
COMMENT ON COLUMN mlregistry.metric_gates.dataset_split IS 'Split that it was measured on: train, validation, test, holdout or production';
COMMENT ON COLUMN mlregistry.metric_gates.comparison IS '>= or <=';
COMMENT ON COLUMN mlregistry.metric_gates.threshold IS 'What it must measure up to';
COMMENT ON COLUMN mlregistry.metric_gates.target_stage IS 'Stage that a version must not enter without';
COMMENT ON COLUMN mlregistry.metric_gates.is_active IS 'False: nobody looks at it';
COMMENT ON COLUMN mlregistry.metric_gates.created_at IS 'When the row was created';
COMMENT ON COLUMN mlregistry.metric_gates.created_by IS 'Who created it';
COMMENT ON COLUMN mlregistry.metric_gates.created_by_user IS 'The user who created it, as the database knows';
COMMENT ON COLUMN mlregistry.metric_gates.updated_at IS 'When the row last changed';
COMMENT ON COLUMN mlregistry.metric_gates.updated_by IS 'Who changed it last';
CREATE TRIGGER mlr_10_keys BEFORE INSERT OR UPDATE ON mlregistry.metric_gates FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_keys('models', 'model_id');
CREATE TRIGGER mlr_20_actor BEFORE INSERT OR UPDATE ON mlregistry.metric_gates FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_actor('created');
CREATE TRIGGER mlr_30_normalize BEFORE INSERT OR UPDATE ON mlregistry.metric_gates FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_normalize('metric_name:trim');
CREATE TRIGGER mlr_60_touch BEFORE UPDATE ON mlregistry.metric_gates FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_touch();

-- COALESCE asks for a prerelease only where there is no release, and each question is one probe of idx_versions_semver.
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
       (SELECT count(*) FROM mlregistry.deployments d
         WHERE d.model_id = m.model_id AND d.status IN ('active', 'degraded') AND d.deleted_at IS NULL) AS live_deployments,
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
COMMENT ON COLUMN mlregistry.v_models_latest.live_deployments IS 'Number of live deployments: active or degraded';

CREATE VIEW mlregistry.v_active_deployments WITH (security_invoker = true) AS
SELECT d.deployment_id,
       d.deployment_name,
       d.status,
       d.health_status,
       e.environment_name,
       e.environment_type,
       m.model_name,
       v.semver AS version,
       d.endpoint_url,
       d.replicas,
       d.traffic_percentage,
       d.deployed_at,
       d.deployed_by,
       d.model_id,
       d.version_id,
       d.environment_id,
       d.deployment_type,
       v.stage,
       ARRAY(SELECT a.alias FROM mlregistry.model_aliases a WHERE a.version_id = d.version_id ORDER BY a.alias) AS aliases,
       d.project_id,
       d.organization_id
  FROM mlregistry.deployments d
  JOIN mlregistry.environments e ON e.environment_id = d.environment_id
  JOIN mlregistry.models m ON m.model_id = d.model_id
  JOIN mlregistry.model_versions v ON v.version_id = d.version_id
  JOIN mlregistry.projects p ON p.project_id = d.project_id
  JOIN mlregistry.organizations o ON o.organization_id = d.organization_id
 WHERE d.status IN ('active', 'degraded') AND d.deleted_at IS NULL
   AND v.deleted_at IS NULL AND m.deleted_at IS NULL AND p.deleted_at IS NULL AND o.deleted_at IS NULL;
COMMENT ON VIEW mlregistry.v_active_deployments IS 'Live deployments (active or degraded) with the names of what they serve and where';
COMMENT ON COLUMN mlregistry.v_active_deployments.deployment_id IS 'Identifier';
COMMENT ON COLUMN mlregistry.v_active_deployments.deployment_name IS 'Name';
COMMENT ON COLUMN mlregistry.v_active_deployments.status IS 'active or degraded';
COMMENT ON COLUMN mlregistry.v_active_deployments.health_status IS 'healthy, degraded, unhealthy or unknown';
COMMENT ON COLUMN mlregistry.v_active_deployments.environment_name IS 'Environment';
COMMENT ON COLUMN mlregistry.v_active_deployments.environment_type IS 'development, staging, production, canary, shadow or sandbox';
COMMENT ON COLUMN mlregistry.v_active_deployments.model_name IS 'Model that is served';
COMMENT ON COLUMN mlregistry.v_active_deployments.version IS 'Version that is served';
COMMENT ON COLUMN mlregistry.v_active_deployments.endpoint_url IS 'Where it is called';
COMMENT ON COLUMN mlregistry.v_active_deployments.replicas IS 'Number of replicas';
COMMENT ON COLUMN mlregistry.v_active_deployments.traffic_percentage IS 'Share of the traffic of its model in its environment';
COMMENT ON COLUMN mlregistry.v_active_deployments.deployed_at IS 'When it first served';
COMMENT ON COLUMN mlregistry.v_active_deployments.deployed_by IS 'Who deployed it';
COMMENT ON COLUMN mlregistry.v_active_deployments.model_id IS 'Identifier of the model';
COMMENT ON COLUMN mlregistry.v_active_deployments.version_id IS 'Identifier of the version';
COMMENT ON COLUMN mlregistry.v_active_deployments.environment_id IS 'Identifier of the environment';
COMMENT ON COLUMN mlregistry.v_active_deployments.deployment_type IS 'rolling, blue-green, canary, shadow or a-b-test';
COMMENT ON COLUMN mlregistry.v_active_deployments.stage IS 'Stage of the version';
COMMENT ON COLUMN mlregistry.v_active_deployments.aliases IS 'Aliases of the version, sorted';
COMMENT ON COLUMN mlregistry.v_active_deployments.project_id IS 'Project that it belongs to';
COMMENT ON COLUMN mlregistry.v_active_deployments.organization_id IS 'Organization that it belongs to';

CREATE VIEW mlregistry.v_production_versions WITH (security_invoker = true) AS
SELECT m.model_id,
       m.model_name,
       t.team_name,
       v.version_id,
       v.semver,
       v.stage,
       v.status,
       v.stage = 'production' AS in_stage_production,
       coalesce(live.environments, '{}') AS live_environments,
       coalesce(live.traffic, '{}') AS live_traffic,
       v.promoted_to_production_at,
       v.registered_by,
       v.registered_at,
       ARRAY(SELECT a.alias FROM mlregistry.model_aliases a WHERE a.version_id = v.version_id ORDER BY a.alias) AS aliases,
       m.risk_level,
       v.project_id,
       v.organization_id
  FROM mlregistry.model_versions v
  JOIN mlregistry.models m ON m.model_id = v.model_id
  JOIN mlregistry.projects p ON p.project_id = v.project_id
  JOIN mlregistry.organizations o ON o.organization_id = v.organization_id
  LEFT JOIN mlregistry.teams t ON t.team_id = m.team_id
  LEFT JOIN (SELECT s.version_id,
                    array_agg(s.environment_name ORDER BY s.environment_name) AS environments,
                    jsonb_object_agg(s.environment_name, s.traffic) AS traffic
               FROM (SELECT d.version_id, e.environment_name, sum(d.traffic_percentage) AS traffic
                       FROM mlregistry.deployments d
                       JOIN mlregistry.environments e ON e.environment_id = d.environment_id
                      WHERE d.status IN ('active', 'degraded') AND d.deleted_at IS NULL AND e.environment_type = 'production'
                      GROUP BY d.version_id, e.environment_name) AS s
              GROUP BY s.version_id) AS live ON live.version_id = v.version_id
 WHERE (v.stage = 'production' OR live.version_id IS NOT NULL)
   AND v.deleted_at IS NULL AND m.deleted_at IS NULL AND p.deleted_at IS NULL AND o.deleted_at IS NULL;
COMMENT ON VIEW mlregistry.v_production_versions IS 'Versions that are in stage production, or live in an environment of type production';
COMMENT ON COLUMN mlregistry.v_production_versions.model_id IS 'Identifier of the model';
COMMENT ON COLUMN mlregistry.v_production_versions.model_name IS 'Name of the model';
COMMENT ON COLUMN mlregistry.v_production_versions.team_name IS 'Team that owns the model';
COMMENT ON COLUMN mlregistry.v_production_versions.version_id IS 'Identifier of the version';
COMMENT ON COLUMN mlregistry.v_production_versions.semver IS 'Version';
COMMENT ON COLUMN mlregistry.v_production_versions.stage IS 'Its stage';
COMMENT ON COLUMN mlregistry.v_production_versions.status IS 'Its status';
COMMENT ON COLUMN mlregistry.v_production_versions.in_stage_production IS 'True: it is in stage production; false: it is live in production all the same';
COMMENT ON COLUMN mlregistry.v_production_versions.live_environments IS 'Environments of type production in which it is live, sorted';
COMMENT ON COLUMN mlregistry.v_production_versions.live_traffic IS 'Its share of the traffic in each of them, an object: environment to percentage; shadow deployments count too';
COMMENT ON COLUMN mlregistry.v_production_versions.promoted_to_production_at IS 'When it last entered stage production';
COMMENT ON COLUMN mlregistry.v_production_versions.registered_by IS 'Who registered it';
COMMENT ON COLUMN mlregistry.v_production_versions.registered_at IS 'When it was registered';
COMMENT ON COLUMN mlregistry.v_production_versions.aliases IS 'Its aliases, sorted';
COMMENT ON COLUMN mlregistry.v_production_versions.risk_level IS 'Risk of the model: low, medium, high or critical';
COMMENT ON COLUMN mlregistry.v_production_versions.project_id IS 'Project that it belongs to';
COMMENT ON COLUMN mlregistry.v_production_versions.organization_id IS 'Organization that it belongs to';

-- Who reads v_models_latest reads deployments with it now.
DO $migration$
DECLARE
    reader text;
BEGIN
    FOR reader IN
        SELECT DISTINCT CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(a.grantee)) END
          FROM pg_catalog.pg_class c, pg_catalog.aclexplode(c.relacl) AS a
         WHERE c.oid = 'mlregistry.v_models_latest'::pg_catalog.regclass AND a.privilege_type = 'SELECT' AND a.grantee <> c.relowner
    LOOP
        EXECUTE 'GRANT SELECT ON mlregistry.deployments TO ' || reader;
    END LOOP;
END
$migration$;

-- Rows are written in the name of the owner of the tables, to whom the new ones are given for that.
SELECT mlregistry.set_registry_owner(mlregistry.registry_owner());

-- The first period of what is there begins where an INSERT would have let it begin.
SELECT mlregistry.run_detached($rows$
    INSERT INTO mlregistry.stage_history (organization_id, project_id, model_id, version_id, semver, stage, changed_by, changed_by_user, valid_from)
    SELECT v.organization_id, v.project_id, v.model_id, v.version_id, v.semver::text, v.stage, v.registered_by, v.registered_by_user,
           least(pg_catalog.clock_timestamp(),
                 coalesce(CASE v.stage WHEN 'production' THEN v.promoted_to_production_at WHEN 'archived' THEN v.archived_at END, v.registered_at))
      FROM mlregistry.model_versions v;
    INSERT INTO mlregistry.status_history (organization_id, project_id, entity_kind, entity_id, status, reason, changed_by, changed_by_user, valid_from)
    SELECT v.organization_id, v.project_id, 'version', v.version_id, v.status, CASE WHEN v.status = 'deprecated' THEN v.deprecation_reason END,
           v.registered_by, v.registered_by_user,
           least(pg_catalog.clock_timestamp(),
                 coalesce(CASE WHEN v.status = 'deprecated' THEN v.deprecated_at WHEN v.status = 'archived' THEN v.archived_at
                               WHEN v.status IN ('validated', 'deployed') THEN v.validated_at END, v.registered_at))
      FROM mlregistry.model_versions v
    UNION ALL
    SELECT r.organization_id, r.project_id, 'run', r.run_id, r.status, NULL, r.started_by, r.started_by_user,
           least(pg_catalog.clock_timestamp(), coalesce(r.completed_at, r.started_at, r.queued_at))
      FROM mlregistry.training_runs r
    UNION ALL
    SELECT x.organization_id, x.project_id, 'experiment', x.experiment_id, x.status, NULL, x.created_by, x.created_by_user,
           least(pg_catalog.clock_timestamp(), coalesce(x.completed_at, x.started_at))
      FROM mlregistry.experiments x;
$rows$, mlregistry.registry_owner());

-- Triggers of tables that are there.
CREATE TRIGGER mlr_40_state BEFORE UPDATE OF status, stage ON mlregistry.model_versions FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_state('version', 'status', 'stage', 'stage');
CREATE TRIGGER mlr_75_history_stage_insert AFTER INSERT ON mlregistry.model_versions REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT
    EXECUTE FUNCTION mlregistry.trg_history_stage();
CREATE TRIGGER mlr_75_history_stage_update AFTER UPDATE ON mlregistry.model_versions
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT
    EXECUTE FUNCTION mlregistry.trg_history_stage();
CREATE TRIGGER mlr_75_history_stage_delete AFTER DELETE ON mlregistry.model_versions REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT
    EXECUTE FUNCTION mlregistry.trg_history_stage();
CREATE TRIGGER mlr_75_history_stage_truncate AFTER TRUNCATE ON mlregistry.model_versions FOR EACH STATEMENT
    EXECUTE FUNCTION mlregistry.trg_history_stage();
CREATE TRIGGER mlr_75_history_status_insert AFTER INSERT ON mlregistry.model_versions REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT
    EXECUTE FUNCTION mlregistry.trg_history_status('version', 'version_id', 'status');
CREATE TRIGGER mlr_75_history_status_update AFTER UPDATE ON mlregistry.model_versions
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT
    EXECUTE FUNCTION mlregistry.trg_history_status('version', 'version_id', 'status');
CREATE TRIGGER mlr_75_history_status_delete AFTER DELETE ON mlregistry.model_versions REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT
    EXECUTE FUNCTION mlregistry.trg_history_status('version', 'version_id', 'status');
CREATE TRIGGER mlr_75_history_status_truncate AFTER TRUNCATE ON mlregistry.model_versions FOR EACH STATEMENT
    EXECUTE FUNCTION mlregistry.trg_history_status('version', 'version_id', 'status');
CREATE TRIGGER mlr_75_history_status_insert AFTER INSERT ON mlregistry.experiments REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT
    EXECUTE FUNCTION mlregistry.trg_history_status('experiment', 'experiment_id', 'status');
CREATE TRIGGER mlr_75_history_status_update AFTER UPDATE ON mlregistry.experiments
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT
    EXECUTE FUNCTION mlregistry.trg_history_status('experiment', 'experiment_id', 'status');
CREATE TRIGGER mlr_75_history_status_delete AFTER DELETE ON mlregistry.experiments REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT
    EXECUTE FUNCTION mlregistry.trg_history_status('experiment', 'experiment_id', 'status');
CREATE TRIGGER mlr_75_history_status_truncate AFTER TRUNCATE ON mlregistry.experiments FOR EACH STATEMENT
    EXECUTE FUNCTION mlregistry.trg_history_status('experiment', 'experiment_id', 'status');
CREATE TRIGGER mlr_75_history_status_insert AFTER INSERT ON mlregistry.training_runs REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT
    EXECUTE FUNCTION mlregistry.trg_history_status('run', 'run_id', 'status');
CREATE TRIGGER mlr_75_history_status_update AFTER UPDATE ON mlregistry.training_runs
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT
    EXECUTE FUNCTION mlregistry.trg_history_status('run', 'run_id', 'status');
CREATE TRIGGER mlr_75_history_status_delete AFTER DELETE ON mlregistry.training_runs REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT
    EXECUTE FUNCTION mlregistry.trg_history_status('run', 'run_id', 'status');
CREATE TRIGGER mlr_75_history_status_truncate AFTER TRUNCATE ON mlregistry.training_runs FOR EACH STATEMENT
    EXECUTE FUNCTION mlregistry.trg_history_status('run', 'run_id', 'status');

-- Rules that span rows, as in data/97_lifecycle_rules.sql.
-- Deployed anew: its version, its model and its environment are looked at. What is already open goes on, whatever becomes of them.
CREATE TRIGGER mlr_70_guard_insert AFTER INSERT ON mlregistry.deployments FOR EACH ROW
    WHEN (NEW.status IN ('pending', 'deploying', 'active', 'degraded', 'terminating'))
    EXECUTE FUNCTION mlregistry.trg_guard_deployment();
CREATE TRIGGER mlr_70_guard_update AFTER UPDATE OF version_id, status ON mlregistry.deployments FOR EACH ROW
    WHEN (NEW.version_id IS DISTINCT FROM OLD.version_id
          OR OLD.status IN ('failed', 'deactivated', 'terminated') AND NEW.status IN ('pending', 'deploying', 'active', 'degraded', 'terminating'))
    EXECUTE FUNCTION mlregistry.trg_guard_deployment();
CREATE TRIGGER mlr_70_guard_delete AFTER DELETE ON mlregistry.deployments FOR EACH ROW
    WHEN (OLD.status IN ('active', 'degraded'))
    EXECUTE FUNCTION mlregistry.trg_guard_deployment();

-- Deferred, so that shares move from one to another in any order; functions ask check_deployment().
CREATE CONSTRAINT TRIGGER mlr_70_traffic_sum_insert AFTER INSERT ON mlregistry.deployments DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (NEW.status IN ('active', 'degraded') AND NEW.deployment_type <> 'shadow' AND NEW.traffic_percentage > 0)
    EXECUTE FUNCTION mlregistry.trg_traffic_sum();
CREATE CONSTRAINT TRIGGER mlr_70_traffic_sum_update AFTER UPDATE OF status, traffic_percentage, deployment_type, deleted_at
    ON mlregistry.deployments DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (NEW.status IN ('active', 'degraded') AND NEW.deployment_type <> 'shadow'
          AND (OLD.status NOT IN ('active', 'degraded') OR OLD.deployment_type = 'shadow' OR OLD.deleted_at IS NOT NULL
               OR NEW.traffic_percentage > OLD.traffic_percentage))
    EXECUTE FUNCTION mlregistry.trg_traffic_sum();

-- Deferred, so that approval and deployment come in either order. Between active and degraded nothing begins: an approval that
-- has expired does not stop what serves.
CREATE CONSTRAINT TRIGGER mlr_70_approval_gate_insert AFTER INSERT ON mlregistry.deployments DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (NEW.status IN ('deploying', 'active', 'degraded'))
    EXECUTE FUNCTION mlregistry.trg_approval_gate();
CREATE CONSTRAINT TRIGGER mlr_70_approval_gate_update AFTER UPDATE OF version_id, status
    ON mlregistry.deployments DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (NEW.status IN ('deploying', 'active', 'degraded')
          AND (NEW.version_id IS DISTINCT FROM OLD.version_id OR NEW.status IS DISTINCT FROM OLD.status
               AND (OLD.status NOT IN ('active', 'degraded') OR NEW.status = 'deploying')))
    EXECUTE FUNCTION mlregistry.trg_approval_gate();

CREATE TRIGGER mlr_85_effect_insert AFTER INSERT ON mlregistry.deployments FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_effect_deployment();
CREATE TRIGGER mlr_85_effect_update AFTER UPDATE OF version_id, status, deleted_at ON mlregistry.deployments FOR EACH ROW
    WHEN (NEW.version_id IS DISTINCT FROM OLD.version_id
          OR (NEW.status IN ('active', 'degraded')) IS DISTINCT FROM (OLD.status IN ('active', 'degraded')))
    EXECUTE FUNCTION mlregistry.trg_effect_deployment();

CREATE TRIGGER mlr_85_effect_delete AFTER DELETE ON mlregistry.deployments FOR EACH ROW
    WHEN (OLD.status IN ('active', 'degraded'))
    EXECUTE FUNCTION mlregistry.trg_effect_deployment();

-- Not after the row is written: its histories would tell of the second change before the first.
CREATE TRIGGER mlr_45_effect BEFORE UPDATE OF status ON mlregistry.model_versions FOR EACH ROW
    WHEN (OLD.status IN ('deprecated', 'archived') AND NEW.status IN ('registered', 'validated'))
    EXECUTE FUNCTION mlregistry.trg_effect_version();

-- An approval that holds no more: deployments that ask for it at this moment wait.
CREATE TRIGGER mlr_70_guard_update AFTER UPDATE OF approval_status ON mlregistry.approvals FOR EACH ROW
    WHEN (OLD.approval_status = 'approved' AND NEW.approval_status <> 'approved')
    EXECUTE FUNCTION mlregistry.trg_guard_approval();
CREATE TRIGGER mlr_70_guard_delete AFTER DELETE ON mlregistry.approvals FOR EACH ROW
    WHEN (OLD.approval_status = 'approved')
    EXECUTE FUNCTION mlregistry.trg_guard_approval();
CREATE TRIGGER mlr_85_effect_insert AFTER INSERT ON mlregistry.approvals FOR EACH ROW
    WHEN (NEW.approval_status = 'approved')
    EXECUTE FUNCTION mlregistry.trg_effect_approval();
CREATE TRIGGER mlr_85_effect_update AFTER UPDATE OF approval_status ON mlregistry.approvals FOR EACH ROW
    WHEN (NEW.approval_status = 'approved' AND OLD.approval_status <> 'approved')
    EXECUTE FUNCTION mlregistry.trg_effect_approval();

-- What was at a moment is read from here, too.
CREATE INDEX idx_alias_history_period ON mlregistry.alias_history (valid_to, valid_from);

-- Stages and aliases that people rely on. A version that is inserted is measured at the end: its metrics come after it.
CREATE TRIGGER mlr_70_guard_stage_insert AFTER INSERT ON mlregistry.model_versions FOR EACH ROW
    WHEN (NEW.stage <> 'development' AND NEW.deleted_at IS NULL)
    EXECUTE FUNCTION mlregistry.trg_guard_stage();
CREATE TRIGGER mlr_70_guard_stage_update AFTER UPDATE OF stage, status, deleted_at ON mlregistry.model_versions FOR EACH ROW
    WHEN (NEW.stage IS DISTINCT FROM OLD.stage
          OR (NEW.deleted_at IS NULL) IS DISTINCT FROM (OLD.deleted_at IS NULL) AND NEW.stage <> 'development'
          OR OLD.status = 'deprecated' AND NEW.status = 'registered' AND NEW.stage = 'production')
    EXECUTE FUNCTION mlregistry.trg_guard_stage();
CREATE TRIGGER mlr_70_guard_stage_delete AFTER DELETE ON mlregistry.model_versions FOR EACH ROW
    WHEN (OLD.stage <> 'development' AND OLD.deleted_at IS NULL)
    EXECUTE FUNCTION mlregistry.trg_guard_stage();
CREATE CONSTRAINT TRIGGER mlr_70_metric_gate AFTER INSERT ON mlregistry.model_versions DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (NEW.stage IN ('staging', 'production') AND NEW.deleted_at IS NULL)
    EXECUTE FUNCTION mlregistry.trg_metric_gate();
CREATE TRIGGER mlr_70_guard_protected_insert AFTER INSERT ON mlregistry.model_aliases FOR EACH ROW
    WHEN (NEW.protected)
    EXECUTE FUNCTION mlregistry.trg_guard_protected_alias();
CREATE TRIGGER mlr_70_guard_protected_update AFTER UPDATE OF version_id, alias, protected ON mlregistry.model_aliases FOR EACH ROW
    WHEN ((OLD.protected OR NEW.protected)
          AND (OLD.protected <> NEW.protected OR OLD.version_id <> NEW.version_id OR OLD.alias <> NEW.alias))
    EXECUTE FUNCTION mlregistry.trg_guard_protected_alias();
CREATE TRIGGER mlr_70_guard_protected_delete AFTER DELETE ON mlregistry.model_aliases FOR EACH ROW
    WHEN (OLD.protected)
    EXECUTE FUNCTION mlregistry.trg_guard_protected_alias();

-- Legal hold: nothing is deleted, by no cascade either; admins set and clear it.
CREATE TRIGGER mlr_70_guard_hold_delete AFTER DELETE ON mlregistry.models FOR EACH ROW
    WHEN (OLD.legal_hold)
    EXECUTE FUNCTION mlregistry.trg_guard_hold();
CREATE TRIGGER mlr_05_hold BEFORE TRUNCATE ON mlregistry.models FOR EACH STATEMENT
    EXECUTE FUNCTION mlregistry.trg_guard_hold();
CREATE TRIGGER mlr_70_guard_hold_insert AFTER INSERT ON mlregistry.models FOR EACH ROW
    WHEN (NEW.legal_hold)
    EXECUTE FUNCTION mlregistry.trg_guard_hold_change();
CREATE TRIGGER mlr_70_guard_hold_update AFTER UPDATE OF legal_hold, legal_hold_reason ON mlregistry.models FOR EACH ROW
    WHEN ((OLD.legal_hold OR NEW.legal_hold)
          AND (OLD.legal_hold <> NEW.legal_hold OR OLD.legal_hold_reason IS DISTINCT FROM NEW.legal_hold_reason))
    EXECUTE FUNCTION mlregistry.trg_guard_hold_change();
CREATE TRIGGER mlr_70_guard_hold_delete AFTER DELETE ON mlregistry.model_versions FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_guard_hold();
CREATE TRIGGER mlr_70_guard_hold_soft AFTER UPDATE OF deleted_at ON mlregistry.model_versions FOR EACH ROW
    WHEN (OLD.deleted_at IS NULL AND NEW.deleted_at IS NOT NULL)
    EXECUTE FUNCTION mlregistry.trg_guard_hold();
CREATE TRIGGER mlr_05_hold BEFORE TRUNCATE ON mlregistry.model_versions FOR EACH STATEMENT
    EXECUTE FUNCTION mlregistry.trg_guard_hold();
CREATE TRIGGER mlr_70_guard_hold_insert AFTER INSERT ON mlregistry.model_versions FOR EACH ROW
    WHEN (NEW.legal_hold)
    EXECUTE FUNCTION mlregistry.trg_guard_hold_change();
CREATE TRIGGER mlr_70_guard_hold_update AFTER UPDATE OF legal_hold, legal_hold_reason ON mlregistry.model_versions FOR EACH ROW
    WHEN ((OLD.legal_hold OR NEW.legal_hold)
          AND (OLD.legal_hold <> NEW.legal_hold OR OLD.legal_hold_reason IS DISTINCT FROM NEW.legal_hold_reason))
    EXECUTE FUNCTION mlregistry.trg_guard_hold_change();
CREATE TRIGGER mlr_05_hold BEFORE TRUNCATE ON mlregistry.version_files FOR EACH STATEMENT
    EXECUTE FUNCTION mlregistry.trg_guard_hold();
CREATE TRIGGER mlr_05_hold BEFORE TRUNCATE ON mlregistry.version_signatures FOR EACH STATEMENT
    EXECUTE FUNCTION mlregistry.trg_guard_hold();

-- What is soft-deleted hides what lies in it.
CREATE TRIGGER mlr_70_guard_in_use AFTER UPDATE OF deleted_at ON mlregistry.model_versions FOR EACH ROW
    WHEN (OLD.deleted_at IS NULL AND NEW.deleted_at IS NOT NULL)
    EXECUTE FUNCTION mlregistry.trg_guard_in_use('version');
CREATE TRIGGER mlr_70_guard_in_use AFTER UPDATE OF deleted_at ON mlregistry.models FOR EACH ROW
    WHEN (OLD.deleted_at IS NULL AND NEW.deleted_at IS NOT NULL)
    EXECUTE FUNCTION mlregistry.trg_guard_in_use('model');
CREATE TRIGGER mlr_70_guard_in_use AFTER UPDATE OF deleted_at ON mlregistry.projects FOR EACH ROW
    WHEN (OLD.deleted_at IS NULL AND NEW.deleted_at IS NOT NULL)
    EXECUTE FUNCTION mlregistry.trg_guard_in_use('project');
CREATE TRIGGER mlr_70_guard_in_use AFTER UPDATE OF deleted_at ON mlregistry.organizations FOR EACH ROW
    WHEN (OLD.deleted_at IS NULL AND NEW.deleted_at IS NOT NULL)
    EXECUTE FUNCTION mlregistry.trg_guard_in_use('organization');

-- Signatures are kept as they were made; what became of looking at them may change.
CREATE TRIGGER mlr_70_guard AFTER UPDATE OR DELETE ON mlregistry.version_signatures FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_guard_signature();
