-- The rules of signatures and metrics of versions, for every client: direct INSERT, UPDATE and DELETE.
SET search_path = public, mlregistry;
\set SHOW_CONTEXT never
\getenv abs_srcdir PG_ABS_SRCDIR
\set refusals :abs_srcdir '/sql/include/refusals.psql'
\set ECHO none
\i :refusals
\set ECHO all

INSERT INTO models (model_name, framework) VALUES ('m', 'onnx');
INSERT INTO model_versions (model_id, semver, artifact_uri, stage) SELECT model_id, '1.0.0', '/m/1', 'production' FROM models;
INSERT INTO datasets (dataset_name, storage_location, storage_format) VALUES ('reviews', '/d', 'csv');
INSERT INTO version_signatures (version_id, kind, signer, bundle_uri) SELECT version_id, 'sigstore', 'release@example.com', 's3://sig/1' FROM model_versions;
INSERT INTO model_metrics (version_id, metric_name, metric_value, dataset_id) SELECT version_id, 'f1/macro', 0.91, dataset_id FROM model_versions, datasets;
INSERT INTO organizations (name, slug) VALUES ('Acme', 'acme');
INSERT INTO projects (organization_id, name, slug) SELECT organization_id, 'Secret', 'secret' FROM organizations WHERE slug = 'acme';
INSERT INTO models (organization_id, project_id, model_name, framework) SELECT organization_id, project_id, 'foreign', 'onnx' FROM projects WHERE slug = 'secret';
INSERT INTO model_versions (model_id, semver, artifact_uri) SELECT model_id, '1.0.0', '/f/1' FROM models WHERE model_name = 'foreign';
INSERT INTO datasets (organization_id, project_id, dataset_name, storage_location, storage_format) SELECT organization_id, project_id, 'foreign', '/f', 'csv' FROM projects WHERE slug = 'secret';

-- One statement per named constraint, and what a client gets.
INSERT INTO broken VALUES
    ('version_signatures_pkey', $$INSERT INTO version_signatures (signature_id, version_id, kind, signer, bundle) SELECT signature_id, version_id, 'pgp', 'x', '{}' FROM version_signatures$$),
    ('version_signatures_organization_fkey', $$INSERT INTO version_signatures (organization_id, project_id, version_id, kind, signer, bundle) SELECT gen_random_uuid(), project_id, version_id, 'pgp', 'x', '{}' FROM version_signatures$$),
    ('version_signatures_project_fkey', $$ALTER TABLE version_signatures DISABLE TRIGGER mlr_10_keys; UPDATE version_signatures SET project_id = gen_random_uuid()$$),
    ('version_signatures_version_fkey', $$INSERT INTO version_signatures (organization_id, project_id, version_id, kind, signer, bundle) SELECT organization_id, project_id, gen_random_uuid(), 'pgp', 'x', '{}' FROM version_signatures$$),
    ('version_signatures_version_fkey', $$INSERT INTO version_signatures (organization_id, project_id, version_id, kind, signer, bundle) SELECT s.organization_id, s.project_id, v.version_id, 'pgp', 'x', '{}' FROM version_signatures s, model_versions v WHERE v.artifact_uri = '/f/1'$$),
    ('valid_signature_kind', $$UPDATE version_signatures SET kind = 'gpg'$$),
    ('valid_verification', $$UPDATE version_signatures SET verification = 'unknown'$$),
    ('verification_consistency', $$UPDATE version_signatures SET verification = 'verified'$$),
    ('verification_consistency', $$UPDATE version_signatures SET verification = 'failed', verifier = 'cosign'$$),
    ('verification_consistency', $$UPDATE version_signatures SET verified_at = now()$$),
    ('valid_sha256', $$UPDATE version_signatures SET subject_sha256 = 'abc'$$),
    ('signature_has_bundle', $$UPDATE version_signatures SET bundle_uri = NULL$$),
    ('version_signatures_json_size', $$UPDATE version_signatures SET bundle = jsonb_build_object('a', repeat('x', 1100000))$$),
    ('version_signatures_text_size', $$UPDATE version_signatures SET signer = repeat('x', 65537)$$),
    ('version_signatures_text_size', $$UPDATE version_signatures SET issuer = repeat('x', 65537)$$),
    ('version_signatures_text_size', $$UPDATE version_signatures SET bundle_uri = repeat('x', 65537)$$),
    ('version_signatures_text_size', $$UPDATE version_signatures SET verifier = repeat('x', 65537)$$),
    ('version_signatures_text_size', $$UPDATE version_signatures SET created_by = repeat('x', 65537)$$),
    ('model_metrics_pkey', $$INSERT INTO model_metrics (metric_id, version_id, metric_name, metric_value) SELECT metric_id, version_id, 'x', 1 FROM model_metrics$$),
    ('model_metrics_organization_fkey', $$INSERT INTO model_metrics (organization_id, project_id, version_id, metric_name, metric_value) SELECT gen_random_uuid(), project_id, version_id, 'x', 1 FROM model_metrics$$),
    ('model_metrics_project_fkey', $$ALTER TABLE model_metrics DISABLE TRIGGER mlr_10_keys; UPDATE model_metrics SET project_id = gen_random_uuid()$$),
    ('model_metrics_version_fkey', $$INSERT INTO model_metrics (organization_id, project_id, version_id, metric_name, metric_value) SELECT organization_id, project_id, gen_random_uuid(), 'x', 1 FROM model_metrics$$),
    ('model_metrics_dataset_fkey', $$UPDATE model_metrics SET dataset_id = gen_random_uuid()$$),
    ('model_metrics_dataset_fkey', $$UPDATE model_metrics SET dataset_id = (SELECT dataset_id FROM datasets WHERE dataset_name = 'foreign')$$),
    ('valid_metric_name', $$UPDATE model_metrics SET metric_name = 'f1(macro)'$$),
    ('valid_metric_name', $$UPDATE model_metrics SET metric_name = ''$$),
    ('valid_dataset_split', $$UPDATE model_metrics SET dataset_split = 'dev'$$),
    ('model_metrics_text_size', $$UPDATE model_metrics SET recorded_by = repeat('x', 65537)$$),
    -- rules of triggers
    ('immutable_key', $$UPDATE version_signatures SET version_id = gen_random_uuid()$$),
    ('immutable_key', $$UPDATE version_signatures SET signature_id = gen_random_uuid()$$),
    ('immutable_key', $$UPDATE version_signatures SET project_id = gen_random_uuid()$$),
    ('immutable_key', $$UPDATE model_metrics SET version_id = gen_random_uuid()$$),
    ('immutable_key', $$UPDATE model_metrics SET metric_id = gen_random_uuid()$$),
    ('immutable_key', $$UPDATE model_metrics SET organization_id = gen_random_uuid()$$);
SELECT pg_temp.judge();
-- every one is refused by its own rule, with the SQLSTATE of its kind
SELECT expected, relation, state, count(*) FROM outcome WHERE rule IS NOT DISTINCT FROM expected GROUP BY 1, 2, 3 ORDER BY 1, 2;
SELECT * FROM outcome WHERE rule IS DISTINCT FROM expected ORDER BY expected, statement;
-- no constraint is left out. Not to be broken without breaking another first: the keys that repeat a primary key
SELECT * FROM pg_temp.unmet('{version_signatures,model_metrics}');

-- keys: in their version's project and organization, whatever the client says and wherever the session works
SELECT current_organization_id() IS NULL AS nowhere;
INSERT INTO version_signatures (version_id, kind, signer, bundle, project_id) SELECT version_id, 'x509', 'them', '{}', gen_random_uuid() FROM model_versions WHERE artifact_uri = '/f/1';
INSERT INTO model_metrics (version_id, metric_name, metric_value) SELECT version_id, 'accuracy', 1 FROM model_versions;
SELECT v.artifact_uri, s.project_id = v.project_id AS signature, m.project_id = v.project_id AS metric
  FROM model_versions v JOIN version_signatures s USING (version_id) JOIN model_metrics m USING (version_id) WHERE m.metric_name = 'accuracy' ORDER BY 1;

-- what belongs to a frozen version is no part of its artifact: signed and measured it is later
SELECT frozen_at IS NOT NULL AS frozen FROM model_versions WHERE artifact_uri = '/m/1';
INSERT INTO version_signatures (version_id, kind, signer, bundle_uri, subject_sha256, created_by_user)
SELECT version_id, 'pkcs11', ' release@example.com ', '/signatures/1', upper(repeat('ab', 32)) || ' ', gen_random_uuid() FROM model_versions WHERE artifact_uri = '/m/1'
RETURNING subject_sha256, signer, verification, created_by_user;
UPDATE version_signatures SET verification = 'verified', verified_at = now(), verifier = ' cosign 2.2 ' WHERE kind = 'pkcs11' RETURNING verification, verifier;
UPDATE version_signatures SET verification = 'claimed', verified_at = NULL, verifier = NULL WHERE kind = 'pkcs11' RETURNING verification, verifier;
-- it does not change otherwise, and goes with its version only
UPDATE version_signatures SET bundle = '{"a": 1}', bundle_uri = NULL WHERE kind = 'pkcs11';
DELETE FROM version_signatures WHERE kind = 'pkcs11';

-- every float8 is a metric
INSERT INTO model_metrics (version_id, metric_name, metric_value, dataset_split, recorded_at, recorded_by, recorded_by_user)
SELECT version_id, 'loss', x.value::float8, 'train', x.at::timestamptz, 'importer@example.com', gen_random_uuid()
  FROM model_versions, (VALUES ('NaN', '2025-01-01'), ('-Infinity', '2025-01-02'), ('4.9e-324', '2025-01-03'), ('1.7976931348623157e308', '2025-01-04')) AS x (value, at) WHERE artifact_uri = '/m/1'
RETURNING metric_name, metric_value, recorded_by, recorded_by_user;
-- the last recorded of a name and split is the current one
SELECT DISTINCT ON (metric_name, dataset_split) metric_name, dataset_split, metric_value FROM model_metrics JOIN model_versions USING (version_id) WHERE artifact_uri = '/m/1' ORDER BY metric_name, dataset_split, recorded_at DESC;

-- a dataset of another project of the organization
INSERT INTO projects (organization_id, name, slug) SELECT organization_id, 'Lab', 'lab' FROM organizations WHERE slug = 'default';
INSERT INTO datasets (organization_id, project_id, dataset_name, storage_location, storage_format) SELECT organization_id, project_id, 'lab-data', '/l', 'csv' FROM projects WHERE slug = 'lab';
INSERT INTO model_metrics (version_id, metric_name, metric_value, dataset_id) SELECT v.version_id, 'lab', 1, d.dataset_id FROM model_versions v, datasets d WHERE v.artifact_uri = '/m/1' AND d.dataset_name = 'lab-data';

-- deletion: of a dataset, only the mention of it goes; also with its project
DELETE FROM datasets WHERE dataset_name = 'reviews';
DELETE FROM projects WHERE slug = 'lab';
SELECT metric_name, dataset_id, organization_id IS NOT NULL AS organization FROM model_metrics WHERE metric_name IN ('f1/macro', 'lab') ORDER BY 1;
DELETE FROM model_versions WHERE artifact_uri = '/f/1';
SELECT (SELECT count(*) FROM version_signatures) AS signatures, (SELECT count(*) FROM model_metrics WHERE metric_name = 'accuracy') AS metrics;
DELETE FROM projects WHERE slug = 'default';
SELECT (SELECT count(*) FROM version_signatures) AS signatures, (SELECT count(*) FROM model_metrics) AS metrics;

-- leave a clean registry behind
SELECT uninstall(confirm => 'mlregistry') IS NOT NULL AS uninstalled;
SELECT install() IS NOT NULL AS installed;
