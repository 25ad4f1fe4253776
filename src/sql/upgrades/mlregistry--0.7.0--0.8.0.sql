-- 0.8.0: lifecycle, deployments, approvals. Before the line FUNCTIONS stands what has no OR REPLACE, after it the rights of new
-- functions; at the line all functions are made anew.

-- INCLUDE types/lifecycle.sql

-- They say under which condition a move is possible, too.
DROP FUNCTION lifecycle(text);
DROP FUNCTION lifecycle_moves();

-- It counts deployments, too.
DROP FUNCTION tag_usage(text);

-- FUNCTIONS
REVOKE EXECUTE ON FUNCTION trg_model_of_version() FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION trg_derive_deployment() FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION trg_derive_approval() FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION trg_freeze_approval() FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION trg_history_status() FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION trg_history_stage() FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION trg_history_deployment() FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION trg_guard_deployment() FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION trg_traffic_sum() FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION trg_approval_gate() FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION trg_effect_deployment() FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION trg_effect_version() FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION trg_guard_approval() FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION trg_effect_approval() FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION trg_guard_stage() FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION trg_metric_gate() FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION trg_guard_protected_alias() FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION trg_guard_hold() FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION trg_guard_hold_change() FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION trg_guard_in_use() FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION trg_guard_signature() FROM PUBLIC;
