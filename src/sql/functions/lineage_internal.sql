-- What the triggers of lineage are made of.

CREATE OR REPLACE FUNCTION trg_lineage() RETURNS trigger LANGUAGE C AS 'MODULE_PATHNAME', 'mlregistry_trg_lineage';
COMMENT ON FUNCTION trg_lineage() IS 'trigger lineage: edges of what a table records; for each statement; argument: the table';
