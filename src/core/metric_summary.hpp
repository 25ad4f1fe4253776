// A curve in a few numbers, in one pass, and which of two values of a metric is the better one.
#pragma once

#include "curve.hpp"

#include <cstdint>
#include <string_view>

namespace mlregistry {

/// Whether less or more of a metric is wanted.
enum class MetricGoal : std::uint8_t { minimize, maximize };

/// The goal that the name of a metric tells: losses, errors, costs and durations are to be small, all else large; what
/// begins with neg (neg_mean_squared_error) the other way round. ASCII letters count without case; words end where a
/// letter and anything else meet, and where a capital begins a word.
[[nodiscard]] MetricGoal goal_of_metric(std::string_view name) noexcept;

/// "minimize" or "maximize" (or "min", "max"), in any case; false for another word.
[[nodiscard]] bool metric_goal_named(std::string_view word, MetricGoal &goal) noexcept;

struct StepValue {
    std::int64_t step = 0;
    double value = 0;
};

struct MetricSummary {
    std::int64_t n = 0;    ///< steps whose value is a number: what least and greatest are of
    std::int64_t nans = 0; ///< steps whose value is NaN
    StepValue first;       ///< NaN or not, as last
    StepValue last;
    StepValue least; ///< the first step that has it; meaningless where n is 0, as greatest
    StepValue greatest;

    [[nodiscard]] const StepValue &best(MetricGoal goal) const noexcept {
        return goal == MetricGoal::minimize ? least : greatest;
    }
};

/// Takes the points of one curve in the order of step and recorded_at. Of several of one step the last one counts.
/// Infinities are ordinary values, the least and the greatest there are.
class MetricFold {
  public:
    void add(const CurvePoint &point) noexcept {
        if (has_pending_ && point.step != pending_.step) {
            take();
        }
        pending_ = point;
        has_pending_ = true;
    }

    /// The summary of what was added, of which there must have been something; then begins anew.
    [[nodiscard]] MetricSummary finish() noexcept;

    [[nodiscard]] bool empty() const noexcept { return !has_pending_; }

  private:
    void take() noexcept;

    MetricSummary summary_;
    CurvePoint pending_;
    bool has_pending_ = false;
};

} // namespace mlregistry
