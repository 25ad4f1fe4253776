-- The rules of environments, deployments, approvals and gates, and of the moves of versions, for every client: direct INSERT, UPDATE and DELETE.
SET search_path = public, mlregistry;
\set SHOW_CONTEXT never
\getenv abs_srcdir PG_ABS_SRCDIR
\set refusals :abs_srcdir '/sql/include/refusals.psql'
\set ECHO none
\i :refusals
\set ECHO all

INSERT INTO tags (tag_name) VALUES ('nlp');
INSERT INTO models (model_name, framework) VALUES ('m', 'pytorch'), ('other', 'onnx');
INSERT INTO model_versions (model_id, semver, artifact_uri) SELECT model_id, v::semver, '/m/' || v FROM models, unnest('{1.0.0,1.1.0,2.0.0}'::text[]) v WHERE model_name = 'm';
INSERT INTO model_versions (model_id, semver, artifact_uri) SELECT model_id, '1.0.0', '/o/1' FROM models WHERE model_name = 'other';
INSERT INTO environments (environment_name, environment_type) VALUES ('prod', 'production'), ('lab', 'sandbox')
RETURNING priority, requires_approval, required_approval_types, config, is_active, created_by = session_user AS me;
-- What a deployment of its own is: pending, all of the traffic of the version's model.
INSERT INTO deployments (version_id, environment_id, deployment_name) SELECT version_id, environment_id, 'a' FROM model_versions, environments WHERE artifact_uri = '/m/1.0.0' AND environment_name = 'prod'
RETURNING model_id = (SELECT model_id FROM models WHERE model_name = 'm') AS model, deployment_type, health_check_path, replicas, traffic_percentage, status, health_status, gpu_count, autoscaling_enabled, min_replicas, max_replicas,
    deployed_by = session_user AS me, deployed_at, deployment_config;
INSERT INTO deployment_tags (deployment_id, tag_id) SELECT deployment_id, tag_id FROM deployments, tags RETURNING added_by = session_user AS me;
INSERT INTO approvals (version_id, approval_type) SELECT version_id, 'security' FROM model_versions WHERE artifact_uri = '/m/1.0.0'
RETURNING approval_status, requested_by = session_user AS me, requested_by_user, requested_role = session_user AS my_role, requested_at = now() AS now, reviewed_by, reviewed_role, reviewed_at, expires_at;
INSERT INTO metric_gates (model_id, metric_name, comparison, threshold) SELECT model_id, 'accuracy', '>=', 0.9 FROM models WHERE model_name = 'm' RETURNING dataset_split, target_stage, is_active;
-- A second organization: from now on the session works in none, and says where.
INSERT INTO organizations (name, slug) VALUES ('Acme', 'acme');
INSERT INTO projects (organization_id, name, slug) SELECT organization_id, 'Secret', 'secret' FROM organizations WHERE slug = 'acme';
INSERT INTO projects (organization_id, name, slug) SELECT organization_id, 'Lab', 'lab' FROM organizations WHERE slug = 'default';
INSERT INTO tags (organization_id, tag_name) SELECT organization_id, 'theirs' FROM organizations WHERE slug = 'acme';
INSERT INTO environments (organization_id, environment_name, environment_type) SELECT organization_id, 'theirs', 'production' FROM organizations WHERE slug = 'acme';
INSERT INTO models (organization_id, project_id, model_name, framework) SELECT organization_id, project_id, 'foreign', 'onnx' FROM projects WHERE slug = 'secret';
INSERT INTO model_versions (model_id, semver, artifact_uri) SELECT model_id, '1.0.0', '/f/1' FROM models WHERE model_name = 'foreign';
SELECT current_organization_id();
-- The place of a deployment is that of the model.
INSERT INTO deployments (version_id, environment_id, deployment_name, status) SELECT version_id, environment_id, 'theirs', 'active' FROM model_versions, environments WHERE artifact_uri = '/f/1' AND environment_name = 'theirs'
RETURNING project_id = (SELECT project_id FROM projects WHERE slug = 'secret') AS place, deployed_at = now() AS now;
CREATE VIEW d AS SELECT * FROM deployments WHERE deployment_name = 'a';

-- One statement per named constraint, and what a client gets.
INSERT INTO broken VALUES
    ('environments_pkey', $$INSERT INTO environments (organization_id, environment_id, environment_name, environment_type) SELECT organization_id, environment_id, 'x', 'staging' FROM environments WHERE environment_name = 'lab'$$),
    ('unique_environment_name', $$INSERT INTO environments (organization_id, environment_name, environment_type) SELECT organization_id, 'lab', 'staging' FROM environments WHERE environment_name = 'lab'$$),
    ('environments_organization_fkey', $$INSERT INTO environments (organization_id, environment_name, environment_type) VALUES (gen_random_uuid(), 'x', 'staging'); SET CONSTRAINTS ALL IMMEDIATE$$),
    ('valid_environment_name', $$UPDATE environments SET environment_name = 'Prod US' WHERE environment_name = 'lab'$$),
    ('valid_env_type', $$UPDATE environments SET environment_type = 'prod'$$),
    ('valid_required_types', $$UPDATE environments SET required_approval_types = '{security,mum}'$$),
    ('valid_required_types', $$UPDATE environments SET required_approval_types = '{NULL}'$$),
    ('config_is_object', $$UPDATE environments SET config = '1'$$),
    ('environments_json_size', $$UPDATE environments SET config = (SELECT jsonb_object_agg(n, md5(n::text)) FROM generate_series(1, 40000) n)$$),
    ('environments_text_size', $$UPDATE environments SET region = repeat('x', 65537)$$),
    ('immutable_key', $$UPDATE environments SET environment_id = gen_random_uuid() WHERE environment_name = 'lab'$$),
    ('deployments_pkey', $$INSERT INTO deployments (organization_id, project_id, deployment_id, version_id, environment_id, deployment_name) SELECT organization_id, project_id, deployment_id, version_id, environment_id, 'x' FROM d$$),
    ('unique_active_deployment', $$INSERT INTO deployments (organization_id, project_id, version_id, environment_id, deployment_name) SELECT organization_id, project_id, version_id, environment_id, 'a' FROM d$$),
    ('deployments_organization_fkey', $$ALTER TABLE deployments DISABLE TRIGGER mlr_10_keys; INSERT INTO deployments (organization_id, project_id, version_id, environment_id, deployment_name) SELECT gen_random_uuid(), project_id, version_id, environment_id, 'x' FROM d; SET CONSTRAINTS ALL IMMEDIATE$$),
    ('deployments_project_fkey', $$ALTER TABLE deployments DISABLE TRIGGER mlr_10_keys; UPDATE deployments SET project_id = gen_random_uuid()$$),
    ('deployments_model_fkey', $$DELETE FROM models WHERE model_name = 'm'$$),
    ('deployments_version_fkey', $$UPDATE deployments SET version_id = (SELECT version_id FROM model_versions WHERE artifact_uri = '/o/1') WHERE deployment_name = 'a'$$),
    ('deployments_version_fkey', $$DELETE FROM model_versions WHERE artifact_uri = '/m/1.0.0'$$),
    ('deployments_environment_fkey', $$INSERT INTO deployments (organization_id, project_id, version_id, environment_id, deployment_name) SELECT organization_id, project_id, version_id, (SELECT environment_id FROM environments WHERE environment_name = 'theirs'), 'x' FROM d$$),
    ('deployments_environment_fkey', $$DELETE FROM environments WHERE environment_name = 'prod'$$),
    ('valid_deployment_name', $$UPDATE deployments SET deployment_name = 'A'$$),
    ('valid_deployment_type', $$UPDATE deployments SET deployment_type = 'big-bang'$$),
    ('valid_deployment_status', $$UPDATE deployments SET status = 'healthy'$$),
    ('valid_health_status', $$UPDATE deployments SET health_status = 'sick'$$),
    ('valid_traffic', $$UPDATE deployments SET traffic_percentage = 100.01$$),
    ('valid_traffic', $$UPDATE deployments SET traffic_percentage = -1$$),
    ('valid_traffic', $$UPDATE deployments SET traffic_percentage = 'NaN'$$),
    ('valid_replicas', $$UPDATE deployments SET replicas = -1$$),
    ('valid_replicas', $$UPDATE deployments SET min_replicas = 11$$),
    ('valid_replicas', $$UPDATE deployments SET min_replicas = 0, max_replicas = 0$$),
    ('valid_gpu_count', $$UPDATE deployments SET gpu_count = -1$$),
    ('valid_error_rate', $$UPDATE deployments SET error_rate_percentage = 101$$),
    ('valid_measurements', $$UPDATE deployments SET p99_latency_ms = 'NaN'$$),
    ('valid_measurements', $$UPDATE deployments SET requests_per_second = -1$$),
    ('valid_endpoint_url', $$UPDATE deployments SET endpoint_url = 'here'$$),
    ('deployed_timestamp', $$ALTER TABLE deployments DISABLE TRIGGER mlr_35_derive; UPDATE deployments SET status = 'active'$$),
    ('deactivated_timestamp', $$ALTER TABLE deployments DISABLE TRIGGER mlr_35_derive; UPDATE deployments SET status = 'deactivated'$$),
    ('deleted_deployment_has_ended', $$UPDATE deployments SET deleted_at = now()$$),
    ('deployment_config_is_object', $$UPDATE deployments SET deployment_config = '[]'$$),
    ('deployments_json_size', $$UPDATE deployments SET deployment_config = (SELECT jsonb_object_agg(n, md5(n::text)) FROM generate_series(1, 40000) n)$$),
    ('deployments_text_size', $$UPDATE deployments SET deactivation_reason = repeat('x', 65537)$$),
    ('immutable_key', $$UPDATE deployments SET model_id = (SELECT model_id FROM models WHERE model_name = 'other')$$),
    ('immutable_key', $$UPDATE deployments SET environment_id = (SELECT environment_id FROM environments WHERE environment_name = 'lab') WHERE deployment_name = 'a'$$),
    ('immutable_key', $$UPDATE deployments SET project_id = gen_random_uuid()$$),
    ('ended_deployment', $$UPDATE deployments SET status = 'failed', version_id = (SELECT version_id FROM model_versions WHERE artifact_uri = '/m/1.1.0') WHERE deployment_name = 'a'$$),
    ('deployments_transition', $$UPDATE deployments SET status = 'terminating' WHERE deployment_name = 'a'$$),
    ('deployments_transition', $$UPDATE deployments SET status = 'terminated'; UPDATE deployments SET status = 'active'$$),
    ('deployment_tags_pkey', $$INSERT INTO deployment_tags (deployment_id, tag_id) SELECT deployment_id, tag_id FROM deployment_tags$$),
    ('deployment_tags_project_fkey', $$ALTER TABLE deployment_tags DISABLE TRIGGER mlr_10_keys; UPDATE deployment_tags SET project_id = gen_random_uuid()$$),
    ('deployment_tags_deployment_fkey', $$ALTER TABLE deployment_tags DISABLE TRIGGER mlr_10_keys; UPDATE deployment_tags SET deployment_id = gen_random_uuid()$$),
    ('deployment_tags_tag_fkey', $$INSERT INTO deployment_tags (deployment_id, tag_id) SELECT deployment_id, t.tag_id FROM deployment_tags d, tags t WHERE t.tag_name = 'theirs'$$),
    ('deployment_tags_text_size', $$UPDATE deployment_tags SET added_by = repeat('x', 65537)$$),
    ('immutable_key', $$UPDATE deployment_tags SET deployment_id = gen_random_uuid()$$),
    ('approvals_pkey', $$INSERT INTO approvals (approval_id, version_id, approval_type) SELECT approval_id, version_id, 'legal' FROM approvals$$),
    ('unique_pending_approval', $$INSERT INTO approvals (version_id, approval_type) SELECT version_id, approval_type FROM approvals$$),
    ('approvals_organization_fkey', $$ALTER TABLE approvals DISABLE TRIGGER mlr_10_keys; INSERT INTO approvals (organization_id, project_id, version_id, approval_type) SELECT gen_random_uuid(), project_id, version_id, 'legal' FROM approvals; SET CONSTRAINTS ALL IMMEDIATE$$),
    ('approvals_project_fkey', $$ALTER TABLE approvals DISABLE TRIGGER mlr_10_keys; UPDATE approvals SET project_id = gen_random_uuid()$$),
    ('approvals_version_fkey', $$ALTER TABLE approvals DISABLE TRIGGER mlr_10_keys; UPDATE approvals SET version_id = gen_random_uuid()$$),
    ('approvals_deployment_fkey', $$INSERT INTO approvals (version_id, approval_type, deployment_id) SELECT version_id, 'legal', gen_random_uuid() FROM approvals$$),
    ('approvals_environment_fkey', $$INSERT INTO approvals (version_id, approval_type, environment_id) SELECT version_id, 'legal', (SELECT environment_id FROM environments WHERE environment_name = 'theirs') FROM approvals$$),
    ('approvals_superseded_by_fkey', $$UPDATE approvals SET superseded_by = gen_random_uuid()$$),
    ('no_self_supersession', $$UPDATE approvals SET superseded_by = approval_id$$),
    ('valid_approval_type', $$INSERT INTO approvals (version_id, approval_type) SELECT version_id, 'mum' FROM approvals$$),
    ('valid_approval_status', $$UPDATE approvals SET approval_status = 'granted'$$),
    ('approval_review_consistency', $$ALTER TABLE approvals DISABLE TRIGGER mlr_35_derive; UPDATE approvals SET approval_status = 'rejected'$$),
    ('approval_time_order', $$UPDATE approvals SET expires_at = requested_at$$),
    ('approval_time_order', $$UPDATE approvals SET approval_status = 'rejected', reviewed_at = requested_at - interval '1 day'$$),
    ('approval_four_eyes', $$UPDATE approvals SET approval_status = 'approved'$$),
    ('approval_four_eyes', $$INSERT INTO approvals (version_id, approval_type, approval_status) SELECT version_id, 'legal', 'approved' FROM approvals$$),
    ('review_checklist_is_object', $$UPDATE approvals SET review_checklist = '[]'$$),
    ('approvals_json_size', $$UPDATE approvals SET review_checklist = (SELECT jsonb_object_agg(n, md5(n::text)) FROM generate_series(1, 40000) n)$$),
    ('approvals_text_size', $$UPDATE approvals SET mitigation_plan = repeat('x', 65537)$$),
    ('immutable_key', $$UPDATE approvals SET version_id = (SELECT version_id FROM model_versions WHERE artifact_uri = '/m/1.1.0')$$),
    ('immutable_key', $$UPDATE approvals SET environment_id = (SELECT environment_id FROM environments WHERE environment_name = 'prod')$$),
    ('approval_frozen', $$UPDATE approvals SET approval_type = 'emergency'$$),
    ('approval_frozen', $$UPDATE approvals SET requested_by = 'somebody'$$),
    ('approval_frozen', $$UPDATE approvals SET requested_at = now() - interval '1 day'$$),
    ('approval_frozen', $$UPDATE approvals SET deployment_id = (SELECT deployment_id FROM d)$$),
    ('approval_frozen', $$UPDATE approvals SET approval_status = 'rejected'; UPDATE approvals SET review_notes = 'x'$$),
    ('approval_frozen', $$UPDATE approvals SET approval_status = 'rejected'; UPDATE approvals SET expires_at = now() + interval '1 year'$$),
    ('approval_frozen', $$UPDATE approvals SET approval_status = 'rejected'; UPDATE approvals SET reviewed_by = 'somebody'$$),
    ('approval_frozen', $$INSERT INTO approvals (version_id, approval_type, deployment_id) SELECT version_id, 'legal', (SELECT deployment_id FROM d) FROM approvals; UPDATE approvals SET deployment_id = NULL$$),
    ('approval_frozen', $$INSERT INTO approvals (version_id, approval_type, deployment_id, approval_status, reviewed_by) SELECT version_id, 'legal', (SELECT deployment_id FROM d), 'approved', 'boss' FROM approvals; UPDATE approvals SET deployment_id = NULL$$),
    ('approvals_transition', $$UPDATE approvals SET approval_status = 'rejected'; UPDATE approvals SET approval_status = 'approved'$$),
    ('approvals_transition', $$UPDATE approvals SET approval_status = 'cancelled'; UPDATE approvals SET approval_status = 'pending'$$),
    ('metric_gates_pkey', $$INSERT INTO metric_gates (organization_id, project_id, gate_id, metric_name, comparison, threshold) SELECT organization_id, project_id, gate_id, 'f1', '>=', 0 FROM metric_gates$$),
    ('unique_gate', $$INSERT INTO metric_gates (organization_id, project_id, model_id, metric_name, comparison, threshold) SELECT organization_id, project_id, model_id, metric_name, '<=', 0 FROM metric_gates$$),
    ('unique_gate', $$INSERT INTO metric_gates (organization_id, project_id, metric_name, comparison, threshold) SELECT organization_id, project_id, 'f1', '<=', 0 FROM metric_gates, generate_series(1, 2)$$),
    ('metric_gates_organization_fkey', $$INSERT INTO metric_gates (organization_id, project_id, metric_name, comparison, threshold) SELECT gen_random_uuid(), project_id, 'f1', '<=', 0 FROM metric_gates; SET CONSTRAINTS ALL IMMEDIATE$$),
    ('metric_gates_project_fkey', $$INSERT INTO metric_gates (organization_id, project_id, metric_name, comparison, threshold) SELECT organization_id, gen_random_uuid(), 'f1', '<=', 0 FROM metric_gates$$),
    ('metric_gates_model_fkey', $$INSERT INTO metric_gates (organization_id, project_id, model_id, metric_name, comparison, threshold) SELECT organization_id, project_id, (SELECT model_id FROM models WHERE model_name = 'foreign'), 'f1', '<=', 0 FROM metric_gates$$),
    ('valid_metric_name', $$UPDATE metric_gates SET metric_name = 'a;b'$$),
    ('valid_dataset_split', $$UPDATE metric_gates SET dataset_split = 'all'$$),
    ('valid_comparison', $$UPDATE metric_gates SET comparison = '>'$$),
    ('valid_threshold', $$UPDATE metric_gates SET threshold = 'NaN'$$),
    ('valid_threshold', $$UPDATE metric_gates SET threshold = 'Infinity'$$),
    ('valid_target_stage', $$UPDATE metric_gates SET target_stage = 'archived'$$),
    ('metric_gates_text_size', $$UPDATE metric_gates SET created_by = repeat('x', 65537)$$),
    ('immutable_key', $$UPDATE metric_gates SET model_id = NULL$$),
    ('immutable_key', $$UPDATE metric_gates SET project_id = gen_random_uuid()$$),
    ('deployment_history_pkey', $$UPDATE deployment_history SET valid_to = now() + interval '1 day'; INSERT INTO deployment_history SELECT * FROM deployment_history$$),
    ('stage_history_pkey', $$UPDATE stage_history SET valid_to = now() + interval '1 day'; INSERT INTO stage_history SELECT * FROM stage_history$$),
    ('status_history_pkey', $$UPDATE status_history SET valid_to = now() + interval '1 day'; INSERT INTO status_history SELECT * FROM status_history$$),
    ('valid_action', $$UPDATE deployment_history SET action = 'undo'$$),
    ('valid_history_status', $$UPDATE deployment_history SET status = 'active'$$),
    ('valid_history_period', $$UPDATE deployment_history SET valid_to = valid_from$$),
    ('valid_history_period', $$UPDATE stage_history SET valid_to = valid_from$$),
    ('valid_history_period', $$UPDATE status_history SET valid_to = valid_from$$),
    ('valid_entity_kind', $$UPDATE status_history SET entity_kind = 'team'$$),
    ('deployment_history_text_size', $$UPDATE deployment_history SET error_message = repeat('x', 65537)$$),
    ('stage_history_text_size', $$UPDATE stage_history SET reason = repeat('x', 65537)$$),
    ('status_history_text_size', $$UPDATE status_history SET reason = repeat('x', 65537)$$),
    ('immutable_key', $$UPDATE stage_history SET project_id = gen_random_uuid()$$),
    ('immutable_key', $$UPDATE status_history SET history_id = gen_random_uuid()$$),
    ('immutable_key', $$UPDATE deployment_history SET organization_id = gen_random_uuid()$$);
-- One row more of a history, and what is wrong with it.
INSERT INTO broken
SELECT b.rule, format('CREATE TEMP TABLE more AS SELECT * FROM %1$s LIMIT 1; UPDATE more SET history_id = gen_random_uuid(), %2$s; INSERT INTO %1$s SELECT * FROM more; SET CONSTRAINTS ALL IMMEDIATE', b.history, b.wrong)
  FROM (SELECT h || '_project_fkey' AS rule, h AS history, w || ' = gen_random_uuid(), valid_to = now() + interval ''1 day''' AS wrong
          FROM unnest('{deployment_history,stage_history,status_history}'::text[]) AS h, unnest('{organization_id,project_id}'::text[]) AS w
        UNION ALL VALUES ('unique_open_deployment_history', 'deployment_history', 'reason = NULL'), ('unique_open_stage', 'stage_history', 'reason = NULL'), ('unique_open_status', 'status_history', 'reason = NULL')) AS b;

SELECT pg_temp.judge();
-- every one is refused by its own rule, with the SQLSTATE of its kind
SELECT expected, state FROM outcome WHERE rule IS NOT DISTINCT FROM expected ORDER BY expected, state;
SELECT * FROM outcome WHERE rule IS DISTINCT FROM expected ORDER BY expected, statement;
SELECT DISTINCT expected, message, detail, hint FROM outcome WHERE expected IN ('approval_frozen', 'approvals_transition', 'deployments_transition', 'ended_deployment', 'immutable_key') ORDER BY 1, 2, 3;
-- no constraint is left out. Not to be broken without breaking another first: the keys that repeat a primary key
SELECT * FROM pg_temp.unmet(ARRAY(SELECT relation_name FROM registry_relations() WHERE area IN ('lifecycle', 'governance')));

-- what they ask for is looked at in version_rules
UPDATE metric_gates SET is_active = false;
-- Every pair of states of deployments and approvals is as lifecycle_moves() says.
CREATE TEMP TABLE tried AS
SELECT 'deployment' AS entity, f AS from_state, t AS to_state, (pg_temp.error_of(format($$INSERT INTO deployments (version_id, environment_id, deployment_name, status) SELECT version_id, environment_id, 'tried', %L FROM d;
           UPDATE deployments SET status = %L WHERE deployment_name = 'tried'$$, f, t))).*
  FROM unnest('{pending,deploying,active,degraded,failed,deactivated,terminating,terminated}'::text[]) AS f, unnest('{pending,deploying,active,degraded,failed,deactivated,terminating,terminated}'::text[]) AS t
UNION ALL
SELECT 'approval', f, t, (pg_temp.error_of(format($$INSERT INTO approvals (version_id, approval_type, approval_status, reviewed_by, reviewed_at) SELECT version_id, 'legal', %L, 'boss', now() FROM d;
           UPDATE approvals SET approval_status = %L, reviewed_by = 'board' || CASE WHEN %1$L <> 'pending' THEN NULL ELSE '' END WHERE approval_type = 'legal'$$, f, t))).*
  FROM unnest('{pending,approved,rejected,expired,cancelled,superseded}'::text[]) AS f, unnest('{pending,approved,rejected,expired,cancelled,superseded}'::text[]) AS t WHERE f = 'pending'
UNION ALL
SELECT 'approval', f, t, (pg_temp.error_of(format($$INSERT INTO approvals (version_id, approval_type, approval_status, reviewed_by, reviewed_at) SELECT version_id, 'legal', %L, 'boss', now() FROM d;
           UPDATE approvals SET approval_status = %L WHERE approval_type = 'legal'$$, f, t))).*
  FROM unnest('{approved,rejected,expired,cancelled,superseded}'::text[]) AS f, unnest('{pending,approved,rejected,expired,cancelled,superseded}'::text[]) AS t;
SELECT t.entity, count(*) AS tried, count(m.entity) AS moves, count(*) FILTER (WHERE (t.rule = t.entity || 's_transition') = (m.entity IS NULL AND t.from_state <> t.to_state)) AS agree
  FROM tried t LEFT JOIN lifecycle_moves() m ON m.entity = t.entity AND m.from_state = t.from_state AND m.to_state = t.to_state GROUP BY 1 ORDER BY 1;

-- Versions: every pair of statuses and of stages, with nothing deployed, validated or not.
CREATE FUNCTION pg_temp.moved(uri text, columns text) RETURNS text LANGUAGE sql AS $$
    SELECT CASE WHEN e.message = 'accepted' THEN e.message ELSE e.rule || ': ' || e.detail END FROM pg_temp.error_of(format($s$UPDATE model_versions SET %s WHERE artifact_uri = %L$s$, columns, uri)) AS e
$$;
CREATE TEMP TABLE moved (validated boolean, kind text, from_state text, to_state text, said text);
DO $$
DECLARE
    v record;
BEGIN
    FOR v IN SELECT b AS validated, k.kind, f AS from_state, t AS to_state
               FROM unnest('{f,t}'::boolean[]) b, (VALUES ('status', '{registered,validated,deployed,deprecated,archived}'::text[]), ('stage', '{development,staging,production,archived}')) AS k (kind, states),
                    unnest(k.states) f, unnest(k.states) t LOOP
        SET LOCAL session_replication_role = replica;
        UPDATE model_versions SET validated_at = CASE WHEN v.validated THEN now() END, deprecated_at = now(), archived_at = now(), status = CASE WHEN v.kind = 'status' THEN v.from_state WHEN v.from_state = 'archived' THEN 'archived' ELSE 'registered' END,
               stage = CASE WHEN v.kind = 'stage' THEN v.from_state WHEN v.from_state = 'archived' THEN 'archived' ELSE 'development' END WHERE artifact_uri = '/m/2.0.0';
        RESET session_replication_role;
        INSERT INTO moved VALUES (v.validated, v.kind, v.from_state, v.to_state, pg_temp.moved('/m/2.0.0', format('%s = %L', v.kind, v.to_state)));
    END LOOP;
END $$;
SELECT validated, kind, from_state, to_state, said FROM moved WHERE from_state <> to_state AND said <> 'accepted' ORDER BY 1, 2, 3, 4;
-- what agrees with lifecycle_moves(): all that it has not is refused, and what it has without condition is accepted
SELECT m.kind, count(*) AS tried, count(*) FILTER (WHERE CASE WHEN l.entity IS NULL THEN m.said LIKE 'model_versions_transition: %' OR m.from_state = m.to_state WHEN l.only_if IS NULL THEN m.said = 'accepted' ELSE true END) AS agree
  FROM moved m LEFT JOIN lifecycle_moves() l ON l.entity = CASE m.kind WHEN 'status' THEN 'version' ELSE 'stage' END AND l.from_state = m.from_state AND l.to_state = m.to_state GROUP BY 1 ORDER BY 1;
SELECT entity, from_state, to_state, fills, only_if FROM lifecycle_moves() WHERE entity IN ('version', 'stage', 'approval');
SET session_replication_role = replica;
UPDATE model_versions SET validated_at = NULL, deprecated_at = NULL, archived_at = NULL, status = 'registered', stage = 'development', frozen_at = NULL WHERE artifact_uri = '/m/2.0.0';
RESET session_replication_role;

-- What is deployed says what its version may become: live, open, ended.
SELECT s.status, pg_temp.moved('/m/1.0.0', $$status = 'deployed'$$) FROM (SELECT 'pending' AS status) s;
SELECT pg_temp.moved('/m/1.0.0', $$status = 'archived'$$), pg_temp.moved('/m/1.0.0', $$stage = 'archived'$$), pg_temp.moved('/m/1.0.0', $$status = 'deprecated'$$);
UPDATE deployments SET status = 'degraded' WHERE deployment_name = 'a' RETURNING status; -- not from pending
UPDATE deployments SET status = 'active' WHERE deployment_name = 'a' RETURNING deployed_at = now() AS now;
UPDATE model_versions SET status = 'deployed' WHERE artifact_uri = '/m/1.0.0' AND status <> 'deployed';
SELECT pg_temp.moved('/m/1.0.0', $$status = 'registered'$$), pg_temp.moved('/m/1.0.0', $$status = 'archived'$$), pg_temp.moved('/m/1.0.0', $$status = 'deprecated'$$);
SELECT message, detail, hint FROM pg_temp.error_of($$UPDATE model_versions SET status = 'archived' WHERE artifact_uri = '/m/1.0.0'$$);

-- Times follow the moves, and what a client says stays.
UPDATE deployments SET status = 'deactivated', deactivation_reason = 'no money' WHERE deployment_name = 'a' RETURNING deactivated_at = now() AS now, deployed_at IS NOT NULL AS kept;
UPDATE deployments SET status = 'active' WHERE deployment_name = 'a' RETURNING deactivated_at, deactivation_reason;
UPDATE deployments SET status = 'deactivated', deactivated_at = '2025-01-01Z' WHERE deployment_name = 'a' RETURNING deactivated_at = '2025-01-01Z' AS given;
UPDATE deployments SET status = 'deploying' WHERE deployment_name = 'a' RETURNING deactivated_at;
-- another version was deployed now and by who moved it
UPDATE deployments SET deployed_at = '2025-01-01Z', deployed_by = 'earlier' WHERE deployment_name = 'a';
UPDATE deployments SET version_id = (SELECT version_id FROM model_versions WHERE artifact_uri = '/m/1.1.0') WHERE deployment_name = 'a' RETURNING deployed_at, deployed_by = session_user AS me;
UPDATE deployments SET status = 'active' WHERE deployment_name = 'a' RETURNING deployed_at = now() AS now;
UPDATE deployments SET version_id = (SELECT version_id FROM model_versions WHERE artifact_uri = '/m/1.0.0'), deployed_at = '2025-02-02Z', deployed_by = 'pipeline' WHERE deployment_name = 'a' RETURNING deployed_at = '2025-02-02Z' AS given, deployed_by;
-- a probe is no change
UPDATE deployments SET updated_at = '2001-01-01Z', updated_by = 'x' WHERE deployment_name = 'a' RETURNING updated_at = now() AS touched;
BEGIN;
ALTER TABLE deployments DISABLE TRIGGER mlr_60_touch;
UPDATE deployments SET updated_at = '2001-01-01Z';
ALTER TABLE deployments ENABLE TRIGGER mlr_60_touch;
UPDATE deployments SET avg_latency_ms = 1, p99_latency_ms = 2, requests_per_second = 3, error_rate_percentage = 4, last_health_check_at = now() WHERE deployment_name = 'a' RETURNING updated_at = '2001-01-01Z' AS untouched;
UPDATE deployments SET health_status = 'degraded' WHERE deployment_name = 'a' RETURNING updated_at = now() AS touched;
ROLLBACK;
UPDATE deployments SET status = 'terminated' WHERE deployment_name = 'a' RETURNING terminated_at = now() AS now;
UPDATE deployments SET deleted_at = now() WHERE deployment_name = 'a' RETURNING deleted_at = now() AS now;
-- the name is free again
INSERT INTO deployments (organization_id, project_id, version_id, environment_id, deployment_name, status) SELECT organization_id, project_id, version_id, environment_id, 'a', 'active' FROM d RETURNING deployed_at = now() AS now;
-- an INSERT may say any state, and the times that it implies are filled
INSERT INTO deployments (organization_id, project_id, version_id, environment_id, deployment_name, status, traffic_percentage) SELECT organization_id, project_id, version_id, environment_id, 'in-' || s, s, 0 FROM d, unnest('{pending,deploying,degraded,failed,deactivated,terminating,terminated}'::text[]) s WHERE status = 'active'
RETURNING status, deployed_at = now() AS deployed, deactivated_at = now() AS deactivated, terminated_at = now() AS terminated;

-- Approvals: who acts. Nobody but an admin speaks for others.
CREATE ROLE regress_asks; CREATE ROLE regress_reviews;
GRANT USAGE ON SCHEMA mlregistry TO regress_asks, regress_reviews;
GRANT SELECT, INSERT, UPDATE ON approvals, model_versions TO regress_asks, regress_reviews;
INSERT INTO role_access (db_role, organization_id, level) SELECT r, organization_id, 'write' FROM organizations, unnest('{regress_asks,regress_reviews}'::name[]) r WHERE slug = 'default';
CREATE VIEW sides AS SELECT approval_type, approval_status, requested_by, requested_by_user, requested_role, reviewed_by, reviewed_by_user, reviewed_role FROM approvals WHERE approval_type IN ('legal', 'business', 'technical', 'emergency');
GRANT SELECT ON sides TO regress_asks, regress_reviews;
SET SESSION AUTHORIZATION regress_asks;
INSERT INTO approvals (version_id, approval_type, requested_by, reviewed_by) SELECT version_id, 'legal', 'boss', 'bigger boss' FROM model_versions WHERE artifact_uri = '/m/1.0.0' RETURNING requested_by, requested_role, reviewed_by, reviewed_role;
UPDATE approvals SET approval_status = 'approved' WHERE approval_type = 'legal';
UPDATE approvals SET approval_status = 'approved', reviewed_by = 'boss', reviewed_role = 'regress_reviews' WHERE approval_type = 'legal';
INSERT INTO approvals (version_id, approval_type, approval_status, reviewed_by) SELECT version_id, 'business', 'approved', 'boss' FROM model_versions WHERE artifact_uri = '/m/1.0.0';
-- one person alone: only what is urgent
INSERT INTO approvals (version_id, approval_type, approval_status, expires_at) SELECT version_id, 'emergency', 'approved', now() + interval '1 hour' FROM model_versions WHERE artifact_uri = '/m/1.0.0' RETURNING requested_by = reviewed_by AS alone, requested_role, reviewed_role;
-- one who does not approve may say no
INSERT INTO approvals (version_id, approval_type) SELECT version_id, 'business' FROM model_versions WHERE artifact_uri = '/m/1.0.0';
UPDATE approvals SET approval_status = 'rejected' WHERE approval_type = 'business' RETURNING reviewed_by, reviewed_role;
SET SESSION AUTHORIZATION regress_reviews;
UPDATE approvals SET approval_status = 'approved', reviewed_at = requested_at + interval '1 microsecond', reviewed_role = 'regress_asks', review_notes = 'fine' WHERE approval_type = 'legal' RETURNING reviewed_by, reviewed_role, reviewed_at = now() AS now;
SELECT * FROM sides ORDER BY 1;
UPDATE approvals SET approval_status = 'cancelled' WHERE approval_type = 'legal' RETURNING reviewed_by, reviewed_at < now() AS kept;
RESET SESSION AUTHORIZATION;
-- an importer, who is an admin, brings in what others have agreed on
INSERT INTO approvals (version_id, approval_type, approval_status, requested_by, reviewed_by, reviewed_at) SELECT version_id, 'technical', 'approved', 'anna', 'otto', '2025-01-01Z' FROM model_versions WHERE artifact_uri = '/m/1.0.0' RETURNING requested_at = reviewed_at AS at_once;
SELECT * FROM sides WHERE approval_type = 'technical';
-- an approval without its deployment would be for any: it expires
INSERT INTO approvals (version_id, deployment_id, approval_type, approval_status, requested_by, reviewed_by) SELECT version_id, deployment_id, 'legal', s, 'anna', CASE s WHEN 'approved' THEN 'otto' END FROM deployments, unnest('{pending,approved}'::text[]) s WHERE deployment_name = 'in-failed';
DELETE FROM deployments WHERE deployment_name = 'in-failed';
SELECT approval_status, deployment_id, reviewed_by FROM approvals WHERE approval_type = 'legal' ORDER BY requested_at, reviewed_by NULLS FIRST;
-- who asked and who decided stays a user: four eyes compares them
INSERT INTO users (email) VALUES ('ana@example.com');
SET session_replication_role = replica;
UPDATE approvals SET requested_by_user = (SELECT user_id FROM users) WHERE approval_type = 'technical';
RESET session_replication_role;
SELECT state, rule FROM pg_temp.error_of('DELETE FROM users');

-- Everything goes with its project and its organization.
CREATE VIEW left_behind AS SELECT (SELECT count(*) FROM environments) AS environments, (SELECT count(*) FROM deployments) AS deployments, (SELECT count(*) FROM deployment_tags) AS tags, (SELECT count(*) FROM approvals) AS approvals,
    (SELECT count(*) FROM metric_gates) AS gates, (SELECT count(*) FROM deployment_history) AS served, (SELECT count(*) FROM stage_history) AS stages, (SELECT count(*) FROM status_history) AS statuses;
UPDATE deployments SET status = 'terminated' WHERE status NOT IN ('terminated', 'failed', 'deactivated');
BEGIN;
DELETE FROM projects WHERE slug = 'default';
SELECT * FROM left_behind;
ROLLBACK;
BEGIN;
DELETE FROM organizations;
SELECT * FROM left_behind;
ROLLBACK;
-- also what was told in the same transaction
BEGIN;
UPDATE model_versions SET stage = 'staging', status = 'validated' WHERE artifact_uri = '/f/1';
INSERT INTO deployments (version_id, environment_id, deployment_name) SELECT version_id, environment_id, 'last' FROM model_versions, environments WHERE artifact_uri = '/f/1' AND environment_name = 'theirs';
UPDATE deployments SET status = 'failed' WHERE deployment_name = 'last';
SELECT (SELECT count(*) FROM stage_history WHERE valid_from > now()) AS stages, (SELECT count(*) FROM status_history WHERE valid_from > now()) AS statuses, (SELECT count(*) FROM deployment_history WHERE valid_from > now()) AS served;
DELETE FROM organizations WHERE slug = 'acme';
SELECT (SELECT count(*) FROM stage_history h WHERE h.organization_id <> o.organization_id) AS stages, (SELECT count(*) FROM status_history h WHERE h.organization_id <> o.organization_id) AS statuses,
    (SELECT count(*) FROM deployment_history h WHERE h.organization_id <> o.organization_id) AS served FROM organizations o;
ROLLBACK;
SELECT * FROM check_registry();

-- leave a clean registry behind
DROP VIEW d, sides, left_behind;
SELECT uninstall(confirm => 'mlregistry') IS NOT NULL AS uninstalled;
DROP OWNED BY regress_asks, regress_reviews; -- the schema
DROP ROLE regress_asks, regress_reviews;
SELECT install() IS NOT NULL AS installed;
