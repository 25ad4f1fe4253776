# Limits of an organization under concurrency, at every isolation level: never more models and members than it may have, never
# without an admin; and no locks where there is no limit.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin;
use MLR;
use MLRAccess;

use PostgreSQL::Test::Utils;
use Test::More;

my @levels = ('read committed', 'repeatable read', 'serializable');
my $node = new_node('limits', conf => "max_pred_locks_per_transaction = 256\n");
my $folder = PostgreSQL::Test::Utils::tempdir();
fill_access($node, 'd');
my $o = organization_id('acme');
my $p = project_id('acme-private');
my $serial = 0;

# The two limits: what is counted, one more of it, and another way to one more.
my %limit = (
    max_models => {
        count => "SELECT count(*) FROM models WHERE organization_id = '$o' AND deleted_at IS NULL",
        insert => sub { my $name = 'limited-' . ++$serial; "INSERT INTO models (organization_id, project_id, model_name, framework) VALUES ('$o', '$p', '$name', 'onnx')" },
        many => sub { my ($n) = @_; my $name = 'many-' . ++$serial; "INSERT INTO models (organization_id, project_id, model_name, framework) SELECT '$o', '$p', '$name-' || g, 'onnx' FROM generate_series(1, $n) g" },
        clear => "DELETE FROM models WHERE organization_id = '$o' AND model_name ~ '^(limited|many)-'",
        storm => "INSERT INTO models (organization_id, project_id, model_name, framework) VALUES ('$o', '$p', 'many-' || pg_backend_pid() || '-' || (random() * 1e9)::bigint, 'onnx')",
    },
    max_users => {
        count => "SELECT count(*) FROM organization_memberships WHERE organization_id = '$o'",
        insert => sub { sprintf "INSERT INTO organization_memberships (organization_id, user_id, role) VALUES ('$o', '%s', 'viewer')", new_users(1) },
        many => sub { my ($n) = @_; "INSERT INTO organization_memberships (organization_id, user_id, role) SELECT '$o', u, 'viewer' FROM unnest('{" . join(',', new_users($n)) . "}'::uuid[]) u" },
        clear => "DELETE FROM organization_memberships m USING users u WHERE u.user_id = m.user_id AND m.organization_id = '$o' AND u.email LIKE 'limited-%'",
        storm => "WITH u AS (SELECT user_id FROM users WHERE email LIKE 'limited-storm-%' AND user_id NOT IN (SELECT user_id FROM organization_memberships WHERE organization_id = '$o') ORDER BY random() LIMIT 1) INSERT INTO organization_memberships (organization_id, user_id, role) SELECT '$o', user_id, 'viewer' FROM u ON CONFLICT DO NOTHING",
    },
);
sub new_users {
    my ($n) = @_;
    my @names = map { 'limited-' . ++$serial } 1 .. $n;
    sql($node, 'd', join '', map { sprintf "INSERT INTO users (user_id, email) VALUES ('%s', '$_\@example.com');", user_id($_) } @names);
    return map { user_id($_) } @names;
}
sql($node, 'd', q{INSERT INTO users (email) SELECT format('limited-storm-%s@example.com', n) FROM generate_series(1, 200) n});

# Sets a limit so that there is room for that many more; undef: no limit.
sub room {
    my ($rule, $n) = @_;
    sql($node, 'd', $limit{$rule}{clear});
    my $count = sql($node, 'd', $limit{$rule}{count});
    sql($node, 'd', "UPDATE organizations SET $rule = " . (defined $n ? $count + $n : 'NULL') . " WHERE organization_id = '$o'");
    return $count + ($n // 0);
}

for my $rule (sort keys %limit) {
    my $t = $limit{$rule};
    subtest "$rule: one session" => sub {
        my $most = room($rule, 2);
        sql_fails($node, 'd', $t->{many}->(3), '53400', 'three where there is room for two', like => qr/CONSTRAINT NAME:\s+$rule/);
        is_sql($node, 'd', $t->{count}, $most - 2, 'none of them is there');
        sql_ok($node, 'd', $t->{many}->(2), 'two in one statement');
        sql_fails($node, 'd', $t->{insert}->(), '53400', 'no third one', like => qr/CONSTRAINT NAME:\s+$rule/);
        is(sql_state($node, 'd', 'BEGIN; SAVEPOINT a; ' . $t->{insert}->() . '; COMMIT'), '53400', 'nor in a savepoint');
        sql_ok($node, 'd', 'BEGIN; ' . ($t->{clear} =~ s/\~ '\^\(limited\|many\)-'/~ '^many-.*-1\$'/r) . '; ' . $t->{insert}->() . '; COMMIT', 'one goes, one comes') if $rule eq 'max_models';
        sql($node, 'd', "UPDATE organizations SET $rule = 1 WHERE organization_id = '$o'");
        is_sql($node, 'd', $t->{count}, $most, 'a limit that is lowered leaves what is there');
        is(sql_state($node, 'd', $t->{insert}->()), '53400', 'and refuses more');
        sql($node, 'd', "UPDATE organizations SET $rule = 0 WHERE organization_id = '$o'");
        is(sql_state($node, 'd', $t->{insert}->()), '53400', 'a limit of 0 is one');
    };

    for my $level (@levels) {
        subtest "$rule at $level" => sub {
            for my $meeting ('the second waits', 'the second comes later', 'the first takes it back') {
                my $most = room($rule, 1);
                my $one = session($node, 'd', 'first');
                my $two = session($node, 'd', 'second');
                my @insert = ($t->{insert}->(), $t->{insert}->());
                # The snapshots of both are older than what the other does.
                ask($_, "BEGIN ISOLATION LEVEL $level; $t->{count}") for $one, $two;
                is(scalar ask($one, $insert[0]), '00000', "$meeting: the first one has room");
                my $end = $meeting eq 'the first takes it back' ? 'ROLLBACK' : 'COMMIT';
                my $state;
                if ($meeting eq 'the second comes later') {
                    ask($one, $end);
                    $state = ask($two, $insert[1]);
                } else {
                    tell($two, $insert[1]);
                    ok(is_waiting($node, 'd', 'second'), "$meeting: the second one waits");
                    ask($one, $end);
                    $state = ask($two, '');
                }
                if ($end eq 'ROLLBACK') {
                    is($state, '00000', "$meeting: then there is room for the second one");
                    is(scalar ask($two, 'COMMIT'), '00000', "$meeting: which commits");
                } else {
                    like($state, $level eq 'read committed' ? qr/^53400$/ : qr/^(?:40001|53400)$/, "$meeting: there is no room for the second one: $state");
                    ask($two, 'ROLLBACK');
                }
                is_sql($node, 'd', $t->{count}, $most, "$meeting: exactly as many as may be");
                stop_sessions($one, $two);
            }
        };

        # Eight sessions that insert as fast as they can.
        my $most = room($rule, 12);
        my $script = "$folder/$rule.$level";
        PostgreSQL::Test::Utils::append_to_file($script, "SELECT t.did(\$\$$t->{storm}\$\$);\n");
        my $position = -s $node->logfile;
        local $ENV{PGOPTIONS} = "-c default_transaction_isolation=" . ($level =~ s/ /\\ /r);
        my ($status, $out, $err) = run_client($node, [ 'pgbench', '-n', '-c', 8, '-j', 2, '-t', 40, '--max-tries=1000', '-f', $script, 'd' ]);
        is($status, 0, "$rule at $level: eight sessions at once") or diag("$out$err");
        delete local $ENV{PGOPTIONS};
        is_sql($node, 'd', $t->{count}, $most, "$rule at $level: exactly as many as may be");
    }

    subtest "$rule: no limit, no lock" => sub {
        room($rule, undef);
        sql($node, 'd', "DELETE FROM guards WHERE rule = '$rule'");
        my $one = session($node, 'd', 'first');
        my $two = session($node, 'd', 'second');
        for my $level (@levels) {
            ask($_, "BEGIN ISOLATION LEVEL $level") for $one, $two;
            is(scalar ask($one, $t->{insert}->()), '00000', "$level: one session");
            is(scalar ask($two, "SET LOCAL lock_timeout = '3s'; " . $t->{insert}->()), '00000', "$level: another one does not wait");
            is(scalar ask($_, 'COMMIT'), '00000', "$level: and commits") for $one, $two;
        }
        is_sql($node, 'd', "SELECT count(*) FROM guards WHERE rule = '$rule'", '0', 'no row of guards is touched');
        # The limit of one organization is none of another.
        room($rule, 0);
        my $other = $t->{insert}->() =~ s/\Q$o\E/organization_id('default')/er =~ s/\Q$p\E/project_id('default-private')/er;
        is(sql_state($node, 'd', $other), '00000', 'the limit of another organization is not asked for');
        stop_sessions($one, $two);
    };
    room($rule, undef);
}

subtest 'max_models: what comes back, and what does not count' => sub {
    room('max_models', 2);
    sql($node, 'd', $limit{max_models}{insert}->()) for 1, 2;
    my $name = sql($node, 'd', q{SELECT max(model_name) FROM models WHERE model_name LIKE 'limited-%'});
    sql($node, 'd', "UPDATE models SET deleted_at = now() WHERE model_name = '$name'");
    sql_ok($node, 'd', $limit{max_models}{insert}->(), 'a deleted model leaves room');
    sql_fails($node, 'd', "UPDATE models SET deleted_at = NULL WHERE model_name = '$name'", '53400', 'and has none when it comes back', like => qr/CONSTRAINT NAME:\s+max_models/);
    is(sql_state($node, 'd', "SELECT restore_model(model_id) FROM models WHERE model_name = '$name'"), '53400', 'nor by restore_model()');
    is(sql_state($node, 'd', as_key('admin@acme', q{SELECT register_model('one-more', framework => 'onnx', project => 'acme-private')}), as => 'app'), '53400', 'register_model() says so, too');
    sql_ok($node, 'd', "UPDATE models SET description = 'x', deleted_at = deleted_at, is_active = false WHERE organization_id = '$o'", 'changes of what is there count for nothing');
    # Restored by two sessions at once, or restored beside an insert.
    for my $level (@levels) {
        room('max_models', 1);
        sql($node, 'd', $limit{max_models}{insert}->());
        my $back = sql($node, 'd', q{SELECT max(model_name) FROM models WHERE model_name LIKE 'limited-%'});
        sql($node, 'd', "UPDATE models SET deleted_at = now() WHERE model_name = '$back'");
        my ($one, $two) = map { session($node, 'd', $_) } 'first', 'second';
        ask($_, "BEGIN ISOLATION LEVEL $level; $limit{max_models}{count}") for $one, $two;
        is(scalar ask($one, "UPDATE models SET deleted_at = NULL WHERE model_name = '$back'"), '00000', "$level: one comes back");
        tell($two, $limit{max_models}{insert}->());
        ok(is_waiting($node, 'd', 'second'), "$level: another one waits");
        ask($one, 'COMMIT');
        like(scalar ask($two, ''), $level eq 'read committed' ? qr/^53400$/ : qr/^(?:40001|53400)$/, "$level: and has no room");
        stop_sessions($one, $two);
    }
    room('max_models', undef);
};

subtest 'last_admin' => sub {
    my $admins = "SELECT count(*) FROM organization_memberships WHERE organization_id = '$o' AND role = 'admin'";
    my $of = sub { sprintf "WHERE organization_id = '$o' AND user_id = '%s'", user_id($_[0]) };
    sql($node, 'd', 'DELETE FROM organization_memberships ' . $of->('both'));
    is_sql($node, 'd', $admins, '2', 'two admins');
    my %leave = ('demoted' => sub { "UPDATE organization_memberships SET role = 'viewer' " . $of->($_[0]) }, 'removed' => sub { 'DELETE FROM organization_memberships ' . $of->($_[0]) });
    for my $level (@levels) {
        for my $way (sort keys %leave) {
            for my $meeting ('waits', 'later') {
                my ($one, $two) = map { session($node, 'd', $_) } 'first', 'second';
                ask($_, "BEGIN ISOLATION LEVEL $level; $admins") for $one, $two;
                is(scalar ask($one, $leave{$way}->('admin@acme')), '00000', "$level, $meeting: one admin is $way");
                my $state;
                if ($meeting eq 'waits') {
                    tell($two, $leave{$way}->('admin2@acme'));
                    ok(is_waiting($node, 'd', 'second'), "$level, $meeting: the other one waits");
                    ask($one, 'COMMIT');
                    $state = ask($two, '');
                } else {
                    ask($one, 'COMMIT');
                    $state = ask($two, $leave{$way}->('admin2@acme'));
                }
                like($state, $level eq 'read committed' ? qr/^23514$/ : qr/^(?:40001|23514)$/, "$level, $meeting: and stays: $state");
                ask($two, 'ROLLBACK');
                stop_sessions($one, $two);
                is_sql($node, 'd', $admins, '1', "$level, $meeting: one admin is left");
                sql($node, 'd', 'DELETE FROM organization_memberships ' . $of->('admin@acme'));
                sql($node, 'd', sprintf(q{INSERT INTO organization_memberships (organization_id, user_id, role) VALUES ('%s', '%s', 'admin');}, $o, user_id('admin@acme')));
            }
        }
    }
    sql($node, 'd', key_row('admin@acme', 'admin@acme', 'acme'));
    sql($node, 'd', $leave{removed}->('admin2@acme'));
    sql_fails($node, 'd', $leave{demoted}->('admin@acme'), '23514', 'the last one cannot be demoted', like => qr/CONSTRAINT NAME:\s+last_admin/);
    sql_fails($node, 'd', $leave{removed}->('admin@acme'), '23514', 'nor removed', like => qr/CONSTRAINT NAME:\s+last_admin/);
    sql_fails($node, 'd', sprintf(q{DELETE FROM users WHERE user_id = '%s'}, user_id('admin@acme')), '23514', 'nor go as a user', like => qr/CONSTRAINT NAME:\s+last_admin/);
    is(sql_state($node, 'd', as_key('admin@acme', $leave{demoted}->('admin@acme')), as => 'app'), '23514', 'nor step down');
    is(sql_state($node, 'd', as_key('admin@acme', q{SELECT remove_member('admin@acme.example')}), as => 'app'), '23514', 'nor leave by remove_member()');
    is(sql_state($node, 'd', "DELETE FROM organization_memberships WHERE organization_id = '$o'"), '23514', 'nor go with all the others');
    is_sql($node, 'd', $admins, '1', 'one admin is there');
    sql_ok($node, 'd', "UPDATE organization_memberships SET role = CASE user_id WHEN '" . user_id('extra@acme') . "' THEN 'admin' ELSE 'viewer' END WHERE organization_id = '$o'",
        'one statement may hand over');
    sql_ok($node, 'd', "INSERT INTO organizations (name, slug) VALUES ('Without', 'without'); INSERT INTO organization_memberships (organization_id, user_id, role)
        SELECT o.organization_id, '" . user_id('viewer@acme') . "', 'viewer' FROM organizations o WHERE o.slug = 'without'; DELETE FROM organization_memberships m USING organizations o
        WHERE o.organization_id = m.organization_id AND o.slug = 'without'", 'an organization that never had one needs none');
    sql_ok($node, 'd', "DELETE FROM organizations WHERE organization_id = '$o'", 'a whole organization goes with its admins');
};
is_sql($node, 'd', 'SELECT * FROM check_registry()', '', 'check_registry() finds nothing');

done_testing();
