-- Rows that the functions of functions/audit.sql return.

CREATE TYPE audit_event AS (
    log_id uuid,
    created_at timestamptz,
    actor text,
    action text,
    entity_type text,
    entity_id uuid,
    entity_name text,
    changes jsonb,
    details jsonb,
    reason text,
    organization text,
    project text,
    txid xid8,
    user_id uuid,
    api_key_id uuid,
    db_role text,
    ip_address inet,
    application_name text,
    user_agent text
);
COMMENT ON TYPE audit_event IS 'An event of the audit trail as functions return it: who did what to what, when and how; organization and project by the slugs they have now, NULL where they are gone; all that a person wrote is NULL after an erasure';
