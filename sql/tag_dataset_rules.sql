-- The rules of teams, tags and datasets and of tagging, for every client: direct INSERT, UPDATE and DELETE.
SET search_path = public, mlregistry;
\set SHOW_CONTEXT never
\getenv abs_srcdir PG_ABS_SRCDIR
\set refusals :abs_srcdir '/sql/include/refusals.psql'
\set ECHO none
\i :refusals
\set ECHO all

INSERT INTO teams (team_name) VALUES ('nlp-research'), ('ml-platform');
INSERT INTO tags (tag_name, tag_category) VALUES ('nlp', 'domain'), ('pytorch', 'framework'), ('misc', NULL);
INSERT INTO models (model_name, framework, team_id) SELECT 'm', 'onnx', team_id FROM teams WHERE team_name = 'nlp-research';
INSERT INTO model_versions (model_id, semver, artifact_uri) SELECT model_id, '1.0.0', '/m/1' FROM models;
INSERT INTO datasets (dataset_name, storage_location, storage_format, team_id) SELECT 'reviews_v1', 's3://data/reviews', 'parquet', team_id FROM teams WHERE team_name = 'nlp-research';
INSERT INTO datasets (dataset_name, display_name, storage_location, storage_format) VALUES ('prices', 'Prices, daily', '/srv/prices', 'csv');
INSERT INTO model_tags (model_id, tag_id) SELECT model_id, tag_id FROM models, tags WHERE tag_name = 'nlp';
INSERT INTO version_tags (version_id, tag_id) SELECT version_id, tag_id FROM model_versions, tags WHERE tag_name = 'nlp';
INSERT INTO dataset_tags (dataset_id, tag_id) SELECT dataset_id, tag_id FROM datasets, tags WHERE dataset_name = 'reviews_v1' AND tag_name = 'nlp';
-- A second organization: from now on the session works in none, and says where.
INSERT INTO organizations (name, slug) VALUES ('Acme', 'acme');
INSERT INTO projects (organization_id, name, slug) SELECT organization_id, 'Secret', 'secret' FROM organizations WHERE slug = 'acme';
INSERT INTO teams (organization_id, team_name) SELECT organization_id, 'theirs' FROM organizations WHERE slug = 'acme';
INSERT INTO tags (organization_id, tag_name) SELECT organization_id, 'theirs' FROM organizations WHERE slug = 'acme';
INSERT INTO models (organization_id, project_id, model_name, framework) SELECT organization_id, project_id, 'foreign', 'onnx' FROM projects WHERE slug = 'secret';
INSERT INTO model_versions (model_id, semver, artifact_uri) SELECT model_id, '1.0.0', '/f/1' FROM models WHERE model_name = 'foreign';
INSERT INTO datasets (organization_id, project_id, dataset_name, storage_location, storage_format) SELECT organization_id, project_id, 'foreign', '/f', 'csv' FROM projects WHERE slug = 'secret';
SELECT current_organization_id(), current_project_id();

-- One statement per named constraint, and what a client gets.
INSERT INTO broken VALUES
    ('teams_pkey', $$INSERT INTO teams (organization_id, team_id, team_name) SELECT organization_id, team_id, 'x' FROM teams LIMIT 1$$),
    ('unique_team_name', $$INSERT INTO teams (organization_id, team_name) SELECT organization_id, team_name FROM teams LIMIT 1$$),
    ('unique_team_name', $$UPDATE teams SET team_name = 'ml-platform' WHERE team_name = 'nlp-research'$$),
    ('teams_organization_fkey', $$INSERT INTO teams (organization_id, team_name) VALUES (gen_random_uuid(), 'x')$$),
    ('valid_team_name', $$UPDATE teams SET team_name = 'NLP Research' WHERE team_name = 'nlp-research'$$),
    ('valid_team_name', $$UPDATE teams SET team_name = 'nlp_research' WHERE team_name = 'nlp-research'$$),
    ('valid_team_email', $$UPDATE teams SET team_email = 'nlp@localhost'$$),
    ('valid_team_email', $$UPDATE teams SET team_email = ''$$),
    ('teams_text_size', $$UPDATE teams SET department = repeat('x', 65537)$$),
    ('teams_text_size', $$UPDATE teams SET cost_center = repeat('x', 65537)$$),
    ('teams_text_size', $$UPDATE teams SET manager_name = repeat('x', 65537)$$),
    ('teams_text_size', $$UPDATE teams SET slack_channel = repeat('x', 65537)$$),
    ('teams_text_size', $$UPDATE teams SET created_by = repeat('x', 65537)$$),
    ('tags_pkey', $$INSERT INTO tags (organization_id, tag_id, tag_name) SELECT organization_id, tag_id, 'x' FROM tags LIMIT 1$$),
    ('unique_tag_name', $$INSERT INTO tags (organization_id, tag_name, tag_category) SELECT organization_id, tag_name, 'team' FROM tags WHERE tag_name = 'nlp'$$),
    ('tags_organization_fkey', $$INSERT INTO tags (organization_id, tag_name) VALUES (gen_random_uuid(), 'x')$$),
    ('valid_tag_category', $$UPDATE tags SET tag_category = 'mood' WHERE tag_name = 'nlp'$$),
    ('valid_tag_category', $$INSERT INTO tag_categories VALUES ('mood'); UPDATE tags SET tag_category = 'mood' WHERE tag_name = 'nlp'; DELETE FROM tag_categories WHERE name = 'mood'$$),
    ('valid_tag_name', $$UPDATE tags SET tag_name = 'Computer Vision' WHERE tag_name = 'nlp'$$),
    ('valid_tag_name', $$UPDATE tags SET tag_name = ' nlp' WHERE tag_name = 'nlp'$$),
    ('tags_text_size', $$UPDATE tags SET description = repeat('x', 65537)$$),
    ('tags_text_size', $$UPDATE tags SET created_by = repeat('x', 65537)$$),
    ('model_tags_pkey', $$INSERT INTO model_tags (model_id, tag_id) SELECT model_id, tag_id FROM model_tags$$),
    ('model_tags_project_fkey', $$ALTER TABLE model_tags DISABLE TRIGGER mlr_10_keys; UPDATE model_tags SET project_id = gen_random_uuid()$$),
    ('model_tags_model_fkey', $$INSERT INTO model_tags (model_id, tag_id, organization_id, project_id) SELECT gen_random_uuid(), tag_id, organization_id, project_id FROM model_tags$$),
    ('model_tags_model_fkey', $$INSERT INTO model_tags (model_id, tag_id, organization_id, project_id) SELECT f.model_id, t.tag_id, t.organization_id, t.project_id FROM model_tags t, models f WHERE f.model_name = 'foreign'$$),
    ('model_tags_tag_fkey', $$INSERT INTO model_tags (model_id, tag_id) SELECT model_id, gen_random_uuid() FROM models$$),
    ('model_tags_tag_fkey', $$INSERT INTO model_tags (model_id, tag_id) SELECT m.model_id, t.tag_id FROM models m, tags t WHERE m.model_name = 'm' AND t.tag_name = 'theirs'$$),
    ('model_tags_text_size', $$UPDATE model_tags SET added_by = repeat('x', 65537)$$),
    ('version_tags_pkey', $$INSERT INTO version_tags (version_id, tag_id) SELECT version_id, tag_id FROM version_tags$$),
    ('version_tags_project_fkey', $$ALTER TABLE version_tags DISABLE TRIGGER mlr_10_keys; UPDATE version_tags SET project_id = gen_random_uuid()$$),
    ('version_tags_version_fkey', $$INSERT INTO version_tags (version_id, tag_id, organization_id, project_id) SELECT gen_random_uuid(), tag_id, organization_id, project_id FROM version_tags$$),
    ('version_tags_tag_fkey', $$INSERT INTO version_tags (version_id, tag_id) SELECT v.version_id, t.tag_id FROM model_versions v, tags t WHERE v.artifact_uri = '/m/1' AND t.tag_name = 'theirs'$$),
    ('version_tags_text_size', $$UPDATE version_tags SET added_by = repeat('x', 65537)$$),
    ('dataset_tags_pkey', $$INSERT INTO dataset_tags (dataset_id, tag_id) SELECT dataset_id, tag_id FROM dataset_tags$$),
    ('dataset_tags_project_fkey', $$ALTER TABLE dataset_tags DISABLE TRIGGER mlr_10_keys; UPDATE dataset_tags SET project_id = gen_random_uuid()$$),
    ('dataset_tags_dataset_fkey', $$INSERT INTO dataset_tags (dataset_id, tag_id, organization_id, project_id) SELECT gen_random_uuid(), tag_id, organization_id, project_id FROM dataset_tags$$),
    ('dataset_tags_tag_fkey', $$INSERT INTO dataset_tags (dataset_id, tag_id) SELECT d.dataset_id, t.tag_id FROM datasets d, tags t WHERE d.dataset_name = 'prices' AND t.tag_name = 'theirs'$$),
    ('dataset_tags_text_size', $$UPDATE dataset_tags SET added_by = repeat('x', 65537)$$),
    ('models_team_fkey', $$UPDATE models SET team_id = (SELECT team_id FROM teams WHERE team_name = 'theirs') WHERE model_name = 'm'$$),
    ('datasets_pkey', $$INSERT INTO datasets (organization_id, project_id, dataset_id, dataset_name, storage_location, storage_format) SELECT organization_id, project_id, dataset_id, 'x', '/x', 'csv' FROM datasets LIMIT 1$$),
    ('unique_dataset_name', $$INSERT INTO datasets (organization_id, project_id, dataset_name, storage_location, storage_format) SELECT organization_id, project_id, dataset_name, '/x', 'csv' FROM datasets WHERE dataset_name = 'prices'$$),
    ('unique_dataset_name', $$UPDATE datasets SET deleted_at = now() WHERE dataset_name = 'prices'; UPDATE datasets SET dataset_name = 'prices' WHERE dataset_name = 'reviews_v1'; UPDATE datasets SET deleted_at = NULL$$),
    ('datasets_organization_fkey', $$INSERT INTO datasets (organization_id, project_id, dataset_name, storage_location, storage_format) SELECT gen_random_uuid(), project_id, 'x', '/x', 'csv' FROM projects LIMIT 1$$),
    ('datasets_project_fkey', $$INSERT INTO datasets (organization_id, project_id, dataset_name, storage_location, storage_format) SELECT organization_id, gen_random_uuid(), 'x', '/x', 'csv' FROM organizations$$),
    ('datasets_project_fkey', $$INSERT INTO datasets (organization_id, project_id, dataset_name, storage_location, storage_format) SELECT o.organization_id, p.project_id, 'x', '/x', 'csv' FROM organizations o, projects p WHERE o.slug = 'acme' AND p.slug = 'default'$$),
    ('datasets_team_fkey', $$UPDATE datasets SET team_id = gen_random_uuid()$$),
    ('datasets_team_fkey', $$UPDATE datasets SET team_id = (SELECT team_id FROM teams WHERE team_name = 'theirs') WHERE dataset_name = 'prices'$$),
    ('valid_storage_format', $$UPDATE datasets SET storage_format = 'zip'$$),
    ('valid_storage_format', $$INSERT INTO storage_formats VALUES ('lance'); UPDATE datasets SET storage_format = 'lance'; DELETE FROM storage_formats WHERE name = 'lance'$$),
    ('valid_dataset_name', $$UPDATE datasets SET dataset_name = 'reviews.v1' WHERE dataset_name = 'reviews_v1'$$),
    ('valid_dataset_name', $$UPDATE datasets SET dataset_name = 'reviews__v1' WHERE dataset_name = 'reviews_v1'$$),
    ('valid_display_name', $$UPDATE datasets SET display_name = '   '$$),
    ('valid_display_name', $$UPDATE datasets SET display_name = E'two\nlines'$$),
    ('valid_storage_location', $$UPDATE datasets SET storage_location = 'reviews.parquet'$$),
    ('valid_freshness', $$UPDATE datasets SET freshness_sla_hours = 0$$),
    ('valid_classification', $$UPDATE datasets SET data_classification = 'secret'$$),
    ('valid_null_percentage', $$UPDATE datasets SET null_percentage = 100.01$$),
    ('valid_null_percentage', $$UPDATE datasets SET null_percentage = -0.01$$),
    ('valid_null_percentage', $$UPDATE datasets SET null_percentage = 'NaN'$$),
    ('valid_dataset_counts', $$UPDATE datasets SET storage_size_gb = -1$$),
    ('valid_dataset_counts', $$UPDATE datasets SET storage_size_gb = 'NaN'$$),
    ('valid_dataset_counts', $$UPDATE datasets SET row_count = -1$$),
    ('valid_dataset_counts', $$UPDATE datasets SET column_count = -1$$),
    ('valid_dataset_counts', $$UPDATE datasets SET retention_days = -1$$),
    ('metadata_is_object', $$UPDATE datasets SET metadata = '[]'$$),
    ('datasets_json_size', $$UPDATE datasets SET metadata = jsonb_build_object('a', repeat('x', 1100000))$$),
    ('datasets_text_size', $$UPDATE datasets SET description = repeat('x', 65537)$$),
    ('datasets_text_size', $$UPDATE datasets SET purpose = repeat('x', 65537)$$),
    ('datasets_text_size', $$UPDATE datasets SET partition_keys = ARRAY(SELECT md5(n::text) FROM generate_series(1, 2100) AS n)$$),
    ('datasets_text_size', $$UPDATE datasets SET schema_url = repeat('x', 65537)$$),
    ('datasets_text_size', $$UPDATE datasets SET schema_version = repeat('x', 65537)$$),
    ('datasets_text_size', $$UPDATE datasets SET data_version = repeat('x', 65537)$$),
    ('datasets_text_size', $$UPDATE datasets SET data_steward = repeat('x', 65537)$$),
    ('datasets_text_size', $$UPDATE datasets SET source_system = repeat('x', 65537)$$),
    ('datasets_text_size', $$UPDATE datasets SET transformation_pipeline = repeat('x', 65537)$$),
    ('datasets_text_size', $$UPDATE datasets SET created_by = repeat('x', 65537)$$),
    -- rules of triggers
    ('immutable_key', $$UPDATE teams SET team_id = gen_random_uuid()$$),
    ('immutable_key', $$UPDATE teams SET organization_id = gen_random_uuid()$$),
    ('immutable_key', $$UPDATE tags SET tag_id = gen_random_uuid()$$),
    ('immutable_key', $$UPDATE tags SET organization_id = gen_random_uuid()$$),
    ('immutable_key', $$UPDATE model_tags SET model_id = gen_random_uuid()$$),
    ('immutable_key', $$UPDATE model_tags SET tag_id = (SELECT tag_id FROM tags WHERE tag_name = 'misc')$$),
    ('immutable_key', $$UPDATE model_tags SET project_id = gen_random_uuid()$$),
    ('immutable_key', $$UPDATE version_tags SET version_id = gen_random_uuid()$$),
    ('immutable_key', $$UPDATE dataset_tags SET dataset_id = NULL$$),
    ('immutable_key', $$UPDATE datasets SET dataset_id = gen_random_uuid()$$),
    ('immutable_key', $$UPDATE datasets SET project_id = gen_random_uuid()$$),
    ('builtin_row', $$DELETE FROM storage_formats WHERE name = 'hdf5'$$),
    ('builtin_row', $$UPDATE tag_categories SET name = 'area' WHERE name = 'domain'$$);
SELECT pg_temp.judge();
-- every one is refused by its own rule, with the SQLSTATE of its kind
SELECT expected, relation, state, count(*) FROM outcome WHERE rule IS NOT DISTINCT FROM expected GROUP BY 1, 2, 3 ORDER BY 1, 2;
SELECT * FROM outcome WHERE rule IS DISTINCT FROM expected ORDER BY expected, statement;
SELECT DISTINCT expected, message, detail, hint FROM outcome WHERE expected IN ('unique_team_name', 'valid_tag_category', 'model_tags_tag_fkey', 'valid_storage_format', 'immutable_key') ORDER BY 1, 2, 3;
-- no constraint is left out. Not to be broken without breaking another first: the keys that repeat a primary key
SELECT * FROM pg_temp.unmet('{teams,tags,model_tags,version_tags,dataset_tags,datasets}');

-- keys: a tag lies where what has it lies, whatever the client says and wherever the session works
INSERT INTO projects (organization_id, name, slug) SELECT organization_id, 'Lab', 'lab' FROM organizations WHERE slug = 'default';
INSERT INTO model_tags (model_id, tag_id, organization_id, project_id)
SELECT m.model_id, t.tag_id, m.organization_id, p.project_id FROM models m, tags t, projects p WHERE m.model_name = 'm' AND t.tag_name = 'misc' AND p.slug = 'lab'
RETURNING project_id;
BEGIN;
INSERT INTO model_tags (model_id, tag_id) SELECT m.model_id, t.tag_id FROM models m, tags t WHERE m.model_name = 'foreign' AND t.tag_name = 'theirs';
INSERT INTO version_tags (version_id, tag_id) SELECT v.version_id, t.tag_id FROM model_versions v, tags t WHERE v.artifact_uri = '/f/1' AND t.tag_name = 'theirs';
INSERT INTO dataset_tags (dataset_id, tag_id) SELECT d.dataset_id, t.tag_id FROM datasets d, tags t WHERE d.dataset_name = 'foreign' AND t.tag_name = 'theirs';
SELECT p.slug, count(*) FROM (SELECT project_id FROM model_tags UNION ALL SELECT project_id FROM version_tags UNION ALL SELECT project_id FROM dataset_tags) AS x JOIN projects p USING (project_id) GROUP BY 1 ORDER BY 1;
ROLLBACK;
-- a row of two organizations in one statement: each in its own
BEGIN;
INSERT INTO model_tags (model_id, tag_id) SELECT m.model_id, t.tag_id FROM models m JOIN tags t USING (organization_id) WHERE t.tag_name IN ('pytorch', 'theirs');
SELECT m.model_name, mt.organization_id = m.organization_id AS organization, mt.project_id = m.project_id AS project FROM model_tags mt JOIN models m USING (model_id) JOIN tags t USING (tag_id) WHERE t.tag_name IN ('pytorch', 'theirs') ORDER BY 1;
ROLLBACK;
-- where there is neither parent nor place, the table refuses
\set VERBOSITY terse
INSERT INTO teams (team_name) VALUES ('nowhere');
INSERT INTO datasets (dataset_name, storage_location, storage_format) VALUES ('nowhere', '/x', 'csv');
INSERT INTO model_tags (model_id, tag_id) VALUES ('00000000-0000-8000-8000-00000000000a', '00000000-0000-8000-8000-00000000000b');
\set VERBOSITY default
-- a tag of the organization serves all of its projects
INSERT INTO datasets (organization_id, project_id, dataset_name, storage_location, storage_format) SELECT organization_id, project_id, 'prices', '/lab/prices', 'csv' FROM projects WHERE slug = 'lab';
INSERT INTO dataset_tags (dataset_id, tag_id) SELECT d.dataset_id, t.tag_id FROM datasets d, tags t WHERE d.storage_location = '/lab/prices' AND t.tag_name = 'nlp' RETURNING project_id = (SELECT project_id FROM projects WHERE slug = 'lab') AS in_lab;

-- actor: x_by may be given, x_by_user never
INSERT INTO tags (organization_id, tag_name, created_by, created_by_user) SELECT organization_id, 'imported', 'importer@example.com', gen_random_uuid() FROM organizations WHERE slug = 'default' RETURNING created_by, created_by_user;
INSERT INTO model_tags (model_id, tag_id, added_by, added_by_user) SELECT m.model_id, t.tag_id, 'importer@example.com', gen_random_uuid() FROM models m, tags t WHERE m.model_name = 'm' AND t.tag_name = 'imported' RETURNING added_by, added_by_user;
UPDATE model_tags SET added_by_user = gen_random_uuid() WHERE added_by = 'importer@example.com' RETURNING added_by_user;

-- normalize and derive: names are refused, not changed; a display name that is left out is the name
UPDATE teams SET team_email = ' NLP.Lead@EXAMPLE.Com ', department = ' Research ', slack_channel = E'#nlp\t' WHERE team_name = 'nlp-research' RETURNING team_email, department, slack_channel;
UPDATE datasets SET storage_location = ' s3://data/reviews/ ', display_name = ' Reviews ' WHERE dataset_name = 'reviews_v1' RETURNING storage_location, display_name;
UPDATE datasets SET display_name = NULL WHERE dataset_name = 'reviews_v1' RETURNING display_name;
SELECT dataset_name, display_name FROM datasets WHERE storage_location = '/srv/prices';

-- touch
UPDATE teams SET active = false, updated_at = '2001-01-01', updated_by = 'nobody' WHERE team_name = 'ml-platform' RETURNING updated_at = now() AS now, updated_by = session_user AS me;
UPDATE datasets SET row_count = 0, updated_at = '2001-01-01', updated_by = 'nobody' WHERE dataset_name = 'reviews_v1' RETURNING updated_at = now() AS now, updated_by = session_user AS me;

-- the ends of what is allowed
UPDATE datasets SET null_percentage = 100, column_count = 0, retention_days = 0, storage_size_gb = 0, freshness_sla_hours = 1, partition_keys = '{day,region}' WHERE dataset_name = 'reviews_v1' RETURNING null_percentage, storage_size_gb, partition_keys;
UPDATE datasets SET null_percentage = 0, storage_size_gb = 99999999999.999 WHERE dataset_name = 'reviews_v1' RETURNING null_percentage, storage_size_gb;

-- a name is free again where its dataset is deleted
BEGIN;
UPDATE datasets SET deleted_at = now() WHERE storage_location = '/srv/prices';
INSERT INTO datasets (organization_id, project_id, dataset_name, storage_location, storage_format) SELECT organization_id, project_id, 'prices', '/srv/new', 'csv' FROM datasets WHERE storage_location = '/srv/prices';
SELECT count(*), count(deleted_at) AS deleted FROM datasets WHERE dataset_name = 'prices';
ROLLBACK;

-- own words beside the built-in ones; a new name reaches the rows
INSERT INTO storage_formats VALUES ('lance', 'Lance');
INSERT INTO tag_categories VALUES ('mood');
UPDATE datasets SET storage_format = 'lance' WHERE dataset_name = 'reviews_v1';
UPDATE tags SET tag_category = 'mood' WHERE tag_name = 'misc';
UPDATE storage_formats SET name = 'lance-2' WHERE name = 'lance';
UPDATE tag_categories SET name = 'temper' WHERE name = 'mood';
SELECT dataset_name, storage_format FROM datasets WHERE dataset_name = 'reviews_v1';
SELECT tag_name, tag_category FROM tags WHERE tag_name = 'misc';
UPDATE tags SET tag_category = NULL WHERE tag_name = 'misc';

-- v_model_tags: sorted, archived models and those without tags too, deleted ones and those of deleted projects not
INSERT INTO models (organization_id, project_id, model_name, framework, is_active, deleted_at)
SELECT organization_id, project_id, n.name, 'onnx', n.name <> 'archived', CASE WHEN n.name = 'deleted' THEN now() END
  FROM projects, (VALUES ('archived'), ('bare'), ('deleted')) AS n (name) WHERE slug = 'default';
INSERT INTO model_tags (model_id, tag_id) SELECT m.model_id, t.tag_id FROM models m, tags t WHERE m.model_name IN ('archived', 'deleted') AND t.tag_name IN ('pytorch', 'nlp');
SELECT v.model_name, v.tags, v.tags_by_category, v.tag_count, p.slug AS project, o.slug AS organization
  FROM v_model_tags v JOIN projects p USING (project_id) JOIN organizations o ON o.organization_id = v.organization_id ORDER BY 1;
BEGIN;
UPDATE projects SET deleted_at = now() WHERE slug = 'secret';
SELECT count(*) FROM v_model_tags WHERE model_name = 'foreign';
ROLLBACK;
BEGIN;
UPDATE organizations SET deleted_at = now() WHERE slug = 'default';
SELECT model_name FROM v_model_tags;
ROLLBACK;
-- v_models_latest knows the team
SELECT model_name, team_name, team_id IS NOT NULL AS has_team FROM v_models_latest ORDER BY 1;

-- deletion: of a team, only the mention of it goes, and that is a change; of a tag, what it was put on stays
SELECT (SELECT count(*) FROM models WHERE team_id IS NOT NULL) AS models, (SELECT count(*) FROM datasets WHERE team_id IS NOT NULL) AS datasets;
UPDATE teams SET team_name = 'nlp' WHERE team_name = 'nlp-research';
DELETE FROM teams WHERE team_name = 'nlp';
SELECT model_name, team_id, organization_id IS NOT NULL AS organization FROM models WHERE model_name = 'm' UNION ALL SELECT dataset_name, team_id, organization_id IS NOT NULL FROM datasets WHERE dataset_name = 'reviews_v1';
DELETE FROM tags WHERE tag_name = 'pytorch';
SELECT model_name, tags FROM v_model_tags ORDER BY 1;
BEGIN;
DELETE FROM tags WHERE tag_name = 'nlp';
SELECT (SELECT count(*) FROM model_tags) AS of_models, (SELECT count(*) FROM version_tags) AS of_versions, (SELECT count(*) FROM dataset_tags) AS of_datasets, (SELECT count(*) FROM models) AS models;
ROLLBACK;
-- and the other way round
BEGIN;
DELETE FROM models WHERE model_name = 'm';
DELETE FROM datasets WHERE dataset_name = 'reviews_v1';
SELECT (SELECT count(*) FROM model_tags) AS of_models, (SELECT count(*) FROM version_tags) AS of_versions, (SELECT count(*) FROM dataset_tags) AS of_datasets, (SELECT count(*) FROM tags) AS tags;
ROLLBACK;
-- a project takes its rows with it, not the words of its organization; an organization takes all
DELETE FROM projects WHERE slug = 'default';
SELECT (SELECT count(*) FROM model_tags) AS of_models, (SELECT count(*) FROM version_tags) AS of_versions, (SELECT count(*) FROM dataset_tags) AS of_datasets, (SELECT count(*) FROM datasets) AS datasets,
       (SELECT count(*) FROM tags) AS tags, (SELECT count(*) FROM teams) AS teams;
DELETE FROM organizations;
SELECT (SELECT count(*) FROM datasets) AS datasets, (SELECT count(*) FROM dataset_tags) AS of_datasets, (SELECT count(*) FROM tags) AS tags, (SELECT count(*) FROM teams) AS teams;

-- leave a clean registry behind
SELECT uninstall(confirm => 'mlregistry') IS NOT NULL AS uninstalled;
SELECT install() IS NOT NULL AS installed;
