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
