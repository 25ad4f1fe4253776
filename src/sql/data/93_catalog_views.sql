-- Views of the area catalog. Columns may be added at the end only.

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
       (SELECT count(*) FROM mlregistry.deployments d
         WHERE d.model_id = m.model_id AND d.status IN ('active', 'degraded') AND d.deleted_at IS NULL) AS live_deployments,
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
COMMENT ON COLUMN mlregistry.v_models_latest.live_deployments IS 'Number of live deployments: active or degraded';
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
