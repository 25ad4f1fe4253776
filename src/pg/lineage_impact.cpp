// Whom something concerns: the deployments that a walk down lineage comes to, with the way that leads there.
#include "lineage_arguments.hpp"
#include "lineage_named.hpp"
#include "row_receiver.hpp"
#include "text_argument.hpp"

extern "C" {
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
}

#include <algorithm>
#include <cstring>

namespace mlregistry::pg {

namespace {

using lineage::bit;
using lineage::Kind;
using lineage::Relation;

/// What does not put a dataset into a model: it is only measured against it.
constexpr lineage::Relations evaluation =
    bit(Relation::validated_on) | bit(Relation::tested_on) | bit(Relation::held_out_on);

#define LIVE(column) " AND " column " OPERATOR(pg_catalog.=) ANY ('{active,degraded}'::pg_catalog.text[])"

/// Deployments, by $1, that are live, and that were at $2. Asked as the owner: of one that may not be seen this is
/// told.
RowQuery live_now{"SELECT deployment_id FROM mlregistry.deployments"
                  " WHERE deployment_id OPERATOR(pg_catalog.=) ANY ($1) AND deleted_at IS NULL" LIVE("status"),
                  1,
                  {UUIDARRAYOID},
                  CURSOR_OPT_GENERIC_PLAN};
RowQuery live_then{"SELECT deployment_id FROM mlregistry.deployment_history"
                   " WHERE deployment_id OPERATOR(pg_catalog.=) ANY ($1) AND valid_from OPERATOR(pg_catalog.<=) $2"
                   " AND valid_to OPERATOR(pg_catalog.>) $2" LIVE("deployment_status"),
                   2,
                   {UUIDARRAYOID, TIMESTAMPTZOID},
                   CURSOR_OPT_GENERIC_PLAN};

#undef LIVE

struct Numbers {
    std::uint32_t *numbers;
    std::size_t count;
};

/// Marks a byte for each node.
std::uint8_t *new_marks(const Lineage &lineage) {
    return static_cast<std::uint8_t *>(
        MemoryContextAllocExtended(CurrentMemoryContext, lineage.node_count + 1, MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO));
}

/// The owner reads for who might read himself.
void require_select(const char *table) {
    const Oid relation = get_relname_relid(table, get_namespace_oid("mlregistry", false));
    if (pg_class_aclcheck(relation, GetUserId(), ACL_SELECT) != ACLCHECK_OK) {
        aclcheck_error(ACLCHECK_NO_PRIV, OBJECT_TABLE, table);
    }
}

/// Keeps of deployments those that are live.
void keep_live(const Lineage &lineage, Numbers &deployments, const LineageRequest &request) {
    struct State {
        const Lineage &lineage;
        std::uint8_t *live;
    } state{lineage, new_marks(lineage)};
    const Oid owner = owner_of_registry("deployments");
    require_select(request.has_as_of ? "deployment_history" : "deployments");
    constexpr std::size_t most_keys = 1000;
    auto *const keys = static_cast<Datum *>(palloc(most_keys * sizeof(Datum)));
    for (std::size_t first = 0; first < deployments.count; first += most_keys) {
        CHECK_FOR_INTERRUPTS();
        const std::size_t size = std::min(most_keys, deployments.count - first);
        for (std::size_t i = 0; i < size; ++i) {
            keys[i] = UUIDPGetDatum(&node_of(lineage, deployments.numbers[first + i]).id);
        }
        ArrayType *const ids = construct_array(keys, static_cast<int>(size), UUIDOID, UUID_LEN, false, TYPALIGN_CHAR);
        const Datum values[] = {PointerGetDatum(ids), TimestampTzGetDatum(request.as_of)};
        for_each_row_as(
            owner, request.has_as_of ? live_then : live_now, values,
            [](TupleTableSlot *row, void *argument) {
                auto &s = *static_cast<State *>(argument);
                slot_getsomeattrs(row, 1);
                std::uint32_t number = 0;
                if (find_node(s.lineage, Kind::deployment, *DatumGetUUIDP(row->tts_values[0]), number)) {
                    s.live[number] = 1;
                }
                return true;
            },
            &state);
        pfree(ids);
    }
    pfree(keys);
    std::uint32_t *const end = std::remove_if(deployments.numbers, deployments.numbers + deployments.count,
                                              [&](std::uint32_t number) { return state.live[number] == 0; });
    deployments.count = static_cast<std::size_t>(end - deployments.numbers);
    pfree(state.live);
}

/// The nodes that are told of: deployments; where all are wanted also versions that none of them serves; and what is
/// hidden, for nobody knows what comes behind it.
Numbers choose(const Lineage &lineage, const LineageRequest &request, bool live_only) {
    const auto allocate = [](std::size_t count) {
        return static_cast<std::uint32_t *>(
            MemoryContextAllocHuge(CurrentMemoryContext, (count + 1) * sizeof(std::uint32_t)));
    };
    std::size_t deployment_count = 0;
    std::size_t other_count = 0;
    for (std::uint32_t i = 0; i < lineage.node_count; ++i) {
        poll_interrupts(i);
        const LineageNode &node = node_of(lineage, i);
        deployment_count += node.kind == Kind::deployment ? 1 : 0;
        other_count += node.is_hidden || node.kind == Kind::version ? 1 : 0;
    }
    Numbers deployments{allocate(deployment_count), 0};
    auto *const serves = new_marks(lineage);
    for (std::uint32_t i = 0; i < lineage.node_count; ++i) {
        poll_interrupts(i);
        const LineageNode &node = node_of(lineage, i);
        if (node.kind == Kind::deployment) {
            deployments.numbers[deployments.count++] = i;
            serves[node.from] = 1; // the one version that it serves
        }
    }
    if (live_only) {
        keep_live(lineage, deployments, request);
    }
    Numbers chosen{allocate(deployments.count + other_count), deployments.count};
    std::copy(deployments.numbers, deployments.numbers + deployments.count, chosen.numbers);
    for (std::uint32_t i = lineage.start_count; i < lineage.node_count; ++i) {
        poll_interrupts(i);
        const LineageNode &node = node_of(lineage, i);
        const bool is_unserved = !live_only && node.kind == Kind::version && serves[i] == 0;
        if (node.kind != Kind::deployment && (node.is_hidden || is_unserved)) {
            chosen.numbers[chosen.count++] = i;
        }
    }
    pfree(deployments.numbers);
    pfree(serves);
    return chosen;
}

/// The nodes on the ways to those that were chosen, each once.
Numbers on_ways(const Lineage &lineage, const Numbers &chosen) {
    auto *const marks = new_marks(lineage);
    std::size_t count = 0;
    for (std::size_t i = 0; i < chosen.count; ++i) {
        poll_interrupts(static_cast<std::uint32_t>(i));
        for (std::uint32_t at = chosen.numbers[i]; marks[at] == 0; at = node_of(lineage, at).from) {
            marks[at] = 1; // a start was reached from itself
            ++count;
        }
    }
    Numbers all{
        static_cast<std::uint32_t *>(MemoryContextAllocHuge(CurrentMemoryContext, (count + 1) * sizeof(std::uint32_t))),
        0};
    for (std::uint32_t i = 0; i < lineage.node_count; ++i) {
        if (marks[i] != 0) {
            all.numbers[all.count++] = i;
        }
    }
    pfree(marks);
    return all;
}

Datum text_array(Datum *texts, std::int32_t count) {
    return PointerGetDatum(construct_array(texts, count, TEXTOID, -1, false, TYPALIGN_INT));
}

void put_ways(const Rows &rows, const Lineage &lineage, const Numbers &chosen, const Lineage &trained) {
    const Numbers shown = on_ways(lineage, chosen);
    const NamedNodes names = name_some(lineage, shown.numbers, shown.count);
    MemoryContext const per_row =
        AllocSetContextCreate(CurrentMemoryContext, "mlregistry impact", ALLOCSET_SMALL_SIZES);
    for (std::size_t i = 0; i < chosen.count; ++i) {
        CHECK_FOR_INTERRUPTS();
        MemoryContext const before = MemoryContextSwitchTo(per_row);
        const std::uint32_t number = chosen.numbers[i];
        const LineageNode &node = node_of(lineage, number);
        const auto depth = static_cast<std::size_t>(node.depth);
        auto *const path = static_cast<Datum *>(palloc((depth + 1) * sizeof(Datum)));
        auto *const relations = static_cast<Datum *>(palloc((depth + 1) * sizeof(Datum)));
        std::uint32_t at = number;
        for (std::size_t step = depth;; --step) {
            const LineageNode &here = node_of(lineage, at);
            path[step] = shown_name(here, names[at]);
            if (step == 0) {
                break;
            }
            relations[step - 1] = relation_text(here.relation);
            at = here.from;
        }
        std::uint32_t there = 0;
        const bool is_trained = &lineage == &trained || find_node(trained, node.kind, node.id, there);
        Datum values[] = {kind_text(node.kind),
                          UUIDPGetDatum(&node.id),
                          Int32GetDatum(node.depth),
                          text_array(path, node.depth + 1),
                          text_array(relations, node.depth),
                          BoolGetDatum(is_trained),
                          BoolGetDatum(node.is_hidden),
                          BoolGetDatum(names[number].is_deleted)};
        const bool nulls[8] = {false, node.is_hidden};
        tuplestore_putvalues(rows.store, rows.type, values, const_cast<bool *>(nulls));
        MemoryContextSwitchTo(before);
        MemoryContextReset(per_row);
    }
}

/// Takes from those that were chosen, and returns by their numbers there, what training alone leads to as soon: of ways
/// that are as short the one that says more.
Numbers take_trained(const Lineage &lineage, Numbers &chosen, const Lineage &trained) {
    Numbers taken{static_cast<std::uint32_t *>(
                      MemoryContextAllocHuge(CurrentMemoryContext, (chosen.count + 1) * sizeof(std::uint32_t))),
                  0};
    std::uint32_t *const end = std::remove_if(chosen.numbers, chosen.numbers + chosen.count, [&](std::uint32_t number) {
        const LineageNode &node = node_of(lineage, number);
        std::uint32_t there = 0;
        if (!find_node(trained, node.kind, node.id, there) || node_of(trained, there).depth != node.depth) {
            return false;
        }
        taken.numbers[taken.count++] = there;
        return true;
    });
    chosen.count = static_cast<std::size_t>(end - chosen.numbers);
    return taken;
}

} // namespace

} // namespace mlregistry::pg

using namespace mlregistry;
using namespace mlregistry::pg;

/// impact_nodes(reference, live_only, trained_only, as_of, max_nodes)
///     → (kind, id, depth, path, relations, is_trained, is_hidden, is_deleted)
MLR_FUNCTION(mlregistry_impact_nodes) {
    require_not_null(fcinfo, 1, "live_only");
    require_not_null(fcinfo, 2, "trained_only");
    const bool live_only = PG_GETARG_BOOL(1);
    const bool trained_only = PG_GETARG_BOOL(2);
    LineageRequest request;
    as_of_argument(fcinfo, 3, request);
    request.max_nodes = max_nodes_argument(fcinfo, 4);
    starts_of_reference(fcinfo, 0, request);
    const Rows rows = result_rows(fcinfo);
    request.direction = lineage::Direction::downstream;
    if (trained_only) {
        request.relations &= ~evaluation;
    }
    Lineage *const reached = walk_lineage(request);
    Numbers chosen = choose(*reached, request, live_only);
    if (trained_only || chosen.count == 0) {
        put_ways(rows, *reached, chosen, *reached);
    } else {
        request.relations &= ~evaluation;
        Lineage *const trained = walk_lineage(request);
        put_ways(rows, *trained, take_trained(*reached, chosen, *trained), *trained);
        put_ways(rows, *reached, chosen, *trained);
        free_lineage(trained);
    }
    free_lineage(reached);
    return 0;
}
