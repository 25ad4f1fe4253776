-- Functions on type semver.

CREATE OR REPLACE FUNCTION is_semver(value text) RETURNS boolean
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_is_semver';
COMMENT ON FUNCTION is_semver(text) IS 'true when the text is a version after SemVer 2.0.0 of at most 256 characters';

CREATE OR REPLACE FUNCTION major(version semver) RETURNS numeric
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_semver_major';
COMMENT ON FUNCTION major(semver) IS 'major number of a version';

CREATE OR REPLACE FUNCTION minor(version semver) RETURNS numeric
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_semver_minor';
COMMENT ON FUNCTION minor(semver) IS 'minor number of a version';

CREATE OR REPLACE FUNCTION patch(version semver) RETURNS numeric
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_semver_patch';
COMMENT ON FUNCTION patch(semver) IS 'patch number of a version';

CREATE OR REPLACE FUNCTION prerelease(version semver) RETURNS text
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_semver_prerelease';
COMMENT ON FUNCTION prerelease(semver) IS 'prerelease of a version, NULL for a release';

CREATE OR REPLACE FUNCTION prerelease_identifiers(version semver) RETURNS text[]
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_semver_prerelease_identifiers';
COMMENT ON FUNCTION prerelease_identifiers(semver) IS 'prerelease of a version, one element per identifier, NULL for a release';

CREATE OR REPLACE FUNCTION build(version semver) RETURNS text
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_semver_build';
COMMENT ON FUNCTION build(semver) IS 'build metadata of a version, NULL where there is none';

CREATE OR REPLACE FUNCTION semver_core(version semver) RETURNS semver
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_semver_core';
COMMENT ON FUNCTION semver_core(semver) IS 'the version without prerelease and build metadata';

CREATE OR REPLACE FUNCTION is_prerelease(version semver) RETURNS boolean
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF AS 'MODULE_PATHNAME', 'mlregistry_semver_is_prerelease';
COMMENT ON FUNCTION is_prerelease(semver) IS 'true when the version has a prerelease part';

CREATE OR REPLACE FUNCTION semver(major numeric, minor numeric, patch numeric, pre text DEFAULT NULL, build text DEFAULT NULL)
    RETURNS semver
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_semver_construct';
COMMENT ON FUNCTION semver(numeric, numeric, numeric, text, text) IS 'version made of its parts; NULL when a number is NULL';

CREATE OR REPLACE FUNCTION semver_bump(version semver, part text) RETURNS semver
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_semver_bump';
COMMENT ON FUNCTION semver_bump(semver, text) IS 'next version: part is major, minor, patch, premajor, preminor, prepatch, prerelease or release';

CREATE OR REPLACE FUNCTION semver_bump(version semver, part text, preid text) RETURNS semver
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_semver_bump';
COMMENT ON FUNCTION semver_bump(semver, text, text) IS 'next version, its prerelease named preid';

CREATE OR REPLACE FUNCTION semver_diff(a semver, b semver) RETURNS text
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_semver_diff';
COMMENT ON FUNCTION semver_diff(semver, semver) IS 'greatest part in which two versions differ, NULL when they are equal in precedence';

CREATE OR REPLACE FUNCTION semver_truncate(version semver, part text) RETURNS semver
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_semver_truncate';
COMMENT ON FUNCTION semver_truncate(semver, text) IS 'the version with everything below the part set to zero or dropped';

CREATE OR REPLACE FUNCTION semver_coerce(value text) RETURNS semver
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_semver_coerce';
COMMENT ON FUNCTION semver_coerce(text) IS 'reads a loose spelling: blanks around it, a leading v, one to three numbers';

CREATE OR REPLACE FUNCTION semver_from_pep440(value text) RETURNS semver
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_semver_from_pep440';
COMMENT ON FUNCTION semver_from_pep440(text) IS 'reads a Python version: a, b, rc become alpha, beta, rc prereleases, the local part the build; post, dev, epoch and four numbers are refused';
