-- Rights, in the install script. An upgrade script has only those of functions that are new in it: a REVOKE there would make
-- what a DBA has granted meanwhile a part of the extension, which is not dumped.
-- What is not named here may be called by everybody who may use the schema: those functions read and write with
-- the caller's own rights. What makes, changes or removes the installation is for its owner.

REVOKE EXECUTE ON FUNCTION run_detached(text, name) FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION install(name, boolean, regconfig) FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION migrate() FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION uninstall(text) FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION set_registry_owner(name) FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION check_registry() FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION apply_access_rules() FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION new_api_key() FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION trg_access_changed() FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION trg_guard_models() FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION trg_guard_members() FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION trg_keys() FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION trg_actor() FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION trg_normalize() FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION trg_derive_model() FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION trg_derive_version() FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION trg_derive_alias() FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION trg_touch() FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION trg_guard_alias() FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION trg_guard_version() FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION trg_builtin() FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION trg_derive_copy() FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION trg_freeze_version() FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION trg_freeze_file() FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION trg_history_alias() FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION trg_effect_alias() FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION trg_guard_quota() FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION fill_access_rules() FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION load_sample_data() FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION drop_sample_data() FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION grant_access(name, text, text, boolean) FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION revoke_access(name, text, boolean) FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION set_role_rights(name, text, boolean) FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION level_rights(text) FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION highest_level(name) FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION act_as_owner() FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION trg_audit() FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION trg_append_only() FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION make_partition(text, text, timestamptz, timestamptz, regclass) FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION close_partition(text, regclass) FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION make_partitions(text, boolean) FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION apply_audit_triggers() FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION run_maintenance() FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION trg_derive_experiment() FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION trg_derive_run() FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION trg_derive_run_dataset() FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION trg_state() FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION trg_guard_run() FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION trg_guard_run_metrics() FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION trg_effect_run() FROM PUBLIC;
