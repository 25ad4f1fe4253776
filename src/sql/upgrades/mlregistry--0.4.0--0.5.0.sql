-- 0.5.0: access. Before the line FUNCTIONS stands what has no OR REPLACE, after it the rights of new functions;
-- at the line all functions are made anew.

-- FUNCTIONS
REVOKE EXECUTE ON FUNCTION trg_access_changed() FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION trg_guard_members() FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION trg_guard_models() FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION trg_guard_quota() FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION fill_access_rules() FROM PUBLIC;
