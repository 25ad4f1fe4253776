-- 1,000 models, :rows new versions of them, and the bare tables beside mlregistry.model_versions.
CREATE EXTENSION mlregistry;
-- For the operators.
ALTER DATABASE postgres SET search_path = pg_catalog, mlregistry;
SELECT mlregistry.install() \g /dev/null
INSERT INTO mlregistry.models (model_name, framework)
SELECT 'model-' || i, (ARRAY['pytorch', 'tensorflow', 'sklearn', 'xgboost', 'jax'])[1 + i % 5] FROM generate_series(1, 1000) AS i;

-- Prepared beforehand, so that making them is no part of the time.
CREATE UNLOGGED TABLE bench.new_rows AS
SELECT row_number() OVER (ORDER BY m.model_id, v) AS n,
       m.model_id, format('%s.%s.%s', v / 50, v % 50 / 5, v % 5)::mlregistry.semver AS semver,
       format('s3://models/%s/%s/model.onnx', m.model_name, v) AS artifact_uri, 100000000 + v AS artifact_size_bytes,
       encode(sha256((m.model_name || v)::bytea), 'hex') AS checksum_sha256, m.framework, '2.1.0' AS framework_version,
       'onnx' AS model_format, 'Trained on the data of week ' || v AS description,
       left(encode(sha256((v || m.model_name)::bytea), 'hex'), 40) AS git_commit, 'main' AS git_branch,
       jsonb_build_object('accuracy', 0.9 + v / 10000.0, 'f1', 0.88) AS performance_metrics,
       jsonb_build_object('team', 'bench') AS custom_metadata
  FROM mlregistry.models m, generate_series(0, :rows / 1000 - 1) AS v;
CREATE UNLOGGED TABLE bench.shuffled_rows AS
    SELECT row_number() OVER (ORDER BY hashint8extended(n, 7)) AS shuffled, r.* FROM bench.new_rows r;
ALTER TABLE bench.shuffled_rows DROP COLUMN n;
ALTER TABLE bench.shuffled_rows RENAME COLUMN shuffled TO n;

-- All but triggers and foreign keys. The audit's triggers are for the registry's own tables and refuse others.
CREATE TABLE bench.bare (LIKE mlregistry.model_versions INCLUDING ALL);
CREATE TABLE bench.bare_fk (LIKE mlregistry.model_versions INCLUDING ALL);
CREATE TABLE bench.bare_triggers (LIKE mlregistry.model_versions INCLUDING ALL);
SELECT format('ALTER TABLE bench.bare_fk ADD CONSTRAINT %I %s', conname, pg_get_constraintdef(oid))
  FROM pg_constraint WHERE conrelid = 'mlregistry.model_versions'::regclass AND contype = 'f' ORDER BY conname \gexec
SELECT replace(pg_get_triggerdef(oid), ' ON mlregistry.model_versions ', ' ON bench.bare_triggers ')
  FROM pg_trigger WHERE tgrelid = 'mlregistry.model_versions'::regclass AND NOT tgisinternal AND tgname NOT LIKE 'mlr_90_audit%' ORDER BY tgname \gexec
VACUUM ANALYZE;
