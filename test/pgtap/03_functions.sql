-- The extension's functions against test/model/functions.tsv, and the rules for what the extension owns.
--
--   psql -X -v model_dir=/absolute/path/of/test/model -f test/pgtap/03_functions.sql <database>
--
-- To write the rows anew from a database (read every line of the difference before it is committed):
--
--   psql -X -v model_dir=/absolute/path/of/test/model -v fill=1 -f test/pgtap/03_functions.sql <database> > functions.tsv
--
-- The database needs the extensions mlregistry and pgtap. Everything is rolled back.
\set ON_ERROR_STOP 1
\set QUIET 1
\pset format unaligned
\pset tuples_only true
\pset pager off
\if :{?model_dir}
\else
  \echo 'Bail out! usage: psql -X -v model_dir=/absolute/path/of/test/model -f 03_functions.sql'
  \quit
\endif

BEGIN;
SET LOCAL client_min_messages = warning;
-- The catalogs are read with this path, so that every name prints qualified; pgTAP's own path comes later.
SET LOCAL search_path = pg_catalog;

SELECT count(*) = 1 AS has_pgtap, min(quote_ident(n.nspname)) AS pgtap_schema
  FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'pgtap' \gset
\if :has_pgtap
\else
  \echo 'Bail out! extension pgtap is missing in this database'
  \quit
\endif
SELECT EXISTS (SELECT FROM pg_extension WHERE extname = 'mlregistry') AS has_extension \gset
\if :has_extension
\else
  \echo 'Bail out! extension mlregistry is missing in this database'
  \quit
\endif

CREATE TEMP TABLE members AS
SELECT d.classid, d.objid, pg_describe_object(d.classid, d.objid, d.objsubid) AS what,
       obj_description(d.objid, d.classid::regclass::text::name) AS comment
  FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid
 WHERE d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e' AND e.extname = 'mlregistry';

CREATE TEMP TABLE have_functions AS
SELECT p.oid::regprocedure::text AS signature, p.provolatile::text AS volatility, p.proparallel::text AS parallel, p.proisstrict AS strict,
       p.proleakproof AS leakproof, p.prosecdef AS secdef,
       (SELECT substr(s, length('search_path=') + 1) FROM unnest(p.proconfig) s WHERE s LIKE 'search\_path=%') AS search_path,
       has_function_privilege('public', p.oid, 'EXECUTE') AS public_execute, l.lanname::text AS language,
       p.prokind, p.pronamespace, m.comment
  FROM members m JOIN pg_proc p ON p.oid = m.objid JOIN pg_language l ON l.oid = p.prolang
 WHERE m.classid = 'pg_proc'::regclass;

\if :{?fill}
  COPY (SELECT signature, volatility, parallel, strict, leakproof, secdef, search_path, public_execute, language
          FROM have_functions ORDER BY signature COLLATE "C") TO STDOUT WITH (FORMAT text, HEADER);
  ROLLBACK;
  \quit
\endif

CREATE TEMP TABLE want_functions (
  signature text PRIMARY KEY, volatility text NOT NULL CHECK (volatility IN ('i', 's', 'v')), parallel text NOT NULL CHECK (parallel IN ('s', 'r', 'u')),
  strict boolean NOT NULL, leakproof boolean NOT NULL, secdef boolean NOT NULL, search_path text, public_execute boolean NOT NULL, language text NOT NULL);
-- \copy does not expand variables; a variable that holds the whole command does.
\set file :model_dir '/functions.tsv'
\set cmd '\\copy want_functions from ' :'file' ' with (format text, header match)'
:cmd

CREATE TEMP TABLE difference AS
SELECT signature, CASE WHEN h IS NULL THEN 'missing' WHEN w IS NULL THEN 'unexpected' ELSE 'different' END AS kind,
       CASE WHEN h IS NULL OR w IS NULL THEN signature
            ELSE signature || ': ' || (SELECT string_agg(format('%s is %s, not %s', key, coalesce(h ->> key, 'NULL'), coalesce(w ->> key, 'NULL')), '; ')
                                         FROM jsonb_object_keys(w) key WHERE w -> key IS DISTINCT FROM h -> key) END AS line
  FROM (SELECT signature, to_jsonb(f) AS w FROM want_functions f) x
  FULL JOIN (SELECT signature, to_jsonb(f) - '{prokind,pronamespace,comment}'::text[] AS h FROM have_functions f) y USING (signature)
 WHERE w IS DISTINCT FROM h;

-- The rules: every violation is one row (rule, line). A rule without a row here passes.
CREATE TEMP TABLE rules (ord int GENERATED ALWAYS AS IDENTITY, rule text PRIMARY KEY, says text NOT NULL);
INSERT INTO rules (rule, says) VALUES
  ('stray',     'the code is the extension''s: every function of schema mlregistry is a member of an extension, every function of ours is in that schema'),
  ('path',      'every PL/pgSQL or SQL function has a pinned search_path'),
  ('secdef',    'every SECURITY DEFINER function pins search_path to pg_catalog, pg_temp'),
  ('function',  'every function has a COMMENT'),
  ('aggregate', 'every aggregate has a COMMENT'),
  ('type',      'every type has a COMMENT'),
  ('operator',  'every operator has a COMMENT'),
  ('opclass',   'every operator class has a COMMENT'),
  ('cast',      'every cast has a COMMENT');

CREATE TEMP TABLE violations (rule text NOT NULL REFERENCES rules, line text NOT NULL);

INSERT INTO violations
SELECT 'stray', p.oid::regprocedure::text || ' is no member' FROM pg_proc p
 WHERE p.pronamespace = 'mlregistry'::regnamespace
   AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
UNION ALL
SELECT 'stray', signature || ' is outside of the schema' FROM have_functions WHERE pronamespace <> 'mlregistry'::regnamespace;

INSERT INTO violations
SELECT 'path', format('%s (%s)', signature, language) FROM have_functions WHERE language IN ('plpgsql', 'sql') AND search_path IS NULL;

INSERT INTO violations
SELECT 'secdef', format('%s: search_path is %s', signature, coalesce(search_path, 'not set')) FROM have_functions
 WHERE secdef AND regexp_replace(coalesce(search_path, ''), '[" ]', '', 'g') <> 'pg_catalog,pg_temp';

INSERT INTO violations
SELECT CASE WHEN prokind = 'a' THEN 'aggregate' ELSE 'function' END, signature FROM have_functions WHERE coalesce(btrim(comment), '') = '';

INSERT INTO violations
SELECT k.rule, m.what
  FROM (VALUES ('type', 'pg_type'::regclass), ('operator', 'pg_operator'), ('opclass', 'pg_opclass'), ('cast', 'pg_cast')) k(rule, classid)
  JOIN members m USING (classid)
 WHERE coalesce(btrim(m.comment), '') = ''
   AND m.what NOT LIKE '%[]'; -- array types: members of the extension from 17 on, and made by PostgreSQL

SET LOCAL search_path = :pgtap_schema;

SELECT plan((4 + (SELECT count(*) FROM rules))::int);

SELECT isnt_empty('SELECT FROM have_functions', 'the extension has functions');
SELECT is_empty(format('SELECT line FROM difference WHERE kind = %L ORDER BY line', x.kind), x.says)
  FROM (VALUES ('missing',    'every function of functions.tsv exists'),
               ('unexpected', 'every function has its row in functions.tsv'),
               ('different',  'volatility, parallel, strict, leakproof, security definer, search_path, PUBLIC and language are those of functions.tsv')) x(kind, says);
SELECT is_empty(format('SELECT line FROM violations WHERE rule = %L ORDER BY line', x.rule), x.says)
  FROM (SELECT rule, says FROM rules ORDER BY ord OFFSET 0) x;

SELECT * FROM finish();
ROLLBACK;
