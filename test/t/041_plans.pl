# Plans of the statements inside list_models(), models_with_tags(), search_models() and list_datasets() over 100,000 models
# and 10,000 datasets: printed, and asked for what makes a page fast however many rows there are: an index at every table,
# and a number of rows visited that does not grow with the table. No times: those are bench/run catalog's. Then the pages
# themselves, beside slow and obvious queries.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin;
use MLR;

use JSON::PP ();
use PostgreSQL::Test::Utils;
use Test::More;

# Tables that grow with the registry.
my %is_big = map { $_ => 1 } qw(models model_tags datasets dataset_tags model_versions);

my $node = new_node('plans', conf => <<'CONF');
shared_buffers = 256MB
fsync = off
full_page_writes = off
max_wal_size = 4GB
autovacuum = off
jit = off
session_preload_libraries = 'auto_explain'
CONF
sql($node, 'postgres', 'CREATE DATABASE d');
sql($node, 'd', 'CREATE EXTENSION mlregistry');
my $fill = PostgreSQL::Test::Utils::slurp_file(project_root() . '/test/data/many-models.sql');
sql($node, 'd', "\\set models 100000\n\\set datasets 10000\n$fill");
sql($node, 'd', 'ALTER DATABASE d SET search_path = public, mlregistry');

my $of_big_table = join '|', map { "\"Relation Name\": \"$_\"" } sort keys %is_big;
$of_big_table = qr/$of_big_table/;

note(sprintf "filled in %d s", time - $^T);

# Plans of big tables that the server has logged since that position in its log.
sub logged_plans {
    my ($position) = @_;
    my $log = PostgreSQL::Test::Utils::slurp_file($node->logfile, $position);
    my @plans;
    while ($log =~ /LOG:  duration: \S+ ms  plan:\n((?:\t.*\n)+)/g) {
        my $plan = $1;
        # Most are of small tables, and decoding takes its time, long texts most of it.
        next if $plan !~ $of_big_table;
        $plan =~ s/^\t//mg;
        $plan =~ s/^ *"(?:Query Text|Filter|Index Cond|Recheck Cond)": .*\n//mg;
        push @plans, JSON::PP->new->utf8->relaxed->decode($plan)->{Plan};
    }
    return @plans;
}

# The nodes of a plan, outer ones first.
sub nodes { my ($plan) = @_; return ($plan, map { nodes($_) } @{ $plan->{Plans} // [] }) }

# Where a node of a plan reads a big table or its index: {table, how, index, visited, entries}, or nothing. Visited are rows
# that were returned or thrown away, and look-ups that found none. What a bitmap is made of are entries of an index.
sub reading {
    my ($node, $table_of_index) = @_;
    my $loops = $node->{'Actual Loops'};
    my $table = $node->{'Relation Name'} // $table_of_index->{ $node->{'Index Name'} // '' };
    return unless defined $table && $is_big{$table};
    my $rows = $node->{'Actual Rows'} + ($node->{'Rows Removed by Filter'} // 0) + ($node->{'Rows Removed by Index Recheck'} // 0);
    my %reading = (table => $table, how => $node->{'Node Type'}, index => $node->{'Index Name'}, visited => 0, entries => 0);
    $reading{ $node->{'Node Type'} eq 'Bitmap Index Scan' ? 'entries' : 'visited' } = $loops * ($rows < 1 ? 1 : $rows);
    return \%reading;
}

my %table_of_index = map { split /\|/ } split /\n/,
    sql($node, 'd', q{SELECT indexname, tablename FROM pg_indexes WHERE schemaname = 'mlregistry'});
my %is_gin = map { $_ => 1 } split /\n/,
    sql($node, 'd', q{SELECT indexname FROM pg_indexes WHERE schemaname = 'mlregistry' AND indexdef ~ 'USING gin'});

# The call in a session that logs its plans: tests its number of rows and its plans, and prints these. Options: most => rows
# visited in each big table, over all statements of the call, tags => the same in model_tags, entries => of a B-tree that a
# bitmap is made of.
#
# Where the bounds come from: models_page() looks up less than 100 models of a project, and sees the beginning of the next
# project before it knows that the page is full; where a project has more, 50 of them are found among its first 600 names, or
# the rarest tag is read as a whole and names are gone along until the page is full. search_models() ranks at most 600, and
# throws away what the index cannot tell from hits. In model_tags, index entries are counted up to 3,000 for each tag to begin
# with the rarest, then up to 100 hits.
sub plans_of {
    my ($name, $rows, $call, %options) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my %bound = ((map { $_ => $options{most} // 5_000 } keys %is_big), model_tags => $options{tags} // 15_000);
    my $position = -s $node->logfile;
    my $found = sql($node, 'd', <<"SQL");
SET auto_explain.log_nested_statements = on;
SET auto_explain.log_analyze = on;
SET auto_explain.log_timing = off;
SET auto_explain.log_format = json;
SET auto_explain.log_min_duration = 0;
SELECT count(*) FROM $call;
SQL
    my (%seen, %visited, @bad);
    for my $plan (logged_plans($position)) {
        for my $reading (map { reading($_, \%table_of_index) // () } nodes($plan)) {
            my $what = $reading->{how} . (defined $reading->{index} ? " $reading->{index}" : " on $reading->{table}");
            push @bad, $what if $reading->{how} !~ /Index|Bitmap/;
            # Parts of a bitmap of a B-tree: a table read along one is a table read as a whole.
            push @bad, "$what: $reading->{entries} entries"
                if !$is_gin{ $reading->{index} // '' } && $reading->{entries} > ($options{entries} // $bound{ $reading->{table} });
            $seen{$what} += $reading->{visited} + $reading->{entries};
            $visited{ $reading->{table} } += $reading->{visited};
        }
    }
    push @bad, map { "$visited{$_} rows of $_" } grep { $visited{$_} > $bound{$_} } sort keys %visited;
    note(sprintf '%-34s %s', $name, join ', ', map { "$_ ($seen{$_})" } sort keys %seen);
    is($found, $rows, "$name: rows");
    ok(scalar %seen, "$name: plans are logged");
    is(join("\n", @bad), '', "$name: indexes only, few rows visited");
    return;
}

note('call, and what its plans read of big tables (rows visited, or entries of an index that a bitmap was made of)');
plans_of('first page', 50, 'list_models(max_rows => 50)');
plans_of('page after', 50, q{list_models(max_rows => 50, after => 'p-10/m')});
plans_of('last page', 0, q{list_models(max_rows => 50, after => 'p-20/zzz')});
plans_of('project', 50, q{list_models(project => 'p-15', max_rows => 50)});
plans_of('big team', 50, q{list_models(team => 'team-001', max_rows => 50)});
plans_of('small team', 50, q{list_models(team => 'team-090', max_rows => 50)});
plans_of('risk', 50, q{list_models(risk => 'critical', max_rows => 50)});
plans_of('active', 50, q{list_models(active => true, max_rows => 50)});
plans_of('archived', 50, q{list_models(active => false, max_rows => 50)});
plans_of('risk, archived', 50, q{list_models(risk => 'critical', active => false, max_rows => 50)});
plans_of('frequent tag', 50, q{list_models(tag => 'tag-001', max_rows => 50)});
plans_of('tag on one in ten', 50, q{list_models(tag => 'tag-005', max_rows => 50)});
plans_of('tag on one in fifty', 50, q{list_models(tag => 'tag-012', max_rows => 50)});
plans_of('rare tag', 10, q{list_models(tag => 'tag-200', max_rows => 50)});
plans_of('tag, page after', 50, q{list_models(tag => 'tag-005', max_rows => 50, after => 'p-07/m')});
plans_of('tag and team', 50, q{list_models(tag => 'left', team => 'team-001', max_rows => 50)}, tags => 35_000);
plans_of('tag of the last projects', 50, q{list_models(tag => 'at-end', max_rows => 50)});
# The worst case: a frequent tag is on the last names only, so that the others of two projects are gone
# along, in the index alone.
plans_of('tag of the last names', 50, q{list_models(tag => 'by-name', max_rows => 50)}, most => 45_000);
plans_of('last names, archived', 50, q{list_models(tag => 'by-name', active => false, max_rows => 50)}, most => 45_000);
plans_of('last names and a frequent tag', 50, q{models_with_tags('{by-name,tag-001}', max_rows => 50)}, most => 45_000, tags => 65_000);
plans_of('all of 1', 50, q{models_with_tags('{tag-002}', max_rows => 50)});
plans_of('all of 2 frequent', 50, q{models_with_tags('{tag-001,tag-002}', max_rows => 50)}, tags => 25_000);
plans_of('all of 2, less frequent', 50, q{models_with_tags('{tag-005,tag-006}', max_rows => 50)}, most => 10_000, tags => 25_000);
plans_of('all of 3 frequent', 50, q{models_with_tags('{tag-001,tag-002,tag-003}', max_rows => 50)}, tags => 65_000);
plans_of('all of 3, one rare', 2, q{models_with_tags('{tag-001,tag-002,tag-150}', max_rows => 50)});
# Both tags are read to the end, which is what there is of them and no more.
plans_of('all of 2 that exclude each other', 0, q{models_with_tags('{left,right}', max_rows => 50)}, tags => 70_000);
plans_of('any of 2 frequent', 50, q{models_with_tags(any_of => '{left,right}', max_rows => 50)});
plans_of('any of 2 rare', 50, q{models_with_tags(any_of => '{tag-100,tag-150}', max_rows => 50)});
plans_of('all and any', 50, q{models_with_tags('{tag-001}', '{tag-002,tag-003}', max_rows => 50)});
plans_of('all rare and any', 50, q{models_with_tags('{tag-050}', '{tag-001,tag-002}', max_rows => 50)});
plans_of('frequent word', 50, q{search_models('fraud')});
plans_of('rare word', 8, q{search_models('quasar')});
plans_of('phrase', 50, q{search_models('"fraud churn"')});
plans_of('three words', 50, q{search_models('fraud churn credit')});
plans_of('words, or, without', 50, q{search_models('fraud or churn -credit')});
plans_of('word, project', 50, q{search_models('fraud', project => 'p-15')});
plans_of('word, archived', 50, q{search_models('fraud', active => false)}, most => 8_000);
plans_of('2 characters', 50, q{search_models('ra')});
plans_of('3 characters', 50, q{search_models('fra')});
plans_of('7 characters', 50, q{search_models('raud-ch')});
plans_of('4 characters, few hits', 18, q{search_models('0001')});
plans_of('2 characters, no hits', 0, q{search_models('qz')});
plans_of('many characters, no hits', 0, q{search_models('zzzzzzzzzz')});
plans_of('one character', 50, q{search_models('a')});
my $last = sql($node, 'd', q{SELECT project_slug || '/' || model_name FROM search_models('fraud') OFFSET 49});
plans_of('second page of a word', 50, "search_models('fraud', after => '$last')");
plans_of('datasets', 50, 'list_datasets(max_rows => 50)');
plans_of('datasets, frequent word', 50, q{list_datasets('fraud', max_rows => 50)});
# Hits are looked for project by project, each time with a bitmap of the project.
plans_of('datasets, rare word', 9, q{list_datasets('quasar', max_rows => 50)}, entries => 10_000);
plans_of('datasets, 2 characters', 50, q{list_datasets('ra', max_rows => 50)});
plans_of('datasets, no hits', 0, q{list_datasets('zzzzzzzz', max_rows => 50)}, entries => 10_000);
plans_of('datasets, tag', 50, q{list_datasets(tag => 'tag-001', max_rows => 50)});
plans_of('datasets, rare tag', 16, q{list_datasets(tag => 'tag-018', max_rows => 50)});

# The pages. paged() follows a call, in which AFTER is NULL first and then the last model seen, to its end.
sql($node, 'd', <<'SQL');
CREATE FUNCTION paged(call text) RETURNS text[] LANGUAGE plpgsql AS $$
DECLARE
    page text[];
    pages text[] := '{}';
BEGIN
    LOOP
        EXECUTE format('SELECT array_agg(i.project_slug || ''/'' || i.model_name ORDER BY i.ordinality) FROM %s WITH ORDINALITY AS i',
                       replace(call, 'AFTER', quote_nullable(pages[cardinality(pages)]))) INTO page;
        pages := pages || page;
        IF coalesce(cardinality(page), 0) < 50 THEN
            RETURN pages;
        END IF;
    END LOOP;
END
$$;
-- The obvious query.
CREATE FUNCTION obvious(conditions text) RETURNS text[] LANGUAGE plpgsql AS $$
DECLARE
    found text[];
BEGIN
    EXECUTE format('SELECT coalesce(array_agg(p.slug || ''/'' || m.model_name ORDER BY p.slug, m.model_name), ''{}'')
                      FROM models m JOIN projects p USING (project_id) LEFT JOIN teams t USING (team_id)
                     WHERE m.deleted_at IS NULL AND %s', conditions) INTO found;
    RETURN found;
END
$$;
CREATE FUNCTION tagged(tag_names text[]) RETURNS TABLE (model_id uuid, has bigint) LANGUAGE sql STABLE AS $$
    SELECT mt.model_id, count(*) FROM model_tags mt JOIN tags USING (tag_id) WHERE tag_name = ANY (tag_names) GROUP BY mt.model_id
$$;
SQL
my $all_of = 'm.model_id IN (SELECT model_id FROM tagged(%s) WHERE has = cardinality(%1$s::text[]))';
my $any_of = 'm.model_id IN (SELECT model_id FROM tagged(%s))';
for my $case (
    [ q{list_models(project => 'p-15', max_rows => 50, after => AFTER)}, q{p.slug = 'p-15'} ],
    [ q{list_models(team => 'team-090', max_rows => 50, after => AFTER)}, q{t.team_name = 'team-090'} ],
    [ q{list_models(risk => 'critical', active => false, max_rows => 50, after => AFTER)}, q{m.risk_level = 'critical' AND NOT m.is_active} ],
    [ q{list_models(tag => 'tag-012', max_rows => 50, after => AFTER)}, sprintf($all_of, q{'{tag-012}'}) ],
    [ q{list_models(tag => 'at-end', active => true, max_rows => 50, after => AFTER)}, sprintf("$all_of AND m.is_active", q{'{at-end}'}) ],
    [ q{list_models(tag => 'by-name', max_rows => 50, after => AFTER)}, sprintf($all_of, q{'{by-name}'}) ],
    [ q{list_models(tag => 'by-name', risk => 'high', max_rows => 50, after => AFTER)}, sprintf("$all_of AND m.risk_level = 'high'", q{'{by-name}'}) ],
    [ q{models_with_tags('{by-name,tag-001}', max_rows => 50, after => AFTER)}, sprintf($all_of, q{'{by-name,tag-001}'}) ],
    [ q{models_with_tags(any_of => '{by-name,at-end}', max_rows => 50, after => AFTER)}, sprintf($any_of, q{'{by-name,at-end}'}) ],
    [ q{list_models(tag => 'left', team => 'team-050', max_rows => 50, after => AFTER)}, sprintf("$all_of AND t.team_name = 'team-050'", q{'{left}'}) ],
    [ q{models_with_tags('{tag-005,tag-006}', max_rows => 50, after => AFTER)}, sprintf($all_of, q{'{tag-005,tag-006}'}) ],
    [ q{models_with_tags('{tag-013,tag-001,tag-005}', max_rows => 50, after => AFTER)}, sprintf($all_of, q{'{tag-013,tag-001,tag-005}'}) ],
    [ q{models_with_tags('{tag-001,tag-002}', project => 'p-01', max_rows => 50, after => AFTER)}, sprintf("$all_of AND p.slug = 'p-01'", q{'{tag-001,tag-002}'}) ],
    [ q{models_with_tags('{left,right}', max_rows => 50, after => AFTER)}, sprintf($all_of, q{'{left,right}'}) ],
    [ q{models_with_tags(any_of => '{tag-100,tag-150,tag-200}', max_rows => 50, after => AFTER)}, sprintf($any_of, q{'{tag-100,tag-150,tag-200}'}) ],
    [ q{models_with_tags(any_of => '{tag-010,tag-012}', active => false, max_rows => 50, after => AFTER)}, sprintf("$any_of AND NOT m.is_active", q{'{tag-010,tag-012}'}) ],
    [ q{models_with_tags('{left}', '{right,tag-020}', max_rows => 50, after => AFTER)}, sprintf("$all_of AND $any_of", q{'{left}'}, q{'{right,tag-020}'}) ]) {
    my ($call, $conditions) = @$case;
    is_sql($node, 'd', "SELECT paged(\$q\$$call\$q\$) = obvious(\$q\$$conditions\$q\$)", 't', "the pages of $call");
}
is_sql($node, 'd', q{SELECT (SELECT array_agg(model_id) FROM list_models(max_rows => 30000)) =
    (SELECT array_agg(m.model_id ORDER BY p.slug, m.model_name)
       FROM (SELECT m.*, row_number() OVER (ORDER BY p.slug, m.model_name) AS n FROM models m JOIN projects p USING (project_id) WHERE m.deleted_at IS NULL) AS m
       JOIN projects p USING (project_id) WHERE n <= 30000)}, 't', 'one page of 30,000 models');

for my $search ('fraud', 'quasar', '"fraud churn"', 'ra', '0001', 'fraud or churn -credit') {
    is_sql($node, 'd', "SELECT paged(\$q\$search_models('$search', after => AFTER)\$q\$) =
        (SELECT array_agg(project_slug || '/' || model_name ORDER BY ordinality) FROM search_models('$search', max_rows => 1000) WITH ORDINALITY)",
        't', "the pages of search_models('$search') are one big page");
}
my $contains = q{(m.model_name ILIKE '%%%s%%' OR m.display_name ILIKE '%%%1$s%%')};
for my $part ('ra', 'fra', 'raud-ch', '0001', 'Xuvo', 'd 0', 'e-00f') {
    is_sql($node, 'd', sprintf("SELECT count(*) FROM search_models('%s', max_rows => NULL) AS i JOIN models m USING (model_id) WHERE i.rank >= 2 AND NOT $contains", $part, $part),
        0, "parts found for $part are parts of the names");
}
for my $part ('0001', 'e-00f', 'd 000', 'qz') {
    is_sql($node, 'd', sprintf("SELECT count(*) < 200, array_agg(m.model_id ORDER BY m.model_id) IS NOT DISTINCT FROM
            (SELECT array_agg(i.model_id ORDER BY i.model_id) FROM search_models('%s', max_rows => NULL) AS i WHERE i.rank >= 2)
          FROM models m WHERE m.deleted_at IS NULL AND $contains", $part, $part), 't|t', "all names with $part are found");
}
my $words = q{to_tsvector('english', %1$s.%2$s_name || ' ' || %1$s.display_name || ' ' || coalesce(%1$s.description, '')) @@ websearch_to_tsquery('english', '%3$s')};
is_sql($node, 'd', sprintf("SELECT count(*) < 200, array_agg(m.model_id ORDER BY m.model_id) = (SELECT array_agg(model_id ORDER BY model_id) FROM search_models('quasar'))
      FROM models m WHERE m.deleted_at IS NULL AND $words", 'm', 'model', 'quasar'), 't|t', 'all models with a rare word are found');
# As it is written, by its stems, and with more hits than are looked for as they are written.
for my $search ('"tiseba user"', '"tiseba users"', '"Tiseba USER"') {
    is_sql($node, 'd', sprintf("SELECT count(*) > 0, array_agg(m.model_id ORDER BY m.model_id) = (SELECT array_agg(model_id ORDER BY model_id) FROM search_models('%3\$s'))
          FROM models m WHERE m.deleted_at IS NULL AND $words", 'm', 'model', $search), 't|t', "all models with the phrase $search are found");
}
is_sql($node, 'd', sprintf("SELECT count(*), count(*) FILTER (WHERE NOT ($words)) FROM search_models('%3\$s', max_rows => NULL) AS i JOIN models m USING (model_id)",
    'm', 'model', '"fraud churn"'), '120|0', 'models found for a frequent phrase have it');
for my $search ('fraud churn', 'mora', '00ab') {
    is_sql($node, 'd', sprintf("SELECT array_agg(d.dataset_id ORDER BY p.slug, d.dataset_name) = (SELECT array_agg(dataset_id ORDER BY ordinality) FROM list_datasets('%3\$s') WITH ORDINALITY)
          FROM datasets d JOIN projects p USING (project_id)
         WHERE d.deleted_at IS NULL AND ($words OR d.dataset_name ILIKE '%%%3\$s%%' OR d.display_name ILIKE '%%%3\$s%%')", 'd', 'dataset', $search),
        't', "datasets found for $search");
}

done_testing();
