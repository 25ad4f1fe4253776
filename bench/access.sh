# row security: look-ups as a user who may read some projects beside the same look-ups without, and beside policies one would write
# shellcheck shell=bash disable=SC2034  # bench/run reads default_rows
default_rows=500000
packages() { :; }

key='mlr_bench-bench-bench-bench-bench-bench-bench-1'
columns='v.version_id, v.semver, v.artifact_uri, v.status, v.stage'

# The role of a side, and the table that it reads: the alternatives have a copy with policies of their own.
role_of() {
    case $1 in
    ours) echo bench_user ;;
    none) echo bench_bypass ;;
    exists) echo bench_exists ;;
    function) echo bench_function ;;
    authenticated) echo bench_app ;;
    esac
}
table_of() {
    case $1 in
    exists | function) echo bench.versions ;;
    *) echo mlregistry.model_versions ;;
    esac
}

# pgbench as a side: on_side MEASURE SIDE ROUND SCRIPT [OPTION…]
on_side() { clocked "$1" "$2" "$3" 1 3 "$4" -U "$(role_of "$2")" "${@:5}"; }

# A random identifier, as :i; those that the user may read come first.
identifier='lpad(:i::text, 32, '"'0'"')::uuid'

access_round() {
    local round=$1 versions=$2 side
    local models=$((versions / 50)) per_project=$((ROWS / 50 / 20))
    local some="\\set s random(1, 100)
        " one="\\set i random(1, $versions)
        " by_keys="v.version_id = ANY ((SELECT k.keys FROM bench.key_sets k WHERE k.n = :s)::uuid[])"
    local lookup
    for side in $(in_turn "$round" ours none exists function); do
        # Read, and counted in the server: the rows' way to the client would hide what row security costs.
        on_side '1,000 keys' "$side" "$round" "${some}SELECT count(v.artifact_uri) FROM $(table_of "$side") v WHERE $by_keys;"
    done
    for side in $(in_turn "$round" ours none); do
        on_side '1,000 keys, rows to the client' "$side" "$round" "${some}SELECT $columns FROM $(table_of "$side") v WHERE $by_keys;"
    done
    for side in $(in_turn "$round" ours none exists function); do
        lookup="SELECT $columns FROM $(table_of "$side") v WHERE v.version_id = $identifier;"
        on_side 'one key, prepared' "$side" "$round" "$one$lookup"
    done
    for side in $(in_turn "$round" ours none); do
        lookup="SELECT $columns FROM $(table_of "$side") v WHERE v.version_id = $identifier;"
        on_side 'one key, simple' "$side" "$round" "$one$lookup" -M simple
    done
    for side in $(in_turn "$round" ours none); do
        on_side 'model by name' "$side" "$round" "\\set i random(1, $models)
            \\set p 1 + (:i - 1) / $per_project
            SELECT m.model_id FROM mlregistry.models m
             WHERE m.organization_id = '00000000-0000-8000-8000-000000000001' AND m.project_id = lpad(:p::text, 32, '0')::uuid
               AND m.model_name = 'model-' || :i AND m.deleted_at IS NULL;"
    done
    for side in $(in_turn "$round" ours none exists function); do
        on_side 'model_id and semver' "$side" "$round" "\\set i random(1, $models)
            \\set major random(1, 5)
            \\set minor random(0, 9)
            SELECT $columns FROM $(table_of "$side") v WHERE v.model_id = $identifier AND v.semver = concat(:major::text, '.', :minor::text, '.0')::mlregistry.semver;"
    done
    # One transaction: who is acting, then one look-up. The others say something as short instead.
    lookup="SELECT $columns FROM mlregistry.model_versions v WHERE v.version_id = $identifier;
            COMMIT;"
    for side in $(in_turn "$round" authenticated ours none); do
        if [ "$side" = authenticated ]; then
            on_side 'transaction of one look-up' "$side" "$round" "${one}BEGIN;
            SELECT mlregistry.authenticate(:key);
            $lookup" -D "key=$key"
        else
            on_side 'transaction of one look-up' "$side" "$round" "${one}BEGIN;
            SELECT lower(:key::text);
            $lookup" -D "key=$key"
        fi
    done
}

# All sides return what they should, and the plans are the same.
check_sides() {
    local versions=$1 side wanted rows
    for side in ours none exists function; do
        rows=$(sql -U "$(role_of "$side")" -c "SELECT count(*) FROM bench.key_sets k JOIN $(table_of "$side") v ON v.version_id = ANY (k.keys)
                                               UNION ALL SELECT count(*) FROM $(table_of "$side")" | xargs)
        wanted=$versions
        [ "$side" != none ] || wanted=$ROWS
        echo "rows of all sets of keys, and of the table, $side: $rows"
        [ "$rows" = "100000 $wanted" ] || die "$side sees $rows rows, not 100000 $wanted"
    done
    for side in ours none; do
        echo "plan of 1,000 keys, $side:"
        sql -U "$(role_of "$side")" -c "EXPLAIN (COSTS OFF) SELECT count(v.artifact_uri) FROM mlregistry.model_versions v
            WHERE v.version_id = ANY ((SELECT k.keys FROM bench.key_sets k WHERE k.n = 1)::uuid[])"
    done
}

bench() {
    [[ $((ROWS % 1000)) -eq 0 && $ROWS -ge 10000 ]] || die 'access needs a multiple of 1000, 10000 at least'
    export PGDATABASE=postgres # for sessions of other roles
    # Of 20 projects with as many versions each the user may read the first eight.
    local round versions=$((ROWS * 8 / 20)) checked
    say "preparing $(grouped "$ROWS") versions"
    sql -v versions="$ROWS" -v key="$key" -f "$BENCH/access.sql"
    checked=$(check_sides "$versions")
    for ((round = 0; round <= ROUNDS; round++)); do
        say "round $round of $ROUNDS"
        access_round "$round" "$versions"
    done

    echo
    machine
    echo
    echo "$checked"
    echo
    table -c "SELECT * FROM bench.report('none')"
    sql <<'SQL'
SELECT bench.target('1,000 keys by = ANY, rate with row security/without', (SELECT ratio FROM bench.ratios('1,000 keys', 'none', 'ours')), '>=', 0.7);
SELECT bench.target('one key, pgbench -M prepared, rate with row security/without', (SELECT ratio FROM bench.ratios('one key, prepared', 'none', 'ours')), '>=', 0.8);
SQL
}
