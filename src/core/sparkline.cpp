#include "sparkline.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>

namespace mlregistry {

namespace {

constexpr SparklineMarks utf8 = {
    .heights = {"\xE2\x96\x81", "\xE2\x96\x82", "\xE2\x96\x83", "\xE2\x96\x84", "\xE2\x96\x85", "\xE2\x96\x86",
                "\xE2\x96\x87", "\xE2\x96\x88"}, // U+2581 to U+2588
    .nan = "\xC3\x97",                           // U+00D7, a cross
    .infinity = "\xE2\x86\x91",                  // U+2191
    .minus_infinity = "\xE2\x86\x93",            // U+2193
};
constexpr SparklineMarks ascii = {
    .heights = {"_", ".", "-", ":", "=", "+", "*", "#"},
    .nan = "x",
    .infinity = "^",
    .minus_infinity = "v",
};

} // namespace

const SparklineMarks &utf8_marks() noexcept { return utf8; }
const SparklineMarks &ascii_marks() noexcept { return ascii; }

std::size_t column_means(std::span<const CurvePoint> points, std::span<double> means) noexcept {
    const std::size_t columns = std::min(points.size(), means.size());
    for (std::size_t i = 0; i < columns; ++i) {
        const std::size_t begin = i * points.size() / columns;
        const std::size_t end = (i + 1) * points.size() / columns;
        double mean = 0;
        double n = 0;
        for (const CurvePoint &point : points.subspan(begin, end - begin)) {
            if (std::isfinite(point.value)) {
                ++n;
                mean += point.value / n - mean / n; // never beyond the values themselves
            }
        }
        means[i] = n > 0 ? mean : points[begin].value;
    }
    return columns;
}

std::size_t sparkline(std::span<const double> values, const SparklineMarks &marks, std::span<char> out) noexcept {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    double least = infinity;
    double greatest = -infinity;
    for (const double value : values) {
        if (std::isfinite(value)) {
            least = std::min(least, value);
            greatest = std::max(greatest, value);
        }
    }
    constexpr double heights = std::extent_v<decltype(marks.heights)>;
    constexpr std::size_t middle = 3;
    // Halves, as the distance of the two may be beyond what a double holds.
    const double span = greatest / 2 - least / 2;
    const auto mark_of = [&](double value) {
        if (std::isnan(value)) {
            return marks.nan;
        }
        if (std::isinf(value)) {
            return value > 0 ? marks.infinity : marks.minus_infinity;
        }
        if (!(span > 0)) {
            return marks.heights[middle];
        }
        const double share = (value / 2 - least / 2) / span;
        return marks.heights[static_cast<std::size_t>(std::min(share * heights, heights - 1))];
    };
    std::size_t size = 0;
    for (const double value : values) {
        const std::string_view mark = mark_of(value);
        std::copy(mark.begin(), mark.end(), out.begin() + static_cast<std::ptrdiff_t>(size));
        size += mark.size();
    }
    return size;
}

} // namespace mlregistry
