-- Approvals and metric gates: asking, deciding, listing.

CREATE OR REPLACE FUNCTION approval_infos(approval_ids uuid[]) RETURNS SETOF approval_info
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 20 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    BEGIN
        RETURN QUERY
            SELECT p.slug, m.model_name, v.semver, e.environment_name, d.deployment_name, a.approval_type, a.approval_status,
                   a.approval_status = 'approved' AND (a.expires_at IS NULL OR a.expires_at > statement_timestamp()),
                   a.requested_by, a.requested_at, a.reviewed_by, a.reviewed_at, a.review_notes, a.review_checklist,
                   a.compliance_framework, a.risk_assessment, a.mitigation_plan, a.expires_at,
                   CASE WHEN a.approval_status = 'pending' THEN now() - a.requested_at END,
                   a.superseded_by, a.approval_id, a.version_id, a.environment_id, a.deployment_id, v.model_id, a.project_id
              FROM unnest(approval_ids) WITH ORDINALITY AS wanted (approval_id, n)
              JOIN approvals a ON a.approval_id = wanted.approval_id
              JOIN projects p ON p.project_id = a.project_id
              JOIN model_versions v ON v.version_id = a.version_id
              JOIN models m ON m.model_id = v.model_id
              LEFT JOIN environments e ON e.environment_id = a.environment_id
              LEFT JOIN deployments d ON d.deployment_id = a.deployment_id
             ORDER BY wanted.n;
    END
    $function$;
COMMENT ON FUNCTION approval_infos(uuid[]) IS 'complete rows of approvals in the order of their identifiers, none where there is no such approval';

-- ---- asking

CREATE OR REPLACE FUNCTION request_approval(
        version_id uuid,
        approval_type text,
        environment text DEFAULT NULL,
        deployment_name text DEFAULT NULL,
        risk_assessment text DEFAULT NULL,
        mitigation_plan text DEFAULT NULL,
        compliance_framework text DEFAULT NULL,
        expires_at timestamptz DEFAULT NULL,
        reason text DEFAULT NULL,
        if_exists text DEFAULT 'error') RETURNS SETOF approval_info
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        live_id constant uuid := live_version(request_approval.version_id);
        in_environment constant uuid := CASE WHEN request_approval.environment IS NOT NULL THEN find_environment(request_approval.environment) END;
        of_version record;
        for_deployment uuid;
        said_before text;
        new_id uuid;
        taken record;
    BEGIN
        IF request_approval.approval_type IS NULL THEN
            RAISE EXCEPTION 'the type of the approval must not be NULL' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        PERFORM require_if_exists(if_exists), require_approval_types('valid_approval_type', 'approvals', ARRAY[request_approval.approval_type]);
        IF request_approval.expires_at <= now() THEN
            RAISE EXCEPTION 'an approval must not expire before it is asked for'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'approval_time_order', SCHEMA = 'mlregistry', TABLE = 'approvals',
                      DETAIL = format('expires_at is %s.', request_approval.expires_at);
        END IF;
        SELECT v.organization_id, v.project_id, v.semver, m.model_name, p.slug INTO of_version
          FROM model_versions v
          JOIN models m USING (model_id)
          JOIN projects p ON p.project_id = v.project_id
         WHERE v.version_id = live_id;
        IF request_approval.deployment_name IS NOT NULL THEN
            IF in_environment IS NULL THEN
                RAISE EXCEPTION 'an approval for a deployment needs its environment'
                    USING ERRCODE = 'null_value_not_allowed', HINT = 'Give environment => ''...''.';
            END IF;
            for_deployment := find_deployment(format('%s/%s/%s', of_version.slug, request_approval.environment, request_approval.deployment_name));
        END IF;
        PERFORM require_access('write', 'approvals', of_version.project_id);
        said_before := say_reason(request_approval.reason);
        LOOP
            INSERT INTO approvals (organization_id, project_id, version_id, environment_id, deployment_id, approval_type, risk_assessment,
                                   mitigation_plan, compliance_framework, expires_at)
            VALUES (of_version.organization_id, of_version.project_id, live_id, in_environment, for_deployment, request_approval.approval_type,
                    request_approval.risk_assessment, request_approval.mitigation_plan, request_approval.compliance_framework,
                    request_approval.expires_at)
            ON CONFLICT (version_id, approval_type, environment_id, deployment_id) WHERE approval_status = 'pending' DO NOTHING
            RETURNING approval_id INTO new_id;
            EXIT WHEN new_id IS NOT NULL;
            SELECT a.* INTO taken
              FROM approvals a
             WHERE a.version_id = live_id AND a.approval_type = request_approval.approval_type AND a.approval_status = 'pending'
               AND a.environment_id IS NOT DISTINCT FROM in_environment AND a.deployment_id IS NOT DISTINCT FROM for_deployment;
            CONTINUE WHEN NOT FOUND; -- decided meanwhile
            IF taken.expires_at <= now() THEN
                -- Nobody has decided in time, and maintenance has not come by yet.
                UPDATE approvals a SET approval_status = 'expired' WHERE a.approval_id = taken.approval_id AND a.approval_status = 'pending';
                CONTINUE;
            END IF;
            IF if_exists = 'error' THEN
                RAISE EXCEPTION '% approval of %@% has been asked for already', initcap(request_approval.approval_type), of_version.model_name, of_version.semver
                    USING ERRCODE = 'unique_violation',
                          CONSTRAINT = 'unique_pending_approval', SCHEMA = 'mlregistry', TABLE = 'approvals',
                          DETAIL = format('By %s at %s.', taken.requested_by, taken.requested_at),
                          HINT = 'It waits for a decision: approve() or reject(). Take what is there with if_exists => ''return''.';
            END IF;
            new_id := taken.approval_id;
            EXIT;
        END LOOP;
        PERFORM set_config('mlregistry.reason', said_before, true);
        RETURN QUERY SELECT * FROM approval_infos(ARRAY[new_id]);
    END
    $function$;
COMMENT ON FUNCTION request_approval(uuid, text, text, text, text, text, text, timestamptz, text, text) IS 'asks for an approval of a version: see request_approval(text, text, ...)';

CREATE OR REPLACE FUNCTION request_approval(
        version text,
        approval_type text,
        environment text DEFAULT NULL,
        deployment_name text DEFAULT NULL,
        risk_assessment text DEFAULT NULL,
        mitigation_plan text DEFAULT NULL,
        compliance_framework text DEFAULT NULL,
        expires_at timestamptz DEFAULT NULL,
        reason text DEFAULT NULL,
        if_exists text DEFAULT 'error') RETURNS SETOF approval_info
    LANGUAGE sql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
        SELECT * FROM request_approval(find_version(version), approval_type, environment, deployment_name, risk_assessment, mitigation_plan,
                                       compliance_framework, expires_at, reason, if_exists)
    $function$;
COMMENT ON FUNCTION request_approval(text, text, text, text, text, text, text, timestamptz, text, text) IS 'asks for an approval (security, compliance, legal, technical, business, emergency) of a version, for any environment, for one, or for one deployment in it; expires_at: it holds until then; if_exists => ''return'' gives the one that waits already';

-- ---- deciding

CREATE OR REPLACE FUNCTION lock_approval(approval uuid) RETURNS text
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    DECLARE
        found_project uuid;
        found_status text;
    BEGIN
        IF approval IS NULL THEN
            RAISE EXCEPTION 'the approval must not be NULL' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        SELECT a.project_id INTO found_project
          FROM approvals a
          JOIN model_versions v ON v.version_id = a.version_id AND v.deleted_at IS NULL
          JOIN models m ON m.model_id = v.model_id AND m.deleted_at IS NULL
          JOIN projects p ON p.project_id = a.project_id AND p.deleted_at IS NULL
         WHERE a.approval_id = approval;
        IF FOUND THEN
            PERFORM require_access('write', 'approvals', found_project);
            SELECT a.approval_status INTO found_status FROM approvals a WHERE a.approval_id = approval FOR NO KEY UPDATE;
        END IF;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'approval % does not exist', approval
                USING ERRCODE = 'no_data_found', HINT = 'approvals_pending() and list_approvals() show what is there.';
        END IF;
        RETURN found_status;
    END
    $function$;
COMMENT ON FUNCTION lock_approval(uuid) IS 'status of an approval, which nobody else changes until this transaction ends; P0002 when there is none, 42501 for who may not change it';

CREATE OR REPLACE FUNCTION decide_approval(
        approval uuid,
        decision text,
        review_notes text,
        review_checklist jsonb,
        expires_at timestamptz,
        reason text) RETURNS SETOF approval_info
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        was constant text := lock_approval(approval);
        found record;
        said_before text;
        broken text;
        broken_table text;
    BEGIN
        SELECT a.*, m.model_name, v.semver INTO found
          FROM approvals a JOIN model_versions v USING (version_id) JOIN models m USING (model_id)
         WHERE a.approval_id = approval;
        IF was <> 'pending' THEN
            RAISE EXCEPTION '%', CASE WHEN was = decision THEN format('the approval is %s already', was)
                                      ELSE format('an approval that is %s cannot become %s', was, decision) END
                USING ERRCODE = 'check_violation',
                      CONSTRAINT = 'approvals_transition', SCHEMA = 'mlregistry', TABLE = 'approvals', COLUMN = 'approval_status',
                      DETAIL = concat_ws(' ', format('From %s to %s.', was, decision), format('%s approval of %s@%s was decided by %s at %s.', initcap(found.approval_type),
                                         found.model_name, found.semver, nullif(found.reviewed_by, ''), found.reviewed_at)),
                      HINT = 'Ask anew, with request_approval(): a new approval supersedes this one.';
        END IF;
        IF found.expires_at <= now() AND decide_approval.expires_at IS NULL AND decision = 'approved' THEN
            RAISE EXCEPTION 'the request has expired'
                USING ERRCODE = 'object_not_in_prerequisite_state',
                      DETAIL = format('It was to hold until %s.', found.expires_at),
                      HINT = 'Ask anew, with request_approval(), or say until when it holds: expires_at => ....';
        END IF;
        IF decide_approval.expires_at <= now() THEN
            RAISE EXCEPTION 'an approval must not expire before it is given'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'approval_time_order', SCHEMA = 'mlregistry', TABLE = 'approvals',
                      DETAIL = format('expires_at is %s.', decide_approval.expires_at);
        END IF;
        IF jsonb_typeof(decide_approval.review_checklist) <> 'object' THEN
            RAISE EXCEPTION 'review_checklist must be an object'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'review_checklist_is_object', SCHEMA = 'mlregistry', TABLE = 'approvals',
                      DETAIL = format('It is %s.', shortened(decide_approval.review_checklist::text)),
                      HINT = 'Write review_checklist => ''{"bias": true, "privacy": true}''.';
        END IF;
        said_before := say_reason(coalesce(decide_approval.reason, decide_approval.review_notes));
        BEGIN
            UPDATE approvals a
               SET approval_status = decision,
                   reviewed_by = current_actor(),
                   review_notes = coalesce(decide_approval.review_notes, a.review_notes),
                   review_checklist = a.review_checklist || coalesce(decide_approval.review_checklist, '{}'),
                   expires_at = coalesce(decide_approval.expires_at, a.expires_at)
             WHERE a.approval_id = approval;
        EXCEPTION WHEN check_violation THEN
            GET STACKED DIAGNOSTICS broken = CONSTRAINT_NAME, broken_table = TABLE_NAME;
            IF broken = 'approval_four_eyes' AND broken_table = 'approvals' THEN
                RAISE EXCEPTION 'who asks for an approval does not give it'
                    USING ERRCODE = 'check_violation', CONSTRAINT = 'approval_four_eyes', SCHEMA = 'mlregistry', TABLE = 'approvals',
                          DETAIL = format('%s approval of %s@%s was asked for by %s%s.', initcap(found.approval_type), found.model_name, found.semver,
                                          found.requested_by, CASE WHEN found.requested_by <> current_actor() THEN ', by the same database role' ELSE '' END),
                          HINT = 'Somebody else decides. One person alone can only ask for and approve an emergency, which is marked and expires.';
            END IF;
            RAISE;
        END;
        PERFORM set_config('mlregistry.reason', said_before, true);
        RETURN QUERY SELECT * FROM approval_infos(ARRAY[approval]);
    END
    $function$;
COMMENT ON FUNCTION decide_approval(uuid, text, text, jsonb, timestamptz, text) IS 'decides on an approval: what approve() and reject() have in common';

CREATE OR REPLACE FUNCTION find_pending_approval(version text, approval_type text, environment text, deployment_name text) RETURNS uuid
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        of_version constant uuid := find_version(version);
        in_environment constant uuid := CASE WHEN environment IS NOT NULL THEN find_environment(environment) END;
        ids uuid[];
        places text;
    BEGIN
        IF find_pending_approval.approval_type IS NULL THEN
            RAISE EXCEPTION 'the type of the approval must not be NULL' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        PERFORM require_approval_types('valid_approval_type', 'approvals', ARRAY[find_pending_approval.approval_type]);
        SELECT array_agg(a.approval_id), string_agg(coalesce(concat_ws('/', e.environment_name, d.deployment_name), 'any environment'), ', ' ORDER BY e.environment_name, d.deployment_name)
          INTO ids, places
          FROM approvals a
          LEFT JOIN environments e ON e.environment_id = a.environment_id
          LEFT JOIN deployments d ON d.deployment_id = a.deployment_id
         WHERE a.version_id = of_version AND a.approval_type = find_pending_approval.approval_type AND a.approval_status = 'pending'
           AND (in_environment IS NULL OR a.environment_id = in_environment)
           AND (find_pending_approval.deployment_name IS NULL OR d.deployment_name = find_pending_approval.deployment_name);
        IF ids IS NULL THEN
            RAISE EXCEPTION 'no % approval of % is waiting', find_pending_approval.approval_type, version
                USING ERRCODE = 'no_data_found',
                      HINT = coalesce((SELECT 'What waits is ' || string_agg(DISTINCT concat(a.approval_type, ' for ', coalesce(e.environment_name, 'any environment')), ', ') || '.'
                                         FROM approvals a LEFT JOIN environments e ON e.environment_id = a.environment_id
                                        WHERE a.version_id = of_version AND a.approval_status = 'pending'),
                                      'request_approval() asks for it.');
        ELSIF cardinality(ids) > 1 THEN
            RAISE EXCEPTION '% % approvals of % are waiting', cardinality(ids), find_pending_approval.approval_type, version
                USING ERRCODE = 'cardinality_violation', DETAIL = format('They are for %s.', places),
                      HINT = 'Say which: environment => ''...'', deployment_name => ''...'', or give the approval_id.';
        END IF;
        RETURN ids[1];
    END
    $function$;
COMMENT ON FUNCTION find_pending_approval(text, text, text, text) IS 'identifier of the one approval of that type that waits for a version, of all environments or of one; P0002 when there is none, 21000 when there are several';

CREATE OR REPLACE FUNCTION approve(
        approval_id uuid,
        review_notes text DEFAULT NULL,
        review_checklist jsonb DEFAULT NULL,
        expires_at timestamptz DEFAULT NULL,
        reason text DEFAULT NULL) RETURNS SETOF approval_info
    LANGUAGE sql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
        SELECT * FROM decide_approval(approval_id, 'approved', review_notes, review_checklist, expires_at, reason)
    $function$;
COMMENT ON FUNCTION approve(uuid, text, jsonb, timestamptz, text) IS 'approves what was asked for, which the one who asked for it cannot but in an emergency; it holds until expires_at, if it expires, an emergency for 24 hours if nothing else is said';

CREATE OR REPLACE FUNCTION approve(
        version text,
        approval_type text,
        environment text DEFAULT NULL,
        deployment_name text DEFAULT NULL,
        review_notes text DEFAULT NULL,
        review_checklist jsonb DEFAULT NULL,
        expires_at timestamptz DEFAULT NULL,
        reason text DEFAULT NULL) RETURNS SETOF approval_info
    LANGUAGE sql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
        SELECT * FROM decide_approval(find_pending_approval(version, approval_type, environment, deployment_name), 'approved', review_notes,
                                      review_checklist, expires_at, reason)
    $function$;
COMMENT ON FUNCTION approve(text, text, text, text, text, jsonb, timestamptz, text) IS 'approves what was asked for of a version, by its type and, where several wait, its environment: see approve(uuid, ...)';

CREATE OR REPLACE FUNCTION require_notes(review_notes text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    BEGIN
        IF btrim(review_notes) = '' OR review_notes IS NULL THEN
            RAISE EXCEPTION 'who rejects says why'
                USING ERRCODE = 'null_value_not_allowed', HINT = 'Give review_notes => ''...''.';
        END IF;
        RETURN review_notes;
    END
    $function$;
COMMENT ON FUNCTION require_notes(text) IS 'the notes themselves; raises 22004 where there are none';

CREATE OR REPLACE FUNCTION reject(
        approval_id uuid,
        review_notes text,
        review_checklist jsonb DEFAULT NULL,
        reason text DEFAULT NULL) RETURNS SETOF approval_info
    LANGUAGE sql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
        SELECT * FROM decide_approval(approval_id, 'rejected', require_notes(review_notes), review_checklist, NULL, reason)
    $function$;
COMMENT ON FUNCTION reject(uuid, text, jsonb, text) IS 'rejects what was asked for, and says why; ask anew with request_approval()';

CREATE OR REPLACE FUNCTION reject(
        version text,
        approval_type text,
        review_notes text,
        environment text DEFAULT NULL,
        deployment_name text DEFAULT NULL,
        review_checklist jsonb DEFAULT NULL,
        reason text DEFAULT NULL) RETURNS SETOF approval_info
    LANGUAGE sql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
        SELECT * FROM decide_approval(find_pending_approval(version, approval_type, environment, deployment_name), 'rejected',
                                      require_notes(review_notes), review_checklist, NULL, reason)
    $function$;
COMMENT ON FUNCTION reject(text, text, text, text, text, jsonb, text) IS 'rejects what was asked for of a version, by its type and, where several wait, its environment, and says why';

CREATE OR REPLACE FUNCTION cancel_approval(approval_id uuid, reason text DEFAULT NULL) RETURNS SETOF approval_info
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        was constant text := lock_approval(cancel_approval.approval_id);
        said_before constant text := say_reason(cancel_approval.reason);
    BEGIN
        UPDATE approvals a SET approval_status = 'cancelled' WHERE a.approval_id = cancel_approval.approval_id AND was <> 'cancelled';
        PERFORM set_config('mlregistry.reason', said_before, true);
        RETURN QUERY SELECT * FROM approval_infos(ARRAY[cancel_approval.approval_id]);
    END
    $function$;
COMMENT ON FUNCTION cancel_approval(uuid, text) IS 'takes a request back, or withdraws what was approved: what serves with it goes on, nothing is deployed with it any more';

-- ---- lists

CREATE OR REPLACE FUNCTION list_approvals(
        model text DEFAULT NULL,
        version text DEFAULT NULL,
        status text[] DEFAULT NULL,
        approval_type text DEFAULT NULL,
        environment text DEFAULT NULL,
        project text DEFAULT NULL,
        max_rows bigint DEFAULT 100,
        after uuid DEFAULT NULL) RETURNS SETOF approval_info
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 50 SET search_path = pg_catalog, mlregistry, pg_temp
    SET plan_cache_mode = force_custom_plan
    AS $function$
    #variable_conflict use_column
    DECLARE
        here constant uuid := find_organization(NULL);
        only_project constant uuid := project_filter(project);
        of_model constant uuid := CASE WHEN model IS NOT NULL THEN find_model(CASE WHEN position('/' IN model) > 0 THEN model ELSE concat_ws('/', project, model) END) END;
        of_version constant uuid := CASE WHEN version IS NOT NULL THEN find_version(version) END;
        in_environment constant uuid := CASE WHEN environment IS NOT NULL THEN find_environment(environment) END;
        wrong text;
        last_requested_at timestamptz;
    BEGIN
        PERFORM require_max_rows(max_rows);
        IF list_approvals.approval_type IS NOT NULL THEN
            PERFORM require_approval_types('valid_approval_type', 'approvals', ARRAY[list_approvals.approval_type]);
        END IF;
        SELECT coalesce(s, 'NULL') INTO wrong
          FROM unnest(list_approvals.status) AS s
         WHERE s IS NULL OR s NOT IN ('pending', 'approved', 'rejected', 'expired', 'cancelled', 'superseded')
         LIMIT 1;
        IF FOUND THEN
            RAISE EXCEPTION 'unknown status of approvals: "%"', shortened(wrong)
                USING ERRCODE = 'check_violation', CONSTRAINT = 'valid_approval_status', SCHEMA = 'mlregistry', TABLE = 'approvals',
                      HINT = 'The statuses are pending, approved, rejected, expired, cancelled and superseded.';
        END IF;
        IF after IS NOT NULL THEN
            SELECT a.requested_at INTO last_requested_at FROM approvals a WHERE a.approval_id = after;
            IF NOT FOUND THEN
                RAISE EXCEPTION 'after names no approval: %', after
                    USING ERRCODE = 'invalid_parameter_value', HINT = 'Give the approval_id of the last row of the page before.';
            END IF;
        END IF;
        RETURN QUERY
            SELECT i.*
              FROM approval_infos(ARRAY(
                       SELECT a.approval_id
                         FROM approvals a
                         JOIN projects p ON p.project_id = a.project_id AND p.deleted_at IS NULL
                         JOIN model_versions v ON v.version_id = a.version_id AND v.deleted_at IS NULL
                         JOIN models m ON m.model_id = v.model_id AND m.deleted_at IS NULL
                        WHERE a.organization_id = here
                          AND (only_project IS NULL OR a.project_id = only_project)
                          AND (of_model IS NULL OR v.model_id = of_model)
                          AND (of_version IS NULL OR a.version_id = of_version)
                          AND (in_environment IS NULL OR a.environment_id = in_environment)
                          AND (list_approvals.status IS NULL OR a.approval_status = ANY (list_approvals.status))
                          AND (list_approvals.approval_type IS NULL OR a.approval_type = list_approvals.approval_type)
                          AND (after IS NULL OR (a.requested_at, a.approval_id) < (last_requested_at, after))
                        ORDER BY a.requested_at DESC, a.approval_id DESC
                        LIMIT max_rows)) AS i;
    END
    $function$;
COMMENT ON FUNCTION list_approvals(text, text, text[], text, text, text, bigint, uuid) IS 'approvals of the organization, newest request first, decided or not; environment: those for it alone; for the next page give the approval_id of the last one seen as after';

CREATE OR REPLACE FUNCTION approvals_pending(
        model text DEFAULT NULL,
        approval_type text DEFAULT NULL,
        environment text DEFAULT NULL,
        project text DEFAULT NULL,
        max_rows bigint DEFAULT 100,
        after uuid DEFAULT NULL) RETURNS SETOF approval_info
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 20 SET search_path = pg_catalog, mlregistry, pg_temp
    SET plan_cache_mode = force_custom_plan
    AS $function$
    #variable_conflict use_column
    DECLARE
        here constant uuid := find_organization(NULL);
        only_project constant uuid := project_filter(project);
        of_model constant uuid := CASE WHEN model IS NOT NULL THEN find_model(CASE WHEN position('/' IN model) > 0 THEN model ELSE concat_ws('/', project, model) END) END;
        in_environment constant uuid := CASE WHEN environment IS NOT NULL THEN find_environment(environment) END;
        last_requested_at timestamptz;
    BEGIN
        PERFORM require_max_rows(max_rows);
        IF approvals_pending.approval_type IS NOT NULL THEN
            PERFORM require_approval_types('valid_approval_type', 'approvals', ARRAY[approvals_pending.approval_type]);
        END IF;
        IF after IS NOT NULL THEN
            SELECT a.requested_at INTO last_requested_at FROM approvals a WHERE a.approval_id = after;
            IF NOT FOUND THEN
                RAISE EXCEPTION 'after names no approval: %', after
                    USING ERRCODE = 'invalid_parameter_value', HINT = 'Give the approval_id of the last row of the page before.';
            END IF;
        END IF;
        RETURN QUERY
            SELECT i.*
              FROM approval_infos(ARRAY(
                       SELECT a.approval_id
                         FROM approvals a
                         JOIN projects p ON p.project_id = a.project_id AND p.deleted_at IS NULL
                         JOIN model_versions v ON v.version_id = a.version_id AND v.deleted_at IS NULL
                         JOIN models m ON m.model_id = v.model_id AND m.deleted_at IS NULL
                        WHERE a.organization_id = here AND a.approval_status = 'pending' AND (a.expires_at IS NULL OR a.expires_at > now())
                          AND (only_project IS NULL OR a.project_id = only_project)
                          AND (of_model IS NULL OR v.model_id = of_model)
                          AND (in_environment IS NULL OR a.environment_id = in_environment OR a.environment_id IS NULL)
                          AND (approvals_pending.approval_type IS NULL OR a.approval_type = approvals_pending.approval_type)
                          AND (after IS NULL OR (a.requested_at, a.approval_id) > (last_requested_at, after))
                        ORDER BY a.requested_at, a.approval_id
                        LIMIT max_rows)) AS i;
    END
    $function$;
COMMENT ON FUNCTION approvals_pending(text, text, text, text, bigint, uuid) IS 'requests that wait for a decision, oldest first; environment: those that would hold there; for the next page give the approval_id of the last one seen as after';

-- ---- metric gates

CREATE OR REPLACE FUNCTION metric_gate_infos(gate_ids uuid[]) RETURNS SETOF metric_gate_info
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 20 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    BEGIN
        RETURN QUERY
            SELECT p.slug, m.model_name, g.metric_name, g.dataset_split, g.comparison, g.threshold, g.target_stage, g.is_active, g.created_by,
                   g.created_at, g.updated_at, g.gate_id, g.model_id, g.project_id
              FROM unnest(gate_ids) WITH ORDINALITY AS wanted (gate_id, n)
              JOIN metric_gates g ON g.gate_id = wanted.gate_id
              JOIN projects p ON p.project_id = g.project_id
              LEFT JOIN models m ON m.model_id = g.model_id
             ORDER BY wanted.n;
    END
    $function$;
COMMENT ON FUNCTION metric_gate_infos(uuid[]) IS 'complete rows of metric gates in the order of their identifiers, none where there is no such gate';

CREATE OR REPLACE FUNCTION require_gate_values(metric_name text, comparison text, threshold double precision, dataset_split text, target_stage text) RETURNS void
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    DECLARE
        rule text;
        message text;
        hint text;
    BEGIN
        IF metric_name IS NULL THEN
            RAISE EXCEPTION 'a metric gate needs the name of a metric' USING ERRCODE = 'null_value_not_allowed';
        ELSIF NOT is_valid_metric_name(metric_name) THEN
            rule := 'valid_metric_name';
            message := format('invalid metric name: "%s"', shortened(metric_name));
            hint := why_invalid('is_valid_metric_name', metric_name);
        ELSIF comparison NOT IN ('>=', '<=') THEN
            rule := 'valid_comparison';
            message := format('unknown comparison: "%s"', shortened(comparison));
            hint := 'The comparisons are >= and <=.';
        ELSIF NOT (threshold > '-Infinity' AND threshold < 'Infinity') THEN
            rule := 'valid_threshold';
            message := format('a threshold is a finite number, not %s', threshold);
            hint := 'drop_metric_gate() takes a gate away.';
        ELSIF dataset_split NOT IN ('train', 'validation', 'test', 'holdout', 'production') THEN
            rule := 'valid_dataset_split';
            message := format('unknown split: "%s"', shortened(dataset_split));
            hint := 'The splits are train, validation, test, holdout and production.';
        ELSIF target_stage NOT IN ('development', 'staging', 'production') THEN
            rule := 'valid_target_stage';
            message := format('unknown stage to enter: "%s"', shortened(target_stage));
            hint := 'The stages are development, staging and production.';
        ELSE
            RETURN;
        END IF;
        RAISE EXCEPTION '%', message
            USING ERRCODE = 'check_violation', CONSTRAINT = rule, SCHEMA = 'mlregistry', TABLE = 'metric_gates', HINT = hint;
    END
    $function$;
COMMENT ON FUNCTION require_gate_values(text, text, double precision, text, text) IS 'raises 23514 by the name of the rule that the table metric_gates would refuse a value by; NULL passes, but for the name';

CREATE OR REPLACE FUNCTION set_metric_gate(
        metric_name text,
        threshold double precision,
        model text DEFAULT NULL,
        comparison text DEFAULT NULL,
        dataset_split text DEFAULT 'test',
        target_stage text DEFAULT 'production',
        project text DEFAULT NULL,
        is_active boolean DEFAULT true) RETURNS SETOF metric_gate_info
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        wanted constant text := btrim(set_metric_gate.metric_name);
        of_model constant uuid := CASE WHEN model IS NOT NULL THEN find_model(CASE WHEN position('/' IN model) > 0 THEN model ELSE concat_ws('/', project, model) END) END;
        in_project uuid := find_project(project);
        gate uuid;
    BEGIN
        IF set_metric_gate.threshold IS NULL THEN
            RAISE EXCEPTION 'a metric gate needs a threshold' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        PERFORM require_gate_values(wanted, set_metric_gate.comparison, set_metric_gate.threshold, set_metric_gate.dataset_split, set_metric_gate.target_stage);
        IF of_model IS NOT NULL THEN
            in_project := (SELECT m.project_id FROM models m WHERE m.model_id = of_model);
        ELSIF in_project IS NULL THEN
            RAISE EXCEPTION 'there is no current project'
                USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Name one with project => ..., or choose one with use_project().';
        END IF;
        PERFORM require_access('own', 'approvals', in_project);
        INSERT INTO metric_gates AS g (organization_id, project_id, model_id, metric_name, dataset_split, comparison, threshold, target_stage, is_active)
        VALUES (current_organization_id(), in_project, of_model, wanted, coalesce(set_metric_gate.dataset_split, 'test'),
                coalesce(set_metric_gate.comparison, CASE metric_goal(wanted) WHEN 'minimize' THEN '<=' ELSE '>=' END), set_metric_gate.threshold,
                coalesce(set_metric_gate.target_stage, 'production'), coalesce(set_metric_gate.is_active, true))
        ON CONFLICT (project_id, model_id, metric_name, dataset_split, target_stage) DO UPDATE
           SET threshold = excluded.threshold, comparison = coalesce(set_metric_gate.comparison, g.comparison), is_active = excluded.is_active
        RETURNING g.gate_id INTO gate;
        RETURN QUERY SELECT * FROM metric_gate_infos(ARRAY[gate]);
    END
    $function$;
COMMENT ON FUNCTION set_metric_gate(text, double precision, text, text, text, text, text, boolean) IS 'sets what versions of a model, or of all models of a project, must measure up to before they enter a stage (or an environment of that type): at least the threshold, at most where less is better (metric_goal()), or as comparison says; one that is there is changed';

CREATE OR REPLACE FUNCTION drop_metric_gate(
        metric_name text,
        model text DEFAULT NULL,
        dataset_split text DEFAULT 'test',
        target_stage text DEFAULT 'production',
        project text DEFAULT NULL) RETURNS SETOF metric_gate_info
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        wanted constant text := btrim(drop_metric_gate.metric_name);
        of_model constant uuid := CASE WHEN model IS NOT NULL THEN find_model(CASE WHEN position('/' IN model) > 0 THEN model ELSE concat_ws('/', project, model) END) END;
        in_project uuid := find_project(project);
        info metric_gate_info;
    BEGIN
        PERFORM require_gate_values(wanted, NULL, NULL, drop_metric_gate.dataset_split, drop_metric_gate.target_stage);
        IF of_model IS NOT NULL THEN
            in_project := (SELECT m.project_id FROM models m WHERE m.model_id = of_model);
        END IF;
        PERFORM require_access('own', 'approvals', in_project);
        SELECT i.* INTO info
          FROM metric_gates g, metric_gate_infos(ARRAY[g.gate_id]) AS i
         WHERE g.project_id = in_project AND g.model_id IS NOT DISTINCT FROM of_model AND g.metric_name = wanted
           AND g.dataset_split = coalesce(drop_metric_gate.dataset_split, 'test') AND g.target_stage = coalesce(drop_metric_gate.target_stage, 'production');
        DELETE FROM metric_gates g WHERE g.gate_id = info.gate_id;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'there is no metric gate of "%" (%) before % for %', shortened(wanted), coalesce(drop_metric_gate.dataset_split, 'test'),
                    coalesce(drop_metric_gate.target_stage, 'production'), CASE WHEN of_model IS NULL THEN 'all models of the project' ELSE format('model "%s"', model) END
                USING ERRCODE = 'no_data_found',
                      HINT = coalesce((SELECT 'There is ' || string_agg(format('%s (%s) before %s for %s', g.metric_name, g.dataset_split, g.target_stage,
                                                                               coalesce(m.model_name, 'all models')), ', ' ORDER BY g.metric_name, g.target_stage, m.model_name) || '.'
                                         FROM (SELECT g.* FROM metric_gates g WHERE g.project_id = in_project
                                                ORDER BY g.metric_name = wanted DESC, g.metric_name, g.gate_id LIMIT 5) AS g
                                         LEFT JOIN models m ON m.model_id = g.model_id),
                                      'set_metric_gate() makes one.');
        END IF;
        RETURN NEXT info;
    END
    $function$;
COMMENT ON FUNCTION drop_metric_gate(text, text, text, text, text) IS 'takes a metric gate away, of a model or (without one) that of all models of a project, and returns what it was';

CREATE OR REPLACE FUNCTION list_metric_gates(
        model text DEFAULT NULL,
        target_stage text DEFAULT NULL,
        active boolean DEFAULT NULL,
        project text DEFAULT NULL,
        max_rows bigint DEFAULT NULL,
        after uuid DEFAULT NULL) RETURNS SETOF metric_gate_info
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 20 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        here constant uuid := find_organization(NULL);
        only_project constant uuid := project_filter(project);
        of_model constant uuid := CASE WHEN model IS NOT NULL THEN find_model(CASE WHEN position('/' IN model) > 0 THEN model ELSE concat_ws('/', project, model) END) END;
    BEGIN
        PERFORM require_max_rows(max_rows), require_gate_values('any', NULL, NULL, NULL, list_metric_gates.target_stage);
        IF after IS NOT NULL AND NOT EXISTS (SELECT FROM metric_gates g WHERE g.gate_id = after) THEN
            RAISE EXCEPTION 'after names no metric gate: %', after
                USING ERRCODE = 'invalid_parameter_value', HINT = 'Give the gate_id of the last row of the page before.';
        END IF;
        RETURN QUERY
            WITH gate AS (
                SELECT g.gate_id, row_number() OVER (ORDER BY p.slug, m.model_name NULLS FIRST, g.metric_name, g.dataset_split, g.target_stage) AS n
                  FROM metric_gates g
                  JOIN projects p ON p.project_id = g.project_id AND p.deleted_at IS NULL
                  LEFT JOIN models m ON m.model_id = g.model_id
                 WHERE g.organization_id = here AND m.deleted_at IS NULL
                   AND (only_project IS NULL OR g.project_id = only_project)
                   AND (of_model IS NULL OR g.model_id = of_model
                        OR g.model_id IS NULL AND g.project_id = (SELECT o.project_id FROM models o WHERE o.model_id = of_model))
                   AND (list_metric_gates.target_stage IS NULL OR g.target_stage = list_metric_gates.target_stage)
                   AND (list_metric_gates.active IS NULL OR g.is_active = list_metric_gates.active))
            SELECT i.*
              FROM metric_gate_infos(ARRAY(SELECT g.gate_id FROM gate g
                                            WHERE after IS NULL OR g.n > (SELECT l.n FROM gate l WHERE l.gate_id = after)
                                            ORDER BY g.n LIMIT max_rows)) AS i;
    END
    $function$;
COMMENT ON FUNCTION list_metric_gates(text, text, boolean, text, bigint, uuid) IS 'metric gates by project, model and metric, those for all models of a project first; model: those that its versions must pass; for the next page give the gate_id of the last one seen as after';
