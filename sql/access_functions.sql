-- Functions for organizations, people, keys, roles and quotas: a good, a bad and a NULL case of each.
SET search_path = public, mlregistry;
SET timezone = 'UTC';
\set SHOW_CONTEXT never
-- Roles are of the whole cluster; what these tests make, they drop.
SET client_min_messages = warning;
DROP ROLE IF EXISTS access_app, access_reader, access_dump;
CREATE ROLE access_app;
CREATE ROLE access_reader;
CREATE ROLE access_dump BYPASSRLS;
RESET client_min_messages;

-- organizations
SELECT organization_slug, name, subscription_plan, max_users, max_models FROM create_organization('acme', 'Acme', 'starter');
SELECT organization_slug, name, subscription_plan, max_users, max_models FROM create_organization('globex', plan => 'professional');
SELECT organization_slug, name, max_users FROM create_organization('globex', 'Other', if_exists => 'return');
UPDATE organizations SET max_users = NULL WHERE slug = 'acme';
SELECT (organization_info(organization_id)).organization_slug FROM organizations ORDER BY slug;
SELECT organization_info(gen_random_uuid()), organization_info(NULL);
\set VERBOSITY terse
SELECT create_organization('acme');
\set VERBOSITY default
SELECT create_organization('Acme Inc');
SELECT create_organization('x', plan => 'gold');
SELECT create_organization(NULL);
SELECT create_organization('x', plan => NULL);
SELECT create_organization('x', if_exists => 'ignore');

-- users
SELECT email, first_name, last_name, db_role, is_active FROM create_user(' Ann@ACME.example', 'Ann', 'Lee');
SELECT email, db_role FROM create_user('bob@acme.example', db_role => 'access_reader');
SELECT email, first_name FROM create_user('ann@acme.EXAMPLE', 'Other', if_exists => 'return');
SELECT (user_info(user_id)).email FROM users ORDER BY 1;
SELECT user_info(NULL);
\set VERBOSITY terse
SELECT create_user('ann@acme.example');
\set VERBOSITY default
SELECT create_user('carl@acme.example', db_role => 'access_reader');
SELECT create_user('carl@acme.example', db_role => 'nobody-has-this-role');
SELECT create_user('nobody');
SELECT create_user(NULL);
UPDATE users SET db_role = NULL;

-- where one works: what is open
SELECT find_organization('acme') = organization_id AS found FROM organizations WHERE slug = 'acme';
SELECT find_organization('acmee');
SELECT find_organization(NULL);
SELECT use_organization('acme');
SELECT find_organization(NULL) = organization_id AS found FROM organizations WHERE slug = 'acme';

-- members
SELECT organization_slug, email, role, invited_by = current_user AS by_me FROM add_member('Ann@Acme.Example', 'admin');
SELECT organization_slug, email, role FROM add_member('dev@acme.example', 'developer');
SELECT organization_slug, email, role FROM add_member('bob@acme.example');
SELECT organization_slug, email, role FROM add_member('bob@acme.example', 'developer');
SELECT organization_slug, email, role FROM add_member('eve@globex.example', 'admin', 'globex');
SELECT (member_info(membership_id)).email FROM organization_memberships ORDER BY 1;
SELECT count(*) FROM users;
SELECT find_member('dev@acme.example', find_organization(NULL)) = user_id AS found FROM users WHERE email = 'dev@acme.example';
SELECT find_member('eve@globex.example', find_organization(NULL));
SELECT find_member(NULL, find_organization(NULL));
SELECT email, role FROM remove_member('bob@acme.example');
SELECT remove_member('bob@acme.example');
SELECT remove_member('devv@acme.example');
SELECT remove_member(NULL);
\set VERBOSITY terse
SELECT remove_member('ann@acme.example');
SELECT add_member('ann@acme.example', 'viewer');
\set VERBOSITY default
SELECT add_member('dev@acme.example', 'owner');
SELECT add_member('dev@acme.example', NULL);
SELECT add_member('dev at acme');
SELECT add_member(NULL);
SELECT add_member('dev@acme.example', 'viewer', 'acmee');
SELECT member_info(NULL);
SELECT require_email(' A.b@EXAMPLE.com ');

-- projects
SELECT organization_slug, project_slug, name, visibility FROM create_project('lab', 'The lab');
SELECT organization_slug, project_slug, name, visibility, description FROM create_project('open', visibility => 'public', description => 'For all');
SELECT organization_slug, project_slug, visibility FROM create_project('default', organization => 'globex', visibility => 'organization');
SELECT project_slug, name FROM create_project('lab', 'Other', if_exists => 'return');
SELECT (project_info(project_id)).organization_slug, slug FROM projects ORDER BY 1, 2;
SELECT project_info(NULL);
\set VERBOSITY terse
SELECT create_project('lab');
\set VERBOSITY default
SELECT create_project('The lab');
SELECT create_project('x', visibility => 'secret');
SELECT create_project(NULL);
SELECT create_project('x', visibility => NULL);
SELECT create_project('x', organization => 'nobody');
SELECT create_project('x', if_exists => NULL);

-- members of projects
SELECT project_slug, email, role, added_by = current_user AS by_me FROM add_project_member('dev@acme.example', project => 'lab');
SELECT project_slug, email, role FROM add_project_member('dev@acme.example', 'viewer', 'lab');
SELECT (project_member_info(member_id)).email, role FROM project_members;
SELECT project_member_info(NULL);
SELECT add_project_member('eve@globex.example', project => 'lab');
SELECT add_project_member('dev@acme.example', 'admin', 'lab');
SELECT add_project_member('dev@acme.example', NULL, 'lab');
SELECT add_project_member('dev@acme.example', project => 'labb');
SELECT add_project_member('dev@acme.example');
SELECT add_project_member(NULL, project => 'lab');
SELECT project_slug, email, role FROM remove_project_member('dev@acme.example', 'lab');
SELECT remove_project_member('dev@acme.example', 'lab');
SELECT remove_project_member(NULL, 'lab');

-- keys
CREATE TEMP TABLE made (who text, api_key text, api_key_id uuid);
GRANT ALL ON made TO PUBLIC;
INSERT INTO made SELECT 'ann', api_key, api_key_id FROM create_api_key('laptop', email => 'ann@acme.example');
INSERT INTO made SELECT 'dev', api_key, api_key_id FROM create_api_key(' ci ', '{"scopes": ["models:read", "versions:write"], "projects": ["lab"]}', '2100-01-01', 'dev@acme.example');
INSERT INTO made SELECT 'eve', api_key, api_key_id FROM create_api_key('laptop', email => 'eve@globex.example', organization => 'globex');
SELECT who, api_key ~ '^mlr_[A-Za-z0-9_-]{43}$' AS well_formed, k.key_prefix = left(api_key, 12) AS prefix, k.name, k.permissions, k.expires_at,
       s.key_hash = encode(sha256(convert_to(api_key, 'UTF8')), 'hex') AS hashed
  FROM made JOIN api_keys k USING (api_key_id) JOIN api_key_secrets s USING (api_key_id) ORDER BY who;
SELECT name, email, organization_slug, is_active FROM list_api_keys();
SELECT name, email, organization_slug FROM list_api_keys('globex');
SELECT name, email FROM list_api_keys(email => 'dev@acme.example');
SELECT name, email FROM list_api_keys(max_rows => 1);
SELECT name, email FROM list_api_keys(max_rows => 1, after => (SELECT api_key_id FROM made WHERE who = 'ann'));
SELECT (api_key_info(api_key_id)).name FROM made ORDER BY 1;
SELECT api_key_info(NULL);
SELECT list_api_keys(email => 'eve@globex.example');
SELECT create_api_key('x');
SELECT create_api_key('x', email => 'eve@globex.example');
SELECT create_api_key(E'a\nb', email => 'dev@acme.example');
SELECT create_api_key('x', '{"scopes": []}', email => 'dev@acme.example');
SELECT create_api_key('x', '{"scopes": ["models:read"], "projects": ["labb"]}', email => 'dev@acme.example');
SELECT create_api_key('x', expires_at => '2020-01-01', email => 'dev@acme.example');
SELECT create_api_key(NULL, email => 'dev@acme.example');
SELECT create_api_key('x', NULL, email => 'dev@acme.example');
SELECT permissions_within(w, h), w, h
  FROM (VALUES ('{}'::jsonb, '{}'::jsonb),
               ('{}', '{"scopes": ["models:read"]}'),
               ('{"scopes": ["models:read"]}', '{}'),
               ('{"scopes": ["models:read"]}', '{"scopes": ["models:write"]}'),
               ('{"scopes": ["models:write"]}', '{"scopes": ["models:read", "versions:write"]}'),
               ('{"scopes": ["models:read"], "projects": ["a"]}', '{"scopes": ["models:read"]}'),
               ('{"scopes": ["models:read"]}', '{"scopes": ["models:read"], "projects": ["a"]}'),
               ('{"scopes": ["models:read"], "projects": ["a"]}', '{"scopes": ["models:read"], "projects": ["a", "b"]}'),
               ('{"scopes": ["models:read"], "projects": ["a", "b"]}', '{"scopes": ["models:read"], "projects": ["a"]}')) AS v (w, h);
SELECT permissions_within(NULL, '{}');

-- grants
SELECT * FROM grant_access('access_reader', 'reader', 'globex');
SELECT * FROM grant_access('access_app', 'admin', sql_only => true);
SELECT db_role, level FROM role_access;
CREATE VIEW rights AS
    SELECT grantee, privilege_type, count(*) AS relations FROM information_schema.role_table_grants
     WHERE table_schema = 'mlregistry' AND grantee LIKE 'access%' GROUP BY 1, 2;
SELECT * FROM rights ORDER BY 1, 2;
SELECT has_schema_privilege('access_reader', 'mlregistry', 'USAGE') AS usage, has_table_privilege('access_app', 'mlregistry.api_key_secrets', 'SELECT') AS secrets,
       has_table_privilege('access_app', 'mlregistry.users', 'UPDATE') AS users, has_table_privilege('access_app', 'mlregistry.alias_history', 'INSERT') AS history;
SELECT * FROM grant_access('access_reader', 'writer', 'globex');
SELECT * FROM grant_access('access_reader', 'reader', 'acme');
SELECT * FROM rights WHERE grantee = 'access_reader' ORDER BY 2;
SELECT * FROM grant_access('access_reader', 'reader', 'globex');
SELECT * FROM rights WHERE grantee = 'access_reader' ORDER BY 2;
SELECT grant_access('access_reader', 'owner');
SELECT grant_access('nobody-has-this-role', 'reader');
SELECT grant_access(NULL, 'reader');
SELECT grant_access('access_reader', NULL);
SELECT grant_access('access_reader', 'reader', 'acmee');
SELECT revoke_access('access_reader', 'default');
SELECT revoke_access(NULL);
SELECT revoke_access('access_app');
SELECT * FROM revoke_access('access_reader', 'acme');
SELECT * FROM rights WHERE grantee = 'access_reader' ORDER BY 2;

-- quotas
SELECT scope, subject, period, gpu_hours_limit, cost_limit_usd, enforcement, is_active FROM set_quota(gpu_hours => 100);
SELECT scope, subject, period, gpu_hours_limit, cost_limit_usd, enforcement, is_active FROM set_quota(gpu_hours => 50, cost_usd => 1000, enforcement => 'refuse');
SELECT scope, subject, period, gpu_hours_limit FROM set_quota('project', 'lab', 10, period => 'day');
SELECT scope, subject, cost_limit_usd, is_active FROM set_quota('user', 'dev@acme.example', cost_usd => 0, active => false);
SELECT count(*) FROM resource_quotas;
SELECT scope, subject, period, period_start AT TIME ZONE 'UTC' AS period_start, period_end AT TIME ZONE 'UTC' AS period_end, gpu_hours_used, gpu_hours_limit,
       cost_used_usd, cost_limit_usd, enforcement, is_exceeded FROM quota_usage('2028-02-29 23:30:00+00');
SELECT quota_usage(NULL);
SELECT quota_usage('infinity');
SELECT set_quota();
SELECT set_quota(gpu_hours => 'NaN');
SELECT set_quota('project', gpu_hours => 1);
SELECT set_quota('planet', 'mars', 1);
SELECT set_quota('project', 'labb', 1);
SELECT set_quota('user', 'eve@globex.example', 1);
SELECT set_quota(gpu_hours => 1, period => 'year');
SELECT set_quota(gpu_hours => 1, enforcement => 'shout');
SELECT set_quota(NULL, gpu_hours => 1);

-- who is it
SELECT actor = session_user AS it_is_me, user_id, api_key_id, how, organization, organization_level, project, project_level, organizations, scopes FROM whoami();

-- As people see it: an application's role, one user after the other.
CREATE FUNCTION pg_temp.refused(who text, statement text) RETURNS TABLE (state text, rule text, message text, hint text) LANGUAGE plpgsql AS $$
BEGIN
    IF who IS NOT NULL THEN
        PERFORM mlregistry.authenticate(m.api_key) FROM made m WHERE m.who = refused.who;
    END IF;
    EXECUTE statement;
    state := 'accepted';
    RETURN NEXT;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, rule = CONSTRAINT_NAME, message = MESSAGE_TEXT, hint = PG_EXCEPTION_HINT;
    message := regexp_replace(message, '(?!00000000-)[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|mlr_[A-Za-z0-9_-]{8}', '<some>');
    hint := regexp_replace(hint, 'role ".*"', 'role "<owner>"');
    RETURN NEXT;
END $$;
RESET mlregistry.organization;
SET SESSION AUTHORIZATION access_app;
SELECT actor = session_user AS it_is_me, db_role, how FROM whoami();

BEGIN;
SELECT authenticate(api_key) FROM made WHERE who = 'ann';
SELECT actor, user_id = current_user_id() AS me, api_key_id IS NOT NULL AS by_key, db_role, how, organization, organization_level, project, organizations, scopes FROM whoami();
SELECT project_slug, visibility FROM create_project('mine');
SELECT u.email, m.role FROM project_members m JOIN users u USING (user_id) JOIN projects p USING (project_id) WHERE p.slug = 'mine';
SELECT organization_slug, email, role FROM add_member('eve@Globex.example');
SELECT organization_slug, email, role FROM add_member('new@globex.example');
SELECT organization_slug, email, role FROM remove_member('eve@globex.example');
SELECT name, email FROM list_api_keys();
SELECT name, email, permissions FROM create_api_key('second');
SELECT name, email FROM create_api_key('for-dev', email => 'DEV@acme.example');
SELECT scope, gpu_hours_limit FROM set_quota(gpu_hours => 70);
SELECT name, email, is_active FROM revoke_api_key((SELECT key_prefix FROM list_api_keys() WHERE name = 'for-dev'));
SELECT name, is_active FROM revoke_api_key((SELECT key_prefix FROM list_api_keys(with_revoked => true) WHERE name = 'for-dev'));
SELECT count(*) FROM list_api_keys();
COMMIT;

-- what an admin of one organization may not
SELECT s.statement, r.* FROM unnest('{
    "SELECT create_organization(''mine'')",
    "SELECT create_user(''x@y.example'')",
    "SELECT grant_access(''access_reader'', ''admin'')",
    "SELECT revoke_access(''access_reader'')",
    "SELECT set_role_rights(''access_app'', ''admin'')",
    "SELECT use_organization(''globex'')",
    "SELECT use_organization(''nobody'')",
    "SELECT use_organization(''default'')",
    "SELECT find_organization(''globexx'')",
    "SELECT create_project(''x'', organization => ''globex'')",
    "SELECT add_member(''ann@acme.example'', ''admin'', ''globex'')",
    "SELECT remove_member(''eve@globex.example'')",
    "SELECT remove_member(''eve@globex.example'', ''globex'')",
    "SELECT create_api_key(''x'', email => ''eve@globex.example'')",
    "SELECT create_api_key(''x'', organization => ''globex'')",
    "SELECT create_api_key(''x'', ''{\"scopes\": [\"models:read\"], \"projects\": [\"default\"]}'')",
    "SELECT revoke_api_key(''00000000-0000-0000-0000-000000000000''::uuid)",
    "SELECT revoke_api_key((SELECT api_key_id FROM made WHERE who = ''eve''))",
    "SELECT revoke_api_key((SELECT left(api_key, 12) FROM made WHERE who = ''dev'') || ''x'')",
    "SELECT revoke_api_key(''mlr_'')",
    "SELECT revoke_api_key(''00000000-0000-0000-0000-000000000000'')",
    "SELECT revoke_api_key(NULL::uuid)",
    "SELECT revoke_api_key(NULL::text)",
    "SELECT new_api_key()",
    "INSERT INTO users (email) VALUES (''x@y.example'')",
    "UPDATE api_keys SET permissions = ''{}''",
    "SELECT FROM api_key_secrets"}'::text[]) AS s (statement), pg_temp.refused('ann', s.statement) AS r;

-- what a developer may not, acting by a key with scopes
RESET SESSION AUTHORIZATION;
BEGIN;
SELECT use_organization('acme', is_local => true);
SELECT email, role FROM add_project_member('dev@acme.example', project => 'lab');
COMMIT;
SET SESSION AUTHORIZATION access_app;
SELECT s.statement, r.* FROM unnest('{
    "SELECT create_project(''x'')",
    "SELECT add_member(''x@acme.example'')",
    "SELECT add_member(''dev@acme.example'', ''admin'')",
    "SELECT remove_member(''ann@acme.example'')",
    "SELECT add_project_member(''dev@acme.example'', ''owner'', ''lab'')",
    "SELECT remove_project_member(''ann@acme.example'', ''lab'')",
    "SELECT set_quota(gpu_hours => 1)",
    "SELECT create_api_key(''x'')",
    "SELECT create_api_key(''x'', ''{\"scopes\": [\"models:write\"], \"projects\": [\"lab\"]}'', ''2099-01-01'')",
    "SELECT create_api_key(''x'', ''{\"scopes\": [\"models:read\"]}'', ''2099-01-01'')",
    "SELECT create_api_key(''x'', ''{\"scopes\": [\"models:read\"], \"projects\": [\"lab\"]}'')",
    "SELECT create_api_key(''x'', ''{\"scopes\": [\"models:read\"], \"projects\": [\"lab\"]}'', ''2101-01-01'')",
    "SELECT create_api_key(''x'', ''{\"scopes\": [\"models:read\"], \"projects\": [\"mine\"]}'', ''2099-01-01'')",
    "SELECT create_api_key(''x'', email => ''ann@acme.example'')",
    "SELECT revoke_api_key((SELECT api_key_id FROM made WHERE who = ''ann''))",
    "SELECT create_api_key(''x'', ''{\"scopes\": [\"versions:read\"], \"projects\": [\"lab\"]}'', ''2099-01-01'')"}'::text[]) AS s (statement), pg_temp.refused('dev', s.statement) AS r;

-- nobody
SELECT s.statement, r.* FROM unnest('{
    "SELECT use_organization(''acme'')",
    "SELECT create_project(''x'', organization => ''acme'')",
    "SELECT create_api_key(''x'')",
    "SELECT list_api_keys()",
    "SELECT revoke_api_key((SELECT api_key_id FROM made WHERE who = ''dev''))"}'::text[]) AS s (statement), pg_temp.refused(NULL, s.statement) AS r;
RESET SESSION AUTHORIZATION;

-- a role that reads everything, for dumps, is no owner
SELECT FROM grant_access('access_dump', 'reader', sql_only => true);
GRANT EXECUTE ON FUNCTION grant_access(name, text, text, boolean) TO access_dump;
SET SESSION AUTHORIZATION access_dump;
SELECT s.statement, r.* FROM unnest('{
    "SELECT grant_access(''access_dump'', ''admin'', ''acme'')",
    "SELECT create_organization(''mine'')",
    "SELECT create_user(''x@y.example'')",
    "SELECT add_member(''x@y.example'', ''admin'', ''acme'')",
    "SELECT create_api_key(''x'', email => ''ann@acme.example'', organization => ''acme'')",
    "SELECT revoke_api_key((SELECT api_key_id FROM made WHERE who = ''dev''))"}'::text[]) AS s (statement), pg_temp.refused(NULL, s.statement) AS r;
RESET SESSION AUTHORIZATION;
REVOKE EXECUTE ON FUNCTION grant_access(name, text, text, boolean) FROM access_dump;
SELECT FROM revoke_access('access_dump', sql_only => true);

-- functions of before 0.5.0 that change: whoever may only read is told so, and nothing waits for ever
SELECT use_organization('acme');
SELECT model_name FROM register_model('m', framework => 'onnx', project => 'open', tags => '{gold}');
SELECT dataset_name FROM register_dataset('d', 's3://d/', 'csv', project => 'open', tags => '{gold}');
SELECT semver FROM register_version('open/m', '1.0.0', '/m/1');
SELECT alias FROM set_alias('open/m', ' Champion ', '1.0.0');
SELECT alias FROM set_alias('open/m', 'dev', '1.0.0');
SELECT alias FROM drop_alias('open/m', 'dev');
SELECT email, role FROM add_member('view@acme.example', 'viewer');
SELECT email, role FROM add_project_member('dev@acme.example', 'contributor', 'open');
INSERT INTO made SELECT 'view', api_key, api_key_id FROM create_api_key('v', email => 'view@acme.example');
SET SESSION AUTHORIZATION access_app;
SELECT s.statement, r.* FROM unnest('{
    "SELECT archive_model(''open/m'')",
    "SELECT restore_model(''open/m'')",
    "SELECT restore_model(''00000000-0000-0000-0000-000000000000''::uuid)",
    "SELECT set_alias(''open/m'', ''champion'', ''1.0.0'')",
    "SELECT set_alias(''open/m'', ''other'', ''1.0.0'')",
    "SELECT drop_alias(''open/m'', ''champion'')",
    "SELECT untag(''open/m'', ''gold'')",
    "SELECT untag(''dataset:open/d'', ''gold'')",
    "SELECT tag(''open/m'', ''gold'')",
    "SELECT tag(''open/m@1.0.0'', ''gold'', create_missing => true)",
    "SELECT tag(''open/m'', ''new'', create_missing => true)"}'::text[]) AS s (statement), pg_temp.refused('view', s.statement) AS r;
RESET SESSION AUTHORIZATION;
-- a contributor who is only a viewer of the organization tags with what is there
SELECT email, role FROM add_project_member('view@acme.example', 'contributor', 'open');
SET SESSION AUTHORIZATION access_app;
BEGIN;
SELECT how, user_agent, client_address FROM acting_identity();
SELECT authenticate(api_key, user_agent => 'notebook/1.0', client_address => '192.0.2.7') FROM made WHERE who = 'view';
SELECT how, user_agent, client_address FROM acting_identity();
SELECT authenticate(api_key) FROM made WHERE who = 'view';
SELECT how, user_agent, client_address FROM acting_identity();
SELECT reference, tag_name FROM tag('open/m@1.0.0', 'gold', create_missing => true);
SELECT reference, tag_name FROM tag('open/m@1.0.0', 'gold');
SELECT reference, tag_name FROM untag('open/m@1.0.0', 'gold');
SELECT lock_tag('model', find_tag('gold')), lock_tag('model', gen_random_uuid()), lock_tag('model', NULL);
SELECT alias, semver FROM set_alias('open/m', 'champion', '1.0.0');
SELECT model_name, is_active FROM archive_model('open/m', 'no use');
SELECT model_name, is_active FROM restore_model('open/m');
COMMIT;
SELECT r.* FROM pg_temp.refused('view', 'SELECT tag(''open/m'', ''new'', create_missing => true)') AS r;
SELECT r.* FROM pg_temp.refused('view', 'SELECT lock_tag(''environment'', NULL)') AS r;
SET SESSION AUTHORIZATION access_reader;
SELECT r.* FROM pg_temp.refused('view', 'SELECT lock_tag(''model'', NULL)') AS r;
RESET SESSION AUTHORIZATION;

-- and away with it all
SELECT * FROM revoke_access('access_reader', 'globex');
SELECT * FROM revoke_access('access_app', sql_only => true);
SELECT count(*) FROM rights;
DROP VIEW rights;
DROP ROLE access_app, access_reader, access_dump;
RESET mlregistry.organization;
SELECT uninstall(confirm => 'mlregistry');
SELECT install();
