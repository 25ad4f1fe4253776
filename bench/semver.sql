-- The same :rows versions as text, as our semver, as Debian's semver and as a packed number.
CREATE SCHEMA peer;
CREATE EXTENSION semver SCHEMA peer;
CREATE EXTENSION mlregistry;
-- For the operators.
ALTER DATABASE postgres SET search_path = pg_catalog, mlregistry, peer;

-- Draws that depend on nothing but their arguments.
CREATE FUNCTION bench.share(i bigint, what int) RETURNS float8 LANGUAGE sql IMMUTABLE AS
    $$ SELECT ((hashint8extended(i, what) >> 12) & 4503599627370495) / 4503599627370496.0::float8 $$;
CREATE FUNCTION bench.below(i bigint, what int, n int) RETURNS int LANGUAGE sql IMMUTABLE AS
    $$ SELECT ((hashint8extended(i, what) & 9223372036854775807) % n)::int $$;
CREATE FUNCTION bench.falling(i bigint, what int, mean float8) RETURNS int LANGUAGE sql IMMUTABLE AS
    $$ SELECT floor(-ln(1 - bench.share(i, what)) * mean)::int $$;

-- STABLE because to_char() and || are, and only so will it be inlined; its result depends on nothing but i all the same.
-- Releases crowd at small numbers; some projects count by year, some by date, some up to thousands.
CREATE FUNCTION bench.version(i bigint) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN bench.share(i, 1) < 0.30 THEN 0
                WHEN bench.share(i, 1) < 0.55 THEN 1
                WHEN bench.share(i, 1) < 0.95 THEN 2 + bench.falling(i, 2, 3)
                WHEN bench.share(i, 1) < 0.98 THEN 2012 + bench.below(i, 2, 15)
                ELSE bench.below(i, 2, 300) END
        || '.' || CASE WHEN bench.share(i, 3) < 0.15 THEN 0
                       WHEN bench.share(i, 3) < 0.97 THEN bench.falling(i, 4, 12)
                       ELSE bench.below(i, 4, 1200) END
        || '.' || CASE WHEN bench.share(i, 5) < 0.25 THEN 0
                       WHEN bench.share(i, 5) < 0.96 THEN bench.falling(i, 6, 8)
                       WHEN bench.share(i, 5) < 0.99 THEN bench.below(i, 6, 3000)
                       ELSE to_char(date '2015-01-01' + bench.below(i, 6, 4000), 'YYYYMMDD')::int END
        || CASE WHEN bench.share(i, 7) >= 0.15 THEN ''
                ELSE CASE bench.below(i, 8, 12)
                         WHEN 0 THEN '-alpha' WHEN 1 THEN '-alpha.' || bench.falling(i, 9, 4)
                         WHEN 2 THEN '-beta' WHEN 3 THEN '-beta.' || bench.falling(i, 9, 4)
                         WHEN 4 THEN '-rc.' || 1 + bench.falling(i, 9, 2) WHEN 5 THEN '-rc.' || 1 + bench.falling(i, 9, 2)
                         WHEN 6 THEN '-rc' || 1 + bench.falling(i, 9, 2) WHEN 7 THEN '-' || bench.falling(i, 9, 6)
                         WHEN 8 THEN '-next.' || bench.falling(i, 9, 30)
                         WHEN 9 THEN '-dev.' || to_char(date '2015-01-01' + bench.below(i, 9, 4000), 'YYYYMMDD')
                         WHEN 10 THEN '-SNAPSHOT'
                         ELSE '-canary.' || bench.falling(i, 9, 20) || '.g' || lpad(to_hex(bench.below(i, 10, 268435456)), 7, '0') END
           END
        || CASE WHEN bench.share(i, 11) >= 0.05 THEN ''
                ELSE CASE bench.below(i, 12, 5)
                         WHEN 0 THEN '+build.' || bench.below(i, 13, 5000)
                         WHEN 1 THEN '+' || lpad(to_hex(bench.below(i, 13, 268435456)), 7, '0')
                         WHEN 2 THEN '+' || to_char(date '2015-01-01' + bench.below(i, 13, 4000), 'YYYYMMDD')
                         WHEN 3 THEN '+cu' || 110 + bench.below(i, 13, 16) ELSE '+linux.x86-64' END
           END
$$;

CREATE UNLOGGED TABLE bench.text (v text COLLATE "C");
INSERT INTO bench.text SELECT bench.version(i) FROM generate_series(1, :rows) AS i;
CREATE UNLOGGED TABLE bench.ours AS SELECT v::mlregistry.semver AS v FROM bench.text;
CREATE UNLOGGED TABLE bench.peer AS SELECT v::peer.semver AS v FROM bench.text;
-- No prerelease fits in here beside the numbers: only that it is one. A floor, not a rival.
CREATE UNLOGGED TABLE bench.int8 AS
    SELECT (n[1]::bigint << 40) | (n[2]::bigint << 28) | (n[3]::bigint << 1) | (v !~ '^[0-9.]+-')::int AS v
      FROM bench.text, string_to_array(substring(v FROM '^[0-9.]+[0-9]'), '.') AS n;

CREATE UNLOGGED TABLE bench.few_text AS SELECT v FROM bench.text LIMIT greatest(:rows / 50, 1);
CREATE UNLOGGED TABLE bench.few_ours AS SELECT v FROM bench.ours LIMIT greatest(:rows / 50, 1);
CREATE UNLOGGED TABLE bench.few_peer AS SELECT v FROM bench.peer LIMIT greatest(:rows / 50, 1);

CREATE UNLOGGED TABLE bench.in_text (v text COLLATE "C");
CREATE UNLOGGED TABLE bench.in_ours (v mlregistry.semver);
CREATE UNLOGGED TABLE bench.in_peer (v peer.semver);

-- Ten thousand versions to look up.
CREATE TABLE bench.sample AS
    SELECT n::int AS id, v AS text, v::mlregistry.semver AS ours, v::peer.semver AS peer
      FROM (SELECT row_number() OVER () AS n, v FROM bench.text LIMIT 10000) AS t;
CREATE UNIQUE INDEX ON bench.sample (id);
CREATE TABLE bench.bytes (side text, heap bigint, index bigint);
VACUUM ANALYZE;
