-- What may become of what: the state machines that triggers keep, for people.

CREATE OR REPLACE FUNCTION lifecycle(entity text)
    RETURNS TABLE (from_state text, to_state text, is_final boolean, fills text, only_if text)
    LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 20 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        known text[] := ARRAY(SELECT DISTINCT l.entity FROM lifecycle_moves() AS l ORDER BY 1);
    BEGIN
        IF lifecycle.entity IS NULL THEN
            RAISE EXCEPTION 'the name of an entity must not be NULL' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        IF lifecycle.entity <> ALL (known) THEN
            RAISE EXCEPTION 'unknown entity: "%"', shortened(lifecycle.entity)
                USING ERRCODE = 'invalid_parameter_value', HINT = format('Entities with states are %s.', array_to_string(known, ', '));
        END IF;
        -- Their order is that of the machine: where it begins first.
        RETURN QUERY
            SELECT l.from_state, l.to_state, NOT EXISTS (SELECT FROM lifecycle_moves() AS o WHERE o.entity = l.entity AND o.from_state = l.to_state),
                   l.fills, l.only_if
              FROM lifecycle_moves() WITH ORDINALITY AS l (entity, from_state, to_state, fills, only_if, n)
             WHERE l.entity = lifecycle.entity
             ORDER BY l.n;
    END
    $function$;
COMMENT ON FUNCTION lifecycle(text) IS 'states of an entity (version: its status; stage; run, experiment, deployment, approval) and the moves between them; without from_state: where it begins; is_final: nothing leads out of to_state; fills: columns that the move fills where they are empty; only_if: what must be true for it';
