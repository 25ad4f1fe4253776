-- 0.3.0: the catalog. Before the line FUNCTIONS stands what has no OR REPLACE, after it the rights of new functions;
-- at the line all functions are made anew.

-- FUNCTIONS
REVOKE EXECUTE ON FUNCTION trg_derive_copy() FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION trg_freeze_version() FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION trg_freeze_file() FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION trg_history_alias() FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION trg_effect_alias() FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION load_sample_data() FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION drop_sample_data() FROM PUBLIC;
