# The tables from an ORM: runs test/orm/test_orm.py (SQLAlchemy, psycopg2) as a role with the rights that docs/orm.md grants,
# each of its tests as one of ours. PYTHON chooses the interpreter.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin;
use MLR;

use IPC::Run ();
use PostgreSQL::Test::Utils;
use Test::More;

# Debian's modules belong to Debian's Python, which need not be the first one in PATH.
my ($python) = grep { IPC::Run::run([ $_, '-c', 'import sqlalchemy, psycopg2' ], '>&', \my $ignored) }
    grep { defined && -x } $ENV{PYTHON}, (map { "$_/python3" } split /:/, $ENV{PATH}), '/usr/bin/python3';
plan skip_all => 'no Python that has sqlalchemy and psycopg2 (python3-sqlalchemy, python3-psycopg2)' unless defined $python;

my $page = PostgreSQL::Test::Utils::slurp_file(project_root() . '/docs/orm.md');
my $readme = PostgreSQL::Test::Utils::slurp_file(project_root() . '/README.md');
my ($grants, $path, @more) = $page =~ /```sql\n(.*?)```/gs;
is(scalar @more, 0, 'the page has two blocks of SQL, and both are run');

# The page grants what the README names, and nothing else.
my ($rights) = $readme =~ /^- \*\*Rights\*\*(.*?)^- /ms or die 'the README says nothing about rights';
my %named = map { $_ => 1 } $rights =~ /`([a-z_]+)`/g;
my %granted = map { $_ => 1 } $grants =~ /mlregistry\.(\w+)/g;
is_deeply([ grep { !$named{$_} } sort keys %granted ], [], 'the README names every table that the page grants');

my $node = new_node('orm');
sql($node, 'postgres', 'CREATE DATABASE registry; CREATE ROLE app LOGIN; CREATE ROLE reporting LOGIN IN ROLE app');
sql($node, 'registry', 'CREATE EXTENSION mlregistry');
sql($node, 'registry', "INSERT INTO mlregistry.projects (name, slug) VALUES ('Research', 'research')");
sql($node, 'registry', "SELECT mlregistry.create_environment('prod', 'production')");
sql_ok($node, 'registry', $grants, 'the page grants rights');
sql_ok($node, 'registry', $path, 'the page sets a search_path');

local $ENV{MLR_URL} = sprintf 'postgresql+psycopg2://app@/registry?host=%s&port=%s', $node->host, $node->port;
local $ENV{PYTHONDONTWRITEBYTECODE} = 1;
my $output = '';
chdir project_root() . '/test/orm' or die "test/orm: $!";
# A warning of SQLAlchemy (SAWarning is a RuntimeWarning) is a failure. -b: what tests print is shown when they fail.
IPC::Run::run([ $python, '-W', 'error::RuntimeWarning', '-m', 'unittest', '-v', '-b', 'test_orm' ], '<', \undef, '>&', \$output);
my $status = $? >> 8;

my $seen = 0;
while ($output =~ /^(test_\w+) \((\S+?)\) \.\.\. (.*)$/mg) {
    my ($test, $class, $result) = ($1, $2, $3);
    $class =~ s/^test_orm\.//;
    $class =~ s/\.\Q$test\E$//;    # Python 3.11 on
    ok($result eq 'ok', "$class: " . ($test =~ s/^test_//r) =~ tr/_/ /r) or diag($result);
    $seen++;
}
my ($ran) = $output =~ /^Ran (\d+) tests? in/m;
is($seen, $ran // 'no end', 'every Python test has said how it ended');
cmp_ok($seen, '>=', 40, 'they are all there');
is($status, 0, 'unittest is content') or diag($output);
is(logged_states($node) =~ /^(?:XX\S*|57\S*) /m ? 'trouble' : 'none', 'none', 'no internal error, no crash in the log');

done_testing();
