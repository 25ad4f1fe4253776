-- Upgrade script as it was released with 0.7.0. Frozen: it is what leads from 0.6.0 to newer versions.
\echo Use "ALTER EXTENSION mlregistry UPDATE TO '0.7.0'" to load this file. \quit

-- 0.7.0: training. Before the line FUNCTIONS stands what has no OR REPLACE, after it the rights of new functions; at the line
-- all functions are made anew.

-- Rows that functions of the area training return.

CREATE TYPE experiment_info AS (
    project_slug text,
    experiment_name text,
    description text,
    status text,
    model_name text,
    config jsonb,
    allow_repeat_runs boolean,
    runs bigint,
    succeeded bigint,
    failed bigint,
    active bigint,
    last_run_at timestamptz,
    started_at timestamptz,
    completed_at timestamptz,
    created_by text,
    created_at timestamptz,
    updated_at timestamptz,
    experiment_id uuid,
    model_id uuid,
    project_id uuid
);
COMMENT ON TYPE experiment_info IS 'An experiment as functions return it, names beside identifiers, with its runs: failed counts those that ended by a timeout too, active those that are queued or running';

CREATE TYPE run_info AS (
    project_slug text,
    experiment_name text,
    run_number integer,
    run_name text,
    status text,
    model_name text,
    semver semver,
    framework text,
    dataset_name text,
    compute_target text,
    accuracy numeric,
    loss numeric,
    precision_score numeric,
    recall_score numeric,
    f1_score numeric,
    auc_roc numeric,
    custom_metrics jsonb,
    parameters jsonb,
    instance_type text,
    gpu_count integer,
    gpu_type text,
    gpu_hours numeric,
    cpu_hours numeric,
    cost_usd numeric,
    queued_at timestamptz,
    started_at timestamptz,
    completed_at timestamptz,
    duration_seconds numeric,
    exit_code integer,
    error_message text,
    notes text,
    tags text[],
    started_by text,
    created_at timestamptz,
    updated_at timestamptz,
    deleted_at timestamptz,
    run_id uuid,
    parent_run_id uuid,
    experiment_id uuid,
    model_id uuid,
    version_id uuid,
    dataset_id uuid,
    project_id uuid
);
COMMENT ON TYPE run_info IS 'A run as functions return it, names beside identifiers; parameters: hyperparameters, cost_usd: what was estimated, else GPU hours at the price of the GPU, deleted_at: when it was archived';

CREATE TYPE stale_run_info AS (
    project_slug text,
    experiment_name text,
    run_number integer,
    run_name text,
    status text,
    model_name text,
    compute_target text,
    gpu_count integer,
    gpu_type text,
    gpu_hours numeric,
    cost_usd numeric,
    started_by text,
    queued_at timestamptz,
    started_at timestamptz,
    last_sign_at timestamptz,
    silent_for interval,
    run_id uuid,
    experiment_id uuid,
    project_id uuid
);
COMMENT ON TYPE stale_run_info IS 'A run that has given no sign of life, as functions return it: last_sign_at is when it was queued, started or last changed, or when its last metric came, whichever is the latest';

CREATE TYPE ranked_run_info AS (
    rank bigint,
    metric_value double precision,
    behind double precision,
    best_step bigint,
    project_slug text,
    experiment_name text,
    run_number integer,
    run_name text,
    status text,
    model_name text,
    semver semver,
    framework text,
    dataset_name text,
    parameters jsonb,
    duration_seconds numeric,
    gpu_hours numeric,
    cost_usd numeric,
    queued_at timestamptz,
    completed_at timestamptz,
    run_id uuid,
    experiment_id uuid,
    model_id uuid,
    version_id uuid,
    dataset_id uuid
);
COMMENT ON TYPE ranked_run_info IS 'A run with its rank by a metric as functions return it; behind: how much worse than the best it is';

-- It counts runs, too.
DROP FUNCTION tag_usage(text);


-- functions/semver.sql
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

-- functions/semver_range.sql
-- Functions on type semver_range.

CREATE OR REPLACE FUNCTION is_semver_range(value text) RETURNS boolean
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_is_semver_range';
COMMENT ON FUNCTION is_semver_range(text) IS 'true for text that is a range of versions';

CREATE OR REPLACE FUNCTION semver_range_from_cargo(requirement text) RETURNS semver_range
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_semver_range_from_cargo';
COMMENT ON FUNCTION semver_range_from_cargo(text) IS 'range with the meaning of a Cargo requirement: 1.2.3 is ^1.2.3, commas are and';

CREATE OR REPLACE FUNCTION semver_range_canonical(range semver_range, include_prerelease boolean DEFAULT false) RETURNS text
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_semver_range_canonical';
COMMENT ON FUNCTION semver_range_canonical(semver_range, boolean) IS 'npm''s printed form of a range: ^1.4 is >=1.4.0 <2.0.0-0';

CREATE OR REPLACE FUNCTION satisfies(version semver, range semver_range, include_prerelease boolean DEFAULT false) RETURNS boolean
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2 SUPPORT semver_range_support AS 'MODULE_PATHNAME', 'mlregistry_satisfies';
COMMENT ON FUNCTION satisfies(semver, semver_range, boolean) IS 'true when the version satisfies the range; include_prerelease treats prereleases as any other version';

CREATE OR REPLACE FUNCTION range_intersects(a semver_range, b semver_range, include_prerelease boolean DEFAULT false) RETURNS boolean
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20 AS 'MODULE_PATHNAME', 'mlregistry_semver_range_overlaps';
COMMENT ON FUNCTION range_intersects(semver_range, semver_range, boolean) IS 'true when some version satisfies both ranges: && with a mode';

CREATE OR REPLACE FUNCTION range_subset(inner_range semver_range, outer_range semver_range, include_prerelease boolean DEFAULT false) RETURNS boolean
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20 AS 'MODULE_PATHNAME', 'mlregistry_semver_range_contained';
COMMENT ON FUNCTION range_subset(semver_range, semver_range, boolean) IS 'true when every version that satisfies the inner range satisfies the outer one: <@ with a mode';

CREATE OR REPLACE FUNCTION range_is_empty(range semver_range, include_prerelease boolean DEFAULT false) RETURNS boolean
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20 AS 'MODULE_PATHNAME', 'mlregistry_semver_range_is_empty';
COMMENT ON FUNCTION range_is_empty(semver_range, boolean) IS 'true when no version satisfies the range';

CREATE OR REPLACE FUNCTION outside(version semver, range semver_range, include_prerelease boolean DEFAULT false) RETURNS integer
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_semver_range_outside';
COMMENT ON FUNCTION outside(semver, semver_range, boolean) IS '-1 when the version is below the range, 1 when it is above, 0 otherwise';

CREATE OR REPLACE FUNCTION range_lower(range semver_range, include_prerelease boolean DEFAULT false) RETURNS semver
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_semver_range_lower';
COMMENT ON FUNCTION range_lower(semver_range, boolean) IS 'lower end of a range, NULL where it is unbounded or nothing satisfies it';

CREATE OR REPLACE FUNCTION range_upper(range semver_range, include_prerelease boolean DEFAULT false) RETURNS semver
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_semver_range_upper';
COMMENT ON FUNCTION range_upper(semver_range, boolean) IS 'upper end of a range, NULL where it is unbounded or nothing satisfies it';

CREATE OR REPLACE FUNCTION range_lower_inclusive(range semver_range, include_prerelease boolean DEFAULT false) RETURNS boolean
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_semver_range_lower_inclusive';
COMMENT ON FUNCTION range_lower_inclusive(semver_range, boolean) IS 'true when range_lower() belongs to the range, NULL where there is none';

CREATE OR REPLACE FUNCTION range_upper_inclusive(range semver_range, include_prerelease boolean DEFAULT false) RETURNS boolean
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_semver_range_upper_inclusive';
COMMENT ON FUNCTION range_upper_inclusive(semver_range, boolean) IS 'true when range_upper() belongs to the range, NULL where there is none';

CREATE OR REPLACE FUNCTION max_satisfying(versions semver[], range semver_range, include_prerelease boolean DEFAULT false) RETURNS semver
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$SELECT max_satisfying(v.version, range, include_prerelease) FROM unnest(versions) AS v (version)$function$;
COMMENT ON FUNCTION max_satisfying(semver[], semver_range, boolean) IS 'highest of the versions that satisfy the range, NULL when none does';

CREATE OR REPLACE FUNCTION min_satisfying(versions semver[], range semver_range, include_prerelease boolean DEFAULT false) RETURNS semver
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$SELECT min_satisfying(v.version, range, include_prerelease) FROM unnest(versions) AS v (version)$function$;
COMMENT ON FUNCTION min_satisfying(semver[], semver_range, boolean) IS 'lowest of the versions that satisfy the range, NULL when none does';

-- functions/validation.sql
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

-- functions/identity.sql
-- Who is acting, where, and what that one may do. Defaults of columns and policies use these: their signatures are frozen.
-- All of them look at the identity of the session: PARALLEL RESTRICTED.

CREATE OR REPLACE FUNCTION current_actor() RETURNS text
    LANGUAGE C STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'mlregistry_current_actor';
COMMENT ON FUNCTION current_actor() IS 'who is acting: the e-mail of the user, else the database role that logged in';

CREATE OR REPLACE FUNCTION current_user_id() RETURNS uuid
    LANGUAGE C STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'mlregistry_current_user_id';
COMMENT ON FUNCTION current_user_id() IS 'identifier of the user who is acting, NULL for a database role that is no user';

CREATE OR REPLACE FUNCTION current_organization_id() RETURNS uuid
    LANGUAGE C STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'mlregistry_current_organization_id';
COMMENT ON FUNCTION current_organization_id() IS 'organization that is worked in: the one that use_organization() chose, else the only one that is open, otherwise NULL';

CREATE OR REPLACE FUNCTION current_project_id() RETURNS uuid
    LANGUAGE C STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'mlregistry_current_project_id';
COMMENT ON FUNCTION current_project_id() IS 'project that is worked in: the one that use_project() chose, else the default one of the current organization';

CREATE OR REPLACE FUNCTION authenticate(
        api_key text,
        session boolean DEFAULT false,
        user_agent text DEFAULT NULL,
        client_address inet DEFAULT NULL) RETURNS text
    LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'mlregistry_authenticate';
COMMENT ON FUNCTION authenticate(text, boolean, text, inet) IS 'acts by an API key, to the end of the transaction or of the session, and returns who that is; 28000 when the key is not valid. Give the key as a parameter, so that no log has it';

CREATE OR REPLACE FUNCTION sign_out() RETURNS void
    LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'mlregistry_sign_out';
COMMENT ON FUNCTION sign_out() IS 'ends the identity that authenticate() gave';

CREATE OR REPLACE FUNCTION acting_identity(OUT user_id uuid, OUT api_key_id uuid, OUT how text, OUT scopes jsonb, OUT user_agent text, OUT client_address inet)
    LANGUAGE C STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'mlregistry_acting_identity';
COMMENT ON FUNCTION acting_identity() IS 'who is acting, and how that came: api_key, user (of that database role), role (grant_access), default (the only organization), bypass (no row security) or none; with what authenticate() was told of the client';

CREATE OR REPLACE FUNCTION allowed_projects(need text, scope text) RETURNS uuid[]
    LANGUAGE C STABLE STRICT PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'mlregistry_allowed_projects';
COMMENT ON FUNCTION allowed_projects(text, text) IS 'projects that the acting one may read, write or own, by a key also for that scope; policies compare with it once a query';

CREATE OR REPLACE FUNCTION allowed_organizations(need text, scope text) RETURNS uuid[]
    LANGUAGE C STABLE STRICT PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'mlregistry_allowed_organizations';
COMMENT ON FUNCTION allowed_organizations(text, text) IS 'organizations that the acting one may read, write or admin, by a key also for that scope; oversee: read as an admin';

CREATE OR REPLACE FUNCTION bypasses_access() RETURNS boolean
    LANGUAGE C STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'mlregistry_bypasses_access';
COMMENT ON FUNCTION bypasses_access() IS 'the calling role, not the owner of a function on the way, is a superuser, has BYPASSRLS or owns the tables';

CREATE OR REPLACE FUNCTION require_access(need text, scope text, project uuid) RETURNS void
    LANGUAGE C STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'mlregistry_require_access';
COMMENT ON FUNCTION require_access(text, text, uuid) IS 'raises 42501 (access_denied) unless the acting one may read, write or own that in the project';

CREATE OR REPLACE FUNCTION require_organization(need text, scope text, organization uuid) RETURNS void
    LANGUAGE C STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'mlregistry_require_organization';
COMMENT ON FUNCTION require_organization(text, text, uuid) IS 'raises 42501 (access_denied) unless the acting one may read, write or admin that in the organization';

CREATE OR REPLACE FUNCTION require_privilege(table_name text, privilege text) RETURNS void
    LANGUAGE C STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'mlregistry_require_privilege';
COMMENT ON FUNCTION require_privilege(text, text) IS 'raises 42501 unless the calling role, not the owner of a function on the way, has that SQL privilege on a table of the registry';

CREATE OR REPLACE FUNCTION new_api_key() RETURNS text
    LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'mlregistry_new_api_key';
COMMENT ON FUNCTION new_api_key() IS 'a new key: mlr_ and 256 bits of the server''s strong random source as base64url';

-- functions/triggers.sql
-- Trigger functions. The triggers of installed tables name them: a new behaviour is a new function.

CREATE OR REPLACE FUNCTION trg_keys() RETURNS trigger LANGUAGE C AS 'MODULE_PATHNAME', 'mlregistry_trg_keys';
COMMENT ON FUNCTION trg_keys() IS 'trigger keys: keys never change, a row lies in its parent''s project; arguments: parent table, parent key';

CREATE OR REPLACE FUNCTION trg_actor() RETURNS trigger LANGUAGE C AS 'MODULE_PATHNAME', 'mlregistry_trg_actor';
COMMENT ON FUNCTION trg_actor() IS 'trigger actor: x_by_user is set by the database only; arguments: each x';

CREATE OR REPLACE FUNCTION trg_normalize() RETURNS trigger LANGUAGE C AS 'MODULE_PATHNAME', 'mlregistry_trg_normalize';
COMMENT ON FUNCTION trg_normalize() IS 'trigger normalize: trims and lower-cases; arguments: column:rule with rule trim, lower or email';

CREATE OR REPLACE FUNCTION trg_derive_model() RETURNS trigger LANGUAGE C AS 'MODULE_PATHNAME', 'mlregistry_trg_derive_model';
COMMENT ON FUNCTION trg_derive_model() IS 'trigger derive of models: display name, time of archiving';

CREATE OR REPLACE FUNCTION trg_derive_version() RETURNS trigger LANGUAGE C AS 'MODULE_PATHNAME', 'mlregistry_trg_derive_version';
COMMENT ON FUNCTION trg_derive_version() IS 'trigger derive of versions: framework, archived status and stage, times of states and of freezing';

CREATE OR REPLACE FUNCTION trg_derive_alias() RETURNS trigger LANGUAGE C AS 'MODULE_PATHNAME', 'mlregistry_trg_derive_alias';
COMMENT ON FUNCTION trg_derive_alias() IS 'trigger derive of aliases: who moved it, and when';

CREATE OR REPLACE FUNCTION trg_touch() RETURNS trigger LANGUAGE C AS 'MODULE_PATHNAME', 'mlregistry_trg_touch';
COMMENT ON FUNCTION trg_touch() IS 'trigger touch: updated_at and updated_by';

CREATE OR REPLACE FUNCTION trg_guard_alias() RETURNS trigger LANGUAGE C AS 'MODULE_PATHNAME', 'mlregistry_trg_guard_alias';
COMMENT ON FUNCTION trg_guard_alias() IS 'trigger guard of aliases: none names a deleted version';

CREATE OR REPLACE FUNCTION trg_guard_version() RETURNS trigger LANGUAGE C AS 'MODULE_PATHNAME', 'mlregistry_trg_guard_version';
COMMENT ON FUNCTION trg_guard_version() IS 'trigger guard of versions: one with an alias is not deleted';

CREATE OR REPLACE FUNCTION trg_builtin() RETURNS trigger LANGUAGE C AS 'MODULE_PATHNAME', 'mlregistry_trg_builtin';
COMMENT ON FUNCTION trg_builtin() IS 'trigger of the lookup tables: built-in rows are neither deleted nor renamed';

CREATE OR REPLACE FUNCTION trg_derive_copy() RETURNS trigger LANGUAGE C AS 'MODULE_PATHNAME', 'mlregistry_trg_derive_copy';
COMMENT ON FUNCTION trg_derive_copy() IS 'trigger derive: a column that was left out is another one; arguments: column, other column';

CREATE OR REPLACE FUNCTION trg_freeze_version() RETURNS trigger LANGUAGE C AS 'MODULE_PATHNAME', 'mlregistry_trg_freeze_version';
COMMENT ON FUNCTION trg_freeze_version() IS 'trigger freeze of versions: the artifact of a frozen one does not change';

CREATE OR REPLACE FUNCTION trg_freeze_file() RETURNS trigger LANGUAGE C AS 'MODULE_PATHNAME', 'mlregistry_trg_freeze_file';
COMMENT ON FUNCTION trg_freeze_file() IS 'triggers freeze and guard of files: those of a frozen version do not change';

CREATE OR REPLACE FUNCTION trg_history_alias() RETURNS trigger LANGUAGE C AS 'MODULE_PATHNAME', 'mlregistry_trg_history_alias';
COMMENT ON FUNCTION trg_history_alias() IS 'trigger history of aliases: writes alias_history';

CREATE OR REPLACE FUNCTION trg_effect_alias() RETURNS trigger LANGUAGE C AS 'MODULE_PATHNAME', 'mlregistry_trg_effect_alias';
COMMENT ON FUNCTION trg_effect_alias() IS 'trigger effect of aliases: freezes the version that is named';

CREATE OR REPLACE FUNCTION trg_access_changed() RETURNS trigger LANGUAGE C AS 'MODULE_PATHNAME', 'mlregistry_trg_access_changed';
COMMENT ON FUNCTION trg_access_changed() IS 'trigger access: every session reads rights again; for each statement';

CREATE OR REPLACE FUNCTION trg_guard_models() RETURNS trigger LANGUAGE C AS 'MODULE_PATHNAME', 'mlregistry_trg_guard_models';
COMMENT ON FUNCTION trg_guard_models() IS 'trigger guard of models: not more than organizations.max_models';

CREATE OR REPLACE FUNCTION trg_guard_members() RETURNS trigger LANGUAGE C AS 'MODULE_PATHNAME', 'mlregistry_trg_guard_members';
COMMENT ON FUNCTION trg_guard_members() IS 'trigger guard of memberships: not more than organizations.max_users, and an admin stays';

CREATE OR REPLACE FUNCTION trg_guard_quota() RETURNS trigger LANGUAGE C AS 'MODULE_PATHNAME', 'mlregistry_trg_guard_quota';
COMMENT ON FUNCTION trg_guard_quota() IS 'trigger guard of quotas: the project, team or user exists; as trigger effect of these: the quota goes with it; arguments: scope, key, or none';

CREATE OR REPLACE FUNCTION trg_append_only() RETURNS trigger LANGUAGE C AS 'MODULE_PATHNAME', 'mlregistry_trg_append_only';
COMMENT ON FUNCTION trg_append_only() IS 'trigger append_only: rows are neither changed nor removed but by the owner of the table; for each statement';

-- functions/training_internal.sql
-- What the triggers and views of the area training ask.

CREATE OR REPLACE FUNCTION trg_derive_experiment() RETURNS trigger LANGUAGE C AS 'MODULE_PATHNAME', 'mlregistry_trg_derive_experiment';
COMMENT ON FUNCTION trg_derive_experiment() IS 'trigger derive of experiments: their end';

CREATE OR REPLACE FUNCTION trg_derive_run() RETURNS trigger LANGUAGE C AS 'MODULE_PATHNAME', 'mlregistry_trg_derive_run';
COMMENT ON FUNCTION trg_derive_run() IS 'trigger derive of runs: number, model, framework, times, duration, F1, one run a day';

CREATE OR REPLACE FUNCTION trg_derive_run_dataset() RETURNS trigger LANGUAGE C AS 'MODULE_PATHNAME', 'mlregistry_trg_derive_run_dataset';
COMMENT ON FUNCTION trg_derive_run_dataset() IS 'trigger derive of run_datasets: version of the data';

CREATE OR REPLACE FUNCTION trg_state() RETURNS trigger LANGUAGE C AS 'MODULE_PATHNAME', 'mlregistry_trg_state';
COMMENT ON FUNCTION trg_state() IS 'trigger state: refuses moves that the state machine does not have; arguments: entity, column';

CREATE OR REPLACE FUNCTION trg_guard_run() RETURNS trigger LANGUAGE C AS 'MODULE_PATHNAME', 'mlregistry_trg_guard_run';
COMMENT ON FUNCTION trg_guard_run() IS 'trigger guard of runs: quotas, no circle of parents, none goes that a version came from';

CREATE OR REPLACE FUNCTION trg_guard_run_metrics() RETURNS trigger LANGUAGE C AS 'MODULE_PATHNAME', 'mlregistry_trg_guard_run_metrics';
COMMENT ON FUNCTION trg_guard_run_metrics() IS 'trigger guard of run_metrics: the runs are there and where the rows say; for each statement';

CREATE OR REPLACE FUNCTION said_run_place(run uuid, organization uuid, project uuid) RETURNS boolean
    LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'mlregistry_said_run_place';
COMMENT ON FUNCTION said_run_place(uuid, uuid, uuid) IS 'condition of a trigger of run_metrics: false; what it was called with is looked at when the statement ends';

CREATE OR REPLACE FUNCTION trg_said_run_metrics() RETURNS trigger LANGUAGE C AS 'MODULE_PATHNAME', 'mlregistry_trg_said_run_metrics';
COMMENT ON FUNCTION trg_said_run_metrics() IS 'trigger of run_metrics that never fires: its condition is said_run_place()';

CREATE OR REPLACE FUNCTION trg_effect_run() RETURNS trigger LANGUAGE C AS 'MODULE_PATHNAME', 'mlregistry_trg_effect_run';
COMMENT ON FUNCTION trg_effect_run() IS 'trigger effect of runs: the primary dataset is one of run_datasets, metrics go with their runs';

CREATE OR REPLACE FUNCTION lifecycle_moves() RETURNS TABLE (entity text, from_state text, to_state text, fills text)
    LANGUAGE C IMMUTABLE PARALLEL SAFE ROWS 20 AS 'MODULE_PATHNAME', 'mlregistry_lifecycle_moves';
COMMENT ON FUNCTION lifecycle_moves() IS 'state machines that triggers keep: their moves, and what a move fills; without from_state: where an entity begins';

CREATE OR REPLACE FUNCTION run_cost(estimated_cost_usd numeric, gpu_hours numeric, gpu_type text) RETURNS numeric
    LANGUAGE C STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_run_cost';
COMMENT ON FUNCTION run_cost(numeric, numeric, text) IS 'cost of a run in US dollars: what was estimated, else GPU hours at the price of gpu_types, 2.50 where the GPU is not in it; views and quotas use it';

-- Usage is what runs that were queued in the calendar period (UTC) of a time have taken; archived ones have taken it, too. A team's
-- are those of its models. Asked by trigger guard in the owner's name, and by quota_usage().
CREATE OR REPLACE FUNCTION usage_of_quota(quota_id uuid, at timestamptz)
    RETURNS TABLE (period_start timestamptz, period_end timestamptz, gpu_hours numeric, cost_usd numeric)
    LANGUAGE sql STABLE PARALLEL SAFE ROWS 1 SET search_path = pg_catalog, pg_temp
    AS $function$
        SELECT b.period_start, b.period_end, coalesce(u.gpu_hours, 0), coalesce(u.cost_usd, 0)
          FROM mlregistry.resource_quotas q
         CROSS JOIN LATERAL (
               SELECT date_trunc(q.period, usage_of_quota.at, 'UTC'),
                      (date_trunc(q.period, usage_of_quota.at AT TIME ZONE 'UTC') + ('1 ' || q.period)::interval) AT TIME ZONE 'UTC') AS b (period_start, period_end)
         CROSS JOIN LATERAL (
               SELECT sum(r.gpu_hours) AS gpu_hours, sum(mlregistry.run_cost(r.estimated_cost_usd, r.gpu_hours, r.gpu_type)) AS cost_usd
                 FROM mlregistry.projects p
                 JOIN mlregistry.training_runs r ON r.project_id = p.project_id
                WHERE p.organization_id = q.organization_id AND (q.scope <> 'project' OR p.project_id = q.scope_id)
                  AND r.queued_at >= b.period_start AND r.queued_at < b.period_end
                  AND (q.scope <> 'user' OR r.started_by_user = q.scope_id)
                  AND (q.scope <> 'team' OR EXISTS (SELECT FROM mlregistry.models m WHERE m.model_id = r.model_id AND m.team_id = q.scope_id))) AS u
         WHERE q.quota_id = usage_of_quota.quota_id
    $function$;
COMMENT ON FUNCTION usage_of_quota(uuid, timestamptz) IS 'period of a quota that a time lies in, and what runs have used in it, as far as the caller may read them';

CREATE OR REPLACE FUNCTION quotas_of_run(run_id uuid) RETURNS SETOF uuid
    LANGUAGE sql STABLE PARALLEL SAFE ROWS 2 SET search_path = pg_catalog, pg_temp
    AS $function$
        SELECT q.quota_id
          FROM mlregistry.training_runs r
          JOIN mlregistry.resource_quotas q ON q.organization_id = r.organization_id
          LEFT JOIN mlregistry.models m ON m.model_id = r.model_id
         WHERE r.run_id = quotas_of_run.run_id AND q.is_active AND q.enforcement = 'refuse'
           AND CASE q.scope WHEN 'organization' THEN true
                            WHEN 'project' THEN q.scope_id = r.project_id
                            WHEN 'team' THEN q.scope_id = m.team_id
                            WHEN 'user' THEN q.scope_id = r.started_by_user END
         ORDER BY q.quota_id
    $function$;
COMMENT ON FUNCTION quotas_of_run(uuid) IS 'quotas that a run may be refused by, in the order in which they are locked';

-- What is used up is used up, whatever the run itself says that it has taken; a limit of 0 lets runs pass that take nothing. Who says
-- that a run was queued last month takes what there is now.
CREATE OR REPLACE FUNCTION quota_refusal(run_id uuid) RETURNS TABLE (message text, detail text)
    LANGUAGE sql STABLE PARALLEL SAFE ROWS 1 SET search_path = pg_catalog, pg_temp
    AS $function$
        SELECT format('the quota of the %s is used up', q.scope),
               format('%s of %s %s in the %s from %s are taken.', x.used, x.most, x.unit, q.period, to_char(u.period_start AT TIME ZONE 'UTC', 'YYYY-MM-DD'))
          FROM mlregistry.training_runs r
         CROSS JOIN LATERAL mlregistry.quotas_of_run(r.run_id) AS of_run (quota_id)
          JOIN mlregistry.resource_quotas q ON q.quota_id = of_run.quota_id
         CROSS JOIN LATERAL mlregistry.usage_of_quota(q.quota_id, greatest(r.queued_at, now())) AS u
         CROSS JOIN LATERAL (VALUES
               (1, 'GPU hours', u.gpu_hours, r.gpu_hours, q.gpu_hours_limit),
               (2, 'US dollars', u.cost_usd, mlregistry.run_cost(r.estimated_cost_usd, r.gpu_hours, r.gpu_type), q.cost_limit_usd))
               AS x (place, unit, used, own, most)
         WHERE r.run_id = quota_refusal.run_id
           AND (x.used > x.most OR x.used - x.own >= x.most AND x.used > x.own)
         ORDER BY q.quota_id, x.place
         LIMIT 1
    $function$;
COMMENT ON FUNCTION quota_refusal(uuid) IS 'why a run is refused: the first quota with enforcement refuse that it does not fit into; no row where it does';

-- All that counts, also in projects that the caller may not read: what is left of a quota is the same for everybody.
CREATE OR REPLACE FUNCTION usage_of_quotas(organization uuid, at timestamptz)
    RETURNS TABLE (quota_id uuid, period_start timestamptz, period_end timestamptz, gpu_hours numeric, cost_usd numeric)
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SECURITY DEFINER ROWS 20 SET search_path = pg_catalog, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        as_owner constant text := mlregistry.act_as_owner(); -- before any look at a table
    BEGIN
        PERFORM mlregistry.require_privilege('resource_quotas', 'SELECT');
        IF mlregistry.bypasses_access() OR organization = ANY (mlregistry.allowed_organizations('read', 'admin')) THEN
            RETURN QUERY
                SELECT q.quota_id, u.period_start, u.period_end, u.gpu_hours, u.cost_usd
                  FROM mlregistry.resource_quotas q
                 CROSS JOIN LATERAL mlregistry.usage_of_quota(q.quota_id, usage_of_quotas.at) AS u
                 WHERE q.organization_id = usage_of_quotas.organization AND q.is_active;
        END IF;
    END
    $function$;
COMMENT ON FUNCTION usage_of_quotas(uuid, timestamptz) IS 'what runs have used of the active quotas of an organization in the periods that a time lies in: part of quota_usage()';

-- functions/search.sql
-- Searching by words and by parts of names.

CREATE OR REPLACE FUNCTION search_language() RETURNS regconfig
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $function$
        SELECT coalesce((SELECT (m.value #>> '{}')::regconfig FROM mlregistry.registry_meta m WHERE m.key = 'fts_language'),
                        'pg_catalog.english'::regconfig)
    $function$;
COMMENT ON FUNCTION search_language() IS 'text search configuration of the registry''s full-text indexes, chosen by install(fts_language => ...)';

CREATE OR REPLACE FUNCTION name_grams(a text, b text) RETURNS integer[]
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME', 'mlregistry_name_grams';
COMMENT ON FUNCTION name_grams(text, text) IS 'grams of two and of three bytes of two names, ASCII letters in lower case: what indexes for substrings hold';

CREATE OR REPLACE FUNCTION name_query_grams(part text) RETURNS integer[]
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME', 'mlregistry_name_query_grams';
COMMENT ON FUNCTION name_query_grams(text) IS 'grams that every name has in which the text occurs; NULL for less than two bytes';

CREATE OR REPLACE FUNCTION search_text(search text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    BEGIN
        IF search IS NULL THEN
            RAISE EXCEPTION 'the text that is sought must not be NULL' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        IF btrim(search) = '' OR length(search) > 1000 THEN
            RAISE EXCEPTION 'the text that is sought has % characters', length(btrim(search))
                USING ERRCODE = 'invalid_parameter_value', HINT = 'Give 1 to 1000 characters: words, "a phrase", or, -without, or a part of a name.';
        END IF;
        RETURN btrim(search);
    END
    $function$;
COMMENT ON FUNCTION search_text(text) IS 'the text that is sought without blanks at its ends; raises 22023 when nothing is left or it is too long';

-- The condition by which idx_..._search and idx_..._grams find rows: words in names and description, or a part of a name.
CREATE OR REPLACE FUNCTION search_condition(search text, name_column text, display_column text, description_column text) RETURNS text
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    BEGIN
        -- The part of a name first: it costs a tenth of what words do where rows are looked at.
        RETURN format('%s OR %s', search_part_condition(search, name_column, display_column),
                      search_words_condition(search, name_column, display_column, description_column));
    END
    $function$;
COMMENT ON FUNCTION search_condition(text, text, text, text) IS 'SQL condition: the words are in names or description, or the text is part of a name';

CREATE OR REPLACE FUNCTION search_words_condition(search text, name_column text, display_column text, description_column text) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
        SELECT format('to_tsvector(%1$L::regconfig, %2$s || '' '' || %3$s || '' '' || coalesce(%4$s, '''')) @@ websearch_to_tsquery(%1$L::regconfig, %5$L)',
                      search_language()::text, name_column, display_column, description_column, search)
    $function$;
COMMENT ON FUNCTION search_words_condition(text, text, text, text) IS 'SQL condition: the words, as websearch_to_tsquery reads them, are in names or description';

CREATE OR REPLACE FUNCTION search_part_condition(search text, name_column text, display_column text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
        SELECT CASE WHEN octet_length(search) < 2 THEN format('%s = %L', name_column, lower(search COLLATE "C"))
                    ELSE format('(mlregistry.name_grams(%1$s, %2$s) @> %3$L::integer[] AND position(%4$L IN lower((%1$s || chr(10) || %2$s) COLLATE "C")) > 0)',
                                name_column, display_column, name_query_grams(search), lower(search COLLATE "C")) END
    $function$;
COMMENT ON FUNCTION search_part_condition(text, text, text) IS 'SQL condition: the text occurs in one of the names, ASCII letters in either case; a single byte must be the name';

-- Words and parts of names are found by indexes whose operators row security does not trust: for a role that is subject to it
-- they would read every row. So these run as the owner of the tables, and ask for themselves: for the right to read the
-- table, and for the projects that are open to the one who calls.
CREATE OR REPLACE FUNCTION readable_condition(project_column text, scope text) RETURNS text
    LANGUAGE sql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp
    AS $function$
        SELECT CASE WHEN mlregistry.bypasses_access() THEN ''
                    ELSE format(' AND %s = ANY (%L)', project_column, mlregistry.allowed_projects('read', scope)) END
    $function$;
COMMENT ON FUNCTION readable_condition(text, text) IS 'SQL condition that restricts a query to what the acting one may read, for functions that row security does not see';

CREATE OR REPLACE FUNCTION ranked_models(
        search text,
        organization uuid,
        project uuid,
        active boolean,
        max_rows bigint,
        after_id uuid,
        OUT page_ids uuid[],
        OUT ranks real[])
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    SET client_min_messages = warning -- no notices about stop words
    AS $function$
    #variable_conflict use_variable
    DECLARE
        as_owner constant text := mlregistry.act_as_owner(); -- before any look at a table
        most constant integer := 120; -- so many of each way are ranked
        name constant text := lower(search COLLATE "C");
        phrase constant text := substring(lower(search COLLATE "C") FROM '^"([^"]+)"$'); -- when it is nothing else
        candidates text;
        words text;
        ranked text;
    BEGIN
        PERFORM mlregistry.require_privilege('models', 'SELECT');
        candidates := concat(
            format('FROM mlregistry.models m WHERE m.organization_id = %L AND m.deleted_at IS NULL', organization),
            mlregistry.readable_condition('m.project_id', 'models'),
            CASE WHEN active THEN ' AND m.is_active' WHEN NOT active THEN ' AND NOT m.is_active' END,
            CASE WHEN project IS NOT NULL THEN format(' AND m.project_id = %L', project)
                 -- Before the limit: what is in deleted projects must not take the place of what is there.
                 ELSE (SELECT format(' AND m.project_id <> ALL (%L)', array_agg(p.project_id))
                         FROM mlregistry.projects p
                        WHERE p.organization_id = organization AND p.deleted_at IS NOT NULL
                       HAVING count(*) > 0) END);
        -- The name itself 5, its beginning 4, a part of it 3, a part of the display name 2; to each the weight of the words
        -- is added, which is below 1. Of equals the shorter name is nearer.
        ranked := format(
            'SELECT (CASE WHEN m.model_name = %1$L THEN 5
                          WHEN starts_with(m.model_name, %1$L) THEN 4
                          WHEN position(%1$L IN m.model_name) > 0 THEN 3
                          WHEN position(%1$L IN lower(m.display_name COLLATE "C")) > 0 THEN 2
                          ELSE 0 END
                     + ts_rank(to_tsvector(%2$L::regconfig, m.model_name || '' '' || m.display_name || '' '' || left(coalesce(m.description, ''''), 250)),
                               websearch_to_tsquery(%2$L::regconfig, %3$L), 32))::real AS rank,
                    p.slug, m.model_name, m.model_id, length(m.model_name) AS name_length
               FROM mlregistry.models m
               JOIN mlregistry.projects p ON p.project_id = m.project_id AND p.deleted_at IS NULL',
            name, mlregistry.search_language()::text, search);
        words := mlregistry.search_words_condition(search, 'm.model_name', 'm.display_name', 'm.description');
        EXECUTE format(
            'WITH spelled AS MATERIALIZED (%9$s),
             hits AS (
                 (SELECT m.model_id %1$s AND m.model_name = %2$L)
                 UNION
                 (SELECT n.model_id FROM (SELECT m.model_id, m.model_name %1$s AND m.model_name >= %2$L ORDER BY m.model_name LIMIT %5$s) AS n
                   WHERE starts_with(n.model_name, %2$L))
                 UNION
                 (SELECT m.model_id %1$s AND %3$s LIMIT %5$s)
                 UNION
                 SELECT s.model_id FROM spelled s
                 UNION
                 (SELECT m.model_id %1$s AND %4$s AND (SELECT count(*) FROM spelled) < %5$s LIMIT %5$s)),
             last_seen AS (%6$s WHERE m.model_id = (SELECT m.model_id %1$s AND m.model_id = %7$L)),
             page AS (SELECT r.*
                        FROM (%6$s WHERE m.model_id IN (SELECT h.model_id FROM hits h)) AS r
                       WHERE %7$L::uuid IS NULL
                          OR (-r.rank, r.name_length, r.slug, r.model_name) > (SELECT -s.rank, s.name_length, s.slug, s.model_name FROM last_seen s)
                       ORDER BY r.rank DESC, r.name_length, r.slug, r.model_name
                       LIMIT %8$s)
             SELECT array_agg(page.model_id ORDER BY page.rank DESC, page.name_length, page.slug, page.model_name),
                    array_agg(page.rank ORDER BY page.rank DESC, page.name_length, page.slug, page.model_name)
               FROM page',
            candidates, name, mlregistry.search_part_condition(search, 'm.model_name', 'm.display_name'), words, most, ranked, after_id,
            coalesce(max_rows::text, 'ALL'),
            -- The index has words, not neighbours: to tell whether they are takes a text apart, which takes twenty times as
            -- long as to see that it has them as they are written. CASE: after the index, and one after the other.
            CASE WHEN phrase IS NULL THEN 'SELECT NULL::uuid AS model_id WHERE false'
                 ELSE format('SELECT m.model_id %s AND %s AND CASE WHEN position(%L IN lower(concat_ws('' '', m.model_name, m.display_name, m.description) COLLATE "C")) > 0 THEN %s END LIMIT %s',
                             candidates, regexp_replace(words, 'websearch_to_tsquery', 'plainto_tsquery'), phrase, words, most) END)
           INTO page_ids, ranks;
    END
    $function$;
COMMENT ON FUNCTION ranked_models(text, uuid, uuid, boolean, bigint, uuid) IS 'one page of what search_models() finds among what the acting one may read';

CREATE OR REPLACE FUNCTION search_models(
        search text,
        active boolean DEFAULT NULL,
        project text DEFAULT NULL,
        max_rows bigint DEFAULT 50,
        after text DEFAULT NULL)
    RETURNS TABLE (rank real, project_slug text, model_name text, display_name text, description text, team_name text, framework text,
                   is_active boolean, latest_version semver, tags text[], model_id uuid, project_id uuid)
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 50 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_variable
    DECLARE
        only_project uuid := project_filter(project);
        after_id uuid := CASE WHEN after IS NOT NULL THEN find_model(CASE WHEN position('/' IN after) > 0 THEN after ELSE concat_ws('/', project, after) END) END;
        ranked record := ranked_models(search_text(search), current_organization_id(), only_project, active, max_rows, after_id);
    BEGIN
        RETURN QUERY
            SELECT ranked.ranks[i.n], i.project_slug, i.model_name, i.display_name, i.description, i.team_name, i.framework, i.is_active,
                   i.latest_version, i.tags, i.model_id, i.project_id
              FROM (SELECT i.*, row_number() OVER () AS n FROM model_infos(ranked.page_ids) AS i) AS i;
    END
    $function$;
COMMENT ON FUNCTION search_models(text, boolean, text, bigint, text) IS 'models by words in names and description (as web searches are written) and by parts of names, best first: the name itself, its beginning, a part of it, a part of the display name, words; of each way at most 120 are ranked; for the next page give the last one seen as after, written project/name';

-- functions/references.sql
-- References: from the names that people write to the rows that they mean.

CREATE OR REPLACE FUNCTION parse_reference(reference text, OUT project text, OUT model text, OUT selector text, OUT selector_kind text)
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_parse_reference';
COMMENT ON FUNCTION parse_reference(text) IS 'parts of [project/]model[@selector]; selector_kind is latest, exact, stage, alias, range or invalid';

CREATE OR REPLACE FUNCTION selector_kind(selector text) RETURNS text
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_selector_kind';
COMMENT ON FUNCTION selector_kind(text) IS 'what a selector is: latest, exact, stage, alias, range or invalid';

CREATE OR REPLACE FUNCTION name_distance(a text, b text) RETURNS integer
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50 AS 'MODULE_PATHNAME', 'mlregistry_name_distance';
COMMENT ON FUNCTION name_distance(text, text) IS 'number of edits (insert, delete, replace, swap neighbours) between two names';

CREATE OR REPLACE FUNCTION near_names(wanted text, candidates text[]) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
        SELECT string_agg(name, ', ' ORDER BY distance, name)
          FROM (SELECT c.name, name_distance(wanted, c.name) AS distance
                  FROM unnest(candidates) AS c (name)
                 WHERE abs(octet_length(c.name) - octet_length(wanted)) <= 3
                 ORDER BY 2, 1
                 LIMIT 3) AS nearest
         WHERE distance <= greatest(2, octet_length(wanted) / 3)
    $function$;
COMMENT ON FUNCTION near_names(text, text[]) IS 'the up to three candidates that are spelled most like the wanted name, for hints';

CREATE OR REPLACE FUNCTION shortened(value text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $function$SELECT CASE WHEN length(value) > 80 THEN left(value, 77) || '...' ELSE value END$function$;
COMMENT ON FUNCTION shortened(text) IS 'a value as messages show it: at most 80 characters';

CREATE OR REPLACE FUNCTION why_invalid(rule text, value text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
        SELECT upper(left(why, 1)) || substr(why, 2) || '.' FROM explain_invalid(rule, value) AS why
    $function$;
COMMENT ON FUNCTION why_invalid(text, text) IS 'explain_invalid() as a sentence, for the details of errors';

CREATE OR REPLACE FUNCTION find_project(project text) RETURNS uuid
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    DECLARE
        found_id uuid;
        near text;
    BEGIN
        IF current_organization_id() IS NULL THEN
            RAISE EXCEPTION 'there is no current organization'
                USING ERRCODE = 'object_not_in_prerequisite_state',
                      HINT = 'There is no default organization, or there are several: SELECT use_organization(''...'') chooses one. The table organizations lists them.';
        END IF;
        IF project IS NULL THEN
            RETURN current_project_id();
        END IF;
        SELECT p.project_id INTO found_id
          FROM projects p
         WHERE p.organization_id = current_organization_id() AND p.slug = find_project.project AND p.deleted_at IS NULL;
        IF found_id IS NULL THEN
            near := near_names(project, ARRAY(SELECT p.slug FROM projects p
                                               WHERE p.organization_id = current_organization_id() AND p.deleted_at IS NULL
                                                 AND abs(octet_length(p.slug) - octet_length(project)) <= 3
                                               LIMIT 1000));
            RAISE EXCEPTION 'project "%" does not exist', shortened(project)
                USING ERRCODE = 'no_data_found',
                      HINT = coalesce('Did you mean ' || near || '?', 'list_models() shows the projects that have models.');
        END IF;
        RETURN found_id;
    END
    $function$;
COMMENT ON FUNCTION find_project(text) IS 'identifier of a project by its slug, of the current one for NULL; P0002 when there is none';

CREATE OR REPLACE FUNCTION project_filter(project text) RETURNS uuid
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    DECLARE
        found_id uuid := find_project(project);
    BEGIN
        RETURN CASE WHEN project IS NOT NULL THEN found_id END;
    END
    $function$;
COMMENT ON FUNCTION project_filter(text) IS 'identifier of the project that a list is restricted to, NULL for all projects; P0002 when there is none of that name';

-- The model part alone: what a version is sought in.
CREATE OR REPLACE FUNCTION find_model(project text, model_name text) RETURNS uuid
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    DECLARE
        sought_project uuid := find_project(project);
        found_id uuid;
        elsewhere text;
        near text;
    BEGIN
        SELECT m.model_id INTO found_id
          FROM models m
          JOIN projects p USING (project_id)
         WHERE m.organization_id = current_organization_id()
           AND m.project_id = sought_project
           AND m.model_name = find_model.model_name
           AND m.deleted_at IS NULL
           AND p.deleted_at IS NULL;
        IF found_id IS NOT NULL THEN
            RETURN found_id;
        END IF;

        SELECT string_agg(format('%s/%s', p.slug, m.model_name), ', ' ORDER BY p.slug) INTO elsewhere
          FROM models m
          JOIN projects p USING (project_id)
         WHERE m.organization_id = current_organization_id()
           AND m.model_name = find_model.model_name
           AND m.deleted_at IS NULL
           AND p.deleted_at IS NULL;
        near := near_names(model_name, ARRAY(SELECT m.model_name FROM models m
                                              WHERE m.organization_id = current_organization_id()
                                                AND m.project_id = sought_project AND m.deleted_at IS NULL
                                                AND abs(octet_length(m.model_name) - octet_length(find_model.model_name)) <= 3
                                              LIMIT 1000));
        RAISE EXCEPTION 'model "%" does not exist', concat_ws('/', project, model_name)
            USING ERRCODE = 'no_data_found',
                  HINT = CASE
                             WHEN model_name ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
                             THEN 'An identifier is given as uuid: CAST(... AS uuid). Text is a name.'
                             WHEN elsewhere IS NOT NULL THEN format('It exists in another project: %s.', elsewhere)
                             WHEN near IS NOT NULL THEN format('Did you mean %s?', near)
                             ELSE 'register_model() creates it, list_models() shows what is there.'
                         END;
    END
    $function$;
COMMENT ON FUNCTION find_model(text, text) IS 'identifier of a model by project (NULL: the current one) and name; P0002 when there is none';

CREATE OR REPLACE FUNCTION find_model(reference text) RETURNS uuid
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    DECLARE
        ref record := parse_reference(reference);
    BEGIN
        IF reference IS NULL THEN
            RAISE EXCEPTION 'a model reference must not be NULL' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        IF ref.selector IS NOT NULL THEN
            RAISE EXCEPTION 'a model is expected, not one of its versions: "%"', shortened(reference)
                USING ERRCODE = 'invalid_parameter_value', HINT = format('Write %s.', split_part(reference, '@', 1));
        END IF;
        RETURN find_model(ref.project, ref.model);
    END
    $function$;
COMMENT ON FUNCTION find_model(text) IS 'identifier of the model that a reference [project/]model names; P0002 when there is none';

-- What the forms that take a uuid begin with: a name is not found when its model or project is deleted, nor is a uuid.
CREATE OR REPLACE FUNCTION live_model(model_id uuid) RETURNS uuid
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    BEGIN
        IF live_model.model_id IS NULL THEN
            RAISE EXCEPTION 'a model identifier must not be NULL' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        PERFORM FROM models m
                JOIN projects p USING (project_id)
                JOIN organizations o ON o.organization_id = m.organization_id
          WHERE m.model_id = live_model.model_id
            AND m.deleted_at IS NULL AND p.deleted_at IS NULL AND o.deleted_at IS NULL;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'model % does not exist', live_model.model_id
                USING ERRCODE = 'no_data_found', HINT = 'list_models() shows what is there.';
        END IF;
        RETURN live_model.model_id;
    END
    $function$;
COMMENT ON FUNCTION live_model(uuid) IS 'the identifier itself if it is that of a model that is not deleted, nor its project or organization; P0002 otherwise';

CREATE OR REPLACE FUNCTION require_stage(stage text) RETURNS void
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    BEGIN
        IF stage NOT IN ('development', 'staging', 'production', 'archived') THEN
            RAISE EXCEPTION 'unknown stage: "%"', shortened(stage)
                USING ERRCODE = 'invalid_parameter_value',
                      HINT = 'The stages are development, staging, production and archived.';
        END IF;
    END
    $function$;
COMMENT ON FUNCTION require_stage(text) IS 'raises 22023 for a text that is not a stage; NULL passes';

CREATE OR REPLACE FUNCTION require_max_rows(max_rows bigint) RETURNS void
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    BEGIN
        IF max_rows < 0 THEN
            RAISE EXCEPTION 'max_rows must not be negative: %', max_rows
                USING ERRCODE = 'invalid_parameter_value', HINT = 'NULL is no limit.';
        END IF;
    END
    $function$;
COMMENT ON FUNCTION require_max_rows(bigint) IS 'raises 22023 for a number of rows below zero; NULL passes';

CREATE OR REPLACE FUNCTION require_if_exists(if_exists text) RETURNS void
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    BEGIN
        IF if_exists IS NULL OR if_exists NOT IN ('error', 'return') THEN
            RAISE EXCEPTION 'if_exists is "error" or "return", not "%"', shortened(if_exists)
                USING ERRCODE = 'invalid_parameter_value';
        END IF;
    END
    $function$;
COMMENT ON FUNCTION require_if_exists(text) IS 'raises 22023 unless the argument if_exists of a registering function is error or return';

CREATE OR REPLACE FUNCTION latest_version_id(
        model_id uuid,
        stage text DEFAULT NULL,
        include_prerelease boolean DEFAULT false,
        latest_by text DEFAULT 'precedence',
        include_deprecated boolean DEFAULT false,
        range semver_range DEFAULT NULL) RETURNS uuid
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        -- A range says itself which prereleases it takes.
        prereleases_too boolean := coalesce(include_prerelease, false) OR range IS NOT NULL;
        deprecated_too boolean := coalesce(include_deprecated, false);
        found_id uuid;
    BEGIN
        IF latest_by IS NULL OR latest_by NOT IN ('precedence', 'registered') THEN
            RAISE EXCEPTION 'unknown meaning of latest: "%"', shortened(latest_by)
                USING ERRCODE = 'invalid_parameter_value', HINT = 'latest_by is precedence or registered.';
        END IF;
        IF stage = 'production' AND range IS NULL THEN
            -- There is at most one: a probe of unique_production_version.
            SELECT v.version_id INTO found_id
              FROM model_versions v
             WHERE v.model_id = latest_version_id.model_id AND v.stage = 'production' AND v.deleted_at IS NULL;
            RETURN found_id;
        END IF;
        PERFORM require_stage(stage);
        WHILE range IS NOT NULL LOOP
            IF latest_by = 'precedence' AND coalesce(include_prerelease, false) THEN
                SELECT v.version_id INTO found_id
                  FROM model_versions v
                 WHERE v.model_id = latest_version_id.model_id AND v.deleted_at IS NULL
                   AND (latest_version_id.stage IS NULL OR v.stage = latest_version_id.stage)
                   AND (latest_version_id.stage IS NOT NULL OR v.status <> 'archived') AND (deprecated_too OR v.status <> 'deprecated')
                   AND satisfies(v.semver, (SELECT latest_version_id.range), true)
                 ORDER BY v.semver DESC
                 LIMIT 1;
            ELSIF latest_by = 'precedence' THEN
                SELECT v.version_id INTO found_id
                  FROM model_versions v
                 WHERE v.model_id = latest_version_id.model_id AND v.deleted_at IS NULL
                   AND (latest_version_id.stage IS NULL OR v.stage = latest_version_id.stage)
                   AND (latest_version_id.stage IS NOT NULL OR v.status <> 'archived') AND (deprecated_too OR v.status <> 'deprecated')
                   AND v.semver <@ (SELECT latest_version_id.range)
                 ORDER BY v.semver DESC
                 LIMIT 1;
            ELSE
                SELECT v.version_id INTO found_id
                  FROM model_versions v
                 WHERE v.model_id = latest_version_id.model_id AND v.deleted_at IS NULL
                   AND (latest_version_id.stage IS NULL OR v.stage = latest_version_id.stage)
                   AND (latest_version_id.stage IS NOT NULL OR v.status <> 'archived') AND (deprecated_too OR v.status <> 'deprecated')
                   AND satisfies(v.semver, latest_version_id.range, coalesce(include_prerelease, false))
                 ORDER BY v.registered_at DESC, v.semver DESC
                 LIMIT 1;
            END IF;
            IF found_id IS NOT NULL OR stage IS NULL OR deprecated_too THEN
                RETURN found_id;
            END IF;
            deprecated_too := true; -- in a stage deprecated versions count, after all others
        END LOOP;
        -- Each query is a walk down one index that ends at its first row; releases are asked for before prereleases,
        -- and in a stage, whose name asks for whatever is in it, deprecated versions after all others.
        LOOP
            IF stage IS NULL AND latest_by = 'precedence' THEN
                SELECT v.version_id INTO found_id
                  FROM model_versions v
                 WHERE v.model_id = latest_version_id.model_id AND v.deleted_at IS NULL AND v.status <> 'archived'
                   AND (deprecated_too OR v.status <> 'deprecated')
                   AND (prereleases_too OR NOT is_prerelease(v.semver))
                 ORDER BY v.semver DESC
                 LIMIT 1;
            ELSIF stage IS NULL THEN
                SELECT v.version_id INTO found_id
                  FROM model_versions v
                 WHERE v.model_id = latest_version_id.model_id AND v.deleted_at IS NULL AND v.status <> 'archived'
                   AND (deprecated_too OR v.status <> 'deprecated')
                   AND (prereleases_too OR NOT is_prerelease(v.semver))
                 ORDER BY v.registered_at DESC, v.semver DESC
                 LIMIT 1;
            ELSIF latest_by = 'precedence' THEN
                SELECT v.version_id INTO found_id
                  FROM model_versions v
                 WHERE v.model_id = latest_version_id.model_id AND v.deleted_at IS NULL AND v.stage = latest_version_id.stage
                   AND (deprecated_too OR v.status <> 'deprecated')
                   AND (prereleases_too OR NOT is_prerelease(v.semver))
                 ORDER BY v.semver DESC
                 LIMIT 1;
            ELSE
                SELECT v.version_id INTO found_id
                  FROM model_versions v
                 WHERE v.model_id = latest_version_id.model_id AND v.deleted_at IS NULL AND v.stage = latest_version_id.stage
                   AND (deprecated_too OR v.status <> 'deprecated')
                   AND (prereleases_too OR NOT is_prerelease(v.semver))
                 ORDER BY v.registered_at DESC, v.semver DESC
                 LIMIT 1;
            END IF;
            EXIT WHEN found_id IS NOT NULL;
            IF NOT prereleases_too THEN
                prereleases_too := true;
            ELSIF stage IS NOT NULL AND NOT deprecated_too THEN
                deprecated_too := true;
                prereleases_too := coalesce(include_prerelease, false);
            ELSE
                EXIT;
            END IF;
        END LOOP;
        RETURN found_id;
    END
    $function$;
COMMENT ON FUNCTION latest_version_id(uuid, text, boolean, text, boolean, semver_range) IS 'identifier of a model''s latest version: the highest release that is neither deprecated nor archived, else the highest such prerelease; NULL when there is none';

CREATE OR REPLACE FUNCTION find_version(model_id uuid, selector text) RETURNS uuid
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        kind text := selector_kind(coalesce(selector, 'latest'));
        found_id uuid;
        candidates text;
    BEGIN
        CASE kind
            WHEN 'latest' THEN
                found_id := latest_version_id(model_id);
            WHEN 'stage' THEN
                found_id := latest_version_id(model_id, stage => lower(selector COLLATE "C"));
            WHEN 'exact' THEN
                SELECT v.version_id INTO found_id
                  FROM model_versions v
                 WHERE v.model_id = find_version.model_id AND v.semver = find_version.selector::semver AND v.deleted_at IS NULL;
            WHEN 'range' THEN
                found_id := latest_version_id(model_id, range => selector::semver_range);
            WHEN 'alias' THEN
                SELECT a.version_id INTO found_id
                  FROM model_aliases a
                 WHERE a.model_id = find_version.model_id AND a.alias = lower(find_version.selector COLLATE "C");
            ELSE
                -- What looks like a range is refused as one, with the position.
                IF selector ~ '^[0-9vVxX*<>=~^|]' THEN
                    PERFORM selector::semver_range;
                END IF;
                RAISE EXCEPTION 'invalid selector: "%"', shortened(selector)
                    USING ERRCODE = 'invalid_parameter_value',
                          DETAIL = 'It is neither a version, a range, an alias, a stage nor latest.',
                          HINT = 'Write model@1.2.3, model@^1.2, model@champion, model@production or model@latest.';
        END CASE;
        IF found_id IS NOT NULL THEN
            RETURN found_id;
        END IF;

        IF kind = 'exact' THEN
            SELECT 'Nearest: ' || string_agg(near.semver::text, ' and ' ORDER BY near.semver) || '.' INTO candidates
              FROM ((SELECT v.semver FROM model_versions v
                      WHERE v.model_id = find_version.model_id AND v.semver < find_version.selector::semver AND v.deleted_at IS NULL
                      ORDER BY v.semver DESC LIMIT 1)
                    UNION ALL
                    (SELECT v.semver FROM model_versions v
                      WHERE v.model_id = find_version.model_id AND v.semver > find_version.selector::semver AND v.deleted_at IS NULL
                      ORDER BY v.semver LIMIT 1)) AS near;
        ELSIF kind = 'range' THEN
            -- The nearest version on either side; where some lie between, what keeps them out.
            SELECT 'Nearest: ' || string_agg(near.semver::text, ' and ' ORDER BY near.semver) || '.' INTO candidates
              FROM ((SELECT v.semver FROM model_versions v
                      WHERE v.model_id = find_version.model_id AND v.deleted_at IS NULL
                        AND v.semver <= range_lower(find_version.selector::semver_range)
                        AND (v.semver < range_lower(find_version.selector::semver_range) OR NOT range_lower_inclusive(find_version.selector::semver_range))
                      ORDER BY v.semver DESC LIMIT 1)
                    UNION ALL
                    (SELECT v.semver FROM model_versions v
                      WHERE v.model_id = find_version.model_id AND v.deleted_at IS NULL
                        AND v.semver >= range_upper(find_version.selector::semver_range)
                        AND (v.semver > range_upper(find_version.selector::semver_range) OR NOT range_upper_inclusive(find_version.selector::semver_range))
                      ORDER BY v.semver LIMIT 1)) AS near;
            IF candidates IS NULL THEN
                -- All of them lie in a gap between alternatives.
                SELECT 'Nearest: ' || concat_ws(' and ', min(v.semver), nullif(max(v.semver), min(v.semver))) || '.' INTO candidates
                  FROM model_versions v
                 WHERE v.model_id = find_version.model_id AND v.deleted_at IS NULL
                   AND NOT satisfies(v.semver, find_version.selector::semver_range, true)
                HAVING count(*) > 0;
            END IF;
            SELECT concat_ws(' ', candidates,
                             CASE WHEN bool_or(v.semver <@ find_version.selector::semver_range)
                                  THEN format('Deprecated or archived, and not counted: %s.', max_satisfying(v.semver, find_version.selector::semver_range))
                                  WHEN count(*) > 0
                                  THEN format('%s is a prerelease, and the range names none of the same version.', max(v.semver)) END)
              INTO candidates
              FROM model_versions v
             WHERE v.model_id = find_version.model_id AND v.deleted_at IS NULL
               AND satisfies(v.semver, find_version.selector::semver_range, true);
            candidates := nullif(candidates, '');
        ELSIF kind = 'alias' THEN
            SELECT 'Its aliases are ' || string_agg(a.alias, ', ' ORDER BY a.alias) || '.' INTO candidates
              FROM (SELECT a.alias FROM model_aliases a WHERE a.model_id = find_version.model_id ORDER BY a.alias LIMIT 20) AS a;
        ELSIF kind = 'stage' THEN
            SELECT 'There are versions in ' || string_agg(DISTINCT v.stage, ', ') || '.' INTO candidates
              FROM model_versions v
             WHERE v.model_id = find_version.model_id AND v.deleted_at IS NULL;
        END IF;
        RAISE EXCEPTION 'model "%" has no version %',
                (SELECT m.model_name FROM models m WHERE m.model_id = find_version.model_id),
                CASE kind WHEN 'latest' THEN 'that counts as latest'
                          WHEN 'stage' THEN format('in stage "%s"', lower(selector COLLATE "C"))
                          WHEN 'alias' THEN format('with alias "%s"', shortened(selector))
                          WHEN 'range' THEN format('in range "%s"', shortened(selector))
                          ELSE format('"%s"', shortened(selector)) END
            USING ERRCODE = 'no_data_found',
                  HINT = coalesce(candidates, 'list_versions() shows what is there.');
    END
    $function$;
COMMENT ON FUNCTION find_version(uuid, text) IS 'identifier of the version of a model that a selector names: a version, a range, an alias, a stage or latest; P0002 when there is none';

CREATE OR REPLACE FUNCTION quick_version_id(reference text) RETURNS uuid
    LANGUAGE C STABLE STRICT PARALLEL RESTRICTED COST 100 AS 'MODULE_PATHNAME', 'mlregistry_quick_version_id';
COMMENT ON FUNCTION quick_version_id(text) IS 'the short way of find_version(text), NULL when nothing is found on it';

CREATE OR REPLACE FUNCTION find_version(reference text) RETURNS uuid
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    DECLARE
        ref record;
        quick_id uuid := quick_version_id(reference);
    BEGIN
        IF quick_id IS NOT NULL THEN
            RETURN quick_id;
        END IF;
        ref := parse_reference(reference);
        IF reference IS NULL THEN
            RAISE EXCEPTION 'a version reference must not be NULL' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        RETURN find_version(find_model(ref.project, ref.model), ref.selector);
    END
    $function$;
COMMENT ON FUNCTION find_version(text) IS 'identifier of the version that a reference [project/]model[@selector] names; P0002 when there is none';

-- functions/workplace.sql
-- Where a session works when it names nothing. The choice lives in the settings mlregistry.organization and
-- mlregistry.project, so SET LOCAL, RESET, DISCARD ALL and savepoints treat it as any setting.

-- What nobody has opened to the caller does not exist, neither here nor in the hint. Functions that run with the owner's
-- rights call this too: row security does not help there.
CREATE OR REPLACE FUNCTION find_organization(organization text) RETURNS uuid
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    DECLARE
        all_are_open boolean := bypasses_access();
        opened uuid[] := CASE WHEN all_are_open THEN '{}' ELSE coalesce(allowed_organizations('read', 'names'), '{}') END;
        found_id uuid;
        near text;
    BEGIN
        IF organization IS NULL THEN
            found_id := current_organization_id();
            IF found_id IS NULL THEN
                RAISE EXCEPTION 'there is no current organization'
                    USING ERRCODE = 'object_not_in_prerequisite_state',
                          HINT = 'There is no default organization, or there are several: SELECT use_organization(''...'') chooses one. The table organizations lists them.';
            END IF;
            RETURN found_id;
        END IF;
        SELECT o.organization_id INTO found_id
          FROM organizations o
         WHERE o.slug = find_organization.organization AND o.deleted_at IS NULL
           AND (all_are_open OR o.organization_id = ANY (opened));
        IF found_id IS NULL THEN
            near := near_names(organization, ARRAY(SELECT o.slug FROM organizations o
                                                    WHERE o.deleted_at IS NULL AND (all_are_open OR o.organization_id = ANY (opened))
                                                    LIMIT 1000));
            RAISE EXCEPTION 'organization "%" does not exist', shortened(organization)
                USING ERRCODE = 'no_data_found',
                      HINT = coalesce('Did you mean ' || near || '?', 'The table organizations lists them.');
        END IF;
        RETURN found_id;
    END
    $function$;
COMMENT ON FUNCTION find_organization(text) IS 'identifier of an organization that is open to the caller by its slug, of the current one for NULL; P0002 when there is none';

CREATE OR REPLACE FUNCTION use_organization(organization text, is_local boolean DEFAULT false) RETURNS text
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    BEGIN
        IF organization IS NOT NULL THEN
            PERFORM find_organization(organization);
        END IF;
        PERFORM set_config('mlregistry.organization', coalesce(organization, ''), coalesce(is_local, false)),
                set_config('mlregistry.project', '', coalesce(is_local, false));
        RETURN organization;
    END
    $function$;
COMMENT ON FUNCTION use_organization(text, boolean) IS 'chooses the organization, of those that are open to the caller, that this session, or this transaction only, works in, and its default project; NULL: the default one';

CREATE OR REPLACE FUNCTION use_project(project text, is_local boolean DEFAULT false) RETURNS text
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    BEGIN
        IF project IS NOT NULL THEN
            PERFORM find_project(project);
        END IF;
        PERFORM set_config('mlregistry.project', coalesce(project, ''), coalesce(is_local, false));
        RETURN project;
    END
    $function$;
COMMENT ON FUNCTION use_project(text, boolean) IS 'chooses the project of the current organization that this session, or this transaction only, works in; NULL: the default one';

-- functions/access.sql
-- Organizations, people and keys. Where nobody may write a table, a function does it with the rights of the tables' owner
-- (SECURITY DEFINER, then act_as_owner()): such a function asks first whether the caller has the SQL right and the role for it. All others work
-- with the caller's own rights.

CREATE OR REPLACE FUNCTION require_owner(what text) RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    BEGIN
        IF NOT bypasses_access() THEN
            RAISE EXCEPTION 'only the owner of the registry may %', what
                USING ERRCODE = 'insufficient_privilege', CONSTRAINT = 'access_denied',
                      HINT = format('Ask a superuser or a member of role "%s".', registry_owner());
        END IF;
    END
    $function$;
COMMENT ON FUNCTION require_owner(text) IS 'raises 42501 (access_denied) unless the calling role is not subject to row security';

CREATE OR REPLACE FUNCTION require_email(email text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    DECLARE
        trimmed text := btrim(email, E' \t\n\x0B\f\r');
    BEGIN
        IF email IS NULL THEN
            RAISE EXCEPTION 'the e-mail address must not be NULL' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        IF NOT is_email(trimmed) THEN
            RAISE EXCEPTION 'invalid e-mail address: "%"', shortened(email)
                USING ERRCODE = 'check_violation',
                      CONSTRAINT = 'valid_email', SCHEMA = 'mlregistry', TABLE = 'users',
                      DETAIL = why_invalid('is_email', trimmed);
        END IF;
        RETURN split_part(trimmed, '@', 1) || '@' || lower(split_part(trimmed, '@', 2) COLLATE "C");
    END
    $function$;
COMMENT ON FUNCTION require_email(text) IS 'an e-mail address as it is stored: without blanks at its ends, the domain in lower case; raises 23514 for what is none';

-- Organizations and users: the owner's.

CREATE OR REPLACE FUNCTION organization_info(organization_id uuid) RETURNS organization_info
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        info organization_info;
    BEGIN
        SELECT o.slug, o.name, o.subscription_plan, o.subscription_status, o.max_users, o.max_models, o.created_by, o.created_at,
               o.organization_id
          INTO info
          FROM organizations o
         WHERE o.organization_id = organization_info.organization_id;
        RETURN info;
    END
    $function$;
COMMENT ON FUNCTION organization_info(uuid) IS 'complete row of one organization, NULL when there is none';

CREATE OR REPLACE FUNCTION create_organization(
        slug text,
        name text DEFAULT NULL,
        plan text DEFAULT 'enterprise',
        if_exists text DEFAULT 'error') RETURNS SETOF organization_info
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        new_id uuid;
        taken record;
        info organization_info;
    BEGIN
        PERFORM require_owner('create organizations');
        IF slug IS NULL OR plan IS NULL THEN
            RAISE EXCEPTION 'an organization needs a slug and a plan' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        PERFORM require_if_exists(if_exists);
        IF NOT is_valid_name(slug) THEN
            RAISE EXCEPTION 'invalid slug of an organization: "%"', shortened(slug)
                USING ERRCODE = 'check_violation',
                      CONSTRAINT = 'valid_slug', SCHEMA = 'mlregistry', TABLE = 'organizations',
                      DETAIL = why_invalid('is_valid_name', slug),
                      HINT = 'Keep what people read in name.';
        END IF;
        IF plan NOT IN ('starter', 'professional', 'enterprise') THEN
            RAISE EXCEPTION 'unknown plan: "%"', shortened(plan)
                USING ERRCODE = 'check_violation',
                      CONSTRAINT = 'valid_subscription_plan', SCHEMA = 'mlregistry', TABLE = 'organizations',
                      HINT = 'The plans are starter (1 user, 2 models), professional (25 users, 200 models) and enterprise (no limit).';
        END IF;
        LOOP
            INSERT INTO organizations (name, slug, subscription_plan, max_users, max_models)
            VALUES (coalesce(create_organization.name, create_organization.slug), create_organization.slug, plan,
                    CASE plan WHEN 'starter' THEN 1 WHEN 'professional' THEN 25 END,
                    CASE plan WHEN 'starter' THEN 2 WHEN 'professional' THEN 200 END)
            ON CONFLICT (slug) WHERE deleted_at IS NULL DO NOTHING
            RETURNING organization_id INTO new_id;
            IF new_id IS NOT NULL THEN
                info := organization_info(new_id);
                EXIT;
            END IF;
            SELECT o.* INTO taken FROM organizations o WHERE o.slug = create_organization.slug AND o.deleted_at IS NULL;
            CONTINUE WHEN NOT FOUND; -- deleted meanwhile: the slug is free again
            IF if_exists = 'error' THEN
                RAISE EXCEPTION 'organization "%" already exists', slug
                    USING ERRCODE = 'unique_violation',
                          CONSTRAINT = 'organizations_slug_key', SCHEMA = 'mlregistry', TABLE = 'organizations',
                          DETAIL = format('It was created by %s at %s.', taken.created_by, taken.created_at),
                          HINT = 'Take what is there with if_exists => ''return''.';
            END IF;
            info := organization_info(taken.organization_id);
            EXIT WHEN info.organization_id IS NOT NULL; -- NULL: it went this very moment
        END LOOP;
        RETURN NEXT info;
    END
    $function$;
COMMENT ON FUNCTION create_organization(text, text, text, text) IS 'creates an organization with the limits of a plan: starter (1 user, 2 models), professional (25, 200) or enterprise (none). From the second one on a database role needs a user, a key or grant_access() to see anything. For the owner of the registry';

CREATE OR REPLACE FUNCTION user_info(user_id uuid) RETURNS user_info
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        info user_info;
    BEGIN
        SELECT u.email, u.first_name, u.last_name, u.db_role, u.is_active, u.created_at, u.user_id
          INTO info
          FROM users u
         WHERE u.user_id = user_info.user_id;
        RETURN info;
    END
    $function$;
COMMENT ON FUNCTION user_info(uuid) IS 'complete row of one user, NULL when there is none';

CREATE OR REPLACE FUNCTION create_user(
        email text,
        first_name text DEFAULT '',
        last_name text DEFAULT '',
        db_role name DEFAULT NULL,
        if_exists text DEFAULT 'error') RETURNS SETOF user_info
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        address text;
        new_id uuid;
        taken record;
        info user_info;
    BEGIN
        PERFORM require_owner('create users'), require_if_exists(if_exists);
        address := require_email(email);
        IF db_role IS NOT NULL AND NOT EXISTS (SELECT FROM pg_roles r WHERE r.rolname = create_user.db_role) THEN
            RAISE EXCEPTION 'role "%" does not exist', db_role
                USING ERRCODE = 'undefined_object', HINT = 'CREATE ROLE creates it; without db_role the user acts by keys.';
        END IF;
        LOOP
            INSERT INTO users (email, first_name, last_name, db_role)
            VALUES (address, coalesce(create_user.first_name, ''), coalesce(create_user.last_name, ''), create_user.db_role)
            ON CONFLICT DO NOTHING -- the address is there, or another user has the role
            RETURNING user_id INTO new_id;
            IF new_id IS NOT NULL THEN
                info := user_info(new_id);
                EXIT;
            END IF;
            SELECT u.* INTO taken FROM users u WHERE lower(u.email) = lower(address) AND u.deleted_at IS NULL;
            IF FOUND AND if_exists = 'return' THEN
                info := user_info(taken.user_id);
                EXIT WHEN info.user_id IS NOT NULL; -- NULL: it went this very moment
            ELSIF FOUND THEN
                RAISE EXCEPTION 'user "%" already exists', taken.email
                    USING ERRCODE = 'unique_violation',
                          CONSTRAINT = 'users_email_key', SCHEMA = 'mlregistry', TABLE = 'users',
                          DETAIL = format('It was created at %s.', taken.created_at),
                          HINT = 'Take what is there with if_exists => ''return''.';
            END IF;
            SELECT u.* INTO taken FROM users u WHERE u.db_role = create_user.db_role AND u.deleted_at IS NULL;
            IF FOUND THEN
                RAISE EXCEPTION 'role "%" is that of user "%"', db_role, taken.email
                    USING ERRCODE = 'unique_violation',
                          CONSTRAINT = 'users_db_role_key', SCHEMA = 'mlregistry', TABLE = 'users',
                          HINT = 'A role acts as one user; further people act by keys: create_api_key().';
            END IF;
        END LOOP;
        RETURN NEXT info;
    END
    $function$;
COMMENT ON FUNCTION create_user(text, text, text, name, text) IS 'creates a user, as whom a database role acts if one is given; if_exists => ''return'' gives the one that is there, unchanged. For the owner of the registry: admins of organizations have add_member()';

-- Projects.

CREATE OR REPLACE FUNCTION project_info(project_id uuid) RETURNS project_info
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        info project_info;
    BEGIN
        SELECT o.slug, p.slug, p.name, p.description, p.visibility, p.created_by, p.created_at, p.project_id
          INTO info
          FROM projects p
          LEFT JOIN organizations o USING (organization_id)
         WHERE p.project_id = project_info.project_id;
        RETURN info;
    END
    $function$;
COMMENT ON FUNCTION project_info(uuid) IS 'complete row of one project, NULL when there is none';

CREATE OR REPLACE FUNCTION create_project(
        slug text,
        name text DEFAULT NULL,
        visibility text DEFAULT 'private',
        description text DEFAULT NULL,
        organization text DEFAULT NULL,
        if_exists text DEFAULT 'error') RETURNS SETOF project_info
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        in_organization uuid := find_organization(organization);
        new_id uuid;
        taken record;
        info project_info;
    BEGIN
        PERFORM require_organization('admin', 'admin', in_organization), require_if_exists(if_exists);
        IF slug IS NULL OR visibility IS NULL THEN
            RAISE EXCEPTION 'a project needs a slug and a visibility' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        IF NOT is_valid_name(slug) THEN
            RAISE EXCEPTION 'invalid slug of a project: "%"', shortened(slug)
                USING ERRCODE = 'check_violation',
                      CONSTRAINT = 'valid_project_slug', SCHEMA = 'mlregistry', TABLE = 'projects',
                      DETAIL = why_invalid('is_valid_name', slug),
                      HINT = 'Keep what people read in name.';
        END IF;
        IF visibility NOT IN ('private', 'organization', 'public') THEN
            RAISE EXCEPTION 'unknown visibility: "%"', shortened(visibility)
                USING ERRCODE = 'check_violation',
                      CONSTRAINT = 'valid_visibility', SCHEMA = 'mlregistry', TABLE = 'projects',
                      HINT = 'It is private (its members), organization (all members of the organization) or public (every user reads).';
        END IF;
        LOOP
            -- Nothing that asks for the right to read it: it is in nobody's list of projects yet. Hence neither RETURNING nor
            -- columns after ON CONFLICT.
            new_id := gen_random_uuid();
            INSERT INTO projects (project_id, organization_id, name, slug, description, visibility)
            VALUES (new_id, in_organization, coalesce(create_project.name, create_project.slug), create_project.slug,
                    create_project.description, create_project.visibility)
            ON CONFLICT DO NOTHING;
            IF FOUND THEN
                INSERT INTO project_members (organization_id, project_id, user_id, role)
                SELECT m.organization_id, new_id, m.user_id, 'owner'
                  FROM organization_memberships m
                 WHERE m.organization_id = in_organization AND m.user_id = current_user_id()
                ON CONFLICT DO NOTHING;
                info := project_info(new_id);
                EXIT;
            END IF;
            SELECT p.* INTO taken
              FROM projects p
             WHERE p.organization_id = in_organization AND p.slug = create_project.slug AND p.deleted_at IS NULL;
            CONTINUE WHEN NOT FOUND; -- deleted meanwhile: the slug is free again
            IF if_exists = 'error' THEN
                RAISE EXCEPTION 'project "%" already exists', slug
                    USING ERRCODE = 'unique_violation',
                          CONSTRAINT = 'unique_project_slug', SCHEMA = 'mlregistry', TABLE = 'projects',
                          DETAIL = format('It was created by %s at %s.', taken.created_by, taken.created_at),
                          HINT = 'Take what is there with if_exists => ''return''.';
            END IF;
            info := project_info(taken.project_id);
            EXIT WHEN info.project_id IS NOT NULL; -- NULL: it went this very moment
        END LOOP;
        RETURN NEXT info;
    END
    $function$;
COMMENT ON FUNCTION create_project(text, text, text, text, text, text) IS 'creates a project of an organization (NULL: the current one), owned by the acting user; if_exists => ''return'' gives the one that is there, unchanged. For admins of the organization';

-- Members.

CREATE OR REPLACE FUNCTION find_member(email text, organization_id uuid) RETURNS uuid
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    DECLARE
        address text := require_email(email);
        found_id uuid;
        near text;
    BEGIN
        SELECT m.user_id INTO found_id
          FROM organization_memberships m
          JOIN users u ON u.user_id = m.user_id
         WHERE m.organization_id = find_member.organization_id AND lower(u.email) = lower(address) AND u.deleted_at IS NULL;
        IF found_id IS NULL THEN
            near := near_names(lower(address), ARRAY(SELECT lower(u.email)
                                                       FROM organization_memberships m
                                                       JOIN users u ON u.user_id = m.user_id
                                                      WHERE m.organization_id = find_member.organization_id AND u.deleted_at IS NULL
                                                      LIMIT 1000));
            RAISE EXCEPTION '% is not a member of the organization', address
                USING ERRCODE = 'no_data_found',
                      HINT = coalesce('Did you mean ' || near || '?', 'add_member() adds people, the table organization_memberships has who is there.');
        END IF;
        RETURN found_id;
    END
    $function$;
COMMENT ON FUNCTION find_member(text, uuid) IS 'identifier of the user with an e-mail address who is a member of an organization; P0002 when there is none';

CREATE OR REPLACE FUNCTION member_info(membership_id uuid) RETURNS member_info
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        info member_info;
    BEGIN
        SELECT o.slug, u.email, m.role, m.invited_by, m.joined_at, m.user_id, m.membership_id
          INTO info
          FROM organization_memberships m
          LEFT JOIN organizations o USING (organization_id)
          LEFT JOIN users u ON u.user_id = m.user_id
         WHERE m.membership_id = member_info.membership_id;
        RETURN info;
    END
    $function$;
COMMENT ON FUNCTION member_info(uuid) IS 'complete row of one membership, NULL when there is none';

CREATE OR REPLACE FUNCTION add_member(email text, role text DEFAULT 'viewer', organization text DEFAULT NULL) RETURNS SETOF member_info
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 1 SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $function$
    #variable_conflict use_variable
    DECLARE
        as_owner constant text := mlregistry.act_as_owner(); -- before any look at a table
        in_organization uuid := mlregistry.find_organization(organization);
        address text;
        of_user uuid;
        member uuid;
        info mlregistry.member_info;
    BEGIN
        PERFORM mlregistry.require_privilege('organization_memberships', 'INSERT'),
                mlregistry.require_privilege('organization_memberships', 'UPDATE'),
                mlregistry.require_organization('admin', 'admin', in_organization);
        address := mlregistry.require_email(email);
        IF role IS NULL THEN
            RAISE EXCEPTION 'a member needs a role' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        IF role NOT IN ('admin', 'developer', 'viewer') THEN
            RAISE EXCEPTION 'unknown role: "%"', mlregistry.shortened(role)
                USING ERRCODE = 'check_violation',
                      CONSTRAINT = 'valid_membership_role', SCHEMA = 'mlregistry', TABLE = 'organization_memberships',
                      HINT = 'The roles are admin, developer and viewer.';
        END IF;
        -- Users are known to all organizations, and an admin of one must not learn here who is a user already: what comes
        -- back is the same in both cases, the address as it was given.
        LOOP
            SELECT u.user_id INTO of_user FROM mlregistry.users u WHERE lower(u.email) = lower(address) AND u.deleted_at IS NULL;
            EXIT WHEN FOUND;
            INSERT INTO mlregistry.users (email) VALUES (address) ON CONFLICT DO NOTHING;
        END LOOP;
        LOOP
            INSERT INTO mlregistry.organization_memberships (organization_id, user_id, role)
            VALUES (in_organization, of_user, role)
            ON CONFLICT (organization_id, user_id) DO NOTHING
            RETURNING membership_id INTO member;
            EXIT WHEN FOUND;
            SELECT m.membership_id INTO member
              FROM mlregistry.organization_memberships m
             WHERE m.organization_id = in_organization AND m.user_id = of_user
               FOR NO KEY UPDATE;
            CONTINUE WHEN NOT FOUND; -- removed this very moment
            UPDATE mlregistry.organization_memberships m SET role = role WHERE m.membership_id = member AND m.role <> role;
            EXIT;
        END LOOP;
        info := mlregistry.member_info(member);
        info.email := address;
        RETURN NEXT info;
    END
    $function$;
COMMENT ON FUNCTION add_member(text, text, text) IS 'makes the user with an e-mail address, who is created where there is none, a member of an organization (NULL: the current one) with role admin, developer or viewer, or gives a member another role. For admins of the organization';

CREATE OR REPLACE FUNCTION remove_member(email text, organization text DEFAULT NULL) RETURNS SETOF member_info
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    DECLARE
        in_organization uuid := find_organization(organization);
        of_user uuid;
        info member_info;
    BEGIN
        PERFORM require_organization('admin', 'admin', in_organization);
        of_user := find_member(email, in_organization);
        info := (SELECT member_info(m.membership_id)
                   FROM organization_memberships m
                  WHERE m.organization_id = in_organization AND m.user_id = of_user);
        DELETE FROM organization_memberships m WHERE m.organization_id = in_organization AND m.user_id = of_user;
        IF NOT FOUND THEN
            PERFORM find_member(email, in_organization); -- removed this very moment: P0002
        END IF;
        RETURN NEXT info;
    END
    $function$;
COMMENT ON FUNCTION remove_member(text, text) IS 'removes a member from an organization (NULL: the current one), with keys for it and memberships in its projects, and returns what was removed; P0002 when there is none. For admins of the organization';

CREATE OR REPLACE FUNCTION project_member_info(member_id uuid) RETURNS project_member_info
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        info project_member_info;
    BEGIN
        SELECT p.slug, u.email, m.role, m.added_by, m.created_at, m.user_id, m.member_id
          INTO info
          FROM project_members m
          LEFT JOIN projects p USING (project_id)
          LEFT JOIN users u ON u.user_id = m.user_id
         WHERE m.member_id = project_member_info.member_id;
        RETURN info;
    END
    $function$;
COMMENT ON FUNCTION project_member_info(uuid) IS 'complete row of one member of a project, NULL when there is none';

-- What both functions for members of projects begin with.
CREATE OR REPLACE FUNCTION owned_project(project text) RETURNS uuid
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    DECLARE
        found_id uuid := find_project(project);
    BEGIN
        IF found_id IS NULL THEN
            RAISE EXCEPTION 'there is no current project'
                USING ERRCODE = 'object_not_in_prerequisite_state',
                      HINT = 'Name one with project => ..., or choose one with use_project().';
        END IF;
        PERFORM require_access('own', 'admin', found_id);
        RETURN found_id;
    END
    $function$;
COMMENT ON FUNCTION owned_project(text) IS 'identifier of a project (NULL: the current one) that the acting one owns or administers; 42501 otherwise';

CREATE OR REPLACE FUNCTION add_project_member(email text, role text DEFAULT 'contributor', project text DEFAULT NULL) RETURNS SETOF project_member_info
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_variable
    DECLARE
        in_project uuid := owned_project(project);
        in_organization uuid := current_organization_id();
        of_user uuid := find_member(email, in_organization);
        member uuid;
    BEGIN
        IF role IS NULL THEN
            RAISE EXCEPTION 'a member needs a role' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        IF role NOT IN ('owner', 'contributor', 'viewer') THEN
            RAISE EXCEPTION 'unknown role: "%"', shortened(role)
                USING ERRCODE = 'check_violation',
                      CONSTRAINT = 'valid_project_role', SCHEMA = 'mlregistry', TABLE = 'project_members',
                      HINT = 'The roles are owner, contributor and viewer.';
        END IF;
        LOOP
            INSERT INTO project_members (organization_id, project_id, user_id, role)
            VALUES (in_organization, in_project, of_user, role)
            ON CONFLICT (project_id, user_id) DO NOTHING
            RETURNING member_id INTO member;
            EXIT WHEN FOUND;
            SELECT m.member_id INTO member
              FROM project_members m
             WHERE m.project_id = in_project AND m.user_id = of_user
               FOR NO KEY UPDATE;
            CONTINUE WHEN NOT FOUND; -- removed this very moment
            UPDATE project_members m SET role = role WHERE m.member_id = member AND m.role <> role;
            EXIT;
        END LOOP;
        RETURN NEXT project_member_info(member);
    END
    $function$;
COMMENT ON FUNCTION add_project_member(text, text, text) IS 'makes a member of the current organization a member of a project (NULL: the current one) with role owner, contributor or viewer, or gives another role. For owners of the project and admins of the organization';

CREATE OR REPLACE FUNCTION remove_project_member(email text, project text DEFAULT NULL) RETURNS SETOF project_member_info
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    DECLARE
        in_project uuid := owned_project(project);
        of_user uuid := find_member(email, current_organization_id());
        info project_member_info;
    BEGIN
        info := (SELECT project_member_info(m.member_id) FROM project_members m WHERE m.project_id = in_project AND m.user_id = of_user);
        DELETE FROM project_members m WHERE m.project_id = in_project AND m.user_id = of_user;
        IF info.member_id IS NULL OR NOT FOUND THEN
            RAISE EXCEPTION '% is not a member of the project', require_email(email)
                USING ERRCODE = 'no_data_found',
                      HINT = coalesce((SELECT 'Its members are ' || string_agg(s.email, ', ' ORDER BY s.email) || '.'
                                         FROM (SELECT u.email FROM project_members m JOIN users u ON u.user_id = m.user_id
                                                WHERE m.project_id = in_project ORDER BY u.email LIMIT 20) AS s),
                                      'It has none: members of the organization work there by their roles.');
        END IF;
        RETURN NEXT info;
    END
    $function$;
COMMENT ON FUNCTION remove_project_member(text, text) IS 'removes a member from a project (NULL: the current one) and returns what was removed; P0002 when there is none. For owners of the project and admins of the organization';

-- Keys. Their tables are written here and by authenticate() only.

-- {} is all; writing includes reading.
CREATE OR REPLACE FUNCTION permissions_within(wanted jsonb, held jsonb) RETURNS boolean
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $function$
        SELECT NOT held ? 'scopes'
               OR (wanted ? 'scopes'
                   AND NOT EXISTS (SELECT FROM jsonb_array_elements_text(wanted -> 'scopes') AS w (scope)
                                    WHERE NOT (held -> 'scopes') ? w.scope
                                      AND NOT (right(w.scope, 5) = ':read' AND (held -> 'scopes') ? (left(w.scope, -5) || ':write')))
                   AND (NOT held ? 'projects' OR (wanted ? 'projects' AND (wanted -> 'projects') <@ (held -> 'projects'))))
    $function$;
COMMENT ON FUNCTION permissions_within(jsonb, jsonb) IS 'true when permissions of a key open nothing that those of another do not';

CREATE OR REPLACE FUNCTION api_key_info(api_key_id uuid) RETURNS api_key_info
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        info api_key_info;
    BEGIN
        SELECT k.name, k.key_prefix, u.email, o.slug, k.permissions, k.is_active, k.expires_at, k.last_used_at, k.created_by, k.created_at,
               k.api_key_id
          INTO info
          FROM api_keys k
          LEFT JOIN organizations o USING (organization_id)
          LEFT JOIN users u ON u.user_id = k.user_id
         WHERE k.api_key_id = api_key_info.api_key_id;
        RETURN info;
    END
    $function$;
COMMENT ON FUNCTION api_key_info(uuid) IS 'complete row of one API key, NULL when there is none';

CREATE OR REPLACE FUNCTION create_api_key(
        name text,
        permissions jsonb DEFAULT '{}',
        expires_at timestamptz DEFAULT NULL,
        email text DEFAULT NULL,
        organization text DEFAULT NULL) RETURNS SETOF new_api_key_info
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 1 SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $function$
    #variable_conflict use_variable
    DECLARE
        key text := mlregistry.new_api_key();
        as_owner constant text := mlregistry.act_as_owner(); -- before any look at a table
        in_organization uuid := mlregistry.find_organization(organization);
        acting record;
        held record; -- the key that this session acts by
        of_user uuid;
        address text;
        unknown text;
        hash text;
        info mlregistry.new_api_key_info;
    BEGIN
        -- The registry's owner needs no role in the organization, but more than the right to read: keys act for people.
        PERFORM mlregistry.require_privilege('api_keys', CASE WHEN mlregistry.bypasses_access() THEN 'INSERT' ELSE 'SELECT' END),
                mlregistry.require_organization('read', 'names', in_organization);
        SELECT i.user_id, i.api_key_id INTO acting FROM mlregistry.acting_identity() AS i;
        SELECT u.user_id, u.email INTO of_user, address
          FROM mlregistry.users u
         WHERE u.user_id = acting.user_id AND (email IS NULL OR lower(u.email) = lower(btrim(email, E' \t\n\x0B\f\r')));
        IF of_user IS NULL THEN
            IF email IS NULL THEN
                RAISE EXCEPTION 'no user is acting whose key it could be'
                    USING ERRCODE = 'object_not_in_prerequisite_state',
                          HINT = 'Name a member of the organization with email => ....';
            END IF;
            PERFORM mlregistry.require_organization('admin', 'admin', in_organization);
            of_user := mlregistry.find_member(email, in_organization);
            address := (SELECT u.email FROM mlregistry.users u WHERE u.user_id = of_user);
        ELSE
            PERFORM mlregistry.find_member(address, in_organization);
        END IF;

        IF name IS NULL OR permissions IS NULL THEN
            RAISE EXCEPTION 'a key needs a name and permissions'
                USING ERRCODE = 'null_value_not_allowed', HINT = 'permissions => ''{}'' opens all that the user may do.';
        END IF;
        name := btrim(name, E' \t\n\x0B\f\r');
        IF NOT mlregistry.is_valid_label(name) THEN
            RAISE EXCEPTION 'invalid name of a key: "%"', mlregistry.shortened(name)
                USING ERRCODE = 'check_violation',
                      CONSTRAINT = 'valid_key_name', SCHEMA = 'mlregistry', TABLE = 'api_keys',
                      DETAIL = mlregistry.why_invalid('is_valid_label', name);
        END IF;
        IF NOT mlregistry.is_scopes(permissions) THEN
            RAISE EXCEPTION 'invalid permissions: %', mlregistry.shortened(permissions::text)
                USING ERRCODE = 'check_violation',
                      CONSTRAINT = 'valid_permissions', SCHEMA = 'mlregistry', TABLE = 'api_keys',
                      DETAIL = mlregistry.why_invalid('is_scopes', permissions::text),
                      HINT = 'Such as {"scopes": ["models:read", "versions:write"], "projects": ["fraud-detection"]}, or {} for all that the user may do.';
        END IF;
        IF expires_at <= clock_timestamp() THEN
            RAISE EXCEPTION 'the key would have expired at %', expires_at
                USING ERRCODE = 'invalid_parameter_value', HINT = 'Give a time to come, such as now() + interval ''90 days'', or NULL for no end.';
        END IF;
        -- A slug that is written wrong would open nothing; of what the caller may not see not even that it exists is told.
        SELECT p.slug INTO unknown
          FROM jsonb_array_elements_text(CASE WHEN permissions ? 'projects' THEN permissions -> 'projects' ELSE '[]' END) AS p (slug)
         WHERE NOT EXISTS (SELECT FROM mlregistry.projects here
                            WHERE here.organization_id = in_organization AND here.slug = p.slug AND here.deleted_at IS NULL
                              AND (mlregistry.bypasses_access() OR here.project_id = ANY (mlregistry.allowed_projects('read', 'names'))))
         LIMIT 1;
        IF unknown IS NOT NULL THEN
            RAISE EXCEPTION 'project "%" does not exist', mlregistry.shortened(unknown)
                USING ERRCODE = 'no_data_found', HINT = 'projects lists slugs of projects of the key''s organization.';
        END IF;
        SELECT k.permissions, k.expires_at, k.organization_id INTO held FROM mlregistry.api_keys k WHERE k.api_key_id = acting.api_key_id;
        IF FOUND AND (held.organization_id <> in_organization OR NOT mlregistry.permissions_within(permissions, held.permissions)) THEN
            RAISE EXCEPTION 'a key opens no more than the key that it is made with'
                USING ERRCODE = 'insufficient_privilege', CONSTRAINT = 'access_denied',
                      DETAIL = format('This session acts by a key with %s.', held.permissions),
                      HINT = 'Give permissions within these, or sign in by a key without scopes.';
        END IF;
        IF FOUND AND held.expires_at < coalesce(expires_at, 'infinity') THEN
            RAISE EXCEPTION 'a key lasts no longer than the key that it is made with'
                USING ERRCODE = 'insufficient_privilege', CONSTRAINT = 'access_denied',
                      DETAIL = format('This session acts by a key that expires at %s.', held.expires_at),
                      HINT = 'Give expires_at up to then.';
        END IF;

        hash := encode(sha256(convert_to(key, 'UTF8')), 'hex'); -- here, and not in a statement: what is logged has the hash at most
        info.api_key := key;
        info.name := name;
        info.email := address;
        info.organization_slug := (SELECT o.slug FROM mlregistry.organizations o WHERE o.organization_id = in_organization);
        info.permissions := permissions;
        info.expires_at := expires_at;
        info.key_prefix := left(key, 12);
        INSERT INTO mlregistry.api_keys (organization_id, user_id, name, key_prefix, permissions, expires_at)
        VALUES (in_organization, of_user, name, info.key_prefix, permissions, expires_at)
        RETURNING api_key_id INTO info.api_key_id;
        INSERT INTO mlregistry.api_key_secrets (api_key_id, key_hash) VALUES (info.api_key_id, hash);
        RETURN NEXT info;
    END
    $function$;
COMMENT ON FUNCTION create_api_key(text, jsonb, timestamptz, text, text) IS 'makes a key by which a user (NULL: the acting one) acts in an organization (NULL: the current one) and returns it, this once: only its SHA-256 is kept. Keys for oneself; for other members, as an admin of the organization. Made by a session that acts by a key, it opens no more than that one, and lasts no longer';

CREATE OR REPLACE FUNCTION revoke_api_key(api_key_id uuid) RETURNS SETOF api_key_info
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 1 SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        as_owner constant text := mlregistry.act_as_owner(); -- before any look at a table
        acting record;
        held jsonb;
        key record;
        is_admin boolean;
    BEGIN
        PERFORM mlregistry.require_privilege('api_keys', CASE WHEN mlregistry.bypasses_access() THEN 'UPDATE' ELSE 'SELECT' END);
        IF api_key_id IS NULL THEN
            RAISE EXCEPTION 'the identifier of a key must not be NULL' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        SELECT i.user_id, i.api_key_id INTO acting FROM mlregistry.acting_identity() AS i;
        held := (SELECT k.permissions FROM mlregistry.api_keys k WHERE k.api_key_id = acting.api_key_id);
        SELECT k.* INTO key FROM mlregistry.api_keys k WHERE k.api_key_id = revoke_api_key.api_key_id;
        is_admin := mlregistry.bypasses_access() OR key.organization_id = ANY (mlregistry.allowed_organizations('admin', 'admin'));
        -- One's own keys of the same or lesser permissions, so that a key that leaked cannot lock its owner out.
        IF key.api_key_id IS NULL
           OR NOT (is_admin
                   OR coalesce(key.user_id = acting.user_id, false)
                      AND key.organization_id = ANY (mlregistry.allowed_organizations('read', 'names'))
                      AND coalesce(mlregistry.permissions_within(key.permissions, held), true)) THEN
            RAISE EXCEPTION 'API key % does not exist', revoke_api_key.api_key_id
                USING ERRCODE = 'no_data_found', HINT = 'list_api_keys() shows what is there.';
        END IF;
        UPDATE mlregistry.api_keys k
           SET is_active = false, deleted_at = coalesce(k.deleted_at, now())
         WHERE k.api_key_id = key.api_key_id AND (k.is_active OR k.deleted_at IS NULL);
        RETURN NEXT mlregistry.api_key_info(key.api_key_id);
    END
    $function$;
COMMENT ON FUNCTION revoke_api_key(uuid) IS 'revokes an API key for good: see revoke_api_key(text)';

CREATE OR REPLACE FUNCTION revoke_api_key(key_prefix text) RETURNS SETOF api_key_info
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    DECLARE
        found_ids uuid[];
    BEGIN
        IF key_prefix IS NULL THEN
            RAISE EXCEPTION 'the prefix of a key must not be NULL' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        found_ids := ARRAY(SELECT k.api_key_id FROM api_keys k
                            WHERE k.key_prefix = revoke_api_key.key_prefix
                            ORDER BY k.deleted_at DESC, k.created_at DESC);
        IF cardinality(found_ids) = 0 THEN
            -- No more than the prefix: it may be a key.
            RAISE EXCEPTION 'API key "%" does not exist', CASE WHEN length(key_prefix) > 12 THEN left(key_prefix, 12) || '...' ELSE key_prefix END
                USING ERRCODE = 'no_data_found',
                      HINT = CASE WHEN key_prefix ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN 'An identifier is given as uuid: CAST(... AS uuid).'
                                  WHEN length(key_prefix) > 12 THEN 'A prefix is the first 12 characters of a key.'
                                  ELSE 'list_api_keys() shows what is there.' END;
        END IF;
        IF cardinality(found_ids) > 1 THEN
            RAISE EXCEPTION '% keys begin with "%"', cardinality(found_ids), key_prefix
                USING ERRCODE = 'invalid_parameter_value', HINT = 'Name one by its identifier: list_api_keys() shows it.';
        END IF;
        RETURN QUERY SELECT i.* FROM revoke_api_key(found_ids[1]) AS i;
    END
    $function$;
COMMENT ON FUNCTION revoke_api_key(text) IS 'revokes an API key, one''s own or, as an admin, one of the organization, by its prefix: nobody can act by it any more; one that is revoked is returned as it is. By a key with scopes one''s own keys of at most these';

CREATE OR REPLACE FUNCTION list_api_keys(
        organization text DEFAULT NULL,
        email text DEFAULT NULL,
        with_revoked boolean DEFAULT false,
        max_rows bigint DEFAULT NULL,
        after uuid DEFAULT NULL) RETURNS SETOF api_key_info
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 20 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_variable
    DECLARE
        in_organization uuid := find_organization(organization);
        of_user uuid := CASE WHEN email IS NOT NULL THEN find_member(email, in_organization) END;
    BEGIN
        RETURN QUERY
            SELECT i.*
              FROM (SELECT k.api_key_id, u.email, k.name
                      FROM api_keys k
                      LEFT JOIN users u ON u.user_id = k.user_id
                     WHERE k.organization_id = in_organization AND (k.deleted_at IS NULL OR with_revoked)
                       AND (of_user IS NULL OR k.user_id = of_user)
                       AND (after IS NULL
                            OR (coalesce(u.email, ''), k.name, k.api_key_id)
                               > (SELECT coalesce(lu.email, ''), l.name, l.api_key_id
                                    FROM api_keys l LEFT JOIN users lu ON lu.user_id = l.user_id WHERE l.api_key_id = after))
                     ORDER BY coalesce(u.email, ''), k.name, k.api_key_id
                     LIMIT max_rows) AS page,
                   api_key_info(page.api_key_id) AS i
             ORDER BY coalesce(page.email, ''), page.name, page.api_key_id;
    END
    $function$;
COMMENT ON FUNCTION list_api_keys(text, text, boolean, bigint, uuid) IS 'keys for an organization (NULL: the current one) by user and name: one''s own, for admins all; for the next page give the api_key_id of the last one seen as after';

-- Who one is.

CREATE OR REPLACE FUNCTION whoami(
        OUT actor text,
        OUT user_id uuid,
        OUT api_key_id uuid,
        OUT db_role name,
        OUT how text,
        OUT organization text,
        OUT organization_level text,
        OUT project text,
        OUT project_level text,
        OUT organizations text[],
        OUT scopes jsonb)
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        bypasses boolean := mlregistry.bypasses_access();
        here uuid := mlregistry.current_organization_id();
        in_project uuid := mlregistry.current_project_id();
    BEGIN
        SELECT i.user_id, i.api_key_id, i.how, i.scopes INTO user_id, api_key_id, how, scopes FROM mlregistry.acting_identity() AS i;
        actor := mlregistry.current_actor();
        db_role := current_user;
        organization_level := CASE
            WHEN here IS NULL THEN NULL
            WHEN bypasses OR here = ANY (mlregistry.allowed_organizations('admin', 'names')) THEN 'admin'
            WHEN here = ANY (mlregistry.allowed_organizations('write', 'names')) THEN 'write'
            ELSE 'read' END;
        project_level := CASE
            WHEN in_project IS NULL THEN NULL
            WHEN bypasses OR in_project = ANY (mlregistry.allowed_projects('own', 'names')) THEN 'own'
            WHEN in_project = ANY (mlregistry.allowed_projects('write', 'names')) THEN 'write'
            WHEN in_project = ANY (mlregistry.allowed_projects('read', 'names')) THEN 'read' END;
        -- A role that may read nothing may still ask who it is.
        IF has_table_privilege('mlregistry.organizations', 'SELECT') THEN
            organization := (SELECT o.slug FROM mlregistry.organizations o WHERE o.organization_id = here);
            organizations := ARRAY(SELECT o.slug FROM mlregistry.organizations o
                                    WHERE o.deleted_at IS NULL
                                      AND (bypasses OR o.organization_id = ANY (mlregistry.allowed_organizations('read', 'names')))
                                    ORDER BY o.slug);
        END IF;
        IF has_table_privilege('mlregistry.projects', 'SELECT') THEN
            project := (SELECT p.slug FROM mlregistry.projects p WHERE p.project_id = in_project);
        END IF;
    END
    $function$;
COMMENT ON FUNCTION whoami() IS 'who is acting, how that came (api_key, user, role, default, bypass or none), the current organization and project with what one may do there (read, write; admin, own), all organizations that are open, and permissions of the key';

-- Database roles.

-- What grant_access() gives on a relation; levels as role_access has them.
CREATE OR REPLACE FUNCTION level_rights(level text) RETURNS TABLE (relation_name text, rights text[])
    LANGUAGE sql STABLE PARALLEL SAFE ROWS 30 SET search_path = pg_catalog, pg_temp
    AS $function$
        WITH ranks (role, rank) AS (VALUES ('viewer', 1), ('developer', 2), ('contributor', 2), ('admin', 3)), -- owner: nobody's
        given (rank) AS (SELECT CASE level_rights.level WHEN 'read' THEN 1 WHEN 'worker' THEN 1 WHEN 'write' THEN 2 WHEN 'admin' THEN 3 WHEN 'owner' THEN 3 END)
        SELECT r.relation_name, array_remove(ARRAY['SELECT', CASE WHEN w.rank <= g.rank THEN 'INSERT, UPDATE, DELETE' END], NULL)
          FROM given g
         CROSS JOIN mlregistry.registry_relations() r
          LEFT JOIN mlregistry.access_rules a ON a.table_name = r.relation_name
          LEFT JOIN ranks s ON s.role = a.read_role
          LEFT JOIN ranks w ON w.role = a.write_role
         WHERE CASE r.kind WHEN 'view' THEN g.rank IS NOT NULL ELSE a.scope <> 'owner' AND s.rank <= g.rank END
    $function$;
COMMENT ON FUNCTION level_rights(text) IS 'SQL rights on tables and views that a level of role_access comes with, from access_rules';

CREATE OR REPLACE FUNCTION set_role_rights(db_role name, level text, take boolean DEFAULT false) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $function$
    DECLARE
        of record;
    BEGIN
        -- What the owner has of itself is not given, nor taken.
        IF db_role = mlregistry.registry_owner() OR NOT EXISTS (SELECT FROM pg_roles r WHERE r.rolname = db_role) THEN
            RETURN;
        END IF;
        IF level IS NOT NULL THEN
            EXECUTE format('GRANT USAGE ON SCHEMA mlregistry TO %I', db_role);
        ELSIF take THEN
            EXECUTE format('REVOKE USAGE ON SCHEMA mlregistry FROM %I', db_role);
        END IF;
        FOR of IN
            SELECT r.relation_name, coalesce(l.rights, '{}') AS rights
              FROM mlregistry.registry_relations() r
              LEFT JOIN mlregistry.level_rights(level) l USING (relation_name)
             WHERE to_regclass(format('mlregistry.%I', r.relation_name)) IS NOT NULL
             ORDER BY r.ordinal
        LOOP
            IF take AND cardinality(of.rights) < 2 THEN
                EXECUTE format('REVOKE %s ON mlregistry.%I FROM %I',
                               CASE cardinality(of.rights) WHEN 0 THEN 'SELECT, INSERT, UPDATE, DELETE' ELSE 'INSERT, UPDATE, DELETE' END,
                               of.relation_name, db_role);
            END IF;
            IF cardinality(of.rights) > 0 THEN
                EXECUTE format('GRANT %s ON mlregistry.%I TO %I', array_to_string(of.rights, ', '), of.relation_name, db_role);
            END IF;
        END LOOP;
    END
    $function$;
COMMENT ON FUNCTION set_role_rights(name, text, boolean) IS 'gives a role the SQL rights of a level (NULL: none) of role_access; take => true takes away those that the level does not have';

CREATE OR REPLACE FUNCTION highest_level(db_role name) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $function$
        SELECT a.level FROM mlregistry.role_access a
         WHERE a.db_role = highest_level.db_role
         ORDER BY array_position('{owner,admin,write,worker,read}'::text[], a.level)
         LIMIT 1
    $function$;
COMMENT ON FUNCTION highest_level(name) IS 'highest level that a role has in any organization, by role_access; NULL when it has none';

-- Not for admins of the organization: what is given here are rights in the database.
CREATE OR REPLACE FUNCTION grant_access(
        db_role name,
        level text,
        organization text DEFAULT NULL,
        sql_only boolean DEFAULT false) RETURNS SETOF access_info
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 1 SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $function$
    #variable_conflict use_variable
    DECLARE
        stored text := CASE level WHEN 'reader' THEN 'read' WHEN 'writer' THEN 'write' WHEN 'admin' THEN 'admin' END;
        in_organization uuid;
        highest text;
        info mlregistry.access_info;
    BEGIN
        PERFORM mlregistry.require_owner('grant access to roles'), mlregistry.require_privilege('role_access', 'INSERT');
        IF db_role IS NULL OR level IS NULL THEN
            RAISE EXCEPTION 'a grant needs a role and a level' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        IF stored IS NULL THEN
            RAISE EXCEPTION 'unknown level: "%"', mlregistry.shortened(level)
                USING ERRCODE = 'invalid_parameter_value', HINT = 'The levels are reader, writer and admin.';
        END IF;
        IF NOT EXISTS (SELECT FROM pg_roles r WHERE r.rolname = db_role) THEN
            RAISE EXCEPTION 'role "%" does not exist', db_role
                USING ERRCODE = 'undefined_object', HINT = 'CREATE ROLE creates it; a role for many people may be NOLOGIN.';
        END IF;
        -- One at a time: rights on tables follow from all rows of a role.
        LOCK TABLE mlregistry.role_access IN SHARE ROW EXCLUSIVE MODE;
        info.db_role := db_role;
        info.level := level;
        IF sql_only THEN
            PERFORM mlregistry.set_role_rights(db_role, stored);
            RETURN NEXT info;
            RETURN;
        END IF;
        in_organization := mlregistry.find_organization(organization);
        highest := mlregistry.highest_level(db_role);
        INSERT INTO mlregistry.role_access AS a (db_role, organization_id, level)
        VALUES (db_role, in_organization, stored)
        ON CONFLICT ON CONSTRAINT role_access_pkey DO UPDATE SET level = excluded.level WHERE a.level <> excluded.level;
        PERFORM mlregistry.set_role_rights(db_role, mlregistry.highest_level(db_role), highest <> mlregistry.highest_level(db_role));
        info.organization_slug := (SELECT o.slug FROM mlregistry.organizations o WHERE o.organization_id = in_organization);
        RETURN NEXT info;
    END
    $function$;
COMMENT ON FUNCTION grant_access(name, text, text, boolean) IS 'lets a database role read (reader), write (writer) or administer (admin) an organization (NULL: the current one) without user or key, and gives it the SQL rights for that; sql_only => true gives the SQL rights alone: for the role of an application whose users authenticate(). For the owner of the registry';

CREATE OR REPLACE FUNCTION revoke_access(db_role name, organization text DEFAULT NULL, sql_only boolean DEFAULT false) RETURNS SETOF access_info
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 1 SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $function$
    #variable_conflict use_variable
    DECLARE
        in_organization uuid;
        stored text;
        others text;
        info mlregistry.access_info;
    BEGIN
        PERFORM mlregistry.require_owner('revoke access of roles'), mlregistry.require_privilege('role_access', 'DELETE');
        IF db_role IS NULL THEN
            RAISE EXCEPTION 'the role must not be NULL' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        -- As grant_access().
        LOCK TABLE mlregistry.role_access IN SHARE ROW EXCLUSIVE MODE;
        info.db_role := db_role;
        IF NOT coalesce(sql_only, false) THEN
            in_organization := mlregistry.find_organization(organization);
            DELETE FROM mlregistry.role_access a WHERE a.db_role = db_role AND a.organization_id = in_organization
            RETURNING a.level INTO stored;
            IF NOT FOUND THEN
                others := (SELECT string_agg(o.slug, ', ' ORDER BY o.slug)
                             FROM mlregistry.role_access a JOIN mlregistry.organizations o USING (organization_id)
                            WHERE a.db_role = db_role);
                RAISE EXCEPTION 'role "%" has no access to that organization', db_role
                    USING ERRCODE = 'no_data_found',
                          HINT = coalesce('It has access to ' || others || '.', 'It has no grant at all; SQL rights alone are taken with sql_only => true.');
            END IF;
            info.organization_slug := (SELECT o.slug FROM mlregistry.organizations o WHERE o.organization_id = in_organization);
            info.level := CASE stored WHEN 'read' THEN 'reader' WHEN 'write' THEN 'writer' ELSE stored END;
        ELSIF NOT EXISTS (SELECT FROM pg_roles r WHERE r.rolname = db_role) THEN
            RAISE EXCEPTION 'role "%" does not exist', db_role USING ERRCODE = 'undefined_object';
        END IF;
        PERFORM mlregistry.set_role_rights(db_role, mlregistry.highest_level(db_role), true);
        RETURN NEXT info;
    END
    $function$;
COMMENT ON FUNCTION revoke_access(name, text, boolean) IS 'takes a role''s access to an organization (NULL: the current one) away and returns what it was, and with it the SQL rights that no other grant needs; sql_only => true takes these alone. P0002 when it has none. For the owner of the registry';

-- Quotas.

CREATE OR REPLACE FUNCTION set_quota(
        scope text DEFAULT 'organization',
        subject text DEFAULT NULL,
        gpu_hours numeric DEFAULT NULL,
        cost_usd numeric DEFAULT NULL,
        period text DEFAULT 'month',
        enforcement text DEFAULT 'warn',
        active boolean DEFAULT true) RETURNS SETOF quota_info
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_variable
    DECLARE
        in_organization uuid := find_organization(NULL);
        of_subject uuid;
        set_id uuid;
    BEGIN
        PERFORM require_organization('admin', 'admin', in_organization);
        IF scope IS NULL OR period IS NULL OR enforcement IS NULL OR active IS NULL THEN
            RAISE EXCEPTION 'a quota needs a scope, a period, an enforcement and to be active or not' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        IF scope NOT IN ('organization', 'project', 'team', 'user') OR (scope = 'organization') <> (subject IS NULL) THEN
            RAISE EXCEPTION '%', CASE WHEN scope = 'organization' THEN 'the quota of the organization has no subject'
                                      WHEN scope IN ('project', 'team', 'user') THEN format('a quota of a %s needs its name as subject', scope)
                                      ELSE format('unknown scope of a quota: "%s"', shortened(scope)) END
                USING ERRCODE = 'check_violation',
                      CONSTRAINT = 'valid_quota_scope', SCHEMA = 'mlregistry', TABLE = 'resource_quotas',
                      HINT = 'scope is organization, or project, team or user with slug, name or e-mail address as subject.';
        END IF;
        IF period NOT IN ('day', 'week', 'month') THEN
            RAISE EXCEPTION 'unknown period: "%"', shortened(period)
                USING ERRCODE = 'check_violation',
                      CONSTRAINT = 'valid_quota_period', SCHEMA = 'mlregistry', TABLE = 'resource_quotas',
                      HINT = 'The periods are day, week and month.';
        END IF;
        IF enforcement NOT IN ('warn', 'refuse') THEN
            RAISE EXCEPTION 'unknown enforcement: "%"', shortened(enforcement)
                USING ERRCODE = 'check_violation',
                      CONSTRAINT = 'valid_enforcement', SCHEMA = 'mlregistry', TABLE = 'resource_quotas',
                      HINT = 'It is warn or refuse.';
        END IF;
        IF (gpu_hours IS NULL AND cost_usd IS NULL) OR NOT coalesce(gpu_hours >= 0 AND gpu_hours < 'NaN', true)
           OR NOT coalesce(cost_usd >= 0 AND cost_usd < 'NaN', true) THEN
            RAISE EXCEPTION 'a quota needs a limit of gpu_hours, of cost_usd or of both, 0 or more'
                USING ERRCODE = 'check_violation',
                      CONSTRAINT = 'valid_quota_limit', SCHEMA = 'mlregistry', TABLE = 'resource_quotas',
                      HINT = 'active => false switches a quota off.';
        END IF;
        of_subject := CASE scope WHEN 'project' THEN find_project(subject)
                                 WHEN 'team' THEN find_team(subject)
                                 WHEN 'user' THEN find_member(subject, in_organization) END;
        LOOP
            INSERT INTO resource_quotas (organization_id, scope, scope_id, period, gpu_hours_limit, cost_limit_usd, enforcement, is_active)
            VALUES (in_organization, scope, of_subject, period, gpu_hours, cost_usd, enforcement, active)
            ON CONFLICT DO NOTHING
            RETURNING quota_id INTO set_id;
            EXIT WHEN FOUND;
            UPDATE resource_quotas q
               SET gpu_hours_limit = gpu_hours, cost_limit_usd = cost_usd, enforcement = set_quota.enforcement, is_active = active
             WHERE q.organization_id = in_organization AND q.scope = set_quota.scope AND q.scope_id IS NOT DISTINCT FROM of_subject
               AND q.period = set_quota.period
            RETURNING q.quota_id INTO set_id;
            EXIT WHEN FOUND; -- otherwise deleted this very moment
        END LOOP;
        RETURN QUERY
            SELECT q.scope, set_quota.subject, q.period, q.gpu_hours_limit, q.cost_limit_usd, q.enforcement, q.is_active, q.quota_id
              FROM resource_quotas q
             WHERE q.quota_id = set_id;
    END
    $function$;
COMMENT ON FUNCTION set_quota(text, text, numeric, numeric, text, text, boolean) IS 'limits GPU hours and cost of the current organization, or of a project, team or user in it, in a day, week or month of the UTC calendar; a quota that is there is replaced. With enforcement refuse, a training run is neither queued nor started when it is used up. For admins of the organization';

CREATE OR REPLACE FUNCTION quota_usage(at timestamptz DEFAULT now())
    RETURNS TABLE (scope text, subject text, period text, period_start timestamptz, period_end timestamptz,
                   gpu_hours_used numeric, gpu_hours_limit numeric, cost_used_usd numeric, cost_limit_usd numeric,
                   enforcement text, is_exceeded boolean, quota_id uuid)
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 20 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        in_organization uuid := find_organization(NULL);
    BEGIN
        IF at IS NULL OR NOT isfinite(at) THEN
            RAISE EXCEPTION 'the time must be given and finite' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        RETURN QUERY
            SELECT q.scope,
                   CASE q.scope WHEN 'project' THEN (SELECT p.slug FROM projects p WHERE p.project_id = q.scope_id)
                                WHEN 'team' THEN (SELECT t.team_name FROM teams t WHERE t.team_id = q.scope_id)
                                WHEN 'user' THEN (SELECT u.email FROM users u WHERE u.user_id = q.scope_id) END,
                   q.period, b.period_start, b.period_end, b.gpu_hours, q.gpu_hours_limit, b.cost_usd, q.cost_limit_usd, q.enforcement,
                   coalesce(b.gpu_hours > q.gpu_hours_limit, false) OR coalesce(b.cost_usd > q.cost_limit_usd, false), q.quota_id
              FROM resource_quotas q
              JOIN usage_of_quotas(in_organization, quota_usage.at) AS b USING (quota_id)
             WHERE q.organization_id = in_organization AND q.is_active
             ORDER BY array_position('{organization,project,team,user}'::text[], q.scope), 2, q.period;
    END
    $function$;
COMMENT ON FUNCTION quota_usage(timestamptz) IS 'active quotas of the current organization, and what training runs have used of them in the day, week or month of the UTC calendar that a time lies in: a run counts in the period in which it was queued, also when it is archived';

-- functions/versions.sql
-- Versions: registering, resolving, listing.

CREATE OR REPLACE FUNCTION version_info(version_id uuid) RETURNS version_info
    LANGUAGE C STABLE STRICT PARALLEL RESTRICTED COST 100 AS 'MODULE_PATHNAME', 'mlregistry_version_info';
COMMENT ON FUNCTION version_info(uuid) IS 'complete row of one version, NULL when there is none';

CREATE OR REPLACE FUNCTION resolve(reference text) RETURNS SETOF version_info
    LANGUAGE C STABLE PARALLEL RESTRICTED COST 200 ROWS 1 AS 'MODULE_PATHNAME', 'mlregistry_resolve';
COMMENT ON FUNCTION resolve(text) IS 'the one version that a reference [project/]model[@selector] names; P0002 when there is none';

CREATE OR REPLACE FUNCTION resolve(model_id uuid, selector text DEFAULT 'latest') RETURNS SETOF version_info
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    BEGIN
        RETURN NEXT version_info(find_version(live_model(model_id), selector));
    END
    $function$;
COMMENT ON FUNCTION resolve(uuid, text) IS 'the one version of a model that a selector names; P0002 when there is none';

CREATE OR REPLACE FUNCTION latest_version(
        model_id uuid,
        range semver_range DEFAULT NULL,
        stage text DEFAULT NULL,
        include_prerelease boolean DEFAULT false,
        latest_by text DEFAULT 'precedence',
        include_deprecated boolean DEFAULT false) RETURNS SETOF version_info
    LANGUAGE sql STABLE PARALLEL RESTRICTED ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
        SELECT i.*
          FROM latest_version_id(live_model(model_id), stage, include_prerelease, latest_by, include_deprecated, range) AS latest (id),
               version_info(latest.id) AS i
         WHERE latest.id IS NOT NULL
    $function$;
COMMENT ON FUNCTION latest_version(uuid, semver_range, text, boolean, text, boolean) IS 'latest version of a model, no row when there is none: see latest_version(text, ...)';

CREATE OR REPLACE FUNCTION latest_version(
        model text,
        range semver_range DEFAULT NULL,
        stage text DEFAULT NULL,
        include_prerelease boolean DEFAULT false,
        latest_by text DEFAULT 'precedence',
        include_deprecated boolean DEFAULT false) RETURNS SETOF version_info
    LANGUAGE sql STABLE PARALLEL RESTRICTED ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
        SELECT * FROM latest_version(find_model(model), range, stage, include_prerelease, latest_by, include_deprecated)
    $function$;
COMMENT ON FUNCTION latest_version(text, semver_range, text, boolean, text, boolean) IS 'latest version of a model, no row when there is none: the highest release that is neither deprecated nor archived, else the highest such prerelease; of those in a range the highest; latest_by => ''registered'' takes the newest instead';

-- One look-up a model, whatever number of versions it has; where nothing but a range or nothing at all is asked, in one query.
CREATE OR REPLACE FUNCTION latest_versions(
        range semver_range DEFAULT NULL,
        stage text DEFAULT NULL,
        include_prerelease boolean DEFAULT false,
        project text DEFAULT NULL,
        latest_by text DEFAULT 'precedence',
        include_deprecated boolean DEFAULT false) RETURNS SETOF version_info
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_variable
    DECLARE
        organization constant uuid := current_organization_id();
        only_project constant uuid := project_filter(project);
        one_pick text;
        pick text;
    BEGIN
        IF latest_by IS NULL OR latest_by NOT IN ('precedence', 'registered') THEN
            RAISE EXCEPTION 'unknown meaning of latest: "%"', shortened(latest_by)
                USING ERRCODE = 'invalid_parameter_value', HINT = 'latest_by is precedence or registered.';
        END IF;
        PERFORM require_stage(stage);
        IF range IS NULL AND stage IS NULL AND only_project IS NULL AND latest_by = 'precedence'
                AND NOT coalesce(include_prerelease, false) AND NOT coalesce(include_deprecated, false) THEN
            -- What is asked most, and again and again: the statement below for these arguments, with a plan that the session keeps.
            RETURN QUERY
                SELECT m.slug, m.model_name, v.semver, v.stage, v.status,
                       ARRAY(SELECT a.alias FROM model_aliases a WHERE a.model_id = v.model_id AND a.version_id = v.version_id ORDER BY a.alias),
                       v.artifact_uri, v.artifact_size_bytes, v.checksum_sha256,
                       v.framework, v.framework_version, v.model_format, v.description,
                       v.registered_by, v.registered_at, v.version_id, v.model_id, v.project_id
                  FROM (SELECT m.model_id, m.model_name, p.slug
                          FROM models m
                          JOIN projects p USING (project_id)
                         WHERE m.organization_id = organization AND m.is_active AND m.deleted_at IS NULL AND p.deleted_at IS NULL
                         ORDER BY p.slug, m.model_name) AS m
                 CROSS JOIN LATERAL ((SELECT v.* FROM model_versions v
                                       WHERE v.model_id = m.model_id AND v.deleted_at IS NULL AND v.status <> 'archived' AND v.status <> 'deprecated'
                                         AND NOT is_prerelease(v.semver)
                                       ORDER BY v.semver DESC LIMIT 1)
                                     UNION ALL
                                     (SELECT v.* FROM model_versions v
                                       WHERE v.model_id = m.model_id AND v.deleted_at IS NULL AND v.status <> 'archived' AND v.status <> 'deprecated'
                                       ORDER BY v.semver DESC LIMIT 1)
                                     LIMIT 1) AS v
                 ORDER BY m.slug, m.model_name;
            RETURN;
        END IF;
        IF latest_by = 'precedence' AND stage IS NULL THEN
            one_pick := concat('SELECT v.* FROM model_versions v WHERE v.model_id = m.model_id AND v.deleted_at IS NULL AND v.status <> ''archived''',
                               CASE WHEN NOT coalesce(include_deprecated, false) THEN ' AND v.status <> ''deprecated''' END,
                               CASE WHEN range IS NOT NULL AND include_prerelease THEN format(' AND satisfies(v.semver, (SELECT %L::semver_range), true)', range)
                                    WHEN range IS NOT NULL THEN format(' AND v.semver <@ (SELECT %L::semver_range)', range) END, -- as in latest_version_id(), which see
                               '%s ORDER BY v.semver DESC LIMIT 1');
            pick := CASE WHEN range IS NOT NULL OR include_prerelease THEN format(one_pick, '')
                         -- Parts that are appended run one after the other: prereleases are looked at only where there is no release.
                         ELSE format('(%s) UNION ALL (%s) LIMIT 1', format(one_pick, ' AND NOT is_prerelease(v.semver)'), format(one_pick, '')) END;
        ELSE
            -- LIMIT: a probe for each model, never a join with all versions.
            pick := format('SELECT v.* FROM model_versions v WHERE v.version_id = latest_version_id(m.model_id, %L, %L, %L, %L, %L) LIMIT 1',
                           stage, include_prerelease, latest_by, include_deprecated, range);
        END IF;
        -- Models are sorted before their versions are fetched: narrow rows.
        RETURN QUERY EXECUTE format(
            'SELECT m.slug, m.model_name, v.semver, v.stage, v.status,
                    ARRAY(SELECT a.alias FROM model_aliases a WHERE a.model_id = v.model_id AND a.version_id = v.version_id ORDER BY a.alias),
                    v.artifact_uri, v.artifact_size_bytes, v.checksum_sha256,
                    v.framework, v.framework_version, v.model_format, v.description,
                    v.registered_by, v.registered_at, v.version_id, v.model_id, v.project_id
               FROM (SELECT m.model_id, m.model_name, p.slug
                       FROM models m
                       JOIN projects p USING (project_id)
                      WHERE m.organization_id = %L AND m.is_active AND m.deleted_at IS NULL AND p.deleted_at IS NULL%s
                      ORDER BY p.slug, m.model_name) AS m
              CROSS JOIN LATERAL (%s) AS v
              ORDER BY m.slug, m.model_name',
            organization, CASE WHEN only_project IS NOT NULL THEN format(' AND p.project_id = %L', only_project) END, pick);
    END
    $function$;
COMMENT ON FUNCTION latest_versions(semver_range, text, boolean, text, text, boolean) IS 'latest version of every active model, of a range or a stage or at all, one row per model that has one';

CREATE OR REPLACE FUNCTION list_versions(
        model_id uuid,
        status text DEFAULT NULL,
        stage text DEFAULT NULL,
        max_rows bigint DEFAULT NULL,
        after semver DEFAULT NULL) RETURNS SETOF version_info
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        model uuid := live_model(model_id);
    BEGIN
        PERFORM require_stage(stage);
        IF status NOT IN ('registered', 'validated', 'deployed', 'deprecated', 'archived') THEN
            RAISE EXCEPTION 'unknown status: "%"', shortened(status)
                USING ERRCODE = 'invalid_parameter_value',
                      HINT = 'The statuses are registered, validated, deployed, deprecated and archived.';
        END IF;
        -- Two queries, because only a plain comparison with "after" lets a page start in the middle of the index.
        IF after IS NULL THEN
            RETURN QUERY
                SELECT i.*
                  FROM (SELECT v.version_id, v.semver
                          FROM model_versions v
                         WHERE v.model_id = model AND v.deleted_at IS NULL
                           AND (list_versions.status IS NULL OR v.status = list_versions.status)
                           AND (list_versions.stage IS NULL OR v.stage = list_versions.stage)
                         ORDER BY v.semver DESC
                         LIMIT list_versions.max_rows) AS page,
                       version_info(page.version_id) AS i
                 ORDER BY page.semver DESC;
        ELSE
            RETURN QUERY
                SELECT i.*
                  FROM (SELECT v.version_id, v.semver
                          FROM model_versions v
                         WHERE v.model_id = model AND v.deleted_at IS NULL AND v.semver < list_versions.after
                           AND (list_versions.status IS NULL OR v.status = list_versions.status)
                           AND (list_versions.stage IS NULL OR v.stage = list_versions.stage)
                         ORDER BY v.semver DESC
                         LIMIT list_versions.max_rows) AS page,
                       version_info(page.version_id) AS i
                 ORDER BY page.semver DESC;
        END IF;
    END
    $function$;
COMMENT ON FUNCTION list_versions(uuid, text, text, bigint, semver) IS 'versions of a model, highest first: see list_versions(text, ...)';

CREATE OR REPLACE FUNCTION list_versions(
        model text,
        status text DEFAULT NULL,
        stage text DEFAULT NULL,
        max_rows bigint DEFAULT NULL,
        after semver DEFAULT NULL) RETURNS SETOF version_info
    LANGUAGE sql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
        SELECT * FROM list_versions(find_model(model), status, stage, max_rows, after)
    $function$;
COMMENT ON FUNCTION list_versions(text, text, text, bigint, semver) IS 'versions of a model, highest first; for the next page give the last version seen as after';

CREATE OR REPLACE FUNCTION next_version(model_id uuid, part text DEFAULT 'patch', preid text DEFAULT NULL) RETURNS semver
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        base semver;
    BEGIN
        PERFORM live_model(model_id);
        IF part IS NULL THEN
            RAISE EXCEPTION 'the part of the version must not be NULL' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        IF preid IS NOT NULL AND part NOT LIKE 'pre%' THEN
            RAISE EXCEPTION 'a % bump has no prerelease to name "%"', shortened(part), shortened(preid)
                USING ERRCODE = 'invalid_parameter_value',
                      HINT = 'preid goes with premajor, preminor, prepatch and prerelease.';
        END IF;
        -- Deleted versions count too: a version is never used twice.
        -- A patch of 1.4.0 is 1.4.1 also while 2.0.0-rc.1 is there: releases follow releases.
        IF part IN ('major', 'minor', 'patch') THEN
            SELECT v.semver INTO base
              FROM model_versions v
             WHERE v.model_id = next_version.model_id AND NOT is_prerelease(v.semver)
             ORDER BY v.semver DESC
             LIMIT 1;
        END IF;
        IF base IS NULL THEN
            SELECT v.semver INTO base
              FROM model_versions v
             WHERE v.model_id = next_version.model_id
             ORDER BY v.semver DESC
             LIMIT 1;
        END IF;
        base := coalesce(base, '0.0.0');
        RETURN CASE WHEN preid IS NULL THEN semver_bump(base, part) ELSE semver_bump(base, part, preid) END;
    END
    $function$;
COMMENT ON FUNCTION next_version(uuid, text, text) IS 'version that register_version(bump => part) would register: see next_version(text, ...)';

CREATE OR REPLACE FUNCTION next_version(model text, part text DEFAULT 'patch', preid text DEFAULT NULL) RETURNS semver
    LANGUAGE sql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
        SELECT next_version(find_model(model), part, preid)
    $function$;
COMMENT ON FUNCTION next_version(text, text, text) IS 'version that register_version(bump => part) would register now: major, minor and patch count from the highest release, the other parts from the highest version';

CREATE OR REPLACE FUNCTION lock_version_numbers(model_id uuid) RETURNS void
    LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'mlregistry_lock_version_numbers';
COMMENT ON FUNCTION lock_version_numbers(uuid) IS 'makes other sessions that bump versions of this model wait until this transaction ends; needs the right to insert versions';

CREATE OR REPLACE FUNCTION register_version(
        model_id uuid,
        semver semver DEFAULT NULL,
        artifact_uri text DEFAULT NULL,
        bump text DEFAULT NULL,
        preid text DEFAULT NULL,
        checksum_sha256 text DEFAULT NULL,
        artifact_size_bytes bigint DEFAULT NULL,
        framework text DEFAULT NULL,
        framework_version text DEFAULT NULL,
        model_format text DEFAULT NULL,
        description text DEFAULT NULL,
        release_notes text DEFAULT NULL,
        git_commit text DEFAULT NULL,
        git_branch text DEFAULT NULL,
        git_tag text DEFAULT NULL,
        performance_metrics jsonb DEFAULT NULL,
        custom_metadata jsonb DEFAULT NULL,
        if_exists text DEFAULT 'error') RETURNS SETOF version_info
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        -- Not inside a query: the planner would call it for an estimate, with the snapshot of the statement around us,
        -- which does not see a model that was registered in the same statement.
        live_id uuid := live_model(register_version.model_id);
        of_model record;
        taken record;
        new_semver semver := register_version.semver;
        new_id uuid;
        info version_info;
    BEGIN
        SELECT m.* INTO of_model FROM models m WHERE m.model_id = live_id;
        IF NOT FOUND THEN
            PERFORM live_model(live_id); -- it went this very moment: P0002
        END IF;
        IF (new_semver IS NULL) = (bump IS NULL) THEN
            RAISE EXCEPTION 'give either a version or the part to bump'
                USING ERRCODE = 'invalid_parameter_value',
                      HINT = format('register_version(%L, ''1.0.0'', ...) or register_version(%L, bump => ''minor'', ...).',
                                    of_model.model_name, of_model.model_name);
        END IF;
        IF bump IS NULL AND preid IS NOT NULL THEN
            RAISE EXCEPTION 'preid goes with bump, not with a given version'
                USING ERRCODE = 'invalid_parameter_value';
        END IF;
        IF artifact_uri IS NULL THEN
            RAISE EXCEPTION 'a version needs an artifact_uri'
                USING ERRCODE = 'null_value_not_allowed',
                      HINT = 'Say where the artifact lies; {version} in it stands for the version.';
        END IF;
        PERFORM require_if_exists(if_exists);
        IF if_exists = 'return' AND new_semver IS NOT NULL THEN
            SELECT v.version_id INTO new_id
              FROM model_versions v
             WHERE v.model_id = of_model.model_id AND v.semver = new_semver AND v.deleted_at IS NULL;
            IF FOUND THEN
                info := version_info(new_id);
                IF info.version_id IS NOT NULL THEN
                    RETURN NEXT info;
                    RETURN;
                END IF;
            END IF;
        END IF;
        IF framework IS NULL AND of_model.framework IS NULL THEN
            RAISE EXCEPTION 'a version needs a framework, and model "%" has none to take over', of_model.model_name
                USING ERRCODE = 'null_value_not_allowed',
                      HINT = 'Give framework => ..., or set the model''s: the table frameworks lists them.';
        END IF;

        PERFORM require_access('write', 'versions', of_model.project_id);
        IF bump IS NOT NULL THEN
            PERFORM lock_version_numbers(model_id);
        END IF;
        LOOP
            IF bump IS NOT NULL THEN
                new_semver := next_version(model_id, bump, preid);
            END IF;
            INSERT INTO model_versions (organization_id, project_id, model_id, semver, artifact_uri, checksum_sha256,
                                        artifact_size_bytes, framework, framework_version, model_format, description,
                                        release_notes, git_commit, git_branch, git_tag, performance_metrics, custom_metadata)
            VALUES (of_model.organization_id, of_model.project_id, of_model.model_id, new_semver,
                    replace(register_version.artifact_uri, '{version}', new_semver::text), register_version.checksum_sha256,
                    register_version.artifact_size_bytes, register_version.framework, register_version.framework_version,
                    register_version.model_format, register_version.description, register_version.release_notes,
                    register_version.git_commit, register_version.git_branch, register_version.git_tag,
                    coalesce(register_version.performance_metrics, '{}'), coalesce(register_version.custom_metadata, '{}'))
            ON CONFLICT (model_id, semver) DO NOTHING
            RETURNING version_id INTO new_id;
            IF new_id IS NOT NULL THEN
                info := version_info(new_id);
                EXIT;
            END IF;

            SELECT v.* INTO taken FROM model_versions v WHERE v.model_id = of_model.model_id AND v.semver = new_semver;
            -- Gone again meanwhile: try anew. Or somebody registered just this version by name: count on.
            -- In REPEATABLE READ neither is visible, and the INSERT itself ends in 40001.
            CONTINUE WHEN NOT FOUND OR (bump IS NOT NULL AND next_version(model_id, bump, preid) > new_semver);
            IF if_exists = 'return' AND bump IS NULL AND taken.deleted_at IS NULL THEN
                info := version_info(taken.version_id);
                CONTINUE WHEN info.version_id IS NULL; -- it went this very moment
                EXIT;
            END IF;
            RAISE EXCEPTION 'model "%" already has version %', of_model.model_name, new_semver
                USING ERRCODE = 'unique_violation',
                      CONSTRAINT = 'unique_model_version', SCHEMA = 'mlregistry', TABLE = 'model_versions',
                      DETAIL = format('It is stored as %s, registered by %s at %s%s.', taken.semver, taken.registered_by,
                                      taken.registered_at, CASE WHEN taken.deleted_at IS NOT NULL
                                                                THEN ', and deleted since' ELSE '' END),
                      HINT = CASE WHEN NOT semver_identical(taken.semver, new_semver)
                                  THEN 'Build metadata does not make another version: variants are files of one version, see add_version_file().'
                                  WHEN taken.deleted_at IS NOT NULL
                                  THEN 'A version is never used twice; register the next one with bump => ''patch''.'
                                  ELSE 'Register the next one with bump => ''patch'', or take what is there with if_exists => ''return''.' END;
        END LOOP;
        RETURN NEXT info;
    END
    $function$;
COMMENT ON FUNCTION register_version(uuid, semver, text, text, text, text, bigint, text, text, text, text, text, text, text, text, jsonb, jsonb, text) IS 'registers a version of a model: see register_version(text, ...)';

CREATE OR REPLACE FUNCTION register_version(
        model text,
        semver semver DEFAULT NULL,
        artifact_uri text DEFAULT NULL,
        bump text DEFAULT NULL,
        preid text DEFAULT NULL,
        checksum_sha256 text DEFAULT NULL,
        artifact_size_bytes bigint DEFAULT NULL,
        framework text DEFAULT NULL,
        framework_version text DEFAULT NULL,
        model_format text DEFAULT NULL,
        description text DEFAULT NULL,
        release_notes text DEFAULT NULL,
        git_commit text DEFAULT NULL,
        git_branch text DEFAULT NULL,
        git_tag text DEFAULT NULL,
        performance_metrics jsonb DEFAULT NULL,
        custom_metadata jsonb DEFAULT NULL,
        if_exists text DEFAULT 'error') RETURNS SETOF version_info
    LANGUAGE sql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
        SELECT * FROM register_version(find_model(model), semver, artifact_uri, bump, preid, checksum_sha256, artifact_size_bytes,
                                       framework, framework_version, model_format, description, release_notes,
                                       git_commit, git_branch, git_tag, performance_metrics, custom_metadata, if_exists)
    $function$;
COMMENT ON FUNCTION register_version(text, semver, text, text, text, text, bigint, text, text, text, text, text, text, text, text, jsonb, jsonb, text) IS 'registers a version of a model, a given one or the next after a bump; {version} in artifact_uri stands for it';

-- functions/models.sql
-- Models: registering and listing.

-- Many at once, as lists need them: a function call for each row would take most of the time of a page.
CREATE OR REPLACE FUNCTION model_infos(model_ids uuid[]) RETURNS SETOF model_info
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 50 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    BEGIN
        RETURN QUERY
            SELECT p.slug, m.model_name, m.display_name, m.description, m.framework, m.risk_level, m.compliance_required, m.is_active,
                   -- The latest version, as latest_version_id() finds it: releases are asked for before prereleases.
                   coalesce((SELECT v.semver FROM model_versions v
                              WHERE v.model_id = m.model_id AND v.deleted_at IS NULL AND v.status NOT IN ('deprecated', 'archived')
                                AND NOT is_prerelease(v.semver)
                              ORDER BY v.semver DESC LIMIT 1),
                            (SELECT v.semver FROM model_versions v
                              WHERE v.model_id = m.model_id AND v.deleted_at IS NULL AND v.status NOT IN ('deprecated', 'archived')
                              ORDER BY v.semver DESC LIMIT 1)),
                   (SELECT count(*) FROM model_versions v WHERE v.model_id = m.model_id AND v.deleted_at IS NULL),
                   m.created_by, m.created_at, m.updated_at, m.metadata, m.model_id, m.project_id, t.team_name,
                   ARRAY(SELECT g.tag_name FROM model_tags mt JOIN tags g USING (tag_id) WHERE mt.model_id = m.model_id ORDER BY g.tag_name)
              FROM unnest(model_ids) WITH ORDINALITY AS wanted (model_id, n)
              JOIN models m ON m.model_id = wanted.model_id
              JOIN projects p ON p.project_id = m.project_id
              LEFT JOIN teams t ON t.team_id = m.team_id
             ORDER BY wanted.n;
    END
    $function$;
COMMENT ON FUNCTION model_infos(uuid[]) IS 'complete rows of models in the order of their identifiers, none where there is no such model';

CREATE OR REPLACE FUNCTION model_info(model_id uuid) RETURNS model_info
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    DECLARE
        info model_info;
    BEGIN
        SELECT i.* INTO info FROM model_infos(ARRAY[model_id]) AS i;
        RETURN info;
    END
    $function$;
COMMENT ON FUNCTION model_info(uuid) IS 'complete row of one model, NULL when there is none';

CREATE OR REPLACE FUNCTION register_model(
        model_name text,
        display_name text DEFAULT NULL,
        description text DEFAULT NULL,
        framework text DEFAULT NULL,
        project text DEFAULT NULL,
        objective text DEFAULT NULL,
        use_case text DEFAULT NULL,
        model_type text DEFAULT NULL,
        task_type text DEFAULT NULL,
        risk_level text DEFAULT 'medium',
        compliance_required boolean DEFAULT false,
        primary_contact text DEFAULT NULL,
        github_repo text DEFAULT NULL,
        documentation_url text DEFAULT NULL,
        model_card_url text DEFAULT NULL,
        metadata jsonb DEFAULT NULL,
        original_name text DEFAULT NULL,
        if_exists text DEFAULT 'error',
        team text DEFAULT NULL,
        tags text[] DEFAULT NULL) RETURNS SETOF model_info
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        in_project uuid := find_project(project);
        of_team uuid := CASE WHEN team IS NOT NULL THEN find_team(team) END;
        new_id uuid;
        taken record;
        info model_info;
    BEGIN
        IF model_name IS NULL THEN
            RAISE EXCEPTION 'a model needs a name' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        IF in_project IS NULL THEN
            RAISE EXCEPTION 'there is no current project'
                USING ERRCODE = 'object_not_in_prerequisite_state',
                      HINT = 'Name one with project => ..., or choose one with use_project().';
        END IF;
        PERFORM require_if_exists(if_exists);
        -- The name alone: a reference "project/name" here would be somebody's mistake.
        IF NOT is_valid_name(model_name) THEN
            RAISE EXCEPTION 'invalid model name: "%"', shortened(model_name)
                USING ERRCODE = 'check_violation',
                      CONSTRAINT = 'valid_model_name', SCHEMA = 'mlregistry', TABLE = 'models',
                      DETAIL = why_invalid('is_valid_name', model_name),
                      HINT = 'Keep the foreign spelling in original_name, and what people read in display_name.';
        END IF;
        PERFORM require_access('write', 'models', in_project);
        LOOP
            INSERT INTO models (organization_id, project_id, model_name, display_name, description, framework, objective, use_case,
                                model_type, task_type, risk_level, compliance_required, primary_contact, github_repo,
                                documentation_url, model_card_url, metadata, original_name, team_id)
            VALUES (current_organization_id(), in_project, register_model.model_name, register_model.display_name,
                    register_model.description, register_model.framework, register_model.objective, register_model.use_case,
                    register_model.model_type, register_model.task_type, register_model.risk_level,
                    register_model.compliance_required, register_model.primary_contact, register_model.github_repo,
                    register_model.documentation_url, register_model.model_card_url, coalesce(register_model.metadata, '{}'),
                    register_model.original_name, of_team)
            ON CONFLICT (organization_id, project_id, model_name) WHERE deleted_at IS NULL DO NOTHING
            RETURNING model_id INTO new_id;
            IF new_id IS NOT NULL THEN
                -- In one order everywhere, so that two registrations that create the same tags do not wait for each other.
                PERFORM tag_object('model', new_id, wanted.tag_name, create_missing => true)
                   FROM (SELECT DISTINCT t.tag_name FROM unnest(register_model.tags) AS t (tag_name) ORDER BY t.tag_name) AS wanted;
                info := model_info(new_id);
                EXIT;
            END IF;

            SELECT m.* INTO taken
              FROM models m
             WHERE m.organization_id = current_organization_id() AND m.project_id = in_project
               AND m.model_name = register_model.model_name AND m.deleted_at IS NULL;
            CONTINUE WHEN NOT FOUND; -- deleted meanwhile: the name is free again
            IF if_exists = 'error' THEN
                RAISE EXCEPTION 'model "%" already exists', model_name
                    USING ERRCODE = 'unique_violation',
                          CONSTRAINT = 'unique_model_name', SCHEMA = 'mlregistry', TABLE = 'models',
                          DETAIL = format('It was created by %s at %s.', taken.created_by, taken.created_at),
                          HINT = 'Take what is there with if_exists => ''return''.';
            END IF;
            info := model_info(taken.model_id);
            EXIT WHEN info.model_id IS NOT NULL; -- NULL: it went this very moment
        END LOOP;
        RETURN NEXT info;
    END
    $function$;
COMMENT ON FUNCTION register_model(text, text, text, text, text, text, text, text, text, text, boolean, text, text, text, text, jsonb, text, text, text, text[]) IS 'registers a model in a project (NULL: the current one), with tags, which are created where they are missing; if_exists => ''return'' gives the one that is there, unchanged';

-- One page of models by project and name. Project after project, until the page is full: where the tags leave few of a
-- project's models, these are looked up and sorted; otherwise its names are walked along. The first names are asked for their
-- tags one by one, which is the end of it where a tag has no part in the order; names behind these are compared with all that
-- has the tags. The statement is put together for each call, so that it is planned for these very tags, and never scans the
-- table, which would not end with the page.
CREATE OR REPLACE FUNCTION models_page(
        active boolean,
        team uuid,
        risk text,
        all_tags uuid[],
        any_tags uuid[],
        project uuid,
        max_rows bigint,
        after text) RETURNS SETOF model_info
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp SET enable_seqscan = off
    SET enable_bitmapscan = off -- nor an index of all models to its end
    SET join_collapse_limit = 1 -- in the order that is written: thirty tags would take long to plan
    AS $function$
    #variable_conflict use_variable
    DECLARE
        after_slug text;
        after_model text := '';
        few constant bigint := 100; -- so many look-ups cost what it costs to find 50 among 6,000 names
        first_names constant bigint := 600; -- so many look-ups cost what it costs to read a tag of 5,000 models
        most text := coalesce(max_rows::text, 'ALL');
        keys text; -- of the models of project p, by idx_models_page alone
        filters text; -- on other columns
        filtered text := ''; -- the same for a name
        -- OFFSET 0: one look-up for each, not a join that reads all of the models.
        has_tag constant text := ' AND EXISTS (SELECT FROM model_tags t WHERE t.model_id = %s.model_id AND t.tag_id = %s OFFSET 0)';
        tagged text; -- what has all_tags, or one of any_tags when these are NULL
        are_tagged text; -- the same for a name
        rarest text; -- what has the first of all_tags, or one of any_tags
        have_other_tags text := ''; -- the rest of are_tagged
        names constant text := 'SELECT m.model_name, m.model_id FROM models m WHERE %s ORDER BY m.model_name';
        walk text;
        page_ids uuid[];
    BEGIN
        IF after IS NOT NULL THEN
            SELECT coalesce(r.project, here.slug), r.model INTO after_slug, after_model
              FROM parse_reference(after) AS r
              LEFT JOIN projects here ON here.project_id = coalesce(project, current_project_id());
            IF after_slug IS NULL THEN
                RAISE EXCEPTION 'after names no project: "%"', shortened(after)
                    USING ERRCODE = 'invalid_parameter_value', HINT = 'There is no current project: write it project/name.';
            END IF;
        END IF;
        keys := concat(
            format('m.organization_id = %L AND m.project_id = p.project_id AND m.deleted_at IS NULL', current_organization_id()),
            CASE WHEN after_slug IS NOT NULL THEN format(' AND m.model_name > CASE WHEN p.slug = %L THEN %L ELSE '''' END', after_slug, after_model) END);
        filters := concat(
            CASE WHEN active THEN ' AND m.is_active' WHEN NOT active THEN ' AND NOT m.is_active' END,
            CASE WHEN team IS NOT NULL THEN format(' AND m.team_id = %L', team) END,
            CASE WHEN risk IS NOT NULL THEN format(' AND m.risk_level = %L', risk) END,
            CASE WHEN any_tags IS NOT NULL AND all_tags IS NOT NULL THEN format(has_tag, 'm', format('ANY (%L)', any_tags)) END);
        IF filters <> '' THEN
            filtered := format(' AND EXISTS (SELECT FROM models m WHERE m.model_id = n.model_id%s OFFSET 0)', filters);
        END IF;
        IF all_tags IS NOT NULL THEN
            -- Along the index of each tag at once, rare ones first.
            IF cardinality(all_tags) > 1 THEN
                all_tags := ARRAY(SELECT wanted.tag_id FROM unnest(all_tags) AS wanted (tag_id)
                                   ORDER BY (SELECT count(*) FROM (SELECT FROM model_tags t WHERE t.tag_id = wanted.tag_id LIMIT 30 * few) AS counted));
            END IF;
            SELECT format('SELECT t.model_id FROM model_tags t%s WHERE t.tag_id = %L',
                          string_agg(format(' JOIN model_tags t%1$s ON t%1$s.tag_id = %2$L AND t%1$s.project_id = t.project_id AND t%1$s.model_id = t.model_id',
                                            wanted.n, wanted.tag_id), '' ORDER BY wanted.n) FILTER (WHERE wanted.n > 1),
                          all_tags[1]),
                   string_agg(format(has_tag, 'n', quote_literal(wanted.tag_id)), '' ORDER BY wanted.n),
                   string_agg(format(has_tag, 'n', quote_literal(wanted.tag_id)), '' ORDER BY wanted.n) FILTER (WHERE wanted.n > 1)
              INTO tagged, are_tagged, have_other_tags
              FROM unnest(all_tags) WITH ORDINALITY AS wanted (tag_id, n);
            rarest := format('SELECT t.model_id FROM model_tags t WHERE t.tag_id = %L', all_tags[1]);
        ELSIF any_tags IS NOT NULL THEN
            tagged := format('SELECT t.model_id FROM model_tags t WHERE t.tag_id = ANY (%L)', any_tags);
            are_tagged := format(has_tag, 'n', format('ANY (%L)', any_tags));
            rarest := tagged;
        END IF;
        IF tagged IS NULL THEN
            walk := format(names || ' LIMIT %s', keys || filters, most);
        ELSE
            -- What no column of models has a part in is asked before anything is read. Parts that are appended run one after
            -- the other: the last one only where the names before it do not fill the page. Its EXISTS stands in a CASE to be
            -- no join: a table of all that is tagged, made once, while names come in their order.
            walk := format(
                'SELECT found.model_name, found.model_id
                   FROM (SELECT array_agg(DISTINCT t.model_id) AS ids, count(*) < %1$s AS are_all
                           FROM (%2$s AND t.project_id = p.project_id LIMIT %1$s) AS t) AS tagged,
                        LATERAL ((SELECT m.model_name, m.model_id
                                    FROM unnest(tagged.ids) AS t (model_id), LATERAL (SELECT m.* FROM models m WHERE m.model_id = t.model_id OFFSET 0) AS m
                                   WHERE tagged.are_all AND %3$s
                                   ORDER BY m.model_name LIMIT %4$s)
                                 UNION ALL
                                 (SELECT walked.model_name, walked.model_id
                                    FROM ((SELECT n.model_name, n.model_id FROM (%5$s LIMIT %6$s) AS n WHERE true%7$s%8$s
                                            ORDER BY n.model_name LIMIT %4$s)
                                          UNION ALL
                                          (SELECT n.model_name, n.model_id FROM (%9$s) AS n WHERE true%10$s%8$s
                                            ORDER BY n.model_name LIMIT %4$s)) AS walked
                                   WHERE NOT tagged.are_all
                                   LIMIT %4$s)) AS found',
                few, tagged, keys || filters, most, format(names, keys), first_names, are_tagged, filtered,
                format(names, format('%s AND m.model_name > (%s OFFSET %s LIMIT 1) AND CASE WHEN EXISTS (%s AND t.model_id = m.model_id) THEN true END',
                                     keys, replace(format(names, keys), 'm.model_name, m.model_id', 'm.model_name'), first_names - 1, rarest)),
                have_other_tags);
        END IF;
        EXECUTE format(
            'SELECT array_agg(page.model_id ORDER BY page.slug, page.model_name)
               FROM (SELECT p.slug, listed.model_name, listed.model_id
                       FROM projects p, LATERAL (%1$s) AS listed
                      WHERE p.organization_id = %2$L AND p.deleted_at IS NULL%3$s
                      ORDER BY p.slug, listed.model_name
                      LIMIT %4$s) AS page',
            walk, current_organization_id(),
            concat(CASE WHEN project IS NOT NULL THEN format(' AND p.project_id = %L', project) END,
                   CASE WHEN after_slug IS NOT NULL THEN format(' AND p.slug >= %L', after_slug) END),
            most)
           INTO page_ids;
        RETURN QUERY SELECT * FROM model_infos(page_ids);
    END
    $function$;
COMMENT ON FUNCTION models_page(boolean, uuid, text, uuid[], uuid[], uuid, bigint, text) IS 'one page of models by project and name: what list_models() and models_with_tags() have in common';

CREATE OR REPLACE FUNCTION list_models(
        active boolean DEFAULT NULL,
        team text DEFAULT NULL,
        risk text DEFAULT NULL,
        tag text DEFAULT NULL,
        project text DEFAULT NULL,
        max_rows bigint DEFAULT NULL,
        after text DEFAULT NULL) RETURNS SETOF model_info
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    BEGIN
        IF risk NOT IN ('low', 'medium', 'high', 'critical') THEN
            RAISE EXCEPTION 'unknown risk level: "%"', shortened(risk)
                USING ERRCODE = 'invalid_parameter_value', HINT = 'The risk levels are low, medium, high and critical.';
        END IF;
        RETURN QUERY
            SELECT * FROM models_page(active, CASE WHEN team IS NOT NULL THEN find_team(team) END, risk,
                                      CASE WHEN tag IS NOT NULL THEN ARRAY[find_tag(tag)] END, NULL, project_filter(project), max_rows, after);
    END
    $function$;
COMMENT ON FUNCTION list_models(boolean, text, text, text, text, bigint, text) IS 'models of the organization by project and name; for the next page give the last one seen as after, written project/name';

CREATE OR REPLACE FUNCTION archive_model(model_id uuid, reason text DEFAULT NULL) RETURNS SETOF model_info
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        model uuid := live_model(model_id);
    BEGIN
        -- Row security lets an UPDATE pass by what may not be changed, without a word.
        PERFORM require_access('write', 'models', (SELECT m.project_id FROM models m WHERE m.model_id = model));
        UPDATE models m
           SET is_active = false, archived_reason = reason
         WHERE m.model_id = model AND m.is_active;
        RETURN NEXT model_info(model);
    END
    $function$;
COMMENT ON FUNCTION archive_model(uuid, text) IS 'archives a model: see archive_model(text, text)';

CREATE OR REPLACE FUNCTION archive_model(model text, reason text DEFAULT NULL) RETURNS SETOF model_info
    LANGUAGE sql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
        SELECT * FROM archive_model(find_model(model), reason)
    $function$;
COMMENT ON FUNCTION archive_model(text, text) IS 'archives a model: it keeps its versions and resolves by name, but is in no list of active or latest ones; an archived one is returned as it is';

CREATE OR REPLACE FUNCTION restore_model(model_id uuid) RETURNS SETOF model_info
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        in_project uuid;
    BEGIN
        IF model_id IS NULL THEN
            RAISE EXCEPTION 'a model identifier must not be NULL' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        SELECT m.project_id INTO in_project FROM models m WHERE m.model_id = restore_model.model_id;
        IF FOUND THEN
            PERFORM require_access('write', 'models', in_project);
        END IF;
        UPDATE models m
           SET is_active = true, deleted_at = NULL
         WHERE m.model_id = restore_model.model_id AND (NOT m.is_active OR m.deleted_at IS NOT NULL);
        RETURN NEXT model_info(live_model(model_id));
    END
    $function$;
COMMENT ON FUNCTION restore_model(uuid) IS 'takes back the archiving and the soft deletion of a model; 23505 when its name was taken meanwhile';

CREATE OR REPLACE FUNCTION restore_model(model text) RETURNS SETOF model_info
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        ref record;
        in_project uuid;
        deleted uuid[];
    BEGIN
        IF model IS NULL THEN
            RAISE EXCEPTION 'a model reference must not be NULL' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        ref := parse_reference(model);
        in_project := find_project(ref.project);
        IF EXISTS (SELECT FROM models m
                    WHERE m.organization_id = current_organization_id() AND m.project_id = in_project
                      AND m.model_name = ref.model AND m.deleted_at IS NULL) THEN
            RETURN QUERY SELECT * FROM restore_model(find_model(model));
            RETURN;
        END IF;
        deleted := ARRAY(SELECT m.model_id FROM models m
                          WHERE m.organization_id = current_organization_id() AND m.project_id = in_project
                            AND m.model_name = ref.model AND m.deleted_at IS NOT NULL
                          ORDER BY m.deleted_at DESC);
        IF cardinality(deleted) > 1 THEN
            RAISE EXCEPTION '% deleted models had the name "%"', cardinality(deleted), shortened(model)
                USING ERRCODE = 'invalid_parameter_value',
                      HINT = format('Name one by its identifier: restore_model(%L), the one that was deleted last.', deleted[1]);
        END IF;
        -- find_model() says what is wrong when there is none at all.
        RETURN QUERY SELECT * FROM restore_model(coalesce(deleted[1], find_model(model)));
    END
    $function$;
COMMENT ON FUNCTION restore_model(text) IS 'takes back the archiving of a model, or the soft deletion of the one that had the name';

-- functions/aliases.sql
-- Aliases of versions.

CREATE OR REPLACE FUNCTION set_alias(model_id uuid, alias text, version text) RETURNS SETOF alias_info
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        wanted text := lower(btrim(alias, E' \t\n\x0B\f\r') COLLATE "C");
        model uuid;
        target uuid;
        set_id uuid;
        old_id uuid;
    BEGIN
        IF alias IS NULL OR version IS NULL THEN
            RAISE EXCEPTION 'an alias needs a name and a version' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        IF NOT is_valid_alias(wanted) THEN
            RAISE EXCEPTION 'invalid alias: "%"', shortened(alias)
                USING ERRCODE = 'check_violation',
                      CONSTRAINT = 'valid_alias', SCHEMA = 'mlregistry', TABLE = 'model_aliases',
                      DETAIL = 'An alias is 1 to 255 of a-z, 0-9, _ and -, begins with a letter or _, and reads neither as a version, a range, a stage nor latest.',
                      HINT = 'Names such as champion, candidate or stable are free.';
        END IF;
        model := live_model(model_id);
        -- Row security would hide the alias from the lock below, and this from its end.
        PERFORM require_access('write', 'versions', (SELECT m.project_id FROM models m WHERE m.model_id = model));
        -- Until the alias is ours: either new, or locked together with the version that it names so far. What it is to name is
        -- sought again each time: it may have been deleted while this waited for the alias.
        LOOP
            target := find_version(live_model(model_id), version);
            INSERT INTO model_aliases (organization_id, project_id, model_id, alias, version_id)
            SELECT v.organization_id, v.project_id, v.model_id, wanted, v.version_id
              FROM model_versions v
             WHERE v.version_id = target
            ON CONFLICT (model_id, alias) DO NOTHING
            RETURNING alias_id INTO set_id;
            EXIT WHEN set_id IS NOT NULL;
            SELECT a.alias_id, a.version_id INTO set_id, old_id
              FROM model_aliases a
             WHERE a.model_id = set_alias.model_id AND a.alias = wanted
               FOR UPDATE;
            CONTINUE WHEN NOT FOUND;
            UPDATE model_aliases a SET version_id = target WHERE a.alias_id = set_id AND a.version_id <> target;
            EXIT;
        END LOOP;
        RETURN QUERY
            SELECT p.slug, m.model_name, a.alias, v.semver, o.semver, a.set_by, a.set_at, v.version_id, m.model_id
              FROM model_aliases a
              JOIN model_versions v USING (version_id)
              LEFT JOIN model_versions o ON o.version_id = old_id
              JOIN models m ON m.model_id = a.model_id
              JOIN projects p ON p.project_id = m.project_id
             WHERE a.alias_id = set_id;
    END
    $function$;
COMMENT ON FUNCTION set_alias(uuid, text, text) IS 'points an alias of a model to a version: see set_alias(text, text, text)';

CREATE OR REPLACE FUNCTION set_alias(model text, alias text, version text) RETURNS SETOF alias_info
    LANGUAGE sql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
        SELECT * FROM set_alias(find_model(model), alias, version)
    $function$;
COMMENT ON FUNCTION set_alias(text, text, text) IS 'points an alias of a model, new or existing, to the version that a selector names';

CREATE OR REPLACE FUNCTION drop_alias(model_id uuid, alias text) RETURNS SETOF alias_info
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        wanted text := lower(btrim(alias, E' \t\n\x0B\f\r') COLLATE "C");
        model uuid := live_model(model_id);
        dropped record;
        near text;
    BEGIN
        IF alias IS NULL THEN
            RAISE EXCEPTION 'the alias must not be NULL' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        PERFORM require_access('write', 'versions', (SELECT m.project_id FROM models m WHERE m.model_id = model));
        DELETE FROM model_aliases a WHERE a.model_id = model AND a.alias = wanted RETURNING a.* INTO dropped;
        IF NOT FOUND THEN
            SELECT string_agg(a.alias, ', ' ORDER BY a.alias) INTO near
              FROM (SELECT a.alias FROM model_aliases a WHERE a.model_id = model ORDER BY a.alias LIMIT 20) AS a;
            RAISE EXCEPTION 'model "%" has no alias "%"',
                    (SELECT m.model_name FROM models m WHERE m.model_id = model), shortened(alias)
                USING ERRCODE = 'no_data_found',
                      HINT = coalesce('Its aliases are ' || near || '.', 'It has none.');
        END IF;
        -- In a statement of its own: while the deletion waited, the alias may have moved to a version that is newer than it.
        RETURN QUERY
            SELECT p.slug, m.model_name, dropped.alias, NULL::semver, v.semver, dropped.set_by, dropped.set_at, NULL::uuid, m.model_id
              FROM model_versions v
              JOIN models m USING (model_id)
              JOIN projects p ON p.project_id = m.project_id
             WHERE v.version_id = dropped.version_id;
    END
    $function$;
COMMENT ON FUNCTION drop_alias(uuid, text) IS 'drops an alias of a model: see drop_alias(text, text)';

CREATE OR REPLACE FUNCTION drop_alias(model text, alias text) RETURNS SETOF alias_info
    LANGUAGE sql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
        SELECT * FROM drop_alias(find_model(model), alias)
    $function$;
COMMENT ON FUNCTION drop_alias(text, text) IS 'drops an alias of a model and returns it, with the version that it named as previous_semver';

-- functions/files.sql
-- Files of versions.

CREATE OR REPLACE FUNCTION add_version_file(
        version_id uuid,
        path text,
        uri text DEFAULT NULL,
        size_bytes bigint DEFAULT NULL,
        sha256 text DEFAULT NULL,
        media_type text DEFAULT NULL,
        variant text DEFAULT NULL) RETURNS SETOF file_info
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        of_version record;
        added record;
    BEGIN
        SELECT v.version_id, v.organization_id, v.project_id, v.semver, m.model_name, p.slug INTO of_version
          FROM model_versions v
          JOIN models m USING (model_id)
          JOIN projects p ON p.project_id = v.project_id
         WHERE v.version_id = add_version_file.version_id
           AND v.deleted_at IS NULL AND m.deleted_at IS NULL AND p.deleted_at IS NULL;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'version % does not exist', coalesce(add_version_file.version_id::text, 'NULL')
                USING ERRCODE = 'no_data_found', HINT = 'list_versions() shows what is there.';
        END IF;
        PERFORM require_access('write', 'versions', of_version.project_id);
        INSERT INTO version_files (organization_id, project_id, version_id, path, uri, size_bytes, sha256, media_type, variant)
        VALUES (of_version.organization_id, of_version.project_id, of_version.version_id, add_version_file.path, add_version_file.uri,
                add_version_file.size_bytes, add_version_file.sha256, add_version_file.media_type, add_version_file.variant)
        RETURNING * INTO added;
        RETURN QUERY
            SELECT of_version.slug, of_version.model_name, of_version.semver, added.path, added.uri, added.size_bytes,
                   added.sha256, added.media_type, added.variant, added.file_id, added.version_id;
    END
    $function$;
COMMENT ON FUNCTION add_version_file(uuid, text, text, bigint, text, text, text) IS 'adds a file to a version; P0002 when there is no such version';

CREATE OR REPLACE FUNCTION add_version_file(
        version text,
        path text,
        uri text DEFAULT NULL,
        size_bytes bigint DEFAULT NULL,
        sha256 text DEFAULT NULL,
        media_type text DEFAULT NULL,
        variant text DEFAULT NULL) RETURNS SETOF file_info
    LANGUAGE sql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
        SELECT * FROM add_version_file(find_version(version), path, uri, size_bytes, sha256, media_type, variant)
    $function$;
COMMENT ON FUNCTION add_version_file(text, text, text, bigint, text, text, text) IS 'adds a file to the version that a reference names';

-- functions/teams.sql
-- Teams.

CREATE OR REPLACE FUNCTION find_team(team text) RETURNS uuid
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    DECLARE
        found_id uuid;
        near text;
    BEGIN
        IF team IS NULL THEN
            RAISE EXCEPTION 'the name of a team must not be NULL' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        SELECT t.team_id INTO found_id
          FROM teams t
         WHERE t.organization_id = current_organization_id() AND t.team_name = team;
        IF found_id IS NULL THEN
            near := near_names(team, ARRAY(SELECT t.team_name FROM teams t
                                            WHERE t.organization_id = current_organization_id()
                                              AND abs(octet_length(t.team_name) - octet_length(team)) <= 3
                                            LIMIT 1000));
            RAISE EXCEPTION 'team "%" does not exist', shortened(team)
                USING ERRCODE = 'no_data_found',
                      HINT = coalesce('Did you mean ' || near || '?', 'create_team() creates it, list_teams() shows what is there.');
        END IF;
        RETURN found_id;
    END
    $function$;
COMMENT ON FUNCTION find_team(text) IS 'identifier of a team of the current organization by its name; P0002 when there is none';

CREATE OR REPLACE FUNCTION team_info(team_id uuid) RETURNS team_info
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        info team_info;
    BEGIN
        SELECT t.team_name, t.department, t.cost_center, t.manager_name, t.team_email, t.slack_channel, t.active,
               (SELECT count(*) FROM models m JOIN projects p USING (project_id) WHERE m.team_id = t.team_id AND m.deleted_at IS NULL AND p.deleted_at IS NULL),
               (SELECT count(*) FROM datasets d JOIN projects p USING (project_id) WHERE d.team_id = t.team_id AND d.deleted_at IS NULL AND p.deleted_at IS NULL),
               t.created_by, t.created_at, t.team_id
          INTO info
          FROM teams t
         WHERE t.team_id = team_info.team_id;
        RETURN info;
    END
    $function$;
COMMENT ON FUNCTION team_info(uuid) IS 'complete row of one team, NULL when there is none';

CREATE OR REPLACE FUNCTION create_team(
        team_name text,
        team_email text DEFAULT NULL,
        department text DEFAULT NULL,
        cost_center text DEFAULT NULL,
        manager_name text DEFAULT NULL,
        slack_channel text DEFAULT NULL,
        if_exists text DEFAULT 'error') RETURNS SETOF team_info
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        new_id uuid;
        taken record;
        info team_info;
    BEGIN
        IF team_name IS NULL THEN
            RAISE EXCEPTION 'a team needs a name' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        PERFORM require_if_exists(if_exists), find_project(NULL);
        IF NOT is_valid_name(team_name) THEN
            RAISE EXCEPTION 'invalid team name: "%"', shortened(team_name)
                USING ERRCODE = 'check_violation',
                      CONSTRAINT = 'valid_team_name', SCHEMA = 'mlregistry', TABLE = 'teams',
                      DETAIL = why_invalid('is_valid_name', team_name);
        END IF;
        PERFORM require_organization('write', 'names', current_organization_id());
        LOOP
            INSERT INTO teams (organization_id, team_name, team_email, department, cost_center, manager_name, slack_channel)
            VALUES (current_organization_id(), create_team.team_name, create_team.team_email, create_team.department,
                    create_team.cost_center, create_team.manager_name, create_team.slack_channel)
            ON CONFLICT (organization_id, team_name) DO NOTHING
            RETURNING team_id INTO new_id;
            IF new_id IS NOT NULL THEN
                info := team_info(new_id);
                EXIT;
            END IF;
            SELECT t.* INTO taken FROM teams t WHERE t.organization_id = current_organization_id() AND t.team_name = create_team.team_name;
            CONTINUE WHEN NOT FOUND; -- deleted meanwhile
            IF if_exists = 'error' THEN
                RAISE EXCEPTION 'team "%" already exists', team_name
                    USING ERRCODE = 'unique_violation',
                          CONSTRAINT = 'unique_team_name', SCHEMA = 'mlregistry', TABLE = 'teams',
                          DETAIL = format('It was created by %s at %s.', taken.created_by, taken.created_at),
                          HINT = 'Take what is there with if_exists => ''return''.';
            END IF;
            info := team_info(taken.team_id);
            EXIT WHEN info.team_id IS NOT NULL; -- NULL: it went this very moment
        END LOOP;
        RETURN NEXT info;
    END
    $function$;
COMMENT ON FUNCTION create_team(text, text, text, text, text, text, text) IS 'creates a team of the current organization; if_exists => ''return'' gives the one that is there, unchanged';

CREATE OR REPLACE FUNCTION list_teams(
        active boolean DEFAULT NULL,
        department text DEFAULT NULL,
        max_rows bigint DEFAULT NULL,
        after text DEFAULT NULL) RETURNS SETOF team_info
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    BEGIN
        PERFORM find_project(NULL);
        RETURN QUERY
            SELECT i.*
              FROM (SELECT t.team_id, t.team_name
                      FROM teams t
                     WHERE t.organization_id = current_organization_id()
                       AND (list_teams.active IS NULL OR t.active = list_teams.active)
                       AND (list_teams.department IS NULL OR t.department = list_teams.department)
                       AND t.team_name > coalesce(list_teams.after, '')
                     ORDER BY t.team_name
                     LIMIT list_teams.max_rows) AS page,
                   team_info(page.team_id) AS i
             ORDER BY page.team_name;
    END
    $function$;
COMMENT ON FUNCTION list_teams(boolean, text, bigint, text) IS 'teams of the current organization by name, with how much each owns; for the next page give the last name seen as after';

-- functions/tags.sql
-- Tags: the vocabulary, and what has which. What can be tagged is named by a reference: project/model for a model,
-- project/model@selector for a version, dataset:project/name for a dataset, run:uuid for a run.

CREATE OR REPLACE FUNCTION find_tag(tag text) RETURNS uuid
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    DECLARE
        found_id uuid;
        near text;
    BEGIN
        IF tag IS NULL THEN
            RAISE EXCEPTION 'the name of a tag must not be NULL' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        SELECT t.tag_id INTO found_id
          FROM tags t
         WHERE t.organization_id = current_organization_id() AND t.tag_name = tag;
        IF found_id IS NULL THEN
            near := near_names(tag, ARRAY(SELECT t.tag_name FROM tags t
                                           WHERE t.organization_id = current_organization_id()
                                             AND abs(octet_length(t.tag_name) - octet_length(tag)) <= 3
                                           LIMIT 1000));
            RAISE EXCEPTION 'tag "%" does not exist', shortened(tag)
                USING ERRCODE = 'no_data_found',
                      HINT = coalesce('Did you mean ' || near || '?',
                                      'create_tag() creates it, tag(..., create_missing => true) does so on its way; tag_usage() shows what is there.');
        END IF;
        RETURN found_id;
    END
    $function$;
COMMENT ON FUNCTION find_tag(text) IS 'identifier of a tag of the current organization by its name; P0002 when there is none';

CREATE OR REPLACE FUNCTION create_tag(
        tag_name text,
        tag_category text DEFAULT NULL,
        description text DEFAULT NULL,
        if_exists text DEFAULT 'error') RETURNS SETOF tag_info
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        made record;
    BEGIN
        IF tag_name IS NULL THEN
            RAISE EXCEPTION 'a tag needs a name' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        PERFORM require_if_exists(if_exists), find_project(NULL);
        IF NOT is_valid_tag_name(tag_name) THEN
            RAISE EXCEPTION 'invalid tag name: "%"', shortened(tag_name)
                USING ERRCODE = 'check_violation',
                      CONSTRAINT = 'valid_tag_name', SCHEMA = 'mlregistry', TABLE = 'tags',
                      DETAIL = why_invalid('is_valid_tag_name', tag_name);
        END IF;
        PERFORM require_organization('write', 'names', current_organization_id());
        LOOP
            INSERT INTO tags (organization_id, tag_name, tag_category, description)
            VALUES (current_organization_id(), create_tag.tag_name, create_tag.tag_category, create_tag.description)
            ON CONFLICT (organization_id, tag_name) DO NOTHING
            RETURNING * INTO made;
            EXIT WHEN FOUND;
            SELECT t.* INTO made FROM tags t WHERE t.organization_id = current_organization_id() AND t.tag_name = create_tag.tag_name;
            CONTINUE WHEN NOT FOUND; -- deleted meanwhile
            EXIT WHEN if_exists = 'return';
            RAISE EXCEPTION 'tag "%" already exists', tag_name
                USING ERRCODE = 'unique_violation',
                      CONSTRAINT = 'unique_tag_name', SCHEMA = 'mlregistry', TABLE = 'tags',
                      DETAIL = format('It was created by %s at %s.', made.created_by, made.created_at),
                      HINT = 'Take what is there with if_exists => ''return''.';
        END LOOP;
        RETURN QUERY SELECT made.tag_name, made.tag_category, made.description, made.created_by, made.created_at, made.tag_id;
    END
    $function$;
COMMENT ON FUNCTION create_tag(text, text, text, text) IS 'creates a tag of the current organization; if_exists => ''return'' gives the one that is there, unchanged';

CREATE OR REPLACE FUNCTION find_tagged(reference text, OUT kind text, OUT object_id uuid)
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    BEGIN
        IF reference IS NULL THEN
            RAISE EXCEPTION 'a reference must not be NULL' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        IF starts_with(reference, 'dataset:') THEN
            kind := 'dataset';
            object_id := find_dataset(reference);
        ELSIF starts_with(reference, 'run:') THEN
            kind := 'run';
            object_id := find_run(reference);
        ELSIF position('@' IN reference) > 0 THEN
            kind := 'version';
            object_id := find_version(reference);
        ELSE
            kind := 'model';
            object_id := find_model(reference);
        END IF;
    END
    $function$;
COMMENT ON FUNCTION find_tagged(text) IS 'kind (model, version, dataset or run) and identifier of what a reference names; P0002 when there is none';

CREATE OR REPLACE FUNCTION tags_of(kind text, object_id uuid) RETURNS SETOF tagging_info
    LANGUAGE sql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
        SELECT tags_of.kind, of.reference, t.tag_name, t.tag_category, of.added_by, of.added_at, tags_of.object_id, of.tag_id
          FROM (SELECT p.slug || '/' || m.model_name AS reference, mt.tag_id, mt.added_by, mt.added_at
                  FROM model_tags mt JOIN models m USING (model_id) JOIN projects p ON p.project_id = m.project_id
                 WHERE tags_of.kind = 'model' AND mt.model_id = tags_of.object_id
                UNION ALL
                SELECT p.slug || '/' || m.model_name || '@' || v.semver::text, vt.tag_id, vt.added_by, vt.added_at
                  FROM version_tags vt JOIN model_versions v USING (version_id) JOIN models m USING (model_id)
                  JOIN projects p ON p.project_id = v.project_id
                 WHERE tags_of.kind = 'version' AND vt.version_id = tags_of.object_id
                UNION ALL
                SELECT 'dataset:' || p.slug || '/' || d.dataset_name, dt.tag_id, dt.added_by, dt.added_at
                  FROM dataset_tags dt JOIN datasets d USING (dataset_id) JOIN projects p ON p.project_id = d.project_id
                 WHERE tags_of.kind = 'dataset' AND dt.dataset_id = tags_of.object_id
                UNION ALL
                SELECT 'run:' || rt.run_id, rt.tag_id, rt.added_by, rt.added_at
                  FROM run_tags rt JOIN training_runs r USING (run_id) JOIN projects p ON p.project_id = r.project_id
                 WHERE tags_of.kind = 'run' AND rt.run_id = tags_of.object_id) AS of
          JOIN tags t USING (tag_id)
         ORDER BY t.tag_name
    $function$;
COMMENT ON FUNCTION tags_of(text, uuid) IS 'tags of a model, a version, a dataset or a run: see tags_of(text)';

CREATE OR REPLACE FUNCTION tags_of(reference text) RETURNS SETOF tagging_info
    LANGUAGE sql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
        SELECT i.* FROM find_tagged(reference) AS f, tags_of(f.kind, f.object_id) AS i
    $function$;
COMMENT ON FUNCTION tags_of(text) IS 'tags of what a reference names, by name: project/model, project/model@selector, dataset:project/name or run:uuid';

CREATE OR REPLACE FUNCTION require_tagged_kind(kind text) RETURNS void
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    BEGIN
        IF kind IS NULL OR kind NOT IN ('model', 'version', 'dataset', 'run') THEN
            RAISE EXCEPTION 'tags are on models, versions, datasets and runs, not on "%"', shortened(kind)
                USING ERRCODE = 'invalid_parameter_value', HINT = 'kind is model, version, dataset or run.';
        END IF;
    END
    $function$;
COMMENT ON FUNCTION require_tagged_kind(text) IS 'raises 22023 for a text that does not say what can be tagged';

-- The foreign key locks the tag just so; but who may not change tags cannot do it by hand under row security.
CREATE OR REPLACE FUNCTION lock_tag(kind text, tag_id uuid) RETURNS boolean
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        as_owner constant text := mlregistry.act_as_owner(); -- before any look at a table
        in_organization uuid := mlregistry.current_organization_id();
    BEGIN
        PERFORM mlregistry.require_tagged_kind(kind);
        PERFORM mlregistry.require_privilege(kind || '_tags', 'INSERT'),
                mlregistry.require_organization('read', 'names', in_organization);
        PERFORM FROM mlregistry.tags t
          WHERE t.tag_id = lock_tag.tag_id AND t.organization_id = in_organization
            FOR KEY SHARE;
        RETURN FOUND;
    END
    $function$;
COMMENT ON FUNCTION lock_tag(text, uuid) IS 'keeps a tag of the current organization from being deleted until this transaction ends, for who may tag; false when there is no such tag';

CREATE OR REPLACE FUNCTION tag_object(kind text, object_id uuid, tag text, create_missing boolean DEFAULT false) RETURNS SETOF tagging_info
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_variable
    DECLARE
        wanted uuid;
        in_project uuid;
        is_there boolean;
    BEGIN
        PERFORM require_tagged_kind(kind);
        IF object_id IS NULL THEN
            RAISE EXCEPTION 'the identifier of what is tagged must not be NULL' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        in_project := CASE kind WHEN 'model' THEN (SELECT m.project_id FROM models m WHERE m.model_id = object_id)
                                WHEN 'version' THEN (SELECT v.project_id FROM model_versions v WHERE v.version_id = object_id)
                                WHEN 'dataset' THEN (SELECT d.project_id FROM datasets d WHERE d.dataset_id = object_id)
                                WHEN 'run' THEN (SELECT r.project_id FROM training_runs r WHERE r.run_id = object_id) END;
        IF in_project IS NOT NULL THEN -- what is not to be seen does not exist, see below
            PERFORM require_access('write', kind || 's', in_project);
        END IF;
        LOOP
            IF create_missing AND tag IS NOT NULL THEN
                -- Creating asks for the right to create, also where there is nothing left to do.
                wanted := (SELECT t.tag_id FROM tags t WHERE t.organization_id = current_organization_id() AND t.tag_name = tag);
                IF wanted IS NULL THEN
                    wanted := (SELECT c.tag_id FROM create_tag(tag, if_exists => 'return') AS c);
                END IF;
                -- Locked as the foreign key will do below; one that was deleted this very moment is made anew.
                CONTINUE WHEN NOT lock_tag(kind, wanted);
            ELSE
                wanted := find_tag(tag);
            END IF;
            CASE kind
                WHEN 'model' THEN
                    INSERT INTO model_tags AS t (organization_id, project_id, model_id, tag_id)
                    SELECT m.organization_id, m.project_id, m.model_id, wanted FROM models m WHERE m.model_id = object_id AND m.deleted_at IS NULL
                    ON CONFLICT ON CONSTRAINT model_tags_pkey DO NOTHING;
                    is_there := EXISTS (SELECT FROM models m JOIN projects p USING (project_id) WHERE m.model_id = object_id AND m.deleted_at IS NULL);
                WHEN 'version' THEN
                    INSERT INTO version_tags AS t (organization_id, project_id, version_id, tag_id)
                    SELECT v.organization_id, v.project_id, v.version_id, wanted FROM model_versions v WHERE v.version_id = object_id AND v.deleted_at IS NULL
                    ON CONFLICT ON CONSTRAINT version_tags_pkey DO NOTHING;
                    is_there := EXISTS (SELECT FROM model_versions v JOIN models m USING (model_id) JOIN projects p ON p.project_id = v.project_id WHERE v.version_id = object_id AND v.deleted_at IS NULL);
                WHEN 'dataset' THEN
                    INSERT INTO dataset_tags AS t (organization_id, project_id, dataset_id, tag_id)
                    SELECT d.organization_id, d.project_id, d.dataset_id, wanted FROM datasets d WHERE d.dataset_id = object_id AND d.deleted_at IS NULL
                    ON CONFLICT ON CONSTRAINT dataset_tags_pkey DO NOTHING;
                    is_there := EXISTS (SELECT FROM datasets d JOIN projects p USING (project_id) WHERE d.dataset_id = object_id AND d.deleted_at IS NULL);
                WHEN 'run' THEN
                    INSERT INTO run_tags AS t (organization_id, project_id, run_id, tag_id)
                    SELECT r.organization_id, r.project_id, r.run_id, wanted FROM training_runs r WHERE r.run_id = object_id AND r.deleted_at IS NULL
                    ON CONFLICT ON CONSTRAINT run_tags_pkey DO NOTHING;
                    is_there := EXISTS (SELECT FROM training_runs r JOIN projects p USING (project_id) WHERE r.run_id = object_id AND r.deleted_at IS NULL);
            END CASE;
            -- Together with what tags_of() names it by: what the caller cannot see must not keep this from its end.
            IF NOT is_there THEN
                RAISE EXCEPTION '% % does not exist', kind, object_id USING ERRCODE = 'no_data_found';
            END IF;
            RETURN QUERY SELECT i.* FROM tags_of(kind, object_id) AS i WHERE i.tag_id = wanted;
            EXIT WHEN FOUND; -- otherwise somebody took it off again this very moment
        END LOOP;
    END
    $function$;
COMMENT ON FUNCTION tag_object(text, uuid, text, boolean) IS 'puts a tag on a model, a version, a dataset or a run: see tag(text, text, boolean)';

CREATE OR REPLACE FUNCTION tag(reference text, tag text, create_missing boolean DEFAULT false) RETURNS SETOF tagging_info
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_variable
    DECLARE
        target record := find_tagged(reference);
    BEGIN
        RETURN QUERY SELECT i.* FROM tag_object(target.kind, target.object_id, tag, create_missing) AS i;
    END
    $function$;
COMMENT ON FUNCTION tag(text, text, boolean) IS 'puts a tag on what a reference names: project/model, project/model@selector, dataset:project/name or run:uuid; one that is there already stays as it is';

CREATE OR REPLACE FUNCTION untag_object(kind text, object_id uuid, tag text) RETURNS SETOF tagging_info
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_variable
    DECLARE
        wanted uuid := find_tag(tag);
        in_project uuid;
        before tagging_info;
        others text;
    BEGIN
        PERFORM require_tagged_kind(kind);
        IF object_id IS NULL THEN
            RAISE EXCEPTION 'the identifier of what is tagged must not be NULL' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        CASE kind
            WHEN 'model' THEN SELECT m.project_id INTO in_project FROM models m WHERE m.model_id = object_id;
            WHEN 'version' THEN SELECT v.project_id INTO in_project FROM model_versions v WHERE v.version_id = object_id;
            WHEN 'dataset' THEN SELECT d.project_id INTO in_project FROM datasets d WHERE d.dataset_id = object_id;
            WHEN 'run' THEN SELECT r.project_id INTO in_project FROM training_runs r WHERE r.run_id = object_id;
        END CASE;
        IF in_project IS NOT NULL THEN
            PERFORM require_access('write', kind || 's', in_project);
        END IF;
        SELECT i.* INTO before FROM tags_of(kind, object_id) AS i WHERE i.tag_id = wanted;
        CASE kind
            WHEN 'model' THEN DELETE FROM model_tags t WHERE t.model_id = object_id AND t.tag_id = wanted;
            WHEN 'version' THEN DELETE FROM version_tags t WHERE t.version_id = object_id AND t.tag_id = wanted;
            WHEN 'dataset' THEN DELETE FROM dataset_tags t WHERE t.dataset_id = object_id AND t.tag_id = wanted;
            WHEN 'run' THEN DELETE FROM run_tags t WHERE t.run_id = object_id AND t.tag_id = wanted;
        END CASE;
        IF before.tag_id IS NULL OR NOT FOUND THEN
            others := (SELECT string_agg(i.tag_name, ', ' ORDER BY i.tag_name)
                         FROM (SELECT i.tag_name FROM tags_of(kind, object_id) AS i LIMIT 20) AS i);
            RAISE EXCEPTION 'the % does not have tag "%"', kind, shortened(tag)
                USING ERRCODE = 'no_data_found', HINT = coalesce('Its tags are ' || others || '.', 'It has none.');
        END IF;
        RETURN NEXT before;
    END
    $function$;
COMMENT ON FUNCTION untag_object(text, uuid, text) IS 'takes a tag off a model, a version, a dataset or a run: see untag(text, text)';

CREATE OR REPLACE FUNCTION untag(reference text, tag text) RETURNS SETOF tagging_info
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_variable
    DECLARE
        target record := find_tagged(reference);
    BEGIN
        RETURN QUERY SELECT i.* FROM untag_object(target.kind, target.object_id, tag) AS i;
    END
    $function$;
COMMENT ON FUNCTION untag(text, text) IS 'takes a tag off what a reference names and returns what was taken off; P0002 when it does not have it';

CREATE OR REPLACE FUNCTION models_with_tags(
        all_of text[] DEFAULT NULL,
        any_of text[] DEFAULT NULL,
        active boolean DEFAULT NULL,
        project text DEFAULT NULL,
        max_rows bigint DEFAULT NULL,
        after text DEFAULT NULL) RETURNS SETOF model_info
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    DECLARE
        only_project uuid := project_filter(project);
        all_tags uuid[];
        any_tags uuid[];
    BEGIN
        IF coalesce(cardinality(all_of), 0) + coalesce(cardinality(any_of), 0) = 0 THEN
            RAISE EXCEPTION 'name the tags that are sought'
                USING ERRCODE = 'invalid_parameter_value',
                      HINT = 'models_with_tags(all_of => ''{nlp,production}'') or models_with_tags(any_of => ''{nlp,computer-vision}'').';
        END IF;
        IF cardinality(all_of) > 32 OR cardinality(any_of) > 1000 THEN
            RAISE EXCEPTION 'too many tags: at most 32 in all_of and 1000 in any_of' USING ERRCODE = 'program_limit_exceeded';
        END IF;
        all_tags := (SELECT array_agg(DISTINCT find_tag(wanted.tag_name)) FROM unnest(all_of) AS wanted (tag_name));
        any_tags := (SELECT array_agg(DISTINCT find_tag(wanted.tag_name)) FROM unnest(any_of) AS wanted (tag_name));
        RETURN QUERY SELECT * FROM models_page(active, NULL, NULL, all_tags, any_tags, only_project, max_rows, after);
    END
    $function$;
COMMENT ON FUNCTION models_with_tags(text[], text[], boolean, text, bigint, text) IS 'models that have all the tags of all_of and, where any_of is given, at least one of its tags, by project and name; for the next page give the last one seen as after, written project/name';

CREATE OR REPLACE FUNCTION tag_usage(tag_category text DEFAULT NULL)
    RETURNS TABLE (tag_name text, category text, models bigint, versions bigint, datasets bigint, runs bigint, total bigint, last_added_at timestamptz, tag_id uuid)
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 100 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    BEGIN
        PERFORM find_project(NULL);
        IF tag_usage.tag_category IS NOT NULL AND NOT EXISTS (SELECT FROM tag_categories c WHERE c.name = tag_usage.tag_category) THEN
            RAISE EXCEPTION 'unknown category of tags: "%"', shortened(tag_usage.tag_category)
                USING ERRCODE = 'invalid_parameter_value',
                      HINT = (SELECT format('The categories are %s.', string_agg(c.name, ', ' ORDER BY c.name)) FROM tag_categories c);
        END IF;
        -- Counted by tag first: one pass over each table, however many tags there are.
        RETURN QUERY
            WITH used (tag_id, kind, added_at) AS (
                SELECT mt.tag_id, 'model', mt.added_at
                  FROM model_tags mt
                  JOIN models m USING (model_id)
                  JOIN projects p ON p.project_id = m.project_id
                 WHERE m.organization_id = current_organization_id() AND m.deleted_at IS NULL AND p.deleted_at IS NULL
                UNION ALL
                SELECT vt.tag_id, 'version', vt.added_at
                  FROM version_tags vt
                  JOIN model_versions v USING (version_id)
                  JOIN models m ON m.model_id = v.model_id
                  JOIN projects p ON p.project_id = v.project_id
                 WHERE v.organization_id = current_organization_id() AND v.deleted_at IS NULL AND m.deleted_at IS NULL AND p.deleted_at IS NULL
                UNION ALL
                SELECT dt.tag_id, 'dataset', dt.added_at
                  FROM dataset_tags dt
                  JOIN datasets d USING (dataset_id)
                  JOIN projects p ON p.project_id = d.project_id
                 WHERE d.organization_id = current_organization_id() AND d.deleted_at IS NULL AND p.deleted_at IS NULL
                UNION ALL
                SELECT rt.tag_id, 'run', rt.added_at
                  FROM run_tags rt
                  JOIN training_runs r USING (run_id)
                  JOIN experiments e ON e.experiment_id = r.experiment_id
                  JOIN projects p ON p.project_id = r.project_id
                 WHERE r.organization_id = current_organization_id() AND r.deleted_at IS NULL AND e.deleted_at IS NULL AND p.deleted_at IS NULL),
            counted AS (
                SELECT u.tag_id, count(*) FILTER (WHERE u.kind = 'model') AS models, count(*) FILTER (WHERE u.kind = 'version') AS versions,
                       count(*) FILTER (WHERE u.kind = 'dataset') AS datasets, count(*) FILTER (WHERE u.kind = 'run') AS runs,
                       count(*) AS total, max(u.added_at) AS last_added_at
                  FROM used u
                 GROUP BY u.tag_id)
            SELECT t.tag_name, t.tag_category, coalesce(c.models, 0), coalesce(c.versions, 0), coalesce(c.datasets, 0),
                   coalesce(c.runs, 0), coalesce(c.total, 0), c.last_added_at, t.tag_id
              FROM tags t
              LEFT JOIN counted c USING (tag_id)
             WHERE t.organization_id = current_organization_id()
               AND (tag_usage.tag_category IS NULL OR t.tag_category = tag_usage.tag_category)
             ORDER BY 7 DESC, 1;
    END
    $function$;
COMMENT ON FUNCTION tag_usage(text) IS 'tags of the current organization, of one category or all, with how many models, versions, datasets and runs have each; most used first, unused ones too';

-- functions/datasets.sql
-- Datasets. A reference is [project/]dataset; where other things are meant as well, dataset:[project/]dataset.

CREATE OR REPLACE FUNCTION find_dataset(reference text) RETURNS uuid
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    DECLARE
        bare text := regexp_replace(reference, '^dataset:', '');
        project text := CASE WHEN position('/' IN bare) > 0 THEN split_part(bare, '/', 1) END;
        sought text := substring(bare FROM position('/' IN bare) + 1);
        in_project uuid;
        found_id uuid;
        elsewhere text;
        near text;
    BEGIN
        IF reference IS NULL THEN
            RAISE EXCEPTION 'a dataset reference must not be NULL' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        IF NOT is_valid_tag_name(sought) OR NOT coalesce(is_valid_name(project), true) THEN
            RAISE EXCEPTION 'invalid reference: "%"', shortened(reference)
                USING ERRCODE = 'invalid_text_representation', HINT = 'A dataset is written [project/]name or dataset:[project/]name.';
        END IF;
        in_project := find_project(project);
        SELECT d.dataset_id INTO found_id
          FROM datasets d
          JOIN projects p USING (project_id)
         WHERE d.organization_id = current_organization_id() AND d.project_id = in_project AND d.dataset_name = sought
           AND d.deleted_at IS NULL AND p.deleted_at IS NULL;
        IF found_id IS NOT NULL THEN
            RETURN found_id;
        END IF;
        SELECT string_agg(format('%s/%s', p.slug, d.dataset_name), ', ' ORDER BY p.slug) INTO elsewhere
          FROM datasets d
          JOIN projects p USING (project_id)
         WHERE d.organization_id = current_organization_id() AND d.dataset_name = sought
           AND d.deleted_at IS NULL AND p.deleted_at IS NULL;
        near := near_names(sought, ARRAY(SELECT d.dataset_name FROM datasets d
                                        WHERE d.organization_id = current_organization_id() AND d.project_id = in_project
                                          AND d.deleted_at IS NULL AND abs(octet_length(d.dataset_name) - octet_length(sought)) <= 3
                                        LIMIT 1000));
        RAISE EXCEPTION 'dataset "%" does not exist', shortened(bare)
            USING ERRCODE = 'no_data_found',
                  HINT = CASE
                             WHEN elsewhere IS NOT NULL THEN format('It exists in another project: %s.', elsewhere)
                             WHEN near IS NOT NULL THEN format('Did you mean %s?', near)
                             ELSE 'register_dataset() creates it, list_datasets() shows what is there.'
                         END;
    END
    $function$;
COMMENT ON FUNCTION find_dataset(text) IS 'identifier of the dataset that a reference [project/]name, with or without dataset: before it, names; P0002 when there is none';

-- Seconds, not times: whatever may be stored is compared, infinite times and demands of 200,000 years too.
CREATE OR REPLACE FUNCTION is_stale(freshness_sla_hours integer, last_updated_at timestamptz, created_at timestamptz, at timestamptz DEFAULT now()) RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $function$
        SELECT coalesce(extract(epoch FROM coalesce(last_updated_at, created_at)) + freshness_sla_hours * 3600::numeric < extract(epoch FROM at), false)
    $function$;
COMMENT ON FUNCTION is_stale(integer, timestamptz, timestamptz, timestamptz) IS 'true when data was last updated (or, if it never was, registered) longer ago than its freshness allows; false where nothing is demanded';

CREATE OR REPLACE FUNCTION dataset_info(dataset_id uuid) RETURNS dataset_info
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        info dataset_info;
    BEGIN
        SELECT p.slug, d.dataset_name, d.display_name, d.description, t.team_name, d.storage_location, d.storage_format,
               d.storage_size_gb, d.row_count, d.column_count, d.data_version, d.data_classification, d.contains_pii,
               d.retention_days, d.freshness_sla_hours, d.last_updated_at,
               is_stale(d.freshness_sla_hours, d.last_updated_at, d.created_at),
               ARRAY(SELECT g.tag_name FROM dataset_tags dt JOIN tags g USING (tag_id) WHERE dt.dataset_id = d.dataset_id ORDER BY g.tag_name),
               d.created_by, d.created_at, d.updated_at, d.metadata, d.dataset_id, d.project_id
          INTO info
          FROM datasets d
          JOIN projects p USING (project_id)
          LEFT JOIN teams t ON t.team_id = d.team_id
         WHERE d.dataset_id = dataset_info.dataset_id;
        RETURN info;
    END
    $function$;
COMMENT ON FUNCTION dataset_info(uuid) IS 'complete row of one dataset, NULL when there is none';

CREATE OR REPLACE FUNCTION register_dataset(
        dataset_name text,
        storage_location text,
        storage_format text,
        display_name text DEFAULT NULL,
        description text DEFAULT NULL,
        project text DEFAULT NULL,
        team text DEFAULT NULL,
        purpose text DEFAULT NULL,
        storage_size_gb numeric DEFAULT NULL,
        row_count bigint DEFAULT NULL,
        column_count integer DEFAULT NULL,
        partition_keys text[] DEFAULT NULL,
        schema_url text DEFAULT NULL,
        schema_version text DEFAULT NULL,
        data_version text DEFAULT NULL,
        data_steward text DEFAULT NULL,
        freshness_sla_hours integer DEFAULT NULL,
        last_updated_at timestamptz DEFAULT NULL,
        contains_pii boolean DEFAULT false,
        data_classification text DEFAULT 'internal',
        retention_days integer DEFAULT NULL,
        source_system text DEFAULT NULL,
        metadata jsonb DEFAULT NULL,
        tags text[] DEFAULT NULL,
        if_exists text DEFAULT 'error') RETURNS SETOF dataset_info
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        in_project uuid := find_project(project);
        of_team uuid := CASE WHEN team IS NOT NULL THEN find_team(team) END;
        new_id uuid;
        taken record;
        info dataset_info;
    BEGIN
        IF dataset_name IS NULL OR storage_location IS NULL OR storage_format IS NULL THEN
            RAISE EXCEPTION 'a dataset needs a name, a storage_location and a storage_format'
                USING ERRCODE = 'null_value_not_allowed',
                      HINT = 'register_dataset(''transactions-2025q4'', ''s3://data/transactions/2025q4/'', ''parquet'').';
        END IF;
        IF in_project IS NULL THEN
            RAISE EXCEPTION 'there is no current project'
                USING ERRCODE = 'object_not_in_prerequisite_state',
                      HINT = 'Name one with project => ..., or choose one with use_project().';
        END IF;
        PERFORM require_if_exists(if_exists);
        IF NOT is_valid_tag_name(dataset_name) THEN
            RAISE EXCEPTION 'invalid dataset name: "%"', shortened(dataset_name)
                USING ERRCODE = 'check_violation',
                      CONSTRAINT = 'valid_dataset_name', SCHEMA = 'mlregistry', TABLE = 'datasets',
                      DETAIL = why_invalid('is_valid_tag_name', dataset_name),
                      HINT = 'Keep what people read in display_name.';
        END IF;
        PERFORM require_access('write', 'datasets', in_project);
        LOOP
            INSERT INTO datasets (organization_id, project_id, dataset_name, display_name, description, purpose, storage_location,
                                  storage_format, storage_size_gb, partition_keys, schema_url, schema_version, data_version, team_id,
                                  data_steward, freshness_sla_hours, last_updated_at, row_count, column_count, contains_pii,
                                  data_classification, retention_days, source_system, metadata)
            VALUES (current_organization_id(), in_project, register_dataset.dataset_name, register_dataset.display_name,
                    register_dataset.description, register_dataset.purpose, register_dataset.storage_location,
                    register_dataset.storage_format, register_dataset.storage_size_gb,
                    coalesce(register_dataset.partition_keys, '{}'), register_dataset.schema_url, register_dataset.schema_version,
                    register_dataset.data_version, of_team, register_dataset.data_steward, register_dataset.freshness_sla_hours,
                    register_dataset.last_updated_at, register_dataset.row_count, register_dataset.column_count,
                    register_dataset.contains_pii, register_dataset.data_classification, register_dataset.retention_days,
                    register_dataset.source_system, coalesce(register_dataset.metadata, '{}'))
            ON CONFLICT (organization_id, project_id, dataset_name) WHERE deleted_at IS NULL DO NOTHING
            RETURNING dataset_id INTO new_id;
            IF new_id IS NOT NULL THEN
                -- In one order everywhere, so that two registrations that create the same tags do not wait for each other.
                PERFORM tag_object('dataset', new_id, wanted.tag_name, create_missing => true)
                   FROM (SELECT DISTINCT t.tag_name FROM unnest(register_dataset.tags) AS t (tag_name) ORDER BY t.tag_name) AS wanted;
                info := dataset_info(new_id);
                EXIT;
            END IF;

            SELECT d.* INTO taken
              FROM datasets d
             WHERE d.organization_id = current_organization_id() AND d.project_id = in_project
               AND d.dataset_name = register_dataset.dataset_name AND d.deleted_at IS NULL;
            CONTINUE WHEN NOT FOUND; -- deleted meanwhile: the name is free again
            IF if_exists = 'error' THEN
                RAISE EXCEPTION 'dataset "%" already exists', dataset_name
                    USING ERRCODE = 'unique_violation',
                          CONSTRAINT = 'unique_dataset_name', SCHEMA = 'mlregistry', TABLE = 'datasets',
                          DETAIL = format('It was created by %s at %s.', taken.created_by, taken.created_at),
                          HINT = 'Take what is there with if_exists => ''return''.';
            END IF;
            info := dataset_info(taken.dataset_id);
            EXIT WHEN info.dataset_id IS NOT NULL; -- NULL: it went this very moment
        END LOOP;
        RETURN NEXT info;
    END
    $function$;
COMMENT ON FUNCTION register_dataset(text, text, text, text, text, text, text, text, numeric, bigint, integer, text[], text, text, text, text, integer, timestamptz, boolean, text, integer, text, jsonb, text[], text) IS 'registers a dataset in a project (NULL: the current one), with tags, which are created where they are missing; if_exists => ''return'' gives the one that is there, unchanged';

-- Asks for itself, as ranked_models(), which see.
CREATE OR REPLACE FUNCTION page_of_datasets(
        search text,
        organization uuid,
        team uuid,
        tag uuid,
        classification text,
        pii boolean,
        storage_format text,
        project uuid,
        max_rows bigint,
        after_slug text,
        after_name text) RETURNS uuid[]
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    SET client_min_messages = warning -- no notices about stop words
    AS $function$
    DECLARE
        as_owner constant text := mlregistry.act_as_owner(); -- before any look at a table
        conditions text;
        page_ids uuid[];
    BEGIN
        PERFORM mlregistry.require_privilege('datasets', 'SELECT');
        conditions := concat(
            mlregistry.readable_condition('d.project_id', 'datasets'),
            CASE WHEN search IS NOT NULL THEN format(' AND (%s)', mlregistry.search_condition(search, 'd.dataset_name', 'd.display_name', 'd.description')) END,
            CASE WHEN team IS NOT NULL THEN format(' AND d.team_id = %L', team) END,
            CASE WHEN tag IS NOT NULL THEN format(' AND EXISTS (SELECT FROM mlregistry.dataset_tags t WHERE t.dataset_id = d.dataset_id AND t.tag_id = %L)', tag) END,
            CASE WHEN classification IS NOT NULL THEN format(' AND d.data_classification = %L', classification) END,
            CASE WHEN pii THEN ' AND d.contains_pii' WHEN NOT pii THEN ' AND NOT d.contains_pii' END,
            CASE WHEN storage_format IS NOT NULL THEN format(' AND d.storage_format = %L', storage_format) END);
        -- As models_page(), which see.
        EXECUTE format(
            'SELECT array_agg(page.dataset_id ORDER BY page.slug, page.dataset_name)
               FROM (SELECT p.slug, listed.dataset_name, listed.dataset_id
                       FROM mlregistry.projects p,
                            LATERAL (SELECT d.dataset_name, d.dataset_id
                                       FROM mlregistry.datasets d
                                      WHERE d.organization_id = %1$L AND d.project_id = p.project_id AND d.deleted_at IS NULL
                                        AND d.dataset_name > CASE WHEN p.slug = %2$L THEN %3$L ELSE '''' END%4$s
                                      ORDER BY d.dataset_name
                                      LIMIT %5$s) AS listed
                      WHERE p.organization_id = %1$L AND p.deleted_at IS NULL%6$s
                      ORDER BY p.slug, listed.dataset_name
                      LIMIT %5$s) AS page',
            organization, after_slug, after_name, conditions, coalesce(max_rows::text, 'ALL'),
            concat(mlregistry.readable_condition('p.project_id', 'datasets'),
                   CASE WHEN project IS NOT NULL THEN format(' AND p.project_id = %L', project) END,
                   CASE WHEN after_slug IS NOT NULL THEN format(' AND p.slug >= %L', after_slug) END))
           INTO page_ids;
        RETURN page_ids;
    END
    $function$;
COMMENT ON FUNCTION page_of_datasets(text, uuid, uuid, uuid, text, boolean, text, uuid, bigint, text, text) IS 'one page of what list_datasets() finds among what the acting one may read';

CREATE OR REPLACE FUNCTION list_datasets(
        search text DEFAULT NULL,
        team text DEFAULT NULL,
        tag text DEFAULT NULL,
        classification text DEFAULT NULL,
        pii boolean DEFAULT NULL,
        storage_format text DEFAULT NULL,
        project text DEFAULT NULL,
        max_rows bigint DEFAULT NULL,
        after text DEFAULT NULL) RETURNS SETOF dataset_info
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_variable
    DECLARE
        only_project uuid := project_filter(project);
        after_slug text;
        after_name text := '';
        page_ids uuid[];
    BEGIN
        IF classification NOT IN ('public', 'internal', 'confidential', 'restricted') THEN
            RAISE EXCEPTION 'unknown classification: "%"', shortened(classification)
                USING ERRCODE = 'invalid_parameter_value',
                      HINT = 'The classifications are public, internal, confidential and restricted.';
        END IF;
        IF after IS NOT NULL THEN
            after := regexp_replace(after, '^dataset:', '');
            after_slug := coalesce(CASE WHEN position('/' IN after) > 0 THEN split_part(after, '/', 1) END,
                                   (SELECT p.slug FROM projects p WHERE p.project_id = coalesce(only_project, current_project_id())));
            IF after_slug IS NULL THEN
                RAISE EXCEPTION 'after names no project: "%"', shortened(after)
                    USING ERRCODE = 'invalid_parameter_value', HINT = 'There is no current project: write it project/name.';
            END IF;
            after_name := substring(after FROM position('/' IN after) + 1);
        END IF;
        page_ids := page_of_datasets(CASE WHEN search IS NOT NULL THEN search_text(search) END, current_organization_id(),
                                     CASE WHEN team IS NOT NULL THEN find_team(team) END, CASE WHEN tag IS NOT NULL THEN find_tag(tag) END,
                                     classification, pii, storage_format, only_project, max_rows, after_slug, after_name);
        RETURN QUERY
            SELECT i.*
              FROM unnest(page_ids) WITH ORDINALITY AS page (dataset_id, n), dataset_info(page.dataset_id) AS i
             ORDER BY page.n;
    END
    $function$;
COMMENT ON FUNCTION list_datasets(text, text, text, text, boolean, text, text, bigint, text) IS 'datasets of the organization by project and name; search finds words of names and description and parts of names; for the next page give the last one seen as after, written project/name';

CREATE OR REPLACE FUNCTION stale_datasets(project text DEFAULT NULL, at timestamptz DEFAULT now())
    RETURNS TABLE (project_slug text, dataset_name text, team_name text, data_steward text, freshness_sla_hours integer,
                   last_updated_at timestamptz, overdue interval, dataset_id uuid)
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 100 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        only_project uuid := project_filter(project);
    BEGIN
        RETURN QUERY
            SELECT p.slug, d.dataset_name, t.team_name, d.data_steward, d.freshness_sla_hours, d.last_updated_at,
                   CASE WHEN isfinite(stale_datasets.at) AND isfinite(coalesce(d.last_updated_at, d.created_at))
                        THEN stale_datasets.at - coalesce(d.last_updated_at, d.created_at) - make_interval(hours => d.freshness_sla_hours) END,
                   d.dataset_id
              FROM datasets d
              JOIN projects p USING (project_id)
              LEFT JOIN teams t ON t.team_id = d.team_id
             WHERE d.organization_id = current_organization_id() AND d.deleted_at IS NULL AND p.deleted_at IS NULL
               AND (only_project IS NULL OR d.project_id = only_project)
               AND is_stale(d.freshness_sla_hours, d.last_updated_at, d.created_at, stale_datasets.at)
             ORDER BY 7 DESC, 1, 2;
    END
    $function$;
COMMENT ON FUNCTION stale_datasets(text, timestamptz) IS 'datasets that are older than their freshness_sla_hours allow, most overdue first (NULL: infinitely); one that was never updated counts from its registration';

-- functions/metrics.sql
-- Metrics of versions.

CREATE OR REPLACE FUNCTION metric_info(metric_id uuid) RETURNS metric_info
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        info metric_info;
    BEGIN
        SELECT p.slug, m.model_name, v.semver, k.metric_name, k.metric_value, k.dataset_split, d.dataset_name, k.recorded_by,
               k.recorded_at, k.metric_id, k.version_id
          INTO info
          FROM model_metrics k
          JOIN model_versions v USING (version_id)
          JOIN models m ON m.model_id = v.model_id
          JOIN projects p ON p.project_id = v.project_id
          LEFT JOIN datasets d ON d.dataset_id = k.dataset_id
         WHERE k.metric_id = metric_info.metric_id;
        RETURN info;
    END
    $function$;
COMMENT ON FUNCTION metric_info(uuid) IS 'complete row of one recorded metric, NULL when there is none';

CREATE OR REPLACE FUNCTION live_version(version_id uuid) RETURNS uuid
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    BEGIN
        IF live_version.version_id IS NULL THEN
            RAISE EXCEPTION 'a version identifier must not be NULL' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        PERFORM FROM model_versions v
                JOIN models m USING (model_id)
                JOIN projects p ON p.project_id = v.project_id
                JOIN organizations o ON o.organization_id = v.organization_id
          WHERE v.version_id = live_version.version_id
            AND v.deleted_at IS NULL AND m.deleted_at IS NULL AND p.deleted_at IS NULL AND o.deleted_at IS NULL;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'version % does not exist', live_version.version_id
                USING ERRCODE = 'no_data_found', HINT = 'list_versions() shows what is there.';
        END IF;
        RETURN live_version.version_id;
    END
    $function$;
COMMENT ON FUNCTION live_version(uuid) IS 'the identifier itself if it is that of a version that is not deleted, nor its model, project or organization; P0002 otherwise';

CREATE OR REPLACE FUNCTION record_metric(
        version_id uuid,
        metric_name text,
        metric_value double precision,
        split text DEFAULT 'test',
        dataset text DEFAULT NULL,
        recorded_at timestamptz DEFAULT NULL) RETURNS SETOF metric_info
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        of_version uuid := live_version(version_id);
        on_dataset uuid := CASE WHEN dataset IS NOT NULL THEN find_dataset(dataset) END;
        new_id uuid;
    BEGIN
        IF metric_name IS NULL OR metric_value IS NULL OR split IS NULL THEN
            RAISE EXCEPTION 'a metric needs a name, a value and a split' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        PERFORM require_access('write', 'versions', (SELECT v.project_id FROM model_versions v WHERE v.version_id = of_version));
        -- The clock, not the time of the transaction: of two values in one transaction the second is current.
        INSERT INTO model_metrics (organization_id, project_id, version_id, metric_name, metric_value, dataset_split, dataset_id, recorded_at)
        SELECT v.organization_id, v.project_id, v.version_id, record_metric.metric_name, record_metric.metric_value, split, on_dataset,
               coalesce(record_metric.recorded_at, clock_timestamp())
          FROM model_versions v
         WHERE v.version_id = of_version
        RETURNING metric_id INTO new_id;
        RETURN NEXT metric_info(new_id);
    END
    $function$;
COMMENT ON FUNCTION record_metric(uuid, text, double precision, text, text, timestamptz) IS 'records a metric of a version: see record_metric(text, ...)';

CREATE OR REPLACE FUNCTION record_metric(
        version text,
        metric_name text,
        metric_value double precision,
        split text DEFAULT 'test',
        dataset text DEFAULT NULL,
        recorded_at timestamptz DEFAULT NULL) RETURNS SETOF metric_info
    LANGUAGE sql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
        SELECT * FROM record_metric(find_version(version), metric_name, metric_value, split, dataset, recorded_at)
    $function$;
COMMENT ON FUNCTION record_metric(text, text, double precision, text, text, timestamptz) IS 'records a metric of the version that a reference names: from now on the current one of its name and split (train, validation, test, holdout or production)';

CREATE OR REPLACE FUNCTION record_metrics(
        version text,
        metrics jsonb,
        split text DEFAULT 'test',
        dataset text DEFAULT NULL,
        recorded_at timestamptz DEFAULT NULL) RETURNS SETOF metric_info
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 10 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    DECLARE
        of_version uuid := find_version(version);
        at timestamptz := coalesce(recorded_at, clock_timestamp());
    BEGIN
        IF metrics IS NULL THEN
            RAISE EXCEPTION 'the metrics must not be NULL' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        IF NOT is_metrics(metrics) THEN
            RAISE EXCEPTION 'invalid metrics: %', shortened(metrics::text)
                USING ERRCODE = 'invalid_parameter_value',
                      DETAIL = why_invalid('is_metrics', metrics::text),
                      HINT = 'Give an object of names and numbers: {"accuracy": 0.93, "loss": 0.21}.';
        END IF;
        RETURN QUERY
            SELECT i.*
              FROM jsonb_each_text(metrics) AS one (name, value),
                   record_metric(of_version, one.name, one.value::double precision, split, dataset, at) AS i;
    END
    $function$;
COMMENT ON FUNCTION record_metrics(text, jsonb, text, text, timestamptz) IS 'records several metrics of the version that a reference names, given as an object: {"accuracy": 0.93, "loss": "NaN"}';

CREATE OR REPLACE FUNCTION latest_metrics(version_id uuid, split text DEFAULT NULL) RETURNS SETOF metric_info
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 20 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        of_version uuid := live_version(version_id);
    BEGIN
        IF split NOT IN ('train', 'validation', 'test', 'holdout', 'production') THEN
            RAISE EXCEPTION 'unknown split: "%"', shortened(split)
                USING ERRCODE = 'invalid_parameter_value', HINT = 'The splits are train, validation, test, holdout and production.';
        END IF;
        RETURN QUERY
            SELECT p.slug, m.model_name, v.semver, k.metric_name, k.metric_value, k.dataset_split, d.dataset_name, k.recorded_by,
                   k.recorded_at, k.metric_id, k.version_id
              FROM (SELECT DISTINCT ON (k.metric_name, k.dataset_split) k.*
                      FROM model_metrics k
                     WHERE k.version_id = of_version AND (split IS NULL OR k.dataset_split = split)
                     ORDER BY k.metric_name, k.dataset_split, k.recorded_at DESC, k.metric_id) AS k
              JOIN model_versions v USING (version_id)
              JOIN models m ON m.model_id = v.model_id
              JOIN projects p ON p.project_id = v.project_id
              LEFT JOIN datasets d ON d.dataset_id = k.dataset_id
             ORDER BY k.metric_name, k.dataset_split;
    END
    $function$;
COMMENT ON FUNCTION latest_metrics(uuid, text) IS 'current metrics of a version: see latest_metrics(text, text)';

CREATE OR REPLACE FUNCTION latest_metrics(version text, split text DEFAULT NULL) RETURNS SETOF metric_info
    LANGUAGE sql STABLE PARALLEL RESTRICTED ROWS 20 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
        SELECT * FROM latest_metrics(find_version(version), split)
    $function$;
COMMENT ON FUNCTION latest_metrics(text, text) IS 'current metrics of the version that a reference names: of each name and split the last recorded';

-- functions/lifecycle.sql
-- What may become of what: the state machines that triggers keep, for people.

CREATE OR REPLACE FUNCTION lifecycle(entity text)
    RETURNS TABLE (from_state text, to_state text, is_final boolean, fills text)
    LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 10 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        known text[] := ARRAY(SELECT DISTINCT l.entity FROM lifecycle_moves() AS l ORDER BY 1);
    BEGIN
        IF lifecycle.entity IS NULL THEN
            RAISE EXCEPTION 'the name of an entity must not be NULL' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        IF lifecycle.entity <> ALL (known) THEN
            RAISE EXCEPTION 'unknown entity: "%"', shortened(lifecycle.entity)
                USING ERRCODE = 'invalid_parameter_value', HINT = format('Entities with states are %s.', array_to_string(known, ', '));
        END IF;
        -- Their order is that of the machine: where it begins first.
        RETURN QUERY
            SELECT l.from_state, l.to_state, NOT EXISTS (SELECT FROM lifecycle_moves() AS o WHERE o.entity = l.entity AND o.from_state = l.to_state),
                   l.fills
              FROM lifecycle_moves() WITH ORDINALITY AS l (entity, from_state, to_state, fills, n)
             WHERE l.entity = lifecycle.entity
             ORDER BY l.n;
    END
    $function$;
COMMENT ON FUNCTION lifecycle(text) IS 'states of an entity (run, experiment) and the moves between them; without from_state: where it begins; is_final: nothing leads out of to_state; fills: columns that the move fills where they are empty';

-- functions/experiments.sql
-- Experiments. A reference is [project/]experiment; where other things are meant as well, experiment:[project/]experiment.

-- Names of experiments may have anything in them, a slash too: what stands before the first one is a project only where there
-- is a project of that name.
CREATE OR REPLACE FUNCTION parse_experiment(reference text, project text DEFAULT NULL, OUT in_project uuid, OUT experiment_name text)
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    DECLARE
        bare text := regexp_replace(reference, '^experiment:', '');
    BEGIN
        IF reference IS NULL THEN
            RAISE EXCEPTION 'an experiment reference must not be NULL' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        in_project := find_project(parse_experiment.project);
        experiment_name := btrim(bare);
        IF position('/' IN bare) > 1 THEN
            SELECT p.project_id, btrim(substr(bare, position('/' IN bare) + 1)) INTO in_project, experiment_name
              FROM projects p
             WHERE p.organization_id = current_organization_id() AND p.slug = split_part(bare, '/', 1) AND p.deleted_at IS NULL;
            IF NOT FOUND THEN
                in_project := find_project(parse_experiment.project);
                experiment_name := btrim(bare);
            END IF;
        END IF;
    END
    $function$;
COMMENT ON FUNCTION parse_experiment(text, text) IS 'parts of [project/]experiment, with or without experiment: before it; without a project in it, it is of the one that is given (NULL: the current one)';

CREATE OR REPLACE FUNCTION experiment_named(in_project uuid, experiment_name text) RETURNS uuid
    LANGUAGE sql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
        SELECT e.experiment_id
          FROM experiments e
          JOIN projects p ON p.project_id = e.project_id AND p.deleted_at IS NULL
         WHERE e.organization_id = current_organization_id() AND e.project_id = experiment_named.in_project
           AND e.experiment_name = experiment_named.experiment_name AND e.deleted_at IS NULL
    $function$;
COMMENT ON FUNCTION experiment_named(uuid, text) IS 'identifier of the experiment of a project that has a name, NULL when there is none';

CREATE OR REPLACE FUNCTION find_experiment(reference text, project text DEFAULT NULL) RETURNS uuid
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    DECLARE
        sought record := parse_experiment(reference, project);
        found_id uuid := experiment_named(sought.in_project, sought.experiment_name);
        elsewhere text;
        near text;
    BEGIN
        IF found_id IS NOT NULL THEN
            RETURN found_id;
        END IF;
        SELECT string_agg(format('%s/%s', p.slug, e.experiment_name), ', ' ORDER BY p.slug) INTO elsewhere
          FROM experiments e
          JOIN projects p USING (project_id)
         WHERE e.organization_id = current_organization_id() AND e.experiment_name = sought.experiment_name
           AND e.deleted_at IS NULL AND p.deleted_at IS NULL;
        near := near_names(sought.experiment_name, ARRAY(SELECT e.experiment_name FROM experiments e
                                                          WHERE e.organization_id = current_organization_id()
                                                            AND e.project_id = sought.in_project AND e.deleted_at IS NULL
                                                            AND abs(octet_length(e.experiment_name) - octet_length(sought.experiment_name)) <= 3
                                                          LIMIT 1000));
        RAISE EXCEPTION 'experiment "%" does not exist', shortened(sought.experiment_name)
            USING ERRCODE = 'no_data_found',
                  HINT = CASE
                             WHEN elsewhere IS NOT NULL THEN format('It exists in another project: %s.', shortened(elsewhere))
                             WHEN near IS NOT NULL THEN format('Did you mean %s?', near)
                             ELSE 'create_experiment() creates it, search_experiments() shows what is there.'
                         END;
    END
    $function$;
COMMENT ON FUNCTION find_experiment(text, text) IS 'identifier of the experiment that a reference [project/]name, with or without experiment: before it, names; P0002 when there is none';

CREATE OR REPLACE FUNCTION live_experiment(experiment_id uuid) RETURNS uuid
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    BEGIN
        IF live_experiment.experiment_id IS NULL THEN
            RAISE EXCEPTION 'an experiment identifier must not be NULL' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        PERFORM FROM experiments e
                JOIN projects p USING (project_id)
                JOIN organizations o ON o.organization_id = e.organization_id
          WHERE e.experiment_id = live_experiment.experiment_id
            AND e.deleted_at IS NULL AND p.deleted_at IS NULL AND o.deleted_at IS NULL;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'experiment % does not exist', live_experiment.experiment_id
                USING ERRCODE = 'no_data_found', HINT = 'search_experiments() shows what is there.';
        END IF;
        RETURN live_experiment.experiment_id;
    END
    $function$;
COMMENT ON FUNCTION live_experiment(uuid) IS 'the identifier itself if it is that of an experiment that is not deleted, nor its project or organization; P0002 otherwise';

CREATE OR REPLACE FUNCTION experiment_infos(experiment_ids uuid[]) RETURNS SETOF experiment_info
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 50 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    BEGIN
        RETURN QUERY
            SELECT p.slug, e.experiment_name, e.description, e.status, m.model_name, e.config, e.allow_repeat_runs,
                   r.n, r.succeeded, r.failed, r.active, r.last_run_at,
                   e.started_at, e.completed_at, e.created_by, e.created_at, e.updated_at, e.experiment_id, e.model_id, e.project_id
              FROM unnest(experiment_ids) WITH ORDINALITY AS wanted (experiment_id, n)
              JOIN experiments e ON e.experiment_id = wanted.experiment_id
              JOIN projects p ON p.project_id = e.project_id
              LEFT JOIN models m ON m.model_id = e.model_id
             CROSS JOIN LATERAL (SELECT count(*) AS n, count(*) FILTER (WHERE r.status = 'succeeded') AS succeeded,
                                        count(*) FILTER (WHERE r.status IN ('failed', 'timeout')) AS failed,
                                        count(*) FILTER (WHERE r.status IN ('queued', 'running')) AS active, max(r.queued_at) AS last_run_at
                                   FROM training_runs r
                                  WHERE r.experiment_id = e.experiment_id AND r.deleted_at IS NULL) AS r
             ORDER BY wanted.n;
    END
    $function$;
COMMENT ON FUNCTION experiment_infos(uuid[]) IS 'complete rows of experiments in the order of their identifiers, none where there is no such experiment';

CREATE OR REPLACE FUNCTION create_experiment(
        experiment_name text,
        model text DEFAULT NULL,
        description text DEFAULT NULL,
        config jsonb DEFAULT NULL,
        allow_repeat_runs boolean DEFAULT true,
        project text DEFAULT NULL,
        if_exists text DEFAULT 'error') RETURNS SETOF experiment_info
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        in_project uuid;
        wanted_name text;
        of_model uuid := CASE WHEN model IS NOT NULL THEN find_model(CASE WHEN position('/' IN model) > 0 THEN model ELSE concat_ws('/', project, model) END) END;
        new_id uuid;
        taken record;
    BEGIN
        IF create_experiment.experiment_name IS NULL THEN
            RAISE EXCEPTION 'an experiment needs a name' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        IF project IS NULL THEN
            -- As all that take an experiment read it: a name that they would look for in another project cannot be found again.
            SELECT r.in_project, r.experiment_name INTO in_project, wanted_name FROM parse_experiment(create_experiment.experiment_name) AS r;
        ELSE
            in_project := find_project(project);
            wanted_name := btrim(create_experiment.experiment_name);
        END IF;
        IF in_project IS NULL THEN
            RAISE EXCEPTION 'there is no current project'
                USING ERRCODE = 'object_not_in_prerequisite_state',
                      HINT = 'Name one with project => ..., or choose one with use_project().';
        END IF;
        PERFORM require_if_exists(if_exists);
        IF NOT is_valid_label(wanted_name) THEN
            RAISE EXCEPTION 'invalid experiment name: "%"', shortened(create_experiment.experiment_name)
                USING ERRCODE = 'check_violation',
                      CONSTRAINT = 'valid_experiment_name', SCHEMA = 'mlregistry', TABLE = 'experiments',
                      DETAIL = why_invalid('is_valid_label', wanted_name);
        END IF;
        PERFORM require_access('write', 'runs', in_project);
        LOOP
            INSERT INTO experiments (organization_id, project_id, model_id, experiment_name, description, config, allow_repeat_runs)
            VALUES (current_organization_id(), in_project, of_model, wanted_name, create_experiment.description,
                    coalesce(create_experiment.config, '{}'), coalesce(create_experiment.allow_repeat_runs, true))
            ON CONFLICT (organization_id, project_id, experiment_name) WHERE deleted_at IS NULL DO NOTHING
            RETURNING experiment_id INTO new_id;
            EXIT WHEN new_id IS NOT NULL;
            SELECT e.* INTO taken
              FROM experiments e
             WHERE e.organization_id = current_organization_id() AND e.project_id = in_project
               AND e.experiment_name = wanted_name AND e.deleted_at IS NULL;
            CONTINUE WHEN NOT FOUND; -- deleted meanwhile: the name is free again
            IF if_exists = 'error' THEN
                RAISE EXCEPTION 'experiment "%" already exists', shortened(wanted_name)
                    USING ERRCODE = 'unique_violation',
                          CONSTRAINT = 'unique_experiment_name', SCHEMA = 'mlregistry', TABLE = 'experiments',
                          DETAIL = format('It was created by %s at %s.', taken.created_by, taken.created_at),
                          HINT = 'Take what is there with if_exists => ''return''.';
            END IF;
            new_id := taken.experiment_id;
            EXIT;
        END LOOP;
        RETURN QUERY SELECT * FROM experiment_infos(ARRAY[new_id]);
    END
    $function$;
COMMENT ON FUNCTION create_experiment(text, text, text, jsonb, boolean, text, text) IS 'creates an experiment in a project (NULL: the one that is written before the name, [project/]name, else the current one); allow_repeat_runs => false: its runs are one a day for each model and dataset; if_exists => ''return'' gives the one that is there, unchanged';

CREATE OR REPLACE FUNCTION set_experiment_status(experiment_id uuid, status text) RETURNS SETOF experiment_info
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        wanted uuid := live_experiment(set_experiment_status.experiment_id);
        states text[] := ARRAY(SELECT DISTINCT l.to_state FROM lifecycle_moves() AS l WHERE l.entity = 'experiment' ORDER BY 1);
    BEGIN
        IF set_experiment_status.status IS NULL THEN
            RAISE EXCEPTION 'the status must not be NULL' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        IF set_experiment_status.status <> ALL (states) THEN
            RAISE EXCEPTION 'unknown status: "%"', shortened(set_experiment_status.status)
                USING ERRCODE = 'invalid_parameter_value', HINT = format('The statuses are %s.', array_to_string(states, ', '));
        END IF;
        PERFORM require_access('write', 'runs', (SELECT e.project_id FROM experiments e WHERE e.experiment_id = wanted));
        UPDATE experiments e
           SET status = set_experiment_status.status
         WHERE e.experiment_id = wanted AND e.status <> set_experiment_status.status;
        RETURN QUERY SELECT * FROM experiment_infos(ARRAY[wanted]);
    END
    $function$;
COMMENT ON FUNCTION set_experiment_status(uuid, text) IS 'completes, fails, cancels or reopens an experiment: see set_experiment_status(text, text)';

CREATE OR REPLACE FUNCTION set_experiment_status(experiment text, status text) RETURNS SETOF experiment_info
    LANGUAGE sql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
        SELECT * FROM set_experiment_status(find_experiment(experiment), status)
    $function$;
COMMENT ON FUNCTION set_experiment_status(text, text) IS 'completes, fails or cancels an experiment, or reopens it (running), whatever its runs do; see lifecycle(''experiment'')';

-- As ranked_models(): row security does not trust the index on words.
CREATE OR REPLACE FUNCTION experiments_with_words(search text, organization uuid) RETURNS uuid[]
    LANGUAGE plpgsql STABLE STRICT PARALLEL RESTRICTED SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    SET client_min_messages = warning -- no notices about stop words
    AS $function$
    DECLARE
        as_owner constant text := mlregistry.act_as_owner(); -- before any look at a table
        found uuid[];
    BEGIN
        PERFORM mlregistry.require_privilege('experiments', 'SELECT');
        EXECUTE format(
            'SELECT array_agg(e.experiment_id)
               FROM mlregistry.experiments e
              WHERE e.organization_id = %L AND e.deleted_at IS NULL%s
                AND to_tsvector(%3$L::regconfig, e.experiment_name || '' '' || coalesce(e.description, '''')) @@ websearch_to_tsquery(%3$L::regconfig, %4$L)',
            organization, mlregistry.readable_condition('e.project_id', 'runs'), mlregistry.search_language()::text, search)
           INTO found;
        RETURN found;
    END
    $function$;
COMMENT ON FUNCTION experiments_with_words(text, uuid) IS 'experiments of an organization, among what the acting one may read, in whose name or description the words are';

CREATE OR REPLACE FUNCTION search_experiments(
        search text DEFAULT NULL,
        status text DEFAULT NULL,
        model text DEFAULT NULL,
        project text DEFAULT NULL,
        max_rows bigint DEFAULT 50,
        after text DEFAULT NULL) RETURNS SETOF experiment_info
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 50 SET search_path = pg_catalog, mlregistry, pg_temp
    SET client_min_messages = warning -- no notices about stop words
    AS $function$
    #variable_conflict use_column
    DECLARE
        only_project uuid := project_filter(search_experiments.project);
        only_model uuid := CASE WHEN model IS NOT NULL THEN find_model(model) END;
        after_id uuid := CASE WHEN after IS NOT NULL THEN find_experiment(after, search_experiments.project) END;
        sought text := CASE WHEN search IS NOT NULL THEN search_text(search) END;
        spelled constant text := lower(sought COLLATE "C");
        with_words constant uuid[] := experiments_with_words(sought, current_organization_id());
        states text[] := ARRAY(SELECT DISTINCT l.to_state FROM lifecycle_moves() AS l WHERE l.entity = 'experiment' ORDER BY 1);
        page_ids uuid[];
    BEGIN
        PERFORM require_max_rows(max_rows);
        IF search_experiments.status <> ALL (states) THEN
            RAISE EXCEPTION 'unknown status: "%"', shortened(search_experiments.status)
                USING ERRCODE = 'invalid_parameter_value', HINT = format('The statuses are %s.', array_to_string(states, ', '));
        END IF;
        -- The name itself 4, its beginning 3, a part of it 2; to each the weight of the words is added, which is below 1.
        WITH found AS (
            SELECT e.experiment_id, p.slug, e.experiment_name,
                   CASE WHEN sought IS NULL THEN 0
                        ELSE (CASE WHEN lower(e.experiment_name COLLATE "C") = spelled THEN 4
                                   WHEN starts_with(lower(e.experiment_name COLLATE "C"), spelled) THEN 3
                                   WHEN position(spelled IN lower(e.experiment_name COLLATE "C")) > 0 THEN 2
                                   ELSE 0 END
                              + ts_rank(to_tsvector(search_language(), e.experiment_name || ' ' || coalesce(e.description, '')),
                                        websearch_to_tsquery(search_language(), sought), 32))::real END AS rank
              FROM experiments e
              JOIN projects p ON p.project_id = e.project_id AND p.deleted_at IS NULL
             WHERE e.organization_id = current_organization_id() AND e.deleted_at IS NULL
               AND (only_project IS NULL OR e.project_id = only_project)
               AND (only_model IS NULL OR e.model_id = only_model)
               AND (search_experiments.status IS NULL OR e.status = search_experiments.status)
               AND (sought IS NULL OR position(spelled IN lower(e.experiment_name COLLATE "C")) > 0
                    OR e.experiment_id = ANY (with_words))),
        page AS (
            SELECT f.*
              FROM found f
             WHERE after_id IS NULL
                OR (-f.rank, f.slug, f.experiment_name) > (SELECT -l.rank, l.slug, l.experiment_name FROM found l WHERE l.experiment_id = after_id)
             ORDER BY f.rank DESC, f.slug, f.experiment_name
             LIMIT search_experiments.max_rows)
        SELECT array_agg(page.experiment_id ORDER BY page.rank DESC, page.slug, page.experiment_name) INTO page_ids FROM page;
        RETURN QUERY SELECT * FROM experiment_infos(page_ids);
    END
    $function$;
COMMENT ON FUNCTION search_experiments(text, text, text, text, bigint, text) IS 'experiments by words in name and description (as web searches are written) and by parts of names, best first; without anything to search for all of them by project and name; for the next page give the last one seen as after, written project/name';

-- functions/runs.sql
-- Runs: starting, ending, listing, tidying up. A reference is run:<uuid>; functions take the uuid.

CREATE OR REPLACE FUNCTION find_run(reference text) RETURNS uuid
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    DECLARE
        bare text := regexp_replace(reference, '^run:', '');
    BEGIN
        IF reference IS NULL THEN
            RAISE EXCEPTION 'a run reference must not be NULL' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        IF bare !~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN
            RAISE EXCEPTION 'invalid reference: "%"', shortened(reference)
                USING ERRCODE = 'invalid_text_representation',
                      HINT = 'A run is written run:<uuid>; list_runs() shows the identifiers of the runs of an experiment.';
        END IF;
        RETURN live_run(bare::uuid);
    END
    $function$;
COMMENT ON FUNCTION find_run(text) IS 'identifier of the run that a reference run:<uuid> names, with or without run: before it; P0002 when there is none';

CREATE OR REPLACE FUNCTION live_run(run uuid) RETURNS uuid
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    BEGIN
        IF run IS NULL THEN
            RAISE EXCEPTION 'the run must not be NULL' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        PERFORM FROM training_runs r
                JOIN experiments e USING (experiment_id)
                JOIN projects p ON p.project_id = r.project_id
                JOIN organizations o ON o.organization_id = r.organization_id
          WHERE r.run_id = run
            AND r.deleted_at IS NULL AND e.deleted_at IS NULL AND p.deleted_at IS NULL AND o.deleted_at IS NULL;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'run % does not exist', run
                USING ERRCODE = 'no_data_found', HINT = 'list_runs() shows what is there.';
        END IF;
        RETURN run;
    END
    $function$;
COMMENT ON FUNCTION live_run(uuid) IS 'the identifier itself if it is that of a run that is not deleted, nor what it lies in; P0002 otherwise';

-- What a function changes: the row is locked, so that what is asked of it is still so when it is written.
CREATE OR REPLACE FUNCTION locked_run_status(run uuid) RETURNS text
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    DECLARE
        -- Not inside a query: the planner would call it for an estimate, with the snapshot of the statement around us, which
        -- does not see a run that was started in the same statement.
        live_id constant uuid := live_run(run);
        found_status text;
    BEGIN
        PERFORM require_access('write', 'runs', (SELECT r.project_id FROM training_runs r WHERE r.run_id = live_id));
        SELECT r.status INTO found_status FROM training_runs r WHERE r.run_id = live_id AND r.deleted_at IS NULL FOR NO KEY UPDATE;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'run % does not exist', run -- it went this very moment
                USING ERRCODE = 'no_data_found', HINT = 'list_runs() shows what is there.';
        END IF;
        RETURN found_status;
    END
    $function$;
COMMENT ON FUNCTION locked_run_status(uuid) IS 'status of a run, which nobody else changes until this transaction ends; P0002 when there is none, 42501 for who may not change it';

CREATE OR REPLACE FUNCTION run_infos(run_ids uuid[]) RETURNS SETOF run_info
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 100 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    BEGIN
        RETURN QUERY
            SELECT p.slug, e.experiment_name, r.run_number, r.run_name, r.status, m.model_name, v.semver, r.framework, d.dataset_name,
                   r.compute_target, r.accuracy, r.loss, r.precision_score, r.recall_score, r.f1_score, r.auc_roc, r.custom_metrics,
                   r.hyperparameters, r.instance_type, r.gpu_count, r.gpu_type, r.gpu_hours, r.cpu_hours,
                   run_cost(r.estimated_cost_usd, r.gpu_hours, r.gpu_type), r.queued_at, r.started_at, r.completed_at,
                   r.duration_seconds, r.exit_code, r.error_message, r.notes,
                   ARRAY(SELECT t.tag_name FROM run_tags rt JOIN tags t USING (tag_id) WHERE rt.run_id = r.run_id ORDER BY t.tag_name),
                   r.started_by, r.created_at, r.updated_at, r.deleted_at, r.run_id, r.parent_run_id, r.experiment_id, r.model_id,
                   r.version_id, r.dataset_id, r.project_id
              FROM unnest(run_ids) WITH ORDINALITY AS wanted (run_id, n)
              JOIN training_runs r ON r.run_id = wanted.run_id
              JOIN experiments e ON e.experiment_id = r.experiment_id
              JOIN projects p ON p.project_id = r.project_id
              LEFT JOIN models m ON m.model_id = r.model_id
              LEFT JOIN model_versions v ON v.version_id = r.version_id
              LEFT JOIN datasets d ON d.dataset_id = r.dataset_id
             ORDER BY wanted.n;
    END
    $function$;
COMMENT ON FUNCTION run_infos(uuid[]) IS 'complete rows of runs in the order of their identifiers, archived ones too, none where there is no such run';

-- ---- what is refused, in the words of the rule that the table would refuse it by

CREATE OR REPLACE FUNCTION require_amount(rule text, name text, amount numeric, below numeric) RETURNS void
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    BEGIN
        IF amount < 0 OR amount = 'NaN' THEN
            RAISE EXCEPTION '% must be a number from 0 on', name
                USING ERRCODE = 'check_violation', CONSTRAINT = rule, SCHEMA = 'mlregistry', TABLE = 'training_runs',
                      DETAIL = format('It is %s.', shortened(amount::text));
        END IF;
        IF round(amount, 2) >= below THEN -- as the column has it
            RAISE EXCEPTION '% is too large', name
                USING ERRCODE = 'numeric_value_out_of_range', COLUMN = name, SCHEMA = 'mlregistry', TABLE = 'training_runs',
                      DETAIL = format('It is %s, and must be below %s.', shortened(amount::text), below);
        END IF;
    END
    $function$;
COMMENT ON FUNCTION require_amount(text, text, numeric, numeric) IS 'raises 23514 by the name of the rule for a negative number, 22003 for one that is too large; NULL passes';

CREATE OR REPLACE FUNCTION require_object(rule text, name text, value jsonb) RETURNS void
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    BEGIN
        IF jsonb_typeof(value) <> 'object' THEN
            RAISE EXCEPTION '% must be an object', name
                USING ERRCODE = 'check_violation', CONSTRAINT = rule, SCHEMA = 'mlregistry', TABLE = 'training_runs',
                      DETAIL = format('It is %s.', shortened(value::text)),
                      HINT = format('Write %s => ''{"name": value, ...}''.', name);
        END IF;
    END
    $function$;
COMMENT ON FUNCTION require_object(text, text, jsonb) IS 'raises 23514 by the name of the rule for what is no JSON object; NULL passes';

CREATE OR REPLACE FUNCTION require_framework(framework text) RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    BEGIN
        IF framework IS NOT NULL AND NOT EXISTS (SELECT FROM frameworks f WHERE f.name = framework) THEN
            RAISE EXCEPTION 'framework "%" does not exist', shortened(framework)
                USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'valid_framework', SCHEMA = 'mlregistry', TABLE = 'training_runs',
                      HINT = coalesce('Did you mean ' || near_names(framework, ARRAY(SELECT f.name FROM frameworks f)) || '?',
                                      format('There are %s.', (SELECT string_agg(f.name, ', ' ORDER BY f.name) FROM frameworks f)));
        END IF;
    END
    $function$;
COMMENT ON FUNCTION require_framework(text) IS 'raises 23503 for a framework that is not in the table frameworks, with what is spelled like it; NULL passes';

CREATE OR REPLACE FUNCTION require_run_statuses(statuses text[], only_finished boolean DEFAULT false) RETURNS void
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    DECLARE
        known constant text[] := '{queued,running,succeeded,failed,cancelled,timeout}';
        wrong text;
    BEGIN
        SELECT coalesce('"' || shortened(s) || '"', 'NULL') INTO wrong
          FROM unnest(statuses) AS s
         WHERE s IS NULL OR s <> ALL (known) OR only_finished AND s IN ('queued', 'running')
         LIMIT 1;
        IF FOUND THEN
            RAISE EXCEPTION '% is no status of a % run', wrong, CASE WHEN only_finished THEN 'finished' ELSE 'training' END
                USING ERRCODE = 'invalid_parameter_value',
                      HINT = format('The statuses are %s.', array_to_string(CASE WHEN only_finished THEN known[3:] ELSE known END, ', '));
        END IF;
    END
    $function$;
COMMENT ON FUNCTION require_run_statuses(text[], boolean) IS 'raises 22023 for a text that is not a status of runs, or of finished ones; NULL passes';

-- The scores that the table has columns for, out of metrics by whatever name people give them, and the rest.
CREATE OR REPLACE FUNCTION run_scores(
        metrics jsonb,
        OUT accuracy numeric,
        OUT loss numeric,
        OUT precision_score numeric,
        OUT recall_score numeric,
        OUT f1_score numeric,
        OUT auc_roc numeric,
        OUT custom_metrics jsonb)
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    DECLARE
        wrong record;
    BEGIN
        IF metrics IS NULL THEN
            RETURN;
        END IF;
        IF NOT is_metrics(metrics) THEN
            RAISE EXCEPTION 'invalid metrics: %', shortened(metrics::text)
                USING ERRCODE = 'invalid_parameter_value',
                      DETAIL = why_invalid('is_metrics', metrics::text),
                      HINT = 'Give an object of names and numbers: {"accuracy": 0.93, "loss": 0.21}.';
        END IF;
        accuracy := metrics ->> 'accuracy';
        loss := metrics ->> 'loss';
        precision_score := coalesce(metrics ->> 'precision_score', metrics ->> 'precision');
        recall_score := coalesce(metrics ->> 'recall_score', metrics ->> 'recall');
        f1_score := coalesce(metrics ->> 'f1_score', metrics ->> 'f1');
        auc_roc := coalesce(metrics ->> 'auc_roc', metrics ->> 'auc');
        custom_metrics := metrics - '{accuracy,loss,precision_score,precision,recall_score,recall,f1_score,f1,auc_roc,auc}'::text[];
        -- As given: rounded to the four places of the column, 1.00004 would be a share.
        SELECT s.* INTO wrong
          FROM (VALUES (1, 'valid_accuracy', 'accuracy', accuracy), (2, 'valid_precision', 'precision_score', precision_score),
                       (3, 'valid_recall', 'recall_score', recall_score), (4, 'valid_f1', 'f1_score', f1_score),
                       (5, 'valid_auc_roc', 'auc_roc', auc_roc)) AS s (place, rule, name, score)
         WHERE NOT s.score BETWEEN 0 AND 1 -- NaN is above all numbers
         ORDER BY s.place
         LIMIT 1;
        IF FOUND THEN
            RAISE EXCEPTION '% must be from 0 to 1', wrong.name
                USING ERRCODE = 'check_violation', CONSTRAINT = wrong.rule, SCHEMA = 'mlregistry', TABLE = 'training_runs',
                      DETAIL = format('It is %s.', shortened(wrong.score::text));
        END IF;
        IF abs(round(loss, 6)) >= 1000000 AND loss <> 'NaN' THEN
            RAISE EXCEPTION 'loss is too large'
                USING ERRCODE = 'numeric_value_out_of_range', COLUMN = 'loss', SCHEMA = 'mlregistry', TABLE = 'training_runs',
                      DETAIL = format('It is %s, and must be below 1000000.', shortened(loss::text)),
                      HINT = 'log_metric() keeps any value; or give the metric another name.';
        END IF;
    END
    $function$;
COMMENT ON FUNCTION run_scores(jsonb) IS 'metrics as the columns of runs have them: accuracy, loss, precision(_score), recall(_score), f1(_score) and auc(_roc), with the others in custom_metrics; 23514 for a score that is not from 0 to 1';

-- ---- starting

CREATE OR REPLACE FUNCTION run_of_source(source_run_id text, if_exists text) RETURNS uuid
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        taken record;
    BEGIN
        SELECT r.run_id, r.deleted_at, r.created_by, r.created_at INTO taken
          FROM training_runs r
         WHERE r.organization_id = current_organization_id() AND r.source_run_id = btrim(run_of_source.source_run_id);
        IF NOT FOUND THEN
            RETURN NULL;
        END IF;
        IF if_exists = 'return' AND taken.deleted_at IS NULL THEN
            RETURN live_run(taken.run_id);
        END IF;
        RAISE EXCEPTION 'run "%" is there already', shortened(run_of_source.source_run_id)
            USING ERRCODE = 'unique_violation',
                  CONSTRAINT = 'unique_source_run', SCHEMA = 'mlregistry', TABLE = 'training_runs',
                  DETAIL = format('It is run %s, created by %s at %s%s.', taken.run_id, taken.created_by, taken.created_at,
                                  CASE WHEN taken.deleted_at IS NOT NULL THEN ', and archived since' ELSE '' END),
                  HINT = CASE WHEN taken.deleted_at IS NOT NULL THEN format('restore_runs(ARRAY[%L::uuid]) takes that back.', taken.run_id)
                              ELSE 'Take what is there with if_exists => ''return''.' END;
    END
    $function$;
COMMENT ON FUNCTION run_of_source(text, text) IS 'identifier of the run that has a source_run_id already, with if_exists ''return''; NULL when there is none; raises 23505 otherwise';

CREATE OR REPLACE FUNCTION start_run(
        model text DEFAULT NULL,
        framework text DEFAULT NULL,
        experiment text DEFAULT NULL,
        dataset text DEFAULT NULL,
        compute_target text DEFAULT NULL,
        parameters jsonb DEFAULT NULL,
        run_name text DEFAULT NULL,
        project text DEFAULT NULL,
        instance_type text DEFAULT NULL,
        gpu_count integer DEFAULT NULL,
        gpu_type text DEFAULT NULL,
        memory_gb numeric DEFAULT NULL,
        environment jsonb DEFAULT NULL,
        datasets jsonb DEFAULT NULL,
        version text DEFAULT NULL,
        parent_run uuid DEFAULT NULL,
        tags text[] DEFAULT NULL,
        notes text DEFAULT NULL,
        estimated_cost_usd numeric DEFAULT NULL,
        logs_uri text DEFAULT NULL,
        tensorboard_uri text DEFAULT NULL,
        checkpoint_uri text DEFAULT NULL,
        queued boolean DEFAULT false,
        queued_at timestamptz DEFAULT NULL,
        started_at timestamptz DEFAULT NULL,
        source_run_id text DEFAULT NULL,
        create_missing boolean DEFAULT false,
        dataset_location text DEFAULT NULL,
        dataset_format text DEFAULT NULL,
        if_exists text DEFAULT 'error') RETURNS SETOF run_info
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        may_create constant boolean := coalesce(start_run.create_missing, false);
        default_project constant uuid := find_project(start_run.project);
        ref record;
        model_project uuid;
        of_experiment record;
        of_model uuid;
        of_version uuid;
        model_of_version uuid;
        on_dataset uuid;
        roles jsonb;
        taken record;
        asked_at timestamptz;
        new_id uuid;
    BEGIN
        IF start_run.experiment IS NULL THEN
            RAISE EXCEPTION 'a run needs an experiment'
                USING ERRCODE = 'null_value_not_allowed',
                      HINT = 'start_run(''model'', experiment => ''name'', create_missing => true) makes one where there is none.';
        END IF;
        PERFORM require_if_exists(if_exists), require_framework(start_run.framework),
                require_object('hyperparameters_is_object', 'parameters', start_run.parameters),
                require_object('environment_is_object', 'environment', start_run.environment),
                require_object('datasets_is_object', 'datasets', start_run.datasets),
                require_amount('valid_gpu_count', 'gpu_count', start_run.gpu_count, 2147483648),
                require_amount('valid_memory', 'memory_gb', start_run.memory_gb, 1e8),
                require_amount('valid_cost', 'estimated_cost_usd', start_run.estimated_cost_usd, 1e10);
        IF coalesce(start_run.queued, false) AND start_run.started_at IS NOT NULL THEN
            RAISE EXCEPTION 'a queued run has not started'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'started_timestamp', SCHEMA = 'mlregistry', TABLE = 'training_runs',
                      DETAIL = format('started_at is %s.', start_run.started_at);
        END IF;
        IF start_run.queued_at > start_run.started_at THEN
            RAISE EXCEPTION 'a run cannot start before it is queued'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'time_order', SCHEMA = 'mlregistry', TABLE = 'training_runs',
                      DETAIL = format('queued_at is %s, started_at is %s.', start_run.queued_at, start_run.started_at);
        END IF;

        -- A job that is started anew, or an importer that comes again.
        new_id := run_of_source(start_run.source_run_id, if_exists);
        IF new_id IS NOT NULL THEN
            RETURN QUERY SELECT * FROM run_infos(ARRAY[new_id]);
            RETURN;
        END IF;

        -- What is missing is made in one order everywhere: model, experiment, dataset, run, tags.
        IF start_run.model IS NOT NULL THEN
            ref := parse_reference(start_run.model);
            IF may_create AND ref.selector IS NULL THEN
                model_project := find_project(coalesce(ref.project, start_run.project));
                SELECT m.model_id INTO of_model
                  FROM models m
                 WHERE m.organization_id = current_organization_id() AND m.model_name = ref.model AND m.deleted_at IS NULL
                   AND m.project_id = model_project;
                IF of_model IS NULL THEN
                    SELECT i.model_id INTO of_model
                      FROM register_model(ref.model, framework => start_run.framework, project => coalesce(ref.project, start_run.project),
                                          if_exists => 'return') AS i;
                END IF;
            ELSIF ref.selector IS NULL THEN
                of_model := find_model(coalesce(ref.project, start_run.project), ref.model);
            ELSE
                of_model := find_model(start_run.model); -- which says what is wrong
            END IF;
        END IF;
        IF start_run.version IS NOT NULL THEN
            of_version := find_version(start_run.version);
            model_of_version := (SELECT v.model_id FROM model_versions v WHERE v.version_id = of_version);
            IF of_model <> model_of_version THEN
                RAISE EXCEPTION 'version % is not one of model "%"', shortened(start_run.version), shortened(start_run.model)
                    USING ERRCODE = 'invalid_parameter_value',
                          DETAIL = format('It is one of "%s".', (SELECT m.model_name FROM models m WHERE m.model_id = model_of_version)),
                          HINT = 'Leave the model out: it is that of the version.';
            END IF;
            of_model := model_of_version;
        END IF;
        IF start_run.parent_run IS NOT NULL THEN
            PERFORM live_run(start_run.parent_run);
        END IF;

        ref := parse_experiment(start_run.experiment, start_run.project);
        LOOP
            SELECT e.* INTO of_experiment FROM experiments e WHERE e.experiment_id = experiment_named(ref.in_project, ref.experiment_name);
            EXIT WHEN FOUND;
            IF NOT may_create THEN
                PERFORM find_experiment(start_run.experiment, start_run.project); -- which says what is missing
            END IF;
            PERFORM create_experiment(ref.experiment_name, project => (SELECT p.slug FROM projects p WHERE p.project_id = ref.in_project),
                                      model => (SELECT p.slug || '/' || m.model_name FROM models m JOIN projects p USING (project_id) WHERE m.model_id = of_model),
                                      if_exists => 'return');
        END LOOP;
        PERFORM require_access('write', 'runs', of_experiment.project_id);
        of_model := coalesce(of_model, of_experiment.model_id);

        IF start_run.dataset IS NOT NULL THEN
            on_dataset := run_dataset(start_run.dataset, start_run.project, may_create, dataset_location, dataset_format);
        END IF;
        -- {"validation": "name", "test": ["name", ...]}
        SELECT jsonb_agg(jsonb_build_object('role', d.role, 'id', run_dataset(d.name, start_run.project, false, NULL, NULL))) INTO roles
          FROM (SELECT given.role, named.name
                  FROM jsonb_each(start_run.datasets) AS given (role, value),
                       jsonb_array_elements_text(CASE jsonb_typeof(given.value) WHEN 'array' THEN given.value ELSE jsonb_build_array(given.value) END) AS named (name)
                 ORDER BY given.role, named.name) AS d
         WHERE require_dataset_role(d.role);
        IF on_dataset IS NULL THEN
            SELECT (d.value ->> 'id')::uuid INTO on_dataset
              FROM jsonb_array_elements(roles) WITH ORDINALITY AS d (value, n)
             WHERE d.value ->> 'role' = 'train'
             ORDER BY d.n
             LIMIT 1;
        END IF;

        IF start_run.source_run_id IS NOT NULL OR NOT of_experiment.allow_repeat_runs THEN
            -- Runs of an experiment are numbered one after the other: who starts the same job, or another run of the day, at this
            -- moment has done it, or waits.
            PERFORM FROM experiments e WHERE e.experiment_id = of_experiment.experiment_id FOR NO KEY UPDATE;
        END IF;
        IF start_run.source_run_id IS NOT NULL THEN
            new_id := run_of_source(start_run.source_run_id, if_exists);
            IF new_id IS NOT NULL THEN
                RETURN QUERY SELECT * FROM run_infos(ARRAY[new_id]);
                RETURN;
            END IF;
        END IF;
        IF NOT of_experiment.allow_repeat_runs THEN
            asked_at := coalesce(start_run.queued_at, least(now(), start_run.started_at));
            SELECT r.run_id, r.run_number, r.status INTO taken
              FROM training_runs r
             WHERE r.experiment_id = of_experiment.experiment_id AND r.model_id IS NOT DISTINCT FROM of_model
               AND r.dataset_id IS NOT DISTINCT FROM on_dataset AND r.run_day = (asked_at AT TIME ZONE 'UTC')::date
               AND r.once_per_day AND r.deleted_at IS NULL;
            IF FOUND THEN
                RAISE EXCEPTION 'experiment "%" has one run a day for each model and dataset', shortened(of_experiment.experiment_name)
                    USING ERRCODE = 'unique_violation',
                          CONSTRAINT = 'unique_daily_run', SCHEMA = 'mlregistry', TABLE = 'training_runs',
                          DETAIL = format('That of %s is run %s, which is %s.', to_char(asked_at AT TIME ZONE 'UTC', 'YYYY-MM-DD'), taken.run_number, taken.status),
                          HINT = 'Archive that run, or let the experiment have more: set its allow_repeat_runs to true.';
            END IF;
        END IF;

        INSERT INTO training_runs (organization_id, project_id, experiment_id, model_id, dataset_id, version_id, parent_run_id, run_name, status,
                                   framework, hyperparameters, environment, compute_target, instance_type, gpu_count, gpu_type, memory_gb,
                                   estimated_cost_usd, queued_at, started_at, logs_uri, tensorboard_uri, checkpoint_uri, notes, source_run_id)
        VALUES (of_experiment.organization_id, of_experiment.project_id, of_experiment.experiment_id, of_model, on_dataset, of_version,
                start_run.parent_run, start_run.run_name, CASE WHEN start_run.queued THEN 'queued' ELSE 'running' END,
                start_run.framework, coalesce(start_run.parameters, '{}'), coalesce(start_run.environment, '{}'), start_run.compute_target,
                start_run.instance_type, coalesce(start_run.gpu_count, 0), start_run.gpu_type, start_run.memory_gb,
                start_run.estimated_cost_usd, start_run.queued_at, start_run.started_at, start_run.logs_uri, start_run.tensorboard_uri,
                start_run.checkpoint_uri, start_run.notes, start_run.source_run_id)
        RETURNING run_id INTO new_id;
        INSERT INTO run_datasets (organization_id, project_id, run_id, dataset_id, dataset_role)
        SELECT of_experiment.organization_id, of_experiment.project_id, new_id, (d.value ->> 'id')::uuid, d.value ->> 'role'
          FROM jsonb_array_elements(roles) AS d (value)
        ON CONFLICT ON CONSTRAINT run_datasets_pkey DO NOTHING; -- the primary one, which is there already
        PERFORM tag_object('run', new_id, wanted.tag_name, create_missing => may_create)
           FROM (SELECT DISTINCT t.tag_name FROM unnest(start_run.tags) AS t (tag_name) ORDER BY t.tag_name) AS wanted;
        RETURN QUERY SELECT * FROM run_infos(ARRAY[new_id]);
    END
    $function$;
COMMENT ON FUNCTION start_run(text, text, text, text, text, jsonb, text, text, text, integer, text, numeric, jsonb, jsonb, text, uuid, text[], text, numeric, text, text, text, boolean, timestamptz, timestamptz, text, boolean, text, text, text) IS 'starts a run of an experiment, or queues it (queued => true, then begin_run()); model, experiment, dataset (with dataset_location and dataset_format) and tags are found by name, and made where they are missing with create_missing => true; datasets: {"validation": "name", "test": ["name", ...]} beside the one that it trains on, or with that as train; if_exists => ''return'' gives the run that has the source_run_id already';

CREATE OR REPLACE FUNCTION require_dataset_role(role text) RETURNS boolean
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    BEGIN
        IF role NOT IN ('train', 'validation', 'test', 'holdout') THEN
            RAISE EXCEPTION 'unknown role of a dataset: "%"', shortened(role)
                USING ERRCODE = 'invalid_parameter_value', HINT = 'The roles are train, validation, test and holdout.';
        END IF;
        RETURN true;
    END
    $function$;
COMMENT ON FUNCTION require_dataset_role(text) IS 'true for a role that a dataset may have in a run; raises 22023 otherwise';

CREATE OR REPLACE FUNCTION run_dataset(reference text, project text, create_missing boolean, location text, format text) RETURNS uuid
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    DECLARE
        bare constant text := regexp_replace(reference, '^dataset:', '');
        in_project constant text := CASE WHEN position('/' IN bare) > 0 THEN split_part(bare, '/', 1) ELSE project END;
        sought constant text := substr(bare, position('/' IN bare) + 1);
        run_dataset_project uuid;
        found_id uuid;
    BEGIN
        IF create_missing THEN
            run_dataset_project := find_project(in_project);
            SELECT d.dataset_id INTO found_id
              FROM datasets d
             WHERE d.organization_id = current_organization_id() AND d.project_id = run_dataset_project AND d.dataset_name = sought
               AND d.deleted_at IS NULL;
            IF found_id IS NULL AND location IS NULL THEN
                RAISE EXCEPTION 'dataset "%" does not exist', shortened(bare)
                    USING ERRCODE = 'no_data_found',
                          DETAIL = 'A dataset is made only with the place where it lies.',
                          HINT = 'Give dataset_location => ''s3://...'' and dataset_format => ''parquet'', or register_dataset() before.';
            ELSIF found_id IS NULL THEN
                SELECT i.dataset_id INTO found_id FROM register_dataset(sought, location, format, project => in_project, if_exists => 'return') AS i;
            END IF;
            RETURN found_id;
        END IF;
        RETURN find_dataset(concat_ws('/', in_project, sought));
    END
    $function$;
COMMENT ON FUNCTION run_dataset(text, text, boolean, text, text) IS 'identifier of the dataset that a run is to read, which is registered where it is missing and that is wanted: part of start_run()';

CREATE OR REPLACE FUNCTION require_run_move(run uuid, from_status text, to_status text) RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    DECLARE
        possible text := (SELECT string_agg(l.to_state, ', ' ORDER BY l.n)
                            FROM lifecycle_moves() WITH ORDINALITY AS l (entity, from_state, to_state, fills, n)
                           WHERE l.entity = 'run' AND l.from_state = from_status);
    BEGIN
        IF from_status = to_status
           OR NOT EXISTS (SELECT FROM lifecycle_moves() AS l WHERE l.entity = 'run' AND l.from_state = from_status AND l.to_state = to_status) THEN
            RAISE EXCEPTION 'run % is % and cannot become %', run, from_status, to_status
                USING ERRCODE = 'check_violation',
                      CONSTRAINT = 'training_runs_transition', SCHEMA = 'mlregistry', TABLE = 'training_runs', COLUMN = 'status',
                      DETAIL = format('From %s to %s.', from_status, to_status),
                      HINT = coalesce('From ' || from_status || ' it may become: ' || possible || '.',
                                      'A finished run stays what it is: a retry is a new run with parent_run. update_run() changes its metrics, notes and parameters.');
        END IF;
    END
    $function$;
COMMENT ON FUNCTION require_run_move(uuid, text, text) IS 'raises 23514 (training_runs_transition) for a move that runs do not have, with those that they have';

CREATE OR REPLACE FUNCTION begin_run(run uuid, compute_target text DEFAULT NULL, started_at timestamptz DEFAULT NULL) RETURNS SETOF run_info
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        asked_at timestamptz;
    BEGIN
        PERFORM require_run_move(run, locked_run_status(run), 'running');
        SELECT r.queued_at INTO asked_at FROM training_runs r WHERE r.run_id = run;
        IF begin_run.started_at < asked_at THEN
            RAISE EXCEPTION 'a run cannot start before it is queued'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'time_order', SCHEMA = 'mlregistry', TABLE = 'training_runs',
                      DETAIL = format('queued_at is %s, started_at is %s.', asked_at, begin_run.started_at);
        END IF;
        UPDATE training_runs r
           SET status = 'running', started_at = begin_run.started_at, compute_target = coalesce(begin_run.compute_target, r.compute_target)
         WHERE r.run_id = run;
        RETURN QUERY SELECT * FROM run_infos(ARRAY[run]);
    END
    $function$;
COMMENT ON FUNCTION begin_run(uuid, text, timestamptz) IS 'a queued run begins, now if nothing else is said';

-- ---- ending

CREATE OR REPLACE FUNCTION end_run(
        run uuid,
        to_status text,
        metrics jsonb,
        gpu_hours numeric,
        cpu_hours numeric,
        estimated_cost_usd numeric,
        exit_code integer,
        error_message text,
        notes text,
        artifacts_uri text,
        checkpoint_uri text,
        logs_uri text,
        completed_at timestamptz) RETURNS SETOF run_info
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        scores record;
        began timestamptz;
    BEGIN
        PERFORM require_run_move(run, locked_run_status(run), to_status);
        PERFORM require_amount('valid_gpu_hours', 'gpu_hours', end_run.gpu_hours, 1e8),
                require_amount('valid_cpu_hours', 'cpu_hours', end_run.cpu_hours, 1e8),
                require_amount('valid_cost', 'estimated_cost_usd', end_run.estimated_cost_usd, 1e10);
        scores := run_scores(metrics);
        SELECT coalesce(r.started_at, r.queued_at) INTO began FROM training_runs r WHERE r.run_id = run;
        IF end_run.completed_at < began THEN
            RAISE EXCEPTION 'a run cannot end before it begins'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'time_order', SCHEMA = 'mlregistry', TABLE = 'training_runs',
                      DETAIL = format('started_at is %s, completed_at is %s.', began, end_run.completed_at);
        END IF;
        UPDATE training_runs r
           SET status = to_status,
               accuracy = coalesce(scores.accuracy, r.accuracy),
               loss = coalesce(scores.loss, r.loss),
               precision_score = coalesce(scores.precision_score, r.precision_score),
               recall_score = coalesce(scores.recall_score, r.recall_score),
               f1_score = coalesce(scores.f1_score, r.f1_score),
               auc_roc = coalesce(scores.auc_roc, r.auc_roc),
               custom_metrics = r.custom_metrics || coalesce(scores.custom_metrics, '{}'),
               gpu_hours = coalesce(end_run.gpu_hours, r.gpu_hours),
               cpu_hours = coalesce(end_run.cpu_hours, r.cpu_hours),
               estimated_cost_usd = coalesce(end_run.estimated_cost_usd, r.estimated_cost_usd),
               exit_code = coalesce(end_run.exit_code, r.exit_code),
               error_message = coalesce(end_run.error_message, r.error_message),
               notes = coalesce(end_run.notes, r.notes),
               artifacts_uri = coalesce(end_run.artifacts_uri, r.artifacts_uri),
               checkpoint_uri = coalesce(end_run.checkpoint_uri, r.checkpoint_uri),
               logs_uri = coalesce(end_run.logs_uri, r.logs_uri),
               completed_at = end_run.completed_at
         WHERE r.run_id = run;
        RETURN QUERY SELECT * FROM run_infos(ARRAY[run]);
    END
    $function$;
COMMENT ON FUNCTION end_run(uuid, text, jsonb, numeric, numeric, numeric, integer, text, text, text, text, text, timestamptz) IS 'ends a run: what finish_run(), fail_run() and cancel_run() have in common';

CREATE OR REPLACE FUNCTION finish_run(
        run uuid,
        metrics jsonb DEFAULT NULL,
        accuracy numeric DEFAULT NULL,
        loss numeric DEFAULT NULL,
        precision_score numeric DEFAULT NULL,
        recall_score numeric DEFAULT NULL,
        f1_score numeric DEFAULT NULL,
        auc_roc numeric DEFAULT NULL,
        gpu_hours numeric DEFAULT NULL,
        cpu_hours numeric DEFAULT NULL,
        estimated_cost_usd numeric DEFAULT NULL,
        artifacts_uri text DEFAULT NULL,
        checkpoint_uri text DEFAULT NULL,
        logs_uri text DEFAULT NULL,
        notes text DEFAULT NULL,
        exit_code integer DEFAULT 0,
        completed_at timestamptz DEFAULT NULL) RETURNS SETOF run_info
    LANGUAGE sql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
        SELECT * FROM end_run(run, 'succeeded',
                              CASE WHEN metrics IS NULL OR jsonb_typeof(metrics) = 'object'
                                   THEN coalesce(metrics, '{}')
                                        || jsonb_strip_nulls(jsonb_build_object('accuracy', accuracy, 'loss', loss, 'precision_score', precision_score,
                                                                                'recall_score', recall_score, 'f1_score', f1_score, 'auc_roc', auc_roc))
                                   ELSE metrics END,
                              gpu_hours, cpu_hours, estimated_cost_usd, exit_code, NULL, notes, artifacts_uri, checkpoint_uri, logs_uri, completed_at)
    $function$;
COMMENT ON FUNCTION finish_run(uuid, jsonb, numeric, numeric, numeric, numeric, numeric, numeric, numeric, numeric, numeric, text, text, text, text, integer, timestamptz) IS 'a run has succeeded, with these scores; metrics: {"accuracy": 0.93, "map50": 0.71}, of which what has no column of its own becomes one of custom_metrics; hours and cost are those of the whole run, add_usage() adds';

CREATE OR REPLACE FUNCTION fail_run(
        run uuid,
        error_message text DEFAULT NULL,
        exit_code integer DEFAULT NULL,
        timed_out boolean DEFAULT false,
        metrics jsonb DEFAULT NULL,
        gpu_hours numeric DEFAULT NULL,
        cpu_hours numeric DEFAULT NULL,
        estimated_cost_usd numeric DEFAULT NULL,
        checkpoint_uri text DEFAULT NULL,
        logs_uri text DEFAULT NULL,
        notes text DEFAULT NULL,
        completed_at timestamptz DEFAULT NULL) RETURNS SETOF run_info
    LANGUAGE sql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
        SELECT * FROM end_run(run, CASE WHEN timed_out THEN 'timeout' ELSE 'failed' END, metrics, gpu_hours, cpu_hours, estimated_cost_usd,
                              exit_code, error_message, notes, NULL, checkpoint_uri, logs_uri, completed_at)
    $function$;
COMMENT ON FUNCTION fail_run(uuid, text, integer, boolean, jsonb, numeric, numeric, numeric, text, text, text, timestamptz) IS 'a run has failed, or with timed_out => true was stopped because it took too long; what it measured until then may be given as to finish_run()';

CREATE OR REPLACE FUNCTION cancel_run(run uuid, reason text DEFAULT NULL, completed_at timestamptz DEFAULT NULL) RETURNS SETOF run_info
    LANGUAGE sql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
        SELECT * FROM end_run(run, 'cancelled', NULL, NULL, NULL, NULL, NULL, reason, NULL, NULL, NULL, NULL, completed_at)
    $function$;
COMMENT ON FUNCTION cancel_run(uuid, text, timestamptz) IS 'somebody does not want a queued or running run any more; the reason becomes its error_message';

CREATE OR REPLACE FUNCTION add_usage(
        run uuid,
        gpu_hours numeric DEFAULT 0,
        cpu_hours numeric DEFAULT 0,
        cost_usd numeric DEFAULT NULL) RETURNS SETOF run_info
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        -- Not a record: its fields take over the scale of columns where the planner sees through to them, and keep it when
        -- the next call has another value.
        total_gpu_hours numeric;
        total_cpu_hours numeric;
        total_cost numeric;
    BEGIN
        PERFORM require_amount('valid_gpu_hours', 'gpu_hours', add_usage.gpu_hours, 1e8),
                require_amount('valid_cpu_hours', 'cpu_hours', add_usage.cpu_hours, 1e8),
                require_amount('valid_cost', 'cost_usd', add_usage.cost_usd, 1e10);
        PERFORM locked_run_status(run);
        SELECT r.gpu_hours + coalesce(add_usage.gpu_hours, 0), r.cpu_hours + coalesce(add_usage.cpu_hours, 0),
               CASE WHEN add_usage.cost_usd IS NULL THEN r.estimated_cost_usd ELSE coalesce(r.estimated_cost_usd, 0) + add_usage.cost_usd END
          INTO total_gpu_hours, total_cpu_hours, total_cost
          FROM training_runs r
         WHERE r.run_id = run;
        PERFORM require_amount('valid_gpu_hours', 'gpu_hours', total_gpu_hours, 1e8),
                require_amount('valid_cpu_hours', 'cpu_hours', total_cpu_hours, 1e8),
                require_amount('valid_cost', 'cost_usd', total_cost, 1e10);
        UPDATE training_runs r
           SET gpu_hours = total_gpu_hours, cpu_hours = total_cpu_hours, estimated_cost_usd = total_cost
         WHERE r.run_id = run;
        RETURN QUERY SELECT * FROM run_infos(ARRAY[run]);
    END
    $function$;
COMMENT ON FUNCTION add_usage(uuid, numeric, numeric, numeric) IS 'adds hours and, where it is known, cost to what a run has used, also when it has ended; a quota never refuses it; hours are kept to two places, so add what has come together; once a cost is given, the cost of the run is what was given';

CREATE OR REPLACE FUNCTION update_run(
        run uuid,
        metrics jsonb DEFAULT NULL,
        parameters jsonb DEFAULT NULL,
        notes text DEFAULT NULL,
        run_name text DEFAULT NULL,
        artifacts_uri text DEFAULT NULL,
        checkpoint_uri text DEFAULT NULL,
        logs_uri text DEFAULT NULL,
        tensorboard_uri text DEFAULT NULL) RETURNS SETOF run_info
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        scores record;
    BEGIN
        PERFORM require_object('hyperparameters_is_object', 'parameters', update_run.parameters);
        scores := run_scores(metrics);
        PERFORM locked_run_status(run);
        UPDATE training_runs r
           SET accuracy = coalesce(scores.accuracy, r.accuracy),
               loss = coalesce(scores.loss, r.loss),
               precision_score = coalesce(scores.precision_score, r.precision_score),
               recall_score = coalesce(scores.recall_score, r.recall_score),
               f1_score = coalesce(scores.f1_score, r.f1_score),
               auc_roc = coalesce(scores.auc_roc, r.auc_roc),
               custom_metrics = r.custom_metrics || coalesce(scores.custom_metrics, '{}'),
               hyperparameters = r.hyperparameters || coalesce(update_run.parameters, '{}'),
               notes = coalesce(update_run.notes, r.notes),
               run_name = coalesce(update_run.run_name, r.run_name),
               artifacts_uri = coalesce(update_run.artifacts_uri, r.artifacts_uri),
               checkpoint_uri = coalesce(update_run.checkpoint_uri, r.checkpoint_uri),
               logs_uri = coalesce(update_run.logs_uri, r.logs_uri),
               tensorboard_uri = coalesce(update_run.tensorboard_uri, r.tensorboard_uri)
         WHERE r.run_id = run;
        RETURN QUERY SELECT * FROM run_infos(ARRAY[run]);
    END
    $function$;
COMMENT ON FUNCTION update_run(uuid, jsonb, jsonb, text, text, text, text, text, text) IS 'changes what is given, of a finished run too; metrics and parameters are added to what is there, or replace what has the same name';

-- ---- lists

CREATE OR REPLACE FUNCTION list_runs(
        model text DEFAULT NULL,
        experiment text DEFAULT NULL,
        status text[] DEFAULT NULL,
        framework text DEFAULT NULL,
        compute_target text DEFAULT NULL,
        dataset text DEFAULT NULL,
        tag text DEFAULT NULL,
        parameters jsonb DEFAULT NULL,
        started_by text DEFAULT NULL,
        since timestamptz DEFAULT NULL,
        until timestamptz DEFAULT NULL,
        archived boolean DEFAULT false,
        project text DEFAULT NULL,
        max_rows bigint DEFAULT 100,
        after uuid DEFAULT NULL) RETURNS SETOF run_info
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 100 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        only_project constant uuid := project_filter(project);
        of_experiment constant uuid := CASE WHEN experiment IS NOT NULL THEN find_experiment(experiment, project) END;
        of_model constant uuid := CASE WHEN model IS NOT NULL THEN find_model(CASE WHEN position('/' IN model) > 0 THEN model ELSE concat_ws('/', project, model) END) END;
        of_dataset constant uuid := CASE WHEN dataset IS NOT NULL THEN run_dataset_filter(dataset, project) END;
        with_tag constant uuid := CASE WHEN tag IS NOT NULL THEN find_tag(tag) END;
        last_queued_at timestamptz;
        page_ids uuid[];
    BEGIN
        PERFORM require_max_rows(max_rows);
        PERFORM require_run_statuses(list_runs.status), require_framework(list_runs.framework),
                require_object('hyperparameters_is_object', 'parameters', list_runs.parameters);
        IF after IS NOT NULL THEN
            SELECT r.queued_at INTO last_queued_at FROM training_runs r WHERE r.run_id = after;
            IF NOT FOUND THEN
                RAISE EXCEPTION 'after names no run: %', after
                    USING ERRCODE = 'invalid_parameter_value', HINT = 'Give the run_id of the last row of the page before.';
            END IF;
        END IF;
        -- Put together for each call: only a plain comparison lets a page begin in the middle of an index, and there is one
        -- by project, by experiment and by model, each with the time.
        EXECUTE format(
            'SELECT array_agg(page.run_id ORDER BY page.queued_at DESC, page.run_id DESC)
               FROM (SELECT listed.run_id, listed.queued_at
                       FROM projects p,
                            LATERAL (SELECT r.run_id, r.queued_at
                                       FROM training_runs r
                                      WHERE r.project_id = p.project_id AND r.organization_id = p.organization_id%1$s
                                        AND EXISTS (SELECT FROM experiments e WHERE e.experiment_id = r.experiment_id AND e.deleted_at IS NULL)
                                      ORDER BY r.queued_at DESC, r.run_id DESC
                                      LIMIT %2$s) AS listed
                      WHERE p.organization_id = %3$L AND p.deleted_at IS NULL%4$s
                      ORDER BY listed.queued_at DESC, listed.run_id DESC
                      LIMIT %2$s) AS page',
            concat(CASE WHEN archived THEN ' AND r.deleted_at IS NOT NULL' WHEN NOT archived THEN ' AND r.deleted_at IS NULL' END,
                   CASE WHEN of_experiment IS NOT NULL THEN format(' AND r.experiment_id = %L', of_experiment) END,
                   CASE WHEN of_model IS NOT NULL THEN format(' AND r.model_id = %L', of_model) END,
                   CASE WHEN list_runs.status IS NOT NULL THEN format(' AND r.status = ANY (%L)', list_runs.status) END,
                   CASE WHEN list_runs.framework IS NOT NULL THEN format(' AND r.framework = %L', list_runs.framework) END,
                   CASE WHEN list_runs.compute_target IS NOT NULL THEN format(' AND r.compute_target = %L', list_runs.compute_target) END,
                   CASE WHEN list_runs.started_by IS NOT NULL THEN format(' AND r.started_by = %L', list_runs.started_by) END,
                   CASE WHEN of_dataset IS NOT NULL THEN format(' AND EXISTS (SELECT FROM run_datasets d WHERE d.run_id = r.run_id AND d.dataset_id = %L)', of_dataset) END,
                   CASE WHEN with_tag IS NOT NULL THEN format(' AND EXISTS (SELECT FROM run_tags t WHERE t.run_id = r.run_id AND t.tag_id = %L)', with_tag) END,
                   CASE WHEN list_runs.parameters IS NOT NULL THEN format(' AND r.hyperparameters @> %L::jsonb', list_runs.parameters) END,
                   -- Times as they are: as text they would be read by the names of time zones, which are not unique.
                   CASE WHEN since IS NOT NULL THEN ' AND r.queued_at >= $1' END,
                   CASE WHEN until IS NOT NULL THEN ' AND r.queued_at < $2' END,
                   CASE WHEN after IS NOT NULL THEN ' AND r.queued_at <= $3 AND (r.queued_at, r.run_id) < ($3, $4)' END),
            coalesce(max_rows::text, 'ALL'), current_organization_id(),
            CASE WHEN only_project IS NOT NULL THEN format(' AND p.project_id = %L', only_project) END)
           INTO page_ids
          USING since, until, last_queued_at, after;
        RETURN QUERY SELECT * FROM run_infos(page_ids);
    END
    $function$;
COMMENT ON FUNCTION list_runs(text, text, text[], text, text, text, text, jsonb, text, timestamptz, timestamptz, boolean, text, bigint, uuid) IS 'runs of the organization, newest first by the time at which they were asked for; parameters: those that they have among others ({"optimizer": "adam"}); since is the first moment, until the first one after; archived => true those that are archived, NULL both; for the next page give the run_id of the last one seen as after';

CREATE OR REPLACE FUNCTION run_dataset_filter(reference text, project text) RETURNS uuid
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    DECLARE
        bare constant text := regexp_replace(reference, '^dataset:', '');
    BEGIN
        RETURN find_dataset(CASE WHEN position('/' IN bare) > 0 THEN bare ELSE concat_ws('/', project, bare) END);
    END
    $function$;
COMMENT ON FUNCTION run_dataset_filter(text, text) IS 'identifier of the dataset that a list of runs is restricted to; without a project in the reference it is of the one of the list';

-- ---- tidying up

-- A run hangs when nothing has come from it: no metric and no change of its row. Metrics are asked for only of runs that have
-- been silent otherwise, and first whether any has come lately, which is one look into the newest partitions.
CREATE OR REPLACE FUNCTION stale_run_ids(older_than interval, project uuid, only_writable boolean) RETURNS uuid[]
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        latest timestamptz;
    BEGIN
        IF older_than IS NULL THEN
            RAISE EXCEPTION 'older_than must not be NULL' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        IF older_than < '0' THEN
            RAISE EXCEPTION 'older_than must not be negative: %', older_than USING ERRCODE = 'invalid_parameter_value';
        END IF;
        latest := now() - older_than;
        RETURN ARRAY(
            SELECT r.run_id
              FROM training_runs r
              JOIN experiments e ON e.experiment_id = r.experiment_id AND e.deleted_at IS NULL
              JOIN projects p ON p.project_id = r.project_id AND p.deleted_at IS NULL
             WHERE r.status IN ('queued', 'running') AND r.deleted_at IS NULL AND r.organization_id = current_organization_id()
               AND (stale_run_ids.project IS NULL OR r.project_id = stale_run_ids.project)
               AND greatest(r.queued_at, r.started_at, r.updated_at) < latest
               AND (NOT only_writable OR bypasses_access() OR r.project_id = ANY ((SELECT allowed_projects('write', 'runs'))::uuid[]))
               AND CASE WHEN r.status = 'running'
                        THEN NOT EXISTS (SELECT FROM run_metrics k WHERE k.run_id = r.run_id AND k.recorded_at >= latest) ELSE true END
             ORDER BY greatest(r.queued_at, r.started_at, r.updated_at), r.run_id);
    END
    $function$;
COMMENT ON FUNCTION stale_run_ids(interval, uuid, boolean) IS 'identifiers of queued and running runs of which nothing was heard for so long, in one project or all, all or those that the acting one may change';

CREATE OR REPLACE FUNCTION stale_run_infos(run_ids uuid[]) RETURNS SETOF stale_run_info
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 20 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    BEGIN
        RETURN QUERY
            SELECT p.slug, e.experiment_name, r.run_number, r.run_name, r.status, m.model_name, r.compute_target, r.gpu_count, r.gpu_type,
                   r.gpu_hours, run_cost(r.estimated_cost_usd, r.gpu_hours, r.gpu_type), r.started_by, r.queued_at, r.started_at,
                   s.last_sign_at, now() - s.last_sign_at, r.run_id, r.experiment_id, r.project_id
              FROM unnest(run_ids) AS wanted (run_id)
              JOIN training_runs r ON r.run_id = wanted.run_id
              JOIN experiments e ON e.experiment_id = r.experiment_id
              JOIN projects p ON p.project_id = r.project_id
              LEFT JOIN models m ON m.model_id = r.model_id
             CROSS JOIN LATERAL (SELECT greatest(r.queued_at, r.started_at, r.updated_at,
                                                 (SELECT max(k.recorded_at) FROM run_metrics k WHERE k.run_id = r.run_id)) AS last_sign_at) AS s
             ORDER BY s.last_sign_at, r.run_id;
    END
    $function$;
COMMENT ON FUNCTION stale_run_infos(uuid[]) IS 'complete rows of runs with the time of their last sign of life, longest silent first';

CREATE OR REPLACE FUNCTION stale_runs(older_than interval DEFAULT '24 hours', project text DEFAULT NULL) RETURNS SETOF stale_run_info
    LANGUAGE sql STABLE PARALLEL RESTRICTED ROWS 20 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
        SELECT * FROM stale_run_infos(stale_run_ids(older_than, project_filter(project), false))
    $function$;
COMMENT ON FUNCTION stale_runs(interval, text) IS 'queued and running runs that seem to hang: for so long no metric came and nothing of them was changed (add_usage() is a change); longest silent first';

CREATE OR REPLACE FUNCTION cancel_stale_runs(
        older_than interval DEFAULT '24 hours',
        dry_run boolean DEFAULT true,
        project text DEFAULT NULL,
        as_timeout boolean DEFAULT false,
        reason text DEFAULT NULL) RETURNS SETOF stale_run_info
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 20 SET search_path = pg_catalog, mlregistry, pg_temp
    SET intervalstyle = postgres -- of the message that it leaves
    AS $function$
    #variable_conflict use_column
    DECLARE
        only_project constant uuid := project_filter(project);
        found_ids uuid[] := stale_run_ids(older_than, only_project, true);
        infos stale_run_info[];
    BEGIN
        PERFORM require_privilege('training_runs', 'UPDATE'); -- for a rehearsal, too
        IF only_project IS NOT NULL THEN
            PERFORM require_access('write', 'runs', only_project);
        END IF;
        IF dry_run IS NOT FALSE THEN -- NULL too: what is not said is not done
            RETURN QUERY SELECT * FROM stale_run_infos(found_ids);
            RETURN;
        END IF;
        -- In one order, so that two of us do not wait for each other; a run that somebody holds is not silent.
        found_ids := ARRAY(SELECT r.run_id
                             FROM training_runs r
                            WHERE r.run_id = ANY (found_ids) AND r.status IN ('queued', 'running') AND r.deleted_at IS NULL
                              AND greatest(r.queued_at, r.started_at, r.updated_at) < now() - older_than
                            ORDER BY r.run_id
                              FOR NO KEY UPDATE SKIP LOCKED);
        -- What has come to life until its row was ours.
        found_ids := ARRAY(SELECT unnest(found_ids) INTERSECT SELECT unnest(stale_run_ids(older_than, only_project, true)));
        infos := ARRAY(SELECT i FROM stale_run_infos(found_ids) AS i);
        UPDATE training_runs r
           SET status = CASE WHEN as_timeout THEN 'timeout' ELSE 'cancelled' END,
               error_message = coalesce(cancel_stale_runs.reason, r.error_message, format('no sign of life for %s', date_trunc('second', i.silent_for)))
          FROM unnest(infos) AS i
         WHERE r.run_id = i.run_id;
        RETURN QUERY
            SELECT i.project_slug, i.experiment_name, i.run_number, i.run_name, r.status, i.model_name, i.compute_target, i.gpu_count, i.gpu_type,
                   i.gpu_hours, i.cost_usd, i.started_by, i.queued_at, i.started_at, i.last_sign_at, i.silent_for, i.run_id, i.experiment_id,
                   i.project_id
              FROM unnest(infos) AS i
              JOIN training_runs r ON r.run_id = i.run_id
             ORDER BY i.last_sign_at, i.run_id;
    END
    $function$;
COMMENT ON FUNCTION cancel_stale_runs(interval, boolean, text, boolean, text) IS 'cancels what stale_runs() shows, as far as one may, or ends it as timeout; only with dry_run => false: otherwise it returns the rows that it would touch';

-- What the bulk functions take: finished runs, named or found by age, status and experiment.
CREATE OR REPLACE FUNCTION tidied_run_ids(
        older_than interval,
        status text[],
        experiment text,
        project text,
        runs uuid[],
        archived boolean,
        max_rows bigint) RETURNS uuid[]
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        only_project constant uuid := project_filter(project);
        of_experiment constant uuid := CASE WHEN experiment IS NOT NULL THEN find_experiment(experiment, project) END;
        wrong record;
    BEGIN
        IF older_than IS NULL AND runs IS NULL THEN
            RAISE EXCEPTION 'say which runs: by their age or by their identifiers'
                USING ERRCODE = 'null_value_not_allowed', HINT = 'Give older_than => ''90 days'' or runs => ARRAY[...].';
        END IF;
        IF older_than < '0' THEN
            RAISE EXCEPTION 'older_than must not be negative: %', older_than USING ERRCODE = 'invalid_parameter_value';
        END IF;
        PERFORM require_max_rows(max_rows);
        PERFORM require_run_statuses(tidied_run_ids.status, only_finished => true);
        IF runs IS NOT NULL THEN
            SELECT w.run_id, r.run_id IS NULL AS is_missing, r.status INTO wrong
              FROM unnest(runs) WITH ORDINALITY AS w (run_id, n)
              LEFT JOIN training_runs r ON r.run_id = w.run_id AND r.organization_id = current_organization_id()
             WHERE r.run_id IS NULL OR r.status IN ('queued', 'running')
             ORDER BY w.n
             LIMIT 1;
            IF FOUND AND wrong.is_missing THEN
                RAISE EXCEPTION 'run % does not exist', coalesce(wrong.run_id::text, 'NULL')
                    USING ERRCODE = 'no_data_found', HINT = 'list_runs() shows what is there.';
            ELSIF FOUND THEN
                RAISE EXCEPTION 'run % is %', wrong.run_id, wrong.status
                    USING ERRCODE = 'object_in_use', HINT = 'cancel_run() ends it.';
            END IF;
            PERFORM require_access('write', 'runs', p.project_id)
               FROM (SELECT DISTINCT r.project_id FROM training_runs r WHERE r.run_id = ANY (runs)) AS p;
        END IF;
        IF only_project IS NOT NULL THEN
            PERFORM require_access('write', 'runs', only_project);
        END IF;
        RETURN ARRAY(
            SELECT r.run_id
              FROM training_runs r
             WHERE r.organization_id = current_organization_id() AND r.status NOT IN ('queued', 'running')
               AND (archived IS NULL OR archived = (r.deleted_at IS NOT NULL))
               AND (runs IS NULL OR r.run_id = ANY (runs))
               AND (older_than IS NULL OR coalesce(r.deleted_at, r.completed_at) < now() - older_than)
               AND (tidied_run_ids.status IS NULL OR r.status = ANY (tidied_run_ids.status))
               AND (only_project IS NULL OR r.project_id = only_project)
               AND (of_experiment IS NULL OR r.experiment_id = of_experiment)
               AND (bypasses_access() OR r.project_id = ANY ((SELECT allowed_projects('write', 'runs'))::uuid[]))
             ORDER BY coalesce(r.deleted_at, r.completed_at), r.completed_at, r.run_id
             LIMIT max_rows);
    END
    $function$;
COMMENT ON FUNCTION tidied_run_ids(interval, text[], text, text, uuid[], boolean, bigint) IS 'finished runs that archive_runs() and delete_runs() are about, oldest first; P0002 and 55006 for one that is named and not there, or not finished';

CREATE OR REPLACE FUNCTION archive_runs(
        older_than interval DEFAULT NULL,
        dry_run boolean DEFAULT true,
        status text[] DEFAULT NULL,
        experiment text DEFAULT NULL,
        project text DEFAULT NULL,
        runs uuid[] DEFAULT NULL,
        max_rows bigint DEFAULT NULL) RETURNS SETOF run_info
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 100 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        found_ids uuid[] := tidied_run_ids(older_than, archive_runs.status, experiment, project, runs, false, max_rows);
        done_ids uuid[];
    BEGIN
        PERFORM require_privilege('training_runs', 'UPDATE');
        IF dry_run IS NOT FALSE THEN
            RETURN QUERY SELECT * FROM run_infos(found_ids);
            RETURN;
        END IF;
        done_ids := ARRAY(SELECT r.run_id FROM training_runs r
                           WHERE r.run_id = ANY (found_ids) AND r.deleted_at IS NULL ORDER BY r.run_id FOR NO KEY UPDATE);
        UPDATE training_runs r SET deleted_at = now() WHERE r.run_id = ANY (done_ids);
        RETURN QUERY SELECT * FROM run_infos(ARRAY(SELECT f.id FROM unnest(found_ids) WITH ORDINALITY AS f (id, n) WHERE f.id = ANY (done_ids) ORDER BY f.n));
    END
    $function$;
COMMENT ON FUNCTION archive_runs(interval, boolean, text[], text, text, uuid[], bigint) IS 'archives finished runs that ended so long ago, or those that are named: they are in no list any more, and restore_runs() takes it back; only with dry_run => false: otherwise it returns the rows that it would touch';

CREATE OR REPLACE FUNCTION restore_runs(runs uuid[]) RETURNS SETOF run_info
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 100 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        missing uuid;
    BEGIN
        IF runs IS NULL OR array_position(runs, NULL) IS NOT NULL THEN
            RAISE EXCEPTION 'the runs must not be NULL' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        SELECT w.run_id INTO missing
          FROM unnest(runs) WITH ORDINALITY AS w (run_id, n)
         WHERE NOT EXISTS (SELECT FROM training_runs r WHERE r.run_id = w.run_id)
         ORDER BY w.n
         LIMIT 1;
        IF FOUND THEN
            RAISE EXCEPTION 'run % does not exist', missing
                USING ERRCODE = 'no_data_found', HINT = 'list_runs(archived => true) shows what is archived.';
        END IF;
        PERFORM require_access('write', 'runs', p.project_id)
           FROM (SELECT DISTINCT r.project_id FROM training_runs r WHERE r.run_id = ANY (runs)) AS p;
        PERFORM FROM training_runs r WHERE r.run_id = ANY (runs) AND r.deleted_at IS NOT NULL ORDER BY r.run_id FOR NO KEY UPDATE;
        UPDATE training_runs r SET deleted_at = NULL WHERE r.run_id = ANY (runs) AND r.deleted_at IS NOT NULL;
        RETURN QUERY SELECT * FROM run_infos(ARRAY(SELECT w.run_id FROM unnest(runs) WITH ORDINALITY AS w (run_id, n) GROUP BY w.run_id ORDER BY min(w.n)));
    END
    $function$;
COMMENT ON FUNCTION restore_runs(uuid[]) IS 'takes back the archiving of runs; 23505 when the experiment has one run a day and there is another one now';

-- What a version came from stays.
CREATE OR REPLACE FUNCTION deletable_run_ids(run_ids uuid[], archived boolean, max_rows bigint) RETURNS uuid[]
    LANGUAGE sql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
        SELECT ARRAY(SELECT f.id
                       FROM unnest(run_ids) WITH ORDINALITY AS f (id, n)
                       JOIN training_runs r ON r.run_id = f.id
                      WHERE (archived IS NULL OR archived = (r.deleted_at IS NOT NULL))
                        AND NOT EXISTS (SELECT FROM model_versions v WHERE v.version_id = r.version_id AND v.deleted_at IS NULL)
                      ORDER BY f.n
                      LIMIT max_rows)
    $function$;
COMMENT ON FUNCTION deletable_run_ids(uuid[], boolean, bigint) IS 'those of some runs, in their order, that are archived or not, as it is asked for, and have no version';

CREATE OR REPLACE FUNCTION delete_runs(
        older_than interval DEFAULT NULL,
        dry_run boolean DEFAULT true,
        status text[] DEFAULT NULL,
        experiment text DEFAULT NULL,
        project text DEFAULT NULL,
        runs uuid[] DEFAULT NULL,
        archived boolean DEFAULT true,
        max_rows bigint DEFAULT NULL) RETURNS SETOF run_info
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 100 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        found_ids uuid[] := tidied_run_ids(older_than, delete_runs.status, experiment, project, runs, archived, NULL);
        kept record;
        infos run_info[];
    BEGIN
        PERFORM require_privilege('training_runs', 'DELETE');
        IF runs IS NOT NULL AND archived THEN
            SELECT r.run_id INTO kept FROM training_runs r WHERE r.run_id = ANY (runs) AND r.deleted_at IS NULL LIMIT 1;
            IF FOUND THEN
                RAISE EXCEPTION 'run % is not archived', kept.run_id
                    USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'archive_runs() does that; archived => NULL deletes what is not archived, too.';
            END IF;
        END IF;
        IF runs IS NOT NULL THEN
            SELECT r.run_id, m.model_name, v.semver INTO kept
              FROM training_runs r
              JOIN model_versions v ON v.version_id = r.version_id AND v.deleted_at IS NULL
              JOIN models m ON m.model_id = v.model_id
             WHERE r.run_id = ANY (found_ids)
             LIMIT 1;
            IF FOUND THEN
                RAISE EXCEPTION 'run % produced a version', kept.run_id
                    USING ERRCODE = 'check_violation',
                          CONSTRAINT = 'run_produced_version', SCHEMA = 'mlregistry', TABLE = 'training_runs',
                          DETAIL = format('It is %s@%s.', kept.model_name, kept.semver),
                          HINT = 'Leave it archived: archive_runs().';
            END IF;
        END IF;
        found_ids := deletable_run_ids(found_ids, archived, max_rows);
        IF dry_run IS NOT FALSE THEN
            RETURN QUERY SELECT * FROM run_infos(found_ids);
            RETURN;
        END IF;
        PERFORM FROM training_runs r WHERE r.run_id = ANY (found_ids) ORDER BY r.run_id FOR UPDATE;
        -- Somebody may have restored one, or made a version of it, until its row was ours.
        found_ids := deletable_run_ids(found_ids, archived, NULL);
        infos := ARRAY(SELECT i FROM run_infos(found_ids) AS i);
        WITH gone AS (DELETE FROM training_runs r WHERE r.run_id = ANY (found_ids) RETURNING r.run_id)
        SELECT array_agg(g.run_id) INTO found_ids FROM gone g;
        RETURN QUERY SELECT i.* FROM unnest(infos) AS i WHERE i.run_id = ANY (found_ids);
    END
    $function$;
COMMENT ON FUNCTION delete_runs(interval, boolean, text[], text, text, uuid[], boolean, bigint) IS 'deletes for good, with their metrics, finished runs that were archived so long ago, or those that are named; archived => false: those that are not archived, by their end, NULL: both; what a version came from stays; only with dry_run => false: otherwise it returns the rows that it would touch';

-- ---- from a run to a version

CREATE OR REPLACE FUNCTION register_version_from_run(
        run uuid,
        semver semver DEFAULT NULL,
        artifact_uri text DEFAULT NULL,
        bump text DEFAULT NULL,
        preid text DEFAULT NULL,
        checksum_sha256 text DEFAULT NULL,
        artifact_size_bytes bigint DEFAULT NULL,
        framework_version text DEFAULT NULL,
        model_format text DEFAULT NULL,
        description text DEFAULT NULL,
        release_notes text DEFAULT NULL,
        git_commit text DEFAULT NULL,
        git_branch text DEFAULT NULL,
        git_tag text DEFAULT NULL) RETURNS SETOF version_info
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        found_status constant text := locked_run_status(run);
        r record;
        measured jsonb;
        info version_info;
    BEGIN
        SELECT t.*, e.experiment_name INTO r
          FROM training_runs t
          JOIN experiments e USING (experiment_id)
         WHERE t.run_id = run;
        IF found_status <> 'succeeded' THEN
            RAISE EXCEPTION 'a version comes from a run that has succeeded; run % is %', run, found_status
                USING ERRCODE = 'object_not_in_prerequisite_state',
                      HINT = CASE WHEN found_status = 'running' THEN 'finish_run() says that it has succeeded.'
                                  ELSE 'register_version() registers a version without a run.' END;
        END IF;
        IF r.version_id IS NOT NULL THEN
            RAISE EXCEPTION 'run % has a version already', run
                USING ERRCODE = 'unique_violation',
                      DETAIL = (SELECT format('It is %s@%s.', m.model_name, v.semver) FROM model_versions v JOIN models m USING (model_id) WHERE v.version_id = r.version_id),
                      HINT = 'A run has one version; what else came out of it is a file of that: add_version_file().';
        END IF;
        IF r.model_id IS NULL THEN
            RAISE EXCEPTION 'run % is of no model', run
                USING ERRCODE = 'object_not_in_prerequisite_state',
                      HINT = 'Say which: UPDATE training_runs SET model_id = find_model(''...'') WHERE run_id = ''' || run || '''.';
        END IF;
        IF coalesce(register_version_from_run.artifact_uri, r.artifacts_uri) IS NULL THEN
            RAISE EXCEPTION 'a version needs an artifact_uri, and run % has no artifacts_uri to take over', run
                USING ERRCODE = 'null_value_not_allowed',
                      HINT = 'Say where the artifact lies; {version} in it stands for the version.';
        END IF;
        -- The scores of the run, and of its other metrics those that are numbers.
        measured := (SELECT coalesce(jsonb_object_agg(k.key, k.value), '{}')
                       FROM (SELECT s.key, s.value
                               FROM jsonb_each(r.custom_metrics) AS s
                              WHERE is_metrics(jsonb_build_object(s.key, s.value))
                              LIMIT 900) AS k)
                    || jsonb_strip_nulls(jsonb_build_object('accuracy', r.accuracy, 'loss', r.loss, 'precision', r.precision_score,
                                                            'recall', r.recall_score, 'f1_score', r.f1_score, 'auc_roc', r.auc_roc));
        SELECT i.* INTO info
          FROM register_version(r.model_id, register_version_from_run.semver,
                                coalesce(register_version_from_run.artifact_uri, r.artifacts_uri), register_version_from_run.bump,
                                register_version_from_run.preid, register_version_from_run.checksum_sha256,
                                register_version_from_run.artifact_size_bytes, r.framework, register_version_from_run.framework_version,
                                register_version_from_run.model_format,
                                coalesce(register_version_from_run.description, r.notes), register_version_from_run.release_notes,
                                register_version_from_run.git_commit, register_version_from_run.git_branch, register_version_from_run.git_tag,
                                measured,
                                jsonb_build_object('run_id', run, 'experiment', r.experiment_name, 'run_number', r.run_number,
                                                   'parameters', r.hyperparameters)) AS i;
        UPDATE training_runs t SET version_id = info.version_id WHERE t.run_id = run;
        RETURN NEXT info;
    END
    $function$;
COMMENT ON FUNCTION register_version_from_run(uuid, semver, text, text, text, text, bigint, text, text, text, text, text, text, text) IS 'registers what a run that has succeeded made as a version of its model, a given one or the next after a bump, with the scores of the run as performance_metrics, and says so in the run; artifact_uri is the run''s artifacts_uri if none is given';

-- functions/run_comparison.sql
-- Runs beside each other: what differs, which is best, how an experiment has gone.

-- A metric in jsonb or with all its digits may be beyond what double precision holds, and so may the difference of two that are not.
CREATE OR REPLACE FUNCTION nearest_double(value numeric) RETURNS double precision
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $function$
        SELECT CASE WHEN value = 'NaN' THEN 'NaN'
                    WHEN abs(value) > 1.7976931348623157e308 THEN (sign(value) * 'Infinity')::double precision
                    WHEN abs(value) < 5e-324 THEN 0
                    ELSE value::double precision END
    $function$;
COMMENT ON FUNCTION nearest_double(numeric) IS 'a number as double precision, infinite where it is too large and 0 where it is too small';

-- Through numeric where that can be: 0.95 less 0.91 is 0.04 then.
CREATE OR REPLACE FUNCTION metric_difference(a double precision, b double precision) RETURNS double precision
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $function$
        SELECT CASE WHEN a = b THEN 0
                    WHEN abs(a) < 1e15 AND abs(b) < 1e15 THEN (a::numeric - b::numeric)::double precision
                    WHEN abs(a / 2 - b / 2) > 1.7976931348623157e308 / 2 THEN sign(a / 2 - b / 2) * 'Infinity'
                    ELSE a - b END
    $function$;
COMMENT ON FUNCTION metric_difference(double precision, double precision) IS 'the first value of a metric less the second; equal values differ by 0, also infinite ones';

-- By the name that people give it: a column, one of custom_metrics, or the curve that was logged. NaN is no value: a run that
-- diverged has no place.
CREATE OR REPLACE FUNCTION run_metric(run uuid, metric text, OUT metric_value double precision, OUT metric_step bigint)
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        r record;
    BEGIN
        SELECT t.* INTO r FROM training_runs t WHERE t.run_id = run;
        metric_value := CASE metric
                            WHEN 'accuracy' THEN r.accuracy WHEN 'loss' THEN r.loss
                            WHEN 'precision' THEN r.precision_score WHEN 'precision_score' THEN r.precision_score
                            WHEN 'recall' THEN r.recall_score WHEN 'recall_score' THEN r.recall_score
                            WHEN 'f1' THEN r.f1_score WHEN 'f1_score' THEN r.f1_score
                            WHEN 'auc' THEN r.auc_roc WHEN 'auc_roc' THEN r.auc_roc
                            WHEN 'duration_seconds' THEN r.duration_seconds WHEN 'gpu_hours' THEN r.gpu_hours WHEN 'cpu_hours' THEN r.cpu_hours
                            WHEN 'cost_usd' THEN run_cost(r.estimated_cost_usd, r.gpu_hours, r.gpu_type) END;
        IF metric_value IS NULL AND is_metrics(jsonb_build_object(metric, r.custom_metrics -> metric)) THEN
            metric_value := nearest_double((r.custom_metrics ->> metric)::numeric);
        END IF;
        IF metric_value IS NULL THEN
            SELECT k.value, k.step INTO metric_value, metric_step
              FROM run_metrics k
             WHERE k.run_id = run AND k.metric_name = metric
             ORDER BY k.step DESC, k.recorded_at DESC
             LIMIT 1;
        END IF;
        IF metric_value = 'NaN' THEN
            metric_value := NULL;
            metric_step := NULL;
        END IF;
    END
    $function$;
COMMENT ON FUNCTION run_metric(uuid, text) IS 'what a run came to by a metric: its score, one of its custom_metrics, or the last value of the curve that was logged, with the step; NULL where there is none, or NaN';

CREATE OR REPLACE FUNCTION require_goal(goal text) RETURNS void
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    BEGIN
        IF goal NOT IN ('minimize', 'maximize') THEN
            RAISE EXCEPTION 'unknown goal: "%"', shortened(goal)
                USING ERRCODE = 'invalid_parameter_value', HINT = 'The goals are minimize and maximize; without one the name of the metric says it.';
        END IF;
    END
    $function$;
COMMENT ON FUNCTION require_goal(text) IS 'raises 22023 for a text that is neither minimize nor maximize; NULL passes';

CREATE OR REPLACE FUNCTION require_metric(experiment uuid, metric text) RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    DECLARE
        known text[];
    BEGIN
        IF metric IS NULL THEN
            RAISE EXCEPTION 'the name of a metric must not be NULL' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        IF metric = ANY ('{accuracy,loss,precision_score,precision,recall_score,recall,f1_score,f1,auc_roc,auc,duration_seconds,gpu_hours,cpu_hours,cost_usd}') THEN
            RETURN;
        END IF;
        -- Names of curves from one to the next in the index: there are a few for millions of points.
        known := ARRAY(SELECT DISTINCT n.name
                         FROM training_runs r,
                              LATERAL (SELECT s.name
                                         FROM (VALUES ('accuracy', r.accuracy), ('loss', r.loss), ('precision_score', r.precision_score),
                                                      ('recall_score', r.recall_score), ('f1_score', r.f1_score), ('auc_roc', r.auc_roc)) AS s (name, value)
                                        WHERE s.value IS NOT NULL
                                       UNION
                                       SELECT c.key FROM jsonb_each(r.custom_metrics) AS c WHERE is_metrics(jsonb_build_object(c.key, c.value))
                                       UNION
                                       SELECT l.name
                                         FROM (WITH RECURSIVE logged (name) AS (
                                                   (SELECT k.metric_name FROM run_metrics k WHERE k.run_id = r.run_id ORDER BY k.metric_name LIMIT 1)
                                                   UNION ALL
                                                   SELECT (SELECT k.metric_name FROM run_metrics k
                                                            WHERE k.run_id = r.run_id AND k.metric_name > l.name ORDER BY k.metric_name LIMIT 1)
                                                     FROM logged l
                                                    WHERE l.name IS NOT NULL)
                                               SELECT g.name FROM logged g WHERE g.name IS NOT NULL) AS l) AS n
                        WHERE r.experiment_id = experiment AND r.deleted_at IS NULL
                        ORDER BY 1);
        IF known <> '{}' AND metric <> ALL (known) THEN
            RAISE EXCEPTION 'no run of the experiment has metric "%"', shortened(metric)
                USING ERRCODE = 'no_data_found',
                      HINT = coalesce('Did you mean ' || near_names(metric, known) || '?',
                                      format('They have %s.', shortened(array_to_string(known, ', '))));
        END IF;
    END
    $function$;
COMMENT ON FUNCTION require_metric(uuid, text) IS 'raises P0002 for a metric that no run of an experiment has, with what is spelled like it; what all runs may have passes, and so does an experiment without any metric';

CREATE OR REPLACE FUNCTION leaderboard(
        experiment_id uuid,
        metric text DEFAULT 'accuracy',
        goal text DEFAULT NULL,
        status text[] DEFAULT '{succeeded}',
        best_of_curve boolean DEFAULT false,
        max_rows bigint DEFAULT 50,
        after uuid DEFAULT NULL) RETURNS SETOF ranked_run_info
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 50 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        of_experiment constant uuid := live_experiment(leaderboard.experiment_id);
        -- The sign that makes the best the least.
        sign double precision;
    BEGIN
        PERFORM require_goal(goal), require_run_statuses(leaderboard.status);
        IF metric IS NULL THEN
            RAISE EXCEPTION 'the name of a metric must not be NULL' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        PERFORM require_max_rows(max_rows);
        IF after IS NOT NULL AND NOT EXISTS (SELECT FROM training_runs r WHERE r.run_id = after AND r.experiment_id = of_experiment) THEN
            RAISE EXCEPTION 'after names no run of the experiment: %', after
                USING ERRCODE = 'invalid_parameter_value', HINT = 'Give the run_id of the last row of the page before.';
        END IF;
        sign := CASE coalesce(goal, metric_goal(metric)) WHEN 'minimize' THEN 1 ELSE -1 END;
        RETURN QUERY
            WITH measured AS MATERIALIZED (
                SELECT r.run_id, coalesce(best.value, last.metric_value) AS value, coalesce(best.step, last.metric_step) AS step
                  FROM training_runs r
                  LEFT JOIN LATERAL (
                       SELECT k.value, k.step
                         FROM (SELECT DISTINCT ON (k.step) k.step, k.value
                                 FROM run_metrics k
                                WHERE k.run_id = r.run_id AND k.metric_name = metric
                                ORDER BY k.step, k.recorded_at DESC) AS k
                        WHERE k.value <> 'NaN'
                        ORDER BY sign * k.value, k.step
                        LIMIT 1) AS best ON best_of_curve
                 CROSS JOIN LATERAL run_metric(r.run_id, metric) AS last
                 WHERE r.experiment_id = of_experiment AND r.deleted_at IS NULL
                   AND (leaderboard.status IS NULL OR r.status = ANY (leaderboard.status))),
            ranked AS (
                SELECT m.*, rank() OVER (ORDER BY sign * m.value) AS place, first_value(m.value) OVER (ORDER BY sign * m.value) AS best,
                       row_number() OVER (ORDER BY sign * m.value, r.queued_at, r.run_id) AS n
                  FROM measured m
                  JOIN training_runs r USING (run_id)
                 WHERE m.value IS NOT NULL)
            SELECT k.place, k.value, abs(metric_difference(k.value, k.best)),
                   k.step, i.project_slug, i.experiment_name, i.run_number, i.run_name, i.status, i.model_name, i.semver, i.framework,
                   i.dataset_name, i.parameters, i.duration_seconds, i.gpu_hours, i.cost_usd, i.queued_at, i.completed_at, i.run_id,
                   i.experiment_id, i.model_id, i.version_id, i.dataset_id
              FROM (SELECT k.*
                      FROM ranked k
                     WHERE after IS NULL OR k.n > (SELECT l.n FROM ranked l WHERE l.run_id = after)
                     ORDER BY k.n
                     LIMIT leaderboard.max_rows) AS k,
                   run_infos(ARRAY[k.run_id]) AS i
             ORDER BY k.n;
        IF NOT FOUND THEN
            PERFORM require_metric(of_experiment, metric);
        END IF;
    END
    $function$;
COMMENT ON FUNCTION leaderboard(uuid, text, text, text[], boolean, bigint, uuid) IS 'runs of an experiment by a metric, best first: see leaderboard(text, ...)';

CREATE OR REPLACE FUNCTION leaderboard(
        experiment text,
        metric text DEFAULT 'accuracy',
        goal text DEFAULT NULL,
        status text[] DEFAULT '{succeeded}',
        best_of_curve boolean DEFAULT false,
        max_rows bigint DEFAULT 50,
        after uuid DEFAULT NULL) RETURNS SETOF ranked_run_info
    LANGUAGE sql STABLE PARALLEL RESTRICTED ROWS 50 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
        SELECT * FROM leaderboard(find_experiment(experiment), metric, goal, status, best_of_curve, max_rows, after)
    $function$;
COMMENT ON FUNCTION leaderboard(text, text, text, text[], boolean, bigint, uuid) IS 'runs of an experiment by a metric, best first, equals by age: a score, one of custom_metrics, the end of a logged curve (with best_of_curve => true its best point), duration_seconds, gpu_hours, cpu_hours or cost_usd; goal is minimize or maximize, metric_goal() of the name if none is given; those that have succeeded, or of status => ..., NULL: all; for the next page give the run_id of the last one seen as after';

CREATE OR REPLACE FUNCTION best_run(experiment_id uuid, metric text DEFAULT 'accuracy', goal text DEFAULT NULL, best_of_curve boolean DEFAULT false)
    RETURNS SETOF ranked_run_info
    LANGUAGE sql STABLE PARALLEL RESTRICTED ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
        SELECT * FROM leaderboard(experiment_id, metric, goal, best_of_curve => best_of_curve, max_rows => 1)
    $function$;
COMMENT ON FUNCTION best_run(uuid, text, text, boolean) IS 'best run of an experiment by a metric: see best_run(text, ...)';

CREATE OR REPLACE FUNCTION best_run(experiment text, metric text DEFAULT 'accuracy', goal text DEFAULT NULL, best_of_curve boolean DEFAULT false)
    RETURNS SETOF ranked_run_info
    LANGUAGE sql STABLE PARALLEL RESTRICTED ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
        SELECT * FROM best_run(find_experiment(experiment), metric, goal, best_of_curve)
    $function$;
COMMENT ON FUNCTION best_run(text, text, text, boolean) IS 'first of leaderboard(): the run of an experiment that has succeeded with the best value of a metric, of equals the oldest; no row where none has it';

-- ---- side by side

CREATE OR REPLACE FUNCTION compared_runs(runs uuid[]) RETURNS uuid[]
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    DECLARE
        most constant integer := 1000;
    BEGIN
        IF runs IS NULL THEN
            RAISE EXCEPTION 'the runs must not be NULL' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        IF cardinality(runs) > most THEN
            RAISE EXCEPTION 'too many runs: % of at most %', cardinality(runs), most USING ERRCODE = 'program_limit_exceeded';
        END IF;
        IF (SELECT count(DISTINCT w) FROM unnest(runs) AS w) < 2 THEN
            RAISE EXCEPTION 'a comparison needs two runs at least'
                USING ERRCODE = 'invalid_parameter_value', HINT = 'compare_runs(ARRAY(SELECT run_id FROM list_runs(experiment => ''...''))) takes all of an experiment.';
        END IF;
        RETURN ARRAY(SELECT live_run(w.run_id)
                       FROM (SELECT u.run_id, min(u.n) AS n FROM unnest(runs) WITH ORDINALITY AS u (run_id, n) GROUP BY u.run_id) AS w
                      ORDER BY w.n);
    END
    $function$;
COMMENT ON FUNCTION compared_runs(uuid[]) IS 'the runs that are compared, each once, in their order; raises P0002 for one that is not there';

-- 0.1 and 0.10 are one number.
CREATE OR REPLACE FUNCTION parameter_text(value jsonb) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $function$
        SELECT CASE jsonb_typeof(value) WHEN 'number' THEN trim_scale((value #>> '{}')::numeric)::text
                                        WHEN 'null' THEN 'null' ELSE value #>> '{}' END
    $function$;
COMMENT ON FUNCTION parameter_text(jsonb) IS 'value of a parameter as comparisons show it';

CREATE OR REPLACE FUNCTION run_fields(run uuid) RETURNS TABLE (kind text, name text, value text, number double precision)
    LANGUAGE sql STABLE PARALLEL RESTRICTED ROWS 40 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
        WITH r AS (SELECT t.* FROM training_runs t WHERE t.run_id = run_fields.run),
        scores (name, value) AS (
            SELECT s.name, s.value::double precision
              FROM r, LATERAL (VALUES ('accuracy', r.accuracy), ('loss', r.loss), ('precision_score', r.precision_score), ('recall_score', r.recall_score),
                                      ('f1_score', r.f1_score), ('auc_roc', r.auc_roc)) AS s (name, value)
             WHERE s.value IS NOT NULL),
        custom (name, value) AS (
            SELECT c.key, nearest_double((c.value #>> '{}')::numeric)
              FROM r, jsonb_each(r.custom_metrics) AS c
             WHERE is_metrics(jsonb_build_object(c.key, c.value)) AND c.key NOT IN (SELECT s.name FROM scores s)),
        -- The end of each curve, as metric_summary() has it.
        logged (name, value) AS (
            SELECT m.metric_name, m.last
              FROM metric_summary(run_fields.run) AS m
             WHERE m.metric_name NOT IN (SELECT s.name FROM scores s UNION ALL SELECT c.name FROM custom c))
        SELECT 'metric', k.name, k.value::text, nullif(k.value, 'NaN')
          FROM (SELECT * FROM scores UNION ALL SELECT * FROM custom UNION ALL SELECT * FROM logged) AS k
        UNION ALL
        SELECT 'parameter', h.key, parameter_text(h.value), NULL FROM r, jsonb_each(r.hyperparameters) AS h
        UNION ALL
        SELECT 'environment', h.key, parameter_text(h.value), NULL FROM r, jsonb_each(r.environment) AS h
        UNION ALL
        SELECT 'run', f.name, f.value, NULL
          FROM r,
               run_infos(ARRAY[run_fields.run]) AS i,
               LATERAL (VALUES ('run_name', i.run_name), ('experiment', i.experiment_name), ('run_number', i.run_number::text), ('status', i.status),
                               ('model', i.model_name), ('version', i.semver::text), ('framework', i.framework), ('dataset', i.dataset_name),
                               ('compute_target', i.compute_target), ('instance_type', i.instance_type), ('gpu_type', i.gpu_type),
                               ('gpu_count', i.gpu_count::text), ('gpu_hours', i.gpu_hours::text), ('cpu_hours', i.cpu_hours::text),
                               ('cost_usd', i.cost_usd::text), ('duration_seconds', i.duration_seconds::text), ('error_message', i.error_message)) AS f (name, value)
         WHERE f.value IS NOT NULL
    $function$;
COMMENT ON FUNCTION run_fields(uuid) IS 'what a run says of itself, one row a parameter, metric (of a logged curve its end), piece of its environment, and field';

CREATE OR REPLACE FUNCTION compare_runs(runs uuid[])
    RETURNS TABLE (kind text, name text, differs boolean, run_values text[], spread double precision, best_run uuid)
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 40 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        compared constant uuid[] := compared_runs(runs);
    BEGIN
        RETURN QUERY
            WITH fields AS MATERIALIZED (
                SELECT f.kind, f.name, w.n, w.run_id, f.value, f.number
                  FROM unnest(compared) WITH ORDINALITY AS w (run_id, n), run_fields(w.run_id) AS f),
            names AS (
                SELECT f.kind, f.name, count(*) < cardinality(compared) OR count(DISTINCT f.value) > 1 AS differs,
                       jsonb_object_agg(f.n, f.value) AS by_run, -- to look up in: a join would be one of all runs with all
                       min(f.number) AS least, max(f.number) AS greatest, count(f.number) AS numbers,
                       (array_agg(f.run_id ORDER BY f.number, f.n))[1] AS least_run,
                       (array_agg(f.run_id ORDER BY f.number DESC NULLS LAST, f.n))[1] AS greatest_run
                  FROM fields f
                 GROUP BY f.kind, f.name)
            SELECT k.kind, k.name, k.differs,
                   ARRAY(SELECT k.by_run ->> w.n::text FROM generate_series(1, cardinality(compared)) AS w (n) ORDER BY w.n),
                   CASE WHEN k.numbers > 1 THEN metric_difference(k.greatest, k.least) END,
                   CASE WHEN k.least < k.greatest
                        THEN CASE metric_goal(k.name) WHEN 'minimize' THEN k.least_run ELSE k.greatest_run END END
              FROM names k
             ORDER BY NOT k.differs, array_position('{parameter,metric,run,environment}'::text[], k.kind), k.name;
    END
    $function$;
COMMENT ON FUNCTION compare_runs(uuid[]) IS 'runs side by side: parameters, metrics (of a logged curve its end), fields and environment, what differs first; run_values are in the order of the runs, NULL where one has none; spread: greatest less least, best_run: by metric_goal()';

CREATE OR REPLACE FUNCTION compare_runs(runs uuid[], group_by text, metrics text[] DEFAULT NULL, baseline text DEFAULT NULL)
    RETURNS TABLE (metric_name text, parameter_value text, n bigint, mean double precision, deviation double precision, minimum double precision,
                   maximum double precision, compared_with text, difference double precision, t double precision, degrees double precision,
                   p double precision, run_ids uuid[])
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 20 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        compared constant uuid[] := compared_runs(compare_runs.runs);
        known text[];
        measured text[];
        missing text;
        wanted_baseline constant text := compare_runs.baseline;
    BEGIN
        IF group_by IS NULL THEN
            RAISE EXCEPTION 'the name of a parameter must not be NULL' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        known := ARRAY(SELECT DISTINCT jsonb_object_keys(r.hyperparameters) FROM training_runs r WHERE r.run_id = ANY (compared) ORDER BY 1);
        IF group_by <> ALL (known) THEN
            RAISE EXCEPTION 'none of the runs has parameter "%"', shortened(group_by)
                USING ERRCODE = 'no_data_found',
                      HINT = coalesce('Did you mean ' || near_names(group_by, known) || '?',
                                      CASE WHEN known = '{}' THEN 'They have no parameters.'
                                           ELSE format('They have %s.', shortened(array_to_string(known, ', '))) END);
        END IF;
        IF EXISTS (SELECT FROM unnest(metrics) AS wanted (name) WHERE wanted.name IS NULL) THEN
            RAISE EXCEPTION 'the name of a metric must not be NULL' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        IF metrics IS NOT NULL THEN
            measured := ARRAY(SELECT DISTINCT f.name FROM unnest(compared) AS w (run_id), run_fields(w.run_id) AS f
                               WHERE f.kind = 'metric' AND f.number IS NOT NULL ORDER BY 1);
            SELECT wanted.name INTO missing FROM unnest(metrics) WITH ORDINALITY AS wanted (name, n) WHERE wanted.name <> ALL (measured) ORDER BY wanted.n LIMIT 1;
            IF FOUND THEN
                RAISE EXCEPTION 'none of the runs has metric "%"', shortened(missing)
                    USING ERRCODE = 'no_data_found',
                          HINT = coalesce('Did you mean ' || near_names(missing, measured) || '?',
                                          CASE WHEN measured = '{}' THEN 'They have no metrics.'
                                               ELSE format('They have %s.', shortened(array_to_string(measured, ', '))) END);
            END IF;
        END IF;
        IF wanted_baseline IS NOT NULL
           AND NOT EXISTS (SELECT FROM training_runs r WHERE r.run_id = ANY (compared) AND parameter_text(r.hyperparameters -> group_by) = wanted_baseline) THEN
            RAISE EXCEPTION 'none of the runs has % "%"', shortened(group_by), shortened(wanted_baseline)
                USING ERRCODE = 'no_data_found',
                      HINT = (SELECT format('They have %s.', shortened(string_agg(DISTINCT parameter_text(r.hyperparameters -> group_by), ', '
                                                                                  ORDER BY parameter_text(r.hyperparameters -> group_by))))
                                FROM training_runs r WHERE r.run_id = ANY (compared));
        END IF;
        RETURN QUERY
            WITH measured AS MATERIALIZED (
                -- jsonb: 0.1 and 0.10 are one value.
                SELECT f.name, r.hyperparameters -> group_by AS value, f.number, r.run_id
                  FROM unnest(compared) AS w (run_id)
                  JOIN training_runs r ON r.run_id = w.run_id
                 CROSS JOIN LATERAL run_fields(w.run_id) AS f
                 WHERE f.kind = 'metric' AND f.number IS NOT NULL AND (metrics IS NULL OR f.name = ANY (metrics))),
            -- avg() and var_samp() over numeric where that can be: the mean of equal numbers is that number then. Beyond 15 digits
            -- numeric has fewer than the number; where squares would overflow, there is nothing but numeric.
            groups AS (
                SELECT m.name, m.value, count(*) AS n,
                       CASE WHEN max(abs(m.number)) = 'Infinity' THEN avg(m.number) FILTER (WHERE abs(m.number) = 'Infinity')
                            WHEN max(abs(m.number)) BETWEEN 1e15 AND 1e150 THEN avg(m.number) FILTER (WHERE abs(m.number) <= 1e150)
                            ELSE nearest_double(avg(m.number::numeric) FILTER (WHERE abs(m.number) < 'Infinity')) END AS mean,
                       CASE WHEN max(abs(m.number)) = 'Infinity' THEN NULL
                            WHEN max(abs(m.number)) BETWEEN 1e15 AND 1e150 THEN var_samp(m.number) FILTER (WHERE abs(m.number) <= 1e150)
                            ELSE nullif(nearest_double(var_samp(m.number::numeric) FILTER (WHERE abs(m.number) < 'Infinity')), 'Infinity') END AS variance,
                       min(m.number) AS least, max(m.number) AS greatest, array_agg(m.run_id ORDER BY array_position(compared, m.run_id)) AS runs
                  FROM measured m
                 GROUP BY m.name, m.value),
            ordered AS (
                SELECT g.*, row_number() OVER (PARTITION BY g.name
                                               ORDER BY CASE metric_goal(g.name) WHEN 'minimize' THEN g.mean ELSE -g.mean END, g.value::text) AS place
                  FROM groups g),
            -- The best mean that can be tested at all, and only without one of those the best.
            baselines AS (
                SELECT DISTINCT ON (o.name) o.*
                  FROM ordered o
                 WHERE wanted_baseline IS NULL OR parameter_text(o.value) = wanted_baseline
                 ORDER BY o.name, o.variance IS NULL, o.place)
            SELECT o.name, parameter_text(o.value), o.n, o.mean, sqrt(o.variance), o.least, o.greatest, parameter_text(b.value),
                   CASE WHEN b.place <> o.place THEN metric_difference(o.mean, b.mean) END,
                   w.t, w.degrees, w.p, o.runs
              FROM ordered o
              LEFT JOIN baselines b ON b.name = o.name
              LEFT JOIN LATERAL welch_t_test(o.n, o.mean, o.variance, b.n, b.mean, b.variance) AS w ON b.place <> o.place
             ORDER BY o.name, o.place;
    END
    $function$;
COMMENT ON FUNCTION compare_runs(uuid[], text, text[], text) IS 'runs grouped by the value of a parameter: for each metric and value mean, standard deviation and, against the baseline (the best mean of two runs or more if none is named), the difference of means with Welch''s t-test: t, degrees of freedom, two-sided p; NULL where a group has too few runs for it; n: runs that have the metric';

-- ---- how it has gone

CREATE OR REPLACE FUNCTION experiment_history(experiment_id uuid, metric text DEFAULT NULL, goal text DEFAULT NULL)
    RETURNS TABLE (run_number integer, run_name text, status text, metric_value double precision, change double precision, best_so_far double precision,
                   is_best boolean, changed_parameters jsonb, duration_seconds numeric, gpu_hours numeric, cost_usd numeric,
                   total_cost_usd numeric, started_by text, queued_at timestamptz, completed_at timestamptz, error_message text, run_id uuid)
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 50 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        of_experiment constant uuid := live_experiment(experiment_history.experiment_id);
        by_metric constant text := coalesce(metric, (SELECT CASE WHEN count(r.accuracy) = 0 AND count(r.loss) > 0 THEN 'loss' ELSE 'accuracy' END
                                                       FROM training_runs r
                                                      WHERE r.experiment_id = of_experiment AND r.deleted_at IS NULL));
        sign double precision;
    BEGIN
        PERFORM require_goal(goal);
        IF NOT EXISTS (SELECT FROM training_runs r, run_metric(r.run_id, by_metric) AS m
                        WHERE r.experiment_id = of_experiment AND r.deleted_at IS NULL AND m.metric_value IS NOT NULL) THEN
            PERFORM require_metric(of_experiment, by_metric);
        END IF;
        sign := CASE coalesce(goal, metric_goal(by_metric)) WHEN 'minimize' THEN 1 ELSE -1 END;
        RETURN QUERY
            WITH attempts AS MATERIALIZED (
                SELECT r.*, m.metric_value AS value, run_cost(r.estimated_cost_usd, r.gpu_hours, r.gpu_type) AS cost,
                       lag(r.hyperparameters) OVER w AS before
                  FROM training_runs r, run_metric(r.run_id, by_metric) AS m
                 WHERE r.experiment_id = of_experiment AND r.deleted_at IS NULL
                WINDOW w AS (ORDER BY r.run_number)),
            -- The value before: of the last attempt that had one.
            valued AS (
                SELECT a.run_id, lag(a.value) OVER (ORDER BY a.run_number) AS previous FROM attempts a WHERE a.value IS NOT NULL)
            SELECT a.run_number, a.run_name, a.status, a.value,
                   metric_difference(a.value, v.previous),
                   sign * min(sign * a.value) FILTER (WHERE a.status = 'succeeded') OVER (ORDER BY a.run_number),
                   coalesce(a.status = 'succeeded' AND sign * a.value = min(sign * a.value) FILTER (WHERE a.status = 'succeeded') OVER (), false),
                   CASE WHEN a.before IS NOT NULL
                        THEN (SELECT coalesce(jsonb_object_agg(name, jsonb_build_array(was.value, is_now.value)), '{}')
                                FROM jsonb_each(a.before) AS was (name, value)
                                FULL JOIN jsonb_each(a.hyperparameters) AS is_now (name, value) USING (name)
                               WHERE was.value IS DISTINCT FROM is_now.value) END,
                   a.duration_seconds, a.gpu_hours, a.cost, sum(a.cost) OVER (ORDER BY a.run_number), a.started_by, a.queued_at,
                   a.completed_at, a.error_message, a.run_id
              FROM attempts a
              LEFT JOIN valued v USING (run_id)
             ORDER BY a.run_number;
    END
    $function$;
COMMENT ON FUNCTION experiment_history(uuid, text, text) IS 'runs of an experiment in their order: see experiment_history(text, text, text)';

CREATE OR REPLACE FUNCTION experiment_history(experiment text, metric text DEFAULT NULL, goal text DEFAULT NULL)
    RETURNS TABLE (run_number integer, run_name text, status text, metric_value double precision, change double precision, best_so_far double precision,
                   is_best boolean, changed_parameters jsonb, duration_seconds numeric, gpu_hours numeric, cost_usd numeric,
                   total_cost_usd numeric, started_by text, queued_at timestamptz, completed_at timestamptz, error_message text, run_id uuid)
    LANGUAGE sql STABLE PARALLEL RESTRICTED ROWS 50 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
        SELECT * FROM experiment_history(find_experiment(experiment), metric, goal)
    $function$;
COMMENT ON FUNCTION experiment_history(text, text, text) IS 'runs of an experiment in their order: what each came to by a metric (accuracy if none is named, or loss where there is no accuracy), the change since the one before that has a value, the best so far of those that succeeded, the parameters that were changed ({"name": [before, now]}), and what all cost so far';

-- functions/run_metrics.sql
-- Metrics of runs: logging, reading, comparing. All read and write with the rights of the caller.

CREATE OR REPLACE FUNCTION log_metric(
        run uuid,
        metric_name text,
        metric_value double precision,
        step bigint DEFAULT 0,
        recorded_at timestamptz DEFAULT NULL) RETURNS bigint
    LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'mlregistry_log_metric';
COMMENT ON FUNCTION log_metric(uuid, text, double precision, bigint, timestamptz) IS 'logs a value of a metric of a run at a step, as of now if nothing else is said; of several values of a step the last counts; returns 1';

CREATE OR REPLACE FUNCTION log_metrics(
        run uuid,
        metric_names text[],
        metric_values double precision[],
        steps bigint[],
        recorded_at timestamptz DEFAULT NULL) RETURNS bigint
    LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'mlregistry_log_metrics';
COMMENT ON FUNCTION log_metrics(uuid, text[], double precision[], bigint[], timestamptz) IS 'logs many values of metrics of a run at once, the fast way: element i of each array is of one measurement; of several of one metric and step the last counts; returns how many were written';

CREATE OR REPLACE FUNCTION log_metrics(run uuid, metrics jsonb, step bigint DEFAULT 0) RETURNS bigint
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    DECLARE
        names text[];
        numbers double precision[];
        wrong record;
    BEGIN
        IF metrics IS NULL THEN
            RAISE EXCEPTION 'the metrics must not be NULL' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        IF step IS NULL THEN
            RAISE EXCEPTION 'the step must not be NULL' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        IF NOT is_metrics(metrics) THEN
            RAISE EXCEPTION 'invalid metrics: %', shortened(metrics::text)
                USING ERRCODE = 'invalid_parameter_value',
                      DETAIL = why_invalid('is_metrics', metrics::text),
                      HINT = 'Give an object of names and numbers: {"accuracy": 0.93, "loss": 0.21}.';
        END IF;
        SELECT one.name, one.value INTO wrong
          FROM jsonb_each_text(metrics) AS one (name, value)
         WHERE abs(one.value::numeric) < 'Infinity' AND abs(nearest_double(one.value::numeric)) = 'Infinity'
         LIMIT 1;
        IF FOUND THEN
            RAISE EXCEPTION 'the value of metric "%" is too large', wrong.name
                USING ERRCODE = 'numeric_value_out_of_range', DETAIL = format('It is %s.', shortened(wrong.value)),
                      HINT = 'A value is a double precision number.';
        END IF;
        SELECT coalesce(array_agg(one.name), '{}'), coalesce(array_agg(one.value::double precision), '{}')
          INTO names, numbers
          FROM jsonb_each_text(metrics) AS one (name, value);
        RETURN log_metrics(run, names, numbers, array_fill(step, ARRAY[cardinality(names)]));
    END
    $function$;
COMMENT ON FUNCTION log_metrics(uuid, jsonb, bigint) IS 'logs several metrics of a run at one step, given as an object: {"loss": 0.21, "accuracy": 0.93}; returns how many';

CREATE OR REPLACE FUNCTION metric_series(
        run uuid,
        metric text,
        points integer DEFAULT NULL,
        from_step bigint DEFAULT NULL,
        to_step bigint DEFAULT NULL,
        last_steps integer DEFAULT NULL) RETURNS TABLE (step bigint, value double precision, recorded_at timestamptz)
    LANGUAGE C STABLE PARALLEL RESTRICTED ROWS 1000 AS 'MODULE_PATHNAME', 'mlregistry_metric_series';
COMMENT ON FUNCTION metric_series(uuid, text, integer, bigint, bigint, integer) IS 'curve of a metric of a run, one row for each step, of several values the one recorded last; with points at most so many rows, chosen by largest triangles, from 4 on with the extremes among them; with last_steps the end of the curve';

CREATE OR REPLACE FUNCTION metric_goal(metric_name text) RETURNS text
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_metric_goal';
COMMENT ON FUNCTION metric_goal(text) IS 'minimize for what by its name is a loss, an error, a cost or a duration, else maximize';

CREATE OR REPLACE FUNCTION metric_summary(run uuid, goal text DEFAULT NULL) RETURNS TABLE
        (metric_name text, n bigint, first double precision, last double precision, min double precision, max double precision, best double precision,
         first_step bigint, last_step bigint, min_step bigint, max_step bigint, best_step bigint, goal_used text, nan_count bigint)
    LANGUAGE C STABLE PARALLEL RESTRICTED ROWS 20 AS 'MODULE_PATHNAME', 'mlregistry_metric_summary';
COMMENT ON FUNCTION metric_summary(uuid, text) IS 'metrics of a run, each in a row: first and last value, least, greatest and best with the step that first had it; n numbers, nan_count values that are none; the goal is minimize or maximize, metric_goal() of the name if none is given';

CREATE OR REPLACE FUNCTION metric_sparkline(run uuid, metric text, width integer DEFAULT 40) RETURNS text
    LANGUAGE C STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'mlregistry_metric_sparkline';
COMMENT ON FUNCTION metric_sparkline(uuid, text, integer) IS 'curve of a metric of a run as a line of text, as many characters wide; NULL where nothing was logged';

CREATE OR REPLACE FUNCTION welch_t_test(
        n1 bigint, mean1 double precision, variance1 double precision,
        n2 bigint, mean2 double precision, variance2 double precision,
        OUT t double precision, OUT degrees double precision, OUT p double precision)
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_welch_t_test';
COMMENT ON FUNCTION welch_t_test(bigint, double precision, double precision, bigint, double precision, double precision) IS 'Welch''s t-test of two samples, each given by its size, its mean and its variance (var_samp): t, degrees of freedom, two-sided p; NULL where there is nothing to compare';

-- functions/history.sql
-- Versions beside each other: timelines, differences, what is in production.

CREATE OR REPLACE FUNCTION version_history(model_id uuid, order_by text DEFAULT 'registered', max_rows bigint DEFAULT NULL)
    RETURNS TABLE (n bigint, semver semver, previous semver, next semver, step text, is_lower boolean, stage text, status text,
                   aliases text[], former_aliases text[], registered_at timestamptz, since_previous interval, registered_by text,
                   description text, version_id uuid)
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 50 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        model uuid := live_model(model_id);
    BEGIN
        IF order_by IS NULL OR order_by NOT IN ('registered', 'precedence') THEN
            RAISE EXCEPTION 'unknown order: "%"', shortened(order_by)
                USING ERRCODE = 'invalid_parameter_value', HINT = 'order_by is registered or precedence.';
        END IF;
        RETURN QUERY
            SELECT h.n, h.semver, h.previous, h.next,
                   CASE WHEN h.previous IS NULL THEN 'first' ELSE semver_diff(h.previous, h.semver) END,
                   coalesce(h.semver < h.previous, false), h.stage, h.status,
                   ARRAY(SELECT a.alias FROM model_aliases a WHERE a.version_id = h.version_id ORDER BY a.alias),
                   ARRAY(SELECT DISTINCT f.alias FROM alias_history f
                          WHERE f.version_id = h.version_id
                            AND NOT EXISTS (SELECT FROM model_aliases a WHERE a.version_id = h.version_id AND a.alias = f.alias)
                          ORDER BY f.alias),
                   h.registered_at, h.registered_at - h.previous_registered_at, h.registered_by, h.description, h.version_id
              FROM (SELECT v.*, row_number() OVER w AS n, lag(v.semver) OVER w AS previous, lead(v.semver) OVER w AS next,
                           lag(v.registered_at) OVER w AS previous_registered_at
                      FROM (SELECT v.*,
                                   CASE WHEN version_history.order_by = 'registered' THEN v.registered_at END AS registered
                              FROM model_versions v
                             WHERE v.model_id = model AND v.deleted_at IS NULL) AS v
                    WINDOW w AS (ORDER BY v.registered, v.semver)) AS h
             ORDER BY h.n
             LIMIT version_history.max_rows;
    END
    $function$;
COMMENT ON FUNCTION version_history(uuid, text, bigint) IS 'timeline of a model: see version_history(text, text, bigint)';

CREATE OR REPLACE FUNCTION version_history(model text, order_by text DEFAULT 'registered', max_rows bigint DEFAULT NULL)
    RETURNS TABLE (n bigint, semver semver, previous semver, next semver, step text, is_lower boolean, stage text, status text,
                   aliases text[], former_aliases text[], registered_at timestamptz, since_previous interval, registered_by text,
                   description text, version_id uuid)
    LANGUAGE sql STABLE PARALLEL RESTRICTED ROWS 50 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
        SELECT * FROM version_history(find_model(model), order_by, max_rows)
    $function$;
COMMENT ON FUNCTION version_history(text, text, bigint) IS 'timeline of a model by registration or by precedence: each version with the one before and after it, the greatest part that differs from the one before (step), whether it is lower than that (a backport), its aliases now and in the past';

-- Identifiers, who did what when, and the times of states say nothing about what is in a version.
CREATE OR REPLACE FUNCTION version_fields(version_id uuid) RETURNS TABLE (name text, value text)
    LANGUAGE sql STABLE PARALLEL RESTRICTED ROWS 40 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
        WITH columns AS (
            SELECT c.key, c.value
              FROM model_versions v,
                   jsonb_each(to_jsonb(v) - '{version_id,organization_id,project_id,model_id,created_at,created_by,created_by_user,updated_at,updated_by,deleted_at,registered_at,registered_by,registered_by_user,validated_at,validated_by,validated_by_user,promoted_to_production_at,deprecated_at,archived_at,frozen_at}'::text[]) AS c
             WHERE v.version_id = version_fields.version_id)
        SELECT c.key, c.value #>> '{}'
          FROM columns c
         WHERE jsonb_typeof(c.value) <> 'object'
        UNION ALL
        SELECT c.key || '.' || part.key, part.value #>> '{}'
          FROM columns c, jsonb_each(CASE WHEN jsonb_typeof(c.value) = 'object' THEN c.value ELSE '{}' END) AS part
    $function$;
COMMENT ON FUNCTION version_fields(uuid) IS 'what a version says of itself, one row a field; objects one row a key, named column.key';

CREATE OR REPLACE FUNCTION compare_versions(a uuid, b uuid)
    RETURNS TABLE (kind text, name text, a_value text, b_value text, difference double precision)
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 20 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        version_a uuid := live_version(a);
        version_b uuid := live_version(b);
        a_number constant text := '^[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]{1,2})?$';
    BEGIN
        RETURN QUERY
            WITH fields AS (
                SELECT name, fa.value AS a_value, fb.value AS b_value
                  FROM version_fields(version_a) AS fa FULL JOIN version_fields(version_b) AS fb USING (name)),
            metrics AS (
                SELECT concat_ws(' ', coalesce(ka.metric_name, kb.metric_name), '(' || coalesce(ka.dataset_split, kb.dataset_split) || ')') AS name,
                       ka.metric_value AS a_value, kb.metric_value AS b_value
                  FROM latest_metrics(version_a) AS ka
                  FULL JOIN latest_metrics(version_b) AS kb ON kb.metric_name = ka.metric_name AND kb.dataset_split = ka.dataset_split),
            files AS (
                SELECT path AS name, coalesce(fa.sha256, fa.uri, fa.path) AS a_value, coalesce(fb.sha256, fb.uri, fb.path) AS b_value
                  FROM (SELECT f.* FROM version_files f WHERE f.version_id = version_a) AS fa
                  FULL JOIN (SELECT f.* FROM version_files f WHERE f.version_id = version_b) AS fb USING (path)),
            tagged AS (
                SELECT tag_name AS name, ta.tag_name IS NOT NULL AS in_a, tb.tag_name IS NOT NULL AS in_b
                  FROM tags_of('version', version_a) AS ta FULL JOIN tags_of('version', version_b) AS tb USING (tag_name))
            SELECT 'field', f.name, f.a_value, f.b_value,
                   CASE WHEN f.a_value ~ a_number AND f.b_value ~ a_number AND length(f.a_value) <= 40 AND length(f.b_value) <= 40
                        THEN (f.b_value::numeric - f.a_value::numeric)::double precision END
              FROM fields f
             WHERE f.a_value IS DISTINCT FROM f.b_value
            UNION ALL
            SELECT 'metric', k.name, k.a_value::text, k.b_value::text, metric_difference(k.b_value, k.a_value)
              FROM metrics k
             WHERE k.a_value IS DISTINCT FROM k.b_value
            UNION ALL
            SELECT 'file', x.name, x.a_value, x.b_value, NULL
              FROM files x
             WHERE x.a_value IS DISTINCT FROM x.b_value
            UNION ALL
            SELECT 'tag', g.name, CASE WHEN g.in_a THEN 'yes' END, CASE WHEN g.in_b THEN 'yes' END, NULL
              FROM tagged g
             WHERE g.in_a <> g.in_b
             ORDER BY 1, 2;
    END
    $function$;
COMMENT ON FUNCTION compare_versions(uuid, uuid) IS 'what differs between two versions: see compare_versions(text, text)';

CREATE OR REPLACE FUNCTION compare_versions(a text, b text)
    RETURNS TABLE (kind text, name text, a_value text, b_value text, difference double precision)
    LANGUAGE sql STABLE PARALLEL RESTRICTED ROWS 20 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
        SELECT * FROM compare_versions(find_version(a), find_version(b))
    $function$;
COMMENT ON FUNCTION compare_versions(text, text) IS 'what differs between the versions that two references name: fields, current metrics, files and tags; difference is b less a where both are numbers';

CREATE OR REPLACE FUNCTION production_versions(project text DEFAULT NULL, team text DEFAULT NULL) RETURNS SETOF version_info
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 100 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        only_project uuid := project_filter(project);
        only_team uuid := CASE WHEN team IS NOT NULL THEN find_team(team) END;
    BEGIN
        RETURN QUERY
            SELECT i.*
              FROM (SELECT v.version_id, p.slug, m.model_name
                      FROM model_versions v
                      JOIN models m USING (model_id)
                      JOIN projects p ON p.project_id = m.project_id
                     WHERE v.stage = 'production' AND v.deleted_at IS NULL
                       AND m.organization_id = current_organization_id() AND m.deleted_at IS NULL AND p.deleted_at IS NULL
                       AND (only_project IS NULL OR p.project_id = only_project)
                       AND (only_team IS NULL OR m.team_id = only_team)) AS live,
                   version_info(live.version_id) AS i
             ORDER BY live.slug, live.model_name;
    END
    $function$;
COMMENT ON FUNCTION production_versions(text, text) IS 'versions in stage production, those of archived models too, at most one a model, by project and model; of one project, of the models of one team, or all';

-- functions/analytics.sql
-- What a lead asks of a registry: sums and shares of models, versions and runs of the current organization, as far as the caller
-- may read them.
--
-- Everything here counts as v_training_runs does: what is deleted, or belongs to a deleted experiment or project, does not count. A run
-- belongs to the time at which it was queued, as it does for quotas; days, weeks and months are those of UTC. The success rate is
-- the share of runs that succeeded among those that came to an end by themselves: what somebody cancelled is no failure. A
-- threshold that is NULL is not asked for.

CREATE OR REPLACE FUNCTION require_choice(argument text, value text, choices text[]) RETURNS void
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    BEGIN
        IF value IS NULL OR value <> ALL (choices) THEN
            RAISE EXCEPTION 'unknown value of %: %', argument, coalesce('"' || shortened(value) || '"', 'NULL')
                USING ERRCODE = 'invalid_parameter_value',
                      HINT = format('Possible are %s and %s.', array_to_string(choices[:cardinality(choices) - 1], ', '), choices[cardinality(choices)]);
        END IF;
    END
    $function$;
COMMENT ON FUNCTION require_choice(text, text, text[]) IS 'raises 22023 for a value that is none of those possible';

CREATE OR REPLACE FUNCTION require_not_negative(argument text, value anyelement) RETURNS void
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    DECLARE
        zero value%TYPE := '0';
    BEGIN
        IF value < zero THEN
            RAISE EXCEPTION '% must not be negative: %', argument, value USING ERRCODE = 'invalid_parameter_value';
        ELSIF value::text = 'NaN' THEN
            RAISE EXCEPTION '% must be a number: %', argument, value USING ERRCODE = 'invalid_parameter_value';
        END IF;
    END
    $function$;
COMMENT ON FUNCTION require_not_negative(text, anyelement) IS 'raises 22023 for a threshold below zero, or NaN';

CREATE OR REPLACE FUNCTION success_rate(succeeded bigint, failed bigint) RETURNS numeric
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $function$
        SELECT round(succeeded::numeric / nullif(succeeded + failed, 0), 4)
    $function$;
COMMENT ON FUNCTION success_rate(bigint, bigint) IS 'share of the first number in both, four digits; NULL where both are 0';

CREATE OR REPLACE FUNCTION model_summary(
        model text DEFAULT NULL,
        project text DEFAULT NULL,
        active boolean DEFAULT NULL,
        max_rows bigint DEFAULT NULL,
        after text DEFAULT NULL)
    RETURNS TABLE (project_slug text, model_name text, team_name text, framework text, risk_level text, is_active boolean,
                   version_count bigint, latest_version semver, production_version semver, last_version_at timestamptz,
                   experiments bigint, runs bigint, active_runs bigint, succeeded bigint, failed bigint, timed_out bigint, cancelled bigint,
                   success_rate numeric, last_run_at timestamptz, last_success_at timestamptz, best_accuracy numeric, best_run_id uuid,
                   gpu_hours numeric, cpu_hours numeric, cost_usd numeric, model_id uuid)
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 100 SET search_path = pg_catalog, mlregistry, pg_temp
    SET plan_cache_mode = force_custom_plan -- a plan for any number of models would be one for ten
    AS $function$
    #variable_conflict use_column
    DECLARE
        one uuid := CASE WHEN model IS NOT NULL THEN
                        find_model(CASE WHEN project IS NULL OR position('/' IN model) > 0 THEN model ELSE project || '/' || model END) END;
        page model_info[];
        ids uuid[];
    BEGIN
        IF one IS NOT NULL THEN
            page := ARRAY[model_info(one)];
        ELSE
            page := ARRAY(SELECT i FROM list_models(active => model_summary.active, project => model_summary.project,
                                                    max_rows => model_summary.max_rows, after => model_summary.after) AS i);
        END IF;
        -- As a value, so that the planner sees how many: a few are looked up, for most of them the tables are read once.
        ids := ARRAY(SELECT p.model_id FROM unnest(page) AS p);
        RETURN QUERY
            WITH version AS (
                SELECT v.model_id, max(v.registered_at) AS last_version_at, max(v.semver) FILTER (WHERE v.stage = 'production') AS production_version
                  FROM model_versions v
                 WHERE v.model_id = ANY (ids) AND v.deleted_at IS NULL
                 GROUP BY v.model_id),
            run AS (
                SELECT r.model_id, count(DISTINCT r.experiment_id) AS experiments, count(*) AS runs,
                       count(*) FILTER (WHERE r.status IN ('queued', 'running')) AS active_runs,
                       count(*) FILTER (WHERE r.status = 'succeeded') AS succeeded, count(*) FILTER (WHERE r.status = 'failed') AS failed,
                       count(*) FILTER (WHERE r.status = 'timeout') AS timed_out, count(*) FILTER (WHERE r.status = 'cancelled') AS cancelled,
                       max(r.queued_at) AS last_run_at, max(r.completed_at) FILTER (WHERE r.status = 'succeeded') AS last_success_at,
                       max(r.accuracy) AS best_accuracy,
                       (array_agg(r.run_id ORDER BY r.accuracy DESC, r.queued_at, r.run_id) FILTER (WHERE r.accuracy IS NOT NULL))[1] AS best_run_id,
                       sum(r.gpu_hours) AS gpu_hours, sum(r.cpu_hours) AS cpu_hours, sum(r.cost_usd) AS cost_usd
                  FROM v_training_runs r
                 WHERE r.model_id = ANY (ids)
                 GROUP BY r.model_id)
            SELECT p.project_slug, p.model_name, p.team_name, p.framework, p.risk_level, p.is_active,
                   p.version_count, p.latest_version, v.production_version, v.last_version_at,
                   coalesce(r.experiments, 0), coalesce(r.runs, 0), coalesce(r.active_runs, 0), coalesce(r.succeeded, 0), coalesce(r.failed, 0),
                   coalesce(r.timed_out, 0), coalesce(r.cancelled, 0), success_rate(r.succeeded, r.failed + r.timed_out), r.last_run_at,
                   r.last_success_at, r.best_accuracy, r.best_run_id, coalesce(r.gpu_hours, 0), coalesce(r.cpu_hours, 0), coalesce(r.cost_usd, 0),
                   p.model_id
              FROM unnest(page) AS p
              LEFT JOIN version v USING (model_id)
              LEFT JOIN run r USING (model_id)
             ORDER BY p.project_slug, p.model_name;
    END
    $function$;
COMMENT ON FUNCTION model_summary(text, text, boolean, bigint, text) IS 'one row for each model, or for one of them, by project and name: its versions, runs, best accuracy, hours and cost; for the next page give the last one seen as after, written project/name';

CREATE OR REPLACE FUNCTION team_metrics(since timestamptz DEFAULT NULL, until timestamptz DEFAULT NULL, max_rows bigint DEFAULT NULL)
    RETURNS TABLE (team_name text, department text, models bigint, active_models bigint, versions bigint, in_production bigint, datasets bigint,
                   runs bigint, active_runs bigint, succeeded bigint, failed bigint, timed_out bigint, cancelled bigint, success_rate numeric,
                   gpu_hours numeric, cpu_hours numeric, cost_usd numeric, last_run_at timestamptz, team_id uuid)
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 100 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        here constant uuid := find_organization(NULL);
        nobody constant uuid := '00000000-0000-0000-0000-000000000000'; -- what belongs to no team
    BEGIN
        PERFORM require_max_rows(team_metrics.max_rows);
        RETURN QUERY
            WITH team AS (
                SELECT t.team_id, t.team_name, t.department FROM teams t WHERE t.organization_id = here
                UNION ALL
                SELECT nobody, NULL, NULL),
            model AS (
                SELECT coalesce(m.team_id, nobody) AS team_id, count(*) AS models, count(*) FILTER (WHERE m.is_active) AS active_models,
                       coalesce(sum(v.versions), 0)::bigint AS versions, coalesce(sum(v.in_production), 0)::bigint AS in_production
                  FROM models m
                  JOIN projects p USING (project_id)
                  LEFT JOIN (SELECT v.model_id, count(*) AS versions, count(*) FILTER (WHERE v.stage = 'production') AS in_production
                               FROM model_versions v
                              WHERE v.organization_id = here AND v.deleted_at IS NULL
                              GROUP BY v.model_id) AS v USING (model_id)
                 WHERE m.organization_id = here AND m.deleted_at IS NULL AND p.deleted_at IS NULL
                 GROUP BY 1),
            dataset AS (
                SELECT coalesce(d.team_id, nobody) AS team_id, count(*) AS datasets
                  FROM datasets d
                  JOIN projects p USING (project_id)
                 WHERE d.organization_id = here AND d.deleted_at IS NULL AND p.deleted_at IS NULL
                 GROUP BY 1),
            run AS (
                SELECT coalesce(m.team_id, nobody) AS team_id, count(*) AS runs,
                       count(*) FILTER (WHERE r.status IN ('queued', 'running')) AS active_runs,
                       count(*) FILTER (WHERE r.status = 'succeeded') AS succeeded, count(*) FILTER (WHERE r.status = 'failed') AS failed,
                       count(*) FILTER (WHERE r.status = 'timeout') AS timed_out, count(*) FILTER (WHERE r.status = 'cancelled') AS cancelled,
                       sum(r.gpu_hours) AS gpu_hours, sum(r.cpu_hours) AS cpu_hours, sum(r.cost_usd) AS cost_usd, max(r.queued_at) AS last_run_at
                  FROM v_training_runs r
                  LEFT JOIN models m USING (model_id)
                 WHERE r.organization_id = here
                   AND (team_metrics.since IS NULL OR r.queued_at >= team_metrics.since)
                   AND (team_metrics.until IS NULL OR r.queued_at < team_metrics.until)
                 GROUP BY 1)
            SELECT t.team_name, t.department, coalesce(m.models, 0), coalesce(m.active_models, 0), coalesce(m.versions, 0),
                   coalesce(m.in_production, 0), coalesce(d.datasets, 0), coalesce(r.runs, 0), coalesce(r.active_runs, 0), coalesce(r.succeeded, 0),
                   coalesce(r.failed, 0), coalesce(r.timed_out, 0), coalesce(r.cancelled, 0), success_rate(r.succeeded, r.failed + r.timed_out),
                   coalesce(r.gpu_hours, 0), coalesce(r.cpu_hours, 0), coalesce(r.cost_usd, 0), r.last_run_at, nullif(t.team_id, nobody)
              FROM team t
              LEFT JOIN model m USING (team_id)
              LEFT JOIN dataset d USING (team_id)
              LEFT JOIN run r USING (team_id)
             WHERE t.team_id <> nobody OR m.models > 0 OR d.datasets > 0 OR r.runs > 0
             ORDER BY 17 DESC, t.team_name
             LIMIT team_metrics.max_rows;
    END
    $function$;
COMMENT ON FUNCTION team_metrics(timestamptz, timestamptz, bigint) IS 'what each team has, and what the runs of its models took, most expensive first; since and until concern the runs; the row without a name is what belongs to no team';

CREATE OR REPLACE FUNCTION cost_summary(
        by text DEFAULT 'model',
        period text DEFAULT NULL,
        since timestamptz DEFAULT NULL,
        until timestamptz DEFAULT NULL,
        project text DEFAULT NULL,
        max_rows bigint DEFAULT NULL)
    RETURNS TABLE (period_start timestamptz, project_slug text, name text, runs bigint, succeeded bigint, failed bigint, timed_out bigint,
                   cancelled bigint, gpu_hours numeric, cpu_hours numeric, cost_usd numeric, percent numeric, cost_per_success_usd numeric)
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 100 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        here constant uuid := find_organization(NULL);
        only_project constant uuid := project_filter(project);
    BEGIN
        PERFORM require_max_rows(cost_summary.max_rows);
        PERFORM require_choice('by', cost_summary.by, '{model,team,experiment,framework,compute_target,gpu_type,project}');
        IF cost_summary.period IS NOT NULL THEN
            PERFORM require_choice('period', cost_summary.period, '{day,week,month,quarter,year}');
        END IF;
        RETURN QUERY
            WITH run AS (
                SELECT date_trunc(cost_summary.period, r.queued_at, 'UTC') AS period_start,
                       CASE cost_summary.by WHEN 'model' THEN m.project_id WHEN 'experiment' THEN r.project_id WHEN 'project' THEN r.project_id
                       END AS project_id,
                       CASE cost_summary.by WHEN 'model' THEN r.model_id WHEN 'team' THEN m.team_id WHEN 'experiment' THEN r.experiment_id
                       END AS id,
                       CASE cost_summary.by WHEN 'model' THEN r.model_name WHEN 'experiment' THEN r.experiment_name WHEN 'framework' THEN r.framework
                                            WHEN 'compute_target' THEN r.compute_target WHEN 'gpu_type' THEN r.gpu_type
                       END AS name,
                       r.status, r.gpu_hours, r.cpu_hours, r.cost_usd
                  FROM v_training_runs r
                  LEFT JOIN models m USING (model_id)
                 WHERE r.organization_id = here AND (only_project IS NULL OR r.project_id = only_project)
                   AND (cost_summary.since IS NULL OR r.queued_at >= cost_summary.since)
                   AND (cost_summary.until IS NULL OR r.queued_at < cost_summary.until)),
            summed AS (
                SELECT r.period_start, r.project_id, r.id, r.name, count(*) AS runs, count(*) FILTER (WHERE r.status = 'succeeded') AS succeeded,
                       count(*) FILTER (WHERE r.status = 'failed') AS failed, count(*) FILTER (WHERE r.status = 'timeout') AS timed_out,
                       count(*) FILTER (WHERE r.status = 'cancelled') AS cancelled, sum(r.gpu_hours) AS gpu_hours, sum(r.cpu_hours) AS cpu_hours,
                       sum(r.cost_usd) AS cost_usd
                  FROM run r
                 GROUP BY r.period_start, r.project_id, r.id, r.name)
            SELECT s.period_start, p.slug,
                   CASE cost_summary.by WHEN 'team' THEN t.team_name WHEN 'project' THEN p.slug ELSE s.name END, s.runs, s.succeeded, s.failed,
                   s.timed_out, s.cancelled, s.gpu_hours, s.cpu_hours, s.cost_usd,
                   round(100 * s.cost_usd / nullif(sum(s.cost_usd) OVER (PARTITION BY s.period_start), 0), 1),
                   round(s.cost_usd / nullif(s.succeeded, 0), 2)
              FROM summed s
              LEFT JOIN projects p USING (project_id)
              LEFT JOIN teams t ON cost_summary.by = 'team' AND t.team_id = s.id
             ORDER BY s.period_start, s.cost_usd DESC, s.cpu_hours DESC, 2, 3, s.id
             LIMIT cost_summary.max_rows;
    END
    $function$;
COMMENT ON FUNCTION cost_summary(text, text, timestamptz, timestamptz, text, bigint) IS 'runs, hours and cost by model, team, experiment, framework, compute_target, gpu_type or project, most expensive first, in all or for each day, week, month, quarter or year (UTC) in which they were queued; percent: of the cost of all rows of the period; the row without a name is what has none';

CREATE OR REPLACE FUNCTION framework_comparison(
        since timestamptz DEFAULT NULL,
        until timestamptz DEFAULT NULL,
        project text DEFAULT NULL,
        min_runs bigint DEFAULT 1,
        max_rows bigint DEFAULT NULL)
    RETURNS TABLE (framework text, models bigint, runs bigint, active_runs bigint, succeeded bigint, failed bigint, timed_out bigint,
                   cancelled bigint, success_rate numeric, mean_accuracy numeric, best_accuracy numeric, mean_duration interval,
                   median_duration interval, mean_wait interval, gpu_hours numeric, cpu_hours numeric, cost_usd numeric, cost_per_success_usd numeric)
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 10 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        here constant uuid := find_organization(NULL);
        only_project constant uuid := project_filter(project);
    BEGIN
        PERFORM require_max_rows(framework_comparison.max_rows);
        PERFORM require_not_negative('min_runs', framework_comparison.min_runs);
        RETURN QUERY
            SELECT s.framework, s.models, s.runs, s.active_runs, s.succeeded, s.failed, s.timed_out, s.cancelled,
                   success_rate(s.succeeded, s.failed + s.timed_out), round(s.mean_accuracy, 4), s.best_accuracy,
                   make_interval(secs => round(s.mean_duration)::float8), make_interval(secs => round(s.median_duration)),
                   make_interval(secs => round(s.mean_wait)::float8), s.gpu_hours, s.cpu_hours, s.cost_usd,
                   round(s.cost_usd / nullif(s.succeeded, 0), 2)
              FROM (SELECT r.framework, count(DISTINCT r.model_id) AS models, count(*) AS runs,
                           count(*) FILTER (WHERE r.status IN ('queued', 'running')) AS active_runs,
                           count(*) FILTER (WHERE r.status = 'succeeded') AS succeeded, count(*) FILTER (WHERE r.status = 'failed') AS failed,
                           count(*) FILTER (WHERE r.status = 'timeout') AS timed_out, count(*) FILTER (WHERE r.status = 'cancelled') AS cancelled,
                           avg(r.accuracy) AS mean_accuracy, max(r.accuracy) AS best_accuracy,
                           avg(r.duration_seconds) FILTER (WHERE r.status = 'succeeded') AS mean_duration,
                           percentile_cont(0.5) WITHIN GROUP (ORDER BY r.duration_seconds) FILTER (WHERE r.status = 'succeeded') AS median_duration,
                           avg(r.wait_seconds) FILTER (WHERE r.started_at IS NOT NULL) AS mean_wait,
                           sum(r.gpu_hours) AS gpu_hours, sum(r.cpu_hours) AS cpu_hours, sum(r.cost_usd) AS cost_usd
                      FROM v_training_runs r
                     WHERE r.organization_id = here AND (only_project IS NULL OR r.project_id = only_project)
                       AND (framework_comparison.since IS NULL OR r.queued_at >= framework_comparison.since)
                       AND (framework_comparison.until IS NULL OR r.queued_at < framework_comparison.until)
                     GROUP BY r.framework
                    HAVING count(*) >= coalesce(framework_comparison.min_runs, 1)) AS s
             ORDER BY s.runs DESC, s.framework
             LIMIT framework_comparison.max_rows;
    END
    $function$;
COMMENT ON FUNCTION framework_comparison(timestamptz, timestamptz, text, bigint, bigint) IS 'runs of each framework that at least min_runs were queued with, most used first: outcomes, accuracy, durations of those that succeeded, waiting, hours and cost';

CREATE OR REPLACE FUNCTION compute_utilization(
        since timestamptz DEFAULT NULL,
        until timestamptz DEFAULT NULL,
        project text DEFAULT NULL,
        max_rows bigint DEFAULT NULL)
    RETURNS TABLE (compute_target text, runs bigint, queued bigint, running bigint, succeeded bigint, failed bigint, timed_out bigint,
                   cancelled bigint, success_rate numeric, mean_wait interval, mean_duration interval, gpu_hours numeric,
                   gpu_hours_reserved numeric, gpu_utilization numeric, cpu_hours numeric, cost_usd numeric, last_run_at timestamptz)
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 20 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        here constant uuid := find_organization(NULL);
        only_project constant uuid := project_filter(project);
    BEGIN
        PERFORM require_max_rows(compute_utilization.max_rows);
        RETURN QUERY
            SELECT s.compute_target, s.runs, s.queued, s.running, s.succeeded, s.failed, s.timed_out, s.cancelled,
                   success_rate(s.succeeded, s.failed + s.timed_out), make_interval(secs => round(s.mean_wait)::float8),
                   make_interval(secs => round(s.mean_duration)::float8), s.gpu_hours, round(s.reserved, 2),
                   round(s.used_of_reserved / nullif(s.reserved, 0), 4), s.cpu_hours, s.cost_usd, s.last_run_at
              FROM (SELECT r.compute_target, count(*) AS runs, count(*) FILTER (WHERE r.status = 'queued') AS queued,
                           count(*) FILTER (WHERE r.status = 'running') AS running, count(*) FILTER (WHERE r.status = 'succeeded') AS succeeded,
                           count(*) FILTER (WHERE r.status = 'failed') AS failed, count(*) FILTER (WHERE r.status = 'timeout') AS timed_out,
                           count(*) FILTER (WHERE r.status = 'cancelled') AS cancelled,
                           avg(r.wait_seconds) FILTER (WHERE r.started_at IS NOT NULL) AS mean_wait, avg(r.duration_seconds) AS mean_duration,
                           sum(r.gpu_hours) AS gpu_hours, sum(r.cpu_hours) AS cpu_hours, sum(r.cost_usd) AS cost_usd, max(r.queued_at) AS last_run_at,
                           -- The GPUs of a run were its own from its start to its end; of one that is running, until now.
                           sum(r.gpu_count * g.held) AS reserved,
                           sum(r.gpu_hours) FILTER (WHERE r.gpu_count * g.held > 0) AS used_of_reserved
                      FROM v_training_runs r
                     CROSS JOIN LATERAL (SELECT extract(epoch FROM coalesce(r.completed_at, greatest(r.started_at, now())) - r.started_at) / 3600) AS g (held)
                     WHERE r.organization_id = here AND (only_project IS NULL OR r.project_id = only_project)
                       AND (compute_utilization.since IS NULL OR r.queued_at >= compute_utilization.since)
                       AND (compute_utilization.until IS NULL OR r.queued_at < compute_utilization.until)
                     GROUP BY r.compute_target) AS s
             ORDER BY s.gpu_hours DESC, s.cpu_hours DESC, s.compute_target
             LIMIT compute_utilization.max_rows;
    END
    $function$;
COMMENT ON FUNCTION compute_utilization(timestamptz, timestamptz, text, bigint) IS 'runs of each compute target, most GPU hours first; gpu_hours_reserved: number of GPUs times the hours from start to end (or now), gpu_utilization: share of them that was used';

CREATE OR REPLACE FUNCTION daily_activity(days integer DEFAULT 30, until timestamptz DEFAULT now(), project text DEFAULT NULL)
    RETURNS TABLE (day date, queued bigint, started bigint, finished bigint, succeeded bigint, failed bigint, timed_out bigint, cancelled bigint,
                   gpu_hours numeric, cpu_hours numeric, cost_usd numeric, models bigint, versions bigint)
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 30 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        here constant uuid := find_organization(NULL);
        only_project constant uuid := project_filter(project);
        last_day constant date := (daily_activity.until AT TIME ZONE 'UTC')::date;
        first_moment timestamptz;
        end_moment timestamptz;
    BEGIN
        IF daily_activity.days IS NULL OR daily_activity.days NOT BETWEEN 1 AND 36525 THEN
            RAISE EXCEPTION 'days must be between 1 and 36525: %', coalesce(daily_activity.days::text, 'NULL') USING ERRCODE = 'invalid_parameter_value';
        END IF;
        IF last_day IS NULL OR NOT isfinite(last_day) THEN
            RAISE EXCEPTION 'until must be a point in time: %', coalesce(daily_activity.until::text, 'NULL') USING ERRCODE = 'invalid_parameter_value';
        END IF;
        first_moment := (last_day - (daily_activity.days - 1))::timestamp AT TIME ZONE 'UTC';
        end_moment := (last_day + 1)::timestamp AT TIME ZONE 'UTC';
        RETURN QUERY
            WITH event AS (
                SELECT (r.queued_at AT TIME ZONE 'UTC')::date AS day, 'queued' AS what, r.gpu_hours, r.cpu_hours, r.cost_usd
                  FROM v_training_runs r
                 WHERE r.organization_id = here AND (only_project IS NULL OR r.project_id = only_project)
                   AND r.queued_at >= first_moment AND r.queued_at < end_moment
                UNION ALL
                SELECT (r.started_at AT TIME ZONE 'UTC')::date, 'started', NULL, NULL, NULL
                  FROM v_training_runs r
                 WHERE r.organization_id = here AND (only_project IS NULL OR r.project_id = only_project)
                   AND r.started_at >= first_moment AND r.started_at < end_moment
                UNION ALL
                SELECT (r.completed_at AT TIME ZONE 'UTC')::date, r.status, NULL, NULL, NULL
                  FROM v_training_runs r
                 WHERE r.organization_id = here AND (only_project IS NULL OR r.project_id = only_project)
                   AND r.completed_at >= first_moment AND r.completed_at < end_moment
                UNION ALL
                SELECT (m.created_at AT TIME ZONE 'UTC')::date, 'model', NULL, NULL, NULL
                  FROM models m
                  JOIN projects p USING (project_id)
                 WHERE m.organization_id = here AND (only_project IS NULL OR m.project_id = only_project)
                   AND m.created_at >= first_moment AND m.created_at < end_moment AND m.deleted_at IS NULL AND p.deleted_at IS NULL
                UNION ALL
                SELECT (v.registered_at AT TIME ZONE 'UTC')::date, 'version', NULL, NULL, NULL
                  FROM model_versions v
                  JOIN models m USING (model_id)
                  JOIN projects p ON p.project_id = v.project_id
                 WHERE v.organization_id = here AND (only_project IS NULL OR v.project_id = only_project)
                   AND v.registered_at >= first_moment AND v.registered_at < end_moment
                   AND v.deleted_at IS NULL AND m.deleted_at IS NULL AND p.deleted_at IS NULL)
            SELECT d.day, count(*) FILTER (WHERE e.what = 'queued'), count(*) FILTER (WHERE e.what = 'started'),
                   count(*) FILTER (WHERE e.what IN ('succeeded', 'failed', 'timeout', 'cancelled')),
                   count(*) FILTER (WHERE e.what = 'succeeded'), count(*) FILTER (WHERE e.what = 'failed'),
                   count(*) FILTER (WHERE e.what = 'timeout'), count(*) FILTER (WHERE e.what = 'cancelled'),
                   coalesce(sum(e.gpu_hours), 0), coalesce(sum(e.cpu_hours), 0), coalesce(sum(e.cost_usd), 0),
                   count(*) FILTER (WHERE e.what = 'model'), count(*) FILTER (WHERE e.what = 'version')
              FROM (SELECT last_day - n AS day FROM generate_series(0, daily_activity.days - 1) AS n) AS d
              LEFT JOIN event e USING (day)
             GROUP BY d.day
             ORDER BY d.day;
    END
    $function$;
COMMENT ON FUNCTION daily_activity(integer, timestamptz, text) IS 'what happened on each of so many days (UTC), the last of them that of until, also where nothing did: runs queued, started and finished, hours and cost of those queued, new models and versions';

CREATE OR REPLACE FUNCTION recent_failures(
        within interval DEFAULT '7 days',
        project text DEFAULT NULL,
        max_rows bigint DEFAULT 100)
    RETURNS TABLE (project_slug text, experiment_name text, run_name text, run_number integer, model_name text, framework text, status text,
                   error_message text, exit_code integer, compute_target text, completed_at timestamptz, duration interval, gpu_hours numeric,
                   cost_usd numeric, started_by text, retries bigint, run_id uuid)
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 100 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        here constant uuid := find_organization(NULL);
        only_project constant uuid := project_filter(project);
    BEGIN
        PERFORM require_max_rows(recent_failures.max_rows);
        PERFORM require_not_negative('within', recent_failures.within);
        RETURN QUERY
            SELECT p.slug, f.experiment_name, f.run_name, f.run_number, f.model_name, f.framework, f.status, f.error_message, r.exit_code,
                   f.compute_target, f.completed_at, make_interval(secs => f.duration_seconds::float8), f.gpu_hours, f.cost_usd, r.started_by,
                   (SELECT count(*) FROM training_runs c WHERE c.parent_run_id = f.run_id AND c.deleted_at IS NULL), f.run_id
              FROM (SELECT v.*
                      FROM v_training_runs v
                     WHERE v.organization_id = here AND (only_project IS NULL OR v.project_id = only_project)
                       AND v.status IN ('failed', 'timeout')
                       AND (recent_failures.within IS NULL OR v.completed_at >= now() - recent_failures.within)
                     ORDER BY v.completed_at DESC, v.run_id
                     LIMIT recent_failures.max_rows) AS f
              JOIN training_runs r USING (run_id)
              JOIN projects p ON p.project_id = f.project_id
             ORDER BY f.completed_at DESC, f.run_id;
    END
    $function$;
COMMENT ON FUNCTION recent_failures(interval, text, bigint) IS 'runs that failed or ran out of time within so long, newest first, with what they said and how many runs were started as a retry of each';

CREATE OR REPLACE FUNCTION runs_needing_review(
        min_accuracy numeric DEFAULT 0.8,
        max_loss numeric DEFAULT NULL,
        max_cost_usd numeric DEFAULT 500,
        within interval DEFAULT '30 days',
        reviewed_tag text DEFAULT 'reviewed',
        project text DEFAULT NULL,
        max_rows bigint DEFAULT 100)
    RETURNS TABLE (project_slug text, experiment_name text, run_name text, run_number integer, model_name text, status text, reasons text[],
                   accuracy numeric, loss numeric, cost_usd numeric, error_message text, queued_at timestamptz, completed_at timestamptz,
                   run_id uuid)
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 100 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        here constant uuid := find_organization(NULL);
        only_project constant uuid := project_filter(project);
    BEGIN
        PERFORM require_max_rows(runs_needing_review.max_rows);
        IF NOT runs_needing_review.min_accuracy BETWEEN 0 AND 1 THEN -- NaN is above all numbers
            RAISE EXCEPTION 'min_accuracy must be from 0 to 1: %', runs_needing_review.min_accuracy USING ERRCODE = 'invalid_parameter_value';
        END IF;
        PERFORM require_not_negative('max_cost_usd', runs_needing_review.max_cost_usd),
                require_not_negative('within', runs_needing_review.within);
        RETURN QUERY
            SELECT p.slug, f.experiment_name, f.run_name, f.run_number, f.model_name, f.status, f.reasons, f.accuracy, f.loss, f.cost_usd,
                   f.error_message, f.queued_at, f.completed_at, f.run_id
              FROM (SELECT v.*, x.reasons
                      FROM v_training_runs v
                      JOIN training_runs r USING (run_id)
                     CROSS JOIN LATERAL (
                           SELECT array_remove(ARRAY[
                               CASE WHEN v.status IN ('failed', 'timeout')
                                     AND NOT EXISTS (SELECT FROM training_runs c WHERE c.parent_run_id = v.run_id AND c.deleted_at IS NULL)
                                    THEN v.status END,
                               CASE WHEN v.accuracy < runs_needing_review.min_accuracy THEN 'low accuracy' END,
                               CASE WHEN v.loss = 'NaN' THEN 'loss is NaN' WHEN v.loss > runs_needing_review.max_loss THEN 'high loss' END,
                               CASE WHEN v.status = 'succeeded' AND v.accuracy IS NULL AND v.loss IS NULL AND v.f1_score IS NULL
                                     AND v.auc_roc IS NULL AND v.precision_score IS NULL AND v.recall_score IS NULL AND r.custom_metrics = '{}'
                                     AND NOT EXISTS (SELECT FROM run_metrics k WHERE k.run_id = v.run_id)
                                    THEN 'no metrics' END,
                               CASE WHEN v.cost_usd > runs_needing_review.max_cost_usd THEN 'high cost' END], NULL)) AS x (reasons)
                     WHERE v.organization_id = here AND (only_project IS NULL OR v.project_id = only_project)
                       AND (runs_needing_review.within IS NULL OR v.queued_at >= now() - runs_needing_review.within)
                       AND x.reasons <> '{}'
                       AND NOT EXISTS (SELECT FROM run_tags rt JOIN tags t USING (tag_id)
                                        WHERE rt.run_id = v.run_id AND t.tag_name = runs_needing_review.reviewed_tag)
                     ORDER BY v.queued_at DESC, v.run_id
                     LIMIT runs_needing_review.max_rows) AS f
              JOIN projects p ON p.project_id = f.project_id
             ORDER BY f.queued_at DESC, f.run_id;
    END
    $function$;
COMMENT ON FUNCTION runs_needing_review(numeric, numeric, numeric, interval, text, text, bigint) IS 'runs queued within so long that somebody should look at, newest first, and why: failed or out of time and not tried again, low accuracy, NaN or more than max_loss as loss (NULL: losses of different models are not one scale), no metrics at all, high cost; a run with the tag reviewed (or another) is done with';

CREATE OR REPLACE FUNCTION expensive_runs(
        min_cost_usd numeric DEFAULT 100,
        since timestamptz DEFAULT NULL,
        until timestamptz DEFAULT NULL,
        project text DEFAULT NULL,
        max_rows bigint DEFAULT 100)
    RETURNS TABLE (project_slug text, experiment_name text, run_name text, run_number integer, model_name text, status text, compute_target text,
                   gpu_type text, gpu_hours numeric, cpu_hours numeric, cost_usd numeric, is_estimate boolean, percent numeric, accuracy numeric,
                   queued_at timestamptz, started_by text, run_id uuid)
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 100 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        here constant uuid := find_organization(NULL);
        only_project constant uuid := project_filter(project);
    BEGIN
        PERFORM require_max_rows(expensive_runs.max_rows);
        PERFORM require_not_negative('min_cost_usd', expensive_runs.min_cost_usd);
        RETURN QUERY
            SELECT p.slug, f.experiment_name, f.run_name, f.run_number, f.model_name, f.status, f.compute_target, f.gpu_type, f.gpu_hours,
                   f.cpu_hours, f.cost_usd, r.estimated_cost_usd IS NOT NULL, round(100 * f.cost_usd / nullif(f.in_all, 0), 1), f.accuracy,
                   f.queued_at, r.started_by, f.run_id
              FROM (SELECT *
                      FROM (SELECT v.*, sum(v.cost_usd) OVER () AS in_all -- of the cheap ones, too
                              FROM v_training_runs v
                             WHERE v.organization_id = here AND (only_project IS NULL OR v.project_id = only_project)
                               AND (expensive_runs.since IS NULL OR v.queued_at >= expensive_runs.since)
                               AND (expensive_runs.until IS NULL OR v.queued_at < expensive_runs.until)) AS v
                     WHERE expensive_runs.min_cost_usd IS NULL OR v.cost_usd >= expensive_runs.min_cost_usd
                     ORDER BY v.cost_usd DESC, v.queued_at DESC, v.run_id
                     LIMIT expensive_runs.max_rows) AS f
              JOIN training_runs r USING (run_id)
              JOIN projects p ON p.project_id = f.project_id
             ORDER BY f.cost_usd DESC, f.queued_at DESC, f.run_id;
    END
    $function$;
COMMENT ON FUNCTION expensive_runs(numeric, timestamptz, timestamptz, text, bigint) IS 'runs that cost at least so much, most expensive first; percent: of the cost of all runs of the period; is_estimate: the cost is the one that was estimated, not computed from GPU hours';

CREATE OR REPLACE FUNCTION long_running(longer_than interval DEFAULT '24 hours', project text DEFAULT NULL, max_rows bigint DEFAULT 100)
    RETURNS TABLE (project_slug text, experiment_name text, run_name text, run_number integer, model_name text, compute_target text,
                   started_at timestamptz, running_for interval, usual interval, times_usual numeric, gpu_count integer, gpu_hours numeric,
                   cost_usd numeric, started_by text, run_id uuid)
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 20 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        here constant uuid := find_organization(NULL);
        only_project constant uuid := project_filter(project);
    BEGIN
        PERFORM require_max_rows(long_running.max_rows);
        PERFORM require_not_negative('longer_than', long_running.longer_than);
        RETURN QUERY
            WITH page AS MATERIALIZED (
                SELECT v.*, now() - v.started_at AS running_for
                  FROM v_training_runs v
                 WHERE v.organization_id = here AND (only_project IS NULL OR v.project_id = only_project) AND v.status = 'running'
                   AND (long_running.longer_than IS NULL OR v.started_at <= now() - long_running.longer_than)
                 ORDER BY v.started_at, v.run_id
                 LIMIT long_running.max_rows),
            usual AS (
                SELECT o.model_id, percentile_cont(0.5) WITHIN GROUP (ORDER BY o.duration_seconds) AS seconds
                  FROM v_training_runs o
                 WHERE o.model_id IN (SELECT g.model_id FROM page g) AND o.status = 'succeeded'
                 GROUP BY o.model_id)
            SELECT p.slug, g.experiment_name, g.run_name, g.run_number, g.model_name, g.compute_target, g.started_at, g.running_for,
                   make_interval(secs => round(u.seconds)), round(extract(epoch FROM g.running_for) / nullif(u.seconds, 0)::numeric, 1), g.gpu_count,
                   g.gpu_hours, g.cost_usd, r.started_by, g.run_id
              FROM page g
              JOIN training_runs r USING (run_id)
              JOIN projects p ON p.project_id = g.project_id
              LEFT JOIN usual u ON u.model_id = g.model_id
             ORDER BY g.started_at, g.run_id;
    END
    $function$;
COMMENT ON FUNCTION long_running(interval, text, bigint) IS 'runs that have been running for so long, longest first; usual: median duration of the runs of the same model that succeeded, times_usual: how often it fits';

CREATE OR REPLACE FUNCTION queue_depth(project text DEFAULT NULL, max_rows bigint DEFAULT NULL)
    RETURNS TABLE (compute_target text, queued bigint, running bigint, gpus_wanted bigint, gpus_in_use bigint, longest_wait interval,
                   mean_wait interval, oldest_queued_at timestamptz, oldest_run_id uuid)
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 20 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        here constant uuid := find_organization(NULL);
        only_project constant uuid := project_filter(project);
    BEGIN
        PERFORM require_max_rows(queue_depth.max_rows);
        RETURN QUERY
            SELECT r.compute_target, count(*) FILTER (WHERE r.status = 'queued') AS queued, count(*) FILTER (WHERE r.status = 'running'),
                   coalesce(sum(r.gpu_count) FILTER (WHERE r.status = 'queued'), 0), coalesce(sum(r.gpu_count) FILTER (WHERE r.status = 'running'), 0),
                   make_interval(secs => max(r.wait_seconds) FILTER (WHERE r.status = 'queued')::float8) AS longest_wait,
                   make_interval(secs => round(avg(r.wait_seconds) FILTER (WHERE r.status = 'queued'), 3)::float8),
                   min(r.queued_at) FILTER (WHERE r.status = 'queued'),
                   (array_agg(r.run_id ORDER BY r.queued_at, r.run_id) FILTER (WHERE r.status = 'queued'))[1]
              FROM v_training_runs r
             WHERE r.organization_id = here AND (only_project IS NULL OR r.project_id = only_project) AND r.status IN ('queued', 'running')
             GROUP BY r.compute_target
             ORDER BY 2 DESC, 6 DESC NULLS LAST, 3 DESC, 1
             LIMIT queue_depth.max_rows;
    END
    $function$;
COMMENT ON FUNCTION queue_depth(text, bigint) IS 'compute targets that runs wait for or run on, longest queue first: how many, for how many GPUs, and for how long the oldest has waited';

CREATE OR REPLACE FUNCTION models_needing_retraining(
        days integer DEFAULT 90,
        new_data boolean DEFAULT false,
        project text DEFAULT NULL,
        max_rows bigint DEFAULT NULL)
    RETURNS TABLE (project_slug text, model_name text, team_name text, primary_contact text, risk_level text, reason text, last_trained_at timestamptz,
                   age interval, data_updated_at timestamptz, latest_version semver, failed_since bigint, active_runs bigint, model_id uuid)
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 100 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        here constant uuid := find_organization(NULL);
        only_project constant uuid := project_filter(project);
    BEGIN
        PERFORM require_max_rows(models_needing_retraining.max_rows);
        PERFORM require_not_negative('days', models_needing_retraining.days);
        RETURN QUERY
            WITH run AS (
                SELECT r.model_id, max(r.completed_at) FILTER (WHERE r.status = 'succeeded') AS last_success_at,
                       count(*) FILTER (WHERE r.status IN ('queued', 'running')) AS active_runs
                  FROM v_training_runs r
                 WHERE r.organization_id = here
                 GROUP BY r.model_id),
            version AS ( -- what was trained elsewhere was so before it was registered
                SELECT v.model_id, max(v.registered_at) AS last_version_at
                  FROM model_versions v
                 WHERE v.organization_id = here AND v.deleted_at IS NULL
                 GROUP BY v.model_id),
            trained AS (
                SELECT m.model_id, m.project_id, m.model_name, m.team_id, m.primary_contact, m.risk_level,
                       coalesce(r.last_success_at, v.last_version_at) AS last_trained_at, coalesce(r.active_runs, 0) AS active_runs
                  FROM models m
                  LEFT JOIN run r USING (model_id)
                  LEFT JOIN version v USING (model_id)
                 WHERE m.organization_id = here AND (only_project IS NULL OR m.project_id = only_project) AND m.is_active AND m.deleted_at IS NULL),
            failure AS (
                SELECT r.model_id, count(*) AS failed_since
                  FROM v_training_runs r
                  JOIN trained t USING (model_id)
                 WHERE r.organization_id = here AND r.status IN ('failed', 'timeout')
                   AND (t.last_trained_at IS NULL OR r.completed_at > t.last_trained_at)
                 GROUP BY r.model_id),
            data AS (
                SELECT r.model_id, max(d.last_updated_at) AS data_updated_at
                  FROM v_training_runs r
                  JOIN run_datasets rd USING (run_id)
                  JOIN datasets d ON d.dataset_id = rd.dataset_id
                 WHERE r.organization_id = here AND r.status = 'succeeded' AND rd.dataset_role = 'train' AND d.deleted_at IS NULL
                 GROUP BY r.model_id)
            SELECT p.slug, t.model_name, e.team_name, t.primary_contact, t.risk_level, x.reason, t.last_trained_at,
                   CASE WHEN isfinite(t.last_trained_at) THEN now() - t.last_trained_at END, d.data_updated_at, l.latest_version,
                   coalesce(f.failed_since, 0), t.active_runs, t.model_id
              FROM trained t
              JOIN projects p ON p.project_id = t.project_id
              LEFT JOIN teams e ON e.team_id = t.team_id
              LEFT JOIN failure f ON f.model_id = t.model_id
              LEFT JOIN data d ON d.model_id = t.model_id
              LEFT JOIN v_models_latest l ON l.model_id = t.model_id
             CROSS JOIN LATERAL (SELECT CASE WHEN t.last_trained_at IS NULL THEN 'never trained'
                                             WHEN t.last_trained_at < now() - make_interval(days => models_needing_retraining.days) THEN 'too old'
                                             WHEN models_needing_retraining.new_data AND d.data_updated_at > t.last_trained_at THEN 'new data'
                                        END) AS x (reason)
             WHERE p.deleted_at IS NULL AND x.reason IS NOT NULL
             ORDER BY t.last_trained_at NULLS FIRST, p.slug, t.model_name
             LIMIT models_needing_retraining.max_rows;
    END
    $function$;
COMMENT ON FUNCTION models_needing_retraining(integer, boolean, text, bigint) IS 'active models that were never trained, or last more than so many days ago, or (new_data) before the data that they were trained on changed, longest ago first; trained: the end of the last run that succeeded, without one the registration of the newest version';

CREATE OR REPLACE FUNCTION version_statistics(project text DEFAULT NULL, max_rows bigint DEFAULT NULL)
    RETURNS TABLE (project_slug text, model_name text, versions bigint, releases bigint, prereleases bigint, highest semver,
                   development bigint, staging bigint, production bigint, archived bigint, validated bigint, deprecated bigint,
                   first_registered_at timestamptz, last_registered_at timestamptz, mean_interval interval, registered_last_30_days bigint,
                   artifact_bytes numeric, runs bigint, model_id uuid)
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 100 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        here constant uuid := find_organization(NULL);
        only_project constant uuid := project_filter(project);
    BEGIN
        PERFORM require_max_rows(version_statistics.max_rows);
        RETURN QUERY
            WITH run AS (
                SELECT v.model_id, count(*) AS runs
                  FROM v_training_runs r
                  JOIN model_versions v USING (version_id)
                 WHERE r.organization_id = here AND v.deleted_at IS NULL
                 GROUP BY v.model_id)
            SELECT p.slug, m.model_name, s.versions, s.releases, s.versions - s.releases, s.highest, s.development, s.staging, s.production,
                   s.archived, s.validated, s.deprecated, s.first_registered_at, s.last_registered_at,
                   CASE WHEN s.versions > 1 AND isfinite(s.first_registered_at) AND isfinite(s.last_registered_at)
                        THEN (s.last_registered_at - s.first_registered_at) / (s.versions - 1) END,
                   s.registered_last_30_days, s.artifact_bytes, coalesce(r.runs, 0), m.model_id
              FROM (SELECT v.model_id, count(*) AS versions, count(*) FILTER (WHERE NOT is_prerelease(v.semver)) AS releases,
                           max(v.semver) AS highest,
                           count(*) FILTER (WHERE v.stage = 'development') AS development, count(*) FILTER (WHERE v.stage = 'staging') AS staging,
                           count(*) FILTER (WHERE v.stage = 'production') AS production, count(*) FILTER (WHERE v.stage = 'archived') AS archived,
                           count(*) FILTER (WHERE v.status IN ('validated', 'deployed')) AS validated,
                           count(*) FILTER (WHERE v.status = 'deprecated') AS deprecated,
                           min(v.registered_at) AS first_registered_at, max(v.registered_at) AS last_registered_at,
                           count(*) FILTER (WHERE v.registered_at > now() - '30 days'::interval) AS registered_last_30_days,
                           coalesce(sum(v.artifact_size_bytes), 0) AS artifact_bytes
                      FROM model_versions v
                     WHERE v.organization_id = here AND (only_project IS NULL OR v.project_id = only_project) AND v.deleted_at IS NULL
                     GROUP BY v.model_id) AS s
              JOIN models m USING (model_id)
              JOIN projects p USING (project_id)
              LEFT JOIN run r ON r.model_id = m.model_id
             WHERE m.deleted_at IS NULL AND p.deleted_at IS NULL
             ORDER BY s.versions DESC, p.slug, m.model_name
             LIMIT version_statistics.max_rows;
    END
    $function$;
COMMENT ON FUNCTION version_statistics(text, bigint) IS 'versions of each model that has any, most versions first: how many, in which stages, how far apart, how big, and the runs that they came from';

-- functions/audit_internal.sql
-- The audit trail: which tables, which bytes. Records are written by trigger audit, see data/80_audit.sql.

CREATE OR REPLACE FUNCTION trg_audit() RETURNS trigger LANGUAGE C AS 'MODULE_PATHNAME', 'mlregistry_trg_audit';
COMMENT ON FUNCTION trg_audit() IS 'trigger audit: what a statement has changed goes into the audit trail; for each statement, with transition tables';

CREATE OR REPLACE FUNCTION audit_rules()
    RETURNS TABLE (table_name text, entity_type text, key_scope text, redacted text[], not_audited text)
    LANGUAGE C IMMUTABLE PARALLEL SAFE ROWS 30 AS 'MODULE_PATHNAME', 'mlregistry_audit_rules';
COMMENT ON FUNCTION audit_rules() IS 'what the audit trail says of each table: its kind of entity, the scope by which API keys read that, columns whose values never appear; or why it is not audited';

CREATE OR REPLACE FUNCTION readable_entities() RETURNS text[]
    LANGUAGE C STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'mlregistry_readable_entities';
COMMENT ON FUNCTION readable_entities() IS 'kinds of entities whose audit records are open to more than admins, as far as the scopes of the API key go: for policies';

CREATE OR REPLACE FUNCTION audit_log_time(log_id uuid) RETURNS timestamptz
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_audit_log_time';
COMMENT ON FUNCTION audit_log_time(uuid) IS 'created_at of the audit record with this log_id, read from it; NULL where the registry has not made it';

CREATE OR REPLACE FUNCTION audit_payload(log record) RETURNS bytea
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_audit_payload';
COMMENT ON FUNCTION audit_payload(record) IS 'the bytes of a row of audit_logs that are hashed behind its salt (docs/audit-format.md); NULL where they were erased';

CREATE OR REPLACE FUNCTION audit_leaf(log record) RETURNS bytea
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_audit_leaf';
COMMENT ON FUNCTION audit_leaf(record) IS 'the bytes of a row of audit_logs that its leaf_hash is over, behind a zero byte (docs/audit-format.md); NULL where the payload is gone without its hash';

CREATE OR REPLACE FUNCTION audit_leaf_hash(log record) RETURNS bytea
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_audit_leaf_hash';
COMMENT ON FUNCTION audit_leaf_hash(record) IS 'what leaf_hash of a row of audit_logs must be: SHA-256 of a zero byte and audit_leaf()';

CREATE OR REPLACE FUNCTION audit_note(kind text, id uuid, action text, details jsonb, reason text) RETURNS uuid
    LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'mlregistry_audit_note';
COMMENT ON FUNCTION audit_note(text, uuid, text, jsonb, text) IS 'adds to the audit trail what happened outside, such as a download, about a model, a version, a dataset or a run that one may read; returns its log_id';

-- functions/audit.sql
-- The audit trail as people read it: of a thing, of a person, of the organization. Row security says which rows there are;
-- nothing here repeats it.

CREATE OR REPLACE FUNCTION names_version(entity_name text, version semver) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
        -- model@1.4.0 and model@1.4.0/path, whatever the model was called then; an alias is no version
        SELECT coalesce(CASE WHEN is_semver(split_part(split_part(entity_name, '@', 2), '/', 1))
                             THEN split_part(split_part(entity_name, '@', 2), '/', 1)::semver = version END, false)
    $function$;
COMMENT ON FUNCTION names_version(text, semver) IS 'true for the name of an event (model@version or model@version/path) that is about that version';

-- Everything that ever had the name: what is there, what is soft-deleted, and of what is gone what its deletion left in the
-- trail. find_model(), find_version() and find_dataset() say what is wrong when there is nothing.
CREATE OR REPLACE FUNCTION find_audited(reference text, OUT subjects uuid[], OUT version semver, OUT version_ids uuid[])
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    DECLARE
        bare text;
        ref record;
        in_project uuid;
        alive uuid;
    BEGIN
        IF reference IS NULL THEN
            RAISE EXCEPTION 'a reference must not be NULL' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        IF starts_with(reference, 'run:') THEN
            -- A run's events are found under its experiment.
            version_ids := ARRAY[find_run(reference)];
            subjects := ARRAY(SELECT r.experiment_id FROM training_runs r WHERE r.run_id = version_ids[1]);
            RETURN;
        END IF;
        IF starts_with(reference, 'experiment:') THEN
            SELECT e.in_project, e.experiment_name AS name INTO ref FROM parse_experiment(reference) AS e;
            subjects := ARRAY(SELECT e.experiment_id FROM experiments e
                               WHERE e.organization_id = current_organization_id() AND e.project_id = ref.in_project AND e.experiment_name = ref.name
                              UNION
                              SELECT l.subject_id FROM audit_logs l
                               WHERE l.organization_id = current_organization_id() AND l.project_id = ref.in_project
                                 AND l.entity_name = ref.name AND l.action = 'experiment.delete');
            IF subjects = '{}' THEN
                PERFORM find_experiment(reference);
            END IF;
            RETURN;
        END IF;
        IF starts_with(reference, 'dataset:') THEN
            bare := substr(reference, length('dataset:') + 1);
            SELECT CASE WHEN position('/' IN bare) > 0 THEN split_part(bare, '/', 1) END AS project,
                   substr(bare, position('/' IN bare) + 1) AS dataset
              INTO ref;
            IF NOT is_valid_tag_name(ref.dataset) OR NOT coalesce(is_valid_name(ref.project), true) THEN
                PERFORM find_dataset(reference);
            END IF;
            in_project := find_project(ref.project);
            subjects := ARRAY(SELECT d.dataset_id FROM datasets d
                               WHERE d.organization_id = current_organization_id() AND d.project_id = in_project AND d.dataset_name = ref.dataset
                              UNION
                              SELECT l.subject_id FROM audit_logs l
                               WHERE l.organization_id = current_organization_id() AND l.project_id = in_project
                                 AND l.entity_name = ref.dataset AND l.action = 'dataset.delete');
            IF subjects = '{}' THEN
                PERFORM find_dataset(reference);
            END IF;
            RETURN;
        END IF;

        ref := parse_reference(reference);
        in_project := find_project(ref.project);
        subjects := ARRAY(SELECT m.model_id FROM models m
                           WHERE m.organization_id = current_organization_id() AND m.project_id = in_project AND m.model_name = ref.model
                          UNION
                          SELECT l.subject_id FROM audit_logs l
                           WHERE l.organization_id = current_organization_id() AND l.project_id = in_project
                             AND l.entity_name = ref.model AND l.action = 'model.delete');
        IF subjects = '{}' THEN
            PERFORM find_model(ref.project, ref.model);
        END IF;
        IF ref.selector IS NULL THEN
            RETURN;
        END IF;
        IF ref.selector_kind <> 'exact' THEN
            -- An alias, a range, a stage: the version that it means now.
            SELECT v.semver, ARRAY[v.model_id], ARRAY[v.version_id] INTO version, subjects, version_ids
              FROM model_versions v
             WHERE v.version_id = find_version(reference);
            RETURN;
        END IF;
        version := ref.selector::semver;
        version_ids := ARRAY(SELECT v.version_id FROM model_versions v WHERE v.model_id = ANY (subjects) AND v.semver = find_audited.version);
        IF version_ids = '{}'
           AND NOT EXISTS (SELECT FROM audit_logs l WHERE l.subject_id = ANY (subjects) AND names_version(l.entity_name, find_audited.version)) THEN
            SELECT m.model_id INTO alive FROM models m WHERE m.model_id = ANY (subjects) AND m.deleted_at IS NULL;
            IF alive IS NOT NULL THEN
                PERFORM find_version(alive, ref.selector);
            END IF;
            RAISE EXCEPTION 'model "%" had no version "%"', concat_ws('/', ref.project, ref.model), shortened(ref.selector)
                USING ERRCODE = 'no_data_found', HINT = 'The model is deleted. Its trail names the versions that it had.';
        END IF;
    END
    $function$;
COMMENT ON FUNCTION find_audited(text) IS 'identifiers of all models, datasets or experiments that a reference [project/]model[@selector], dataset:[project/]name or experiment:[project/]name names or ever named, deleted ones too, with the version or the run (run:uuid) that is meant; P0002 when there was none';

CREATE OR REPLACE FUNCTION audit_action_patterns(actions text[]) RETURNS text[]
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    DECLARE
        action text;
    BEGIN
        IF actions IS NULL THEN
            RETURN NULL;
        END IF;
        FOREACH action IN ARRAY actions LOOP
            IF action IS NULL OR action COLLATE "C" !~ '^([a-z][a-z0-9_]*|[*])[.]([a-z][a-z0-9_]*|[*])$' THEN
                RAISE EXCEPTION 'invalid action: %', coalesce('"' || shortened(action) || '"', 'NULL')
                    USING ERRCODE = 'invalid_parameter_value',
                          HINT = 'An action is written entity.verb: version.promote, version.* or *.delete.';
            END IF;
        END LOOP;
        RETURN ARRAY(SELECT replace(replace(a, '_', E'\\_'), '*', '%') FROM unnest(actions) AS a);
    END
    $function$;
COMMENT ON FUNCTION audit_action_patterns(text[]) IS 'patterns for LIKE of actions as filters name them: version.promote, version.* or *.delete; 22023 for anything else';

-- One page of events, newest first, of the rows that have one of the keys in that column. Each index of the table has such a
-- column and created_at, so that a page costs a page, however much there is of the thing. The statement is made for each
-- call, so that it is planned for these times and reads their partitions alone.
CREATE OR REPLACE FUNCTION audit_page(
        key_column text,
        keys text[],
        version semver,
        version_ids uuid[],
        since timestamptz,
        until timestamptz,
        actions text[],
        entity_types text[],
        max_rows bigint,
        after uuid) RETURNS SETOF audit_event
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 100 SET search_path = pg_catalog, mlregistry, pg_temp
    SET enable_seqscan = off SET enable_bitmapscan = off SET enable_sort = off -- along the index, to the end of the page
    SET jit = off -- what the last sort costs by that setting would be worth compiling
    AS $function$
    #variable_conflict use_variable
    DECLARE
        patterns constant text[] := audit_action_patterns(actions);
        unknown text;
        -- A key is compared by the index; text, for the actor, alone is no uuid.
        key_type constant text := CASE key_column WHEN 'actor' THEN 'text' ELSE 'uuid' END;
        after_millisecond timestamptz;
        after_time timestamptz;
    BEGIN
        PERFORM require_max_rows(max_rows);
        IF entity_types IS NOT NULL THEN
            SELECT coalesce('"' || shortened(t) || '"', 'NULL') INTO unknown
              FROM unnest(entity_types) AS t
             WHERE NOT EXISTS (SELECT FROM audit_rules() AS r WHERE r.entity_type = t)
             LIMIT 1;
            IF FOUND THEN
                RAISE EXCEPTION 'unknown entity type: %', unknown
                    USING ERRCODE = 'invalid_parameter_value',
                          HINT = (SELECT format('There are %s.', string_agg(DISTINCT r.entity_type, ', ' ORDER BY r.entity_type)) FROM audit_rules() AS r);
            END IF;
        END IF;
        IF after IS NOT NULL THEN
            after_millisecond := date_trunc('milliseconds', audit_log_time(after));
            IF after_millisecond IS NULL THEN
                RAISE EXCEPTION 'after is no identifier of an event: %', after
                    USING ERRCODE = 'invalid_parameter_value',
                          DETAIL = 'An event''s identifier is a UUID of version 7, which has the time in it.',
                          HINT = 'Give the log_id of the last row of the page before.';
            END IF;
            EXECUTE format('SELECT l.created_at FROM audit_logs l
                             WHERE l.%I = ANY ($1::%s[]) AND l.log_id = $2 AND l.created_at >= $3 AND l.created_at < $4',
                           key_column, key_type)
               INTO after_time
              USING keys, after, after_millisecond, after_millisecond + interval '1 millisecond';
            IF after_time IS NULL THEN
                RAISE EXCEPTION 'after names no event of this trail: %', after
                    USING ERRCODE = 'invalid_parameter_value', HINT = 'Give the log_id of the last row of the page before.';
            END IF;
        END IF;
        RETURN QUERY EXECUTE format(
            'SELECT page.log_id, page.created_at, page.actor, page.action, page.entity_type, page.entity_id, page.entity_name,
                    page.changes::jsonb, page.details::jsonb, page.reason, o.slug, p.slug, page.txid, page.user_id, page.api_key_id,
                    page.db_role::text, page.ip_address, page.application_name, page.user_agent
               FROM (SELECT found.*
                       FROM unnest($1::%2$s[]) AS k (key),
                            LATERAL (SELECT l.* FROM audit_logs l
                                      WHERE l.%1$I = k.key%3$s
                                      ORDER BY l.created_at DESC, l.log_id DESC
                                      LIMIT $2) AS found
                      ORDER BY found.created_at DESC, found.log_id DESC
                      LIMIT $2) AS page
               LEFT JOIN organizations o ON o.organization_id = page.organization_id
               LEFT JOIN projects p ON p.project_id = page.project_id
              ORDER BY page.created_at DESC, page.log_id DESC',
            key_column, key_type,
            concat(CASE WHEN since IS NOT NULL THEN ' AND l.created_at >= $3' END,
                   CASE WHEN until IS NOT NULL THEN ' AND l.created_at < $4' END,
                   -- The first is what partitions are left out by.
                   CASE WHEN after IS NOT NULL THEN ' AND l.created_at <= $5 AND (l.created_at, l.log_id) < ($5, $6)' END,
                   CASE WHEN patterns IS NOT NULL THEN ' AND l.action LIKE ANY ($7)' END,
                   CASE WHEN entity_types IS NOT NULL THEN ' AND l.entity_type = ANY ($8)' END,
                   CASE WHEN version IS NULL AND version_ids IS NOT NULL THEN ' AND l.entity_id = ANY ($9)' END, -- a run
                   CASE WHEN version IS NOT NULL THEN
                       ' AND (l.entity_id = ANY ($9) OR names_version(l.entity_name, $10)
                              OR l.entity_type = ''alias''
                                 AND EXISTS (SELECT FROM generate_series(0, 1) AS n
                                              WHERE l.changes -> ''version_id'' ->> n = ANY ($9::text[])
                                                 OR names_version(''@'' || (l.changes -> ''version'' ->> n), $10)))' END))
            USING keys, max_rows, since, until, after_time, after, patterns, entity_types, version_ids, version;
    END
    $function$;
COMMENT ON FUNCTION audit_page(text, text[], semver, uuid[], timestamptz, timestamptz, text[], text[], bigint, uuid) IS 'one page of events, newest first: what audit_trail(), audit_by_actor() and recent_activity() have in common';

CREATE OR REPLACE FUNCTION audit_trail(
        reference text,
        since timestamptz DEFAULT NULL,
        until timestamptz DEFAULT NULL,
        actions text[] DEFAULT NULL,
        entity_types text[] DEFAULT NULL,
        max_rows bigint DEFAULT 100,
        after uuid DEFAULT NULL) RETURNS SETOF audit_event
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 100 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    DECLARE
        target record := find_audited(reference);
    BEGIN
        RETURN QUERY
            SELECT * FROM audit_page('subject_id', target.subjects::text[], target.version, target.version_ids,
                                     since, until, actions, entity_types, max_rows, after);
    END
    $function$;
COMMENT ON FUNCTION audit_trail(text, timestamptz, timestamptz, text[], text[], bigint, uuid) IS 'what happened to a model with all that belongs to it, to one of its versions, to a dataset (dataset:name), to an experiment with its runs (experiment:name) or to one run (run:uuid), newest first, also when it is deleted; since is the first moment, until the first one after; actions as version.promote, version.* or *.delete; after: log_id of the last row of the page before';

CREATE OR REPLACE FUNCTION audit_trail(
        subject uuid,
        since timestamptz DEFAULT NULL,
        until timestamptz DEFAULT NULL,
        actions text[] DEFAULT NULL,
        entity_types text[] DEFAULT NULL,
        max_rows bigint DEFAULT 100,
        after uuid DEFAULT NULL) RETURNS SETOF audit_event
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 100 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    DECLARE
        of_version record;
        of_run uuid;
    BEGIN
        IF subject IS NULL THEN
            RAISE EXCEPTION 'the identifier of a subject must not be NULL' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        -- A version's events are found under its model, a run's under its experiment.
        SELECT v.model_id, v.semver INTO of_version FROM model_versions v WHERE v.version_id = subject;
        IF of_version.model_id IS NULL THEN
            SELECT r.experiment_id INTO of_run FROM training_runs r WHERE r.run_id = subject;
        END IF;
        RETURN QUERY
            SELECT * FROM audit_page('subject_id', ARRAY[coalesce(of_version.model_id, of_run, subject)]::text[], of_version.semver,
                                     CASE WHEN coalesce(of_version.model_id, of_run) IS NOT NULL THEN ARRAY[subject] END,
                                     since, until, actions, entity_types, max_rows, after);
    END
    $function$;
COMMENT ON FUNCTION audit_trail(uuid, timestamptz, timestamptz, text[], text[], bigint, uuid) IS 'what happened to a model, a version or a run that is there, a dataset, an experiment, a user, or whatever else events are found under, by its identifier: see audit_trail(text, ...); no rows for what there is none of';

CREATE OR REPLACE FUNCTION audit_by_actor(
        actor text,
        since timestamptz DEFAULT NULL,
        until timestamptz DEFAULT NULL,
        actions text[] DEFAULT NULL,
        entity_types text[] DEFAULT NULL,
        max_rows bigint DEFAULT 100,
        after uuid DEFAULT NULL) RETURNS SETOF audit_event
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 100 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    BEGIN
        IF actor IS NULL THEN
            RAISE EXCEPTION 'the name of an actor must not be NULL' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        RETURN QUERY
            SELECT * FROM audit_page('actor', ARRAY[actor], NULL, NULL, since, until, actions, entity_types, max_rows, after);
    END
    $function$;
COMMENT ON FUNCTION audit_by_actor(text, timestamptz, timestamptz, text[], text[], bigint, uuid) IS 'what a user, by the e-mail of that time, or a database role did, newest first, in all organizations that the caller may look into: filters as of audit_trail(text, ...)';

CREATE OR REPLACE FUNCTION audit_by_actor(
        user_id uuid,
        since timestamptz DEFAULT NULL,
        until timestamptz DEFAULT NULL,
        actions text[] DEFAULT NULL,
        entity_types text[] DEFAULT NULL,
        max_rows bigint DEFAULT 100,
        after uuid DEFAULT NULL) RETURNS SETOF audit_event
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 100 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    BEGIN
        IF user_id IS NULL THEN
            RAISE EXCEPTION 'the identifier of a user must not be NULL' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        RETURN QUERY
            SELECT * FROM audit_page('user_id', ARRAY[user_id]::text[], NULL, NULL, since, until, actions, entity_types, max_rows, after);
    END
    $function$;
COMMENT ON FUNCTION audit_by_actor(uuid, timestamptz, timestamptz, text[], text[], bigint, uuid) IS 'what a user did under whatever e-mail: see audit_by_actor(text, ...)';

CREATE OR REPLACE FUNCTION recent_activity(
        since timestamptz DEFAULT NULL,
        until timestamptz DEFAULT NULL,
        actions text[] DEFAULT NULL,
        entity_types text[] DEFAULT NULL,
        max_rows bigint DEFAULT 100,
        after uuid DEFAULT NULL) RETURNS SETOF audit_event
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 100 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    BEGIN
        RETURN QUERY
            SELECT * FROM audit_page('organization_id', ARRAY[find_organization(NULL)]::text[], NULL, NULL,
                                     since, until, actions, entity_types, max_rows, after);
    END
    $function$;
COMMENT ON FUNCTION recent_activity(timestamptz, timestamptz, text[], text[], bigint, uuid) IS 'what happened in the current organization, as far as the caller may see it, newest first: filters as of audit_trail(text, ...)';

CREATE OR REPLACE FUNCTION audit_note(reference text, action text, details jsonb DEFAULT '{}', reason text DEFAULT NULL) RETURNS uuid
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    DECLARE
        target record := find_tagged(reference);
    BEGIN
        RETURN audit_note(target.kind, target.object_id, action, details, reason);
    END
    $function$;
COMMENT ON FUNCTION audit_note(text, text, jsonb, text) IS 'writes into the trail of a model, a version (model@selector), a dataset (dataset:name) or a run (run:uuid) what happened outside the registry: a download, a deployment elsewhere; returns the log_id';

-- functions/policies.sql
-- Row security, made from one table of rules.

-- What row security must not look at row by row: none of these says anything of a version but its result, so that conditions
-- with them may come before a policy, and use an index.
ALTER FUNCTION semver_in_range(semver, semver_range) LEAKPROOF;
ALTER FUNCTION semver_range_has(semver_range, semver) LEAKPROOF;
ALTER FUNCTION semver_range_filter(semver, semver_range, boolean) LEAKPROOF;
ALTER FUNCTION semver_range_lower_key(semver_range, boolean) LEAKPROOF;
ALTER FUNCTION semver_range_upper_key(semver_range, boolean) LEAKPROOF;
ALTER FUNCTION satisfies(semver, semver_range, boolean) LEAKPROOF;
ALTER FUNCTION is_prerelease(semver) LEAKPROOF;

-- scope project: rows of a project, read and changed by those who may in that project (admin: project owners and admins)
--       organization: rows of an organization, likewise (viewer, developer, admin)
--       self: users and keys: one's own, and what the tables' policies below say
--       owner: nobody but the tables' owner; global: no row security, vocabulary
-- A write_role of owner: nobody writes but triggers and functions that ask for themselves.
CREATE OR REPLACE FUNCTION builtin_access_rules()
    RETURNS TABLE (table_name text, scope text, read_role text, write_role text, key_scope text)
    LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 40 SET search_path = pg_catalog, pg_temp
    AS $function$VALUES
        ('registry_meta',            'global',       'viewer', 'owner',       NULL),
        ('frameworks',               'global',       'viewer', 'owner',       NULL),
        ('model_formats',            'global',       'viewer', 'owner',       NULL),
        ('storage_formats',          'global',       'viewer', 'owner',       NULL),
        ('tag_categories',           'global',       'viewer', 'owner',       NULL),
        ('gpu_types',                'global',       'viewer', 'owner',       NULL),
        ('organizations',            'organization', 'viewer', 'owner',       'admin'),
        ('projects',                 'project',      'viewer', 'admin',       'admin'),
        ('users',                    'self',         'viewer', 'owner',       NULL),
        ('user_credentials',         'owner',        'owner',  'owner',       NULL),
        ('organization_memberships', 'organization', 'viewer', 'admin',       'admin'),
        ('project_members',          'project',      'viewer', 'admin',       'admin'),
        ('api_keys',                 'self',         'viewer', 'owner',       NULL),
        ('api_key_secrets',          'owner',        'owner',  'owner',       NULL),
        ('role_access',              'owner',        'owner',  'owner',       NULL),
        ('access_rules',             'owner',        'owner',  'owner',       NULL),
        ('resource_quotas',          'organization', 'viewer', 'admin',       'admin'),
        ('guards',                   'owner',        'owner',  'owner',       NULL),
        ('teams',                    'organization', 'viewer', 'developer',   'names'),
        ('tags',                     'organization', 'viewer', 'developer',   'names'),
        ('models',                   'project',      'viewer', 'contributor', 'models'),
        ('model_tags',               'project',      'viewer', 'contributor', 'models'),
        ('model_versions',           'project',      'viewer', 'contributor', 'versions'),
        ('version_files',            'project',      'viewer', 'contributor', 'versions'),
        ('version_signatures',       'project',      'viewer', 'contributor', 'versions'),
        ('version_tags',             'project',      'viewer', 'contributor', 'versions'),
        ('model_aliases',            'project',      'viewer', 'contributor', 'versions'),
        ('model_metrics',            'project',      'viewer', 'contributor', 'versions'),
        ('alias_history',            'project',      'viewer', 'owner',       'versions'),
        ('datasets',                 'project',      'viewer', 'contributor', 'datasets'),
        ('dataset_tags',             'project',      'viewer', 'contributor', 'datasets'),
        ('experiments',              'project',      'viewer', 'contributor', 'runs'),
        ('training_runs',            'project',      'viewer', 'contributor', 'runs'),
        ('run_metrics',              'project',      'viewer', 'contributor', 'runs'),
        ('run_datasets',             'project',      'viewer', 'contributor', 'runs'),
        ('run_tags',                 'project',      'viewer', 'contributor', 'runs'),
        ('audit_logs',               'project',      'viewer', 'owner',       'names')
    $function$;
COMMENT ON FUNCTION builtin_access_rules() IS 'who may read and write each table: what install() and migrate() put into access_rules';

-- The condition of a policy. Arrays come from a subquery, which runs once a query. Names of what is there (projects, teams,
-- tags, organizations) every key may read: others are found by them.
CREATE OR REPLACE FUNCTION policy_condition(table_name text, scope text, verb text, role text, key_scope text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $function$
        SELECT CASE
            WHEN scope = 'self' AND verb = 'SELECT' AND table_name = 'users' THEN
                'user_id = (SELECT mlregistry.current_user_id()) OR EXISTS (SELECT FROM mlregistry.organization_memberships m'
                || ' WHERE m.user_id = users.user_id AND m.organization_id = ANY ((SELECT mlregistry.allowed_organizations(''read'', ''names''))::uuid[]))'
            WHEN scope = 'self' AND verb = 'SELECT' AND table_name = 'api_keys' THEN
                -- One's own in what is open: an admin elsewhere may have made the key that acts.
                '(user_id = (SELECT mlregistry.current_user_id()) AND organization_id = ANY ((SELECT mlregistry.allowed_organizations(''read'', ''names''))::uuid[]))'
                || ' OR organization_id = ANY ((SELECT mlregistry.allowed_organizations(''oversee'', ''admin''))::uuid[])'
            WHEN role = 'owner' THEN NULL
            -- Admins read all of their organization; others what is told of rows that they may read, as far as the trail knows:
            -- projects go by their visibility now. Of people and keys one reads what is told of oneself. Public projects are open to
            -- other organizations, what happened in them is not: it says who came from where.
            WHEN scope = 'project' AND verb = 'SELECT' AND table_name = 'audit_logs' THEN
                'organization_id = ANY ((SELECT mlregistry.allowed_organizations(''oversee'', ''admin''))::uuid[])'
                || CASE WHEN role = 'admin' THEN '' ELSE
                   format(' OR (organization_id = ANY ((SELECT mlregistry.allowed_organizations(''read'', %1$L))::uuid[])'
                          ' AND (entity_type = ANY ((SELECT mlregistry.readable_entities())::text[])'
                          ' AND (project_id IS NULL OR project_id = ANY ((SELECT mlregistry.allowed_projects(''read'', %1$L))::uuid[]))'
                          ' OR entity_type IN (''api_key'', ''user'') AND subject_id = (SELECT mlregistry.current_user_id())))', key_scope) END
            -- A project that is not there yet has nobody who owns it.
            WHEN table_name = 'projects' AND verb = 'INSERT' THEN
                format('organization_id = ANY ((SELECT mlregistry.allowed_organizations(''admin'', %L))::uuid[])', key_scope)
            WHEN scope = 'project' THEN
                format('project_id = ANY ((SELECT mlregistry.allowed_projects(%L, %L))::uuid[])',
                       CASE WHEN verb = 'SELECT' THEN 'read' WHEN role = 'admin' THEN 'own' ELSE 'write' END,
                       CASE WHEN verb = 'SELECT' AND table_name IN ('organizations', 'projects') THEN 'names' ELSE key_scope END)
            WHEN scope = 'organization' THEN
                format('organization_id = ANY ((SELECT mlregistry.allowed_organizations(%L, %L))::uuid[])',
                       CASE WHEN verb = 'SELECT' THEN 'read' WHEN role = 'admin' THEN 'admin' ELSE 'write' END,
                       CASE WHEN verb = 'SELECT' AND table_name IN ('organizations', 'projects') THEN 'names' ELSE key_scope END)
            END
    $function$;
COMMENT ON FUNCTION policy_condition(text, text, text, text, text) IS 'condition of the policy of a rule for SELECT, INSERT, UPDATE or DELETE; NULL where nobody may';

CREATE OR REPLACE FUNCTION access_policies() RETURNS TABLE (table_name text, verb text, policy text, condition text)
    LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 100 SET search_path = pg_catalog, pg_temp
    AS $function$
    BEGIN
        -- Without rows of its own (seed => false: they come with a dump) the table is as good as built in.
        RETURN QUERY
            SELECT r.table_name, v.verb, v.policy,
                   mlregistry.policy_condition(r.table_name, r.scope, v.verb, CASE WHEN v.verb = 'SELECT' THEN r.read_role ELSE r.write_role END, r.key_scope)
              FROM (SELECT a.table_name, a.scope, a.read_role, a.write_role, a.key_scope FROM mlregistry.access_rules a
                    UNION ALL
                    SELECT b.* FROM mlregistry.builtin_access_rules() b
                     WHERE NOT EXISTS (SELECT FROM mlregistry.access_rules a WHERE a.table_name = b.table_name)) AS r,
                   (VALUES ('SELECT', 'mlr_read'), ('INSERT', 'mlr_insert'), ('UPDATE', 'mlr_update'), ('DELETE', 'mlr_delete')) AS v (verb, policy)
             WHERE r.scope <> 'global';
    END
    $function$;
COMMENT ON FUNCTION access_policies() IS 'policies by the rules: four for each table that has row security; one without condition does not exist, as nobody may';

CREATE OR REPLACE FUNCTION apply_access_rules() RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    SET client_min_messages = warning -- no notices of policies that are not there
    AS $function$
    DECLARE
        statements text;
    BEGIN
        WITH policies AS (SELECT * FROM mlregistry.access_policies())
        SELECT string_agg(statement, E';\n' ORDER BY table_name, step)
          INTO statements
          FROM (SELECT DISTINCT table_name, 1 AS step, format('ALTER TABLE mlregistry.%I ENABLE ROW LEVEL SECURITY', table_name) AS statement
                  FROM policies
                UNION ALL
                SELECT table_name, 2, format('DROP POLICY IF EXISTS %I ON mlregistry.%I', policy, table_name) FROM policies
                UNION ALL
                SELECT table_name, 3,
                       format('CREATE POLICY %I ON mlregistry.%I FOR %s%s%s', policy, table_name, verb,
                              CASE WHEN verb <> 'INSERT' THEN format(' USING (%s)', condition) END,
                              CASE WHEN verb IN ('INSERT', 'UPDATE') THEN format(' WITH CHECK (%s)', condition) END)
                  FROM policies WHERE condition IS NOT NULL
                UNION ALL
                SELECT table_name, 4,
                       format('COMMENT ON POLICY %I ON mlregistry.%I IS %L', policy, table_name, 'Made by apply_access_rules() from access_rules')
                  FROM policies WHERE condition IS NOT NULL) AS s
         WHERE to_regclass(format('mlregistry.%I', s.table_name)) IS NOT NULL;
        PERFORM mlregistry.run_detached(statements);
    END
    $function$;
COMMENT ON FUNCTION apply_access_rules() IS 'makes row security and its policies from access_rules';

CREATE OR REPLACE FUNCTION check_access() RETURNS TABLE (check_name text, severity text, object text, detail text, hint text)
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $function$
    BEGIN
        RETURN QUERY
            SELECT 'no_access_rule', 'error', r.relation_name, 'access_rules does not say who may read and write it.',
                   'SELECT mlregistry.fill_access_rules(); SELECT mlregistry.apply_access_rules();'
              FROM mlregistry.registry_relations() r
             WHERE r.kind = 'table' AND NOT EXISTS (SELECT FROM mlregistry.access_rules a WHERE a.table_name = r.relation_name)
            UNION ALL
            SELECT DISTINCT 'no_row_security', 'error', a.table_name, 'Row security is off: who has SQL rights on the table sees every organization.',
                   'SELECT mlregistry.apply_access_rules();'
              FROM mlregistry.access_policies() a
              JOIN pg_class c ON c.oid = to_regclass(format('mlregistry.%I', a.table_name))
             WHERE NOT c.relrowsecurity
            UNION ALL
            SELECT 'missing_policy', 'error', format('%s on %s', a.policy, a.table_name), format('Nobody can %s.', lower(a.verb)),
                   'SELECT mlregistry.apply_access_rules();'
              FROM mlregistry.access_policies() a
             WHERE a.condition IS NOT NULL
               AND NOT EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = to_regclass(format('mlregistry.%I', a.table_name)) AND p.polname = a.policy)
            UNION ALL
            SELECT 'other_policy', 'warning', format('%s on %s', p.polname, r.relation_name),
                   'It is permissive and none of the registry''s: rows that it lets through are open whatever access_rules says.',
                   format('DROP POLICY %I ON mlregistry.%I;', p.polname, r.relation_name)
              FROM mlregistry.registry_relations() r
              JOIN pg_policy p ON p.polrelid = to_regclass(format('mlregistry.%I', r.relation_name))
             WHERE p.polpermissive AND p.polname NOT IN (SELECT a.policy FROM mlregistry.access_policies() a)
            UNION ALL
            -- What a trigger does runs as the owner of the tables where the registry writes itself, and could leave records out.
            SELECT DISTINCT 'open_to_triggers', 'warning', format('%s on %s', coalesce(quote_ident(g.rolname), 'PUBLIC'), c.relname),
                   'Who may put a trigger on a table of the registry has its code run by others, and by the owner of the tables.',
                   format('REVOKE TRIGGER ON mlregistry.%I FROM %s;', c.relname, coalesce(quote_ident(g.rolname), 'PUBLIC'))
              FROM (SELECT to_regclass(format('mlregistry.%I', r.relation_name))::oid FROM mlregistry.registry_relations() r
                    UNION ALL
                    SELECT p.partition::oid FROM mlregistry.registry_partitions() p) AS r (relation)
              JOIN pg_class c ON c.oid = r.relation
             CROSS JOIN LATERAL aclexplode(c.relacl) AS a
              LEFT JOIN pg_roles g ON g.oid = a.grantee
             WHERE a.privilege_type = 'TRIGGER' AND a.grantee <> c.relowner AND NOT coalesce(g.rolsuper, false)
            UNION ALL
            -- Roles are known by their names: a later one of the same name would have the rights of this one.
            SELECT 'unknown_role', 'warning', format('role %I in %s', n.role, n.place), 'The role does not exist; one that is created with this name acts by it.',
                   CASE n.place WHEN 'users' THEN format('UPDATE mlregistry.users SET db_role = NULL WHERE db_role = %L;', n.role)
                                ELSE format('DELETE FROM mlregistry.role_access WHERE db_role = %L;', n.role) END
              FROM (SELECT u.db_role, 'users' FROM mlregistry.users u WHERE u.db_role IS NOT NULL AND u.deleted_at IS NULL
                    UNION
                    SELECT a.db_role, 'role_access' FROM mlregistry.role_access a) AS n (role, place)
             WHERE NOT EXISTS (SELECT FROM pg_roles r WHERE r.rolname = n.role);
    END
    $function$;
COMMENT ON FUNCTION check_access() IS 'tables without rule, row security or policy, policies of others, roles that do not exist: part of check_registry()';

-- functions/operations.sql
-- Installing, migrating and leaving; what is installed. Superusers run these: their search_path is pg_catalog alone, and all
-- else is written with its schema.

CREATE OR REPLACE FUNCTION library_version() RETURNS text
    LANGUAGE C STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_library_version';
COMMENT ON FUNCTION library_version() IS 'version of the shared library that this session has loaded';

CREATE OR REPLACE FUNCTION run_detached(statements text, run_as name DEFAULT NULL) RETURNS void
    LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'mlregistry_run_detached';
COMMENT ON FUNCTION run_detached(text, name) IS 'runs statements so that what they create is no member of an extension, even inside an extension''s script; as the caller, or in another role''s name as a restricted operation';

CREATE OR REPLACE FUNCTION act_as_owner() RETURNS void
    LANGUAGE C VOLATILE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'mlregistry_act_as_owner';
COMMENT ON FUNCTION act_as_owner() IS 'the rest of the SECURITY DEFINER function that calls this runs as the owner of the tables';

CREATE OR REPLACE FUNCTION is_older(version text, than text) RETURNS boolean
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $function$SELECT mlregistry.semver_lt(mlregistry.semver(version), mlregistry.semver(than))$function$;
COMMENT ON FUNCTION is_older(text, text) IS 'true when the first version precedes the second';

CREATE OR REPLACE FUNCTION registry_relations() RETURNS TABLE (ordinal integer, relation_name text, kind text, area text)
    LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 40 SET search_path = pg_catalog, pg_temp
    AS $function$VALUES
        (1, 'users', 'table', 'access'),
        (2, 'user_credentials', 'table', 'access'),
        (3, 'registry_meta', 'table', 'foundation'),
        (4, 'frameworks', 'table', 'foundation'),
        (5, 'model_formats', 'table', 'foundation'),
        (6, 'storage_formats', 'table', 'foundation'),
        (7, 'tag_categories', 'table', 'foundation'),
        (8, 'gpu_types', 'table', 'foundation'),
        (9, 'organizations', 'table', 'foundation'),
        (10, 'projects', 'table', 'foundation'),
        (11, 'guards', 'table', 'foundation'),
        (12, 'organization_memberships', 'table', 'access'),
        (13, 'project_members', 'table', 'access'),
        (14, 'api_keys', 'table', 'access'),
        (15, 'api_key_secrets', 'table', 'access'),
        (16, 'role_access', 'table', 'access'),
        (17, 'access_rules', 'table', 'access'),
        (18, 'resource_quotas', 'table', 'access'),
        (19, 'teams', 'table', 'catalog'),
        (20, 'tags', 'table', 'catalog'),
        (21, 'models', 'table', 'catalog'),
        (22, 'model_versions', 'table', 'catalog'),
        (23, 'model_aliases', 'table', 'catalog'),
        (24, 'version_files', 'table', 'catalog'),
        (25, 'version_signatures', 'table', 'catalog'),
        (26, 'datasets', 'table', 'catalog'),
        (27, 'model_tags', 'table', 'catalog'),
        (28, 'version_tags', 'table', 'catalog'),
        (29, 'dataset_tags', 'table', 'catalog'),
        (30, 'model_metrics', 'table', 'catalog'),
        (31, 'alias_history', 'table', 'catalog'),
        (32, 'audit_logs', 'table', 'audit'),
        (33, 'experiments', 'table', 'training'),
        (34, 'training_runs', 'table', 'training'),
        (35, 'run_metrics', 'table', 'training'),
        (36, 'run_datasets', 'table', 'training'),
        (37, 'run_tags', 'table', 'training'),
        (38, 'v_models_latest', 'view', 'catalog'),
        (39, 'v_model_tags', 'view', 'catalog'),
        (40, 'v_training_runs', 'view', 'training')
    $function$;
COMMENT ON FUNCTION registry_relations() IS 'tables and views that install() makes, in that order';

CREATE OR REPLACE FUNCTION schema_version() RETURNS text
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $function$
    BEGIN
        IF to_regclass('mlregistry.registry_meta') IS NULL THEN
            RETURN NULL;
        END IF;
        RETURN (SELECT m.value #>> '{}' FROM mlregistry.registry_meta m WHERE m.key = 'schema_version');
    END
    $function$;
COMMENT ON FUNCTION schema_version() IS 'version of the tables in this database, NULL when they are not installed';

CREATE OR REPLACE FUNCTION registry_owner() RETURNS name
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $function$
        SELECT pg_get_userbyid(c.relowner) FROM pg_class c WHERE c.oid = to_regclass('mlregistry.registry_meta')
    $function$;
COMMENT ON FUNCTION registry_owner() IS 'role that owns the tables, as which integrity rules run; NULL when they are not installed';

CREATE OR REPLACE FUNCTION set_registry_owner(owner name) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $function$
    DECLARE
        owner_id oid := quote_ident(owner)::regrole; -- 42704 when there is no such role
        relation record;
    BEGIN
        IF owner IS NULL THEN
            RAISE EXCEPTION 'the owner must not be NULL' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        FOR relation IN
            SELECT r.relation_name, r.kind
              FROM mlregistry.registry_relations() r
              JOIN pg_class c ON c.relname = r.relation_name AND c.relnamespace = 'mlregistry'::regnamespace
             WHERE c.relowner <> owner_id
             ORDER BY r.ordinal
        LOOP
            PERFORM mlregistry.run_detached(format('ALTER %s mlregistry.%I OWNER TO %I', relation.kind, relation.relation_name, owner));
        END LOOP;
        FOR relation IN
            SELECT p.partition FROM mlregistry.registry_partitions() p JOIN pg_class c ON c.oid = p.partition WHERE c.relowner <> owner_id
        LOOP
            PERFORM mlregistry.run_detached(format('ALTER TABLE %s OWNER TO %I', relation.partition, owner));
        END LOOP;
        -- Integrity rules run as the owner.
        IF NOT has_schema_privilege(owner, 'mlregistry', 'USAGE') THEN
            PERFORM mlregistry.run_detached(format('GRANT USAGE ON SCHEMA mlregistry TO %I', owner));
        END IF;
    END
    $function$;
COMMENT ON FUNCTION set_registry_owner(name) IS 'gives all tables and views of the registry to one role';

-- As the owner: whatever triggers the owner has put on the table run with the owner's rights. With values, because the owner
-- may not call the function that knows them. Rules that are there stay as somebody has made them.
CREATE OR REPLACE FUNCTION fill_access_rules() RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $function$
    BEGIN
        PERFORM mlregistry.run_detached(
                    format('INSERT INTO mlregistry.access_rules (table_name, scope, read_role, write_role, key_scope) VALUES %s ON CONFLICT (table_name) DO NOTHING',
                           string_agg(format('(%L, %L, %L, %L, %L)', b.table_name, b.scope, b.read_role, b.write_role, b.key_scope), ', ')),
                    mlregistry.registry_owner())
           FROM mlregistry.builtin_access_rules() b;
    END
    $function$;
COMMENT ON FUNCTION fill_access_rules() IS 'adds the built-in rules of tables that have none to access_rules';

CREATE OR REPLACE FUNCTION migrate() RETURNS text
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET lock_timeout = '10s'
    AS $function$
    DECLARE
        start_version text;
        at_version text;
        step record;
        owner name := mlregistry.registry_owner();
        there_before text[];
        given record;
    BEGIN
        IF mlregistry.schema_version() IS NULL THEN
            RETURN 'nothing to migrate: the registry is not installed';
        END IF;
        -- One migration at a time; the second finds nothing left to do.
        PERFORM FROM mlregistry.registry_meta m WHERE m.key = 'schema_version' FOR UPDATE;
        start_version := mlregistry.schema_version();
        at_version := start_version;
        IF mlregistry.is_older(mlregistry.code_version(), start_version) THEN
            RAISE EXCEPTION 'the tables are of version %, newer than the code, which is of %', start_version, mlregistry.code_version()
                USING ERRCODE = 'object_not_in_prerequisite_state',
                      HINT = 'Install the newer mlregistry, then ALTER EXTENSION mlregistry UPDATE.';
        END IF;
        there_before := ARRAY(SELECT r.relation_name FROM mlregistry.registry_relations() r
                               WHERE to_regclass(format('mlregistry.%I', r.relation_name)) IS NOT NULL);
        WHILE mlregistry.is_older(at_version, mlregistry.code_version()) LOOP
            SELECT s.* INTO step FROM mlregistry.migration_scripts() s WHERE s.from_version = at_version;
            IF NOT FOUND THEN
                RAISE EXCEPTION 'there is no migration from version % to %', at_version, mlregistry.code_version()
                    USING ERRCODE = 'object_not_in_prerequisite_state';
            END IF;
            PERFORM mlregistry.run_detached(replace(step.script, '{{fts_language}}',
                                                    quote_literal(mlregistry.search_language()::text) || '::regconfig'));
            -- Rows are changed in the owner's name: whatever triggers the owner has put there run with the owner's rights.
            PERFORM mlregistry.run_detached(
                format('UPDATE mlregistry.registry_meta SET value = %L WHERE key = ''schema_version''', to_jsonb(step.to_version::text)),
                owner);
            at_version := step.to_version;
        END LOOP;
        PERFORM mlregistry.set_registry_owner(owner);
        IF start_version = at_version THEN
            RETURN format('nothing to migrate: the tables are of version %s', at_version);
        END IF;
        -- Here and not in a migration, which would give the rules of later versions to tables that are not there yet.
        PERFORM mlregistry.fill_access_rules();
        PERFORM mlregistry.apply_access_rules();
        PERFORM mlregistry.make_partitions(p.parent) FROM mlregistry.partitioned_tables() AS p (parent);
        PERFORM mlregistry.apply_audit_triggers();
        -- What grant_access() would have given if the new tables had been there. Rights on the others stay as somebody has made
        -- them; a role that may not use the schema was given none.
        FOR given IN
            SELECT g.db_role, l.relation_name, array_to_string(l.rights, ', ') AS rights
              FROM (SELECT DISTINCT a.db_role FROM mlregistry.role_access a) AS g
              JOIN pg_roles r ON r.rolname = g.db_role
             CROSS JOIN LATERAL mlregistry.level_rights(mlregistry.highest_level(g.db_role)) l
             WHERE l.relation_name <> ALL (there_before) AND to_regclass(format('mlregistry.%I', l.relation_name)) IS NOT NULL
               AND g.db_role <> owner AND has_schema_privilege(r.oid, 'mlregistry', 'USAGE')
        LOOP
            PERFORM mlregistry.run_detached(format('GRANT %s ON mlregistry.%I TO %I', given.rights, given.relation_name, given.db_role));
        END LOOP;
        RETURN format('migrated from version %s to %s', start_version, at_version);
    END
    $function$;
COMMENT ON FUNCTION migrate() IS 'brings older tables up to the version of the code; ALTER EXTENSION mlregistry UPDATE calls it';

CREATE OR REPLACE FUNCTION install(owner name DEFAULT NULL, seed boolean DEFAULT true, fts_language regconfig DEFAULT 'pg_catalog.english')
    RETURNS text
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $function$
    DECLARE
        outcome text;
    BEGIN
        IF mlregistry.schema_version() IS NOT NULL THEN
            outcome := mlregistry.migrate();
        ELSE
            IF to_regclass('mlregistry.registry_meta') IS NULL THEN
                PERFORM mlregistry.run_detached(
                    replace(mlregistry.install_script(), '{{fts_language}}', quote_literal(fts_language::text) || '::regconfig'));
                outcome := format('installed version %s', mlregistry.code_version());
            ELSE
                outcome := 'the tables are there and wait for their rows';
            END IF;
            -- Without seed not a single row: all of them come by a data-only restore or by replication.
            IF seed THEN
                PERFORM mlregistry.run_detached(mlregistry.seed_script(), mlregistry.registry_owner());
                PERFORM mlregistry.fill_access_rules();
                -- From now on the registry is installed, and what is done goes into the audit trail.
                INSERT INTO mlregistry.registry_meta (key, value) VALUES
                    ('schema_version', to_jsonb(mlregistry.code_version())),
                    ('installed_at', to_jsonb(now())),
                    ('system_identifier', to_jsonb((SELECT s.system_identifier::text FROM pg_control_system() s))),
                    -- What the index says: tables without rows may have been made in another language.
                    ('fts_language', to_jsonb(replace(substring(pg_get_indexdef('mlregistry.idx_models_search'::regclass)
                                                                from '''((?:[^'']|'''')+)''::regconfig'), '''''', '''')));
                outcome := format('installed version %s', mlregistry.code_version());
            END IF;
            -- Also without rows: those of a data-only restore must not lie open.
            PERFORM mlregistry.apply_access_rules();
            PERFORM mlregistry.make_partitions(p.parent) FROM mlregistry.partitioned_tables() AS p (parent);
            PERFORM mlregistry.apply_audit_triggers();
        END IF;
        IF owner IS NOT NULL THEN
            PERFORM mlregistry.set_registry_owner(owner);
        END IF;
        -- What DROP EXTENSION ... CASCADE has left, say.
        IF EXISTS (SELECT FROM mlregistry.registry_relations() r WHERE to_regclass('mlregistry.' || r.relation_name) IS NULL) THEN
            RAISE WARNING 'the registry that is there is not whole'
                USING HINT = 'SELECT * FROM mlregistry.check_registry();';
        END IF;
        RETURN outcome;
    END
    $function$;
COMMENT ON FUNCTION install(name, boolean, regconfig) IS 'makes the tables, indexes, triggers and views of the registry and their first rows, or brings them up to date; seed => false makes them without any row';

CREATE OR REPLACE FUNCTION uninstall(confirm text DEFAULT NULL) RETURNS text
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $function$
    DECLARE
        views text;
        tables text;
    BEGIN
        IF confirm IS DISTINCT FROM 'mlregistry' THEN
            RAISE EXCEPTION 'uninstall() destroys the registry with all its data'
                USING ERRCODE = 'invalid_parameter_value',
                      HINT = 'If that is what you want: SELECT mlregistry.uninstall(confirm => ''mlregistry'').';
        END IF;
        SELECT string_agg(format('mlregistry.%I', r.relation_name), ', ') FILTER (WHERE r.kind = 'view'),
               string_agg(format('mlregistry.%I', r.relation_name), ', ') FILTER (WHERE r.kind = 'table')
          INTO views, tables
          FROM mlregistry.registry_relations() r
          JOIN pg_class c ON c.relname = r.relation_name AND c.relnamespace = 'mlregistry'::regnamespace;
        IF tables IS NULL THEN
            RETURN 'nothing to uninstall';
        END IF;
        -- Without CASCADE: what others have built on the registry is named in the error and stays.
        IF views IS NOT NULL THEN
            PERFORM mlregistry.run_detached(format('DROP VIEW %s', views));
        END IF;
        PERFORM mlregistry.run_detached(format('DROP TABLE %s', tables));
        RETURN 'uninstalled; DROP EXTENSION mlregistry and DROP SCHEMA mlregistry remove the rest';
    END
    $function$;
COMMENT ON FUNCTION uninstall(text) IS 'drops the tables and views of the registry with all data; needs confirm => ''mlregistry''';

CREATE OR REPLACE FUNCTION registry_info(
        OUT extension_version text,
        OUT schema_version text,
        OUT library_version text,
        OUT server_version text,
        OUT installed_at timestamptz,
        OUT owner name,
        OUT fts_language text,
        OUT system_identifier text,
        OUT moved boolean,
        OUT current_actor text,
        OUT current_organization text,
        OUT current_project text)
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp
    AS $function$
    #variable_conflict use_column
    BEGIN
        extension_version := (SELECT e.extversion FROM pg_extension e WHERE e.extname = 'mlregistry');
        library_version := mlregistry.library_version();
        server_version := current_setting('server_version');
        schema_version := mlregistry.schema_version();
        current_actor := mlregistry.current_actor();
        IF schema_version IS NULL THEN
            RETURN;
        END IF;
        owner := mlregistry.registry_owner();
        SELECT max(m.value #>> '{}') FILTER (WHERE m.key = 'installed_at')::timestamptz,
               max(m.value #>> '{}') FILTER (WHERE m.key = 'fts_language'),
               max(m.value #>> '{}') FILTER (WHERE m.key = 'system_identifier')
          INTO installed_at, fts_language, system_identifier
          FROM mlregistry.registry_meta m;
        moved := system_identifier IS DISTINCT FROM (SELECT s.system_identifier::text FROM pg_control_system() s);
        SELECT o.slug INTO current_organization FROM mlregistry.organizations o WHERE o.organization_id = mlregistry.current_organization_id();
        SELECT p.slug INTO current_project FROM mlregistry.projects p WHERE p.project_id = mlregistry.current_project_id();
    END
    $function$;
COMMENT ON FUNCTION registry_info() IS 'versions of code, tables and library, who owns the tables, where this session works; moved: the tables came from another cluster';

-- functions/maintenance.sql
-- Partitions by the month, triggers of the audit trail, and what is to be done now and then.

-- Bounds are read as pg_get_expr() writes them, hence the settings.
CREATE OR REPLACE FUNCTION registry_partitions()
    RETURNS TABLE (table_name text, partition regclass, is_default boolean, range_start timestamptz, range_end timestamptz)
    LANGUAGE sql STABLE PARALLEL SAFE ROWS 20 SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET datestyle = 'ISO'
    AS $function$
        SELECT r.relation_name, c.oid::regclass, b.bound = 'DEFAULT',
               CASE WHEN b.bound ~ 'FROM [(]MINVALUE[)]' THEN '-infinity' ELSE substring(b.bound from 'FROM [(]''([^'']+)''[)]') END::timestamptz,
               CASE WHEN b.bound ~ 'TO [(]MAXVALUE[)]' THEN 'infinity' ELSE substring(b.bound from 'TO [(]''([^'']+)''[)]') END::timestamptz
          FROM mlregistry.registry_relations() r
          JOIN pg_inherits i ON i.inhparent = to_regclass(format('mlregistry.%I', r.relation_name))
          JOIN pg_class c ON c.oid = i.inhrelid AND c.relispartition
         CROSS JOIN LATERAL pg_get_expr(c.relpartbound, c.oid) AS b (bound)
    $function$;
COMMENT ON FUNCTION registry_partitions() IS 'partitions of the registry''s tables, each with its range of time; the default one has none';

-- Made alone and attached, which locks the parent less than PARTITION OF does: whoever writes goes on. What the owner of the
-- table has put on it (checks, index expressions) is run when the copy gets it, so that this is done in the owner's name; what
-- is bare, closed and carries its trigger already may be made by the caller, as the owner may not create in the schema.
CREATE OR REPLACE FUNCTION make_partition(
        parent text,
        name text,
        since timestamptz DEFAULT NULL,
        until timestamptz DEFAULT NULL,
        move_from regclass DEFAULT NULL) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET datestyle = 'ISO'
    AS $function$
    #variable_conflict use_variable
    DECLARE
        relation regclass := to_regclass(format('mlregistry.%I', parent));
        owner name := (SELECT pg_get_userbyid(c.relowner) FROM pg_class c WHERE c.oid = relation);
        key name;
        columns text;
        statements text;
    BEGIN
        PERFORM mlregistry.run_detached(
            format('CREATE TABLE mlregistry.%1$I (LIKE %2$s INCLUDING COMMENTS INCLUDING COMPRESSION INCLUDING DEFAULTS INCLUDING GENERATED'
                   ' INCLUDING STORAGE); ALTER TABLE mlregistry.%1$I OWNER TO %3$I; COMMENT ON TABLE mlregistry.%1$I IS %4$L',
                   name, relation, owner,
                   CASE WHEN since IS NULL THEN format('Rows of %s whose month has no partition', parent)
                        ELSE format('Rows of %s of %s, by UTC', parent, to_char(since, 'YYYY-MM')) END));
        PERFORM mlregistry.close_partition(parent, format('mlregistry.%I', name)::regclass);

        SELECT a.attname INTO key
          FROM pg_partitioned_table p JOIN pg_attribute a ON a.attrelid = p.partrelid AND a.attnum = p.partattrs[0]
         WHERE p.partrelid = relation;
        columns := (SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) FROM pg_attribute a
                     WHERE a.attrelid = relation AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '');
        statements := concat_ws('; ',
            (SELECT string_agg(format('ALTER TABLE mlregistry.%I ADD CONSTRAINT %I %s', name, c.conname, pg_get_constraintdef(c.oid)), '; ')
               FROM pg_constraint c WHERE c.conrelid = relation AND c.contype = 'c' AND NOT c.connoinherit),
            CASE WHEN move_from IS NOT NULL THEN
                format('WITH moved AS (DELETE FROM %1$s WHERE %2$I >= %3$L AND %2$I < %4$L RETURNING %5$s)'
                       ' INSERT INTO mlregistry.%6$I (%5$s) SELECT %5$s FROM moved', move_from, key, since, until, columns, name) END,
            format('ALTER TABLE %s ATTACH PARTITION mlregistry.%I %s', relation, name,
                   CASE WHEN since IS NULL THEN 'DEFAULT' ELSE format('FOR VALUES FROM (%L) TO (%L)', since, until) END));
        PERFORM mlregistry.run_detached(statements, owner);
    END
    $function$;
COMMENT ON FUNCTION make_partition(text, text, timestamptz, timestamptz, regclass) IS 'makes one partition of a table, the default one without a range, and moves rows of its range into it from another one: part of make_partitions()';

-- Nobody has rights on a partition, whatever ALTER DEFAULT PRIVILEGES says, and statement triggers of the parent do not
-- fire for what is done to it.
CREATE OR REPLACE FUNCTION close_partition(parent text, partition regclass) RETURNS boolean
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $function$
    #variable_conflict use_variable
    DECLARE
        statements text;
    BEGIN
        SELECT string_agg(s.statement, '; ') INTO statements
          FROM (SELECT DISTINCT format('REVOKE ALL ON %s FROM %s', partition, CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END)
                  FROM pg_class c
                 CROSS JOIN LATERAL (SELECT a.grantee FROM aclexplode(c.relacl) AS a
                                     UNION
                                     SELECT a.grantee FROM pg_attribute k, aclexplode(k.attacl) AS a WHERE k.attrelid = c.oid AND NOT k.attisdropped) AS a
                 WHERE c.oid = partition AND a.grantee <> c.relowner
                UNION ALL
                SELECT format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', partition)
                  FROM pg_class c WHERE c.oid = partition AND NOT c.relrowsecurity
                UNION ALL
                SELECT format('CREATE TRIGGER mlr_05_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON %s FOR EACH STATEMENT'
                              ' EXECUTE FUNCTION mlregistry.trg_append_only()', partition)
                 WHERE EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = to_regclass(format('mlregistry.%I', parent)) AND t.tgname = 'mlr_05_append_only')
                   AND NOT EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = partition AND t.tgname = 'mlr_05_append_only')) AS s (statement);
        PERFORM mlregistry.run_detached(statements);
        RETURN statements IS NOT NULL;
    END
    $function$;
COMMENT ON FUNCTION close_partition(text, regclass) IS 'takes all rights on a partition away, and gives it row security and the trigger of an append-only parent; true when it did not have all of that: part of make_partitions()';

-- Months begin and end in UTC, hence the settings; constraint_exclusion as in check_registry().
CREATE OR REPLACE FUNCTION make_partitions(parent text, move boolean DEFAULT false) RETURNS TABLE (partition_name text, moved bigint)
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET datestyle = 'ISO' SET constraint_exclusion = off
    AS $function$
    #variable_conflict use_variable
    DECLARE
        relation regclass := to_regclass(format('mlregistry.%I', parent));
        key name;
        rest regclass;
        rest_is_locked boolean := false;
        there regclass;
        months timestamptz[] := ARRAY(SELECT date_trunc('month', now()) + n * interval '1 month' FROM generate_series(0, 3) AS n);
        months_of_rows timestamptz[];
        month timestamptz;
    BEGIN
        SELECT a.attname INTO key
          FROM pg_partitioned_table p JOIN pg_attribute a ON a.attrelid = p.partrelid AND a.attnum = p.partattrs[0]
         WHERE p.partrelid = relation;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'table "%" is not partitioned', parent USING ERRCODE = 'wrong_object_type';
        END IF;
        -- What ATTACH takes as well; one at a time makes partitions, and the second finds them.
        EXECUTE format('LOCK TABLE ONLY %s IN SHARE UPDATE EXCLUSIVE MODE', relation);
        FOR there IN SELECT p.partition FROM mlregistry.registry_partitions() p WHERE p.table_name = parent ORDER BY p.range_start LOOP
            IF mlregistry.close_partition(parent, there) THEN
                partition_name := (SELECT c.relname FROM pg_class c WHERE c.oid = there);
                moved := NULL;
                RETURN NEXT;
            END IF;
        END LOOP;
        SELECT p.partition INTO rest FROM mlregistry.registry_partitions() p WHERE p.table_name = parent AND p.is_default;
        IF NOT FOUND THEN
            partition_name := parent || '_default';
            moved := 0;
            PERFORM mlregistry.make_partition(parent, partition_name);
            rest := format('mlregistry.%I', partition_name)::regclass;
            RETURN NEXT;
        END IF;
        IF move THEN
            EXECUTE format('SELECT array_agg(DISTINCT date_trunc(''month'', %1$I)) FROM %2$s WHERE %1$I >= ''0001-01-01'' AND %1$I < ''9999-12-01''', key, rest)
               INTO months_of_rows;
            months := months || months_of_rows;
        END IF;
        FOR month IN SELECT DISTINCT m FROM unnest(months) AS m ORDER BY m LOOP
            -- Also where somebody has made partitions of another size.
            CONTINUE WHEN EXISTS (SELECT FROM mlregistry.registry_partitions() p
                                   WHERE p.table_name = parent AND p.range_start < month + interval '1 month' AND p.range_end > month);
            -- No row may come in between; ATTACH asks for this, too.
            IF NOT rest_is_locked THEN
                EXECUTE format('LOCK TABLE ONLY %s IN ACCESS EXCLUSIVE MODE', rest);
                rest_is_locked := true;
            END IF;
            EXECUTE format('SELECT count(*) FROM %1$s WHERE %2$I >= %3$L AND %2$I < %4$L', rest, key, month, month + interval '1 month') INTO moved;
            -- Moving takes its time, and belongs to run_maintenance().
            CONTINUE WHEN moved > 0 AND NOT move;
            partition_name := format('%s_y%sm%s', parent, to_char(month, 'YYYY'), to_char(month, 'MM'));
            -- Once a partition, perhaps, and now an archive.
            IF to_regclass(format('mlregistry.%I', partition_name)) IS NOT NULL THEN
                RAISE WARNING 'table mlregistry.% is in the way: it is no partition of %', partition_name, parent
                    USING HINT = 'Attach it, rename it or move it to another schema.';
                CONTINUE;
            END IF;
            PERFORM mlregistry.make_partition(parent, partition_name, month, month + interval '1 month', CASE WHEN moved > 0 THEN rest END);
            RETURN NEXT;
        END LOOP;
    END
    $function$;
COMMENT ON FUNCTION make_partitions(text, boolean) IS 'makes the partitions of this month and of three ahead, and the default one; with move => true also those of the months that the default one has rows of, which are moved. Returns what was made, and without a number what was there and open';

CREATE OR REPLACE FUNCTION partitioned_tables() RETURNS SETOF text
    LANGUAGE sql STABLE PARALLEL SAFE ROWS 3 SET search_path = pg_catalog, pg_temp
    AS $function$
        SELECT r.relation_name
          FROM mlregistry.registry_relations() r
          JOIN pg_class c ON c.oid = to_regclass(format('mlregistry.%I', r.relation_name))
         WHERE c.relkind = 'p'
         ORDER BY r.ordinal
    $function$;
COMMENT ON FUNCTION partitioned_tables() IS 'tables of the registry that have partitions by the month';

-- Triggers audit, of every table but those that audit_rules() gives a reason for.
CREATE OR REPLACE FUNCTION audit_triggers() RETURNS TABLE (table_name text, trigger_name text, statement text)
    LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 100 SET search_path = pg_catalog, pg_temp
    AS $function$
        SELECT r.relation_name, 'mlr_90_audit_' || lower(e.event),
               format('CREATE TRIGGER mlr_90_audit_%s AFTER %s ON mlregistry.%I %sFOR EACH STATEMENT EXECUTE FUNCTION mlregistry.trg_audit()',
                      lower(e.event), e.event, r.relation_name, e.rows)
          FROM mlregistry.registry_relations() r
          JOIN mlregistry.audit_rules() a ON a.table_name = r.relation_name
         CROSS JOIN (VALUES ('INSERT', 'REFERENCING NEW TABLE AS new_rows '), ('UPDATE', 'REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows '),
                            ('DELETE', 'REFERENCING OLD TABLE AS old_rows '), ('TRUNCATE', '')) AS e (event, rows)
         WHERE r.kind = 'table' AND a.not_audited IS NULL
    $function$;
COMMENT ON FUNCTION audit_triggers() IS 'triggers that write the audit trail, with the statements that make them';

CREATE OR REPLACE FUNCTION apply_audit_triggers() RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $function$
    BEGIN
        PERFORM mlregistry.run_detached(
                    (SELECT string_agg(a.statement, '; ' ORDER BY a.table_name, a.trigger_name)
                       FROM mlregistry.audit_triggers() a
                      WHERE to_regclass(format('mlregistry.%I', a.table_name)) IS NOT NULL
                        AND NOT EXISTS (SELECT FROM pg_trigger t
                                         WHERE t.tgrelid = to_regclass(format('mlregistry.%I', a.table_name)) AND t.tgname = a.trigger_name)));
    END
    $function$;
COMMENT ON FUNCTION apply_audit_triggers() IS 'makes the triggers audit of the tables that have none';

CREATE OR REPLACE FUNCTION run_maintenance() RETURNS TABLE (task text, object text, rows bigint)
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 10
    SET search_path = pg_catalog, pg_temp
    SET lock_timeout = '10s'
    SET constraint_exclusion = off
    AS $function$
    #variable_conflict use_column
    DECLARE
        vanished CONSTANT text := 'NOT EXISTS (SELECT FROM mlregistry.organizations o WHERE o.organization_id = g.organization_id)'
                                  ' OR g.rule = ''version'' AND NOT EXISTS (SELECT FROM mlregistry.models m WHERE m.model_id = g.subject_id)'
                                  ' OR g.rule = ''quota'' AND NOT EXISTS (SELECT FROM mlregistry.resource_quotas q WHERE q.quota_id = g.subject_id)';
    BEGIN
        PERFORM mlregistry.require_installed();
        RETURN QUERY
            SELECT CASE WHEN made.moved > 0 THEN 'move_rows' WHEN made.moved = 0 THEN 'make_partition' ELSE 'close_partition' END, made.partition_name, coalesce(made.moved, 0)
              FROM mlregistry.partitioned_tables() AS t (parent) CROSS JOIN LATERAL mlregistry.make_partitions(t.parent, true) AS made;
        task := 'remove_guards';
        object := 'guards';
        EXECUTE 'SELECT count(*) FROM mlregistry.guards g WHERE ' || vanished INTO rows;
        IF rows > 0 THEN
            -- In the owner's name: whatever triggers the owner has put there run with the owner's rights.
            PERFORM mlregistry.run_detached('DELETE FROM mlregistry.guards g WHERE ' || vanished, mlregistry.registry_owner());
            RETURN NEXT;
        END IF;
    END
    $function$;
COMMENT ON FUNCTION run_maintenance() IS 'what is to be done once a week or so: makes partitions ahead, closes those that somebody has opened, moves rows from default partitions into those of their months, removes guards of what is gone. Returns what was done, no row when there was nothing to do';

-- functions/checks.sql
-- check_registry(): finds what should not be there. Reads only; an empty result is a clean bill.

CREATE OR REPLACE FUNCTION is_intact(version semver) RETURNS boolean
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_semver_is_intact';
COMMENT ON FUNCTION is_intact(semver) IS 'false when the stored bytes are not a version';

-- What install() makes, from the text that makes it, so that there is one list of each. Without backslashes, here and in other
-- functions, but in E'': standard_conforming_strings may be off.
CREATE OR REPLACE FUNCTION registry_triggers() RETURNS TABLE (table_name text, trigger_name text)
    LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 200 SET search_path = pg_catalog, pg_temp
    AS $function$
        SELECT m[2], m[1]
          FROM regexp_matches(mlregistry.install_script(), 'CREATE TRIGGER ([a-z0-9_]+) [^;]*? ON mlregistry[.]([a-z0-9_]+)[[:space:]][^;]*?FOR EACH', 'g') AS m
        UNION ALL
        SELECT a.table_name, a.trigger_name FROM mlregistry.audit_triggers() a
    $function$;
COMMENT ON FUNCTION registry_triggers() IS 'triggers that install() makes';

CREATE OR REPLACE FUNCTION registry_constraints() RETURNS TABLE (table_name text, constraint_name text)
    LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 100 SET search_path = pg_catalog, pg_temp
    AS $function$
        SELECT substring(made.statement from 'CREATE TABLE mlregistry[.]([a-z0-9_]+) '), named.m[1]
          FROM regexp_split_to_table(mlregistry.install_script(), E';[[:space:]]*\n') AS made (statement),
               regexp_matches(made.statement, E'\n[[:space:]]+CONSTRAINT ([a-z0-9_]+) ', 'g') AS named (m)
    $function$;
COMMENT ON FUNCTION registry_constraints() IS 'constraints that install() makes';

CREATE OR REPLACE FUNCTION registry_indexes() RETURNS TABLE (table_name text, index_name text)
    LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 40 SET search_path = pg_catalog, pg_temp
    AS $function$
        SELECT m[2], m[1]
          FROM regexp_matches(mlregistry.install_script(), 'CREATE (?:UNIQUE )?INDEX ([a-z0-9_]+) ON mlregistry[.]([a-z0-9_]+)', 'g') AS m
    $function$;
COMMENT ON FUNCTION registry_indexes() IS 'indexes that install() makes besides those of constraints';

CREATE OR REPLACE FUNCTION check_installation() RETURNS TABLE (check_name text, severity text, object text, detail text, hint text)
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $function$
        SELECT 'schema_version', 'error', 'registry_meta',
               format('The tables are of version %s, the code is of %s.', mlregistry.schema_version(), mlregistry.code_version()),
               CASE WHEN mlregistry.is_older(mlregistry.schema_version(), mlregistry.code_version())
                    THEN 'SELECT mlregistry.migrate();' ELSE 'Install the newer mlregistry.' END
         WHERE mlregistry.schema_version() <> mlregistry.code_version()
        UNION ALL
        SELECT 'library_version', 'error', 'library',
               format('The library is of version %s, the functions are of %s.', mlregistry.library_version(), mlregistry.code_version()),
               'ALTER EXTENSION mlregistry UPDATE; sessions that loaded the old library must reconnect.'
         WHERE mlregistry.library_version() <> mlregistry.code_version()
        UNION ALL
        SELECT 'missing_relation', 'error', r.relation_name, format('%s %s does not exist.', initcap(r.kind), r.relation_name),
               'Restore it from a backup.'
          FROM mlregistry.registry_relations() r
         WHERE to_regclass(format('mlregistry.%I', r.relation_name)) IS NULL
        UNION ALL
        SELECT 'extension_member', 'error', r.relation_name, 'It is a member of an extension: its rows are not dumped.',
               format('ALTER EXTENSION mlregistry DROP %s mlregistry.%I;', upper(r.kind), r.relation_name)
          FROM mlregistry.registry_relations() r
          JOIN pg_depend d ON d.objid = to_regclass(format('mlregistry.%I', r.relation_name))
         WHERE d.classid = 'pg_class'::regclass AND d.deptype = 'e' AND d.objsubid = 0
        UNION ALL
        SELECT 'owner_without_usage', 'error', 'mlregistry', format('The owner of the tables, %I, may not use the schema, and integrity rules run as the owner.', mlregistry.registry_owner()),
               format('GRANT USAGE ON SCHEMA mlregistry TO %I;', mlregistry.registry_owner())
         WHERE NOT has_schema_privilege(mlregistry.registry_owner(), 'mlregistry', 'USAGE')
        UNION ALL
        SELECT 'schema_open_to_others', 'error', 'mlregistry',
               format('%s may create objects in the schema, which functions of the registry would find.', coalesce(quote_ident(g.rolname), 'PUBLIC')),
               format('REVOKE CREATE ON SCHEMA mlregistry FROM %s;', coalesce(quote_ident(g.rolname), 'PUBLIC'))
          FROM pg_namespace n
         CROSS JOIN LATERAL aclexplode(n.nspacl) AS a
          LEFT JOIN pg_roles g ON g.oid = a.grantee
         WHERE n.nspname = 'mlregistry' AND a.privilege_type = 'CREATE' AND a.grantee <> n.nspowner AND NOT coalesce(g.rolsuper, false)
        UNION ALL
        SELECT 'schema_owner', 'warning', 'mlregistry',
               format('The schema belongs to %I, who is no superuser: a dump of this database is restored only after that was changed.', o.rolname),
               'ALTER SCHEMA mlregistry OWNER TO ...; tables may belong to any role.'
          FROM pg_namespace n JOIN pg_roles o ON o.oid = n.nspowner
         WHERE n.nspname = 'mlregistry' AND NOT o.rolsuper
        UNION ALL
        SELECT 'missing_column', 'error', wanted.relation_name || '.' || wanted.column_name, 'The column does not exist.',
               'DROP EXTENSION ... CASCADE takes columns of its types with it. Restore the table from a backup.'
          FROM (VALUES ('model_versions', 'semver')) AS wanted (relation_name, column_name)
          LEFT JOIN pg_attribute a ON a.attrelid = to_regclass('mlregistry.' || wanted.relation_name)
                                  AND a.attname = wanted.column_name AND NOT a.attisdropped
         WHERE a.attname IS NULL AND to_regclass('mlregistry.' || wanted.relation_name) IS NOT NULL
        UNION ALL
        SELECT 'mixed_owners', 'error', string_agg(c.relname, ', ' ORDER BY r.ordinal, c.relname),
               format('They belong to %I, registry_meta to %I.', pg_get_userbyid(c.relowner), pg_get_userbyid(meta.relowner)),
               'Integrity rules run as the owner of the tables: SELECT mlregistry.install(owner => ...).'
          FROM (SELECT a.ordinal, to_regclass(format('mlregistry.%I', a.relation_name))::oid FROM mlregistry.registry_relations() a
                UNION ALL
                SELECT a.ordinal, p.partition::oid FROM mlregistry.registry_partitions() p JOIN mlregistry.registry_relations() a ON a.relation_name = p.table_name) AS r (ordinal, relation)
          JOIN pg_class c ON c.oid = r.relation
          JOIN pg_class meta ON meta.oid = to_regclass('mlregistry.registry_meta')
         WHERE c.relowner <> meta.relowner
         GROUP BY c.relowner, meta.relowner
        UNION ALL
        -- Not tgisinternal: those belong to foreign keys and are looked at with their constraints.
        SELECT 'disabled_trigger', 'error', format('%s on %s', t.tgname, r.relation_name), 'The trigger does not fire, so its rules do not hold.',
               format('ALTER TABLE mlregistry.%I ENABLE %sTRIGGER %I;', r.relation_name, CASE t.tgname WHEN 'mlr_95_access' THEN 'ALWAYS ' END, t.tgname)
          FROM mlregistry.registry_relations() r
          JOIN pg_trigger t ON t.tgrelid = to_regclass(format('mlregistry.%I', r.relation_name))
         WHERE t.tgenabled IN ('D', 'R') AND (starts_with(t.tgname::text, 'mlr_') OR t.tgisinternal)
        UNION ALL
        -- pg_restore --disable-triggers leaves it so, which enables all of them again, but not always.
        SELECT 'access_not_always', 'warning', format('%s on %s', t.tgname, r.relation_name),
               'The trigger does not fire where session_replication_role is replica: sessions notice such a change of rights after a minute.',
               format('ALTER TABLE mlregistry.%I ENABLE ALWAYS TRIGGER %I;', r.relation_name, t.tgname)
          FROM mlregistry.registry_relations() r
          JOIN pg_trigger t ON t.tgrelid = to_regclass(format('mlregistry.%I', r.relation_name))
         WHERE t.tgname = 'mlr_95_access' AND t.tgenabled = 'O'
        UNION ALL
        SELECT 'missing_trigger', 'error', format('%s on %s', wanted.trigger_name, wanted.table_name), 'The trigger does not exist, so its rules do not hold.',
               CASE WHEN starts_with(wanted.trigger_name, 'mlr_90_audit_') THEN 'SELECT mlregistry.apply_audit_triggers();'
                    ELSE 'Restore it from mlregistry.install_script().' END
          FROM mlregistry.registry_triggers() wanted
          LEFT JOIN pg_trigger t ON t.tgrelid = to_regclass(format('mlregistry.%I', wanted.table_name)) AND t.tgname = wanted.trigger_name
         WHERE t.oid IS NULL AND to_regclass(format('mlregistry.%I', wanted.table_name)) IS NOT NULL
        UNION ALL
        SELECT 'missing_constraint', 'error', format('%s on %s', wanted.constraint_name, wanted.table_name), 'The constraint does not exist, so rows may break it.',
               'Restore it from mlregistry.install_script().'
          FROM mlregistry.registry_constraints() wanted
          LEFT JOIN pg_constraint c ON c.conrelid = to_regclass(format('mlregistry.%I', wanted.table_name)) AND c.conname = wanted.constraint_name
         WHERE c.oid IS NULL AND to_regclass(format('mlregistry.%I', wanted.table_name)) IS NOT NULL
        UNION ALL
        SELECT 'missing_index', CASE WHEN wanted.index_name LIKE 'idx%' THEN 'warning' ELSE 'error' END,
               format('%s on %s', wanted.index_name, wanted.table_name), 'The index does not exist.',
               'Restore it from mlregistry.install_script().'
          FROM mlregistry.registry_indexes() wanted
         WHERE to_regclass(format('mlregistry.%I', wanted.index_name)) IS NULL AND to_regclass(format('mlregistry.%I', wanted.table_name)) IS NOT NULL
        UNION ALL
        SELECT 'unvalidated_constraint', 'warning', format('%s on %s', c.conname, r.relation_name), 'Rows from before it may break it.',
               format('ALTER TABLE mlregistry.%I VALIDATE CONSTRAINT %I;', r.relation_name, c.conname)
          FROM mlregistry.registry_relations() r
          JOIN pg_constraint c ON c.conrelid = to_regclass(format('mlregistry.%I', r.relation_name))
         WHERE NOT c.convalidated
        UNION ALL
        SELECT 'invalid_index', 'warning', format('%s on %s', i.indexrelid::regclass, r.relation_name), 'The index is not used.',
               format('REINDEX INDEX CONCURRENTLY %s;', i.indexrelid::regclass)
          FROM mlregistry.registry_relations() r
          JOIN pg_index i ON i.indrelid = to_regclass(format('mlregistry.%I', r.relation_name))
         WHERE NOT i.indisvalid
    $function$;
COMMENT ON FUNCTION check_installation() IS 'what is wrong with the registry''s tables, triggers, constraints and indexes: part of check_registry()';

CREATE OR REPLACE FUNCTION check_partitions() RETURNS TABLE (check_name text, severity text, object text, detail text, hint text)
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp SET timezone = 'UTC'
    AS $function$
    DECLARE
        maintenance CONSTANT text := 'SELECT * FROM mlregistry.run_maintenance();';
        rest record;
        n bigint;
    BEGIN
        RETURN QUERY
            SELECT 'missing_partition', 'warning', t.parent,
                   format('It has no partition of %s: new rows will come into the default one.', to_char(m.month, 'YYYY-MM')), maintenance
              FROM mlregistry.partitioned_tables() AS t (parent),
                   (VALUES (date_trunc('month', now())), (date_trunc('month', now()) + interval '1 month')) AS m (month)
             WHERE NOT EXISTS (SELECT FROM mlregistry.registry_partitions() p
                                WHERE p.table_name = t.parent AND p.range_start <= m.month AND p.range_end >= m.month + interval '1 month')
            UNION ALL
            SELECT 'missing_partition', 'error', t.parent, 'It has no default partition: rows of months without one are refused.', maintenance
              FROM mlregistry.partitioned_tables() AS t (parent)
             WHERE NOT EXISTS (SELECT FROM mlregistry.registry_partitions() p WHERE p.table_name = t.parent AND p.is_default)
            UNION ALL
            SELECT 'open_partition', 'warning', p.partition::text,
                   format('%s has rights on it: rules of %s do not hold for what is done to its partitions.',
                          coalesce(quote_ident(g.rolname), 'PUBLIC'), p.table_name), maintenance
              FROM mlregistry.registry_partitions() p
              JOIN pg_class c ON c.oid = p.partition
             CROSS JOIN LATERAL (SELECT a.grantee FROM aclexplode(c.relacl) AS a
                                 UNION
                                 SELECT a.grantee FROM pg_attribute k, aclexplode(k.attacl) AS a WHERE k.attrelid = c.oid AND NOT k.attisdropped) AS a
              LEFT JOIN pg_roles g ON g.oid = a.grantee
             WHERE a.grantee <> c.relowner
            UNION ALL
            SELECT 'no_row_security', 'error', p.partition::text, 'Row security is off: who has SQL rights on the partition sees every organization.', maintenance
              FROM mlregistry.registry_partitions() p
              JOIN pg_class c ON c.oid = p.partition
             WHERE NOT c.relrowsecurity
            UNION ALL
            SELECT CASE WHEN t.oid IS NULL THEN 'missing_trigger' ELSE 'disabled_trigger' END, 'error',
                   format('mlr_05_append_only on %s', p.partition), 'The trigger does not fire, so its rules do not hold.',
                   CASE WHEN t.oid IS NULL THEN maintenance ELSE format('ALTER TABLE %s ENABLE TRIGGER mlr_05_append_only;', p.partition) END
              FROM mlregistry.registry_partitions() p
              JOIN mlregistry.registry_triggers() wanted ON wanted.table_name = p.table_name AND wanted.trigger_name = 'mlr_05_append_only'
              LEFT JOIN pg_trigger t ON t.tgrelid = p.partition AND t.tgname = wanted.trigger_name
             WHERE t.oid IS NULL OR t.tgenabled IN ('D', 'R')
            UNION ALL
            SELECT 'extension_member', 'error', p.partition::text, 'It is a member of an extension: its rows are not dumped.',
                   format('ALTER EXTENSION mlregistry DROP TABLE %s;', p.partition)
              FROM mlregistry.registry_partitions() p
              JOIN pg_depend d ON d.objid = p.partition
             WHERE d.classid = 'pg_class'::regclass AND d.deptype = 'e' AND d.objsubid = 0;
        FOR rest IN
            SELECT p.partition, p.table_name, a.attname AS key
              FROM mlregistry.registry_partitions() p
              JOIN pg_partitioned_table t ON t.partrelid = to_regclass(format('mlregistry.%I', p.table_name))
              JOIN pg_attribute a ON a.attrelid = t.partrelid AND a.attnum = t.partattrs[0]
             WHERE p.is_default
        LOOP
            -- For those that make_partitions() can find a month for.
            EXECUTE format('SELECT count(*) FROM %1$s WHERE %2$I >= ''0001-01-01'' AND %2$I < ''9999-12-01''', rest.partition, rest.key) INTO n;
            IF n > 0 THEN
                RETURN QUERY SELECT 'rows_in_default', 'warning', rest.partition::text,
                                    format('%s rows of %s are of months that have no partition.', n, rest.table_name), maintenance;
            END IF;
        END LOOP;
    END
    $function$;
COMMENT ON FUNCTION check_partitions() IS 'partitions that are missing or open, rows that have none of their own: part of check_registry()';

CREATE OR REPLACE FUNCTION check_rows() RETURNS TABLE (check_name text, severity text, object text, detail text, hint text)
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $function$
    DECLARE
        foreign_key record;
        parent record;
        orphans bigint;
    BEGIN
        -- Rows written with session_replication_role = replica, or while triggers were disabled.
        FOR foreign_key IN
            SELECT c.conname, c.conrelid::regclass AS child, c.confrelid::regclass AS parent,
                   (SELECT string_agg(format('parent.%I = child.%I', pa.attname, ca.attname), ' AND ' ORDER BY k.n)
                      FROM unnest(c.conkey, c.confkey) WITH ORDINALITY AS k (child_key, parent_key, n)
                      JOIN pg_attribute ca ON ca.attrelid = c.conrelid AND ca.attnum = k.child_key
                      JOIN pg_attribute pa ON pa.attrelid = c.confrelid AND pa.attnum = k.parent_key) AS matches,
                   (SELECT string_agg(format('child.%I IS NOT NULL', ca.attname), ' AND ')
                      FROM unnest(c.conkey) AS k (child_key)
                      JOIN pg_attribute ca ON ca.attrelid = c.conrelid AND ca.attnum = k.child_key) AS complete
              FROM pg_constraint c
              JOIN mlregistry.registry_relations() r ON c.conrelid = to_regclass(format('mlregistry.%I', r.relation_name))
             WHERE c.contype = 'f'
             ORDER BY r.ordinal, c.conname
        LOOP
            EXECUTE format('SELECT count(*) FROM %s child WHERE %s AND NOT EXISTS (SELECT FROM %s parent WHERE %s)',
                           foreign_key.child, foreign_key.complete, foreign_key.parent, foreign_key.matches) INTO orphans;
            IF orphans > 0 THEN
                RETURN QUERY SELECT 'broken_reference', 'error', format('%s on %s', foreign_key.conname, foreign_key.child),
                                    format('%s rows point to a row of %s that does not exist.', orphans, foreign_key.parent),
                                    'Written with session_replication_role = replica? Delete the rows or restore their parents.';
            END IF;
        END LOOP;

        -- Whatever trigger keys puts beside its parent: the triggers say what that is.
        FOR parent IN
            SELECT c.relname AS child, split_part(encode(t.tgargs, 'escape'), E'\\000', 1) AS parent, split_part(encode(t.tgargs, 'escape'), E'\\000', 2) AS key
              FROM mlregistry.registry_relations() r
              JOIN pg_class c ON c.oid = to_regclass(format('mlregistry.%I', r.relation_name))
              JOIN pg_trigger t ON t.tgrelid = c.oid
             WHERE t.tgname = 'mlr_10_keys' AND t.tgnargs = 2 AND t.tgtype::int & 4 <> 0 -- on INSERT: others only keep the key
             ORDER BY r.ordinal
        LOOP
            EXECUTE format('SELECT count(*) FROM mlregistry.%I child JOIN mlregistry.%I parent USING (%I) WHERE child.project_id <> parent.project_id',
                           parent.child, parent.parent, parent.key) INTO orphans;
            IF orphans > 0 THEN
                RETURN QUERY SELECT 'foreign_project', 'error', parent.child::text,
                                    format('%s rows lie in another project than what they belong to in %s.', orphans, parent.parent),
                                    'Written with session_replication_role = replica? Delete them and insert them again.';
            END IF;
        END LOOP;

        RETURN QUERY
            SELECT CASE WHEN r.run_id IS NULL THEN 'broken_reference' ELSE 'foreign_project' END, 'error', 'run_metrics_run on mlregistry.run_metrics',
                   CASE WHEN r.run_id IS NULL THEN format('%s rows point to a row of mlregistry.training_runs that does not exist.', sum(k.n))
                        ELSE format('%s rows lie in another organization or project than their run.', sum(k.n)) END,
                   'Written with session_replication_role = replica? Delete the rows or restore their runs.'
              FROM (SELECT m.run_id, m.organization_id, m.project_id, count(*) AS n FROM mlregistry.run_metrics m GROUP BY 1, 2, 3) AS k
              LEFT JOIN mlregistry.training_runs r ON r.run_id = k.run_id
             WHERE (k.organization_id, k.project_id) IS DISTINCT FROM (r.organization_id, r.project_id)
             GROUP BY r.run_id IS NULL
            UNION ALL
            SELECT 'run_numbers', 'error', format('experiment %s', e.experiment_name),
                   format('It has counted %s runs, but has one with the number %s.', e.last_run_number, r.run_number), 'Set its last_run_number to that.'
              FROM mlregistry.experiments e
              JOIN (SELECT t.experiment_id, max(t.run_number) AS run_number FROM mlregistry.training_runs t GROUP BY 1) AS r USING (experiment_id)
             WHERE e.last_run_number < r.run_number
            UNION ALL
            SELECT 'broken_reference', 'error', format('quota_id %s', q.quota_id), format('Its %s does not exist in the organization.', q.scope),
                   'Written with session_replication_role = replica? Delete it.'
              FROM mlregistry.resource_quotas q
             WHERE q.scope = 'project' AND NOT EXISTS (SELECT FROM mlregistry.projects p WHERE p.organization_id = q.organization_id AND p.project_id = q.scope_id)
                OR q.scope = 'team' AND NOT EXISTS (SELECT FROM mlregistry.teams t WHERE t.organization_id = q.organization_id AND t.team_id = q.scope_id)
                OR q.scope = 'user' AND NOT EXISTS (SELECT FROM mlregistry.organization_memberships m WHERE m.organization_id = q.organization_id AND m.user_id = q.scope_id)
            UNION ALL
            SELECT used.rule, 'warning', format('organization %s', used.slug), format('It has %s, its limit is %s.', used.n, used.most),
                   'The limit was lowered: nothing is added any more. Raise it, or delete what is not needed.'
              FROM (SELECT 'max_users', o.slug, o.max_users,
                           (SELECT count(*) FROM mlregistry.organization_memberships m WHERE m.organization_id = o.organization_id)
                      FROM mlregistry.organizations o WHERE o.max_users IS NOT NULL
                    UNION ALL
                    SELECT 'max_models', o.slug, o.max_models,
                           (SELECT count(*) FROM mlregistry.models m WHERE m.organization_id = o.organization_id AND m.deleted_at IS NULL)
                      FROM mlregistry.organizations o WHERE o.max_models IS NOT NULL) AS used (rule, slug, most, n)
             WHERE used.n > used.most
            UNION ALL
            SELECT 'alias_of_deleted_version', 'error', format('alias %s of %s', a.alias, m.model_name),
                   format('It names version %s, which is deleted.', v.semver), 'set_alias() or drop_alias().'
              FROM mlregistry.model_aliases a JOIN mlregistry.model_versions v USING (version_id) JOIN mlregistry.models m ON m.model_id = a.model_id
             WHERE v.deleted_at IS NOT NULL
            UNION ALL
            SELECT 'alias_history', 'error', format('alias %s of %s', coalesce(a.alias, h.alias), coalesce(m.model_name, h.model_id::text)),
                   CASE WHEN a.alias_id IS NULL THEN 'It has an open period in alias_history, but does not exist.'
                        WHEN h.history_id IS NULL THEN 'It has no open period in alias_history.'
                        ELSE format('alias_history says that it names %s.', h.semver) END,
                   'Written without triggers? Drop the alias and set it again; close the period of one that does not exist as a superuser.'
              FROM mlregistry.model_aliases a
              FULL JOIN (SELECT h.* FROM mlregistry.alias_history h WHERE h.valid_to = 'infinity') AS h
                     ON h.model_id = a.model_id AND h.alias = a.alias
              LEFT JOIN mlregistry.models m ON m.model_id = coalesce(a.model_id, h.model_id)
             WHERE a.version_id IS DISTINCT FROM h.version_id
            UNION ALL
            SELECT 'alias_history', 'error', format('alias %s of model_id %s', h.alias, h.model_id),
                   format('Its periods overlap: one from %s ends after the next begins.', h.valid_from), 'Mend the rows of alias_history as a superuser.'
              FROM (SELECT h.*, lead(h.valid_from) OVER (PARTITION BY h.model_id, h.alias ORDER BY h.valid_from, h.valid_to) AS next_from
                      FROM mlregistry.alias_history h) AS h
             WHERE h.next_from < h.valid_to
            UNION ALL
            SELECT 'not_frozen', 'error', format('version %s of %s', v.semver, m.model_name),
                   'Its status, its stage or an alias says that somebody may rely on it, but its artifact can be changed.',
                   'Set its frozen_at.'
              FROM mlregistry.model_versions v JOIN mlregistry.models m USING (model_id)
             WHERE v.frozen_at IS NULL
               AND (v.status <> 'registered' OR v.stage <> 'development'
                    OR EXISTS (SELECT FROM mlregistry.model_aliases a WHERE a.version_id = v.version_id))
            UNION ALL
            SELECT 'production_needs_validation', 'warning', format('version %s of %s', v.semver, m.model_name),
                   'It is in production without validation, though its model requires compliance.', 'Validate it, or move it out of production.'
              FROM mlregistry.model_versions v JOIN mlregistry.models m USING (model_id)
             WHERE v.stage = 'production' AND v.status = 'registered' AND m.compliance_required
               AND v.deleted_at IS NULL AND m.deleted_at IS NULL
            UNION ALL
            SELECT 'damaged_version', 'error', format('version_id %s', v.version_id),
                   'The stored value of semver is damaged.', 'Restore the row from a backup.'
              FROM mlregistry.model_versions v
             WHERE NOT mlregistry.is_intact(v.semver)
            UNION ALL
            -- No CHECK says so: it would be paid for on every change. What is not whole has no hash.
            SELECT CASE WHEN l.is_whole THEN 'audit_hash' ELSE 'audit_erasure' END, 'error', format('log_id %s of %s', l.log_id, l.created_at),
                   CASE WHEN l.is_whole THEN 'What it says is not what its leaf_hash was made of: somebody has changed it.'
                        ELSE 'Erased it has a payload_hash and nothing that is hashed into it, otherwise a salt and no payload_hash.' END,
                   'Compare it with a backup.'
              FROM (SELECT l.log_id, l.created_at, w.is_whole
                      FROM mlregistry.audit_logs l
                     CROSS JOIN LATERAL (SELECT (l.erased_at IS NULL) = (l.salt IS NOT NULL) AND (l.erased_at IS NULL) = (l.payload_hash IS NULL)
                                                AND (l.erased_at IS NULL OR l.entity_name IS NULL AND l.changes IS NULL AND l.details IS NULL AND l.reason IS NULL
                                                                   AND l.ip_address IS NULL AND l.application_name IS NULL AND l.user_agent IS NULL)) AS w (is_whole)
                     WHERE CASE WHEN w.is_whole THEN l.leaf_hash IS DISTINCT FROM mlregistry.audit_leaf_hash(l) ELSE true END) AS l;
    END
    $function$;
COMMENT ON FUNCTION check_rows() IS 'rows that break a rule of the registry: part of check_registry()';

-- constraint_exclusion: planning a query, of partitions above all, is no occasion to run what their owner has put into a CHECK.
CREATE OR REPLACE FUNCTION check_registry() RETURNS TABLE (check_name text, severity text, object text, detail text, hint text)
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp SET constraint_exclusion = off
    AS $function$
    BEGIN
        IF mlregistry.schema_version() IS NULL THEN
            RETURN QUERY SELECT 'not_installed', 'error', 'mlregistry', 'The registry has no tables.', 'SELECT mlregistry.install();';
            RETURN;
        END IF;
        RETURN QUERY SELECT * FROM mlregistry.check_installation();
        -- Rows can be judged only when the tables are those that the code knows.
        IF mlregistry.schema_version() = mlregistry.code_version()
           AND NOT EXISTS (SELECT FROM mlregistry.check_installation() i
                            WHERE i.check_name IN ('missing_relation', 'missing_column')) THEN
            RETURN QUERY SELECT * FROM mlregistry.check_access();
            RETURN QUERY SELECT * FROM mlregistry.check_partitions();
            RETURN QUERY SELECT * FROM mlregistry.check_rows();
        END IF;
    END
    $function$;
COMMENT ON FUNCTION check_registry() IS 'finds anything inconsistent in tables and rows; an empty result means that nothing was found';

-- functions/sample.sql
-- Sample data: loading it, and taking exactly it away again. A sample row is known by its identifier, and what hangs on
-- what by the foreign keys of the database, so that a table that comes later needs nothing here.

CREATE OR REPLACE FUNCTION sample_id(table_number integer, row_number bigint) RETURNS uuid
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $function$
        SELECT ('73616d70-6c65-8' || lpad(to_hex(table_number), 3, '0') || '-8000-' || lpad(row_number::text, 12, '0'))::uuid
    $function$;
COMMENT ON FUNCTION sample_id(integer, bigint) IS 'identifier of a row of the sample data: 73616d70-6c65 is "sample" in ASCII, then the table''s number and the row''s';

CREATE OR REPLACE FUNCTION is_sample(id uuid) RETURNS boolean
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $function$
        SELECT id BETWEEN '73616d70-6c65-8000-0000-000000000000' AND '73616d70-6c65-8fff-ffff-ffffffffffff'
    $function$;
COMMENT ON FUNCTION is_sample(uuid) IS 'true when an identifier is of the sample data';

-- Which rows of a table t are sample rows, as the text of a condition:
--   a table with a key of its own     its key is a sample key;
--   a junction                        both sides are sample rows;
--   a history (key history_id)        what it tells of is a sample row, whoever made it change;
--   a key made of what it is about    all of that are sample rows (guards).
-- The condition spells the range out, so that it uses indexes. The organization tells nothing, unless it is the whole key.
-- kept_with: the columns that keep such a row while what they name stays; none for junctions, whose sides do not need them.
CREATE OR REPLACE FUNCTION sample_tables()
    RETURNS TABLE (ordinal integer, table_name text, key_column text, condition text, kept_with text[])
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $function$
        WITH tables AS (
            SELECT r.ordinal, r.relation_name, c.oid AS relation, pk.conkey AS key,
                   EXISTS (SELECT FROM pg_attribute a
                            WHERE a.attrelid = c.oid AND a.attname = 'history_id' AND pk.conkey = ARRAY[a.attnum]) AS is_history
              FROM mlregistry.registry_relations() r
              JOIN pg_class c ON c.oid = to_regclass(format('mlregistry.%I', r.relation_name))
              LEFT JOIN pg_constraint pk ON pk.conrelid = c.oid AND pk.contype = 'p'
             WHERE r.kind = 'table' AND r.area <> 'audit' -- a trail that forgets is none
        ), columns AS (
            SELECT t.ordinal, t.relation_name, t.is_history, cardinality(t.key) AS key_size, a.attname::text AS name, a.attnum,
                   EXISTS (SELECT FROM pg_constraint f
                            WHERE f.conrelid = t.relation AND f.contype = 'f' AND a.attnum = ANY (f.conkey)) AS is_reference
              FROM tables t
              JOIN pg_attribute a ON a.attrelid = t.relation AND a.atttypid = 'uuid'::regtype AND a.attnum > 0 AND NOT a.attisdropped
             WHERE CASE WHEN t.is_history THEN a.attnum <> ALL (t.key) AND right(a.attname::text, 8) <> '_by_user'
                        ELSE a.attnum = ANY (t.key) AND (a.attname <> 'organization_id' OR cardinality(t.key) = 1) END
        ), marks AS (
            SELECT c.ordinal, c.relation_name, c.is_history,
                   min(c.name) FILTER (WHERE c.key_size = 1 AND NOT c.is_history) AS key_column,
                   array_agg(format('t.%I BETWEEN ''73616d70-6c65-8000-0000-000000000000'' AND ''73616d70-6c65-8fff-ffff-ffffffffffff''', c.name)
                             ORDER BY c.attnum) AS ranges,
                   array_agg(c.name ORDER BY c.attnum) AS names,
                   count(*) > 1 AND bool_or(c.is_reference) AS is_junction
              FROM columns c
             WHERE NOT (c.is_history AND c.is_reference)
             GROUP BY c.ordinal, c.relation_name, c.is_history
        )
        SELECT t.ordinal, t.relation_name, m.key_column,
               coalesce('(' || array_to_string(m.ranges, CASE WHEN m.is_history THEN ' OR ' ELSE ' AND ' END) || ')', 'false'),
               CASE WHEN m.is_junction THEN '{}' ELSE m.names END
          FROM tables t
          LEFT JOIN marks m USING (ordinal)
         ORDER BY t.ordinal
    $function$;
COMMENT ON FUNCTION sample_tables() IS 'tables of the registry, each with the condition that its sample rows fulfil';

CREATE OR REPLACE FUNCTION count_sample_data() RETURNS TABLE (table_name text, n bigint)
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        place record;
        found bigint;
    BEGIN
        FOR place IN SELECT * FROM mlregistry.sample_tables() s WHERE s.condition <> 'false' ORDER BY s.ordinal LOOP
            EXECUTE format('SELECT count(*) FROM mlregistry.%I t WHERE %s', place.table_name, place.condition) INTO found;
            RETURN QUERY SELECT place.table_name, found;
        END LOOP;
    END
    $function$;
COMMENT ON FUNCTION count_sample_data() IS 'number of sample rows in each table that may have some';

-- Sample rows that rows of somebody's own refer to, by whatever foreign key or as quotas, and the sample rows that those need.
CREATE OR REPLACE FUNCTION needed_sample_data() RETURNS uuid[]
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $function$
    DECLARE
        reference record;
        needed uuid[];
        found uuid[];
        grown boolean;
        first boolean := true;
    BEGIN
        -- Quotas have no foreign key to what they are for, and go with it.
        needed := ARRAY(SELECT coalesce(m.membership_id, q.scope_id)
                          FROM mlregistry.resource_quotas q
                          LEFT JOIN mlregistry.organization_memberships m
                                 ON q.scope = 'user' AND m.organization_id = q.organization_id AND m.user_id = q.scope_id
                         WHERE NOT mlregistry.is_sample(q.quota_id) AND mlregistry.is_sample(coalesce(m.membership_id, q.scope_id)));
        LOOP
            grown := false;
            FOR reference IN
                SELECT f.conrelid::regclass AS child, coalesce(child.condition, 'false') AS child_condition, child.key_column AS child_key,
                       f.confrelid::regclass AS parent, parent.condition AS parent_condition, parent.key_column AS parent_key,
                       (SELECT string_agg(format('child.%I = parent.%I', ca.attname, pa.attname), ' AND ')
                          FROM unnest(f.conkey, f.confkey) AS k (child_key, parent_key)
                          JOIN pg_attribute ca ON ca.attrelid = f.conrelid AND ca.attnum = k.child_key
                          JOIN pg_attribute pa ON pa.attrelid = f.confrelid AND pa.attnum = k.parent_key) AS matches
                  FROM mlregistry.sample_tables() parent
                  JOIN pg_constraint f ON f.contype = 'f' AND f.conparentid = 0
                                      AND f.confrelid = to_regclass(format('mlregistry.%I', parent.table_name))
                  -- A table of an application has none.
                  LEFT JOIN mlregistry.sample_tables() child ON f.conrelid = to_regclass(format('mlregistry.%I', child.table_name))
                 WHERE parent.key_column IS NOT NULL AND (first OR child.key_column IS NOT NULL)
            LOOP
                EXECUTE format('SELECT array_agg(DISTINCT parent.%I)'
                               '  FROM (SELECT * FROM %s t WHERE %s) AS parent'
                               '  JOIN (SELECT * FROM %s t WHERE %s) AS child ON %s'
                               ' WHERE NOT parent.%1$I = ANY ($1)',
                               reference.parent_key, reference.parent, reference.parent_condition, reference.child,
                               CASE WHEN first THEN format('NOT %s', reference.child_condition)
                                    ELSE format('t.%I = ANY ($1)', reference.child_key) END,
                               reference.matches)
                   INTO found USING needed;
                needed := needed || coalesce(found, '{}');
                grown := grown OR found IS NOT NULL;
            END LOOP;
            -- A version keeps the runs that it came from (rule run_produced_version).
            found := ARRAY(SELECT r.run_id FROM mlregistry.training_runs r
                            WHERE r.version_id = ANY (needed) AND mlregistry.is_sample(r.run_id) AND r.run_id <> ALL (needed));
            needed := needed || found;
            grown := grown OR found <> '{}';
            EXIT WHEN NOT grown AND NOT (first AND needed <> '{}');
            first := false;
        END LOOP;
        -- The files of a frozen version leave with it only.
        RETURN needed || ARRAY(SELECT f.file_id FROM mlregistry.version_files f
                                WHERE f.version_id = ANY (needed) AND mlregistry.is_sample(f.file_id));
    END
    $function$;
COMMENT ON FUNCTION needed_sample_data() IS 'sample rows that drop_sample_data() leaves, because rows that are no sample rows hang on them';

CREATE OR REPLACE FUNCTION require_installed() RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $function$
    BEGIN
        IF mlregistry.schema_version() IS NULL THEN
            RAISE EXCEPTION 'the registry is not installed in this database'
                USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'SELECT mlregistry.install();';
        ELSIF mlregistry.schema_version() <> mlregistry.code_version() THEN
            RAISE EXCEPTION 'the tables are of version %, the code is of version %', mlregistry.schema_version(), mlregistry.code_version()
                USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'SELECT mlregistry.migrate();';
        END IF;
    END
    $function$;
COMMENT ON FUNCTION require_installed() IS 'raises 55000 unless the tables are there and fit the code';

CREATE OR REPLACE FUNCTION load_sample_data() RETURNS TABLE (table_name text, loaded bigint)
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $function$
    #variable_conflict use_column
    BEGIN
        PERFORM mlregistry.require_installed();
        IF EXISTS (SELECT FROM mlregistry.count_sample_data() c WHERE c.n > 0) THEN
            RAISE EXCEPTION 'there is sample data in this registry'
                USING ERRCODE = 'object_not_in_prerequisite_state',
                      DETAIL = (SELECT format('%s has %s sample rows.', c.table_name, c.n) FROM mlregistry.count_sample_data() c WHERE c.n > 0 LIMIT 1),
                      HINT = 'SELECT * FROM mlregistry.drop_sample_data(); it says what it had to keep.';
        END IF;
        IF NOT EXISTS (SELECT FROM mlregistry.projects p JOIN mlregistry.organizations o USING (organization_id)
                        WHERE p.project_id = '00000000-0000-8000-8000-000000000002' AND p.deleted_at IS NULL AND o.deleted_at IS NULL) THEN
            RAISE EXCEPTION 'the default project is gone, into which sample data is loaded'
                USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Restore it, or load into a database of its own.';
        END IF;
        PERFORM mlregistry.run_detached(mlregistry.sample_script(), mlregistry.registry_owner());
        -- Early in a month, some of it is of the month before, which may have no partition yet. Who may not make one leaves it to
        -- run_maintenance().
        IF has_function_privilege('mlregistry.make_partitions(text, boolean)', 'EXECUTE') THEN
            PERFORM mlregistry.make_partitions('run_metrics', true);
        END IF;
        -- There is a second organization now: without a choice, this session would work in none.
        IF coalesce(current_setting('mlregistry.organization', true), '') = '' THEN
            PERFORM set_config('mlregistry.organization', 'default', false);
        END IF;
        RETURN QUERY SELECT * FROM mlregistry.count_sample_data();
    END
    $function$;
COMMENT ON FUNCTION load_sample_data() IS 'loads sample data as the owner of the tables and says how many rows of each table. It brings a second organization, acme, after which nobody is in the default one unasked: this session is put there; others call use_organization(''default''), or for all: ALTER DATABASE ... SET mlregistry.organization = ''default''';

CREATE OR REPLACE FUNCTION drop_sample_data() RETURNS TABLE (table_name text, dropped bigint, kept bigint)
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        owner name := mlregistry.registry_owner();
        before bigint[];
        needed text;
        rest text; -- NULL: nothing to do
    BEGIN
        PERFORM mlregistry.require_installed();
        -- Nobody can hang a row on a locked one: what is looked for below stays true.
        PERFORM mlregistry.run_detached(string_agg(format('SELECT FROM mlregistry.%I t WHERE %s FOR UPDATE;', s.table_name, s.condition), ' '
                                                   ORDER BY s.ordinal), owner)
           FROM mlregistry.sample_tables() s WHERE s.key_column IS NOT NULL;
        before := ARRAY(SELECT c.n FROM mlregistry.count_sample_data() c);
        needed := quote_literal(mlregistry.needed_sample_data()) || '::uuid[]';
        -- Lea goes, who came with the sample, although an organization does not let its last admin go: the rule rests meanwhile.
        IF EXISTS (SELECT FROM pg_trigger t
                    WHERE t.tgrelid = 'mlregistry.organization_memberships'::regclass AND t.tgname = 'mlr_70_guard' AND t.tgenabled = 'O') THEN
            rest := 'ALTER TABLE mlregistry.organization_memberships %s TRIGGER mlr_70_guard';
        END IF;
        PERFORM mlregistry.run_detached(format(rest, 'DISABLE'), owner);
        -- One statement: foreign keys look at its end, whatever the order of the tables, and so do the triggers that keep the
        -- files of frozen versions, to whom a version that is gone is none.
        PERFORM mlregistry.run_detached(
                    'WITH ' || string_agg(format('of_%s AS (DELETE FROM mlregistry.%I t WHERE %s%s)', s.ordinal, s.table_name, s.condition,
                                                 (SELECT string_agg(format(' AND t.%I <> ALL (%s)', k, needed), '') FROM unnest(s.kept_with) AS k)),
                                          ', ' ORDER BY s.ordinal) || ' SELECT', owner)
           FROM mlregistry.sample_tables() s WHERE s.condition <> 'false';
        PERFORM mlregistry.run_detached(format(rest, 'ENABLE'), owner);
        RETURN QUERY
            SELECT c.table_name, before[c.place] - c.n, c.n
              FROM mlregistry.count_sample_data() WITH ORDINALITY AS c (table_name, n, place);
    END
    $function$;
COMMENT ON FUNCTION drop_sample_data() IS 'removes the rows of load_sample_data() as the owner of the tables; keeps, and counts, those that rows of your own hang on, with what these need. Rows of your own are not touched';

-- functions made from src/sql/data and src/sql/migrations
CREATE OR REPLACE FUNCTION code_version() RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS 'SELECT ''0.7.0''';
COMMENT ON FUNCTION code_version() IS 'version of the functions in this database';
CREATE OR REPLACE FUNCTION install_script() RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $function$SELECT $install_script$
-- Area access: users. Before all else, because whatever somebody does refers to them.

CREATE TABLE mlregistry.users (
    user_id uuid DEFAULT pg_catalog.gen_random_uuid() NOT NULL,
    email text NOT NULL,
    first_name text DEFAULT '' NOT NULL,
    last_name text DEFAULT '' NOT NULL,
    avatar_url text,
    db_role name,
    is_active boolean DEFAULT true NOT NULL,
    is_verified boolean DEFAULT false NOT NULL,
    last_login_at timestamptz,
    settings jsonb DEFAULT '{}' NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    updated_by text DEFAULT mlregistry.current_actor() NOT NULL,
    deleted_at timestamptz,
    CONSTRAINT users_pkey PRIMARY KEY (user_id),
    CONSTRAINT valid_email CHECK (mlregistry.is_email(email)),
    CONSTRAINT valid_avatar_url CHECK (mlregistry.is_url(avatar_url)),
    CONSTRAINT settings_is_object CHECK (pg_catalog.jsonb_typeof(settings) = 'object'),
    CONSTRAINT users_json_size CHECK (pg_catalog.pg_column_size(settings) <= 1048576),
    CONSTRAINT users_text_size CHECK (pg_catalog.octet_length(first_name) <= 65536 AND pg_catalog.octet_length(last_name) <= 65536
        AND pg_catalog.octet_length(updated_by) <= 65536)
);
CREATE UNIQUE INDEX users_email_key ON mlregistry.users (lower(email)) WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX users_db_role_key ON mlregistry.users (db_role) WHERE db_role IS NOT NULL AND deleted_at IS NULL;
COMMENT ON TABLE mlregistry.users IS 'People and services, whatever organizations they are members of';
COMMENT ON COLUMN mlregistry.users.user_id IS 'Identifier';
COMMENT ON COLUMN mlregistry.users.email IS 'E-mail address: the name under which the user acts, unique without regard to case among those not deleted';
COMMENT ON COLUMN mlregistry.users.first_name IS 'First name';
COMMENT ON COLUMN mlregistry.users.last_name IS 'Last name';
COMMENT ON COLUMN mlregistry.users.avatar_url IS 'Picture';
COMMENT ON COLUMN mlregistry.users.db_role IS 'Database role whose sessions act as this user; NULL: none';
COMMENT ON COLUMN mlregistry.users.is_active IS 'False: authenticates no more, and keys are refused';
COMMENT ON COLUMN mlregistry.users.is_verified IS 'The e-mail address was confirmed';
COMMENT ON COLUMN mlregistry.users.last_login_at IS 'When the user last logged in to an application';
COMMENT ON COLUMN mlregistry.users.settings IS 'Settings of an application, a JSON object';
COMMENT ON COLUMN mlregistry.users.created_at IS 'When the row was created';
COMMENT ON COLUMN mlregistry.users.updated_at IS 'When the row last changed';
COMMENT ON COLUMN mlregistry.users.updated_by IS 'Who changed it last';
COMMENT ON COLUMN mlregistry.users.deleted_at IS 'When it was deleted; NULL: it is not';
CREATE TRIGGER mlr_30_normalize BEFORE INSERT OR UPDATE ON mlregistry.users FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_normalize('email:email', 'first_name:trim', 'last_name:trim', 'avatar_url:trim');
CREATE TRIGGER mlr_60_touch BEFORE UPDATE ON mlregistry.users FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_touch();
-- Always, here and on all tables of rights: what a session knows of rights must not outlive what a replica changes.
CREATE TRIGGER mlr_95_access AFTER INSERT OR UPDATE OF user_id, email, db_role, is_active, deleted_at OR DELETE ON mlregistry.users
    FOR EACH STATEMENT EXECUTE FUNCTION mlregistry.trg_access_changed();
ALTER TABLE mlregistry.users ENABLE ALWAYS TRIGGER mlr_95_access;

CREATE TABLE mlregistry.user_credentials (
    user_id uuid NOT NULL,
    password_hash text,
    password_changed_at timestamptz,
    updated_at timestamptz DEFAULT now() NOT NULL,
    updated_by text DEFAULT mlregistry.current_actor() NOT NULL,
    CONSTRAINT user_credentials_pkey PRIMARY KEY (user_id),
    CONSTRAINT user_credentials_user_fkey FOREIGN KEY (user_id)
        REFERENCES mlregistry.users (user_id) ON DELETE CASCADE,
    CONSTRAINT user_credentials_text_size CHECK (pg_catalog.octet_length(password_hash) <= 65536
        AND pg_catalog.octet_length(updated_by) <= 65536)
);
COMMENT ON TABLE mlregistry.user_credentials IS 'Hashes of passwords for applications that keep them here: read by nobody but the owner';
COMMENT ON COLUMN mlregistry.user_credentials.user_id IS 'User whose they are';
COMMENT ON COLUMN mlregistry.user_credentials.password_hash IS 'Salted hash as the application writes it; NULL: single sign-on';
COMMENT ON COLUMN mlregistry.user_credentials.password_changed_at IS 'When the password was last changed';
COMMENT ON COLUMN mlregistry.user_credentials.updated_at IS 'When the row last changed';
COMMENT ON COLUMN mlregistry.user_credentials.updated_by IS 'Who changed it last';
CREATE TRIGGER mlr_60_touch BEFORE UPDATE ON mlregistry.user_credentials FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_touch();
-- Area foundation: registry_meta, the lookup tables, organizations, projects, guards.

CREATE TABLE mlregistry.registry_meta (
    key text NOT NULL,
    value jsonb NOT NULL,
    CONSTRAINT registry_meta_pkey PRIMARY KEY (key),
    CONSTRAINT registry_meta_json_size CHECK (pg_catalog.pg_column_size(value) <= 1048576)
);
COMMENT ON TABLE mlregistry.registry_meta IS 'Facts about this registry: schema version, install time, system identifier, default full-text language';
COMMENT ON COLUMN mlregistry.registry_meta.key IS 'Name of the fact';
COMMENT ON COLUMN mlregistry.registry_meta.value IS 'The fact';

-- Lookup tables: one design. Built-in rows are kept by trigger; own rows may be added beside them.
CREATE TABLE mlregistry.frameworks (
    name text NOT NULL,
    description text,
    builtin boolean DEFAULT false NOT NULL,
    CONSTRAINT frameworks_pkey PRIMARY KEY (name),
    CONSTRAINT frameworks_name_is_valid CHECK (mlregistry.is_valid_tag_name(name)),
    CONSTRAINT frameworks_text_size CHECK (pg_catalog.octet_length(description) <= 65536)
);
COMMENT ON TABLE mlregistry.frameworks IS 'Vocabulary: machine learning frameworks';
COMMENT ON COLUMN mlregistry.frameworks.name IS 'Name that other tables refer to';
COMMENT ON COLUMN mlregistry.frameworks.description IS 'What it is';
COMMENT ON COLUMN mlregistry.frameworks.builtin IS 'Came with the registry: cannot be deleted or renamed';

CREATE TABLE mlregistry.model_formats (
    name text NOT NULL,
    description text,
    builtin boolean DEFAULT false NOT NULL,
    CONSTRAINT model_formats_pkey PRIMARY KEY (name),
    CONSTRAINT model_formats_name_is_valid CHECK (mlregistry.is_valid_tag_name(name)),
    CONSTRAINT model_formats_text_size CHECK (pg_catalog.octet_length(description) <= 65536)
);
COMMENT ON TABLE mlregistry.model_formats IS 'Vocabulary: file formats of models';
COMMENT ON COLUMN mlregistry.model_formats.name IS 'Name that other tables refer to';
COMMENT ON COLUMN mlregistry.model_formats.description IS 'What it is';
COMMENT ON COLUMN mlregistry.model_formats.builtin IS 'Came with the registry: cannot be deleted or renamed';

CREATE TABLE mlregistry.storage_formats (
    name text NOT NULL,
    description text,
    builtin boolean DEFAULT false NOT NULL,
    CONSTRAINT storage_formats_pkey PRIMARY KEY (name),
    CONSTRAINT storage_formats_name_is_valid CHECK (mlregistry.is_valid_tag_name(name)),
    CONSTRAINT storage_formats_text_size CHECK (pg_catalog.octet_length(description) <= 65536)
);
COMMENT ON TABLE mlregistry.storage_formats IS 'Vocabulary: storage formats of datasets';
COMMENT ON COLUMN mlregistry.storage_formats.name IS 'Name that other tables refer to';
COMMENT ON COLUMN mlregistry.storage_formats.description IS 'What it is';
COMMENT ON COLUMN mlregistry.storage_formats.builtin IS 'Came with the registry: cannot be deleted or renamed';

CREATE TABLE mlregistry.tag_categories (
    name text NOT NULL,
    description text,
    builtin boolean DEFAULT false NOT NULL,
    CONSTRAINT tag_categories_pkey PRIMARY KEY (name),
    CONSTRAINT tag_categories_name_is_valid CHECK (mlregistry.is_valid_tag_name(name)),
    CONSTRAINT tag_categories_text_size CHECK (pg_catalog.octet_length(description) <= 65536)
);
COMMENT ON TABLE mlregistry.tag_categories IS 'Vocabulary: categories of tags';
COMMENT ON COLUMN mlregistry.tag_categories.name IS 'Name that other tables refer to';
COMMENT ON COLUMN mlregistry.tag_categories.description IS 'What it is';
COMMENT ON COLUMN mlregistry.tag_categories.builtin IS 'Came with the registry: cannot be deleted or renamed';

CREATE TABLE mlregistry.gpu_types (
    name text NOT NULL,
    price_per_hour_usd numeric(10,4) DEFAULT 2.50 NOT NULL,
    memory_gb integer,
    description text,
    builtin boolean DEFAULT false NOT NULL,
    CONSTRAINT gpu_types_pkey PRIMARY KEY (name),
    CONSTRAINT gpu_types_name_is_valid CHECK (mlregistry.is_valid_tag_name(name)),
    CONSTRAINT valid_gpu_price CHECK (price_per_hour_usd >= 0 AND price_per_hour_usd < 'NaN'),
    CONSTRAINT valid_gpu_memory CHECK (memory_gb > 0),
    CONSTRAINT gpu_types_text_size CHECK (pg_catalog.octet_length(description) <= 65536)
);
COMMENT ON TABLE mlregistry.gpu_types IS 'GPU types with their prices, the basis of cost functions; edit the prices to yours';
COMMENT ON COLUMN mlregistry.gpu_types.name IS 'Name as training runs write it';
COMMENT ON COLUMN mlregistry.gpu_types.price_per_hour_usd IS 'Price of one GPU for one hour in US dollars';
COMMENT ON COLUMN mlregistry.gpu_types.memory_gb IS 'Memory of one GPU in gigabytes';
COMMENT ON COLUMN mlregistry.gpu_types.description IS 'What it is';
COMMENT ON COLUMN mlregistry.gpu_types.builtin IS 'Came with the registry: cannot be deleted or renamed';

CREATE TABLE mlregistry.organizations (
    organization_id uuid DEFAULT pg_catalog.gen_random_uuid() NOT NULL,
    name text NOT NULL,
    slug text NOT NULL,
    billing_email text,
    subscription_plan text DEFAULT 'starter' NOT NULL,
    subscription_status text DEFAULT 'active' NOT NULL,
    max_users integer,
    max_models integer,
    settings jsonb DEFAULT '{}' NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    created_by text DEFAULT mlregistry.current_actor() NOT NULL,
    created_by_user uuid,
    updated_at timestamptz DEFAULT now() NOT NULL,
    updated_by text DEFAULT mlregistry.current_actor() NOT NULL,
    deleted_at timestamptz,
    CONSTRAINT organizations_pkey PRIMARY KEY (organization_id),
    CONSTRAINT organizations_created_by_user_fkey FOREIGN KEY (created_by_user)
        REFERENCES mlregistry.users (user_id) ON DELETE SET NULL (created_by_user),
    CONSTRAINT valid_organization_name CHECK (mlregistry.is_valid_label(name)),
    CONSTRAINT valid_slug CHECK (mlregistry.is_valid_name(slug)),
    CONSTRAINT valid_billing_email CHECK (mlregistry.is_email(billing_email)),
    CONSTRAINT valid_subscription_plan CHECK (subscription_plan IN ('starter', 'professional', 'enterprise')),
    CONSTRAINT valid_subscription_status CHECK (subscription_status IN ('active', 'inactive', 'suspended')),
    CONSTRAINT valid_limits CHECK (max_users >= 0 AND max_models >= 0),
    CONSTRAINT settings_is_object CHECK (pg_catalog.jsonb_typeof(settings) = 'object'),
    CONSTRAINT organizations_json_size CHECK (pg_catalog.pg_column_size(settings) <= 1048576),
    CONSTRAINT organizations_text_size CHECK (pg_catalog.octet_length(created_by) <= 65536 AND pg_catalog.octet_length(updated_by) <= 65536)
);
CREATE UNIQUE INDEX organizations_slug_key ON mlregistry.organizations (slug) WHERE deleted_at IS NULL;
COMMENT ON TABLE mlregistry.organizations IS 'Tenants: every row of the registry belongs to one';
COMMENT ON COLUMN mlregistry.organizations.organization_id IS 'Identifier';
COMMENT ON COLUMN mlregistry.organizations.name IS 'Name for people';
COMMENT ON COLUMN mlregistry.organizations.slug IS 'Name for references, unique among those not deleted';
COMMENT ON COLUMN mlregistry.organizations.billing_email IS 'Where bills go';
COMMENT ON COLUMN mlregistry.organizations.subscription_plan IS 'starter, professional or enterprise: a preset of limits';
COMMENT ON COLUMN mlregistry.organizations.subscription_status IS 'active, inactive or suspended';
COMMENT ON COLUMN mlregistry.organizations.max_users IS 'Most members; NULL: no limit';
COMMENT ON COLUMN mlregistry.organizations.max_models IS 'Most models; NULL: no limit';
COMMENT ON COLUMN mlregistry.organizations.settings IS 'Settings of an application, a JSON object';
COMMENT ON COLUMN mlregistry.organizations.created_at IS 'When the row was created';
COMMENT ON COLUMN mlregistry.organizations.created_by IS 'Who created it';
COMMENT ON COLUMN mlregistry.organizations.created_by_user IS 'The user who created it, as the database knows';
COMMENT ON COLUMN mlregistry.organizations.updated_at IS 'When the row last changed';
COMMENT ON COLUMN mlregistry.organizations.updated_by IS 'Who changed it last';
COMMENT ON COLUMN mlregistry.organizations.deleted_at IS 'When it was deleted; NULL: it is not';

CREATE TABLE mlregistry.projects (
    project_id uuid DEFAULT pg_catalog.gen_random_uuid() NOT NULL,
    organization_id uuid DEFAULT mlregistry.current_organization_id() NOT NULL,
    name text NOT NULL,
    slug text NOT NULL,
    description text,
    visibility text DEFAULT 'private' NOT NULL,
    protected_stages text[] DEFAULT '{}' NOT NULL,
    settings jsonb DEFAULT '{}' NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    created_by text DEFAULT mlregistry.current_actor() NOT NULL,
    created_by_user uuid,
    updated_at timestamptz DEFAULT now() NOT NULL,
    updated_by text DEFAULT mlregistry.current_actor() NOT NULL,
    deleted_at timestamptz,
    CONSTRAINT projects_pkey PRIMARY KEY (project_id),
    CONSTRAINT projects_tenant_key UNIQUE (organization_id, project_id),
    CONSTRAINT projects_organization_fkey FOREIGN KEY (organization_id)
        REFERENCES mlregistry.organizations (organization_id) ON DELETE CASCADE,
    CONSTRAINT projects_created_by_user_fkey FOREIGN KEY (created_by_user)
        REFERENCES mlregistry.users (user_id) ON DELETE SET NULL (created_by_user),
    CONSTRAINT valid_project_name CHECK (mlregistry.is_valid_label(name)),
    CONSTRAINT valid_project_slug CHECK (mlregistry.is_valid_name(slug)),
    CONSTRAINT valid_visibility CHECK (visibility IN ('private', 'organization', 'public')),
    CONSTRAINT valid_protected_stages CHECK (protected_stages <@ '{development,staging,production,archived}'::text[]),
    CONSTRAINT settings_is_object CHECK (pg_catalog.jsonb_typeof(settings) = 'object'),
    CONSTRAINT projects_json_size CHECK (pg_catalog.pg_column_size(settings) <= 1048576),
    CONSTRAINT projects_text_size CHECK (pg_catalog.octet_length(description) <= 65536 AND pg_catalog.octet_length(created_by) <= 65536
        AND pg_catalog.octet_length(updated_by) <= 65536)
);
CREATE UNIQUE INDEX unique_project_slug ON mlregistry.projects (organization_id, slug) WHERE deleted_at IS NULL;
COMMENT ON TABLE mlregistry.projects IS 'Projects of an organization: what belongs together and who may see it';
COMMENT ON COLUMN mlregistry.projects.project_id IS 'Identifier';
COMMENT ON COLUMN mlregistry.projects.organization_id IS 'Organization that it belongs to';
COMMENT ON COLUMN mlregistry.projects.name IS 'Name for people';
COMMENT ON COLUMN mlregistry.projects.slug IS 'Name for references, unique in its organization among those not deleted';
COMMENT ON COLUMN mlregistry.projects.description IS 'What it is for';
COMMENT ON COLUMN mlregistry.projects.visibility IS 'private, organization or public';
COMMENT ON COLUMN mlregistry.projects.protected_stages IS 'Stages into which only admins and project owners promote';
COMMENT ON COLUMN mlregistry.projects.settings IS 'Settings of an application, a JSON object';
COMMENT ON COLUMN mlregistry.projects.created_at IS 'When the row was created';
COMMENT ON COLUMN mlregistry.projects.created_by IS 'Who created it';
COMMENT ON COLUMN mlregistry.projects.created_by_user IS 'The user who created it, as the database knows';
COMMENT ON COLUMN mlregistry.projects.updated_at IS 'When the row last changed';
COMMENT ON COLUMN mlregistry.projects.updated_by IS 'Who changed it last';
COMMENT ON COLUMN mlregistry.projects.deleted_at IS 'When it was deleted; NULL: it is not';

-- No foreign key: rules also run while an organization is being deleted.
CREATE TABLE mlregistry.guards (
    organization_id uuid NOT NULL,
    rule text NOT NULL,
    subject_id uuid NOT NULL,
    n bigint DEFAULT 1 NOT NULL,
    CONSTRAINT guards_pkey PRIMARY KEY (organization_id, rule, subject_id)
);
COMMENT ON TABLE mlregistry.guards IS 'Rows that rules over several rows lock and change, so that they are exact at every isolation level';
COMMENT ON COLUMN mlregistry.guards.organization_id IS 'Organization of the subject';
COMMENT ON COLUMN mlregistry.guards.rule IS 'Rule that locks';
COMMENT ON COLUMN mlregistry.guards.subject_id IS 'What the rule is about';
COMMENT ON COLUMN mlregistry.guards.n IS 'How often it was locked';

COMMENT ON SCHEMA mlregistry IS 'ML model registry: tables of the database, functions and types of extension mlregistry; grant CREATE on it to nobody';

-- Vocabulary and facts are for all who may use the schema.
GRANT SELECT ON mlregistry.registry_meta, mlregistry.frameworks, mlregistry.model_formats, mlregistry.storage_formats,
    mlregistry.tag_categories, mlregistry.gpu_types TO PUBLIC;

-- Triggers: names sort in the order in which they fire.
CREATE TRIGGER mlr_50_freeze BEFORE UPDATE ON mlregistry.frameworks FOR EACH ROW EXECUTE FUNCTION mlregistry.trg_builtin();
CREATE TRIGGER mlr_70_guard AFTER DELETE ON mlregistry.frameworks FOR EACH ROW EXECUTE FUNCTION mlregistry.trg_builtin();
CREATE TRIGGER mlr_50_freeze BEFORE UPDATE ON mlregistry.model_formats FOR EACH ROW EXECUTE FUNCTION mlregistry.trg_builtin();
CREATE TRIGGER mlr_70_guard AFTER DELETE ON mlregistry.model_formats FOR EACH ROW EXECUTE FUNCTION mlregistry.trg_builtin();
CREATE TRIGGER mlr_50_freeze BEFORE UPDATE ON mlregistry.storage_formats FOR EACH ROW EXECUTE FUNCTION mlregistry.trg_builtin();
CREATE TRIGGER mlr_70_guard AFTER DELETE ON mlregistry.storage_formats FOR EACH ROW EXECUTE FUNCTION mlregistry.trg_builtin();
CREATE TRIGGER mlr_50_freeze BEFORE UPDATE ON mlregistry.tag_categories FOR EACH ROW EXECUTE FUNCTION mlregistry.trg_builtin();
CREATE TRIGGER mlr_70_guard AFTER DELETE ON mlregistry.tag_categories FOR EACH ROW EXECUTE FUNCTION mlregistry.trg_builtin();
CREATE TRIGGER mlr_50_freeze BEFORE UPDATE ON mlregistry.gpu_types FOR EACH ROW EXECUTE FUNCTION mlregistry.trg_builtin();
CREATE TRIGGER mlr_70_guard AFTER DELETE ON mlregistry.gpu_types FOR EACH ROW EXECUTE FUNCTION mlregistry.trg_builtin();

CREATE TRIGGER mlr_10_keys BEFORE UPDATE ON mlregistry.organizations FOR EACH ROW EXECUTE FUNCTION mlregistry.trg_keys();
CREATE TRIGGER mlr_20_actor BEFORE INSERT OR UPDATE ON mlregistry.organizations FOR EACH ROW EXECUTE FUNCTION mlregistry.trg_actor('created');
CREATE TRIGGER mlr_30_normalize BEFORE INSERT OR UPDATE ON mlregistry.organizations FOR EACH ROW EXECUTE FUNCTION mlregistry.trg_normalize('name:trim', 'billing_email:email');
CREATE TRIGGER mlr_60_touch BEFORE UPDATE ON mlregistry.organizations FOR EACH ROW EXECUTE FUNCTION mlregistry.trg_touch();
CREATE TRIGGER mlr_95_access AFTER INSERT OR UPDATE OR DELETE ON mlregistry.organizations FOR EACH STATEMENT
    EXECUTE FUNCTION mlregistry.trg_access_changed();
ALTER TABLE mlregistry.organizations ENABLE ALWAYS TRIGGER mlr_95_access;

CREATE TRIGGER mlr_10_keys BEFORE UPDATE ON mlregistry.projects FOR EACH ROW EXECUTE FUNCTION mlregistry.trg_keys();
CREATE TRIGGER mlr_20_actor BEFORE INSERT OR UPDATE ON mlregistry.projects FOR EACH ROW EXECUTE FUNCTION mlregistry.trg_actor('created');
CREATE TRIGGER mlr_30_normalize BEFORE INSERT OR UPDATE ON mlregistry.projects FOR EACH ROW EXECUTE FUNCTION mlregistry.trg_normalize('name:trim');
CREATE TRIGGER mlr_60_touch BEFORE UPDATE ON mlregistry.projects FOR EACH ROW EXECUTE FUNCTION mlregistry.trg_touch();
CREATE TRIGGER mlr_85_effect AFTER DELETE ON mlregistry.projects FOR EACH ROW EXECUTE FUNCTION mlregistry.trg_guard_quota('project', 'project_id');
CREATE TRIGGER mlr_95_access AFTER INSERT OR UPDATE OR DELETE ON mlregistry.projects FOR EACH STATEMENT
    EXECUTE FUNCTION mlregistry.trg_access_changed();
ALTER TABLE mlregistry.projects ENABLE ALWAYS TRIGGER mlr_95_access;
-- Area access: who belongs to which organization and project, keys, grants, the rules of row security, quotas. Users are in
-- 05_users.sql.

CREATE TABLE mlregistry.organization_memberships (
    membership_id uuid DEFAULT pg_catalog.gen_random_uuid() NOT NULL,
    organization_id uuid DEFAULT mlregistry.current_organization_id() NOT NULL,
    user_id uuid NOT NULL,
    role text DEFAULT 'viewer' NOT NULL,
    invited_by text DEFAULT mlregistry.current_actor() NOT NULL,
    invited_by_user uuid,
    joined_at timestamptz DEFAULT now() NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    updated_by text DEFAULT mlregistry.current_actor() NOT NULL,
    CONSTRAINT organization_memberships_pkey PRIMARY KEY (membership_id),
    CONSTRAINT organization_memberships_tenant_key UNIQUE (organization_id, membership_id),
    CONSTRAINT organization_memberships_organization_fkey FOREIGN KEY (organization_id)
        REFERENCES mlregistry.organizations (organization_id) ON DELETE CASCADE,
    CONSTRAINT organization_memberships_user_fkey FOREIGN KEY (user_id)
        REFERENCES mlregistry.users (user_id) ON DELETE CASCADE,
    CONSTRAINT organization_memberships_invited_by_user_fkey FOREIGN KEY (invited_by_user)
        REFERENCES mlregistry.users (user_id) ON DELETE SET NULL (invited_by_user),
    CONSTRAINT unique_membership UNIQUE (organization_id, user_id),
    CONSTRAINT valid_membership_role CHECK (role IN ('admin', 'developer', 'viewer')),
    CONSTRAINT organization_memberships_text_size CHECK (pg_catalog.octet_length(invited_by) <= 65536
        AND pg_catalog.octet_length(updated_by) <= 65536)
);
CREATE INDEX idx_memberships_user ON mlregistry.organization_memberships (user_id);
COMMENT ON TABLE mlregistry.organization_memberships IS 'Members of organizations, and what they may do there';
COMMENT ON COLUMN mlregistry.organization_memberships.membership_id IS 'Identifier';
COMMENT ON COLUMN mlregistry.organization_memberships.organization_id IS 'Organization that the user is a member of';
COMMENT ON COLUMN mlregistry.organization_memberships.user_id IS 'User who is the member';
COMMENT ON COLUMN mlregistry.organization_memberships.role IS 'admin, developer or viewer';
COMMENT ON COLUMN mlregistry.organization_memberships.invited_by IS 'Who made the user a member';
COMMENT ON COLUMN mlregistry.organization_memberships.invited_by_user IS 'The user who did, as the database knows';
COMMENT ON COLUMN mlregistry.organization_memberships.joined_at IS 'Since when the user is a member';
COMMENT ON COLUMN mlregistry.organization_memberships.created_at IS 'When the row was created';
COMMENT ON COLUMN mlregistry.organization_memberships.updated_at IS 'When the row last changed';
COMMENT ON COLUMN mlregistry.organization_memberships.updated_by IS 'Who changed it last';
CREATE TRIGGER mlr_10_keys BEFORE UPDATE ON mlregistry.organization_memberships FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_keys('users', 'user_id');
CREATE TRIGGER mlr_20_actor BEFORE INSERT OR UPDATE ON mlregistry.organization_memberships FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_actor('invited');
CREATE TRIGGER mlr_60_touch BEFORE UPDATE ON mlregistry.organization_memberships FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_touch();
CREATE TRIGGER mlr_70_guard AFTER INSERT OR DELETE OR UPDATE OF role ON mlregistry.organization_memberships FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_guard_members();
CREATE TRIGGER mlr_85_effect AFTER DELETE ON mlregistry.organization_memberships FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_guard_quota('user', 'user_id');
CREATE TRIGGER mlr_95_access AFTER INSERT OR UPDATE OR DELETE ON mlregistry.organization_memberships FOR EACH STATEMENT
    EXECUTE FUNCTION mlregistry.trg_access_changed();
ALTER TABLE mlregistry.organization_memberships ENABLE ALWAYS TRIGGER mlr_95_access;

CREATE TABLE mlregistry.project_members (
    member_id uuid DEFAULT pg_catalog.gen_random_uuid() NOT NULL,
    organization_id uuid DEFAULT mlregistry.current_organization_id() NOT NULL,
    project_id uuid DEFAULT mlregistry.current_project_id() NOT NULL,
    user_id uuid NOT NULL,
    role text DEFAULT 'contributor' NOT NULL,
    added_by text DEFAULT mlregistry.current_actor() NOT NULL,
    added_by_user uuid,
    created_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT project_members_pkey PRIMARY KEY (member_id),
    CONSTRAINT project_members_tenant_key UNIQUE (organization_id, member_id),
    CONSTRAINT project_members_organization_fkey FOREIGN KEY (organization_id)
        REFERENCES mlregistry.organizations (organization_id) ON DELETE CASCADE,
    CONSTRAINT project_members_project_fkey FOREIGN KEY (organization_id, project_id)
        REFERENCES mlregistry.projects (organization_id, project_id) ON DELETE CASCADE,
    -- Before the one to users: what is checked first must not tell a user of another organization from none.
    CONSTRAINT project_members_membership_fkey FOREIGN KEY (organization_id, user_id)
        REFERENCES mlregistry.organization_memberships (organization_id, user_id) ON DELETE CASCADE,
    CONSTRAINT project_members_user_fkey FOREIGN KEY (user_id)
        REFERENCES mlregistry.users (user_id) ON DELETE CASCADE,
    CONSTRAINT project_members_added_by_user_fkey FOREIGN KEY (added_by_user)
        REFERENCES mlregistry.users (user_id) ON DELETE SET NULL (added_by_user),
    CONSTRAINT unique_project_member UNIQUE (project_id, user_id),
    CONSTRAINT valid_project_role CHECK (role IN ('owner', 'contributor', 'viewer')),
    CONSTRAINT project_members_text_size CHECK (pg_catalog.octet_length(added_by) <= 65536)
);
CREATE INDEX idx_project_members_project ON mlregistry.project_members (project_id);
CREATE INDEX idx_project_members_user ON mlregistry.project_members (user_id);
COMMENT ON TABLE mlregistry.project_members IS 'Members of projects, all of them members of the organization, and what they may do there';
COMMENT ON COLUMN mlregistry.project_members.member_id IS 'Identifier';
COMMENT ON COLUMN mlregistry.project_members.organization_id IS 'Organization of the project';
COMMENT ON COLUMN mlregistry.project_members.project_id IS 'Project that the user is a member of';
COMMENT ON COLUMN mlregistry.project_members.user_id IS 'User who is the member';
COMMENT ON COLUMN mlregistry.project_members.role IS 'owner, contributor or viewer';
COMMENT ON COLUMN mlregistry.project_members.added_by IS 'Who made the user a member';
COMMENT ON COLUMN mlregistry.project_members.added_by_user IS 'The user who did, as the database knows';
COMMENT ON COLUMN mlregistry.project_members.created_at IS 'When the row was created';
CREATE TRIGGER mlr_10_keys BEFORE UPDATE ON mlregistry.project_members FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_keys('users', 'user_id');
CREATE TRIGGER mlr_20_actor BEFORE INSERT OR UPDATE ON mlregistry.project_members FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_actor('added');
CREATE TRIGGER mlr_95_access AFTER INSERT OR UPDATE OR DELETE ON mlregistry.project_members FOR EACH STATEMENT
    EXECUTE FUNCTION mlregistry.trg_access_changed();
ALTER TABLE mlregistry.project_members ENABLE ALWAYS TRIGGER mlr_95_access;

CREATE TABLE mlregistry.api_keys (
    api_key_id uuid DEFAULT pg_catalog.gen_random_uuid() NOT NULL,
    organization_id uuid DEFAULT mlregistry.current_organization_id() NOT NULL,
    user_id uuid NOT NULL,
    name text NOT NULL,
    key_prefix text NOT NULL,
    permissions jsonb DEFAULT '{}' NOT NULL,
    last_used_at timestamptz,
    expires_at timestamptz,
    is_active boolean DEFAULT true NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    created_by text DEFAULT mlregistry.current_actor() NOT NULL,
    created_by_user uuid,
    updated_at timestamptz DEFAULT now() NOT NULL,
    updated_by text DEFAULT mlregistry.current_actor() NOT NULL,
    deleted_at timestamptz,
    CONSTRAINT api_keys_pkey PRIMARY KEY (api_key_id),
    CONSTRAINT api_keys_tenant_key UNIQUE (organization_id, api_key_id),
    CONSTRAINT api_keys_organization_fkey FOREIGN KEY (organization_id)
        REFERENCES mlregistry.organizations (organization_id) ON DELETE CASCADE,
    CONSTRAINT api_keys_membership_fkey FOREIGN KEY (organization_id, user_id)
        REFERENCES mlregistry.organization_memberships (organization_id, user_id) ON DELETE CASCADE,
    CONSTRAINT api_keys_created_by_user_fkey FOREIGN KEY (created_by_user)
        REFERENCES mlregistry.users (user_id) ON DELETE SET NULL (created_by_user),
    CONSTRAINT valid_key_name CHECK (mlregistry.is_valid_label(name)),
    CONSTRAINT valid_key_prefix CHECK (pg_catalog.length(key_prefix) <= 20),
    CONSTRAINT valid_permissions CHECK (mlregistry.is_scopes(permissions)),
    CONSTRAINT api_keys_json_size CHECK (pg_catalog.pg_column_size(permissions) <= 1048576),
    CONSTRAINT api_keys_text_size CHECK (pg_catalog.octet_length(created_by) <= 65536 AND pg_catalog.octet_length(updated_by) <= 65536)
);
CREATE INDEX idx_api_keys_user ON mlregistry.api_keys (user_id);
COMMENT ON TABLE mlregistry.api_keys IS 'Keys by which users authenticate, each for one organization; what it takes to use one is not here';
COMMENT ON COLUMN mlregistry.api_keys.api_key_id IS 'Identifier';
COMMENT ON COLUMN mlregistry.api_keys.organization_id IS 'Organization that it opens';
COMMENT ON COLUMN mlregistry.api_keys.user_id IS 'User who acts by it, a member of the organization';
COMMENT ON COLUMN mlregistry.api_keys.name IS 'Name for people';
COMMENT ON COLUMN mlregistry.api_keys.key_prefix IS 'First characters of the key, to tell it from others';
COMMENT ON COLUMN mlregistry.api_keys.permissions IS 'Scopes and projects that it is restricted to; {}: all that the user may do';
COMMENT ON COLUMN mlregistry.api_keys.last_used_at IS 'When it was last used, to the minute';
COMMENT ON COLUMN mlregistry.api_keys.expires_at IS 'From when on it is refused; NULL: never';
COMMENT ON COLUMN mlregistry.api_keys.is_active IS 'False: it is refused';
COMMENT ON COLUMN mlregistry.api_keys.created_at IS 'When the row was created';
COMMENT ON COLUMN mlregistry.api_keys.created_by IS 'Who created it';
COMMENT ON COLUMN mlregistry.api_keys.created_by_user IS 'The user who created it, as the database knows';
COMMENT ON COLUMN mlregistry.api_keys.updated_at IS 'When the row last changed, its use aside';
COMMENT ON COLUMN mlregistry.api_keys.updated_by IS 'Who changed it last';
COMMENT ON COLUMN mlregistry.api_keys.deleted_at IS 'When it was revoked; NULL: it is not';
CREATE TRIGGER mlr_10_keys BEFORE UPDATE ON mlregistry.api_keys FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_keys('users', 'user_id');
CREATE TRIGGER mlr_20_actor BEFORE INSERT OR UPDATE ON mlregistry.api_keys FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_actor('created');
CREATE TRIGGER mlr_30_normalize BEFORE INSERT OR UPDATE ON mlregistry.api_keys FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_normalize('name:trim');
-- Use is no change: all columns but last_used_at.
CREATE TRIGGER mlr_60_touch BEFORE UPDATE OF api_key_id, organization_id, user_id, name, key_prefix, permissions, expires_at, is_active,
        created_at, created_by, created_by_user, updated_at, updated_by, deleted_at ON mlregistry.api_keys FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_touch();
CREATE TRIGGER mlr_95_access AFTER INSERT OR UPDATE OF api_key_id, organization_id, user_id, permissions, expires_at, is_active, deleted_at
        OR DELETE ON mlregistry.api_keys FOR EACH STATEMENT
    EXECUTE FUNCTION mlregistry.trg_access_changed();
ALTER TABLE mlregistry.api_keys ENABLE ALWAYS TRIGGER mlr_95_access;

CREATE TABLE mlregistry.api_key_secrets (
    api_key_id uuid NOT NULL,
    key_hash text NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT api_key_secrets_pkey PRIMARY KEY (api_key_id),
    CONSTRAINT api_key_secrets_api_key_fkey FOREIGN KEY (api_key_id)
        REFERENCES mlregistry.api_keys (api_key_id) ON DELETE CASCADE,
    CONSTRAINT unique_key_hash UNIQUE (key_hash),
    CONSTRAINT valid_key_hash CHECK (mlregistry.is_sha256(key_hash))
);
COMMENT ON TABLE mlregistry.api_key_secrets IS 'Hashes of keys: read by nobody but the owner';
COMMENT ON COLUMN mlregistry.api_key_secrets.api_key_id IS 'Key whose it is';
COMMENT ON COLUMN mlregistry.api_key_secrets.key_hash IS 'SHA-256 of the key, 64 hexadecimal digits; the key itself is shown once and kept nowhere';
COMMENT ON COLUMN mlregistry.api_key_secrets.created_at IS 'When the row was created';

CREATE TABLE mlregistry.role_access (
    db_role name NOT NULL,
    organization_id uuid NOT NULL,
    level text NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    created_by text DEFAULT mlregistry.current_actor() NOT NULL,
    created_by_user uuid,
    CONSTRAINT role_access_pkey PRIMARY KEY (db_role, organization_id),
    CONSTRAINT role_access_organization_fkey FOREIGN KEY (organization_id)
        REFERENCES mlregistry.organizations (organization_id) ON DELETE CASCADE,
    CONSTRAINT role_access_created_by_user_fkey FOREIGN KEY (created_by_user)
        REFERENCES mlregistry.users (user_id) ON DELETE SET NULL (created_by_user),
    CONSTRAINT valid_access_level CHECK (level IN ('read', 'write', 'admin', 'worker', 'owner')),
    CONSTRAINT role_access_text_size CHECK (pg_catalog.octet_length(created_by) <= 65536)
);
COMMENT ON TABLE mlregistry.role_access IS 'Organizations that database roles may use without a user or a key: written by grant_access()';
COMMENT ON COLUMN mlregistry.role_access.db_role IS 'Database role';
COMMENT ON COLUMN mlregistry.role_access.organization_id IS 'Organization that it may use';
COMMENT ON COLUMN mlregistry.role_access.level IS 'read, write, admin, worker or owner';
COMMENT ON COLUMN mlregistry.role_access.created_at IS 'When the row was created';
COMMENT ON COLUMN mlregistry.role_access.created_by IS 'Who created it';
COMMENT ON COLUMN mlregistry.role_access.created_by_user IS 'The user who created it, as the database knows';
CREATE TRIGGER mlr_10_keys BEFORE UPDATE ON mlregistry.role_access FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_keys();
CREATE TRIGGER mlr_20_actor BEFORE INSERT OR UPDATE ON mlregistry.role_access FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_actor('created');
CREATE TRIGGER mlr_95_access AFTER INSERT OR UPDATE OR DELETE ON mlregistry.role_access FOR EACH STATEMENT
    EXECUTE FUNCTION mlregistry.trg_access_changed();
ALTER TABLE mlregistry.role_access ENABLE ALWAYS TRIGGER mlr_95_access;

CREATE TABLE mlregistry.access_rules (
    table_name text NOT NULL,
    scope text NOT NULL,
    read_role text NOT NULL,
    write_role text NOT NULL,
    key_scope text,
    CONSTRAINT access_rules_pkey PRIMARY KEY (table_name),
    CONSTRAINT valid_access_scope CHECK (scope IN ('project', 'organization', 'self', 'admin', 'owner', 'global')),
    CONSTRAINT valid_read_role CHECK (read_role IN ('viewer', 'developer', 'contributor', 'admin', 'owner')),
    CONSTRAINT valid_write_role CHECK (write_role IN ('viewer', 'developer', 'contributor', 'admin', 'owner')),
    CONSTRAINT valid_key_scope CHECK (key_scope IN ('models', 'versions', 'datasets', 'runs', 'deployments', 'approvals', 'monitoring',
        'admin', 'names'))
);
COMMENT ON TABLE mlregistry.access_rules IS 'Who may read and write which table: row-security policies are made from it by apply_access_rules()';
COMMENT ON COLUMN mlregistry.access_rules.table_name IS 'Table of the registry';
COMMENT ON COLUMN mlregistry.access_rules.scope IS 'What a row belongs to: project, organization, self (a user), admin, owner or global';
COMMENT ON COLUMN mlregistry.access_rules.read_role IS 'Least role that reads: viewer, developer, contributor, admin or owner (of the tables)';
COMMENT ON COLUMN mlregistry.access_rules.write_role IS 'Least role that writes: viewer, developer, contributor, admin or owner (of the tables)';
COMMENT ON COLUMN mlregistry.access_rules.key_scope IS 'Scope that opens it to a key; NULL: any key';

CREATE TABLE mlregistry.resource_quotas (
    quota_id uuid DEFAULT pg_catalog.gen_random_uuid() NOT NULL,
    organization_id uuid DEFAULT mlregistry.current_organization_id() NOT NULL,
    scope text NOT NULL,
    scope_id uuid,
    period text DEFAULT 'month' NOT NULL,
    gpu_hours_limit numeric(12,2),
    cost_limit_usd numeric(12,2),
    enforcement text DEFAULT 'warn' NOT NULL,
    is_active boolean DEFAULT true NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    created_by text DEFAULT mlregistry.current_actor() NOT NULL,
    created_by_user uuid,
    updated_at timestamptz DEFAULT now() NOT NULL,
    updated_by text DEFAULT mlregistry.current_actor() NOT NULL,
    CONSTRAINT resource_quotas_pkey PRIMARY KEY (quota_id),
    CONSTRAINT resource_quotas_tenant_key UNIQUE (organization_id, quota_id),
    CONSTRAINT resource_quotas_organization_fkey FOREIGN KEY (organization_id)
        REFERENCES mlregistry.organizations (organization_id) ON DELETE CASCADE,
    CONSTRAINT resource_quotas_created_by_user_fkey FOREIGN KEY (created_by_user)
        REFERENCES mlregistry.users (user_id) ON DELETE SET NULL (created_by_user),
    CONSTRAINT valid_quota_scope CHECK (scope IN ('organization', 'project', 'team', 'user')
        AND (scope = 'organization') = (scope_id IS NULL)),
    CONSTRAINT valid_quota_period CHECK (period IN ('day', 'week', 'month')),
    CONSTRAINT valid_quota_limit CHECK ((gpu_hours_limit IS NOT NULL OR cost_limit_usd IS NOT NULL)
        AND gpu_hours_limit >= 0 AND gpu_hours_limit < 'NaN' AND cost_limit_usd >= 0 AND cost_limit_usd < 'NaN'),
    CONSTRAINT valid_enforcement CHECK (enforcement IN ('warn', 'refuse')),
    CONSTRAINT resource_quotas_text_size CHECK (pg_catalog.octet_length(created_by) <= 65536 AND pg_catalog.octet_length(updated_by) <= 65536)
);
CREATE UNIQUE INDEX unique_quota ON mlregistry.resource_quotas (organization_id, scope, scope_id, period) NULLS NOT DISTINCT;
COMMENT ON TABLE mlregistry.resource_quotas IS 'How much of GPU time and money an organization, a project, a team or a user may use in a day, a week or a month of the UTC calendar';
COMMENT ON COLUMN mlregistry.resource_quotas.quota_id IS 'Identifier';
COMMENT ON COLUMN mlregistry.resource_quotas.organization_id IS 'Organization that it belongs to';
COMMENT ON COLUMN mlregistry.resource_quotas.scope IS 'organization, project, team or user';
COMMENT ON COLUMN mlregistry.resource_quotas.scope_id IS 'That project, team or user; NULL exactly for the organization';
COMMENT ON COLUMN mlregistry.resource_quotas.period IS 'day, week or month';
COMMENT ON COLUMN mlregistry.resource_quotas.gpu_hours_limit IS 'Most GPU hours in a period; NULL: no limit';
COMMENT ON COLUMN mlregistry.resource_quotas.cost_limit_usd IS 'Most US dollars in a period; NULL: no limit';
COMMENT ON COLUMN mlregistry.resource_quotas.enforcement IS 'warn or refuse';
COMMENT ON COLUMN mlregistry.resource_quotas.is_active IS 'False: it is not looked at';
COMMENT ON COLUMN mlregistry.resource_quotas.created_at IS 'When the row was created';
COMMENT ON COLUMN mlregistry.resource_quotas.created_by IS 'Who created it';
COMMENT ON COLUMN mlregistry.resource_quotas.created_by_user IS 'The user who created it, as the database knows';
COMMENT ON COLUMN mlregistry.resource_quotas.updated_at IS 'When the row last changed';
COMMENT ON COLUMN mlregistry.resource_quotas.updated_by IS 'Who changed it last';
CREATE TRIGGER mlr_10_keys BEFORE UPDATE ON mlregistry.resource_quotas FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_keys();
CREATE TRIGGER mlr_20_actor BEFORE INSERT OR UPDATE ON mlregistry.resource_quotas FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_actor('created');
CREATE TRIGGER mlr_60_touch BEFORE UPDATE ON mlregistry.resource_quotas FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_touch();
CREATE TRIGGER mlr_70_guard AFTER INSERT OR UPDATE OF scope, scope_id ON mlregistry.resource_quotas FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_guard_quota();
-- Area catalog: teams, and the vocabulary of tags.

CREATE TABLE mlregistry.teams (
    team_id uuid DEFAULT pg_catalog.gen_random_uuid() NOT NULL,
    organization_id uuid DEFAULT mlregistry.current_organization_id() NOT NULL,
    team_name text NOT NULL,
    team_email text,
    department text,
    cost_center text,
    manager_name text,
    slack_channel text,
    active boolean DEFAULT true NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    created_by text DEFAULT mlregistry.current_actor() NOT NULL,
    created_by_user uuid,
    updated_at timestamptz DEFAULT now() NOT NULL,
    updated_by text DEFAULT mlregistry.current_actor() NOT NULL,
    CONSTRAINT teams_pkey PRIMARY KEY (team_id),
    CONSTRAINT teams_tenant_key UNIQUE (organization_id, team_id),
    CONSTRAINT teams_organization_fkey FOREIGN KEY (organization_id)
        REFERENCES mlregistry.organizations (organization_id) ON DELETE CASCADE,
    CONSTRAINT teams_created_by_user_fkey FOREIGN KEY (created_by_user)
        REFERENCES mlregistry.users (user_id) ON DELETE SET NULL (created_by_user),
    CONSTRAINT unique_team_name UNIQUE (organization_id, team_name),
    CONSTRAINT valid_team_name CHECK (mlregistry.is_valid_name(team_name)),
    CONSTRAINT valid_team_email CHECK (mlregistry.is_email(team_email)),
    CONSTRAINT teams_text_size CHECK (pg_catalog.octet_length(department) <= 65536 AND pg_catalog.octet_length(cost_center) <= 65536
        AND pg_catalog.octet_length(manager_name) <= 65536
        AND pg_catalog.octet_length(slack_channel) <= 65536
        AND pg_catalog.octet_length(created_by) <= 65536 AND pg_catalog.octet_length(updated_by) <= 65536)
);
COMMENT ON TABLE mlregistry.teams IS 'Teams: who owns models and datasets';
COMMENT ON COLUMN mlregistry.teams.team_id IS 'Identifier';
COMMENT ON COLUMN mlregistry.teams.organization_id IS 'Organization that it belongs to';
COMMENT ON COLUMN mlregistry.teams.team_name IS 'Name for references, unique in its organization';
COMMENT ON COLUMN mlregistry.teams.team_email IS 'Where to write to';
COMMENT ON COLUMN mlregistry.teams.department IS 'Department that it is part of';
COMMENT ON COLUMN mlregistry.teams.cost_center IS 'Cost center that pays for it';
COMMENT ON COLUMN mlregistry.teams.manager_name IS 'Who leads it';
COMMENT ON COLUMN mlregistry.teams.slack_channel IS 'Where it talks';
COMMENT ON COLUMN mlregistry.teams.active IS 'False: it is there for what it once owned';
COMMENT ON COLUMN mlregistry.teams.created_at IS 'When the row was created';
COMMENT ON COLUMN mlregistry.teams.created_by IS 'Who created it';
COMMENT ON COLUMN mlregistry.teams.created_by_user IS 'The user who created it, as the database knows';
COMMENT ON COLUMN mlregistry.teams.updated_at IS 'When the row last changed';
COMMENT ON COLUMN mlregistry.teams.updated_by IS 'Who changed it last';
CREATE TRIGGER mlr_10_keys BEFORE UPDATE ON mlregistry.teams FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_keys();
CREATE TRIGGER mlr_20_actor BEFORE INSERT OR UPDATE ON mlregistry.teams FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_actor('created');
CREATE TRIGGER mlr_30_normalize BEFORE INSERT OR UPDATE ON mlregistry.teams FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_normalize('team_email:email', 'department:trim', 'cost_center:trim', 'manager_name:trim',
        'slack_channel:trim');
CREATE TRIGGER mlr_60_touch BEFORE UPDATE ON mlregistry.teams FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_touch();
CREATE TRIGGER mlr_85_effect AFTER DELETE ON mlregistry.teams FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_guard_quota('team', 'team_id');

CREATE TABLE mlregistry.tags (
    tag_id uuid DEFAULT pg_catalog.gen_random_uuid() NOT NULL,
    organization_id uuid DEFAULT mlregistry.current_organization_id() NOT NULL,
    tag_name text NOT NULL,
    tag_category text,
    description text,
    created_at timestamptz DEFAULT now() NOT NULL,
    created_by text DEFAULT mlregistry.current_actor() NOT NULL,
    created_by_user uuid,
    CONSTRAINT tags_pkey PRIMARY KEY (tag_id),
    CONSTRAINT tags_tenant_key UNIQUE (organization_id, tag_id),
    CONSTRAINT tags_organization_fkey FOREIGN KEY (organization_id)
        REFERENCES mlregistry.organizations (organization_id) ON DELETE CASCADE,
    CONSTRAINT unique_tag_name UNIQUE (organization_id, tag_name),
    CONSTRAINT valid_tag_category FOREIGN KEY (tag_category)
        REFERENCES mlregistry.tag_categories (name) ON UPDATE CASCADE ON DELETE NO ACTION,
    CONSTRAINT tags_created_by_user_fkey FOREIGN KEY (created_by_user)
        REFERENCES mlregistry.users (user_id) ON DELETE SET NULL (created_by_user),
    CONSTRAINT valid_tag_name CHECK (mlregistry.is_valid_tag_name(tag_name)),
    CONSTRAINT tags_text_size CHECK (pg_catalog.octet_length(description) <= 65536 AND pg_catalog.octet_length(created_by) <= 65536)
);
CREATE INDEX idx_tags_category ON mlregistry.tags (tag_category);
COMMENT ON TABLE mlregistry.tags IS 'Tags: one vocabulary for models, versions and datasets';
COMMENT ON COLUMN mlregistry.tags.tag_id IS 'Identifier';
COMMENT ON COLUMN mlregistry.tags.organization_id IS 'Organization that it belongs to';
COMMENT ON COLUMN mlregistry.tags.tag_name IS 'Name, unique in its organization';
COMMENT ON COLUMN mlregistry.tags.tag_category IS 'What it speaks of, one of tag_categories';
COMMENT ON COLUMN mlregistry.tags.description IS 'What it means';
COMMENT ON COLUMN mlregistry.tags.created_at IS 'When the row was created';
COMMENT ON COLUMN mlregistry.tags.created_by IS 'Who created it';
COMMENT ON COLUMN mlregistry.tags.created_by_user IS 'The user who created it, as the database knows';
CREATE TRIGGER mlr_10_keys BEFORE UPDATE ON mlregistry.tags FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_keys();
CREATE TRIGGER mlr_20_actor BEFORE INSERT OR UPDATE ON mlregistry.tags FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_actor('created');
-- Area catalog: models, their versions and the aliases of versions.

CREATE TABLE mlregistry.models (
    model_id uuid DEFAULT pg_catalog.gen_random_uuid() NOT NULL,
    organization_id uuid DEFAULT mlregistry.current_organization_id() NOT NULL,
    project_id uuid DEFAULT mlregistry.current_project_id() NOT NULL,
    model_name text NOT NULL,
    display_name text NOT NULL,
    description text,
    objective text,
    use_case text,
    model_type text,
    task_type text,
    framework text,
    team_id uuid,
    primary_contact text,
    secondary_contact text,
    business_unit text,
    risk_level text DEFAULT 'medium' NOT NULL,
    compliance_required boolean DEFAULT false NOT NULL,
    risk_class text,
    intended_purpose text,
    github_repo text,
    documentation_url text,
    model_card_url text,
    metadata jsonb DEFAULT '{}' NOT NULL,
    original_name text,
    legal_hold boolean DEFAULT false NOT NULL,
    legal_hold_reason text,
    is_active boolean DEFAULT true NOT NULL,
    archived_at timestamptz,
    archived_reason text,
    created_at timestamptz DEFAULT now() NOT NULL,
    created_by text DEFAULT mlregistry.current_actor() NOT NULL,
    created_by_user uuid,
    updated_at timestamptz DEFAULT now() NOT NULL,
    updated_by text DEFAULT mlregistry.current_actor() NOT NULL,
    deleted_at timestamptz,
    CONSTRAINT models_pkey PRIMARY KEY (model_id),
    CONSTRAINT models_tenant_key UNIQUE (organization_id, model_id),
    CONSTRAINT models_organization_fkey FOREIGN KEY (organization_id)
        REFERENCES mlregistry.organizations (organization_id) ON DELETE CASCADE,
    CONSTRAINT models_project_fkey FOREIGN KEY (organization_id, project_id)
        REFERENCES mlregistry.projects (organization_id, project_id) ON DELETE CASCADE,
    CONSTRAINT valid_framework FOREIGN KEY (framework)
        REFERENCES mlregistry.frameworks (name) ON UPDATE CASCADE ON DELETE NO ACTION,
    CONSTRAINT models_team_fkey FOREIGN KEY (organization_id, team_id)
        REFERENCES mlregistry.teams (organization_id, team_id) ON DELETE SET NULL (team_id),
    CONSTRAINT models_created_by_user_fkey FOREIGN KEY (created_by_user)
        REFERENCES mlregistry.users (user_id) ON DELETE SET NULL (created_by_user),
    CONSTRAINT valid_model_name CHECK (mlregistry.is_valid_name(model_name)),
    CONSTRAINT valid_display_name CHECK (mlregistry.is_valid_label(display_name)),
    CONSTRAINT valid_risk_level CHECK (risk_level IN ('low', 'medium', 'high', 'critical')),
    CONSTRAINT valid_risk_class CHECK (risk_class IN ('minimal', 'limited', 'high', 'prohibited')),
    CONSTRAINT valid_documentation_url CHECK (mlregistry.is_url(documentation_url)),
    CONSTRAINT valid_model_card_url CHECK (mlregistry.is_url(model_card_url)),
    CONSTRAINT model_archive_consistency CHECK (is_active = (archived_at IS NULL)),
    CONSTRAINT metadata_is_object CHECK (pg_catalog.jsonb_typeof(metadata) = 'object'),
    CONSTRAINT models_json_size CHECK (pg_catalog.pg_column_size(metadata) <= 1048576),
    CONSTRAINT models_text_size CHECK (pg_catalog.octet_length(description) <= 65536 AND pg_catalog.octet_length(objective) <= 65536
        AND pg_catalog.octet_length(use_case) <= 65536 AND pg_catalog.octet_length(model_type) <= 65536
        AND pg_catalog.octet_length(task_type) <= 65536
        AND pg_catalog.octet_length(primary_contact) <= 65536
        AND pg_catalog.octet_length(secondary_contact) <= 65536
        AND pg_catalog.octet_length(business_unit) <= 65536
        AND pg_catalog.octet_length(intended_purpose) <= 65536
        AND pg_catalog.octet_length(github_repo) <= 65536
        AND pg_catalog.octet_length(original_name) <= 65536
        AND pg_catalog.octet_length(legal_hold_reason) <= 65536
        AND pg_catalog.octet_length(archived_reason) <= 65536
        AND pg_catalog.octet_length(created_by) <= 65536 AND pg_catalog.octet_length(updated_by) <= 65536)
);
CREATE UNIQUE INDEX unique_model_name ON mlregistry.models (organization_id, project_id, model_name) INCLUDE (model_id) WHERE deleted_at IS NULL;
CREATE INDEX idx_models_project ON mlregistry.models (project_id);
CREATE INDEX idx_models_team ON mlregistry.models (team_id, project_id, model_name);
CREATE INDEX idx_models_risk ON mlregistry.models (risk_level);
CREATE INDEX idx_models_name ON mlregistry.models (model_name);
CREATE INDEX idx_models_created ON mlregistry.models (created_at DESC);
CREATE INDEX idx_models_active ON mlregistry.models (is_active) WHERE is_active;
CREATE INDEX idx_models_framework ON mlregistry.models (framework);
CREATE INDEX idx_models_org_project ON mlregistry.models (organization_id, project_id) WHERE deleted_at IS NULL;
CREATE INDEX idx_models_search ON mlregistry.models
    USING gin (to_tsvector({{fts_language}}, model_name || ' ' || display_name || ' ' || coalesce(description, '')));
CREATE INDEX idx_models_grams ON mlregistry.models USING gin (mlregistry.name_grams(model_name, display_name));
CREATE INDEX idx_models_metadata ON mlregistry.models USING gin (metadata jsonb_path_ops);
COMMENT ON TABLE mlregistry.models IS 'Models: one row for what is trained, versioned and deployed under one name';
COMMENT ON COLUMN mlregistry.models.model_id IS 'Identifier';
COMMENT ON COLUMN mlregistry.models.organization_id IS 'Organization that it belongs to';
COMMENT ON COLUMN mlregistry.models.project_id IS 'Project that it belongs to';
COMMENT ON COLUMN mlregistry.models.model_name IS 'Name for references, unique in its project among those not deleted';
COMMENT ON COLUMN mlregistry.models.display_name IS 'Name for people; the model name where none was given';
COMMENT ON COLUMN mlregistry.models.description IS 'What it is';
COMMENT ON COLUMN mlregistry.models.objective IS 'What it is to achieve';
COMMENT ON COLUMN mlregistry.models.use_case IS 'Where it is used';
COMMENT ON COLUMN mlregistry.models.model_type IS 'Kind of model';
COMMENT ON COLUMN mlregistry.models.task_type IS 'Kind of task';
COMMENT ON COLUMN mlregistry.models.framework IS 'Framework that its versions use unless they say otherwise';
COMMENT ON COLUMN mlregistry.models.team_id IS 'Team that owns it';
COMMENT ON COLUMN mlregistry.models.primary_contact IS 'Whom to ask';
COMMENT ON COLUMN mlregistry.models.secondary_contact IS 'Whom to ask next';
COMMENT ON COLUMN mlregistry.models.business_unit IS 'Part of the business that owns it';
COMMENT ON COLUMN mlregistry.models.risk_level IS 'low, medium, high or critical';
COMMENT ON COLUMN mlregistry.models.compliance_required IS 'Versions need validation and approval before production';
COMMENT ON COLUMN mlregistry.models.risk_class IS 'minimal, limited, high or prohibited; NULL: not assessed';
COMMENT ON COLUMN mlregistry.models.intended_purpose IS 'What it may be used for';
COMMENT ON COLUMN mlregistry.models.github_repo IS 'Source repository';
COMMENT ON COLUMN mlregistry.models.documentation_url IS 'Documentation';
COMMENT ON COLUMN mlregistry.models.model_card_url IS 'Model card';
COMMENT ON COLUMN mlregistry.models.metadata IS 'Anything else, a JSON object';
COMMENT ON COLUMN mlregistry.models.original_name IS 'Name in the system that it was imported from';
COMMENT ON COLUMN mlregistry.models.legal_hold IS 'Must be kept: no deletion, no change of artifacts';
COMMENT ON COLUMN mlregistry.models.legal_hold_reason IS 'Why it must be kept';
COMMENT ON COLUMN mlregistry.models.is_active IS 'In use; false: archived';
COMMENT ON COLUMN mlregistry.models.archived_at IS 'When it was archived; NULL exactly while it is active';
COMMENT ON COLUMN mlregistry.models.archived_reason IS 'Why it was archived';
COMMENT ON COLUMN mlregistry.models.created_at IS 'When the row was created';
COMMENT ON COLUMN mlregistry.models.created_by IS 'Who created it';
COMMENT ON COLUMN mlregistry.models.created_by_user IS 'The user who created it, as the database knows';
COMMENT ON COLUMN mlregistry.models.updated_at IS 'When the row last changed';
COMMENT ON COLUMN mlregistry.models.updated_by IS 'Who changed it last';
COMMENT ON COLUMN mlregistry.models.deleted_at IS 'When it was deleted; NULL: it is not';
CREATE TRIGGER mlr_10_keys BEFORE UPDATE ON mlregistry.models FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_keys();
CREATE TRIGGER mlr_20_actor BEFORE INSERT OR UPDATE ON mlregistry.models FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_actor('created');
CREATE TRIGGER mlr_30_normalize BEFORE INSERT OR UPDATE ON mlregistry.models FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_normalize('display_name:trim', 'primary_contact:trim', 'secondary_contact:trim', 'business_unit:trim',
        'github_repo:trim', 'documentation_url:trim', 'model_card_url:trim');
CREATE TRIGGER mlr_35_derive BEFORE INSERT OR UPDATE ON mlregistry.models FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_derive_model();
CREATE TRIGGER mlr_60_touch BEFORE UPDATE ON mlregistry.models FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_touch();
CREATE TRIGGER mlr_70_guard AFTER INSERT OR UPDATE OF deleted_at ON mlregistry.models FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_guard_models();

CREATE TABLE mlregistry.model_versions (
    version_id uuid DEFAULT pg_catalog.gen_random_uuid() NOT NULL,
    organization_id uuid DEFAULT mlregistry.current_organization_id() NOT NULL,
    project_id uuid DEFAULT mlregistry.current_project_id() NOT NULL,
    model_id uuid NOT NULL,
    semver mlregistry.semver NOT NULL,
    description text,
    release_notes text,
    stage text DEFAULT 'development' NOT NULL,
    status text DEFAULT 'registered' NOT NULL,
    git_commit text,
    git_branch text,
    git_tag text,
    artifact_uri text NOT NULL,
    artifact_size_bytes bigint,
    checksum_sha256 text,
    framework text NOT NULL,
    framework_version text,
    python_version text,
    cuda_version text,
    dependencies jsonb DEFAULT '{}' NOT NULL,
    requirements text,
    model_format text,
    input_schema jsonb,
    output_schema jsonb,
    signature jsonb,
    performance_metrics jsonb DEFAULT '{}' NOT NULL,
    training_metrics jsonb DEFAULT '{}' NOT NULL,
    benchmark_accuracy numeric(5,4),
    benchmark_latency_p50_ms numeric(10,2),
    benchmark_latency_p99_ms numeric(10,2),
    benchmark_throughput_qps numeric(12,2),
    benchmark_memory_mb numeric(12,2),
    custom_metadata jsonb DEFAULT '{}' NOT NULL,
    legal_hold boolean DEFAULT false NOT NULL,
    legal_hold_reason text,
    registered_by text DEFAULT mlregistry.current_actor() NOT NULL,
    registered_by_user uuid,
    registered_at timestamptz DEFAULT now() NOT NULL,
    validated_at timestamptz,
    validated_by text,
    validated_by_user uuid,
    promoted_to_production_at timestamptz,
    deprecated_at timestamptz,
    deprecation_reason text,
    archived_at timestamptz,
    frozen_at timestamptz,
    created_at timestamptz DEFAULT now() NOT NULL,
    created_by text DEFAULT mlregistry.current_actor() NOT NULL,
    created_by_user uuid,
    updated_at timestamptz DEFAULT now() NOT NULL,
    updated_by text DEFAULT mlregistry.current_actor() NOT NULL,
    deleted_at timestamptz,
    CONSTRAINT model_versions_pkey PRIMARY KEY (version_id),
    CONSTRAINT model_versions_tenant_key UNIQUE (organization_id, version_id),
    CONSTRAINT model_versions_organization_fkey FOREIGN KEY (organization_id)
        REFERENCES mlregistry.organizations (organization_id) ON DELETE CASCADE,
    CONSTRAINT model_versions_project_fkey FOREIGN KEY (organization_id, project_id)
        REFERENCES mlregistry.projects (organization_id, project_id) ON DELETE CASCADE,
    CONSTRAINT unique_model_version UNIQUE (model_id, semver),
    CONSTRAINT model_versions_model_key UNIQUE (organization_id, model_id, version_id),
    CONSTRAINT model_versions_model_fkey FOREIGN KEY (organization_id, model_id)
        REFERENCES mlregistry.models (organization_id, model_id) ON DELETE CASCADE,
    CONSTRAINT valid_framework FOREIGN KEY (framework)
        REFERENCES mlregistry.frameworks (name) ON UPDATE CASCADE ON DELETE NO ACTION,
    CONSTRAINT valid_model_format FOREIGN KEY (model_format)
        REFERENCES mlregistry.model_formats (name) ON UPDATE CASCADE ON DELETE NO ACTION,
    CONSTRAINT model_versions_registered_by_user_fkey FOREIGN KEY (registered_by_user)
        REFERENCES mlregistry.users (user_id) ON DELETE SET NULL (registered_by_user),
    CONSTRAINT model_versions_validated_by_user_fkey FOREIGN KEY (validated_by_user)
        REFERENCES mlregistry.users (user_id) ON DELETE SET NULL (validated_by_user),
    CONSTRAINT model_versions_created_by_user_fkey FOREIGN KEY (created_by_user)
        REFERENCES mlregistry.users (user_id) ON DELETE SET NULL (created_by_user),
    CONSTRAINT valid_status CHECK (status IN ('registered', 'validated', 'deployed', 'deprecated', 'archived')),
    CONSTRAINT valid_stage CHECK (stage IN ('development', 'staging', 'production', 'archived')),
    CONSTRAINT valid_stage_status CHECK ((status = 'archived') = (stage = 'archived')),
    CONSTRAINT valid_artifact_uri CHECK (mlregistry.is_artifact_uri(artifact_uri)),
    CONSTRAINT valid_artifact_size CHECK (artifact_size_bytes >= 0),
    CONSTRAINT valid_checksum CHECK (mlregistry.is_sha256(checksum_sha256)),
    CONSTRAINT valid_git_commit CHECK (mlregistry.is_git_commit(git_commit)),
    CONSTRAINT valid_benchmark_accuracy CHECK (mlregistry.is_score(benchmark_accuracy)),
    CONSTRAINT valid_benchmarks CHECK (benchmark_latency_p50_ms >= 0 AND benchmark_latency_p50_ms < 'NaN'
        AND benchmark_latency_p99_ms >= 0 AND benchmark_latency_p99_ms < 'NaN'
        AND benchmark_throughput_qps >= 0 AND benchmark_throughput_qps < 'NaN'
        AND benchmark_memory_mb >= 0 AND benchmark_memory_mb < 'NaN'
        AND benchmark_latency_p50_ms <= benchmark_latency_p99_ms),
    CONSTRAINT deprecation_consistency CHECK (status <> 'deprecated' OR deprecated_at IS NOT NULL),
    CONSTRAINT dependencies_is_object CHECK (pg_catalog.jsonb_typeof(dependencies) = 'object'),
    CONSTRAINT performance_metrics_is_object CHECK (pg_catalog.jsonb_typeof(performance_metrics) = 'object'),
    CONSTRAINT training_metrics_is_object CHECK (pg_catalog.jsonb_typeof(training_metrics) = 'object'),
    CONSTRAINT custom_metadata_is_object CHECK (pg_catalog.jsonb_typeof(custom_metadata) = 'object'),
    CONSTRAINT model_versions_json_size CHECK (pg_catalog.pg_column_size(dependencies) <= 1048576
        AND pg_catalog.pg_column_size(input_schema) <= 1048576
        AND pg_catalog.pg_column_size(output_schema) <= 1048576
        AND pg_catalog.pg_column_size(signature) <= 1048576
        AND pg_catalog.pg_column_size(performance_metrics) <= 1048576
        AND pg_catalog.pg_column_size(training_metrics) <= 1048576
        AND pg_catalog.pg_column_size(custom_metadata) <= 1048576),
    CONSTRAINT model_versions_text_size CHECK (pg_catalog.octet_length(description) <= 65536 AND pg_catalog.octet_length(release_notes) <= 65536
        AND pg_catalog.octet_length(git_branch) <= 65536 AND pg_catalog.octet_length(git_tag) <= 65536
        AND pg_catalog.octet_length(framework_version) <= 65536
        AND pg_catalog.octet_length(python_version) <= 65536
        AND pg_catalog.octet_length(cuda_version) <= 65536
        AND pg_catalog.octet_length(requirements) <= 65536
        AND pg_catalog.octet_length(legal_hold_reason) <= 65536
        AND pg_catalog.octet_length(registered_by) <= 65536
        AND pg_catalog.octet_length(validated_by) <= 65536
        AND pg_catalog.octet_length(deprecation_reason) <= 65536
        AND pg_catalog.octet_length(created_by) <= 65536 AND pg_catalog.octet_length(updated_by) <= 65536)
);
CREATE UNIQUE INDEX unique_production_version ON mlregistry.model_versions (model_id) WHERE stage = 'production' AND deleted_at IS NULL;
CREATE INDEX idx_model_versions_project ON mlregistry.model_versions (project_id);
CREATE INDEX idx_versions_status ON mlregistry.model_versions (status);
CREATE INDEX idx_versions_semver ON mlregistry.model_versions (model_id, semver DESC)
    INCLUDE (version_id, status, stage) WHERE deleted_at IS NULL;
CREATE INDEX idx_versions_registered ON mlregistry.model_versions (registered_at DESC);
CREATE INDEX idx_versions_latest_registered ON mlregistry.model_versions (model_id, registered_at DESC);
CREATE INDEX idx_versions_framework ON mlregistry.model_versions (framework);
CREATE INDEX idx_versions_format ON mlregistry.model_versions (model_format);
CREATE INDEX idx_model_versions_stage ON mlregistry.model_versions (model_id, stage) WHERE deleted_at IS NULL;
CREATE INDEX idx_versions_checksum ON mlregistry.model_versions (checksum_sha256);
COMMENT ON TABLE mlregistry.model_versions IS 'Versions of models: one row per registered artifact; a version is never used twice in a model';
COMMENT ON COLUMN mlregistry.model_versions.version_id IS 'Identifier';
COMMENT ON COLUMN mlregistry.model_versions.organization_id IS 'Organization that it belongs to';
COMMENT ON COLUMN mlregistry.model_versions.project_id IS 'Project of its model';
COMMENT ON COLUMN mlregistry.model_versions.model_id IS 'Model that it is a version of';
COMMENT ON COLUMN mlregistry.model_versions.semver IS 'Version after SemVer 2.0.0, unique in its model by precedence';
COMMENT ON COLUMN mlregistry.model_versions.description IS 'What it is';
COMMENT ON COLUMN mlregistry.model_versions.release_notes IS 'What is new';
COMMENT ON COLUMN mlregistry.model_versions.stage IS 'development, staging, production or archived; at most one version of a model is in production';
COMMENT ON COLUMN mlregistry.model_versions.status IS 'registered, validated, deployed, deprecated or archived';
COMMENT ON COLUMN mlregistry.model_versions.git_commit IS 'Commit that it was built from';
COMMENT ON COLUMN mlregistry.model_versions.git_branch IS 'Branch that it was built from';
COMMENT ON COLUMN mlregistry.model_versions.git_tag IS 'Tag that it was built from';
COMMENT ON COLUMN mlregistry.model_versions.artifact_uri IS 'Where the artifact lies';
COMMENT ON COLUMN mlregistry.model_versions.artifact_size_bytes IS 'Size of the artifact in bytes';
COMMENT ON COLUMN mlregistry.model_versions.checksum_sha256 IS 'SHA-256 of the artifact, 64 hexadecimal digits';
COMMENT ON COLUMN mlregistry.model_versions.framework IS 'Framework; the one of the model where none was given';
COMMENT ON COLUMN mlregistry.model_versions.framework_version IS 'Version of the framework';
COMMENT ON COLUMN mlregistry.model_versions.python_version IS 'Python version that it needs';
COMMENT ON COLUMN mlregistry.model_versions.cuda_version IS 'CUDA version that it needs';
COMMENT ON COLUMN mlregistry.model_versions.dependencies IS 'What it depends on, a JSON object';
COMMENT ON COLUMN mlregistry.model_versions.requirements IS 'Requirements file';
COMMENT ON COLUMN mlregistry.model_versions.model_format IS 'File format';
COMMENT ON COLUMN mlregistry.model_versions.input_schema IS 'Schema of its input';
COMMENT ON COLUMN mlregistry.model_versions.output_schema IS 'Schema of its output';
COMMENT ON COLUMN mlregistry.model_versions.signature IS 'Signature of its inference';
COMMENT ON COLUMN mlregistry.model_versions.performance_metrics IS 'Metrics of its quality, a JSON object';
COMMENT ON COLUMN mlregistry.model_versions.training_metrics IS 'Metrics of its training, a JSON object';
COMMENT ON COLUMN mlregistry.model_versions.benchmark_accuracy IS 'Accuracy in its benchmark, 0 to 1';
COMMENT ON COLUMN mlregistry.model_versions.benchmark_latency_p50_ms IS 'Median latency in its benchmark, milliseconds';
COMMENT ON COLUMN mlregistry.model_versions.benchmark_latency_p99_ms IS '99th percentile of latency in its benchmark, milliseconds';
COMMENT ON COLUMN mlregistry.model_versions.benchmark_throughput_qps IS 'Throughput in its benchmark, queries per second';
COMMENT ON COLUMN mlregistry.model_versions.benchmark_memory_mb IS 'Memory in its benchmark, megabytes';
COMMENT ON COLUMN mlregistry.model_versions.custom_metadata IS 'Anything else, a JSON object';
COMMENT ON COLUMN mlregistry.model_versions.legal_hold IS 'Must be kept: no deletion, no change of artifacts';
COMMENT ON COLUMN mlregistry.model_versions.legal_hold_reason IS 'Why it must be kept';
COMMENT ON COLUMN mlregistry.model_versions.registered_by IS 'Who registered it';
COMMENT ON COLUMN mlregistry.model_versions.registered_by_user IS 'The user who registered it, as the database knows';
COMMENT ON COLUMN mlregistry.model_versions.registered_at IS 'When it was registered';
COMMENT ON COLUMN mlregistry.model_versions.validated_at IS 'When it was validated';
COMMENT ON COLUMN mlregistry.model_versions.validated_by IS 'Who validated it';
COMMENT ON COLUMN mlregistry.model_versions.validated_by_user IS 'The user who validated it, as the database knows';
COMMENT ON COLUMN mlregistry.model_versions.promoted_to_production_at IS 'When it last entered stage production';
COMMENT ON COLUMN mlregistry.model_versions.deprecated_at IS 'When it was deprecated';
COMMENT ON COLUMN mlregistry.model_versions.deprecation_reason IS 'Why it was deprecated';
COMMENT ON COLUMN mlregistry.model_versions.archived_at IS 'When it was archived';
COMMENT ON COLUMN mlregistry.model_versions.frozen_at IS 'From when on its artifact does not change';
COMMENT ON COLUMN mlregistry.model_versions.created_at IS 'When the row was created';
COMMENT ON COLUMN mlregistry.model_versions.created_by IS 'Who created it';
COMMENT ON COLUMN mlregistry.model_versions.created_by_user IS 'The user who created it, as the database knows';
COMMENT ON COLUMN mlregistry.model_versions.updated_at IS 'When the row last changed';
COMMENT ON COLUMN mlregistry.model_versions.updated_by IS 'Who changed it last';
COMMENT ON COLUMN mlregistry.model_versions.deleted_at IS 'When it was deleted; NULL: it is not';
CREATE TRIGGER mlr_10_keys BEFORE INSERT OR UPDATE ON mlregistry.model_versions FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_keys('models', 'model_id');
CREATE TRIGGER mlr_20_actor BEFORE INSERT OR UPDATE ON mlregistry.model_versions FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_actor('created', 'registered', 'validated');
CREATE TRIGGER mlr_30_normalize BEFORE INSERT OR UPDATE ON mlregistry.model_versions FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_normalize('artifact_uri:trim', 'checksum_sha256:lower', 'git_commit:lower', 'git_branch:trim',
        'git_tag:trim', 'framework_version:trim', 'python_version:trim', 'cuda_version:trim');
CREATE TRIGGER mlr_35_derive BEFORE INSERT OR UPDATE ON mlregistry.model_versions FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_derive_version();
CREATE TRIGGER mlr_50_freeze BEFORE UPDATE ON mlregistry.model_versions FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_freeze_version();
CREATE TRIGGER mlr_60_touch BEFORE UPDATE ON mlregistry.model_versions FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_touch();
CREATE TRIGGER mlr_70_guard AFTER UPDATE OF deleted_at ON mlregistry.model_versions FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_guard_version();

CREATE TABLE mlregistry.model_aliases (
    alias_id uuid DEFAULT pg_catalog.gen_random_uuid() NOT NULL,
    organization_id uuid DEFAULT mlregistry.current_organization_id() NOT NULL,
    project_id uuid DEFAULT mlregistry.current_project_id() NOT NULL,
    model_id uuid NOT NULL,
    alias text NOT NULL,
    version_id uuid NOT NULL,
    set_by text DEFAULT mlregistry.current_actor() NOT NULL,
    set_by_user uuid,
    set_at timestamptz DEFAULT now() NOT NULL,
    protected boolean DEFAULT false NOT NULL,
    CONSTRAINT model_aliases_pkey PRIMARY KEY (alias_id),
    CONSTRAINT model_aliases_tenant_key UNIQUE (organization_id, alias_id),
    CONSTRAINT model_aliases_organization_fkey FOREIGN KEY (organization_id)
        REFERENCES mlregistry.organizations (organization_id) ON DELETE CASCADE,
    CONSTRAINT model_aliases_project_fkey FOREIGN KEY (organization_id, project_id)
        REFERENCES mlregistry.projects (organization_id, project_id) ON DELETE CASCADE,
    CONSTRAINT unique_model_alias UNIQUE (model_id, alias),
    CONSTRAINT model_aliases_model_fkey FOREIGN KEY (organization_id, model_id)
        REFERENCES mlregistry.models (organization_id, model_id) ON DELETE CASCADE,
    CONSTRAINT model_aliases_version_fkey FOREIGN KEY (organization_id, model_id, version_id)
        REFERENCES mlregistry.model_versions (organization_id, model_id, version_id) ON DELETE NO ACTION,
    CONSTRAINT model_aliases_set_by_user_fkey FOREIGN KEY (set_by_user)
        REFERENCES mlregistry.users (user_id) ON DELETE SET NULL (set_by_user),
    CONSTRAINT valid_alias CHECK (mlregistry.is_valid_alias(alias)),
    CONSTRAINT model_aliases_text_size CHECK (pg_catalog.octet_length(set_by) <= 65536)
);
CREATE INDEX idx_model_aliases_project ON mlregistry.model_aliases (project_id);
CREATE INDEX idx_model_aliases_version ON mlregistry.model_aliases (version_id, alias);
COMMENT ON TABLE mlregistry.model_aliases IS 'Aliases: names that point to one version of a model and move, such as champion';
COMMENT ON COLUMN mlregistry.model_aliases.alias_id IS 'Identifier';
COMMENT ON COLUMN mlregistry.model_aliases.organization_id IS 'Organization that it belongs to';
COMMENT ON COLUMN mlregistry.model_aliases.project_id IS 'Project of its model';
COMMENT ON COLUMN mlregistry.model_aliases.model_id IS 'Model that it belongs to';
COMMENT ON COLUMN mlregistry.model_aliases.alias IS 'Name, unique in its model';
COMMENT ON COLUMN mlregistry.model_aliases.version_id IS 'Version of the same model that it points to';
COMMENT ON COLUMN mlregistry.model_aliases.set_by IS 'Who set it last';
COMMENT ON COLUMN mlregistry.model_aliases.set_by_user IS 'The user who set it last, as the database knows';
COMMENT ON COLUMN mlregistry.model_aliases.set_at IS 'When it was set last';
COMMENT ON COLUMN mlregistry.model_aliases.protected IS 'Moved only by admins and project owners';
CREATE TRIGGER mlr_10_keys BEFORE INSERT OR UPDATE ON mlregistry.model_aliases FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_keys('models', 'model_id');
CREATE TRIGGER mlr_20_actor BEFORE INSERT OR UPDATE ON mlregistry.model_aliases FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_actor('set');
CREATE TRIGGER mlr_30_normalize BEFORE INSERT OR UPDATE ON mlregistry.model_aliases FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_normalize('alias:lower');
CREATE TRIGGER mlr_35_derive BEFORE INSERT OR UPDATE ON mlregistry.model_aliases FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_derive_alias();
CREATE TRIGGER mlr_70_guard AFTER INSERT OR UPDATE ON mlregistry.model_aliases FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_guard_alias();
CREATE TRIGGER mlr_75_history_insert AFTER INSERT ON mlregistry.model_aliases REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT
    EXECUTE FUNCTION mlregistry.trg_history_alias();
CREATE TRIGGER mlr_75_history_update AFTER UPDATE ON mlregistry.model_aliases
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT
    EXECUTE FUNCTION mlregistry.trg_history_alias();
CREATE TRIGGER mlr_75_history_delete AFTER DELETE ON mlregistry.model_aliases REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT
    EXECUTE FUNCTION mlregistry.trg_history_alias();
CREATE TRIGGER mlr_75_history_truncate AFTER TRUNCATE ON mlregistry.model_aliases FOR EACH STATEMENT
    EXECUTE FUNCTION mlregistry.trg_history_alias();
CREATE TRIGGER mlr_85_effect AFTER INSERT OR UPDATE ON mlregistry.model_aliases FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_effect_alias();
-- Area catalog: the files of a version.

CREATE TABLE mlregistry.version_files (
    file_id uuid DEFAULT pg_catalog.gen_random_uuid() NOT NULL,
    organization_id uuid DEFAULT mlregistry.current_organization_id() NOT NULL,
    project_id uuid DEFAULT mlregistry.current_project_id() NOT NULL,
    version_id uuid NOT NULL,
    path text NOT NULL,
    uri text,
    size_bytes bigint,
    sha256 text,
    media_type text,
    variant text,
    created_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT version_files_pkey PRIMARY KEY (file_id),
    CONSTRAINT version_files_tenant_key UNIQUE (organization_id, file_id),
    CONSTRAINT version_files_organization_fkey FOREIGN KEY (organization_id)
        REFERENCES mlregistry.organizations (organization_id) ON DELETE CASCADE,
    CONSTRAINT version_files_project_fkey FOREIGN KEY (organization_id, project_id)
        REFERENCES mlregistry.projects (organization_id, project_id) ON DELETE CASCADE,
    CONSTRAINT unique_version_file UNIQUE (version_id, path),
    CONSTRAINT version_files_version_fkey FOREIGN KEY (organization_id, version_id)
        REFERENCES mlregistry.model_versions (organization_id, version_id) ON DELETE CASCADE,
    CONSTRAINT valid_file_path CHECK (mlregistry.is_file_path(path)),
    CONSTRAINT valid_sha256 CHECK (mlregistry.is_sha256(sha256)),
    CONSTRAINT valid_file_size CHECK (size_bytes >= 0),
    CONSTRAINT version_files_text_size CHECK (pg_catalog.octet_length(uri) <= 65536 AND pg_catalog.octet_length(media_type) <= 65536
        AND pg_catalog.octet_length(variant) <= 65536)
);
CREATE INDEX idx_version_files_project ON mlregistry.version_files (project_id);
COMMENT ON TABLE mlregistry.version_files IS 'Files of a version, such as its variants for several devices';
COMMENT ON COLUMN mlregistry.version_files.file_id IS 'Identifier';
COMMENT ON COLUMN mlregistry.version_files.organization_id IS 'Organization that it belongs to';
COMMENT ON COLUMN mlregistry.version_files.project_id IS 'Project of its version';
COMMENT ON COLUMN mlregistry.version_files.version_id IS 'Version that it is part of';
COMMENT ON COLUMN mlregistry.version_files.path IS 'Relative path, unique in its version';
COMMENT ON COLUMN mlregistry.version_files.uri IS 'Where the file lies, unless below the artifact of its version';
COMMENT ON COLUMN mlregistry.version_files.size_bytes IS 'Size in bytes';
COMMENT ON COLUMN mlregistry.version_files.sha256 IS 'SHA-256 of the file, 64 hexadecimal digits';
COMMENT ON COLUMN mlregistry.version_files.media_type IS 'Media type';
COMMENT ON COLUMN mlregistry.version_files.variant IS 'Variant that it belongs to, such as cpu or cu121';
COMMENT ON COLUMN mlregistry.version_files.created_at IS 'When the row was created';
CREATE TRIGGER mlr_10_keys BEFORE INSERT OR UPDATE ON mlregistry.version_files FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_keys('model_versions', 'version_id');
CREATE TRIGGER mlr_30_normalize BEFORE INSERT OR UPDATE ON mlregistry.version_files FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_normalize('uri:trim', 'sha256:lower', 'media_type:trim', 'variant:trim');
CREATE TRIGGER mlr_50_freeze BEFORE UPDATE ON mlregistry.version_files FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_freeze_file();
CREATE TRIGGER mlr_70_guard AFTER INSERT OR DELETE ON mlregistry.version_files FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_freeze_file();
-- Area catalog: cryptographic signatures of versions. The registry stores and reports them, it does not verify.

CREATE TABLE mlregistry.version_signatures (
    signature_id uuid DEFAULT pg_catalog.gen_random_uuid() NOT NULL,
    organization_id uuid DEFAULT mlregistry.current_organization_id() NOT NULL,
    project_id uuid DEFAULT mlregistry.current_project_id() NOT NULL,
    version_id uuid NOT NULL,
    kind text NOT NULL,
    signer text NOT NULL,
    issuer text,
    bundle jsonb,
    bundle_uri text,
    subject_sha256 text,
    verification text DEFAULT 'claimed' NOT NULL,
    verifier text,
    verified_at timestamptz,
    created_at timestamptz DEFAULT now() NOT NULL,
    created_by text DEFAULT mlregistry.current_actor() NOT NULL,
    created_by_user uuid,
    CONSTRAINT version_signatures_pkey PRIMARY KEY (signature_id),
    CONSTRAINT version_signatures_tenant_key UNIQUE (organization_id, signature_id),
    CONSTRAINT version_signatures_organization_fkey FOREIGN KEY (organization_id)
        REFERENCES mlregistry.organizations (organization_id) ON DELETE CASCADE,
    CONSTRAINT version_signatures_project_fkey FOREIGN KEY (organization_id, project_id)
        REFERENCES mlregistry.projects (organization_id, project_id) ON DELETE CASCADE,
    CONSTRAINT version_signatures_version_fkey FOREIGN KEY (organization_id, version_id)
        REFERENCES mlregistry.model_versions (organization_id, version_id) ON DELETE CASCADE,
    CONSTRAINT version_signatures_created_by_user_fkey FOREIGN KEY (created_by_user)
        REFERENCES mlregistry.users (user_id) ON DELETE SET NULL (created_by_user),
    CONSTRAINT valid_signature_kind CHECK (kind IN ('sigstore', 'pgp', 'x509', 'pkcs11', 'other')),
    CONSTRAINT valid_verification CHECK (verification IN ('claimed', 'verified', 'failed')),
    CONSTRAINT verification_consistency CHECK ((verification IN ('verified', 'failed')) = (verified_at IS NOT NULL)),
    CONSTRAINT valid_sha256 CHECK (mlregistry.is_sha256(subject_sha256)),
    CONSTRAINT signature_has_bundle CHECK (bundle IS NOT NULL OR bundle_uri IS NOT NULL),
    CONSTRAINT version_signatures_json_size CHECK (pg_catalog.pg_column_size(bundle) <= 1048576),
    CONSTRAINT version_signatures_text_size CHECK (pg_catalog.octet_length(signer) <= 65536 AND pg_catalog.octet_length(issuer) <= 65536
        AND pg_catalog.octet_length(bundle_uri) <= 65536
        AND pg_catalog.octet_length(verifier) <= 65536
        AND pg_catalog.octet_length(created_by) <= 65536)
);
CREATE INDEX idx_version_signatures_project ON mlregistry.version_signatures (project_id);
CREATE INDEX idx_version_signatures_version ON mlregistry.version_signatures (version_id);
COMMENT ON TABLE mlregistry.version_signatures IS 'Signatures of versions, as claimed or as verified elsewhere: the registry stores and reports, it does not verify';
COMMENT ON COLUMN mlregistry.version_signatures.signature_id IS 'Identifier';
COMMENT ON COLUMN mlregistry.version_signatures.organization_id IS 'Organization that it belongs to';
COMMENT ON COLUMN mlregistry.version_signatures.project_id IS 'Project of its version';
COMMENT ON COLUMN mlregistry.version_signatures.version_id IS 'Version that is signed';
COMMENT ON COLUMN mlregistry.version_signatures.kind IS 'sigstore, pgp, x509, pkcs11 or other';
COMMENT ON COLUMN mlregistry.version_signatures.signer IS 'Who signed';
COMMENT ON COLUMN mlregistry.version_signatures.issuer IS 'Who vouches for the signer';
COMMENT ON COLUMN mlregistry.version_signatures.bundle IS 'The signature itself with what verifying needs';
COMMENT ON COLUMN mlregistry.version_signatures.bundle_uri IS 'Where the signature lies, unless it is in bundle';
COMMENT ON COLUMN mlregistry.version_signatures.subject_sha256 IS 'SHA-256 of what was signed, 64 hexadecimal digits';
COMMENT ON COLUMN mlregistry.version_signatures.verification IS 'claimed, verified or failed';
COMMENT ON COLUMN mlregistry.version_signatures.verifier IS 'Who or what verified it';
COMMENT ON COLUMN mlregistry.version_signatures.verified_at IS 'When it was verified, also when that failed; NULL exactly while it is only claimed';
COMMENT ON COLUMN mlregistry.version_signatures.created_at IS 'When the row was created';
COMMENT ON COLUMN mlregistry.version_signatures.created_by IS 'Who created it';
COMMENT ON COLUMN mlregistry.version_signatures.created_by_user IS 'The user who created it, as the database knows';
CREATE TRIGGER mlr_10_keys BEFORE INSERT OR UPDATE ON mlregistry.version_signatures FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_keys('model_versions', 'version_id');
CREATE TRIGGER mlr_20_actor BEFORE INSERT OR UPDATE ON mlregistry.version_signatures FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_actor('created');
CREATE TRIGGER mlr_30_normalize BEFORE INSERT OR UPDATE ON mlregistry.version_signatures FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_normalize('signer:trim', 'issuer:trim', 'bundle_uri:trim', 'subject_sha256:lower', 'verifier:trim');
-- Area catalog: datasets.

CREATE TABLE mlregistry.datasets (
    dataset_id uuid DEFAULT pg_catalog.gen_random_uuid() NOT NULL,
    organization_id uuid DEFAULT mlregistry.current_organization_id() NOT NULL,
    project_id uuid DEFAULT mlregistry.current_project_id() NOT NULL,
    dataset_name text NOT NULL,
    display_name text NOT NULL,
    description text,
    purpose text,
    storage_location text NOT NULL,
    storage_format text NOT NULL,
    storage_size_gb numeric(14,3),
    partition_keys text[] DEFAULT '{}' NOT NULL,
    schema_url text,
    schema_version text,
    data_version text,
    team_id uuid,
    data_steward text,
    freshness_sla_hours integer,
    last_updated_at timestamptz,
    row_count bigint,
    column_count integer,
    null_percentage numeric(5,2),
    contains_pii boolean DEFAULT false NOT NULL,
    data_classification text DEFAULT 'internal' NOT NULL,
    retention_days integer,
    gdpr_compliant boolean DEFAULT false NOT NULL,
    source_system text,
    transformation_pipeline text,
    metadata jsonb DEFAULT '{}' NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    created_by text DEFAULT mlregistry.current_actor() NOT NULL,
    created_by_user uuid,
    updated_at timestamptz DEFAULT now() NOT NULL,
    updated_by text DEFAULT mlregistry.current_actor() NOT NULL,
    deleted_at timestamptz,
    CONSTRAINT datasets_pkey PRIMARY KEY (dataset_id),
    CONSTRAINT datasets_tenant_key UNIQUE (organization_id, dataset_id),
    CONSTRAINT datasets_organization_fkey FOREIGN KEY (organization_id)
        REFERENCES mlregistry.organizations (organization_id) ON DELETE CASCADE,
    CONSTRAINT datasets_project_fkey FOREIGN KEY (organization_id, project_id)
        REFERENCES mlregistry.projects (organization_id, project_id) ON DELETE CASCADE,
    CONSTRAINT valid_storage_format FOREIGN KEY (storage_format)
        REFERENCES mlregistry.storage_formats (name) ON UPDATE CASCADE ON DELETE NO ACTION,
    CONSTRAINT datasets_team_fkey FOREIGN KEY (organization_id, team_id)
        REFERENCES mlregistry.teams (organization_id, team_id) ON DELETE SET NULL (team_id),
    CONSTRAINT datasets_created_by_user_fkey FOREIGN KEY (created_by_user)
        REFERENCES mlregistry.users (user_id) ON DELETE SET NULL (created_by_user),
    CONSTRAINT valid_dataset_name CHECK (mlregistry.is_valid_tag_name(dataset_name)),
    CONSTRAINT valid_display_name CHECK (mlregistry.is_valid_label(display_name)),
    CONSTRAINT valid_storage_location CHECK (mlregistry.is_artifact_uri(storage_location)),
    CONSTRAINT valid_freshness CHECK (freshness_sla_hours > 0),
    CONSTRAINT valid_classification CHECK (data_classification IN ('public', 'internal', 'confidential', 'restricted')),
    CONSTRAINT valid_null_percentage CHECK (null_percentage BETWEEN 0 AND 100),
    CONSTRAINT valid_dataset_counts CHECK (storage_size_gb >= 0 AND storage_size_gb < 'NaN' AND row_count >= 0 AND column_count >= 0
        AND retention_days >= 0),
    CONSTRAINT metadata_is_object CHECK (pg_catalog.jsonb_typeof(metadata) = 'object'),
    CONSTRAINT datasets_json_size CHECK (pg_catalog.pg_column_size(metadata) <= 1048576),
    CONSTRAINT datasets_text_size CHECK (pg_catalog.octet_length(description) <= 65536 AND pg_catalog.octet_length(purpose) <= 65536
        AND pg_catalog.pg_column_size(partition_keys) <= 65536
        AND pg_catalog.octet_length(schema_url) <= 65536
        AND pg_catalog.octet_length(schema_version) <= 65536
        AND pg_catalog.octet_length(data_version) <= 65536
        AND pg_catalog.octet_length(data_steward) <= 65536
        AND pg_catalog.octet_length(source_system) <= 65536
        AND pg_catalog.octet_length(transformation_pipeline) <= 65536
        AND pg_catalog.octet_length(created_by) <= 65536 AND pg_catalog.octet_length(updated_by) <= 65536)
);
CREATE UNIQUE INDEX unique_dataset_name ON mlregistry.datasets (organization_id, project_id, dataset_name) WHERE deleted_at IS NULL;
CREATE INDEX idx_datasets_project ON mlregistry.datasets (project_id);
CREATE INDEX idx_datasets_name ON mlregistry.datasets (dataset_name);
CREATE INDEX idx_datasets_team ON mlregistry.datasets (team_id);
CREATE INDEX idx_datasets_updated ON mlregistry.datasets (last_updated_at DESC);
CREATE INDEX idx_datasets_classification ON mlregistry.datasets (data_classification);
CREATE INDEX idx_datasets_pii ON mlregistry.datasets (contains_pii) WHERE contains_pii;
CREATE INDEX idx_datasets_format ON mlregistry.datasets (storage_format);
CREATE INDEX idx_datasets_search ON mlregistry.datasets
    USING gin (to_tsvector({{fts_language}}, dataset_name || ' ' || display_name || ' ' || coalesce(description, '')));
CREATE INDEX idx_datasets_grams ON mlregistry.datasets USING gin (mlregistry.name_grams(dataset_name, display_name));
COMMENT ON TABLE mlregistry.datasets IS 'Datasets: one row for data that models are trained, validated or tested on';
COMMENT ON COLUMN mlregistry.datasets.dataset_id IS 'Identifier';
COMMENT ON COLUMN mlregistry.datasets.organization_id IS 'Organization that it belongs to';
COMMENT ON COLUMN mlregistry.datasets.project_id IS 'Project that it belongs to';
COMMENT ON COLUMN mlregistry.datasets.dataset_name IS 'Name for references, unique in its project among those not deleted';
COMMENT ON COLUMN mlregistry.datasets.display_name IS 'Name for people; the dataset name where none was given';
COMMENT ON COLUMN mlregistry.datasets.description IS 'What it is';
COMMENT ON COLUMN mlregistry.datasets.purpose IS 'What it is for';
COMMENT ON COLUMN mlregistry.datasets.storage_location IS 'Where the data lies';
COMMENT ON COLUMN mlregistry.datasets.storage_format IS 'File format, one of storage_formats';
COMMENT ON COLUMN mlregistry.datasets.storage_size_gb IS 'Size in gigabytes of 1,000,000,000 bytes';
COMMENT ON COLUMN mlregistry.datasets.partition_keys IS 'Columns that it is partitioned by';
COMMENT ON COLUMN mlregistry.datasets.schema_url IS 'Where its schema is described';
COMMENT ON COLUMN mlregistry.datasets.schema_version IS 'Version of its schema';
COMMENT ON COLUMN mlregistry.datasets.data_version IS 'Version of the data, such as a snapshot or a commit';
COMMENT ON COLUMN mlregistry.datasets.team_id IS 'Team that owns it';
COMMENT ON COLUMN mlregistry.datasets.data_steward IS 'Whom to ask';
COMMENT ON COLUMN mlregistry.datasets.freshness_sla_hours IS 'Hours after which it counts as stale; NULL: never';
COMMENT ON COLUMN mlregistry.datasets.last_updated_at IS 'When the data last changed';
COMMENT ON COLUMN mlregistry.datasets.row_count IS 'Number of rows';
COMMENT ON COLUMN mlregistry.datasets.column_count IS 'Number of columns';
COMMENT ON COLUMN mlregistry.datasets.null_percentage IS 'Share of values that are missing, 0 to 100';
COMMENT ON COLUMN mlregistry.datasets.contains_pii IS 'Holds data about persons';
COMMENT ON COLUMN mlregistry.datasets.data_classification IS 'public, internal, confidential or restricted';
COMMENT ON COLUMN mlregistry.datasets.retention_days IS 'Days that it may be kept; NULL: no limit';
COMMENT ON COLUMN mlregistry.datasets.gdpr_compliant IS 'Somebody has established that its use complies with the GDPR';
COMMENT ON COLUMN mlregistry.datasets.source_system IS 'System that the data comes from';
COMMENT ON COLUMN mlregistry.datasets.transformation_pipeline IS 'What made it out of its sources';
COMMENT ON COLUMN mlregistry.datasets.metadata IS 'Anything else, a JSON object';
COMMENT ON COLUMN mlregistry.datasets.created_at IS 'When the row was created';
COMMENT ON COLUMN mlregistry.datasets.created_by IS 'Who created it';
COMMENT ON COLUMN mlregistry.datasets.created_by_user IS 'The user who created it, as the database knows';
COMMENT ON COLUMN mlregistry.datasets.updated_at IS 'When the row last changed';
COMMENT ON COLUMN mlregistry.datasets.updated_by IS 'Who changed it last';
COMMENT ON COLUMN mlregistry.datasets.deleted_at IS 'When it was deleted; NULL: it is not';
CREATE TRIGGER mlr_10_keys BEFORE UPDATE ON mlregistry.datasets FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_keys();
CREATE TRIGGER mlr_20_actor BEFORE INSERT OR UPDATE ON mlregistry.datasets FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_actor('created');
CREATE TRIGGER mlr_30_normalize BEFORE INSERT OR UPDATE ON mlregistry.datasets FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_normalize('display_name:trim', 'storage_location:trim', 'schema_url:trim', 'schema_version:trim',
        'data_version:trim', 'data_steward:trim', 'source_system:trim', 'transformation_pipeline:trim');
CREATE TRIGGER mlr_35_derive BEFORE INSERT OR UPDATE ON mlregistry.datasets FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_derive_copy('display_name', 'dataset_name');
CREATE TRIGGER mlr_60_touch BEFORE UPDATE ON mlregistry.datasets FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_touch();
-- Area catalog: which tags models, versions and datasets have.

CREATE TABLE mlregistry.model_tags (
    model_id uuid NOT NULL,
    tag_id uuid NOT NULL,
    organization_id uuid DEFAULT mlregistry.current_organization_id() NOT NULL,
    project_id uuid DEFAULT mlregistry.current_project_id() NOT NULL,
    added_at timestamptz DEFAULT now() NOT NULL,
    added_by text DEFAULT mlregistry.current_actor() NOT NULL,
    added_by_user uuid,
    CONSTRAINT model_tags_pkey PRIMARY KEY (model_id, tag_id),
    CONSTRAINT model_tags_project_fkey FOREIGN KEY (organization_id, project_id)
        REFERENCES mlregistry.projects (organization_id, project_id) ON DELETE CASCADE,
    CONSTRAINT model_tags_model_fkey FOREIGN KEY (organization_id, model_id)
        REFERENCES mlregistry.models (organization_id, model_id) ON DELETE CASCADE,
    CONSTRAINT model_tags_tag_fkey FOREIGN KEY (organization_id, tag_id)
        REFERENCES mlregistry.tags (organization_id, tag_id) ON DELETE CASCADE,
    CONSTRAINT model_tags_added_by_user_fkey FOREIGN KEY (added_by_user)
        REFERENCES mlregistry.users (user_id) ON DELETE SET NULL (added_by_user),
    CONSTRAINT model_tags_text_size CHECK (pg_catalog.octet_length(added_by) <= 65536)
);
CREATE INDEX idx_model_tags_tag ON mlregistry.model_tags (tag_id, project_id, model_id);
COMMENT ON TABLE mlregistry.model_tags IS 'Tags of models';
COMMENT ON COLUMN mlregistry.model_tags.model_id IS 'Model that has the tag';
COMMENT ON COLUMN mlregistry.model_tags.tag_id IS 'Tag that it has';
COMMENT ON COLUMN mlregistry.model_tags.organization_id IS 'Organization that both belong to';
COMMENT ON COLUMN mlregistry.model_tags.project_id IS 'Project of the model';
COMMENT ON COLUMN mlregistry.model_tags.added_at IS 'When the tag was added';
COMMENT ON COLUMN mlregistry.model_tags.added_by IS 'Who added it';
COMMENT ON COLUMN mlregistry.model_tags.added_by_user IS 'The user who added it, as the database knows';
CREATE TRIGGER mlr_10_keys BEFORE INSERT OR UPDATE ON mlregistry.model_tags FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_keys('models', 'model_id');
CREATE TRIGGER mlr_20_actor BEFORE INSERT OR UPDATE ON mlregistry.model_tags FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_actor('added');

CREATE TABLE mlregistry.version_tags (
    version_id uuid NOT NULL,
    tag_id uuid NOT NULL,
    organization_id uuid DEFAULT mlregistry.current_organization_id() NOT NULL,
    project_id uuid DEFAULT mlregistry.current_project_id() NOT NULL,
    added_at timestamptz DEFAULT now() NOT NULL,
    added_by text DEFAULT mlregistry.current_actor() NOT NULL,
    added_by_user uuid,
    CONSTRAINT version_tags_pkey PRIMARY KEY (version_id, tag_id),
    CONSTRAINT version_tags_project_fkey FOREIGN KEY (organization_id, project_id)
        REFERENCES mlregistry.projects (organization_id, project_id) ON DELETE CASCADE,
    CONSTRAINT version_tags_version_fkey FOREIGN KEY (organization_id, version_id)
        REFERENCES mlregistry.model_versions (organization_id, version_id) ON DELETE CASCADE,
    CONSTRAINT version_tags_tag_fkey FOREIGN KEY (organization_id, tag_id)
        REFERENCES mlregistry.tags (organization_id, tag_id) ON DELETE CASCADE,
    CONSTRAINT version_tags_added_by_user_fkey FOREIGN KEY (added_by_user)
        REFERENCES mlregistry.users (user_id) ON DELETE SET NULL (added_by_user),
    CONSTRAINT version_tags_text_size CHECK (pg_catalog.octet_length(added_by) <= 65536)
);
CREATE INDEX idx_version_tags_tag ON mlregistry.version_tags (tag_id);
COMMENT ON TABLE mlregistry.version_tags IS 'Tags of versions';
COMMENT ON COLUMN mlregistry.version_tags.version_id IS 'Version that has the tag';
COMMENT ON COLUMN mlregistry.version_tags.tag_id IS 'Tag that it has';
COMMENT ON COLUMN mlregistry.version_tags.organization_id IS 'Organization that both belong to';
COMMENT ON COLUMN mlregistry.version_tags.project_id IS 'Project of the version';
COMMENT ON COLUMN mlregistry.version_tags.added_at IS 'When the tag was added';
COMMENT ON COLUMN mlregistry.version_tags.added_by IS 'Who added it';
COMMENT ON COLUMN mlregistry.version_tags.added_by_user IS 'The user who added it, as the database knows';
CREATE TRIGGER mlr_10_keys BEFORE INSERT OR UPDATE ON mlregistry.version_tags FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_keys('model_versions', 'version_id');
CREATE TRIGGER mlr_20_actor BEFORE INSERT OR UPDATE ON mlregistry.version_tags FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_actor('added');

CREATE TABLE mlregistry.dataset_tags (
    dataset_id uuid NOT NULL,
    tag_id uuid NOT NULL,
    organization_id uuid DEFAULT mlregistry.current_organization_id() NOT NULL,
    project_id uuid DEFAULT mlregistry.current_project_id() NOT NULL,
    added_at timestamptz DEFAULT now() NOT NULL,
    added_by text DEFAULT mlregistry.current_actor() NOT NULL,
    added_by_user uuid,
    CONSTRAINT dataset_tags_pkey PRIMARY KEY (dataset_id, tag_id),
    CONSTRAINT dataset_tags_project_fkey FOREIGN KEY (organization_id, project_id)
        REFERENCES mlregistry.projects (organization_id, project_id) ON DELETE CASCADE,
    CONSTRAINT dataset_tags_dataset_fkey FOREIGN KEY (organization_id, dataset_id)
        REFERENCES mlregistry.datasets (organization_id, dataset_id) ON DELETE CASCADE,
    CONSTRAINT dataset_tags_tag_fkey FOREIGN KEY (organization_id, tag_id)
        REFERENCES mlregistry.tags (organization_id, tag_id) ON DELETE CASCADE,
    CONSTRAINT dataset_tags_added_by_user_fkey FOREIGN KEY (added_by_user)
        REFERENCES mlregistry.users (user_id) ON DELETE SET NULL (added_by_user),
    CONSTRAINT dataset_tags_text_size CHECK (pg_catalog.octet_length(added_by) <= 65536)
);
CREATE INDEX idx_dataset_tags_tag ON mlregistry.dataset_tags (tag_id);
COMMENT ON TABLE mlregistry.dataset_tags IS 'Tags of datasets';
COMMENT ON COLUMN mlregistry.dataset_tags.dataset_id IS 'Dataset that has the tag';
COMMENT ON COLUMN mlregistry.dataset_tags.tag_id IS 'Tag that it has';
COMMENT ON COLUMN mlregistry.dataset_tags.organization_id IS 'Organization that both belong to';
COMMENT ON COLUMN mlregistry.dataset_tags.project_id IS 'Project of the dataset';
COMMENT ON COLUMN mlregistry.dataset_tags.added_at IS 'When the tag was added';
COMMENT ON COLUMN mlregistry.dataset_tags.added_by IS 'Who added it';
COMMENT ON COLUMN mlregistry.dataset_tags.added_by_user IS 'The user who added it, as the database knows';
CREATE TRIGGER mlr_10_keys BEFORE INSERT OR UPDATE ON mlregistry.dataset_tags FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_keys('datasets', 'dataset_id');
CREATE TRIGGER mlr_20_actor BEFORE INSERT OR UPDATE ON mlregistry.dataset_tags FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_actor('added');
-- Area catalog: metrics of versions. Rows are added, and the last one of a name and split counts.

CREATE TABLE mlregistry.model_metrics (
    metric_id uuid DEFAULT pg_catalog.gen_random_uuid() NOT NULL,
    organization_id uuid DEFAULT mlregistry.current_organization_id() NOT NULL,
    project_id uuid DEFAULT mlregistry.current_project_id() NOT NULL,
    version_id uuid NOT NULL,
    metric_name text NOT NULL,
    metric_value double precision NOT NULL,
    dataset_split text DEFAULT 'test' NOT NULL,
    dataset_id uuid,
    recorded_at timestamptz DEFAULT now() NOT NULL,
    recorded_by text DEFAULT mlregistry.current_actor() NOT NULL,
    recorded_by_user uuid,
    CONSTRAINT model_metrics_pkey PRIMARY KEY (metric_id),
    CONSTRAINT model_metrics_tenant_key UNIQUE (organization_id, metric_id),
    CONSTRAINT model_metrics_organization_fkey FOREIGN KEY (organization_id)
        REFERENCES mlregistry.organizations (organization_id) ON DELETE CASCADE,
    CONSTRAINT model_metrics_project_fkey FOREIGN KEY (organization_id, project_id)
        REFERENCES mlregistry.projects (organization_id, project_id) ON DELETE CASCADE,
    CONSTRAINT model_metrics_version_fkey FOREIGN KEY (organization_id, version_id)
        REFERENCES mlregistry.model_versions (organization_id, version_id) ON DELETE CASCADE,
    CONSTRAINT model_metrics_dataset_fkey FOREIGN KEY (organization_id, dataset_id)
        REFERENCES mlregistry.datasets (organization_id, dataset_id) ON DELETE SET NULL (dataset_id),
    CONSTRAINT model_metrics_recorded_by_user_fkey FOREIGN KEY (recorded_by_user)
        REFERENCES mlregistry.users (user_id) ON DELETE SET NULL (recorded_by_user),
    CONSTRAINT valid_metric_name CHECK (mlregistry.is_valid_metric_name(metric_name)),
    CONSTRAINT valid_dataset_split CHECK (dataset_split IN ('train', 'validation', 'test', 'holdout', 'production')),
    CONSTRAINT model_metrics_text_size CHECK (pg_catalog.octet_length(recorded_by) <= 65536)
);
CREATE INDEX idx_model_metrics_project ON mlregistry.model_metrics (project_id);
CREATE INDEX idx_metrics_version ON mlregistry.model_metrics (version_id, metric_name, dataset_split, recorded_at DESC);
CREATE INDEX idx_metrics_name ON mlregistry.model_metrics (metric_name, metric_value);
CREATE INDEX idx_metrics_dataset ON mlregistry.model_metrics (dataset_id);
COMMENT ON TABLE mlregistry.model_metrics IS 'Metrics of versions: the last recorded of a name and split is the current one';
COMMENT ON COLUMN mlregistry.model_metrics.metric_id IS 'Identifier';
COMMENT ON COLUMN mlregistry.model_metrics.organization_id IS 'Organization that it belongs to';
COMMENT ON COLUMN mlregistry.model_metrics.project_id IS 'Project of its version';
COMMENT ON COLUMN mlregistry.model_metrics.version_id IS 'Version that was measured';
COMMENT ON COLUMN mlregistry.model_metrics.metric_name IS 'What was measured';
COMMENT ON COLUMN mlregistry.model_metrics.metric_value IS 'Value; NaN and infinities are kept';
COMMENT ON COLUMN mlregistry.model_metrics.dataset_split IS 'train, validation, test, holdout or production: what it was measured on';
COMMENT ON COLUMN mlregistry.model_metrics.dataset_id IS 'Dataset that it was measured on';
COMMENT ON COLUMN mlregistry.model_metrics.recorded_at IS 'When it was recorded';
COMMENT ON COLUMN mlregistry.model_metrics.recorded_by IS 'Who recorded it';
COMMENT ON COLUMN mlregistry.model_metrics.recorded_by_user IS 'The user who recorded it, as the database knows';
CREATE TRIGGER mlr_10_keys BEFORE INSERT OR UPDATE ON mlregistry.model_metrics FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_keys('model_versions', 'version_id', 'datasets', 'dataset_id');
CREATE TRIGGER mlr_20_actor BEFORE INSERT OR UPDATE ON mlregistry.model_metrics FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_actor('recorded');
-- Area catalog: what every alias named, and when. Written by triggers only.

CREATE TABLE mlregistry.alias_history (
    history_id uuid DEFAULT pg_catalog.gen_random_uuid() NOT NULL,
    organization_id uuid DEFAULT mlregistry.current_organization_id() NOT NULL,
    project_id uuid DEFAULT mlregistry.current_project_id() NOT NULL,
    model_id uuid NOT NULL,
    alias text NOT NULL,
    version_id uuid NOT NULL,
    semver text NOT NULL,
    set_by text DEFAULT mlregistry.current_actor() NOT NULL,
    set_by_user uuid,
    valid_from timestamptz NOT NULL,
    valid_to timestamptz DEFAULT 'infinity' NOT NULL,
    CONSTRAINT alias_history_pkey PRIMARY KEY (history_id),
    CONSTRAINT alias_history_tenant_key UNIQUE (organization_id, history_id),
    CONSTRAINT alias_history_organization_fkey FOREIGN KEY (organization_id)
        REFERENCES mlregistry.organizations (organization_id) ON DELETE CASCADE,
    CONSTRAINT alias_history_project_fkey FOREIGN KEY (organization_id, project_id)
        REFERENCES mlregistry.projects (organization_id, project_id) ON DELETE CASCADE,
    CONSTRAINT alias_history_set_by_user_fkey FOREIGN KEY (set_by_user)
        REFERENCES mlregistry.users (user_id) ON DELETE SET NULL (set_by_user),
    CONSTRAINT valid_history_period CHECK (valid_from < valid_to),
    CONSTRAINT alias_history_text_size CHECK (pg_catalog.octet_length(alias) <= 65536 AND pg_catalog.octet_length(semver) <= 65536
        AND pg_catalog.octet_length(set_by) <= 65536)
);
CREATE UNIQUE INDEX unique_open_alias ON mlregistry.alias_history (model_id, alias) WHERE valid_to = 'infinity';
CREATE INDEX idx_alias_history_model ON mlregistry.alias_history (model_id, alias, valid_from);
CREATE INDEX idx_alias_history_version ON mlregistry.alias_history (version_id);
COMMENT ON TABLE mlregistry.alias_history IS 'What every alias named, and when: one row per period, the open one until infinity; outlives aliases, versions and models';
COMMENT ON COLUMN mlregistry.alias_history.history_id IS 'Identifier';
COMMENT ON COLUMN mlregistry.alias_history.organization_id IS 'Organization that it belongs to';
COMMENT ON COLUMN mlregistry.alias_history.project_id IS 'Project of the model';
COMMENT ON COLUMN mlregistry.alias_history.model_id IS 'Model that has or had the alias';
COMMENT ON COLUMN mlregistry.alias_history.alias IS 'Alias';
COMMENT ON COLUMN mlregistry.alias_history.version_id IS 'Version that it named';
COMMENT ON COLUMN mlregistry.alias_history.semver IS 'That version, as it was written';
COMMENT ON COLUMN mlregistry.alias_history.set_by IS 'Who set it';
COMMENT ON COLUMN mlregistry.alias_history.set_by_user IS 'The user who set it, as the database knows';
COMMENT ON COLUMN mlregistry.alias_history.valid_from IS 'From when on it named this version';
COMMENT ON COLUMN mlregistry.alias_history.valid_to IS 'Until when, exclusively; infinity: it still does';
CREATE TRIGGER mlr_10_keys BEFORE UPDATE ON mlregistry.alias_history FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_keys();
-- Views. Columns may be added at the end only.

-- COALESCE asks for a prerelease only where there is no release, and each question is one probe of idx_versions_semver.
CREATE VIEW mlregistry.v_models_latest WITH (security_invoker = true) AS
SELECT m.model_id,
       m.model_name,
       m.display_name,
       m.description,
       m.team_id,
       t.team_name,
       m.risk_level,
       m.compliance_required,
       v.version_id AS latest_version_id,
       v.semver AS latest_version,
       v.status AS latest_version_status,
       coalesce(v.framework, m.framework) AS framework,
       v.registered_at AS latest_version_registered_at,
       m.created_at,
       m.is_active,
       v.stage AS latest_version_stage,
       ARRAY(SELECT a.alias FROM mlregistry.model_aliases a WHERE a.version_id = v.version_id ORDER BY a.alias) AS aliases,
       (SELECT count(*) FROM mlregistry.model_versions c WHERE c.model_id = m.model_id AND c.deleted_at IS NULL) AS version_count,
       0::bigint AS live_deployments,
       m.project_id,
       p.slug AS project_slug,
       m.organization_id
  FROM mlregistry.models m
  JOIN mlregistry.projects p USING (project_id)
  JOIN mlregistry.organizations o ON o.organization_id = m.organization_id
  LEFT JOIN mlregistry.teams t ON t.team_id = m.team_id
  LEFT JOIN mlregistry.model_versions v ON v.version_id = coalesce(
           (SELECT r.version_id
              FROM mlregistry.model_versions r
             WHERE r.model_id = m.model_id AND r.deleted_at IS NULL
               AND r.status NOT IN ('deprecated', 'archived') AND NOT mlregistry.is_prerelease(r.semver)
             ORDER BY r.semver DESC
             LIMIT 1),
           (SELECT r.version_id
              FROM mlregistry.model_versions r
             WHERE r.model_id = m.model_id AND r.deleted_at IS NULL
               AND r.status NOT IN ('deprecated', 'archived')
             ORDER BY r.semver DESC
             LIMIT 1))
 WHERE m.is_active AND m.deleted_at IS NULL AND p.deleted_at IS NULL AND o.deleted_at IS NULL;
COMMENT ON VIEW mlregistry.v_models_latest IS 'Active models, each with its latest version: the highest release that is neither deprecated nor archived, else the highest such prerelease';
COMMENT ON COLUMN mlregistry.v_models_latest.model_id IS 'Identifier';
COMMENT ON COLUMN mlregistry.v_models_latest.model_name IS 'Name for references';
COMMENT ON COLUMN mlregistry.v_models_latest.display_name IS 'Name for people';
COMMENT ON COLUMN mlregistry.v_models_latest.description IS 'What it is';
COMMENT ON COLUMN mlregistry.v_models_latest.team_id IS 'Team that owns the model';
COMMENT ON COLUMN mlregistry.v_models_latest.team_name IS 'Name of that team';
COMMENT ON COLUMN mlregistry.v_models_latest.risk_level IS 'low, medium, high or critical';
COMMENT ON COLUMN mlregistry.v_models_latest.compliance_required IS 'Versions need validation and approval before production';
COMMENT ON COLUMN mlregistry.v_models_latest.latest_version_id IS 'Identifier of the latest version';
COMMENT ON COLUMN mlregistry.v_models_latest.latest_version IS 'Latest version';
COMMENT ON COLUMN mlregistry.v_models_latest.latest_version_status IS 'Status of the latest version';
COMMENT ON COLUMN mlregistry.v_models_latest.framework IS 'Framework of the latest version, else of the model';
COMMENT ON COLUMN mlregistry.v_models_latest.latest_version_registered_at IS 'When the latest version was registered';
COMMENT ON COLUMN mlregistry.v_models_latest.created_at IS 'When the model was created';
COMMENT ON COLUMN mlregistry.v_models_latest.is_active IS 'True: archived models are not shown';
COMMENT ON COLUMN mlregistry.v_models_latest.latest_version_stage IS 'Stage of the latest version';
COMMENT ON COLUMN mlregistry.v_models_latest.aliases IS 'Aliases of the latest version, sorted';
COMMENT ON COLUMN mlregistry.v_models_latest.version_count IS 'Number of versions that are not deleted';
COMMENT ON COLUMN mlregistry.v_models_latest.live_deployments IS 'Number of live deployments; 0 as long as the registry has no deployments';
COMMENT ON COLUMN mlregistry.v_models_latest.project_id IS 'Project that it belongs to';
COMMENT ON COLUMN mlregistry.v_models_latest.project_slug IS 'Name of that project';
COMMENT ON COLUMN mlregistry.v_models_latest.organization_id IS 'Organization that it belongs to';

CREATE VIEW mlregistry.v_model_tags WITH (security_invoker = true) AS
SELECT m.model_id,
       m.model_name,
       of_model.tags,
       of_model.tags_by_category,
       of_model.tag_count,
       m.project_id,
       m.organization_id
  FROM mlregistry.models m
  JOIN mlregistry.projects p USING (project_id)
  JOIN mlregistry.organizations o ON o.organization_id = m.organization_id
  CROSS JOIN LATERAL (
        SELECT coalesce(array_agg(c.tag_name ORDER BY c.tag_name), '{}') AS tags,
               coalesce((SELECT jsonb_object_agg(g.category, g.names)
                           FROM (SELECT coalesce(ct.tag_category, 'uncategorized') AS category, jsonb_agg(ct.tag_name ORDER BY ct.tag_name) AS names
                                   FROM mlregistry.model_tags cm
                                   JOIN mlregistry.tags ct USING (tag_id)
                                  WHERE cm.model_id = m.model_id
                                  GROUP BY 1) AS g), '{}') AS tags_by_category,
               count(*) AS tag_count
          FROM mlregistry.model_tags mt
          JOIN mlregistry.tags c USING (tag_id)
         WHERE mt.model_id = m.model_id) AS of_model
 WHERE m.deleted_at IS NULL AND p.deleted_at IS NULL AND o.deleted_at IS NULL;
COMMENT ON VIEW mlregistry.v_model_tags IS 'Models, archived ones too, each with its tags';
COMMENT ON COLUMN mlregistry.v_model_tags.model_id IS 'Identifier';
COMMENT ON COLUMN mlregistry.v_model_tags.model_name IS 'Name for references';
COMMENT ON COLUMN mlregistry.v_model_tags.tags IS 'Its tags, sorted';
COMMENT ON COLUMN mlregistry.v_model_tags.tags_by_category IS 'Its tags as an object: category to names; "uncategorized" for those without';
COMMENT ON COLUMN mlregistry.v_model_tags.tag_count IS 'Number of its tags';
COMMENT ON COLUMN mlregistry.v_model_tags.project_id IS 'Project that it belongs to';
COMMENT ON COLUMN mlregistry.v_model_tags.organization_id IS 'Organization that it belongs to';
-- Area audit: who changed what, when, as whom. Written by triggers and audit_note() only; no foreign key, because the trail
-- outlives what it tells of. Partitions, the default one among them, are made by make_partitions().

CREATE TABLE mlregistry.audit_logs (
    created_at timestamptz DEFAULT pg_catalog.clock_timestamp() NOT NULL,
    txid xid8 DEFAULT pg_catalog.pg_current_xact_id() NOT NULL,
    system_identifier bigint NOT NULL,
    log_id uuid DEFAULT pg_catalog.gen_random_uuid() NOT NULL,
    organization_id uuid NOT NULL,
    project_id uuid,
    subject_id uuid,
    entity_id uuid,
    user_id uuid,
    api_key_id uuid,
    format smallint DEFAULT 1 NOT NULL,
    actor text NOT NULL,
    db_role text NOT NULL,
    action text NOT NULL,
    entity_type text NOT NULL,
    entity_name text,
    -- json, not jsonb: what is hashed must stay as it is, byte for byte.
    changes json,
    details json,
    reason text,
    ip_address inet,
    application_name text,
    user_agent text,
    salt bytea,
    payload_hash bytea,
    erased_at timestamptz,
    leaf_hash bytea NOT NULL,
    -- No CHECK: each statement that is audited would read and plan it anew. What the rows say is in leaf_hash.
    CONSTRAINT audit_logs_pkey PRIMARY KEY (organization_id, created_at, log_id)
) PARTITION BY RANGE (created_at);
CREATE INDEX idx_audit_subject ON mlregistry.audit_logs (subject_id, created_at);
CREATE INDEX idx_audit_actor ON mlregistry.audit_logs (actor, created_at);
CREATE INDEX idx_audit_user ON mlregistry.audit_logs (user_id, created_at) WHERE user_id IS NOT NULL;
-- Finds what is gone by its name.
CREATE INDEX idx_audit_removed ON mlregistry.audit_logs (organization_id, entity_name)
    WHERE action IN ('model.delete', 'dataset.delete');
COMMENT ON TABLE mlregistry.audit_logs IS 'Audit trail: who changed what, when, as whom; one partition a month; append-only';
COMMENT ON COLUMN mlregistry.audit_logs.created_at IS 'When it happened, by the clock';
COMMENT ON COLUMN mlregistry.audit_logs.txid IS 'Transaction that did it';
COMMENT ON COLUMN mlregistry.audit_logs.system_identifier IS 'Cluster that wrote the row, which txid is of';
COMMENT ON COLUMN mlregistry.audit_logs.log_id IS 'Identifier: a UUIDv7 of created_at';
COMMENT ON COLUMN mlregistry.audit_logs.organization_id IS 'Organization that it happened in; all zero: what belongs to none';
COMMENT ON COLUMN mlregistry.audit_logs.project_id IS 'Project that it happened in, if any';
COMMENT ON COLUMN mlregistry.audit_logs.subject_id IS 'What the row is found under: the model, the dataset, the user';
COMMENT ON COLUMN mlregistry.audit_logs.entity_id IS 'Key of the row that changed';
COMMENT ON COLUMN mlregistry.audit_logs.user_id IS 'The user who did it, as the database knows';
COMMENT ON COLUMN mlregistry.audit_logs.api_key_id IS 'The API key that the user came with';
COMMENT ON COLUMN mlregistry.audit_logs.format IS 'Version of the bytes that are hashed';
COMMENT ON COLUMN mlregistry.audit_logs.actor IS 'Who did it: e-mail of the user, else the database role';
COMMENT ON COLUMN mlregistry.audit_logs.db_role IS 'Database role that had logged in';
COMMENT ON COLUMN mlregistry.audit_logs.action IS 'What was done: entity.verb';
COMMENT ON COLUMN mlregistry.audit_logs.entity_type IS 'Kind of what changed';
COMMENT ON COLUMN mlregistry.audit_logs.entity_name IS 'Name of what changed, as it was called then';
COMMENT ON COLUMN mlregistry.audit_logs.changes IS 'What changed: {column: [old, new]}';
COMMENT ON COLUMN mlregistry.audit_logs.details IS 'What else there is to tell, by audit_note()';
COMMENT ON COLUMN mlregistry.audit_logs.reason IS 'Why, as whoever did it said';
COMMENT ON COLUMN mlregistry.audit_logs.ip_address IS 'Address that the client came from';
COMMENT ON COLUMN mlregistry.audit_logs.application_name IS 'application_name of the session';
COMMENT ON COLUMN mlregistry.audit_logs.user_agent IS 'What the client said it was';
COMMENT ON COLUMN mlregistry.audit_logs.salt IS 'Random bytes that go into the hash of the payload; gone with it';
COMMENT ON COLUMN mlregistry.audit_logs.payload_hash IS 'SHA-256 of salt and payload, once the payload was erased; before, it follows from the row';
COMMENT ON COLUMN mlregistry.audit_logs.erased_at IS 'When the payload was erased; NULL: it is there';
COMMENT ON COLUMN mlregistry.audit_logs.leaf_hash IS 'Hash of the row, the leaf of the Merkle tree';
CREATE TRIGGER mlr_05_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON mlregistry.audit_logs FOR EACH STATEMENT
    EXECUTE FUNCTION mlregistry.trg_append_only();
-- Area training: experiments, their runs, and what runs measured, read and are tagged with.

CREATE TABLE mlregistry.experiments (
    experiment_id uuid DEFAULT pg_catalog.gen_random_uuid() NOT NULL,
    organization_id uuid DEFAULT mlregistry.current_organization_id() NOT NULL,
    project_id uuid DEFAULT mlregistry.current_project_id() NOT NULL,
    model_id uuid,
    experiment_name text NOT NULL,
    description text,
    status text DEFAULT 'running' NOT NULL,
    config jsonb DEFAULT '{}' NOT NULL,
    allow_repeat_runs boolean DEFAULT true NOT NULL,
    last_run_number integer DEFAULT 0 NOT NULL,
    started_at timestamptz DEFAULT now() NOT NULL,
    completed_at timestamptz,
    created_at timestamptz DEFAULT now() NOT NULL,
    created_by text DEFAULT mlregistry.current_actor() NOT NULL,
    created_by_user uuid,
    updated_at timestamptz DEFAULT now() NOT NULL,
    updated_by text DEFAULT mlregistry.current_actor() NOT NULL,
    deleted_at timestamptz,
    CONSTRAINT experiments_pkey PRIMARY KEY (experiment_id),
    CONSTRAINT experiments_tenant_key UNIQUE (organization_id, experiment_id),
    CONSTRAINT experiments_organization_fkey FOREIGN KEY (organization_id)
        REFERENCES mlregistry.organizations (organization_id) ON DELETE CASCADE,
    CONSTRAINT experiments_project_fkey FOREIGN KEY (organization_id, project_id)
        REFERENCES mlregistry.projects (organization_id, project_id) ON DELETE CASCADE,
    CONSTRAINT experiments_model_fkey FOREIGN KEY (organization_id, model_id)
        REFERENCES mlregistry.models (organization_id, model_id) ON DELETE SET NULL (model_id),
    CONSTRAINT experiments_created_by_user_fkey FOREIGN KEY (created_by_user)
        REFERENCES mlregistry.users (user_id) ON DELETE SET NULL (created_by_user),
    CONSTRAINT valid_experiment_name CHECK (mlregistry.is_valid_label(experiment_name)),
    CONSTRAINT valid_experiment_status CHECK (status IN ('running', 'completed', 'failed', 'cancelled')),
    CONSTRAINT valid_last_run_number CHECK (last_run_number >= 0),
    CONSTRAINT experiment_time_order CHECK (completed_at >= started_at),
    CONSTRAINT finite_times CHECK (pg_catalog.isfinite(started_at) AND pg_catalog.isfinite(completed_at)),
    CONSTRAINT experiment_completion CHECK ((status = 'running') = (completed_at IS NULL)),
    CONSTRAINT config_is_object CHECK (pg_catalog.jsonb_typeof(config) = 'object'),
    CONSTRAINT experiments_json_size CHECK (pg_catalog.pg_column_size(config) <= 1048576),
    CONSTRAINT experiments_text_size CHECK (pg_catalog.octet_length(description) <= 65536
        AND pg_catalog.octet_length(created_by) <= 65536 AND pg_catalog.octet_length(updated_by) <= 65536)
);
CREATE UNIQUE INDEX unique_experiment_name ON mlregistry.experiments (organization_id, project_id, experiment_name) WHERE deleted_at IS NULL;
CREATE INDEX idx_experiments_model ON mlregistry.experiments (model_id);
CREATE INDEX idx_experiments_project ON mlregistry.experiments (project_id);
CREATE INDEX idx_experiments_search ON mlregistry.experiments
    USING gin (to_tsvector({{fts_language}}, experiment_name || ' ' || coalesce(description, '')));
COMMENT ON TABLE mlregistry.experiments IS 'Experiments: runs that belong together';
COMMENT ON COLUMN mlregistry.experiments.experiment_id IS 'Identifier';
COMMENT ON COLUMN mlregistry.experiments.organization_id IS 'Organization that it belongs to';
COMMENT ON COLUMN mlregistry.experiments.project_id IS 'Project that it belongs to';
COMMENT ON COLUMN mlregistry.experiments.model_id IS 'Model that it is about';
COMMENT ON COLUMN mlregistry.experiments.experiment_name IS 'Name, unique in its project among those not deleted';
COMMENT ON COLUMN mlregistry.experiments.description IS 'What it is to find out';
COMMENT ON COLUMN mlregistry.experiments.status IS 'running, completed, failed or cancelled';
COMMENT ON COLUMN mlregistry.experiments.config IS 'What its runs have in common, a JSON object';
COMMENT ON COLUMN mlregistry.experiments.allow_repeat_runs IS 'False: runs that are added from now on are one a day for each model and dataset';
COMMENT ON COLUMN mlregistry.experiments.last_run_number IS 'Highest number of its runs so far';
COMMENT ON COLUMN mlregistry.experiments.started_at IS 'When it began';
COMMENT ON COLUMN mlregistry.experiments.completed_at IS 'When it ended, however it did; NULL exactly while it is running';
COMMENT ON COLUMN mlregistry.experiments.created_at IS 'When the row was created';
COMMENT ON COLUMN mlregistry.experiments.created_by IS 'Who created it';
COMMENT ON COLUMN mlregistry.experiments.created_by_user IS 'The user who created it, as the database knows';
COMMENT ON COLUMN mlregistry.experiments.updated_at IS 'When the row last changed';
COMMENT ON COLUMN mlregistry.experiments.updated_by IS 'Who changed it last';
COMMENT ON COLUMN mlregistry.experiments.deleted_at IS 'When it was deleted; NULL: it is not';
CREATE TRIGGER mlr_10_keys BEFORE INSERT OR UPDATE ON mlregistry.experiments FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_keys('', '', 'models', 'model_id');
CREATE TRIGGER mlr_20_actor BEFORE INSERT OR UPDATE ON mlregistry.experiments FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_actor('created');
CREATE TRIGGER mlr_30_normalize BEFORE INSERT OR UPDATE ON mlregistry.experiments FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_normalize('experiment_name:trim');
CREATE TRIGGER mlr_35_derive BEFORE INSERT OR UPDATE ON mlregistry.experiments FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_derive_experiment();
CREATE TRIGGER mlr_40_state BEFORE UPDATE OF status ON mlregistry.experiments FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_state('experiment', 'status');
-- The number of its last run is no change of it.
CREATE TRIGGER mlr_60_touch BEFORE UPDATE OF experiment_id, organization_id, project_id, model_id, experiment_name, description, status, config,
        allow_repeat_runs, started_at, completed_at, created_at, created_by, created_by_user, updated_at, updated_by, deleted_at
        ON mlregistry.experiments FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_touch();

CREATE TABLE mlregistry.training_runs (
    run_id uuid DEFAULT pg_catalog.gen_random_uuid() NOT NULL,
    organization_id uuid DEFAULT mlregistry.current_organization_id() NOT NULL,
    project_id uuid DEFAULT mlregistry.current_project_id() NOT NULL,
    experiment_id uuid NOT NULL,
    model_id uuid,
    dataset_id uuid,
    version_id uuid,
    parent_run_id uuid,
    run_name text,
    run_number integer NOT NULL,
    status text DEFAULT 'queued' NOT NULL,
    framework text,
    accuracy numeric(5,4),
    precision_score numeric(5,4),
    recall_score numeric(5,4),
    f1_score numeric(5,4),
    auc_roc numeric(5,4),
    loss numeric(12,6),
    custom_metrics jsonb DEFAULT '{}' NOT NULL,
    hyperparameters jsonb DEFAULT '{}' NOT NULL,
    environment jsonb DEFAULT '{}' NOT NULL,
    compute_target text,
    instance_type text,
    gpu_count integer DEFAULT 0 NOT NULL,
    gpu_type text,
    gpu_hours numeric(10,2) DEFAULT 0 NOT NULL,
    cpu_hours numeric(10,2) DEFAULT 0 NOT NULL,
    memory_gb numeric(10,2),
    estimated_cost_usd numeric(12,2),
    queued_at timestamptz NOT NULL,
    started_at timestamptz,
    completed_at timestamptz,
    duration_seconds numeric(12,3),
    exit_code integer,
    started_by text DEFAULT mlregistry.current_actor() NOT NULL,
    started_by_user uuid,
    logs_uri text,
    tensorboard_uri text,
    checkpoint_uri text,
    artifacts_uri text,
    artifacts jsonb DEFAULT '{}' NOT NULL,
    notes text,
    error_message text,
    once_per_day boolean DEFAULT false NOT NULL,
    run_day date GENERATED ALWAYS AS ((queued_at AT TIME ZONE 'UTC')::date) STORED,
    source_run_id text,
    created_at timestamptz DEFAULT now() NOT NULL,
    created_by text DEFAULT mlregistry.current_actor() NOT NULL,
    created_by_user uuid,
    updated_at timestamptz DEFAULT now() NOT NULL,
    updated_by text DEFAULT mlregistry.current_actor() NOT NULL,
    deleted_at timestamptz,
    CONSTRAINT training_runs_pkey PRIMARY KEY (run_id),
    CONSTRAINT training_runs_tenant_key UNIQUE (organization_id, run_id),
    CONSTRAINT training_runs_organization_fkey FOREIGN KEY (organization_id)
        REFERENCES mlregistry.organizations (organization_id) ON DELETE CASCADE,
    CONSTRAINT training_runs_project_fkey FOREIGN KEY (organization_id, project_id)
        REFERENCES mlregistry.projects (organization_id, project_id) ON DELETE CASCADE,
    CONSTRAINT training_runs_experiment_fkey FOREIGN KEY (organization_id, experiment_id)
        REFERENCES mlregistry.experiments (organization_id, experiment_id) ON DELETE CASCADE,
    CONSTRAINT training_runs_model_fkey FOREIGN KEY (organization_id, model_id)
        REFERENCES mlregistry.models (organization_id, model_id) ON DELETE SET NULL (model_id),
    CONSTRAINT training_runs_dataset_fkey FOREIGN KEY (organization_id, dataset_id)
        REFERENCES mlregistry.datasets (organization_id, dataset_id) ON DELETE NO ACTION,
    CONSTRAINT training_runs_version_fkey FOREIGN KEY (organization_id, version_id)
        REFERENCES mlregistry.model_versions (organization_id, version_id) ON DELETE SET NULL (version_id),
    CONSTRAINT training_runs_parent_fkey FOREIGN KEY (organization_id, parent_run_id)
        REFERENCES mlregistry.training_runs (organization_id, run_id) ON DELETE SET NULL (parent_run_id),
    CONSTRAINT valid_framework FOREIGN KEY (framework)
        REFERENCES mlregistry.frameworks (name) ON UPDATE CASCADE ON DELETE NO ACTION,
    CONSTRAINT training_runs_started_by_user_fkey FOREIGN KEY (started_by_user)
        REFERENCES mlregistry.users (user_id) ON DELETE SET NULL (started_by_user),
    CONSTRAINT training_runs_created_by_user_fkey FOREIGN KEY (created_by_user)
        REFERENCES mlregistry.users (user_id) ON DELETE SET NULL (created_by_user),
    CONSTRAINT valid_run_name CHECK (mlregistry.is_valid_label(run_name)),
    CONSTRAINT valid_run_number CHECK (run_number > 0),
    CONSTRAINT valid_run_status CHECK (status IN ('queued', 'running', 'succeeded', 'failed', 'cancelled', 'timeout')),
    CONSTRAINT valid_accuracy CHECK (mlregistry.is_score(accuracy)),
    CONSTRAINT valid_precision CHECK (mlregistry.is_score(precision_score)),
    CONSTRAINT valid_recall CHECK (mlregistry.is_score(recall_score)),
    CONSTRAINT valid_f1 CHECK (mlregistry.is_score(f1_score)),
    CONSTRAINT valid_auc_roc CHECK (mlregistry.is_score(auc_roc)),
    CONSTRAINT valid_gpu_count CHECK (gpu_count >= 0),
    CONSTRAINT valid_gpu_hours CHECK (gpu_hours >= 0 AND gpu_hours < 'NaN'),
    CONSTRAINT valid_cpu_hours CHECK (cpu_hours >= 0 AND cpu_hours < 'NaN'),
    CONSTRAINT valid_memory CHECK (memory_gb >= 0 AND memory_gb < 'NaN'),
    CONSTRAINT valid_cost CHECK (estimated_cost_usd >= 0 AND estimated_cost_usd < 'NaN'),
    CONSTRAINT valid_duration CHECK (duration_seconds >= 0 AND duration_seconds < 'NaN'),
    -- An unknown status breaks valid_run_status only.
    CONSTRAINT completed_timestamp CHECK (CASE WHEN status IN ('queued', 'running') THEN completed_at IS NULL
        WHEN status IN ('succeeded', 'failed', 'cancelled', 'timeout') THEN completed_at IS NOT NULL END),
    CONSTRAINT started_timestamp CHECK (CASE WHEN status = 'queued' THEN started_at IS NULL
        WHEN status IN ('running', 'succeeded') THEN started_at IS NOT NULL END),
    CONSTRAINT time_order CHECK (queued_at <= started_at AND started_at <= completed_at AND queued_at <= completed_at),
    CONSTRAINT finite_times CHECK (pg_catalog.isfinite(queued_at) AND pg_catalog.isfinite(started_at) AND pg_catalog.isfinite(completed_at)),
    CONSTRAINT no_self_parent CHECK (parent_run_id <> run_id),
    CONSTRAINT valid_logs_uri CHECK (mlregistry.is_artifact_uri(logs_uri)),
    CONSTRAINT valid_tensorboard_uri CHECK (mlregistry.is_artifact_uri(tensorboard_uri)),
    CONSTRAINT valid_checkpoint_uri CHECK (mlregistry.is_artifact_uri(checkpoint_uri)),
    CONSTRAINT valid_artifacts_uri CHECK (mlregistry.is_artifact_uri(artifacts_uri)),
    CONSTRAINT custom_metrics_is_object CHECK (pg_catalog.jsonb_typeof(custom_metrics) = 'object'),
    CONSTRAINT hyperparameters_is_object CHECK (pg_catalog.jsonb_typeof(hyperparameters) = 'object'),
    CONSTRAINT environment_is_object CHECK (pg_catalog.jsonb_typeof(environment) = 'object'),
    CONSTRAINT artifacts_is_object CHECK (pg_catalog.jsonb_typeof(artifacts) = 'object'),
    CONSTRAINT training_runs_json_size CHECK (pg_catalog.pg_column_size(custom_metrics) <= 1048576
        AND pg_catalog.pg_column_size(hyperparameters) <= 1048576
        AND pg_catalog.pg_column_size(environment) <= 1048576
        AND pg_catalog.pg_column_size(artifacts) <= 1048576),
    CONSTRAINT training_runs_text_size CHECK (pg_catalog.octet_length(compute_target) <= 65536
        AND pg_catalog.octet_length(instance_type) <= 65536
        AND pg_catalog.octet_length(gpu_type) <= 65536
        AND pg_catalog.octet_length(notes) <= 65536
        AND pg_catalog.octet_length(error_message) <= 65536
        AND pg_catalog.octet_length(source_run_id) <= 65536
        AND pg_catalog.octet_length(started_by) <= 65536
        AND pg_catalog.octet_length(created_by) <= 65536 AND pg_catalog.octet_length(updated_by) <= 65536)
);
CREATE UNIQUE INDEX unique_run_number ON mlregistry.training_runs (experiment_id, run_number);
CREATE UNIQUE INDEX unique_daily_run ON mlregistry.training_runs (experiment_id, model_id, dataset_id, run_day) NULLS NOT DISTINCT
    WHERE once_per_day AND deleted_at IS NULL;
CREATE UNIQUE INDEX unique_source_run ON mlregistry.training_runs (organization_id, source_run_id) WHERE source_run_id IS NOT NULL;
-- With the time: the newest runs of a project, and what it has used in a period.
CREATE INDEX idx_training_runs_project ON mlregistry.training_runs (project_id, queued_at DESC);
CREATE INDEX idx_runs_version ON mlregistry.training_runs (version_id);
CREATE INDEX idx_runs_status ON mlregistry.training_runs (status);
CREATE INDEX idx_training_runs_status_date ON mlregistry.training_runs (status, queued_at DESC);
CREATE INDEX idx_runs_active ON mlregistry.training_runs (status, created_at DESC) WHERE status IN ('queued', 'running');
CREATE INDEX idx_runs_created ON mlregistry.training_runs (created_at DESC);
CREATE INDEX idx_training_runs_started ON mlregistry.training_runs (started_at);
CREATE INDEX idx_runs_experiment ON mlregistry.training_runs (experiment_id, queued_at DESC);
CREATE INDEX idx_training_runs_model ON mlregistry.training_runs (model_id, queued_at DESC);
CREATE INDEX idx_training_runs_dataset ON mlregistry.training_runs (dataset_id);
CREATE INDEX idx_training_runs_parent ON mlregistry.training_runs (parent_run_id);
CREATE INDEX idx_training_runs_framework ON mlregistry.training_runs (framework);
CREATE INDEX idx_training_runs_compute_target ON mlregistry.training_runs (compute_target);
CREATE INDEX idx_runs_accuracy ON mlregistry.training_runs (accuracy DESC NULLS LAST);
CREATE INDEX idx_training_runs_parameters ON mlregistry.training_runs USING gin (hyperparameters jsonb_path_ops);
COMMENT ON TABLE mlregistry.training_runs IS 'Training runs: one row for each time that something was trained, whether it came to anything or not';
COMMENT ON COLUMN mlregistry.training_runs.run_id IS 'Identifier';
COMMENT ON COLUMN mlregistry.training_runs.organization_id IS 'Organization that it belongs to';
COMMENT ON COLUMN mlregistry.training_runs.project_id IS 'Project of its experiment';
COMMENT ON COLUMN mlregistry.training_runs.experiment_id IS 'Experiment that it belongs to';
COMMENT ON COLUMN mlregistry.training_runs.model_id IS 'Model that was trained; the one of the experiment where none was given';
COMMENT ON COLUMN mlregistry.training_runs.dataset_id IS 'Primary dataset, which is one of run_datasets too';
COMMENT ON COLUMN mlregistry.training_runs.version_id IS 'Version that it produced or belongs to';
COMMENT ON COLUMN mlregistry.training_runs.parent_run_id IS 'Run that it repeats, goes on from or is a part of';
COMMENT ON COLUMN mlregistry.training_runs.run_name IS 'Name for people';
COMMENT ON COLUMN mlregistry.training_runs.run_number IS 'Number, unique in its experiment; the next one where none was given';
COMMENT ON COLUMN mlregistry.training_runs.status IS 'queued, running, succeeded, failed, cancelled or timeout';
COMMENT ON COLUMN mlregistry.training_runs.framework IS 'Framework; the one of the model where none was given';
COMMENT ON COLUMN mlregistry.training_runs.accuracy IS 'Accuracy, 0 to 1';
COMMENT ON COLUMN mlregistry.training_runs.precision_score IS 'Precision, 0 to 1';
COMMENT ON COLUMN mlregistry.training_runs.recall_score IS 'Recall, 0 to 1';
COMMENT ON COLUMN mlregistry.training_runs.f1_score IS 'F1 score, 0 to 1; out of precision and recall where none was given';
COMMENT ON COLUMN mlregistry.training_runs.auc_roc IS 'Area under the ROC curve, 0 to 1';
COMMENT ON COLUMN mlregistry.training_runs.loss IS 'Loss at the end';
COMMENT ON COLUMN mlregistry.training_runs.custom_metrics IS 'Other metrics at the end, a JSON object';
COMMENT ON COLUMN mlregistry.training_runs.hyperparameters IS 'Parameters that it was started with, a JSON object';
COMMENT ON COLUMN mlregistry.training_runs.environment IS 'Versions, variables and the like that it ran with, a JSON object';
COMMENT ON COLUMN mlregistry.training_runs.compute_target IS 'Cluster or service that it ran on';
COMMENT ON COLUMN mlregistry.training_runs.instance_type IS 'Kind of machine that it ran on';
COMMENT ON COLUMN mlregistry.training_runs.gpu_count IS 'Number of GPUs';
COMMENT ON COLUMN mlregistry.training_runs.gpu_type IS 'Kind of GPU; its price is in gpu_types, that of others is 2.50';
COMMENT ON COLUMN mlregistry.training_runs.gpu_hours IS 'GPU hours used, of all GPUs together';
COMMENT ON COLUMN mlregistry.training_runs.cpu_hours IS 'CPU hours used';
COMMENT ON COLUMN mlregistry.training_runs.memory_gb IS 'Memory in gigabytes';
COMMENT ON COLUMN mlregistry.training_runs.estimated_cost_usd IS 'Cost in US dollars as somebody has reckoned it; NULL: GPU hours at the price of the GPU';
COMMENT ON COLUMN mlregistry.training_runs.queued_at IS 'When it was asked for';
COMMENT ON COLUMN mlregistry.training_runs.started_at IS 'When it began; NULL: it has not, or never did';
COMMENT ON COLUMN mlregistry.training_runs.completed_at IS 'When it ended, however it did; NULL exactly while it is queued or running';
COMMENT ON COLUMN mlregistry.training_runs.duration_seconds IS 'How long it ran; from start to end where nothing was given';
COMMENT ON COLUMN mlregistry.training_runs.exit_code IS 'Exit code of its process';
COMMENT ON COLUMN mlregistry.training_runs.started_by IS 'Who started it';
COMMENT ON COLUMN mlregistry.training_runs.started_by_user IS 'The user who started it, as the database knows';
COMMENT ON COLUMN mlregistry.training_runs.logs_uri IS 'Where its logs lie';
COMMENT ON COLUMN mlregistry.training_runs.tensorboard_uri IS 'Where its TensorBoard is';
COMMENT ON COLUMN mlregistry.training_runs.checkpoint_uri IS 'Where its last checkpoint lies';
COMMENT ON COLUMN mlregistry.training_runs.artifacts_uri IS 'Where what it made lies';
COMMENT ON COLUMN mlregistry.training_runs.artifacts IS 'What it made, a JSON object';
COMMENT ON COLUMN mlregistry.training_runs.notes IS 'Anything that somebody wants to say';
COMMENT ON COLUMN mlregistry.training_runs.error_message IS 'Why it failed';
COMMENT ON COLUMN mlregistry.training_runs.once_per_day IS 'The only one of its experiment, model and dataset on its day, because the experiment asked for that';
COMMENT ON COLUMN mlregistry.training_runs.run_day IS 'Day, by UTC, on which it was asked for';
COMMENT ON COLUMN mlregistry.training_runs.source_run_id IS 'Identifier in the system that it was imported from, unique in its organization';
COMMENT ON COLUMN mlregistry.training_runs.created_at IS 'When the row was created';
COMMENT ON COLUMN mlregistry.training_runs.created_by IS 'Who created it';
COMMENT ON COLUMN mlregistry.training_runs.created_by_user IS 'The user who created it, as the database knows';
COMMENT ON COLUMN mlregistry.training_runs.updated_at IS 'When the row last changed';
COMMENT ON COLUMN mlregistry.training_runs.updated_by IS 'Who changed it last';
COMMENT ON COLUMN mlregistry.training_runs.deleted_at IS 'When it was deleted; NULL: it is not';
CREATE TRIGGER mlr_10_keys BEFORE INSERT OR UPDATE ON mlregistry.training_runs FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_keys('experiments', 'experiment_id', 'models', 'model_id', 'datasets', 'dataset_id',
        'model_versions', 'version_id', 'training_runs', 'parent_run_id');
CREATE TRIGGER mlr_20_actor BEFORE INSERT OR UPDATE ON mlregistry.training_runs FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_actor('started', 'created');
CREATE TRIGGER mlr_30_normalize BEFORE INSERT OR UPDATE ON mlregistry.training_runs FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_normalize('run_name:trim', 'compute_target:trim', 'instance_type:trim', 'gpu_type:trim', 'logs_uri:trim',
        'tensorboard_uri:trim', 'checkpoint_uri:trim', 'artifacts_uri:trim', 'source_run_id:trim');
CREATE TRIGGER mlr_35_derive BEFORE INSERT OR UPDATE ON mlregistry.training_runs FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_derive_run();
CREATE TRIGGER mlr_40_state BEFORE UPDATE OF status ON mlregistry.training_runs FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_state('run', 'status');
CREATE TRIGGER mlr_60_touch BEFORE UPDATE ON mlregistry.training_runs FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_touch();
CREATE TRIGGER mlr_70_guard AFTER INSERT OR DELETE OR UPDATE OF parent_run_id, status, deleted_at ON mlregistry.training_runs FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_guard_run();
CREATE TRIGGER mlr_85_effect AFTER UPDATE OF dataset_id ON mlregistry.training_runs FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_effect_run();
CREATE TRIGGER mlr_85_effect_insert AFTER INSERT ON mlregistry.training_runs REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT
    EXECUTE FUNCTION mlregistry.trg_effect_run();
CREATE TRIGGER mlr_85_effect_delete AFTER DELETE ON mlregistry.training_runs REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT
    EXECUTE FUNCTION mlregistry.trg_effect_run();
CREATE TRIGGER mlr_85_effect_truncate AFTER TRUNCATE ON mlregistry.training_runs FOR EACH STATEMENT
    EXECUTE FUNCTION mlregistry.trg_effect_run();

-- No foreign key: one look for each statement, by trigger guard. Partitions, the default one among them, are made by
-- make_partitions().
CREATE TABLE mlregistry.run_metrics (
    organization_id uuid DEFAULT mlregistry.current_organization_id() NOT NULL,
    project_id uuid DEFAULT mlregistry.current_project_id() NOT NULL,
    run_id uuid NOT NULL,
    metric_name text NOT NULL,
    step bigint DEFAULT 0 NOT NULL,
    value double precision NOT NULL,
    recorded_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT run_metrics_pkey PRIMARY KEY (run_id, metric_name, step, recorded_at),
    CONSTRAINT valid_metric_name CHECK (mlregistry.is_valid_metric_name(metric_name)),
    CONSTRAINT finite_times CHECK (pg_catalog.isfinite(recorded_at))
) PARTITION BY RANGE (recorded_at);
CREATE INDEX idx_run_metrics_time ON mlregistry.run_metrics USING brin (recorded_at);
COMMENT ON TABLE mlregistry.run_metrics IS 'What runs measured step by step; one partition a month; append-only: of a metric and step the value recorded last counts';
COMMENT ON COLUMN mlregistry.run_metrics.organization_id IS 'Organization of the run';
COMMENT ON COLUMN mlregistry.run_metrics.project_id IS 'Project of the run';
COMMENT ON COLUMN mlregistry.run_metrics.run_id IS 'Run that measured it';
COMMENT ON COLUMN mlregistry.run_metrics.metric_name IS 'What was measured';
COMMENT ON COLUMN mlregistry.run_metrics.step IS 'Step at which it was measured: a batch, an epoch';
COMMENT ON COLUMN mlregistry.run_metrics.value IS 'Value; NaN and infinities are kept';
COMMENT ON COLUMN mlregistry.run_metrics.recorded_at IS 'When it was recorded';
CREATE TRIGGER mlr_05_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON mlregistry.run_metrics FOR EACH STATEMENT
    EXECUTE FUNCTION mlregistry.trg_append_only();
CREATE TRIGGER mlr_70_guard AFTER INSERT ON mlregistry.run_metrics FOR EACH STATEMENT
    EXECUTE FUNCTION mlregistry.trg_guard_run_metrics();
-- Never fires: its condition tells the trigger above what the rows say. A transition table would make COPY slow.
CREATE TRIGGER mlr_70_said AFTER INSERT ON mlregistry.run_metrics FOR EACH ROW
    WHEN (mlregistry.said_run_place(NEW.run_id, NEW.organization_id, NEW.project_id))
    EXECUTE FUNCTION mlregistry.trg_said_run_metrics();

CREATE TABLE mlregistry.run_datasets (
    run_id uuid NOT NULL,
    dataset_id uuid NOT NULL,
    dataset_role text DEFAULT 'train' NOT NULL,
    organization_id uuid DEFAULT mlregistry.current_organization_id() NOT NULL,
    project_id uuid DEFAULT mlregistry.current_project_id() NOT NULL,
    dataset_version text,
    split_name text,
    row_count bigint,
    added_at timestamptz DEFAULT now() NOT NULL,
    added_by text DEFAULT mlregistry.current_actor() NOT NULL,
    added_by_user uuid,
    CONSTRAINT run_datasets_pkey PRIMARY KEY (run_id, dataset_id, dataset_role),
    CONSTRAINT run_datasets_project_fkey FOREIGN KEY (organization_id, project_id)
        REFERENCES mlregistry.projects (organization_id, project_id) ON DELETE CASCADE,
    CONSTRAINT run_datasets_run_fkey FOREIGN KEY (organization_id, run_id)
        REFERENCES mlregistry.training_runs (organization_id, run_id) ON DELETE CASCADE,
    CONSTRAINT run_datasets_dataset_fkey FOREIGN KEY (organization_id, dataset_id)
        REFERENCES mlregistry.datasets (organization_id, dataset_id) ON DELETE NO ACTION,
    CONSTRAINT run_datasets_added_by_user_fkey FOREIGN KEY (added_by_user)
        REFERENCES mlregistry.users (user_id) ON DELETE SET NULL (added_by_user),
    CONSTRAINT valid_dataset_role CHECK (dataset_role IN ('train', 'validation', 'test', 'holdout')),
    CONSTRAINT valid_row_count CHECK (row_count >= 0),
    CONSTRAINT run_datasets_text_size CHECK (pg_catalog.octet_length(dataset_version) <= 65536
        AND pg_catalog.octet_length(split_name) <= 65536
        AND pg_catalog.octet_length(added_by) <= 65536)
);
CREATE INDEX idx_run_datasets_dataset ON mlregistry.run_datasets (dataset_id);
COMMENT ON TABLE mlregistry.run_datasets IS 'Datasets that runs read, and what for';
COMMENT ON COLUMN mlregistry.run_datasets.run_id IS 'Run that read it';
COMMENT ON COLUMN mlregistry.run_datasets.dataset_id IS 'Dataset that it read';
COMMENT ON COLUMN mlregistry.run_datasets.dataset_role IS 'train, validation, test or holdout';
COMMENT ON COLUMN mlregistry.run_datasets.organization_id IS 'Organization that both belong to';
COMMENT ON COLUMN mlregistry.run_datasets.project_id IS 'Project of the run';
COMMENT ON COLUMN mlregistry.run_datasets.dataset_version IS 'Version of the data; the one of the dataset where none was given';
COMMENT ON COLUMN mlregistry.run_datasets.split_name IS 'Part of the dataset that was read';
COMMENT ON COLUMN mlregistry.run_datasets.row_count IS 'Number of rows that were read';
COMMENT ON COLUMN mlregistry.run_datasets.added_at IS 'When it was added';
COMMENT ON COLUMN mlregistry.run_datasets.added_by IS 'Who added it';
COMMENT ON COLUMN mlregistry.run_datasets.added_by_user IS 'The user who added it, as the database knows';
CREATE TRIGGER mlr_10_keys BEFORE INSERT OR UPDATE ON mlregistry.run_datasets FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_keys('training_runs', 'run_id', 'datasets', 'dataset_id');
CREATE TRIGGER mlr_20_actor BEFORE INSERT OR UPDATE ON mlregistry.run_datasets FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_actor('added');
CREATE TRIGGER mlr_30_normalize BEFORE INSERT OR UPDATE ON mlregistry.run_datasets FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_normalize('dataset_version:trim', 'split_name:trim');
CREATE TRIGGER mlr_35_derive BEFORE INSERT ON mlregistry.run_datasets FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_derive_run_dataset();

CREATE TABLE mlregistry.run_tags (
    run_id uuid NOT NULL,
    tag_id uuid NOT NULL,
    organization_id uuid DEFAULT mlregistry.current_organization_id() NOT NULL,
    project_id uuid DEFAULT mlregistry.current_project_id() NOT NULL,
    added_at timestamptz DEFAULT now() NOT NULL,
    added_by text DEFAULT mlregistry.current_actor() NOT NULL,
    added_by_user uuid,
    CONSTRAINT run_tags_pkey PRIMARY KEY (run_id, tag_id),
    CONSTRAINT run_tags_project_fkey FOREIGN KEY (organization_id, project_id)
        REFERENCES mlregistry.projects (organization_id, project_id) ON DELETE CASCADE,
    CONSTRAINT run_tags_run_fkey FOREIGN KEY (organization_id, run_id)
        REFERENCES mlregistry.training_runs (organization_id, run_id) ON DELETE CASCADE,
    CONSTRAINT run_tags_tag_fkey FOREIGN KEY (organization_id, tag_id)
        REFERENCES mlregistry.tags (organization_id, tag_id) ON DELETE CASCADE,
    CONSTRAINT run_tags_added_by_user_fkey FOREIGN KEY (added_by_user)
        REFERENCES mlregistry.users (user_id) ON DELETE SET NULL (added_by_user),
    CONSTRAINT run_tags_text_size CHECK (pg_catalog.octet_length(added_by) <= 65536)
);
CREATE INDEX idx_run_tags_tag ON mlregistry.run_tags (tag_id);
COMMENT ON TABLE mlregistry.run_tags IS 'Tags of runs';
COMMENT ON COLUMN mlregistry.run_tags.run_id IS 'Run that has the tag';
COMMENT ON COLUMN mlregistry.run_tags.tag_id IS 'Tag that it has';
COMMENT ON COLUMN mlregistry.run_tags.organization_id IS 'Organization that both belong to';
COMMENT ON COLUMN mlregistry.run_tags.project_id IS 'Project of the run';
COMMENT ON COLUMN mlregistry.run_tags.added_at IS 'When the tag was added';
COMMENT ON COLUMN mlregistry.run_tags.added_by IS 'Who added it';
COMMENT ON COLUMN mlregistry.run_tags.added_by_user IS 'The user who added it, as the database knows';
CREATE TRIGGER mlr_10_keys BEFORE INSERT OR UPDATE ON mlregistry.run_tags FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_keys('training_runs', 'run_id');
CREATE TRIGGER mlr_20_actor BEFORE INSERT OR UPDATE ON mlregistry.run_tags FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_actor('added');
-- View of the area training: one wide row for each run, so that the usual questions are one SELECT. Columns may be added at the
-- end only.

CREATE VIEW mlregistry.v_training_runs WITH (security_invoker = true) AS
SELECT r.run_id,
       m.model_name,
       r.framework,
       e.experiment_name,
       r.status,
       r.accuracy,
       r.loss,
       r.precision_score,
       r.recall_score,
       r.f1_score,
       d.dataset_name AS dataset,
       r.compute_target,
       r.gpu_hours,
       r.cpu_hours,
       r.hyperparameters AS parameters,
       r.created_at,
       r.started_at,
       r.completed_at,
       r.notes,
       r.created_by,
       r.auc_roc,
       r.run_name,
       r.run_number,
       r.queued_at,
       r.duration_seconds,
       round(extract(epoch FROM coalesce(r.started_at, r.completed_at, greatest(r.queued_at, now())) - r.queued_at), 3) AS wait_seconds,
       r.gpu_count,
       r.gpu_type,
       mlregistry.run_cost(r.estimated_cost_usd, r.gpu_hours, r.gpu_type) AS cost_usd,
       coalesce((SELECT jsonb_agg(jsonb_build_object('name', nd.dataset_name, 'role', rd.dataset_role, 'version', rd.dataset_version)
                                  ORDER BY array_position('{train,validation,test,holdout}'::text[], rd.dataset_role), nd.dataset_name)
                   FROM mlregistry.run_datasets rd
                   JOIN mlregistry.datasets nd USING (dataset_id)
                  WHERE rd.run_id = r.run_id), '[]') AS datasets,
       v.semver,
       ARRAY(SELECT t.tag_name FROM mlregistry.run_tags rt JOIN mlregistry.tags t USING (tag_id) WHERE rt.run_id = r.run_id ORDER BY t.tag_name) AS tags,
       r.error_message,
       r.model_id,
       r.experiment_id,
       r.dataset_id,
       r.version_id,
       r.project_id,
       r.organization_id
  FROM mlregistry.training_runs r
  JOIN mlregistry.experiments e USING (experiment_id)
  JOIN mlregistry.projects p ON p.project_id = r.project_id
  JOIN mlregistry.organizations o ON o.organization_id = r.organization_id
  LEFT JOIN mlregistry.models m ON m.model_id = r.model_id
  LEFT JOIN mlregistry.datasets d ON d.dataset_id = r.dataset_id
  LEFT JOIN mlregistry.model_versions v ON v.version_id = r.version_id
 WHERE r.deleted_at IS NULL AND e.deleted_at IS NULL AND p.deleted_at IS NULL AND o.deleted_at IS NULL;
COMMENT ON VIEW mlregistry.v_training_runs IS 'Training runs with the names of what they belong to; deleted ones and those of deleted experiments are left out';
COMMENT ON COLUMN mlregistry.v_training_runs.run_id IS 'Identifier';
COMMENT ON COLUMN mlregistry.v_training_runs.model_name IS 'Model that was trained';
COMMENT ON COLUMN mlregistry.v_training_runs.framework IS 'Framework';
COMMENT ON COLUMN mlregistry.v_training_runs.experiment_name IS 'Experiment that it belongs to';
COMMENT ON COLUMN mlregistry.v_training_runs.status IS 'queued, running, succeeded, failed, cancelled or timeout';
COMMENT ON COLUMN mlregistry.v_training_runs.accuracy IS 'Accuracy, 0 to 1';
COMMENT ON COLUMN mlregistry.v_training_runs.loss IS 'Loss at the end';
COMMENT ON COLUMN mlregistry.v_training_runs.precision_score IS 'Precision, 0 to 1';
COMMENT ON COLUMN mlregistry.v_training_runs.recall_score IS 'Recall, 0 to 1';
COMMENT ON COLUMN mlregistry.v_training_runs.f1_score IS 'F1 score, 0 to 1';
COMMENT ON COLUMN mlregistry.v_training_runs.dataset IS 'Name of its primary dataset';
COMMENT ON COLUMN mlregistry.v_training_runs.compute_target IS 'Cluster or service that it ran on';
COMMENT ON COLUMN mlregistry.v_training_runs.gpu_hours IS 'GPU hours used, of all GPUs together';
COMMENT ON COLUMN mlregistry.v_training_runs.cpu_hours IS 'CPU hours used';
COMMENT ON COLUMN mlregistry.v_training_runs.parameters IS 'Parameters that it was started with (hyperparameters)';
COMMENT ON COLUMN mlregistry.v_training_runs.created_at IS 'When the row was created';
COMMENT ON COLUMN mlregistry.v_training_runs.started_at IS 'When it began; NULL: it has not, or never did';
COMMENT ON COLUMN mlregistry.v_training_runs.completed_at IS 'When it ended; NULL: it is queued or running';
COMMENT ON COLUMN mlregistry.v_training_runs.notes IS 'Anything that somebody wanted to say';
COMMENT ON COLUMN mlregistry.v_training_runs.created_by IS 'Who created the row';
COMMENT ON COLUMN mlregistry.v_training_runs.auc_roc IS 'Area under the ROC curve, 0 to 1';
COMMENT ON COLUMN mlregistry.v_training_runs.run_name IS 'Name for people';
COMMENT ON COLUMN mlregistry.v_training_runs.run_number IS 'Number in its experiment';
COMMENT ON COLUMN mlregistry.v_training_runs.queued_at IS 'When it was asked for';
COMMENT ON COLUMN mlregistry.v_training_runs.duration_seconds IS 'How long it ran';
COMMENT ON COLUMN mlregistry.v_training_runs.wait_seconds IS 'How long it waited, or has waited so far, before it began or was given up';
COMMENT ON COLUMN mlregistry.v_training_runs.gpu_count IS 'Number of GPUs';
COMMENT ON COLUMN mlregistry.v_training_runs.gpu_type IS 'Kind of GPU';
COMMENT ON COLUMN mlregistry.v_training_runs.cost_usd IS 'Cost in US dollars: what was estimated, else GPU hours at the price of the GPU';
COMMENT ON COLUMN mlregistry.v_training_runs.datasets IS 'Datasets that it read: array of objects with name, role and version';
COMMENT ON COLUMN mlregistry.v_training_runs.semver IS 'Version that it produced or belongs to';
COMMENT ON COLUMN mlregistry.v_training_runs.tags IS 'Its tags, sorted';
COMMENT ON COLUMN mlregistry.v_training_runs.error_message IS 'Why it failed';
COMMENT ON COLUMN mlregistry.v_training_runs.model_id IS 'Identifier of the model';
COMMENT ON COLUMN mlregistry.v_training_runs.experiment_id IS 'Identifier of the experiment';
COMMENT ON COLUMN mlregistry.v_training_runs.dataset_id IS 'Identifier of the primary dataset';
COMMENT ON COLUMN mlregistry.v_training_runs.version_id IS 'Identifier of the version';
COMMENT ON COLUMN mlregistry.v_training_runs.project_id IS 'Project of its experiment';
COMMENT ON COLUMN mlregistry.v_training_runs.organization_id IS 'Organization that it belongs to';
$install_script$$function$;
COMMENT ON FUNCTION install_script() IS 'statements that install() runs to make tables, indexes, triggers and views';
CREATE OR REPLACE FUNCTION seed_script() RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $function$SELECT $seed_script$
-- Built-in vocabulary.

INSERT INTO mlregistry.frameworks (name, description, builtin) VALUES
    ('pytorch', 'PyTorch', true),
    ('tensorflow', 'TensorFlow and Keras', true),
    ('sklearn', 'scikit-learn', true),
    ('xgboost', 'XGBoost', true),
    ('jax', 'JAX', true),
    ('lightgbm', 'LightGBM', true),
    ('catboost', 'CatBoost', true),
    ('onnx', 'ONNX', true),
    ('huggingface', 'Hugging Face Transformers', true),
    ('mxnet', 'Apache MXNet', true),
    ('custom', 'Anything else', true);

INSERT INTO mlregistry.model_formats (name, description, builtin) VALUES
    ('onnx', 'Open Neural Network Exchange', true),
    ('torchscript', 'TorchScript', true),
    ('savedmodel', 'TensorFlow SavedModel', true),
    ('pickle', 'Python pickle', true),
    ('joblib', 'joblib dump', true),
    ('mlflow', 'MLflow model folder', true),
    ('safetensors', 'safetensors', true),
    ('gguf', 'GGUF', true),
    ('custom', 'Anything else', true);

INSERT INTO mlregistry.storage_formats (name, description, builtin) VALUES
    ('parquet', 'Apache Parquet', true),
    ('csv', 'Comma-separated values', true),
    ('json', 'JSON or JSON lines', true),
    ('avro', 'Apache Avro', true),
    ('tfrecord', 'TensorFlow TFRecord', true),
    ('hdf5', 'HDF5', true),
    ('arrow', 'Apache Arrow', true),
    ('delta', 'Delta Lake', true),
    ('iceberg', 'Apache Iceberg', true);

INSERT INTO mlregistry.tag_categories (name, description, builtin) VALUES
    ('domain', 'Field of application', true),
    ('framework', 'Framework', true),
    ('use-case', 'Kind of task', true),
    ('team', 'Owning team', true),
    ('priority', 'Priority', true),
    ('status', 'State of work', true);

INSERT INTO mlregistry.gpu_types (name, memory_gb, description, builtin) VALUES
    ('nvidia-t4', 16, 'NVIDIA T4', true),
    ('nvidia-l4', 24, 'NVIDIA L4', true),
    ('nvidia-v100', 32, 'NVIDIA V100', true),
    ('nvidia-a10g', 24, 'NVIDIA A10G', true),
    ('nvidia-a100', 80, 'NVIDIA A100', true),
    ('nvidia-h100', 80, 'NVIDIA H100', true),
    ('nvidia-h200', 141, 'NVIDIA H200', true);
-- The default organization and project: the same identifiers everywhere, so that two databases agree on them.

INSERT INTO mlregistry.organizations (organization_id, name, slug)
VALUES ('00000000-0000-8000-8000-000000000001', 'Default', 'default');

INSERT INTO mlregistry.projects (project_id, organization_id, name, slug, visibility)
VALUES ('00000000-0000-8000-8000-000000000002', '00000000-0000-8000-8000-000000000001', 'Default', 'default', 'organization');
$seed_script$$function$;
COMMENT ON FUNCTION seed_script() IS 'statements that install() runs to make the first rows';
CREATE OR REPLACE FUNCTION sample_script() RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $function$SELECT $sample_script$
-- Sample data: organization acme, and the projects beside the default one.
--
-- Every row that has a uuid of its own gets mlregistry.sample_id(table, row), so that drop_sample_data() knows it. Numbers
-- of tables, which never change:
--    1 organizations    2 projects    3 teams          4 tags                5 datasets         6 models
--    7 model_versions   8 version_files   9 version_signatures   10 model_aliases   11 model_metrics   12 alias_history
--   13 users           14 organization_memberships   15 project_members   16 resource_quotas   17 experiments
--   18 training_runs
-- Rows of junction tables have the identifiers of what they join. All names are written with their schema, what every
-- statement inserts names its organization and project: it runs whatever the session has chosen.

INSERT INTO mlregistry.organizations (organization_id, name, slug, billing_email, subscription_plan, max_users, max_models, settings,
                                      created_at, created_by, updated_at, updated_by)
SELECT mlregistry.sample_id(1, 1), 'Acme', 'acme', 'billing@acme.example', 'professional', 25, 200, '{"timezone": "Europe/Berlin"}',
       now() - '210 days'::interval, 'admin@acme.example', now() - '210 days'::interval, 'admin@acme.example';

INSERT INTO mlregistry.projects (project_id, organization_id, name, slug, description, visibility,
                                 created_at, created_by, updated_at, updated_by)
SELECT mlregistry.sample_id(2, v.n), v.organization_id, v.name, v.slug, v.description, v.visibility,
       now() - v.age, v.created_by, now() - v.age, v.created_by
  FROM (VALUES
    (1, '00000000-0000-8000-8000-000000000001'::uuid, 'Training lab', 'training-lab',
     'Trial runs on public benchmarks: which architecture, framework and compute target is worth a real project.', 'organization',
     '150 days'::interval, 'lab-lead@example.com'),
    (2, mlregistry.sample_id(1, 1), 'Fraud detection', 'fraud-detection',
     'Scoring of card payments while the customer waits at the till. Only the risk team sees it.', 'private',
     '200 days', 'admin@acme.example'),
    (3, mlregistry.sample_id(1, 1), 'Customer analytics', 'customer-analytics',
     'Churn, lifetime value and segments of customers, for marketing and support.', 'organization',
     '95 days', 'admin@acme.example'))
    AS v (n, organization_id, name, slug, description, visibility, age, created_by);
-- Sample data: people and a quota of acme, and one person of the default organization. No key among them: a key is shown once, when it is made.

INSERT INTO mlregistry.users (user_id, email, first_name, last_name, is_verified, created_at, updated_at, updated_by)
SELECT mlregistry.sample_id(13, v.n), v.email, v.first_name, v.last_name, true, now() - v.age, now() - v.age, v.created_by
  FROM (VALUES
    (1, 'admin@acme.example', 'Ada', 'Admin', '210 days'::interval, 'admin@acme.example'),
    (2, 'ana.dev@acme.example', 'Ana', 'Developer', '190 days', 'admin@acme.example'),
    (3, 'vik.viewer@acme.example', 'Vik', 'Viewer', '90 days', 'admin@acme.example'),
    (4, 'lead@example.com', 'Lea', 'Lead', '400 days', 'lead@example.com'))
    AS v (n, email, first_name, last_name, age, created_by);

INSERT INTO mlregistry.organization_memberships (membership_id, organization_id, user_id, role, invited_by, joined_at, created_at, updated_at,
                                                 updated_by)
SELECT mlregistry.sample_id(14, v.n), v.organization_id, u.user_id, v.role, u.updated_by, u.created_at, u.created_at, u.created_at, u.updated_by
  FROM (VALUES
    (1, mlregistry.sample_id(1, 1), 'admin'),
    (2, mlregistry.sample_id(1, 1), 'developer'),
    (3, mlregistry.sample_id(1, 1), 'viewer'),
    (4, '00000000-0000-8000-8000-000000000001', 'admin'))
    AS v (n, organization_id, role)
  JOIN mlregistry.users u ON u.user_id = mlregistry.sample_id(13, v.n);

INSERT INTO mlregistry.project_members (member_id, organization_id, project_id, user_id, role, added_by, created_at)
SELECT mlregistry.sample_id(15, 1), mlregistry.sample_id(1, 1), mlregistry.sample_id(2, 2), mlregistry.sample_id(13, 2), 'contributor',
       'admin@acme.example', now() - '185 days'::interval;

INSERT INTO mlregistry.resource_quotas (quota_id, organization_id, scope, period, gpu_hours_limit, cost_limit_usd, enforcement, created_at, created_by,
                                        updated_at, updated_by)
SELECT mlregistry.sample_id(16, 1), mlregistry.sample_id(1, 1), 'organization', 'month', 500, 1500, 'warn',
       now() - '120 days'::interval, 'admin@acme.example', now() - '120 days'::interval, 'admin@acme.example';
-- Sample data: teams and tags of the default organization.

INSERT INTO mlregistry.teams (team_id, organization_id, team_name, team_email, department, cost_center, manager_name, slack_channel,
                              created_at, created_by, updated_at, updated_by)
SELECT mlregistry.sample_id(3, v.n), '00000000-0000-8000-8000-000000000001', v.team_name, v.team_name || '@example.com', v.department,
       v.cost_center, v.manager_name, '#' || v.team_name,
       now() - v.age, 'ml-platform-lead@example.com', now() - v.age, 'ml-platform-lead@example.com'
  FROM (VALUES
    (1, 'ml-platform', 'Engineering', 'CC-ML-001', 'Head of ML Platform', '400 days'::interval),
    (2, 'nlp-research', 'Research', 'CC-ML-002', 'Lead of NLP Research', '395 days'),
    (3, 'computer-vision', 'Engineering', 'CC-ML-003', 'Lead of Computer Vision', '390 days'),
    (4, 'recommendations', 'Product', 'CC-ML-004', 'Product Lead of Recommendations', '340 days'),
    (5, 'forecasting', 'Finance', 'CC-FIN-001', 'Head of Financial Planning', '365 days'))
    AS v (n, team_name, department, cost_center, manager_name, age);

INSERT INTO mlregistry.tags (tag_id, organization_id, tag_name, tag_category, description, created_at, created_by)
SELECT mlregistry.sample_id(4, v.n), '00000000-0000-8000-8000-000000000001', v.tag_name, v.tag_category, v.description,
       now() - '380 days'::interval, 'ml-platform-lead@example.com'
  FROM (VALUES
    (1, 'nlp', 'domain', 'Text: sentiment, translation, questions and answers'),
    (2, 'computer-vision', 'domain', 'Images and video'),
    (3, 'time-series', 'domain', 'Values that follow one another in time'),
    (4, 'recommendation', 'domain', 'What a customer may want next'),
    (5, 'pytorch', 'framework', 'Trained and served with PyTorch'),
    (6, 'tensorflow', 'framework', 'Trained and served with TensorFlow or Keras'),
    (7, 'sklearn', 'framework', 'Trained with scikit-learn'),
    (8, 'production', 'status', 'Customers depend on it: call the owning team before any change'),
    (9, 'experimental', 'status', 'May change or vanish without notice'),
    (10, 'deprecated', 'status', 'Has a successor; do not build on it any more'),
    (11, 'classification', 'use-case', 'Puts each input into one of several classes'),
    (12, 'regression', 'use-case', 'Predicts a number'),
    (13, 'detection', 'use-case', 'Finds objects and where they are'),
    (14, 'generation', 'use-case', 'Makes text, images or sound'),
    (15, 'high-priority', 'priority', 'Incidents are handled at any hour'),
    (16, 'low-latency', 'priority', 'Must answer within 50 ms'))
    AS v (n, tag_name, tag_category, description);
-- Sample data: datasets of the default project, then those of training-lab.

INSERT INTO mlregistry.datasets (dataset_id, organization_id, project_id, dataset_name, display_name, description, purpose, storage_location,
                                 storage_format, storage_size_gb, partition_keys, schema_url, schema_version, data_version, team_id, data_steward,
                                 freshness_sla_hours, last_updated_at, row_count, column_count, null_percentage, contains_pii,
                                 data_classification, retention_days, gdpr_compliant, source_system, transformation_pipeline, metadata,
                                 created_at, created_by, updated_at, updated_by)
SELECT mlregistry.sample_id(5, v.n), '00000000-0000-8000-8000-000000000001', '00000000-0000-8000-8000-000000000002',
       v.dataset_name, v.display_name, v.description, v.purpose, v.storage_location, v.storage_format, v.storage_size_gb,
       v.partition_keys::text[], 'https://schemas.example.com/' || v.dataset_name || '.json', v.schema_version, v.data_version,
       t.team_id, v.data_steward, v.freshness_sla_hours, now() - v.updated_ago, v.row_count, v.column_count, v.null_percentage,
       v.contains_pii, v.data_classification, v.retention_days, v.contains_pii, v.source_system, v.transformation_pipeline,
       v.metadata::jsonb, now() - v.age, v.data_steward, now() - v.updated_ago, v.data_steward
  FROM (VALUES
    (1, 'customer-reviews-v1', 'Customer reviews',
     'Product reviews that customers left in the web shop, with stars, language and a sentiment label that people gave.',
     'Training and testing of sentiment and topic classifiers.',
     's3://example-data/reviews/customer-reviews-v1/', 'parquet', 15.8, '{language,review_month}', '1.3', '2025.10',
     'nlp-research', 'reviews-steward@example.com', 24, '2 hours'::interval, 1250000::bigint, 12, 1.75,
     true, 'confidential', 730, 'web shop', 'airflow: reviews_daily', '{"labels": ["negative", "neutral", "positive"], "languages": 6}',
     '320 days'::interval),
    (2, 'imagenet-subset-2025', 'ImageNet subset 2025',
     'Half a million photographs out of ImageNet with bounding boxes, chosen for objects that stand in warehouses and streets.',
     'Pretraining and validation of object detectors.',
     'gs://example-vision/imagenet-subset-2025/', 'tfrecord', 125.5, '{}', '1.0', '2025.01',
     'computer-vision', 'vision-steward@example.com', NULL, '30 days', 500000, 5, 0.00,
     false, 'internal', 1825, 'image archive', 'beam: imagenet_subset', '{"classes": 80, "image_size": 640}',
     '300 days'),
    (3, 'sales-forecast-daily', 'Daily sales',
     'Revenue and units sold per shop, product group and day, joined with prices, promotions, holidays and weather.',
     'Training of revenue forecasts; input of the monthly financial plan.',
     's3://example-data/finance/sales-forecast-daily/', 'parquet', 2.3, '{sales_date}', '2.1', '2025.11',
     'forecasting', 'finance-data@example.com', 1, '30 minutes', 850000, 25, 0.40,
     false, 'confidential', 2555, 'ERP', 'dbt: sales_forecast_daily', '{"currency": "EUR", "shops": 214}',
     '365 days'),
    (4, 'user-interactions-log', 'User interactions',
     'Clicks, views, carts and purchases of signed-in users, one row per event, with the time and the page.',
     'Training and offline evaluation of recommendations and ranking.',
     's3://example-events/user-interactions/', 'parquet', 450.2, '{event_date,event_type}', '4.0', '2025.11',
     'recommendations', 'events-steward@example.com', 6, '4 hours', 125000000, 18, 3.20,
     true, 'restricted', 90, 'event stream', 'spark: interactions_hourly', '{"topic": "shop.interactions", "pseudonymised": true}',
     '335 days'))
    AS v (n, dataset_name, display_name, description, purpose, storage_location, storage_format, storage_size_gb, partition_keys,
          schema_version, data_version, team_name, data_steward, freshness_sla_hours, updated_ago, row_count, column_count,
          null_percentage, contains_pii, data_classification, retention_days, source_system, transformation_pipeline, metadata, age)
  JOIN mlregistry.teams t ON t.organization_id = '00000000-0000-8000-8000-000000000001' AND t.team_name = v.team_name;

INSERT INTO mlregistry.datasets (dataset_id, organization_id, project_id, dataset_name, display_name, description, purpose, storage_location,
                                 storage_format, storage_size_gb, data_version, data_steward, last_updated_at, row_count, column_count,
                                 contains_pii, data_classification, source_system, created_at, created_by, updated_at, updated_by)
SELECT mlregistry.sample_id(5, v.n), '00000000-0000-8000-8000-000000000001', mlregistry.sample_id(2, 1),
       v.dataset_name, v.display_name, v.description, v.purpose, 's3://example-lab/datasets/' || v.dataset_name || '/',
       v.storage_format, v.storage_size_gb, v.data_version, 'lab-data@example.com', now() - v.age, v.row_count, v.column_count,
       v.contains_pii, v.data_classification, v.source_system, now() - v.age, 'lab-data@example.com', now() - v.age, 'lab-data@example.com'
  FROM (VALUES
    (101, 'imagenet-1k', 'ImageNet-1k', 'Photographs in a thousand classes: the yardstick of image classification.', 'Image classification',
     'tfrecord', 144.0, '2012', 1281167::bigint, 3, false, 'public', 'image-net.org', '148 days'::interval),
    (102, 'imdb-reviews', 'IMDb reviews', 'Film reviews in English, half of them positive and half negative.', 'Sentiment analysis',
     'parquet', 0.084, '1.0', 50000, 2, false, 'public', 'ai.stanford.edu', '147 days'),
    (103, 'movielens-25m', 'MovieLens 25M', 'Film ratings from one half to five stars by 162,000 volunteers, with tags.', 'Collaborative filtering',
     'csv', 1.1, '25m', 25000095, 4, false, 'public', 'grouplens.org', '146 days'),
    (104, 'coco-2017', 'COCO 2017', 'Everyday scenes with boxes and outlines of objects of 80 classes.', 'Object detection',
     'tfrecord', 25.4, '2017', 123287, 6, false, 'public', 'cocodataset.org', '140 days'),
    (105, 'energy-consumption-hourly', 'Hourly energy consumption', 'Load of an electricity grid per region and hour over fourteen years.',
     'Multi-step load forecasts', 'csv', 0.012, '2024', 1090167, 3, false, 'public', 'grid operator', '90 days'),
    (106, 'credit-card-fraud', 'Credit card fraud', 'Two days of card payments as principal components, 492 of them known fraud.',
     'Fraud detection on unbalanced classes', 'csv', 0.151, '3', 284807, 31, false, 'public', 'ULB machine learning group', '80 days'),
    (107, 'medical-ct-scans', 'Medical CT scans', 'Slices of abdominal computed tomographies with organs outlined by radiologists.',
     'Semantic segmentation of organs', 'hdf5', 212.6, '2025-02', 18340, 4, true, 'restricted', 'university hospital', '120 days'),
    (108, 'retail-sales-monthly', 'Monthly retail sales', 'Seasonally unadjusted turnover of retail trade per branch and month.',
     'Seasonal sales forecasts', 'csv', 0.003, '2025-09', 38400, 5, false, 'public', 'statistics office', '75 days'),
    (109, 'squad-v2', 'SQuAD 2.0', 'Questions about encyclopedia articles; a third of them cannot be answered from the text.', 'Question answering',
     'json', 0.046, '2.0', 142192, 5, false, 'public', 'rajpurkar.github.io', '138 days'),
    (110, 'div2k-flickr2k', 'DIV2K and Flickr2K', 'Sharp photographs of 2K resolution with versions scaled down by two, three and four.',
     'Image super-resolution', 'tfrecord', 38.2, '1.0', 3450, 3, false, 'public', 'NTIRE', '100 days'),
    (111, 'urbansound8k', 'UrbanSound8K', 'Short recordings of city noise in ten classes, from sirens to street music.', 'Audio classification',
     'hdf5', 6.6, '1.0', 8732, 4, false, 'public', 'urbansounddataset.weebly.com', '70 days'),
    (112, 'librispeech-960h', 'LibriSpeech 960 h', 'Read English speech from audio books with transcripts.', 'Speech recognition',
     'arrow', 63.9, '12', 281241, 5, false, 'public', 'openslr.org', '60 days'),
    (113, 'ffhq-512x512', 'FFHQ 512', 'Portraits of people, aligned and cropped, with much variety in age and background.', 'Generation of images',
     'tfrecord', 22.4, '1.1', 70000, 2, true, 'internal', 'NVIDIA research', '55 days'),
    (114, 'wmt14-en-fr', 'WMT14 English-French', 'Sentence pairs out of parliament, news and the web.', 'Machine translation',
     'parquet', 8.1, '2014', 40842333, 2, false, 'public', 'statmt.org', '130 days'),
    (115, 'kdd-cup-99', 'KDD Cup 99', 'Network connections with attacks of 22 kinds among them.', 'Intrusion and anomaly detection',
     'csv', 0.743, '1999', 4898431, 42, false, 'public', 'UCI archive', '110 days'),
    (116, 'custom-instruction-dataset', 'Instructions', 'Instructions and answers that our support staff wrote and checked, for assistants in our own tone.',
     'Instruction tuning of language models', 'json', 1.9, '2025.10.2', 412000, 4, true, 'confidential', 'support desk', '40 days'),
    (117, 'laion-400m-subset', 'LAION-400M subset', 'Pictures with captions from the web, filtered for safety and English.', 'Training of image and text embeddings',
     'arrow', 1180.0, 'subset-3', 38000000, 6, false, 'internal', 'laion.ai', '65 days'),
    (118, 'atari-breakout', 'Atari Breakout', 'Frames, actions and rewards of played games, to fill the replay buffer at the start.', 'Reinforcement learning',
     'hdf5', 14.8, '1.0', 2500000, 5, false, 'internal', 'own simulator', '25 days'),
    (119, 'qm9-molecules', 'QM9', 'Small organic molecules with geometry, energy and electronic properties.', 'Prediction of molecular properties',
     'hdf5', 0.61, '1.0', 133885, 19, false, 'public', 'quantum-machine.org', '105 days'),
    (120, 'cifar-100', 'CIFAR-100', 'Tiny colour images in a hundred classes, small enough for thousands of trials.', 'Neural architecture search',
     'tfrecord', 0.161, '1.0', 60000, 3, false, 'public', 'University of Toronto', '145 days'))
    AS v (n, dataset_name, display_name, description, purpose, storage_format, storage_size_gb, data_version, row_count, column_count,
          contains_pii, data_classification, source_system, age);
-- Sample data: models of the default project, of training-lab and of acme.

INSERT INTO mlregistry.models (model_id, organization_id, project_id, model_name, display_name, description, objective, use_case, model_type,
                               task_type, framework, team_id, primary_contact, secondary_contact, business_unit, risk_level,
                               compliance_required, risk_class, intended_purpose, github_repo, documentation_url, model_card_url, metadata,
                               created_at, created_by, updated_at, updated_by)
SELECT mlregistry.sample_id(6, v.n), '00000000-0000-8000-8000-000000000001', '00000000-0000-8000-8000-000000000002',
       v.model_name, v.display_name, v.description, v.objective, v.use_case, v.model_type, v.task_type, v.framework, t.team_id,
       v.primary_contact, v.secondary_contact, v.business_unit, v.risk_level, v.compliance_required, v.risk_class, v.intended_purpose,
       'https://git.example.com/' || v.team_name || '/' || v.model_name, 'https://docs.example.com/models/' || v.model_name,
       'https://docs.example.com/models/' || v.model_name || '/card', v.metadata::jsonb,
       now() - v.age, v.primary_contact, now() - v.age, v.primary_contact
  FROM (VALUES
    (1, 'sentiment-classifier-v2', 'Sentiment classifier v2',
     'Tells whether a customer review is positive, neutral or negative. A distilled BERT, fine-tuned on our own reviews in six languages.',
     'At least 92 % accuracy on held-out reviews within 30 ms.', 'Review monitoring', 'transformer', 'text-classification', 'pytorch',
     'nlp-research', 'nlp-lead@example.com', 'nlp-oncall@example.com', 'Customer care', 'medium', false, 'limited',
     'Sorting reviews for the customer care desk. Not for decisions about persons.',
     '{"languages": ["en", "de", "fr", "es", "it", "nl"], "base_model": "distilbert-base-multilingual"}', '130 days'::interval),
    (2, 'object-detector-yolo', 'Object detector',
     'Finds people, vehicles and pallets in pictures of warehouse cameras and draws their boxes. YOLO with a small backbone for edge devices.',
     'mAP of 0.85 at 30 frames per second.', 'Warehouse safety', 'convolutional network', 'object-detection', 'pytorch',
     'computer-vision', 'vision-lead@example.com', 'vision-oncall@example.com', 'Logistics', 'high', true, 'high',
     'Warning forklift drivers of people in their way. Not for identifying or rating employees.',
     '{"classes": 80, "input_size": [640, 640]}', '185 days'),
    (3, 'revenue-forecaster', 'Revenue forecaster',
     'Forecasts daily revenue per shop for the next ninety days from sales, prices, promotions and holidays. Gradient boosting over calendar features.',
     'Mean absolute percentage error below 6 % a month ahead.', 'Financial planning', 'gradient boosting', 'time-series-forecasting', 'sklearn',
     'forecasting', 'forecasting-lead@example.com', 'finance-controller@example.com', 'Finance', 'critical', true, 'minimal',
     'Input of the monthly financial plan, always looked at by a controller.',
     '{"horizon_days": 90, "granularity": "shop-day"}', '310 days'),
    (4, 'product-recommender', 'Product recommender',
     'Suggests products that a customer may want next, from clicks and purchases of the last weeks. Matrix factorization with popularity as fallback.',
     'Raise the click rate of suggestions by a tenth.', 'Personalised shop pages', 'matrix factorization', 'recommendation', 'sklearn',
     'recommendations', 'recommendations-lead@example.com', 'shop-oncall@example.com', 'E-commerce', 'high', false, 'limited',
     'Ranking products in the shop. Not for prices or credit.',
     '{"candidates": 200, "fallback": "popular-in-category"}', '250 days'))
    AS v (n, model_name, display_name, description, objective, use_case, model_type, task_type, framework, team_name, primary_contact,
          secondary_contact, business_unit, risk_level, compliance_required, risk_class, intended_purpose, metadata, age)
  JOIN mlregistry.teams t ON t.organization_id = '00000000-0000-8000-8000-000000000001' AND t.team_name = v.team_name;

INSERT INTO mlregistry.models (model_id, organization_id, project_id, model_name, display_name, description, use_case, model_type, task_type,
                               framework, primary_contact, github_repo, created_at, created_by, updated_at, updated_by)
SELECT mlregistry.sample_id(6, v.n), '00000000-0000-8000-8000-000000000001', mlregistry.sample_id(2, 1),
       v.model_name, v.display_name, v.description, 'Benchmark', v.model_type, v.task_type, v.framework, 'lab-lead@example.com',
       'https://git.example.com/training-lab/' || v.model_name, now() - v.age, v.created_by, now() - v.age, v.created_by
  FROM (VALUES
    (101, 'resnet50-classification', 'ResNet-50', 'Residual network for image classification, trained from scratch as a baseline for all others.',
     'convolutional network', 'image-classification', 'pytorch', 'vision-lead@example.com', '120 days'::interval),
    (102, 'bert-sentiment-analysis', 'BERT for sentiment', 'BERT base, fine-tuned on film reviews for positive and negative sentiment.',
     'transformer', 'text-classification', 'tensorflow', 'nlp-lead@example.com', '112 days'),
    (103, 'recommendation-collaborative-filter', 'Collaborative filter', 'Singular value decomposition of film ratings: what similar users liked.',
     'matrix factorization', 'recommendation', 'sklearn', 'recommendations-lead@example.com', '60 days'),
    (104, 'object-detection-yolo', 'YOLO v8', 'YOLO v8 on COCO, to see what the warehouse detector could gain from a newer backbone.',
     'convolutional network', 'object-detection', 'pytorch', 'vision-lead@example.com', '96 days'),
    (105, 'timeseries-lstm-forecast', 'LSTM forecast', 'Recurrent network that forecasts the load of an electricity grid several steps ahead.',
     'recurrent network', 'time-series-forecasting', 'tensorflow', 'forecasting-lead@example.com', '45 days'),
    (106, 'tabular-xgboost-classification', 'XGBoost on tables', 'Boosted trees that pick fraud out of card payments, with weights against the unbalance.',
     'gradient boosting', 'tabular-classification', 'xgboost', 'lab-lead@example.com', '38 days'),
    (107, 'semantic-segmentation-unet', 'U-Net', 'U-Net that outlines organs in CT slices for surgery planning.',
     'convolutional network', 'image-segmentation', 'pytorch', 'vision-lead@example.com', '88 days'),
    (108, 'time-series-prophet-forecast', 'Prophet forecast', 'Additive model with trend, seasons and holidays for monthly retail sales.',
     'additive regression', 'time-series-forecasting', 'sklearn', 'forecasting-lead@example.com', '52 days'),
    (109, 'bert-question-answering', 'DistilBERT for questions', 'DistilBERT that marks the answer to a question in a text, or says that there is none.',
     'transformer', 'question-answering', 'tensorflow', 'nlp-lead@example.com', '101 days'),
    (110, 'image-super-resolution-esrgan', 'ESRGAN', 'Adversarial network that enlarges photographs four times without blur.',
     'generative adversarial network', 'image-to-image', 'pytorch', 'vision-lead@example.com', '72 days'),
    (111, 'audio-classification-vgg', 'VGG for audio', 'VGG over spectrograms that tells sirens, drills and dogs apart.',
     'convolutional network', 'audio-classification', 'tensorflow', 'audio-lead@example.com', '49 days'),
    (112, 'speech-recognition-whisper', 'Whisper large', 'Whisper large v3, fine-tuned to transcribe calls of the support desk.',
     'transformer', 'speech-recognition', 'pytorch', 'audio-lead@example.com', '30 days'),
    (113, 'gan-image-generation', 'StyleGAN 3', 'Generates portraits of people who do not exist, for tests without personal data.',
     'generative adversarial network', 'image-generation', 'pytorch', 'vision-lead@example.com', '33 days'),
    (114, 'nlp-transformer-translation', 'T5 translation', 'T5 for English to French on TPUs: is JAX worth the change?',
     'transformer', 'translation', 'jax', 'nlp-lead@example.com', '84 days'),
    (115, 'anomaly-detection-autoencoder', 'Variational autoencoder', 'Learns what normal network traffic looks like and reports intrusions as anomalies.',
     'autoencoder', 'anomaly-detection', 'tensorflow', 'security-lead@example.com', '77 days'),
    (116, 'llm-fine-tune-mistral', 'Mistral 7B instruct', 'Mistral 7B with adapters, tuned on our own instructions to answer in the tone of the support desk.',
     'large language model', 'text-generation', 'pytorch', 'nlp-lead@example.com', '21 days'),
    (117, 'multimodal-clip-training', 'CLIP ViT-B/32', 'Joint embeddings of images and text, so that pictures are found by what they show.',
     'transformer', 'multimodal-embedding', 'pytorch', 'vision-lead@example.com', '42 days'),
    (118, 'reinforcement-learning-ppo', 'PPO', 'Proximal policy optimization that learns to play Breakout from pixels.',
     'actor critic', 'reinforcement-learning', 'pytorch', 'lab-lead@example.com', '14 days'),
    (119, 'graph-neural-network', 'Molecular graph network', 'Message passing over atoms and bonds that predicts energies of molecules.',
     'graph neural network', 'graph-regression', 'pytorch', 'lab-lead@example.com', '80 days'),
    (120, 'neural-architecture-search', 'Architecture search', 'Searches small networks for image classification within a budget of hours.',
     'searched network', 'image-classification', 'tensorflow', 'lab-lead@example.com', '108 days'))
    AS v (n, model_name, display_name, description, model_type, task_type, framework, created_by, age);

INSERT INTO mlregistry.models (model_id, organization_id, project_id, model_name, display_name, description, objective, use_case, model_type,
                               task_type, framework, primary_contact, business_unit, metadata, created_at, created_by, updated_at, updated_by)
SELECT mlregistry.sample_id(6, v.n), mlregistry.sample_id(1, 1), mlregistry.sample_id(2, v.project), v.model_name, v.display_name,
       v.description, v.objective, v.use_case, 'classifier', v.task_type, v.framework, 'ana.dev@acme.example', v.business_unit,
       v.metadata::jsonb, now() - v.age, 'ana.dev@acme.example', now() - v.age, 'ana.dev@acme.example'
  FROM (VALUES
    (201, 2, 'credit-card-fraud-model', 'Credit card fraud model',
     'Scores each card payment for fraud before it is approved. Boosted trees over amount, merchant, place and the habits of the card.',
     'Catch four of five frauds with one false alarm in a thousand payments.', 'Payment screening', 'classification', 'xgboost', 'Payments',
     '{"threshold": 0.82}', '190 days'::interval),
    (202, 3, 'churn-predictor', 'Churn predictor',
     'Probability that a customer cancels within the next quarter, so that support can call in time.',
     'Find half of all cancellations a month ahead.', 'Retention campaigns', 'classification', 'sklearn', 'Marketing',
     '{"window_days": 90}', '85 days'))
    AS v (n, project, model_name, display_name, description, objective, use_case, task_type, framework, business_unit, metadata, age);
-- Sample data: versions with their files, signatures and aliases. As in life each version is registered first, gets its
-- files, and then moves on: the files of a frozen version do not change.

INSERT INTO mlregistry.model_versions (version_id, organization_id, project_id, model_id, semver, description, release_notes, git_commit, git_branch,
                                       git_tag, artifact_uri, artifact_size_bytes, checksum_sha256, framework, framework_version, python_version,
                                       cuda_version, dependencies, requirements, model_format, input_schema, output_schema, performance_metrics,
                                       training_metrics, benchmark_accuracy, benchmark_latency_p50_ms, benchmark_latency_p99_ms, benchmark_throughput_qps,
                                       benchmark_memory_mb, registered_by, registered_at, created_at, created_by)
SELECT mlregistry.sample_id(7, v.n), '00000000-0000-8000-8000-000000000001', '00000000-0000-8000-8000-000000000002', m.model_id,
       v.version::mlregistry.semver, v.description, v.release_notes,
       left(encode(sha256(convert_to('commit ' || v.model_name || ' ' || v.version, 'UTF8')), 'hex'), 40), 'main', 'v' || v.version,
       's3://example-models/' || v.model_name || '/' || v.version || '/' || v.file, v.size,
       encode(sha256(convert_to('artifact ' || v.model_name || ' ' || v.version, 'UTF8')), 'hex'),
       v.framework, v.framework_version, '3.11', v.cuda_version, v.dependencies::jsonb, v.requirements, v.model_format,
       v.input_schema::jsonb, v.output_schema::jsonb, v.performance_metrics::jsonb, v.training_metrics::jsonb,
       v.accuracy, v.p50, v.p99, v.qps, v.memory,
       v.registered_by, now() - v.age, now() - v.age, v.registered_by
  FROM (VALUES
    (1, 'sentiment-classifier-v2', '2.0.0', 'First version with six languages instead of two.',
     'New multilingual base model. Neutral is a class of its own now. Inputs are cut at 256 tokens.',
     'model.onnx', 420500000::bigint, 'pytorch', '2.1.0', '12.1', '{"transformers": "4.35.2", "onnxruntime": "1.16.3"}',
     E'torch==2.1.0\ntransformers==4.35.2\nonnx==1.15.0\n', 'onnx',
     '{"input_ids": "int64[batch,256]", "attention_mask": "int64[batch,256]"}', '{"logits": "float32[batch,3]"}',
     '{"accuracy": 0.9234, "precision": 0.9156, "recall": 0.9312, "f1_score": 0.9233}', '{"loss": 0.2876}', 0.9234, 11.80, 27.50, 640, 1380,
     'nlp-lead@example.com', '9 days 20 hours'::interval),
    (2, 'sentiment-classifier-v2', '2.1.0', 'Fine-tuned on the reviews of the last quarter.',
     'Better with irony and with short reviews. Same inputs and outputs as 2.0.0.',
     'model.onnx', 425800000, 'pytorch', '2.1.0', '12.1', '{"transformers": "4.35.2", "onnxruntime": "1.16.3"}',
     E'torch==2.1.0\ntransformers==4.35.2\nonnx==1.15.0\n', 'onnx',
     '{"input_ids": "int64[batch,256]", "attention_mask": "int64[batch,256]"}', '{"logits": "float32[batch,3]"}',
     '{"accuracy": 0.9312, "precision": 0.9245, "recall": 0.9389, "f1_score": 0.9316}', '{"loss": 0.2543}', 0.9312, 12.10, 28.20, 625, 1390,
     'nlp-lead@example.com', '2 days 20 hours'),
    (3, 'object-detector-yolo', '1.0.0', 'First version for the warehouse cameras.',
     'Pretrained on COCO, then trained on our ImageNet subset. Runs on the edge devices of the gates.',
     'model.torchscript', 88200000, 'pytorch', '2.0.1', '11.8', '{"torchvision": "0.15.2"}',
     E'torch==2.0.1\ntorchvision==0.15.2\n', 'torchscript',
     '{"image": "float32[batch,3,640,640]"}', '{"boxes": "float32[batch,n,4]", "scores": "float32[batch,n]", "classes": "int64[batch,n]"}',
     '{"accuracy": 0.8523, "precision": 0.8345, "recall": 0.8712, "f1_score": 0.8525}', '{"loss": 1.2345}', 0.8523, 18.40, 41.00, 210, 2100,
     'vision-lead@example.com', '15 days'),
    (4, 'revenue-forecaster', '3.2.1', 'Holidays of the coming year, and a repair of the promotion features.',
     'Promotions that span two months are counted once. No change of the interface.',
     'model.pkl', 2500000, 'sklearn', '1.3.2', NULL, '{"numpy": "1.26.2", "pandas": "2.1.4"}',
     E'scikit-learn==1.3.2\nnumpy==1.26.2\npandas==2.1.4\n', 'pickle',
     '{"features": "float64[rows,25]"}', '{"revenue": "float64[rows]"}', '{}', '{}', NULL, 2.10, 6.30, 1800, 95,
     'forecasting-lead@example.com', '36 days'),
    (5, 'product-recommender', '1.5.0', 'Two hundred factors, trained on eight weeks of interactions.',
     'New customers see what is popular in the category that they came to.',
     'model.joblib', 125300000, 'sklearn', '1.3.2', NULL, '{"numpy": "1.26.2", "scipy": "1.11.4"}',
     E'scikit-learn==1.3.2\nscipy==1.11.4\njoblib==1.3.2\n', 'joblib',
     '{"user_id": "string", "recent_items": "string[]"}', '{"items": "string[20]", "scores": "float32[20]"}', '{}', '{}', NULL, 7.60, 19.90, 950, 780,
     'recommendations-lead@example.com', '58 days'))
    AS v (n, model_name, version, description, release_notes, file, size, framework, framework_version, cuda_version, dependencies, requirements,
          model_format, input_schema, output_schema, performance_metrics, training_metrics, accuracy, p50, p99, qps, memory, registered_by, age)
  JOIN mlregistry.models m ON m.project_id = '00000000-0000-8000-8000-000000000002' AND m.model_name = v.model_name AND m.deleted_at IS NULL;

INSERT INTO mlregistry.model_versions (version_id, organization_id, project_id, model_id, semver, description, git_commit, git_branch, artifact_uri,
                                       artifact_size_bytes, checksum_sha256, framework, framework_version, python_version, model_format,
                                       registered_by, registered_at, created_at, created_by)
SELECT mlregistry.sample_id(7, v.n), m.organization_id, m.project_id, m.model_id, v.version::mlregistry.semver, v.description,
       left(encode(sha256(convert_to('commit ' || m.model_name || ' ' || v.version, 'UTF8')), 'hex'), 40), 'main',
       's3://acme-models/' || m.model_name || '/' || v.version || '/' || v.file, v.size,
       encode(sha256(convert_to('artifact ' || m.model_name || ' ' || v.version, 'UTF8')), 'hex'),
       m.framework, v.framework_version, '3.10', v.model_format,
       'ana.dev@acme.example', now() - v.age, now() - v.age, 'ana.dev@acme.example'
  FROM (VALUES
    (201, 201, '1.0.0', 'The model that replaced the hand-written rules.', 'model.json', 18400000::bigint, '1.7.6', 'mlflow', '120 days'::interval),
    (202, 201, '1.1.0', 'Knows the habits of a card over ninety days instead of thirty.', 'model.json', 21900000, '2.0.2', 'mlflow', '34 days'),
    (203, 201, '1.2.0', 'Trial with features of the device that pays.', 'model.json', 23100000, '2.0.2', 'mlflow', '6 days'),
    (204, 202, '0.1.0', 'Logistic regression over contract and usage, to have something to beat.', 'model.joblib', 640000, '1.3.2', 'joblib', '48 days'))
    AS v (n, model, version, description, file, size, framework_version, model_format, age)
  JOIN mlregistry.models m ON m.model_id = mlregistry.sample_id(6, v.model);

INSERT INTO mlregistry.version_files (file_id, organization_id, project_id, version_id, path, uri, size_bytes, sha256, media_type, variant, created_at)
SELECT mlregistry.sample_id(8, v.n), o.organization_id, o.project_id, o.version_id, v.path, regexp_replace(o.artifact_uri, '[^/]+$', '') || v.path,
       coalesce(v.size, o.artifact_size_bytes),
       CASE WHEN v.size IS NULL THEN o.checksum_sha256 ELSE encode(sha256(convert_to(o.artifact_uri || ' ' || v.path, 'UTF8')), 'hex') END,
       v.media_type, v.variant, o.created_at
  FROM (VALUES
    (1, 1, 'model.onnx', NULL::bigint, 'application/octet-stream', NULL),
    (2, 1, 'tokenizer.json', 2410000, 'application/json', NULL),
    (3, 1, 'config.json', 812, 'application/json', NULL),
    (4, 2, 'model.onnx', NULL, 'application/octet-stream', NULL),
    (5, 2, 'tokenizer.json', 2410000, 'application/json', NULL),
    (6, 2, 'config.json', 812, 'application/json', NULL),
    (7, 3, 'model.torchscript', NULL, 'application/octet-stream', 'cu118'),
    (8, 3, 'model-cpu.torchscript', 87900000, 'application/octet-stream', 'cpu'),
    (9, 3, 'labels.txt', 1240, 'text/plain', NULL),
    (10, 4, 'model.pkl', NULL, 'application/octet-stream', NULL),
    (11, 5, 'model.joblib', NULL, 'application/octet-stream', NULL),
    (12, 201, 'model.json', NULL, 'application/json', NULL),
    (13, 202, 'model.json', NULL, 'application/json', NULL))
    AS v (n, version, path, size, media_type, variant)
  JOIN mlregistry.model_versions o ON o.version_id = mlregistry.sample_id(7, v.version);

INSERT INTO mlregistry.version_signatures (signature_id, organization_id, project_id, version_id, kind, signer, issuer, bundle, bundle_uri,
                                           subject_sha256, verification, verifier, verified_at, created_at, created_by)
SELECT mlregistry.sample_id(9, v.n), o.organization_id, o.project_id, o.version_id, v.kind, v.signer, v.issuer, v.bundle::jsonb,
       o.artifact_uri || v.bundle_suffix, o.checksum_sha256, v.verification, v.verifier,
       CASE WHEN v.verifier IS NOT NULL THEN o.registered_at + '20 minutes'::interval END, o.registered_at + '10 minutes'::interval, o.registered_by
  FROM (VALUES
    (1, 1, 'sigstore', 'nlp-release@example.com', 'https://accounts.example.com', '{"mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json"}',
     '.sigstore.json', 'verified', 'release-pipeline@example.com'),
    (2, 3, 'x509', 'CN=Computer Vision Release, O=Example', 'CN=Example Code Signing CA', NULL, '.p7s', 'verified', 'release-pipeline@example.com'),
    (3, 4, 'pgp', 'forecasting-lead@example.com', NULL, NULL, '.asc', 'claimed', NULL))
    AS v (n, version, kind, signer, issuer, bundle, bundle_suffix, verification, verifier)
  JOIN mlregistry.model_versions o ON o.version_id = mlregistry.sample_id(7, v.version);

-- Validated and promoted, at times of the past.
UPDATE mlregistry.model_versions o
   SET status = 'validated', stage = v.stage,
       validated_at = o.registered_at + v.after, validated_by = v.validated_by,
       frozen_at = o.registered_at + v.after,
       promoted_to_production_at = CASE WHEN v.stage = 'production' THEN o.registered_at + 2 * v.after END
  FROM (VALUES
    (1, 'production', 'nlp-qa@example.com', '18 hours'::interval),
    (2, 'staging', 'nlp-qa@example.com', '6 hours'),
    (3, 'production', 'safety-review@example.com', '24 hours'),
    (4, 'development', 'finance-controller@example.com', '4 days'),
    (5, 'development', 'shop-qa@example.com', '3 days'),
    (201, 'production', 'admin@acme.example', '5 days'),
    (202, 'staging', 'admin@acme.example', '4 days'))
    AS v (n, stage, validated_by, after)
 WHERE o.version_id = mlregistry.sample_id(7, v.n);

-- What candidate named before 2.1.0. The period that is open now comes with the alias.
INSERT INTO mlregistry.alias_history (history_id, organization_id, project_id, model_id, alias, version_id, semver, set_by, valid_from, valid_to)
SELECT mlregistry.sample_id(12, 1), o.organization_id, o.project_id, o.model_id, 'candidate', o.version_id, o.semver::text, o.registered_by,
       now() - '9 days 12 hours'::interval, now() - '2 days 12 hours'::interval
  FROM mlregistry.model_versions o
 WHERE o.version_id = mlregistry.sample_id(7, 1);

INSERT INTO mlregistry.model_aliases (alias_id, organization_id, project_id, model_id, alias, version_id, set_by, set_at)
SELECT mlregistry.sample_id(10, v.n), o.organization_id, o.project_id, o.model_id, v.alias, o.version_id, o.registered_by, now() - v.age
  FROM (VALUES
    (1, 1, 'stable', '8 days'::interval),
    (2, 2, 'candidate', '2 days 12 hours'),
    (3, 3, 'stable', '13 days'),
    (4, 4, 'current', '30 days'),
    (5, 5, 'stable', '52 days'))
    AS v (n, version, alias, age)
  JOIN mlregistry.model_versions o ON o.version_id = mlregistry.sample_id(7, v.version);
-- Sample data: what is tagged with what, in the default project.

INSERT INTO mlregistry.model_tags (model_id, tag_id, organization_id, project_id, added_at, added_by)
SELECT m.model_id, t.tag_id, m.organization_id, m.project_id, m.created_at + '1 day'::interval, m.created_by
  FROM (VALUES
    (1, '{nlp,pytorch,production,classification}'),
    (2, '{computer-vision,pytorch,production,detection,high-priority}'),
    (3, '{time-series,sklearn,production,regression,high-priority}'),
    (4, '{recommendation,sklearn,production}'))
    AS v (model, tags)
  JOIN mlregistry.models m ON m.model_id = mlregistry.sample_id(6, v.model)
  JOIN mlregistry.tags t ON t.organization_id = m.organization_id AND t.tag_name = ANY (v.tags::text[]);

INSERT INTO mlregistry.dataset_tags (dataset_id, tag_id, organization_id, project_id, added_at, added_by)
SELECT d.dataset_id, t.tag_id, d.organization_id, d.project_id, d.created_at + '1 day'::interval, d.created_by
  FROM (VALUES
    (1, '{nlp,classification}'),
    (2, '{computer-vision,classification}'),
    (3, '{time-series,regression}'),
    (4, '{recommendation}'))
    AS v (dataset, tags)
  JOIN mlregistry.datasets d ON d.dataset_id = mlregistry.sample_id(5, v.dataset)
  JOIN mlregistry.tags t ON t.organization_id = d.organization_id AND t.tag_name = ANY (v.tags::text[]);

INSERT INTO mlregistry.version_tags (version_id, tag_id, organization_id, project_id, added_at, added_by)
SELECT o.version_id, t.tag_id, o.organization_id, o.project_id, o.registered_at + '2 hours'::interval, o.registered_by
  FROM (VALUES
    (1, '{production,low-latency}'),
    (2, '{experimental,low-latency}'),
    (3, '{production,high-priority}'))
    AS v (version, tags)
  JOIN mlregistry.model_versions o ON o.version_id = mlregistry.sample_id(7, v.version)
  JOIN mlregistry.tags t ON t.organization_id = o.organization_id AND t.tag_name = ANY (v.tags::text[]);
-- Sample data: what the versions of the default project were measured at.

INSERT INTO mlregistry.model_metrics (metric_id, organization_id, project_id, version_id, metric_name, metric_value, dataset_split, dataset_id,
                                      recorded_at, recorded_by)
SELECT mlregistry.sample_id(11, row_number() OVER (ORDER BY v.version, e.place)), o.organization_id, o.project_id, o.version_id,
       e.metric_name, e.metric_value, v.split, d.dataset_id, o.registered_at + '5 minutes'::interval, o.registered_by
  FROM (VALUES
    (1, 'test', 'customer-reviews-v1', 0.9234, 0.9156, 0.9312, 0.9233, 0.2876),
    (2, 'test', 'customer-reviews-v1', 0.9312, 0.9245, 0.9389, 0.9316, 0.2543),
    (3, 'validation', 'imagenet-subset-2025', 0.8523, 0.8345, 0.8712, 0.8525, 1.2345))
    AS v (version, split, dataset_name, accuracy, precision_score, recall_score, f1_score, loss)
  JOIN mlregistry.model_versions o ON o.version_id = mlregistry.sample_id(7, v.version)
  JOIN mlregistry.datasets d ON d.project_id = o.project_id AND d.dataset_name = v.dataset_name AND d.deleted_at IS NULL
 CROSS JOIN LATERAL (VALUES
    (1, 'accuracy', v.accuracy), (2, 'precision', v.precision_score), (3, 'recall', v.recall_score), (4, 'f1_score', v.f1_score), (5, 'loss', v.loss))
    AS e (place, metric_name, metric_value);
-- Sample data: experiments of the default project and of training-lab.

INSERT INTO mlregistry.experiments (experiment_id, organization_id, project_id, model_id, experiment_name, description, status, config, started_at,
                                    completed_at, created_at, created_by, updated_at, updated_by)
SELECT mlregistry.sample_id(17, v.n), m.organization_id, m.project_id, m.model_id, v.experiment_name, v.description, 'completed', v.config::jsonb,
       now() - v.begun, now() - v.ended, now() - v.begun, m.primary_contact, now() - v.ended, m.primary_contact
  FROM (VALUES
    (1, 1, 'bert-sentiment-q1-2025', 'How much do our own reviews add to the multilingual base model?',
     '{"base_model": "distilbert-base-multilingual", "seed": 42}', '10 days 10 minutes'::interval, '2 days 20 hours'::interval),
    (2, 2, 'object-detection-v1', 'Is a backbone pretrained on COCO good enough for the cameras in the warehouse?',
     '{"input_size": [640, 640], "seed": 7}', '15 days 10 minutes', '13 days 8 hours'))
    AS v (n, model, experiment_name, description, config, begun, ended)
  JOIN mlregistry.models m ON m.model_id = mlregistry.sample_id(6, v.model);

INSERT INTO mlregistry.experiments (experiment_id, organization_id, project_id, model_id, experiment_name, description, status, started_at,
                                    completed_at, created_at, created_by, updated_at, updated_by)
SELECT mlregistry.sample_id(17, v.n), m.organization_id, m.project_id, m.model_id, v.experiment_name, v.description, v.status, now() - v.begun,
       now() - v.ended, now() - v.begun, m.created_by, now() - coalesce(v.ended, v.begun), m.created_by
  FROM (VALUES
    (101, 'exp-baseline-2025-q1', 'The yardstick: nothing but the recipe of the paper.', 'completed', '5 days'::interval, '4 days 1 hour'::interval),
    (102, 'exp-bert-base-v1', 'BERT base with a fresh classification head.', 'completed', '7 days', '6 days 8 hours'),
    (103, 'exp-svd-baseline', 'A hundred factors, no side information.', 'completed', '3 days', '2 days 20 hours'),
    (104, 'exp-yolo-v8-coco', 'The new backbone on COCO, without our own pictures.', 'completed', '10 days', '8 days 12 hours'),
    (105, 'exp-lstm-multistep-v2', 'Forecast a day ahead in one step instead of 24.', 'completed', '2 days', '1 day 14 hours'),
    (106, 'exp-xgb-fraud-detection', 'Weights against the unbalance instead of resampling.', 'completed', '1 day', '15 hours 15 minutes'),
    (107, 'exp-unet-medical-imaging', 'Dice loss against cross entropy on small organs.', 'completed', '9 days', '8 days 6 hours'),
    (108, 'exp-prophet-sales-forecast', 'Do local holidays matter for monthly sales?', 'completed', '5 days', '4 days 21 hours 45 minutes'),
    (109, 'exp-squad-v2-distilbert', 'How much is lost by distillation when some questions have no answer?', 'completed', '11 days', '10 days 14 hours'),
    (110, 'exp-esrgan-4x-upscale', 'Perceptual loss for photographs enlarged four times.', 'completed', '6 days', '5 days 4 hours'),
    (111, 'exp-audio-vgg-urban-sounds', 'Spectrograms as pictures: is a picture network enough?', 'completed', '3 days', '2 days 18 hours'),
    (112, 'exp-whisper-large-v3', 'Calls of the support desk, with the noise that they have.', 'completed', '30 minutes', '10 minutes'),
    (113, 'exp-stylegan3-highres', 'Portraits at 512 pixels on one machine.', 'failed', '1 day', '11 hours 40 minutes'),
    (114, 'exp-t5-en-fr', 'JAX on TPUs against what we have.', 'failed', '4 days', '3 days 18 hours'),
    (115, 'exp-vae-network-intrusion', 'Intrusions as what the autoencoder cannot draw.', 'failed', '6 days', '5 days 20 hours 48 minutes'),
    (116, 'exp-mistral-7b-instruct', 'Adapters of rank 16 on all attention layers.', 'running', '6 hours', NULL),
    (117, 'exp-clip-vit-b32', 'Captions of the web instead of our own.', 'running', '2 days 4 hours', NULL),
    (118, 'exp-ppo-atari-breakout', 'Does the clipped objective learn without a replay buffer?', 'running', '15 minutes', NULL),
    (119, 'exp-gnn-molecular-properties', 'Message passing over bonds only.', 'cancelled', '8 days', '7 days 21 hours 55 minutes'),
    (120, 'exp-nas-efficient-net', 'What can be found within 48 hours of TPUs?', 'failed', '12 days', '10 days'))
    AS v (n, experiment_name, description, status, begun, ended)
  JOIN mlregistry.models m ON m.model_id = mlregistry.sample_id(6, v.n);
-- Sample data: runs of the default project and of training-lab, with their datasets, tags and curves. A run and its datasets are
-- written in one statement: trigger effect would otherwise add the primary dataset itself.

WITH runs AS (
    INSERT INTO mlregistry.training_runs (run_id, organization_id, project_id, experiment_id, dataset_id, version_id, run_name, status, accuracy,
                                          precision_score, recall_score, f1_score, loss, hyperparameters, environment, compute_target,
                                          instance_type, gpu_count, gpu_type, gpu_hours, cpu_hours, queued_at, started_at, completed_at, exit_code,
                                          started_by, logs_uri, artifacts_uri, notes, created_at, created_by, updated_at, updated_by)
    SELECT mlregistry.sample_id(18, v.n), e.organization_id, e.project_id, e.experiment_id, mlregistry.sample_id(5, v.dataset),
           mlregistry.sample_id(7, v.version), v.run_name, 'succeeded', v.accuracy, v.precision_score, v.recall_score, v.f1_score, v.loss,
           v.hyperparameters::jsonb, v.environment::jsonb, v.compute_target, v.instance_type, v.gpu_count, v.gpu_type, v.gpu_hours, v.cpu_hours,
           now() - v.begun - '5 minutes'::interval, now() - v.begun, now() - v.begun + v.took, 0, e.created_by,
           's3://example-training/' || v.run_name || '/logs', 's3://example-training/' || v.run_name || '/artifacts', v.notes,
           now() - v.begun - '5 minutes'::interval, e.created_by, now() - v.begun + v.took, e.created_by
      FROM (VALUES
        (1, 1, 1, 1, 'sentiment-baseline-001', 0.9234, 0.9156, 0.9312, 0.9233, 0.2876,
         '{"learning_rate": 2e-5, "batch_size": 32, "epochs": 3, "optimizer": "adamw", "warmup_ratio": 0.1}',
         '{"python": "3.11", "torch": "2.1.0", "cuda": "12.1"}', 'k8s-gpu-a100', 'a2-highgpu-4g', 4, 'nvidia-a100', 24.5, 48.0,
         '10 days'::interval, '6 hours'::interval, 'Six languages at once; neutral reviews are the hard ones.'),
        (2, 1, NULL, 2, 'sentiment-finetuned-002', 0.9312, 0.9245, 0.9389, 0.9316, 0.2543,
         '{"learning_rate": 1e-5, "batch_size": 32, "epochs": 2, "optimizer": "adamw", "warmup_ratio": 0.1}',
         '{"python": "3.11", "torch": "2.1.0", "cuda": "12.1"}', 'k8s-gpu-a100', 'a2-highgpu-4g', 4, 'nvidia-a100', 12.3, 24.0,
         '3 days', '4 hours', 'Reviews of the last quarter only.'),
        (3, 2, 2, 3, 'yolo-coco-pretrain-001', 0.8523, 0.8345, 0.8712, 0.8525, 1.2345,
         '{"learning_rate": 0.01, "batch_size": 64, "epochs": 100, "optimizer": "sgd", "momentum": 0.937}',
         '{"python": "3.11", "torch": "2.0.1", "cuda": "11.8"}', 'k8s-gpu-v100', 'n1-standard-96', 8, 'nvidia-v100', 64.2, 128.0,
         '15 days', '40 hours', 'Small backbone, so that it fits the devices at the gates.'))
        AS v (n, experiment, dataset, version, run_name, accuracy, precision_score, recall_score, f1_score, loss, hyperparameters, environment,
              compute_target, instance_type, gpu_count, gpu_type, gpu_hours, cpu_hours, begun, took, notes)
      JOIN mlregistry.experiments e ON e.experiment_id = mlregistry.sample_id(17, v.experiment)
     ORDER BY v.n
    RETURNING run_id, organization_id, project_id, dataset_id, queued_at, created_by
)
INSERT INTO mlregistry.run_datasets (run_id, dataset_id, dataset_role, organization_id, project_id, split_name, row_count, added_at, added_by)
SELECT r.run_id, r.dataset_id, v.dataset_role, r.organization_id, r.project_id, v.dataset_role, v.row_count, r.queued_at, r.created_by
  FROM runs r
  JOIN (VALUES
    (1, 'train', 1000000), (1, 'validation', 125000), (1, 'test', 125000),
    (3, 'train', 450000), (3, 'validation', 50000))
    AS v (run, dataset_role, row_count) ON r.run_id = mlregistry.sample_id(18, v.run);

-- Each at 1 percent of the time that the run took: falling to what it ended with, by noise that is the same every time.
INSERT INTO mlregistry.run_metrics (organization_id, project_id, run_id, metric_name, step, value, recorded_at)
SELECT r.organization_id, r.project_id, r.run_id, 'loss', s.step,
       round((r.loss * (1 + 4 * exp(-0.06 * s.step)
                        + CASE WHEN s.step < 100 THEN 0.04 * (mod(s.step * 37, 19) - 9) / 9 ELSE -4 * exp(-6.0) END))::numeric, 6),
       r.started_at + (r.completed_at - r.started_at) * s.step / 100
  FROM mlregistry.training_runs r
 CROSS JOIN generate_series(1, 100) AS s (step)
 WHERE r.run_id BETWEEN mlregistry.sample_id(18, 1) AND mlregistry.sample_id(18, 3);

WITH runs AS (
    INSERT INTO mlregistry.training_runs (run_id, organization_id, project_id, experiment_id, dataset_id, run_name, status, accuracy, loss,
                                          precision_score, recall_score, f1_score, hyperparameters, compute_target, gpu_count, gpu_type, gpu_hours,
                                          cpu_hours, queued_at, started_at, completed_at, exit_code, started_by, error_message, created_at,
                                          created_by, updated_at, updated_by)
    SELECT mlregistry.sample_id(18, v.n), e.organization_id, e.project_id, e.experiment_id, mlregistry.sample_id(5, v.n),
           replace(e.experiment_name, 'exp-', '') || '-run-1', v.status, v.accuracy, v.loss, v.precision_score, v.recall_score, v.f1_score,
           v.hyperparameters::jsonb, v.compute_target, v.gpu_count, v.gpu_type, v.gpu_hours, v.cpu_hours, now() - v.age, now() - v.age + v.waited,
           now() - v.ended, v.exit_code, e.created_by, v.error_message, now() - v.age, e.created_by,
           now() - coalesce(v.ended, v.age - coalesce(v.waited, '0')), e.created_by
      FROM (VALUES
        (101, 'succeeded', 0.9234, 0.2876, 0.9156, 0.9312, 0.9233, '{"learning_rate": 0.1, "batch_size": 256, "epochs": 90, "optimizer": "sgd"}',
         'k8s-gpu-a100', 2, 'nvidia-a100', 24.5, 2.1, '5 days'::interval, '10 minutes'::interval, '4 days 1 hour'::interval, 0, NULL),
        (102, 'succeeded', 0.8923, 0.3245, 0.8856, 0.8991, 0.8923, '{"learning_rate": 3e-5, "batch_size": 16, "epochs": 4, "optimizer": "adamw"}',
         'aws-sagemaker-p3', 2, 'nvidia-v100', 16.2, 1.5, '7 days', '5 minutes', '6 days 8 hours', 0, NULL),
        (103, 'succeeded', NULL, 0.1234, NULL, NULL, NULL, '{"factors": 100, "regularization": 0.02, "epochs": 20}',
         'on-premise-cpu', 0, NULL, 0, 45.6, '3 days', '2 minutes', '2 days 20 hours', 0, NULL),
        (104, 'succeeded', 0.7845, 1.2345, 0.7623, 0.8012, 0.7812, '{"learning_rate": 0.01, "batch_size": 64, "epochs": 300, "optimizer": "sgd"}',
         'gcp-vertex-ai-v100', 1, 'nvidia-v100', 32.4, 3.2, '10 days', '15 minutes', '8 days 12 hours', 0, NULL),
        (105, 'succeeded', NULL, 0.0456, NULL, NULL, NULL, '{"learning_rate": 0.001, "batch_size": 128, "epochs": 60, "optimizer": "adam", "units": 256}',
         'aws-batch-gpu', 1, 'nvidia-t4', 8.7, 0.9, '2 days', '3 minutes', '1 day 14 hours', 0, NULL),
        (106, 'succeeded', 0.9567, 0.1234, 0.9423, 0.9689, 0.9554, '{"learning_rate": 0.05, "max_depth": 8, "n_estimators": 1200, "scale_pos_weight": 577}',
         'aws-batch-cpu', 0, NULL, 0, 8.9, '1 day', '2 minutes', '15 hours 15 minutes', 0, NULL),
        (107, 'succeeded', 0.8834, 0.2145, 0.8756, 0.8912, 0.8833, '{"learning_rate": 0.0003, "batch_size": 8, "epochs": 120, "optimizer": "adam", "loss": "dice"}',
         'k8s-gpu-v100', 2, 'nvidia-v100', 18.9, 1.8, '9 days', '12 minutes', '8 days 6 hours', 0, NULL),
        (108, 'succeeded', NULL, 0.0892, NULL, NULL, NULL, '{"changepoint_prior_scale": 0.05, "seasonality": "multiplicative"}',
         'on-premise-cpu', 0, NULL, 0, 2.3, '5 days', '1 minute', '4 days 21 hours 45 minutes', 0, NULL),
        (109, 'succeeded', 0.8145, 1.0234, 0.8012, 0.8289, 0.8145, '{"learning_rate": 3e-5, "batch_size": 12, "epochs": 3, "optimizer": "adamw"}',
         'gcp-vertex-ai-t4', 2, 'nvidia-t4', 12.4, 1.2, '11 days', '8 minutes', '10 days 14 hours', 0, NULL),
        (110, 'succeeded', NULL, NULL, NULL, NULL, NULL, '{"learning_rate": 0.0001, "batch_size": 16, "iterations": 400000, "optimizer": "adam"}',
         'k8s-gpu-a100', 2, 'nvidia-a100', 28.6, 2.4, '6 days', '18 minutes', '5 days 4 hours', 0, NULL),
        (111, 'succeeded', 0.9123, 0.2567, 0.9045, 0.9201, 0.9122, '{"learning_rate": 0.001, "batch_size": 64, "epochs": 80, "optimizer": "adam"}',
         'aws-sagemaker-ml-p2', 2, 'nvidia-k80', 6.8, 0.7, '3 days', '4 minutes', '2 days 18 hours', 0, NULL),
        (112, 'succeeded', 0.9456, 0.1892, 0.9423, 0.9489, 0.9456, '{"learning_rate": 1e-5, "batch_size": 1280, "epochs": 1, "optimizer": "adamw"}',
         'gcp-vertex-ai-a100', 80, 'nvidia-a100', 18.5, 1.7, '30 minutes', '5 minutes', '10 minutes', 0, NULL),
        (113, 'failed', NULL, NULL, NULL, NULL, NULL, '{"learning_rate": 0.002, "batch_size": 64, "gamma": 6.6, "optimizer": "adam"}',
         'k8s-gpu-a100', 2, 'nvidia-a100', 12.3, 1.1, '1 day', '8 minutes', '11 hours 40 minutes', 137,
         'CUDA out of memory: tried to allocate 2.50 GiB, 1.12 GiB free of 39.59 GiB'),
        (114, 'failed', NULL, NULL, NULL, NULL, NULL, '{"learning_rate": 0.001, "batch_size": 512, "steps": 260000, "optimizer": "adafactor"}',
         'gcp-tpu-v3', 0, NULL, 0, 156.3, '4 days', '20 minutes', '3 days 18 hours', 1,
         'TPU memory exhausted: 17.2 GiB of 16.0 GiB of HBM needed for the step'),
        (115, 'failed', NULL, NULL, NULL, NULL, NULL, '{"learning_rate": 0.01, "batch_size": 1024, "latent": 8, "optimizer": "adam"}',
         'on-premise-gpu', 2, 'nvidia-v100', 3.2, 0.4, '6 days', '5 minutes', '5 days 20 hours 48 minutes', 1,
         'loss is NaN at step 48210; the learning rate is too high'),
        (116, 'running', NULL, NULL, NULL, NULL, NULL, '{"learning_rate": 0.0002, "batch_size": 128, "epochs": 3, "lora_rank": 16, "optimizer": "adamw"}',
         'aws-p4d-24xlarge', 16, 'nvidia-a100', 48.5, 4.2, '6 hours', '5 minutes', NULL, NULL, NULL),
        (117, 'running', NULL, NULL, NULL, NULL, NULL, '{"learning_rate": 0.0005, "batch_size": 32768, "epochs": 32, "optimizer": "adamw"}',
         'k8s-gpu-a100-cluster', 4, 'nvidia-a100', 156.2, 12.3, '2 days 4 hours', '10 minutes', NULL, NULL, NULL),
        (118, 'queued', NULL, NULL, NULL, NULL, NULL, '{"learning_rate": 0.00025, "batch_size": 256, "clip": 0.1, "optimizer": "adam"}',
         'on-premise-gpu', 1, 'nvidia-v100', 0, 0, '15 minutes', NULL, NULL, NULL, NULL),
        (119, 'cancelled', NULL, NULL, NULL, NULL, NULL, '{"learning_rate": 0.001, "batch_size": 128, "layers": 5, "optimizer": "adam"}',
         'aws-batch-cpu', 0, NULL, 0, 12.3, '8 days', '10 minutes', '7 days 21 hours 55 minutes', NULL, NULL),
        (120, 'timeout', NULL, NULL, NULL, NULL, NULL, '{"trials": 1000, "epochs_per_trial": 12, "controller": "evolution"}',
         'gcp-tpu-v4', 0, NULL, 0, 456.7, '12 days', '30 minutes', '10 days', 124, 'stopped: the budget of 48 hours was used up after 731 of 1000 trials'))
        AS v (n, status, accuracy, loss, precision_score, recall_score, f1_score, hyperparameters, compute_target, gpu_count, gpu_type, gpu_hours,
              cpu_hours, age, waited, ended, exit_code, error_message)
      JOIN mlregistry.experiments e ON e.experiment_id = mlregistry.sample_id(17, v.n)
     ORDER BY v.n
    RETURNING run_id, organization_id, project_id, dataset_id, queued_at, created_by
)
INSERT INTO mlregistry.run_datasets (run_id, dataset_id, organization_id, project_id, row_count, added_at, added_by)
SELECT r.run_id, r.dataset_id, r.organization_id, r.project_id, d.row_count, r.queued_at, r.created_by
  FROM runs r
  JOIN mlregistry.datasets d USING (dataset_id);

INSERT INTO mlregistry.run_tags (run_id, tag_id, organization_id, project_id, added_at, added_by)
SELECT r.run_id, t.tag_id, r.organization_id, r.project_id, r.queued_at, r.created_by
  FROM (VALUES (1, 'nlp'), (1, 'classification'), (2, 'nlp'), (2, 'classification'), (3, 'computer-vision'), (3, 'detection')) AS v (run, tag_name)
  JOIN mlregistry.training_runs r ON r.run_id = mlregistry.sample_id(18, v.run)
  JOIN mlregistry.tags t ON t.organization_id = r.organization_id AND t.tag_name = v.tag_name;
$sample_script$$function$;
COMMENT ON FUNCTION sample_script() IS 'statements that load_sample_data() runs';
CREATE OR REPLACE FUNCTION migration_scripts() RETURNS TABLE (from_version text, to_version text, script text)
    LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 10 SET search_path = pg_catalog, pg_temp
    AS $function$VALUES
('0.1.0', '0.2.0', $migration_script$
-- 0.2.0: files of versions.
CREATE TABLE mlregistry.version_files (
    file_id uuid DEFAULT pg_catalog.gen_random_uuid() NOT NULL,
    organization_id uuid DEFAULT mlregistry.current_organization_id() NOT NULL,
    project_id uuid DEFAULT mlregistry.current_project_id() NOT NULL,
    version_id uuid NOT NULL,
    path text NOT NULL,
    uri text,
    size_bytes bigint,
    sha256 text,
    media_type text,
    variant text,
    created_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT version_files_pkey PRIMARY KEY (file_id),
    CONSTRAINT version_files_tenant_key UNIQUE (organization_id, file_id),
    CONSTRAINT version_files_organization_fkey FOREIGN KEY (organization_id)
        REFERENCES mlregistry.organizations (organization_id) ON DELETE CASCADE,
    CONSTRAINT version_files_project_fkey FOREIGN KEY (organization_id, project_id)
        REFERENCES mlregistry.projects (organization_id, project_id) ON DELETE CASCADE,
    CONSTRAINT unique_version_file UNIQUE (version_id, path),
    CONSTRAINT version_files_version_fkey FOREIGN KEY (organization_id, version_id)
        REFERENCES mlregistry.model_versions (organization_id, version_id) ON DELETE CASCADE,
    CONSTRAINT valid_file_path CHECK (mlregistry.is_file_path(path)),
    CONSTRAINT valid_sha256 CHECK (mlregistry.is_sha256(sha256)),
    CONSTRAINT valid_file_size CHECK (size_bytes >= 0),
    CONSTRAINT version_files_text_size CHECK (pg_catalog.octet_length(uri) <= 65536 AND pg_catalog.octet_length(media_type) <= 65536
        AND pg_catalog.octet_length(variant) <= 65536)
);
CREATE INDEX idx_version_files_project ON mlregistry.version_files (project_id);
COMMENT ON TABLE mlregistry.version_files IS 'Files of a version, such as its variants for several devices';
COMMENT ON COLUMN mlregistry.version_files.file_id IS 'Identifier';
COMMENT ON COLUMN mlregistry.version_files.organization_id IS 'Organization that it belongs to';
COMMENT ON COLUMN mlregistry.version_files.project_id IS 'Project of its version';
COMMENT ON COLUMN mlregistry.version_files.version_id IS 'Version that it is part of';
COMMENT ON COLUMN mlregistry.version_files.path IS 'Relative path, unique in its version';
COMMENT ON COLUMN mlregistry.version_files.uri IS 'Where the file lies, unless below the artifact of its version';
COMMENT ON COLUMN mlregistry.version_files.size_bytes IS 'Size in bytes';
COMMENT ON COLUMN mlregistry.version_files.sha256 IS 'SHA-256 of the file, 64 hexadecimal digits';
COMMENT ON COLUMN mlregistry.version_files.media_type IS 'Media type';
COMMENT ON COLUMN mlregistry.version_files.variant IS 'Variant that it belongs to, such as cpu or cu121';
COMMENT ON COLUMN mlregistry.version_files.created_at IS 'When the row was created';
CREATE TRIGGER mlr_10_keys BEFORE INSERT OR UPDATE ON mlregistry.version_files FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_keys('model_versions', 'version_id');
CREATE TRIGGER mlr_30_normalize BEFORE INSERT OR UPDATE ON mlregistry.version_files FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_normalize('uri:trim', 'sha256:lower', 'media_type:trim', 'variant:trim');
$migration_script$)
, ('0.2.0', '0.3.0', $migration_script$
-- 0.3.0: teams, tags, datasets, signatures, metrics, alias history, frozen versions.
CREATE TABLE mlregistry.teams (
    team_id uuid DEFAULT pg_catalog.gen_random_uuid() NOT NULL,
    organization_id uuid DEFAULT mlregistry.current_organization_id() NOT NULL,
    team_name text NOT NULL,
    team_email text,
    department text,
    cost_center text,
    manager_name text,
    slack_channel text,
    active boolean DEFAULT true NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    created_by text DEFAULT mlregistry.current_actor() NOT NULL,
    created_by_user uuid,
    updated_at timestamptz DEFAULT now() NOT NULL,
    updated_by text DEFAULT mlregistry.current_actor() NOT NULL,
    CONSTRAINT teams_pkey PRIMARY KEY (team_id),
    CONSTRAINT teams_tenant_key UNIQUE (organization_id, team_id),
    CONSTRAINT teams_organization_fkey FOREIGN KEY (organization_id)
        REFERENCES mlregistry.organizations (organization_id) ON DELETE CASCADE,
    CONSTRAINT unique_team_name UNIQUE (organization_id, team_name),
    CONSTRAINT valid_team_name CHECK (mlregistry.is_valid_name(team_name)),
    CONSTRAINT valid_team_email CHECK (mlregistry.is_email(team_email)),
    CONSTRAINT teams_text_size CHECK (pg_catalog.octet_length(department) <= 65536 AND pg_catalog.octet_length(cost_center) <= 65536
        AND pg_catalog.octet_length(manager_name) <= 65536
        AND pg_catalog.octet_length(slack_channel) <= 65536
        AND pg_catalog.octet_length(created_by) <= 65536 AND pg_catalog.octet_length(updated_by) <= 65536)
);
COMMENT ON TABLE mlregistry.teams IS 'Teams: who owns models and datasets';
COMMENT ON COLUMN mlregistry.teams.team_id IS 'Identifier';
COMMENT ON COLUMN mlregistry.teams.organization_id IS 'Organization that it belongs to';
COMMENT ON COLUMN mlregistry.teams.team_name IS 'Name for references, unique in its organization';
COMMENT ON COLUMN mlregistry.teams.team_email IS 'Where to write to';
COMMENT ON COLUMN mlregistry.teams.department IS 'Department that it is part of';
COMMENT ON COLUMN mlregistry.teams.cost_center IS 'Cost center that pays for it';
COMMENT ON COLUMN mlregistry.teams.manager_name IS 'Who leads it';
COMMENT ON COLUMN mlregistry.teams.slack_channel IS 'Where it talks';
COMMENT ON COLUMN mlregistry.teams.active IS 'False: it is there for what it once owned';
COMMENT ON COLUMN mlregistry.teams.created_at IS 'When the row was created';
COMMENT ON COLUMN mlregistry.teams.created_by IS 'Who created it';
COMMENT ON COLUMN mlregistry.teams.created_by_user IS 'The user who created it, as the database knows';
COMMENT ON COLUMN mlregistry.teams.updated_at IS 'When the row last changed';
COMMENT ON COLUMN mlregistry.teams.updated_by IS 'Who changed it last';
CREATE TRIGGER mlr_10_keys BEFORE UPDATE ON mlregistry.teams FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_keys();
CREATE TRIGGER mlr_20_actor BEFORE INSERT OR UPDATE ON mlregistry.teams FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_actor('created');
CREATE TRIGGER mlr_30_normalize BEFORE INSERT OR UPDATE ON mlregistry.teams FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_normalize('team_email:email', 'department:trim', 'cost_center:trim', 'manager_name:trim',
        'slack_channel:trim');
CREATE TRIGGER mlr_60_touch BEFORE UPDATE ON mlregistry.teams FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_touch();

CREATE TABLE mlregistry.tags (
    tag_id uuid DEFAULT pg_catalog.gen_random_uuid() NOT NULL,
    organization_id uuid DEFAULT mlregistry.current_organization_id() NOT NULL,
    tag_name text NOT NULL,
    tag_category text,
    description text,
    created_at timestamptz DEFAULT now() NOT NULL,
    created_by text DEFAULT mlregistry.current_actor() NOT NULL,
    created_by_user uuid,
    CONSTRAINT tags_pkey PRIMARY KEY (tag_id),
    CONSTRAINT tags_tenant_key UNIQUE (organization_id, tag_id),
    CONSTRAINT tags_organization_fkey FOREIGN KEY (organization_id)
        REFERENCES mlregistry.organizations (organization_id) ON DELETE CASCADE,
    CONSTRAINT unique_tag_name UNIQUE (organization_id, tag_name),
    CONSTRAINT valid_tag_category FOREIGN KEY (tag_category)
        REFERENCES mlregistry.tag_categories (name) ON UPDATE CASCADE ON DELETE NO ACTION,
    CONSTRAINT valid_tag_name CHECK (mlregistry.is_valid_tag_name(tag_name)),
    CONSTRAINT tags_text_size CHECK (pg_catalog.octet_length(description) <= 65536 AND pg_catalog.octet_length(created_by) <= 65536)
);
CREATE INDEX idx_tags_category ON mlregistry.tags (tag_category);
COMMENT ON TABLE mlregistry.tags IS 'Tags: one vocabulary for models, versions and datasets';
COMMENT ON COLUMN mlregistry.tags.tag_id IS 'Identifier';
COMMENT ON COLUMN mlregistry.tags.organization_id IS 'Organization that it belongs to';
COMMENT ON COLUMN mlregistry.tags.tag_name IS 'Name, unique in its organization';
COMMENT ON COLUMN mlregistry.tags.tag_category IS 'What it speaks of, one of tag_categories';
COMMENT ON COLUMN mlregistry.tags.description IS 'What it means';
COMMENT ON COLUMN mlregistry.tags.created_at IS 'When the row was created';
COMMENT ON COLUMN mlregistry.tags.created_by IS 'Who created it';
COMMENT ON COLUMN mlregistry.tags.created_by_user IS 'The user who created it, as the database knows';
CREATE TRIGGER mlr_10_keys BEFORE UPDATE ON mlregistry.tags FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_keys();
CREATE TRIGGER mlr_20_actor BEFORE INSERT OR UPDATE ON mlregistry.tags FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_actor('created');

ALTER TABLE mlregistry.models ADD COLUMN team_id uuid;
ALTER TABLE mlregistry.models ADD CONSTRAINT models_team_fkey FOREIGN KEY (organization_id, team_id)
    REFERENCES mlregistry.teams (organization_id, team_id) ON DELETE SET NULL (team_id) NOT VALID;
ALTER TABLE mlregistry.models VALIDATE CONSTRAINT models_team_fkey;
CREATE INDEX idx_models_team ON mlregistry.models (team_id, project_id, model_name);
CREATE INDEX idx_models_grams ON mlregistry.models USING gin (mlregistry.name_grams(model_name, display_name));
COMMENT ON COLUMN mlregistry.models.team_id IS 'Team that owns it';

CREATE TABLE mlregistry.version_signatures (
    signature_id uuid DEFAULT pg_catalog.gen_random_uuid() NOT NULL,
    organization_id uuid DEFAULT mlregistry.current_organization_id() NOT NULL,
    project_id uuid DEFAULT mlregistry.current_project_id() NOT NULL,
    version_id uuid NOT NULL,
    kind text NOT NULL,
    signer text NOT NULL,
    issuer text,
    bundle jsonb,
    bundle_uri text,
    subject_sha256 text,
    verification text DEFAULT 'claimed' NOT NULL,
    verifier text,
    verified_at timestamptz,
    created_at timestamptz DEFAULT now() NOT NULL,
    created_by text DEFAULT mlregistry.current_actor() NOT NULL,
    created_by_user uuid,
    CONSTRAINT version_signatures_pkey PRIMARY KEY (signature_id),
    CONSTRAINT version_signatures_tenant_key UNIQUE (organization_id, signature_id),
    CONSTRAINT version_signatures_organization_fkey FOREIGN KEY (organization_id)
        REFERENCES mlregistry.organizations (organization_id) ON DELETE CASCADE,
    CONSTRAINT version_signatures_project_fkey FOREIGN KEY (organization_id, project_id)
        REFERENCES mlregistry.projects (organization_id, project_id) ON DELETE CASCADE,
    CONSTRAINT version_signatures_version_fkey FOREIGN KEY (organization_id, version_id)
        REFERENCES mlregistry.model_versions (organization_id, version_id) ON DELETE CASCADE,
    CONSTRAINT valid_signature_kind CHECK (kind IN ('sigstore', 'pgp', 'x509', 'pkcs11', 'other')),
    CONSTRAINT valid_verification CHECK (verification IN ('claimed', 'verified', 'failed')),
    CONSTRAINT verification_consistency CHECK ((verification IN ('verified', 'failed')) = (verified_at IS NOT NULL)),
    CONSTRAINT valid_sha256 CHECK (mlregistry.is_sha256(subject_sha256)),
    CONSTRAINT signature_has_bundle CHECK (bundle IS NOT NULL OR bundle_uri IS NOT NULL),
    CONSTRAINT version_signatures_json_size CHECK (pg_catalog.pg_column_size(bundle) <= 1048576),
    CONSTRAINT version_signatures_text_size CHECK (pg_catalog.octet_length(signer) <= 65536 AND pg_catalog.octet_length(issuer) <= 65536
        AND pg_catalog.octet_length(bundle_uri) <= 65536
        AND pg_catalog.octet_length(verifier) <= 65536
        AND pg_catalog.octet_length(created_by) <= 65536)
);
CREATE INDEX idx_version_signatures_project ON mlregistry.version_signatures (project_id);
CREATE INDEX idx_version_signatures_version ON mlregistry.version_signatures (version_id);
COMMENT ON TABLE mlregistry.version_signatures IS 'Signatures of versions, as claimed or as verified elsewhere: the registry stores and reports, it does not verify';
COMMENT ON COLUMN mlregistry.version_signatures.signature_id IS 'Identifier';
COMMENT ON COLUMN mlregistry.version_signatures.organization_id IS 'Organization that it belongs to';
COMMENT ON COLUMN mlregistry.version_signatures.project_id IS 'Project of its version';
COMMENT ON COLUMN mlregistry.version_signatures.version_id IS 'Version that is signed';
COMMENT ON COLUMN mlregistry.version_signatures.kind IS 'sigstore, pgp, x509, pkcs11 or other';
COMMENT ON COLUMN mlregistry.version_signatures.signer IS 'Who signed';
COMMENT ON COLUMN mlregistry.version_signatures.issuer IS 'Who vouches for the signer';
COMMENT ON COLUMN mlregistry.version_signatures.bundle IS 'The signature itself with what verifying needs';
COMMENT ON COLUMN mlregistry.version_signatures.bundle_uri IS 'Where the signature lies, unless it is in bundle';
COMMENT ON COLUMN mlregistry.version_signatures.subject_sha256 IS 'SHA-256 of what was signed, 64 hexadecimal digits';
COMMENT ON COLUMN mlregistry.version_signatures.verification IS 'claimed, verified or failed';
COMMENT ON COLUMN mlregistry.version_signatures.verifier IS 'Who or what verified it';
COMMENT ON COLUMN mlregistry.version_signatures.verified_at IS 'When it was verified, also when that failed; NULL exactly while it is only claimed';
COMMENT ON COLUMN mlregistry.version_signatures.created_at IS 'When the row was created';
COMMENT ON COLUMN mlregistry.version_signatures.created_by IS 'Who created it';
COMMENT ON COLUMN mlregistry.version_signatures.created_by_user IS 'The user who created it, as the database knows';
CREATE TRIGGER mlr_10_keys BEFORE INSERT OR UPDATE ON mlregistry.version_signatures FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_keys('model_versions', 'version_id');
CREATE TRIGGER mlr_20_actor BEFORE INSERT OR UPDATE ON mlregistry.version_signatures FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_actor('created');
CREATE TRIGGER mlr_30_normalize BEFORE INSERT OR UPDATE ON mlregistry.version_signatures FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_normalize('signer:trim', 'issuer:trim', 'bundle_uri:trim', 'subject_sha256:lower', 'verifier:trim');

CREATE TABLE mlregistry.datasets (
    dataset_id uuid DEFAULT pg_catalog.gen_random_uuid() NOT NULL,
    organization_id uuid DEFAULT mlregistry.current_organization_id() NOT NULL,
    project_id uuid DEFAULT mlregistry.current_project_id() NOT NULL,
    dataset_name text NOT NULL,
    display_name text NOT NULL,
    description text,
    purpose text,
    storage_location text NOT NULL,
    storage_format text NOT NULL,
    storage_size_gb numeric(14,3),
    partition_keys text[] DEFAULT '{}' NOT NULL,
    schema_url text,
    schema_version text,
    data_version text,
    team_id uuid,
    data_steward text,
    freshness_sla_hours integer,
    last_updated_at timestamptz,
    row_count bigint,
    column_count integer,
    null_percentage numeric(5,2),
    contains_pii boolean DEFAULT false NOT NULL,
    data_classification text DEFAULT 'internal' NOT NULL,
    retention_days integer,
    gdpr_compliant boolean DEFAULT false NOT NULL,
    source_system text,
    transformation_pipeline text,
    metadata jsonb DEFAULT '{}' NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    created_by text DEFAULT mlregistry.current_actor() NOT NULL,
    created_by_user uuid,
    updated_at timestamptz DEFAULT now() NOT NULL,
    updated_by text DEFAULT mlregistry.current_actor() NOT NULL,
    deleted_at timestamptz,
    CONSTRAINT datasets_pkey PRIMARY KEY (dataset_id),
    CONSTRAINT datasets_tenant_key UNIQUE (organization_id, dataset_id),
    CONSTRAINT datasets_organization_fkey FOREIGN KEY (organization_id)
        REFERENCES mlregistry.organizations (organization_id) ON DELETE CASCADE,
    CONSTRAINT datasets_project_fkey FOREIGN KEY (organization_id, project_id)
        REFERENCES mlregistry.projects (organization_id, project_id) ON DELETE CASCADE,
    CONSTRAINT valid_storage_format FOREIGN KEY (storage_format)
        REFERENCES mlregistry.storage_formats (name) ON UPDATE CASCADE ON DELETE NO ACTION,
    CONSTRAINT datasets_team_fkey FOREIGN KEY (organization_id, team_id)
        REFERENCES mlregistry.teams (organization_id, team_id) ON DELETE SET NULL (team_id),
    CONSTRAINT valid_dataset_name CHECK (mlregistry.is_valid_tag_name(dataset_name)),
    CONSTRAINT valid_display_name CHECK (mlregistry.is_valid_label(display_name)),
    CONSTRAINT valid_storage_location CHECK (mlregistry.is_artifact_uri(storage_location)),
    CONSTRAINT valid_freshness CHECK (freshness_sla_hours > 0),
    CONSTRAINT valid_classification CHECK (data_classification IN ('public', 'internal', 'confidential', 'restricted')),
    CONSTRAINT valid_null_percentage CHECK (null_percentage BETWEEN 0 AND 100),
    CONSTRAINT valid_dataset_counts CHECK (storage_size_gb >= 0 AND storage_size_gb < 'NaN' AND row_count >= 0 AND column_count >= 0
        AND retention_days >= 0),
    CONSTRAINT metadata_is_object CHECK (pg_catalog.jsonb_typeof(metadata) = 'object'),
    CONSTRAINT datasets_json_size CHECK (pg_catalog.pg_column_size(metadata) <= 1048576),
    CONSTRAINT datasets_text_size CHECK (pg_catalog.octet_length(description) <= 65536 AND pg_catalog.octet_length(purpose) <= 65536
        AND pg_catalog.pg_column_size(partition_keys) <= 65536
        AND pg_catalog.octet_length(schema_url) <= 65536
        AND pg_catalog.octet_length(schema_version) <= 65536
        AND pg_catalog.octet_length(data_version) <= 65536
        AND pg_catalog.octet_length(data_steward) <= 65536
        AND pg_catalog.octet_length(source_system) <= 65536
        AND pg_catalog.octet_length(transformation_pipeline) <= 65536
        AND pg_catalog.octet_length(created_by) <= 65536 AND pg_catalog.octet_length(updated_by) <= 65536)
);
CREATE UNIQUE INDEX unique_dataset_name ON mlregistry.datasets (organization_id, project_id, dataset_name) WHERE deleted_at IS NULL;
CREATE INDEX idx_datasets_project ON mlregistry.datasets (project_id);
CREATE INDEX idx_datasets_name ON mlregistry.datasets (dataset_name);
CREATE INDEX idx_datasets_team ON mlregistry.datasets (team_id);
CREATE INDEX idx_datasets_updated ON mlregistry.datasets (last_updated_at DESC);
CREATE INDEX idx_datasets_classification ON mlregistry.datasets (data_classification);
CREATE INDEX idx_datasets_pii ON mlregistry.datasets (contains_pii) WHERE contains_pii;
CREATE INDEX idx_datasets_format ON mlregistry.datasets (storage_format);
CREATE INDEX idx_datasets_search ON mlregistry.datasets
    USING gin (to_tsvector({{fts_language}}, dataset_name || ' ' || display_name || ' ' || coalesce(description, '')));
CREATE INDEX idx_datasets_grams ON mlregistry.datasets USING gin (mlregistry.name_grams(dataset_name, display_name));
COMMENT ON TABLE mlregistry.datasets IS 'Datasets: one row for data that models are trained, validated or tested on';
COMMENT ON COLUMN mlregistry.datasets.dataset_id IS 'Identifier';
COMMENT ON COLUMN mlregistry.datasets.organization_id IS 'Organization that it belongs to';
COMMENT ON COLUMN mlregistry.datasets.project_id IS 'Project that it belongs to';
COMMENT ON COLUMN mlregistry.datasets.dataset_name IS 'Name for references, unique in its project among those not deleted';
COMMENT ON COLUMN mlregistry.datasets.display_name IS 'Name for people; the dataset name where none was given';
COMMENT ON COLUMN mlregistry.datasets.description IS 'What it is';
COMMENT ON COLUMN mlregistry.datasets.purpose IS 'What it is for';
COMMENT ON COLUMN mlregistry.datasets.storage_location IS 'Where the data lies';
COMMENT ON COLUMN mlregistry.datasets.storage_format IS 'File format, one of storage_formats';
COMMENT ON COLUMN mlregistry.datasets.storage_size_gb IS 'Size in gigabytes of 1,000,000,000 bytes';
COMMENT ON COLUMN mlregistry.datasets.partition_keys IS 'Columns that it is partitioned by';
COMMENT ON COLUMN mlregistry.datasets.schema_url IS 'Where its schema is described';
COMMENT ON COLUMN mlregistry.datasets.schema_version IS 'Version of its schema';
COMMENT ON COLUMN mlregistry.datasets.data_version IS 'Version of the data, such as a snapshot or a commit';
COMMENT ON COLUMN mlregistry.datasets.team_id IS 'Team that owns it';
COMMENT ON COLUMN mlregistry.datasets.data_steward IS 'Whom to ask';
COMMENT ON COLUMN mlregistry.datasets.freshness_sla_hours IS 'Hours after which it counts as stale; NULL: never';
COMMENT ON COLUMN mlregistry.datasets.last_updated_at IS 'When the data last changed';
COMMENT ON COLUMN mlregistry.datasets.row_count IS 'Number of rows';
COMMENT ON COLUMN mlregistry.datasets.column_count IS 'Number of columns';
COMMENT ON COLUMN mlregistry.datasets.null_percentage IS 'Share of values that are missing, 0 to 100';
COMMENT ON COLUMN mlregistry.datasets.contains_pii IS 'Holds data about persons';
COMMENT ON COLUMN mlregistry.datasets.data_classification IS 'public, internal, confidential or restricted';
COMMENT ON COLUMN mlregistry.datasets.retention_days IS 'Days that it may be kept; NULL: no limit';
COMMENT ON COLUMN mlregistry.datasets.gdpr_compliant IS 'Somebody has established that its use complies with the GDPR';
COMMENT ON COLUMN mlregistry.datasets.source_system IS 'System that the data comes from';
COMMENT ON COLUMN mlregistry.datasets.transformation_pipeline IS 'What made it out of its sources';
COMMENT ON COLUMN mlregistry.datasets.metadata IS 'Anything else, a JSON object';
COMMENT ON COLUMN mlregistry.datasets.created_at IS 'When the row was created';
COMMENT ON COLUMN mlregistry.datasets.created_by IS 'Who created it';
COMMENT ON COLUMN mlregistry.datasets.created_by_user IS 'The user who created it, as the database knows';
COMMENT ON COLUMN mlregistry.datasets.updated_at IS 'When the row last changed';
COMMENT ON COLUMN mlregistry.datasets.updated_by IS 'Who changed it last';
COMMENT ON COLUMN mlregistry.datasets.deleted_at IS 'When it was deleted; NULL: it is not';
CREATE TRIGGER mlr_10_keys BEFORE UPDATE ON mlregistry.datasets FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_keys();
CREATE TRIGGER mlr_20_actor BEFORE INSERT OR UPDATE ON mlregistry.datasets FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_actor('created');
CREATE TRIGGER mlr_30_normalize BEFORE INSERT OR UPDATE ON mlregistry.datasets FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_normalize('display_name:trim', 'storage_location:trim', 'schema_url:trim', 'schema_version:trim',
        'data_version:trim', 'data_steward:trim', 'source_system:trim', 'transformation_pipeline:trim');
CREATE TRIGGER mlr_35_derive BEFORE INSERT OR UPDATE ON mlregistry.datasets FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_derive_copy('display_name', 'dataset_name');
CREATE TRIGGER mlr_60_touch BEFORE UPDATE ON mlregistry.datasets FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_touch();

CREATE TABLE mlregistry.model_tags (
    model_id uuid NOT NULL,
    tag_id uuid NOT NULL,
    organization_id uuid DEFAULT mlregistry.current_organization_id() NOT NULL,
    project_id uuid DEFAULT mlregistry.current_project_id() NOT NULL,
    added_at timestamptz DEFAULT now() NOT NULL,
    added_by text DEFAULT mlregistry.current_actor() NOT NULL,
    added_by_user uuid,
    CONSTRAINT model_tags_pkey PRIMARY KEY (model_id, tag_id),
    CONSTRAINT model_tags_project_fkey FOREIGN KEY (organization_id, project_id)
        REFERENCES mlregistry.projects (organization_id, project_id) ON DELETE CASCADE,
    CONSTRAINT model_tags_model_fkey FOREIGN KEY (organization_id, model_id)
        REFERENCES mlregistry.models (organization_id, model_id) ON DELETE CASCADE,
    CONSTRAINT model_tags_tag_fkey FOREIGN KEY (organization_id, tag_id)
        REFERENCES mlregistry.tags (organization_id, tag_id) ON DELETE CASCADE,
    CONSTRAINT model_tags_text_size CHECK (pg_catalog.octet_length(added_by) <= 65536)
);
CREATE INDEX idx_model_tags_tag ON mlregistry.model_tags (tag_id, project_id, model_id);
COMMENT ON TABLE mlregistry.model_tags IS 'Tags of models';
COMMENT ON COLUMN mlregistry.model_tags.model_id IS 'Model that has the tag';
COMMENT ON COLUMN mlregistry.model_tags.tag_id IS 'Tag that it has';
COMMENT ON COLUMN mlregistry.model_tags.organization_id IS 'Organization that both belong to';
COMMENT ON COLUMN mlregistry.model_tags.project_id IS 'Project of the model';
COMMENT ON COLUMN mlregistry.model_tags.added_at IS 'When the tag was added';
COMMENT ON COLUMN mlregistry.model_tags.added_by IS 'Who added it';
COMMENT ON COLUMN mlregistry.model_tags.added_by_user IS 'The user who added it, as the database knows';
CREATE TRIGGER mlr_10_keys BEFORE INSERT OR UPDATE ON mlregistry.model_tags FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_keys('models', 'model_id');
CREATE TRIGGER mlr_20_actor BEFORE INSERT OR UPDATE ON mlregistry.model_tags FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_actor('added');

CREATE TABLE mlregistry.version_tags (
    version_id uuid NOT NULL,
    tag_id uuid NOT NULL,
    organization_id uuid DEFAULT mlregistry.current_organization_id() NOT NULL,
    project_id uuid DEFAULT mlregistry.current_project_id() NOT NULL,
    added_at timestamptz DEFAULT now() NOT NULL,
    added_by text DEFAULT mlregistry.current_actor() NOT NULL,
    added_by_user uuid,
    CONSTRAINT version_tags_pkey PRIMARY KEY (version_id, tag_id),
    CONSTRAINT version_tags_project_fkey FOREIGN KEY (organization_id, project_id)
        REFERENCES mlregistry.projects (organization_id, project_id) ON DELETE CASCADE,
    CONSTRAINT version_tags_version_fkey FOREIGN KEY (organization_id, version_id)
        REFERENCES mlregistry.model_versions (organization_id, version_id) ON DELETE CASCADE,
    CONSTRAINT version_tags_tag_fkey FOREIGN KEY (organization_id, tag_id)
        REFERENCES mlregistry.tags (organization_id, tag_id) ON DELETE CASCADE,
    CONSTRAINT version_tags_text_size CHECK (pg_catalog.octet_length(added_by) <= 65536)
);
CREATE INDEX idx_version_tags_tag ON mlregistry.version_tags (tag_id);
COMMENT ON TABLE mlregistry.version_tags IS 'Tags of versions';
COMMENT ON COLUMN mlregistry.version_tags.version_id IS 'Version that has the tag';
COMMENT ON COLUMN mlregistry.version_tags.tag_id IS 'Tag that it has';
COMMENT ON COLUMN mlregistry.version_tags.organization_id IS 'Organization that both belong to';
COMMENT ON COLUMN mlregistry.version_tags.project_id IS 'Project of the version';
COMMENT ON COLUMN mlregistry.version_tags.added_at IS 'When the tag was added';
COMMENT ON COLUMN mlregistry.version_tags.added_by IS 'Who added it';
COMMENT ON COLUMN mlregistry.version_tags.added_by_user IS 'The user who added it, as the database knows';
CREATE TRIGGER mlr_10_keys BEFORE INSERT OR UPDATE ON mlregistry.version_tags FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_keys('model_versions', 'version_id');
CREATE TRIGGER mlr_20_actor BEFORE INSERT OR UPDATE ON mlregistry.version_tags FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_actor('added');

CREATE TABLE mlregistry.dataset_tags (
    dataset_id uuid NOT NULL,
    tag_id uuid NOT NULL,
    organization_id uuid DEFAULT mlregistry.current_organization_id() NOT NULL,
    project_id uuid DEFAULT mlregistry.current_project_id() NOT NULL,
    added_at timestamptz DEFAULT now() NOT NULL,
    added_by text DEFAULT mlregistry.current_actor() NOT NULL,
    added_by_user uuid,
    CONSTRAINT dataset_tags_pkey PRIMARY KEY (dataset_id, tag_id),
    CONSTRAINT dataset_tags_project_fkey FOREIGN KEY (organization_id, project_id)
        REFERENCES mlregistry.projects (organization_id, project_id) ON DELETE CASCADE,
    CONSTRAINT dataset_tags_dataset_fkey FOREIGN KEY (organization_id, dataset_id)
        REFERENCES mlregistry.datasets (organization_id, dataset_id) ON DELETE CASCADE,
    CONSTRAINT dataset_tags_tag_fkey FOREIGN KEY (organization_id, tag_id)
        REFERENCES mlregistry.tags (organization_id, tag_id) ON DELETE CASCADE,
    CONSTRAINT dataset_tags_text_size CHECK (pg_catalog.octet_length(added_by) <= 65536)
);
CREATE INDEX idx_dataset_tags_tag ON mlregistry.dataset_tags (tag_id);
COMMENT ON TABLE mlregistry.dataset_tags IS 'Tags of datasets';
COMMENT ON COLUMN mlregistry.dataset_tags.dataset_id IS 'Dataset that has the tag';
COMMENT ON COLUMN mlregistry.dataset_tags.tag_id IS 'Tag that it has';
COMMENT ON COLUMN mlregistry.dataset_tags.organization_id IS 'Organization that both belong to';
COMMENT ON COLUMN mlregistry.dataset_tags.project_id IS 'Project of the dataset';
COMMENT ON COLUMN mlregistry.dataset_tags.added_at IS 'When the tag was added';
COMMENT ON COLUMN mlregistry.dataset_tags.added_by IS 'Who added it';
COMMENT ON COLUMN mlregistry.dataset_tags.added_by_user IS 'The user who added it, as the database knows';
CREATE TRIGGER mlr_10_keys BEFORE INSERT OR UPDATE ON mlregistry.dataset_tags FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_keys('datasets', 'dataset_id');
CREATE TRIGGER mlr_20_actor BEFORE INSERT OR UPDATE ON mlregistry.dataset_tags FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_actor('added');

CREATE TABLE mlregistry.model_metrics (
    metric_id uuid DEFAULT pg_catalog.gen_random_uuid() NOT NULL,
    organization_id uuid DEFAULT mlregistry.current_organization_id() NOT NULL,
    project_id uuid DEFAULT mlregistry.current_project_id() NOT NULL,
    version_id uuid NOT NULL,
    metric_name text NOT NULL,
    metric_value double precision NOT NULL,
    dataset_split text DEFAULT 'test' NOT NULL,
    dataset_id uuid,
    recorded_at timestamptz DEFAULT now() NOT NULL,
    recorded_by text DEFAULT mlregistry.current_actor() NOT NULL,
    recorded_by_user uuid,
    CONSTRAINT model_metrics_pkey PRIMARY KEY (metric_id),
    CONSTRAINT model_metrics_tenant_key UNIQUE (organization_id, metric_id),
    CONSTRAINT model_metrics_organization_fkey FOREIGN KEY (organization_id)
        REFERENCES mlregistry.organizations (organization_id) ON DELETE CASCADE,
    CONSTRAINT model_metrics_project_fkey FOREIGN KEY (organization_id, project_id)
        REFERENCES mlregistry.projects (organization_id, project_id) ON DELETE CASCADE,
    CONSTRAINT model_metrics_version_fkey FOREIGN KEY (organization_id, version_id)
        REFERENCES mlregistry.model_versions (organization_id, version_id) ON DELETE CASCADE,
    CONSTRAINT model_metrics_dataset_fkey FOREIGN KEY (organization_id, dataset_id)
        REFERENCES mlregistry.datasets (organization_id, dataset_id) ON DELETE SET NULL (dataset_id),
    CONSTRAINT valid_metric_name CHECK (mlregistry.is_valid_metric_name(metric_name)),
    CONSTRAINT valid_dataset_split CHECK (dataset_split IN ('train', 'validation', 'test', 'holdout', 'production')),
    CONSTRAINT model_metrics_text_size CHECK (pg_catalog.octet_length(recorded_by) <= 65536)
);
CREATE INDEX idx_model_metrics_project ON mlregistry.model_metrics (project_id);
CREATE INDEX idx_metrics_version ON mlregistry.model_metrics (version_id, metric_name, dataset_split, recorded_at DESC);
CREATE INDEX idx_metrics_name ON mlregistry.model_metrics (metric_name, metric_value);
CREATE INDEX idx_metrics_dataset ON mlregistry.model_metrics (dataset_id);
COMMENT ON TABLE mlregistry.model_metrics IS 'Metrics of versions: the last recorded of a name and split is the current one';
COMMENT ON COLUMN mlregistry.model_metrics.metric_id IS 'Identifier';
COMMENT ON COLUMN mlregistry.model_metrics.organization_id IS 'Organization that it belongs to';
COMMENT ON COLUMN mlregistry.model_metrics.project_id IS 'Project of its version';
COMMENT ON COLUMN mlregistry.model_metrics.version_id IS 'Version that was measured';
COMMENT ON COLUMN mlregistry.model_metrics.metric_name IS 'What was measured';
COMMENT ON COLUMN mlregistry.model_metrics.metric_value IS 'Value; NaN and infinities are kept';
COMMENT ON COLUMN mlregistry.model_metrics.dataset_split IS 'train, validation, test, holdout or production: what it was measured on';
COMMENT ON COLUMN mlregistry.model_metrics.dataset_id IS 'Dataset that it was measured on';
COMMENT ON COLUMN mlregistry.model_metrics.recorded_at IS 'When it was recorded';
COMMENT ON COLUMN mlregistry.model_metrics.recorded_by IS 'Who recorded it';
COMMENT ON COLUMN mlregistry.model_metrics.recorded_by_user IS 'The user who recorded it, as the database knows';
CREATE TRIGGER mlr_10_keys BEFORE INSERT OR UPDATE ON mlregistry.model_metrics FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_keys('model_versions', 'version_id');
CREATE TRIGGER mlr_20_actor BEFORE INSERT OR UPDATE ON mlregistry.model_metrics FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_actor('recorded');

CREATE TABLE mlregistry.alias_history (
    history_id uuid DEFAULT pg_catalog.gen_random_uuid() NOT NULL,
    organization_id uuid DEFAULT mlregistry.current_organization_id() NOT NULL,
    project_id uuid DEFAULT mlregistry.current_project_id() NOT NULL,
    model_id uuid NOT NULL,
    alias text NOT NULL,
    version_id uuid NOT NULL,
    semver text NOT NULL,
    set_by text DEFAULT mlregistry.current_actor() NOT NULL,
    set_by_user uuid,
    valid_from timestamptz NOT NULL,
    valid_to timestamptz DEFAULT 'infinity' NOT NULL,
    CONSTRAINT alias_history_pkey PRIMARY KEY (history_id),
    CONSTRAINT alias_history_tenant_key UNIQUE (organization_id, history_id),
    CONSTRAINT alias_history_organization_fkey FOREIGN KEY (organization_id)
        REFERENCES mlregistry.organizations (organization_id) ON DELETE CASCADE,
    CONSTRAINT alias_history_project_fkey FOREIGN KEY (organization_id, project_id)
        REFERENCES mlregistry.projects (organization_id, project_id) ON DELETE CASCADE,
    CONSTRAINT valid_history_period CHECK (valid_from < valid_to),
    CONSTRAINT alias_history_text_size CHECK (pg_catalog.octet_length(alias) <= 65536 AND pg_catalog.octet_length(semver) <= 65536
        AND pg_catalog.octet_length(set_by) <= 65536)
);
CREATE UNIQUE INDEX unique_open_alias ON mlregistry.alias_history (model_id, alias) WHERE valid_to = 'infinity';
CREATE INDEX idx_alias_history_model ON mlregistry.alias_history (model_id, alias, valid_from);
CREATE INDEX idx_alias_history_version ON mlregistry.alias_history (version_id);
COMMENT ON TABLE mlregistry.alias_history IS 'What every alias named, and when: one row per period, the open one until infinity; outlives aliases, versions and models';
COMMENT ON COLUMN mlregistry.alias_history.history_id IS 'Identifier';
COMMENT ON COLUMN mlregistry.alias_history.organization_id IS 'Organization that it belongs to';
COMMENT ON COLUMN mlregistry.alias_history.project_id IS 'Project of the model';
COMMENT ON COLUMN mlregistry.alias_history.model_id IS 'Model that has or had the alias';
COMMENT ON COLUMN mlregistry.alias_history.alias IS 'Alias';
COMMENT ON COLUMN mlregistry.alias_history.version_id IS 'Version that it named';
COMMENT ON COLUMN mlregistry.alias_history.semver IS 'That version, as it was written';
COMMENT ON COLUMN mlregistry.alias_history.set_by IS 'Who set it';
COMMENT ON COLUMN mlregistry.alias_history.set_by_user IS 'The user who set it, as the database knows';
COMMENT ON COLUMN mlregistry.alias_history.valid_from IS 'From when on it named this version';
COMMENT ON COLUMN mlregistry.alias_history.valid_to IS 'Until when, exclusively; infinity: it still does';
CREATE TRIGGER mlr_10_keys BEFORE UPDATE ON mlregistry.alias_history FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_keys();

-- Rows are changed in the name of the owner of the tables, to whom the new ones are given for that.
SELECT mlregistry.set_registry_owner(mlregistry.registry_owner());

-- The first period of every alias begins where an INSERT would have let it begin.
SELECT mlregistry.run_detached($rows$
    INSERT INTO mlregistry.alias_history (organization_id, project_id, model_id, alias, version_id, semver, set_by, set_by_user, valid_from)
    SELECT a.organization_id, a.project_id, a.model_id, a.alias, a.version_id, v.semver::text, a.set_by, a.set_by_user,
           least(pg_catalog.clock_timestamp(), a.set_at)
      FROM mlregistry.model_aliases a
      JOIN mlregistry.model_versions v ON v.version_id = a.version_id
$rows$, mlregistry.registry_owner());

-- Versions that somebody may rely on are frozen. Without triggers: nobody changes these rows, and nothing else in them changes.
DO $migration$
DECLARE
    role_before text := pg_catalog.current_setting('session_replication_role');
BEGIN
    PERFORM pg_catalog.set_config('session_replication_role', 'replica', true);
    PERFORM mlregistry.run_detached($rows$
        UPDATE mlregistry.model_versions v
           SET frozen_at = pg_catalog.now()
         WHERE v.frozen_at IS NULL
           AND (v.status <> 'registered' OR v.stage <> 'development'
                OR EXISTS (SELECT FROM mlregistry.model_aliases a WHERE a.version_id = v.version_id))
    $rows$, mlregistry.registry_owner());
    PERFORM pg_catalog.set_config('session_replication_role', role_before, true);
END
$migration$;

CREATE TRIGGER mlr_50_freeze BEFORE UPDATE ON mlregistry.model_versions FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_freeze_version();
CREATE TRIGGER mlr_50_freeze BEFORE UPDATE ON mlregistry.version_files FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_freeze_file();
CREATE TRIGGER mlr_70_guard AFTER INSERT OR DELETE ON mlregistry.version_files FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_freeze_file();
CREATE TRIGGER mlr_75_history_insert AFTER INSERT ON mlregistry.model_aliases REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT
    EXECUTE FUNCTION mlregistry.trg_history_alias();
CREATE TRIGGER mlr_75_history_update AFTER UPDATE ON mlregistry.model_aliases
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT
    EXECUTE FUNCTION mlregistry.trg_history_alias();
CREATE TRIGGER mlr_75_history_delete AFTER DELETE ON mlregistry.model_aliases REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT
    EXECUTE FUNCTION mlregistry.trg_history_alias();
CREATE TRIGGER mlr_75_history_truncate AFTER TRUNCATE ON mlregistry.model_aliases FOR EACH STATEMENT
    EXECUTE FUNCTION mlregistry.trg_history_alias();
CREATE TRIGGER mlr_85_effect AFTER INSERT OR UPDATE ON mlregistry.model_aliases FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_effect_alias();

CREATE OR REPLACE VIEW mlregistry.v_models_latest WITH (security_invoker = true) AS
SELECT m.model_id,
       m.model_name,
       m.display_name,
       m.description,
       m.team_id,
       t.team_name,
       m.risk_level,
       m.compliance_required,
       v.version_id AS latest_version_id,
       v.semver AS latest_version,
       v.status AS latest_version_status,
       coalesce(v.framework, m.framework) AS framework,
       v.registered_at AS latest_version_registered_at,
       m.created_at,
       m.is_active,
       v.stage AS latest_version_stage,
       ARRAY(SELECT a.alias FROM mlregistry.model_aliases a WHERE a.version_id = v.version_id ORDER BY a.alias) AS aliases,
       (SELECT count(*) FROM mlregistry.model_versions c WHERE c.model_id = m.model_id AND c.deleted_at IS NULL) AS version_count,
       0::bigint AS live_deployments,
       m.project_id,
       p.slug AS project_slug,
       m.organization_id
  FROM mlregistry.models m
  JOIN mlregistry.projects p USING (project_id)
  JOIN mlregistry.organizations o ON o.organization_id = m.organization_id
  LEFT JOIN mlregistry.teams t ON t.team_id = m.team_id
  LEFT JOIN mlregistry.model_versions v ON v.version_id = coalesce(
           (SELECT r.version_id
              FROM mlregistry.model_versions r
             WHERE r.model_id = m.model_id AND r.deleted_at IS NULL
               AND r.status NOT IN ('deprecated', 'archived') AND NOT mlregistry.is_prerelease(r.semver)
             ORDER BY r.semver DESC
             LIMIT 1),
           (SELECT r.version_id
              FROM mlregistry.model_versions r
             WHERE r.model_id = m.model_id AND r.deleted_at IS NULL
               AND r.status NOT IN ('deprecated', 'archived')
             ORDER BY r.semver DESC
             LIMIT 1))
 WHERE m.is_active AND m.deleted_at IS NULL AND p.deleted_at IS NULL AND o.deleted_at IS NULL;
COMMENT ON COLUMN mlregistry.v_models_latest.team_id IS 'Team that owns the model';
-- Who reads models reads their teams and tags with them now: views and functions work with the rights of who asks, and
-- v_models_latest, register_model() and list_models() show them.
DO $migration$
DECLARE
    reader text;
BEGIN
    FOR reader IN
        SELECT DISTINCT CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(a.grantee)) END
          FROM pg_catalog.pg_class c, pg_catalog.aclexplode(c.relacl) AS a
         WHERE c.oid IN ('mlregistry.v_models_latest'::pg_catalog.regclass, 'mlregistry.models'::pg_catalog.regclass)
           AND a.privilege_type = 'SELECT' AND a.grantee <> c.relowner
    LOOP
        EXECUTE 'GRANT SELECT ON mlregistry.teams, mlregistry.tags, mlregistry.model_tags TO ' || reader;
    END LOOP;
END
$migration$;

CREATE VIEW mlregistry.v_model_tags WITH (security_invoker = true) AS
SELECT m.model_id,
       m.model_name,
       of_model.tags,
       of_model.tags_by_category,
       of_model.tag_count,
       m.project_id,
       m.organization_id
  FROM mlregistry.models m
  JOIN mlregistry.projects p USING (project_id)
  JOIN mlregistry.organizations o ON o.organization_id = m.organization_id
  CROSS JOIN LATERAL (
        SELECT coalesce(array_agg(c.tag_name ORDER BY c.tag_name), '{}') AS tags,
               coalesce((SELECT jsonb_object_agg(g.category, g.names)
                           FROM (SELECT coalesce(ct.tag_category, 'uncategorized') AS category, jsonb_agg(ct.tag_name ORDER BY ct.tag_name) AS names
                                   FROM mlregistry.model_tags cm
                                   JOIN mlregistry.tags ct USING (tag_id)
                                  WHERE cm.model_id = m.model_id
                                  GROUP BY 1) AS g), '{}') AS tags_by_category,
               count(*) AS tag_count
          FROM mlregistry.model_tags mt
          JOIN mlregistry.tags c USING (tag_id)
         WHERE mt.model_id = m.model_id) AS of_model
 WHERE m.deleted_at IS NULL AND p.deleted_at IS NULL AND o.deleted_at IS NULL;
COMMENT ON VIEW mlregistry.v_model_tags IS 'Models, archived ones too, each with its tags';
COMMENT ON COLUMN mlregistry.v_model_tags.model_id IS 'Identifier';
COMMENT ON COLUMN mlregistry.v_model_tags.model_name IS 'Name for references';
COMMENT ON COLUMN mlregistry.v_model_tags.tags IS 'Its tags, sorted';
COMMENT ON COLUMN mlregistry.v_model_tags.tags_by_category IS 'Its tags as an object: category to names; "uncategorized" for those without';
COMMENT ON COLUMN mlregistry.v_model_tags.tag_count IS 'Number of its tags';
COMMENT ON COLUMN mlregistry.v_model_tags.project_id IS 'Project that it belongs to';
COMMENT ON COLUMN mlregistry.v_model_tags.organization_id IS 'Organization that it belongs to';
$migration_script$)
, ('0.3.0', '0.4.0', $migration_script$
-- 0.4.0: ranges. No table changes; two indexes carry what pages and lists of aliases go along.
DROP INDEX mlregistry.unique_model_name;
CREATE UNIQUE INDEX unique_model_name ON mlregistry.models (organization_id, project_id, model_name) INCLUDE (model_id) WHERE deleted_at IS NULL;
DROP INDEX mlregistry.idx_model_aliases_version;
CREATE INDEX idx_model_aliases_version ON mlregistry.model_aliases (version_id, alias);
$migration_script$)
, ('0.4.0', '0.5.0', $migration_script$
-- 0.5.0: users, memberships, keys, grants, the rules of row security, quotas; whoever did something is a user of the database.
CREATE TABLE mlregistry.users (
    user_id uuid DEFAULT pg_catalog.gen_random_uuid() NOT NULL,
    email text NOT NULL,
    first_name text DEFAULT '' NOT NULL,
    last_name text DEFAULT '' NOT NULL,
    avatar_url text,
    db_role name,
    is_active boolean DEFAULT true NOT NULL,
    is_verified boolean DEFAULT false NOT NULL,
    last_login_at timestamptz,
    settings jsonb DEFAULT '{}' NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    updated_by text DEFAULT mlregistry.current_actor() NOT NULL,
    deleted_at timestamptz,
    CONSTRAINT users_pkey PRIMARY KEY (user_id),
    CONSTRAINT valid_email CHECK (mlregistry.is_email(email)),
    CONSTRAINT valid_avatar_url CHECK (mlregistry.is_url(avatar_url)),
    CONSTRAINT settings_is_object CHECK (pg_catalog.jsonb_typeof(settings) = 'object'),
    CONSTRAINT users_json_size CHECK (pg_catalog.pg_column_size(settings) <= 1048576),
    CONSTRAINT users_text_size CHECK (pg_catalog.octet_length(first_name) <= 65536 AND pg_catalog.octet_length(last_name) <= 65536
        AND pg_catalog.octet_length(updated_by) <= 65536)
);
CREATE UNIQUE INDEX users_email_key ON mlregistry.users (lower(email)) WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX users_db_role_key ON mlregistry.users (db_role) WHERE db_role IS NOT NULL AND deleted_at IS NULL;
COMMENT ON TABLE mlregistry.users IS 'People and services, whatever organizations they are members of';
COMMENT ON COLUMN mlregistry.users.user_id IS 'Identifier';
COMMENT ON COLUMN mlregistry.users.email IS 'E-mail address: the name under which the user acts, unique without regard to case among those not deleted';
COMMENT ON COLUMN mlregistry.users.first_name IS 'First name';
COMMENT ON COLUMN mlregistry.users.last_name IS 'Last name';
COMMENT ON COLUMN mlregistry.users.avatar_url IS 'Picture';
COMMENT ON COLUMN mlregistry.users.db_role IS 'Database role whose sessions act as this user; NULL: none';
COMMENT ON COLUMN mlregistry.users.is_active IS 'False: authenticates no more, and keys are refused';
COMMENT ON COLUMN mlregistry.users.is_verified IS 'The e-mail address was confirmed';
COMMENT ON COLUMN mlregistry.users.last_login_at IS 'When the user last logged in to an application';
COMMENT ON COLUMN mlregistry.users.settings IS 'Settings of an application, a JSON object';
COMMENT ON COLUMN mlregistry.users.created_at IS 'When the row was created';
COMMENT ON COLUMN mlregistry.users.updated_at IS 'When the row last changed';
COMMENT ON COLUMN mlregistry.users.updated_by IS 'Who changed it last';
COMMENT ON COLUMN mlregistry.users.deleted_at IS 'When it was deleted; NULL: it is not';
CREATE TRIGGER mlr_30_normalize BEFORE INSERT OR UPDATE ON mlregistry.users FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_normalize('email:email', 'first_name:trim', 'last_name:trim', 'avatar_url:trim');
CREATE TRIGGER mlr_60_touch BEFORE UPDATE ON mlregistry.users FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_touch();
-- Always, here and on all tables of rights: what a session knows of rights must not outlive what a replica changes.
CREATE TRIGGER mlr_95_access AFTER INSERT OR UPDATE OF user_id, email, db_role, is_active, deleted_at OR DELETE ON mlregistry.users
    FOR EACH STATEMENT EXECUTE FUNCTION mlregistry.trg_access_changed();
ALTER TABLE mlregistry.users ENABLE ALWAYS TRIGGER mlr_95_access;

CREATE TABLE mlregistry.user_credentials (
    user_id uuid NOT NULL,
    password_hash text,
    password_changed_at timestamptz,
    updated_at timestamptz DEFAULT now() NOT NULL,
    updated_by text DEFAULT mlregistry.current_actor() NOT NULL,
    CONSTRAINT user_credentials_pkey PRIMARY KEY (user_id),
    CONSTRAINT user_credentials_user_fkey FOREIGN KEY (user_id)
        REFERENCES mlregistry.users (user_id) ON DELETE CASCADE,
    CONSTRAINT user_credentials_text_size CHECK (pg_catalog.octet_length(password_hash) <= 65536
        AND pg_catalog.octet_length(updated_by) <= 65536)
);
COMMENT ON TABLE mlregistry.user_credentials IS 'Hashes of passwords for applications that keep them here: read by nobody but the owner';
COMMENT ON COLUMN mlregistry.user_credentials.user_id IS 'User whose they are';
COMMENT ON COLUMN mlregistry.user_credentials.password_hash IS 'Salted hash as the application writes it; NULL: single sign-on';
COMMENT ON COLUMN mlregistry.user_credentials.password_changed_at IS 'When the password was last changed';
COMMENT ON COLUMN mlregistry.user_credentials.updated_at IS 'When the row last changed';
COMMENT ON COLUMN mlregistry.user_credentials.updated_by IS 'Who changed it last';
CREATE TRIGGER mlr_60_touch BEFORE UPDATE ON mlregistry.user_credentials FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_touch();

CREATE TABLE mlregistry.organization_memberships (
    membership_id uuid DEFAULT pg_catalog.gen_random_uuid() NOT NULL,
    organization_id uuid DEFAULT mlregistry.current_organization_id() NOT NULL,
    user_id uuid NOT NULL,
    role text DEFAULT 'viewer' NOT NULL,
    invited_by text DEFAULT mlregistry.current_actor() NOT NULL,
    invited_by_user uuid,
    joined_at timestamptz DEFAULT now() NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    updated_by text DEFAULT mlregistry.current_actor() NOT NULL,
    CONSTRAINT organization_memberships_pkey PRIMARY KEY (membership_id),
    CONSTRAINT organization_memberships_tenant_key UNIQUE (organization_id, membership_id),
    CONSTRAINT organization_memberships_organization_fkey FOREIGN KEY (organization_id)
        REFERENCES mlregistry.organizations (organization_id) ON DELETE CASCADE,
    CONSTRAINT organization_memberships_user_fkey FOREIGN KEY (user_id)
        REFERENCES mlregistry.users (user_id) ON DELETE CASCADE,
    CONSTRAINT organization_memberships_invited_by_user_fkey FOREIGN KEY (invited_by_user)
        REFERENCES mlregistry.users (user_id) ON DELETE SET NULL (invited_by_user),
    CONSTRAINT unique_membership UNIQUE (organization_id, user_id),
    CONSTRAINT valid_membership_role CHECK (role IN ('admin', 'developer', 'viewer')),
    CONSTRAINT organization_memberships_text_size CHECK (pg_catalog.octet_length(invited_by) <= 65536
        AND pg_catalog.octet_length(updated_by) <= 65536)
);
CREATE INDEX idx_memberships_user ON mlregistry.organization_memberships (user_id);
COMMENT ON TABLE mlregistry.organization_memberships IS 'Members of organizations, and what they may do there';
COMMENT ON COLUMN mlregistry.organization_memberships.membership_id IS 'Identifier';
COMMENT ON COLUMN mlregistry.organization_memberships.organization_id IS 'Organization that the user is a member of';
COMMENT ON COLUMN mlregistry.organization_memberships.user_id IS 'User who is the member';
COMMENT ON COLUMN mlregistry.organization_memberships.role IS 'admin, developer or viewer';
COMMENT ON COLUMN mlregistry.organization_memberships.invited_by IS 'Who made the user a member';
COMMENT ON COLUMN mlregistry.organization_memberships.invited_by_user IS 'The user who did, as the database knows';
COMMENT ON COLUMN mlregistry.organization_memberships.joined_at IS 'Since when the user is a member';
COMMENT ON COLUMN mlregistry.organization_memberships.created_at IS 'When the row was created';
COMMENT ON COLUMN mlregistry.organization_memberships.updated_at IS 'When the row last changed';
COMMENT ON COLUMN mlregistry.organization_memberships.updated_by IS 'Who changed it last';
CREATE TRIGGER mlr_10_keys BEFORE UPDATE ON mlregistry.organization_memberships FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_keys('users', 'user_id');
CREATE TRIGGER mlr_20_actor BEFORE INSERT OR UPDATE ON mlregistry.organization_memberships FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_actor('invited');
CREATE TRIGGER mlr_60_touch BEFORE UPDATE ON mlregistry.organization_memberships FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_touch();
CREATE TRIGGER mlr_70_guard AFTER INSERT OR DELETE OR UPDATE OF role ON mlregistry.organization_memberships FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_guard_members();
CREATE TRIGGER mlr_85_effect AFTER DELETE ON mlregistry.organization_memberships FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_guard_quota('user', 'user_id');
CREATE TRIGGER mlr_95_access AFTER INSERT OR UPDATE OR DELETE ON mlregistry.organization_memberships FOR EACH STATEMENT
    EXECUTE FUNCTION mlregistry.trg_access_changed();
ALTER TABLE mlregistry.organization_memberships ENABLE ALWAYS TRIGGER mlr_95_access;

CREATE TABLE mlregistry.project_members (
    member_id uuid DEFAULT pg_catalog.gen_random_uuid() NOT NULL,
    organization_id uuid DEFAULT mlregistry.current_organization_id() NOT NULL,
    project_id uuid DEFAULT mlregistry.current_project_id() NOT NULL,
    user_id uuid NOT NULL,
    role text DEFAULT 'contributor' NOT NULL,
    added_by text DEFAULT mlregistry.current_actor() NOT NULL,
    added_by_user uuid,
    created_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT project_members_pkey PRIMARY KEY (member_id),
    CONSTRAINT project_members_tenant_key UNIQUE (organization_id, member_id),
    CONSTRAINT project_members_organization_fkey FOREIGN KEY (organization_id)
        REFERENCES mlregistry.organizations (organization_id) ON DELETE CASCADE,
    CONSTRAINT project_members_project_fkey FOREIGN KEY (organization_id, project_id)
        REFERENCES mlregistry.projects (organization_id, project_id) ON DELETE CASCADE,
    CONSTRAINT project_members_membership_fkey FOREIGN KEY (organization_id, user_id)
        REFERENCES mlregistry.organization_memberships (organization_id, user_id) ON DELETE CASCADE,
    CONSTRAINT project_members_user_fkey FOREIGN KEY (user_id)
        REFERENCES mlregistry.users (user_id) ON DELETE CASCADE,
    CONSTRAINT project_members_added_by_user_fkey FOREIGN KEY (added_by_user)
        REFERENCES mlregistry.users (user_id) ON DELETE SET NULL (added_by_user),
    CONSTRAINT unique_project_member UNIQUE (project_id, user_id),
    CONSTRAINT valid_project_role CHECK (role IN ('owner', 'contributor', 'viewer')),
    CONSTRAINT project_members_text_size CHECK (pg_catalog.octet_length(added_by) <= 65536)
);
CREATE INDEX idx_project_members_project ON mlregistry.project_members (project_id);
CREATE INDEX idx_project_members_user ON mlregistry.project_members (user_id);
COMMENT ON TABLE mlregistry.project_members IS 'Members of projects, all of them members of the organization, and what they may do there';
COMMENT ON COLUMN mlregistry.project_members.member_id IS 'Identifier';
COMMENT ON COLUMN mlregistry.project_members.organization_id IS 'Organization of the project';
COMMENT ON COLUMN mlregistry.project_members.project_id IS 'Project that the user is a member of';
COMMENT ON COLUMN mlregistry.project_members.user_id IS 'User who is the member';
COMMENT ON COLUMN mlregistry.project_members.role IS 'owner, contributor or viewer';
COMMENT ON COLUMN mlregistry.project_members.added_by IS 'Who made the user a member';
COMMENT ON COLUMN mlregistry.project_members.added_by_user IS 'The user who did, as the database knows';
COMMENT ON COLUMN mlregistry.project_members.created_at IS 'When the row was created';
CREATE TRIGGER mlr_10_keys BEFORE UPDATE ON mlregistry.project_members FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_keys('users', 'user_id');
CREATE TRIGGER mlr_20_actor BEFORE INSERT OR UPDATE ON mlregistry.project_members FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_actor('added');
CREATE TRIGGER mlr_95_access AFTER INSERT OR UPDATE OR DELETE ON mlregistry.project_members FOR EACH STATEMENT
    EXECUTE FUNCTION mlregistry.trg_access_changed();
ALTER TABLE mlregistry.project_members ENABLE ALWAYS TRIGGER mlr_95_access;

CREATE TABLE mlregistry.api_keys (
    api_key_id uuid DEFAULT pg_catalog.gen_random_uuid() NOT NULL,
    organization_id uuid DEFAULT mlregistry.current_organization_id() NOT NULL,
    user_id uuid NOT NULL,
    name text NOT NULL,
    key_prefix text NOT NULL,
    permissions jsonb DEFAULT '{}' NOT NULL,
    last_used_at timestamptz,
    expires_at timestamptz,
    is_active boolean DEFAULT true NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    created_by text DEFAULT mlregistry.current_actor() NOT NULL,
    created_by_user uuid,
    updated_at timestamptz DEFAULT now() NOT NULL,
    updated_by text DEFAULT mlregistry.current_actor() NOT NULL,
    deleted_at timestamptz,
    CONSTRAINT api_keys_pkey PRIMARY KEY (api_key_id),
    CONSTRAINT api_keys_tenant_key UNIQUE (organization_id, api_key_id),
    CONSTRAINT api_keys_organization_fkey FOREIGN KEY (organization_id)
        REFERENCES mlregistry.organizations (organization_id) ON DELETE CASCADE,
    CONSTRAINT api_keys_membership_fkey FOREIGN KEY (organization_id, user_id)
        REFERENCES mlregistry.organization_memberships (organization_id, user_id) ON DELETE CASCADE,
    CONSTRAINT api_keys_created_by_user_fkey FOREIGN KEY (created_by_user)
        REFERENCES mlregistry.users (user_id) ON DELETE SET NULL (created_by_user),
    CONSTRAINT valid_key_name CHECK (mlregistry.is_valid_label(name)),
    CONSTRAINT valid_key_prefix CHECK (pg_catalog.length(key_prefix) <= 20),
    CONSTRAINT valid_permissions CHECK (mlregistry.is_scopes(permissions)),
    CONSTRAINT api_keys_json_size CHECK (pg_catalog.pg_column_size(permissions) <= 1048576),
    CONSTRAINT api_keys_text_size CHECK (pg_catalog.octet_length(created_by) <= 65536 AND pg_catalog.octet_length(updated_by) <= 65536)
);
CREATE INDEX idx_api_keys_user ON mlregistry.api_keys (user_id);
COMMENT ON TABLE mlregistry.api_keys IS 'Keys by which users authenticate, each for one organization; what it takes to use one is not here';
COMMENT ON COLUMN mlregistry.api_keys.api_key_id IS 'Identifier';
COMMENT ON COLUMN mlregistry.api_keys.organization_id IS 'Organization that it opens';
COMMENT ON COLUMN mlregistry.api_keys.user_id IS 'User who acts by it, a member of the organization';
COMMENT ON COLUMN mlregistry.api_keys.name IS 'Name for people';
COMMENT ON COLUMN mlregistry.api_keys.key_prefix IS 'First characters of the key, to tell it from others';
COMMENT ON COLUMN mlregistry.api_keys.permissions IS 'Scopes and projects that it is restricted to; {}: all that the user may do';
COMMENT ON COLUMN mlregistry.api_keys.last_used_at IS 'When it was last used, to the minute';
COMMENT ON COLUMN mlregistry.api_keys.expires_at IS 'From when on it is refused; NULL: never';
COMMENT ON COLUMN mlregistry.api_keys.is_active IS 'False: it is refused';
COMMENT ON COLUMN mlregistry.api_keys.created_at IS 'When the row was created';
COMMENT ON COLUMN mlregistry.api_keys.created_by IS 'Who created it';
COMMENT ON COLUMN mlregistry.api_keys.created_by_user IS 'The user who created it, as the database knows';
COMMENT ON COLUMN mlregistry.api_keys.updated_at IS 'When the row last changed, its use aside';
COMMENT ON COLUMN mlregistry.api_keys.updated_by IS 'Who changed it last';
COMMENT ON COLUMN mlregistry.api_keys.deleted_at IS 'When it was revoked; NULL: it is not';
CREATE TRIGGER mlr_10_keys BEFORE UPDATE ON mlregistry.api_keys FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_keys('users', 'user_id');
CREATE TRIGGER mlr_20_actor BEFORE INSERT OR UPDATE ON mlregistry.api_keys FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_actor('created');
CREATE TRIGGER mlr_30_normalize BEFORE INSERT OR UPDATE ON mlregistry.api_keys FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_normalize('name:trim');
-- Use is no change: all columns but last_used_at.
CREATE TRIGGER mlr_60_touch BEFORE UPDATE OF api_key_id, organization_id, user_id, name, key_prefix, permissions, expires_at, is_active,
        created_at, created_by, created_by_user, updated_at, updated_by, deleted_at ON mlregistry.api_keys FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_touch();
CREATE TRIGGER mlr_95_access AFTER INSERT OR UPDATE OF api_key_id, organization_id, user_id, permissions, expires_at, is_active, deleted_at
        OR DELETE ON mlregistry.api_keys FOR EACH STATEMENT
    EXECUTE FUNCTION mlregistry.trg_access_changed();
ALTER TABLE mlregistry.api_keys ENABLE ALWAYS TRIGGER mlr_95_access;

CREATE TABLE mlregistry.api_key_secrets (
    api_key_id uuid NOT NULL,
    key_hash text NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT api_key_secrets_pkey PRIMARY KEY (api_key_id),
    CONSTRAINT api_key_secrets_api_key_fkey FOREIGN KEY (api_key_id)
        REFERENCES mlregistry.api_keys (api_key_id) ON DELETE CASCADE,
    CONSTRAINT unique_key_hash UNIQUE (key_hash),
    CONSTRAINT valid_key_hash CHECK (mlregistry.is_sha256(key_hash))
);
COMMENT ON TABLE mlregistry.api_key_secrets IS 'Hashes of keys: read by nobody but the owner';
COMMENT ON COLUMN mlregistry.api_key_secrets.api_key_id IS 'Key whose it is';
COMMENT ON COLUMN mlregistry.api_key_secrets.key_hash IS 'SHA-256 of the key, 64 hexadecimal digits; the key itself is shown once and kept nowhere';
COMMENT ON COLUMN mlregistry.api_key_secrets.created_at IS 'When the row was created';

CREATE TABLE mlregistry.role_access (
    db_role name NOT NULL,
    organization_id uuid NOT NULL,
    level text NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    created_by text DEFAULT mlregistry.current_actor() NOT NULL,
    created_by_user uuid,
    CONSTRAINT role_access_pkey PRIMARY KEY (db_role, organization_id),
    CONSTRAINT role_access_organization_fkey FOREIGN KEY (organization_id)
        REFERENCES mlregistry.organizations (organization_id) ON DELETE CASCADE,
    CONSTRAINT role_access_created_by_user_fkey FOREIGN KEY (created_by_user)
        REFERENCES mlregistry.users (user_id) ON DELETE SET NULL (created_by_user),
    CONSTRAINT valid_access_level CHECK (level IN ('read', 'write', 'admin', 'worker', 'owner')),
    CONSTRAINT role_access_text_size CHECK (pg_catalog.octet_length(created_by) <= 65536)
);
COMMENT ON TABLE mlregistry.role_access IS 'Organizations that database roles may use without a user or a key: written by grant_access()';
COMMENT ON COLUMN mlregistry.role_access.db_role IS 'Database role';
COMMENT ON COLUMN mlregistry.role_access.organization_id IS 'Organization that it may use';
COMMENT ON COLUMN mlregistry.role_access.level IS 'read, write, admin, worker or owner';
COMMENT ON COLUMN mlregistry.role_access.created_at IS 'When the row was created';
COMMENT ON COLUMN mlregistry.role_access.created_by IS 'Who created it';
COMMENT ON COLUMN mlregistry.role_access.created_by_user IS 'The user who created it, as the database knows';
CREATE TRIGGER mlr_10_keys BEFORE UPDATE ON mlregistry.role_access FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_keys();
CREATE TRIGGER mlr_20_actor BEFORE INSERT OR UPDATE ON mlregistry.role_access FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_actor('created');
CREATE TRIGGER mlr_95_access AFTER INSERT OR UPDATE OR DELETE ON mlregistry.role_access FOR EACH STATEMENT
    EXECUTE FUNCTION mlregistry.trg_access_changed();
ALTER TABLE mlregistry.role_access ENABLE ALWAYS TRIGGER mlr_95_access;

CREATE TABLE mlregistry.access_rules (
    table_name text NOT NULL,
    scope text NOT NULL,
    read_role text NOT NULL,
    write_role text NOT NULL,
    key_scope text,
    CONSTRAINT access_rules_pkey PRIMARY KEY (table_name),
    CONSTRAINT valid_access_scope CHECK (scope IN ('project', 'organization', 'self', 'admin', 'owner', 'global')),
    CONSTRAINT valid_read_role CHECK (read_role IN ('viewer', 'developer', 'contributor', 'admin', 'owner')),
    CONSTRAINT valid_write_role CHECK (write_role IN ('viewer', 'developer', 'contributor', 'admin', 'owner')),
    CONSTRAINT valid_key_scope CHECK (key_scope IN ('models', 'versions', 'datasets', 'runs', 'deployments', 'approvals', 'monitoring',
        'admin', 'names'))
);
COMMENT ON TABLE mlregistry.access_rules IS 'Who may read and write which table: row-security policies are made from it by apply_access_rules()';
COMMENT ON COLUMN mlregistry.access_rules.table_name IS 'Table of the registry';
COMMENT ON COLUMN mlregistry.access_rules.scope IS 'What a row belongs to: project, organization, self (a user), admin, owner or global';
COMMENT ON COLUMN mlregistry.access_rules.read_role IS 'Least role that reads: viewer, developer, contributor, admin or owner (of the tables)';
COMMENT ON COLUMN mlregistry.access_rules.write_role IS 'Least role that writes: viewer, developer, contributor, admin or owner (of the tables)';
COMMENT ON COLUMN mlregistry.access_rules.key_scope IS 'Scope that opens it to a key; NULL: any key';

CREATE TABLE mlregistry.resource_quotas (
    quota_id uuid DEFAULT pg_catalog.gen_random_uuid() NOT NULL,
    organization_id uuid DEFAULT mlregistry.current_organization_id() NOT NULL,
    scope text NOT NULL,
    scope_id uuid,
    period text DEFAULT 'month' NOT NULL,
    gpu_hours_limit numeric(12,2),
    cost_limit_usd numeric(12,2),
    enforcement text DEFAULT 'warn' NOT NULL,
    is_active boolean DEFAULT true NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    created_by text DEFAULT mlregistry.current_actor() NOT NULL,
    created_by_user uuid,
    updated_at timestamptz DEFAULT now() NOT NULL,
    updated_by text DEFAULT mlregistry.current_actor() NOT NULL,
    CONSTRAINT resource_quotas_pkey PRIMARY KEY (quota_id),
    CONSTRAINT resource_quotas_tenant_key UNIQUE (organization_id, quota_id),
    CONSTRAINT resource_quotas_organization_fkey FOREIGN KEY (organization_id)
        REFERENCES mlregistry.organizations (organization_id) ON DELETE CASCADE,
    CONSTRAINT resource_quotas_created_by_user_fkey FOREIGN KEY (created_by_user)
        REFERENCES mlregistry.users (user_id) ON DELETE SET NULL (created_by_user),
    CONSTRAINT valid_quota_scope CHECK (scope IN ('organization', 'project', 'team', 'user')
        AND (scope = 'organization') = (scope_id IS NULL)),
    CONSTRAINT valid_quota_period CHECK (period IN ('day', 'week', 'month')),
    CONSTRAINT valid_quota_limit CHECK ((gpu_hours_limit IS NOT NULL OR cost_limit_usd IS NOT NULL)
        AND gpu_hours_limit >= 0 AND gpu_hours_limit < 'NaN' AND cost_limit_usd >= 0 AND cost_limit_usd < 'NaN'),
    CONSTRAINT valid_enforcement CHECK (enforcement IN ('warn', 'refuse')),
    CONSTRAINT resource_quotas_text_size CHECK (pg_catalog.octet_length(created_by) <= 65536 AND pg_catalog.octet_length(updated_by) <= 65536)
);
CREATE UNIQUE INDEX unique_quota ON mlregistry.resource_quotas (organization_id, scope, scope_id, period) NULLS NOT DISTINCT;
COMMENT ON TABLE mlregistry.resource_quotas IS 'How much of GPU time and money an organization, a project, a team or a user may use in a day, a week or a month of the UTC calendar';
COMMENT ON COLUMN mlregistry.resource_quotas.quota_id IS 'Identifier';
COMMENT ON COLUMN mlregistry.resource_quotas.organization_id IS 'Organization that it belongs to';
COMMENT ON COLUMN mlregistry.resource_quotas.scope IS 'organization, project, team or user';
COMMENT ON COLUMN mlregistry.resource_quotas.scope_id IS 'That project, team or user; NULL exactly for the organization';
COMMENT ON COLUMN mlregistry.resource_quotas.period IS 'day, week or month';
COMMENT ON COLUMN mlregistry.resource_quotas.gpu_hours_limit IS 'Most GPU hours in a period; NULL: no limit';
COMMENT ON COLUMN mlregistry.resource_quotas.cost_limit_usd IS 'Most US dollars in a period; NULL: no limit';
COMMENT ON COLUMN mlregistry.resource_quotas.enforcement IS 'warn or refuse';
COMMENT ON COLUMN mlregistry.resource_quotas.is_active IS 'False: it is not looked at';
COMMENT ON COLUMN mlregistry.resource_quotas.created_at IS 'When the row was created';
COMMENT ON COLUMN mlregistry.resource_quotas.created_by IS 'Who created it';
COMMENT ON COLUMN mlregistry.resource_quotas.created_by_user IS 'The user who created it, as the database knows';
COMMENT ON COLUMN mlregistry.resource_quotas.updated_at IS 'When the row last changed';
COMMENT ON COLUMN mlregistry.resource_quotas.updated_by IS 'Who changed it last';
CREATE TRIGGER mlr_10_keys BEFORE UPDATE ON mlregistry.resource_quotas FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_keys();
CREATE TRIGGER mlr_20_actor BEFORE INSERT OR UPDATE ON mlregistry.resource_quotas FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_actor('created');
CREATE TRIGGER mlr_60_touch BEFORE UPDATE ON mlregistry.resource_quotas FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_touch();
CREATE TRIGGER mlr_70_guard AFTER INSERT OR UPDATE OF scope, scope_id ON mlregistry.resource_quotas FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_guard_quota();

CREATE TRIGGER mlr_95_access AFTER INSERT OR UPDATE OR DELETE ON mlregistry.organizations FOR EACH STATEMENT
    EXECUTE FUNCTION mlregistry.trg_access_changed();
ALTER TABLE mlregistry.organizations ENABLE ALWAYS TRIGGER mlr_95_access;
CREATE TRIGGER mlr_85_effect AFTER DELETE ON mlregistry.projects FOR EACH ROW EXECUTE FUNCTION mlregistry.trg_guard_quota('project', 'project_id');
CREATE TRIGGER mlr_95_access AFTER INSERT OR UPDATE OR DELETE ON mlregistry.projects FOR EACH STATEMENT
    EXECUTE FUNCTION mlregistry.trg_access_changed();
ALTER TABLE mlregistry.projects ENABLE ALWAYS TRIGGER mlr_95_access;
CREATE TRIGGER mlr_85_effect AFTER DELETE ON mlregistry.teams FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_guard_quota('team', 'team_id');
CREATE TRIGGER mlr_70_guard AFTER INSERT OR UPDATE OF deleted_at ON mlregistry.models FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_guard_models();

-- Until now nobody was a user: whatever came past the triggers into these columns names none. Without triggers, because that is
-- no change of the rows, and in the name of the owner of the tables, to whom the new ones are given.
SELECT mlregistry.set_registry_owner(mlregistry.registry_owner());
DO $migration$
DECLARE
    role_before text := pg_catalog.current_setting('session_replication_role');
BEGIN
    PERFORM pg_catalog.set_config('session_replication_role', 'replica', true);
    PERFORM mlregistry.run_detached($rows$
        UPDATE mlregistry.organizations SET created_by_user = NULL WHERE created_by_user IS NOT NULL;
        UPDATE mlregistry.projects SET created_by_user = NULL WHERE created_by_user IS NOT NULL;
        UPDATE mlregistry.teams SET created_by_user = NULL WHERE created_by_user IS NOT NULL;
        UPDATE mlregistry.tags SET created_by_user = NULL WHERE created_by_user IS NOT NULL;
        UPDATE mlregistry.models SET created_by_user = NULL WHERE created_by_user IS NOT NULL;
        UPDATE mlregistry.model_versions SET registered_by_user = NULL, validated_by_user = NULL, created_by_user = NULL
         WHERE registered_by_user IS NOT NULL OR validated_by_user IS NOT NULL OR created_by_user IS NOT NULL;
        UPDATE mlregistry.model_aliases SET set_by_user = NULL WHERE set_by_user IS NOT NULL;
        UPDATE mlregistry.version_signatures SET created_by_user = NULL WHERE created_by_user IS NOT NULL;
        UPDATE mlregistry.datasets SET created_by_user = NULL WHERE created_by_user IS NOT NULL;
        UPDATE mlregistry.model_tags SET added_by_user = NULL WHERE added_by_user IS NOT NULL;
        UPDATE mlregistry.version_tags SET added_by_user = NULL WHERE added_by_user IS NOT NULL;
        UPDATE mlregistry.dataset_tags SET added_by_user = NULL WHERE added_by_user IS NOT NULL;
        UPDATE mlregistry.model_metrics SET recorded_by_user = NULL WHERE recorded_by_user IS NOT NULL;
        UPDATE mlregistry.alias_history SET set_by_user = NULL WHERE set_by_user IS NOT NULL;
    $rows$, mlregistry.registry_owner());
    PERFORM pg_catalog.set_config('session_replication_role', role_before, true);
END
$migration$;

ALTER TABLE mlregistry.organizations ADD CONSTRAINT organizations_created_by_user_fkey FOREIGN KEY (created_by_user)
    REFERENCES mlregistry.users (user_id) ON DELETE SET NULL (created_by_user) NOT VALID;
ALTER TABLE mlregistry.projects ADD CONSTRAINT projects_created_by_user_fkey FOREIGN KEY (created_by_user)
    REFERENCES mlregistry.users (user_id) ON DELETE SET NULL (created_by_user) NOT VALID;
ALTER TABLE mlregistry.teams ADD CONSTRAINT teams_created_by_user_fkey FOREIGN KEY (created_by_user)
    REFERENCES mlregistry.users (user_id) ON DELETE SET NULL (created_by_user) NOT VALID;
ALTER TABLE mlregistry.tags ADD CONSTRAINT tags_created_by_user_fkey FOREIGN KEY (created_by_user)
    REFERENCES mlregistry.users (user_id) ON DELETE SET NULL (created_by_user) NOT VALID;
ALTER TABLE mlregistry.models ADD CONSTRAINT models_created_by_user_fkey FOREIGN KEY (created_by_user)
    REFERENCES mlregistry.users (user_id) ON DELETE SET NULL (created_by_user) NOT VALID;
ALTER TABLE mlregistry.model_versions ADD CONSTRAINT model_versions_registered_by_user_fkey FOREIGN KEY (registered_by_user)
    REFERENCES mlregistry.users (user_id) ON DELETE SET NULL (registered_by_user) NOT VALID;
ALTER TABLE mlregistry.model_versions ADD CONSTRAINT model_versions_validated_by_user_fkey FOREIGN KEY (validated_by_user)
    REFERENCES mlregistry.users (user_id) ON DELETE SET NULL (validated_by_user) NOT VALID;
ALTER TABLE mlregistry.model_versions ADD CONSTRAINT model_versions_created_by_user_fkey FOREIGN KEY (created_by_user)
    REFERENCES mlregistry.users (user_id) ON DELETE SET NULL (created_by_user) NOT VALID;
ALTER TABLE mlregistry.model_aliases ADD CONSTRAINT model_aliases_set_by_user_fkey FOREIGN KEY (set_by_user)
    REFERENCES mlregistry.users (user_id) ON DELETE SET NULL (set_by_user) NOT VALID;
ALTER TABLE mlregistry.version_signatures ADD CONSTRAINT version_signatures_created_by_user_fkey FOREIGN KEY (created_by_user)
    REFERENCES mlregistry.users (user_id) ON DELETE SET NULL (created_by_user) NOT VALID;
ALTER TABLE mlregistry.datasets ADD CONSTRAINT datasets_created_by_user_fkey FOREIGN KEY (created_by_user)
    REFERENCES mlregistry.users (user_id) ON DELETE SET NULL (created_by_user) NOT VALID;
ALTER TABLE mlregistry.model_tags ADD CONSTRAINT model_tags_added_by_user_fkey FOREIGN KEY (added_by_user)
    REFERENCES mlregistry.users (user_id) ON DELETE SET NULL (added_by_user) NOT VALID;
ALTER TABLE mlregistry.version_tags ADD CONSTRAINT version_tags_added_by_user_fkey FOREIGN KEY (added_by_user)
    REFERENCES mlregistry.users (user_id) ON DELETE SET NULL (added_by_user) NOT VALID;
ALTER TABLE mlregistry.dataset_tags ADD CONSTRAINT dataset_tags_added_by_user_fkey FOREIGN KEY (added_by_user)
    REFERENCES mlregistry.users (user_id) ON DELETE SET NULL (added_by_user) NOT VALID;
ALTER TABLE mlregistry.model_metrics ADD CONSTRAINT model_metrics_recorded_by_user_fkey FOREIGN KEY (recorded_by_user)
    REFERENCES mlregistry.users (user_id) ON DELETE SET NULL (recorded_by_user) NOT VALID;
ALTER TABLE mlregistry.alias_history ADD CONSTRAINT alias_history_set_by_user_fkey FOREIGN KEY (set_by_user)
    REFERENCES mlregistry.users (user_id) ON DELETE SET NULL (set_by_user) NOT VALID;
ALTER TABLE mlregistry.organizations VALIDATE CONSTRAINT organizations_created_by_user_fkey;
ALTER TABLE mlregistry.projects VALIDATE CONSTRAINT projects_created_by_user_fkey;
ALTER TABLE mlregistry.teams VALIDATE CONSTRAINT teams_created_by_user_fkey;
ALTER TABLE mlregistry.tags VALIDATE CONSTRAINT tags_created_by_user_fkey;
ALTER TABLE mlregistry.models VALIDATE CONSTRAINT models_created_by_user_fkey;
ALTER TABLE mlregistry.model_versions VALIDATE CONSTRAINT model_versions_registered_by_user_fkey;
ALTER TABLE mlregistry.model_versions VALIDATE CONSTRAINT model_versions_validated_by_user_fkey;
ALTER TABLE mlregistry.model_versions VALIDATE CONSTRAINT model_versions_created_by_user_fkey;
ALTER TABLE mlregistry.model_aliases VALIDATE CONSTRAINT model_aliases_set_by_user_fkey;
ALTER TABLE mlregistry.version_signatures VALIDATE CONSTRAINT version_signatures_created_by_user_fkey;
ALTER TABLE mlregistry.datasets VALIDATE CONSTRAINT datasets_created_by_user_fkey;
ALTER TABLE mlregistry.model_tags VALIDATE CONSTRAINT model_tags_added_by_user_fkey;
ALTER TABLE mlregistry.version_tags VALIDATE CONSTRAINT version_tags_added_by_user_fkey;
ALTER TABLE mlregistry.dataset_tags VALIDATE CONSTRAINT dataset_tags_added_by_user_fkey;
ALTER TABLE mlregistry.model_metrics VALIDATE CONSTRAINT model_metrics_recorded_by_user_fkey;
ALTER TABLE mlregistry.alias_history VALIDATE CONSTRAINT alias_history_set_by_user_fkey;

-- A dataset of another project must be one that may be read.
DROP TRIGGER mlr_10_keys ON mlregistry.model_metrics;
CREATE TRIGGER mlr_10_keys BEFORE INSERT OR UPDATE ON mlregistry.model_metrics FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_keys('model_versions', 'version_id', 'datasets', 'dataset_id');
$migration_script$)
, ('0.5.0', '0.6.0', $migration_script$
-- 0.6.0: the audit trail. Partitions and triggers of the other tables are made by migrate().
CREATE TABLE mlregistry.audit_logs (
    created_at timestamptz DEFAULT pg_catalog.clock_timestamp() NOT NULL,
    txid xid8 DEFAULT pg_catalog.pg_current_xact_id() NOT NULL,
    system_identifier bigint NOT NULL,
    log_id uuid DEFAULT pg_catalog.gen_random_uuid() NOT NULL,
    organization_id uuid NOT NULL,
    project_id uuid,
    subject_id uuid,
    entity_id uuid,
    user_id uuid,
    api_key_id uuid,
    format smallint DEFAULT 1 NOT NULL,
    actor text NOT NULL,
    db_role text NOT NULL,
    action text NOT NULL,
    entity_type text NOT NULL,
    entity_name text,
    -- json, not jsonb: what is hashed must stay as it is, byte for byte.
    changes json,
    details json,
    reason text,
    ip_address inet,
    application_name text,
    user_agent text,
    salt bytea,
    payload_hash bytea,
    erased_at timestamptz,
    leaf_hash bytea NOT NULL,
    -- No CHECK: each statement that is audited would read and plan it anew. What the rows say is in leaf_hash.
    CONSTRAINT audit_logs_pkey PRIMARY KEY (organization_id, created_at, log_id)
) PARTITION BY RANGE (created_at);
CREATE INDEX idx_audit_subject ON mlregistry.audit_logs (subject_id, created_at);
CREATE INDEX idx_audit_actor ON mlregistry.audit_logs (actor, created_at);
CREATE INDEX idx_audit_user ON mlregistry.audit_logs (user_id, created_at) WHERE user_id IS NOT NULL;
-- Finds what is gone by its name.
CREATE INDEX idx_audit_removed ON mlregistry.audit_logs (organization_id, entity_name)
    WHERE action IN ('model.delete', 'dataset.delete');
COMMENT ON TABLE mlregistry.audit_logs IS 'Audit trail: who changed what, when, as whom; one partition a month; append-only';
COMMENT ON COLUMN mlregistry.audit_logs.created_at IS 'When it happened, by the clock';
COMMENT ON COLUMN mlregistry.audit_logs.txid IS 'Transaction that did it';
COMMENT ON COLUMN mlregistry.audit_logs.system_identifier IS 'Cluster that wrote the row, which txid is of';
COMMENT ON COLUMN mlregistry.audit_logs.log_id IS 'Identifier: a UUIDv7 of created_at';
COMMENT ON COLUMN mlregistry.audit_logs.organization_id IS 'Organization that it happened in; all zero: what belongs to none';
COMMENT ON COLUMN mlregistry.audit_logs.project_id IS 'Project that it happened in, if any';
COMMENT ON COLUMN mlregistry.audit_logs.subject_id IS 'What the row is found under: the model, the dataset, the user';
COMMENT ON COLUMN mlregistry.audit_logs.entity_id IS 'Key of the row that changed';
COMMENT ON COLUMN mlregistry.audit_logs.user_id IS 'The user who did it, as the database knows';
COMMENT ON COLUMN mlregistry.audit_logs.api_key_id IS 'The API key that the user came with';
COMMENT ON COLUMN mlregistry.audit_logs.format IS 'Version of the bytes that are hashed';
COMMENT ON COLUMN mlregistry.audit_logs.actor IS 'Who did it: e-mail of the user, else the database role';
COMMENT ON COLUMN mlregistry.audit_logs.db_role IS 'Database role that had logged in';
COMMENT ON COLUMN mlregistry.audit_logs.action IS 'What was done: entity.verb';
COMMENT ON COLUMN mlregistry.audit_logs.entity_type IS 'Kind of what changed';
COMMENT ON COLUMN mlregistry.audit_logs.entity_name IS 'Name of what changed, as it was called then';
COMMENT ON COLUMN mlregistry.audit_logs.changes IS 'What changed: {column: [old, new]}';
COMMENT ON COLUMN mlregistry.audit_logs.details IS 'What else there is to tell, by audit_note()';
COMMENT ON COLUMN mlregistry.audit_logs.reason IS 'Why, as whoever did it said';
COMMENT ON COLUMN mlregistry.audit_logs.ip_address IS 'Address that the client came from';
COMMENT ON COLUMN mlregistry.audit_logs.application_name IS 'application_name of the session';
COMMENT ON COLUMN mlregistry.audit_logs.user_agent IS 'What the client said it was';
COMMENT ON COLUMN mlregistry.audit_logs.salt IS 'Random bytes that go into the hash of the payload; gone with it';
COMMENT ON COLUMN mlregistry.audit_logs.payload_hash IS 'SHA-256 of salt and payload, once the payload was erased; before, it follows from the row';
COMMENT ON COLUMN mlregistry.audit_logs.erased_at IS 'When the payload was erased; NULL: it is there';
COMMENT ON COLUMN mlregistry.audit_logs.leaf_hash IS 'Hash of the row, the leaf of the Merkle tree';
CREATE TRIGGER mlr_05_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON mlregistry.audit_logs FOR EACH STATEMENT
    EXECUTE FUNCTION mlregistry.trg_append_only();
$migration_script$)
, ('0.6.0', '0.7.0', $migration_script$
-- 0.7.0: experiments and training runs. Partitions, rules of access and triggers of the audit trail are made by migrate().

CREATE TABLE mlregistry.experiments (
    experiment_id uuid DEFAULT pg_catalog.gen_random_uuid() NOT NULL,
    organization_id uuid DEFAULT mlregistry.current_organization_id() NOT NULL,
    project_id uuid DEFAULT mlregistry.current_project_id() NOT NULL,
    model_id uuid,
    experiment_name text NOT NULL,
    description text,
    status text DEFAULT 'running' NOT NULL,
    config jsonb DEFAULT '{}' NOT NULL,
    allow_repeat_runs boolean DEFAULT true NOT NULL,
    last_run_number integer DEFAULT 0 NOT NULL,
    started_at timestamptz DEFAULT now() NOT NULL,
    completed_at timestamptz,
    created_at timestamptz DEFAULT now() NOT NULL,
    created_by text DEFAULT mlregistry.current_actor() NOT NULL,
    created_by_user uuid,
    updated_at timestamptz DEFAULT now() NOT NULL,
    updated_by text DEFAULT mlregistry.current_actor() NOT NULL,
    deleted_at timestamptz,
    CONSTRAINT experiments_pkey PRIMARY KEY (experiment_id),
    CONSTRAINT experiments_tenant_key UNIQUE (organization_id, experiment_id),
    CONSTRAINT experiments_organization_fkey FOREIGN KEY (organization_id)
        REFERENCES mlregistry.organizations (organization_id) ON DELETE CASCADE,
    CONSTRAINT experiments_project_fkey FOREIGN KEY (organization_id, project_id)
        REFERENCES mlregistry.projects (organization_id, project_id) ON DELETE CASCADE,
    CONSTRAINT experiments_model_fkey FOREIGN KEY (organization_id, model_id)
        REFERENCES mlregistry.models (organization_id, model_id) ON DELETE SET NULL (model_id),
    CONSTRAINT experiments_created_by_user_fkey FOREIGN KEY (created_by_user)
        REFERENCES mlregistry.users (user_id) ON DELETE SET NULL (created_by_user),
    CONSTRAINT valid_experiment_name CHECK (mlregistry.is_valid_label(experiment_name)),
    CONSTRAINT valid_experiment_status CHECK (status IN ('running', 'completed', 'failed', 'cancelled')),
    CONSTRAINT valid_last_run_number CHECK (last_run_number >= 0),
    CONSTRAINT experiment_time_order CHECK (completed_at >= started_at),
    CONSTRAINT finite_times CHECK (pg_catalog.isfinite(started_at) AND pg_catalog.isfinite(completed_at)),
    CONSTRAINT experiment_completion CHECK ((status = 'running') = (completed_at IS NULL)),
    CONSTRAINT config_is_object CHECK (pg_catalog.jsonb_typeof(config) = 'object'),
    CONSTRAINT experiments_json_size CHECK (pg_catalog.pg_column_size(config) <= 1048576),
    CONSTRAINT experiments_text_size CHECK (pg_catalog.octet_length(description) <= 65536
        AND pg_catalog.octet_length(created_by) <= 65536 AND pg_catalog.octet_length(updated_by) <= 65536)
);
CREATE UNIQUE INDEX unique_experiment_name ON mlregistry.experiments (organization_id, project_id, experiment_name) WHERE deleted_at IS NULL;
CREATE INDEX idx_experiments_model ON mlregistry.experiments (model_id);
CREATE INDEX idx_experiments_project ON mlregistry.experiments (project_id);
CREATE INDEX idx_experiments_search ON mlregistry.experiments
    USING gin (to_tsvector({{fts_language}}, experiment_name || ' ' || coalesce(description, '')));
COMMENT ON TABLE mlregistry.experiments IS 'Experiments: runs that belong together';
COMMENT ON COLUMN mlregistry.experiments.experiment_id IS 'Identifier';
COMMENT ON COLUMN mlregistry.experiments.organization_id IS 'Organization that it belongs to';
COMMENT ON COLUMN mlregistry.experiments.project_id IS 'Project that it belongs to';
COMMENT ON COLUMN mlregistry.experiments.model_id IS 'Model that it is about';
COMMENT ON COLUMN mlregistry.experiments.experiment_name IS 'Name, unique in its project among those not deleted';
COMMENT ON COLUMN mlregistry.experiments.description IS 'What it is to find out';
COMMENT ON COLUMN mlregistry.experiments.status IS 'running, completed, failed or cancelled';
COMMENT ON COLUMN mlregistry.experiments.config IS 'What its runs have in common, a JSON object';
COMMENT ON COLUMN mlregistry.experiments.allow_repeat_runs IS 'False: runs that are added from now on are one a day for each model and dataset';
COMMENT ON COLUMN mlregistry.experiments.last_run_number IS 'Highest number of its runs so far';
COMMENT ON COLUMN mlregistry.experiments.started_at IS 'When it began';
COMMENT ON COLUMN mlregistry.experiments.completed_at IS 'When it ended, however it did; NULL exactly while it is running';
COMMENT ON COLUMN mlregistry.experiments.created_at IS 'When the row was created';
COMMENT ON COLUMN mlregistry.experiments.created_by IS 'Who created it';
COMMENT ON COLUMN mlregistry.experiments.created_by_user IS 'The user who created it, as the database knows';
COMMENT ON COLUMN mlregistry.experiments.updated_at IS 'When the row last changed';
COMMENT ON COLUMN mlregistry.experiments.updated_by IS 'Who changed it last';
COMMENT ON COLUMN mlregistry.experiments.deleted_at IS 'When it was deleted; NULL: it is not';
CREATE TRIGGER mlr_10_keys BEFORE INSERT OR UPDATE ON mlregistry.experiments FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_keys('', '', 'models', 'model_id');
CREATE TRIGGER mlr_20_actor BEFORE INSERT OR UPDATE ON mlregistry.experiments FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_actor('created');
CREATE TRIGGER mlr_30_normalize BEFORE INSERT OR UPDATE ON mlregistry.experiments FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_normalize('experiment_name:trim');
CREATE TRIGGER mlr_35_derive BEFORE INSERT OR UPDATE ON mlregistry.experiments FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_derive_experiment();
CREATE TRIGGER mlr_40_state BEFORE UPDATE OF status ON mlregistry.experiments FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_state('experiment', 'status');
-- The number of its last run is no change of it.
CREATE TRIGGER mlr_60_touch BEFORE UPDATE OF experiment_id, organization_id, project_id, model_id, experiment_name, description, status, config,
        allow_repeat_runs, started_at, completed_at, created_at, created_by, created_by_user, updated_at, updated_by, deleted_at
        ON mlregistry.experiments FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_touch();

CREATE TABLE mlregistry.training_runs (
    run_id uuid DEFAULT pg_catalog.gen_random_uuid() NOT NULL,
    organization_id uuid DEFAULT mlregistry.current_organization_id() NOT NULL,
    project_id uuid DEFAULT mlregistry.current_project_id() NOT NULL,
    experiment_id uuid NOT NULL,
    model_id uuid,
    dataset_id uuid,
    version_id uuid,
    parent_run_id uuid,
    run_name text,
    run_number integer NOT NULL,
    status text DEFAULT 'queued' NOT NULL,
    framework text,
    accuracy numeric(5,4),
    precision_score numeric(5,4),
    recall_score numeric(5,4),
    f1_score numeric(5,4),
    auc_roc numeric(5,4),
    loss numeric(12,6),
    custom_metrics jsonb DEFAULT '{}' NOT NULL,
    hyperparameters jsonb DEFAULT '{}' NOT NULL,
    environment jsonb DEFAULT '{}' NOT NULL,
    compute_target text,
    instance_type text,
    gpu_count integer DEFAULT 0 NOT NULL,
    gpu_type text,
    gpu_hours numeric(10,2) DEFAULT 0 NOT NULL,
    cpu_hours numeric(10,2) DEFAULT 0 NOT NULL,
    memory_gb numeric(10,2),
    estimated_cost_usd numeric(12,2),
    queued_at timestamptz NOT NULL,
    started_at timestamptz,
    completed_at timestamptz,
    duration_seconds numeric(12,3),
    exit_code integer,
    started_by text DEFAULT mlregistry.current_actor() NOT NULL,
    started_by_user uuid,
    logs_uri text,
    tensorboard_uri text,
    checkpoint_uri text,
    artifacts_uri text,
    artifacts jsonb DEFAULT '{}' NOT NULL,
    notes text,
    error_message text,
    once_per_day boolean DEFAULT false NOT NULL,
    run_day date GENERATED ALWAYS AS ((queued_at AT TIME ZONE 'UTC')::date) STORED,
    source_run_id text,
    created_at timestamptz DEFAULT now() NOT NULL,
    created_by text DEFAULT mlregistry.current_actor() NOT NULL,
    created_by_user uuid,
    updated_at timestamptz DEFAULT now() NOT NULL,
    updated_by text DEFAULT mlregistry.current_actor() NOT NULL,
    deleted_at timestamptz,
    CONSTRAINT training_runs_pkey PRIMARY KEY (run_id),
    CONSTRAINT training_runs_tenant_key UNIQUE (organization_id, run_id),
    CONSTRAINT training_runs_organization_fkey FOREIGN KEY (organization_id)
        REFERENCES mlregistry.organizations (organization_id) ON DELETE CASCADE,
    CONSTRAINT training_runs_project_fkey FOREIGN KEY (organization_id, project_id)
        REFERENCES mlregistry.projects (organization_id, project_id) ON DELETE CASCADE,
    CONSTRAINT training_runs_experiment_fkey FOREIGN KEY (organization_id, experiment_id)
        REFERENCES mlregistry.experiments (organization_id, experiment_id) ON DELETE CASCADE,
    CONSTRAINT training_runs_model_fkey FOREIGN KEY (organization_id, model_id)
        REFERENCES mlregistry.models (organization_id, model_id) ON DELETE SET NULL (model_id),
    CONSTRAINT training_runs_dataset_fkey FOREIGN KEY (organization_id, dataset_id)
        REFERENCES mlregistry.datasets (organization_id, dataset_id) ON DELETE NO ACTION,
    CONSTRAINT training_runs_version_fkey FOREIGN KEY (organization_id, version_id)
        REFERENCES mlregistry.model_versions (organization_id, version_id) ON DELETE SET NULL (version_id),
    CONSTRAINT training_runs_parent_fkey FOREIGN KEY (organization_id, parent_run_id)
        REFERENCES mlregistry.training_runs (organization_id, run_id) ON DELETE SET NULL (parent_run_id),
    CONSTRAINT valid_framework FOREIGN KEY (framework)
        REFERENCES mlregistry.frameworks (name) ON UPDATE CASCADE ON DELETE NO ACTION,
    CONSTRAINT training_runs_started_by_user_fkey FOREIGN KEY (started_by_user)
        REFERENCES mlregistry.users (user_id) ON DELETE SET NULL (started_by_user),
    CONSTRAINT training_runs_created_by_user_fkey FOREIGN KEY (created_by_user)
        REFERENCES mlregistry.users (user_id) ON DELETE SET NULL (created_by_user),
    CONSTRAINT valid_run_name CHECK (mlregistry.is_valid_label(run_name)),
    CONSTRAINT valid_run_number CHECK (run_number > 0),
    CONSTRAINT valid_run_status CHECK (status IN ('queued', 'running', 'succeeded', 'failed', 'cancelled', 'timeout')),
    CONSTRAINT valid_accuracy CHECK (mlregistry.is_score(accuracy)),
    CONSTRAINT valid_precision CHECK (mlregistry.is_score(precision_score)),
    CONSTRAINT valid_recall CHECK (mlregistry.is_score(recall_score)),
    CONSTRAINT valid_f1 CHECK (mlregistry.is_score(f1_score)),
    CONSTRAINT valid_auc_roc CHECK (mlregistry.is_score(auc_roc)),
    CONSTRAINT valid_gpu_count CHECK (gpu_count >= 0),
    CONSTRAINT valid_gpu_hours CHECK (gpu_hours >= 0 AND gpu_hours < 'NaN'),
    CONSTRAINT valid_cpu_hours CHECK (cpu_hours >= 0 AND cpu_hours < 'NaN'),
    CONSTRAINT valid_memory CHECK (memory_gb >= 0 AND memory_gb < 'NaN'),
    CONSTRAINT valid_cost CHECK (estimated_cost_usd >= 0 AND estimated_cost_usd < 'NaN'),
    CONSTRAINT valid_duration CHECK (duration_seconds >= 0 AND duration_seconds < 'NaN'),
    -- An unknown status breaks valid_run_status only.
    CONSTRAINT completed_timestamp CHECK (CASE WHEN status IN ('queued', 'running') THEN completed_at IS NULL
        WHEN status IN ('succeeded', 'failed', 'cancelled', 'timeout') THEN completed_at IS NOT NULL END),
    CONSTRAINT started_timestamp CHECK (CASE WHEN status = 'queued' THEN started_at IS NULL
        WHEN status IN ('running', 'succeeded') THEN started_at IS NOT NULL END),
    CONSTRAINT time_order CHECK (queued_at <= started_at AND started_at <= completed_at AND queued_at <= completed_at),
    CONSTRAINT finite_times CHECK (pg_catalog.isfinite(queued_at) AND pg_catalog.isfinite(started_at) AND pg_catalog.isfinite(completed_at)),
    CONSTRAINT no_self_parent CHECK (parent_run_id <> run_id),
    CONSTRAINT valid_logs_uri CHECK (mlregistry.is_artifact_uri(logs_uri)),
    CONSTRAINT valid_tensorboard_uri CHECK (mlregistry.is_artifact_uri(tensorboard_uri)),
    CONSTRAINT valid_checkpoint_uri CHECK (mlregistry.is_artifact_uri(checkpoint_uri)),
    CONSTRAINT valid_artifacts_uri CHECK (mlregistry.is_artifact_uri(artifacts_uri)),
    CONSTRAINT custom_metrics_is_object CHECK (pg_catalog.jsonb_typeof(custom_metrics) = 'object'),
    CONSTRAINT hyperparameters_is_object CHECK (pg_catalog.jsonb_typeof(hyperparameters) = 'object'),
    CONSTRAINT environment_is_object CHECK (pg_catalog.jsonb_typeof(environment) = 'object'),
    CONSTRAINT artifacts_is_object CHECK (pg_catalog.jsonb_typeof(artifacts) = 'object'),
    CONSTRAINT training_runs_json_size CHECK (pg_catalog.pg_column_size(custom_metrics) <= 1048576
        AND pg_catalog.pg_column_size(hyperparameters) <= 1048576
        AND pg_catalog.pg_column_size(environment) <= 1048576
        AND pg_catalog.pg_column_size(artifacts) <= 1048576),
    CONSTRAINT training_runs_text_size CHECK (pg_catalog.octet_length(compute_target) <= 65536
        AND pg_catalog.octet_length(instance_type) <= 65536
        AND pg_catalog.octet_length(gpu_type) <= 65536
        AND pg_catalog.octet_length(notes) <= 65536
        AND pg_catalog.octet_length(error_message) <= 65536
        AND pg_catalog.octet_length(source_run_id) <= 65536
        AND pg_catalog.octet_length(started_by) <= 65536
        AND pg_catalog.octet_length(created_by) <= 65536 AND pg_catalog.octet_length(updated_by) <= 65536)
);
CREATE UNIQUE INDEX unique_run_number ON mlregistry.training_runs (experiment_id, run_number);
CREATE UNIQUE INDEX unique_daily_run ON mlregistry.training_runs (experiment_id, model_id, dataset_id, run_day) NULLS NOT DISTINCT
    WHERE once_per_day AND deleted_at IS NULL;
CREATE UNIQUE INDEX unique_source_run ON mlregistry.training_runs (organization_id, source_run_id) WHERE source_run_id IS NOT NULL;
-- With the time: the newest runs of a project, and what it has used in a period.
CREATE INDEX idx_training_runs_project ON mlregistry.training_runs (project_id, queued_at DESC);
CREATE INDEX idx_runs_version ON mlregistry.training_runs (version_id);
CREATE INDEX idx_runs_status ON mlregistry.training_runs (status);
CREATE INDEX idx_training_runs_status_date ON mlregistry.training_runs (status, queued_at DESC);
CREATE INDEX idx_runs_active ON mlregistry.training_runs (status, created_at DESC) WHERE status IN ('queued', 'running');
CREATE INDEX idx_runs_created ON mlregistry.training_runs (created_at DESC);
CREATE INDEX idx_training_runs_started ON mlregistry.training_runs (started_at);
CREATE INDEX idx_runs_experiment ON mlregistry.training_runs (experiment_id, queued_at DESC);
CREATE INDEX idx_training_runs_model ON mlregistry.training_runs (model_id, queued_at DESC);
CREATE INDEX idx_training_runs_dataset ON mlregistry.training_runs (dataset_id);
CREATE INDEX idx_training_runs_parent ON mlregistry.training_runs (parent_run_id);
CREATE INDEX idx_training_runs_framework ON mlregistry.training_runs (framework);
CREATE INDEX idx_training_runs_compute_target ON mlregistry.training_runs (compute_target);
CREATE INDEX idx_runs_accuracy ON mlregistry.training_runs (accuracy DESC NULLS LAST);
CREATE INDEX idx_training_runs_parameters ON mlregistry.training_runs USING gin (hyperparameters jsonb_path_ops);
COMMENT ON TABLE mlregistry.training_runs IS 'Training runs: one row for each time that something was trained, whether it came to anything or not';
COMMENT ON COLUMN mlregistry.training_runs.run_id IS 'Identifier';
COMMENT ON COLUMN mlregistry.training_runs.organization_id IS 'Organization that it belongs to';
COMMENT ON COLUMN mlregistry.training_runs.project_id IS 'Project of its experiment';
COMMENT ON COLUMN mlregistry.training_runs.experiment_id IS 'Experiment that it belongs to';
COMMENT ON COLUMN mlregistry.training_runs.model_id IS 'Model that was trained; the one of the experiment where none was given';
COMMENT ON COLUMN mlregistry.training_runs.dataset_id IS 'Primary dataset, which is one of run_datasets too';
COMMENT ON COLUMN mlregistry.training_runs.version_id IS 'Version that it produced or belongs to';
COMMENT ON COLUMN mlregistry.training_runs.parent_run_id IS 'Run that it repeats, goes on from or is a part of';
COMMENT ON COLUMN mlregistry.training_runs.run_name IS 'Name for people';
COMMENT ON COLUMN mlregistry.training_runs.run_number IS 'Number, unique in its experiment; the next one where none was given';
COMMENT ON COLUMN mlregistry.training_runs.status IS 'queued, running, succeeded, failed, cancelled or timeout';
COMMENT ON COLUMN mlregistry.training_runs.framework IS 'Framework; the one of the model where none was given';
COMMENT ON COLUMN mlregistry.training_runs.accuracy IS 'Accuracy, 0 to 1';
COMMENT ON COLUMN mlregistry.training_runs.precision_score IS 'Precision, 0 to 1';
COMMENT ON COLUMN mlregistry.training_runs.recall_score IS 'Recall, 0 to 1';
COMMENT ON COLUMN mlregistry.training_runs.f1_score IS 'F1 score, 0 to 1; out of precision and recall where none was given';
COMMENT ON COLUMN mlregistry.training_runs.auc_roc IS 'Area under the ROC curve, 0 to 1';
COMMENT ON COLUMN mlregistry.training_runs.loss IS 'Loss at the end';
COMMENT ON COLUMN mlregistry.training_runs.custom_metrics IS 'Other metrics at the end, a JSON object';
COMMENT ON COLUMN mlregistry.training_runs.hyperparameters IS 'Parameters that it was started with, a JSON object';
COMMENT ON COLUMN mlregistry.training_runs.environment IS 'Versions, variables and the like that it ran with, a JSON object';
COMMENT ON COLUMN mlregistry.training_runs.compute_target IS 'Cluster or service that it ran on';
COMMENT ON COLUMN mlregistry.training_runs.instance_type IS 'Kind of machine that it ran on';
COMMENT ON COLUMN mlregistry.training_runs.gpu_count IS 'Number of GPUs';
COMMENT ON COLUMN mlregistry.training_runs.gpu_type IS 'Kind of GPU; its price is in gpu_types, that of others is 2.50';
COMMENT ON COLUMN mlregistry.training_runs.gpu_hours IS 'GPU hours used, of all GPUs together';
COMMENT ON COLUMN mlregistry.training_runs.cpu_hours IS 'CPU hours used';
COMMENT ON COLUMN mlregistry.training_runs.memory_gb IS 'Memory in gigabytes';
COMMENT ON COLUMN mlregistry.training_runs.estimated_cost_usd IS 'Cost in US dollars as somebody has reckoned it; NULL: GPU hours at the price of the GPU';
COMMENT ON COLUMN mlregistry.training_runs.queued_at IS 'When it was asked for';
COMMENT ON COLUMN mlregistry.training_runs.started_at IS 'When it began; NULL: it has not, or never did';
COMMENT ON COLUMN mlregistry.training_runs.completed_at IS 'When it ended, however it did; NULL exactly while it is queued or running';
COMMENT ON COLUMN mlregistry.training_runs.duration_seconds IS 'How long it ran; from start to end where nothing was given';
COMMENT ON COLUMN mlregistry.training_runs.exit_code IS 'Exit code of its process';
COMMENT ON COLUMN mlregistry.training_runs.started_by IS 'Who started it';
COMMENT ON COLUMN mlregistry.training_runs.started_by_user IS 'The user who started it, as the database knows';
COMMENT ON COLUMN mlregistry.training_runs.logs_uri IS 'Where its logs lie';
COMMENT ON COLUMN mlregistry.training_runs.tensorboard_uri IS 'Where its TensorBoard is';
COMMENT ON COLUMN mlregistry.training_runs.checkpoint_uri IS 'Where its last checkpoint lies';
COMMENT ON COLUMN mlregistry.training_runs.artifacts_uri IS 'Where what it made lies';
COMMENT ON COLUMN mlregistry.training_runs.artifacts IS 'What it made, a JSON object';
COMMENT ON COLUMN mlregistry.training_runs.notes IS 'Anything that somebody wants to say';
COMMENT ON COLUMN mlregistry.training_runs.error_message IS 'Why it failed';
COMMENT ON COLUMN mlregistry.training_runs.once_per_day IS 'The only one of its experiment, model and dataset on its day, because the experiment asked for that';
COMMENT ON COLUMN mlregistry.training_runs.run_day IS 'Day, by UTC, on which it was asked for';
COMMENT ON COLUMN mlregistry.training_runs.source_run_id IS 'Identifier in the system that it was imported from, unique in its organization';
COMMENT ON COLUMN mlregistry.training_runs.created_at IS 'When the row was created';
COMMENT ON COLUMN mlregistry.training_runs.created_by IS 'Who created it';
COMMENT ON COLUMN mlregistry.training_runs.created_by_user IS 'The user who created it, as the database knows';
COMMENT ON COLUMN mlregistry.training_runs.updated_at IS 'When the row last changed';
COMMENT ON COLUMN mlregistry.training_runs.updated_by IS 'Who changed it last';
COMMENT ON COLUMN mlregistry.training_runs.deleted_at IS 'When it was deleted; NULL: it is not';
CREATE TRIGGER mlr_10_keys BEFORE INSERT OR UPDATE ON mlregistry.training_runs FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_keys('experiments', 'experiment_id', 'models', 'model_id', 'datasets', 'dataset_id',
        'model_versions', 'version_id', 'training_runs', 'parent_run_id');
CREATE TRIGGER mlr_20_actor BEFORE INSERT OR UPDATE ON mlregistry.training_runs FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_actor('started', 'created');
CREATE TRIGGER mlr_30_normalize BEFORE INSERT OR UPDATE ON mlregistry.training_runs FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_normalize('run_name:trim', 'compute_target:trim', 'instance_type:trim', 'gpu_type:trim', 'logs_uri:trim',
        'tensorboard_uri:trim', 'checkpoint_uri:trim', 'artifacts_uri:trim', 'source_run_id:trim');
CREATE TRIGGER mlr_35_derive BEFORE INSERT OR UPDATE ON mlregistry.training_runs FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_derive_run();
CREATE TRIGGER mlr_40_state BEFORE UPDATE OF status ON mlregistry.training_runs FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_state('run', 'status');
CREATE TRIGGER mlr_60_touch BEFORE UPDATE ON mlregistry.training_runs FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_touch();
CREATE TRIGGER mlr_70_guard AFTER INSERT OR DELETE OR UPDATE OF parent_run_id, status, deleted_at ON mlregistry.training_runs FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_guard_run();
CREATE TRIGGER mlr_85_effect AFTER UPDATE OF dataset_id ON mlregistry.training_runs FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_effect_run();
CREATE TRIGGER mlr_85_effect_insert AFTER INSERT ON mlregistry.training_runs REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT
    EXECUTE FUNCTION mlregistry.trg_effect_run();
CREATE TRIGGER mlr_85_effect_delete AFTER DELETE ON mlregistry.training_runs REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT
    EXECUTE FUNCTION mlregistry.trg_effect_run();
CREATE TRIGGER mlr_85_effect_truncate AFTER TRUNCATE ON mlregistry.training_runs FOR EACH STATEMENT
    EXECUTE FUNCTION mlregistry.trg_effect_run();

-- No foreign key: one look for each statement, by trigger guard. Partitions, the default one among them, are made by
-- make_partitions().
CREATE TABLE mlregistry.run_metrics (
    organization_id uuid DEFAULT mlregistry.current_organization_id() NOT NULL,
    project_id uuid DEFAULT mlregistry.current_project_id() NOT NULL,
    run_id uuid NOT NULL,
    metric_name text NOT NULL,
    step bigint DEFAULT 0 NOT NULL,
    value double precision NOT NULL,
    recorded_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT run_metrics_pkey PRIMARY KEY (run_id, metric_name, step, recorded_at),
    CONSTRAINT valid_metric_name CHECK (mlregistry.is_valid_metric_name(metric_name)),
    CONSTRAINT finite_times CHECK (pg_catalog.isfinite(recorded_at))
) PARTITION BY RANGE (recorded_at);
CREATE INDEX idx_run_metrics_time ON mlregistry.run_metrics USING brin (recorded_at);
COMMENT ON TABLE mlregistry.run_metrics IS 'What runs measured step by step; one partition a month; append-only: of a metric and step the value recorded last counts';
COMMENT ON COLUMN mlregistry.run_metrics.organization_id IS 'Organization of the run';
COMMENT ON COLUMN mlregistry.run_metrics.project_id IS 'Project of the run';
COMMENT ON COLUMN mlregistry.run_metrics.run_id IS 'Run that measured it';
COMMENT ON COLUMN mlregistry.run_metrics.metric_name IS 'What was measured';
COMMENT ON COLUMN mlregistry.run_metrics.step IS 'Step at which it was measured: a batch, an epoch';
COMMENT ON COLUMN mlregistry.run_metrics.value IS 'Value; NaN and infinities are kept';
COMMENT ON COLUMN mlregistry.run_metrics.recorded_at IS 'When it was recorded';
CREATE TRIGGER mlr_05_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON mlregistry.run_metrics FOR EACH STATEMENT
    EXECUTE FUNCTION mlregistry.trg_append_only();
CREATE TRIGGER mlr_70_guard AFTER INSERT ON mlregistry.run_metrics FOR EACH STATEMENT
    EXECUTE FUNCTION mlregistry.trg_guard_run_metrics();
-- Never fires: its condition tells the trigger above what the rows say. A transition table would make COPY slow.
CREATE TRIGGER mlr_70_said AFTER INSERT ON mlregistry.run_metrics FOR EACH ROW
    WHEN (mlregistry.said_run_place(NEW.run_id, NEW.organization_id, NEW.project_id))
    EXECUTE FUNCTION mlregistry.trg_said_run_metrics();

CREATE TABLE mlregistry.run_datasets (
    run_id uuid NOT NULL,
    dataset_id uuid NOT NULL,
    dataset_role text DEFAULT 'train' NOT NULL,
    organization_id uuid DEFAULT mlregistry.current_organization_id() NOT NULL,
    project_id uuid DEFAULT mlregistry.current_project_id() NOT NULL,
    dataset_version text,
    split_name text,
    row_count bigint,
    added_at timestamptz DEFAULT now() NOT NULL,
    added_by text DEFAULT mlregistry.current_actor() NOT NULL,
    added_by_user uuid,
    CONSTRAINT run_datasets_pkey PRIMARY KEY (run_id, dataset_id, dataset_role),
    CONSTRAINT run_datasets_project_fkey FOREIGN KEY (organization_id, project_id)
        REFERENCES mlregistry.projects (organization_id, project_id) ON DELETE CASCADE,
    CONSTRAINT run_datasets_run_fkey FOREIGN KEY (organization_id, run_id)
        REFERENCES mlregistry.training_runs (organization_id, run_id) ON DELETE CASCADE,
    CONSTRAINT run_datasets_dataset_fkey FOREIGN KEY (organization_id, dataset_id)
        REFERENCES mlregistry.datasets (organization_id, dataset_id) ON DELETE NO ACTION,
    CONSTRAINT run_datasets_added_by_user_fkey FOREIGN KEY (added_by_user)
        REFERENCES mlregistry.users (user_id) ON DELETE SET NULL (added_by_user),
    CONSTRAINT valid_dataset_role CHECK (dataset_role IN ('train', 'validation', 'test', 'holdout')),
    CONSTRAINT valid_row_count CHECK (row_count >= 0),
    CONSTRAINT run_datasets_text_size CHECK (pg_catalog.octet_length(dataset_version) <= 65536
        AND pg_catalog.octet_length(split_name) <= 65536
        AND pg_catalog.octet_length(added_by) <= 65536)
);
CREATE INDEX idx_run_datasets_dataset ON mlregistry.run_datasets (dataset_id);
COMMENT ON TABLE mlregistry.run_datasets IS 'Datasets that runs read, and what for';
COMMENT ON COLUMN mlregistry.run_datasets.run_id IS 'Run that read it';
COMMENT ON COLUMN mlregistry.run_datasets.dataset_id IS 'Dataset that it read';
COMMENT ON COLUMN mlregistry.run_datasets.dataset_role IS 'train, validation, test or holdout';
COMMENT ON COLUMN mlregistry.run_datasets.organization_id IS 'Organization that both belong to';
COMMENT ON COLUMN mlregistry.run_datasets.project_id IS 'Project of the run';
COMMENT ON COLUMN mlregistry.run_datasets.dataset_version IS 'Version of the data; the one of the dataset where none was given';
COMMENT ON COLUMN mlregistry.run_datasets.split_name IS 'Part of the dataset that was read';
COMMENT ON COLUMN mlregistry.run_datasets.row_count IS 'Number of rows that were read';
COMMENT ON COLUMN mlregistry.run_datasets.added_at IS 'When it was added';
COMMENT ON COLUMN mlregistry.run_datasets.added_by IS 'Who added it';
COMMENT ON COLUMN mlregistry.run_datasets.added_by_user IS 'The user who added it, as the database knows';
CREATE TRIGGER mlr_10_keys BEFORE INSERT OR UPDATE ON mlregistry.run_datasets FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_keys('training_runs', 'run_id', 'datasets', 'dataset_id');
CREATE TRIGGER mlr_20_actor BEFORE INSERT OR UPDATE ON mlregistry.run_datasets FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_actor('added');
CREATE TRIGGER mlr_30_normalize BEFORE INSERT OR UPDATE ON mlregistry.run_datasets FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_normalize('dataset_version:trim', 'split_name:trim');
CREATE TRIGGER mlr_35_derive BEFORE INSERT ON mlregistry.run_datasets FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_derive_run_dataset();

CREATE TABLE mlregistry.run_tags (
    run_id uuid NOT NULL,
    tag_id uuid NOT NULL,
    organization_id uuid DEFAULT mlregistry.current_organization_id() NOT NULL,
    project_id uuid DEFAULT mlregistry.current_project_id() NOT NULL,
    added_at timestamptz DEFAULT now() NOT NULL,
    added_by text DEFAULT mlregistry.current_actor() NOT NULL,
    added_by_user uuid,
    CONSTRAINT run_tags_pkey PRIMARY KEY (run_id, tag_id),
    CONSTRAINT run_tags_project_fkey FOREIGN KEY (organization_id, project_id)
        REFERENCES mlregistry.projects (organization_id, project_id) ON DELETE CASCADE,
    CONSTRAINT run_tags_run_fkey FOREIGN KEY (organization_id, run_id)
        REFERENCES mlregistry.training_runs (organization_id, run_id) ON DELETE CASCADE,
    CONSTRAINT run_tags_tag_fkey FOREIGN KEY (organization_id, tag_id)
        REFERENCES mlregistry.tags (organization_id, tag_id) ON DELETE CASCADE,
    CONSTRAINT run_tags_added_by_user_fkey FOREIGN KEY (added_by_user)
        REFERENCES mlregistry.users (user_id) ON DELETE SET NULL (added_by_user),
    CONSTRAINT run_tags_text_size CHECK (pg_catalog.octet_length(added_by) <= 65536)
);
CREATE INDEX idx_run_tags_tag ON mlregistry.run_tags (tag_id);
COMMENT ON TABLE mlregistry.run_tags IS 'Tags of runs';
COMMENT ON COLUMN mlregistry.run_tags.run_id IS 'Run that has the tag';
COMMENT ON COLUMN mlregistry.run_tags.tag_id IS 'Tag that it has';
COMMENT ON COLUMN mlregistry.run_tags.organization_id IS 'Organization that both belong to';
COMMENT ON COLUMN mlregistry.run_tags.project_id IS 'Project of the run';
COMMENT ON COLUMN mlregistry.run_tags.added_at IS 'When the tag was added';
COMMENT ON COLUMN mlregistry.run_tags.added_by IS 'Who added it';
COMMENT ON COLUMN mlregistry.run_tags.added_by_user IS 'The user who added it, as the database knows';
CREATE TRIGGER mlr_10_keys BEFORE INSERT OR UPDATE ON mlregistry.run_tags FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_keys('training_runs', 'run_id');
CREATE TRIGGER mlr_20_actor BEFORE INSERT OR UPDATE ON mlregistry.run_tags FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_actor('added');

-- View of the area training: one wide row for each run, so that the usual questions are one SELECT. Columns may be added at the
-- end only.

CREATE VIEW mlregistry.v_training_runs WITH (security_invoker = true) AS
SELECT r.run_id,
       m.model_name,
       r.framework,
       e.experiment_name,
       r.status,
       r.accuracy,
       r.loss,
       r.precision_score,
       r.recall_score,
       r.f1_score,
       d.dataset_name AS dataset,
       r.compute_target,
       r.gpu_hours,
       r.cpu_hours,
       r.hyperparameters AS parameters,
       r.created_at,
       r.started_at,
       r.completed_at,
       r.notes,
       r.created_by,
       r.auc_roc,
       r.run_name,
       r.run_number,
       r.queued_at,
       r.duration_seconds,
       round(extract(epoch FROM coalesce(r.started_at, r.completed_at, greatest(r.queued_at, now())) - r.queued_at), 3) AS wait_seconds,
       r.gpu_count,
       r.gpu_type,
       mlregistry.run_cost(r.estimated_cost_usd, r.gpu_hours, r.gpu_type) AS cost_usd,
       coalesce((SELECT jsonb_agg(jsonb_build_object('name', nd.dataset_name, 'role', rd.dataset_role, 'version', rd.dataset_version)
                                  ORDER BY array_position('{train,validation,test,holdout}'::text[], rd.dataset_role), nd.dataset_name)
                   FROM mlregistry.run_datasets rd
                   JOIN mlregistry.datasets nd USING (dataset_id)
                  WHERE rd.run_id = r.run_id), '[]') AS datasets,
       v.semver,
       ARRAY(SELECT t.tag_name FROM mlregistry.run_tags rt JOIN mlregistry.tags t USING (tag_id) WHERE rt.run_id = r.run_id ORDER BY t.tag_name) AS tags,
       r.error_message,
       r.model_id,
       r.experiment_id,
       r.dataset_id,
       r.version_id,
       r.project_id,
       r.organization_id
  FROM mlregistry.training_runs r
  JOIN mlregistry.experiments e USING (experiment_id)
  JOIN mlregistry.projects p ON p.project_id = r.project_id
  JOIN mlregistry.organizations o ON o.organization_id = r.organization_id
  LEFT JOIN mlregistry.models m ON m.model_id = r.model_id
  LEFT JOIN mlregistry.datasets d ON d.dataset_id = r.dataset_id
  LEFT JOIN mlregistry.model_versions v ON v.version_id = r.version_id
 WHERE r.deleted_at IS NULL AND e.deleted_at IS NULL AND p.deleted_at IS NULL AND o.deleted_at IS NULL;
COMMENT ON VIEW mlregistry.v_training_runs IS 'Training runs with the names of what they belong to; deleted ones and those of deleted experiments are left out';
COMMENT ON COLUMN mlregistry.v_training_runs.run_id IS 'Identifier';
COMMENT ON COLUMN mlregistry.v_training_runs.model_name IS 'Model that was trained';
COMMENT ON COLUMN mlregistry.v_training_runs.framework IS 'Framework';
COMMENT ON COLUMN mlregistry.v_training_runs.experiment_name IS 'Experiment that it belongs to';
COMMENT ON COLUMN mlregistry.v_training_runs.status IS 'queued, running, succeeded, failed, cancelled or timeout';
COMMENT ON COLUMN mlregistry.v_training_runs.accuracy IS 'Accuracy, 0 to 1';
COMMENT ON COLUMN mlregistry.v_training_runs.loss IS 'Loss at the end';
COMMENT ON COLUMN mlregistry.v_training_runs.precision_score IS 'Precision, 0 to 1';
COMMENT ON COLUMN mlregistry.v_training_runs.recall_score IS 'Recall, 0 to 1';
COMMENT ON COLUMN mlregistry.v_training_runs.f1_score IS 'F1 score, 0 to 1';
COMMENT ON COLUMN mlregistry.v_training_runs.dataset IS 'Name of its primary dataset';
COMMENT ON COLUMN mlregistry.v_training_runs.compute_target IS 'Cluster or service that it ran on';
COMMENT ON COLUMN mlregistry.v_training_runs.gpu_hours IS 'GPU hours used, of all GPUs together';
COMMENT ON COLUMN mlregistry.v_training_runs.cpu_hours IS 'CPU hours used';
COMMENT ON COLUMN mlregistry.v_training_runs.parameters IS 'Parameters that it was started with (hyperparameters)';
COMMENT ON COLUMN mlregistry.v_training_runs.created_at IS 'When the row was created';
COMMENT ON COLUMN mlregistry.v_training_runs.started_at IS 'When it began; NULL: it has not, or never did';
COMMENT ON COLUMN mlregistry.v_training_runs.completed_at IS 'When it ended; NULL: it is queued or running';
COMMENT ON COLUMN mlregistry.v_training_runs.notes IS 'Anything that somebody wanted to say';
COMMENT ON COLUMN mlregistry.v_training_runs.created_by IS 'Who created the row';
COMMENT ON COLUMN mlregistry.v_training_runs.auc_roc IS 'Area under the ROC curve, 0 to 1';
COMMENT ON COLUMN mlregistry.v_training_runs.run_name IS 'Name for people';
COMMENT ON COLUMN mlregistry.v_training_runs.run_number IS 'Number in its experiment';
COMMENT ON COLUMN mlregistry.v_training_runs.queued_at IS 'When it was asked for';
COMMENT ON COLUMN mlregistry.v_training_runs.duration_seconds IS 'How long it ran';
COMMENT ON COLUMN mlregistry.v_training_runs.wait_seconds IS 'How long it waited, or has waited so far, before it began or was given up';
COMMENT ON COLUMN mlregistry.v_training_runs.gpu_count IS 'Number of GPUs';
COMMENT ON COLUMN mlregistry.v_training_runs.gpu_type IS 'Kind of GPU';
COMMENT ON COLUMN mlregistry.v_training_runs.cost_usd IS 'Cost in US dollars: what was estimated, else GPU hours at the price of the GPU';
COMMENT ON COLUMN mlregistry.v_training_runs.datasets IS 'Datasets that it read: array of objects with name, role and version';
COMMENT ON COLUMN mlregistry.v_training_runs.semver IS 'Version that it produced or belongs to';
COMMENT ON COLUMN mlregistry.v_training_runs.tags IS 'Its tags, sorted';
COMMENT ON COLUMN mlregistry.v_training_runs.error_message IS 'Why it failed';
COMMENT ON COLUMN mlregistry.v_training_runs.model_id IS 'Identifier of the model';
COMMENT ON COLUMN mlregistry.v_training_runs.experiment_id IS 'Identifier of the experiment';
COMMENT ON COLUMN mlregistry.v_training_runs.dataset_id IS 'Identifier of the primary dataset';
COMMENT ON COLUMN mlregistry.v_training_runs.version_id IS 'Identifier of the version';
COMMENT ON COLUMN mlregistry.v_training_runs.project_id IS 'Project of its experiment';
COMMENT ON COLUMN mlregistry.v_training_runs.organization_id IS 'Organization that it belongs to';
$migration_script$)
$function$;
COMMENT ON FUNCTION migration_scripts() IS 'statements that migrate() runs to bring older tables up to the version of the code';

REVOKE EXECUTE ON FUNCTION trg_derive_experiment() FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION trg_derive_run() FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION trg_derive_run_dataset() FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION trg_state() FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION trg_guard_run() FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION trg_guard_run_metrics() FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION trg_effect_run() FROM PUBLIC;

SELECT mlregistry.migrate();
