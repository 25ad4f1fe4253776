-- Searching by words and by parts of names.

CREATE OR REPLACE FUNCTION search_language() RETURNS regconfig
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $function$
        SELECT coalesce((SELECT (m.value #>> '{}')::regconfig FROM mlregistry.registry_meta m WHERE m.key = 'fts_language'),
                        'pg_catalog.english'::regconfig)
    $function$;
COMMENT ON FUNCTION search_language() IS 'text search configuration of the registry''s full-text indexes, chosen by install(fts_language => ...)';

CREATE OR REPLACE FUNCTION name_grams(a text, b text) RETURNS integer[]
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME', 'mlregistry_name_grams';
COMMENT ON FUNCTION name_grams(text, text) IS 'grams of two and of three bytes of two names, ASCII letters in lower case: what indexes for substrings hold';

CREATE OR REPLACE FUNCTION name_query_grams(part text) RETURNS integer[]
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME', 'mlregistry_name_query_grams';
COMMENT ON FUNCTION name_query_grams(text) IS 'grams that every name has in which the text occurs; NULL for less than two bytes';

CREATE OR REPLACE FUNCTION search_text(search text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    BEGIN
        IF search IS NULL THEN
            RAISE EXCEPTION 'the text that is sought must not be NULL' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        IF btrim(search) = '' OR length(search) > 1000 THEN
            RAISE EXCEPTION 'the text that is sought has % characters', length(btrim(search))
                USING ERRCODE = 'invalid_parameter_value', HINT = 'Give 1 to 1000 characters: words, "a phrase", or, -without, or a part of a name.';
        END IF;
        RETURN btrim(search);
    END
    $function$;
COMMENT ON FUNCTION search_text(text) IS 'the text that is sought without blanks at its ends; raises 22023 when nothing is left or it is too long';

-- The condition by which idx_..._search and idx_..._grams find rows: words in names and description, or a part of a name.
CREATE OR REPLACE FUNCTION search_condition(search text, name_column text, display_column text, description_column text) RETURNS text
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    BEGIN
        -- The part of a name first: it costs a tenth of what words do where rows are looked at.
        RETURN format('%s OR %s', search_part_condition(search, name_column, display_column),
                      search_words_condition(search, name_column, display_column, description_column));
    END
    $function$;
COMMENT ON FUNCTION search_condition(text, text, text, text) IS 'SQL condition: the words are in names or description, or the text is part of a name';

CREATE OR REPLACE FUNCTION search_words_condition(search text, name_column text, display_column text, description_column text) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
        SELECT format('to_tsvector(%1$L::regconfig, %2$s || '' '' || %3$s || '' '' || coalesce(%4$s, '''')) @@ websearch_to_tsquery(%1$L::regconfig, %5$L)',
                      search_language()::text, name_column, display_column, description_column, search)
    $function$;
COMMENT ON FUNCTION search_words_condition(text, text, text, text) IS 'SQL condition: the words, as websearch_to_tsquery reads them, are in names or description';

CREATE OR REPLACE FUNCTION search_part_condition(search text, name_column text, display_column text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
        SELECT CASE WHEN octet_length(search) < 2 THEN format('%s = %L', name_column, lower(search COLLATE "C"))
                    ELSE format('(mlregistry.name_grams(%1$s, %2$s) @> %3$L::integer[] AND position(%4$L IN lower((%1$s || chr(10) || %2$s) COLLATE "C")) > 0)',
                                name_column, display_column, name_query_grams(search), lower(search COLLATE "C")) END
    $function$;
COMMENT ON FUNCTION search_part_condition(text, text, text) IS 'SQL condition: the text occurs in one of the names, ASCII letters in either case; a single byte must be the name';

-- Words and parts of names are found by indexes whose operators row security does not trust: for a role that is subject to it
-- they would read every row. So these run as the owner of the tables, and ask for themselves: for the right to read the
-- table, and for the projects that are open to the one who calls.
CREATE OR REPLACE FUNCTION readable_condition(project_column text, scope text) RETURNS text
    LANGUAGE sql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp
    AS $function$
        SELECT CASE WHEN mlregistry.bypasses_access() THEN ''
                    ELSE format(' AND %s = ANY (%L)', project_column, mlregistry.allowed_projects('read', scope)) END
    $function$;
COMMENT ON FUNCTION readable_condition(text, text) IS 'SQL condition that restricts a query to what the acting one may read, for functions that row security does not see';

CREATE OR REPLACE FUNCTION ranked_models(
        search text,
        organization uuid,
        project uuid,
        active boolean,
        max_rows bigint,
        after_id uuid,
        OUT page_ids uuid[],
        OUT ranks real[])
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    SET client_min_messages = warning -- no notices about stop words
    AS $function$
    #variable_conflict use_variable
    DECLARE
        as_owner constant text := mlregistry.act_as_owner(); -- before any look at a table
        most constant integer := 120; -- so many of each way are ranked
        name constant text := lower(search COLLATE "C");
        phrase constant text := substring(lower(search COLLATE "C") FROM '^"([^"]+)"$'); -- when it is nothing else
        candidates text;
        words text;
        ranked text;
    BEGIN
        PERFORM mlregistry.require_privilege('models', 'SELECT');
        candidates := concat(
            format('FROM mlregistry.models m WHERE m.organization_id = %L AND m.deleted_at IS NULL', organization),
            mlregistry.readable_condition('m.project_id', 'models'),
            CASE WHEN active THEN ' AND m.is_active' WHEN NOT active THEN ' AND NOT m.is_active' END,
            CASE WHEN project IS NOT NULL THEN format(' AND m.project_id = %L', project)
                 -- Before the limit: what is in deleted projects must not take the place of what is there.
                 ELSE (SELECT format(' AND m.project_id <> ALL (%L)', array_agg(p.project_id))
                         FROM mlregistry.projects p
                        WHERE p.organization_id = organization AND p.deleted_at IS NOT NULL
                       HAVING count(*) > 0) END);
        -- The name itself 5, its beginning 4, a part of it 3, a part of the display name 2; to each the weight of the words
        -- is added, which is below 1. Of equals the shorter name is nearer.
        ranked := format(
            'SELECT (CASE WHEN m.model_name = %1$L THEN 5
                          WHEN starts_with(m.model_name, %1$L) THEN 4
                          WHEN position(%1$L IN m.model_name) > 0 THEN 3
                          WHEN position(%1$L IN lower(m.display_name COLLATE "C")) > 0 THEN 2
                          ELSE 0 END
                     + ts_rank(to_tsvector(%2$L::regconfig, m.model_name || '' '' || m.display_name || '' '' || left(coalesce(m.description, ''''), 250)),
                               websearch_to_tsquery(%2$L::regconfig, %3$L), 32))::real AS rank,
                    p.slug, m.model_name, m.model_id, length(m.model_name) AS name_length
               FROM mlregistry.models m
               JOIN mlregistry.projects p ON p.project_id = m.project_id AND p.deleted_at IS NULL',
            name, mlregistry.search_language()::text, search);
        words := mlregistry.search_words_condition(search, 'm.model_name', 'm.display_name', 'm.description');
        EXECUTE format(
            'WITH spelled AS MATERIALIZED (%9$s),
             hits AS (
                 (SELECT m.model_id %1$s AND m.model_name = %2$L)
                 UNION
                 (SELECT n.model_id FROM (SELECT m.model_id, m.model_name %1$s AND m.model_name >= %2$L ORDER BY m.model_name LIMIT %5$s) AS n
                   WHERE starts_with(n.model_name, %2$L))
                 UNION
                 (SELECT m.model_id %1$s AND %3$s LIMIT %5$s)
                 UNION
                 SELECT s.model_id FROM spelled s
                 UNION
                 (SELECT m.model_id %1$s AND %4$s AND (SELECT count(*) FROM spelled) < %5$s LIMIT %5$s)),
             last_seen AS (%6$s WHERE m.model_id = (SELECT m.model_id %1$s AND m.model_id = %7$L)),
             page AS (SELECT r.*
                        FROM (%6$s WHERE m.model_id IN (SELECT h.model_id FROM hits h)) AS r
                       WHERE %7$L::uuid IS NULL
                          OR (-r.rank, r.name_length, r.slug, r.model_name) > (SELECT -s.rank, s.name_length, s.slug, s.model_name FROM last_seen s)
                       ORDER BY r.rank DESC, r.name_length, r.slug, r.model_name
                       LIMIT %8$s)
             SELECT array_agg(page.model_id ORDER BY page.rank DESC, page.name_length, page.slug, page.model_name),
                    array_agg(page.rank ORDER BY page.rank DESC, page.name_length, page.slug, page.model_name)
               FROM page',
            candidates, name, mlregistry.search_part_condition(search, 'm.model_name', 'm.display_name'), words, most, ranked, after_id,
            coalesce(max_rows::text, 'ALL'),
            -- The index has words, not neighbours: to tell whether they are takes a text apart, which takes twenty times as
            -- long as to see that it has them as they are written. CASE: after the index, and one after the other.
            CASE WHEN phrase IS NULL THEN 'SELECT NULL::uuid AS model_id WHERE false'
                 ELSE format('SELECT m.model_id %s AND %s AND CASE WHEN position(%L IN lower(concat_ws('' '', m.model_name, m.display_name, m.description) COLLATE "C")) > 0 THEN %s END LIMIT %s',
                             candidates, regexp_replace(words, 'websearch_to_tsquery', 'plainto_tsquery'), phrase, words, most) END)
           INTO page_ids, ranks;
    END
    $function$;
COMMENT ON FUNCTION ranked_models(text, uuid, uuid, boolean, bigint, uuid) IS 'one page of what search_models() finds among what the acting one may read';

CREATE OR REPLACE FUNCTION search_models(
        search text,
        active boolean DEFAULT NULL,
        project text DEFAULT NULL,
        max_rows bigint DEFAULT 50,
        after text DEFAULT NULL)
    RETURNS TABLE (rank real, project_slug text, model_name text, display_name text, description text, team_name text, framework text,
                   is_active boolean, latest_version semver, tags text[], model_id uuid, project_id uuid)
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 50 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_variable
    DECLARE
        only_project uuid := project_filter(project);
        after_id uuid := CASE WHEN after IS NOT NULL THEN find_model(CASE WHEN position('/' IN after) > 0 THEN after ELSE concat_ws('/', project, after) END) END;
        ranked record := ranked_models(search_text(search), current_organization_id(), only_project, active, max_rows, after_id);
    BEGIN
        RETURN QUERY
            SELECT ranked.ranks[i.n], i.project_slug, i.model_name, i.display_name, i.description, i.team_name, i.framework, i.is_active,
                   i.latest_version, i.tags, i.model_id, i.project_id
              FROM (SELECT i.*, row_number() OVER () AS n FROM model_infos(ranked.page_ids) AS i) AS i;
    END
    $function$;
COMMENT ON FUNCTION search_models(text, boolean, text, bigint, text) IS 'models by words in names and description (as web searches are written) and by parts of names, best first: the name itself, its beginning, a part of it, a part of the display name, words; of each way at most 120 are ranked; for the next page give the last one seen as after, written project/name';
