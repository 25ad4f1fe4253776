-- The audit trail as people read it: what each change is called and says, who sees it, filters, pages and wrong input.
SET search_path = public, mlregistry;
SET timezone = 'UTC';
SET datestyle = 'ISO, YMD';
\set SHOW_CONTEXT never
-- Identifiers and times are others each time.
CREATE FUNCTION pg_temp.plain(value jsonb) RETURNS text LANGUAGE sql AS $$
    SELECT regexp_replace(regexp_replace(regexp_replace(value::text, '[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}', '<id>', 'g'),
                                         '"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.+Z-]+"', '<time>', 'g'),
                          'mlr_[A-Za-z0-9_-]{8}', 'mlr_<prefix>', 'g')
$$;
-- What a statement is refused with; the statement is taken back.
CREATE FUNCTION pg_temp.refusal(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE message text; detail text; hint text;
BEGIN
    EXECUTE statement;
    RETURN 'accepted';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
    RETURN regexp_replace(concat_ws(E'\n    ', SQLSTATE || ' ' || message, nullif(detail, ''), nullif(hint, '')),
                          '[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}', '<id>', 'g');
END $$;
-- Roles are of the whole cluster; what this test makes, it drops.
SET client_min_messages = warning;
DROP ROLE IF EXISTS audit_app, audit_reader;
CREATE ROLE audit_app;
CREATE ROLE audit_reader;
RESET client_min_messages;

-- nothing is written of what install() brings
SELECT * FROM recent_activity();

-- a model, its versions and aliases
SELECT model_name FROM register_model('fraud-detector', framework => 'xgboost', tags => '{tabular}');
SELECT semver FROM register_version('fraud-detector', '1.4.0', 's3://m/{version}');
SELECT semver FROM register_version('fraud-detector', '1.5.0+cu121', 's3://m/{version}');
SELECT alias, semver FROM set_alias('fraud-detector', 'champion', '1.4.0');
SELECT alias, semver FROM set_alias('fraud-detector', 'champion', '1.5.0');
SELECT path FROM add_version_file('fraud-detector@1.4.0', 'card.md', size_bytes => 10); -- refused: frozen
SELECT semver FROM register_version('fraud-detector', '1.6.0', 's3://m/{version}');
SELECT path FROM add_version_file('fraud-detector@1.6.0', 'we@ird/card.md', size_bytes => 10);
SELECT metric_name FROM record_metric('fraud-detector@1.6.0', 'auc', 0.97);
SELECT reference FROM tag('fraud-detector@1.6.0', 'reviewed', create_missing => true);
SELECT reference FROM untag('fraud-detector@1.6.0', 'reviewed');
SELECT action, entity_name, pg_temp.plain(changes) AS changes FROM audit_trail('fraud-detector') ORDER BY log_id;

-- a reason, for one transaction
BEGIN;
SET LOCAL mlregistry.reason = 'CHG-1234: better recall';
UPDATE model_versions SET status = 'validated' WHERE version_id = find_version('fraud-detector@1.6.0');
UPDATE model_versions SET stage = 'production' WHERE version_id = find_version('fraud-detector@1.6.0');
COMMIT;
UPDATE model_versions SET stage = 'staging' WHERE version_id = find_version('fraud-detector@1.6.0');
UPDATE model_versions SET stage = 'archived', status = 'archived' WHERE version_id = find_version('fraud-detector@1.6.0');
UPDATE model_versions SET description = 'The one' WHERE version_id = find_version('fraud-detector@1.4.0');
-- what changes nothing, what is taken back and what is refused leave nothing
UPDATE model_versions SET description = 'The one' WHERE version_id = find_version('fraud-detector@1.4.0');
BEGIN;
UPDATE models SET description = 'never' WHERE model_name = 'fraud-detector';
ROLLBACK;
SELECT left(pg_temp.refusal($$UPDATE models SET risk_level = 'none' WHERE model_name = 'fraud-detector'$$), 85);
SELECT action, entity_name, pg_temp.plain(changes) AS changes, reason FROM audit_trail('fraud-detector', max_rows => 5);

-- of one version: its files, metrics and tags, and the aliases that named it
SELECT action, entity_name FROM audit_trail('fraud-detector@1.4.0') ORDER BY log_id;
SELECT action, entity_name FROM audit_trail('fraud-detector@1.5.0') ORDER BY log_id;
SELECT action, entity_name FROM audit_trail('default/fraud-detector@1.6.0') ORDER BY log_id;
SELECT count(*) FROM audit_trail('fraud-detector@champion') AS named
  JOIN audit_trail('fraud-detector@1.5.0') AS numbered USING (log_id);
SELECT count(*) FROM audit_trail(find_version('fraud-detector@1.5.0')) AS by_id
  JOIN audit_trail('fraud-detector@1.5.0') AS numbered USING (log_id);
SELECT (SELECT count(*) FROM audit_trail('fraud-detector')) = (SELECT count(*) FROM audit_trail(find_model('fraud-detector'))) AS same_by_id;

-- filters
SELECT action, entity_name FROM audit_trail('fraud-detector', actions => '{version.promote}');
SELECT action, entity_name FROM audit_trail('fraud-detector', actions => '{alias.*}');
SELECT action, entity_name FROM audit_trail('fraud-detector', actions => '{*.create,*.move}');
SELECT count(*) FROM audit_trail('fraud-detector', actions => '{*.*}') AS a JOIN audit_trail('fraud-detector') USING (log_id);
SELECT action FROM audit_trail('fraud-detector', actions => '{}');
SELECT action, entity_name FROM audit_trail('fraud-detector', entity_types => '{file,metric}');
SELECT action, entity_name FROM audit_trail('fraud-detector', actions => '{*.add}', entity_types => '{metric}');
SELECT created_at AS moved FROM audit_trail('fraud-detector', actions => '{alias.move}') \gset
SELECT action FROM audit_trail('fraud-detector', since => :'moved', until => :'moved');
SELECT action FROM audit_trail('fraud-detector', since => :'moved', until => timestamptz :'moved' + interval '1 microsecond');
SELECT count(*) FROM audit_trail('fraud-detector', since => '-infinity', until => 'infinity') AS a JOIN audit_trail('fraud-detector') USING (log_id);
SELECT count(*) FROM audit_trail('fraud-detector', until => '2020-01-01');
SELECT count(*) FROM audit_trail('fraud-detector', NULL, NULL, NULL, NULL, NULL, NULL) AS a JOIN audit_trail('fraud-detector') USING (log_id);

-- pages: what comes after the last row of the page before, whatever filters say
SELECT action, entity_name FROM audit_trail('fraud-detector', max_rows => 2);
SELECT log_id AS last FROM audit_trail('fraud-detector', max_rows => 2) OFFSET 1 \gset
SELECT action, entity_name FROM audit_trail('fraud-detector', max_rows => 2, after => :'last');
SELECT action, entity_name FROM audit_trail('fraud-detector', actions => '{model.*}', after => :'last');
SELECT action FROM audit_trail('fraud-detector', max_rows => 0);
CREATE FUNCTION pg_temp.pages(max_rows integer) RETURNS uuid[] LANGUAGE plpgsql AS $$
DECLARE page uuid[]; all_pages uuid[] := '{}';
BEGIN
    LOOP
        page := ARRAY(SELECT log_id FROM audit_trail('fraud-detector', max_rows => pages.max_rows, after => page[cardinality(page)]));
        EXIT WHEN page = '{}';
        all_pages := all_pages || page;
    END LOOP;
    RETURN all_pages;
END $$;
SELECT n, pg_temp.pages(n) = ARRAY(SELECT log_id FROM audit_trail('fraud-detector')) AS same FROM unnest('{1,3,7,1000}'::int[]) AS n;
-- also of events of one moment, which come in the order of their identifiers: as another writer may have made them
INSERT INTO audit_logs (created_at, system_identifier, log_id, organization_id, subject_id, actor, db_role, action, entity_type, salt, leaf_hash)
SELECT '2019-07-01 12:00:00.000001', 1, ('016bad67-f600-7005-8000-' || lpad(n::text, 12, '0'))::uuid, current_organization_id(), find_model('fraud-detector'),
       'elsewhere', 'elsewhere', 'model.imported', 'model', '\x00', sha256('')
  FROM generate_series(1, 5) AS n;
SELECT right(log_id::text, 2) AS id FROM audit_trail('fraud-detector', until => '2020-01-01', max_rows => 3);
SELECT right(log_id::text, 2) AS id FROM audit_trail('fraud-detector', until => '2020-01-01', after => '016bad67-f600-7005-8000-000000000003');
SELECT pg_temp.pages(2) = ARRAY(SELECT log_id FROM audit_trail('fraud-detector')) AS same;

-- notes
SELECT audit_note('fraud-detector@1.5.0', 'version.download', '{"host": "edge-7"}', 'rollout') IS NOT NULL AS noted;
SELECT audit_note('fraud-detector', 'model.presented') IS NOT NULL AS noted;
SELECT action, entity_type, entity_name, changes, details, reason FROM audit_trail('fraud-detector', max_rows => 2);
SELECT action FROM audit_trail('fraud-detector@1.5.0', max_rows => 1);
SELECT audit_note('fraud-detector', 'presented', NULL, NULL) IS NOT NULL AS noted;
SELECT audit_note('version', find_version('fraud-detector@1.4.0'), 'download', '{"host": "edge-8"}', NULL) IS NOT NULL AS noted;
SELECT action, entity_name, details FROM audit_trail('fraud-detector', max_rows => 2);

-- datasets
SELECT dataset_name FROM register_dataset('payments', 's3://d/payments', 'parquet', tags => '{tabular}');
UPDATE datasets SET deleted_at = now() WHERE dataset_name = 'payments';
SELECT action, entity_name FROM audit_trail('dataset:payments');
UPDATE datasets SET deleted_at = NULL WHERE dataset_name = 'payments';
SELECT audit_note('dataset:payments', 'dataset.export') IS NOT NULL AS noted;
DELETE FROM datasets WHERE dataset_name = 'payments';
SELECT action, entity_name FROM audit_trail('dataset:default/payments');
SELECT find_dataset('payments');

-- what is gone is found by its name: soft-deleted, deleted, and made anew
SELECT model_name FROM archive_model('fraud-detector', 'superseded');
SELECT model_name FROM restore_model('fraud-detector');
SELECT alias FROM drop_alias('fraud-detector', 'champion');
UPDATE models SET deleted_at = now() WHERE model_name = 'fraud-detector';
SELECT action, entity_name FROM audit_trail('fraud-detector', max_rows => 4);
SELECT action, entity_name FROM audit_trail('fraud-detector@1.5.0', max_rows => 1);
SELECT action FROM audit_trail('fraud-detector@9.9.9');
SELECT model_name FROM restore_model('fraud-detector');
SELECT model_id AS gone FROM models WHERE model_name = 'fraud-detector' \gset
DELETE FROM models WHERE model_name = 'fraud-detector';
SELECT action, entity_name FROM audit_trail('fraud-detector', actions => '{*.delete,*.remove,*.untag,*.drop,*.restore}', since => :'moved') ORDER BY action, entity_name;
SELECT count(*) FROM audit_logs WHERE action LIKE '%.delete' AND subject_id IS NULL;
SELECT action FROM audit_trail('fraud-detector@1.4.0', max_rows => 1);
SELECT action FROM audit_trail('fraud-detector@9.9.9');
SELECT action FROM audit_trail('fraud-detector@champion');
SELECT count(*) = (SELECT count(*) FROM audit_trail('fraud-detector')) AS all_of_it FROM audit_trail(:'gone'::uuid);
SELECT model_name FROM register_model('fraud-detector');
SELECT action, subject_id = :'gone' AS of_the_old_one FROM audit_trail('fraud-detector', max_rows => 3) JOIN audit_logs USING (log_id, action) ORDER BY log_id DESC;

-- teams, vocabulary, quotas; what belongs to no organization is found by who did it
SELECT team_name FROM create_team('risk');
UPDATE teams SET active = false WHERE team_name = 'risk';
INSERT INTO frameworks (name) VALUES ('keras');
SELECT count(*) FROM set_quota(gpu_hours => 10);
SELECT action, entity_name, pg_temp.plain(changes) AS changes, organization FROM audit_by_actor(current_user, max_rows => 4);
SELECT action, entity_name FROM recent_activity(entity_types => '{team,framework,quota}');

-- people, keys and roles
SELECT organization_slug FROM create_organization('acme');
SELECT use_organization('acme');
SELECT project_slug FROM create_project('open', visibility => 'organization');
SELECT project_slug FROM create_project('secret');
SELECT email, role FROM add_member('ann@acme.example', 'admin');
SELECT email, role FROM add_member('dan@acme.example', 'viewer');
SELECT email, role FROM add_member('dan@acme.example', 'developer');
SELECT email, role FROM add_project_member('dan@acme.example', 'viewer', project => 'open');
SELECT email, role FROM remove_project_member('dan@acme.example', project => 'open');
SELECT api_key AS ann FROM create_api_key('laptop', email => 'ann@acme.example') \gset
SELECT api_key AS dan FROM create_api_key('laptop', email => 'dan@acme.example') \gset
SELECT api_key AS data FROM create_api_key('data', '{"scopes": ["datasets:read"]}', email => 'dan@acme.example') \gset
SELECT name FROM revoke_api_key((SELECT key_prefix FROM create_api_key('short', email => 'dan@acme.example')));
INSERT INTO user_credentials (user_id, password_hash) SELECT user_id, '$2b$12$' || repeat('x', 53) FROM users WHERE email = 'dan@acme.example';
UPDATE projects SET visibility = 'public' WHERE slug = 'open';
SELECT db_role, level FROM grant_access('audit_reader', 'reader', 'acme');
SELECT db_role FROM grant_access('audit_app', 'writer', sql_only => true);
SELECT action, entity_name, pg_temp.plain(changes) AS changes, project FROM recent_activity() ORDER BY log_id;
SELECT action, entity_name FROM audit_trail((SELECT user_id FROM users WHERE email = 'dan@acme.example')) ORDER BY log_id;
SELECT count(*) FROM audit_logs WHERE strpos(audit_logs::text, :'dan') > 0 OR strpos(audit_logs::text, repeat('x', 53)) > 0;

-- who acts by a key is named with it, and with what the application told of its client
GRANT SELECT ON audit_logs TO audit_app;
SET SESSION AUTHORIZATION audit_app;
BEGIN;
SELECT authenticate(:'dan', user_agent => 'notebook/1.0', client_address => '10.1.2.3');
SELECT model_name FROM register_model('churn', project => 'open');
SELECT action, entity_name, actor, user_id = current_user_id() AS as_user, api_key_id IS NOT NULL AS by_key, db_role, ip_address, user_agent,
       organization, project
  FROM audit_trail('open/churn');
COMMIT;
-- nobody sees anything
SELECT count(*) FROM audit_logs;
SELECT audit_trail('churn');
SELECT recent_activity();
-- a member sees what is in the projects that he sees, and what was done to himself
BEGIN;
SELECT authenticate(:'dan');
SELECT action, entity_name FROM recent_activity() ORDER BY log_id;
SELECT count(*) FROM audit_trail(current_user_id());
SELECT action FROM audit_by_actor('dan@acme.example');
SELECT count(*) = (SELECT count(*) FROM audit_by_actor('dan@acme.example')) AS same_by_id FROM audit_by_actor(current_user_id());
-- nobody changes what was written, nor writes what did not happen
SELECT pg_temp.refusal($$UPDATE audit_logs SET actor = 'nobody'$$);
SELECT pg_temp.refusal($$INSERT INTO audit_logs SELECT * FROM audit_logs$$);
ROLLBACK;
-- an admin sees all of the organization
BEGIN;
SELECT authenticate(:'ann');
SELECT model_name FROM register_model('vault', project => 'secret');
SELECT action, entity_name FROM audit_trail('secret/vault');
SELECT count(*) > 10 AS many FROM recent_activity();
SELECT count(*) FROM recent_activity() WHERE organization <> 'acme';
SELECT log_id AS hidden FROM audit_trail('secret/vault') \gset
SELECT subject_id AS vault FROM audit_logs WHERE log_id = :'hidden' \gset
COMMIT;
BEGIN;
SELECT authenticate(:'dan');
-- what others do where he does not look is not there: neither by its identifier nor by its name, nor as a place to go on from
SELECT count(*) FROM audit_trail(:'vault'::uuid);
SELECT pg_temp.refusal($$SELECT audit_trail('secret/vault')$$);
SELECT pg_temp.refusal(format('SELECT recent_activity(after => %L)', :'hidden'));
ROLLBACK;
-- a key sees what its scopes say
BEGIN;
SELECT authenticate(:'data');
SELECT DISTINCT entity_type FROM recent_activity() ORDER BY 1;
SELECT audit_trail('open/churn');
ROLLBACK;
RESET SESSION AUTHORIZATION;
-- so does a role
SET SESSION AUTHORIZATION audit_reader;
SELECT action, entity_name, actor FROM audit_trail('open/churn');
SELECT count(*) FROM recent_activity() WHERE project = 'secret' OR entity_type IN ('member', 'api_key', 'user');
RESET SESSION AUTHORIZATION;
-- what is deleted for good an admin finds, in a project that is gone too
DELETE FROM projects WHERE slug = 'secret';
SET SESSION AUTHORIZATION audit_app;
BEGIN;
SELECT authenticate(:'ann');
SELECT action, entity_name, project FROM recent_activity(actions => '{*.delete}');
SELECT action, entity_name, project FROM audit_trail(:'vault'::uuid);
SELECT audit_trail('secret/vault');
ROLLBACK;
RESET SESSION AUTHORIZATION;
-- who did it is one and the same from the beginning of a statement to its end: nobody takes himself out of the trail, or puts
-- somebody else into it, and a key that is revoked under his feet is told as what he came with
CREATE FUNCTION pg_temp.revoked(mail text) RETURNS boolean LANGUAGE sql SECURITY DEFINER AS $$
    UPDATE mlregistry.api_keys SET deleted_at = now() WHERE user_id = (SELECT user_id FROM mlregistry.users WHERE email = mail);
    SELECT true $$;
SET SESSION AUTHORIZATION audit_app;
BEGIN;
SELECT authenticate(:'dan');
SELECT pg_temp.refusal($$UPDATE models SET description = 'by nobody' WHERE model_name = 'churn' RETURNING sign_out()$$);
SELECT left(pg_temp.refusal($$UPDATE models SET description = 'by nobody' WHERE model_name = 'churn' RETURNING set_config('mlregistry.identity', '', false)$$), 5) AS state; -- in the server's words
SELECT pg_temp.refusal($$WITH x AS (UPDATE models SET description = 'by nobody' WHERE model_name = 'churn' RETURNING 1) SELECT sign_out() FROM x$$);
SELECT pg_temp.refusal(format($$UPDATE models SET description = 'by ann' WHERE model_name = 'churn' RETURNING authenticate(%L)$$, :'ann'));
SELECT sign_out();
SELECT pg_temp.refusal(format($$UPDATE models SET description = 'by nobody' FROM authenticate(%L)$$, :'ann'));
-- one after the other, also in one function and behind a savepoint
SELECT authenticate(:'dan');
UPDATE models SET description = 'by dan' WHERE model_name = 'churn';
SAVEPOINT s;
SELECT authenticate(:'ann');
ROLLBACK TO s;
UPDATE models SET description = 'by dan again' WHERE model_name = 'churn';
CREATE FUNCTION pg_temp.describe(api_key text, words text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    PERFORM mlregistry.authenticate(api_key);
    UPDATE mlregistry.models SET description = words WHERE model_name = 'churn';
    PERFORM mlregistry.sign_out();
    RETURN words;
END $$;
SELECT pg_temp.describe(:'ann', 'by ann'), pg_temp.describe(:'dan', 'by dan for the third time');
SELECT authenticate(:'dan');
UPDATE models SET description = 'by dan, who may no more' WHERE model_name = 'churn' RETURNING pg_temp.revoked('dan@acme.example');
RESET SESSION AUTHORIZATION;
SELECT actor, user_id IS NOT NULL AS known_user, api_key_id IS NOT NULL AS by_key, changes #>> '{description,1}' AS description
  FROM audit_logs WHERE entity_name = 'churn' AND action = 'model.update' ORDER BY log_id;
ROLLBACK;
RESET SESSION AUTHORIZATION;

SELECT use_organization('default');

-- wrong input
\pset format unaligned
\pset tuples_only
SELECT statement, pg_temp.refusal(format('SELECT %s', statement)) FROM (VALUES
    ($$audit_trail('fraud-detektor')$$),
    ($$audit_trail('fraud-detektor@1.0.0')$$),
    ($$audit_trail('fraud-detector@1.0.0')$$),
    ($$audit_trail('fraud-detector@v1')$$),
    ($$audit_trail('fraud-detector@champion')$$),
    ($$audit_trail('no where/x')$$),
    ($$audit_trail('nowhere/fraud-detector')$$),
    ($$audit_trail('')$$),
    ($$audit_trail(NULL)$$),
    ($$audit_trail(NULL::uuid)$$),
    ($$audit_trail('11e07301-0000-4000-8000-000000000000')$$),
    ($$audit_trail('dataset:paymenst')$$),
    ($$audit_trail('dataset:')$$),
    ($$audit_trail('dataset:No')$$),
    ($$audit_trail('dataset:nowhere/payments')$$),
    ($$audit_by_actor(NULL)$$),
    ($$audit_by_actor(NULL::uuid)$$),
    ($$recent_activity(actions => '{promote}')$$),
    ($$recent_activity(actions => '{version.*,Version.promote}')$$),
    ($$recent_activity(actions => '{version.%}')$$),
    ($$recent_activity(actions => '{NULL}')$$),
    ($$recent_activity(entity_types => '{model,modle}')$$),
    ($$recent_activity(entity_types => '{NULL}')$$),
    ($$recent_activity(max_rows => -1)$$),
    ($$recent_activity(after => '11e07301-0000-4000-8000-000000000000')$$),
    ($$recent_activity(after => '016bad67-f600-7005-8000-000000000009')$$),
    ($$audit_by_actor('nobody', after => '016bad67-f600-7005-8000-000000000003')$$),
    ($$audit_note('fraud-detector', 'delete')$$),
    ($$audit_note('fraud-detector', 'version.download')$$),
    ($$audit_note('fraud-detector', 'Download')$$),
    ($$audit_note('fraud-detector', NULL)$$),
    ($$audit_note('fraud-detector', 'presented', '[]')$$),
    ($$audit_note('fraud-detektor', 'presented')$$),
    ($$audit_note('fraud-detector@9.9.9', 'download')$$),
    ($$audit_note('dataset:nix', 'export')$$),
    ($$audit_note(NULL, 'presented')$$)) AS wrong (statement);
\pset format aligned
\pset tuples_only
-- nothing of that name or identifier is nothing that happened
SELECT count(*) FROM audit_trail('11e07301-0000-4000-8000-000000000000'::uuid);
SELECT count(*) FROM audit_by_actor('nobody');
SELECT count(*) FROM audit_by_actor('11e07301-0000-4000-8000-000000000000'::uuid);
SELECT audit_action_patterns('{a_b.*}'), audit_action_patterns(NULL);
SELECT name, names_version(name, '1.4.0') FROM unnest('{m@1.4.0,m@1.4.0+b,m@1.4.0/a@2.0.0/b,m@1.4.1,m@champion,m,a@1.4.example,NULL}'::text[]) AS name;
SELECT names_version('m@1.4.0', NULL);
SELECT cardinality(subjects), version, version_ids FROM find_audited('fraud-detector@1.4.0');

-- the bytes that are hashed, for ever these: the example of docs/audit-format.md
CREATE TEMP TABLE example (LIKE audit_logs);
INSERT INTO example (log_id, organization_id, project_id, created_at, txid, system_identifier, actor, db_role, action, entity_type, entity_id, subject_id,
                     format, entity_name, details, reason, ip_address, application_name, salt, leaf_hash)
VALUES ('019b7ca9-8f2e-7e6b-8102-030405060708', '00000000-0000-8000-8000-000000000001', '00000000-0000-8000-8000-000000000002',
        '2026-01-02 03:04:05.678901+00', '4711', 7300000000000000000, 'dan@acme.example', 'service', 'version.download', 'version',
        '11111111-1111-4111-8111-111111111111', '22222222-2222-4222-8222-222222222222', 1, 'm@1.0.0', '{}', '', '10.1.2.3', 'psql',
        '\x000102030405060708090a0b0c0d0e0f', '');
SELECT audit_payload(e), sha256(e.salt || audit_payload(e)) AS payload_hash FROM example AS e;
SELECT audit_leaf(e) FROM example AS e;
SELECT audit_leaf_hash(e), sha256('\x00' || audit_leaf(e)) = audit_leaf_hash(e) AS same FROM example AS e;
-- an erasure changes nothing in the leaf
UPDATE example SET payload_hash = sha256(salt || audit_payload(example)), salt = NULL, entity_name = NULL, details = NULL, reason = NULL,
                   ip_address = NULL, application_name = NULL, erased_at = now();
SELECT audit_leaf_hash(e) FROM example AS e;
-- every row that the triggers wrote has the hash of its bytes, and an identifier of its time
SELECT count(*) > 50 AS many, count(*) FILTER (WHERE leaf_hash <> audit_leaf_hash(l)) AS other_hash,
       count(DISTINCT leaf_hash) = count(*) AS all_differ, count(DISTINCT salt) = count(*) AS all_salted,
       array_agg(log_id ORDER BY log_id) = array_agg(log_id ORDER BY created_at, log_id) AS in_order
  FROM audit_logs AS l
 WHERE actor <> 'elsewhere';

-- leave a clean registry behind
DROP OWNED BY audit_app, audit_reader;
DROP ROLE audit_app, audit_reader;
RESET mlregistry.organization;
SELECT uninstall(confirm => 'mlregistry') IS NOT NULL AS uninstalled;
SELECT install() IS NOT NULL AS installed;
SELECT * FROM check_registry();
