#include "normalize.hpp"

#include <gtest/gtest.h>

#include <string>

namespace mlregistry::normalize {
namespace {

std::string normalized(Rule rule, std::string_view text) {
    std::string kept{trimmed(text)};
    change_case(rule, kept);
    return kept;
}

TEST(Normalize, TrimsAsciiBlanksAtBothEnds) {
    EXPECT_EQ(normalized(Rule::trim, " \t\n\v\f\r a b \r\n"), "a b");
    EXPECT_EQ(normalized(Rule::trim, "   "), "");
    EXPECT_EQ(normalized(Rule::trim, ""), "");
    EXPECT_EQ(normalized(Rule::trim, "\xC2\xA0x"), "\xC2\xA0x"); // a no-break space is not ASCII
    EXPECT_EQ(normalized(Rule::trim, " A "), "A");
}

TEST(Normalize, LowerCasesAsciiOnly) {
    EXPECT_EQ(normalized(Rule::lower, " ABCxyz\xC3\x89 "), "abcxyz\xC3\x89");
    EXPECT_EQ(normalized(Rule::lower, "@[`{"), "@[`{"); // the neighbours of the letters
}

TEST(Normalize, LowerCasesTheDomainOfAnAddress) {
    EXPECT_EQ(normalized(Rule::email_domain, " Jane.Doe@EXAMPLE.Com"), "Jane.Doe@example.com");
    EXPECT_EQ(normalized(Rule::email_domain, "A@B@C"), "A@B@c");
    EXPECT_EQ(normalized(Rule::email_domain, "NoAddress"), "NoAddress");
}

TEST(Normalize, IsNormalSaysWhenNothingChanges) {
    for (const Rule rule : {Rule::trim, Rule::lower, Rule::email_domain}) {
        for (const std::string_view text : {"", " ", "a", "A", " a", "a ", "A@B", "a@B", "A@b", "x y"}) {
            EXPECT_EQ(is_normal(rule, text), normalized(rule, text) == text) << static_cast<int>(rule) << " " << text;
        }
    }
}

TEST(Normalize, KnowsItsRules) {
    Rule rule{};
    EXPECT_TRUE(rule_from_name("trim", rule));
    EXPECT_EQ(rule, Rule::trim);
    EXPECT_TRUE(rule_from_name("lower", rule));
    EXPECT_EQ(rule, Rule::lower);
    EXPECT_TRUE(rule_from_name("email", rule));
    EXPECT_EQ(rule, Rule::email_domain);
    EXPECT_FALSE(rule_from_name("upper", rule));
    EXPECT_FALSE(rule_from_name("", rule));
}

} // namespace
} // namespace mlregistry::normalize
