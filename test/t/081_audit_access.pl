# Who reads what of the audit trail: every kind of record, in projects of every visibility and in none, by every kind of actor.
# What is expected comes from the tables below, which say what data-model.md and the page of rules say, and from nothing else.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin;
use MLR;
use MLRAccess;

use Test::More;

# ---- the rules

# What a role reads in an organization: in its projects by their visibility, and of what belongs to no project.
my %standing = (
    #                             private organization public deleted  no project
    'organization admin'  => [ qw( all     all          all    all      all  ) ],
    'developer'           => [ qw( -       read         read   -        read ) ],
    'viewer'              => [ qw( -       read         read   -        read ) ],
    'project owner'       => [ qw( read    read         read   -        read ) ],
    'project viewer'      => [ qw( read    read         read   -        read ) ],
    # Public projects are open to other organizations, what happened in them is not: it says who came from where.
    'stranger'            => [ qw( -       -            -      -        -    ) ],
    'granted reader'      => [ qw( read    read         read   -        read ) ],
    'nobody'              => [ qw( -       -            -      -        -    ) ],
);

# Kinds of records: the scope that a key with scopes must have; names: every key; own: whom it is about, and admins; admins
# only where there is nothing.
my %kind = (
    model => 'models', version => 'versions', alias => 'versions', file => 'versions', signature => 'versions', metric => 'versions',
    dataset => 'datasets', project => 'names', organization => 'names', team => 'names', tag => 'names',
    member => 'admin', project_member => 'admin', quota => 'admin', user => 'own', api_key => 'own', role => undef,
    framework => undef, access_rule => undef,
);

# The role that logs in, its key, what that is in the two organizations, and the user whose own records it reads.
my @actors = (
    [ 'app',               'admin@default',           'organization admin', 'stranger',           'admin@default' ],
    [ 'app',               'developer@default',       'developer',          'stranger',           'developer@default' ],
    [ 'app',               'viewer@default',          'viewer',             'stranger',           'viewer@default' ],
    [ 'app',               'extra@default',           'viewer',             'stranger',           'extra@default' ],
    [ 'app',               'owner@default',           'project owner',      'stranger',           'owner@default' ],
    [ 'app',               'onlooker@default',        'project viewer',     'stranger',           'onlooker@default' ],
    [ 'app',               'viewer@acme',             'stranger',           'viewer',             'viewer@acme' ],
    [ 'app',               'admin@acme',              'stranger',           'organization admin', 'admin@acme' ],
    [ 'app',               'both@default',            'viewer',             'stranger',           'both' ],
    [ 'app',               'both@acme',               'stranger',           'organization admin', 'both' ],
    [ 'app',               undef,                     'nobody',             'nobody' ],
    [ 'bare',              undef,                     'nobody',             'nobody' ],
    [ 'joe',               undef,                     'project owner',      'stranger',           'owner@default' ],
    [ 'joe',               'admin@acme',              'stranger',           'organization admin', 'admin@acme' ],
    [ 'reader_of_default', undef,                     'granted reader',     'nobody' ],
    [ 'writer_of_default', undef,                     'granted reader',     'nobody' ],
    [ 'admin_of_default',  undef,                     'organization admin', 'nobody' ],
    [ 'reader_of_acme',    undef,                     'nobody',             'granted reader' ],
    [ 'admin_of_acme',     'viewer@default',          'viewer',             'stranger',           'viewer@default' ],
    # Keys that may do less than their user.
    [ 'app',               'datasets:read',           'organization admin', 'stranger',           'admin@default' ],
    [ 'app',               'models:write',            'organization admin', 'stranger',           'admin@default' ],
    [ 'app',               'versions:read',           'developer',          'stranger',           'developer@default' ],
    [ 'app',               'admin:read',              'organization admin', 'stranger',           'admin@default' ],
    [ 'app',               'runs:write',              'organization admin', 'stranger',           'admin@default' ],
    [ 'app',               'models:read datasets:read in default-private', 'project viewer', 'stranger', 'onlooker@default' ],
    [ 'app',               'admin:write models:read in default-organization', 'organization admin', 'stranger', 'admin@default' ],
);
my %user_of = map { $_->[1] => $_->[4] } grep { defined $_->[1] && $_->[1] =~ /:/ } @actors;

sub limits {
    my ($key) = @_;
    return unless defined $key && exists $user_of{$key};
    my ($scopes, $project) = $key =~ /^(.+?)(?: in (\S+))?$/;
    return ({ map { $_ => 1 } split / /, $scopes }, $project);
}

# Whether an actor reads a record: { kind, organization, project, subject }.
sub reads {
    my ($actor, $record) = @_;
    my ($role, $key, $default, $acme, $user) = @$actor;
    return 0 unless defined $record->{organization};
    my $standing = $standing{ $record->{organization} eq 'default' ? $default : $acme };
    my ($scopes, $project) = limits($key);
    my $scope = $kind{ $record->{kind} };
    my $member = $standing->[4] ne '-';
    # Admins all of their organization: with a key that may know that, and that is for all projects.
    return 1 if $standing->[4] eq 'all' && (!$scopes || !$project && grep { /^admin:/ } keys %$scopes);
    return 0 unless defined $scope;
    return $member && defined $user && ($record->{subject} // '') eq $user ? 1 : 0 if $scope eq 'own';
    return 0 if $scopes && $scope ne 'names' && !grep { /^\Q$scope\E:/ } keys %$scopes;
    return $member ? 1 : 0 unless defined $record->{project};
    return 0 if defined $project && $project ne $record->{project};
    my ($column) = grep { $record->{project} =~ /-(?:private|organization|public|gone)$/ && $record->{project} eq "$record->{organization}-" . (qw(private organization public gone))[$_] } 0 .. 3;
    return $standing->[$column] ne '-' ? 1 : 0;
}

# ---- the records

my $node = new_node('audit_access');
fill_access($node, 'd');
for my $key (sort keys %user_of) {
    my ($scopes, $project) = limits($key);
    my $permissions = sprintf '{"scopes": [%s]%s}', join(', ', map { "\"$_\"" } sort keys %$scopes), defined $project ? ", \"projects\": [\"$project\"]" : '';
    sql($node, 'd', key_row($key, $user_of{$key}, 'default', permissions => $permissions));
}
sql($node, 'd', 'TRUNCATE audit_logs');

# Each statement writes one record, of a user of two organizations one in each; its reason is the number of the statement.
my (@records, @statements);
sub happens {
    my ($kind, $organization, $project, $subject, $sql) = @_;
    push @statements, $sql;
    push @records, map { { kind => $kind, organization => $_, project => $project, subject => $subject, reason => scalar @statements } } ref $organization ? @$organization : $organization;
    return;
}
for my $organization (@organizations) {
    my $o = organization_id($organization);
    for my $visibility (@visibilities, 'gone') {
        my $slug = "$organization-$visibility";
        my ($m, $v1, $v2, $d) = map { id($_, $slug) } 'model', 'version 1', 'version 2', 'dataset';
        my @of_project = (
            [ model => "UPDATE models SET description = 'x' WHERE model_id = '$m'" ], [ model => "DELETE FROM model_tags WHERE model_id = '$m'" ],
            [ version => "UPDATE model_versions SET description = 'x' WHERE version_id = '$v2'" ], [ version => "DELETE FROM version_tags WHERE version_id = '$v2'" ],
            [ alias => "UPDATE model_aliases SET protected = true WHERE model_id = '$m'" ], [ file => "UPDATE version_files SET media_type = 'x/y' WHERE version_id = '$v2'" ],
            [ signature => "UPDATE version_signatures SET verifier = 'x' WHERE version_id = '$v2'" ], [ metric => "UPDATE model_metrics SET metric_value = 1 WHERE version_id = '$v2'" ],
            [ dataset => "UPDATE datasets SET row_count = 1 WHERE dataset_id = '$d'" ], [ dataset => "DELETE FROM dataset_tags WHERE dataset_id = '$d'" ],
            [ project => "UPDATE projects SET description = 'x' WHERE slug = '$slug'" ], [ model => "SELECT audit_note('model', '$m', 'download', NULL, NULL)" ], [ version => "SELECT audit_note('version', '$v1', 'download', NULL, NULL)" ],
            [ dataset => "SELECT audit_note('dataset', '$d', 'download', NULL, NULL)" ],
            # What is gone altogether is told of as what is there.
            [ model => "INSERT INTO models (organization_id, project_id, model_name, framework) VALUES ('$o', '" . project_id($slug) . "', 'vanished', 'onnx')" ],
            [ model => "DELETE FROM models WHERE model_name = 'vanished'" ],
        );
        push @of_project, [ project_member => sprintf "UPDATE project_members SET role = 'contributor' WHERE member_id = '%s'", id('member', "onlooker\@$organization/$visibility") ] if $visibility ne 'gone';
        happens($_->[0], $organization, $slug, undef, $_->[1]) for @of_project;
    }
    happens(organization => $organization, undef, undef, "UPDATE organizations SET billing_email = 'b\@x.example' WHERE organization_id = '$o'");
    happens(team => $organization, undef, undef, "UPDATE teams SET department = 'x' WHERE organization_id = '$o'");
    happens(tag => $organization, undef, undef, sprintf "UPDATE tags SET description = 'x' WHERE tag_id = '%s'", id('spare', $organization));
    happens(quota => $organization, undef, undef, "UPDATE resource_quotas SET gpu_hours_limit = 7 WHERE organization_id = '$o'");
    happens(role => $organization, undef, undef, "INSERT INTO role_access (db_role, organization_id, level) VALUES ('pg_monitor', '$o', 'read')");
    for my $user ('viewer', 'extra') {
        my $u = user_id("$user\@$organization");
        happens(member => $organization, undef, "$user\@$organization", "UPDATE organization_memberships SET invited_by = 'x' WHERE user_id = '$u'");
        happens(user => $organization, undef, "$user\@$organization", "UPDATE users SET first_name = 'x' WHERE user_id = '$u'");
        happens(user => $organization, undef, "$user\@$organization", "UPDATE user_credentials SET password_hash = 'y' WHERE user_id = '$u'");
        happens(api_key => $organization, undef, "$user\@$organization", "UPDATE api_keys SET expires_at = 'infinity' WHERE user_id = '$u'");
    }
    happens(api_key => $organization, undef, 'both', sprintf "UPDATE api_keys SET expires_at = 'infinity' WHERE user_id = '%s' AND organization_id = '$o'", user_id('both'));
}
happens(user => [@organizations], undef, 'both', sprintf "UPDATE users SET first_name = 'x' WHERE user_id = '%s'", user_id('both'));
happens(framework => undef, undef, undef, q{UPDATE frameworks SET description = 'x' WHERE name = 'onnx'});
happens(access_rule => undef, undef, undef, q{INSERT INTO access_rules (table_name, scope, read_role, write_role) VALUES ('zzz', 'owner', 'owner', 'owner')});
happens(quota => undef, undef, undef, 'TRUNCATE resource_quotas');
sql($node, 'd', join ";\n", map { "SET mlregistry.reason = '" . ($_ + 1) . "'; $statements[$_]" } 0 .. $#statements);
sql($node, 'd', 'DELETE FROM access_rules WHERE table_name = $$zzz$$; DELETE FROM audit_logs WHERE entity_type = $$access_rule$$ AND action LIKE $$%.delete$$');

# ---- who reads them

my $ask = q{SELECT reason, organization_id, entity_type, coalesce(project_id::text, '-') FROM mlregistry.audit_logs ORDER BY reason::int, organization_id};
my %nobody = ('' => '00000000-0000-0000-0000-000000000000');
sub line_of {
    my ($record) = @_;
    return join '|', $record->{reason}, defined $record->{organization} ? organization_id($record->{organization}) : $nobody{''}, $record->{kind}, defined $record->{project} ? project_id($record->{project}) : '-';
}
same_lines(sql($node, 'd', $ask), join("\n", map { line_of($_) } @records), 'a superuser reads all: ' . @records . ' records, each statement wrote what it should');
is_sql($node, 'd', q{SELECT count(DISTINCT entity_type) FROM audit_logs}, scalar keys %kind, 'of every kind in the table above');

my ($read, $hidden) = (0, 0);
for my $actor (@actors) {
    my ($role, $key, $default, $acme) = @$actor;
    my $name = sprintf '%s (%s | %s)', defined $key ? "$role as $key" : $role, $default, $acme;
    my @expected = map { line_of($_) } grep { reads($actor, $_) } @records;
    my $got = sql($node, 'd', defined $key ? as_key($key, $ask) : $ask, as => $role);
    $read += @expected;
    $hidden += @records - @expected;
    @expected ? same_lines($got, join("\n", @expected), "$name: " . @expected . ' records') : is($got, '', "$name: nothing");
}
cmp_ok($read, '>', 900, "records that are read: $read");
cmp_ok($hidden, '>', 1000, "records that are hidden: $hidden");

# A role without SQL rights, and ways around the table.
sql($node, 'd', 'CREATE ROLE poor LOGIN; GRANT USAGE ON SCHEMA mlregistry TO poor');
sql_fails($node, 'd', $ask, '42501', 'a role without anything', as => 'poor');
my $month = sql($node, 'd', 'SELECT tableoid::regclass FROM audit_logs LIMIT 1');
sql_fails($node, 'd', as_key('admin@default', "SELECT * FROM mlregistry.$_"), '42501', "not even an admin reads $_", as => 'app') for $month, 'audit_logs_default';
sql_fails($node, 'd', as_key('admin@default', $_), '42501', "nor writes: $_", as => 'app')
    for 'UPDATE mlregistry.audit_logs SET actor = actor', 'DELETE FROM mlregistry.audit_logs', 'TRUNCATE mlregistry.audit_logs', q{INSERT INTO mlregistry.audit_logs (system_identifier, organization_id, actor, db_role, action, entity_type, salt, leaf_hash) VALUES (1, '} . organization_id('default') . q{', 'x', 'x', 'x', 'x', '\x00', sha256(''))};
# What a condition of the query is called with: nothing that row security hides.
sql($node, 'd', 'CREATE SCHEMA s AUTHORIZATION app');
sql($node, 'd', 'CREATE TABLE s.leaked (t text); CREATE FUNCTION s.leak(t text) RETURNS boolean LANGUAGE plpgsql COST 0.0000001 AS $$BEGIN INSERT INTO s.leaked VALUES (t); RETURN true; END$$', as => 'app');
sql($node, 'd', as_key('viewer@default', 'SELECT count(*) FROM mlregistry.audit_logs WHERE s.leak(reason)'), as => 'app');
is_sql($node, 'd', 'SELECT count(DISTINCT t) FROM s.leaked', scalar(grep { reads($actors[2], $_) } @records), 'a function that tells what it sees is not shown more');

# ---- rights are those of now

my $visible = sub { my ($key, $where) = @_; return sql($node, 'd', as_key($key, "SELECT count(*) FROM mlregistry.audit_logs WHERE $where"), as => 'app') };
my $private = "project_id = '" . project_id('default-private') . "'";
is($visible->('viewer@default', $private), 0, 'a private project is closed');
sql($node, 'd', q{UPDATE projects SET visibility = 'public' WHERE slug = 'default-private'});
cmp_ok($visible->('viewer@default', $private), '>', 10, 'made public, so is what was told of it');
is($visible->('viewer@acme', $private), 0, 'to members of the organization');
sql($node, 'd', q{UPDATE projects SET visibility = 'private' WHERE slug = 'default-private'});
is($visible->('viewer@default', $private), 0, 'and closed again');
sql($node, 'd', sprintf q{DELETE FROM organization_memberships WHERE user_id = '%s'}, user_id('extra@default'));
is_sql($node, 'd', sprintf(q{SELECT count(*) > 3 FROM audit_logs WHERE subject_id = '%s'}, user_id('extra@default')), 't', 'somebody who leaves: what was told stays');
sql($node, 'd', q{DELETE FROM projects WHERE slug = 'default-private'});
cmp_ok($visible->('admin@default', $private), '>', 20, 'a project that is gone: admins read its trail');
is($visible->('owner@default', $private), 0, 'who owned it does not');
sql($node, 'd', q{DELETE FROM organizations WHERE slug = 'acme'});
is_sql($node, 'd', sprintf(q{SELECT count(*) > 100 FROM audit_logs WHERE organization_id = '%s'}, organization_id('acme')), 't', 'an organization that is gone: the trail is there');
is($visible->('both@default', sprintf q{organization_id = '%s'}, organization_id('acme')), 0, 'and nobody reads it who is no superuser');
is_sql($node, 'd', 'SELECT * FROM check_registry()', '', 'and the registry is consistent');
$node->stop;
done_testing();
