-- Beside mlregistry's tables, filled by test/data/many-models.sql: what calls are compared with, and a timer of single calls.
CREATE EXTENSION pg_trgm SCHEMA public;
-- For operators, and for conditions as our functions write them.
ALTER DATABASE postgres SET search_path = pg_catalog, mlregistry, public;
SET search_path = pg_catalog, mlregistry, public;

-- Milliseconds of single calls; round 0 warms up.
CREATE TABLE bench.calls (measure text, side text, round int, wall float8, row_count int);

-- Calls a query so many times and fetches its rows. Each call is timed by the wall clock; CPU time only as the mean of all, and
-- not at all where it is little, as the kernel counts it in ticks of 4 ms.
CREATE FUNCTION bench.call(measure text, side text, round int, times int, query text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    cpu float8;
    wall timestamptz;
    found record;
    row_count int;
    walls float8[] := '{}';
BEGIN
    cpu := bench.cpu();
    FOR n IN 1..times LOOP
        wall := clock_timestamp();
        row_count := 0;
        FOR found IN EXECUTE query LOOP
            row_count := row_count + 1;
        END LOOP;
        walls := walls || (extract(epoch FROM clock_timestamp() - wall) * 1000)::float8;
    END LOOP;
    cpu := bench.cpu() - cpu;
    INSERT INTO bench.times SELECT measure, side, round, avg(w), CASE WHEN cpu >= 80 THEN cpu / times END FROM unnest(walls) AS w;
    INSERT INTO bench.calls SELECT measure, side, round, w, row_count FROM unnest(walls) AS w;
END
$$;

-- The columns of model_info for a page that a subquery has found, as somebody who knows what he does writes it: first the page,
-- then what costs something.
CREATE FUNCTION bench.by_hand(conditions text, page text DEFAULT 'ORDER BY p.slug, m.model_name LIMIT 50') RETURNS text
    LANGUAGE sql IMMUTABLE AS $$
    SELECT format(
        'SELECT m.slug, m.model_name, m.display_name, m.description, m.framework, m.risk_level, m.compliance_required, m.is_active,
                (SELECT v.semver FROM mlregistry.model_versions v
                  WHERE v.model_id = m.model_id AND v.deleted_at IS NULL AND v.status NOT IN (''deprecated'', ''archived'')
                  ORDER BY mlregistry.is_prerelease(v.semver), v.semver DESC LIMIT 1),
                (SELECT count(*) FROM mlregistry.model_versions v WHERE v.model_id = m.model_id AND v.deleted_at IS NULL),
                m.created_by, m.created_at, m.updated_at, m.metadata, m.model_id, m.project_id, t.team_name,
                ARRAY(SELECT g.tag_name FROM mlregistry.model_tags mt JOIN mlregistry.tags g USING (tag_id) WHERE mt.model_id = m.model_id ORDER BY g.tag_name)
           FROM (SELECT m.*, p.slug
                   FROM mlregistry.models m JOIN mlregistry.projects p USING (project_id)
                  WHERE m.organization_id = %L AND m.deleted_at IS NULL AND p.deleted_at IS NULL AND %s
                  %s) AS m
           LEFT JOIN mlregistry.teams t USING (team_id)', mlregistry.current_organization_id(), conditions, page)
$$;
CREATE FUNCTION bench.tags_by_hand(tag_names text[], how text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE how
        WHEN 'having' THEN format('m.model_id IN (SELECT mt.model_id FROM mlregistry.model_tags mt JOIN mlregistry.tags g USING (tag_id)
                                                   WHERE g.tag_name = ANY (%L) GROUP BY mt.model_id HAVING count(*) = %s)', tag_names, cardinality(tag_names))
        ELSE (SELECT format('m.model_id IN (%s)', string_agg(format(
                  'SELECT mt.model_id FROM mlregistry.model_tags mt JOIN mlregistry.tags g USING (tag_id) WHERE g.tag_name = %L', w), ' INTERSECT '))
                FROM unnest(tag_names) AS w) END
$$;
-- The words: as no index has them, and as idx_models_search has them.
CREATE FUNCTION bench.words_by_hand(words text, indexed boolean) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT bench.by_hand(format('to_tsvector(''english'', %s) @@ websearch_to_tsquery(''english'', %L)', e.expression, words),
                         format('ORDER BY ts_rank(to_tsvector(''english'', %s), websearch_to_tsquery(''english'', %L), 32) DESC, m.model_name LIMIT 50', e.expression, words))
      FROM (SELECT CASE WHEN indexed THEN 'm.model_name || '' '' || m.display_name || '' '' || coalesce(m.description, '''')'
                        ELSE 'concat_ws('' '', m.model_name, m.display_name, m.description)' END) AS e (expression)
$$;

-- What is measured: ours, and the others.
CREATE TABLE bench.sides (n int GENERATED ALWAYS AS IDENTITY, measure text, side text, query text);
INSERT INTO bench.sides (measure, side, query)
SELECT m.measure, s.side, s.query
  FROM (VALUES
        (1, 'list, page 1', 'max_rows => 50', 'true', 0),
        (2, 'list, page 1000', format('max_rows => 50, after => %L', (SELECT project_slug || '/' || model_name FROM mlregistry.list_models(max_rows => 49950) OFFSET 49949)), 'true', 49950),
        (3, 'list, risk', 'risk => ''critical'', max_rows => 50', 'm.risk_level = ''critical''', 0),
        (4, 'list, big team', 'team => ''team-001'', max_rows => 50', 'm.team_id = (SELECT team_id FROM mlregistry.teams WHERE team_name = ''team-001'')', 0),
        (5, 'list, small team', 'team => ''team-090'', max_rows => 50', 'm.team_id = (SELECT team_id FROM mlregistry.teams WHERE team_name = ''team-090'')', 0))
       AS m (n, measure, arguments, conditions, skipped),
       LATERAL (VALUES ('ours', format('SELECT * FROM mlregistry.list_models(%s)', m.arguments)),
                       ('offset', bench.by_hand(m.conditions, format('ORDER BY p.slug, m.model_name LIMIT 50 OFFSET %s', m.skipped)))) AS s (side, query)
 ORDER BY m.n;
INSERT INTO bench.sides (measure, side, query)
SELECT m.measure, s.side, s.query
  FROM (VALUES
        (1, 'tags, 1 on half', '{tag-001}'), (2, 'tags, 1 on 2 %', '{tag-012}'), (3, 'tags, 1 on ten models', '{tag-200}'),
        (4, 'tags, 2 frequent', '{tag-001,tag-002}'), (5, 'tags, 3 frequent', '{tag-001,tag-002,tag-003}'), (6, 'tags, 2 on 8 %', '{tag-005,tag-006}'),
        (7, 'tags, frequent and rare', '{tag-001,tag-150}'), (8, 'tags, 2 exclusive', '{left,right}'), (9, 'tags, last projects', '{at-end}'),
        (10, 'tags, last names', '{by-name}'), (11, 'tags, last names and half', '{by-name,tag-001}'))
       AS m (n, measure, tags),
       LATERAL (VALUES ('ours', format('SELECT * FROM mlregistry.models_with_tags(%L, max_rows => 50)', m.tags)),
                       ('having', bench.by_hand(bench.tags_by_hand(m.tags::text[], 'having'))),
                       ('intersect', bench.by_hand(bench.tags_by_hand(m.tags::text[], 'intersect')))) AS s (side, query)
 ORDER BY m.n;
INSERT INTO bench.sides (measure, side, query) VALUES
    ('tags, any of 2', 'ours', 'SELECT * FROM mlregistry.models_with_tags(any_of => ''{left,right}'', max_rows => 50)'),
    ('tags, any of 2', 'hand', bench.by_hand('EXISTS (SELECT FROM mlregistry.model_tags mt JOIN mlregistry.tags g USING (tag_id)
                                                       WHERE mt.model_id = m.model_id AND g.tag_name IN (''left'', ''right''))'));
INSERT INTO bench.sides (measure, side, query)
SELECT m.measure, s.side, s.query
  FROM (VALUES (1, 'words, 1 frequent', 'fraud'), (2, 'words, 1 rare', 'quasar'), (3, 'words, 3', 'fraud churn credit'), (4, 'words, phrase', '"fraud churn"'))
       AS m (n, measure, words),
       LATERAL (VALUES ('ours', format('SELECT * FROM mlregistry.search_models(%L)', m.words)),
                       ('unindexed', bench.words_by_hand(m.words, false)),
                       ('indexed', bench.words_by_hand(m.words, true))) AS s (side, query)
 ORDER BY m.n;

-- Names alone, with an index of each kind.
CREATE TABLE bench.names AS SELECT model_id, model_name, display_name FROM mlregistry.models;
CREATE INDEX names_grams ON bench.names USING gin (mlregistry.name_grams(model_name, display_name));
CREATE INDEX names_trgm ON bench.names USING gin (model_name gin_trgm_ops, display_name gin_trgm_ops);
INSERT INTO bench.sides (measure, side, query)
SELECT m.measure, s.side, s.query
  FROM (VALUES (1, 'part, 2 characters', 'ra'), (2, 'part, 3 characters', 'fra'), (3, 'part, 7 characters', 'raud-ch'), (4, 'part, 4, few hits', '0001'), (5, 'part, no hits', 'zzzzzz'))
       AS m (n, measure, part),
       LATERAL (VALUES ('ours', format('SELECT * FROM mlregistry.search_models(%L)', m.part)),
                       ('ilike', bench.by_hand(format('(m.model_name ILIKE %1$L OR m.display_name ILIKE %1$L)', '%' || m.part || '%'), 'ORDER BY m.model_name LIMIT 50')),
                       ('ilike+trgm', bench.by_hand(format('m.model_id IN (SELECT model_id FROM bench.names WHERE model_name ILIKE %1$L OR display_name ILIKE %1$L)', '%' || m.part || '%'),
                                                    'ORDER BY m.model_name LIMIT 50'))) AS s (side, query)
 ORDER BY m.n;
-- All candidates, counted: the index and the look at the names that it cannot do without.
INSERT INTO bench.sides (measure, side, query)
SELECT m.measure, s.side, s.query
  FROM (VALUES (1, 'candidates, 2 characters', 'ra'), (2, 'candidates, 3 characters', 'fra'), (3, 'candidates, 7 characters', 'raud-ch'), (4, 'candidates, 4, few hits', '0001'), (5, 'candidates, none', 'zzzzzz'))
       AS m (n, measure, part),
       LATERAL (VALUES ('grams', format('SELECT count(*) FROM bench.names n WHERE %s', mlregistry.search_part_condition(m.part, 'n.model_name', 'n.display_name'))),
                       ('trgm', format('SELECT count(*) FROM bench.names n WHERE n.model_name ILIKE %1$L OR n.display_name ILIKE %1$L', '%' || m.part || '%'))) AS s (side, query)
 ORDER BY m.n;

-- For inserting: models without foreign keys and triggers, with all indexes, with all but those for searching, and between.
CREATE TABLE bench.both (LIKE mlregistry.models INCLUDING ALL);
CREATE TABLE bench.neither (LIKE mlregistry.models INCLUDING ALL);
CREATE TABLE bench.words_only (LIKE mlregistry.models INCLUDING ALL);
CREATE TABLE bench.grams_only (LIKE mlregistry.models INCLUDING ALL);
CREATE TABLE bench.trgm_only (LIKE mlregistry.models INCLUDING ALL);
SELECT format('DROP INDEX %s', i.indexrelid::regclass)
  FROM pg_index i
 WHERE (pg_get_indexdef(i.indexrelid) ~ 'name_grams' AND i.indrelid IN ('bench.neither'::regclass, 'bench.words_only'::regclass, 'bench.trgm_only'::regclass))
    OR (pg_get_indexdef(i.indexrelid) ~ 'to_tsvector' AND i.indrelid IN ('bench.neither'::regclass, 'bench.grams_only'::regclass, 'bench.trgm_only'::regclass)) \gexec
CREATE INDEX ON bench.trgm_only USING gin (model_name gin_trgm_ops, display_name gin_trgm_ops);
VACUUM ANALYZE;
