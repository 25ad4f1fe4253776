// The rules for JSON documents, fed with the events of documents written out by hand.
#include "explain.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace {

namespace explain = mlregistry::explain;
namespace json = mlregistry::json;
using explain::Charset;
using json::Event;

using Document = std::vector<std::pair<Event, std::string>>;

const std::pair<Event, std::string> open_object{Event::object, ""}, close_object{Event::object_end, ""},
    open_array{Event::array, ""}, close_array{Event::array_end, ""}, number{Event::number, ""}, null{Event::null, ""},
    boolean{Event::boolean, ""};
std::pair<Event, std::string> key(std::string text) { return {Event::key, std::move(text)}; }
std::pair<Event, std::string> string(std::string text) { return {Event::string, std::move(text)}; }

Document object(const Document &members) {
    Document all{open_object};
    all.insert(all.end(), members.begin(), members.end());
    all.push_back(close_object);
    return all;
}

/// {"name": [elements]} without the brackets around it, to be put together.
Document list(const std::string &name, const Document &elements) {
    Document all{key(name), open_array};
    all.insert(all.end(), elements.begin(), elements.end());
    all.push_back(close_array);
    return all;
}

Document operator+(Document a, const Document &b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
}

/// The explanation of the first problem, empty when the document keeps the rule.
template <class Rule> std::string judge(const Document &document) {
    Rule rule;
    for (const auto &[event, text] : document) {
        if (!rule.feed(event, text)) {
            EXPECT_NE(rule.problem().error, json::Error::none);
            const explain::Message message = explain::json_problem(rule.problem(), Charset::utf8);
            EXPECT_FALSE(message.empty());
            EXPECT_LT(message.size, explain::Message::capacity);
            return std::string{message.view()};
        }
        EXPECT_EQ(rule.problem().error, json::Error::none);
    }
    EXPECT_TRUE(explain::json_problem(rule.problem(), Charset::utf8).empty());
    return {};
}

TEST(Metrics, AreNumbersByName) {
    const auto metrics = judge<json::Metrics>;
    EXPECT_EQ(metrics(object({})), "");
    EXPECT_EQ(metrics(object({key("accuracy"), number})), "");
    EXPECT_EQ(metrics(object({key("a"), string("NaN"), key("b"), string("Infinity"), key("c"), string("-Infinity")})),
              "");

    EXPECT_EQ(metrics({open_array}), "it is an array, not an object");
    EXPECT_EQ(metrics({number}), "it is a number, not an object");
    EXPECT_EQ(metrics({string("NaN")}), "it is a string, not an object");
    EXPECT_EQ(metrics({null}), "it is null, not an object");
    EXPECT_EQ(metrics({boolean}), "it is true or false, not an object");
    EXPECT_EQ(metrics(object({key(""), number})), R"(the name "" of a metric is not valid: it is empty)");
    EXPECT_EQ(metrics(object({key("ok"), number, key("a\xC3\xA9"), number})),
              R"(the name "a<U+00E9>" of a metric is not valid: character 2, U+00E9, is not allowed: )"
              "only A-Z, a-z, 0-9, blanks and _ . / : - are allowed");
    EXPECT_EQ(metrics(object({key(std::string(1'000'000, 'x')), number})),
              R"(the name "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx..." of a metric is not valid: )"
              "it is 1000000 bytes long; at most 250 are allowed");
    const std::string only = R"(; only numbers, "NaN", "Infinity" and "-Infinity" are allowed)";
    EXPECT_EQ(metrics(object({key("a"), string("0.9")})), R"(the value of "a" is a string)" + only);
    EXPECT_EQ(metrics(object({key("a"), string("nan")})), R"(the value of "a" is a string)" + only);
    EXPECT_EQ(metrics(object({key("a"), null})), R"(the value of "a" is null)" + only);
    EXPECT_EQ(metrics(object({key("a"), boolean})), R"(the value of "a" is true or false)" + only);
    EXPECT_EQ(metrics(object({key("a"), open_object, close_object})), R"(the value of "a" is an object)" + only);
    EXPECT_EQ(metrics(object({key("a"), open_array, number, close_array})), R"(the value of "a" is an array)" + only);
}

TEST(Metrics, AreAThousandAtMost) {
    Document members;
    for (int i = 0; i < 1000; ++i) {
        members.push_back(key("m" + std::to_string(i)));
        members.push_back(number);
    }
    EXPECT_EQ(judge<json::Metrics>(object(members)), "");
    EXPECT_EQ(judge<json::Metrics>(object(members + Document{key("one more"), number})),
              "it has more than 1000 metrics");
}

TEST(Scopes, SayWhatAndWhere) {
    const auto scopes = judge<json::Scopes>;
    const Document some = list("scopes", {string("models:read"), string("admin:write")});
    EXPECT_EQ(scopes(object({})), "");
    EXPECT_EQ(scopes(object(some)), "");
    EXPECT_EQ(scopes(object(some + list("projects", {string("default"), string("fraud-2")}))), "");
    EXPECT_EQ(scopes(object(list("projects", {string("default")}) + some)), "");
    EXPECT_EQ(scopes(object(list("scopes", {string("models:read"), string("models:read")}))), "");
}

TEST(Scopes, NeverReadNothingAsEverything) {
    const auto scopes = judge<json::Scopes>;
    const Document some = list("scopes", {string("models:read")});
    EXPECT_EQ(scopes(object(list("projects", {string("default")}))),
              R"("projects" stands without "scopes"; name the scopes that are meant)");
    EXPECT_EQ(scopes(object(list("scopes", {}))), R"(the array "scopes" is empty; it must name at least one)");
    EXPECT_EQ(scopes(object(some + list("projects", {}))),
              R"(the array "projects" is empty; it must name at least one)");
    EXPECT_EQ(scopes(object({key("scopes"), null})), R"(the value of "scopes" is null, not an array)");
    EXPECT_EQ(scopes(object(some + Document{key("projects"), null})),
              R"(the value of "projects" is null, not an array)");
    EXPECT_EQ(scopes(object(some + Document{key("projects"), string("default")})),
              R"(the value of "projects" is a string, not an array)");
    EXPECT_EQ(scopes(object({key("scopes"), string("models:read")})),
              R"(the value of "scopes" is a string, not an array)");
    EXPECT_EQ(scopes(object({key("scopes"), open_object, close_object})),
              R"(the value of "scopes" is an object, not an array)");
    EXPECT_EQ(scopes({null}), "it is null, not an object");
    EXPECT_EQ(scopes({open_array, close_array}), "it is an array, not an object");
    EXPECT_EQ(scopes({boolean}), "it is true or false, not an object");
}

TEST(Scopes, KnowTheirWords) {
    const auto scopes = judge<json::Scopes>;
    const Document some = list("scopes", {string("models:read")});
    const std::string a_scope =
        ", is not a scope; a scope is one of models versions datasets runs deployments approvals "
        "monitoring admin with :read or :write behind it";
    EXPECT_EQ(scopes(object(list("scope", {string("models:read")}))),
              R"(the key "scope" is unknown; only "scopes" and "projects" are allowed)");
    EXPECT_EQ(scopes(object(some + Document{key("note"), string("x")})),
              R"(the key "note" is unknown; only "scopes" and "projects" are allowed)");
    EXPECT_EQ(scopes(object(list("scopes", {string("models:read"), string("model:read")}))),
              R"(element 2 of "scopes", "model:read")" + a_scope);
    EXPECT_EQ(scopes(object(list("scopes", {string("*")}))), R"(element 1 of "scopes", "*")" + a_scope);
    EXPECT_EQ(scopes(object(list("scopes", {string("\xE2\x80\xAE" + std::string(100, 'x'))}))),
              R"(element 1 of "scopes", "<U+202E>xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...")" + a_scope);
    EXPECT_EQ(scopes(object(list("scopes", {string("models:read"), null}))),
              R"(element 2 of "scopes" is null, not a string)");
    EXPECT_EQ(scopes(object(list("scopes", {open_array, close_array}))),
              R"(element 1 of "scopes" is an array, not a string)");
    EXPECT_EQ(scopes(object(some + list("projects", {string("a"), number}))),
              R"(element 2 of "projects" is a number, not a string)");
    EXPECT_EQ(
        scopes(object(some + list("projects", {string("a"), string("b"), string("Acme")}))),
        R"(element 3 of "projects" is not the name of a project: character 1, "A", is a capital letter: use lower case)");
    EXPECT_EQ(scopes(object(some + list("projects", {string("*")}))),
              R"(element 1 of "projects" is not the name of a project: character 1, "*", is not allowed: )"
              "only a-z, 0-9 and - are allowed");
    EXPECT_EQ(scopes(object(list("projects", {string("a")}) + list("scopes", {string("")}))),
              R"(element 1 of "scopes", "")" + a_scope);
}

std::string syntax(const std::string &text) {
    std::vector<std::uint8_t> nesting(json::nesting_size(text));
    const json::Syntax syntax = json::check_syntax(text, nesting);
    if (syntax.error == json::SyntaxError::none) {
        return {};
    }
    return std::string{explain::json_syntax_problem(text, syntax, Charset::utf8).view()};
}

std::string repeat(std::size_t n, const std::string &piece) {
    std::string text;
    for (; n != 0; --n) {
        text += piece;
    }
    return text;
}

TEST(JsonSyntax, AcceptsJson) {
    for (const std::string text :
         {"{}", "[]", "null", "true", "false", "0", "-0", "12", "-1.5e+10", "1E5", "1e-5", R"("")",
          R"("a\"\\\/\b\f\n\r\t\u00e9")", " { \"a\" : [ 1 , { } , [ ] , \"x\" ] , \"\" : null } ", "\t\n\r[1,2]\n",
          "[[],[{}],{\"a\":[]}]", "\"\xD0\xB0\"", "\"\x7F\""}) {
        EXPECT_EQ(syntax(text), "") << text;
    }
    EXPECT_EQ(syntax(repeat(1'000'000, "[") + repeat(1'000'000, "]")), "");
    EXPECT_EQ(syntax(repeat(9, "{\"a\":[") + repeat(9, "]}")), "");
}

TEST(JsonSyntax, SaysWhereItStops) {
    const std::vector<std::pair<std::string, std::string>> cases{
        {"", "it is empty"},
        {" ", "it is not JSON: it ends too early"},
        {"{", "it is not JSON: it ends too early"},
        {R"({"a")", "it is not JSON: it ends too early"},
        {R"({"a":1)", "it is not JSON: it ends too early"},
        {R"({"a":1,)", "it is not JSON: it ends too early"},
        {"[1,", "it is not JSON: it ends too early"},
        {"\"a", "it is not JSON: it ends too early"},
        {"\"\\", "it is not JSON: it ends too early"},
        {"\"\\u12", "it is not JSON: it ends too early"},
        {"-", "it is not JSON: it ends too early"},
        {"1.", "it is not JSON: it ends too early"},
        {"1e+", "it is not JSON: it ends too early"},
        {repeat(1'000'000, "["), "it is not JSON: it ends too early"},
        {"{}}", "it is not JSON: at character 3 nothing may follow the end of the document"},
        {"1 2", "it is not JSON: at character 3 nothing may follow the end of the document"},
        {"]", "it is not JSON: at character 1 a value is expected"},
        {"[1,]", "it is not JSON: at character 4 a value is expected"},
        {R"({"a":})", "it is not JSON: at character 6 a value is expected"},
        {"['a']", "it is not JSON: at character 2 a value is expected"},
        {"{1:2}", "it is not JSON: at character 2 a key in double quotes is expected"},
        {"{'a':1}", "it is not JSON: at character 2 a key in double quotes is expected"},
        {R"({"a":1,})", "it is not JSON: at character 8 a key in double quotes is expected"},
        {R"({"a" 1})", "it is not JSON: at character 6 a colon is expected"},
        {R"({"a":1 "b":2})", "it is not JSON: at character 8 a comma or a closing bracket is expected"},
        {"[1}", "it is not JSON: at character 3 a comma or a closing bracket is expected"},
        {R"({"a":[}])", "it is not JSON: at character 7 a value is expected"},
        {R"({"a":1])", "it is not JSON: at character 7 a comma or a closing bracket is expected"},
        {"\"a\nb\"", "it is not JSON: at character 3 a control character in a string must be escaped"},
        {R"("\x")", "it is not JSON: at character 3 this escape is unknown"},
        {R"("\u12g4")", "it is not JSON: at character 6 this escape is unknown"},
        {"01", "it is not JSON: at character 2 this is not how a number is written"},
        {"1.e5", "it is not JSON: at character 3 this is not how a number is written"},
        {".5", "it is not JSON: at character 1 a value is expected"},
        {"+1", "it is not JSON: at character 1 a value is expected"},
        {"-x", "it is not JSON: at character 2 this is not how a number is written"},
        {"12a", "it is not JSON: at character 3 this is not how a number is written"},
        {"NaN",
         "it is not JSON: at character 1 text must be in double quotes; the only words are true, false and null"},
        {R"({"a":Infinity})",
         "it is not JSON: at character 6 text must be in double quotes; the only words are true, false and null"},
        {"[tru]",
         "it is not JSON: at character 2 text must be in double quotes; the only words are true, false and null"},
        {"[\"\xD0\xB0\xD0\xB0\" x]", "it is not JSON: at character 7 a comma or a closing bracket is expected"},
        {"\xD0\xB0", "it is not JSON: at character 1 a value is expected"},
        {std::string{"1\0", 2}, "it is not JSON: at character 2 nothing may follow the end of the document"},
        {std::string{"\0", 1}, "it is not JSON: at character 1 a value is expected"}};
    for (const auto &[text, expected] : cases) {
        EXPECT_EQ(syntax(text), expected) << testing::PrintToString(text.substr(0, 80));
    }
}

TEST(JsonSyntax, SoundJsonThatIsNoJsonb) {
    EXPECT_EQ(explain::json_syntax_problem("1e999999", {}, Charset::utf8).view(),
              "it is JSON, but a number or an escape in it is not one that jsonb can hold");
}

} // namespace
