-- What the triggers of lineage are made of.

CREATE OR REPLACE FUNCTION trg_lineage() RETURNS trigger LANGUAGE C AS 'MODULE_PATHNAME', 'mlregistry_trg_lineage';
COMMENT ON FUNCTION trg_lineage() IS 'trigger lineage: edges of what a table records; for each statement; argument: the table';

CREATE OR REPLACE FUNCTION trg_no_cycle() RETURNS trigger LANGUAGE C AS 'MODULE_PATHNAME', 'mlregistry_trg_no_cycle';
COMMENT ON FUNCTION trg_no_cycle() IS 'trigger guard of parents: nothing is among its own ancestors; for each statement; argument: version or dataset';

CREATE OR REPLACE FUNCTION trg_effect_parents() RETURNS trigger LANGUAGE C AS 'MODULE_PATHNAME', 'mlregistry_trg_effect_parents';
COMMENT ON FUNCTION trg_effect_parents() IS 'trigger effect of parents: versions that others were made from are frozen; for each statement';

CREATE OR REPLACE FUNCTION trg_forget_parents() RETURNS trigger LANGUAGE C AS 'MODULE_PATHNAME', 'mlregistry_trg_forget_parents';
COMMENT ON FUNCTION trg_forget_parents() IS 'trigger parents: what is deleted forgets its parents first; argument: version or dataset';

-- For check_registry(): WITH RECURSIVE goes along every way there is, of which graphs have more than nodes.
CREATE OR REPLACE FUNCTION find_circle(children uuid[], parents uuid[]) RETURNS uuid[]
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10000 AS 'MODULE_PATHNAME', 'mlregistry_find_circle';
COMMENT ON FUNCTION find_circle(uuid[], uuid[]) IS 'a circle of the graph whose edges lead from children[i] to parents[i]: each node''s parent is the next one, that of the last one is the first; NULL: there is none';
