// Triggers history: which status and stage things had, and what deployments served, and when. One row per period; the
// open one ends at infinity.
//
// A statement's transition tables say which rows may have changed; what they have become is read from their tables with
// the latest snapshot. So a row that ends as it began writes nothing, whatever other triggers did to it meanwhile, and
// nothing is written twice. The transaction that changes a row holds it: writers of one history come one after the
// other.
#include "deployment_setting.hpp"
#include "history_queries.hpp"
#include "history_time.hpp"
#include "identity.hpp"
#include "rights.hpp"
#include "statement_trigger.hpp"
#include "text_argument.hpp"
#include "transition_rows.hpp"

extern "C" {
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/array.h"
#include "utils/datum.h"
#include "utils/guc.h"
#include "utils/timestamp.h"
#include "utils/uuid.h"
}

#include <cstdint>

namespace mlregistry::pg {

namespace {

History &history_of(const TriggerData *data) {
    const Trigger &trigger = *data->tg_trigger;
    History *const history = trigger.tgnargs > 0 ? history_of_status(trigger.tgargs[0]) : nullptr;
    if (history == nullptr) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("trigger \"%s\" is for an entity that has a history", trigger.tgname)));
    }
    return *history;
}

constexpr int max_watched = 4;
/// So many rows are looked at together.
constexpr int most_changed = 256;

/// Columns of the table, and the rows of the statement in which a watched one may have changed. Plain data.
struct Changes {
    TriggerData *data;
    AttrNumber key;
    int watched_count;
    AttrNumber watched[max_watched];
    int last_column; ///< greatest of them
    int count;
    pg_uuid_t *ids;
};

Changes changes_of(TriggerData *data, const char *key, int watched_count, const char *const *watched) {
    Changes changes{};
    changes.data = data;
    changes.key = column_of(data, key, UUIDOID);
    changes.last_column = changes.key;
    for (int i = 0; i < watched_count && i < max_watched; ++i) {
        changes.watched[i] = column_of(data, watched[i], InvalidOid);
        changes.last_column = Max(changes.last_column, changes.watched[i]);
        changes.watched_count = i + 1;
    }
    changes.ids = static_cast<pg_uuid_t *>(palloc(most_changed * sizeof(pg_uuid_t)));
    return changes;
}

/// True unless all watched columns are the same bytes in both rows.
bool differ(const Changes &changes, TupleTableSlot *before, TupleTableSlot *now) {
    for (int i = 0; i < changes.watched_count; ++i) {
        const int column = changes.watched[i] - 1;
        const Form_pg_attribute attribute = TupleDescAttr(now->tts_tupleDescriptor, column);
        if (before->tts_isnull[column] != now->tts_isnull[column] ||
            (!now->tts_isnull[column] && !datum_image_eq(before->tts_values[column], now->tts_values[column],
                                                         attribute->attbyval, attribute->attlen))) {
            return true;
        }
    }
    return false;
}

Datum array_of_keys(const Changes &changes) {
    auto *const ids = static_cast<Datum *>(palloc(static_cast<Size>(changes.count) * sizeof(Datum)));
    for (int i = 0; i < changes.count; ++i) {
        ids[i] = UUIDPGetDatum(&changes.ids[i]);
    }
    return PointerGetDatum(construct_array(ids, changes.count, UUIDOID, UUID_LEN, false, TYPALIGN_CHAR));
}

/// Rows that were inserted or updated. The two queries have nothing to do for each other's rows, so the second one runs
/// only when the first one has not told of all.
void tell(const Changes &changes, History &history) {
    const char *const reason = GetConfigOption("mlregistry.reason", true, false);
    const bool has_reason = reason != nullptr && *reason != '\0';
    const Rights &rights = current_rights();
    const pg_uuid_t user = rights.user; // a copy: the next look at rights may read them anew
    const char nulls[] = {' ', ' ', has_reason ? ' ' : 'n', ' ', rights.has_user ? ' ' : 'n', ' '};
    Datum values[] = {array_of_keys(changes),
                      TimestampTzGetDatum(history_time()),
                      has_reason ? CStringGetTextDatum(reason) : 0,
                      current_actor(),
                      UUIDPGetDatum(&user),
                      BoolGetDatum(goes_back())};
    const Oid owner = changes.data->tg_relation->rd_rel->relowner;
    const bool is_update = TRIGGER_FIRED_BY_UPDATE(changes.data->tg_event);
    const auto changed = static_cast<std::uint64_t>(changes.count);
    if (write_periods(is_update ? history.move : history.begin, owner, values, nulls) < changed) {
        values[1] = TimestampTzGetDatum(history_time());
        write_periods(is_update ? history.begin : history.move, owner, values, nulls);
    }
}

void write(Changes &changes, History &history) {
    if (changes.count == 0) {
        return;
    }
    if (TRIGGER_FIRED_BY_DELETE(changes.data->tg_event)) {
        const Datum values[] = {array_of_keys(changes), TimestampTzGetDatum(history_time())};
        write_periods(history.close, changes.data->tg_relation->rd_rel->relowner, values, nullptr);
    } else {
        tell(changes, history);
    }
    changes.count = 0;
}

void add(Changes &changes, History &history, TupleTableSlot *row) {
    if (changes.count == most_changed) {
        write(changes, history);
    }
    changes.ids[changes.count++] = *DatumGetUUIDP(row->tts_values[changes.key - 1]);
}

/// Both transition tables of an UPDATE have the rows in the same order.
void follow_update(Changes &changes, History &history) {
    TransitionRows old_rows{changes.data, changes.data->tg_oldtable};
    TransitionRows new_rows{changes.data, changes.data->tg_newtable};
    TupleTableSlot *before = old_rows.next(changes.last_column);
    TupleTableSlot *now = new_rows.next(changes.last_column);
    while (before != nullptr && now != nullptr) {
        if (differ(changes, before, now)) {
            add(changes, history, now);
        }
        before = old_rows.next(changes.last_column);
        now = new_rows.next(changes.last_column);
    }
    old_rows.end();
    new_rows.end();
}

void follow(TriggerData *data, History &history, const char *key, int watched_count, const char *const *watched) {
    if (TRIGGER_FIRED_BY_TRUNCATE(data->tg_event)) {
        const Datum now = TimestampTzGetDatum(history_time());
        connect();
        run(history.close_all, data->tg_relation->rd_rel->relowner, &now, nullptr, Sight::latest, 0);
        done();
        return;
    }
    Changes changes = changes_of(data, key, watched_count, watched);
    if (TRIGGER_FIRED_BY_UPDATE(data->tg_event)) {
        follow_update(changes, history);
    } else {
        TransitionRows rows{data, TRIGGER_FIRED_BY_DELETE(data->tg_event) ? data->tg_oldtable : data->tg_newtable};
        while (TupleTableSlot *const row = rows.next(changes.last_column)) {
            add(changes, history, row);
        }
        rows.end();
    }
    write(changes, history);
    pfree(changes.ids);
}

} // namespace

} // namespace mlregistry::pg

using namespace mlregistry::pg;

/// AFTER INSERT, UPDATE, DELETE, TRUNCATE STATEMENT on what has a status, with transition tables old_rows and new_rows.
/// Arguments: the entity, its key, the column.
MLR_FUNCTION(mlregistry_trg_history_status) {
    TriggerData *const data = after_statement_trigger(fcinfo);
    History &history = history_of(data);
    if (data->tg_trigger->tgnargs != 3) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("trigger \"%s\" needs an entity, its key and a column", data->tg_trigger->tgname)));
    }
    const char *const watched[] = {data->tg_trigger->tgargs[2]};
    follow(data, history, data->tg_trigger->tgargs[1], 1, watched);
    return PointerGetDatum(nullptr);
}

/// The same on model_versions, of their stages.
MLR_FUNCTION(mlregistry_trg_history_stage) {
    TriggerData *const data = after_statement_trigger(fcinfo);
    const char *const watched[] = {"stage"};
    follow(data, history_of_stages(), "version_id", 1, watched);
    return PointerGetDatum(nullptr);
}

/// The same on deployments, of what they serve.
MLR_FUNCTION(mlregistry_trg_history_deployment) {
    TriggerData *const data = after_statement_trigger(fcinfo);
    const char *const watched[] = {"version_id", "status", "traffic_percentage", "replicas"};
    follow(data, history_of_deployments(), "deployment_id", 4, watched);
    return PointerGetDatum(nullptr);
}
