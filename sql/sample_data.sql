-- Sample data: what is loaded (docs/design/data-model.md, section 6), and that exactly that is dropped again.
SET search_path = public, mlregistry;
\set SHOW_CONTEXT never

CREATE FUNCTION pg_temp.digests() RETURNS TABLE (relation_name text, digest text) LANGUAGE plpgsql AS $$
BEGIN
    FOR relation_name IN SELECT r.relation_name FROM mlregistry.registry_relations() r WHERE r.kind = 'table' AND r.area <> 'audit' ORDER BY r.ordinal LOOP
        EXECUTE format('SELECT md5(string_agg(t::text, chr(10) ORDER BY t::text)) FROM mlregistry.%I t', relation_name) INTO digest;
        RETURN NEXT;
    END LOOP;
END $$;
DELETE FROM alias_history; DELETE FROM deployment_history; DELETE FROM stage_history; DELETE FROM status_history; DELETE FROM lineage_edges; -- what other tests have left
CREATE TEMP TABLE empty AS SELECT * FROM pg_temp.digests();
CREATE TEMP VIEW changed AS SELECT relation_name FROM (SELECT * FROM empty EXCEPT SELECT * FROM pg_temp.digests()) AS d ORDER BY 1;

-- identifiers
SELECT sample_id(1, 1), sample_id(4095, 999999999999), is_sample(sample_id(1, 1)), is_sample(sample_id(4095, 999999999999)),
       is_sample('00000000-0000-8000-8000-000000000001'), is_sample('73616d70-6c65-7fff-ffff-ffffffffffff'),
       is_sample('73616d70-6c65-9000-8000-000000000000'), is_sample(NULL) IS NULL AS strict;

-- nothing loaded, nothing to drop
SELECT sum(dropped) AS dropped, sum(kept) AS kept FROM drop_sample_data();

SELECT * FROM load_sample_data();
SHOW mlregistry.organization;
SELECT current_organization, current_project FROM registry_info();
SELECT * FROM check_registry();
SELECT count(*) AS stale FROM datasets WHERE last_updated_at + freshness_sla_hours * interval '1 hour' < now();
SELECT count(*) FROM models WHERE is_sample(model_id);
SELECT count(*), count(*) FILTER (WHERE project_slug = 'default') AS in_default FROM list_models();

-- as the page lists it
SELECT team_name, team_email, department, cost_center, slack_channel FROM teams ORDER BY cost_center;
SELECT tag_category, string_agg(tag_name, ', ' ORDER BY tag_id) AS tags FROM tags GROUP BY 1 ORDER BY 1;
SELECT dataset_name, team_name, storage_format AS format, storage_size_gb AS gb, row_count, column_count AS columns, freshness_sla_hours AS sla, contains_pii AS pii,
       data_classification AS class, retention_days AS days, ago, last_updated_at BETWEEN now() - ago - interval '10 minutes' AND now() - ago AS updated
  FROM datasets JOIN teams USING (team_id) JOIN (VALUES ('nlp-research', interval '2 hours'), ('computer-vision', '30 days'), ('forecasting', '30 minutes'), ('recommendations', '4 hours')) AS u (team_name, ago) USING (team_name) ORDER BY dataset_id;
SELECT model_name, team_name, m.framework, risk_level, compliance_required FROM models m JOIN teams USING (team_id) ORDER BY model_id;
SELECT m.model_name, v.semver, v.aliases, v.stage, v.status, v.framework, v.framework_version, v.model_format, v.artifact_size_bytes
  FROM models m, list_versions(m.model_id) AS v WHERE m.organization_id = current_organization_id() ORDER BY m.model_id, v.semver;
SELECT count(*) AS versions, count(DISTINCT checksum_sha256) AS checksums, min(length(git_commit)) AS commit_digits FROM model_versions;
SELECT m.model_name, v.semver, f.path, f.size_bytes, f.variant, f.sha256 = v.checksum_sha256 AS is_artifact FROM version_files f JOIN model_versions v USING (version_id) JOIN models m USING (model_id) ORDER BY file_id;
SELECT m.model_name, v.semver, s.kind, s.verification, s.subject_sha256 = v.checksum_sha256 AS of_artifact FROM version_signatures s JOIN model_versions v USING (version_id) JOIN models m USING (model_id) ORDER BY signature_id;
SELECT m.model_name, v.semver, array_agg(t.tag_name ORDER BY t.tag_name) AS tags FROM version_tags JOIN tags t USING (tag_id) JOIN model_versions v USING (version_id) JOIN models m USING (model_id) GROUP BY 1, 2 ORDER BY 1, 2;
SELECT model_name, semver, benchmark_accuracy AS accuracy, frozen_at < now() AS frozen, validated_at IS NOT NULL AS validated, promoted_to_production_at IS NOT NULL AS promoted
  FROM model_versions JOIN models USING (model_id) ORDER BY version_id;
SELECT m.model_name, v.semver, r.dataset_split, string_agg(r.metric_name || ' ' || r.metric_value, ', ' ORDER BY r.metric_id) AS metrics, d.dataset_name
  FROM model_metrics r JOIN model_versions v USING (version_id) JOIN models m USING (model_id) JOIN datasets d USING (dataset_id) GROUP BY m.model_name, v.semver, r.dataset_split, d.dataset_name, v.version_id ORDER BY v.version_id;
SELECT model_name, alias, h.semver, floor(date_part('epoch', now() - valid_from) / 86400 + 0.25) AS days, nullif(valid_to, 'infinity') = lead(valid_from) OVER (PARTITION BY model_id, alias ORDER BY valid_from) AS then_moved
  FROM alias_history h JOIN models USING (model_id) ORDER BY model_id, alias, valid_from;
SELECT model_name, tags FROM v_model_tags WHERE tag_count > 0 ORDER BY model_id;
SELECT dataset_name, string_agg(tag_name, ', ' ORDER BY tag_name) AS tags FROM dataset_tags JOIN datasets USING (dataset_id) JOIN tags USING (tag_id) GROUP BY 1 ORDER BY 1;
SELECT slug, visibility, count(DISTINCT model_id) AS models, count(DISTINCT dataset_id) AS datasets FROM projects LEFT JOIN models m USING (project_id) LEFT JOIN datasets d USING (project_id)
 WHERE projects.organization_id = '00000000-0000-8000-8000-000000000001' GROUP BY 1, 2 ORDER BY 1;
SELECT model_name, framework, dataset_name FROM models m JOIN datasets d ON d.project_id = m.project_id AND right(d.dataset_id::text, 12) = right(m.model_id::text, 12) JOIN projects p ON p.project_id = m.project_id AND slug = 'training-lab' ORDER BY model_id;
SELECT framework, count(*) FROM models JOIN projects USING (project_id) WHERE slug = 'training-lab' GROUP BY 1 ORDER BY 2 DESC, 1;

SELECT child_name, relation, parent_name, is_open, child_deleted, parent_deleted FROM v_lineage_edges WHERE child_kind = parent_kind ORDER BY 1, 2;
SELECT child_kind, relation, parent_kind, count(*) FROM v_lineage_edges GROUP BY 1, 2, 3 ORDER BY 1, 2;

-- words that people search for
SELECT model_name FROM models WHERE to_tsvector('english', model_name || ' ' || display_name || ' ' || coalesce(description, '')) @@ plainto_tsquery('english', 'customer reviews');
-- every model and dataset is described
SELECT count(*) FROM models WHERE length(description) < 40 OR framework IS NULL;
SELECT count(*) FROM datasets WHERE length(description) < 30;
-- nothing comes from the future, nothing is older than what it belongs to
SELECT count(*) FROM model_versions v JOIN models m USING (model_id) WHERE v.registered_at < m.created_at OR greatest(v.validated_at, v.promoted_to_production_at, v.frozen_at) > now() OR v.validated_at < v.registered_at;
SELECT count(*) FROM alias_history h JOIN model_versions v USING (version_id) WHERE valid_from < registered_at OR valid_from > now();

-- acme sees its own, with its limits
SELECT use_organization('acme');
SELECT slug, subscription_plan, max_users, max_models, billing_email FROM organizations WHERE organization_id = current_organization_id();
SELECT slug, visibility FROM projects WHERE organization_id = current_organization_id() ORDER BY project_id;
-- its people, and who leads the default one
SELECT o.slug, u.email, u.first_name, u.last_name, m.role, m.invited_by, p.slug AS project, pm.role AS project_role
  FROM users u JOIN organization_memberships m USING (user_id) JOIN organizations o USING (organization_id)
  LEFT JOIN project_members pm ON pm.user_id = u.user_id LEFT JOIN projects p ON p.project_id = pm.project_id ORDER BY u.user_id;
SELECT count(*) FILTER (WHERE is_active AND is_verified) AS active, count(db_role) AS roles, (SELECT count(*) FROM user_credentials) AS passwords, (SELECT count(*) FROM api_keys) AS keys FROM users;
SELECT project_slug, model_name, framework, latest_version FROM list_models();
SELECT semver, stage, status FROM list_versions('fraud-detection/credit-card-fraud-model');
SELECT semver, stage, status FROM list_versions('customer-analytics/churn-predictor');

-- once is enough; a choice that the session has made stays
SELECT load_sample_data();
SHOW mlregistry.organization;
SELECT use_organization('default');

-- without rights
CREATE ROLE regress_mlr_visitor;
GRANT USAGE ON SCHEMA mlregistry TO regress_mlr_visitor;
SET ROLE regress_mlr_visitor;
SELECT load_sample_data();
SELECT drop_sample_data();
RESET ROLE;
REVOKE USAGE ON SCHEMA mlregistry FROM regress_mlr_visitor;
DROP ROLE regress_mlr_visitor;

-- all of it goes
SELECT * FROM drop_sample_data();
SELECT * FROM pg_temp.changed;
SELECT sum(dropped) AS dropped, sum(kept) AS kept FROM drop_sample_data();
RESET mlregistry.organization;
SELECT current_organization FROM registry_info();

-- a name that is taken: its own error, and nothing is loaded
INSERT INTO teams (team_name) VALUES ('nlp-research');
SELECT load_sample_data();
SELECT count(*) FROM organizations;
SHOW mlregistry.organization;
DELETE FROM teams;
INSERT INTO tags (tag_name) VALUES ('nlp');
SELECT load_sample_data();
DELETE FROM tags;
INSERT INTO organizations (name, slug) VALUES ('Acme of mine', 'acme');
SELECT load_sample_data();
DELETE FROM organizations WHERE slug = 'acme';
SELECT * FROM pg_temp.changed;

-- no place to load it to
BEGIN;
UPDATE projects SET deleted_at = now() WHERE slug = 'default';
SELECT load_sample_data();
ROLLBACK;
BEGIN;
UPDATE registry_meta SET value = '"0.0.1"' WHERE key = 'schema_version';
SELECT load_sample_data();
ROLLBACK;
BEGIN;
SELECT uninstall(confirm => 'mlregistry');
SAVEPOINT s;
SELECT load_sample_data();
ROLLBACK TO s;
SELECT drop_sample_data();
ROLLBACK;

-- Rows of one's own keep what they hang on, and what that needs: each case alone.
CREATE TEMP TABLE cases (n int, name text, statements text);
INSERT INTO cases VALUES
    (1, 'nothing of one''s own', ''),
    (2, 'own rows that hang on nothing', $$INSERT INTO tags (tag_name) VALUES ('mine'); INSERT INTO models (model_name) VALUES ('mine')$$),
    (3, 'own version of a sample model', $$SELECT register_version('sentiment-classifier-v2', '3.0.0', '/m', framework => 'onnx')$$),
    (4, 'own version, counted: guards of a sample model', $$SELECT register_version('sentiment-classifier-v2', bump => 'major', artifact_uri => '/m', framework => 'onnx')$$),
    (5, 'a guard alone', $$SELECT lock_version_numbers(sample_id(6, 1))$$),
    (6, 'own model with a sample tag', $$WITH m AS (INSERT INTO models (model_name) VALUES ('mine') RETURNING model_id) INSERT INTO model_tags (model_id, tag_id) SELECT model_id, sample_id(4, 1) FROM m$$),
    (7, 'sample model with an own tag', $$WITH t AS (INSERT INTO tags (tag_name) VALUES ('mine') RETURNING tag_id) INSERT INTO model_tags (model_id, tag_id) SELECT sample_id(6, 1), tag_id FROM t$$),
    (8, 'sample model with one more sample tag', $$INSERT INTO model_tags (model_id, tag_id) VALUES (sample_id(6, 1), sample_id(4, 10))$$),
    (9, 'own dataset of a sample team', $$INSERT INTO datasets (dataset_name, storage_location, storage_format, team_id) VALUES ('mine', '/d', 'csv', sample_id(3, 1))$$),
    (10, 'own alias of a frozen sample version', $$SELECT set_alias('sentiment-classifier-v2', 'mine', '2.0.0')$$),
    (11, 'own alias that is gone', $$SELECT set_alias('sentiment-classifier-v2', 'mine', '2.0.0'); SELECT drop_alias('sentiment-classifier-v2', 'mine')$$),
    (12, 'sample alias moved to an own version', $$SELECT register_version('sentiment-classifier-v2', '3.0.0', '/m', framework => 'onnx'); SELECT set_alias('sentiment-classifier-v2', 'stable', '3.0.0')$$),
    (13, 'own metric of a sample version on a sample dataset', $$INSERT INTO model_metrics (version_id, metric_name, metric_value, dataset_id) VALUES (sample_id(7, 4), 'mape', 0.05, sample_id(5, 3))$$),
    (14, 'own file of a version that is not frozen', $$SELECT use_organization('acme'); SELECT add_version_file('fraud-detection/credit-card-fraud-model@1.2.0', 'mine.txt')$$),
    (15, 'own project in acme', $$INSERT INTO projects (organization_id, name, slug) VALUES (sample_id(1, 1), 'Mine', 'mine')$$),
    (16, 'own model in training-lab', $$SELECT register_model('mine', project => 'training-lab')$$),
    (17, 'history of an own model in training-lab', $$SELECT register_model('mine', project => 'training-lab'); SELECT register_version('training-lab/mine', '1.0.0', '/m', framework => 'onnx');
        SELECT set_alias('training-lab/mine', 'a', '1.0.0'); SELECT drop_alias('training-lab/mine', 'a'); DELETE FROM models WHERE model_name = 'mine'$$),
    (18, 'sample rows renamed, own rows of their names', $$UPDATE models SET model_name = 'renamed' WHERE model_id = sample_id(6, 1); SELECT register_model('sentiment-classifier-v2')$$),
    (19, 'sample model deleted by hand: its history stays behind', $$DELETE FROM model_aliases WHERE model_id = sample_id(6, 1); UPDATE deployments SET status = 'terminated' WHERE model_id = sample_id(6, 1); DELETE FROM deployments WHERE model_id = sample_id(6, 1); DELETE FROM models WHERE model_id = sample_id(6, 1)$$),
    (21, 'own key of a sample user', $$INSERT INTO api_keys (organization_id, user_id, name, key_prefix) VALUES (sample_id(1, 1), sample_id(13, 2), 'mine', 'mlr_')$$),
    (22, 'own member of acme', $$WITH u AS (INSERT INTO users (email) VALUES ('me@example.com') RETURNING user_id) INSERT INTO organization_memberships (organization_id, user_id) SELECT sample_id(1, 1), user_id FROM u$$),
    (23, 'sample user as own member of the default organization', $$INSERT INTO organization_memberships (organization_id, user_id) VALUES ('00000000-0000-8000-8000-000000000001', sample_id(13, 3))$$),
    (24, 'a grant on acme', $$INSERT INTO role_access (db_role, organization_id, level) VALUES ('pg_monitor', sample_id(1, 1), 'read')$$),
    (25, 'own quotas of a sample project, team and member', $$INSERT INTO resource_quotas (organization_id, scope, scope_id, gpu_hours_limit) VALUES (sample_id(1, 1), 'project', sample_id(2, 2), 1);
        INSERT INTO resource_quotas (organization_id, scope, scope_id, gpu_hours_limit) VALUES (sample_id(1, 1), 'user', sample_id(13, 2), 1);
        INSERT INTO resource_quotas (scope, scope_id, gpu_hours_limit) VALUES ('team', sample_id(3, 1), 1)$$),
    (31, 'own deployment of a sample version in a sample environment', $$INSERT INTO deployments (version_id, environment_id, deployment_name) VALUES (sample_id(7, 5), sample_id(19, 1), 'mine')$$),
    (32, 'own deployment in a sample environment', $$SELECT register_model('mine'); SELECT register_version('mine', '1.0.0', '/m', framework => 'onnx');
        INSERT INTO deployments (version_id, environment_id, deployment_name) VALUES (find_version('mine@1.0.0'), sample_id(19, 8), 'mine')$$),
    (33, 'own approval of a sample version', $$INSERT INTO approvals (version_id, approval_type) VALUES (sample_id(7, 5), 'legal')$$),
    (26, 'own run in a sample experiment', $$INSERT INTO training_runs (experiment_id) VALUES (sample_id(17, 1))$$),
    (27, 'own run on a sample dataset', $$WITH e AS (INSERT INTO experiments (experiment_name) VALUES ('mine') RETURNING experiment_id)
        INSERT INTO training_runs (experiment_id, dataset_id) SELECT experiment_id, sample_id(5, 4) FROM e$$),
    (28, 'own retry of a sample run', $$WITH e AS (INSERT INTO experiments (experiment_name) VALUES ('mine') RETURNING experiment_id)
        INSERT INTO training_runs (experiment_id, parent_run_id) SELECT experiment_id, sample_id(18, 113) FROM e$$),
    (29, 'own tag of a sample run', $$WITH t AS (INSERT INTO tags (tag_name) VALUES ('mine') RETURNING tag_id) INSERT INTO run_tags (run_id, tag_id) SELECT sample_id(18, 2), tag_id FROM t$$),
    (30, 'own metrics of a sample run, own experiment of a sample model', $$INSERT INTO run_metrics (run_id, metric_name, value) VALUES (sample_id(18, 1), 'mine', 1);
        INSERT INTO experiments (experiment_name, model_id) VALUES ('mine', sample_id(6, 4))$$),
    (20, 'a table of an application', $$CREATE TABLE public.notes (model_id uuid REFERENCES models (model_id) ON DELETE CASCADE); INSERT INTO notes VALUES (sample_id(6, 101))$$);

-- Own rows before and after, what is kept, what the second call finds; then own rows leave, and so does the rest.
CREATE FUNCTION pg_temp.own_rows() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    place record;
    part text;
    whole text := '';
BEGIN
    FOR place IN SELECT * FROM mlregistry.sample_tables() ORDER BY ordinal LOOP
        EXECUTE format('SELECT string_agg(t::text, chr(10) ORDER BY t::text) FROM mlregistry.%I t WHERE NOT %s', place.table_name, place.condition) INTO part;
        whole := whole || coalesce(part, '');
    END LOOP;
    RETURN md5(whole);
END $$;
CREATE TEMP TABLE outcome (n int, name text, kept text, dropped bigint, own_untouched boolean, kept_again boolean, consistent boolean, all_gone boolean);
SET client_min_messages = warning;
DO $$
DECLARE
    c record;
    own text;
    first text;
    again text;
    row_count bigint;
    untouched boolean;
    consistent boolean;
    gone boolean;
BEGIN
    FOR c IN SELECT * FROM cases ORDER BY n LOOP
        BEGIN
            PERFORM mlregistry.load_sample_data();
            EXECUTE c.statements;
            own := pg_temp.own_rows();
            SELECT string_agg(format('%s %s', d.table_name, d.kept), ', ') FILTER (WHERE d.kept > 0), sum(d.dropped) INTO first, row_count FROM mlregistry.drop_sample_data() AS d;
            untouched := own = pg_temp.own_rows();
            SELECT string_agg(format('%s %s', d.table_name, d.kept), ', ') FILTER (WHERE d.kept > 0) INTO again FROM mlregistry.drop_sample_data() AS d HAVING sum(d.dropped) = 0;
            consistent := NOT EXISTS (SELECT FROM mlregistry.check_registry());
            -- what is one's own goes
            DELETE FROM mlregistry.approvals WHERE NOT mlregistry.is_sample(approval_id);
            DELETE FROM mlregistry.deployments WHERE NOT mlregistry.is_sample(deployment_id);
            DELETE FROM mlregistry.training_runs WHERE NOT mlregistry.is_sample(run_id);
            DELETE FROM mlregistry.experiments WHERE NOT mlregistry.is_sample(experiment_id);
            DELETE FROM mlregistry.model_aliases WHERE NOT mlregistry.is_sample(alias_id);
            DELETE FROM mlregistry.model_metrics WHERE NOT mlregistry.is_sample(metric_id);
            DELETE FROM mlregistry.version_files WHERE NOT mlregistry.is_sample(file_id);
            DELETE FROM mlregistry.model_versions WHERE NOT mlregistry.is_sample(version_id);
            DELETE FROM mlregistry.models WHERE NOT mlregistry.is_sample(model_id);
            DELETE FROM mlregistry.alias_history WHERE NOT mlregistry.is_sample(model_id);
            DELETE FROM mlregistry.deployment_history WHERE NOT mlregistry.is_sample(deployment_id);
            DELETE FROM mlregistry.stage_history WHERE NOT mlregistry.is_sample(version_id);
            DELETE FROM mlregistry.status_history WHERE NOT mlregistry.is_sample(entity_id);
            DELETE FROM mlregistry.lineage_edges WHERE NOT (mlregistry.is_sample(child_id) AND mlregistry.is_sample(parent_id));
            DELETE FROM mlregistry.datasets WHERE NOT mlregistry.is_sample(dataset_id);
            DELETE FROM mlregistry.tags WHERE NOT mlregistry.is_sample(tag_id);
            DELETE FROM mlregistry.projects WHERE slug = 'mine';
            DELETE FROM mlregistry.api_keys;
            DELETE FROM mlregistry.organization_memberships WHERE NOT mlregistry.is_sample(membership_id);
            DELETE FROM mlregistry.users WHERE NOT mlregistry.is_sample(user_id);
            DELETE FROM mlregistry.role_access;
            DELETE FROM mlregistry.resource_quotas;
            DROP TABLE IF EXISTS public.notes;
            PERFORM mlregistry.drop_sample_data();
            gone := NOT EXISTS (SELECT FROM pg_temp.changed);
            RAISE EXCEPTION USING ERRCODE = 'ZZ000';
        EXCEPTION WHEN SQLSTATE 'ZZ000' THEN
            INSERT INTO outcome VALUES (c.n, c.name, first, row_count, untouched, first IS NOT DISTINCT FROM again, consistent, gone);
        END;
    END LOOP;
END $$;
RESET client_min_messages;
SELECT * FROM outcome ORDER BY n;

-- in the name of an owner who is no superuser, and by that owner
BEGIN;
CREATE ROLE regress_mlr_owner;
SELECT install(owner => 'regress_mlr_owner') IS NOT NULL AS given;
SELECT sum(loaded) AS loaded FROM load_sample_data();
SELECT sum(dropped) AS dropped, sum(kept) AS kept FROM drop_sample_data();
GRANT EXECUTE ON FUNCTION load_sample_data(), drop_sample_data(), run_detached(text, name) TO regress_mlr_owner;
SET LOCAL ROLE regress_mlr_owner;
SELECT sum(loaded) AS loaded FROM load_sample_data();
SELECT sum(dropped) AS dropped, sum(kept) AS kept FROM drop_sample_data();
ROLLBACK;

-- what is kept can be looked at, and refuses a second load
SELECT sum(loaded) > 100 AS loaded FROM load_sample_data();
SELECT version_id IS NOT NULL AS registered FROM register_version('product-recommender', '1.6.0', '/m');
SELECT table_name, dropped, kept FROM drop_sample_data() WHERE kept > 0;
SELECT model_name, team_name, latest_version FROM v_models_latest;
SELECT load_sample_data();
DELETE FROM model_versions WHERE semver = '1.6.0';
SELECT table_name, dropped, kept FROM drop_sample_data() WHERE dropped > 0;
DELETE FROM status_history; -- of one's own version
SELECT * FROM pg_temp.changed;

RESET mlregistry.organization;
