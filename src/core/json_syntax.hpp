// Where a text stops being JSON. PostgreSQL's own parser decides whether it is; this one says where it is not, in words
// that no locale and no version of PostgreSQL changes, and without recursion.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace mlregistry::json {

enum class SyntaxError : std::uint8_t {
    none,
    ends_early,        ///< something is missing behind the end
    expected_value,    ///< a value must start here
    expected_key,      ///< a key in double quotes must start here
    expected_colon,    ///< between a key and its value
    expected_comma,    ///< a comma or the end of the array or object
    trailing,          ///< something behind the end of the document
    control_character, ///< a control character in a string
    bad_escape,        ///< an unknown escape in a string
    bad_number,
    bad_word, ///< a word other than true, false and null
};

/// What became of a text. `offset` counts bytes and is meaningful when `error` is not none.
struct Syntax {
    SyntaxError error = SyntaxError::none;
    std::size_t offset = 0;
};

/// Bytes that check_syntax() needs to remember what is open.
constexpr std::size_t nesting_size(std::string_view text) noexcept { return text.size() / 8 + 1; }

/// Reads a whole document after RFC 8259. `nesting` has at least nesting_size(text) bytes. Linear, no recursion.
[[nodiscard]] Syntax check_syntax(std::string_view text, std::span<std::uint8_t> nesting) noexcept;

/// One English clause for an error, such as "a colon is expected".
[[nodiscard]] const char *describe(SyntaxError error) noexcept;

} // namespace mlregistry::json
