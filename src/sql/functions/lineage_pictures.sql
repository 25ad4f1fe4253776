-- Lineage for eyes: DOT for Graphviz, Mermaid for Markdown. The walk is that of lineage(), the text is made in C
-- (src/core/lineage_picture.cpp).

CREATE OR REPLACE FUNCTION lineage_dot(
        reference text,
        direction text DEFAULT 'both',
        max_depth integer DEFAULT NULL,
        kinds text[] DEFAULT NULL,
        relations text[] DEFAULT NULL,
        as_of timestamptz DEFAULT NULL,
        max_edges integer DEFAULT 500) RETURNS text
    LANGUAGE C STABLE PARALLEL RESTRICTED COST 2000 AS 'MODULE_PATHNAME', 'mlregistry_lineage_dot';
COMMENT ON FUNCTION lineage_dot(text, text, integer, text[], text[], timestamptz, integer) IS 'lineage as a Graphviz graph: psql -Atc "SELECT lineage_dot(''fraud-detector@champion'')" | dot -Tsvg; arrows go as the data does, versions and what serves them stand in a frame of their model; of kinds that are not asked for only what was asked for itself is shown, and what is connected through them is joined by a broken line; cut, with a note, to the max_edges nearest arrows (NULL: all); else as lineage()';

CREATE OR REPLACE FUNCTION lineage_mermaid(
        reference text,
        direction text DEFAULT 'both',
        max_depth integer DEFAULT NULL,
        kinds text[] DEFAULT NULL,
        relations text[] DEFAULT NULL,
        as_of timestamptz DEFAULT NULL,
        max_edges integer DEFAULT 500) RETURNS text
    LANGUAGE C STABLE PARALLEL RESTRICTED COST 2000 AS 'MODULE_PATHNAME', 'mlregistry_lineage_mermaid';
COMMENT ON FUNCTION lineage_mermaid(text, text, integer, text[], text[], timestamptz, integer) IS 'lineage as a Mermaid flowchart, for a block ```mermaid in Markdown: see lineage_dot(); at most 500 arrows and 50,000 bytes, which is what Mermaid takes';
