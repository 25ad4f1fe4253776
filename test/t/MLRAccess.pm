# Shared by the tests of access: two organizations with people, keys and things in projects of every visibility.
#
# The rows are written by direct SQL as the superuser, not by the functions that the tests are about. Everything is named
# after where it is: m-default-private is the model in project default-private of organization default.
package MLRAccess;

use strict;
use warnings FATAL => 'all';

use Digest::SHA ();
use Exporter 'import';
use MLR;

our @EXPORT = qw(
    @organizations @visibilities fill_access id project_id organization_id slug_of user_id api_key as_key background key_row helpers
);

our @organizations = qw(default acme);
our @visibilities = qw(private organization public);

# The same identifiers in every run: kind and name say which.
sub id {
    my ($kind, $name) = @_;
    my $hex = Digest::SHA::sha256_hex("$kind/$name");
    return join '-', substr($hex, 0, 8), substr($hex, 8, 4), '4' . substr($hex, 13, 3), 'a' . substr($hex, 17, 3), substr($hex, 20, 12);
}
sub organization_id { my ($slug) = @_; return $slug eq 'default' ? '00000000-0000-8000-8000-000000000001' : id('organization', $slug) }
sub slug_of { my ($organization, $visibility) = @_; return "$organization-$visibility" }
sub project_id { my ($slug) = @_; return id('project', $slug) }
sub user_id { my ($name) = @_; return id('user', $name) }

# A key as authenticate() takes it, made from a name, so that tests know it: 256 bits in base64url behind mlr_.
sub api_key {
    my ($name) = @_;
    my $bits = Digest::SHA::sha256_base64("key/$name") =~ tr{+/}{-_}r;
    return "mlr_$bits";
}

# The rows of a key. Options: permissions, expires_at, is_active, name.
sub key_row {
    my ($name, $user, $organization, %options) = @_;
    my $key = api_key($name);
    my $id = id('api_key', $name);
    return sprintf(<<'SQL', $id, organization_id($organization), user_id($user), $name, substr($key, 0, 12),
INSERT INTO mlregistry.api_keys (api_key_id, organization_id, user_id, name, key_prefix, permissions, expires_at, is_active)
VALUES ('%s', '%s', '%s', '%s', '%s', '%s', %s, %s);
INSERT INTO mlregistry.api_key_secrets (api_key_id, key_hash) VALUES ('%s', '%s');
SQL
        $options{permissions} // '{}', $options{expires_at} // 'NULL', $options{is_active} // 'true', $id, Digest::SHA::sha256_hex($key));
}

# Runs SQL as role app in one transaction, in the name of a key.
sub as_key {
    my ($key, $sql) = @_;
    return "BEGIN; DO \$\$BEGIN PERFORM mlregistry.authenticate('" . api_key($key) . "'); END\$\$; $sql; COMMIT;";
}

# A session that stays open, logged in as a role.
sub background {
    my ($node, $database, $role, $name, @options) = @_;
    my $session = $node->background_psql($database, on_error_stop => 0,
        extra_params => [ '-U', $role, '-v', 'VERBOSITY=verbose', '-v', 'SHOW_CONTEXT=never', @options ]);
    $session->query_safe("SET application_name = '$name';");
    return $session;
}

# Functions in schema t that try a statement and take it back: what it did, as '<n> rows', or its SQLSTATE.
sub helpers {
    my ($node, $database) = @_;
    sql($node, $database, <<'SQL');
CREATE SCHEMA t;
GRANT USAGE ON SCHEMA t TO PUBLIC;
CREATE FUNCTION t.try(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    n bigint;
BEGIN
    BEGIN
        EXECUTE statement;
        GET DIAGNOSTICS n = ROW_COUNT;
        SET CONSTRAINTS ALL IMMEDIATE;
        RAISE EXCEPTION USING ERRCODE = 'ZZ001', MESSAGE = n || ' rows';
    EXCEPTION
        WHEN SQLSTATE 'ZZ001' THEN RETURN SQLERRM;
        WHEN OTHERS THEN RETURN SQLSTATE;
    END;
END $$;
-- All that an error says: its words must not tell what the caller may not see.
CREATE FUNCTION t.words(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    message text; detail text; hint text; rule text;
BEGIN
    BEGIN
        EXECUTE statement;
        SET CONSTRAINTS ALL IMMEDIATE;
        RAISE EXCEPTION USING ERRCODE = 'ZZ001', MESSAGE = 'no error';
    EXCEPTION WHEN OTHERS THEN
        GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT, rule = CONSTRAINT_NAME;
        RETURN concat_ws(' | ', SQLSTATE, message, detail, hint, rule);
    END;
END $$;
-- As the one above, but it stays done.
CREATE FUNCTION t.did(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    n bigint;
BEGIN
    EXECUTE statement;
    GET DIAGNOSTICS n = ROW_COUNT;
    RETURN n || ' rows';
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE;
END $$;
SQL
    return;
}

# What lies in one project: a model with a frozen version 1.0.0, which has an alias, and a version 2.0.0 that still changes.
sub _project {
    my ($organization, $slug, $visibility, $more) = @_;
    my %v = (
        o => organization_id($organization), p => project_id($slug), m => id('model', $slug), v1 => id('version 1', $slug), v2 => id('version 2', $slug),
        d => id('dataset', $slug), tag => id('tag', $organization), slug => $slug, visibility => $visibility, more => $more // 'NULL',
        file => id('file', $slug), signature => id('signature', $slug), alias => id('alias', $slug), metric => id('metric', $slug),
        team => id('team', $organization), read => id('dataset of runs', $slug), raw => id('raw dataset', $slug), making => id('experiment with a version', $slug), maker => id('run with a version', $slug), experiment => id('experiment', $slug), run => id('run', $slug),
        served => id('model that is served', $slug), s1 => id('version that is served', $slug), dep => id('deployment', $slug),
        place => id('environment in use', $organization), approval => id('approval', $slug), gate => id('gate', $slug),
    );
    return <<'SQL' =~ s/\{(\w+)\}/$v{$1}/gr;
INSERT INTO mlregistry.projects (project_id, organization_id, name, slug, visibility) VALUES ('{p}', '{o}', '{slug}', '{slug}', '{visibility}');
INSERT INTO mlregistry.models (model_id, organization_id, project_id, model_name, framework, team_id, description)
VALUES ('{m}', '{o}', '{p}', 'm-{slug}', 'onnx', '{team}', 'secret words of {slug}');
INSERT INTO mlregistry.model_versions (version_id, organization_id, model_id, semver, artifact_uri)
VALUES ('{v1}', '{o}', '{m}', '1.0.0', 's3://{slug}/1'), ('{v2}', '{o}', '{m}', '2.0.0', 's3://{slug}/2');
INSERT INTO mlregistry.model_aliases (alias_id, organization_id, model_id, alias, version_id) VALUES ('{alias}', '{o}', '{m}', 'champion', '{v1}');
INSERT INTO mlregistry.datasets (dataset_id, organization_id, project_id, dataset_name, storage_location, storage_format)
VALUES ('{d}', '{o}', '{p}', 'd-{slug}', 's3://{slug}/data', 'parquet');
INSERT INTO mlregistry.model_tags (organization_id, model_id, tag_id) VALUES ('{o}', '{m}', '{tag}');
INSERT INTO mlregistry.version_tags (organization_id, version_id, tag_id) VALUES ('{o}', '{v2}', '{tag}');
INSERT INTO mlregistry.dataset_tags (organization_id, dataset_id, tag_id) VALUES ('{o}', '{d}', '{tag}');
INSERT INTO mlregistry.version_files (file_id, organization_id, version_id, path) VALUES ('{file}', '{o}', '{v2}', 'weights.bin');
INSERT INTO mlregistry.version_signatures (signature_id, organization_id, version_id, kind, signer, bundle)
VALUES ('{signature}', '{o}', '{v2}', 'sigstore', 'release', '{}');
INSERT INTO mlregistry.model_metrics (metric_id, organization_id, version_id, metric_name, metric_value) VALUES ('{metric}', '{o}', '{v2}', 'accuracy', 0.9);
INSERT INTO mlregistry.datasets (dataset_id, organization_id, project_id, dataset_name, storage_location, storage_format)
VALUES ('{read}', '{o}', '{p}', 'r-{slug}', 's3://{slug}/runs', 'csv'), ('{raw}', '{o}', '{p}', 'raw-{slug}', 's3://{slug}/raw', 'csv');
INSERT INTO mlregistry.version_parents (organization_id, version_id, parent_version_id, relation) VALUES ('{o}', '{v2}', '{v1}', 'fine-tuned-from');
INSERT INTO mlregistry.dataset_parents (organization_id, dataset_id, parent_dataset_id) VALUES ('{o}', '{d}', '{read}');
INSERT INTO mlregistry.experiments (experiment_id, organization_id, project_id, experiment_name) VALUES ('{experiment}', '{o}', '{p}', 'e-{slug}');
INSERT INTO mlregistry.training_runs (run_id, organization_id, experiment_id, dataset_id, gpu_hours) VALUES ('{run}', '{o}', '{experiment}', '{read}', 1);
INSERT INTO mlregistry.experiments (experiment_id, organization_id, project_id, experiment_name) VALUES ('{making}', '{o}', '{p}', 'making-{slug}');
INSERT INTO mlregistry.training_runs (run_id, organization_id, experiment_id, version_id) VALUES ('{maker}', '{o}', '{making}', '{v2}');
INSERT INTO mlregistry.run_tags (organization_id, run_id, tag_id) VALUES ('{o}', '{run}', '{tag}');
INSERT INTO mlregistry.run_metrics (organization_id, project_id, run_id, metric_name, value) VALUES ('{o}', '{p}', '{run}', 'loss', 1);
INSERT INTO mlregistry.models (model_id, organization_id, project_id, model_name, framework) VALUES ('{served}', '{o}', '{p}', 's-{slug}', 'onnx');
INSERT INTO mlregistry.model_versions (version_id, organization_id, model_id, semver, artifact_uri) VALUES ('{s1}', '{o}', '{served}', '1.0.0', 's3://{slug}/s');
INSERT INTO mlregistry.deployments (deployment_id, organization_id, version_id, environment_id, deployment_name, status) VALUES ('{dep}', '{o}', '{s1}', '{place}', 'd-{slug}', CASE WHEN {more} IS NULL THEN 'pending' ELSE 'failed' END);
INSERT INTO mlregistry.deployment_tags (organization_id, deployment_id, tag_id) VALUES ('{o}', '{dep}', '{tag}');
INSERT INTO mlregistry.approvals (approval_id, organization_id, version_id, approval_type) VALUES ('{approval}', '{o}', '{v2}', 'security');
INSERT INTO mlregistry.metric_gates (gate_id, organization_id, model_id, metric_name, comparison, threshold) VALUES ('{gate}', '{o}', '{m}', 'accuracy', '>=', 0.5);
UPDATE mlregistry.projects SET deleted_at = {more} WHERE project_id = '{p}' AND {more} IS NOT NULL;
SQL
}

# Users of one organization; <name>@<organization>. All but admin, developer and nobody are viewers there, so that what they
# may do beyond that comes from their project.
our %membership = (admin => 'admin', developer => 'developer', viewer => 'viewer', owner => 'viewer', contributor => 'viewer', onlooker => 'viewer',
    extra => 'viewer');
our %member_of_project = (owner => 'owner', contributor => 'contributor', onlooker => 'viewer');

sub _organization {
    my ($organization) = @_;
    my $o = organization_id($organization);
    my $sql = '';
    $sql .= "INSERT INTO mlregistry.organizations (organization_id, name, slug) VALUES ('$o', '$organization', '$organization');\n" if $organization ne 'default';
    $sql .= sprintf("INSERT INTO mlregistry.teams (team_id, organization_id, team_name) VALUES ('%s', '%s', 'team-%s');\n", id('team', $organization), $o, $organization);
    for my $place ('environment', 'environment in use') {
        $sql .= sprintf("INSERT INTO mlregistry.environments (environment_id, organization_id, environment_name, environment_type) VALUES ('%s', '%s', '%s-%s', 'sandbox');\n",
            id($place, $organization), $o, $place =~ tr/ /-/r, $organization);
    }
    for my $tag ('tag', 'spare') {
        $sql .= sprintf("INSERT INTO mlregistry.tags (tag_id, organization_id, tag_name) VALUES ('%s', '%s', '%s-%s');\n", id($tag, $organization), $o, $tag, $organization);
    }
    $sql .= sprintf(<<'SQL', id('quota', $organization), $o);
INSERT INTO mlregistry.resource_quotas (quota_id, organization_id, scope, gpu_hours_limit) VALUES ('%s', '%s', 'organization', 100);
SQL
    $sql .= _project($organization, slug_of($organization, $_), $_) for @visibilities;
    $sql .= _project($organization, "$organization-gone", 'public', 'now()');
    for my $user (sort(keys %membership), 'newcomer') {
        my $name = "$user\@$organization";
        $sql .= sprintf("INSERT INTO mlregistry.users (user_id, email) VALUES ('%s', '%s.example');\n", user_id($name), $name);
        $sql .= sprintf("INSERT INTO mlregistry.user_credentials (user_id, password_hash) VALUES ('%s', 'hash');\n", user_id($name));
        next unless $membership{$user};
        $sql .= sprintf("INSERT INTO mlregistry.organization_memberships (membership_id, organization_id, user_id, role) VALUES ('%s', '%s', '%s', '%s');\n",
            id('membership', $name), $o, user_id($name), $membership{$user});
        next unless $member_of_project{$user};
        $sql .= sprintf("INSERT INTO mlregistry.project_members (member_id, organization_id, project_id, user_id, role) VALUES ('%s', '%s', '%s', '%s', '%s');\n",
            id('member', "$name/$_"), $o, project_id(slug_of($organization, $_)), user_id($name), $member_of_project{$user}) for @visibilities;
    }
    # A second admin, so that the loss of one is no loss of the last; and a member of the private project for others to change.
    my $name = "admin2\@$organization";
    $sql .= sprintf("INSERT INTO mlregistry.users (user_id, email) VALUES ('%s', '%s.example');\n", user_id($name), $name);
    $sql .= sprintf("INSERT INTO mlregistry.organization_memberships (membership_id, organization_id, user_id, role) VALUES ('%s', '%s', '%s', 'admin');\n",
        id('membership', $name), $o, user_id($name));
    $sql .= key_row("$_\@$organization", "$_\@$organization", $organization) for sort keys %membership;
    return $sql;
}

# Makes a database with the extension and all of this. Roles: app, for whom only keys speak; joe, who is owner@default;
# reader, writer and admin of each organization by grant_access(); bare, who has nothing.
sub fill_access {
    my ($node, $database) = @_;
    sql($node, 'postgres', "CREATE DATABASE $database");
    my @levels = map { my $organization = $_; map { [ "${_}_of_$organization", $_, $organization ] } qw(reader writer admin) } @organizations;
    my $roles = join '', map { "CREATE ROLE $_ LOGIN;\n" } 'app', 'joe', 'bare', map { $_->[0] } @levels;
    sql($node, 'postgres', $roles) if sql($node, 'postgres', q{SELECT count(*) FROM pg_roles WHERE rolname = 'app'}) eq '0';
    sql($node, $database, 'CREATE EXTENSION mlregistry; ALTER DATABASE ' . $database . ' SET search_path = public, mlregistry');
    helpers($node, $database);
    my $sql = join '', map { _organization($_) } @organizations;
    $sql .= sprintf("UPDATE mlregistry.users SET db_role = 'joe' WHERE user_id = '%s';\n", user_id('owner@default'));
    # A user of both organizations: a viewer in default, an admin in acme.
    $sql .= sprintf("INSERT INTO mlregistry.users (user_id, email) VALUES ('%s', 'both\@both.example');\n", user_id('both'));
    $sql .= sprintf("INSERT INTO mlregistry.organization_memberships (membership_id, organization_id, user_id, role) VALUES ('%s', '%s', '%s', '%s');\n",
        id('membership', "both\@$_->[0]"), organization_id($_->[0]), user_id('both'), $_->[1]) for [ 'default', 'viewer' ], [ 'acme', 'admin' ];
    $sql .= key_row('both@default', 'both', 'default') . key_row('both@acme', 'both', 'acme');
    sql($node, $database, $sql);
    sql($node, $database, join '', map { "SELECT mlregistry.grant_access('$_->[0]', '$_->[1]', '$_->[2]');\n" } @levels);
    # What SQL asks for, and no row: those are for whom they authenticate as.
    sql($node, $database, join '', map { "SELECT mlregistry.grant_access('$_', 'admin', sql_only => true);\n" } 'app', 'joe', 'bare');
    sql($node, $database, 'ANALYZE');
    return;
}

1;
