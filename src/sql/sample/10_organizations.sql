-- Sample data: organization acme, and the projects beside the default one.
--
-- Every row that has a uuid of its own gets mlregistry.sample_id(table, row), so that drop_sample_data() knows it. Numbers
-- of tables, which never change:
--    1 organizations    2 projects    3 teams          4 tags                5 datasets         6 models
--    7 model_versions   8 version_files   9 version_signatures   10 model_aliases   11 model_metrics   12 alias_history
--   13 users           14 organization_memberships   15 project_members   16 resource_quotas   17 experiments
--   18 training_runs   19 environments   20 deployments   21 approvals   22 metric_gates
-- Rows of junction tables have the identifiers of what they join. All names are written with their schema, what every
-- statement inserts names its organization and project: it runs whatever the session has chosen.

INSERT INTO mlregistry.organizations (organization_id, name, slug, billing_email, subscription_plan, max_users, max_models, settings,
                                      created_at, created_by, updated_at, updated_by)
SELECT mlregistry.sample_id(1, 1), 'Acme', 'acme', 'billing@acme.example', 'professional', 25, 200, '{"timezone": "Europe/Berlin"}',
       now() - '210 days'::interval, 'admin@acme.example', now() - '210 days'::interval, 'admin@acme.example';

INSERT INTO mlregistry.projects (project_id, organization_id, name, slug, description, visibility,
                                 created_at, created_by, updated_at, updated_by)
SELECT mlregistry.sample_id(2, v.n), v.organization_id, v.name, v.slug, v.description, v.visibility,
       now() - v.age, v.created_by, now() - v.age, v.created_by
  FROM (VALUES
    (1, '00000000-0000-8000-8000-000000000001'::uuid, 'Training lab', 'training-lab',
     'Trial runs on public benchmarks: which architecture, framework and compute target is worth a real project.', 'organization',
     '150 days'::interval, 'lab-lead@example.com'),
    (2, mlregistry.sample_id(1, 1), 'Fraud detection', 'fraud-detection',
     'Scoring of card payments while the customer waits at the till. Only the risk team sees it.', 'private',
     '200 days', 'admin@acme.example'),
    (3, mlregistry.sample_id(1, 1), 'Customer analytics', 'customer-analytics',
     'Churn, lifetime value and segments of customers, for marketing and support.', 'organization',
     '95 days', 'admin@acme.example'))
    AS v (n, organization_id, name, slug, description, visibility, age, created_by);
