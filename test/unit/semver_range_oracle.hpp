// What npm's README says of ranges, and the Cargo book of requirements, in the most obvious way: on text, with numbers
// as strings, without a thought for speed. No line is shared with src/core/. Below it, generators.
#pragma once

#include "semver_oracle.hpp"

#include <algorithm>
#include <string>
#include <vector>

namespace range_oracle {

using oracle::List;
using oracle::Version;

/// A primitive comparator: one of < <= = >= >, and a version.
struct Primitive {
    std::string op;
    Version version;
};
using Set = std::vector<Primitive>; // empty: any version
using Range = std::vector<Set>;

inline std::string plus_one(std::string digits) {
    std::size_t i = digits.size();
    while (i != 0 && digits[i - 1] == '9') {
        digits[--i] = '0';
    }
    if (i == 0) {
        return "1" + digits;
    }
    ++digits[i - 1];
    return digits;
}

inline std::string trim(const std::string &text) {
    const auto first = text.find_first_not_of(" \t\n\v\f\r");
    return first == std::string::npos ? "" : text.substr(first, text.find_last_not_of(" \t\n\v\f\r") - first + 1);
}

/// Splits at "||".
inline List alternatives(const std::string &text) {
    List parts;
    std::size_t from = 0;
    for (std::size_t at; (at = text.find("||", from)) != std::string::npos; from = at + 2) {
        parts.push_back(trim(text.substr(from, at - from)));
    }
    parts.push_back(trim(text.substr(from)));
    return parts;
}

/// Words of an alternative; a blank behind an operator is none.
inline List words(const std::string &text) {
    List all;
    bool in_word = false;
    for (const char c : text) {
        if (std::string_view{" \t\n\v\f\r"}.find(c) != std::string_view::npos) {
            in_word = in_word && std::string_view{"<>=~^"}.find(all.back().back()) != std::string_view::npos;
            continue;
        }
        if (!in_word) {
            all.emplace_back();
        }
        in_word = true;
        all.back() += c;
    }
    return all;
}

/// Numbers of a partial version up to the first x, and the prerelease of a whole one.
inline Version partial(const std::string &text) {
    Version all = oracle::take_apart(text);
    Version made;
    for (const std::string &number : all.core) {
        if (!oracle::is_numeric(number)) {
            break;
        }
        made.core.push_back(number);
    }
    if (made.core.size() == 3) {
        made.prerelease = all.prerelease;
    }
    return made;
}

/// X.Y.Z of a partial version, zeros for what is missing, with a prerelease "0" or none.
inline Version filled(Version v, bool zero) {
    v.core.resize(3, "0");
    v.prerelease = zero ? List{"0"} : List{};
    return v;
}

/// The same with one number (0, 1, 2) counted up and those behind it zero.
inline Version bumped(Version v, std::size_t number, bool zero) {
    v.core.resize(3, "0");
    v.core[number] = plus_one(v.core[number]);
    for (std::size_t i = number + 1; i < 3; ++i) {
        v.core[i] = "0";
    }
    v.prerelease = zero ? List{"0"} : List{};
    return v;
}

inline Set hyphen(const std::string &from_text, const std::string &to_text, bool include) {
    const Version from = partial(from_text);
    const Version to = partial(to_text);
    Set set;
    if (!from.core.empty()) {
        set.push_back({">=", from.prerelease.empty() ? filled(from, include) : from});
    }
    if (to.core.size() == 1 || to.core.size() == 2) {
        set.push_back({"<", bumped(to, to.core.size() - 1, true)});
    } else if (to.core.size() == 3 && to.prerelease.empty() && include) {
        set.push_back({"<", bumped(to, 2, true)});
    } else if (to.core.size() == 3) {
        set.push_back({"<=", to});
    }
    return set;
}

inline Set comparator(const std::string &word, bool include) {
    const auto start = word.find_first_not_of("<>=~^");
    std::string op = word.substr(0, start);
    const Version v = partial(word.substr(start));
    const std::size_t n = v.core.size();
    if (n == 0) {
        return op == "<" || op == ">" ? Set{{"<", {{"0", "0", "0"}, {"0"}, {}}}} : Set{};
    }
    if (op.empty()) {
        op = "=";
    }
    const Version from = n == 3 ? v : filled(v, include);
    if (op == "^") {
        std::size_t number = 0; // the leftmost that is not zero, or the last given
        while (number + 1 < n && v.core[number] == "0") {
            ++number;
        }
        return {{">=", from}, {"<", bumped(v, number, true)}};
    }
    if (op[0] == '~') {
        return {{">=", from}, {"<", bumped(v, n == 1 ? 0 : 1, true)}};
    }
    if (n == 3) {
        return {{op, v}};
    }
    if (op == "=") {
        return {{">=", from}, {"<", bumped(v, n - 1, true)}};
    }
    if (op == ">") {
        return {{">=", bumped(v, n - 1, include)}};
    }
    if (op == "<=") {
        return {{"<", bumped(v, n - 1, true)}};
    }
    return {{op, filled(v, op == "<" || include)}};
}

inline std::string text_of(const Primitive &p) {
    return (p.op == "=" ? "" : p.op) + oracle::put_together({p.version.core, p.version.prerelease, {}});
}

inline std::string text_of(const Set &set) {
    std::string text;
    for (const Primitive &p : set) {
        text += (text.empty() ? "" : " ") + text_of(p);
    }
    return text.empty() ? "*" : text;
}

inline const char *const nothing = "<0.0.0-0";

/// Reads a valid range and reduces it as npm prints it.
inline Range parse(const std::string &text, bool include) {
    Range range;
    for (const std::string &alternative : alternatives(trim(text) == "||" ? "" : text)) {
        const List all = words(alternative);
        Set made;
        if (all.size() == 3 && all[1] == "-") {
            made = hyphen(all[0], all[2], include);
        } else {
            for (const std::string &word : all) {
                for (const Primitive &p : comparator(word, include)) {
                    made.push_back(p);
                }
            }
        }
        Set set;
        List seen{include ? ">=0.0.0-0" : ">=0.0.0"};
        for (const Primitive &p : made) {
            if (std::find(seen.begin(), seen.end(), text_of(p)) == seen.end()) {
                set.push_back(p);
                seen.push_back(text_of(p));
            }
        }
        for (const Primitive &p : made) {
            if (text_of(p) == nothing) {
                set = {p};
            }
        }
        range.push_back(set);
    }
    Range possible;
    for (const Set &set : range) {
        if (set.empty()) {
            return {Set{}};
        }
        if (text_of(set) != nothing) {
            possible.push_back(set);
        }
    }
    return possible.empty() ? Range{range[0]} : possible;
}

inline std::string canonical(const Range &range) {
    std::string text;
    for (const Set &set : range) {
        text += (text.empty() ? "" : "||") + text_of(set);
    }
    return text;
}

inline bool holds(const Primitive &p, const Version &v) {
    const int c = oracle::compare(v, p.version);
    return p.op == "<" ? c < 0 : p.op == "<=" ? c <= 0 : p.op == "=" ? c == 0 : p.op == ">=" ? c >= 0 : c > 0;
}

inline bool satisfies(const Set &set, const Version &v, bool include) {
    bool all = true;
    bool admitted = v.prerelease.empty() || include;
    for (const Primitive &p : set) {
        all = all && holds(p, v);
        admitted = admitted || (!p.version.prerelease.empty() && p.version.core == v.core);
    }
    return all && admitted;
}

inline bool satisfies(const Range &range, const Version &v, bool include) {
    return std::any_of(range.begin(), range.end(), [&](const Set &set) { return satisfies(set, v, include); });
}

/// A valid Cargo requirement, but for "*".
inline std::vector<Primitive> parse_cargo(const std::string &requirement) {
    std::vector<Primitive> all;
    for (const std::string &comparator : oracle::split(requirement, ',')) {
        const auto start = comparator.find_first_not_of("<>=~^ ");
        std::string op = trim(comparator.substr(0, start));
        const std::string text = trim(comparator.substr(start));
        const Version want = partial(text);
        if (op.empty()) {
            op = text.find_first_of("*xX") == std::string::npos || want.core.size() == 3 ? "^" : "=";
        }
        all.push_back({op, want});
    }
    return all;
}

/// The rules of the crate, one by one.
inline bool cargo_holds(const Primitive &comparator, const Version &v) {
    const auto &[op, want] = comparator;
    int order = 0; // of the version's numbers and those that are given
    std::size_t equal = 0;
    for (; equal < want.core.size() && order == 0; ++equal) {
        order = oracle::compare_numbers(v.core[equal], want.core[equal]);
    }
    equal -= order == 0 ? 0 : 1;                       // how many leading numbers are the same
    const auto prerelease_order = [&v, &want = want] { // clang 14 captures no names of a structured binding
        return oracle::compare({{"0", "0", "0"}, v.prerelease, {}}, {{"0", "0", "0"}, want.prerelease, {}});
    };
    const bool exact = order == 0 && v.prerelease == want.prerelease;
    const bool whole = want.core.size() == 3;
    if (op == "=") {
        return exact;
    }
    if (op == ">" || op == ">=") {
        return order > 0 || (order == 0 && whole && prerelease_order() > 0) || (op == ">=" && exact);
    }
    if (op == "<" || op == "<=") {
        return order < 0 || (order == 0 && whole && prerelease_order() < 0) || (op == "<=" && exact);
    }
    if (op == "~") {
        const bool same = equal >= std::min<std::size_t>(2, want.core.size());
        return same && (order > 0 || (order == 0 && prerelease_order() >= 0));
    }
    if (want.core[0] != v.core[0]) {
        return false;
    }
    if (want.core.size() < 3) {
        return want.core.size() == 1 || (want.core[0] == "0" ? order == 0 : order >= 0);
    }
    std::size_t fixed = 0; // numbers that a caret does not let grow
    while (fixed < 3 && want.core[fixed] == "0") {
        ++fixed;
    }
    const bool same = equal >= std::min<std::size_t>(fixed + 1, 3);
    return same && (order > 0 || (order == 0 && prerelease_order() >= 0));
}

inline bool cargo_satisfies(const std::vector<Primitive> &requirement, const Version &v) {
    bool all = true;
    bool admitted = v.prerelease.empty();
    for (const Primitive &comparator : requirement) {
        all = all && cargo_holds(comparator, v);
        admitted = admitted || (!comparator.version.prerelease.empty() && comparator.version.core == v.core);
    }
    return all && admitted;
}

/// Prereleases that the generators below use, and the first prerelease behind each.
inline const List &prereleases() {
    static const List all{"0", "0.0", "1", "2", "a", "a.0", "a.b", "rc.1"};
    return all;
}

/// Versions so dense around the constants below that any two ranges made of those which differ, differ here:
/// for each place between two bounds the version behind it is one of these.
inline const std::vector<Version> &universe() {
    static const std::vector<Version> all = [] {
        std::vector<Version> made;
        for (const char *const x : {"0", "1", "2", "3"}) {
            for (const char *const y : {"0", "1", "2", "3"}) {
                for (const char *const z : {"0", "1", "2", "3"}) {
                    const List core{x, y, z};
                    made.push_back({core, {}, {}});
                    for (const std::string &p : prereleases()) {
                        made.push_back({core, oracle::split(p, '.'), {}});
                        made.push_back({core, oracle::split(p + ".0", '.'), {}});
                    }
                }
            }
        }
        std::sort(made.begin(), made.end(),
                  [](const Version &a, const Version &b) { return oracle::compare(a, b) < 0; });
        made.erase(std::unique(made.begin(), made.end(),
                               [](const Version &a, const Version &b) { return oracle::compare(a, b) == 0; }),
                   made.end());
        return made;
    }();
    return all;
}

/// Makes ranges out of few small constants.
class Generator {
  public:
    explicit Generator(std::uint64_t seed) : base_{seed} {}

    oracle::Generator &base() { return base_; }

    std::string number() { return std::to_string(base_.below(3)); }

    std::string partial() {
        static const List xs{"x", "X", "*"};
        std::string text;
        const std::size_t numbers = base_.one_in(2) ? 3 : base_.below(4);
        const std::size_t parts = numbers == 3 ? 3 : std::max<std::size_t>(1, numbers + base_.below(4 - numbers));
        for (std::size_t i = 0; i < parts; ++i) {
            text += (i == 0 ? "" : ".") + (i < numbers ? number() : base_.pick(xs));
        }
        if (parts == 3 && (numbers == 3 ? base_.one_in(2) : base_.one_in(10))) {
            text += "-" + base_.pick(prereleases());
        }
        return base_.one_in(12) ? text + "+b-1.01" : text;
    }

    std::string alternative() {
        static const List ops{"", "", "=", "<", "<=", ">", ">=", "^", "~", "~>"};
        if (base_.one_in(8)) {
            return partial() + blanks(1) + "-" + blanks(1) + partial();
        }
        std::string text;
        for (std::size_t n = 1 + base_.below(base_.one_in(2) ? 1 : 3); n != 0; --n) {
            const std::string &op = base_.pick(ops);
            text += (text.empty() ? "" : blanks(1)) + op;
            text += op.empty() ? "" : blanks(0);
            text += partial();
        }
        return text;
    }

    std::string range() {
        if (base_.one_in(60)) {
            return base_.one_in(2) ? blanks(0) : blanks(0) + "||" + blanks(0);
        }
        std::string text = blanks(0) + alternative();
        for (std::size_t n = base_.one_in(2) ? 0 : base_.below(4); n != 0; --n) {
            text += blanks(0) + "||" + blanks(0) + alternative();
        }
        return text + blanks(0);
    }

    /// A requirement whose comparators are mostly about the same few versions.
    std::string cargo() {
        static const List ops{"", "=", "<", "<=", ">", ">=", "^", "~"};
        const List near{number(), number(), number()};
        std::string text;
        for (std::size_t n = 1 + base_.below(4); n != 0; --n) {
            std::string version;
            const std::size_t parts = base_.one_in(2) ? 3 : 1 + base_.below(3);
            bool x = false;
            for (std::size_t i = 0; i < parts; ++i) {
                x = x || (i != 0 && parts < 3 && base_.one_in(4));
                version += i == 0 ? "" : ".";
                version += x ? "*" : base_.one_in(5) ? number() : near[i];
            }
            if (parts == 3 && !base_.one_in(3)) {
                version += "-" + base_.pick(prereleases());
            }
            text += (text.empty() ? "" : base_.one_in(2) ? ", " : ",") + base_.pick(ops) + version;
        }
        return text;
    }

  private:
    std::string blanks(std::size_t least) {
        static const List some{" ", "  ", "\t", "\n "};
        return least == 0 && base_.one_in(2) ? "" : base_.one_in(3) ? base_.pick(some) : std::string(least, ' ');
    }

    oracle::Generator base_;
};

} // namespace range_oracle
