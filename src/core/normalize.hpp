// What the trigger normalize does to values before they are stored.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace mlregistry::normalize {

enum class Rule : std::uint8_t {
    trim,         ///< without ASCII blanks at either end
    lower,        ///< trimmed, ASCII letters in lower case
    email_domain, ///< trimmed, the part behind the last @ in lower case
};

/// Reads the name of a rule; false when there is no such rule.
[[nodiscard]] bool rule_from_name(std::string_view name, Rule &out) noexcept;

/// The part of `text` that is kept.
[[nodiscard]] std::string_view trimmed(std::string_view text) noexcept;

/// Applies the rule's change of case to text that was trimmed, in place.
void change_case(Rule rule, std::span<char> text) noexcept;

/// True when `text` would be stored as it stands.
[[nodiscard]] bool is_normal(Rule rule, std::string_view text) noexcept;

} // namespace mlregistry::normalize
