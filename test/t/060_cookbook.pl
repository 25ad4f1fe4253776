# The cookbook: each recipe prints what the page shows.
#
# REFRESH=1 writes what psql prints, and the table of contents, into the page instead (scripts/refresh-cookbook).
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin;
use MLR;

use PostgreSQL::Test::Utils;
use Test::More;

my $file = project_root() . '/docs/cookbook.md';
my $page = PostgreSQL::Test::Utils::slurp_file($file);

# The headings of the page as GitHub links to them: chapters, and below each its recipes.
sub contents {
    my ($text) = @_;
    my $list = '';
    while ($text =~ /^(##|###) (.*)$/mg) {
        my ($level, $title) = ($1, $2);
        my $anchor = lc $title;
        utf8::decode($anchor);
        $anchor =~ s/[^\w -]//g;
        $anchor =~ tr/ /-/;
        utf8::encode($anchor);
        $list .= ($level eq '##' ? '' : '  ') . "- [$title](#$anchor)\n";
    }
    return $list;
}

# The recipes: the parts of the page below a heading of the third level. What comes before the first is the preparation.
my ($preparation, @recipes) = split /^(?=### )/m, $page;
cmp_ok(scalar @recipes, '>=', 30, scalar(@recipes) . ' recipes');
is_deeply([ map { /^### (.*)/ } grep { !/^```sql$/m } @recipes ], [], 'every recipe has SQL');

my @steps = tour_steps($page, 'the cookbook');
my @names;
for my $part ($preparation, @recipes) {
    my ($title) = $part =~ /^### (.*)/;
    push @names, ($title // 'preparation') x (() = $part =~ /^```sql$/mg);
}
is(scalar @names, scalar @steps, 'every step belongs to a recipe');

my $node = new_node('cookbook');
sql($node, 'postgres', 'CREATE DATABASE cookbook');
my @printed = run_tour($node, 'cookbook', @steps);
is(scalar @printed, scalar @steps, 'psql ran every step');

# A recipe that shows an error is about errors; any other must work.
my @errs = grep { $printed[$_] =~ /^(?:ERROR|FATAL|PANIC):/m && $steps[$_]{shown} !~ /^ERROR:/m } 0 .. $#printed;
ok(!@errs, 'no recipe errs unless its text shows the error');
diag("$names[$_]:\n$printed[$_]") for @errs;

if ($ENV{REFRESH} && Test::More->builder->is_passing) {
    my $n = 0;
    $page =~ s/^(```sql\n.*?^```\n```text\n).*?^```$/$1 . $printed[$n++] . '```'/mesg;
    $page =~ s/(^<!-- contents -->\n).*?(^<!-- \/contents -->\n)/$1 . contents($page) . $2/mse;
    open my $out, '>', $file or die "cannot write $file: $!";
    print {$out} $page;
    close $out or die "cannot write $file: $!";
    @steps = tour_steps($page, 'the refreshed cookbook');
}

for my $n (0 .. $#printed) {
    same_output($printed[$n], $steps[$n]{shown}, $names[$n]);
}
my ($list) = $page =~ /^<!-- contents -->\n(.*?)^<!-- \/contents -->\n/ms;
same_output($list // '', contents($page), 'the table of contents names every recipe');

done_testing();
