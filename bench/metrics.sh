# metrics of runs: logging beside plain INSERT and COPY into a bare table, curves, summaries, eight sessions that run runs
# shellcheck shell=bash disable=SC2034  # bench/run reads default_rows
default_rows=5000000
packages() { :; }

columns='organization_id, project_id, run_id, metric_name, step, value'

# Interleaved writing of $ROWS rows into empty tables.
write_round() {
    local round=$1 side
    local empty='TRUNCATE mlregistry.run_metrics, bench.bare; CHECKPOINT;'
    for side in $(in_turn "$round" ours bare); do
        case $side in
        ours) echo "$empty SELECT bench.measure('arrays', 'ours', $round,
                  'SELECT sum(mlregistry.log_metrics(run, names, numbers, steps)) FROM bench.batches');" ;;
        bare) echo "$empty SELECT bench.measure('arrays', 'bare', $round,
                  'INSERT INTO bench.bare ($columns) SELECT mlregistry.current_organization_id(), mlregistry.current_project_id(), b.run, u.name, u.step, u.number
                     FROM bench.batches b, unnest(b.names, b.steps, b.numbers) AS u (name, step, number)');" ;;
        esac
    done
    for side in $(in_turn "$round" ours bare); do
        echo "$empty SELECT bench.measure('COPY', '$side', $round,
                  \$\$COPY $([ "$side" = ours ] && echo mlregistry.run_metrics || echo bench.bare) ($columns) FROM '$WORK/metrics.copy'\$\$);"
    done
    echo "$empty"
}

# One value at a time, in a transaction each, by one client.
single_round() {
    local round=$1 side
    local step='\set step random(1, 1000000000000)'
    for side in $(in_turn "$round" ours bare); do
        case $side in
        ours) clocked 'one value' ours "$round" 1 3 "$step
            SELECT mlregistry.log_metric('00000000-0000-0000-0000-000000000001', 'train/loss', 0.25, :step);" ;;
        bare) clocked 'one value' bare "$round" 1 3 "$step
            INSERT INTO bench.bare (run_id, metric_name, step, value) VALUES ('00000000-0000-0000-0000-000000000001', 'train/loss', 0.25, :step);" ;;
        esac
    done
}

# The curve of a fifth of the rows.
curve="run_id = bench.run(1) AND metric_name = 'train/loss'"
series="mlregistry.metric_series(bench.run(1), 'train/loss'"
# As one would draw it by hand; with the extremes of each bucket; and with the last value of each step, as metric_series() has it.
width_bucket() {
    echo "SELECT width_bucket(step, 1, $((ROWS / 5 + 1)), 1000) AS bucket, min(step), avg(value)$1 FROM mlregistry.run_metrics WHERE $curve GROUP BY 1 ORDER BY 1"
}

# Of each metric what metric_summary() tells, in two ways. Values are numbers in this data, goals are by name.
last_values="(SELECT DISTINCT ON (metric_name, step) metric_name, step, value FROM mlregistry.run_metrics WHERE run_id = bench.run(2)
    ORDER BY metric_name, step, recorded_at DESC)"
is_less="metric_name ~ 'loss|latency|memory'"
summary_by_aggregates="SELECT metric_name, n, first, last, min, max, CASE WHEN $is_less THEN min ELSE max END AS best, first_step, last_step, min_step, max_step,
        CASE WHEN $is_less THEN min_step ELSE max_step END AS best_step
   FROM (SELECT metric_name, count(*) AS n, (array_agg(value ORDER BY step))[1] AS first, (array_agg(value ORDER BY step DESC))[1] AS last, min(value) AS min, max(value) AS max,
                min(step) AS first_step, max(step) AS last_step,
                (array_agg(step ORDER BY value, step))[1] AS min_step, (array_agg(step ORDER BY value DESC, step))[1] AS max_step
           FROM $last_values AS k GROUP BY metric_name) AS s ORDER BY metric_name"
summary_by_joins="WITH k AS MATERIALIZED $last_values,
        s AS (SELECT metric_name, count(*) AS n, min(step) AS first_step, max(step) AS last_step, min(value) AS min, max(value) AS max FROM k GROUP BY metric_name),
        m AS (SELECT metric_name, min(k.value) FILTER (WHERE k.step = s.first_step) AS first, min(k.value) FILTER (WHERE k.step = s.last_step) AS last,
                     min(k.step) FILTER (WHERE k.value = s.min) AS min_step, min(k.step) FILTER (WHERE k.value = s.max) AS max_step
                FROM k JOIN s USING (metric_name) GROUP BY metric_name)
   SELECT metric_name, n, first, last, min, max, CASE WHEN $is_less THEN min ELSE max END AS best, first_step, last_step, min_step, max_step,
          CASE WHEN $is_less THEN min_step ELSE max_step END AS best_step
     FROM s JOIN m USING (metric_name) ORDER BY metric_name"
summary_ours='SELECT metric_name, n, first, last, min, max, best, first_step, last_step, min_step, max_step, best_step FROM mlregistry.metric_summary(bench.run(2))'

last_by_hand="SELECT step, value, recorded_at FROM mlregistry.run_metrics WHERE $curve ORDER BY step DESC, recorded_at DESC LIMIT 100"
last_ours="SELECT step, value, recorded_at FROM $series, last_steps => 100)"

read_round() {
    local round=$1 side
    for side in $(in_turn "$round" ours width_bucket width_bucket+); do
        case $side in
        ours) echo "SELECT bench.measure('1,000 of the curve', 'ours', $round, \$\$SELECT * FROM $series, 1000)\$\$);" ;;
        width_bucket) echo "SELECT bench.measure('1,000 of the curve', 'width_bucket', $round, \$\$$(width_bucket '')\$\$);" ;;
        width_bucket+) echo "SELECT bench.measure('1,000 of the curve', 'width_bucket+', $round, \$\$$(width_bucket ', min(value), max(value)')\$\$);" ;;
        esac
    done
    for side in $(in_turn "$round" ours aggregates joins); do
        case $side in
        ours) echo "SELECT bench.measure('summary', 'ours', $round, \$\$$summary_ours\$\$, 3);" ;;
        aggregates) echo "SELECT bench.measure('summary', 'aggregates', $round, \$\$$summary_by_aggregates\$\$, 3);" ;;
        joins) echo "SELECT bench.measure('summary', 'joins', $round, \$\$$summary_by_joins\$\$, 3);" ;;
        esac
    done
    for side in $(in_turn "$round" ours hand); do
        case $side in
        ours) echo "SELECT bench.measure('last 100', 'ours', $round, \$\$$last_ours\$\$, 100);" ;;
        hand) echo "SELECT bench.measure('last 100', 'hand', $round, \$\$$last_by_hand\$\$, 100);" ;;
        esac
    done
}

# All sides return the same.
check_sides() {
    local differ
    for differ in "($summary_ours) EXCEPT ($summary_by_aggregates)" "($summary_by_aggregates) EXCEPT ($summary_ours)" "($summary_by_joins) EXCEPT ($summary_ours)" \
        "($last_ours) EXCEPT ($last_by_hand)" "($last_by_hand) EXCEPT ($last_ours)"; do
        [ "$(sql -c "SELECT count(*) FROM ($differ) AS d")" = 0 ] || die "two sides differ: $differ"
    done
}

# Eight sessions: each starts a run in one of two experiments, logs twice, finishes it. Prints runs per second.
eight_sessions() {
    cat >"$WORK/runs.sql" <<'SQL'
\set e random(1, 2)
SELECT run_id AS run FROM mlregistry.start_run(experiment => 'bench ' || :e)
\gset
SELECT mlregistry.log_metrics(':run', '{loss,accuracy}', '{0.9,0.1}', '{1,1}');
SELECT mlregistry.log_metrics(':run', '{"loss": 0.5, "accuracy": 0.6}', 2);
SELECT status FROM mlregistry.finish_run(':run', accuracy => 0.6, gpu_hours => 1);
SQL
    sql -c "INSERT INTO mlregistry.experiments (experiment_name) SELECT 'bench ' || n FROM generate_series(1, 2) AS n"
    "$PGBIN/pgbench" -n -c 8 -j 2 -T 10 -f "$WORK/runs.sql" postgres 2>"$WORK/runs.log" >"$WORK/runs.out" || die "eight sessions failed: $(tail -5 "$WORK/runs.log")"
    sed -n 's/^tps = \([0-9]*\).*/\1/p' "$WORK/runs.out"
}

bench() {
    [[ $((ROWS % 10000)) -eq 0 && $ROWS -ge 100000 ]] || die 'metrics needs a multiple of 10000, 100000 at least'
    local round runs_per_second
    say "preparing $(grouped "$ROWS") values"
    sql -v rows="$ROWS" -f "$BENCH/metrics.sql"
    sql -c "COPY (SELECT mlregistry.current_organization_id(), mlregistry.current_project_id(), b.run, u.name, u.step, u.number
                    FROM bench.batches b, unnest(b.names, b.steps, b.numbers) AS u (name, step, number) ORDER BY b.n) TO '$WORK/metrics.copy'"
    for ((round = 0; round <= ROUNDS; round++)); do
        say "writing, round $round of $ROUNDS"
        write_round "$round" | sql >/dev/null
        single_round "$round"
    done
    say 'eight sessions'
    runs_per_second=$(eight_sessions)
    say "filling the table with $(grouped "$ROWS") values"
    sql -c 'TRUNCATE mlregistry.run_metrics' -c "CALL bench.fill($ROWS)" -c 'VACUUM ANALYZE mlregistry.run_metrics' -c CHECKPOINT
    check_sides
    for ((round = 0; round <= ROUNDS; round++)); do
        say "reading, round $round of $ROUNDS"
        read_round "$round" | sql >/dev/null
    done

    echo
    machine
    table -c "SELECT * FROM bench.report('bare') WHERE measure IN ('arrays', 'COPY', 'one value')"
    table -c "SELECT * FROM bench.report('ours') WHERE measure NOT IN ('arrays', 'COPY', 'one value')"
    echo "eight sessions: $runs_per_second runs per second, each of four calls in transactions of their own"
    echo
    echo 'plan of the last 100 by hand:'
    sql -c "EXPLAIN (COSTS OFF) $last_by_hand"
    sql -c "SELECT format('pages touched for the last 100 values: by hand %s, ours %s', bench.pages(bench.plan_of(q.hand)), bench.pages(bench.plan_of(q.ours)))
              FROM (SELECT \$\$$last_by_hand\$\$ AS hand, \$\$$last_ours\$\$ AS ours) AS q"
    echo
    sql <<SQL
SELECT bench.target('rate of log_metrics(arrays), ours/plain INSERT', (SELECT ratio FROM bench.ratios('arrays', 'bare', 'ours')), '>=', 0.8);
SELECT bench.target('rate of COPY, ours/bare table', (SELECT ratio FROM bench.ratios('COPY', 'bare', 'ours')), '>=', 0.8);
SELECT bench.target('last 100 values by hand: nodes other than index scans, rows removed', bench.strange_nodes(bench.plan_of(\$\$$last_by_hand\$\$)), '<=', 0);
SELECT bench.target('last 100 values: pages touched by metric_series()', bench.pages(bench.plan_of(\$\$$last_ours\$\$)), '<=', 300);
SELECT bench.target('$(grouped $((ROWS / 5))) values to 1,000, time of width_bucket/ours', (SELECT ratio FROM bench.ratios('1,000 of the curve', 'width_bucket', 'ours')), '>=', 1);
SELECT bench.target('extremes of the curve that are missing', (SELECT count(*) FROM (SELECT min(value) AS v FROM mlregistry.run_metrics WHERE $curve
    UNION ALL SELECT max(value) FROM mlregistry.run_metrics WHERE $curve) AS e WHERE v NOT IN (SELECT value FROM $series, 1000))), '<=', 0);
SELECT bench.target('summary of $(grouped $((ROWS / 50))) rows, time of the plain SQL/ours', least((SELECT ratio FROM bench.ratios('summary', 'aggregates', 'ours')),
    (SELECT ratio FROM bench.ratios('summary', 'joins', 'ours'))), '>=', 2);
SELECT bench.target('deadlocks of eight sessions', (SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()), '<=', 0);
SQL
}
