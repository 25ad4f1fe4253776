#include "run_state.hpp"

#include <gtest/gtest.h>

#include <string_view>

namespace mlregistry::lifecycle {
namespace {

constexpr Microseconds second = 1'000'000;
constexpr Microseconds now = 1'000'000 * second;
constexpr Microseconds created = now;

TEST(RunState, FinishedIsWhatNothingLeadsOutOf) {
    EXPECT_FALSE(is_finished_run("queued"));
    EXPECT_FALSE(is_finished_run("running"));
    EXPECT_TRUE(is_finished_run("succeeded"));
    EXPECT_TRUE(is_finished_run("failed"));
    EXPECT_TRUE(is_finished_run("cancelled"));
    EXPECT_TRUE(is_finished_run("timeout"));
    EXPECT_FALSE(is_finished_run("completed"));
}

TEST(RunState, InsertQueued) {
    EXPECT_EQ(complete_insert("queued", {}, now, created), (RunTimes{.queued = now}));
    EXPECT_EQ(complete_insert("queued", {}, now, created - 5), (RunTimes{.queued = now - 5}));
    EXPECT_EQ(complete_insert("queued", {.queued = now + 9}, now, created), (RunTimes{.queued = now + 9}));
}

TEST(RunState, InsertRunning) {
    EXPECT_EQ(complete_insert("running", {}, now, created), (RunTimes{.queued = now, .started = now}));
    EXPECT_EQ(complete_insert("running", {.started = now - 7}, now, created),
              (RunTimes{.queued = now - 7, .started = now - 7}));
    // The future is legal.
    EXPECT_EQ(complete_insert("running", {.queued = now + 9}, now, created),
              (RunTimes{.queued = now + 9, .started = now + 9}));
}

TEST(RunState, InsertFinishedWithoutTimes) {
    for (const std::string_view status : {"succeeded", "failed", "cancelled", "timeout"}) {
        EXPECT_EQ(complete_insert(status, {}, now, created),
                  (RunTimes{.queued = now, .started = now, .completed = now, .duration = 0}))
            << status;
    }
    EXPECT_EQ(
        complete_insert("failed", {.duration = 60 * second}, now, created),
        (RunTimes{
            .queued = now - 60 * second, .started = now - 60 * second, .completed = now, .duration = 60 * second}));
}

TEST(RunState, InsertFinishedWithSomeTimes) {
    const Microseconds end = now - 100 * second;
    EXPECT_EQ(complete_insert("succeeded", {.completed = end}, now, created),
              (RunTimes{.queued = end, .started = end, .completed = end, .duration = 0}));
    // May have ended before it began.
    EXPECT_EQ(complete_insert("cancelled", {.completed = end}, now, created),
              (RunTimes{.queued = end, .completed = end}));
    EXPECT_EQ(complete_insert("cancelled", {.queued = end - 2, .completed = end}, now, created),
              (RunTimes{.queued = end - 2, .completed = end}));
    EXPECT_EQ(complete_insert("timeout", {.completed = end, .duration = second}, now, created),
              (RunTimes{.queued = end - second, .started = end - second, .completed = end, .duration = second}));
    EXPECT_EQ(complete_insert("failed", {.started = end, .duration = second}, now, created),
              (RunTimes{.queued = end, .started = end, .completed = end + second, .duration = second}));
    EXPECT_EQ(complete_insert("failed", {.started = end}, now, created),
              (RunTimes{.queued = end, .started = end, .completed = now, .duration = 100 * second}));
    // Not before it was queued; the duration that was given stays.
    EXPECT_EQ(complete_insert("succeeded", {.queued = end - 1, .completed = end, .duration = second}, now, created),
              (RunTimes{.queued = end - 1, .started = end - 1, .completed = end, .duration = second}));
}

TEST(RunState, InsertKeepsWhatIsWrongForTheChecks) {
    const RunTimes wrong{.queued = now, .started = now + 5, .completed = now + 4};
    EXPECT_EQ(complete_insert("failed", wrong, now, created), wrong);
    const RunTimes queued{.queued = now, .started = now, .completed = now, .duration = 1};
    EXPECT_EQ(complete_insert("queued", queued, now, created), queued);
    EXPECT_EQ(complete_insert("done", {}, now, created), (RunTimes{.queued = now}));
}

TEST(RunState, UpdateFillsWhatTheStatusImplies) {
    const Microseconds queued = now - 10 * second;
    EXPECT_EQ(complete_update("running", {.queued = queued}, now), (RunTimes{.queued = queued, .started = now}));
    EXPECT_EQ(complete_update("running", {.queued = now + 3}, now), (RunTimes{.queued = now + 3, .started = now + 3}));
    EXPECT_EQ(complete_update("cancelled", {.queued = queued}, now), (RunTimes{.queued = queued, .completed = now}));
    EXPECT_EQ(complete_update("succeeded", {.queued = queued, .started = queued + second}, now),
              (RunTimes{.queued = queued, .started = queued + second, .completed = now, .duration = 9 * second}));
    EXPECT_EQ(
        complete_update("failed", {.queued = queued, .started = queued, .completed = queued, .duration = second}, now),
        (RunTimes{.queued = queued, .started = queued, .completed = queued, .duration = second}));
    EXPECT_EQ(complete_update("queued", {.queued = queued}, now), (RunTimes{.queued = queued}));
}

TEST(RunState, InfiniteTimesHaveNoDuration) {
    EXPECT_EQ(duration_between({.started = earliest, .completed = now}), std::nullopt);
    EXPECT_EQ(duration_between({.started = now, .completed = latest}), std::nullopt);
    EXPECT_EQ(duration_between({.started = earliest + 1, .completed = latest - 1}), std::nullopt);
    EXPECT_EQ(duration_between({.started = now, .completed = now + longest_duration}), longest_duration);
    EXPECT_EQ(duration_between({.started = now, .completed = now + longest_duration + 1}), std::nullopt);
    EXPECT_EQ(duration_between({.started = now, .completed = now - 1}), std::nullopt);
    EXPECT_EQ(duration_between({.completed = now}), std::nullopt);
    EXPECT_EQ(complete_insert("succeeded", {.completed = latest, .duration = second}, now, created).started, latest);
    EXPECT_EQ(complete_insert("succeeded", {.completed = earliest + 5, .duration = second}, now, created).started,
              earliest + 5);
    EXPECT_EQ(complete_insert("succeeded", {.started = latest - 5, .duration = second}, now, created).completed,
              latest - 5);
}

TEST(RunState, F1OfPrecisionAndRecall) {
    EXPECT_EQ(f1_score(9156, 9312), 9233);
    EXPECT_EQ(f1_score(9245, 9389), 9316);
    EXPECT_EQ(f1_score(8345, 8712), 8525);
    EXPECT_EQ(f1_score(10000, 10000), 10000);
    EXPECT_EQ(f1_score(0, 0), 0);
    EXPECT_EQ(f1_score(0, 10000), 0);
    EXPECT_EQ(f1_score(1, 1), 1);
    EXPECT_EQ(f1_score(1, 10000), 2);
    EXPECT_EQ(f1_score(-1, 5000), std::nullopt);
    EXPECT_EQ(f1_score(5000, 10001), std::nullopt);
}

} // namespace
} // namespace mlregistry::lifecycle
