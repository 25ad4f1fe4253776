// Triggers derive: columns that follow from others are filled where they were left out.
#include "identity.hpp"
#include "owner_query.hpp"
#include "rights.hpp"
#include "row_actor.hpp"
#include "row_trigger.hpp"
#include "text_argument.hpp"
#include "uuid.hpp"

#include "core/version_state.hpp"

extern "C" {
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "utils/timestamp.h"
}

#include <cstring>

namespace mlregistry::pg {

namespace {

struct ModelColumns {
    AttrNumber name, display_name, is_active, archived_at, archived_reason;
};

struct VersionColumns {
    AttrNumber organization, model, framework, status, stage, validated_at, validated_by, validated_by_user,
        promoted_at, deprecated_at, deprecation_reason, archived_at, frozen_at;
    pg_uuid_t last_organization;
    pg_uuid_t last_model;
    text *last_framework; ///< null: none is kept
};

struct AliasColumns {
    AttrNumber version, set_at, set_by, set_by_user;
};

OwnerQuery framework_of_model{
    "SELECT framework FROM mlregistry.models"
    " WHERE organization_id OPERATOR(pg_catalog.=) $1 AND model_id OPERATOR(pg_catalog.=) $2",
    2,
    {UUIDOID, UUIDOID},
};

Datum transaction_time() { return TimestampTzGetDatum(GetCurrentTransactionStartTimestamp()); }

VersionColumns &version_columns(FunctionCallInfo fcinfo, const RowTrigger &trigger) {
    auto &c = statement_state<VersionColumns>(fcinfo);
    if (c.model == InvalidAttrNumber) {
        c = {
            .organization = column_number(trigger, "organization_id", UUIDOID),
            .model = column_number(trigger, "model_id", UUIDOID),
            .framework = column_number(trigger, "framework", TEXTOID),
            .status = column_number(trigger, "status", TEXTOID),
            .stage = column_number(trigger, "stage", TEXTOID),
            .validated_at = column_number(trigger, "validated_at", TIMESTAMPTZOID),
            .validated_by = column_number(trigger, "validated_by", TEXTOID),
            .validated_by_user = column_number(trigger, "validated_by_user", UUIDOID),
            .promoted_at = column_number(trigger, "promoted_to_production_at", TIMESTAMPTZOID),
            .deprecated_at = column_number(trigger, "deprecated_at", TIMESTAMPTZOID),
            .deprecation_reason = column_number(trigger, "deprecation_reason"),
            .archived_at = column_number(trigger, "archived_at", TIMESTAMPTZOID),
            .frozen_at = column_number(trigger, "frozen_at", TIMESTAMPTZOID),
            .last_organization = {},
            .last_model = {},
            .last_framework = nullptr,
        };
    }
    return c;
}

/// The model's framework into `change`, where it has one. Rows of one INSERT mostly share their model, so the last one
/// is kept for the statement.
void derive_framework(FunctionCallInfo fcinfo, const RowTrigger &trigger, VersionColumns &c, RowChange &change) {
    const ColumnValue organization = column_value(trigger, trigger.row, c.organization);
    const ColumnValue model = column_value(trigger, trigger.row, c.model);
    if (organization.is_null || model.is_null) {
        return;
    }
    const pg_uuid_t &organization_id = *DatumGetUUIDP(organization.value);
    const pg_uuid_t &model_id = *DatumGetUUIDP(model.value);
    if (c.last_framework == nullptr || !same_uuid(c.last_model, model_id) ||
        !same_uuid(c.last_organization, organization_id)) {
        if (c.last_framework != nullptr) {
            pfree(c.last_framework);
            c.last_framework = nullptr;
        }
        const Datum values[] = {organization.value, model.value};
        connect();
        if (run(framework_of_model, table_owner(trigger), values, nullptr, Sight::current, 1) == 1) {
            bool is_null = false;
            const Datum framework = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &is_null);
            if (!is_null) {
                const MemoryContext spi_context = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);
                c.last_framework = DatumGetTextPP(text_datum(text_view(framework)));
                MemoryContextSwitchTo(spi_context);
                c.last_model = model_id;
                c.last_organization = organization_id;
            }
        }
        done();
    }
    if (c.last_framework != nullptr) {
        change.set(c.framework, PointerGetDatum(c.last_framework));
    }
}

VersionState version_state(const RowTrigger &trigger, HeapTuple row, const VersionColumns &c) {
    return {
        .status = column_text(trigger, row, c.status),
        .stage = column_text(trigger, row, c.stage),
        .validated = !column_value(trigger, row, c.validated_at).is_null,
        .deprecated = !column_value(trigger, row, c.deprecated_at).is_null,
        .archived = !column_value(trigger, row, c.archived_at).is_null,
        .promoted = !column_value(trigger, row, c.promoted_at).is_null,
        .promoted_given = trigger.is_update && !same_value(trigger, c.promoted_at),
        .frozen = !column_value(trigger, row, c.frozen_at).is_null,
    };
}

void apply(const RowTrigger &trigger, const VersionColumns &c, const VersionState &now, const VersionChange &derived,
           RowChange &change) {
    if (derived.status != now.status) {
        change.set(c.status, text_datum(derived.status));
    }
    if (derived.stage != now.stage) {
        change.set(c.stage, text_datum(derived.stage));
    }
    if (derived.set_validated) {
        change.set(c.validated_at, transaction_time());
        if (column_value(trigger, trigger.row, c.validated_by).is_null) {
            set_actor(change, c.validated_by, c.validated_by_user);
        }
    }
    if (derived.set_deprecated) {
        change.set(c.deprecated_at, transaction_time());
    }
    if (derived.set_archived) {
        change.set(c.archived_at, transaction_time());
    }
    if (derived.set_promoted) {
        change.set(c.promoted_at, transaction_time());
    }
    if (derived.set_frozen) {
        change.set(c.frozen_at, transaction_time());
    }
    if (derived.clear_deprecated) {
        change.clear(c.deprecated_at);
        change.clear(c.deprecation_reason);
    }
    if (derived.clear_archived) {
        change.clear(c.archived_at);
    }
}

} // namespace

} // namespace mlregistry::pg

using namespace mlregistry;
using namespace mlregistry::pg;

MLR_FUNCTION(mlregistry_trg_derive_model) {
    const RowTrigger trigger = row_trigger(fcinfo);
    auto &c = statement_state<ModelColumns>(fcinfo);
    if (c.name == InvalidAttrNumber) {
        c = {
            .name = column_number(trigger, "model_name", TEXTOID),
            .display_name = column_number(trigger, "display_name", TEXTOID),
            .is_active = column_number(trigger, "is_active", BOOLOID),
            .archived_at = column_number(trigger, "archived_at", TIMESTAMPTZOID),
            .archived_reason = column_number(trigger, "archived_reason"),
        };
    }
    RowChange change;
    const ColumnValue name = column_value(trigger, trigger.row, c.name);
    if (column_value(trigger, trigger.row, c.display_name).is_null && !name.is_null) {
        change.set(c.display_name, name.value);
    }
    const ColumnValue active = column_value(trigger, trigger.row, c.is_active);
    if (!active.is_null && !DatumGetBool(active.value)) {
        if (column_value(trigger, trigger.row, c.archived_at).is_null) {
            change.set(c.archived_at, transaction_time());
        }
    } else if (trigger.is_update && !same_value(trigger, c.is_active)) {
        change.clear(c.archived_at);
        change.clear(c.archived_reason);
    }
    return changed_row(trigger, change);
}

MLR_FUNCTION(mlregistry_trg_derive_version) {
    const RowTrigger trigger = row_trigger(fcinfo);
    VersionColumns &c = version_columns(fcinfo, trigger);
    RowChange change;
    if (trigger.is_insert && column_value(trigger, trigger.row, c.framework).is_null) {
        derive_framework(fcinfo, trigger, c, change);
    }
    const VersionState now = version_state(trigger, trigger.row, c);
    const VersionChange derived =
        trigger.is_insert ? complete_insert(now) : complete_update(version_state(trigger, trigger.before, c), now);
    apply(trigger, c, now, derived, change);
    return changed_row(trigger, change);
}

/// One column is another one where nothing was given. Arguments: the column, where its value comes from.
MLR_FUNCTION(mlregistry_trg_derive_copy) {
    const RowTrigger trigger = row_trigger(fcinfo);
    require_arguments(trigger, 2);
    const AttrNumber column = column_number(trigger, trigger.argument(0));
    RowChange change;
    if (column_value(trigger, trigger.row, column).is_null) {
        const Oid type = TupleDescAttr(trigger.columns, column - 1)->atttypid;
        const ColumnValue source =
            column_value(trigger, trigger.row, column_number(trigger, trigger.argument(1), type));
        if (!source.is_null) {
            change.set(column, source.value);
        }
    }
    return changed_row(trigger, change);
}

/// An alias that moves was set now and by the acting one, unless the client says otherwise.
MLR_FUNCTION(mlregistry_trg_derive_alias) {
    const RowTrigger trigger = row_trigger(fcinfo);
    auto &c = statement_state<AliasColumns>(fcinfo);
    if (c.version == InvalidAttrNumber) {
        c = {
            .version = column_number(trigger, "version_id"),
            .set_at = column_number(trigger, "set_at", TIMESTAMPTZOID),
            .set_by = column_number(trigger, "set_by", TEXTOID),
            .set_by_user = column_number(trigger, "set_by_user", UUIDOID),
        };
    }
    RowChange change;
    if (trigger.is_update && !same_value(trigger, c.version)) {
        if (same_value(trigger, c.set_at)) {
            change.set(c.set_at, transaction_time());
        }
        if (same_value(trigger, c.set_by)) {
            set_actor(change, c.set_by, c.set_by_user);
        }
    }
    return changed_row(trigger, change);
}
