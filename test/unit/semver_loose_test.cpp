// Spellings that are not SemVer: what is read into it, and where a reader gives up.
#include "semver.hpp"
#include "semver_oracle.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace {

namespace semver = mlregistry::semver;
using semver::Error;
using semver::Outcome;
using semver::Stored;
using semver::Text;

using Reader = Outcome (*)(std::string_view, Text &) noexcept;

std::string said(Error error, std::size_t position) {
    return std::string{semver::describe(error)} + " at " + std::to_string(position);
}

/// What the reader makes of the text, or what it says is wrong.
std::string read(Reader reader, const std::string &loose) {
    Text text;
    const Outcome outcome = reader(loose, text);
    return outcome.ok() ? std::string{text.view()} : said(outcome.error, outcome.position);
}

struct Good {
    std::string loose, version;
};

void expect_good(Reader reader, const std::vector<Good> &table) {
    for (const auto &[loose, version] : table) {
        EXPECT_EQ(read(reader, loose), version) << testing::PrintToString(loose.substr(0, 60));
        EXPECT_TRUE(oracle::is_version(version)) << version;
    }
}

struct Bad {
    std::string loose;
    Error error;
    std::size_t position;
};

void expect_bad(Reader reader, const std::vector<Bad> &table) {
    for (const auto &[loose, error, position] : table) {
        EXPECT_EQ(read(reader, loose), said(error, position)) << testing::PrintToString(loose.substr(0, 60));
    }
}

TEST(Coerce, ReadsLooseSpellings) {
    const std::vector<Good> table{
        {"1.2.3", "1.2.3"},
        {"1.2.3-rc.1+b.7", "1.2.3-rc.1+b.7"},
        {"1", "1.0.0"},
        {"1.2", "1.2.0"},
        {"v1.2", "1.2.0"},
        {"V1.2.3", "1.2.3"},
        {"=1.2.3", "1.2.3"},
        {"=v1.2.3", "1.2.3"},
        {"= 1.2.3", "1.2.3"},
        {"v 1.2.3", "1.2.3"},
        {" 1.2.3", "1.2.3"},
        {"1.2.3 ", "1.2.3"},
        {"  =v1.2.3   ", "1.2.3"},
        {"\t\n\v\f\r 1.2.3 \t\n\v\f\r", "1.2.3"},
        {"01.002.0003", "1.2.3"},
        {"0", "0.0.0"},
        {"000", "0.0.0"},
        {"00.00.00", "0.0.0"},
        {"1-rc.1", "1.0.0-rc.1"},
        {"1.2-rc", "1.2.0-rc"},
        {"1+b", "1.0.0+b"},
        {"1.2+b.c", "1.2.0+b.c"},
        {"1.2.3-01", "1.2.3-1"},
        {"1.2.3-00", "1.2.3-0"},
        {"1.2.3-a.007.0b", "1.2.3-a.7.0b"},
        {"1.2.3+007", "1.2.3+007"}, // a build may begin with zeros
        {"1.2.3--", "1.2.3--"},
        {"99999999999999999999.0.018446744073709551616", "99999999999999999999.0.18446744073709551616"},
        {std::string(1'000'000, '0') + "1.2.3", "1.2.3"},
        {std::string(1'000'000, ' ') + "1.2.3", "1.2.3"},
        {"1.0.0-" + std::string(250, 'a'), "1.0.0-" + std::string(250, 'a')},
    };
    expect_good(semver::coerce, table);
}

TEST(Coerce, SaysWhereItGivesUp) {
    const std::vector<Bad> table{
        {"", Error::expected_digit, 1},
        {"   ", Error::expected_digit, 1},
        {"v", Error::expected_digit, 2},
        {"  v", Error::expected_digit, 4},
        {"=", Error::expected_digit, 2},
        {"==1", Error::expected_digit, 2},
        {"vv1", Error::expected_digit, 2},
        {"v=1", Error::expected_digit, 2},
        {"= v1", Error::expected_digit, 3},
        {"x", Error::expected_digit, 1},
        {"latest", Error::expected_digit, 1},
        {">=1.2.3", Error::expected_digit, 1},
        {"^1.2.3", Error::expected_digit, 1},
        {"-1", Error::expected_digit, 1},
        {".1", Error::expected_digit, 1},
        {"1.", Error::unexpected, 2},
        {"1..2", Error::unexpected, 2},
        {"1.2.x", Error::unexpected, 4},
        {"1.2.*", Error::unexpected, 4},
        {"1,2", Error::unexpected, 2},
        {"1_2", Error::unexpected, 2},
        {"1.2.3.4", Error::too_many_parts, 7},
        {" v1.2.3.4", Error::too_many_parts, 9},
        {"1.2.3.", Error::unexpected, 6},
        {"1.2.3.a", Error::unexpected, 6},
        {"1.2.3rc1", Error::unexpected, 6},
        {"1.2.3 -a", Error::unexpected, 6},
        {"1.2.3 4", Error::unexpected, 6},
        {"1.2.3-", Error::empty_identifier, 7},
        {"1.2.3-.a", Error::empty_identifier, 7},
        {"1.2.3-a..b", Error::empty_identifier, 9},
        {"1.2.3-a.", Error::empty_identifier, 9},
        {"1.2.3-+b", Error::empty_identifier, 7},
        {"1.2.3-a.+b", Error::empty_identifier, 9},
        {"1.2.3-_", Error::unexpected, 7},
        {"1.2.3-a b", Error::unexpected, 8},
        {"1.2.3+", Error::empty_identifier, 7},
        {"1.2.3+a..b", Error::empty_identifier, 9},
        {"1.2.3+a+b", Error::unexpected, 8},
        {"1.2.3+a_b", Error::unexpected, 8},
        {std::string{"1.2\0", 4}, Error::unexpected, 4},
        {"\302\2401.2.3", Error::expected_digit, 1}, // no-break space
        {"1.2.3\xC2\xA0", Error::unexpected, 6},
        {"\xEF\xBC\x91", Error::expected_digit, 1}, // fullwidth one
        {"1.2.3-\xD0\xB0", Error::unexpected, 7},   // Cyrillic a
        // Too long as a whole: the position is the end of what was read.
        {std::string(300, '1'), Error::too_long, 301},
        {"  " + std::string(300, '1') + "  ", Error::too_long, 303},
        {"1.0.0-" + std::string(251, 'a'), Error::too_long, 258},
        {"1.0.0+" + std::string(1'000'000, 'a'), Error::too_long, 1'000'007},
    };
    expect_bad(semver::coerce, table);
}

TEST(Pep440, ReadsWhatSemVerCanSay) {
    const std::vector<Good> table{
        {"1", "1.0.0"},
        {"1.0", "1.0.0"},
        {"1.2.3", "1.2.3"},
        {"v1.2.3", "1.2.3"},
        {" 1.2.3\n", "1.2.3"},
        {"2024.01.05", "2024.1.5"},
        {"1.2.3a1", "1.2.3-alpha.1"},
        {"1.2.3b2", "1.2.3-beta.2"},
        {"1.2.3rc3", "1.2.3-rc.3"},
        {"1.2.3c3", "1.2.3-rc.3"},
        {"1.2.3alpha1", "1.2.3-alpha.1"},
        {"1.2.3beta2", "1.2.3-beta.2"},
        {"1.2.3pre4", "1.2.3-rc.4"},
        {"1.2.3preview4", "1.2.3-rc.4"},
        {"1.2.3.a1", "1.2.3-alpha.1"},
        {"1.2.3-preview-4", "1.2.3-rc.4"},
        {"1.2.3_rc_4", "1.2.3-rc.4"},
        {"1.2.3-rc.4", "1.2.3-rc.4"},
        {"1.2.3RC1", "1.2.3-rc.1"},
        {"1.2.3Alpha1", "1.2.3-alpha.1"},
        {"1a", "1.0.0-alpha.0"},
        {"1.2.beta", "1.2.0-beta.0"},
        {"1.0rc01", "1.0.0-rc.1"},
        {"1.0a00", "1.0.0-alpha.0"},
        {"1.0rc18446744073709551616", "1.0.0-rc.18446744073709551616"},
        {"1.2.3+local", "1.2.3+local"},
        {"2.1.0+cu121", "2.1.0+cu121"},
        {"1.2.3+Ubuntu-1", "1.2.3+ubuntu.1"},
        {"1.2.3+a_b.c-d", "1.2.3+a.b.c.d"},
        {"1.2.3+001", "1.2.3+001"},
        {"1.2rc1+CU121", "1.2.0-rc.1+cu121"},
    };
    expect_good(semver::from_pep440, table);
}

TEST(Pep440, RefusesWhatSemVerCannotSay) {
    const std::vector<Bad> table{
        {"", Error::expected_digit, 1},
        {"  ", Error::expected_digit, 1},
        {"abc", Error::expected_digit, 1},
        {"==1.0", Error::expected_digit, 1},
        {"1!2.0", Error::pep440_epoch, 2},
        {"0!1.0", Error::pep440_epoch, 2},
        {" v2024!1.0", Error::pep440_epoch, 7},
        {"1.0.post1", Error::pep440_post, 4},
        {"1.0post", Error::pep440_post, 4},
        {"1.0-1", Error::pep440_post, 4}, // SemVer's 1.0.0-1 comes before 1.0.0, this one after
        {"1.0.0-1", Error::pep440_post, 6},
        {"1.0.rev2", Error::pep440_post, 4},
        {"1.0r2", Error::pep440_post, 4},
        {"1.0_POST_2", Error::pep440_post, 4},
        {"1.0rc1.post2", Error::pep440_post, 7},
        {"1.0a1-1", Error::pep440_post, 6},
        {"1.0.post1.dev2", Error::pep440_post, 4},
        {"1.0.dev3", Error::pep440_dev, 4},
        {"1.0dev", Error::pep440_dev, 4},
        {"1.0-DEV", Error::pep440_dev, 4},
        {"1.0a1.dev2", Error::pep440_dev, 6},
        {"1.0.0.dev2", Error::pep440_dev, 6},
        {"1.2.3.4", Error::too_many_parts, 7},
        {"1.2.3.4.5", Error::too_many_parts, 7},
        {"1.2.3.4rc1", Error::too_many_parts, 7},
        {"1.0foo", Error::unexpected, 4},
        {"1.0prev1", Error::unexpected, 7},
        {"1.0.", Error::unexpected, 4},
        {"1.0-", Error::unexpected, 4},
        {"1.0_1", Error::unexpected, 4},
        {"1.*", Error::unexpected, 2},
        {"1.0 rc1", Error::unexpected, 4},
        {"1.0rc1b2", Error::unexpected, 7},
        {"1.0a1b2", Error::unexpected, 6},
        {"1.0a-", Error::unexpected, 5},
        {"1.0a.b", Error::unexpected, 5},
        {"1.0+", Error::empty_identifier, 5},
        {"1.0+a.", Error::empty_identifier, 7},
        {"1.0+a..b", Error::unexpected, 7},
        {"1.0+a+b", Error::unexpected, 6},
        {"1.0+_", Error::unexpected, 5},
        {"1.0+\xC3\xA9", Error::unexpected, 5},
        {"\xEF\xBC\x91.0", Error::expected_digit, 1},
        {"1.0+" + std::string(300, 'a'), Error::too_long, 305},
        {std::string(1'000'000, '9'), Error::too_long, 1'000'001},
    };
    expect_bad(semver::from_pep440, table);
}

TEST(Pep440, KeepsTheOrderOfPython) {
    const std::vector<std::string> rising{"0.9",   "1.0a0",  "1.0a1", "1.0a10",   "1.0b1", "1.0b2",
                                          "1.0c1", "1.0rc2", "1",     "1.0.1rc1", "1.0.1"};
    std::string below = "0.0.0";
    for (const auto &python : rising) {
        const std::string version = read(semver::from_pep440, python);
        Stored low;
        Stored high;
        ASSERT_TRUE(semver::encode(below, low).ok());
        ASSERT_TRUE(semver::encode(version, high).ok()) << version;
        EXPECT_LT(semver::compare(low.bytes(), high.bytes()), 0) << below << " and " << version;
        below = version;
    }
}

TEST(Coerce, LeavesEveryVersionAsItIs) {
    oracle::Generator random{20'240'607};
    for (int i = 0; i < 50'000; ++i) {
        const std::string version = put_together(random.version());
        ASSERT_EQ(read(semver::coerce, version), version);
    }
}

// Whatever comes in: a reader that says yes has made a version, one that says no points into the text.
TEST(LooseReaders, MakeVersionsOrPointIntoTheText) {
    constexpr std::string_view likely = "0123..--++abcrvdp =!_\t";
    oracle::Generator random{20'240'608};
    int good[2] = {};
    for (int i = 0; i < 200'000; ++i) {
        std::string loose = random.one_in(3) ? put_together(random.version()) : std::to_string(random.below(20));
        for (std::size_t edits = random.below(5); edits != 0; --edits) {
            loose.insert(random.below(loose.size() + 1), 1, random.pick(likely));
        }
        const Reader readers[] = {semver::coerce, semver::from_pep440};
        for (int r = 0; r < 2; ++r) {
            Text text;
            const Outcome outcome = readers[r](loose, text);
            if (outcome.ok()) {
                ++good[r];
                ASSERT_TRUE(oracle::is_version(std::string{text.view()})) << loose << ": " << text.view();
            } else {
                ASSERT_GE(outcome.position, 1U) << loose;
                ASSERT_LE(outcome.position, loose.size() + 1) << loose;
            }
        }
    }
    EXPECT_GT(good[0], 20'000);
    EXPECT_GT(good[1], 20'000);
}

} // namespace
