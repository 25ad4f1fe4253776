# Installing and leaving: what CREATE EXTENSION and install() make, what they refuse, what DROP EXTENSION and uninstall()
# leave, and what roles without privileges can do.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin;
use MLR;

use Test::More;

my $node = new_node('install');
my $version = code_version();
sql($node, 'postgres', 'CREATE ROLE mlr_owner; CREATE ROLE mlr_dba SUPERUSER');
sql($node, 'postgres', "CREATE ROLE $_ LOGIN") for 'mlr_stranger', 'mlr_app', 'mlr_reader';

# Runs a test on a new database, which is dropped afterwards.
sub on_new_database {
    my ($name, $test) = @_;
    subtest $name => sub {
        sql($node, 'postgres', 'CREATE DATABASE d');
        $test->();
        sql($node, 'postgres', 'DROP DATABASE d');
    };
    return;
}

my $registers = <<'SQL';
SET search_path = public, mlregistry;
SELECT model_name FROM register_model('fraud', framework => 'xgboost');
SELECT semver FROM register_version('fraud', '1.0.0', 's3://fraud/{version}');
SELECT semver, artifact_uri FROM register_version('fraud', bump => 'minor', artifact_uri => 's3://fraud/{version}');
SELECT path FROM add_version_file('fraud@1.1.0', 'a.bin');
SELECT previous_semver IS NULL, semver FROM set_alias('fraud', 'champion', '1.0.0');
SELECT previous_semver, semver FROM set_alias('fraud', 'champion', 'latest');
SELECT semver FROM resolve('fraud@champion');
SELECT semver FROM latest_versions();
SELECT model_name, version_count FROM list_models();
SELECT semver FROM list_versions('fraud');
SELECT previous_semver FROM drop_alias('fraud', 'champion');
SQL
my $registered = "fraud\n1.0.0\n1.1.0|s3://fraud/1.1.0\na.bin\nt|1.0.0\n1.0.0|1.1.0\n1.1.0\n1.1.0\nfraud|2\n1.1.0\n1.0.0\n1.1.0";

on_new_database('CREATE EXTENSION' => sub {
    my $before = catalog($node, 'd');
    sql_ok($node, 'd', 'BEGIN; CREATE EXTENSION mlregistry; ROLLBACK', 'it may be rolled back');
    same_lines(catalog($node, 'd'), $before, 'which leaves nothing');

    sql_ok($node, 'd', 'CREATE EXTENSION mlregistry', 'it says nothing');
    my ($catalog, $rows) = (catalog($node, 'd'), row_digests($node, 'd'));
    is_sql($node, 'd', 'SELECT extversion FROM pg_extension WHERE extname = \'mlregistry\'', $version, 'the version is that of the control file');
    is_sql($node, 'd', <<'SQL', "$version|$version|$version|default|default|f", 'registry_info() agrees');
SELECT schema_version, library_version, extension_version, current_organization, current_project, moved FROM mlregistry.registry_info()
SQL
    is_sql($node, 'd', 'SELECT * FROM mlregistry.check_registry()', '', 'check_registry() finds nothing');
    sql_fails($node, 'd', 'CREATE EXTENSION mlregistry', '42710', 'a second time it fails');
    is(sql_state($node, 'd', 'CREATE EXTENSION IF NOT EXISTS mlregistry'), '00000', 'IF NOT EXISTS does not');
    is_sql($node, 'd', 'SELECT mlregistry.install()', "nothing to migrate: the tables are of version $version", 'install() finds nothing to do');
    same_lines(catalog($node, 'd'), $catalog, 'nothing has changed');
    same_lines(row_digests($node, 'd'), $rows, 'no row has changed');

    is_sql($node, 'd', <<'SQL', '', 'no relation, constraint, trigger, policy or index is a member of any extension');
SELECT pg_describe_object(d.classid, d.objid, d.objsubid)
  FROM pg_depend d
 WHERE d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e'
   AND (d.classid IN ('pg_constraint'::regclass, 'pg_trigger'::regclass, 'pg_policy'::regclass, 'pg_namespace'::regclass, 'pg_rewrite'::regclass,
                      'pg_attrdef'::regclass)
        OR d.classid = 'pg_class'::regclass AND (SELECT c.relkind FROM pg_class c WHERE c.oid = d.objid) <> 'c')
SQL
    is_sql($node, 'd', <<'SQL', '', 'no member of the extension depends on a table or view');
SELECT pg_describe_object(d.classid, d.objid, d.objsubid), pg_describe_object(d.refclassid, d.refobjid, d.refobjsubid)
  FROM pg_depend m JOIN pg_depend d ON d.classid = m.classid AND d.objid = m.objid
  JOIN pg_class c ON d.refclassid = 'pg_class'::regclass AND c.oid = d.refobjid AND c.relkind <> 'c'
 WHERE m.deptype = 'e' AND m.refclassid = 'pg_extension'::regclass AND c.relnamespace = 'mlregistry'::regnamespace
SQL
    is_sql($node, 'd', <<'SQL', '', 'every function, type and operator of the schema is a member, and nothing outside of it');
SELECT i.type, i.identity, 'is no member'
  FROM (SELECT 'pg_proc'::regclass, oid FROM pg_proc WHERE pronamespace = 'mlregistry'::regnamespace
        UNION ALL SELECT 'pg_operator'::regclass, oid FROM pg_operator WHERE oprnamespace = 'mlregistry'::regnamespace
        UNION ALL SELECT 'pg_opclass'::regclass, oid FROM pg_opclass WHERE opcnamespace = 'mlregistry'::regnamespace
        UNION ALL SELECT 'pg_type'::regclass, oid FROM pg_type t WHERE typnamespace = 'mlregistry'::regnamespace AND typelem = 0
                     AND NOT EXISTS (SELECT FROM pg_class c WHERE c.oid = t.typrelid AND c.relkind <> 'c')) AS o (classid, objid),
       pg_identify_object(o.classid, o.objid, 0) AS i
 WHERE NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = o.classid AND d.objid = o.objid AND d.deptype = 'e')
UNION ALL
SELECT i.type, i.identity, 'is elsewhere'
  FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid, pg_identify_object(d.classid, d.objid, 0) AS i
 WHERE d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e' AND e.extname = 'mlregistry' AND i.schema <> 'mlregistry'
SQL
    my @tables = qw(models model_versions model_aliases guards organizations projects registry_meta);
    my $hides = join ' ', map { "CREATE TEMP TABLE $_ (a integer);" } @tables;
    is_sql($node, 'd', "$hides $registers", $registered, 'the main job works, even where temporary tables have the same names');
});

on_new_database('install() with options' => sub {
    sql($node, 'd', 'CREATE EXTENSION mlregistry');

    my $nothing_to_do = "nothing to migrate: the tables are of version $version";
    my $owners = q{SELECT DISTINCT relowner::regrole FROM pg_class WHERE relnamespace = 'mlregistry'::regnamespace AND relkind IN ('r', 'v', 'i')};
    is_sql($node, 'd', q{SELECT mlregistry.install(owner => 'mlr_owner')}, $nothing_to_do, 'another owner');
    is_sql($node, 'd', $owners, 'mlr_owner', 'all tables, indexes and views belong to it');
    is_sql($node, 'd', 'SELECT owner FROM mlregistry.registry_info()', 'mlr_owner', 'registry_info() says so');
    is_sql($node, 'd', 'SELECT * FROM mlregistry.check_registry()', '', 'check_registry() finds nothing');
    is_sql($node, 'd', 'SELECT mlregistry.install()', $nothing_to_do, 'install() without an owner');
    is_sql($node, 'd', $owners, 'mlr_owner', 'does not change it');
    is_sql($node, 'd', "BEGIN; $registers ROLLBACK", $registered, 'the main job works');
    sql($node, 'd', q{CREATE ROLE "Mixed ""Case"; SELECT mlregistry.install(owner => 'Mixed "Case')});
    is_sql($node, 'd', "BEGIN; $registers ROLLBACK", $registered, 'whatever the owner is called');
    sql($node, 'd', 'ALTER TABLE mlregistry.models OWNER TO mlr_stranger');
    is_sql($node, 'd', 'SELECT check_name, object FROM mlregistry.check_registry()', 'mixed_owners|models', 'check_registry() finds two owners');
    sql($node, 'd', q{SELECT mlregistry.install(owner => 'mlr_owner')});
    is_sql($node, 'd', 'SELECT * FROM mlregistry.check_registry()', '', 'install(owner => …) makes it one again');
    sql_fails($node, 'd', q{SELECT mlregistry.install(owner => 'nobody_of_that_name')}, '42704', 'an owner who does not exist is refused');

    my $uninstall = q{SELECT mlregistry.uninstall(confirm => 'mlregistry')};
    sql($node, 'd', $uninstall);
    is_sql($node, 'd', q{SELECT mlregistry.install(seed => false, fts_language => 'german')}, "installed version $version",
        'without a row, and in German');
    unlike(row_digests($node, 'd'), qr/\|[1-9]\d*\|/, 'all tables are there and empty');
    like(row_digests($node, 'd'), qr/^mlregistry\.models\|0\|/m, 'all of them');
    is_sql($node, 'd', 'SELECT schema_version IS NULL, current_organization IS NULL FROM mlregistry.registry_info()', 't|t',
        'registry_info() knows no version');
    sql_fails($node, 'd', q{SELECT mlregistry.register_model('fraud')}, '55000', 'registering says what is missing',
        like => qr/no default organization/);
    is_sql($node, 'd', q{SELECT mlregistry.install(fts_language => 'german')}, "installed version $version", 'the rows may come later');
    is_sql($node, 'd', 'SELECT fts_language, current_organization, current_project FROM mlregistry.registry_info()', 'german|default|default',
        'registry_info() knows everything');
    is_sql($node, 'd', q{SELECT pg_get_indexdef('mlregistry.idx_models_search'::regclass) LIKE '%to_tsvector(''german''::regconfig%'}, 't',
        'the index is German');
    is_sql($node, 'd', 'SELECT * FROM mlregistry.check_registry()', '', 'check_registry() finds nothing');

    sql($node, 'd', "$uninstall; CREATE TEXT SEARCH CONFIGURATION public.\"It's\" (COPY = simple)");
    is_sql($node, 'd', q{SELECT mlregistry.install(fts_language => 'public."It''s"')}, "installed version $version", 'a configuration of one\'s own');
    is_sql($node, 'd', q{SELECT fts_language FROM mlregistry.registry_info()}, q{public."It's"}, 'registry_info() says so');
    is_sql($node, 'd', $registers, $registered, 'the main job works');
});

# ---- schemas that are there already

on_new_database('a schema that an ordinary role owns' => sub {
    sql($node, 'd', 'CREATE SCHEMA mlregistry AUTHORIZATION mlr_stranger');
    my $before = catalog($node, 'd');
    sql_fails($node, 'd', 'CREATE EXTENSION mlregistry', '42501', 'it is refused',
        like => qr/not safe to install into.*mlr_stranger owns the schema/s);
    same_lines(catalog($node, 'd'), $before, 'nothing is left behind');
    sql_ok($node, 'd', 'ALTER SCHEMA mlregistry OWNER TO CURRENT_USER; CREATE EXTENSION mlregistry', 'with another owner it is accepted');
});

for my $owner ('CURRENT_USER', 'mlr_dba') {
    on_new_database("a schema that a superuser owns: $owner" => sub {
        sql($node, 'd', "CREATE SCHEMA mlregistry AUTHORIZATION $owner");
        sql_ok($node, 'd', 'CREATE EXTENSION mlregistry', 'it is accepted');
        is_sql($node, 'd', $registers, $registered, 'the main job works');
    });
}

# What somebody may have planted. Better matches than what pg_catalog has: the whole signature instead of VARIADIC "any" or
# anyelement. The table `caught` shows who has run it.
sub traps_in {
    my ($schema) = @_;
    my %traps = (
        'to_jsonb(text)' => [ 'jsonb', 'pg_catalog.to_jsonb($1)' ],
        'to_jsonb(timestamptz)' => [ 'jsonb', 'pg_catalog.to_jsonb($1)' ],
        'format(text, text)' => [ 'text', 'pg_catalog.format($1, $2)' ],
        'format(text, text, text, name)' => [ 'text', 'pg_catalog.format($1, $2, $3, $4)' ],
        'quote_literal(regconfig)' => [ 'text', 'pg_catalog.quote_literal($1)' ],
        'now()' => [ 'timestamptz', 'pg_catalog.now()' ],
        'text_is_not_name(text, name)' => [ 'boolean', 'true' ],
    );
    my $functions = join '', map { <<"SQL" } sort keys %traps;
CREATE FUNCTION $schema.$_ RETURNS $traps{$_}[0] LANGUAGE plpgsql AS
    \$\$BEGIN INSERT INTO public.caught VALUES (current_user); RETURN $traps{$_}[1]; END\$\$;
SQL
    return "$functions CREATE OPERATOR $schema.<> (LEFTARG = text, RIGHTARG = name, FUNCTION = $schema.text_is_not_name);";
}
my $caught = 'CREATE TABLE public.caught (who text); GRANT ALL ON public.caught TO PUBLIC';

on_new_database('traps in schema public' => sub {
    sql($node, 'd', "$caught; GRANT CREATE ON SCHEMA public TO mlr_stranger");
    sql($node, 'd', traps_in('public') . 'CREATE TABLE public.guards (a integer); CREATE TABLE public.registry_meta (key text, value jsonb)',
        as => 'mlr_stranger');
    sql_ok($node, 'd', 'CREATE EXTENSION mlregistry', 'CREATE EXTENSION works');
    is_sql($node, 'd', $registers, $registered, 'the main job works');
    is_sql($node, 'd', q{SELECT * FROM mlregistry.check_registry(); SELECT mlregistry.uninstall(confirm => 'mlregistry')},
        'uninstalled; DROP EXTENSION mlregistry and DROP SCHEMA mlregistry remove the rest', 'checking and leaving work');
    is_sql($node, 'd', 'SELECT DISTINCT who FROM public.caught', '', 'no trap was run');
});

on_new_database('traps in a schema that a superuser owns' => sub {
    sql($node, 'd', "$caught; CREATE SCHEMA mlregistry");
    my $open = 'GRANT CREATE, USAGE ON SCHEMA mlregistry TO mlr_stranger';
    my $close = 'REVOKE CREATE ON SCHEMA mlregistry FROM mlr_stranger';
    my $is_refused = sub {
        my ($state, $name) = @_;
        my $before = catalog($node, 'd');
        sql_fails($node, 'd', 'CREATE EXTENSION mlregistry', $state, $name);
        same_lines(catalog($node, 'd'), $before, 'nothing is left behind');
    };
    sql($node, 'd', $open);
    $is_refused->('42501', 'a schema in which somebody else may create is refused');
    for my $trap (
        [ 'a table', '42501', 'CREATE TABLE mlregistry.guards (a integer)', 'DROP TABLE mlregistry.guards' ],
        [ 'a view', '42501', 'CREATE VIEW mlregistry.v_models_latest AS SELECT 1', 'DROP VIEW mlregistry.v_models_latest' ],
        [ 'a type', '42710', 'CREATE TYPE mlregistry.semver AS (a integer)', 'DROP TYPE mlregistry.semver' ],
        [ 'a function', '42501', 'CREATE FUNCTION mlregistry.f() RETURNS boolean RETURN true', 'DROP FUNCTION mlregistry.f()' ],
        [ 'an operator', '42501', 'CREATE OPERATOR mlregistry.*= (RIGHTARG = text, FUNCTION = upper)', 'DROP OPERATOR mlregistry.*= (NONE, text)' ],
    ) {
        my ($what, $state, $plant, $remove) = @$trap;
        sql($node, 'd', $open);
        sql($node, 'd', $plant, as => 'mlr_stranger');
        sql($node, 'd', $close);
        $is_refused->($state, "with $what of somebody else it is refused");
        sql($node, 'd', $remove);
    }
    # Nor is anything replaced that a superuser has put there.
    sql($node, 'd', 'CREATE FUNCTION mlregistry.is_email(value text) RETURNS boolean LANGUAGE sql AS $$SELECT true$$');
    $is_refused->('42723', 'a function of one of our signatures is not replaced');
    sql($node, 'd', "DROP FUNCTION mlregistry.is_email(text); $open");
    sql($node, 'd', traps_in('mlregistry'), as => 'mlr_stranger');
    sql($node, 'd', $close);
    $is_refused->('42501', 'with functions that match better than those of pg_catalog it is refused');
    is_sql($node, 'd', 'SELECT DISTINCT who FROM public.caught', '', 'no trap was run');
});

on_new_database('a planted registry_meta' => sub {
    sql($node, 'd', 'CREATE SCHEMA mlregistry; GRANT CREATE, USAGE ON SCHEMA mlregistry TO mlr_stranger');
    sql($node, 'd', <<"SQL", as => 'mlr_stranger');
CREATE TABLE mlregistry.registry_meta (key text, value jsonb);
INSERT INTO mlregistry.registry_meta VALUES ('schema_version', '"$version"');
SQL
    sql($node, 'd', 'REVOKE CREATE ON SCHEMA mlregistry FROM mlr_stranger');
    sql_fails($node, 'd', 'CREATE EXTENSION mlregistry', '42501', 'CREATE EXTENSION does not take it for an installed registry');
});

# ---- leaving

on_new_database('DROP EXTENSION and uninstall()' => sub {
    sql($node, 'd', 'CREATE EXTENSION mlregistry');
    my $fresh = catalog($node, 'd');
    fill_registry($node, 'd');
    my ($catalog, $rows) = (catalog($node, 'd'), row_digests($node, 'd'));
    my $is_untouched = sub {
        my ($name) = @_;
        same_lines(catalog($node, 'd'), $catalog, "$name: everything is still there");
        same_lines(row_digests($node, 'd'), $rows, "$name: no row has changed");
    };

    sql_fails($node, 'd', 'DROP EXTENSION mlregistry', '2BP01', 'DROP EXTENSION refuses');
    sql_fails($node, 'd', 'DROP SCHEMA mlregistry', '2BP01', 'DROP SCHEMA refuses');
    $is_untouched->('DROP');
    for my $confirm ('', 'NULL', q{confirm => ''}, q{confirm => 'yes'}, q{confirm => 'MLREGISTRY'}) {
        sql_fails($node, 'd', "SELECT mlregistry.uninstall($confirm)", '22023', "uninstall($confirm) refuses", like => qr/confirm => 'mlregistry'/);
    }
    $is_untouched->('uninstall()');

    my $uninstall = q{SELECT mlregistry.uninstall(confirm => 'mlregistry')};
    my %dependents = (
        'a view on a view' => [ 'CREATE VIEW public.dba AS SELECT model_name FROM mlregistry.v_models_latest', 'DROP VIEW public.dba' ],
        'a view on a table' => [ 'CREATE VIEW public.dba AS SELECT model_name FROM mlregistry.models', 'DROP VIEW public.dba' ],
        'a foreign key' => [ 'CREATE TABLE public.dba (id uuid REFERENCES mlregistry.models)', 'DROP TABLE public.dba' ],
    );
    for my $dependent (sort keys %dependents) {
        my ($make, $remove) = @{ $dependents{$dependent} };
        sql($node, 'd', $make);
        sql_fails($node, 'd', $uninstall, '2BP01', "uninstall() refuses because of $dependent", like => qr/dba/);
        sql($node, 'd', $remove);
        $is_untouched->($dependent);
    }

    is_sql($node, 'd', $uninstall, 'uninstalled; DROP EXTENSION mlregistry and DROP SCHEMA mlregistry remove the rest', 'uninstall() works');
    is_sql($node, 'd', q{SELECT relname FROM pg_class WHERE relnamespace = 'mlregistry'::regnamespace AND relkind <> 'c'}, '', 'no relation is left');
    is_sql($node, 'd', $uninstall, 'nothing to uninstall', 'a second time there is nothing to do');
    is_sql($node, 'd', 'SELECT check_name FROM mlregistry.check_registry()', 'not_installed', 'check_registry() says so');
    is_sql($node, 'd', 'SELECT extension_version, schema_version IS NULL FROM mlregistry.registry_info()', "$version|t", 'registry_info() works');
    is_sql($node, 'd', 'SELECT mlregistry.migrate()', 'nothing to migrate: the registry is not installed', 'migrate() works');
    sql_fails($node, 'd', q{SELECT mlregistry.resolve('m')}, '55000', 'resolving says what is missing', like => qr/SELECT mlregistry\.install\(\)/);
    sql_fails($node, 'd', q{SELECT mlregistry.register_model('m')}, '55000', 'registering says what is missing',
        like => qr/SELECT mlregistry\.install\(\)/);
    sql_ok($node, 'd', 'DROP EXTENSION mlregistry; DROP SCHEMA mlregistry', 'extension and schema can be dropped');
    sql_ok($node, 'd', 'CREATE EXTENSION mlregistry', 'and made again');
    same_lines(catalog($node, 'd'), $fresh, 'as if for the first time');
});

on_new_database('DROP EXTENSION CASCADE' => sub {
    sql($node, 'd', 'CREATE EXTENSION mlregistry');
    fill_registry($node, 'd');
    my $tables = sql($node, 'd', q{SELECT string_agg(format('SELECT %L, count(*) FROM mlregistry.%I', relation_name, relation_name), ' UNION ALL ')
                                     FROM mlregistry.registry_relations() WHERE kind = 'table'});
    my $counts = sql($node, 'd', "$tables ORDER BY 1");
    my $models = sql($node, 'd', 'SELECT model_id, model_name, updated_at FROM mlregistry.models ORDER BY 1');
    is(sql_state($node, 'd', 'DROP EXTENSION mlregistry CASCADE'), '00000', 'it works');
    is_sql($node, 'd', "$tables ORDER BY 1", $counts, 'all tables keep all rows');
    is_sql($node, 'd', 'SELECT model_id, model_name, updated_at FROM mlregistry.models ORDER BY 1', $models, 'what has no type of ours is readable');
    is_sql($node, 'd', q{SELECT count(*) FROM pg_attribute WHERE attrelid = 'mlregistry.model_versions'::regclass AND attname = 'semver'}, '0',
        'the versions themselves are gone');
    my (undef, undef, $warning) = run_client($node, [ 'psql', '-X', '-d', 'd', '-c', 'CREATE EXTENSION mlregistry' ]);
    like($warning, qr/WARNING:  the registry that is there is not whole/, 'CREATE EXTENSION works on what is left, and warns');
    is_sql($node, 'd', q{SELECT string_agg(DISTINCT check_name, ' ' ORDER BY check_name) FROM mlregistry.check_registry()},
        'missing_column missing_constraint missing_index missing_relation missing_trigger', 'check_registry() says that it is not whole');
    is_sql($node, 'd', "$tables ORDER BY 1", $counts, 'no row has come or gone');
    sql_ok($node, 'd', q{SELECT mlregistry.uninstall('mlregistry'); SELECT mlregistry.install()}, 'uninstall() and install() make a whole one');
    is_sql($node, 'd', 'SELECT * FROM mlregistry.check_registry()', '', 'check_registry() finds nothing');
});

# ---- roles without privileges

on_new_database('an application, a reader, a stranger' => sub {
    sql($node, 'd', <<'SQL');
CREATE EXTENSION mlregistry;
SELECT mlregistry.install(owner => 'mlr_owner');
GRANT USAGE ON SCHEMA mlregistry TO mlr_app, mlr_reader;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA mlregistry TO mlr_app;
REVOKE ALL ON mlregistry.guards, mlregistry.registry_meta FROM mlr_app;
GRANT SELECT ON ALL TABLES IN SCHEMA mlregistry TO mlr_reader;
REVOKE ALL ON mlregistry.guards, mlregistry.registry_meta FROM mlr_reader;
SQL
    is_sql($node, 'd', $registers, $registered, 'an application does the main job', as => 'mlr_app');
    is_sql($node, 'd', q{SELECT DISTINCT created_by, updated_by FROM mlregistry.models}, 'mlr_app|mlr_app', 'in its own name');
    is_sql($node, 'd', q{SELECT rule, n FROM mlregistry.guards}, 'version|1', 'the guard was written');
    is_sql($node, 'd', q{SELECT DISTINCT actor, db_role FROM mlregistry.audit_logs}, 'mlr_app|mlr_app', 'and the audit trail');
    is_sql($node, 'd', 'SELECT model_name FROM mlregistry.v_models_latest', 'fraud', 'it reads the view', as => 'mlr_app');

    my %forbidden = (
        'install()' => 'SELECT mlregistry.install()',
        'migrate()' => 'SELECT mlregistry.migrate()',
        'uninstall()' => q{SELECT mlregistry.uninstall('mlregistry')},
        'run_detached()' => q{SELECT mlregistry.run_detached('SELECT 1')},
        'set_registry_owner()' => q{SELECT mlregistry.set_registry_owner('mlr_app')},
        'check_registry()' => 'SELECT * FROM mlregistry.check_registry()',
        'reading guards' => 'SELECT * FROM mlregistry.guards',
        'writing guards' =>
            q{INSERT INTO mlregistry.guards (organization_id, rule, subject_id) SELECT organization_id, 'version', model_id FROM mlregistry.models},
        'changing guards' => 'UPDATE mlregistry.guards SET n = 0',
        'emptying guards' => 'DELETE FROM mlregistry.guards',
        'truncating guards' => 'TRUNCATE mlregistry.guards',
        'run_maintenance()' => 'SELECT * FROM mlregistry.run_maintenance()',
        'make_partitions()' => q{SELECT * FROM mlregistry.make_partitions('audit_logs')},
        'apply_audit_triggers()' => 'SELECT mlregistry.apply_audit_triggers()',
        map({ ("writing into $_" => "INSERT INTO mlregistry.$_ (system_identifier, organization_id, actor, db_role, action, entity_type, salt, leaf_hash) VALUES (1, gen_random_uuid(), 'a', 'b', 'c.d', 'c', '', sha256(''))",
                "changing $_" => "UPDATE mlregistry.$_ SET actor = 'x'",
                "emptying $_" => "DELETE FROM mlregistry.$_",
                "truncating $_" => "TRUNCATE mlregistry.$_") } 'audit_logs', 'audit_logs_default'),
        'changing registry_meta' => 'UPDATE mlregistry.registry_meta SET value = value',
        'replacing a function' => q{CREATE OR REPLACE FUNCTION mlregistry.is_email(text) RETURNS boolean LANGUAGE sql AS 'SELECT true'},
        'disabling triggers' => 'ALTER TABLE mlregistry.models DISABLE TRIGGER USER',
        'session_replication_role' => 'SET session_replication_role = replica',
        'CREATE EXTENSION' => 'CREATE EXTENSION IF NOT EXISTS mlregistry CASCADE; DROP EXTENSION mlregistry',
    );
    for my $role ('mlr_app', 'mlr_reader') {
        for my $act (sort keys %forbidden) {
            sql_fails($node, 'd', $forbidden{$act}, '42501', "$role is refused: $act", as => $role);
        }
    }

    my $rows = row_digests($node, 'd');
    is_sql($node, 'd', <<'SQL', "1.1.0\nfraud\n1.1.0\n1.0.0\n1.1.0\nfraud\n1.2.0", 'a reader resolves, lists and looks ahead', as => 'mlr_reader');
SET search_path = public, mlregistry;
SELECT semver FROM resolve('fraud@latest');
SELECT model_name FROM list_models();
SELECT semver FROM list_versions('fraud');
SELECT semver FROM latest_versions();
SELECT model_name FROM v_models_latest;
SELECT next_version('fraud', 'minor');
SQL
    my %writes = (
        'register_model()' => q{SELECT mlregistry.register_model('other', framework => 'onnx')},
        'register_model() of one that is there' => q{SELECT mlregistry.register_model('fraud', framework => 'onnx', if_exists => 'return')},
        'register_version()' => q{SELECT mlregistry.register_version('fraud', '3.0.0', 's3://x/y')},
        'register_version(bump)' => q{SELECT mlregistry.register_version('fraud', bump => 'major', artifact_uri => 's3://x/y')},
        'lock_version_numbers()' => q{SELECT mlregistry.lock_version_numbers(model_id) FROM mlregistry.models},
        'set_alias()' => q{SELECT mlregistry.set_alias('fraud', 'champion', '1.0.0')},
        'drop_alias()' => q{SELECT mlregistry.drop_alias('fraud', 'champion')},
        'add_version_file()' => q{SELECT mlregistry.add_version_file('fraud@1.0.0', 'b.bin')},
        'deleting' => 'DELETE FROM mlregistry.models',
        'changing' => 'UPDATE mlregistry.models SET description = NULL',
    );
    for my $write (sort keys %writes) {
        sql_fails($node, 'd', $writes{$write}, '42501', "a reader is refused: $write", as => 'mlr_reader');
    }
    same_lines(row_digests($node, 'd'), $rows, 'the reader has left nothing behind');
    is_sql($node, 'd', q{SELECT count(*) FROM pg_locks WHERE relation = 'mlregistry.guards'::regclass}, '0', 'and holds no lock');

    sql_fails($node, 'd', q{SELECT mlregistry.is_email('a@b.example')}, '42501', 'a stranger may not use the schema', as => 'mlr_stranger');
    sql_fails($node, 'd', 'SELECT * FROM mlregistry.models', '42501', 'nor read a table', as => 'mlr_stranger');

    # The right to write some columns is enough for the lock of version numbers, as it is for an INSERT.
    sql($node, 'd', 'GRANT INSERT (semver) ON mlregistry.model_versions TO mlr_reader');
    is(sql_state($node, 'd', $writes{'lock_version_numbers()'}, as => 'mlr_reader'), '00000', 'who may insert versions may lock their numbers');
});

on_new_database('CREATE EXTENSION as an ordinary role' => sub {
    sql($node, 'd', 'GRANT CREATE ON DATABASE d TO mlr_app');
    sql_fails($node, 'd', 'CREATE EXTENSION mlregistry', '42501', 'it is refused', as => 'mlr_app');
    is_sql($node, 'd', q{SELECT count(*) FROM pg_namespace WHERE nspname = 'mlregistry'}, '0', 'nothing is left behind');
});

done_testing();
