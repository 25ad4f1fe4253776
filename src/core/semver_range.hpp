// The semver_range type without PostgreSQL: npm's range grammar, its meaning, and exact set operations on it.
//
// Syntax and meaning are those that npm's node-semver documents ("Ranges" and "Range Grammar" in its README), as
// docs/design/semantics.md narrows them. A range is stored as its *normalized source*: what the user wrote, but for
// blanks. Everything else is derived from that by compile(), in one of two modes:
//
//   default             a prerelease satisfies a set of comparators only if one of them has a prerelease with the same
//                       major.minor.patch
//   include_prerelease  that rule is off, and partial versions desugar to bounds with -0
//
// Nothing here allocates or throws, and every struct is trivially copyable and destructible and holds offsets instead
// of pointers: results may be copied, kept in any memory, and used in frames that PostgreSQL unwinds with longjmp.
// They are large (Compiled about 12 kB, CanonicalText 10 kB): keep a Compiled per call site rather than per row.
#pragma once

#include "semver.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace mlregistry::semver_range {

using semver::Bytes;

/// Longest text of a range, in bytes: of the source as given, and of the normalized source.
inline constexpr std::size_t max_text = 4096;

/// Most comparators in a source; a hyphen range counts as one.
inline constexpr std::size_t max_comparators = 64;

/// Normalized source, built in place.
struct Text {
    std::size_t size = 0;
    char data[max_text];

    [[nodiscard]] std::string_view view() const noexcept { return {data, size}; }
};

enum class Error : std::uint8_t {
    none,
    too_long,           ///< more than max_text bytes; a limit
    too_many,           ///< more than max_comparators comparators; a limit
    version_too_long,   ///< a version without its build, or a bound that follows, has more than 256 characters; a limit
    expected_version,   ///< a version or part of one must start here
    leading_zero,       ///< a number starts with a superfluous zero here
    v_prefix,           ///< a version starts with "v" here
    unexpected,         ///< a character that may not stand here
    empty_identifier,   ///< an identifier of a prerelease or build is empty here
    number_after_x,     ///< a number follows an x, X or * here
    fourth_number,      ///< a fourth part of a version starts here
    partial_prerelease, ///< a prerelease follows fewer than three parts here
    comma,              ///< a comma, which npm's grammar has not
    single_bar,         ///< one | where || was meant
    empty_alternative,  ///< nothing stands on one side of ||
    two_operators,      ///< an operator follows an operator here
    hyphen_operator,    ///< an end of a hyphen range has an operator
    hyphen_not_alone,   ///< a hyphen range stands beside another comparator
    // Of the reader of Cargo requirements:
    expected_comma, ///< Cargo separates comparators with commas; one must stand here
    star_not_alone, ///< Cargo's * must be the only comparator
    cargo_too_many, ///< more than 32 comparators, Cargo's own limit; a limit
    // Of the wire format:
    bad_wire_version, ///< unknown first byte
};

/// What became of some input. `position` counts characters of the input from 1 (what precedes an error is ASCII, so
/// that bytes are characters) and is meaningful when `error` is not none.
struct Outcome {
    Error error = Error::none;
    std::size_t position = 0;

    [[nodiscard]] bool ok() const noexcept { return error == Error::none; }
};

/// One English clause for an error, such as "a number must not have a leading zero".
[[nodiscard]] const char *describe(Error error) noexcept;

/// True for errors of length or count (SQLSTATE 54000), false for those of syntax (22P02).
[[nodiscard]] bool is_limit(Error error) noexcept;

// ---- text (semver_range_parse.cpp, semver_range_cargo.cpp) ---------------------------------------------------------

/// Checks the grammar and writes the normalized source: exactly what stands in `source`, build metadata included, but
/// for ASCII blanks: none at the ends and after an operator, one between comparators, on either side of || and on
/// either side of the hyphen. Normalizing it again changes nothing. Linear in the text. `out` may not be the source.
[[nodiscard]] Outcome normalize(std::string_view source, Text &out) noexcept;

/// True when `text` is a range.
[[nodiscard]] bool is_semver_range(std::string_view text) noexcept;

/// Binary wire format: one version byte (1), then the text, which is normalized as by normalize(); positions count
/// from the first byte of that text. Never reads beyond `message`.
[[nodiscard]] Outcome decode_wire(Bytes message, Text &out) noexcept;
inline constexpr std::uint8_t wire_version = 1;

/// Reads a requirement as Cargo.toml has it (the Cargo book, "Specifying Dependencies", and the crate semver:
/// comparators separated by commas, a bare version is a caret) and writes the normalized source of a range that the
/// same versions satisfy in default mode, prereleases as Cargo admits them. The position of a limit that only the
/// result exceeds is 1, or that behind the end.
[[nodiscard]] Outcome from_cargo(std::string_view requirement, Text &out) noexcept;

// ---- the derived form (semver_range_compile.cpp) -------------------------------------------------------------------

enum class Op : std::uint8_t { lt, le, eq, ge, gt };

/// Most comparators and most bytes of stored versions in the derived form: each comparator of the source makes at most
/// two, and their stored versions are not longer than its text but for what completes a partial version.
inline constexpr std::size_t max_compiled = 2 * max_comparators;
inline constexpr std::size_t max_pool = 2 * max_text + max_compiled * 8;

/// One primitive comparator: an operator and a stored version without build metadata.
struct Comparator {
    Op op;
    bool prerelease;         ///< the version has a prerelease
    std::uint16_t offset;    ///< of the stored version, in the pool
    std::uint16_t size;      ///< of the stored version
    std::uint16_t core_size; ///< of its major.minor.patch: the same first bytes are the same three numbers
};

/// One end of an interval of versions in precedence order: a stored version in the pool, or none.
struct Bound {
    bool bounded;
    bool inclusive; ///< meaningful when bounded
    std::uint16_t offset;
    std::uint16_t size;
};

struct Interval {
    Bound lower;
    Bound upper;
};

/// One side of ||: comparators that must all hold. None of them means any version (in default mode: any release).
struct Alternative {
    std::uint8_t first; ///< index of its first comparator
    std::uint8_t count;
    bool empty;         ///< its comparators contradict each other, and `enclosing` is meaningless
    Interval enclosing; ///< holds all versions that satisfy it
};

/// The derived form of a range, reduced as npm reduces it: duplicate comparators are dropped, and so are comparators
/// and alternatives that a wider or an impossible one makes superfluous.
struct Compiled {
    bool include_prerelease = false;
    std::uint8_t alternative_count = 0; ///< at least 1 after compile()
    std::uint8_t comparator_count = 0;
    /// Number of `intervals`; 0 when every alternative is empty.
    std::uint8_t interval_count = 0;
    std::uint16_t pool_size = 0;
    Alternative alternatives[max_comparators];
    Comparator comparators[max_compiled];
    /// The enclosing intervals of all alternatives, not empty, merged where they touch or overlap, disjoint, ascending.
    /// Every version that satisfies the range lies in one of them (not the other way round: the prerelease rule).
    Interval intervals[max_comparators];
    std::uint8_t pool[max_pool];

    /// The stored version of a comparator or bound.
    [[nodiscard]] Bytes version(const Comparator &c) const noexcept { return {pool + c.offset, c.size}; }
    [[nodiscard]] Bytes version(const Bound &b) const noexcept { return {pool + b.offset, b.size}; }
};

/// Derives the form that the functions below work on from a range's text, normalized or not; false when it is none.
/// Every bound in it is a version that semver::decode() reads.
[[nodiscard]] bool compile(std::string_view text, bool include_prerelease, Compiled &out) noexcept;

/// npm's printed form of a range (the `range` of its Range objects, "*" for any version). Not always a range itself:
/// it may be longer than max_text, and have more comparators.
struct CanonicalText {
    std::size_t size = 0;
    char data[max_compiled * 16 + 2 * max_text];

    [[nodiscard]] std::string_view view() const noexcept { return {data, size}; }
};

void canonical(const Compiled &range, CanonicalText &out) noexcept;

/// The same from the text; false when it is no range.
[[nodiscard]] bool canonical(std::string_view text, bool include_prerelease, CanonicalText &out) noexcept;

/// Total order of derived forms, for operator classes: zero exactly when the canonical forms are equal. It means
/// nothing else. The type's = and hash are those of the default mode.
[[nodiscard]] int compare(const Compiled &a, const Compiled &b) noexcept;

/// Hash that goes with compare(): a fixed function of the derived form and the seed, the same on every machine.
[[nodiscard]] std::uint64_t hash(const Compiled &range, std::uint64_t seed) noexcept;

// ---- membership (semver_range_match.cpp) ---------------------------------------------------------------------------

/// True when the stored version satisfies the range, in the mode that it was compiled for. Works on bytes alone.
[[nodiscard]] bool satisfies(const Compiled &range, Bytes version) noexcept;

/// -1 when the version is below the range, 1 when it is above, 0 otherwise, as npm's ltr() and gtr() answer. Of a
/// prerelease between the bounds that the prerelease rule excludes both of these may say yes; it is 1 here. A range
/// that is open to one side has nothing on that side.
[[nodiscard]] int outside(const Compiled &range, Bytes version) noexcept;

/// Lower and upper end of the enclosing interval of the whole range. Not bounded when the range is open there, and when
/// every alternative is empty (interval_count == 0).
[[nodiscard]] Bound lower(const Compiled &range) noexcept;
[[nodiscard]] Bound upper(const Compiled &range) noexcept;

// ---- sets of versions, exact (semver_range_sets.cpp) ---------------------------------------------------------------
// Over all versions that SemVer can spell, of any length. Both ranges must be compiled in the same mode.

/// True when no version satisfies the range.
[[nodiscard]] bool is_empty(const Compiled &range) noexcept;

/// True when some version satisfies both.
[[nodiscard]] bool intersects(const Compiled &a, const Compiled &b) noexcept;

/// True when every version that satisfies `inner` satisfies `outer`. The empty range is contained in every other.
[[nodiscard]] bool contains(const Compiled &outer, const Compiled &inner) noexcept;

/// The least version that satisfies the range, as npm's minVersion(); false when there is none, or when it would be
/// longer than a version may be.
[[nodiscard]] bool min_version(const Compiled &range, semver::Stored &out) noexcept;

} // namespace mlregistry::semver_range
