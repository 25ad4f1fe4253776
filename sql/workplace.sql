-- Where a session works when it names nothing.
SET search_path = public, mlregistry;
\set SHOW_CONTEXT never

INSERT INTO organizations (name, slug) VALUES ('Acme', 'acme');
INSERT INTO projects (organization_id, name, slug) SELECT organization_id, initcap(s), s FROM organizations, unnest('{default,lab}'::text[]) AS s WHERE organizations.slug = 'acme';
-- with two organizations nobody guesses
SELECT current_organization_id(), current_project_id();
SELECT list_models();
SELECT create_team('t');
SELECT use_organization('acme');
SELECT o.slug, p.slug FROM organizations o, projects p WHERE o.organization_id = current_organization_id() AND p.project_id = current_project_id();
SELECT project_slug, model_name FROM register_model('secret', framework => 'onnx');
SELECT use_project('lab');
SELECT project_slug, model_name FROM register_model('secret', framework => 'onnx');
SELECT (registry_info()).current_organization, (registry_info()).current_project;
SELECT use_project(NULL);
SELECT p.slug FROM projects p WHERE p.project_id = current_project_id();
SELECT use_organization('default');
SELECT count(*) FROM list_models();
SELECT use_project('lab');
-- for one transaction, and rolled back like any setting
BEGIN;
SELECT use_organization('acme', is_local => true);
SELECT project_slug, model_name FROM list_models();
SAVEPOINT s;
SELECT use_project('lab', true);
ROLLBACK TO s;
SELECT p.slug FROM projects p WHERE p.project_id = current_project_id();
COMMIT;
SHOW mlregistry.organization;
BEGIN;
SELECT use_organization('acme');
ROLLBACK;
SELECT count(*) FROM list_models();
-- in one statement with what follows
SELECT use_organization('acme'), current_organization_id() = organization_id AS there FROM organizations WHERE slug = 'acme';
RESET mlregistry.organization;
SELECT current_organization_id();
-- a plain setting does as well; what does not exist is no organization
SET mlregistry.organization = 'acme';
SELECT count(*) FROM list_models();
SET mlregistry.organization = 'nobody';
SELECT current_organization_id();
DISCARD ALL;
SET search_path = public, mlregistry;
SELECT current_organization_id();
-- a child takes its organization from its parent where the session works in none
INSERT INTO model_versions (model_id, semver, artifact_uri) SELECT model_id, '1.0.0', '/x' FROM models;
SELECT o.slug, p.slug, v.semver FROM model_versions v JOIN organizations o USING (organization_id) JOIN projects p ON p.project_id = v.project_id ORDER BY 2;
\set VERBOSITY terse
INSERT INTO model_versions (model_id, semver, artifact_uri, framework) VALUES (gen_random_uuid(), '1.0.0', '/x', 'onnx');
\set VERBOSITY default
-- but nobody reaches into another one
SELECT use_organization('default');
DO $$ BEGIN INSERT INTO model_versions (model_id, semver, artifact_uri, framework) SELECT model_id, '2.0.0', '/x', 'onnx' FROM models; EXCEPTION WHEN foreign_key_violation THEN RAISE NOTICE '%', SQLERRM; END $$;
-- bad input
SELECT use_organization('acmee');
SELECT use_organization('');
SELECT use_project('lab');
SELECT use_project('');
SELECT use_organization(NULL);
UPDATE organizations SET deleted_at = now() WHERE slug = 'acme';
SELECT use_organization('acme');
SELECT current_organization_id() IS NOT NULL AS only_one;
DELETE FROM organizations WHERE slug = 'acme';
SELECT count(*) FROM models;
RESET mlregistry.organization;
RESET mlregistry.project;
