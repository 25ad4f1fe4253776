# The history of aliases and the freezing of versions under concurrency: races at every isolation level, odd clocks, and a
# storm. What must hold afterwards is compared with a log that this test's own triggers keep.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin;
use MLR;

use PostgreSQL::Test::Utils;
use Test::More;

my @levels = ('read committed', 'repeatable read', 'serializable');
my $node = new_node('history', conf => "max_pred_locks_per_transaction = 512\ndeadlock_timeout = 50ms\n");
my $folder = PostgreSQL::Test::Utils::tempdir();
sql($node, 'postgres', 'CREATE DATABASE d');
sql($node, 'd', <<'SQL');
CREATE EXTENSION mlregistry;
ALTER DATABASE d SET search_path = public, mlregistry;
SET search_path = public, mlregistry;

-- What happened to each alias, in its order: who changes an alias holds its row until COMMIT, so that the numbers of one
-- alias are in the order of the commits. No version: from here on there is no such alias.
CREATE TABLE alias_log (n bigserial PRIMARY KEY, model_id uuid, alias text, version_id uuid);
CREATE FUNCTION log_alias() RETURNS trigger LANGUAGE plpgsql SET search_path = public, mlregistry AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.alias = OLD.alias AND NEW.version_id = OLD.version_id THEN
        RETURN NULL;
    END IF;
    IF TG_OP = 'DELETE' OR (TG_OP = 'UPDATE' AND NEW.alias <> OLD.alias) THEN
        INSERT INTO alias_log (model_id, alias) VALUES (OLD.model_id, OLD.alias);
    END IF;
    IF TG_OP <> 'DELETE' THEN
        INSERT INTO alias_log (model_id, alias, version_id) VALUES (NEW.model_id, NEW.alias, NEW.version_id);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER zz_log AFTER INSERT OR UPDATE OR DELETE ON model_aliases FOR EACH ROW EXECUTE FUNCTION log_alias();

-- What a frozen version promises; checksums and sizes apart, which may be filled in once.
CREATE VIEW artifacts AS
    SELECT v.version_id, v.frozen_at, v.checksum_sha256,
           md5(concat_ws('|', v.semver, v.artifact_uri, v.framework, v.framework_version, v.model_format, v.git_commit, v.input_schema,
                         (SELECT string_agg(concat_ws(' ', f.path, f.uri, f.variant), ',' ORDER BY f.path) FROM version_files f WHERE f.version_id = v.version_id))) AS artifact
      FROM model_versions v;

-- Copies of what was frozen, whenever somebody looked.
CREATE TABLE frozen_copies (version_id uuid, frozen_at timestamptz, artifact text, UNIQUE (version_id, frozen_at, artifact));
CREATE TABLE checksum_copies (version_id uuid, checksum text, UNIQUE (version_id, checksum));
-- What an alias named at a moment, seen while it was locked.
CREATE TABLE samples (at timestamptz, model_id uuid, alias text, version_id uuid);
CREATE FUNCTION observe(of_model text, of_alias text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO frozen_copies SELECT version_id, frozen_at, artifact FROM artifacts WHERE frozen_at IS NOT NULL ORDER BY 1 ON CONFLICT DO NOTHING;
    INSERT INTO checksum_copies SELECT version_id, checksum_sha256 FROM artifacts WHERE frozen_at IS NOT NULL AND checksum_sha256 IS NOT NULL ORDER BY 1 ON CONFLICT DO NOTHING;
    INSERT INTO samples
    SELECT clock_timestamp(), held.*
      FROM (SELECT a.model_id, a.alias, a.version_id FROM model_aliases a WHERE a.model_id = find_model(of_model) AND a.alias = of_alias FOR UPDATE) AS held;
END $$;

-- Everything that must hold, as the faults that were found.
CREATE FUNCTION faults() RETURNS SETOF text LANGUAGE sql AS $$
    WITH open_rows AS (SELECT * FROM alias_history WHERE valid_to = 'infinity')
    SELECT format('alias %s names %s, its open period %s', coalesce(a.alias, o.alias), a.version_id, o.version_id)
      FROM model_aliases a FULL JOIN open_rows o ON o.model_id = a.model_id AND o.alias = a.alias
     WHERE a.version_id IS DISTINCT FROM o.version_id
    UNION ALL
    SELECT format('alias %s has %s open periods', alias, count(*)) FROM open_rows GROUP BY model_id, alias HAVING count(*) > 1
    UNION ALL
    SELECT format('period %s to %s of alias %s', valid_from, valid_to, alias) FROM alias_history WHERE valid_from >= valid_to
    UNION ALL
    SELECT format('periods of alias %s overlap at %s', x.alias, y.valid_from)
      FROM alias_history x JOIN alias_history y ON y.model_id = x.model_id AND y.alias = x.alias AND y.history_id <> x.history_id
                                               AND x.valid_from <= y.valid_from AND y.valid_from < x.valid_to
    UNION ALL
    -- The periods are those of the log: as many, of the same versions, in the same order; adjoining where the alias moved.
    SELECT format('alias %s: period %s of %s from %s to %s, logged %s%s', coalesce(h.alias, l.alias), coalesce(h.k, l.k), h.version_id, h.valid_from, h.valid_to,
                  l.version_id, CASE WHEN l.moved THEN ', moved' WHEN l.ended THEN ', ended' END)
      FROM (SELECT *, row_number() OVER w AS k, lead(valid_from) OVER w AS next_from
              FROM alias_history WINDOW w AS (PARTITION BY model_id, alias ORDER BY valid_from)) AS h
      FULL JOIN (SELECT *, row_number() OVER (PARTITION BY model_id, alias ORDER BY n) AS k
                   FROM (SELECT *, lead(version_id) OVER w IS NOT NULL AS moved, lead(n) OVER w IS NOT NULL AS ended
                           FROM alias_log WINDOW w AS (PARTITION BY model_id, alias ORDER BY n)) AS events
                  WHERE version_id IS NOT NULL) AS l
        ON l.model_id = h.model_id AND l.alias = h.alias AND l.k = h.k
     WHERE h.version_id IS DISTINCT FROM l.version_id
        OR (h.valid_to < 'infinity') <> l.ended
        OR (l.moved AND h.next_from IS DISTINCT FROM h.valid_to)
    UNION ALL
    SELECT format('alias %s at %s named %s, its history tells of %s periods, %s of them right', s.alias, s.at, s.version_id, count(h.*),
                  count(h.*) FILTER (WHERE h.version_id = s.version_id))
      FROM samples s LEFT JOIN alias_history h ON h.model_id = s.model_id AND h.alias = s.alias AND h.valid_from <= s.at AND s.at < h.valid_to
     GROUP BY s.at, s.model_id, s.alias, s.version_id
    HAVING count(h.*) <> 1 OR bool_or(h.version_id <> s.version_id)
    UNION ALL
    -- At every moment at which something begins or ends, just before it, and somewhere in between.
    SELECT format('alias %s named %s versions at %s', h.alias, count(DISTINCT h.history_id), t.at)
      FROM (SELECT model_id, alias, unnest(ARRAY[valid_from, valid_to - '1 microsecond'::interval, valid_from + random() * (valid_to - valid_from)]) AS at
              FROM (SELECT model_id, alias, valid_from, least(valid_to, now() + '1 day') AS valid_to FROM alias_history
                     WHERE valid_from > '-infinity' ORDER BY md5(history_id::text) LIMIT 300) AS sampled) AS t
      JOIN alias_history h ON h.model_id = t.model_id AND h.alias = t.alias AND h.valid_from <= t.at AND t.at < h.valid_to
     GROUP BY h.model_id, h.alias, t.at HAVING count(DISTINCT h.history_id) > 1
    UNION ALL
    -- No stage or status of this test freezes, so it was aliases.
    SELECT format('version %s: frozen at %s, named by %s committed aliases', v.semver, v.frozen_at, named.times)
      FROM model_versions v, LATERAL (SELECT count(*) AS times FROM alias_log l WHERE l.version_id = v.version_id) AS named
     WHERE (v.frozen_at IS NOT NULL) <> (named.times > 0)
    UNION ALL
    SELECT format('the frozen artifact of version %s has changed', a.version_id)
      FROM artifacts a JOIN frozen_copies c USING (version_id) WHERE c.artifact <> a.artifact OR c.frozen_at IS DISTINCT FROM a.frozen_at
    UNION ALL
    SELECT format('the checksum of frozen version %s has changed', a.version_id)
      FROM artifacts a JOIN checksum_copies c USING (version_id) WHERE c.checksum IS DISTINCT FROM a.checksum_sha256
$$;

CREATE FUNCTION version_of(model text, minor integer) RETURNS uuid LANGUAGE sql AS $$
    SELECT version_id FROM model_versions WHERE model_id = find_model(model) AND semver = format('0.%s.0', minor)::semver $$;
SQL

sub is_exact {
    my ($name) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    return is_sql($node, 'd', 'SELECT * FROM faults() LIMIT 10', '', $name);
}

# A model with so many versions 0.1.0, 0.2.0, …
sub new_model {
    my ($model, $versions) = @_;
    sql($node, 'd', "SELECT model_id FROM register_model('$model', framework => 'onnx')");
    sql($node, 'd', "SELECT r.semver FROM generate_series(1, $versions) n, register_version('$model', format('0.%s.0', n), 's3://h/{version}') r");
    return;
}

# Periods of an alias as text: versions in order, | for a time without it, … for open.
sub periods {
    my ($model, $alias) = @_;
    return sql($node, 'd', <<"SQL");
SELECT string_agg(concat(CASE WHEN h.valid_from > h.before THEN '| ' END, h.semver, CASE WHEN h.valid_to = 'infinity' THEN ' …' END), ' ' ORDER BY h.valid_from)
  FROM (SELECT *, lag(valid_to) OVER (ORDER BY valid_from) AS before FROM alias_history WHERE model_id = find_model('$model') AND alias = '$alias') AS h
SQL
}

# ---- clocks

subtest 'the time that a client gives' => sub {
    new_model('clock', 3);
    my $insert = sub { my ($alias, $minor, $set_at) = @_;
        sql($node, 'd', "INSERT INTO model_aliases (model_id, alias, version_id, set_at) VALUES (find_model('clock'), '$alias', version_of('clock', $minor), $set_at)") };
    my $from = sub { my ($alias) = @_; "SELECT valid_from FROM alias_history WHERE model_id = find_model('clock') AND alias = '$alias' AND valid_to = 'infinity'" };
    $insert->('future', 1, "now() + '10 years'");
    is_sql($node, 'd', "SELECT (@{[$from->('future')]}) BETWEEN now() - '1 minute'::interval AND now()", 't', 'not before the future comes');
    $insert->('never', 1, "'infinity'");
    is_sql($node, 'd', "SELECT (@{[$from->('never')]}) BETWEEN now() - '1 minute'::interval AND now()", 't', 'nor is infinity a beginning');
    $insert->('past', 1, "'1999-12-31 UTC'");
    is_sql($node, 'd', $from->('past'), '1999-12-31 00:00:00+00', 'an import keeps its past');
    $insert->('ever', 1, "'-infinity'");
    is_sql($node, 'd', $from->('ever'), '-infinity', 'however long ago');
    sql($node, 'd', "SELECT alias FROM drop_alias('clock', '$_')") for 'past', 'ever';
    $insert->('past', 2, "'2000-01-01 UTC'");
    is_sql($node, 'd', "SELECT count(*) = 1 FROM alias_history h WHERE alias = 'past' AND valid_to < 'infinity' AND valid_to = (@{[$from->('past')]})", 't',
        'a past in which it named another version is not rewritten');
    $insert->('ever', 2, "'-infinity'");
    is(periods('clock', 'ever'), '0.1.0 0.2.0 …', 'nor is one without beginning');
    sql($node, 'd', "UPDATE model_aliases SET set_at = '1980-01-01' WHERE alias = 'past'; UPDATE model_aliases SET protected = true, version_id = version_id");
    is(periods('clock', 'past'), '0.1.0 0.2.0 …', 'a row that changes, but names the same, is no new period');
    sql($node, 'd', "UPDATE model_aliases SET set_at = now() + '1 day', version_id = version_of('clock', 3) WHERE alias = 'past'");
    is_sql($node, 'd', "SELECT (@{[$from->('past')]}) <= now()", 't', 'a move is when it is, whatever the client says');
    is_exact('all as it must be');
};

subtest 'faster than the clock, and a clock that was put back' => sub {
    sql($node, 'd', <<'SQL');
DO $$
BEGIN
    FOR n IN 1..300 LOOP
        UPDATE model_aliases SET version_id = version_of('clock', n % 3 + 1) WHERE model_id = find_model('clock') AND alias = 'future';
    END LOOP;
    DELETE FROM model_aliases WHERE alias = 'never';
    FOR n IN 1..100 LOOP
        INSERT INTO model_aliases (model_id, alias, version_id) VALUES (find_model('clock'), 'never', version_of('clock', n % 3 + 1));
        DELETE FROM model_aliases WHERE alias = 'never';
    END LOOP;
END $$;
SQL
    is_exact('hundreds of moves in one transaction');
    # As it is after the clock went back by a day.
    sql($node, 'd', <<'SQL');
UPDATE alias_history SET valid_from = CASE WHEN valid_to = 'infinity' THEN now() + '1 day' ELSE valid_from END,
                         valid_to = CASE WHEN valid_to = 'infinity' THEN valid_to ELSE now() + '1 day' END WHERE alias = 'ever';
SQL
    sql($node, 'd', 'SELECT alias FROM set_alias(\'clock\', \'ever\', \'0.3.0\')');
    sql($node, 'd', 'SELECT alias FROM drop_alias(\'clock\', \'ever\')');
    sql($node, 'd', 'SELECT alias FROM set_alias(\'clock\', \'ever\', \'0.1.0\')');
    sql($node, 'd', "UPDATE model_aliases SET alias = 'renamed' WHERE alias = 'ever'; UPDATE model_aliases SET alias = 'ever' WHERE alias = 'renamed'");
    # What is renamed and renamed back had the other name in between, if only for a microsecond.
    is(periods('clock', 'ever'), '0.1.0 0.2.0 0.3.0 0.1.0 | 0.1.0 …', 'periods go on where the last one ended');
    is_exact('and overlap as little as ever');
};

subtest 'several rows in one statement' => sub {
    new_model('rows', 4);
    sql($node, 'd', "INSERT INTO model_aliases (model_id, alias, version_id) SELECT find_model('rows'), 'r' || n, version_of('rows', n) FROM generate_series(1, 3) n");
    sql($node, 'd', "UPDATE model_aliases a SET version_id = version_of('rows', CASE alias WHEN 'r1' THEN 2 WHEN 'r2' THEN 1 ELSE 3 END) WHERE model_id = find_model('rows')");
    is(join(', ', map { periods('rows', $_) } 'r1', 'r2', 'r3'), '0.1.0 0.2.0 …, 0.2.0 0.1.0 …, 0.3.0 …', 'two change places');
    sql($node, 'd', "INSERT INTO model_aliases (model_id, alias, version_id) SELECT find_model('rows'), 'r' || n, version_of('rows', 4) FROM generate_series(3, 5) n
                     ON CONFLICT (model_id, alias) DO UPDATE SET version_id = excluded.version_id");
    is(join(', ', map { periods('rows', $_) } 'r3', 'r4', 'r5'), '0.3.0 0.4.0 …, 0.4.0 …, 0.4.0 …', 'some set, some moved');
    sql($node, 'd', "WITH gone AS (DELETE FROM model_aliases WHERE alias = 'r4' RETURNING *)
                     INSERT INTO model_aliases (model_id, alias, version_id) SELECT model_id, alias, version_of('rows', 2) FROM gone");
    is(periods('rows', 'r4'), '0.4.0 0.2.0 …', 'replaced by another row');
    sql($node, 'd', 'DELETE FROM models WHERE model_name = \'rows\'');
    is_sql($node, 'd', "SELECT count(*) FROM alias_history WHERE alias LIKE 'r_' AND valid_to = 'infinity'", '0', 'and all ended with their model');
    is_exact('all as it must be');
};

subtest 'several commands in one statement' => sub {
    new_model('order', 4);
    sql($node, 'd', "SELECT set_alias('order', 'one', '0.1.0'), set_alias('order', 'two', '0.2.0')");
    # LIMIT and EXISTS let the WITH end last: what it deletes is told of after what the main part has set.
    my $gone = "WITH gone AS (DELETE FROM model_aliases WHERE alias = 'one' AND model_id = find_model('order') RETURNING *)";
    sql($node, 'd', "$gone INSERT INTO model_aliases (model_id, alias, version_id) SELECT model_id, alias, version_of('order', 3) FROM gone LIMIT 1");
    is(periods('order', 'one'), '0.1.0 0.3.0 …', 'replaced, in whatever order the server does it');
    sql($node, 'd', "$gone INSERT INTO model_aliases (model_id, alias, version_id) SELECT model_id, alias, version_id FROM gone LIMIT 1");
    is(periods('order', 'one'), '0.1.0 0.3.0 …', 'what ends as it began is no new period');
    sql($node, 'd', "$gone UPDATE model_aliases SET alias = 'one' WHERE alias = 'two' AND model_id = find_model('order') AND EXISTS (SELECT FROM gone)");
    is(periods('order', 'one') =~ s/\| //r . ', ' . periods('order', 'two'), '0.1.0 0.3.0 0.2.0 …, 0.2.0', 'another one renamed to the name');
    # The log of this test is one of commands, not of what they come to.
    sql($node, 'd', "DELETE FROM alias_history WHERE model_id = find_model('order'); DELETE FROM models WHERE model_name = 'order'; DELETE FROM alias_log l WHERE NOT EXISTS (SELECT FROM alias_history h WHERE h.model_id = l.model_id)");
    is_exact('all as it must be');
};

# ---- races

# Two sessions, whose snapshots are older than what the other one does; the second one waits for the first.
my @sessions = map { session($node, 'd', $_) } 'first', 'second';
sub race {
    my ($level, $first_act, $first_end, $second_act, $expected) = @_;
    my $model = 'race';
    sql($node, 'd', "DELETE FROM models WHERE model_name = '$model'");
    new_model($model, 4);
    sql($node, 'd', "SELECT set_alias('$model', 'one', '0.1.0'), set_alias('$model', 'two', '0.2.0')");
    ask($_, "BEGIN ISOLATION LEVEL $level; SELECT count(*) FROM model_aliases") for @sessions;
    is(ask($sessions[0], $first_act), '00000', 'the first one works');
    tell($sessions[1], $second_act);
    ok(is_waiting($node, 'd', 'second'), 'the second one waits');
    is(ask($sessions[0], $first_end), '00000', "then $first_end");
    my $state = ask($sessions[1], '');
    is($state, $level eq 'read committed' || $first_end eq 'ROLLBACK' ? $expected : '40001', 'the second one');
    is(ask($sessions[1], $state eq '00000' ? 'COMMIT' : 'ROLLBACK'), '00000', 'and ends');
    is_exact('history and freezing are exact');
    return;
}

my %act = (
    move => q{SELECT semver FROM set_alias('race', 'one', '0.3.0')},
    'move elsewhere' => q{UPDATE model_aliases SET version_id = version_of('race', 4) WHERE model_id = find_model('race') AND alias = 'one'},
    rename => q{UPDATE model_aliases SET alias = 'other' WHERE model_id = find_model('race') AND alias = 'one'},
    drop => q{SELECT semver FROM drop_alias('race', 'one')},
    swap => q{UPDATE model_aliases a SET version_id = version_of('race', CASE alias WHEN 'one' THEN 2 ELSE 1 END) WHERE model_id = find_model('race')},
    change => q{UPDATE model_versions SET artifact_uri = 's3://changed' WHERE version_id = version_of('race', 3)},
);
for my $level (@levels) {
    for my $pair ([ 'move', 'move elsewhere' ], [ 'swap', 'drop' ], [ 'rename', 'swap' ], [ 'move', 'change', '42501' ]) {
        my ($first, $second, $expected) = @$pair;
        subtest "$level: $first, $second" => sub { race($level, $act{$first}, 'COMMIT', $act{$second}, $expected // '00000') };
    }
    subtest "$level: move, rolled back, change" => sub { race($level, $act{move}, 'ROLLBACK', $act{change}, '00000') };
}

stop_sessions(@sessions);

# ---- a storm

sql($node, 'd', <<'SQL');
CREATE FUNCTION act(what integer, of_model text, name text, other text, minor integer) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    model uuid := find_model(of_model);
    version uuid := version_of(of_model, minor);
    rule text;
BEGIN
    CASE
        WHEN what < 4 THEN PERFORM set_alias(model, name, format('0.%s.0', minor));
        WHEN what < 6 THEN PERFORM drop_alias(model, name);
        WHEN what = 6 THEN UPDATE model_aliases SET version_id = version WHERE model_id = model AND alias = name AND version IS NOT NULL;
        WHEN what = 7 THEN DELETE FROM model_aliases WHERE model_id = model AND alias = name;
        WHEN what = 8 THEN INSERT INTO model_aliases (model_id, alias, version_id, set_at)
                           SELECT model, name, version, now() + (50 - minor) * '1 second'::interval WHERE version IS NOT NULL;
        WHEN what = 9 THEN INSERT INTO model_aliases (model_id, alias, version_id) SELECT model, name, version WHERE version IS NOT NULL
                           ON CONFLICT (model_id, alias) DO UPDATE SET version_id = excluded.version_id;
        WHEN what = 10 THEN UPDATE model_aliases SET alias = other WHERE model_id = model AND alias = name;
        WHEN what = 11 THEN UPDATE model_aliases a SET version_id = b.version_id FROM model_aliases b
                             WHERE a.model_id = model AND b.model_id = model AND a.alias IN (name, other) AND b.alias IN (name, other) AND a.alias <> b.alias;
        WHEN what = 12 THEN DELETE FROM model_aliases WHERE model_id = model;
        WHEN what = 13 THEN UPDATE model_versions SET artifact_uri = format('s3://changed/%s', pg_current_xact_id()) WHERE version_id = version;
        WHEN what = 14 THEN PERFORM add_version_file(version, format('%s.bin', name));
        WHEN what = 15 THEN DELETE FROM version_files WHERE version_id = version AND path = format('%s.bin', name);
        WHEN what = 16 THEN UPDATE version_files SET uri = format('s3://changed/%s', pg_current_xact_id()) WHERE version_id = version;
        WHEN what = 17 THEN UPDATE model_versions SET checksum_sha256 = encode(sha256(pg_current_xact_id()::text::bytea), 'hex') WHERE version_id = version;
        WHEN what = 18 THEN UPDATE model_versions SET deleted_at = CASE WHEN deleted_at IS NULL THEN now() END WHERE version_id = version;
        WHEN what = 19 THEN DELETE FROM model_versions WHERE version_id = version;
                            PERFORM register_version(model, format('0.%s.0', minor)::semver, 's3://h/again');
        ELSE UPDATE model_versions SET description = clock_timestamp()::text WHERE version_id = version;
    END CASE;
    RETURN '00000';
EXCEPTION WHEN unique_violation OR check_violation OR insufficient_privilege OR no_data_found OR foreign_key_violation THEN
    -- Only the rules may refuse; anything else ends the storm.
    GET STACKED DIAGNOSTICS rule = CONSTRAINT_NAME;
    IF rule NOT IN ('unique_model_alias', 'unique_version_file', 'unique_model_version', 'version_frozen', 'alias_of_deleted_version', 'version_has_alias',
                    'model_aliases_version_fkey', 'version_files_version_fkey') AND SQLSTATE <> 'P0002' THEN
        RAISE;
    END IF;
    RETURN SQLSTATE;
END $$;
SQL
new_model("storm$_", 120) for 1, 2;

sub storm_script {
    my ($level) = @_;
    my $act = sub { my ($n) = @_; "SELECT act(:what$n, 'storm:model', 'a:name$n', 'a:other$n', :minor$n);\n" };
    my $script = "\\set model random(1, 2)\n\\set end random(1, 10)\n";
    $script .= "\\set what$_ random(0, 20)\n\\set name$_ random(1, 3)\n\\set other$_ random(1, 3)\n\\set minor$_ random_exponential(1, 120, 7)\n" for 1 .. 3;
    $script .= "BEGIN ISOLATION LEVEL $level;\n" . $act->(1);
    $script .= "\\if :end <= 4\nSAVEPOINT s;\n" . $act->(2) . "ROLLBACK TO SAVEPOINT s;\n\\endif\n";
    $script .= "\\if :end % 2 = 0\n" . $act->(3) . "\\endif\n";
    return $script . "\\if :end = 9\nROLLBACK;\n\\else\nCOMMIT;\n\\endif\n";
}

subtest 'a storm' => sub {
    my @files;
    for my $level (@levels) {
        my $file = "$folder/" . ($level =~ s/ /-/r);
        # psql's variables do not reach into quotes: names are put together by the server.
        PostgreSQL::Test::Utils::append_to_file($file, storm_script($level) =~ s/'(storm|a):(\w+)'/'$1' || :$2/gr);
        push @files, '-f', "$file\@4";
    }
    PostgreSQL::Test::Utils::append_to_file("$folder/observe",
        "\\set model random(1, 2)\n\\set name random(1, 3)\nSELECT observe('storm' || :model, 'a' || :name);\n");
    my $position = -s $node->logfile;
    my ($status, $out, $err) = run_client($node, [ 'pgbench', '-n', '-c', 6, '-j', 2, '-T', 3, '--random-seed=27', '--max-tries=1000',
        '--failures-detailed', @files, '-f', "$folder/observe\@1", 'd' ]);
    my ($processed) = $out =~ /^number of transactions actually processed: (\d+)/m;
    ok($status == 0 && $out =~ /^number of failed transactions: 0 /m, 'no error but those of the rules') or diag("$out$err");
    like(logged_states($node, $position), qr/^(?:40001 \d+\n?)?(?:40P01 \d+)?$/, 'sessions get in each other\'s way, and nothing else');
    my ($retried) = $out =~ /^number of transactions retried: (\d+)/m;
    cmp_ok($retried // 0, '>', 0, 'and they do');
    note("$processed transactions, $retried tried again; " . sql($node, 'd', q{SELECT format('%s periods, %s samples, %s of %s versions frozen, %s copies',
        (SELECT count(*) FROM alias_history), (SELECT count(*) FROM samples), (SELECT count(*) FROM model_versions WHERE frozen_at IS NOT NULL),
        (SELECT count(*) FROM model_versions), (SELECT count(*) FROM frozen_copies))}));
    is_sql($node, 'd', q{SELECT (SELECT count(*) > 20 FROM alias_history WHERE alias LIKE 'a_'), (SELECT count(*) > 2 FROM samples),
                                (SELECT count(*) FILTER (WHERE frozen_at IS NOT NULL) > 10 AND count(*) FILTER (WHERE frozen_at IS NULL) > 10 FROM model_versions)}, 't|t|t',
        'there was something to look at');
    is_exact('history and freezing are exact');
    is_sql($node, 'd', q{SELECT count(*) FROM model_aliases a LEFT JOIN alias_history h ON h.model_id = a.model_id AND h.alias = a.alias
                          AND h.valid_from <= now() AND now() < h.valid_to WHERE h.version_id IS DISTINCT FROM a.version_id AND a.alias LIKE 'a_'}, '0',
        'as of now the history says what is there');
    is_sql($node, 'd', 'SELECT * FROM check_registry()', '', 'check_registry() finds nothing');
};

done_testing();
