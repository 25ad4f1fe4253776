// Counting with versions: the next one, what differs, what is left when the lower parts are cut.
// The rules are those of npm's node-semver (inc, diff, truncate), written anew for numbers of any length.
#include "semver.hpp"
#include "semver_chars.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace mlregistry::semver {

namespace {

constexpr std::array<std::pair<std::string_view, Part>, 8> part_names{{
    {"major", Part::major},
    {"minor", Part::minor},
    {"patch", Part::patch},
    {"premajor", Part::premajor},
    {"preminor", Part::preminor},
    {"prepatch", Part::prepatch},
    {"prerelease", Part::prerelease},
    {"release", Part::release},
}};

/// Appends digits + 1: 9 becomes 10, of any length.
void append_incremented(std::string_view digits, Text &out) noexcept {
    const auto last_not_nine = digits.find_last_not_of('9');
    if (last_not_nine == std::string_view::npos) {
        out.append('1');
    } else {
        out.append(digits.substr(0, last_not_nine));
        out.append(static_cast<char>(digits[last_not_nine] + 1));
    }
    const auto nines = last_not_nine == std::string_view::npos ? digits.size() : digits.size() - last_not_nine - 1;
    for (std::size_t i = 0; i < nines; ++i) {
        out.append('0');
    }
}

bool is_prerelease_text(std::string_view text) noexcept {
    for (;;) {
        const auto dot = text.find('.');
        const auto identifier = text.substr(0, dot);
        if (identifier.empty() || !std::all_of(identifier.begin(), identifier.end(), is_identifier_char) ||
            (identifier.size() > 1 && identifier.front() == '0' && all_digits(identifier))) {
            return false;
        }
        if (dot == std::string_view::npos) {
            return true;
        }
        text.remove_prefix(dot + 1);
    }
}

/// Appends the prerelease with its last numeric identifier counted up, or with ".0" behind it when it has none.
void append_counted_up(std::string_view prerelease, Text &out) noexcept {
    std::size_t end = prerelease.size();
    for (;;) {
        const auto dot = prerelease.substr(0, end).find_last_of('.');
        const std::size_t start = dot == std::string_view::npos ? 0 : dot + 1;
        const auto identifier = prerelease.substr(start, end - start);
        if (all_digits(identifier)) {
            out.append(prerelease.substr(0, start));
            append_incremented(identifier, out);
            out.append(prerelease.substr(end));
            return;
        }
        if (start == 0) {
            out.append(prerelease);
            out.append(".0");
            return;
        }
        end = start - 1;
    }
}

/// True when `prerelease` begins with all identifiers of `preid` and a number follows them.
bool counts_below(std::string_view prerelease, std::string_view preid) noexcept {
    if (prerelease.size() <= preid.size() || !prerelease.starts_with(preid) || prerelease[preid.size()] != '.') {
        return false;
    }
    auto rest = prerelease.substr(preid.size() + 1);
    return all_digits(take_identifier(rest));
}

/// Appends the prerelease that follows `prerelease` (empty: there was none) under `preid` (empty: keep the name).
void append_next_prerelease(std::string_view prerelease, std::string_view preid, Text &out) noexcept {
    if (prerelease.empty()) {
        if (!preid.empty()) {
            out.append(preid);
            out.append('.');
        }
        out.append('0');
        return;
    }
    Text counted;
    append_counted_up(prerelease, counted);
    if (preid.empty() || counts_below(counted.view(), preid)) {
        out.append(counted.view());
        return;
    }
    out.append(preid);
    out.append(".0");
}

struct Core {
    std::string_view major, minor, patch;
};

void append_core(const Core &core, Text &out) noexcept {
    out.append(core.major);
    out.append('.');
    out.append(core.minor);
    out.append('.');
    out.append(core.patch);
}

std::string_view with_prefix(bool pre, std::string_view release_name, std::string_view prerelease_name) noexcept {
    return pre ? prerelease_name : release_name;
}

} // namespace

bool part_from_name(std::string_view name, Part &out) noexcept {
    for (const auto &[known, part] : part_names) {
        if (known == name) {
            out = part;
            return true;
        }
    }
    return false;
}

Outcome bump(std::string_view version, Part part, std::string_view preid, Text &out) noexcept {
    out.size = 0;
    if (!preid.empty() && !is_prerelease_text(preid)) {
        return {Error::bad_preid, 0};
    }
    const Parts now = split(version);
    const bool pre = !now.prerelease.empty();
    Text next;
    const auto counted = [&next](std::string_view digits) noexcept {
        next.size = 0;
        append_incremented(digits, next);
        return next.view();
    };
    Core core{now.major, now.minor, now.patch};

    // A prerelease already stands before the release that a bump of its own part leads to: 2.0.0-rc.1 → 2.0.0.
    switch (part) {
    case Part::major:
        if (!pre || core.minor != "0" || core.patch != "0") {
            core = {counted(core.major), "0", "0"};
        }
        break;
    case Part::minor:
        if (!pre || core.patch != "0") {
            core = {core.major, counted(core.minor), "0"};
        }
        break;
    case Part::patch:
        if (!pre) {
            core.patch = counted(core.patch);
        }
        break;
    case Part::premajor:
        core = {counted(core.major), "0", "0"};
        break;
    case Part::preminor:
        core = {core.major, counted(core.minor), "0"};
        break;
    case Part::prepatch:
        core.patch = counted(core.patch);
        break;
    case Part::prerelease:
        if (!pre) {
            core.patch = counted(core.patch);
        }
        break;
    case Part::release:
        if (!pre) {
            return {Error::not_a_prerelease, 0};
        }
        break;
    }
    append_core(core, out);
    if (part == Part::prerelease || part == Part::premajor || part == Part::preminor || part == Part::prepatch) {
        out.append('-');
        append_next_prerelease(part == Part::prerelease ? now.prerelease : std::string_view{}, preid, out);
    }
    return out.size <= max_text ? Outcome{} : Outcome{Error::too_long, max_text + 1};
}

std::string_view diff(std::string_view a, std::string_view b) noexcept {
    Stored a_stored;
    Stored b_stored;
    if (!encode(a, a_stored).ok() || !encode(b, b_stored).ok()) {
        return {};
    }
    const int order = compare(a_stored.bytes(), b_stored.bytes());
    if (order == 0) {
        return {};
    }
    const Parts high = split(order > 0 ? a : b);
    const Parts low = split(order > 0 ? b : a);
    if (high.prerelease.empty() && !low.prerelease.empty()) {
        // The release of a prerelease: the part that the prerelease was counting towards.
        if (low.minor == "0" && low.patch == "0") {
            return "major";
        }
        if (low.major == high.major && low.minor == high.minor && low.patch == high.patch) {
            return low.patch == "0" ? "minor" : "patch";
        }
    }
    const bool pre = !high.prerelease.empty();
    if (high.major != low.major) {
        return with_prefix(pre, "major", "premajor");
    }
    if (high.minor != low.minor) {
        return with_prefix(pre, "minor", "preminor");
    }
    if (high.patch != low.patch) {
        return with_prefix(pre, "patch", "prepatch");
    }
    return "prerelease";
}

void truncate(std::string_view version, Part part, Text &out) noexcept {
    out.size = 0;
    const Parts now = split(version);
    Core core{now.major, now.minor, now.patch};
    const bool cut_minor = part == Part::major;
    const bool cut_patch = cut_minor || part == Part::minor;
    if (cut_minor) {
        core.minor = "0";
    }
    if (cut_patch) {
        core.patch = "0";
    }
    append_core(core, out);
    const bool keep = !cut_patch && part != Part::patch && part != Part::release;
    if (keep && !now.prerelease.empty()) {
        out.append('-');
        out.append(now.prerelease);
    }
}

} // namespace mlregistry::semver
