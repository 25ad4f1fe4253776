// Cuts between versions: see semver_range_cuts.hpp.
#include "semver_range_cuts.hpp"

namespace mlregistry::semver_range {

namespace {

using semver::CoreNumber;

/// The first byte that docs/semver-format.md keeps for a greatest key.
constexpr std::uint8_t greater_than_all[] = {0xFE};

/// Size of the core number at the head of `bytes`, which are not empty; may lie beyond them when they are damaged.
std::size_t number_size(Bytes bytes) noexcept {
    const unsigned lead = bytes.front();
    if (lead < CoreNumber::two_byte_lead) {
        return 1;
    }
    if (lead < CoreNumber::wide_lead) {
        return 2;
    }
    if (lead < CoreNumber::digits_lead) {
        return 1 + lead - CoreNumber::wide_lead + 2;
    }
    return 2 + (bytes.size() < 2 ? 0U : (bytes[1] + 1U) / 2);
}

std::size_t numbers_size(Bytes stored, int count) noexcept {
    std::size_t size = 0;
    for (int i = 0; i < count && size < stored.size(); ++i) {
        size += number_size(stored.subspan(size));
    }
    return std::min(size, stored.size());
}

/// The stored version that a key means on a line.
semver::Stored whole_version(Bytes key, Line line) noexcept {
    semver::Stored whole;
    whole.size = std::min(key.size(), semver::max_stored - 1);
    std::copy_n(key.data(), whole.size, whole.data);
    if (line == Line::releases) {
        whole.data[whole.size++] = semver::release_end;
    }
    return whole;
}

/// The version that follows another one on a line; false when it would be too long.
bool successor(Bytes key, Line line, semver::Stored &out) noexcept {
    const semver::Stored version = whole_version(key, line);
    semver::Text text;
    if (!semver::decode(version.bytes(), text)) {
        return false;
    }
    if (semver::is_prerelease(version.bytes())) {
        text.append(".0");
        return semver::encode(text.view(), out).ok();
    }
    semver::Text next;
    if (!semver::bump(text.view(), semver::Part::patch, {}, next).ok()) {
        return false;
    }
    next.append(line == Line::versions ? "-0" : "");
    return semver::encode(next.view(), out).ok();
}

/// True when `next` follows `key`: there is no version between "behind key" and "before next". A successor that is too
/// long for a version is no key, and so not `next`.
bool follows(Bytes key, Bytes next, Line line) noexcept {
    // Most pairs differ in major or minor, and need no closer look.
    const std::size_t head = numbers_size(key, 2);
    if (next.size() < head || std::memcmp(key.data(), next.data(), head) != 0) {
        return false;
    }
    semver::Stored made;
    if (!successor(key, line, made)) {
        return false;
    }
    const Bytes bytes = made.bytes();
    return same_bytes(line == Line::releases ? bytes.first(bytes.size() - 1) : bytes, next);
}

/// The place on the line of releases that a place among all versions is. Prereleases precede their release there.
Cut among_releases(const Cut &cut) noexcept {
    return {cut.key.first(core_size(cut.key)), cut.behind && !semver::is_prerelease(cut.key)};
}

} // namespace

std::size_t core_size(Bytes stored) noexcept { return numbers_size(stored, 3); }

int compare(const Cut &a, const Cut &b, Line line) noexcept {
    const int c = compare_keys(a.key, b.key);
    if (c == 0 || a.behind == b.behind) {
        return c != 0 ? c : static_cast<int>(a.behind) - static_cast<int>(b.behind);
    }
    if (c < 0) {
        return a.behind && follows(a.key, b.key, line) ? 0 : c;
    }
    return b.behind && follows(b.key, a.key, line) ? 0 : c;
}

bool is_empty(const Span &span, Line line) noexcept { return compare(span.from, span.to, line) >= 0; }

Span intersection(const Span &a, const Span &b, Line line) noexcept {
    return {compare(a.from, b.from, line) >= 0 ? a.from : b.from, compare(a.to, b.to, line) <= 0 ? a.to : b.to};
}

bool version_behind(const Cut &cut, Line line, semver::Stored &out) noexcept {
    if (cut.behind) {
        return successor(cut.key, line, out);
    }
    out = whole_version(cut.key, line);
    return true;
}

void Spans::merge(Line line) noexcept {
    if (count == 0) {
        return;
    }
    std::sort(data, data + count, [line](const Span &a, const Span &b) { return compare(a.from, b.from, line) < 0; });
    std::size_t last = 0;
    for (std::size_t i = 1; i < count; ++i) {
        if (compare(data[i].from, data[last].to, line) > 0) {
            data[++last] = data[i];
        } else if (compare(data[i].to, data[last].to, line) > 0) {
            data[last].to = data[i].to;
        }
    }
    count = last + 1;
}

Span span_of(const Compiled &range, const Interval &interval, Line line) noexcept {
    const Bound &lower = interval.lower;
    const Bound &upper = interval.upper;
    Span span{{least_version, false}, {greater_than_all, false}};
    if (lower.bounded) {
        span.from = {range.version(lower), !lower.inclusive};
    }
    if (upper.bounded) {
        span.to = {range.version(upper), upper.inclusive};
    }
    if (line == Line::releases) {
        span.from = lower.bounded ? among_releases(span.from) : Cut{Bytes{least_release}.first(3), false};
        span.to = upper.bounded ? among_releases(span.to) : span.to;
    }
    return span;
}

} // namespace mlregistry::semver_range
