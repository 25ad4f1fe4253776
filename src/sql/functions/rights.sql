-- Rights. What is not named here may be called by everybody who may use the schema: those functions read and write with
-- the caller's own rights. What makes, changes or removes the installation is for its owner.

REVOKE EXECUTE ON FUNCTION run_detached(text) FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION install(name, boolean, regconfig) FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION migrate() FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION uninstall(text) FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION set_registry_owner(name) FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION check_registry() FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION check_installation() FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION check_rows() FROM PUBLIC;
