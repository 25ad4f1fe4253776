# ranges: <@ in prepared queries, resolve(), latest_versions() beside what one would write by hand
# shellcheck shell=bash disable=SC2034  # bench/run reads default_rows
default_rows=5000000
packages() { :; }

RANGE='^1.4' LOWER=1.4.0 UPPER=2.0.0-0

# What latest_versions() returns, of a version v of model m in project p.
info="p.slug, m.model_name, v.semver, v.stage, v.status,
    ARRAY(SELECT a.alias FROM mlregistry.model_aliases a WHERE a.version_id = v.version_id ORDER BY a.alias),
    v.artifact_uri, v.artifact_size_bytes, v.checksum_sha256, v.framework, v.framework_version, v.model_format,
    v.description, v.registered_by, v.registered_at, v.version_id, v.model_id, v.project_id"
in_projects='mlregistry.models m JOIN mlregistry.projects p ON p.project_id = m.project_id'
live_models='m.is_active AND m.deleted_at IS NULL AND p.deleted_at IS NULL'
counts="v.deleted_at IS NULL AND v.status NOT IN ('deprecated', 'archived')"
release='NOT is_prerelease(v.semver)'
by_operator="v.semver <@ '$RANGE'"
# A range with no prerelease in it admits none: the bounds alone return others' rows.
by_bounds="v.semver >= '$LOWER' AND v.semver < '$UPPER' AND $release"

# The highest version of each model under a condition: highest CONDITION
highest() {
    echo "SELECT v.* FROM mlregistry.model_versions v WHERE v.model_id = m.model_id AND $counts AND $1 ORDER BY v.semver DESC LIMIT 1"
}

# The rows of latest_versions() by a LATERAL join: lateral CONDITION [ORDER]
lateral() {
    echo "SELECT $info FROM $in_projects CROSS JOIN LATERAL ($(highest "$1")) AS v WHERE $live_models ${2-ORDER BY p.slug, m.model_name}"
}

# A statement over all models: statement MEASURE SIDE
statement() {
    case "$1, $2" in
    'all versions in the range, ours') echo "SELECT v.version_id, v.semver FROM mlregistry.model_versions v WHERE v.deleted_at IS NULL AND $by_operator" ;;
    'all versions in the range, hand') echo "SELECT v.version_id, v.semver FROM mlregistry.model_versions v WHERE v.deleted_at IS NULL AND $by_bounds" ;;
    'highest in the range, LATERAL, ours') lateral "$by_operator" ;;
    'highest in the range, LATERAL, hand') lateral "$by_bounds" ;;
    'latest_versions(range), ours') echo "SELECT * FROM mlregistry.latest_versions('$RANGE')" ;;
    'latest_versions(range), hand') lateral "$by_bounds" ;;
    'latest_versions(), ours') echo 'SELECT * FROM mlregistry.latest_versions()' ;;
    'latest_versions(), hand') lateral "$release" ;;
    'latest_versions(), hand-unordered') lateral "$release" '' ;;
    # Prereleases where a model has no release, as latest_versions() does.
    'latest_versions(), hand-fallback')
        echo "SELECT $info FROM $in_projects CROSS JOIN LATERAL (($(highest "$release")) UNION ALL ($(highest true)) LIMIT 1) AS v
               WHERE $live_models ORDER BY p.slug, m.model_name"
        ;;
    # The columns of one row per model only.
    'latest_versions(), distinct-on')
        echo "SELECT $info FROM (SELECT DISTINCT ON (v.model_id) v.* FROM mlregistry.model_versions v WHERE $counts AND $release
                                  ORDER BY v.model_id, v.semver DESC) AS v
                JOIN $in_projects ON m.model_id = v.model_id WHERE $live_models"
        ;;
    *) die "no statement for $1, $2" ;;
    esac
}

sides() {
    case $1 in
    'latest_versions()') echo ours hand hand-fallback hand-unordered distinct-on ;;
    *) echo ours hand ;;
    esac
}

set_measures=('all versions in the range' 'highest in the range, LATERAL' 'latest_versions(range)' 'latest_versions()')

check_sets() {
    local measure side
    for measure in "${set_measures[@]}"; do
        for side in $(sides "$measure"); do
            [ "$side" = ours ] ||
                echo "SELECT format('same rows: %s, %s, %s: %s', '$1', '$measure', '$side',
                                    bench.same(\$\$$(statement "$measure" ours)\$\$, \$\$$(statement "$measure" "$side")\$\$));"
        done
    done
    # The prepared queries, for all models at once.
    echo "SELECT format('same rows: %s, prepared query: %s', '$1', bench.same(
        \$\$SELECT v.* FROM mlregistry.models m, LATERAL ($(one_version "$by_operator" m.model_id)) AS v\$\$,
        \$\$SELECT v.* FROM mlregistry.models m, LATERAL ($(one_version "$by_bounds" m.model_id)) AS v\$\$));"
}

# OFFSET: all rows are made, none leaves the server.
set_round() {
    local set=$1 round=$2 models=$3 measure side times
    for measure in "${set_measures[@]}"; do
        # shellcheck disable=SC2046
        for side in $(in_turn "$round" $(sides "$measure")); do
            times=1
            [[ $models -gt 10000 || $side = distinct-on || $measure = all* ]] || times=20
            echo "SELECT bench.measure('$set: $measure', '$side', $round, \$\$$(statement "$measure" "$side") OFFSET 1000000000\$\$, $times);"
        done
    done
}

# One version of a model: one_version CONDITION MODEL
one_version() {
    echo "SELECT v.version_id, v.semver, v.artifact_uri FROM mlregistry.model_versions v
           WHERE v.model_id = $2 AND $1 AND v.deleted_at IS NULL ORDER BY v.semver DESC LIMIT 1"
}

# `bounds`: without the prerelease rule, so that some models get another row; the floor.
prepared_round() {
    local set=$1 round=$2 models=$3 plan side condition
    for plan in generic custom; do
        for side in $(in_turn "$round" ours hand bounds); do
            case $side in
            ours) condition='v.semver <@ :range' ;;
            hand) condition="v.semver >= :lower AND v.semver < :upper AND $release" ;;
            bounds) condition='v.semver >= :lower AND v.semver < :upper' ;;
            esac
            PGOPTIONS="$PGOPTIONS -c plan_cache_mode=force_${plan}_plan" clocked "$set: prepared query, $plan plan" "$side" "$round" 1 3 \
                "\\set m random(1, $models)
                $(one_version "$condition" "lpad(:m::text, 32, '0')::uuid" | tr '\n' ' ');" \
                -D "range=$RANGE" -D "lower=$LOWER" -D "upper=$UPPER"
        done
    done
}

resolve_round() {
    local set=$1 round=$2 models=$3 selector
    for selector in "$RANGE" 1.4.1 champion latest; do
        clocked "$set: resolve, $selector" ours "$round" 2 3 "\\set m random(1, $models)
            SELECT * FROM mlregistry.resolve('model-' || :m || '@$selector');"
    done
}

data_set() {
    local models=$1 versions=$2 set round
    set="$1 x $2"
    say "filling $(grouped "$models") models with $(grouped "$versions") versions each"
    sql -c "CALL bench.fill($models, $versions)"
    sql -c 'VACUUM ANALYZE'
    say 'do both sides return the same'
    check_sets "$set" | sql
    for ((round = 0; round <= ROUNDS; round++)); do
        say "$set, round $round of $ROUNDS"
        set_round "$set" "$round" "$models" | sql >/dev/null
        prepared_round "$set" "$round" "$models"
        resolve_round "$set" "$round" "$models"
    done
}

targets() {
    local set=$1 times=$2 plan measure
    for plan in generic custom; do
        echo "SELECT bench.target('$set: <@ in a prepared query, $plan plan, calls per CPU second, ours/hand',
            (SELECT ratio FROM bench.ratios('$set: prepared query, $plan plan', 'hand', 'ours')), '>=', 0.9);"
    done
    echo "SELECT bench.target('$set: resolve(''model@$RANGE'') per second with 2 clients',
        (SELECT 2000 / percentile_cont(0.5) WITHIN GROUP (ORDER BY wall) FROM bench.times WHERE measure = '$set: resolve, $RANGE' AND round > 0), '>=', 10000);"
    for measure in 'all versions in the range' 'highest in the range, LATERAL' 'latest_versions(range)'; do
        echo "SELECT bench.target('$set: $measure, time ours/hand', (SELECT ratio FROM bench.ratios('$set: $measure', 'ours', 'hand')), '<=', 1.1);"
    done
    echo "SELECT bench.target('$set: latest_versions(), time ours/LATERAL', (SELECT ratio FROM bench.ratios('$set: latest_versions()', 'ours', 'hand')), '<=', 1);"
    echo "SELECT bench.target('$set: latest_versions(), time DISTINCT ON/ours',
        (SELECT ratio FROM bench.ratios('$set: latest_versions()', 'distinct-on', 'ours')), '>=', $times);"
}

bench() {
    [[ $((ROWS % 5000)) -eq 0 && $ROWS -ge 100000 ]] || die 'resolve needs a multiple of 5000, 100000 at least'
    # Filling writes no WAL then.
    sql -c "ALTER SYSTEM SET wal_level = minimal" -c "ALTER SYSTEM SET max_wal_senders = 0"
    as_user "$PGBIN/pg_ctl" -D "$WORK/data" -l "$WORK/server.log" -w -m fast restart >/dev/null
    sql -f "$BENCH/resolve.sql"
    local many="$((ROWS / 50)) x 50" deep="$((ROWS / 5000)) x 5000"
    data_set $((ROWS / 50)) 50
    data_set $((ROWS / 5000)) 5000

    echo
    machine
    table -c "SELECT * FROM bench.report('hand') WHERE measure NOT LIKE '%: resolve,%'"
    table -c "SELECT measure AS \"call\", \"wall ms\" AS \"ms per call\", round(2000 / \"wall ms\") AS \"calls per second, 2 clients\",
                     \"CPU ms\" AS \"server CPU ms per call\"
                FROM bench.report() WHERE measure LIKE '%: resolve,%'"
    { targets "$many" 7 && targets "$deep" 200; } | sql
}
