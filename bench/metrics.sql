-- Data of bench/metrics.sh: batches to log, and a filled table to read. -v rows=N
CREATE EXTENSION mlregistry;
SET search_path = bench, mlregistry, public;

-- Run n and the bare table: the same columns, CHECKs, defaults and indexes in one table, no triggers and no partitions.
CREATE FUNCTION bench.run(n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$SELECT lpad(n::text, 32, '0')::uuid$$;
INSERT INTO experiments (experiment_name) VALUES ('bench');
INSERT INTO training_runs (run_id, experiment_id, status, queued_at, started_at)
SELECT bench.run(n), experiment_id, 'running', now(), now() FROM experiments, generate_series(1, 100) AS n;
CREATE TABLE bench.bare (LIKE run_metrics INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING INDEXES);

-- What fifty runs log, 10,000 values at a time: five metrics step by step.
CREATE UNLOGGED TABLE bench.batches AS
SELECT b AS n, bench.run(1 + b % 50) AS run, l.names, l.steps, l.numbers
  FROM generate_series(0, :rows / 10000 - 1) AS b,
       LATERAL (SELECT array_agg((ARRAY['train/loss', 'val/loss', 'accuracy', 'learning_rate', 'gradient_norm'])[1 + i % 5] ORDER BY i) AS names,
                       array_agg((b / 50 * 2000 + i / 5)::bigint ORDER BY i) AS steps,
                       array_agg(exp(-i / 1000.0) + (hashint8extended(b * 10000 + i, 7) % 1000000) / 1e7 ORDER BY i) AS numbers
                  FROM generate_series(0, 9999) AS i) AS l;

-- The plan of a query that was run; how many of its nodes are neither index scans nor what puts the rows of several together,
-- or read what they throw away; how many pages it touched.
CREATE FUNCTION bench.plan_of(query text) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    plan jsonb;
BEGIN
    EXECUTE query; -- the first time a session reads the catalog
    EXECUTE 'EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) ' || query INTO plan;
    RETURN plan -> 0 -> 'Plan';
END
$$;
CREATE FUNCTION bench.strange_nodes(plan jsonb) RETURNS bigint LANGUAGE sql AS $$
    WITH RECURSIVE nodes (node) AS (
        SELECT plan
        UNION ALL
        SELECT child FROM nodes, jsonb_array_elements(nodes.node -> 'Plans') AS child
    )
    SELECT count(*) FROM nodes
     WHERE node ->> 'Node Type' NOT IN ('Limit', 'Append', 'Merge Append', 'Index Scan', 'Result')
        OR (node ->> 'Node Type' = 'Index Scan' AND coalesce((node ->> 'Rows Removed by Filter')::bigint, 0) > 0)
$$;
CREATE FUNCTION bench.pages(plan jsonb) RETURNS bigint LANGUAGE sql AS $$
    SELECT (plan ->> 'Shared Hit Blocks')::bigint + (plan ->> 'Shared Read Blocks')::bigint
$$;

-- The table that is read: a curve of a fifth of the rows, a run of ten metrics and a fiftieth of the rows, and forty other
-- runs; all of them at once for forty days, so that the rows of a run are spread over the table and over two partitions.
CREATE PROCEDURE bench.fill(rows bigint) LANGUAGE plpgsql AS $$
BEGIN
    SET LOCAL session_replication_role = replica;
    INSERT INTO mlregistry.run_metrics (run_id, metric_name, step, value, recorded_at)
    SELECT bench.run(r.run), r.metric, s,
           exp(-3.0 * s / r.steps) + (hashint8extended(s, r.run) % 1000000) / 1e7 + CASE WHEN s % 99991 = 500 THEN 2 ELSE 0 END,
           now() - interval '40 days' + interval '40 days' * (s / r.steps::float8)
      FROM (SELECT 1 AS run, 'train/loss' AS metric, rows / 5 AS steps
            UNION ALL
            SELECT 2, (ARRAY['train/loss', 'val/loss', 'train/accuracy', 'val/accuracy', 'learning_rate', 'gradient_norm', 'f1', 'auc', 'latency_ms', 'memory'])[m],
                   rows / 500 FROM generate_series(1, 10) AS m
            UNION ALL
            SELECT 3 + n, 'loss', (rows - rows / 5 - rows / 50) / 40 FROM generate_series(0, 39) AS n) AS r,
           generate_series(1, r.steps) AS s
     ORDER BY s / r.steps::float8;
END
$$;
VACUUM ANALYZE;
