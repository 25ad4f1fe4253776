# A crash in the middle of registrations loses nothing that was committed; a hot standby answers every question.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin;
use MLR;

use IPC::Run ();
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(usleep);

my $primary = new_node('primary', streaming => 1, conf => "synchronous_commit = on\n");
my $folder = PostgreSQL::Test::Utils::tempdir();
sql($primary, 'postgres', 'CREATE DATABASE d; CREATE ROLE mlr_owner; CREATE ROLE mlr_auditor');
sql($primary, 'd', 'CREATE EXTENSION mlregistry; CREATE EXTENSION amcheck; ALTER DATABASE d SET search_path = public, mlregistry');
fill_registry($primary, 'd');
add_dba_objects($primary, 'd');
sql($primary, 'd', q{UPDATE deployments SET status = 'terminated' WHERE status <> 'terminated'; UPDATE organizations SET deleted_at = now() WHERE slug = 'other'});

# ---- crashes

# Sessions that register as fast as they can; psql shows a version when the server has said that it is committed.
# The first two share a model, the others have one each.
my @models = ('crash-shared', 'crash-shared', 'crash-a', 'crash-b');

sub start_registering {
    my ($round) = @_;
    my @sessions;
    for my $n (0 .. $#models) {
        my $script = "$folder/register-$n.sql";
        my $statement = "SELECT model_name || ' ' || semver FROM register_version('$models[$n]', bump => 'minor',"
            . " artifact_uri => 's3://crash/{version}', description => repeat('x', 500));\n";
        PostgreSQL::Test::Utils::append_to_file($script, $statement x 20000) unless -e $script;
        my $answers = "$folder/answers-$round-$n";
        my $run = IPC::Run::start([ 'psql', '-XAtq', '-v', 'ON_ERROR_STOP=1', '-d', $primary->connstr('d'), '-f', $script, '-o', $answers ],
            '2>', \my $err);
        push @sessions, { run => $run, answers => $answers };
    }
    return @sessions;
}

sub answers {
    my ($session) = @_;
    my @lines = -e $session->{answers} ? split(/\n/, PostgreSQL::Test::Utils::slurp_file($session->{answers})) : ();
    return @lines;
}

sub in_registry {
    return map { $_ => 1 } split /\n/, sql($primary, 'd', <<'SQL');
SELECT m.model_name || ' ' || v.semver FROM model_versions v JOIN models m USING (model_id) WHERE m.model_name LIKE 'crash-%'
SQL
}

my $other_rows = <<'SQL';
SELECT md5(string_agg(v::text, '' ORDER BY v.version_id)) FROM model_versions v JOIN models m USING (model_id) WHERE m.model_name NOT LIKE 'crash-%'
SQL

my $models_with_gaps = <<'SQL';
SELECT m.model_name
  FROM models m,
       LATERAL (SELECT array_agg(v.semver::text ORDER BY v.semver) AS versions, count(*) AS n
                  FROM model_versions v WHERE v.model_id = m.model_id) AS has
 WHERE m.model_name LIKE 'crash-%' AND has.versions <> ARRAY(SELECT format('0.%s.0', n) FROM generate_series(1, has.n) AS n)
SQL

# What amcheck finds in the tables and indexes of the registry, and how many of them it has looked at.
sub is_undamaged {
    my ($node, $name) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    return is_sql($node, 'd', <<'SQL', '', $name);
SELECT c.relname, v.* FROM pg_class c, verify_heapam(c.oid) v WHERE c.relnamespace = 'mlregistry'::regnamespace AND c.relkind = 'r';
SELECT c.relname FROM pg_class c, bt_index_check(c.oid, true) AS checked
 WHERE c.relnamespace = 'mlregistry'::regnamespace AND c.relkind = 'i' AND c.relam = (SELECT oid FROM pg_am WHERE amname = 'btree')
   AND checked::text <> '';
SQL
}

sql($primary, 'd', "SELECT model_id FROM register_model('$_', framework => 'onnx')") for 'crash-shared', 'crash-a', 'crash-b';
my %registered;
for my $round (1 .. 3) {
    subtest "crash $round" => sub {
        my $rows = sql($primary, 'd', $other_rows);
        my @sessions = start_registering($round);
        for (my $waited = 0; $waited < 60_000_000 && grep { answers($_) < 150 } @sessions; $waited += 50_000) {
            usleep(50_000);
        }
        is(scalar(grep { answers($_) >= 150 } @sessions), scalar @sessions, 'all sessions are registering');
        $primary->stop('immediate');
        $_->{run}->finish for @sessions;
        my @answered = map { answers($_) } @sessions;
        is(scalar(grep { answers($_) == 20000 } @sessions), 0, 'none had come to its end');
        $primary->start;

        my %kept = in_registry();
        my @lost = grep { !$kept{$_} } @answered, keys %registered;
        is(scalar @lost, 0, 'every version that was answered for is there: ' . @answered) or diag("lost: @lost[0 .. ($#lost > 9 ? 9 : $#lost)]");
        my %answered = map { $_ => 1 } @answered;
        is(scalar keys %answered, scalar @answered, 'no version was answered for twice');
        my @surplus = grep { !$answered{$_} && !$registered{$_} } keys %kept;
        cmp_ok(scalar @surplus, '<=', scalar @sessions, 'of those that were not, at most one of each session');
        %registered = %kept;
        is_sql($primary, 'd', $models_with_gaps, '', 'numbers have no gaps');
        is_sql($primary, 'd', $other_rows, $rows, 'other rows are as before');
        is_undamaged($primary, 'amcheck finds nothing in tables and indexes');
        is_sql($primary, 'd', 'SELECT * FROM check_registry()', '', 'check_registry() finds nothing');
        my $next = sql($primary, 'd', q{SELECT next_version('crash-shared', 'minor')});
        is_sql($primary, 'd', q{SELECT semver FROM register_version('crash-shared', bump => 'minor', artifact_uri => 's3://crash/{version}')},
            $next, 'registering goes on');
        $registered{"crash-shared $next"} = 1;
    };
}
cmp_ok(sql($primary, 'd', q{SELECT count(*) FROM pg_indexes WHERE schemaname = 'mlregistry' AND indexdef LIKE '%btree%semver%'}), '>=', 3,
    'indexes over versions were among those checked');

# ---- a hot standby

$primary->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'base', has_streaming => 1);
$standby->start;
sql($primary, 'd', q{SELECT semver FROM register_version('tfjs', '99.0.0', 's3://late/{version}')});
sql($primary, 'd', q{SELECT alias FROM set_alias('tfjs', 'newest', '99.0.0')});
$primary->wait_for_catchup($standby, 'replay', $primary->lsn('write'));

my %questions = (
    'resolve() by alias' => q{SELECT * FROM resolve('tfjs@newest')},
    'resolve() by version' => q{SELECT * FROM resolve('default/tfjs@1.0.0')},
    'resolve() by stage' => q{SELECT * FROM resolve('tfjs@production')},
    'resolve() of latest' => q{SELECT * FROM resolve('onnxruntime-web')},
    'resolve() by identifier' => q{SELECT * FROM resolve(find_model('tfjs'), 'latest')},
    'latest_version()' => q{SELECT * FROM latest_version('tfjs', latest_by => 'registered')},
    'latest_versions()' => q{SELECT * FROM latest_versions(include_prerelease => true)},
    'list_models()' => 'SELECT * FROM list_models()',
    'list_versions()' => q{SELECT * FROM list_versions('tfjs', max_rows => 50)},
    'next_version()' => q{SELECT next_version('tfjs', 'minor')},
    'find_model()' => q{SELECT find_model('tfjs')},
    'registry_info()' => 'SELECT * FROM registry_info()',
    'schema_version()' => 'SELECT schema_version()',
    'current_organization_id()' => 'SELECT current_organization_id(), current_project_id(), current_actor()',
    'v_models_latest' => 'SELECT * FROM v_models_latest ORDER BY model_id',
    'version_files' => 'SELECT * FROM version_files ORDER BY file_id',
);
for my $question (sort keys %questions) {
    my $answer = sql($primary, 'd', $questions{$question});
    isnt($answer, '', "the primary answers $question");
    is_sql($standby, 'd', $questions{$question}, $answer, "the standby answers $question as the primary does");
}
is_sql($standby, 'd', q{SELECT semver FROM resolve('tfjs@newest')}, '99.0.0', 'the standby knows what came after the backup');
is_sql($standby, 'd', 'SELECT * FROM check_registry()', '', 'check_registry() works there and finds nothing');
same_lines(row_digests($standby, 'd'), row_digests($primary, 'd'), 'all rows are the same');
is_undamaged($standby, 'amcheck finds nothing on the standby');
is(sql_state($standby, 'd', q{SELECT * FROM resolve('tfjs@nonsense')}), 'P0002', 'an unknown alias is the same error there');

my %writes = (
    'register_model()' => q{SELECT register_model('standby', framework => 'onnx')},
    'register_version()' => q{SELECT register_version('tfjs', '100.0.0', 's3://x/y')},
    'register_version(bump)' => q{SELECT register_version('tfjs', bump => 'minor', artifact_uri => 's3://x/y')},
    'lock_version_numbers()' => q{SELECT lock_version_numbers(find_model('tfjs'))},
    'set_alias()' => q{SELECT set_alias('tfjs', 'champion', 'latest')},
    'drop_alias()' => q{SELECT drop_alias('tfjs', 'champion')},
    'add_version_file()' => q{SELECT add_version_file('tfjs@99.0.0', 'late.bin')},
    'install()' => 'SELECT install()',
    'migrate()' => 'SELECT migrate()',
    'uninstall()' => q{SELECT uninstall('mlregistry')},
    'INSERT' => q{INSERT INTO frameworks (name) VALUES ('standby')},
    'UPDATE' => 'UPDATE models SET description = NULL',
    'DELETE' => 'DELETE FROM model_aliases',
);
sql_fails($standby, 'd', $writes{$_}, '25006', "the standby refuses $_") for sort keys %writes;

# Everything that does not write must work there; a transaction that is declared READ ONLY is the same.
for my $question (sort keys %questions) {
    is_sql($primary, 'd', "BEGIN READ ONLY; $questions{$question}; COMMIT", sql($primary, 'd', $questions{$question}),
        "$question works in a READ ONLY transaction");
}

$primary->stop('immediate');
$standby->promote;
is_sql($standby, 'd', <<'SQL', "99.1.0\n99.1.0", 'a standby that was promoted registers');
SELECT semver FROM register_version('tfjs', bump => 'minor', artifact_uri => 's3://promoted/{version}');
SELECT semver FROM resolve('tfjs@latest');
SQL
is_sql($standby, 'd', 'SELECT * FROM check_registry(); SELECT moved FROM registry_info()', 'f',
    'check_registry() finds nothing, and it is no copy elsewhere');

done_testing();
