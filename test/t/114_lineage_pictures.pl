# Pictures of lineage: Graphviz draws every one that lineage_dot() makes, Mermaid's language is kept by lineage_mermaid(), whatever
# names there are, and the picture of the README is that of the sample data.
#
# REFRESH=1 draws that picture instead (scripts/refresh-cookbook).
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin;
use MLR;

use IPC::Run ();
use PostgreSQL::Test::Utils;
use Test::More;

my $node = new_node('pictures');
sql($node, 'postgres', "CREATE DATABASE $_") for qw(sample hostile);
sql($node, $_, "CREATE EXTENSION mlregistry; ALTER DATABASE $_ SET search_path = public, mlregistry; ALTER DATABASE $_ SET mlregistry.organization = 'default'")
    for qw(sample hostile);
sql($node, 'sample', 'DO $$BEGIN PERFORM load_sample_data(); END$$');
sql($node, 'hostile', PostgreSQL::Test::Utils::slurp_file(project_root() . '/test/data/hostile-lineage.sql'));

# What may be in the name of a run, and ends something elsewhere.
my @names = (
    '"', '\\', '\\"', 'a\\', '\\n\\N\\G\\l', '<b>bold</b>', '<', '</script><script>alert(1)</script>', '&amp;', '&', '&#34;', '&quot', '--', '-->', '->', ']', '["]', ']]")', '})', '%%',
    '%%{init: {"theme": "dark"}}%%', 'end', 'subgraph', 'style x:#y;', 'classDef a:#b;', '#quot;', '#', ';', '|', '`x`', '"`md`"', '//', '/* x */', '{', '}', '@', 'Ünïcødé', '🚀🚀', '漢字', '$$x$$',
    q('), ':::', '<br/>', 'x' x 500, '"' x 500, '\\' x 499, '🚀' x 500, 'digraph { a -> b }', 'label="x"', "\xC2\xA0x\xC2\xA0" =~ s/^..//r =~ s/..$//r, '<TABLE>', '\\E', '\\T', 'a"];"b');
my $values = join ', ', map { "('" . s/'/''/gr . "')" } @names;
sql($node, 'hostile', <<"SQL");
INSERT INTO experiments (experiment_id, experiment_name) VALUES ('00000000-0000-4000-8000-0000000000e9', 'many');
INSERT INTO training_runs (experiment_id, dataset_id, run_name) SELECT '00000000-0000-4000-8000-0000000000e9', '00000000-0000-4000-8000-0000000000d1', v.name FROM (VALUES $values) AS v (name);
SQL
is_sql($node, 'hostile', q{SELECT count(*) FROM training_runs WHERE experiment_id = '00000000-0000-4000-8000-0000000000e9'}, scalar @names, 'runs of hostile names');

# As dot says it in SVG.
sub plain { my ($text) = @_; $text =~ s/&#(\d+);/chr $1/ge; $text =~ s/&lt;/</g; $text =~ s/&gt;/>/g; $text =~ s/&quot;/"/g; $text =~ s/&amp;/&/g; utf8::encode($text) if utf8::is_utf8($text); return $text }

# Draws: (errors, what it has drawn: titles of nodes and edges, texts).
sub drawn {
    my ($dot) = @_;
    my ($svg, $err) = ('', '');
    IPC::Run::run([ 'dot', '-Tsvg' ], '<', \$dot, '>', \$svg, '2>', \$err);
    $err = "exit status $?: $err" if $? != 0;
    my @titles = map { plain($_) } $svg =~ /<title>(.*?)<\/title>/g;
    my @texts = map { plain($_) } $svg =~ /<text [^>]*>(.*?)<\/text>/g;
    return ($err, $svg, \@titles, \@texts);
}

# Mermaid's rules, line by line: what is wrong, or nothing. test/unit/picture_readers.hpp is stricter; this is for the texts of a real
# database.
sub mermaid_problem {
    my ($chart) = @_;
    my @lines = split /\n/, $chart;
    return 'more than 50,000 bytes' if length $chart > 50_000;
    return 'no flowchart' if shift @lines ne 'flowchart LR';
    my ($depth, $arrows, %nodes) = (0, 0);
    my $text = qr/(?:[A-Za-z0-9 ._\/@+,()\x80-\xFF-]|<br\/>|#\d+;)*/;
    for (@lines) {
        if (/^    subgraph [a-z]+\d*\["$text"\]$/) { return "a frame in a frame: $_" if $depth++ }
        elsif (/^    end$/) { return 'end of nothing' if !$depth-- }
        elsif (/^ +([a-z]+\d*)(?:\["$text"\]|\(\["$text"\]\)|\[\("$text"\)\]|\{\{"$text"\}\}):::[a-z]+$/) { return "twice: $_" if $nodes{$1}++ }
        elsif (/^    ([nh]\d+) (?:-->\|"[a-z, -]+"\||-\.->) ([nh]\d+)$/) { return "of nothing: $_" if !$nodes{$1} || !$nodes{$2}; $arrows++ }
        elsif (/^    class ([nh]\d+(?:,[nh]\d+)*) [a-z]+$/) { $nodes{$_} or return "no node $_" for split /,/, $1 }
        elsif (!/^    classDef [a-z]+ [a-z0-9:#, -]+$/) { return "what is this: $_" }
    }
    return 'no end' if $depth;
    return $arrows > 500 ? "$arrows edges" : '';
}

SKIP: {
    skip 'no Graphviz', 1 if system('command -v dot >/dev/null') != 0;

    for my $database (qw(sample hostile)) {
        # Every node, every way, in one go.
        my ($count, $dots, $charts) = split /\x1E/, sql($node, $database, <<'SQL');
WITH start AS (
    SELECT child_kind || ':' || child_id AS reference FROM v_lineage_edges WHERE organization_id = current_organization_id()
    UNION SELECT parent_kind || ':' || parent_id FROM v_lineage_edges WHERE organization_id = current_organization_id()),
ways (direction, kinds, max_edges) AS (VALUES ('both', NULL::text[], 500), ('upstream', NULL, NULL), ('both', '{dataset,deployment}', 500), ('downstream', NULL, 2)),
picture AS (
    SELECT lineage_dot(reference, direction, kinds => kinds, max_edges => max_edges) AS dot,
           lineage_mermaid(reference, direction, kinds => kinds, max_edges => max_edges) AS mermaid
      FROM start, ways)
SELECT concat_ws(E'\x1E', count(*), string_agg(dot, ''), string_agg(mermaid, E'\x1D')) FROM picture
SQL
        cmp_ok($count, '>', 80, "$database: pictures");
        my ($err, $svg) = drawn($dots);
        is($err, '', "$database: Graphviz takes $count pictures");
        is(scalar(() = $svg =~ /<\/svg>/g), $count, "$database: and draws each");
        is(scalar(() = $dots =~ /^digraph /mg), $count, "$database: which are no more than that");
        my @problems = grep { $_ ne '' } map { mermaid_problem($_) } split /\x1D/, $charts;
        is(join("\n", @problems), '', "$database: $count flowcharts are Mermaid");
        is(scalar(split /\x1D/, $charts), $count, "$database: all of them were looked at");
    }

    # All hostile names in one picture, each as it is, but for its middle.
    my $dot = sql($node, 'hostile', q{SELECT lineage_dot('dataset:raw', 'downstream', 1, max_edges => NULL)});
    my ($err, $svg, $titles, $texts) = drawn($dot);
    is($err, '', 'Graphviz has nothing to say about hostile names');
    my %drawn = map { $_ => 1 } @$texts;
    for my $name (@names) {
        my $shown = $name;
        utf8::decode($shown);
        $shown = substr($shown, 0, 16) . "\x{2026}" . substr($shown, -11) if length $shown > 28;
        $shown =~ s/^#/many #/;
        utf8::encode($shown);
        # Blanks beside each other are not told apart, and those that do not break are others.
        my $found = grep { my $t = $_; $t =~ s/\xC2\xA0/ /g; my $s = $shown =~ s/\xC2\xA0/ /gr; $t eq $s } keys %drawn;
        ok($found, 'drawn as it is: ' . substr($name, 0, 20));
    }
    my @edges = grep { /->/ && !/^legend:/ } @$titles;
    my @asked = map { s/^\s+"//r =~ s/" -> "/->/r =~ s/" \[.*//r } grep { /^    "[a-z]+:[-0-9a-f]+" -> / } split /\n/, $dot;
    is_deeply([ sort @edges ], [ sort @asked ], 'an arrow for every edge');
    cmp_ok(scalar @edges, '>', scalar @names, 'which are many');

    # A large one.
    sql($node, 'hostile', q{INSERT INTO training_runs (experiment_id, dataset_id) SELECT '00000000-0000-4000-8000-0000000000e9', '00000000-0000-4000-8000-0000000000d1' FROM generate_series(1, 800)});
    is_sql($node, 'hostile', q{SELECT count(*) FROM regexp_matches(lineage_dot('dataset:raw'), '^    "[^"]+" -> ', 'gn')}, 500, 'DOT: 500 arrows');
    is_sql($node, 'hostile', q{SELECT count(*) > 850 FROM regexp_matches(lineage_dot('dataset:raw', max_edges => NULL), '^    "[^"]+" -> ', 'gn')}, 't', 'or all of them');
    my $large = sql($node, 'hostile', q{SELECT lineage_mermaid('dataset:raw')});
    is(mermaid_problem($large), '', 'Mermaid: a large one is Mermaid');
    like($large, qr/^    cut\["Cut to the \d+ nearest arrows/m, 'and says that it is cut');
    ($err) = drawn(sql($node, 'hostile', q{SELECT lineage_dot('dataset:raw')}));
    is($err, '', 'Graphviz draws it');
    is_sql($node, 'hostile', q{SELECT count(DISTINCT lineage_dot('dataset:raw')) FROM generate_series(1, 3)}, 1, 'the same each time');

    # The picture of the README.
    my $readme = PostgreSQL::Test::Utils::slurp_file(project_root() . '/README.md');
    my ($query) = $readme =~ /^SELECT (lineage_dot\(.*\));\n(?:.*\n){1,10}?.*\(docs\/lineage\/sample\.svg\)$/m or die 'the README does not say how its picture of lineage is made';
    my $file = project_root() . '/docs/lineage/sample.svg';
    my ($problem, $now, @now) = drawn(sql($node, 'sample', "SELECT $query"));
    # As the README has it, in a shell.
    my ($shell) = $readme =~ /^```sh\n([^`]*lineage_dot\([^`]*)```$/m or die 'the README does not say how to draw lineage';
    my $directory = PostgreSQL::Test::Utils::tempdir();
    {
        local %ENV = (%ENV, PGHOST => $node->host, PGPORT => $node->port, PGDATABASE => 'sample', PGOPTIONS => '-c mlregistry.organization=');
        is(system('sh', '-ec', "cd '$directory'\n$shell"), 0, 'README: what it says to type works');
    }
    is(PostgreSQL::Test::Utils::slurp_file("$directory/lineage.svg"), $now, 'README: and draws just that');
    is($problem, '', "README: $query is drawn");
    if ($ENV{REFRESH}) {
        open my $out, '>', $file or die "cannot write $file: $!";
        print {$out} $now;
        close $out or die "cannot write $file: $!";
    }
    my $there = PostgreSQL::Test::Utils::slurp_file($file);
    # Another Graphviz puts things elsewhere; what is there is the same.
    is_deeply([ [ sort map { plain($_) } $there =~ /<title>(.*?)<\/title>/g ], [ sort map { plain($_) } $there =~ /<text [^>]*>(.*?)<\/text>/g ] ],
        [ map { [ sort @$_ ] } @now ], 'README: the picture shows the sample data as it is');
    cmp_ok(scalar(grep { /->/ && !/^legend/ } @{ $now[0] }), '>=', 6, 'README: which is a graph');
}
is(logged_states($node) =~ /^(?:XX\S*|57\S*) /m ? 'trouble' : 'none', 'none', 'no internal error, no crash in the log');

done_testing();
