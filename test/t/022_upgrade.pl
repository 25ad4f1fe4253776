# Upgrades: from every released version to the one that is built, ALTER EXTENSION UPDATE gives what a fresh installation
# has, and keeps every row. The released scripts are copied into the extension folder of the PostgreSQL under test.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin;
use MLR;

use PostgreSQL::Test::Utils;
use Test::More;

my $current = code_version();
my @released = add_released();
BAIL_OUT('there is no released version to upgrade from') unless @released;

my $node = new_node('upgrade');
my $folder = PostgreSQL::Test::Utils::tempdir();
sql($node, 'postgres', 'CREATE ROLE mlr_owner; CREATE ROLE mlr_auditor; CREATE ROLE mlr_app LOGIN; CREATE ROLE mlr_granted');

my $clean = 'SELECT * FROM mlregistry.check_registry()';
my $versions = 'SELECT extension_version, schema_version, library_version FROM mlregistry.registry_info()';
my $to_owner = q{SELECT mlregistry.install(owner => 'mlr_owner')};
my $nothing_to_do = "nothing to migrate: the tables are of version $current";

sub new_database { my ($database, $sql) = @_; sql($node, 'postgres', "CREATE DATABASE $database"); sql($node, $database, $sql); return }
sub drop_database { my ($database) = @_; sql($node, 'postgres', "DROP DATABASE $database"); return }

# The rows of all tables but registry_meta, which knows the version, and without the columns that migrations add, fill or empty.
# Rules of access one by one: a new table brings one.
my @migrated = qw(frozen_at team_id created_by_user registered_by_user validated_by_user set_by_user added_by_user recorded_by_user);
sub rows {
    my ($database) = @_;
    my @lines = grep { !/^mlregistry\.(?:registry_meta|access_rules|audit_logs_\w+)\|/ } split /\n/, row_digests($node, $database, @migrated);
    if (sql($node, $database, q{SELECT to_regclass('mlregistry.access_rules') IS NOT NULL}) eq 't') {
        push @lines, split /\n/, sql($node, $database, q{SELECT 'rule ' || table_name, scope, read_role, write_role, key_scope FROM mlregistry.access_rules});
    }
    return join "\n", @lines;
}

# The trail, without the rules of access that come with new tables: those are told where it is older than they.
sub trail {
    my ($database) = @_;
    return '0|' if sql($node, $database, q{SELECT to_regclass('mlregistry.audit_logs') IS NULL}) eq 't';
    return sql($node, $database, q{SELECT count(*), md5(string_agg(l::text, ' ' ORDER BY l.log_id)) FROM mlregistry.audit_logs l WHERE l.action <> 'access_rule.create'});
}

# What migrations fill in: frozen versions are those that somebody may rely on, and every alias has its open period, from
# when it was set on.
my $filled = <<'SQL';
SELECT (SELECT count(*) FROM mlregistry.model_versions v
         WHERE (v.frozen_at IS NOT NULL) <> (v.status <> 'registered' OR v.stage <> 'development'
                OR EXISTS (SELECT FROM mlregistry.model_aliases a WHERE a.version_id = v.version_id))),
       (SELECT count(*) > 3 FROM mlregistry.model_versions WHERE frozen_at IS NOT NULL),
       (SELECT count(*) > 3 FROM mlregistry.alias_history),
       (SELECT count(*) FROM mlregistry.model_aliases a FULL JOIN mlregistry.alias_history h USING (model_id, alias, version_id)
         WHERE a.set_at <> h.valid_from OR a.set_at IS NULL OR h.valid_to IS DISTINCT FROM 'infinity')
SQL
sub meta {
    my ($database) = @_;
    return sql($node, $database, q{SELECT key, value FROM mlregistry.registry_meta WHERE key <> 'schema_version' ORDER BY key});
}

# A catalog in two parts: the privileges that came with the extension, everything else.
sub parts {
    my ($catalog) = @_;
    my @lines = split /\n/, $catalog;
    return (join("\n", grep { /^initial privileges:/ } @lines), join("\n", grep { !/^initial privileges:/ } @lines));
}

# What pg_dump knows of rights.
sub grants { my ($database) = @_; return join "\n", sort grep { /^(?:GRANT|REVOKE) / } split /\n/, dump_text($node, $database, '--schema-only') }

# All rows are as before; tables that the upgrade has made may have come.
sub same_rows {
    my ($database, $before, $name) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my %known = map { (split /\|/)[0] => 1 } split /\n/, $before;
    return same_lines(join("\n", grep { $known{ (split /\|/)[0] } } split /\n/, rows($database)), $before, $name);
}

# What fresh installations look like.
new_database('fresh', 'CREATE EXTENSION mlregistry');
my $fresh = catalog($node, 'fresh');
add_dba_objects($node, 'fresh');
my $fresh_with_dba = catalog($node, 'fresh');
drop_database('fresh');
new_database('fresh', "CREATE EXTENSION mlregistry; $to_owner");
my $fresh_with_owner = catalog($node, 'fresh');
drop_database('fresh');

# The statements of all migrations from a version on.
sub migrations_from {
    my ($version) = @_;
    my $statements = '';
    while (my ($file) = glob(project_root() . "/src/sql/migrations/$version--*.sql")) {
        $statements .= PostgreSQL::Test::Utils::slurp_file($file);
        ($version) = $file =~ /--([^\/]+)\.sql$/;
    }
    return $statements;
}

for my $old (@released) {
    # Tables that come since there is an audit trail.
    my @audited_rules = sort(migrations_from($old gt '0.6.0' ? $old : '0.6.0') =~ /^CREATE TABLE mlregistry\.(\w+) /mg);
    # Migrations that change tables wait for whoever uses these; those that change none, for whoever else migrates.
    my $changes_tables = migrations_from($old) =~ /^(?:ALTER|CREATE) /m;
    my $holds = $changes_tables ? q{WITH held AS (UPDATE models SET description = 'open') UPDATE model_versions SET release_notes = 'open'} : q{SELECT FROM registry_meta WHERE key = 'schema_version' FOR UPDATE};
    my $fills = migrations_from($old) =~ /INSERT INTO mlregistry\.alias_history/;
    my $install_old = "CREATE EXTENSION mlregistry VERSION '$old'";
    my $update = 'ALTER EXTENSION mlregistry UPDATE';

    # The oldest and the last one have it all; what is between them leads over the same migrations.
    my $is_between = $old ne $released[0] && $old ne $released[-1] && !$ENV{MLR_ALL_UPGRADES};
    my ($locked_before, $holder, $updater, $started);
    if (!$is_between) {
        # This waits for the timeout of migrate() while the other tests run: an open registration holds a table.
        new_database('locked', $install_old);
        sql($node, 'locked', q{SELECT mlregistry.register_model('held', framework => 'onnx')});
        $locked_before = catalog($node, 'locked');
        $holder = session($node, 'locked', 'holder');
        is(ask($holder, q{BEGIN; SELECT semver FROM register_version('held', '1.0.0', 's3://held')}), '00000',
            'a session registers a version and stays open');
        ask($holder, $holds);
        $updater = session($node, 'locked', 'updater');
        $started = time;
        tell($updater, $update);
        ok(is_waiting($node, 'locked', 'updater'), "an upgrade from $old waits for it");
    }

    subtest "from $old" => sub {
        new_database('old', $install_old);
        is_sql($node, 'old', 'SELECT mlregistry.schema_version()', $old, 'the old version is installed');
        fill_registry($node, 'old');
        my ($before, $meta, $trail) = (rows('old'), meta('old'), trail('old'));
        my $old_catalog = catalog($node, 'old');

        sql_ok($node, 'old', "BEGIN; $update; ROLLBACK", 'an upgrade may be rolled back');
        same_lines(catalog($node, 'old'), $old_catalog, 'which leaves the old version');
        is_sql($node, 'old', 'SELECT check_name FROM mlregistry.check_registry()', 'library_version',
            'the old check_registry() finds the new library, nothing else');
        is_sql($node, 'old', 'SELECT mlregistry.schema_version()', $old, 'and its tables');

        is_quiet($node, [ 'pg_dump', '-Fc', '-f', "$folder/old", 'old' ], 'it is dumped for later');
        sql_ok($node, 'old', $update, 'the upgrade says nothing');
        same_lines(catalog($node, 'old'), $fresh, 'catalogs are those of a fresh installation');
        same_rows('old', $before, 'no row has changed');
        is(meta('old'), $meta, 'nor has what registry_meta knows, but for the version');
        is_sql($node, 'old', $versions, "$current|$current|$current", 'all versions are the current one');
        is_sql($node, 'old', $clean, '', 'check_registry() finds nothing');
        is_sql($node, 'old', $filled, '0|t|t|0', 'what migrations fill in is right') if $fills;
        is(trail('old'), $trail, 'the upgrade is nothing to audit');
        is_sql($node, 'old', q{SELECT entity_name FROM mlregistry.audit_logs WHERE action = 'access_rule.create' ORDER BY 1}, join("\n", @audited_rules),
            'but the rules of access that come with it');
        is_sql($node, 'old', <<'SQL', "4.23.0\na.bin\nvision\ntfjs\nt\n3.21.0\nalias.move\nfile.add\nmodel.tag\norganization.soft_delete\ntag.create\nversion.create", 'registering and what is new work');
BEGIN;
SET LOCAL search_path = public, mlregistry;
UPDATE deployments SET status = 'terminated' WHERE status = 'active';
UPDATE organizations SET deleted_at = now() WHERE slug = 'other';
SELECT semver FROM register_version('tfjs', bump => 'minor', artifact_uri => 's3://models/{version}');
SELECT path FROM add_version_file('tfjs@4.23.0', 'a.bin');
SELECT tag_name FROM tag('tfjs', 'vision', create_missing => true);
SELECT model_name FROM search_models('fjs', max_rows => 1);
SELECT FROM set_alias('tfjs', 'champion', '4.23.0');
SELECT count(*) > 1 FROM alias_history h JOIN models m USING (model_id) WHERE m.model_name = 'tfjs' AND h.alias = 'champion';
SELECT semver FROM resolve('tfjs@^3.0');
SELECT DISTINCT action FROM audit_logs WHERE action !~ '^deployment[.]|[.](?:freeze|undeploy)$' AND txid = pg_current_xact_id() ORDER BY 1;
ROLLBACK;
SQL

        my $rows = row_digests($node, 'old');
        for my $time ('once more', 'and again') {
            is_sql($node, 'old', 'SELECT mlregistry.migrate()', $nothing_to_do, "migrate() $time has nothing to do");
        }
        is(sql_state($node, 'old', $update), '00000', 'nor has ALTER EXTENSION UPDATE');
        same_lines(catalog($node, 'old'), $fresh, 'nothing has changed');
        same_lines(row_digests($node, 'old'), $rows, 'no row has changed');
        drop_database('old');
    };

    subtest "from $old, tables of another role" => sub {
        new_database('old', "$install_old; $to_owner");
        fill_registry($node, 'old');
        my $before = rows('old');
        sql_ok($node, 'old', $update, 'the upgrade says nothing');
        is_sql($node, 'old', q{SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'mlregistry'}, 'mlr_owner',
            'new tables belong to the owner of the others');
        same_lines(catalog($node, 'old'), $fresh_with_owner, 'catalogs are those of a fresh installation with that owner');
        same_rows('old', $before, 'no row has changed');
        is_sql($node, 'old', $clean, '', 'check_registry() finds nothing');
        drop_database('old');
    };

    next if $is_between;
    subtest "from $old, with what a DBA has added" => sub {
        new_database('old', $install_old);
        fill_registry($node, 'old');
        add_dba_objects($node, 'old');
        my $before = rows('old');
        my $grants = grants('old');
        sql_ok($node, 'old', $update, 'the upgrade says nothing');
        my $upgraded = catalog($node, 'old');
        my ($privileges, $others) = parts($upgraded);
        my ($fresh_privileges, $fresh_others) = parts($fresh_with_dba);
        same_lines($others, $fresh_others, 'catalogs are those of a fresh installation with the same additions');
        same_rows('old', $before, 'no row has changed');
        same_lines($privileges, $fresh_privileges, 'the privileges that came with the extension are those of a fresh installation');
        same_lines(grants('old'), join("\n", sort(split(/\n/, $grants), map { "GRANT SELECT ON TABLE mlregistry.$_ TO mlr_auditor;" } ($fills ? qw(teams tags model_tags) : ()), ($old lt '0.8.0' ? 'deployments' : ()))),
            'what the DBA has granted and revoked is still dumped, and who reads models may read what was added to them');
        sql($node, 'old', "DROP EXTENSION mlregistry CASCADE; DROP SCHEMA mlregistry CASCADE; $install_old");
        sql($node, 'old', "GRANT EXECUTE ON FUNCTION mlregistry.check_registry() TO PUBLIC; $update");
        is_sql($node, 'old', q{SELECT has_function_privilege('mlr_auditor', 'mlregistry.check_registry()', 'EXECUTE')}, 't',
            'what the DBA has granted to all is still granted');
        drop_database('old');
    };

    # The rights that the README of that version asks for.
    subtest "from $old, an application that is no superuser" => sub {
        new_database('old', $install_old);
        sql($node, 'old', <<'SQL');
GRANT USAGE ON SCHEMA mlregistry TO mlr_app;
GRANT SELECT ON mlregistry.organizations, mlregistry.projects, mlregistry.v_models_latest TO mlr_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON mlregistry.models, mlregistry.model_versions, mlregistry.model_aliases TO mlr_app;
DO $$BEGIN IF to_regclass('mlregistry.version_files') IS NOT NULL THEN GRANT SELECT, INSERT, UPDATE, DELETE ON mlregistry.version_files TO mlr_app; END IF;
        IF to_regclass('mlregistry.teams') IS NOT NULL THEN GRANT SELECT ON mlregistry.teams, mlregistry.tags, mlregistry.model_tags TO mlr_app; END IF; END$$;
SQL
        for my $model ('before', 'after') {
            sql($node, 'old', $update) if $model eq 'after';
            is_sql($node, 'old', <<"SQL", "$model\n1.0.0\n1.1.0\nchampion\n1.1.0\n$model\n$model", "does $model the upgrade what it could before", as => 'mlr_app');
SET search_path = public, mlregistry;
SELECT model_name FROM register_model('$model', framework => 'onnx');
SELECT semver FROM register_version('$model', '1.0.0', '/srv/1');
SELECT semver FROM register_version('$model', bump => 'minor', artifact_uri => '/srv/2');
SELECT alias FROM set_alias('$model', 'champion', 'latest');
SELECT semver FROM resolve('$model\@champion');
SELECT model_name FROM list_models() WHERE model_name = '$model';
SELECT model_name FROM v_models_latest WHERE model_name = '$model';
SQL
        }
        drop_database('old');
    };

    # Roles with a level have rights on what is new as if it had been there; what a DBA has taken away stays away.
    subtest "from $old, roles that were granted access" => sub {
        new_database('old', "$install_old; $to_owner");
        if (sql($node, 'old', q{SELECT to_regclass('mlregistry.role_access') IS NOT NULL}) eq 't') {
            my $rights = q{SELECT r.relation_name, has_table_privilege('mlr_granted', 'mlregistry.' || r.relation_name, v), v FROM mlregistry.registry_relations() r, unnest('{SELECT,INSERT,UPDATE,DELETE}'::text[]) v ORDER BY 1, 3};
            sql($node, 'old', q{SELECT mlregistry.grant_access('mlr_granted', 'writer'), mlregistry.grant_access('mlr_app', 'writer', sql_only => true); REVOKE SELECT ON mlregistry.datasets FROM mlr_granted});
            my $before = sql($node, 'old', $rights);
            sql($node, 'old', $update);
            my %known = map { (split /\|/)[0] => 1 } split /\n/, $before;
            same_lines(join("\n", grep { $known{ (split /\|/)[0] } } split /\n/, sql($node, 'old', $rights)), $before, 'rights on tables that were there are as before');
            is_sql($node, 'old', q{SELECT r, v FROM unnest('{mlr_granted,mlr_app,mlr_auditor}'::text[]) r, unnest('{SELECT,INSERT,UPDATE,DELETE,TRUNCATE}'::text[]) v WHERE has_table_privilege(r, 'mlregistry.audit_logs', v)},
                'mlr_granted|SELECT', 'who may read the rest may read the trail') unless $known{audit_logs};
            is_sql($node, 'old', q{SELECT r, v FROM unnest('{mlr_granted,mlr_app,mlr_auditor}'::text[]) r, unnest('{SELECT,INSERT,UPDATE,DELETE,TRUNCATE}'::text[]) v WHERE has_table_privilege(r, 'mlregistry.training_runs', v) ORDER BY 2},
                "mlr_granted|DELETE\nmlr_granted|INSERT\nmlr_granted|SELECT\nmlr_granted|UPDATE", 'who may write the rest may write runs') unless $known{training_runs};
            is_sql($node, 'old', q{SELECT count(*) FROM mlregistry.registry_partitions() p, unnest('{SELECT,INSERT,UPDATE,DELETE,TRUNCATE}'::text[]) v WHERE has_table_privilege('mlr_granted', p.partition, v)}, '0', 'not its partitions');
            is_sql($node, 'old', q{SELECT count(*) FROM pg_init_privs WHERE classoid = 'pg_class'::regclass AND objoid IN (SELECT oid FROM pg_class WHERE relnamespace = 'mlregistry'::regnamespace)}, '0',
                'none of which came with the extension');
        }
        else {
            sql($node, 'old', $update);
        }
        is_sql($node, 'old', $clean, '', 'check_registry() finds nothing');
        drop_database('old');
    };

    subtest "a dump of $old restored where the code is newer" => sub {
        sql($node, 'postgres', 'CREATE DATABASE restored');
        is_quiet($node, [ 'pg_restore', '-j2', '-d', 'restored', "$folder/old" ], 'it is restored without a word');
        my ($before, $meta) = (rows('restored'), meta('restored'));
        is_sql($node, 'restored', $versions, "$current|$old|$current", 'the code is new, the tables are old');
        is_sql($node, 'restored', q{SELECT detail, hint FROM mlregistry.check_registry() WHERE check_name = 'schema_version'},
            "The tables are of version $old, the code is of $current.|SELECT mlregistry.migrate();", 'check_registry() says so, and the way out');

        my $open = session($node, 'restored', 'open');
        is(ask($open, "BEGIN; $holds"), '00000', 'while a session holds what it needs');
        my $restored = catalog($node, 'restored');
        sql($node, 'restored', q{ALTER FUNCTION mlregistry.migrate() SET lock_timeout = '300ms'});
        sql_fails($node, 'restored', 'SELECT mlregistry.migrate()', '55P03', 'migrate() gives up');
        sql($node, 'restored', q{ALTER FUNCTION mlregistry.migrate() SET lock_timeout = '10s'});
        ask($open, 'ROLLBACK');
        stop_sessions($open);
        same_lines(catalog($node, 'restored'), $restored, 'and leaves everything as it was');

        # Two at once: one migrates, the other waits and finds nothing left to do.
        my $first = session($node, 'restored', 'first');
        my $second = session($node, 'restored', 'second');
        my ($state, $answer) = ask($first, 'BEGIN; SELECT migrate()');
        is("$state $answer", "00000 migrated from version $old to $current", 'migrate() brings the tables up to the code');
        tell($second, 'SELECT migrate()');
        ok(is_waiting($node, 'restored', 'second'), 'a second one waits');
        ask($first, 'COMMIT');
        is(ask($second, 'SELECT 1'), '00000', 'and does not fail');
        stop_sessions($first, $second);

        same_lines(catalog($node, 'restored'), $fresh, 'catalogs are those of a fresh installation');
        same_rows('restored', $before, 'no row has changed');
        is(meta('restored'), $meta, 'nor has what registry_meta knows');
        is_sql($node, 'restored', $clean, '', 'check_registry() finds nothing');
        is_sql($node, 'restored', 'SELECT mlregistry.migrate()', $nothing_to_do, 'migrate() again has nothing to do');
        drop_database('restored');
    };

    subtest "from $old while a table is locked" => sub {
        my ($state, undef) = ask($updater, 'SELECT 1');
        is($state, '55P03', 'the upgrade gives up');
        cmp_ok(time - $started, '>=', 9, 'after ten seconds');
        is(ask($holder, 'COMMIT'), '00000', 'the other session goes on');
        same_lines(catalog($node, 'locked'), $locked_before, 'the old version is still there');
        is_sql($node, 'locked', 'SELECT mlregistry.schema_version(), (SELECT count(*) FROM mlregistry.model_versions)', "$old|1", 'with its tables');
        sql_ok($node, 'locked', $update, 'now the upgrade works');
        same_lines(catalog($node, 'locked'), $fresh, 'catalogs are those of a fresh installation');
        stop_sessions($holder, $updater);
        drop_database('locked');
    };
}

# ---- tables that the code cannot migrate

new_database('odd', 'CREATE EXTENSION mlregistry');
for my $case ([ '99.0.0', qr/newer than the code/ ], [ '0.0.1', qr/no migration from version 0\.0\.1/ ]) {
    my ($version, $message) = @$case;
    sql($node, 'odd', qq{UPDATE mlregistry.registry_meta SET value = '"$version"' WHERE key = 'schema_version'});
    my $catalog = catalog($node, 'odd');
    for my $function ('migrate()', 'install()') {
        sql_fails($node, 'odd', "SELECT mlregistry.$function", '55000', "$function refuses tables of version $version", like => $message);
    }
    is_sql($node, 'odd', q{SELECT check_name, severity FROM mlregistry.check_registry()}, 'schema_version|error', 'check_registry() says so');
    same_lines(catalog($node, 'odd'), $catalog, 'nothing has changed');
}

done_testing();
