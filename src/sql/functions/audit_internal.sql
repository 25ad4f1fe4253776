-- The audit trail: which tables, which bytes. Records are written by trigger audit, see data/80_audit.sql.

CREATE OR REPLACE FUNCTION trg_audit() RETURNS trigger LANGUAGE C AS 'MODULE_PATHNAME', 'mlregistry_trg_audit';
COMMENT ON FUNCTION trg_audit() IS 'trigger audit: what a statement has changed goes into the audit trail; for each statement, with transition tables';

CREATE OR REPLACE FUNCTION audit_rules()
    RETURNS TABLE (table_name text, entity_type text, key_scope text, redacted text[], not_audited text)
    LANGUAGE C IMMUTABLE PARALLEL SAFE ROWS 30 AS 'MODULE_PATHNAME', 'mlregistry_audit_rules';
COMMENT ON FUNCTION audit_rules() IS 'what the audit trail says of each table: its kind of entity, the scope by which API keys read that, columns whose values never appear; or why it is not audited';

CREATE OR REPLACE FUNCTION readable_entities() RETURNS text[]
    LANGUAGE C STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'mlregistry_readable_entities';
COMMENT ON FUNCTION readable_entities() IS 'kinds of entities whose audit records are open to more than admins, as far as the scopes of the API key go: for policies';

CREATE OR REPLACE FUNCTION audit_log_time(log_id uuid) RETURNS timestamptz
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_audit_log_time';
COMMENT ON FUNCTION audit_log_time(uuid) IS 'created_at of the audit record with this log_id, read from it; NULL where the registry has not made it';

CREATE OR REPLACE FUNCTION audit_payload(log record) RETURNS bytea
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_audit_payload';
COMMENT ON FUNCTION audit_payload(record) IS 'the bytes of a row of audit_logs that are hashed behind its salt (docs/audit-format.md); NULL where they were erased';

CREATE OR REPLACE FUNCTION audit_leaf(log record) RETURNS bytea
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_audit_leaf';
COMMENT ON FUNCTION audit_leaf(record) IS 'the bytes of a row of audit_logs that its leaf_hash is over, behind a zero byte (docs/audit-format.md); NULL where the payload is gone without its hash';

CREATE OR REPLACE FUNCTION audit_leaf_hash(log record) RETURNS bytea
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_audit_leaf_hash';
COMMENT ON FUNCTION audit_leaf_hash(record) IS 'what leaf_hash of a row of audit_logs must be: SHA-256 of a zero byte and audit_leaf()';

CREATE OR REPLACE FUNCTION audit_note(kind text, id uuid, action text, details jsonb, reason text) RETURNS uuid
    LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'mlregistry_audit_note';
COMMENT ON FUNCTION audit_note(text, uuid, text, jsonb, text) IS 'adds to the audit trail what happened outside, such as a download, about a model, a version, a dataset, a run or a deployment that one may read; returns its log_id';
