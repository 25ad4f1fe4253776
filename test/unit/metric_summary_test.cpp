// Summaries of curves, and the goals that names tell.
#include "metric_summary.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <random>
#include <vector>

namespace {

using mlregistry::CurvePoint;
using mlregistry::goal_of_metric;
using mlregistry::MetricFold;
using mlregistry::MetricGoal;
using mlregistry::MetricSummary;
using mlregistry::StepValue;

constexpr double nan_value = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

MetricSummary summary_of(const std::vector<CurvePoint> &points) {
    MetricFold fold;
    for (const CurvePoint &point : points) {
        fold.add(point);
    }
    return fold.finish();
}

void expect_value(const StepValue &got, std::int64_t step, double value) {
    EXPECT_EQ(got.step, step);
    if (std::isnan(value)) {
        EXPECT_TRUE(std::isnan(got.value));
    } else {
        EXPECT_EQ(got.value, value);
    }
}

TEST(MetricSummary, OneValue) {
    const MetricSummary summary = summary_of({{-3, 0.5, 1}});
    EXPECT_EQ(summary.n, 1);
    EXPECT_EQ(summary.nans, 0);
    for (const StepValue &value : {summary.first, summary.last, summary.least, summary.greatest}) {
        expect_value(value, -3, 0.5);
    }
}

TEST(MetricSummary, LastOfAStepCounts) {
    const MetricSummary summary =
        summary_of({{1, 100, 1}, {1, 5, 2}, {2, 7, 1}, {3, -100, 1}, {3, nan_value, 2}, {3, 6, 3}});
    EXPECT_EQ(summary.n, 3);
    expect_value(summary.first, 1, 5);
    expect_value(summary.last, 3, 6);
    expect_value(summary.least, 1, 5);
    expect_value(summary.greatest, 2, 7);
}

TEST(MetricSummary, FirstStepOfEqualValues) {
    const MetricSummary summary = summary_of({{1, 5, 1}, {2, 3, 1}, {3, 9, 1}, {4, 3, 1}, {5, 9, 1}});
    expect_value(summary.best(MetricGoal::minimize), 2, 3);
    expect_value(summary.best(MetricGoal::maximize), 3, 9);
}

TEST(MetricSummary, NanIsLeftOutOfTheExtremes) {
    const MetricSummary summary =
        summary_of({{1, nan_value, 1}, {2, 4, 1}, {3, nan_value, 1}, {4, 2, 1}, {5, nan_value, 1}});
    EXPECT_EQ(summary.n, 2);
    EXPECT_EQ(summary.nans, 3);
    expect_value(summary.first, 1, nan_value);
    expect_value(summary.last, 5, nan_value);
    expect_value(summary.least, 4, 2);
    expect_value(summary.greatest, 2, 4);
    const MetricSummary none = summary_of({{1, nan_value, 1}, {2, -nan_value, 1}});
    EXPECT_EQ(none.n, 0);
    EXPECT_EQ(none.nans, 2);
    expect_value(none.last, 2, nan_value);
}

TEST(MetricSummary, InfinitiesAreOrdinaryValues) {
    const MetricSummary summary = summary_of({{1, 0, 1}, {2, infinity, 1}, {3, -infinity, 1}, {4, infinity, 1}});
    EXPECT_EQ(summary.n, 4);
    expect_value(summary.least, 3, -infinity);
    expect_value(summary.greatest, 2, infinity);
    expect_value(summary_of({{7, infinity, 1}}).least, 7, infinity);
    expect_value(summary_of({{7, -infinity, 1}}).greatest, 7, -infinity);
}

TEST(MetricSummary, BeginsAnew) {
    MetricFold fold;
    EXPECT_TRUE(fold.empty());
    fold.add({1, 9, 1});
    EXPECT_FALSE(fold.empty());
    EXPECT_EQ(fold.finish().n, 1);
    EXPECT_TRUE(fold.empty());
    // The same step as the curve before ended with is another curve's.
    fold.add({1, 4, 1});
    const MetricSummary summary = fold.finish();
    EXPECT_EQ(summary.n, 1);
    expect_value(summary.first, 1, 4);
}

TEST(MetricSummary, RandomCurvesAsByDefinition) {
    std::mt19937_64 random{1};
    for (int round = 0; round < 500; ++round) {
        std::vector<CurvePoint> points;
        std::map<std::int64_t, double> last;
        std::int64_t step = static_cast<std::int64_t>(random() % 10) - 5;
        const std::size_t n = 1 + random() % 60;
        for (std::size_t i = 0; i < n; ++i) {
            const auto kind = random() % 8;
            const double value = kind == 0 ? nan_value : kind == 1 ? infinity : static_cast<double>(random() % 9);
            points.push_back({step, value, static_cast<std::int64_t>(i)});
            last[step] = value;
            step += static_cast<std::int64_t>(random() % 3);
        }
        std::optional<StepValue> least;
        std::optional<StepValue> greatest;
        std::int64_t numbers = 0;
        for (const auto &[at, value] : last) {
            if (std::isnan(value)) {
                continue;
            }
            ++numbers;
            if (!least || value < least->value) {
                least = {at, value};
            }
            if (!greatest || value > greatest->value) {
                greatest = {at, value};
            }
        }
        const MetricSummary summary = summary_of(points);
        ASSERT_EQ(summary.n, numbers);
        ASSERT_EQ(summary.n + summary.nans, static_cast<std::int64_t>(last.size()));
        expect_value(summary.first, last.begin()->first, last.begin()->second);
        expect_value(summary.last, last.rbegin()->first, last.rbegin()->second);
        if (numbers > 0) {
            expect_value(summary.least, least->step, least->value);
            expect_value(summary.greatest, greatest->step, greatest->value);
        }
    }
}

TEST(MetricGoal, NamesTell) {
    for (const char *const name : {"loss",
                                   "val_loss",
                                   "valLoss",
                                   "train/loss",
                                   "Loss",
                                   "LOSS",
                                   "logloss",
                                   "log-loss",
                                   "CrossEntropyLoss",
                                   "MSELoss",
                                   "cross_entropy",
                                   "crossentropy",
                                   "error",
                                   "error rate",
                                   "test error",
                                   "top1_error",
                                   "err",
                                   "mse",
                                   "val RMSE",
                                   "valRMSE",
                                   "MAE",
                                   "mean_absolute_error",
                                   "mape",
                                   "perplexity",
                                   "ppl",
                                   "WER",
                                   "cer",
                                   "fid",
                                   "latency_ms",
                                   "p99 latency",
                                   "epoch.time",
                                   "duration",
                                   "wall_seconds",
                                   "cost",
                                   "nll",
                                   "negative_log_likelihood",
                                   "neg_log_likelihood",
                                   "false_positive_rate",
                                   "false_negative_rate",
                                   "kl_divergence",
                                   "brier",
                                   "gpu.hours",
                                   "a_very_long_metric_name_without_end_generatorloss",
                                   "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzloss"}) {
        EXPECT_EQ(goal_of_metric(name), MetricGoal::minimize) << name;
    }
    for (const char *const name : {"",
                                   "accuracy",
                                   "val_accuracy",
                                   "f1",
                                   "F1-score",
                                   "auc",
                                   "roc_auc",
                                   "mAP",
                                   "mAP@50",
                                   "precision",
                                   "recall",
                                   "bleu",
                                   "ROUGE-L",
                                   "r2",
                                   "reward",
                                   "score",
                                   "throughput",
                                   "tokens per second",
                                   "lossless",
                                   "erratic",
                                   "timely",
                                   "neg_mean_squared_error",
                                   "neg_log_loss",
                                   "explained_variance",
                                   "likelihood",
                                   "true_negative_rate",
                                   "iou",
                                   "glossy",
                                   "42",
                                   "learning_rate",
                                   "timestep"}) {
        EXPECT_EQ(goal_of_metric(name), MetricGoal::maximize) << name;
    }
}

TEST(MetricGoal, Words) {
    MetricGoal goal{};
    for (const char *const word : {"minimize", "MIN", "Minimize", "min"}) {
        ASSERT_TRUE(mlregistry::metric_goal_named(word, goal));
        EXPECT_EQ(goal, MetricGoal::minimize);
    }
    for (const char *const word : {"maximize", "max", "MAXIMIZE"}) {
        ASSERT_TRUE(mlregistry::metric_goal_named(word, goal));
        EXPECT_EQ(goal, MetricGoal::maximize);
    }
    for (const char *const word : {"", "mini", "maximise", "best", "min ", "minimizer"}) {
        EXPECT_FALSE(mlregistry::metric_goal_named(word, goal)) << word;
    }
}

} // namespace
