# Storms of sessions that promote, deploy, shift traffic, approve and end what others are at, by functions and by hand, beside readers:
# no deadlock, and what was committed obeyed the rules at every moment.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin;
use MLR;

use IPC::Run ();
use PostgreSQL::Test::Utils;
use Test::More;

my @levels = ('read committed', 'repeatable read', 'serializable');
my $clients = 8;
my $node = new_node('lifecycle', conf => "max_pred_locks_per_transaction = 256\ndeadlock_timeout = 200ms\ntrack_commit_timestamp = on\n");
my $folder = PostgreSQL::Test::Utils::tempdir();
sql($node, 'postgres', 'CREATE DATABASE d');
sql($node, 'd', <<'SQL');
CREATE EXTENSION mlregistry;
ALTER DATABASE d SET search_path = public, mlregistry;
SET search_path = public, mlregistry;

-- Runs a statement; a rule that refuses it is an outcome. So is that somebody else has rolled back meanwhile, which is no failure of
-- READ COMMITTED; other serialization failures go to the client, which tries again.
CREATE TABLE outcomes (tag text, step text, state text, message text);
CREATE FUNCTION attempt(tag text, step text, statement text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    BEGIN
        EXECUTE statement;
        INSERT INTO outcomes VALUES (tag, step, '00000');
    EXCEPTION WHEN check_violation OR no_data_found OR unique_violation OR object_not_in_prerequisite_state OR object_in_use
        OR invalid_parameter_value OR null_value_not_allowed THEN
        INSERT INTO outcomes VALUES (tag, step, SQLSTATE, SQLERRM);
    WHEN serialization_failure THEN
        IF SQLERRM NOT LIKE 'could not serialize: deployment%' THEN
            RAISE;
        END IF;
        INSERT INTO outcomes VALUES (tag, step, SQLSTATE, SQLERRM);
    END;
END $$;

-- Who changes two versions in one transaction takes the model first, as functions do: else two of these may wait for each other.
CREATE FUNCTION swap_by_hand(model uuid, version semver) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM models WHERE model_id = model FOR NO KEY UPDATE;
    UPDATE model_versions SET stage = 'staging' WHERE model_id = model AND stage = 'production' AND deleted_at IS NULL;
    UPDATE model_versions SET stage = 'production' WHERE model_id = model AND semver = version AND deleted_at IS NULL;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'it is deleted' USING ERRCODE = 'no_data_found';
    END IF;
END $$;

-- Histories tell when something was done, not when it was committed: which transaction has written what.
CREATE TABLE told (history_id uuid, txid xid8 DEFAULT pg_current_xact_id());
CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO public.told VALUES (NEW.history_id); -- whatever the search_path of who writes a history
    RETURN NULL;
END $$;

-- What readers have seen: models without or with two versions in production, too much traffic, versions that are deployed and serve
-- nothing or the other way round.
CREATE TABLE seen (tag text, wrong text);
CREATE FUNCTION look(tag text) RETURNS void LANGUAGE sql AS $$
    INSERT INTO seen
    SELECT look.tag, w.wrong
      FROM (VALUES (NULL)) AS always (wrong)
      LEFT JOIN (SELECT format('%s has %s versions in production', m.model_name, p.n)
                   FROM models m CROSS JOIN LATERAL (SELECT count(*) FROM model_versions v WHERE v.model_id = m.model_id AND v.stage = 'production' AND v.deleted_at IS NULL) AS p (n)
                  WHERE p.n <> 1
                 UNION ALL
                 SELECT format('%s has %s %% of the traffic', d.model_id, sum(d.traffic_percentage))
                   FROM deployments d WHERE d.status IN ('active', 'degraded') GROUP BY d.model_id, d.environment_id HAVING sum(d.traffic_percentage) > 100
                 UNION ALL
                 SELECT format('version %s is %s, %s live', v.semver, v.status, count(d))
                   FROM model_versions v LEFT JOIN deployments d ON d.version_id = v.version_id AND d.status IN ('active', 'degraded')
                  WHERE v.status IN ('registered', 'validated', 'deployed') GROUP BY v.version_id HAVING (v.status = 'deployed') <> (count(d) > 0)
                 UNION ALL
                 SELECT format('version %s is deleted and served', v.semver)
                   FROM model_versions v JOIN deployments d USING (version_id) WHERE v.deleted_at IS NOT NULL AND d.status IN ('pending', 'deploying', 'active', 'degraded', 'terminating'))
                AS w (wrong) ON true
$$;
-- In snapshots of one statement, until all is done.
CREATE TABLE done (tag text);
CREATE PROCEDURE look_on(tag text) LANGUAGE plpgsql AS $$
BEGIN
    LOOP
        PERFORM look(tag);
        COMMIT;
        EXIT WHEN EXISTS (SELECT FROM done d WHERE d.tag = look_on.tag);
        PERFORM pg_sleep(0.005);
    END LOOP;
END $$;
SELECT e.environment_name FROM create_environment('prod', 'production', required_approval_types => '{security}') e;
SELECT e.environment_name FROM create_environment('lab', 'staging') e;
SQL

my %trigger_on = map { ($_ => "CREATE TRIGGER tell AFTER INSERT ON $_ FOR EACH ROW EXECUTE FUNCTION tell()") } qw(stage_history status_history deployment_history);

# ---- all at once

my @slots = ('a', 'b', 'c');
my @steps;
sub one_of { return $_[ rand @_ ] }

# What a person does in psql, a statement after the other, told at COMMIT.
sub by_hand {
    my ($tag, $count) = @_;
    my $model = "(SELECT model_id FROM models WHERE model_name = '$tag-" . one_of('a', 'b') . "')";
    my $script = '';
    for (1 .. $count) {
        my $version = "model_id = $model AND semver = '" . one_of(1 .. 4) . ".0.0'";
        my $slot = sprintf "environment_id = find_environment('%s') AND deployment_name = '%s-%s'", one_of('prod', 'lab'), $tag, one_of(map { ("a-$_", "b-$_") } @slots);
        $script .= one_of(
            "SELECT swap_by_hand($model, '" . one_of(1 .. 4) . ".0.0')",
            sprintf("UPDATE deployments SET traffic_percentage = %d WHERE status <> 'terminated' AND $slot", rand 70),
            sprintf("UPDATE deployments SET traffic_percentage = %d WHERE status <> 'terminated' AND $slot", rand 70),
            "UPDATE deployments SET status = '" . one_of('active', 'degraded', 'failed', 'deactivated') . "' WHERE status <> 'terminated' AND $slot",
            "INSERT INTO deployments (version_id, environment_id, deployment_name, status, traffic_percentage) SELECT version_id, find_environment('"
                . one_of('prod', 'lab') . "'), '$tag-' || right(model_name, 1) || '-" . one_of(@slots) . "', 'active', 10 FROM model_versions v JOIN models m USING (model_id) WHERE v.$version"
        ) . ";\n";
    }
    return $script;
}

for my $level (@levels) {
    my $tag = $level =~ s/ /-/r;
    my $transactions = $level eq 'read committed' ? 90 : 40;
    sql($node, 'd', <<"SQL");
SELECT m.model_name FROM register_model('$tag-a', framework => 'onnx', compliance_required => true) m;
SELECT m.model_name FROM register_model('$tag-b', framework => 'onnx') m;
SELECT v.semver FROM unnest('{a,b}'::text[]) x, generate_series(1, 4) n, register_version('$tag-' || x, n || '.0.0', 's3://storm/{version}') v;
SELECT v.semver FROM unnest('{a,b}'::text[]) x, generate_series(1, 4) n, validate_version('$tag-' || x || '\@' || n || '.0.0') v;
SELECT v.semver FROM unnest('{a,b}'::text[]) x, promote('$tag-' || x || '\@1.0.0', 'production') v;
SQL
    sql($node, 'd', $_) for values %trigger_on;
    sql($node, 'd', "DELETE FROM told; INSERT INTO told SELECT history_id FROM stage_history UNION ALL SELECT history_id FROM status_history UNION ALL SELECT history_id FROM deployment_history");

    my $step = sub {
        my ($name, $statement) = @_;
        $statement =~ s/'/''/g;
        return "SELECT attempt('$tag', '$name', '$statement');\n";
    };
    my $random = join '', map { "\\set $_\n" } 'n random(1, 4)', 'x random(1, 2)', 's random(1, 3)', 't random(1, 3)', 'e random(1, 2)', 'p random(0, 60)', 'q random(0, 60)', 'k random(1, 5)';
    my $model = "'$tag-' || chr(96 + :x)";
    my $version = "$model || '\@' || :n || '.0.0'";
    my $environment = "split_part('prod,lab', ',', :e)";
    my $slot = "$model || '-' || chr(96 + :s)";
    my $some = sub { "(SELECT v.version_id FROM model_versions v WHERE v.model_id = find_model($model) AND v.status = '$_[0]' ORDER BY random() LIMIT 1)" };
    my %steps = (
        promote => [ 3, "SELECT FROM promote($version, 'production', alias => CASE WHEN :k < 3 THEN 'champion' END)" ],
        alias => [ 1, "SELECT FROM set_alias($model, 'champion', ':n.0.0')" ],
        deprecate => [ 1, "SELECT FROM deprecate_version($version)" ],
        undeprecate => [ 2, "SELECT FROM undeprecate_version(" . $some->('deprecated') . ')' ],
        archive => [ 1, "SELECT FROM archive_version((SELECT v.version_id FROM model_versions v WHERE v.model_id = find_model($model) AND v.semver = ':n.0.0' AND v.stage <> 'production'))" ],
        unarchive => [ 2, "SELECT FROM unarchive_version(" . $some->('archived') . ')' ],
        hide => [ 1, "UPDATE model_versions v SET deleted_at = now() WHERE v.model_id = find_model($model) AND v.semver = ':n.0.0' AND v.stage <> 'production'" ],
        restore => [ 3, "UPDATE model_versions v SET deleted_at = NULL WHERE v.model_id = find_model($model) AND v.deleted_at IS NOT NULL" ],
        deploy => [ 10, "SELECT FROM deploy($version, $environment, $slot, traffic => :p)" ],
        shift => [ 4, "SELECT FROM deploy($version, $environment, $slot, traffic => :p, traffic_from => $model || '-' || chr(96 + :t))" ],
        traffic => [ 5, "SELECT FROM set_traffic($environment, jsonb_build_object($slot, :p, $model || '-' || chr(96 + :t), :q))" ],
        both => [ 4, "SELECT FROM set_traffic($environment, jsonb_build_object('$tag-a-' || chr(96 + :s), :p, '$tag-b-' || chr(96 + :t), :q))" ],
        back => [ 3, "SELECT FROM rollback_deployment($model, $environment, $slot)" ],
        status => [ 3, "SELECT FROM set_deployment_status($environment || '/' || $slot, split_part('active,degraded,failed,deactivated,active', ',', :k))" ],
        terminate => [ 2, "SELECT FROM terminate_deployment($environment || '/' || $slot)" ],
        request => [ 4, "INSERT INTO approvals (version_id, environment_id, approval_type, requested_by) VALUES (find_version('$tag-a\@:n.0.0'), find_environment('prod'), 'security', 'asker')" ],
        approve => [ 5, "SELECT FROM approve('$tag-a\@:n.0.0', 'security', 'prod')" ],
        cancel => [ 1, "SELECT FROM (SELECT a.approval_id FROM approvals a WHERE a.version_id = find_version('$tag-a\@:n.0.0') AND a.approval_status = 'approved') AS a, cancel_approval(a.approval_id, 'x')" ],
        expire => [ 1, "UPDATE approvals SET approval_status = 'expired' WHERE version_id = find_version('$tag-a\@:n.0.0') AND approval_status = 'approved'" ]);
    my @files;
    for my $name (sort keys %steps) {
        my ($weight, $statement) = @{ $steps{$name} };
        PostgreSQL::Test::Utils::append_to_file("$folder/$tag-$name", $random . $step->($name, $statement));
        push @files, '-f', "$folder/$tag-$name\@$weight";
    }
    PostgreSQL::Test::Utils::append_to_file("$folder/$tag-hand", by_hand($tag, $transactions));

    my $position = -s $node->logfile;
    local $ENV{PGHOST} = $node->host;
    local $ENV{PGPORT} = $node->port;
    my ($looked, $done, $status, $out, $err) = ('', '');
    {
        local $ENV{PGOPTIONS} = "-c default_transaction_isolation=" . ($level =~ s/ /\\ /r);
        my @hands = map { IPC::Run::start([ 'psql', '-X', '-q', '-d', 'd', '-f', "$folder/$tag-hand" ], '<', \undef, '>', \$done, '2>', \$done) } 1 .. 2;
        my $reader;
        {
            local $ENV{PGOPTIONS} = '';
            $reader = IPC::Run::start([ 'psql', '-X', '-q', '-d', 'd', '-c', "CALL look_on('$tag')" ], '<', \undef, '>', \$looked, '2>', \$looked);
        }
        ($status, $out, $err) = run_client($node,
            [ 'pgbench', '-n', '-c', $clients, '-j', 2, '-t', $transactions, '--max-tries=10000', '--failures-detailed', @files, 'd' ]);
        $_->finish for @hands;
        sql($node, 'd', "INSERT INTO done VALUES ('$tag')");
        $reader->finish;
    }
    my $all = $clients * $transactions;
    my $ok = ok($status == 0 && $out =~ m{^number of transactions actually processed: $all/$all$}m, "$level: all $all transactions went through");
    diag($err) unless $ok;
    my $states = logged_states($node, $position);
    # Who writes by hand is told by rules, at COMMIT.
    $states =~ s/^(?:23505|23514|P0002) \d+\n?//mg;
    $states =~ s/^40001 \d+\n?//m;
    is($states, '', "$level: no error but those of the rules and 40001, no deadlock");
    push @steps, sort keys %steps if !@steps;

    # ---- what has come of it

    is($looked, '', "$level: readers had no error");
    is_sql($node, 'd', "SELECT count(*) > 20, string_agg(DISTINCT wrong, ', ') FROM seen WHERE tag = '$tag'", 't|', "$level: readers never saw anything wrong");
    sql($node, 'd', <<'SQL');
CREATE TABLE served AS
SELECT h.*, pg_xact_commit_timestamp(t.txid::xid) AS at, lead(pg_xact_commit_timestamp(t.txid::xid), 1, 'infinity') OVER w AS until,
       lag(h.version_id) OVER w AS version_before, lag(h.deployment_status) OVER w AS status_before
  FROM deployment_history h JOIN told t USING (history_id) WINDOW w AS (PARTITION BY h.deployment_id ORDER BY h.valid_from);
CREATE TABLE staged AS
SELECT h.*, pg_xact_commit_timestamp(t.txid::xid) AS at, lead(pg_xact_commit_timestamp(t.txid::xid), 1, 'infinity') OVER (PARTITION BY h.version_id ORDER BY h.valid_from) AS until
  FROM stage_history h JOIN told t USING (history_id);
CREATE TABLE approved AS
SELECT a.version_id, h.status, pg_xact_commit_timestamp(t.txid::xid) AS at, lead(pg_xact_commit_timestamp(t.txid::xid), 1, 'infinity') OVER (PARTITION BY h.entity_id ORDER BY h.valid_from) AS until
  FROM status_history h JOIN told t USING (history_id) JOIN approvals a ON a.approval_id = h.entity_id WHERE h.entity_kind = 'approval';
SQL
    is_sql($node, 'd', "SELECT count(*) > 50, count(*) FILTER (WHERE at IS NULL) FROM served", 't|0', "$level: there is something to look at");
    is_sql($node, 'd', <<'SQL', '', "$level: the traffic was never more than 100, whenever something was committed");
SELECT m.at, s.model_id, s.environment_name, sum(s.traffic_percentage)
  FROM (SELECT DISTINCT at FROM served) AS m JOIN served s ON s.at <= m.at AND m.at < s.until AND s.deployment_status IN ('active', 'degraded')
 GROUP BY 1, 2, 3 HAVING sum(s.traffic_percentage) > 100
SQL
    is_sql($node, 'd', <<"SQL", '', "$level: one version was in production, whenever something was committed");
SELECT m.at, x.model_name, count(s.version_id)
  FROM (SELECT DISTINCT at FROM staged) AS m
 CROSS JOIN (SELECT x.*, (SELECT min(s.until) FROM staged s WHERE s.model_id = x.model_id AND s.stage = 'development') AS begins FROM models x WHERE x.model_name LIKE '$tag-%') AS x
  LEFT JOIN staged s ON s.model_id = x.model_id AND s.at <= m.at AND m.at < s.until AND s.stage = 'production'
 WHERE m.at >= x.begins
 GROUP BY 1, 2 HAVING count(s.version_id) <> 1
SQL
    is_sql($node, 'd', <<'SQL', '', "$level: nothing went live without its approval at that moment");
SELECT s.at, s.deployment_name, s.semver, s.status_before, s.deployment_status
  FROM served s JOIN models m USING (model_id) JOIN environments e USING (environment_id)
 WHERE m.compliance_required AND e.requires_approval AND s.deployment_status IN ('deploying', 'active', 'degraded')
   AND (s.version_before IS DISTINCT FROM s.version_id OR coalesce(s.status_before, '') NOT IN ('active', 'degraded'))
   AND NOT EXISTS (SELECT FROM approved a WHERE a.version_id = s.version_id AND a.status = 'approved' AND a.at <= s.at AND s.at < a.until)
   -- what came and went within one transaction was not there
   AND s.at < s.until
SQL
    is_sql($node, 'd', "SELECT count(*) > 0 FROM served s JOIN models m USING (model_id) WHERE m.compliance_required AND s.environment_name = 'prod' AND s.deployment_status = 'active'", 't',
        "$level: but something did");
    is_sql($node, 'd', <<'SQL', '', "$level: periods follow each other");
SELECT h.kind, h.id, h.valid_from, h.before
  FROM (SELECT 'stage' AS kind, version_id AS id, valid_from, valid_to, lag(valid_to) OVER (PARTITION BY version_id ORDER BY valid_from) AS before FROM stage_history
        UNION ALL
        SELECT entity_kind, entity_id, valid_from, valid_to, lag(valid_to) OVER (PARTITION BY entity_kind, entity_id ORDER BY valid_from) FROM status_history
        UNION ALL
        SELECT 'deployment history', deployment_id, valid_from, valid_to, lag(valid_to) OVER (PARTITION BY deployment_id ORDER BY valid_from) FROM deployment_history
        UNION ALL
        SELECT 'alias', model_id, valid_from, valid_to, lag(valid_to) OVER (PARTITION BY model_id, alias ORDER BY valid_from) FROM alias_history) AS h
 WHERE h.before <> h.valid_from OR h.valid_from >= h.valid_to
SQL
    is_sql($node, 'd', "SELECT look('$tag-end'); SELECT wrong FROM seen WHERE tag = '$tag-end' AND wrong IS NOT NULL", '', "$level: what is there in the end is right");
    sql($node, 'd', "DROP TRIGGER tell ON $_") for keys %trigger_on;
    # Approvals have ended since under what serves: that is listed.
    is_sql($node, 'd', q{SELECT check_name, object, detail FROM check_registry() WHERE check_name <> 'approval_gate'}, '', "$level: check_registry() finds nothing");
    sql($node, 'd', "DROP TABLE served, staged, approved; UPDATE deployments SET status = 'terminated' WHERE status <> 'terminated'");
}

is_sql($node, 'd', q{SELECT string_agg(DISTINCT step, ' ' ORDER BY step) FROM outcomes WHERE state = '00000'}, "@steps", 'each step has worked');
is_sql($node, 'd', q{SELECT count(*) FILTER (WHERE state = '00000') > count(*) / 3 FROM outcomes}, 't', 'and not too seldom');

# ---- swaps in turn, while readers count

subtest 'swaps of the version in production' => sub {
    sql($node, 'd', q{SELECT FROM register_model('swapped', framework => 'onnx')});
    sql($node, 'd', q{SELECT FROM generate_series(1, 3) n, register_version('swapped', n || '.0.0', 's3://swap/{version}')});
    sql($node, 'd', q{SELECT FROM promote('swapped@1.0.0', 'production', alias => 'champion')});
    PostgreSQL::Test::Utils::append_to_file("$folder/swap", "\\set n random(1, 3)\nSELECT FROM promote('swapped\@' || :n || '.0.0', 'production', alias => 'champion');\n");
    PostgreSQL::Test::Utils::append_to_file("$folder/count", <<'SQL');
INSERT INTO seen SELECT 'swaps', concat_ws(' ', n, champions, shown) FROM (SELECT count(*) AS n, count(*) FILTER (WHERE a.alias IS NOT NULL) AS champions,
       (SELECT count(*) FROM v_production_versions p WHERE p.model_name = 'swapped') AS shown
  FROM model_versions v LEFT JOIN model_aliases a ON a.version_id = v.version_id AND a.alias = 'champion' WHERE v.model_id = find_model('swapped') AND v.stage = 'production') AS s;
SQL
    my $position = -s $node->logfile;
    local $ENV{PGHOST} = $node->host;
    local $ENV{PGPORT} = $node->port;
    my $output = '';
    my @running = map { IPC::Run::start([ 'pgbench', '-n', '-c', 3, '-T', 2, '-f', "$folder/$_", 'd' ], '<', \undef, '>', \$output, '2>', \$output) } 'swap', 'count';
    $_->finish for @running;
    is(logged_states($node, $position), '', 'no error');
    is_sql($node, 'd', q{SELECT DISTINCT wrong, count(*) > 50 FROM seen WHERE tag = 'swaps' GROUP BY wrong}, '1 1 1|t', 'never none, never two, and the alias moves with it');
    is_sql($node, 'd', q{SELECT count(*) FROM stage_history n WHERE n.model_id = find_model('swapped') AND n.stage = 'production' AND n.valid_from > (SELECT min(f.valid_from) FROM stage_history f WHERE f.model_id = n.model_id AND f.stage = 'production')
                           AND NOT EXISTS (SELECT FROM stage_history o WHERE o.model_id = n.model_id AND o.stage = 'production' AND o.valid_to = n.valid_from)}, '0',
        'where one production version ends, the next one begins');
    is_sql($node, 'd', q{SELECT count(*) FROM stage_history s WHERE s.model_id = find_model('swapped') AND s.stage = 'production' AND s.valid_from > (SELECT min(f.valid_from) FROM stage_history f WHERE f.model_id = s.model_id AND f.stage = 'production')
                           AND NOT EXISTS (SELECT FROM alias_history a WHERE a.model_id = s.model_id AND a.alias = 'champion' AND a.version_id = s.version_id AND a.valid_from = s.valid_from)}, '0',
        'and with it what the alias names');
    is_sql($node, 'd', q{SELECT count(*) > 30 FROM stage_history h JOIN models m USING (model_id) WHERE m.model_name = 'swapped' AND h.stage = 'production'}, 't', 'sessions did swap');
};

done_testing();
