// Does a version satisfy a range, and on which side does it lie where it does not.
#include "semver_range_cuts.hpp"

namespace mlregistry::semver_range {

namespace {

bool holds(Op op, int order) noexcept {
    switch (op) {
    case Op::lt:
        return order < 0;
    case Op::le:
        return order <= 0;
    case Op::eq:
        return order == 0;
    case Op::ge:
        return order >= 0;
    case Op::gt:
        return order > 0;
    }
    return false;
}

/// Equal first bytes are equal numbers, since no code of a number is the beginning of another.
bool same_core(const Compiled &range, const Comparator &c, Bytes key) noexcept {
    return key.size() >= c.core_size && std::memcmp(key.data(), range.pool + c.offset, c.core_size) == 0;
}

/// `limited`: a prerelease, which needs a comparator with a prerelease of the same major.minor.patch.
bool satisfies(const Compiled &range, const Alternative &alternative, Bytes key, bool limited) noexcept {
    const Comparator *const begin = range.comparators + alternative.first;
    const Comparator *const end = begin + alternative.count;
    for (const Comparator *c = begin; c != end; ++c) {
        if (!holds(c->op, compare_keys(key, range.version(*c)))) {
            return false;
        }
    }
    return !limited ||
           std::any_of(begin, end, [&](const Comparator &c) { return c.prerelease && same_core(range, c, key); });
}

/// The operators and order of gtr, or those of ltr, which is its mirror image.
struct Side {
    int sign; ///< 1: above
    Op beyond;
    Op from;
};
constexpr Side above{1, Op::gt, Op::ge};
constexpr Side below{-1, Op::lt, Op::le};

/// npm's question whether a version that does not satisfy a range lies on one side of it. It is asked of each
/// alternative: not where its furthest comparator is open to that side, and not where the version does not come
/// up to its nearest one.
bool is_beyond(const Compiled &range, const Alternative &alternative, Bytes key, const Side &side) noexcept {
    Bytes far_version = least_release; // npm takes >=0.0.0 for any version
    Bytes near_version = least_release;
    Op far = Op::ge;
    Op near = Op::ge;
    for (std::size_t i = 0; i < alternative.count; ++i) {
        const Comparator &c = range.comparators[alternative.first + i];
        const Bytes version = range.version(c);
        if (i == 0 || compare_keys(version, far_version) * side.sign > 0) {
            far_version = version;
            far = c.op;
        }
        if (i == 0 || compare_keys(version, near_version) * side.sign < 0) {
            near_version = version;
            near = c.op;
        }
    }
    if (far == side.beyond || far == side.from) {
        return false;
    }
    const int order = compare_keys(key, near_version) * side.sign;
    if (near == Op::eq || near == side.beyond) {
        return order > 0;
    }
    return near != side.from || order >= 0;
}

bool is_beyond(const Compiled &range, Bytes key, const Side &side) noexcept {
    return std::all_of(range.alternatives, range.alternatives + range.alternative_count,
                       [&](const Alternative &alternative) { return is_beyond(range, alternative, key, side); });
}

} // namespace

bool satisfies(const Compiled &range, Bytes version) noexcept {
    const Bytes key = version.first(semver::key_size(version));
    if (key.empty()) {
        return false; // damaged
    }
    const bool limited = !range.include_prerelease && key.back() == semver::prerelease_end;
    for (std::size_t i = 0; i < range.alternative_count; ++i) {
        if (satisfies(range, range.alternatives[i], key, limited)) {
            return true;
        }
    }
    return false;
}

int outside(const Compiled &range, Bytes version) noexcept {
    if (satisfies(range, version)) {
        return 0;
    }
    const Bytes key = version.first(semver::key_size(version));
    if (is_beyond(range, key, above)) {
        return 1;
    }
    return is_beyond(range, key, below) ? -1 : 0;
}

Bound lower(const Compiled &range) noexcept { return range.interval_count == 0 ? Bound{} : range.intervals[0].lower; }

Bound upper(const Compiled &range) noexcept {
    return range.interval_count == 0 ? Bound{} : range.intervals[range.interval_count - 1].upper;
}

} // namespace mlregistry::semver_range
