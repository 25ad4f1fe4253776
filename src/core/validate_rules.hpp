// What validate.cpp decides with and explain.cpp explains with: the limits, and what kind a character is.
// No class of characters depends on a locale.
//
// The functions are internal to each file that includes this: GCC inlines those more readily, which makes the rules
// that scan a text 10 % faster.
#pragma once

#include "validate.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

namespace mlregistry::validate {

namespace {

// In bytes, but for labels.
constexpr std::size_t max_name = 255;
constexpr std::size_t max_label_characters = 500;
constexpr std::size_t max_metric_name = 250;
constexpr std::size_t max_email = 254;
constexpr std::size_t max_email_local = 64;
constexpr std::size_t max_domain_label = 63;
constexpr std::size_t min_top_level_domain = 2;
constexpr std::size_t sha256_digits = 64;
constexpr std::size_t min_git_commit = 7;
constexpr std::size_t max_git_commit = 64;
constexpr std::size_t min_artifact_uri = 2;
constexpr std::size_t max_uri = 4096;
constexpr std::size_t max_file_path = 1024;
constexpr std::size_t max_secret = 1024;

constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
constexpr bool is_lower(char c) noexcept { return c >= 'a' && c <= 'z'; }
constexpr bool is_upper(char c) noexcept { return c >= 'A' && c <= 'Z'; }
constexpr bool is_alpha(char c) noexcept { return is_lower(c) || is_upper(c); }
constexpr bool is_alnum(char c) noexcept { return is_alpha(c) || is_digit(c); }
constexpr bool is_lower_alnum(char c) noexcept { return is_lower(c) || is_digit(c); }
constexpr bool is_lower_hex(char c) noexcept { return is_digit(c) || (c >= 'a' && c <= 'f'); }
constexpr bool is_printable_ascii(char c) noexcept { return c >= ' ' && c <= '~'; }
constexpr bool is_continuation(char c) noexcept { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80; }

constexpr bool is_one_of(char c, std::string_view characters) noexcept {
    return characters.find(c) != std::string_view::npos;
}

// Objects, not functions: each has a type of its own, so that the loop over a text is compiled for it.
constexpr auto is_alias_char = [](char c) noexcept { return is_lower_alnum(c) || c == '_' || c == '-'; };
constexpr auto is_metric_name_char = [](char c) noexcept { return is_alnum(c) || is_one_of(c, "_./ :-"); };
constexpr auto is_email_local_char = [](char c) noexcept { return is_alnum(c) || is_one_of(c, "._%+-"); };
constexpr auto is_domain_label_char = [](char c) noexcept { return is_alnum(c) || c == '-'; };
constexpr auto is_scheme_char = [](char c) noexcept { return is_alnum(c) || is_one_of(c, "+.-"); };

template <class Accepts> constexpr bool all(std::string_view text, Accepts accepts) noexcept {
    return std::all_of(text.begin(), text.end(), accepts);
}

/// Cuts the next character off `text`, which is not empty. A byte that is not part of well-formed UTF-8 counts as
/// U+FFFD: PostgreSQL has checked the encoding before a value gets here.
inline char32_t take_character(std::string_view &text, Charset charset) noexcept {
    const auto lead = static_cast<unsigned char>(text.front());
    std::size_t length = 1;
    char32_t value = lead;
    if (charset == Charset::utf8 && lead >= 0x80) {
        length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
        value = 0xFFFD;
        if (lead >= 0xC2 && lead <= 0xF4 && text.size() >= length && all(text.substr(1, length - 1), is_continuation)) {
            value = lead & (0xFFU >> (length + 1));
            for (std::size_t i = 1; i < length; ++i) {
                value = (value << 6) | (static_cast<unsigned char>(text[i]) & 0x3FU);
            }
        } else {
            length = 1;
        }
    }
    text.remove_prefix(length);
    return value;
}

inline std::size_t count_characters(std::string_view text, Charset charset) noexcept {
    std::size_t count = 0;
    for (; !text.empty(); ++count) {
        (void)take_character(text, charset);
    }
    return count;
}

/// Unicode's category Cc, and the separators of lines and paragraphs, which break a list as well.
constexpr bool is_control(char32_t c, Charset charset) noexcept {
    if (c < 0x20 || c == 0x7F) {
        return true;
    }
    return charset == Charset::utf8 && ((c >= 0x80 && c < 0xA0) || c == 0x2028 || c == 0x2029);
}

/// Unicode's category Zs, and two characters without any width.
constexpr bool is_blank(char32_t c, Charset charset) noexcept {
    if (c == ' ') {
        return true;
    }
    return charset == Charset::utf8 && (c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200B) || c == 0x202F ||
                                        c == 0x205F || c == 0x3000 || c == 0xFEFF);
}

/// What an alias could be mistaken for: a version (`v1…`) or the range of all versions.
constexpr bool reads_as_range(std::string_view text) noexcept { return text == "x" || text == "vx"; }
constexpr bool reads_as_version(std::string_view text) noexcept {
    return text.size() > 1 && text[0] == 'v' && is_digit(text[1]);
}

/// Where a secret is kept, up to the colon.
constexpr std::array<std::string_view, 6> secret_stores{"env", "file", "vault", "aws-sm", "gcp-sm", "azure-kv"};

/// Cuts a secret reference at its colon; false when no known store stands before it.
constexpr bool split_secret_ref(std::string_view text, std::string_view &secret) noexcept {
    const auto colon = text.find(':');
    if (colon == std::string_view::npos ||
        std::find(secret_stores.begin(), secret_stores.end(), text.substr(0, colon)) == secret_stores.end()) {
        return false;
    }
    secret = text.substr(colon + 1);
    return true;
}

/// What scopes are about.
constexpr std::array<std::string_view, 8> scope_areas{"models",      "versions",  "datasets",   "runs",
                                                      "deployments", "approvals", "monitoring", "admin"};

/// The host of the URL whose part behind `//` is given: no user, but with the port.
constexpr std::string_view host_of(std::string_view rest) noexcept {
    const auto authority = rest.substr(0, rest.find_first_of("/?#"));
    const auto at = authority.rfind('@');
    return at == std::string_view::npos ? authority : authority.substr(at + 1);
}

} // namespace

} // namespace mlregistry::validate
