# the rules of versions: what states, immutability, histories and the trail add to an UPDATE; reading a moment of ten years
# shellcheck shell=bash disable=SC2034  # bench/run reads default_rows
default_rows=20000
packages() { :; }

# Each side has the triggers of those before it, too. Foreign keys, CHECKs and indexes are everywhere.
sides=(plain rules history everything)

# Versions move, and versions that go on as they are.
move="UPDATE mlregistry.model_versions SET status = 'deprecated', deprecated_at = now(), deprecation_reason = 'Trained on data that were withdrawn'"
describe="UPDATE mlregistry.model_versions SET release_notes = 'Trained once more'"

bulk_round() {
    local round=$1 side
    for side in $(in_turn "$round" "${sides[@]}"); do
        echo "SELECT bench.use_triggers('$side');
              SELECT bench.refill();
              CHECKPOINT;
              SELECT bench.measure('a move', '$side', $round, \$\$$move\$\$);
              SELECT bench.refill();
              CHECKPOINT;
              SELECT bench.measure('no move', '$side', $round, \$\$$describe\$\$);"
    done
}

# One version at a time, in a transaction each, by two clients.
single_round() {
    local round=$1 side
    for side in $(in_turn "$round" "${sides[@]}"); do
        sql -c "SELECT bench.use_triggers('$side')" -c 'SELECT bench.refill()' -c CHECKPOINT >/dev/null
        clocked 'a move, committed' "$side" "$round" 2 3 "\\set n random(1, $ROWS)
            UPDATE mlregistry.model_versions SET status = CASE status WHEN 'validated' THEN 'deprecated' ELSE 'validated' END, deprecated_at = CASE status WHEN 'validated' THEN now() END WHERE version_id = bench.version(:n);"
    done
}

# What there is today, as registry_at() tells it of a moment: live deployments, aliases and versions in staging and production, by name.
today="SELECT 'deployment' AS kind, p.slug, m.model_name, v.semver::text, d.deployment_name AS name, e.environment_name, d.status, d.traffic_percentage, d.replicas, d.deployed_at, d.deployed_by
         FROM mlregistry.deployments d JOIN mlregistry.environments e USING (environment_id) JOIN mlregistry.model_versions v ON v.version_id = d.version_id
         JOIN mlregistry.models m ON m.model_id = d.model_id JOIN mlregistry.projects p ON p.project_id = d.project_id
        WHERE d.status IN ('active', 'degraded') AND d.deleted_at IS NULL AND p.organization_id = mlregistry.current_organization_id()
       UNION ALL
       SELECT 'alias', p.slug, m.model_name, v.semver::text, a.alias, NULL, NULL, NULL, NULL, a.set_at, a.set_by
         FROM mlregistry.model_aliases a JOIN mlregistry.model_versions v USING (version_id) JOIN mlregistry.models m ON m.model_id = a.model_id JOIN mlregistry.projects p ON p.project_id = a.project_id
        WHERE p.organization_id = mlregistry.current_organization_id()
       UNION ALL
       SELECT 'stage', p.slug, m.model_name, v.semver::text, v.stage, NULL, NULL, NULL, NULL, v.registered_at, v.registered_by
         FROM mlregistry.model_versions v JOIN mlregistry.models m USING (model_id) JOIN mlregistry.projects p ON p.project_id = v.project_id
        WHERE v.stage IN ('staging', 'production') AND v.deleted_at IS NULL AND p.organization_id = mlregistry.current_organization_id()
        ORDER BY 2, 3, 1, 5"
past="SELECT * FROM mlregistry.registry_at(bench.moment())"

read_round() {
    local round=$1 side
    for side in $(in_turn "$round" past today); do
        case $side in
        past) echo "SELECT bench.measure('registry', 'past', $round, \$\$$past\$\$, 10);" ;;
        today) echo "SELECT bench.measure('registry', 'today', $round, \$\$$today\$\$, 10);" ;;
        esac
    done
}

bench() {
    local round ratio
    say "preparing $(grouped "$ROWS") versions"
    sql -v rows="$ROWS" -f "$BENCH/lifecycle.sql" >/dev/null
    for ((round = 0; round <= ROUNDS; round++)); do
        say "writing, round $round of $ROUNDS"
        bulk_round "$round" | sql >/dev/null
        single_round "$round"
    done
    say 'ten years'
    sql -c 'SELECT bench.use_triggers($$everything$$)' -c 'CALL bench.ten_years()' -c 'VACUUM ANALYZE' -c CHECKPOINT >/dev/null
    for ((round = 0; round <= ROUNDS; round++)); do
        read_round "$round" | sql >/dev/null
    done

    echo
    machine
    table -c "SELECT * FROM bench.report('plain') WHERE measure <> 'registry'"
    table -c "SELECT * FROM bench.report('today') WHERE measure = 'registry'"
    sql -c "SELECT format('changes in the histories: %s; rows of today: %s, of the moment: %s', (SELECT count(*) FROM mlregistry.deployment_history) + (SELECT count(*) FROM mlregistry.alias_history)
               + (SELECT count(*) FROM mlregistry.stage_history), (SELECT count(*) FROM ($today) AS t), (SELECT count(*) FROM ($past) AS t))"
    echo
    ratio() { echo "(SELECT ratio FROM bench.ratios('$1', '$2', '$3'))"; }
    sql <<SQL
SELECT bench.target('states and immutability, a move/plain', $(ratio 'a move' rules plain), '<=', 1.1);
SELECT bench.target('states and immutability, no move/plain', $(ratio 'no move' rules plain), '<=', 1.1);
SELECT bench.target('with histories, a move/plain', $(ratio 'a move' history plain), '<=', 1.6);
SELECT bench.target('everything, a move/plain', $(ratio 'a move' everything plain), '<=', 2.5);
SELECT bench.target('everything, no move/plain', $(ratio 'no move' everything plain), '<=', 2.5);
SELECT bench.target('everything, a move committed/plain', $(ratio 'a move, committed' everything plain), '<=', 2.5);
SELECT bench.target('registry_at(), a moment of ten years/today', $(ratio 'registry' past today), '<=', 5);
SQL
}
