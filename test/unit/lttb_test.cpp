// Largest triangles beside the definition, written once more without its care; what is kept whatever the curve.
#include "lttb.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <set>
#include <utility>
#include <vector>

namespace {

using mlregistry::CurvePoint;
using mlregistry::Interrupted;
using mlregistry::lttb;
using mlregistry::lttb_with_extremes;

constexpr double nan_value = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

using Points = std::vector<CurvePoint>;
using Indices = std::vector<std::size_t>;
using Method = std::size_t (*)(std::span<const CurvePoint>, std::span<std::size_t>, mlregistry::StopRequested);

Indices chosen_by(Method method, const Points &points, std::size_t wanted) {
    Indices chosen(wanted, 999999999);
    chosen.resize(method(points, chosen, nullptr));
    return chosen;
}

Points curve_of(const std::vector<double> &values) {
    Points points;
    for (const double value : values) {
        points.push_back({static_cast<std::int64_t>(points.size()), value, 0});
    }
    return points;
}

/// Section 4.2 of the thesis with the bounds of semantics.md, for finite values of ordinary size.
Indices by_definition(const Points &points, std::size_t wanted) {
    const std::size_t n = points.size();
    if (n <= wanted) {
        Indices all(n);
        for (std::size_t i = 0; i < n; ++i) {
            all[i] = i;
        }
        return all;
    }
    // Bucket 0 is the first point, bucket wanted - 1 the last one.
    std::vector<Indices> buckets(wanted);
    buckets.front() = {0};
    buckets.back() = {n - 1};
    for (std::size_t i = 0; i < wanted - 2; ++i) {
        const auto bound = [&](std::size_t k) {
            return static_cast<std::size_t>(static_cast<unsigned __int128>(k) * (n - 2) / (wanted - 2)) + 1;
        };
        for (std::size_t j = bound(i); j < bound(i + 1); ++j) {
            buckets[i + 1].push_back(j);
        }
    }
    Indices chosen = {0};
    for (std::size_t b = 1; b + 1 < wanted; ++b) {
        long double mean_x = 0;
        long double mean_y = 0;
        for (const std::size_t j : buckets[b + 1]) {
            mean_x += static_cast<long double>(points[j].step);
            mean_y += points[j].value;
        }
        mean_x /= static_cast<long double>(buckets[b + 1].size());
        mean_y /= static_cast<long double>(buckets[b + 1].size());
        const auto ax = static_cast<long double>(points[chosen.back()].step);
        const long double ay = points[chosen.back()].value;
        std::size_t best = buckets[b].front();
        long double largest = -1;
        for (const std::size_t j : buckets[b]) {
            const auto bx = static_cast<long double>(points[j].step);
            const long double by = points[j].value;
            const long double area = std::fabs(ax * (by - mean_y) + bx * (mean_y - ay) + mean_x * (ay - by)) / 2;
            if (area > largest) {
                largest = area;
                best = j;
            }
        }
        chosen.push_back(best);
    }
    chosen.push_back(n - 1);
    return chosen;
}

/// Least and greatest finite value of some of the points; (infinity, -infinity) where there is none.
std::pair<double, double> extremes_of(const Points &points, const Indices &of) {
    std::pair<double, double> found{infinity, -infinity};
    for (const std::size_t i : of) {
        if (std::isfinite(points[i].value)) {
            found = {std::min(found.first, points[i].value), std::max(found.second, points[i].value)};
        }
    }
    return found;
}

Indices all_of(const Points &points) {
    Indices all(points.size());
    for (std::size_t i = 0; i < all.size(); ++i) {
        all[i] = i;
    }
    return all;
}

/// What holds of every choice: indices rise, the ends are there, no more than wanted.
void expect_sound(const Points &points, std::size_t wanted, const Indices &chosen) {
    ASSERT_LE(chosen.size(), wanted);
    ASSERT_TRUE(std::is_sorted(chosen.begin(), chosen.end(), std::less_equal<>{}) || chosen.size() < 2);
    for (std::size_t i = 1; i < chosen.size(); ++i) {
        ASSERT_LT(chosen[i - 1], chosen[i]);
    }
    if (points.size() >= 2 && wanted >= 2) {
        ASSERT_EQ(chosen.front(), 0U);
        ASSERT_EQ(chosen.back(), points.size() - 1);
    }
}

TEST(Lttb, AllWhereThereAreNoMore) {
    for (const std::size_t n : {0U, 1U, 2U, 3U, 10U}) {
        const Points points = curve_of(std::vector<double>(n, nan_value));
        for (const Method method : {&lttb, &lttb_with_extremes}) {
            EXPECT_EQ(chosen_by(method, points, n), all_of(points));
            EXPECT_EQ(chosen_by(method, points, n + 1), all_of(points));
            EXPECT_EQ(chosen_by(method, points, 1000), all_of(points));
        }
    }
}

TEST(Lttb, NothingForFewerThanTwo) {
    const Points points = curve_of({1, 2, 3});
    for (const Method method : {&lttb, &lttb_with_extremes}) {
        EXPECT_TRUE(chosen_by(method, points, 0).empty());
        EXPECT_TRUE(chosen_by(method, points, 1).empty());
        EXPECT_EQ(chosen_by(method, points, 2), (Indices{0, 2}));
    }
}

// Every size of curve and choice up to some, with values whose triangles are all different.
TEST(Lttb, SmallCurvesAsByDefinition) {
    std::mt19937_64 random{1};
    std::normal_distribution<double> value;
    for (std::size_t n = 3; n <= 40; ++n) {
        Points points;
        for (std::size_t i = 0; i < n; ++i) {
            points.push_back({static_cast<std::int64_t>(i * i), value(random), 0});
        }
        for (std::size_t wanted = 3; wanted <= n + 1; ++wanted) {
            ASSERT_EQ(chosen_by(&lttb, points, wanted), by_definition(points, wanted)) << n << " to " << wanted;
        }
    }
}

TEST(Lttb, MillionPointsAsByDefinition) {
    std::mt19937_64 random{2};
    std::normal_distribution<double> noise;
    Points points;
    double level = 0;
    for (std::int64_t i = 0; i < 1'000'000; ++i) {
        level += noise(random);
        points.push_back({i * 10, level + noise(random), 0});
    }
    for (const std::size_t wanted : {3U, 4U, 7U, 1000U, 333'333U, 999'999U}) {
        ASSERT_EQ(chosen_by(&lttb, points, wanted), by_definition(points, wanted)) << wanted;
    }
}

TEST(Lttb, BucketsHaveIntegerBounds) {
    // Two of three inner points to the second bucket: floor(3/2) = 1. All lie on the axis but for one in each.
    EXPECT_EQ(chosen_by(&lttb, curve_of({0, 0, 5, 0, 0}), 4), (Indices{0, 1, 2, 4}));
    EXPECT_EQ(chosen_by(&lttb, curve_of({0, 5, 0, 0, 0}), 4), (Indices{0, 1, 2, 4}));
    EXPECT_EQ(chosen_by(&lttb, curve_of({0, 0, 0, 5, 0}), 4), (Indices{0, 1, 3, 4}));
    // Ten inner points in four buckets: 1-2, 3-5, 6-7, 8-10.
    for (std::size_t peak = 1; peak <= 10; ++peak) {
        std::vector<double> values(12, 0);
        values[peak] = 1;
        const Indices chosen = chosen_by(&lttb, curve_of(values), 6);
        const std::size_t first_of[] = {1, 3, 6, 8, 11};
        for (std::size_t b = 0; b < 4; ++b) {
            const bool in_it = peak >= first_of[b] && peak < first_of[b + 1];
            if (in_it) {
                EXPECT_EQ(chosen[b + 1], peak);
            }
            EXPECT_GE(chosen[b + 1], first_of[b]);
            EXPECT_LT(chosen[b + 1], first_of[b + 1]);
        }
    }
}

TEST(Lttb, FirstOfEqualTrianglesWins) {
    EXPECT_EQ(chosen_by(&lttb, curve_of(std::vector<double>(100, 7)), 5), (Indices{0, 1, 33, 66, 99}));
    // Three peaks of one height seen from an end and a mean on the axis; triangles over one base.
    EXPECT_EQ(chosen_by(&lttb, curve_of({0, 3, 0, 3, 0, -3, 0}), 3), (Indices{0, 1, 6}));
    EXPECT_EQ(chosen_by(&lttb, curve_of({0, 2, 0, -3, 3, 3, 0}), 3), (Indices{0, 3, 6}));
}

TEST(Lttb, FarStepsKeepTheirDistances) {
    // Nanoseconds since 1970, and the whole range of a step: as doubles of their own neighbours were one.
    std::mt19937_64 random{3};
    std::normal_distribution<double> value;
    Points near;
    Points far;
    Points whole;
    for (std::int64_t i = 0; i < 500; ++i) {
        const double v = value(random);
        near.push_back({i, v, 0});
        far.push_back({1'763'700'000'000'000'000 + i, v, 0});
        whole.push_back({std::numeric_limits<std::int64_t>::min() + i, v, 0});
    }
    const Indices chosen = chosen_by(&lttb, near, 50);
    EXPECT_EQ(chosen_by(&lttb, far, 50), chosen);
    EXPECT_EQ(chosen_by(&lttb, whole, 50), chosen);
    whole.back().step = std::numeric_limits<std::int64_t>::max();
    expect_sound(whole, 50, chosen_by(&lttb, whole, 50));
}

TEST(Lttb, LargestNumbersAreNoInfinities) {
    std::mt19937_64 random{4};
    std::normal_distribution<double> value{0, 0.2};
    Points points;
    Points large;
    for (std::int64_t i = 0; i < 1000; ++i) {
        const double v = std::clamp(value(random), -0.99, 0.99);
        points.push_back({i, v, 0});
        large.push_back({i, std::ldexp(v, 1024), 0}); // up to the largest double there is
    }
    EXPECT_EQ(chosen_by(&lttb, large, 100), chosen_by(&lttb, points, 100));
    EXPECT_EQ(chosen_by(&lttb_with_extremes, large, 100), chosen_by(&lttb_with_extremes, points, 100));
}

TEST(Lttb, WhatIsNotFiniteIsTheLargestTriangle) {
    EXPECT_EQ(chosen_by(&lttb, curve_of({0, 9, nan_value, 9, infinity, 0}), 3), (Indices{0, 2, 5}));
    EXPECT_EQ(chosen_by(&lttb, curve_of({0, 9, -infinity, 9, nan_value, 0}), 3), (Indices{0, 2, 5}));
    // But not of every bucket: the second one of these has a finite one to show, the third may be a gap again.
    EXPECT_EQ(chosen_by(&lttb, curve_of({0, nan_value, 1, 1, nan_value, 1, nan_value, 0}), 5),
              (Indices{0, 1, 3, 6, 7}));
    // Where there is nothing else, nothing else is shown.
    const std::vector<double> gaps(50, nan_value);
    EXPECT_EQ(chosen_by(&lttb, curve_of(gaps), 4), by_definition(curve_of(std::vector<double>(50, 0)), 4));
    EXPECT_EQ(chosen_by(&lttb_with_extremes, curve_of(gaps), 4), chosen_by(&lttb, curve_of(gaps), 4));
}

TEST(Lttb, AFiniteCurveIsSeenBetweenGaps) {
    std::vector<double> values;
    for (int i = 0; i < 10'000; ++i) {
        values.push_back(i % 10 == 3 ? nan_value : std::sin(i / 500.0));
    }
    const Points points = curve_of(values);
    const Indices chosen = chosen_by(&lttb, points, 100);
    const auto finite =
        std::count_if(chosen.begin(), chosen.end(), [&](std::size_t i) { return std::isfinite(points[i].value); });
    EXPECT_GE(finite, 50);
    EXPECT_LT(finite, 100);
}

TEST(Lttb, GapsAreNoCorners) {
    // The peak stays the largest triangle of its bucket after a gap, before one, and where the curve only begins.
    EXPECT_EQ(chosen_by(&lttb, curve_of({0, nan_value, nan_value, 1, 8, 1, 0, 0, 0, 0}), 5)[2], 4U);
    EXPECT_EQ(chosen_by(&lttb, curve_of({0, 1, 8, nan_value, nan_value, 0}), 4), (Indices{0, 2, 3, 5}));
    EXPECT_EQ(chosen_by(&lttb, curve_of({nan_value, 1, 1, 8, 1, 1, 1, 1, 0}), 4)[1], 3U);
    EXPECT_EQ(chosen_by(&lttb, curve_of({nan_value, 1, 1, 8, nan_value}), 3), (Indices{0, 3, 4}));
}

TEST(LttbWithExtremes, IsLttbWhereThatHasThem) {
    const Points points = curve_of({0, 1, 9, 1, 0, 0, -9, 0, 1, 0});
    EXPECT_EQ(chosen_by(&lttb_with_extremes, points, 6), chosen_by(&lttb, points, 6));
    const Points flat = curve_of(std::vector<double>(100, 3));
    EXPECT_EQ(chosen_by(&lttb_with_extremes, flat, 6), chosen_by(&lttb, flat, 6));
    // The extremes are the ends.
    Points rising;
    for (std::int64_t i = 0; i < 100; ++i) {
        rising.push_back({i, static_cast<double>(i), 0});
    }
    EXPECT_EQ(chosen_by(&lttb_with_extremes, rising, 6), chosen_by(&lttb, rising, 6));
}

TEST(LttbWithExtremes, TakeTheirBuckets) {
    // Of a spike up and one down a bucket gives one. The lowest point of all is in the other bucket.
    const Points points = curve_of({0, 9, -12, 0, 0, -13, 0, 0});
    EXPECT_EQ(chosen_by(&lttb, points, 4), (Indices{0, 2, 5, 7}));
    EXPECT_EQ(chosen_by(&lttb_with_extremes, points, 4), (Indices{0, 1, 5, 7}));
    // Where both are in one bucket there is one bucket fewer.
    const Points spikes = curve_of({0, 0, 9, -10, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0});
    EXPECT_EQ(chosen_by(&lttb, spikes, 5), (Indices{0, 3, 8, 9, 13}));
    EXPECT_EQ(chosen_by(&lttb_with_extremes, spikes, 5), (Indices{0, 2, 3, 8, 13}));
}

// Both in one bucket, at its ends, beside gaps, in few buckets, at many sizes.
TEST(LttbWithExtremes, WhereverTheyAre) {
    for (const std::size_t n : {5U, 6U, 7U, 10U, 23U, 37U}) {
        for (std::size_t least = 0; least < n; ++least) {
            for (std::size_t greatest = 0; greatest < n; ++greatest) {
                for (const bool gaps : {false, true}) {
                    std::vector<double> values(n);
                    for (std::size_t i = 0; i < n; ++i) {
                        values[i] = gaps && i % 3 == 1 ? nan_value : std::sin(static_cast<double>(i));
                    }
                    values[least] = -1.01;
                    values[greatest] = 1.01;
                    const Points points = curve_of(values);
                    for (std::size_t wanted = 4; wanted < n; ++wanted) {
                        const Indices chosen = chosen_by(&lttb_with_extremes, points, wanted);
                        expect_sound(points, wanted, chosen);
                        ASSERT_GE(chosen.size() + 2, wanted);
                        ASSERT_EQ(extremes_of(points, chosen), extremes_of(points, all_of(points)))
                            << n << " to " << wanted << ", " << least << ", " << greatest << (gaps ? ", gaps" : "");
                    }
                }
            }
        }
    }
}

TEST(LttbWithExtremes, RandomCurves) {
    std::mt19937_64 random{5};
    for (int round = 0; round < 3000; ++round) {
        const std::size_t n = 5 + random() % 300;
        const std::size_t kinds = 1 + random() % 6;
        Points points;
        for (std::size_t i = 0; i < n; ++i) {
            const auto kind = random() % (kinds + 20);
            const double value = kind == 0   ? nan_value
                                 : kind == 1 ? infinity
                                 : kind == 2 ? -infinity
                                             : static_cast<double>(random() % 1000) - 500;
            points.push_back({static_cast<std::int64_t>(i), value, 0});
        }
        const std::size_t wanted = 4 + random() % n;
        const Indices chosen = chosen_by(&lttb_with_extremes, points, wanted);
        expect_sound(points, wanted, chosen);
        ASSERT_EQ(extremes_of(points, chosen), extremes_of(points, all_of(points))) << round;
        ASSERT_GE(chosen.size() + 2, std::min(wanted, n)) << round;
    }
}

TEST(LttbWithExtremes, TooFewForThem) {
    const Points points = curve_of({0, 5, -5, 1, 0});
    EXPECT_EQ(chosen_by(&lttb_with_extremes, points, 3), chosen_by(&lttb, points, 3));
    EXPECT_EQ(chosen_by(&lttb_with_extremes, points, 4), (Indices{0, 1, 2, 4}));
}

TEST(Lttb, StopsWhenAsked) {
    const Points points = curve_of(std::vector<double>(5000, 1));
    Indices chosen(3);
    EXPECT_THROW((void)lttb(points, chosen, []() noexcept { return true; }), Interrupted);
    EXPECT_THROW((void)lttb_with_extremes(points, chosen, []() noexcept { return true; }), Interrupted);
    EXPECT_EQ(lttb(points, chosen, []() noexcept { return false; }), 3U);
}

TEST(Settle, OrdersAndKeepsTheLastOfAStep) {
    using mlregistry::settle;
    Points points = {{3, 1, 10}, {1, 2, 10}, {3, 3, 9}, {2, 4, 5}, {3, 5, 11}, {1, 6, 9}};
    ASSERT_EQ(settle(points), 3U);
    EXPECT_EQ(points[0].step, 1);
    EXPECT_EQ(points[0].value, 2);
    EXPECT_EQ(points[1].step, 2);
    EXPECT_EQ(points[2].step, 3);
    EXPECT_EQ(points[2].value, 5);
    EXPECT_EQ(points[2].recorded_at, 11);
    EXPECT_EQ(settle({}), 0U);
    Points one = {{7, nan_value, 1}};
    EXPECT_EQ(settle(one), 1U);
    Points same = {{7, 1, 1}, {7, 2, 2}, {7, 3, 3}};
    ASSERT_EQ(settle(same), 1U);
    EXPECT_EQ(same[0].value, 3);
}

TEST(Settle, RandomOrders) {
    std::mt19937_64 random{6};
    for (int round = 0; round < 200; ++round) {
        std::set<std::pair<std::int64_t, std::int64_t>> keys;
        for (std::size_t i = random() % 100; i > 0; --i) {
            keys.emplace(static_cast<std::int64_t>(random() % 30) - 15, static_cast<std::int64_t>(random() % 1000));
        }
        Points points;
        for (const auto &[step, at] : keys) {
            points.push_back({step, static_cast<double>(at), at});
        }
        std::shuffle(points.begin(), points.end(), random);
        points.resize(mlregistry::settle(points));
        std::size_t next = 0;
        for (auto key = keys.begin(); key != keys.end(); ++key) {
            const auto after = std::next(key);
            if (after == keys.end() || after->first != key->first) {
                ASSERT_LT(next, points.size());
                EXPECT_EQ(points[next].step, key->first);
                EXPECT_EQ(points[next].value, static_cast<double>(key->second));
                ++next;
            }
        }
        EXPECT_EQ(next, points.size());
    }
}

TEST(OrderByCurve, KeepsAllInOrder) {
    std::mt19937_64 random{7};
    std::vector<mlregistry::NumberedPoint> points;
    for (std::uint32_t curve = 0; curve < 5; ++curve) {
        for (std::int64_t step = -3; step < 4; ++step) {
            for (std::int64_t at = 0; at < 3; ++at) {
                points.push_back({{step, static_cast<double>(points.size()), at}, curve});
            }
        }
    }
    const std::vector<mlregistry::NumberedPoint> ordered = points;
    std::shuffle(points.begin(), points.end(), random);
    mlregistry::order_by_curve(points);
    for (std::size_t i = 0; i < points.size(); ++i) {
        ASSERT_EQ(points[i].point.value, ordered[i].point.value);
        ASSERT_EQ(points[i].curve, ordered[i].curve);
    }
    mlregistry::order_by_curve(points);
    EXPECT_EQ(points.back().point.value, ordered.back().point.value);
    mlregistry::order_by_curve({});
}

} // namespace
