// Character classes of SemVer's grammar, shared by the readers in this folder. ASCII only, whatever the locale.
#pragma once

#include <algorithm>
#include <array>
#include <string_view>

namespace mlregistry::semver {

constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

constexpr bool is_letter(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

constexpr bool is_identifier_char(char c) noexcept { return is_digit(c) || is_letter(c) || c == '-'; }

/// What a character is inside an identifier.
enum CharKind : unsigned char { not_in_identifier = 0, digit_char = 1, other_char = 2 };

/// Kinds of all bytes: one look-up a character where every nanosecond of a parser counts.
inline constexpr auto char_kinds = [] {
    std::array<CharKind, 256> kinds{};
    for (int c = 0; c < 128; ++c) {
        const char character = static_cast<char>(c);
        if (is_digit(character)) {
            kinds[static_cast<std::size_t>(c)] = digit_char;
        } else if (is_identifier_char(character)) {
            kinds[static_cast<std::size_t>(c)] = other_char;
        }
    }
    return kinds;
}();

constexpr CharKind char_kind(char c) noexcept { return char_kinds[static_cast<unsigned char>(c)]; }

constexpr bool all_digits(std::string_view s) noexcept { return std::all_of(s.begin(), s.end(), is_digit); }

/// `digits` without superfluous leading zeros; "0" stays, and so does "", which damaged build metadata may contain.
constexpr std::string_view without_leading_zeros(std::string_view digits) noexcept {
    while (digits.size() > 1 && digits.front() == '0') {
        digits.remove_prefix(1);
    }
    return digits;
}

/// Cuts the first identifier off a dot-separated list.
constexpr std::string_view take_identifier(std::string_view &list) noexcept {
    const auto dot = list.find('.');
    const auto head = list.substr(0, dot);
    list = dot == std::string_view::npos ? std::string_view{} : list.substr(dot + 1);
    return head;
}

/// Order of two unbounded numbers without leading zeros: by length, then by digits.
constexpr int compare_digits(std::string_view a, std::string_view b) noexcept {
    if (a.size() != b.size()) {
        return a.size() < b.size() ? -1 : 1;
    }
    return a.compare(b);
}

} // namespace mlregistry::semver
