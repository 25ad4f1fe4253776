// Guards of what people rely on by name: the stages of versions and their aliases. Some move only by those who answer
// for the project, some only with what a version has to show.
#include "owner_query.hpp"
#include "rights.hpp"
#include "row_trigger.hpp"

extern "C" {
#include "catalog/pg_type.h"
}

#include <string_view>

namespace mlregistry::pg {

namespace {

// One of two stages that is protected.
OwnerQuery protected_stage{
    "SELECT s.stage, p.slug FROM mlregistry.projects p, pg_catalog.unnest(p.protected_stages) AS s (stage)"
    " WHERE p.project_id OPERATOR(pg_catalog.=) $1"
    "   AND (s.stage OPERATOR(pg_catalog.=) $2 OR s.stage OPERATOR(pg_catalog.=) $3)",
    3,
    {UUIDOID, TEXTOID, TEXTOID},
};

OwnerQuery compliance_model{
    "SELECT model_name FROM mlregistry.models WHERE model_id OPERATOR(pg_catalog.=) $1 AND compliance_required",
    1,
    {UUIDOID},
};

// Most projects have none, and their versions need no closer look.
OwnerQuery has_gates{
    "SELECT FROM mlregistry.metric_gates WHERE project_id OPERATOR(pg_catalog.=) $1 AND is_active"
    "   AND target_stage OPERATOR(pg_catalog.=) ANY ('{staging,production}'::pg_catalog.text[]) LIMIT 1",
    1,
    {UUIDOID},
};

// Of the stage that it is in now, where it is there.
OwnerQuery unmet_metrics{
    "SELECT pg_catalog.format('%s@%s', pg_catalog.min(m.model_name), pg_catalog.min(v.semver::pg_catalog.text)),"
    "       pg_catalog.string_agg(pg_catalog.format('%s: %s', k.requirement,"
    "                                               CASE WHEN k.metric_value IS NULL THEN 'it has not been measured.'"
    "                                                    ELSE pg_catalog.format('it is %s.', k.metric_value) END), ' "
    "'),"
    "       pg_catalog.min(v.stage)"
    "  FROM mlregistry.model_versions v"
    "  JOIN mlregistry.models m ON m.model_id OPERATOR(pg_catalog.=) v.model_id"
    " CROSS JOIN LATERAL mlregistry.gate_metrics(v.version_id, v.stage) AS k"
    " WHERE v.version_id OPERATOR(pg_catalog.=) $1 AND v.deleted_at IS NULL AND NOT k.satisfied"
    " HAVING pg_catalog.count(*) OPERATOR(pg_catalog.>) 0",
    1,
    {UUIDOID},
};

OwnerQuery project_is_there{
    "SELECT FROM mlregistry.projects WHERE project_id OPERATOR(pg_catalog.=) $1",
    1,
    {UUIDOID},
};

const char *text_at(int column) { return SPI_getvalue(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, column); }

Datum id_of(const RowTrigger &trigger, const char *column) {
    return column_value(trigger, trigger.row, column_number(trigger, column, UUIDOID)).value;
}

const char *text_of(const RowTrigger &trigger, HeapTuple row, const char *column) {
    return SPI_getvalue(row, trigger.columns, column_number(trigger, column));
}

/// Admins and owners of the project, and who is not subject to rights at all.
bool answers_for(Datum project) {
    return bypasses_access() || project_rank(current_rights(), *DatumGetUUIDP(project)) >= Rank::own;
}

bool is_deleted(const RowTrigger &trigger, HeapTuple row) {
    return !column_value(trigger, row, column_number(trigger, "deleted_at", TIMESTAMPTZOID)).is_null;
}

/// The stage that a version was in before, and is in now: none where it was not, or is no longer there.
struct StageMove {
    const char *from;
    const char *to;
};

StageMove stage_move(const RowTrigger &trigger) {
    HeapTuple const before = trigger.is_update ? trigger.before : trigger.is_insert ? nullptr : trigger.row;
    HeapTuple const now = trigger.is_update || trigger.is_insert ? trigger.row : nullptr;
    const auto stage = [&trigger](HeapTuple row) {
        return row == nullptr || is_deleted(trigger, row) ? "" : text_of(trigger, row, "stage");
    };
    return {stage(before), stage(now)};
}

/// In a cascade from its project a version just goes.
void check_protected_stage(const RowTrigger &trigger, const StageMove &move) {
    const Datum project = id_of(trigger, "project_id");
    if (std::string_view{move.from} == move.to || answers_for(project)) {
        return;
    }
    const Datum values[] = {project, CStringGetTextDatum(move.from), CStringGetTextDatum(move.to)};
    connect();
    if (run(protected_stage, table_owner(trigger), values, nullptr, Sight::latest, 1) != 0) {
        const auto or_none = [](const char *stage) { return *stage == '\0' ? "(none)" : stage; };
        refuse(trigger, ERRCODE_INSUFFICIENT_PRIVILEGE, "protected_stage",
               psprintf("stage %s of project %s is protected", text_at(1), text_at(2)),
               psprintf("%s %s %s", or_none(move.from), arrow(), or_none(move.to)),
               "Admins and owners of the project move versions into it and out of it.");
    }
    done();
}

void check_validation(const RowTrigger &trigger) {
    const std::string_view status = column_text(trigger, trigger.row, column_number(trigger, "status", TEXTOID));
    if (status == "validated" || status == "deployed") {
        return;
    }
    const Datum model = id_of(trigger, "model_id");
    connect();
    if (run(compliance_model, table_owner(trigger), &model, nullptr, Sight::latest, 1) != 0) {
        refuse(trigger, ERRCODE_CHECK_VIOLATION, "production_needs_validation",
               "a version of a model that requires compliance is validated before it enters production",
               psprintf("Version %s@%s is %s.", text_at(1), text_of(trigger, trigger.row, "semver"),
                        text_of(trigger, trigger.row, "status")),
               "validate_version(), or set its status to validated.");
    }
    done();
}

void check_metrics(const RowTrigger &trigger) {
    const Oid owner = table_owner(trigger);
    const Datum project = id_of(trigger, "project_id");
    const Datum version = id_of(trigger, "version_id");
    connect();
    if (run(has_gates, owner, &project, nullptr, Sight::latest, 1) != 0 &&
        run(unmet_metrics, owner, &version, nullptr, Sight::latest, 1) != 0) {
        refuse(trigger, ERRCODE_CHECK_VIOLATION, "metric_gate",
               psprintf("%s does not measure up to what stage %s needs", text_at(1), text_at(3)), text_at(2),
               "Measure it and record_metric(), or promote a version that measures up to it. list_metric_gates() shows "
               "the gates.");
    }
    done();
}

int height(std::string_view stage) noexcept { return stage == "production" ? 2 : stage == "staging" ? 1 : 0; }

} // namespace

} // namespace mlregistry::pg

using namespace mlregistry::pg;

/// AFTER INSERT OR DELETE OR UPDATE OF stage, status, deleted_at on model_versions, where one of these says more than
/// the first stage.
MLR_FUNCTION(mlregistry_trg_guard_stage) {
    const RowTrigger trigger = row_trigger(fcinfo);
    const StageMove move = stage_move(trigger);
    check_protected_stage(trigger, move);
    if ((trigger.is_insert || trigger.is_update) && std::string_view{move.to} == "production") {
        check_validation(trigger);
    }
    // What goes down is measured by nobody: it makes room. What is inserted is measured when its transaction ends.
    if (trigger.is_update && height(move.to) > height(move.from)) {
        check_metrics(trigger);
    }
    return PointerGetDatum(nullptr);
}

/// Constraint trigger on model_versions, deferred: its metrics come after a version.
MLR_FUNCTION(mlregistry_trg_metric_gate) {
    check_metrics(row_trigger(fcinfo));
    return PointerGetDatum(nullptr);
}

/// AFTER INSERT, UPDATE of version_id, alias, protected, and DELETE on model_aliases, where the alias is protected.
MLR_FUNCTION(mlregistry_trg_guard_protected_alias) {
    const RowTrigger trigger = row_trigger(fcinfo);
    const Datum project = id_of(trigger, "project_id");
    if (answers_for(project)) {
        return PointerGetDatum(nullptr);
    }
    connect();
    if (trigger.is_insert || trigger.is_update ||
        run(project_is_there, table_owner(trigger), &project, nullptr, Sight::latest, 1) != 0) {
        HeapTuple const row = trigger.is_update ? trigger.before : trigger.row;
        refuse(trigger, ERRCODE_INSUFFICIENT_PRIVILEGE, "protected_alias",
               psprintf("alias %s is protected", text_of(trigger, row, "alias")),
               trigger.is_insert   ? "It would be made."
               : trigger.is_update ? "It would be changed."
                                   : "It would be dropped.",
               "Admins and owners of the project move protected aliases, and say which are.");
    }
    done();
    return PointerGetDatum(nullptr);
}
