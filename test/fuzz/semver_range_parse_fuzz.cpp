// Text that is a range is kept but for blanks and has a meaning; text that is none is refused within its bounds.
#include "semver_range.hpp"

#include <string_view>

namespace range = mlregistry::semver_range;
namespace semver = mlregistry::semver;

static void require(bool holds) {
    if (!holds) {
        __builtin_trap();
    }
}

static bool lies_in(const range::Compiled &compiled, const range::Interval &interval, semver::Bytes version) {
    const auto &[lower, upper] = interval;
    const int from = lower.bounded ? semver::compare(version, compiled.version(lower)) : 1;
    const int to = upper.bounded ? semver::compare(version, compiled.version(upper)) : -1;
    return (from > 0 || (from == 0 && lower.inclusive)) && (to < 0 || (to == 0 && upper.inclusive));
}

/// What must be so of a version that satisfies a range, or does not.
static void check(const range::Compiled &compiled, semver::Bytes version) {
    const bool satisfies = range::satisfies(compiled, version);
    const int side = range::outside(compiled, version);
    require(!satisfies || side == 0);
    int in = 0;
    for (int i = 0; i < compiled.interval_count; ++i) {
        in += lies_in(compiled, compiled.intervals[i], version) ? 1 : 0;
    }
    require(in <= 1);
    require(in == 1 || !satisfies);
    require(!compiled.include_prerelease || satisfies == (in == 1));
    require(!satisfies || !range::is_empty(compiled));
}

static void check(std::string_view text, bool include_prerelease) {
    range::Compiled compiled;
    require(range::compile(text, include_prerelease, compiled));
    require(compiled.alternative_count >= 1);
    require(range::contains(compiled, compiled));
    require(range::intersects(compiled, compiled) != range::is_empty(compiled));
    for (int i = 0; i < compiled.comparator_count; ++i) {
        check(compiled, compiled.version(compiled.comparators[i]));
    }
    semver::Stored least;
    if (range::min_version(compiled, least)) {
        require(range::satisfies(compiled, least.bytes()));
    }

    range::CanonicalText canonical;
    range::canonical(compiled, canonical);
    require(canonical.size < sizeof canonical.data);
    range::Compiled again;
    if (range::compile(canonical.view(), include_prerelease, again)) {
        require(range::compare(compiled, again) == 0);
        require(range::hash(compiled, 1) == range::hash(again, 1));
        require(range::contains(compiled, again) && range::contains(again, compiled));
        range::CanonicalText fixed;
        range::canonical(again, fixed);
        require(fixed.view() == canonical.view());
    } else {
        require(compiled.comparator_count > range::max_comparators || canonical.size + 126 > range::max_text ||
                text.size() > 200); // only limits: of the whole, or of bounds that become too long
    }
}

static std::string_view non_blank(std::string_view text, std::size_t &at) {
    while (at < text.size() && (text[at] == ' ' || (text[at] >= '\t' && text[at] <= '\r'))) {
        ++at;
    }
    return text.substr(at, 1);
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    const std::string_view source{reinterpret_cast<const char *>(data), size};
    range::Text text;
    const range::Outcome outcome = range::normalize(source, text);
    require(outcome.ok() == range::is_semver_range(source));
    if (outcome.ok()) {
        // Nothing but blanks has changed, and they do not again.
        std::size_t i = 0;
        std::size_t j = 0;
        while (non_blank(source, i) == non_blank(text.view(), j) && i < size) {
            ++i;
            ++j;
        }
        require(i == size && j == text.size);
        range::Text again;
        require(range::normalize(text.view(), again).ok() && again.view() == text.view());
        check(text.view(), false);
        check(text.view(), true);
    } else {
        require(outcome.position >= 1 && outcome.position <= size + 1);
        range::Compiled compiled;
        require(!range::compile(source, false, compiled) || range::is_limit(outcome.error));
    }

    if (const range::Outcome cargo = range::from_cargo(source, text); cargo.ok()) {
        range::Text again;
        require(range::normalize(text.view(), again).ok() && again.view() == text.view());
    } else {
        require(cargo.position >= 1 && cargo.position <= size + 1);
    }
    return 0;
}
