// explain_invalid(rule, value): what a validation function has against a value, in words.
#include "boundary.hpp"
#include "validation.hpp"

#include <span>

namespace mlregistry::pg {

namespace {

using explain::Message;
using explain::Rule;

/// The text of a value for an input function, and what that made of it.
struct Reading {
    char *text;
    Datum value;
};

/// Reads a value with PostgreSQL's own input function, so that "not valid" means what it means in a cast. Returns the
/// error that the input function raised, or null.
///
/// To catch an error without a subtransaction is right here only: these input functions take no lock, no buffer and no
/// snapshot, nothing but memory. Soft errors would do for some of this, but not on 15, and not for the depth of JSON.
ErrorData *read_jsonb(Reading &reading) {
    return catch_postgres_error(
        [](void *argument) noexcept {
            auto &r = *static_cast<Reading *>(argument);
            r.value = DirectFunctionCall1(jsonb_in, CStringGetDatum(r.text));
        },
        &reading);
}

ErrorData *read_numeric(Reading &reading) {
    return catch_postgres_error(
        [](void *argument) noexcept {
            auto &r = *static_cast<Reading *>(argument);
            r.value = DirectFunctionCall3(numeric_in, CStringGetDatum(r.text), ObjectIdGetDatum(InvalidOid),
                                          Int32GetDatum(-1));
        },
        &reading);
}

/// Errors about the value: class 22, and the one for an escape such as \u00e9 in a database that knows no Unicode.
bool is_about_value(const ErrorData *error) noexcept {
    return ERRCODE_TO_CATEGORY(error->sqlerrcode) == ERRCODE_DATA_EXCEPTION ||
           error->sqlerrcode == ERRCODE_FEATURE_NOT_SUPPORTED;
}

/// Errors about what the server can take, such as its stack: class 54.
bool is_about_limits(const ErrorData *error) noexcept {
    return ERRCODE_TO_CATEGORY(error->sqlerrcode) == ERRCODE_PROGRAM_LIMIT_EXCEEDED;
}

Message explain_score(std::string_view value) {
    if (value.empty()) {
        return explain::score_problem(explain::Score::empty);
    }
    Reading reading{pnstrdup(value.data(), value.size()), 0};
    ErrorData *const error = read_numeric(reading);
    if (error == nullptr) {
        return explain::score_problem(judge_score(reading.value));
    }
    if (!is_about_value(error)) {
        ReThrowError(error);
    }
    return explain::score_problem(error->sqlerrcode == ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE
                                      ? explain::Score::out_of_range
                                      : explain::Score::not_a_number);
}

Message explain_no_json(std::string_view value, ErrorData *error) {
    if (!is_about_value(error) && !is_about_limits(error)) {
        ReThrowError(error);
    }
    const std::size_t size = json::nesting_size(value);
    auto *const nesting = static_cast<std::uint8_t *>(palloc(size));
    const json::Syntax syntax = json::check_syntax(value, {nesting, size});
    pfree(nesting);
    // Sound JSON beyond a limit of this server, which another server may have set higher: as a cast has it.
    if (syntax.error == json::SyntaxError::none && is_about_limits(error)) {
        ReThrowError(error);
    }
    return explain::json_syntax_problem(value, syntax, database_charset());
}

template <class JsonRule> Message explain_json(std::string_view value) {
    Reading reading{pnstrdup(value.data(), value.size()), 0};
    if (ErrorData *const error = read_jsonb(reading); error != nullptr) {
        return explain_no_json(value, error);
    }
    JsonRule rule;
    (void)keeps(DatumGetJsonbP(reading.value), rule);
    return explain::json_problem(rule.problem(), database_charset());
}

Message explain_value(Rule rule, std::string_view value) {
    switch (rule) {
    case Rule::metrics:
        return explain_json<json::Metrics>(value);
    case Rule::scopes:
        return explain_json<json::Scopes>(value);
    case Rule::score:
        return explain_score(value);
    default:
        return explain::text_problem(rule, value, database_charset());
    }
}

[[noreturn]] void raise_unknown_rule(std::string_view name) {
    Message rules;
    for (const std::string_view rule : explain::rule_names) {
        rules.append(rules.empty() ? "" : ", ");
        rules.append(rule);
    }
    ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("unknown rule: \"%s\"", for_message(name)),
                    errhint("The rules are %.*s; is_ and is_valid_ may be left out.", static_cast<int>(rules.size),
                            rules.data)));
    pg_unreachable();
}

} // namespace

} // namespace mlregistry::pg

using namespace mlregistry;
using namespace mlregistry::pg;

MLR_FUNCTION(mlregistry_explain_invalid) {
    const std::string_view name = text_argument(fcinfo, 0);
    explain::Rule rule{};
    if (!explain::rule_from_name(name, rule)) {
        raise_unknown_rule(name);
    }
    const Message message = explain_value(rule, text_argument(fcinfo, 1));
    if (message.empty()) {
        PG_RETURN_NULL();
    }
    return text_datum(message.view());
}
