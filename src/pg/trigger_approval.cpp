// Triggers of approvals: who asked and who decided is what the database knows, and what was decided stays so.
#include "owner_query.hpp"
#include "row_actor.hpp"
#include "row_trigger.hpp"
#include "text_argument.hpp"

extern "C" {
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"
#include "utils/uuid.h"
}

#include <algorithm>
#include <string_view>

namespace mlregistry::pg {

namespace {

/// One side of an approval.
struct Side {
    AttrNumber by, by_user, role, at;
};

struct ApprovalColumns {
    AttrNumber organization, status, type, deployment, superseded_by, expires_at;
    Side requested, reviewed;
};

Side side_of(const RowTrigger &trigger, const char *name) {
    return {
        .by = column_number(trigger, psprintf("%s_by", name), TEXTOID),
        .by_user = column_number(trigger, psprintf("%s_by_user", name), UUIDOID),
        .role = column_number(trigger, psprintf("%s_role", name), NAMEOID),
        .at = column_number(trigger, psprintf("%s_at", name), TIMESTAMPTZOID),
    };
}

ApprovalColumns &approval_columns(FunctionCallInfo fcinfo, const RowTrigger &trigger) {
    auto &c = statement_state<ApprovalColumns>(fcinfo);
    if (c.status == InvalidAttrNumber) {
        c = {
            .organization = column_number(trigger, "organization_id", UUIDOID),
            .status = column_number(trigger, "approval_status", TEXTOID),
            .type = column_number(trigger, "approval_type", TEXTOID),
            .deployment = column_number(trigger, "deployment_id", UUIDOID),
            .superseded_by = column_number(trigger, "superseded_by", UUIDOID),
            .expires_at = column_number(trigger, "expires_at", TIMESTAMPTZOID),
            .requested = side_of(trigger, "requested"),
            .reviewed = side_of(trigger, "reviewed"),
        };
    }
    return c;
}

bool is_decision(std::string_view status) noexcept { return status == "approved" || status == "rejected"; }

/// An admin brings in what others have agreed on; so does what the owner of the tables runs in somebody's session.
bool may_speak_for_others(const RowTrigger &trigger, const ApprovalColumns &c) {
    const ColumnValue organization = column_value(trigger, trigger.row, c.organization);
    return bypasses_access() ||
           (InSecurityRestrictedOperation() && has_privs_of_role(GetUserId(), table_owner(trigger))) ||
           (!organization.is_null &&
            organization_rank(current_rights(), *DatumGetUUIDP(organization.value)) >= Rank::admin);
}

/// Whoever acts, unless somebody who may names somebody else: then neither user nor role is known.
void set_side(const RowTrigger &trigger, const ApprovalColumns &c, const Side &side, bool is_given, RowChange &change) {
    const bool names_another =
        is_given && column_text(trigger, trigger.row, side.by) != name_of_actor(current_rights());
    if (names_another && may_speak_for_others(trigger, c)) {
        change.clear(side.by_user);
        change.clear(side.role);
        return;
    }
    set_actor(change, side.by, side.by_user);
    auto *const role = static_cast<NameData *>(palloc0(sizeof(NameData)));
    namestrcpy(role, GetUserNameFromId(GetSessionUserId(), false));
    change.set(side.role, NameGetDatum(role));
}

/// Of what is pending, nobody has decided anything.
void clear_side(const Side &side, RowChange &change) {
    for (const AttrNumber column : {side.by, side.by_user, side.role, side.at}) {
        change.clear(column);
    }
}

void keep_side(const RowTrigger &trigger, const Side &side, RowChange &change) {
    for (const AttrNumber column : {side.by_user, side.role}) {
        if (!same_value(trigger, column)) {
            const ColumnValue before = column_value(trigger, trigger.before, column);
            if (before.is_null) {
                change.clear(column);
            } else {
                change.set(column, before.value);
            }
        }
    }
}

/// What was agreed on in a hurry is to be looked at again: it holds for a day unless it says until when.
void limit_emergency(const RowTrigger &trigger, const ApprovalColumns &c, std::string_view status,
                     TimestampTz decided_at, RowChange &change) {
    if (status == "approved" && column_text(trigger, trigger.row, c.type) == "emergency" &&
        column_value(trigger, trigger.row, c.expires_at).is_null) {
        change.set(c.expires_at, TimestampTzGetDatum(decided_at + USECS_PER_DAY));
    }
}

void derive_request(const RowTrigger &trigger, const ApprovalColumns &c, std::string_view status, RowChange &change) {
    set_side(trigger, c, c.requested, !column_value(trigger, trigger.row, c.requested.by).is_null, change);
    const TimestampTz now = GetCurrentTransactionStartTimestamp();
    const ColumnValue reviewed_at = column_value(trigger, trigger.row, c.reviewed.at);
    if (column_value(trigger, trigger.row, c.requested.at).is_null) {
        change.set(c.requested.at, TimestampTzGetDatum(reviewed_at.is_null || status == "pending"
                                                           ? now
                                                           : std::min(now, DatumGetTimestampTz(reviewed_at.value))));
    }
    const bool is_reviewed = !column_value(trigger, trigger.row, c.reviewed.by).is_null;
    if (is_decision(status) || (is_reviewed && status != "pending")) {
        set_side(trigger, c, c.reviewed, is_reviewed, change);
        if (reviewed_at.is_null) {
            change.set(c.reviewed.at, TimestampTzGetDatum(now));
        }
        limit_emergency(trigger, c, status, reviewed_at.is_null ? now : DatumGetTimestampTz(reviewed_at.value), change);
    } else if (status == "pending") {
        clear_side(c.reviewed, change);
    } else {
        change.clear(c.reviewed.by_user);
        change.clear(c.reviewed.role);
    }
}

/// A decision is made now and by the acting one. What the row has said of a reviewer before was no decision.
void derive_decision(const RowTrigger &trigger, const ApprovalColumns &c, RowChange &change) {
    set_side(trigger, c, c.reviewed,
             !same_value(trigger, c.reviewed.by) && !column_value(trigger, trigger.row, c.reviewed.by).is_null, change);
    const bool says_when =
        !same_value(trigger, c.reviewed.at) && !column_value(trigger, trigger.row, c.reviewed.at).is_null;
    TimestampTz decided_at = GetCurrentTransactionStartTimestamp();
    if (says_when && may_speak_for_others(trigger, c)) {
        decided_at = DatumGetTimestampTz(column_value(trigger, trigger.row, c.reviewed.at).value);
    } else {
        change.set(c.reviewed.at, TimestampTzGetDatum(decided_at));
    }
    limit_emergency(trigger, c, column_text(trigger, trigger.row, c.status), decided_at, change);
}

OwnerQuery is_deployment{
    "SELECT FROM mlregistry.deployments WHERE deployment_id OPERATOR(pg_catalog.=) $1",
    1,
    {UUIDOID},
};

/// Whether the foreign key has emptied the column: the deployment that it was for is gone.
bool loses_deployment(const RowTrigger &trigger, const ApprovalColumns &c) {
    const ColumnValue before = column_value(trigger, trigger.before, c.deployment);
    if (before.is_null || !column_value(trigger, trigger.row, c.deployment).is_null) {
        return false;
    }
    const Datum values[] = {before.value};
    connect();
    const bool is_gone = run(is_deployment, table_owner(trigger), values, nullptr, Sight::latest, 1) == 0;
    done();
    return is_gone;
}

bool is_emptied(const RowTrigger &trigger, AttrNumber column) {
    return column_value(trigger, trigger.row, column).is_null;
}

/// Whether a decided approval may change in this column: its status, and what a foreign key empties.
bool may_change(const RowTrigger &trigger, const ApprovalColumns &c, AttrNumber column) {
    const std::string_view name = NameStr(TupleDescAttr(trigger.columns, column - 1)->attname);
    if (column == c.superseded_by) {
        return is_emptied(trigger, column) ||
               (column_text(trigger, trigger.row, c.status) == "superseded" && !same_value(trigger, c.status));
    }
    if (column == c.deployment) {
        return loses_deployment(trigger, c);
    }
    if (name == "created_by_user") {
        return is_emptied(trigger, column);
    }
    return column == c.status || name == "updated_at" || name == "updated_by";
}

/// What was asked for: another request is another approval.
bool is_asked_for(const ApprovalColumns &c, AttrNumber column) {
    const AttrNumber columns[] = {c.type,           c.requested.by, c.requested.by_user,
                                  c.requested.role, c.requested.at, c.deployment};
    return std::ranges::find(columns, column) != std::end(columns);
}

[[noreturn]] void refuse_change(const RowTrigger &trigger, AttrNumber column, bool is_decided) {
    const char *const name = NameStr(TupleDescAttr(trigger.columns, column - 1)->attname);
    refuse(trigger, ERRCODE_INSUFFICIENT_PRIVILEGE, "approval_frozen",
           psprintf(is_decided ? "column \"%s\" of an approval that is decided does not change"
                               : "column \"%s\" of an approval never changes",
                    name),
           psprintf("column %s", name), "Ask anew: a new approval supersedes this one.");
}

} // namespace

} // namespace mlregistry::pg

using namespace mlregistry::pg;

/// BEFORE INSERT OR UPDATE on approvals.
MLR_FUNCTION(mlregistry_trg_derive_approval) {
    const RowTrigger trigger = row_trigger(fcinfo);
    const ApprovalColumns &c = approval_columns(fcinfo, trigger);
    const std::string_view status = column_text(trigger, trigger.row, c.status);
    RowChange change;
    if (trigger.is_insert) {
        derive_request(trigger, c, status, change);
        return changed_row(trigger, change);
    }
    keep_side(trigger, c.requested, change);
    // Without a deployment it would be for any.
    if ((status == "pending" || status == "approved") && loses_deployment(trigger, c)) {
        change.set(c.status, text_datum("expired"));
    }
    if (is_decision(status) && column_text(trigger, trigger.before, c.status) == "pending") {
        derive_decision(trigger, c, change);
    } else if (status == "pending") {
        clear_side(c.reviewed, change);
    } else {
        keep_side(trigger, c.reviewed, change);
    }
    return changed_row(trigger, change);
}

/// BEFORE UPDATE on approvals.
MLR_FUNCTION(mlregistry_trg_freeze_approval) {
    const RowTrigger trigger = row_trigger(fcinfo);
    const ApprovalColumns &c = approval_columns(fcinfo, trigger);
    const bool is_decided = column_text(trigger, trigger.before, c.status) != "pending";
    for (int i = 1; i <= trigger.columns->natts; ++i) {
        const auto column = static_cast<AttrNumber>(i);
        const Form_pg_attribute attribute = TupleDescAttr(trigger.columns, i - 1);
        if (attribute->attisdropped || same_value(trigger, column)) {
            continue;
        }
        if (is_decided ? !may_change(trigger, c, column)
                       : is_asked_for(c, column) && !(column == c.deployment && loses_deployment(trigger, c))) {
            refuse_change(trigger, column, is_decided);
        }
    }
    return PointerGetDatum(trigger.row);
}
