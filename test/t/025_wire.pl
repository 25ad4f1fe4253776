# The binary format of type semver, as a client sends and receives it: COPY in binary.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin;
use MLR;

use PostgreSQL::Test::Utils;
use Test::More;

my $node = new_node('wire');
my $folder = PostgreSQL::Test::Utils::tempdir();
sql($node, 'postgres', 'CREATE DATABASE wire');
sql($node, 'wire', 'CREATE EXTENSION mlregistry; CREATE TABLE t (v mlregistry.semver)');

# A binary COPY file with one row and one field of these bytes.
sub copy_file {
    my ($bytes) = @_;
    my $file = "$folder/field.bin";
    open my $handle, '>:raw', $file or die "$file: $!";
    print $handle "PGCOPY\n\377\r\n\0", pack('NN', 0, 0), pack('nN', 1, length $bytes), $bytes, pack('n', 0xFFFF);
    close $handle;
    return $file;
}

sub copy_in { return '\\copy t FROM ' . "'" . copy_file($_[0]) . "' WITH (FORMAT binary)" }

my @versions = ('0.0.0', '1.2.3-rc.1+build.7', '99999999999999999999.0.0', '1.0.0-' . 'a' x 250);
sql($node, 'wire', copy_in("\1$_")) for @versions;
is_sql($node, 'wire', 'SELECT v FROM t', join("\n", @versions), 'a version byte and the text are read');

sql($node, 'wire', "\\copy t TO '$folder/all.bin' WITH (FORMAT binary)\nCREATE TABLE again (LIKE t);\n\\copy again FROM '$folder/all.bin' WITH (FORMAT binary)");
is_sql($node, 'wire', 'SELECT count(*), bool_and(mlregistry.semver_identical(a.v, b.v)) FROM (SELECT v, row_number() OVER () FROM t) a JOIN (SELECT v, row_number() OVER () FROM again) b USING (row_number)',
    scalar(@versions) . '|t', 'what is written is read again');

my @refused = (
    [ '', '22P03', 'nothing at all' ],
    [ "\0001.2.3", '22P03', 'version byte 0' ],
    [ "\0021.2.3", '22P03', 'version byte 2' ],
    [ "\1", '22P02', 'no text' ],
    [ "\00101.2.3", '22P02', 'a leading zero' ],
    [ "\0011.2", '22P02', 'two numbers' ],
    [ "\0011.2.3\0", '22021', 'a zero byte' ],
    [ "\0011.2.3-\xff\xfe", '22021', 'bytes that are no UTF-8' ],
    [ "\0011.2.3 ", '22P02', 'a blank' ],
    [ "\1" . '1' x 257, '54000', 'too long' ],
    [ "\1" . '1' x 1_000_000, '54000', 'a megabyte' ],
);
for my $case (@refused) {
    my ($bytes, $state, $name) = @$case;
    is(sql_state($node, 'wire', copy_in($bytes)), $state, "refused: $name");
}
is_sql($node, 'wire', 'SELECT count(*) FROM t', scalar(@versions), 'and nothing of it stayed');

# Random bytes: refused in one of these ways or a version, never a crash.
srand(20261120);
my %states;
for my $round (1 .. 60) {
    my $bytes = join '', map { chr(rand() < 0.7 ? ord((split //, '0123456789.-+abZ')[ rand 16 ]) : rand 256) } 1 .. rand 12;
    $states{ sql_state($node, 'wire', copy_in((rand() < 0.9 ? "\1" : '') . $bytes)) }++;
}
is(join(' ', grep { !/^(00000|22P02|22P03|22021)$/ } sort keys %states), '', 'random bytes end in no other SQLSTATE');
is_sql($node, 'wire', 'SELECT bool_and(mlregistry.is_intact(v)) FROM t', 't', 'what was accepted is intact');

done_testing();
