# lineage of a million nodes and five million edges: closures, three levels, memory, what the edges cost their writers
# shellcheck shell=bash disable=SC2034  # bench/run reads default_rows
default_rows=1000000
packages() { :; }

organization='00000000-0000-8000-8000-000000000001'

# What a user would write: recursive SQL over the same table. Without depth UNION keeps each node once; with it, it keeps each node once
# for every length of a way to it.
nodes_only() { # START DIRECTION
    local near=parent far=child
    [ "$2" = downstream ] || near=child far=parent
    echo "WITH RECURSIVE reached (kind, id) AS (
              SELECT (bench.start('$1')).kind, (bench.start('$1')).id
              UNION SELECT e.${far}_kind, e.${far}_id FROM reached r
                      JOIN mlregistry.lineage_edges e ON e.organization_id = '$organization' AND e.${near}_kind = r.kind AND e.${near}_id = r.id AND e.valid_to = 'infinity')
          SELECT count(*) FROM reached"
}
with_depth() { # START DIRECTION LEVELS
    local near=parent far=child
    [ "$2" = downstream ] || near=child far=parent
    echo "WITH RECURSIVE reached (depth, kind, id) AS (
              SELECT 0, (bench.start('$1')).kind, (bench.start('$1')).id
              UNION SELECT r.depth + 1, e.${far}_kind, e.${far}_id FROM reached r
                      JOIN mlregistry.lineage_edges e ON e.organization_id = '$organization' AND e.${near}_kind = r.kind AND e.${near}_id = r.id AND e.valid_to = 'infinity'
                     WHERE r.depth < $3)
          SELECT count(*) FROM reached"
}
ours() { # START DIRECTION [LEVELS]
    echo "SELECT count(*), max(depth), count(from_id) FROM mlregistry.lineage_walk(ARRAY[(bench.start('$1')).kind], ARRAY[(bench.start('$1')).id], direction => '$2'${3:+, max_depth => $3}, max_nodes => NULL)"
}
ours_named() { # START DIRECTION LEVELS
    echo "SELECT count(name), count(from_name) FROM mlregistry.lineage_nodes(ARRAY[(bench.start('$1')).kind], ARRAY[(bench.start('$1')).id], direction => '$2', max_depth => $3)"
}
# The same names by joins, as one writes them who knows the kinds.
hand_named() { # START DIRECTION LEVELS
    local names
    names="SELECT CASE r.kind WHEN 'dataset' THEN 'dataset:' || d.dataset_name WHEN 'run' THEN 'run:' || t.run_id
                             WHEN 'version' THEN m.model_name || '@' || v.semver::text ELSE 'deployment:' || s.environment_name || '/' || y.deployment_name END AS name
             FROM (SELECT DISTINCT ON (kind, id) depth, kind, id FROM reached ORDER BY kind, id, depth) AS r
             LEFT JOIN mlregistry.datasets d ON r.kind = 'dataset' AND d.dataset_id = r.id
             LEFT JOIN mlregistry.training_runs t ON r.kind = 'run' AND t.run_id = r.id
             LEFT JOIN mlregistry.model_versions v ON r.kind = 'version' AND v.version_id = r.id LEFT JOIN mlregistry.models m ON m.model_id = v.model_id
             LEFT JOIN mlregistry.deployments y ON r.kind = 'deployment' AND y.deployment_id = r.id LEFT JOIN mlregistry.environments s ON s.environment_id = y.environment_id"
    with_depth "$@" | sed '$d'
    echo "SELECT count(name) FROM ($names) AS n"
}

side_of() { # MEASURE SIDE
    case $1:$2 in
    closure:ours) ours large downstream ;;
    closure:recursive) nodes_only large downstream ;;
    'upstream closure:ours') ours late upstream ;;
    'upstream closure:recursive') nodes_only late upstream ;;
    '10,000 nodes:ours') ours small downstream ;;
    '10,000 nodes:recursive') nodes_only small downstream ;;
    'three levels:ours') ours usual upstream 3 ;;
    'three levels:recursive') with_depth usual upstream 3 ;;
    'three levels with names:ours') ours_named usual upstream 3 ;;
    'three levels with names:recursive') hand_named usual upstream 3 ;;
    esac
}

measures=(closure 'upstream closure' '10,000 nodes' 'three levels' 'three levels with names')
declare -A repeated=([closure]=1 ['upstream closure']=1 ['10,000 nodes']=5 ['three levels']=200 ['three levels with names']=100)

read_round() {
    local round=$1 measure side
    for measure in "${measures[@]}"; do
        for side in $(in_turn "$round" ours recursive); do
            echo "SELECT bench.measure('$measure', '$side', $round, \$\$$(side_of "$measure" "$side")\$\$, ${repeated[$measure]});"
        done
    done
}

# Virtual memory at its peak, less what the session had before: a session of its own, whose result goes to disk.
bytes_of_a_node() {
    sql <<SQL
SET work_mem = '1MB';
SET temp_file_limit = -1;
SELECT count(*) AS warm FROM mlregistry.lineage_walk(ARRAY['dataset'], ARRAY[(bench.start('usual')).id], direction => 'downstream', max_depth => 1) \gset
SELECT bench.peak_memory() AS before \gset
SELECT n FROM ($(ours large downstream)) AS w (n, depth, reached) \gset
SELECT round((bench.peak_memory() - :before) / :n::numeric, 1);
SQL
}

bench() {
    local round
    say "a graph of $(grouped "$ROWS") nodes"
    sql -v rows="$ROWS" -f "$BENCH/lineage.sql" >/dev/null
    for ((round = 0; round <= ROUNDS; round++)); do
        say "writing, round $round of $ROUNDS"
        for side in $(in_turn "$round" edges bare); do
            echo "SELECT bench.write_runs('$side', $round);"
        done | sql >/dev/null
    done
    sql -c "CALL bench.make_graph('large', $ROWS)" -c "CALL bench.make_graph('small', 10000)" -c 'SELECT bench.use_lineage_triggers(false)' -c 'VACUUM ANALYZE' \
        -c 'SELECT bench.choose_starts()' -c CHECKPOINT >/dev/null
    for ((round = 0; round <= ROUNDS; round++)); do
        say "reading, round $round of $ROUNDS"
        read_round "$round" | sql >/dev/null
    done

    echo
    machine
    sql -c "SELECT format('edges: %s; nodes of the closure: %s, upstream %s; of the small one %s; of three levels %s', (SELECT count(*) FROM mlregistry.lineage_edges),
                          ($(ours large downstream | sed 's/count(\*).*FROM/count(*) FROM/')), ($(ours late upstream | sed 's/count(\*).*FROM/count(*) FROM/')),
                          ($(ours small downstream | sed 's/count(\*).*FROM/count(*) FROM/')), ($(ours usual upstream 3 | sed 's/count(\*).*FROM/count(*) FROM/')))"
    table -c "SELECT * FROM bench.report('recursive') WHERE measure !~ '^writing'"
    table -c "SELECT * FROM bench.report('bare') WHERE measure ~ '^writing'"
    echo "recursive SQL with depth, the whole closure: $(sql -c "SET statement_timeout = '60s'" -c "$(with_depth large downstream 1000000)" 2>&1 | tail -1)"
    local bytes
    bytes=$(bytes_of_a_node | tail -1)
    echo
    ratio() { echo "(SELECT ratio FROM bench.ratios('$1', 'ours', 'recursive'))"; }
    sql <<SQL
SELECT bench.target('closure with depth and predecessor/UNION over nodes', $(ratio closure), '<=', 0.85);
SELECT bench.target('upstream closure with depth and predecessor/UNION over nodes', $(ratio 'upstream closure'), '<=', 0.85);
SELECT bench.target('10,000 nodes/UNION over nodes', $(ratio '10,000 nodes'), '<=', 1.0);
SELECT bench.target('three levels/UNION with depth', $(ratio 'three levels'), '<=', 1.5);
SELECT bench.target('bytes of memory a node beside the result', $bytes, '<=', 100);
SQL
}
