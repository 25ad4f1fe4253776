// Pictures of lineage: lineage_dot() and lineage_mermaid().
#include "boundary.hpp"
#include "lineage_arguments.hpp"
#include "lineage_names.hpp"
#include "text_argument.hpp"

#include "core/lineage_picture.hpp"

extern "C" {
#include "mb/pg_wchar.h"
#include "utils/memutils.h"
}

#include <algorithm>
#include <cstring>

namespace mlregistry::pg {

namespace {

/// There is one arrow between two things, and few of them are more than this many relations.
constexpr std::uint32_t relations_an_arrow = 4;

/// What lies between two things that are shown must be gone through, however few are.
constexpr std::uint32_t most_edges_between = 4'000'000;

using Draw = std::pmr::string (*)(const picture::Graph &, const picture::Options &, std::pmr::memory_resource *);

/// Bytes of a character in the database's encoding.
std::size_t character_size(std::string_view text) noexcept {
    return static_cast<std::size_t>(std::max(1, pg_encoding_mblen(GetDatabaseEncoding(), text.data())));
}

/// Limit of arrows; -1: none.
std::int32_t max_edges_argument(FunctionCallInfo fcinfo, int n, bool is_mermaid) {
    constexpr auto most = static_cast<std::int32_t>(picture::most_mermaid_edges);
    if (PG_ARGISNULL(n)) {
        return is_mermaid ? most : -1;
    }
    const std::int32_t max_edges = PG_GETARG_INT32(n);
    if (max_edges < 0) {
        ereport(ERROR,
                (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("max_edges must not be negative: %d", max_edges),
                 is_mermaid ? 0 : errhint("NULL is no limit.")));
    }
    if (is_mermaid && max_edges > most) {
        ereport(ERROR,
                (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("max_edges is too large: %d", max_edges),
                 errdetail("Mermaid draws at most %d edges.", most), errhint("lineage_dot() has no such limit.")));
    }
    return max_edges;
}

/// Whether a node is named and shown; the core comes to the same.
bool is_shown(const Lineage &found, std::uint32_t i, lineage::Kinds kinds) {
    return i < found.start_count || (kinds & lineage::bit(node_of(found, i).kind)) != 0;
}

void take_names(const Lineage &found, const std::uint32_t *numbers, std::uint32_t count, picture::Node *nodes) {
    CHECK_FOR_INTERRUPTS();
    auto *const names = static_cast<NodeName *>(palloc(count * sizeof(NodeName)));
    name_nodes(found, numbers, count, names);
    for (std::uint32_t i = 0; i < count; ++i) {
        picture::Node &node = nodes[numbers[i]];
        if (!node.is_hidden) {
            const char *const id =
                DatumGetCString(DirectFunctionCall1(uuid_out, UUIDPGetDatum(&node_of(found, numbers[i]).id)));
            node.id = {id, std::strlen(id)};
            node.name = names[i].name;
            node.group = names[i].group;
            node.label = names[i].label;
            node.project = names[i].project;
            node.is_deleted = names[i].is_deleted;
        }
    }
    pfree(names);
}

/// Plain data: nodes and edges of a walk as the core draws them.
picture::Graph graph_of(const Lineage &found, lineage::Kinds kinds) {
    auto *const nodes = static_cast<picture::Node *>(
        MemoryContextAllocHuge(CurrentMemoryContext, (std::size_t{found.node_count} + 1) * sizeof(picture::Node)));
    auto *const numbers = static_cast<std::uint32_t *>(palloc(most_names * sizeof(std::uint32_t)));
    std::uint32_t count = 0;
    for (std::uint32_t i = 0; i < found.node_count; ++i) {
        const LineageNode &node = node_of(found, i);
        nodes[i] = picture::Node{.kind = node.kind, .id = {}, .name = {}, .group = {}, .label = {}, .project = {}};
        nodes[i].is_start = i < found.start_count;
        nodes[i].is_hidden = node.is_hidden;
        if (is_shown(found, i, kinds)) {
            numbers[count++] = i;
        }
        if (count == most_names || (i + 1 == found.node_count && count > 0)) {
            take_names(found, numbers, count, nodes);
            count = 0;
        }
    }
    auto *const edges = static_cast<picture::Edge *>(
        MemoryContextAllocHuge(CurrentMemoryContext, (std::size_t{found.edge_count} + 1) * sizeof(picture::Edge)));
    for (std::uint32_t i = 0; i < found.edge_count; ++i) {
        edges[i] = {found.edges[i].child, found.edges[i].parent, found.edges[i].relation};
    }
    return {.nodes = {nodes, found.node_count},
            .edges = {edges, found.edge_count},
            .has_more = found.is_cut || found.has_more_edges};
}

/// (reference, direction, max_depth, kinds, relations, as_of, max_edges) → text
Datum picture_of(FunctionCallInfo fcinfo, Draw draw, bool is_mermaid) {
    LineageRequest request;
    request.direction = direction_argument(fcinfo, 1);
    request.max_depth = max_depth_argument(fcinfo, 2);
    const lineage::Kinds kinds = kinds_argument(fcinfo, 3);
    request.relations = relations_argument(fcinfo, 4);
    as_of_argument(fcinfo, 5, request);
    const std::int32_t max_edges = max_edges_argument(fcinfo, 6, is_mermaid);
    starts_of_reference(fcinfo, 0, request);
    request.cut = true;
    if (max_edges == -1) {
        request.max_nodes = -1;
        request.max_edges = UINT32_MAX;
    } else if (kinds == lineage::all_kinds) {
        // Each node that is not a start has an arrow of its own.
        request.max_nodes = std::int64_t{max_edges} + 1;
        request.max_edges = static_cast<std::uint32_t>(
            std::min<std::int64_t>((std::int64_t{max_edges} + 1) * relations_an_arrow, UINT32_MAX));
    } else {
        request.max_nodes = std::max<std::int64_t>(usual_max_nodes, max_edges);
        request.max_edges = std::max(most_edges_between, static_cast<std::uint32_t>(max_edges));
    }
    Lineage *const found = walk_lineage(request);
    const picture::Graph graph = graph_of(*found, kinds);
    const picture::Options options{.kinds = kinds,
                                   .max_edges = max_edges == -1 ? SIZE_MAX : static_cast<std::size_t>(max_edges),
                                   .is_utf8 = GetDatabaseEncoding() == PG_UTF8,
                                   .character_size = character_size,
                                   .stop = stop_requested};
    text *result = nullptr;
    run_guarded([&] {
        ContextMemory memory{CurrentMemoryContext, SIZE_MAX};
        const std::pmr::string drawn = draw(graph, options, &memory);
        if (drawn.size() > MaxAllocSize - VARHDRSZ) {
            throw LimitExceeded{"the picture is larger than a text may be: max_edges limits it"};
        }
        // Stays when the rest is gone: a value of type text.
        result = static_cast<text *>(memory.allocate(drawn.size() + VARHDRSZ, MAXIMUM_ALIGNOF));
        SET_VARSIZE(result, drawn.size() + VARHDRSZ);
        std::memcpy(VARDATA(result), drawn.data(), drawn.size());
    });
    free_lineage(found);
    return PointerGetDatum(result);
}

} // namespace

} // namespace mlregistry::pg

using namespace mlregistry;
using namespace mlregistry::pg;

MLR_FUNCTION(mlregistry_lineage_dot) { return picture_of(fcinfo, picture::dot, false); }

MLR_FUNCTION(mlregistry_lineage_mermaid) { return picture_of(fcinfo, picture::mermaid, true); }
