-- One function per rule for names, addresses and checksums; the CHECKs of the tables use them.
-- Frozen: a stored CHECK depends on each. A new rule is a new function.

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
