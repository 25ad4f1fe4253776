// What SemVer 2.0.0 says, in the most obvious way and from the text alone: no number is converted, nothing is packed,
// and no line is shared with src/core/, so that both must be wrong in the same way to fool a test.
// Below it, a generator of versions that are as easy to confuse as possible.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace oracle {

using List = std::vector<std::string>;

/// A version taken apart. No build (or prerelease) is an empty list; an empty one, as in "1.0.0+", has one empty part.
struct Version {
    List core, prerelease, build;
};

inline List split(const std::string &text, char separator) {
    List parts{""};
    for (const char c : text) {
        if (c == separator) {
            parts.emplace_back();
        } else {
            parts.back() += c;
        }
    }
    return parts;
}

inline std::string join(const List &parts) {
    std::string text;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        if (i != 0) {
            text += '.';
        }
        text += parts[i];
    }
    return text;
}

inline Version take_apart(const std::string &text) {
    Version version;
    std::string rest = text;
    if (const auto plus = rest.find('+'); plus != std::string::npos) {
        version.build = split(rest.substr(plus + 1), '.');
        rest.erase(plus);
    }
    if (const auto hyphen = rest.find('-'); hyphen != std::string::npos) {
        version.prerelease = split(rest.substr(hyphen + 1), '.');
        rest.erase(hyphen);
    }
    version.core = split(rest, '.');
    return version;
}

inline std::string put_together(const Version &version) {
    std::string text = join(version.core);
    if (!version.prerelease.empty()) {
        text += '-';
        text += join(version.prerelease);
    }
    if (!version.build.empty()) {
        text += '+';
        text += join(version.build);
    }
    return text;
}

inline bool only(const std::string &text, const char *allowed) {
    return !text.empty() && text.find_first_not_of(allowed) == std::string::npos;
}

inline bool is_numeric(const std::string &text) { return only(text, "0123456789"); }

inline bool is_number(const std::string &text) { return is_numeric(text) && (text == "0" || text[0] != '0'); }

inline bool is_identifier(const std::string &text) {
    return only(text, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-");
}

inline bool is_version(const std::string &text) {
    const Version version = take_apart(text);
    bool good = text.size() <= 256 && version.core.size() == 3;
    for (const auto &number : version.core) {
        good = good && is_number(number);
    }
    for (const auto &identifier : version.prerelease) {
        good = good && is_identifier(identifier) && (!is_numeric(identifier) || is_number(identifier));
    }
    for (const auto &identifier : version.build) {
        good = good && is_identifier(identifier);
    }
    return good;
}

inline int sign(int c) { return c < 0 ? -1 : c > 0 ? 1 : 0; }

/// Numbers without leading zeros: the longer is the greater, and digits decide between equal lengths.
inline int compare_numbers(const std::string &a, const std::string &b) {
    return a.size() != b.size() ? (a.size() < b.size() ? -1 : 1) : sign(a.compare(b));
}

inline std::string strip_zeros(std::string digits) {
    while (digits.size() > 1 && digits[0] == '0') {
        digits.erase(0, 1);
    }
    return digits;
}

/// Also good for build metadata, whose numbers may have leading zeros: more of them is greater.
inline int compare_identifiers(const std::string &a, const std::string &b) {
    if (is_numeric(a) != is_numeric(b)) {
        return is_numeric(a) ? -1 : 1;
    }
    if (!is_numeric(a)) {
        return sign(a.compare(b));
    }
    const int by_value = compare_numbers(strip_zeros(a), strip_zeros(b));
    return by_value != 0 ? by_value : compare_numbers(a, b);
}

inline int compare_lists(const List &a, const List &b) {
    for (std::size_t i = 0; i < a.size() && i < b.size(); ++i) {
        if (const int c = compare_identifiers(a[i], b[i]); c != 0) {
            return c;
        }
    }
    return a.size() == b.size() ? 0 : a.size() < b.size() ? -1 : 1;
}

/// SemVer 2.0.0, item 11.
inline int compare(const Version &a, const Version &b) {
    for (std::size_t i = 0; i < 3; ++i) {
        if (const int c = compare_numbers(a.core[i], b.core[i]); c != 0) {
            return c;
        }
    }
    if (a.prerelease.empty() != b.prerelease.empty()) {
        return a.prerelease.empty() ? 1 : -1;
    }
    return compare_lists(a.prerelease, b.prerelease);
}

inline int compare_with_build(const Version &a, const Version &b) {
    const int c = compare(a, b);
    return c != 0 ? c : compare_lists(a.build, b.build);
}

/// Makes valid versions out of few distinct pieces, so that pairs agree for long and differ in one place,
/// with all the places where the number codes change their width. One seed, one sequence, on every machine.
class Generator {
  public:
    explicit Generator(std::uint64_t seed) : random_{seed} {}

    std::size_t below(std::size_t n) { return static_cast<std::size_t>(random_() % n); }
    bool one_in(std::size_t n) { return below(n) == 0; }

    template <class Container> const auto &pick(const Container &from) { return from[below(from.size())]; }

    std::string number() {
        static const List edges{
            "0",
            "1",
            "9",
            "10",
            "22",
            "23",
            "24",
            "25",
            "99",
            "100",
            "191",
            "192",
            "193",
            "279",
            "280",
            "447",
            "448",
            "2839",
            "2840",
            "2841",
            "12479",
            "12480",
            "12481",
            "65535",
            "65536",
            "16777215",
            "16777216",
            "4294967295",
            "4294967296",
            "1099511627775",
            "1099511627776",
            "281474976710655",
            "281474976710656",
            "72057594037927935",
            "72057594037927936",
            "9007199254740993",
            "9223372036854775807",
            "9223372036854775808",
            "9999999999999999999",
            "10000000000000000000",
            "18446744073709551615",
            "18446744073709551616",
            "18446744073709551617",
            "99999999999999999999",
            "100000000000000000000",
        };
        if (one_in(2)) {
            return std::to_string(below(4));
        }
        if (!one_in(4)) {
            return pick(edges);
        }
        std::string digits(1 + below(one_in(3) ? 45 : 5), '0');
        for (char &digit : digits) {
            digit = pick(std::string_view{"0019"});
        }
        return strip_zeros(digits);
    }

    std::string alphanumeric() {
        std::string text(1 + below(one_in(10) ? 20 : 3), '-');
        for (char &c : text) {
            c = pick(std::string_view{"01-AZaz"});
        }
        return is_numeric(text) ? text + "-" : text;
    }

    std::string prerelease_identifier() { return one_in(2) ? number() : alphanumeric(); }

    std::string build_identifier() { return one_in(3) ? std::string(below(3), '0') + number() : alphanumeric(); }

    Version version() {
        for (;;) {
            Version made{{number(), number(), number()}, {}, {}};
            for (std::size_t n = one_in(3) ? 0 : below(5); n != 0; --n) {
                made.prerelease.push_back(prerelease_identifier());
            }
            for (std::size_t n = one_in(2) ? 0 : below(4); n != 0; --n) {
                made.build.push_back(build_identifier());
            }
            if (put_together(made).size() <= 256) {
                return made;
            }
        }
    }

    /// The same version but for one small change, or none.
    Version neighbour(const Version &of) {
        for (;;) {
            Version made = of;
            change(made);
            if (is_version(put_together(made))) {
                return made;
            }
        }
    }

  private:
    void change(Version &made) {
        switch (below(8)) {
        case 0:
            made.core[below(3)] = number();
            break;
        case 1:
            made.prerelease.push_back(prerelease_identifier());
            break;
        case 2:
            made.prerelease.clear();
            break;
        case 3:
            made.build.push_back(build_identifier());
            break;
        case 4:
            made.build.clear();
            break;
        case 5:
            change_identifier(made.build);
            break;
        default:
            change_identifier(made.prerelease);
            break;
        }
    }

    void change_identifier(List &list) {
        if (list.empty()) {
            return;
        }
        std::string &identifier = list[below(list.size())];
        switch (below(4)) {
        case 0:
            identifier = prerelease_identifier();
            break;
        case 1:
            identifier += pick(std::string_view{"01-AZaz"});
            break;
        case 2:
            identifier.pop_back();
            break;
        default:
            list.pop_back();
            break;
        }
    }

    std::mt19937_64 random_;
};

} // namespace oracle
