#include "state_machine.hpp"

#include "deployment_state.hpp"

#include <gtest/gtest.h>

#include <string>

namespace mlregistry::lifecycle {
namespace {

/// All legal moves, as text.
std::string moves_of(std::string_view entity) {
    const Machine &machine = *machine_of(entity);
    std::string text;
    for (const std::string_view from : machine.states) {
        for (const std::string_view to : machine.states) {
            if (from != to && may_move(machine, from, to)) {
                text.append(from).append(">").append(to).append(" ");
            }
        }
    }
    return text;
}

TEST(StateMachine, MovesOfRuns) {
    EXPECT_EQ(moves_of("run"), "queued>running queued>failed queued>cancelled queued>timeout "
                               "running>succeeded running>failed running>cancelled running>timeout ");
}

TEST(StateMachine, MovesOfExperiments) {
    EXPECT_EQ(moves_of("experiment"), "running>completed running>failed running>cancelled "
                                      "completed>running failed>running cancelled>running ");
}

TEST(StateMachine, MovesOfVersions) {
    EXPECT_EQ(moves_of("version"), "registered>validated registered>deployed registered>deprecated registered>archived "
                                   "validated>deployed validated>deprecated validated>archived "
                                   "deployed>registered deployed>validated deployed>deprecated deployed>archived "
                                   "deprecated>registered deprecated>validated deprecated>archived "
                                   "archived>registered archived>validated ");
}

TEST(StateMachine, MovesOfStages) {
    EXPECT_EQ(moves_of("stage"), "development>staging development>production development>archived "
                                 "staging>development staging>production staging>archived "
                                 "production>development production>staging production>archived "
                                 "archived>development ");
}

TEST(StateMachine, MovesOfDeployments) {
    EXPECT_EQ(moves_of("deployment"),
              "pending>deploying pending>active pending>failed pending>deactivated pending>terminated "
              "deploying>active deploying>degraded deploying>failed deploying>deactivated deploying>terminating "
              "deploying>terminated "
              "active>deploying active>degraded active>failed active>deactivated active>terminating active>terminated "
              "degraded>deploying degraded>active degraded>failed degraded>deactivated degraded>terminating "
              "degraded>terminated "
              "failed>deploying failed>active failed>deactivated failed>terminating failed>terminated "
              "deactivated>deploying deactivated>active deactivated>terminated "
              "terminating>failed terminating>terminated ");
}

TEST(StateMachine, MovesOfApprovals) {
    EXPECT_EQ(moves_of("approval"),
              "pending>approved pending>rejected pending>expired pending>cancelled pending>superseded "
              "approved>expired approved>cancelled approved>superseded rejected>superseded ");
}

TEST(StateMachine, MachinesAreWhole) {
    for (const Machine &machine : machines()) {
        EXPECT_EQ(machine_of(machine.entity), &machine);
        EXPECT_FALSE(machine.rule.empty());
        for (const Move &move : machine.moves) {
            EXPECT_TRUE(is_state(machine, move.from)) << move.from;
            EXPECT_TRUE(is_state(machine, move.to)) << move.to;
            EXPECT_NE(move.from, move.to);
            EXPECT_EQ(move_between(machine, move.from, move.to), &move) << "twice: " << move.from << " " << move.to;
        }
        bool has_end = false;
        for (const std::string_view state : machine.states) {
            EXPECT_TRUE(may_move(machine, state, state)) << state;
            has_end = has_end || is_final(machine, state);
        }
        // Where nothing leads out, there is something to say.
        EXPECT_EQ(has_end, !machine.way_out.empty()) << machine.entity;
    }
    EXPECT_EQ(machine_of("team"), nullptr);
    const Machine &run = *machine_of("run");
    EXPECT_FALSE(is_state(run, "Queued"));
    EXPECT_FALSE(is_state(run, ""));
    EXPECT_FALSE(may_move(run, "queued", "done"));
    EXPECT_FALSE(is_final(run, "done"));
}

TEST(StateMachine, OnlyVersionsHaveConditions) {
    for (const Machine &machine : machines()) {
        for (const Move &move : machine.moves) {
            EXPECT_TRUE(move.only_if == Condition::none || machine.entity == "version") << move.from;
        }
    }
    const Machine &version = *machine_of("version");
    EXPECT_EQ(move_between(version, "deployed", "validated")->only_if, Condition::validated | Condition::not_live);
    EXPECT_EQ(move_between(version, "archived", "registered")->only_if, Condition::not_validated);
    EXPECT_EQ(move_between(version, "registered", "validated")->only_if, Condition::none);
    EXPECT_EQ(move_between(version, "validated", "registered"), nullptr);
    for (const std::string_view from : version.states) {
        if (from != "archived") {
            EXPECT_EQ(move_between(version, from, "archived")->only_if, Condition::nothing_open) << from;
        }
    }
}

TEST(StateMachine, WhichConditionsAreBroken) {
    constexpr Condition all = Condition::validated | Condition::not_validated | Condition::live | Condition::not_live |
                              Condition::nothing_open;
    EXPECT_EQ(broken(Condition::none, {}), Condition::none);
    EXPECT_EQ(broken(all, {.was_validated = true, .is_live = true, .has_open = true}),
              Condition::not_validated | Condition::not_live | Condition::nothing_open);
    EXPECT_EQ(broken(all, {.was_validated = false, .is_live = false, .has_open = false}),
              Condition::validated | Condition::live);
    EXPECT_EQ(
        broken(Condition::validated | Condition::not_live, {.was_validated = true, .is_live = false, .has_open = true}),
        Condition::none);
    EXPECT_EQ(broken(Condition::nothing_open, {.was_validated = true, .is_live = false, .has_open = true}),
              Condition::nothing_open);
}

TEST(StateMachine, EveryConditionHasWords) {
    unsigned seen = 0;
    for (const ConditionWords &condition : conditions()) {
        EXPECT_FALSE(condition.words.empty());
        EXPECT_EQ(condition.way_out.back(), '.');
        seen |= static_cast<unsigned>(condition.condition);
    }
    EXPECT_EQ(seen, 31U);
}

TEST(StateMachine, LiveIsOpen) {
    std::string live;
    std::string open;
    for (const std::string_view state : machine_of("deployment")->states) {
        if (is_live_deployment(state)) {
            live.append(state).append(" ");
            EXPECT_TRUE(is_open_deployment(state));
        }
        if (is_open_deployment(state)) {
            open.append(state).append(" ");
        }
    }
    EXPECT_EQ(live, "active degraded ");
    EXPECT_EQ(open, "pending deploying active degraded terminating ");
}

} // namespace
} // namespace mlregistry::lifecycle
