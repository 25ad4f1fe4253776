# the audit trail: what it adds to writing, beside logs of PL/pgSQL row triggers and beside no log; its size; reading it
# shellcheck shell=bash disable=SC2034  # bench/run reads default_rows
default_rows=20000
packages() { :; }

model_columns='model_name, display_name, description, framework, risk_level, primary_contact, business_unit, metadata'
version_columns='model_id, semver, artifact_uri, artifact_size_bytes, checksum_sha256, git_commit, git_branch, framework, framework_version, model_format, description, performance_metrics'
insert_models="INSERT INTO mlregistry.models ($model_columns) SELECT $model_columns FROM bench.new_models ORDER BY n"
# Other people take over: two columns.
update_models="UPDATE mlregistry.models SET primary_contact = 'marie.curie@example.com', business_unit = 'research'"
insert_versions="INSERT INTO mlregistry.model_versions ($version_columns)
    SELECT $version_columns FROM bench.new_versions JOIN bench.some_models USING (of_model) ORDER BY n"
update_versions="UPDATE mlregistry.model_versions SET status = 'deprecated', deprecated_at = now(), deprecation_reason = 'Trained on data that were withdrawn'"

# Interleaved statements of $ROWS rows: bulk_round ROUND models|versions SIDE…. Every side updates the rows it has just inserted.
bulk_round() {
    local round=$1 kind=$2 side insert update table
    case $kind in
    models) insert=$insert_models update=$update_models table=models ;;
    versions) insert=$insert_versions update=$update_versions table=model_versions ;;
    esac
    for side in $(in_turn "$round" "${@:3}"); do
        echo "SELECT bench.log_into('none');
              TRUNCATE mlregistry.$table CASCADE;
              SELECT bench.empty_logs(), bench.log_into('$side');
              CHECKPOINT;
              SELECT bench.measure('$kind, INSERT', '$side', $round, \$\$$insert\$\$);
              SELECT bench.weigh('$kind, INSERT', '$side', $round, $ROWS) WHERE '$side' <> 'none';
              SELECT bench.empty_logs();
              CHECKPOINT;
              SELECT bench.measure('$kind, UPDATE', '$side', $round, \$\$$update\$\$);
              SELECT bench.weigh('$kind, UPDATE', '$side', $round, $ROWS) WHERE '$side' <> 'none';"
    done
}

# The models that versions are registered of.
some_models() {
    sql <<SQL
SELECT bench.log_into('none');
TRUNCATE mlregistry.models CASCADE;
WITH made AS (
    INSERT INTO mlregistry.models ($model_columns) SELECT $model_columns FROM bench.new_models WHERE n <= 1000 ORDER BY n
    RETURNING model_id, model_name)
INSERT INTO bench.some_models SELECT n.n, m.model_id FROM made m JOIN bench.new_models n USING (model_name);
ANALYZE bench.some_models;
SQL
}

# Eight thousand models whose identifiers pgbench can compute, with all indexes.
prepare_commits() {
    sql <<SQL
SELECT bench.log_into('none');
TRUNCATE mlregistry.models CASCADE;
INSERT INTO mlregistry.models (model_id, $model_columns) SELECT bench.id(n), $model_columns FROM bench.new_models WHERE n <= 8000;
SELECT bench.empty_logs();
SELECT definition FROM bench.dropped ORDER BY name \gexec
VACUUM ANALYZE;
SQL
}

# pgbench with eight writers as a side; every one has a thousand models of its own, so that no two want the same row.
new_model="\\set i random(1, 1000000000000)
    INSERT INTO mlregistry.models ($model_columns)
    VALUES ('fraud-detector-' || :client_id || '-' || :i, 'Fraud detector ' || :i, 'Scores card payments of customers in all regions from 120 features; retrained weekly.',
            'xgboost', 'high', 'ada@example.com', 'payments', '{\"owner_team\": \"fraud-ml\", \"retrain_days\": 7, \"features\": 120, \"online\": true}');"
one_column="\\set n :client_id * 1000 + random(1, 1000)
    \\set i random(1, 1000000000)
    UPDATE mlregistry.models SET primary_contact = 'person-' || :i || '@example.com' WHERE model_id = lpad(:n::text, 32, '0')::uuid;"
new_version="\\set n :client_id * 1000 + random(1, 1000)
    \\set i random(1, 1000000000)
    INSERT INTO mlregistry.model_versions (model_id, semver, artifact_uri, framework, model_format)
    VALUES (lpad(:n::text, 32, '0')::uuid, ('1.0.' || :i)::mlregistry.semver, 's3://models/fraud-detector/' || :i || '/model.onnx', 'xgboost', 'onnx');"

# With fsync, as servers run, and without, where nobody waits for a disk and only work counts.
commit_round() {
    local round=$1 side fsync
    for fsync in on off; do
        sql -c "ALTER SYSTEM SET fsync = $fsync" -c 'SELECT pg_reload_conf()' >/dev/null
        for side in $(in_turn "$round" "${@:2}"); do
            sql -c "SELECT bench.log_into('$side')" -c 'VACUUM mlregistry.models' -c CHECKPOINT >/dev/null
            clocked "commits, INSERT, fsync $fsync" "$side" "$round" 8 3 "$new_model" -j 2
            clocked "commits, UPDATE, fsync $fsync" "$side" "$round" 8 3 "$one_column" -j 2
        done
    done
}

# What sessions wait for while eight of them insert and update models and insert versions of one organization.
watch_waits() {
    local side
    for side in none ours; do
        sql -c "SELECT bench.log_into('$side')" >/dev/null
        "$PGBIN/pgbench" -n -M prepared -c 8 -j 2 -T 7 -f <(echo "$new_model") -f <(echo "$one_column") -f <(echo "$new_version") postgres >"$WORK/writers.log" 2>&1 &
        local writers=$!
        sleep 1
        sql -c "SELECT bench.watch('$side', 5)" >/dev/null
        wait "$writers" || die "pgbench failed: $(cat "$WORK/writers.log")"
    done
}

# One transaction has changed a model and not ended; another one changes others and commits. Prints 1 if it had to wait.
held_up() {
    local waited=0 i
    sql -c "SELECT bench.log_into('ours')" >/dev/null
    PGAPPNAME=bench_holder sql -c BEGIN -c "UPDATE mlregistry.models SET business_unit = 'held' WHERE model_id = bench.id(1)" \
        -c "INSERT INTO mlregistry.models (model_name) VALUES ('held')" -c 'SELECT pg_sleep(60)' >/dev/null 2>&1 &
    local holder=$!
    for ((i = 0; i < 100; i++)); do
        [ "$(sql -c "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'bench_holder' AND wait_event = 'PgSleep'")" = 0 ] || break
        sleep 0.1
    done
    [ "$i" -lt 100 ] || die 'the transaction that is to be open is not'
    sql -c "SET lock_timeout = '100ms'" -c "UPDATE mlregistry.models SET business_unit = 'free' WHERE model_id = bench.id(2)" \
        -c "INSERT INTO mlregistry.models (model_name) VALUES ('free')" \
        -c "INSERT INTO mlregistry.model_versions (model_id, semver, artifact_uri, framework) VALUES (bench.id(1), '1.0.0', 's3://models/free/1', 'xgboost')" \
        >&2 || waited=1
    [ "$(sql -c "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'bench_holder' AND wait_event = 'PgSleep'")" = 1 ] ||
        die 'the open transaction has ended too early'
    wait "$holder" || true
    echo "$waited"
}

# A log of 25 * $ROWS events, and the same ones by hand. Three people are at work in turn; 1,000 events are about one model.
fill_logs() {
    local pass person
    sql -f "$BENCH/audit-reading.sql"
    for ((pass = 1; pass <= 24; pass++)); do
        person=$(sed -n "$((1 + pass % 3))p" <<<$'ada\ngrace\nalan')
        sql -U "bench_$person" -d postgres <<SQL
UPDATE mlregistry.models SET business_unit = 'unit-$pass';
INSERT INTO mlregistry.model_versions (model_id, semver, artifact_uri, framework)
SELECT bench.id(1), format('1.$pass.%s', n)::mlregistry.semver, format('s3://models/fraud-detector/$pass-%s', n), 'xgboost' FROM generate_series(1, 20) AS n;
UPDATE mlregistry.model_versions SET status = 'deprecated', deprecated_at = now(), deprecation_reason = 'Replaced'
 WHERE model_id = bench.id(1) AND status <> 'deprecated';
SQL
    done
    for ((pass = 1; pass <= 15; pass++)); do
        sql -U bench_ada -d postgres -c "UPDATE mlregistry.models SET primary_contact = 'person-$pass@example.com' WHERE model_id = bench.id(1)"
    done
    sql -c 'VACUUM ANALYZE'
    sql -c "SELECT format('events: ours %s, lean+ %s; of the one model: ours %s, lean+ %s', (SELECT count(*) FROM mlregistry.audit_logs), (SELECT count(*) FROM bench.lean_more),
                          (SELECT count(*) FROM mlregistry.audit_logs WHERE subject_id = bench.id(1)),
                          (SELECT count(*) FROM bench.lean_more WHERE row_key = bench.id(1) OR row_key IN (SELECT version_id FROM mlregistry.model_versions WHERE model_id = bench.id(1))))"
}

# The same by hand from lean+, whose indexes answer this as well; by a developer who is subject to row security.
read_round() {
    local round=$1 side how_many
    local of_it="row_key = ANY (ARRAY(SELECT m.model_id FROM mlregistry.models m WHERE m.model_name = 'fraud-detector' AND m.deleted_at IS NULL
        UNION ALL SELECT v.version_id FROM mlregistry.models m JOIN mlregistry.model_versions v USING (model_id) WHERE m.model_name = 'fraud-detector' AND m.deleted_at IS NULL))"
    local end='ORDER BY l.logged_at DESC LIMIT'
    for side in $(in_turn "$round" "${@:2}"); do
        for how_many in 100 1000; do
            if [ "$side" = ours ]; then
                clocked "trail of a model, $how_many" ours "$round" 1 3 "SELECT * FROM mlregistry.audit_trail('fraud-detector', max_rows => $how_many);" -U bench_grace
            else
                clocked "trail of a model, $how_many" hand "$round" 1 3 "SELECT l.* FROM bench.lean_more l WHERE l.$of_it $end $how_many;" -U bench_grace
            fi
        done
        if [ "$side" = ours ]; then
            clocked 'recent activity, 100' ours "$round" 1 3 'SELECT * FROM mlregistry.recent_activity();' -U bench_grace
            clocked 'by actor, 100' ours "$round" 1 3 "SELECT * FROM mlregistry.audit_by_actor('alan@example.com');" -U bench_grace
        else
            clocked 'recent activity, 100' hand "$round" 1 3 "SELECT l.* FROM bench.lean_more l
                WHERE l.organization_id = (SELECT mlregistry.current_organization_id()) $end 100;" -U bench_grace
            clocked 'by actor, 100' hand "$round" 1 3 "SELECT l.* FROM bench.lean_more l WHERE l.actor = 'alan@example.com' $end 100;" -U bench_grace
        fi
    done
}

bench() {
    [[ $((ROWS % 1000)) -eq 0 && $ROWS -ge 10000 ]] || die 'audit needs a multiple of 1000, 10000 at least'
    local round waited filled kind operation
    say "preparing $(grouped "$ROWS") models and as many versions"
    sql -v rows="$ROWS" -f "$BENCH/audit.sql"
    for ((round = 0; round <= ROUNDS; round++)); do
        say "models, round $round of $ROUNDS"
        bulk_round "$round" models none ours lean lean+ supa-like | sql >/dev/null
    done
    some_models >/dev/null
    for ((round = 0; round <= ROUNDS; round++)); do
        say "versions, round $round of $ROUNDS"
        bulk_round "$round" versions none ours lean lean+ supa-like | sql >/dev/null
    done
    prepare_commits >/dev/null
    for ((round = 0; round <= ROUNDS; round++)); do
        say "commits by 8 writers, round $round of $ROUNDS"
        commit_round "$round" none ours lean supa-like
    done
    say 'lock waits'
    watch_waits
    waited=$(held_up)
    say "filling the log with $(grouped $((ROWS * 25))) events"
    filled=$(fill_logs)
    for ((round = 0; round <= ROUNDS; round++)); do
        say "reading, round $round of $ROUNDS"
        read_round "$round" hand ours
    done

    echo
    machine
    table -c "SELECT * FROM bench.added($ROWS)"
    table -c "SELECT measure AS \"8 writers\", side, round(8000 / \"wall ms\") AS \"commits per second\", (1 / \"by wall\")::numeric(8, 2) AS \"of none's\",
                     \"CPU ms\" AS \"CPU ms of one\", ratio AS \"CPU, ratio\" FROM bench.report('none') WHERE measure LIKE 'commits, %'"
    table -c 'SELECT * FROM bench.wait_report()'
    echo "an open transaction kept another one of its organization waiting: $([ "$waited" = 0 ] && echo no || echo yes)"
    echo
    echo "$filled"
    table -c "SELECT measure AS \"call, rows\", side, \"wall ms\" AS \"ms per call\", \"CPU ms\", ratio, lowest, highest
                FROM bench.report('hand') WHERE measure ~ ', [0-9]+\$'"
    for kind in models versions; do
        for operation in INSERT UPDATE; do
            sql <<SQL
SELECT bench.target('$operation of $kind, added time, ours/lean', bench.added_ratio('$kind, $operation', 'ours', 'lean'), '<=', 0.75);
SELECT bench.target('$operation of $kind, added time, ours/supa-like', bench.added_ratio('$kind, $operation', 'ours', 'supa-like'), '<=', 0.3);
SELECT bench.target('$operation of $kind, bytes, ours/lean', bench.bytes_ratio('$kind, $operation', 'ours', 'lean'), '<=', 0.5);
SELECT bench.target('$operation of $kind, bytes, ours/supa-like', bench.bytes_ratio('$kind, $operation', 'ours', 'supa-like'), '<=', 0.5);
SQL
        done
    done
    sql <<SQL
SELECT bench.target(format('%s of one row by 8 writers, fsync %s, rate audited/unaudited', o, f),
                    (SELECT by_wall FROM bench.ratios(format('commits, %s, fsync %s', o, f), 'none', 'ours')), '>=', 0.8)
  FROM unnest('{INSERT,UPDATE}'::text[]) AS o, unnest('{on,off}'::text[]) AS f;
SELECT bench.target('samples in which one transaction waits for another', (SELECT coalesce(sum(waits), 0)::float8 FROM bench.waits WHERE side = 'ours' AND kind = 'Lock' AND what NOT IN ('extend', 'page')), '<=', 0);
SELECT bench.target('transactions kept waiting by an open one', $waited, '<=', 0);
SQL
}
