// Properties of ranges at random, against the slow evaluator of semver_range_oracle.hpp, over a dense universe of
// versions: there every version is asked.
#include "semver_range.hpp"
#include "semver_range_oracle.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace {

namespace range = mlregistry::semver_range;
namespace semver = mlregistry::semver;
using oracle::Version;
using range_oracle::universe;

const std::vector<semver::Stored> &stored_universe() {
    static const std::vector<semver::Stored> all = [] {
        std::vector<semver::Stored> made(universe().size());
        for (std::size_t i = 0; i < made.size(); ++i) {
            EXPECT_TRUE(semver::encode(oracle::put_together(universe()[i]), made[i]).ok());
        }
        return made;
    }();
    return all;
}

using Members = std::vector<bool>;

/// A range in one mode, and which versions of the universe satisfy it as the oracle has it.
struct Known {
    std::string source;
    bool include;
    range_oracle::Range meaning;
    range::Compiled compiled;
    Members members;

    Known(const std::string &text, bool include_prerelease)
        : source{text}, include{include_prerelease}, meaning{range_oracle::parse(text, include)} {
        range::Text normalized;
        const range::Outcome outcome = range::normalize(source, normalized);
        EXPECT_TRUE(outcome.ok()) << source << ": " << range::describe(outcome.error) << " at " << outcome.position;
        EXPECT_TRUE(range::compile(normalized.view(), include, compiled)) << source;
        for (const Version &v : universe()) {
            members.push_back(range_oracle::satisfies(meaning, v, include));
        }
    }
};

std::string text_of(const range::Text &text) { return std::string{text.view()}; }

std::string canonical(const range::Compiled &compiled) {
    range::CanonicalText text;
    range::canonical(compiled, text);
    return std::string{text.view()};
}

std::string version_text(range::Bytes stored) {
    semver::Text text;
    return semver::decode(stored, text) ? std::string{text.view()} : "damaged";
}

/// Is the version on the right side of a bound?
bool within(const range::Compiled &compiled, const range::Interval &interval, range::Bytes version) {
    if (interval.lower.bounded) {
        const int c = semver::compare(version, compiled.version(interval.lower));
        if (c < 0 || (c == 0 && !interval.lower.inclusive)) {
            return false;
        }
    }
    if (interval.upper.bounded) {
        const int c = semver::compare(version, compiled.version(interval.upper));
        return c < 0 || (c == 0 && interval.upper.inclusive);
    }
    return true;
}

void check_intervals(const Known &known) {
    const range::Compiled &compiled = known.compiled;
    for (std::size_t i = 0; i < universe().size(); ++i) {
        const range::Bytes version = stored_universe()[i].bytes();
        int in = 0;
        for (int j = 0; j < compiled.interval_count; ++j) {
            in += within(compiled, compiled.intervals[j], version) ? 1 : 0;
        }
        ASSERT_LE(in, 1) << known.source << " has intervals that overlap";
        ASSERT_TRUE(in == 1 || !known.members[i]) << known.source << " leaves out " << version_text(version);
        if (known.include) {
            ASSERT_EQ(in == 1, known.members[i]) << known.source << " and " << version_text(version);
        }
    }
    for (int j = 1; j < compiled.interval_count; ++j) {
        const auto &upper = compiled.intervals[j - 1].upper;
        const auto &lower = compiled.intervals[j].lower;
        ASSERT_TRUE(upper.bounded && lower.bounded) << known.source;
        ASSERT_LE(semver::compare(compiled.version(upper), compiled.version(lower)), 0) << known.source;
    }
}

void check_alone(const Known &known) {
    const std::string expected = range_oracle::canonical(known.meaning);
    ASSERT_EQ(canonical(known.compiled), expected) << known.source;
    for (std::size_t i = 0; i < universe().size(); ++i) {
        ASSERT_EQ(range::satisfies(known.compiled, stored_universe()[i].bytes()), known.members[i])
            << known.source << " and " << oracle::put_together(universe()[i]);
    }
    check_intervals(known);

    range::CanonicalText again;
    ASSERT_TRUE(range::canonical(expected, known.include, again)) << expected;
    ASSERT_EQ(again.view(), expected) << known.source;

    const auto first = std::find(known.members.begin(), known.members.end(), true);
    ASSERT_EQ(range::is_empty(known.compiled), first == known.members.end()) << known.source;
    semver::Stored least;
    const bool has_least = range::min_version(known.compiled, least);
    ASSERT_EQ(has_least, first != known.members.end()) << known.source;
    if (has_least) {
        const auto at = static_cast<std::size_t>(first - known.members.begin());
        ASSERT_EQ(version_text(least.bytes()), oracle::put_together(universe()[at])) << known.source;
    }
}

void check_pair(const Known &a, const Known &b) {
    bool common = false;
    bool only_b = false;
    for (std::size_t i = 0; i < a.members.size(); ++i) {
        common = common || (a.members[i] && b.members[i]);
        only_b = only_b || (!a.members[i] && b.members[i]);
    }
    ASSERT_EQ(range::intersects(a.compiled, b.compiled), common)
        << a.source << " and " << b.source << (a.include ? ", with prereleases" : "");
    ASSERT_EQ(range::contains(a.compiled, b.compiled), !only_b)
        << a.source << " and " << b.source << (a.include ? ", with prereleases" : "");
    const int order = oracle::sign(range::compare(a.compiled, b.compiled));
    ASSERT_EQ(order == 0, range_oracle::canonical(a.meaning) == range_oracle::canonical(b.meaning));
    ASSERT_EQ(oracle::sign(range::compare(b.compiled, a.compiled)), -order);
    if (order == 0) {
        ASSERT_EQ(range::hash(a.compiled, 7), range::hash(b.compiled, 7));
    }
}

TEST(SemverRangeProperties, NormalizingTwiceChangesNothing) {
    range_oracle::Generator random{1};
    for (int i = 0; i < 20000; ++i) {
        const std::string source = random.range();
        range::Text once;
        range::Text twice;
        ASSERT_TRUE(range::normalize(source, once).ok()) << source;
        ASSERT_TRUE(range::normalize(once.view(), twice).ok()) << source;
        ASSERT_EQ(once.view(), twice.view()) << source;
        // Nothing but blanks was changed.
        const auto without_blanks = [](std::string text) {
            std::erase_if(text, [](char c) { return c == ' ' || (c >= '\t' && c <= '\r'); });
            return text;
        };
        ASSERT_EQ(without_blanks(source), without_blanks(text_of(once)));
        ASSERT_EQ(text_of(once), range_oracle::trim(text_of(once)));
        ASSERT_EQ(text_of(once).find("  "), std::string::npos);
    }
}

TEST(SemverRangeProperties, EachAlone) {
    range_oracle::Generator random{2};
    for (int i = 0; i < 1200; ++i) {
        const std::string source = random.range();
        check_alone({source, false});
        check_alone({source, true});
        if (HasFatalFailure()) {
            return;
        }
    }
}

TEST(SemverRangeProperties, Pairs) {
    range_oracle::Generator random{3};
    for (int i = 0; i < 120; ++i) {
        for (const bool include : {false, true}) {
            // Ranges that have to do with one another: the second and third contain the first in most cases.
            const std::string one = random.alternative();
            const std::string two = random.alternative();
            const std::vector<Known> all{{one, include},
                                         {two + " || " + one, include},
                                         {random.range(), include},
                                         {random.alternative() + "||" + two, include},
                                         {one, include}};
            for (const Known &a : all) {
                for (const Known &b : all) {
                    check_pair(a, b);
                    if (HasFatalFailure()) {
                        return;
                    }
                }
            }
        }
    }
}

// Neighbours: bounds so near each other that nothing, or one version, lies between them.
TEST(SemverRangeProperties, NeighbouringBounds) {
    range_oracle::Generator random{4};
    const auto bound = [&] {
        Version v{{random.number(), random.number(), random.number()}, {}, {}};
        if (!random.base().one_in(3)) {
            v.prerelease = oracle::split(random.base().pick(range_oracle::prereleases()), '.');
        }
        return oracle::put_together(v);
    };
    const auto near = [&](const std::string &version) {
        Version v = oracle::take_apart(version);
        switch (random.base().below(4)) {
        case 0:
            v.prerelease.emplace_back("0");
            break;
        case 1:
            v.core[2] = std::min(range_oracle::plus_one(v.core[2]), std::string{"2"});
            v.prerelease.clear();
            break;
        case 2:
            v.core[2] = std::min(range_oracle::plus_one(v.core[2]), std::string{"2"});
            v.prerelease = {"0"};
            break;
        default:
            break;
        }
        // Only bounds whose every neighbour is in the universe.
        const auto &known = range_oracle::prereleases();
        const std::string pre = oracle::join(v.prerelease);
        return pre.empty() || std::find(known.begin(), known.end(), pre) != known.end() ? oracle::put_together(v)
                                                                                        : version;
    };
    static const oracle::List lower{">", ">="};
    static const oracle::List upper{"<", "<="};
    for (int i = 0; i < 500; ++i) {
        const std::string a = bound();
        const std::string b = near(a);
        const bool include = random.base().one_in(2);
        const Known inner{random.base().pick(lower) + a + " " + random.base().pick(upper) + near(bound()), include};
        const Known outer{random.base().pick(lower) + b + " || " + random.base().pick(upper) + b + "||=" + a, include};
        const Known gap{random.base().pick(lower) + a + " " + random.base().pick(upper) + b, include};
        for (const Known *known : {&inner, &outer, &gap}) {
            check_alone(*known);
        }
        check_pair(inner, outer);
        check_pair(outer, inner);
        check_pair(outer, gap);
        check_pair(gap, inner);
        if (HasFatalFailure()) {
            return;
        }
    }
}

// Numbers of any length and every identifier: a range of such versions, asked for these and their neighbours.
TEST(SemverRangeProperties, LongNumbers) {
    static const oracle::List ops{"", "=", "<", "<=", ">", ">=", "^", "~"};
    oracle::Generator random{5};
    int asked = 0;
    for (int i = 0; i < 3000; ++i) {
        std::string source;
        std::vector<Version> near;
        for (std::size_t n = 1 + random.below(3); n != 0; --n) {
            Version v = random.version();
            near.push_back(v);
            v.core.resize(random.one_in(3) ? 1 + random.below(3) : 3);
            if (v.core.size() < 3) {
                v.prerelease.clear();
            }
            source += (source.empty()     ? ""
                       : random.one_in(3) ? " || "
                                          : " ") +
                      random.pick(ops) + oracle::put_together(v);
        }
        range::Text normalized;
        if (const range::Outcome outcome = range::normalize(source, normalized); !outcome.ok()) {
            ASSERT_EQ(outcome.error, range::Error::version_too_long) << source;
            continue;
        }
        ASSERT_EQ(source, normalized.view());
        for (const bool include : {false, true}) {
            const range_oracle::Range meaning = range_oracle::parse(source, include);
            range::Compiled compiled;
            ASSERT_TRUE(range::compile(source, include, compiled)) << source;
            ASSERT_EQ(canonical(compiled), range_oracle::canonical(meaning)) << source;
            for (const Version &v : near) {
                for (int j = 0; j < 4; ++j) {
                    const Version asked_for = j == 0 ? v : random.neighbour(v);
                    semver::Stored stored;
                    ASSERT_TRUE(semver::encode(oracle::put_together(asked_for), stored).ok());
                    ASSERT_EQ(range::satisfies(compiled, stored.bytes()),
                              range_oracle::satisfies(meaning, asked_for, include))
                        << source << " and " << oracle::put_together(asked_for);
                    ++asked;
                }
            }
        }
    }
    EXPECT_GT(asked, 20000);
}

TEST(SemverRangeProperties, Cargo) {
    range_oracle::Generator random{6};
    int written_out = 0;
    for (int i = 0; i < 2000; ++i) {
        const std::string requirement = random.cargo();
        range::Text text;
        const range::Outcome outcome = range::from_cargo(requirement, text);
        ASSERT_TRUE(outcome.ok()) << requirement << ": " << range::describe(outcome.error);
        range::Text again;
        ASSERT_TRUE(range::normalize(text.view(), again).ok());
        ASSERT_EQ(again.view(), text.view());
        written_out += text.view().find("||") != std::string_view::npos ? 1 : 0;
        range::Compiled compiled;
        ASSERT_TRUE(range::compile(text.view(), false, compiled));
        const auto meaning = range_oracle::parse_cargo(requirement);
        for (std::size_t j = 0; j < universe().size(); ++j) {
            ASSERT_EQ(range::satisfies(compiled, stored_universe()[j].bytes()),
                      range_oracle::cargo_satisfies(meaning, universe()[j]))
                << requirement << ", that is " << text.view() << ", and " << oracle::put_together(universe()[j]);
        }
    }
    EXPECT_GT(written_out, 60);
}

} // namespace
