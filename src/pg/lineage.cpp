// Lineage as SQL sees it: rows of what a walk has reached.
#include "lineage_arguments.hpp"
#include "lineage_names.hpp"
#include "row_receiver.hpp"
#include "text_argument.hpp"

extern "C" {
#include "utils/memutils.h"
#include "utils/tuplestore.h"
}

#include <algorithm>

namespace mlregistry::pg {

namespace {

/// Rows (depth, kind, id, relation, from_kind, from_id, is_hidden).
void put_nodes(const Rows &rows, const Lineage &found) {
    for (std::uint32_t i = found.start_count; i < found.node_count; ++i) {
        poll_interrupts(i);
        const LineageNode &node = node_of(found, i);
        const LineageNode &from = node_of(found, node.from);
        Datum values[] = {Int32GetDatum(node.depth),    kind_text(node.kind), UUIDPGetDatum(&node.id),
                          relation_text(node.relation), kind_text(from.kind), UUIDPGetDatum(&from.id),
                          BoolGetDatum(node.is_hidden)};
        bool nulls[] = {false, false, node.is_hidden, false, false, from.is_hidden, false};
        tuplestore_putvalues(rows.store, rows.type, values, nulls);
    }
}

/// A part of what was found, and where each came from, with names.
struct Page {
    std::uint32_t count;
    std::uint32_t from_count;
    std::uint32_t numbers[most_names];
    std::uint32_t froms[most_names]; ///< in order
    NodeName names[most_names];
    NodeName from_names[most_names];
};

void set_text(Datum &value, bool &is_null, std::string_view text) {
    is_null = text.empty();
    value = is_null ? 0 : text_datum(text);
}

/// Rows of type lineage_info.
void put_page(const Rows &rows, const Lineage &found, Page &page) {
    for (std::uint32_t i = 0; i < page.count; ++i) {
        page.froms[i] = node_of(found, page.numbers[i]).from;
    }
    std::sort(page.froms, page.froms + page.count);
    page.from_count = static_cast<std::uint32_t>(std::unique(page.froms, page.froms + page.count) - page.froms);
    name_nodes(found, page.numbers, page.count, page.names);
    name_nodes(found, page.froms, page.from_count, page.from_names);
    for (std::uint32_t i = 0; i < page.count; ++i) {
        const LineageNode &node = node_of(found, page.numbers[i]);
        const LineageNode &from = node_of(found, node.from);
        const NodeName &name = page.names[i];
        const NodeName &from_name =
            page.from_names[std::lower_bound(page.froms, page.froms + page.from_count, node.from) - page.froms];
        Datum values[11] = {Int32GetDatum(node.depth),
                            kind_text(node.kind),
                            UUIDPGetDatum(&node.id),
                            0,
                            relation_text(node.relation),
                            kind_text(from.kind),
                            UUIDPGetDatum(&from.id),
                            0,
                            BoolGetDatum(node.is_hidden),
                            BoolGetDatum(name.is_deleted),
                            0};
        bool nulls[11] = {};
        nulls[2] = node.is_hidden;
        nulls[6] = from.is_hidden;
        set_text(values[3], nulls[3], name.name);
        set_text(values[7], nulls[7], from_name.name);
        set_text(values[10], nulls[10], name.project);
        tuplestore_putvalues(rows.store, rows.type, values, nulls);
    }
    page.count = 0;
}

void put_named_nodes(const Rows &rows, const Lineage &found, lineage::Kinds kinds) {
    MemoryContext const page_context =
        AllocSetContextCreate(CurrentMemoryContext, "mlregistry lineage names", ALLOCSET_DEFAULT_SIZES);
    auto *const page = static_cast<Page *>(palloc(sizeof(Page)));
    page->count = 0;
    const MemoryContext caller = MemoryContextSwitchTo(page_context);
    for (std::uint32_t i = found.start_count; i < found.node_count; ++i) {
        if ((kinds & lineage::bit(node_of(found, i).kind)) != 0) {
            page->numbers[page->count++] = i;
        }
        if (page->count == most_names || (i + 1 == found.node_count && page->count != 0)) {
            CHECK_FOR_INTERRUPTS();
            put_page(rows, found, *page);
            MemoryContextReset(page_context);
        }
    }
    MemoryContextSwitchTo(caller);
    MemoryContextDelete(page_context);
    pfree(page);
}

/// The arguments max_depth, kinds, relations, as_of and max_nodes from `first` on; then the rows.
Datum walk_and_name(FunctionCallInfo fcinfo, LineageRequest &request, int first) {
    request.max_depth = max_depth_argument(fcinfo, first);
    const lineage::Kinds kinds = kinds_argument(fcinfo, first + 1);
    request.relations = relations_argument(fcinfo, first + 2);
    as_of_argument(fcinfo, first + 3, request);
    request.max_nodes = max_nodes_argument(fcinfo, first + 4);
    const Rows rows = result_rows(fcinfo);
    Lineage *const found = walk_lineage(request);
    put_named_nodes(rows, *found, kinds);
    free_lineage(found);
    return 0;
}

} // namespace

} // namespace mlregistry::pg

using namespace mlregistry;
using namespace mlregistry::pg;

/// lineage_walk(start_kinds, start_ids, direction, max_depth, relations, as_of, max_nodes)
MLR_FUNCTION(mlregistry_lineage_walk) {
    LineageRequest request;
    starts_arguments(fcinfo, 0, 1, request);
    request.direction = direction_argument(fcinfo, 2);
    request.max_depth = max_depth_argument(fcinfo, 3);
    request.relations = relations_argument(fcinfo, 4);
    as_of_argument(fcinfo, 5, request);
    request.max_nodes = max_nodes_argument(fcinfo, 6);
    const Rows rows = result_rows(fcinfo);
    Lineage *const found = walk_lineage(request);
    put_nodes(rows, *found);
    free_lineage(found);
    return 0;
}

/// lineage_nodes(start_kinds, start_ids, direction, max_depth, kinds, relations, as_of, max_nodes)
MLR_FUNCTION(mlregistry_lineage_nodes) {
    LineageRequest request;
    starts_arguments(fcinfo, 0, 1, request);
    request.direction = direction_argument(fcinfo, 2);
    return walk_and_name(fcinfo, request, 3);
}

/// lineage(reference, direction, max_depth, kinds, relations, as_of, max_nodes)
MLR_FUNCTION(mlregistry_lineage) {
    LineageRequest request;
    request.direction = direction_argument(fcinfo, 1);
    starts_of_reference(fcinfo, 0, request);
    return walk_and_name(fcinfo, request, 2);
}

/// upstream(reference, max_depth, kinds, relations, as_of, max_nodes)
MLR_FUNCTION(mlregistry_upstream) {
    LineageRequest request;
    request.direction = lineage::Direction::upstream;
    starts_of_reference(fcinfo, 0, request);
    return walk_and_name(fcinfo, request, 1);
}

/// downstream(reference, max_depth, kinds, relations, as_of, max_nodes)
MLR_FUNCTION(mlregistry_downstream) {
    LineageRequest request;
    request.direction = lineage::Direction::downstream;
    starts_of_reference(fcinfo, 0, request);
    return walk_and_name(fcinfo, request, 1);
}
