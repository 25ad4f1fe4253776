-- Searching by words and by parts of names.

CREATE OR REPLACE FUNCTION search_language() RETURNS regconfig
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $function$
        SELECT coalesce((SELECT (m.value #>> '{}')::regconfig FROM mlregistry.registry_meta m WHERE m.key = 'fts_language'),
                        'pg_catalog.english'::regconfig)
    $function$;
COMMENT ON FUNCTION search_language() IS 'text search configuration of the registry''s full-text indexes, chosen by install(fts_language => …)';

CREATE OR REPLACE FUNCTION name_grams(a text, b text) RETURNS integer[]
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME', 'mlregistry_name_grams';
COMMENT ON FUNCTION name_grams(text, text) IS 'grams of two and of three bytes of two names, ASCII letters in lower case: what indexes for substrings hold';

CREATE OR REPLACE FUNCTION name_query_grams(part text) RETURNS integer[]
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME', 'mlregistry_name_query_grams';
COMMENT ON FUNCTION name_query_grams(text) IS 'grams that every name has in which the text occurs; NULL for less than two bytes';
