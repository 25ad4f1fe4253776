# Dump and restore: whatever the way, a restored registry is the registry that was dumped.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin;
use MLR;

use PostgreSQL::Test::Utils;
use Test::More;

my $node = new_node('restore', conf => "max_locks_per_transaction = 256\nautovacuum = off\n");
my $folder = PostgreSQL::Test::Utils::tempdir();
sql($node, 'postgres', 'CREATE ROLE mlr_owner; CREATE ROLE mlr_auditor; CREATE ROLE mlr_app;');

# A row of the audit trail of long ago, in a partition of its own, which no other registry has.
sub add_old_audit {
    my ($database) = @_;
    sql($node, $database, <<'SQL');
INSERT INTO mlregistry.audit_logs (created_at, system_identifier, organization_id, actor, db_role, action, entity_type, changes, reason, ip_address, salt, leaf_hash)
VALUES ('2020-02-29 12:00:00.000001+00', 1, '00000000-0000-8000-8000-000000000001', 'Ána', 'r', 'model.update', 'model', '{"b":[1.50,  2], "a":[null,"x"]}', E'tab \t', '::1', '\x00ff', sha256(''));
UPDATE mlregistry.audit_logs l SET leaf_hash = mlregistry.audit_leaf_hash(l) WHERE created_at < '2021-01-01';
SQL
    is_sql($node, $database, 'SELECT task, object, rows FROM mlregistry.run_maintenance()', 'move_rows|audit_logs_y2020m02|1', 'a row of the trail is given a partition');
    return;
}

# The registry that is dumped.
sql($node, 'postgres', 'CREATE DATABASE origin');
sql($node, 'origin', q{CREATE EXTENSION mlregistry; SELECT mlregistry.install(owner => 'mlr_owner')});
fill_registry($node, 'origin');
add_dba_objects($node, 'origin');
add_old_audit('origin');
my %origin = (
    rows => row_digests($node, 'origin'),
    catalog => catalog($node, 'origin'),
    dump => dump_text($node, 'origin'),
);
cmp_ok(sql($node, 'origin', 'SELECT count(*) FROM mlregistry.model_versions'), '>', 300, 'the registry is filled');
cmp_ok(sql($node, 'origin', 'SELECT count(*) FROM mlregistry.audit_logs'), '>', 300, 'so is the audit trail, to which a restore must not add');
is_sql($node, 'origin', 'SELECT * FROM mlregistry.check_registry()', '', 'the registry that is dumped is consistent');
is_sql($node, 'origin', q{SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'mlregistry'}, 'mlr_owner',
    'its tables belong to another role');

# Registering needs no current organization where the model is given by its identifier.
my $registers = <<'SQL';
BEGIN;
SET LOCAL search_path = public, mlregistry;
SELECT v.semver FROM models m, register_version(m.model_id, bump => 'minor', artifact_uri => 's3://models/{version}') v
 WHERE m.model_name = 'tfjs' ORDER BY m.organization_id;
ROLLBACK;
SQL
my $registered = sql($node, 'origin', $registers);
like($registered, qr/^4\.\d+\.0\n0\.6\.0$/, 'registering works in the registry that is dumped');

# Everything that must be true of a restored database.
sub is_restored {
    my ($database, %different) = @_;
    my %expected = (%origin, %different);
    same_lines(row_digests($node, $database), $expected{rows}, 'all rows are the same');
    same_lines(catalog($node, $database), $expected{catalog}, 'catalogs are the same');
    is_sql($node, $database, 'SELECT * FROM mlregistry.check_registry()', '', 'check_registry() finds nothing');
    same_lines(dump_text($node, $database), $expected{dump}, 'it is dumped as the original is');
    is_sql($node, $database, $registers, $registered, 'registering goes on where the original would');
    return;
}

# Runs a test on a new database of that name, which is dropped afterwards.
sub on_new_database {
    my ($database, $name, $test) = @_;
    subtest $name => sub {
        sql($node, 'postgres', "CREATE DATABASE $database TEMPLATE template0");
        $test->($database);
        sql($node, 'postgres', "DROP DATABASE $database");
    };
    return;
}

# ---- the matrix: every kind of dump by every kind of restore. The suite has twelve minutes: of dumps that differ in nothing but the
# setting they begin with it tries the first and the last way, all of them with MLR_ALL_RESTORES (scripts/test-long).

sub tried { my ($kind, @ways) = @_; return $kind eq '' || $ENV{MLR_ALL_RESTORES} ? @ways : @ways[ 0, -1 ] }

my %dump_options = ('' => [], 'row security' => ['--enable-row-security']);
my %pg_restore_options = (
    'pg_restore' => [],
    'pg_restore -1' => ['-1'],
    'pg_restore -j4' => ['-j4'],
    'pg_restore --enable-row-security' => ['--enable-row-security'],
    'pg_restore --enable-row-security -1' => [ '--enable-row-security', '-1' ],
    'pg_restore --enable-row-security -j4' => [ '--enable-row-security', '-j4' ],
);
my %psql_options = ('psql' => [], 'psql -1' => ['-1']);

# The commands that restore a dump into a database and stop at the first error.
sub psql_reads { my ($database, $file, @options) = @_; return [ 'psql', '-Xq', '-v', 'ON_ERROR_STOP=1', @options, '-d', $database, '-f', $file ] }
sub pg_restore { my ($database, $file, @options) = @_; return [ 'pg_restore', @options, '-d', $database, $file ] }

for my $kind (sort keys %dump_options) {
    my $suffix = $kind eq '' ? '' : " of a dump with $kind";
    my $custom = "$folder/custom$kind";
    my $plain = "$folder/plain$kind";
    is_quiet($node, [ 'pg_dump', '-Fc', @{ $dump_options{$kind} }, '-f', $custom, 'origin' ], "pg_dump -Fc$suffix says nothing");
    is_quiet($node, [ 'pg_dump', @{ $dump_options{$kind} }, '-f', $plain, 'origin' ], "pg_dump$suffix says nothing");
    for my $way (tried($kind, sort keys %pg_restore_options)) {
        on_new_database('restored', "$way$suffix", sub {
            my ($database) = @_;
            is_quiet($node, pg_restore($database, $custom, @{ $pg_restore_options{$way} }), 'no error, no warning');
            is_restored($database);
        });
    }
    for my $way (tried($kind, sort keys %psql_options)) {
        on_new_database('restored', "$way$suffix", sub {
            my ($database) = @_;
            is_quiet($node, psql_reads($database, $plain, @{ $psql_options{$way} }), 'no error, no warning');
            is_restored($database);
        });
    }
}

# ---- other ways

my $custom = "$folder/custom";

on_new_database('restored', 'a folder, dumped and restored in parallel', sub {
    my ($database) = @_;
    is_quiet($node, [ 'pg_dump', '-Fd', '-j2', '-f', "$folder/parallel", 'origin' ], 'it is dumped');
    is_quiet($node, pg_restore($database, "$folder/parallel", '-j4'), 'no error, no warning');
    is_restored($database);
});

on_new_database('restored', 'pg_restore writes a script, psql reads it', sub {
    my ($database) = @_;
    is_quiet($node, [ 'pg_restore', '-f', "$folder/script", $custom ], 'it is written');
    is_quiet($node, psql_reads($database, "$folder/script"), 'no error, no warning');
    is_restored($database);
});

for my $tool ('pg_dump', 'pg_restore') {
    on_new_database('restored', "$tool --section", sub {
        my ($database) = @_;
        for my $section ('pre-data', 'data', 'post-data') {
            if ($tool eq 'pg_dump') {
                is_quiet($node, [ 'pg_dump', "--section=$section", '-f', "$folder/$section", 'origin' ], "$section is dumped");
                is_quiet($node, psql_reads($database, "$folder/$section"), "$section is restored");
            } else {
                is_quiet($node, pg_restore($database, $custom, "--section=$section", '-j2'), "$section is restored");
            }
        }
        is_restored($database);
    });
}

# pg_restore --disable-triggers enables all triggers again, but not ALWAYS: check_registry() warns of it and says what to do.
sub announce_always {
    my ($database) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    is_sql($node, $database, q{SELECT DISTINCT check_name, severity FROM mlregistry.check_registry()}, 'access_not_always|warning',
        'check_registry() warns of triggers that do not fire always any more');
    sql($node, $database, sql($node, $database, q{SELECT string_agg(hint, ' ') FROM mlregistry.check_registry()}));
    return;
}

on_new_database('restored', 'the schema alone, then the data alone', sub {
    my ($database) = @_;
    is_quiet($node, pg_restore($database, $custom, '--schema-only'), 'the schema is restored');
    is_sql($node, $database, 'SELECT mlregistry.schema_version() IS NULL', 't', 'tables without rows are no installed registry');
    is_quiet($node, pg_restore($database, $custom, '--data-only', '--disable-triggers'), 'the data are restored');
    # To pg_dump, what a materialized view shows is no data.
    sql($node, $database, 'REFRESH MATERIALIZED VIEW public.dba_highest');
    announce_always($database);
    is_restored($database);
});

# Without the DBA's objects, which an installation does not have.
sub rows_of_registry { my ($database) = @_; return join "\n", grep { /^mlregistry\./ } split /\n/, row_digests($node, $database) }

on_new_database('bare', 'the data alone into an installed registry', sub {
    my ($bare) = @_;
    sql($node, $bare, 'CREATE EXTENSION mlregistry');
    fill_registry($node, $bare);
    is_dumped($node, [ 'pg_dump', '-Fc', '--data-only', '-f', "$folder/data-only", $bare ], 'the data are dumped');
    my $expected = rows_of_registry($bare);
    add_old_audit($bare);
    my $with_old = rows_of_registry($bare);
    is_dumped($node, [ 'pg_dump', '-Fc', '--data-only', '-f', "$folder/by-partition", $bare ], 'the data are dumped, partition by partition');
    is_dumped($node, [ 'pg_dump', '-Fc', '--data-only', '--load-via-partition-root', '-f', "$folder/by-root", $bare ], 'and for whatever partitions');
    my $without_rows = q{CREATE EXTENSION mlregistry; SELECT mlregistry.uninstall('mlregistry'), mlregistry.install(seed => false)};

    on_new_database('restored', 'after TRUNCATE', sub {
        my ($database) = @_;
        sql($node, $database, 'CREATE EXTENSION mlregistry');
        my $tables = sql($node, $database,
            q{SELECT string_agg('mlregistry.' || relation_name, ', ') FROM mlregistry.registry_relations() WHERE kind = 'table'});
        # Which is in the trail, too.
        sql($node, $database, "TRUNCATE $tables; TRUNCATE mlregistry.audit_logs");
        is_quiet($node, pg_restore($database, "$folder/data-only", '--disable-triggers'), 'no error, no warning');
        same_lines(rows_of_registry($database), $expected, 'all rows are the same');
        announce_always($database);
        is_sql($node, $database, 'SELECT * FROM mlregistry.check_registry()', '', 'check_registry() finds nothing');
    });

    on_new_database('restored', 'with install(seed => false)', sub {
        my ($database) = @_;
        sql($node, $database, $without_rows);
        is_quiet($node, pg_restore($database, "$folder/data-only", '--disable-triggers'), 'no error, no warning');
        same_lines(rows_of_registry($database), $expected, 'all rows are the same');
        announce_always($database);
        is_sql($node, $database, 'SELECT * FROM mlregistry.check_registry()', '', 'check_registry() finds nothing');
    });

    on_new_database('restored', 'where a partition is missing', sub {
        my ($database) = @_;
        sql($node, $database, $without_rows);
        local $ENV{PGOPTIONS} = '-c session_replication_role=replica';
        my ($status, undef, $err) = run_client($node, pg_restore($database, "$folder/by-partition", '-1'));
        isnt($status, 0, 'partition by partition it fails');
        like($err, qr/relation "mlregistry.audit_logs_y2020m02" does not exist/, 'and says why');
        is_quiet($node, pg_restore($database, "$folder/by-root"), 'by the root: no error, no warning');
        delete local $ENV{PGOPTIONS};
        is_sql($node, $database, 'SELECT check_name, object FROM mlregistry.check_registry()', 'rows_in_default|mlregistry.audit_logs_default',
            'check_registry() finds a row whose month has no partition');
        is_sql($node, $database, 'SELECT * FROM mlregistry.run_maintenance()', 'move_rows|audit_logs_y2020m02|1', 'and maintenance makes one');
        same_lines(rows_of_registry($database), $with_old, 'all rows are the same');
        is_sql($node, $database, 'SELECT * FROM mlregistry.check_registry()', '', 'check_registry() finds nothing');
    });
});

on_new_database('belonging', 'where the schema, too, belongs to the owner of the tables', sub {
    my ($belonging) = @_;
    sql($node, $belonging, q{CREATE EXTENSION mlregistry; SELECT mlregistry.install(owner => 'mlr_owner')});
    sql($node, $belonging, 'ALTER SCHEMA mlregistry OWNER TO mlr_owner');
    is_sql($node, $belonging, 'SELECT check_name FROM mlregistry.check_registry()', 'schema_owner', 'check_registry() warns of it');
    is_quiet($node, [ 'pg_dump', '-Fc', '-f', "$folder/belonging", $belonging ], 'it is dumped');
    on_new_database('restored', 'pg_restore', sub {
        my ($database) = @_;
        # What an ordinary role owns could hold traps, and the extension's script runs as superuser.
        my ($status, undef, $err) = run_client($node, pg_restore($database, "$folder/belonging", '-1'));
        like($err, qr/schema mlregistry is not safe to install into/, 'the schema of an ordinary role is refused');
        is_sql($node, $database, q{SELECT count(*) FROM pg_namespace WHERE nspname = 'mlregistry'}, '0', 'and nothing is left behind');
    });
});

# ---- as a role of its own for dumps, which is no superuser: docs/access.md, "Dumps"

# What a dump holds of a table: its rows.
sub rows_in_dump {
    my ($text, $table) = @_;
    my ($rows) = $text =~ /^COPY mlregistry\.$table \([^\n]*\) FROM stdin;\n(.*?)^\\\.$/ms;
    return scalar(() = ($rows // '') =~ /\n/g);
}

sql($node, 'postgres', 'CREATE ROLE mlr_backup LOGIN BYPASSRLS; GRANT pg_read_all_data TO mlr_backup');
for my $kind (sort keys %dump_options) {
    my $file = "$folder/backup$kind";
    my $how = $kind eq '' ? '' : " with $kind";
    is_quiet($node, [ 'pg_dump', '-U', 'mlr_backup', '-Fc', @{ $dump_options{$kind} }, '-f', $file, 'origin' ], "a role with BYPASSRLS dumps$how");
    for my $way ($ENV{MLR_ALL_RESTORES} ? ('pg_restore', 'pg_restore -j4', 'pg_restore --enable-row-security') : ('pg_restore -j4')) {
        on_new_database('restored', "$way of the dump$how of a role with BYPASSRLS", sub {
            my ($database) = @_;
            is_quiet($node, pg_restore($database, $file, @{ $pg_restore_options{$way} }), 'no error, no warning');
            is_restored($database);
        });
    }
}

subtest 'a role without BYPASSRLS' => sub {
    sql($node, 'postgres', 'CREATE ROLE mlr_careless LOGIN; GRANT pg_read_all_data TO mlr_careless');
    my ($status, undef, $err) = run_client($node, [ 'pg_dump', '-U', 'mlr_careless', 'origin' ]);
    isnt($status, 0, 'pg_dump fails');
    like($err, qr/query would be affected by row-level security policy/, 'and says why');
    # Two organizations, no user, no grant: it sees nothing, and nothing is what it dumps.
    my $text = dump_text($node, 'origin', '-U', 'mlr_careless', '--enable-row-security');
    for my $table ('organizations', 'models', 'model_versions') {
        is(rows_in_dump($text, $table), 0, "--enable-row-security: no row of $table");
        cmp_ok(rows_in_dump($origin{dump}, $table), '>', 1, "which has rows");
    }
};

# ---- into a database where something is already there

on_new_database('restored', 'where CREATE EXTENSION and uninstall() have been called', sub {
    my ($database) = @_;
    sql($node, $database, q{CREATE EXTENSION mlregistry; SELECT mlregistry.uninstall('mlregistry')});
    my ($status, undef, $err) = run_client($node, pg_restore($database, $custom));
    my @errors = $err =~ /error: (.*)/g;
    is_deeply(\@errors, ['could not execute query: ERROR:  schema "mlregistry" already exists'], 'the schema is there: no other error');
    is_restored($database);
    # PostgreSQL drops no primary key of a partition, whosever it is; the tables go afterwards.
    (undef, undef, $err) = run_client($node, pg_restore($database, $custom, '--clean', '--if-exists'));
    is_deeply([ grep { !/cannot drop inherited constraint "(?:audit_logs|run_metrics)_\w+_pkey"/ } $err =~ /error: (.*)/g ], [],
        'pg_restore --clean --if-exists replaces a full registry: no error but of primary keys of partitions');
    is_restored($database);
    sql($node, $database, 'DROP VIEW dba_report; DROP MATERIALIZED VIEW dba_highest; DROP TABLE dba_notes');
    sql($node, $database, q{SELECT mlregistry.uninstall('mlregistry')});
    is_quiet($node, pg_restore($database, $custom, '--clean', '--if-exists'), 'pg_restore --clean --if-exists after uninstall() says nothing');
    is_restored($database);
});

subtest 'pg_restore --create, psql with a dump --create' => sub {
    is_quiet($node, [ 'pg_dump', '--create', '-f', "$folder/create", 'origin' ], 'it is dumped');
    sql($node, 'postgres', 'ALTER DATABASE origin RENAME TO first_origin');
    is_quiet($node, pg_restore('postgres', $custom, '--create'), 'pg_restore --create says nothing');
    is_restored('origin');
    sql($node, 'postgres', 'DROP DATABASE origin');
    is_quiet($node, psql_reads('postgres', "$folder/create"), 'psql with a dump --create says nothing');
    is_restored('origin');
    sql($node, 'postgres', 'DROP DATABASE origin');
};

# ---- what is a restore, and what is not

my %settings = (
    statement_timeout => '0',
    lock_timeout => '0',
    idle_in_transaction_session_timeout => '0',
    xmloption => 'content',
    row_security => 'off',
);
sub set_all { return join ' ', map { "SET $_ = $settings{$_};" } @_ }
my @names = sort keys %settings;
my %no_restore = (
    'a plain session' => 'CREATE EXTENSION mlregistry;',
    'a transaction' => 'BEGIN; CREATE EXTENSION mlregistry; COMMIT;',
    'a session that has RESET them' => join(' ', set_all(@names), map({ "RESET $_;" } @names), 'CREATE EXTENSION mlregistry;'),
);
for my $missing (@names) {
    $no_restore{"a session with all but $missing"} = set_all(grep { $_ ne $missing } @names) . ' CREATE EXTENSION mlregistry;';
}
my $missing_tables = q{SELECT count(*) FROM mlregistry.registry_relations() WHERE to_regclass('mlregistry.' || relation_name) IS NULL};
for my $case (sort keys %no_restore) {
    on_new_database('target', "$case is no restore", sub {
        my ($database) = @_;
        sql_ok($node, $database, $no_restore{$case}, 'CREATE EXTENSION works');
        is_sql($node, $database, $missing_tables, '0', 'all tables are there');
        is_sql($node, $database, 'SELECT * FROM mlregistry.check_registry()', '', 'check_registry() finds nothing');
    });
}

on_new_database('target', 'settings of a database, a role or a connection are no restore', sub {
    my ($database) = @_;
    sql($node, $database, 'CREATE ROLE mlr_settings SUPERUSER LOGIN');
    for my $name (@names) {
        sql($node, $database, "ALTER DATABASE $database SET $name = $settings{$name}; ALTER ROLE mlr_settings SET $name = $settings{$name}");
    }
    for my $role (getpwuid($<) . '', 'mlr_settings') {
        sql_ok($node, $database, 'CREATE EXTENSION mlregistry', "CREATE EXTENSION works as $role", as => $role);
        is_sql($node, $database, $missing_tables, '0', 'all tables are there');
        sql($node, $database, q{SELECT mlregistry.uninstall('mlregistry'); DROP EXTENSION mlregistry; DROP SCHEMA mlregistry});
    }
    local $ENV{PGOPTIONS} = join ' ', map { "-c $_=$settings{$_}" } @names;
    sql_ok($node, $database, 'CREATE EXTENSION mlregistry', 'CREATE EXTENSION works with PGOPTIONS');
    is_sql($node, $database, $missing_tables, '0', 'all tables are there');
});

on_new_database('target', 'a session with all five settings is a restore', sub {
    my ($database) = @_;
    sql_ok($node, $database, set_all(@names) . ' CREATE EXTENSION mlregistry;', 'CREATE EXTENSION works');
    is_sql($node, $database, q{SELECT count(*) FROM pg_class WHERE relnamespace = 'mlregistry'::regnamespace AND relkind <> 'c'}, '0',
        'there is no table, view or index');
    is_sql($node, $database, 'SELECT check_name FROM mlregistry.check_registry()', 'not_installed', 'check_registry() says so');
    is_sql($node, $database, 'SELECT mlregistry.install()', 'installed version ' . code_version(), 'install() makes up for it');
    is_sql($node, $database, 'SELECT * FROM mlregistry.check_registry()', '', 'check_registry() finds nothing');
});

done_testing();
