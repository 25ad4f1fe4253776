-- Frozen versions: what freezes one, what does not change from then on, and what still does.
SET search_path = public, mlregistry;
SET datestyle = 'ISO';
\set SHOW_CONTEXT never
\getenv abs_srcdir PG_ABS_SRCDIR
\set refusals :abs_srcdir '/sql/include/refusals.psql'
\set ECHO none
\i :refusals
\set ECHO all

INSERT INTO frameworks VALUES ('paddle');
INSERT INTO model_formats VALUES ('paddle-lite');
INSERT INTO models (model_name, framework) VALUES ('m', 'paddle'), ('other', 'onnx');

-- What freezes: on INSERT any state but the first, or a time that is given; on UPDATE the same, and an alias.
INSERT INTO model_versions (model_id, semver, artifact_uri, status, stage, frozen_at)
SELECT m.model_id, v.semver::semver, '/m/' || v.semver, v.status, v.stage, v.frozen_at::timestamptz
  FROM models m, (VALUES ('0.1.0', 'registered', 'development', NULL), ('0.2.0', 'validated', 'development', NULL), ('0.3.0', 'registered', 'staging', NULL),
                         ('0.4.0', 'deprecated', 'development', NULL), ('0.5.0', 'archived', 'archived', NULL), ('0.6.0', 'registered', 'archived', NULL),
                         ('0.7.0', 'registered', 'development', '2024-05-06Z'), ('0.8.0', 'validated', 'production', '2024-05-06Z')) AS v (semver, status, stage, frozen_at)
 WHERE m.model_name = 'other'
RETURNING semver, status, stage, frozen_at IS NOT NULL AS frozen, frozen_at = now() AS now, frozen_at = '2024-05-06Z' AS given;
BEGIN;
UPDATE model_versions SET status = 'validated' WHERE artifact_uri = '/m/0.1.0' RETURNING frozen_at = now() AS frozen;
-- the way back does not lead back
UPDATE model_versions SET status = 'deprecated' WHERE artifact_uri = '/m/0.1.0';
UPDATE model_versions SET status = 'validated' WHERE artifact_uri = '/m/0.1.0' RETURNING status, stage, frozen_at = now() AS frozen;
ROLLBACK;
BEGIN;
UPDATE model_versions SET stage = 'staging' WHERE artifact_uri = '/m/0.1.0' RETURNING frozen_at = now() AS frozen;
UPDATE model_versions SET stage = 'development' WHERE artifact_uri = '/m/0.1.0' RETURNING status, stage, frozen_at = now() AS frozen;
ROLLBACK;
BEGIN;
UPDATE model_versions SET stage = 'archived' WHERE artifact_uri = '/m/0.1.0' RETURNING status, frozen_at = now() AS frozen;
ROLLBACK;
BEGIN;
UPDATE model_versions SET status = 'deprecated' WHERE artifact_uri = '/m/0.1.0' RETURNING frozen_at = now() AS frozen;
ROLLBACK;
-- the artifact may change in the very statement that freezes it, not after
BEGIN;
UPDATE model_versions SET stage = 'staging', artifact_uri = '/m/final', checksum_sha256 = repeat('a', 64) WHERE artifact_uri = '/m/0.1.0' RETURNING artifact_uri, frozen_at = now() AS frozen;
ROLLBACK;
-- a client may freeze by hand, also with a time of its own
BEGIN;
UPDATE model_versions SET frozen_at = '2024-05-06Z' WHERE artifact_uri = '/m/0.1.0' RETURNING frozen_at = '2024-05-06Z' AS given;
ROLLBACK;
-- an alias: when it is set, when it moves; renaming it or dropping it changes nothing
BEGIN;
INSERT INTO model_aliases (model_id, alias, version_id) SELECT model_id, 'candidate', version_id FROM model_versions WHERE artifact_uri = '/m/0.1.0';
SELECT frozen_at = now() AS frozen, updated_at = now() AS touched, updated_by = session_user AS by_me FROM model_versions WHERE artifact_uri = '/m/0.1.0';
DELETE FROM model_aliases;
SELECT frozen_at = now() AS frozen FROM model_versions WHERE artifact_uri = '/m/0.1.0';
ROLLBACK;
BEGIN;
INSERT INTO model_versions (model_id, semver, artifact_uri) SELECT model_id, '0.9.0', '/m/0.9.0' FROM models WHERE model_name = 'other';
INSERT INTO model_aliases (model_id, alias, version_id) SELECT model_id, 'candidate', version_id FROM model_versions WHERE artifact_uri = '/m/0.7.0';
SELECT frozen_at = '2024-05-06Z' AS kept FROM model_versions WHERE artifact_uri = '/m/0.7.0';
UPDATE model_aliases SET alias = 'challenger';
SELECT count(*) FILTER (WHERE frozen_at = now() AND semver IN ('0.1.0', '0.9.0')) AS frozen_now FROM model_versions;
UPDATE model_aliases a SET version_id = v.version_id FROM model_versions v WHERE v.artifact_uri = '/m/0.9.0';
SELECT semver, frozen_at = now() AS frozen FROM model_versions WHERE artifact_uri IN ('/m/0.1.0', '/m/0.9.0') ORDER BY semver;
ROLLBACK;
BEGIN;
SELECT alias, semver FROM set_alias('other', 'candidate', '0.1.0');
SELECT frozen_at = now() AS frozen FROM model_versions WHERE artifact_uri = '/m/0.1.0';
ROLLBACK;
-- what does not freeze: words, metrics, files, deletion
BEGIN;
UPDATE model_versions SET description = 'x', performance_metrics = '{"f1": 1}', deleted_at = now() WHERE artifact_uri = '/m/0.1.0' RETURNING frozen_at;
ROLLBACK;

-- A frozen version with all there is, and one with nothing.
INSERT INTO model_versions (model_id, semver, artifact_uri, artifact_size_bytes, checksum_sha256, model_format, framework_version, git_commit, input_schema, output_schema, signature)
SELECT model_id, '1.0.0', '/m/1', 1000, repeat('a', 64), 'paddle-lite', '2.6', 'abcdef0', '{"in": 1}', '{"out": 1}', '{"sig": 1}' FROM models WHERE model_name = 'm';
INSERT INTO model_versions (model_id, semver, artifact_uri) SELECT model_id, v.semver::semver, '/m/' || v.semver FROM models, (VALUES ('2.0.0'), ('3.0.0')) AS v (semver) WHERE model_name = 'm';
INSERT INTO version_files (version_id, path, uri, size_bytes, sha256, media_type, variant) SELECT version_id, 'full.bin', '/m/1/full.bin', 10, repeat('b', 64), 'application/octet-stream', 'cpu' FROM model_versions WHERE semver = '1.0.0';
INSERT INTO version_files (version_id, path) SELECT version_id, p.path FROM model_versions, (VALUES ('bare.bin'), ('second.bin')) AS p (path) WHERE semver IN ('2.0.0', '3.0.0');
UPDATE model_versions SET stage = 'staging' WHERE semver IN ('1.0.0', '2.0.0') RETURNING semver, frozen_at IS NOT NULL AS frozen;

INSERT INTO broken VALUES
    ('version_frozen', $$UPDATE model_versions SET frozen_at = NULL WHERE semver = '1.0.0'$$),
    ('version_frozen', $$UPDATE model_versions SET frozen_at = frozen_at + interval '1 day' WHERE semver = '1.0.0'$$),
    ('version_frozen', $$INSERT INTO model_aliases (model_id, alias, version_id) SELECT model_id, 'a', version_id FROM model_versions WHERE semver = '3.0.0'; DELETE FROM model_aliases; UPDATE model_versions SET frozen_at = NULL WHERE semver = '3.0.0'$$),
    ('version_frozen', $$UPDATE model_versions SET frozen_at = NULL, artifact_uri = '/m/new' WHERE semver = '1.0.0'$$),
    -- the same precedence is not the same version
    ('version_frozen', $$UPDATE model_versions SET semver = '1.0.0+cpu' WHERE semver = '1.0.0'$$),
    ('version_frozen', $$UPDATE model_versions SET semver = '1.0.1' WHERE semver = '1.0.0'$$),
    ('version_frozen', $$UPDATE model_versions SET artifact_uri = '/m/1/' WHERE semver = '1.0.0'$$),
    ('version_frozen', $$UPDATE model_versions SET artifact_uri = 's3://' || repeat('x', 500) WHERE semver = '1.0.0'$$),
    ('version_frozen', $$UPDATE model_versions SET artifact_size_bytes = 1001 WHERE semver = '1.0.0'$$),
    ('version_frozen', $$UPDATE model_versions SET artifact_size_bytes = NULL WHERE semver = '1.0.0'$$),
    ('version_frozen', $$UPDATE model_versions SET artifact_size_bytes = 1 WHERE semver = '2.0.0'; UPDATE model_versions SET artifact_size_bytes = 2 WHERE semver = '2.0.0'$$),
    ('version_frozen', $$UPDATE model_versions SET checksum_sha256 = repeat('c', 64) WHERE semver = '1.0.0'$$),
    ('version_frozen', $$UPDATE model_versions SET checksum_sha256 = NULL WHERE semver = '1.0.0'$$),
    ('version_frozen', $$UPDATE model_versions SET checksum_sha256 = repeat('a', 64) WHERE semver = '2.0.0'; UPDATE model_versions SET checksum_sha256 = NULL WHERE semver = '2.0.0'$$),
    ('version_frozen', $$UPDATE model_versions SET framework = 'onnx' WHERE semver = '1.0.0'$$),
    ('version_frozen', $$UPDATE model_versions SET framework = NULL WHERE semver = '1.0.0'$$),
    ('version_frozen', $$UPDATE model_versions SET framework_version = '2.7' WHERE semver = '1.0.0'$$),
    ('version_frozen', $$UPDATE model_versions SET framework_version = '2.7' WHERE semver = '2.0.0'$$),
    ('version_frozen', $$UPDATE model_versions SET model_format = 'onnx' WHERE semver = '1.0.0'$$),
    ('version_frozen', $$UPDATE model_versions SET model_format = NULL WHERE semver = '1.0.0'$$),
    ('version_frozen', $$UPDATE model_versions SET model_format = 'onnx' WHERE semver = '2.0.0'$$),
    ('version_frozen', $$UPDATE model_versions SET git_commit = 'abcdef1' WHERE semver = '1.0.0'$$),
    ('version_frozen', $$UPDATE model_versions SET git_commit = 'abcdef1' WHERE semver = '2.0.0'$$),
    ('version_frozen', $$UPDATE model_versions SET input_schema = '{"in": 2}' WHERE semver = '1.0.0'$$),
    ('version_frozen', $$UPDATE model_versions SET input_schema = '{}' WHERE semver = '2.0.0'$$),
    ('version_frozen', $$UPDATE model_versions SET output_schema = NULL WHERE semver = '1.0.0'$$),
    ('version_frozen', $$UPDATE model_versions SET output_schema = '{}' WHERE semver = '2.0.0'$$),
    ('version_frozen', $$UPDATE model_versions SET signature = 'null' WHERE semver = '1.0.0'$$),
    ('version_frozen', $$UPDATE model_versions SET signature = '{}' WHERE semver = '2.0.0'$$),
    -- words beside the artifact do not carry it through, nor does the deletion of the version
    ('version_frozen', $$UPDATE model_versions SET description = 'x', deleted_at = now(), artifact_uri = '/m/new' WHERE semver = '1.0.0'$$),
    ('version_frozen', $$UPDATE model_versions SET deleted_at = now() WHERE semver = '1.0.0'; UPDATE model_versions SET artifact_uri = '/m/new' WHERE semver = '1.0.0'$$),
    ('version_frozen', $$INSERT INTO model_versions (model_id, semver, artifact_uri) SELECT model_id, semver, '/m/new' FROM model_versions WHERE semver = '1.0.0' ON CONFLICT (model_id, semver) DO UPDATE SET artifact_uri = excluded.artifact_uri$$),
    -- frozen in this transaction
    ('version_frozen', $$UPDATE model_versions SET stage = 'staging' WHERE semver = '3.0.0'; UPDATE model_versions SET artifact_uri = '/m/new' WHERE semver = '3.0.0'$$),
    ('version_frozen', $$INSERT INTO model_aliases (model_id, alias, version_id) SELECT model_id, 'a', version_id FROM model_versions WHERE semver = '3.0.0'; UPDATE model_versions SET artifact_uri = '/m/new' WHERE semver = '3.0.0'$$),
    -- files
    ('version_frozen', $$INSERT INTO version_files (version_id, path) SELECT version_id, 'new.bin' FROM model_versions WHERE semver = '1.0.0'$$),
    ('version_frozen', $$DELETE FROM version_files WHERE path = 'full.bin'$$),
    ('version_frozen', $$DELETE FROM version_files$$),
    ('version_frozen', $$UPDATE version_files SET path = 'new.bin' WHERE path = 'full.bin'$$),
    ('version_frozen', $$UPDATE version_files SET uri = '/x' WHERE path = 'full.bin'$$),
    ('version_frozen', $$UPDATE version_files SET size_bytes = 11 WHERE path = 'full.bin'$$),
    ('version_frozen', $$UPDATE version_files SET size_bytes = NULL WHERE path = 'full.bin'$$),
    ('version_frozen', $$UPDATE version_files SET sha256 = repeat('c', 64) WHERE path = 'full.bin'$$),
    ('version_frozen', $$UPDATE version_files SET media_type = NULL WHERE path = 'full.bin'$$),
    ('version_frozen', $$UPDATE version_files SET variant = 'cu121' WHERE path = 'full.bin'$$),
    ('version_frozen', $$UPDATE version_files f SET uri = '/x' FROM model_versions v WHERE v.version_id = f.version_id AND v.semver = '2.0.0'$$),
    ('version_frozen', $$UPDATE version_files f SET variant = 'cpu' FROM model_versions v WHERE v.version_id = f.version_id AND v.semver = '2.0.0'$$),
    ('version_frozen', $$UPDATE model_versions SET stage = 'staging' WHERE semver = '3.0.0'; DELETE FROM version_files f USING model_versions v WHERE v.version_id = f.version_id AND v.semver = '3.0.0'$$),
    -- other rules go first
    ('immutable_key', $$UPDATE version_files SET version_id = (SELECT version_id FROM model_versions WHERE semver = '3.0.0') WHERE path = 'full.bin'$$),
    ('valid_framework', $$DELETE FROM frameworks WHERE name = 'paddle'$$),
    ('model_aliases_version_fkey', $$INSERT INTO model_aliases (model_id, alias, version_id) SELECT model_id, 'a', version_id FROM model_versions WHERE semver = '1.0.0'; DELETE FROM model_versions WHERE semver = '1.0.0'$$);
SELECT pg_temp.judge();
SELECT expected, relation, state, count(*) FROM outcome WHERE rule IS NOT DISTINCT FROM expected GROUP BY 1, 2, 3 ORDER BY 1, 2;
SELECT * FROM outcome WHERE rule IS DISTINCT FROM expected ORDER BY expected, statement;
SELECT DISTINCT relation, message, hint FROM outcome WHERE expected = 'version_frozen' ORDER BY 1, 2, 3;
SELECT relation, regexp_replace(detail, '\d{4}-\d\d-\d\d [\d:.+-]+\d', '<time>', 'g') AS detail, count(*) FROM outcome WHERE expected = 'version_frozen' AND detail !~ 'xxx' GROUP BY 1, 2 ORDER BY 1, 2;

-- Every column, in a version that is frozen and full: what changes, and what is refused. A column that comes later is listed until it has a value here.
CREATE TEMP TABLE change_to (column_name text PRIMARY KEY, expression text);
INSERT INTO change_to VALUES
    ('semver', '''4.0.0'''), ('description', '''x'''), ('release_notes', '''x'''), ('stage', '''production'''), ('status', '''validated'''), ('git_commit', '''abcdef1'''), ('git_branch', '''x'''),
    ('git_tag', '''x'''), ('artifact_uri', '''/x'''), ('artifact_size_bytes', '1'), ('checksum_sha256', 'repeat(''c'', 64)'), ('framework', '''onnx'''), ('framework_version', '''x'''),
    ('python_version', '''x'''), ('cuda_version', '''x'''), ('dependencies', '''{"x": 1}'''), ('requirements', '''x'''), ('model_format', '''onnx'''), ('input_schema', '''{}'''), ('output_schema', '''{}'''),
    ('signature', '''{}'''), ('performance_metrics', '''{"x": 1}'''), ('training_metrics', '''{"x": 1}'''), ('benchmark_accuracy', '0.5'), ('benchmark_latency_p50_ms', '1'), ('benchmark_latency_p99_ms', '1'),
    ('benchmark_throughput_qps', '1'), ('benchmark_memory_mb', '1'), ('custom_metadata', '''{"x": 1}'''), ('legal_hold', 'true'), ('legal_hold_reason', '''x'''), ('registered_by', '''x'''), ('registered_at', '''2001-01-01'''),
    ('validated_at', 'now()'), ('validated_by', '''x'''), ('promoted_to_production_at', 'now()'), ('deprecated_at', 'now()'), ('deprecation_reason', '''x'''), ('archived_at', 'now()'), ('frozen_at', 'now()'),
    ('created_at', '''2001-01-01'''), ('created_by', '''x'''), ('deleted_at', 'now()'),
    ('version_id', 'gen_random_uuid()'), ('organization_id', 'gen_random_uuid()'), ('project_id', 'gen_random_uuid()'), ('model_id', 'gen_random_uuid()');
SELECT coalesce(nullif(e.rule, ''), e.message) AS outcome, e.state, string_agg(c.column_name, ' ' ORDER BY c.column_name) AS columns
  FROM change_to c, pg_temp.error_of(format('UPDATE model_versions SET %I = %s WHERE semver = ''1.0.0''', c.column_name, c.expression)) AS e GROUP BY 1, 2 ORDER BY 1;
SELECT attname FROM pg_attribute WHERE attrelid = 'model_versions'::regclass AND attnum > 0 AND NOT attisdropped AND attname NOT IN (SELECT column_name FROM change_to)
   AND attname !~ '_by_user$|^updated_';  -- kept by triggers actor and touch

-- What passes: the same values again, also in another spelling; size and checksum, once; all together
BEGIN;
UPDATE model_versions SET semver = semver, artifact_uri = ' /m/1 ', checksum_sha256 = upper(checksum_sha256), git_commit = 'ABCDEF0', framework = framework, input_schema = '{"in":1}', frozen_at = frozen_at WHERE semver = '1.0.0' RETURNING artifact_uri, git_commit;
-- JSON is compared by what it says
SAVEPOINT json;
INSERT INTO model_versions (model_id, semver, artifact_uri, input_schema, stage) SELECT model_id, '77.0.0', '/m/77', '{"a": 1.0, "b": [1, 2]}', 'staging' FROM models WHERE model_name = 'm';
UPDATE model_versions SET input_schema = '{"b":[1,2.00],"a":1}' WHERE semver = '77.0.0' RETURNING input_schema;
ROLLBACK TO json;
-- what is there already may be inserted once more by who says ON CONFLICT DO NOTHING
INSERT INTO version_files (version_id, path) SELECT version_id, 'full.bin' FROM model_versions WHERE semver = '1.0.0' ON CONFLICT DO NOTHING RETURNING path;
UPDATE version_files SET path = path, sha256 = upper(sha256) || ' ', size_bytes = 10 WHERE path = 'full.bin' RETURNING path, left(sha256, 4) AS sha256;
UPDATE model_versions SET artifact_size_bytes = 5, description = 'measured' WHERE semver = '2.0.0' RETURNING artifact_size_bytes;
UPDATE model_versions SET checksum_sha256 = repeat('d', 64) WHERE semver = '2.0.0' RETURNING artifact_size_bytes, left(checksum_sha256, 4) AS checksum;
UPDATE version_files f SET size_bytes = 7, sha256 = repeat('e', 64) FROM model_versions v WHERE v.version_id = f.version_id AND v.semver = '2.0.0' RETURNING f.path, f.size_bytes, left(f.sha256, 4) AS sha256;
ROLLBACK;
-- soft deletion and restoring
UPDATE model_versions SET deleted_at = now() WHERE semver = '2.0.0' RETURNING frozen_at IS NOT NULL AS frozen;
UPDATE model_versions SET deleted_at = NULL WHERE semver = '2.0.0' RETURNING frozen_at IS NOT NULL AS frozen;
-- a version that is not frozen, files and all
UPDATE model_versions SET artifact_uri = '/m/3', framework = 'onnx', framework_version = '1' WHERE semver = '3.0.0' RETURNING framework;
UPDATE model_versions SET framework = 'paddle' WHERE semver = '3.0.0';
INSERT INTO version_files (version_id, path) SELECT version_id, 'third.bin' FROM model_versions WHERE semver = '3.0.0';
UPDATE version_files SET variant = 'cpu' WHERE path = 'third.bin';
DELETE FROM version_files WHERE path = 'third.bin' RETURNING path;

-- a word of a vocabulary that gets another name gets it in frozen versions too
UPDATE frameworks SET name = 'paddlepaddle' WHERE name = 'paddle';
UPDATE model_formats SET name = 'paddle-mobile' WHERE name = 'paddle-lite';
SELECT v.semver, v.framework, v.model_format, v.frozen_at IS NOT NULL AS frozen FROM model_versions v JOIN models USING (model_id) WHERE model_name = 'm' ORDER BY semver;
-- both words, and back, in one statement and in one transaction
BEGIN;
WITH f AS (UPDATE frameworks SET name = 'p1' WHERE name = 'paddlepaddle') UPDATE model_formats SET name = 'p2' WHERE name = 'paddle-mobile';
UPDATE frameworks SET name = 'paddlepaddle' WHERE name = 'p1';
SELECT DISTINCT v.framework, model_format FROM model_versions v WHERE semver = '1.0.0';
ROLLBACK;

-- deletion: files go with their frozen version, versions with their model, all with their project
BEGIN;
DELETE FROM model_versions WHERE semver = '1.0.0' RETURNING frozen_at IS NOT NULL AS frozen;
SELECT count(*) FROM version_files WHERE path = 'full.bin';
ROLLBACK;
-- nor does the order matter in one statement
BEGIN;
WITH f AS (DELETE FROM version_files WHERE path = 'full.bin') DELETE FROM model_versions WHERE semver = '1.0.0';
SELECT count(*) FROM version_files WHERE path = 'full.bin';
ROLLBACK;
INSERT INTO model_aliases (model_id, alias, version_id) SELECT model_id, 'champion', version_id FROM model_versions WHERE semver = '1.0.0';
BEGIN;
DELETE FROM models WHERE model_name = 'm';
SELECT (SELECT count(*) FROM model_versions JOIN models USING (model_id) WHERE model_name = 'm') AS versions, (SELECT count(*) FROM version_files) AS files, (SELECT count(*) FROM model_aliases) AS aliases;
ROLLBACK;
BEGIN;
DELETE FROM projects WHERE slug = 'default';
SELECT (SELECT count(*) FROM model_versions) AS versions, (SELECT count(*) FROM version_files) AS files, (SELECT count(*) FROM model_aliases) AS aliases;
ROLLBACK;
BEGIN;
DELETE FROM organizations;
SELECT (SELECT count(*) FROM model_versions) AS versions, (SELECT count(*) FROM version_files) AS files, (SELECT count(*) FROM model_aliases) AS aliases;
ROLLBACK;

-- leave a clean registry behind
SELECT uninstall(confirm => 'mlregistry') IS NOT NULL AS uninstalled;
SELECT install() IS NOT NULL AS installed;
