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
