-- Who is acting, where, and what that one may do. Defaults of columns and policies use these: their signatures are frozen.
-- All of them look at the identity of the session: PARALLEL RESTRICTED.

CREATE OR REPLACE FUNCTION current_actor() RETURNS text
    LANGUAGE C STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'mlregistry_current_actor';
COMMENT ON FUNCTION current_actor() IS 'who is acting: the e-mail of the user, else the database role that logged in';

CREATE OR REPLACE FUNCTION current_user_id() RETURNS uuid
    LANGUAGE C STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'mlregistry_current_user_id';
COMMENT ON FUNCTION current_user_id() IS 'identifier of the user who is acting, NULL for a database role that is no user';

CREATE OR REPLACE FUNCTION current_organization_id() RETURNS uuid
    LANGUAGE C STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'mlregistry_current_organization_id';
COMMENT ON FUNCTION current_organization_id() IS 'organization that is worked in: the one that use_organization() chose, else the only one that is open, otherwise NULL';

CREATE OR REPLACE FUNCTION current_project_id() RETURNS uuid
    LANGUAGE C STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'mlregistry_current_project_id';
COMMENT ON FUNCTION current_project_id() IS 'project that is worked in: the one that use_project() chose, else the default one of the current organization';

CREATE OR REPLACE FUNCTION authenticate(
        api_key text,
        session boolean DEFAULT false,
        user_agent text DEFAULT NULL,
        client_address inet DEFAULT NULL) RETURNS text
    LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'mlregistry_authenticate';
COMMENT ON FUNCTION authenticate(text, boolean, text, inet) IS 'acts by an API key, to the end of the transaction or of the session, and returns who that is; 28000 when the key is not valid. Give the key as a parameter, so that no log has it';

CREATE OR REPLACE FUNCTION sign_out() RETURNS void
    LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'mlregistry_sign_out';
COMMENT ON FUNCTION sign_out() IS 'ends the identity that authenticate() gave';

CREATE OR REPLACE FUNCTION acting_identity(OUT user_id uuid, OUT api_key_id uuid, OUT how text, OUT scopes jsonb, OUT user_agent text, OUT client_address inet)
    LANGUAGE C STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'mlregistry_acting_identity';
COMMENT ON FUNCTION acting_identity() IS 'who is acting, and how that came: api_key, user (of that database role), role (grant_access), default (the only organization), bypass (no row security) or none; with what authenticate() was told of the client';

CREATE OR REPLACE FUNCTION allowed_projects(need text, scope text) RETURNS uuid[]
    LANGUAGE C STABLE STRICT PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'mlregistry_allowed_projects';
COMMENT ON FUNCTION allowed_projects(text, text) IS 'projects that the acting one may read, write or own, by a key also for that scope; policies compare with it once a query';

CREATE OR REPLACE FUNCTION allowed_organizations(need text, scope text) RETURNS uuid[]
    LANGUAGE C STABLE STRICT PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'mlregistry_allowed_organizations';
COMMENT ON FUNCTION allowed_organizations(text, text) IS 'organizations that the acting one may read, write or admin, by a key also for that scope; oversee: read as an admin';

CREATE OR REPLACE FUNCTION bypasses_access() RETURNS boolean
    LANGUAGE C STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'mlregistry_bypasses_access';
COMMENT ON FUNCTION bypasses_access() IS 'the calling role, not the owner of a function on the way, is a superuser, has BYPASSRLS or owns the tables';

CREATE OR REPLACE FUNCTION require_access(need text, scope text, project uuid) RETURNS void
    LANGUAGE C STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'mlregistry_require_access';
COMMENT ON FUNCTION require_access(text, text, uuid) IS 'raises 42501 (access_denied) unless the acting one may read, write or own that in the project';

CREATE OR REPLACE FUNCTION require_organization(need text, scope text, organization uuid) RETURNS void
    LANGUAGE C STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'mlregistry_require_organization';
COMMENT ON FUNCTION require_organization(text, text, uuid) IS 'raises 42501 (access_denied) unless the acting one may read, write or admin that in the organization';

CREATE OR REPLACE FUNCTION require_privilege(table_name text, privilege text) RETURNS void
    LANGUAGE C STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'mlregistry_require_privilege';
COMMENT ON FUNCTION require_privilege(text, text) IS 'raises 42501 unless the calling role, not the owner of a function on the way, has that SQL privilege on a table of the registry';

CREATE OR REPLACE FUNCTION new_api_key() RETURNS text
    LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'mlregistry_new_api_key';
COMMENT ON FUNCTION new_api_key() IS 'a new key: mlr_ and 256 bits of the server''s strong random source as base64url';
