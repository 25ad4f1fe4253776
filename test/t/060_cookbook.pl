# The pages that psql prints: docs/cookbook.md, question by question, docs/access.md, docs/audit.md, docs/training.md,
# docs/lifecycle.md with its pictures, and docs/lineage.md.
#
# REFRESH=1 writes what psql prints, and the cookbook's table of contents, into the pages instead, and draws the pictures
# (scripts/refresh-cookbook).
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin;
use MLR;

use PostgreSQL::Test::Utils;
use Test::More;

my $node = new_node('cookbook');

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

# Tests a page in a database of its own. Parts are what stands below a heading of that level: ### or ##. What comes before the
# first is the preparation.
sub page_prints {
    my ($name, $level) = @_;
    my $file = project_root() . "/docs/$name.md";
    my $page = PostgreSQL::Test::Utils::slurp_file($file);
    my @steps = tour_steps($page, "$name.md");
    my @names;
    for my $part (split /^(?=$level )/m, $page) {
        my ($title) = $part =~ /^$level (.*)/;
        push @names, ($title // 'preparation') x (() = $part =~ /^```sql$/mg);
    }
    is(scalar @names, scalar @steps, "$name.md: every step has a heading");

    sql($node, 'postgres', "CREATE DATABASE $name");
    my @printed = run_tour($node, $name, @steps);
    is(scalar @printed, scalar @steps, "$name.md: psql ran every step");

    # A step that shows an error is about errors; any other must work.
    my @errs = grep { $printed[$_] =~ /^(?:ERROR|FATAL|PANIC):/m && $steps[$_]{shown} !~ /^ERROR:/m } 0 .. $#printed;
    ok(!@errs, "$name.md: nothing errs unless its text shows the error");
    diag("$names[$_]:\n$printed[$_]") for @errs;

    if ($ENV{REFRESH} && Test::More->builder->is_passing) {
        my $n = 0;
        $page =~ s/^(```sql\n.*?^```\n```text\n).*?^```$/$1 . $printed[$n++] . '```'/mesg;
        $page =~ s/(^<!-- contents -->\n).*?(^<!-- \/contents -->\n)/$1 . contents($page) . $2/mse;
        open my $out, '>', $file or die "cannot write $file: $!";
        print {$out} $page;
        close $out or die "cannot write $file: $!";
        @steps = tour_steps($page, "the refreshed $name.md");
    }
    for my $n (0 .. $#printed) {
        same_output($printed[$n], $steps[$n]{shown}, $names[$n]);
    }
    return $page;
}

my $cookbook = page_prints('cookbook', '###');
my (undef, @recipes) = split /^(?=### )/m, $cookbook;
cmp_ok(scalar @recipes, '>=', 110, scalar(@recipes) . ' recipes');
is_deeply([ map { /^### (.*)/ } grep { !/^```sql$/m } @recipes ], [], 'every recipe has SQL');
my ($list) = $cookbook =~ /^<!-- contents -->\n(.*?)^<!-- \/contents -->\n/ms;
same_output($list // '', contents($cookbook), 'the table of contents names every recipe');

page_prints('access', '##');
page_prints('audit', '##');

# The plot of the page on training, of a run that the page has made.
my ($plot) = page_prints('training', '##') =~ /^```sh\n(.*?)^```$/ms;
SKIP: {
    skip 'no gnuplot (gnuplot-nox)', 3 if system('command -v gnuplot >/dev/null') != 0;
    my $directory = PostgreSQL::Test::Utils::tempdir();
    local %ENV = (%ENV, PGHOST => $node->host, PGPORT => $node->port, PGDATABASE => 'training',
        RUN => sql($node, 'training', "SELECT run_id FROM mlregistry.v_training_runs WHERE run_name = 'depth-8'"));
    is(system('sh', '-ec', "cd '$directory'\n$plot"), 0, 'training.md: gnuplot draws the curve');
    is(scalar(() = PostgreSQL::Test::Utils::slurp_file("$directory/loss.dat") =~ /^\d+ [\d.]+$/mg), 800, 'training.md: of as many points as were asked for');
    like(PostgreSQL::Test::Utils::slurp_file("$directory/loss.png"), qr/\A\x89PNG/, 'training.md: the picture is one');
}

# What is drawn is what lifecycle() says: an edge has its ends as title, whichever Graphviz has drawn it.
my $lifecycle = page_prints('lifecycle', '##');
for my $entity ($lifecycle =~ /\(lifecycle\/(\w+)\.svg\)/g) {
    my $file = project_root() . "/docs/lifecycle/$entity.svg";
    if ($ENV{REFRESH}) {
        my $graph = sql($node, 'lifecycle', "SELECT mlregistry.lifecycle_dot('$entity')");
        IPC::Run::run([ 'dot', '-Tsvg' ], '<', \$graph, '>', $file) or die "dot draws no $entity";
    }
    my @drawn = map { s/&#45;/-/gr =~ s/&gt;/>/gr } PostgreSQL::Test::Utils::slurp_file($file) =~ /<title>(\w+&#45;&gt;\w+)<\/title>/g;
    my $moves = sql($node, 'lifecycle', "SELECT string_agg(from_state || '->' || to_state, ' ' ORDER BY 1) FROM mlregistry.lifecycle('$entity')");
    is(join(' ', sort @drawn), join(' ', sort split / /, $moves), "lifecycle.md: the picture of $entity has its moves");
}

page_prints('lineage', '##');

done_testing();
