// Explanations of any bytes: there is one exactly when the value is not valid, it is short and printable, and the
// explainer has always found what the validator has.
#include "explain.hpp"

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <vector>

namespace explain = mlregistry::explain;
namespace json = mlregistry::json;
using explain::Charset;
using explain::Message;
using explain::Rule;

static void require(bool holds) {
    if (!holds) {
        __builtin_trap();
    }
}

static void check(const Message &message, bool valid) {
    const std::string_view words = message.view();
    require(words.empty() == valid);
    require(words.size() < Message::capacity);
    require(words != "it is not valid");
    require(std::all_of(words.begin(), words.end(), [](char c) { return c >= ' ' && c <= '~'; }));
}

/// Reads the bytes as the steps of a walk over a document; never more ends than beginnings.
template <class JsonRule> static void walk(std::string_view bytes, Charset charset) {
    // Texts that the rules know, so that a fuzzer gets beyond the first of them.
    constexpr std::string_view known[] = {"scopes",  "projects", "models:read", "admin:write",
                                          "default", "NaN",      "accuracy"};
    JsonRule rule;
    std::vector<bool> open; // true: an object
    bool is_value = true;   // or else a key or an end
    do {
        const unsigned choice = bytes.empty() ? 0 : static_cast<unsigned char>(bytes.front());
        bytes.remove_prefix(bytes.empty() ? 0 : 1);
        std::string_view text = bytes.substr(0, choice >> 4U);
        if (choice >= 0x80) {
            text = known[(choice >> 4U) % std::size(known)];
        }
        json::Event event{};
        if (!open.empty() && choice % 8 == 0) {
            if (open.back() && is_value) {
                event = json::Event::null; // a key has its value
            } else {
                event = open.back() ? json::Event::object_end : json::Event::array_end;
                open.pop_back();
            }
            is_value = !open.empty() && !open.back();
        } else if (!open.empty() && open.back() && !is_value) {
            event = json::Event::key;
            is_value = true;
        } else {
            constexpr json::Event values[] = {json::Event::object, json::Event::object, json::Event::array,
                                              json::Event::array,  json::Event::string, json::Event::string,
                                              json::Event::number, json::Event::boolean};
            event = values[choice % 8];
            if (event == json::Event::object || event == json::Event::array) {
                open.push_back(event == json::Event::object);
            }
            is_value = !open.empty() && !open.back();
        }
        const bool good = rule.feed(event, text);
        check(explain::json_problem(rule.problem(), charset), good);
        if (!good) {
            return;
        }
    } while (!open.empty());
}

static void check_syntax(std::string_view text, Charset charset) {
    std::vector<std::uint8_t> nesting(json::nesting_size(text));
    const json::Syntax syntax = json::check_syntax(text, nesting);
    check(explain::json_syntax_problem(text, syntax, charset), false);
    require(syntax.offset <= text.size());
    if (syntax.error == json::SyntaxError::none || syntax.error == json::SyntaxError::ends_early) {
        return;
    }
    // Up to that place nothing was wrong.
    const json::Syntax before = json::check_syntax(text.substr(0, syntax.offset), nesting);
    require(before.error == json::SyntaxError::none || before.error == json::SyntaxError::ends_early);
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    const std::string_view text{reinterpret_cast<const char *>(data), size};
    for (const auto charset : {Charset::utf8, Charset::bytes}) {
        for (std::size_t i = 0; i < explain::rule_names.size(); ++i) {
            const Rule rule = static_cast<Rule>(i);
            if (rule != Rule::metrics && rule != Rule::scopes && rule != Rule::score) {
                check(explain::text_problem(rule, text, charset), explain::is_valid(rule, text, charset));
            }
        }
        walk<json::Metrics>(text, charset);
        walk<json::Scopes>(text, charset);
        check_syntax(text, charset);
    }
    Rule rule{};
    (void)explain::rule_from_name(text, rule);
    return 0;
}
