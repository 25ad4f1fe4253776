// Triggers of version_parents and dataset_parents: nothing is among its own ancestors, and a version that others were
// made from is frozen.
//
// Two edges that share no end can close one circle, so writers of an organization come one after the other, by a row of
// guards (docs/design/data-model.md, section 5). A statement takes it once, whatever it brings, and a transaction that
// has it does not take it again. Then a circle needs a new edge whose child is somebody's parent: most have none, and
// nothing more is read. From the others one goes up, each ancestor once, with the latest snapshot and the owner's view.
#include "along_indexes.hpp"
#include "boundary.hpp"
#include "core/find_cycle.hpp"
#include "guard_row.hpp"
#include "rights.hpp"
#include "row_trigger.hpp"
#include "statement_trigger.hpp"
#include "transition_rows.hpp"
#include "uuid.hpp"

extern "C" {
#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
#include "utils/array.h"
#include "utils/hsearch.h"
#include "utils/memutils.h"
}

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace mlregistry::pg {

namespace {

/// Keys that one query is asked with.
constexpr int most_keys = 1000;

/// A table of parents.
struct Family {
    const char *kind;
    Scope naming; ///< what an API key must open to know names
    const char *child;
    const char *parent;
    OwnerQuery guard_row; ///< $1 organization: who has changed it last
    OwnerQuery lock;      ///< $1 organization
    OwnerQuery parents;   ///< those of $1 that are somebody's parent
    OwnerQuery edges;     ///< child and parent of all rows of the children $1
    OwnerQuery name;      ///< of $1, and its project
    OwnerQuery forget;    ///< the parents of $1
};

#define EQ " OPERATOR(pg_catalog.=) "
#define FAMILY(kind, naming, table, child, parent, name)                                                               \
    {                                                                                                                  \
        kind, naming, child, parent,                                                                                   \
            {"SELECT g.xmin FROM mlregistry.guards g WHERE g.organization_id" EQ "$1"                                  \
             " AND g.rule" EQ "'no_cycle_" kind "' AND g.subject_id" EQ "$1",                                          \
             1,                                                                                                        \
             {UUIDOID}},                                                                                               \
            {"INSERT INTO mlregistry.guards AS g (organization_id, rule, subject_id)"                                  \
             " VALUES ($1, 'no_cycle_" kind "', $1)"                                                                   \
             " ON CONFLICT (organization_id, rule, subject_id) DO UPDATE SET n = g.n OPERATOR(pg_catalog.+) 1",        \
             1,                                                                                                        \
             {UUIDOID}},                                                                                               \
            {"SELECT c.id FROM pg_catalog.unnest($1) AS c (id)"                                                        \
             " CROSS JOIN LATERAL (SELECT FROM mlregistry." table " p WHERE p." parent EQ "c.id LIMIT 1) AS p",        \
             1,                                                                                                        \
             {UUIDARRAYOID}},                                                                                          \
            {"SELECT p." child ", p." parent " FROM mlregistry." table " p WHERE p." child EQ "ANY ($1)",              \
             1,                                                                                                        \
             {UUIDARRAYOID}},                                                                                          \
            {name, 1, {UUIDOID}}, {"DELETE FROM mlregistry." table " p WHERE p." child EQ "$1", 1, {UUIDOID}},         \
    }

Family families[] = {
    FAMILY("version", Scope::models, "version_parents", "version_id", "parent_version_id",
           "SELECT v.project_id, pg_catalog.format('%s@%s', m.model_name, v.semver) FROM mlregistry.model_versions v"
           "  JOIN mlregistry.models m ON m.model_id" EQ "v.model_id WHERE v.version_id" EQ "$1"),
    FAMILY("dataset", Scope::datasets, "dataset_parents", "dataset_id", "parent_dataset_id",
           "SELECT d.project_id, d.dataset_name FROM mlregistry.datasets d WHERE d.dataset_id" EQ "$1"),
};

#undef FAMILY

// In one order, as two statements may have the same parents.
OwnerQuery freeze_versions{
    "UPDATE mlregistry.model_versions v SET frozen_at = pg_catalog.now()"
    "  FROM (SELECT l.version_id FROM mlregistry.model_versions l"
    "         WHERE l.version_id" EQ "ANY ($1) AND l.frozen_at IS NULL"
    "         ORDER BY l.version_id FOR NO KEY UPDATE) AS l"
    " WHERE v.version_id" EQ "l.version_id AND v.frozen_at IS NULL",
    1,
    {UUIDARRAYOID},
};

#undef EQ

Family &family_of(const Trigger &trigger) {
    for (Family &family : families) {
        if (trigger.tgnargs == 1 && std::strcmp(trigger.tgargs[0], family.kind) == 0) {
            return family;
        }
    }
    ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                    errmsg("trigger \"%s\" is for parents of versions or datasets", trigger.tgname)));
    pg_unreachable();
}

bool is_less(const pg_uuid_t &a, const pg_uuid_t &b) noexcept { return std::memcmp(&a, &b, sizeof a) < 0; }

/// Identifiers in memory that grows. Plain data.
struct Ids {
    pg_uuid_t *ids;
    std::size_t count;
    std::size_t capacity;

    void add(const pg_uuid_t &id) {
        if (count == capacity) {
            capacity = Max(capacity * 2, 64);
            ids =
                static_cast<pg_uuid_t *>(ids == nullptr ? palloc_extended(capacity * sizeof(pg_uuid_t), MCXT_ALLOC_HUGE)
                                                        : repalloc_huge(ids, capacity * sizeof(pg_uuid_t)));
        }
        ids[count++] = id;
    }

    void sort() noexcept {
        std::sort(ids, ids + count, is_less);
        count = static_cast<std::size_t>(std::unique(ids, ids + count, same_uuid) - ids);
    }
};

/// One column of the rows of the statement; a value that comes again at once is left out.
Ids values_of(TriggerData *data, const char *name) {
    const AttrNumber column = column_of(data, name, UUIDOID);
    Ids ids{};
    TransitionRows rows{data, data->tg_newtable};
    while (TupleTableSlot *const row = rows.next(column)) {
        const pg_uuid_t &id = *DatumGetUUIDP(row->tts_values[column - 1]);
        if (ids.count == 0 || !same_uuid(ids.ids[ids.count - 1], id)) {
            ids.add(id);
        }
    }
    rows.end();
    return ids;
}

/// Each value once, in order: that of locks.
Ids sorted(Ids ids) {
    ids.sort();
    return ids;
}

/// Rows that a query has found, taken into memory that outlives it.
struct Found {
    MemoryContext context;
    void (*take)(Found &found, HeapTuple row, TupleDesc columns);
    Ids *ids;
    struct Graph *graph;
};

pg_uuid_t id_in(HeapTuple row, TupleDesc columns, int column) {
    bool is_null = false;
    return *DatumGetUUIDP(SPI_getbinval(row, columns, column, &is_null));
}

/// Asks with some of the identifiers, and hands each row over.
void ask(OwnerQuery &query, Oid owner, const pg_uuid_t *ids, int count, Found &found) {
    auto *const datums = static_cast<Datum *>(palloc(static_cast<Size>(count) * sizeof(Datum)));
    for (int i = 0; i < count; ++i) {
        datums[i] = UUIDPGetDatum(&ids[i]);
    }
    ArrayType *const keys = construct_array(datums, count, UUIDOID, UUID_LEN, false, TYPALIGN_CHAR);
    const Datum values[] = {PointerGetDatum(keys)};
    run_along_indexes(
        query, owner, values, nullptr,
        [](void *state) {
            auto &into = *static_cast<Found *>(state);
            MemoryContext const before = MemoryContextSwitchTo(into.context);
            for (std::uint64_t i = 0; i < SPI_processed; ++i) {
                into.take(into, SPI_tuptable->vals[i], SPI_tuptable->tupdesc);
            }
            MemoryContextSwitchTo(before);
        },
        &found);
    pfree(keys);
    pfree(datums);
}

int batch(std::size_t done, std::size_t count) { return static_cast<int>(Min(count - done, std::size_t{most_keys})); }

struct NodeNumber {
    pg_uuid_t id;
    std::uint32_t number;
};

/// What lies above the children that are parents. Plain data.
struct Graph {
    HTAB *numbers;
    Ids nodes; ///< by number
    GraphEdge *edges;
    std::size_t edge_count;
    std::size_t edge_capacity;

    std::uint32_t number_of(const pg_uuid_t &id) {
        bool is_known = false;
        auto *const entry = static_cast<NodeNumber *>(hash_search(numbers, &id, HASH_ENTER, &is_known));
        if (!is_known) {
            if (nodes.count >= UINT32_MAX - 1) {
                ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
                                errmsg("more than %u ancestors cannot be searched for a circle", UINT32_MAX - 1)));
            }
            entry->number = static_cast<std::uint32_t>(nodes.count);
            nodes.add(id);
        }
        return entry->number;
    }

    void add(const pg_uuid_t &child, const pg_uuid_t &parent) {
        if (edge_count == edge_capacity) {
            edge_capacity = Max(edge_capacity * 2, 64);
            edges = static_cast<GraphEdge *>(edges == nullptr
                                                 ? palloc_extended(edge_capacity * sizeof(GraphEdge), MCXT_ALLOC_HUGE)
                                                 : repalloc_huge(edges, edge_capacity * sizeof(GraphEdge)));
        }
        const std::uint32_t number = number_of(child);
        edges[edge_count++] = GraphEdge{number, number_of(parent)};
    }
};

Graph empty_graph() {
    Graph graph{};
    HASHCTL control{};
    control.keysize = sizeof(pg_uuid_t);
    control.entrysize = sizeof(NodeNumber);
    control.hcxt = CurrentMemoryContext;
    graph.numbers = hash_create("ancestors", 1024, &control, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
    return graph;
}

Graph graph_of(Family &family, Oid owner, const Ids &starts) {
    Graph graph = empty_graph();
    for (std::size_t i = 0; i < starts.count; ++i) {
        graph.number_of(starts.ids[i]);
    }
    Found found{CurrentMemoryContext,
                [](Found &into, HeapTuple row, TupleDesc columns) {
                    into.graph->add(id_in(row, columns, 1), id_in(row, columns, 2));
                },
                nullptr, &graph};
    for (std::size_t asked = 0; asked < graph.nodes.count;) {
        const int count = batch(asked, graph.nodes.count);
        ask(family.edges, owner, graph.nodes.ids + asked, count, found);
        asked += static_cast<std::size_t>(count);
    }
    return graph;
}

/// Children of the statement that are somebody's parent: only through them a circle can go.
Ids children_that_are_parents(Family &family, Oid owner, const Ids &children) {
    Ids both{};
    Found found{CurrentMemoryContext,
                [](Found &into, HeapTuple row, TupleDesc columns) { into.ids->add(id_in(row, columns, 1)); }, &both,
                nullptr};
    for (std::size_t asked = 0; asked < children.count;) {
        const int count = batch(asked, children.count);
        ask(family.parents, owner, children.ids + asked, count, found);
        asked += static_cast<std::size_t>(count);
    }
    return both;
}

/// Makes the transaction the only one that adds parents in the organization.
void lock(Family &family, Oid owner, const pg_uuid_t &organization) {
    const Datum values[] = {UUIDPGetDatum(&organization)};
    connect();
    lock_once(family.guard_row, family.lock, owner, values);
    done();
}

/// Name of a node, for who may know it.
const char *name_of(Family &family, Oid owner, const pg_uuid_t &id, MemoryContext context) {
    const Datum values[] = {UUIDPGetDatum(&id)};
    const char *name = nullptr;
    connect();
    if (run(family.name, owner, values, nullptr, Sight::latest, 1) != 0) {
        const pg_uuid_t project = id_in(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1);
        if (bypasses_access() || (project_rank(current_rights(), project) != Rank::none &&
                                  is_in_scope(current_rights(), Rank::read, family.naming))) {
            name = MemoryContextStrdup(context, SPI_getvalue(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 2));
        }
    }
    done();
    return name != nullptr ? name : psprintf("(a %s that you may not read)", family.kind);
}

/// Begins of a circle are named, and its end.
constexpr std::uint32_t most_named = 8;

[[noreturn]] void refuse_circle(const TriggerData *data, Family &family, const Graph &graph,
                                const std::uint32_t *circle, std::uint32_t count) {
    const Oid owner = data->tg_relation->rd_rel->relowner;
    StringInfoData names;
    initStringInfo(&names);
    for (std::uint32_t i = 0; i < count; ++i) {
        if (count > most_named && i == most_named - 2) {
            appendStringInfo(&names, "(%u more) %s ", count - most_named + 1, arrow());
            i = count - 1;
        }
        appendStringInfo(&names, "%s %s ", name_of(family, owner, graph.nodes.ids[circle[i]], CurrentMemoryContext),
                         arrow());
    }
    appendStringInfoString(&names, name_of(family, owner, graph.nodes.ids[circle[0]], CurrentMemoryContext));
    ereport(ERROR, (errcode(ERRCODE_CHECK_VIOLATION), errmsg("a %s cannot be among its own ancestors", family.kind),
                    errdetail_internal("%s", names.data),
                    errhint("Each of them comes from the next one. Are child and parent the wrong way round?"),
                    errtableconstraint(data->tg_relation, "no_cycle")));
    pg_unreachable();
}

/// Plain memory for the circle that the core has found; null: there is none.
std::uint32_t *circle_in(const Graph &graph, std::uint32_t &count) {
    std::uint32_t *circle = nullptr;
    MemoryContext const context = CurrentMemoryContext;
    run_guarded([&] {
        ContextMemory memory{context, SIZE_MAX};
        auto found = find_cycle({graph.edges, graph.edge_count}, static_cast<std::uint32_t>(graph.nodes.count), &memory,
                                stop_requested);
        count = static_cast<std::uint32_t>(found.size());
        if (count == 0) {
            return;
        }
        // What the statement has brought has the least numbers: the circle is told from there. (No std::ranges::rotate:
        // clang 14 cannot compile it.)
        std::rotate(found.begin(), std::min_element(found.begin(), found.end()), found.end());
        circle = static_cast<std::uint32_t *>(memory.allocate(found.size() * sizeof(std::uint32_t)));
        std::ranges::copy(found, circle);
    });
    return circle;
}

} // namespace

} // namespace mlregistry::pg

using namespace mlregistry::pg;

/// AFTER INSERT STATEMENT on version_parents and dataset_parents, with transition table new_rows. Argument: version or
/// dataset.
MLR_FUNCTION(mlregistry_trg_no_cycle) {
    TriggerData *const data = after_statement_trigger(fcinfo);
    Family &family = family_of(*data->tg_trigger);
    const Oid owner = data->tg_relation->rd_rel->relowner;
    const Ids organizations = sorted(values_of(data, "organization_id"));
    for (std::size_t i = 0; i < organizations.count; ++i) {
        lock(family, owner, organizations.ids[i]);
    }
    const Ids starts = children_that_are_parents(family, owner, values_of(data, family.child));
    if (starts.count == 0) {
        return PointerGetDatum(nullptr);
    }
    const Graph graph = graph_of(family, owner, starts);
    std::uint32_t count = 0;
    if (const std::uint32_t *const circle = circle_in(graph, count)) {
        refuse_circle(data, family, graph, circle, count);
    }
    return PointerGetDatum(nullptr);
}

/// One circle of a graph: find_circle(children, parents), an edge at each place of the two arrays; NULL: there is none.
MLR_FUNCTION(mlregistry_find_circle) {
    ArrayType *const arrays[] = {PG_GETARG_ARRAYTYPE_P(0), PG_GETARG_ARRAYTYPE_P(1)};
    Datum *ids[2] = {nullptr, nullptr};
    int counts[2] = {0, 0};
    for (int i = 0; i < 2; ++i) {
        if (array_contains_nulls(arrays[i])) {
            ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("an end of an edge must not be NULL")));
        }
        deconstruct_array(arrays[i], UUIDOID, UUID_LEN, false, TYPALIGN_CHAR, &ids[i], nullptr, &counts[i]);
    }
    if (counts[0] != counts[1]) {
        ereport(ERROR, (errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR), errmsg("there must be as many children as parents"),
                        errdetail("There are %d children and %d parents.", counts[0], counts[1])));
    }
    Graph graph = empty_graph();
    for (int i = 0; i < counts[0]; ++i) {
        CHECK_FOR_INTERRUPTS();
        graph.add(*DatumGetUUIDP(ids[0][i]), *DatumGetUUIDP(ids[1][i]));
    }
    std::uint32_t count = 0;
    const std::uint32_t *const circle = circle_in(graph, count);
    if (circle == nullptr) {
        PG_RETURN_NULL();
    }
    auto *const found = static_cast<Datum *>(palloc_extended(count * sizeof(Datum), MCXT_ALLOC_HUGE));
    for (std::uint32_t i = 0; i < count; ++i) {
        found[i] = UUIDPGetDatum(&graph.nodes.ids[circle[i]]);
    }
    PG_RETURN_ARRAYTYPE_P(construct_array(found, static_cast<int>(count), UUIDOID, UUID_LEN, false, TYPALIGN_CHAR));
}

/// AFTER INSERT STATEMENT on version_parents, with transition table new_rows: a version that others were made from is
/// frozen.
MLR_FUNCTION(mlregistry_trg_effect_parents) {
    TriggerData *const data = after_statement_trigger(fcinfo);
    const Ids parents = sorted(values_of(data, "parent_version_id"));
    for (std::size_t done_with = 0; done_with < parents.count;) {
        const int count = batch(done_with, parents.count);
        auto *const datums = static_cast<Datum *>(palloc(static_cast<Size>(count) * sizeof(Datum)));
        for (int i = 0; i < count; ++i) {
            datums[i] = UUIDPGetDatum(&parents.ids[done_with + static_cast<std::size_t>(i)]);
        }
        const Datum values[] = {
            PointerGetDatum(construct_array(datums, count, UUIDOID, UUID_LEN, false, TYPALIGN_CHAR))};
        connect();
        run(freeze_versions, data->tg_relation->rd_rel->relowner, values, nullptr, Sight::current, 0);
        done();
        done_with += static_cast<std::size_t>(count);
    }
    return PointerGetDatum(nullptr);
}

/// BEFORE DELETE ROW on model_versions and datasets: what goes forgets its parents first. The foreign keys would look,
/// when both go in one statement, whether the parent still has a child before the child's row has gone. Argument:
/// version or dataset.
MLR_FUNCTION(mlregistry_trg_forget_parents) {
    const RowTrigger trigger = row_trigger(fcinfo);
    Family &family = family_of(*trigger.data->tg_trigger);
    const Datum values[] = {
        column_value(trigger, trigger.row, column_number(trigger, family.child, UUIDOID)).value,
    };
    connect();
    run(family.forget, table_owner(trigger), values, nullptr, Sight::latest, 0);
    done();
    return PointerGetDatum(trigger.row);
}
