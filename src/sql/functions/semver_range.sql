-- Functions on type semver_range.

CREATE OR REPLACE FUNCTION is_semver_range(value text) RETURNS boolean
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_is_semver_range';
COMMENT ON FUNCTION is_semver_range(text) IS 'true for text that is a range of versions';

CREATE OR REPLACE FUNCTION semver_range_from_cargo(requirement text) RETURNS semver_range
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_semver_range_from_cargo';
COMMENT ON FUNCTION semver_range_from_cargo(text) IS 'range with the meaning of a Cargo requirement: 1.2.3 is ^1.2.3, commas are and';

CREATE OR REPLACE FUNCTION semver_range_canonical(range semver_range, include_prerelease boolean DEFAULT false) RETURNS text
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_semver_range_canonical';
COMMENT ON FUNCTION semver_range_canonical(semver_range, boolean) IS 'npm''s printed form of a range: ^1.4 is >=1.4.0 <2.0.0-0';

CREATE OR REPLACE FUNCTION satisfies(version semver, range semver_range, include_prerelease boolean DEFAULT false) RETURNS boolean
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2 SUPPORT semver_range_support AS 'MODULE_PATHNAME', 'mlregistry_satisfies';
COMMENT ON FUNCTION satisfies(semver, semver_range, boolean) IS 'true when the version satisfies the range; include_prerelease treats prereleases as any other version';

CREATE OR REPLACE FUNCTION range_intersects(a semver_range, b semver_range, include_prerelease boolean DEFAULT false) RETURNS boolean
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20 AS 'MODULE_PATHNAME', 'mlregistry_semver_range_overlaps';
COMMENT ON FUNCTION range_intersects(semver_range, semver_range, boolean) IS 'true when some version satisfies both ranges: && with a mode';

CREATE OR REPLACE FUNCTION range_subset(inner_range semver_range, outer_range semver_range, include_prerelease boolean DEFAULT false) RETURNS boolean
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20 AS 'MODULE_PATHNAME', 'mlregistry_semver_range_contained';
COMMENT ON FUNCTION range_subset(semver_range, semver_range, boolean) IS 'true when every version that satisfies the inner range satisfies the outer one: <@ with a mode';

CREATE OR REPLACE FUNCTION range_is_empty(range semver_range, include_prerelease boolean DEFAULT false) RETURNS boolean
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20 AS 'MODULE_PATHNAME', 'mlregistry_semver_range_is_empty';
COMMENT ON FUNCTION range_is_empty(semver_range, boolean) IS 'true when no version satisfies the range';

CREATE OR REPLACE FUNCTION outside(version semver, range semver_range, include_prerelease boolean DEFAULT false) RETURNS integer
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_semver_range_outside';
COMMENT ON FUNCTION outside(semver, semver_range, boolean) IS '-1 when the version is below the range, 1 when it is above, 0 otherwise';

CREATE OR REPLACE FUNCTION range_lower(range semver_range, include_prerelease boolean DEFAULT false) RETURNS semver
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_semver_range_lower';
COMMENT ON FUNCTION range_lower(semver_range, boolean) IS 'lower end of a range, NULL where it is unbounded or nothing satisfies it';

CREATE OR REPLACE FUNCTION range_upper(range semver_range, include_prerelease boolean DEFAULT false) RETURNS semver
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_semver_range_upper';
COMMENT ON FUNCTION range_upper(semver_range, boolean) IS 'upper end of a range, NULL where it is unbounded or nothing satisfies it';

CREATE OR REPLACE FUNCTION range_lower_inclusive(range semver_range, include_prerelease boolean DEFAULT false) RETURNS boolean
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_semver_range_lower_inclusive';
COMMENT ON FUNCTION range_lower_inclusive(semver_range, boolean) IS 'true when range_lower() belongs to the range, NULL where there is none';

CREATE OR REPLACE FUNCTION range_upper_inclusive(range semver_range, include_prerelease boolean DEFAULT false) RETURNS boolean
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_semver_range_upper_inclusive';
COMMENT ON FUNCTION range_upper_inclusive(semver_range, boolean) IS 'true when range_upper() belongs to the range, NULL where there is none';

CREATE OR REPLACE FUNCTION max_satisfying(versions semver[], range semver_range, include_prerelease boolean DEFAULT false) RETURNS semver
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$SELECT max_satisfying(v.version, range, include_prerelease) FROM unnest(versions) AS v (version)$function$;
COMMENT ON FUNCTION max_satisfying(semver[], semver_range, boolean) IS 'highest of the versions that satisfy the range, NULL when none does';

CREATE OR REPLACE FUNCTION min_satisfying(versions semver[], range semver_range, include_prerelease boolean DEFAULT false) RETURNS semver
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$SELECT min_satisfying(v.version, range, include_prerelease) FROM unnest(versions) AS v (version)$function$;
COMMENT ON FUNCTION min_satisfying(semver[], semver_range, boolean) IS 'lowest of the versions that satisfy the range, NULL when none does';
