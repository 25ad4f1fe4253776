-- Area catalog: models, their versions and the aliases of versions.

CREATE TABLE mlregistry.models (
    model_id uuid DEFAULT pg_catalog.gen_random_uuid() NOT NULL,
    organization_id uuid DEFAULT mlregistry.current_organization_id() NOT NULL,
    project_id uuid DEFAULT mlregistry.current_project_id() NOT NULL,
    model_name text NOT NULL,
    display_name text NOT NULL,
    description text,
    objective text,
    use_case text,
    model_type text,
    task_type text,
    framework text,
    team_id uuid,
    primary_contact text,
    secondary_contact text,
    business_unit text,
    risk_level text DEFAULT 'medium' NOT NULL,
    compliance_required boolean DEFAULT false NOT NULL,
    risk_class text,
    intended_purpose text,
    github_repo text,
    documentation_url text,
    model_card_url text,
    metadata jsonb DEFAULT '{}' NOT NULL,
    original_name text,
    legal_hold boolean DEFAULT false NOT NULL,
    legal_hold_reason text,
    is_active boolean DEFAULT true NOT NULL,
    archived_at timestamptz,
    archived_reason text,
    created_at timestamptz DEFAULT now() NOT NULL,
    created_by text DEFAULT mlregistry.current_actor() NOT NULL,
    created_by_user uuid,
    updated_at timestamptz DEFAULT now() NOT NULL,
    updated_by text DEFAULT mlregistry.current_actor() NOT NULL,
    deleted_at timestamptz,
    CONSTRAINT models_pkey PRIMARY KEY (model_id),
    CONSTRAINT models_tenant_key UNIQUE (organization_id, model_id),
    CONSTRAINT models_organization_fkey FOREIGN KEY (organization_id)
        REFERENCES mlregistry.organizations (organization_id) ON DELETE CASCADE,
    CONSTRAINT models_project_fkey FOREIGN KEY (organization_id, project_id)
        REFERENCES mlregistry.projects (organization_id, project_id) ON DELETE CASCADE,
    CONSTRAINT valid_framework FOREIGN KEY (framework)
        REFERENCES mlregistry.frameworks (name) ON UPDATE CASCADE ON DELETE NO ACTION,
    CONSTRAINT models_team_fkey FOREIGN KEY (organization_id, team_id)
        REFERENCES mlregistry.teams (organization_id, team_id) ON DELETE SET NULL (team_id),
    CONSTRAINT models_created_by_user_fkey FOREIGN KEY (created_by_user)
        REFERENCES mlregistry.users (user_id) ON DELETE SET NULL (created_by_user),
    CONSTRAINT valid_model_name CHECK (mlregistry.is_valid_name(model_name)),
    CONSTRAINT valid_display_name CHECK (mlregistry.is_valid_label(display_name)),
    CONSTRAINT valid_risk_level CHECK (risk_level IN ('low', 'medium', 'high', 'critical')),
    CONSTRAINT valid_risk_class CHECK (risk_class IN ('minimal', 'limited', 'high', 'prohibited')),
    CONSTRAINT valid_documentation_url CHECK (mlregistry.is_url(documentation_url)),
    CONSTRAINT valid_model_card_url CHECK (mlregistry.is_url(model_card_url)),
    CONSTRAINT model_archive_consistency CHECK (is_active = (archived_at IS NULL)),
    CONSTRAINT metadata_is_object CHECK (pg_catalog.jsonb_typeof(metadata) = 'object'),
    CONSTRAINT models_json_size CHECK (pg_catalog.pg_column_size(metadata) <= 1048576),
    CONSTRAINT models_text_size CHECK (pg_catalog.octet_length(description) <= 65536 AND pg_catalog.octet_length(objective) <= 65536
        AND pg_catalog.octet_length(use_case) <= 65536 AND pg_catalog.octet_length(model_type) <= 65536
        AND pg_catalog.octet_length(task_type) <= 65536
        AND pg_catalog.octet_length(primary_contact) <= 65536
        AND pg_catalog.octet_length(secondary_contact) <= 65536
        AND pg_catalog.octet_length(business_unit) <= 65536
        AND pg_catalog.octet_length(intended_purpose) <= 65536
        AND pg_catalog.octet_length(github_repo) <= 65536
        AND pg_catalog.octet_length(original_name) <= 65536
        AND pg_catalog.octet_length(legal_hold_reason) <= 65536
        AND pg_catalog.octet_length(archived_reason) <= 65536
        AND pg_catalog.octet_length(created_by) <= 65536 AND pg_catalog.octet_length(updated_by) <= 65536)
);
CREATE UNIQUE INDEX unique_model_name ON mlregistry.models (organization_id, project_id, model_name) INCLUDE (model_id) WHERE deleted_at IS NULL;
CREATE INDEX idx_models_project ON mlregistry.models (project_id);
CREATE INDEX idx_models_team ON mlregistry.models (team_id, project_id, model_name);
CREATE INDEX idx_models_risk ON mlregistry.models (risk_level);
CREATE INDEX idx_models_name ON mlregistry.models (model_name);
CREATE INDEX idx_models_created ON mlregistry.models (created_at DESC);
CREATE INDEX idx_models_active ON mlregistry.models (is_active) WHERE is_active;
CREATE INDEX idx_models_framework ON mlregistry.models (framework);
CREATE INDEX idx_models_org_project ON mlregistry.models (organization_id, project_id) WHERE deleted_at IS NULL;
CREATE INDEX idx_models_search ON mlregistry.models
    USING gin (to_tsvector({{fts_language}}, model_name || ' ' || display_name || ' ' || coalesce(description, '')));
CREATE INDEX idx_models_grams ON mlregistry.models USING gin (mlregistry.name_grams(model_name, display_name));
CREATE INDEX idx_models_metadata ON mlregistry.models USING gin (metadata jsonb_path_ops);
COMMENT ON TABLE mlregistry.models IS 'Models: one row for what is trained, versioned and deployed under one name';
COMMENT ON COLUMN mlregistry.models.model_id IS 'Identifier';
COMMENT ON COLUMN mlregistry.models.organization_id IS 'Organization that it belongs to';
COMMENT ON COLUMN mlregistry.models.project_id IS 'Project that it belongs to';
COMMENT ON COLUMN mlregistry.models.model_name IS 'Name for references, unique in its project among those not deleted';
COMMENT ON COLUMN mlregistry.models.display_name IS 'Name for people; the model name where none was given';
COMMENT ON COLUMN mlregistry.models.description IS 'What it is';
COMMENT ON COLUMN mlregistry.models.objective IS 'What it is to achieve';
COMMENT ON COLUMN mlregistry.models.use_case IS 'Where it is used';
COMMENT ON COLUMN mlregistry.models.model_type IS 'Kind of model';
COMMENT ON COLUMN mlregistry.models.task_type IS 'Kind of task';
COMMENT ON COLUMN mlregistry.models.framework IS 'Framework that its versions use unless they say otherwise';
COMMENT ON COLUMN mlregistry.models.team_id IS 'Team that owns it';
COMMENT ON COLUMN mlregistry.models.primary_contact IS 'Whom to ask';
COMMENT ON COLUMN mlregistry.models.secondary_contact IS 'Whom to ask next';
COMMENT ON COLUMN mlregistry.models.business_unit IS 'Part of the business that owns it';
COMMENT ON COLUMN mlregistry.models.risk_level IS 'low, medium, high or critical';
COMMENT ON COLUMN mlregistry.models.compliance_required IS 'Versions need validation and approval before production';
COMMENT ON COLUMN mlregistry.models.risk_class IS 'minimal, limited, high or prohibited; NULL: not assessed';
COMMENT ON COLUMN mlregistry.models.intended_purpose IS 'What it may be used for';
COMMENT ON COLUMN mlregistry.models.github_repo IS 'Source repository';
COMMENT ON COLUMN mlregistry.models.documentation_url IS 'Documentation';
COMMENT ON COLUMN mlregistry.models.model_card_url IS 'Model card';
COMMENT ON COLUMN mlregistry.models.metadata IS 'Anything else, a JSON object';
COMMENT ON COLUMN mlregistry.models.original_name IS 'Name in the system that it was imported from';
COMMENT ON COLUMN mlregistry.models.legal_hold IS 'Must be kept: no deletion, no change of artifacts';
COMMENT ON COLUMN mlregistry.models.legal_hold_reason IS 'Why it must be kept';
COMMENT ON COLUMN mlregistry.models.is_active IS 'In use; false: archived';
COMMENT ON COLUMN mlregistry.models.archived_at IS 'When it was archived; NULL exactly while it is active';
COMMENT ON COLUMN mlregistry.models.archived_reason IS 'Why it was archived';
COMMENT ON COLUMN mlregistry.models.created_at IS 'When the row was created';
COMMENT ON COLUMN mlregistry.models.created_by IS 'Who created it';
COMMENT ON COLUMN mlregistry.models.created_by_user IS 'The user who created it, as the database knows';
COMMENT ON COLUMN mlregistry.models.updated_at IS 'When the row last changed';
COMMENT ON COLUMN mlregistry.models.updated_by IS 'Who changed it last';
COMMENT ON COLUMN mlregistry.models.deleted_at IS 'When it was deleted; NULL: it is not';
CREATE TRIGGER mlr_10_keys BEFORE UPDATE ON mlregistry.models FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_keys();
CREATE TRIGGER mlr_20_actor BEFORE INSERT OR UPDATE ON mlregistry.models FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_actor('created');
CREATE TRIGGER mlr_30_normalize BEFORE INSERT OR UPDATE ON mlregistry.models FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_normalize('display_name:trim', 'primary_contact:trim', 'secondary_contact:trim', 'business_unit:trim',
        'github_repo:trim', 'documentation_url:trim', 'model_card_url:trim');
CREATE TRIGGER mlr_35_derive BEFORE INSERT OR UPDATE ON mlregistry.models FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_derive_model();
CREATE TRIGGER mlr_60_touch BEFORE UPDATE ON mlregistry.models FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_touch();
CREATE TRIGGER mlr_70_guard AFTER INSERT OR UPDATE OF deleted_at ON mlregistry.models FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_guard_models();

CREATE TABLE mlregistry.model_versions (
    version_id uuid DEFAULT pg_catalog.gen_random_uuid() NOT NULL,
    organization_id uuid DEFAULT mlregistry.current_organization_id() NOT NULL,
    project_id uuid DEFAULT mlregistry.current_project_id() NOT NULL,
    model_id uuid NOT NULL,
    semver mlregistry.semver NOT NULL,
    description text,
    release_notes text,
    stage text DEFAULT 'development' NOT NULL,
    status text DEFAULT 'registered' NOT NULL,
    git_commit text,
    git_branch text,
    git_tag text,
    artifact_uri text NOT NULL,
    artifact_size_bytes bigint,
    checksum_sha256 text,
    framework text NOT NULL,
    framework_version text,
    python_version text,
    cuda_version text,
    dependencies jsonb DEFAULT '{}' NOT NULL,
    requirements text,
    model_format text,
    input_schema jsonb,
    output_schema jsonb,
    signature jsonb,
    performance_metrics jsonb DEFAULT '{}' NOT NULL,
    training_metrics jsonb DEFAULT '{}' NOT NULL,
    benchmark_accuracy numeric(5,4),
    benchmark_latency_p50_ms numeric(10,2),
    benchmark_latency_p99_ms numeric(10,2),
    benchmark_throughput_qps numeric(12,2),
    benchmark_memory_mb numeric(12,2),
    custom_metadata jsonb DEFAULT '{}' NOT NULL,
    legal_hold boolean DEFAULT false NOT NULL,
    legal_hold_reason text,
    registered_by text DEFAULT mlregistry.current_actor() NOT NULL,
    registered_by_user uuid,
    registered_at timestamptz DEFAULT now() NOT NULL,
    validated_at timestamptz,
    validated_by text,
    validated_by_user uuid,
    promoted_to_production_at timestamptz,
    deprecated_at timestamptz,
    deprecation_reason text,
    archived_at timestamptz,
    frozen_at timestamptz,
    created_at timestamptz DEFAULT now() NOT NULL,
    created_by text DEFAULT mlregistry.current_actor() NOT NULL,
    created_by_user uuid,
    updated_at timestamptz DEFAULT now() NOT NULL,
    updated_by text DEFAULT mlregistry.current_actor() NOT NULL,
    deleted_at timestamptz,
    CONSTRAINT model_versions_pkey PRIMARY KEY (version_id),
    CONSTRAINT model_versions_tenant_key UNIQUE (organization_id, version_id),
    CONSTRAINT model_versions_organization_fkey FOREIGN KEY (organization_id)
        REFERENCES mlregistry.organizations (organization_id) ON DELETE CASCADE,
    CONSTRAINT model_versions_project_fkey FOREIGN KEY (organization_id, project_id)
        REFERENCES mlregistry.projects (organization_id, project_id) ON DELETE CASCADE,
    CONSTRAINT unique_model_version UNIQUE (model_id, semver),
    CONSTRAINT model_versions_model_key UNIQUE (organization_id, model_id, version_id),
    CONSTRAINT model_versions_model_fkey FOREIGN KEY (organization_id, model_id)
        REFERENCES mlregistry.models (organization_id, model_id) ON DELETE CASCADE,
    CONSTRAINT valid_framework FOREIGN KEY (framework)
        REFERENCES mlregistry.frameworks (name) ON UPDATE CASCADE ON DELETE NO ACTION,
    CONSTRAINT valid_model_format FOREIGN KEY (model_format)
        REFERENCES mlregistry.model_formats (name) ON UPDATE CASCADE ON DELETE NO ACTION,
    CONSTRAINT model_versions_registered_by_user_fkey FOREIGN KEY (registered_by_user)
        REFERENCES mlregistry.users (user_id) ON DELETE SET NULL (registered_by_user),
    CONSTRAINT model_versions_validated_by_user_fkey FOREIGN KEY (validated_by_user)
        REFERENCES mlregistry.users (user_id) ON DELETE SET NULL (validated_by_user),
    CONSTRAINT model_versions_created_by_user_fkey FOREIGN KEY (created_by_user)
        REFERENCES mlregistry.users (user_id) ON DELETE SET NULL (created_by_user),
    CONSTRAINT valid_status CHECK (status IN ('registered', 'validated', 'deployed', 'deprecated', 'archived')),
    CONSTRAINT valid_stage CHECK (stage IN ('development', 'staging', 'production', 'archived')),
    CONSTRAINT valid_stage_status CHECK ((status = 'archived') = (stage = 'archived')),
    CONSTRAINT valid_artifact_uri CHECK (mlregistry.is_artifact_uri(artifact_uri)),
    CONSTRAINT valid_artifact_size CHECK (artifact_size_bytes >= 0),
    CONSTRAINT valid_checksum CHECK (mlregistry.is_sha256(checksum_sha256)),
    CONSTRAINT valid_git_commit CHECK (mlregistry.is_git_commit(git_commit)),
    CONSTRAINT valid_benchmark_accuracy CHECK (mlregistry.is_score(benchmark_accuracy)),
    CONSTRAINT valid_benchmarks CHECK (benchmark_latency_p50_ms >= 0 AND benchmark_latency_p50_ms < 'NaN'
        AND benchmark_latency_p99_ms >= 0 AND benchmark_latency_p99_ms < 'NaN'
        AND benchmark_throughput_qps >= 0 AND benchmark_throughput_qps < 'NaN'
        AND benchmark_memory_mb >= 0 AND benchmark_memory_mb < 'NaN'
        AND benchmark_latency_p50_ms <= benchmark_latency_p99_ms),
    CONSTRAINT deprecation_consistency CHECK (status <> 'deprecated' OR deprecated_at IS NOT NULL),
    CONSTRAINT dependencies_is_object CHECK (pg_catalog.jsonb_typeof(dependencies) = 'object'),
    CONSTRAINT performance_metrics_is_object CHECK (pg_catalog.jsonb_typeof(performance_metrics) = 'object'),
    CONSTRAINT training_metrics_is_object CHECK (pg_catalog.jsonb_typeof(training_metrics) = 'object'),
    CONSTRAINT custom_metadata_is_object CHECK (pg_catalog.jsonb_typeof(custom_metadata) = 'object'),
    CONSTRAINT model_versions_json_size CHECK (pg_catalog.pg_column_size(dependencies) <= 1048576
        AND pg_catalog.pg_column_size(input_schema) <= 1048576
        AND pg_catalog.pg_column_size(output_schema) <= 1048576
        AND pg_catalog.pg_column_size(signature) <= 1048576
        AND pg_catalog.pg_column_size(performance_metrics) <= 1048576
        AND pg_catalog.pg_column_size(training_metrics) <= 1048576
        AND pg_catalog.pg_column_size(custom_metadata) <= 1048576),
    CONSTRAINT model_versions_text_size CHECK (pg_catalog.octet_length(description) <= 65536 AND pg_catalog.octet_length(release_notes) <= 65536
        AND pg_catalog.octet_length(git_branch) <= 65536 AND pg_catalog.octet_length(git_tag) <= 65536
        AND pg_catalog.octet_length(framework_version) <= 65536
        AND pg_catalog.octet_length(python_version) <= 65536
        AND pg_catalog.octet_length(cuda_version) <= 65536
        AND pg_catalog.octet_length(requirements) <= 65536
        AND pg_catalog.octet_length(legal_hold_reason) <= 65536
        AND pg_catalog.octet_length(registered_by) <= 65536
        AND pg_catalog.octet_length(validated_by) <= 65536
        AND pg_catalog.octet_length(deprecation_reason) <= 65536
        AND pg_catalog.octet_length(created_by) <= 65536 AND pg_catalog.octet_length(updated_by) <= 65536)
);
CREATE UNIQUE INDEX unique_production_version ON mlregistry.model_versions (model_id) WHERE stage = 'production' AND deleted_at IS NULL;
CREATE INDEX idx_model_versions_project ON mlregistry.model_versions (project_id);
CREATE INDEX idx_versions_status ON mlregistry.model_versions (status);
CREATE INDEX idx_versions_semver ON mlregistry.model_versions (model_id, semver DESC)
    INCLUDE (version_id, status, stage) WHERE deleted_at IS NULL;
CREATE INDEX idx_versions_registered ON mlregistry.model_versions (registered_at DESC);
CREATE INDEX idx_versions_latest_registered ON mlregistry.model_versions (model_id, registered_at DESC);
CREATE INDEX idx_versions_framework ON mlregistry.model_versions (framework);
CREATE INDEX idx_versions_format ON mlregistry.model_versions (model_format);
CREATE INDEX idx_model_versions_stage ON mlregistry.model_versions (model_id, stage) WHERE deleted_at IS NULL;
CREATE INDEX idx_versions_checksum ON mlregistry.model_versions (checksum_sha256);
COMMENT ON TABLE mlregistry.model_versions IS 'Versions of models: one row per registered artifact; a version is never used twice in a model';
COMMENT ON COLUMN mlregistry.model_versions.version_id IS 'Identifier';
COMMENT ON COLUMN mlregistry.model_versions.organization_id IS 'Organization that it belongs to';
COMMENT ON COLUMN mlregistry.model_versions.project_id IS 'Project of its model';
COMMENT ON COLUMN mlregistry.model_versions.model_id IS 'Model that it is a version of';
COMMENT ON COLUMN mlregistry.model_versions.semver IS 'Version after SemVer 2.0.0, unique in its model by precedence';
COMMENT ON COLUMN mlregistry.model_versions.description IS 'What it is';
COMMENT ON COLUMN mlregistry.model_versions.release_notes IS 'What is new';
COMMENT ON COLUMN mlregistry.model_versions.stage IS 'development, staging, production or archived; at most one version of a model is in production';
COMMENT ON COLUMN mlregistry.model_versions.status IS 'registered, validated, deployed, deprecated or archived';
COMMENT ON COLUMN mlregistry.model_versions.git_commit IS 'Commit that it was built from';
COMMENT ON COLUMN mlregistry.model_versions.git_branch IS 'Branch that it was built from';
COMMENT ON COLUMN mlregistry.model_versions.git_tag IS 'Tag that it was built from';
COMMENT ON COLUMN mlregistry.model_versions.artifact_uri IS 'Where the artifact lies';
COMMENT ON COLUMN mlregistry.model_versions.artifact_size_bytes IS 'Size of the artifact in bytes';
COMMENT ON COLUMN mlregistry.model_versions.checksum_sha256 IS 'SHA-256 of the artifact, 64 hexadecimal digits';
COMMENT ON COLUMN mlregistry.model_versions.framework IS 'Framework; the one of the model where none was given';
COMMENT ON COLUMN mlregistry.model_versions.framework_version IS 'Version of the framework';
COMMENT ON COLUMN mlregistry.model_versions.python_version IS 'Python version that it needs';
COMMENT ON COLUMN mlregistry.model_versions.cuda_version IS 'CUDA version that it needs';
COMMENT ON COLUMN mlregistry.model_versions.dependencies IS 'What it depends on, a JSON object';
COMMENT ON COLUMN mlregistry.model_versions.requirements IS 'Requirements file';
COMMENT ON COLUMN mlregistry.model_versions.model_format IS 'File format';
COMMENT ON COLUMN mlregistry.model_versions.input_schema IS 'Schema of its input';
COMMENT ON COLUMN mlregistry.model_versions.output_schema IS 'Schema of its output';
COMMENT ON COLUMN mlregistry.model_versions.signature IS 'Signature of its inference';
COMMENT ON COLUMN mlregistry.model_versions.performance_metrics IS 'Metrics of its quality, a JSON object';
COMMENT ON COLUMN mlregistry.model_versions.training_metrics IS 'Metrics of its training, a JSON object';
COMMENT ON COLUMN mlregistry.model_versions.benchmark_accuracy IS 'Accuracy in its benchmark, 0 to 1';
COMMENT ON COLUMN mlregistry.model_versions.benchmark_latency_p50_ms IS 'Median latency in its benchmark, milliseconds';
COMMENT ON COLUMN mlregistry.model_versions.benchmark_latency_p99_ms IS '99th percentile of latency in its benchmark, milliseconds';
COMMENT ON COLUMN mlregistry.model_versions.benchmark_throughput_qps IS 'Throughput in its benchmark, queries per second';
COMMENT ON COLUMN mlregistry.model_versions.benchmark_memory_mb IS 'Memory in its benchmark, megabytes';
COMMENT ON COLUMN mlregistry.model_versions.custom_metadata IS 'Anything else, a JSON object';
COMMENT ON COLUMN mlregistry.model_versions.legal_hold IS 'Must be kept: no deletion, no change of artifacts';
COMMENT ON COLUMN mlregistry.model_versions.legal_hold_reason IS 'Why it must be kept';
COMMENT ON COLUMN mlregistry.model_versions.registered_by IS 'Who registered it';
COMMENT ON COLUMN mlregistry.model_versions.registered_by_user IS 'The user who registered it, as the database knows';
COMMENT ON COLUMN mlregistry.model_versions.registered_at IS 'When it was registered';
COMMENT ON COLUMN mlregistry.model_versions.validated_at IS 'When it was validated';
COMMENT ON COLUMN mlregistry.model_versions.validated_by IS 'Who validated it';
COMMENT ON COLUMN mlregistry.model_versions.validated_by_user IS 'The user who validated it, as the database knows';
COMMENT ON COLUMN mlregistry.model_versions.promoted_to_production_at IS 'When it last entered stage production';
COMMENT ON COLUMN mlregistry.model_versions.deprecated_at IS 'When it was deprecated';
COMMENT ON COLUMN mlregistry.model_versions.deprecation_reason IS 'Why it was deprecated';
COMMENT ON COLUMN mlregistry.model_versions.archived_at IS 'When it was archived';
COMMENT ON COLUMN mlregistry.model_versions.frozen_at IS 'From when on its artifact does not change';
COMMENT ON COLUMN mlregistry.model_versions.created_at IS 'When the row was created';
COMMENT ON COLUMN mlregistry.model_versions.created_by IS 'Who created it';
COMMENT ON COLUMN mlregistry.model_versions.created_by_user IS 'The user who created it, as the database knows';
COMMENT ON COLUMN mlregistry.model_versions.updated_at IS 'When the row last changed';
COMMENT ON COLUMN mlregistry.model_versions.updated_by IS 'Who changed it last';
COMMENT ON COLUMN mlregistry.model_versions.deleted_at IS 'When it was deleted; NULL: it is not';
CREATE TRIGGER mlr_10_keys BEFORE INSERT OR UPDATE ON mlregistry.model_versions FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_keys('models', 'model_id');
CREATE TRIGGER mlr_20_actor BEFORE INSERT OR UPDATE ON mlregistry.model_versions FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_actor('created', 'registered', 'validated');
CREATE TRIGGER mlr_30_normalize BEFORE INSERT OR UPDATE ON mlregistry.model_versions FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_normalize('artifact_uri:trim', 'checksum_sha256:lower', 'git_commit:lower', 'git_branch:trim',
        'git_tag:trim', 'framework_version:trim', 'python_version:trim', 'cuda_version:trim');
CREATE TRIGGER mlr_35_derive BEFORE INSERT OR UPDATE ON mlregistry.model_versions FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_derive_version();
CREATE TRIGGER mlr_40_state BEFORE UPDATE OF status, stage ON mlregistry.model_versions FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_state('version', 'status', 'stage', 'stage');
CREATE TRIGGER mlr_50_freeze BEFORE UPDATE ON mlregistry.model_versions FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_freeze_version();
CREATE TRIGGER mlr_60_touch BEFORE UPDATE ON mlregistry.model_versions FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_touch();
CREATE TRIGGER mlr_70_guard AFTER UPDATE OF deleted_at ON mlregistry.model_versions FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_guard_version();
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

CREATE TABLE mlregistry.model_aliases (
    alias_id uuid DEFAULT pg_catalog.gen_random_uuid() NOT NULL,
    organization_id uuid DEFAULT mlregistry.current_organization_id() NOT NULL,
    project_id uuid DEFAULT mlregistry.current_project_id() NOT NULL,
    model_id uuid NOT NULL,
    alias text NOT NULL,
    version_id uuid NOT NULL,
    set_by text DEFAULT mlregistry.current_actor() NOT NULL,
    set_by_user uuid,
    set_at timestamptz DEFAULT now() NOT NULL,
    protected boolean DEFAULT false NOT NULL,
    CONSTRAINT model_aliases_pkey PRIMARY KEY (alias_id),
    CONSTRAINT model_aliases_tenant_key UNIQUE (organization_id, alias_id),
    CONSTRAINT model_aliases_organization_fkey FOREIGN KEY (organization_id)
        REFERENCES mlregistry.organizations (organization_id) ON DELETE CASCADE,
    CONSTRAINT model_aliases_project_fkey FOREIGN KEY (organization_id, project_id)
        REFERENCES mlregistry.projects (organization_id, project_id) ON DELETE CASCADE,
    CONSTRAINT unique_model_alias UNIQUE (model_id, alias),
    CONSTRAINT model_aliases_model_fkey FOREIGN KEY (organization_id, model_id)
        REFERENCES mlregistry.models (organization_id, model_id) ON DELETE CASCADE,
    CONSTRAINT model_aliases_version_fkey FOREIGN KEY (organization_id, model_id, version_id)
        REFERENCES mlregistry.model_versions (organization_id, model_id, version_id) ON DELETE NO ACTION,
    CONSTRAINT model_aliases_set_by_user_fkey FOREIGN KEY (set_by_user)
        REFERENCES mlregistry.users (user_id) ON DELETE SET NULL (set_by_user),
    CONSTRAINT valid_alias CHECK (mlregistry.is_valid_alias(alias)),
    CONSTRAINT model_aliases_text_size CHECK (pg_catalog.octet_length(set_by) <= 65536)
);
CREATE INDEX idx_model_aliases_project ON mlregistry.model_aliases (project_id);
CREATE INDEX idx_model_aliases_version ON mlregistry.model_aliases (version_id, alias);
COMMENT ON TABLE mlregistry.model_aliases IS 'Aliases: names that point to one version of a model and move, such as champion';
COMMENT ON COLUMN mlregistry.model_aliases.alias_id IS 'Identifier';
COMMENT ON COLUMN mlregistry.model_aliases.organization_id IS 'Organization that it belongs to';
COMMENT ON COLUMN mlregistry.model_aliases.project_id IS 'Project of its model';
COMMENT ON COLUMN mlregistry.model_aliases.model_id IS 'Model that it belongs to';
COMMENT ON COLUMN mlregistry.model_aliases.alias IS 'Name, unique in its model';
COMMENT ON COLUMN mlregistry.model_aliases.version_id IS 'Version of the same model that it points to';
COMMENT ON COLUMN mlregistry.model_aliases.set_by IS 'Who set it last';
COMMENT ON COLUMN mlregistry.model_aliases.set_by_user IS 'The user who set it last, as the database knows';
COMMENT ON COLUMN mlregistry.model_aliases.set_at IS 'When it was set last';
COMMENT ON COLUMN mlregistry.model_aliases.protected IS 'Moved only by admins and project owners';
CREATE TRIGGER mlr_10_keys BEFORE INSERT OR UPDATE ON mlregistry.model_aliases FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_keys('models', 'model_id');
CREATE TRIGGER mlr_20_actor BEFORE INSERT OR UPDATE ON mlregistry.model_aliases FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_actor('set');
CREATE TRIGGER mlr_30_normalize BEFORE INSERT OR UPDATE ON mlregistry.model_aliases FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_normalize('alias:lower');
CREATE TRIGGER mlr_35_derive BEFORE INSERT OR UPDATE ON mlregistry.model_aliases FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_derive_alias();
CREATE TRIGGER mlr_70_guard AFTER INSERT OR UPDATE ON mlregistry.model_aliases FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_guard_alias();
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
