-- Events of OpenLineage keep the rules of docs/design/semantics.md, whatever texts the registry holds. Against the real schemas
-- they are validated by test/t/112_openlineage.pl, where these are at hand.
--
--   psql -X -v data_dir=/absolute/path/of/test/data -f test/pgtap/11_openlineage.sql <database>
--
-- The database needs the extensions mlregistry and pgtap, nothing else in it, and is UTF-8. Everything is rolled back.
\set ON_ERROR_STOP on
\set QUIET on
\pset format unaligned
\pset tuples_only on
-- A statement may test two things at once; each has a line.
\pset fieldsep '\n'
\pset pager off
\if :{?data_dir}
\else
  \echo 'Bail out! usage: psql -X -v data_dir=/absolute/path/of/test/data -f 11_openlineage.sql'
  \quit
\endif
BEGIN;
SET LOCAL client_min_messages = warning;
SET LOCAL search_path = public, mlregistry;
-- Neither is what RFC 3339 would have.
SET LOCAL timezone = 'Asia/Kathmandu';
SET LOCAL datestyle = 'German';
SELECT no_plan();

SELECT is_empty($$SELECT * FROM openlineage_events(max_rows => NULL)$$, 'no events of an empty registry');
\set hostile :data_dir '/hostile-lineage.sql'
\o /dev/null
\i :hostile
\o

CREATE TEMP TABLE event AS SELECT e.*, row_number() OVER () AS n FROM openlineage_events(max_rows => NULL) AS e;
CREATE FUNCTION pg_temp.of(run text, type text) RETURNS jsonb LANGUAGE sql AS $$SELECT e.event FROM event e WHERE e.run_id = pg_temp.id(run) AND e.event_type = type$$;
-- A dataset among inputs or outputs, by its name and by its version.
CREATE FUNCTION pg_temp.dataset(list jsonb, name text, version text) RETURNS jsonb LANGUAGE sql AS $$
    SELECT d FROM jsonb_array_elements(list) AS d
     WHERE d ->> 'name' = $2 AND d #>> '{facets,version,datasetVersion}' IS NOT DISTINCT FROM $3 $$;
-- What a facet says, without what every facet has.
CREATE FUNCTION pg_temp.says(thing jsonb, VARIADIC path text[]) RETURNS jsonb LANGUAGE sql AS $$SELECT (thing #> path) - '{_producer,_schemaURL}'::text[]$$;

-- ---- which events there are

SELECT results_eq($$SELECT right(coalesce(run_id, version_id)::text, 2), event_type, event_time FROM event ORDER BY n$$,
    $$VALUES ('c1', NULL, '2026-03-01 09:00+00'::timestamptz), ('c3', NULL, '2026-03-01 09:00+00'),
             ('f4', 'ABORT', '2026-03-02 09:10+00'),
             ('f9', 'START', '2026-03-02 09:30+00'), ('f9', 'COMPLETE', '2026-03-02 09:45+00'),
             ('f3', 'START', '2026-03-02 10:00+00'), ('f7', 'START', '2026-03-02 10:00+00'), ('f7', 'ABORT', '2026-03-02 10:00+00'),
             ('f1', 'START', '2026-03-02 10:00:00.123456+00'), ('f2', 'START', '2026-03-02 10:00:00.123456+00'), ('f2', 'FAIL', '2026-03-02 10:00:00.123456+00'),
             ('f1', 'COMPLETE', '2026-03-02 12:00+00'), ('f3', 'FAIL', '2026-03-02 12:00+00'), ('f5', 'START', '2026-03-03 00:00+00')$$,
    'START at started_at, COMPLETE, ABORT or FAIL at completed_at, versions that no run made at registered_at; by time, then by identifier, a start before its end');
SELECT is_empty($$SELECT * FROM event WHERE (event_type IS NULL) <> (run_id IS NULL) OR num_nonnulls(run_id, version_id) <> 1$$, 'an event is of a run or of a version, and only runs have a type');
SELECT set_eq($$SELECT DISTINCT project_slug FROM event$$, $$VALUES ('default'), ('secret')$$, 'project_slug is that of the project');
SELECT is_empty($$SELECT * FROM openlineage_events(max_rows => NULL, project => 'secret') WHERE project_slug <> 'secret'$$, 'one project: no other one');
SELECT is((SELECT count(*) FROM openlineage_events(max_rows => NULL, project => 'secret')), 2::bigint, 'one project: all of it');

-- ---- every event, every facet

SELECT is_empty($$SELECT n FROM event WHERE event ->> 'eventTime' IS DISTINCT FROM to_char(event_time AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')$$, 'eventTime is the time, in UTC, whatever the session says');
SELECT is_empty($$SELECT n, t #>> '{}' FROM event, jsonb_path_query(event, '$.**') AS t
                   WHERE jsonb_typeof(t) = 'string' AND t #>> '{}' ~ '^\d{4}-\d\d-\d\d[T ]' AND t #>> '{}' !~ '^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[.]\d{6}Z$'$$, 'every time is RFC 3339 with a zone');
SELECT is_empty($$SELECT n FROM event WHERE event ->> 'schemaURL' IS DISTINCT FROM 'https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/' || CASE WHEN run_id IS NULL THEN 'DatasetEvent' ELSE 'RunEvent' END
                  OR event ->> 'producer' IS DISTINCT FROM 'https://pgxn.org/dist/mlregistry/' || code_version() || '/'$$, 'schemaURL is of 2-0-2, the producer has our version');
SELECT is_empty($$SELECT n FROM event WHERE run_id IS NOT NULL AND (event ->> 'eventType' IS DISTINCT FROM event_type OR event #>> '{run,runId}' IS DISTINCT FROM run_id::text)$$, 'runId and eventType');
SELECT is_empty($$SELECT n FROM event, jsonb_object_keys(event) AS k WHERE k <> ALL (CASE WHEN run_id IS NULL THEN '{eventTime,producer,schemaURL,dataset}' ELSE '{eventTime,producer,schemaURL,eventType,run,job,inputs,outputs}' END::text[])$$, 'events have what the schema has');
CREATE TEMP TABLE facet AS
SELECT e.n, f.key, f.value
  FROM event e, unnest('{$.**.facets,$.**.inputFacets,$.**.outputFacets}'::jsonpath[]) AS path, jsonb_path_query(e.event, path) AS facets, jsonb_each(facets) AS f;
SELECT cmp_ok((SELECT count(DISTINCT key) FROM facet), '>=', 22::bigint, 'facets of all kinds are looked at');
SELECT is_empty($$SELECT n, key FROM facet WHERE value ->> '_producer' IS DISTINCT FROM 'https://pgxn.org/dist/mlregistry/' || code_version() || '/'$$, 'every facet has _producer');
SELECT is_empty($$SELECT n, key, value ->> '_schemaURL' FROM facet
                   WHERE coalesce(value ->> '_schemaURL' !~ CASE WHEN key ~ '^mlregistry_'
                         THEN '^https://api[.]pgxn[.]org/src/mlregistry/mlregistry-\d+[.]\d+[.]\d+/docs/openlineage/mlregistry-facets[.]json#/[$]defs/Mlregistry\w+Facet$'
                         ELSE '^https://openlineage[.]io/spec/facets/\d+-\d+-\d+/\w+Facet[.]json#/[$]defs/\w+Facet$' END, true)$$, 'every facet has _schemaURL; ours are told by mlregistry_');
SELECT is_empty($$SELECT n, facet.key FROM facet, jsonb_each(facet.value) AS v WHERE v.value = 'null'$$, 'what is not known is not said');
SELECT is_empty($$SELECT n, key FROM facet WHERE value = jsonb_build_object('_producer', value -> '_producer', '_schemaURL', value -> '_schemaURL')$$, 'no facet says nothing');
SELECT is_empty($$SELECT n FROM event WHERE event::text::json::jsonb <> event OR event::text ~ '[[:cntrl:]]'$$, 'JSON on one line');
SELECT is_empty($$SELECT n, d FROM event, jsonb_path_query(event, '$.**.namespace') AS d WHERE d #>> '{}' !~ '^(mlregistry://default/(default|secret)|[a-z0-9]+(://[^/]+)?)$'$$, 'namespaces: organization and project, or a place');
SELECT is_empty($$SELECT n, u FROM event, unnest('{$.**.uri,$.**.url}'::jsonpath[]) AS path, jsonb_path_query(event, path) AS u
                   WHERE u #>> '{}' !~ '^[A-Za-z][A-Za-z0-9+.-]*:([A-Za-z0-9._~:/?@!$&''()*+,;=-]|%[0-9A-F]{2})+$'$$, 'every URI has only what RFC 3986 lets it have');

-- ---- a run

SELECT is(pg_temp.of('f1', 'COMPLETE') #>> '{job,namespace}', 'mlregistry://default/default', 'the job is in the namespace of organization and project');
SELECT is(pg_temp.of('f1', 'COMPLETE') #>> '{job,name}', 'Ünïcode "quoted" \ </script> 🚀 %% --> end', 'and is the experiment');
SELECT is(pg_temp.says(pg_temp.of('f1', 'COMPLETE'), 'job', 'facets', 'documentation'), jsonb_build_object('description', E'Why?\n"Because" \\'), 'whose description documents it');
SELECT is(pg_temp.says(pg_temp.of('f1', 'COMPLETE'), 'job', 'facets', 'jobType'), '{"processingType": "BATCH", "integration": "MLREGISTRY", "jobType": "TRAINING"}', 'type of the job');
SELECT is(pg_temp.says(pg_temp.of('f1', 'COMPLETE'), 'job', 'facets', 'ownership'),
          jsonb_build_object('owners', jsonb_build_array('{"name": "team:risk", "type": "OWNER"}'::jsonb, jsonb_build_object('name', current_actor(), 'type', 'CREATOR'))), 'owner: the team of the model, and who made the experiment');
SELECT is(pg_temp.says(pg_temp.of('f1', 'COMPLETE'), 'job', 'facets', 'sourceCodeLocation'),
          '{"type": "git", "url": "https://git.example.com/a%22b/%7Bx%7D%23y", "repoUrl": "https://git.example.com/a\"b/{x}#y", "version": "abcdef0123", "branch": "main \"x\"", "tag": "v2 \\"}', 'where the source is');
SELECT is(pg_temp.of('f3', 'FAIL') #> '{job,facets,sourceCodeLocation}', NULL, 'it is not known of a run without a version');
SELECT is(pg_temp.says(pg_temp.of('f1', 'START'), 'run', 'facets', 'parent'), jsonb_build_object('run', jsonb_build_object('runId', pg_temp.id('f9')), 'job', '{"namespace": "mlregistry://default/secret", "name": "secret"}'::jsonb), 'the parent, in its own project');
SELECT is(pg_temp.of('f1', 'START') #> '{run,facets,parent}', pg_temp.of('f1', 'COMPLETE') #> '{run,facets,parent}', 'at the end as at the start');
SELECT is(pg_temp.of('f3', 'START') #> '{run,facets,parent}', NULL, 'no parent');
SELECT is(pg_temp.says(pg_temp.of('f1', 'COMPLETE'), 'run', 'facets', 'mlregistry_metrics', 'metrics'),
          '{"val/auc (best)": 0.5, "nan": "NaN", "up": "Infinity", "down": "-Infinity", "huge": 1e400, "\"": -0.0, "accuracy": 0.9876, "precision_score": 0.9876, "loss": 0.987600}',
          'metrics: numbers, NaN and infinities as strings, scores before custom ones, nothing else');
SELECT is(pg_temp.of('f1', 'START') #> '{run,facets,mlregistry_metrics}', NULL, 'no metrics at the start');
SELECT is(pg_temp.of('f2', 'FAIL') #> '{run,facets,mlregistry_metrics}', NULL, 'no metrics where there are none');
SELECT is(pg_temp.of('f1', t) #> '{run,facets,mlregistry_run,hyperparameters}', '{"lr": 1e-5, "layers": [1, 2], "none": null, "te\"xt": "\\ \u0001 </script>", "": true}', t || ': hyperparameters as they are') FROM unnest('{START,COMPLETE}'::text[]) AS t;
SELECT is(pg_temp.says(pg_temp.of('f1', 'START'), 'run', 'facets', 'executionParameters'),
          '{"parameters": [{"key": "", "value": "true"}, {"key": "layers", "value": "[1, 2]"}, {"key": "lr", "value": "0.00001"}, {"key": "none", "value": "null"}, {"key": "te\"xt", "value": "\\ \u0001 </script>"}]}', 'and as strings');
SELECT is(pg_temp.of('f2', 'START') #> '{run,facets,executionParameters}', NULL, 'no parameters');
SELECT is(pg_temp.says(pg_temp.of('f1', 'START'), 'run', 'facets', 'mlregistry_run') - '{hyperparameters,environment}'::text[],
          jsonb_build_object('runNumber', (SELECT run_number FROM training_runs WHERE run_id = pg_temp.id('f1')), 'runName', 'First "run" \', 'queuedAt', '2026-03-02T09:00:00.000000Z', 'startedBy', current_actor(),
                             'framework', 'xgboost', 'computeTarget', 'k8s "a" \', 'gpuCount', 0, 'gpuType', 'k8s "a" \', 'memoryGb', 1.5, 'sourceRunId', 'mlflow:"1"'), 'what is known of a run at its start');
SELECT is((pg_temp.of('f1', 'COMPLETE') #> '{run,facets,mlregistry_run}') - ARRAY(SELECT jsonb_object_keys(pg_temp.of('f1', 'START') #> '{run,facets,mlregistry_run}')),
          '{"status": "succeeded", "durationSeconds": 7199.877, "exitCode": 0, "gpuHours": 0.25, "cpuHours": 0, "estimatedCostUsd": 0.99, "logsUri": "s3://logs/ü"}', 'and what more at its end');
SELECT is(pg_temp.says(pg_temp.of('f1', 'START'), 'run', 'facets', 'tags'), '{"tags": [{"key": "pii", "value": "true", "source": "USER"}, {"key": "tabular_data", "value": "true", "source": "USER"}]}', 'tags');
SELECT is(pg_temp.says(pg_temp.of('f2', 'FAIL'), 'run', 'facets', 'errorMessage'), jsonb_build_object('message', E'Traceback:\n  "out of memory" \\ \x1b[0m', 'programmingLanguage', 'PYTHON'), 'why it failed');
SELECT is(pg_temp.says(pg_temp.of('f4', 'ABORT'), 'run', 'facets', 'errorMessage'), '{"message": "not needed", "programmingLanguage": "UNKNOWN"}', 'why it was cancelled');
SELECT is_empty($$SELECT n FROM event WHERE event #> '{run,facets,errorMessage}' IS NOT NULL AND (event_type IN ('START', 'COMPLETE') OR run_id = pg_temp.id('f3'))$$, 'no error otherwise');

-- ---- what it read

SELECT results_eq($$SELECT d ->> 'name', d #>> '{facets,version,datasetVersion}' FROM jsonb_array_elements(pg_temp.of('f1', 'COMPLETE') -> 'inputs') AS d$$,
                  $$VALUES ('dataset:clean', NULL), ('dataset:raw', E'v1 "x" \\'), ('dataset:raw', 'v2'), ('dataset:hidden', 'secret')$$, 'one input for each version of a dataset, those of training first; the name is the reference');
SELECT is_empty($$SELECT n FROM event WHERE run_id IS NOT NULL AND event -> 'inputs' <> pg_temp.of(right(run_id::text, 2), 'START') -> 'inputs'$$, 'inputs are the same at the start and at the end');
CREATE FUNCTION pg_temp.raw(version text) RETURNS jsonb LANGUAGE sql AS $$SELECT pg_temp.dataset(pg_temp.of('f1', 'START') -> 'inputs', 'dataset:raw', version)$$;
SELECT is(pg_temp.says(pg_temp.raw(E'v1 "x" \\'), 'inputFacets', 'inputStatistics'), '{"rowCount": 90}', 'rows of all roles');
SELECT is(pg_temp.says(pg_temp.raw(E'v1 "x" \\'), 'inputFacets', 'mlregistry_use'), '{"uses": [{"role": "train", "split": "split \"a\" \\", "rowCount": 80}, {"role": "validation", "split": "b", "rowCount": 10}]}', 'roles');
SELECT is(pg_temp.says(pg_temp.raw(E'v1 "x" \\'), 'inputFacets', 'subset'), '{"inputCondition": {"type": "partition", "partitions": [{"identifier": "b", "dimensions": {"split": "b"}},
          {"identifier": "split \"a\" \\", "dimensions": {"split": "split \"a\" \\"}}]}}', 'splits');
SELECT is(pg_temp.says(pg_temp.raw('v2'), 'inputFacets', 'inputStatistics'), '{"rowCount": 10}', 'rows of another version');
SELECT is(pg_temp.raw('v2') #> '{inputFacets,subset}', NULL, 'no split');
SELECT is(pg_temp.dataset(pg_temp.of('f1', 'START') -> 'inputs', 'dataset:clean', NULL) #> '{inputFacets,inputStatistics}', NULL, 'no rows where they are not known');
SELECT is(pg_temp.says(pg_temp.dataset(pg_temp.of('f2', 'START') -> 'inputs', 'dataset:empty-bucket', NULL), 'inputFacets', 'inputStatistics'), '{"rowCount": 0}', 'none is a number of rows');
SELECT is(pg_temp.says(pg_temp.raw('v2'), 'facets', 'mlregistry_dataset'),
          jsonb_build_object('datasetId', pg_temp.id('d1'), 'displayName', 'Raw "data" \ <b> %% end', 'storageFormat', 'parquet', 'containsPii', true, 'dataClassification', 'restricted',
                             'gdprCompliant', true, 'retentionDays', 30, 'sourceSystem', E'CRM\n"2"'), 'what the privacy officer asks');
SELECT is(pg_temp.says(pg_temp.raw('v2'), 'facets', 'ownership'), '{"owners": [{"name": "team:risk", "type": "OWNER"}, {"name": "Bob \"B\" <bob@example.com>", "type": "STEWARD"}]}', 'owners of a dataset');
SELECT is(pg_temp.says(pg_temp.raw('v2'), 'facets', 'documentation'), jsonb_build_object('description', E'Tab\there, bell\x07, quote " and \\'), 'description of a dataset');
SELECT is(pg_temp.says(pg_temp.dataset(pg_temp.of('f1', 'START') -> 'inputs', 'dataset:clean', NULL), 'facets', 'lineage', 'inputs'),
          jsonb_build_array(jsonb_build_object('namespace', 'mlregistry://default/default', 'name', 'dataset:raw', 'type', 'DATASET',
                                               'transformations', jsonb_build_array(jsonb_build_object('type', 'DIRECT', 'description', E'drop "nulls" \\ & <x>\n--'))),
                            '{"namespace": "mlregistry://default/secret", "name": "dataset:hidden", "type": "DATASET", "transformations": [{"type": "DIRECT", "description": "secret"}]}'::jsonb), 'what a dataset was derived from');
SELECT is(pg_temp.says(d, 'facets', 'storage') -> 'storageLayer', to_jsonb(v.layer), v.name || ': storage'), is(pg_temp.says(d, 'facets', 'datasetType') ->> 'datasetType', v.type, v.name || ': type')
  FROM (VALUES ('f1', 'dataset:clean', 'delta', 'TABLE', NULL), ('f3', 'dataset:graph', 'iceberg', 'TABLE', '3'), ('f2', 'dataset:end', NULL, 'FILE', NULL)) AS v (run, name, layer, type, version),
       pg_temp.dataset(pg_temp.of(v.run, 'START') -> 'inputs', v.name, v.version) AS d;

-- ---- where data lies

SELECT is(l.namespace || ' ' || l.name, v.namespace || ' ' || v.name, 'location ' || v.place), is(openlineage_uri(v.place), v.uri, 'URI of ' || v.place)
  FROM (VALUES
    ('s3://bucket/a/b.parquet', 's3://bucket', 'a/b.parquet', 's3://bucket/a/b.parquet'),
    ('s3a://bucket/a/', 's3://bucket', 'a', 's3a://bucket/a/'),
    ('S3://bucket', 's3://bucket', '/', 'S3://bucket'),
    ('gs://bucket//a b', 'gs://bucket', 'a b', 'gs://bucket//a%20b'),
    ('hdfs://node:8020/a//b/', 'hdfs://node:8020', '/a//b', 'hdfs://node:8020/a//b/'),
    ('abfss://c@account.dfs.core.windows.net/p', 'abfss://c@account.dfs.core.windows.net', '/p', 'abfss://c@account.dfs.core.windows.net/p'),
    ('/data/ü%', 'file', '/data/ü%', 'file:///data/%C3%BC%25'),
    ('/', 'file', '/', 'file:///'),
    ('file:///data/x', 'file', '/data/x', 'file:///data/x'),
    ('models:churn/1', 'models', 'churn/1', 'models:churn/1'),
    ('dbfs:/mnt/100%25/%zz', 'dbfs', '/mnt/100%25/%zz', 'dbfs:/mnt/100%25/%25zz'),
    ('xy://[::1]/<"', 'xy://[::1]', '/<"', 'xy://%5B::1%5D/%3C%22')) AS v (place, namespace, name, uri), openlineage_location(v.place) AS l;
SELECT is(pg_temp.says(pg_temp.raw('v2'), 'facets', 'dataSource'), '{"name": "s3://bucket", "uri": "s3a://bucket/Tr%C3%A4ume%20%22Sch%C3%A4ume%22/100%25/a%23b?c=%5B1%5D"}', 'the place of a dataset');
SELECT is(pg_temp.says(pg_temp.raw('v2'), 'facets', 'symlinks'), '{"identifiers": [{"namespace": "s3://bucket", "name": "Träume \"Schäume\"/100%/a#b?c=[1]", "type": "LOCATION"}]}', 'by which other tools know it');

-- ---- what it made

SELECT is_empty($$SELECT n FROM event WHERE event -> 'outputs' <> '[]' AND (event_type = 'START' OR run_id <> pg_temp.id('f1'))$$, 'outputs come at the end, of runs that made something');
SELECT is(jsonb_array_length(pg_temp.of('f1', 'COMPLETE') -> 'outputs'), 1, 'a version');
CREATE FUNCTION pg_temp.made() RETURNS jsonb LANGUAGE sql AS $$SELECT pg_temp.of('f1', 'COMPLETE') #> '{outputs,0}'$$;
SELECT is(pg_temp.made() ->> 'name', 'fraud-detector', 'the model is the dataset');
SELECT is(pg_temp.says(pg_temp.made(), 'facets', 'datasetType'), '{"datasetType": "MODEL"}', 'of type MODEL');
SELECT is(pg_temp.says(pg_temp.made(), 'facets', 'version'), '{"datasetVersion": "2.0.0-rc.1+build.7"}', 'in its version');
SELECT is(pg_temp.says(pg_temp.made(), 'outputFacets', 'outputStatistics'), '{"size": 12345678901}', 'of its size');
SELECT is(pg_temp.says(pg_temp.made(), 'facets', 'dataSource'), '{"name": "runs", "uri": "runs:/1/mod%C3%A8l"}', 'in its place');
SELECT is(pg_temp.says(pg_temp.made(), 'facets', 'lineage', 'inputs'),
          '[{"namespace": "mlregistry://default/default", "name": "end", "type": "DATASET", "transformations": [{"type": "DIRECT", "subtype": "DISTILLED_FROM", "description": "distilled-from end@1.0.0"}]},
            {"namespace": "mlregistry://default/default", "name": "fraud-detector", "type": "DATASET", "transformations": [{"type": "DIRECT", "subtype": "FINE_TUNED_FROM", "description": "fine-tuned-from fraud-detector@1.0.0"}]}]',
          'versions that it was made from');
SELECT is(pg_temp.says(pg_temp.made(), 'facets', 'mlregistry_version') - 'registeredBy',
          jsonb_build_object('versionId', pg_temp.id('c2'), 'reference', 'fraud-detector@2.0.0-rc.1+build.7', 'registeredAt', '2026-03-02T12:00:00.000000Z', 'description', E'"2" \\ \x01',
                             'framework', 'xgboost', 'frameworkVersion', '2.0 "beta"', 'pythonVersion', '3.11', 'modelFormat', 'onnx', 'artifactUri', 'runs:/1/modèl', 'artifactSizeBytes', 12345678901,
                             'checksumSha256', repeat('0f', 32), 'gitCommit', 'abcdef0123', 'gitBranch', 'main "x"', 'gitTag', 'v2 \'), 'what is known of a version');
SELECT is(pg_temp.says((SELECT event FROM event WHERE version_id = pg_temp.id('c1')), 'dataset', 'facets', 'version'), '{"datasetVersion": "1.0.0"}', 'a version that no run made is a DatasetEvent');
SELECT is((SELECT event #>> '{dataset,name}' FROM event WHERE version_id = pg_temp.id('c3')), 'end', 'model and dataset of one name are two things');

-- ---- pages

CREATE FUNCTION pg_temp.pages(size bigint) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    last text;
    page openlineage_event[];
BEGIN
    LOOP
        page := ARRAY(SELECT e FROM openlineage_events(max_rows => size, after => last) AS e);
        EXIT WHEN page = '{}';
        IF cardinality(page) > size THEN RAISE 'a page of %', cardinality(page); END IF;
        RETURN QUERY SELECT e.page_key FROM unnest(page) AS e;
        last := page[cardinality(page)].page_key;
    END LOOP;
END $$;
SELECT results_eq(format('SELECT pg_temp.pages(%s)', size), 'SELECT page_key FROM event ORDER BY n', format('pages of %s are the whole, once and in order', size)) FROM unnest('{1,2,3,5,100}'::bigint[]) AS size;
SELECT is((SELECT count(DISTINCT page_key) FROM event), (SELECT count(*) FROM event), 'each has a page_key of its own');
SELECT results_eq($$SELECT page_key FROM openlineage_events('2026-03-02 10:00+00', '2026-03-02 12:00+00', NULL)$$,
                  $$SELECT page_key FROM event WHERE event_time >= '2026-03-02 10:00+00' AND event_time < '2026-03-02 12:00+00' ORDER BY n$$, 'since is the first moment, until the first one after');
SELECT is_empty($$SELECT * FROM openlineage_events('2026-03-03 00:00:00.000001+00')$$, 'nothing since then');
SELECT is((SELECT count(*) FROM openlineage_events('-infinity', 'infinity')), 14::bigint, 'infinite times are no limits');
SELECT is_empty('SELECT * FROM openlineage_events(max_rows => 0)', 'no rows');
SELECT throws_ok('SELECT * FROM openlineage_events(max_rows => -1)', '22023', 'max_rows must not be negative: -1', 'fewer than none');
SELECT throws_ok(format('SELECT * FROM openlineage_events(after => %L)', a), '22023', format('after names no event: "%s"', a), 'after: ' || a)
  FROM unnest(ARRAY['', 'x', '2026-03-02T12:00:00Z/00000000-0000-4000-8000-0000000000f1/1', '2026-03-02T12:00:00.000000Z/00000000-0000-4000-8000-0000000000f1/3',
                    '2026-03-02T12:00:00.000000Z/00000000-0000-4000-8000-0000000000f1/1 ']) AS a;
SELECT throws_ok($$SELECT * FROM openlineage_events(project => 'nowhere')$$, 'P0002', 'project "nowhere" does not exist', 'an unknown project');

-- ---- who may see what

CREATE ROLE regress_lineage_viewer;
GRANT SELECT ON event TO regress_lineage_viewer;
INSERT INTO users (user_id, email, db_role) VALUES (pg_temp.id('99'), 'viewer@example.com', 'regress_lineage_viewer');
INSERT INTO organization_memberships (user_id, role) VALUES (pg_temp.id('99'), 'viewer');
\o /dev/null
SELECT grant_access('regress_lineage_viewer', 'reader', sql_only => true);
\o
CREATE TEMP TABLE seen (n bigint, run_id uuid, version_id uuid, event_type text, event jsonb);
GRANT INSERT ON seen TO regress_lineage_viewer;
SET LOCAL SESSION AUTHORIZATION regress_lineage_viewer;
INSERT INTO seen SELECT row_number() OVER (), run_id, version_id, event_type, event FROM openlineage_events(max_rows => NULL);
RESET SESSION AUTHORIZATION;
SELECT results_eq($$SELECT coalesce(run_id, version_id), event_type FROM seen ORDER BY n$$, $$SELECT coalesce(run_id, version_id), event_type FROM event WHERE project_slug <> 'secret' ORDER BY n$$, 'a viewer sees events of projects that are open to him');
SELECT is_empty($$SELECT n FROM seen WHERE event::text ~* 'secret|hidden'$$, 'and in them nothing of the others: no input, no parent, no source');
SELECT is((SELECT event -> 'outputs' FROM seen WHERE run_id = pg_temp.id('f1') AND event_type = 'COMPLETE'), pg_temp.of('f1', 'COMPLETE') -> 'outputs', 'but all that is open');

-- ---- what becomes of events

UPDATE training_runs SET deleted_at = now() WHERE run_id = pg_temp.id('f3');
UPDATE models SET deleted_at = now() WHERE model_id = pg_temp.id('b2');
UPDATE datasets SET deleted_at = now() WHERE dataset_id = pg_temp.id('d5');
SELECT results_eq('SELECT page_key FROM openlineage_events(max_rows => NULL)', 'SELECT page_key FROM event ORDER BY n', 'what is soft-deleted has happened all the same');
UPDATE projects SET deleted_at = now() WHERE slug = 'secret';
SELECT results_eq('SELECT page_key FROM openlineage_events(max_rows => NULL)', $$SELECT page_key FROM event WHERE project_slug <> 'secret' ORDER BY n$$, 'a project that is deleted is not looked into');
UPDATE training_runs SET version_id = pg_temp.id('c1') WHERE run_id = pg_temp.id('f7');
SELECT is_empty($$SELECT * FROM openlineage_events() WHERE version_id = pg_temp.id('c1')$$, 'a version that a run has made is one of its outputs');
UPDATE training_runs SET queued_at = '0044-03-15 12:00 BC', started_at = '0044-03-15 12:00 BC' WHERE run_id = pg_temp.id('f5');
SELECT is_empty($$SELECT * FROM openlineage_events(max_rows => NULL) WHERE run_id = pg_temp.id('f5')$$, 'times that RFC 3339 cannot say are in no event');

UPDATE training_runs SET queued_at = '0044-03-15 12:00 BC' WHERE run_id = pg_temp.id('f2');
SELECT is((SELECT event #> '{run,facets,mlregistry_run}' ? 'queuedAt' FROM openlineage_events(max_rows => NULL) WHERE run_id = pg_temp.id('f2') AND event_type = 'FAIL'), false,
          'nor are they said of a run that has events');

-- ---- what events are made of

SELECT is(openlineage_time(t), v, 'time ' || t)
  FROM (VALUES ('2026-01-02 03:04:05.000006+00'::timestamptz, '2026-01-02T03:04:05.000006Z'), ('0001-01-01 00:00+00', '0001-01-01T00:00:00.000000Z'),
               ('9999-12-31 23:59:59.999999+00', '9999-12-31T23:59:59.999999Z'), ('2026-07-01 01:00+05:45', '2026-06-30T19:15:00.000000Z'),
               ('10000-01-01 00:00+00', NULL), ('0001-12-31 23:59 BC', NULL), ('infinity', NULL), ('-infinity', NULL)) AS t (t, v);
SELECT is(openlineage_time(NULL), NULL, 'no time');
SELECT is(openlineage_facet('k"', '1-0-1/XFacet', '{"a": null, "b": [null], "c": {}}', '{"d": null}'),
          jsonb_build_object('k"', jsonb_build_object('_producer', openlineage_producer(), '_schemaURL', 'https://openlineage.io/spec/facets/1-0-1/XFacet.json#/$defs/XFacet', 'b', '[null]'::jsonb, 'c', '{}'::jsonb, 'd', NULL)),
          'a facet: nulls of ours are left out, those of others are not');
SELECT is(openlineage_facet('k', '1-0-1/XFacet#YFacet', '{}') #>> '{k,_schemaURL}', 'https://openlineage.io/spec/facets/1-0-1/XFacet.json#/$defs/YFacet', 'one of several in a file');
SELECT is(openlineage_facet('k', '1-0-1/XFacet', NULL), '{}', 'nothing is no facet');
SELECT throws_ok($$SELECT openlineage_facet(NULL, '1-0-1/XFacet', '{}')$$, '22004', 'the key of a facet must not be NULL', 'a facet without key');
SELECT throws_ok($$SELECT openlineage_facet('k', NULL, '{}')$$, '22004', 'the schema of a facet must not be NULL', 'a facet without schema');
SELECT throws_ok(format('SELECT openlineage_facet(%L, %L, %L)', 'k', '1-0-1/XFacet', c), '22023', 'what a facet says must be a JSON object', 'a facet that says ' || c) FROM unnest('{[],1,"null"}'::text[]) AS c;
SELECT is(openlineage_location(NULL)::text, '(,)', 'no place'), is(openlineage_uri(NULL), NULL, 'no URI'), is(openlineage_tags('{}'), NULL, 'no tags'), is(openlineage_tags(NULL), NULL, 'no tags at all'),
       is(openlineage_owners(NULL, NULL, 'X'), NULL, 'no owner'), is(openlineage_metrics('{}', '{"loss": null}'), NULL, 'no metrics');

SET TRANSACTION READ ONLY;
SELECT isnt_empty('SELECT FROM openlineage_events()', 'events are only read');
SELECT isnt(lineage_dot('dataset:raw'), NULL, 'pictures too'), isnt(lineage_mermaid('dataset:raw'), NULL, 'in either language');

SELECT * FROM finish();
ROLLBACK;
