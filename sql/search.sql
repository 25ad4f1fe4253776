-- Searching models: words and parts of names, ranked.
SET search_path = public, mlregistry;
\set SHOW_CONTEXT never

-- grams: numbers that are in indexes never change
SELECT name_grams('abc', 'AB'), name_grams('', 'x'), name_grams('é', 'é');
SELECT name_query_grams('a'), name_query_grams('AB'), name_query_grams('ABC'), name_query_grams('abcd');
SELECT name_grams(NULL, 'a'), name_query_grams(NULL);
-- whatever occurs in a name has its grams among those of the name
SELECT count(*) FROM (SELECT md5(i::text) AS name, substr(md5(i::text), i % 28 + 1, i % 5 + 2) AS part FROM generate_series(1, 2000) AS i) AS t
 WHERE NOT name_grams(name, '-') @> name_query_grams(part);

SELECT model_name FROM register_model('fraud-detector', 'Fraud detector', 'Finds fraudulent card payments', 'xgboost');
SELECT model_name FROM register_model('fraud', 'Rules', 'The old rules', 'custom');
SELECT model_name FROM register_model('card-fraud-eu', 'Cards in Europe', 'Gradient boosting', 'xgboost');
SELECT model_name FROM register_model('payments-graph', 'Graph of payments', 'Finds rings of fraud', 'pytorch');
SELECT model_name FROM register_model('anomaly', 'Anti-Fraud anomalies', NULL, 'sklearn');
SELECT model_name FROM register_model('churn', 'Élan prédictif', 'Who leaves — 離脱予測', 'sklearn');
INSERT INTO projects (name, slug) VALUES ('Lab', 'lab');
SELECT model_name FROM register_model('fraud', 'Same name elsewhere', framework => 'jax', project => 'lab');

-- the name itself, its beginning, a part of it, a part of the display name, words in the description
SELECT floor(rank) AS class, project_slug, model_name, latest_version, tags FROM search_models('fraud');
SELECT floor(rank) AS class, model_name FROM search_models('Fraud');
SELECT model_name FROM search_models('payment');
SELECT model_name FROM search_models('fraudulent card');
SELECT model_name FROM search_models('"card payments"');
SELECT model_name FROM search_models('rings or boosting');
SELECT model_name FROM search_models('find -ring');
SELECT model_name FROM search_models('ud-det');
SELECT model_name FROM search_models('EUROPE');
SELECT model_name FROM search_models('éd');
SELECT model_name FROM search_models('離脱予測');
SELECT model_name FROM search_models('n');
SELECT model_name FROM search_models('  churn  ');
SELECT model_name FROM search_models('raud', project => 'lab');
SELECT model_name FROM search_models('nothing like it');
-- what would be a pattern or a query elsewhere is text here
SELECT model_name FROM search_models('%');
SELECT model_name FROM search_models('_');
SELECT model_name FROM search_models('a''); DROP TABLE models; --');
SELECT model_name FROM search_models('& | ! <-> :*');
SELECT model_name FROM search_models(E'\\');
-- pages
SELECT project_slug, model_name FROM search_models('fraud', max_rows => 2);
SELECT project_slug, model_name FROM search_models('fraud', max_rows => 2, after => 'default/fraud');
SELECT project_slug, model_name FROM search_models('fraud', max_rows => 2, after => 'lab/fraud');
SELECT project_slug, model_name FROM search_models('fraud', max_rows => 2, after => 'default/card-fraud-eu');
SELECT project_slug, model_name FROM search_models('fraud', after => 'payments-graph');
-- a bare name is sought in the project of the page
SELECT project_slug, model_name FROM search_models('fraud', project => 'lab', after => 'fraud');
SELECT count(*) FROM search_models('fraud', max_rows => 0);
-- archived models are found unless only active ones are sought; deleted ones are not
SELECT is_active FROM archive_model('card-fraud-eu');
SELECT model_name, is_active FROM search_models('fraud', max_rows => 4);
SELECT model_name FROM search_models('card', active => true);
SELECT model_name FROM search_models('card', active => false);
UPDATE models SET deleted_at = now() WHERE model_name = 'card-fraud-eu';
SELECT model_name FROM search_models('card');
-- nor what lies in deleted projects, however much: it takes nobody's place among what is ranked
BEGIN;
INSERT INTO projects (project_id, name, slug) VALUES ('10000000-0000-4000-8000-000000000000', 'Old', 'old'), ('f0000000-0000-4000-8000-000000000000', 'New', 'new');
INSERT INTO models (project_id, model_name, framework, description)
SELECT project_id, 'gizmo-' || n, 'onnx', 'Widgets of the past' FROM projects, generate_series(1, 300) AS n WHERE slug = 'old';
UPDATE projects SET deleted_at = now() WHERE slug = 'old';
SELECT model_name FROM register_model('my-gizmo', project => 'new', description => 'Widgets of today', framework => 'onnx');
SELECT gin_clean_pending_list('idx_models_grams') >= 0 AND gin_clean_pending_list('idx_models_search') >= 0 AS in_order_of_rows; -- unless autovacuum was here
SELECT model_name FROM search_models('gizmo');
SELECT model_name FROM search_models('widgets');
ROLLBACK;
-- backslashes and quotes are text, whatever a string is in this session
SET escape_string_warning = off;
SET standard_conforming_strings = off;
SELECT count(*) FROM search_models($$a\'b\$$);
SELECT model_name FROM search_models($$hurn$$);
RESET standard_conforming_strings;
RESET escape_string_warning;
-- however many names have it within, those that begin with it come first
BEGIN;
INSERT INTO models (model_name, framework) SELECT 'x-gizmo-' || n, 'onnx' FROM generate_series(1, 1000) AS n;
INSERT INTO models (model_name, framework) VALUES ('gizmo-detector', 'onnx');
SELECT model_name FROM search_models('gizmo', max_rows => 1);
ROLLBACK;
-- bad input
SELECT search_models(NULL);
SELECT search_models('');
SELECT search_models('   ');
SELECT search_models(repeat('x', 1001));
SELECT search_models('x', project => 'labb');
SELECT search_models('x', after => 'nobody');
SELECT search_models('fraud', max_rows => -1);

-- the language is that of the index
SELECT search_language();
SELECT search_condition('x y', 'n', 'd', 't');
SELECT search_words_condition(NULL, 'n', 'd', 't'), search_part_condition(NULL, 'n', 'd');
DELETE FROM models;
DELETE FROM projects WHERE slug = 'lab';
SELECT uninstall(confirm => 'mlregistry');
SELECT install(fts_language => 'german');
SELECT search_language();
SELECT model_name FROM register_model('haus', 'Häuser', 'Schätzt die Preise von Häusern', 'sklearn');
SELECT dataset_name FROM register_dataset('preise', '/p', 'csv', description => 'Preise von Häusern');
SELECT model_name FROM search_models('preis');
SELECT dataset_name FROM list_datasets('haus');
SELECT uninstall(confirm => 'mlregistry');
SELECT install();
