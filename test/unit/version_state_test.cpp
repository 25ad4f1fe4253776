#include "version_state.hpp"

#include <gtest/gtest.h>

namespace mlregistry {
namespace {

VersionState state(std::string_view status, std::string_view stage) { return {.status = status, .stage = stage}; }

TEST(VersionState, InsertCompletesWhatADefaultLeft) {
    VersionChange change = complete_insert(state("archived", "development"));
    EXPECT_EQ(change.stage, "archived");
    EXPECT_TRUE(change.set_archived);
    change = complete_insert(state("registered", "archived"));
    EXPECT_EQ(change.status, "archived");
    EXPECT_TRUE(change.set_archived);
}

TEST(VersionState, InsertLeavesContradictionsToTheCheck) {
    EXPECT_EQ(complete_insert(state("archived", "production")).stage, "production");
    EXPECT_EQ(complete_insert(state("validated", "archived")).status, "validated");
}

TEST(VersionState, InsertFillsTimesThatAreAbsent) {
    EXPECT_TRUE(complete_insert(state("validated", "staging")).set_validated);
    EXPECT_TRUE(complete_insert(state("deprecated", "development")).set_deprecated);
    EXPECT_TRUE(complete_insert(state("registered", "production")).set_promoted);
    VersionState imported = state("validated", "production");
    imported.validated = imported.promoted = true;
    const VersionChange change = complete_insert(imported);
    EXPECT_FALSE(change.set_validated);
    EXPECT_FALSE(change.set_promoted);
}

TEST(VersionState, WhatSomebodyMayRelyOnIsFrozen) {
    EXPECT_FALSE(complete_insert(state("registered", "development")).set_frozen);
    EXPECT_TRUE(complete_insert(state("validated", "development")).set_frozen);
    EXPECT_TRUE(complete_insert(state("registered", "staging")).set_frozen);
    EXPECT_TRUE(complete_insert(state("registered", "archived")).set_frozen);
    VersionState frozen = state("validated", "production");
    frozen.frozen = true;
    EXPECT_FALSE(complete_insert(frozen).set_frozen);

    const VersionState plain = state("registered", "development");
    EXPECT_FALSE(complete_update(plain, plain).set_frozen);
    EXPECT_TRUE(complete_update(plain, state("deprecated", "development")).set_frozen);
    EXPECT_TRUE(complete_update(plain, state("registered", "production")).set_frozen);
    EXPECT_FALSE(complete_update(frozen, frozen).set_frozen);
    // Clearing it is not undone but left to the trigger that refuses it.
    EXPECT_FALSE(complete_update(frozen, state("validated", "production")).set_frozen);
}

TEST(VersionState, InsertOfAPlainVersionChangesNothing) {
    const VersionChange change = complete_insert(state("registered", "development"));
    EXPECT_EQ(change.status, "registered");
    EXPECT_EQ(change.stage, "development");
    EXPECT_FALSE(change.set_validated || change.set_deprecated || change.set_archived || change.set_promoted ||
                 change.clear_deprecated || change.clear_archived);
}

TEST(VersionState, ArchivingEitherArchivesTheOther) {
    EXPECT_EQ(complete_update(state("validated", "staging"), state("archived", "staging")).stage, "archived");
    EXPECT_EQ(complete_update(state("validated", "staging"), state("validated", "archived")).status, "archived");
}

TEST(VersionState, LeavingTheArchiveGoesToDevelopment) {
    VersionState archived = state("archived", "archived");
    archived.archived = true;
    VersionState restored = state("registered", "archived");
    restored.archived = true;
    VersionChange change = complete_update(archived, restored);
    EXPECT_EQ(change.stage, "development");
    EXPECT_TRUE(change.clear_archived);

    VersionState by_stage = state("archived", "development");
    by_stage.archived = true;
    EXPECT_EQ(complete_update(archived, by_stage).status, "registered");
    by_stage.validated = true;
    EXPECT_EQ(complete_update(archived, by_stage).status, "validated");
}

TEST(VersionState, LeavingDeprecationClearsIt) {
    VersionState deprecated = state("deprecated", "production");
    deprecated.deprecated = true;
    VersionState again = state("validated", "production");
    again.deprecated = again.validated = true;
    EXPECT_TRUE(complete_update(deprecated, again).clear_deprecated);
    VersionState archived = state("archived", "archived");
    archived.deprecated = true;
    EXPECT_FALSE(complete_update(deprecated, archived).clear_deprecated); // it stays part of its history
}

TEST(VersionState, EveryEntryIntoProductionSetsItsTime) {
    VersionState before = state("validated", "staging");
    before.promoted = true; // from an earlier time
    VersionState now = state("validated", "production");
    now.promoted = true;
    EXPECT_TRUE(complete_update(before, now).set_promoted);
    now.promoted_given = true;
    EXPECT_FALSE(complete_update(before, now).set_promoted);
    EXPECT_FALSE(complete_update(state("validated", "production"), state("deployed", "production")).set_promoted);
}

} // namespace
} // namespace mlregistry
