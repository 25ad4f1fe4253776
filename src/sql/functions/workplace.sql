-- Where a session works when it names nothing. The choice lives in the settings mlregistry.organization and
-- mlregistry.project, so SET LOCAL, RESET, DISCARD ALL and savepoints treat it as any setting.

-- What nobody has opened to the caller does not exist, neither here nor in the hint. Functions that run with the owner's
-- rights call this too: row security does not help there.
CREATE OR REPLACE FUNCTION find_organization(organization text) RETURNS uuid
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    DECLARE
        all_are_open boolean := bypasses_access();
        opened uuid[] := CASE WHEN all_are_open THEN '{}' ELSE coalesce(allowed_organizations('read', 'names'), '{}') END;
        found_id uuid;
        near text;
    BEGIN
        IF organization IS NULL THEN
            found_id := current_organization_id();
            IF found_id IS NULL THEN
                RAISE EXCEPTION 'there is no current organization'
                    USING ERRCODE = 'object_not_in_prerequisite_state',
                          HINT = 'There is no default organization, or there are several: SELECT use_organization(''...'') chooses one. The table organizations lists them.';
            END IF;
            RETURN found_id;
        END IF;
        SELECT o.organization_id INTO found_id
          FROM organizations o
         WHERE o.slug = find_organization.organization AND o.deleted_at IS NULL
           AND (all_are_open OR o.organization_id = ANY (opened));
        IF found_id IS NULL THEN
            near := near_names(organization, ARRAY(SELECT o.slug FROM organizations o
                                                    WHERE o.deleted_at IS NULL AND (all_are_open OR o.organization_id = ANY (opened))
                                                    LIMIT 1000));
            RAISE EXCEPTION 'organization "%" does not exist', shortened(organization)
                USING ERRCODE = 'no_data_found',
                      HINT = coalesce('Did you mean ' || near || '?', 'The table organizations lists them.');
        END IF;
        RETURN found_id;
    END
    $function$;
COMMENT ON FUNCTION find_organization(text) IS 'identifier of an organization that is open to the caller by its slug, of the current one for NULL; P0002 when there is none';

CREATE OR REPLACE FUNCTION use_organization(organization text, is_local boolean DEFAULT false) RETURNS text
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    BEGIN
        IF organization IS NOT NULL THEN
            PERFORM find_organization(organization);
        END IF;
        PERFORM set_config('mlregistry.organization', coalesce(organization, ''), coalesce(is_local, false)),
                set_config('mlregistry.project', '', coalesce(is_local, false));
        RETURN organization;
    END
    $function$;
COMMENT ON FUNCTION use_organization(text, boolean) IS 'chooses the organization, of those that are open to the caller, that this session, or this transaction only, works in, and its default project; NULL: the default one';

CREATE OR REPLACE FUNCTION use_project(project text, is_local boolean DEFAULT false) RETURNS text
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    BEGIN
        IF project IS NOT NULL THEN
            PERFORM find_project(project);
        END IF;
        PERFORM set_config('mlregistry.project', coalesce(project, ''), coalesce(is_local, false));
        RETURN project;
    END
    $function$;
COMMENT ON FUNCTION use_project(text, boolean) IS 'chooses the project of the current organization that this session, or this transaction only, works in; NULL: the default one';
