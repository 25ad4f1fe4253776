// A curve as a line of text.
#pragma once

#include "curve.hpp"

#include <cstddef>
#include <span>
#include <string_view>

namespace mlregistry {

inline constexpr std::size_t longest_mark = 3; ///< bytes

/// The heights of a sparkline, from the lowest to the highest, and what stands for values that have none.
struct SparklineMarks {
    std::string_view heights[8] = {};
    std::string_view nan;
    std::string_view infinity;
    std::string_view minus_infinity;
};

/// Block elements and arrows, in UTF-8; and what every encoding has.
[[nodiscard]] const SparklineMarks &utf8_marks() noexcept;
[[nodiscard]] const SparklineMarks &ascii_marks() noexcept;

/// A curve as at most `means.size()` columns of as many points each (one more or less), in a line of text too few to
/// tell noise from shape: each is the mean of its finite values, or its first value where none is. Returns how many
/// there are: all points where these are no more.
std::size_t column_means(std::span<const CurvePoint> points, std::span<double> means) noexcept;

/// Writes a mark for each value and returns how many bytes that are; `out` has longest_mark for each. The least finite
/// value is the lowest, the greatest the highest, and where all are equal they are in the middle.
std::size_t sparkline(std::span<const double> values, const SparklineMarks &marks, std::span<char> out) noexcept;

} // namespace mlregistry
