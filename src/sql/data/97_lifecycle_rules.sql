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

CREATE TRIGGER mlr_85_effect AFTER UPDATE OF status ON mlregistry.model_versions FOR EACH ROW
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
