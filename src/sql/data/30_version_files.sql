-- Area catalog: the files of a version.

CREATE TABLE mlregistry.version_files (
    file_id uuid DEFAULT pg_catalog.gen_random_uuid() NOT NULL,
    organization_id uuid DEFAULT mlregistry.current_organization_id() NOT NULL,
    project_id uuid DEFAULT mlregistry.current_project_id() NOT NULL,
    version_id uuid NOT NULL,
    path text NOT NULL,
    uri text,
    size_bytes bigint,
    sha256 text,
    media_type text,
    variant text,
    created_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT version_files_pkey PRIMARY KEY (file_id),
    CONSTRAINT version_files_tenant_key UNIQUE (organization_id, file_id),
    CONSTRAINT version_files_organization_fkey FOREIGN KEY (organization_id)
        REFERENCES mlregistry.organizations (organization_id) ON DELETE CASCADE,
    CONSTRAINT version_files_project_fkey FOREIGN KEY (organization_id, project_id)
        REFERENCES mlregistry.projects (organization_id, project_id) ON DELETE CASCADE,
    CONSTRAINT unique_version_file UNIQUE (version_id, path),
    CONSTRAINT version_files_version_fkey FOREIGN KEY (organization_id, version_id)
        REFERENCES mlregistry.model_versions (organization_id, version_id) ON DELETE CASCADE,
    CONSTRAINT valid_file_path CHECK (mlregistry.is_file_path(path)),
    CONSTRAINT valid_sha256 CHECK (mlregistry.is_sha256(sha256)),
    CONSTRAINT valid_file_size CHECK (size_bytes >= 0),
    CONSTRAINT version_files_text_size CHECK (pg_catalog.octet_length(uri) <= 65536 AND pg_catalog.octet_length(media_type) <= 65536
        AND pg_catalog.octet_length(variant) <= 65536)
);
CREATE INDEX idx_version_files_project ON mlregistry.version_files (project_id);
COMMENT ON TABLE mlregistry.version_files IS 'Files of a version, such as its variants for several devices';
COMMENT ON COLUMN mlregistry.version_files.file_id IS 'Identifier';
COMMENT ON COLUMN mlregistry.version_files.organization_id IS 'Organization that it belongs to';
COMMENT ON COLUMN mlregistry.version_files.project_id IS 'Project of its version';
COMMENT ON COLUMN mlregistry.version_files.version_id IS 'Version that it is part of';
COMMENT ON COLUMN mlregistry.version_files.path IS 'Relative path, unique in its version';
COMMENT ON COLUMN mlregistry.version_files.uri IS 'Where the file lies, unless below the artifact of its version';
COMMENT ON COLUMN mlregistry.version_files.size_bytes IS 'Size in bytes';
COMMENT ON COLUMN mlregistry.version_files.sha256 IS 'SHA-256 of the file, 64 hexadecimal digits';
COMMENT ON COLUMN mlregistry.version_files.media_type IS 'Media type';
COMMENT ON COLUMN mlregistry.version_files.variant IS 'Variant that it belongs to, such as cpu or cu121';
COMMENT ON COLUMN mlregistry.version_files.created_at IS 'When the row was created';
CREATE TRIGGER mlr_10_keys BEFORE INSERT OR UPDATE ON mlregistry.version_files FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_keys('model_versions', 'version_id');
CREATE TRIGGER mlr_30_normalize BEFORE INSERT OR UPDATE ON mlregistry.version_files FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_normalize('uri:trim', 'sha256:lower', 'media_type:trim', 'variant:trim');
CREATE TRIGGER mlr_50_freeze BEFORE UPDATE ON mlregistry.version_files FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_freeze_file();
CREATE TRIGGER mlr_70_guard AFTER INSERT OR DELETE ON mlregistry.version_files FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_freeze_file();
