-- Lineage: what something came from, and what came from it.
--
-- Nodes are datasets, runs, versions and deployments; upstream is towards what something came from. The walk reads lineage_edges in C,
-- level by level (src/pg/lineage_walk.cpp), and shows of each end what the caller may see of it.

CREATE OR REPLACE FUNCTION lineage_start_of(kind text, id uuid) RETURNS boolean
    LANGUAGE sql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
        SELECT CASE kind
                   WHEN 'version' THEN EXISTS (SELECT FROM model_versions v WHERE v.organization_id = current_organization_id() AND v.version_id = lineage_start_of.id)
                   WHEN 'dataset' THEN EXISTS (SELECT FROM datasets d WHERE d.organization_id = current_organization_id() AND d.dataset_id = lineage_start_of.id)
                   WHEN 'run' THEN EXISTS (SELECT FROM training_runs r WHERE r.organization_id = current_organization_id() AND r.run_id = lineage_start_of.id)
                   ELSE EXISTS (SELECT FROM deployments d WHERE d.organization_id = current_organization_id() AND d.deployment_id = lineage_start_of.id) END
            OR EXISTS (SELECT FROM lineage_edges l
                        WHERE l.organization_id = current_organization_id() AND l.child_kind = lineage_start_of.kind AND l.child_id = lineage_start_of.id)
            OR EXISTS (SELECT FROM lineage_edges l
                        WHERE l.organization_id = current_organization_id() AND l.parent_kind = lineage_start_of.kind AND l.parent_id = lineage_start_of.id)
    $function$;
COMMENT ON FUNCTION lineage_start_of(text, uuid) IS 'whether there is, or was, a dataset, run, version or deployment of the current organization, as far as the caller may see: it itself or one of its edges';

CREATE OR REPLACE FUNCTION lineage_start(reference text) RETURNS TABLE (kind text, id uuid)
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        word text := substring(reference FROM '^(dataset|run|version|deployment|experiment):');
        bare text := substr(reference, length(word) + 2);
        ref record;
    BEGIN
        IF reference IS NULL THEN
            RAISE EXCEPTION 'a reference must not be NULL' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        IF word IS NULL THEN
            id := quick_version_id(reference);
            IF id IS NULL THEN
                -- A version that was deleted and not registered again is still what others came from.
                IF reference ~ '^[a-z]+:' THEN
                    RAISE EXCEPTION 'invalid reference: "%"', shortened(reference)
                        USING ERRCODE = 'invalid_text_representation',
                              HINT = 'What has a lineage is written [project/]model[@selector], dataset:[project/]name, run:<uuid>, deployment:[project/]environment/name, experiment:[project/]name, version:<uuid>, dataset:<uuid> or deployment:<uuid>.';
                END IF;
                ref := parse_reference(reference);
                IF position('@' IN reference) = 0
                   AND NOT EXISTS (SELECT FROM models m WHERE m.project_id = find_project(ref.project) AND m.model_name = ref.model)
                   AND EXISTS (SELECT FROM datasets d WHERE d.project_id = find_project(ref.project) AND d.dataset_name = ref.model) THEN
                    RAISE EXCEPTION 'model "%" does not exist', ref.model
                        USING ERRCODE = 'no_data_found', HINT = format('There is a dataset of that name: dataset:%s.', reference);
                END IF;
                IF ref.selector_kind = 'exact' THEN
                    SELECT v.version_id INTO id
                      FROM models m
                      JOIN model_versions v USING (model_id)
                     WHERE m.organization_id = current_organization_id() AND m.project_id = find_project(ref.project) AND m.model_name = ref.model
                       AND v.semver = ref.selector::semver
                     ORDER BY v.deleted_at IS NULL AND m.deleted_at IS NULL DESC, v.deleted_at DESC NULLS FIRST, v.version_id
                     LIMIT 1;
                END IF;
                id := coalesce(id, find_version(reference));
            END IF;
            kind := 'version';
            RETURN NEXT;
            RETURN;
        END IF;

        kind := word;
        IF word = 'experiment' THEN
            id := find_experiment(reference);
            RETURN QUERY SELECT 'run', r.run_id FROM training_runs r WHERE r.experiment_id = lineage_start.id AND r.deleted_at IS NULL;
            RETURN;
        END IF;
        IF bare ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN
            IF current_organization_id() IS NULL THEN
                PERFORM find_project(NULL); -- says what is missing
            END IF;
            IF lineage_start_of(word, bare::uuid) THEN
                id := bare::uuid;
                RETURN NEXT;
                RETURN;
            END IF;
            IF word <> 'dataset' THEN
                RAISE EXCEPTION '% % does not exist', word, bare
                    USING ERRCODE = 'no_data_found',
                          HINT = 'What was deleted is found by its identifier while it has edges: v_lineage_edges.';
            END IF;
        END IF;
        CASE word
            WHEN 'version' THEN
                RAISE EXCEPTION 'invalid reference: "%"', shortened(reference)
                    USING ERRCODE = 'invalid_text_representation', HINT = 'A version is written [project/]model[@selector] or version:<uuid>.';
            WHEN 'run' THEN
                id := find_run(reference); -- says what is wrong
            WHEN 'dataset' THEN
                SELECT d.dataset_id INTO id
                  FROM projects p
                  JOIN datasets d USING (project_id)
                 WHERE p.organization_id = current_organization_id() AND d.dataset_name = substr(bare, position('/' IN bare) + 1)
                   AND CASE WHEN position('/' IN bare) > 0 THEN p.slug = split_part(bare, '/', 1) ELSE p.project_id = current_project_id() END
                 ORDER BY d.deleted_at DESC NULLS FIRST, d.dataset_id
                 LIMIT 1;
                id := coalesce(id, find_dataset(reference)); -- says what is wrong
            ELSE
                SELECT d.deployment_id INTO id
                  FROM parse_deployment(reference) AS sought
                  JOIN environments e ON e.organization_id = current_organization_id() AND e.environment_name = sought.environment
                  JOIN deployments d ON d.project_id = sought.in_project AND d.environment_id = e.environment_id AND d.deployment_name = sought.deployment_name
                 ORDER BY d.deleted_at DESC NULLS FIRST, d.status IN ('pending', 'deploying', 'active', 'degraded', 'terminating') DESC,
                          d.created_at DESC, d.deployment_id DESC
                 LIMIT 1;
                id := coalesce(id, find_deployment(reference));
        END CASE;
        RETURN NEXT;
    END
    $function$;
COMMENT ON FUNCTION lineage_start(text) IS 'nodes of lineage that a reference names: [project/]model[@selector], dataset:[project/]name, deployment:[project/]environment/name, run:uuid, version:uuid, dataset:uuid, deployment:uuid, or experiment:[project/]name for its runs; deleted ones too, where no other has the name, and by uuid as long as the caller may see an edge of them; P0002 when there is none';

CREATE OR REPLACE FUNCTION lineage_support(internal) RETURNS internal
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_lineage_support';
COMMENT ON FUNCTION lineage_support(internal) IS 'planner support of functions of lineage: as many rows as max_depth and max_nodes let expect';

CREATE OR REPLACE FUNCTION lineage_walk(
        start_kinds text[],
        start_ids uuid[],
        direction text DEFAULT 'upstream',
        max_depth integer DEFAULT NULL,
        relations text[] DEFAULT NULL,
        as_of timestamptz DEFAULT NULL,
        max_nodes integer DEFAULT 1000000)
    RETURNS TABLE (depth integer, kind text, id uuid, relation text, from_kind text, from_id uuid, is_hidden boolean)
    LANGUAGE C STABLE PARALLEL RESTRICTED COST 1000 ROWS 1000 SUPPORT lineage_support AS 'MODULE_PATHNAME', 'mlregistry_lineage_walk';
COMMENT ON FUNCTION lineage_walk(text[], uuid[], text, integer, text[], timestamptz, integer) IS 'what is reached from nodes by kind and identifier, without names, which is the fastest way: see lineage_nodes()';

CREATE OR REPLACE FUNCTION lineage_nodes(
        start_kinds text[],
        start_ids uuid[],
        direction text DEFAULT 'upstream',
        max_depth integer DEFAULT NULL,
        kinds text[] DEFAULT NULL,
        relations text[] DEFAULT NULL,
        as_of timestamptz DEFAULT NULL,
        max_nodes integer DEFAULT 1000000) RETURNS SETOF lineage_info
    LANGUAGE C STABLE PARALLEL RESTRICTED COST 2000 ROWS 1000 SUPPORT lineage_support AS 'MODULE_PATHNAME', 'mlregistry_lineage_nodes';
COMMENT ON FUNCTION lineage_nodes(text[], uuid[], text, integer, text[], text[], timestamptz, integer) IS 'what is reached from nodes by kind and identifier: see lineage()';

CREATE OR REPLACE FUNCTION lineage(
        reference text,
        direction text DEFAULT 'both',
        max_depth integer DEFAULT NULL,
        kinds text[] DEFAULT NULL,
        relations text[] DEFAULT NULL,
        as_of timestamptz DEFAULT NULL,
        max_nodes integer DEFAULT 1000000) RETURNS SETOF lineage_info
    LANGUAGE C STABLE PARALLEL RESTRICTED COST 2000 ROWS 1000 SUPPORT lineage_support AS 'MODULE_PATHNAME', 'mlregistry_lineage';
COMMENT ON FUNCTION lineage(text, text, integer, text[], text[], timestamptz, integer) IS 'what something came from (upstream), what came from it (downstream), or both, each once with its least depth and the edge that it was first reached by; relations restrict what is gone along, kinds what is shown; as_of: as it was then; what one may not see is shown by its kind only (is_hidden), and gone through as far as one may see what lies behind; 54000 beyond max_nodes (NULL: no limit)';

CREATE OR REPLACE FUNCTION upstream(
        reference text,
        max_depth integer DEFAULT NULL,
        kinds text[] DEFAULT NULL,
        relations text[] DEFAULT NULL,
        as_of timestamptz DEFAULT NULL,
        max_nodes integer DEFAULT 1000000) RETURNS SETOF lineage_info
    LANGUAGE C STABLE PARALLEL RESTRICTED COST 2000 ROWS 1000 SUPPORT lineage_support AS 'MODULE_PATHNAME', 'mlregistry_upstream';
COMMENT ON FUNCTION upstream(text, integer, text[], text[], timestamptz, integer) IS 'what something came from, through any number of steps: datasets, runs, versions; see lineage()';

CREATE OR REPLACE FUNCTION downstream(
        reference text,
        max_depth integer DEFAULT NULL,
        kinds text[] DEFAULT NULL,
        relations text[] DEFAULT NULL,
        as_of timestamptz DEFAULT NULL,
        max_nodes integer DEFAULT 1000000) RETURNS SETOF lineage_info
    LANGUAGE C STABLE PARALLEL RESTRICTED COST 2000 ROWS 1000 SUPPORT lineage_support AS 'MODULE_PATHNAME', 'mlregistry_downstream';
COMMENT ON FUNCTION downstream(text, integer, text[], text[], timestamptz, integer) IS 'what came from something, through any number of steps: runs, versions, deployments, datasets; see lineage()';
