# The tour of the README: what it says is what psql prints, but for details of errors.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin;
use MLR;

use PostgreSQL::Test::Utils;
use Test::More;

my $readme = PostgreSQL::Test::Utils::slurp_file(project_root() . '/README.md');
my ($tour) = $readme =~ /^## Use it\n(.*?)^## /ms or die 'the README has no section "Use it"';
my @steps = tour_steps($tour, 'the tour');
cmp_ok(scalar @steps, '>=', 4, 'the tour has steps');

my $node = new_node('readme');
sql($node, 'postgres', 'CREATE DATABASE tour');
my @printed = run_tour($node, 'tour', @steps);
is(scalar @printed, scalar @steps, 'psql ran every step');
my $step = 0;
for my $printed (@printed) {
    same_output($printed, $steps[ $step++ ]{shown}, "step $step prints what the README shows");
}

done_testing();
