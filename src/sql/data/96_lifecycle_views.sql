-- Views of the area lifecycle: what serves, and what is in production. Columns may be added at the end only.

CREATE VIEW mlregistry.v_active_deployments WITH (security_invoker = true) AS
SELECT d.deployment_id,
       d.deployment_name,
       d.status,
       d.health_status,
       e.environment_name,
       e.environment_type,
       m.model_name,
       v.semver AS version,
       d.endpoint_url,
       d.replicas,
       d.traffic_percentage,
       d.deployed_at,
       d.deployed_by,
       d.model_id,
       d.version_id,
       d.environment_id,
       d.deployment_type,
       v.stage,
       ARRAY(SELECT a.alias FROM mlregistry.model_aliases a WHERE a.version_id = d.version_id ORDER BY a.alias) AS aliases,
       d.project_id,
       d.organization_id
  FROM mlregistry.deployments d
  JOIN mlregistry.environments e ON e.environment_id = d.environment_id
  JOIN mlregistry.models m ON m.model_id = d.model_id
  JOIN mlregistry.model_versions v ON v.version_id = d.version_id
  JOIN mlregistry.projects p ON p.project_id = d.project_id
  JOIN mlregistry.organizations o ON o.organization_id = d.organization_id
 WHERE d.status IN ('active', 'degraded') AND d.deleted_at IS NULL
   AND v.deleted_at IS NULL AND m.deleted_at IS NULL AND p.deleted_at IS NULL AND o.deleted_at IS NULL;
COMMENT ON VIEW mlregistry.v_active_deployments IS 'Live deployments (active or degraded) with the names of what they serve and where';
COMMENT ON COLUMN mlregistry.v_active_deployments.deployment_id IS 'Identifier';
COMMENT ON COLUMN mlregistry.v_active_deployments.deployment_name IS 'Name';
COMMENT ON COLUMN mlregistry.v_active_deployments.status IS 'active or degraded';
COMMENT ON COLUMN mlregistry.v_active_deployments.health_status IS 'healthy, degraded, unhealthy or unknown';
COMMENT ON COLUMN mlregistry.v_active_deployments.environment_name IS 'Environment';
COMMENT ON COLUMN mlregistry.v_active_deployments.environment_type IS 'development, staging, production, canary, shadow or sandbox';
COMMENT ON COLUMN mlregistry.v_active_deployments.model_name IS 'Model that is served';
COMMENT ON COLUMN mlregistry.v_active_deployments.version IS 'Version that is served';
COMMENT ON COLUMN mlregistry.v_active_deployments.endpoint_url IS 'Where it is called';
COMMENT ON COLUMN mlregistry.v_active_deployments.replicas IS 'Number of replicas';
COMMENT ON COLUMN mlregistry.v_active_deployments.traffic_percentage IS 'Share of the traffic of its model in its environment';
COMMENT ON COLUMN mlregistry.v_active_deployments.deployed_at IS 'When it first served';
COMMENT ON COLUMN mlregistry.v_active_deployments.deployed_by IS 'Who deployed it';
COMMENT ON COLUMN mlregistry.v_active_deployments.model_id IS 'Identifier of the model';
COMMENT ON COLUMN mlregistry.v_active_deployments.version_id IS 'Identifier of the version';
COMMENT ON COLUMN mlregistry.v_active_deployments.environment_id IS 'Identifier of the environment';
COMMENT ON COLUMN mlregistry.v_active_deployments.deployment_type IS 'rolling, blue-green, canary, shadow or a-b-test';
COMMENT ON COLUMN mlregistry.v_active_deployments.stage IS 'Stage of the version';
COMMENT ON COLUMN mlregistry.v_active_deployments.aliases IS 'Aliases of the version, sorted';
COMMENT ON COLUMN mlregistry.v_active_deployments.project_id IS 'Project that it belongs to';
COMMENT ON COLUMN mlregistry.v_active_deployments.organization_id IS 'Organization that it belongs to';

CREATE VIEW mlregistry.v_production_versions WITH (security_invoker = true) AS
SELECT m.model_id,
       m.model_name,
       t.team_name,
       v.version_id,
       v.semver,
       v.stage,
       v.status,
       v.stage = 'production' AS in_stage_production,
       coalesce(live.environments, '{}') AS live_environments,
       coalesce(live.traffic, '{}') AS live_traffic,
       v.promoted_to_production_at,
       v.registered_by,
       v.registered_at,
       ARRAY(SELECT a.alias FROM mlregistry.model_aliases a WHERE a.version_id = v.version_id ORDER BY a.alias) AS aliases,
       m.risk_level,
       v.project_id,
       v.organization_id
  FROM mlregistry.model_versions v
  JOIN mlregistry.models m ON m.model_id = v.model_id
  JOIN mlregistry.projects p ON p.project_id = v.project_id
  JOIN mlregistry.organizations o ON o.organization_id = v.organization_id
  LEFT JOIN mlregistry.teams t ON t.team_id = m.team_id
  LEFT JOIN (SELECT s.version_id,
                    array_agg(s.environment_name ORDER BY s.environment_name) AS environments,
                    jsonb_object_agg(s.environment_name, s.traffic) AS traffic
               FROM (SELECT d.version_id, e.environment_name, sum(d.traffic_percentage) AS traffic
                       FROM mlregistry.deployments d
                       JOIN mlregistry.environments e ON e.environment_id = d.environment_id
                      WHERE d.status IN ('active', 'degraded') AND d.deleted_at IS NULL AND e.environment_type = 'production'
                      GROUP BY d.version_id, e.environment_name) AS s
              GROUP BY s.version_id) AS live ON live.version_id = v.version_id
 WHERE (v.stage = 'production' OR live.version_id IS NOT NULL)
   AND v.deleted_at IS NULL AND m.deleted_at IS NULL AND p.deleted_at IS NULL AND o.deleted_at IS NULL;
COMMENT ON VIEW mlregistry.v_production_versions IS 'Versions that are in stage production, or live in an environment of type production';
COMMENT ON COLUMN mlregistry.v_production_versions.model_id IS 'Identifier of the model';
COMMENT ON COLUMN mlregistry.v_production_versions.model_name IS 'Name of the model';
COMMENT ON COLUMN mlregistry.v_production_versions.team_name IS 'Team that owns the model';
COMMENT ON COLUMN mlregistry.v_production_versions.version_id IS 'Identifier of the version';
COMMENT ON COLUMN mlregistry.v_production_versions.semver IS 'Version';
COMMENT ON COLUMN mlregistry.v_production_versions.stage IS 'Its stage';
COMMENT ON COLUMN mlregistry.v_production_versions.status IS 'Its status';
COMMENT ON COLUMN mlregistry.v_production_versions.in_stage_production IS 'True: it is in stage production; false: it is live in production all the same';
COMMENT ON COLUMN mlregistry.v_production_versions.live_environments IS 'Environments of type production in which it is live, sorted';
COMMENT ON COLUMN mlregistry.v_production_versions.live_traffic IS 'Its share of the traffic in each of them, an object: environment to percentage; shadow deployments count too';
COMMENT ON COLUMN mlregistry.v_production_versions.promoted_to_production_at IS 'When it last entered stage production';
COMMENT ON COLUMN mlregistry.v_production_versions.registered_by IS 'Who registered it';
COMMENT ON COLUMN mlregistry.v_production_versions.registered_at IS 'When it was registered';
COMMENT ON COLUMN mlregistry.v_production_versions.aliases IS 'Its aliases, sorted';
COMMENT ON COLUMN mlregistry.v_production_versions.risk_level IS 'Risk of the model: low, medium, high or critical';
COMMENT ON COLUMN mlregistry.v_production_versions.project_id IS 'Project that it belongs to';
COMMENT ON COLUMN mlregistry.v_production_versions.organization_id IS 'Organization that it belongs to';
