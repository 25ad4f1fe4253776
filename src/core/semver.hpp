// The semver type without PostgreSQL: SemVer 2.0.0 text, its stored form, order and arithmetic.
//
// Nothing here allocates or throws. A version is at most `max_text` characters, so every result fits a fixed buffer,
// and the functions may be called from anywhere, also from a frame that PostgreSQL unwinds with longjmp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace mlregistry::semver {

/// Longest text of a version, in characters (all of them ASCII).
inline constexpr std::size_t max_text = 256;

/// Enough for the stored form of any version: no part of it is longer than the text that it came from,
/// but for the one terminating byte.
inline constexpr std::size_t max_stored = max_text + 8;

using Bytes = std::span<const std::uint8_t>;

/// Text of a version, built in place. Trivially destructible on purpose. `size` may exceed `max_text`
/// (an increment that carries, say); encode() then refuses it.
struct Text {
    std::size_t size = 0;
    char data[max_text + 16];

    [[nodiscard]] std::string_view view() const noexcept { return {data, size}; }
    /// Appends, cutting silently at the end of the buffer, which lies beyond max_text: cut text never encodes.
    void append(std::string_view more) noexcept;
    void append(char c) noexcept;
};

/// Stored form of a version (docs/semver-format.md).
struct Stored {
    std::size_t size = 0;
    std::uint8_t data[max_stored];

    [[nodiscard]] Bytes bytes() const noexcept { return {data, size}; }
};

enum class Error : std::uint8_t {
    none,
    too_long,         ///< more than max_text characters
    expected_digit,   ///< a number must start here
    leading_zero,     ///< a number starts with a superfluous zero here
    expected_dot,     ///< major.minor.patch is not complete here
    unexpected,       ///< a character that may not stand here
    empty_identifier, ///< an identifier of the prerelease or build is empty here
    // Of the loose readers:
    too_many_parts, ///< a fourth number starts here
    pep440_epoch,   ///< PEP 440 epoch, which SemVer cannot say
    pep440_post,    ///< PEP 440 post-release, which SemVer cannot say
    pep440_dev,     ///< PEP 440 development release, which SemVer cannot say
    // Of the arithmetic:
    not_a_prerelease, ///< bump "release" of a release
    bad_preid,        ///< the prerelease identifier is not one
    // Of the wire format:
    bad_wire_version, ///< unknown first byte
};

/// What became of some input. `position` counts characters from 1 and is meaningful when `error` is not none.
struct Outcome {
    Error error = Error::none;
    std::size_t position = 0;

    [[nodiscard]] bool ok() const noexcept { return error == Error::none; }
};

/// One English clause for an error, such as "a number must not have a leading zero".
[[nodiscard]] const char *describe(Error error) noexcept;

// ---- text to bytes and back (semver_codec.cpp) ---------------------------------------------------------------------

/// Reads strict SemVer 2.0.0 text and writes its stored form to `out`. Linear in the text.
[[nodiscard]] Outcome encode(std::string_view text, Stored &out) noexcept;

/// Writes the canonical text of a stored version; false when the bytes are not a stored version.
[[nodiscard]] bool decode(Bytes stored, Text &out) noexcept;

/// Binary wire format: one version byte (1), then the text. Never reads beyond `message`.
[[nodiscard]] Outcome decode_wire(Bytes message, Stored &out) noexcept;
inline constexpr std::uint8_t wire_version = 1;

/// True when `text` is a version.
[[nodiscard]] bool is_semver(std::string_view text) noexcept;

/// The parts of the canonical text of a version, as views into that text.
struct Parts {
    std::string_view major, minor, patch;
    std::string_view prerelease; ///< empty: a release
    std::string_view build;      ///< empty: none
};

/// Splits the text of a valid version.
[[nodiscard]] Parts split(std::string_view text) noexcept;

// ---- order (semver_order.cpp) --------------------------------------------------------------------------------------

/// Length of the precedence key at the head of the stored form; the rest is build metadata.
[[nodiscard]] std::size_t key_size(Bytes stored) noexcept;

/// SemVer precedence: negative, zero, positive. Build metadata is ignored.
[[nodiscard]] int compare(Bytes a, Bytes b) noexcept;

/// True when the two are equal in precedence.
[[nodiscard]] bool equal(Bytes a, Bytes b) noexcept;

/// Total order: precedence, then build metadata (none < some, numeric < alphanumeric, fewer < more identifiers;
/// numbers that differ by leading zeros only are ordered by length). Zero only for identical versions.
[[nodiscard]] int compare_with_build(Bytes a, Bytes b) noexcept;

/// First eight bytes of the key as a big-endian number, cut at the key's end and padded with zeros:
/// abbreviate(a) < abbreviate(b) implies compare(a, b) < 0.
[[nodiscard]] std::uint64_t abbreviate(Bytes stored) noexcept;

/// True when the version has prerelease identifiers.
[[nodiscard]] bool is_prerelease(Bytes stored) noexcept;

// ---- arithmetic (semver_arithmetic.cpp) ----------------------------------------------------------------------------

enum class Part : std::uint8_t {
    major,
    minor,
    patch,
    premajor,
    preminor,
    prepatch,
    prerelease,
    release,
};

/// Reads the name of a part; false when there is no such part.
[[nodiscard]] bool part_from_name(std::string_view name, Part &out) noexcept;

/// The next version, as npm's `semver.inc` counts: see docs/design/semantics.md. `preid` may be empty.
/// `position` of the outcome is 0 unless the result is too long.
[[nodiscard]] Outcome bump(std::string_view version, Part part, std::string_view preid, Text &out) noexcept;

/// Name of the greatest part that differs between two versions (npm's `semver.diff`), empty when they are equal
/// in precedence.
[[nodiscard]] std::string_view diff(std::string_view a, std::string_view b) noexcept;

/// The version with everything below `part` set to zero or dropped; a pre… part keeps the prerelease and drops
/// the build (npm's `semver.truncate`).
void truncate(std::string_view version, Part part, Text &out) noexcept;

// ---- other spellings (semver_loose.cpp) ----------------------------------------------------------------------------

/// Reads a loose spelling: blanks around it, a leading `=` or `v`, one to three numbers, leading zeros.
[[nodiscard]] Outcome coerce(std::string_view loose, Text &out) noexcept;

/// Reads a Python version (PEP 440): a, b, rc become alpha, beta, rc prereleases, the local part becomes the build;
/// epochs, post- and development releases and more than three numbers are refused.
[[nodiscard]] Outcome from_pep440(std::string_view pep440, Text &out) noexcept;

} // namespace mlregistry::semver
