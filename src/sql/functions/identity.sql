-- Who is acting, and where. Defaults of columns use these: their signatures are frozen.

CREATE OR REPLACE FUNCTION current_actor() RETURNS text
    LANGUAGE C STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'mlregistry_current_actor';
COMMENT ON FUNCTION current_actor() IS 'who is acting: the database role that logged in';

CREATE OR REPLACE FUNCTION current_organization_id() RETURNS uuid
    LANGUAGE C STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'mlregistry_current_organization_id';
COMMENT ON FUNCTION current_organization_id() IS 'organization that is worked in: the one that use_organization() chose, else the default one while it is the only one, otherwise NULL';

CREATE OR REPLACE FUNCTION current_project_id() RETURNS uuid
    LANGUAGE C STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'mlregistry_current_project_id';
COMMENT ON FUNCTION current_project_id() IS 'project that is worked in: the one that use_project() chose, else the default one of the current organization';
