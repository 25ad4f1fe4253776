// Half-open intervals of versions on a line, exact to the version: the arithmetic below the set operations.
//
// A cut is a place between two neighbouring versions. Each place has up to two names, "behind p" and "before q" where
// q is the version that follows p, and comparing cuts knows that they are the same. What follows depends on the line:
//
//   versions   all of them: 1.2.3-p is followed by 1.2.3-p.0, and 1.2.3 by 1.2.4-0
//   releases   1.2.3 is followed by 1.2.4, and prereleases are no places at all
#pragma once

#include "semver_format.hpp"
#include "semver_range.hpp"

#include <algorithm>
#include <cstring>

namespace mlregistry::semver_range {

inline constexpr std::uint8_t least_version[] = {0, 0, 0, 0x01, semver::prerelease_end}; // 0.0.0-0
inline constexpr std::uint8_t least_release[] = {0, 0, 0, semver::release_end};          // 0.0.0

/// Order of keys, that is stored versions without build metadata, or their cores: none is the beginning of another.
[[nodiscard]] inline int compare_keys(Bytes a, Bytes b) noexcept {
    const int c = std::memcmp(a.data(), b.data(), std::min(a.size(), b.size()));
    return c != 0 ? c : static_cast<int>(a.size() > b.size()) - static_cast<int>(a.size() < b.size());
}

[[nodiscard]] inline bool same_bytes(Bytes a, Bytes b) noexcept {
    return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size()) == 0;
}

enum class Line : std::uint8_t { versions, releases };

struct Cut {
    /// A stored version without build, on the line of releases only its major.minor.patch.
    Bytes key;
    bool behind; ///< behind that version, not before it
};

/// The versions between two cuts.
struct Span {
    Cut from;
    Cut to;
};

/// Length of major.minor.patch at the head of a stored version; its whole length where the bytes are damaged.
[[nodiscard]] std::size_t core_size(Bytes stored) noexcept;

/// Negative, zero, positive.
[[nodiscard]] int compare(const Cut &a, const Cut &b, Line line) noexcept;

[[nodiscard]] bool is_empty(const Span &span, Line line) noexcept;

/// What lies in both.
[[nodiscard]] Span intersection(const Span &a, const Span &b, Line line) noexcept;

/// The first version behind a cut; false when it would be longer than a version may be.
[[nodiscard]] bool version_behind(const Cut &cut, Line line, semver::Stored &out) noexcept;

/// Spans on one line, as many as alternatives.
struct Spans {
    std::size_t count = 0;
    Span data[max_comparators];

    void add(const Span &span, Line line) noexcept {
        if (!is_empty(span, line)) {
            data[count++] = span;
        }
    }
    /// Sorts them and joins those that touch or overlap.
    void merge(Line line) noexcept;
};

/// The interval that encloses an alternative which is not empty, as a span on a line.
[[nodiscard]] Span span_of(const Compiled &range, const Interval &interval, Line line) noexcept;

} // namespace mlregistry::semver_range
