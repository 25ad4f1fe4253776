# Registering the same name in many sessions at once, at every isolation level, with and without somebody who deletes it
# again: if_exists => 'return' gives all of them the one row, if_exists => 'error' lets exactly one through.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin;
use MLR;

use PostgreSQL::Test::Utils;
use Test::More;

my @levels = ('read committed', 'repeatable read', 'serializable');
my $clients = 6;
my $node = new_node('registration', conf => "max_pred_locks_per_transaction = 512\ndeadlock_timeout = 50ms\n");
my $folder = PostgreSQL::Test::Utils::tempdir();
sql($node, 'postgres', 'CREATE DATABASE d');
sql($node, 'd', <<'SQL');
CREATE EXTENSION mlregistry;
ALTER DATABASE d SET search_path = public, mlregistry;
SET search_path = public, mlregistry;

-- Every row that was committed under a name, also those that are gone.
CREATE TABLE made (kind text, name text, id uuid, description text);
CREATE FUNCTION log_made() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    made jsonb := to_jsonb(NEW);
BEGIN
    INSERT INTO public.made VALUES (TG_ARGV[0], made ->> TG_ARGV[1], (made ->> TG_ARGV[2])::uuid, made ->> 'description');
    RETURN NULL;
END $$;
CREATE TRIGGER zz_log AFTER INSERT ON models FOR EACH ROW EXECUTE FUNCTION log_made('model', 'model_name', 'model_id');
CREATE TRIGGER zz_log AFTER INSERT ON model_versions FOR EACH ROW EXECUTE FUNCTION log_made('version', 'semver', 'version_id');
CREATE TRIGGER zz_log AFTER INSERT ON datasets FOR EACH ROW EXECUTE FUNCTION log_made('dataset', 'dataset_name', 'dataset_id');
CREATE TRIGGER zz_log AFTER INSERT ON tags FOR EACH ROW EXECUTE FUNCTION log_made('tag', 'tag_name', 'tag_id');
CREATE TRIGGER zz_log AFTER INSERT ON teams FOR EACH ROW EXECUTE FUNCTION log_made('team', 'team_name', 'team_id');

-- Runs a statement and notes how it ended.
CREATE TABLE outcomes (race text, kind text, name text, client integer, state text, answer text, rule text);
CREATE FUNCTION attempt(race text, kind text, name text, client integer, statement text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    answer text;
    state text := '00000';
    rule text;
BEGIN
    BEGIN
        EXECUTE statement INTO answer;
    EXCEPTION WHEN OTHERS THEN
        GET STACKED DIAGNOSTICS rule = CONSTRAINT_NAME;
        state := SQLSTATE;
        answer := SQLERRM;
    END;
    INSERT INTO outcomes VALUES (race, kind, name, client, state, answer, rule);
END $$;

-- Waits for the next tick of the clock, so that all sessions begin at once: which tick it was.
CREATE FUNCTION tick(milliseconds integer) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    round bigint := ceil(extract(epoch FROM clock_timestamp()) * 1000 / milliseconds);
BEGIN
    PERFORM pg_sleep(round * milliseconds / 1000.0 - extract(epoch FROM clock_timestamp())::float8);
    RETURN round;
END $$;

SELECT model_id FROM register_model('fixed', framework => 'onnx');
SELECT semver FROM register_version('fixed', '0.0.1', 's3://fixed');
SELECT dataset_name FROM register_dataset('fixed', 's3://fixed/', 'csv');
SQL

# What is registered under a name; the description says by whom. %s: name, client, if_exists. And how it is deleted.
my %register = (
    model => q{SELECT model_id FROM register_model('%1$s', framework => 'onnx', description => '%2$s', tags => '{z-%1$s-%2$s,both-%1$s,a-%1$s-%2$s}', if_exists => '%3$s')},
    dataset => q{SELECT dataset_id FROM register_dataset('%1$s', 's3://d/', 'csv', description => '%2$s', tags => '{z-%1$s-%2$s,both-%1$s}', if_exists => '%3$s')},
    version => q{SELECT version_id FROM register_version('fixed', '%1$s', 's3://v', description => '%2$s', if_exists => '%3$s')},
    tag => q{SELECT tag_id FROM create_tag('%1$s', description => '%2$s', if_exists => '%3$s')},
    team => q{SELECT team_id FROM create_team('%1$s', department => '%2$s', if_exists => '%3$s')},
    tagged => q{SELECT tag_id FROM tag('fixed', '%1$s', create_missing => true)},
    tagged_version => q{SELECT tag_id FROM tag('fixed@0.0.1', '%1$s', create_missing => true)},
    tagged_dataset => q{SELECT tag_id FROM tag('dataset:fixed', '%1$s', create_missing => true)},
);
my %delete = (
    model => q{UPDATE models SET deleted_at = now() WHERE model_name = '%1$s' AND deleted_at IS NULL RETURNING model_id},
    model_for_good => q{DELETE FROM models WHERE model_name = '%1$s' RETURNING model_id},
    dataset => q{UPDATE datasets SET deleted_at = now() WHERE dataset_name = '%1$s' AND deleted_at IS NULL RETURNING dataset_id},
    dataset_for_good => q{DELETE FROM datasets WHERE dataset_name = '%1$s' RETURNING dataset_id},
    version => q{DELETE FROM model_versions WHERE model_id = find_model('fixed') AND semver = '%1$s'::semver RETURNING version_id},
    tag => q{DELETE FROM tags WHERE tag_name = '%1$s' RETURNING tag_id},
    team => q{DELETE FROM teams WHERE team_name = '%1$s' RETURNING team_id},
    tagged => q{DELETE FROM tags WHERE tag_name = '%1$s' RETURNING tag_id},
    tagged_dataset => q{SELECT tag_id FROM untag('dataset:fixed', '%1$s')},
);
my %rule = (model => 'unique_model_name', dataset => 'unique_dataset_name', version => 'unique_model_version', tag => 'unique_tag_name', team => 'unique_team_name');

# A statement as a client of pgbench writes it: names end in the number of the tick.
sub attempt {
    my ($race, $key, $statement, $if_exists) = @_;
    my ($kind) = $key =~ /^([a-z]+(?:_version|_dataset)?)/;
    my $name = $key =~ /^version/ ? ':round.0.0' : "$race-$key-:round" =~ tr/_/-/r;
    $statement =~ s/'/''/g;
    $statement =~ s/%1\$s/$name/g;
    $statement =~ s/%2\$s/:client/g;
    $statement =~ s/%3\$s/$if_exists/g;
    return "SELECT attempt('$race', '$kind', '$name', :client_id, '$statement');\n" =~ s/:client(?!_id)/:client_id/gr;
}

# psql's variables do not reach into quotes: there they are put in by the server.
sub unquoted { my ($script) = @_; return $script =~ s/'((?:[^']|'')*)'/my $s = $1; $s =~ m{:round|:client_id} ? "'" . ($s =~ s{:(round|client_id)}{' || :$1 || '}gr) . "'" : "'$s'"/ger }

# Runs a script in all sessions, so many times. Returns the SQLSTATEs that came to the clients.
sub all_at_once {
    my ($race, $level, $times, $script) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my $position = -s $node->logfile;
    PostgreSQL::Test::Utils::append_to_file("$folder/$race", unquoted($script));
    local $ENV{PGOPTIONS} = '-c default_transaction_isolation=' . ($level =~ s/ /\\ /r);
    my ($status, $out, $err) = run_client($node, [ 'pgbench', '-n', '-c', $clients, '-j', 2, '-t', $times, '--max-tries=1000', '-f', "$folder/$race", 'd' ]);
    my $all = $clients * $times;
    ok($status == 0 && $out =~ m{^number of transactions actually processed: $all/$all$}m, "$race: all $all scripts went through") or diag("$out$err");
    return logged_states($node, $position);
}

my $tick = "SELECT tick(25) AS round \\gset\n";
sub none_is { my ($race, $sql, $name) = @_; local $Test::Builder::Level = $Test::Builder::Level + 1; return is_sql($node, 'd', $sql, '', "$race: $name") }

for my $level (@levels) {
    my $short = $level =~ s/(\w)\w* ?/$1/gr; # rc, rr, s
    my $refusals = $level eq 'read committed' ? q{'00000'} : q{'00000', '40001'};

    for my $if_exists ('return', 'error') {
        my $race = "$short-$if_exists";
        my @kinds = grep { $if_exists eq 'return' || $rule{$_} } sort keys %register;
        my $logged = all_at_once($race, $level, 4, join '', map { $tick . attempt($race, $_, $register{$_}, $if_exists) } @kinds);
        unlike($logged, qr/40P01/, "$race: nobody waits for each other");
        my $of_race = "FROM outcomes o WHERE o.race = '$race'";
        if ($if_exists eq 'return') {
            none_is($race, "SELECT DISTINCT o.kind, o.state, o.answer $of_race AND (o.state NOT IN ($refusals) OR o.answer IS NULL)", 'all get an answer');
            none_is($race, "SELECT o.kind, o.name $of_race AND o.state = '00000' GROUP BY 1, 2 HAVING count(DISTINCT o.answer) > 1", 'all get the same');
        } else {
            none_is($race, "SELECT DISTINCT o.kind, o.state, o.answer, o.rule $of_race AND o.state NOT IN ($refusals, '23505')", 'no other error');
            none_is($race, "SELECT o.kind, o.name, count(*) $of_race AND o.state = '00000' GROUP BY 1, 2 HAVING count(*) > 1", 'no two made it');
            is_sql($node, 'd', "SELECT DISTINCT o.kind, o.rule $of_race AND o.state = '23505' AND o.answer ~ 'already (exists|has)' ORDER BY 1",
                join("\n", map { "$_|$rule{$_}" } sort keys %rule), "$race: losers are told by which rule") if $level eq 'read committed';
            none_is($race, "SELECT DISTINCT o.kind, o.rule, o.answer $of_race AND o.state = '23505' AND o.answer !~ 'already (exists|has)'", 'and in words');
        }
        none_is($race, "SELECT o.kind, o.name $of_race GROUP BY 1, 2 HAVING count(*) FILTER (WHERE o.state = '00000') = 0", 'one comes through')
            if $level ne 'serializable'; # where the one who made it may be sent back at its COMMIT, after the others

        none_is($race, "SELECT m.kind, m.name, count(*) FROM made m WHERE m.name IN (SELECT o.name $of_race) GROUP BY 1, 2 HAVING count(*) > 1", 'one row is made');
        none_is($race, "SELECT o.* $of_race AND o.state = '00000' AND NOT EXISTS (SELECT FROM made m WHERE m.name = o.name AND m.id::text = o.answer)", 'and that is what they get');
        cmp_ok(sql($node, 'd', "SELECT count(*) FROM (SELECT $of_race GROUP BY o.kind, o.name HAVING count(*) > 1) AS met"), '>', 10, "$race: sessions did meet");

        # A model and a dataset have the tags of the one who made them, and the tags of the others are nowhere.
        none_is($race, <<"SQL", 'tags are those of the one who made it');
SELECT m.name, m.description, have.tags
  FROM made m, LATERAL (SELECT array_agg(i.tag_name ORDER BY i.tag_name) AS tags FROM tags_of(m.kind, m.id) i) AS have
 WHERE m.name LIKE '$race-%' AND m.kind IN ('model', 'dataset')
   AND have.tags IS DISTINCT FROM ARRAY(SELECT format(form, m.name, m.description)
                                          FROM unnest(CASE m.kind WHEN 'model' THEN '{a-%1\$s-%2\$s,both-%1\$s,z-%1\$s-%2\$s}'
                                                                  ELSE '{both-%1\$s,z-%1\$s-%2\$s}' END::text[]) AS form)
SQL
        none_is($race, <<"SQL", 'no tag of a loser is left');
SELECT t.tag_name FROM tags t
 WHERE t.tag_name ~ '^[az]-$race-' AND NOT EXISTS (SELECT FROM model_tags x WHERE x.tag_id = t.tag_id) AND NOT EXISTS (SELECT FROM dataset_tags x WHERE x.tag_id = t.tag_id)
SQL
        none_is($race, <<"SQL", 'no tag is lost') if $if_exists eq 'return';
SELECT o.kind, o.name $of_race AND o.kind LIKE 'tagged%' AND o.state = '00000'
   AND NOT EXISTS (SELECT FROM tags_of(CASE o.kind WHEN 'tagged' THEN 'fixed' WHEN 'tagged_version' THEN 'fixed\@0.0.1' ELSE 'dataset:fixed' END) i WHERE i.tag_name = o.name)
SQL
    }

    # The same while one session deletes what the others register. Nobody sees an error of it, and nobody gets nothing.
    my $race = "$short-deleted";
    my $script = '';
    for my $key (sort keys %delete) {
        my ($kind) = $key =~ /^([a-z]+(?:_dataset)?)/;
        $kind =~ s/_for$//;
        my $register = attempt($race, $key, $register{$kind}, 'return');
        my $delete = attempt($race, $key, $delete{$key}, '') =~ s/attempt\('$race'/attempt('$race-by'/r;
        $script .= "$tick\\if :client_id = 0\n" . ($register . $delete) x 4 . "\\else\n" . $register x 6 . "\\endif\n";
    }
    my $logged = all_at_once($race, $level, $level eq 'serializable' ? 1 : 3, $script);
    unlike($logged, qr/40P01/, "$race: nobody waits for each other");
    none_is($race, "SELECT o.kind, o.state, o.rule, o.answer, count(*) FROM outcomes o WHERE o.race = '$race' AND (o.state NOT IN ($refusals) OR o.answer IS NULL) GROUP BY 1, 2, 3, 4",
        'all get an answer');
    none_is($race, "SELECT o.* FROM outcomes o WHERE o.race = '$race' AND o.state = '00000' AND NOT EXISTS (SELECT FROM made m WHERE m.name = o.name AND m.id::text = o.answer)",
        'and it is one of that name');
    none_is($race, "SELECT o.kind, o.state, o.answer FROM outcomes o WHERE o.race = '$race-by' AND o.state NOT IN ($refusals, 'P0002')", 'the deletions went through');
    is_sql($node, 'd', "SELECT count(DISTINCT o.name) FILTER (WHERE o.answer IS NOT NULL) > 5 FROM outcomes o WHERE o.race = '$race-by' AND o.state = '00000'", 't',
        "$race: there was something to delete");
}
# As fast as it goes: names that come and go all the time. In READ COMMITTED each statement of a function sees another state.
subtest 'names that come and go' => sub {
    my $race = 'storm';
    my $fixed = sub { $_[0] =~ s/-?:round(\.0\.0)?/$1 ? '1.0.0' : ''/ger };
    PostgreSQL::Test::Utils::append_to_file("$folder/come", unquoted($fixed->(join '', map { attempt($race, $_, $register{$_}, 'return') } sort keys %register)));
    PostgreSQL::Test::Utils::append_to_file("$folder/go", unquoted($fixed->(join '', map { attempt("$race-by", $_, $delete{$_}, '') =~ s/$race-by-(\w+)/$race-$1/gr =~ s/-for-good//gr }
        'model_for_good', 'dataset_for_good', 'version', 'tag', 'team', 'tagged', 'tagged_dataset')));
    my $position = -s $node->logfile;
    my ($status, $out, $err) = run_client($node, [ 'pgbench', '-n', '-c', $clients, '-j', 2, '-T', 3, '-f', "$folder/come\@2", '-f', "$folder/go\@1", 'd' ]);
    ok($status == 0 && logged_states($node, $position) eq '', 'all scripts went through') or diag("$out$err");
    none_is($race, "SELECT o.kind, o.state, o.rule, o.answer, count(*) FROM outcomes o WHERE o.race = '$race' AND (o.state <> '00000' OR o.answer IS NULL) GROUP BY 1, 2, 3, 4",
        'all get an answer');
    none_is($race, "SELECT o.kind, o.state, o.answer FROM outcomes o WHERE o.race = '$race-by' AND o.state NOT IN ('00000', 'P0002')", 'the deletions went through');
    is_sql($node, 'd', "SELECT count(DISTINCT o.answer) > 50, count(DISTINCT o.kind) FROM outcomes o WHERE o.race = '$race-by' AND o.state = '00000' AND o.answer IS NOT NULL", 't|7',
        'there was something to delete');
};

none_is('at the end', 'SELECT model_name FROM models WHERE deleted_at IS NULL GROUP BY project_id, model_name HAVING count(*) > 1
                       UNION ALL SELECT dataset_name FROM datasets WHERE deleted_at IS NULL GROUP BY project_id, dataset_name HAVING count(*) > 1', 'no name is there twice');
none_is('at the end', 'SELECT * FROM check_registry()', 'check_registry() finds nothing');

# ---- what needs an order of its own

my @sessions = map { session($node, 'd', $_) } 'first', 'second', 'third';
my ($first, $second, $third) = @sessions;

subtest 'the same tags in another order' => sub {
    # The second one has made tag b and waits for c, the third one would make a, and then wait for b.
    ask($first, q{BEGIN; SELECT tag_name FROM create_tag('order-b')});
    tell($second, q{BEGIN; SELECT model_name FROM register_model('order-1', framework => 'onnx', tags => '{order-c,order-b,order-a}')});
    ok(is_waiting($node, 'd', 'second'), 'one registration waits in the middle of its tags');
    tell($third, q{SELECT model_name FROM register_model('order-2', framework => 'onnx', tags => '{order-a,order-b,order-c}')});
    ok(is_waiting($node, 'd', 'third'), 'and another one that gives them the other way round');
    ask($first, 'ROLLBACK');
    is(ask($second, 'COMMIT'), '00000', 'the first registration ends well');
    is(ask($third, ''), '00000', 'so does the other one');
    is_sql($node, 'd', q{SELECT string_agg(tag_name, ' ' ORDER BY model_name, tag_name) FROM models JOIN model_tags USING (model_id) JOIN tags USING (tag_id) WHERE model_name LIKE 'order-_'},
        'order-a order-b order-c order-a order-b order-c', 'with all tags');
};

# Somebody deletes what is registered again, and commits or not.
sub deleted_meanwhile {
    my ($level, $kind, $end) = @_;
    my $name = "soft-$kind" . ($level =~ s/(\w)\w* ?/$1/gr) . '-' . lc $end;
    my $version = $kind eq 'version';
    my $statement = sprintf($register{$kind}, $version ? '7.0.0' : $name, 'x', 'return');
    if ($version) {
        ask($first, "SELECT model_id FROM register_model('$name', framework => 'onnx')");
        $statement =~ s/'fixed'/'$name'/;
    }
    my ($state, $before) = ask($first, $statement);
    is($state, '00000', 'there is one');
    ask($second, "BEGIN ISOLATION LEVEL $level; SELECT count(*) FROM ${kind}s") if !$version;
    ask($second, "BEGIN ISOLATION LEVEL $level; SELECT count(*) FROM model_versions") if $version;
    ask($first, 'BEGIN; ' . ($version ? "UPDATE model_versions SET deleted_at = now() WHERE version_id = '$before'" : sprintf($delete{$kind}, $name)));
    # A version that is there is returned at once; a name that may be free in a moment is waited for.
    my ($then, $after);
    if ($version) {
        ($then, $after) = ask($second, $statement);
        ask($first, $end);
    } else {
        tell($second, $statement);
        ok(is_waiting($node, 'd', 'second'), 'the registration waits');
        ask($first, $end);
        ($then, $after) = ask($second, '');
    }
    is($then, '00000', 'and gets an answer');
    is(ask($second, 'COMMIT'), '00000', 'that can be committed');
    if ($version || $end eq 'ROLLBACK') { is($after, $before, 'the one that was there') } else { isnt($after, $before, 'a new one') }
    is_sql($node, 'd', "SELECT ${kind}_id FROM ${kind}s WHERE ${kind}_name = '$name' AND deleted_at IS NULL", $after, 'which is the only one') if !$version;
    is_sql($node, 'd', "SELECT count(*) FROM model_versions WHERE model_id = find_model('$name')", '1', 'and there is no other') if $version;
    return;
}
for my $level ('read committed', 'serializable') {
    for my $kind ('model', 'dataset', 'version') {
        for my $end ($kind eq 'model' ? ('COMMIT', 'ROLLBACK') : ('COMMIT')) {
            subtest "$level: a $kind is deleted meanwhile, $end" => sub { deleted_meanwhile($level, $kind, $end) };
        }
    }
}

subtest 'a version that is registered and deleted while its registration waits' => sub {
    ask($first, q{BEGIN; SELECT semver FROM register_version('fixed', '8.0.0', 's3://v'); UPDATE model_versions SET deleted_at = now() WHERE semver = '8.0.0'::semver});
    tell($second, q{SELECT semver FROM register_version('fixed', '8.0.0', 's3://v', if_exists => 'return')});
    ok(is_waiting($node, 'd', 'second'), 'it waits');
    ask($first, 'COMMIT');
    is(ask($second, ''), '23505', 'and is refused: a version is never used twice');
};
stop_sessions(@sessions);

done_testing();
