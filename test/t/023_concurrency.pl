# Many sessions at once, at every isolation level: numbers of versions, names of models, aliases.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin;
use MLR;

use PostgreSQL::Test::Utils;
use Test::More;

my @levels = ('read committed', 'repeatable read', 'serializable');
my $clients = 8;
my $node = new_node('concurrency', conf => "max_pred_locks_per_transaction = 256\n");
my $folder = PostgreSQL::Test::Utils::tempdir();
sql($node, 'postgres', 'CREATE DATABASE d');
sql($node, 'd', <<'SQL');
CREATE EXTENSION mlregistry;
ALTER DATABASE d SET search_path = public, mlregistry;

-- Runs a statement; a rule that refuses it is an outcome, not an error. 40001 goes on to the client.
CREATE TABLE outcomes (race text, round text, state text, answer text, at timestamptz DEFAULT clock_timestamp());
CREATE FUNCTION attempt(race text, round text, statement text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    answer text;
BEGIN
    BEGIN
        EXECUTE statement INTO answer;
        INSERT INTO outcomes VALUES (race, round, '00000', answer);
    EXCEPTION WHEN unique_violation OR check_violation OR no_data_found THEN
        INSERT INTO outcomes VALUES (race, round, SQLSTATE, SQLERRM);
    END;
END $$;

-- Waits for the next tick of the clock, so that all sessions begin at once: which tick it was.
CREATE FUNCTION tick(milliseconds integer) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    round bigint := ceil(extract(epoch FROM clock_timestamp()) * 1000 / milliseconds);
BEGIN
    PERFORM pg_sleep(round * milliseconds / 1000.0 - extract(epoch FROM clock_timestamp())::float8);
    RETURN round;
END $$;
SQL
sub register_model { my ($model) = @_; sql($node, 'd', "SELECT model_id FROM register_model('$model', framework => 'onnx')"); return }

# Runs scripts, {file name => script}, in eight sessions with so many transactions each; serialization failures are tried
# again. Tests that all went through, and returns the SQLSTATEs that the server has logged meanwhile.
sub all_at_once {
    my ($name, $level, $transactions, %scripts) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my $position = -s $node->logfile;
    my @files;
    for my $script (sort keys %scripts) {
        PostgreSQL::Test::Utils::append_to_file("$folder/$script.$name.$level", $scripts{$script});
        push @files, '-f', "$folder/$script.$name.$level";
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

# Above READ COMMITTED sessions get in each other's way; then the only error is 40001.
sub only_serialization_failures {
    my ($states, $level, $name) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    return is($states, '', "$name at $level: no error") if $level eq 'read committed';
    return like($states, qr/^40001 \d+$/, "$name at $level: 40001, and no other error");
}

# The versions of a model with this number of registrations: 0.1.0, 0.2.0, … without a gap.
sub is_consecutive {
    my ($model, $count, $name) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    return is_sql($node, 'd', <<"SQL", "$count|t|t", $name);
SELECT count(*), array_agg(v.semver::text ORDER BY v.semver) = ARRAY(SELECT format('0.%s.0', n) FROM generate_series(1, $count) n),
       bool_and(v.artifact_uri = 's3://race/' || v.semver)
  FROM model_versions v JOIN models m USING (model_id) WHERE m.model_name = '$model'
SQL
}

# ---- versions

my $bump = q{SELECT semver FROM register_version('%s', bump => 'minor', artifact_uri => 's3://race/{version}');};

for my $level (@levels) {
    my $model = 'bump-' . ($level =~ s/ /-/r);
    my $transactions = $level eq 'read committed' ? 40 : 10;
    register_model($model);
    my $states = all_at_once('bump', $level, $transactions, bump => sprintf($bump, $model));
    only_serialization_failures($states, $level, 'bump');
    is_consecutive($model, $clients * $transactions, "bump at $level: every number once, none left out");
    is_sql($node, 'd', "SELECT g.rule, g.n FROM guards g JOIN models m ON m.model_id = g.subject_id WHERE m.model_name = '$model'",
        'version|' . $clients * $transactions, "bump at $level: each took the lock of the model");
}

for my $level (@levels) {
    my $model = 'mixed-' . ($level =~ s/ /-/r);
    my $transactions = $level eq 'read committed' ? 30 : 10;
    register_model($model);
    my $named = <<"SQL" =~ s/\n +/ /gr;
SELECT attempt('named', '$model',
    \$\$SELECT semver FROM register_version('$model', next_version('$model', 'minor'), 's3://race/{version}')\$\$);
SQL
    my $bumped = <<"SQL" =~ s/\n +/ /gr;
SELECT attempt('bumped', '$model',
    \$\$SELECT semver FROM register_version('$model', bump => 'minor', artifact_uri => 's3://race/{version}')\$\$);
SQL
    my $states = all_at_once('bump and names', $level, $transactions, bumped => $bumped, named => $named);
    only_serialization_failures($states, $level, 'bump and names');
    my $in = "FROM outcomes WHERE round = '$model'";
    is_sql($node, 'd', "SELECT count(*) $in AND race = 'bumped' AND state <> '00000'", '0', "bump and names at $level: no bump was refused");
    is_sql($node, 'd', "SELECT DISTINCT state $in AND race = 'named' AND state NOT IN ('00000', '23505')", '',
        "bump and names at $level: a name that is taken is 23505");
    is_consecutive($model, sql($node, 'd', "SELECT count(*) $in AND state = '00000'"),
        "bump and names at $level: every number once, none left out");
}
cmp_ok(sql($node, 'd', q{SELECT count(*) FROM outcomes WHERE race = 'named' AND state = '23505'}), '>', 0,
    'sessions that give names did meet others');

subtest 'a transaction that registers by name and then bumps, beside a bump' => sub {
    register_model('both');
    my $first = session($node, 'd', 'first');
    my $second = session($node, 'd', 'second');
    is(ask($first, q{BEGIN; SELECT semver FROM register_version('both', '0.1.0', 's3://race/1')}), '00000', 'one session registers by name');
    tell($second, q{SELECT semver FROM register_version('both', bump => 'minor', artifact_uri => 's3://race/2')});
    ok(is_waiting($node, 'd', 'second'), 'another one bumps and waits');
    my @states = ask($first, q{SELECT semver FROM register_version('both', bump => 'minor', artifact_uri => 's3://race/3'); COMMIT});
    push @states, ask($second, '');
    # Registering by name takes no lock of the model, so that imports do not queue; the price is that these two can wait for
    # each other. PostgreSQL ends one of them, and nothing wrong is registered.
    like(join(' ', sort @states[ 0, 2 ]), qr/^00000 (00000|40P01)$/, 'at least one ends well, the other at worst as a deadlock to be tried again');
    stop_sessions($first, $second);
};

# ---- models of the same name

for my $if_exists ('error', 'return') {
    my $register = "SELECT model_id FROM register_model(%L, framework => ''onnx'', if_exists => ''$if_exists'')";
    my $states = all_at_once("register_model, if_exists => $if_exists", 'read committed', 20, $if_exists => <<"SQL");
SELECT tick(60) AS round \\gset
SELECT attempt('$if_exists', :round::text, format('$register', '$if_exists-' || :round));
SQL
    is($states, '', "if_exists => $if_exists: no error that the function does not handle");
    my $rounds = "SELECT round FROM outcomes WHERE race = '$if_exists' GROUP BY round HAVING count(*) > 1";
    cmp_ok(sql($node, 'd', "SELECT count(*) FROM ($rounds) AS r"), '>=', 5, "if_exists => $if_exists: sessions did meet");
    is_sql($node, 'd', <<"SQL", '', "if_exists => $if_exists: one model in every round");
SELECT round, count(DISTINCT answer) FILTER (WHERE state = '00000'), count(m.model_id)
  FROM outcomes o LEFT JOIN models m ON m.model_id::text = o.answer AND m.model_name = race || '-' || round
 WHERE race = '$if_exists' GROUP BY round
HAVING count(DISTINCT answer) FILTER (WHERE state = '00000') <> 1 OR count(*) FILTER (WHERE state = '00000') <> count(m.model_id)
SQL
}
is_sql($node, 'd', q{SELECT DISTINCT state FROM outcomes WHERE race = 'return'}, '00000', 'if_exists => return: all get the model');
is_sql($node, 'd', <<'SQL', '', 'if_exists => error: one makes it, the others get 23505');
SELECT round FROM outcomes WHERE race = 'error' GROUP BY round
HAVING count(*) FILTER (WHERE state = '00000') <> 1 OR count(*) FILTER (WHERE state NOT IN ('00000', '23505')) > 0
SQL
is_sql($node, 'd', q{SELECT count(*) FROM outcomes WHERE race = 'error' AND state = '23505' AND answer !~ 'already exists'}, '0',
    'and are told so in words');

# ---- aliases

register_model('aliased');
sql($node, 'd', q{SELECT r.semver FROM generate_series(1, 20) n, register_version('aliased', format('0.%s.0', n), 's3://race/{version}') r});
sql($node, 'd', q{SELECT semver FROM set_alias('aliased', 'champion', '0.1.0')});
for my $level (@levels) {
    my $transactions = $level eq 'read committed' ? 30 : 10;
    my $states = all_at_once('set_alias', $level, $transactions, alias => <<"SQL");
\\set minor random(1, 20)
SELECT attempt('alias', '$level', 'SELECT previous_semver || '' '' || semver FROM set_alias(''aliased'', ''champion'', ''0.:minor.0'')');
SQL
    only_serialization_failures($states, $level, 'set_alias');
    is_sql($node, 'd', "SELECT state, count(*) FROM outcomes WHERE race = 'alias' AND round = '$level' GROUP BY state",
        '00000|' . $clients * $transactions, "set_alias at $level: all were set");
    # Who sets an alias holds its row until the end, so the times are in the order of the commits.
    is_sql($node, 'd', <<"SQL", 't', "set_alias at $level: the last one has won");
SELECT v.semver::text = (SELECT split_part(o.answer, ' ', 2) FROM outcomes o WHERE o.race = 'alias' ORDER BY o.at DESC LIMIT 1)
  FROM model_aliases a JOIN model_versions v USING (version_id) WHERE a.alias = 'champion'
SQL
}

subtest 'what an alias named before' => sub {
    my $first = session($node, 'd', 'first');
    my $second = session($node, 'd', 'second');
    sql($node, 'd', q{SELECT semver FROM set_alias('aliased', 'champion', '0.1.0')});
    my ($state, $answer) = ask($first, q{BEGIN; SELECT previous_semver, semver FROM set_alias('aliased', 'champion', '0.2.0')});
    is("$state $answer", '00000 0.1.0|0.2.0', 'one session moves the alias');
    tell($second, q{SELECT previous_semver, semver FROM set_alias('aliased', 'champion', '0.3.0')});
    ok(is_waiting($node, 'd', 'second'), 'another one waits');
    ask($first, 'COMMIT');
    (undef, $answer) = ask($second, '');
    is($answer, '0.2.0|0.3.0', 'and is told what the alias named when it moved it');
    stop_sessions($first, $second);
};

# ---- an alias of a version, and its deletion

# Both must never be committed, whoever comes first, whatever the other one sees.
sub is_never_both {
    my ($level, $order, $meeting) = @_;
    subtest "$level: $order first, $meeting" => sub {
        my $model = join '-', map { s/\W+/-/gr } $level, $order, $meeting;
        register_model($model);
        sql($node, 'd', "SELECT semver FROM register_version('$model', '1.0.0', 's3://race/1')");
        my %statement = (
            alias => "SELECT alias FROM set_alias('$model', 'champion', '1.0.0')",
            deletion => "UPDATE model_versions v SET deleted_at = now() FROM models m WHERE m.model_id = v.model_id AND m.model_name = '$model'",
        );
        my ($one, $other) = $order eq 'alias' ? ('alias', 'deletion') : ('deletion', 'alias');
        my $first = session($node, 'd', 'first');
        my $second = session($node, 'd', 'second');
        # The snapshots of both are older than what the other does.
        ask($_, "BEGIN ISOLATION LEVEL $level; SELECT count(*) FROM model_aliases") for $first, $second;
        is(ask($first, $statement{$one}), '00000', "the first one works: $one");
        my $second_state;
        if ($meeting eq 'the second waits') {
            tell($second, $statement{$other});
            ok(is_waiting($node, 'd', 'second'), 'the second waits');
            is(ask($first, 'COMMIT'), '00000', 'the first one commits');
            $second_state = ask($second, '');
        } else {
            is(ask($first, 'COMMIT'), '00000', 'the first one commits');
            $second_state = ask($second, $statement{$other});
        }
        if ($second_state eq '00000') {
            $second_state = ask($second, 'COMMIT');
        } else {
            ask($second, 'ROLLBACK');
        }
        like($second_state, $level eq 'read committed' ? qr/^(?:23514|P0002)$/ : qr/^(?:23514|40001)$/, 'the second one is refused');
        is_sql($node, 'd', "SELECT (SELECT count(*) FROM model_aliases a WHERE a.version_id = v.version_id), v.deleted_at IS NOT NULL
                              FROM model_versions v JOIN models m USING (model_id) WHERE m.model_name = '$model'",
            $one eq 'alias' ? '1|f' : '0|t', 'what the first one did is there');
        stop_sessions($first, $second);
    };
    return;
}
for my $level (@levels) {
    for my $order ('alias', 'deletion') {
        is_never_both($level, $order, $_) for 'the second waits', 'the second comes later';
    }
}

subtest 'the names of the rules' => sub {
    register_model('rules');
    sql($node, 'd', <<'SQL');
SELECT semver FROM register_version('rules', '1.0.0', 's3://race/1');
SELECT semver FROM register_version('rules', '2.0.0', 's3://race/2');
SELECT alias FROM set_alias('rules', 'champion', '1.0.0');
UPDATE model_versions SET deleted_at = now() WHERE model_id = find_model('rules') AND semver = '2.0.0'::semver;
SQL
    sql_fails($node, 'd', <<'SQL', '23514', 'a version with an alias', like => qr/CONSTRAINT NAME:\s+version_has_alias/);
UPDATE model_versions SET deleted_at = now() WHERE model_id = find_model('rules') AND semver = '1.0.0'::semver
SQL
    sql_fails($node, 'd', <<'SQL', '23514', 'an alias of a deleted version', like => qr/CONSTRAINT NAME:\s+alias_of_deleted_version/);
UPDATE model_aliases a SET version_id = v.version_id FROM model_versions v
 WHERE a.model_id = find_model('rules') AND v.model_id = a.model_id AND v.semver = '2.0.0'::semver
SQL
};

for my $level (@levels) {
    my $model = 'storm-' . ($level =~ s/ /-/r);
    my $transactions = $level eq 'read committed' ? 60 : 20;
    register_model($model);
    sql($node, 'd', "SELECT r.semver FROM generate_series(1, 3) n, register_version('$model', format('0.%s.0', n), 's3://race/{version}') r");
    my $version = "WHERE model_id = find_model(''$model'') AND semver = ''0.:minor.0''::semver RETURNING semver";
    my $set_minor = "\\set minor random(1, 3)\n";
    my $states = all_at_once('aliases and deletions', $level, $transactions,
        alias => "${set_minor}SELECT attempt('storm', '$level alias', 'SELECT semver FROM set_alias(''$model'', ''champion'', ''0.:minor.0'')');",
        delete => "${set_minor}SELECT attempt('storm', '$level delete', 'UPDATE model_versions SET deleted_at = now() $version');",
        restore => "${set_minor}SELECT attempt('storm', '$level restore', 'UPDATE model_versions SET deleted_at = NULL $version');");
    $states =~ s/^40001 \d+\n?//m if $level ne 'read committed';
    is($states, '', "aliases and deletions at $level: no error but those of the rules" . ($level eq 'read committed' ? '' : ', and 40001'));
    is_sql($node, 'd', <<"SQL", '00000 23514', "aliases and deletions at $level: they did meet");
SELECT string_agg(DISTINCT state, ' ' ORDER BY state) FROM outcomes WHERE race = 'storm' AND round LIKE '$level%' AND state <> 'P0002'
SQL
    is_sql($node, 'd', 'SELECT * FROM check_registry()', '', "aliases and deletions at $level: check_registry() finds nothing");
}

# Partitions of the audit trail are made while others write into it.
subtest 'partitions while others write' => sub {
    register_model('written');
    sql($node, 'd', q{DO $$BEGIN EXECUTE format('DROP TABLE mlregistry.%I', 'audit_logs_' || to_char(now() AT TIME ZONE 'UTC' + interval '1 month', '"y"YYYY"m"MM')); END$$});
    my ($before, $during) = (session($node, 'd', 'before'), session($node, 'd', 'during'));
    my ($first, $second) = (session($node, 'd', 'first'), session($node, 'd', 'second'));
    is(ask($before, q{BEGIN; SELECT semver FROM register_version('written', '1.0.0', 's3://race/1')}), '00000', 'a session writes and stays open');
    my ($state, $answer) = ask($first, 'BEGIN; SELECT task, rows FROM run_maintenance()');
    is("$state $answer", '00000 make_partition|0', 'maintenance does not wait for it');
    tell($second, 'SELECT task, rows FROM run_maintenance()');
    ok(is_waiting($node, 'd', 'second'), 'a second maintenance waits');
    register_model('written-beside');
    is(ask($during, q{SELECT semver FROM register_version('written-beside', '1.0.0', 's3://race/1')}), '00000', 'others go on writing');
    is(ask($before, q{SELECT semver FROM register_version('written', '1.1.0', 's3://race/1'); COMMIT}), '00000', 'and so does the first');
    ask($first, 'COMMIT');
    is(ask($second, 'SELECT 1'), '00000', 'the second finds nothing left to do');
    is_sql($node, 'd', q{SELECT count(*) FROM audit_logs WHERE action = 'version.create' AND entity_name LIKE 'written%'}, '3', 'all of it is in the trail');
    is_sql($node, 'd', 'SELECT * FROM check_registry()', '', 'check_registry() finds nothing');
    stop_sessions($before, $during, $first, $second);
};

done_testing();
