// The derived form: canonical text, bounds and enclosing intervals, order and hash, and worst cases of size.
#include "semver_range.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <type_traits>
#include <vector>

namespace {

namespace range = mlregistry::semver_range;
namespace semver = mlregistry::semver;

static_assert(std::is_trivially_copyable_v<range::Compiled> && std::is_trivially_destructible_v<range::Compiled>);
static_assert(std::is_trivially_copyable_v<range::Text> && std::is_trivially_copyable_v<range::CanonicalText>);
static_assert(sizeof(range::Compiled) < 16 * 1024);

/// On the heap, so that the address sanitizer sees every byte too many.
struct Compiled {
    std::unique_ptr<range::Compiled> made = std::make_unique<range::Compiled>();

    explicit Compiled(const std::string &source, bool include = false) {
        EXPECT_TRUE(range::compile(source, include, *made)) << source;
    }
    const range::Compiled &operator*() const { return *made; }
};

std::string text_of(range::Bytes stored) {
    semver::Text text;
    return semver::decode(stored, text) ? std::string{text.view()} : "damaged";
}

semver::Stored stored(const std::string &version) {
    semver::Stored made;
    EXPECT_TRUE(semver::encode(version, made).ok()) << version;
    return made;
}

std::string text_of(const range::Compiled &compiled, const range::Interval &interval) {
    const auto &[lower, upper] = interval;
    return (lower.bounded ? (lower.inclusive ? "[" : "(") + text_of(compiled.version(lower)) : "(") + "," +
           (upper.bounded ? text_of(compiled.version(upper)) + (upper.inclusive ? "]" : ")") : ")");
}

std::string intervals(const std::string &source, bool include = false) {
    const Compiled compiled{source, include};
    std::string text;
    for (int i = 0; i < (*compiled).interval_count; ++i) {
        text += (i == 0 ? "" : " ") + text_of(*compiled, (*compiled).intervals[i]);
    }
    return text;
}

std::string canonical(const std::string &source, bool include = false) {
    range::CanonicalText text;
    return range::canonical(source, include, text) ? std::string{text.view()} : "refused";
}

TEST(SemverRangeCompile, Canonical) {
    EXPECT_EQ(canonical("^9.9.9"), ">=9.9.9 <10.0.0-0");
    EXPECT_EQ(canonical("~99.99"), ">=99.99.0 <99.100.0-0");
    EXPECT_EQ(canonical("^0.0.99999999999999999999"), ">=0.0.99999999999999999999 <0.0.100000000000000000000-0");
    EXPECT_EQ(canonical("<=18446744073709551615"), "<18446744073709551616.0.0-0");
    EXPECT_EQ(canonical("1.2.3 - 1.2.3-b"), ">=1.2.3 <=1.2.3-b");
    EXPECT_EQ(canonical("1.2.3-a - 1.2.3", true), ">=1.2.3-a <1.2.4-0");
    EXPECT_EQ(canonical("=1.2.3+b 1.2.3"), "1.2.3");
    EXPECT_EQ(canonical(">=0.0.0-0"), ">=0.0.0-0");
    EXPECT_EQ(canonical(">=0.0.0-0", true), "*");
    EXPECT_EQ(canonical(">=0.0.0", true), ">=0.0.0");
    EXPECT_EQ(canonical(">=0.0.0 >0.0.0-a"), ">0.0.0-a"); // npm drops >=0.0.0, whatever stands beside it
    EXPECT_EQ(canonical(">1", true), ">=2.0.0-0");
    EXPECT_EQ(canonical("1.x.3"), "refused");
}

TEST(SemverRangeCompile, Intervals) {
    EXPECT_EQ(intervals(""), "(,)");
    EXPECT_EQ(intervals("^1.2.3"), "[1.2.3,2.0.0-0)");
    EXPECT_EQ(intervals(">1.0.0 >=1.0.0 <3.0.0 <=3.0.0"), "(1.0.0,3.0.0)");
    EXPECT_EQ(intervals("1.2.3"), "[1.2.3,1.2.3]");
    EXPECT_EQ(intervals("3 || 1"), "[1.0.0,2.0.0-0) [3.0.0,4.0.0-0)");
    EXPECT_EQ(intervals("1 || 2"), "[1.0.0,2.0.0-0) [2.0.0,3.0.0-0)");
    EXPECT_EQ(intervals("1 || 2", true), "[1.0.0-0,3.0.0-0)");
    EXPECT_EQ(intervals("<1.0.0 || 1.0.0 || >1.0.0"), "(,)");
    EXPECT_EQ(intervals("<1.0.0 || >1.0.0"), "(,1.0.0) (1.0.0,)");
    EXPECT_EQ(intervals("<=1.0.0-a || >=1.0.0-a.0"), "(,)");
    EXPECT_EQ(intervals("<=1.0.0 || >=1.0.1-0"), "(,)");
    EXPECT_EQ(intervals("2.0.0 - 1.0.0"), "");
    EXPECT_EQ(intervals("1.0.0 2.0.0 || 3"), "[3.0.0,4.0.0-0)");
    EXPECT_EQ(intervals("<*"), "");
    EXPECT_EQ(intervals(">1.0.0-a <1.0.0-a.0"), "");
}

TEST(SemverRangeCompile, Bounds) {
    const Compiled some{">=2 <3 || 1.0.0"};
    EXPECT_EQ(text_of((*some).version(range::lower(*some))), "1.0.0");
    EXPECT_TRUE(range::lower(*some).inclusive);
    EXPECT_EQ(text_of((*some).version(range::upper(*some))), "3.0.0-0");
    EXPECT_FALSE(range::upper(*some).inclusive);
    for (const char *const open : {"*", "<x"}) {
        const Compiled compiled{open};
        EXPECT_FALSE(range::lower(*compiled).bounded) << open;
        EXPECT_FALSE(range::upper(*compiled).bounded) << open;
    }
    EXPECT_TRUE(range::is_empty(*Compiled{">1.0.0 <1.0.1"}));
    EXPECT_FALSE(range::is_empty(*Compiled{">1.0.0 <1.0.1", true}));
}

// A copy works like the original: nothing points into it.
TEST(SemverRangeCompile, CopiesAreWhole) {
    auto copy = std::make_unique<range::Compiled>();
    {
        const Compiled original{"^1.2.3-rc.1 || 3"};
        *copy = *original;
    }
    EXPECT_TRUE(range::satisfies(*copy, stored("1.2.3-rc.2").bytes()));
    EXPECT_FALSE(range::satisfies(*copy, stored("1.2.4-rc.2").bytes()));
    EXPECT_TRUE(range::satisfies(*copy, stored("3.0.0+build").bytes()));
    EXPECT_EQ(range::outside(*copy, stored("4.0.0").bytes()), 1);
}

TEST(SemverRangeCompile, OrderAndHash) {
    const auto same = [](const std::string &a, const std::string &b) {
        const Compiled x{a};
        const Compiled y{b};
        EXPECT_EQ(range::compare(*x, *y), -range::compare(*y, *x));
        EXPECT_EQ(range::compare(*x, *y) == 0, range::hash(*x, 0) == range::hash(*y, 0)) << a << " and " << b;
        return range::compare(*x, *y) == 0;
    };
    EXPECT_TRUE(same("^1.2.3", ">=1.2.3 <2.0.0-0"));
    EXPECT_TRUE(same("1.x", "1"));
    EXPECT_TRUE(same("", "||"));
    EXPECT_TRUE(same("1.2.3+a", "=1.2.3"));
    EXPECT_TRUE(same("1 || <x", "~1"));
    EXPECT_FALSE(same("1 || 2", "2 || 1"));
    EXPECT_FALSE(same("<2.0.0", "<2"));
    EXPECT_FALSE(same("1.0.0", ">=1.0.0"));
    EXPECT_FALSE(same("1.0.0 2.0.0", "1.0.0||2.0.0"));
    EXPECT_NE(range::hash(*Compiled{"1"}, 1), range::hash(*Compiled{"1"}, 2));
    // Kept in indexes and partitions: for ever.
    EXPECT_EQ(range::hash(*Compiled{"*"}, 0), 2737183428366584608U);
    EXPECT_EQ(range::hash(*Compiled{"^1.2.3 || 3"}, 0), 14832562470567723380U);
    EXPECT_EQ(range::hash(*Compiled{"^1.2.3 || 3"}, 42), 1741078181577189001U);
}

// What a source of 4096 bytes and 64 comparators can make at most fits.
TEST(SemverRangeCompile, WorstCases) {
    const auto all = [](const std::string &comparator, const char *between) {
        std::string source;
        for (int i = 0; i < 64; ++i) {
            std::string one = comparator;
            for (char &c : one) {
                c = c == 'N' ? static_cast<char>('1' + i % 9) : c == 'M' ? static_cast<char>('1' + i / 9) : c;
            }
            source += (i == 0 ? "" : between) + one;
        }
        return source;
    };
    const std::vector<std::string> worst{
        all("NM", " || "),
        all("~N.M", " "),
        all("^NM." + std::string(26, '9') + "." + std::string(26, '9'), " || "),
        all("~0.0.0-NM." + std::string(49, 'a'), " || "),
        all("~0.0.0-NM." + std::string(49, 'a'), " "),
        all("NM.0.0-a - NM.0.0-b", "||"),
        all(">NM.0.0-a", " || "),
        "^" + std::string(248, '9') + "." + "0.0 || ~0." + std::string(248, '9'),
    };
    for (const std::string &source : worst) {
        ASSERT_LE(source.size(), 4096U);
        range::Text text;
        const range::Outcome outcome = range::normalize(source, text);
        ASSERT_TRUE(outcome.ok()) << source << ": " << range::describe(outcome.error);
        for (const bool include : {false, true}) {
            const Compiled compiled{source, include};
            EXPECT_TRUE(range::contains(*compiled, *compiled)) << source;
            EXPECT_EQ(range::intersects(*compiled, *compiled), !range::is_empty(*compiled)) << source;
            const auto canonical = std::make_unique<range::CanonicalText>();
            range::canonical(*compiled, *canonical);
            EXPECT_LT(canonical->size, sizeof canonical->data);
            semver::Stored least;
            EXPECT_EQ(range::min_version(*compiled, least), !range::is_empty(*compiled)) << source;
            EXPECT_FALSE(range::satisfies(*compiled, {})) << source;
        }
    }
}

} // namespace
