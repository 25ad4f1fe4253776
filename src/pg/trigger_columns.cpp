// Triggers actor, normalize and touch: columns that the database keeps, whoever writes.
#include "identity.hpp"
#include "rights.hpp"
#include "row_trigger.hpp"
#include "text_argument.hpp"

#include "core/normalize.hpp"

extern "C" {
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "utils/timestamp.h"
#include "utils/uuid.h"
}

#include <cstring>

namespace mlregistry::pg {

namespace {

constexpr int max_arguments = 12;

struct ActorState {
    bool ready;
    int count;
    AttrNumber by[max_arguments];
    AttrNumber by_user[max_arguments];
};

struct NormalizeState {
    bool ready;
    int count;
    AttrNumber columns[max_arguments];
    normalize::Rule rules[max_arguments];
};

struct TouchState {
    AttrNumber at;
    AttrNumber by;
};

void check_argument_count(const RowTrigger &trigger) {
    if (trigger.argument_count() > max_arguments) {
        ereport(ERROR,
                (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
                 errmsg("trigger \"%s\" has more than %d arguments", trigger.data->tg_trigger->tgname, max_arguments)));
    }
}

/// Arguments: the x of each pair x_by, x_by_user.
void prepare(const RowTrigger &trigger, ActorState &state) {
    check_argument_count(trigger);
    for (int i = 0; i < trigger.argument_count(); ++i) {
        state.by[i] = column_number(trigger, psprintf("%s_by", trigger.argument(i)), TEXTOID);
        state.by_user[i] = column_number(trigger, psprintf("%s_by_user", trigger.argument(i)), UUIDOID);
    }
    state.count = trigger.argument_count();
    state.ready = true;
}

/// Arguments: column:rule.
void prepare(const RowTrigger &trigger, NormalizeState &state) {
    check_argument_count(trigger);
    for (int i = 0; i < trigger.argument_count(); ++i) {
        const char *const argument = trigger.argument(i);
        const char *const colon = std::strchr(argument, ':');
        if (colon == nullptr || !normalize::rule_from_name(colon + 1, state.rules[i])) {
            ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                            errmsg("trigger normalize does not know the rule in \"%s\"", argument)));
        }
        state.columns[i] = column_number(trigger, pnstrdup(argument, static_cast<Size>(colon - argument)), TEXTOID);
    }
    state.count = trigger.argument_count();
    state.ready = true;
}

Datum normalized(normalize::Rule rule, std::string_view text) {
    const std::string_view kept = normalize::trimmed(text);
    const Datum copy = text_datum(kept);
    normalize::change_case(rule, {VARDATA(DatumGetPointer(copy)), kept.size()});
    return copy;
}

} // namespace

} // namespace mlregistry::pg

using namespace mlregistry;
using namespace mlregistry::pg;

/// x_by_user is what the database knows, never what a client says: the acting user where x_by names them. An UPDATE
/// that says anew who did it says so in the same way; otherwise it may only empty the user.
MLR_FUNCTION(mlregistry_trg_actor) {
    const RowTrigger trigger = row_trigger(fcinfo);
    auto &state = statement_state<ActorState>(fcinfo);
    if (!state.ready) {
        prepare(trigger, state);
    }
    RowChange change;
    for (int i = 0; i < state.count; ++i) {
        const AttrNumber column = state.by_user[i];
        const ColumnValue now = column_value(trigger, trigger.row, column);
        if (trigger.is_insert || !same_value(trigger, state.by[i])) {
            const Rights &rights = current_rights();
            const bool is_acting = rights.has_user && !column_value(trigger, trigger.row, state.by[i]).is_null &&
                                   column_text(trigger, trigger.row, state.by[i]) == rights.actor;
            if (is_acting) { // a copy: the next look at rights may read them anew
                auto *const user = static_cast<pg_uuid_t *>(palloc(sizeof(pg_uuid_t)));
                *user = rights.user;
                change.set(column, UUIDPGetDatum(user));
            } else if (!now.is_null) {
                change.clear(column);
            }
        } else if (!now.is_null && !same_value(trigger, column)) {
            const ColumnValue before = column_value(trigger, trigger.before, column);
            if (before.is_null) {
                change.clear(column);
            } else {
                change.set(column, before.value);
            }
        }
    }
    return changed_row(trigger, change);
}

MLR_FUNCTION(mlregistry_trg_normalize) {
    const RowTrigger trigger = row_trigger(fcinfo);
    auto &state = statement_state<NormalizeState>(fcinfo);
    if (!state.ready) {
        prepare(trigger, state);
    }
    RowChange change;
    for (int i = 0; i < state.count; ++i) {
        const ColumnValue v = column_value(trigger, trigger.row, state.columns[i]);
        if (v.is_null) {
            continue;
        }
        const std::string_view text = text_view(v.value);
        if (!normalize::is_normal(state.rules[i], text)) {
            change.set(state.columns[i], normalized(state.rules[i], text));
        }
    }
    return changed_row(trigger, change);
}

MLR_FUNCTION(mlregistry_trg_touch) {
    const RowTrigger trigger = row_trigger(fcinfo);
    auto &state = statement_state<TouchState>(fcinfo);
    if (state.at == InvalidAttrNumber) {
        state.at = column_number(trigger, "updated_at", TIMESTAMPTZOID);
        state.by = column_number(trigger, "updated_by", TEXTOID);
    }
    RowChange change;
    change.set(state.at, TimestampTzGetDatum(GetCurrentTransactionStartTimestamp()));
    change.set(state.by, current_actor());
    return changed_row(trigger, change);
}
