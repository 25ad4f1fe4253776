-- Lineage as pictures: lineage_dot(), lineage_mermaid(). Everything is rolled back.
SET search_path = public, mlregistry;
SET timezone = 'UTC';
SET client_min_messages = warning;
\set SHOW_CONTEXT never
\getenv abs_srcdir PG_ABS_SRCDIR
\set hostile :abs_srcdir '/test/data/hostile-lineage.sql'
\pset format unaligned
\pset tuples_only on
BEGIN;
\set ECHO none
\i :hostile
\set ECHO all
CREATE FUNCTION pg_temp.refusal(statement text, OUT state text, OUT message text, OUT detail text, OUT hint text) LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE statement;
    RAISE EXCEPTION 'accepted';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
END $$;
-- The arrows of a picture: what an end is called, what the arrow says.
CREATE FUNCTION pg_temp.arrows(dot text) RETURNS TABLE (parent text, child text, says text) LANGUAGE sql AS $$
    SELECT replace(m[1], '00000000-0000-4000-8000-0000000000', ''), replace(m[2], '00000000-0000-4000-8000-0000000000', ''), coalesce(m[4], m[3])
      FROM regexp_matches(dot, '^    "([^"]+)" -> "([^"]+)" \[(label="([^"]*)"|style="dashed")\];$', 'gn') AS m $$;

\echo -- a whole picture
SELECT lineage_dot('fraud-detector@2.0.0-rc.1');
SELECT lineage_mermaid('fraud-detector@2.0.0-rc.1');

\echo -- directions, depths, kinds, relations
SELECT d, x.* FROM unnest('{upstream,downstream,both}'::text[]) AS d, pg_temp.arrows(lineage_dot('dataset:clean', d)) AS x;
SELECT d, count(*) FROM generate_series(0, 5) AS d, pg_temp.arrows(lineage_dot('dataset:raw', max_depth => d)) AS x GROUP BY d ORDER BY d;
SELECT * FROM pg_temp.arrows(lineage_dot('dataset:raw', kinds => '{deployment}'));
SELECT * FROM pg_temp.arrows(lineage_dot('deployment:end/subgraph', kinds => '{dataset}'));
SELECT * FROM pg_temp.arrows(lineage_dot('dataset:raw', relations => '{derived-from,tested-on}'));
SELECT lineage_dot('dataset:raw') = lineage_dot('dataset:raw', 'both', NULL, NULL, NULL, NULL, NULL) AS nulls_are_all,
       lineage_dot('dataset:raw') = lineage_dot('dataset:raw') AS is_the_same, lineage_dot('dataset:raw', 'upstream', 0) LIKE '%"dataset:00000000-0000-4000-8000-0000000000d1" [label="raw"%' AS alone;
SELECT count(*) FROM pg_temp.arrows(lineage_dot('dataset:raw', as_of => '2020-01-01'));
SELECT count(*) > 0 FROM pg_temp.arrows(lineage_dot('dataset:raw', as_of => now()));

\echo -- cut
SELECT * FROM pg_temp.arrows(lineage_dot('dataset:raw', max_edges => 2));
SELECT substring(lineage_dot('dataset:raw', max_edges => n) FROM '\n    (label="[^"]*");'), substring(lineage_mermaid('dataset:raw', max_edges => n) FROM '\n    (cut\["[^"]*")') FROM unnest('{0,2}'::integer[]) AS n;

\echo -- deleted and hidden
UPDATE datasets SET deleted_at = now() WHERE dataset_id = pg_temp.id('d1');
SELECT substring(lineage_dot('dataset:clean', 'upstream') FROM '"dataset:[-0-9a-f]*d1" [^\n]*');
CREATE ROLE regress_picture_viewer;
INSERT INTO users (user_id, email, db_role) VALUES (pg_temp.id('99'), 'viewer@example.com', 'regress_picture_viewer');
INSERT INTO organization_memberships (user_id, role) VALUES (pg_temp.id('99'), 'viewer');
SELECT grant_access('regress_picture_viewer', 'reader', sql_only => true);
CREATE TEMP TABLE seen (dot text, mermaid text);
GRANT INSERT ON seen TO regress_picture_viewer;
SET LOCAL SESSION AUTHORIZATION regress_picture_viewer;
INSERT INTO seen VALUES (lineage_dot('fraud-detector@2.0.0-rc.1', 'upstream'), lineage_mermaid('fraud-detector@2.0.0-rc.1', 'upstream'));
RESET SESSION AUTHORIZATION;
SELECT dot ~ 'secret|00d6|00f9' OR mermaid ~ 'secret|00d6|00f9' AS tells_what_is_hidden FROM seen;
SELECT x.* FROM seen, pg_temp.arrows(dot) AS x;
SELECT m[1] FROM seen, regexp_matches(dot, '^ *("hidden:.*\[label=.*)$', 'gn') AS m;
SELECT m[1] FROM seen, regexp_matches(mermaid, '^ *(h[0-9].*|class .*)$', 'gn') AS m;

\echo -- refused
SELECT s, e.* FROM unnest(ARRAY[
    $$SELECT lineage_dot(NULL)$$, $$SELECT lineage_mermaid(NULL)$$,
    $$SELECT lineage_dot('dataset:nothing')$$, $$SELECT lineage_dot('fraud-detector@9.9.9')$$,
    $$SELECT lineage_dot('dataset:raw', 'sideways')$$, $$SELECT lineage_dot('dataset:raw', NULL)$$,
    $$SELECT lineage_dot('dataset:raw', max_depth => -1)$$, $$SELECT lineage_dot('dataset:raw', kinds => '{model}')$$,
    $$SELECT lineage_dot('dataset:raw', relations => '{made-by}')$$, $$SELECT lineage_dot('dataset:raw', as_of => 'infinity')$$,
    $$SELECT lineage_dot('dataset:raw', max_edges => -1)$$, $$SELECT lineage_mermaid('dataset:raw', max_edges => -1)$$,
    $$SELECT lineage_mermaid('dataset:raw', max_edges => 501)$$]) AS s, pg_temp.refusal(s) AS e;
ROLLBACK;
