// Curves as text.
#include "sparkline.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

namespace {

using mlregistry::ascii_marks;
using mlregistry::SparklineMarks;
using mlregistry::utf8_marks;

constexpr double nan_value = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double largest = std::numeric_limits<double>::max();
constexpr double smallest = std::numeric_limits<double>::denorm_min();

std::string line(const std::vector<double> &values, const SparklineMarks &marks) {
    std::string out(values.size() * mlregistry::longest_mark, '?');
    out.resize(mlregistry::sparkline(values, marks, out));
    return out;
}

TEST(Sparkline, Heights) {
    EXPECT_EQ(line({1, 2, 3, 4, 5, 6, 7, 8}, utf8_marks()), "▁▂▃▄▅▆▇█");
    EXPECT_EQ(line({1, 2, 3, 4, 5, 6, 7, 8}, ascii_marks()), "_.-:=+*#");
    EXPECT_EQ(line({8, -8, 8}, utf8_marks()), "█▁█");
    EXPECT_EQ(line({0, 0.5, 1}, utf8_marks()), "▁▅█");
}

TEST(Sparkline, FlatIsInTheMiddle) {
    EXPECT_EQ(line({}, utf8_marks()), "");
    EXPECT_EQ(line({7}, utf8_marks()), "▄");
    EXPECT_EQ(line({0, -0.0, 0}, utf8_marks()), "▄▄▄");
    EXPECT_EQ(line({7, nan_value, 7}, ascii_marks()), ":x:");
}

TEST(Sparkline, WhatHasNoHeight) {
    EXPECT_EQ(line({0, nan_value, infinity, -infinity, 1}, utf8_marks()), "▁×↑↓█");
    EXPECT_EQ(line({0, nan_value, infinity, -infinity, 1}, ascii_marks()), "_x^v#");
    EXPECT_EQ(line({infinity, infinity}, utf8_marks()), "↑↑");
    EXPECT_EQ(line({nan_value}, utf8_marks()), "×");
}

TEST(Sparkline, NumbersOfAnySize) {
    EXPECT_EQ(line({-largest, 0, largest}, utf8_marks()), "▁▅█");
    EXPECT_EQ(line({0, smallest}, utf8_marks()).size(), 6U);
    EXPECT_EQ(line({1e-300, 2e-300}, utf8_marks()), "▁█");
}

TEST(Sparkline, MarksAreShort) {
    for (const SparklineMarks *const marks : {&utf8_marks(), &ascii_marks()}) {
        for (const std::string_view mark : marks->heights) {
            EXPECT_LE(mark.size(), mlregistry::longest_mark);
            EXPECT_FALSE(mark.empty());
        }
        EXPECT_LE(marks->nan.size(), mlregistry::longest_mark);
        EXPECT_LE(marks->infinity.size(), mlregistry::longest_mark);
        EXPECT_LE(marks->minus_infinity.size(), mlregistry::longest_mark);
    }
}

} // namespace
