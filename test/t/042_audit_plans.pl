# Plans of the statements inside audit_trail(), audit_by_actor() and recent_activity() over 100,000 events of more than a year, for
# a viewer under row security who may not see half of them: a page is read along an index, backwards and to its end, and of
# the months that the filters ask for alone.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin;
use MLR;

use JSON::PP ();
use PostgreSQL::Test::Utils;
use Test::More;

my $node = new_node('audit_plans', conf => <<'CONF');
shared_buffers = 128MB
fsync = off
autovacuum = off
session_preload_libraries = 'auto_explain'
CONF
sql($node, 'postgres', 'CREATE DATABASE d');
sql($node, 'd', 'CREATE EXTENSION mlregistry; ALTER DATABASE d SET search_path = public, mlregistry; ALTER DATABASE d SET timezone = \'UTC\'');
sql($node, 'd', <<'SQL');
CREATE ROLE mlr_viewer LOGIN;
SELECT create_user('viewer@example.com', db_role => 'mlr_viewer');
SELECT add_member('viewer@example.com', 'viewer', organization => 'default');
GRANT USAGE ON SCHEMA mlregistry TO mlr_viewer;
GRANT SELECT ON ALL TABLES IN SCHEMA mlregistry TO mlr_viewer;
SELECT create_project('hidden', visibility => 'private');
SELECT register_model('busy', framework => 'onnx'), register_model('busy', project => 'hidden'), register_model('calm');
SELECT register_version('busy', '1.4.0', 's3://m/1');
-- What is gone: as its deletion has left it.
CREATE FUNCTION id(n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$SELECT md5('thing' || n)::uuid$$;
CREATE FUNCTION log_id_of(at timestamptz, n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
    SELECT (lpad(to_hex(us / 1000), 12, '0') || '7' || lpad(to_hex((us % 1000 * 4096 + 999) / 1000), 3, '0') || '8' || substr(md5(n::text), 1, 15))::uuid
      FROM (SELECT (extract(epoch FROM at) * 1000000)::bigint) AS t (us) $$;
-- Ten events a moment. Every other one is of the project that she does not see; half of all are of one busy model each.
CREATE TEMP TABLE events AS
SELECT n, date_trunc('month', now()) - interval '13 months' + (n / 10) * interval '3700.000017 s' AS at,
       CASE WHEN n % 2 = 0 THEN current_project_id() ELSE find_project('hidden') END AS project_id,
       CASE WHEN n % 4 < 2 THEN CASE WHEN n % 2 = 0 THEN find_model('busy') ELSE find_model('hidden/busy') END ELSE id(n % 5000) END AS subject_id
  FROM generate_series(1, 100000) AS n;
INSERT INTO audit_logs (created_at, log_id, system_identifier, organization_id, project_id, subject_id, entity_id, actor, db_role, action, entity_type,
                        entity_name, salt, leaf_hash)
SELECT at, log_id_of(at, n), 1, current_organization_id(), project_id, subject_id, gen_random_uuid(), 'actor-' || n / 2 % 10, 'service',
       CASE WHEN n % 1000 IN (2, 3) THEN 'model.delete' ELSE 'model.update' END, 'model',
       CASE WHEN subject_id = id(n % 5000) THEN 'model-' || n % 5000 ELSE 'busy' END, '\x00', sha256('')
  FROM events;
SELECT run_maintenance();
VACUUM ANALYZE;
SQL
is_sql($node, 'd', q{SELECT count(*) FROM registry_partitions() WHERE table_name = 'audit_logs'}, '18', 'thirteen months have partitions of their own, as this one, three ahead and the rest have');
is_sql($node, 'd', q{SELECT count(*) FROM audit_logs_default}, '0', 'and the default one is empty');
is_sql($node, 'd', q{SELECT count(*) BETWEEN 50000 AND 50100 FROM audit_logs}, 't', 'the viewer sees half of it', as => 'mlr_viewer');

# Where the nodes of a plan, outer ones first, read partitions.
sub readings {
    my ($plan) = @_;
    my @inner = map { readings($_) } @{ $plan->{Plans} // [] };
    return @inner unless ($plan->{'Relation Name'} // '') =~ /^audit_logs_/;
    return ({
        partition => $plan->{'Relation Name'},
        how => $plan->{'Node Type'},
        index => $plan->{'Index Name'},
        visited => $plan->{'Actual Loops'} * ($plan->{'Actual Rows'} + ($plan->{'Rows Removed by Filter'} // 0) + ($plan->{'Rows Removed by Index Recheck'} // 0)),
    }, @inner);
}

# What a call reads, over all of its statements; and the number of its rows.
sub readings_of_call {
    my ($call) = @_;
    my $position = -s $node->logfile;
    my $rows = sql($node, 'd', <<"SQL");
LOAD 'auto_explain';
SET auto_explain.log_min_duration = 0; SET auto_explain.log_nested_statements = on; SET auto_explain.log_analyze = on;
SET auto_explain.log_format = json; SET auto_explain.log_timing = off;
SET SESSION AUTHORIZATION mlr_viewer;
SELECT count(*) FROM $call;
SQL
    my $log = PostgreSQL::Test::Utils::slurp_file($node->logfile, $position);
    my @readings;
    while ($log =~ /LOG:  duration: \S+ ms  plan:\n((?:\t.*\n)+)/g) {
        my $plan = $1;
        next if $plan !~ /"Relation Name": "audit_logs/;
        $plan =~ s/^\t//mg;
        $plan =~ s/^ *"(?:Query Text|Filter|Index Cond|Recheck Cond)": .*\n//mg;
        push @readings, readings(JSON::PP->new->utf8->relaxed->decode($plan)->{Plan});
    }
    return ($rows, @readings);
}

# Tests a call: its number of rows, that it reads by indexes of these names alone, the most rows that it visits and the
# most months that it reads anything of.
sub reads {
    my ($name, $call, %expected) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my ($rows, @readings) = readings_of_call($call);
    is($rows, $expected{rows}, "$name: rows");
    cmp_ok(scalar @readings, '>', 0, "$name: its plans were logged");
    # In the months to come there is nothing, for which no index is needed.
    my @other = grep { $_->{visited} > 0 && ($_->{how} !~ /^Index (?:Only )?Scan$/ || $_->{index} !~ $expected{index}) } @readings;
    is_deeply([ map { "$_->{how} on $_->{partition} " . ($_->{index} // '') } @other ], [], "$name: along the index");
    my $visited = 0;
    $visited += $_->{visited} for @readings;
    cmp_ok($visited, '<=', $expected{most}, "$name: visits $visited rows");
    my %months = map { $_->{partition} => 1 } @readings;
    cmp_ok(scalar keys %months, '<=', $expected{months}, "$name: reads " . keys(%months) . ' partitions');
    return;
}

# One row of each month is looked at before the first is known to be the newest: hence 18 more than what is shown. Ten events
# have the same moment: up to 20 more are sorted at the end of a page.
my $subject = qr/_subject_id_created_at_idx$/;
my $by_name = qr/_subject_id_created_at_idx$|_organization_id_entity_name_idx$/;
reads('a busy model', q{audit_trail(find_model('busy'))}, rows => 100, index => $subject, most => 140, months => 18);
reads('a busy model by its name', q{audit_trail('busy')}, rows => 100, index => $by_name, most => 140, months => 18);
reads('a calm model', q{audit_trail('calm')}, rows => 1, index => $by_name, most => 20, months => 18);
reads('one version of a busy model', q{audit_trail('busy@1.4.0', since => date_trunc('month', now()))}, rows => 1, index => $by_name, most => 2500, months => 18);
my ($since, $until) = (q{date_trunc('month', now()) - interval '5 months' + interval '3 days'}, q{date_trunc('month', now()) - interval '5 months' + interval '20 days'});
reads('a month of a busy model', "audit_trail(find_model('busy'), since => $since, until => $until)", rows => 100, index => $subject, most => 140, months => 1);
reads('what somebody did', q{audit_by_actor('actor-3')}, rows => 100, index => qr/_actor_created_at_idx$/, most => 260, months => 18);
reads('a month of what somebody did', "audit_by_actor('actor-3', since => $since, until => $until)", rows => 100, index => qr/_actor_created_at_idx$/, most => 260, months => 1);
reads('what happened of late', 'recent_activity()', rows => 100, index => qr/_pkey$/, most => 260, months => 18);
reads('a month of what happened', "recent_activity(since => $since, until => $until)", rows => 100, index => qr/_pkey$/, most => 260, months => 1);

# The page after the last row of another, a year back: older months alone, and no row of the pages before.
my $after = sql($node, 'd', q{SELECT log_id FROM audit_trail(find_model('busy'), until => date_trunc('month', now()) - interval '11 months', max_rows => 1)});
reads('a page a year back', "audit_trail(find_model('busy'), after => '$after')", rows => 100, index => $subject, most => 160, months => 4);
$after = sql($node, 'd', q{SELECT log_id FROM audit_trail(find_model('busy'), until => date_trunc('month', now()) - interval '11 months', max_rows => 1)});
reads('a page of the organization a year back', "recent_activity(after => '$after')", rows => 100, index => qr/_pkey$/, most => 260, months => 4);

# All pages are the whole: what she sees of one model, in order, each row once.
is_sql($node, 'd', <<'SQL', 't', 'pages of 333 are the trail', as => 'mlr_viewer');
CREATE FUNCTION pg_temp.pages() RETURNS uuid[] LANGUAGE plpgsql AS $$
DECLARE page uuid[]; pages uuid[] := '{}';
BEGIN
    LOOP
        page := ARRAY(SELECT log_id FROM audit_trail(find_model('busy'), max_rows => 333, after => page[cardinality(page)]));
        EXIT WHEN page = '{}';
        pages := pages || page;
    END LOOP;
    RETURN pages;
END $$;
SELECT pg_temp.pages() = ARRAY(SELECT log_id FROM audit_logs WHERE subject_id = find_model('busy') ORDER BY created_at DESC, log_id DESC);
SQL

done_testing();
