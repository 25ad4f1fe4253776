-- One function per rule for names, addresses, checksums and documents; the CHECKs of the tables use them.
-- Frozen: a stored CHECK depends on each. A new rule is a new function, and explain_invalid() learns it.

CREATE OR REPLACE FUNCTION is_valid_name(value text) RETURNS boolean
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_is_valid_name';
COMMENT ON FUNCTION is_valid_name(text) IS 'kebab-case name of 1 to 255 bytes: [a-z0-9]+(-[a-z0-9]+)*';

CREATE OR REPLACE FUNCTION is_valid_tag_name(value text) RETURNS boolean
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_is_valid_tag_name';
COMMENT ON FUNCTION is_valid_tag_name(text) IS 'name of 1 to 255 bytes: [a-z0-9]+([-_][a-z0-9]+)*';

CREATE OR REPLACE FUNCTION is_valid_alias(value text) RETURNS boolean
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_is_valid_alias';
COMMENT ON FUNCTION is_valid_alias(text) IS '[a-z_][a-z0-9_-]* of 1 to 255 bytes that reads neither as a version, a range, a stage nor latest';

CREATE OR REPLACE FUNCTION is_valid_label(value text) RETURNS boolean
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_is_valid_label';
COMMENT ON FUNCTION is_valid_label(text) IS '1 to 500 characters, no control character, no blank at either end';

CREATE OR REPLACE FUNCTION is_valid_metric_name(value text) RETURNS boolean
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_is_valid_metric_name';
COMMENT ON FUNCTION is_valid_metric_name(text) IS '1 to 250 bytes of [A-Za-z0-9_./ :-], no blank at either end';

CREATE OR REPLACE FUNCTION is_email(value text) RETURNS boolean
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_is_email';
COMMENT ON FUNCTION is_email(text) IS 'e-mail address of at most 254 bytes';

CREATE OR REPLACE FUNCTION is_sha256(value text) RETURNS boolean
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_is_sha256';
COMMENT ON FUNCTION is_sha256(text) IS '64 lower-case hexadecimal digits';

CREATE OR REPLACE FUNCTION is_git_commit(value text) RETURNS boolean
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_is_git_commit';
COMMENT ON FUNCTION is_git_commit(text) IS '7 to 64 lower-case hexadecimal digits';

CREATE OR REPLACE FUNCTION is_artifact_uri(value text) RETURNS boolean
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_is_artifact_uri';
COMMENT ON FUNCTION is_artifact_uri(text) IS 'URI with a scheme or absolute path, 2 to 4096 bytes';

CREATE OR REPLACE FUNCTION is_url(value text) RETURNS boolean
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_is_url';
COMMENT ON FUNCTION is_url(text) IS 'http or https URL with a host, at most 4096 bytes';

CREATE OR REPLACE FUNCTION is_file_path(value text) RETURNS boolean
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_is_file_path';
COMMENT ON FUNCTION is_file_path(text) IS 'relative path of 1 to 1024 bytes without empty, . and .. segments';

CREATE OR REPLACE FUNCTION is_score(value numeric) RETURNS boolean
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_is_score';
COMMENT ON FUNCTION is_score(numeric) IS 'true from 0 to 1; false for NaN';

CREATE OR REPLACE FUNCTION is_secret_ref(value text) RETURNS boolean
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_is_secret_ref';
COMMENT ON FUNCTION is_secret_ref(text) IS 'where a secret is kept: env, file, vault, aws-sm, gcp-sm or azure-kv, a colon and 1 to 1024 printable ASCII characters';

CREATE OR REPLACE FUNCTION is_metrics(value jsonb) RETURNS boolean
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_is_metrics';
COMMENT ON FUNCTION is_metrics(jsonb) IS 'object of at most 1000 metrics, each a number, "NaN", "Infinity" or "-Infinity"';

CREATE OR REPLACE FUNCTION is_scopes(value jsonb) RETURNS boolean
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_is_scopes';
COMMENT ON FUNCTION is_scopes(jsonb) IS '{} or {"scopes": [area:read or area:write, ...], "projects": [slug, ...]}: what an API key may do, and where';

CREATE OR REPLACE FUNCTION explain_invalid(rule text, value text) RETURNS text
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20 AS 'MODULE_PATHNAME', 'mlregistry_explain_invalid';
COMMENT ON FUNCTION explain_invalid(text, text) IS 'what a validation function has against a value, in words; NULL when it is valid. rule is the name of the function, with or without is_ or is_valid_; jsonb and numeric are given as text';
