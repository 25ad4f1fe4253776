-- 0.8.0: lifecycle, deployments, approvals. Before the line FUNCTIONS stands what has no OR REPLACE, after it the rights of new
-- functions; at the line all functions are made anew.

-- INCLUDE types/lifecycle.sql

-- FUNCTIONS
