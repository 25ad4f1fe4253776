# type semver beside Debian's semver, text COLLATE "C" and a packed int8
# shellcheck shell=bash disable=SC2034  # bench/run reads default_rows
default_rows=5000000
packages() { echo "postgresql-$PGMAJOR-semver"; }

# One round of the measures that a single statement makes.
semver_round() {
    local round=$1 side
    echo 'SET enable_sort = on;'
    for side in $(in_turn "$round" ours peer text int8); do
        echo "SELECT bench.measure('scan', '$side', $round, 'SELECT v FROM bench.$side OFFSET 1000000000');"
    done
    # Counting a cast runs it: count() wants to know whether the result is NULL.
    for side in $(in_turn "$round" ours peer scan); do
        echo "SELECT bench.measure('cast from text', '$side', $round, 'SELECT count($(
            case $side in
            ours) echo 'v::mlregistry.semver' ;;
            peer) echo 'v::peer.semver' ;;
            scan) echo 'v' ;;
            esac
        )) FROM bench.text');"
    done
    for side in $(in_turn "$round" ours peer text int8); do
        echo "SELECT bench.measure('sort', '$side', $round, 'SELECT v FROM bench.$side ORDER BY v OFFSET 1000000000');"
    done
    for side in $(in_turn "$round" ours peer text int8); do
        echo "SELECT bench.measure('index build', '$side', $round, 'CREATE INDEX built ON bench.$side (v)');"
        [ "$round" -gt 0 ] ||
            echo "INSERT INTO bench.bytes VALUES ('$side', pg_relation_size('bench.$side'), pg_relation_size('bench.built'));"
        echo 'DROP INDEX bench.built;'
    done
    echo 'SET enable_sort = off;'
    for side in $(in_turn "$round" ours text int8); do
        echo "SELECT bench.measure('group by', '$side', $round, 'SELECT count(*) FROM (SELECT v FROM bench.$side GROUP BY v) AS g');"
    done
    for side in $(in_turn "$round" ours peer text); do
        echo "SELECT bench.measure('group by, 1 in 50', '$side', $round, 'SELECT count(*) FROM (SELECT v FROM bench.few_$side GROUP BY v) AS g');"
    done
    for side in $(in_turn "$round" ours peer text); do
        echo "SELECT bench.measure('binary COPY out', '$side', $round, 'COPY bench.$side TO ''/dev/null'' (FORMAT binary)');"
    done
    for side in $(in_turn "$round" ours peer text); do
        echo "SELECT bench.measure('binary COPY in', '$side', $round, 'COPY bench.in_$side FROM ''$WORK/$side.bin'' (FORMAT binary)');"
        echo "TRUNCATE bench.in_$side;"
    done
}

# What clients do: lookups through an index, two at a time.
semver_lookups() {
    local round=$1 side
    for side in $(in_turn "$round" ours peer text); do
        clocked 'index lookup' "$side" "$round" 2 3 "\\set id random(1, 10000)
            SELECT v FROM bench.$side WHERE v = (SELECT $side FROM bench.sample WHERE id = :id) LIMIT 1;"
    done
    for side in $(in_turn "$round" ours peer text); do
        clocked 'index range of 1,000' "$side" "$round" 2 3 "\\set id random(1, 10000)
            SELECT count(*) FROM (SELECT v FROM bench.$side WHERE v >= (SELECT $side FROM bench.sample WHERE id = :id)
                                   ORDER BY v LIMIT 1000) AS r;"
    done
}

bench() {
    local round side
    say "generating $(grouped "$ROWS") versions"
    sql -v rows="$ROWS" -f "$BENCH/semver.sql"
    for side in ours peer text; do sql -c "COPY bench.$side TO '$WORK/$side.bin' (FORMAT binary)"; done
    for ((round = 0; round <= ROUNDS; round++)); do
        say "round $round of $ROUNDS"
        semver_round "$round" | sql >/dev/null
    done
    say 'lookups'
    for side in ours peer text; do sql -c "CREATE INDEX ON bench.$side (v)"; done
    sql -c 'VACUUM ANALYZE'
    for ((round = 0; round <= ROUNDS; round++)); do semver_lookups "$round"; done
    say 'GROUP BY of the peer, all rows, at most 90 s'
    local group_of_peer
    group_of_peer=$(PGOPTIONS='-c statement_timeout=90s -c enable_sort=off -c enable_indexscan=off -c enable_indexonlyscan=off' sql \
        -c '\timing on' -c 'SELECT count(*) FROM (SELECT v FROM bench.peer GROUP BY v) AS g' 2>&1 | sed -n 's/^Time: *//p') || true

    echo
    machine
    table -c "SELECT count(*) AS versions, count(DISTINCT v) AS spellings, (SELECT count(DISTINCT v) FROM bench.ours) AS \"by precedence\",
                     round(100.0 * count(*) FILTER (WHERE v ~ '^[0-9.]+-') / count(*), 1) AS \"% prereleases\",
                     round(100.0 * count(*) FILTER (WHERE v ~ '[+]') / count(*), 1) AS \"% with build\",
                     round(avg(length(v)), 1) AS \"characters\" FROM bench.text"
    sql -c "SELECT bench.subtract('parse (cast - scan)', 'cast from text', 'cast from text', 'scan'),
                   bench.subtract('sort - scan', 'sort', 'scan')" >/dev/null
    sql -c "DELETE FROM bench.times WHERE measure LIKE 'parse%' AND side = 'scan'"
    table -c 'SELECT * FROM bench.report()'
    echo "GROUP BY of the peer over all rows: ${group_of_peer:-unknown} (given up at 90 s)"
    echo
    table -c "SELECT b.side, b.heap, b.index, b.heap + b.index AS sum,
                     round(b.heap::numeric / o.heap, 2) AS \"heap of ours\", round(b.index::numeric / o.index, 2) AS \"index of ours\",
                     round((b.heap + b.index)::numeric / (o.heap + o.index), 2) AS \"sum of ours\"
                FROM bench.bytes b, bench.bytes o WHERE o.side = 'ours' ORDER BY b.side <> 'ours', b.side"
    sql <<'SQL'
SELECT bench.target('parse, peer/ours', (SELECT ratio FROM bench.ratios('parse (cast - scan)', 'peer', 'ours')), '>=', 2);
SELECT bench.target('sort, peer/ours', (SELECT ratio FROM bench.ratios('sort', 'peer', 'ours')), '>=', 1.9);
SELECT bench.target('index build, peer/ours', (SELECT ratio FROM bench.ratios('index build', 'peer', 'ours')), '>=', 2);
SELECT bench.target('bytes of table and index, ours/peer', (SELECT (o.heap + o.index)::float8 / (p.heap + p.index)
                      FROM bench.bytes o, bench.bytes p WHERE o.side = 'ours' AND p.side = 'peer'), '<=', 0.7);
SELECT bench.target('group by, ours/text', (SELECT ratio FROM bench.ratios('group by', 'ours', 'text')), '<=', 1.3);
SQL
}
