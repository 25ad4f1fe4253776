// The bytes of a stored version, as docs/semver-format.md describes them. On disk for ever: nothing here may change.
#pragma once

#include "semver_number.hpp"

namespace mlregistry::semver {

/// major, minor, patch: lead bytes 0x00 … 0xF7.
using CoreNumber = NumberCode<0x00, 192, 48>;
static_assert(CoreNumber::digits_lead == 0xF7);

/// Lead bytes 0xF8 … 0xFD of a value are unused, 0xFE is kept for a greatest key that no input can spell,
/// and 0xFF is kept as the escape to a later format.
inline constexpr std::uint8_t reserved_lead = 0xF8;

/// Numeric identifiers of a prerelease: lead bytes 0x01 … 0x2B, below every character of an alphanumeric one.
using IdentifierNumber = NumberCode<0x01, 24, 11>;
static_assert(IdentifierNumber::digits_lead == 0x2B);
static_assert(IdentifierNumber::digits_lead < '-', "numeric identifiers precede alphanumeric ones");

/// After the core numbers: a release ends its key here; anything else begins the first prerelease identifier.
inline constexpr std::uint8_t release_end = 0xFF;

/// Ends the prerelease, and so the key.
inline constexpr std::uint8_t prerelease_end = 0x00;

/// Ends an alphanumeric identifier that another identifier follows.
inline constexpr std::uint8_t identifier_end = 0x01;

} // namespace mlregistry::semver
