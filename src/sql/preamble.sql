-- The schema may be there already. What somebody else could put into it would be found by the statements below and by
-- every later session, so nobody but superusers and the caller may own it, create in it or have anything in it that runs.
-- This block is the first to run, on a search_path that has the schema on it: it trusts pg_catalog alone.
DO $preamble$
DECLARE
    path text := pg_catalog.current_setting('search_path');
    schema_id oid;
    intruder text;
    offence text;
BEGIN
    PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
    SELECT n.oid INTO schema_id FROM pg_namespace n WHERE n.nspname = 'mlregistry';
    SELECT coalesce(quote_ident(r.rolname), 'PUBLIC'), found.offence INTO intruder, offence
      FROM (SELECT n.nspowner AS role, 'owns the schema' AS offence FROM pg_namespace n WHERE n.oid = schema_id
            UNION ALL
            SELECT a.grantee, 'may create objects in it'
              FROM pg_namespace n, aclexplode(n.nspacl) a
             WHERE n.oid = schema_id AND a.privilege_type = 'CREATE'
            UNION ALL
            SELECT c.relowner, 'has a table in it' FROM pg_class c WHERE c.relnamespace = schema_id AND c.relkind <> 'c'
            UNION ALL
            SELECT p.proowner, 'has a function in it' FROM pg_proc p WHERE p.pronamespace = schema_id
            UNION ALL
            SELECT o.oprowner, 'has an operator in it' FROM pg_operator o WHERE o.oprnamespace = schema_id) AS found (role, offence)
      LEFT JOIN pg_roles r ON r.oid = found.role
     WHERE NOT coalesce(r.rolsuper, false) AND r.rolname IS DISTINCT FROM current_user AND r.rolname IS DISTINCT FROM session_user
     LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'schema mlregistry is not safe to install into'
            USING ERRCODE = 'insufficient_privilege',
                  DETAIL = format('Role %s %s, and is neither a superuser nor the one who creates the extension.',
                                  intruder, offence),
                  HINT = 'Look at what is in it, then drop the schema, or what others may do and have in it.';
    END IF;
    PERFORM pg_catalog.set_config('search_path', path, true);
END
$preamble$;
