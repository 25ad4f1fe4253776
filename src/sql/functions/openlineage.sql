-- Runs and versions as events of OpenLineage 2-0-2, for the tools that speak it. What is read is read as the calling user: what
-- row security hides is in no event.
--
-- A facet of ours stands in docs/openlineage/mlregistry-facets.json, those of OpenLineage in its own schemas. The version in the
-- address of ours is the one in which it last changed.

CREATE OR REPLACE FUNCTION openlineage_time(at timestamptz) RETURNS text
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_openlineage_time';
COMMENT ON FUNCTION openlineage_time(timestamptz) IS 'a time as RFC 3339 writes it, in UTC and with all its microseconds; NULL beyond its years 1 to 9999';

CREATE OR REPLACE FUNCTION openlineage_uri(location text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $function$
        SELECT CASE
                   WHEN location IS NULL THEN NULL
                   WHEN location COLLATE "C" ~ '^[A-Za-z][A-Za-z0-9+.-]*:[A-Za-z0-9._~:/?@!$&''()*+,;=-]+$' THEN location
                   ELSE CASE WHEN starts_with(location, '/') THEN 'file://' ELSE '' END
                        || (SELECT string_agg(CASE WHEN part[1] COLLATE "C" ~ '^([A-Za-z0-9._~:/?@!$&''()*+,;=-]+|%[0-9A-Fa-f]{2})$' THEN part[1]
                                                   ELSE upper(regexp_replace(encode(convert_to(part[1], 'UTF8'), 'hex'), '(..)', '%\1', 'g')) END,
                                              '' ORDER BY n)
                              FROM regexp_matches(location, '([A-Za-z0-9._~:/?@!$&''()*+,;=-]+|%[0-9A-Fa-f]{2}|.)', 'g') WITH ORDINALITY AS m (part, n))
               END
    $function$;
COMMENT ON FUNCTION openlineage_uri(text) IS 'a place as a URI of RFC 3986: what one may not have is percent-encoded, an absolute path is file:///path';

-- As OpenLineage names datasets, so that tools find the data of their own events again: by the bucket and the key.
CREATE OR REPLACE FUNCTION openlineage_location(location text, OUT namespace text, OUT name text)
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $function$
        SELECT CASE
                   WHEN starts_with(location, '/') OR l.scheme = 'file' THEN 'file'
                   WHEN l.scheme IN ('s3', 's3a', 's3n') THEN 's3://' || l.authority
                   WHEN l.authority IS NOT NULL THEN l.scheme || '://' || l.authority
                   ELSE split_part(location, ':', 1) END,
               CASE
                   WHEN starts_with(location, '/') THEN coalesce(nullif(rtrim(location, '/'), ''), '/')
                   WHEN l.scheme IN ('s3', 's3a', 's3n', 'gs') THEN coalesce(nullif(btrim(l.path, '/'), ''), '/')
                   WHEN l.scheme IS NOT NULL THEN coalesce(nullif(rtrim(l.path, '/'), ''), '/')
                   ELSE substr(location, position(':' IN location) + 1) END
          FROM (SELECT lower(part[1]) AS scheme, part[2] AS authority, part[3] AS path
                  FROM (SELECT regexp_match(location, '^([A-Za-z][A-Za-z0-9+.-]+)://([^/]*)(.*)$') AS part) AS m) AS l
    $function$;
COMMENT ON FUNCTION openlineage_location(text) IS 'a place as OpenLineage names datasets: s3://bucket and key, gs://bucket and key, scheme://host and /path, file and /path';

CREATE OR REPLACE FUNCTION openlineage_facet(key text, schema text, content jsonb, as_is jsonb DEFAULT NULL) RETURNS jsonb
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_openlineage_facet';
COMMENT ON FUNCTION openlineage_facet(text, text, jsonb, jsonb) IS 'a facet under its key, with what it says but for NULLs, and what is to stay as it is; {} where it says nothing: to be put together by ||; schema: version/Facet of OpenLineage, version/File#Facet, or one of docs/openlineage/mlregistry-facets.json';

CREATE OR REPLACE FUNCTION openlineage_producer() RETURNS text
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_openlineage_producer';
COMMENT ON FUNCTION openlineage_producer() IS 'who made an event, for OpenLineage: this extension in its version, by its address on PGXN';

CREATE OR REPLACE FUNCTION openlineage_namespaces() RETURNS TABLE (project_id uuid, namespace text)
    LANGUAGE sql STABLE PARALLEL RESTRICTED ROWS 100 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
        SELECT p.project_id, 'mlregistry://' || o.slug || '/' || p.slug
          FROM projects p
          JOIN organizations o USING (organization_id)
    $function$;
COMMENT ON FUNCTION openlineage_namespaces() IS 'namespaces of the jobs and datasets of projects that the caller may see: mlregistry://organization/project';

CREATE OR REPLACE FUNCTION openlineage_tags(tags text[]) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $function$
        SELECT jsonb_build_object('tags', jsonb_agg(jsonb_build_object('key', t, 'value', 'true', 'source', 'USER') ORDER BY t COLLATE "C"))
          FROM unnest(tags) AS t
        HAVING count(*) > 0
    $function$;
COMMENT ON FUNCTION openlineage_tags(text[]) IS 'tags as OpenLineage writes those without a value; NULL for none';

CREATE OR REPLACE FUNCTION openlineage_owners(team text, person text, person_type text) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $function$
        SELECT jsonb_build_object('owners', jsonb_agg(jsonb_build_object('name', o.name, 'type', o.type) ORDER BY o.n))
          FROM (VALUES (1, 'team:' || team, 'OWNER'), (2, person, person_type)) AS o (n, name, type)
         WHERE o.name IS NOT NULL
        HAVING count(*) > 0
    $function$;
COMMENT ON FUNCTION openlineage_owners(text, text, text) IS 'the team that owns something and a person, for the facet ownership; NULL where neither is known';

CREATE OR REPLACE FUNCTION openlineage_place(location text) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
        SELECT openlineage_facet('dataSource', '1-0-1/DatasourceDatasetFacet',
                                 jsonb_build_object('name', l.namespace, 'uri', openlineage_uri(location)))
               || openlineage_facet('symlinks', '1-0-1/SymlinksDatasetFacet',
                                    jsonb_build_object('identifiers', jsonb_build_array(jsonb_build_object(
                                        'namespace', l.namespace, 'name', l.name, 'type', 'LOCATION'))))
          FROM openlineage_location(location) AS l
    $function$;
COMMENT ON FUNCTION openlineage_place(text) IS 'facets that say where data lies: dataSource, and symlinks by which other tools know it';

CREATE OR REPLACE FUNCTION openlineage_datasets(dataset_ids uuid[]) RETURNS TABLE (dataset_id uuid, dataset jsonb)
    LANGUAGE sql STABLE PARALLEL RESTRICTED ROWS 100 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
        WITH place AS MATERIALIZED (SELECT * FROM openlineage_namespaces())
        SELECT d.dataset_id,
               jsonb_build_object(
                   'namespace', place.namespace, 'name', 'dataset:' || d.dataset_name,
                   'facets',
                   openlineage_facet('datasetType', '1-0-1/DatasetTypeDatasetFacet',
                                     jsonb_build_object('datasetType', CASE WHEN d.storage_format IN ('delta', 'iceberg') THEN 'TABLE' ELSE 'FILE' END))
                   || openlineage_facet('storage', '1-0-1/StorageDatasetFacet',
                                        CASE WHEN d.storage_format IN ('delta', 'iceberg') THEN jsonb_build_object('storageLayer', d.storage_format) END)
                   || openlineage_place(d.storage_location)
                   || openlineage_facet('documentation', '1-1-0/DocumentationDatasetFacet',
                                        CASE WHEN d.description IS NOT NULL THEN jsonb_build_object('description', d.description) END)
                   || openlineage_facet('ownership', '1-0-1/OwnershipDatasetFacet',
                                        openlineage_owners((SELECT t.team_name FROM teams t WHERE t.team_id = d.team_id), d.data_steward, 'STEWARD'))
                   || openlineage_facet('tags', '1-0-0/TagsDatasetFacet',
                                        openlineage_tags(ARRAY(SELECT t.tag_name FROM dataset_tags dt JOIN tags t USING (tag_id) WHERE dt.dataset_id = d.dataset_id)))
                   || openlineage_facet('lineage', '1-0-0/LineageFacet#LineageDatasetFacet',
                                        (SELECT jsonb_build_object('inputs', jsonb_agg(jsonb_build_object(
                                                    'namespace', source.namespace, 'name', 'dataset:' || f.dataset_name, 'type', 'DATASET',
                                                    'transformations', jsonb_build_array(jsonb_strip_nulls(jsonb_build_object(
                                                        'type', 'DIRECT', 'description', dp.transformation))))
                                                    ORDER BY source.namespace, f.dataset_name, f.dataset_id))
                                           FROM dataset_parents dp
                                           JOIN datasets f ON f.dataset_id = dp.parent_dataset_id
                                           JOIN place AS source ON source.project_id = f.project_id
                                          WHERE dp.dataset_id = d.dataset_id
                                         HAVING count(*) > 0))
                   || openlineage_facet('mlregistry_dataset', 'MlregistryDatasetFacet',
                                        jsonb_build_object('datasetId', d.dataset_id, 'displayName', d.display_name, 'storageFormat', d.storage_format,
                                                           'containsPii', d.contains_pii, 'dataClassification', d.data_classification,
                                                           'gdprCompliant', d.gdpr_compliant, 'retentionDays', d.retention_days,
                                                           'sourceSystem', d.source_system)))
          FROM datasets d
          JOIN place USING (project_id)
         WHERE d.dataset_id = ANY (openlineage_datasets.dataset_ids)
    $function$;
COMMENT ON FUNCTION openlineage_datasets(uuid[]) IS 'datasets as OpenLineage writes them, as far as the caller may see them: the name is the reference, dataset:name';

CREATE OR REPLACE FUNCTION openlineage_versions(version_ids uuid[]) RETURNS TABLE (version_id uuid, dataset jsonb, source_code jsonb)
    LANGUAGE sql STABLE PARALLEL RESTRICTED ROWS 100 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
        WITH place AS MATERIALIZED (SELECT * FROM openlineage_namespaces())
        SELECT v.version_id,
               jsonb_build_object(
                   'namespace', place.namespace, 'name', m.model_name,
                   'facets',
                   openlineage_facet('datasetType', '1-0-1/DatasetTypeDatasetFacet', '{"datasetType": "MODEL"}')
                   || openlineage_facet('version', '1-0-1/DatasetVersionDatasetFacet', jsonb_build_object('datasetVersion', v.semver::text))
                   || openlineage_place(v.artifact_uri)
                   || openlineage_facet('documentation', '1-1-0/DocumentationDatasetFacet',
                                        CASE WHEN m.description IS NOT NULL THEN jsonb_build_object('description', m.description) END)
                   || openlineage_facet('ownership', '1-0-1/OwnershipDatasetFacet',
                                        openlineage_owners((SELECT t.team_name FROM teams t WHERE t.team_id = m.team_id), m.primary_contact, 'CONTACT'))
                   || openlineage_facet('tags', '1-0-0/TagsDatasetFacet',
                                        openlineage_tags(ARRAY(SELECT t.tag_name FROM version_tags vt JOIN tags t USING (tag_id) WHERE vt.version_id = v.version_id)))
                   || openlineage_facet('lineage', '1-0-0/LineageFacet#LineageDatasetFacet',
                                        (SELECT jsonb_build_object('inputs', jsonb_agg(jsonb_build_object(
                                                    'namespace', source.namespace, 'name', om.model_name, 'type', 'DATASET',
                                                    'transformations', jsonb_build_array(jsonb_build_object(
                                                        'type', 'DIRECT', 'subtype', upper(replace(vp.relation, '-', '_')),
                                                        'description', vp.relation || ' ' || om.model_name || '@' || o.semver::text)))
                                                    ORDER BY source.namespace, om.model_name, o.semver, vp.relation))
                                           FROM version_parents vp
                                           JOIN model_versions o ON o.version_id = vp.parent_version_id
                                           JOIN models om ON om.model_id = o.model_id
                                           JOIN place AS source ON source.project_id = om.project_id
                                          WHERE vp.version_id = v.version_id
                                         HAVING count(*) > 0))
                   || openlineage_facet('mlregistry_version', 'MlregistryVersionDatasetFacet',
                                        jsonb_build_object('versionId', v.version_id, 'reference', m.model_name || '@' || v.semver::text,
                                                           'registeredAt', openlineage_time(v.registered_at), 'registeredBy', v.registered_by,
                                                           'description', v.description, 'framework', v.framework,
                                                           'frameworkVersion', v.framework_version, 'pythonVersion', v.python_version,
                                                           'modelFormat', v.model_format, 'artifactUri', v.artifact_uri,
                                                           'artifactSizeBytes', v.artifact_size_bytes, 'checksumSha256', v.checksum_sha256,
                                                           'gitCommit', v.git_commit, 'gitBranch', v.git_branch, 'gitTag', v.git_tag))),
               CASE WHEN is_url(m.github_repo) AND v.git_commit IS NOT NULL
                    THEN jsonb_build_object('type', 'git', 'url', openlineage_uri(m.github_repo), 'repoUrl', m.github_repo,
                                            'version', v.git_commit, 'branch', v.git_branch, 'tag', v.git_tag) END
          FROM model_versions v
          JOIN models m USING (model_id)
          JOIN place ON place.project_id = m.project_id
         WHERE v.version_id = ANY (openlineage_versions.version_ids)
    $function$;
COMMENT ON FUNCTION openlineage_versions(uuid[]) IS 'versions as OpenLineage writes them, as far as the caller may see them: the dataset is the model, of type MODEL, in a version; and where their source code is, if that is known';

CREATE OR REPLACE FUNCTION openlineage_metrics(custom_metrics jsonb, scores jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $function$
        -- What is no number is no metric; JSON has no NaN and no infinities.
        SELECT jsonb_build_object('metrics', jsonb_object_agg(m.key, m.value))
          FROM jsonb_each(custom_metrics || jsonb_strip_nulls(scores)) AS m
         WHERE jsonb_typeof(m.value) = 'number' OR m.value IN ('"NaN"', '"Infinity"', '"-Infinity"')
        HAVING count(*) > 0
    $function$;
COMMENT ON FUNCTION openlineage_metrics(jsonb, jsonb) IS 'metrics of a run at its end: numbers, and NaN and infinities as strings; NULL where there are none';

-- The runs of events as OpenLineage writes them. What is there from the start is said at the start, and again at the end.
CREATE OR REPLACE FUNCTION openlineage_runs(run_ids uuid[])
    RETURNS TABLE (run_id uuid, job jsonb, start_facets jsonb, end_facets jsonb, inputs jsonb, outputs jsonb)
    LANGUAGE sql STABLE PARALLEL RESTRICTED ROWS 100 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
        WITH place AS MATERIALIZED (SELECT * FROM openlineage_namespaces()),
        run AS MATERIALIZED (
            SELECT r.*, place.namespace
              FROM training_runs r
              JOIN place USING (project_id)
             WHERE r.run_id = ANY (openlineage_runs.run_ids)),
        used AS MATERIALIZED (
            -- One input for each version of a dataset, whatever it is used for.
            SELECT d.run_id, d.dataset_id, d.dataset_version,
                   CASE WHEN bool_and(d.row_count IS NOT NULL) THEN sum(d.row_count) END AS rows,
                   min(array_position('{train,validation,test,holdout}'::text[], d.dataset_role)) AS place,
                   jsonb_agg(DISTINCT jsonb_build_object('identifier', d.split_name, 'dimensions', jsonb_build_object('split', d.split_name)))
                       FILTER (WHERE d.split_name IS NOT NULL) AS splits,
                   jsonb_agg(jsonb_strip_nulls(jsonb_build_object('role', d.dataset_role, 'split', d.split_name, 'rowCount', d.row_count))
                             ORDER BY array_position('{train,validation,test,holdout}'::text[], d.dataset_role)) AS uses
              FROM run_datasets d
             WHERE d.run_id = ANY (openlineage_runs.run_ids)
             GROUP BY d.run_id, d.dataset_id, d.dataset_version),
        input AS MATERIALIZED (
            SELECT u.run_id,
                   jsonb_agg(s.dataset
                             || jsonb_build_object(
                                    'facets', s.dataset -> 'facets'
                                              || openlineage_facet('version', '1-0-1/DatasetVersionDatasetFacet',
                                                                   CASE WHEN u.dataset_version IS NOT NULL
                                                                        THEN jsonb_build_object('datasetVersion', u.dataset_version) END),
                                    'inputFacets', openlineage_facet('inputStatistics', '1-0-0/InputStatisticsInputDatasetFacet',
                                                                     CASE WHEN u.rows IS NOT NULL THEN jsonb_build_object('rowCount', u.rows) END)
                                                   || openlineage_facet('subset', '1-0-0/BaseSubsetDatasetFacet#InputSubsetInputDatasetFacet',
                                                                        CASE WHEN u.splits IS NOT NULL
                                                                             THEN jsonb_build_object('inputCondition', jsonb_build_object(
                                                                                      'type', 'partition', 'partitions', u.splits)) END)
                                                   || openlineage_facet('mlregistry_use', 'MlregistryUseInputDatasetFacet',
                                                                        jsonb_build_object('uses', u.uses)))
                             ORDER BY u.place, s.dataset ->> 'namespace', s.dataset ->> 'name', u.dataset_version, u.dataset_id) AS inputs
              FROM used u
              JOIN openlineage_datasets(ARRAY(SELECT DISTINCT d.dataset_id FROM used d)) AS s USING (dataset_id)
             GROUP BY u.run_id),
        produced AS MATERIALIZED (
            SELECT * FROM openlineage_versions(ARRAY(SELECT DISTINCT r.version_id FROM run r WHERE r.version_id IS NOT NULL)))
        SELECT r.run_id,
               jsonb_build_object(
                   'namespace', r.namespace, 'name', e.experiment_name,
                   'facets',
                   openlineage_facet('jobType', '2-0-4/JobTypeJobFacet',
                                     '{"processingType": "BATCH", "integration": "MLREGISTRY", "jobType": "TRAINING"}')
                   || openlineage_facet('documentation', '1-1-0/DocumentationJobFacet',
                                        CASE WHEN e.description IS NOT NULL THEN jsonb_build_object('description', e.description) END)
                   || openlineage_facet('ownership', '1-0-1/OwnershipJobFacet',
                                        openlineage_owners((SELECT t.team_name FROM models m JOIN teams t USING (team_id)
                                                             WHERE m.model_id = coalesce(e.model_id, r.model_id)), e.created_by, 'CREATOR'))
                   || openlineage_facet('sourceCodeLocation', '1-1-0/SourceCodeLocationJobFacet', o.source_code)),
               f.facets
               || openlineage_facet('mlregistry_run', 'MlregistryRunFacet', f.about, f.given),
               f.facets
               || openlineage_facet('errorMessage', '1-0-1/ErrorMessageRunFacet',
                                    CASE WHEN r.error_message IS NOT NULL AND r.status <> 'succeeded'
                                         THEN jsonb_build_object('message', r.error_message,
                                                                 'programmingLanguage', CASE WHEN r.environment ? 'python' THEN 'PYTHON' ELSE 'UNKNOWN' END) END)
               || openlineage_facet('mlregistry_metrics', 'MlregistryMetricsRunFacet',
                                    openlineage_metrics(r.custom_metrics,
                                                        jsonb_build_object('accuracy', r.accuracy, 'precision_score', r.precision_score,
                                                                           'recall_score', r.recall_score, 'f1_score', r.f1_score,
                                                                           'auc_roc', r.auc_roc, 'loss', r.loss)))
               || openlineage_facet('mlregistry_run', 'MlregistryRunFacet',
                                    f.about || jsonb_build_object(
                                        'status', r.status, 'durationSeconds', r.duration_seconds, 'exitCode', r.exit_code,
                                        'gpuHours', r.gpu_hours, 'cpuHours', r.cpu_hours, 'estimatedCostUsd', r.estimated_cost_usd,
                                        'logsUri', r.logs_uri, 'tensorboardUri', r.tensorboard_uri, 'checkpointUri', r.checkpoint_uri,
                                        'artifactsUri', r.artifacts_uri),
                                    f.given),
               coalesce(i.inputs, '[]'),
               CASE WHEN o.dataset IS NULL THEN '[]'
                    ELSE jsonb_build_array(o.dataset || jsonb_build_object('outputFacets',
                             openlineage_facet('outputStatistics', '1-0-2/OutputStatisticsOutputDatasetFacet',
                                               CASE WHEN o.dataset #> '{facets,mlregistry_version,artifactSizeBytes}' IS NOT NULL
                                                    THEN jsonb_build_object('size', o.dataset #> '{facets,mlregistry_version,artifactSizeBytes}') END)))
               END
          FROM run r
          JOIN experiments e ON e.experiment_id = r.experiment_id
          LEFT JOIN input i ON i.run_id = r.run_id
          LEFT JOIN produced o ON o.version_id = r.version_id,
               LATERAL (
                   SELECT openlineage_facet('parent', '1-2-0/ParentRunFacet',
                                            (SELECT jsonb_build_object('run', jsonb_build_object('runId', above.run_id),
                                                                       'job', jsonb_build_object('namespace', source.namespace,
                                                                                                 'name', ae.experiment_name))
                                               FROM training_runs above
                                               JOIN experiments ae ON ae.experiment_id = above.experiment_id
                                               JOIN place AS source ON source.project_id = above.project_id
                                              WHERE above.run_id = r.parent_run_id))
                          || openlineage_facet('executionParameters', '1-0-0/ExecutionParametersRunFacet',
                                               (SELECT jsonb_build_object('parameters', jsonb_agg(
                                                           jsonb_build_object('key', h.key, 'value', coalesce(h.value #>> '{}', 'null'))
                                                           ORDER BY h.key COLLATE "C"))
                                                  FROM jsonb_each(r.hyperparameters) AS h
                                                HAVING count(*) > 0))
                          || openlineage_facet('tags', '1-0-0/TagsRunFacet',
                                               openlineage_tags(ARRAY(SELECT t.tag_name FROM run_tags rt JOIN tags t USING (tag_id)
                                                                       WHERE rt.run_id = r.run_id))) AS facets,
                          jsonb_build_object('runNumber', r.run_number, 'runName', r.run_name, 'queuedAt', openlineage_time(r.queued_at),
                                             'startedBy', r.started_by, 'framework', r.framework, 'computeTarget', r.compute_target,
                                             'instanceType', r.instance_type, 'gpuCount', r.gpu_count, 'gpuType', r.gpu_type,
                                             'memoryGb', r.memory_gb, 'sourceRunId', r.source_run_id) AS about,
                          -- A null that somebody gave is not ours to leave out.
                          jsonb_build_object('hyperparameters', r.hyperparameters, 'environment', r.environment) AS given) AS f
    $function$;
COMMENT ON FUNCTION openlineage_runs(uuid[]) IS 'runs as OpenLineage writes them, as far as the caller may see them: job, facets at the start and at the end, what they read and what they made';

CREATE OR REPLACE FUNCTION openlineage_events(
        since timestamptz DEFAULT NULL,
        until timestamptz DEFAULT NULL,
        max_rows bigint DEFAULT 100,
        after text DEFAULT NULL,
        project text DEFAULT NULL) RETURNS SETOF openlineage_event
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 100 SET search_path = pg_catalog, mlregistry, pg_temp
    SET plan_cache_mode = force_custom_plan -- for these times, and for so many rows
    SET jit = off -- what takes a millisecond is not worth compiling
    AS $function$
    #variable_conflict use_column
    DECLARE
        here constant uuid := find_organization(NULL);
        only_project constant uuid := project_filter(project);
        -- RFC 3339 has years of four digits.
        first_time constant timestamptz := greatest(since, '0001-01-01 00:00:00+00');
        end_time constant timestamptz := least(until, '10000-01-01 00:00:00+00');
        last_event constant text[] := regexp_match(after COLLATE "C",
            '^([0-9]{4}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9][.][0-9]{6}Z)/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/([012])$');
        last_time timestamptz := '-infinity';
        last_id uuid := '00000000-0000-0000-0000-000000000000';
        last_place integer := -1;
        open_projects uuid[];
    BEGIN
        PERFORM require_max_rows(max_rows);
        IF after IS NOT NULL AND last_event IS NULL THEN
            RAISE EXCEPTION 'after names no event: "%"', shortened(after)
                USING ERRCODE = 'invalid_parameter_value', HINT = 'Give the page_key of the last row of the page before.';
        ELSIF after IS NOT NULL THEN
            last_time := last_event[1];
            last_id := last_event[2];
            last_place := last_event[3];
        END IF;
        open_projects := ARRAY(SELECT p.project_id FROM projects p
                                WHERE p.organization_id = here AND p.deleted_at IS NULL
                                  AND (only_project IS NULL OR p.project_id = only_project));
        RETURN QUERY
            WITH page AS MATERIALIZED (
                SELECT e.at, e.id, e.place, e.type, e.project_id
                  FROM ((SELECT r.started_at AS at, r.run_id AS id, 0 AS place, 'START' AS type, r.project_id
                           FROM training_runs r
                          WHERE r.organization_id = here AND r.project_id = ANY (open_projects)
                            AND r.started_at >= greatest(first_time, last_time) AND r.started_at < end_time
                            AND (r.started_at, r.run_id, 0) > (last_time, last_id, last_place)
                          ORDER BY r.started_at, r.run_id
                          LIMIT max_rows)
                        UNION ALL
                        (SELECT r.completed_at, r.run_id, 1,
                                CASE r.status WHEN 'succeeded' THEN 'COMPLETE' WHEN 'cancelled' THEN 'ABORT' ELSE 'FAIL' END, r.project_id
                           FROM training_runs r
                          WHERE r.organization_id = here AND r.project_id = ANY (open_projects)
                            AND r.completed_at >= greatest(first_time, last_time) AND r.completed_at < end_time
                            AND (r.completed_at, r.run_id, 1) > (last_time, last_id, last_place)
                          ORDER BY r.completed_at, r.run_id
                          LIMIT max_rows)
                        UNION ALL
                        (SELECT v.registered_at, v.version_id, 2, NULL, v.project_id
                           FROM model_versions v
                          WHERE v.organization_id = here AND v.project_id = ANY (open_projects)
                            AND v.registered_at >= greatest(first_time, last_time) AND v.registered_at < end_time
                            AND (v.registered_at, v.version_id, 2) > (last_time, last_id, last_place)
                            AND NOT EXISTS (SELECT FROM training_runs r WHERE r.version_id = v.version_id)
                            -- A key may open versions and not models, without which a version has no name.
                            AND EXISTS (SELECT FROM models m WHERE m.model_id = v.model_id)
                          ORDER BY v.registered_at, v.version_id
                          LIMIT max_rows)) AS e
                 ORDER BY e.at, e.id, e.place
                 LIMIT max_rows),
            run AS MATERIALIZED (
                SELECT * FROM openlineage_runs(ARRAY(SELECT DISTINCT p.id FROM page p WHERE p.place < 2))),
            version AS MATERIALIZED (
                SELECT * FROM openlineage_versions(ARRAY(SELECT p.id FROM page p WHERE p.place = 2)))
            SELECT p.at, p.type, r.run_id, v.version_id, o.slug,
                   jsonb_build_object('eventTime', openlineage_time(p.at), 'producer', openlineage_producer())
                   || CASE WHEN p.place < 2
                           THEN jsonb_build_object(
                                    'schemaURL', 'https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent',
                                    'eventType', p.type,
                                    'run', jsonb_build_object('runId', r.run_id, 'facets', CASE p.place WHEN 0 THEN r.start_facets ELSE r.end_facets END),
                                    'job', r.job,
                                    'inputs', r.inputs,
                                    'outputs', CASE p.place WHEN 0 THEN '[]' ELSE r.outputs END)
                           ELSE jsonb_build_object(
                                    'schemaURL', 'https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/DatasetEvent',
                                    'dataset', v.dataset)
                      END,
                   format('%s/%s/%s', openlineage_time(p.at), p.id, p.place)
              FROM page p
              JOIN projects o ON o.project_id = p.project_id
              LEFT JOIN run r ON r.run_id = p.id AND p.place < 2
              LEFT JOIN version v ON v.version_id = p.id AND p.place = 2
             WHERE r.run_id IS NOT NULL OR v.version_id IS NOT NULL
             ORDER BY p.at, p.id, p.place;
    END
    $function$;
COMMENT ON FUNCTION openlineage_events(timestamptz, timestamptz, bigint, text, text) IS 'what happened in the current organization as events of OpenLineage 2-0-2, oldest first: runs when they started (START) and ended (COMPLETE, ABORT, FAIL), and versions that no run made, when they were registered (a DatasetEvent, without type); since is the first moment, until the first one after; for the next page give the page_key of the last one seen as after';
