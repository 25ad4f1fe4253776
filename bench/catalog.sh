# pages of lists, tags and searches beside hand-written SQL, our index of parts of names beside pg_trgm's
# shellcheck shell=bash disable=SC2034  # bench/run reads default_rows
default_rows=100000
packages() { :; }

# Calls of one round. Ours are repeated more often: they are short.
catalog_round() {
    local round=$1 direction=
    [ $((round % 2)) -eq 1 ] || direction=DESC
    sql -c "SELECT format('SELECT bench.call(%L, %L, $round, %s, %L);', measure, side,
                          CASE WHEN side = 'ours' THEN 40 WHEN measure ~ '^candidates' THEN 20 ELSE 3 END, query)
              FROM bench.sides ORDER BY n $direction" | sql >/dev/null
}

# The models into empty tables that differ in their indexes for searching.
insert_round() {
    local round=$1 table
    for table in $(in_turn "$round" both neither words_only grams_only trgm_only); do
        echo 'TRUNCATE bench.both, bench.neither, bench.words_only, bench.grams_only, bench.trgm_only;'
        echo 'CHECKPOINT;'
        echo "SELECT bench.measure('insert', '$table', $round, 'INSERT INTO bench.$table SELECT * FROM mlregistry.models');"
    done
}

bench() {
    local round
    [ "$ROWS" -ge 60000 ] || die 'catalog needs 60000 rows at least: a page 1000 and something behind it'
    say "preparing $(grouped "$ROWS") models"
    sql -c 'CREATE EXTENSION mlregistry'
    sql -v models="$ROWS" -v datasets=100 -f "$MLR_ROOT/test/data/many-models.sql"
    sql -f "$BENCH/catalog.sql"
    local loads=()
    for ((round = 0; round <= ROUNDS; round++)); do
        say "round $round of $ROUNDS"
        catalog_round "$round"
        loads+=("$(cut -d' ' -f1 /proc/loadavg)")
    done
    for ((round = 0; round <= ROUNDS; round++)); do
        say "inserting, round $round of $ROUNDS"
        insert_round "$round" | sql >/dev/null
        loads+=("$(cut -d' ' -f1 /proc/loadavg)")
    done

    echo
    machine
    echo "load after each round: ${loads[*]}"
    echo
    echo 'Ours: milliseconds of single calls by the wall clock'
    table -c "SELECT c.measure AS call, max(c.row_count) AS rows, count(*) AS calls,
                     percentile_cont(0.5) WITHIN GROUP (ORDER BY c.wall)::numeric(8, 2) AS median,
                     percentile_cont(0.95) WITHIN GROUP (ORDER BY c.wall)::numeric(8, 2) AS \"95 %\", max(c.wall)::numeric(8, 2) AS worst,
                     CASE WHEN percentile_cont(0.5) WITHIN GROUP (ORDER BY c.wall) <= 20 THEN 'yes' ELSE 'NO' END AS \"median <= 20\",
                     CASE WHEN max(c.wall) <= 20 THEN 'yes' ELSE 'NO' END AS \"worst <= 20\"
                FROM bench.calls c
                JOIN bench.sides s USING (measure, side)
               WHERE c.side = 'ours' AND c.round > 0 GROUP BY c.measure, s.n ORDER BY s.n"
    echo 'Beside what users would run instead: milliseconds per call, ratio to ours'
    table -c "SELECT * FROM bench.report('ours') WHERE measure !~ '^(candidates|insert)'"
    echo 'Finding and counting all names with a part: ratio to ours (grams)'
    table -c "SELECT * FROM bench.report('grams') WHERE measure ~ '^candidates'"
    echo "Inserting $(grouped "$ROWS") models: ratio to a table without indexes for searching"
    table -c "SELECT * FROM bench.report('neither') WHERE measure = 'insert'"
    echo 'Sizes in MB'
    table -c "SELECT what, (bytes / 1048576.0)::numeric(8, 1) AS mb
                FROM (VALUES (1, 'models, table', pg_table_size('mlregistry.models')),
                             (2, 'models, all indexes', pg_indexes_size('mlregistry.models')),
                             (3, 'idx_models_search', pg_relation_size('mlregistry.idx_models_search')),
                             (4, 'idx_models_grams', pg_relation_size('mlregistry.idx_models_grams')),
                             (5, 'gin_trgm_ops on the same names', pg_relation_size('bench.names_trgm')),
                             (6, 'idx_models_team', pg_relation_size('mlregistry.idx_models_team')),
                             (7, 'model_tags, table', pg_table_size('mlregistry.model_tags')),
                             (8, 'idx_model_tags_tag', pg_relation_size('mlregistry.idx_model_tags_tag'))) AS s (n, what, bytes)
               ORDER BY n"
    sql <<'SQL'
SELECT bench.target(format('%s, median ms', c.measure), percentile_cont(0.5) WITHIN GROUP (ORDER BY c.wall), '<=', 20)
  FROM bench.calls c JOIN bench.sides s USING (measure, side)
 WHERE c.side = 'ours' AND c.round > 0 GROUP BY c.measure, s.n ORDER BY s.n;
SQL
}
