// Explanations: what people read, and that there is one exactly when a value is not valid.
#include "explain.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace {

namespace explain = mlregistry::explain;
using explain::Charset;
using explain::Message;
using explain::Rule;

using Cases = std::vector<std::pair<std::string, std::string>>;

const std::string megabyte(1'000'000, 'a');
const std::string cyrillic_a = "\xD0\xB0";
const std::string zero_width_space = "\xE2\x80\x8B";
const std::string right_to_left = "\xE2\x80\xAE"; // U+202E
const std::string no_break_space = "\xC2\xA0";
const std::string byte_order_mark = "\xEF\xBB\xBF";
const std::string binary_junk = "\x80\xFE\xFF\xC0\xAF\x01\x7F\xED\xA0\x80";

std::string problem(Rule rule, const std::string &text, Charset charset = Charset::utf8) {
    return std::string{explain::text_problem(rule, text, charset).view()};
}

void expect(Rule rule, const Cases &cases, Charset charset = Charset::utf8) {
    for (const auto &[text, words] : cases) {
        EXPECT_EQ(problem(rule, text, charset), words) << testing::PrintToString(text.substr(0, 80));
        EXPECT_EQ(explain::is_valid(rule, text, charset), words.empty()) << testing::PrintToString(text.substr(0, 80));
    }
}

TEST(Explain, Name) {
    const std::string only = ": only a-z, 0-9 and - are allowed";
    expect(Rule::name,
           {{"fraud-detector", ""},
            {"", "it is empty"},
            {std::string(256, 'a'), "it is 256 bytes long; at most 255 are allowed"},
            {megabyte, "it is 1000000 bytes long; at most 255 are allowed"},
            {"-a", "it begins with a dash"},
            {"a-", "it ends with a dash"},
            {"-", "it begins with a dash"},
            {"model--b", "two dashes in a row at character 6"},
            {"a--B", "two dashes in a row at character 2"},
            {"fraDd", "character 4, \"D\", is a capital letter: use lower case"},
            {"a_b", "character 2, \"_\", is not allowed" + only},
            {"a-_b", "character 3, \"_\", is not allowed" + only},
            {"a b", "character 2 is a blank" + only},
            {"a\tb", "character 2 is a tab" + only},
            {"a\n", "character 2 is a line break" + only},
            {"\x07", "character 1, U+0007, is a control character" + only},
            {std::string{"a\0", 2}, "character 2, U+0000, is a control character" + only},
            {"ab" + cyrillic_a, "character 3, U+0430, is not allowed" + only},
            {"\xF0\x9F\x98\x80", "character 1, U+1F600, is not allowed" + only},
            {"a" + zero_width_space, "character 2, U+200B, is an invisible or direction-changing character" + only},
            {"a" + right_to_left + "b", "character 2, U+202E, is an invisible or direction-changing character" + only},
            {byte_order_mark + "a", "character 1, U+FEFF, is an invisible or direction-changing character" + only},
            {no_break_space, "character 1, U+00A0, is a blank" + only},
            {"a\xE2\x80\xA8", "character 2, U+2028, is a line break" + only}});
}

TEST(Explain, CharactersOfOtherEncodingsAreBytes) {
    const std::string only = ": only a-z, 0-9 and - are allowed";
    expect(Rule::name,
           {{"a\xE4", "character 2, byte E4, is not allowed" + only},
            {"a" + cyrillic_a, "character 2, byte D0, is not allowed" + only}},
           Charset::bytes);
    expect(Rule::label, {{std::string(501, '\xE4'), "it is 501 bytes long; at most 500 are allowed"}, {"\xC2\xA0", ""}},
           Charset::bytes);
}

TEST(Explain, TagName) {
    const std::string only = ": only a-z, 0-9, - and _ are allowed";
    expect(Rule::tag_name, {{"use_case", ""},
                            {"_a", "it begins with an underscore"},
                            {"a_", "it ends with an underscore"},
                            {"a-_b", "two joining characters in a row at character 2"},
                            {"a.b", "character 2, \".\", is not allowed" + only},
                            {"A", "character 1, \"A\", is a capital letter: use lower case"}});
}

TEST(Explain, Alias) {
    const std::string only = ": only a-z, 0-9, - and _ are allowed";
    expect(Rule::alias, {{"champion", ""},
                         {"", "it is empty"},
                         {"v1", "it reads as a version"},
                         {"v1.2.3", "it reads as a version"},
                         {"1.2.3", "it reads as a version"},
                         {"x", "it reads as a range of versions"},
                         {"vx", "it reads as a range of versions"},
                         {"latest", "latest always means the latest version"},
                         {"production", "it is the name of a stage"},
                         {"Champion", "character 1, \"C\", is a capital letter: use lower case"},
                         {"1a", "it begins with a digit; the first character must be one of a-z and _"},
                         {"-a", "it begins with a dash; the first character must be one of a-z and _"},
                         {"a.b", "character 2, \".\", is not allowed" + only},
                         {std::string(256, 'a'), "it is 256 bytes long; at most 255 are allowed"}});
}

TEST(Explain, Label) {
    expect(Rule::label,
           {{"Fraud detector", ""},
            {"", "it is empty"},
            {" a", "it begins with a blank"},
            {"a ", "it ends with a blank"},
            {"a" + no_break_space, "it ends with a blank, U+00A0"},
            {byte_order_mark + "a", "it begins with an invisible character, U+FEFF"},
            {"a\tb", "character 2 is a tab: control characters are not allowed"},
            {cyrillic_a + "\nb", "character 2 is a line break: control characters are not allowed"},
            {"a\xC2\x85", "character 2, U+0085, is a control character: control characters are not allowed"},
            {megabyte, "it is 1000000 characters long; at most 500 are allowed"}});
}

TEST(Explain, MetricName) {
    const std::string only = ": only A-Z, a-z, 0-9, blanks and _ . / : - are allowed";
    expect(Rule::metric_name, {{"val/loss", ""},
                               {"", "it is empty"},
                               {" a", "it begins with a blank"},
                               {"a ", "it ends with a blank"},
                               {"f1@5", "character 3, \"@\", is not allowed" + only},
                               {std::string(251, 'a'), "it is 251 bytes long; at most 250 are allowed"}});
}

TEST(Explain, Email) {
    const std::string local = ": only A-Z, a-z, 0-9 and . _ % + - are allowed before the @";
    const std::string domain = ": only A-Z, a-z, 0-9, - and . are allowed in a domain";
    const std::string label63(63, 'a');
    expect(Rule::email,
           {{"a@b.de", ""},
            {"", "it is empty"},
            {"a", "it has no @"},
            {"@b.de", "nothing stands before the @"},
            {"a@", "nothing follows the @"},
            {"a@b@c.de", "a second @ at character 4"},
            {cyrillic_a + "@b@c.de", "a second @ at character 4"},
            {" a@b.de", "character 1 is a blank" + local},
            {".a@b.de", "it begins with a dot"},
            {"a.@b.de", "a dot stands right before the @"},
            {"a..b@c.de", "two dots in a row at character 2"},
            {std::string(65, 'a') + "@b.de", "the part before the @ is 65 bytes long; at most 64 are allowed"},
            {"a@b", "the domain has no dot"},
            {"a@.de", "the domain begins with a dot"},
            {"a@b.de.", "the domain ends with a dot"},
            {"a@b..de", "two dots in a row at character 4"},
            {"a@-b.de", "a part of the domain begins or ends with a dash at character 3"},
            {"a@bc-.de", "a part of the domain begins or ends with a dash at character 5"},
            {"a@b_c.de", "character 4, \"_\", is not allowed" + domain},
            {"a@b.d" + cyrillic_a, "character 6, U+0430, is not allowed" + domain},
            {"a@a" + label63 + ".de", "a part of the domain is 64 bytes long; at most 63 are allowed"},
            {"a@b.d", "the last part of the domain is 1 byte long; at least 2 are needed"},
            {"a@b.d1", "character 6, \"1\", is not allowed: only letters are allowed behind the last dot"},
            {megabyte + "@b.de", "it is 1000005 bytes long; at most 254 are allowed"}});
}

TEST(Explain, ChecksumsAndCommits) {
    const std::string only = ": only 0-9 and a-f are allowed";
    expect(Rule::sha256, {{std::string(64, 'a'), ""},
                          {"", "it is empty"},
                          {std::string(63, 'a'), "it is 63 bytes long; exactly 64 are needed"},
                          {std::string(65, 'a'), "it is 65 bytes long; exactly 64 are needed"},
                          {std::string(64, 'A'), "character 1, \"A\", is a capital letter: use lower case"},
                          {"sha256:" + std::string(64, 'a'), "character 1, \"s\", is not allowed" + only},
                          {std::string(64, 'a') + "\n", "character 65 is a line break" + only}});
    expect(Rule::git_commit, {{"abc1234", ""},
                              {"abc123", "it is 6 bytes long; at least 7 are needed"},
                              {std::string(65, '0'), "it is 65 bytes long; at most 64 are allowed"},
                              {"HEAD", "character 1, \"H\", is not allowed" + only},
                              {"abcdefg", "character 7, \"g\", is not allowed" + only}});
}

TEST(Explain, ArtifactUri) {
    const std::string neither =
        "it has neither a scheme, such as s3:, nor is it an absolute path, which begins with a slash";
    expect(Rule::artifact_uri,
           {{"s3://models/a", ""},
            {"", "it is empty"},
            {"/", "it is 1 byte long; at least 2 are needed"},
            {"model.pt", neither},
            {"a/b:c", neither},
            {".\\a:b", neither},
            {"C:\\models", "the scheme before the colon is a single letter; at least 2 characters are needed"},
            {"s3:", "nothing follows the scheme"},
            {":x", "nothing stands before the colon"},
            {"1s:/a", "the scheme does not begin with a letter"},
            {"my file:x", "character 3 is a blank: only A-Z, a-z, 0-9 and + . - are allowed in a scheme"},
            {" s3://a", "it begins with a blank"},
            {"s3://a ", "it ends with a blank"},
            {"s3://a\nb", "character 7 is a line break: control characters are not allowed"},
            {"/" + megabyte, "it is 1000001 bytes long; at most 4096 are allowed"}});
}

TEST(Explain, Url) {
    expect(Rule::url, {{"https://example.com", ""},
                       {"", "it is empty"},
                       {"example.com", "it does not begin with http:// or https:// in lower case"},
                       {"HTTPS://example.com", "it does not begin with http:// or https:// in lower case"},
                       {"https://", "the host is missing"},
                       {"https:///a", "the host is missing"},
                       {"https://user@/a", "the host is missing"},
                       {"https://:80", "the host before the port is missing"},
                       {"https://a b", "character 10 is a blank: blanks are not allowed"},
                       {"https://a\xE3\x80\x80", "character 10, U+3000, is a blank: blanks are not allowed"},
                       {"https://a\t", "character 10 is a tab: control characters are not allowed"},
                       {"https://" + megabyte, "it is 1000008 bytes long; at most 4096 are allowed"}});
}

TEST(Explain, FilePath) {
    expect(Rule::file_path, {{"gpu/model.onnx", ""},
                             {"", "it is empty"},
                             {"/a", "it begins with a slash; a path inside a version is relative"},
                             {"a/", "it ends with a slash"},
                             {"ab//c", "two slashes in a row at character 3"},
                             {"a/../b", "the part \"..\" is not allowed, at character 3"},
                             {"./a", "the part \".\" is not allowed, at character 1"},
                             {"a\nb", "character 2 is a line break: control characters are not allowed"},
                             {megabyte, "it is 1000000 bytes long; at most 1024 are allowed"}});
}

TEST(Explain, SecretRefIsNeverQuoted) {
    const std::string begin = "it does not begin with env:, file:, vault:, aws-sm:, gcp-sm: or azure-kv:";
    expect(Rule::secret_ref,
           {{"env:SLACK_TOKEN", ""},
            {"", "it is empty"},
            {"xoxb-1234", begin},
            {"hunter2:x", begin},
            {"ENV:X", begin},
            {"env:", "nothing follows the colon"},
            {"env: X", "a blank follows the colon"},
            {"env:X ", "it ends with a blank"},
            {"env:a\nb", "character 6 is not a printable ASCII character"},
            {"env:a\xC3\xA9", "character 6 is not a printable ASCII character"},
            {"env:" + megabyte, "what follows the colon is 1000000 bytes long; at most 1024 are allowed"}});
}

TEST(Explain, Semver) {
    expect(Rule::semver,
           {{"1.2.3-rc.1+cu121", ""},
            {"", "it is empty"},
            {"1.2", "at its end a dot is expected, a version has three numbers; semver_coerce() reads it as 1.2.0"},
            {"v1.2.3", "character 1, \"v\": a number is expected; semver_coerce() reads it as 1.2.3"},
            {"1.02.3", "character 3, \"0\": a number must not have a leading zero; semver_coerce() reads it as 1.2.3"},
            {"1.2.3 ", "character 6 is a blank: a version has none; semver_coerce() reads it as 1.2.3"},
            {"1.2.3-", "at its end an identifier must not be empty"},
            {"1.2.3.4", "character 6, \".\": this character may not stand here"},
            {"1.2." + cyrillic_a, "character 5, U+0430, is not allowed in a version"},
            {"1.2.3" + zero_width_space, "character 6, U+200B, is an invisible or direction-changing character"},
            {"1.2.3-" + megabyte, "it is 1000006 characters long; at most 256 are allowed"},
            {"latest", "character 1, \"l\": a number is expected"}});
}

TEST(Explain, SemverRange) {
    expect(Rule::semver_range,
           {{"^1.4 || 2.x", ""},
            {"", ""},
            {"latest", "character 1, \"l\": a version or x is expected"},
            {"^1.04", "character 4, \"0\": a number must not have a leading zero"},
            {">=1, <2", "character 4, \",\": comparators are separated by blanks, not by commas"},
            {"1 ||", "at its end an alternative must not be empty; * matches any version"},
            {"1." + cyrillic_a, "character 3, U+0430, is not allowed in a range"},
            {"1" + zero_width_space, "character 2, U+200B, is an invisible or direction-changing character"},
            {std::string(5000, ' '), "it is 5000 bytes long; at most 4096 are allowed"}});
}

TEST(Explain, Score) {
    EXPECT_EQ(explain::score_problem(explain::Score::valid).view(), "");
    EXPECT_EQ(explain::score_problem(explain::Score::empty).view(), "it is empty");
    EXPECT_EQ(explain::score_problem(explain::Score::not_a_number).view(), "it is not a number");
    EXPECT_EQ(explain::score_problem(explain::Score::above).view(), "it is greater than 1; a score is from 0 to 1");
}

TEST(Explain, RulesHaveTwoNamesEach) {
    for (std::size_t i = 0; i < explain::rule_names.size(); ++i) {
        const std::string_view full = explain::rule_names[i];
        Rule rule{};
        ASSERT_TRUE(explain::rule_from_name(full, rule));
        EXPECT_EQ(static_cast<std::size_t>(rule), i);
        const std::string_view brief = full.substr(full.starts_with("is_valid_") ? 9 : 3);
        ASSERT_TRUE(explain::rule_from_name(brief, rule));
        EXPECT_EQ(static_cast<std::size_t>(rule), i);
    }
    EXPECT_TRUE(std::is_sorted(explain::rule_names.begin(), explain::rule_names.end()));
    Rule rule{};
    for (const std::string name :
         {"", "is_", "is_valid_", "valid_name", "NAME", "is_name", "is_stage", "name ", "nam"}) {
        EXPECT_FALSE(explain::rule_from_name(name, rule)) << name;
    }
    ASSERT_TRUE(explain::rule_from_name("metric_name", rule));
    EXPECT_EQ(rule, Rule::metric_name);
    ASSERT_TRUE(explain::rule_from_name("is_score", rule));
    EXPECT_EQ(rule, Rule::score);
}

TEST(Explain, IsSilentExactlyWhenTheValueIsValid) {
    std::vector<std::string> pieces{"",
                                    "a",
                                    "A",
                                    "0",
                                    "v1",
                                    "x",
                                    "latest",
                                    "staging",
                                    "-",
                                    "_",
                                    ".",
                                    "..",
                                    "/",
                                    ":",
                                    "@",
                                    " ",
                                    "\t",
                                    "\n",
                                    "\x7F",
                                    "env:",
                                    "file:",
                                    "s3:",
                                    "http://",
                                    "https://h",
                                    "a.de",
                                    "1.2.3",
                                    "1.2",
                                    "+",
                                    "\xC2\xA0",
                                    "\xE2\x80\x8B",
                                    "\xE2\x80\xA8",
                                    "\xEF\xBB\xBF",
                                    cyrillic_a,
                                    right_to_left,
                                    "\xD7\xA9",
                                    "\xEF\xBD\x81",
                                    "\xC4\xB1",
                                    "\xCE\xBF",
                                    binary_junk,
                                    "abc1234",
                                    std::string(63, 'a'),
                                    std::string(64, 'f'),
                                    std::string(250, 'a'),
                                    std::string(256, 'b'),
                                    std::string(1025, 'c'),
                                    megabyte};
    for (const auto &a : pieces) {
        for (const auto &b : pieces) {
            for (const auto &text : {a + b, a + b + a}) {
                for (std::size_t i = 0; i < explain::rule_names.size(); ++i) {
                    const Rule rule = static_cast<Rule>(i);
                    if (rule == Rule::metrics || rule == Rule::scopes || rule == Rule::score) {
                        continue;
                    }
                    for (const auto charset : {Charset::utf8, Charset::bytes}) {
                        if (text.size() > 5000 && charset == Charset::bytes) {
                            continue; // time
                        }
                        const Message message = explain::text_problem(rule, text, charset);
                        ASSERT_EQ(message.empty(), explain::is_valid(rule, text, charset))
                            << explain::rule_names[i] << " " << testing::PrintToString(text.substr(0, 80));
                        ASSERT_NE(message.view(), "it is not valid")
                            << explain::rule_names[i] << " " << testing::PrintToString(text.substr(0, 80));
                        ASSERT_LT(message.size, Message::capacity);
                        ASSERT_TRUE(std::all_of(message.view().begin(), message.view().end(),
                                                [](char c) { return c >= ' ' && c <= '~'; }));
                    }
                }
            }
        }
    }
}

TEST(Message, IsCutAtItsEnd) {
    Message message;
    for (int i = 0; i < 100; ++i) {
        message.append("0123456789");
    }
    EXPECT_EQ(message.size, Message::capacity);
    message.append(std::size_t{18446744073709551615U});
    message.append_character(U'x', Charset::utf8);
    EXPECT_EQ(message.size, Message::capacity);
    Message number;
    number.append(std::size_t{18446744073709551615U});
    EXPECT_EQ(number.view(), "18446744073709551615");
}

} // namespace
