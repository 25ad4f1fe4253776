#include "validate_rules.hpp"

namespace mlregistry::validate {

namespace {

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
    return !local.empty() && local.size() <= max_email_local && local.front() != '.' && local.back() != '.' &&
           local.find("..") == std::string_view::npos && all(local, is_email_local_char);
}

bool is_domain_label(std::string_view label) noexcept {
    return !label.empty() && label.size() <= max_domain_label && label.front() != '-' && label.back() != '-' &&
           all(label, is_domain_label_char);
}

bool is_domain(std::string_view domain) noexcept {
    for (bool first = true;; first = false) {
        const auto dot = domain.find('.');
        const auto label = domain.substr(0, dot);
        if (!is_domain_label(label)) {
            return false;
        }
        if (dot == std::string_view::npos) {
            return !first && label.size() >= min_top_level_domain && all(label, is_alpha);
        }
        domain.remove_prefix(dot + 1);
    }
}

bool starts_with_scheme(std::string_view text) noexcept {
    const auto colon = text.find(':');
    return colon != std::string_view::npos && colon >= 2 && colon + 1 < text.size() && is_alpha(text.front()) &&
           all(text.substr(0, colon), is_scheme_char);
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
        !all(text, is_alias_char)) {
        return false;
    }
    return !reads_as_range(text) && !reads_as_version(text) && text != "latest" && !is_stage(text);
}

bool is_valid_label(std::string_view text, Charset charset) noexcept {
    if (text.empty() || text.size() > 4 * max_label_characters) {
        return false;
    }
    const Scan seen = scan(text, charset);
    return seen.characters <= max_label_characters && !seen.control && !seen.blank_at_end;
}

bool is_valid_metric_name(std::string_view text) noexcept {
    return !text.empty() && text.size() <= max_metric_name && text.front() != ' ' && text.back() != ' ' &&
           all(text, is_metric_name_char);
}

bool is_email(std::string_view text) noexcept {
    const auto at = text.find('@');
    return text.size() <= max_email && at != std::string_view::npos && is_email_local(text.substr(0, at)) &&
           is_domain(text.substr(at + 1));
}

bool is_sha256(std::string_view text) noexcept { return text.size() == sha256_digits && all(text, is_lower_hex); }

bool is_git_commit(std::string_view text) noexcept {
    return text.size() >= min_git_commit && text.size() <= max_git_commit && all(text, is_lower_hex);
}

bool is_artifact_uri(std::string_view text, Charset charset) noexcept {
    if (text.size() < min_artifact_uri || text.size() > max_uri) {
        return false;
    }
    if (text.front() != '/' && !starts_with_scheme(text)) {
        return false;
    }
    const Scan seen = scan(text, charset);
    return !seen.control && !seen.blank_at_end;
}

bool is_url(std::string_view text, Charset charset) noexcept {
    if (text.size() > max_uri) {
        return false;
    }
    const bool secure = text.starts_with("https://");
    if (!secure && !text.starts_with("http://")) {
        return false;
    }
    const auto host = host_of(text.substr(secure ? 8 : 7));
    const Scan seen = scan(text, charset);
    return !host.empty() && host.front() != ':' && !seen.control && !seen.blank_inside && !seen.blank_at_end;
}

bool is_file_path(std::string_view text, Charset charset) noexcept {
    if (text.empty() || text.size() > max_file_path || scan(text, charset).control) {
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

bool is_secret_ref(std::string_view text) noexcept {
    std::string_view secret;
    return split_secret_ref(text, secret) && !secret.empty() && secret.size() <= max_secret && secret.front() != ' ' &&
           secret.back() != ' ' && all(secret, is_printable_ascii);
}

bool is_special_number(std::string_view text) noexcept {
    return text == "NaN" || text == "Infinity" || text == "-Infinity";
}

bool is_scope(std::string_view text) noexcept {
    const auto colon = text.find(':');
    if (colon == std::string_view::npos) {
        return false;
    }
    const auto right = text.substr(colon + 1);
    return (right == "read" || right == "write") &&
           std::find(scope_areas.begin(), scope_areas.end(), text.substr(0, colon)) != scope_areas.end();
}

} // namespace mlregistry::validate
