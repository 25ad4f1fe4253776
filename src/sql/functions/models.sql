-- Models: registering and listing.

-- Many at once, as lists need them: a function call for each row would take most of the time of a page.
CREATE OR REPLACE FUNCTION model_infos(model_ids uuid[]) RETURNS SETOF model_info
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 50 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    BEGIN
        RETURN QUERY
            SELECT p.slug, m.model_name, m.display_name, m.description, m.framework, m.risk_level, m.compliance_required, m.is_active,
                   -- The latest version, as latest_version_id() finds it: releases are asked for before prereleases.
                   coalesce((SELECT v.semver FROM model_versions v
                              WHERE v.model_id = m.model_id AND v.deleted_at IS NULL AND v.status NOT IN ('deprecated', 'archived')
                                AND NOT is_prerelease(v.semver)
                              ORDER BY v.semver DESC LIMIT 1),
                            (SELECT v.semver FROM model_versions v
                              WHERE v.model_id = m.model_id AND v.deleted_at IS NULL AND v.status NOT IN ('deprecated', 'archived')
                              ORDER BY v.semver DESC LIMIT 1)),
                   (SELECT count(*) FROM model_versions v WHERE v.model_id = m.model_id AND v.deleted_at IS NULL),
                   m.created_by, m.created_at, m.updated_at, m.metadata, m.model_id, m.project_id, t.team_name,
                   ARRAY(SELECT g.tag_name FROM model_tags mt JOIN tags g USING (tag_id) WHERE mt.model_id = m.model_id ORDER BY g.tag_name)
              FROM unnest(model_ids) WITH ORDINALITY AS wanted (model_id, n)
              JOIN models m ON m.model_id = wanted.model_id
              JOIN projects p ON p.project_id = m.project_id
              LEFT JOIN teams t ON t.team_id = m.team_id
             ORDER BY wanted.n;
    END
    $function$;
COMMENT ON FUNCTION model_infos(uuid[]) IS 'complete rows of models in the order of their identifiers, none where there is no such model';

CREATE OR REPLACE FUNCTION model_info(model_id uuid) RETURNS model_info
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    DECLARE
        info model_info;
    BEGIN
        SELECT i.* INTO info FROM model_infos(ARRAY[model_id]) AS i;
        RETURN info;
    END
    $function$;
COMMENT ON FUNCTION model_info(uuid) IS 'complete row of one model, NULL when there is none';

CREATE OR REPLACE FUNCTION register_model(
        model_name text,
        display_name text DEFAULT NULL,
        description text DEFAULT NULL,
        framework text DEFAULT NULL,
        project text DEFAULT NULL,
        objective text DEFAULT NULL,
        use_case text DEFAULT NULL,
        model_type text DEFAULT NULL,
        task_type text DEFAULT NULL,
        risk_level text DEFAULT 'medium',
        compliance_required boolean DEFAULT false,
        primary_contact text DEFAULT NULL,
        github_repo text DEFAULT NULL,
        documentation_url text DEFAULT NULL,
        model_card_url text DEFAULT NULL,
        metadata jsonb DEFAULT NULL,
        original_name text DEFAULT NULL,
        if_exists text DEFAULT 'error',
        team text DEFAULT NULL,
        tags text[] DEFAULT NULL) RETURNS SETOF model_info
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        in_project uuid := find_project(project);
        of_team uuid := CASE WHEN team IS NOT NULL THEN find_team(team) END;
        new_id uuid;
        taken record;
        info model_info;
    BEGIN
        IF model_name IS NULL THEN
            RAISE EXCEPTION 'a model needs a name' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        IF in_project IS NULL THEN
            RAISE EXCEPTION 'there is no current project'
                USING ERRCODE = 'object_not_in_prerequisite_state',
                      HINT = 'Name one with project => ..., or choose one with use_project().';
        END IF;
        PERFORM require_if_exists(if_exists);
        -- The name alone: a reference "project/name" here would be somebody's mistake.
        IF NOT is_valid_name(model_name) THEN
            RAISE EXCEPTION 'invalid model name: "%"', shortened(model_name)
                USING ERRCODE = 'check_violation',
                      CONSTRAINT = 'valid_model_name', SCHEMA = 'mlregistry', TABLE = 'models',
                      DETAIL = why_invalid('is_valid_name', model_name),
                      HINT = 'Keep the foreign spelling in original_name, and what people read in display_name.';
        END IF;
        PERFORM require_access('write', 'models', in_project);
        LOOP
            INSERT INTO models (organization_id, project_id, model_name, display_name, description, framework, objective, use_case,
                                model_type, task_type, risk_level, compliance_required, primary_contact, github_repo,
                                documentation_url, model_card_url, metadata, original_name, team_id)
            VALUES (current_organization_id(), in_project, register_model.model_name, register_model.display_name,
                    register_model.description, register_model.framework, register_model.objective, register_model.use_case,
                    register_model.model_type, register_model.task_type, register_model.risk_level,
                    register_model.compliance_required, register_model.primary_contact, register_model.github_repo,
                    register_model.documentation_url, register_model.model_card_url, coalesce(register_model.metadata, '{}'),
                    register_model.original_name, of_team)
            ON CONFLICT (organization_id, project_id, model_name) WHERE deleted_at IS NULL DO NOTHING
            RETURNING model_id INTO new_id;
            IF new_id IS NOT NULL THEN
                -- In one order everywhere, so that two registrations that create the same tags do not wait for each other.
                PERFORM tag_object('model', new_id, wanted.tag_name, create_missing => true)
                   FROM (SELECT DISTINCT t.tag_name FROM unnest(register_model.tags) AS t (tag_name) ORDER BY t.tag_name) AS wanted;
                info := model_info(new_id);
                EXIT;
            END IF;

            SELECT m.* INTO taken
              FROM models m
             WHERE m.organization_id = current_organization_id() AND m.project_id = in_project
               AND m.model_name = register_model.model_name AND m.deleted_at IS NULL;
            CONTINUE WHEN NOT FOUND; -- deleted meanwhile: the name is free again
            IF if_exists = 'error' THEN
                RAISE EXCEPTION 'model "%" already exists', model_name
                    USING ERRCODE = 'unique_violation',
                          CONSTRAINT = 'unique_model_name', SCHEMA = 'mlregistry', TABLE = 'models',
                          DETAIL = format('It was created by %s at %s.', taken.created_by, taken.created_at),
                          HINT = 'Take what is there with if_exists => ''return''.';
            END IF;
            info := model_info(taken.model_id);
            EXIT WHEN info.model_id IS NOT NULL; -- NULL: it went this very moment
        END LOOP;
        RETURN NEXT info;
    END
    $function$;
COMMENT ON FUNCTION register_model(text, text, text, text, text, text, text, text, text, text, boolean, text, text, text, text, jsonb, text, text, text, text[]) IS 'registers a model in a project (NULL: the current one), with tags, which are created where they are missing; if_exists => ''return'' gives the one that is there, unchanged';

-- One page of models by project and name. Project after project, until the page is full: where the tags leave few of a
-- project's models, these are looked up and sorted; otherwise its names are walked along. The first names are asked for their
-- tags one by one, which is the end of it where a tag has no part in the order; names behind these are compared with all that
-- has the tags. The statement is put together for each call, so that it is planned for these very tags, and never scans the
-- table, which would not end with the page.
CREATE OR REPLACE FUNCTION models_page(
        active boolean,
        team uuid,
        risk text,
        all_tags uuid[],
        any_tags uuid[],
        project uuid,
        max_rows bigint,
        after text) RETURNS SETOF model_info
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp SET enable_seqscan = off
    SET enable_bitmapscan = off -- nor an index of all models to its end
    SET join_collapse_limit = 1 -- in the order that is written: thirty tags would take long to plan
    AS $function$
    #variable_conflict use_variable
    DECLARE
        after_slug text;
        after_model text := '';
        few constant bigint := 100; -- so many look-ups cost what it costs to find 50 among 6,000 names
        first_names constant bigint := 600; -- so many look-ups cost what it costs to read a tag of 5,000 models
        most text := coalesce(max_rows::text, 'ALL');
        keys text; -- of the models of project p, by idx_models_page alone
        filters text; -- on other columns
        filtered text := ''; -- the same for a name
        -- OFFSET 0: one look-up for each, not a join that reads all of the models.
        has_tag constant text := ' AND EXISTS (SELECT FROM model_tags t WHERE t.model_id = %s.model_id AND t.tag_id = %s OFFSET 0)';
        tagged text; -- what has all_tags, or one of any_tags when these are NULL
        are_tagged text; -- the same for a name
        rarest text; -- what has the first of all_tags, or one of any_tags
        have_other_tags text := ''; -- the rest of are_tagged
        names constant text := 'SELECT m.model_name, m.model_id FROM models m WHERE %s ORDER BY m.model_name';
        walk text;
        page_ids uuid[];
    BEGIN
        IF after IS NOT NULL THEN
            SELECT coalesce(r.project, here.slug), r.model INTO after_slug, after_model
              FROM parse_reference(after) AS r
              LEFT JOIN projects here ON here.project_id = coalesce(project, current_project_id());
            IF after_slug IS NULL THEN
                RAISE EXCEPTION 'after names no project: "%"', shortened(after)
                    USING ERRCODE = 'invalid_parameter_value', HINT = 'There is no current project: write it project/name.';
            END IF;
        END IF;
        keys := concat(
            format('m.organization_id = %L AND m.project_id = p.project_id AND m.deleted_at IS NULL', current_organization_id()),
            CASE WHEN after_slug IS NOT NULL THEN format(' AND m.model_name > CASE WHEN p.slug = %L THEN %L ELSE '''' END', after_slug, after_model) END);
        filters := concat(
            CASE WHEN active THEN ' AND m.is_active' WHEN NOT active THEN ' AND NOT m.is_active' END,
            CASE WHEN team IS NOT NULL THEN format(' AND m.team_id = %L', team) END,
            CASE WHEN risk IS NOT NULL THEN format(' AND m.risk_level = %L', risk) END,
            CASE WHEN any_tags IS NOT NULL AND all_tags IS NOT NULL THEN format(has_tag, 'm', format('ANY (%L)', any_tags)) END);
        IF filters <> '' THEN
            filtered := format(' AND EXISTS (SELECT FROM models m WHERE m.model_id = n.model_id%s OFFSET 0)', filters);
        END IF;
        IF all_tags IS NOT NULL THEN
            -- Along the index of each tag at once, rare ones first.
            IF cardinality(all_tags) > 1 THEN
                all_tags := ARRAY(SELECT wanted.tag_id FROM unnest(all_tags) AS wanted (tag_id)
                                   ORDER BY (SELECT count(*) FROM (SELECT FROM model_tags t WHERE t.tag_id = wanted.tag_id LIMIT 30 * few) AS counted));
            END IF;
            SELECT format('SELECT t.model_id FROM model_tags t%s WHERE t.tag_id = %L',
                          string_agg(format(' JOIN model_tags t%1$s ON t%1$s.tag_id = %2$L AND t%1$s.project_id = t.project_id AND t%1$s.model_id = t.model_id',
                                            wanted.n, wanted.tag_id), '' ORDER BY wanted.n) FILTER (WHERE wanted.n > 1),
                          all_tags[1]),
                   string_agg(format(has_tag, 'n', quote_literal(wanted.tag_id)), '' ORDER BY wanted.n),
                   string_agg(format(has_tag, 'n', quote_literal(wanted.tag_id)), '' ORDER BY wanted.n) FILTER (WHERE wanted.n > 1)
              INTO tagged, are_tagged, have_other_tags
              FROM unnest(all_tags) WITH ORDINALITY AS wanted (tag_id, n);
            rarest := format('SELECT t.model_id FROM model_tags t WHERE t.tag_id = %L', all_tags[1]);
        ELSIF any_tags IS NOT NULL THEN
            tagged := format('SELECT t.model_id FROM model_tags t WHERE t.tag_id = ANY (%L)', any_tags);
            are_tagged := format(has_tag, 'n', format('ANY (%L)', any_tags));
            rarest := tagged;
        END IF;
        IF tagged IS NULL THEN
            walk := format(names || ' LIMIT %s', keys || filters, most);
        ELSE
            -- What no column of models has a part in is asked before anything is read. Parts that are appended run one after
            -- the other: the last one only where the names before it do not fill the page. Its EXISTS stands in a CASE to be
            -- no join: a table of all that is tagged, made once, while names come in their order.
            walk := format(
                'SELECT found.model_name, found.model_id
                   FROM (SELECT array_agg(DISTINCT t.model_id) AS ids, count(*) < %1$s AS are_all
                           FROM (%2$s AND t.project_id = p.project_id LIMIT %1$s) AS t) AS tagged,
                        LATERAL ((SELECT m.model_name, m.model_id
                                    FROM unnest(tagged.ids) AS t (model_id), LATERAL (SELECT m.* FROM models m WHERE m.model_id = t.model_id OFFSET 0) AS m
                                   WHERE tagged.are_all AND %3$s
                                   ORDER BY m.model_name LIMIT %4$s)
                                 UNION ALL
                                 (SELECT walked.model_name, walked.model_id
                                    FROM ((SELECT n.model_name, n.model_id FROM (%5$s LIMIT %6$s) AS n WHERE true%7$s%8$s
                                            ORDER BY n.model_name LIMIT %4$s)
                                          UNION ALL
                                          (SELECT n.model_name, n.model_id FROM (%9$s) AS n WHERE true%10$s%8$s
                                            ORDER BY n.model_name LIMIT %4$s)) AS walked
                                   WHERE NOT tagged.are_all
                                   LIMIT %4$s)) AS found',
                few, tagged, keys || filters, most, format(names, keys), first_names, are_tagged, filtered,
                format(names, format('%s AND m.model_name > (%s OFFSET %s LIMIT 1) AND CASE WHEN EXISTS (%s AND t.model_id = m.model_id) THEN true END',
                                     keys, replace(format(names, keys), 'm.model_name, m.model_id', 'm.model_name'), first_names - 1, rarest)),
                have_other_tags);
        END IF;
        EXECUTE format(
            'SELECT array_agg(page.model_id ORDER BY page.slug, page.model_name)
               FROM (SELECT p.slug, listed.model_name, listed.model_id
                       FROM projects p, LATERAL (%1$s) AS listed
                      WHERE p.organization_id = %2$L AND p.deleted_at IS NULL%3$s
                      ORDER BY p.slug, listed.model_name
                      LIMIT %4$s) AS page',
            walk, current_organization_id(),
            concat(CASE WHEN project IS NOT NULL THEN format(' AND p.project_id = %L', project) END,
                   CASE WHEN after_slug IS NOT NULL THEN format(' AND p.slug >= %L', after_slug) END),
            most)
           INTO page_ids;
        RETURN QUERY SELECT * FROM model_infos(page_ids);
    END
    $function$;
COMMENT ON FUNCTION models_page(boolean, uuid, text, uuid[], uuid[], uuid, bigint, text) IS 'one page of models by project and name: what list_models() and models_with_tags() have in common';

CREATE OR REPLACE FUNCTION list_models(
        active boolean DEFAULT NULL,
        team text DEFAULT NULL,
        risk text DEFAULT NULL,
        tag text DEFAULT NULL,
        project text DEFAULT NULL,
        max_rows bigint DEFAULT NULL,
        after text DEFAULT NULL) RETURNS SETOF model_info
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    BEGIN
        IF risk NOT IN ('low', 'medium', 'high', 'critical') THEN
            RAISE EXCEPTION 'unknown risk level: "%"', shortened(risk)
                USING ERRCODE = 'invalid_parameter_value', HINT = 'The risk levels are low, medium, high and critical.';
        END IF;
        RETURN QUERY
            SELECT * FROM models_page(active, CASE WHEN team IS NOT NULL THEN find_team(team) END, risk,
                                      CASE WHEN tag IS NOT NULL THEN ARRAY[find_tag(tag)] END, NULL, project_filter(project), max_rows, after);
    END
    $function$;
COMMENT ON FUNCTION list_models(boolean, text, text, text, text, bigint, text) IS 'models of the organization by project and name; for the next page give the last one seen as after, written project/name';

CREATE OR REPLACE FUNCTION archive_model(model_id uuid, reason text DEFAULT NULL) RETURNS SETOF model_info
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        model uuid := live_model(model_id);
    BEGIN
        -- Row security lets an UPDATE pass by what may not be changed, without a word.
        PERFORM require_access('write', 'models', (SELECT m.project_id FROM models m WHERE m.model_id = model));
        UPDATE models m
           SET is_active = false, archived_reason = reason
         WHERE m.model_id = model AND m.is_active;
        RETURN NEXT model_info(model);
    END
    $function$;
COMMENT ON FUNCTION archive_model(uuid, text) IS 'archives a model: see archive_model(text, text)';

CREATE OR REPLACE FUNCTION archive_model(model text, reason text DEFAULT NULL) RETURNS SETOF model_info
    LANGUAGE sql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
        SELECT * FROM archive_model(find_model(model), reason)
    $function$;
COMMENT ON FUNCTION archive_model(text, text) IS 'archives a model: it keeps its versions and resolves by name, but is in no list of active or latest ones; an archived one is returned as it is';

CREATE OR REPLACE FUNCTION restore_model(model_id uuid) RETURNS SETOF model_info
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        in_project uuid;
    BEGIN
        IF model_id IS NULL THEN
            RAISE EXCEPTION 'a model identifier must not be NULL' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        SELECT m.project_id INTO in_project FROM models m WHERE m.model_id = restore_model.model_id;
        IF FOUND THEN
            PERFORM require_access('write', 'models', in_project);
        END IF;
        UPDATE models m
           SET is_active = true, deleted_at = NULL
         WHERE m.model_id = restore_model.model_id AND (NOT m.is_active OR m.deleted_at IS NOT NULL);
        RETURN NEXT model_info(live_model(model_id));
    END
    $function$;
COMMENT ON FUNCTION restore_model(uuid) IS 'takes back the archiving and the soft deletion of a model; 23505 when its name was taken meanwhile';

CREATE OR REPLACE FUNCTION restore_model(model text) RETURNS SETOF model_info
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        ref record;
        in_project uuid;
        deleted uuid[];
    BEGIN
        IF model IS NULL THEN
            RAISE EXCEPTION 'a model reference must not be NULL' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        ref := parse_reference(model);
        in_project := find_project(ref.project);
        IF EXISTS (SELECT FROM models m
                    WHERE m.organization_id = current_organization_id() AND m.project_id = in_project
                      AND m.model_name = ref.model AND m.deleted_at IS NULL) THEN
            RETURN QUERY SELECT * FROM restore_model(find_model(model));
            RETURN;
        END IF;
        deleted := ARRAY(SELECT m.model_id FROM models m
                          WHERE m.organization_id = current_organization_id() AND m.project_id = in_project
                            AND m.model_name = ref.model AND m.deleted_at IS NOT NULL
                          ORDER BY m.deleted_at DESC);
        IF cardinality(deleted) > 1 THEN
            RAISE EXCEPTION '% deleted models had the name "%"', cardinality(deleted), shortened(model)
                USING ERRCODE = 'invalid_parameter_value',
                      HINT = format('Name one by its identifier: restore_model(%L), the one that was deleted last.', deleted[1]);
        END IF;
        -- find_model() says what is wrong when there is none at all.
        RETURN QUERY SELECT * FROM restore_model(coalesce(deleted[1], find_model(model)));
    END
    $function$;
COMMENT ON FUNCTION restore_model(text) IS 'takes back the archiving of a model, or the soft deletion of the one that had the name';
