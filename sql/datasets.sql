-- Datasets.
SET search_path = public, mlregistry;
\set SHOW_CONTEXT never

SELECT team_name FROM create_team('risk');
SELECT project_slug, dataset_name, display_name, description, team_name, storage_location, storage_format, storage_size_gb, row_count, column_count,
       data_version, data_classification, contains_pii, retention_days, freshness_sla_hours, is_stale, tags, metadata
  FROM register_dataset('transactions-2025q4', 's3://data/transactions/2025q4/', 'parquet', 'Card transactions', 'Every card payment of the last quarter of 2025',
                        team => 'risk', storage_size_gb => 15.8, row_count => 1250000, column_count => 12, data_version => 'v3', contains_pii => true,
                        data_classification => 'restricted', retention_days => 90, freshness_sla_hours => 24, last_updated_at => now() - interval '2 hours',
                        metadata => '{"region": "eu"}', tags => '{fraud,tabular}');
SELECT dataset_name, display_name, is_stale FROM register_dataset('user_events', '/data/events', 'json', freshness_sla_hours => 1, last_updated_at => now() - interval '5 hours');
SELECT dataset_name, display_name FROM register_dataset('user_events', '/elsewhere', 'csv', if_exists => 'return');
INSERT INTO projects (name, slug) VALUES ('Lab', 'lab');
SELECT project_slug, dataset_name FROM register_dataset('weather', 'https://example.com/weather.csv', 'csv', project => 'lab');
\set VERBOSITY terse
SELECT register_dataset('user_events', '/x', 'csv');
\set VERBOSITY default
SELECT register_dataset('User events', '/x', 'csv');
SELECT register_dataset(NULL, '/x', 'csv');
SELECT register_dataset('x', NULL, 'csv');
SELECT register_dataset('x', '/x', NULL);
SELECT register_dataset('x', '/x', 'xlsx');
SELECT register_dataset('x', '/x', 'csv', team => 'rsk');
SELECT register_dataset('x', '/x', 'csv', project => 'labs');
SELECT register_dataset('x', '/x', 'csv', if_exists => 'x');
SELECT register_dataset('x', '/x', 'csv', tags => '{"A B"}');
SELECT count(*) FROM datasets WHERE dataset_name = 'x';

-- by name
SELECT find_dataset('weather');
SELECT find_dataset('lab/weather') = find_dataset('dataset:lab/weather') AS same;
SELECT find_dataset('user_event');
SELECT find_dataset('dataset:');
SELECT find_dataset('a b');
SELECT find_dataset('lab/x/y');
SELECT find_dataset(NULL);
SELECT dataset_info(gen_random_uuid()), dataset_info(NULL);

-- lists
SELECT project_slug, dataset_name FROM list_datasets();
SELECT dataset_name FROM list_datasets('payment');
SELECT dataset_name FROM list_datasets('payments quarter');
SELECT dataset_name FROM list_datasets('ACTION');
SELECT dataset_name FROM list_datasets('r_e');
SELECT dataset_name FROM list_datasets('er');
SELECT dataset_name FROM list_datasets('e');
SELECT dataset_name FROM list_datasets('%');
SELECT dataset_name FROM list_datasets('');
SELECT dataset_name FROM list_datasets(team => 'risk');
SELECT dataset_name FROM list_datasets(tag => 'tabular');
SELECT dataset_name FROM list_datasets(classification => 'restricted');
SELECT dataset_name FROM list_datasets(pii => true);
SELECT dataset_name FROM list_datasets(pii => false);
SELECT dataset_name FROM list_datasets(storage_format => 'csv');
SELECT dataset_name FROM list_datasets(project => 'lab');
SELECT dataset_name FROM list_datasets(max_rows => 1);
SELECT dataset_name FROM list_datasets(max_rows => 1, after => 'transactions-2025q4');
SELECT dataset_name FROM list_datasets(max_rows => 1, after => 'default/user_events');
SELECT dataset_name FROM list_datasets(after => 'dataset:lab/weather');
-- a bare name is one of the project that the list is of
SELECT dataset_name FROM list_datasets(project => 'lab', after => 'weather');
SELECT dataset_name FROM list_datasets(project => 'lab', after => 'a');
SELECT list_datasets(classification => 'secret');
SELECT list_datasets(team => 'nobody');
SELECT list_datasets(tag => 'nothing');
SELECT list_datasets(project => 'nowhere');

-- what is stale
SELECT dataset_name, team_name, freshness_sla_hours, overdue BETWEEN '4 hours' AND '4 hours 1 minute' AS overdue FROM stale_datasets();
SELECT dataset_name FROM stale_datasets(at => now() + interval '1 day');
SELECT count(*) FROM stale_datasets('lab');
SELECT stale_datasets('nowhere');
SELECT is_stale(1, now() - interval '61 minutes', now()), is_stale(1, now() - interval '59 minutes', now()), is_stale(NULL, '-infinity', now()),
       is_stale(1, NULL, now() - interval '2 hours'), is_stale(1, NULL, NULL);
-- whatever the table takes, the lists bear
BEGIN;
INSERT INTO datasets (dataset_name, storage_location, storage_format, freshness_sla_hours, last_updated_at)
VALUES ('never', '/n', 'csv', 1, '-infinity'), ('always', '/a', 'csv', 1, 'infinity'), ('for-ever', '/e', 'csv', 2147483647, now());
SELECT dataset_name, is_stale FROM list_datasets(max_rows => 3);
SELECT dataset_name, overdue IS NULL AS infinitely FROM stale_datasets();
SELECT count(*) FROM stale_datasets(at => '-infinity');
SELECT dataset_name FROM stale_datasets(at => 'infinity') WHERE dataset_name IN ('never', 'always', 'for-ever') ORDER BY 1;
ROLLBACK;
UPDATE datasets SET last_updated_at = now() WHERE dataset_name = 'user_events';
SELECT count(*) FROM stale_datasets();

-- a deleted one gives its name free
UPDATE datasets SET deleted_at = now() WHERE dataset_name = 'user_events';
SELECT dataset_name FROM list_datasets(project => 'default');
SELECT dataset_name, display_name FROM register_dataset('user_events', '/new', 'avro', display_name => 'New events');
UPDATE datasets SET deleted_at = NULL WHERE display_name = 'user_events';
SELECT * FROM check_registry();

DELETE FROM datasets;
DELETE FROM tags;
DELETE FROM teams;
DELETE FROM projects WHERE slug = 'lab';
