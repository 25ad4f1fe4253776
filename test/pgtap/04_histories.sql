-- 1,695 versions that were really published, registered: order, latest, resolution. psql variable data_dir: test/data.
\set ON_ERROR_STOP on
\set QUIET on
\pset format unaligned
\pset tuples_only on
\pset pager off
SET search_path = public, mlregistry;

CREATE TABLE history (model_name text, published int, version text, precedence_rank int);
\set file :data_dir '/version-histories.tsv'
\set cmd '\\copy history FROM ' :'file' ' WITH (FORMAT text, HEADER true)'
:cmd

SELECT plan(9);
SELECT is(count(*), 1695::bigint, 'all versions are read') FROM history;
SELECT is_empty($$
    SELECT h.model_name, h.version, h.precedence_rank, s.rank
      FROM history h
      JOIN (SELECT model_name, version, rank() OVER (PARTITION BY model_name ORDER BY version::semver) FROM history) AS s USING (model_name, version)
     WHERE s.rank <> h.precedence_rank
$$, 'they sort as the reference implementation sorts them');
SELECT is_empty($$
    SELECT a.version, b.version FROM history a JOIN history b ON a.model_name = b.model_name AND a.model_name <> 'electron'
     WHERE sign(a.precedence_rank - b.precedence_rank) <> sign(semver_cmp(a.version, b.version))
$$, 'every pair compares so');
SELECT lives_ok($$SELECT register_model(m, framework => 'custom') FROM (SELECT DISTINCT model_name FROM history) AS h (m)$$, 'models are registered');
SELECT lives_ok($$SELECT register_version(model_name, version, '/srv/{version}') FROM history ORDER BY model_name, published$$, 'versions are registered');
SELECT is_empty($$
    SELECT h.model_name, h.version, l.semver
      FROM (SELECT DISTINCT ON (model_name) model_name, version FROM history WHERE version !~ '-' ORDER BY model_name, precedence_rank DESC) AS h
      FULL JOIN latest_versions() AS l USING (model_name)
     WHERE h.version IS DISTINCT FROM l.semver::text
$$, 'the latest release of each is the one with the highest rank');
SELECT is_empty($$
    SELECT h.model_name, h.version, l.semver
      FROM (SELECT DISTINCT ON (model_name) model_name, version FROM history ORDER BY model_name, precedence_rank DESC) AS h
      FULL JOIN latest_versions(include_prerelease => true) AS l USING (model_name)
     WHERE h.version IS DISTINCT FROM l.semver::text
$$, 'and with prereleases');
SELECT is_empty($$
    SELECT model_name, version FROM history h
     WHERE (SELECT r.semver::text FROM resolve(h.model_name || '@' || h.version) AS r) IS DISTINCT FROM h.version
$$, 'every one resolves to itself');
SELECT is_empty('SELECT * FROM check_registry()', 'nothing is inconsistent');
SELECT * FROM finish();
