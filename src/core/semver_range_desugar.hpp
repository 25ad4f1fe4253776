// What a comparator of the source means: at most two primitive comparators.
#pragma once

#include "semver_range_grammar.hpp"

namespace mlregistry::semver_range {

struct Primitive {
    Op op;
    semver::Stored version; ///< without build metadata
};

/// The primitive comparators that one of the source stands for; none: any version.
struct Desugared {
    std::size_t count = 0;
    Primitive primitives[2];
};

/// As node-semver's README has it ("Advanced Range Syntax"). False when a bound has more characters than a version may.
[[nodiscard]] bool desugar(Operator op, const Partial &partial, bool include_prerelease, Desugared &out) noexcept;
[[nodiscard]] bool desugar_hyphen(const Partial &from, const Partial &to, bool include_prerelease,
                                  Desugared &out) noexcept;

/// True when no bound that `partial` may get, in either mode, can be too long for a version. Spares normalize() the
/// work.
[[nodiscard]] inline bool surely_fits(const Partial &partial) noexcept {
    constexpr std::size_t added = 1 + 4 + 2; // a carry, ".0.0", "-0"
    std::size_t size = 2;
    for (const auto number : partial.numbers) {
        size += number.size();
    }
    return size + added <= semver::max_text;
}

} // namespace mlregistry::semver_range
