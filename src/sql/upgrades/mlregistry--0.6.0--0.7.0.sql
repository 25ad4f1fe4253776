-- 0.7.0: training. Before the line FUNCTIONS stands what has no OR REPLACE, after it the rights of new functions; at the line
-- all functions are made anew.

-- INCLUDE types/training.sql

-- It counts runs, too.
DROP FUNCTION tag_usage(text);

-- FUNCTIONS
REVOKE EXECUTE ON FUNCTION trg_derive_experiment() FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION trg_derive_run() FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION trg_derive_run_dataset() FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION trg_state() FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION trg_guard_run() FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION trg_guard_run_metrics() FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION trg_effect_run() FROM PUBLIC;
