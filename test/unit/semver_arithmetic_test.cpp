// Counting with versions. The tables follow npm's inc, diff and truncate; the cases are our own.
#include "semver.hpp"
#include "semver_oracle.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace {

namespace semver = mlregistry::semver;
using semver::Error;
using semver::Outcome;
using semver::Part;
using semver::Text;

/// The next version, or what is wrong in words.
std::string bump(const std::string &version, const std::string &part_name, const std::string &preid = "") {
    Part part{};
    if (!semver::part_from_name(part_name, part)) {
        return "no such part";
    }
    Text text;
    const Outcome outcome = semver::bump(version, part, preid, text);
    return outcome.ok() ? std::string{text.view()} : semver::describe(outcome.error);
}

std::string truncate(const std::string &version, const std::string &part_name) {
    Part part{};
    EXPECT_TRUE(semver::part_from_name(part_name, part)) << part_name;
    Text text;
    semver::truncate(version, part, text);
    return std::string{text.view()};
}

const std::vector<std::string> part_names{"major",    "minor",    "patch",      "premajor",
                                          "preminor", "prepatch", "prerelease", "release"};

TEST(PartName, IsReadExactly) {
    for (std::size_t i = 0; i < part_names.size(); ++i) {
        Part part{};
        EXPECT_TRUE(semver::part_from_name(part_names[i], part));
        EXPECT_EQ(static_cast<std::size_t>(part), i) << part_names[i];
    }
    for (const char *name : {"", "Major", "major ", " major", "majo", "majors", "pre", "build", "MAJOR", "micro"}) {
        Part part{};
        EXPECT_FALSE(semver::part_from_name(name, part)) << name;
    }
}

TEST(Bump, CountsUpOnePart) {
    struct Row {
        std::string version, part, preid, next;
    };
    const std::vector<Row> table{
        {"1.2.3", "major", "", "2.0.0"},
        {"1.2.3", "minor", "", "1.3.0"},
        {"1.2.3", "patch", "", "1.2.4"},
        {"0.0.0", "major", "", "1.0.0"},
        {"0.0.0", "minor", "", "0.1.0"},
        {"0.0.0", "patch", "", "0.0.1"},
        // A prerelease of the very version that the bump leads to becomes that version.
        {"2.0.0-rc.1", "major", "", "2.0.0"},
        {"2.0.0-rc.1", "minor", "", "2.0.0"},
        {"2.0.0-rc.1", "patch", "", "2.0.0"},
        {"2.1.0-rc.1", "major", "", "3.0.0"},
        {"2.1.0-rc.1", "minor", "", "2.1.0"},
        {"2.1.0-rc.1", "patch", "", "2.1.0"},
        {"2.0.1-rc.1", "major", "", "3.0.0"},
        {"2.0.1-rc.1", "minor", "", "2.1.0"},
        {"2.0.1-rc.1", "patch", "", "2.0.1"},
        {"2.1.1-rc.1", "minor", "", "2.2.0"},
        {"0.0.0-0", "major", "", "0.0.0"},
        {"0.0.0-0", "patch", "", "0.0.0"},
        // The pre… parts always count, whatever prerelease there was.
        {"1.2.3", "premajor", "", "2.0.0-0"},
        {"1.2.3", "preminor", "", "1.3.0-0"},
        {"1.2.3", "prepatch", "", "1.2.4-0"},
        {"2.0.0-rc.1", "premajor", "", "3.0.0-0"},
        {"2.0.0-rc.1", "preminor", "", "2.1.0-0"},
        {"2.0.0-rc.1", "prepatch", "", "2.0.1-0"},
        {"1.2.3", "premajor", "rc", "2.0.0-rc.0"},
        {"1.2.3", "preminor", "a.b", "1.3.0-a.b.0"},
        {"1.2.3", "prepatch", "7", "1.2.4-7.0"},
        // prerelease without a name: the last number counts, or one is begun.
        {"1.2.3", "prerelease", "", "1.2.4-0"},
        {"1.2.3-0", "prerelease", "", "1.2.3-1"},
        {"1.2.3-rc", "prerelease", "", "1.2.3-rc.0"},
        {"1.2.3-rc.0", "prerelease", "", "1.2.3-rc.1"},
        {"1.2.3-rc.1.x", "prerelease", "", "1.2.3-rc.2.x"},
        {"1.2.3-1.2.3", "prerelease", "", "1.2.3-1.2.4"},
        {"1.2.3-5.x.y", "prerelease", "", "1.2.3-6.x.y"},
        {"1.2.3-x.y", "prerelease", "", "1.2.3-x.y.0"},
        {"1.2.3-rc1", "prerelease", "", "1.2.3-rc1.0"},
        {"1.2.3-0a", "prerelease", "", "1.2.3-0a.0"},
        {"1.2.3--", "prerelease", "", "1.2.3--.0"},
        {"1.2.3-9", "prerelease", "", "1.2.3-10"},
        {"1.2.3-9.x", "prerelease", "", "1.2.3-10.x"},
        // prerelease with a name: counts below the same name, begins below another.
        {"1.2.3", "prerelease", "rc", "1.2.4-rc.0"},
        {"1.2.3-rc.0", "prerelease", "rc", "1.2.3-rc.1"},
        {"1.2.3-rc", "prerelease", "rc", "1.2.3-rc.0"},
        {"1.2.3-rc.x", "prerelease", "rc", "1.2.3-rc.0"},
        {"1.2.3-rc.x.3", "prerelease", "rc", "1.2.3-rc.0"},
        {"1.2.3-rc.1.x", "prerelease", "rc", "1.2.3-rc.2.x"},
        {"1.2.3-beta.4", "prerelease", "rc", "1.2.3-rc.0"},
        {"1.2.3-rc2.4", "prerelease", "rc", "1.2.3-rc.0"},
        {"1.2.3-rc-2.4", "prerelease", "rc", "1.2.3-rc.0"},
        {"1.2.3-a.b.4", "prerelease", "a.b", "1.2.3-a.b.5"},
        {"1.2.3-a.b.4", "prerelease", "a", "1.2.3-a.0"},
        {"1.2.3-a.4", "prerelease", "a.b", "1.2.3-a.b.0"},
        {"1.2.3-RC.4", "prerelease", "rc", "1.2.3-rc.0"},
        {"1.2.3-3", "prerelease", "4", "1.2.3-4.0"},
        {"1.2.3-4.0", "prerelease", "4", "1.2.3-4.1"},
        // release drops the prerelease.
        {"1.2.3-rc.1", "release", "", "1.2.3"},
        {"1.0.0-0", "release", "", "1.0.0"},
        // The build is dropped, always.
        {"1.2.3+b.9", "major", "", "2.0.0"},
        {"1.2.3+b.9", "patch", "", "1.2.4"},
        {"1.2.3-rc.1+9", "patch", "", "1.2.3"},
        {"1.2.3-rc.1+9", "release", "", "1.2.3"},
        {"1.2.3-rc.1+9", "prerelease", "", "1.2.3-rc.2"},
        {"1.2.3+9", "prerelease", "", "1.2.4-0"},
        // The name says nothing where there is no prerelease to be named.
        {"1.2.3", "major", "rc", "2.0.0"},
        {"1.2.3-rc.1", "release", "beta", "1.2.3"},
    };
    for (const auto &[version, part, preid, next] : table) {
        EXPECT_EQ(bump(version, part, preid), next) << version << ' ' << part << ' ' << preid;
    }
}

TEST(Bump, RefusesWhatMakesNoSense) {
    EXPECT_EQ(bump("1.2.3", "release"), "only a prerelease can be released");
    EXPECT_EQ(bump("1.2.3+b", "release"), "only a prerelease can be released");
    const std::string bad_preid = semver::describe(Error::bad_preid);
    for (const char *preid :
         {".", "a.", ".a", "a..b", "01", "a.00", "a_b", "a+b", "a b", " ", "\xC3\xA9", "a\n", "a/b"}) {
        for (const auto &part : part_names) {
            EXPECT_EQ(bump("1.2.3-0", part, preid), bad_preid) << part << ' ' << preid;
        }
    }
    for (const char *preid : {"0", "00a", "-", "a.0.b", "0a", "10"}) {
        EXPECT_EQ(bump("1.2.3", "prepatch", preid), "1.2.4-" + std::string{preid} + ".0");
    }
}

TEST(Bump, CarriesThroughNumbersOfAnyLength) {
    const std::string nines(100, '9');
    const std::string carried = "1" + std::string(100, '0');
    EXPECT_EQ(bump("9.0.0", "major"), "10.0.0");
    EXPECT_EQ(bump("0.9.9", "minor"), "0.10.0");
    EXPECT_EQ(bump("0.0.9", "patch"), "0.0.10");
    EXPECT_EQ(bump("0.0.1099", "patch"), "0.0.1100");
    EXPECT_EQ(bump("0.0.18446744073709551615", "patch"), "0.0.18446744073709551616");
    EXPECT_EQ(bump("0.0.18446744073709551616", "patch"), "0.0.18446744073709551617");
    EXPECT_EQ(bump(nines + ".1.1", "major"), carried + ".0.0");
    EXPECT_EQ(bump("1." + nines + ".1", "minor"), "1." + carried + ".0");
    EXPECT_EQ(bump("1.1." + nines, "patch"), "1.1." + carried);
    EXPECT_EQ(bump("1.1." + nines, "prepatch", "rc"), "1.1." + carried + "-rc.0");
    EXPECT_EQ(bump("1.1." + nines, "prerelease"), "1.1." + carried + "-0");
    EXPECT_EQ(bump("1.1.1-a." + nines, "prerelease"), "1.1.1-a." + carried);
    EXPECT_EQ(bump("1.1.1-a." + nines + ".b", "prerelease", "a"), "1.1.1-a." + carried + ".b");
    EXPECT_EQ(bump("1.1.1" + nines, "patch"), "1.1.2" + std::string(100, '0'));
    EXPECT_EQ(bump("1.1.8" + nines, "patch"), "1.1.9" + std::string(100, '0'));
}

TEST(Bump, RefusesAResultThatIsTooLong) {
    const auto outcome = [](const std::string &version, Part part, const std::string &preid) {
        Text text;
        return semver::bump(version, part, preid, text);
    };
    struct Row {
        std::string version;
        Part part;
        std::string preid;
    };
    const std::vector<Row> too_long{
        {std::string(252, '9') + ".0.0", Part::major, ""},
        {std::string(252, '1') + ".0.0", Part::premajor, ""},
        {"0.0." + std::string(252, '9'), Part::patch, ""},
        {"0.0." + std::string(252, '8'), Part::prerelease, ""},
        {"1.0.0-" + std::string(250, '9'), Part::prerelease, ""},
        {"1.0.0-" + std::string(250, 'a'), Part::prerelease, ""},
        {"1.0.0-" + std::string(249, 'a'), Part::prerelease, ""},
        {"1.0.0", Part::prerelease, std::string(249, 'a')},
        {"1.0.0", Part::premajor, std::string(1'000'000, 'a')},
    };
    for (const auto &[version, part, preid] : too_long) {
        const Outcome refused = outcome(version, part, preid);
        EXPECT_EQ(refused.error, Error::too_long) << version << ' ' << preid.size();
        EXPECT_EQ(refused.position, semver::max_text + 1);
    }
    const std::vector<Row> just_fits{
        {std::string(251, '9') + ".0.0", Part::major, ""},
        {std::string(252, '8') + ".0.0", Part::major, ""},
        {"0.0." + std::string(250, '8'), Part::prerelease, ""},
        {"1.0.0-" + std::string(249, '9'), Part::prerelease, ""},
        {"1.0.0-" + std::string(248, 'a'), Part::prerelease, ""},
        {"1.0.0", Part::prerelease, std::string(248, 'a')},
    };
    for (const auto &[version, part, preid] : just_fits) {
        Text text;
        EXPECT_TRUE(semver::bump(version, part, preid, text).ok()) << version;
        EXPECT_EQ(text.size, semver::max_text) << version;
        EXPECT_TRUE(semver::is_semver(text.view())) << text.view();
    }
}

// Without a new name every bump leads upwards. (With one it need not: 1.0.0-rc.1 under "alpha" is 1.0.0-alpha.0.)
TEST(Bump, LeadsToAGreaterVersion) {
    oracle::Generator random{20'240'606};
    for (int i = 0; i < 20'000; ++i) {
        const std::string version = put_together(random.version());
        const std::string &part = random.pick(part_names);
        const std::string next = bump(version, part);
        if (!oracle::is_version(next)) {
            ASSERT_TRUE(next == semver::describe(Error::not_a_prerelease) || next == semver::describe(Error::too_long))
                << version << ' ' << part << ": " << next;
            continue;
        }
        ASSERT_LT(oracle::compare(oracle::take_apart(version), oracle::take_apart(next)), 0)
            << version << ' ' << part << ": " << next;
    }
}

TEST(Diff, NamesTheGreatestPartThatDiffers) {
    struct Row {
        std::string low, high, part;
    };
    const std::vector<Row> table{
        {"1.2.3", "1.2.3", ""},
        {"1.2.3", "1.2.3+b", ""},
        {"1.2.3-a+1", "1.2.3-a+2", ""},
        {"1.2.3", "2.0.0", "major"},
        {"1.2.3", "2.3.4", "major"},
        {"1.2.3", "1.3.0", "minor"},
        {"1.2.3", "1.3.4", "minor"},
        {"1.2.3", "1.2.4", "patch"},
        {"1.2.3", "2.0.0-rc.1", "premajor"},
        {"1.2.3", "1.3.0-rc.1", "preminor"},
        {"1.2.3", "1.2.4-rc.1", "prepatch"},
        {"1.2.3-a", "1.2.3-b", "prerelease"},
        {"1.2.3-a", "1.2.3-a.0", "prerelease"},
        {"1.2.3-a", "1.2.4-a", "prepatch"},
        {"1.2.3-a", "1.3.0-a", "preminor"},
        {"1.2.3-a", "2.0.0-a", "premajor"},
        // From a prerelease to a release it is the step that the prerelease prepared.
        {"2.0.0-a", "2.0.0", "major"},
        {"2.0.0-a", "2.0.1", "major"},
        {"2.0.0-a", "2.1.0", "major"},
        {"2.0.0-a", "3.0.0", "major"},
        {"1.3.0-a", "1.3.0", "minor"},
        {"1.2.3-a", "1.2.3", "patch"},
        {"1.3.0-a", "1.3.1", "patch"},
        {"1.3.0-a", "1.4.0", "minor"},
        {"1.3.1-a", "1.4.0", "minor"},
        {"1.3.1-a", "2.0.0", "major"},
        {"0.0.0-a", "0.0.0", "major"},
        {"18446744073709551616.0.0", "18446744073709551617.0.0", "major"},
    };
    for (const auto &[low, high, part] : table) {
        EXPECT_EQ(semver::diff(low, high), part) << low << ' ' << high;
        EXPECT_EQ(semver::diff(high, low), part) << high << ' ' << low;
    }
}

TEST(Diff, IsEmptyWhereOneIsNoVersion) {
    EXPECT_EQ(semver::diff("1.2", "1.2.3"), "");
    EXPECT_EQ(semver::diff("1.2.3", ""), "");
}

TEST(Truncate, CutsWhatIsBelowThePart) {
    struct Row {
        std::string version, part, left;
    };
    const std::vector<Row> table{
        {"1.2.3-rc.1+b", "major", "1.0.0"},
        {"1.2.3-rc.1+b", "minor", "1.2.0"},
        {"1.2.3-rc.1+b", "patch", "1.2.3"},
        {"1.2.3-rc.1+b", "release", "1.2.3"},
        {"1.2.3-rc.1+b", "premajor", "1.2.3-rc.1"},
        {"1.2.3-rc.1+b", "preminor", "1.2.3-rc.1"},
        {"1.2.3-rc.1+b", "prepatch", "1.2.3-rc.1"},
        {"1.2.3-rc.1+b", "prerelease", "1.2.3-rc.1"},
        {"1.2.3+b", "prerelease", "1.2.3"},
        {"1.2.3", "patch", "1.2.3"},
        {"0.0.0-0", "major", "0.0.0"},
        {"18446744073709551616.5.5", "major", "18446744073709551616.0.0"},
    };
    for (const auto &[version, part, left] : table) {
        EXPECT_EQ(truncate(version, part), left) << version << ' ' << part;
    }
    EXPECT_EQ(truncate("1.0.0-" + std::string(250, 'a'), "prerelease"), "1.0.0-" + std::string(250, 'a'));
}

} // namespace
