-- Three people, and the models that they change; what they do goes into the registry's log and into lean+.
SET search_path = pg_catalog, mlregistry;
SELECT bench.log_into('none') \g /dev/null
TRUNCATE models CASCADE;
SELECT bench.empty_logs() \g /dev/null
CREATE ROLE bench_ada LOGIN;
CREATE ROLE bench_grace LOGIN;
CREATE ROLE bench_alan LOGIN;
INSERT INTO users (email, db_role) VALUES ('ada@example.com', 'bench_ada'), ('grace@example.com', 'bench_grace'), ('alan@example.com', 'bench_alan');
INSERT INTO organization_memberships (organization_id, user_id, role)
SELECT current_organization_id(), user_id, CASE email WHEN 'ada@example.com' THEN 'admin' ELSE 'developer' END FROM users;
UPDATE projects SET visibility = 'organization';
GRANT USAGE ON SCHEMA mlregistry, bench TO bench_ada, bench_grace, bench_alan;
GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA mlregistry TO bench_ada, bench_grace, bench_alan;
GRANT SELECT ON bench.lean_more TO bench_ada, bench_grace, bench_alan;
-- Updates of all models are faster without these.
SELECT format('DROP INDEX %s', name) FROM bench.dropped ORDER BY name \gexec
TRUNCATE audit_logs;

SELECT bench.log_into('ours', 'lean+') \g /dev/null
INSERT INTO models (model_id, model_name, description, framework) VALUES (bench.id(1), 'fraud-detector', 'Scores card payments.', 'xgboost');
INSERT INTO models (model_name, display_name, description, framework, risk_level, primary_contact, business_unit, metadata)
SELECT model_name, display_name, description, framework, risk_level, primary_contact, business_unit, metadata FROM bench.new_models ORDER BY n;
