# Who may do what: every role, every table, every verb, in projects of every visibility, allowed and refused, by direct SQL.
# What is expected comes from the three tables below, which say what data-model.md says, and from nothing else.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin;
use MLR;
use MLRAccess;

use Test::More;

# ---- the rules

# What a role is in an organization, and so in its projects. A deleted project is there for admins only.
my %standing = (
    #                              private  organization  public  deleted   the organization itself
    'organization admin'  => [ qw( own      own           own     own       admin ) ],
    'developer'           => [ qw( -        write         write   -         write ) ],
    'viewer'              => [ qw( -        read          read    -         read  ) ],
    'project owner'       => [ qw( own      own           own     -         read  ) ],
    'project contributor' => [ qw( write    write         write   -         read  ) ],
    'project viewer'      => [ qw( read     read          read    -         read  ) ],
    'stranger'            => [ qw( -        -             read    -         -     ) ],
    'granted reader'      => [ qw( read     read          read    -         read  ) ],
    'granted writer'      => [ qw( write    write         write   -         write ) ],
    'granted admin'       => [ qw( own      own           own     own       admin ) ],
    'nobody'              => [ qw( -        -             -       -         -     ) ],
);

# What a class of tables asks for each verb: the least that one must be in the project, or in the organization (o:).
my %class = (
    #                     select    insert    update    delete
    'contents'     => [ qw( read      write     write     write    ) ],
    'history'      => [ qw( read      never     never     never    ) ],
    'projects'     => [ qw( read      o:admin   own       own      ) ],
    'members'      => [ qw( read      own       own       own      ) ],
    'vocabulary'   => [ qw( o:read    o:write   o:write   o:write  ) ],
    'organization' => [ qw( o:read    never     never     never    ) ],
    'staff'        => [ qw( o:read    o:admin   o:admin   o:admin  ) ],
    'places'       => [ qw( o:read    o:admin   o:admin   o:admin  ) ],
    'people'       => [ qw( o:person  never     never     never    ) ],
    'keys'         => [ qw( o:admin   never     never     never    ) ], # with a key: one that may make keys, so admin:write
    'secrets'      => [ qw( never     never     never     never    ) ],
    'facts'        => [ qw( always    never     never     never    ) ],
    'kept'         => [ qw( read      write     write     never    ) ], # goes with its version only
    'measured'     => [ qw( read      write     never     never    ) ], # append-only
    'trail'        => [ qw( told      never     never     never    ) ],
);

# Tables: class, and the scope that a key with scopes must have (names: any to read, any that writes to write).
my %table = (
    models                   => [ 'contents',     'models' ],
    model_tags               => [ 'contents',     'models' ],
    model_versions           => [ 'contents',     'versions' ],
    version_files            => [ 'contents',     'versions' ],
    version_signatures       => [ 'kept',         'versions' ],
    model_aliases            => [ 'contents',     'versions' ],
    version_tags             => [ 'contents',     'versions' ],
    model_metrics            => [ 'contents',     'versions' ],
    datasets                 => [ 'contents',     'datasets' ],
    dataset_tags             => [ 'contents',     'datasets' ],
    version_parents          => [ 'contents',     'versions' ],
    dataset_parents          => [ 'contents',     'datasets' ],
    experiments              => [ 'contents',     'runs' ],
    training_runs            => [ 'contents',     'runs' ],
    run_datasets             => [ 'contents',     'runs' ],
    run_tags                 => [ 'contents',     'runs' ],
    run_metrics              => [ 'measured',     'runs' ],
    alias_history            => [ 'history',      'versions' ],
    deployments              => [ 'contents',     'deployments' ],
    deployment_tags          => [ 'contents',     'deployments' ],
    approvals                => [ 'contents',     'approvals' ],
    metric_gates             => [ 'members',      'approvals' ],
    deployment_history       => [ 'history',      'deployments' ],
    stage_history            => [ 'history',      'versions' ],
    (map { ("status_history: $_->[0]" => [ 'history', $_->[1] ]) } [ version => 'versions' ], [ run => 'runs' ], [ experiment => 'runs' ], [ deployment => 'deployments' ],
        [ approval => 'approvals' ]),
    # An edge is seen by who may see both ends.
    (map { ("lineage_edges: $_->[0]" => [ 'history', [ @$_[1 .. $#$_] ] ]) } [ 'version version' => 'versions' ], [ 'dataset dataset' => 'datasets' ], [ 'run dataset' => qw(runs datasets) ],
        [ 'version run' => qw(versions runs) ], [ 'deployment version' => qw(deployments versions) ]),
    projects                 => [ 'projects',     'admin' ],
    environments             => [ 'places',       'admin' ],
    project_members          => [ 'members',      'admin' ],
    teams                    => [ 'vocabulary',   'names' ],
    tags                     => [ 'vocabulary',   'names' ],
    organizations            => [ 'organization', 'admin' ],
    organization_memberships => [ 'staff',        'admin' ],
    resource_quotas          => [ 'staff',        'admin' ],
    users                    => [ 'people',       'admin' ],
    api_keys                 => [ 'keys',         'admin' ],
    user_credentials         => [ 'secrets',      undef ],
    api_key_secrets          => [ 'secrets',      undef ],
    role_access              => [ 'secrets',      undef ],
    access_rules             => [ 'secrets',      undef ],
    guards                   => [ 'secrets',      undef ],
    map { $_ => [ 'facts', undef ] } qw(registry_meta frameworks model_formats storage_formats tag_categories gpu_types),
);

# The trail tells of a row to whoever may read such a row there, and admins of all in their organization. Of people, keys and
# grants it tells admins, and everybody of oneself. It tells nothing outside the organization, of public projects neither: it says who
# came from where. Kind of entity: the table whose rows it is about.
my %trail = (
    model => 'models', version => 'model_versions', alias => 'model_aliases', file => 'version_files', signature => 'version_signatures',
    metric => 'model_metrics', dataset => 'datasets', experiment => 'experiments', run => 'training_runs', deployment => 'deployments',
    approval => 'approvals', gate => 'metric_gates', environment => 'environments', project => 'projects', project_member => 'project_members', team => 'teams', tag => 'tags',
    organization => 'organizations', member => 'organization_memberships', quota => 'resource_quotas', user => 'api_keys', api_key => 'api_keys',
);
$table{"audit_logs: $_"} = [ 'trail', undef ] for keys %trail;

# Who they are: the role that logs in, the key that it authenticates with, and what that is in the two organizations.
# A key holds in its own organization; what is public in another one it reads as every user does.
my @actors = (
    #  role                  key                          in default               in acme
    [ 'app',                'admin@default',             'organization admin',    'stranger' ],
    [ 'app',                'developer@default',         'developer',             'stranger' ],
    [ 'app',                'viewer@default',            'viewer',                'stranger' ],
    [ 'app',                'owner@default',             'project owner',         'stranger' ],
    [ 'app',                'contributor@default',       'project contributor',   'stranger' ],
    [ 'app',                'onlooker@default',          'project viewer',        'stranger' ],
    [ 'app',                'admin@acme',                'stranger',              'organization admin' ],
    [ 'app',                'developer@acme',            'stranger',              'developer' ],
    [ 'app',                'owner@acme',                'stranger',              'project owner' ],
    [ 'app',                'both@default',              'viewer',                'stranger' ],
    [ 'app',                'both@acme',                 'stranger',              'organization admin' ],
    [ 'app',                undef,                       'nobody',                'nobody' ],
    [ 'bare',               undef,                       'nobody',                'nobody' ],
    [ 'joe',                undef,                       'project owner',         'stranger' ],
    [ 'joe',                'admin@acme',                'stranger',              'organization admin' ],
    [ 'reader_of_default',  undef,                       'granted reader',        'nobody' ],
    [ 'writer_of_default',  undef,                       'granted writer',        'nobody' ],
    [ 'admin_of_default',   undef,                       'granted admin',         'nobody' ],
    [ 'reader_of_acme',     undef,                       'nobody',                'granted reader' ],
    [ 'writer_of_acme',     undef,                       'nobody',                'granted writer' ],
    [ 'admin_of_acme',      undef,                       'nobody',                'granted admin' ],
    # Who authenticates is that user only, whatever the role was granted.
    [ 'admin_of_acme',      'viewer@default',            'viewer',                'stranger' ],
    [ 'writer_of_default',  'developer@acme',            'stranger',              'developer' ],
    # Keys that may do less than their user.
    [ 'app',                'models:read',               'organization admin',    'stranger' ],
    [ 'app',                'models:write',              'organization admin',    'stranger' ],
    [ 'app',                'versions:write',            'developer',             'stranger' ],
    [ 'app',                'datasets:read admin:read',  'organization admin',    'stranger' ],
    [ 'app',                'admin:write',               'organization admin',    'stranger' ],
    [ 'app',                'runs:write',                'organization admin',    'stranger' ],
    [ 'app',                'models:write in default-private', 'project contributor', 'stranger' ],
    [ 'app',                'admin:write models:write in default-organization', 'organization admin', 'stranger' ],
);

# ---- what is tried

my $node = new_node('matrix');
fill_access($node, 'd');
my %user_of_limited = ('models:read' => 'admin', 'models:write' => 'admin', 'versions:write' => 'developer', 'datasets:read admin:read' => 'admin',
    'admin:write' => 'admin', 'runs:write' => 'admin', 'models:write in default-private' => 'contributor',
    'admin:write models:write in default-organization' => 'admin');

# The limits of a key, from its name: (scopes, projects); nothing for a key without.
sub limits {
    my ($key) = @_;
    return unless defined $key && exists $user_of_limited{$key};
    my ($scopes, $projects) = $key =~ /^(.+?)(?: in (\S+))?$/;
    return ({ map { $_ => 1 } split / /, $scopes }, defined $projects ? { $projects => 1 } : undef);
}
for my $key (sort keys %user_of_limited) {
    my ($scopes, $projects) = limits($key);
    my $permissions = '{"scopes": [' . join(', ', map { "\"$_\"" } sort keys %$scopes) . ']'
        . ($projects ? ', "projects": [' . join(', ', map { "\"$_\"" } sort keys %$projects) . ']' : '') . '}';
    sql($node, 'd', key_row($key, "$user_of_limited{$key}\@default", 'default', permissions => $permissions));
}
sql($node, 'd', sprintf(q{INSERT INTO guards (organization_id, rule, subject_id) VALUES ('%1$s', 'test', '%1$s')}, organization_id('default')));
# To have something to tell in each organization: people are created before they are members, and one organization by install().
sql($node, 'd', q{UPDATE users SET avatar_url = 'https://example.com/me'; UPDATE organizations SET billing_email = 'bills@example.com'});

# Statements that do no more than the verb: (select, insert, update, delete). $slug: the project.
sub statements {
    my ($table, $organization, $slug) = @_;
    my ($visibility) = $slug =~ /-(\w+)$/;
    my %v = (
        o => organization_id($organization), p => project_id($slug), m => id('model', $slug), v1 => id('version 1', $slug), v2 => id('version 2', $slug),
        d => id('dataset', $slug), tag => id('tag', $organization), spare => id('spare', $organization), team => id('team', $organization),
        file => id('file', $slug), signature => id('signature', $slug), alias => id('alias', $slug), metric => id('metric', $slug),
        member => id('member', "onlooker\@$organization/$visibility"), membership => id('membership', "extra\@$organization"),
        extra => user_id("extra\@$organization"), newcomer => user_id("newcomer\@$organization"), quota => id('quota', $organization),
        key => id('api_key', "extra\@$organization"), viewer => user_id("viewer\@$organization"),
        read => id('dataset of runs', $slug), raw => id('raw dataset', $slug), experiment => id('experiment', $slug), run => id('run', $slug),
        s1 => id('version that is served', $slug), dep => id('deployment', $slug), env => id('environment', $organization), place => id('environment in use', $organization),
        approval => id('approval', $slug), gate => id('gate', $slug),
    );
    my %how = (
        models => [ q{model_id = '{m}'}, q{description = 'x'},
            q{(organization_id, project_id, model_name, framework) VALUES ('{o}', '{p}', 'fresh', 'onnx')} ],
        model_tags => [ q{model_id = '{m}' AND tag_id = '{tag}'}, q{added_at = added_at},
            q{(organization_id, project_id, model_id, tag_id) VALUES ('{o}', '{p}', '{m}', '{spare}')} ],
        model_versions => [ q{version_id = '{v2}'}, q{description = 'x'},
            q{(organization_id, project_id, model_id, semver, artifact_uri) VALUES ('{o}', '{p}', '{m}', '9.9.9', 's3://x/y')} ],
        version_files => [ q{file_id = '{file}'}, q{media_type = 'text/plain'},
            q{(organization_id, project_id, version_id, path) VALUES ('{o}', '{p}', '{v2}', 'fresh.bin')} ],
        version_signatures => [ q{signature_id = '{signature}'}, q{verifier = 'x'},
            q{(organization_id, project_id, version_id, kind, signer, bundle) VALUES ('{o}', '{p}', '{v2}', 'pgp', 'me', '{}')} ],
        model_aliases => [ q{alias_id = '{alias}'}, q{set_at = set_at},
            q{(organization_id, project_id, model_id, alias, version_id) VALUES ('{o}', '{p}', '{m}', 'fresh', '{v1}')} ],
        version_tags => [ q{version_id = '{v2}' AND tag_id = '{tag}'}, q{added_at = added_at},
            q{(organization_id, project_id, version_id, tag_id) VALUES ('{o}', '{p}', '{v2}', '{spare}')} ],
        model_metrics => [ q{metric_id = '{metric}'}, q{metric_value = 0.8},
            q{(organization_id, project_id, version_id, metric_name, metric_value) VALUES ('{o}', '{p}', '{v2}', 'loss', 1)} ],
        datasets => [ q{dataset_id = '{d}'}, q{row_count = 1},
            q{(organization_id, project_id, dataset_name, storage_location, storage_format) VALUES ('{o}', '{p}', 'fresh', 's3://x/y', 'csv')} ],
        dataset_tags => [ q{dataset_id = '{d}' AND tag_id = '{tag}'}, q{added_at = added_at},
            q{(organization_id, project_id, dataset_id, tag_id) VALUES ('{o}', '{p}', '{d}', '{spare}')} ],
        # Never updated, but who may write a row may say again what it says.
        version_parents => [ q{version_id = '{v2}' AND relation = 'fine-tuned-from'}, q{notes = notes},
            q{(organization_id, project_id, version_id, parent_version_id, relation) VALUES ('{o}', '{p}', '{v2}', '{v1}', 'derived-from')} ],
        dataset_parents => [ q{dataset_id = '{d}'}, q{transformation = transformation},
            q{(organization_id, project_id, dataset_id, parent_dataset_id) VALUES ('{o}', '{p}', '{d}', '{raw}')} ],
        experiments => [ q{experiment_id = '{experiment}'}, q{description = 'x'},
            q{(organization_id, project_id, experiment_name) VALUES ('{o}', '{p}', 'fresh')} ],
        training_runs => [ q{run_id = '{run}'}, q{notes = 'x'},
            q{(organization_id, project_id, experiment_id, run_name) VALUES ('{o}', '{p}', '{experiment}', 'fresh')} ],
        run_datasets => [ q{run_id = '{run}' AND dataset_id = '{read}'}, q{row_count = 1},
            q{(organization_id, project_id, run_id, dataset_id, dataset_role) VALUES ('{o}', '{p}', '{run}', '{read}', 'test')} ],
        run_tags => [ q{run_id = '{run}' AND tag_id = '{tag}'}, q{added_at = added_at},
            q{(organization_id, project_id, run_id, tag_id) VALUES ('{o}', '{p}', '{run}', '{spare}')} ],
        run_metrics => [ q{run_id = '{run}'}, q{value = 2},
            q{(organization_id, project_id, run_id, metric_name, value) VALUES ('{o}', '{p}', '{run}', 'accuracy', 1)} ],
        alias_history => [ q{model_id = '{m}' AND alias = 'champion'}, q{set_by = 'x'},
            q{(organization_id, project_id, model_id, alias, version_id, semver, valid_from) VALUES ('{o}', '{p}', '{m}', 'forged', '{v1}', '1.0.0', now())} ],
        deployments => [ q{deployment_id = '{dep}'}, q{endpoint_url = 'https://example.com'},
            q{(organization_id, project_id, version_id, environment_id, deployment_name, status) VALUES ('{o}', '{p}', '{s1}', '{place}', 'fresh', 'failed')} ],
        deployment_tags => [ q{deployment_id = '{dep}' AND tag_id = '{tag}'}, q{added_at = added_at},
            q{(organization_id, project_id, deployment_id, tag_id) VALUES ('{o}', '{p}', '{dep}', '{spare}')} ],
        approvals => [ q{approval_id = '{approval}'}, q{risk_assessment = 'x'},
            q{(organization_id, project_id, version_id, approval_type) VALUES ('{o}', '{p}', '{v2}', 'legal')} ],
        metric_gates => [ q{gate_id = '{gate}'}, q{threshold = 0.6},
            q{(organization_id, project_id, model_id, metric_name, comparison, threshold) VALUES ('{o}', '{p}', '{m}', 'loss', '<=', 1)} ],
        deployment_history => [ q{deployment_id = '{dep}'}, q{reason = 'x'},
            q{(organization_id, project_id, deployment_id, deployment_name, environment_id, environment_name, model_id, version_id, semver, action, status, deployment_status, traffic_percentage, replicas, started_at, valid_from)}
            . q{ VALUES ('{o}', '{p}', gen_random_uuid(), 'forged', '{place}', 'x', '{m}', '{v1}', '1.0.0', 'deploy', 'completed', 'active', 100, 1, now(), now())} ],
        stage_history => [ q{version_id = '{v2}'}, q{reason = 'x'},
            q{(organization_id, project_id, model_id, version_id, semver, stage, valid_from) VALUES ('{o}', '{p}', '{m}', gen_random_uuid(), '1.0.0', 'production', now())} ],
        environments => [ q{environment_id = '{env}'}, q{requires_approval = true}, q{(organization_id, environment_name, environment_type) VALUES ('{o}', 'fresh', 'sandbox')} ],
        projects => [ q{project_id = '{p}'}, q{description = 'x'},
            q{(organization_id, name, slug) VALUES ('{o}', 'Fresh', 'fresh')} ],
        project_members => [ q{member_id = '{member}'}, q{role = 'viewer'},
            q{(organization_id, project_id, user_id, role) VALUES ('{o}', '{p}', '{extra}', 'viewer')} ],
        teams => [ q{team_id = '{team}'}, q{department = 'x'}, q{(organization_id, team_name) VALUES ('{o}', 'fresh')} ],
        tags => [ q{tag_id = '{spare}'}, q{description = 'x'}, q{(organization_id, tag_name) VALUES ('{o}', 'fresh')} ],
        organizations => [ q{organization_id = '{o}'}, q{name = 'x'}, q{(name, slug) VALUES ('Fresh', 'fresh')} ],
        organization_memberships => [ q{membership_id = '{membership}'}, q{role = 'developer'},
            q{(organization_id, user_id, role) VALUES ('{o}', '{newcomer}', 'viewer')} ],
        resource_quotas => [ q{quota_id = '{quota}'}, q{gpu_hours_limit = 200},
            q{(organization_id, scope, period, gpu_hours_limit) VALUES ('{o}', 'organization', 'day', 1)} ],
        users => [ q{user_id = '{extra}'}, q{first_name = 'x'}, q{(email) VALUES ('fresh@example.com')} ],
        api_keys => [ q{api_key_id = '{key}'}, q{permissions = '{}'},
            q{(organization_id, user_id, name, key_prefix) VALUES ('{o}', '{viewer}', 'fresh', 'mlr_')} ],
        user_credentials => [ q{user_id = '{extra}'}, q{password_hash = NULL}, q{(user_id) VALUES ('00000000-0000-4000-8000-000000000000')} ],
        api_key_secrets => [ q{api_key_id = '{key}'}, q{key_hash = repeat('0', 64)}, q{(api_key_id, key_hash) VALUES ('{key}', repeat('1', 64))} ],
        role_access => [ q{organization_id = '{o}'}, q{level = 'admin'}, q{(db_role, organization_id, level) VALUES (session_user, '{o}', 'owner')} ],
        access_rules => [ q{table_name = 'models'}, q{write_role = 'viewer'},
            q{(table_name, scope, read_role, write_role) VALUES ('fresh', 'global', 'viewer', 'viewer')} ],
        guards => [ q{rule = 'test'}, q{n = 1}, q{(organization_id, rule, subject_id) VALUES ('{o}', 'fresh', '{o}')} ],
        registry_meta => [ q{key = 'schema_version'}, q{value = '1'}, q{(key, value) VALUES ('fresh', '1')} ],
        map { my $row = $_->[1]; $_->[0] => [ "name = '$row'", q{description = 'x'}, q{(name) VALUES ('fresh')} ] }
            [ frameworks => 'onnx' ], [ model_formats => 'onnx' ], [ storage_formats => 'csv' ], [ tag_categories => 'domain' ], [ gpu_types => 'nvidia-t4' ],
    );
    my %told = (
        model => 'm', version => 'v2', alias => 'alias', file => 'file', signature => 'signature', metric => 'metric', dataset => 'd', experiment => 'experiment', run => 'run', project => 'p',
        deployment => 'dep', approval => 'approval', gate => 'gate', environment => 'env', project_member => 'member', team => 'team', tag => 'spare', organization => 'o', member => 'membership', quota => 'quota', user => 'extra', api_key => 'key',
    );
    my %verb_of = (map({ $_ => 'create' } keys %trail), alias => 'set', file => 'add', signature => 'add', metric => 'record', run => 'queue', deployment => 'deploy', approval => 'request', project_member => 'add', member => 'add',
        user => 'update', organization => 'update');
    if (my ($kind) = $table =~ /^audit_logs: (.+)$/) {
        $table = 'audit_logs';
        $how{$table} = [ "entity_type = '$kind' AND entity_id = '{$told{$kind}}' AND action = '$kind.$verb_of{$kind}' AND organization_id = '{o}'", q{reason = reason},
            q{(system_identifier, organization_id, project_id, actor, db_role, action, entity_type, salt, leaf_hash)} .
            qq{ VALUES (1, '{o}', '{p}', session_user, session_user, '$kind.create', '$kind', '', sha256(''))} ];
    }
    if (my ($kind) = $table =~ /^status_history: (.+)$/) {
        my %entity = (version => 'v2', run => 'run', experiment => 'experiment', deployment => 'dep', approval => 'approval');
        $table = 'status_history';
        $how{$table} = [ "entity_kind = '$kind' AND entity_id = '{$entity{$kind}}'", q{reason = 'x'},
            qq{(organization_id, project_id, entity_kind, entity_id, status, valid_from) VALUES ('{o}', '{p}', '$kind', gen_random_uuid(), 'approved', now())} ];
    }
    if (my ($child, $parent) = $table =~ /^lineage_edges: (\w+) (\w+)$/) {
        my %node = (version => 'v2', run => 'run', dataset => 'd', deployment => 'dep');
        my $where = "child_kind = '$child' AND parent_kind = '$parent' AND child_id = '{$node{$child}}'";
        $table = 'lineage_edges';
        $how{$table} = [ $where, q{valid_to = now()}, q{(organization_id, child_kind, child_id, parent_kind, parent_id, relation, child_project_id, parent_project_id, valid_from)}
            . qq{ VALUES ('{o}', '$child', gen_random_uuid(), '$parent', gen_random_uuid(), 'derived-from', '{p}', '{p}', now())} ];
    }
    my ($where, $set, $values) = map { s/\{(\w+)\}/$v{$1}/gr } @{ $how{$table} };
    return (
        "SELECT FROM mlregistry.$table WHERE $where",
        "INSERT INTO mlregistry.$table $values",
        "UPDATE mlregistry.$table SET $set WHERE $where",
        "DELETE FROM mlregistry.$table WHERE $where",
    );
}
my @verbs = qw(select insert update delete);

# ---- what is expected

my %level = ('-' => 0, read => 1, write => 2, own => 3, admin => 3);

# Whether a key of these scopes reaches a kind: writing includes reading.
sub is_in_scope {
    my ($scopes, $scope, $verb) = @_;
    return grep { $scopes->{$_} } $verb eq 'select' ? ("$scope:read", "$scope:write") : ("$scope:write");
}

sub is_allowed {
    my ($actor, $table, $organization, $slug, $verb) = @_;
    my ($role, $key, @standings) = @$actor;
    my ($class, $scope) = @{ $table{$table} };
    my ($n) = grep { $verbs[$_] eq $verb } 0 .. 3;
    my $need = $class{$class}[$n];
    return 0 if $need eq 'never';
    return 1 if $need eq 'always';
    if ($need eq 'told') {
        my ($kind) = $table =~ /: (.+)$/;
        return 0 if $standing{ $standings[ $organization eq 'default' ? 0 : 1 ] }[4] eq '-';
        return is_allowed($actor, $trail{$kind}, $organization, $slug, $verb) || is_allowed($actor, 'api_keys', $organization, $slug, $verb);
    }
    my $standing = $standing{ $standings[ $organization eq 'default' ? 0 : 1 ] };
    my ($visibility) = $slug =~ /-(\w+)$/;
    my ($column) = grep { (qw(private organization public gone))[$_] eq $visibility } 0 .. 3;
    my $of_organization = $need =~ s/^o://;
    $need = 'read' if $need eq 'person';
    return 0 if $level{ $standing->[ $of_organization ? 4 : $column ] } < $level{$need};

    # What the key leaves of that.
    my ($scopes, $projects) = limits($key);
    return 1 unless $scopes && defined $scope;
    if (ref $scope) {
        return 0 if grep { !is_in_scope($scopes, $_, $verb) } @$scope;
        return 1 if !$projects;
        return $projects->{$slug} // 0;
    }
    my @needed = $verb eq 'select' ? ("$scope:read", "$scope:write") : ("$scope:write");
    # Without the names of organizations and projects no reference could be read: any key reads them.
    my $any = $scope eq 'names' || ($verb eq 'select' && $table =~ /^(?:organizations|projects|environments)$/);
    return 0 unless $any ? $verb eq 'select' || grep { /:write$/ } keys %$scopes : grep { $scopes->{$_} } @needed;
    # A key for some projects changes nothing that is all projects'.
    return 1 if !$projects;
    return $of_organization ? $verb eq 'select' && $class ne 'keys' || 0 : $projects->{$slug} // 0;
}

# ---- the walk

my @places = (map({ my $organization = $_; map { [ $organization, slug_of($organization, $_) ] } @visibilities } @organizations),
    map { [ $_, "$_-gone" ] } @organizations);
my @cells;
for my $table (sort keys %table) {
    my %seen;
    for my $place (@places) {
        # Nobody is a member of the deleted project.
        # Nothing is deployed there.
        next if $table =~ /project_members?$|^lineage_edges: deployment/ && $place->[1] =~ /-gone$/;
        my @statements = statements($table, @$place);
        for my $n (0 .. 3) {
            push @cells, { table => $table, place => $place, verb => $verbs[$n], sql => $statements[$n] } unless $seen{ $statements[$n] }++;
        }
    }
}
sql($node, 'd', 'CREATE TABLE t.cells (n integer PRIMARY KEY, statement text NOT NULL); GRANT SELECT ON t.cells TO PUBLIC;'
    . join '', map { sprintf "INSERT INTO t.cells VALUES (%d, \$sql\$%s\$sql\$);\n", $_, $cells[$_]{sql} } 0 .. $#cells);

# What a superuser gets: each statement does something, so that a refusal is one.
my @possible = map { (split /\|/)[1] } split /\n/, sql($node, 'd', 'SELECT n, t.try(statement) FROM t.cells ORDER BY n');
my @impossible = map { "$cells[$_]{sql}: $possible[$_]" } grep {
    # But for what nobody else may do either: secrets, built-in words, whole organizations, what is kept.
    $possible[$_] ne '1 rows' && $table{ $cells[$_]{table} }[0] !~ /^(?:secrets|facts|organization|people)$/
        && !($table{ $cells[$_]{table} }[0] eq 'kept' && $cells[$_]{verb} eq 'delete')
} 0 .. $#cells;
is(join("\n", @impossible), '', 'whoever may do everything can do what is tried: ' . @cells . ' statements');

my ($allowed, $refused) = (0, 0);

# Tests all cells of one actor. $expect: is_allowed() or another answer.
sub walk {
    my ($actor, $name, $expect) = @_;
    my ($role, $key) = @$actor;
    my $ask = 'SELECT n, t.try(statement) FROM t.cells ORDER BY n';
    my @got = map { (split /\|/)[1] } split /\n/, sql($node, 'd', defined $key ? as_key($key, $ask) : $ask, as => $role);
    my (%wrong, %tried);
    for my $n (0 .. $#cells) {
        my $cell = $cells[$n];
        my $may = $expect->($actor, $cell->{table}, @{ $cell->{place} }, $cell->{verb});
        my $got = $got[$n] // 'nothing';
        # A row that one may not see is not found. To insert beside a parent that one may not see is refused by either rule.
        my $ok = $may ? $got eq '1 rows' || ($got ne '0 rows' && $got eq $possible[$n])
            : $cell->{verb} eq 'insert' ? $got =~ /^(?:42501|23503)$/
            :                             $got =~ /^(?:42501|0 rows)$/;
        $may ? $allowed++ : $refused++;
        $tried{ $cell->{table} }++;
        push @{ $wrong{ $cell->{table} } }, ($may ? 'allowed' : 'refused') . " but $got: $cell->{place}[1]: $cell->{sql}" unless $ok;
    }
    for my $table (sort keys %tried) {
        ok(!$wrong{$table}, "$name: $table, $tried{$table} cells") or diag(join "\n", @{ $wrong{$table} });
    }
    return;
}
for my $actor (@actors) {
    my ($role, $key, @standings) = @$actor;
    walk($actor, sprintf('%s (%s | %s)', defined $key ? "$role as $key" : $role, @standings), \&is_allowed);
}
cmp_ok($allowed, '>', 1000, "cells that are allowed: $allowed");
cmp_ok($refused, '>', 4000, "cells that are refused: $refused");

# ---- one's own rows

my $own = sprintf(q{SELECT (SELECT count(*) FROM mlregistry.users WHERE user_id = '%s'), (SELECT count(*) FROM mlregistry.api_keys WHERE api_key_id = '%s'),
                           (SELECT count(*) FROM mlregistry.api_keys)}, user_id('viewer@default'), id('api_key', 'viewer@default'));
is_sql($node, 'd', as_key('viewer@default', $own), '1|1|1', 'a user sees the own row and the own keys, and no other key', as => 'app');
is_sql($node, 'd', as_key('viewer@acme', $own), '0|0|1', 'the other organization does not', as => 'app');
my $told = q{SELECT string_agg(DISTINCT action, ' ' ORDER BY action) FROM mlregistry.audit_logs WHERE entity_type IN ('user', 'api_key')};
is_sql($node, 'd', as_key('viewer@default', $told), 'api_key.create user.create user.set_password user.update', 'the trail tells a user of the own row and the own keys', as => 'app');
is_sql($node, 'd', as_key('viewer@default', sprintf(q{SELECT count(*) FROM mlregistry.audit_logs WHERE entity_type IN ('user', 'api_key') AND subject_id <> '%s'}, user_id('viewer@default'))),
    '0', 'and of nobody else', as => 'app');
is_sql($node, 'd', as_key('both@acme', sprintf(q{SELECT count(*) FROM mlregistry.users WHERE user_id IN ('%s', '%s')},
    user_id('viewer@default'), user_id('viewer@acme'))), '1', 'whoever is in two organizations sees the people of the one that the key is of', as => 'app');

# ---- organizations that may not write any more

for my $status ('suspended', 'inactive') {
    sql($node, 'd', "UPDATE organizations SET subscription_status = '$status' WHERE slug = 'default'");
    for my $actor (grep { $_->[2] =~ /admin|writer|owner|developer|viewer/ && !limits($_->[1]) } @actors) {
        my $name = defined $actor->[1] ? "$actor->[0] as $actor->[1]" : $actor->[0];
        walk($actor, "$status: $name", sub { my (undef, undef, $organization, undef, $verb) = @_; ($organization eq 'default' && $verb ne 'select') ? 0 : is_allowed(@_) });
    }
}
sql($node, 'd', q{UPDATE organizations SET subscription_status = 'active' WHERE slug = 'default'});

# ---- nothing is left out

# The page of rules, as data-model.md gives it.
my $rules = <<'RULES';
access_rules|owner|owner|owner|
alias_history|project|viewer|owner|versions
api_key_secrets|owner|owner|owner|
api_keys|self|viewer|owner|
approvals|project|viewer|contributor|approvals
audit_logs|project|viewer|owner|names
dataset_parents|project|viewer|contributor|datasets
dataset_tags|project|viewer|contributor|datasets
datasets|project|viewer|contributor|datasets
deployment_history|project|viewer|owner|deployments
deployment_tags|project|viewer|contributor|deployments
deployments|project|viewer|contributor|deployments
environments|organization|viewer|admin|admin
experiments|project|viewer|contributor|runs
frameworks|global|viewer|owner|
gpu_types|global|viewer|owner|
guards|owner|owner|owner|
lineage_edges|project|viewer|owner|names
metric_gates|project|viewer|admin|approvals
model_aliases|project|viewer|contributor|versions
model_formats|global|viewer|owner|
model_metrics|project|viewer|contributor|versions
model_tags|project|viewer|contributor|models
model_versions|project|viewer|contributor|versions
models|project|viewer|contributor|models
organization_memberships|organization|viewer|admin|admin
organizations|organization|viewer|owner|admin
project_members|project|viewer|admin|admin
projects|project|viewer|admin|admin
registry_meta|global|viewer|owner|
resource_quotas|organization|viewer|admin|admin
role_access|owner|owner|owner|
run_datasets|project|viewer|contributor|runs
run_metrics|project|viewer|contributor|runs
run_tags|project|viewer|contributor|runs
stage_history|project|viewer|owner|versions
status_history|project|viewer|owner|names
storage_formats|global|viewer|owner|
tag_categories|global|viewer|owner|
tags|organization|viewer|developer|names
teams|organization|viewer|developer|names
training_runs|project|viewer|contributor|runs
user_credentials|owner|owner|owner|
users|self|viewer|owner|
version_files|project|viewer|contributor|versions
version_parents|project|viewer|contributor|versions
version_signatures|project|viewer|contributor|versions
version_tags|project|viewer|contributor|versions
RULES
same_lines(sql($node, 'd', 'SELECT table_name, scope, read_role, write_role, key_scope FROM access_rules ORDER BY 1'), $rules, 'the rules in the database are the ones of the page');

my %left_out = (
    'a table without a rule' => <<'SQL',
SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'mlregistry'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
   AND NOT EXISTS (SELECT FROM mlregistry.access_rules r WHERE r.table_name = c.relname)
SQL
    'a rule without a table' => <<'SQL',
SELECT r.table_name FROM mlregistry.access_rules r
 WHERE NOT EXISTS (SELECT FROM pg_class c WHERE c.relnamespace = 'mlregistry'::regnamespace AND c.relkind IN ('r', 'p') AND c.relname = r.table_name)
SQL
    'a table of tenants or people without row security' => <<'SQL',
SELECT c.relname FROM pg_class c
 WHERE c.relnamespace = 'mlregistry'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relrowsecurity
   AND (EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname IN ('organization_id', 'user_id', 'api_key_id') AND NOT a.attisdropped)
        OR c.relname NOT IN (SELECT table_name FROM mlregistry.access_rules WHERE scope IN ('global', 'owner')))
SQL
    'a table that can be read or written by a rule, without a policy for it' => <<'SQL',
SELECT r.table_name, v.verb
  FROM mlregistry.access_rules r, (VALUES ('SELECT'), ('INSERT'), ('UPDATE'), ('DELETE')) AS v (verb)
 WHERE r.scope NOT IN ('global', 'owner') AND (v.verb = 'SELECT' AND r.read_role <> 'owner' OR v.verb <> 'SELECT' AND r.write_role <> 'owner')
   AND NOT EXISTS (SELECT FROM pg_policies p
                    WHERE p.schemaname = 'mlregistry' AND p.tablename = r.table_name AND p.cmd IN (v.verb, 'ALL') AND p.permissive = 'PERMISSIVE')
SQL
    'a table that nobody may write, with a policy to do so' => <<'SQL',
SELECT p.tablename, p.policyname FROM pg_policies p JOIN mlregistry.access_rules r ON r.table_name = p.tablename
 WHERE p.schemaname = 'mlregistry' AND p.permissive = 'PERMISSIVE' AND (r.write_role = 'owner' AND p.cmd <> 'SELECT' OR r.read_role = 'owner')
SQL
    'a policy that asks for each row' => <<'SQL',
SELECT p.tablename, p.policyname FROM pg_policies p
 WHERE p.schemaname = 'mlregistry'
   AND regexp_replace(concat(p.qual, p.with_check), '\(\s*SELECT [^()]*\([^()]*\)[^()]*\)', '', 'g') ~ '(current_user_id|allowed_projects|allowed_organizations|readable_entities|bypasses_access)\('
SQL
    'a view that reads with the rights of its owner' => <<'SQL',
SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'mlregistry'::regnamespace AND c.relkind = 'v'
   AND coalesce((SELECT option_value FROM pg_options_to_table(c.reloptions) WHERE option_name = 'security_invoker'), 'false') NOT IN ('true', 'on')
SQL
    'a materialized view, which has no row security' => <<'SQL',
SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'mlregistry'::regnamespace AND c.relkind = 'm'
SQL
    'a right for PUBLIC on a table that is no list of facts' => <<'SQL',
SELECT c.relname, x.privilege_type FROM pg_class c, aclexplode(c.relacl) x
 WHERE c.relnamespace = 'mlregistry'::regnamespace AND x.grantee = 0
   AND NOT (x.privilege_type = 'SELECT' AND (c.relkind = 'v' OR c.relname IN (SELECT table_name FROM mlregistry.access_rules WHERE scope = 'global')))
SQL
    'a function that reads the identity and goes to parallel workers' => <<'SQL',
SELECT p.oid::regprocedure FROM pg_proc p
 WHERE p.pronamespace = 'mlregistry'::regnamespace AND p.proparallel = 's'
   AND p.proname IN ('current_actor', 'current_user_id', 'current_organization_id', 'current_project_id', 'allowed_projects', 'allowed_organizations',
                     'bypasses_access', 'require_access', 'require_organization', 'require_privilege', 'whoami', 'authenticate', 'sign_out')
SQL
);
is_sql($node, 'd', $left_out{$_}, '', "there is not $_") for sort keys %left_out;
my %tables = map { s/:.*//r => 1 } keys %table;
is(join(' ', sort keys %tables), join(' ', sort split /\n/, sql($node, 'd',
    q{SELECT relname FROM pg_class WHERE relnamespace = 'mlregistry'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition})),
    'this test walks every table');

# And the questions above would find one.
sql($node, 'd', 'CREATE TABLE mlregistry.stray (organization_id uuid)');
is_sql($node, 'd', $left_out{$_}, 'stray', "$_ would be found") for 'a table without a rule', 'a table of tenants or people without row security';
sql($node, 'd', 'DROP TABLE mlregistry.stray');

done_testing();
