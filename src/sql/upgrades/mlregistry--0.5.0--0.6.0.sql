-- 0.6.0: the audit trail. Before the line FUNCTIONS stands what has no OR REPLACE, after it the rights of new functions;
-- at the line all functions are made anew.

-- INCLUDE types/audit.sql

-- FUNCTIONS
REVOKE EXECUTE ON FUNCTION trg_audit() FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION trg_append_only() FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION make_partition(text, text, timestamptz, timestamptz, regclass) FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION close_partition(text, regclass) FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION make_partitions(text, boolean) FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION apply_audit_triggers() FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION run_maintenance() FROM PUBLIC;
