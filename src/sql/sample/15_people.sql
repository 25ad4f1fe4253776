-- Sample data: people and a quota of acme, and one person of the default organization. No key among them: a key is shown once, when it is made.

INSERT INTO mlregistry.users (user_id, email, first_name, last_name, is_verified, created_at, updated_at, updated_by)
SELECT mlregistry.sample_id(13, v.n), v.email, v.first_name, v.last_name, true, now() - v.age, now() - v.age, v.created_by
  FROM (VALUES
    (1, 'admin@acme.example', 'Ada', 'Admin', '210 days'::interval, 'admin@acme.example'),
    (2, 'ana.dev@acme.example', 'Ana', 'Developer', '190 days', 'admin@acme.example'),
    (3, 'vik.viewer@acme.example', 'Vik', 'Viewer', '90 days', 'admin@acme.example'),
    (4, 'lead@example.com', 'Lea', 'Lead', '400 days', 'lead@example.com'))
    AS v (n, email, first_name, last_name, age, created_by);

INSERT INTO mlregistry.organization_memberships (membership_id, organization_id, user_id, role, invited_by, joined_at, created_at, updated_at,
                                                 updated_by)
SELECT mlregistry.sample_id(14, v.n), v.organization_id, u.user_id, v.role, u.updated_by, u.created_at, u.created_at, u.created_at, u.updated_by
  FROM (VALUES
    (1, mlregistry.sample_id(1, 1), 'admin'),
    (2, mlregistry.sample_id(1, 1), 'developer'),
    (3, mlregistry.sample_id(1, 1), 'viewer'),
    (4, '00000000-0000-8000-8000-000000000001', 'admin'))
    AS v (n, organization_id, role)
  JOIN mlregistry.users u ON u.user_id = mlregistry.sample_id(13, v.n);

INSERT INTO mlregistry.project_members (member_id, organization_id, project_id, user_id, role, added_by, created_at)
SELECT mlregistry.sample_id(15, 1), mlregistry.sample_id(1, 1), mlregistry.sample_id(2, 2), mlregistry.sample_id(13, 2), 'contributor',
       'admin@acme.example', now() - '185 days'::interval;

INSERT INTO mlregistry.resource_quotas (quota_id, organization_id, scope, period, gpu_hours_limit, cost_limit_usd, enforcement, created_at, created_by,
                                        updated_at, updated_by)
SELECT mlregistry.sample_id(16, 1), mlregistry.sample_id(1, 1), 'organization', 'month', 500, 1500, 'warn',
       now() - '120 days'::interval, 'admin@acme.example', now() - '120 days'::interval, 'admin@acme.example';
