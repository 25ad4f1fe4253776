#include "audit_entities.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string_view>

namespace mlregistry::audit {
namespace {

std::string_view verb(std::string_view table, std::initializer_list<ColumnChange> changes) {
    return verb_of_update(*entity_of(table), {changes.begin(), changes.size()});
}

TEST(AuditEntities, EveryTableIsSaidOnce) {
    std::set<std::string_view> tables;
    for (const Entity &entity : entities()) {
        EXPECT_TRUE(tables.insert(entity.table).second) << entity.table;
        EXPECT_EQ(entity.type.empty(), !entity.not_audited.empty()) << entity.table;
    }
}

TEST(AuditEntities, KnowsTheirTablesOnly) {
    ASSERT_NE(entity_of("models"), nullptr);
    EXPECT_EQ(entity_of("models")->type, "model");
    EXPECT_EQ(entity_of("model"), nullptr);
    EXPECT_EQ(entity_of(""), nullptr);
}

TEST(AuditEntities, VerbsAreWordsAndRulesNameThem) {
    for (const Entity &entity : entities()) {
        if (!entity.not_audited.empty()) {
            continue;
        }
        EXPECT_TRUE(is_verb(entity.type)) << entity.table;
        EXPECT_TRUE(is_verb(entity.created)) << entity.table;
        EXPECT_TRUE(is_verb(entity.updated)) << entity.table;
        EXPECT_TRUE(is_verb(entity.removed)) << entity.table;
        for (const VerbRule &rule : entity.rules) {
            EXPECT_TRUE(is_verb(rule.verb)) << entity.table;
            EXPECT_TRUE(has_rule(entity, rule.column)) << entity.table;
            EXPECT_TRUE(is_own_verb(entity.type, rule.verb)) << rule.verb;
        }
    }
}

TEST(AuditEntities, VersionsArePromotedAndDemoted) {
    const auto stage = [](std::string_view from, std::string_view to) {
        return verb("model_versions", {{"stage", from, to}});
    };
    EXPECT_EQ(stage("development", "staging"), "promote");
    EXPECT_EQ(stage("development", "production"), "promote");
    EXPECT_EQ(stage("staging", "production"), "promote");
    EXPECT_EQ(stage("production", "staging"), "demote");
    EXPECT_EQ(stage("production", "development"), "demote");
    EXPECT_EQ(stage("staging", "development"), "demote");
    EXPECT_EQ(stage("production", "archived"), "archive");
    EXPECT_EQ(stage("archived", "development"), "unarchive");
}

TEST(AuditEntities, TheFirstRuleThatHoldsSaysTheVerb) {
    // Written in one statement: that it is gone matters more than where it was.
    EXPECT_EQ(verb("model_versions", {{"stage", "staging", "production"}, {"deleted_at", "", "set"}}), "soft_delete");
    EXPECT_EQ(verb("model_versions", {{"frozen_at", "", "set"}, {"status", "registered", "validated"}}), "validate");
    EXPECT_EQ(verb("model_versions", {{"status", "deprecated", "registered"}}), "undeprecate");
    EXPECT_EQ(verb("model_versions", {{"status", "deprecated", "deployed"}}), "undeprecate");
    EXPECT_EQ(verb("model_versions", {{"status", "validated", "deployed"}}), "deploy");
    EXPECT_EQ(verb("model_versions", {{"status", "deployed", "validated"}}), "undeploy");
    EXPECT_EQ(verb("model_versions", {{"status", "deployed", "deprecated"}}), "deprecate");
    EXPECT_TRUE(is_own_verb("version", "correct"));
    EXPECT_FALSE(is_own_verb("model", "correct"));
    EXPECT_EQ(verb("model_versions", {{"description", "a", "b"}}), "update");
    EXPECT_EQ(verb("model_versions", {}), "update");
}

TEST(AuditEntities, OtherVerbs) {
    EXPECT_EQ(verb("models", {{"deleted_at", "", "set"}}), "soft_delete");
    EXPECT_EQ(verb("models", {{"deleted_at", "set", ""}}), "restore");
    EXPECT_EQ(verb("models", {{"deleted_at", "set", "set"}}), "update");
    EXPECT_EQ(verb("models", {{"is_active", "true", "false"}}), "archive");
    EXPECT_EQ(verb("model_aliases", {{"version_id", "set", "set"}}), "move");
    EXPECT_EQ(verb("model_aliases", {{"protected", "false", "true"}}), "protect");
    EXPECT_EQ(verb("organization_memberships", {{"role", "viewer", "admin"}}), "change_role");
    EXPECT_EQ(verb("api_keys", {{"deleted_at", "", "set"}, {"is_active", "true", "false"}}), "revoke");
    EXPECT_EQ(verb("api_keys", {{"is_active", "true", "false"}}), "disable");
    EXPECT_EQ(verb("role_access", {{"level", "read", "write"}}), "change_level");
    EXPECT_EQ(verb("organizations", {{"subscription_status", "active", "suspended"}}), "suspend");
    EXPECT_EQ(verb("user_credentials", {{"password_hash", "***", "***"}}), "set_password");
}

TEST(AuditEntities, RunsAndExperiments) {
    const auto run = [](std::string_view from, std::string_view to) {
        return verb("training_runs", {{"status", from, to}});
    };
    EXPECT_EQ(entity_of("training_runs")->created, "queue");
    EXPECT_EQ(run("queued", "running"), "start");
    EXPECT_EQ(run("running", "succeeded"), "succeed");
    EXPECT_EQ(run("running", "failed"), "fail");
    EXPECT_EQ(run("queued", "cancelled"), "cancel");
    EXPECT_EQ(run("running", "timeout"), "timeout");
    EXPECT_EQ(verb("training_runs", {{"gpu_hours", "set", "set"}}), "update");
    EXPECT_EQ(verb("training_runs", {{"status", "running", "failed"}, {"deleted_at", "", "set"}}), "soft_delete");

    const auto experiment = [](std::string_view from, std::string_view to) {
        return verb("experiments", {{"status", from, to}});
    };
    EXPECT_EQ(experiment("running", "completed"), "complete");
    EXPECT_EQ(experiment("running", "failed"), "fail");
    EXPECT_EQ(experiment("running", "cancelled"), "cancel");
    EXPECT_EQ(experiment("failed", "running"), "reopen");
    EXPECT_EQ(verb("experiments", {{"deleted_at", "set", ""}}), "restore");

    EXPECT_EQ(entity_of("run_datasets")->created, "add_dataset");
    EXPECT_EQ(entity_of("run_datasets")->removed, "remove_dataset");
    EXPECT_EQ(entity_of("run_tags")->removed, "untag");
    EXPECT_TRUE(is_own_verb("run", "tag"));
    EXPECT_TRUE(is_own_verb("run", "queue"));
    EXPECT_FALSE(is_own_verb("run", "create"));
    EXPECT_TRUE(is_own_verb("version", "add_parent"));
    EXPECT_TRUE(is_own_verb("dataset", "remove_parent"));
}

TEST(AuditEntities, DeploymentsAndApprovals) {
    const auto deployment = [](std::string_view from, std::string_view to) {
        return verb("deployments", {{"status", from, to}});
    };
    EXPECT_EQ(entity_of("deployments")->created, "deploy");
    EXPECT_EQ(deployment("pending", "deploying"), "roll_out");
    EXPECT_EQ(deployment("deploying", "active"), "activate");
    EXPECT_EQ(deployment("active", "degraded"), "degrade");
    EXPECT_EQ(deployment("active", "failed"), "fail");
    EXPECT_EQ(deployment("active", "deactivated"), "deactivate");
    EXPECT_EQ(deployment("active", "terminating"), "terminate");
    EXPECT_EQ(deployment("terminating", "terminated"), "terminate");
    EXPECT_EQ(verb("deployments", {{"traffic_percentage", "set", "set"}, {"replicas", "set", "set"}}), "traffic");
    EXPECT_EQ(verb("deployments", {{"replicas", "set", "set"}}), "scale");
    // What is served comes before how.
    EXPECT_EQ(verb("deployments", {{"status", "failed", "active"}, {"version_id", "set", "set"}}), "move");
    EXPECT_TRUE(is_own_verb("deployment", "rollback"));
    EXPECT_EQ(verb("deployments", {{"endpoint_url", "", "https://x"}}), "update");
    EXPECT_EQ(entity_of("deployments")->ignored.size(), 5U);

    const auto approval = [](std::string_view to) { return verb("approvals", {{"approval_status", "pending", to}}); };
    EXPECT_EQ(entity_of("approvals")->created, "request");
    EXPECT_EQ(approval("approved"), "approve");
    EXPECT_EQ(approval("rejected"), "reject");
    EXPECT_EQ(approval("cancelled"), "cancel");
    EXPECT_EQ(approval("expired"), "expire");
    EXPECT_EQ(approval("superseded"), "supersede");

    EXPECT_EQ(verb("environments", {{"requires_approval", "false", "true"}}), "require_approval");
    EXPECT_EQ(verb("environments", {{"is_active", "true", "false"}, {"requires_approval", "true", "false"}}),
              "waive_approval");
    EXPECT_EQ(verb("metric_gates", {{"is_active", "true", "false"}}), "disable");
    for (const std::string_view history : {"deployment_history", "stage_history", "status_history", "lineage_edges"}) {
        EXPECT_FALSE(entity_of(history)->not_audited.empty()) << history;
    }
}

// The counter that runs are numbered with changes with each run, which is told of anyway; points of curves are not
// told.
TEST(AuditEntities, WhatRunsDoNotTell) {
    ASSERT_EQ(entity_of("experiments")->ignored.size(), 1U);
    EXPECT_EQ(entity_of("experiments")->ignored[0], "last_run_number");
    EXPECT_FALSE(entity_of("run_metrics")->not_audited.empty());
}

TEST(AuditEntities, NobodyElseMayUseTheRegistrysVerbs) {
    EXPECT_TRUE(is_own_verb("model", "create"));
    EXPECT_TRUE(is_own_verb("model", "tag"));
    EXPECT_TRUE(is_own_verb("version", "promote"));
    EXPECT_TRUE(is_own_verb("anything", "truncate"));
    EXPECT_FALSE(is_own_verb("version", "download"));
    EXPECT_FALSE(is_own_verb("dataset", "promote"));
}

TEST(AuditEntities, WhatIsAVerb) {
    EXPECT_TRUE(is_verb("download"));
    EXPECT_TRUE(is_verb("read_2"));
    EXPECT_TRUE(is_verb(std::string(63, 'a')));
    EXPECT_FALSE(is_verb(std::string(64, 'a')));
    EXPECT_FALSE(is_verb(""));
    EXPECT_FALSE(is_verb("2nd"));
    EXPECT_FALSE(is_verb("_x"));
    EXPECT_FALSE(is_verb("Download"));
    EXPECT_FALSE(is_verb("a.b"));
    EXPECT_FALSE(is_verb("a b"));
}

// What is secret never leaves its table.
TEST(AuditEntities, SecretsAreRedacted) {
    ASSERT_EQ(entity_of("user_credentials")->redacted.size(), 1U);
    EXPECT_EQ(entity_of("user_credentials")->redacted[0], "password_hash");
    EXPECT_FALSE(entity_of("api_key_secrets")->not_audited.empty());
}

} // namespace
} // namespace mlregistry::audit
