-- 0.6.0: the audit trail. Partitions and triggers of the other tables are made by migrate().
CREATE TABLE mlregistry.audit_logs (
    created_at timestamptz DEFAULT pg_catalog.clock_timestamp() NOT NULL,
    txid xid8 DEFAULT pg_catalog.pg_current_xact_id() NOT NULL,
    system_identifier bigint NOT NULL,
    log_id uuid DEFAULT pg_catalog.gen_random_uuid() NOT NULL,
    organization_id uuid NOT NULL,
    project_id uuid,
    subject_id uuid,
    entity_id uuid,
    user_id uuid,
    api_key_id uuid,
    format smallint DEFAULT 1 NOT NULL,
    actor text NOT NULL,
    db_role text NOT NULL,
    action text NOT NULL,
    entity_type text NOT NULL,
    entity_name text,
    -- json, not jsonb: what is hashed must stay as it is, byte for byte.
    changes json,
    details json,
    reason text,
    ip_address inet,
    application_name text,
    user_agent text,
    salt bytea,
    payload_hash bytea,
    erased_at timestamptz,
    leaf_hash bytea NOT NULL,
    -- No CHECK: each statement that is audited would read and plan it anew. What the rows say is in leaf_hash.
    CONSTRAINT audit_logs_pkey PRIMARY KEY (organization_id, created_at, log_id)
) PARTITION BY RANGE (created_at);
CREATE INDEX idx_audit_subject ON mlregistry.audit_logs (subject_id, created_at);
CREATE INDEX idx_audit_actor ON mlregistry.audit_logs (actor, created_at);
CREATE INDEX idx_audit_user ON mlregistry.audit_logs (user_id, created_at) WHERE user_id IS NOT NULL;
-- Finds what is gone by its name.
CREATE INDEX idx_audit_removed ON mlregistry.audit_logs (organization_id, entity_name)
    WHERE action IN ('model.delete', 'dataset.delete');
COMMENT ON TABLE mlregistry.audit_logs IS 'Audit trail: who changed what, when, as whom; one partition a month; append-only';
COMMENT ON COLUMN mlregistry.audit_logs.created_at IS 'When it happened, by the clock';
COMMENT ON COLUMN mlregistry.audit_logs.txid IS 'Transaction that did it';
COMMENT ON COLUMN mlregistry.audit_logs.system_identifier IS 'Cluster that wrote the row, which txid is of';
COMMENT ON COLUMN mlregistry.audit_logs.log_id IS 'Identifier: a UUIDv7 of created_at';
COMMENT ON COLUMN mlregistry.audit_logs.organization_id IS 'Organization that it happened in; all zero: what belongs to none';
COMMENT ON COLUMN mlregistry.audit_logs.project_id IS 'Project that it happened in, if any';
COMMENT ON COLUMN mlregistry.audit_logs.subject_id IS 'What the row is found under: the model, the dataset, the user';
COMMENT ON COLUMN mlregistry.audit_logs.entity_id IS 'Key of the row that changed';
COMMENT ON COLUMN mlregistry.audit_logs.user_id IS 'The user who did it, as the database knows';
COMMENT ON COLUMN mlregistry.audit_logs.api_key_id IS 'The API key that the user came with';
COMMENT ON COLUMN mlregistry.audit_logs.format IS 'Version of the bytes that are hashed';
COMMENT ON COLUMN mlregistry.audit_logs.actor IS 'Who did it: e-mail of the user, else the database role';
COMMENT ON COLUMN mlregistry.audit_logs.db_role IS 'Database role that had logged in';
COMMENT ON COLUMN mlregistry.audit_logs.action IS 'What was done: entity.verb';
COMMENT ON COLUMN mlregistry.audit_logs.entity_type IS 'Kind of what changed';
COMMENT ON COLUMN mlregistry.audit_logs.entity_name IS 'Name of what changed, as it was called then';
COMMENT ON COLUMN mlregistry.audit_logs.changes IS 'What changed: {column: [old, new]}';
COMMENT ON COLUMN mlregistry.audit_logs.details IS 'What else there is to tell, by audit_note()';
COMMENT ON COLUMN mlregistry.audit_logs.reason IS 'Why, as whoever did it said';
COMMENT ON COLUMN mlregistry.audit_logs.ip_address IS 'Address that the client came from';
COMMENT ON COLUMN mlregistry.audit_logs.application_name IS 'application_name of the session';
COMMENT ON COLUMN mlregistry.audit_logs.user_agent IS 'What the client said it was';
COMMENT ON COLUMN mlregistry.audit_logs.salt IS 'Random bytes that go into the hash of the payload; gone with it';
COMMENT ON COLUMN mlregistry.audit_logs.payload_hash IS 'SHA-256 of salt and payload, once the payload was erased; before, it follows from the row';
COMMENT ON COLUMN mlregistry.audit_logs.erased_at IS 'When the payload was erased; NULL: it is there';
COMMENT ON COLUMN mlregistry.audit_logs.leaf_hash IS 'Hash of the row, the leaf of the Merkle tree';
CREATE TRIGGER mlr_05_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON mlregistry.audit_logs FOR EACH STATEMENT
    EXECUTE FUNCTION mlregistry.trg_append_only();
