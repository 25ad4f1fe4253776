// Requirements of Cargo in npm's words.
//
// For releases the two mean the same, comparator by comparator. Prereleases need care. Both admit one only where a
// comparator has a prerelease of the same major.minor.patch; but then all comparators must hold for it, and those with
// fewer than three numbers differ: =1, 1.*, >=1, <=1 and ~1 hold for no prerelease of theirs in Cargo, and >1 already
// holds for 2.0.0-alpha. So a requirement that has both a prerelease and such a comparator is written out: one
// alternative for the releases, and one for the prereleases of each version that it admits prereleases of.
// (The Cargo book, "Specifying Dependencies"; documentation of the crate semver, VersionReq.)
#include "semver_range_desugar.hpp"

namespace mlregistry::semver_range {

namespace {

constexpr std::size_t max_cargo = 32;

struct Requirement {
    Operator op; ///< none: a bare 1.*, a bare 1.2 is a caret
    Partial partial;

    [[nodiscard]] bool has_prerelease() const noexcept { return !partial.prerelease.empty(); }
};

struct Requirements {
    std::size_t count = 0;
    Requirement data[max_cargo];

    [[nodiscard]] const Requirement *begin() const noexcept { return data; }
    [[nodiscard]] const Requirement *end() const noexcept { return data + count; }
};

/// Reads comparators separated by commas. Cargo knows one blank, the space.
class CargoReader {
  public:
    CargoReader(std::string_view text, Requirements &out) noexcept : text_{text}, in_{text}, out_{out} {}

    Outcome run() noexcept {
        if (read()) {
            return {};
        }
        const auto [error, position] = in_.outcome();
        // Commas belong here; it is something before this one that is missing.
        return {error == Error::comma ? Error::expected_version : error, position};
    }

  private:
    bool read() noexcept {
        if (text_.size() > max_text) {
            return in_.fail_at(Error::too_long, max_text);
        }
        skip_spaces();
        if (is_star_alone()) {
            return true;
        }
        for (;;) {
            if (!requirement()) {
                return false;
            }
            skip_spaces();
            if (in_.at_end()) {
                return true;
            }
            if (!in_.at(',')) {
                return in_.fail(Error::expected_comma);
            }
            in_.skip(1);
            skip_spaces();
        }
    }

    void skip_spaces() noexcept {
        while (in_.at(' ')) {
            in_.skip(1);
        }
    }

    [[nodiscard]] bool at_star() const noexcept { return in_.at('*') || in_.at('x') || in_.at('X'); }

    [[nodiscard]] bool is_star_alone() const noexcept {
        CargoReader rest = *this;
        if (!rest.at_star()) {
            return false;
        }
        rest.in_.skip(1);
        rest.skip_spaces();
        return rest.in_.at_end();
    }

    bool requirement() noexcept {
        const std::size_t start = in_.place();
        const Operator op = in_.follows("~>") ? Operator::none : in_.read_operator(); // ~> is not Cargo's
        if (op != Operator::none) {
            skip_spaces();
        }
        if (in_.at_operator()) {
            return in_.fail(op == Operator::none ? Error::unexpected : Error::two_operators);
        }
        const std::size_t version = in_.place();
        if (at_star()) {
            return in_.fail(op == Operator::none ? Error::star_not_alone : Error::expected_version);
        }
        Partial partial;
        if (!in_.read_partial(partial)) {
            return false;
        }
        if (!partial.whole() && !partial.prerelease.empty()) {
            return in_.fail_at(Error::partial_prerelease, version);
        }
        if (!partial.whole() && !partial.build.empty()) {
            return in_.fail_at(Error::unexpected, version + partial.text.find('+'));
        }
        if (out_.count == max_cargo) {
            return in_.fail_at(Error::cargo_too_many, start);
        }
        const bool caret = op == Operator::none && !partial.has_x;
        out_.data[out_.count++] = {caret ? Operator::caret : op, partial};
        return true;
    }

    std::string_view text_;
    Reader in_;
    Requirements &out_;
};

/// Order of the numbers of a partial version and the same ones of a whole version.
int compare_numbers(const Partial &partial, const Partial &whole) noexcept {
    for (std::size_t i = 0; i < partial.count; ++i) {
        if (const int c = semver::compare_digits(partial.numbers[i], whole.numbers[i]); c != 0) {
            return c;
        }
    }
    return 0;
}

bool same_core(const Partial &a, const Partial &b) noexcept {
    return a.whole() && b.whole() && compare_numbers(a, b) == 0;
}

/// True when some prereleases of `version` satisfy `requirement`: all of them do, or none, but for those requirements
/// that have a prerelease of the same version.
bool admits_prereleases(const Requirement &requirement, const Partial &version) noexcept {
    const auto &[op, partial] = requirement;
    const int order = compare_numbers(partial, version); // of the requirement's numbers
    if (same_core(partial, version)) {
        return requirement.has_prerelease() || op == Operator::lt || op == Operator::le;
    }
    switch (op) {
    case Operator::lt:
    case Operator::le:
        return order > 0;
    case Operator::gt:
    case Operator::ge:
        return order < 0;
    case Operator::none:
    case Operator::eq:
        return false;
    case Operator::tilde: {
        return partial.whole() && order < 0 && partial.numbers[0] == version.numbers[0] &&
               partial.numbers[1] == version.numbers[1];
    }
    case Operator::caret:
        break;
    }
    if (order > 0 || partial.numbers[0] != version.numbers[0]) {
        return false;
    }
    if (partial.count == 1 || partial.numbers[0] != "0") {
        return true;
    }
    if (partial.numbers[1] != version.numbers[1]) {
        return false;
    }
    return partial.count == 2 || partial.numbers[1] != "0"; // 0.0.3 holds for itself alone, which is the case above
}

/// True for a comparator that npm may read otherwise where a prerelease is in question.
bool differs_for_prereleases(const Requirement &requirement) noexcept {
    const auto &numbers = requirement.partial.numbers;
    return !requirement.partial.whole() ||
           (!requirement.has_prerelease() &&
            std::all_of(numbers, numbers + 3, [](std::string_view number) noexcept { return number == "0"; }));
}

constexpr std::string_view text_of(Operator op) noexcept {
    switch (op) {
    case Operator::none:
        return "";
    case Operator::lt:
        return "<";
    case Operator::le:
        return "<=";
    case Operator::eq:
        return "=";
    case Operator::ge:
        return ">=";
    case Operator::gt:
        return ">";
    case Operator::caret:
        return "^";
    case Operator::tilde:
        return "~";
    }
    return "";
}

/// Writes npm's text; what does not fit is cut, and remembered.
class RangeWriter {
  public:
    explicit RangeWriter(Text &out) noexcept : out_{out} { out.size = 0; }

    [[nodiscard]] bool overflow() const noexcept { return overflow_; }

    void star() noexcept { append("*"); }

    /// All comparators as they are.
    void plain(const Requirements &all) noexcept {
        start_alternative();
        for (const Requirement &r : all) {
            comparator(text_of(r.op), r.partial.text);
        }
    }

    void written_out(const Requirements &all) noexcept {
        releases(all);
        for (const Requirement *r = all.begin(); r != all.end(); ++r) {
            const auto same = [r](const Requirement &other) noexcept {
                return other.has_prerelease() && same_core(other.partial, r->partial);
            };
            const bool first = r->has_prerelease() && std::none_of(all.begin(), r, same);
            if (first && std::all_of(all.begin(), all.end(), [r](const Requirement &other) noexcept {
                    return admits_prereleases(other, r->partial);
                })) {
                prereleases(all, r->partial);
            }
        }
        if (out_.size == 0) {
            append("<0.0.0-0");
        }
    }

  private:
    /// The releases alone: what compares with a prerelease compares with its release.
    void releases(const Requirements &all) noexcept {
        if (std::any_of(all.begin(), all.end(),
                        [](const Requirement &r) noexcept { return r.has_prerelease() && r.op == Operator::eq; })) {
            return;
        }
        start_alternative();
        for (const Requirement &r : all) {
            if (!r.has_prerelease()) {
                comparator(text_of(r.op), r.partial.text);
                continue;
            }
            const std::string_view op = r.op == Operator::gt ? ">=" : r.op == Operator::le ? "<" : text_of(r.op);
            comparator(op, core_of(r.partial));
        }
    }

    /// The prereleases of one version, which every comparator without a prerelease of it admits.
    void prereleases(const Requirements &all, const Partial &version) noexcept {
        start_alternative();
        bool bounded_below = false;
        bool bounded_above = false;
        for (const Requirement &r : all) {
            if (!r.has_prerelease() || !same_core(r.partial, version)) {
                continue;
            }
            const bool from = r.op == Operator::caret || r.op == Operator::tilde;
            bounded_below = bounded_below || (r.op != Operator::lt && r.op != Operator::le);
            bounded_above = bounded_above || r.op == Operator::lt || r.op == Operator::le || r.op == Operator::eq;
            comparator(from ? ">=" : text_of(r.op), r.partial.text);
        }
        if (!bounded_below) {
            comparator(">=", core_of(version));
            append("-0");
        }
        if (!bounded_above) {
            comparator("<", core_of(version));
        }
    }

    static std::string_view core_of(const Partial &whole) noexcept {
        return whole.text.substr(0, whole.text.find_first_of("-+"));
    }

    void start_alternative() noexcept {
        append(out_.size == 0 ? "" : " || ");
        starts_ = true;
    }

    void comparator(std::string_view op, std::string_view version) noexcept {
        append(starts_ ? "" : " ");
        starts_ = false;
        append(op);
        append(version);
    }

    void append(std::string_view more) noexcept {
        const std::size_t n = std::min(sizeof out_.data - out_.size, more.size());
        std::copy_n(more.data(), n, out_.data + out_.size);
        out_.size += n;
        overflow_ = overflow_ || n != more.size();
    }

    Text &out_;
    bool starts_ = true;
    bool overflow_ = false;
};

} // namespace

Outcome from_cargo(std::string_view requirement, Text &out) noexcept {
    Requirements all;
    if (const Outcome outcome = CargoReader{requirement, all}.run(); !outcome.ok()) {
        return outcome;
    }
    const auto has_prerelease = [](const Requirement &r) noexcept { return r.has_prerelease(); };
    Text made;
    RangeWriter writer{made};
    if (all.count == 0) {
        writer.star();
    } else if (std::any_of(all.begin(), all.end(), has_prerelease) &&
               std::any_of(all.begin(), all.end(), differs_for_prereleases)) {
        writer.written_out(all);
    } else {
        writer.plain(all);
    }
    if (writer.overflow()) {
        return {Error::too_long, requirement.size() + 1};
    }
    // What is left to refuse are limits of the whole: bounds that are too long, alternatives that are too many.
    const Outcome outcome = normalize(made.view(), out);
    return outcome.ok() ? outcome : Outcome{outcome.error, 1};
}

} // namespace mlregistry::semver_range
