// References: `[project/]model[@selector]`, how people name a model or one of its versions.
#pragma once

#include <cstdint>
#include <string_view>

namespace mlregistry::reference {

/// What the text behind `@` means. The kinds exclude each other, because aliases may not read as anything else.
enum class SelectorKind : std::uint8_t {
    latest,  ///< no selector, or `latest`
    exact,   ///< a version
    stage,   ///< a stage
    alias,   ///< an alias
    range,   ///< a range of versions
    invalid, ///< none of these
};

enum class Error : std::uint8_t { none, bad_project, bad_model, empty_selector };

/// Views into the text that was parsed.
struct Reference {
    std::string_view project; ///< empty: the current one
    std::string_view model;
    std::string_view selector; ///< empty: none was given
    bool has_selector = false;
};

struct Outcome {
    Error error = Error::none;
    Reference reference;
};

/// Splits a reference and checks the names in it. The selector is returned as it stands.
[[nodiscard]] Outcome parse(std::string_view text) noexcept;

/// Tells what a selector is. Words (latest, stages, aliases) are recognized in any case.
[[nodiscard]] SelectorKind classify(std::string_view selector) noexcept;

/// One English clause for an error.
[[nodiscard]] const char *describe(Error error) noexcept;

/// Name of a kind as SQL shows it.
[[nodiscard]] const char *name_of(SelectorKind kind) noexcept;

} // namespace mlregistry::reference
