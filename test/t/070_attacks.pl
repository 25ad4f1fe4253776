# What must fail: attempts to read, write or guess what belongs to others, by somebody who has a login and a key of their own.
# Nobody here is a superuser; every attempt is made logged in as the role that makes it.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin;
use MLR;
use MLRAccess;

use Test::More;

my $node = new_node('attacks');
fill_access($node, 'd');

# Things that the attackers may not see, and which are like nothing that they see: hidden. Nothing is called hiddex, and what is
# said of both must be the same.
sub hide {
    my ($organization, $slug) = @_;
    my %v = (o => organization_id($organization), p => project_id($slug), m => id('hidden model', $slug), v => id('hidden version', $slug), d => id('hidden dataset', $slug));
    return <<'SQL' =~ s/\{(\w+)\}/$v{$1}/gr;
INSERT INTO models (model_id, organization_id, project_id, model_name, framework, description) VALUES ('{m}', '{o}', '{p}', 'zzyzx-hidden', 'onnx', 'zzyzx treasure');
INSERT INTO model_versions (version_id, organization_id, model_id, semver, artifact_uri) VALUES ('{v}', '{o}', '{m}', '1.0.0', 's3://treasure/1');
INSERT INTO model_aliases (organization_id, model_id, alias, version_id) VALUES ('{o}', '{m}', 'zzyzx-hidden', '{v}');
INSERT INTO datasets (dataset_id, organization_id, project_id, dataset_name, storage_location, storage_format) VALUES ('{d}', '{o}', '{p}', 'zzyzx-hidden', 's3://treasure/d', 'csv');
SQL
}
sql($node, 'd', hide('acme', 'acme-private') . hide('default', 'default-private') . sprintf <<'SQL', organization_id('acme'), user_id('hidden'));
INSERT INTO organizations (name, slug) VALUES ('Hidden', 'zzyzx-hidden');
INSERT INTO projects (organization_id, name, slug) VALUES ('%1$s', 'Hidden', 'zzyzx-hidden');
INSERT INTO teams (organization_id, team_name) VALUES ('%1$s', 'zzyzx-hidden');
INSERT INTO tags (organization_id, tag_name) VALUES ('%1$s', 'zzyzx-hidden');
INSERT INTO users (user_id, email) VALUES ('%2$s', 'zzyzx@hidden.example');
INSERT INTO organization_memberships (organization_id, user_id, role) VALUES ('%1$s', '%2$s', 'admin');
SQL
sql($node, 'd', key_row('zzyzx-hidden', 'hidden', 'acme'));
# What a call answers, or all that its error says; kept or taken back.
sql($node, 'd', <<'SQL');
CREATE FUNCTION t.said(statement text, keep boolean DEFAULT false) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    answer text; message text; detail text; hint text; rule text; n bigint;
BEGIN
    BEGIN
        IF statement OPERATOR(pg_catalog.~) '^SELECT|RETURNING' THEN
            EXECUTE statement INTO answer;
        ELSE
            EXECUTE statement;
            GET DIAGNOSTICS n = ROW_COUNT;
            answer := pg_catalog.concat(n, ' rows');
        END IF;
        SET CONSTRAINTS ALL IMMEDIATE;
        IF keep THEN
            RETURN pg_catalog.concat_ws(' ', '00000', answer);
        END IF;
        RAISE EXCEPTION USING ERRCODE = 'ZZ001', MESSAGE = pg_catalog.concat_ws(' ', '00000', answer);
    EXCEPTION
        WHEN SQLSTATE 'ZZ001' THEN RETURN SQLERRM;
        WHEN OTHERS THEN
            GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT, rule = CONSTRAINT_NAME;
            -- Qualified as far as it is to work while operators are planted.
            RETURN pg_catalog.concat_ws(' | ', SQLSTATE, message, CASE WHEN pg_catalog.length(detail) OPERATOR(pg_catalog.>) 0 THEN detail END,
                CASE WHEN pg_catalog.length(hint) OPERATOR(pg_catalog.>) 0 THEN hint END, CASE WHEN pg_catalog.length(rule) OPERATOR(pg_catalog.>) 0 THEN rule END);
    END;
END $$;
SQL

# ---- the functions, from the catalog

# Everything that role app may call and that takes values: name, and arguments as { name, type }.
my @functions;
for (split /\n/, sql($node, 'd', <<'SQL')) {
SELECT p.proname, (SELECT string_agg(coalesce(p.proargnames[a.n], '') || ' ' || format_type(a.type, NULL), ',' ORDER BY a.n)
                     FROM unnest(p.proargtypes) WITH ORDINALITY AS a (type, n)), p.oid::regprocedure, p.provolatile
  FROM pg_proc p
 WHERE p.pronamespace = 'mlregistry'::regnamespace AND p.prokind = 'f' AND p.pronargs > 0 AND has_function_privilege('app', p.oid, 'EXECUTE')
   AND p.prorettype NOT IN ('trigger'::regtype, 'cstring'::regtype, 'internal'::regtype)
   AND NOT EXISTS (SELECT FROM unnest(p.proargtypes) t WHERE t IN ('internal'::regtype, 'cstring'::regtype))
 ORDER BY p.oid::regprocedure::text
SQL
    my ($name, $arguments, $signature, $volatility) = split /\|/;
    my @arguments = map { my ($argument, $type) = /^(\S*) (.+)$/; { name => $argument, type => $type } } split /,/, $arguments;
    # Pure functions of versions and ranges have tests of their own.
    push @functions, { name => $name, arguments => \@arguments, signature => $signature, reads => $volatility ne 'i' } if grep { $_->{type} =~ /^(?:text|text\[\]|uuid|uuid\[\]|name|jsonb)$/ } @arguments;
}
cmp_ok(scalar @functions, '>', 80, 'functions that take text or identifiers: ' . @functions);

# What an argument may well be, for a caller in organization default who may write in default-organization.
sub usual {
    my ($argument) = @_;
    my $slug = 'default-organization';
    my %by_name = (
        model => "'$slug/m-$slug'", reference => "'$slug/m-$slug'", model_name => "'m-$slug'", name => "'m-$slug'", project => "'$slug'", organization => "'default'",
        model_id => q{'} . id('model', $slug) . q{'}, version_id => q{'} . id('version 2', $slug) . q{'}, object_id => q{'} . id('model', $slug) . q{'},
        dataset => "'$slug/d-$slug'", version => "'2.0.0'", selector => "'latest'", kind => "'model'", tag => "'tag-default'", team => "'team-default'",
        framework => "'onnx'", stage => "'development'", status => "'registered'", alias => "'champion'", artifact_uri => "'s3://x/{version}'", bump => "'minor'",
        part => "'minor'", metric_name => "'accuracy'", storage_location => "'s3://x/y'", storage_format => "'csv'", dataset_name => "'dd'", if_exists => "'return'",
        latest_by => "'semver'", email => "'viewer\@default.example'", role => "'viewer'", need => "'read'", scope => "'models'", privilege => "'SELECT'",
        table_name => "'models'", path => "'a/b'", language => "'english'", query => "'words'", range => "'*'", semver => "'3.0.0'", permissions => "'{}'",
        metrics => q{'{"loss": 1}'}, rule => "'is_valid_name'", plan => "'starter'", visibility => "'private'", slug => "'slug'", tag_name => "'tag-default'",
        experiment => "'$slug/e-$slug'", run => q{'} . id('run', $slug) . q{'}, runs => "'{" . id('run', $slug) . "}'", metric => "'loss'",
    );
    my %by_type = (
        'text' => "'m-$slug'", 'name' => "'app'", 'uuid' => q{'} . id('model', $slug) . q{'}, 'text[]' => "'{tag-default}'", 'uuid[]' => "'{}'", 'boolean' => 'false',
        'integer' => '1', 'bigint' => '10', 'numeric' => '1', 'double precision' => '1', 'jsonb' => "'{}'", 'json' => "'{}'", 'timestamp with time zone' => 'now()', 'inet' => "'::1'",
        'mlregistry.semver' => "'3.0.0'", 'mlregistry.semver_range' => "'*'", 'semver' => "'3.0.0'", 'semver_range' => "'*'", 'regconfig' => "'english'", '"char"' => "'a'",
        'interval' => "'1 day'", 'double precision[]' => "'{1}'", 'bigint[]' => "'{1}'",
    );
    my $value = $argument->{type} =~ /^(?:text|uuid|uuid\[\]|jsonb|name|mlregistry\.semver|mlregistry\.semver_range)$/ ? $by_name{ $argument->{name} } : undef;
    $value = undef if $argument->{type} eq 'uuid' && $argument->{name} !~ /^run$|_id$/;
    return '1::integer' if $argument->{type} eq 'anyelement';
    return ($value // $by_type{ $argument->{type} } // 'NULL') . '::' . $argument->{type};
}

# A call with some arguments replaced: { position => SQL }, the others as usual, or left out where they have no value.
sub call {
    my ($function, %replaced) = @_;
    my @values = map { $replaced{$_} // usual($function->{arguments}[$_]) } 0 .. $#{ $function->{arguments} };
    return sprintf 'SELECT string_agg(x::text, chr(10)) FROM mlregistry.%s(%s) AS x', $function->{name}, join ', ', @values;
}

# Runs many statements as a role in the name of a key, in one transaction, and returns what each said.
sub all_said {
    my ($role, $key, $keep, @statements) = @_;
    my $rows = join ",\n", map { sprintf '(%d, $stmt$%s$stmt$)', $_, $statements[$_] } 0 .. $#statements;
    my $ask = "SET LOCAL statement_timeout = '60s'; SELECT n, encode(convert_to(coalesce(t.said(s, $keep), '-'), 'UTF8'), 'hex') FROM (VALUES $rows) AS v (n, s) ORDER BY n";
    my $out = sql($node, 'd', defined $key ? as_key($key, $ask) : "BEGIN; $ask; COMMIT", as => $role);
    my @said = map { pack 'H*', (split /\|/)[1] } split /\n/, $out;
    die 'not all were answered' if @said != @statements;
    return @said;
}

# Without what differs from call to call anyway.
sub plain {
    my ($text) = @_;
    $text =~ s/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/<uuid>/g;
    $text =~ s/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)?\+00/<time>/g;
    $text =~ s/mlr_[A-Za-z0-9_-]+/<key>/g;
    return $text;
}

# ---- by every function

my @hidden_text = (q{'zzyzx-hidden'}, q{'zzyzx-hidden/zzyzx-hidden'}, q{'acme-private/zzyzx-hidden'}, q{'acme-private/zzyzx-hidden@1.0.0'}, q{'default-private/zzyzx-hidden@zzyzx-hidden'},
    q{'dataset:default-private/zzyzx-hidden'}, q{'dataset:zzyzx-hidden'}, q{'zzyzx@hidden.example'});
my @hidden_uuids = map({ my $slug = $_; map { id("hidden $_", $slug) } qw(model version dataset) } qw(acme-private default-private)), project_id('acme-private'), project_id('default-private'),
    organization_id('acme'), user_id('hidden'), id('api_key', 'zzyzx-hidden'), id('team', 'acme'), id('tag', 'acme'), id('membership', 'viewer@acme'), id('file', 'acme-private'), id('alias', 'acme-private');
my $before = row_digests($node, 'd');

# Each function and each of its arguments: what is hidden, beside what is not there.
my (@pairs, @statements);
for my $function (grep { $_->{reads} && $_->{name} !~ /_condition$/ } @functions) { # those make a text of a text
    for my $n (0 .. $#{ $function->{arguments} }) {
        my $type = $function->{arguments}[$n]{type};
        my @values = $type eq 'text' ? (map({ [ $_ . '::text', s/hidden/hiddex/gr =~ s/acme-private/acmx-privatf/gr =~ s/default-private/defaulx-privatf/gr . '::text' ] } @hidden_text), [ q{'acme'::text}, q{'qcme'::text} ])
            : $type eq 'text[]' ? [ q{'{zzyzx-hidden}'::text[]}, q{'{zzyzx-hiddex}'::text[]} ]
            : $type eq 'uuid' ? map { [ "'$_'::uuid", q{'} . id('nothing', $_) . q{'::uuid} ] } @hidden_uuids
            : $type eq 'uuid[]' ? [ "'{$hidden_uuids[0]}'::uuid[]", sprintf(q('{%s}'::uuid[]), id('nothing', 'x')) ]
            : $type eq 'jsonb' && $function->{arguments}[$n]{name} eq 'permissions' ? [ q{'{"scopes": ["models:read"], "projects": ["default-private"]}'::jsonb}, q{'{"scopes": ["models:read"], "projects": ["defaulx-privatf"]}'::jsonb} ]
            : ();
        for my $pair (@values) {
            push @pairs, [ $function->{signature}, $n, @$pair ];
            push @statements, map { call($function, $n => $_) } @$pair;
        }
    }
}
for my $attacker ([ 'app', 'viewer@default' ], [ 'app', 'developer@default' ], [ 'reader_of_default', undef, 'granted' ], [ 'bare', undef ]) {
    my ($role, $key, $granted) = @$attacker;
    my $name = $key // $role;
    # Who was granted the organization sees its private projects.
    my @mine = grep { !$granted || $pairs[$_][2] =~ /acme/ } 0 .. $#pairs;
    my @said = all_said($role, $key, 'false', map { @statements[ 2 * $_, 2 * $_ + 1 ] } @mine);
    my (@differ, @tell);
    for my $k (0 .. $#mine) {
        my ($signature, $n, $hidden, $nothing) = @{ $pairs[ $mine[$k] ] };
        my ($of_hidden, $of_nothing) = map { plain($_) } @said[ 2 * $k, 2 * $k + 1 ];
        for ($of_hidden, $of_nothing) { s/"defaul[tx]-priv\.\.\."/"..."/g; s/hidde[nx]/hidde_/g; s/acm[ex]-privat[ef]/acm_-privat_/g; s/defaul[tx]-privat[ef]/defaul_-privat_/g; s/\b[aq]cme\b/_cme/g }
        push @differ, "$signature, argument $n, $hidden: $of_hidden\n    but of nothing: $of_nothing" if $of_hidden ne $of_nothing;
        # More than the caller has said.
        push @tell, "$signature, argument $n, $hidden: $said[2 * $k]" if $said[ 2 * $k ] =~ /treasure/;
    }
    is(scalar @differ, 0, "$name: what is hidden is answered as what is not there, by every function: " . @mine . ' pairs of calls') or diag(join "\n", map { substr $_, 0, 700 } @differ[ 0 .. ($#differ > 9 ? 9 : $#differ) ]);
    is(join("\n", @tell), '', "$name: and nothing of it is told");
}

subtest 'what is written' => sub {
    # Of acme, and of the private project of default: nothing may change. The uses of keys do.
    my $digest = sub {
        join "\n", map { my $table = $_; sql($node, 'd', sprintf q{SELECT '%1$s', md5(string_agg(x::text, '' ORDER BY x::text)) FROM mlregistry.%1$s x WHERE x.organization_id = '%2$s'%3$s}, $table, organization_id('acme'),
            $_ =~ /^(?:models|model_versions|datasets|model_aliases|model_tags|version_files|model_metrics|projects|project_members)$/ ? " OR x.project_id = '" . project_id('default-private') . "'" : '') }
            qw(organizations projects models model_versions model_aliases version_files version_signatures model_tags version_tags dataset_tags model_metrics datasets alias_history
            teams tags organization_memberships project_members resource_quotas api_keys role_access);
    };
    my $was = $digest->();
    for my $key ('developer@default', 'contributor@acme') {
        my $slug = $key =~ /acme/ ? 'default-private' : 'acme-private';
        next if $key =~ /acme/;
        all_said('app', $key, 'true', @statements[ grep { $_ % 2 == 0 } 0 .. $#statements ]);
    }
    my $is = $digest->();
    same_lines($is, $was, 'all these calls, kept: nothing of others has changed');
    is_sql($node, 'd', 'SELECT * FROM check_registry()', '', 'and the registry is consistent');
};

subtest 'by functions that write' => sub {
    # Who may read and not write: every function that writes, called as it is meant to be, by name and by identifier.
    my @writing = map { my ($name, $arguments, $signature) = split /\|/; { name => $name, signature => $signature, arguments => [ map { my ($argument, $type) = /^(\S*) (.+)$/; { name => $argument, type => $type } } split /,/, $arguments ] } }
        split /\n/, sql($node, 'd', <<'SQL');
SELECT p.proname, (SELECT string_agg(coalesce(p.proargnames[a.n], '') || ' ' || format_type(a.type, NULL), ',' ORDER BY a.n)
                     FROM unnest(p.proargtypes) WITH ORDINALITY AS a (type, n)), p.oid::regprocedure
  FROM pg_proc p
 WHERE p.pronamespace = 'mlregistry'::regnamespace AND p.prokind = 'f' AND p.provolatile = 'v' AND p.pronargs > 0 AND has_function_privilege('app', p.oid, 'EXECUTE')
   AND p.prorettype <> 'trigger'::regtype AND p.proname NOT IN ('authenticate', 'use_organization', 'use_project', 'sign_out')
 ORDER BY 3
SQL
    cmp_ok(scalar @writing, '>', 30, 'functions that write: ' . @writing);
    my $digest = sub { row_digests($node, 'd', 'last_used_at') };
    # Their own keys are people's own.
    # The locks are for what comes after them, which is refused: they do nothing, or no more than a foreign key does. A condition of a
    # trigger only has one more run looked at, checks change nothing, and a reason is a setting of the session.
    my @for_all = grep { $_->{name} !~ /^(?:create_api_key|revoke_api_key|lock_version_numbers|lock_tag|lock_versions|lock_deployments|check_deployments|say_reason|said_run_place)$/ } @writing;
    my $all = $digest->();
    for my $case ([ 'app', 'viewer@default', 'default-organization' ], [ 'app', 'onlooker@default', 'default-organization' ], [ 'reader_of_default', undef, 'default-organization' ], [ 'app', 'developer@acme', 'default-public' ], [ 'app', 'admin@acme', 'default-public' ]) {
        my ($role, $key, $slug) = @$case;
        my @calls = map { my $call = call($_); my ($was, $is) = map { id($_->[0], $_->[1]) } [ 'model', 'default-organization' ], [ 'model', $slug ]; $call =~ s/$was/$is/g; $call =~ s/default-organization/$slug/g; $call } @for_all;
        my @said = all_said($role, $key, 'true', @calls);
        my @worked = map { "$for_all[$_]{signature}: $said[$_]" } grep { $said[$_] =~ /^00000/ } 0 .. $#said;
        is(join("\n", @worked), '', ($key // $role) . ': may write by no function');
        my @asked = grep { /^42501 / } @said;
        cmp_ok(scalar @asked, '>', $slug eq 'default-public' ? 2 : 20, ($key // $role) . ': and is told so: ' . @asked . ' of ' . @said);
    }
    same_lines($digest->(), $all, 'nothing has changed');
};

# ---- direct SQL

subtest 'direct SQL' => sub {
    sql($node, 'd', 'GRANT CREATE ON DATABASE d TO app');
    my ($o, $acme, $p, $private) = (organization_id('default'), organization_id('acme'), project_id('default-organization'), project_id('default-private'));
    my $m = id('model', 'default-organization');
    my @refused = (
        "UPDATE models SET organization_id = '$acme' WHERE model_id = '$m'",
        "UPDATE models SET project_id = '$private' WHERE model_id = '$m'",
        "UPDATE models SET project_id = '" . project_id('acme-private') . "', organization_id = '$acme' WHERE model_id = '$m'",
        "INSERT INTO models (organization_id, project_id, model_name, framework) VALUES ('$acme', '" . project_id('acme-private') . "', 'x', 'onnx')",
        "INSERT INTO models (organization_id, project_id, model_name, framework) VALUES ('$o', '" . project_id('acme-private') . "', 'x', 'onnx')",
        "INSERT INTO models (organization_id, project_id, model_name, framework) VALUES ('$o', '$private', 'x', 'onnx')",
        "INSERT INTO models (organization_id, project_id, model_name, framework) VALUES ('$acme', '$p', 'x', 'onnx')",
        "INSERT INTO models (model_id, organization_id, project_id, model_name, framework) VALUES ('" . id('hidden model', 'acme-private') . "', '$o', '$p', 'x', 'onnx') ON CONFLICT (model_id) DO UPDATE SET description = 'mine'",
        "MERGE INTO models USING (VALUES ('" . id('hidden model', 'acme-private') . "'::uuid)) v (i) ON model_id = v.i WHEN MATCHED THEN UPDATE SET description = 'mine' WHEN NOT MATCHED THEN INSERT (model_id, organization_id, project_id, model_name, framework) VALUES (v.i, '$acme', '" . project_id('acme-private') . "', 'x', 'onnx')",
        "INSERT INTO tags (organization_id, tag_name) VALUES ('$acme', 'x')",
        "INSERT INTO teams (organization_id, team_name) VALUES ('$acme', 'x')",
        "UPDATE teams SET organization_id = '$acme'",
        'SET row_security = off; SELECT count(*) FROM models',
        'TRUNCATE models CASCADE', 'TRUNCATE alias_history', 'TRUNCATE lineage_edges', 'DROP TRIGGER mlr_70_guard ON dataset_parents',
        "INSERT INTO lineage_edges (organization_id, child_kind, child_id, parent_kind, parent_id, relation, child_project_id, parent_project_id, valid_from) VALUES ('$o', 'version', '$m', 'dataset', '$m', 'trained-on', '$p', '$p', now())", 'ALTER TABLE models DISABLE ROW LEVEL SECURITY', 'ALTER TABLE models NO FORCE ROW LEVEL SECURITY',
        'CREATE POLICY mine ON models USING (true)', 'DROP POLICY mlr_read ON models', 'ALTER POLICY mlr_read ON models USING (true)',
        'ALTER TABLE models DISABLE TRIGGER ALL', 'CREATE TRIGGER x BEFORE INSERT ON models FOR EACH ROW EXECUTE FUNCTION trg_touch()',
        'CREATE RULE x AS ON SELECT TO models DO INSTEAD SELECT 1', 'CREATE TABLE pg_temp.child () INHERITS (mlregistry.models)', "DO \$\$BEGIN EXECUTE 'CREATE SCHEMA mine'; EXECUTE 'CREATE TABLE mine.x (m uuid REFERENCES mlregistry.models)'; END\$\$",
        'SET session_replication_role = replica', 'SET SESSION AUTHORIZATION joe', 'SET ROLE admin_of_acme', 'GRANT app TO bare', 'ALTER ROLE app BYPASSRLS', 'ALTER ROLE app SUPERUSER',
        'GRANT SELECT ON api_key_secrets TO app', 'SELECT * FROM api_key_secrets', 'SELECT * FROM user_credentials', 'SELECT * FROM role_access', 'SELECT * FROM access_rules', 'SELECT * FROM guards',
        q{INSERT INTO api_key_secrets (api_key_id, key_hash) VALUES ('} . id('api_key', 'admin@default') . q{', repeat('0', 64))},
        "CREATE FUNCTION mlregistry.x() RETURNS int LANGUAGE sql AS 'SELECT 1'", 'CREATE TABLE mlregistry.x ()', 'ALTER FUNCTION mlregistry.current_user_id() OWNER TO app', 'DROP EXTENSION mlregistry CASCADE',
        'SELECT install()', 'SELECT migrate()', "SELECT uninstall('mlregistry')", "SELECT set_registry_owner('app')", "SELECT run_detached('SELECT 1')", "SELECT grant_access('app', 'admin', 'acme')",
        "SELECT revoke_access('reader_of_acme', 'acme')", 'SELECT new_api_key()', 'SELECT apply_access_rules()', 'SELECT apply_audit_triggers()', 'SELECT run_maintenance()', "SELECT make_partitions('audit_logs')",
        'SELECT * FROM audit_logs_default', 'INSERT INTO audit_logs_default SELECT * FROM audit_logs LIMIT 1', 'INSERT INTO audit_logs SELECT * FROM audit_logs LIMIT 1', 'UPDATE audit_logs SET reason = NULL',
        'DELETE FROM audit_logs', 'TRUNCATE audit_logs', 'ALTER TABLE audit_logs DETACH PARTITION audit_logs_default', 'ALTER TABLE audit_logs DISABLE TRIGGER ALL', 'SELECT load_sample_data()', 'SELECT drop_sample_data()', "SELECT create_organization('mine')", "SELECT create_user('me\@example.com', db_role => 'app')",
    );
    for my $statement (@refused) {
        my $state = sql_state($node, 'd', as_key('developer@default', $statement), as => 'app');
        like($state, qr/^(?:42501|23503|23505)$/, "refused: $statement");
    }
    is_sql($node, 'd', as_key('developer@default', 'SELECT count(*) FILTER (WHERE organization_id = ' . "'$acme') FROM ONLY models"), '2', 'ONLY: what is public', as => 'app');
    unlike(sql($node, 'd', as_key('developer@default', 'COPY models TO STDOUT'), as => 'app'), qr/treasure|acme-private/, 'COPY copies what may be read');
    unlike(sql($node, 'd', as_key('developer@default', q{COPY (SELECT * FROM models m, model_versions v) TO STDOUT}), as => 'app'), qr/treasure|acme-private/, 'also of a query');
    sql($node, 'd', 'ANALYZE models');
    is_sql($node, 'd', q{SELECT count(*) FROM pg_stats WHERE schemaname = 'mlregistry' AND tablename IN ('models', 'users', 'api_keys')}, '0', 'statistics of columns are not to be read', as => 'app');
    is_sql($node, 'd', as_key('viewer@default', q{SELECT count(*) FROM search_models('treasure'); SELECT count(*) FROM list_datasets(search => 'treasure'); SELECT count(*) FROM search_models('words', max_rows => 100); SELECT count(*) FROM search_models('zzyzx')}),
        "0\n0\n2\n0", 'a search finds what may be read', as => 'app');
    # A cheap function of the attacker's own sees no row before the policy has.
    my $leaked = sql($node, 'd', as_key('viewer@default', <<'SQL'), as => 'app');
CREATE TEMP TABLE leaked (words text);
CREATE FUNCTION pg_temp.leak(words text) RETURNS boolean LANGUAGE plpgsql COST 0.0000001 AS $$BEGIN INSERT INTO pg_temp.leaked VALUES (words); RETURN true; END$$;
CREATE FUNCTION pg_temp.leak(v mlregistry.semver, words text) RETURNS boolean LANGUAGE plpgsql COST 0.0000001 AS $$BEGIN INSERT INTO pg_temp.leaked VALUES (words); RETURN true; END$$;
DO $$BEGIN
    PERFORM FROM mlregistry.models WHERE pg_temp.leak(model_name);
    PERFORM FROM mlregistry.models WHERE pg_temp.leak(description) AND model_name = 'zzyzx-hidden';
    PERFORM FROM mlregistry.v_models_latest WHERE pg_temp.leak(model_name);
    PERFORM FROM mlregistry.model_versions v WHERE pg_temp.leak(v.semver, v.artifact_uri);
    PERFORM FROM mlregistry.models m JOIN mlregistry.model_versions v USING (model_id) WHERE pg_temp.leak(v.artifact_uri || m.model_name);
    PERFORM FROM mlregistry.users WHERE pg_temp.leak(email);
    PERFORM FROM mlregistry.organizations WHERE pg_temp.leak(slug);
    PERFORM FROM mlregistry.api_keys WHERE pg_temp.leak(key_prefix);
END$$;
SELECT count(*), count(*) FILTER (WHERE words ~ 'hidden|treasure|default-private|acme-private|@acme') FROM pg_temp.leaked
SQL
    like($leaked, qr/^[1-9]\d*\|0$/, 'a leaky function in a condition gets what its caller may see');
    # Errors of casts and divisions neither.
    is_sql($node, 'd', as_key('viewer@default', q{SELECT count(*) FROM models WHERE 1 / (model_name <> 'zzyzx-hidden')::int = 1}), '6', 'an error that a hidden row would raise does not come', as => 'app');
};

# ---- foreign keys and unique keys

subtest 'existence by keys' => sub {
    my ($o, $p, $m, $v2) = (organization_id('default'), project_id('default-organization'), id('model', 'default-organization'), id('version 2', 'default-organization'));
    my %references = (
        'team of a model, INSERT' => [ "INSERT INTO models (organization_id, project_id, model_name, framework, team_id) VALUES ('$o', '$p', 'x', 'onnx', '{}')", id('team', 'acme') ],
        'team of a model, UPDATE' => [ "UPDATE models SET team_id = '{}' WHERE model_id = '$m'", id('team', 'acme') ],
        'team of a dataset' => [ "UPDATE datasets SET team_id = '{}' WHERE dataset_id = '" . id('dataset', 'default-organization') . "'", id('team', 'acme') ],
        'model of a version' => [ "INSERT INTO model_versions (organization_id, model_id, semver, artifact_uri) VALUES ('$o', '{}', '1.0.0', 's3://x/y')", id('hidden model', 'acme-private') ],
        'model of a version, organization left out' => [ "INSERT INTO model_versions (model_id, semver, artifact_uri) VALUES ('{}', '1.0.0', 's3://x/y')", id('hidden model', 'acme-private') ],
        'model of a version, private' => [ "INSERT INTO model_versions (organization_id, model_id, semver, artifact_uri) VALUES ('$o', '{}', '1.0.0', 's3://x/y')", id('hidden model', 'default-private') ],
        'a version that is taken, private' => [ "INSERT INTO model_versions (organization_id, project_id, model_id, semver, artifact_uri) VALUES ('$o', '$p', '{}', '1.0.0', 's3://x/y') ON CONFLICT DO NOTHING", id('hidden model', 'default-private') ],
        'version of a file' => [ "INSERT INTO version_files (organization_id, version_id, path) VALUES ('$o', '{}', 'x')", id('hidden version', 'acme-private') ],
        'version of a file, private' => [ "INSERT INTO version_files (organization_id, version_id, path) VALUES ('$o', '{}', 'x')", id('hidden version', 'default-private') ],
        'version of a signature' => [ "INSERT INTO version_signatures (organization_id, version_id, kind, signer, bundle) VALUES ('$o', '{}', 'pgp', 'x', '{}')" =~ s/'\{\}'\)$/'{"a": 1}')/r, id('hidden version', 'acme-private') ],
        'version of a metric' => [ "INSERT INTO model_metrics (organization_id, version_id, metric_name, metric_value) VALUES ('$o', '{}', 'x', 1)", id('hidden version', 'acme-private') ],
        'dataset of a metric' => [ "INSERT INTO model_metrics (organization_id, version_id, metric_name, metric_value, dataset_id) VALUES ('$o', '$v2', 'x', 1, '{}')", id('hidden dataset', 'acme-private') ],
        'dataset of a metric, private' => [ "INSERT INTO model_metrics (organization_id, version_id, metric_name, metric_value, dataset_id) VALUES ('$o', '$v2', 'x', 1, '{}')", id('hidden dataset', 'default-private') ],
        'dataset of a metric, private, UPDATE' => [ "UPDATE model_metrics SET dataset_id = '{}' WHERE version_id = '$v2'", id('hidden dataset', 'default-private') ],
        'version of an alias' => [ "INSERT INTO model_aliases (organization_id, model_id, alias, version_id) VALUES ('$o', '$m', 'x-y', '{}')", id('hidden version', 'acme-private') ],
        'version of an alias, private' => [ "INSERT INTO model_aliases (organization_id, model_id, alias, version_id) VALUES ('$o', '$m', 'x-y', '{}')", id('hidden version', 'default-private') ],
        'version of an alias, private, UPDATE' => [ "UPDATE model_aliases SET version_id = '{}' WHERE model_id = '$m'", id('hidden version', 'default-private') ],
        'model of an alias, private' => [ "INSERT INTO model_aliases (organization_id, model_id, alias, version_id) VALUES ('$o', '{}', 'x-y', '$v2')", id('hidden model', 'default-private') ],
        'tag of a model' => [ "INSERT INTO model_tags (organization_id, model_id, tag_id) VALUES ('$o', '$m', '{}')", id('tag', 'acme') ],
        'model of a tag' => [ "INSERT INTO model_tags (organization_id, model_id, tag_id) VALUES ('$o', '{}', '" . id('spare', 'default') . "')", id('hidden model', 'acme-private') ],
        'model of a tag, private' => [ "INSERT INTO model_tags (organization_id, model_id, tag_id) VALUES ('$o', '{}', '" . id('spare', 'default') . "')", id('hidden model', 'default-private') ],
        'dataset of a tag, private' => [ "INSERT INTO dataset_tags (organization_id, dataset_id, tag_id) VALUES ('$o', '{}', '" . id('spare', 'default') . "')", id('hidden dataset', 'default-private') ],
        'parent of a version' => [ "INSERT INTO version_parents (organization_id, version_id, parent_version_id, relation) VALUES ('$o', '$v2', '{}', 'derived-from')", id('hidden version', 'acme-private') ],
        'parent of a version, private' => [ "INSERT INTO version_parents (organization_id, version_id, parent_version_id, relation) VALUES ('$o', '$v2', '{}', 'derived-from')", id('hidden version', 'default-private') ],
        'child of a version, private' => [ "INSERT INTO version_parents (organization_id, version_id, parent_version_id, relation) VALUES ('$o', '{}', '$v2', 'derived-from')", id('hidden version', 'default-private') ],
        'parent of a dataset, private' => [ "INSERT INTO dataset_parents (organization_id, dataset_id, parent_dataset_id) VALUES ('$o', '" . id('dataset', 'default-organization') . "', '{}')", id('hidden dataset', 'default-private') ],
        'project of a model, private' => [ "INSERT INTO models (organization_id, project_id, model_name, framework) VALUES ('$o', '{}', 'x', 'onnx')", $p eq '' ? '' : project_id('default-private') ],
        'project of a model' => [ "INSERT INTO models (organization_id, project_id, model_name, framework) VALUES ('$o', '{}', 'x', 'onnx')", project_id('acme-private') ],
        'organization of a tag' => [ "INSERT INTO tags (organization_id, tag_name) VALUES ('{}', 'x')", organization_id('acme') ],
    );
    for my $name (sort keys %references) {
        my ($statement, $exists) = @{ $references{$name} };
        my $nothing = id('nothing', $name);
        my ($of_hidden, $of_nothing) = all_said('app', 'developer@default', 'false', map { $statement =~ s/\{\}/$_/r } $exists, $nothing);
        is(plain($of_hidden), plain($of_nothing), "$name: the same words");
        like($of_hidden, qr/^(?:23503|42501) /, "$name: refused");
    }
    # An owner of a project, who writes members.
    my $member = "INSERT INTO project_members (organization_id, project_id, user_id, role) VALUES ('$o', '" . project_id('default-private') . "', '{}', 'viewer')";
    my ($of_hidden, $of_nothing) = all_said('app', 'owner@default', 'false', map { $member =~ s/\{\}/$_/r } user_id('hidden'), id('nothing', 'user'));
    is(plain($of_hidden), plain($of_nothing), 'a user of another organization is as unknown as none to an owner of a project');
    like($of_hidden, qr/^23503 /, 'and is no member');
    # A circle through what is hidden is refused, and told without it.
    my ($a, $h, $b) = map { sprintf "'%s'", $_ } id('raw dataset', 'default-organization'), id('hidden dataset', 'default-private'), id('dataset', 'default-organization');
    sql($node, 'd', "INSERT INTO dataset_parents (organization_id, dataset_id, parent_dataset_id) VALUES ('$o', $h, $a), ('$o', $b, $h)");
    my ($circle) = all_said('app', 'developer@default', 'false', "INSERT INTO dataset_parents (organization_id, dataset_id, parent_dataset_id) VALUES ('$o', $a, $b)");
    like($circle, qr/^23514 .*raw-default-organization.*a dataset that you may not read.*no_cycle/, 'a circle through what is hidden is refused');
    unlike($circle, qr/zzyzx/, 'without its name');
    is_sql($node, 'd', as_key('developer@default', "SELECT count(*) FROM lineage_edges WHERE $h IN (child_id, parent_id); SELECT count(*) FROM v_lineage_edges WHERE child_name ~ 'zzyzx' OR parent_name ~ 'zzyzx'"), "0\n0", 'its edges are not seen', as => 'app');
    sql($node, 'd', "DELETE FROM dataset_parents WHERE $h IN (dataset_id, parent_dataset_id)");
    # What is unique is so within an organization.
    for my $statement (q{INSERT INTO tags (tag_name) VALUES ('zzyzx-hidden')}, q{INSERT INTO teams (team_name) VALUES ('zzyzx-hidden')},
        "INSERT INTO models (project_id, model_name, framework) VALUES ('$p', 'zzyzx-hidden', 'onnx')", "INSERT INTO datasets (project_id, dataset_name, storage_location, storage_format) VALUES ('$p', 'zzyzx-hidden', 's3://x/y', 'csv')") {
        is((all_said('app', 'developer@default', 'false', $statement))[0], '00000 1 rows', "a name that somebody else has is free: $statement");
    }
    is((all_said('app', 'admin@default', 'false', q{INSERT INTO projects (name, slug) VALUES ('x', 'zzyzx-hidden')}))[0], '00000 1 rows', 'also of a project');
    # Nobody learns who is a user by adding members.
    my @added = map { plain($_) =~ s/\S+\@hidden.example/<email>/gr } all_said('app', 'admin@default', 'false', map { "SELECT x::text FROM add_member('$_\@hidden.example') x" } 'zzyzx', 'zzyzy');
    is($added[0], $added[1], 'add_member() says the same of a user and of none');
    like($added[0], qr/^00000 /, 'and works for both');
    my @row = all_said('app', 'admin@default', 'false', "DELETE FROM organization_memberships m USING users u WHERE u.user_id = m.user_id AND u.email = 'zzyzx\@hidden.example' RETURNING 'gone'");
    is($row[0], '00000', 'a user who is in another organization only is nobody here');
    # The texts of errors for names that are nearly right: no name of others in a hint.
    for my $call (q{SELECT find_model('zzyzx-hiddem')}, q{SELECT find_model('default-private/zzyzx-hidden')}, q{SELECT resolve('zzyzx-hiddem@1.0.0')}, q{SELECT use_organization('zzyzx-hiddem')}, q{SELECT use_project('zzyzx-hiddem')},
        q{SELECT find_team('zzyzx-hiddem')}, q{SELECT find_tag('zzyzx-hiddem')}, q{SELECT find_dataset('zzyzx-hiddem')}, q{SELECT create_project('zzyzx-hiddem', organization => 'zzyzx-hiddem')}, q{SELECT use_organization('acmee')}, q{SELECT find_project('default-privat')}, q{SELECT find_project('acme-privat')}) {
        my ($said) = all_said('app', 'viewer@default', 'false', $call);
        unlike($said =~ s/zzyzx-hiddem|default-private\/zzyzx-hidden|'[^']*'|"[^"]*"//gr, qr/hidden|\bacme\b|acme-private|default-private/, "no hint from what is hidden: $call");
        unlike($said, qr/^00000/, "and no answer: $call");
    }
};

# ---- objects planted where names are looked for

subtest 'planted objects' => sub {
    sql($node, 'd', 'CREATE SEQUENCE public.trap MAXVALUE 9; GRANT ALL ON SEQUENCE public.trap TO PUBLIC; CREATE SCHEMA evil AUTHORIZATION app; GRANT TEMP ON DATABASE d TO app');
    my $trap = q{LANGUAGE plpgsql AS $$BEGIN PERFORM pg_catalog.setval('public.trap'::pg_catalog.regclass, 1::pg_catalog.int8 OPERATOR(pg_catalog.+) (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname OPERATOR(pg_catalog.=) current_user)::pg_catalog.int4::pg_catalog.int8); RETURN NULL; END$$};
    my @plant;
    # Everything of ours, and what every function of pg_catalog is called that ours use.
    for (split /\n/, sql($node, 'd', <<'SQL')) {
SELECT DISTINCT format('%I(%s)', p.proname, pg_get_function_identity_arguments(p.oid))
  FROM pg_proc p
 WHERE p.prokind = 'f' AND p.pronargs > 0 AND p.prorettype NOT IN ('trigger'::regtype)
   AND NOT EXISTS (SELECT FROM unnest(p.proargtypes) t JOIN pg_type y ON y.oid = t WHERE y.typtype = 'p')
   AND p.proargmodes IS NULL
   AND (p.pronamespace = 'mlregistry'::regnamespace
        OR p.pronamespace = 'pg_catalog'::regnamespace AND p.proname IN ('format', 'btrim', 'lower', 'upper', 'left', 'right', 'length', 'encode', 'sha256', 'convert_to', 'split_part', 'substr',
           'current_setting', 'set_config', 'has_table_privilege', 'jsonb_array_elements_text', 'array_position', 'replace', 'quote_ident', 'quote_literal', 'to_tsvector', 'now', 'clock_timestamp', 'cardinality', 'count', 'abs', 'octet_length'))
SQL
        push @plant, "CREATE FUNCTION evil.$_ RETURNS text $trap";
    }
    for my $type ('uuid', 'text', 'boolean', 'timestamptz', 'bigint', 'integer', 'jsonb', 'name', 'mlregistry.semver') {
        push @plant, "CREATE FUNCTION evil.op(a $type, b $type) RETURNS boolean $trap", map { "CREATE OPERATOR evil.$_ (LEFTARG = $type, RIGHTARG = $type, FUNCTION = evil.op)" } '=', '<>', '<', '>';
    }
    push @plant, 'CREATE FUNCTION evil.op(a jsonb, b text) RETURNS boolean ' . $trap, 'CREATE OPERATOR evil.? (LEFTARG = jsonb, RIGHTARG = text, FUNCTION = evil.op)', 'CREATE OPERATOR evil.-> (LEFTARG = jsonb, RIGHTARG = text, FUNCTION = evil.op)',
        "CREATE FUNCTION evil.op2(a text, b text) RETURNS text $trap", 'CREATE OPERATOR evil.|| (LEFTARG = text, RIGHTARG = text, FUNCTION = evil.op2)';
    my $path = 'evil, pg_temp, public, mlregistry, pg_catalog';
    my ($status) = run_client($node, [ 'psql', '-XAtq', '-U', 'app', '-d', 'd' ], join ";\n", @plant, '');
    cmp_ok(sql($node, 'd', q{SELECT count(*) FROM pg_proc WHERE pronamespace = 'evil'::regnamespace}), '>', 150, 'functions are planted');
    cmp_ok(sql($node, 'd', q{SELECT count(*) FROM pg_operator WHERE oprnamespace = 'evil'::regnamespace}), '>=', 30, 'and operators');
    # Tables of the session, with what would make the caller an admin.
    my $tables = sprintf <<'SQL', organization_id('acme'), user_id('viewer@default'), project_id('acme-private');
CREATE TEMP TABLE organization_memberships AS SELECT pg_catalog.gen_random_uuid() AS membership_id, '%1$s'::uuid AS organization_id, '%2$s'::uuid AS user_id, 'admin'::text AS role;
CREATE TEMP TABLE role_access AS SELECT 'app'::name AS db_role, '%1$s'::uuid AS organization_id, 'admin'::text AS level;
CREATE TEMP TABLE project_members AS SELECT '%3$s'::uuid AS project_id, '%1$s'::uuid AS organization_id, '%2$s'::uuid AS user_id, 'owner'::text AS role;
CREATE TEMP TABLE access_rules (table_name text); CREATE TEMP TABLE models (model_id uuid, model_name text, deleted_at timestamptz); CREATE TEMP TABLE projects (project_id uuid, organization_id uuid, slug text, deleted_at timestamptz);
CREATE TEMP TABLE organizations (organization_id uuid, slug text, deleted_at timestamptz); CREATE TEMP TABLE api_keys (api_key_id uuid); CREATE TEMP TABLE api_key_secrets (api_key_id uuid, key_hash text); CREATE TEMP TABLE users (user_id uuid, email text);
CREATE TEMP TABLE guards (organization_id uuid, rule text, subject_id uuid, n bigint); CREATE TEMP TABLE model_versions (version_id uuid, model_id uuid);
SQL
    my @calls = (
        q{SELECT pg_catalog.count(*)::text FROM mlregistry.models}, q{SELECT pg_catalog.count(*)::text FROM mlregistry.v_models_latest}, q{SELECT pg_catalog.count(*)::text FROM mlregistry.api_keys}, q{SELECT pg_catalog.count(*)::text FROM mlregistry.users},
        q{SELECT mlregistry.current_actor()}, q{SELECT mlregistry.current_organization_id()::text}, q{SELECT mlregistry.bypasses_access()::text}, q{SELECT x::text FROM mlregistry.whoami() x},
        q{SELECT mlregistry.find_model('default-organization/m-default-organization')::text}, q{SELECT semver::text FROM mlregistry.resolve('default-organization/m-default-organization')},
        q{SELECT pg_catalog.count(*)::text FROM mlregistry.search_models('words')}, q{SELECT pg_catalog.count(*)::text FROM mlregistry.list_datasets('default')}, q{SELECT pg_catalog.count(*)::text FROM mlregistry.list_models()},
        q{SELECT mlregistry.use_organization('acme')}, q{SELECT email FROM mlregistry.add_member('admin@acme.example', 'admin')}, q{SELECT name FROM mlregistry.create_api_key('k')}, q{SELECT name FROM mlregistry.create_api_key('k', organization => 'acme')},
        q{SELECT x::text FROM mlregistry.add_project_member('viewer@default.example', 'owner', 'default-private') x}, q{SELECT name FROM mlregistry.revoke_api_key('} . id('api_key', 'admin@acme') . q{'::uuid)},
        q{UPDATE mlregistry.models SET description = 'x'}, q{DELETE FROM mlregistry.models}, q{INSERT INTO mlregistry.tags (tag_name) VALUES ('x')},
        q{SELECT semver::text FROM mlregistry.register_version('default-organization/m-default-organization', bump => 'minor', artifact_uri => 's3://x/{version}')},
        q{SELECT alias FROM mlregistry.set_alias('default-organization/m-default-organization', 'champion', '2.0.0')}, q{SELECT alias FROM mlregistry.set_alias('default-organization/m-default-organization', 'fresh', '2.0.0')},
        q{SELECT alias FROM mlregistry.drop_alias('default-organization/m-default-organization', 'champion')}, q{SELECT path FROM mlregistry.add_version_file('default-organization/m-default-organization@2.0.0', 'a')},
        q{SELECT tag_name FROM mlregistry.tag('default-organization/m-default-organization', 'spare-default')}, q{SELECT metric_name FROM mlregistry.record_metric('default-organization/m-default-organization@2.0.0', 'a', 1)},
        q{UPDATE mlregistry.model_versions SET stage = 'production', status = 'validated' WHERE mlregistry.semver_eq(semver, '2.0.0')}, q{UPDATE mlregistry.model_versions SET deleted_at = pg_catalog.now() WHERE mlregistry.semver_eq(semver, '2.0.0')},
        q{UPDATE mlregistry.model_versions SET artifact_uri = 's3://other/x' WHERE mlregistry.semver_eq(semver, '1.0.0')}, q{UPDATE mlregistry.models SET deleted_at = pg_catalog.now()}, q{UPDATE mlregistry.models SET is_active = false},
        q{INSERT INTO mlregistry.models (project_id, model_name, framework) VALUES ('} . project_id('default-organization') . q{', 'x', 'onnx')}, q{DELETE FROM mlregistry.model_aliases},
        q{UPDATE mlregistry.organization_memberships SET role = 'viewer'}, q{DELETE FROM mlregistry.organization_memberships}, q{DELETE FROM mlregistry.projects}, q{SELECT mlregistry.next_version('default-organization/m-default-organization', 'minor')::text},
        q{SELECT pg_catalog.count(*)::text FROM mlregistry.list_versions('default-organization/m-default-organization')}, q{SELECT pg_catalog.count(*)::text FROM mlregistry.latest_versions()}, q{SELECT pg_catalog.count(*)::text FROM mlregistry.list_api_keys()},
        q{SELECT email FROM mlregistry.remove_member('viewer@default.example')}, q{SELECT scope FROM mlregistry.set_quota(gpu_hours => 1)}, q{SELECT project_slug FROM mlregistry.create_project('fresh')},
        q{SELECT mlregistry.authenticate('} . api_key('contributor@default') . q{')}, q{SELECT mlregistry.sign_out()::text},
    );
    for my $who ('viewer@default', 'admin@default') {
        my @clean = map { plain($_) } all_said('app', $who, 'false', @calls);
        my $rows = join ",\n", map { sprintf '(%d::pg_catalog.int4, $stmt$%s$stmt$::pg_catalog.text)', $_, $calls[$_] } 0 .. $#calls;
        my $out = sql($node, 'd', "$tables SET search_path = $path; " . as_key($who, "SELECT n, pg_catalog.encode(pg_catalog.convert_to(t.said(s), 'UTF8'), 'hex') FROM (VALUES $rows) AS v (n, s)"), as => 'app');
        my @planted = map { plain(pack 'H*', (split /\|/)[1]) } split /\n/, $out;
        is(join("\n", @planted), join("\n", @clean), "$who: nothing that is planted changes an answer");
    }
    is_sql($node, 'd', q{SELECT CASE WHEN NOT is_called THEN 'none' WHEN last_value = 2 THEN 'as superuser' ELSE 'harmless' END FROM public.trap}, 'none', 'no trap was sprung');
    sql($node, 'd', 'DROP SCHEMA evil CASCADE');
};

# ---- a forged identity

subtest 'a forged identity' => sub {
    my $see = 'SELECT mlregistry.current_actor(), (SELECT count(*) FROM mlregistry.models)';
    my $forged = user_id('admin@acme');
    for my $setting (qw(identity acting_user user_id actor api_key role organization_id session_identity nonce)) {
        for my $value ($forged, 'admin@acme.example', id('api_key', 'admin@acme'), api_key('admin@acme'), '0' x 32) {
            for my $statement ("SET mlregistry.$setting = '$value'", "SET LOCAL mlregistry.$setting = '$value'", "SELECT set_config('mlregistry.$setting', '$value', false)") {
                # First before the library is loaded, then after.
                my (undef, $cold) = $node->psql('d', "$statement;\n$see;", on_error_stop => 0, extra_params => [ '-U', 'app' ]);
                like($cold, qr/(?:^|\n)app\|0$/, "before the library is loaded: $statement") if $value eq $forged || $setting eq 'identity';
                my (undef, $warm) = $node->psql('d', "SELECT mlregistry.current_actor();\n$statement;\n$see;", on_error_stop => 0, extra_params => [ '-U', 'app' ]);
                like($warm, qr/\napp\|0$/, "after: $statement") if $value eq $forged || $setting eq 'identity';
                isnt(sql_state($node, 'd', "SELECT mlregistry.current_actor(); $statement", as => 'app'), '00000', "and is an error: $statement") if $setting eq 'identity';
            }
        }
    }
    for my $option ("-c mlregistry.identity=$forged", "-c mlregistry.identity=x -c mlregistry.user_id=$forged", '-c mlregistry.organization=acme', '-c row_security=off', '-c session_replication_role=replica', '-c role=admin_of_acme', '-c session_authorization=joe',
        '-c session_preload_libraries=mlregistry', '-c local_preload_libraries=mlregistry', '-c search_path=pg_temp,mlregistry') {
        local $ENV{PGOPTIONS} = $option;
        my ($status, $out, $err) = $node->psql('d', $see, extra_params => [ '-U', 'app' ]);
        ok($out eq 'app|0' || ($status != 0 && $out eq ''), "PGOPTIONS=$option") or diag("$status $out $err");
    }
    # What a role may set for itself, or an owner for the database.
    for my $set ("ALTER ROLE app SET mlregistry.identity = '$forged'", "ALTER ROLE app IN DATABASE d SET mlregistry.identity = '$forged'", "ALTER DATABASE d SET mlregistry.identity = '$forged'", "ALTER ROLE app SET mlregistry.organization = 'acme'",
        "ALTER ROLE app SET role = 'admin_of_acme'", "ALTER ROLE ALL SET mlregistry.identity = '$forged'") {
        for my $as ('app', undef) {
            $node->psql('d', $set, defined $as ? (extra_params => [ '-U', $as ]) : ());
            my ($status, $out, $err) = $node->psql('d', $see, extra_params => [ '-U', 'app' ]);
            ok($out eq 'app|0' || ($status != 0 && $out eq ''), "$set, by " . ($as // 'a superuser')) or diag("$status $out $err");
            my (undef, $real) = $node->psql('d', as_key('viewer@default', $see =~ s/mlregistry.models/mlregistry.projects p WHERE p.slug LIKE 'default-%'/r), extra_params => [ '-U', 'app' ]);
            is($real, 'viewer@default.example|2', 'and a real one is what it is');
            sql($node, 'd', 'ALTER ROLE app RESET ALL; ALTER ROLE app IN DATABASE d RESET ALL; ALTER ROLE ALL RESET ALL; ALTER DATABASE d RESET ALL; ALTER DATABASE d SET search_path = public, mlregistry');
        }
    }
    # Functions that set something on the way.
    is(sql_state($node, 'd', "CREATE FUNCTION pg_temp.f() RETURNS bigint LANGUAGE sql SET mlregistry.identity = '$forged' AS 'SELECT count(*) FROM mlregistry.models'; SELECT mlregistry.current_actor(); SELECT pg_temp.f()", as => 'app'), '42501', 'a function with SET mlregistry.identity');
    # Who cannot log in as a role with rights is none.
    is_sql($node, 'd', q{SELECT current_user_id() IS NULL, bypasses_access()}, 't|f', 'app is no user and bypasses nothing', as => 'app');
    # An e-mail address as the name of a role makes no user.
    sql($node, 'postgres', 'CREATE ROLE "admin@acme.example" LOGIN');
    sql($node, 'd', q{SELECT grant_access('admin@acme.example', 'admin', sql_only => true)});
    is_sql($node, 'd', 'SELECT current_user_id() IS NULL, (SELECT count(*) FROM mlregistry.models)', 't|0', 'a role that is called as a user is none', as => 'admin@acme.example');
    # A user with the name of a new role gets nothing of what the role before it had: names are looked up, and whoever makes roles says who they are.
    my ($said) = all_said('app', 'developer@default', 'false', q{INSERT INTO tags (tag_name, created_by, created_by_user) VALUES ('forged', 'admin@acme.example', '} . user_id('admin@acme') . q{') RETURNING created_by_user IS NULL});
    is($said, '00000 true', 'who gives another name as the one who acted is not taken for that user');
    ($said) = all_said('app', 'developer@default', 'false', q{INSERT INTO tags (tag_name, created_by_user) VALUES ('forged', '} . user_id('admin@acme') . q{') RETURNING created_by_user = '} . user_id('developer@default') . q{'});
    is($said, '00000 true', 'the user who acted is the one who does');
};

# ---- views, functions and other roles

subtest 'privilege through views and functions' => sub {
    sql($node, 'd', 'CREATE ROLE outsider LOGIN; CREATE SCHEMA lent AUTHORIZATION admin_of_acme; GRANT USAGE ON SCHEMA lent TO PUBLIC; GRANT CREATE ON SCHEMA lent TO reader_of_acme');
    sql($node, 'd', <<'SQL', as => 'admin_of_acme');
CREATE VIEW lent.models AS SELECT * FROM mlregistry.models;
CREATE VIEW lent.barrier WITH (security_barrier) AS SELECT * FROM mlregistry.models;
CREATE VIEW lent.latest AS SELECT * FROM mlregistry.v_models_latest;
CREATE FUNCTION lent.models() RETURNS SETOF mlregistry.models LANGUAGE sql SECURITY DEFINER AS 'SELECT * FROM mlregistry.models';
CREATE FUNCTION lent.write() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS $$WITH u AS (UPDATE mlregistry.models SET description = 'lent' RETURNING 1) SELECT count(*) FROM u$$;
CREATE FUNCTION lent.key() RETURNS text LANGUAGE sql SECURITY DEFINER AS $$SELECT api_key FROM mlregistry.create_api_key('lent', email => 'admin@acme.example', organization => 'acme')$$;
CREATE FUNCTION lent.member() RETURNS text LANGUAGE sql SECURITY DEFINER AS $$SELECT role FROM mlregistry.add_member('viewer@default.example', 'admin', 'acme')$$;
GRANT SELECT ON ALL TABLES IN SCHEMA lent TO PUBLIC;
SQL
    for my $role ('outsider', 'bare', 'reader_of_default') {
        for my $from ('lent.models', 'lent.barrier', 'lent.latest', 'lent.models()') {
            my ($status, $out, $err) = $node->psql('d', "SELECT count(*) FROM $from x WHERE x.organization_id = '" . organization_id('acme') . "'", extra_params => [ '-U', $role ]);
            ok($status != 0 || $out eq '0', "$role reads nothing of another organization from $from, which an admin of it owns") or diag("$status $out $err");
        }
        for my $call ('lent.write()', 'lent.key()', 'lent.member()') {
            my ($status, $out, $err) = $node->psql('d', "SELECT $call", extra_params => [ '-U', $role ]);
            ok($status != 0 || $out eq '0', "$role does nothing in another organization by $call") or diag("$status $out $err");
        }
    }
    is_sql($node, 'd', q{SELECT count(*) FROM models WHERE description = 'lent'}, '0', 'and nothing was changed');
    # Our own views say no more than the tables.
    for my $view ('v_models_latest', 'v_model_tags') {
        is_sql($node, 'd', as_key('viewer@default', "SELECT string_agg(DISTINCT organization_id::text, ' ') FROM $view"), organization_id('default'), "$view: of one's own organization", as => 'app');
        is_sql($node, 'd', as_key('viewer@default', "SELECT count(*) FROM $view WHERE model_name ~ 'private|hidden'"), '0', "$view: nothing private", as => 'app');
        is_sql($node, 'd', "SELECT count(*) FROM $view", '0', "$view: nothing for nobody", as => 'app');
    }
    # Every SECURITY DEFINER function that PUBLIC may call asks for itself who calls.
    is_sql($node, 'd', <<'SQL', '', 'every SECURITY DEFINER function that all may call asks who calls, and what for');
SELECT p.oid::regprocedure FROM pg_proc p
 WHERE p.pronamespace = 'mlregistry'::regnamespace AND p.prosecdef AND has_function_privilege('public', p.oid, 'EXECUTE')
   AND p.prosrc !~ '(require_access|require_organization|require_privilege|require_owner|allowed_projects|allowed_organizations)\('
SQL
    is_sql($node, 'd', q{SELECT p.oid::regprocedure FROM pg_proc p WHERE p.pronamespace = 'mlregistry'::regnamespace AND p.prosecdef AND p.prolang <> 13 AND NOT coalesce(p.proconfig @> '{"search_path=pg_catalog, pg_temp"}', false)},
        '', 'with the path of system functions only');
};

# ---- more than one has

subtest 'raising oneself' => sub {
    my %me = map { $_ => user_id("$_\@default") } qw(viewer developer contributor onlooker owner admin);
    my $o = organization_id('default');
    my @ways = map { my $me = $_; my $user = $me{$me};
        map { [ $me, $_ ] } (
            "UPDATE organization_memberships SET role = 'admin' WHERE user_id = '$user'",
            "INSERT INTO organization_memberships (organization_id, user_id, role) VALUES ('$o', '$user', 'admin') ON CONFLICT (organization_id, user_id) DO UPDATE SET role = 'admin'",
            "INSERT INTO organization_memberships (organization_id, user_id, role) VALUES ('" . organization_id('acme') . "', '$user', 'admin')",
            $me eq 'owner' ? () : (
                "UPDATE project_members SET role = 'owner' WHERE user_id = '$user'",
                "INSERT INTO project_members (organization_id, project_id, user_id, role) VALUES ('$o', '" . project_id('default-private') . "', '$user', 'owner') ON CONFLICT (project_id, user_id) DO UPDATE SET role = 'owner'",
                q{SELECT add_project_member('} . "$me\@default.example" . q{', 'owner', 'default-private')}, q{SELECT add_project_member('} . "$me\@default.example" . q{', 'owner', 'default-organization')},
                "UPDATE projects SET visibility = 'public'", "UPDATE projects SET deleted_at = NULL WHERE slug = 'default-gone'",
            ),
            "INSERT INTO project_members (organization_id, project_id, user_id, role) VALUES ('$o', '" . project_id('default-gone') . "', '$user', 'owner')",
            "INSERT INTO projects (organization_id, name, slug) VALUES ('$o', 'mine', 'mine')", q{SELECT create_project('mine')},
            "UPDATE api_keys SET permissions = '{}', expires_at = NULL, is_active = true, deleted_at = NULL",
            "UPDATE api_keys SET user_id = '" . user_id('admin@default') . "'",
            "INSERT INTO api_keys (organization_id, user_id, name, key_prefix) VALUES ('$o', '$user', 'mine', 'mlr_')",
            "INSERT INTO role_access (db_role, organization_id, level) VALUES ('app', '$o', 'admin')",
            "UPDATE users SET db_role = 'app' WHERE user_id = '" . user_id('admin@default') . "'", "UPDATE users SET email = 'admin\@default.example' WHERE user_id = '$user'", "INSERT INTO users (email, db_role) VALUES ('x\@example.com', 'app')",
            "UPDATE user_credentials SET password_hash = 'x'", "UPDATE access_rules SET write_role = 'viewer'", 'DELETE FROM access_rules',
            "UPDATE organizations SET max_users = NULL, max_models = NULL, subscription_status = 'active'", 'UPDATE resource_quotas SET is_active = false',
            "SELECT add_member('$me\@default.example', 'admin')", "SELECT add_member('$me\@default.example', 'admin', 'acme')", "SELECT add_member('$me\@default.example', 'admin', 'default')",
            "SELECT remove_member('admin\@default.example')", q{SELECT create_api_key('theirs', email => 'admin@default.example')}, q{SELECT create_api_key('theirs', organization => 'acme')}, q{SELECT grant_access('app', 'admin', 'default')},
            q{SELECT revoke_api_key('} . id('api_key', 'admin@default') . q{'::uuid)}, q{SELECT set_quota(gpu_hours => 1)},
        ) } sort grep { $_ ne 'admin' } keys %me;
    my $state = q{SELECT md5(string_agg(x, '')) FROM (SELECT m::text AS x FROM organization_memberships m UNION ALL SELECT p::text FROM project_members p UNION ALL SELECT u::text FROM users u UNION ALL SELECT r::text FROM role_access r
        UNION ALL SELECT p::text FROM projects p UNION ALL SELECT o::text FROM organizations o UNION ALL SELECT concat(k.api_key_id, k.permissions, k.expires_at, k.is_active, k.user_id) FROM api_keys k UNION ALL SELECT a::text FROM access_rules a ORDER BY 1) s};
    my $was = sql($node, 'd', $state);
    for my $me (sort keys %me) {
        my @statements = map { $_->[1] } grep { $_->[0] eq $me } @ways;
        next unless @statements;
        my @said = all_said('app', "$me\@default", 'true', @statements);
        for my $n (0 .. $#statements) {
            # An UPDATE of what one may not change finds no row.
            ok($said[$n] =~ /^(?:42501|23503|P0002|22023) / || ($said[$n] eq '00000 0 rows' && $statements[$n] =~ /^(?:UPDATE|DELETE)/), "$me: $statements[$n]") or diag($said[$n]);
        }
    }
    is(sql($node, 'd', $state), $was, 'nobody has become more than they were');
    # An admin is one in the own organization.
    my @said = all_said('app', 'admin@default', 'false', "INSERT INTO organization_memberships (organization_id, user_id, role) VALUES ('" . organization_id('acme') . "', '$me{admin}', 'admin')", q{SELECT add_member('admin@default.example', 'admin', 'acme')},
        q{SELECT create_project('mine', organization => 'acme')}, q{SELECT create_api_key('mine', organization => 'acme')}, q{SELECT create_api_key('mine', email => 'admin@acme.example')}, q{SELECT revoke_api_key('} . id('api_key', 'admin@acme') . q{'::uuid)},
        q{SELECT grant_access('app', 'admin', 'default')}, "INSERT INTO role_access (db_role, organization_id, level) VALUES ('app', '$o', 'admin')", q{SELECT create_organization('mine')}, "UPDATE organizations SET max_models = NULL",
        "UPDATE users SET db_role = 'app' WHERE user_id = '$me{admin}'", "UPDATE api_keys SET permissions = '{}'");
    is(join("\n", grep { !/^(?:42501|P0002|00000 0 rows$)/ } @said), '', 'admins have their organization and no other, and no roles of the database');
    is(sql($node, 'd', $state), $was, 'as it was');

    # A key makes no key that opens more than itself.
    sql($node, 'd', key_row('limited', 'admin@default', 'default', permissions => '{"scopes": ["models:read", "admin:write"], "projects": ["default-organization"]}', expires_at => "now() + interval '1 hour'"));
    my %made = (
        q{create_api_key('k')} => 0, q{create_api_key('k', '{"scopes": ["models:read"]}', now() + interval '10 minutes')} => 0,
        q{create_api_key('k', '{"scopes": ["models:write"], "projects": ["default-organization"]}', now() + interval '10 minutes')} => 0,
        q{create_api_key('k', '{"scopes": ["versions:read"], "projects": ["default-organization"]}', now() + interval '10 minutes')} => 0,
        q{create_api_key('k', '{"scopes": ["models:read"], "projects": ["default-organization", "default-private"]}', now() + interval '10 minutes')} => 0,
        q{create_api_key('k', '{"scopes": ["models:read"], "projects": ["default-organization"]}')} => 0,
        q{create_api_key('k', '{"scopes": ["models:read"], "projects": ["default-organization"]}', now() + interval '2 hours')} => 0,
        q{create_api_key('k', '{"scopes": ["models:read"], "projects": ["default-organization"]}', now() + interval '10 minutes')} => 1,
        q{create_api_key('k', '{}', now() + interval '10 minutes', 'viewer@default.example')} => 0,
    );
    for my $call (sort keys %made) {
        my ($said) = all_said('app', 'limited', 'false', "SELECT name FROM $call");
        like($said, $made{$call} ? qr/^00000 k$/ : qr/^(?:42501|P0002) /, ($made{$call} ? 'within the key: ' : 'more than the key: ') . $call);
    }
};

# ---- in the session of somebody else

subtest 'code that maintenance runs' => sub {
    my $acme = organization_id('acme');
    # ANALYZE, REINDEX and autovacuum call functions of an index in the name of the table's owner, whoever has started them.
    sql($node, 'd', q{CREATE ROLE mallory LOGIN; SELECT mlregistry.grant_access('mallory', 'writer', sql_only => true); CREATE SCHEMA mal AUTHORIZATION mallory});
    sql($node, 'd', <<'SQL', as => 'mallory');
CREATE TABLE mal.loot (what text);
CREATE TABLE mal.bait (n integer);
INSERT INTO mal.bait VALUES (1);
CREATE FUNCTION mal.steal() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    attempt text;
BEGIN
    INSERT INTO mal.loot SELECT m.model_name FROM mlregistry.models m;
    INSERT INTO mal.loot SELECT 'bypasses' WHERE mlregistry.bypasses_access();
    FOREACH attempt IN ARRAY ARRAY[
        'SELECT model_name FROM mlregistry.search_models(''words'')', 'SELECT dataset_name FROM mlregistry.list_datasets()',
        'SELECT email FROM mlregistry.add_member(''viewer@default.example'', ''admin'', ''acme'')',
        'SELECT api_key FROM mlregistry.create_api_key(''stolen'', email => ''admin@acme.example'', organization => ''acme'')']
    LOOP
        BEGIN
            EXECUTE 'INSERT INTO mal.loot ' || attempt;
        EXCEPTION WHEN OTHERS THEN NULL;
        END;
    END LOOP;
    INSERT INTO mal.loot VALUES ('was here');
END $$;
CREATE FUNCTION mal.f(n integer) RETURNS integer LANGUAGE plpgsql IMMUTABLE AS $$BEGIN
    IF current_user <> session_user THEN PERFORM mal.steal(); END IF;
    RETURN n;
END$$;
CREATE INDEX ON mal.bait (mal.f(n));
SQL
    for my $statement ('ANALYZE mal.bait', 'REINDEX TABLE mal.bait', sprintf(q{SELECT mlregistry.authenticate('%s', session => true); ANALYZE mal.bait}, api_key('admin@acme'))) {
        sql($node, 'd', "TRUNCATE mal.loot; $statement");
        is_sql($node, 'd', q{SELECT string_agg(DISTINCT what, ' ') FROM mal.loot}, 'was here', (split / /, $statement)[0] . ': code of an index sees and does nothing with the rights of the session');
    }
    is_sql($node, 'd', "SELECT count(*) FROM mlregistry.api_keys WHERE name = 'stolen'", '0', 'and no key was made');
    # One's own materialized views have what one sees oneself.
    sql($node, 'd', 'CREATE MATERIALIZED VIEW public.seen AS SELECT model_name FROM mlregistry.models; REFRESH MATERIALIZED VIEW public.seen');
    is(sql($node, 'd', 'SELECT count(*) FROM public.seen'), sql($node, 'd', 'SELECT count(*) FROM mlregistry.models'), 'a materialized view of the one who refreshes it is whole');
    sql($node, 'd', 'DROP MATERIALIZED VIEW public.seen; DROP SCHEMA mal CASCADE');
};

subtest 'keys for a guest' => sub {
    # Who is made a member elsewhere has keys there, made by its admins: they do not open what one has at home.
    sql($node, 'd', sprintf q{INSERT INTO organization_memberships (organization_id, user_id, role) VALUES ('%s', '%s', 'viewer')}, organization_id('acme'), user_id('admin@default'));
    sql($node, 'd', key_row('guest', 'admin@default', 'acme'));
    is_sql($node, 'd', as_key('guest', 'SELECT name FROM api_keys'), 'guest', 'no key of another organization is listed', as => 'app');
    is_sql($node, 'd', as_key('guest', q{UPDATE projects SET description = 'x' WHERE slug ~ '^default'; SELECT count(*) FROM models m WHERE m.organization_id = '} . organization_id('default') . q{' AND m.project_id <> '} . project_id('default-public') . q{'}), '0',
        'and nothing but public projects is read', as => 'app');
    sql($node, 'd', sprintf q{DELETE FROM organization_memberships WHERE organization_id = '%s' AND user_id = '%s'}, organization_id('acme'), user_id('admin@default'));
};

# ---- keys

subtest 'keys' => sub {
    sql($node, 'd', key_row('expired', 'viewer@default', 'default', expires_at => "now() - interval '1 second'") . key_row('revoked', 'viewer@default', 'default', is_active => 'false') . key_row('deleted', 'viewer@default', 'default')
        . key_row('of inactive', 'extra@default', 'default') . "UPDATE api_keys SET deleted_at = now() WHERE name = 'deleted'; UPDATE users SET is_active = false WHERE email = 'extra\@default.example'");
    my $good = api_key('viewer@default');
    my %bad = (
        'expired' => api_key('expired'), 'revoked' => api_key('revoked'), 'deleted' => api_key('deleted'), 'of a user who is not active' => api_key('of inactive'), 'unknown' => api_key('nobody'),
        'without its last character' => substr($good, 0, -1), 'without its first' => substr($good, 1), 'its prefix' => substr($good, 0, 12), 'with a character more' => $good . 'A', 'with a blank' => "$good ", 'with a blank before' => " $good",
        'in capitals' => uc $good, 'without mlr_' => substr($good, 4), 'empty' => '', 'a blank' => ' ', 'the hash' => Digest::SHA::sha256_hex($good), 'its identifier' => id('api_key', 'viewer@default'), 'very long' => 'mlr_' . 'A' x 100000, '%' => '%', 'quotes' => q{'' OR true --},
        'twice' => "$good$good", 'with a line' => "$good\n", 'not ASCII' => "mlr_\xc3\xa4",
    );
    my @names = sort keys %bad;
    my @said = all_said('app', undef, 'false', (map { "SELECT authenticate('$bad{$_}')" } @names), 'SELECT authenticate(NULL)', 'SELECT authenticate(NULL, NULL, NULL, NULL)', "SELECT authenticate('$good')");
    my $words = $said[0];
    like($words, qr/^28000 \| the API key is not valid/, 'a key that is not good');
    is($said[$_], $words, "the same words: $names[$_]") for 0 .. $#names;
    is($said[ @names ], $words, 'the same words: NULL');
    is($said[ @names + 1 ], $words, 'the same words: all NULL');
    is($said[-1], '00000 viewer@default.example', 'and one that is good');
    is_sql($node, 'd', "BEGIN; SELECT authenticate('$good'); SAVEPOINT s; DO \$\$BEGIN PERFORM mlregistry.authenticate('nonsense'); EXCEPTION WHEN OTHERS THEN NULL; END\$\$; SELECT current_actor(); COMMIT", "viewer\@default.example\nviewer\@default.example",
        'a bad key after a good one leaves the good one, and nothing of the bad', as => 'app');
    # The key is not in the log when it fails, nor what is kept of it.
    my $log = PostgreSQL::Test::Utils::slurp_file($node->logfile);
    my $secret = Digest::SHA::sha256_hex($good);
    unlike($log =~ s/^.*(?:STATEMENT|CONTEXT|statement).*$//mgr, qr/\Q$secret\E/, 'no hash of a key in a message of the log');
    sql($node, 'd', q{UPDATE users SET is_active = true WHERE email = 'extra@default.example'});
};

# ---- SQL in arguments

subtest 'SQL injection' => sub {
    sql($node, 'd', <<'SQL');
CREATE TABLE public.canary (n integer); INSERT INTO public.canary VALUES (1); ALTER TABLE public.canary OWNER TO app; CREATE SEQUENCE public.canary_sings OWNED BY NONE; ALTER SEQUENCE public.canary_sings OWNER TO app;
SQL
    my @payloads = (q{x'; DROP TABLE public.canary; --}, q{x'); DELETE FROM public.canary; SELECT ('}, q{x' || nextval('public.canary_sings')::text || '}, q{x') OR nextval('public.canary_sings') > 0 --}, q{' OR true --}, q{' UNION SELECT nextval('public.canary_sings')::text --},
        q{$$; DROP TABLE public.canary; $$}, q{$function$; DROP TABLE public.canary; $function$}, q{x"; DROP TABLE public.canary; --}, q{x" = "x}, q{\\'; DROP TABLE public.canary; --}, q{%s %I %L %1$s %}, q{{version}'; DROP TABLE public.canary; --}, q{x/* */}, q{'}, q{''}, q{"}, q{\\}, q{x' & !'y}, q{(((}, q{***}, q{.*+?[](}, q{a:*b | !}, "x\n; DROP TABLE public.canary; --",
        "\x{1}x", q{m-default-organization' --}, q{model_versions; DROP TABLE public.canary}, q{models" CASCADE; --}, q{$1}, q{:x}, q{${x}}, q{E'\\x27'}, q{U&'\\0027'});
    my (@calls, @what);
    for my $function (@functions) {
        my @texts = grep { $function->{arguments}[$_]{type} =~ /^(?:text|text\[\]|name)$/ } 0 .. $#{ $function->{arguments} };
        for my $payload (@payloads) {
            my $literal = 'U&' . ($payload =~ s/([^A-Za-z0-9 ])/sprintf '\\%04x', ord $1/ger =~ s/^/'/r) . q{'};
            my %value = map { my $type = $function->{arguments}[$_]{type}; $_ => $type eq 'text[]' ? "ARRAY[$literal]::text[]" : "$literal\::$type" } @texts;
            for my $n (@texts) {
                push @calls, call($function, $n => $value{$n});
                push @what, "$function->{signature}, argument $n: $payload";
            }
            if (@texts > 1) {
                push @calls, call($function, %value);
                push @what, "$function->{signature}, all: $payload";
            }
        }
    }
    # What the registry may say: nothing that comes from a statement that a text has broken. (require_privilege() is asked for tables.)
    my $ours = qr/^(?:00000|P0002|22004|22023|22P02|22003|22001|22000|2202E|22008|22007|23502|23503|23505|23514|42501|42704|53400|54000|54001|55000|28000|0A000|42602|42622)\b/;
    my @strange;
    for (my $from = 0; $from < @calls; $from += 2000) {
        my $to = $from + 1999 > $#calls ? $#calls : $from + 1999;
        my @said = all_said('app', 'admin@default', 'false', @calls[ $from .. $to ]);
        for my $n (0 .. $#said) {
            push @strange, "$what[$from + $n]\n    $said[$n]" if $said[$n] !~ $ours && $said[$n] !~ /^42P01 \| table mlregistry\./;
        }
        is_sql($node, 'd', 'SELECT n, (SELECT is_called FROM public.canary_sings) FROM public.canary', '1|f', "the canary is alive after call $to") or last;
    }
    cmp_ok(scalar @calls, '>', 3000, 'calls with SQL in their arguments: ' . @calls);
    is(scalar @strange, 0, 'and no error but the ones of the registry') or diag(join "\n", map { substr $_, 0, 500 } @strange[ 0 .. ($#strange > 29 ? 29 : $#strange) ]);
    # Settings are text, too.
    for my $payload (@payloads) {
        my $quoted = $payload =~ s/'/''/gr;
        for my $setting ('organization', 'project') {
            my $state = sql_state($node, 'd', as_key('viewer@default', "SELECT set_config('mlregistry.$setting', '$quoted', true); SELECT current_organization_id(), count(*) FROM models GROUP BY 1"), as => 'app');
            is($state, '00000', "mlregistry.$setting = $payload") if $payload !~ /\x{1}/;
        }
    }
    is_sql($node, 'd', 'SELECT n, (SELECT is_called FROM public.canary_sings) FROM public.canary', '1|f', 'the canary is alive');
};

# Who works in no organization gives none: a row lies in its parent's, and so must what else it refers to.
sql($node, 'd', q{CREATE ROLE of_both LOGIN; SELECT grant_access('of_both', 'writer', 'default'), grant_access('of_both', 'writer', 'acme')});
my $metric = sprintf q{INSERT INTO model_metrics (version_id, metric_name, metric_value, dataset_id) VALUES ('%s', 'x', 1, '%%s') RETURNING organization_id},
    id('hidden version', 'acme-private');
is_sql($node, 'd', q{SELECT current_organization_id() IS NULL}, 't', 'a role of two organizations works in none', as => 'of_both');
is_sql($node, 'd', sprintf($metric, id('hidden dataset', 'acme-private')), organization_id('acme'), 'a metric on a dataset, without an organization', as => 'of_both');
sql_fails($node, 'd', sprintf($metric, id('hidden dataset', 'default-private')), '23503', 'not on a dataset of another one', as => 'of_both');
sql_fails($node, 'd', sprintf($metric, id('no dataset', 'at all')), '23503', 'nor on one that is not there', as => 'of_both');

done_testing();
