-- Type semver_range: input and output, operators, operator classes, casts, aggregates. Each is made once.

CREATE TYPE semver_range;
CREATE FUNCTION semver_range_in(cstring) RETURNS semver_range
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_semver_range_in';
CREATE FUNCTION semver_range_out(semver_range) RETURNS cstring
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_semver_range_out';
CREATE FUNCTION semver_range_recv(internal) RETURNS semver_range
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_semver_range_recv';
CREATE FUNCTION semver_range_send(semver_range) RETURNS bytea
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_semver_range_send';
COMMENT ON FUNCTION semver_range_in(cstring) IS 'input of type semver_range';
COMMENT ON FUNCTION semver_range_out(semver_range) IS 'output of type semver_range';
COMMENT ON FUNCTION semver_range_recv(internal) IS 'binary input of type semver_range';
COMMENT ON FUNCTION semver_range_send(semver_range) IS 'binary output of type semver_range';
CREATE TYPE semver_range (
    INPUT = semver_range_in, OUTPUT = semver_range_out, RECEIVE = semver_range_recv, SEND = semver_range_send,
    INTERNALLENGTH = VARIABLE, ALIGNMENT = int4, STORAGE = extended);
COMMENT ON TYPE semver_range IS 'Range of versions in npm''s grammar: ^1.4, ~1.2, >=2 <3 || 4.x, 1.0 - 1.5';

CREATE FUNCTION semver_range(text) RETURNS semver_range
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_semver_range_from_text';
COMMENT ON FUNCTION semver_range(text) IS 'range from text';
CREATE FUNCTION semver_range_to_text(semver_range) RETURNS text
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_semver_range_to_text';
COMMENT ON FUNCTION semver_range_to_text(semver_range) IS 'text of a range: what was written, but for blanks';
-- Drivers send typed text: without the implicit cast version <@ $1 fails.
CREATE CAST (text AS semver_range) WITH FUNCTION semver_range(text) AS IMPLICIT;
CREATE CAST (varchar AS semver_range) WITH FUNCTION semver_range(text) AS IMPLICIT;
CREATE CAST (semver_range AS text) WITH FUNCTION semver_range_to_text(semver_range) AS ASSIGNMENT;
COMMENT ON CAST (text AS semver_range) IS 'reads a range';
COMMENT ON CAST (varchar AS semver_range) IS 'reads a range';
COMMENT ON CAST (semver_range AS text) IS 'writes a range';

-- Order by canonical form: it means nothing else than to tell ranges apart.
CREATE FUNCTION semver_range_lt(semver_range, semver_range) RETURNS boolean
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_semver_range_lt';
CREATE FUNCTION semver_range_le(semver_range, semver_range) RETURNS boolean
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_semver_range_le';
CREATE FUNCTION semver_range_eq(semver_range, semver_range) RETURNS boolean
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_semver_range_eq';
CREATE FUNCTION semver_range_ne(semver_range, semver_range) RETURNS boolean
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_semver_range_ne';
CREATE FUNCTION semver_range_ge(semver_range, semver_range) RETURNS boolean
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_semver_range_ge';
CREATE FUNCTION semver_range_gt(semver_range, semver_range) RETURNS boolean
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_semver_range_gt';
CREATE FUNCTION semver_range_cmp(semver_range, semver_range) RETURNS integer
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_semver_range_cmp';
CREATE FUNCTION semver_range_hash(semver_range) RETURNS integer
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_semver_range_hash';
CREATE FUNCTION semver_range_hash_extended(semver_range, bigint) RETURNS bigint
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_semver_range_hash_extended';
COMMENT ON FUNCTION semver_range_lt(semver_range, semver_range) IS 'implementation of < operator';
COMMENT ON FUNCTION semver_range_le(semver_range, semver_range) IS 'implementation of <= operator';
COMMENT ON FUNCTION semver_range_eq(semver_range, semver_range) IS 'implementation of = operator';
COMMENT ON FUNCTION semver_range_ne(semver_range, semver_range) IS 'implementation of <> operator';
COMMENT ON FUNCTION semver_range_ge(semver_range, semver_range) IS 'implementation of >= operator';
COMMENT ON FUNCTION semver_range_gt(semver_range, semver_range) IS 'implementation of > operator';
COMMENT ON FUNCTION semver_range_cmp(semver_range, semver_range) IS 'order of two ranges by their canonical forms: negative, 0, positive';
COMMENT ON FUNCTION semver_range_hash(semver_range) IS 'hash of a range; equal in canonical form, equal in hash';
COMMENT ON FUNCTION semver_range_hash_extended(semver_range, bigint) IS 'seeded 64-bit hash of a range';

CREATE OPERATOR < (
    LEFTARG = semver_range, RIGHTARG = semver_range, FUNCTION = semver_range_lt,
    COMMUTATOR = >, NEGATOR = >=, RESTRICT = scalarltsel, JOIN = scalarltjoinsel);
CREATE OPERATOR <= (
    LEFTARG = semver_range, RIGHTARG = semver_range, FUNCTION = semver_range_le,
    COMMUTATOR = >=, NEGATOR = >, RESTRICT = scalarlesel, JOIN = scalarlejoinsel);
CREATE OPERATOR = (
    LEFTARG = semver_range, RIGHTARG = semver_range, FUNCTION = semver_range_eq,
    COMMUTATOR = =, NEGATOR = <>, RESTRICT = eqsel, JOIN = eqjoinsel, HASHES, MERGES);
CREATE OPERATOR <> (
    LEFTARG = semver_range, RIGHTARG = semver_range, FUNCTION = semver_range_ne,
    COMMUTATOR = <>, NEGATOR = =, RESTRICT = neqsel, JOIN = neqjoinsel);
CREATE OPERATOR >= (
    LEFTARG = semver_range, RIGHTARG = semver_range, FUNCTION = semver_range_ge,
    COMMUTATOR = <=, NEGATOR = <, RESTRICT = scalargesel, JOIN = scalargejoinsel);
CREATE OPERATOR > (
    LEFTARG = semver_range, RIGHTARG = semver_range, FUNCTION = semver_range_gt,
    COMMUTATOR = <, NEGATOR = <=, RESTRICT = scalargtsel, JOIN = scalargtjoinsel);
COMMENT ON OPERATOR < (semver_range, semver_range) IS 'before in the order of canonical forms';
COMMENT ON OPERATOR <= (semver_range, semver_range) IS 'before in the order of canonical forms, or equal';
COMMENT ON OPERATOR = (semver_range, semver_range) IS 'the same canonical form';
COMMENT ON OPERATOR <> (semver_range, semver_range) IS 'another canonical form';
COMMENT ON OPERATOR >= (semver_range, semver_range) IS 'behind in the order of canonical forms, or equal';
COMMENT ON OPERATOR > (semver_range, semver_range) IS 'behind in the order of canonical forms';

-- No equalimage function: equal ranges may be written differently, so a btree must not merge them.
CREATE OPERATOR CLASS semver_range_ops DEFAULT FOR TYPE semver_range USING btree AS
    OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >,
    FUNCTION 1 semver_range_cmp(semver_range, semver_range);
COMMENT ON OPERATOR CLASS semver_range_ops USING btree IS 'canonical forms of ranges';
COMMENT ON OPERATOR FAMILY semver_range_ops USING btree IS 'canonical forms of ranges';
CREATE OPERATOR CLASS semver_range_ops DEFAULT FOR TYPE semver_range USING hash AS
    OPERATOR 1 =,
    FUNCTION 1 semver_range_hash(semver_range),
    FUNCTION 2 semver_range_hash_extended(semver_range, bigint);
COMMENT ON OPERATOR CLASS semver_range_ops USING hash IS 'equal canonical forms of ranges';
COMMENT ON OPERATOR FAMILY semver_range_ops USING hash IS 'equal canonical forms of ranges';

-- Membership. The support functions turn it into conditions of a btree on versions; the filter is what they leave to check.
CREATE FUNCTION semver_range_support(internal) RETURNS internal
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_semver_range_support';
CREATE FUNCTION semver_range_support_range_first(internal) RETURNS internal
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_semver_range_support_range_first';
CREATE FUNCTION semver_range_filter_support(internal) RETURNS internal
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_semver_range_filter_support';
COMMENT ON FUNCTION semver_range_support(internal) IS 'planner support of version <@ range';
COMMENT ON FUNCTION semver_range_support_range_first(internal) IS 'planner support of range @> version';
COMMENT ON FUNCTION semver_range_filter_support(internal) IS 'planner support of semver_range_filter()';
CREATE FUNCTION semver_range_filter(version semver, range semver_range, include_prerelease boolean) RETURNS boolean
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2 SUPPORT semver_range_filter_support AS 'MODULE_PATHNAME', 'mlregistry_satisfies';
COMMENT ON FUNCTION semver_range_filter(semver, semver_range, boolean) IS 'satisfies(), as the planner writes it behind the comparisons that a range becomes';
CREATE FUNCTION semver_range_lower_key(range semver_range, include_prerelease boolean) RETURNS semver
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_semver_range_lower_key';
CREATE FUNCTION semver_range_upper_key(range semver_range, include_prerelease boolean) RETURNS semver
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_semver_range_upper_key';
COMMENT ON FUNCTION semver_range_lower_key(semver_range, boolean) IS 'for index conditions: no version that satisfies the range is below; not a version that can be shown where nothing satisfies it';
COMMENT ON FUNCTION semver_range_upper_key(semver_range, boolean) IS 'for index conditions: no version that satisfies the range is above; not a version that can be shown where it is open';

CREATE FUNCTION semver_in_range(version semver, range semver_range) RETURNS boolean
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2 SUPPORT semver_range_support AS 'MODULE_PATHNAME', 'mlregistry_satisfies';
CREATE FUNCTION semver_range_has(range semver_range, version semver) RETURNS boolean
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2 SUPPORT semver_range_support_range_first AS 'MODULE_PATHNAME', 'mlregistry_semver_range_has';
COMMENT ON FUNCTION semver_in_range(semver, semver_range) IS 'implementation of <@ operator: the version satisfies the range';
COMMENT ON FUNCTION semver_range_has(semver_range, semver) IS 'implementation of @> operator: the range is satisfied by the version';
CREATE OPERATOR <@ (
    LEFTARG = semver, RIGHTARG = semver_range, FUNCTION = semver_in_range, COMMUTATOR = @>,
    RESTRICT = matchingsel, JOIN = matchingjoinsel);
CREATE OPERATOR @> (
    LEFTARG = semver_range, RIGHTARG = semver, FUNCTION = semver_range_has, COMMUTATOR = <@,
    RESTRICT = matchingsel, JOIN = matchingjoinsel);
COMMENT ON OPERATOR <@ (semver, semver_range) IS 'the version satisfies the range';
COMMENT ON OPERATOR @> (semver_range, semver) IS 'the range is satisfied by the version';

-- Sets of versions, exact over all that can be spelled.
CREATE FUNCTION semver_range_overlaps(semver_range, semver_range) RETURNS boolean
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20 AS 'MODULE_PATHNAME', 'mlregistry_semver_range_overlaps';
CREATE FUNCTION semver_range_contains(semver_range, semver_range) RETURNS boolean
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20 AS 'MODULE_PATHNAME', 'mlregistry_semver_range_contains';
CREATE FUNCTION semver_range_contained(semver_range, semver_range) RETURNS boolean
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20 AS 'MODULE_PATHNAME', 'mlregistry_semver_range_contained';
COMMENT ON FUNCTION semver_range_overlaps(semver_range, semver_range) IS 'implementation of && operator: some version satisfies both';
COMMENT ON FUNCTION semver_range_contains(semver_range, semver_range) IS 'implementation of @> operator: what satisfies the second satisfies the first';
COMMENT ON FUNCTION semver_range_contained(semver_range, semver_range) IS 'implementation of <@ operator: what satisfies the first satisfies the second';
CREATE OPERATOR && (
    LEFTARG = semver_range, RIGHTARG = semver_range, FUNCTION = semver_range_overlaps, COMMUTATOR = &&,
    RESTRICT = matchingsel, JOIN = matchingjoinsel);
CREATE OPERATOR @> (
    LEFTARG = semver_range, RIGHTARG = semver_range, FUNCTION = semver_range_contains, COMMUTATOR = <@,
    RESTRICT = matchingsel, JOIN = matchingjoinsel);
CREATE OPERATOR <@ (
    LEFTARG = semver_range, RIGHTARG = semver_range, FUNCTION = semver_range_contained, COMMUTATOR = @>,
    RESTRICT = matchingsel, JOIN = matchingjoinsel);
COMMENT ON OPERATOR && (semver_range, semver_range) IS 'some version satisfies both ranges';
COMMENT ON OPERATOR @> (semver_range, semver_range) IS 'every version that satisfies the second range satisfies the first';
COMMENT ON OPERATOR <@ (semver_range, semver_range) IS 'every version that satisfies the first range satisfies the second';

-- The highest and the lowest version that satisfies a range, the first of equals.
CREATE FUNCTION max_satisfying_step(state semver, version semver, range semver_range) RETURNS semver
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_max_satisfying';
CREATE FUNCTION min_satisfying_step(state semver, version semver, range semver_range) RETURNS semver
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_min_satisfying';
CREATE FUNCTION max_satisfying_step(state semver, version semver, range semver_range, include_prerelease boolean) RETURNS semver
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_max_satisfying';
CREATE FUNCTION min_satisfying_step(state semver, version semver, range semver_range, include_prerelease boolean) RETURNS semver
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_min_satisfying';
COMMENT ON FUNCTION max_satisfying_step(semver, semver, semver_range) IS 'step of max_satisfying()';
COMMENT ON FUNCTION min_satisfying_step(semver, semver, semver_range) IS 'step of min_satisfying()';
COMMENT ON FUNCTION max_satisfying_step(semver, semver, semver_range, boolean) IS 'step of max_satisfying()';
COMMENT ON FUNCTION min_satisfying_step(semver, semver, semver_range, boolean) IS 'step of min_satisfying()';
CREATE AGGREGATE max_satisfying(semver, semver_range) (
    SFUNC = max_satisfying_step, STYPE = semver, COMBINEFUNC = semver_larger, PARALLEL = SAFE);
CREATE AGGREGATE min_satisfying(semver, semver_range) (
    SFUNC = min_satisfying_step, STYPE = semver, COMBINEFUNC = semver_smaller, PARALLEL = SAFE);
CREATE AGGREGATE max_satisfying(semver, semver_range, boolean) (
    SFUNC = max_satisfying_step, STYPE = semver, COMBINEFUNC = semver_larger, PARALLEL = SAFE);
CREATE AGGREGATE min_satisfying(semver, semver_range, boolean) (
    SFUNC = min_satisfying_step, STYPE = semver, COMBINEFUNC = semver_smaller, PARALLEL = SAFE);
COMMENT ON AGGREGATE max_satisfying(semver, semver_range) IS 'highest version that satisfies the range, the first of equals; NULL when none does';
COMMENT ON AGGREGATE min_satisfying(semver, semver_range) IS 'lowest version that satisfies the range, the first of equals; NULL when none does';
COMMENT ON AGGREGATE max_satisfying(semver, semver_range, boolean) IS 'highest version that satisfies the range, prereleases as any other version where the third argument says so';
COMMENT ON AGGREGATE min_satisfying(semver, semver_range, boolean) IS 'lowest version that satisfies the range, prereleases as any other version where the third argument says so';
