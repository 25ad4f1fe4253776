-- Area access: who belongs to which organization and project, keys, grants, the rules of row security, quotas. Users are in
-- 05_users.sql.

CREATE TABLE mlregistry.organization_memberships (
    membership_id uuid DEFAULT pg_catalog.gen_random_uuid() NOT NULL,
    organization_id uuid DEFAULT mlregistry.current_organization_id() NOT NULL,
    user_id uuid NOT NULL,
    role text DEFAULT 'viewer' NOT NULL,
    invited_by text DEFAULT mlregistry.current_actor() NOT NULL,
    invited_by_user uuid,
    joined_at timestamptz DEFAULT now() NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    updated_by text DEFAULT mlregistry.current_actor() NOT NULL,
    CONSTRAINT organization_memberships_pkey PRIMARY KEY (membership_id),
    CONSTRAINT organization_memberships_tenant_key UNIQUE (organization_id, membership_id),
    CONSTRAINT organization_memberships_organization_fkey FOREIGN KEY (organization_id)
        REFERENCES mlregistry.organizations (organization_id) ON DELETE CASCADE,
    CONSTRAINT organization_memberships_user_fkey FOREIGN KEY (user_id)
        REFERENCES mlregistry.users (user_id) ON DELETE CASCADE,
    CONSTRAINT organization_memberships_invited_by_user_fkey FOREIGN KEY (invited_by_user)
        REFERENCES mlregistry.users (user_id) ON DELETE SET NULL (invited_by_user),
    CONSTRAINT unique_membership UNIQUE (organization_id, user_id),
    CONSTRAINT valid_membership_role CHECK (role IN ('admin', 'developer', 'viewer')),
    CONSTRAINT organization_memberships_text_size CHECK (pg_catalog.octet_length(invited_by) <= 65536
        AND pg_catalog.octet_length(updated_by) <= 65536)
);
CREATE INDEX idx_memberships_user ON mlregistry.organization_memberships (user_id);
COMMENT ON TABLE mlregistry.organization_memberships IS 'Members of organizations, and what they may do there';
COMMENT ON COLUMN mlregistry.organization_memberships.membership_id IS 'Identifier';
COMMENT ON COLUMN mlregistry.organization_memberships.organization_id IS 'Organization that the user is a member of';
COMMENT ON COLUMN mlregistry.organization_memberships.user_id IS 'User who is the member';
COMMENT ON COLUMN mlregistry.organization_memberships.role IS 'admin, developer or viewer';
COMMENT ON COLUMN mlregistry.organization_memberships.invited_by IS 'Who made the user a member';
COMMENT ON COLUMN mlregistry.organization_memberships.invited_by_user IS 'The user who did, as the database knows';
COMMENT ON COLUMN mlregistry.organization_memberships.joined_at IS 'Since when the user is a member';
COMMENT ON COLUMN mlregistry.organization_memberships.created_at IS 'When the row was created';
COMMENT ON COLUMN mlregistry.organization_memberships.updated_at IS 'When the row last changed';
COMMENT ON COLUMN mlregistry.organization_memberships.updated_by IS 'Who changed it last';
CREATE TRIGGER mlr_10_keys BEFORE UPDATE ON mlregistry.organization_memberships FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_keys('users', 'user_id');
CREATE TRIGGER mlr_20_actor BEFORE INSERT OR UPDATE ON mlregistry.organization_memberships FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_actor('invited');
CREATE TRIGGER mlr_60_touch BEFORE UPDATE ON mlregistry.organization_memberships FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_touch();
CREATE TRIGGER mlr_70_guard AFTER INSERT OR DELETE OR UPDATE OF role ON mlregistry.organization_memberships FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_guard_members();
CREATE TRIGGER mlr_85_effect AFTER DELETE ON mlregistry.organization_memberships FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_guard_quota('user', 'user_id');
CREATE TRIGGER mlr_95_access AFTER INSERT OR UPDATE OR DELETE ON mlregistry.organization_memberships FOR EACH STATEMENT
    EXECUTE FUNCTION mlregistry.trg_access_changed();
ALTER TABLE mlregistry.organization_memberships ENABLE ALWAYS TRIGGER mlr_95_access;

CREATE TABLE mlregistry.project_members (
    member_id uuid DEFAULT pg_catalog.gen_random_uuid() NOT NULL,
    organization_id uuid DEFAULT mlregistry.current_organization_id() NOT NULL,
    project_id uuid DEFAULT mlregistry.current_project_id() NOT NULL,
    user_id uuid NOT NULL,
    role text DEFAULT 'contributor' NOT NULL,
    added_by text DEFAULT mlregistry.current_actor() NOT NULL,
    added_by_user uuid,
    created_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT project_members_pkey PRIMARY KEY (member_id),
    CONSTRAINT project_members_tenant_key UNIQUE (organization_id, member_id),
    CONSTRAINT project_members_organization_fkey FOREIGN KEY (organization_id)
        REFERENCES mlregistry.organizations (organization_id) ON DELETE CASCADE,
    CONSTRAINT project_members_project_fkey FOREIGN KEY (organization_id, project_id)
        REFERENCES mlregistry.projects (organization_id, project_id) ON DELETE CASCADE,
    -- Before the one to users: what is checked first must not tell a user of another organization from none.
    CONSTRAINT project_members_membership_fkey FOREIGN KEY (organization_id, user_id)
        REFERENCES mlregistry.organization_memberships (organization_id, user_id) ON DELETE CASCADE,
    CONSTRAINT project_members_user_fkey FOREIGN KEY (user_id)
        REFERENCES mlregistry.users (user_id) ON DELETE CASCADE,
    CONSTRAINT project_members_added_by_user_fkey FOREIGN KEY (added_by_user)
        REFERENCES mlregistry.users (user_id) ON DELETE SET NULL (added_by_user),
    CONSTRAINT unique_project_member UNIQUE (project_id, user_id),
    CONSTRAINT valid_project_role CHECK (role IN ('owner', 'contributor', 'viewer')),
    CONSTRAINT project_members_text_size CHECK (pg_catalog.octet_length(added_by) <= 65536)
);
CREATE INDEX idx_project_members_project ON mlregistry.project_members (project_id);
CREATE INDEX idx_project_members_user ON mlregistry.project_members (user_id);
COMMENT ON TABLE mlregistry.project_members IS 'Members of projects, all of them members of the organization, and what they may do there';
COMMENT ON COLUMN mlregistry.project_members.member_id IS 'Identifier';
COMMENT ON COLUMN mlregistry.project_members.organization_id IS 'Organization of the project';
COMMENT ON COLUMN mlregistry.project_members.project_id IS 'Project that the user is a member of';
COMMENT ON COLUMN mlregistry.project_members.user_id IS 'User who is the member';
COMMENT ON COLUMN mlregistry.project_members.role IS 'owner, contributor or viewer';
COMMENT ON COLUMN mlregistry.project_members.added_by IS 'Who made the user a member';
COMMENT ON COLUMN mlregistry.project_members.added_by_user IS 'The user who did, as the database knows';
COMMENT ON COLUMN mlregistry.project_members.created_at IS 'When the row was created';
CREATE TRIGGER mlr_10_keys BEFORE UPDATE ON mlregistry.project_members FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_keys('users', 'user_id');
CREATE TRIGGER mlr_20_actor BEFORE INSERT OR UPDATE ON mlregistry.project_members FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_actor('added');
CREATE TRIGGER mlr_95_access AFTER INSERT OR UPDATE OR DELETE ON mlregistry.project_members FOR EACH STATEMENT
    EXECUTE FUNCTION mlregistry.trg_access_changed();
ALTER TABLE mlregistry.project_members ENABLE ALWAYS TRIGGER mlr_95_access;

CREATE TABLE mlregistry.api_keys (
    api_key_id uuid DEFAULT pg_catalog.gen_random_uuid() NOT NULL,
    organization_id uuid DEFAULT mlregistry.current_organization_id() NOT NULL,
    user_id uuid NOT NULL,
    name text NOT NULL,
    key_prefix text NOT NULL,
    permissions jsonb DEFAULT '{}' NOT NULL,
    last_used_at timestamptz,
    expires_at timestamptz,
    is_active boolean DEFAULT true NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    created_by text DEFAULT mlregistry.current_actor() NOT NULL,
    created_by_user uuid,
    updated_at timestamptz DEFAULT now() NOT NULL,
    updated_by text DEFAULT mlregistry.current_actor() NOT NULL,
    deleted_at timestamptz,
    CONSTRAINT api_keys_pkey PRIMARY KEY (api_key_id),
    CONSTRAINT api_keys_tenant_key UNIQUE (organization_id, api_key_id),
    CONSTRAINT api_keys_organization_fkey FOREIGN KEY (organization_id)
        REFERENCES mlregistry.organizations (organization_id) ON DELETE CASCADE,
    CONSTRAINT api_keys_membership_fkey FOREIGN KEY (organization_id, user_id)
        REFERENCES mlregistry.organization_memberships (organization_id, user_id) ON DELETE CASCADE,
    CONSTRAINT api_keys_created_by_user_fkey FOREIGN KEY (created_by_user)
        REFERENCES mlregistry.users (user_id) ON DELETE SET NULL (created_by_user),
    CONSTRAINT valid_key_name CHECK (mlregistry.is_valid_label(name)),
    CONSTRAINT valid_key_prefix CHECK (pg_catalog.length(key_prefix) <= 20),
    CONSTRAINT valid_permissions CHECK (mlregistry.is_scopes(permissions)),
    CONSTRAINT api_keys_json_size CHECK (pg_catalog.pg_column_size(permissions) <= 1048576),
    CONSTRAINT api_keys_text_size CHECK (pg_catalog.octet_length(created_by) <= 65536 AND pg_catalog.octet_length(updated_by) <= 65536)
);
CREATE INDEX idx_api_keys_user ON mlregistry.api_keys (user_id);
COMMENT ON TABLE mlregistry.api_keys IS 'Keys by which users authenticate, each for one organization; what it takes to use one is not here';
COMMENT ON COLUMN mlregistry.api_keys.api_key_id IS 'Identifier';
COMMENT ON COLUMN mlregistry.api_keys.organization_id IS 'Organization that it opens';
COMMENT ON COLUMN mlregistry.api_keys.user_id IS 'User who acts by it, a member of the organization';
COMMENT ON COLUMN mlregistry.api_keys.name IS 'Name for people';
COMMENT ON COLUMN mlregistry.api_keys.key_prefix IS 'First characters of the key, to tell it from others';
COMMENT ON COLUMN mlregistry.api_keys.permissions IS 'Scopes and projects that it is restricted to; {}: all that the user may do';
COMMENT ON COLUMN mlregistry.api_keys.last_used_at IS 'When it was last used, to the minute';
COMMENT ON COLUMN mlregistry.api_keys.expires_at IS 'From when on it is refused; NULL: never';
COMMENT ON COLUMN mlregistry.api_keys.is_active IS 'False: it is refused';
COMMENT ON COLUMN mlregistry.api_keys.created_at IS 'When the row was created';
COMMENT ON COLUMN mlregistry.api_keys.created_by IS 'Who created it';
COMMENT ON COLUMN mlregistry.api_keys.created_by_user IS 'The user who created it, as the database knows';
COMMENT ON COLUMN mlregistry.api_keys.updated_at IS 'When the row last changed, its use aside';
COMMENT ON COLUMN mlregistry.api_keys.updated_by IS 'Who changed it last';
COMMENT ON COLUMN mlregistry.api_keys.deleted_at IS 'When it was revoked; NULL: it is not';
CREATE TRIGGER mlr_10_keys BEFORE UPDATE ON mlregistry.api_keys FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_keys('users', 'user_id');
CREATE TRIGGER mlr_20_actor BEFORE INSERT OR UPDATE ON mlregistry.api_keys FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_actor('created');
CREATE TRIGGER mlr_30_normalize BEFORE INSERT OR UPDATE ON mlregistry.api_keys FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_normalize('name:trim');
-- Use is no change: all columns but last_used_at.
CREATE TRIGGER mlr_60_touch BEFORE UPDATE OF api_key_id, organization_id, user_id, name, key_prefix, permissions, expires_at, is_active,
        created_at, created_by, created_by_user, updated_at, updated_by, deleted_at ON mlregistry.api_keys FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_touch();
CREATE TRIGGER mlr_95_access AFTER INSERT OR UPDATE OF api_key_id, organization_id, user_id, permissions, expires_at, is_active, deleted_at
        OR DELETE ON mlregistry.api_keys FOR EACH STATEMENT
    EXECUTE FUNCTION mlregistry.trg_access_changed();
ALTER TABLE mlregistry.api_keys ENABLE ALWAYS TRIGGER mlr_95_access;

CREATE TABLE mlregistry.api_key_secrets (
    api_key_id uuid NOT NULL,
    key_hash text NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT api_key_secrets_pkey PRIMARY KEY (api_key_id),
    CONSTRAINT api_key_secrets_api_key_fkey FOREIGN KEY (api_key_id)
        REFERENCES mlregistry.api_keys (api_key_id) ON DELETE CASCADE,
    CONSTRAINT unique_key_hash UNIQUE (key_hash),
    CONSTRAINT valid_key_hash CHECK (mlregistry.is_sha256(key_hash))
);
COMMENT ON TABLE mlregistry.api_key_secrets IS 'Hashes of keys: read by nobody but the owner';
COMMENT ON COLUMN mlregistry.api_key_secrets.api_key_id IS 'Key whose it is';
COMMENT ON COLUMN mlregistry.api_key_secrets.key_hash IS 'SHA-256 of the key, 64 hexadecimal digits; the key itself is shown once and kept nowhere';
COMMENT ON COLUMN mlregistry.api_key_secrets.created_at IS 'When the row was created';

CREATE TABLE mlregistry.role_access (
    db_role name NOT NULL,
    organization_id uuid NOT NULL,
    level text NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    created_by text DEFAULT mlregistry.current_actor() NOT NULL,
    created_by_user uuid,
    CONSTRAINT role_access_pkey PRIMARY KEY (db_role, organization_id),
    CONSTRAINT role_access_organization_fkey FOREIGN KEY (organization_id)
        REFERENCES mlregistry.organizations (organization_id) ON DELETE CASCADE,
    CONSTRAINT role_access_created_by_user_fkey FOREIGN KEY (created_by_user)
        REFERENCES mlregistry.users (user_id) ON DELETE SET NULL (created_by_user),
    CONSTRAINT valid_access_level CHECK (level IN ('read', 'write', 'admin', 'worker', 'owner')),
    CONSTRAINT role_access_text_size CHECK (pg_catalog.octet_length(created_by) <= 65536)
);
COMMENT ON TABLE mlregistry.role_access IS 'Organizations that database roles may use without a user or a key: written by grant_access()';
COMMENT ON COLUMN mlregistry.role_access.db_role IS 'Database role';
COMMENT ON COLUMN mlregistry.role_access.organization_id IS 'Organization that it may use';
COMMENT ON COLUMN mlregistry.role_access.level IS 'read, write, admin, worker or owner';
COMMENT ON COLUMN mlregistry.role_access.created_at IS 'When the row was created';
COMMENT ON COLUMN mlregistry.role_access.created_by IS 'Who created it';
COMMENT ON COLUMN mlregistry.role_access.created_by_user IS 'The user who created it, as the database knows';
CREATE TRIGGER mlr_10_keys BEFORE UPDATE ON mlregistry.role_access FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_keys();
CREATE TRIGGER mlr_20_actor BEFORE INSERT OR UPDATE ON mlregistry.role_access FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_actor('created');
CREATE TRIGGER mlr_95_access AFTER INSERT OR UPDATE OR DELETE ON mlregistry.role_access FOR EACH STATEMENT
    EXECUTE FUNCTION mlregistry.trg_access_changed();
ALTER TABLE mlregistry.role_access ENABLE ALWAYS TRIGGER mlr_95_access;

CREATE TABLE mlregistry.access_rules (
    table_name text NOT NULL,
    scope text NOT NULL,
    read_role text NOT NULL,
    write_role text NOT NULL,
    key_scope text,
    CONSTRAINT access_rules_pkey PRIMARY KEY (table_name),
    CONSTRAINT valid_access_scope CHECK (scope IN ('project', 'organization', 'self', 'admin', 'owner', 'global')),
    CONSTRAINT valid_read_role CHECK (read_role IN ('viewer', 'developer', 'contributor', 'admin', 'owner')),
    CONSTRAINT valid_write_role CHECK (write_role IN ('viewer', 'developer', 'contributor', 'admin', 'owner')),
    CONSTRAINT valid_key_scope CHECK (key_scope IN ('models', 'versions', 'datasets', 'runs', 'deployments', 'approvals', 'monitoring',
        'admin', 'names'))
);
COMMENT ON TABLE mlregistry.access_rules IS 'Who may read and write which table: row-security policies are made from it by apply_access_rules()';
COMMENT ON COLUMN mlregistry.access_rules.table_name IS 'Table of the registry';
COMMENT ON COLUMN mlregistry.access_rules.scope IS 'What a row belongs to: project, organization, self (a user), admin, owner or global';
COMMENT ON COLUMN mlregistry.access_rules.read_role IS 'Least role that reads: viewer, developer, contributor, admin or owner (of the tables)';
COMMENT ON COLUMN mlregistry.access_rules.write_role IS 'Least role that writes: viewer, developer, contributor, admin or owner (of the tables)';
COMMENT ON COLUMN mlregistry.access_rules.key_scope IS 'Scope that opens it to a key; NULL: any key';

CREATE TABLE mlregistry.resource_quotas (
    quota_id uuid DEFAULT pg_catalog.gen_random_uuid() NOT NULL,
    organization_id uuid DEFAULT mlregistry.current_organization_id() NOT NULL,
    scope text NOT NULL,
    scope_id uuid,
    period text DEFAULT 'month' NOT NULL,
    gpu_hours_limit numeric(12,2),
    cost_limit_usd numeric(12,2),
    enforcement text DEFAULT 'warn' NOT NULL,
    is_active boolean DEFAULT true NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    created_by text DEFAULT mlregistry.current_actor() NOT NULL,
    created_by_user uuid,
    updated_at timestamptz DEFAULT now() NOT NULL,
    updated_by text DEFAULT mlregistry.current_actor() NOT NULL,
    CONSTRAINT resource_quotas_pkey PRIMARY KEY (quota_id),
    CONSTRAINT resource_quotas_tenant_key UNIQUE (organization_id, quota_id),
    CONSTRAINT resource_quotas_organization_fkey FOREIGN KEY (organization_id)
        REFERENCES mlregistry.organizations (organization_id) ON DELETE CASCADE,
    CONSTRAINT resource_quotas_created_by_user_fkey FOREIGN KEY (created_by_user)
        REFERENCES mlregistry.users (user_id) ON DELETE SET NULL (created_by_user),
    CONSTRAINT valid_quota_scope CHECK (scope IN ('organization', 'project', 'team', 'user')
        AND (scope = 'organization') = (scope_id IS NULL)),
    CONSTRAINT valid_quota_period CHECK (period IN ('day', 'week', 'month')),
    CONSTRAINT valid_quota_limit CHECK ((gpu_hours_limit IS NOT NULL OR cost_limit_usd IS NOT NULL)
        AND gpu_hours_limit >= 0 AND gpu_hours_limit < 'NaN' AND cost_limit_usd >= 0 AND cost_limit_usd < 'NaN'),
    CONSTRAINT valid_enforcement CHECK (enforcement IN ('warn', 'refuse')),
    CONSTRAINT resource_quotas_text_size CHECK (pg_catalog.octet_length(created_by) <= 65536 AND pg_catalog.octet_length(updated_by) <= 65536)
);
CREATE UNIQUE INDEX unique_quota ON mlregistry.resource_quotas (organization_id, scope, scope_id, period) NULLS NOT DISTINCT;
COMMENT ON TABLE mlregistry.resource_quotas IS 'How much of GPU time and money an organization, a project, a team or a user may use in a day, a week or a month of the UTC calendar';
COMMENT ON COLUMN mlregistry.resource_quotas.quota_id IS 'Identifier';
COMMENT ON COLUMN mlregistry.resource_quotas.organization_id IS 'Organization that it belongs to';
COMMENT ON COLUMN mlregistry.resource_quotas.scope IS 'organization, project, team or user';
COMMENT ON COLUMN mlregistry.resource_quotas.scope_id IS 'That project, team or user; NULL exactly for the organization';
COMMENT ON COLUMN mlregistry.resource_quotas.period IS 'day, week or month';
COMMENT ON COLUMN mlregistry.resource_quotas.gpu_hours_limit IS 'Most GPU hours in a period; NULL: no limit';
COMMENT ON COLUMN mlregistry.resource_quotas.cost_limit_usd IS 'Most US dollars in a period; NULL: no limit';
COMMENT ON COLUMN mlregistry.resource_quotas.enforcement IS 'warn or refuse';
COMMENT ON COLUMN mlregistry.resource_quotas.is_active IS 'False: it is not looked at';
COMMENT ON COLUMN mlregistry.resource_quotas.created_at IS 'When the row was created';
COMMENT ON COLUMN mlregistry.resource_quotas.created_by IS 'Who created it';
COMMENT ON COLUMN mlregistry.resource_quotas.created_by_user IS 'The user who created it, as the database knows';
COMMENT ON COLUMN mlregistry.resource_quotas.updated_at IS 'When the row last changed';
COMMENT ON COLUMN mlregistry.resource_quotas.updated_by IS 'Who changed it last';
CREATE TRIGGER mlr_10_keys BEFORE UPDATE ON mlregistry.resource_quotas FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_keys();
CREATE TRIGGER mlr_20_actor BEFORE INSERT OR UPDATE ON mlregistry.resource_quotas FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_actor('created');
CREATE TRIGGER mlr_60_touch BEFORE UPDATE ON mlregistry.resource_quotas FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_touch();
CREATE TRIGGER mlr_70_guard AFTER INSERT OR UPDATE OF scope, scope_id ON mlregistry.resource_quotas FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_guard_quota();
