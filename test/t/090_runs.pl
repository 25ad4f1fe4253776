# Eight sessions that start, log, use and finish runs of the same experiments at once, beside one that tidies up: no deadlock,
# every number once, no hour lost.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin;
use MLR;

use PostgreSQL::Test::Utils;
use Test::More;

my @levels = ('read committed', 'repeatable read', 'serializable');
my $clients = 8;
my $node = new_node('runs', conf => "max_pred_locks_per_transaction = 256\ndeadlock_timeout = 200ms\n");
my $folder = PostgreSQL::Test::Utils::tempdir();
sql($node, 'postgres', 'CREATE DATABASE d');
sql($node, 'd', <<'SQL');
CREATE EXTENSION mlregistry;
ALTER DATABASE d SET search_path = public, mlregistry;
-- Waits for the next tick of the clock, so that all sessions begin at once: which tick it was.
CREATE FUNCTION tick(milliseconds integer) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    round bigint := ceil(extract(epoch FROM clock_timestamp()) * 1000 / milliseconds);
BEGIN
    PERFORM pg_sleep(round * milliseconds / 1000.0 - extract(epoch FROM clock_timestamp())::float8);
    RETURN round;
END $$;
SQL

# Runs scripts, {file name => [weight, script]}, in eight sessions; serialization failures are tried again. Tests that all went
# through, and returns the SQLSTATEs that the server has logged meanwhile.
sub all_at_once {
    my ($name, $level, $transactions, %scripts) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my $position = -s $node->logfile;
    my @files;
    for my $script (sort keys %scripts) {
        my ($weight, $text) = @{ $scripts{$script} };
        my $file = "$folder/" . ("$script.$name.$level" =~ s/\W+/-/gr);
        PostgreSQL::Test::Utils::append_to_file($file, $text);
        push @files, '-f', "$file\@$weight";
    }
    local $ENV{PGOPTIONS} = "-c default_transaction_isolation=" . ($level =~ s/ /\\ /r);
    my ($status, $out, $err) = run_client($node,
        [ 'pgbench', '-n', '-c', $clients, '-j', 2, '-t', $transactions, '--max-tries=10000', '--failures-detailed', @files, 'd' ]);
    my $all = $clients * $transactions;
    my $ok = ok($status == 0 && $out =~ m{^number of transactions actually processed: $all/$all$}m,
        "$name at $level: all $all transactions went through");
    diag("$out$err") unless $ok;
    return logged_states($node, $position);
}

sub only_serialization_failures {
    my ($states, $level, $name) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    return is($states, '', "$name at $level: no error, no deadlock") if $level eq 'read committed';
    return like($states, qr/^(?:40001 \d+)?$/, "$name at $level: at worst 40001, no deadlock");
}

sub is_numbered {
    my ($experiment, $count, $name) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    return is_sql($node, 'd', <<"SQL", "$count|t|t", $name);
SELECT count(*), array_agg(r.run_number ORDER BY r.run_number) = ARRAY(SELECT generate_series(1, $count)), max(e.last_run_number) = $count
  FROM training_runs r JOIN experiments e USING (experiment_id) WHERE e.experiment_name = '$experiment'
SQL
}

# ---- a whole life in one transaction, of one experiment

my $life = <<'SQL';
BEGIN;
SELECT run_id AS run FROM start_run('%1$s', experiment => '%1$s', framework => 'onnx', parameters => '{"lr": 0.1}', tags => '{nightly,%1$s}', create_missing => true) \gset
SELECT log_metrics(':run', '{loss,loss}', '{0.5,0.4}', '{1,2}');
SELECT gpu_hours FROM add_usage(':run', gpu_hours => 0.25);
SELECT status FROM finish_run(':run', '{"accuracy": 0.9}');
END;
SQL
for my $level (@levels) {
    my $experiment = 'life-' . ($level =~ s/ /-/r);
    my $transactions = $level eq 'read committed' ? 25 : 8;
    my $states = all_at_once('whole lives', $level, $transactions, life => [ 1, sprintf($life, $experiment) ]);
    only_serialization_failures($states, $level, 'whole lives');
    is_numbered($experiment, $clients * $transactions, "whole lives at $level: every number once, none left out");
    is_sql($node, 'd', <<"SQL", 'succeeded|0.9000|0.25|1|1', "whole lives at $level: all are what they were told to be, of one model and experiment");
SELECT r.status, r.accuracy, r.gpu_hours, count(DISTINCT r.model_id), count(DISTINCT r.experiment_id)
  FROM training_runs r JOIN experiments e USING (experiment_id) WHERE e.experiment_name = '$experiment' GROUP BY 1, 2, 3
SQL
}

# ---- what is missing is made once, though all find it missing at the same moment

{
    my $states = all_at_once('all of it missing', 'read committed', 8, missing => [ 1, <<'SQL' ]);
SELECT tick(150) AS round \gset
SELECT run_number FROM start_run('model-' || :round, 'onnx', 'experiment-' || :round, 'dataset-' || :round, tags => ARRAY['tag-' || :round], create_missing => true, dataset_location => '/d', dataset_format => 'csv');
SQL
    is($states, '', 'all of it missing: no error, no deadlock');
    is_sql($node, 'd', q{SELECT count(DISTINCT e.experiment_name) = count(DISTINCT m.model_name) AND count(DISTINCT e.experiment_name) = count(DISTINCT d.dataset_name)
                           AND count(DISTINCT e.experiment_id) = count(DISTINCT e.experiment_name) AND count(*) = 64 AND count(DISTINCT e.experiment_id) < 60
                         FROM training_runs r JOIN experiments e USING (experiment_id) JOIN models m ON m.model_id = r.model_id JOIN datasets d ON d.dataset_id = r.dataset_id
                        WHERE e.experiment_name LIKE 'experiment-%'}, 't', 'all of it missing: one of each, and sessions did meet');
}

# ---- the steps one by one, by whoever comes, of few runs of few experiments; a ninth of the time somebody tidies up

for my $level (@levels) {
    my $tag = 'storm-' . ($level =~ s/ /-/r);
    my $transactions = $level eq 'read committed' ? 60 : 25;
    sql($node, 'd', "SELECT i.experiment_name FROM generate_series(1, 3) n, create_experiment('$tag-' || n) i");
    # A run of a state that is not locked by somebody else now is not known: whoever loses is told by a rule.
    sql($node, 'd', <<'SQL') if $level eq 'read committed';
CREATE TABLE outcomes (tag text, step text, state text);
CREATE FUNCTION attempt(tag text, step text, statement text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    BEGIN
        EXECUTE statement;
        INSERT INTO outcomes VALUES (tag, step, '00000');
    EXCEPTION WHEN check_violation OR null_value_not_allowed OR no_data_found OR object_in_use THEN
        INSERT INTO outcomes VALUES (tag, step, SQLSTATE);
    END;
END $$;
SQL
    my $some = "(SELECT r.run_id FROM training_runs r JOIN experiments e USING (experiment_id) WHERE e.experiment_name LIKE ''$tag-%%'' AND r.status %s ORDER BY random() LIMIT 1)";
    my $step = sub {
        my ($name, $statement) = @_;
        return "SELECT attempt('$tag', '$name', '$statement');\n";
    };
    my $active = sprintf $some, "IN (''queued'', ''running'')";
    my $any = sprintf $some, 'IS NOT NULL';
    my $states = all_at_once('single steps', $level, $transactions,
        start => [ 4, "\\set n random(1, 3)\n" . $step->('start', "SELECT start_run(experiment => ''$tag-:n'', queued => random() < 0.5)") ],
        begin => [ 3, $step->('begin', 'SELECT begin_run(' . (sprintf $some, "= ''queued''") . ')') ],
        usage => [ 4, $step->('usage', "SELECT add_usage($any, gpu_hours => 0.01)") ],
        finish => [ 2, $step->('finish', "SELECT finish_run($active, accuracy => 0.5)") ],
        fail => [ 1, $step->('fail', "SELECT fail_run($active, ''x'')") ],
        stale => [ 1, $step->('stale', "SELECT cancel_stale_runs(''20 milliseconds'', dry_run => false)") ],
        archive => [ 1, $step->('archive', "SELECT archive_runs(''200 milliseconds'', dry_run => false, status => ''{failed}'')") ],
        delete => [ 1, $step->('delete', "SELECT delete_runs(''300 milliseconds'', dry_run => false, status => ''{failed}'')") ]);
    only_serialization_failures($states, $level, 'single steps');
    is_sql($node, 'd', "SELECT count(DISTINCT step) FROM outcomes WHERE tag = '$tag' AND state = '00000'", '8', "single steps at $level: each of them has worked");
    is_sql($node, 'd', "SELECT DISTINCT step FROM outcomes WHERE tag = '$tag' AND step IN ('start', 'stale', 'archive', 'delete') AND state <> '00000'", '',
        "single steps at $level: starting and tidying up were never refused");
    # Of what is not deleted: hours are a hundredth for each time that somebody has added one.
    is_sql($node, 'd', <<"SQL", 't', "single steps at $level: no hour is lost");
SELECT (SELECT count(*) FROM outcomes WHERE tag = '$tag' AND step = 'usage' AND state = '00000') * 0.01
       = (SELECT coalesce(sum((l.changes -> 'gpu_hours' ->> 1)::numeric - (l.changes -> 'gpu_hours' ->> 0)::numeric), 0)
            FROM audit_logs l JOIN experiments e ON e.experiment_id = l.subject_id
           WHERE e.experiment_name LIKE '$tag-%' AND l.entity_type = 'run' AND l.action <> 'run.queue' AND l.action <> 'run.delete' AND l.changes -> 'gpu_hours' IS NOT NULL)
SQL
    is_sql($node, 'd', 'SELECT * FROM check_registry()', '', "single steps at $level: check_registry() finds nothing");
}

# ---- who finishes a run, finishes it alone

for my $level (@levels) {
    subtest "$level: two that end a run" => sub {
        my $run = sql($node, 'd', q{SELECT run_id FROM start_run(experiment => 'ends', create_missing => true)});
        my $first = session($node, 'd', 'first');
        my $second = session($node, 'd', 'second');
        ask($_, "BEGIN ISOLATION LEVEL $level; SELECT count(*) FROM training_runs") for $first, $second;
        is(ask($first, "SELECT status FROM finish_run('$run', accuracy => 0.9)"), '00000', 'one finishes it');
        tell($second, "SELECT status FROM fail_run('$run', 'too late')");
        ok(is_waiting($node, 'd', 'second'), 'the other one waits');
        is(ask($first, 'COMMIT'), '00000', 'the first one commits');
        is(ask($second, ''), $level eq 'read committed' ? '23514' : '40001', 'the other one is told');
        ask($second, 'ROLLBACK');
        is_sql($node, 'd', "SELECT status, error_message IS NULL FROM training_runs WHERE run_id = '$run'", 'succeeded|t', 'what the first one said is there');
        stop_sessions($first, $second);
    };
}

subtest 'two that register a version from a run' => sub {
    my $run = sql($node, 'd', q{SELECT f.run_id FROM start_run('twice', 'onnx', 'ends', create_missing => true) s, finish_run(s.run_id, artifacts_uri => '/m/{version}') f});
    my $first = session($node, 'd', 'first');
    my $second = session($node, 'd', 'second');
    is(ask($first, "BEGIN; SELECT semver FROM register_version_from_run('$run', bump => 'minor')"), '00000', 'one registers');
    tell($second, "SELECT semver FROM register_version_from_run('$run', bump => 'minor')");
    ok(is_waiting($node, 'd', 'second'), 'the other one waits');
    is(ask($first, 'COMMIT'), '00000', 'the first one commits');
    is(ask($second, ''), '23505', 'the other one is told');
    is_sql($node, 'd', q{SELECT string_agg(v.semver::text, ' ') FROM model_versions v WHERE v.model_id = find_model('twice')}, '0.1.0', 'there is one version');
    stop_sessions($first, $second);
};

subtest 'a run that somebody holds is not silent' => sub {
    my $run = sql($node, 'd', q{SELECT run_id FROM start_run(experiment => 'held', create_missing => true)});
    my $first = session($node, 'd', 'first');
    is(ask($first, "BEGIN; SELECT gpu_hours FROM add_usage('$run', 1)"), '00000', 'somebody adds usage');
    sql($node, 'd', 'SELECT pg_sleep(0.1)');
    is_sql($node, 'd', q{SELECT count(*) FROM cancel_stale_runs('50 milliseconds', dry_run => false) c WHERE c.experiment_name = 'held'}, '0', 'it is left alone, and nobody waits');
    is(ask($first, 'COMMIT'), '00000', 'who added it commits');
    is_sql($node, 'd', "SELECT status, gpu_hours FROM training_runs WHERE run_id = '$run'", 'running|1.00', 'it runs on');
    stop_sessions($first);
};

subtest 'what is restored while it is to be deleted stays' => sub {
    my $run = sql($node, 'd', q{SELECT f.run_id FROM start_run(experiment => 'restored', create_missing => true) s, finish_run(s.run_id) f});
    sql($node, 'd', "SELECT archive_runs(runs => ARRAY['$run'::uuid], dry_run => false)");
    my $first = session($node, 'd', 'first');
    my $second = session($node, 'd', 'second');
    is(ask($first, "BEGIN; SELECT restore_runs(ARRAY['$run'::uuid])"), '00000', 'one restores it');
    tell($second, "SELECT delete_runs('0', experiment => 'restored', dry_run => false)");
    ok(is_waiting($node, 'd', 'second'), 'the other one, who deletes what is archived, waits');
    is(ask($first, 'COMMIT'), '00000', 'the first one commits');
    is(ask($second, ''), '00000', 'the other one finds nothing to delete');
    is_sql($node, 'd', "SELECT count(*) FROM list_runs(experiment => 'restored')", '1', 'the run is there');
    stop_sessions($first, $second);
};

subtest 'a job that is started twice at once is one run' => sub {
    my $start = q{SELECT run_id FROM start_run(experiment => 'job', source_run_id => 'job-1', create_missing => true, if_exists => 'return')};
    my $first = session($node, 'd', 'first');
    my $second = session($node, 'd', 'second');
    is(ask($first, q{BEGIN; SELECT run_id FROM start_run(experiment => 'job', create_missing => true)}), '00000', 'one starts another run');
    is(ask($first, 'COMMIT'), '00000', 'of the experiment');
    is(ask($first, "BEGIN; $start"), '00000', 'one starts it');
    tell($second, $start);
    ok(is_waiting($node, 'd', 'second'), 'the other one waits');
    is(ask($first, 'COMMIT'), '00000', 'the first one commits');
    is(ask($second, ''), '00000', 'the other one is given that run');
    is_sql($node, 'd', "SELECT count(*), max(run_number) FROM list_runs(experiment => 'job')", '2|2', 'there is one, and no number is lost');
    stop_sessions($first, $second);
};

subtest 'two that start the run of the day' => sub {
    sql($node, 'd', q{SELECT create_experiment('daily', allow_repeat_runs => false)});
    my $first = session($node, 'd', 'first');
    my $second = session($node, 'd', 'second');
    my $position = -s $node->logfile;
    is(ask($first, q{BEGIN; SELECT run_id FROM start_run(experiment => 'daily')}), '00000', 'one starts it');
    tell($second, q{SELECT run_id FROM start_run(experiment => 'daily')});
    ok(is_waiting($node, 'd', 'second'), 'the other one waits');
    is(ask($first, 'COMMIT'), '00000', 'the first one commits');
    is(ask($second, ''), '23505', 'the other one is told');
    like(PostgreSQL::Test::Utils::slurp_file($node->logfile, $position), qr/experiment "daily" has one run a day/, 'in the words of the rule');
    stop_sessions($first, $second);
};

subtest 'partitions, where the tables belong to another role' => sub {
    sql($node, 'postgres', 'CREATE ROLE keeper; CREATE DATABASE kept');
    sql($node, 'kept', q{CREATE EXTENSION mlregistry; SET client_min_messages = error; SELECT mlregistry.install(owner => 'keeper')});
    sql($node, 'kept', q{SET search_path = mlregistry, public; SELECT log_metric(r.run_id, 'loss', 1, 1, '2020-02-03') FROM start_run(experiment => 'old', create_missing => true) AS r});
    is_sql($node, 'kept', 'SELECT task, object, rows FROM mlregistry.run_maintenance()', 'move_rows|run_metrics_y2020m02|1', 'maintenance makes one');
    is_sql($node, 'kept', q{SELECT tableowner FROM pg_tables WHERE tablename = 'run_metrics_y2020m02'}, 'keeper', 'which belongs to that role');
    is_sql($node, 'kept', q{SELECT value FROM mlregistry.metric_series((SELECT run_id FROM mlregistry.training_runs), 'loss')}, '1', 'nothing is lost');
    is_sql($node, 'kept', 'SELECT * FROM mlregistry.check_registry()', '', 'check_registry() finds nothing');
    is(sql_state($node, 'kept', 'SELECT mlregistry.trg_said_run_metrics()'), '39P01', 'what the trigger calls that never fires is not called');
};

done_testing();
