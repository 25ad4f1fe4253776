-- Installing, looking, leaving. Dump, restore and upgrade have tests of their own under test/t.
SET search_path = public, mlregistry;
\set SHOW_CONTEXT never

SELECT schema_version() = code_version() AS tables_fit, library_version() = code_version() AS library_fits;
SELECT extension_version = code_version() AS version, owner = session_user AS owner, fts_language, moved, current_actor = session_user AS actor,
       current_organization, current_project, installed_at <= now() AS installed FROM registry_info();
SELECT install() = 'nothing to migrate: the tables are of version ' || code_version() AS idempotent;
SELECT migrate() = 'nothing to migrate: the tables are of version ' || code_version() AS idempotent;
SELECT relation_name, kind, area FROM registry_relations() ORDER BY ordinal;
SELECT count(*) > 30 AS triggers, count(*) = count(DISTINCT (table_name, trigger_name)) AS distinct FROM registry_triggers();
SELECT * FROM check_registry();

-- whatever a string is in this session
SET escape_string_warning = off;
SET standard_conforming_strings = off;
SELECT * FROM check_registry();
SELECT (SELECT count(*) FROM registry_triggers()) > 30 AS triggers, (SELECT count(*) FROM registry_constraints()) > 100 AS constraints, (SELECT count(*) FROM registry_indexes()) > 40 AS indexes;
RESET standard_conforming_strings;
RESET escape_string_warning;

-- triggers find columns by name, and refuse those of another type: to take a number for an address would end the server
BEGIN;
CREATE FUNCTION pg_temp.try(statement text) RETURNS text LANGUAGE plpgsql AS $$BEGIN EXECUTE statement; RETURN 'done'; EXCEPTION WHEN OTHERS THEN RETURN SQLSTATE || ' ' || SQLERRM; END$$;
CREATE TEMP TABLE looks_alike (organization_id integer, project_id integer, model_id integer, version_id integer, alias text, name integer,
                               builtin integer, updated_at text, updated_by integer, model_name integer, display_name integer, is_active integer,
                               path text, set_at text, set_by integer, semver text, frozen_at text, artifact_uri text);
SELECT function, pg_temp.try(format('CREATE TRIGGER it %s ON looks_alike FOR EACH ROW EXECUTE FUNCTION mlregistry.%s', event, function)),
       pg_temp.try('INSERT INTO looks_alike VALUES (1, 2, 3, 4)') AS inserted, pg_temp.try('UPDATE looks_alike SET version_id = 5') AS updated,
       pg_temp.try('DROP TRIGGER IF EXISTS it ON looks_alike')
  FROM (VALUES ('BEFORE INSERT OR UPDATE', 'trg_keys()'), ('BEFORE INSERT', $$trg_keys('models', 'model_id')$$), ('BEFORE UPDATE', 'trg_touch()'),
               ('BEFORE INSERT', 'trg_derive_model()'), ('BEFORE UPDATE', 'trg_derive_alias()'), ('BEFORE INSERT', 'trg_derive_version()'),
               ('BEFORE INSERT', $$trg_derive_copy('display_name', 'alias')$$), ('BEFORE INSERT', $$trg_normalize('model_name:trim')$$),
               ('AFTER INSERT', 'trg_guard_alias()'), ('AFTER INSERT', 'trg_effect_alias()'), ('AFTER INSERT', 'trg_freeze_file()'),
               ('BEFORE UPDATE', 'trg_builtin()')) AS t (event, function);
SELECT model_name FROM register_model('m', framework => 'onnx');
ALTER TABLE models ALTER updated_at DROP DEFAULT, ALTER updated_at TYPE text USING updated_at::text;
SELECT pg_temp.try('UPDATE models SET description = ''x''');
ROLLBACK;

-- what was taken away is found
BEGIN;
ALTER TABLE model_versions DROP CONSTRAINT unique_model_version;
DROP INDEX unique_model_name, idx_models_risk;
ALTER TABLE models DROP CONSTRAINT valid_model_name, DROP CONSTRAINT models_project_fkey;
DROP TRIGGER mlr_60_touch ON models;
ALTER TABLE projects DISABLE TRIGGER mlr_10_keys;
ALTER TABLE organizations ADD CONSTRAINT of_a_dba CHECK (slug <> 'x') NOT VALID;
SELECT check_name, severity, object FROM check_registry() ORDER BY 1, 3;
ROLLBACK;
SELECT (SELECT count(*) FROM registry_constraints()) = (SELECT count(*) FROM pg_constraint c JOIN registry_relations() r ON c.conrelid = to_regclass('mlregistry.' || r.relation_name) WHERE c.contype IN ('c', 'f', 'p', 'u')) AS all_constraints,
       (SELECT count(*) FROM registry_indexes()) = (SELECT count(*) FROM pg_index i JOIN registry_relations() r ON i.indrelid = to_regclass('mlregistry.' || r.relation_name) WHERE NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid AND c.contype IN ('p', 'u'))) AS all_indexes,
       (SELECT count(*) FROM registry_triggers()) = (SELECT count(*) FROM pg_trigger t JOIN registry_relations() r ON t.tgrelid = to_regclass('mlregistry.' || r.relation_name) WHERE NOT t.tgisinternal) AS all_triggers;

-- bad input and NULL
SELECT set_registry_owner('no such role');
SELECT set_registry_owner(NULL);
SELECT run_detached('SELECT 1', 'no such role');
SELECT is_older('1.0.0', '1.0.1'), is_older('1.0.0', NULL) IS NULL AS strict, shortened(NULL) IS NULL AS null_text, length(shortened(repeat('x', 100)));
SELECT registry_owner() = session_user AS mine;
SELECT run_detached(NULL);
SELECT is_intact(NULL) IS NULL AS strict, lock_version_numbers(NULL) IS NULL AS strict_too;
SELECT run_detached('SELECT 1/0');
SELECT run_detached('nonsense');
SELECT uninstall(NULL);
SELECT uninstall(confirm => 'yes');
SELECT install(fts_language => 'klingon');
SELECT is_intact('1.2.3-rc.1+b');

-- damaged bytes are found, not trusted: a value from the disk of a failing machine
CREATE CAST (bytea AS semver) WITHOUT FUNCTION;
SELECT b, is_intact(b::semver) FROM unnest(ARRAY['\x010203ff', '\x010203', '\x', '\xff', '\xf8000000ff', '\x010203ff2b', '\x010203ff612e', '\x01020361', '\x010203610100', '\xc0', '\xf7', '\xf714ff', '\x01020300']::bytea[]) AS b;
SELECT '\x0102'::bytea::semver;
SELECT '\x'::bytea::semver < '\x0102'::bytea::semver, semver_hash('\x'::bytea::semver) IS NOT NULL, semver_build_cmp('\x'::bytea::semver, '\x00'::bytea::semver);
SELECT major('\xf7ff'::bytea::semver);
SELECT semver_send('\xc0'::bytea::semver);
DROP CAST (bytea AS semver);

-- a full-text language of one's own; then nothing, then everything again
SELECT uninstall(confirm => 'mlregistry');
SELECT uninstall(confirm => 'mlregistry');
SELECT schema_version() IS NULL AS nothing, migrate();
SELECT register_model('m');
SELECT check_name, hint FROM check_registry();
SELECT schema_version, owner FROM registry_info();
SELECT install(fts_language => 'german') = 'installed version ' || code_version() AS installed;
SELECT pg_get_indexdef('idx_models_search'::regclass) ~ 'german' AS in_german, (SELECT fts_language FROM registry_info());
SELECT uninstall(confirm => 'mlregistry');
SELECT install(seed => false) = 'installed version ' || code_version() AS installed;
SELECT (SELECT count(*) FROM organizations) + (SELECT count(*) FROM frameworks) + (SELECT count(*) FROM registry_meta) AS rows;
SELECT install(seed => false);
SELECT install(fts_language => 'german') = 'installed version ' || code_version() AS seeded;
SELECT fts_language FROM registry_info();
SELECT * FROM check_registry();
UPDATE organizations SET deleted_at = now();
SELECT register_model('m');
SELECT uninstall(confirm => 'mlregistry');
SELECT install() IS NOT NULL AS installed;
