// Acceptance: the cases of reference implementations for ranges. Rows that follow another policy than
// docs/design/semantics.md are named here, with the sentence that decides.
#include "cases.hpp"
#include "semver_range.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace {

namespace range = mlregistry::semver_range;
namespace semver = mlregistry::semver;
using cases::Field;
using cases::field_of;
using cases::is_word;
using cases::Row;
using cases::text_of;
using SemverRangeCases = cases::Folder;

semver::Stored stored(const std::string &version) {
    semver::Stored made;
    EXPECT_TRUE(semver::encode(version, made).ok()) << version;
    return made;
}

Field normalized(const std::string &source) {
    range::Text text;
    return range::normalize(source, text).ok() ? Field{std::string{text.view()}} : Field{};
}

Field canonical(const std::string &source, bool include) {
    range::CanonicalText text;
    return range::canonical(source, include, text) ? Field{std::string{text.view()}} : Field{};
}

bool truth(const Row &row, const std::string &column) { return text_of(row, column) == "t"; }

/// Rows that no policy of ours accepts: "no `v` prefix" is said of versions and holds for those in ranges; a version is
/// one that the type semver reads.
bool is_refused_by_policy(const Row &row, const std::string &source) {
    const Field &options = field_of(row, "options");
    if (is_word(options, "v_prefix_in_range")) {
        range::Text text;
        EXPECT_EQ(range::normalize(source, text).error, range::Error::v_prefix) << source;
        return true;
    }
    return false;
}

/// Compiled from the normalized source, as the type stores it.
struct Ranged {
    range::Compiled compiled;

    Ranged(const std::string &source, bool include) {
        const Field text = normalized(source);
        EXPECT_TRUE(text) << source;
        EXPECT_TRUE(range::compile(text.value_or("*"), include, compiled)) << source;
    }
};

TEST_F(SemverRangeCases, Satisfies) {
    int refused = 0;
    for (const Row &row : rows("semver_satisfies")) {
        const std::string &source = text_of(row, "range");
        const std::string &version = text_of(row, "version");
        if (is_refused_by_policy(row, source)) {
            ++refused;
            continue;
        }
        const Ranged r{source, truth(row, "include_prerelease")};
        if (is_word(field_of(row, "options"), "version_not_strict_semver")) {
            EXPECT_FALSE(semver::is_semver(version)) << version;
            ++refused;
            continue;
        }
        EXPECT_EQ(range::satisfies(r.compiled, stored(version).bytes()), truth(row, "expected"))
            << source << " and " << version;
    }
    EXPECT_EQ(refused, 5);
}

TEST_F(SemverRangeCases, Parse) {
    int refused = 0;
    for (const Row &row : rows("semver_range_parse")) {
        const std::string &source = text_of(row, "range");
        const bool include = truth(row, "include_prerelease");
        if (is_refused_by_policy(row, source)) {
            ++refused;
            continue;
        }
        if (is_word(field_of(row, "options"), "npm_limit")) {
            // "Bumping is arbitrary-precision with carry."
            EXPECT_EQ(canonical(source, include), ">=9007199254740991.0.0 <9007199254740992.0.0-0");
            ++refused;
            continue;
        }
        EXPECT_EQ(canonical(source, include), field_of(row, "expected")) << source;
        EXPECT_EQ(normalized(source).has_value(), field_of(row, "expected").has_value()) << source;
    }
    EXPECT_EQ(refused, 3);
}

TEST_F(SemverRangeCases, Intersects) {
    int refused = 0;
    for (const Row &row : rows("semver_range_intersects")) {
        const std::string &a = text_of(row, "range_a");
        const std::string &b = text_of(row, "range_b");
        if (is_word(field_of(row, "options"), "v_prefix_in_range")) {
            EXPECT_NE(normalized(a).has_value(), normalized(b).has_value()) << a << " and " << b;
            ++refused;
            continue;
        }
        const bool include = truth(row, "include_prerelease");
        const Ranged x{a, include};
        const Ranged y{b, include};
        EXPECT_EQ(range::intersects(x.compiled, y.compiled), truth(row, "expected")) << a << " and " << b;
        EXPECT_EQ(range::intersects(y.compiled, x.compiled), truth(row, "expected")) << b << " and " << a;
    }
    EXPECT_EQ(refused, 2);
}

TEST_F(SemverRangeCases, Subset) {
    for (const Row &row : rows("semver_range_subset")) {
        const std::string &inner = text_of(row, "sub");
        const std::string &outer = text_of(row, "dom");
        const bool include = truth(row, "include_prerelease");
        const Ranged x{inner, include};
        const Ranged y{outer, include};
        EXPECT_EQ(range::contains(y.compiled, x.compiled), truth(row, "expected")) << inner << " in " << outer;
    }
}

TEST_F(SemverRangeCases, Quirks) {
    // What the file leaves open is refused: "npm's grammar" has one operator per comparator.
    const std::set<std::string> left_open{"~=1.2.3", "~>=1.2.3", "^=1.0"};
    // What the file would refuse and "npm's grammar" has: a qualifier behind the third part, also behind an x. The
    // unmarked rows of semver_range_parse ask for it. It is kept in the text and means nothing.
    const std::set<std::string> accepted{"1.2.x-alpha", "1.x.x-alpha+build"};
    for (const Row &row : rows("semver_range_npm_quirks")) {
        const std::string &source = text_of(row, "range");
        const std::string &recommendation = text_of(row, "recommendation");
        EXPECT_EQ(left_open.contains(source),
                  recommendation == "reject or accept as ~" || recommendation == "reject or accept as ^")
            << source;
        const bool ours = recommendation == "accept" || accepted.contains(source);
        EXPECT_EQ(canonical(source, false), ours ? field_of(row, "npm_canonical") : Field{}) << source;
    }
}

TEST_F(SemverRangeCases, Invalid) {
    for (const Row &row : rows("semver_invalid_range")) {
        const std::string &source = text_of(row, "range");
        range::Text text;
        const range::Outcome outcome = range::normalize(source, text);
        EXPECT_FALSE(outcome.ok()) << source << " became " << text.view();
        EXPECT_FALSE(range::is_limit(outcome.error)) << source;
        EXPECT_TRUE(outcome.position >= 1 && outcome.position <= source.size() + 1) << source;
        EXPECT_FALSE(canonical(source, false)) << source;
    }
}

TEST_F(SemverRangeCases, Cargo) {
    for (const Row &row : rows("semver_cargo_req")) {
        const std::string &op = text_of(row, "op");
        const std::string &requirement = text_of(row, "requirement");
        range::Text text;
        const range::Outcome outcome = range::from_cargo(requirement, text);
        if (op == "invalid") {
            EXPECT_FALSE(outcome.ok()) << requirement << " became " << text.view();
            EXPECT_TRUE(outcome.position >= 1 && outcome.position <= requirement.size() + 1) << requirement;
            continue;
        }
        ASSERT_TRUE(outcome.ok()) << requirement << ": " << range::describe(outcome.error);
        if (op == "display") {
            continue; // Cargo's printed form; that it is read is all there is to see
        }
        ASSERT_EQ(op, "matches");
        const Ranged r{std::string{text.view()}, false};
        EXPECT_EQ(range::satisfies(r.compiled, stored(text_of(row, "version")).bytes()), truth(row, "expected"))
            << requirement << ", that is " << text.view() << ", and " << text_of(row, "version");
    }
}

TEST_F(SemverRangeCases, MaxSatisfying) {
    for (const Row &row : rows("semver_max_satisfying")) {
        const Ranged r{text_of(row, "range"), truth(row, "include_prerelease")};
        const bool max = text_of(row, "which") == "max";
        Field best;
        for (const std::string &v : oracle::split(text_of(row, "versions_space_separated"), ' ')) {
            if (range::satisfies(r.compiled, stored(v).bytes()) &&
                (!best || (semver::compare(stored(v).bytes(), stored(*best).bytes()) > 0) == max)) {
                best = v;
            }
        }
        EXPECT_EQ(best, field_of(row, "expected"));
    }
}

TEST_F(SemverRangeCases, MinVersion) {
    for (const Row &row : rows("semver_min_version")) {
        const std::string &source = text_of(row, "range");
        const Ranged r{source, truth(row, "include_prerelease")};
        Field least;
        if (semver::Stored made; range::min_version(r.compiled, made)) {
            semver::Text text;
            EXPECT_TRUE(semver::decode(made.bytes(), text));
            least = std::string{text.view()};
        }
        EXPECT_EQ(least, field_of(row, "expected")) << source;
    }
}

TEST_F(SemverRangeCases, Outside) {
    int refused = 0;
    for (const Row &row : rows("semver_outside")) {
        const std::string &source = text_of(row, "range");
        const std::string &version = text_of(row, "version");
        if (is_refused_by_policy(row, source)) {
            ++refused;
            continue;
        }
        if (is_word(field_of(row, "options"), "version_not_strict_semver")) {
            EXPECT_FALSE(semver::is_semver(version)) << version;
            ++refused;
            continue;
        }
        const Ranged r{source, truth(row, "include_prerelease")};
        const int side = text_of(row, "hilo") == ">" ? 1 : -1;
        EXPECT_EQ(range::outside(r.compiled, stored(version).bytes()) == side, truth(row, "expected"))
            << source << " and " << version << " on side " << side;
    }
    EXPECT_EQ(refused, 10);
}

TEST_F(SemverRangeCases, PgSemver) {
    // Ranges of PostgreSQL's own kind, in our words: [ ) as >= and <, several of them as alternatives.
    int checked = 0;
    for (const Row &row : rows("semver_pgsemver")) {
        const std::string &op = text_of(row, "op");
        if (op != "range_contains(native PG range)" && op != "in_any(native PG ranges)") {
            continue;
        }
        std::string source;
        for (const std::string &native : oracle::split(text_of(row, "arg1"), ' ')) {
            const auto ends = oracle::split(native.substr(1, native.size() - 2), ',');
            source += source.empty() ? "" : " || ";
            source += (native.front() == '[' ? ">=" : ">") + ends[0];
            source += ends[1].empty() ? "" : (native.back() == ']' ? " <=" : " <") + ends[1];
        }
        const Ranged r{source, false};
        const std::string &version = *field_of(row, "arg2");
        EXPECT_EQ(range::satisfies(r.compiled, stored(version).bytes()), text_of(row, "expected") == "t")
            << source << " and " << version;
        ++checked;
    }
    EXPECT_EQ(checked, 13);
}

} // namespace
