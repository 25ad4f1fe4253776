-- What every alias named, and when. Times differ from run to run: periods are compared with each other.
SET search_path = public, mlregistry;
\set SHOW_CONTEXT never
\getenv abs_srcdir PG_ABS_SRCDIR
\set refusals :abs_srcdir '/sql/include/refusals.psql'
\set ECHO none
\i :refusals
\set ECHO all

INSERT INTO models (model_name, framework) VALUES ('m', 'onnx'), ('n', 'onnx');
INSERT INTO model_versions (model_id, semver, artifact_uri) SELECT model_id, v.semver::semver, '/' || v.semver FROM models, (VALUES ('1.0.0'), ('2.0.0'), ('3.0.0+gpu')) AS v (semver);

-- Periods in their order; how each one follows the one before it of the same alias.
CREATE TEMP VIEW periods AS
SELECT coalesce(m.model_name, '(gone)') AS model, h.alias, h.semver, h.set_by, h.valid_from, h.valid_to,
       CASE WHEN h.valid_to = 'infinity' THEN 'open' ELSE 'closed' END AS state,
       CASE WHEN h.valid_from = lag(h.valid_to) OVER w THEN 'at once' WHEN h.valid_from > lag(h.valid_to) OVER w THEN 'later' WHEN h.valid_from < lag(h.valid_to) OVER w THEN 'OVERLAP' END AS follows,
       row_number() OVER w AS n
  FROM alias_history h LEFT JOIN models m USING (model_id)
WINDOW w AS (PARTITION BY h.model_id, h.alias ORDER BY h.valid_from);
-- What must hold at any time; nothing is printed where it does.
CREATE TEMP VIEW wrong AS
SELECT 'periods overlap' AS what, alias, semver FROM periods WHERE follows = 'OVERLAP'
UNION ALL
SELECT 'two open periods', alias, NULL FROM alias_history WHERE valid_to = 'infinity' GROUP BY model_id, alias HAVING count(*) > 1
UNION ALL
SELECT 'open period and alias differ', coalesce(h.alias, a.alias), h.semver
  FROM (SELECT * FROM alias_history WHERE valid_to = 'infinity') h FULL JOIN model_aliases a USING (model_id, alias) WHERE h.version_id IS DISTINCT FROM a.version_id
UNION ALL
SELECT 'not as the version is written', h.alias, h.semver FROM alias_history h JOIN model_versions v USING (version_id) WHERE h.semver <> v.semver::text OR h.model_id <> v.model_id OR h.project_id <> v.project_id OR h.organization_id <> v.organization_id
UNION ALL
SELECT 'begins in the future', alias, semver FROM alias_history WHERE valid_from > clock_timestamp() OR (valid_to > clock_timestamp() + interval '1 second' AND valid_to <> 'infinity');

CREATE FUNCTION pg_temp.v(model text, version text) RETURNS uuid LANGUAGE sql STABLE AS
    $$SELECT v.version_id FROM mlregistry.model_versions v JOIN mlregistry.models m USING (model_id) WHERE m.model_name = $1 AND v.semver = $2::mlregistry.semver$$;
CREATE FUNCTION pg_temp.m(model text) RETURNS uuid LANGUAGE sql STABLE AS $$SELECT model_id FROM mlregistry.models WHERE model_name = $1$$;

-- set, move, move back, drop, set again
SELECT clock_timestamp() AS t0 \gset
INSERT INTO model_aliases (model_id, alias, version_id) VALUES (pg_temp.m('m'), 'champion', pg_temp.v('m', '1.0.0'));
SELECT h.valid_from = a.set_at AS since_set_at, h.valid_to, h.set_by = session_user AS by_me, h.set_by_user FROM alias_history h JOIN model_aliases a USING (model_id, alias);
SELECT clock_timestamp() AS t1 \gset
UPDATE model_aliases SET version_id = pg_temp.v('m', '3.0.0+gpu'), set_by = 'bot@example.com' WHERE alias = 'champion';
SELECT clock_timestamp() AS t2 \gset
UPDATE model_aliases SET version_id = pg_temp.v('m', '1.0.0') WHERE alias = 'champion';
SELECT clock_timestamp() AS t3 \gset
DELETE FROM model_aliases WHERE alias = 'champion';
SELECT clock_timestamp() AS t4 \gset
INSERT INTO model_aliases (model_id, alias, version_id) VALUES (pg_temp.m('m'), 'champion', pg_temp.v('m', '2.0.0'));
SELECT clock_timestamp() AS t5 \gset
SELECT alias, semver, state, follows, set_by = session_user AS by_me FROM periods ORDER BY alias, n;
SELECT * FROM wrong;

-- what it named at a time: half-open, so a moment of change has one answer
SELECT t.n, h.semver FROM (VALUES (0, :'t0'::timestamptz), (1, :'t1'), (2, :'t2'), (3, :'t3'), (4, :'t4'), (5, :'t5')) AS t (n, at)
  LEFT JOIN alias_history h ON h.model_id = pg_temp.m('m') AND h.alias = 'champion' AND h.valid_from <= t.at AND t.at < h.valid_to ORDER BY 1;
SELECT p.n, p.semver AS begins, string_agg(h.semver, ' ') AS named
  FROM periods p JOIN alias_history h ON h.alias = p.alias AND h.valid_from <= p.valid_from AND p.valid_from < h.valid_to GROUP BY 1, 2 ORDER BY 1;

-- by function
SELECT alias, semver, previous_semver FROM set_alias('m', ' Champion ', '1.0.0');
SELECT alias, semver, previous_semver FROM set_alias('m', 'champion', '1.0.0');
SELECT alias, semver, previous_semver FROM drop_alias('m', 'champion');
SELECT alias, semver, state, follows FROM periods WHERE n > 3 ORDER BY alias, n;
SELECT * FROM wrong;

-- another name: the one ends, the other begins; also a name that was in use before
INSERT INTO model_aliases (model_id, alias, version_id) VALUES (pg_temp.m('m'), 'best', pg_temp.v('m', '2.0.0'));
UPDATE model_aliases SET alias = 'champion' WHERE alias = 'best';
UPDATE model_aliases SET alias = 'best' WHERE alias = 'champion';
UPDATE model_aliases SET alias = 'top', version_id = pg_temp.v('m', '1.0.0') WHERE alias = 'best';
SELECT alias, n, semver, state, follows FROM periods WHERE alias <> 'champion' OR n > 5 ORDER BY alias, n;
SELECT * FROM wrong;
DELETE FROM model_aliases;

-- several in one statement, of two models; only those that change
INSERT INTO model_aliases (model_id, alias, version_id) SELECT model_id, x.alias, pg_temp.v(model_name, '1.0.0') FROM models, (VALUES ('a'), ('b'), ('c')) AS x (alias);
UPDATE model_aliases SET version_id = pg_temp.v('m', '2.0.0') WHERE model_id = pg_temp.m('m') AND alias = 'a';
UPDATE model_aliases SET version_id = pg_temp.v('m', '2.0.0') WHERE model_id = pg_temp.m('m');
SELECT model, alias, semver, state, follows FROM periods WHERE alias IN ('a', 'b', 'c') ORDER BY model, alias, n;
SELECT * FROM wrong;
-- two aliases change places: their versions do, their names cannot
UPDATE model_aliases SET version_id = pg_temp.v('m', '1.0.0') WHERE model_id = pg_temp.m('m') AND alias = 'b';
UPDATE model_aliases a SET version_id = CASE alias WHEN 'a' THEN pg_temp.v('m', '1.0.0') ELSE pg_temp.v('m', '2.0.0') END WHERE model_id = pg_temp.m('m') AND alias IN ('a', 'b');
SELECT alias, semver, state, follows FROM periods WHERE model = 'm' AND alias IN ('a', 'b') ORDER BY alias, n;
\set VERBOSITY terse
UPDATE model_aliases SET alias = CASE alias WHEN 'a' THEN 'b' ELSE 'a' END WHERE model_id = pg_temp.m('m') AND alias IN ('a', 'b');
\set VERBOSITY default
SELECT * FROM wrong;

-- what changes nothing writes nothing
SELECT count(*) AS before FROM alias_history \gset
UPDATE model_aliases SET version_id = version_id, alias = upper(alias);
UPDATE model_aliases SET protected = true, set_by = 'someone', set_at = '2020-01-01';
UPDATE model_aliases SET version_id = pg_temp.v('m', '2.0.0') WHERE false;
DELETE FROM model_aliases WHERE alias = 'nobody';
INSERT INTO model_aliases (model_id, alias, version_id) SELECT model_id, alias, version_id FROM model_aliases ON CONFLICT (model_id, alias) DO NOTHING;
SELECT count(*) - :before AS written FROM alias_history;
BEGIN;
UPDATE model_aliases SET version_id = pg_temp.v('m', '3.0.0') WHERE model_id = pg_temp.m('m');
INSERT INTO model_aliases (model_id, alias, version_id) VALUES (pg_temp.m('m'), 'never', pg_temp.v('m', '1.0.0'));
ROLLBACK;
SELECT count(*) - :before AS written FROM alias_history;
SELECT * FROM wrong;

-- one transaction: every step has its period, none is empty
BEGIN;
INSERT INTO model_aliases (model_id, alias, version_id) VALUES (pg_temp.m('n'), 'quick', pg_temp.v('n', '1.0.0'));
UPDATE model_aliases SET version_id = pg_temp.v('n', '2.0.0') WHERE alias = 'quick';
SAVEPOINT s;
UPDATE model_aliases SET version_id = pg_temp.v('n', '3.0.0') WHERE alias = 'quick';
ROLLBACK TO s;
UPDATE model_aliases SET version_id = pg_temp.v('n', '1.0.0') WHERE alias = 'quick';
DELETE FROM model_aliases WHERE alias = 'quick';
INSERT INTO model_aliases (model_id, alias, version_id) VALUES (pg_temp.m('n'), 'quick', pg_temp.v('n', '3.0.0'));
DELETE FROM model_aliases WHERE alias = 'quick';
COMMIT;
SELECT semver, state, follows, valid_from < valid_to AS lasts FROM periods WHERE alias = 'quick' ORDER BY n;
SELECT * FROM wrong;

-- other ways to write: ON CONFLICT, MERGE, names that move along in one statement, one alias that replaces another
INSERT INTO model_aliases (model_id, alias, version_id) VALUES (pg_temp.m('n'), 'a', pg_temp.v('n', '2.0.0')), (pg_temp.m('n'), 'd', pg_temp.v('n', '2.0.0'))
    ON CONFLICT (model_id, alias) DO UPDATE SET version_id = excluded.version_id;
MERGE INTO model_aliases a USING (VALUES ('a', '3.0.0'), ('b', NULL), ('e', '3.0.0')) AS w (alias, semver) ON a.model_id = pg_temp.m('n') AND a.alias = w.alias
 WHEN MATCHED AND w.semver IS NULL THEN DELETE
 WHEN MATCHED THEN UPDATE SET version_id = pg_temp.v('n', w.semver)
 WHEN NOT MATCHED THEN INSERT (model_id, alias, version_id) VALUES (pg_temp.m('n'), w.alias, pg_temp.v('n', w.semver));
SELECT alias, semver, state, follows FROM periods WHERE model = 'n' AND alias <> 'quick' ORDER BY alias, n;
SELECT * FROM wrong;
DELETE FROM model_aliases WHERE model_id = pg_temp.m('n');
INSERT INTO model_aliases (model_id, alias, version_id) VALUES (pg_temp.m('n'), 'new', pg_temp.v('n', '2.0.0'));
INSERT INTO model_aliases (model_id, alias, version_id) VALUES (pg_temp.m('n'), 'newest', pg_temp.v('n', '3.0.0'));
-- the name "new" passes from one row to another: it is never without a version
UPDATE model_aliases SET alias = CASE alias WHEN 'new' THEN 'old' ELSE 'new' END WHERE model_id = pg_temp.m('n');
SELECT alias, semver, state, follows FROM periods WHERE alias IN ('new', 'newest', 'old') ORDER BY alias, n;
WITH dropped AS (DELETE FROM model_aliases WHERE alias = 'new' RETURNING *) INSERT INTO model_aliases (model_id, alias, version_id) SELECT model_id, alias, pg_temp.v('n', '1.0.0') FROM dropped;
SELECT alias, semver, state, follows FROM periods WHERE alias = 'new' ORDER BY alias, n;
SELECT * FROM wrong;
DELETE FROM model_aliases WHERE model_id = pg_temp.m('n');

-- imports: since when they were set, but never before an earlier period has ended, nor later than now
INSERT INTO model_aliases (model_id, alias, version_id, set_at, set_by, set_by_user)
SELECT pg_temp.m('n'), x.alias, pg_temp.v('n', '1.0.0'), x.at::timestamptz, 'importer@example.com', gen_random_uuid()
  FROM (VALUES ('past', '2020-01-01Z'), ('future', '2999-01-01Z'), ('always', '-infinity'), ('never', 'infinity')) AS x (alias, at);
SELECT alias, CASE WHEN valid_from = '-infinity' THEN 'always' WHEN valid_from = '2020-01-01Z' THEN 'as given' WHEN valid_from >= now() - interval '1 hour' THEN 'now' END AS since, set_by, state FROM periods WHERE set_by = 'importer@example.com' ORDER BY alias;
SELECT * FROM wrong;
UPDATE model_aliases SET version_id = pg_temp.v('n', '2.0.0') WHERE set_by = 'importer@example.com';
DELETE FROM model_aliases WHERE model_id = pg_temp.m('n');
INSERT INTO model_aliases (model_id, alias, version_id, set_at) SELECT pg_temp.m('n'), x.alias, pg_temp.v('n', '3.0.0'), '2019-01-01' FROM (VALUES ('past'), ('always')) AS x (alias);
-- moved, with a time of its own in the past: the history says when the registry knew
UPDATE model_aliases SET version_id = pg_temp.v('n', '1.0.0'), set_at = '2018-01-01' WHERE model_id = pg_temp.m('n') AND alias = 'past';
SELECT alias, semver, state, follows FROM periods WHERE alias IN ('past', 'future', 'always', 'never') ORDER BY alias, n;
SELECT * FROM wrong;
SELECT semver FROM alias_history WHERE alias = 'past' AND valid_from <= '2021-01-01' AND '2021-01-01' < valid_to;

-- soft deletion leaves it open, hard deletion closes it and leaves it; without versions and models it still can be read
UPDATE models SET deleted_at = now() WHERE model_name = 'n';
SELECT alias, state FROM periods WHERE model = 'n' AND alias IN ('past', 'always') AND state = 'open' ORDER BY 1;
UPDATE models SET deleted_at = NULL WHERE model_name = 'n';
SELECT clock_timestamp() AS t6 \gset
DELETE FROM model_aliases WHERE model_id = pg_temp.m('m') AND alias = 'a';
DELETE FROM model_versions WHERE version_id = pg_temp.v('m', '3.0.0');
SELECT alias, semver, state FROM periods WHERE semver = '3.0.0+gpu' AND model = 'm';
SELECT pg_temp.m('n') AS n \gset
DELETE FROM models WHERE model_name = 'n';
SELECT count(*) > 0 AS kept, count(*) FILTER (WHERE state = 'open') AS open FROM periods WHERE model = '(gone)';
SELECT alias, semver FROM alias_history WHERE model_id = :'n' AND valid_from <= :'t6' AND :'t6' < valid_to ORDER BY 1;
SELECT * FROM wrong;

-- of another organization, while the session works in none
INSERT INTO organizations (name, slug) VALUES ('Acme', 'acme');
INSERT INTO projects (organization_id, name, slug) SELECT organization_id, 'Secret', 'secret' FROM organizations WHERE slug = 'acme';
INSERT INTO models (organization_id, project_id, model_name, framework) SELECT organization_id, project_id, 'theirs', 'onnx' FROM projects WHERE slug = 'secret';
INSERT INTO model_versions (model_id, semver, artifact_uri) VALUES (pg_temp.m('theirs'), '1.0.0', '/t/1');
INSERT INTO model_aliases (model_id, alias, version_id) VALUES (pg_temp.m('theirs'), 'champion', pg_temp.v('theirs', '1.0.0'));
SELECT p.slug, h.alias FROM alias_history h JOIN projects p USING (organization_id, project_id) WHERE h.model_id = pg_temp.m('theirs');

-- One statement per named constraint: written by triggers only, these catch what a trigger did wrong
INSERT INTO broken VALUES
    ('alias_history_pkey', $$INSERT INTO alias_history (organization_id, project_id, history_id, model_id, alias, version_id, semver, valid_from) SELECT organization_id, project_id, history_id, model_id, 'x', version_id, semver, valid_from FROM alias_history LIMIT 1$$),
    ('unique_open_alias', $$INSERT INTO alias_history (organization_id, project_id, model_id, alias, version_id, semver, valid_from) SELECT organization_id, project_id, model_id, alias, version_id, semver, now() FROM alias_history WHERE valid_to = 'infinity'$$),
    ('unique_open_alias', $$UPDATE alias_history SET valid_to = 'infinity' WHERE model_id = pg_temp.m('m') AND alias = 'b'$$),
    ('alias_history_organization_fkey', $$INSERT INTO alias_history (organization_id, project_id, model_id, alias, version_id, semver, valid_from) SELECT gen_random_uuid(), project_id, model_id, 'x', version_id, semver, now() FROM alias_history LIMIT 1$$),
    ('alias_history_project_fkey', $$INSERT INTO alias_history (organization_id, project_id, model_id, alias, version_id, semver, valid_from) SELECT organization_id, gen_random_uuid(), model_id, 'x', version_id, semver, now() FROM alias_history LIMIT 1$$),
    ('valid_history_period', $$UPDATE alias_history SET valid_to = valid_from$$),
    ('valid_history_period', $$UPDATE alias_history SET valid_to = valid_from - interval '1 second'$$),
    ('alias_history_text_size', $$UPDATE alias_history SET alias = repeat('x', 65537) WHERE model_id = pg_temp.m('m')$$),
    ('alias_history_text_size', $$UPDATE alias_history SET semver = repeat('1', 65537)$$),
    ('alias_history_text_size', $$UPDATE alias_history SET set_by = repeat('x', 65537)$$),
    ('immutable_key', $$UPDATE alias_history SET history_id = gen_random_uuid()$$),
    ('immutable_key', $$UPDATE alias_history SET organization_id = gen_random_uuid()$$),
    ('immutable_key', $$UPDATE alias_history SET project_id = gen_random_uuid()$$);
SELECT pg_temp.judge();
SELECT expected, state, count(*) FROM outcome WHERE rule IS NOT DISTINCT FROM expected GROUP BY 1, 2 ORDER BY 1;
SELECT * FROM outcome WHERE rule IS DISTINCT FROM expected ORDER BY expected, statement;
-- not to be broken without breaking another first: the key that repeats the primary key
SELECT * FROM pg_temp.unmet('{alias_history}');

-- TRUNCATE ends what was open, and the names can be set again
BEGIN;
TRUNCATE model_aliases;
SELECT count(*) > 0 AS some, count(*) FILTER (WHERE valid_to = 'infinity') AS open FROM alias_history;
ROLLBACK;

-- a project takes its history with it, whatever is open; an organization too
DELETE FROM projects WHERE slug = 'secret';
SELECT count(*) FROM alias_history WHERE organization_id = (SELECT organization_id FROM organizations WHERE slug = 'acme');
SELECT count(*) > 0 AS some, bool_or(valid_to = 'infinity') AS open FROM alias_history;
DELETE FROM organizations;
SELECT (SELECT count(*) FROM alias_history) AS history, (SELECT count(*) FROM model_aliases) AS aliases;

-- leave a clean registry behind
DROP VIEW wrong, periods;
SELECT uninstall(confirm => 'mlregistry') IS NOT NULL AS uninstalled;
SELECT install() IS NOT NULL AS installed;
