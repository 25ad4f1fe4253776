-- The audit trail says of every change what it must say, and the bytes that it hashes are those that are documented.
--
--   psql -X -f test/pgtap/10_audit.sql <database>
--
-- The database needs the extensions mlregistry and pgtap, nothing else in it, and is UTF-8. Everything is rolled back.
-- What is expected is written here by hand, or computed from rows of the tables themselves, never by the trail.
\set ON_ERROR_STOP on
\set QUIET on
\pset format unaligned
\pset tuples_only on
\pset pager off
BEGIN;
SET LOCAL client_min_messages = warning;
SET LOCAL search_path = public, mlregistry;
SET LOCAL timezone = 'UTC';
SELECT no_plan();

-- ---- tables

-- Audited: type of the entity, its key, where its subject stands, and columns that a row of the trail says already.
CREATE TEMP TABLE audited (table_name text PRIMARY KEY, entity_type text NOT NULL, said text[] NOT NULL, redacted text[] NOT NULL DEFAULT '{}', ignored text[] NOT NULL DEFAULT '{}');
INSERT INTO audited VALUES
    ('organizations',            'organization',   '{organization_id}'),
    ('projects',                 'project',        '{project_id,organization_id}'),
    ('organization_memberships', 'member',         '{membership_id,organization_id,user_id}'),
    ('project_members',          'project_member', '{member_id,organization_id,project_id,user_id}'),
    ('role_access',              'role',           '{organization_id}'),
    ('access_rules',             'access_rule',    '{}'),
    ('resource_quotas',          'quota',          '{quota_id,organization_id}'),
    ('teams',                    'team',           '{team_id,organization_id}'),
    ('tags',                     'tag',            '{tag_id,organization_id}'),
    ('models',                   'model',          '{model_id,organization_id,project_id}'),
    ('model_tags',               'model',          '{model_id,organization_id,project_id}'),
    ('model_versions',           'version',        '{version_id,organization_id,project_id,model_id}'),
    ('version_tags',             'version',        '{version_id,organization_id,project_id}'),
    ('version_files',            'file',           '{file_id,organization_id,project_id}'),
    ('version_signatures',       'signature',      '{signature_id,organization_id,project_id}'),
    ('model_aliases',            'alias',          '{alias_id,organization_id,project_id,model_id}'),
    ('model_metrics',            'metric',         '{metric_id,organization_id,project_id}'),
    ('datasets',                 'dataset',        '{dataset_id,organization_id,project_id}'),
    ('dataset_tags',             'dataset',        '{dataset_id,organization_id,project_id}'),
    ('environments',             'environment',    '{environment_id,organization_id}'),
    ('deployment_tags',          'deployment',     '{deployment_id,organization_id,project_id}'),
    ('approvals',                'approval',       '{approval_id,organization_id,project_id}'),
    ('metric_gates',             'gate',           '{gate_id,organization_id,project_id,model_id}'),
    ('run_datasets',             'run',            '{run_id,organization_id,project_id}'),
    ('version_parents',          'version',        '{version_id,organization_id,project_id}'),
    ('dataset_parents',          'dataset',        '{dataset_id,organization_id,project_id}'),
    ('run_tags',                 'run',            '{run_id,organization_id,project_id}'),
    ('frameworks',               'framework',      '{}'),
    ('model_formats',            'model_format',   '{}'),
    ('storage_formats',          'storage_format', '{}'),
    ('tag_categories',           'tag_category',   '{}'),
    ('gpu_types',                'gpu_type',       '{}');
INSERT INTO audited (table_name, entity_type, said, redacted, ignored) VALUES
    ('experiments',      'experiment', '{experiment_id,organization_id,project_id}', '{}', '{last_run_number}'),
    ('training_runs',    'run',     '{run_id,organization_id,project_id,experiment_id}', '{}', '{run_day}'),
    ('deployments',      'deployment', '{deployment_id,organization_id,project_id,model_id}', '{}',
     '{last_health_check_at,avg_latency_ms,p99_latency_ms,requests_per_second,error_rate_percentage}'),
    ('users',            'user',    '{user_id}', '{}', '{last_login_at}'),
    ('user_credentials', 'user',    '{user_id}', '{password_hash}', '{}'),
    ('api_keys',         'api_key', '{api_key_id,organization_id,user_id}', '{}', '{last_used_at}');
CREATE TEMP TABLE not_audited (table_name text PRIMARY KEY, reason text NOT NULL);
INSERT INTO not_audited VALUES
    ('registry_meta',   'install() and migrate() write what the installation knows of itself; no person does'),
    ('guards',          'counters that rules lock; they say nothing'),
    ('alias_history',   'a history itself: what it tells, the trail tells of model_aliases'),
    ('deployment_history', 'the same, of deployments'),
    ('stage_history',   'the same, of model_versions'),
    ('status_history',  'the same, of what has a status'),
    ('lineage_edges',   'follows from facts, of whose tables the trail tells'),
    ('api_key_secrets', 'the hash of a key, made with the key, of which the trail tells'),
    ('run_metrics',     'append-only and far too many: the table is its own trail'),
    ('audit_logs',      'the trail itself');

SELECT set_eq($$SELECT relation_name FROM registry_relations() WHERE kind = 'table'$$, $$SELECT table_name FROM audited UNION ALL SELECT table_name FROM not_audited$$,
    'every table is audited, or stands on the list of those that need no audit');
SELECT set_eq('SELECT table_name, entity_type, redacted FROM audit_rules() WHERE not_audited IS NULL', 'SELECT table_name, entity_type, redacted FROM audited', 'audit_rules() tells of these');
SELECT set_eq('SELECT table_name FROM audit_rules() WHERE length(not_audited) > 5', 'SELECT table_name FROM not_audited', 'and gives its reasons for the others');
SELECT set_eq($$SELECT tgrelid::regclass::text AS place, tgname::text, tgenabled::text, tgtype, tgoldtable::text, tgnewtable::text FROM pg_trigger WHERE tgfoid = 'mlregistry.trg_audit()'::regprocedure$$,
    -- statement triggers after the event: bits INSERT 4, DELETE 8, UPDATE 16, TRUNCATE 32
    $$SELECT a.table_name, 'mlr_90_audit_' || e.event AS tgname, 'O' AS tgenabled, e.bit::smallint AS tgtype, e.old, e.new
        FROM audited a, (VALUES ('insert', 4, NULL, 'new_rows'), ('delete', 8, 'old_rows', NULL), ('update', 16, 'old_rows', 'new_rows'), ('truncate', 32, NULL, NULL)) AS e (event, bit, old, new)$$,
    'four triggers on every audited table, none elsewhere, none in replicas');
SELECT is_empty('SELECT * FROM audit_logs', 'nothing is told of the first rows of an installation');

-- ---- helpers

-- Identifiers have names here, and the time of the transaction is <now>.
CREATE TEMP TABLE names (id uuid PRIMARY KEY, name text UNIQUE NOT NULL);
INSERT INTO names VALUES ('00000000-0000-0000-0000-000000000000', '-'), ('00000000-0000-8000-8000-000000000001', 'default'), ('00000000-0000-8000-8000-000000000002', 'main');
CREATE FUNCTION pg_temp.id(name text) RETURNS uuid LANGUAGE sql AS $$
    INSERT INTO names VALUES (overlay(overlay(md5($1) placing '4' from 13) placing 'a' from 17)::uuid, $1) ON CONFLICT DO NOTHING;
    SELECT n.id FROM names n WHERE n.name = $1 $$;
CREATE FUNCTION pg_temp.named(t text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    n record;
BEGIN
    FOR n IN SELECT id, name FROM names LOOP
        t := replace(t, n.id::text, n.name);
    END LOOP;
    RETURN replace(t, to_jsonb(now()) #>> '{}', '<now>');
END $$;

-- What is in the audited tables, row by row, under a key that stays.
CREATE FUNCTION pg_temp.contents() RETURNS TABLE (table_name text, key text, content jsonb) LANGUAGE plpgsql AS $$
DECLARE
    query text;
BEGIN
    SELECT string_agg(format('SELECT %L, concat_ws(%L, %s), to_jsonb(t) FROM mlregistry.%I t', c.relname, ' ',
                             (SELECT string_agg(format('t.%I', a.attname), ', ') FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum = ANY (k.conkey)), c.relname), ' UNION ALL ')
      INTO query
      FROM audited a JOIN pg_class c ON c.oid = format('mlregistry.%I', a.table_name)::regclass JOIN pg_constraint k ON k.conrelid = c.oid AND k.contype = 'p';
    RETURN QUERY EXECUTE query;
END $$;

-- What `changes` must be, by the rules: of a new row what holds something and is not said otherwise, of a deleted one
-- likewise, of a changed one what differs.
CREATE FUNCTION pg_temp.difference(of_table text, old jsonb, new jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    rule audited := (SELECT a FROM audited a WHERE a.table_name = of_table);
    who text := mlregistry.current_actor();
    who_id text := mlregistry.current_user_id();
    result jsonb := '{}';
    col text;
    was jsonb;
    is_now jsonb;
BEGIN
    FOR col IN SELECT jsonb_object_keys(coalesce(new, old)) LOOP
        was := nullif(old -> col, 'null');
        is_now := nullif(new -> col, 'null');
        CONTINUE WHEN col IN ('updated_at', 'updated_by') OR col = ANY (rule.ignored);
        IF old IS NULL OR new IS NULL THEN
            CONTINUE WHEN col = ANY (rule.said) OR coalesce(is_now, was) IS NULL OR coalesce(is_now, was) IN ('{}', '[]');
        ELSE
            CONTINUE WHEN was IS NOT DISTINCT FROM is_now;
        END IF;
        -- Who and when, where a row of the trail says it anyway; of an existing row it does not say the old ones.
        CONTINUE WHEN old IS NULL AND (col LIKE '%\_by' AND is_now = to_jsonb(who) OR col LIKE '%\_by\_user' AND is_now = to_jsonb(who_id)
                                       OR col LIKE '%\_at' AND is_now = to_jsonb(now()));
        IF col = ANY (rule.redacted) THEN
            was := CASE WHEN was IS NOT NULL THEN '"***"' END;
            is_now := CASE WHEN is_now IS NOT NULL THEN '"***"' END;
        END IF;
        result := result || jsonb_build_object(col, jsonb_build_array(was, is_now));
    END LOOP;
    IF of_table LIKE '%\_tags' THEN
        result := result || jsonb_build_object('tag', jsonb_build_array((SELECT n.name FROM names n WHERE n.id::text = old ->> 'tag_id'), (SELECT n.name FROM names n WHERE n.id::text = new ->> 'tag_id')));
    ELSIF of_table = 'run_datasets' AND old -> 'dataset_id' IS DISTINCT FROM new -> 'dataset_id' THEN
        result := result || jsonb_build_object('dataset', jsonb_build_array((SELECT d.dataset_name FROM mlregistry.datasets d WHERE d.dataset_id::text = old ->> 'dataset_id'),
                                                                            (SELECT d.dataset_name FROM mlregistry.datasets d WHERE d.dataset_id::text = new ->> 'dataset_id')));
    ELSIF of_table IN ('version_parents', 'dataset_parents') THEN
        result := result || jsonb_build_object('parent', (SELECT jsonb_agg(coalesce((SELECT m.model_name || '@' || v.semver FROM mlregistry.model_versions v JOIN mlregistry.models m USING (model_id) WHERE v.version_id::text = side.row ->> 'parent_version_id'),
                                                                                    (SELECT d.dataset_name FROM mlregistry.datasets d WHERE d.dataset_id::text = side.row ->> 'parent_dataset_id')) ORDER BY side.n)
                                                            FROM (VALUES (1, old), (2, new)) AS side (n, row)));
    ELSIF of_table IN ('model_aliases', 'deployments') AND old -> 'version_id' IS DISTINCT FROM new -> 'version_id' THEN
        result := result || jsonb_build_object('version', jsonb_build_array(split_part((SELECT n.name FROM names n WHERE n.id::text = old ->> 'version_id'), '@', 2),
                                                                            split_part((SELECT n.name FROM names n WHERE n.id::text = new ->> 'version_id'), '@', 2)));
        result := jsonb_set(result, '{version}', (SELECT jsonb_agg(nullif(v, '""')) FROM jsonb_array_elements(result -> 'version') v));
    END IF;
    RETURN nullif(result, '{}');
END $$;

CREATE TEMP TABLE seen (log_id uuid PRIMARY KEY);

-- Lines in an order that is always the same, JSON within them as jsonb writes it.
CREATE FUNCTION pg_temp.expected(t text) RETURNS text LANGUAGE sql AS $$
    SELECT nullif(string_agg(line, E'\n' ORDER BY line COLLATE "C"), '')
      FROM (SELECT CASE WHEN line ~ '{' THEN substring(line from '^[^{]*') || substring(line from '{.*')::jsonb ELSE line END
              FROM string_to_table(regexp_replace(t, E'\n *(?=")', ' ', 'g'), E'\n') AS l (line)) AS l (line) $$;

-- Runs a statement and returns what the trail tells of it, line by line:
--   action entity of subject in organization/project "name" changes
-- and, should it be otherwise than the tables say, which changes are not told and which are told but have not happened.
CREATE FUNCTION pg_temp.told(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    lines text;
    wrong text;
BEGIN
    CREATE TEMP TABLE before AS SELECT * FROM pg_temp.contents();
    EXECUTE statement;
    CREATE TEMP TABLE new_logs AS SELECT * FROM audit_logs a WHERE NOT EXISTS (SELECT FROM seen s WHERE s.log_id = a.log_id);
    INSERT INTO seen SELECT log_id FROM new_logs;
    SELECT string_agg(pg_temp.named(concat_ws(' ', l.action, coalesce(l.entity_id::text, '-'), 'of', coalesce(l.subject_id::text, '-'), 'in',
                                              l.organization_id || '/' || coalesce(l.project_id::text, ''), to_json(l.entity_name), l.changes::jsonb, l.details)), E'\n')
      INTO lines FROM new_logs l;
    WITH real AS (
        SELECT DISTINCT a.entity_type, pg_temp.difference(a.table_name, b.content, n.content) AS changes
          FROM (SELECT * FROM before EXCEPT ALL SELECT * FROM pg_temp.contents()) AS b
          FULL JOIN (SELECT * FROM pg_temp.contents() EXCEPT ALL SELECT * FROM before) AS n ON n.table_name = b.table_name AND n.key = b.key
          JOIN audited a ON a.table_name = coalesce(b.table_name, n.table_name)
    ), told AS (
        SELECT DISTINCT l.entity_type, l.changes::jsonb AS changes FROM new_logs l WHERE l.action NOT LIKE '%.truncate'
    )
    SELECT string_agg(concat_ws(' ', w.what, w.entity_type, pg_temp.named(w.changes::text)), E'\n') INTO wrong
      FROM (SELECT 'not told:' AS what, * FROM (SELECT * FROM real WHERE changes IS NOT NULL EXCEPT SELECT * FROM told) AS r
            UNION ALL
            SELECT 'has not happened:', * FROM (SELECT * FROM told EXCEPT SELECT * FROM real) AS t) AS w;
    DROP TABLE before, new_logs;
    RETURN pg_temp.expected(concat_ws(E'\n', lines, wrong));
END $$;

-- The same with the changes left out: that they are right told() has seen.
CREATE FUNCTION pg_temp.events(statement text) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(CASE WHEN line ~ '^(not told|has not)' THEN line ELSE substring(line from '^[^{]*[^{ ]') END, E'\n' ORDER BY n)
      FROM string_to_table(pg_temp.told(statement), E'\n') WITH ORDINALITY AS l (line, n) $$;

-- Events of several statements that undo each other, of which the tables show nothing in the end.
CREATE FUNCTION pg_temp.names_of(statement text) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(line, E'\n' ORDER BY n) FROM string_to_table(pg_temp.events(statement), E'\n') WITH ORDINALITY AS l (line, n) WHERE line !~ '^(not told|has not happened):' $$;

-- A name in text stands for its identifier: {m}.
CREATE FUNCTION pg_temp.filled(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    m text[];
BEGIN
    FOR m IN SELECT regexp_matches(statement, '{([a-z0-9@.-]+)}', 'g') LOOP
        statement := replace(statement, '{' || m[1] || '}', pg_temp.id(m[1])::text);
    END LOOP;
    RETURN statement;
END $$;
CREATE FUNCTION pg_temp.tells(statement text, expected text, description text) RETURNS text LANGUAGE sql AS $$
    SELECT is(pg_temp.told(pg_temp.filled(statement)), pg_temp.expected(expected), description) $$;
CREATE FUNCTION pg_temp.tells_names(statement text, expected text, description text) RETURNS text LANGUAGE sql AS $$
    SELECT is(pg_temp.names_of(pg_temp.filled(statement)), pg_temp.expected(expected), description) $$;
CREATE FUNCTION pg_temp.tells_events(statement text, expected text, description text) RETURNS text LANGUAGE sql AS $$
    SELECT is(pg_temp.events(pg_temp.filled(statement)), pg_temp.expected(expected), description) $$;

-- ---- models

SELECT pg_temp.tells($$INSERT INTO models (model_id, model_name, framework, created_by, created_at) VALUES ('{m}', 'fraud-detector', 'xgboost', 'importer', '2020-02-29 12:00:00.5+00')$$,
    $$model.create m of m in default/main "fraud-detector" {"model_name": [null, "fraud-detector"], "display_name": [null, "fraud-detector"], "framework": [null, "xgboost"], "risk_level": [null, "medium"],
      "compliance_required": [null, false], "legal_hold": [null, false], "is_active": [null, true], "created_by": [null, "importer"], "created_at": [null, "2020-02-29T12:00:00.5+00:00"]}$$, 'model.create');
SELECT pg_temp.tells($$UPDATE models SET created_by = current_actor(), created_at = now() WHERE model_id = '{m}'$$,
    format('model.update m of m in default/main "fraud-detector" {"created_by": ["importer", %s], "created_at": ["2020-02-29T12:00:00.5+00:00", "<now>"]}', to_json(current_actor())), 'who puts his own name over another one leaves that in the trail');
SELECT pg_temp.tells($$UPDATE models SET created_by = 'importer', created_at = '2020-02-29 12:00:00.5+00' WHERE model_id = '{m}'$$,
    format('model.update m of m in default/main "fraud-detector" {"created_by": [%s, "importer"], "created_at": ["<now>", "2020-02-29T12:00:00.5+00:00"]}', to_json(current_actor())), 'and back');
SELECT pg_temp.tells_events($$INSERT INTO models (model_id, model_name, framework) SELECT pg_temp.id(n), n, 'onnx' FROM unnest('{m2,m3}'::text[]) AS n$$,
    E'model.create m2 of m2 in default/main "m2"\nmodel.create m3 of m3 in default/main "m3"', 'one record for each row of a statement');
SELECT pg_temp.tells($$UPDATE models SET description = 'Finds fraud', metadata = '{"b": [1, 2.50], "a": {}}' WHERE model_id = '{m}'$$,
    $$model.update m of m in default/main "fraud-detector" {"description": [null, "Finds fraud"], "metadata": [{}, {"b": [1, 2.50], "a": {}}]}$$, 'model.update: old and new');
SELECT pg_temp.tells($$UPDATE models SET description = NULL, risk_level = 'high' WHERE model_id = '{m}'$$,
    $$model.update m of m in default/main "fraud-detector" {"description": ["Finds fraud", null], "risk_level": ["medium", "high"]}$$, 'to NULL');
SELECT pg_temp.tells($$UPDATE models SET model_name = 'fraud' WHERE model_id = '{m}'$$,
    $$model.update m of m in default/main "fraud" {"model_name": ["fraud-detector", "fraud"]}$$, 'renamed: found under its new name, the old one is told');
SELECT pg_temp.tells($$UPDATE models SET deleted_at = now() WHERE model_id = '{m}'$$, $$model.soft_delete m of m in default/main "fraud" {"deleted_at": [null, "<now>"]}$$, 'model.soft_delete');
SELECT pg_temp.tells($$UPDATE models SET deleted_at = NULL, description = 'x' WHERE model_id = '{m}'$$,
    $$model.restore m of m in default/main "fraud" {"deleted_at": ["<now>", null], "description": [null, "x"]}$$, 'model.restore, and what else has changed');
SELECT pg_temp.tells($$UPDATE models SET is_active = false, archived_at = '2020-01-01+00', archived_reason = 'old' WHERE model_id = '{m}'$$,
    $$model.archive m of m in default/main "fraud" {"is_active": [true, false], "archived_at": [null, "2020-01-01T00:00:00+00:00"], "archived_reason": [null, "old"]}$$, 'model.archive');
SELECT pg_temp.tells_events($$UPDATE models SET is_active = true, archived_at = NULL, archived_reason = NULL WHERE model_id = '{m}'$$, 'model.unarchive m of m in default/main "fraud"', 'model.unarchive');
SELECT pg_temp.tells($$UPDATE models SET legal_hold = true, legal_hold_reason = 'case 7' WHERE model_id = '{m}'$$,
    $$model.hold m of m in default/main "fraud" {"legal_hold": [false, true], "legal_hold_reason": [null, "case 7"]}$$, 'model.hold');
SELECT pg_temp.tells_events($$UPDATE models SET legal_hold = false, legal_hold_reason = NULL WHERE model_id = '{m}'$$, 'model.release m of m in default/main "fraud"', 'model.release');
SELECT pg_temp.tells($$UPDATE models SET deleted_at = now() WHERE model_id IN ('{m2}', '{m3}')$$,
    E'model.soft_delete m2 of m2 in default/main "m2" {"deleted_at": [null, "<now>"]}\nmodel.soft_delete m3 of m3 in default/main "m3" {"deleted_at": [null, "<now>"]}', 'several rows at once');
SELECT pg_temp.tells($$INSERT INTO models (model_id, model_name, framework, description) VALUES ('{m2}', 'm2', 'onnx', 'x') ON CONFLICT (model_id) DO UPDATE SET description = excluded.description$$,
    $$model.update m2 of m2 in default/main "m2" {"description": [null, "x"]}$$, 'INSERT … ON CONFLICT DO UPDATE of a row that is there: an update, and no create');
SELECT pg_temp.tells($$INSERT INTO models (model_id, model_name, framework) VALUES ('{m2}', 'm2', 'onnx') ON CONFLICT DO NOTHING$$, '', 'ON CONFLICT DO NOTHING: nothing');
SELECT pg_temp.tells_events($$MERGE INTO models m USING (VALUES ('{m2}'::uuid, 'm2'), ('{m3}', 'm3'), ('{m4}', 'm4')) AS s (id, name) ON m.model_id = s.id
    WHEN MATCHED AND s.name = 'm2' THEN DELETE WHEN MATCHED THEN UPDATE SET description = 'merged' WHEN NOT MATCHED THEN INSERT (model_id, model_name, framework) VALUES (s.id, s.name, 'onnx')$$,
    E'model.create m4 of m4 in default/main "m4"\nmodel.update m3 of m3 in default/main "m3"\nmodel.delete m2 of m2 in default/main "m2"', 'MERGE: all three');
SELECT pg_temp.tells_events($$WITH made AS (INSERT INTO models (model_id, model_name, framework) VALUES ('{m5}', 'm5', 'onnx') RETURNING model_id), gone AS (DELETE FROM models WHERE model_id = '{m4}'),
    changed AS (UPDATE models SET description = 'cte' WHERE model_id = '{m}') SELECT FROM made$$, E'model.create m5 of m5 in default/main "m5"\nmodel.delete m4 of m4 in default/main "m4"\nmodel.update m of m in default/main "fraud"',
    'WITH: all three');

-- ---- tags

SELECT pg_temp.tells($$INSERT INTO tags (tag_id, tag_name, tag_category, description) VALUES ('{gold}', 'gold', 'status', 'the best')$$,
    $$tag.create gold of gold in default/ "gold" {"tag_name": [null, "gold"], "tag_category": [null, "status"], "description": [null, "the best"]}$$, 'tag.create');
SELECT pg_temp.tells($$UPDATE tags SET description = 'better' WHERE tag_id = '{gold}'$$, $$tag.update gold of gold in default/ "gold" {"description": ["the best", "better"]}$$, 'tag.update');
SELECT pg_temp.tells($$INSERT INTO model_tags (model_id, tag_id) VALUES ('{m}', '{gold}')$$, $$model.tag m of m in default/main "fraud" {"tag_id": [null, "gold"], "tag": [null, "gold"]}$$, 'model.tag');
SELECT pg_temp.tells_events($$DELETE FROM model_tags$$, 'model.untag m of m in default/main "fraud"', 'model.untag');

-- ---- versions

SELECT pg_temp.tells($$INSERT INTO model_versions (version_id, model_id, semver, artifact_uri) VALUES ('{m@1.4.0}', '{m}', '1.4.0', 's3://m/1.4.0')$$,
    $$version.create m@1.4.0 of m in default/main "fraud@1.4.0" {"semver": [null, "1.4.0"], "stage": [null, "development"], "status": [null, "registered"], "artifact_uri": [null, "s3://m/1.4.0"],
      "framework": [null, "xgboost"], "legal_hold": [null, false]}$$, 'version.create');
SELECT pg_temp.tells_events($$INSERT INTO model_versions (version_id, model_id, semver, artifact_uri) VALUES ('{m@2.0.0-rc.1}', '{m}', '2.0.0-rc.1+build.7', 's3://m/2')$$,
    'version.create m@2.0.0-rc.1 of m in default/main "fraud@2.0.0-rc.1+build.7"', 'the build is part of the name');
SELECT pg_temp.tells($$UPDATE model_versions SET benchmark_accuracy = 0.5, performance_metrics = '{"f1": 0.10}', dependencies = '{"numpy": ">=1"}' WHERE version_id = '{m@1.4.0}'$$,
    $$version.update m@1.4.0 of m in default/main "fraud@1.4.0" {"benchmark_accuracy": [null, 0.5000], "performance_metrics": [{}, {"f1": 0.10}], "dependencies": [{}, {"numpy": ">=1"}]}$$, 'version.update');
SELECT pg_temp.tells_events($$UPDATE model_versions SET semver = '2.0.0-rc.1' WHERE version_id = '{m@2.0.0-rc.1}'$$, 'version.update m@2.0.0-rc.1 of m in default/main "fraud@2.0.0-rc.1"', 'versions that are equal and not the same have changed');
SELECT pg_temp.tells($$UPDATE model_versions SET frozen_at = '2020-01-01+00' WHERE version_id = '{m@2.0.0-rc.1}'$$,
    $$version.freeze m@2.0.0-rc.1 of m in default/main "fraud@2.0.0-rc.1" {"frozen_at": [null, "2020-01-01T00:00:00+00:00"]}$$, 'version.freeze');
SELECT pg_temp.tells_events('UPDATE model_versions SET ' || changes || $$ WHERE version_id = '{m@1.4.0}'$$, format('version.%s m@1.4.0 of m in default/main "fraud@1.4.0"', verb), format('version.%s: %s', verb, changes))
  FROM (SELECT * FROM (VALUES
    (1, 'validate', $$status = 'validated', validated_by = 'somebody', validated_at = '2020-01-01+00'$$),
    (2, 'update', $$validated_by = 'somebody else'$$),
    (3, 'promote', $$stage = 'staging'$$),
    (4, 'promote', $$stage = 'production'$$),
    (5, 'demote', $$stage = 'staging'$$),
    (6, 'demote', $$stage = 'development'$$),
    (7, 'promote', $$stage = 'production'$$),
    (8, 'demote', $$stage = 'development'$$),
    (9, 'deprecate', $$status = 'deprecated', deprecated_at = '2020-01-01+00', deprecation_reason = 'slow'$$),
    (10, 'undeprecate', $$status = 'validated'$$),
    (11, 'archive', $$status = 'archived', stage = 'archived', archived_at = '2020-01-01+00'$$),
    (12, 'unarchive', $$status = 'validated', stage = 'development'$$),
    (13, 'hold', $$legal_hold = true, legal_hold_reason = 'case 7'$$),
    (14, 'release', $$legal_hold = false$$),
    (15, 'soft_delete', $$deleted_at = '2020-01-01+00', status = 'deprecated'$$),
    (16, 'restore', $$deleted_at = NULL, status = 'validated'$$),
    (17, 'promote', $$stage = 'production', status = 'deprecated', description = 'x'$$)) AS v (n, verb, changes) ORDER BY n OFFSET 0) AS v;
SELECT pg_temp.tells($$INSERT INTO version_tags (version_id, tag_id) VALUES ('{m@1.4.0}', '{gold}')$$, $$version.tag m@1.4.0 of m in default/main "fraud@1.4.0" {"tag_id": [null, "gold"], "tag": [null, "gold"]}$$, 'version.tag');
SELECT pg_temp.tells_events($$DELETE FROM version_tags$$, 'version.untag m@1.4.0 of m in default/main "fraud@1.4.0"', 'version.untag');

-- ---- aliases

SELECT pg_temp.tells_events($$INSERT INTO model_versions (version_id, model_id, semver, artifact_uri) VALUES ('{m@1.5.0}', '{m}', '1.5.0', 's3://m/1.5.0')$$, 'version.create m@1.5.0 of m in default/main "fraud@1.5.0"', 'another version');
SELECT pg_temp.tells($$INSERT INTO model_aliases (alias_id, model_id, alias, version_id) VALUES ('{champion}', '{m}', 'champion', '{m@1.4.0}')$$,
    $$alias.set champion of m in default/main "fraud@champion" {"alias": [null, "champion"], "version_id": [null, "m@1.4.0"], "version": [null, "1.4.0"], "protected": [null, false]}$$, 'alias.set');
SELECT pg_temp.tells($$UPDATE model_aliases SET version_id = '{m@1.5.0}' WHERE alias_id = '{champion}'$$,
    $$version.freeze m@1.5.0 of m in default/main "fraud@1.5.0" {"frozen_at": [null, "<now>"]}
alias.move champion of m in default/main "fraud@champion" {"version_id": ["m@1.4.0", "m@1.5.0"], "version": ["1.4.0", "1.5.0"]}$$, 'alias.move, and what it does to the version');
SELECT pg_temp.tells($$UPDATE model_aliases SET protected = true WHERE alias_id = '{champion}'$$, $$alias.protect champion of m in default/main "fraud@champion" {"protected": [false, true]}$$, 'alias.protect');
SELECT pg_temp.tells($$UPDATE model_aliases SET protected = false WHERE alias_id = '{champion}'$$, $$alias.unprotect champion of m in default/main "fraud@champion" {"protected": [true, false]}$$, 'alias.unprotect');
SELECT pg_temp.tells($$UPDATE model_aliases SET alias = 'best' WHERE alias_id = '{champion}'$$, $$alias.update champion of m in default/main "fraud@best" {"alias": ["champion", "best"]}$$, 'alias.update: another name');
SELECT pg_temp.tells($$UPDATE model_aliases SET set_by = 'importer', set_at = '2020-01-01+00' WHERE alias_id = '{champion}'$$,
    format('alias.update champion of m in default/main "fraud@best" {"set_by": [%s, "importer"], "set_at": ["<now>", "2020-01-01T00:00:00+00:00"]}', to_json(current_actor())), 'alias.update: set by somebody else');
SELECT pg_temp.tells($$DELETE FROM model_aliases$$, $$alias.drop champion of m in default/main "fraud@best" {"alias": ["best", null], "version_id": ["m@1.5.0", null], "version": ["1.5.0", null],
    "set_by": ["importer", null], "set_at": ["2020-01-01T00:00:00+00:00", null], "protected": [false, null]}$$, 'alias.drop');

-- ---- files, signatures, metrics

SELECT pg_temp.tells_events($$INSERT INTO model_versions (version_id, model_id, semver, artifact_uri) VALUES ('{m@1.6.0}', '{m}', '1.6.0', 's3://m/1.6.0')$$, 'version.create m@1.6.0 of m in default/main "fraud@1.6.0"', 'a version that is not frozen');
SELECT pg_temp.tells($$INSERT INTO version_files (file_id, version_id, path, size_bytes) VALUES ('{file}', '{m@1.6.0}', 'a/model.ubj', 9223372036854775807)$$,
    $$file.add file of m in default/main "fraud@1.6.0/a/model.ubj" {"version_id": [null, "m@1.6.0"], "path": [null, "a/model.ubj"], "size_bytes": [null, 9223372036854775807]}$$, 'file.add');
SELECT pg_temp.tells($$UPDATE version_files SET path = 'b.ubj', media_type = 'x/y' WHERE file_id = '{file}'$$,
    $$file.update file of m in default/main "fraud@1.6.0/b.ubj" {"path": ["a/model.ubj", "b.ubj"], "media_type": [null, "x/y"]}$$, 'file.update');
SELECT pg_temp.tells_events($$DELETE FROM version_files$$, 'file.remove file of m in default/main "fraud@1.6.0/b.ubj"', 'file.remove');
SELECT pg_temp.tells($$INSERT INTO version_signatures (signature_id, version_id, kind, signer, bundle) VALUES ('{sig}', '{m@1.6.0}', 'sigstore', 'release', '{"a": [1, null]}')$$,
    $$signature.add sig of m in default/main "fraud@1.6.0" {"version_id": [null, "m@1.6.0"], "kind": [null, "sigstore"], "signer": [null, "release"], "bundle": [null, {"a": [1, null]}], "verification": [null, "claimed"]}$$, 'signature.add');
SELECT pg_temp.tells($$UPDATE version_signatures SET verifier = 'x'$$, $$signature.update sig of m in default/main "fraud@1.6.0" {"verifier": [null, "x"]}$$, 'signature.update');
SELECT pg_temp.tells($$UPDATE version_signatures SET verification = 'verified', verified_at = '2020-01-01+00', verifier = 'cosign'$$,
    $$signature.verify sig of m in default/main "fraud@1.6.0" {"verification": ["claimed", "verified"], "verified_at": [null, "2020-01-01T00:00:00+00:00"], "verifier": ["x", "cosign"]}$$, 'signature.verify');
SELECT pg_temp.tells_events($$UPDATE version_signatures SET verification = 'failed'$$, 'signature.update sig of m in default/main "fraud@1.6.0"', 'what has failed is not verified');
-- it goes with its version only
ALTER TABLE version_signatures DISABLE TRIGGER mlr_70_guard;
SELECT pg_temp.tells_events($$DELETE FROM version_signatures$$, 'signature.remove sig of m in default/main "fraud@1.6.0"', 'signature.remove');
ALTER TABLE version_signatures ENABLE TRIGGER mlr_70_guard;
SELECT pg_temp.tells($$INSERT INTO datasets (dataset_id, dataset_name, storage_location, storage_format, partition_keys, storage_size_gb) VALUES ('{d}', 'tx_2025', 's3://d', 'parquet', '{day,"a \"b\", c"}', 12.5)$$,
    $$dataset.create d of d in default/main "tx_2025" {"dataset_name": [null, "tx_2025"], "display_name": [null, "tx_2025"], "storage_location": [null, "s3://d"], "storage_format": [null, "parquet"],
      "partition_keys": [null, ["day", "a \"b\", c"]], "storage_size_gb": [null, 12.500], "contains_pii": [null, false], "data_classification": [null, "internal"], "gdpr_compliant": [null, false]}$$, 'dataset.create');
SELECT pg_temp.tells($$INSERT INTO model_metrics (metric_id, version_id, metric_name, metric_value, dataset_id) VALUES ('{metric}', '{m@1.6.0}', 'accuracy', 0.1, '{d}')$$,
    $$metric.record metric of m in default/main "fraud@1.6.0" {"version_id": [null, "m@1.6.0"], "metric_name": [null, "accuracy"], "metric_value": [null, 0.1], "dataset_split": [null, "test"], "dataset_id": [null, "d"]}$$, 'metric.record');
SELECT pg_temp.tells(format($$UPDATE model_metrics SET metric_value = %L$$, new), format('metric.update metric of m in default/main "fraud@1.6.0" {"metric_value": [%s, %s]}', old_json, new_json), 'metric.update: ' || new)
  FROM (SELECT * FROM (VALUES (1, 'NaN', '0.1', '"NaN"'), (2, 'Infinity', '"NaN"', '"Infinity"'), (3, '-Infinity', '"Infinity"', '"-Infinity"'), (4, '0.30000000000000004', '"-Infinity"', '0.30000000000000004'),
                              (5, '1e300', '0.30000000000000004', '1e300'), (6, '5e-324', '1e300', '5e-324')) AS v (n, new, old_json, new_json) ORDER BY n OFFSET 0) AS v;
SELECT pg_temp.tells_events($$DELETE FROM model_metrics$$, 'metric.delete metric of m in default/main "fraud@1.6.0"', 'metric.delete');

SELECT pg_temp.tells($$INSERT INTO version_parents (version_id, parent_version_id, relation, notes) VALUES ('{m@1.6.0}', '{m@1.4.0}', 'fine-tuned-from', 'two epochs')$$,
    $$version.add_parent m@1.6.0 of m in default/main "fraud@1.6.0" {"parent_version_id": [null, "m@1.4.0"], "relation": [null, "fine-tuned-from"], "notes": [null, "two epochs"], "parent": [null, "fraud@1.4.0"]}$$, 'version.add_parent: the parent is frozen already');
SELECT pg_temp.tells($$DELETE FROM version_parents$$,
    format($$version.remove_parent m@1.6.0 of m in default/main "fraud@1.6.0" {"parent_version_id": ["m@1.4.0", null], "relation": ["fine-tuned-from", null], "notes": ["two epochs", null], "parent": ["fraud@1.4.0", null], "created_at": ["<now>", null], "created_by": [%s, null]}$$, to_json(current_actor())), 'version.remove_parent');

-- ---- datasets

SELECT pg_temp.tells($$UPDATE datasets SET partition_keys = '{}', row_count = 12, null_percentage = 1.5$$,
    $$dataset.update d of d in default/main "tx_2025" {"partition_keys": [["day", "a \"b\", c"], []], "row_count": [null, 12], "null_percentage": [null, 1.50]}$$, 'dataset.update: arrays, numbers with their scale');
SELECT pg_temp.tells($$UPDATE datasets SET last_updated_at = 'infinity'$$, $$dataset.update d of d in default/main "tx_2025" {"last_updated_at": [null, "infinity"]}$$, 'infinity');
SELECT pg_temp.tells($$UPDATE datasets SET last_updated_at = '0044-03-15 12:00+00 BC'$$, $$dataset.update d of d in default/main "tx_2025" {"last_updated_at": ["infinity", "0044-03-15T12:00:00+00:00 BC"]}$$, 'before Christ');
SELECT pg_temp.tells($$UPDATE datasets SET last_updated_at = '-infinity'$$, $$dataset.update d of d in default/main "tx_2025" {"last_updated_at": ["0044-03-15T12:00:00+00:00 BC", "-infinity"]}$$, '-infinity');
SELECT pg_temp.tells($$UPDATE datasets SET last_updated_at = '12026-01-01 00:00:00.000001+05:30'$$, $$dataset.update d of d in default/main "tx_2025" {"last_updated_at": ["-infinity", "12025-12-31T18:30:00.000001+00:00"]}$$, 'times to the microsecond, in UTC');
SELECT pg_temp.tells($$UPDATE datasets SET last_updated_at = now()$$, $$dataset.update d of d in default/main "tx_2025" {"last_updated_at": ["12025-12-31T18:30:00.000001+00:00", "<now>"]}$$, 'a time that goes with nobody is told, also where it is now');
SELECT pg_temp.tells_events($$INSERT INTO dataset_tags (dataset_id, tag_id) VALUES ('{d}', '{gold}')$$, 'dataset.tag d of d in default/main "tx_2025"', 'dataset.tag');
SELECT pg_temp.tells_events($$DELETE FROM dataset_tags$$, 'dataset.untag d of d in default/main "tx_2025"', 'dataset.untag');
SELECT pg_temp.tells_events($$INSERT INTO datasets (dataset_id, dataset_name, storage_location, storage_format) VALUES ('{raw}', 'raw_2025', 's3://raw', 'csv')$$, 'dataset.create raw of raw in default/main "raw_2025"', 'what it is derived from');
SELECT pg_temp.tells($$INSERT INTO dataset_parents (dataset_id, parent_dataset_id, transformation) VALUES ('{d}', '{raw}', 'deduplicated')$$,
    $$dataset.add_parent d of d in default/main "tx_2025" {"parent_dataset_id": [null, "raw"], "transformation": [null, "deduplicated"], "parent": [null, "raw_2025"]}$$, 'dataset.add_parent');
SELECT pg_temp.tells_events($$DELETE FROM dataset_parents$$, 'dataset.remove_parent d of d in default/main "tx_2025"', 'dataset.remove_parent');
SELECT pg_temp.tells_events($$DELETE FROM datasets WHERE dataset_id = '{raw}'$$, 'dataset.delete raw of raw in default/main "raw_2025"', 'and what nothing is derived from any more goes');
SELECT pg_temp.tells_events($$UPDATE datasets SET deleted_at = now()$$, 'dataset.soft_delete d of d in default/main "tx_2025"', 'dataset.soft_delete');
SELECT pg_temp.tells_events($$UPDATE datasets SET deleted_at = NULL$$, 'dataset.restore d of d in default/main "tx_2025"', 'dataset.restore');
-- ---- training

SELECT pg_temp.tells($$INSERT INTO experiments (experiment_id, experiment_name, config) VALUES ('{e}', 'Base line', '{"seed": 1}')$$,
    $$experiment.create e of e in default/main "Base line" {"experiment_name": [null, "Base line"], "status": [null, "running"], "config": [null, {"seed": 1}], "allow_repeat_runs": [null, true]}$$, 'experiment.create');
SELECT pg_temp.tells($$INSERT INTO training_runs (run_id, experiment_id, hyperparameters, accuracy) VALUES ('{r}', '{e}', '{"lr": 0.10}', 0.5)$$,
    $$run.queue r of e in default/main "Base line#1" {"run_number": [null, 1], "status": [null, "queued"], "hyperparameters": [null, {"lr": 0.10}], "accuracy": [null, 0.5000], "gpu_count": [null, 0], "gpu_hours": [null, 0.00],
      "cpu_hours": [null, 0.00], "once_per_day": [null, false]}$$, 'run.queue, found under the experiment; its number is no event of that');
SELECT pg_temp.tells_events($$INSERT INTO training_runs (run_id, experiment_id, dataset_id) SELECT pg_temp.id(n), '{e}', '{d}' FROM unnest('{r2,r3,r4}'::text[]) AS n$$,
    E'run.queue r2 of e in default/main "Base line#2"\nrun.queue r3 of e in default/main "Base line#3"\nrun.queue r4 of e in default/main "Base line#4"'
    '\nrun.add_dataset r2 of e in default/main "Base line#2"\nrun.add_dataset r3 of e in default/main "Base line#3"\nrun.add_dataset r4 of e in default/main "Base line#4"', 'several, each with its dataset');
SELECT pg_temp.tells($$UPDATE training_runs SET status = 'running', started_at = queued_at WHERE run_id = '{r}'$$, 'run.start r of e in default/main "Base line#1" {"status": ["queued", "running"], "started_at": [null, "<now>"]}', 'run.start');
SELECT pg_temp.tells($$UPDATE training_runs SET status = 'succeeded', completed_at = started_at + interval '1 second', precision_score = 0.5, recall_score = 0.5 WHERE run_id = '{r}'$$,
    format('run.succeed r of e in default/main "Base line#1" {"status": ["running", "succeeded"], "precision_score": [null, 0.5000], "recall_score": [null, 0.5000], "f1_score": [null, 0.5000], "duration_seconds": [null, 1.000], "completed_at": [null, %s]}',
           to_jsonb(now() + interval '1 second')), 'run.succeed, with what follows from it');
SELECT pg_temp.tells_events($$UPDATE training_runs SET status = 'failed' WHERE run_id = '{r2}'$$, 'run.fail r2 of e in default/main "Base line#2"', 'run.fail');
SELECT pg_temp.tells_events($$UPDATE training_runs SET status = 'cancelled' WHERE run_id = '{r3}'$$, 'run.cancel r3 of e in default/main "Base line#3"', 'run.cancel');
SELECT pg_temp.tells_events($$UPDATE training_runs SET status = 'timeout' WHERE run_id = '{r4}'$$, 'run.timeout r4 of e in default/main "Base line#4"', 'run.timeout');
SELECT pg_temp.tells($$UPDATE training_runs SET notes = 'good', gpu_hours = 1.5 WHERE run_id = '{r}'$$, 'run.update r of e in default/main "Base line#1" {"notes": [null, "good"], "gpu_hours": [0.00, 1.50]}', 'run.update: finished runs too');
SELECT pg_temp.tells($$INSERT INTO run_datasets (run_id, dataset_id, dataset_role) VALUES ('{r}', '{d}', 'test')$$,
    'run.add_dataset r of e in default/main "Base line#1" {"dataset_id": [null, "d"], "dataset_role": [null, "test"], "dataset": [null, "tx_2025"]}', 'run.add_dataset');
SELECT pg_temp.tells($$UPDATE run_datasets SET row_count = 7 WHERE dataset_role = 'test'$$, 'run.update_dataset r of e in default/main "Base line#1" {"row_count": [null, 7]}', 'run.update_dataset');
SELECT pg_temp.tells_events($$DELETE FROM run_datasets WHERE dataset_role = 'test'$$, 'run.remove_dataset r of e in default/main "Base line#1"', 'run.remove_dataset');
SELECT pg_temp.tells($$INSERT INTO run_tags (run_id, tag_id) VALUES ('{r}', '{gold}')$$, 'run.tag r of e in default/main "Base line#1" {"tag_id": [null, "gold"], "tag": [null, "gold"]}', 'run.tag');
SELECT pg_temp.tells_events($$DELETE FROM run_tags$$, 'run.untag r of e in default/main "Base line#1"', 'run.untag');
SELECT pg_temp.tells_events($$UPDATE training_runs SET deleted_at = now() WHERE run_id = '{r}'$$, 'run.soft_delete r of e in default/main "Base line#1"', 'run.soft_delete');
SELECT pg_temp.tells_events($$UPDATE training_runs SET deleted_at = NULL WHERE run_id = '{r}'$$, 'run.restore r of e in default/main "Base line#1"', 'run.restore');
SELECT pg_temp.tells($$INSERT INTO run_metrics (organization_id, project_id, run_id, metric_name, value) VALUES ('{default}', '{main}', '{r}', 'loss', 1)$$, NULL, 'metrics are their own trail');
SELECT pg_temp.tells_events($$UPDATE experiments SET status = 'completed'$$, 'experiment.complete e of e in default/main "Base line"', 'experiment.complete');
SELECT pg_temp.tells_events($$UPDATE experiments SET status = 'running'$$, 'experiment.reopen e of e in default/main "Base line"', 'experiment.reopen');
SELECT pg_temp.tells_events($$UPDATE experiments SET status = 'failed'$$, 'experiment.fail e of e in default/main "Base line"', 'experiment.fail');
SELECT pg_temp.tells_events($$UPDATE experiments SET status = 'running'$$, 'experiment.reopen e of e in default/main "Base line"', 'experiment.reopen after that');
SELECT pg_temp.tells_events($$UPDATE experiments SET status = 'cancelled'$$, 'experiment.cancel e of e in default/main "Base line"', 'experiment.cancel');
SELECT pg_temp.tells($$UPDATE experiments SET description = 'x'$$, 'experiment.update e of e in default/main "Base line" {"description": [null, "x"]}', 'experiment.update');
SELECT pg_temp.tells_events($$UPDATE experiments SET deleted_at = now()$$, 'experiment.soft_delete e of e in default/main "Base line"', 'experiment.soft_delete');
SELECT pg_temp.tells_events($$UPDATE experiments SET deleted_at = NULL$$, 'experiment.restore e of e in default/main "Base line"', 'experiment.restore');
SELECT pg_temp.tells_events($$DELETE FROM training_runs WHERE run_id = '{r2}'$$, E'run.delete r2 of e in default/main "Base line#2"\nrun.remove_dataset r2 of e in default/main "Base line#2"', 'run.delete, and what goes with it');
SELECT pg_temp.tells_events($$DELETE FROM experiments$$, E'experiment.delete e of e in default/main "Base line"\nrun.delete r of e in default/main "Base line#1"\nrun.delete r3 of e in default/main "Base line#3"'
    '\nrun.delete r4 of e in default/main "Base line#4"\nrun.remove_dataset r3 of e in default/main "Base line#3"\nrun.remove_dataset r4 of e in default/main "Base line#4"', 'experiment.delete, with all its runs by their names');
SELECT pg_temp.tells_events($$DELETE FROM datasets$$, 'dataset.delete d of d in default/main "tx_2025"', 'dataset.delete');

-- ---- lifecycle and governance

SELECT pg_temp.tells($$INSERT INTO environments (environment_id, environment_name, environment_type, region) VALUES ('{env}', 'prod-us', 'production', 'us-east-1')$$,
    $$environment.create env of env in default/ "prod-us" {"environment_name": [null, "prod-us"], "environment_type": [null, "production"], "region": [null, "us-east-1"], "priority": [null, 0], "requires_approval": [null, false], "is_active": [null, true]}$$, 'environment.create');
SELECT pg_temp.tells($$UPDATE environments SET requires_approval = true, priority = 4$$, $$environment.require_approval env of env in default/ "prod-us" {"requires_approval": [false, true], "priority": [0, 4]}$$, 'environment.require_approval');
SELECT pg_temp.tells_events($$UPDATE environments SET requires_approval = false$$, 'environment.waive_approval env of env in default/ "prod-us"', 'environment.waive_approval');
SELECT pg_temp.tells_events($$UPDATE environments SET is_active = false$$, 'environment.deactivate env of env in default/ "prod-us"', 'environment.deactivate');
SELECT pg_temp.tells_events($$UPDATE environments SET is_active = true$$, 'environment.activate env of env in default/ "prod-us"', 'environment.activate');
SELECT pg_temp.tells($$UPDATE environments SET required_approval_types = '{security,legal}'$$, $$environment.update env of env in default/ "prod-us" {"required_approval_types": [[], ["security", "legal"]]}$$, 'environment.update');
SELECT pg_temp.tells($$INSERT INTO deployments (deployment_id, version_id, environment_id, deployment_name) VALUES ('{dep}', '{m@1.6.0}', '{env}', 'api')$$,
    $$deployment.deploy dep of m in default/main "prod-us/api" {"version_id": [null, "m@1.6.0"], "environment_id": [null, "env"], "deployment_name": [null, "api"], "deployment_type": [null, "rolling"], "health_check_path": [null, "/health"],
      "replicas": [null, 1], "traffic_percentage": [null, 100.00], "status": [null, "pending"], "health_status": [null, "unknown"], "gpu_count": [null, 0], "autoscaling_enabled": [null, false], "min_replicas": [null, 1], "max_replicas": [null, 10], "version": [null, "1.6.0"]}
version.freeze m@1.6.0 of m in default/main "fraud@1.6.0" {"frozen_at": [null, "<now>"]}$$,
    'deployment.deploy, found under the model, named as references name it');
SELECT pg_temp.tells_events(format('UPDATE deployments SET status = %L WHERE deployment_id = ''{dep}''', status), concat_ws(E'\n', format('deployment.%s dep of m in default/main "prod-us/api"', verb), 'version.' || also || ' m@1.6.0 of m in default/main "fraud@1.6.0"'), 'deployment.' || verb || ' (' || status || ')')
  FROM (VALUES (1, 'deploying', 'roll_out', NULL), (2, 'active', 'activate', 'deploy'), (3, 'degraded', 'degrade', NULL), (4, 'failed', 'fail', 'undeploy'), (5, 'deactivated', 'deactivate', NULL), (6, 'active', 'activate', 'deploy')) AS v (n, status, verb, also) ORDER BY n;
SELECT pg_temp.tells($$UPDATE deployments SET traffic_percentage = 50, replicas = 3$$, $$deployment.traffic dep of m in default/main "prod-us/api" {"traffic_percentage": [100.00, 50.00], "replicas": [1, 3]}$$, 'deployment.traffic');
SELECT pg_temp.tells($$UPDATE deployments SET replicas = 4, avg_latency_ms = 7$$, $$deployment.scale dep of m in default/main "prod-us/api" {"replicas": [3, 4]}$$, 'deployment.scale');
SELECT pg_temp.tells($$UPDATE deployments SET avg_latency_ms = 8, p99_latency_ms = 9, requests_per_second = 1, error_rate_percentage = 2, last_health_check_at = now()$$, NULL, 'what a probe measures is no event');
SELECT pg_temp.tells($$UPDATE deployments SET endpoint_url = 'https://x.example'$$, $$deployment.update dep of m in default/main "prod-us/api" {"endpoint_url": [null, "https://x.example"]}$$, 'deployment.update');
SET LOCAL mlregistry.force = on; -- 1.4.0 is deprecated
SELECT pg_temp.tells($$UPDATE deployments SET version_id = '{m@1.4.0}'$$, $$deployment.move dep of m in default/main "prod-us/api" {"version_id": ["m@1.6.0", "m@1.4.0"], "version": ["1.6.0", "1.4.0"]}
version.undeploy m@1.6.0 of m in default/main "fraud@1.6.0" {"status": ["deployed", "registered"]}$$, 'deployment.move: another version');
RESET mlregistry.force;
SELECT pg_temp.tells_events($$SET LOCAL mlregistry.deployment_action = 'rollback'; UPDATE deployments SET version_id = '{m@1.6.0}'; SET LOCAL mlregistry.deployment_action = ''$$, E'deployment.rollback dep of m in default/main "prod-us/api"\nversion.deploy m@1.6.0 of m in default/main "fraud@1.6.0"', 'deployment.rollback');
SELECT pg_temp.tells_events($$SELECT correct_version('{m@1.6.0}'::uuid, 'typing error', '{"artifact_uri": "s3://put/right"}')$$, 'version.correct m@1.6.0 of m in default/main "fraud@1.6.0"', 'version.correct');
SELECT pg_temp.tells($$INSERT INTO deployment_tags (deployment_id, tag_id) VALUES ('{dep}', '{gold}')$$, 'deployment.tag dep of m in default/main "prod-us/api" {"tag_id": [null, "gold"], "tag": [null, "gold"]}', 'deployment.tag');
SELECT pg_temp.tells_events($$DELETE FROM deployment_tags$$, 'deployment.untag dep of m in default/main "prod-us/api"', 'deployment.untag');
SELECT pg_temp.tells_events($$UPDATE deployments SET status = 'terminating'$$, E'deployment.terminate dep of m in default/main "prod-us/api"\nversion.undeploy m@1.6.0 of m in default/main "fraud@1.6.0"', 'deployment.terminate');
SELECT pg_temp.tells_events($$UPDATE deployments SET status = 'terminated'$$, 'deployment.terminate dep of m in default/main "prod-us/api"', 'deployment.terminate, at its end');
SELECT pg_temp.tells_events($$UPDATE deployments SET deleted_at = now()$$, 'deployment.soft_delete dep of m in default/main "prod-us/api"', 'deployment.soft_delete');
SELECT pg_temp.tells_events($$UPDATE deployments SET deleted_at = NULL$$, 'deployment.restore dep of m in default/main "prod-us/api"', 'deployment.restore');
SELECT pg_temp.tells($$INSERT INTO approvals (approval_id, version_id, approval_type, deployment_id, requested_by) VALUES ('{a1}', '{m@1.6.0}', 'security', '{dep}', 'anna')$$,
    $$approval.request a1 of m in default/main "fraud@1.6.0/security" {"version_id": [null, "m@1.6.0"], "deployment_id": [null, "dep"], "approval_type": [null, "security"], "approval_status": [null, "pending"], "requested_by": [null, "anna"]}$$, 'approval.request, found under the model');
SELECT pg_temp.tells_events($$UPDATE approvals SET approval_status = 'approved', review_notes = 'fine' WHERE approval_id = '{a1}'$$, 'approval.approve a1 of m in default/main "fraud@1.6.0/security"', 'approval.approve');
SELECT pg_temp.tells_events($$INSERT INTO approvals (approval_id, version_id, approval_type, requested_by) SELECT pg_temp.id(a), '{m@1.6.0}', t, 'anna' FROM (VALUES ('a2', 'legal'), ('a3', 'business'), ('a4', 'technical'), ('a5', 'compliance')) AS v (a, t)$$,
    E'approval.request a2 of m in default/main "fraud@1.6.0/legal"\napproval.request a3 of m in default/main "fraud@1.6.0/business"\napproval.request a4 of m in default/main "fraud@1.6.0/technical"\napproval.request a5 of m in default/main "fraud@1.6.0/compliance"', 'several');
SELECT pg_temp.tells_events($$UPDATE approvals SET approval_status = 'rejected' WHERE approval_id = '{a2}'$$, 'approval.reject a2 of m in default/main "fraud@1.6.0/legal"', 'approval.reject');
SELECT pg_temp.tells_events($$UPDATE approvals SET approval_status = 'cancelled' WHERE approval_id = '{a3}'$$, 'approval.cancel a3 of m in default/main "fraud@1.6.0/business"', 'approval.cancel');
SELECT pg_temp.tells_events($$UPDATE approvals SET approval_status = 'superseded', superseded_by = '{a1}' WHERE approval_id = '{a2}'$$, 'approval.supersede a2 of m in default/main "fraud@1.6.0/legal"', 'approval.supersede');
SELECT pg_temp.tells($$UPDATE approvals SET risk_assessment = 'none' WHERE approval_id = '{a4}'$$, 'approval.update a4 of m in default/main "fraud@1.6.0/technical" {"risk_assessment": [null, "none"]}', 'approval.update');
SELECT pg_temp.tells($$UPDATE approvals SET approval_status = 'expired' WHERE approval_id = '{a4}'$$, 'approval.expire a4 of m in default/main "fraud@1.6.0/technical" {"approval_status": ["pending", "expired"]}', 'approval.expire');
SELECT pg_temp.tells($$INSERT INTO metric_gates (gate_id, model_id, metric_name, comparison, threshold) VALUES ('{gate}', '{m}', 'accuracy', '>=', 0.9)$$,
    $$gate.create gate of m in default/main "accuracy" {"metric_name": [null, "accuracy"], "dataset_split": [null, "test"], "comparison": [null, ">="], "threshold": [null, 0.9], "target_stage": [null, "production"], "is_active": [null, true]}$$, 'gate.create');
SELECT pg_temp.tells($$UPDATE metric_gates SET threshold = 0.95$$, $$gate.update gate of m in default/main "accuracy" {"threshold": [0.9, 0.95]}$$, 'gate.update');
SELECT pg_temp.tells_events($$UPDATE metric_gates SET is_active = false$$, 'gate.disable gate of m in default/main "accuracy"', 'gate.disable');
SELECT pg_temp.tells_events($$UPDATE metric_gates SET is_active = true$$, 'gate.enable gate of m in default/main "accuracy"', 'gate.enable');
SELECT pg_temp.tells_events($$DELETE FROM metric_gates$$, 'gate.delete gate of m in default/main "accuracy"', 'gate.delete');
SELECT pg_temp.tells_events($$DELETE FROM deployments$$, E'approval.expire a1 of m in default/main "fraud@1.6.0/security"\ndeployment.delete dep of m in default/main "prod-us/api"', 'deployment.delete, and the approval that was for it');
-- Its files are written to below.
SET LOCAL session_replication_role = replica;
UPDATE model_versions SET frozen_at = NULL WHERE semver = '1.6.0';
SET LOCAL session_replication_role = origin;
SELECT pg_temp.tells_events($$DELETE FROM approvals$$, E'approval.delete a1 of m in default/main "fraud@1.6.0/security"\napproval.delete a2 of m in default/main "fraud@1.6.0/legal"\napproval.delete a3 of m in default/main "fraud@1.6.0/business"'
    '\napproval.delete a4 of m in default/main "fraud@1.6.0/technical"\napproval.delete a5 of m in default/main "fraud@1.6.0/compliance"', 'approval.delete');
SELECT pg_temp.tells_events($$DELETE FROM environments$$, 'environment.delete env of env in default/ "prod-us"', 'environment.delete');

-- ---- teams, quotas, projects, organizations

SELECT pg_temp.tells($$INSERT INTO teams (team_id, team_name, team_email) VALUES ('{team}', 'vision', 'v@x.example')$$, $$team.create team of team in default/ "vision" {"team_name": [null, "vision"], "team_email": [null, "v@x.example"], "active": [null, true]}$$, 'team.create');
SELECT pg_temp.tells($$UPDATE teams SET active = false$$, $$team.update team of team in default/ "vision" {"active": [true, false]}$$, 'team.update');
SELECT pg_temp.tells_events($$UPDATE models SET team_id = '{team}' WHERE model_id = '{m}'$$, 'model.update m of m in default/main "fraud"', 'a model of the team');
SELECT pg_temp.tells($$DELETE FROM teams$$, $$team.delete team of team in default/ "vision" {"team_name": ["vision", null], "team_email": ["v@x.example", null], "active": [false, null], "created_at": ["<now>", null], "created_by": [$$ || to_json(current_actor()) || $$, null]}
model.update m of m in default/main "fraud" {"team_id": ["team", null]}$$, 'team.delete, and what its foreign keys do');
SELECT pg_temp.tells($$INSERT INTO resource_quotas (quota_id, scope, gpu_hours_limit) VALUES ('{quota}', 'organization', 100)$$,
    $$quota.create quota of quota in default/ "organization" {"scope": [null, "organization"], "period": [null, "month"], "gpu_hours_limit": [null, 100.00], "enforcement": [null, "warn"], "is_active": [null, true]}$$, 'quota.create');
SELECT pg_temp.tells($$UPDATE resource_quotas SET gpu_hours_limit = NULL, cost_limit_usd = 9999999999.99$$, $$quota.update quota of quota in default/ "organization" {"gpu_hours_limit": [100.00, null], "cost_limit_usd": [null, 9999999999.99]}$$, 'quota.update');
SELECT pg_temp.tells_events($$DELETE FROM resource_quotas$$, 'quota.delete quota of quota in default/ "organization"', 'quota.delete');
SELECT pg_temp.tells($$INSERT INTO organizations (organization_id, name, slug) VALUES ('{acme}', 'Acme', 'acme')$$,
    $$organization.create acme of acme in acme/ "acme" {"name": [null, "Acme"], "slug": [null, "acme"], "subscription_plan": [null, "starter"], "subscription_status": [null, "active"]}$$, 'organization.create: in itself');
SELECT pg_temp.tells($$UPDATE organizations SET max_users = 7, settings = '{"a": 1}' WHERE slug = 'acme'$$, $$organization.update acme of acme in acme/ "acme" {"max_users": [null, 7], "settings": [{}, {"a": 1}]}$$, 'organization.update');
SELECT pg_temp.tells_events($$UPDATE organizations SET subscription_status = 'suspended' WHERE slug = 'acme'$$, 'organization.suspend acme of acme in acme/ "acme"', 'organization.suspend');
SELECT pg_temp.tells_events($$UPDATE organizations SET subscription_status = 'active' WHERE slug = 'acme'$$, 'organization.reactivate acme of acme in acme/ "acme"', 'organization.reactivate');
SELECT pg_temp.tells_events($$UPDATE organizations SET deleted_at = now() WHERE slug = 'acme'$$, 'organization.soft_delete acme of acme in acme/ "acme"', 'organization.soft_delete');
SELECT pg_temp.tells_events($$UPDATE organizations SET deleted_at = NULL WHERE slug = 'acme'$$, 'organization.restore acme of acme in acme/ "acme"', 'organization.restore');
SELECT pg_temp.tells($$INSERT INTO projects (project_id, organization_id, name, slug, protected_stages) VALUES ('{lab}', '{acme}', 'Lab', 'lab', ARRAY['production'])$$,
    $$project.create lab of lab in acme/lab "lab" {"name": [null, "Lab"], "slug": [null, "lab"], "visibility": [null, "private"], "protected_stages": [null, ["production"]]}$$, 'project.create');
SELECT pg_temp.tells_events($$UPDATE projects SET name = 'Labs' WHERE slug = 'lab'$$, 'project.update lab of lab in acme/lab "lab"', 'project.update');
SELECT pg_temp.tells($$UPDATE projects SET visibility = 'public' WHERE slug = 'lab'$$, $$project.change_visibility lab of lab in acme/lab "lab" {"visibility": ["private", "public"]}$$, 'project.change_visibility');
SELECT pg_temp.tells_events($$UPDATE projects SET deleted_at = now() WHERE slug = 'lab'$$, 'project.soft_delete lab of lab in acme/lab "lab"', 'project.soft_delete');
SELECT pg_temp.tells_events($$UPDATE projects SET deleted_at = NULL WHERE slug = 'lab'$$, 'project.restore lab of lab in acme/lab "lab"', 'project.restore');

-- ---- people and keys

-- Where a user is a member of nothing, the trail tells it in the organization that the session works in, or in none.
SET LOCAL mlregistry.organization = 'default';
SELECT pg_temp.tells($$INSERT INTO users (user_id, email) VALUES ('{ana}', 'ana@acme.example')$$,
    $$user.create ana of ana in default/ "ana@acme.example" {"email": [null, "ana@acme.example"], "first_name": [null, ""], "last_name": [null, ""], "is_active": [null, true], "is_verified": [null, false]}$$, 'user.create, in the current organization');
SET LOCAL mlregistry.organization = '';
SELECT pg_temp.tells_events($$INSERT INTO users (user_id, email) VALUES ('{bob}', 'bob@acme.example')$$, 'user.create bob of bob in -/ "bob@acme.example"', 'and in none where there are several');
SELECT pg_temp.tells($$INSERT INTO organization_memberships (membership_id, organization_id, user_id, role) VALUES ('{ana.acme}', '{acme}', '{ana}', 'admin')$$, $$member.add ana.acme of ana in acme/ "ana@acme.example" {"role": [null, "admin"]}$$, 'member.add');
SELECT pg_temp.tells_events($$INSERT INTO organization_memberships (membership_id, organization_id, user_id, role) VALUES ('{bob.acme}', '{acme}', '{bob}', 'admin'), ('{ana.default}', '{default}', '{ana}', 'viewer')$$,
    E'member.add bob.acme of bob in acme/ "bob@acme.example"\nmember.add ana.default of ana in default/ "ana@acme.example"', 'members of two organizations');
SELECT pg_temp.tells($$UPDATE organization_memberships SET role = 'developer' WHERE membership_id = '{ana.default}'$$, $$member.change_role ana.default of ana in default/ "ana@acme.example" {"role": ["viewer", "developer"]}$$, 'member.change_role');
SELECT pg_temp.tells_events($$UPDATE organization_memberships SET invited_by = 'x' WHERE membership_id = '{ana.default}'$$, 'member.update ana.default of ana in default/ "ana@acme.example"', 'member.update');
SELECT pg_temp.tells($$INSERT INTO project_members (member_id, organization_id, project_id, user_id, role) VALUES ('{ana.lab}', '{acme}', '{lab}', '{ana}', 'viewer')$$,
    $$project_member.add ana.lab of ana in acme/lab "ana@acme.example" {"role": [null, "viewer"]}$$, 'project_member.add');
SELECT pg_temp.tells($$UPDATE project_members SET role = 'owner'$$, $$project_member.change_role ana.lab of ana in acme/lab "ana@acme.example" {"role": ["viewer", "owner"]}$$, 'project_member.change_role');
SELECT pg_temp.tells_events($$DELETE FROM project_members$$, 'project_member.remove ana.lab of ana in acme/lab "ana@acme.example"', 'project_member.remove');

-- A user of several organizations: what happens to them is told in each.
SELECT pg_temp.tells($$UPDATE users SET first_name = 'Ána' WHERE user_id = '{ana}'$$,
    (SELECT string_agg(format('user.update ana of ana in %s/ "ana@acme.example" {"first_name": ["", "Ána"]}', n.name), E'\n' ORDER BY n.id) FROM names n WHERE n.name IN ('default', 'acme')), 'user.update, in every organization of the user');
SELECT pg_temp.tells_events('UPDATE users SET ' || changes || $$ WHERE user_id = '{bob}'$$, format('user.%s bob of bob in acme/ "%s"', verb, email), 'user.' || verb)
  FROM (SELECT * FROM (VALUES (1, 'deactivate', 'is_active = false', 'bob@acme.example'), (2, 'activate', 'is_active = true', 'bob@acme.example'), (3, 'soft_delete', 'deleted_at = now()', 'bob@acme.example'),
        (4, 'restore', 'deleted_at = NULL', 'bob@acme.example'), (5, 'update', $$email = 'robert@acme.example', settings = '{"a": null}'$$, 'robert@acme.example')) AS v (n, verb, changes, email) ORDER BY n OFFSET 0) AS v;
SELECT pg_temp.tells($$INSERT INTO user_credentials (user_id, password_hash) VALUES ('{bob}', 'tremendously-$ecret-hash-1')$$, $$user.set_password bob of bob in acme/ "robert@acme.example" {"password_hash": [null, "***"]}$$, 'user.set_password');
SELECT pg_temp.tells($$UPDATE user_credentials SET password_hash = 'tremendously-$ecret-hash-2', password_changed_at = '2020-01-01+00'$$,
    $$user.set_password bob of bob in acme/ "robert@acme.example" {"password_hash": ["***", "***"], "password_changed_at": [null, "2020-01-01T00:00:00+00:00"]}$$, 'user.set_password: another one');
SELECT pg_temp.tells_events($$UPDATE user_credentials SET password_changed_at = NULL$$, 'user.update_credentials bob of bob in acme/ "robert@acme.example"', 'a change beside the password');
SELECT pg_temp.tells_events($$UPDATE user_credentials SET password_hash = NULL$$, 'user.set_password bob of bob in acme/ "robert@acme.example"', 'no password any more');
SELECT pg_temp.tells_events($$UPDATE user_credentials SET password_hash = 'tremendously-$ecret-hash-3'$$, 'user.set_password bob of bob in acme/ "robert@acme.example"', 'and one again');

SELECT pg_temp.tells($$INSERT INTO api_keys (api_key_id, organization_id, user_id, name, key_prefix, permissions, expires_at) VALUES ('{key}', '{acme}', '{bob}', 'ci', 'mlr_abcdefgh', '{"scopes": ["models:read"]}', 'infinity')$$,
    $$api_key.create key of bob in acme/ "ci" {"name": [null, "ci"], "key_prefix": [null, "mlr_abcdefgh"], "permissions": [null, {"scopes": ["models:read"]}], "expires_at": [null, "infinity"], "is_active": [null, true]}$$, 'api_key.create');
SELECT pg_temp.tells_events('UPDATE api_keys SET ' || changes || $$ WHERE api_key_id = '{key}'$$, format('api_key.%s key of bob in acme/ "ci"', verb), 'api_key.' || verb)
  FROM (SELECT * FROM (VALUES (1, 'disable', 'is_active = false'), (2, 'enable', 'is_active = true'), (3, 'revoke', 'deleted_at = now(), is_active = false'), (4, 'restore', 'deleted_at = NULL'),
        (5, 'update', $$permissions = '{}'$$)) AS v (n, verb, changes) ORDER BY n OFFSET 0) AS v;
SELECT pg_temp.tells($$UPDATE api_keys SET last_used_at = now()$$, '', 'the use of a key is no change of it');
SELECT pg_temp.tells($$UPDATE users SET last_login_at = now()$$, '', 'nor is that a user has logged in one of the user');
SELECT pg_temp.tells($$INSERT INTO api_key_secrets (api_key_id, key_hash) VALUES ('{key}', repeat('0', 64))$$, '', 'nothing is told of the secret of a key');
SELECT pg_temp.tells_events($$DELETE FROM api_keys$$, 'api_key.delete key of bob in acme/ "ci"', 'api_key.delete');
SELECT pg_temp.tells($$INSERT INTO role_access (db_role, organization_id, level) VALUES ('pg_monitor', '{acme}', 'read')$$, $$role.grant - of - in acme/ "pg_monitor" {"db_role": [null, "pg_monitor"], "level": [null, "read"]}$$, 'role.grant');
SELECT pg_temp.tells($$UPDATE role_access SET level = 'admin'$$, $$role.change_level - of - in acme/ "pg_monitor" {"level": ["read", "admin"]}$$, 'role.change_level');
SELECT pg_temp.tells_events($$DELETE FROM role_access$$, 'role.revoke - of - in acme/ "pg_monitor"', 'role.revoke');

-- ---- what belongs to no organization

SELECT pg_temp.tells($$UPDATE access_rules SET read_role = 'admin' WHERE table_name = 'teams'$$, $$access_rule.update - of - in -/ "teams" {"read_role": ["viewer", "admin"]}$$, 'access_rule.update');
SELECT pg_temp.tells_events($$DELETE FROM access_rules WHERE table_name = 'teams'$$, 'access_rule.delete - of - in -/ "teams"', 'access_rule.delete');
SELECT pg_temp.tells($$INSERT INTO access_rules VALUES ('teams', 'organization', 'viewer', 'developer', 'names')$$,
    $$access_rule.create - of - in -/ "teams" {"table_name": [null, "teams"], "scope": [null, "organization"], "read_role": [null, "viewer"], "write_role": [null, "developer"], "key_scope": [null, "names"]}$$, 'access_rule.create');
-- One line for each test, which is how they are counted.
SELECT concat_ws(E'\n', pg_temp.tells(format('INSERT INTO %I (name) VALUES (%L)', t, 'w-' || t), CASE t WHEN 'gpu_types' THEN format('%s.create - of - in -/ "w-%s" {"name": [null, "w-%s"], "builtin": [null, false], "price_per_hour_usd": [null, 2.5000]}', e, t, t)
                                                                                   ELSE format('%s.create - of - in -/ "w-%s" {"name": [null, "w-%s"], "builtin": [null, false]}', e, t, t) END, e || '.create'),
       pg_temp.tells(format('UPDATE %I SET description = %L WHERE NOT builtin', t, 'ours'), format('%s.update - of - in -/ "w-%s" {"description": [null, "ours"]}', e, t), e || '.update'),
       pg_temp.tells_events(format('DELETE FROM %I WHERE NOT builtin', t), format('%s.delete - of - in -/ "w-%s"', e, t), e || '.delete'))
  FROM (VALUES ('frameworks', 'framework'), ('model_formats', 'model_format'), ('storage_formats', 'storage_format'), ('tag_categories', 'tag_category'), ('gpu_types', 'gpu_type')) AS v (t, e);
SELECT pg_temp.tells_events($$UPDATE frameworks SET description = 'x' WHERE name = 'onnx'$$, 'framework.update - of - in -/ "onnx"', 'also of built-in words');

-- ---- what changes nothing

-- A row in every audited table.
SELECT isnt(pg_temp.told(pg_temp.filled($$
    INSERT INTO teams (organization_id, team_name) VALUES ('{acme}', 'vision');
    INSERT INTO resource_quotas (organization_id, scope, gpu_hours_limit) VALUES ('{acme}', 'organization', 1);
    INSERT INTO project_members (organization_id, project_id, user_id, role) VALUES ('{acme}', '{lab}', '{ana}', 'viewer');
    INSERT INTO api_keys (organization_id, user_id, name, key_prefix) VALUES ('{acme}', '{bob}', 'robot', 'mlr_12345678');
    INSERT INTO role_access (db_role, organization_id, level) VALUES ('pg_monitor', '{acme}', 'read');
    INSERT INTO datasets (organization_id, project_id, dataset_id, dataset_name, storage_location, storage_format) VALUES ('{default}', '{main}', '{d2}', 'd2', 's3://d', 'csv'), ('{default}', '{main}', '{d3}', 'd3', 's3://d', 'csv');
    INSERT INTO model_tags (organization_id, model_id, tag_id) VALUES ('{default}', '{m}', '{gold}');
    INSERT INTO version_tags (organization_id, version_id, tag_id) VALUES ('{default}', '{m@1.6.0}', '{gold}');
    INSERT INTO dataset_tags (organization_id, dataset_id, tag_id) VALUES ('{default}', '{d2}', '{gold}');
    INSERT INTO model_aliases (organization_id, model_id, alias, version_id) VALUES ('{default}', '{m}', 'champion', '{m@1.4.0}');
    INSERT INTO version_files (organization_id, version_id, path) VALUES ('{default}', '{m@1.6.0}', 'model.ubj');
    INSERT INTO version_signatures (organization_id, version_id, kind, signer, bundle) VALUES ('{default}', '{m@1.6.0}', 'pgp', 'me', '{}');
    INSERT INTO model_metrics (organization_id, version_id, metric_name, metric_value, dataset_id) VALUES ('{default}', '{m@1.6.0}', 'loss', 1, '{d2}');
    INSERT INTO experiments (organization_id, project_id, experiment_id, experiment_name) VALUES ('{default}', '{main}', '{e2}', 'e2');
    INSERT INTO training_runs (organization_id, run_id, experiment_id, dataset_id) VALUES ('{default}', '{r5}', '{e2}', '{d2}');
    INSERT INTO run_tags (organization_id, run_id, tag_id) VALUES ('{default}', '{r5}', '{gold}');
    INSERT INTO version_parents (organization_id, version_id, parent_version_id, relation) VALUES ('{default}', '{m@1.6.0}', '{m@1.4.0}', 'adapter-of');
    INSERT INTO dataset_parents (organization_id, dataset_id, parent_dataset_id) VALUES ('{default}', '{d3}', '{d2}');
    INSERT INTO environments (organization_id, environment_id, environment_name, environment_type) VALUES ('{default}', '{env2}', 'lab', 'sandbox');
    INSERT INTO deployments (organization_id, deployment_id, version_id, environment_id, deployment_name) VALUES ('{default}', '{dep2}', '{m@1.6.0}', '{env2}', 'api');
    INSERT INTO deployment_tags (organization_id, deployment_id, tag_id) VALUES ('{default}', '{dep2}', '{gold}');
    INSERT INTO approvals (organization_id, version_id, approval_type) VALUES ('{default}', '{m@1.6.0}', 'legal');
    INSERT INTO metric_gates (organization_id, model_id, metric_name, comparison, threshold) VALUES ('{default}', '{m}', 'loss', '<=', 1)$$)), NULL, 'every table has rows');
SELECT is_empty('SELECT a.table_name FROM audited a WHERE NOT EXISTS (SELECT FROM pg_temp.contents() c WHERE c.table_name = a.table_name)', 'really every table');
CREATE FUNCTION pg_temp.nothing_is_told() RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    c record;
    rows bigint;
    n bigint := (SELECT count(*) FROM audit_logs);
    updates bigint := 0;
BEGIN
    FOR c IN SELECT a.table_name, k.attname FROM audited a JOIN pg_attribute k ON k.attrelid = format('mlregistry.%I', a.table_name)::regclass AND k.attnum > 0 AND NOT k.attisdropped AND k.attgenerated = '' LOOP
        EXECUTE format('UPDATE mlregistry.%I SET %2$I = %2$I', c.table_name, c.attname);
        GET DIAGNOSTICS rows = ROW_COUNT;
        updates := updates + (rows > 0)::int;
        IF n <> (SELECT count(*) FROM audit_logs) THEN
            RETURN NEXT format('UPDATE %I SET %2$I = %2$I', c.table_name, c.attname);
            n := (SELECT count(*) FROM audit_logs);
        END IF;
        IF c.attname IN ('updated_at', 'last_used_at', 'last_login_at') THEN
            EXECUTE format('UPDATE mlregistry.%I SET %I = %L', c.table_name, c.attname, '2001-01-01');
        ELSIF c.attname = 'last_run_number' THEN
            EXECUTE format('UPDATE mlregistry.%I SET %I = 99', c.table_name, c.attname);
        END IF;
        IF n <> (SELECT count(*) FROM audit_logs) THEN
            RETURN NEXT format('UPDATE %I SET %I', c.table_name, c.attname);
            n := (SELECT count(*) FROM audit_logs);
        END IF;
    END LOOP;
    RETURN NEXT format('%s columns', updates);
END $$;
SELECT results_eq('SELECT * FROM pg_temp.nothing_is_told()',
    $$SELECT format('%s columns', count(*)) FROM audited a JOIN pg_attribute k ON k.attrelid = format('mlregistry.%I', a.table_name)::regclass AND k.attnum > 0 AND NOT k.attisdropped AND k.attgenerated = ''$$,
    'UPDATE of any column to what it is, of updated_at or of the last use: not a row');
SELECT pg_temp.tells($$UPDATE models SET description = 'nothing' WHERE false$$, '', 'UPDATE of no row');
SELECT pg_temp.tells($$DELETE FROM models WHERE false$$, '', 'DELETE of no row');
SELECT pg_temp.tells($$UPDATE models SET description = concat(description, ''), metadata = metadata::text::jsonb WHERE model_id = '{m}'$$, '', 'values that are computed and the same');
SELECT pg_temp.tells($$DO $do$ BEGIN UPDATE models SET description = 'taken back'; RAISE division_by_zero; EXCEPTION WHEN division_by_zero THEN NULL; END $do$ $$, '', 'what is taken back is not told');

-- ---- what is gone: the names of what was above it are still told

SELECT pg_temp.told('DELETE FROM deployments; DELETE FROM approvals; DELETE FROM metric_gates; DELETE FROM environments') IS NOT NULL AS gone \gset who_
SELECT pg_temp.tells_events($$DELETE FROM version_parents$$, 'version.remove_parent m@1.6.0 of m in default/main "fraud@1.6.0"', 'version.remove_parent once more');
SELECT pg_temp.tells_events($$DELETE FROM model_aliases; DELETE FROM models WHERE model_id = '{m}'$$, 'alias.drop ' || (SELECT alias_id FROM model_aliases) || ' of m in default/main "fraud@champion"' || E'\n'
    || (SELECT string_agg(format('file.remove %s of m in default/main "fraud@1.6.0/model.ubj"', file_id), E'\n') FROM version_files) || E'\n'
    || (SELECT string_agg(format('signature.remove %s of m in default/main "fraud@1.6.0"', signature_id), E'\n') FROM version_signatures) || E'\n'
    || (SELECT string_agg(format('metric.delete %s of m in default/main "fraud@1.6.0"', metric_id), E'\n') FROM model_metrics)
    || $$
model.delete m of m in default/main "fraud"
model.untag m of m in default/main "fraud"
version.untag m@1.6.0 of m in default/main "fraud@1.6.0"
version.delete m@1.4.0 of m in default/main "fraud@1.4.0"
version.delete m@1.5.0 of m in default/main "fraud@1.5.0"
version.delete m@1.6.0 of m in default/main "fraud@1.6.0"
version.delete m@2.0.0-rc.1 of m in default/main "fraud@2.0.0-rc.1"$$, 'a model with all that belongs to it');
SELECT pg_temp.tells_events($$DELETE FROM tags$$, E'tag.delete gold of gold in default/ "gold"\ndataset.untag d2 of d2 in default/main "d2"\nrun.untag r5 of e2 in default/main "e2#1"', 'a tag, and that it is taken from what had it');
-- A name that this transaction gave and took: the last one counts.
SELECT pg_temp.tells_names($$INSERT INTO models (model_id, organization_id, project_id, model_name, framework) VALUES ('{m6}', '{default}', '{main}', 'before', 'onnx');
    INSERT INTO model_versions (version_id, organization_id, model_id, semver, artifact_uri) VALUES ('{m6@1.0.0}', '{default}', '{m6}', '1.0.0', '/x');
    UPDATE models SET model_name = 'after' WHERE model_id = '{m6}';
    DELETE FROM models WHERE model_id = '{m6}'$$, $$model.create m6 of m6 in default/main "before"
version.create m6@1.0.0 of m6 in default/main "before@1.0.0"
model.update m6 of m6 in default/main "after"
model.delete m6 of m6 in default/main "after"
version.delete m6@1.0.0 of m6 in default/main "after@1.0.0"$$, 'a model that comes, is renamed and goes in one transaction');
-- Deleted in a savepoint that is taken back, then for good.
SELECT pg_temp.tells_names($$INSERT INTO models (model_id, organization_id, project_id, model_name, framework) VALUES ('{m7}', '{default}', '{main}', 'seven', 'onnx');
    INSERT INTO model_versions (version_id, organization_id, model_id, semver, artifact_uri) VALUES ('{m7@1.0.0}', '{default}', '{m7}', '1.0.0', '/x');
    DO $do$ BEGIN DELETE FROM models WHERE model_name = 'seven'; RAISE division_by_zero; EXCEPTION WHEN division_by_zero THEN NULL; END $do$;
    DO $do$ BEGIN UPDATE models SET model_name = 'never' WHERE model_name = 'seven'; RAISE division_by_zero; EXCEPTION WHEN division_by_zero THEN NULL; END $do$;
    DELETE FROM models WHERE model_name = 'seven'$$, $$model.create m7 of m7 in default/main "seven"
version.create m7@1.0.0 of m7 in default/main "seven@1.0.0"
model.delete m7 of m7 in default/main "seven"
version.delete m7@1.0.0 of m7 in default/main "seven@1.0.0"$$, 'a name that was never given is never told');
-- A user goes, and with the user the memberships: told where the user was a member.
INSERT INTO organizations (name, slug) SELECT 'Many ' || n, 'many-' || n FROM generate_series(1, 80) n;
INSERT INTO users (user_id, email) VALUES (pg_temp.id('max'), 'max@acme.example');
INSERT INTO organization_memberships (organization_id, user_id, role) SELECT organization_id, pg_temp.id('max'), 'viewer' FROM organizations WHERE slug LIKE 'many-%';
INSERT INTO user_credentials (user_id, password_hash) VALUES (pg_temp.id('max'), 'tremendously-$ecret-hash-4');
UPDATE users SET last_name = 'X' WHERE user_id = pg_temp.id('max');
DELETE FROM users WHERE user_id = pg_temp.id('max');
SELECT results_eq($$SELECT action, count(DISTINCT o.slug) FROM audit_logs l JOIN organizations o USING (organization_id) WHERE l.entity_name = 'max@acme.example' AND o.slug LIKE 'many-%' AND l.subject_id = pg_temp.id('max') GROUP BY 1 ORDER BY 1$$,
    $$VALUES ('member.add', 80::bigint), ('member.remove', 80), ('user.delete', 80), ('user.remove_password', 80), ('user.set_password', 80), ('user.update', 80)$$, 'a user of 80 organizations: told in each, also that the user is gone');
SELECT results_eq($$SELECT count(*), count(DISTINCT log_id) FROM audit_logs WHERE entity_name = 'max@acme.example'$$, 'VALUES (481::bigint, 481::bigint)', 'and nowhere else, but for what was before the first membership');
INSERT INTO seen SELECT log_id FROM audit_logs ON CONFLICT DO NOTHING;
SELECT pg_temp.tells_events($$DELETE FROM organizations WHERE slug = 'acme'$$, 'organization.delete acme of acme in acme/ "acme"
project.delete lab of lab in acme/lab "lab"
member.remove ana.acme of ana in acme/ "ana@acme.example"
member.remove bob.acme of bob in acme/ "robert@acme.example"
role.revoke - of - in acme/ "pg_monitor"' || (SELECT format(E'\nproject_member.remove %s of ana in acme/lab "ana@acme.example"', member_id) FROM project_members)
    || (SELECT format(E'\nteam.delete %s of %1$s in acme/ "vision"', team_id) FROM teams) || (SELECT format(E'\nquota.delete %s of %1$s in acme/ "organization"', quota_id) FROM resource_quotas)
    || (SELECT format(E'\napi_key.delete %s of bob in acme/ "robot"', api_key_id) FROM api_keys), 'an organization with all that is in it');

SET CONSTRAINTS ALL IMMEDIATE;
DO $$BEGIN EXECUTE (SELECT 'TRUNCATE ' || string_agg(quote_ident(table_name), ', ') || ', guards, alias_history, deployment_history, stage_history, status_history, lineage_edges, api_key_secrets' FROM audited); END$$;
SELECT set_eq($$SELECT action, entity_type, organization_id, project_id, subject_id, entity_id, entity_name, changes::text, details::jsonb FROM audit_logs WHERE action LIKE '%.truncate'$$,
    $$SELECT entity_type || '.truncate', entity_type, '00000000-0000-0000-0000-000000000000'::uuid, NULL::uuid AS p, NULL::uuid AS s, NULL::uuid AS e, NULL AS n, NULL AS c, jsonb_build_object('table', table_name) FROM audited$$, 'TRUNCATE: one row for each table, that names it');
SELECT is((SELECT count(*) FROM audit_logs WHERE action LIKE '%.truncate'), (SELECT count(*) FROM audited), 'and not more');

-- ---- verbs

SELECT set_eq($$SELECT DISTINCT action FROM audit_logs WHERE action NOT LIKE '%.truncate'$$, $$SELECT e || '.' || v FROM (VALUES
    ('organization', '{create,update,delete,soft_delete,restore,suspend,reactivate}'::text[]), ('project', '{create,update,delete,soft_delete,restore,change_visibility}'),
    ('user', '{create,update,delete,soft_delete,restore,deactivate,activate,set_password,update_credentials,remove_password}'), ('member', '{add,update,change_role,remove}'), ('project_member', '{add,change_role,remove}'),
    ('api_key', '{create,update,delete,revoke,restore,disable,enable}'), ('role', '{grant,change_level,revoke}'), ('access_rule', '{create,update,delete}'), ('quota', '{create,update,delete}'),
    ('team', '{create,update,delete}'), ('tag', '{create,update,delete}'), ('model', '{create,update,delete,soft_delete,restore,archive,unarchive,hold,release,tag,untag}'),
    ('version', '{create,update,delete,soft_delete,restore,promote,demote,archive,unarchive,validate,deprecate,undeprecate,deploy,undeploy,correct,freeze,hold,release,tag,untag,add_parent,remove_parent}'),
    ('alias', '{set,move,protect,unprotect,update,drop}'), ('file', '{add,update,remove}'), ('signature', '{add,verify,update,remove}'), ('metric', '{record,update,delete}'),
    ('dataset', '{create,update,delete,soft_delete,restore,tag,untag,add_parent,remove_parent}'),
    ('experiment', '{create,update,delete,soft_delete,restore,complete,fail,cancel,reopen}'),
    ('run', '{queue,start,succeed,fail,cancel,timeout,update,delete,soft_delete,restore,tag,untag,add_dataset,update_dataset,remove_dataset}'),
    ('environment', '{create,update,delete,require_approval,waive_approval,activate,deactivate}'),
    ('deployment', '{deploy,move,rollback,roll_out,activate,degrade,fail,deactivate,terminate,traffic,scale,update,delete,soft_delete,restore,tag,untag}'),
    ('approval', '{request,approve,reject,cancel,expire,supersede,update,delete}'), ('gate', '{create,update,delete,enable,disable}'),
    ('framework', '{create,update,delete}'), ('model_format', '{create,update,delete}'), ('storage_format', '{create,update,delete}'),
    ('tag_category', '{create,update,delete}'), ('gpu_type', '{create,update,delete}')) AS t (e, vs), unnest(vs) AS v$$, 'every verb was seen, and no other');
SELECT is_empty($$SELECT action, entity_type FROM audit_logs WHERE split_part(action, '.', 1) <> entity_type$$, 'an action begins with its entity');

-- ---- who

TRUNCATE audit_logs;
SET LOCAL application_name = 'pgtap audit';
SET LOCAL mlregistry.reason = 'because "ünïcode" \ is';
INSERT INTO organizations (organization_id, name, slug) VALUES (pg_temp.id('default'), 'Default', 'default');
INSERT INTO projects (project_id, organization_id, name, slug) VALUES (pg_temp.id('main'), pg_temp.id('default'), 'Main', 'default');
INSERT INTO frameworks (name) VALUES ('onnx'), ('xgboost');
INSERT INTO storage_formats (name) VALUES ('csv');
INSERT INTO users (user_id, email) VALUES (pg_temp.id('eve'), 'eve@acme.example');
INSERT INTO organization_memberships (organization_id, user_id, role) VALUES (pg_temp.id('default'), pg_temp.id('eve'), 'admin');
SELECT api_key AS eves_key, api_key_id AS eves_key_id FROM create_api_key('laptop', email => 'eve@acme.example', organization => 'default') \gset
CREATE ROLE regress_audit_writer;
DO $$BEGIN PERFORM fill_access_rules(); PERFORM grant_access('regress_audit_writer', 'writer', 'default'); END$$;
SELECT authenticate(:'eves_key', user_agent => 'mlr-client/1.0 (✓)', client_address => '2001:db8::7') \gset who_
INSERT INTO teams (team_name) VALUES ('by-key');
SET LOCAL mlregistry.reason = '';
INSERT INTO teams (team_name) VALUES ('without-reason');
RESET mlregistry.reason;
SELECT authenticate(:'eves_key') \gset who_
INSERT INTO teams (team_name) VALUES ('no-agent');
SELECT sign_out() \gset who_
SET LOCAL application_name = '';
INSERT INTO teams (team_name) VALUES ('by-superuser');
SET LOCAL SESSION AUTHORIZATION regress_audit_writer;
INSERT INTO mlregistry.teams (team_name) VALUES ('by-role');
RESET SESSION AUTHORIZATION;
SET LOCAL ROLE regress_audit_writer;
INSERT INTO mlregistry.teams (team_name) VALUES ('by-set-role');
RESET ROLE;
SELECT results_eq($$SELECT entity_name, actor, user_id, api_key_id::text, db_role, ip_address::text, user_agent, application_name, reason FROM audit_logs WHERE action = 'team.create' ORDER BY log_id$$,
    format($$VALUES ('by-key', 'eve@acme.example', pg_temp.id('eve'), %1$L, %2$L, '2001:db8::7/128', 'mlr-client/1.0 (✓)', 'pgtap audit', 'because "ünïcode" \ is'),
           ('without-reason', 'eve@acme.example', pg_temp.id('eve'), %1$L, %2$L, '2001:db8::7/128', 'mlr-client/1.0 (✓)', 'pgtap audit', NULL),
           ('no-agent', 'eve@acme.example', pg_temp.id('eve'), %1$L, %2$L, %3$L, NULL, 'pgtap audit', NULL),
           ('by-superuser', %2$L, NULL, NULL, %2$L, %3$L, NULL, NULL, NULL),
           ('by-role', 'regress_audit_writer', NULL, NULL, 'regress_audit_writer', %3$L, NULL, NULL, NULL),
           ('by-set-role', %2$L, NULL, NULL, %2$L, %3$L, NULL, NULL, NULL)$$, :'eves_key_id', session_user, inet_client_addr()::text), 'who did it, with what and why');
SELECT is_empty($$SELECT entity_name FROM audit_logs WHERE changes::jsonb ?| '{created_by,created_by_user,created_at,updated_at,updated_by}' AND action = 'team.create'$$, 'what says so already is no change');
SELECT is_empty($$SELECT created_at, log_id, txid, system_identifier FROM audit_logs
    WHERE txid <> pg_current_xact_id() OR system_identifier <> (SELECT system_identifier FROM pg_control_system()) OR format <> 1 OR created_at NOT BETWEEN now() AND clock_timestamp() + interval '1 s'
       OR audit_log_time(log_id) IS DISTINCT FROM created_at OR substring(log_id::text from 15 for 1) <> '7' OR erased_at IS NOT NULL OR payload_hash IS NOT NULL OR octet_length(salt) <> 16$$,
    'transaction, cluster, format and time of every row');
SELECT is((SELECT count(DISTINCT salt) FROM audit_logs), (SELECT count(*) FROM audit_logs), 'no salt twice');
SELECT is((SELECT count(DISTINCT created_at) FROM audit_logs), (SELECT count(*) FROM audit_logs), 'no time twice in a session, so that log_id orders as it happened');

-- ---- what must never be told

SELECT set_config('audit.secret_hash', (SELECT key_hash FROM api_key_secrets WHERE api_key_id = :'eves_key_id'), true) \gset who_
INSERT INTO user_credentials (user_id, password_hash) VALUES (pg_temp.id('eve'), 'tremendously-$ecret-hash-5');
UPDATE user_credentials SET password_hash = 'tremendously-$ecret-hash-6';
UPDATE api_keys SET permissions = '{"scopes": ["models:read"]}';
UPDATE api_key_secrets SET created_at = now();
DELETE FROM user_credentials;
SELECT is((SELECT count(*) FROM audit_logs WHERE action IN ('user.set_password', 'user.remove_password', 'api_key.create', 'api_key.update') AND changes IS NOT NULL), 5::bigint, 'passwords and keys are told of');
SELECT is_empty(format($$SELECT l FROM audit_logs l WHERE position(%L in l::text) > 0 OR position('tremendously' in l::text) > 0 OR position(%L in l::text) > 0$$, :'eves_key', current_setting('audit.secret_hash')), 'but no key, no hash of a key and no hash of a password');
SELECT is_empty(format($$SELECT l FROM audit_logs l WHERE position(%L::bytea in audit_payload(l)) > 0 OR position('tremendously'::bytea in audit_payload(l)) > 0$$, substr(:'eves_key', 13)), 'nor in what is hashed');

-- ---- values of every kind

-- Names with all that JSON minds.
SELECT string_agg(chr(n), '') AS everything FROM generate_series(1, 700) n WHERE n NOT BETWEEN 128 AND 159 \gset
INSERT INTO models (model_id, organization_id, project_id, model_name, framework, description, objective, metadata)
VALUES (pg_temp.id('odd'), pg_temp.id('default'), pg_temp.id('main'), 'odd', 'onnx', :'everything' || E'\u2028\u2029\uFEFF\U0001F600</script>\u0301', E'\x7f\t\r\n\b\f"\\/', jsonb_build_object(:'everything', ARRAY[:'everything', E'\\u0000']));
SELECT is((SELECT changes::jsonb - '{model_name,display_name,framework,risk_level,compliance_required,legal_hold,is_active}'::text[] FROM audit_logs WHERE action = 'model.create'),
    (SELECT jsonb_build_object('description', jsonb_build_array(NULL, description), 'objective', jsonb_build_array(NULL, objective), 'metadata', jsonb_build_array(NULL, metadata)) FROM models), 'control characters, quotes, emoji: valid JSON that gives them back');

-- A megabyte that does not compress.
UPDATE models SET metadata = (SELECT jsonb_build_object('blob', string_agg(encode(sha256(n::text::bytea), 'base64'), '')) FROM generate_series(1, 22000) n), description = NULL, objective = NULL;
SELECT cmp_ok(pg_column_size(metadata), '>', 900000, 'a large document: ' || pg_column_size(metadata)) FROM models;
SELECT is(changes::jsonb #> '{metadata,1}', (SELECT metadata FROM models), 'is told whole') FROM audit_logs WHERE action = 'model.update' ORDER BY log_id DESC LIMIT 1;
UPDATE models SET objective = 'short';
SELECT is(changes::jsonb, '{"objective": [null, "short"]}', 'not touched: not told') FROM audit_logs WHERE action = 'model.update' ORDER BY log_id DESC LIMIT 1;
UPDATE models SET metadata = metadata::text::jsonb, objective = 'shorter';
SELECT is(changes::jsonb, '{"objective": ["short", "shorter"]}', 'written again as it was: not told') FROM audit_logs WHERE action = 'model.update' ORDER BY log_id DESC LIMIT 1;
UPDATE models SET metadata = metadata || '{"more": 1}';
SELECT is(changes::jsonb, (SELECT jsonb_build_object('metadata', jsonb_build_array(metadata - 'more', metadata)) FROM models), 'changed by little: both are told, old and new') FROM audit_logs WHERE action = 'model.update' ORDER BY log_id DESC LIMIT 1;
DELETE FROM models;
SELECT cmp_ok(octet_length(changes::text), '>', 900000, 'deleted: told once more') FROM audit_logs WHERE action = 'model.delete' ORDER BY log_id DESC LIMIT 1;
-- Few bytes in the table, more than 4 MiB as text: of several such columns a DELETE would not fit into memory.
INSERT INTO models (organization_id, project_id, model_name, framework, metadata)
SELECT pg_temp.id('default'), pg_temp.id('main'), 'long', 'onnx', jsonb_build_object('n', jsonb_agg(1e131000::numeric)) FROM generate_series(1, 50);
SELECT is(changes #>> '{metadata,1}', (SELECT format('sha256:%s of %s bytes', encode(sha256(convert_to(metadata::text, 'UTF8')), 'hex'), octet_length(metadata::text)) FROM models), 'too long: told by its hash') FROM audit_logs WHERE action = 'model.create' ORDER BY log_id DESC LIMIT 1;
DELETE FROM models;

-- Whatever the session's settings are.
INSERT INTO datasets (organization_id, project_id, dataset_id, dataset_name, storage_location, storage_format, last_updated_at, partition_keys, null_percentage, storage_size_gb, row_count, metadata, created_at)
VALUES (pg_temp.id('default'), pg_temp.id('main'), pg_temp.id('set'), 'set', '/d', 'csv', '1999-12-31 23:59:59.123456+00', '{a,NULL,"c d",\\x00}', 99.9, 0.125, 1234567890123, '{"t": "1999-12-31", "n": 1.10, "e": 1e10}', '2001-02-03 04:05:06+00');
INSERT INTO models (organization_id, project_id, model_id, model_name, framework) VALUES (pg_temp.id('default'), pg_temp.id('main'), pg_temp.id('m'), 'm', 'onnx');
INSERT INTO model_versions (organization_id, model_id, version_id, semver, artifact_uri, registered_at, benchmark_accuracy) VALUES (pg_temp.id('default'), pg_temp.id('m'), pg_temp.id('v'), '1.0.0-rc.1+b', '/v', '2001-02-03 04:05:06.7+00', 1);
INSERT INTO model_metrics (organization_id, version_id, metric_name, metric_value, recorded_at)
SELECT pg_temp.id('default'), pg_temp.id('v'), 'metric ' || n, value, '2001-02-03' FROM unnest('{0.1,1e-7,123456789.12345679,3.141592653589793,NaN,-0,1e22}'::float8[]) WITH ORDINALITY AS x (value, n);
CREATE FUNCTION pg_temp.text_under(settings jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    result text;
BEGIN
    PERFORM set_config(key, value, true) FROM jsonb_each_text(settings);
    DELETE FROM mlregistry.model_metrics; DELETE FROM mlregistry.datasets; DELETE FROM mlregistry.model_versions; DELETE FROM mlregistry.models;
    SELECT string_agg(concat_ws(' ', action, entity_name, changes), E'\n' ORDER BY concat_ws(' ', action, entity_name, changes) COLLATE "C") INTO result FROM mlregistry.audit_logs
     WHERE action IN ('metric.delete', 'dataset.delete', 'version.delete', 'model.delete') AND subject_id IN (SELECT id FROM names WHERE name IN ('set', 'm'));
    RAISE EXCEPTION USING ERRCODE = 'ZZ001';
EXCEPTION WHEN SQLSTATE 'ZZ001' THEN
    RETURN result;
END $$;
SELECT set_config('audit.text', pg_temp.text_under('{}'), true) \gset who_
SELECT ok(position(part in current_setting('audit.text')) > 0, 'as it is written: ' || part)
  FROM unnest(ARRAY['"last_updated_at":["1999-12-31T23:59:59.123456+00:00",null]', '"partition_keys":[["a",null,"c d","\\x00"],null]', '"storage_size_gb":[0.125,null]', '"metric_value":["NaN",null]',
      '"metric_value":[123456789.12345679,null]', '"metric_value":[-0,null]', '"metric_value":[1e-07,null]', '"benchmark_accuracy":[1.0000,null]', '"row_count":[1234567890123,null]', '"semver":["1.0.0-rc.1+b",null]']) AS part;
SELECT is(pg_temp.text_under(settings), current_setting('audit.text'), 'the same bytes under ' || settings::text) FROM unnest(ARRAY['{"datestyle": "SQL, DMY"}', '{"datestyle": "German"}', '{"datestyle": "Postgres, MDY"}', '{"timezone": "Asia/Kolkata"}',
    '{"timezone": "America/St_Johns"}', '{"extra_float_digits": "-15"}', '{"extra_float_digits": "0"}', '{"intervalstyle": "iso_8601"}', '{"bytea_output": "escape"}', '{"standard_conforming_strings": "off"}', '{"quote_all_identifiers": "on"}',
    '{"array_nulls": "off"}', '{"lc_numeric": "C", "xmloption": "document"}', '{"row_security": "off"}', '{"search_path": "pg_temp"}', '{"work_mem": "64kB"}', '{"enable_indexscan": "off", "enable_seqscan": "off", "enable_bitmapscan": "off"}']::jsonb[]) AS settings;

-- ---- the bytes that are hashed

-- As the specification has them, in SQL.
CREATE FUNCTION pg_temp.field(b bytea) RETURNS bytea LANGUAGE sql AS $$SELECT coalesce(int4send(octet_length(b)) || b, '\xffffffff'::bytea)$$;
CREATE FUNCTION pg_temp.field(t text) RETURNS bytea LANGUAGE sql AS $$SELECT pg_temp.field(convert_to(t, 'UTF8'))$$;
CREATE FUNCTION pg_temp.payload(l audit_logs) RETURNS bytea LANGUAGE sql AS $$
    SELECT '\x01'::bytea || pg_temp.field(l.entity_name) || pg_temp.field(l.changes::text) || pg_temp.field(l.details::text) || pg_temp.field(l.reason)
        || pg_temp.field(CASE WHEN l.ip_address IS NOT NULL THEN format('%s', l.ip_address) END) || pg_temp.field(l.application_name) || pg_temp.field(l.user_agent) $$;
CREATE FUNCTION pg_temp.leaf(l audit_logs) RETURNS bytea LANGUAGE sql AS $$
    SELECT '\x01'::bytea || pg_temp.field(uuid_send(l.log_id)) || pg_temp.field(uuid_send(l.organization_id)) || pg_temp.field(uuid_send(l.project_id))
        || pg_temp.field(int8send((extract(epoch FROM l.created_at) * 1000000)::bigint)) || pg_temp.field(int8send(l.txid::text::bigint)) || pg_temp.field(int8send(l.system_identifier))
        || pg_temp.field(l.actor) || pg_temp.field(uuid_send(l.user_id)) || pg_temp.field(uuid_send(l.api_key_id)) || pg_temp.field(l.db_role) || pg_temp.field(l.action) || pg_temp.field(l.entity_type)
        || pg_temp.field(uuid_send(l.entity_id)) || pg_temp.field(uuid_send(l.subject_id)) || pg_temp.field(coalesce(l.payload_hash, sha256(l.salt || pg_temp.payload(l)))) $$;
SELECT audit_note('model', pg_temp.id('m'), 'download', '{"host": "serving-7", "ünï": [1.50]}', 'nightly') \gset who_
INSERT INTO audit_logs (created_at, txid, system_identifier, log_id, organization_id, actor, db_role, action, entity_type, salt, leaf_hash)
SELECT t, '18446744073709551615', s, gen_random_uuid(), '00000000-0000-0000-0000-000000000000', '', 'x', 'x.y', 'x', '', sha256('') FROM unnest(ARRAY['1969-12-31 23:59:59.999999+00', '0001-01-01 00:00+00', '9999-12-31 23:59:59.999999+00']::timestamptz[]) AS t, unnest(ARRAY[-1, 0, 9223372036854775807]) AS s;
SELECT cmp_ok(count(*), '>', 50::bigint, 'records to look at: ' || count(*)) FROM audit_logs WHERE leaf_hash <> sha256('');
SELECT ok(bool_or(reason IS NOT NULL) AND bool_or(details IS NOT NULL) AND bool_or(user_agent IS NOT NULL) AND bool_or(ip_address IS NOT NULL) AND bool_or(application_name IS NOT NULL) AND bool_or(changes IS NULL), 'of every kind') FROM audit_logs;
SELECT is_empty('SELECT action, entity_name FROM audit_logs l WHERE audit_payload(l) IS DISTINCT FROM pg_temp.payload(l)', 'audit_payload(): the documented bytes');
SELECT is_empty($$SELECT action, entity_name FROM audit_logs l WHERE audit_leaf(l) IS DISTINCT FROM pg_temp.leaf(l) AND txid < '9223372036854775808'$$, 'audit_leaf(): the documented bytes');
SELECT is(substring(audit_leaf(l) from 62 for 8), '\xffffffffffffffff', 'a transaction beyond 2^63') FROM audit_logs l WHERE txid = '18446744073709551615' LIMIT 1;
SELECT is_empty($$SELECT action, entity_name FROM audit_logs l WHERE leaf_hash <> sha256('') AND leaf_hash IS DISTINCT FROM sha256('\x00'::bytea || pg_temp.leaf(l))$$, 'leaf_hash: SHA-256 of a zero byte and the leaf');
SELECT is_empty($$SELECT action, entity_name FROM audit_logs l WHERE audit_leaf_hash(l) <> sha256('\x00'::bytea || audit_leaf(l))$$, 'audit_leaf_hash(): the same');

-- Each column counts: changed, the hash is another one.
SELECT is_empty(format($$SELECT n FROM (SELECT l.* FROM audit_logs l WHERE action = 'team.create' AND entity_name = 'by-key') AS l, unnest('{created_at,txid,system_identifier,log_id,organization_id,project_id,subject_id,entity_id,user_id,api_key_id,actor,db_role,
    action,entity_type,entity_name,changes,details,reason,ip_address,application_name,user_agent,salt}'::text[]) AS n,
    audit_leaf_hash(jsonb_populate_record(NULL::audit_logs, to_jsonb(l) || jsonb_build_object(n, CASE WHEN n = 'created_at' THEN to_jsonb(now() - interval '1 us') WHEN n LIKE '%%\_id' THEN to_jsonb(gen_random_uuid()) WHEN n IN ('txid', 'system_identifier') THEN '7'
        WHEN n IN ('changes', 'details') THEN '{"x": 1}' WHEN n = 'ip_address' THEN '"10.0.0.1"' WHEN n = 'salt' THEN '"\\x00"' ELSE '"x"' END))) AS h WHERE h = l.leaf_hash$$), 'no column can change and the hash stay');

-- The owner erases what was said: the proof holds.
UPDATE audit_logs l SET payload_hash = sha256(salt || pg_temp.payload(l)), salt = NULL, erased_at = now(), entity_name = NULL, changes = NULL, details = NULL, reason = NULL, ip_address = NULL, application_name = NULL, user_agent = NULL
 WHERE action IN ('team.create', 'model.create', 'model.download');
SELECT is((SELECT count(*) FROM audit_logs WHERE erased_at IS NOT NULL), 10::bigint, 'payloads are erased');
SELECT is_empty($$SELECT action FROM audit_logs l WHERE leaf_hash <> sha256('') AND (leaf_hash <> audit_leaf_hash(l) OR leaf_hash <> sha256('\x00'::bytea || pg_temp.leaf(l)))$$, 'and every leaf_hash still holds');
SELECT is_empty('SELECT action FROM audit_logs l WHERE erased_at IS NOT NULL AND audit_payload(l) IS NOT NULL', 'the payload is gone');

SELECT * FROM finish();
ROLLBACK;
