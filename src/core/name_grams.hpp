// Grams of names, for an index that finds substrings: every two and every three neighbouring bytes, ASCII letters in
// lower case. Whatever occurs in a name has its grams among those of the name; the reverse must be checked.
//
// The numbers are in indexes on disk: they never change. Two bytes b c are 2^24 + 2^8 b + c, three bytes a b c are
// 2^16 a + 2^8 b + c. Bytes, not characters: a substring of characters is one of bytes as well.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace mlregistry::name_grams {

constexpr std::uint32_t lower_byte(char c) noexcept {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 'A' && byte <= 'Z' ? byte + ('a' - 'A') : byte;
}

constexpr std::int32_t gram2(std::string_view text, std::size_t at) noexcept {
    return static_cast<std::int32_t>((1U << 24) | (lower_byte(text[at]) << 8) | lower_byte(text[at + 1]));
}

constexpr std::int32_t gram3(std::string_view text, std::size_t at) noexcept {
    return static_cast<std::int32_t>((lower_byte(text[at]) << 16) | (lower_byte(text[at + 1]) << 8) |
                                     lower_byte(text[at + 2]));
}

/// How many grams of_name writes for a text of that length.
constexpr std::size_t count_of_name(std::size_t length) noexcept { return length < 2 ? 0 : 2 * length - 3; }

/// How many grams of_query writes: those of three bytes, or the one of two; none of a shorter text.
constexpr std::size_t count_of_query(std::size_t length) noexcept {
    return length < 2 ? 0 : length == 2 ? 1 : length - 2;
}

/// Writes the grams under which a name is found through `write(gram)`, in the order of the text, repeated ones too.
template <class Write> constexpr void of_name(std::string_view text, Write write) {
    for (std::size_t at = 0; at + 2 <= text.size(); ++at) {
        write(gram2(text, at));
        if (at + 3 <= text.size()) {
            write(gram3(text, at));
        }
    }
}

/// Writes the grams that every name has in which the text occurs.
template <class Write> constexpr void of_query(std::string_view text, Write write) {
    if (text.size() == 2) {
        write(gram2(text, 0));
    }
    for (std::size_t at = 0; at + 3 <= text.size(); ++at) {
        write(gram3(text, at));
    }
}

} // namespace mlregistry::name_grams
