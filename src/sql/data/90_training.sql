-- Area training: experiments, their runs, and what runs measured, read and are tagged with.

CREATE TABLE mlregistry.experiments (
    experiment_id uuid DEFAULT pg_catalog.gen_random_uuid() NOT NULL,
    organization_id uuid DEFAULT mlregistry.current_organization_id() NOT NULL,
    project_id uuid DEFAULT mlregistry.current_project_id() NOT NULL,
    model_id uuid,
    experiment_name text NOT NULL,
    description text,
    status text DEFAULT 'running' NOT NULL,
    config jsonb DEFAULT '{}' NOT NULL,
    allow_repeat_runs boolean DEFAULT true NOT NULL,
    last_run_number integer DEFAULT 0 NOT NULL,
    started_at timestamptz DEFAULT now() NOT NULL,
    completed_at timestamptz,
    created_at timestamptz DEFAULT now() NOT NULL,
    created_by text DEFAULT mlregistry.current_actor() NOT NULL,
    created_by_user uuid,
    updated_at timestamptz DEFAULT now() NOT NULL,
    updated_by text DEFAULT mlregistry.current_actor() NOT NULL,
    deleted_at timestamptz,
    CONSTRAINT experiments_pkey PRIMARY KEY (experiment_id),
    CONSTRAINT experiments_tenant_key UNIQUE (organization_id, experiment_id),
    CONSTRAINT experiments_organization_fkey FOREIGN KEY (organization_id)
        REFERENCES mlregistry.organizations (organization_id) ON DELETE CASCADE,
    CONSTRAINT experiments_project_fkey FOREIGN KEY (organization_id, project_id)
        REFERENCES mlregistry.projects (organization_id, project_id) ON DELETE CASCADE,
    CONSTRAINT experiments_model_fkey FOREIGN KEY (organization_id, model_id)
        REFERENCES mlregistry.models (organization_id, model_id) ON DELETE SET NULL (model_id),
    CONSTRAINT experiments_created_by_user_fkey FOREIGN KEY (created_by_user)
        REFERENCES mlregistry.users (user_id) ON DELETE SET NULL (created_by_user),
    CONSTRAINT valid_experiment_name CHECK (mlregistry.is_valid_label(experiment_name)),
    CONSTRAINT valid_experiment_status CHECK (status IN ('running', 'completed', 'failed', 'cancelled')),
    CONSTRAINT valid_last_run_number CHECK (last_run_number >= 0),
    CONSTRAINT experiment_time_order CHECK (completed_at >= started_at),
    CONSTRAINT finite_times CHECK (pg_catalog.isfinite(started_at) AND pg_catalog.isfinite(completed_at)),
    CONSTRAINT experiment_completion CHECK ((status = 'running') = (completed_at IS NULL)),
    CONSTRAINT config_is_object CHECK (pg_catalog.jsonb_typeof(config) = 'object'),
    CONSTRAINT experiments_json_size CHECK (pg_catalog.pg_column_size(config) <= 1048576),
    CONSTRAINT experiments_text_size CHECK (pg_catalog.octet_length(description) <= 65536
        AND pg_catalog.octet_length(created_by) <= 65536 AND pg_catalog.octet_length(updated_by) <= 65536)
);
CREATE UNIQUE INDEX unique_experiment_name ON mlregistry.experiments (organization_id, project_id, experiment_name) WHERE deleted_at IS NULL;
CREATE INDEX idx_experiments_model ON mlregistry.experiments (model_id);
CREATE INDEX idx_experiments_project ON mlregistry.experiments (project_id);
CREATE INDEX idx_experiments_search ON mlregistry.experiments
    USING gin (to_tsvector({{fts_language}}, experiment_name || ' ' || coalesce(description, '')));
COMMENT ON TABLE mlregistry.experiments IS 'Experiments: runs that belong together';
COMMENT ON COLUMN mlregistry.experiments.experiment_id IS 'Identifier';
COMMENT ON COLUMN mlregistry.experiments.organization_id IS 'Organization that it belongs to';
COMMENT ON COLUMN mlregistry.experiments.project_id IS 'Project that it belongs to';
COMMENT ON COLUMN mlregistry.experiments.model_id IS 'Model that it is about';
COMMENT ON COLUMN mlregistry.experiments.experiment_name IS 'Name, unique in its project among those not deleted';
COMMENT ON COLUMN mlregistry.experiments.description IS 'What it is to find out';
COMMENT ON COLUMN mlregistry.experiments.status IS 'running, completed, failed or cancelled';
COMMENT ON COLUMN mlregistry.experiments.config IS 'What its runs have in common, a JSON object';
COMMENT ON COLUMN mlregistry.experiments.allow_repeat_runs IS 'False: runs that are added from now on are one a day for each model and dataset';
COMMENT ON COLUMN mlregistry.experiments.last_run_number IS 'Highest number of its runs so far';
COMMENT ON COLUMN mlregistry.experiments.started_at IS 'When it began';
COMMENT ON COLUMN mlregistry.experiments.completed_at IS 'When it ended, however it did; NULL exactly while it is running';
COMMENT ON COLUMN mlregistry.experiments.created_at IS 'When the row was created';
COMMENT ON COLUMN mlregistry.experiments.created_by IS 'Who created it';
COMMENT ON COLUMN mlregistry.experiments.created_by_user IS 'The user who created it, as the database knows';
COMMENT ON COLUMN mlregistry.experiments.updated_at IS 'When the row last changed';
COMMENT ON COLUMN mlregistry.experiments.updated_by IS 'Who changed it last';
COMMENT ON COLUMN mlregistry.experiments.deleted_at IS 'When it was deleted; NULL: it is not';
CREATE TRIGGER mlr_10_keys BEFORE INSERT OR UPDATE ON mlregistry.experiments FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_keys('', '', 'models', 'model_id');
CREATE TRIGGER mlr_20_actor BEFORE INSERT OR UPDATE ON mlregistry.experiments FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_actor('created');
CREATE TRIGGER mlr_30_normalize BEFORE INSERT OR UPDATE ON mlregistry.experiments FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_normalize('experiment_name:trim');
CREATE TRIGGER mlr_35_derive BEFORE INSERT OR UPDATE ON mlregistry.experiments FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_derive_experiment();
CREATE TRIGGER mlr_40_state BEFORE UPDATE OF status ON mlregistry.experiments FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_state('experiment', 'status');
-- The number of its last run is no change of it.
CREATE TRIGGER mlr_60_touch BEFORE UPDATE OF experiment_id, organization_id, project_id, model_id, experiment_name, description, status, config,
        allow_repeat_runs, started_at, completed_at, created_at, created_by, created_by_user, updated_at, updated_by, deleted_at
        ON mlregistry.experiments FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_touch();
CREATE TRIGGER mlr_75_history_status_insert AFTER INSERT ON mlregistry.experiments REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT
    EXECUTE FUNCTION mlregistry.trg_history_status('experiment', 'experiment_id', 'status');
CREATE TRIGGER mlr_75_history_status_update AFTER UPDATE ON mlregistry.experiments
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT
    EXECUTE FUNCTION mlregistry.trg_history_status('experiment', 'experiment_id', 'status');
CREATE TRIGGER mlr_75_history_status_delete AFTER DELETE ON mlregistry.experiments REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT
    EXECUTE FUNCTION mlregistry.trg_history_status('experiment', 'experiment_id', 'status');
CREATE TRIGGER mlr_75_history_status_truncate AFTER TRUNCATE ON mlregistry.experiments FOR EACH STATEMENT
    EXECUTE FUNCTION mlregistry.trg_history_status('experiment', 'experiment_id', 'status');

CREATE TABLE mlregistry.training_runs (
    run_id uuid DEFAULT pg_catalog.gen_random_uuid() NOT NULL,
    organization_id uuid DEFAULT mlregistry.current_organization_id() NOT NULL,
    project_id uuid DEFAULT mlregistry.current_project_id() NOT NULL,
    experiment_id uuid NOT NULL,
    model_id uuid,
    dataset_id uuid,
    version_id uuid,
    parent_run_id uuid,
    run_name text,
    run_number integer NOT NULL,
    status text DEFAULT 'queued' NOT NULL,
    framework text,
    accuracy numeric(5,4),
    precision_score numeric(5,4),
    recall_score numeric(5,4),
    f1_score numeric(5,4),
    auc_roc numeric(5,4),
    loss numeric(12,6),
    custom_metrics jsonb DEFAULT '{}' NOT NULL,
    hyperparameters jsonb DEFAULT '{}' NOT NULL,
    environment jsonb DEFAULT '{}' NOT NULL,
    compute_target text,
    instance_type text,
    gpu_count integer DEFAULT 0 NOT NULL,
    gpu_type text,
    gpu_hours numeric(10,2) DEFAULT 0 NOT NULL,
    cpu_hours numeric(10,2) DEFAULT 0 NOT NULL,
    memory_gb numeric(10,2),
    estimated_cost_usd numeric(12,2),
    queued_at timestamptz NOT NULL,
    started_at timestamptz,
    completed_at timestamptz,
    duration_seconds numeric(12,3),
    exit_code integer,
    started_by text DEFAULT mlregistry.current_actor() NOT NULL,
    started_by_user uuid,
    logs_uri text,
    tensorboard_uri text,
    checkpoint_uri text,
    artifacts_uri text,
    artifacts jsonb DEFAULT '{}' NOT NULL,
    notes text,
    error_message text,
    once_per_day boolean DEFAULT false NOT NULL,
    run_day date GENERATED ALWAYS AS ((queued_at AT TIME ZONE 'UTC')::date) STORED,
    source_run_id text,
    created_at timestamptz DEFAULT now() NOT NULL,
    created_by text DEFAULT mlregistry.current_actor() NOT NULL,
    created_by_user uuid,
    updated_at timestamptz DEFAULT now() NOT NULL,
    updated_by text DEFAULT mlregistry.current_actor() NOT NULL,
    deleted_at timestamptz,
    CONSTRAINT training_runs_pkey PRIMARY KEY (run_id),
    CONSTRAINT training_runs_tenant_key UNIQUE (organization_id, run_id),
    CONSTRAINT training_runs_organization_fkey FOREIGN KEY (organization_id)
        REFERENCES mlregistry.organizations (organization_id) ON DELETE CASCADE,
    CONSTRAINT training_runs_project_fkey FOREIGN KEY (organization_id, project_id)
        REFERENCES mlregistry.projects (organization_id, project_id) ON DELETE CASCADE,
    CONSTRAINT training_runs_experiment_fkey FOREIGN KEY (organization_id, experiment_id)
        REFERENCES mlregistry.experiments (organization_id, experiment_id) ON DELETE CASCADE,
    CONSTRAINT training_runs_model_fkey FOREIGN KEY (organization_id, model_id)
        REFERENCES mlregistry.models (organization_id, model_id) ON DELETE SET NULL (model_id),
    CONSTRAINT training_runs_dataset_fkey FOREIGN KEY (organization_id, dataset_id)
        REFERENCES mlregistry.datasets (organization_id, dataset_id) ON DELETE NO ACTION,
    CONSTRAINT training_runs_version_fkey FOREIGN KEY (organization_id, version_id)
        REFERENCES mlregistry.model_versions (organization_id, version_id) ON DELETE SET NULL (version_id),
    CONSTRAINT training_runs_parent_fkey FOREIGN KEY (organization_id, parent_run_id)
        REFERENCES mlregistry.training_runs (organization_id, run_id) ON DELETE SET NULL (parent_run_id),
    CONSTRAINT valid_framework FOREIGN KEY (framework)
        REFERENCES mlregistry.frameworks (name) ON UPDATE CASCADE ON DELETE NO ACTION,
    CONSTRAINT training_runs_started_by_user_fkey FOREIGN KEY (started_by_user)
        REFERENCES mlregistry.users (user_id) ON DELETE SET NULL (started_by_user),
    CONSTRAINT training_runs_created_by_user_fkey FOREIGN KEY (created_by_user)
        REFERENCES mlregistry.users (user_id) ON DELETE SET NULL (created_by_user),
    CONSTRAINT valid_run_name CHECK (mlregistry.is_valid_label(run_name)),
    CONSTRAINT valid_run_number CHECK (run_number > 0),
    CONSTRAINT valid_run_status CHECK (status IN ('queued', 'running', 'succeeded', 'failed', 'cancelled', 'timeout')),
    CONSTRAINT valid_accuracy CHECK (mlregistry.is_score(accuracy)),
    CONSTRAINT valid_precision CHECK (mlregistry.is_score(precision_score)),
    CONSTRAINT valid_recall CHECK (mlregistry.is_score(recall_score)),
    CONSTRAINT valid_f1 CHECK (mlregistry.is_score(f1_score)),
    CONSTRAINT valid_auc_roc CHECK (mlregistry.is_score(auc_roc)),
    CONSTRAINT valid_gpu_count CHECK (gpu_count >= 0),
    CONSTRAINT valid_gpu_hours CHECK (gpu_hours >= 0 AND gpu_hours < 'NaN'),
    CONSTRAINT valid_cpu_hours CHECK (cpu_hours >= 0 AND cpu_hours < 'NaN'),
    CONSTRAINT valid_memory CHECK (memory_gb >= 0 AND memory_gb < 'NaN'),
    CONSTRAINT valid_cost CHECK (estimated_cost_usd >= 0 AND estimated_cost_usd < 'NaN'),
    CONSTRAINT valid_duration CHECK (duration_seconds >= 0 AND duration_seconds < 'NaN'),
    -- An unknown status breaks valid_run_status only.
    CONSTRAINT completed_timestamp CHECK (CASE WHEN status IN ('queued', 'running') THEN completed_at IS NULL
        WHEN status IN ('succeeded', 'failed', 'cancelled', 'timeout') THEN completed_at IS NOT NULL END),
    CONSTRAINT started_timestamp CHECK (CASE WHEN status = 'queued' THEN started_at IS NULL
        WHEN status IN ('running', 'succeeded') THEN started_at IS NOT NULL END),
    CONSTRAINT time_order CHECK (queued_at <= started_at AND started_at <= completed_at AND queued_at <= completed_at),
    CONSTRAINT finite_times CHECK (pg_catalog.isfinite(queued_at) AND pg_catalog.isfinite(started_at) AND pg_catalog.isfinite(completed_at)),
    CONSTRAINT no_self_parent CHECK (parent_run_id <> run_id),
    CONSTRAINT valid_logs_uri CHECK (mlregistry.is_artifact_uri(logs_uri)),
    CONSTRAINT valid_tensorboard_uri CHECK (mlregistry.is_artifact_uri(tensorboard_uri)),
    CONSTRAINT valid_checkpoint_uri CHECK (mlregistry.is_artifact_uri(checkpoint_uri)),
    CONSTRAINT valid_artifacts_uri CHECK (mlregistry.is_artifact_uri(artifacts_uri)),
    CONSTRAINT custom_metrics_is_object CHECK (pg_catalog.jsonb_typeof(custom_metrics) = 'object'),
    CONSTRAINT hyperparameters_is_object CHECK (pg_catalog.jsonb_typeof(hyperparameters) = 'object'),
    CONSTRAINT environment_is_object CHECK (pg_catalog.jsonb_typeof(environment) = 'object'),
    CONSTRAINT artifacts_is_object CHECK (pg_catalog.jsonb_typeof(artifacts) = 'object'),
    CONSTRAINT training_runs_json_size CHECK (pg_catalog.pg_column_size(custom_metrics) <= 1048576
        AND pg_catalog.pg_column_size(hyperparameters) <= 1048576
        AND pg_catalog.pg_column_size(environment) <= 1048576
        AND pg_catalog.pg_column_size(artifacts) <= 1048576),
    CONSTRAINT training_runs_text_size CHECK (pg_catalog.octet_length(compute_target) <= 65536
        AND pg_catalog.octet_length(instance_type) <= 65536
        AND pg_catalog.octet_length(gpu_type) <= 65536
        AND pg_catalog.octet_length(notes) <= 65536
        AND pg_catalog.octet_length(error_message) <= 65536
        AND pg_catalog.octet_length(source_run_id) <= 65536
        AND pg_catalog.octet_length(started_by) <= 65536
        AND pg_catalog.octet_length(created_by) <= 65536 AND pg_catalog.octet_length(updated_by) <= 65536)
);
CREATE UNIQUE INDEX unique_run_number ON mlregistry.training_runs (experiment_id, run_number);
CREATE UNIQUE INDEX unique_daily_run ON mlregistry.training_runs (experiment_id, model_id, dataset_id, run_day) NULLS NOT DISTINCT
    WHERE once_per_day AND deleted_at IS NULL;
CREATE UNIQUE INDEX unique_source_run ON mlregistry.training_runs (organization_id, source_run_id) WHERE source_run_id IS NOT NULL;
-- With the time: the newest runs of a project, and what it has used in a period.
CREATE INDEX idx_training_runs_project ON mlregistry.training_runs (project_id, queued_at DESC);
CREATE INDEX idx_runs_version ON mlregistry.training_runs (version_id);
CREATE INDEX idx_runs_status ON mlregistry.training_runs (status);
CREATE INDEX idx_training_runs_status_date ON mlregistry.training_runs (status, queued_at DESC);
CREATE INDEX idx_runs_active ON mlregistry.training_runs (status, created_at DESC) WHERE status IN ('queued', 'running');
CREATE INDEX idx_runs_created ON mlregistry.training_runs (created_at DESC);
CREATE INDEX idx_training_runs_started ON mlregistry.training_runs (started_at);
CREATE INDEX idx_training_runs_completed ON mlregistry.training_runs (completed_at);
CREATE INDEX idx_runs_experiment ON mlregistry.training_runs (experiment_id, queued_at DESC);
CREATE INDEX idx_training_runs_model ON mlregistry.training_runs (model_id, queued_at DESC);
CREATE INDEX idx_training_runs_dataset ON mlregistry.training_runs (dataset_id);
CREATE INDEX idx_training_runs_parent ON mlregistry.training_runs (parent_run_id);
CREATE INDEX idx_training_runs_framework ON mlregistry.training_runs (framework);
CREATE INDEX idx_training_runs_compute_target ON mlregistry.training_runs (compute_target);
CREATE INDEX idx_runs_accuracy ON mlregistry.training_runs (accuracy DESC NULLS LAST);
CREATE INDEX idx_training_runs_parameters ON mlregistry.training_runs USING gin (hyperparameters jsonb_path_ops);
COMMENT ON TABLE mlregistry.training_runs IS 'Training runs: one row for each time that something was trained, whether it came to anything or not';
COMMENT ON COLUMN mlregistry.training_runs.run_id IS 'Identifier';
COMMENT ON COLUMN mlregistry.training_runs.organization_id IS 'Organization that it belongs to';
COMMENT ON COLUMN mlregistry.training_runs.project_id IS 'Project of its experiment';
COMMENT ON COLUMN mlregistry.training_runs.experiment_id IS 'Experiment that it belongs to';
COMMENT ON COLUMN mlregistry.training_runs.model_id IS 'Model that was trained; the one of the experiment where none was given';
COMMENT ON COLUMN mlregistry.training_runs.dataset_id IS 'Primary dataset, which is one of run_datasets too';
COMMENT ON COLUMN mlregistry.training_runs.version_id IS 'Version that it produced or belongs to';
COMMENT ON COLUMN mlregistry.training_runs.parent_run_id IS 'Run that it repeats, goes on from or is a part of';
COMMENT ON COLUMN mlregistry.training_runs.run_name IS 'Name for people';
COMMENT ON COLUMN mlregistry.training_runs.run_number IS 'Number, unique in its experiment; the next one where none was given';
COMMENT ON COLUMN mlregistry.training_runs.status IS 'queued, running, succeeded, failed, cancelled or timeout';
COMMENT ON COLUMN mlregistry.training_runs.framework IS 'Framework; the one of the model where none was given';
COMMENT ON COLUMN mlregistry.training_runs.accuracy IS 'Accuracy, 0 to 1';
COMMENT ON COLUMN mlregistry.training_runs.precision_score IS 'Precision, 0 to 1';
COMMENT ON COLUMN mlregistry.training_runs.recall_score IS 'Recall, 0 to 1';
COMMENT ON COLUMN mlregistry.training_runs.f1_score IS 'F1 score, 0 to 1; out of precision and recall where none was given';
COMMENT ON COLUMN mlregistry.training_runs.auc_roc IS 'Area under the ROC curve, 0 to 1';
COMMENT ON COLUMN mlregistry.training_runs.loss IS 'Loss at the end';
COMMENT ON COLUMN mlregistry.training_runs.custom_metrics IS 'Other metrics at the end, a JSON object';
COMMENT ON COLUMN mlregistry.training_runs.hyperparameters IS 'Parameters that it was started with, a JSON object';
COMMENT ON COLUMN mlregistry.training_runs.environment IS 'Versions, variables and the like that it ran with, a JSON object';
COMMENT ON COLUMN mlregistry.training_runs.compute_target IS 'Cluster or service that it ran on';
COMMENT ON COLUMN mlregistry.training_runs.instance_type IS 'Kind of machine that it ran on';
COMMENT ON COLUMN mlregistry.training_runs.gpu_count IS 'Number of GPUs';
COMMENT ON COLUMN mlregistry.training_runs.gpu_type IS 'Kind of GPU; its price is in gpu_types, that of others is 2.50';
COMMENT ON COLUMN mlregistry.training_runs.gpu_hours IS 'GPU hours used, of all GPUs together';
COMMENT ON COLUMN mlregistry.training_runs.cpu_hours IS 'CPU hours used';
COMMENT ON COLUMN mlregistry.training_runs.memory_gb IS 'Memory in gigabytes';
COMMENT ON COLUMN mlregistry.training_runs.estimated_cost_usd IS 'Cost in US dollars as somebody has reckoned it; NULL: GPU hours at the price of the GPU';
COMMENT ON COLUMN mlregistry.training_runs.queued_at IS 'When it was asked for';
COMMENT ON COLUMN mlregistry.training_runs.started_at IS 'When it began; NULL: it has not, or never did';
COMMENT ON COLUMN mlregistry.training_runs.completed_at IS 'When it ended, however it did; NULL exactly while it is queued or running';
COMMENT ON COLUMN mlregistry.training_runs.duration_seconds IS 'How long it ran; from start to end where nothing was given';
COMMENT ON COLUMN mlregistry.training_runs.exit_code IS 'Exit code of its process';
COMMENT ON COLUMN mlregistry.training_runs.started_by IS 'Who started it';
COMMENT ON COLUMN mlregistry.training_runs.started_by_user IS 'The user who started it, as the database knows';
COMMENT ON COLUMN mlregistry.training_runs.logs_uri IS 'Where its logs lie';
COMMENT ON COLUMN mlregistry.training_runs.tensorboard_uri IS 'Where its TensorBoard is';
COMMENT ON COLUMN mlregistry.training_runs.checkpoint_uri IS 'Where its last checkpoint lies';
COMMENT ON COLUMN mlregistry.training_runs.artifacts_uri IS 'Where what it made lies';
COMMENT ON COLUMN mlregistry.training_runs.artifacts IS 'What it made, a JSON object';
COMMENT ON COLUMN mlregistry.training_runs.notes IS 'Anything that somebody wants to say';
COMMENT ON COLUMN mlregistry.training_runs.error_message IS 'Why it failed';
COMMENT ON COLUMN mlregistry.training_runs.once_per_day IS 'The only one of its experiment, model and dataset on its day, because the experiment asked for that';
COMMENT ON COLUMN mlregistry.training_runs.run_day IS 'Day, by UTC, on which it was asked for';
COMMENT ON COLUMN mlregistry.training_runs.source_run_id IS 'Identifier in the system that it was imported from, unique in its organization';
COMMENT ON COLUMN mlregistry.training_runs.created_at IS 'When the row was created';
COMMENT ON COLUMN mlregistry.training_runs.created_by IS 'Who created it';
COMMENT ON COLUMN mlregistry.training_runs.created_by_user IS 'The user who created it, as the database knows';
COMMENT ON COLUMN mlregistry.training_runs.updated_at IS 'When the row last changed';
COMMENT ON COLUMN mlregistry.training_runs.updated_by IS 'Who changed it last';
COMMENT ON COLUMN mlregistry.training_runs.deleted_at IS 'When it was deleted; NULL: it is not';
CREATE TRIGGER mlr_10_keys BEFORE INSERT OR UPDATE ON mlregistry.training_runs FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_keys('experiments', 'experiment_id', 'models', 'model_id', 'datasets', 'dataset_id',
        'model_versions', 'version_id', 'training_runs', 'parent_run_id');
CREATE TRIGGER mlr_20_actor BEFORE INSERT OR UPDATE ON mlregistry.training_runs FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_actor('started', 'created');
CREATE TRIGGER mlr_30_normalize BEFORE INSERT OR UPDATE ON mlregistry.training_runs FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_normalize('run_name:trim', 'compute_target:trim', 'instance_type:trim', 'gpu_type:trim', 'logs_uri:trim',
        'tensorboard_uri:trim', 'checkpoint_uri:trim', 'artifacts_uri:trim', 'source_run_id:trim');
CREATE TRIGGER mlr_35_derive BEFORE INSERT OR UPDATE ON mlregistry.training_runs FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_derive_run();
CREATE TRIGGER mlr_40_state BEFORE UPDATE OF status ON mlregistry.training_runs FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_state('run', 'status');
CREATE TRIGGER mlr_60_touch BEFORE UPDATE ON mlregistry.training_runs FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_touch();
CREATE TRIGGER mlr_70_guard AFTER INSERT OR DELETE OR UPDATE OF parent_run_id, status, deleted_at ON mlregistry.training_runs FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_guard_run();
CREATE TRIGGER mlr_75_history_status_insert AFTER INSERT ON mlregistry.training_runs REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT
    EXECUTE FUNCTION mlregistry.trg_history_status('run', 'run_id', 'status');
CREATE TRIGGER mlr_75_history_status_update AFTER UPDATE ON mlregistry.training_runs
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT
    EXECUTE FUNCTION mlregistry.trg_history_status('run', 'run_id', 'status');
CREATE TRIGGER mlr_75_history_status_delete AFTER DELETE ON mlregistry.training_runs REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT
    EXECUTE FUNCTION mlregistry.trg_history_status('run', 'run_id', 'status');
CREATE TRIGGER mlr_75_history_status_truncate AFTER TRUNCATE ON mlregistry.training_runs FOR EACH STATEMENT
    EXECUTE FUNCTION mlregistry.trg_history_status('run', 'run_id', 'status');
CREATE TRIGGER mlr_85_effect AFTER UPDATE OF dataset_id ON mlregistry.training_runs FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_effect_run();
CREATE TRIGGER mlr_85_effect_insert AFTER INSERT ON mlregistry.training_runs REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT
    EXECUTE FUNCTION mlregistry.trg_effect_run();
CREATE TRIGGER mlr_85_effect_delete AFTER DELETE ON mlregistry.training_runs REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT
    EXECUTE FUNCTION mlregistry.trg_effect_run();
CREATE TRIGGER mlr_85_effect_truncate AFTER TRUNCATE ON mlregistry.training_runs FOR EACH STATEMENT
    EXECUTE FUNCTION mlregistry.trg_effect_run();

-- No foreign key: one look for each statement, by trigger guard. Partitions, the default one among them, are made by
-- make_partitions().
CREATE TABLE mlregistry.run_metrics (
    organization_id uuid DEFAULT mlregistry.current_organization_id() NOT NULL,
    project_id uuid DEFAULT mlregistry.current_project_id() NOT NULL,
    run_id uuid NOT NULL,
    metric_name text NOT NULL,
    step bigint DEFAULT 0 NOT NULL,
    value double precision NOT NULL,
    recorded_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT run_metrics_pkey PRIMARY KEY (run_id, metric_name, step, recorded_at),
    CONSTRAINT valid_metric_name CHECK (mlregistry.is_valid_metric_name(metric_name)),
    CONSTRAINT finite_times CHECK (pg_catalog.isfinite(recorded_at))
) PARTITION BY RANGE (recorded_at);
CREATE INDEX idx_run_metrics_time ON mlregistry.run_metrics USING brin (recorded_at);
COMMENT ON TABLE mlregistry.run_metrics IS 'What runs measured step by step; one partition a month; append-only: of a metric and step the value recorded last counts';
COMMENT ON COLUMN mlregistry.run_metrics.organization_id IS 'Organization of the run';
COMMENT ON COLUMN mlregistry.run_metrics.project_id IS 'Project of the run';
COMMENT ON COLUMN mlregistry.run_metrics.run_id IS 'Run that measured it';
COMMENT ON COLUMN mlregistry.run_metrics.metric_name IS 'What was measured';
COMMENT ON COLUMN mlregistry.run_metrics.step IS 'Step at which it was measured: a batch, an epoch';
COMMENT ON COLUMN mlregistry.run_metrics.value IS 'Value; NaN and infinities are kept';
COMMENT ON COLUMN mlregistry.run_metrics.recorded_at IS 'When it was recorded';
CREATE TRIGGER mlr_05_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON mlregistry.run_metrics FOR EACH STATEMENT
    EXECUTE FUNCTION mlregistry.trg_append_only();
CREATE TRIGGER mlr_70_guard AFTER INSERT ON mlregistry.run_metrics FOR EACH STATEMENT
    EXECUTE FUNCTION mlregistry.trg_guard_run_metrics();
-- Never fires: its condition tells the trigger above what the rows say. A transition table would make COPY slow.
CREATE TRIGGER mlr_70_said AFTER INSERT ON mlregistry.run_metrics FOR EACH ROW
    WHEN (mlregistry.said_run_place(NEW.run_id, NEW.organization_id, NEW.project_id))
    EXECUTE FUNCTION mlregistry.trg_said_run_metrics();

CREATE TABLE mlregistry.run_datasets (
    run_id uuid NOT NULL,
    dataset_id uuid NOT NULL,
    dataset_role text DEFAULT 'train' NOT NULL,
    organization_id uuid DEFAULT mlregistry.current_organization_id() NOT NULL,
    project_id uuid DEFAULT mlregistry.current_project_id() NOT NULL,
    dataset_version text,
    split_name text,
    row_count bigint,
    added_at timestamptz DEFAULT now() NOT NULL,
    added_by text DEFAULT mlregistry.current_actor() NOT NULL,
    added_by_user uuid,
    CONSTRAINT run_datasets_pkey PRIMARY KEY (run_id, dataset_id, dataset_role),
    CONSTRAINT run_datasets_project_fkey FOREIGN KEY (organization_id, project_id)
        REFERENCES mlregistry.projects (organization_id, project_id) ON DELETE CASCADE,
    CONSTRAINT run_datasets_run_fkey FOREIGN KEY (organization_id, run_id)
        REFERENCES mlregistry.training_runs (organization_id, run_id) ON DELETE CASCADE,
    CONSTRAINT run_datasets_dataset_fkey FOREIGN KEY (organization_id, dataset_id)
        REFERENCES mlregistry.datasets (organization_id, dataset_id) ON DELETE NO ACTION,
    CONSTRAINT run_datasets_added_by_user_fkey FOREIGN KEY (added_by_user)
        REFERENCES mlregistry.users (user_id) ON DELETE SET NULL (added_by_user),
    CONSTRAINT valid_dataset_role CHECK (dataset_role IN ('train', 'validation', 'test', 'holdout')),
    CONSTRAINT valid_row_count CHECK (row_count >= 0),
    CONSTRAINT run_datasets_text_size CHECK (pg_catalog.octet_length(dataset_version) <= 65536
        AND pg_catalog.octet_length(split_name) <= 65536
        AND pg_catalog.octet_length(added_by) <= 65536)
);
CREATE INDEX idx_run_datasets_dataset ON mlregistry.run_datasets (dataset_id);
COMMENT ON TABLE mlregistry.run_datasets IS 'Datasets that runs read, and what for';
COMMENT ON COLUMN mlregistry.run_datasets.run_id IS 'Run that read it';
COMMENT ON COLUMN mlregistry.run_datasets.dataset_id IS 'Dataset that it read';
COMMENT ON COLUMN mlregistry.run_datasets.dataset_role IS 'train, validation, test or holdout';
COMMENT ON COLUMN mlregistry.run_datasets.organization_id IS 'Organization that both belong to';
COMMENT ON COLUMN mlregistry.run_datasets.project_id IS 'Project of the run';
COMMENT ON COLUMN mlregistry.run_datasets.dataset_version IS 'Version of the data; the one of the dataset where none was given';
COMMENT ON COLUMN mlregistry.run_datasets.split_name IS 'Part of the dataset that was read';
COMMENT ON COLUMN mlregistry.run_datasets.row_count IS 'Number of rows that were read';
COMMENT ON COLUMN mlregistry.run_datasets.added_at IS 'When it was added';
COMMENT ON COLUMN mlregistry.run_datasets.added_by IS 'Who added it';
COMMENT ON COLUMN mlregistry.run_datasets.added_by_user IS 'The user who added it, as the database knows';
CREATE TRIGGER mlr_10_keys BEFORE INSERT OR UPDATE ON mlregistry.run_datasets FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_keys('training_runs', 'run_id', 'datasets', 'dataset_id');
CREATE TRIGGER mlr_20_actor BEFORE INSERT OR UPDATE ON mlregistry.run_datasets FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_actor('added');
CREATE TRIGGER mlr_30_normalize BEFORE INSERT OR UPDATE ON mlregistry.run_datasets FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_normalize('dataset_version:trim', 'split_name:trim');
CREATE TRIGGER mlr_35_derive BEFORE INSERT ON mlregistry.run_datasets FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_derive_run_dataset();

CREATE TABLE mlregistry.run_tags (
    run_id uuid NOT NULL,
    tag_id uuid NOT NULL,
    organization_id uuid DEFAULT mlregistry.current_organization_id() NOT NULL,
    project_id uuid DEFAULT mlregistry.current_project_id() NOT NULL,
    added_at timestamptz DEFAULT now() NOT NULL,
    added_by text DEFAULT mlregistry.current_actor() NOT NULL,
    added_by_user uuid,
    CONSTRAINT run_tags_pkey PRIMARY KEY (run_id, tag_id),
    CONSTRAINT run_tags_project_fkey FOREIGN KEY (organization_id, project_id)
        REFERENCES mlregistry.projects (organization_id, project_id) ON DELETE CASCADE,
    CONSTRAINT run_tags_run_fkey FOREIGN KEY (organization_id, run_id)
        REFERENCES mlregistry.training_runs (organization_id, run_id) ON DELETE CASCADE,
    CONSTRAINT run_tags_tag_fkey FOREIGN KEY (organization_id, tag_id)
        REFERENCES mlregistry.tags (organization_id, tag_id) ON DELETE CASCADE,
    CONSTRAINT run_tags_added_by_user_fkey FOREIGN KEY (added_by_user)
        REFERENCES mlregistry.users (user_id) ON DELETE SET NULL (added_by_user),
    CONSTRAINT run_tags_text_size CHECK (pg_catalog.octet_length(added_by) <= 65536)
);
CREATE INDEX idx_run_tags_tag ON mlregistry.run_tags (tag_id);
COMMENT ON TABLE mlregistry.run_tags IS 'Tags of runs';
COMMENT ON COLUMN mlregistry.run_tags.run_id IS 'Run that has the tag';
COMMENT ON COLUMN mlregistry.run_tags.tag_id IS 'Tag that it has';
COMMENT ON COLUMN mlregistry.run_tags.organization_id IS 'Organization that both belong to';
COMMENT ON COLUMN mlregistry.run_tags.project_id IS 'Project of the run';
COMMENT ON COLUMN mlregistry.run_tags.added_at IS 'When the tag was added';
COMMENT ON COLUMN mlregistry.run_tags.added_by IS 'Who added it';
COMMENT ON COLUMN mlregistry.run_tags.added_by_user IS 'The user who added it, as the database knows';
CREATE TRIGGER mlr_10_keys BEFORE INSERT OR UPDATE ON mlregistry.run_tags FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_keys('training_runs', 'run_id');
CREATE TRIGGER mlr_20_actor BEFORE INSERT OR UPDATE ON mlregistry.run_tags FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_actor('added');
