# Shared by the TAP tests: clusters, SQL with its SQLSTATE, a filled registry, and what is in a database as lines of text
# that can be compared.
#
#   cd test && prove -I $(dirname $(pg_config --pgxs))/../test/perl t/
#
# as a user who is not root, with pg_config, psql, … of the PostgreSQL in PATH where the extension is installed.
# Clusters and logs go to a new folder below TMPDIR, or to TESTDIR (15), TESTDATADIR and TESTLOGDIR (16 on).
package MLR;

use strict;
use warnings FATAL => 'all';

use Exporter 'import';
use File::Basename qw(basename dirname);
use File::Copy ();
use File::Spec ();
use File::Temp ();

my $pgxs_folder;

BEGIN {
    # Before PostgreSQL's modules are loaded: they read these.
    unless ($ENV{TESTDIR} || $ENV{TESTDATADIR}) {
        # Kept by PostgreSQL's modules when a test has failed.
        my $folder = File::Temp::tempdir('mlregistry-tap.XXXXXX', TMPDIR => 1, CLEANUP => 1);
        $ENV{TESTDIR} = $folder;
        $ENV{TESTDATADIR} = "$folder/data";
        $ENV{TESTLOGDIR} = "$folder/log";
    }
    # Seconds. Nothing here takes that long, and a test that waits in vain should say so.
    $ENV{PG_TEST_TIMEOUT_DEFAULT} //= 60;
    chomp(my $pgxs = `pg_config --pgxs`);
    $pgxs_folder = dirname($pgxs);
    $ENV{PG_REGRESS} //= "$pgxs_folder/../test/regress/pg_regress";
}

use IPC::Run ();
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

our @EXPORT = qw(
    new_node project_root extension_folder code_version add_released run_client sql sql_state sql_ok is_sql sql_fails same_lines
    is_quiet is_dumped row_digests catalog dump_text fill_registry add_dba_objects logged_states session ask tell is_waiting stop_sessions
    tour_steps run_tour same_output tour_text
);

# The checkout that the tests belong to.
sub project_root { return $ENV{MLR_ROOT} // File::Spec->rel2abs(dirname(__FILE__) . '/../..') }

# Where the scripts of extensions lie in the PostgreSQL under test.
sub extension_folder {
    chomp(my $share = `pg_config --sharedir`);
    return "$share/extension";
}

# The version that CREATE EXTENSION installs.
sub code_version {
    my $control = PostgreSQL::Test::Utils::slurp_file(extension_folder() . '/mlregistry.control');
    my ($version) = $control =~ /^default_version\s*=\s*'([^']+)'/m or die 'no default_version in mlregistry.control';
    return $version;
}

# Puts the install scripts of released versions where CREATE EXTENSION … VERSION finds them, and returns those versions but
# for the current one. The released upgrade scripts are installed as they are.
sub add_released {
    my @versions;
    for my $script (grep { !/--.+--/ } sort glob(project_root() . '/src/sql/released/mlregistry--*.sql')) {
        # Other tests run beside this one and must not read half of it.
        my $target = extension_folder() . '/' . basename($script);
        File::Copy::copy($script, "$target.$$") && rename("$target.$$", $target) or die "cannot copy $script to $target: $!";
        push @versions, $script =~ /mlregistry--([^\/]+)\.sql$/;
    }
    my $current = code_version();
    return grep { $_ ne $current } @versions;
}

# A running cluster of its own. Options: streaming => 1 for one that standbys can follow, conf => more settings.
sub new_node {
    my ($name, %options) = @_;
    my $node = PostgreSQL::Test::Cluster->new($name);
    $node->init(extra => [ '--encoding=UTF8', '--locale=C' ], allows_streaming => $options{streaming} // 0);
    $node->append_conf('postgresql.conf', <<'CONF');
log_line_prefix = '%m [%p] %q%e %d '
log_statement = none
timezone = 'UTC'
shared_buffers = 32MB
max_connections = 60
CONF
    $node->append_conf('postgresql.conf', $options{conf}) if defined $options{conf};
    $node->start;
    return $node;
}

# Runs a client program against a node: (exit status, standard output, standard error).
sub run_client {
    my ($node, $command, $input) = @_;
    local $ENV{PGHOST} = $node->host;
    local $ENV{PGPORT} = $node->port;
    my ($out, $err) = ('', '');
    IPC::Run::run($command, '<', \($input // ''), '>', \$out, '2>', \$err);
    return ($? >> 8, $out, $err);
}

# Runs SQL, with the SQLSTATE in every message: (exit status of psql, output, messages). Options: as => role to connect as.
sub _psql {
    my ($node, $database, $sql, %options) = @_;
    my @extra = ('-v', 'VERBOSITY=verbose', '-v', 'SHOW_CONTEXT=never');
    push @extra, '-U', $options{as} if defined $options{as};
    return $node->psql($database, $sql, extra_params => \@extra);
}

# Runs SQL that must work, and returns its output. Dies otherwise: for preparations.
sub sql {
    my ($node, $database, $sql, %options) = @_;
    my ($status, $out, $err) = _psql($node, $database, $sql, %options);
    if ($status != 0) {
        diag("SQL failed: $err");
        die "SQL failed: $err\n$sql";
    }
    return $out;
}

# Runs SQL, and returns the SQLSTATE of its error, or '00000'.
sub sql_state {
    my ($node, $database, $sql, %options) = @_;
    my (undef, undef, $err) = _psql($node, $database, $sql, %options);
    return _state_in($err);
}

sub _state_in {
    my ($messages) = @_;
    return '00000' if $messages !~ /^(?:psql:\S+ )?(?:ERROR|FATAL|PANIC):/m;
    return $messages =~ /^(?:psql:\S+ )?(?:ERROR|FATAL|PANIC):\s+([0-9A-Z]{5}):/m ? $1 : "no SQLSTATE in: $messages";
}

# Tests that SQL works and says nothing, not even a notice.
sub sql_ok {
    my ($node, $database, $sql, $name, %options) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my ($status, undef, $err) = _psql($node, $database, $sql, %options);
    return is($status == 0 ? $err : "exit status $status: $err", '', $name);
}

# Tests that SQL works and gives this output.
sub is_sql {
    my ($node, $database, $sql, $expected, $name, %options) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my ($status, $out, $err) = _psql($node, $database, $sql, %options);
    return is($status == 0 ? $out : "exit status $status: $err", $expected, $name);
}

# Tests that SQL fails with this SQLSTATE. Options: like => what the message, detail or hint must match; as => role.
sub sql_fails {
    my ($node, $database, $sql, $state, $name, %options) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my ($status, $out, $err) = _psql($node, $database, $sql, %options);
    my $ok = is(_state_in($err), $state, $name);
    diag($err || $out) unless $ok;
    return defined $options{like} ? like($err, $options{like}, "$name: message") : $ok;
}

# Tests that two lists of lines are the same; shows the difference, not the lists.
sub same_lines {
    my ($got, $expected, $name) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my %surplus;
    $surplus{$_}++ for split /\n/, $got;
    $surplus{$_}-- for split /\n/, $expected;
    my @difference = map { ($surplus{$_} > 0 ? 'surplus: ' : 'missing: ') . $_ } grep { $surplus{$_} != 0 } sort keys %surplus;
    my $ok = ok($expected ne '' && !@difference, $name);
    diag('nothing was expected: the test compares nothing') if $expected eq '';
    diag(join "\n", @difference[ 0 .. ($#difference > 29 ? 29 : $#difference) ]) if @difference;
    diag('… ' . ($#difference - 29) . ' more') if $#difference > 29;
    return $ok;
}

# Tests that a client program ended well and had nothing to say on standard error.
sub is_quiet {
    my ($node, $command, $name, $input) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my ($status, undef, $err) = run_client($node, $command, $input);
    return is("exit status $status: $err", 'exit status 0: ', $name);
}

# The same of pg_dump --data-only. A run may go on from another one, and pg_dump warns of every table that refers to itself; whatever
# the order of its rows, foreign keys look when all of them are there.
sub is_dumped {
    my ($node, $command, $name) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my ($status, undef, $err) = run_client($node, $command);
    $err =~ s/^pg_dump: warning: there are circular foreign-key constraints on this table:\npg_dump: detail: (?:training_runs|approvals)\n(?:pg_dump: hint: [^\n]*\n)+//mg;
    return is("exit status $status: $err", 'exit status 0: ', $name);
}

# One line per table of the schemas: name, number of rows, hash of all rows with all columns.
sub row_digests {
    my ($node, $database, @left_out) = @_;
    my $row = @left_out ? sprintf(q{(to_jsonb(t) - '{%s}'::text[])}, join ',', @left_out) : 't';
    my $queries = sql($node, $database, <<"SQL");
SELECT string_agg(format(\$\$SELECT %L, count(*), md5(string_agg($row\::text, E'\\n' ORDER BY $row\::text COLLATE "C")) FROM %I.%I t\$\$,
                         n.nspname || '.' || c.relname, n.nspname, c.relname), E'\\nUNION ALL ' ORDER BY n.nspname, c.relname)
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE n.nspname IN ('mlregistry', 'public') AND c.relkind IN ('r', 'm')
SQL
    return $queries eq '' ? '' : sql($node, $database, "$queries\nORDER BY 1");
}

# What pg_dump writes, without the lines that are random.
sub dump_text {
    my ($node, $database, @options) = @_;
    my ($status, $out, $err) = run_client($node, [ 'pg_dump', @options, $database ]);
    die "pg_dump failed: $err" if $status != 0;
    $out =~ s/^\\(?:un)?restrict .*\n//mg;
    return $out;
}

# Everything that the catalogs know about the extension and the schemas mlregistry and public, one line per fact.
# Object identifiers and the order of columns are left out: an upgraded database may differ in them. So is pg_attver,
# a number that minor releases of 2026 keep among the options of columns for themselves, and connoinherit of the primary
# keys of partitions, which says nothing there and tells whether key or partition came first.
sub catalog {
    my ($node, $database) = @_;
    return sql($node, $database, <<'SQL');
SET search_path = pg_catalog;
CREATE FUNCTION pg_temp.acl(acl aclitem[], kind "char", owner oid) RETURNS text LANGUAGE sql AS
    $$SELECT string_agg(item, ' ' ORDER BY item COLLATE "C") FROM unnest(coalesce(acl, acldefault(kind, owner))::text[]) AS item$$;
CREATE FUNCTION pg_temp.note(object oid, catalog regclass, sub integer DEFAULT 0) RETURNS text LANGUAGE sql AS
    $$SELECT concat(' comment ' || d.description, (SELECT ' member of ' || e.extname FROM pg_depend m JOIN pg_extension e ON e.oid = m.refobjid
                                                    WHERE m.classid = note.catalog AND m.objid = note.object AND m.deptype = 'e'))
        FROM (VALUES (1)) AS one LEFT JOIN pg_description d ON d.objoid = note.object AND d.classoid = note.catalog AND d.objsubid = note.sub$$;
WITH schemas AS (
    SELECT oid, nspname, nspowner, nspacl FROM pg_namespace WHERE nspname IN ('mlregistry', 'public')
), relations AS (
    SELECT c.*, s.nspname || '.' || c.relname AS name FROM pg_class c JOIN schemas s ON s.oid = c.relnamespace
), functions AS (
    SELECT p.*, format('%s.%s(%s)', s.nspname, p.proname, pg_get_function_identity_arguments(p.oid)) AS name
      FROM pg_proc p JOIN schemas s ON s.oid = p.pronamespace
), facts AS (
    SELECT 'schema' AS class, s.nspname::text AS name,
           ROW(s.nspowner::regrole, pg_temp.acl(s.nspacl, 'n', s.nspowner), pg_temp.note(s.oid, 'pg_namespace'))::text AS fact
      FROM schemas s
    UNION ALL
    SELECT 'extension', e.extname, ROW(e.extversion, e.extowner::regrole, e.extrelocatable, e.extnamespace::regnamespace,
           e.extconfig, e.extcondition, pg_temp.note(e.oid, 'pg_extension'))::text
      FROM pg_extension e WHERE e.extname <> 'plpgsql'
    UNION ALL
    SELECT 'member', i.type, i.identity
      FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid, pg_identify_object(d.classid, d.objid, d.objsubid) i
     WHERE d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e' AND e.extname <> 'plpgsql'
    UNION ALL
    SELECT 'initial privileges', i.identity, ROW(p.privtype, pg_temp.acl(p.initprivs, 'f', 10))::text
      FROM pg_init_privs p, pg_identify_object(p.classoid, p.objoid, p.objsubid) i WHERE i.schema IN (SELECT nspname FROM schemas)
    UNION ALL
    SELECT 'relation', c.name, ROW(c.relkind, c.relowner::regrole, c.relpersistence, a.amname, c.reltablespace,
           pg_temp.acl(c.relacl, CASE c.relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", c.relowner), c.reloptions,
           'rls ' || c.relrowsecurity, 'force ' || c.relforcerowsecurity, c.relreplident, c.relhasrules, c.relhastriggers,
           pg_temp.note(c.oid, 'pg_class'))::text
      FROM relations c LEFT JOIN pg_am a ON a.oid = c.relam
    UNION ALL
    SELECT 'partition', c.name, ROW(pg_get_partkeydef(c.oid), i.inhparent::regclass, pg_get_expr(c.relpartbound, c.oid))::text
      FROM relations c LEFT JOIN pg_inherits i ON i.inhrelid = c.oid WHERE c.relkind = 'p' OR c.relispartition AND c.relkind = 'r'
    UNION ALL
    SELECT 'column', c.name || '.' || a.attname, ROW(format_type(a.atttypid, a.atttypmod),
           'not null ' || a.attnotnull, 'default ' || pg_get_expr(d.adbin, d.adrelid), 'identity', a.attidentity,
           'generated', a.attgenerated, a.attstorage, a.attcompression, a.attcollation::regcollation,
           'statistics ' || a.attstattarget,
           ARRAY(SELECT o FROM unnest(a.attoptions) o WHERE o NOT LIKE 'pg\_attver=%'), 'acl ' || a.attacl::text,
           pg_temp.note(c.oid, 'pg_class', a.attnum))::text
      FROM relations c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
      LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
     WHERE c.relkind <> 'i'
    UNION ALL
    SELECT 'view', c.name, regexp_replace(pg_get_viewdef(c.oid), '\s+', ' ', 'g') FROM relations c WHERE c.relkind IN ('v', 'm')
    UNION ALL
    SELECT 'rule', c.name || '.' || r.rulename, ROW(r.ev_enabled, regexp_replace(pg_get_ruledef(r.oid), '\s+', ' ', 'g'))::text
      FROM relations c JOIN pg_rewrite r ON r.ev_class = c.oid
    UNION ALL
    SELECT 'constraint', c.name || '.' || k.conname, ROW(k.contype, pg_get_constraintdef(k.oid), 'valid ' || k.convalidated,
           k.condeferrable, k.condeferred, k.connoinherit AND NOT (c.relispartition AND k.contype = 'p'), pg_temp.note(k.oid, 'pg_constraint'))::text
      FROM relations c JOIN pg_constraint k ON k.conrelid = c.oid
    UNION ALL
    SELECT 'index', c.name, ROW(pg_get_indexdef(i.indexrelid), 'unique ' || i.indisunique, 'primary ' || i.indisprimary,
           'valid ' || i.indisvalid, 'ready ' || i.indisready, 'live ' || i.indislive, 'clustered ' || i.indisclustered,
           'identity ' || i.indisreplident, i.indimmediate)::text
      FROM relations c JOIN pg_index i ON i.indexrelid = c.oid
    UNION ALL
    SELECT 'trigger', c.name || '.' || t.tgname, ROW(t.tgenabled, pg_get_triggerdef(t.oid), pg_temp.note(t.oid, 'pg_trigger'))::text
      FROM relations c JOIN pg_trigger t ON t.tgrelid = c.oid AND NOT t.tgisinternal
    UNION ALL
    SELECT 'foreign key trigger', c.name || '.' || k.conname, ROW(t.tgenabled, t.tgfoid::regproc, t.tgtype)::text
      FROM relations c JOIN pg_trigger t ON t.tgrelid = c.oid AND t.tgisinternal JOIN pg_constraint k ON k.oid = t.tgconstraint
    UNION ALL
    SELECT 'policy', c.name || '.' || p.polname, ROW(p.polcmd, p.polpermissive, p.polroles::regrole[],
           pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid), pg_temp.note(p.oid, 'pg_policy'))::text
      FROM relations c JOIN pg_policy p ON p.polrelid = c.oid
    UNION ALL
    SELECT 'statistics', s.stxname, pg_get_statisticsobjdef(s.oid) FROM pg_statistic_ext s JOIN schemas n ON n.oid = s.stxnamespace
    UNION ALL
    SELECT 'function', f.name, ROW(f.prokind, f.proowner::regrole, l.lanname, pg_get_function_arguments(f.oid),
           pg_get_function_result(f.oid), f.provolatile, f.proparallel, 'strict ' || f.proisstrict, 'definer ' || f.prosecdef,
           'leakproof ' || f.proleakproof, f.procost, f.prorows, f.prosupport, f.proconfig, f.probin,
           'acl ' || pg_temp.acl(f.proacl, 'f', f.proowner), md5(f.prosrc), CASE WHEN length(f.prosrc) < 80 THEN f.prosrc END,
           pg_get_function_sqlbody(f.oid), pg_temp.note(f.oid, 'pg_proc'))::text
      FROM functions f JOIN pg_language l ON l.oid = f.prolang
    UNION ALL
    SELECT 'aggregate', f.name, ROW(a.aggkind, a.aggnumdirectargs, a.aggtransfn, a.aggfinalfn, a.aggcombinefn, a.aggserialfn,
           a.aggdeserialfn, a.aggsortop::regoperator, a.aggtranstype::regtype, a.agginitval, a.aggfinalmodify, a.aggtransspace)::text
      FROM functions f JOIN pg_aggregate a ON a.aggfnoid = f.oid
    UNION ALL
    SELECT 'type', t.oid::regtype::text, ROW(t.typtype, t.typcategory, t.typispreferred, t.typlen, t.typbyval, t.typalign,
           t.typstorage, t.typisdefined, t.typdelim, t.typinput, t.typoutput, t.typreceive, t.typsend, t.typmodin, t.typmodout,
           t.typanalyze, t.typsubscript, t.typelem::regtype, t.typarray::regtype, t.typbasetype::regtype, t.typnotnull, t.typdefault,
           t.typcollation::regcollation, t.typowner::regrole, 'acl ' || pg_temp.acl(t.typacl, 'T', t.typowner), pg_temp.note(t.oid, 'pg_type'))::text
      FROM pg_type t JOIN schemas s ON s.oid = t.typnamespace
    UNION ALL
    SELECT 'attribute order', c.name, string_agg(format('%s %s', a.attname, format_type(a.atttypid, a.atttypmod)), ', ' ORDER BY a.attnum)
      FROM relations c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
     WHERE c.relkind = 'c' GROUP BY c.name
    UNION ALL
    SELECT 'operator', o.oid::regoperator::text, ROW(o.oprkind, o.oprresult::regtype, o.oprcode, o.oprcom::regoperator,
           o.oprnegate::regoperator, o.oprrest, o.oprjoin, 'merges ' || o.oprcanmerge, 'hashes ' || o.oprcanhash, o.oprowner::regrole,
           pg_temp.note(o.oid, 'pg_operator'))::text
      FROM pg_operator o JOIN schemas s ON s.oid = o.oprnamespace
    UNION ALL
    SELECT 'operator class', format('%s using %s', c.opcname, a.amname), ROW(f.opfname, c.opcintype::regtype, c.opckeytype::regtype,
           'default ' || c.opcdefault, c.opcowner::regrole, pg_temp.note(c.oid, 'pg_opclass'))::text
      FROM pg_opclass c JOIN schemas s ON s.oid = c.opcnamespace JOIN pg_am a ON a.oid = c.opcmethod JOIN pg_opfamily f ON f.oid = c.opcfamily
    UNION ALL
    SELECT 'operator family', format('%s using %s', f.opfname, a.amname), ROW(f.opfowner::regrole, pg_temp.note(f.oid, 'pg_opfamily'))::text
      FROM pg_opfamily f JOIN schemas s ON s.oid = f.opfnamespace JOIN pg_am a ON a.oid = f.opfmethod
    UNION ALL
    SELECT 'operator of family', format('%s using %s', f.opfname, m.amname), ROW(a.amopstrategy, a.amoppurpose, a.amopopr::regoperator)::text
      FROM pg_amop a JOIN pg_opfamily f ON f.oid = a.amopfamily JOIN schemas s ON s.oid = f.opfnamespace JOIN pg_am m ON m.oid = f.opfmethod
    UNION ALL
    SELECT 'function of family', format('%s using %s', f.opfname, m.amname), ROW(a.amprocnum, a.amproc::regprocedure,
           a.amproclefttype::regtype, a.amprocrighttype::regtype)::text
      FROM pg_amproc a JOIN pg_opfamily f ON f.oid = a.amprocfamily JOIN schemas s ON s.oid = f.opfnamespace JOIN pg_am m ON m.oid = f.opfmethod
    UNION ALL
    SELECT 'cast', format('%s as %s', c.castsource::regtype, c.casttarget::regtype), ROW(c.castfunc::regprocedure, c.castcontext,
           c.castmethod, pg_temp.note(c.oid, 'pg_cast'))::text
      FROM pg_cast c WHERE c.oid >= 16384
    UNION ALL
    SELECT 'default privileges', concat_ws(' ', d.defaclrole::regrole, d.defaclnamespace::regnamespace, d.defaclobjtype), d.defaclacl::text
      FROM pg_default_acl d
    UNION ALL
    SELECT 'event trigger', e.evtname, e.evtevent FROM pg_event_trigger e
    UNION ALL
    -- Not the dependencies on schemas pinned by PostgreSQL, and not those that a pg_toast name, which has a number, is in.
    SELECT 'dependency', pg_describe_object(d.classid, d.objid, d.objsubid),
           ROW(d.deptype, pg_describe_object(d.refclassid, d.refobjid, d.refobjsubid))::text
      FROM pg_depend d, pg_identify_object(d.classid, d.objid, 0) i
     WHERE (i.schema IN (SELECT nspname FROM schemas) OR i.identity ~ '\m(mlregistry|public)\.') AND d.deptype NOT IN ('e', 'P', 'S')
       AND d.objid NOT IN (SELECT t.oid FROM pg_trigger t WHERE t.tgisinternal)
)
SELECT translate(concat_ws(': ', class, name, fact), E'\n', ' ') COLLATE "C" FROM facts ORDER BY 1;
SQL
}

# Fills an installed registry: four models with their real version histories, aliases, files, archived and deleted rows,
# a second organization by direct SQL, and rows that each trigger would change if it fired when they are restored.
# An older registry gets rows in the tables that it has.
sub fill_registry {
    my ($node, $database) = @_;
    my $histories = project_root() . '/test/data/version-histories.tsv';
    my $has_files = sql($node, $database, q{SELECT to_regclass('mlregistry.version_files') IS NOT NULL}) eq 't';
    my $files = $has_files ? <<'SQL' : '';
SELECT count(*) FROM add_version_file('tfjs@1.0.0', 'model.safetensors', size_bytes => 4711, sha256 => repeat('ab', 32));
SELECT count(*) FROM add_version_file('tfjs@1.0.0', 'gpu/model.bin', uri => 's3://b/gpu/model.bin', variant => 'cu121');
SELECT count(*) FROM add_version_file('transformers-js@latest', 'a/b/c.json', media_type => 'application/json');
SQL
    my $has_catalog = sql($node, $database, q{SELECT to_regclass('mlregistry.datasets') IS NOT NULL}) eq 't';
    my $catalog = $has_catalog ? <<'SQL' : '';
SELECT count(*) FROM create_team('vision', 'Vision@Example.com', 'Research');
UPDATE models SET team_id = find_team('vision') WHERE model_name = 'tfjs';
SELECT count(*) FROM create_tag('gold', 'status', E'tab \\t');
SELECT count(*) FROM register_dataset('images_2025', 's3://data/images', 'tfrecord', row_count => 12, tags => '{gold,images}');
SELECT count(*) FROM tag('tfjs', 'gold');
SELECT count(*) FROM tag('tfjs@4.0.0', 'gold');
SELECT count(*) FROM record_metrics('tfjs@4.0.0', '{"accuracy": 0.1, "loss": "NaN", "worst": "-Infinity"}', dataset => 'images_2025');
INSERT INTO version_signatures (version_id, kind, signer, bundle, verification, verified_at)
VALUES (find_version('tfjs@4.0.0'), 'sigstore', 'release\@example.com', '{"sig": [1, 2.50]}', 'verified', now());
SELECT count(*) FROM drop_alias('onnxruntime-web', 'champion');
SQL
    # Since there are users, whoever did something is one.
    my $has_users = sql($node, $database, q{SELECT to_regclass('mlregistry.users') IS NOT NULL}) eq 't';
    my $user = $has_users ? q{(SELECT user_id FROM users WHERE email = 'ana@other.example')} : 'gen_random_uuid()';
    my $access = $has_users ? <<'SQL' : '';
INSERT INTO users (email, first_name, settings, is_verified) VALUES ('ana@other.example', 'Ána', '{"theme": "dark"}', true), ('bob@other.example', 'Bob', '{}', false);
INSERT INTO user_credentials (user_id, password_hash, password_changed_at) SELECT user_id, E'hash \\ ' || email, now() FROM users;
INSERT INTO organization_memberships (organization_id, user_id, role) SELECT o.organization_id, u.user_id, CASE WHEN u.email LIKE 'ana%' THEN 'admin' ELSE 'developer' END FROM organizations o, users u;
INSERT INTO project_members (organization_id, project_id, user_id, role) SELECT p.organization_id, p.project_id, u.user_id, 'owner' FROM projects p, users u WHERE u.email LIKE 'bob%';
INSERT INTO api_keys (organization_id, user_id, name, key_prefix, permissions, expires_at)
SELECT organization_id, user_id, 'robot', 'mlr_' || role, '{"scopes": ["models:read", "versions:write"]}', 'infinity' FROM organization_memberships;
INSERT INTO api_key_secrets (api_key_id, key_hash) SELECT api_key_id, encode(sha256(uuid_send(api_key_id)), 'hex') FROM api_keys;
INSERT INTO role_access (db_role, organization_id, level) SELECT 'pg_monitor', organization_id, 'read' FROM organizations;
INSERT INTO resource_quotas (organization_id, scope, gpu_hours_limit) SELECT organization_id, 'organization', 100.5 FROM organizations;
INSERT INTO resource_quotas (organization_id, scope, scope_id, cost_limit_usd) SELECT organization_id, 'project', project_id, 7 FROM projects;
UPDATE access_rules SET read_role = 'admin' WHERE table_name = 'resource_quotas';
SQL
    my $has_deployments = sql($node, $database, q{SELECT to_regclass('mlregistry.deployments') IS NOT NULL}) eq 't';
    my $deployments = $has_deployments ? <<'SQL' : '';
INSERT INTO environments (organization_id, environment_name, environment_type, required_approval_types, config)
SELECT organization_id, 'prod-eu', 'production', '{security,legal}', '{"zones": ["a", "b"]}' FROM organizations;
INSERT INTO deployments (organization_id, version_id, environment_id, deployment_name, status, deployed_at, replicas, traffic_percentage)
SELECT v.organization_id, v.version_id, e.environment_id, 'api-' || v.version_id, s.status, '2021-03-04 05:06+00', 3, 12.5
  FROM (SELECT *, row_number() OVER (PARTITION BY model_id ORDER BY semver DESC) AS place FROM model_versions WHERE deleted_at IS NULL) AS v
  JOIN environments e USING (organization_id), unnest('{active,failed}'::text[]) AS s (status)
 WHERE v.place = CASE s.status WHEN 'active' THEN 1 ELSE 2 END;
UPDATE deployments SET replicas = 4 WHERE status = 'active';
INSERT INTO deployment_tags (deployment_id, tag_id) SELECT d.deployment_id, t.tag_id FROM deployments d JOIN tags t USING (organization_id) WHERE t.tag_name = 'gold';
INSERT INTO approvals (organization_id, version_id, deployment_id, environment_id, approval_type, approval_status, requested_by, requested_at, reviewed_by, reviewed_at, review_checklist)
SELECT organization_id, version_id, deployment_id, environment_id, 'security', 'approved', 'asks', '2021-03-01Z', 'reviews', '2021-03-02Z', '{"looked": [true, 1.50]}' FROM deployments;
INSERT INTO approvals (organization_id, version_id, approval_type) SELECT DISTINCT organization_id, version_id, 'legal' FROM deployments;
INSERT INTO metric_gates (organization_id, project_id, metric_name, comparison, threshold, is_active) SELECT organization_id, project_id, 'loss', '<=', 1e-300, false FROM projects;
SQL
    my $has_runs = $has_deployments && sql($node, $database, q{SELECT to_regclass('mlregistry.training_runs') IS NOT NULL}) eq 't';
    my $runs = $has_runs ? <<'SQL' : '';
INSERT INTO experiments (organization_id, project_id, experiment_name, config) SELECT organization_id, project_id, 'base line', '{"seed": 1.50}' FROM projects;
INSERT INTO training_runs (organization_id, experiment_id, version_id, run_name, status, queued_at, started_at, completed_at, dataset_id, error_message)
SELECT e.organization_id, e.experiment_id, v.version_id, 'made ' || v.semver, 'succeeded', '2020-01-01Z', '2020-01-02Z', '2020-01-03Z', d.dataset_id, E'tab \t'
  FROM experiments e JOIN model_versions v ON v.project_id = e.project_id JOIN models m ON m.model_id = v.model_id LEFT JOIN datasets d ON d.project_id = e.project_id
 WHERE m.model_name = 'tfjs' AND v.deleted_at IS NULL;
UPDATE training_runs r SET parent_run_id = p.run_id FROM training_runs p WHERE p.experiment_id = r.experiment_id AND p.run_number = r.run_number - 1;
INSERT INTO run_datasets (organization_id, run_id, dataset_id, dataset_role, row_count) SELECT organization_id, run_id, dataset_id, 'holdout', 7 FROM run_datasets;
DELETE FROM run_datasets d USING training_runs r WHERE r.run_id = d.run_id AND r.run_number = 1 AND d.dataset_role = 'holdout';
SQL
    my $has_lineage = sql($node, $database, q{SELECT to_regclass('mlregistry.lineage_edges') IS NOT NULL}) eq 't';
    my $lineage = $has_lineage ? <<'SQL' : '';
INSERT INTO version_parents (organization_id, version_id, parent_version_id, relation, notes)
SELECT v.organization_id, v.version_id, v.parent, 'fine-tuned-from', E'tab \t'
  FROM (SELECT *, lag(version_id) OVER (PARTITION BY model_id ORDER BY semver) AS parent FROM model_versions) AS v WHERE v.parent IS NOT NULL;
INSERT INTO datasets (organization_id, project_id, dataset_name, storage_location, storage_format) SELECT organization_id, project_id, 'raw_2025', 's3://data/raw', 'csv' FROM datasets WHERE dataset_name = 'images_2025';
INSERT INTO dataset_parents (organization_id, dataset_id, parent_dataset_id, transformation)
SELECT d.organization_id, d.dataset_id, p.dataset_id, 'cut' FROM datasets d JOIN datasets p USING (project_id) WHERE d.dataset_name = 'images_2025' AND p.dataset_name = 'raw_2025';
DELETE FROM version_parents p USING model_versions v WHERE v.version_id = p.version_id AND v.semver = '4.0.0';
SQL
    # What triggers of these tables would change, history among it.
    my $untouched = $has_catalog ? <<"SQL" : '';
UPDATE teams SET updated_at = '2020-02-29 12:00+00', updated_by = 'somebody', department = ' not trimmed ', created_by_user = $user;
UPDATE datasets SET updated_at = '2020-02-29 12:00+00', updated_by = 'somebody', data_steward = ' not trimmed ', created_by_user = $user;
UPDATE model_tags SET added_by_user = $user;
UPDATE model_metrics SET recorded_by_user = $user;
UPDATE version_signatures SET signer = ' not trimmed ';
UPDATE alias_history SET valid_from = valid_from - interval '5 years', valid_to = valid_to - interval '5 years', set_by = 'somebody', set_by_user = $user;
UPDATE model_versions SET frozen_at = '2020-02-29 12:00+00' WHERE frozen_at IS NOT NULL;
SQL
    $untouched .= $has_deployments ? <<"SQL" : '';
UPDATE environments SET updated_at = '2020-02-29 12:00+00', updated_by = 'somebody', region = ' not trimmed ', created_by_user = $user;
UPDATE deployments SET updated_at = '2020-02-29 12:00+00', updated_by = 'somebody', instance_type = ' not trimmed ', deployed_by_user = $user, terminated_at = '2020-01-01Z';
UPDATE approvals SET updated_at = '2020-02-29 12:00+00', updated_by = 'somebody', review_notes = 'decided since', requested_by_user = $user;
UPDATE deployment_history SET valid_from = valid_from - interval '5 years', valid_to = valid_to - interval '5 years', performed_by = 'somebody', performed_by_user = $user;
UPDATE stage_history SET valid_from = valid_from - interval '5 years', valid_to = valid_to - interval '5 years', changed_by_user = $user;
UPDATE status_history SET valid_from = valid_from - interval '5 years', valid_to = valid_to - interval '5 years', changed_by_user = $user;
SQL
    $untouched .= $has_lineage ? <<"SQL" : '';
UPDATE version_parents SET created_by = 'somebody', created_by_user = $user;
UPDATE dataset_parents SET created_at = '2020-02-29 12:00+00', created_by_user = $user;
UPDATE lineage_edges SET valid_from = valid_from - interval '5 years', valid_to = valid_to - interval '5 years', changed_in = '7';
SQL
    sql($node, $database, <<"SQL");
SET search_path = public, mlregistry;
CREATE TEMP TABLE histories (model_name text, published integer, semver text, precedence_rank integer);
\\copy histories FROM '$histories' WITH (FORMAT csv, DELIMITER E'\\t', HEADER)
DELETE FROM histories WHERE model_name = 'electron' AND published > 8;
SELECT count(*)
  FROM (SELECT DISTINCT h.model_name FROM histories h) AS m,
       register_model(m.model_name, framework => 'onnx', description => E'tab \\t, backslash \\\\, two lines\\nÄ ✓ \\\\N',
                      metadata => '{"team": "vision", "gpu": [1, 2.5]}');
SELECT count(v.version_id)
  FROM (SELECT * FROM histories ORDER BY published) AS h,
       register_version(h.model_name, h.semver, 's3://models/' || h.model_name || '/{version}', release_notes => 'no. ' || h.published,
                        performance_metrics => jsonb_build_object('rank', h.precedence_rank)) AS v;
SELECT count(*) FROM set_alias('tfjs', 'champion', '3.0.0');
SELECT count(*) FROM set_alias('tfjs', 'champion', '4.0.0');
SELECT count(*) FROM set_alias('tfjs', 'Stable', 'latest');
SELECT count(*) FROM set_alias('onnxruntime-web', 'champion', 'latest');
$files
$catalog
INSERT INTO frameworks (name, description) VALUES ('our_own', 'Ours');
UPDATE gpu_types SET price_per_hour_usd = 3.9876 WHERE name = 'nvidia-a100';
SELECT count(*) FROM register_model('old-one', framework => 'our_own');
SELECT count(*) FROM register_version('old-one', '1.0.0+build.7', 'file:///old');
SELECT count(*) FROM register_model('deleted-one', framework => 'custom');
UPDATE models SET is_active = false, archived_reason = 'replaced' WHERE model_name = 'old-one';
UPDATE models SET deleted_at = now() WHERE model_name = 'deleted-one';
UPDATE model_versions SET deleted_at = now() WHERE semver = '0.0.1'::semver OR semver = '1.3.1'::semver;
UPDATE model_versions v SET stage = 'production', status = 'validated' FROM models m
 WHERE m.model_id = v.model_id AND m.model_name = 'tfjs' AND v.semver = '4.0.0'::semver;
UPDATE model_versions v SET status = 'deprecated', deprecation_reason = 'slow' FROM models m
 WHERE m.model_id = v.model_id AND m.model_name = 'tfjs' AND v.semver = '2.0.0'::semver;

INSERT INTO organizations (organization_id, name, slug, billing_email, max_models)
VALUES ('11111111-1111-4111-8111-111111111111', 'Öther & Co.', 'other', 'bills\@other.example', 10);
INSERT INTO projects (project_id, organization_id, name, slug)
VALUES ('22222222-2222-4222-8222-222222222222', '11111111-1111-4111-8111-111111111111', 'Research', 'research');
INSERT INTO models (model_id, organization_id, project_id, model_name, framework)
VALUES ('33333333-3333-4333-8333-333333333333', '11111111-1111-4111-8111-111111111111',
        '22222222-2222-4222-8222-222222222222', 'tfjs', 'jax');
INSERT INTO model_versions (organization_id, model_id, semver, artifact_uri)
SELECT '11111111-1111-4111-8111-111111111111', '33333333-3333-4333-8333-333333333333', format('0.%s.0', n), '/models/' || n
  FROM generate_series(1, 5) n;
INSERT INTO model_aliases (organization_id, model_id, alias, version_id)
SELECT organization_id, model_id, 'best', version_id FROM model_versions
 WHERE organization_id = '11111111-1111-4111-8111-111111111111' AND semver = '0.3.0'::semver;

$access
$deployments
$runs
$lineage
-- What triggers would change: touch, actor, normalize.
SET session_replication_role = replica;
UPDATE models SET updated_at = '2020-02-29 12:00+00', updated_by = 'somebody', created_by_user = $user,
                  display_name = display_name, primary_contact = ' not trimmed ';
UPDATE model_versions SET updated_at = '2020-02-29 12:00+00', updated_by = 'somebody', registered_by_user = $user,
                          git_branch = ' not trimmed ',
                          registered_at = '2019-01-01'::timestamptz + make_interval(secs => hashtext(semver::text) % 10000);
UPDATE model_aliases SET set_at = '2020-02-29 12:00+00', set_by = 'somebody', set_by_user = $user;
UPDATE organizations SET updated_at = '2020-02-29 12:00+00', updated_by = 'somebody', created_by_user = $user;
UPDATE projects SET updated_at = '2020-02-29 12:00+00', updated_by = 'somebody', created_by_user = $user;
$untouched
RESET session_replication_role;
SQL
    return;
}

# What a DBA may have added to the registry's tables and around them. Roles mlr_owner and mlr_auditor must exist.
sub add_dba_objects {
    my ($node, $database) = @_;
    sql($node, $database, <<'SQL');
ALTER TABLE mlregistry.models ADD COLUMN dba_cost_center text DEFAULT 'cc-0' NOT NULL;
SET session_replication_role = replica;
UPDATE mlregistry.models SET dba_cost_center = 'cc-' || length(model_name);
RESET session_replication_role;
COMMENT ON COLUMN mlregistry.models.dba_cost_center IS 'Who pays';
ALTER TABLE mlregistry.models ADD CONSTRAINT dba_valid_cost_center CHECK (dba_cost_center ~ '^cc-\d+$');
CREATE INDEX dba_models_cost_center ON mlregistry.models (dba_cost_center, lower(display_name)) WHERE mlregistry.is_valid_name(model_name);
COMMENT ON INDEX mlregistry.dba_models_cost_center IS 'for the report';
CREATE INDEX dba_versions_build ON mlregistry.model_versions (semver mlregistry.semver_build_ops);
COMMENT ON TABLE mlregistry.models IS 'Models, as the DBA sees them';
GRANT USAGE ON SCHEMA mlregistry TO mlr_auditor;
GRANT SELECT, UPDATE (description) ON mlregistry.models TO mlr_auditor;
GRANT SELECT ON mlregistry.v_models_latest TO mlr_auditor WITH GRANT OPTION;
-- What the view reads beside models; an upgrade that adds a table to the view grants it.
DO $$BEGIN IF to_regclass('mlregistry.teams') IS NOT NULL THEN GRANT SELECT ON mlregistry.teams, mlregistry.tags, mlregistry.model_tags TO mlr_auditor; END IF;
    IF to_regclass('mlregistry.deployments') IS NOT NULL THEN GRANT SELECT ON mlregistry.deployments TO mlr_auditor; END IF; END$$;
GRANT EXECUTE ON FUNCTION mlregistry.check_registry() TO mlr_auditor;
REVOKE EXECUTE ON FUNCTION mlregistry.drop_alias(text, text) FROM PUBLIC;
ALTER TABLE mlregistry.models ENABLE ROW LEVEL SECURITY;
CREATE POLICY dba_active ON mlregistry.models AS RESTRICTIVE FOR SELECT TO mlr_auditor USING (is_active AND mlregistry.is_valid_name(model_name));
COMMENT ON POLICY dba_active ON mlregistry.models IS 'Auditors see active models';
CREATE TABLE public.dba_notes (model_id uuid PRIMARY KEY REFERENCES mlregistry.models ON DELETE CASCADE, since mlregistry.semver, note text);
INSERT INTO public.dba_notes SELECT model_id, '1.0.0', model_name FROM mlregistry.models;
CREATE VIEW public.dba_report AS SELECT model_name, latest_version FROM mlregistry.v_models_latest;
CREATE MATERIALIZED VIEW public.dba_highest AS SELECT model_id, mlregistry.max(semver) AS semver FROM mlregistry.model_versions GROUP BY model_id;
SQL
    return;
}

# How often each SQLSTATE was logged as an error since that position in the log (-s of the file): 'state n' lines.
sub logged_states {
    my ($node, $position) = @_;
    my $log = PostgreSQL::Test::Utils::slurp_file($node->logfile, $position // 0);
    my %states;
    $states{$1}++ while $log =~ /^\S+ \S+ \S+ \[\d+\] ([0-9A-Z]{5}) .*?(?:ERROR|FATAL|PANIC): /mg;
    return join "\n", map { "$_ $states{$_}" } sort keys %states;
}

# A session that stays open. ask() waits for the end of a statement; tell() does not: the next ask() gets its outcome too.
sub session {
    my ($node, $database, $name) = @_;
    my $session = $node->background_psql($database, on_error_stop => 0,
        extra_params => [ '-v', 'VERBOSITY=verbose', '-v', 'SHOW_CONTEXT=never' ]);
    $session->query_safe("SET application_name = '$name'; SET search_path = public, mlregistry;");
    return $session;
}

# Runs SQL in a session: its SQLSTATE, or '00000', and its output.
sub ask {
    my ($session, $sql) = @_;
    $session->{stderr} = '';
    my $out = $session->query($sql);
    my $state = _state_in($session->{stderr});
    $session->{stderr} = '';
    return wantarray ? ($state, $out) : $state;
}

# Sends SQL to a session without waiting for its end.
sub tell {
    my ($session, $sql) = @_;
    $session->{stdin} .= "$sql;\n";
    $session->{run}->pump_nb while length $session->{stdin};
    return;
}

# Waits until the session of that name waits for a lock.
sub is_waiting {
    my ($node, $database, $name) = @_;
    return $node->poll_query_until($database,
        "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE application_name = '$name' AND wait_event_type = 'Lock')");
}

sub stop_sessions { $_->quit for @_; return }

# Pages with SQL and what psql prints: a ```sql block, then a ```text block. Returns the steps: { code, shown }. The blocks
# of a page that are not in such a pair are a failure.
sub tour_steps {
    my ($page, $name) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my @steps;
    push @steps, { code => $1, shown => $2 } while $page =~ /^```sql\n(.*?)^```\n```text\n(.*?)^```$/msg;
    is(scalar(() = $page =~ /^```(?:sql|text)$/mg), 2 * @steps, "$name: every sql block shows its output");
    return @steps;
}

# Runs all steps in one session of psql, each told from the others by a mark; returns what each printed.
sub run_tour {
    my ($node, $database, @steps) = @_;
    my $script = "\\set SHOW_CONTEXT never\n\\pset footer off\n\\set QUIET on\n";
    $script .= "\\echo =====\n$_->{code}" for @steps;
    my $output = '';
    local $ENV{PGHOST} = $node->host;
    local $ENV{PGPORT} = $node->port;
    local $ENV{PGAPPNAME} = 'tour';
    delete local $ENV{PGTZ};
    IPC::Run::run([ 'psql', '-X', '-q', '-d', $database ], '<', \$script, '>&', \$output);
    my (undef, @printed) = split /^=====\n/m, $output;
    return map { tour_text($_) } @printed;
}

# What psql printed, as a page shows it: without the blanks at line ends and the lines of an error that name places and times.
sub tour_text {
    my ($text) = @_;
    my @lines = grep { !/^\s+\^\s*$/ && !/^(?:DETAIL|LINE \d+|CONTEXT):/ } split /\n/, $text;
    for (@lines) { s/^psql:[^ ]* //; s/\s+$// }
    $text = join "\n", @lines;
    $text =~ s/\n{3,}/\n\n/g;
    $text =~ s/^\n+|\n+$//g;
    return $text eq '' ? '' : "$text\n";
}

# Tests that psql printed what a page shows; blank lines do not matter. Shows the difference as diff does.
sub same_output {
    my ($printed, $shown, $name) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my @texts = map { tour_text($_) =~ s/^\n//mgr } $shown, $printed;
    my $ok = ok($texts[0] eq $texts[1], $name);
    return $ok if $ok;
    my @files = map {
        my $file = File::Temp->new;
        print {$file} $_;
        close $file or die "cannot write $file: $!";
        $file
    } @texts;
    my $difference = '';
    IPC::Run::run([ 'diff', '-U2', '--label', 'the page shows', '--label', 'psql printed', map { "$_" } @files ], '>', \$difference);
    diag($difference);
    return $ok;
}

1;
