-- Trigger functions of the areas lifecycle and governance.

CREATE OR REPLACE FUNCTION trg_model_of_version() RETURNS trigger LANGUAGE C AS 'MODULE_PATHNAME', 'mlregistry_trg_model_of_version';
COMMENT ON FUNCTION trg_model_of_version() IS 'trigger model of deployments: the model is that of the version';

CREATE OR REPLACE FUNCTION trg_derive_deployment() RETURNS trigger LANGUAGE C AS 'MODULE_PATHNAME', 'mlregistry_trg_derive_deployment';
COMMENT ON FUNCTION trg_derive_deployment() IS 'trigger derive of deployments: times of states, who deployed the version; one that has ended keeps its version';

CREATE OR REPLACE FUNCTION trg_derive_approval() RETURNS trigger LANGUAGE C AS 'MODULE_PATHNAME', 'mlregistry_trg_derive_approval';
COMMENT ON FUNCTION trg_derive_approval() IS 'trigger derive of approvals: who asked and who decided, as the database knows, and when';

CREATE OR REPLACE FUNCTION trg_freeze_approval() RETURNS trigger LANGUAGE C AS 'MODULE_PATHNAME', 'mlregistry_trg_freeze_approval';
COMMENT ON FUNCTION trg_freeze_approval() IS 'trigger freeze of approvals: what was asked for never changes, and nothing of what is decided but its status';

CREATE OR REPLACE FUNCTION trg_history_status() RETURNS trigger LANGUAGE C AS 'MODULE_PATHNAME', 'mlregistry_trg_history_status';
COMMENT ON FUNCTION trg_history_status() IS 'trigger history of what has a status: writes status_history; for each statement';

CREATE OR REPLACE FUNCTION trg_history_stage() RETURNS trigger LANGUAGE C AS 'MODULE_PATHNAME', 'mlregistry_trg_history_stage';
COMMENT ON FUNCTION trg_history_stage() IS 'trigger history of versions: writes stage_history; for each statement';

CREATE OR REPLACE FUNCTION trg_history_deployment() RETURNS trigger LANGUAGE C AS 'MODULE_PATHNAME', 'mlregistry_trg_history_deployment';
COMMENT ON FUNCTION trg_history_deployment() IS 'trigger history of deployments: writes deployment_history; for each statement';
