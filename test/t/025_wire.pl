# The binary formats of types semver and semver_range, as a client sends and receives them: COPY in binary.
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
sql($node, 'wire', 'CREATE EXTENSION mlregistry; CREATE TABLE t (v mlregistry.semver); CREATE TABLE r (v mlregistry.semver_range)');

# A binary COPY file with one row and one field of these bytes.
sub copy_file {
    my ($bytes) = @_;
    my $file = "$folder/field.bin";
    open my $handle, '>:raw', $file or die "$file: $!";
    print $handle "PGCOPY\n\377\r\n\0", pack('NN', 0, 0), pack('nN', 1, length $bytes), $bytes, pack('n', 0xFFFF);
    close $handle;
    return $file;
}

sub copy_in { return '\\copy ' . ($_[1] // 't') . ' FROM ' . "'" . copy_file($_[0]) . "' WITH (FORMAT binary)" }

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

# Ranges: the text behind a version byte, normalized when it is received.
my @ranges = ('', '*', '^1.4', '>=2 <3 || 4.x', '1.0.0 - 2', '^1.2.3-rc.1+build.7', '1.0.0-' . 'a' x 250, join(' || ', map { "1.$_.0" } 1 .. 64));
sql($node, 'wire', copy_in("\1$_", 'r')) for @ranges, "  >= 2\t<3||4.x ";
is_sql($node, 'wire', 'SELECT v FROM r', join("\n", @ranges, '>=2 <3 || 4.x'), 'ranges are read, but for blanks');
sql($node, 'wire', "\\copy r TO '$folder/ranges.bin' WITH (FORMAT binary)\nCREATE TABLE ranges_again (LIKE r);\n\\copy ranges_again FROM '$folder/ranges.bin' WITH (FORMAT binary)");
is_sql($node, 'wire', 'SELECT count(*), bool_and(a.v::text = b.v::text) FROM (SELECT v, row_number() OVER () FROM r) a JOIN (SELECT v, row_number() OVER () FROM ranges_again) b USING (row_number)',
    (@ranges + 1) . '|t', 'what is written is read again');

my @refused_ranges = (
    [ '', '22P03', 'nothing at all' ],
    [ "\0^1", '22P03', 'version byte 0' ],
    [ "\2^1", '22P03', 'version byte 2' ],
    [ '^1', '22P03', 'no version byte' ],
    [ "\1^01", '22P02', 'a leading zero' ],
    [ "\1^1,2", '22P02', 'a comma' ],
    [ "\1v1", '22P02', 'a v' ],
    [ "\1^1\0", '22021', 'a zero byte' ],
    [ "\1\0", '22021', 'only a zero byte' ],
    [ "\1^1\xff\xfe", '22021', 'bytes that are no UTF-8' ],
    [ "\1\xc3\xa9", '22P02', 'a letter that is no ASCII' ],
    [ "\1" . '1 ' x 65, '54000', 'too many comparators' ],
    [ "\1" . ' ' x 4096 . '1', '54000', 'too long' ],
    [ "\1" . '^1 ' x 350_000, '54000', 'a megabyte' ],
);
for my $case (@refused_ranges) {
    my ($bytes, $state, $name) = @$case;
    is(sql_state($node, 'wire', copy_in($bytes, 'r')), $state, "range refused: $name");
}
is_sql($node, 'wire', 'SELECT count(*) FROM r', @ranges + 1, 'and nothing of it stayed');

# Every truncation of a message is a range of its own or refused, with the right number of bytes and with the old one.
my $whole = "\1^1.2.3-rc.1+b || >=2 <3 || 1 - 2";
my (%cut, %short);
for my $size (0 .. length($whole) - 1) {
    my $text = substr $whole, 0, $size;
    my $state = sql_state($node, 'wire', copy_in($text, 'r'));
    my $valid = $size == 0 ? 'f' : sql($node, 'wire', "SELECT mlregistry.is_semver_range('" . substr($text, 1) . "')");
    $cut{$state}++ if ($valid eq 't') ne ($state eq '00000') || $state !~ /^(00000|22P02|22P03)$/;
    open my $handle, '>:raw', "$folder/short.bin" or die $!;
    print $handle "PGCOPY\n\377\r\n\0", pack('NN', 0, 0), pack('nN', 1, length $whole), $text;
    close $handle;
    $short{ sql_state($node, 'wire', "\\copy r FROM '$folder/short.bin' WITH (FORMAT binary)") }++;
}
is(join(' ', %cut), '', 'truncated messages are what their text is');
is(join(' ', keys %short), '22P04', 'a message that ends too early is refused');

my %range_states;
for my $round (1 .. 60) {
    my $bytes = join '', map { chr(rand() < 0.8 ? ord((split //, '0123.-+ax^~<>=| *')[ rand 17 ]) : rand 256) } 1 .. rand 12;
    $range_states{ sql_state($node, 'wire', copy_in((rand() < 0.9 ? "\1" : '') . $bytes, 'r')) }++;
}
is(join(' ', grep { !/^(00000|22P02|22P03|22021)$/ } sort keys %range_states), '', 'random bytes end in no other SQLSTATE');
is_sql($node, 'wire', 'SELECT bool_and(v::text::mlregistry.semver_range::text = v::text) FROM r', 't', 'what was accepted is a range');

done_testing();
