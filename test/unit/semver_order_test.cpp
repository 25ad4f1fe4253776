// The order of stored versions against an evaluator that reads the texts.
#include "semver.hpp"
#include "semver_oracle.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

namespace {

namespace semver = mlregistry::semver;
using oracle::sign;
using semver::Bytes;
using semver::Stored;

Stored stored(const std::string &text) {
    Stored made;
    EXPECT_TRUE(semver::encode(text, made).ok()) << text;
    return made;
}

int compare(const std::string &a, const std::string &b) {
    return sign(semver::compare(stored(a).bytes(), stored(b).bytes()));
}

int compare_with_build(const std::string &a, const std::string &b) {
    return sign(semver::compare_with_build(stored(a).bytes(), stored(b).bytes()));
}

void expect_rising(const std::vector<std::string> &list, int (*order)(const std::string &, const std::string &)) {
    for (std::size_t i = 0; i < list.size(); ++i) {
        for (std::size_t j = 0; j < list.size(); ++j) {
            EXPECT_EQ(order(list[i], list[j]), i < j ? -1 : i > j) << list[i] << " and " << list[j];
        }
    }
}

TEST(Precedence, RisesAlongTheseLists) {
    const std::vector<std::vector<std::string>> lists{
        // SemVer 2.0.0, item 11
        {"1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11",
         "1.0.0-rc.1", "1.0.0", "2.0.0", "2.1.0", "2.1.1"},
        // where the codes of numbers change their width
        {"0.0.0",
         "0.0.1",
         "0.0.191",
         "0.0.192",
         "0.0.193",
         "0.0.447",
         "0.0.448",
         "0.0.12479",
         "0.0.12480",
         "0.0.65535",
         "0.0.65536",
         "0.0.16777216",
         "0.0.4294967296",
         "0.0.18446744073709551615",
         "0.0.18446744073709551616",
         "0.0.99999999999999999999",
         "0.0.100000000000000000000",
         "0.0.999999999999999999999999999999",
         "0.1.0-0",
         "0.1.0",
         "1.0.0",
         "191.9.9",
         "192.0.0",
         "18446744073709551615.9.9",
         "18446744073709551616.0.0-0"},
        {"1.0.0-0",
         "1.0.0-0.0",
         "1.0.0-1",
         "1.0.0-9",
         "1.0.0-10",
         "1.0.0-23",
         "1.0.0-24",
         "1.0.0-25",
         "1.0.0-2839",
         "1.0.0-2840",
         "1.0.0-65536",
         "1.0.0-18446744073709551615",
         "1.0.0-18446744073709551616",
         "1.0.0-99999999999999999999",
         "1.0.0-100000000000000000000",
         "1.0.0--",
         "1.0.0--1",
         "1.0.0-0a",
         "1.0.0-10a",
         "1.0.0-9a",
         "1.0.0-A",
         "1.0.0-Z",
         "1.0.0-a",
         "1.0.0-a.0",
         "1.0.0-a.0.0",
         "1.0.0-a.99999999999999999999",
         "1.0.0-a.-",
         "1.0.0-a.a",
         "1.0.0-a-",
         "1.0.0-a-.0",
         "1.0.0-a-a",
         "1.0.0-a0",
         "1.0.0-aa",
         "1.0.0-z",
         "1.0.0",
         "1.0.1-0"},
    };
    for (const auto &list : lists) {
        expect_rising(list, compare);
    }
}

TEST(Precedence, IgnoresBuildMetadata) {
    for (const char *other : {"1.0.0+a", "1.0.0+b", "1.0.0+0.0", "1.0.0+001"}) {
        EXPECT_EQ(compare("1.0.0", other), 0) << other;
        EXPECT_TRUE(semver::equal(stored("1.0.0").bytes(), stored(other).bytes())) << other;
    }
    EXPECT_EQ(compare("1.0.0-a+z", "1.0.0-a"), 0);
    EXPECT_EQ(compare("1.0.0-a+1", "1.0.0-b"), -1);
    EXPECT_EQ(compare("1.0.0-z+z", "1.0.0+a"), -1);
}

TEST(TotalOrder, RisesAlongThisList) {
    // "00" is just above "0", so all builds that begin with it are above all that begin with "0".
    expect_rising({"1.0.0-a+9",
                   "1.0.0-b",
                   "1.0.0",
                   "1.0.0+0",
                   "1.0.0+0.0",
                   "1.0.0+00",
                   "1.0.0+1",
                   "1.0.0+1.0",
                   "1.0.0+01",
                   "1.0.0+001",
                   "1.0.0+2",
                   "1.0.0+10",
                   "1.0.0+18446744073709551616",
                   "1.0.0+-",
                   "1.0.0+0a",
                   "1.0.0+A",
                   "1.0.0+a",
                   "1.0.0+a.1",
                   "1.0.0+a.a",
                   "1.0.0+a-",
                   "1.0.0+b",
                   "1.0.1-0"},
                  compare_with_build);
}

TEST(Prerelease, IsWhatHasPrereleaseIdentifiers) {
    for (const char *text : {"1.0.0-0", "1.0.0-a", "1.0.0--", "1.0.0-a.24+b-c", "192.0.0-18446744073709551616"}) {
        EXPECT_TRUE(semver::is_prerelease(stored(text).bytes())) << text;
    }
    for (const char *text : {"1.0.0", "1.0.0+a", "1.0.0+a-b", "0.0.0", "192.12480.18446744073709551616"}) {
        EXPECT_FALSE(semver::is_prerelease(stored(text).bytes())) << text;
    }
}

TEST(Key, EndsWhereTheBuildBegins) {
    const auto key_size = [](const std::string &text) { return semver::key_size(stored(text).bytes()); };
    EXPECT_EQ(key_size("1.2.3"), 4U);
    EXPECT_EQ(key_size("1.2.3+b"), 4U);
    EXPECT_EQ(key_size("1.2.3-a"), 5U);
    EXPECT_EQ(key_size("1.2.3-a+b.1"), 5U);
    EXPECT_EQ(key_size("192.2.3-24.0"), 8U);
}

TEST(Abbreviation, IsTheHeadOfTheKey) {
    const auto abbreviate = [](const std::string &text) { return semver::abbreviate(stored(text).bytes()); };
    EXPECT_EQ(abbreviate("1.2.3"), 0x010203FF00000000U);
    EXPECT_EQ(abbreviate("1.2.3+build"), 0x010203FF00000000U);
    EXPECT_EQ(abbreviate("1.2.3-rc.1+build"), 0x0102037263010200U);
    EXPECT_EQ(abbreviate("1.2.3-alpha.1"), 0x010203616C706861U);
    EXPECT_EQ(abbreviate("18446744073709551615.0.0"), 0xF6FFFFFFFFFFFFFFU);
}

/// All that semver.hpp promises of one pair. Returns the precedence.
int expect_promises(const std::string &a_text, const std::string &b_text) {
    const Stored a = stored(a_text);
    const Stored b = stored(b_text);
    const oracle::Version a_parts = oracle::take_apart(a_text);
    const oracle::Version b_parts = oracle::take_apart(b_text);
    const int expected = oracle::compare(a_parts, b_parts);

    EXPECT_EQ(sign(semver::compare(a.bytes(), b.bytes())), expected);
    EXPECT_EQ(sign(semver::compare(b.bytes(), a.bytes())), -expected);
    EXPECT_EQ(semver::equal(a.bytes(), b.bytes()), expected == 0);

    const std::uint64_t a_head = semver::abbreviate(a.bytes());
    const std::uint64_t b_head = semver::abbreviate(b.bytes());
    const int by_head = a_head < b_head ? -1 : a_head > b_head;
    EXPECT_TRUE(by_head == 0 || by_head == expected);

    const std::size_t a_size = semver::key_size(a.bytes());
    const std::size_t b_size = semver::key_size(b.bytes());
    const bool same_head = std::memcmp(a.data, b.data, std::min(a_size, b_size)) == 0;
    EXPECT_EQ(same_head, expected == 0) << "a key is the beginning of another one";
    EXPECT_TRUE(expected != 0 || a_size == b_size) << "equal versions have equal keys, or they would hash apart";

    const int with_build = sign(semver::compare_with_build(a.bytes(), b.bytes()));
    EXPECT_EQ(with_build, oracle::compare_with_build(a_parts, b_parts));
    EXPECT_EQ(sign(semver::compare_with_build(b.bytes(), a.bytes())), -with_build);
    EXPECT_EQ(with_build == 0, a_text == b_text);
    return expected;
}

TEST(Order, AgreesWithTheTexts) {
    oracle::Generator random{20'240'604};
    int outcomes[3] = {};
    for (int i = 0; i < 200'000; ++i) {
        const oracle::Version a = random.version();
        const oracle::Version b = random.one_in(4) ? random.version() : random.neighbour(a);
        const std::string a_text = put_together(a);
        const std::string b_text = put_together(b);
        ++outcomes[1 + expect_promises(a_text, b_text)];
        ASSERT_FALSE(testing::Test::HasFailure()) << a_text << " and " << b_text << ", pair " << i;
    }
    for (const int n : outcomes) {
        EXPECT_GT(n, 20'000) << "the pairs have become one-sided";
    }
}

// Sorting with a comparison that is not transitive leaves some pair in the wrong order.
TEST(TotalOrder, IsTransitive) {
    oracle::Generator random{20'240'605};
    std::vector<Stored> versions;
    oracle::Version last = random.version();
    for (int i = 0; i < 600; ++i) {
        last = random.one_in(10) ? random.version() : random.neighbour(last);
        versions.push_back(stored(put_together(last)));
    }
    std::sort(versions.begin(), versions.end(),
              [](const Stored &a, const Stored &b) { return semver::compare_with_build(a.bytes(), b.bytes()) < 0; });
    for (std::size_t i = 0; i < versions.size(); ++i) {
        for (std::size_t j = i; j < versions.size(); ++j) {
            ASSERT_LE(semver::compare_with_build(versions[i].bytes(), versions[j].bytes()), 0);
        }
    }
}

// Damaged pages must not take the server down: whatever the bytes are, an answer comes and nothing beyond them is read.
TEST(Order, SurvivesDamagedBytes) {
    const std::string key = "\x01\x02\x03\xFF";
    const std::vector<std::string> damaged{
        "",           "\xFF",        std::string(1, '\0'), "\x01\x02\x03", key + ".",  key + ".1",
        key + "1..2", key + "1.0.2", key + "1.",           key + "\xFF",   "\xF7\xFF", "\xFE",
    };
    const auto exact = [](const std::string &bytes) {
        // A block of its own for each, so that the address sanitizer sees the first byte too many.
        std::unique_ptr<std::uint8_t[]> block{new std::uint8_t[bytes.size()]};
        std::copy(bytes.begin(), bytes.end(), block.get());
        return block;
    };
    for (const auto &a_text : damaged) {
        const auto a_block = exact(a_text);
        const Bytes a{a_block.get(), a_text.size()};
        EXPECT_LE(semver::key_size(a), a.size());
        EXPECT_EQ(semver::compare_with_build(a, a), 0);
        (void)semver::abbreviate(a);
        (void)semver::is_prerelease(a);
        for (const auto &b_text : damaged) {
            const auto b_block = exact(b_text);
            const Bytes b{b_block.get(), b_text.size()};
            EXPECT_EQ(sign(semver::compare(a, b)), -sign(semver::compare(b, a)));
            EXPECT_EQ(semver::compare(a, b) == 0, semver::equal(a, b));
            EXPECT_EQ(sign(semver::compare_with_build(a, b)), -sign(semver::compare_with_build(b, a)));
        }
    }
}

} // namespace
