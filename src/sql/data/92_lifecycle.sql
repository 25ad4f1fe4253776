-- Area lifecycle: where versions are served, and what stages, states and deployments were when.

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
CREATE UNIQUE INDEX unique_open_stage ON mlregistry.stage_history (version_id) WHERE valid_to = 'infinity';
CREATE INDEX idx_stage_history_version ON mlregistry.stage_history (version_id, valid_from);
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
CREATE UNIQUE INDEX unique_open_status ON mlregistry.status_history (entity_id, entity_kind) WHERE valid_to = 'infinity';
CREATE INDEX idx_status_history_entity ON mlregistry.status_history (entity_kind, entity_id, valid_from);
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
