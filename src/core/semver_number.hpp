// Order-preserving variable-length integers: the numbers inside a stored version.
//
// A code is a window of 51 lead bytes or more, so that two kinds of numbers (core numbers, prerelease identifiers) and
// the characters of alphanumeric identifiers share one byte order. From low to high, a lead byte says:
//
//   Small values          the value itself
//   TwoByte values        the value less Small, its high part in the lead, its low byte following
//   7 values              the value follows in 2 … 8 bytes, big-endian, the fewest that hold it
//   1 value               one byte with the count of decimal digits, then the digits packed two in a byte,
//                         an odd count led by a zero half-byte: numbers from 2^64 on, of any length
//
// Every number has exactly one spelling, no spelling is the beginning of another, and memcmp orders them by value.
#pragma once

#include "semver_chars.hpp"

#include <charconv>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string_view>

namespace mlregistry::semver {

template <unsigned Base, unsigned Small, unsigned TwoByte> struct NumberCode {
    static constexpr unsigned two_byte_lead = Base + Small;
    static constexpr unsigned wide_lead = two_byte_lead + TwoByte;
    static constexpr unsigned digits_lead = wide_lead + 7;
    static constexpr std::uint64_t two_byte_end = Small + TwoByte * 256ULL;

    /// Writes a number that fits 64 bits; returns the byte after it.
    static std::uint8_t *put(std::uint64_t value, std::uint8_t *out) noexcept {
        if (value < Small) {
            *out++ = static_cast<std::uint8_t>(Base + value);
            return out;
        }
        if (value < two_byte_end) {
            const std::uint64_t rest = value - Small;
            *out++ = static_cast<std::uint8_t>(two_byte_lead + (rest >> 8));
            *out++ = static_cast<std::uint8_t>(rest);
            return out;
        }
        unsigned width = 2;
        while (width < 8 && (value >> (8 * width)) != 0) {
            ++width;
        }
        *out++ = static_cast<std::uint8_t>(wide_lead + width - 2);
        for (unsigned shift = 8 * width; shift != 0;) {
            shift -= 8;
            *out++ = static_cast<std::uint8_t>(value >> shift);
        }
        return out;
    }

    /// Writes a number of 20 digits or more, without leading zeros; returns the byte after it.
    static std::uint8_t *put_long(std::string_view digits, std::uint8_t *out) noexcept {
        if (digits.size() == 20) {
            std::uint64_t value = 0;
            const auto [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
            if (failed == std::errc{}) {
                return put(value, out);
            }
        }
        *out++ = static_cast<std::uint8_t>(digits_lead);
        *out++ = static_cast<std::uint8_t>(digits.size());
        std::size_t i = 0;
        if (digits.size() % 2 != 0) {
            *out++ = static_cast<std::uint8_t>(digits[i++] - '0');
        }
        for (; i < digits.size(); i += 2) {
            *out++ = static_cast<std::uint8_t>(((digits[i] - '0') << 4) | (digits[i + 1] - '0'));
        }
        return out;
    }

    /// Appends the decimal text of the number at `p` to `text`; returns the byte after it, or nullptr when the bytes
    /// from `p` to `end` do not begin with a number of this code in its one spelling.
    template <class Sink>
    static const std::uint8_t *get(const std::uint8_t *p, const std::uint8_t *end, Sink &text) noexcept {
        if (p == end || *p < Base || *p > digits_lead) {
            return nullptr;
        }
        const unsigned lead = *p++;
        if (lead == digits_lead) {
            return get_long(p, end, text);
        }
        std::uint64_t value = 0;
        if (lead < two_byte_lead) {
            value = lead - Base;
        } else if (lead < wide_lead) {
            if (p == end) {
                return nullptr;
            }
            value = Small + ((static_cast<std::uint64_t>(lead - two_byte_lead) << 8) | *p++);
        } else {
            const unsigned width = lead - wide_lead + 2;
            if (static_cast<std::size_t>(end - p) < width) {
                return nullptr;
            }
            for (unsigned i = 0; i < width; ++i) {
                value = (value << 8) | *p++;
            }
            if (value < two_byte_end || (width > 2 && (value >> (8 * (width - 1))) == 0)) {
                return nullptr;
            }
        }
        char digits[20];
        const auto written = std::to_chars(digits, digits + sizeof digits, value);
        text.append(std::string_view{digits, static_cast<std::size_t>(written.ptr - digits)});
        return p;
    }

  private:
    template <class Sink>
    static const std::uint8_t *get_long(const std::uint8_t *p, const std::uint8_t *end, Sink &text) noexcept {
        if (p == end) {
            return nullptr;
        }
        const std::size_t count = *p++;
        const std::size_t width = (count + 1) / 2;
        if (count < 20 || static_cast<std::size_t>(end - p) < width) {
            return nullptr;
        }
        char digits[256] = {};
        std::size_t n = 0;
        for (std::size_t i = 0; i < width; ++i) {
            const unsigned high = p[i] >> 4;
            const unsigned low = p[i] & 15U;
            if (high > 9 || low > 9) {
                return nullptr;
            }
            if (i != 0 || count % 2 == 0) {
                digits[n++] = static_cast<char>('0' + high);
            } else if (high != 0) {
                return nullptr;
            }
            digits[n++] = static_cast<char>('0' + low);
        }
        constexpr std::string_view largest_wide = "18446744073709551615";
        const std::string_view number{digits, n};
        if (number.front() == '0' || compare_digits(number, largest_wide) <= 0) {
            return nullptr;
        }
        text.append(number);
        return p + width;
    }
};

} // namespace mlregistry::semver
