-- Fills an installed registry for the test of plans and the benchmark of the catalog: :models models, :datasets datasets.
-- Everything comes from hashes of row numbers, so that it is the same everywhere; what is frequent is much more frequent
-- than what is not, and nothing goes with anything else, but for the tags at the end.
--
--   20 projects    p-01 … p-20, from a third of the models down to one in sixty; 1 in 100 models is deleted, 10 archived
--   100 teams      team-001 … team-100, from one in ten of the models down to one in two hundred; 1 in 20 has none
--   200 tags       tag-001 … tag-200, from half of the models down to one in ten thousand
--   left, right    each on three in ten models, no model has both
--   at-end         on what lies in the last two projects; by-name on what has a name from u on: tags that go with the order
--   versions       two of one in ten models, thirty of one in a thousand
--   words          2,000 of them in names and descriptions; quasar in the description of one model in ten thousand
--
-- Triggers and foreign keys are left out: every column that they would fill is given.
SET search_path = pg_catalog, mlregistry;
SET session_replication_role = replica;
SET work_mem = '256MB';
SET maintenance_work_mem = '256MB';

CREATE FUNCTION pg_temp.part(n bigint, seed bigint) RETURNS float8 LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT (hashint8extended(n, seed) & 1099511627775) / 1099511627776.0::float8
$$;
CREATE FUNCTION pg_temp.id(kind text, n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$SELECT md5(kind || n)::uuid$$;

CREATE TEMP TABLE words AS
SELECT i AS n,
       coalesce((string_to_array('fraud churn credit image text speech rank price demand forecast anomaly sentiment translate summary entity'
                              || ' click risk quality defect vision audio video route supply query user item support email ticket document'
                              || ' invoice claim health sensor energy weather traffic parcel loan', ' '))[i],
                (SELECT string_agg((string_to_array('ba ke li mo nu ra se ti vo xu da fe gi ho ju pa re si to wu', ' '))[1 + i / d % 20], '' ORDER BY d)
                   FROM (VALUES (1), (20), (400)) AS digits (d))) AS word
  FROM generate_series(1, 2000) AS i;
ANALYZE words;
-- Seven words for each of so many descriptions, the first ones most often.
CREATE FUNCTION pg_temp.descriptions(how_many bigint, seed bigint) RETURNS TABLE (n bigint, description text) LANGUAGE sql AS $$
    SELECT i.n, string_agg(w.word, ' ' ORDER BY k)
      FROM generate_series(1, how_many) AS i (n), generate_series(1, 7) AS k, words w
     WHERE w.n = 1 + floor(2000 * pg_temp.part(i.n * 8 + k, seed) ^ 4)::int
     GROUP BY i.n
$$;
-- Two words and a number.
CREATE FUNCTION pg_temp.names(how_many bigint, seed bigint, joint text) RETURNS TABLE (n bigint, name text) LANGUAGE sql AS $$
    SELECT i.n, concat_ws(joint, a.word, b.word, lpad(to_hex(i.n), 5, '0'))
      FROM generate_series(1, how_many) AS i (n), words a, words b
     WHERE a.n = 1 + floor(400 * pg_temp.part(i.n, seed) ^ 2)::int AND b.n = 1 + floor(400 * pg_temp.part(i.n, seed + 1) ^ 2)::int
$$;

INSERT INTO projects (project_id, organization_id, name, slug)
SELECT pg_temp.id('project', n), current_organization_id(), 'Project ' || n, format('p-%s', lpad(n::text, 2, '0'))
  FROM generate_series(1, 20) AS n;
INSERT INTO teams (team_id, organization_id, team_name)
SELECT pg_temp.id('team', n), current_organization_id(), format('team-%s', lpad(n::text, 3, '0')) FROM generate_series(1, 100) AS n;
INSERT INTO tags (tag_id, organization_id, tag_name)
SELECT pg_temp.id('tag', n), current_organization_id(),
       coalesce((ARRAY['left', 'right', 'at-end', 'by-name'])[n - 200], format('tag-%s', lpad(n::text, 3, '0')))
  FROM generate_series(1, 204) AS n;

-- Indexes that are no constraint's are built at the end, which takes half of the time.
CREATE TEMP TABLE indexes AS
SELECT i.indexrelid::regclass::text AS name, pg_get_indexdef(i.indexrelid) AS definition
  FROM pg_index i
 WHERE i.indrelid IN ('models'::regclass, 'model_tags'::regclass, 'model_versions'::regclass, 'datasets'::regclass)
   AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid);
SELECT format('DROP INDEX %s', name) FROM indexes ORDER BY name \gexec

INSERT INTO models (model_id, organization_id, project_id, model_name, display_name, description, framework, team_id, risk_level,
                    is_active, archived_at, deleted_at)
SELECT pg_temp.id('model', n), current_organization_id(), pg_temp.id('project', (1 + floor(20 * pg_temp.part(n, 1) ^ 3))::bigint),
       named.name, initcap(replace(named.name, '-', ' ')), described.description || CASE WHEN pg_temp.part(n, 5) < 0.0001 THEN ' quasar' ELSE '' END,
       (ARRAY['pytorch', 'tensorflow', 'sklearn', 'xgboost', 'jax'])[1 + floor(5 * pg_temp.part(n, 6) ^ 2)::int],
       CASE WHEN pg_temp.part(n, 7) < 0.95 THEN pg_temp.id('team', (1 + floor(100 * pg_temp.part(n, 8) ^ 2))::bigint) END,
       (ARRAY['medium', 'medium', 'medium', 'low', 'high', 'critical'])[1 + floor(6 * pg_temp.part(n, 9) ^ 1.3)::int],
       pg_temp.part(n, 10) >= 0.1, CASE WHEN pg_temp.part(n, 10) < 0.1 THEN now() END,
       CASE WHEN pg_temp.part(n, 11) < 0.01 THEN now() END
  FROM pg_temp.names(:models, 2, '-') AS named JOIN pg_temp.descriptions(:models, 4) AS described USING (n);

-- Which models have a tag: those whose hash is below its share of all.
INSERT INTO model_tags (model_id, tag_id, organization_id, project_id)
SELECT m.model_id, pg_temp.id('tag', t.n), m.organization_id, m.project_id
  FROM generate_series(1, 200) AS t (n),
       LATERAL (SELECT 0.5 / (1 + (t.n - 1) / 3.0::float8) ^ 2.0245 AS share) AS s,
       -- So many drawings from all of them, without those drawn twice.
       LATERAL (SELECT DISTINCT 1 + floor(:models * pg_temp.part(i, 1000 + t.n))::bigint AS n
                  FROM generate_series(1, round(-ln(1 - s.share) * :models)::bigint) AS i) AS drawn
  JOIN models m ON m.model_id = pg_temp.id('model', drawn.n);
INSERT INTO model_tags (model_id, tag_id, organization_id, project_id)
SELECT m.model_id, pg_temp.id('tag', t.n), m.organization_id, m.project_id
  FROM generate_series(1, :models) AS i
  JOIN models m ON m.model_id = pg_temp.id('model', i)
  JOIN projects p USING (project_id),
       LATERAL (SELECT 201 WHERE pg_temp.part(i, 12) < 0.3
                UNION ALL SELECT 202 WHERE pg_temp.part(i, 12) > 0.7
                UNION ALL SELECT 203 WHERE p.slug >= 'p-19'
                UNION ALL SELECT 204 WHERE m.model_name >= 'u') AS t (n);

INSERT INTO model_versions (version_id, organization_id, project_id, model_id, semver, artifact_uri, framework)
SELECT pg_temp.id('version', i * 100 + v), m.organization_id, m.project_id, m.model_id, format('1.%s.0', v)::semver,
       's3://models/' || m.model_name || '/' || v, m.framework
  FROM generate_series(1, :models) AS i
  JOIN models m ON m.model_id = pg_temp.id('model', i),
       generate_series(1, CASE WHEN i % 1000 = 0 THEN 30 WHEN i % 10 = 0 THEN 2 ELSE 0 END) AS v;

INSERT INTO datasets (dataset_id, organization_id, project_id, dataset_name, display_name, description, storage_location, storage_format,
                      team_id, contains_pii, data_classification, deleted_at)
SELECT pg_temp.id('dataset', n), current_organization_id(), pg_temp.id('project', (1 + floor(20 * pg_temp.part(n, 21) ^ 3))::bigint),
       named.name, initcap(replace(named.name, '_', ' ')), described.description || CASE WHEN pg_temp.part(n, 25) < 0.001 THEN ' quasar' ELSE '' END,
       's3://data/' || n, 'parquet', pg_temp.id('team', (1 + floor(100 * pg_temp.part(n, 28) ^ 2))::bigint), pg_temp.part(n, 29) < 0.2,
       (ARRAY['internal', 'internal', 'confidential', 'public', 'restricted'])[1 + floor(5 * pg_temp.part(n, 30))::int],
       CASE WHEN pg_temp.part(n, 31) < 0.01 THEN now() END
  FROM pg_temp.names(:datasets, 22, '_') AS named JOIN pg_temp.descriptions(:datasets, 24) AS described USING (n);
INSERT INTO dataset_tags (dataset_id, tag_id, organization_id, project_id)
SELECT d.dataset_id, pg_temp.id('tag', t.n), d.organization_id, d.project_id
  FROM generate_series(1, :datasets) AS i
  JOIN datasets d ON d.dataset_id = pg_temp.id('dataset', i),
       LATERAL (SELECT n FROM generate_series(1, 20) AS n WHERE pg_temp.part(i, 2000 + n) < 0.5 / n ^ 2) AS t;

SELECT definition FROM indexes ORDER BY name \gexec

RESET ALL;
VACUUM ANALYZE;
