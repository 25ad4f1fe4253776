// Text of a range: what is wrong with it, or its normalized source.
#include "semver_range_desugar.hpp"

namespace mlregistry::semver_range {

namespace {

bool fits(Operator op, const Partial &partial) noexcept {
    Desugared ignored;
    return surely_fits(partial) || (desugar(op, partial, false, ignored) && desugar(op, partial, true, ignored));
}

bool hyphen_fits(const Partial &from, const Partial &to) noexcept {
    Desugared ignored;
    return (surely_fits(from) && surely_fits(to)) ||
           (desugar_hyphen(from, to, false, ignored) && desugar_hyphen(from, to, true, ignored));
}

/// Writes the normalized source.
class SourceWriter {
  public:
    explicit SourceWriter(Text &out) noexcept : out_{out} { out.size = 0; }

    void any(std::string_view text) noexcept { append(text); }

    void next_alternative() noexcept {
        append(" || ");
        starts_ = true;
    }

    Error comparator(std::string_view op_text, Operator op, const Partial &partial) noexcept {
        append(starts_ ? "" : " ");
        starts_ = false;
        append(op_text);
        append(partial.text);
        return fits(op, partial) ? size_error() : Error::version_too_long;
    }

    Error hyphen(const Partial &from, const Partial &to) noexcept {
        append(from.text);
        append(" - ");
        append(to.text);
        return hyphen_fits(from, to) ? size_error() : Error::version_too_long;
    }

  private:
    void append(std::string_view more) noexcept {
        const std::size_t n = std::min(sizeof out_.data - out_.size, more.size());
        std::copy_n(more.data(), n, out_.data + out_.size);
        out_.size += n;
        overflow_ = overflow_ || n != more.size();
    }

    /// Blanks around || are written where the source had none, so the result may be the longer one.
    [[nodiscard]] Error size_error() const noexcept { return overflow_ ? Error::too_long : Error::none; }

    Text &out_;
    bool starts_ = true;
    bool overflow_ = false;
};

} // namespace

const char *describe(Error error) noexcept {
    switch (error) {
    case Error::none:
        return "no error";
    case Error::too_long:
        return "a range has at most 4096 bytes";
    case Error::too_many:
        return "a range has at most 64 comparators";
    case Error::version_too_long:
        return "a version in a range, and every bound that follows from it, has at most 256 characters";
    case Error::expected_version:
        return "a version or x is expected";
    case Error::leading_zero:
        return "a number must not have a leading zero";
    case Error::v_prefix:
        return "a version has no \"v\" before it";
    case Error::unexpected:
        return "this character may not stand here";
    case Error::empty_identifier:
        return "an identifier must not be empty";
    case Error::number_after_x:
        return "a number must not follow an x";
    case Error::fourth_number:
        return "a version has three numbers, this is a fourth";
    case Error::partial_prerelease:
        return "only a version with all three parts can have a prerelease; a hyphen between two versions has blanks on "
               "either side";
    case Error::comma:
        return "comparators are separated by blanks, not by commas";
    case Error::single_bar:
        return "alternatives are separated by ||";
    case Error::empty_alternative:
        return "an alternative must not be empty; * matches any version";
    case Error::two_operators:
        return "an operator must not follow an operator";
    case Error::hyphen_operator:
        return "the ends of a hyphen range have no operators";
    case Error::hyphen_not_alone:
        return "a hyphen range must be the only comparator of its alternative";
    case Error::expected_comma:
        return "Cargo separates comparators by commas";
    case Error::star_not_alone:
        return "* must be the only comparator of a Cargo requirement";
    case Error::cargo_too_many:
        return "a Cargo requirement has at most 32 comparators";
    case Error::bad_wire_version:
        return "the format version is unknown";
    }
    return "unknown error";
}

bool is_limit(Error error) noexcept {
    return error == Error::too_long || error == Error::too_many || error == Error::version_too_long ||
           error == Error::cargo_too_many;
}

Outcome normalize(std::string_view source, Text &out) noexcept {
    SourceWriter writer{out};
    return Parser<SourceWriter>{source, writer}.run();
}

bool is_semver_range(std::string_view text) noexcept {
    Text ignored;
    return normalize(text, ignored).ok();
}

Outcome decode_wire(Bytes message, Text &out) noexcept {
    if (message.empty() || message.front() != wire_version) {
        return {Error::bad_wire_version, 1};
    }
    const Bytes text = message.subspan(1);
    return normalize({reinterpret_cast<const char *>(text.data()), text.size()}, out);
}

} // namespace mlregistry::semver_range
