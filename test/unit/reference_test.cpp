// References to models and versions: `[project/]model[@selector]`.
#include "reference.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace {

namespace reference = mlregistry::reference;
using reference::Error;
using reference::SelectorKind;

TEST(Reference, IsSplitAtTheFirstAtAndSlash) {
    struct Row {
        std::string text, project, model, selector;
        bool has_selector;
    };
    const std::string longest(255, 'a');
    const std::vector<Row> table{
        {"fraud-detector", "", "fraud-detector", "", false},
        {"fraud-detector@1.4.0", "", "fraud-detector", "1.4.0", true},
        {"risk/fraud-detector", "risk", "fraud-detector", "", false},
        {"risk/fraud-detector@champion", "risk", "fraud-detector", "champion", true},
        {"m@^1.4 || >=2", "", "m", "^1.4 || >=2", true},
        {"m@a/b", "", "m", "a/b", true}, // a slash behind the @ is the selector's
        {"m@a@b", "", "m", "a@b", true},
        {"m@@", "", "m", "@", true},
        {"m@ ", "", "m", " ", true}, // what the selector means is for classify() to say
        {"0/0@0", "0", "0", "0", true},
        {longest + "/" + longest + "@" + longest, longest, longest, longest, true},
        {"m@" + std::string(1'000'000, 'x'), "", "m", std::string(1'000'000, 'x'), true},
    };
    for (const Row &row : table) {
        const auto [error, found] = reference::parse(row.text);
        EXPECT_EQ(error, Error::none) << row.text.substr(0, 80);
        EXPECT_EQ(found.project, row.project);
        EXPECT_EQ(found.model, row.model);
        EXPECT_EQ(found.selector, row.selector);
        EXPECT_EQ(found.has_selector, row.has_selector) << row.text.substr(0, 80);
    }
}

TEST(Reference, SaysWhichPartIsBad) {
    struct Row {
        std::string text;
        Error error;
    };
    const std::vector<Row> table{
        {"", Error::bad_model},
        {" ", Error::bad_model},
        {"@", Error::bad_model},
        {"@1.0.0", Error::bad_model},
        {"/", Error::bad_project},
        {"/m", Error::bad_project},
        {"p/", Error::bad_model},
        {"p/@1.0.0", Error::bad_model},
        {"/m@1.0.0", Error::bad_project},
        {"a/b/c", Error::bad_model},
        {"P/m", Error::bad_project},
        {"p/M", Error::bad_model},
        {"Model", Error::bad_model},
        {"a_b", Error::bad_model},
        {"a b", Error::bad_model},
        {" m", Error::bad_model},
        {"m ", Error::bad_model},
        {"m @1", Error::bad_model},
        {"m\n", Error::bad_model},
        {"m@", Error::empty_selector},
        {"p/m@", Error::empty_selector},
        {std::string(256, 'a'), Error::bad_model},
        {std::string(256, 'a') + "/m", Error::bad_project},
        {std::string(1'000'000, 'a'), Error::bad_model},
        {"\xD0\xB0", Error::bad_model},       // Cyrillic a
        {"\xEF\xBD\x8D", Error::bad_model},   // fullwidth m
        {"m\xEF\xBC\xA0x", Error::bad_model}, // fullwidth @
        {"\xD7\xA9/m", Error::bad_project},   // Hebrew
        {"\xFF\xFE\x80", Error::bad_model},
        {std::string{"m\0", 2}, Error::bad_model},
    };
    for (const auto &[text, error] : table) {
        EXPECT_EQ(reference::parse(text).error, error) << testing::PrintToString(text.substr(0, 80));
    }
}

TEST(Selector, IsOfOneKind) {
    struct Row {
        std::string selector;
        SelectorKind kind;
    };
    const std::vector<Row> table{
        {"", SelectorKind::latest},
        {"latest", SelectorKind::latest},
        {"1.4.0", SelectorKind::exact},
        {"0.0.0-0", SelectorKind::exact},
        {"1.4.0-rc.1+b", SelectorKind::exact},
        {"18446744073709551616.0.0", SelectorKind::exact},
        {"development", SelectorKind::stage},
        {"staging", SelectorKind::stage},
        {"production", SelectorKind::stage},
        {"archived", SelectorKind::stage},
        {"champion", SelectorKind::alias},
        {"Champion", SelectorKind::alias},
        {"CHAMPION", SelectorKind::alias},
        {"_", SelectorKind::alias},
        {"v", SelectorKind::alias},
        {"a--", SelectorKind::alias},
        {std::string(255, 'A'), SelectorKind::alias},
        // An alias cannot be spelled like any of these in whatever case, so they mean what they say.
        {"Latest", SelectorKind::latest},
        {"LATEST", SelectorKind::latest},
        {"Production", SelectorKind::stage},
        {"STAGING", SelectorKind::stage},
        {"v1", SelectorKind::invalid},
        {"V1.2.3", SelectorKind::invalid},
        {"v1.2.3", SelectorKind::invalid},
        {"x", SelectorKind::range},
        {"X", SelectorKind::range},
        {"vx", SelectorKind::invalid},
        {"1", SelectorKind::range},
        {"1.2", SelectorKind::range},
        {"01.2.3", SelectorKind::invalid},
        {" ", SelectorKind::invalid}, // the type reads any version in it, but nobody means that behind an @
        {"^1.4", SelectorKind::range},
        {">=1 <2 || 4.x", SelectorKind::range},
        {"1.0 - 2.0", SelectorKind::range},
        {"*", SelectorKind::range},
        {"=1.2.3", SelectorKind::range},
        {"1.2.3 ", SelectorKind::range},
        {"^v1", SelectorKind::invalid},
        {"^1,2", SelectorKind::invalid},
        {" latest", SelectorKind::invalid},
        {"latest ", SelectorKind::invalid},
        {"champion ", SelectorKind::invalid},
        {"a.b", SelectorKind::invalid},
        {"a/b", SelectorKind::invalid},
        {"@", SelectorKind::invalid},
        {"\xD0\xB0", SelectorKind::invalid},
        {"champ\xC4\xB0on", SelectorKind::invalid}, // capital I with dot: its lower case depends on the locale
        {"\xE2\x84\xAA", SelectorKind::invalid},    // Kelvin sign, whose lower case is k
        {std::string(256, 'a'), SelectorKind::invalid},
        {std::string(1'000'000, 'a'), SelectorKind::invalid},
        {"\x80\xFF", SelectorKind::invalid},
        {std::string{"a\0", 2}, SelectorKind::invalid},
    };
    for (const auto &[selector, kind] : table) {
        EXPECT_STREQ(reference::name_of(reference::classify(selector)), reference::name_of(kind))
            << testing::PrintToString(selector.substr(0, 80));
    }
}

TEST(Reference, BlanksAloneAreNoRange) {
    EXPECT_EQ(reference::classify(" "), SelectorKind::invalid);
    EXPECT_EQ(reference::classify(" \t"), SelectorKind::invalid);
    EXPECT_EQ(reference::classify("*"), SelectorKind::range);
    EXPECT_EQ(reference::classify("||"), SelectorKind::range);
}

TEST(Reference, HasWordsForEverything) {
    EXPECT_STREQ(reference::name_of(SelectorKind::latest), "latest");
    EXPECT_STREQ(reference::name_of(SelectorKind::exact), "exact");
    EXPECT_STREQ(reference::name_of(SelectorKind::stage), "stage");
    EXPECT_STREQ(reference::name_of(SelectorKind::alias), "alias");
    EXPECT_STREQ(reference::name_of(SelectorKind::range), "range");
    EXPECT_STREQ(reference::name_of(SelectorKind::invalid), "invalid");
    for (const Error error : {Error::none, Error::bad_project, Error::bad_model, Error::empty_selector}) {
        EXPECT_STRNE(reference::describe(error), "unknown error");
    }
}

} // namespace
