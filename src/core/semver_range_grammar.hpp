// The grammar of ranges: one pass over the text that tells a sink what it reads. Shared by the readers in this folder.
#pragma once

#include "semver_chars.hpp"
#include "semver_range.hpp"

#include <algorithm>

namespace mlregistry::semver_range {

/// Blanks of ASCII, and no others: JavaScript's \s would take a no-break space, too.
constexpr bool is_blank(char c) noexcept { return c == ' ' || (c >= '\t' && c <= '\r'); }

/// What stands before a version in the source.
enum class Operator : std::uint8_t { none, lt, le, eq, ge, gt, caret, tilde };

constexpr bool is_operator_char(char c) noexcept { return c == '<' || c == '>' || c == '=' || c == '^' || c == '~'; }

/// A version of which parts may be missing or x, as views into the source.
struct Partial {
    std::string_view text;       ///< all of it
    std::string_view numbers[3]; ///< those before the first x or missing part
    std::size_t count = 0;       ///< how many those are; 3: a whole version
    std::string_view prerelease; ///< means nothing when count < 3: npm drops it there
    std::string_view build;      ///< means nothing at all
    bool has_x = false;

    [[nodiscard]] bool whole() const noexcept { return count == 3; }
};

/// Reads the words of a range and remembers the first thing that is wrong. Its functions return false then.
class Reader {
  public:
    explicit Reader(std::string_view text) noexcept : text_{text} {}

    [[nodiscard]] bool at_end() const noexcept { return at_ == text_.size(); }
    [[nodiscard]] bool at(char c) const noexcept { return !at_end() && text_[at_] == c; }
    [[nodiscard]] bool at_blank() const noexcept { return !at_end() && is_blank(text_[at_]); }
    [[nodiscard]] bool at_operator() const noexcept { return !at_end() && is_operator_char(text_[at_]); }
    [[nodiscard]] bool follows(std::string_view word) const noexcept { return text_.substr(at_).starts_with(word); }
    [[nodiscard]] std::size_t place() const noexcept { return at_; }
    [[nodiscard]] char peek(std::size_t ahead = 0) const noexcept {
        return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
    }
    [[nodiscard]] const Outcome &outcome() const noexcept { return outcome_; }

    bool fail(Error error) noexcept { return fail_at(error, at_); }
    bool fail_at(Error error, std::size_t place) noexcept {
        outcome_ = {error, place + 1};
        return false;
    }
    /// Fails at the character that stands here, naming it where that helps.
    bool fail_here(Error otherwise) noexcept { return fail(at(',') ? Error::comma : otherwise); }

    void skip(std::size_t n) noexcept { at_ += n; }

    void skip_blanks() noexcept {
        while (at_blank()) {
            ++at_;
        }
    }

    /// Reads an operator, if one is there.
    Operator read_operator() noexcept {
        static constexpr struct {
            std::string_view word;
            Operator op;
        } words[] = {
            {"<=", Operator::le}, {">=", Operator::ge}, {"~>", Operator::tilde}, {"<", Operator::lt},
            {">", Operator::gt},  {"=", Operator::eq},  {"~", Operator::tilde},  {"^", Operator::caret},
        };
        for (const auto &[word, op] : words) {
            if (follows(word)) {
                skip(word.size());
                return op;
            }
        }
        return Operator::none;
    }

    bool read_partial(Partial &out) noexcept {
        out = {};
        const std::size_t start = at_;
        if (at('v') || at('V')) {
            return fail(Error::v_prefix);
        }
        std::size_t parts = 0;
        do {
            skip(parts == 0 ? 0 : 1); // the dot
            if (!read_part(out)) {
                return false;
            }
            ++parts;
        } while (at('.') && parts < 3);
        if (at('.')) {
            return fail(Error::fourth_number);
        }
        if (at('-')) {
            if (parts < 3) {
                return fail(Error::partial_prerelease);
            }
            if (!read_identifiers(true, out.prerelease)) {
                return false;
            }
        }
        // Build metadata means nothing here, so that it may be of any length, as in npm.
        if (at_ - start > semver::max_text) {
            return fail_at(Error::version_too_long, start + semver::max_text);
        }
        if (at('+') && !read_identifiers(false, out.build)) {
            return false;
        }
        out.text = text_.substr(start, at_ - start);
        return true;
    }

  private:
    bool read_part(Partial &out) noexcept {
        if (at('x') || at('X') || at('*')) {
            out.has_x = true;
            skip(1);
            return true;
        }
        const std::size_t start = at_;
        while (semver::is_digit(peek())) {
            ++at_;
        }
        const auto digits = text_.substr(start, at_ - start);
        if (digits.empty()) {
            return fail_here(Error::expected_version);
        }
        if (digits.size() > 1 && digits.front() == '0') {
            return fail_at(Error::leading_zero, start);
        }
        if (out.has_x) {
            return fail_at(Error::number_after_x, start);
        }
        out.numbers[out.count++] = digits;
        return true;
    }

    /// Reads "-a.b" or "+a.b".
    bool read_identifiers(bool plain_numbers, std::string_view &out) noexcept {
        const std::size_t start = at_ + 1;
        do {
            skip(1); // the hyphen, plus or dot
            const std::size_t first = at_;
            unsigned kinds = semver::not_in_identifier;
            while (semver::is_identifier_char(peek())) {
                kinds |= semver::char_kind(text_[at_++]);
            }
            if (kinds == semver::not_in_identifier) {
                const bool list_ends = at_end() || at('.') || at('+') || at('|') || at_blank();
                return list_ends ? fail(Error::empty_identifier) : fail_here(Error::unexpected);
            }
            if (plain_numbers && kinds == semver::digit_char && text_[first] == '0' && at_ - first > 1) {
                return fail_at(Error::leading_zero, first);
            }
        } while (at('.'));
        out = text_.substr(start, at_ - start);
        return true;
    }

    std::string_view text_;
    std::size_t at_ = 0;
    Outcome outcome_;
};

/// Reads a range and tells the sink, which returns what is wrong with a comparator:
///   void any(std::string_view text)                                        the whole text is empty or ||
///   void next_alternative()                                                || was read
///   Error comparator(std::string_view op_text, Operator, const Partial &)
///   Error hyphen(const Partial &from, const Partial &to)
/// A place where the sink finds a limit exceeded is that of the comparator's version.
template <class Sink> class Parser {
  public:
    Parser(std::string_view text, Sink &sink) noexcept : text_{text}, in_{text}, sink_{sink} {}

    Outcome run() noexcept { return (check_size() && range()) ? Outcome{} : in_.outcome(); }

  private:
    /// Bytes are characters only in ASCII: what holds others is wrong at the first of them, whatever its length.
    bool check_size() noexcept {
        if (text_.size() <= max_text) {
            return true;
        }
        const auto head = text_.substr(0, max_text);
        const auto other =
            std::find_if(head.begin(), head.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
        return other == head.end() ? in_.fail_at(Error::too_long, max_text)
                                   : in_.fail_at(Error::unexpected, static_cast<std::size_t>(other - head.begin()));
    }

    bool range() noexcept {
        in_.skip_blanks();
        if (in_.at_end()) {
            sink_.any({});
            return true;
        }
        if (is_bars_alone()) {
            sink_.any("||");
            return true;
        }
        for (;;) {
            if (!alternative()) {
                return false;
            }
            if (in_.at_end()) {
                return true;
            }
            in_.skip(2); // ||
            in_.skip_blanks();
            sink_.next_alternative();
        }
    }

    bool is_bars_alone() const noexcept {
        Reader rest = in_;
        if (!rest.follows("||")) {
            return false;
        }
        rest.skip(2);
        rest.skip_blanks();
        return rest.at_end();
    }

    /// Reads up to the end or ||.
    bool alternative() noexcept {
        bool alone = true;
        for (bool first = true;; first = false) {
            if (in_.at_end() || in_.at('|')) {
                if (in_.at('|') && !in_.follows("||")) {
                    return in_.fail(Error::single_bar);
                }
                return !first || in_.fail(Error::empty_alternative);
            }
            if (!alone) {
                return in_.fail_here(Error::hyphen_not_alone);
            }
            if (!comparator(first, alone)) {
                return false;
            }
        }
    }

    /// Reads a comparator or hyphen range and the blanks behind it. `go_on` becomes false behind a hyphen range.
    bool comparator(bool first, bool &go_on) noexcept {
        const std::size_t start = in_.place();
        const Operator op = in_.read_operator();
        const auto op_text = text_.substr(start, in_.place() - start);
        in_.skip_blanks();
        if (in_.at_operator()) {
            return in_.fail(Error::two_operators);
        }
        const std::size_t version = in_.place();
        Partial partial;
        if (!in_.read_partial(partial) || !end_of_word()) {
            return false;
        }
        if (++count_ > max_comparators) {
            return in_.fail_at(Error::too_many, start);
        }
        in_.skip_blanks();
        if (!in_.at('-')) {
            return accepted(sink_.comparator(op_text, op, partial), version);
        }
        go_on = false;
        if (op != Operator::none) {
            return in_.fail_at(Error::hyphen_operator, start);
        }
        return first ? hyphen(partial, version) : in_.fail(Error::hyphen_not_alone);
    }

    /// Reads the hyphen and what follows it.
    bool hyphen(const Partial &from, std::size_t version) noexcept {
        if (!is_blank(in_.peek(1)) && in_.peek(1) != '\0') {
            return in_.fail(Error::unexpected);
        }
        in_.skip(1);
        in_.skip_blanks();
        if (in_.at_operator()) {
            return in_.fail(Error::hyphen_operator);
        }
        Partial to;
        if (!in_.read_partial(to) || !end_of_word()) {
            return false;
        }
        in_.skip_blanks();
        return accepted(sink_.hyphen(from, to), version);
    }

    bool accepted(Error error, std::size_t version) noexcept {
        return error == Error::none || in_.fail_at(error, version);
    }

    bool end_of_word() noexcept {
        return in_.at_end() || in_.at_blank() || in_.at('|') || in_.fail_here(Error::unexpected);
    }

    std::string_view text_;
    Reader in_;
    Sink &sink_;
    std::size_t count_ = 0;
};

} // namespace mlregistry::semver_range
