# Who is acting: each sentence of architecture.md, section 5, about the identity of a session.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin;
use MLR;
use MLRAccess;

use PostgreSQL::Test::Cluster;
use Test::More;
use Time::HiRes qw(usleep);

my $node = new_node('identity', streaming => 1, conf => "max_prepared_transactions = 2\n");
fill_access($node, 'd');
# One model in each project says enough, and nothing that serves holds an organization.
sql($node, 'd', q{DELETE FROM deployments; DELETE FROM models WHERE model_name LIKE 's-%'});

my %key = map { $_ => api_key($_) } qw(viewer@default owner@default developer@acme admin@acme contributor@default);
my $see = q{SELECT current_actor(), (SELECT string_agg(model_name, ' ' ORDER BY model_name) FROM models)};
my %sees = (
    'nobody' => 'app|',
    'viewer@default' => 'viewer@default.example|m-acme-public m-default-organization m-default-public',
    'owner@default' => 'owner@default.example|m-acme-public m-default-organization m-default-private m-default-public',
    'contributor@default' => 'contributor@default.example|m-acme-public m-default-organization m-default-private m-default-public',
    'developer@acme' => 'developer@acme.example|m-acme-organization m-acme-public m-default-public',
    'admin@acme' => 'admin@acme.example|m-acme-gone m-acme-organization m-acme-private m-acme-public m-default-public',
);
sub authenticate { my ($who, $more) = @_; return sprintf q{SELECT authenticate('%s'%s)}, $key{$who}, defined $more ? ", $more" : '' }
sub client { my ($name, $role) = @_; return background($node, 'd', $role // 'app', $name) }

# Tests whom a session is taken for: what it is called, and what it sees.
sub is_acting {
    my ($session, $who, $name, $role) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my ($state, $answer) = ask($session, $see);
    my $expected = $sees{$who};
    $expected =~ s/^app/$role/ if defined $role;
    return is("$state $answer", "00000 $expected", $name);
}

# ---- how long

subtest 'for a transaction' => sub {
    my $session = client('transaction');
    is_acting($session, 'nobody', 'a role that was granted nothing sees nothing');
    my ($state, $answer) = ask($session, authenticate('viewer@default'));
    is("$state $answer", '00000 viewer@default.example', 'authenticate() says who it is');
    is_acting($session, 'nobody', 'a transaction of one statement ends with it');
    ask($session, 'BEGIN; ' . authenticate('viewer@default'));
    is_acting($session, 'viewer@default', 'in the transaction');
    ask($session, 'COMMIT');
    is_acting($session, 'nobody', 'not after COMMIT');
    ask($session, 'BEGIN; ' . authenticate('viewer@default'));
    ask($session, 'ROLLBACK');
    is_acting($session, 'nobody', 'not after ROLLBACK');
    ask($session, 'BEGIN; ' . authenticate('viewer@default'));
    ask($session, 'COMMIT AND CHAIN');
    is_acting($session, 'nobody', 'not in the next one of a chain');
    ask($session, 'COMMIT');
    ask($session, 'BEGIN; ' . authenticate('viewer@default'));
    ask($session, 'SELECT 1/0');
    ask($session, 'ROLLBACK');
    is_acting($session, 'nobody', 'not after an error');
    ask($session, 'BEGIN; ' . authenticate('viewer@default') . '; ' . authenticate('developer@acme'));
    is_acting($session, 'developer@acme', 'the last one counts');
    ($state) = ask($session, 'SELECT sign_out()');
    is($state, '00000', 'sign_out()');
    is_acting($session, 'nobody', 'and nobody is acting any more');
    ask($session, 'COMMIT');
    # One message of the protocol is one transaction.
    is_sql($node, 'd', authenticate('viewer@default') . ' AS a \; ' . $see . ';', "viewer\@default.example\n$sees{'viewer@default'}",
        'statements that are sent together are one transaction', as => 'app');
    stop_sessions($session);
};

subtest 'for the session' => sub {
    my $session = client('session');
    ask($session, authenticate('viewer@default', 'session => true'));
    is_acting($session, 'viewer@default', 'after the statement');
    ask($session, 'BEGIN; SELECT 1; ROLLBACK');
    is_acting($session, 'viewer@default', 'after a ROLLBACK of something else');
    ask($session, 'SELECT 1/0');
    is_acting($session, 'viewer@default', 'after an error');
    ask($session, 'BEGIN; ' . authenticate('developer@acme'));
    is_acting($session, 'developer@acme', 'a transaction in the name of another key');
    ask($session, 'COMMIT');
    is_acting($session, 'viewer@default', 'is an episode, as SET LOCAL is');
    ask($session, 'BEGIN; ' . authenticate('developer@acme', 'session => true') . '; ROLLBACK');
    is_acting($session, 'viewer@default', 'ROLLBACK takes back what was asked for the session in it, as SET');
    ask($session, 'BEGIN; ' . authenticate('developer@acme', 'session => true') . '; COMMIT');
    is_acting($session, 'developer@acme', 'COMMIT keeps it');
    ask($session, 'SELECT sign_out()');
    is_acting($session, 'nobody', 'sign_out() ends it');
    stop_sessions($session);
};

subtest 'savepoints' => sub {
    my $session = client('savepoints');
    ask($session, 'BEGIN; SAVEPOINT a; ' . authenticate('viewer@default'));
    ask($session, 'ROLLBACK TO a');
    is_acting($session, 'nobody', 'what was said after the savepoint is unsaid');
    ask($session, authenticate('viewer@default') . '; SAVEPOINT b; ' . authenticate('developer@acme'));
    is_acting($session, 'developer@acme', 'another key after the savepoint');
    ask($session, 'ROLLBACK TO b');
    is_acting($session, 'viewer@default', 'and the first one is back');
    ask($session, 'SAVEPOINT c; ' . authenticate('developer@acme') . '; RELEASE c');
    is_acting($session, 'developer@acme', 'RELEASE keeps it');
    ask($session, 'SAVEPOINT e; SELECT sign_out()');
    is_acting($session, 'nobody', 'signed out after a savepoint');
    ask($session, 'ROLLBACK TO e');
    is_acting($session, 'developer@acme', 'so is that undone');
    ask($session, 'COMMIT');
    is_acting($session, 'nobody', 'until COMMIT');
    # A block with EXCEPTION is a subtransaction.
    ask($session, sprintf <<'SQL', $key{'viewer@default'});
BEGIN; DO $$BEGIN BEGIN PERFORM authenticate('%s'); RAISE division_by_zero; EXCEPTION WHEN division_by_zero THEN NULL; END; END$$
SQL
    is_acting($session, 'nobody', 'a block that failed leaves nothing behind');
    ask($session, 'COMMIT');
    # The identity of the session under savepoints.
    ask($session, authenticate('viewer@default', 'session => true'));
    ask($session, 'BEGIN; SAVEPOINT a; ' . authenticate('admin@acme', 'session => true') . '; ROLLBACK TO a; COMMIT');
    is_acting($session, 'viewer@default', 'of the session: as it was before the savepoint');
    stop_sessions($session);
};

subtest 'ways to be nobody again' => sub {
    my $session = client('reset');
    for my $command ('DISCARD ALL', 'RESET mlregistry.identity', 'RESET ALL', 'SELECT sign_out()', 'SET mlregistry.identity TO DEFAULT') {
        ask($session, authenticate('viewer@default', 'session => true'));
        is_acting($session, 'viewer@default', "before $command");
        is(scalar ask($session, $command), '00000', $command);
        is_acting($session, 'nobody', "after $command");
    }
    for my $command ('RESET mlregistry.identity', 'RESET ALL') {
        ask($session, 'BEGIN; ' . authenticate('viewer@default') . "; $command");
        is_acting($session, 'nobody', "$command in a transaction");
        ask($session, 'COMMIT');
    }
    ask($session, authenticate('viewer@default', 'session => true'));
    ask($session, 'BEGIN; RESET mlregistry.identity; ROLLBACK');
    is_acting($session, 'viewer@default', 'a RESET that is rolled back did not happen');
    ask($session, 'BEGIN; RESET mlregistry.identity; COMMIT');
    is_acting($session, 'nobody', 'one that is committed did');

    # The nonce is no password.
    is(scalar ask($session, 'SHOW mlregistry.identity'), '42501', 'the setting is not to be read');
    stop_sessions($session);
    sql($node, 'postgres', 'CREATE ROLE auditor LOGIN; GRANT app, pg_read_all_settings TO auditor');
    $session = client('auditor', 'auditor');
    ask($session, authenticate('viewer@default', 'session => true'));
    my (undef, $nonce) = ask($session, 'SHOW mlregistry.identity');
    like($nonce, qr/^[0-9a-f]{32}$/, 'but by those who read all settings, to whom it says nothing');
    ask($session, 'RESET mlregistry.identity');
    isnt(scalar ask($session, "SET mlregistry.identity = '$nonce'"), '00000', 'a nonce that was in use cannot be set again');
    isnt(scalar ask($session, "SELECT set_config('mlregistry.identity', '$nonce', false)"), '00000', 'nor by set_config()');
    is_acting($session, 'nobody', 'and opens nothing', 'auditor');
    stop_sessions($session);
};

subtest 'two-phase commit' => sub {
    my $session = client('prepared');
    ask($session, 'BEGIN; ' . authenticate('developer@acme') . "; INSERT INTO tags (tag_name) VALUES ('prepared'); PREPARE TRANSACTION 'prepared'");
    is_acting($session, 'nobody', 'a transaction that is prepared has ended');
    sql($node, 'd', q{COMMIT PREPARED 'prepared'});
    is_sql($node, 'd', q{SELECT created_by FROM tags WHERE tag_name = 'prepared'}, 'developer@acme.example', 'what it did was done by whom it said');
    stop_sessions($session);
};

# ---- plans that were made for somebody else

subtest 'plans' => sub {
    my $session = client('plans');
    sql($node, 'd', <<'SQL');
CREATE FUNCTION public.models_seen() RETURNS bigint LANGUAGE plpgsql STABLE AS $$BEGIN RETURN (SELECT count(*) FROM mlregistry.models); END$$;
CREATE FUNCTION public.models_of(slug text) RETURNS SETOF text LANGUAGE sql STABLE SET search_path = mlregistry, pg_catalog AS
    $$SELECT m.model_name FROM models m JOIN projects p USING (project_id) WHERE p.slug = models_of.slug$$;
CREATE FUNCTION public.actor_then(key text) RETURNS text LANGUAGE plpgsql AS
    $$BEGIN PERFORM mlregistry.authenticate(key); RETURN mlregistry.current_actor() || ' ' || public.models_seen(); END$$;
SQL
    for my $mode ('auto', 'force_generic_plan', 'force_custom_plan') {
        ask($session, "SET plan_cache_mode = $mode");
        ask($session, 'PREPARE q AS SELECT count(*), public.models_seen() FROM models; PREPARE w (uuid) AS UPDATE models SET description = $$x$$ WHERE model_id = $1');
        my $write = sprintf q{EXECUTE w('%s')}, id('model', 'default-private');
        my @got;
        for my $who (map { ($_) x 6 } 'viewer@default', 'admin@acme', 'nobody', 'owner@default') {
            ask($session, $who eq 'nobody' ? 'BEGIN' : 'BEGIN; ' . authenticate($who));
            my ($state, $answer) = ask($session, 'EXECUTE q');
            # The row was changed exactly when its description reads so afterwards, to whoever may read it.
            ask($session, $write);
            my (undef, $seen) = ask($session, q{SELECT count(*) FROM models WHERE description = 'x'});
            push @got, "$who $state $answer $seen";
            ask($session, 'ROLLBACK');
        }
        my @expected = map { ($_) x 6 } 'viewer@default 00000 3|3 0', 'admin@acme 00000 5|5 0', 'nobody 00000 0|0 0', 'owner@default 00000 4|4 1';
        is(join("\n", @got), join("\n", @expected), "plan_cache_mode = $mode: prepared statements and functions, one identity after the other");
        ask($session, 'DEALLOCATE ALL');
    }
    ask($session, 'RESET plan_cache_mode');
    my @answers = map { (ask($session, "SELECT public.actor_then('$key{$_}')"))[1] } 'viewer@default', 'admin@acme', 'viewer@default';
    is(join(' ', @answers), 'viewer@default.example 3 admin@acme.example 5 viewer@default.example 3', 'a function that authenticates and asks on');
    # One statement that changes who is acting under its own feet: never more than one of them may see.
    my (undef, $mixed) = ask($session, sprintf q{SELECT count(*) FROM models m, authenticate('%s') a WHERE a IS NOT NULL}, $key{'viewer@default'});
    cmp_ok($mixed, '<=', 3, 'authenticating inside of the statement that reads opens no more than the key');
    stop_sessions($session);
};

subtest 'parallel plans' => sub {
    sql($node, 'd', sprintf <<'SQL', map { organization_id('default'), project_id("default-$_") } 'private', 'organization');
INSERT INTO models (organization_id, project_id, model_name, framework) SELECT '%s', '%s', 'many-' || n, 'onnx' FROM generate_series(1, 3000) n;
INSERT INTO models (organization_id, project_id, model_name, framework) SELECT '%s', '%s', 'many-' || n, 'onnx' FROM generate_series(1, 2000) n;
ALTER TABLE models SET (parallel_workers = 3);
ANALYZE models;
SQL
    my $force = sql($node, 'd', 'SHOW server_version_num') >= 160000 ? 'debug_parallel_query' : 'force_parallel_mode';
    my $session = client('parallel');
    my $count = q{SELECT count(*), count(DISTINCT model_name) FROM models};
    my $set = "SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; SET min_parallel_index_scan_size = 0; SET max_parallel_workers_per_gather = 3";
    my %expected = ('viewer@default' => '2003', 'owner@default' => '5004', 'admin@acme' => '5', 'nobody' => '0');
    for my $who (sort keys %expected) {
        my %answer;
        for my $mode ('serial', 'parallel', 'forced') {
            ask($session, 'SET max_parallel_workers_per_gather = 0') if $mode eq 'serial';
            ask($session, $set) if $mode ne 'serial';
            ask($session, "SET $force = on") if $mode eq 'forced';
            ask($session, $who eq 'nobody' ? 'BEGIN' : 'BEGIN; ' . authenticate($who));
            (undef, $answer{$mode}) = ask($session, q{SELECT count(*) FROM models});
            my (undef, $join) = ask($session, q{SELECT count(*) FROM models m JOIN projects p USING (project_id) WHERE m.created_by IS NOT NULL});
            $answer{$mode} .= " $join";
            if ($mode eq 'parallel') {
                my (undef, $plan) = ask($session, 'EXPLAIN SELECT count(*) FROM models');
                like($plan, qr/Gather/, "$who: the plan is parallel");
            }
            ask($session, 'ROLLBACK; RESET ' . $force);
        }
        like($answer{serial}, qr/^$expected{$who} /, "$who: counts what is visible");
        is("$answer{parallel} / $answer{forced}", "$answer{serial} / $answer{serial}", "$who: parallel plans count the same");
    }
    ask($session, "SET $force = on; BEGIN; " . authenticate('viewer@default'));
    is((ask($session, 'SELECT current_actor()'))[1], 'viewer@default.example', 'the identity is not asked for in a worker, which has none');
    ask($session, 'ROLLBACK');
    stop_sessions($session);
    # Rights are read for the first time inside of a parallel query.
    for my $level ('read committed', 'serializable') {
        like(sql($node, 'd', "$set; SET default_transaction_isolation = '$level'; SELECT count(*) FROM models; EXPLAIN (COSTS OFF) SELECT count(*) FROM models", as => 'joe'),
            qr/^5004\n(?s:.*)Gather/, "the first query of a session is parallel, $level");
    }
    sql($node, 'd', q{DELETE FROM models WHERE model_name LIKE 'many-%'});
};

# ---- roles

subtest 'without authentication' => sub {
    my $joe = client('joe', 'joe');
    is_acting($joe, 'owner@default', 'a role that a user has is that user');
    ask($joe, 'BEGIN; ' . authenticate('developer@acme'));
    is_acting($joe, 'developer@acme', 'unless it authenticates as another one');
    ask($joe, 'COMMIT');
    is_acting($joe, 'owner@default', 'for as long');
    sql($node, 'd', sprintf q{UPDATE users SET is_active = false WHERE user_id = '%s'}, user_id('owner@default'));
    my ($state, $answer) = ask($joe, 'SELECT count(*) FROM models');
    is("$state $answer", '00000 0', 'a user who is not active any more is nobody');
    sql($node, 'd', sprintf q{UPDATE users SET is_active = true WHERE user_id = '%s'}, user_id('owner@default'));
    is_acting($joe, 'owner@default', 'and is again');
    stop_sessions($joe);
    is_sql($node, 'd', q{SELECT count(*) FROM models}, '3', 'a role with a grant has what it was granted', as => 'reader_of_default');
    is_sql($node, 'd', q{SELECT current_actor(), current_user_id() IS NULL}, 'reader_of_default|t', 'and is no user', as => 'reader_of_default');

    # The default organization, while it is the only one.
    sql($node, 'postgres', 'CREATE DATABASE single');
    sql($node, 'single', 'CREATE EXTENSION mlregistry; ALTER DATABASE single SET search_path = public, mlregistry');
    sql($node, 'single', <<'SQL');
SELECT model_id FROM register_model('alone', framework => 'onnx');
GRANT USAGE ON SCHEMA mlregistry TO bare;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA mlregistry TO bare;
SQL
    is_sql($node, 'single', q{SELECT current_organization_id() IS NOT NULL, count(*) FROM models}, 't|1', 'one organization: whom SQL lets in is at home', as => 'bare');
    is_sql($node, 'single', q{UPDATE models SET description = 'x' RETURNING model_name}, 'alone', 'and writes', as => 'bare');
    sql($node, 'single', q{INSERT INTO organizations (name, slug) VALUES ('Second', 'second')});
    is_sql($node, 'single', q{SELECT current_organization_id() IS NULL, count(*) FROM models}, 't|0', 'two: nobody guesses', as => 'bare');
    is(sql_state($node, 'single', q{INSERT INTO teams (organization_id, team_name) VALUES ('00000000-0000-8000-8000-000000000001', 'x')}, as => 'bare'), '42501', 'and nobody writes');
    sql($node, 'single', q{UPDATE organizations SET deleted_at = now() WHERE slug = 'second'});
    is_sql($node, 'single', q{SELECT count(*) FROM models}, '1', 'the second one deleted: as before', as => 'bare');
    is_sql($node, 'single', q{SELECT count(*) FROM models}, '1', 'the superuser sees everything all the time');
};

subtest 'SET ROLE and SET SESSION AUTHORIZATION' => sub {
    sql($node, 'postgres', 'CREATE ROLE switcher LOGIN; GRANT app, reader_of_default, joe TO switcher');
    my $session = client('switcher', 'switcher');
    ask($session, authenticate('viewer@default', 'session => true'));
    ask($session, 'SET ROLE app');
    is_acting($session, 'viewer@default', 'SET ROLE does not change who is acting');
    ask($session, 'SELECT sign_out()');
    my ($state, $answer) = ask($session, 'SET ROLE joe; SELECT current_actor()');
    is($answer, 'switcher', 'it is the role that logged in who is acting, not the one of SET ROLE');
    stop_sessions($session);

    my $super = background($node, 'd', sql($node, 'd', 'SELECT session_user'), 'super');
    is((ask($super, 'SELECT bypasses_access(), count(*) FROM models'))[1], 't|8', 'a superuser sees all');
    is((ask($super, 'SET ROLE app; SELECT bypasses_access(), count(*) FROM models'))[1], 'f|0', 'not as SET ROLE app: no more than app may');
    ask($super, 'RESET ROLE; SET SESSION AUTHORIZATION joe');
    is_acting($super, 'owner@default', 'SET SESSION AUTHORIZATION is a login');
    is((ask($super, 'RESET SESSION AUTHORIZATION; SELECT bypasses_access(), count(*) FROM models'))[1], 't|8', 'and can be taken back');
    ask($super, 'PREPARE s AS SELECT count(*) FROM models');
    my @counts = map { (ask($super, "$_; EXECUTE s"))[1] } ('SET SESSION AUTHORIZATION joe', 'RESET SESSION AUTHORIZATION', 'SET ROLE reader_of_acme', 'SET SESSION AUTHORIZATION admin_of_acme', 'RESET SESSION AUTHORIZATION; RESET ROLE');
    is($counts[0] . ' ' . $counts[1] . ' ' . $counts[4], '4 8 8', 'a prepared statement follows');
    is($counts[3], '4', 'the grants of the role that it is');
    stop_sessions($super);
};

subtest 'a function that is SECURITY DEFINER' => sub {
    sql($node, 'd', <<'SQL');
CREATE FUNCTION public.as_definer() RETURNS text LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS
    $$SELECT mlregistry.current_actor() || ' ' || mlregistry.bypasses_access()$$;
SQL
    is_sql($node, 'd', as_key('viewer@default', 'SELECT public.as_definer()'), 'viewer@default.example false',
        'is asked by its caller: bypasses_access() is about the caller', as => 'app');
    is_sql($node, 'd', 'SELECT public.as_definer()', 'app false', 'whoever that is', as => 'app');
};

# ---- what happens elsewhere

# Tests that what another session does ends an identity at the next statement, also within a transaction, and back.
sub ends {
    my ($name, $who, $end, $again) = @_;
    subtest $name => sub {
        my $session = client('watched');
        my $inside = client('inside');
        ask($session, authenticate($who, 'session => true'));
        ask($inside, 'BEGIN; ' . authenticate($who));
        my $write = q{UPDATE teams SET department = 'x'};
        is_acting($_, $who, 'before') for $session, $inside;
        sql($node, 'd', $end);
        for ([ $session, 'the session' ], [ $inside, 'the transaction' ]) {
            my ($watched, $which) = @$_;
            my ($state, $answer) = ask($watched, 'SELECT count(*) FROM models');
            ok($state eq '28000' || "$state $answer" eq '00000 0', "$which: nothing to see at the next statement") or diag("$state $answer");
            ask($watched, 'ROLLBACK') if $state ne '00000';
            (undef, $answer) = ask($watched, q{SELECT coalesce(string_agg(slug, ' '), '') FROM organizations});
            is($answer // '', '', "$which: nor an organization");
        }
        is(sql_state($node, 'd', authenticate($who), as => 'app'), '28000', 'the key is refused');
        ask($inside, 'ROLLBACK');
        stop_sessions($session, $inside);
        sql($node, 'd', $again) if defined $again;
        is(sql_state($node, 'd', authenticate($who), as => 'app'), '00000', 'and taken again') if defined $again;
    };
    return;
}
my $viewer_key = sprintf q{WHERE api_key_id = '%s'}, id('api_key', 'viewer@default');
my $viewer = sprintf q{WHERE user_id = '%s'}, user_id('viewer@default');
ends('the key is switched off', 'viewer@default', "UPDATE api_keys SET is_active = false $viewer_key", "UPDATE api_keys SET is_active = true $viewer_key");
ends('the key expires', 'viewer@default', "UPDATE api_keys SET expires_at = now() $viewer_key", "UPDATE api_keys SET expires_at = NULL $viewer_key");
ends('the key is deleted', 'viewer@default', "UPDATE api_keys SET deleted_at = now() $viewer_key", "UPDATE api_keys SET deleted_at = NULL $viewer_key");
ends('the user is switched off', 'viewer@default', "UPDATE users SET is_active = false $viewer", "UPDATE users SET is_active = true $viewer");
ends('the user is deleted', 'viewer@default', "UPDATE users SET deleted_at = now() $viewer", "UPDATE users SET deleted_at = NULL $viewer");
ends('the membership ends', 'viewer@default', "DELETE FROM organization_memberships $viewer");
sql($node, 'd', sprintf(q{INSERT INTO organization_memberships (organization_id, user_id, role) VALUES ('%s', '%s', 'viewer');},
    organization_id('default'), user_id('viewer@default')) . key_row('viewer@default', 'viewer@default', 'default'));
ends('revoke_api_key()', 'viewer@default', sprintf q{SELECT revoke_api_key('%s'::uuid)}, id('api_key', 'viewer@default'));
sql($node, 'd', "UPDATE api_keys SET is_active = true, deleted_at = NULL $viewer_key");

subtest 'the clock' => sub {
    sql($node, 'd', "UPDATE api_keys SET expires_at = clock_timestamp() + interval '4 seconds' $viewer_key");
    my $session = client('clock');
    ask($session, authenticate('viewer@default', 'session => true'));
    is_acting($session, 'viewer@default', 'before the key expires');
    my ($state, $answer);
    for (1 .. 100) {
        ($state, $answer) = ask($session, 'SELECT count(*) FROM models');
        last if $state ne '00000' || $answer eq '0';
        usleep(100_000);
    }
    ok($state eq '28000' || $answer eq '0', 'a key that expires meanwhile ends the identity, though nobody changed a row');
    sql($node, 'd', "UPDATE api_keys SET expires_at = NULL $viewer_key");
    stop_sessions($session);
};

subtest 'roles and memberships that change' => sub {
    my $session = client('changing');
    ask($session, authenticate('viewer@default', 'session => true'));
    is_acting($session, 'viewer@default', 'a viewer');
    my $private = sprintf q{'%s'}, project_id('default-private');
    sql($node, 'd', sprintf q{INSERT INTO project_members (organization_id, project_id, user_id, role) VALUES ('%s', %s, '%s', 'viewer')},
        organization_id('default'), $private, user_id('viewer@default'));
    my $sees = $sees{'viewer@default'};
    is((ask($session, $see))[1], $sees =~ s/m-default-public/m-default-private m-default-public/r, 'is added to a project');
    sql($node, 'd', "DELETE FROM project_members WHERE project_id = $private AND user_id = '" . user_id('viewer@default') . "'");
    is((ask($session, $see))[1], $sees, 'and removed');
    my $update = sprintf q{UPDATE models SET description = 'x' WHERE model_id = '%s' RETURNING 'changed'}, id('model', 'default-organization');
    is((ask($session, $update))[1] // '', '', 'does not write');
    sql($node, 'd', "UPDATE organization_memberships SET role = 'developer' $viewer");
    is((ask($session, $update))[1], 'changed', 'until the role says so');
    sql($node, 'd', "UPDATE organization_memberships SET role = 'viewer' $viewer");
    is((ask($session, $update))[1] // '', '', 'and not any more afterwards');
    sql($node, 'd', sprintf q{UPDATE projects SET visibility = 'private' WHERE project_id = '%s'}, project_id('default-organization'));
    is((ask($session, $see))[1], $sees =~ s/m-default-organization //r, 'a project that becomes private');
    sql($node, 'd', sprintf q{UPDATE projects SET visibility = 'organization' WHERE project_id = '%s'}, project_id('default-organization'));
    is((ask($session, $see))[1], $sees, 'and is opened again');
    sql($node, 'd', qq{UPDATE api_keys SET permissions = '{"scopes": ["datasets:read"]}' $viewer_key});
    is((ask($session, 'SELECT count(*) FROM models'))[1], '0', 'a key that is restricted');
    sql($node, 'd', "UPDATE api_keys SET permissions = '{}' $viewer_key");
    is((ask($session, $see))[1], $sees, 'and is not any more');
    stop_sessions($session);
    my $granted = client('granted', 'reader_of_default');
    is((ask($granted, 'SELECT count(*) FROM models'))[1], '3', 'a role with a grant');
    sql($node, 'd', q{SELECT revoke_access('reader_of_default', 'default')});
    my ($state, $answer) = ask($granted, 'SELECT count(*) FROM models');
    ok($state =~ /^42(?:501|P01)$/ || $answer eq '0', 'that is revoked') or diag("$state $answer");
    sql($node, 'd', q{SELECT grant_access('reader_of_default', 'reader', 'default')});
    is((ask($granted, 'SELECT count(*) FROM models'))[1], '3', 'and given again');
    stop_sessions($granted);
    # One's own doing, in one transaction: the next statement knows.
    is_sql($node, 'd', as_key('admin@acme', sprintf q{UPDATE projects SET visibility = 'private' WHERE slug = 'acme-public'; SELECT count(*) FROM models; %s; %s; ROLLBACK; BEGIN},
        authenticate('developer@acme'), 'SELECT count(*) FROM models'), "5\ndeveloper\@acme.example\n2", 'what a transaction itself has changed counts in it', as => 'app');
};

subtest 'what is taken back' => sub {
    # Rights that were read in a transaction are not those after its ROLLBACK.
    my $admin = client('admin');
    my $private = sprintf q{UPDATE projects SET visibility = 'private' WHERE project_id = '%s'}, project_id('default-organization');
    my $key = $key{'viewer@default'};
    my $again = sprintf q{SELECT authenticate('%s'); SELECT count(*) FROM models}, $key;
    my $as_admin = sprintf q{SELECT authenticate('%s')}, api_key('admin@default');
    for my $undo ('ROLLBACK TO a', 'ROLLBACK') {
        ask($admin, "BEGIN; $as_admin; SAVEPOINT a; $private");
        is((ask($admin, $again))[1], "viewer\@default.example\n2", "a project is made private: one sees less");
        ask($admin, $undo);
        ask($admin, 'BEGIN') if $undo eq 'ROLLBACK';
        is((ask($admin, $again))[1], "viewer\@default.example\n3", "$undo: as much as before");
        ask($admin, 'ROLLBACK');
        my $public = sprintf q{UPDATE projects SET visibility = 'public' WHERE project_id = '%s'}, project_id('default-private');
        ask($admin, "BEGIN; $as_admin; SAVEPOINT a; $public");
        is((ask($admin, $again))[1], "viewer\@default.example\n4", "a project is made public: one sees more");
        ask($admin, $undo);
        ask($admin, 'BEGIN') if $undo eq 'ROLLBACK';
        is((ask($admin, $again))[1], "viewer\@default.example\n3", "$undo: no more than before");
        ask($admin, 'ROLLBACK');
    }
    # Nor those that were read from rows of a statement that failed half way.
    sql($node, 'd', sprintf q{CREATE FUNCTION t.half_way() RETURNS text LANGUAGE plpgsql AS $$BEGIN PERFORM mlregistry.authenticate('%s'); RAISE EXCEPTION USING ERRCODE = 'ZZ002', MESSAGE = (SELECT count(*)::text FROM mlregistry.models); END$$}, $key);
    my $half = sprintf q{INSERT INTO project_members (organization_id, project_id, user_id, role) SELECT '%s', '%s', '%s', CASE n WHEN 1 THEN 'owner' ELSE t.half_way() END FROM generate_series(1, 2) n},
        organization_id('default'), project_id('default-private'), user_id('viewer@default');
    for my $statement ($half, qq{DO \$do\$BEGIN $half; EXCEPTION WHEN SQLSTATE 'ZZ002' THEN NULL; END\$do\$}) {
        my $fresh = client('half way'); # which has not read the rights yet
        ask($fresh, "BEGIN; $as_admin");
        my ($state) = ask($fresh, $statement);
        is($state, $statement eq $half ? 'ZZ002' : '00000', 'it fails where it is to');
        ask($fresh, 'ROLLBACK; BEGIN') if $statement eq $half;
        is((ask($fresh, $again))[1], "viewer\@default.example\n3", 'a statement that failed half way: as much as before');
        ask($fresh, 'ROLLBACK');
        stop_sessions($fresh);
    }
    # In a block of PL/pgSQL.
    is((ask($admin, sprintf <<'SQL', api_key('admin@default'), project_id('default-private'), $key))[1], '3', 'a block that failed');
BEGIN;
DO $$
BEGIN
    BEGIN
        PERFORM authenticate('%s');
        UPDATE projects SET visibility = 'public' WHERE project_id = '%s';
        PERFORM authenticate('%3$s');
        IF (SELECT count(*) FROM models) <> 4 THEN RAISE data_exception; END IF;
        RAISE division_by_zero;
    EXCEPTION WHEN division_by_zero THEN NULL;
    END;
    PERFORM authenticate('%3$s');
    PERFORM set_config('test.seen', (SELECT count(*)::text FROM models), false);
END$$;
SELECT current_setting('test.seen');
ROLLBACK
SQL
    stop_sessions($admin);
};

subtest 'at other isolation levels' => sub {
    for my $level ('repeatable read', 'serializable') {
        my $session = client('level');
        ask($session, "BEGIN ISOLATION LEVEL $level; " . authenticate('viewer@default'));
        is_acting($session, 'viewer@default', "$level: a snapshot is taken");
        sql($node, 'd', "UPDATE api_keys SET is_active = false $viewer_key");
        my ($state, $answer) = ask($session, 'SELECT count(*) FROM models');
        ok($state eq '28000' || "$state $answer" eq '00000 0', "$level: a key that is revoked meanwhile opens nothing, whatever the snapshot shows") or diag("$state $answer");
        ask($session, 'ROLLBACK');
        sql($node, 'd', "UPDATE api_keys SET is_active = true $viewer_key");
        stop_sessions($session);
    }
};

subtest 'a plan that locks nothing more' => sub {
    my $session = client('plan');
    ask($session, 'BEGIN; ' . authenticate('viewer@default') . '; PREPARE counted AS SELECT count(*) FROM models');
    is((ask($session, 'EXECUTE counted'))[1], '3', 'a prepared statement') for 1 .. 3;
    sql($node, 'd', "UPDATE api_keys SET is_active = false $viewer_key");
    is((ask($session, 'EXECUTE counted'))[1], '0', 'the next time it finds nothing: the key was revoked');
    ask($session, 'ROLLBACK');
    sql($node, 'd', "UPDATE api_keys SET is_active = true $viewer_key");
    stop_sessions($session);
};

subtest 'what a transaction lets go comes back' => sub {
    my $session = client('again');
    ask($session, authenticate('viewer@default', 'session => true'));
    my $other = authenticate('contributor@default');
    for my $between ("$other; $other; $other", "SELECT sign_out(); $other", "RESET mlregistry.identity; $other", "SAVEPOINT a; " . authenticate('contributor@default', 'session => true') . "; $other") {
        ask($session, "BEGIN; $between; ROLLBACK");
        is_acting($session, 'viewer@default', 'the identity of the session');
    }
    ask($session, "BEGIN; $other; $other; COMMIT");
    is_acting($session, 'viewer@default', 'also after COMMIT');
    stop_sessions($session);
};

subtest 'an organization that is deleted' => sub {
    # Its grant is no way to the organization that is left.
    sql($node, 'd', q{BEGIN; UPDATE organizations SET deleted_at = now() WHERE slug = 'acme'; COMMIT});
    is_sql($node, 'd', 'SELECT how, organization FROM whoami(); SELECT count(*) FROM projects', "role|\n0", 'a role with a grant for it finds nothing, not the only one that is left', as => 'writer_of_acme');
    sql($node, 'd', q{UPDATE organizations SET deleted_at = NULL WHERE slug = 'acme'});
    my $session = client('deleted');
    ask($session, authenticate('developer@acme', 'session => true'));
    is_acting($session, 'developer@acme', 'before');
    sql($node, 'd', q{UPDATE organizations SET deleted_at = now() WHERE slug = 'acme'});
    my $of_acme = sprintf q{SELECT count(*) FROM models WHERE organization_id = '%s'}, organization_id('acme');
    my ($state, $answer) = ask($session, $of_acme);
    ok($state eq '28000' || "$state $answer" eq '00000 0', 'its models are seen by nobody') or diag("$state $answer");
    is(sql($node, 'd', as_key('viewer@default', $of_acme), as => 'app'), '0', 'public ones neither');
    is_sql($node, 'd', $of_acme, '0', 'nor by a role with a grant', as => 'admin_of_acme');
    my ($said) = ask($session, sprintf q{INSERT INTO tags (organization_id, tag_name) VALUES ('%s', 'late')}, organization_id('acme'));
    like($said, qr/^(?:42501|28000|23503)$/, 'and nothing is written');
    sql($node, 'd', q{UPDATE organizations SET deleted_at = NULL WHERE slug = 'acme'});
    is((ask($session, $of_acme))[1], '2', 'until it is back') unless $state eq '28000';
    stop_sessions($session);
};

# ---- last_used_at

subtest 'last_used_at' => sub {
    my $used = "SELECT last_used_at IS NOT NULL, last_used_at > now() - interval '50 seconds' FROM api_keys $viewer_key";
    my $exactly = "SELECT last_used_at FROM api_keys $viewer_key";
    sql($node, 'd', "UPDATE api_keys SET last_used_at = NULL $viewer_key");
    sql($node, 'd', authenticate('viewer@default'), as => 'app');
    is_sql($node, 'd', $used, 't|t', 'the use of a key is noted');
    my $first = sql($node, 'd', $exactly);
    sql($node, 'd', authenticate('viewer@default'), as => 'app') for 1 .. 3;
    is_sql($node, 'd', $exactly, $first, 'not again within a minute');
    sql($node, 'd', "UPDATE api_keys SET last_used_at = now() - interval '61 seconds' $viewer_key");
    my $updated = "SELECT updated_at, updated_by FROM api_keys $viewer_key";
    my $before = sql($node, 'd', $updated);
    sql($node, 'd', authenticate('viewer@default'), as => 'app');
    is_sql($node, 'd', $used, 't|t', 'but after one');
    is_sql($node, 'd', $updated, $before, 'which is no change of the key');
    sql($node, 'd', "UPDATE api_keys SET last_used_at = NULL $viewer_key");
    is_sql($node, 'd', 'BEGIN READ ONLY; ' . authenticate('viewer@default') . "; $see; COMMIT", "viewer\@default.example\n$sees{'viewer@default'}",
        'in a READ ONLY transaction a key works', as => 'app');
    is_sql($node, 'd', $used, 'f|', 'and nothing is written');
    # Two sessions with one key do not wait for each other.
    my ($one, $two) = map { client("both-$_") } 1, 2;
    ask($one, 'BEGIN; ' . authenticate('viewer@default'));
    my ($state, $answer) = ask($two, "SET lock_timeout = '2s'; BEGIN; " . authenticate('viewer@default'));
    is("$state $answer", '00000 viewer@default.example', 'a key in two open transactions at once: nobody waits');
    ask($_, 'ROLLBACK') for $one, $two;
    stop_sessions($one, $two);
};

# ---- the place that one works in

subtest 'a choice is no identity' => sub {
    my $session = client('choice');
    ask($session, authenticate('viewer@default', 'session => true'));
    my $where = 'SELECT current_organization_id(), current_project_id() IS NOT NULL';
    is((ask($session, $where))[1], organization_id('default') . '|t', 'the organization of the key is where one works');
    for my $set (q{SET mlregistry.organization = 'acme'}, q{SELECT set_config('mlregistry.organization', 'acme', false)}, q{SELECT use_organization('acme')},
        q{SET mlregistry.organization = 'acme'; SET mlregistry.project = 'acme-public'}) {
        ask($session, $set);
        my ($state, $answer) = ask($session, 'SELECT count(*) FROM models WHERE organization_id = ' . sprintf q{'%s' AND project_id <> '%s'}, organization_id('acme'), project_id('acme-public'));
        is("$state $answer", '00000 0', "$set: gives no rows");
        ($state, $answer) = ask($session, $where);
        ok("$state $answer" eq '00000 |f' || "$answer" eq organization_id('default') . '|t', 'and is no place to work in') or diag("$state $answer") unless $set =~ /use_organization/;
        isnt(scalar ask($session, q{INSERT INTO models (model_name, framework) VALUES ('elsewhere', 'onnx')}), '00000', 'nothing can be written there');
        ask($session, 'RESET mlregistry.organization; RESET mlregistry.project');
    }
    is_sql($node, 'd', q{SELECT count(*) FROM models WHERE model_name = 'elsewhere'}, '0', 'and nothing was');
    my ($acme, $nonsense) = map { ask($session, "SELECT t.words(\$\$SELECT use_organization('$_')\$\$)") } 'acme', 'acmx';
    is((ask($session, q{SELECT t.words($$SELECT use_organization('acme')$$)}))[1] =~ s/acme/acmx/gr, (ask($session, q{SELECT t.words($$SELECT use_organization('acmx')$$)}))[1],
        'an organization that one is not in is as unknown as none');
    stop_sessions($session);

    my $both = client('both');
    ask($both, sprintf q{SELECT authenticate('%s', session => true)}, api_key('both@acme'));
    is((ask($both, $where))[1], organization_id('acme') . '|f', 'who is in two organizations works in the one of the key');
    ask($both, q{SELECT use_organization('acme'), use_project('acme-private')});
    is((ask($both, $where))[1], organization_id('acme') . '|t', 'chooses there');
    isnt(scalar ask($both, q{SELECT use_organization('default')}), '00000', 'and not in the other one: a key holds in its own');
    stop_sessions($both);
};

# ---- keys

subtest 'keys that are made' => sub {
    my $made = sql($node, 'd', as_key('admin@acme', q{SELECT api_key FROM create_api_key('made', email => 'developer@acme.example', organization => 'acme')} . ';'), as => 'app');
    like($made, qr/^mlr_[A-Za-z0-9_-]{43}$/, 'create_api_key() shows a key of 256 bits');
    is_sql($node, 'd', "SELECT authenticate('$made')", 'developer@acme.example', 'which authenticates', as => 'app');
    is_sql($node, 'd', "SELECT count(*) FROM api_key_secrets WHERE key_hash = encode(sha256('$made'), 'hex')", '1', 'its SHA-256 is kept');
    my $text = substr $made, 4;
    is_sql($node, 'd', "SELECT count(*) FROM api_keys k, api_key_secrets s WHERE concat(k, s) LIKE '%$text%'", '0', 'and not the key');
    is_sql($node, 'd', q{SELECT bool_and(length(key_prefix) <= 20) FROM api_keys}, 't', 'a prefix is for display');
    is_sql($node, 'd', q{SELECT count(DISTINCT new_api_key()) = 200, bool_and(new_api_key() ~ '^mlr_[A-Za-z0-9_-]{43}$') FROM generate_series(1, 200)}, 't|t', 'keys are never the same');
    is(sql_state($node, 'd', 'SELECT new_api_key()', as => 'app'), '42501', 'and not for everybody to make');
};

# ---- a standby

subtest 'a hot standby' => sub {
    $node->backup('base');
    my $standby = PostgreSQL::Test::Cluster->new('standby');
    $standby->init_from_backup($node, 'base', has_streaming => 1);
    $standby->start;
    sql($node, 'd', "UPDATE api_keys SET last_used_at = NULL $viewer_key");
    $node->wait_for_catchup($standby, 'replay', $node->lsn('write'));
    is_sql($standby, 'd', 'BEGIN; ' . authenticate('viewer@default') . "; $see; COMMIT", "viewer\@default.example\n$sees{'viewer@default'}", 'a key works there', as => 'app');
    is_sql($standby, 'd', $see, $sees{nobody}, 'and without one nothing is seen', as => 'app');
    is_sql($standby, 'd', "SELECT last_used_at IS NULL FROM api_keys $viewer_key", 't', 'without being noted');
    my $session = background($standby, 'd', 'app', 'standby');
    ask($session, authenticate('viewer@default', 'session => true'));
    is_acting($session, 'viewer@default', 'for the session, too');
    sql($node, 'd', "UPDATE api_keys SET is_active = false $viewer_key");
    $node->wait_for_catchup($standby, 'replay', $node->lsn('write'));
    my ($state, $answer) = ask($session, 'SELECT count(*) FROM models');
    ok($state eq '28000' || $answer eq '0', 'a key that is revoked on the primary is revoked there') or diag("$state $answer");
    is(sql_state($standby, 'd', authenticate('viewer@default'), as => 'app'), '28000', 'and refused');
    stop_sessions($session);
    $standby->stop;
};

done_testing();
