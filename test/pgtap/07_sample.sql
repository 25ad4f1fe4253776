-- Sample data: every table has some, and drop_sample_data() leaves what was there before.
--
--   psql -X -v model_dir=/absolute/path/of/test/model -f test/pgtap/07_sample.sql <database>
--
-- The database needs the extensions mlregistry and pgtap. Everything is rolled back.
\set ON_ERROR_STOP on
\set QUIET on
\pset format unaligned
\pset tuples_only on
\pset pager off
BEGIN;
SET LOCAL search_path = public, mlregistry;

-- Tables without sample rows, each with its reason.
CREATE TEMP TABLE without_sample (table_name text PRIMARY KEY, reason text NOT NULL);
INSERT INTO without_sample VALUES
    ('registry_meta', 'facts about the installation'),
    ('guards', 'locks of rules, written by them when needed'),
    ('frameworks', 'vocabulary: built-in words are enough, and own rows could use a sample word for good'),
    ('model_formats', 'vocabulary'),
    ('storage_formats', 'vocabulary'),
    ('tag_categories', 'vocabulary'),
    ('gpu_types', 'vocabulary'),
    ('user_credentials', 'nobody logs in with a password that everybody knows'),
    ('api_keys', 'a key is shown once, when it is made'),
    ('api_key_secrets', 'a key that everybody knows opens the registry to everybody'),
    ('role_access', 'grants to roles of the cluster'),
    ('access_rules', 'rules of the installation'),
    ('audit_logs', 'what loading the sample writes into the trail is left there: one that forgets is none');
CREATE TEMP TABLE sampled AS
SELECT r.ordinal, r.relation_name AS table_name FROM registry_relations() r
 WHERE r.kind = 'table' AND r.relation_name NOT IN (SELECT table_name FROM without_sample);

-- The rows that are sample rows or belong to one: by any identifier in them but that of the organization and the project.
CREATE FUNCTION pg_temp.sample_rows(table_name text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    n bigint;
BEGIN
    EXECUTE format('SELECT count(*) FROM mlregistry.%I t
                     WHERE EXISTS (SELECT FROM jsonb_each_text(to_jsonb(t)) AS e (key, value)
                                    WHERE e.key LIKE %L AND (e.key NOT IN (%L, %L) OR %L IN (%L, %L))
                                      AND mlregistry.is_sample(e.value::uuid))',
                   table_name, '%\_id', 'organization_id', 'project_id', table_name, 'organizations', 'projects') INTO n;
    RETURN n;
END $$;
CREATE FUNCTION pg_temp.digests() RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    place text;
    digest text;
BEGIN
    FOR place IN SELECT r.relation_name FROM mlregistry.registry_relations() r WHERE r.kind = 'table' AND r.area <> 'audit' ORDER BY r.ordinal LOOP
        EXECUTE format('SELECT count(*) || '' rows, '' || md5(string_agg(t::text, chr(10) ORDER BY t::text)) FROM mlregistry.%I t', place) INTO digest;
        RETURN NEXT place || ': ' || coalesce(digest, 'no rows');
    END LOOP;
END $$;

-- Rows of somebody's own beside the sample, in the default organization and in another one.
SELECT FROM register_model('own-model', framework => 'onnx');
SELECT FROM register_version('own-model', bump => 'minor', artifact_uri => '/srv/{version}');
SELECT FROM set_alias('own-model', 'champion', 'latest');
INSERT INTO tags (tag_name) VALUES ('own-tag');
INSERT INTO organizations (name, slug) VALUES ('Own', 'own');
CREATE TEMP TABLE before AS SELECT * FROM pg_temp.digests() AS line;

SELECT plan((11 + (SELECT count(*) FROM sampled))::int);
SELECT is_empty('SELECT table_name FROM without_sample EXCEPT SELECT relation_name FROM registry_relations()', 'the list of exceptions names tables that exist');
SELECT lives_ok('SELECT load_sample_data()', 'sample data is loaded beside own rows');
SELECT is(pg_temp.sample_rows(table_name) > 0, true, format('%s has sample rows', table_name)) FROM (SELECT * FROM sampled ORDER BY ordinal OFFSET 0) AS s;
SELECT is_empty($$SELECT table_name, n, pg_temp.sample_rows(table_name) FROM count_sample_data() WHERE n <> pg_temp.sample_rows(table_name)$$,
    'every row with a sample identifier in it is counted as one');
SELECT is_empty($$SELECT s.table_name FROM sampled s WHERE NOT EXISTS (SELECT FROM count_sample_data() c WHERE c.table_name = s.table_name AND c.n > 0)$$,
    'and every table is looked at');
SELECT bag_has('SELECT name FROM frameworks', 'SELECT DISTINCT framework FROM models WHERE is_sample(model_id)', 'vocabulary knows its words');
SELECT is_empty('SELECT * FROM check_registry()', 'nothing is inconsistent');
SELECT is_empty($$SELECT dataset_name FROM datasets WHERE last_updated_at + freshness_sla_hours * interval '1 hour' < now()$$, 'no dataset is stale');
SELECT throws_ok('SELECT load_sample_data()', '55000', NULL, 'it is loaded once only');
SELECT is((SELECT sum(kept) FROM drop_sample_data()), 0::numeric, 'all of it can be dropped');
SELECT set_eq('SELECT * FROM pg_temp.digests()', 'SELECT line FROM before', 'and all tables are as before');
SELECT is((SELECT sum(dropped) + sum(kept) FROM drop_sample_data()), 0::numeric, 'there is nothing left to drop');
SELECT * FROM finish();
ROLLBACK;
