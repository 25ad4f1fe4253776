#include "run_state.hpp"

#include <algorithm>

namespace mlregistry::lifecycle {

namespace {

constexpr std::string_view run_states[] = {"queued", "running", "succeeded", "failed", "cancelled", "timeout"};

constexpr Move run_moves[] = {
    {"queued", "running", "started_at"},
    {"queued", "failed", "completed_at"},
    {"queued", "cancelled", "completed_at"},
    {"queued", "timeout", "completed_at"},
    {"running", "succeeded", "completed_at, duration_seconds, f1_score"},
    {"running", "failed", "completed_at, duration_seconds, f1_score"},
    {"running", "cancelled", "completed_at, duration_seconds, f1_score"},
    {"running", "timeout", "completed_at, duration_seconds, f1_score"},
};

constexpr std::string_view experiment_states[] = {"running", "completed", "failed", "cancelled"};

constexpr Move experiment_moves[] = {
    {"running", "completed", "completed_at"},         {"running", "failed", "completed_at"},
    {"running", "cancelled", "completed_at"},         {"completed", "running", "completed_at is cleared"},
    {"failed", "running", "completed_at is cleared"}, {"cancelled", "running", "completed_at is cleared"},
};

constexpr Machine all_machines[] = {
    {.entity = "run",
     .noun = "a run",
     .rule = "training_runs_transition",
     .states = run_states,
     .moves = run_moves,
     .way_out = "A finished run stays what it is: a retry is a new run with parent_run_id."},
    {.entity = "experiment",
     .noun = "an experiment",
     .rule = "experiments_transition",
     .states = experiment_states,
     .moves = experiment_moves,
     .way_out = {}},
};

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

std::span<const Machine> machines() noexcept { return all_machines; }

const Machine *machine_of(std::string_view entity) noexcept {
    const Machine *const found = std::ranges::find(all_machines, entity, &Machine::entity);
    return found == std::end(all_machines) ? nullptr : found;
}

bool is_state(const Machine &machine, std::string_view state) noexcept {
    return std::ranges::find(machine.states, state) != machine.states.end();
}

bool may_move(const Machine &machine, std::string_view from, std::string_view to) noexcept {
    return from == to || std::ranges::any_of(machine.moves, [from, to](const Move &move) {
               return move.from == from && move.to == to;
           });
}

bool is_finished_run(std::string_view status) noexcept {
    const Machine &run = all_machines[0];
    return is_state(run, status) && std::ranges::find(run.moves, status, &Move::from) == run.moves.end();
}

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
