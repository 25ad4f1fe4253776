-- Data of bench/lifecycle.sh: versions that move, and ten years of histories. -v rows=N
CREATE EXTENSION mlregistry;
SET search_path = bench, mlregistry, public;

CREATE FUNCTION bench.version(n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$SELECT ('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid$$;
CREATE FUNCTION bench.moment() RETURNS timestamptz LANGUAGE sql STABLE AS $$SELECT now() - interval '5 years'$$;

INSERT INTO models (model_name, framework) SELECT 'model-' || n, 'onnx' FROM generate_series(1, greatest(:rows / 20, 1)) AS n;
INSERT INTO model_versions (version_id, model_id, semver, artifact_uri, artifact_size_bytes, checksum_sha256, git_commit, description, performance_metrics, status, validated_at, validated_by)
SELECT bench.version(row_number() OVER (ORDER BY v, m.model_name)), m.model_id, (v || '.0.0')::semver, 's3://models/' || m.model_name || '/' || v, 1000000 * v,
       encode(sha256(convert_to(m.model_name || v, 'UTF8')), 'hex'), left(encode(sha256(convert_to(v || m.model_name, 'UTF8')), 'hex'), 40), 'A version among others',
       jsonb_build_object('accuracy', 0.9, 'loss', 0.1), 'validated', now(), 'ana'
  FROM models m, generate_series(1, 20) AS v;
CREATE TABLE bench.versions AS SELECT * FROM model_versions;
CREATE TABLE bench.statuses AS SELECT * FROM status_history;
CREATE TABLE bench.stages AS SELECT * FROM stage_history;

-- Tables as they were, with nothing of an earlier side in them.
CREATE FUNCTION bench.refill() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    SET LOCAL session_replication_role = replica;
    TRUNCATE mlregistry.model_versions CASCADE;
    TRUNCATE mlregistry.status_history, mlregistry.stage_history, mlregistry.audit_logs, mlregistry.guards;
    INSERT INTO mlregistry.model_versions SELECT * FROM bench.versions;
    INSERT INTO mlregistry.status_history SELECT * FROM bench.statuses;
    INSERT INTO mlregistry.stage_history SELECT * FROM bench.stages;
END
$$;

CREATE FUNCTION bench.use_triggers(side text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    t record;
BEGIN
    FOR t IN SELECT tgname FROM pg_trigger WHERE tgrelid = 'mlregistry.model_versions'::regclass AND NOT tgisinternal LOOP
        EXECUTE format('ALTER TABLE mlregistry.model_versions %s TRIGGER %I',
                       CASE WHEN side = 'everything'
                                 OR side IN ('rules', 'history') AND t.tgname ~ '^mlr_(40|45|50)_'
                                 OR side = 'history' AND t.tgname ~ '^mlr_75_' THEN 'ENABLE' ELSE 'DISABLE' END, t.tgname);
    END LOOP;
END
$$;

-- 500 models. Of each: a deployment that has changed 83 times, two aliases that have moved 30 times, fifteen versions that went
-- through four stages, one after the other.
CREATE PROCEDURE bench.ten_years() LANGUAGE plpgsql SET search_path = mlregistry, pg_catalog AS $$
DECLARE
    start constant timestamptz := now() - interval '10 years';
    years constant interval := interval '10 years';
BEGIN
    SET LOCAL session_replication_role = replica;
    TRUNCATE mlregistry.models, mlregistry.status_history, mlregistry.stage_history, mlregistry.alias_history, mlregistry.audit_logs CASCADE;
    INSERT INTO mlregistry.models (model_name, display_name, framework) SELECT 'model-' || n, 'Model ' || n, 'onnx' FROM generate_series(1, 500) AS n;
    INSERT INTO mlregistry.environments (environment_name, environment_type) VALUES ('prod', 'production');
    INSERT INTO mlregistry.model_versions (model_id, semver, artifact_uri, stage, status, framework, registered_at, validated_at, frozen_at, promoted_to_production_at, archived_at)
    SELECT m.model_id, (v || '.0.0')::mlregistry.semver, 's3://m/' || v, s.stage, CASE WHEN s.stage = 'archived' THEN 'archived' ELSE 'validated' END, 'onnx',
           start + years * (v - 1) / 15, now(), now(), now(), CASE WHEN s.stage = 'archived' THEN now() END
      FROM mlregistry.models m, generate_series(1, 15) AS v,
           LATERAL (SELECT CASE v WHEN 15 THEN 'staging' WHEN 14 THEN 'production' ELSE 'archived' END AS stage) AS s;
    -- Version v comes at (v - 1) of 15 parts of the time, is staged, serves and is archived a part later each.
    INSERT INTO mlregistry.stage_history (model_id, version_id, semver, stage, previous_stage, changed_by, valid_from, valid_to)
    SELECT v.model_id, v.version_id, v.semver::text, h.stage, h.previous, 'ana', start + years * ((major(v.semver) - 1 + h.n / 2.0) / 15)::float8,
           CASE WHEN h.stage = v.stage THEN 'infinity' ELSE start + years * ((major(v.semver) - 1 + (h.n + 1) / 2.0) / 15)::float8 END
      FROM mlregistry.model_versions v,
           (VALUES (0, 'development', NULL), (1, 'staging', 'development'), (2, 'production', 'staging'), (3, 'archived', 'production')) AS h (n, stage, previous)
     WHERE h.n <= array_position('{development,staging,production,archived}', v.stage) - 1;
    INSERT INTO mlregistry.model_aliases (model_id, alias, version_id, set_at)
    SELECT v.model_id, a.alias, v.version_id, now() - interval '10 days'
      FROM mlregistry.model_versions v, (VALUES ('champion', 14), ('challenger', 15)) AS a (alias, major) WHERE major(v.semver) = a.major;
    INSERT INTO mlregistry.alias_history (model_id, alias, version_id, semver, set_by, valid_from, valid_to)
    SELECT v.model_id, a.alias, v.version_id, v.semver::text, 'ana', start + years * (i / 30.0)::float8, CASE WHEN i = 29 THEN 'infinity' ELSE start + years * ((i + 1) / 30.0)::float8 END
      FROM mlregistry.model_versions v, (VALUES ('champion', 0), ('challenger', 1)) AS a (alias, ahead), generate_series(0, 29) AS i
     WHERE major(v.semver) = least(15, i / 2 + 1 + a.ahead);
    INSERT INTO mlregistry.deployments (model_id, version_id, environment_id, deployment_name, status, deployed_at, replicas, traffic_percentage)
    SELECT v.model_id, v.version_id, e.environment_id, m.model_name || '-prod', 'active', now() - interval '10 days', 3, 100
      FROM mlregistry.model_versions v JOIN mlregistry.models m USING (model_id), mlregistry.environments e WHERE v.stage = 'production';
    INSERT INTO mlregistry.deployment_history (deployment_id, deployment_name, environment_id, environment_name, model_id, version_id, semver, action, status, deployment_status,
                                               traffic_percentage, replicas, performed_by, started_at, completed_at, valid_from, valid_to)
    SELECT d.deployment_id, d.deployment_name, d.environment_id, 'prod', d.model_id, v.version_id, v.semver::text, CASE WHEN i % 5 = 0 THEN 'update' ELSE 'scale' END, 'completed', 'active',
           100, 1 + i % 5, 'ana', p.begins, p.begins, p.begins, CASE WHEN i = 82 THEN 'infinity' ELSE start + years * ((i + 1) / 83.0)::float8 END
      FROM mlregistry.deployments d, generate_series(0, 82) AS i, LATERAL (SELECT start + years * (i / 83.0)::float8 AS begins) AS p,
           LATERAL (SELECT v.* FROM mlregistry.model_versions v WHERE v.model_id = d.model_id AND major(v.semver) = least(14, i / 5 + 1)) AS v;
END
$$;
