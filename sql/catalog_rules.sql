-- The rules of the tables, for every client: direct INSERT, UPDATE and DELETE. Teams, tags and datasets are in
-- tag_dataset_rules, signatures and metrics in signature_metric_rules, frozen versions in freeze_rules.
SET search_path = public, mlregistry;
\set SHOW_CONTEXT never
\getenv abs_srcdir PG_ABS_SRCDIR
\set refusals :abs_srcdir '/sql/include/refusals.psql'
\set ECHO none
\i :refusals
\set ECHO all

INSERT INTO models (model_name, framework) VALUES ('m', 'onnx'), ('other', 'onnx');
INSERT INTO model_versions (model_id, semver, artifact_uri) SELECT model_id, '1.0.0', '/m/1' FROM models;
INSERT INTO model_versions (model_id, semver, artifact_uri, stage) SELECT model_id, '2.0.0', '/m/2', 'production' FROM models WHERE model_name = 'm';
INSERT INTO model_aliases (model_id, alias, version_id) SELECT model_id, 'champion', version_id FROM models JOIN model_versions USING (model_id) WHERE model_name = 'm' AND semver = '2.0.0';
INSERT INTO version_files (version_id, path) SELECT version_id, 'a.bin' FROM model_versions JOIN models USING (model_id) WHERE model_name = 'm' AND semver = '1.0.0';
INSERT INTO organizations (name, slug) VALUES ('Acme', 'acme');
INSERT INTO projects (organization_id, name, slug) SELECT organization_id, 'Secret', 'secret' FROM organizations WHERE slug = 'acme';
INSERT INTO models (organization_id, project_id, model_name) SELECT organization_id, project_id, 'foreign' FROM projects WHERE slug = 'secret';

-- One statement per named constraint, and what a client gets.
INSERT INTO broken VALUES
    ('registry_meta_pkey', $$INSERT INTO registry_meta VALUES ('schema_version', '1')$$),
    ('registry_meta_json_size', $$INSERT INTO registry_meta VALUES ('big', to_jsonb(repeat('x', 1100000)))$$),
    ('frameworks_pkey', $$INSERT INTO frameworks VALUES ('jax')$$),
    ('frameworks_name_is_valid', $$INSERT INTO frameworks VALUES ('Py Torch')$$),
    ('frameworks_text_size', $$INSERT INTO frameworks VALUES ('f', repeat('x', 65537))$$),
    ('model_formats_pkey', $$INSERT INTO model_formats VALUES ('onnx')$$),
    ('model_formats_name_is_valid', $$INSERT INTO model_formats VALUES ('')$$),
    ('model_formats_text_size', $$INSERT INTO model_formats VALUES ('f', repeat('x', 65537))$$),
    ('storage_formats_pkey', $$INSERT INTO storage_formats VALUES ('csv')$$),
    ('storage_formats_name_is_valid', $$INSERT INTO storage_formats VALUES ('-')$$),
    ('storage_formats_text_size', $$INSERT INTO storage_formats VALUES ('f', repeat('x', 65537))$$),
    ('tag_categories_pkey', $$INSERT INTO tag_categories VALUES ('domain')$$),
    ('tag_categories_name_is_valid', $$INSERT INTO tag_categories VALUES ('a b')$$),
    ('tag_categories_text_size', $$INSERT INTO tag_categories VALUES ('f', repeat('x', 65537))$$),
    ('gpu_types_pkey', $$INSERT INTO gpu_types (name) VALUES ('nvidia-t4')$$),
    ('gpu_types_name_is_valid', $$INSERT INTO gpu_types (name) VALUES ('NVIDIA')$$),
    ('valid_gpu_price', $$UPDATE gpu_types SET price_per_hour_usd = -1 WHERE name = 'nvidia-t4'$$),
    ('valid_gpu_memory', $$UPDATE gpu_types SET memory_gb = 0 WHERE name = 'nvidia-t4'$$),
    ('gpu_types_text_size', $$INSERT INTO gpu_types (name, description) VALUES ('f', repeat('x', 65537))$$),
    ('organizations_pkey', $$INSERT INTO organizations (organization_id, name, slug) SELECT organization_id, 'x', 'x' FROM organizations LIMIT 1$$),
    ('organizations_slug_key', $$INSERT INTO organizations (name, slug) VALUES ('Acme 2', 'acme')$$),
    ('valid_organization_name', $$INSERT INTO organizations (name, slug) VALUES (' ', 'x')$$),
    ('valid_slug', $$INSERT INTO organizations (name, slug) VALUES ('X', 'X')$$),
    ('valid_billing_email', $$INSERT INTO organizations (name, slug, billing_email) VALUES ('X', 'x', 'nobody')$$),
    ('valid_subscription_plan', $$INSERT INTO organizations (name, slug, subscription_plan) VALUES ('X', 'x', 'free')$$),
    ('valid_subscription_status', $$INSERT INTO organizations (name, slug, subscription_status) VALUES ('X', 'x', 'gone')$$),
    ('valid_limits', $$INSERT INTO organizations (name, slug, max_models) VALUES ('X', 'x', -1)$$),
    ('settings_is_object', $$INSERT INTO organizations (name, slug, settings) VALUES ('X', 'x', '[]')$$),
    ('organizations_json_size', $$INSERT INTO organizations (name, slug, settings) VALUES ('X', 'x', jsonb_build_object('a', repeat('x', 1100000)))$$),
    ('organizations_text_size', $$INSERT INTO organizations (name, slug, created_by) VALUES ('X', 'x', repeat('x', 65537))$$),
    ('projects_pkey', $$INSERT INTO projects (project_id, organization_id, name, slug) SELECT project_id, organization_id, 'x', 'x' FROM projects WHERE slug = 'secret'$$),
    ('unique_project_slug', $$INSERT INTO projects (organization_id, name, slug) SELECT organization_id, 'x', 'secret' FROM projects WHERE slug = 'secret'$$),
    ('projects_organization_fkey', $$INSERT INTO projects (organization_id, name, slug) VALUES (gen_random_uuid(), 'x', 'x')$$),
    ('valid_project_name', $$UPDATE projects SET name = E'a\nb'$$),
    ('valid_project_slug', $$UPDATE projects SET slug = 'A'$$),
    ('valid_visibility', $$UPDATE projects SET visibility = 'world'$$),
    ('valid_protected_stages', $$UPDATE projects SET protected_stages = '{live}'$$),
    ('settings_is_object', $$UPDATE projects SET settings = '1'$$),
    ('projects_json_size', $$UPDATE projects SET settings = jsonb_build_object('a', repeat('x', 1100000))$$),
    ('projects_text_size', $$UPDATE projects SET description = repeat('x', 65537)$$),
    ('guards_pkey', $$INSERT INTO guards SELECT organization_id, 'r', organization_id FROM organizations, generate_series(1, 2)$$),
    ('models_pkey', $$INSERT INTO models (model_id, organization_id, project_id, model_name) SELECT model_id, organization_id, project_id, 'x' FROM models LIMIT 1$$),
    ('unique_model_name', $$INSERT INTO models (organization_id, project_id, model_name) SELECT organization_id, project_id, model_name FROM models WHERE model_name = 'm'$$),
    ('models_organization_fkey', $$INSERT INTO models (organization_id, project_id, model_name) SELECT gen_random_uuid(), project_id, 'x' FROM models WHERE model_name = 'm'$$),
    ('models_project_fkey', $$INSERT INTO models (organization_id, project_id, model_name) SELECT organization_id, gen_random_uuid(), 'x' FROM models WHERE model_name = 'm'$$),
    ('valid_framework', $$UPDATE models SET framework = 'caffe'$$),
    ('models_team_fkey', $$UPDATE models SET team_id = gen_random_uuid()$$),
    ('valid_model_name', $$UPDATE models SET model_name = 'Fraud detector' WHERE model_name = 'm'$$),
    ('valid_display_name', $$UPDATE models SET display_name = E'a\tb'$$),
    ('valid_risk_level', $$UPDATE models SET risk_level = 'huge'$$),
    ('valid_risk_class', $$UPDATE models SET risk_class = 'none'$$),
    ('valid_documentation_url', $$UPDATE models SET documentation_url = 'docs'$$),
    ('valid_model_card_url', $$UPDATE models SET model_card_url = 'javascript:alert(1)'$$),
    ('model_archive_consistency', $$UPDATE models SET archived_at = now()$$),
    ('metadata_is_object', $$UPDATE models SET metadata = 'null'$$),
    ('models_json_size', $$UPDATE models SET metadata = jsonb_build_object('a', repeat('x', 1100000))$$),
    ('models_text_size', $$UPDATE models SET objective = repeat('x', 65537)$$),
    ('model_versions_pkey', $$INSERT INTO model_versions (organization_id, project_id, version_id, model_id, semver, artifact_uri) SELECT organization_id, project_id, version_id, model_id, '9.0.0', '/x' FROM model_versions LIMIT 1$$),
    ('unique_model_version', $$INSERT INTO model_versions (organization_id, project_id, model_id, semver, artifact_uri) SELECT organization_id, project_id, model_id, '1.0.0+cpu', '/x' FROM models WHERE model_name = 'm'$$),
    ('unique_production_version', $$UPDATE model_versions SET stage = 'production' WHERE semver = '1.0.0'$$),
    ('model_versions_project_fkey', $$ALTER TABLE model_versions DISABLE TRIGGER mlr_10_keys; UPDATE model_versions SET project_id = gen_random_uuid()$$),
    ('model_versions_organization_fkey', $$INSERT INTO model_versions (organization_id, project_id, model_id, semver, artifact_uri, framework) SELECT gen_random_uuid(), project_id, model_id, '9.0.0', '/x', 'onnx' FROM models WHERE model_name = 'm'$$),
    ('model_versions_model_fkey', $$INSERT INTO model_versions (organization_id, project_id, model_id, semver, artifact_uri, framework) SELECT organization_id, project_id, gen_random_uuid(), '9.0.0', '/x', 'onnx' FROM models WHERE model_name = 'm'$$),
    ('model_versions_model_fkey', $$INSERT INTO model_versions (organization_id, project_id, model_id, semver, artifact_uri, framework) SELECT m.organization_id, m.project_id, f.model_id, '9.0.0', '/x', 'onnx' FROM models m, models f WHERE m.model_name = 'm' AND f.model_name = 'foreign'$$),
    ('valid_framework', $$UPDATE model_versions SET framework = 'caffe' WHERE semver = '1.0.0'$$),
    ('valid_model_format', $$UPDATE model_versions SET model_format = 'zip' WHERE semver = '1.0.0'$$),
    ('valid_status', $$UPDATE model_versions SET status = 'ready'$$),
    ('valid_stage', $$UPDATE model_versions SET stage = 'live'$$),
    ('valid_stage_status', $$UPDATE model_versions SET stage = 'archived', status = 'validated'$$),
    ('valid_artifact_uri', $$UPDATE model_versions SET artifact_uri = 'model.bin'$$),
    ('valid_artifact_size', $$UPDATE model_versions SET artifact_size_bytes = -1$$),
    ('valid_checksum', $$UPDATE model_versions SET checksum_sha256 = repeat('z', 64)$$),
    ('valid_git_commit', $$UPDATE model_versions SET git_commit = 'main'$$),
    ('valid_benchmark_accuracy', $$UPDATE model_versions SET benchmark_accuracy = 1.5$$),
    ('valid_benchmarks', $$UPDATE model_versions SET benchmark_latency_p50_ms = 5, benchmark_latency_p99_ms = 4$$),
    ('valid_benchmarks', $$UPDATE model_versions SET benchmark_memory_mb = 'NaN'$$),
    ('deprecation_consistency', $$ALTER TABLE model_versions DISABLE TRIGGER mlr_35_derive; UPDATE model_versions SET status = 'deprecated'$$),
    ('dependencies_is_object', $$UPDATE model_versions SET dependencies = '[]'$$),
    ('performance_metrics_is_object', $$UPDATE model_versions SET performance_metrics = '1'$$),
    ('training_metrics_is_object', $$UPDATE model_versions SET training_metrics = '"x"'$$),
    ('custom_metadata_is_object', $$UPDATE model_versions SET custom_metadata = 'true'$$),
    ('model_versions_json_size', $$UPDATE model_versions SET signature = to_jsonb(repeat('x', 1100000))$$),
    ('model_versions_text_size', $$UPDATE model_versions SET release_notes = repeat('x', 65537)$$),
    ('model_aliases_pkey', $$INSERT INTO model_aliases (organization_id, project_id, alias_id, model_id, alias, version_id) SELECT organization_id, project_id, alias_id, model_id, 'x2', version_id FROM model_aliases$$),
    ('unique_model_alias', $$INSERT INTO model_aliases (organization_id, project_id, model_id, alias, version_id) SELECT organization_id, project_id, model_id, 'CHAMPION', version_id FROM model_aliases$$),
    ('model_aliases_project_fkey', $$ALTER TABLE model_aliases DISABLE TRIGGER mlr_10_keys; UPDATE model_aliases SET project_id = gen_random_uuid()$$),
    ('model_aliases_organization_fkey', $$INSERT INTO model_aliases (organization_id, project_id, model_id, alias, version_id) SELECT gen_random_uuid(), project_id, model_id, 'a', version_id FROM model_aliases$$),
    ('model_aliases_version_fkey', $$UPDATE model_aliases SET version_id = (SELECT version_id FROM model_versions JOIN models USING (model_id) WHERE model_name = 'other')$$),
    ('model_aliases_version_fkey', $$DELETE FROM model_versions WHERE semver = '2.0.0'$$),
    ('valid_alias', $$UPDATE model_aliases SET alias = 'v2'$$),
    ('model_aliases_text_size', $$UPDATE model_aliases SET set_by = repeat('x', 65537)$$),
    ('version_files_pkey', $$INSERT INTO version_files (organization_id, project_id, file_id, version_id, path) SELECT organization_id, project_id, file_id, version_id, 'b' FROM version_files$$),
    ('unique_version_file', $$INSERT INTO version_files (organization_id, project_id, version_id, path) SELECT organization_id, project_id, version_id, path FROM version_files$$),
    ('version_files_project_fkey', $$ALTER TABLE version_files DISABLE TRIGGER mlr_10_keys; UPDATE version_files SET project_id = gen_random_uuid()$$),
    ('version_files_organization_fkey', $$INSERT INTO version_files (organization_id, project_id, version_id, path) SELECT gen_random_uuid(), project_id, version_id, 'b' FROM version_files$$),
    ('version_files_version_fkey', $$INSERT INTO version_files (organization_id, project_id, version_id, path) SELECT organization_id, project_id, gen_random_uuid(), 'b' FROM version_files$$),
    ('valid_file_path', $$UPDATE version_files SET path = '../x'$$),
    ('valid_sha256', $$UPDATE version_files SET sha256 = 'x'$$),
    ('valid_file_size', $$UPDATE version_files SET size_bytes = -1$$),
    ('version_files_text_size', $$UPDATE version_files SET variant = repeat('x', 65537)$$),
    -- rules of triggers
    ('immutable_key', $$UPDATE organizations SET organization_id = gen_random_uuid()$$),
    ('immutable_key', $$UPDATE projects SET organization_id = (SELECT organization_id FROM organizations WHERE slug = 'acme') WHERE slug = 'default'$$),
    ('immutable_key', $$UPDATE models SET project_id = gen_random_uuid()$$),
    ('immutable_key', $$UPDATE model_versions SET model_id = (SELECT model_id FROM models WHERE model_name = 'other') WHERE semver = '2.0.0'$$),
    ('immutable_key', $$UPDATE model_aliases SET model_id = NULL$$),
    ('immutable_key', $$UPDATE version_files SET version_id = gen_random_uuid()$$),
    ('alias_of_deleted_version', $$ALTER TABLE model_versions DISABLE TRIGGER mlr_70_guard; UPDATE model_versions SET deleted_at = now() WHERE semver = '1.0.0'; UPDATE model_aliases a SET version_id = v.version_id FROM model_versions v WHERE v.model_id = a.model_id AND v.semver = '1.0.0'$$),
    ('version_has_alias', $$UPDATE model_versions SET deleted_at = now()$$),
    ('builtin_row', $$DELETE FROM frameworks WHERE name = 'jax'$$),
    ('builtin_row', $$UPDATE gpu_types SET name = 'mine' WHERE name = 'nvidia-t4'$$),
    ('builtin_row', $$UPDATE model_formats SET builtin = false$$);

SELECT pg_temp.judge();
-- every one is refused by its own rule, with the SQLSTATE of its kind
SELECT expected, state FROM outcome WHERE rule IS NOT DISTINCT FROM expected ORDER BY expected, state;
SELECT * FROM outcome WHERE rule IS DISTINCT FROM expected ORDER BY expected, statement;
SELECT DISTINCT expected, message, detail, hint FROM outcome WHERE expected IN ('immutable_key', 'alias_of_deleted_version', 'version_has_alias', 'builtin_row', 'valid_framework', 'unique_model_version', 'model_versions_model_fkey') ORDER BY 1, 2;
-- no constraint is left out, of a table that has no test of its own. Not to be broken without breaking another first: the keys that repeat a primary key, an alias' model
SELECT * FROM pg_temp.unmet(ARRAY(SELECT relation_name FROM registry_relations() WHERE area NOT IN ('access', 'audit', 'training', 'lifecycle', 'governance', 'lineage') AND relation_name NOT IN
    ('teams', 'tags', 'model_tags', 'version_tags', 'dataset_tags', 'datasets', 'version_signatures', 'model_metrics', 'alias_history')));

-- keys: a row lies in its parent's project, whatever the client says
INSERT INTO projects (organization_id, name, slug) VALUES ('00000000-0000-8000-8000-000000000001', 'Lab', 'lab');
INSERT INTO model_versions (organization_id, project_id, model_id, semver, artifact_uri)
SELECT m.organization_id, p.project_id, m.model_id, '3.0.0', '/x' FROM models m, projects p WHERE m.model_name = 'm' AND p.slug = 'lab' RETURNING project_id;

-- actor: x_by may be given, x_by_user never
INSERT INTO models (organization_id, project_id, model_name, created_by, created_by_user)
VALUES ('00000000-0000-8000-8000-000000000001', '00000000-0000-8000-8000-000000000002', 'imported', 'importer@example.com', gen_random_uuid())
RETURNING created_by, created_by_user;
UPDATE models SET created_by_user = gen_random_uuid() WHERE model_name = 'imported' RETURNING created_by_user;

-- normalize and derive
INSERT INTO organizations (name, slug, billing_email) VALUES ('  Trimmed ', 'trimmed', ' Bill.Payer@EXAMPLE.Com ') RETURNING name, billing_email;
UPDATE model_versions SET checksum_sha256 = upper(repeat('ab', 32)) || ' ', git_commit = 'ABCDEF0', artifact_uri = ' /m/3 ' WHERE semver = '3.0.0' RETURNING checksum_sha256, git_commit, artifact_uri;
INSERT INTO models (organization_id, project_id, model_name, display_name, is_active)
VALUES ('00000000-0000-8000-8000-000000000001', '00000000-0000-8000-8000-000000000002', 'retired', ' Old one ', false) RETURNING display_name, archived_at IS NOT NULL AS archived;
INSERT INTO model_versions (organization_id, project_id, model_id, semver, artifact_uri, status, stage)
SELECT organization_id, project_id, model_id, v.semver, '/x', v.status, v.stage
  FROM models, (VALUES ('1.0.1', 'archived', 'development'), ('1.1.0', 'registered', 'archived'), ('1.2.0', 'validated', 'staging'),
                       ('1.3.0', 'deprecated', 'development'), ('1.4.0', 'deployed', 'production')) AS v (semver, status, stage) WHERE model_name = 'other'
RETURNING semver, status, stage, framework, validated_at IS NOT NULL AS validated, validated_by IS NOT NULL AS by, deprecated_at IS NOT NULL AS deprecated,
          archived_at IS NOT NULL AS archived, promoted_to_production_at IS NOT NULL AS promoted;
UPDATE model_versions SET status = 'registered' WHERE semver = '1.3.0' RETURNING deprecated_at, deprecation_reason;
UPDATE model_versions SET stage = 'development' WHERE semver = '1.1.0' RETURNING status, archived_at;
UPDATE model_versions SET status = 'archived' WHERE semver = '1.2.0' RETURNING stage, validated_at IS NOT NULL AS still_validated;
UPDATE model_versions SET stage = 'development' WHERE semver = '1.2.0' RETURNING status;

-- rows of several models in one statement: each takes over its own model's framework and project
INSERT INTO models (organization_id, project_id, model_name, framework)
SELECT p.organization_id, p.project_id, 'of-' || p.slug || '-' || n, (ARRAY['jax', 'onnx', 'sklearn'])[n]
  FROM projects p, generate_series(1, 3) AS n WHERE p.slug IN ('default', 'lab');
INSERT INTO model_versions (organization_id, project_id, model_id, semver, artifact_uri)
SELECT m.organization_id, (SELECT project_id FROM projects WHERE slug = 'default'), m.model_id, ('1.' || n || '.0')::semver, '/x'
  FROM models m, generate_series(1, 20) AS n WHERE m.model_name LIKE 'of-%' ORDER BY n, m.model_name;
SELECT count(*), bool_and(v.framework = m.framework) AS framework, bool_and(v.project_id = m.project_id) AS project
  FROM model_versions v JOIN models m USING (model_id) WHERE m.model_name LIKE 'of-%';

-- touch: updated_at and updated_by are kept, whatever the client says
UPDATE models SET description = 'x', updated_at = '2001-01-01', updated_by = 'nobody' WHERE model_name = 'm' RETURNING updated_at = now() AS now, updated_by = session_user AS me;

-- an alias that moves says who and when
UPDATE model_aliases a SET set_at = '2001-01-01', set_by = 'earlier' WHERE alias = 'champion' RETURNING set_by;
UPDATE model_aliases a SET version_id = v.version_id FROM model_versions v WHERE v.model_id = a.model_id AND v.semver = '1.0.0' RETURNING set_by = session_user AS me, set_at = now() AS now;

-- own vocabulary beside the built-in one
INSERT INTO frameworks VALUES ('paddle', 'PaddlePaddle');
UPDATE frameworks SET name = 'paddlepaddle' WHERE name = 'paddle';
UPDATE frameworks SET description = 'better words' WHERE name = 'jax';
DELETE FROM frameworks WHERE name = 'paddlepaddle';

-- deletion: a project or organization takes all with it, in the presence of aliases
DELETE FROM models WHERE model_name = 'm';
SELECT (SELECT count(*) FROM model_aliases) AS aliases, (SELECT count(*) FROM version_files) AS files;
SELECT alias FROM set_alias((SELECT model_id FROM models WHERE model_name = 'other'), 'champion', '1.4.0');
DELETE FROM projects WHERE slug = 'default';
SELECT (SELECT count(*) FROM models WHERE model_name <> 'foreign') AS models, (SELECT count(*) FROM model_versions) AS versions, (SELECT count(*) FROM model_aliases) AS aliases;
DELETE FROM organizations;
SELECT (SELECT count(*) FROM models) AS models, (SELECT count(*) FROM projects) AS projects;

-- what only a superuser can do is found
SET session_replication_role = replica;
INSERT INTO model_versions (version_id, organization_id, project_id, model_id, semver, artifact_uri, framework) SELECT '00000000-0000-4000-8000-000000000001', gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), '1.0.0', '/x', 'caffe';
ALTER TABLE models DISABLE TRIGGER mlr_10_keys;
RESET session_replication_role;
SELECT check_name, severity, regexp_replace(object, '[0-9a-f-]{36}', '<uuid>') AS object, detail FROM check_registry() ORDER BY 1, 3;

-- leave a clean registry behind
SELECT uninstall(confirm => 'mlregistry') IS NOT NULL AS uninstalled;
SELECT install() IS NOT NULL AS installed;
