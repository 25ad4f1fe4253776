# Lineage while many write it and read it: storms with no circle and no edge that is not a fact, a crash in one, a standby, dumps, and
# walks that are cancelled.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin;
use MLR;

use IPC::Run ();
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(time usleep);

my $node = new_node('lineage', streaming => 1, conf => "max_pred_locks_per_transaction = 256\ndeadlock_timeout = 200ms\nmax_locks_per_transaction = 256\n");
my $folder = PostgreSQL::Test::Utils::tempdir();
sql($node, 'postgres', 'CREATE DATABASE d');
sql($node, 'd', 'CREATE EXTENSION mlregistry; ALTER DATABASE d SET search_path = public, mlregistry');
sql($node, 'd', <<'SQL');
DO $$BEGIN
    PERFORM create_environment('lab', 'staging'), create_experiment('storm');
    PERFORM register_model(m, framework => 'onnx') FROM unnest('{a,b}'::text[]) m;
    PERFORM register_version(m, n || '.0.0', 's3://storm/{version}') FROM unnest('{a,b}'::text[]) m, generate_series(1, 4) n;
    PERFORM register_dataset('d' || n, 's3://storm/d' || n, 'parquet') FROM generate_series(1, 6) n;
    INSERT INTO training_runs (experiment_id, run_name) SELECT find_experiment('storm'), 'r' || n FROM generate_series(1, 6) n;
    INSERT INTO deployments (version_id, environment_id, deployment_name, status)
    SELECT find_version('a@1.0.0'), find_environment('lab'), 's' || n, 'failed' FROM generate_series(1, 3) n;
END$$;

-- Tries something and tells what came of it. What is to be tried again goes to the client.
CREATE UNLOGGED TABLE outcomes (step text, state text, message text);
CREATE FUNCTION attempt(step text, statement text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    BEGIN
        EXECUTE statement;
        INSERT INTO outcomes VALUES (step, '00000');
    EXCEPTION WHEN serialization_failure OR deadlock_detected THEN
        RAISE;
    WHEN OTHERS THEN
        INSERT INTO outcomes VALUES (step, SQLSTATE, SQLERRM);
    END;
END $$;

-- What tells of edges, in SQL and by hand.
CREATE VIEW facts AS
SELECT 'run' AS child_kind, run_id AS child_id, 'dataset' AS parent_kind, dataset_id AS parent_id,
       CASE dataset_role WHEN 'train' THEN 'trained-on' WHEN 'test' THEN 'tested-on' WHEN 'validation' THEN 'validated-on' ELSE 'held-out-on' END AS relation FROM run_datasets
UNION ALL SELECT 'version', version_id, 'run', run_id, 'produced-by' FROM training_runs WHERE version_id IS NOT NULL
UNION ALL SELECT 'run', run_id, 'run', parent_run_id, 'child-run-of' FROM training_runs WHERE parent_run_id IS NOT NULL
UNION ALL SELECT 'version', version_id, 'version', parent_version_id, relation FROM version_parents
UNION ALL SELECT 'dataset', dataset_id, 'dataset', parent_dataset_id, 'derived-from' FROM dataset_parents
UNION ALL SELECT 'deployment', deployment_id, 'version', version_id, 'serves' FROM deployments WHERE status IN ('pending', 'deploying', 'active', 'degraded', 'terminating');
CREATE VIEW edges AS SELECT child_kind, child_id, parent_kind, parent_id, relation FROM lineage_edges WHERE valid_to = 'infinity';

-- What is wrong: edges without a fact, facts without an edge, circles, periods that overlap.
CREATE VIEW wrong AS
SELECT 'no fact: ' || t AS wrong FROM (SELECT * FROM edges EXCEPT ALL SELECT * FROM facts) AS t
UNION ALL SELECT 'no edge: ' || t FROM (SELECT * FROM facts EXCEPT ALL SELECT * FROM edges) AS t
UNION ALL
SELECT 'a circle of ' || up.kind FROM (
    WITH RECURSIVE up (kind, id, parent_id) AS (
        SELECT child_kind, child_id, parent_id FROM facts WHERE child_kind = parent_kind
        UNION ALL SELECT up.kind, up.id, f.parent_id FROM up JOIN facts f ON f.child_kind = up.kind AND f.parent_kind = up.kind AND f.child_id = up.parent_id)
        CYCLE parent_id SET is_cycle USING path
    SELECT DISTINCT kind FROM up WHERE is_cycle) AS up
UNION ALL
SELECT 'periods: ' || l FROM (SELECT e.*, lead(valid_from) OVER (PARTITION BY child_kind, child_id, parent_kind, parent_id, relation ORDER BY valid_from) AS next FROM lineage_edges e) AS l
 WHERE l.valid_to > l.next OR l.valid_from >= l.valid_to;

-- What a walk finds beside a recursive query, in one snapshot; the readers' own errors are told apart.
CREATE FUNCTION look(start_kind text, start_id uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM (WITH RECURSIVE up (kind, id) AS (
                         SELECT start_kind, start_id UNION SELECT e.parent_kind, e.parent_id FROM up JOIN edges e ON e.child_kind = up.kind AND e.child_id = up.id)
                     SELECT kind, id FROM up WHERE id <> start_id) AS up
          FULL JOIN lineage_walk(ARRAY[start_kind], ARRAY[start_id]) AS w USING (kind, id)
         WHERE up.id IS NULL OR w.id IS NULL) THEN
        RAISE EXCEPTION 'a walk from % % has found something else', start_kind, start_id USING ERRCODE = 'assert_failure';
    END IF;
END $$;
SQL

# ---- a storm

my %random = (v => 'random(1, 4)', w => 'random(1, 4)', x => 'random(1, 2)', y => 'random(1, 2)', d => 'random(1, 6)', e => 'random(1, 6)', s => 'random(1, 3)', k => 'random(1, 4)');
my $random = join '', map { "\\set $_ $random{$_}\n" } sort keys %random;
my $version = q{chr(96 + :x) || '@' || :v || '.0.0'};
my $parent = q{chr(96 + :y) || '@' || :w || '.0.0'};
my $role = q{split_part('train,test,validation,holdout', ',', :k)};
my $relation = q{split_part('fine-tuned-from,merged-from,derived-from,ensemble-of', ',', :k)};
my $run = sub { "(SELECT r.run_id FROM training_runs r WHERE r.run_name = 'r' || :$_[0] AND r.deleted_at IS NULL)" };
my %steps = (
    add_parent => "SELECT FROM add_parent($version, $parent, $relation)",
    insert_parent => "INSERT INTO version_parents (version_id, parent_version_id, relation) VALUES (find_version($version), find_version($parent), $relation)",
    insert_parents => "INSERT INTO version_parents (version_id, parent_version_id, relation) SELECT find_version($version), v.version_id, 'adapter-of' FROM model_versions v WHERE v.semver = ':w.0.0' ON CONFLICT DO NOTHING",
    drop_parent => "SELECT FROM drop_parent($version, $parent)",
    lose_parents => "DELETE FROM version_parents WHERE version_id = find_version($version)",
    derive => "SELECT FROM add_dataset_parent('d:d', 'd:e', 'filter', if_exists => 'return')",
    insert_derived => "INSERT INTO dataset_parents (dataset_id, parent_dataset_id) VALUES (find_dataset('d:d'), find_dataset('d:e'))",
    underive => "DELETE FROM dataset_parents WHERE dataset_id = find_dataset('d:d')",
    adopt => "UPDATE training_runs SET parent_run_id = " . $run->('e') . " WHERE run_name = 'r:d'",
    orphan => "UPDATE training_runs SET parent_run_id = NULL WHERE run_name = 'r:d'",
    use => "INSERT INTO run_datasets (run_id, dataset_id, dataset_role) SELECT r.run_id, find_dataset('d:e'), $role FROM training_runs r WHERE r.run_name = 'r:d' ON CONFLICT DO NOTHING",
    change_use => "UPDATE run_datasets SET row_count = :d WHERE dataset_id = find_dataset('d:e')",
    lose_use => "DELETE FROM run_datasets WHERE dataset_id = find_dataset('d:e') AND dataset_role = $role",
    produce => "UPDATE training_runs SET version_id = find_version($version) WHERE run_name = 'r:d'",
    renew => "WITH gone AS (DELETE FROM training_runs WHERE run_name = 'r:d' AND version_id IS NULL RETURNING experiment_id, run_name) INSERT INTO training_runs (experiment_id, run_name, parent_run_id) SELECT experiment_id, run_name, CASE WHEN :d <> :e THEN "
        . $run->('e') . " END FROM gone",
    unproduce => "UPDATE training_runs SET version_id = NULL WHERE run_name = 'r:d'",
    deploy => "SELECT FROM deploy($version, 'lab', 's:s', traffic => 0)",
    move => "UPDATE deployments SET version_id = find_version($version) WHERE deployment_name = 's:s' AND status = 'active'",
    swap => "UPDATE deployments SET version_id = CASE WHEN version_id = find_version($version) THEN find_version($parent) ELSE find_version($version) END WHERE status = 'active'",
    end => "UPDATE deployments SET status = split_part('failed,deactivated,active,degraded', ',', :k) WHERE deployment_name = 's:s' AND status <> 'terminated'",
);
sub step { my ($name) = @_; return "SELECT attempt('$name', '" . ($steps{$name} =~ s/'/''/gr) . "');\n" }

# Variables of pgbench stand within quotes, where it puts them in all the same: it reads the text before the server does.
my @files;
# Statements that lock one row after the other, in an order of their own, may meet in deadlocks, as anywhere: later.
my @single = grep { $_ !~ /^(?:swap|renew)$/ } sort keys %steps;
for my $name (@single) {
    PostgreSQL::Test::Utils::append_to_file("$folder/$name", $random . step($name));
    push @files, '-f', "$folder/$name";
}
my $start = q{split_part('a@1.0.0,b@latest,dataset:d1,deployment:lab/s1', ',', :k)};
my %reads = (
    compare => "SELECT look(e.child_kind, e.child_id) FROM (SELECT DISTINCT child_kind, child_id FROM edges) AS e ORDER BY random() LIMIT 2",
    upstream => "SELECT FROM upstream($start)",
    downstream => "SELECT FROM downstream($start)",
    as_of => "SELECT FROM lineage($start, as_of => clock_timestamp() - interval '1 second')",
    path => "SELECT FROM lineage_path($start, 'dataset:' || 'd:d', max_paths => 5)",
    ancestors => "SELECT FROM common_ancestors('a\@:v.0.0', 'b\@:w.0.0')",
    impact => "SELECT FROM impact('dataset:' || 'd:d')",
    dot => "SELECT lineage_dot($start)",
    events => "SELECT count(*) FROM openlineage_events()",
    whole => "SELECT CASE WHEN count(*) > 0 THEN 1 / (count(*) * 0) END FROM wrong",
);
my @readers;
for my $name (sort keys %reads) {
    PostgreSQL::Test::Utils::append_to_file("$folder/read-$name", "$random$reads{$name};\n");
    push @readers, '-f', "$folder/read-$name";
}

# Clients that run until `seconds` are over, at a level of isolation.
sub start_clients {
    my ($level, $seconds, $clients, @scripts) = @_;
    local $ENV{PGHOST} = $node->host;
    local $ENV{PGPORT} = $node->port;
    local $ENV{PGOPTIONS} = '-c default_transaction_isolation=' . ($level =~ s/ /\\ /r);
    my $said = '';
    my $run = IPC::Run::start([ 'pgbench', '-n', '-c', $clients, '-T', $seconds, '--max-tries=1000', @scripts, 'd' ], '<', \undef, '>', \$said, '2>', \$said);
    return { run => $run, said => \$said, level => $level };
}

sub is_exact {
    my ($on, $database, $name) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    is_sql($on, $database, 'SELECT * FROM wrong', '', "$name: every edge is a fact, every fact an edge, and there is no circle");
    is_sql($on, $database, 'SELECT check_name, object, detail FROM check_registry()', '', "$name: check_registry() finds nothing");
    return;
}

my @levels = ('read committed', 'repeatable read', 'serializable');
my $position = -s $node->logfile;
my @running = ((map { start_clients($_, 5, 2, @files) } @levels), start_clients('read committed', 5, 1, @readers), start_clients('repeatable read', 5, 1, @readers));
# Indexes change their places, and pages become all visible, under those who go along them.
for (1 .. 4) {
    usleep(700_000);
    sql($node, 'd', 'VACUUM lineage_edges');
    sql($node, 'd', "REINDEX TABLE CONCURRENTLY lineage_edges");
}
for my $client (@running) {
    $client->{run}->finish;
    ok(${ $client->{said} } =~ /number of transactions actually processed: ([1-9]\d+)/ && ${ $client->{said} } !~ /abort|error:/, "$client->{level}: clients came to the end")
        or diag(${ $client->{said} });
}
my $states = logged_states($node, $position);
$states =~ s/^40001 \d+\n?//m;
is($states, '', 'no error but those of the rules and 40001, no deadlock');
is_sql($node, 'd', q{SELECT DISTINCT state, message FROM outcomes WHERE state NOT IN ('00000', '23503', '23505', '23514', '55000', 'P0002')}, '', 'rules have their own states');
is_sql($node, 'd', q{SELECT string_agg(DISTINCT step, ' ' ORDER BY step) FROM outcomes WHERE state = '00000'}, "@single", 'each step has worked');
is_sql($node, 'd', q{SELECT count(DISTINCT substring(message FROM '^a (version|dataset|run) cannot')) FROM outcomes WHERE state = '23514'}, '3', 'circles of all kinds were refused');
is_sql($node, 'd', q{SELECT count(*) > 100, count(*) FILTER (WHERE valid_to = 'infinity') > 5 FROM lineage_edges}, 't|t', 'edges came and went');
is_exact($node, 'd', 'after a storm');

# ---- a crash in the middle of transactions of many steps, some of which are rolled back, whole or in part

my @many;
for my $n (1 .. 12) {
    my @names = map { (sort keys %steps)[ rand keys %steps ] } 1 .. 6;
    my $script = $random . 'BEGIN;' . join('', map { step($_) } @names[ 0, 1 ]) . 'SAVEPOINT s;' . join('', map { step($_) } @names[ 2, 3 ])
        . ($n % 3 ? 'ROLLBACK TO s;' : 'RELEASE s;') . join('', map { step($_) } @names[ 4, 5 ]) . ($n % 4 ? 'COMMIT;' : 'ROLLBACK;');
    PostgreSQL::Test::Utils::append_to_file("$folder/many-$n", $script =~ s/;(?=[A-Z])/;\n/gr . "\n");
    push @many, '-f', "$folder/many-$n";
}
my $changes = sql($node, 'd', 'SELECT max(changed_in::text::bigint) FROM lineage_edges');
$position = -s $node->logfile;
@running = ((map { start_clients($_, 60, 2, @many) } @levels), start_clients('read committed', 60, 1, @readers));
usleep(2_000_000);
$node->poll_query_until('d', "SELECT count(DISTINCT changed_in) > 20 FROM lineage_edges WHERE changed_in::text::bigint > $changes");
is(logged_states($node, $position) =~ s/^(?:40001|40P01) \d+\n?//mgr, '', 'no error before, but for who has to try again');
$node->stop('immediate');
$_->{run}->finish for @running;
$node->start;
is_exact($node, 'd', 'after a crash');
is_sql($node, 'd', "SELECT count(DISTINCT changed_in) > 20 FROM lineage_edges WHERE changed_in::text::bigint > $changes", 't', 'there was something to lose');

# ---- a standby

$node->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('lineage_standby');
$standby->init_from_backup($node, 'base', has_streaming => 1);
$standby->start;
# Something that is certainly there.
sql($node, 'd', <<'SQL');
DO $$BEGIN
    DELETE FROM version_parents;
    DELETE FROM dataset_parents;
    PERFORM add_dataset_parent('d1', 'd2', 'filter'), add_dataset_parent('d2', 'd3', 'join');
    UPDATE training_runs SET parent_run_id = NULL;
    INSERT INTO run_datasets (run_id, dataset_id) SELECT run_id, find_dataset('d1') FROM training_runs WHERE run_name = 'r1' ON CONFLICT DO NOTHING;
    UPDATE training_runs SET version_id = find_version('a@1.0.0') WHERE run_name = 'r1';
    PERFORM add_parent('b@2.0.0', 'a@1.0.0', 'fine-tuned-from');
    PERFORM deploy('b@2.0.0', 'lab', 'last', traffic => 0);
END$$;
SQL
$node->wait_for_catchup($standby, 'replay', $node->lsn('write'));
my %questions = (
    'upstream()' => q{SELECT * FROM upstream('deployment:lab/last')},
    'downstream()' => q{SELECT * FROM downstream('dataset:d3')},
    'lineage() as of a time' => q{SELECT * FROM lineage('a@1.0.0', as_of => now() - interval '1 hour') UNION ALL SELECT * FROM lineage('a@1.0.0', as_of => (SELECT max(valid_from) FROM lineage_edges))},
    'lineage_path()' => q{SELECT * FROM lineage_path('deployment:lab/last', 'dataset:d3', max_paths => 10)},
    'common_ancestors()' => q{SELECT * FROM common_ancestors('a@1.0.0', 'b@2.0.0')},
    'impact()' => q{SELECT * FROM impact('dataset:d3')},
    'lineage_dot()' => q{SELECT lineage_dot('dataset:d3')},
    'lineage_mermaid()' => q{SELECT lineage_mermaid('dataset:d3')},
    'openlineage_events()' => 'SELECT event FROM openlineage_events()',
    'v_lineage_edges' => 'SELECT * FROM v_lineage_edges ORDER BY child_name, parent_name, relation, valid_from',
);
for my $question (sort keys %questions) {
    my $answer = sql($node, 'd', $questions{$question});
    isnt($answer, '', "the primary answers $question");
    is_sql($standby, 'd', $questions{$question}, $answer, "the standby answers $question as the primary does");
}
is_sql($standby, 'd', 'SELECT * FROM wrong', '', 'edges are exact on the standby');
$standby->stop;

# ---- dumps

my $edges = 'SELECT * FROM mlregistry.lineage_edges ORDER BY child_id, parent_id, relation, valid_from';
my $expected = sql($node, 'd', $edges);

# Afterwards the same edges are there, and triggers write others.
sub is_restored {
    my ($database, $name) = @_;
    sql($node, 'postgres', "ALTER DATABASE $database SET search_path = public, mlregistry");
    same_lines(sql($node, $database, $edges), $expected, "$name: the same edges, none twice");
    is_sql($node, $database, q{SELECT check_name, object FROM check_registry() WHERE check_name <> 'access_not_always'}, '', "$name: check_registry() finds nothing");
    is_sql($node, $database, <<'SQL', "b\@2.0.0\nb\@2.0.0\nrun:r1", "$name: triggers go on, and the guard");
DO $$BEGIN
    PERFORM add_parent('b@3.0.0', 'b@2.0.0');
    BEGIN
        PERFORM add_parent('a@1.0.0', 'b@3.0.0');
    EXCEPTION WHEN check_violation THEN
        RETURN;
    END;
    RAISE EXCEPTION 'a circle';
END$$;
SELECT name FROM upstream('b@3.0.0', max_depth => 1);
SELECT name FROM lineage_path('b@3.0.0', 'b@2.0.0') WHERE step > 0;
SELECT replace(name, r.run_id::text, r.run_name) FROM upstream('a@1.0.0', max_depth => 1, kinds => '{run}') l JOIN training_runs r ON r.run_id = l.id WHERE r.run_name = 'r1';
SQL
    return;
}
is_quiet($node, [ 'pg_dump', '-f', "$folder/plain", 'd' ], 'pg_dump says nothing');
is_quiet($node, [ 'pg_dump', '-Fc', '-f', "$folder/custom", 'd' ], 'pg_dump -Fc says nothing');
is_dumped($node, [ 'pg_dump', '-Fc', '--data-only', '--schema=mlregistry', '-f', "$folder/data", 'd' ], 'pg_dump --data-only says nothing new');
sql($node, 'postgres', "CREATE DATABASE $_ TEMPLATE template0") for qw(plain custom data);
is_quiet($node, [ 'psql', '-Xq', '-v', 'ON_ERROR_STOP=1', '-d', 'plain', '-f', "$folder/plain" ], 'psql restores');
is_restored('plain', 'psql');
is_quiet($node, [ 'pg_restore', '-j2', '-d', 'custom', "$folder/custom" ], 'pg_restore -j2 restores');
is_restored('custom', 'pg_restore -j2');
sql($node, 'data', q{CREATE EXTENSION mlregistry; SELECT mlregistry.uninstall('mlregistry'), mlregistry.install(seed => false)});
is_quiet($node, [ 'pg_restore', '--disable-triggers', '-d', 'data', "$folder/data" ], 'data alone are restored');
is_restored('data', 'data alone');

# ---- a graph of 200,000 edges: limits, and walks that end when they are told to

sql($node, 'postgres', 'CREATE DATABASE large TEMPLATE plain; ALTER DATABASE large SET search_path = public, mlregistry');
sql($node, 'large', <<'SQL');
SET session_replication_role = replica;
CREATE FUNCTION node(n integer) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$SELECT lpad(to_hex(n), 32, '0')::uuid$$;
INSERT INTO lineage_edges (organization_id, child_kind, child_id, parent_kind, parent_id, relation, child_project_id, parent_project_id, valid_from)
SELECT current_organization_id(), 'dataset', node(n), 'dataset', node(n + 1 + abs(hashint4(2 * n + k) % 1000)), 'derived-from', current_project_id(), current_project_id(), now()
  FROM generate_series(1, 100000) n, generate_series(1, 2) k ON CONFLICT DO NOTHING;
VACUUM ANALYZE lineage_edges;
SQL
my $walk = q{lineage_walk('{dataset}', ARRAY[node(1)])};
my $reached = sql($node, 'large', "SELECT count(*) FROM $walk");
cmp_ok($reached, '>', 50000, 'a walk that is not interrupted reaches what is there');
sql_fails($node, 'large', q{SELECT count(*) FROM lineage_walk('{dataset}', ARRAY[node(1)], max_nodes => 1000)}, '54000', 'more than max_nodes', like => qr/more than 1000 nodes/);
sql_fails($node, 'large', q{SELECT count(*) FROM upstream('dataset:' || node(1), max_nodes => 1000)}, '54000', 'of upstream(), too', like => qr/max_nodes/);
my %walks = (
    lineage_walk => "SELECT count(*) FROM $walk",
    upstream => q{SELECT count(*) FROM upstream('dataset:' || node(1))},
    downstream => q{SELECT count(*) FROM downstream('dataset:' || node(99000))},
    lineage_as_of => q{SELECT count(*) FROM lineage('dataset:' || node(50000), as_of => now())},
    lineage_path => q{SELECT count(*) FROM lineage_path('dataset:' || node(1), 'dataset:' || node(90000), max_paths => NULL)},
    common_ancestors => q{SELECT count(*) FROM common_ancestors('dataset:' || node(1), 'dataset:' || node(2))},
    impact => q{SELECT count(*) FROM impact('dataset:' || node(99000))},
    lineage_dot => q{SELECT length(lineage_dot('dataset:' || node(1)))},
    check => 'SELECT count(*) FROM check_lineage()',
);
$position = -s $node->logfile;
my $left = "SELECT (SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'relation' AND relation IN (SELECT oid FROM pg_class WHERE relname ~ 'lineage')),"
    . " (SELECT count(*) FROM pg_backend_memory_contexts WHERE name ~ 'lineage|ancestors')";
my $session = session($node, 'large', 'walker');
for my $name (sort keys %walks) {
    my ($slowest, $cancelled, $others) = (0, 0, '');
    for my $timeout (1, 5, 20, 60, 150, 300) {
        ask($session, "SET statement_timeout = $timeout");
        my $begin = time;
        my $state = ask($session, $walks{$name});
        my $took = 1000 * (time - $begin) - $timeout;
        $slowest = $took if $took > $slowest && $state eq '57014';
        $cancelled++ if $state eq '57014';
        $others .= " $state" if $state !~ /^(?:57014|00000)$/;
    }
    ask($session, 'RESET statement_timeout');
    ok($cancelled > 0 && $others eq '', "$name is interrupted") or diag("$cancelled times;$others");
    cmp_ok($slowest, '<', 1000, "$name: within a second");
    note(sprintf '%s: %d cancelled, %.0f ms at most', $name, $cancelled, $slowest);
}
is((ask($session, $left))[1], '0|0', 'no lock and no memory is left');
# In a transaction that goes on.
my ($state, $caught) = ask($session, <<"SQL");
BEGIN;
SET LOCAL client_min_messages = warning;
DO \$\$BEGIN
    FOR n IN 1 .. 4 LOOP
        BEGIN
            PERFORM count(*) FROM $walk, (SELECT CASE WHEN n % 2 = 0 THEN set_config('x.y', 'z', true) END) AS s;
            PERFORM count(*) FROM lineage_walk('{dataset}', ARRAY[node(1)], max_nodes => 5000 * n);
        EXCEPTION WHEN program_limit_exceeded THEN
            CONTINUE;
        END;
        RAISE EXCEPTION 'it was not limited';
    END LOOP;
END\$\$;
SELECT count(*) FROM $walk;
SELECT count(*) FROM pg_backend_memory_contexts WHERE name ~ 'lineage';
COMMIT;
SQL
is("$state $caught", "00000 $reached\n0", 'what is refused in a subtransaction leaves nothing, and the next walk is whole');
# By another session.
tell($session, "SELECT count(*) FROM generate_series(1, 1000) n, LATERAL (SELECT * FROM lineage_walk('{dataset}', ARRAY[node(n)])) AS w");
$node->poll_query_until('large', q{SELECT count(*) = 1 FROM pg_stat_activity WHERE application_name = 'walker' AND state = 'active'});
usleep(300_000);
my $begin = time;
sql($node, 'large', q{SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE application_name = 'walker'});
$node->poll_query_until('large', q{SELECT count(*) = 1 FROM pg_stat_activity WHERE application_name = 'walker' AND state = 'idle'});
cmp_ok(time - $begin, '<', 2, 'a walk that somebody else cancels is over soon');
ask($session, 'SELECT 1');
is((ask($session, $left))[1], '0|0', 'and leaves nothing');
is((ask($session, "SELECT count(*) FROM $walk"))[1], $reached, 'the session goes on');
stop_sessions($session);
unlike(PostgreSQL::Test::Utils::slurp_file($node->logfile, $position), qr/WARNING|PANIC|leak/, 'the server warns of nothing');

done_testing();
