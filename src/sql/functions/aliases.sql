-- Aliases of versions.

CREATE OR REPLACE FUNCTION set_alias(model_id uuid, alias text, version text) RETURNS SETOF alias_info
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        wanted text := lower(btrim(alias, E' \t\n\x0B\f\r') COLLATE "C");
        model uuid;
        target uuid;
        set_id uuid;
        old_id uuid;
    BEGIN
        IF alias IS NULL OR version IS NULL THEN
            RAISE EXCEPTION 'an alias needs a name and a version' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        IF NOT is_valid_alias(wanted) THEN
            RAISE EXCEPTION 'invalid alias: "%"', shortened(alias)
                USING ERRCODE = 'check_violation',
                      CONSTRAINT = 'valid_alias', SCHEMA = 'mlregistry', TABLE = 'model_aliases',
                      DETAIL = 'An alias is 1 to 255 of a-z, 0-9, _ and -, begins with a letter or _, and reads neither as a version, a range, a stage nor latest.',
                      HINT = 'Names such as champion, candidate or stable are free.';
        END IF;
        model := live_model(model_id);
        -- Row security would hide the alias from the lock below, and this from its end.
        PERFORM require_access('write', 'versions', (SELECT m.project_id FROM models m WHERE m.model_id = model));
        -- Until the alias is ours: either new, or locked together with the version that it names so far. What it is to name is
        -- sought again each time: it may have been deleted while this waited for the alias.
        LOOP
            target := find_version(live_model(model_id), version);
            INSERT INTO model_aliases (organization_id, project_id, model_id, alias, version_id)
            SELECT v.organization_id, v.project_id, v.model_id, wanted, v.version_id
              FROM model_versions v
             WHERE v.version_id = target
            ON CONFLICT (model_id, alias) DO NOTHING
            RETURNING alias_id INTO set_id;
            EXIT WHEN set_id IS NOT NULL;
            SELECT a.alias_id, a.version_id INTO set_id, old_id
              FROM model_aliases a
             WHERE a.model_id = set_alias.model_id AND a.alias = wanted
               FOR UPDATE;
            CONTINUE WHEN NOT FOUND;
            UPDATE model_aliases a SET version_id = target WHERE a.alias_id = set_id AND a.version_id <> target;
            EXIT;
        END LOOP;
        RETURN QUERY
            SELECT p.slug, m.model_name, a.alias, v.semver, o.semver, a.set_by, a.set_at, v.version_id, m.model_id
              FROM model_aliases a
              JOIN model_versions v USING (version_id)
              LEFT JOIN model_versions o ON o.version_id = old_id
              JOIN models m ON m.model_id = a.model_id
              JOIN projects p ON p.project_id = m.project_id
             WHERE a.alias_id = set_id;
    END
    $function$;
COMMENT ON FUNCTION set_alias(uuid, text, text) IS 'points an alias of a model to a version: see set_alias(text, text, text)';

CREATE OR REPLACE FUNCTION set_alias(model text, alias text, version text) RETURNS SETOF alias_info
    LANGUAGE sql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
        SELECT * FROM set_alias(find_model(model), alias, version)
    $function$;
COMMENT ON FUNCTION set_alias(text, text, text) IS 'points an alias of a model, new or existing, to the version that a selector names';

CREATE OR REPLACE FUNCTION drop_alias(model_id uuid, alias text) RETURNS SETOF alias_info
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        wanted text := lower(btrim(alias, E' \t\n\x0B\f\r') COLLATE "C");
        model uuid := live_model(model_id);
        dropped record;
        near text;
    BEGIN
        IF alias IS NULL THEN
            RAISE EXCEPTION 'the alias must not be NULL' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        PERFORM require_access('write', 'versions', (SELECT m.project_id FROM models m WHERE m.model_id = model));
        DELETE FROM model_aliases a WHERE a.model_id = model AND a.alias = wanted RETURNING a.* INTO dropped;
        IF NOT FOUND THEN
            SELECT string_agg(a.alias, ', ' ORDER BY a.alias) INTO near
              FROM (SELECT a.alias FROM model_aliases a WHERE a.model_id = model ORDER BY a.alias LIMIT 20) AS a;
            RAISE EXCEPTION 'model "%" has no alias "%"',
                    (SELECT m.model_name FROM models m WHERE m.model_id = model), shortened(alias)
                USING ERRCODE = 'no_data_found',
                      HINT = coalesce('Its aliases are ' || near || '.', 'It has none.');
        END IF;
        -- In a statement of its own: while the deletion waited, the alias may have moved to a version that is newer than it.
        RETURN QUERY
            SELECT p.slug, m.model_name, dropped.alias, NULL::semver, v.semver, dropped.set_by, dropped.set_at, NULL::uuid, m.model_id
              FROM model_versions v
              JOIN models m USING (model_id)
              JOIN projects p ON p.project_id = m.project_id
             WHERE v.version_id = dropped.version_id;
    END
    $function$;
COMMENT ON FUNCTION drop_alias(uuid, text) IS 'drops an alias of a model: see drop_alias(text, text)';

CREATE OR REPLACE FUNCTION drop_alias(model text, alias text) RETURNS SETOF alias_info
    LANGUAGE sql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
        SELECT * FROM drop_alias(find_model(model), alias)
    $function$;
COMMENT ON FUNCTION drop_alias(text, text) IS 'drops an alias of a model and returns it, with the version that it named as previous_semver';
