# Plans under row security: a user's plan has the index and the index conditions that the plan of a role with BYPASSRLS has, and
# what the user may see is found out once for a statement, not once for a row. Over some 20,000 rows of two organizations.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin;
use MLR;

use PostgreSQL::Test::Utils;
use Test::More;

my $node = new_node('access_plans', conf => <<'CONF');
shared_buffers = 128MB
fsync = off
autovacuum = off
jit = off
max_parallel_workers_per_gather = 0
track_functions = all
CONF
sql($node, 'postgres', 'CREATE DATABASE d');
sql($node, 'd', 'CREATE EXTENSION mlregistry; ALTER DATABASE d SET search_path = public, mlregistry');

# A viewer of the default organization, with a role of her own, and a role that row security lets pass. Of the ten projects of
# the default organization she reads six that are for members, two as their contributor, and two not at all.
sql($node, 'd', <<'SQL');
CREATE ROLE mlr_viewer LOGIN;
CREATE ROLE mlr_bypass LOGIN BYPASSRLS;
CREATE ROLE mlr_both ROLE mlr_viewer, mlr_bypass;
GRANT USAGE ON SCHEMA mlregistry TO mlr_both;
GRANT SELECT, UPDATE, DELETE ON organizations, projects, teams, tags, models, model_versions, version_files, version_signatures, model_aliases,
    datasets, model_metrics, model_tags, version_tags, dataset_tags TO mlr_both;
GRANT SELECT ON alias_history, v_models_latest TO mlr_both;

CREATE FUNCTION id(kind text, n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$SELECT md5(kind || n)::uuid$$;
SET session_replication_role = replica;
INSERT INTO organizations (organization_id, name, slug) VALUES (id('organization', 2), 'The others', 'others');
CREATE TEMP TABLE places AS
SELECT p, id('project', p) AS project_id, CASE WHEN p <= 10 THEN '00000000-0000-8000-8000-000000000001' ELSE id('organization', 2) END AS organization_id
  FROM generate_series(1, 20) AS p;
INSERT INTO projects (project_id, organization_id, name, slug, visibility)
SELECT project_id, organization_id, 'Project ' || p, 'p-' || p, CASE WHEN p <= 6 OR p > 15 THEN 'organization' ELSE 'private' END FROM places;
INSERT INTO users (user_id, email, db_role) VALUES (id('user', 1), 'viewer@example.com', 'mlr_viewer');
INSERT INTO organization_memberships (organization_id, user_id, role) VALUES ('00000000-0000-8000-8000-000000000001', id('user', 1), 'viewer');
INSERT INTO project_members (organization_id, project_id, user_id, role)
SELECT organization_id, project_id, id('user', 1), 'contributor' FROM places WHERE p IN (7, 8);

-- A name is in every project once.
INSERT INTO models (model_id, organization_id, project_id, model_name, display_name, description, metadata, framework)
SELECT id('model', n), organization_id, project_id, 'model-' || n / 20, 'Model ' || n, 'About ' || n, jsonb_build_object('n', n), 'onnx'
  FROM generate_series(1, 20000) AS n JOIN places ON p = 1 + n % 20;
-- Four versions of every fourth model, and 5,000 of model 20, which she may see: projects go round.
INSERT INTO model_versions (version_id, organization_id, project_id, model_id, semver, artifact_uri, framework)
SELECT id('version', row_number() OVER (ORDER BY n, k)), organization_id, project_id, id('model', n), format('%s.%s.0', 1 + k / 100, k % 100)::semver,
       's3://models/' || n, 'onnx'
  FROM (SELECT n, k FROM generate_series(1, 16000, 4) AS n, generate_series(0, 3) AS k
        UNION ALL SELECT 20, k FROM generate_series(0, 4999) AS k) AS v JOIN places ON p = 1 + n % 20;
INSERT INTO model_aliases (alias_id, organization_id, project_id, model_id, alias, version_id)
SELECT id('alias', row_number() OVER (ORDER BY version_id)), organization_id, project_id, model_id, 'v-' || row_number() OVER (ORDER BY version_id), version_id
  FROM model_versions;
INSERT INTO version_files (file_id, organization_id, project_id, version_id, path, uri)
SELECT id('file', row_number() OVER (ORDER BY version_id)), organization_id, project_id, version_id, 'model.onnx', artifact_uri || '/model.onnx' FROM model_versions;
INSERT INTO model_metrics (metric_id, organization_id, project_id, version_id, metric_name, metric_value)
SELECT id('metric', row_number() OVER (ORDER BY version_id)), organization_id, project_id, version_id, 'auc', 0.9 FROM model_versions;
INSERT INTO datasets (dataset_id, organization_id, project_id, dataset_name, display_name, storage_location, storage_format)
SELECT id('dataset', n), organization_id, project_id, 'dataset_' || n / 20, 'Dataset ' || n, 's3://data/' || n, 'parquet'
  FROM generate_series(1, 20000) AS n JOIN places ON p = 1 + n % 20;
INSERT INTO tags (tag_id, organization_id, tag_name)
SELECT id('tag', n), organization_id, 'tag-' || n FROM generate_series(1, 20000) AS n JOIN places ON p = 1 + n % 20;
INSERT INTO model_tags (organization_id, project_id, model_id, tag_id)
SELECT organization_id, project_id, model_id, id('tag', substr(display_name, 7)::int) FROM models;
RESET session_replication_role;
VACUUM ANALYZE;
SQL

# Is she who she is to be?
is_sql($node, 'd', 'SELECT count(*) FROM models', '8000', 'the viewer sees the models of eight projects', as => 'mlr_viewer');
is_sql($node, 'd', 'SELECT count(*) FROM models', '20000', 'the other role sees all', as => 'mlr_bypass');
is_sql($node, 'd', q{SELECT count(*) FROM model_versions WHERE model_id = id('model', 20)}, '5000', 'she sees the model with many versions', as => 'mlr_viewer');

# The plan of a statement as a role, as lines of text without the indentation.
sub plan_as {
    my ($role, $preparation, $statement) = @_;
    my $plan = sql($node, 'd', "$preparation\nEXPLAIN (COSTS OFF) $statement;", as => $role);
    return map { s/^[\s>-]+//r } split /\n/, $plan;
}

# How the lines of a plan read tables: scans with their index, and index conditions. Parameters are numbered anew where the
# policy has taken numbers, and PostgreSQL 17 gives subplans names.
sub readings {
    my @lines = grep { /^(?:.* Scan |Index Cond:|Order By:|Sort|Limit|Merge Cond:|Hash Cond:)/ && !/^(?:CTE|Subquery|Function) Scan/ } @_;
    # Where the policy's column leads the index, its condition may become one of the index, which takes nothing away.
    for (@lines) { s/\$\d+|\(InitPlan \d+\)\.col\d+/\$/g; s/\((?:organization|project)_id = ANY \(\$\)\) AND //g }
    return join "\n", @lines;
}

# Tests the plans of a statement: the same readings for both roles, the expected index and index condition, the rights in an
# InitPlan. Options: prepare => statements before it; small => 1 for a table where the one index is as good as the other.
sub keeps {
    my ($name, $statement, $index, $condition, %options) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my $preparation = $options{prepare} // '';
    my @hers = plan_as('mlr_viewer', $preparation, $statement);
    my @free = plan_as('mlr_bypass', $preparation, $statement);
    my $plan = join "\n", @hers;
    my $ok = 1;
    $ok &= is(readings(@hers), readings(@free), "$name: the scans and index conditions are those without row security") unless $options{small};
    $ok &= like($plan, qr/(?:Scan(?: Backward)? using $index on |Bitmap Index Scan on $index$)/m, "$name: by $index") if defined $index;
    $ok &= like($plan, qr/^Index Cond: .*$condition/m, "$name: $condition is an index condition") if defined $condition;
    $ok &= cmp_ok(scalar(grep { /^InitPlan / } @hers), '>', scalar(grep { /^InitPlan / } @free), "$name: rights are an InitPlan");
    $ok &= unlike($plan, qr/^(?:Filter|Join Filter|One-Time Filter): .*(?:allowed_|current_user_id|SubPlan)/m, "$name: no row asks for rights");
    diag("hers:\n$plan\nwithout row security:\n" . join "\n", @free) unless $ok;
    return;
}

# ---- primary keys
my $seven = q{'8f14e45f-ceea-467a-9575-7aa3f5b2b8a1'::uuid};
for my $table (qw(models model_versions model_aliases version_files model_metrics datasets tags)) {
    my ($key) = split /\n/, sql($node, 'd', "SELECT a.attname FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
                                              WHERE i.indrelid = '$table'::regclass AND i.indisprimary");
    keeps("$table by primary key", "SELECT * FROM $table WHERE $key = $seven", "${table}_pkey", "$key = ");
    keeps("$table by many primary keys", "SELECT * FROM $table WHERE $key = ANY (ARRAY(SELECT id('x', n) FROM generate_series(1, 1000) AS n))",
        "${table}_pkey", "$key = ANY");
    keeps("$table by primary key, prepared", 'EXECUTE p (NULL)', "${table}_pkey", "$key = ",
        prepare => "SET plan_cache_mode = force_generic_plan; PREPARE p (uuid) AS SELECT * FROM $table WHERE $key = \$1;");
}
# Small tables are read as a whole where that is allowed.
for my $table (qw(organizations projects teams version_signatures alias_history version_tags dataset_tags model_tags)) {
    my ($key) = split /\n/, sql($node, 'd', "SELECT a.attname FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
                                              WHERE i.indrelid = '$table'::regclass AND i.indisprimary");
    keeps("$table by primary key", "SELECT * FROM $table WHERE $key = $seven", undef, "$key = ",
        small => 1, prepare => 'SET enable_seqscan = off; SET enable_bitmapscan = off;');
}

# ---- names
my $org = q{'00000000-0000-8000-8000-000000000001'};
my $in = "organization_id = $org AND project_id = id('project', 1)";
keeps('model by name', "SELECT * FROM models WHERE $in AND model_name = 'model-7' AND deleted_at IS NULL", 'unique_model_name', 'model_name = ');
keeps('model by its name alone', q{SELECT * FROM models WHERE model_name = 'model-7'}, 'idx_models_name', 'model_name = ');
keeps('model by name, prepared', q{EXECUTE p (NULL)}, 'unique_model_name', 'model_name = ', prepare => <<"SQL");
SET plan_cache_mode = force_generic_plan;
PREPARE p (text) AS SELECT * FROM models WHERE $in AND model_name = \$1 AND deleted_at IS NULL;
SQL
keeps('models by name, a page', "SELECT * FROM models WHERE $in AND model_name > 'model-3' AND deleted_at IS NULL ORDER BY model_name LIMIT 50",
    'unique_model_name', 'model_name > ');
keeps('dataset by name', "SELECT * FROM datasets WHERE $in AND dataset_name = 'dataset_7' AND deleted_at IS NULL", '(?:unique_dataset_name|idx_datasets_name)', 'dataset_name = ');
keeps('tag by name', "SELECT * FROM tags WHERE organization_id = $org AND tag_name = 'tag-20'", 'unique_tag_name', 'tag_name = ');
keeps('alias by name', q{SELECT * FROM model_aliases WHERE model_id = id('model', 20) AND alias = 'v-20'}, 'unique_model_alias', 'alias = ');
keeps('file by path', q{SELECT * FROM version_files WHERE version_id = id('version', 20) AND path = 'model.onnx'}, 'unique_version_file', 'path = ');
keeps('metric by name', q{SELECT * FROM model_metrics WHERE version_id = id('version', 20) AND metric_name = 'auc' AND dataset_split = 'test' ORDER BY recorded_at DESC LIMIT 1},
    'idx_metrics_version', 'metric_name = ');

# ---- semver
my $of_one = q{SELECT * FROM model_versions WHERE model_id = id('model', 20) AND};
keeps('version =', "$of_one semver = '7.7.0'", 'unique_model_version', 'semver = ');
keeps('version = ANY', "$of_one semver = ANY ('{7.7.0,8.8.0}'::semver[])", 'unique_model_version', 'semver = ANY');
keeps('version >', "$of_one semver > '50.98.0'", undef, 'semver > ');
keeps('version <@ a constant', "$of_one semver <@ '~7.7'", undef, q{semver >= '7\.7\.0'});
keeps('version <@ a parameter', q{EXECUTE p ('~7.7')}, undef, 'semver >= ', prepare => <<"SQL");
SET plan_cache_mode = force_generic_plan;
PREPARE p (semver_range) AS $of_one semver <@ \$1;
SQL
keeps('version <@ a parameter, planned with its value', q{EXECUTE p ('~7.7')}, undef, q{semver >= '7\.7\.0'}, prepare => <<"SQL");
SET plan_cache_mode = force_custom_plan;
PREPARE p (semver_range) AS $of_one semver <@ \$1;
SQL
keeps('versions <@, of a join', q{SELECT * FROM models m JOIN model_versions v USING (model_id) WHERE m.model_id = id('model', 20) AND v.semver <@ '~7.7'}, undef,
    q{semver >= '7\.7\.0'});
for my $case ([ 'the highest version', "$of_one true" ], [ 'the highest version in a range', "$of_one semver <@ '^7'" ],
    [ 'the highest version that is not deleted', "$of_one deleted_at IS NULL" ]) {
    my ($name, $statement) = @$case;
    keeps($name, "$statement ORDER BY semver DESC LIMIT 1", undef, 'model_id = ');
    my $plan = join "\n", plan_as('mlr_viewer', '', "$statement ORDER BY semver DESC LIMIT 1");
    unlike($plan, qr/^Sort/m, "$name: nothing is sorted");
}

# ---- writing
keeps('UPDATE of a version', "UPDATE model_versions SET description = 'x' WHERE version_id = id('version', 20)", 'model_versions_pkey', 'version_id = ');
keeps('DELETE of an alias', q{DELETE FROM model_aliases WHERE model_id = id('model', 20) AND alias = 'v-20'}, 'unique_model_alias', 'alias = ');

# ---- how often the rights are asked for: not once a row. Calls are counted when a session ends.
sub calls {
    return sql($node, 'd', q{SELECT coalesce(sum(calls), 0) FROM pg_stat_user_functions WHERE schemaname = 'mlregistry' AND funcname ~ '^(allowed_|current_user_id|bypasses_access)'});
}
for my $case (
    [ 'all models', 'SELECT count(display_name) FROM models', '8000' ],
    [ 'versions by a thousand keys', q{SELECT count(artifact_uri) FROM model_versions WHERE version_id = ANY (ARRAY(SELECT id('version', n) FROM generate_series(1, 1000) AS n))}, undef ],
    [ 'a join of four tables', 'SELECT count(a.alias) FROM models m JOIN model_versions v USING (model_id) JOIN model_aliases a USING (version_id) JOIN version_files f USING (version_id)', undef ],
    [ 'the view of models', 'SELECT count(model_name) FROM v_models_latest', '8000' ]) {
    my ($name, $statement, $rows) = @$case;
    my $before = calls();
    my $found = sql($node, 'd', $statement, as => 'mlr_viewer');
    is($found, $rows, "$name: rows") if defined $rows;
    cmp_ok($found, '>', 300, "$name: many rows");
    my $asked = calls() - $before;
    cmp_ok($asked, '>', 0, "$name: rights are asked for");
    cmp_ok($asked, '<=', 30, "$name: once for each table, not for each row");
}

# ---- what row security does cost an index: an operator that could tell others' values is asked after the policy. Functions of
# the registry search instead.
for my $case (
    [ 'full text', q{to_tsvector('english', model_name || ' ' || display_name || ' ' || coalesce(description, '')) @@ websearch_to_tsquery('english', 'x4711')}, 'idx_models_search' ],
    [ 'jsonb', q{metadata @> '{"n": 4711}'}, 'idx_models_metadata' ]) {
    my ($name, $condition, $index) = @$case;
    like(join("\n", plan_as('mlr_bypass', '', "SELECT * FROM models WHERE $condition")), qr/$index/, "$name: by its index without row security");
    unlike(join("\n", plan_as('mlr_viewer', '', "SELECT * FROM models WHERE $condition")), qr/$index/, "$name: not with row security, as docs/access.md says");
}

done_testing();
