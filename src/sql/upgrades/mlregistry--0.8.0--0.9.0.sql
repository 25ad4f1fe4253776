-- 0.9.0: lineage. Before the line FUNCTIONS stands what has no OR REPLACE, after it the rights of new functions; at the line all
-- functions are made anew.

-- INCLUDE types/lineage.sql

-- FUNCTIONS
REVOKE EXECUTE ON FUNCTION trg_lineage() FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION trg_no_cycle() FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION trg_effect_parents() FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION trg_forget_parents() FROM PUBLIC;
