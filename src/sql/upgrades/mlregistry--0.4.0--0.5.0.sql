-- 0.5.0: access. Before the line FUNCTIONS stands what has no OR REPLACE, after it the rights of new functions;
-- at the line all functions are made anew.

-- INCLUDE types/access.sql

-- FUNCTIONS
REVOKE EXECUTE ON FUNCTION apply_access_rules() FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION new_api_key() FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION trg_access_changed() FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION trg_guard_models() FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION trg_guard_members() FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION trg_guard_quota() FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION fill_access_rules() FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION grant_access(name, text, text, boolean) FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION revoke_access(name, text, boolean) FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION set_role_rights(name, text, boolean) FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION level_rights(text) FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION highest_level(name) FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION act_as_owner() FROM PUBLIC;
