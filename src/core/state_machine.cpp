#include "state_machine.hpp"

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

constexpr std::string_view version_states[] = {"registered", "validated", "deployed", "deprecated", "archived"};

// What serves makes a version deployed, and what ends takes that back.
constexpr Move version_moves[] = {
    {"registered", "validated", "validated_at, validated_by"},
    {"registered", "deployed", {}, Condition::live},
    {"registered", "deprecated", "deprecated_at"},
    {"registered", "archived", "archived_at, stage", Condition::nothing_open},
    {"validated", "deployed", {}, Condition::live},
    {"validated", "deprecated", "deprecated_at"},
    {"validated", "archived", "archived_at, stage", Condition::nothing_open},
    {"deployed", "registered", {}, Condition::not_validated | Condition::not_live},
    {"deployed", "validated", {}, Condition::validated | Condition::not_live},
    {"deployed", "deprecated", "deprecated_at"},
    {"deployed", "archived", "archived_at, stage", Condition::nothing_open},
    {"deprecated", "registered", "deprecated_at and deprecation_reason are cleared", Condition::not_validated},
    {"deprecated", "validated", "deprecated_at and deprecation_reason are cleared", Condition::validated},
    {"deprecated", "archived", "archived_at, stage", Condition::nothing_open},
    {"archived", "registered", "archived_at is cleared, stage becomes development", Condition::not_validated},
    {"archived", "validated", "archived_at is cleared, stage becomes development", Condition::validated},
};

constexpr std::string_view stage_states[] = {"development", "staging", "production", "archived"};

constexpr Move stage_moves[] = {
    {"development", "staging"},
    {"development", "production", "promoted_to_production_at"},
    {"development", "archived", "archived_at, status"},
    {"staging", "development"},
    {"staging", "production", "promoted_to_production_at"},
    {"staging", "archived", "archived_at, status"},
    {"production", "development"},
    {"production", "staging"},
    {"production", "archived", "archived_at, status"},
    {"archived", "development", "archived_at is cleared, status"},
};

constexpr std::string_view deployment_states[] = {"pending", "deploying",   "active",      "degraded",
                                                  "failed",  "deactivated", "terminating", "terminated"};

constexpr Move deployment_moves[] = {
    {"pending", "deploying"},
    {"pending", "active", "deployed_at"},
    {"pending", "failed"},
    {"pending", "deactivated", "deactivated_at"},
    {"pending", "terminated", "terminated_at"},
    {"deploying", "active", "deployed_at"},
    {"deploying", "degraded", "deployed_at"},
    {"deploying", "failed"},
    {"deploying", "deactivated", "deactivated_at"},
    {"deploying", "terminating"},
    {"deploying", "terminated", "terminated_at"},
    {"active", "deploying"},
    {"active", "degraded"},
    {"active", "failed"},
    {"active", "deactivated", "deactivated_at"},
    {"active", "terminating"},
    {"active", "terminated", "terminated_at"},
    {"degraded", "deploying"},
    {"degraded", "active"},
    {"degraded", "failed"},
    {"degraded", "deactivated", "deactivated_at"},
    {"degraded", "terminating"},
    {"degraded", "terminated", "terminated_at"},
    {"failed", "deploying"},
    {"failed", "active", "deployed_at"},
    {"failed", "deactivated", "deactivated_at"},
    {"failed", "terminating"},
    {"failed", "terminated", "terminated_at"},
    {"deactivated", "deploying", "deactivated_at and deactivation_reason are cleared"},
    {"deactivated", "active", "deployed_at; deactivated_at and deactivation_reason are cleared"},
    {"deactivated", "terminated", "terminated_at"},
    {"terminating", "failed"},
    {"terminating", "terminated", "terminated_at"},
};

constexpr std::string_view approval_states[] = {"pending", "approved",  "rejected",
                                                "expired", "cancelled", "superseded"};

constexpr Move approval_moves[] = {
    {"pending", "approved", "reviewed_at, reviewed_by"},
    {"pending", "rejected", "reviewed_at, reviewed_by"},
    {"pending", "expired"},
    {"pending", "cancelled"},
    {"pending", "superseded"},
    {"approved", "expired"},
    {"approved", "cancelled"},
    {"approved", "superseded"},
    {"rejected", "superseded"},
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
    {.entity = "version",
     .noun = "a version",
     .rule = "model_versions_transition",
     .states = version_states,
     .moves = version_moves,
     .way_out = {}},
    {.entity = "stage",
     .noun = "a version",
     .rule = "model_versions_transition",
     .states = stage_states,
     .moves = stage_moves,
     .way_out = {}},
    {.entity = "deployment",
     .noun = "a deployment",
     .rule = "deployments_transition",
     .states = deployment_states,
     .moves = deployment_moves,
     .way_out = "A terminated deployment stays what it is: insert a new one, as deploy() does."},
    {.entity = "approval",
     .noun = "an approval",
     .rule = "approvals_transition",
     .states = approval_states,
     .moves = approval_moves,
     .way_out = "What has come to this end stays so: ask anew, with request_approval()."},
};

constexpr ConditionWords all_conditions[] = {
    {Condition::validated, "it has been validated", "Nobody has validated it: it becomes registered."},
    {Condition::not_validated, "nobody has validated it", "It has been validated: it becomes validated."},
    {Condition::live, "a deployment of it is live", "It becomes deployed by itself when a deployment of it is live."},
    {Condition::not_live, "no deployment of it is live", "Deactivate or terminate its live deployments."},
    {Condition::nothing_open, "no deployment of it is open", "Deactivate or terminate its deployments."},
};

} // namespace

std::span<const Machine> machines() noexcept { return all_machines; }

const Machine *machine_of(std::string_view entity) noexcept {
    const Machine *const found = std::ranges::find(all_machines, entity, &Machine::entity);
    return found == std::end(all_machines) ? nullptr : found;
}

bool is_state(const Machine &machine, std::string_view state) noexcept {
    return std::ranges::find(machine.states, state) != machine.states.end();
}

const Move *move_between(const Machine &machine, std::string_view from, std::string_view to) noexcept {
    const auto found = std::ranges::find_if(
        machine.moves, [from, to](const Move &move) { return move.from == from && move.to == to; });
    return found == machine.moves.end() ? nullptr : &*found;
}

bool may_move(const Machine &machine, std::string_view from, std::string_view to) noexcept {
    return from == to || move_between(machine, from, to) != nullptr;
}

bool is_final(const Machine &machine, std::string_view state) noexcept {
    return is_state(machine, state) && std::ranges::find(machine.moves, state, &Move::from) == machine.moves.end();
}

Condition broken(Condition conditions, const VersionFacts &facts) noexcept {
    Condition found = Condition::none;
    const auto look_at = [conditions, &found](Condition one, bool holds) {
        if (includes(conditions, one) && !holds) {
            found = found | one;
        }
    };
    look_at(Condition::validated, facts.was_validated);
    look_at(Condition::not_validated, !facts.was_validated);
    look_at(Condition::live, facts.is_live);
    look_at(Condition::not_live, !facts.is_live);
    look_at(Condition::nothing_open, !facts.has_open);
    return found;
}

std::span<const ConditionWords> conditions() noexcept { return all_conditions; }

} // namespace mlregistry::lifecycle
