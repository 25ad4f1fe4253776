# One server connection, many clients: PgBouncer in transaction mode. Who authenticates in a transaction leaves nothing behind;
# who authenticates for the session leaves it to whoever comes next, which is why the documentation warns of it there.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin;
use MLR;
use MLRAccess;

use IPC::Run ();
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(usleep);

my ($program) = grep { -x } map { "$_/pgbouncer" } split(/:/, $ENV{PATH}), '/usr/sbin';
plan skip_all => 'pgbouncer is not installed' unless defined $program;

my $node = new_node('server');
fill_access($node, 'd');
# One model in each project says enough, and nothing that serves holds an organization.
sql($node, 'd', q{DELETE FROM deployments; DELETE FROM models WHERE model_name LIKE 's-%'});
my @poolers;

# A pooler with one server connection for each database, and what talks to it as to a server. Options: more settings.
sub new_pooler {
    my ($name, $settings) = @_;
    # Paths of sockets are short.
    my $folder = PostgreSQL::Test::Utils::tempdir_short();
    my $port = PostgreSQL::Test::Cluster::get_free_port();
    PostgreSQL::Test::Utils::append_to_file("$folder/users", join '', map { "\"$_\" \"\"\n" } qw(app joe reader_of_acme));
    PostgreSQL::Test::Utils::append_to_file("$folder/pgbouncer.ini", <<"INI");
[databases]
d = host=@{[ $node->host ]} port=@{[ $node->port ]} dbname=d
[pgbouncer]
listen_addr =
listen_port = $port
unix_socket_dir = $folder
auth_type = trust
auth_file = $folder/users
logfile = $folder/log
pidfile = $folder/pid
pool_mode = transaction
default_pool_size = 1
max_client_conn = 20
ignore_startup_parameters = extra_float_digits
$settings
INI
    my $run = IPC::Run::start([ $program, '-q', "$folder/pgbouncer.ini" ], '>', \my $out, '2>', \my $err);
    push @poolers, $run;
    my $pooler = bless { %$node, _host => $folder, _port => $port }, ref $node;
    for (1 .. 200) {
        last if -S "$folder/.s.PGSQL.$port";
        usleep(50_000);
    }
    my $version = sql($pooler, 'd', 'SELECT 1', as => 'app');
    is($version, '1', "$name: answers") or diag(PostgreSQL::Test::Utils::slurp_file("$folder/log"));
    return $pooler;
}
END {
    my $status = $?;
    # Our own children, and nothing else.
    $_->kill_kill(grace => 5) for @poolers;
    $? = $status;
}

my $see = q{SELECT current_actor(), coalesce((SELECT string_agg(model_name, ' ' ORDER BY model_name) FROM models), '')};
my $nobody = 'app|';
my $viewer = 'viewer@default.example|m-acme-public m-default-organization m-default-public';
my $acme = 'developer@acme.example|m-acme-organization m-acme-public m-default-public';
sub authenticate { my ($who, $more) = @_; return sprintf q{SELECT authenticate('%s'%s)}, api_key($who), defined $more ? ", $more" : '' }
sub answer { my ($session, $sql) = @_; my ($state, $answer) = ask($session, $sql); return $state eq '00000' ? $answer : $state }

subtest 'in transaction mode' => sub {
    my $pooler = new_pooler('transaction mode', '');
    my ($one, $two) = map { background($pooler, 'd', 'app', $_) } 'one', 'two';
    my $backend = answer($one, 'SELECT pg_backend_pid()');
    is(answer($two, 'SELECT pg_backend_pid()'), $backend, 'two clients share a server connection');

    is(answer($one, $see), $nobody, 'the first client is nobody');
    ask($one, 'BEGIN; ' . authenticate('viewer@default'));
    is(answer($one, $see), $viewer, 'and somebody in a transaction');
    tell($two, $see);
    is(answer($one, $see), $viewer, 'the second one waits for the connection');
    ask($one, 'COMMIT');
    is(answer($two, ''), $nobody, 'gets it, and sees nothing');
    is(answer($two, 'SELECT pg_backend_pid()'), $backend, 'on the same connection');

    for my $end ('COMMIT', 'ROLLBACK', 'SELECT 1/0; ROLLBACK', 'SAVEPOINT s; SELECT 1; RELEASE s; COMMIT', "PREPARE TRANSACTION 'x'; ROLLBACK") {
        ask($one, 'BEGIN; ' . authenticate('viewer@default') . "; $see; $end");
        is(answer($two, $see), $nobody, "after $end nothing is left");
    }
    is(answer($one, authenticate('viewer@default')), 'viewer@default.example', 'one statement alone');
    is(answer($two, $see), $nobody, 'leaves nothing, either');

    # Each in the own transaction, on one connection, in turns: what was cached for one is not for the other.
    my @seen;
    for (1 .. 10) {
        push @seen, answer($one, 'BEGIN; ' . authenticate('viewer@default') . "; $see; COMMIT"), answer($two, 'BEGIN; ' . authenticate('developer@acme') . "; $see; COMMIT"), answer($two, $see);
    }
    is(join("\n", @seen), join("\n", ("viewer\@default.example\n$viewer", "developer\@acme.example\n$acme", $nobody) x 10), 'two clients in turns');

    # PL/pgSQL keeps plans for the connection, not for the client.
    sql($node, 'd', q{CREATE FUNCTION public.seen() RETURNS bigint LANGUAGE plpgsql STABLE AS 'BEGIN RETURN (SELECT count(*) FROM mlregistry.models); END'});
    @seen = map { (answer($one, 'BEGIN; ' . authenticate('viewer@default') . '; SELECT public.seen(); COMMIT'), answer($two, 'SELECT public.seen()')) } 1 .. 8;
    is(join(' ', @seen), join(' ', ("viewer\@default.example\n3", '0') x 8), 'a function whose plan the other client has made');

    # The client goes away in the middle.
    my $gone = background($pooler, 'd', 'app', 'gone');
    ask($gone, 'BEGIN; ' . authenticate('viewer@default'));
    $gone->{run}->kill_kill;
    is(answer($two, $see), $nobody, 'a client that breaks off in its transaction leaves nothing');
    # The nonce of another client is worth nothing.
    my $nonce = answer($one, 'BEGIN; ' . authenticate('viewer@default') . "; SELECT current_setting('mlregistry.identity', true)");
    ask($one, 'COMMIT');
    my ($value) = $nonce =~ /\n(\S+)$/;
    isnt(scalar ask($two, 'SET mlregistry.identity = ' . (defined $value ? "'$value'" : "'x'")), '00000', 'nor does its nonce');
    is(answer($two, $see), $nobody, 'open anything');
    # What one has chosen is a setting and stays on the connection; it opens nothing.
    ask($one, 'BEGIN; ' . authenticate('developer@acme') . q{; SELECT use_organization('acme', is_local => true); COMMIT});
    is(answer($two, q{SELECT current_setting('mlregistry.organization', true)}), '', 'a choice for the transaction stays in it');

    # What the documentation warns of.
    ask($one, authenticate('viewer@default', 'session => true'));
    is(answer($two, $see), $viewer, 'session => true: the next client of the connection is taken for the first one');
    is(answer($two, 'SELECT sign_out()'), '', 'until somebody signs out');
    is(answer($one, $see), $nobody, 'for all');
    stop_sessions($one, $two);
};

subtest 'with server_reset_query_always' => sub {
    my $pooler = new_pooler('server_reset_query_always', "server_reset_query = DISCARD ALL\nserver_reset_query_always = 1");
    my ($one, $two) = map { background($pooler, 'd', 'app', $_) } 'one', 'two';
    my $backend = answer($one, 'SELECT pg_backend_pid()');
    ask($one, authenticate('viewer@default', 'session => true'));
    is(answer($two, 'SELECT pg_backend_pid()'), $backend, 'one connection');
    is(answer($two, $see), $nobody, 'DISCARD ALL ends an identity of the session between transactions');
    is(answer($one, $see), $nobody, 'also for whom it was');
    stop_sessions($one, $two);
};

subtest 'in session mode' => sub {
    my $pooler = new_pooler('session mode', "pool_mode = session\nserver_reset_query = DISCARD ALL");
    my $one = background($pooler, 'd', 'app', 'one');
    my $backend = answer($one, 'SELECT pg_backend_pid()');
    ask($one, authenticate('viewer@default', 'session => true'));
    is(answer($one, $see), $viewer, 'a session in the name of a key');
    stop_sessions($one);
    my $two = background($pooler, 'd', 'app', 'two');
    is(answer($two, 'SELECT pg_backend_pid()'), $backend, 'the next client has the same connection');
    is(answer($two, $see), $nobody, 'and nothing of the identity');
    stop_sessions($two);
};

done_testing();
