-- Area access: users. Before all else, because whatever somebody does refers to them.

CREATE TABLE mlregistry.users (
    user_id uuid DEFAULT pg_catalog.gen_random_uuid() NOT NULL,
    email text NOT NULL,
    first_name text DEFAULT '' NOT NULL,
    last_name text DEFAULT '' NOT NULL,
    avatar_url text,
    db_role name,
    is_active boolean DEFAULT true NOT NULL,
    is_verified boolean DEFAULT false NOT NULL,
    last_login_at timestamptz,
    settings jsonb DEFAULT '{}' NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    updated_by text DEFAULT mlregistry.current_actor() NOT NULL,
    deleted_at timestamptz,
    CONSTRAINT users_pkey PRIMARY KEY (user_id),
    CONSTRAINT valid_email CHECK (mlregistry.is_email(email)),
    CONSTRAINT valid_avatar_url CHECK (mlregistry.is_url(avatar_url)),
    CONSTRAINT settings_is_object CHECK (pg_catalog.jsonb_typeof(settings) = 'object'),
    CONSTRAINT users_json_size CHECK (pg_catalog.pg_column_size(settings) <= 1048576),
    CONSTRAINT users_text_size CHECK (pg_catalog.octet_length(first_name) <= 65536 AND pg_catalog.octet_length(last_name) <= 65536
        AND pg_catalog.octet_length(updated_by) <= 65536)
);
CREATE UNIQUE INDEX users_email_key ON mlregistry.users (lower(email)) WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX users_db_role_key ON mlregistry.users (db_role) WHERE db_role IS NOT NULL AND deleted_at IS NULL;
COMMENT ON TABLE mlregistry.users IS 'People and services, whatever organizations they are members of';
COMMENT ON COLUMN mlregistry.users.user_id IS 'Identifier';
COMMENT ON COLUMN mlregistry.users.email IS 'E-mail address: the name under which the user acts, unique without regard to case among those not deleted';
COMMENT ON COLUMN mlregistry.users.first_name IS 'First name';
COMMENT ON COLUMN mlregistry.users.last_name IS 'Last name';
COMMENT ON COLUMN mlregistry.users.avatar_url IS 'Picture';
COMMENT ON COLUMN mlregistry.users.db_role IS 'Database role whose sessions act as this user; NULL: none';
COMMENT ON COLUMN mlregistry.users.is_active IS 'False: authenticates no more, and keys are refused';
COMMENT ON COLUMN mlregistry.users.is_verified IS 'The e-mail address was confirmed';
COMMENT ON COLUMN mlregistry.users.last_login_at IS 'When the user last logged in to an application';
COMMENT ON COLUMN mlregistry.users.settings IS 'Settings of an application, a JSON object';
COMMENT ON COLUMN mlregistry.users.created_at IS 'When the row was created';
COMMENT ON COLUMN mlregistry.users.updated_at IS 'When the row last changed';
COMMENT ON COLUMN mlregistry.users.updated_by IS 'Who changed it last';
COMMENT ON COLUMN mlregistry.users.deleted_at IS 'When it was deleted; NULL: it is not';
CREATE TRIGGER mlr_30_normalize BEFORE INSERT OR UPDATE ON mlregistry.users FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_normalize('email:email', 'first_name:trim', 'last_name:trim', 'avatar_url:trim');
CREATE TRIGGER mlr_60_touch BEFORE UPDATE ON mlregistry.users FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_touch();
-- Always, here and on all tables of rights: what a session knows of rights must not outlive what a replica changes.
CREATE TRIGGER mlr_95_access AFTER INSERT OR UPDATE OF user_id, email, db_role, is_active, deleted_at OR DELETE ON mlregistry.users
    FOR EACH STATEMENT EXECUTE FUNCTION mlregistry.trg_access_changed();
ALTER TABLE mlregistry.users ENABLE ALWAYS TRIGGER mlr_95_access;

CREATE TABLE mlregistry.user_credentials (
    user_id uuid NOT NULL,
    password_hash text,
    password_changed_at timestamptz,
    updated_at timestamptz DEFAULT now() NOT NULL,
    updated_by text DEFAULT mlregistry.current_actor() NOT NULL,
    CONSTRAINT user_credentials_pkey PRIMARY KEY (user_id),
    CONSTRAINT user_credentials_user_fkey FOREIGN KEY (user_id)
        REFERENCES mlregistry.users (user_id) ON DELETE CASCADE,
    CONSTRAINT user_credentials_text_size CHECK (pg_catalog.octet_length(password_hash) <= 65536
        AND pg_catalog.octet_length(updated_by) <= 65536)
);
COMMENT ON TABLE mlregistry.user_credentials IS 'Hashes of passwords for applications that keep them here: read by nobody but the owner';
COMMENT ON COLUMN mlregistry.user_credentials.user_id IS 'User whose they are';
COMMENT ON COLUMN mlregistry.user_credentials.password_hash IS 'Salted hash as the application writes it; NULL: single sign-on';
COMMENT ON COLUMN mlregistry.user_credentials.password_changed_at IS 'When the password was last changed';
COMMENT ON COLUMN mlregistry.user_credentials.updated_at IS 'When the row last changed';
COMMENT ON COLUMN mlregistry.user_credentials.updated_by IS 'Who changed it last';
CREATE TRIGGER mlr_60_touch BEFORE UPDATE ON mlregistry.user_credentials FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_touch();
