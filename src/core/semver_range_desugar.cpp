// Desugaring: carets, tildes, x-ranges and hyphen ranges become primitive comparators.
//
// A bound is put together as text and read by the reader of versions. Numbers have any length, so counting up is done
// on their digits, too (semver::bump).
#include "semver_range_desugar.hpp"

namespace mlregistry::semver_range {

namespace {

using semver::Part;

/// major.minor.patch, with zeros for what is missing.
void append_core(const Partial &partial, semver::Text &out) noexcept {
    for (std::size_t i = 0; i < 3; ++i) {
        if (i != 0) {
            out.append('.');
        }
        out.append(i < partial.count ? partial.numbers[i] : "0");
    }
}

/// The part that counts up to the first version behind a partial one: 1.2 ends where 1.3 starts.
Part last_part(const Partial &partial) noexcept { return partial.count == 1 ? Part::major : Part::minor; }

/// The part that a caret does not let grow: the first that is not zero, or the last that is there.
Part caret_part(const Partial &partial) noexcept {
    if (partial.count == 1 || partial.numbers[0] != "0") {
        return Part::major;
    }
    return partial.count == 2 || partial.numbers[1] != "0" ? Part::minor : Part::patch;
}

class Writer {
  public:
    Writer(bool include_prerelease, Desugared &out) noexcept : include_prerelease_{include_prerelease}, out_{out} {
        out.count = 0;
    }

    /// A whole version as it stands.
    bool version(Op op, const Partial &partial) noexcept {
        semver::Text text;
        append_core(partial, text);
        if (!partial.prerelease.empty()) {
            text.append('-');
            text.append(partial.prerelease);
        }
        return add(op, text);
    }

    /// The first version of a partial one, in include_prerelease mode its first prerelease.
    bool from(const Partial &partial) noexcept { return core(Op::ge, partial, include_prerelease_); }

    /// Before the first version of a partial one, and before its prereleases.
    bool before(const Partial &partial) noexcept { return core(Op::lt, partial, true); }

    /// From the first version on that is behind a partial one.
    bool from_behind(const Partial &partial) noexcept {
        return counted_up(Op::ge, partial, last_part(partial), include_prerelease_);
    }

    /// Up to the version that `part` counts up to, without its prereleases: derived upper bounds carry -0.
    bool up_to(const Partial &partial, Part part) noexcept { return counted_up(Op::lt, partial, part, true); }

    bool nothing() noexcept {
        semver::Text text;
        text.append("0.0.0-0");
        return add(Op::lt, text);
    }

  private:
    bool core(Op op, const Partial &partial, bool first_prerelease) noexcept {
        semver::Text text;
        append_core(partial, text);
        text.append(first_prerelease ? "-0" : "");
        return add(op, text);
    }

    bool counted_up(Op op, const Partial &partial, Part part, bool first_prerelease) noexcept {
        semver::Text now;
        append_core(partial, now);
        semver::Text next;
        if (!semver::bump(now.view(), part, {}, next).ok()) {
            return false;
        }
        next.append(first_prerelease ? "-0" : "");
        return add(op, next);
    }

    bool add(Op op, const semver::Text &text) noexcept {
        Primitive &made = out_.primitives[out_.count++];
        made.op = op;
        return semver::encode(text.view(), made.version).ok();
    }

    bool include_prerelease_;
    Desugared &out_;
};

bool desugar_partial(Operator op, const Partial &partial, Writer &out) noexcept {
    switch (op) {
    case Operator::lt:
        return out.before(partial);
    case Operator::le:
        return out.up_to(partial, last_part(partial));
    case Operator::gt:
        return out.from_behind(partial);
    case Operator::ge:
        return out.from(partial);
    case Operator::caret:
        return out.from(partial) && out.up_to(partial, caret_part(partial));
    case Operator::none:
    case Operator::eq:
    case Operator::tilde:
        break;
    }
    return out.from(partial) && out.up_to(partial, last_part(partial));
}

bool desugar_whole(Operator op, const Partial &partial, Writer &out) noexcept {
    switch (op) {
    case Operator::lt:
        return out.version(Op::lt, partial);
    case Operator::le:
        return out.version(Op::le, partial);
    case Operator::gt:
        return out.version(Op::gt, partial);
    case Operator::ge:
        return out.version(Op::ge, partial);
    case Operator::caret:
        return out.version(Op::ge, partial) && out.up_to(partial, caret_part(partial));
    case Operator::tilde:
        return out.version(Op::ge, partial) && out.up_to(partial, Part::minor);
    case Operator::none:
    case Operator::eq:
        break;
    }
    return out.version(Op::eq, partial);
}

} // namespace

bool desugar(Operator op, const Partial &partial, bool include_prerelease, Desugared &out) noexcept {
    Writer writer{include_prerelease, out};
    if (partial.count == 0) { // x: nothing is below or above any version
        return (op != Operator::lt && op != Operator::gt) || writer.nothing();
    }
    return partial.whole() ? desugar_whole(op, partial, writer) : desugar_partial(op, partial, writer);
}

bool desugar_hyphen(const Partial &from, const Partial &to, bool include_prerelease, Desugared &out) noexcept {
    Writer writer{include_prerelease, out};
    bool fits = true;
    if (from.whole() && !from.prerelease.empty()) {
        fits = writer.version(Op::ge, from);
    } else if (from.count != 0) {
        fits = writer.from(from); // also a whole version: with include_prerelease its prereleases are in
    }
    if (!fits || to.count == 0) {
        return fits;
    }
    if (!to.whole()) {
        return writer.up_to(to, last_part(to));
    }
    return include_prerelease && to.prerelease.empty() ? writer.up_to(to, Part::patch) : writer.version(Op::le, to);
}

} // namespace mlregistry::semver_range
