# Who must be trusted: nobody but superusers may prepare the schema that the extension goes into, and the owner of the tables
# gets no more rights than the owner has.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin;
use MLR;

use Test::More;

my $node = new_node('trust');
sql($node, 'postgres', 'CREATE ROLE mallory LOGIN; CREATE ROLE owner_role LOGIN; CREATE ROLE admin LOGIN SUPERUSER;');

sub fresh {
    my ($database) = @_;
    sql($node, 'postgres', "DROP DATABASE IF EXISTS $database");
    sql($node, 'postgres', "CREATE DATABASE $database; GRANT CREATE ON DATABASE $database TO mallory");
    return $database;
}

# What a trap does: it writes the role that it runs as where a rolled back transaction cannot take it away.
my $trap = q{LANGUAGE plpgsql AS $$BEGIN PERFORM setval('public.trap', 1 + (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)::int); RETURN NULL; END$$};
sub set_traps {
    my ($database, $as) = @_;
    sql($node, $database, 'CREATE SEQUENCE IF NOT EXISTS public.trap MAXVALUE 9; GRANT ALL ON SEQUENCE public.trap TO PUBLIC');
    my @signatures = (
        'format(text, name)', 'format(text, text)', 'format(text, text, text)', 'format(text, text, name)', 'format(text, name, text)',
        'quote_literal(regconfig)', 'quote_literal(text)', 'to_jsonb(text)', 'to_jsonb(timestamptz)', 'current_setting(text)',
        'set_config(text, text, boolean)', 'count(text)', 'replace(text, text, text)', 'coalesce_trap(text)', 'quote_ident(name)',
    );
    sql($node, $database, join(";\n", map { "CREATE FUNCTION mlregistry.$_ RETURNS text $trap" } @signatures), as => $as);
    return;
}

sub sprung {
    my ($database) = @_;
    return sql($node, $database, "SELECT CASE WHEN NOT is_called THEN 'none' WHEN last_value = 2 THEN 'as superuser' ELSE 'harmless' END FROM public.trap");
}

my $database = fresh('schema_of_mallory');
sql($node, $database, 'CREATE SCHEMA mlregistry', as => 'mallory');
set_traps($database, 'mallory');
sql_fails($node, $database, 'CREATE EXTENSION mlregistry', '42501', 'a schema that somebody else owns is refused', like => qr/Role mallory/);
is(sprung($database), 'none', 'and nothing in it is run to find out');
sql($node, $database, 'ALTER SCHEMA mlregistry OWNER TO admin');
sql_fails($node, $database, 'CREATE EXTENSION mlregistry', '42501', 'nor does a new owner help while the functions stay', like => qr/mallory has a function in it/);
sql($node, $database, 'DROP SCHEMA mlregistry CASCADE');
sql_ok($node, $database, 'CREATE EXTENSION mlregistry', 'without the schema it works');

$database = fresh('schema_open');
sql($node, $database, 'CREATE SCHEMA mlregistry; GRANT USAGE, CREATE ON SCHEMA mlregistry TO mallory');
sql_fails($node, $database, 'CREATE EXTENSION mlregistry', '42501', 'a schema in which somebody else may create is refused', like => qr/may create objects in it/);
set_traps($database, 'mallory');
sql($node, $database, 'REVOKE CREATE ON SCHEMA mlregistry FROM mallory');
sql_fails($node, $database, 'CREATE EXTENSION mlregistry', '42501', 'so is one in which somebody else has created', like => qr/has a function/);
is(sprung($database), 'none', 'again nothing in it is run');

$database = fresh('schema_public');
sql($node, $database, 'CREATE SCHEMA mlregistry; GRANT CREATE ON SCHEMA mlregistry TO PUBLIC');
sql_fails($node, $database, 'CREATE EXTENSION mlregistry', '42501', 'PUBLIC is somebody else', like => qr/Role PUBLIC/);
sql($node, $database, 'REVOKE CREATE ON SCHEMA mlregistry FROM PUBLIC; GRANT USAGE ON SCHEMA mlregistry TO mallory');
sql_ok($node, $database, 'CREATE EXTENSION mlregistry', 'a schema that was prepared by a superuser is taken');
sql($node, $database, 'GRANT CREATE ON SCHEMA mlregistry TO mallory');
is_sql($node, $database, 'SELECT check_name, object FROM mlregistry.check_registry()', 'schema_open_to_others|mlregistry', 'opened later, check_registry() says so');
set_traps($database, 'mallory');
for my $call ('install()', 'migrate()', "set_registry_owner(session_user)", 'registry_info()', "uninstall(confirm => 'mlregistry')", 'install()') {
    sql($node, $database, "SET search_path = mlregistry, public; SELECT * FROM mlregistry.$call");
}
is_sql($node, $database, 'SELECT count(*) FROM mlregistry.check_registry()', '1', 'and still answers');
is(sprung($database), 'none', 'what superusers run finds only what is in pg_catalog');

# The owner of the tables: any role, without further grants, and without a way up.
$database = fresh('owner');
sql($node, $database, "CREATE EXTENSION mlregistry; SELECT mlregistry.install(owner => 'owner_role')");
sql_ok($node, $database, <<'SQL', 'a role without any grant can own the tables');
SET search_path = public, mlregistry;
SELECT register_model('m', framework => 'onnx');
SELECT register_version('m', bump => 'minor', artifact_uri => '/srv/{version}');
SELECT set_alias('m', 'champion', 'latest');
SQL
is_sql($node, $database, 'SELECT * FROM mlregistry.check_registry()', '', 'the registry is consistent');
sql($node, $database, 'REVOKE USAGE ON SCHEMA mlregistry FROM owner_role');
is_sql($node, $database, 'SELECT check_name FROM mlregistry.check_registry()', 'owner_without_usage', 'a lost right is found');
sql($node, $database, "SELECT mlregistry.set_registry_owner('owner_role')");

sql($node, $database, <<'SQL');
CREATE SEQUENCE public.trap MAXVALUE 9;
GRANT ALL ON SEQUENCE public.trap TO PUBLIC;
CREATE SCHEMA of_owner AUTHORIZATION owner_role;
SET ROLE owner_role;
CREATE FUNCTION of_owner.climb() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN
    PERFORM setval('public.trap', 1 + (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)::int);
    RETURN NEW;
END$$;
CREATE TRIGGER climb BEFORE UPDATE ON mlregistry.registry_meta FOR EACH ROW EXECUTE FUNCTION of_owner.climb();
RESET ROLE;
SQL
sql($node, $database, q{UPDATE mlregistry.registry_meta SET value = value WHERE key = 'schema_version'});
is(sprung($database), 'as superuser', 'a trap that the owner has set works, on superusers who change the tables by hand');
my $traps = <<'SQL';
CREATE SEQUENCE public.trap MAXVALUE 9;
GRANT ALL ON SEQUENCE public.trap TO PUBLIC;
CREATE SCHEMA of_owner AUTHORIZATION owner_role;
SET ROLE owner_role;
CREATE FUNCTION of_owner.climb() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN
    PERFORM setval('public.trap', 1 + (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)::int);
    RETURN NEW;
END$$;
SQL
for my $version (add_released()) {
    # Up to 0.2.0 a migration changes rows of model_versions.
    for my $table ('registry_meta', $version lt '0.3' ? 'model_versions' : ()) {
        $database = fresh('older');
        sql($node, $database, "CREATE EXTENSION mlregistry VERSION '$version'; SELECT mlregistry.install(owner => 'owner_role')");
        sql($node, $database, <<'SQL');
SET search_path = public, mlregistry;
SELECT register_model('m', framework => 'onnx');
SELECT register_version('m', bump => 'minor', artifact_uri => '/srv/{version}');
SELECT set_alias('m', 'champion', 'latest');
SQL
        # ENABLE ALWAYS: also where a migration changes rows without triggers.
        sql($node, $database, "$traps CREATE TRIGGER climb BEFORE UPDATE ON mlregistry.$table FOR EACH ROW EXECUTE FUNCTION of_owner.climb();"
              . " ALTER TABLE mlregistry.$table ENABLE ALWAYS TRIGGER climb;");
        sql($node, $database, 'ALTER EXTENSION mlregistry UPDATE');
        is(sprung($database), 'harmless', "an upgrade from $version runs the triggers of the owner on $table with the rights of the owner");
        is_sql($node, $database, q{SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'mlregistry'}, 'owner_role', 'and gives the owner what it makes');
    }
}

# Partitions are made from what the owner has put on their table: in the owner's name.
$database = fresh('partitions');
sql($node, $database, "CREATE EXTENSION mlregistry; SELECT mlregistry.install(owner => 'owner_role')");
sql($node, $database, "$traps RESET ROLE");
sql($node, $database, <<'SQL', as => 'owner_role');
CREATE FUNCTION of_owner.holds(n integer) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$BEGIN
    PERFORM setval('public.trap', 1 + (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)::int);
    RETURN true;
END$$;
SET search_path = mlregistry, public;
ALTER TABLE audit_logs ADD CONSTRAINT climb CHECK (of_owner.holds(1)), ADD CONSTRAINT climb_higher CHECK (actor <> '' AND of_owner.holds(length(actor)));
ALTER TABLE audit_logs ALTER reason SET DEFAULT of_owner.holds(2)::text;
CREATE TRIGGER climb AFTER INSERT OR DELETE ON audit_logs_default FOR EACH ROW EXECUTE FUNCTION of_owner.climb();
CREATE TRIGGER climb AFTER DELETE ON guards FOR EACH ROW EXECUTE FUNCTION of_owner.climb();
INSERT INTO audit_logs (created_at, system_identifier, organization_id, actor, db_role, action, entity_type, salt, leaf_hash)
VALUES ('2020-02-29', 1, gen_random_uuid(), 'a', 'b', 'c.d', 'c', '', sha256(''));
INSERT INTO guards (organization_id, rule, subject_id) VALUES (gen_random_uuid(), 'x', gen_random_uuid());
SQL
sql($node, $database, 'CREATE INDEX climb ON mlregistry.audit_logs ((of_owner.holds(length(actor)))) WHERE of_owner.holds(length(actor) + 3)');
sql($node, $database, q{DO $$BEGIN EXECUTE format('DROP TABLE mlregistry.%I', 'audit_logs_' || to_char(now() AT TIME ZONE 'UTC' + interval '1 month', '"y"YYYY"m"MM')); END$$});
# The row of 2020, the next month, a guard; the hash of that row; nothing.
for my $case ([ 'run_maintenance()', 3 ], [ 'check_registry()', 1 ], [ 'run_maintenance()', 0 ]) {
    my ($call, $n) = @$case;
    is_sql($node, $database, "SELECT setval('public.trap', 1, false); SET constraint_exclusion = on; SELECT count(*) FROM mlregistry.$call", "1\n$n", $call);
    is(sprung($database), $n == 3 ? 'harmless' : 'none', '  runs what the owner has put on the table with the rights of the owner, or not at all');
}
is_sql($node, $database, q{SELECT count(*) FROM mlregistry.audit_logs_y2020m02}, '1', 'the row is in its partition');
is_sql($node, $database, q{SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'mlregistry'}, 'owner_role', 'and gives the owner what it makes');

# Functions that are SECURITY DEFINER, and that the owner may call: what the owner has put on the tables runs as the owner.
$database = fresh('definer');
sql($node, $database, "CREATE EXTENSION mlregistry; SELECT mlregistry.install(owner => 'owner_role'); $traps RESET ROLE");
sql($node, $database, <<'SQL', as => 'owner_role');
CREATE FUNCTION of_owner.check() RETURNS void LANGUAGE plpgsql AS $$BEGIN
    PERFORM setval('public.trap', 1 + (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)::int);
END$$;
CREATE FUNCTION of_owner.holds(n integer) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$BEGIN PERFORM of_owner.check(); RETURN true; END$$;
SQL
for my $table ('organizations', 'projects', 'models', 'datasets', 'tags', 'users', 'organization_memberships', 'api_keys', 'api_key_secrets') {
    # The planner looks at a check, too, where it is told to.
    sql($node, $database, "CREATE TRIGGER climb BEFORE INSERT OR UPDATE ON mlregistry.$table FOR EACH ROW EXECUTE FUNCTION of_owner.climb(); ALTER TABLE mlregistry.$table ADD CONSTRAINT climb CHECK (of_owner.holds(1))", as => 'owner_role');
}
for my $call ("add_member('a\@example.com', 'admin')", "add_member('b\@example.com')", "add_member('b\@example.com', 'developer')", "create_api_key('k', email => 'a\@example.com')",
    q{revoke_api_key((SELECT k.api_key_id FROM mlregistry.api_keys k))}, "search_models('x')", "list_datasets(search => 'x')", q{lock_tag('model', gen_random_uuid())}) {
    is_sql($node, $database, "SELECT setval('public.trap', 1, false); SET constraint_exclusion = on; SELECT count(*) >= 0 FROM mlregistry.$call", "1\nt", $call, as => 'owner_role');
    is(sprung($database), 'harmless', '  runs what the owner has made with the rights of the owner');
}
is_sql($node, $database, 'SELECT mlregistry.bypasses_access(), current_user', 't|owner_role', 'and the caller is who it was', as => 'owner_role');
sql_fails($node, $database, 'SELECT mlregistry.act_as_owner()', '42501', 'nobody else acts as the owner', as => 'mallory');
sql_fails($node, $database, 'SELECT mlregistry.act_as_owner()', '42501', 'not even a superuser, outside of such a function');

# Nobody but superusers runs statements in somebody else's name.
sql($node, $database, 'GRANT USAGE ON SCHEMA mlregistry TO mallory; GRANT EXECUTE ON FUNCTION mlregistry.run_detached(text, name) TO mallory');
sql_fails($node, $database, "SELECT mlregistry.run_detached('SELECT 1', 'admin')", '42501', 'the right to call run_detached() is no right to be another', as => 'mallory');
sql_ok($node, $database, "SELECT mlregistry.run_detached('SELECT 1')", 'as oneself it does what one may do oneself', as => 'mallory');

done_testing();
