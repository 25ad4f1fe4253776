// How far two names are apart, for "did you mean" hints.
#pragma once

#include "error.hpp"

#include <cstdint>
#include <memory_resource>
#include <string_view>

namespace mlregistry {

/// Optimal string alignment distance in bytes: insertions, deletions, substitutions and swaps of neighbours that
/// lead from one text to the other (Damerau 1964, restricted to one edit per place).
/// Time O(|a|·|b|), memory O(min(|a|, |b|)) from `memory`. Throws Interrupted when `stop` says so.
[[nodiscard]] std::uint64_t name_distance(std::string_view a, std::string_view b, std::pmr::memory_resource *memory,
                                          StopRequested stop);

} // namespace mlregistry
