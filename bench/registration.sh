# inserting versions beside the bare table, register_version() and resolve()
# shellcheck shell=bash disable=SC2034  # bench/run reads default_rows
default_rows=100000
packages() { :; }

insert_columns='model_id, semver, artifact_uri, artifact_size_bytes, checksum_sha256, framework, framework_version, model_format, description, git_commit, git_branch, performance_metrics, custom_metadata'

# The INSERT into $1; $2: explicit or model (the model's framework), $3: the table of new rows.
insert_into() {
    local columns=$insert_columns
    [ "$2" = explicit ] || columns=${columns/ framework,/}
    echo "INSERT INTO $1 ($columns) SELECT $columns FROM $3 ORDER BY n"
}

# Interleaved inserts into the empty tables. Sides: ours; bare (columns, CHECKs, defaults, indexes); the bare table with
# our foreign keys; with our triggers. A bare table cannot ask the model for its framework, so it is always told.
registration_round() {
    local round=$1 side target
    for side in $(in_turn "$round" ours ours-framework ours-shuffled bare bare-shuffled bare+fk bare+triggers); do
        case $side in
        ours) target=$(insert_into mlregistry.model_versions explicit bench.new_rows) ;;
        ours-framework) target=$(insert_into mlregistry.model_versions model bench.new_rows) ;;
        ours-shuffled) target=$(insert_into mlregistry.model_versions explicit bench.shuffled_rows) ;;
        bare) target=$(insert_into bench.bare explicit bench.new_rows) ;;
        bare-shuffled) target=$(insert_into bench.bare explicit bench.shuffled_rows) ;;
        bare+fk) target=$(insert_into bench.bare_fk explicit bench.new_rows) ;;
        bare+triggers) target=$(insert_into bench.bare_triggers explicit bench.new_rows) ;;
        esac
        echo 'TRUNCATE mlregistry.model_versions, bench.bare, bench.bare_fk, bench.bare_triggers CASCADE;'
        echo 'CHECKPOINT;'
        # The foreign keys are looked at when the statement ends, inside the measured time.
        echo "SELECT bench.measure('insert', '$side', $round, \$\$$target\$\$);"
    done
}

where_it_goes() {
    echo 'Where the time of one INSERT … SELECT of ours goes (EXPLAIN ANALYZE, framework left to the model):'
    sql -c 'TRUNCATE mlregistry.model_versions CASCADE' \
        -c "EXPLAIN (ANALYZE, COSTS OFF) $(insert_into mlregistry.model_versions model bench.new_rows)" |
        sed -n 's/^/    /; /Trigger\|Insert on\|Time/p'
}

registration_calls() {
    local round=$1 clients kind
    for clients in 1 4; do
        # Numbers of nine digits: nothing is registered twice.
        clocked "register_version, exact, $clients" ours "$round" "$clients" 3 "\\set m random(1, 1000)
            \\set patch random(100000000, 999999999)
            SELECT version_id FROM mlregistry.register_version('model-' || :m, ('9.' || :client_id || '.' || :patch)::mlregistry.semver,
                's3://models/{version}/model.onnx', framework => 'pytorch');"
        clocked "register_version, bump, $clients" ours "$round" "$clients" 3 "\\set m random(1, 1000)
            SELECT version_id FROM mlregistry.register_version('model-' || :m, artifact_uri => 's3://models/{version}/model.onnx',
                bump => 'patch', framework => 'pytorch');"
    done
}

resolve_calls() {
    local round=$1 kind
    for kind in 0.1.2 champion latest; do
        clocked "resolve, $kind, 2" ours "$round" 2 3 "\\set m random(1, 1000)
            SELECT * FROM mlregistry.resolve('model-' || :m || '@$kind');"
    done
}

bench() {
    local round
    # Every model gets as many versions, and all of them a 0.1.2.
    [[ $((ROWS % 1000)) -eq 0 && $ROWS -ge 10000 ]] || die 'registration needs a multiple of 1000, 10000 at least'
    say "preparing $(grouped "$ROWS") versions of 1,000 models"
    sql -v rows="$ROWS" -f "$BENCH/registration.sql"
    for ((round = 0; round <= ROUNDS; round++)); do
        say "round $round of $ROUNDS"
        registration_round "$round" | sql >/dev/null
    done
    local goes
    goes=$(where_it_goes)
    say 'register_version() and resolve()'
    sql -c 'TRUNCATE mlregistry.model_versions CASCADE' -c "$(insert_into mlregistry.model_versions explicit bench.new_rows)" \
        -c "INSERT INTO mlregistry.model_aliases (model_id, alias, version_id)
            SELECT model_id, 'champion', version_id FROM mlregistry.model_versions WHERE semver = '0.1.2'" \
        -c 'VACUUM ANALYZE'
    # Reads first: registering adds versions.
    for ((round = 0; round <= ROUNDS; round++)); do resolve_calls "$round"; done
    for ((round = 0; round <= ROUNDS; round++)); do registration_calls "$round"; done

    echo
    machine
    table -c "SELECT * FROM bench.report('bare') WHERE measure = 'insert'"
    echo "$goes"
    echo
    table -c "SELECT measure AS \"call, clients\", wall_ms AS \"ms per call\", round(clients * 1000 / wall_ms) AS \"calls per second\"
                FROM (SELECT measure, \"wall ms\" AS wall_ms, substring(measure FROM '[0-9]+\$')::int AS clients
                        FROM bench.report() WHERE measure <> 'insert') AS c"
    sql <<'SQL'
SELECT bench.target('registration rate, ours/bare', (SELECT ratio FROM bench.ratios('insert', 'bare', 'ours')), '>=', 0.5);
SELECT bench.target('registration rate with the model''s framework, ours/bare',
                    (SELECT ratio FROM bench.ratios('insert', 'bare', 'ours-framework')), '>=', 0.5);
SQL
}
