-- A schema that somebody else owns could hold traps for the statements below and for every later session.
DO $preamble$
DECLARE
    schema_owner name := (SELECT r.rolname FROM pg_catalog.pg_namespace n JOIN pg_catalog.pg_roles r ON r.oid = n.nspowner
                           WHERE n.nspname = 'mlregistry' AND NOT r.rolsuper
                             AND r.rolname <> ALL (ARRAY[current_user, session_user]));
BEGIN
    IF schema_owner IS NOT NULL THEN
        RAISE EXCEPTION 'schema mlregistry belongs to somebody else'
            USING ERRCODE = 'insufficient_privilege',
                  DETAIL = format('Its owner is %I, who is neither a superuser nor the one who creates the extension.', schema_owner),
                  HINT = 'ALTER SCHEMA mlregistry OWNER TO CURRENT_USER after a look at what is in it, or drop it.';
    END IF;
END
$preamble$;
