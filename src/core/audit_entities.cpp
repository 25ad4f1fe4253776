#include "audit_entities.hpp"

#include <algorithm>

namespace mlregistry::audit {

namespace {

constexpr std::string_view null_value{};

constexpr VerbRule soft_deletion[] = {
    {"deleted_at", null_value, any_value, "soft_delete"},
    {"deleted_at", any_value, null_value, "restore"},
};

constexpr VerbRule organization_rules[] = {
    soft_deletion[0],
    soft_deletion[1],
    {"subscription_status", any_value, "suspended", "suspend"},
    {"subscription_status", any_value, "inactive", "deactivate"},
    {"subscription_status", any_value, "active", "reactivate"},
};

constexpr VerbRule project_rules[] = {
    soft_deletion[0],
    soft_deletion[1],
    {"visibility", any_value, any_value, "change_visibility"},
};

constexpr VerbRule user_rules[] = {
    soft_deletion[0],
    soft_deletion[1],
    {"is_active", any_value, "false", "deactivate"},
    {"is_active", any_value, "true", "activate"},
};

constexpr VerbRule credential_rules[] = {{"password_hash", any_value, any_value, "set_password"}};

constexpr VerbRule role_rules[] = {{"role", any_value, any_value, "change_role"}};

constexpr VerbRule key_rules[] = {
    {"deleted_at", null_value, any_value, "revoke"},
    {"deleted_at", any_value, null_value, "restore"},
    {"is_active", any_value, "false", "disable"},
    {"is_active", any_value, "true", "enable"},
};

constexpr VerbRule level_rules[] = {{"level", any_value, any_value, "change_level"}};

constexpr VerbRule model_rules[] = {
    soft_deletion[0],
    soft_deletion[1],
    {"is_active", any_value, "false", "archive"},
    {"is_active", any_value, "true", "unarchive"},
    {"legal_hold", any_value, "true", "hold"},
    {"legal_hold", any_value, "false", "release"},
};

// From the last stage backwards: what leaves production for anything else but the archive is demoted.
constexpr VerbRule version_rules[] = {
    soft_deletion[0],
    soft_deletion[1],
    {"stage", any_value, "archived", "archive"},
    {"stage", "archived", any_value, "unarchive"},
    {"stage", any_value, "production", "promote"},
    {"stage", "production", any_value, "demote"},
    {"stage", any_value, "staging", "promote"},
    {"stage", "staging", any_value, "demote"},
    {"status", any_value, "deprecated", "deprecate"},
    {"status", "deprecated", any_value, "undeprecate"},
    {"status", any_value, "deployed", "deploy"},
    {"status", "deployed", any_value, "undeploy"},
    {"status", "registered", "validated", "validate"},
    {"legal_hold", any_value, "true", "hold"},
    {"legal_hold", any_value, "false", "release"},
    {"frozen_at", null_value, any_value, "freeze"},
};

constexpr VerbRule alias_rules[] = {
    {"version_id", any_value, any_value, "move"},
    {"protected", any_value, "true", "protect"},
    {"protected", any_value, "false", "unprotect"},
};

constexpr VerbRule signature_rules[] = {
    {"verification", any_value, "verified", "verify"},
};

constexpr VerbRule experiment_rules[] = {
    soft_deletion[0],
    soft_deletion[1],
    {"status", any_value, "completed", "complete"},
    {"status", any_value, "failed", "fail"},
    {"status", any_value, "cancelled", "cancel"},
    {"status", any_value, "running", "reopen"},
};

constexpr VerbRule run_rules[] = {
    soft_deletion[0],
    soft_deletion[1],
    {"status", any_value, "running", "start"},
    {"status", any_value, "succeeded", "succeed"},
    {"status", any_value, "failed", "fail"},
    {"status", any_value, "cancelled", "cancel"},
    {"status", any_value, "timeout", "timeout"},
};

constexpr VerbRule environment_rules[] = {
    {"requires_approval", any_value, "true", "require_approval"},
    {"requires_approval", any_value, "false", "waive_approval"},
    {"is_active", any_value, "false", "deactivate"},
    {"is_active", any_value, "true", "activate"},
};

// What is served comes before how.
constexpr VerbRule deployment_rules[] = {
    soft_deletion[0],
    soft_deletion[1],
    {"version_id", any_value, any_value, "move"},
    {"version_id", any_value, any_value, "rollback"}, // what a move is that goes back, which the columns do not say
    {"status", any_value, "deploying", "roll_out"},
    {"status", any_value, "active", "activate"},
    {"status", any_value, "degraded", "degrade"},
    {"status", any_value, "failed", "fail"},
    {"status", any_value, "deactivated", "deactivate"},
    {"status", any_value, "terminating", "terminate"},
    {"status", any_value, "terminated", "terminate"},
    {"traffic_percentage", any_value, any_value, "traffic"},
    {"replicas", any_value, any_value, "scale"},
};

constexpr VerbRule approval_rules[] = {
    {"approval_status", any_value, "approved", "approve"},     {"approval_status", any_value, "rejected", "reject"},
    {"approval_status", any_value, "cancelled", "cancel"},     {"approval_status", any_value, "expired", "expire"},
    {"approval_status", any_value, "superseded", "supersede"},
};

constexpr VerbRule gate_rules[] = {
    {"is_active", any_value, "false", "disable"},
    {"is_active", any_value, "true", "enable"},
};

constexpr std::string_view password[] = {"password_hash"};

// Use is no change.
constexpr std::string_view last_used[] = {"last_used_at"};
constexpr std::string_view last_login[] = {"last_login_at"};
constexpr std::string_view last_run_number[] = {"last_run_number"};
// It follows from queued_at.
constexpr std::string_view run_day[] = {"run_day"};
// What a probe measures every few seconds is no change.
constexpr std::string_view measurements[] = {"last_health_check_at", "avg_latency_ms", "p99_latency_ms",
                                             "requests_per_second", "error_rate_percentage"};

constexpr Entity words(std::string_view table, std::string_view type) noexcept {
    return {.table = table, .type = type, .key_column = {}, .name_column = "name", .is_seeded = true};
}

constexpr Entity silent(std::string_view table, std::string_view reason) noexcept {
    return {.table = table, .type = {}, .key_column = {}, .not_audited = reason};
}

constexpr Entity all_entities[] = {
    {.table = "organizations",
     .type = "organization",
     .key_column = "organization_id",
     .subject = Subject::column,
     .subject_column = "organization_id",
     .name_column = "slug",
     .key_scope = "names",
     .rules = organization_rules,
     .is_seeded = true},
    {.table = "projects",
     .type = "project",
     .key_column = "project_id",
     .subject = Subject::column,
     .subject_column = "project_id",
     .name_column = "slug",
     .key_scope = "names",
     .rules = project_rules,
     .is_seeded = true},
    {.table = "users",
     .type = "user",
     .key_column = "user_id",
     .subject = Subject::column,
     .subject_column = "user_id",
     .name_column = "email",
     .rules = user_rules,
     .ignored = last_login},
    {.table = "user_credentials",
     .type = "user",
     .key_column = "user_id",
     .subject = Subject::column,
     .subject_column = "user_id",
     .naming = Naming::of_user,
     .created = "set_password",
     .updated = "update_credentials",
     .removed = "remove_password",
     .rules = credential_rules,
     .redacted = password},
    {.table = "organization_memberships",
     .type = "member",
     .key_column = "membership_id",
     .subject = Subject::column,
     .subject_column = "user_id",
     .naming = Naming::of_user,
     .key_scope = "admin",
     .created = "add",
     .removed = "remove",
     .rules = role_rules},
    {.table = "project_members",
     .type = "project_member",
     .key_column = "member_id",
     .subject = Subject::column,
     .subject_column = "user_id",
     .naming = Naming::of_user,
     .key_scope = "admin",
     .created = "add",
     .removed = "remove",
     .rules = role_rules},
    {.table = "api_keys",
     .type = "api_key",
     .key_column = "api_key_id",
     .subject = Subject::column,
     .subject_column = "user_id",
     .name_column = "name",
     .rules = key_rules,
     .ignored = last_used},
    {.table = "role_access",
     .type = "role",
     .key_column = {},
     .name_column = "db_role",
     .created = "grant",
     .removed = "revoke",
     .rules = level_rules},
    {.table = "access_rules", .type = "access_rule", .key_column = {}, .name_column = "table_name", .is_seeded = true},
    {.table = "resource_quotas",
     .type = "quota",
     .key_column = "quota_id",
     .subject = Subject::column,
     .subject_column = "quota_id",
     .name_column = "scope",
     .key_scope = "admin"},
    {.table = "teams",
     .type = "team",
     .key_column = "team_id",
     .subject = Subject::column,
     .subject_column = "team_id",
     .name_column = "team_name",
     .key_scope = "names"},
    {.table = "tags",
     .type = "tag",
     .key_column = "tag_id",
     .subject = Subject::column,
     .subject_column = "tag_id",
     .name_column = "tag_name",
     .key_scope = "names"},
    {.table = "models",
     .type = "model",
     .key_column = "model_id",
     .subject = Subject::column,
     .subject_column = "model_id",
     .name_column = "model_name",
     .key_scope = "models",
     .rules = model_rules},
    {.table = "model_tags",
     .type = "model",
     .key_column = "model_id",
     .subject = Subject::column,
     .subject_column = "model_id",
     .naming = Naming::of_model,
     .key_scope = "models",
     .created = "tag",
     .removed = "untag",
     .extra = Extra::tag},
    {.table = "model_versions",
     .type = "version",
     .key_column = "version_id",
     .subject = Subject::column,
     .subject_column = "model_id",
     .naming = Naming::under_model,
     .name_column = "semver",
     .key_scope = "versions",
     .corrected = "correct",
     .rules = version_rules},
    {.table = "version_tags",
     .type = "version",
     .key_column = "version_id",
     .subject = Subject::model_of_version,
     .naming = Naming::of_version,
     .key_scope = "versions",
     .created = "tag",
     .removed = "untag",
     .extra = Extra::tag},
    {.table = "model_aliases",
     .type = "alias",
     .key_column = "alias_id",
     .subject = Subject::column,
     .subject_column = "model_id",
     .naming = Naming::under_model,
     .name_column = "alias",
     .key_scope = "versions",
     .created = "set",
     .removed = "drop",
     .rules = alias_rules,
     .extra = Extra::version},
    {.table = "version_files",
     .type = "file",
     .key_column = "file_id",
     .subject = Subject::model_of_version,
     .naming = Naming::of_version,
     .name_column = "path",
     .key_scope = "versions",
     .created = "add",
     .removed = "remove"},
    {.table = "version_signatures",
     .type = "signature",
     .key_column = "signature_id",
     .subject = Subject::model_of_version,
     .naming = Naming::of_version,
     .key_scope = "versions",
     .created = "add",
     .removed = "remove",
     .rules = signature_rules},
    {.table = "model_metrics",
     .type = "metric",
     .key_column = "metric_id",
     .subject = Subject::model_of_version,
     .naming = Naming::of_version,
     .key_scope = "versions",
     .created = "record"},
    {.table = "datasets",
     .type = "dataset",
     .key_column = "dataset_id",
     .subject = Subject::column,
     .subject_column = "dataset_id",
     .name_column = "dataset_name",
     .key_scope = "datasets",
     .rules = soft_deletion},
    {.table = "dataset_tags",
     .type = "dataset",
     .key_column = "dataset_id",
     .subject = Subject::column,
     .subject_column = "dataset_id",
     .naming = Naming::of_dataset,
     .key_scope = "datasets",
     .created = "tag",
     .removed = "untag",
     .extra = Extra::tag},
    {.table = "experiments",
     .type = "experiment",
     .key_column = "experiment_id",
     .subject = Subject::column,
     .subject_column = "experiment_id",
     .name_column = "experiment_name",
     .key_scope = "runs",
     .rules = experiment_rules,
     .ignored = last_run_number},
    {.table = "training_runs",
     .type = "run",
     .key_column = "run_id",
     .subject = Subject::column,
     .subject_column = "experiment_id",
     .naming = Naming::numbered,
     .name_column = "run_number",
     .key_scope = "runs",
     .created = "queue",
     .rules = run_rules,
     .ignored = run_day},
    {.table = "run_datasets",
     .type = "run",
     .key_column = "run_id",
     .subject = Subject::experiment_of_run,
     .naming = Naming::of_run,
     .key_scope = "runs",
     .created = "add_dataset",
     .updated = "update_dataset",
     .removed = "remove_dataset",
     .extra = Extra::dataset},
    {.table = "run_tags",
     .type = "run",
     .key_column = "run_id",
     .subject = Subject::experiment_of_run,
     .naming = Naming::of_run,
     .key_scope = "runs",
     .created = "tag",
     .removed = "untag",
     .extra = Extra::tag},
    {.table = "version_parents",
     .type = "version",
     .key_column = "version_id",
     .subject = Subject::model_of_version,
     .naming = Naming::of_version,
     .key_scope = "versions",
     .created = "add_parent",
     .removed = "remove_parent",
     .extra = Extra::parent_version},
    {.table = "dataset_parents",
     .type = "dataset",
     .key_column = "dataset_id",
     .subject = Subject::column,
     .subject_column = "dataset_id",
     .naming = Naming::of_dataset,
     .key_scope = "datasets",
     .created = "add_parent",
     .removed = "remove_parent",
     .extra = Extra::parent_dataset},
    {.table = "environments",
     .type = "environment",
     .key_column = "environment_id",
     .subject = Subject::column,
     .subject_column = "environment_id",
     .name_column = "environment_name",
     .key_scope = "names",
     .rules = environment_rules},
    {.table = "deployments",
     .type = "deployment",
     .key_column = "deployment_id",
     .subject = Subject::column,
     .subject_column = "model_id",
     .naming = Naming::in_environment,
     .name_column = "deployment_name",
     .key_scope = "deployments",
     .created = "deploy",
     .rules = deployment_rules,
     .ignored = measurements,
     .extra = Extra::version},
    {.table = "deployment_tags",
     .type = "deployment",
     .key_column = "deployment_id",
     .subject = Subject::model_of_deployment,
     .naming = Naming::of_deployment,
     .key_scope = "deployments",
     .created = "tag",
     .removed = "untag",
     .extra = Extra::tag},
    {.table = "approvals",
     .type = "approval",
     .key_column = "approval_id",
     .subject = Subject::model_of_version,
     .naming = Naming::of_version,
     .name_column = "approval_type",
     .key_scope = "approvals",
     .created = "request",
     .rules = approval_rules},
    {.table = "metric_gates",
     .type = "gate",
     .key_column = "gate_id",
     .subject = Subject::column,
     .subject_column = "model_id",
     .name_column = "metric_name",
     .key_scope = "approvals",
     .rules = gate_rules},
    words("frameworks", "framework"),
    words("model_formats", "model_format"),
    words("storage_formats", "storage_format"),
    words("tag_categories", "tag_category"),
    words("gpu_types", "gpu_type"),
    silent("registry_meta", "Written by install() and migrate() only: what the installation knows of itself."),
    silent("guards", "Locks of rules: a counter that says nothing."),
    silent("alias_history", "A history itself, of changes that the audit of model_aliases tells."),
    silent("deployment_history", "A history itself, of changes that the audit of deployments tells."),
    silent("stage_history", "A history itself, of changes that the audit of model_versions tells."),
    silent("status_history", "A history itself, of changes that the audit of what has the status tells."),
    silent("lineage_edges", "Follows from facts, of which the audit of the tables that record them tells."),
    silent("run_metrics", "Append-only, and far more of it than of anything else: the table is its own trail."),
    silent("api_key_secrets", "The hash of a key, written once with the key, of which api_keys' audit tells."),
    silent("audit_logs", "The trail itself."),
};

bool matches(std::string_view pattern, std::string_view value) noexcept {
    return pattern == any_value || pattern == value;
}

bool uses(const Entity &entity, std::string_view verb) noexcept {
    return verb == entity.created || verb == entity.updated || verb == entity.removed ||
           (!verb.empty() && verb == entity.corrected) ||
           std::ranges::any_of(entity.rules, [verb](const VerbRule &rule) { return rule.verb == verb; });
}

} // namespace

std::span<const Entity> entities() noexcept { return all_entities; }

const Entity *entity_of(std::string_view table) noexcept {
    const Entity *const found = std::ranges::find(all_entities, table, &Entity::table);
    return found == std::end(all_entities) ? nullptr : found;
}

bool has_rule(const Entity &entity, std::string_view column) noexcept {
    return std::ranges::any_of(entity.rules, [column](const VerbRule &rule) { return rule.column == column; });
}

std::string_view verb_of_update(const Entity &entity, std::span<const ColumnChange> changes) noexcept {
    for (const VerbRule &rule : entity.rules) {
        for (const ColumnChange &change : changes) {
            if (change.column == rule.column && matches(rule.from, change.before) && matches(rule.to, change.after)) {
                return rule.verb;
            }
        }
    }
    return entity.updated;
}

bool is_own_verb(std::string_view type, std::string_view verb) noexcept {
    return verb == "truncate" || std::ranges::any_of(all_entities, [type, verb](const Entity &entity) {
               return entity.type == type && uses(entity, verb);
           });
}

bool is_verb(std::string_view text) noexcept {
    constexpr std::size_t longest = 63;
    const auto is_letter = [](char c) { return c >= 'a' && c <= 'z'; };
    return !text.empty() && text.size() <= longest && is_letter(text.front()) &&
           std::ranges::all_of(text,
                               [is_letter](char c) { return is_letter(c) || (c >= '0' && c <= '9') || c == '_'; });
}

} // namespace mlregistry::audit
