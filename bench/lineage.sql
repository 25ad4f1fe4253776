-- Data of bench/lineage.sh: layered graphs over the tables that record the facts. -v rows=N: nodes of the large one
CREATE EXTENSION mlregistry;
SET search_path = bench, mlregistry, public;

CREATE FUNCTION bench.node(graph text, kind text, n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$SELECT md5(graph || kind || n)::uuid$$;
-- One of `size` numbers from 0, always the same for n and which.
CREATE FUNCTION bench.pick(n bigint, which bigint, size bigint) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
    $$SELECT (hashint8extended(n, which) & 9223372036854775807) % greatest(size, 1)$$;

-- Only what writes edges: the other triggers and the foreign keys have benchmarks of their own.
CREATE FUNCTION bench.use_lineage_triggers(alone boolean) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    t record;
BEGIN
    FOR t IN SELECT c.oid::regclass AS name FROM pg_class c
              WHERE c.relnamespace = 'mlregistry'::regnamespace
                AND c.relname IN ('models', 'datasets', 'model_versions', 'experiments', 'training_runs', 'run_datasets', 'version_parents', 'dataset_parents', 'environments', 'deployments') LOOP
        EXECUTE format('ALTER TABLE %s %s TRIGGER ALL', t.name, CASE WHEN alone THEN 'DISABLE' ELSE 'ENABLE' END);
    END LOOP;
    FOR t IN SELECT g.tgrelid::regclass AS name, g.tgname FROM pg_trigger g WHERE g.tgname ~ '^mlr_80_lineage' LOOP
        EXECUTE format('ALTER TABLE %s ENABLE TRIGGER %I', t.name, t.tgname);
    END LOOP;
END
$$;

-- A graph of about `size` nodes and five times as many edges. Datasets and versions lie in 30 layers, each derived from some of the
-- layer before; runs read datasets and make versions; some versions serve.
--     30 % datasets  with 5 parents each          25 % runs      with 6 datasets, 4 of 10 with a parent run
--     40 % versions  with 4 parents each           5 % deployments
CREATE PROCEDURE bench.make_graph(graph text, size bigint) LANGUAGE plpgsql AS $$
DECLARE
    layers constant bigint := 30;
    datasets constant bigint := greatest(size * 30 / 100 / layers, 1); -- of a layer
    versions constant bigint := greatest(size * 40 / 100 / layers, 1);
    runs constant bigint := size * 25 / 100;
    deployments constant bigint := size * 5 / 100;
    began constant timestamptz := now() - interval '3 years';
BEGIN
    INSERT INTO mlregistry.datasets (dataset_id, dataset_name, display_name, storage_location, storage_format, created_at)
    SELECT bench.node(graph, 'dataset', n), graph || '-' || n, graph || ' ' || n, 's3://data/' || graph || '/' || n, 'parquet', began + n * interval '1 second'
      FROM generate_series(0, datasets * layers - 1) AS n;
    INSERT INTO mlregistry.models (model_id, model_name, display_name, framework)
    SELECT bench.node(graph, 'model', n), graph || '-' || n, graph || ' ' || n, 'pytorch' FROM generate_series(0, versions - 1) AS n;
    -- The n-th version of layer l is version l.0.0 of model n.
    INSERT INTO mlregistry.model_versions (version_id, model_id, semver, artifact_uri, framework, registered_at, created_at)
    SELECT bench.node(graph, 'version', n), bench.node(graph, 'model', n % versions), (n / versions || '.0.0')::mlregistry.semver, 's3://models/' || n, 'pytorch',
           began + n * interval '1 second', began + n * interval '1 second'
      FROM generate_series(0, versions * layers - 1) AS n;
    INSERT INTO mlregistry.experiments (experiment_id, experiment_name) VALUES (bench.node(graph, 'experiment', 0), graph);
    INSERT INTO mlregistry.training_runs (run_id, experiment_id, run_number, version_id, parent_run_id, status, queued_at, started_at, completed_at, once_per_day)
    SELECT bench.node(graph, 'run', n), bench.node(graph, 'experiment', 0), n + 1, bench.node(graph, 'version', bench.pick(n, 1, versions * layers)),
           CASE WHEN n > 0 AND n % 10 < 4 THEN bench.node(graph, 'run', bench.pick(n, 2, n)) END,
           'succeeded', began + n * interval '1 second', began + n * interval '1 second', began + (n + 60) * interval '1 second', false
      FROM generate_series(0, runs - 1) AS n;
    INSERT INTO mlregistry.run_datasets (run_id, dataset_id, dataset_role, added_at)
    SELECT bench.node(graph, 'run', n), bench.node(graph, 'dataset', bench.pick(n, 10 + i, datasets * layers)), 'train', began + n * interval '1 second'
      FROM generate_series(0, runs - 1) AS n, generate_series(1, 6) AS i ON CONFLICT DO NOTHING;
    INSERT INTO mlregistry.dataset_parents (dataset_id, parent_dataset_id, created_at)
    SELECT bench.node(graph, 'dataset', n), bench.node(graph, 'dataset', (n / datasets - 1) * datasets + bench.pick(n, 20 + i, datasets)), began + n * interval '1 second'
      FROM generate_series(datasets, datasets * layers - 1) AS n, generate_series(1, 5) AS i ON CONFLICT DO NOTHING;
    INSERT INTO mlregistry.version_parents (version_id, parent_version_id, relation, created_at)
    SELECT bench.node(graph, 'version', n), bench.node(graph, 'version', (n / versions - 1) * versions + bench.pick(n, 30 + i, versions)), 'derived-from', began + n * interval '1 second'
      FROM generate_series(versions, versions * layers - 1) AS n, generate_series(1, 4) AS i ON CONFLICT DO NOTHING;
    INSERT INTO mlregistry.deployments (deployment_id, model_id, version_id, environment_id, deployment_name, status, deployed_at, traffic_percentage)
    SELECT bench.node(graph, 'deployment', n), v.model_id, v.version_id, (SELECT environment_id FROM mlregistry.environments LIMIT 1), graph || '-' || n, 'active', began, 0
      FROM generate_series(0, deployments - 1) AS n
      JOIN mlregistry.model_versions v ON v.version_id = bench.node(graph, 'version', bench.pick(n, 3, versions * layers));
END
$$;

INSERT INTO environments (environment_name, environment_type) VALUES ('prod', 'production');
SELECT bench.use_lineage_triggers(true);

-- Where the walks begin: large, a dataset of the first layer; late, a version of the last one; small, the same of the small graph; usual,
-- a version that has about 150 ancestors within three levels.
CREATE TABLE bench.starts (name text PRIMARY KEY, kind text NOT NULL, id uuid NOT NULL);
CREATE FUNCTION bench.start(name text) RETURNS bench.starts LANGUAGE sql STABLE AS $$SELECT s FROM bench.starts s WHERE s.name = start.name$$;
CREATE FUNCTION bench.choose_starts() RETURNS void LANGUAGE sql AS $$
    INSERT INTO bench.starts VALUES ('large', 'dataset', bench.node('large', 'dataset', 0)), ('small', 'dataset', bench.node('small', 'dataset', 0));
    INSERT INTO bench.starts
    SELECT 'late', 'version', e.child_id FROM mlregistry.lineage_edges e
     WHERE e.child_kind = 'version' AND e.parent_kind = 'run' AND e.valid_to = 'infinity'
       AND e.child_id IN (SELECT v.version_id FROM mlregistry.model_versions v JOIN mlregistry.models m USING (model_id)
                           WHERE mlregistry.major(v.semver) = 29 AND m.model_name LIKE 'large-%')
     ORDER BY 3 LIMIT 1;
    INSERT INTO bench.starts
    SELECT 'usual', 'version', n.id
      FROM (SELECT bench.node('large', 'version', v * 100) AS id FROM generate_series(4000 / 100, 4000 / 100 + 200) AS v) AS n,
           LATERAL (SELECT count(*) AS nodes FROM mlregistry.lineage_walk(ARRAY['version'], ARRAY[n.id], direction => 'upstream', max_depth => 3)) AS w
     ORDER BY abs(w.nodes - 150), n.id LIMIT 1;
$$;

-- Bytes; of the address space, so that what the tables' pages in shared memory take does not count.
CREATE FUNCTION bench.peak_memory() RETURNS bigint LANGUAGE sql VOLATILE AS $$
    SELECT 1024 * substring(pg_read_file('/proc/self/status', 0, 10000, true) FROM 'VmPeak:\s+(\d+) kB')::bigint
$$;

-- 20,000 runs that read two datasets each, with and without what writes their edges; taken away again.
INSERT INTO datasets (dataset_id, dataset_name, display_name, storage_location, storage_format)
SELECT bench.node('writing', 'dataset', n), 'writing-' || n, 'Writing ' || n, 's3://data/writing/' || n, 'parquet' FROM generate_series(0, 999) AS n;
INSERT INTO experiments (experiment_id, experiment_name) VALUES (bench.node('writing', 'experiment', 0), 'writing');
CREATE FUNCTION bench.write_runs(side text, round int) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    t record;
BEGIN
    PERFORM bench.use_lineage_triggers(false);
    IF side = 'bare' THEN
        FOR t IN SELECT g.tgrelid::regclass AS name, g.tgname FROM pg_trigger g WHERE g.tgname ~ '^mlr_80_lineage' LOOP
            EXECUTE format('ALTER TABLE %s DISABLE TRIGGER %I', t.name, t.tgname);
        END LOOP;
    END IF;
    PERFORM bench.measure('writing', side, round, $q$
        WITH r AS (INSERT INTO mlregistry.training_runs (run_id, experiment_id, status, dataset_id)
                   SELECT bench.node('writing', 'run', n), bench.node('writing', 'experiment', 0), 'queued', bench.node('writing', 'dataset', n % 1000)
                     FROM generate_series(1, 20000) AS n RETURNING run_id)
        SELECT count(*) FROM r$q$);
    PERFORM bench.measure('writing links', side, round, $q$
        INSERT INTO mlregistry.run_datasets (run_id, dataset_id, dataset_role)
        SELECT bench.node('writing', 'run', n), bench.node('writing', 'dataset', (n + 1) % 1000), 'validation' FROM generate_series(1, 20000) AS n$q$);
    PERFORM bench.use_lineage_triggers(true);
    DELETE FROM mlregistry.run_datasets WHERE run_id IN (SELECT bench.node('writing', 'run', n) FROM generate_series(1, 20000) AS n);
    DELETE FROM mlregistry.training_runs WHERE experiment_id = bench.node('writing', 'experiment', 0);
    DELETE FROM mlregistry.lineage_edges WHERE child_kind = 'run';
    DELETE FROM mlregistry.status_history;
    DELETE FROM mlregistry.audit_logs;
END
$$;
