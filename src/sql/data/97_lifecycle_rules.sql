-- Rules of the areas lifecycle and governance that span rows. Conditions stand in WHEN, so that what changes nothing of that
-- costs nothing.

-- Deployed anew: its version, its model and its environment are looked at. What is already open goes on, whatever becomes of them.
CREATE TRIGGER mlr_70_guard_insert AFTER INSERT ON mlregistry.deployments FOR EACH ROW
    WHEN (NEW.status IN ('pending', 'deploying', 'active', 'degraded', 'terminating'))
    EXECUTE FUNCTION mlregistry.trg_guard_deployment();
CREATE TRIGGER mlr_70_guard_update AFTER UPDATE OF version_id, status ON mlregistry.deployments FOR EACH ROW
    WHEN (NEW.version_id IS DISTINCT FROM OLD.version_id
          OR OLD.status IN ('failed', 'deactivated', 'terminated') AND NEW.status IN ('pending', 'deploying', 'active', 'degraded', 'terminating'))
    EXECUTE FUNCTION mlregistry.trg_guard_deployment();
CREATE TRIGGER mlr_70_guard_delete AFTER DELETE ON mlregistry.deployments FOR EACH ROW
    WHEN (OLD.status IN ('active', 'degraded'))
    EXECUTE FUNCTION mlregistry.trg_guard_deployment();

-- Deferred, so that shares move from one to another in any order; functions ask check_deployment().
CREATE CONSTRAINT TRIGGER mlr_70_traffic_sum_insert AFTER INSERT ON mlregistry.deployments DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (NEW.status IN ('active', 'degraded') AND NEW.deployment_type <> 'shadow' AND NEW.traffic_percentage > 0)
    EXECUTE FUNCTION mlregistry.trg_traffic_sum();
CREATE CONSTRAINT TRIGGER mlr_70_traffic_sum_update AFTER UPDATE OF status, traffic_percentage, deployment_type, deleted_at
    ON mlregistry.deployments DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (NEW.status IN ('active', 'degraded') AND NEW.deployment_type <> 'shadow'
          AND (OLD.status NOT IN ('active', 'degraded') OR OLD.deployment_type = 'shadow' OR OLD.deleted_at IS NOT NULL
               OR NEW.traffic_percentage > OLD.traffic_percentage))
    EXECUTE FUNCTION mlregistry.trg_traffic_sum();

-- Deferred, so that approval and deployment come in either order. Between active and degraded nothing begins: an approval that
-- has expired does not stop what serves.
CREATE CONSTRAINT TRIGGER mlr_70_approval_gate_insert AFTER INSERT ON mlregistry.deployments DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (NEW.status IN ('deploying', 'active', 'degraded'))
    EXECUTE FUNCTION mlregistry.trg_approval_gate();
CREATE CONSTRAINT TRIGGER mlr_70_approval_gate_update AFTER UPDATE OF version_id, status
    ON mlregistry.deployments DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (NEW.status IN ('deploying', 'active', 'degraded')
          AND (NEW.version_id IS DISTINCT FROM OLD.version_id OR NEW.status IS DISTINCT FROM OLD.status
               AND (OLD.status NOT IN ('active', 'degraded') OR NEW.status = 'deploying')))
    EXECUTE FUNCTION mlregistry.trg_approval_gate();

CREATE TRIGGER mlr_85_effect_insert AFTER INSERT ON mlregistry.deployments FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_effect_deployment();
CREATE TRIGGER mlr_85_effect_update AFTER UPDATE OF version_id, status, deleted_at ON mlregistry.deployments FOR EACH ROW
    WHEN (NEW.version_id IS DISTINCT FROM OLD.version_id
          OR (NEW.status IN ('active', 'degraded')) IS DISTINCT FROM (OLD.status IN ('active', 'degraded')))
    EXECUTE FUNCTION mlregistry.trg_effect_deployment();

CREATE TRIGGER mlr_85_effect_delete AFTER DELETE ON mlregistry.deployments FOR EACH ROW
    WHEN (OLD.status IN ('active', 'degraded'))
    EXECUTE FUNCTION mlregistry.trg_effect_deployment();

-- Not after the row is written: its histories would tell of the second change before the first.
CREATE TRIGGER mlr_45_effect BEFORE UPDATE OF status ON mlregistry.model_versions FOR EACH ROW
    WHEN (OLD.status IN ('deprecated', 'archived') AND NEW.status IN ('registered', 'validated'))
    EXECUTE FUNCTION mlregistry.trg_effect_version();

-- An approval that holds no more: deployments that ask for it at this moment wait.
CREATE TRIGGER mlr_70_guard_update AFTER UPDATE OF approval_status ON mlregistry.approvals FOR EACH ROW
    WHEN (OLD.approval_status = 'approved' AND NEW.approval_status <> 'approved')
    EXECUTE FUNCTION mlregistry.trg_guard_approval();
CREATE TRIGGER mlr_70_guard_delete AFTER DELETE ON mlregistry.approvals FOR EACH ROW
    WHEN (OLD.approval_status = 'approved')
    EXECUTE FUNCTION mlregistry.trg_guard_approval();
CREATE TRIGGER mlr_85_effect_insert AFTER INSERT ON mlregistry.approvals FOR EACH ROW
    WHEN (NEW.approval_status = 'approved')
    EXECUTE FUNCTION mlregistry.trg_effect_approval();
CREATE TRIGGER mlr_85_effect_update AFTER UPDATE OF approval_status ON mlregistry.approvals FOR EACH ROW
    WHEN (NEW.approval_status = 'approved' AND OLD.approval_status <> 'approved')
    EXECUTE FUNCTION mlregistry.trg_effect_approval();

-- Stages and aliases that people rely on. A version that is inserted is measured at the end: its metrics come after it.
CREATE TRIGGER mlr_70_guard_stage_insert AFTER INSERT ON mlregistry.model_versions FOR EACH ROW
    WHEN (NEW.stage <> 'development' AND NEW.deleted_at IS NULL)
    EXECUTE FUNCTION mlregistry.trg_guard_stage();
CREATE TRIGGER mlr_70_guard_stage_update AFTER UPDATE OF stage, status, deleted_at ON mlregistry.model_versions FOR EACH ROW
    WHEN (NEW.stage IS DISTINCT FROM OLD.stage
          OR (NEW.deleted_at IS NULL) IS DISTINCT FROM (OLD.deleted_at IS NULL) AND NEW.stage <> 'development'
          OR OLD.status = 'deprecated' AND NEW.status = 'registered' AND NEW.stage = 'production')
    EXECUTE FUNCTION mlregistry.trg_guard_stage();
CREATE TRIGGER mlr_70_guard_stage_delete AFTER DELETE ON mlregistry.model_versions FOR EACH ROW
    WHEN (OLD.stage <> 'development' AND OLD.deleted_at IS NULL)
    EXECUTE FUNCTION mlregistry.trg_guard_stage();
CREATE CONSTRAINT TRIGGER mlr_70_metric_gate AFTER INSERT ON mlregistry.model_versions DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (NEW.stage IN ('staging', 'production') AND NEW.deleted_at IS NULL)
    EXECUTE FUNCTION mlregistry.trg_metric_gate();
CREATE TRIGGER mlr_70_guard_protected_insert AFTER INSERT ON mlregistry.model_aliases FOR EACH ROW
    WHEN (NEW.protected)
    EXECUTE FUNCTION mlregistry.trg_guard_protected_alias();
CREATE TRIGGER mlr_70_guard_protected_update AFTER UPDATE OF version_id, alias, protected ON mlregistry.model_aliases FOR EACH ROW
    WHEN ((OLD.protected OR NEW.protected)
          AND (OLD.protected <> NEW.protected OR OLD.version_id <> NEW.version_id OR OLD.alias <> NEW.alias))
    EXECUTE FUNCTION mlregistry.trg_guard_protected_alias();
CREATE TRIGGER mlr_70_guard_protected_delete AFTER DELETE ON mlregistry.model_aliases FOR EACH ROW
    WHEN (OLD.protected)
    EXECUTE FUNCTION mlregistry.trg_guard_protected_alias();

-- Legal hold: nothing is deleted, by no cascade either; admins set and clear it.
CREATE TRIGGER mlr_70_guard_hold_delete AFTER DELETE ON mlregistry.models FOR EACH ROW
    WHEN (OLD.legal_hold)
    EXECUTE FUNCTION mlregistry.trg_guard_hold();
CREATE TRIGGER mlr_05_hold BEFORE TRUNCATE ON mlregistry.models FOR EACH STATEMENT
    EXECUTE FUNCTION mlregistry.trg_guard_hold();
CREATE TRIGGER mlr_70_guard_hold_insert AFTER INSERT ON mlregistry.models FOR EACH ROW
    WHEN (NEW.legal_hold)
    EXECUTE FUNCTION mlregistry.trg_guard_hold_change();
CREATE TRIGGER mlr_70_guard_hold_update AFTER UPDATE OF legal_hold, legal_hold_reason ON mlregistry.models FOR EACH ROW
    WHEN ((OLD.legal_hold OR NEW.legal_hold)
          AND (OLD.legal_hold <> NEW.legal_hold OR OLD.legal_hold_reason IS DISTINCT FROM NEW.legal_hold_reason))
    EXECUTE FUNCTION mlregistry.trg_guard_hold_change();
CREATE TRIGGER mlr_70_guard_hold_delete AFTER DELETE ON mlregistry.model_versions FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_guard_hold();
CREATE TRIGGER mlr_70_guard_hold_soft AFTER UPDATE OF deleted_at ON mlregistry.model_versions FOR EACH ROW
    WHEN (OLD.deleted_at IS NULL AND NEW.deleted_at IS NOT NULL)
    EXECUTE FUNCTION mlregistry.trg_guard_hold();
CREATE TRIGGER mlr_05_hold BEFORE TRUNCATE ON mlregistry.model_versions FOR EACH STATEMENT
    EXECUTE FUNCTION mlregistry.trg_guard_hold();
CREATE TRIGGER mlr_70_guard_hold_insert AFTER INSERT ON mlregistry.model_versions FOR EACH ROW
    WHEN (NEW.legal_hold)
    EXECUTE FUNCTION mlregistry.trg_guard_hold_change();
CREATE TRIGGER mlr_70_guard_hold_update AFTER UPDATE OF legal_hold, legal_hold_reason ON mlregistry.model_versions FOR EACH ROW
    WHEN ((OLD.legal_hold OR NEW.legal_hold)
          AND (OLD.legal_hold <> NEW.legal_hold OR OLD.legal_hold_reason IS DISTINCT FROM NEW.legal_hold_reason))
    EXECUTE FUNCTION mlregistry.trg_guard_hold_change();
CREATE TRIGGER mlr_05_hold BEFORE TRUNCATE ON mlregistry.version_files FOR EACH STATEMENT
    EXECUTE FUNCTION mlregistry.trg_guard_hold();
CREATE TRIGGER mlr_05_hold BEFORE TRUNCATE ON mlregistry.version_signatures FOR EACH STATEMENT
    EXECUTE FUNCTION mlregistry.trg_guard_hold();

-- What is soft-deleted hides what lies in it.
CREATE TRIGGER mlr_70_guard_in_use AFTER UPDATE OF deleted_at ON mlregistry.model_versions FOR EACH ROW
    WHEN (OLD.deleted_at IS NULL AND NEW.deleted_at IS NOT NULL)
    EXECUTE FUNCTION mlregistry.trg_guard_in_use('version');
CREATE TRIGGER mlr_70_guard_in_use AFTER UPDATE OF deleted_at ON mlregistry.models FOR EACH ROW
    WHEN (OLD.deleted_at IS NULL AND NEW.deleted_at IS NOT NULL)
    EXECUTE FUNCTION mlregistry.trg_guard_in_use('model');
CREATE TRIGGER mlr_70_guard_in_use AFTER UPDATE OF deleted_at ON mlregistry.projects FOR EACH ROW
    WHEN (OLD.deleted_at IS NULL AND NEW.deleted_at IS NOT NULL)
    EXECUTE FUNCTION mlregistry.trg_guard_in_use('project');
CREATE TRIGGER mlr_70_guard_in_use AFTER UPDATE OF deleted_at ON mlregistry.organizations FOR EACH ROW
    WHEN (OLD.deleted_at IS NULL AND NEW.deleted_at IS NOT NULL)
    EXECUTE FUNCTION mlregistry.trg_guard_in_use('organization');

-- Signatures are kept as they were made; what became of looking at them may change.
CREATE TRIGGER mlr_70_guard AFTER UPDATE OR DELETE ON mlregistry.version_signatures FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_guard_signature();
