// What is wrong with a value, in words for people who fill in a form (SQL: explain_invalid).
//
// Explanations are ASCII whatever the value holds, so that they are text in every encoding: other characters appear as
// U+XXXX. They are short whatever the length of the value. Positions count characters from 1.
#pragma once

#include "json_rules.hpp"
#include "json_syntax.hpp"
#include "validate.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace mlregistry::explain {

using validate::Charset;

/// An explanation, one clause such as "it is empty"; empty when there is nothing to explain.
/// Trivially destructible on purpose: PostgreSQL may jump over it.
struct Message {
    static constexpr std::size_t capacity = 384;

    std::size_t size = 0;
    char data[capacity];

    [[nodiscard]] bool empty() const noexcept { return size == 0; }
    [[nodiscard]] std::string_view view() const noexcept { return {data, size}; }
    /// Appends, cutting silently at the end of the buffer.
    void append(std::string_view more) noexcept;
    void append(std::size_t number) noexcept;
    /// A character that is no more than itself in print as `"D"`, others by number as `U+0430`; `byte E4` where the
    /// encoding is not UTF-8.
    void append_character(char32_t c, Charset charset) noexcept;
};

/// The validation functions, in the order of their names.
enum class Rule : std::uint8_t {
    artifact_uri,
    email,
    file_path,
    git_commit,
    metrics,
    scopes,
    score,
    secret_ref,
    semver,
    semver_range,
    sha256,
    url,
    alias,
    label,
    metric_name,
    name,
    tag_name,
};

inline constexpr std::array<std::string_view, 17> rule_names{
    "is_artifact_uri", "is_email",         "is_file_path",   "is_git_commit",  "is_metrics",
    "is_scopes",       "is_score",         "is_secret_ref",  "is_semver",      "is_semver_range",
    "is_sha256",       "is_url",           "is_valid_alias", "is_valid_label", "is_valid_metric_name",
    "is_valid_name",   "is_valid_tag_name"};

/// The rule of that name: that of the function, or what follows its `is_` or `is_valid_`. False when there is none.
[[nodiscard]] bool rule_from_name(std::string_view name, Rule &out) noexcept;

/// What the rule says of the text; only for rules on text (not metrics, scopes, score).
[[nodiscard]] bool is_valid(Rule rule, std::string_view text, Charset charset) noexcept;

/// Why the text is not valid; empty exactly when is_valid() is true. Only for rules on text.
[[nodiscard]] Message text_problem(Rule rule, std::string_view text, Charset charset) noexcept;

/// Why is_metrics or is_scopes is false.
[[nodiscard]] Message json_problem(const json::Problem &problem, Charset charset) noexcept;

/// Why `text` is no jsonb at all, given where its syntax is wrong. Where it is not wrong, the text holds what JSON has
/// and jsonb has not: a number of too many digits, or the escape of a character that the database cannot hold.
[[nodiscard]] Message json_syntax_problem(std::string_view text, json::Syntax syntax, Charset charset) noexcept;

enum class Score : std::uint8_t { valid, empty, not_a_number, out_of_range, nan, below, above };

/// Why is_score is false; empty for Score::valid.
[[nodiscard]] Message score_problem(Score score) noexcept;

} // namespace mlregistry::explain
