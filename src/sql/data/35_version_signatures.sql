-- Area catalog: cryptographic signatures of versions. The registry stores and reports them, it does not verify.

CREATE TABLE mlregistry.version_signatures (
    signature_id uuid DEFAULT pg_catalog.gen_random_uuid() NOT NULL,
    organization_id uuid DEFAULT mlregistry.current_organization_id() NOT NULL,
    project_id uuid DEFAULT mlregistry.current_project_id() NOT NULL,
    version_id uuid NOT NULL,
    kind text NOT NULL,
    signer text NOT NULL,
    issuer text,
    bundle jsonb,
    bundle_uri text,
    subject_sha256 text,
    verification text DEFAULT 'claimed' NOT NULL,
    verifier text,
    verified_at timestamptz,
    created_at timestamptz DEFAULT now() NOT NULL,
    created_by text DEFAULT mlregistry.current_actor() NOT NULL,
    created_by_user uuid,
    CONSTRAINT version_signatures_pkey PRIMARY KEY (signature_id),
    CONSTRAINT version_signatures_tenant_key UNIQUE (organization_id, signature_id),
    CONSTRAINT version_signatures_organization_fkey FOREIGN KEY (organization_id)
        REFERENCES mlregistry.organizations (organization_id) ON DELETE CASCADE,
    CONSTRAINT version_signatures_project_fkey FOREIGN KEY (organization_id, project_id)
        REFERENCES mlregistry.projects (organization_id, project_id) ON DELETE CASCADE,
    CONSTRAINT version_signatures_version_fkey FOREIGN KEY (organization_id, version_id)
        REFERENCES mlregistry.model_versions (organization_id, version_id) ON DELETE CASCADE,
    CONSTRAINT version_signatures_created_by_user_fkey FOREIGN KEY (created_by_user)
        REFERENCES mlregistry.users (user_id) ON DELETE SET NULL (created_by_user),
    CONSTRAINT valid_signature_kind CHECK (kind IN ('sigstore', 'pgp', 'x509', 'pkcs11', 'other')),
    CONSTRAINT valid_verification CHECK (verification IN ('claimed', 'verified', 'failed')),
    CONSTRAINT verification_consistency CHECK ((verification IN ('verified', 'failed')) = (verified_at IS NOT NULL)),
    CONSTRAINT valid_sha256 CHECK (mlregistry.is_sha256(subject_sha256)),
    CONSTRAINT signature_has_bundle CHECK (bundle IS NOT NULL OR bundle_uri IS NOT NULL),
    CONSTRAINT version_signatures_json_size CHECK (pg_catalog.pg_column_size(bundle) <= 1048576),
    CONSTRAINT version_signatures_text_size CHECK (pg_catalog.octet_length(signer) <= 65536 AND pg_catalog.octet_length(issuer) <= 65536
        AND pg_catalog.octet_length(bundle_uri) <= 65536
        AND pg_catalog.octet_length(verifier) <= 65536
        AND pg_catalog.octet_length(created_by) <= 65536)
);
CREATE INDEX idx_version_signatures_project ON mlregistry.version_signatures (project_id);
CREATE INDEX idx_version_signatures_version ON mlregistry.version_signatures (version_id);
COMMENT ON TABLE mlregistry.version_signatures IS 'Signatures of versions, as claimed or as verified elsewhere: the registry stores and reports, it does not verify';
COMMENT ON COLUMN mlregistry.version_signatures.signature_id IS 'Identifier';
COMMENT ON COLUMN mlregistry.version_signatures.organization_id IS 'Organization that it belongs to';
COMMENT ON COLUMN mlregistry.version_signatures.project_id IS 'Project of its version';
COMMENT ON COLUMN mlregistry.version_signatures.version_id IS 'Version that is signed';
COMMENT ON COLUMN mlregistry.version_signatures.kind IS 'sigstore, pgp, x509, pkcs11 or other';
COMMENT ON COLUMN mlregistry.version_signatures.signer IS 'Who signed';
COMMENT ON COLUMN mlregistry.version_signatures.issuer IS 'Who vouches for the signer';
COMMENT ON COLUMN mlregistry.version_signatures.bundle IS 'The signature itself with what verifying needs';
COMMENT ON COLUMN mlregistry.version_signatures.bundle_uri IS 'Where the signature lies, unless it is in bundle';
COMMENT ON COLUMN mlregistry.version_signatures.subject_sha256 IS 'SHA-256 of what was signed, 64 hexadecimal digits';
COMMENT ON COLUMN mlregistry.version_signatures.verification IS 'claimed, verified or failed';
COMMENT ON COLUMN mlregistry.version_signatures.verifier IS 'Who or what verified it';
COMMENT ON COLUMN mlregistry.version_signatures.verified_at IS 'When it was verified, also when that failed; NULL exactly while it is only claimed';
COMMENT ON COLUMN mlregistry.version_signatures.created_at IS 'When the row was created';
COMMENT ON COLUMN mlregistry.version_signatures.created_by IS 'Who created it';
COMMENT ON COLUMN mlregistry.version_signatures.created_by_user IS 'The user who created it, as the database knows';
CREATE TRIGGER mlr_10_keys BEFORE INSERT OR UPDATE ON mlregistry.version_signatures FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_keys('model_versions', 'version_id');
CREATE TRIGGER mlr_20_actor BEFORE INSERT OR UPDATE ON mlregistry.version_signatures FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_actor('created');
CREATE TRIGGER mlr_30_normalize BEFORE INSERT OR UPDATE ON mlregistry.version_signatures FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_normalize('signer:trim', 'issuer:trim', 'bundle_uri:trim', 'subject_sha256:lower', 'verifier:trim');
