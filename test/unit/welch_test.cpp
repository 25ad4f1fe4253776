// Welch's test and Student's distribution beside published values and beside closed forms. Where 17 digits are given
// they were computed with mpmath at 40 digits; R prints the same as far as it prints.
#include "welch.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

namespace {

using mlregistry::Sample;
using mlregistry::student_two_sided;
using mlregistry::welch_test;
using mlregistry::WelchTest;

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double nan_value = std::numeric_limits<double>::quiet_NaN();

void expect_close(double got, double wanted, double relative) {
    EXPECT_LE(std::fabs(got - wanted), relative * std::fabs(wanted)) << got << " for " << wanted;
}

Sample sample_of(const std::vector<double> &values) {
    Sample sample{static_cast<std::int64_t>(values.size()), 0, 0};
    for (const double value : values) {
        sample.mean += value / static_cast<double>(values.size());
    }
    for (const double value : values) {
        sample.variance += (value - sample.mean) * (value - sample.mean) / static_cast<double>(values.size() - 1);
    }
    return sample;
}

// R: t.test(extra ~ group, data = sleep) prints t = -1.8608, df = 17.776, p-value = 0.07939.
TEST(Welch, Sleep) {
    const WelchTest test = welch_test(sample_of({0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0}),
                                      sample_of({1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4}));
    ASSERT_TRUE(test.defined);
    expect_close(test.t, -1.8608134674868531, 1e-13);
    expect_close(test.degrees, 17.77647351617849, 1e-13);
    expect_close(test.p, 0.079394140187358138, 1e-13);
}

// R: t.test(mpg ~ am, data = mtcars) prints t = -3.7671, df = 18.332, p-value = 0.001374.
TEST(Welch, Mtcars) {
    const WelchTest test =
        welch_test(sample_of({21.4, 18.7, 18.1, 14.3, 24.4, 22.8, 19.2, 17.8, 16.4, 17.3, 15.2, 10.4, 10.4, 14.7, 21.5,
                              15.5, 15.2, 13.3, 19.2}),
                   sample_of({21.0, 21.0, 22.8, 32.4, 30.4, 33.9, 27.3, 26.0, 30.4, 15.8, 19.7, 15.0, 21.4}));
    ASSERT_TRUE(test.defined);
    expect_close(test.t, -3.7671231451449246, 1e-13);
    expect_close(test.degrees, 18.332251638400465, 1e-13);
    expect_close(test.p, 0.0013736383330710306, 1e-12);
}

// R: t.test(len ~ supp, data = ToothGrowth) prints t = 1.9153, df = 55.309, p-value = 0.06063; from the printed means
// and deviations.
TEST(Welch, ToothGrowth) {
    const WelchTest test = welch_test({30, 20.66333, 6.605561 * 6.605561}, {30, 16.96333, 8.266029 * 8.266029});
    ASSERT_TRUE(test.defined);
    EXPECT_NEAR(test.t, 1.9153, 5e-5);
    EXPECT_NEAR(test.degrees, 55.309, 5e-4);
    EXPECT_NEAR(test.p, 0.06063, 5e-6);
}

TEST(Welch, SidesChangeTheSignOnly) {
    const Sample a{10, 3, 2};
    const Sample b{40, 4, 0.5};
    const WelchTest one = welch_test(a, b);
    const WelchTest other = welch_test(b, a);
    EXPECT_EQ(one.t, -other.t);
    EXPECT_EQ(one.degrees, other.degrees);
    EXPECT_EQ(one.p, other.p);
    EXPECT_EQ(welch_test(a, a).t, 0);
    EXPECT_EQ(welch_test(a, a).p, 1);
}

TEST(Welch, EqualSidesHaveStudentsDegrees) {
    EXPECT_DOUBLE_EQ(welch_test({10, 1, 4}, {10, 2, 4}).degrees, 18);
    // A side that does not vary leaves the other's.
    EXPECT_DOUBLE_EQ(welch_test({10, 1, 0}, {7, 2, 4}).degrees, 6);
}

TEST(Welch, UndefinedWhereThereIsNothingToCompare) {
    const Sample good{5, 1, 1};
    for (const Sample &bad :
         {Sample{0, 0, 0}, Sample{1, 1, 0}, Sample{-3, 1, 1}, Sample{5, nan_value, 1}, Sample{5, infinity, 1},
          Sample{5, 1, nan_value}, Sample{5, 1, infinity}, Sample{5, 1, -1}}) {
        EXPECT_FALSE(welch_test(good, bad).defined);
        EXPECT_FALSE(welch_test(bad, good).defined);
    }
    EXPECT_FALSE(welch_test({5, 1, 0}, {5, 2, 0}).defined);
}

TEST(Welch, NumbersOfAnySize) {
    for (const double scale : {1e-150, 1e-100, 1.0, 1e100, 1e150}) {
        const WelchTest test = welch_test({10, 1 * scale, 4 * scale * scale}, {12, 3 * scale, 2 * scale * scale});
        const WelchTest plain = welch_test({10, 1, 4}, {12, 3, 2});
        ASSERT_TRUE(test.defined) << scale;
        expect_close(test.t, plain.t, 1e-14);
        expect_close(test.degrees, plain.degrees, 1e-14);
        expect_close(test.p, plain.p, 1e-13);
    }
    const WelchTest apart = welch_test({10, 1e300, 1e-300}, {10, -1e300, 1e-300});
    EXPECT_TRUE(apart.defined);
    EXPECT_EQ(apart.p, 0);
    const WelchTest many = welch_test({std::numeric_limits<std::int64_t>::max(), 1, 1}, {1000, 1.1, 1});
    EXPECT_TRUE(many.defined);
    expect_close(many.degrees, 999, 1e-9);
}

// Tables of the distribution: two-sided 5 % and 1 %, as every textbook prints them.
TEST(Student, TextbookTable) {
    const struct {
        double degrees;
        double five;
        double one;
    } table[] = {{1, 12.706, 63.657}, {2, 4.303, 9.925},       {3, 3.182, 5.841},  {4, 2.776, 4.604},
                 {5, 2.571, 4.032},   {6, 2.447, 3.707},       {7, 2.365, 3.499},  {8, 2.306, 3.355},
                 {9, 2.262, 3.250},   {10, 2.228, 3.169},      {15, 2.131, 2.947}, {20, 2.086, 2.845},
                 {25, 2.060, 2.787},  {30, 2.042, 2.750},      {40, 2.021, 2.704}, {60, 2.000, 2.660},
                 {120, 1.980, 2.617}, {infinity, 1.960, 2.576}};
    for (const auto &row : table) {
        // A printed digit more or less crosses the share.
        EXPECT_GT(student_two_sided(row.five - 0.0006, row.degrees), 0.05) << row.degrees;
        EXPECT_LT(student_two_sided(row.five + 0.0006, row.degrees), 0.05) << row.degrees;
        EXPECT_GT(student_two_sided(row.one - 0.0006, row.degrees), 0.01) << row.degrees;
        EXPECT_LT(student_two_sided(row.one + 0.0006, row.degrees), 0.01) << row.degrees;
    }
}

TEST(Student, ClosedForms) {
    for (const double t : {1e-12, 1e-6, 0.001, 0.1, 0.5, 1.0, 1.7, 3.0, 20.0, 1e3, 1e6, 1e12, 1e100}) {
        expect_close(student_two_sided(t, 1), 2 / std::acos(-1.0) * std::atan2(1, t), 1e-13);
        // 1 - t / sqrt(2 + t²), without the difference of two numbers that are nearly one.
        const double root = std::hypot(std::sqrt(2.0), t);
        expect_close(student_two_sided(t, 2), 2 / (root * (root + t)), 1e-13);
        EXPECT_EQ(student_two_sided(-t, 2), student_two_sided(t, 2));
    }
    for (const double degrees : {0.01, 1.0, 2.5, 1e3, 1e9, infinity}) {
        EXPECT_EQ(student_two_sided(0, degrees), 1);
        EXPECT_EQ(student_two_sided(infinity, degrees), 0);
        EXPECT_EQ(student_two_sided(-infinity, degrees), 0);
    }
    EXPECT_EQ(student_two_sided(1e200, 3), 0);
    EXPECT_EQ(student_two_sided(1e200, 1e6), 0);
    EXPECT_EQ(student_two_sided(1e153, 1e6), 0);
    EXPECT_EQ(student_two_sided(4e120, 4e120), 0);
    expect_close(student_two_sided(3, 4e120), std::erfc(3 / std::sqrt(2.0)), 1e-14);
    expect_close(student_two_sided(3, std::numeric_limits<double>::max()), std::erfc(3 / std::sqrt(2.0)), 1e-14);
    EXPECT_TRUE(std::isnan(student_two_sided(nan_value, 3)));
    EXPECT_TRUE(std::isnan(student_two_sided(1, nan_value)));
    EXPECT_TRUE(std::isnan(student_two_sided(1, 0)));
    EXPECT_TRUE(std::isnan(student_two_sided(1, -1)));
}

TEST(Student, AnyDegrees) {
    const struct {
        double t;
        double degrees;
        double p;
    } cases[] = {
        {1.5, 1.5, 0.30999474122279970295},
        {1e-9, 3.7, 0.99999999925367690108},
        {2.5, 0.3, 0.52888543921834491555},
        {12.5, 17.776468, 3.0594913019955216625e-10},
        {40, 3, 0.000034380680789158528283},
        {0.5, 30.5, 0.62066352391452570514},
        {2, 120, 0.04775852734032837813},
        {20, 200, 1.3357767058387808954e-49},
        {5, 1e5, 5.7427016786416728533e-7},
        {1.7, 99999, 0.089134035279760520953},
        {30, 99999, 7.3786848444350476666e-197},
        {1.7, 100001, 0.089134035217565912747}, // from here on by Hill's approximation
        {30, 100001, 7.3783889059185806945e-197},
        {5, 100010, 5.7427007110577495336e-7},
        {6, 2.5e5, 1.9758745709728548202e-9},
        {1e-3, 1e6, 0.99920211577164908982},
        {1.96, 1e6, 0.049996067585269790686},
        {10, 1e8, 1.5240094630247841446e-23},
        {3, 1e12, 0.0026997960633266667795},
    };
    for (const auto &one : cases) {
        expect_close(student_two_sided(one.t, one.degrees), one.p, 2e-13);
    }
}

TEST(Student, FallsWithDistance) {
    for (const double degrees : {0.1, 1.0, 4.5, 30.0, 999.0, 99999.9, 100000.1, 1e15}) {
        double before = 1;
        for (double t = 0.01; t < 100; t *= 1.1) {
            const double p = student_two_sided(t, degrees);
            ASSERT_LE(p, before) << t << " " << degrees;
            ASSERT_GE(p, 0);
            before = p;
        }
    }
}

TEST(RegularizedBeta, KnownValues) {
    using mlregistry::regularized_beta;
    EXPECT_EQ(regularized_beta(0, 2, 3), 0);
    EXPECT_EQ(regularized_beta(1, 2, 3), 1);
    for (const double x : {0.001, 0.1, 0.3, 0.5, 0.9, 0.999}) {
        expect_close(regularized_beta(x, 1, 1), x, 1e-14);
        expect_close(regularized_beta(x, 3, 1), x * x * x, 1e-13);
        expect_close(regularized_beta(x, 1, 4), 1 - std::pow(1 - x, 4), 1e-12);
        // P(at least 2 of 4): I_x(2, 3), a binomial sum.
        expect_close(regularized_beta(x, 2, 3), 6 * x * x * (1 - x) * (1 - x) + 4 * x * x * x * (1 - x) + x * x * x * x,
                     1e-13);
        EXPECT_NEAR(regularized_beta(x, 12, 30) + regularized_beta(1 - x, 30, 12), 1, 1e-13);
    }
}

} // namespace
