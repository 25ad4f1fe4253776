-- Where a session works when it names nothing. The choice lives in the settings mlregistry.organization and
-- mlregistry.project, so SET LOCAL, RESET, DISCARD ALL and savepoints treat it as any setting.

CREATE OR REPLACE FUNCTION use_organization(organization text, is_local boolean DEFAULT false) RETURNS text
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    DECLARE
        near text;
    BEGIN
        IF organization IS NOT NULL
           AND NOT EXISTS (SELECT FROM organizations o WHERE o.slug = use_organization.organization AND o.deleted_at IS NULL) THEN
            near := near_names(organization, ARRAY(SELECT o.slug FROM organizations o WHERE o.deleted_at IS NULL LIMIT 1000));
            RAISE EXCEPTION 'organization "%" does not exist', shortened(organization)
                USING ERRCODE = 'no_data_found',
                      HINT = coalesce('Did you mean ' || near || '?', 'The table organizations lists them.');
        END IF;
        PERFORM set_config('mlregistry.organization', coalesce(organization, ''), coalesce(is_local, false)),
                set_config('mlregistry.project', '', coalesce(is_local, false));
        RETURN organization;
    END
    $function$;
COMMENT ON FUNCTION use_organization(text, boolean) IS 'chooses the organization that this session, or this transaction only, works in, and its default project; NULL: the default one';

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
