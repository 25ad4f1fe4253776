-- Sample data: what versions and datasets were made from. Edges of lineage follow, from then on.

INSERT INTO mlregistry.version_parents (version_id, parent_version_id, relation, organization_id, project_id, notes, created_at, created_by)
SELECT o.version_id, mlregistry.sample_id(7, v.parent), v.relation, o.organization_id, o.project_id, v.notes, o.registered_at, o.registered_by
  FROM (VALUES
    (2, 1, 'fine-tuned-from', 'Two more epochs over the reviews of the last quarter, at half the learning rate.'),
    (202, 201, 'retrained-from', 'The same payments, with ninety days of the habits of a card.'),
    (203, 202, 'derived-from', NULL))
    AS v (version, parent, relation, notes)
  JOIN mlregistry.model_versions o ON o.version_id = mlregistry.sample_id(7, v.version);

-- The second one lies in another project: a subset of what training-lab brought into the registry later.
INSERT INTO mlregistry.dataset_parents (dataset_id, parent_dataset_id, organization_id, project_id, transformation, created_at, created_by)
SELECT d.dataset_id, p.dataset_id, d.organization_id, d.project_id, v.transformation, greatest(d.created_at, p.created_at), d.created_by
  FROM (VALUES
    (1, 4, 'Texts that customers wrote beside a rating, without names and addresses.'),
    (2, 101, 'Classes that stand in warehouses and streets, half of the photographs of each.'))
    AS v (dataset, parent, transformation)
  JOIN mlregistry.datasets d ON d.dataset_id = mlregistry.sample_id(5, v.dataset)
  JOIN mlregistry.datasets p ON p.dataset_id = mlregistry.sample_id(5, v.parent);

-- The locks that this has taken in the default organization are nobody's sample: who had none before has none now.
DELETE FROM mlregistry.guards g
 WHERE g.organization_id = '00000000-0000-8000-8000-000000000001' AND g.rule IN ('no_cycle_version', 'no_cycle_dataset') AND g.n = 1;
