#include "reference.hpp"

#include "semver.hpp"
#include "semver_range.hpp"
#include "validate.hpp"

#include <algorithm>
#include <array>

namespace mlregistry::reference {

namespace {

/// Longest text that can be a stage or an alias.
constexpr std::size_t longest_word = 255;

} // namespace

Outcome parse(std::string_view text) noexcept {
    Reference ref;
    if (const auto at = text.find('@'); at != std::string_view::npos) {
        ref.has_selector = true;
        ref.selector = text.substr(at + 1);
        text = text.substr(0, at);
    }
    bool has_project = false;
    if (const auto slash = text.find('/'); slash != std::string_view::npos) {
        has_project = true;
        ref.project = text.substr(0, slash);
        text = text.substr(slash + 1);
    }
    ref.model = text;
    if (has_project && !validate::is_valid_name(ref.project)) {
        return {Error::bad_project, ref};
    }
    if (!validate::is_valid_name(ref.model)) {
        return {Error::bad_model, ref};
    }
    if (ref.has_selector && ref.selector.empty()) {
        return {Error::empty_selector, ref};
    }
    return {Error::none, ref};
}

SelectorKind classify(std::string_view selector) noexcept {
    if (selector.empty()) {
        return SelectorKind::latest;
    }
    if (semver::is_semver(selector)) {
        return SelectorKind::exact;
    }
    const auto range_or_invalid = [&] {
        // Nothing but blanks reads as any version, which nobody means who writes it behind an @.
        const bool blank = selector.find_first_not_of(" \t\n\v\f\r") == std::string_view::npos;
        return !blank && semver_range::is_semver_range(selector) ? SelectorKind::range : SelectorKind::invalid;
    };
    if (selector.size() > longest_word) {
        return range_or_invalid();
    }
    std::array<char, longest_word> lower{};
    std::transform(selector.begin(), selector.end(), lower.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    const std::string_view word{lower.data(), selector.size()};
    if (word == "latest") {
        return SelectorKind::latest;
    }
    if (validate::is_stage(word)) {
        return SelectorKind::stage;
    }
    return validate::is_valid_alias(word) ? SelectorKind::alias : range_or_invalid();
}

const char *describe(Error error) noexcept {
    switch (error) {
    case Error::none:
        return "no error";
    case Error::bad_project:
        return "the project before the slash is not a name (kebab-case, 1 to 255 bytes)";
    case Error::bad_model:
        return "the model is not a name (kebab-case, 1 to 255 bytes)";
    case Error::empty_selector:
        return "nothing follows the @";
    }
    return "unknown error";
}

const char *name_of(SelectorKind kind) noexcept {
    switch (kind) {
    case SelectorKind::latest:
        return "latest";
    case SelectorKind::exact:
        return "exact";
    case SelectorKind::stage:
        return "stage";
    case SelectorKind::alias:
        return "alias";
    case SelectorKind::range:
        return "range";
    case SelectorKind::invalid:
        break;
    }
    return "invalid";
}

} // namespace mlregistry::reference
