#include "run_state.hpp"

#include "state_machine.hpp"

#include <algorithm>

namespace mlregistry::lifecycle {

namespace {

bool is_finite(Microseconds time) noexcept { return time != earliest && time != latest; }

Microseconds later(Microseconds time, const std::optional<Microseconds> &other) noexcept {
    return other.has_value() ? std::max(time, *other) : time;
}

Microseconds sooner(Microseconds time, const std::optional<Microseconds> &other) noexcept {
    return other.has_value() ? std::min(time, *other) : time;
}

Microseconds before(Microseconds time, Microseconds duration) noexcept {
    return is_finite(time) && time >= earliest + 1 + duration ? time - duration : time;
}

Microseconds after(Microseconds time, Microseconds duration) noexcept {
    return is_finite(time) && time <= latest - 1 - duration ? time + duration : time;
}

void fill_duration(RunTimes &times) noexcept {
    if (!times.duration.has_value()) {
        times.duration = duration_between(times);
    }
}

/// The end first, because the start of what was left out entirely is reckoned from it.
void fill_finished(std::string_view status, RunTimes &times, Microseconds now) noexcept {
    const bool has_times = times.started.has_value() || times.completed.has_value();
    if (!times.completed.has_value()) {
        times.completed = times.started.has_value() && times.duration.has_value()
                              ? after(*times.started, *times.duration)
                              : later(later(now, times.started), times.queued);
    }
    // Without any time it ran as well; with an end alone it may have ended before it began.
    if (!times.started.has_value() && (!has_times || status == "succeeded" || times.duration.has_value())) {
        times.started = later(before(*times.completed, times.duration.value_or(0)), times.queued);
    }
}

} // namespace

bool is_finished_run(std::string_view status) noexcept { return is_final(*machine_of("run"), status); }

std::optional<Microseconds> duration_between(const RunTimes &times) noexcept {
    if (!times.started.has_value() || !times.completed.has_value() || !is_finite(*times.started) ||
        !is_finite(*times.completed) || *times.completed < *times.started) {
        return std::nullopt;
    }
    // PostgreSQL's times are far from the ends of 64 bits, but what is not is no reason to overflow.
    const auto difference = static_cast<std::uint64_t>(*times.completed) - static_cast<std::uint64_t>(*times.started);
    if (difference > static_cast<std::uint64_t>(longest_duration)) {
        return std::nullopt;
    }
    return static_cast<Microseconds>(difference);
}

RunTimes complete_insert(std::string_view status, const RunTimes &given, Microseconds now,
                         Microseconds created) noexcept {
    RunTimes times = given;
    if (is_finished_run(status)) {
        fill_finished(status, times, now);
    } else if (status == "running" && !times.started.has_value()) {
        times.started = later(now, times.queued);
    }
    if (!times.queued.has_value()) {
        times.queued = sooner(sooner(std::min(now, created), times.started), times.completed);
    }
    fill_duration(times);
    return times;
}

RunTimes complete_update(std::string_view status, const RunTimes &given, Microseconds now) noexcept {
    RunTimes times = given;
    if (status == "running" && !times.started.has_value()) {
        times.started = later(now, times.queued);
    } else if (is_finished_run(status) && !times.completed.has_value()) {
        times.completed = later(later(now, times.started), times.queued);
    }
    fill_duration(times);
    return times;
}

std::optional<std::int64_t> f1_score(std::int64_t precision, std::int64_t recall) noexcept {
    constexpr std::int64_t one = 10'000;
    if (precision < 0 || precision > one || recall < 0 || recall > one) {
        return std::nullopt;
    }
    const std::int64_t sum = precision + recall;
    return sum == 0 ? 0 : (4 * precision * recall + sum) / (2 * sum); // rounded half up
}

} // namespace mlregistry::lifecycle
