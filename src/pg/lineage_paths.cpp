// Ways between nodes of lineage, and what two have in common. With the caller's rights, as the walk has them.
#include "boundary.hpp"
#include "lineage_arguments.hpp"
#include "lineage_named.hpp"
#include "row_receiver.hpp"
#include "text_argument.hpp"

extern "C" {
#include "utils/memutils.h"
}

#include "core/lineage_paths.hpp"

#include <algorithm>
#include <cstdio>
#include <limits>

namespace mlregistry::pg {

namespace {

using lineage::PathsEnd;
using lineage::Relations;

/// 16 bytes each: 64 MB.
constexpr std::size_t most_steps = 4'000'000;

/// Edges that are kept of a walk, 12 bytes each: as many as the largest lineage that is thought of has of them a node,
/// and more.
std::uint32_t most_edges(std::int64_t max_nodes) {
    constexpr std::int64_t most = std::numeric_limits<std::int32_t>::max();
    constexpr std::int64_t least = 100'000;
    constexpr std::int64_t per_node = 20;
    return static_cast<std::uint32_t>(max_nodes < 0 ? most : std::clamp(max_nodes, least, most / per_node) * per_node);
}

void require_all_edges(const Lineage &lineage) {
    if (lineage.has_more_edges) {
        ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
                        errmsg("the lineage has more than %u edges", lineage.edge_count),
                        errhint("relations makes a lineage smaller; with max_nodes the limit of edges grows.")));
    }
}

/// Several in the order of their names, with commas between.
Datum relations_datum(Relations relations) {
    std::size_t length = 0;
    char text[lineage::relation_count * 20];
    for (std::size_t i = 0; i < lineage::relation_count; ++i) {
        const auto relation = static_cast<lineage::Relation>(i);
        if ((relations & lineage::bit(relation)) != 0) {
            const std::string_view name = lineage::name_of(relation);
            length += static_cast<std::size_t>(std::snprintf(text + length, sizeof text - length, "%s%.*s",
                                                             length == 0 ? "" : ", ", static_cast<int>(name.size()),
                                                             name.data()));
        }
    }
    return text_datum({text, length});
}

template <class Item> Item *huge_array(std::size_t count) {
    return static_cast<Item *>(
        MemoryContextAllocHuge(CurrentMemoryContext, std::max<std::size_t>(count, 1) * sizeof(Item)));
}

/// What find_paths() has found, as plain data.
struct FoundPaths {
    std::uint32_t *nodes = nullptr; ///< of all paths, one after the other
    std::size_t *ends = nullptr;
    std::size_t count = 0;
    PathsEnd end = PathsEnd::all;

    [[nodiscard]] std::span<const std::uint32_t> operator[](std::size_t path) const noexcept {
        const std::size_t begin = path == 0 ? 0 : ends[path - 1];
        return {nodes + begin, ends[path] - begin};
    }
};

/// From children to parents.
FoundPaths find_upwards(const Lineage &lineage, std::span<const std::uint32_t> targets, std::size_t most) {
    const std::span<lineage::Edge> edges{huge_array<lineage::Edge>(lineage.edge_count), lineage.edge_count};
    for (std::uint32_t i = 0; i < lineage.edge_count; ++i) {
        poll_interrupts(i);
        edges[i] = {lineage.edges[i].child, lineage.edges[i].parent};
    }
    const std::span<std::uint32_t> sources{huge_array<std::uint32_t>(lineage.start_count), lineage.start_count};
    for (std::uint32_t i = 0; i < lineage.start_count; ++i) {
        sources[i] = i;
    }
    FoundPaths result;
    MemoryContext const context = CurrentMemoryContext;
    run_guarded([&] {
        ContextMemory memory{context, std::numeric_limits<std::size_t>::max()};
        lineage::Paths paths{&memory};
        result = {};
        result.end = find_paths(lineage.node_count, edges, sources, targets, {.paths = most, .steps = most_steps},
                                paths, stop_requested);
        // Owned by the context, not by what ends here.
        result.nodes = static_cast<std::uint32_t *>(
            memory.allocate((paths.nodes() + 1) * sizeof(std::uint32_t), alignof(std::uint32_t)));
        result.ends =
            static_cast<std::size_t *>(memory.allocate((paths.size() + 1) * sizeof(std::size_t), alignof(std::size_t)));
        std::size_t end = 0;
        for (; result.count < paths.size(); ++result.count) {
            const std::span<const std::uint32_t> path = paths[result.count];
            std::copy(path.begin(), path.end(), result.nodes + end);
            end += path.size();
            result.ends[result.count] = end;
        }
    });
    pfree(edges.data());
    return result;
}

/// Which relations a child has to a parent: for the pairs that lie on paths.
struct Pairs {
    struct Pair {
        std::uint64_t key;
        Relations relations;
    };
    Pair *pairs;
    std::size_t count;

    static std::uint64_t key(std::uint32_t child, std::uint32_t parent) noexcept {
        return static_cast<std::uint64_t>(child) << 32U | parent;
    }

    [[nodiscard]] Pair *find(std::uint32_t child, std::uint32_t parent) const noexcept {
        const std::uint64_t sought = key(child, parent);
        Pair *const found = std::lower_bound(pairs, pairs + count, sought,
                                             [](const Pair &pair, std::uint64_t value) { return pair.key < value; });
        return found != pairs + count && found->key == sought ? found : nullptr;
    }
};

Pairs relations_of(const Lineage &lineage, const FoundPaths &paths) {
    const std::size_t nodes = paths.count == 0 ? 0 : paths.ends[paths.count - 1];
    Pairs pairs{huge_array<Pairs::Pair>(nodes), 0};
    for (std::size_t path = 0; path < paths.count; ++path) {
        const std::span<const std::uint32_t> steps = paths[path];
        for (std::size_t i = 1; i < steps.size(); ++i) {
            pairs.pairs[pairs.count++] = {Pairs::key(steps[i - 1], steps[i]), 0};
        }
    }
    const auto before = [](const Pairs::Pair &a, const Pairs::Pair &b) { return a.key < b.key; };
    std::sort(pairs.pairs, pairs.pairs + pairs.count, before);
    const auto same = [](const Pairs::Pair &a, const Pairs::Pair &b) { return a.key == b.key; };
    pairs.count = static_cast<std::size_t>(std::unique(pairs.pairs, pairs.pairs + pairs.count, same) - pairs.pairs);
    for (std::uint32_t i = 0; i < lineage.edge_count; ++i) {
        poll_interrupts(i);
        const LineageEdge &edge = lineage.edges[i];
        if (Pairs::Pair *const pair = pairs.find(edge.child, edge.parent)) {
            pair->relations |= lineage::bit(edge.relation);
        }
    }
    return pairs;
}

/// Every path once more, in the words of its nodes. `upwards`: as they were found, from a child to its parents.
void put_paths(const Rows &rows, const Lineage &lineage, const FoundPaths &paths, bool upwards) {
    const Pairs pairs = relations_of(lineage, paths);
    const NamedNodes names = name_some(lineage, paths.nodes, paths.count == 0 ? 0 : paths.ends[paths.count - 1]);
    MemoryContext const per_row = AllocSetContextCreate(CurrentMemoryContext, "mlregistry path", ALLOCSET_SMALL_SIZES);
    for (std::size_t path = 0; path < paths.count; ++path) {
        const std::span<const std::uint32_t> steps = paths[path];
        for (std::size_t i = 0; i < steps.size(); ++i) {
            CHECK_FOR_INTERRUPTS();
            const auto at = [&](std::size_t step) { return steps[upwards ? step : steps.size() - 1 - step]; };
            const LineageNode &node = node_of(lineage, at(i));
            const NodeName &name = names[at(i)];
            MemoryContext const before = MemoryContextSwitchTo(per_row);
            Datum values[10] = {Int32GetDatum(static_cast<std::int32_t>(path + 1)),
                                Int32GetDatum(static_cast<std::int32_t>(i))};
            bool nulls[10] = {};
            values[2] = kind_text(node.kind);
            values[3] = UUIDPGetDatum(&node.id);
            values[4] = text_datum(name.name);
            nulls[3] = nulls[4] = node.is_hidden;
            nulls[5] = nulls[6] = i == 0;
            if (i > 0) {
                const Pairs::Pair *const pair = upwards ? pairs.find(at(i - 1), at(i)) : pairs.find(at(i), at(i - 1));
                values[5] = relations_datum(pair->relations);
                values[6] = text_datum(upwards ? "upstream" : "downstream");
            }
            values[7] = BoolGetDatum(node.is_hidden);
            values[8] = BoolGetDatum(name.is_deleted);
            values[9] = text_datum(name.project);
            nulls[9] = name.project.empty();
            tuplestore_putvalues(rows.store, rows.type, values, nulls);
            MemoryContextSwitchTo(before);
            MemoryContextReset(per_row);
        }
    }
}

/// Nodes that a way begins or ends with.
struct Ends {
    const LineageStart *ends;
    std::uint32_t count;
};

Ends ends_argument(FunctionCallInfo fcinfo, int n) {
    LineageRequest named;
    starts_of_reference(fcinfo, n, named);
    return {named.starts, named.start_count};
}

/// Ways from one of the starts to one of the ends, up the parents; false where there is none.
bool find_and_put(const Rows &rows, const Ends &starts, const Ends &ends, LineageRequest request, std::size_t most,
                  bool upwards) {
    request.starts = starts.ends;
    request.start_count = starts.count;
    request.max_edges = most_edges(request.max_nodes);
    Lineage *const lineage = walk_lineage(request);
    const std::span<std::uint32_t> targets{huge_array<std::uint32_t>(ends.count), ends.count};
    std::size_t target_count = 0;
    for (std::uint32_t i = 0; i < ends.count; ++i) {
        std::uint32_t number = 0;
        // What is hidden is not found by its identifier either.
        if (find_node(*lineage, ends.ends[i].kind, ends.ends[i].id, number) && !node_of(*lineage, number).is_hidden) {
            targets[target_count++] = number;
        }
    }
    if (target_count > 0) {
        require_all_edges(*lineage);
        const FoundPaths paths = find_upwards(*lineage, targets.first(target_count), most);
        if (paths.end == PathsEnd::exhausted) {
            ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
                            errmsg("looking for more paths takes more than %zu steps", most_steps),
                            errdetail_plural("%zu path was found.", "%zu paths were found.", paths.count, paths.count),
                            errhint("Ask for fewer of them: max_paths.")));
        }
        put_paths(rows, *lineage, paths, upwards);
    }
    free_lineage(lineage);
    return target_count > 0;
}

} // namespace

} // namespace mlregistry::pg

using namespace mlregistry;
using namespace mlregistry::pg;

/// lineage_path(from_reference, to_reference, max_paths, as_of, max_nodes, relations) → lineage_path_info
MLR_FUNCTION(mlregistry_lineage_path) {
    const bool all = PG_ARGISNULL(2);
    if (!all && PG_GETARG_INT32(2) < 1) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("max_paths must be positive: %d", PG_GETARG_INT32(2)), errhint("NULL is no limit.")));
    }
    const std::size_t most =
        all ? std::numeric_limits<std::size_t>::max() : static_cast<std::size_t>(PG_GETARG_INT32(2));
    LineageRequest request;
    as_of_argument(fcinfo, 3, request);
    request.max_nodes = max_nodes_argument(fcinfo, 4);
    request.relations = relations_argument(fcinfo, 5);
    const Ends from = ends_argument(fcinfo, 0);
    const Ends to = ends_argument(fcinfo, 1);
    const Rows rows = result_rows(fcinfo);
    // Both times towards parents: what something was made from is less, as a rule, than what was made from it.
    if (!find_and_put(rows, from, to, request, most, true)) {
        find_and_put(rows, to, from, request, most, false);
    }
    return 0;
}

/// common_ancestors(a, b, as_of, max_nodes, relations, kinds) → common_ancestor_info
MLR_FUNCTION(mlregistry_common_ancestors) {
    LineageRequest request;
    as_of_argument(fcinfo, 2, request);
    request.max_nodes = max_nodes_argument(fcinfo, 3);
    request.relations = relations_argument(fcinfo, 4);
    const lineage::Kinds kinds = kinds_argument(fcinfo, 5);
    const Ends ends_a = ends_argument(fcinfo, 0);
    const Ends ends_b = ends_argument(fcinfo, 1);
    const Rows rows = result_rows(fcinfo);
    request.starts = ends_a.ends;
    request.start_count = ends_a.count;
    request.max_edges = most_edges(request.max_nodes);
    Lineage *const walked = walk_lineage(request);
    const Lineage &a = *walked;
    require_all_edges(a);
    request.starts = ends_b.ends;
    request.start_count = ends_b.count;
    request.max_edges = 0;
    Lineage *const b = walk_lineage(request);

    constexpr std::int32_t none = -1;
    constexpr std::uint8_t is_common = 1;
    constexpr std::uint8_t has_nearer = 2;
    auto *const depths = huge_array<std::int32_t>(a.node_count); // from b
    auto *const marks = huge_array<std::uint8_t>(a.node_count);
    std::fill_n(depths, a.node_count, none);
    std::fill_n(marks, a.node_count, std::uint8_t{0});
    auto *const found = huge_array<std::uint32_t>(std::min(a.node_count, b->node_count));
    std::size_t count = 0;
    for (std::uint32_t i = 0; i < b->node_count; ++i) {
        poll_interrupts(i);
        const LineageNode &node = node_of(*b, i);
        std::uint32_t number = 0;
        if (find_node(a, node.kind, node.id, number)) {
            depths[number] = node.depth;
            marks[number] |= is_common;
            if ((kinds & lineage::bit(node.kind)) != 0) {
                found[count++] = number;
            }
        }
    }
    free_lineage(b);
    // Whatever both came from, both came from its parents, too.
    for (std::uint32_t i = 0; i < a.edge_count; ++i) {
        poll_interrupts(i);
        const LineageEdge &edge = a.edges[i];
        if ((marks[edge.child] & is_common) != 0) {
            marks[edge.parent] |= has_nearer;
        }
    }
    const auto is_nearest = [&](std::uint32_t number) { return (marks[number] & has_nearer) == 0; };
    const auto distance = [&](std::uint32_t number) {
        return static_cast<std::int64_t>(node_of(a, number).depth) + depths[number];
    };
    std::sort(found, found + count, [&](std::uint32_t x, std::uint32_t y) {
        return is_nearest(x) != is_nearest(y) ? is_nearest(x)
               : distance(x) != distance(y)   ? distance(x) < distance(y)
                                              : x < y;
    });
    MemoryContext const per_batch =
        AllocSetContextCreate(CurrentMemoryContext, "mlregistry ancestors", ALLOCSET_DEFAULT_SIZES);
    for (std::size_t first = 0; first < count; first += most_names) {
        CHECK_FOR_INTERRUPTS();
        MemoryContext const before = MemoryContextSwitchTo(per_batch);
        const auto size = static_cast<std::uint32_t>(std::min<std::size_t>(most_names, count - first));
        auto *const names = static_cast<NodeName *>(palloc(size * sizeof(NodeName)));
        name_nodes(a, found + first, size, names);
        for (std::uint32_t i = 0; i < size; ++i) {
            const std::uint32_t number = found[first + i];
            const LineageNode &node = node_of(a, number);
            const NodeName &name = names[i];
            Datum values[] = {
                kind_text(node.kind),         UUIDPGetDatum(&node.id),       text_datum(name.name),
                Int32GetDatum(node.depth),    Int32GetDatum(depths[number]), BoolGetDatum(is_nearest(number)),
                BoolGetDatum(node.is_hidden), BoolGetDatum(name.is_deleted), text_datum(name.project)};
            bool nulls[9] = {};
            nulls[1] = nulls[2] = node.is_hidden;
            nulls[8] = name.project.empty();
            tuplestore_putvalues(rows.store, rows.type, values, nulls);
        }
        MemoryContextSwitchTo(before);
        MemoryContextReset(per_batch);
    }
    free_lineage(walked);
    return 0;
}
