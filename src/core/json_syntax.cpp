#include "json_syntax.hpp"

#include "validate_rules.hpp"

namespace mlregistry::json {

namespace {

using validate::is_alnum;
using validate::is_digit;
using validate::is_one_of;

constexpr bool is_hex(char c) noexcept { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

/// Letters, digits and all that is not ASCII: what makes a word or a number longer.
constexpr bool is_word_char(char c) noexcept {
    return is_alnum(c) || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}

class Reader {
  public:
    Reader(std::string_view text, std::span<std::uint8_t> nesting) noexcept : text_{text}, nesting_{nesting} {}

    Syntax run() noexcept {
        for (;;) {
            while (at_ < text_.size() && is_one_of(text_[at_], " \t\n\r")) {
                ++at_;
            }
            if (at_ == text_.size()) {
                return {next_ == Next::nothing ? SyntaxError::none : SyntaxError::ends_early, at_};
            }
            if (!step(text_[at_])) {
                // What a word or number lacks at the end of the text is missing, not wrong.
                return {at_ == text_.size() ? SyntaxError::ends_early : error_, at_};
            }
        }
    }

  private:
    enum class Next : std::uint8_t { value, first_value, key, first_key, colon, comma, nothing };

    bool step(char c) noexcept {
        switch (next_) {
        case Next::first_value:
            return c == ']' ? close() : value(c);
        case Next::value:
            return value(c);
        case Next::first_key:
        case Next::key:
            if (c == '}' && next_ == Next::first_key) {
                return close();
            }
            next_ = Next::colon;
            return c == '"' ? string() : fail(SyntaxError::expected_key);
        case Next::colon:
            next_ = Next::value;
            return skip(c == ':') || fail(SyntaxError::expected_colon);
        case Next::comma:
            if (c == (in_object() ? '}' : ']')) {
                return close();
            }
            next_ = in_object() ? Next::key : Next::value;
            return skip(c == ',') || fail(SyntaxError::expected_comma);
        case Next::nothing:
            break;
        }
        return fail(SyntaxError::trailing);
    }

    bool value(char c) noexcept {
        if (c == '{' || c == '[') {
            open(c == '{');
            return true;
        }
        next_ = depth_ == 0 ? Next::nothing : Next::comma;
        if (c == '"') {
            return string();
        }
        if (c == '-' || is_digit(c)) {
            return number();
        }
        return validate::is_alpha(c) ? word() : fail(SyntaxError::expected_value);
    }

    void open(bool object) noexcept {
        const auto bit = static_cast<std::uint8_t>(1U << (depth_ % 8));
        std::uint8_t &byte = nesting_[depth_ / 8];
        byte = static_cast<std::uint8_t>(object ? byte | bit : byte & ~bit);
        ++depth_;
        ++at_;
        next_ = object ? Next::first_key : Next::first_value;
    }

    bool close() noexcept {
        --depth_;
        ++at_;
        next_ = depth_ == 0 ? Next::nothing : Next::comma;
        return true;
    }

    bool in_object() const noexcept { return ((nesting_[(depth_ - 1) / 8] >> ((depth_ - 1) % 8)) & 1U) != 0; }

    bool string() noexcept {
        for (++at_; at_ < text_.size(); ++at_) {
            const char c = text_[at_];
            if (c == '"') {
                ++at_;
                return true;
            }
            if (static_cast<unsigned char>(c) < 0x20) {
                return fail(SyntaxError::control_character);
            }
            if (c == '\\' && !escape()) {
                return false;
            }
        }
        return fail(SyntaxError::ends_early);
    }

    /// Leaves the place at the last character of the escape.
    bool escape() noexcept {
        ++at_;
        if (peek() != 'u') {
            return is_one_of(peek(), "\"\\/bfnrt") || fail(SyntaxError::bad_escape);
        }
        for (int digit = 0; digit < 4; ++digit) {
            ++at_;
            if (!is_hex(peek())) {
                return fail(SyntaxError::bad_escape);
            }
        }
        return true;
    }

    bool number() noexcept {
        skip(peek() == '-');
        if (peek() == '0') {
            ++at_;
        } else if (!digits()) {
            return fail(SyntaxError::bad_number);
        }
        if (skip(peek() == '.') && !digits()) {
            return fail(SyntaxError::bad_number);
        }
        if (skip(is_one_of(peek(), "eE"))) {
            skip(is_one_of(peek(), "+-"));
            if (!digits()) {
                return fail(SyntaxError::bad_number);
            }
        }
        return !is_word_char(peek()) || fail(SyntaxError::bad_number);
    }

    bool digits() noexcept {
        const std::size_t start = at_;
        while (is_digit(peek())) {
            ++at_;
        }
        return at_ != start;
    }

    bool word() noexcept {
        const std::size_t start = at_;
        while (is_word_char(peek())) {
            ++at_;
        }
        const auto word = text_.substr(start, at_ - start);
        if (word == "true" || word == "false" || word == "null") {
            return true;
        }
        at_ = start;
        return fail(SyntaxError::bad_word);
    }

    /// The character here; a zero byte, which stands nowhere in JSON, at the end.
    char peek() const noexcept { return at_ < text_.size() ? text_[at_] : '\0'; }

    bool skip(bool is_there) noexcept {
        at_ += is_there ? 1 : 0;
        return is_there;
    }

    bool fail(SyntaxError error) noexcept {
        error_ = error;
        return false;
    }

    std::string_view text_;
    std::span<std::uint8_t> nesting_; ///< one bit for each level that is open: an object, or else an array
    std::size_t depth_ = 0;
    std::size_t at_ = 0;
    Next next_ = Next::value;
    SyntaxError error_ = SyntaxError::none;
};

} // namespace

Syntax check_syntax(std::string_view text, std::span<std::uint8_t> nesting) noexcept {
    return Reader{text, nesting}.run();
}

const char *describe(SyntaxError error) noexcept {
    switch (error) {
    case SyntaxError::none:
        return "no error";
    case SyntaxError::ends_early:
        return "it ends too early";
    case SyntaxError::expected_value:
        return "a value is expected";
    case SyntaxError::expected_key:
        return "a key in double quotes is expected";
    case SyntaxError::expected_colon:
        return "a colon is expected";
    case SyntaxError::expected_comma:
        return "a comma or a closing bracket is expected";
    case SyntaxError::trailing:
        return "nothing may follow the end of the document";
    case SyntaxError::control_character:
        return "a control character in a string must be escaped";
    case SyntaxError::bad_escape:
        return "this escape is unknown";
    case SyntaxError::bad_number:
        return "this is not how a number is written";
    case SyntaxError::bad_word:
        return "text must be in double quotes; the only words are true, false and null";
    }
    return "unknown error";
}

} // namespace mlregistry::json
