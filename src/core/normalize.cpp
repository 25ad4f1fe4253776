#include "normalize.hpp"

#include <algorithm>

namespace mlregistry::normalize {

namespace {

constexpr std::string_view blanks = " \t\n\v\f\r";

constexpr bool is_upper(char c) noexcept { return c >= 'A' && c <= 'Z'; }

/// Where the characters begin that the rule puts into lower case.
std::size_t case_start(Rule rule, std::string_view text) noexcept {
    switch (rule) {
    case Rule::lower:
        return 0;
    case Rule::email_domain:
        if (const auto at = text.rfind('@'); at != std::string_view::npos) {
            return at + 1;
        }
        break;
    case Rule::trim:
        break;
    }
    return text.size();
}

} // namespace

bool rule_from_name(std::string_view name, Rule &out) noexcept {
    if (name == "trim") {
        out = Rule::trim;
    } else if (name == "lower") {
        out = Rule::lower;
    } else if (name == "email") {
        out = Rule::email_domain;
    } else {
        return false;
    }
    return true;
}

std::string_view trimmed(std::string_view text) noexcept {
    const auto first = text.find_first_not_of(blanks);
    if (first == std::string_view::npos) {
        return {};
    }
    return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

void change_case(Rule rule, std::span<char> text) noexcept {
    const auto start = static_cast<std::ptrdiff_t>(case_start(rule, {text.data(), text.size()}));
    std::transform(text.begin() + start, text.end(), text.begin() + start,
                   [](char c) { return is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c; });
}

bool is_normal(Rule rule, std::string_view text) noexcept {
    const auto changing = text.substr(case_start(rule, text));
    return trimmed(text).size() == text.size() && std::none_of(changing.begin(), changing.end(), is_upper);
}

} // namespace mlregistry::normalize
