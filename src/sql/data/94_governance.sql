-- Area governance: who has agreed to what, and what a version must measure up to.

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
