-- The default organization and project: the same identifiers everywhere, so that two databases agree on them.

INSERT INTO mlregistry.organizations (organization_id, name, slug)
VALUES ('00000000-0000-8000-8000-000000000001', 'Default', 'default');

INSERT INTO mlregistry.projects (project_id, organization_id, name, slug, visibility)
VALUES ('00000000-0000-8000-8000-000000000002', '00000000-0000-8000-8000-000000000001', 'Default', 'default', 'organization');
