// Curves as text.
#include "sparkline.hpp"

#include <gtest/gtest.h>

#include <cstdint>
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

std::vector<double> means_of(const std::vector<double> &values, std::size_t columns) {
    std::vector<mlregistry::CurvePoint> points;
    for (const double value : values) {
        points.push_back({static_cast<std::int64_t>(points.size()), value, 0});
    }
    std::vector<double> means(columns, 999);
    means.resize(mlregistry::column_means(points, means));
    return means;
}

TEST(ColumnMeans, AllWhereThereAreNoMore) {
    EXPECT_EQ(means_of({}, 4), std::vector<double>{});
    EXPECT_EQ(means_of({1, 2, 3}, 4), (std::vector<double>{1, 2, 3}));
    EXPECT_EQ(means_of({1, 2, 3}, 3), (std::vector<double>{1, 2, 3}));
    EXPECT_EQ(means_of({1, 2, 3}, 0), std::vector<double>{});
}

TEST(ColumnMeans, OfAsManyPoints) {
    EXPECT_EQ(means_of({1, 3, 10, 20, 100, 300}, 3), (std::vector<double>{2, 15, 200}));
    // Seven in three columns: 2, 2, 3.
    EXPECT_EQ(means_of({1, 3, 5, 7, 1, 2, 3}, 3), (std::vector<double>{2, 6, 2}));
    EXPECT_EQ(means_of({1, 2, 3}, 1), std::vector<double>{2});
}

TEST(ColumnMeans, OfFiniteValues) {
    EXPECT_EQ(means_of({nan_value, 4, infinity, 6}, 1), std::vector<double>{5});
    EXPECT_EQ(means_of({infinity, nan_value, 1, 3}, 2), (std::vector<double>{infinity, 2}));
    EXPECT_EQ(means_of({largest, largest, largest, largest}, 1), std::vector<double>{largest});
    EXPECT_EQ(means_of({-largest, largest}, 1), std::vector<double>{0});
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
