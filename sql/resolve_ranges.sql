-- References with ranges, wherever a version is named.
SET search_path = public, mlregistry;
\set SHOW_CONTEXT never

SELECT model_name FROM register_model('fraud', framework => 'xgboost');
SELECT count(*) FROM unnest('{1.3.9,1.4.0-rc.1,1.4.0,1.4.2,1.5.0,1.6.0-alpha,2.0.0-rc.1,2.0.0,2.1.0,3.0.0-beta.2}'::text[]) AS v, register_version('fraud', v, 's3://fraud/{version}');
SELECT model_name FROM register_model('young', framework => 'onnx');
SELECT count(*) FROM unnest('{0.0.1,0.1.0-a,0.1.0}'::text[]) AS v, register_version('young', v, 's3://young/{version}');
SELECT model_name FROM register_model('empty', framework => 'onnx');
INSERT INTO projects (name, slug) VALUES ('Lab', 'lab');
SELECT model_name FROM register_model('fraud', project => 'lab', framework => 'xgboost');
SELECT semver FROM register_version('lab/fraud', '1.9.0', 's3://lab/fraud');

-- what a selector is
SELECT s, selector_kind(s) FROM unnest(ARRAY['1.2.3', '=1.2.3', '1.2.3 ', '1.2', '1', '1.x', 'x', 'X', '*', '^1', '~1.2', '~> 1', '>=1', '>=1 <2', '1 || 2', '||', ' ', '1 - 2', '^1.0.0-rc.1', '1.2.3+b', '^1.2.3+b',
    '', 'latest', 'LATEST', 'production', 'champion', 'vx', 'v1', '^v1', '1,2', '1.2.3.4', '01', '^', 'a b', '1 |', '1/2', '1@2', '-1', 'x1', '1x', 'xx', repeat('1 ', 64), repeat('1 ', 65)]) AS s;

-- resolve
SELECT r, v.project_slug, v.semver FROM unnest(ARRAY['fraud@^1.4', 'fraud@1.x', 'fraud@1', 'fraud@~1.4', 'fraud@>=1 <2', 'fraud@<2', 'fraud@*', 'fraud@x', 'fraud@^1.6.0-0', 'fraud@^3.0.0-beta', 'fraud@=1.4.0', 'fraud@1.4.0 - 1.4',
    'fraud@1.3.9 || 1.4', 'fraud@>5 <4 || 1.4.0-rc.1', 'fraud@~> 2.0', 'lab/fraud@^1', 'default/fraud@^1', 'young@^0.0', 'young@^0', 'fraud@||', 'fraud@2.0.0-rc.1 || 1.4.0-rc.1']) AS r, resolve(r) AS v;
SELECT v.semver FROM find_model('fraud') AS m, resolve(m, '^1.4') AS v;
SELECT v.semver FROM model_versions v WHERE version_id = find_version('fraud@^1.4');

-- every other function that takes one
SELECT semver, path FROM add_version_file('fraud@^1.4', 'gpu/model.ubj');
SELECT alias, semver FROM set_alias('fraud', 'champion', '^1.4');
SELECT alias, semver FROM set_alias('fraud', 'challenger', '>=2');
SELECT name, a_value, b_value FROM compare_versions('fraud@~1.4', 'fraud@^1.4') WHERE name = 'semver';
SELECT reference, tag_name FROM tag('fraud@^1.4', 'stable', create_missing => true);
SELECT reference, tag_name FROM tags_of('fraud@~1.5');
SELECT semver, metric_name, metric_value FROM record_metric('fraud@^1.4', 'auc', 0.93);
SELECT metric_name, metric_value FROM latest_metrics('fraud@1.5.x');
SELECT reference, tag_name FROM untag('fraud@~1.5', 'stable');

-- latest_version: a range, a stage, prereleases, in any combination; no row where there is none
SELECT semver FROM latest_version('fraud', '^1.4');
SELECT semver FROM latest_version('fraud', '^1.4', include_prerelease => true);
SELECT semver FROM latest_version('fraud', range => '>=2', include_prerelease => true);
SELECT semver FROM latest_version('fraud', '^1.4', NULL, true);
SELECT semver FROM find_model('fraud') AS m, latest_version(m, '<2');
SELECT semver FROM latest_version('fraud', '~1.7');
SELECT semver FROM latest_version('fraud', '>5 <4', include_prerelease => true);
SELECT semver FROM latest_version('fraud', NULL::semver_range);
SELECT semver FROM latest_version('fraud', '^1', latest_by => 'registered');
SELECT semver FROM latest_version('fraud', '*'::text);
SELECT semver FROM latest_version('fraud', '^1.04');
SELECT semver FROM latest_version('fraud', 'production');
SELECT semver FROM latest_version('fraud@^1');
SELECT semver FROM latest_version('nowhere', '^1');
SELECT semver FROM latest_version('fraud', '^1', 'live');
SELECT semver FROM latest_version('fraud', '^1', latest_by => 'luck');
UPDATE model_versions SET stage = 'staging' WHERE semver IN ('1.4.0', '1.4.2') AND deleted_at IS NULL;
UPDATE model_versions SET stage = 'production' WHERE semver = '1.5.0';
SELECT r, s, (SELECT semver FROM latest_version('fraud', r, s)) FROM unnest('{^1.4,~1.4,^2}'::semver_range[]) AS r, unnest('{staging,production,archived,NULL}'::text[]) AS s;

-- latest_versions: one row for each model that has one
SELECT project_slug, model_name, semver FROM latest_versions('^1');
SELECT project_slug, model_name, semver FROM latest_versions('^1', project => 'lab');
SELECT project_slug, model_name, semver FROM latest_versions('<0.1.0 || >=3.0.0-0');
SELECT project_slug, model_name, semver FROM latest_versions('<0.1.0 || >=2.1.0', include_prerelease => true);
SELECT project_slug, model_name, semver FROM latest_versions('*', 'staging');
SELECT project_slug, model_name, semver FROM latest_versions('^1', latest_by => 'registered');
SELECT project_slug, model_name, semver FROM latest_versions('9');
SELECT project_slug, model_name, semver FROM latest_versions(''' OR true --');
SELECT count(*) = (SELECT count(*) FROM latest_versions('*')) AS same FROM latest_versions();

-- none: what is near, on either side, and what keeps those between out
SELECT resolve('fraud@~1.7');
SELECT resolve('fraud@^9');
SELECT resolve('fraud@<1.3');
SELECT resolve('fraud@>1.5.0 <2.0.0');
SELECT resolve('fraud@>=1.6.0-beta <1.6.0');
SELECT resolve('fraud@~1.6');
SELECT resolve('fraud@>5 <4');
SELECT resolve('fraud@>1.5.0 <1.6.0');
SELECT resolve('fraud@~1.7 || ~1.8');
SELECT resolve('fraud@1.0 || 9');                                         -- what lies between the alternatives is not near an end
SELECT resolve('fraud@>3');
SELECT resolve('empty@*');
SELECT resolve('lab/fraud@^2');
SELECT resolve('nowhere@^1');
SELECT resolve('fraude@^1');
SELECT resolve('nowhere/fraud@^1');
SELECT resolve('fraud@^1,2');
SELECT resolve('fraud@^v1');
SELECT resolve('fraud@' || repeat('1 ', 65));
SELECT resolve('fraud@' || repeat('^1 ', 300000));
SELECT resolve(find_model('fraud'), '~1.7');
SELECT set_alias('fraud', 'old', '^0');
SELECT set_alias('fraud', '^1', '1.4.0');
SELECT compare_versions('fraud@^1', 'fraud@^0');
SELECT tag('fraud@^0', 'stable');
SELECT add_version_file('fraud@^0', 'a');
SELECT record_metric('fraud@^0', 'auc', 1);

-- deprecated, archived and deleted versions do not count; a stage and an exact version ask for what is there
UPDATE model_versions SET status = 'deprecated', deprecation_reason = 'bug' WHERE semver = '1.5.0';
SELECT semver FROM resolve('fraud@^1.4');
SELECT semver FROM latest_version('fraud', '^1.4');
SELECT semver FROM latest_version('fraud', '^1.4', include_deprecated => true);
SELECT model_name, semver FROM latest_versions('^1.5', include_deprecated => true);
SELECT semver FROM latest_version('fraud', '^1.4', 'production');
SELECT semver FROM resolve('fraud@1.5.0');
SELECT semver FROM resolve('fraud@~1.5');
UPDATE model_versions SET stage = 'staging' WHERE semver = '1.5.0';
SELECT semver FROM latest_version('fraud', '^1.4', 'staging');           -- deprecated ones after all others
SELECT semver FROM latest_version('fraud', '~1.5', 'staging');
UPDATE model_versions SET status = 'archived' WHERE semver = '1.4.2';
SELECT semver FROM resolve('fraud@^1.4');
SELECT semver FROM resolve('fraud@~1.4.1');
SELECT semver FROM latest_version('fraud', '^1.4', 'archived');
SELECT semver FROM latest_version('fraud', '^1.4', include_deprecated => true);
UPDATE model_versions SET deleted_at = now() WHERE semver = '1.4.0' RETURNING semver;
SELECT semver FROM resolve('fraud@^1');
SELECT semver FROM resolve('fraud@1.4.0 || 1.3.9');
SELECT semver FROM resolve('fraud@=1.4.0');
UPDATE models SET is_active = false, archived_reason = 'replaced' WHERE model_name = 'young';
SELECT semver FROM resolve('young@^0.1');
SELECT model_name, semver FROM latest_versions('<1');
UPDATE models SET deleted_at = now() WHERE model_name = 'young';
SELECT resolve('young@^0.1');

-- The short way and the long one, on every model and selector.
SELECT count(*) FROM generate_series(1, 12) AS m, register_model('gen-' || m, framework => 'onnx');
SELECT setseed(0.5);
SELECT count(*) > 200 AS registered
  FROM (SELECT DISTINCT 'gen-' || (1 + n % 12) AS model, semver(floor(3 * random())::int, floor(3 * random())::int, floor(3 * random())::int, CASE WHEN random() < 0.3 THEN 'rc.' || floor(2 * random()) END) AS version
          FROM generate_series(1, 500) AS n WHERE n % 12 <> 11) AS t, register_version(model, version, 's3://gen/{version}');
UPDATE model_versions SET status = CASE WHEN random() < 0.5 THEN 'archived' ELSE 'deprecated' END, deprecation_reason = 'bug' WHERE random() < 0.25 AND artifact_uri LIKE 's3://gen/%';
UPDATE model_versions SET deleted_at = now() WHERE random() < 0.1 AND artifact_uri LIKE 's3://gen/%';
UPDATE model_versions v SET stage = 'production' WHERE version_id IN (SELECT DISTINCT ON (model_id) version_id FROM model_versions WHERE status = 'registered' AND deleted_at IS NULL AND artifact_uri LIKE 's3://gen/%' ORDER BY model_id, random()) AND random() < 0.7;
CREATE TEMP TABLE selector AS SELECT DISTINCT s FROM (
    SELECT op || a || CASE WHEN random() < 0.4 THEN ' || ' || b ELSE '' END AS s FROM unnest('{"",^,~,>,>=,<,<=,=}'::text[]) AS op, unnest('{0,1.1,1.1.1,2.0.0-rc.0,0.1.2,3}'::text[]) AS a, unnest('{2.2,0.0.1-rc.0}'::text[]) AS b
    UNION ALL SELECT unnest('{latest,production,Production,staging,archived,*,x,||,1 - 2,">1.0.0-0 <1.0.0",">2 <1",champion,Champion,1.0.0,1.0.0+build,v1}'::text[])) AS t;
SELECT count(*) AS aliased FROM generate_series(1, 3) AS m, set_alias('gen-' || m, 'champion', '*');
CREATE FUNCTION pg_temp.long_way(model text, selector text) RETURNS uuid LANGUAGE plpgsql AS $$
BEGIN
    RETURN find_version(find_model(model), selector);
EXCEPTION WHEN no_data_found OR invalid_parameter_value OR invalid_text_representation THEN
    RETURN NULL;
END $$;
CREATE TEMP TABLE both_ways AS
SELECT 'gen-' || m AS model, s, quick_version_id(format('gen-%s@%s', m, s)) AS quick, quick_version_id(format('default/gen-%s@%s', m, s)) AS quick_by_slug, pg_temp.long_way('gen-' || m, s) AS long
  FROM generate_series(1, 12) AS m, selector;
SELECT model, s FROM both_ways WHERE (quick <> long) OR (quick IS NULL AND long IS NOT NULL AND selector_kind(s) <> 'stage') OR (quick IS NOT NULL AND long IS NULL) OR quick IS DISTINCT FROM quick_by_slug ORDER BY 1, 2;
-- and a third: the obvious one
SELECT model, s FROM both_ways b
 WHERE selector_kind(s) = 'range'
   AND long IS DISTINCT FROM (SELECT version_id FROM model_versions v JOIN models m USING (model_id) WHERE m.model_name = b.model AND v.deleted_at IS NULL AND v.status NOT IN ('archived', 'deprecated')
                                 AND satisfies(v.semver, (SELECT b.s)::semver_range) ORDER BY v.semver DESC LIMIT 1) ORDER BY 1, 2;
SELECT count(*) > 500 AS asked, count(long) BETWEEN 300 AND count(*) - 100 AS some_found, count(quick) > 300 AS quickly FROM both_ways;
SELECT s FROM selector WHERE selector_kind(s) = 'range' AND EXISTS (
    (SELECT model, long FROM both_ways b WHERE b.s = selector.s AND long IS NOT NULL EXCEPT SELECT model_name, version_id FROM latest_versions((SELECT selector.s)::semver_range))
    UNION ALL (SELECT model_name, version_id FROM latest_versions((SELECT selector.s)::semver_range) WHERE model_name LIKE 'gen-%' EXCEPT SELECT model, long FROM both_ways b WHERE b.s = selector.s));
SELECT count(*) FROM selector, generate_series(1, 12) AS m WHERE selector_kind(s) = 'range'
   AND (SELECT version_id FROM latest_version('gen-' || m, s, include_prerelease => true)) IS DISTINCT FROM
       (SELECT version_id FROM model_versions v JOIN models m2 USING (model_id) WHERE m2.model_name = 'gen-' || m AND v.deleted_at IS NULL AND v.status NOT IN ('archived', 'deprecated')
           AND satisfies(v.semver, (SELECT s)::semver_range, true) ORDER BY v.semver DESC LIMIT 1);

SELECT count(*) FROM check_registry();
SELECT uninstall(confirm => 'mlregistry');
SELECT install();
