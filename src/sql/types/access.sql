-- Rows that the functions of functions/access.sql return.

CREATE TYPE organization_info AS (
    organization_slug text,
    name text,
    subscription_plan text,
    subscription_status text,
    max_users integer,
    max_models integer,
    created_by text,
    created_at timestamptz,
    organization_id uuid
);
COMMENT ON TYPE organization_info IS 'An organization as functions return it';

CREATE TYPE project_info AS (
    organization_slug text,
    project_slug text,
    name text,
    description text,
    visibility text,
    created_by text,
    created_at timestamptz,
    project_id uuid
);
COMMENT ON TYPE project_info IS 'A project as functions return it';

CREATE TYPE user_info AS (
    email text,
    first_name text,
    last_name text,
    db_role name,
    is_active boolean,
    created_at timestamptz,
    user_id uuid
);
COMMENT ON TYPE user_info IS 'A user as functions return it';

CREATE TYPE member_info AS (
    organization_slug text,
    email text,
    role text,
    invited_by text,
    joined_at timestamptz,
    user_id uuid,
    membership_id uuid
);
COMMENT ON TYPE member_info IS 'A member of an organization as functions return it';

CREATE TYPE project_member_info AS (
    project_slug text,
    email text,
    role text,
    added_by text,
    created_at timestamptz,
    user_id uuid,
    member_id uuid
);
COMMENT ON TYPE project_member_info IS 'A member of a project as functions return it';

CREATE TYPE api_key_info AS (
    name text,
    key_prefix text,
    email text,
    organization_slug text,
    permissions jsonb,
    is_active boolean,
    expires_at timestamptz,
    last_used_at timestamptz,
    created_by text,
    created_at timestamptz,
    api_key_id uuid
);
COMMENT ON TYPE api_key_info IS 'An API key as functions return it: all but the key itself, which is not kept';

CREATE TYPE new_api_key_info AS (
    api_key text,
    key_prefix text,
    name text,
    email text,
    organization_slug text,
    permissions jsonb,
    expires_at timestamptz,
    api_key_id uuid
);
COMMENT ON TYPE new_api_key_info IS 'A new API key, shown this once';

CREATE TYPE access_info AS (
    db_role name,
    organization_slug text,
    level text
);
COMMENT ON TYPE access_info IS 'What a database role may do in an organization, as grant_access() was told: reader, writer or admin; without organization: rights on the tables alone';

CREATE TYPE quota_info AS (
    scope text,
    subject text,
    period text,
    gpu_hours_limit numeric,
    cost_limit_usd numeric,
    enforcement text,
    is_active boolean,
    quota_id uuid
);
COMMENT ON TYPE quota_info IS 'A quota as functions return it; subject: slug of the project, name of the team or e-mail of the user, NULL for the organization';
