// Readers of spellings that are not SemVer: what people type, and what Python packages call a version.
// Each makes a SemVer text or says at which character it gave up. Neither is ever applied unasked.
#include "semver.hpp"
#include "semver_chars.hpp"

#include <array>

namespace mlregistry::semver {

namespace {

constexpr char to_lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

constexpr bool is_blank(char c) noexcept { return c == ' ' || (c >= '\t' && c <= '\r'); }

/// A reader of one spelling; keeps the place for error positions.
class Cursor {
  public:
    explicit Cursor(std::string_view text) noexcept : text_{text} {}

    [[nodiscard]] bool at_end() const noexcept { return at_ == text_.size(); }
    [[nodiscard]] char peek() const noexcept { return at_end() ? '\0' : to_lower(text_[at_]); }
    [[nodiscard]] char peek_after() const noexcept { return at_ + 1 < text_.size() ? to_lower(text_[at_ + 1]) : '\0'; }
    [[nodiscard]] Outcome fail(Error error) const noexcept { return {error, at_ + 1}; }
    [[nodiscard]] std::size_t place() const noexcept { return at_; }
    void back_to(std::size_t place) noexcept { at_ = place; }

    bool skip(char c) noexcept {
        if (at_end() || peek() != c) {
            return false;
        }
        ++at_;
        return true;
    }

    /// Skips a word in any case.
    bool skip_word(std::string_view word) noexcept {
        for (std::size_t i = 0; i < word.size(); ++i) {
            if (at_ + i == text_.size() || to_lower(text_[at_ + i]) != word[i]) {
                return false;
            }
        }
        at_ += word.size();
        return true;
    }

    std::string_view digits() noexcept { return run(is_digit); }
    void skip_blanks() noexcept { run(is_blank); }
    std::string_view rest() noexcept {
        const auto all = text_.substr(at_);
        at_ = text_.size();
        return all;
    }

    template <class Accepts> std::string_view run(Accepts accepts) noexcept {
        const std::size_t start = at_;
        while (!at_end() && accepts(text_[at_])) {
            ++at_;
        }
        return text_.substr(start, at_ - start);
    }

  private:
    std::string_view text_;
    std::size_t at_ = 0;
};

std::string_view without_trailing_blanks(std::string_view text) noexcept {
    while (!text.empty() && is_blank(text.back())) {
        text.remove_suffix(1);
    }
    return text;
}

/// Reads one to three numbers, appends them and as many zeros as are missing. A dot without a number behind it is
/// left to the caller: Python writes "1.0.dev1".
Outcome read_core(Cursor &in, Text &out) noexcept {
    std::size_t parts = 0;
    do {
        if (parts == 3) {
            return in.fail(Error::too_many_parts);
        }
        const auto digits = in.digits();
        if (digits.empty()) {
            return in.fail(Error::expected_digit);
        }
        if (parts != 0) {
            out.append('.');
        }
        out.append(without_leading_zeros(digits));
        ++parts;
    } while (in.peek() == '.' && is_digit(in.peek_after()) && in.skip('.'));
    for (; parts < 3; ++parts) {
        out.append(".0");
    }
    return {};
}

/// The strict check that ends every loose reading; its position is that of the whole, since the text was rewritten.
Outcome accept(const Text &out, const Cursor &in) noexcept {
    Stored ignored;
    const Outcome strict = encode(out.view(), ignored);
    return strict.ok() ? strict : in.fail(strict.error);
}

/// Appends the identifiers of a prerelease or build, numbers without leading zeros where `plain_numbers` says so.
Outcome read_identifiers(Cursor &in, bool plain_numbers, Text &out) noexcept {
    do {
        const auto identifier = in.run(is_identifier_char);
        if (identifier.empty()) {
            return in.fail(in.at_end() || in.peek() == '.' || in.peek() == '+' ? Error::empty_identifier
                                                                               : Error::unexpected);
        }
        out.append(plain_numbers && all_digits(identifier) ? without_leading_zeros(identifier) : identifier);
        if (in.peek() == '.') {
            out.append('.');
        }
    } while (in.skip('.'));
    return {};
}

struct PreReleaseWord {
    std::string_view word;
    std::string_view identifier;
};

/// Longer words first: "a" is the beginning of "alpha".
constexpr std::array<PreReleaseWord, 8> pep440_words{{
    {"alpha", "alpha"},
    {"beta", "beta"},
    {"preview", "rc"},
    {"pre", "rc"},
    {"rc", "rc"},
    {"a", "alpha"},
    {"b", "beta"},
    {"c", "rc"},
}};

constexpr bool is_pep440_separator(char c) noexcept { return c == '.' || c == '-' || c == '_'; }

/// Reads "a1", ".alpha-1", "_rc" and the like, if they are there.
void read_pep440_prerelease(Cursor &in, Text &out) noexcept {
    const std::size_t start = in.place();
    if (is_pep440_separator(in.peek())) {
        in.skip(in.peek());
    }
    for (const auto &[word, identifier] : pep440_words) {
        if (in.skip_word(word)) {
            out.append('-');
            out.append(identifier);
            if (is_pep440_separator(in.peek()) && is_digit(in.peek_after())) {
                in.skip(in.peek());
            }
            const auto number = in.digits();
            out.append('.');
            out.append(number.empty() ? "0" : without_leading_zeros(number));
            return;
        }
    }
    in.back_to(start);
}

/// Names what PEP 440 allows behind the release and SemVer cannot say; none when nothing of that stands here.
Error pep440_only(Cursor in) noexcept {
    const bool dashed = in.peek() == '-';
    if (is_pep440_separator(in.peek())) {
        in.skip(in.peek());
    }
    if (dashed && is_digit(in.peek())) {
        return Error::pep440_post;
    }
    const auto skip_whole_word = [&in](std::string_view word) noexcept {
        Cursor behind = in;
        return behind.skip_word(word) && !is_letter(behind.peek());
    };
    if (skip_whole_word("post") || skip_whole_word("rev") || skip_whole_word("r")) {
        return Error::pep440_post;
    }
    return skip_whole_word("dev") ? Error::pep440_dev : Error::none;
}

} // namespace

Outcome coerce(std::string_view loose, Text &out) noexcept {
    out.size = 0;
    Cursor in{without_trailing_blanks(loose)};
    in.skip_blanks();
    in.skip('=');
    in.skip('v');
    in.skip_blanks();
    if (const Outcome core = read_core(in, out); !core.ok()) {
        return core;
    }
    if (in.skip('-')) {
        out.append('-');
        if (const Outcome pre = read_identifiers(in, true, out); !pre.ok()) {
            return pre;
        }
    }
    if (in.skip('+')) {
        out.append('+');
        if (const Outcome build = read_identifiers(in, false, out); !build.ok()) {
            return build;
        }
    }
    return in.at_end() ? accept(out, in) : in.fail(Error::unexpected);
}

Outcome from_pep440(std::string_view pep440, Text &out) noexcept {
    out.size = 0;
    Cursor in{without_trailing_blanks(pep440)};
    in.skip_blanks();
    in.skip('v');
    const std::size_t start = in.place();
    if (!in.digits().empty() && in.peek() == '!') {
        return in.fail(Error::pep440_epoch);
    }
    in.back_to(start);

    if (const Outcome core = read_core(in, out); !core.ok()) {
        return core;
    }
    read_pep440_prerelease(in, out);
    if (const Error beyond = pep440_only(in); beyond != Error::none) {
        return in.fail(beyond);
    }
    if (in.skip('+')) {
        for (char separator = '+';; separator = '.') {
            const auto identifier = in.run([](char c) noexcept { return is_digit(c) || is_letter(c); });
            if (identifier.empty()) {
                return in.fail(in.at_end() ? Error::empty_identifier : Error::unexpected);
            }
            out.append(separator);
            for (const char c : identifier) {
                out.append(to_lower(c)); // PEP 440 compares local versions without regard to case
            }
            if (!is_pep440_separator(in.peek())) {
                break;
            }
            in.skip(in.peek());
        }
    }
    return in.at_end() ? accept(out, in) : in.fail(Error::unexpected);
}

} // namespace mlregistry::semver
