// What is wrong with a JSON document, in words.
#include "explain.hpp"

#include "validate_rules.hpp"

namespace mlregistry::explain {

namespace {

/// A name out of a document, in double quotes and cut after about 40 characters.
void quote(Message &out, std::string_view text, Charset charset) noexcept {
    out.append("\"");
    for (const std::size_t end = out.size + 40; !text.empty();) {
        if (out.size >= end) {
            out.append("...");
            break;
        }
        const char32_t c = validate::take_character(text, charset);
        if (c >= ' ' && c <= '~') {
            const char printed = static_cast<char>(c);
            out.append({&printed, 1});
        } else {
            out.append("<");
            out.append_character(c, charset);
            out.append(">");
        }
    }
    out.append("\"");
}

std::string_view kind_of(json::Event event) noexcept {
    switch (event) {
    case json::Event::object:
        return "an object";
    case json::Event::array:
        return "an array";
    case json::Event::string:
        return "a string";
    case json::Event::number:
        return "a number";
    case json::Event::boolean:
        return "true or false";
    case json::Event::null:
        return "null";
    default:
        break;
    }
    return "something else";
}

} // namespace

Message json_problem(const json::Problem &problem, Charset charset) noexcept {
    using json::Error;
    Message message;
    const auto say = [&](auto... parts) { (message.append(parts), ...); };
    const auto name = [&](std::string_view before) {
        message.append(before);
        quote(message, problem.key, charset);
    };
    const auto element = [&] {
        say("element ", problem.element, " of ");
        name("");
    };
    switch (problem.error) {
    case Error::none:
        break;
    case Error::not_object:
        say("it is ", kind_of(problem.event), ", not an object");
        break;
    case Error::too_many:
        say("it has more than ", json::max_metrics, " metrics");
        break;
    case Error::bad_name:
        name("the name ");
        say(" of a metric is not valid: ");
        say(text_problem(Rule::metric_name, problem.key, charset).view());
        break;
    case Error::bad_value:
        name("the value of ");
        say(" is ", kind_of(problem.event), R"(; only numbers, "NaN", "Infinity" and "-Infinity" are allowed)");
        break;
    case Error::unknown_key:
        name("the key ");
        say(R"( is unknown; only "scopes" and "projects" are allowed)");
        break;
    case Error::not_array:
        name("the value of ");
        say(" is ", kind_of(problem.event), ", not an array");
        break;
    case Error::empty_array:
        name("the array ");
        say(" is empty; it must name at least one");
        break;
    case Error::not_string:
        element();
        say(" is ", kind_of(problem.event), ", not a string");
        break;
    case Error::bad_scope:
        element();
        say(", ");
        quote(message, problem.text, charset);
        say(", is not a scope; a scope is one of");
        for (const auto area : validate::scope_areas) {
            say(" ", area);
        }
        say(" with :read or :write behind it");
        break;
    case Error::bad_project:
        element();
        say(" is not the name of a project: ");
        say(text_problem(Rule::name, problem.text, charset).view());
        break;
    case Error::without_scopes:
        say(R"("projects" stands without "scopes"; name the scopes that are meant)");
        break;
    }
    return message;
}

Message json_syntax_problem(std::string_view text, json::Syntax syntax, Charset charset) noexcept {
    Message message;
    if (text.empty()) {
        message.append("it is empty");
        return message;
    }
    if (syntax.error == json::SyntaxError::none) {
        message.append("it is JSON, but a number or an escape in it is not one that jsonb can hold");
        return message;
    }
    message.append("it is not JSON: ");
    if (syntax.error != json::SyntaxError::ends_early) {
        message.append("at character ");
        message.append(validate::count_characters(text.substr(0, syntax.offset), charset) + 1);
        message.append(" ");
    }
    message.append(json::describe(syntax.error));
    return message;
}

} // namespace mlregistry::explain
