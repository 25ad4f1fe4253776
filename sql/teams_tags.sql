-- Teams, tags, and what has which.
SET search_path = public, mlregistry;
\set SHOW_CONTEXT never

-- teams
SELECT team_name, team_email, department, cost_center, manager_name, slack_channel, active, models, datasets
  FROM create_team('nlp-research', 'NLP@Example.COM', 'Research', 'CC-ML-002', ' Ada ', '#nlp-research');
SELECT team_name FROM create_team('vision');
SELECT team_name, department FROM create_team('nlp-research', department => 'Other', if_exists => 'return');
SELECT team_name, department, models FROM list_teams();
SELECT team_name FROM list_teams(department => 'Research');
SELECT team_name FROM list_teams(max_rows => 1);
SELECT team_name FROM list_teams(max_rows => 1, after => 'nlp-research');
UPDATE teams SET active = false WHERE team_name = 'vision';
SELECT team_name FROM list_teams(active => true);
SELECT find_team('nlp-research') = team_id AS found FROM teams WHERE team_name = 'nlp-research';
SELECT (team_info(team_id)).team_name FROM teams ORDER BY 1;
SELECT team_info(gen_random_uuid()), team_info(NULL);
\set VERBOSITY terse
SELECT create_team('nlp-research');
\set VERBOSITY default
SELECT create_team('NLP Research');
SELECT create_team(NULL);
SELECT create_team('x', if_exists => 'ignore');
SELECT create_team('x', if_exists => NULL);
\set VERBOSITY terse
SELECT create_team('x', 'nobody');
\set VERBOSITY default
SELECT find_team('nlp-reserch');
SELECT find_team('something-else');
SELECT find_team(NULL);

-- the vocabulary
SELECT tag_name, tag_category, description FROM create_tag('nlp', 'domain', 'Language');
SELECT tag_name, tag_category FROM create_tag('production', 'status');
SELECT tag_name, tag_category, description FROM create_tag('nlp', 'status', 'Other', if_exists => 'return');
\set VERBOSITY terse
SELECT create_tag('nlp');
\set VERBOSITY default
SELECT create_tag('Natural Language');
SELECT create_tag(NULL);
SELECT create_tag('x', 'colour');
SELECT create_tag('x', if_exists => '');
SELECT find_tag('nlp') = tag_id AS found FROM tags WHERE tag_name = 'nlp';
SELECT find_tag('nlpp');
SELECT find_tag(NULL);

-- models with teams and tags
SELECT model_name, team_name, tags FROM register_model('sentiment', framework => 'pytorch', team => 'nlp-research', tags => '{nlp,production,gold}');
SELECT model_name, tags FROM register_model('sentiment', tags => '{other}', if_exists => 'return');
SELECT model_name, tags FROM register_model('detector', framework => 'pytorch', tags => '{production,production}');
SELECT model_name, tags FROM register_model('plain', framework => 'onnx', tags => '{}');
SELECT tag_name FROM tags ORDER BY 1;
SELECT register_model('x', team => 'nobody');
SELECT register_model('x', tags => '{nlp,"Not a tag"}');
SELECT register_model('x', tags => '{nlp,NULL}');
SELECT count(*) FROM models WHERE model_name = 'x';
SELECT team_name, models FROM list_teams();

-- tag and untag: models, versions, datasets; by reference and by identifier
SELECT semver FROM register_version('sentiment', '1.0.0', '/s/1');
SELECT dataset_name FROM register_dataset('reviews_2025', 's3://data/reviews', 'parquet');
SELECT kind, reference, tag_name, tag_category FROM tag('sentiment@1.0.0', 'gold');
SELECT kind, reference, tag_name, tag_category FROM tag('dataset:reviews_2025', 'nlp');
SELECT kind, reference, tag_name FROM tag('plain', 'new_one', create_missing => true);
SELECT kind, reference, tag_name FROM tag('plain', 'new_one');
SELECT kind, reference, tag_name FROM tag_object('model', (SELECT model_id FROM models WHERE model_name = 'plain'), 'nlp');
SELECT kind, reference, tag_name FROM tags_of('sentiment');
SELECT kind, reference, tag_name FROM tags_of('default/sentiment@latest');
SELECT kind, reference, tag_name FROM tags_of('dataset:default/reviews_2025');
SELECT kind, reference, tag_name FROM untag('plain', 'nlp');
SELECT kind, reference, tag_name FROM untag_object('version', (SELECT version_id FROM model_versions), 'gold');
SELECT kind FROM find_tagged('sentiment') UNION ALL SELECT kind FROM find_tagged('sentiment@1.0.0') UNION ALL SELECT kind FROM find_tagged('dataset:reviews_2025');
SELECT tag('plain', 'nobody-made-this');
SELECT tag('plian', 'nlp');
SELECT tag('sentiment@9.9.9', 'nlp');
SELECT tag('dataset:review_2025', 'nlp');
SELECT tag(NULL, 'nlp');
SELECT tag('plain', NULL);
SELECT tag('plain', NULL, true);
SELECT tag('plain', 'Not a tag', true);
SELECT tag_object('environment', gen_random_uuid(), 'nlp');
SELECT tag_object(NULL, gen_random_uuid(), 'nlp');
SELECT tag_object('model', NULL, 'nlp');
SELECT tag_object('model', '00000000-0000-0000-0000-000000000000'::uuid, 'nlp');
SELECT untag('plain', 'nlp');
SELECT untag('dataset:reviews_2025', 'gold');
SELECT untag('plain', 'nobody-made-this');
SELECT untag('plain', NULL);
SELECT untag(NULL, 'nlp');
SELECT untag_object('environment', gen_random_uuid(), 'nlp');
SELECT untag_object('model', NULL, 'nlp');
SELECT tags_of(NULL);
SELECT count(*) FROM tags_of('model', NULL);

-- all of, any of, both
SELECT model_name, tags FROM models_with_tags('{production}');
SELECT model_name FROM models_with_tags('{nlp,production}');
SELECT model_name FROM models_with_tags(any_of => '{nlp,new_one}');
SELECT model_name FROM models_with_tags('{production}', '{nlp,new_one}');
SELECT model_name FROM models_with_tags('{production,new_one}');
SELECT model_name FROM models_with_tags('{production}', max_rows => 1);
SELECT model_name FROM models_with_tags('{production}', max_rows => 1, after => 'default/detector');
SELECT model_name FROM models_with_tags('{production}', active => false);
SELECT model_name FROM models_with_tags('{production}', project => 'default');
SELECT model_name FROM list_models(tag => 'production', team => 'nlp-research');
SELECT models_with_tags();
SELECT models_with_tags('{}', '{}');
SELECT models_with_tags('{nlp,prodction}');
SELECT models_with_tags('{nlp,NULL}');
SELECT models_with_tags('{nlp}', project => 'nowhere');
SELECT models_with_tags(ARRAY(SELECT 't' || i FROM generate_series(1, 33) AS i));
SELECT list_models(tag => 'nop');
SELECT list_models(team => 'vison');

-- usage, unused ones too; what is deleted does not count
SELECT tag_name, category, models, versions, datasets, total, last_added_at IS NULL AS never FROM tag_usage();
SELECT tag_name, total FROM tag_usage('status');
SELECT tag_usage('colour');
UPDATE models SET deleted_at = now() WHERE model_name = 'sentiment';
SELECT tag_name, models, total FROM tag_usage() WHERE total > 0;
SELECT model_name FROM models_with_tags(any_of => '{nlp,production}');
DO $$ BEGIN PERFORM tag_object('model', model_id, 'nlp') FROM models WHERE model_name = 'sentiment'; EXCEPTION WHEN no_data_found THEN RAISE NOTICE 'no such model'; END $$;
SELECT model_name, tags, tags_by_category, tag_count FROM v_model_tags ORDER BY 1;

-- nor does what is in a deleted project
UPDATE projects SET deleted_at = now();
SELECT tag_name, total FROM tag_usage();
SELECT team_name, models, datasets FROM list_teams();
UPDATE projects SET deleted_at = NULL;

-- a team that goes leaves what it owned; a tag takes itself off
UPDATE models SET deleted_at = NULL;
DELETE FROM teams WHERE team_name = 'nlp-research';
SELECT model_name, team_name FROM list_models();
DELETE FROM tags WHERE tag_name = 'production';
SELECT model_name, tags FROM list_models();
DELETE FROM models;
DELETE FROM datasets;
SELECT count(*) FROM model_tags;
DELETE FROM tags;
DELETE FROM teams;
SELECT * FROM check_registry();
-- alias_history outlives models
SELECT uninstall(confirm => 'mlregistry');
SELECT install();
