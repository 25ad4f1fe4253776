-- Type semver: SemVer 2.0.0 versions that sort and index as the specification says.
-- Bytes: docs/semver-format.md. Semantics: docs/design/semantics.md.

CREATE TYPE semver;

CREATE FUNCTION semver_in(cstring) RETURNS semver
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_semver_in';
CREATE FUNCTION semver_out(semver) RETURNS cstring
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_semver_out';
CREATE FUNCTION semver_recv(internal) RETURNS semver
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_semver_recv';
CREATE FUNCTION semver_send(semver) RETURNS bytea
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_semver_send';

-- STORAGE main: a version is short and read often, so it stays in its row, with a one-byte header.
CREATE TYPE semver (
    INPUT = semver_in,
    OUTPUT = semver_out,
    RECEIVE = semver_recv,
    SEND = semver_send,
    INTERNALLENGTH = VARIABLE,
    ALIGNMENT = int4,
    STORAGE = main,
    CATEGORY = 'U'
);
COMMENT ON TYPE semver IS 'Version after SemVer 2.0.0: MAJOR.MINOR.PATCH[-prerelease][+build], numbers of any size, at most 256 characters; ordered by precedence, build metadata ignored';
COMMENT ON FUNCTION semver_in(cstring) IS 'input of type semver';
COMMENT ON FUNCTION semver_out(semver) IS 'output of type semver';
COMMENT ON FUNCTION semver_recv(internal) IS 'binary input of type semver: a version byte (1), then the text';
COMMENT ON FUNCTION semver_send(semver) IS 'binary output of type semver: a version byte (1), then the text';

-- Casts. Drivers send typed text, so text becomes a version where one is wanted; the way back is explicit or by assignment.
CREATE FUNCTION semver(text) RETURNS semver
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_semver_from_text';
COMMENT ON FUNCTION semver(text) IS 'version written in a text; 22P02 when it is none';
CREATE FUNCTION semver_to_text(semver) RETURNS text
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_semver_to_text';
COMMENT ON FUNCTION semver_to_text(semver) IS 'text of a version';

CREATE CAST (text AS semver) WITH FUNCTION semver(text) AS IMPLICIT;
CREATE CAST (varchar AS semver) WITH FUNCTION semver(text) AS IMPLICIT;
CREATE CAST (semver AS text) WITH FUNCTION semver_to_text(semver) AS ASSIGNMENT;
COMMENT ON CAST (text AS semver) IS 'reads a version; implicit because drivers send typed text';
COMMENT ON CAST (varchar AS semver) IS 'reads a version; implicit because drivers send typed text';
COMMENT ON CAST (semver AS text) IS 'writes a version';

-- Order by precedence.
CREATE FUNCTION semver_lt(semver, semver) RETURNS boolean
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF AS 'MODULE_PATHNAME', 'mlregistry_semver_lt';
CREATE FUNCTION semver_le(semver, semver) RETURNS boolean
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF AS 'MODULE_PATHNAME', 'mlregistry_semver_le';
CREATE FUNCTION semver_eq(semver, semver) RETURNS boolean
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF AS 'MODULE_PATHNAME', 'mlregistry_semver_eq';
CREATE FUNCTION semver_ne(semver, semver) RETURNS boolean
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF AS 'MODULE_PATHNAME', 'mlregistry_semver_ne';
CREATE FUNCTION semver_ge(semver, semver) RETURNS boolean
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF AS 'MODULE_PATHNAME', 'mlregistry_semver_ge';
CREATE FUNCTION semver_gt(semver, semver) RETURNS boolean
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF AS 'MODULE_PATHNAME', 'mlregistry_semver_gt';
CREATE FUNCTION semver_cmp(semver, semver) RETURNS integer
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF AS 'MODULE_PATHNAME', 'mlregistry_semver_cmp';
CREATE FUNCTION semver_sortsupport(internal) RETURNS void
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF AS 'MODULE_PATHNAME', 'mlregistry_semver_sortsupport';
CREATE FUNCTION semver_hash(semver) RETURNS integer
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF AS 'MODULE_PATHNAME', 'mlregistry_semver_hash';
CREATE FUNCTION semver_hash_extended(semver, bigint) RETURNS bigint
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF AS 'MODULE_PATHNAME', 'mlregistry_semver_hash_extended';
COMMENT ON FUNCTION semver_lt(semver, semver) IS 'implementation of < operator';
COMMENT ON FUNCTION semver_le(semver, semver) IS 'implementation of <= operator';
COMMENT ON FUNCTION semver_eq(semver, semver) IS 'implementation of = operator';
COMMENT ON FUNCTION semver_ne(semver, semver) IS 'implementation of <> operator';
COMMENT ON FUNCTION semver_ge(semver, semver) IS 'implementation of >= operator';
COMMENT ON FUNCTION semver_gt(semver, semver) IS 'implementation of > operator';
COMMENT ON FUNCTION semver_cmp(semver, semver) IS 'precedence of two versions: negative, 0, positive';
COMMENT ON FUNCTION semver_sortsupport(internal) IS 'sort support with abbreviated keys for type semver';
COMMENT ON FUNCTION semver_hash(semver) IS 'hash of a version; equal in precedence, equal in hash';
COMMENT ON FUNCTION semver_hash_extended(semver, bigint) IS 'seeded 64-bit hash of a version';

CREATE OPERATOR < (
    LEFTARG = semver, RIGHTARG = semver, FUNCTION = semver_lt,
    COMMUTATOR = >, NEGATOR = >=, RESTRICT = scalarltsel, JOIN = scalarltjoinsel);
CREATE OPERATOR <= (
    LEFTARG = semver, RIGHTARG = semver, FUNCTION = semver_le,
    COMMUTATOR = >=, NEGATOR = >, RESTRICT = scalarlesel, JOIN = scalarlejoinsel);
CREATE OPERATOR = (
    LEFTARG = semver, RIGHTARG = semver, FUNCTION = semver_eq,
    COMMUTATOR = =, NEGATOR = <>, RESTRICT = eqsel, JOIN = eqjoinsel, HASHES, MERGES);
CREATE OPERATOR <> (
    LEFTARG = semver, RIGHTARG = semver, FUNCTION = semver_ne,
    COMMUTATOR = <>, NEGATOR = =, RESTRICT = neqsel, JOIN = neqjoinsel);
CREATE OPERATOR >= (
    LEFTARG = semver, RIGHTARG = semver, FUNCTION = semver_ge,
    COMMUTATOR = <=, NEGATOR = <, RESTRICT = scalargesel, JOIN = scalargejoinsel);
CREATE OPERATOR > (
    LEFTARG = semver, RIGHTARG = semver, FUNCTION = semver_gt,
    COMMUTATOR = <, NEGATOR = <=, RESTRICT = scalargtsel, JOIN = scalargtjoinsel);
COMMENT ON OPERATOR < (semver, semver) IS 'lower precedence';
COMMENT ON OPERATOR <= (semver, semver) IS 'lower or equal precedence';
COMMENT ON OPERATOR = (semver, semver) IS 'equal precedence; build metadata is ignored';
COMMENT ON OPERATOR <> (semver, semver) IS 'different precedence; build metadata is ignored';
COMMENT ON OPERATOR >= (semver, semver) IS 'higher or equal precedence';
COMMENT ON OPERATOR > (semver, semver) IS 'higher precedence';

-- No equalimage function: equal versions may differ in build metadata, so a btree must not merge them.
CREATE OPERATOR CLASS semver_ops DEFAULT FOR TYPE semver USING btree AS
    OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >,
    FUNCTION 1 semver_cmp(semver, semver),
    FUNCTION 2 semver_sortsupport(internal);
COMMENT ON OPERATOR CLASS semver_ops USING btree IS 'SemVer precedence';
COMMENT ON OPERATOR FAMILY semver_ops USING btree IS 'SemVer precedence';
CREATE OPERATOR CLASS semver_ops DEFAULT FOR TYPE semver USING hash AS
    OPERATOR 1 =,
    FUNCTION 1 semver_hash(semver),
    FUNCTION 2 semver_hash_extended(semver, bigint);
COMMENT ON OPERATOR CLASS semver_ops USING hash IS 'equal SemVer precedence';
COMMENT ON OPERATOR FAMILY semver_ops USING hash IS 'equal SemVer precedence';

-- Total order: precedence, then build metadata. Named after PostgreSQL's record image operators.
CREATE FUNCTION semver_build_lt(semver, semver) RETURNS boolean
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF AS 'MODULE_PATHNAME', 'mlregistry_semver_build_lt';
CREATE FUNCTION semver_build_le(semver, semver) RETURNS boolean
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF AS 'MODULE_PATHNAME', 'mlregistry_semver_build_le';
CREATE FUNCTION semver_identical(semver, semver) RETURNS boolean
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF AS 'MODULE_PATHNAME', 'mlregistry_semver_identical';
CREATE FUNCTION semver_not_identical(semver, semver) RETURNS boolean
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF AS 'MODULE_PATHNAME', 'mlregistry_semver_not_identical';
CREATE FUNCTION semver_build_ge(semver, semver) RETURNS boolean
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF AS 'MODULE_PATHNAME', 'mlregistry_semver_build_ge';
CREATE FUNCTION semver_build_gt(semver, semver) RETURNS boolean
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF AS 'MODULE_PATHNAME', 'mlregistry_semver_build_gt';
CREATE FUNCTION semver_build_cmp(semver, semver) RETURNS integer
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF AS 'MODULE_PATHNAME', 'mlregistry_semver_build_cmp';
CREATE FUNCTION semver_build_sortsupport(internal) RETURNS void
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF AS 'MODULE_PATHNAME', 'mlregistry_semver_build_sortsupport';
COMMENT ON FUNCTION semver_build_lt(semver, semver) IS 'implementation of *< operator';
COMMENT ON FUNCTION semver_build_le(semver, semver) IS 'implementation of *<= operator';
COMMENT ON FUNCTION semver_identical(semver, semver) IS 'true when two versions are the same, build metadata included';
COMMENT ON FUNCTION semver_not_identical(semver, semver) IS 'implementation of *<> operator';
COMMENT ON FUNCTION semver_build_ge(semver, semver) IS 'implementation of *>= operator';
COMMENT ON FUNCTION semver_build_gt(semver, semver) IS 'implementation of *> operator';
COMMENT ON FUNCTION semver_build_cmp(semver, semver) IS 'total order of two versions, build metadata included: negative, 0, positive';
COMMENT ON FUNCTION semver_build_sortsupport(internal) IS 'sort support for the total order of type semver';

CREATE OPERATOR *< (
    LEFTARG = semver, RIGHTARG = semver, FUNCTION = semver_build_lt,
    COMMUTATOR = *>, NEGATOR = *>=, RESTRICT = scalarltsel, JOIN = scalarltjoinsel);
CREATE OPERATOR *<= (
    LEFTARG = semver, RIGHTARG = semver, FUNCTION = semver_build_le,
    COMMUTATOR = *>=, NEGATOR = *>, RESTRICT = scalarlesel, JOIN = scalarlejoinsel);
CREATE OPERATOR *= (
    LEFTARG = semver, RIGHTARG = semver, FUNCTION = semver_identical,
    COMMUTATOR = *=, NEGATOR = *<>, RESTRICT = eqsel, JOIN = eqjoinsel, MERGES);
CREATE OPERATOR *<> (
    LEFTARG = semver, RIGHTARG = semver, FUNCTION = semver_not_identical,
    COMMUTATOR = *<>, NEGATOR = *=, RESTRICT = neqsel, JOIN = neqjoinsel);
CREATE OPERATOR *>= (
    LEFTARG = semver, RIGHTARG = semver, FUNCTION = semver_build_ge,
    COMMUTATOR = *<=, NEGATOR = *<, RESTRICT = scalargesel, JOIN = scalargejoinsel);
CREATE OPERATOR *> (
    LEFTARG = semver, RIGHTARG = semver, FUNCTION = semver_build_gt,
    COMMUTATOR = *<, NEGATOR = *<=, RESTRICT = scalargtsel, JOIN = scalargtjoinsel);
COMMENT ON OPERATOR *< (semver, semver) IS 'lower in the total order';
COMMENT ON OPERATOR *<= (semver, semver) IS 'lower in the total order, or identical';
COMMENT ON OPERATOR *= (semver, semver) IS 'identical, build metadata included';
COMMENT ON OPERATOR *<> (semver, semver) IS 'not identical';
COMMENT ON OPERATOR *>= (semver, semver) IS 'higher in the total order, or identical';
COMMENT ON OPERATOR *> (semver, semver) IS 'higher in the total order';

CREATE OPERATOR CLASS semver_build_ops FOR TYPE semver USING btree AS
    OPERATOR 1 *<, OPERATOR 2 *<=, OPERATOR 3 *=, OPERATOR 4 *>=, OPERATOR 5 *>,
    FUNCTION 1 semver_build_cmp(semver, semver),
    FUNCTION 2 semver_build_sortsupport(internal);
COMMENT ON OPERATOR CLASS semver_build_ops USING btree IS 'SemVer precedence, then build metadata';
COMMENT ON OPERATOR FAMILY semver_build_ops USING btree IS 'SemVer precedence, then build metadata';

-- min and max keep the first of equal versions.
CREATE FUNCTION semver_smaller(semver, semver) RETURNS semver
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_semver_smaller';
CREATE FUNCTION semver_larger(semver, semver) RETURNS semver
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_semver_larger';
COMMENT ON FUNCTION semver_smaller(semver, semver) IS 'version of lower precedence, the first of equals';
COMMENT ON FUNCTION semver_larger(semver, semver) IS 'version of higher precedence, the first of equals';
CREATE AGGREGATE min(semver) (
    SFUNC = semver_smaller, STYPE = semver, COMBINEFUNC = semver_smaller, SORTOP = <, PARALLEL = SAFE);
CREATE AGGREGATE max(semver) (
    SFUNC = semver_larger, STYPE = semver, COMBINEFUNC = semver_larger, SORTOP = >, PARALLEL = SAFE);
COMMENT ON AGGREGATE min(semver) IS 'lowest version, the first of equals';
COMMENT ON AGGREGATE max(semver) IS 'highest version, the first of equals';
