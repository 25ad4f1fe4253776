-- Metrics of versions.

CREATE OR REPLACE FUNCTION metric_info(metric_id uuid) RETURNS metric_info
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        info metric_info;
    BEGIN
        SELECT p.slug, m.model_name, v.semver, k.metric_name, k.metric_value, k.dataset_split, d.dataset_name, k.recorded_by,
               k.recorded_at, k.metric_id, k.version_id
          INTO info
          FROM model_metrics k
          JOIN model_versions v USING (version_id)
          JOIN models m ON m.model_id = v.model_id
          JOIN projects p ON p.project_id = v.project_id
          LEFT JOIN datasets d ON d.dataset_id = k.dataset_id
         WHERE k.metric_id = metric_info.metric_id;
        RETURN info;
    END
    $function$;
COMMENT ON FUNCTION metric_info(uuid) IS 'complete row of one recorded metric, NULL when there is none';

CREATE OR REPLACE FUNCTION live_version(version_id uuid) RETURNS uuid
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    BEGIN
        IF live_version.version_id IS NULL THEN
            RAISE EXCEPTION 'a version identifier must not be NULL' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        PERFORM FROM model_versions v
                JOIN models m USING (model_id)
                JOIN projects p ON p.project_id = v.project_id
                JOIN organizations o ON o.organization_id = v.organization_id
          WHERE v.version_id = live_version.version_id
            AND v.deleted_at IS NULL AND m.deleted_at IS NULL AND p.deleted_at IS NULL AND o.deleted_at IS NULL;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'version % does not exist', live_version.version_id
                USING ERRCODE = 'no_data_found', HINT = 'list_versions() shows what is there.';
        END IF;
        RETURN live_version.version_id;
    END
    $function$;
COMMENT ON FUNCTION live_version(uuid) IS 'the identifier itself if it is that of a version that is not deleted, nor its model, project or organization; P0002 otherwise';

CREATE OR REPLACE FUNCTION record_metric(
        version_id uuid,
        metric_name text,
        metric_value double precision,
        split text DEFAULT 'test',
        dataset text DEFAULT NULL,
        recorded_at timestamptz DEFAULT NULL) RETURNS SETOF metric_info
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        of_version uuid := live_version(version_id);
        on_dataset uuid := CASE WHEN dataset IS NOT NULL THEN find_dataset(dataset) END;
        new_id uuid;
    BEGIN
        IF metric_name IS NULL OR metric_value IS NULL OR split IS NULL THEN
            RAISE EXCEPTION 'a metric needs a name, a value and a split' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        PERFORM require_access('write', 'versions', (SELECT v.project_id FROM model_versions v WHERE v.version_id = of_version));
        -- The clock, not the time of the transaction: of two values in one transaction the second is current.
        INSERT INTO model_metrics (organization_id, project_id, version_id, metric_name, metric_value, dataset_split, dataset_id, recorded_at)
        SELECT v.organization_id, v.project_id, v.version_id, record_metric.metric_name, record_metric.metric_value, split, on_dataset,
               coalesce(record_metric.recorded_at, clock_timestamp())
          FROM model_versions v
         WHERE v.version_id = of_version
        RETURNING metric_id INTO new_id;
        RETURN NEXT metric_info(new_id);
    END
    $function$;
COMMENT ON FUNCTION record_metric(uuid, text, double precision, text, text, timestamptz) IS 'records a metric of a version: see record_metric(text, ...)';

CREATE OR REPLACE FUNCTION record_metric(
        version text,
        metric_name text,
        metric_value double precision,
        split text DEFAULT 'test',
        dataset text DEFAULT NULL,
        recorded_at timestamptz DEFAULT NULL) RETURNS SETOF metric_info
    LANGUAGE sql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
        SELECT * FROM record_metric(find_version(version), metric_name, metric_value, split, dataset, recorded_at)
    $function$;
COMMENT ON FUNCTION record_metric(text, text, double precision, text, text, timestamptz) IS 'records a metric of the version that a reference names: from now on the current one of its name and split (train, validation, test, holdout or production)';

CREATE OR REPLACE FUNCTION record_metrics(
        version text,
        metrics jsonb,
        split text DEFAULT 'test',
        dataset text DEFAULT NULL,
        recorded_at timestamptz DEFAULT NULL) RETURNS SETOF metric_info
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 10 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    DECLARE
        of_version uuid := find_version(version);
        at timestamptz := coalesce(recorded_at, clock_timestamp());
    BEGIN
        IF metrics IS NULL THEN
            RAISE EXCEPTION 'the metrics must not be NULL' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        IF NOT is_metrics(metrics) THEN
            RAISE EXCEPTION 'invalid metrics: %', shortened(metrics::text)
                USING ERRCODE = 'invalid_parameter_value',
                      DETAIL = why_invalid('is_metrics', metrics::text),
                      HINT = 'Give an object of names and numbers: {"accuracy": 0.93, "loss": 0.21}.';
        END IF;
        RETURN QUERY
            SELECT i.*
              FROM jsonb_each_text(metrics) AS one (name, value),
                   record_metric(of_version, one.name, one.value::double precision, split, dataset, at) AS i;
    END
    $function$;
COMMENT ON FUNCTION record_metrics(text, jsonb, text, text, timestamptz) IS 'records several metrics of the version that a reference names, given as an object: {"accuracy": 0.93, "loss": "NaN"}';

CREATE OR REPLACE FUNCTION latest_metrics(version_id uuid, split text DEFAULT NULL) RETURNS SETOF metric_info
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 20 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        of_version uuid := live_version(version_id);
    BEGIN
        IF split NOT IN ('train', 'validation', 'test', 'holdout', 'production') THEN
            RAISE EXCEPTION 'unknown split: "%"', shortened(split)
                USING ERRCODE = 'invalid_parameter_value', HINT = 'The splits are train, validation, test, holdout and production.';
        END IF;
        RETURN QUERY
            SELECT p.slug, m.model_name, v.semver, k.metric_name, k.metric_value, k.dataset_split, d.dataset_name, k.recorded_by,
                   k.recorded_at, k.metric_id, k.version_id
              FROM (SELECT DISTINCT ON (k.metric_name, k.dataset_split) k.*
                      FROM model_metrics k
                     WHERE k.version_id = of_version AND (split IS NULL OR k.dataset_split = split)
                     ORDER BY k.metric_name, k.dataset_split, k.recorded_at DESC, k.metric_id) AS k
              JOIN model_versions v USING (version_id)
              JOIN models m ON m.model_id = v.model_id
              JOIN projects p ON p.project_id = v.project_id
              LEFT JOIN datasets d ON d.dataset_id = k.dataset_id
             ORDER BY k.metric_name, k.dataset_split;
    END
    $function$;
COMMENT ON FUNCTION latest_metrics(uuid, text) IS 'current metrics of a version: see latest_metrics(text, text)';

CREATE OR REPLACE FUNCTION latest_metrics(version text, split text DEFAULT NULL) RETURNS SETOF metric_info
    LANGUAGE sql STABLE PARALLEL RESTRICTED ROWS 20 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
        SELECT * FROM latest_metrics(find_version(version), split)
    $function$;
COMMENT ON FUNCTION latest_metrics(text, text) IS 'current metrics of the version that a reference names: of each name and split the last recorded';
