# What a walk along lineage needs beside its result: at most 100 bytes a node, also where all of them are one step away.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin;
use MLR;

use IPC::Run ();
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(usleep);

plan skip_all => 'it needs /proc' unless -r "/proc/$$/status";

my $nodes = 300_000;
my $node = new_node('lineage_memory', conf => "shared_buffers = 128MB\nfsync = off\nautovacuum = off\n");
sql($node, 'postgres', 'CREATE DATABASE d');
sql($node, 'd', 'CREATE EXTENSION mlregistry; ALTER DATABASE d SET search_path = public, mlregistry');
sql($node, 'd', <<"SQL");
SET session_replication_role = replica;
-- Layers of a star: 200,000 runs of one dataset, and versions that came of half of them.
INSERT INTO lineage_edges (organization_id, child_kind, child_id, parent_kind, parent_id, relation, child_project_id, parent_project_id, valid_from)
SELECT current_organization_id(), k.child_kind, md5(k.child_kind || n)::uuid, k.parent_kind, k.parent_id, k.relation, current_project_id(), current_project_id(), '2026-01-01'
  FROM generate_series(1, 200000) AS n,
       LATERAL (VALUES ('run', 'dataset', md5('dataset')::uuid, 'trained-on'), ('version', 'run', md5('run' || n)::uuid, 'produced-by'))
               AS k (child_kind, parent_kind, parent_id, relation)
 WHERE k.child_kind = 'run' OR n % 2 = 0;
VACUUM ANALYZE lineage_edges;
SQL

# Its own memory: what it shares with others is none of the walk's. The result goes to a file.
my $walk = q{SELECT count(*), max(depth) FROM lineage_walk('{dataset}', ARRAY[md5('dataset')::uuid], 'downstream', max_depth => %s, max_nodes => NULL)};
my ($said, $complained) = ('', '');
my $client = IPC::Run::start(
    [ 'psql', '-XqAt', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('d') . q{ application_name=walker}, '-c', q{SET work_mem = '64kB'},
      '-c', sprintf($walk, 0), '-c', 'SELECT pg_sleep(1)', '-c', sprintf($walk, 'NULL'), '-c', 'SELECT pg_sleep(0.2)' ],
    '>', \$said, '2>', \$complained);
my $backend = $node->poll_query_until('d', q{SELECT count(*) = 1 FROM pg_stat_activity WHERE application_name = 'walker' AND query LIKE '%pg_sleep(1)%' AND state = 'active'})
    && sql($node, 'd', q{SELECT pid FROM pg_stat_activity WHERE application_name = 'walker'});

# In bytes; 0 when it is gone.
sub own_memory {
    open(my $status, '<', "/proc/$backend/status") or return 0;
    my ($kilobytes) = map { /^RssAnon:\s+(\d+) kB/ } <$status>;
    return 1024 * ($kilobytes // 0);
}
my $before = own_memory();
my ($most, $looks) = (0, 0);
while ($client->pumpable) {
    my $now = own_memory();
    $most = $now if $now > $most;
    ++$looks;
    $client->pump_nb;
    usleep(1000);
}
$client->finish;
is($complained, '', 'nothing goes wrong');
like($said, qr/^$nodes\|2$/m, "$nodes nodes are reached");
cmp_ok($before, '>', 0, 'the memory of a backend can be read');
cmp_ok($looks, '>', 100, 'and was looked at');
cmp_ok($most - $before, '>', 20 * $nodes, 'the walk needs some');
cmp_ok(($most - $before) / $nodes, '<=', 100, 'but at most 100 bytes a node');

done_testing();
