# The tour of the README: what it says is what psql prints, but for details of errors.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin;
use MLR;

use IPC::Run ();
use PostgreSQL::Test::Utils;
use Test::More;

# Blanks at line ends and between results do not matter, nor do the lines of an error that name places and times.
sub essential {
    my ($text) = @_;
    my @lines = grep { !/^\s*\^?\s*$/ && !/^(DETAIL|LINE \d+|CONTEXT):?/ } split /\n/, $text;
    s/^psql:[^ ]* // for @lines;
    s/\s+$// for @lines;
    return join("\n", @lines);
}

my $readme = PostgreSQL::Test::Utils::slurp_file(project_root() . '/README.md');
my ($tour) = $readme =~ /^## Use it\n(.*?)^## /ms or die 'the README has no section "Use it"';
my @steps = $tour =~ /```sql\n(.*?)```\n```text\n(.*?)```/gs;
cmp_ok(scalar @steps, '>=', 8, 'the tour has steps with their output');
is(scalar(() = $tour =~ /```sql\n/g), @steps / 2, 'every step shows its output');

my $node = new_node('readme');
sql($node, 'postgres', 'CREATE DATABASE tour');
my $setup = "\\set SHOW_CONTEXT never\n\\pset footer off\n\\set QUIET on\n";
my $script = $setup;
my ($step, @shown) = (0);
while (my ($code, $shown) = splice(@steps, 0, 2)) {
    # One session for the whole tour: each step is told from the others by a mark.
    $script .= "\\echo =====\n$code";
    push @shown, $shown;
}
my $output = '';
local $ENV{PGHOST} = $node->host;
local $ENV{PGPORT} = $node->port;
IPC::Run::run([ 'psql', '-X', '-q', '-d', 'tour' ], '<', \$script, '>&', \$output);
my (undef, @printed) = split /^=====\n/m, $output;
is(scalar @printed, scalar @shown, 'psql ran every step');
for my $shown (@shown) {
    $step++;
    is(essential(shift @printed), essential($shown), "step $step prints what the README shows");
}

done_testing();
