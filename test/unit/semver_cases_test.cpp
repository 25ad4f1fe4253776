// Acceptance: the cases of reference implementations, read from the folder that MLREGISTRY_CASES names.
// Where they follow another policy than ours (docs/design/semantics.md), the test says so.
#include "cases.hpp"
#include "semver.hpp"
#include "semver_oracle.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

namespace {

namespace semver = mlregistry::semver;
using semver::Outcome;
using semver::Part;
using semver::Stored;
using semver::Text;

using cases::Field;
using cases::field_of;
using cases::is_word;
using cases::Row;
using cases::text_of;
using Cases = cases::Folder;

Stored stored(const std::string &version) {
    Stored made;
    EXPECT_TRUE(semver::encode(version, made).ok()) << version;
    return made;
}

int compare(const std::string &a, const std::string &b) {
    return oracle::sign(semver::compare(stored(a).bytes(), stored(b).bytes()));
}

int compare_with_build(const std::string &a, const std::string &b) {
    return oracle::sign(semver::compare_with_build(stored(a).bytes(), stored(b).bytes()));
}

std::string through_bytes(const std::string &version) {
    Text text;
    return semver::decode(stored(version).bytes(), text) ? std::string{text.view()} : "damaged";
}

/// NULL for an empty part.
Field part_of(std::string_view part) { return part.empty() ? Field{} : Field{part}; }

std::vector<std::string> sorted(std::vector<std::string> versions,
                                int (*order)(const std::string &, const std::string &) = compare) {
    std::stable_sort(versions.begin(), versions.end(),
                     [order](const std::string &a, const std::string &b) { return order(a, b) < 0; });
    return versions;
}

TEST_F(Cases, Valid) {
    for (const Row &row : rows("semver_valid")) {
        const std::string &input = text_of(row, "input");
        EXPECT_EQ(through_bytes(input), input);
        const semver::Parts parts = semver::split(input);
        EXPECT_EQ(parts.major, text_of(row, "major")) << input;
        EXPECT_EQ(parts.minor, text_of(row, "minor")) << input;
        EXPECT_EQ(parts.patch, text_of(row, "patch")) << input;
        EXPECT_EQ(part_of(parts.prerelease), field_of(row, "prerelease")) << input;
        EXPECT_EQ(part_of(parts.build), field_of(row, "build")) << input;
    }
}

TEST_F(Cases, Invalid) {
    for (const Row &row : rows("semver_invalid")) {
        const std::string &input = text_of(row, "input");
        const std::string &kind = text_of(row, "class");
        Text text;
        if (kind == "npm_limit") {
            // Our numbers are unbounded, so that the length of the whole is the only limit.
            EXPECT_EQ(semver::is_semver(input), input.size() <= 256) << input;
        } else if (kind == "npm_accepts") {
            EXPECT_FALSE(semver::is_semver(input)) << testing::PrintToString(input);
            EXPECT_TRUE(semver::coerce(input, text).ok()) << testing::PrintToString(input);
            EXPECT_TRUE(semver::is_semver(text.view())) << text.view();
        } else {
            EXPECT_EQ(kind, "strict_invalid");
            EXPECT_FALSE(semver::is_semver(input)) << testing::PrintToString(input);
        }
    }
}

TEST_F(Cases, Compare) {
    for (const Row &row : rows("semver_compare")) {
        const std::string &a = text_of(row, "a");
        const std::string &b = text_of(row, "b");
        const int expected = std::stoi(text_of(row, "expected"));
        const bool with_build = text_of(row, "mode") == "with_build";
        EXPECT_TRUE(with_build || text_of(row, "mode") == "precedence");
        EXPECT_EQ(with_build ? compare_with_build(a, b) : compare(a, b), expected) << a << " and " << b;
        EXPECT_EQ(with_build ? compare_with_build(b, a) : compare(b, a), -expected) << b << " and " << a;
    }
}

TEST_F(Cases, Sort) {
    for (const Row &row : rows("semver_sort")) {
        const auto input = oracle::split(text_of(row, "input_space_separated"), ' ');
        const auto expected = oracle::split(text_of(row, "expected_space_separated"), ' ');
        const bool with_build = text_of(row, "mode") == "with_build";
        EXPECT_EQ(sorted(input, with_build ? compare_with_build : compare), expected);
    }
}

TEST_F(Cases, HashClasses) {
    const auto key = [](const std::string &version) {
        const Stored made = stored(version);
        return std::string(made.data, made.data + semver::key_size(made.bytes()));
    };
    const std::vector<Row> all = rows("semver_hash_classes");
    for (const Row &a : all) {
        for (const Row &b : all) {
            const std::string &a_version = text_of(a, "version");
            const std::string &b_version = text_of(b, "version");
            const bool same = text_of(a, "equality_class") == text_of(b, "equality_class");
            EXPECT_EQ(semver::equal(stored(a_version).bytes(), stored(b_version).bytes()), same)
                << a_version << " and " << b_version;
            EXPECT_EQ(key(a_version) == key(b_version), same) << a_version << " and " << b_version;
        }
    }
}

TEST_F(Cases, Increment) {
    int checked = 0;
    for (const Row &row : rows("semver_increment")) {
        if (field_of(row, "identifier_base")) {
            continue; // our bump has no such argument
        }
        ++checked;
        const std::string &version = text_of(row, "version");
        const std::string &release = text_of(row, "release");
        const std::string preid = field_of(row, "identifier").value_or("");
        const bool valid = semver::is_semver(version);
        EXPECT_EQ(valid, !is_word(field_of(row, "options"), "invalid_version")) << version;
        Part part{};
        const bool known = semver::part_from_name(release, part);
        EXPECT_EQ(known, !is_word(field_of(row, "options"), "invalid_release")) << release;
        Field next;
        if (Text text; valid && known && semver::bump(version, part, preid, text).ok()) {
            next = std::string{text.view()};
        }
        EXPECT_EQ(next, field_of(row, "expected")) << version << ' ' << release << ' ' << preid;
    }
    EXPECT_GT(checked, 80);
}

TEST_F(Cases, Diff) {
    for (const Row &row : rows("semver_diff")) {
        const std::string &a = text_of(row, "version_a");
        const std::string &b = text_of(row, "version_b");
        EXPECT_EQ(part_of(semver::diff(a, b)), field_of(row, "expected")) << a << " and " << b;
    }
}

TEST_F(Cases, Truncate) {
    for (const Row &row : rows("semver_truncate")) {
        const std::string &version = text_of(row, "version");
        const std::string &release = text_of(row, "release");
        const bool valid = semver::is_semver(version);
        EXPECT_EQ(valid, !is_word(field_of(row, "options"), "invalid_version")) << version;
        Part part{};
        const bool known = semver::part_from_name(release, part);
        EXPECT_EQ(known, !is_word(field_of(row, "options"), "invalid_release")) << release;
        Field left;
        if (valid && known) {
            Text text;
            semver::truncate(version, part, text);
            left = std::string{text.view()};
        }
        EXPECT_EQ(left, field_of(row, "expected")) << version << ' ' << release;
    }
}

TEST_F(Cases, Prerelease) {
    for (const Row &row : rows("semver_prerelease")) {
        const std::string &version = text_of(row, "version");
        EXPECT_EQ(part_of(semver::split(version).prerelease), field_of(row, "expected")) << version;
        EXPECT_EQ(semver::is_prerelease(stored(version).bytes()), field_of(row, "expected").has_value()) << version;
    }
}

TEST_F(Cases, PgSemver) {
    // Three rows of the file are versions that lie outside of some ranges, filed under the wrong operation:
    // other rows of it, and anybody, say that these are versions.
    const std::set<std::string> misfiled{"1.2.3", "1.4.5", "2.0.0"};
    int checked = 0;
    for (const Row &row : rows("semver_pgsemver")) {
        const std::string &op = text_of(row, "op");
        const std::string &a = text_of(row, "arg1");
        const Field &b = field_of(row, "arg2");
        const std::string &expected = text_of(row, "expected");
        const auto truth = [](bool holds) { return std::string{holds ? "t" : "f"}; };
        if (op == "cmp") {
            EXPECT_EQ(std::to_string(compare(a, *b)), expected) << a << " and " << *b;
        } else if (op == "=" || op == "<>") {
            EXPECT_EQ(truth(semver::equal(stored(a).bytes(), stored(*b).bytes()) == (op == "=")), expected)
                << a << " and " << *b;
        } else if (op == "is_semver") {
            EXPECT_EQ(truth(semver::is_semver(a)), expected == "f" && misfiled.contains(a) ? "t" : expected) << a;
        } else if (op == "out") {
            EXPECT_EQ(through_bytes(a), expected);
        } else if (op == "major") {
            EXPECT_EQ(semver::split(a).major, expected) << a;
        } else if (op == "minor") {
            EXPECT_EQ(semver::split(a).minor, expected) << a;
        } else if (op == "patch") {
            EXPECT_EQ(semver::split(a).patch, expected) << a;
        } else if (op == "prerelease") {
            EXPECT_EQ(semver::split(a).prerelease, expected) << a;
        } else if (op == "min" || op == "max") {
            const auto versions = sorted(oracle::split(a, ' '));
            EXPECT_EQ(op == "min" ? versions.front() : versions.back(), expected) << a;
        } else {
            continue; // PostgreSQL's ranges over versions, and aggregates: not the core's business
        }
        ++checked;
    }
    EXPECT_GT(checked, 190);
}

} // namespace
