# The boundary between C++ and PostgreSQL: every exception becomes the right error, every PostgreSQL error comes through
# C++ frames whole, and neither leaves anything behind in the session.
#
# Needs the extension and the module of test/boundary (make -C test/boundary install) in the PostgreSQL in PATH.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin;
use MLR;

use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(time);

# Errors of each sort in one session; memory is compared with what was in use after the first tenth.
my $times = 300;
# In kB. Each of these errors holds 2 MB of C++ objects, so that one leak in a hundred would show.
my $may_grow = 8 * 1024;

my $node = new_node('boundary');
sql($node, 'postgres', 'CREATE EXTENSION mlregistry');
sql($node, 'postgres', slurp_file("$FindBin::RealBin/../boundary/functions.sql"));
sql($node, 'postgres', q(ALTER DATABASE postgres SET search_path = boundary_test, pg_catalog));
my $started = sql($node, 'postgres', 'SELECT pg_postmaster_start_time()');

# Runs a script in one session to its end, errors or not: (exit status, lines of output, SQLSTATEs in order).
sub run_session {
    my ($script) = @_;
    my ($status, $out, $err) = $node->psql('postgres', $script, on_error_stop => 0,
        extra_params => [ '-v', 'VERBOSITY=sqlstate', '-F', '|' ]);
    my @states = $err =~ /(?:ERROR|FATAL|PANIC):\s+(\S+)$/mg;
    return ($status, [ split /\n/, $out ], \@states);
}

# The SQLSTATE of one statement, or 'none: ' and its output.
sub outcome {
    my ($statement) = @_;
    my (undef, $out, $states) = run_session($statement);
    return @$states ? join(' ', @$states) : 'none: ' . join("\n", @$out);
}

# Everything that psql shows of a statement's error, the place in PostgreSQL's source included.
sub full_report {
    my ($statement) = @_;
    my (undef, undef, $err) = $node->psql('postgres', $statement, extra_params => [ '-v', 'VERBOSITY=verbose', '-v', 'SHOW_CONTEXT=always' ]);
    return $err;
}

my %state_of = (
    bad_alloc => '53200', bad_array_new_length => '53200',
    length_error => '54000', vector_reserve => '54000', LimitExceeded => '54000',
    invalid_argument => '22023', domain_error => '22023', nested => '22023',
    out_of_range => '22003', range_error => '22003', overflow_error => '22003', underflow_error => '22003',
    vector_at => '22003', string_view_substr => '22003',
    runtime_error => '38000', logic_error => '38000', system_error => '38000', bad_optional_access => '38000',
    exception => '38000', int => '38000', string => '38000', long_message => '38000',
);

# What goes wrong, 300 times each: [name, statement, SQLSTATE].
my @subjects = (
    (map { [ "exception $_", "SELECT bt_throw('$_')", $state_of{$_} ] } sort keys %state_of),
    (map { [ "exception $_ in long work", "SELECT bt_throw_long_work('$_')", $state_of{$_} ] } qw(bad_alloc runtime_error int)),
    [ 'PostgreSQL error', q(SELECT bt_postgres(NULL, 'through')), '23514' ],
    [ 'PostgreSQL error, nested', q(SELECT bt_postgres(NULL, 'nested')), '23514' ],
    [ 'PostgreSQL error, rethrown', q(SELECT bt_postgres(NULL, 'rethrown')), '23514' ],
    [ 'PostgreSQL error in SQL', q(SELECT bt_postgres('SELECT 1/0', 'through')), '22012' ],
    [ 'PostgreSQL error, nested through SQL',
        q(SELECT bt_postgres($$SELECT boundary_test.bt_postgres('SELECT 1/0', 'through')$$, 'through')), '22012' ],
    [ 'cancelled work', 'SELECT bt_signalled_loop(60000, 2)', '57014' ],
    [ 'limit of memory', 'SELECT bt_allocate(1001, 1000, 8)', '54000' ],
    [ 'error in a set-returning function', 'SELECT bt_series(10, 5)', '22003' ],
    [ 'error in a constructor', 'SELECT bt_series(-1)', '22023' ],
);

subtest 'the messages' => sub {
    is(outcome('SELECT bt_guard_nothing()'), 'none: t', 'no exception, no error');
    my %message = (
        bad_alloc => 'out of memory',
        runtime_error => 'runtime_error: thrown',
        LimitExceeded => 'LimitExceeded: thrown',
        int => 'an exception of an unknown type',
        string => 'an exception of an unknown type',
        nested => 'nested: the second',
        long_message => 'm' x 255,
    );
    for my $kind (sort keys %message) {
        my $report = full_report("SELECT bt_throw('$kind')");
        like($report, qr/ERROR:  $state_of{$kind}: \Q$message{$kind}\E$/m, $kind);
    }
};

# Subjects in one session, each error in a transaction of its own, or with savepoints all in one.
sub errors_in_session {
    my ($savepoints, @chosen) = @_;
    my $script = "SELECT 'pid', pg_backend_pid();\n";
    $script .= "BEGIN;\n" if $savepoints;
    for my $subject (@chosen) {
        my (undef, $statement) = @$subject;
        my $one = ($savepoints ? 'SAVEPOINT s;' : '') . "$statement;" . ($savepoints ? 'ROLLBACK TO s; RELEASE s;' : '') . "\n";
        my $settled = int($times / 10);
        $script .= $one x $settled . "SELECT 'rss', rss();\n" . $one x ($times - $settled) . "SELECT 'rss', rss();\n"
            . "SELECT 'alive', bt_ballast_alive();\n";
    }
    $script .= "COMMIT;\n" if $savepoints;
    $script .= "SELECT 'made', bt_ballast_made();\nSELECT 'pid', pg_backend_pid();\n";

    my ($status, $out, $states) = run_session($script);
    is($status, 0, 'the session reached its end');
    my %lines;
    for my $line (@$out) {
        my ($key, $value) = split /\|/, $line;
        push @{ $lines{$key} }, $value;
    }
    is($lines{pid}[0], $lines{pid}[1], 'it is the same backend');
    for my $i (0 .. $#chosen) {
        my ($name, undef, $state) = @{ $chosen[$i] };
        my %seen;
        $seen{ $_ // 'none' }++ for @$states[ $i * $times .. ($i + 1) * $times - 1 ];
        is(join(' ', map { "$_×$seen{$_}" } sort keys %seen), "$state×$times", "$name: SQLSTATE");
        my $grown = $lines{rss}[ 2 * $i + 1 ] - $lines{rss}[ 2 * $i ];
        cmp_ok($grown, '<', $may_grow, "$name: memory ($grown kB more)");
        is($lines{alive}[$i], 0, "$name: no object is left");
    }
    is(scalar @$states, $times * @chosen, 'there were no other errors');
    return \%lines;
}

# Both statements in one message: the setting is rolled back with the error, so that nothing else can time out.
# A subtransaction in PL/pgSQL cannot catch two timeouts of one statement, so this one is not among the subjects.
my $name_distance = [
    'name_distance() timed out',
    q(SET statement_timeout = '8ms'\; SELECT mlregistry.name_distance(repeat('a', 50000), repeat('b', 50000))), '57014',
];

subtest 'errors, each in its transaction' => sub {
    my $lines = errors_in_session(0, @subjects, $name_distance);
    cmp_ok($lines->{made}[0], '>', $times * @subjects / 2, 'there were objects to leave behind');
};

subtest 'errors, rolled back to savepoints' => sub {
    errors_in_session(1, [ 'exception runtime_error', q(SELECT bt_throw('runtime_error')), '38000' ],
        [ 'PostgreSQL error', q(SELECT bt_postgres(NULL, 'through')), '23514' ], $name_distance);
};

subtest 'errors, caught by PL/pgSQL in one statement' => sub {
    # Of the exceptions one for each way through describe_current_exception() is enough here, for the time it takes.
    my %enough = map { $_ => 1 } map { "exception $_" } qw(bad_alloc LimitExceeded out_of_range runtime_error nested int);
    my @subjects = grep { $_->[0] !~ /^exception / || $enough{ $_->[0] } } @subjects;
    my $script = "SELECT 'pid', pg_backend_pid();\n"
        . join('', map { "SELECT *, bt_ballast_alive() FROM caught(\$call\$$_->[1]\$call\$, $times);\n" } @subjects)
        . "SELECT 'pid', pg_backend_pid();\n";
    my ($status, $out, $states) = run_session($script);
    is($status, 0, 'the session reached its end');
    is("@$states", '', 'all errors were caught');
    is($out->[0], $out->[-1], 'it is the same backend');
    for my $i (0 .. $#subjects) {
        my ($name, undef, $state) = @{ $subjects[$i] };
        my ($seen, $grown, $alive) = split /\|/, $out->[ $i + 1 ];
        is($seen, "$state×$times", "$name: SQLSTATE");
        cmp_ok($grown, '<', $may_grow, "$name: memory ($grown kB more)");
        is($alive, 0, "$name: no object is left");
    }
};

# Without this, the tests above could be blind.
subtest 'leaks made on purpose are seen' => sub {
    my $least = ($times - $times / 10) * 1024 * 0.9;
    for my $leak ([ bt_leak_over_object => $times ], [ bt_leak_in_catch => 0 ]) {
        my ($function, $left) = @$leak;
        my (undef, $out) = run_session("SELECT *, bt_ballast_alive() FROM caught('SELECT $function()', $times);");
        my ($seen, $grown, $alive) = split /\|/, $out->[0];
        is($seen, "38000×$times", "$function: SQLSTATE");
        cmp_ok($grown, '>', $least, "$function: the memory is missed ($grown kB more)");
        is($alive, $left, "$function: objects are counted");
    }
};

subtest 'memory at its bounds' => sub {
    my $largest = '9223372036854775807';
    for my $case (
        [ '1000, 1000, 8', 'none: t', 'all that the limit allows' ],
        [ '0, 0, 1', 'none: t', 'nothing' ],
        [ '1001, 1000, 8', '54000', 'more than the limit' ],
        [ '-1, 1000, 8', '54000', 'the largest size with a limit' ],
        [ '1100000000, -1, 8', 'none: t', 'more than a gigabyte, which palloc refuses' ],
        [ '-1, -1, 8', '53200', 'more than PostgreSQL can name' ],
        [ '-1, -1, 64', '53200', 'more than PostgreSQL can name, aligned' ],
        [ "$largest, -1, 8", '53200', 'as much as PostgreSQL can name' ],
        [ "$largest, -1, 64", '53200', 'as much as PostgreSQL can name, aligned' ],
        [ '4611686018427387904, -1, 8', '53200', 'more than there is: malloc returns NULL' ],
        (map { [ "1000, 1000, $_", 'none: t', "aligned to $_" ] } 1, 2, 4, 8, 16, 32, 64, 4096),
    ) {
        my ($arguments, $expected, $name) = @$case;
        is(outcome("SELECT bt_allocate($arguments)"), $expected, $name);
    }
    is(outcome("SELECT bt_blocks(2000, $_)"), 'none: t', "blocks aligned to $_ keep apart") for 1, 8, 16, 64;
    is(outcome("SELECT bt_kept(1048576, $_)"), 'none: 0', "a block aligned to $_ is really given back") for 8, 64;
    is(outcome('SELECT bt_arena(100000)'), 'none: 100000', 'the arenas of the standard library work on it');
    like(full_report('SELECT bt_allocate(1001, 1000, 8)'), qr/54000: this needs more memory than work_mem allows/, 'message');

    for my $place (qw(context heap)) {
        my (undef, $out, $states) = run_session(<<"SQL");
SELECT bt_exhaust('$place', 64);
SELECT rss();
SELECT bt_exhaust('$place', 64);
SELECT bt_exhaust('$place', 64);
SELECT rss(), bt_ballast_alive();
SQL
        is("@$states", '53200 53200 53200', "no memory left, $place");
        my ($settled) = $out->[0] =~ /^(\d+)$/;
        my ($after, $alive) = split /\|/, $out->[1];
        cmp_ok($after - $settled, '<', $may_grow, "no memory left, $place: all was given back");
        is($alive, 0, "no memory left, $place: no object is left");
    }
};

subtest 'PostgreSQL errors come through whole' => sub {
    my %cause = (
        'all fields' => 'NULL',
        'division by zero' => q('SELECT 1/0'),
        'syntax error' => q('SELECT 1 +* 2'),
        'unknown column' => q('SELECT nonsense FROM pg_class'),
        'error in a function' => q($$DO 'BEGIN RAISE EXCEPTION USING ERRCODE = ''MR042'', MESSAGE = ''a→b'', DETAIL = ''d'', HINT = ''h'', TABLE = ''t''; END'$$),
        'error of another C++ function' => q($$SELECT boundary_test.bt_postgres(NULL, 'through')$$),
        'exception of another C++ function' => q($$SELECT boundary_test.bt_throw('length_error')$$),
    );
    for my $name (sort keys %cause) {
        my $direct = sql($node, 'postgres', "SELECT diagnostics($cause{$name}, 'direct')");
        like($direct, qr/^\["[0-9A-Z]{5}"/, "$name: there is an error");
        my $report = full_report("SELECT bt_postgres($cause{$name}, 'direct')");
        like($report, qr/^LOCATION:/m, "$name: it has a report");
        for my $way (qw(through nested rethrown)) {
            is(sql($node, 'postgres', "SELECT diagnostics($cause{$name}, '$way')"), $direct, "$name, $way: GET STACKED DIAGNOSTICS");
            is(full_report("SELECT bt_postgres($cause{$name}, '$way')"), $report, "$name, $way: what the client is told");
        }
    }
    my $whole = sql($node, 'postgres', q(SELECT diagnostics(NULL, 'nested')));
    like($whole, qr/\Q$_\E/, "the whole error has: $_")
        for '"23514"', '100% of \"crates\" → 42', 'The detail\nof two lines.', 'The hint.', 'while counting the crates',
        'a_schema', 'a_table', 'a_column', 'a_type', 'a_constraint';

    # PostgreSQL has room for five errors at a time: each must be done with before the next one is raised.
    is(outcome('SELECT deep(20)'), '22012', 'an error comes through twenty boundaries');

    my $position = -s $node->logfile;
    outcome(q(SELECT bt_postgres(NULL, 'nested')));
    my $times_logged = () = slurp_file($node->logfile, $position) =~ /the whole message/g;
    is($times_logged, 1, 'it is logged once');

    is(outcome('SELECT bt_context_kept()'), '23514', 'the exception finds the memory context of the call');
    is(outcome('SELECT bt_answer()'), 'none: 42', 'results come through');
    is(outcome("SELECT bt_postgres('SELECT generate_series(1, 7)', '$_')"), 'none: 7', "SQL runs, $_") for qw(direct through nested rethrown);
    is(outcome(q(SELECT bt_ballast_alive() FROM bt_postgres('SELECT 1', 'nested'))), 'none: 0', 'success leaves no object');
};

subtest 'long work is stopped' => sub {
    is(outcome('SELECT bt_loop(50)'), 'none: not stopped', 'not without a reason');
    is(outcome('SELECT bt_false_alarm(3)'), 'none: 4', 'work is repeated after false alarms');
    is(outcome('SELECT bt_false_alarm_once()'), 'none: t', 'a false alarm is no error');

    my $session = session($node, 'postgres', 'victim');
    my (undef, $pid) = ask($session, 'SET search_path = boundary_test; SELECT pg_backend_pid()');
    my $begun = time;
    is(scalar ask($session, "SET statement_timeout = '100ms'\\; SELECT bt_loop(60000)"), '57014', 'statement_timeout');
    is(scalar ask($session, "SET statement_timeout = '100ms'\\; SELECT mlregistry.name_distance(repeat('a', 50000), repeat('b', 50000))"), '57014', 'statement_timeout in name_distance()');
    cmp_ok(time - $begun, '<', 10, 'soon');

    tell($session, 'SELECT bt_loop(60000)');
    $node->poll_query_until('postgres', "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE pid = $pid AND state = 'active' AND query ~ 'bt_loop')");
    $begun = time;
    is(sql($node, 'postgres', "SELECT pg_cancel_backend($pid)"), 't', 'pg_cancel_backend is sent');
    is(scalar ask($session, 'SELECT 1'), '57014', 'pg_cancel_backend');
    cmp_ok(time - $begun, '<', 10, 'soon');

    # As under a buffer lock: the interrupt cannot be served before the work ends.
    is(scalar ask($session, "SET statement_timeout = '50ms'\\; SELECT bt_held_loop(500)"), '57014', 'interrupts held off: served afterwards');
    is((ask($session, 'SELECT bt_held_runs()'))[1], 1, 'interrupts held off: the work ran once');

    is(join(' ', ask($session, 'SELECT pg_backend_pid(), bt_ballast_alive()')), "00000 $pid|0", 'the same session goes on, with nothing left');
    stop_sessions($session);

    my ($status, undef, $states) = run_session('SELECT bt_signalled_loop(60000, 15)');
    is("$status @$states", '2 57P01', 'pg_terminate_backend ends the session');
};

subtest 'objects that outlive a call are destroyed' => sub {
    my $balance = q(SELECT bt_series_constructed() - bt_series_destroyed() AS alive, bt_series_destroyed() AS destroyed, bt_ballast_alive());
    my (undef, $out, $states) = run_session(<<"SQL");
\\set QUIET on
SELECT count(*) FROM bt_series(1000);
$balance;
SELECT count(*) FROM (SELECT bt_series(10) LIMIT 3) AS s;
$balance;
SELECT bt_series(10, 5);
$balance;
SELECT bt_series(-1);
$balance;
SELECT count(*) FROM generate_series(1, 5) AS g, bt_series(g);
$balance;
BEGIN;
DECLARE c CURSOR FOR SELECT bt_series(10);
FETCH 2 FROM c;
$balance;
CLOSE c;
$balance;
DECLARE c CURSOR FOR SELECT bt_series(10);
FETCH 1 FROM c;
$balance;
ROLLBACK;
$balance;
SELECT states FROM caught('SELECT bt_series(10, 5)', $times);
$balance;
SQL
    is(join(' ', @$out), join(' ',
            1000, '0|1|0',    # read to its end
            3, '0|2|0',       # cut off
            '0|3|0',          # failed
            '0|3|0',          # never made
            15, '0|8|0',      # once per outer row
            1, 2, '1|8|1',    # a cursor holds it
            '0|9|0',          # until it is closed
            1, '1|9|1', '0|10|0',    # or rolled back
            "22003×$times", '0|' . (10 + $times) . '|0'),
        'each once, however the query ends');
    is("@$states", '22003 22023', 'and the errors are right');
};

is(sql($node, 'postgres', 'SELECT pg_postmaster_start_time()'), $started, 'the server never restarted');
unlike(slurp_file($node->logfile), qr/terminated by signal|crash of another|terminate called/, 'no backend crashed');

done_testing();
