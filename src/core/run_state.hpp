// What the states of runs and experiments imply for the columns beside them (docs/design/data-model.md, section 3).
// Which moves are legal is data of state_machine.cpp.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace mlregistry::lifecycle {

/// True for the states of a run that nothing leads out of.
[[nodiscard]] bool is_finished_run(std::string_view status) noexcept;

/// Microseconds: of times since any moment, the same for all; of durations from 0 on.
using Microseconds = std::int64_t;

/// What PostgreSQL's infinities are.
inline constexpr Microseconds earliest = INT64_MIN;
inline constexpr Microseconds latest = INT64_MAX;

/// Longest duration that a run may have in the table, in seconds: numeric(12,3).
inline constexpr Microseconds longest_duration = 999'999'999'999'000;

struct RunTimes {
    std::optional<Microseconds> queued{};
    std::optional<Microseconds> started{};
    std::optional<Microseconds> completed{};
    std::optional<Microseconds> duration{};

    bool operator==(const RunTimes &) const = default;
};

/// The times of a run that is inserted, with those that were left out.
[[nodiscard]] RunTimes complete_insert(std::string_view status, const RunTimes &given, Microseconds now,
                                       Microseconds created) noexcept;

/// The times of a run that is updated, with those that its status implies.
[[nodiscard]] RunTimes complete_update(std::string_view status, const RunTimes &given, Microseconds now) noexcept;

/// From start to end; nothing where that is no duration that the table can hold.
[[nodiscard]] std::optional<Microseconds> duration_between(const RunTimes &times) noexcept;

/// F1 of precision and recall, all in units of 1/10,000 and rounded to them; nothing where these are no shares.
[[nodiscard]] std::optional<std::int64_t> f1_score(std::int64_t precision, std::int64_t recall) noexcept;

} // namespace mlregistry::lifecycle
