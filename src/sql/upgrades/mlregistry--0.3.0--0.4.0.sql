-- 0.4.0: ranges. Before the line FUNCTIONS stands what has no OR REPLACE, after it the rights of new functions;
-- at the line all functions are made anew.

-- INCLUDE types/semver_range.sql

-- They have more arguments now.
DROP FUNCTION latest_version(uuid, text, boolean, text, boolean);
DROP FUNCTION latest_version(text, text, boolean, text, boolean);
DROP FUNCTION latest_versions(text, boolean, text, text, boolean);
DROP FUNCTION latest_version_id(uuid, text, boolean, text, boolean);

-- FUNCTIONS
-- No new function has rights of its own.
