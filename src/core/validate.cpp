#include "validate.hpp"

#include <algorithm>
#include <array>

namespace mlregistry::validate {

namespace {

constexpr std::size_t max_name = 255;

constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
constexpr bool is_lower(char c) noexcept { return c >= 'a' && c <= 'z'; }
constexpr bool is_alpha(char c) noexcept { return is_lower(c) || (c >= 'A' && c <= 'Z'); }
constexpr bool is_alnum(char c) noexcept { return is_alpha(c) || is_digit(c); }
constexpr bool is_lower_alnum(char c) noexcept { return is_lower(c) || is_digit(c); }
constexpr bool is_continuation(char c) noexcept { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80; }
constexpr bool is_lower_hex(char c) noexcept { return is_digit(c) || (c >= 'a' && c <= 'f'); }

template <class Accepts> bool all(std::string_view text, Accepts accepts) noexcept {
    return std::all_of(text.begin(), text.end(), accepts);
}

/// Words of lower-case letters and digits with one joining character between any two.
template <class Joins> bool is_joined_words(std::string_view text, Joins joins) noexcept {
    if (text.empty() || text.size() > max_name) {
        return false;
    }
    bool in_word = false;
    for (const char c : text) {
        if (!is_lower_alnum(c) && !(in_word && joins(c))) {
            return false;
        }
        in_word = is_lower_alnum(c);
    }
    return in_word;
}

/// Cuts the next character off `text`. A byte that is not part of well-formed UTF-8 counts as U+FFFD:
/// PostgreSQL has checked the encoding before a value gets here.
char32_t take_character(std::string_view &text, Charset charset) noexcept {
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

struct Scan {
    std::size_t characters = 0;
    bool control = false;
    bool blank_inside = false;
    bool blank_at_end = false; ///< at either end
};

Scan scan(std::string_view text, Charset charset) noexcept {
    Scan seen;
    while (!text.empty()) {
        const char32_t c = take_character(text, charset);
        ++seen.characters;
        seen.control = seen.control || is_control(c, charset);
        if (is_blank(c, charset)) {
            const bool at_end = seen.characters == 1 || text.empty();
            seen.blank_at_end = seen.blank_at_end || at_end;
            seen.blank_inside = seen.blank_inside || !at_end;
        }
    }
    return seen;
}

bool is_email_local(std::string_view local) noexcept {
    if (local.empty() || local.size() > 64 || local.front() == '.' || local.back() == '.' ||
        local.find("..") != std::string_view::npos) {
        return false;
    }
    constexpr std::string_view others = "._%+-";
    return all(local, [&](char c) { return is_alnum(c) || others.find(c) != std::string_view::npos; });
}

bool is_domain_label(std::string_view label) noexcept {
    return !label.empty() && label.size() <= 63 && label.front() != '-' && label.back() != '-' &&
           all(label, [](char c) { return is_alnum(c) || c == '-'; });
}

bool is_domain(std::string_view domain) noexcept {
    for (bool first = true;; first = false) {
        const auto dot = domain.find('.');
        const auto label = domain.substr(0, dot);
        if (!is_domain_label(label)) {
            return false;
        }
        if (dot == std::string_view::npos) {
            return !first && label.size() >= 2 && all(label, is_alpha);
        }
        domain.remove_prefix(dot + 1);
    }
}

bool starts_with_scheme(std::string_view text) noexcept {
    const auto colon = text.find(':');
    return colon != std::string_view::npos && colon >= 2 && colon + 1 < text.size() && is_alpha(text.front()) &&
           all(text.substr(0, colon), [](char c) { return is_alnum(c) || c == '+' || c == '.' || c == '-'; });
}

} // namespace

bool is_valid_name(std::string_view text) noexcept {
    return is_joined_words(text, [](char c) { return c == '-'; });
}

bool is_valid_tag_name(std::string_view text) noexcept {
    return is_joined_words(text, [](char c) { return c == '-' || c == '_'; });
}

bool is_stage(std::string_view text) noexcept {
    constexpr std::array<std::string_view, 4> stages{"development", "staging", "production", "archived"};
    return std::find(stages.begin(), stages.end(), text) != stages.end();
}

bool is_valid_alias(std::string_view text) noexcept {
    if (text.empty() || text.size() > max_name || !(is_lower(text.front()) || text.front() == '_') ||
        !all(text, [](char c) { return is_lower_alnum(c) || c == '_' || c == '-'; })) {
        return false;
    }
    const bool reads_as_version =
        text == "x" || text == "vx" || (text.size() > 1 && text[0] == 'v' && is_digit(text[1]));
    return !reads_as_version && text != "latest" && !is_stage(text);
}

bool is_valid_label(std::string_view text, Charset charset) noexcept {
    if (text.empty() || text.size() > std::size_t{4} * 500) {
        return false;
    }
    const Scan seen = scan(text, charset);
    return seen.characters <= 500 && !seen.control && !seen.blank_at_end;
}

bool is_email(std::string_view text) noexcept {
    const auto at = text.find('@');
    return text.size() <= 254 && at != std::string_view::npos && is_email_local(text.substr(0, at)) &&
           is_domain(text.substr(at + 1));
}

bool is_sha256(std::string_view text) noexcept { return text.size() == 64 && all(text, is_lower_hex); }

bool is_git_commit(std::string_view text) noexcept {
    return text.size() >= 7 && text.size() <= 64 && all(text, is_lower_hex);
}

bool is_artifact_uri(std::string_view text, Charset charset) noexcept {
    if (text.size() < 2 || text.size() > 4096) {
        return false;
    }
    if (text.front() != '/' && !starts_with_scheme(text)) {
        return false;
    }
    const Scan seen = scan(text, charset);
    return !seen.control && !seen.blank_at_end;
}

bool is_url(std::string_view text, Charset charset) noexcept {
    if (text.size() > 4096) {
        return false;
    }
    const bool secure = text.starts_with("https://");
    if (!secure && !text.starts_with("http://")) {
        return false;
    }
    const auto rest = text.substr(secure ? 8 : 7);
    const auto authority = rest.substr(0, rest.find_first_of("/?#"));
    const auto at = authority.rfind('@');
    const auto host = at == std::string_view::npos ? authority : authority.substr(at + 1);
    const Scan seen = scan(text, charset);
    return !host.empty() && host.front() != ':' && !seen.control && !seen.blank_inside && !seen.blank_at_end;
}

bool is_file_path(std::string_view text, Charset charset) noexcept {
    if (text.empty() || text.size() > 1024 || scan(text, charset).control) {
        return false;
    }
    for (;;) {
        const auto slash = text.find('/');
        const auto segment = text.substr(0, slash);
        if (segment.empty() || segment == "." || segment == "..") {
            return false;
        }
        if (slash == std::string_view::npos) {
            return true;
        }
        text.remove_prefix(slash + 1);
    }
}

} // namespace mlregistry::validate
