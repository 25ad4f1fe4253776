# The audit trail under all that happens to a database: attempts to change, forge or silence it, dumps, replicas, crashes,
# upgrades, other encodings, owners who put something on their tables. What it says of each change is in pgtap/10_audit.sql,
# who reads what in 081_audit_access.pl.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin;
use MLR;
use MLRAccess;

use PostgreSQL::Test::Utils;
use Test::More;

my $node = new_node('audit', streaming => 1, conf => "wal_level = logical\nmax_prepared_transactions = 5\nmax_locks_per_transaction = 256\nautovacuum = off\n");
my $folder = PostgreSQL::Test::Utils::tempdir();
my @released = add_released();
sql($node, 'postgres', <<'SQL');
CREATE ROLE mlr_owner LOGIN; CREATE ROLE mlr_auditor; CREATE ROLE mlr_app;
CREATE ROLE everything LOGIN; CREATE ROLE bypass LOGIN BYPASSRLS; CREATE ROLE heir LOGIN NOINHERIT;
GRANT mlr_owner TO heir; GRANT pg_read_all_data, pg_write_all_data TO bypass;
SQL
# The tables belong to a role that is no superuser.
sql($node, 'postgres', 'CREATE DATABASE d');
sql($node, 'd', q{CREATE EXTENSION mlregistry; SELECT mlregistry.install(owner => 'mlr_owner'); ALTER DATABASE d SET search_path = public, mlregistry});
fill_registry($node, 'd');
# Registers in the default organization also where there are others.
my $here = "SET mlregistry.organization = 'default';";

my $me = sql($node, 'postgres', 'SELECT session_user');

# All of the trail as one line; rows, rows whose hash holds, identifiers.
sub trail { my ($on, $database) = @_; return sql($on, $database, q{SELECT md5(string_agg(l::text, E'\n' ORDER BY log_id)) FROM mlregistry.audit_logs l}) }
sub count_of { my ($on, $database, $where) = @_; return sql($on, $database, 'SELECT count(*) FROM mlregistry.audit_logs' . (defined $where ? " WHERE $where" : '')) }
sub is_sound {
    my ($on, $database, $name) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    return is_sql($on, $database, <<'SQL', 't|t|t', "$name: all hashes hold, no record twice");
SELECT count(*) > 0, bool_and(leaf_hash = sha256('\x00'::bytea || mlregistry.audit_leaf(l))), count(DISTINCT log_id) = count(*) FROM mlregistry.audit_logs l
SQL
}
cmp_ok(count_of($node, 'd'), '>', 300, 'the trail is long');
is_sound($node, 'd', 'a registry that was filled');
my $month = sql($node, 'd', q{SELECT tableoid::regclass FROM audit_logs LIMIT 1});
like($month, qr/^audit_logs_y\d{4}m\d\d$/, 'in the partition of the month');

# ---- nobody changes it

subtest 'append-only' => sub {
    sql($node, 'd', <<'SQL');
GRANT USAGE ON SCHEMA mlregistry TO everything, bypass, heir;
GRANT ALL ON ALL TABLES IN SCHEMA mlregistry TO everything;
GRANT CREATE ON SCHEMA public TO everything;
SQL
    is_sql($node, 'd', "SELECT has_table_privilege('everything', '$month', 'UPDATE, DELETE, TRUNCATE')", 't', 'a role has every privilege, also on partitions');
    my $before = trail($node, 'd');
    my $n = count_of($node, 'd');
    my @columns = split /\|/, sql($node, 'd', q{SELECT string_agg(attname, '|' ORDER BY attnum) FROM pg_attribute WHERE attrelid = 'audit_logs'::regclass AND attnum > 0});
    my @changes;
    for my $table ('audit_logs', $month, 'audit_logs_default', 'ONLY audit_logs') {
        my $bare = $table =~ s/ONLY //r;
        push @changes, "UPDATE $table SET actor = 'nobody'", "UPDATE $table SET actor = actor WHERE false", "UPDATE $table SET salt = NULL, payload_hash = '\\x00', erased_at = now()", "DELETE FROM $table", "DELETE FROM $table WHERE false",
            $table =~ /ONLY/ ? () : ("TRUNCATE $table", "TRUNCATE $table CASCADE"), "WITH gone AS (DELETE FROM $table RETURNING *) SELECT count(*) FROM gone",
            "MERGE INTO $bare l USING (VALUES (1)) AS x ON true WHEN MATCHED THEN DELETE", "MERGE INTO $bare l USING (VALUES (1)) AS x ON true WHEN MATCHED THEN UPDATE SET actor = 'nobody'",
            "INSERT INTO $bare SELECT * FROM audit_logs ON CONFLICT (organization_id, created_at, log_id) DO UPDATE SET actor = 'nobody'";
    }
    for my $role ('everything', 'bypass', 'heir') {
        my $as = $role eq 'heir' ? 'GRANT ALL ON ALL TABLES IN SCHEMA mlregistry TO heir' : 'SELECT';
        sql($node, 'd', $as);
        my %states;
        for (@changes) {
            # bypass has no right to TRUNCATE at all.
            my $state = sql_state($node, 'd', $_, as => $role);
            push @{ $states{$state} }, $_;
        }
        is(join(' ', sort keys %states), '42501', "$role: " . @changes . ' ways to change or remove records') or diag(join "\n", map { my $state = $_; map { "$state: $_" } @{ $states{$state} } } grep { $_ ne '42501' } sort keys %states);
    }
    sql_fails($node, 'd', 'DELETE FROM audit_logs WHERE false', '42501', 'who tries is told', as => 'everything', like => qr/table "audit_logs" is append-only.*Only the owner.*role "mlr_owner".*CONSTRAINT NAME:\s+append_only/s);
    # Through a view of one's own, and by what the session can do to its triggers.
    sql_fails($node, 'd', 'CREATE VIEW public.mine AS SELECT * FROM mlregistry.audit_logs; UPDATE public.mine SET actor = actor', '42501', 'through a view', as => 'everything');
    sql_fails($node, 'd', $_, '42501', "$_", as => 'everything')
        for 'SET session_replication_role = replica', 'ALTER TABLE audit_logs DISABLE TRIGGER ALL', "ALTER TABLE $month DISABLE TRIGGER mlr_05_append_only", "ALTER TABLE audit_logs DETACH PARTITION $month",
        "DROP TABLE $month", 'ALTER TABLE audit_logs DISABLE ROW LEVEL SECURITY', 'DROP TRIGGER mlr_90_audit_update ON models', 'ALTER TABLE models DISABLE TRIGGER mlr_90_audit_update';
    # Forged records: row security lets nobody write.
    my $forged = "(system_identifier, organization_id, actor, db_role, action, entity_type, salt, leaf_hash) VALUES (1, '" . organization_id('default') . "', 'somebody', 'x', 'model.create', 'model', '\\x00', sha256(''))";
    sql_fails($node, 'd', "INSERT INTO $_ $forged", '42501', "a forged record into $_", as => 'everything') for 'audit_logs', $month, 'audit_logs_default';
    is_sql($node, 'd', "SELECT count(*) FROM $month", '0', 'partitions show nothing, whatever was granted', as => 'everything');
    is(trail($node, 'd') . ' ' . count_of($node, 'd'), "$before $n", 'nothing has changed');

    # The owner may: retention and erasure are his.
    is_sql($node, 'd', q{BEGIN; DELETE FROM mlregistry.audit_logs WHERE action LIKE 'tag.%'; SELECT count(*) FROM mlregistry.audit_logs WHERE action LIKE 'tag.%'; ROLLBACK}, '0', 'the owner removes', as => 'mlr_owner');
    is_sql($node, 'd', q{SET ROLE mlr_owner; BEGIN; TRUNCATE mlregistry.audit_logs; SELECT count(*) FROM mlregistry.audit_logs; ROLLBACK}, '0', 'so does who becomes the owner', as => 'heir');
    is(trail($node, 'd'), $before, 'and takes it back');
};

subtest 'the functions' => sub {
    sql_fails($node, 'd', 'CREATE TABLE public.models (model_id uuid); CREATE TRIGGER t AFTER INSERT ON public.models REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION mlregistry.trg_audit()', '42501',
        'nobody makes the trigger of a table of his own', as => 'everything');
    sql($node, 'd', <<'SQL');
CREATE TABLE public.users (user_id uuid, email text, organization_id uuid);
CREATE TRIGGER a AFTER INSERT ON public.users REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION mlregistry.trg_audit();
CREATE TABLE public.of_row (model_id uuid);
CREATE TRIGGER a AFTER INSERT ON public.of_row FOR EACH ROW EXECUTE FUNCTION mlregistry.trg_audit();
SQL
    my $n = count_of($node, 'd');
    sql_fails($node, 'd', q{INSERT INTO public.users VALUES (gen_random_uuid(), 'x')}, '39P01', 'a table of the same name elsewhere tells nothing');
    sql_fails($node, 'd', q{INSERT INTO public.of_row VALUES (gen_random_uuid())}, '39P01', 'no trigger for rows');
    sql_fails($node, 'd', q{BEGIN; CREATE TRIGGER a BEFORE UPDATE ON mlregistry.models FOR EACH STATEMENT EXECUTE FUNCTION mlregistry.trg_audit(); UPDATE mlregistry.models SET description = 'x' WHERE false}, '39P01', 'nor before the event');
    sql_fails($node, 'd', q{BEGIN; CREATE TRIGGER a AFTER UPDATE ON mlregistry.models REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION mlregistry.trg_audit(); UPDATE mlregistry.models SET description = 'x'}, '39P01', 'nor without the old rows');
    sql_fails($node, 'd', q{BEGIN; CREATE TRIGGER a AFTER INSERT ON guards REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION mlregistry.trg_audit(); INSERT INTO guards VALUES (gen_random_uuid(), 'x', gen_random_uuid())}, '39P01', 'nor of a table without audit');
    sql_fails($node, 'd', "SELECT mlregistry.trg_audit()", '39P01', 'a trigger is not called');
    sql_fails($node, 'd', "SELECT mlregistry.audit_leaf_hash(ROW(1, 2))", '42804', 'no record of the trail');
    sql_fails($node, 'd', "SELECT mlregistry.audit_leaf(l) FROM (SELECT * FROM mlregistry.models) AS l LIMIT 1", '42804', 'nor a row of another table');
    sql_fails($node, 'd', "SELECT mlregistry.audit_leaf(jsonb_populate_record(NULL::mlregistry.audit_logs, '{\"format\": 1, \"salt\": \"x\"}'))", '22004', 'nor one that lacks what must be there');
    sql_fails($node, 'd', "SELECT mlregistry.audit_leaf_hash(jsonb_populate_record(l, '{\"format\": 2}')) FROM mlregistry.audit_logs l LIMIT 1", '0A000', 'a format that nobody knows');
    is_sql($node, 'd', "SELECT mlregistry.audit_leaf_hash(NULL::mlregistry.audit_logs) IS NULL", 't', 'NULL of NULL');
    is(count_of($node, 'd'), $n, 'and nothing was told');
    sql($node, 'd', 'DROP TABLE IF EXISTS public.users, public.of_row, public.models');
};

# ---- what is told of whom

subtest 'the reason' => sub {
    # A client that connects may send bytes that are no text: what is dumped must be restored.
    my $n = count_of($node, 'd');
    local $ENV{PGOPTIONS} = "-c mlregistry.reason=\xff\xfebroken";
    my (undef, undef, $err) = run_client($node, [ 'psql', '-Xq', '-d', 'd' ], "LOAD 'mlregistry'; $here INSERT INTO tags (tag_name) VALUES ('by-broken-reason');");
    like($err, qr/the reason is no text in the encoding of the database/, 'bytes that are no text are not taken');
    is_sql($node, 'd', q{SELECT reason IS NULL, count(*) FROM audit_logs WHERE entity_name = 'by-broken-reason' GROUP BY 1}, 't|1', 'and the change is told without them');
    $ENV{PGOPTIONS} = '-c mlregistry.reason=nightly\ job';
    sql($node, 'd', "$here INSERT INTO tags (tag_name) VALUES ('with-reason')");
    is_sql($node, 'd', q{SELECT reason FROM audit_logs WHERE entity_name = 'with-reason'}, 'nightly job', 'text is');
    delete $ENV{PGOPTIONS};
    sql_fails($node, 'd', q{LOAD 'mlregistry'; SELECT set_config('mlregistry.reason', repeat('x', 65537), false)}, '54000', 'a long reason');
    sql($node, 'd', "BEGIN; SET LOCAL mlregistry.reason = 'one'; $here INSERT INTO tags (tag_name) VALUES ('r1'); COMMIT; INSERT INTO tags (tag_name) VALUES ('r2')");
    is_sql($node, 'd', q{SELECT string_agg(concat(entity_name, ' ', reason), ', ' ORDER BY log_id) FROM audit_logs WHERE entity_name IN ('r1', 'r2')}, 'r1 one, r2 ', 'SET LOCAL ends with the transaction');
};

subtest 'audit_note()' => sub {
    fill_access($node, 'noted');
    sql($node, 'noted', q{CREATE FUNCTION t.note(kind text, id uuid, action text, details jsonb DEFAULT NULL, reason text DEFAULT NULL) RETURNS uuid LANGUAGE sql AS 'SELECT mlregistry.audit_note($1, $2, $3, $4, $5)'});
    my $say = sub { my ($arguments, $role, $key) = @_; return sql_state($node, 'noted', defined $key ? as_key($key, "SELECT t.note($arguments)") : "SELECT t.note($arguments)", as => $role) };
    my %of = map { my $slug = $_; $slug => { model => id('model', $slug), version => id('version 1', $slug), dataset => id('dataset', $slug) } } qw(default-private default-organization default-public default-gone acme-private acme-organization acme-public);
    my $n = count_of($node, 'noted');
    my @expected = (
        #  key                    project                 model    version   dataset
        [ 'viewer@default',       'default-organization', '00000', '00000', '00000' ],
        [ 'viewer@default',       'default-public',       '00000', '00000', '00000' ],
        [ 'viewer@default',       'acme-public',          '00000', '00000', '00000' ],
        [ 'viewer@default',       'default-private',      'P0002', 'P0002', 'P0002' ],
        [ 'viewer@default',       'default-gone',         'P0002', 'P0002', 'P0002' ],
        [ 'viewer@default',       'acme-private',         'P0002', 'P0002', 'P0002' ],
        [ 'viewer@default',       'acme-organization',    'P0002', 'P0002', 'P0002' ],
        [ 'onlooker@default',     'default-private',      '00000', '00000', '00000' ],
        [ 'admin@acme',           'default-private',      'P0002', 'P0002', 'P0002' ],
        [ 'admin@acme',           'acme-private',         '00000', '00000', '00000' ],
        [ undef,                  'default-public',       'P0002', 'P0002', 'P0002' ],
    );
    my $noted = 0;
    for (@expected) {
        my ($key, $slug, @states) = @$_;
        my @got = map { $say->("'$_', '$of{$slug}{$_}', 'download'", 'app', $key) } qw(model version dataset);
        is("@got", "@states", ($key // 'nobody') . " notes things of $slug");
        $noted += grep { $_ eq '00000' } @states;
    }
    is(count_of($node, 'noted') - $n, $noted, 'what was refused has left nothing');
    is_sql($node, 'noted', sprintf(q{SELECT DISTINCT action, entity_name, actor, organization_id = '%s', project_id = '%s', subject_id = '%s', changes IS NULL, details IS NULL FROM audit_logs WHERE entity_id = '%s' AND action = 'version.download'},
        organization_id('acme'), project_id('acme-public'), $of{'acme-public'}{model}, $of{'acme-public'}{version}), 'version.download|m-acme-public@1.0.0|viewer@default.example|t|t|t|t|t', 'a note says where its object is, whoever writes it');

    # Whoever may read may note; a key only what its scopes read.
    sql($node, 'noted', key_row('data', 'admin@default', 'default', permissions => '{"scopes": ["datasets:read"]}'));
    is(join(' ', map { $say->("'$_', '$of{'default-private'}{$_}', 'download'", 'app', 'data') } qw(model version dataset)), 'P0002 P0002 00000', 'a key with the scope datasets:read');
    is($say->("'model', '$of{'default-public'}{model}', 'download'", 'bare'), 'P0002', 'a role with SQL rights and no access');
    sql($node, 'noted', 'CREATE ROLE poor LOGIN; GRANT USAGE ON SCHEMA mlregistry TO poor');
    is($say->("'model', '$of{'default-public'}{model}', 'download'", 'poor'), '42501', 'a role without SQL rights on the table');
    is($say->("'model', '$of{'default-private'}{model}', 'download'", 'reader_of_default'), '00000', 'a role that was granted to read');

    # Verbs of the registry itself, and what is no verb.
    my %own = (model => [qw(create update delete soft_delete restore archive unarchive hold release tag untag truncate)],
        version => [qw(create update delete soft_delete restore promote demote archive unarchive validate deprecate undeprecate freeze hold release tag untag truncate)],
        dataset => [qw(create update delete soft_delete restore tag untag truncate)]);
    my $as_admin = sub { my ($arguments) = @_; return $say->($arguments, 'app', 'admin@default') };
    for my $kind (sort keys %own) {
        my $id = $of{'default-public'}{$kind};
        my @accepted = grep { $as_admin->("'$kind', '$id', '$_'") ne '22023' } map { $_, "$kind.$_" } @{ $own{$kind} };
        is("@accepted", '', "the registry's own verbs of a $kind are refused");
    }
    my $model = $of{'default-public'}{model};
    my @wrong = ('', '.', 'x.', '.x', 'version.download', 'model.', 'model.a.b', 'Download', 'down load', 'down-load', '1st', '_x', 'ä', "x\\ny", 'x' x 64, 'model.model.x', ' download', 'download ', 'MODEL.download');
    my @taken = grep { $as_admin->("'model', '$model', E'$_'") ne '22023' } @wrong;
    is("@taken", '', 'no verb: ' . @wrong);
    is($as_admin->("'model', '$model', '" . 'x' x 63 . "'"), '00000', 'the longest verb');
    is($as_admin->("'model', '$model', 'model.exported_2'"), '00000', 'with its entity');
    is($as_admin->("'$_', '$model', 'download'"), '22023', "no kind: $_") for 'models', 'user', 'api_key', '', 'alias', 'Model', 'project';
    is($as_admin->($_), '22004', "NULL: $_") for "NULL, '$model', 'download'", "'model', NULL, 'download'", "'model', '$model', NULL";
    is($as_admin->("'model', '$model', 'download', NULL, NULL"), '00000', 'details and reason may be NULL');
    is($as_admin->("'model', '$model', 'download', '$_'"), '22023', "no object: $_") for '[]', '1', 'null', '"x"', '[{}]';
    is($as_admin->("'model', '$model', 'download', jsonb_build_object('x', repeat('x', 1048576))"), '54000', 'details of more than a megabyte');
    is($as_admin->("'model', '$model', 'download', jsonb_build_object('x', repeat('x', 1048000))"), '00000', 'details of nearly a megabyte');
    is($as_admin->("'model', '$model', 'download', jsonb_build_object('x', (SELECT jsonb_agg(1e131000) FROM generate_series(1, 10)))"), '54000', 'numbers that are short in jsonb and long in the trail');
    is($as_admin->("'model', '$model', 'download', '{}', repeat('ä', 32769)"), '54000', 'a reason of more than 64 KiB');
    is($as_admin->("'model', '$of{'default-public'}{version}', 'download'"), 'P0002', 'the identifier of something else');
    sql_fails($node, 'noted', 'BEGIN READ ONLY; ' . as_key('admin@default', "SELECT t.note('model', '$model', 'download')") =~ s/^BEGIN;//r, '25006', 'in a transaction that only reads', as => 'app');
    sql_fails($node, 'noted', "SET row_security = off; SELECT t.note('model', '$model', 'download')", '42501', 'without row security nobody notes what row security would hide', as => 'reader_of_default');
    is_sql($node, 'noted', sprintf("SELECT t.note('model', '$model', 'download', '{\"b\": 1, \"a\": [1.50]}', 'because') IS NOT NULL; SELECT details::jsonb, reason, db_role, user_id IS NULL FROM audit_logs ORDER BY log_id DESC LIMIT 1"), qq(t\n{"a": [1.50], "b": 1}|because|$me|t), 'all of it is told');
    is_sql($node, 'noted', "SET mlregistry.reason = 'of the session'; SELECT t.note('model', '$model', 'download') = (SELECT log_id FROM audit_logs WHERE reason = 'of the session')", '', 'in one statement the note is not there yet');
    is_sql($node, 'noted', "SELECT count(*) FROM audit_logs WHERE reason = 'of the session' AND action = 'model.download'", '1', 'then it is, with the reason of the session where none is given');
    is_sound($node, 'noted', 'notes');
};

# ---- names that are planted

subtest 'planted objects' => sub {
    sql($node, 'noted', <<'SQL');
CREATE SEQUENCE public.trap; GRANT ALL ON SEQUENCE public.trap TO PUBLIC;
CREATE SCHEMA evil AUTHORIZATION app; GRANT TEMP ON DATABASE noted TO app;
SQL
    my $trap = q{LANGUAGE plpgsql AS $$BEGIN PERFORM pg_catalog.nextval('public.trap'); RETURN NULL; END$$};
    my @plant;
    for my $type ('uuid', 'text', 'name', 'jsonb', 'json', 'timestamptz', 'bigint', 'integer', 'boolean', 'inet', 'bytea', 'xid8', 'mlregistry.semver') {
        push @plant, "CREATE FUNCTION evil.op(a $type, b $type) RETURNS boolean $trap", map { "CREATE OPERATOR evil.$_ (LEFTARG = $type, RIGHTARG = $type, FUNCTION = evil.op)" } '=', '<>', '<', '>', '<=', '>=';
        push @plant, "CREATE FUNCTION evil.$_(a $type) RETURNS text $trap" for 'octet_length', 'text', 'uuid_send', 'sha256', 'lower', 'json', 'jsonb', 'concat', 'audit_leaf_hash', 'to_json';
    }
    push @plant, "CREATE FUNCTION evil.$_() RETURNS timestamptz $trap" for 'clock_timestamp', 'now', 'gen_random_uuid', 'pg_current_xact_id', 'current_user_id', 'readable_entities', 'current_actor';
    push @plant, "CREATE FUNCTION evil.array_to_json(a text[]) RETURNS json $trap", "CREATE FUNCTION evil.concat(a text, b text, c text) RETURNS text $trap";
    run_client($node, [ 'psql', '-XAtq', '-U', 'app', '-d', 'noted' ], join ";\n", @plant, '');
    cmp_ok(sql($node, 'noted', q{SELECT count(*) FROM pg_proc WHERE pronamespace = 'evil'::regnamespace}), '>', 100, 'functions and operators are planted');
    # Tables of the session: the rows that are to be written, and a trail of its own; what the names are read from.
    my $tables = <<'SQL';
CREATE TEMP TABLE audit_rows AS SELECT * FROM mlregistry.audit_logs WHERE false; CREATE TEMP TABLE audit_logs AS TABLE audit_rows; CREATE TEMP TABLE new_rows AS TABLE mlregistry.models; CREATE TEMP TABLE old_rows AS TABLE mlregistry.models;
CREATE TEMP TABLE models AS SELECT model_id, 'forged'::text AS model_name, organization_id, project_id FROM mlregistry.models; CREATE TEMP TABLE users (user_id uuid, email text); CREATE TEMP TABLE tags (tag_id uuid, tag_name text);
CREATE TEMP TABLE registry_meta (key text); CREATE TEMP TABLE organization_memberships (organization_id uuid, user_id uuid);
INSERT INTO audit_rows SELECT pg_catalog.now(), '7', 1, pg_catalog.gen_random_uuid(), '00000000-0000-8000-8000-000000000001', NULL, NULL, NULL, NULL, NULL, 1, 'forged', 'forged', 'model.create', 'model', 'forged', NULL, NULL, NULL, NULL, NULL, NULL, '\x00', NULL, NULL, pg_catalog.sha256('');
SQL
    my $path = 'evil, pg_temp, public, mlregistry, pg_catalog';
    my $m = id('model', 'default-organization');
    my $v = id('version 2', 'default-organization');
    my $work = <<"SQL";
UPDATE mlregistry.models SET description = 'planted', metadata = '{"a": 1}' WHERE model_id OPERATOR(pg_catalog.=) '$m';
INSERT INTO mlregistry.model_tags (model_id, tag_id) SELECT '$m', tag_id FROM mlregistry.tags WHERE tag_name OPERATOR(pg_catalog.=) 'spare-default';
DELETE FROM mlregistry.model_tags WHERE model_id OPERATOR(pg_catalog.=) '$m';
INSERT INTO mlregistry.version_files (version_id, path) VALUES ('$v', 'planted.bin');
SELECT mlregistry.audit_note('version', '$v', 'planted', '{"a": 1}', 'x');
SELECT pg_catalog.count(*) FROM mlregistry.audit_logs;
SQL
    my ($status, undef, $err) = run_client($node, [ 'psql', '-XAtq', '-v', 'ON_ERROR_STOP=1', '-U', 'app', '-d', 'noted' ], "$tables SET search_path = $path; " . as_key('developer@default', $work));
    is("$status $err", '0 ', 'a developer works with them in the way');
    is_sql($node, 'noted', q{SELECT is_called FROM public.trap}, 'f', 'no trap was sprung');
    is_sql($node, 'noted', <<'SQL', <<'TRAIL' =~ s/\n$//r, 'and what is told is what was done');
SELECT action, entity_name, actor FROM mlregistry.audit_logs WHERE txid = (SELECT txid FROM mlregistry.audit_logs WHERE action = 'version.planted') ORDER BY log_id
SQL
model.update|m-default-organization|developer@default.example
model.tag|m-default-organization|developer@default.example
model.untag|m-default-organization|developer@default.example
model.untag|m-default-organization|developer@default.example
file.add|m-default-organization@2.0.0/planted.bin|developer@default.example
version.planted|m-default-organization@2.0.0|developer@default.example
TRAIL
    is(count_of($node, 'noted', "actor = 'forged'"), 0, 'nothing forged is there');
    is_sound($node, 'noted', 'behind traps');
    sql($node, 'noted', 'DROP SCHEMA evil CASCADE');
};

# ---- what the owner of the tables has put on them

subtest 'triggers of the owner' => sub {
    sql($node, 'd', 'GRANT CREATE ON SCHEMA public TO mlr_owner');
    sql($node, 'd', <<'SQL', as => 'mlr_owner');
CREATE TABLE public.copies (log_id uuid, action text, who text, session text, super boolean);
CREATE FUNCTION public.copy() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO public.copies VALUES (NEW.log_id, NEW.action, current_user, session_user, (SELECT rolsuper FROM pg_roles WHERE rolname = current_user));
    -- What the trigger changes is told, too.
    IF NEW.action = 'tag.create' AND NEW.entity_name = 'outer' THEN
        INSERT INTO mlregistry.tags (organization_id, tag_name) VALUES (NEW.organization_id, 'inner');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER copy BEFORE INSERT ON mlregistry.audit_logs FOR EACH ROW EXECUTE FUNCTION public.copy();
SQL
    my $n = count_of($node, 'd');
    sql($node, 'd', "$here INSERT INTO tags (tag_name) VALUES ('outer'), ('beside')");
    is_sql($node, 'd', q{SELECT action, who, session, super FROM public.copies ORDER BY log_id}, join("\n", ("tag.create|mlr_owner|$me|f") x 3), 'a trigger of his on the trail sees each record, and has no more rights than he has');
    is_sql($node, 'd', q{SELECT entity_name FROM audit_logs WHERE action = 'tag.create' AND entity_name IN ('outer', 'inner', 'beside') ORDER BY 1}, "beside\ninner\nouter", 'what it changes is told as well');
    is(count_of($node, 'd') - $n, 3, 'each once');
    sql($node, 'd', q{CREATE OR REPLACE FUNCTION public.copy() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RAISE EXCEPTION 'no' USING ERRCODE = 'ZZ002'; END $$}, as => 'mlr_owner');
    sql_fails($node, 'd', "$here INSERT INTO tags (tag_name) VALUES ('untold')", 'ZZ002', 'a change that cannot be told is not made');
    is_sql($node, 'd', q{SELECT count(*) FROM tags WHERE tag_name = 'untold'}, '0', 'nor half of it');
    sql($node, 'd', 'DROP TRIGGER copy ON mlregistry.audit_logs', as => 'mlr_owner');
    sql($node, 'd', 'DROP TABLE public.copies');
    # A column of his own, in a session that has written before and goes on.
    sql($node, 'd', q{UPDATE models SET primary_contact = 'trimmed' WHERE model_name = 'old-one'});
    my $writer = session($node, 'd', 'writer');
    is(ask($writer, "$here INSERT INTO tags (tag_name) VALUES ('w1')"), '00000', 'a session writes');
    sql($node, 'd', q{ALTER TABLE mlregistry.audit_logs ADD COLUMN dba_note text DEFAULT 'seen'; ALTER TABLE mlregistry.models ADD COLUMN dba_a text; ALTER TABLE mlregistry.models DROP COLUMN dba_a; ALTER TABLE mlregistry.models ADD COLUMN dba_b text DEFAULT 'b'}, as => 'mlr_owner');
    is(ask($writer, "INSERT INTO tags (tag_name) VALUES ('w2'); DISCARD PLANS; INSERT INTO tags (tag_name) VALUES ('w3'); UPDATE models SET dba_b = 'c' WHERE model_name = 'old-one'"), '00000', 'while the tables get columns of the owner');
    is_sql($node, 'd', q{SELECT string_agg(entity_name || ' ' || dba_note, ', ' ORDER BY log_id) FROM audit_logs WHERE entity_name IN ('w2', 'w3')}, 'w2 seen, w3 seen', 'and its records are there');
    is_sql($node, 'd', q{SELECT changes FROM audit_logs WHERE action = 'model.update' ORDER BY log_id DESC LIMIT 1}, '{"dba_b":["b","c"]}', 'a column of his is told of');
    # Rows are older than the column, and hold its default without having been written.
    sql($node, 'd', q{UPDATE models SET description = 'about a default' WHERE model_name = 'tfjs'; UPDATE models SET dba_b = dba_b WHERE model_name = 'tfjs'});
    is_sql($node, 'd', q{SELECT count(*) FROM audit_logs WHERE changes::jsonb ? 'dba_b'}, '1', 'a default that a row holds since is no change of it');
    is(ask($writer, 'DISCARD ALL; SET search_path = public, mlregistry; UPDATE models SET dba_b = \'d\' WHERE model_name = \'old-one\''), '00000', 'DISCARD ALL');
    stop_sessions($writer);
    is_sound($node, 'd', 'with a column more');
    sql($node, 'd', 'ALTER TABLE mlregistry.audit_logs DROP COLUMN dba_note; ALTER TABLE mlregistry.models DROP COLUMN dba_b', as => 'mlr_owner');
    is_sound($node, 'd', 'and with it gone');
};

subtest 'checks, indexes and partitions of the owner' => sub {
    # Whatever of his is run with a record runs as he.
    sql($node, 'd', <<'SQL', as => 'mlr_owner');
CREATE SEQUENCE public.run_check; CREATE SEQUENCE public.run_index; CREATE SEQUENCE public.run_predicate;
CREATE FUNCTION public.run(what text, value text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    IF current_user <> 'mlr_owner' THEN
        RAISE EXCEPTION '% runs as %', what, current_user USING ERRCODE = 'ZZ003';
    END IF;
    PERFORM nextval('public.run_' || what);
    RETURN value;
END $$;
ALTER TABLE mlregistry.audit_logs ADD CONSTRAINT dba_check CHECK (public.run('check', entity_name) <> 'refused') NOT VALID;
SQL
    sql($node, 'd', q{CREATE INDEX dba_index ON mlregistry.audit_logs ((public.run('index', entity_name))) WHERE public.run('predicate', entity_type) = 'tag'});
    sql($node, 'd', q{SELECT setval('public.run_check', 1, false), setval('public.run_index', 1, false), setval('public.run_predicate', 1, false)});
    sql($node, 'd', "$here INSERT INTO tags (tag_name) VALUES ('checked')");
    is_sql($node, 'd', q{SELECT (SELECT is_called FROM public.run_check), (SELECT is_called FROM public.run_index), (SELECT is_called FROM public.run_predicate)}, 't|t|t', 'a CHECK, an index and its predicate run as he');
    sql_fails($node, 'd', "$here INSERT INTO tags (tag_name) VALUES ('refused')", '23514', 'what his CHECK refuses is not done', like => qr/dba_check/);
    is_sql($node, 'd', q{SELECT count(*) FROM tags WHERE tag_name = 'refused'}, '0', 'nor half of it');
    is_sql($node, 'd', q{SET enable_seqscan = off; SELECT count(*) FROM mlregistry.audit_logs WHERE public.run('index', entity_name) = 'checked' AND public.run('predicate', entity_type) = 'tag'}, '1', 'the record is in his index', as => 'mlr_owner');
    sql($node, 'd', 'DROP INDEX mlregistry.dba_index; ALTER TABLE mlregistry.audit_logs DROP CONSTRAINT dba_check; DROP FUNCTION public.run(text, text); DROP SEQUENCE public.run_check, public.run_index, public.run_predicate', as => 'mlr_owner');
    # A month that has partitions of its own, with columns in another order and one that was dropped.
    my $n = count_of($node, 'd');
    sql($node, 'd', <<"SQL");
BEGIN;
CREATE TABLE public.aside AS TABLE $month;
SELECT pg_get_expr(relpartbound, oid) AS bound FROM pg_class WHERE oid = '$month'::regclass \\gset
ALTER TABLE audit_logs DETACH PARTITION $month; DROP TABLE $month;
SELECT 'CREATE TABLE public.dba_month (gone int, ' || string_agg(format('%I %s%s', attname, format_type(atttypid, atttypmod), CASE WHEN attnotnull THEN ' NOT NULL' ELSE '' END), ', ' ORDER BY attnum DESC) || ') PARTITION BY HASH (log_id)'
  FROM pg_attribute WHERE attrelid = 'audit_logs'::regclass AND attnum > 0 AND NOT attisdropped \\gexec
ALTER TABLE public.dba_month DROP COLUMN gone;
CREATE TABLE public.dba_month_0 PARTITION OF public.dba_month FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE public.dba_month_1 PARTITION OF public.dba_month FOR VALUES WITH (MODULUS 2, REMAINDER 1);
ALTER TABLE public.dba_month OWNER TO mlr_owner; ALTER TABLE public.dba_month_0 OWNER TO mlr_owner; ALTER TABLE public.dba_month_1 OWNER TO mlr_owner;
ALTER TABLE audit_logs DROP CONSTRAINT audit_logs_pkey;
ALTER TABLE audit_logs ATTACH PARTITION public.dba_month :bound;
$here INSERT INTO tags (tag_name) SELECT 'split-' || n FROM generate_series(1, 40) n;
COMMIT;
SQL
    is_sql($node, 'd', q{SELECT count(DISTINCT tableoid), count(*) FROM audit_logs WHERE entity_name LIKE 'split-%'}, '2|40', 'a month with partitions of its own, of another shape');
    is_sound($node, 'd', 'in there');
    sql($node, 'd', <<"SQL");
BEGIN;
INSERT INTO public.aside (SELECT l.* FROM audit_logs l WHERE tableoid::regclass::text LIKE 'dba_month%');
DROP TABLE public.dba_month;
ALTER TABLE audit_logs ADD CONSTRAINT audit_logs_pkey PRIMARY KEY (organization_id, created_at, log_id);
SELECT count(*) FROM run_maintenance();
INSERT INTO audit_logs SELECT * FROM public.aside;
DROP TABLE public.aside;
COMMIT;
SQL
    is(count_of($node, 'd') - $n, 40, 'and back');
    is_sound($node, 'd', 'back');
};

subtest 'partitions that come while others write' => sub {
    # The month has none: a record on its way to the default partition waits for whoever makes it, and then belongs there.
    sql($node, 'd', "ALTER TABLE audit_logs DETACH PARTITION $month; CREATE TABLE public.aside AS TABLE $month; DROP TABLE $month");
    my $maker = session($node, 'd', 'maker');
    my $writer = session($node, 'd', 'writer');
    ask($writer, $here);
    is(ask($maker, 'BEGIN; SELECT count(*) FROM run_maintenance()'), '00000', 'somebody makes the partition of the month');
    tell($writer, q{BEGIN; INSERT INTO tags (tag_name) VALUES ('late-1'), ('late-2'); INSERT INTO tags (tag_name) VALUES ('late-3'); COMMIT});
    ok(is_waiting($node, 'd', 'writer'), 'somebody else writes');
    is(ask($maker, 'COMMIT'), '00000', 'it is there');
    is(ask($writer, ''), '00000', 'the other one goes on');
    is_sql($node, 'd', q{SELECT tableoid::regclass, count(*) FROM audit_logs WHERE entity_name LIKE 'late-%' GROUP BY 1}, "$month|3", 'and its records are where they belong');
    is_sql($node, 'd', q{SELECT * FROM check_partitions()}, '', 'check_registry() finds nothing');
    # Taken back: they do belong to the default one.
    sql($node, 'd', "DROP TABLE $month");
    ask($maker, 'BEGIN; SELECT count(*) FROM run_maintenance()');
    tell($writer, q{INSERT INTO tags (tag_name) VALUES ('later')});
    ok(is_waiting($node, 'd', 'writer'), 'once more');
    ask($maker, 'ROLLBACK');
    is(ask($writer, ''), '00000', 'and taken back');
    is_sql($node, 'd', q{SELECT tableoid::regclass FROM audit_logs WHERE entity_name = 'later'}, 'audit_logs_default', 'in the default partition');
    is_sql($node, 'd', q{SELECT task, object, rows FROM run_maintenance()}, "move_rows|$month|1", 'from which it is moved');
    # A writer that is in the middle holds up whoever makes a partition, not the other way round.
    sql($node, 'd', "DROP TABLE $month");
    ask($writer, q{BEGIN; INSERT INTO tags (tag_name) VALUES ('open-1')});
    tell($maker, 'SELECT count(*) FROM run_maintenance()');
    ok(is_waiting($node, 'd', 'maker'), 'maintenance waits for a record that is not committed');
    is(ask($writer, q{INSERT INTO tags (tag_name) VALUES ('open-2'); COMMIT}), '00000', 'whose transaction goes on');
    is(ask($maker, ''), '00000', 'then it goes on as well');
    is_sql($node, 'd', q{SELECT tableoid::regclass, count(*) FROM audit_logs WHERE entity_name LIKE 'open-%' GROUP BY 1}, "$month|2", 'and has moved them');
    stop_sessions($maker, $writer);
    sql($node, 'd', "INSERT INTO $month SELECT * FROM public.aside; DROP TABLE public.aside");
    is_sql($node, 'd', q{SELECT * FROM check_partitions()}, '', 'all is in order');
    # A rule of the owner is seen to, as by any INSERT.
    sql($node, 'd', 'CREATE TABLE public.ruled (action text); CREATE RULE also AS ON INSERT TO mlregistry.audit_logs DO ALSO INSERT INTO public.ruled VALUES (NEW.action)', as => 'mlr_owner');
    sql($node, 'd', "$here INSERT INTO tags (tag_name) VALUES ('ruled')");
    is_sql($node, 'd', q{SELECT action FROM public.ruled}, 'tag.create', 'a rule of the owner on the trail is followed');
    sql($node, 'd', 'DROP RULE also ON mlregistry.audit_logs; DROP TABLE public.ruled', as => 'mlr_owner');
    is_sound($node, 'd', 'after partitions have come and gone');
};

# ---- much at once, and what is broken off

subtest 'large statements' => sub {
    sql($node, 'd', "$here SELECT FROM register_model('big', framework => 'onnx'); SELECT FROM register_version('big', '1.0.0', 's3://big')");
    my $rows = 6000;
    my $where = "subject_id = (SELECT model_id FROM models WHERE model_name = 'big')";
    my $insert = "INSERT INTO model_metrics (version_id, metric_name, metric_value) SELECT v.version_id, 'n' || n, n FROM generate_series(1, $rows) n, model_versions v JOIN models m USING (model_id) WHERE m.model_name = 'big'";
    sql($node, 'd', "SET work_mem = '64kB'; $here $insert; UPDATE model_metrics SET metric_value = metric_value + 0.5 WHERE metric_name LIKE 'n%'");
    is_sql($node, 'd', "SELECT action, count(*), count(DISTINCT entity_id), count(DISTINCT created_at) FROM audit_logs WHERE $where AND action LIKE 'metric.%' GROUP BY 1 ORDER BY 1", "metric.record|$rows|$rows|$rows\nmetric.update|$rows|$rows|$rows", "$rows rows in 64 kB");
    is_sql($node, 'd', <<"SQL", '0', 'old and new values are of the same row');
SELECT count(*) FROM audit_logs l LEFT JOIN model_metrics m ON m.metric_id = l.entity_id
 WHERE $where AND l.action = 'metric.update' AND (l.changes::text <> format('{"metric_value":[%s,%s]}', m.metric_value - 0.5, m.metric_value)) IS NOT FALSE
SQL
    is_sql($node, 'd', "SELECT count(*) FROM audit_logs WHERE $where AND action LIKE 'metric.%' AND entity_name <> 'big\@1.0.0'", '0', 'all have their name');
    my $n = count_of($node, 'd');
    sql_fails($node, 'd', "SET statement_timeout = '100ms'; UPDATE model_metrics SET metric_value = metric_value + 1 FROM generate_series(1, 20) x", '57014', 'broken off in the middle');
    sql($node, 'd', "BEGIN; DELETE FROM model_metrics; ROLLBACK; BEGIN; SAVEPOINT s; DELETE FROM model_metrics WHERE metric_name < 'n5'; ROLLBACK TO s; COMMIT");
    is(count_of($node, 'd'), $n, 'what did not happen is not told');
    my $session = session($node, 'd', 'broken');
    ask($session, "BEGIN; SAVEPOINT s; SET LOCAL statement_timeout = '50ms'; UPDATE model_metrics SET metric_value = metric_value + 1");
    is(ask($session, "ROLLBACK TO s; SET LOCAL statement_timeout = 0; $here INSERT INTO tags (tag_name) VALUES ('after-break'); COMMIT"), '00000', 'a session goes on after that');
    stop_sessions($session);
    is(count_of($node, 'd') - $n, 1, 'and tells what it does then');
    sql($node, 'd', "BEGIN; $here INSERT INTO tags (tag_name) VALUES ('prepared'); PREPARE TRANSACTION 'audit'");
    is(count_of($node, 'd', "entity_name = 'prepared'"), 0, 'a prepared transaction is not told of');
    sql($node, 'd', q{COMMIT PREPARED 'audit'});
    is(count_of($node, 'd', "entity_name = 'prepared'"), 1, 'until it is committed');
    sql($node, 'd', "DELETE FROM model_metrics WHERE metric_name LIKE 'n%'");
    is_sql($node, 'd', "SELECT count(*), min(entity_name), max(entity_name) FROM audit_logs WHERE action = 'metric.delete' AND $where", "$rows|big\@1.0.0|big\@1.0.0", 'deleted: each');
    my $copied = join "\n", map { "22222222-2222-4222-8222-22222222222$_\tcopied-$_" } 1 .. 3;
    sql($node, 'd', "$here COPY tags (tag_id, tag_name) FROM stdin;\n$copied\n\\.\n");
    is(count_of($node, 'd', "action = 'tag.create' AND entity_name LIKE 'copied-_'"), 3, 'COPY');
    is_sound($node, 'd', 'after all that');
    # A long trail makes what follows slow.
    sql($node, 'd', "DELETE FROM audit_logs WHERE action LIKE 'metric.%' AND $where");
};

subtest 'session_replication_role' => sub {
    my $before = trail($node, 'd');
    sql($node, 'd', q{SET session_replication_role = replica; UPDATE models SET description = 'replica'; INSERT INTO frameworks (name) VALUES ('replicated'); DELETE FROM tags WHERE tag_name = 'w3'; DELETE FROM frameworks WHERE name = 'replicated'});
    is(trail($node, 'd'), $before, 'replica: nothing is told');
    my $n = count_of($node, 'd');
    sql($node, 'd', q{SET session_replication_role = local; UPDATE models SET description = 'local' WHERE model_name = 'old-one'});
    is(count_of($node, 'd') - $n, 1, 'local: it is');
};

# ---- crash

subtest 'crash' => sub {
    my $n = count_of($node, 'd');
    sql($node, 'd', "$here INSERT INTO tags (tag_name) VALUES ('before-crash')");
    my $open = session($node, 'd', 'open');
    is(ask($open, "$here BEGIN; INSERT INTO tags (tag_name) SELECT 'lost-' || n FROM generate_series(1, 500) n"), '00000', 'a transaction is open');
    sql($node, 'd', 'CHECKPOINT');
    is(ask($open, "INSERT INTO tags (tag_name) SELECT 'lost-b-' || n FROM generate_series(1, 500) n"), '00000', 'and has written more');
    my $before = trail($node, 'd');
    $node->stop('immediate');
    eval { stop_sessions($open) };
    $node->start;
    is(trail($node, 'd'), $before, 'what was committed is told, what was not is not');
    is(count_of($node, 'd') - $n, 1, 'one record more');
    is_sql($node, 'd', q{SELECT count(*) FROM tags WHERE tag_name LIKE 'lost-%'}, '0', 'as the tables have it');
    is_sound($node, 'd', 'after the crash');
};

# ---- dump and restore

subtest 'dump and restore' => sub {
    my ($trail, $n) = (trail($node, 'd'), count_of($node, 'd'));
    my $restored = sub {
        my ($database, $name) = @_;
        is(count_of($node, $database), $n, "$name: as many records, none twice");
        is(trail($node, $database), $trail, "$name: the same, byte for byte");
        is_sound($node, $database, $name);
        my $now = count_of($node, $database);
        sql($node, $database, "SET search_path = public, mlregistry; $here INSERT INTO tags (tag_name) VALUES ('restored')");
        is(count_of($node, $database), $now + 1, "$name: and it goes on");
        sql($node, 'postgres', "DROP DATABASE $database");
    };
    my $new = sub { my ($sql) = @_; sql($node, 'postgres', 'CREATE DATABASE restored TEMPLATE template0'); sql($node, 'restored', $sql) if defined $sql; return };
    is_quiet($node, [ 'pg_dump', '-Fc', '-f', "$folder/custom", 'd' ], 'pg_dump -Fc');
    is_quiet($node, [ 'pg_dump', '-f', "$folder/plain", 'd' ], 'pg_dump');
    for my $options ([], ['-j2']) {
        $new->();
        is_quiet($node, [ 'pg_restore', @$options, '-d', 'restored', "$folder/custom" ], "pg_restore @$options");
        $restored->('restored', "pg_restore @$options");
    }
    $new->();
    is_quiet($node, [ 'psql', '-Xq', '-v', 'ON_ERROR_STOP=1', '-d', 'restored', '-f', "$folder/plain" ], 'psql');
    $restored->('restored', 'psql');
    my $empty = q{CREATE EXTENSION mlregistry; SELECT mlregistry.uninstall('mlregistry'), mlregistry.install(seed => false)};
    for my $options ([], ['--load-via-partition-root']) {
        is_dumped($node, [ 'pg_dump', '-Fc', '--data-only', @$options, '-f', "$folder/data@$options", 'd' ], "pg_dump --data-only @$options");
        $new->($empty);
        is_quiet($node, [ 'pg_restore', '--data-only', '--disable-triggers', '-d', 'restored', "$folder/data@$options" ], "pg_restore --data-only --disable-triggers, @$options");
        $restored->('restored', "the data alone @$options");
    }
    # Later, the months of the dump have no partition: their rows go into the default one. pg_restore --disable-triggers would ask
    # for the partitions by name.
    $new->("$empty; DROP TABLE mlregistry.$month");
    {
        local $ENV{PGOPTIONS} = '-c session_replication_role=replica';
        is_quiet($node, [ 'pg_restore', '--data-only', '-d', 'restored', "$folder/data--load-via-partition-root" ], 'into an installation without the partition of that month');
    }
    is_sql($node, 'restored', 'SELECT count(*) FROM mlregistry.audit_logs_default', $n, 'all are there');
    sql($node, 'restored', 'SELECT * FROM mlregistry.run_maintenance()');
    is_sql($node, 'restored', 'SELECT count(*) FROM mlregistry.audit_logs_default', '0', 'and get a partition of their own');
    $restored->('restored', 'after run_maintenance()');
};

# ---- logical replication

subtest 'logical replication' => sub {
    my $subscriber = new_node('subscriber');
    sql($subscriber, 'postgres', 'CREATE DATABASE d; CREATE ROLE mlr_owner');
    sql($subscriber, 'd', q{CREATE EXTENSION mlregistry; SELECT mlregistry.uninstall('mlregistry'), mlregistry.install(seed => false)});
    sql($node, 'd', 'CREATE PUBLICATION everything FOR ALL TABLES WITH (publish_via_partition_root = true)');
    my $connection = sprintf 'host=%s port=%s dbname=d user=%s', $node->host, $node->port, $me;
    sql($subscriber, 'd', "CREATE SUBSCRIPTION s CONNECTION '$connection' PUBLICATION everything");
    $node->wait_for_catchup('s');
    $subscriber->poll_query_until('d', q{SELECT count(*) > 20 AND bool_and(srsubstate IN ('r', 's')) FROM pg_subscription_rel}) or die 'the tables were not copied';
    is(trail($subscriber, 'd'), trail($node, 'd'), 'the first copy: every record once, as it is');
    sql($node, 'd', <<"SQL");
$here INSERT INTO tags (tag_name) VALUES ('published-1'), ('published-2');
UPDATE models SET description = 'published' WHERE model_name = 'old-one';
DELETE FROM tags WHERE tag_name = 'published-2';
TRUNCATE resource_quotas;
SELECT FROM set_alias('tfjs', 'champion', '3.0.0');
DELETE FROM models WHERE model_name = 'big';
SQL
    $node->wait_for_catchup('s');
    is(trail($subscriber, 'd'), trail($node, 'd'), 'what happens then: every record once, none of the subscriber\'s own');
    is_sql($subscriber, 'd', q{SELECT count(*) FROM mlregistry.tags WHERE tag_name LIKE 'published-%'}, '1', 'and the rows that they tell of');
    is_sound($subscriber, 'd', 'on the subscriber');
    is_sql($subscriber, 'd', q{SELECT count(DISTINCT system_identifier), count(*) FILTER (WHERE system_identifier = (SELECT system_identifier FROM pg_control_system())) FROM mlregistry.audit_logs}, '1|0', 'each says which cluster has written it');
    # A standby that becomes the primary writes its own.
    sql($subscriber, 'd', 'ALTER SUBSCRIPTION s DISABLE; ALTER SUBSCRIPTION s SET (slot_name = NONE); DROP SUBSCRIPTION s');
    sql($subscriber, 'd', "SET search_path = public, mlregistry; $here INSERT INTO tags (tag_name) VALUES ('own')");
    is_sql($subscriber, 'd', q{SELECT count(*) FROM mlregistry.audit_logs WHERE system_identifier = (SELECT system_identifier FROM pg_control_system())}, '1', 'when it goes on alone, it writes its own');
    sql($node, 'd', q{DROP PUBLICATION everything; SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots});
    $subscriber->stop;
};

# ---- upgrade

subtest 'upgrade' => sub {
    plan skip_all => 'no version without the trail is there' unless grep { $_ eq '0.5.0' } @released;
    sql($node, 'postgres', 'CREATE DATABASE upgraded');
    sql($node, 'upgraded', q{CREATE EXTENSION mlregistry VERSION '0.5.0'; SELECT mlregistry.install(owner => 'mlr_owner')});
    fill_registry($node, 'upgraded');
    my $writer = session($node, 'upgraded', 'writer');
    is(ask($writer, "$here INSERT INTO tags (tag_name) VALUES ('old')"), '00000', 'a session of before');
    sql_ok($node, 'upgraded', 'ALTER EXTENSION mlregistry UPDATE', 'ALTER EXTENSION mlregistry UPDATE');
    is_sql($node, 'upgraded', q{SELECT DISTINCT action FROM mlregistry.audit_logs}, 'access_rule.create', 'nothing is told of what was there, but that newer tables have rules of access');
    is_sql($node, 'upgraded', q{SELECT DISTINCT relowner::regrole FROM pg_class WHERE oid IN (SELECT 'mlregistry.audit_logs'::regclass UNION ALL SELECT inhrelid FROM pg_inherits WHERE inhparent = 'mlregistry.audit_logs'::regclass)}, 'mlr_owner', 'the trail belongs to the owner of the tables');
    is(ask($writer, "INSERT INTO tags (tag_name) VALUES ('new')"), '00000', 'the session goes on');
    is_sql($node, 'upgraded', q{SELECT action, entity_name FROM mlregistry.audit_logs WHERE action <> 'access_rule.create'}, 'tag.create|new', 'and what it does is told');
    stop_sessions($writer);
    my @left = grep { sql_state($node, 'upgraded', $_, as => 'everything') ne '42501' } 'SELECT mlregistry.run_maintenance()', 'DELETE FROM mlregistry.audit_logs', 'SELECT mlregistry.apply_audit_triggers()';
    is("@left", '', 'nobody may more than in a new installation');
    is_sound($node, 'upgraded', 'upgraded');
};

# ---- other encodings

for my $encoding ('LATIN1', 'SQL_ASCII') {
    subtest $encoding => sub {
        my $database = lc $encoding;
        sql($node, 'postgres', "CREATE DATABASE $database ENCODING '$encoding' LOCALE 'C' TEMPLATE template0");
        local $ENV{PGCLIENTENCODING} = 'LATIN1';
        sql($node, $database, 'CREATE EXTENSION mlregistry');
        # ä as one byte, which is no UTF-8.
        my $bytes = q{E'M\xe4rz "x" \\\\ \x01'};
        sql($node, $database, <<"SQL");
SET search_path = public, mlregistry;
SET mlregistry.reason = E'Gr\\xfcnde';
SELECT FROM register_model('m', framework => 'onnx', description => E'M\\xe4rz "x" \\\\ \\x01');
UPDATE models SET metadata = jsonb_build_object(E'k\\xe4se', E'\\xe9t\\xe9'), objective = E'\\xff';
INSERT INTO users (email, first_name) VALUES ('u\@x.example', E'J\\xfcrgen');
SQL
        is_sql($node, $database, 'SELECT count(*) FROM mlregistry.audit_logs', '3', 'changes are told');
        is_sound($node, $database, $encoding);
        # By hand: in UTF-8, whatever the encoding of the database; as it is, where nobody knows what it is.
        my $to = $encoding eq 'LATIN1' ? 'UTF8' : 'SQL_ASCII';
        is_sql($node, $database, <<"SQL", 't', "texts are hashed as $to");
SELECT bool_and(position(convert_to(changes::text, '$to') in mlregistry.audit_payload(l)) > 0 AND position(convert_to(reason, '$to') in mlregistry.audit_payload(l)) > 0) FROM mlregistry.audit_logs l
SQL
        is_sql($node, $database, q{SELECT bool_and(l.changes::jsonb #>> '{description,1}' = m.description) FROM mlregistry.audit_logs l JOIN mlregistry.models m ON m.model_id = l.entity_id WHERE l.action = 'model.create'}, 't', 'JSON gives back what is there');
        is_sql($node, $database, q{SELECT bool_and(l.changes::jsonb #> '{metadata,1}' = m.metadata AND l.changes::jsonb #>> '{objective,1}' = m.objective) FROM mlregistry.audit_logs l JOIN mlregistry.models m ON m.model_id = l.entity_id WHERE l.action = 'model.update'}, 't', 'documents, too');
        return if $encoding ne 'LATIN1';
        sql_fails($node, $database, q{SELECT mlregistry.audit_note('model', model_id, 'download', '{"x": "\u0416"}', NULL) FROM mlregistry.models}, '22P05', 'what the encoding does not know is no detail');
        delete local $ENV{PGCLIENTENCODING};
        is_quiet($node, [ 'pg_dump', '-Fc', '-f', "$folder/latin1", 'latin1' ], 'it is dumped');
        sql($node, 'postgres', "CREATE DATABASE moved ENCODING 'UTF8' LOCALE 'C' TEMPLATE template0");
        is_quiet($node, [ 'pg_restore', '-d', 'moved', "$folder/latin1" ], 'and restored into UTF-8');
        is_sql($node, 'moved', q{SELECT count(*), min(reason) FROM mlregistry.audit_logs}, "3|Gr\xc3\xbcnde", 'as it was');
        is_sound($node, 'moved', 'moved to another encoding');
    };
}

sql($node, 'd', 'SELECT * FROM run_maintenance()');
is_sql($node, 'd', q{SELECT DISTINCT check_name FROM check_registry() WHERE check_name <> 'access_not_always'}, 'open_to_triggers', 'check_registry() finds what GRANT ALL gave');
sql($node, 'd', 'REVOKE TRIGGER ON ALL TABLES IN SCHEMA mlregistry FROM everything, bypass, heir');
is_sql($node, 'd', q{SELECT * FROM check_registry() WHERE check_name <> 'access_not_always'}, '', 'and nothing else');
sql($node, 'd', q{UPDATE audit_logs SET actor = 'somebody else' WHERE log_id = (SELECT log_id FROM audit_logs ORDER BY log_id LIMIT 1)});
is_sql($node, 'd', q{SELECT check_name, severity FROM check_registry()}, 'audit_hash|error', 'and finds a record that its owner has changed');
$node->stop;
done_testing();
