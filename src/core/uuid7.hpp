// Identifiers that sort by the time at which they were made: UUID version 7 (RFC 9562, section 5.7).
#pragma once

#include <array>
#include <cstdint>

namespace mlregistry {

using Uuid = std::array<std::uint8_t, 16>;

/// The identifier of a moment, in microseconds since 1970-01-01 00:00 UTC (not before it), and of eight random bytes,
/// of which two bits give way to the variant. rand_a holds the fraction of the millisecond (method 3 of section 6.2),
/// so that the microsecond can be read again.
[[nodiscard]] Uuid make_uuid7(std::int64_t microseconds, const std::array<std::uint8_t, 8> &random) noexcept;

/// The moment of an identifier that make_uuid7() has made; false when it is of another version.
[[nodiscard]] bool moment_of(const Uuid &id, std::int64_t &microseconds) noexcept;

} // namespace mlregistry
