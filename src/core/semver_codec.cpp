// Text of a version to its stored form and back.
#include "semver.hpp"
#include "semver_format.hpp"

#include <algorithm>

namespace mlregistry::semver {

namespace {

constexpr unsigned longest_plain_number = 19; // digits of a number that surely fits 64 bits

/// Where a reader of the first part of a version has come to, in the text and in the stored form.
struct Progress {
    const char *read;
    std::uint8_t *written;
};

/// Reads major.minor.patch where all three are small, as in nearly every version; gives up at once where they are not,
/// or where something is wrong, and leaves that to the Encoder. All state is in local variables, on purpose: bytes that
/// are written through a pointer may alias the members of an object, and would have them reloaded after each.
bool encode_small_core(const char *p, const char *end, std::uint8_t *w, Progress &out) noexcept {
    constexpr unsigned two_byte_end = CoreNumber::two_byte_end;
    for (int part = 0;; ++part) {
        if (p == end) {
            return false;
        }
        unsigned value = static_cast<unsigned char>(*p) - static_cast<unsigned>('0');
        if (value > 9) {
            return false;
        }
        ++p;
        if (value != 0) {
            while (p != end) {
                const unsigned digit = static_cast<unsigned char>(*p) - static_cast<unsigned>('0');
                if (digit > 9) {
                    break;
                }
                value = value * 10 + digit;
                if (value >= two_byte_end) {
                    return false;
                }
                ++p;
            }
        }
        w = CoreNumber::put(value, w);
        if (part == 2) {
            out = {p, w};
            return p == end || *p == '-' || *p == '+';
        }
        if (p == end || *p != '.') {
            return false;
        }
        ++p;
    }
}

/// One pass over the text of a version, writing as it reads.
class Encoder {
  public:
    Encoder(std::string_view text, Stored &out) noexcept
        : begin_{text.data()}, p_{begin_}, end_{begin_ + text.size()}, out_{out}, w_{out.data} {}

    Outcome run() noexcept {
        Progress progress{};
        bool ok = false;
        if (encode_small_core(p_, end_, w_, progress)) {
            p_ = progress.read;
            w_ = progress.written;
            ok = suffix();
        } else {
            ok = core() && suffix();
        }
        if (!ok) {
            return {error_, static_cast<std::size_t>(p_ - begin_) + 1};
        }
        out_.size = static_cast<std::size_t>(w_ - out_.data);
        return {};
    }

  private:
    bool core() noexcept { return core_number() && dot() && core_number() && dot() && core_number(); }

    bool suffix() noexcept {
        if (p_ != end_ && *p_ == '-') {
            ++p_;
            if (!prerelease()) {
                return false;
            }
        } else {
            *w_++ = release_end;
        }
        if (p_ != end_ && *p_ == '+') {
            ++p_;
            if (!build()) {
                return false;
            }
        }
        return p_ == end_ || fail(Error::unexpected);
    }

    bool core_number() noexcept {
        const char *start = p_;
        std::uint64_t value = 0;
        while (p_ != end_ && is_digit(*p_)) {
            value = value * 10 + static_cast<unsigned>(*p_ - '0'); // wraps for long numbers, which do not use it
            ++p_;
        }
        const auto count = static_cast<std::size_t>(p_ - start);
        if (count == 0) {
            return fail(Error::expected_digit);
        }
        if (*start == '0' && count > 1) {
            p_ = start;
            return fail(Error::leading_zero);
        }
        w_ = count <= longest_plain_number ? CoreNumber::put(value, w_) : CoreNumber::put_long({start, count}, w_);
        return true;
    }

    bool dot() noexcept {
        if (p_ == end_ || *p_ != '.') {
            return fail(Error::expected_dot);
        }
        ++p_;
        return true;
    }

    bool prerelease() noexcept {
        for (;;) {
            const char *const start = p_;
            std::uint8_t *const first = w_;
            const CharKind kinds = copy_identifier(); // as it stands when the identifier is alphanumeric
            const bool numeric = kinds == digit_char;
            const std::string_view identifier{start, static_cast<std::size_t>(p_ - start)};
            if (identifier.empty()) {
                return fail(at_list_end() ? Error::empty_identifier : Error::unexpected);
            }
            const bool more = p_ != end_ && *p_ == '.';
            if (numeric) {
                if (identifier.front() == '0' && identifier.size() > 1) {
                    p_ = start;
                    return fail(Error::leading_zero);
                }
                w_ = numeric_identifier(identifier, first);
                if (!more) {
                    *w_++ = prerelease_end;
                }
            } else {
                *w_++ = more ? identifier_end : prerelease_end;
            }
            if (!more) {
                return true;
            }
            ++p_;
        }
    }

    /// Copies the characters of an identifier; returns what kinds of them there were, none for an empty one.
    CharKind copy_identifier() noexcept {
        const char *p = p_;
        std::uint8_t *w = w_;
        unsigned kinds = not_in_identifier;
        for (; p != end_; ++p) {
            const CharKind kind = char_kind(*p);
            if (kind == not_in_identifier) {
                break;
            }
            kinds |= kind;
            *w++ = static_cast<std::uint8_t>(*p);
        }
        p_ = p;
        w_ = w;
        return static_cast<CharKind>(kinds);
    }

    static std::uint8_t *numeric_identifier(std::string_view digits, std::uint8_t *out) noexcept {
        if (digits.size() > longest_plain_number) {
            return IdentifierNumber::put_long(digits, out);
        }
        std::uint64_t value = 0;
        for (const char c : digits) {
            value = value * 10 + static_cast<unsigned>(c - '0');
        }
        return IdentifierNumber::put(value, out);
    }

    bool build() noexcept {
        for (;;) {
            if (copy_identifier() == not_in_identifier) {
                return fail(at_list_end() ? Error::empty_identifier : Error::unexpected);
            }
            if (p_ == end_ || *p_ != '.') {
                return true;
            }
            *w_++ = static_cast<std::uint8_t>(*p_++);
        }
    }

    /// True where the list of identifiers may end or go on: an identifier that starts here is empty.
    bool at_list_end() const noexcept { return p_ == end_ || *p_ == '.' || *p_ == '+'; }

    bool fail(Error error) noexcept {
        error_ = error;
        return false;
    }

    const char *begin_;
    const char *p_;
    const char *end_;
    Stored &out_;
    std::uint8_t *w_;
    Error error_ = Error::none;
};

/// Reads a stored version from front to back, writing its text.
class Decoder {
  public:
    Decoder(Bytes stored, Text &out) noexcept : p_{stored.data()}, end_{p_ + stored.size()}, out_{out} {}

    bool run() noexcept {
        out_.size = 0;
        return core() && prerelease() && build() && out_.size <= max_text;
    }

  private:
    bool core() noexcept {
        for (int i = 0; i < 3; ++i) {
            if (i != 0) {
                out_.append('.');
            }
            p_ = CoreNumber::get(p_, end_, out_);
            if (p_ == nullptr) {
                return false;
            }
        }
        return p_ != end_;
    }

    bool prerelease() noexcept {
        if (*p_ == release_end) {
            ++p_;
            return true;
        }
        for (char separator = '-';; separator = '.') {
            out_.append(separator);
            const bool numeric = p_ != end_ && *p_ <= IdentifierNumber::digits_lead;
            if (!(numeric ? numeric_identifier() : alphanumeric_identifier())) {
                return false;
            }
            if (ended_) {
                return true;
            }
        }
    }

    bool numeric_identifier() noexcept {
        p_ = IdentifierNumber::get(p_, end_, out_);
        if (p_ == nullptr || p_ == end_) {
            return false;
        }
        ended_ = *p_ == prerelease_end;
        p_ += ended_ ? 1 : 0;
        return true;
    }

    bool alphanumeric_identifier() noexcept {
        const std::uint8_t *start = p_;
        bool numeric = true;
        while (p_ != end_ && is_identifier_char(static_cast<char>(*p_))) {
            numeric = numeric && is_digit(static_cast<char>(*p_));
            out_.append(static_cast<char>(*p_++));
        }
        if (p_ == start || numeric || p_ == end_ || (*p_ != prerelease_end && *p_ != identifier_end)) {
            return false;
        }
        ended_ = *p_++ == prerelease_end;
        return true;
    }

    bool build() noexcept {
        if (p_ == end_) {
            return true;
        }
        out_.append('+');
        bool in_identifier = false;
        for (; p_ != end_; ++p_) {
            const char c = static_cast<char>(*p_);
            if (c == '.' ? !in_identifier : !is_identifier_char(c)) {
                return false;
            }
            in_identifier = c != '.';
            out_.append(c);
        }
        return in_identifier;
    }

    const std::uint8_t *p_;
    const std::uint8_t *end_;
    Text &out_;
    bool ended_ = false;
};

} // namespace

void Text::append(std::string_view more) noexcept {
    const std::size_t room = sizeof data - size;
    const std::size_t n = std::min(room, more.size());
    std::copy_n(more.data(), n, data + size);
    size += n;
}

void Text::append(char c) noexcept {
    if (size < sizeof data) {
        data[size++] = c;
    }
}

const char *describe(Error error) noexcept {
    switch (error) {
    case Error::none:
        return "no error";
    case Error::too_long:
        return "a version has at most 256 characters";
    case Error::expected_digit:
        return "a number is expected";
    case Error::leading_zero:
        return "a number must not have a leading zero";
    case Error::expected_dot:
        return "a dot is expected, a version has three numbers";
    case Error::unexpected:
        return "this character may not stand here";
    case Error::empty_identifier:
        return "an identifier must not be empty";
    case Error::too_many_parts:
        return "a version has three numbers, this is a fourth";
    case Error::pep440_epoch:
        return "an epoch has no counterpart in SemVer";
    case Error::pep440_post:
        return "a post-release has no counterpart in SemVer, where it would sort before its release";
    case Error::pep440_dev:
        return "a development release has no counterpart in SemVer";
    case Error::not_a_prerelease:
        return "only a prerelease can be released";
    case Error::bad_preid:
        return "a prerelease identifier consists of letters, digits and hyphens, parts separated by dots, numbers "
               "without leading zeros";
    case Error::bad_wire_version:
        return "the format version is unknown";
    }
    return "unknown error";
}

Outcome encode(std::string_view text, Stored &out) noexcept {
    if (text.size() > max_text) {
        // Bytes are characters only in ASCII: what holds others is wrong at the first of them, whatever its length.
        const std::string_view head = text.substr(0, max_text);
        if (std::none_of(head.begin(), head.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80; })) {
            return {Error::too_long, max_text + 1};
        }
        text = head;
    }
    return Encoder{text, out}.run();
}

bool decode(Bytes stored, Text &out) noexcept { return stored.size() <= max_stored && Decoder{stored, out}.run(); }

Outcome decode_wire(Bytes message, Stored &out) noexcept {
    if (message.empty() || message.front() != wire_version) {
        return {Error::bad_wire_version, 1};
    }
    const Bytes text = message.subspan(1);
    return encode({reinterpret_cast<const char *>(text.data()), text.size()}, out);
}

bool is_semver(std::string_view text) noexcept {
    Stored ignored;
    return encode(text, ignored).ok();
}

Parts split(std::string_view text) noexcept {
    Parts parts;
    if (const auto plus = text.find('+'); plus != std::string_view::npos) {
        parts.build = text.substr(plus + 1);
        text = text.substr(0, plus);
    }
    if (const auto dash = text.find('-'); dash != std::string_view::npos) {
        parts.prerelease = text.substr(dash + 1);
        text = text.substr(0, dash);
    }
    parts.major = take_identifier(text);
    parts.minor = take_identifier(text);
    parts.patch = text;
    return parts;
}

} // namespace mlregistry::semver
