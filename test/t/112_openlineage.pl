# Events of OpenLineage against the real schemas: MLREGISTRY_SCHEMAS names the folder in which openlineage/ lies (scripts/test finds
# it beside the checkout). Needs Debian's python3-jsonschema; PYTHON chooses the interpreter. That events keep the rules of
# docs/design/semantics.md is tested by test/pgtap/11_openlineage.sql, without any of these.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin;
use MLR;

use IPC::Run ();
use PostgreSQL::Test::Utils;
use Test::More;

my $schemas = ($ENV{MLREGISTRY_SCHEMAS} // project_root() . '/../shared/data/schemas') . '/openlineage';
plan skip_all => "there are no schemas in $schemas" unless -f "$schemas/OpenLineage.json";
my ($python) = grep { IPC::Run::run([ $_, '-c', 'import jsonschema' ], '>&', \my $ignored) }
    grep { defined && -x } $ENV{PYTHON}, '/usr/bin/python3', map { "$_/python3" } split /:/, $ENV{PATH};
ok(defined $python, 'there is a Python that has jsonschema (python3-jsonschema)') or done_testing(), exit 1;

my $ours = project_root() . '/docs/openlineage/mlregistry-facets.json';

# What the validator says: (exit status, lines, the last one apart).
sub validate {
    my ($events) = @_;
    my ($out, $err) = ('', '');
    local $ENV{PYTHONDONTWRITEBYTECODE} = 1;
    IPC::Run::run([ $python, project_root() . '/test/openlineage/validate.py', $schemas, $ours ], '<', \$events, '>', \$out, '2>', \$err);
    my $status = $? >> 8;
    diag($err) if $err ne '';
    my @lines = split /\n/, $out;
    return ($status, pop @lines // '', @lines);
}

sub is_valid {
    my ($events, $name) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my ($status, $verdict, @lines) = validate($events);
    my ($valid) = $verdict =~ /^([1-9]\d*) valid, 0 invalid$/;
    ok($status == 0 && defined $valid, $name) or diag(join "\n", @lines, $verdict);
    note(join "\n", @lines, $verdict);
    return map { /^(\d+) (.*)$/ ? ($2 => $1) : () } @lines;
}

my $node = new_node('openlineage');
sql($node, 'postgres', "CREATE DATABASE $_") for qw(sample hostile);
sql($node, $_, "CREATE EXTENSION mlregistry; ALTER DATABASE $_ SET search_path = public, mlregistry; ALTER DATABASE $_ SET mlregistry.organization = 'default'")
    for qw(sample hostile);
sql($node, 'sample', 'DO $$BEGIN PERFORM load_sample_data(); END$$');
sql($node, 'hostile', PostgreSQL::Test::Utils::slurp_file(project_root() . '/test/data/hostile-lineage.sql'));

my $events = 'SELECT event FROM openlineage_events(max_rows => NULL)';
my %count = is_valid(sql($node, 'sample', $events), 'events of the sample data');
is_sql($node, 'sample', 'SELECT count(*) FROM openlineage_events(max_rows => NULL)', $count{event}, 'all of them');
cmp_ok($count{event}, '>=', 40, 'which are not few');
is($count{'event by schemaURL'}, $count{event}, 'and each is what its schemaURL says');
# Times and texts that a session may choose otherwise.
is_valid(sql($node, 'sample', "SET timezone = 'America/St_Johns'; SET datestyle = 'Postgres, DMY'; SET intervalstyle = 'iso_8601'; SET bytea_output = 'escape'; SET extra_float_digits = -15; $events"),
    'whatever the settings of the session');
sql($node, 'sample', "ALTER DATABASE sample SET mlregistry.organization = 'acme'");
is_valid(sql($node, 'sample', $events), 'events of another organization');

my $hostile = sql($node, 'hostile', $events);
%count = is_valid($hostile, 'events with hostile texts');
my @facets = grep { s/^facet // && $_ ne 'by key' } my @kinds = keys %count;
is_deeply(
    [ sort @facets ],
    [ sort qw(dataSource datasetType documentation errorMessage executionParameters inputStatistics jobType lineage mlregistry_dataset mlregistry_metrics
          mlregistry_run mlregistry_use mlregistry_version outputStatistics ownership parent sourceCodeLocation storage subset symlinks tags version) ],
    'facets of every kind are among them');
is_sql($node, 'hostile', 'SELECT count(*) FROM openlineage_events(max_rows => NULL)', $count{event}, 'and all events');

# The validator sees what is wrong.
my ($run) = grep { /"COMPLETE"/ && /"python"/ } split /\n/, $hostile;
my ($version) = grep { !/"eventType"/ } split /\n/, $hostile;
for my $case (
    [ 'a time without zone', $run, '"eventTime": "2026-03-02T12:00:00.000000Z"', '"eventTime": "2026-03-02T12:00:00"' ],
    [ 'a state that there is none of', $run, '"COMPLETE"', '"SUCCEEDED"' ],
    [ 'a number in place of a name', $version, '"name": "fraud-detector"', '"name": 1' ],
    [ 'another identifier', $run, '"runId": "00000000-', '"runId": "' ],
    [ 'NaN', $run, '"NaN"', 'NaN' ],
    [ 'a metric that is no number', $run, '"NaN"', '"nan"' ],
    [ 'a facet without schema', $run, '"_schemaURL": "https://openlineage.io/spec/facets/1-2-0/ParentRunFacet.json', '"url": "' ],
    [ 'a version of a facet that there is none of', $run, '/1-2-0/ParentRunFacet.json', '/1-2-1/ParentRunFacet.json' ],
    [ 'the schema of another facet', $run, 'facets/1-2-0/ParentRunFacet.json#/$defs/ParentRunFacet', 'facets/1-0-0/TagsRunFacet.json#/$defs/TagsRunFacet' ],
    [ 'a definition that there is none of', $run, '$defs/ParentRunFacet', '$defs/ParentFacet' ],
    [ 'a fact that our schema does not know', $run, '"gpuHours"', '"gpuDays"' ],
    [ 'a URI with a blank', $run, '%20', ' ' ],
    [ 'a dataset event with a run', $version, '"dataset": ', '"run": {}, "job": {}, "data": ' ],
    [ 'half a line', $run, '}}}', '' ])
{
    my ($name, $event, $from, $to) = @$case;
    my $changed = $event =~ s/\Q$from\E/$to/r;
    isnt($changed, $event, "$name: is another event");
    my ($status, $verdict) = validate("$changed\n");
    ok($status == 1 && $verdict =~ /, [1-9]\d* invalid$/, "$name: is not valid") or diag($verdict);
}
my ($status) = validate('');
is($status, 1, 'no events are not valid either');
is(logged_states($node) =~ /^(?:XX\S*|57\S*) /m ? 'trouble' : 'none', 'none', 'no internal error, no crash in the log');

done_testing();
