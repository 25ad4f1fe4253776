// Triggers lineage: tables that record what came from what write the edges of lineage.
//
// A statement's transition tables say which facts may have come or gone; whether they are there is read from their
// table with the latest snapshot. So edges say what is so whatever other triggers, cascades and foreign keys did to a
// row meanwhile, and nothing is written twice. The transaction that changes a fact holds its row, or its key: writers
// of one edge come one after the other.
#include "core/deployment_state.hpp"
#include "history_time.hpp"
#include "lineage_queries.hpp"
#include "statement_trigger.hpp"
#include "transition_rows.hpp"

extern "C" {
#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/datum.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"
#include "utils/uuid.h"
}

#include <string_view>

namespace mlregistry::pg {

namespace {

/// So many facts are looked at together.
constexpr int most_keys = 1000;

/// What the words of a qualifier, which a CHECK lists, are never longer than.
constexpr std::size_t qualifier_size = 32;

struct Key {
    pg_uuid_t organization;
    pg_uuid_t child;
    pg_uuid_t parent;
    char qualifier[qualifier_size]; ///< empty: none
};

struct Keys {
    int count;
    Key *keys;
};

/// Facts of one sort that the statement may have made or ended. Plain data.
struct Changes {
    LineageLink *link;
    AttrNumber child;
    AttrNumber parent;
    AttrNumber qualifier; ///< InvalidAttrNumber: none
    Keys come;
    Keys gone;
};

struct Statement {
    TriggerData *data;
    Oid owner;
    AttrNumber organization;
    int last_column;
    int count;
    Changes changes[most_links];
    MemoryContext scratch; ///< for arguments of a query
};

LineageSource &source_of(const TriggerData *data) {
    const Trigger &trigger = *data->tg_trigger;
    LineageSource *const source = trigger.tgnargs == 1 ? lineage_of(trigger.tgargs[0]) : nullptr;
    if (source == nullptr) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("trigger \"%s\" is for a table that records lineage", trigger.tgname)));
    }
    return *source;
}

Statement statement_of(TriggerData *data, LineageSource &source) {
    Statement statement{};
    statement.data = data;
    statement.owner = data->tg_relation->rd_rel->relowner;
    statement.organization = column_of(data, "organization_id", UUIDOID);
    statement.last_column = statement.organization;
    statement.count = source.count;
    statement.scratch = AllocSetContextCreate(CurrentMemoryContext, "edges of lineage", ALLOCSET_DEFAULT_SIZES);
    for (int i = 0; i < source.count; ++i) {
        Changes &changes = statement.changes[i];
        changes.link = &source.links[i];
        changes.child = column_of(data, changes.link->child, UUIDOID);
        changes.parent = column_of(data, changes.link->parent, UUIDOID);
        changes.qualifier = changes.link->qualifier == nullptr ? static_cast<AttrNumber>(InvalidAttrNumber)
                                                               : column_of(data, changes.link->qualifier, TEXTOID);
        statement.last_column = Max(statement.last_column, Max(changes.child, Max(changes.parent, changes.qualifier)));
    }
    return statement;
}

Datum value_of(TupleTableSlot *row, AttrNumber column) { return row->tts_values[column - 1]; }
bool is_null(TupleTableSlot *row, AttrNumber column) { return row->tts_isnull[column - 1]; }

std::string_view text_of(TupleTableSlot *row, AttrNumber column) {
    if (is_null(row, column)) {
        return {};
    }
    const text *const value = DatumGetTextPP(value_of(row, column));
    return {VARDATA_ANY(value), static_cast<std::size_t>(VARSIZE_ANY_EXHDR(value))};
}

/// Whether the row says that there is an edge.
bool is_fact(const Changes &changes, TupleTableSlot *row) {
    return !is_null(row, changes.child) && !is_null(row, changes.parent) &&
           (!changes.link->only_open || lifecycle::is_open_deployment(text_of(row, changes.qualifier)));
}

bool same(TupleTableSlot *before, TupleTableSlot *now, AttrNumber column) {
    const Form_pg_attribute attribute = TupleDescAttr(now->tts_tupleDescriptor, column - 1);
    return is_null(before, column) == is_null(now, column) &&
           (is_null(now, column) ||
            datum_image_eq(value_of(before, column), value_of(now, column), attribute->attbyval, attribute->attlen));
}

/// Whether both rows, if they say that there is an edge, tell of the same one.
bool same_edge(const Changes &changes, TupleTableSlot *before, TupleTableSlot *now) {
    return same(before, now, changes.child) && same(before, now, changes.parent) &&
           (changes.qualifier == InvalidAttrNumber || changes.link->only_open || same(before, now, changes.qualifier));
}

Datum array_of(const Keys &keys, pg_uuid_t Key::*id) {
    auto *const ids = static_cast<Datum *>(palloc(static_cast<Size>(keys.count) * sizeof(Datum)));
    for (int i = 0; i < keys.count; ++i) {
        ids[i] = UUIDPGetDatum(&(keys.keys[i].*id));
    }
    return PointerGetDatum(construct_array(ids, keys.count, UUIDOID, UUID_LEN, false, TYPALIGN_CHAR));
}

/// Empty where facts have no qualifier: the query has NULL at every place then.
Datum qualifiers_of(const Changes &changes, const Keys &keys) {
    if (changes.qualifier == InvalidAttrNumber || changes.link->only_open) {
        return PointerGetDatum(construct_empty_array(TEXTOID));
    }
    auto *const texts = static_cast<Datum *>(palloc(static_cast<Size>(keys.count) * sizeof(Datum)));
    for (int i = 0; i < keys.count; ++i) {
        texts[i] = CStringGetTextDatum(keys.keys[i].qualifier);
    }
    return PointerGetDatum(construct_array(texts, keys.count, TEXTOID, -1, false, TYPALIGN_INT));
}

void close_edges(const Statement &statement, Changes &changes) {
    if (changes.gone.count == 0) {
        return;
    }
    MemoryContext const before = MemoryContextSwitchTo(statement.scratch);
    const Datum values[] = {array_of(changes.gone, &Key::organization), array_of(changes.gone, &Key::child),
                            array_of(changes.gone, &Key::parent), qualifiers_of(changes, changes.gone),
                            TimestampTzGetDatum(history_time())};
    write_periods(changes.link->close, statement.owner, values, nullptr);
    MemoryContextSwitchTo(before);
    MemoryContextReset(statement.scratch);
    changes.gone.count = 0;
}

void open_edges(const Statement &statement, Changes &changes) {
    if (changes.come.count == 0) {
        return;
    }
    MemoryContext const before = MemoryContextSwitchTo(statement.scratch);
    // What is inserted may have been so for long; what is changed is so from now on, which is when what it takes the
    // place of has ended.
    const Datum values[] = {
        array_of(changes.come, &Key::child), array_of(changes.come, &Key::parent), qualifiers_of(changes, changes.come),
        BoolGetDatum(TRIGGER_FIRED_BY_INSERT(statement.data->tg_event)), TimestampTzGetDatum(history_time())};
    write_periods(changes.link->open, statement.owner, values, nullptr);
    MemoryContextSwitchTo(before);
    MemoryContextReset(statement.scratch);
    changes.come.count = 0;
}

void add(const Statement &statement, Changes &changes, Keys &keys, TupleTableSlot *row) {
    if (keys.keys == nullptr) {
        keys.keys = static_cast<Key *>(palloc(most_keys * sizeof(Key)));
    }
    Key &key = keys.keys[keys.count++];
    key.organization = *DatumGetUUIDP(value_of(row, statement.organization));
    key.child = *DatumGetUUIDP(value_of(row, changes.child));
    key.parent = *DatumGetUUIDP(value_of(row, changes.parent));
    const std::string_view qualifier =
        changes.qualifier == InvalidAttrNumber ? std::string_view{} : text_of(row, changes.qualifier);
    key.qualifier[qualifier.copy(key.qualifier, qualifier_size - 1)] = '\0';
    if (keys.count == most_keys) {
        close_edges(statement, changes);
        open_edges(statement, changes);
    }
}

/// Both transition tables of an UPDATE have the rows in the same order.
void follow_update(Statement &statement) {
    TransitionRows old_rows{statement.data, statement.data->tg_oldtable};
    TransitionRows new_rows{statement.data, statement.data->tg_newtable};
    TupleTableSlot *before = old_rows.next(statement.last_column);
    TupleTableSlot *now = new_rows.next(statement.last_column);
    while (before != nullptr && now != nullptr) {
        for (int i = 0; i < statement.count; ++i) {
            Changes &changes = statement.changes[i];
            const bool was = is_fact(changes, before);
            const bool is = is_fact(changes, now);
            if (was == is && (!is || same_edge(changes, before, now))) {
                continue;
            }
            if (was) {
                add(statement, changes, changes.gone, before);
            }
            if (is) {
                add(statement, changes, changes.come, now);
            }
        }
        before = old_rows.next(statement.last_column);
        now = new_rows.next(statement.last_column);
    }
    old_rows.end();
    new_rows.end();
}

void follow_rows(Statement &statement, bool have_come) {
    TriggerData *const data = statement.data;
    TransitionRows rows{data, have_come ? data->tg_newtable : data->tg_oldtable};
    while (TupleTableSlot *const row = rows.next(statement.last_column)) {
        for (int i = 0; i < statement.count; ++i) {
            Changes &changes = statement.changes[i];
            if (is_fact(changes, row)) {
                add(statement, changes, have_come ? changes.come : changes.gone, row);
            }
        }
    }
    rows.end();
}

void close_all(const TriggerData *data, LineageSource &source) {
    const Datum now = TimestampTzGetDatum(history_time());
    for (int i = 0; i < source.count; ++i) {
        connect();
        run(source.links[i].close_all, data->tg_relation->rd_rel->relowner, &now, nullptr, Sight::latest, 0);
        done();
    }
}

} // namespace

} // namespace mlregistry::pg

using namespace mlregistry::pg;

/// AFTER INSERT, UPDATE, DELETE, TRUNCATE STATEMENT on a table that records lineage, with transition tables old_rows
/// and new_rows. Argument: the table.
MLR_FUNCTION(mlregistry_trg_lineage) {
    TriggerData *const data = after_statement_trigger(fcinfo);
    LineageSource &source = source_of(data);
    if (TRIGGER_FIRED_BY_TRUNCATE(data->tg_event)) {
        close_all(data, source);
        return PointerGetDatum(nullptr);
    }
    Statement statement = statement_of(data, source);
    if (TRIGGER_FIRED_BY_UPDATE(data->tg_event)) {
        follow_update(statement);
    } else {
        follow_rows(statement, TRIGGER_FIRED_BY_INSERT(data->tg_event));
    }
    for (int i = 0; i < statement.count; ++i) {
        close_edges(statement, statement.changes[i]);
        open_edges(statement, statement.changes[i]);
    }
    return PointerGetDatum(nullptr);
}
