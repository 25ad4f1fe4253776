#include "lineage_walk.hpp"

#include "edge_scan.hpp"
#include "identity.hpp"
#include "lineage_sight.hpp"
#include "lineage_table.hpp"
#include "owner_query.hpp"
#include "uuid.hpp"

extern "C" {
#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/memutils.h"
}

#include <algorithm>
#include <cstring>
#include <tuple>

namespace mlregistry::pg {

namespace {

using lineage::Direction;
using lineage::Kind;
using lineage::Relation;

constexpr std::uint32_t most_keys = 1000;

/// So many rows are looked at together, so that the memory that one needs comes while another one is worked on.
constexpr std::uint32_t batch_size = 32;

struct Arrival {
    pg_uuid_t id;
    std::uint32_t hash;
    std::uint32_t from;
    std::uint16_t project;
    Kind kind;
    Relation relation;
    bool is_hidden;
};

/// A node that was reached in one direction and is reached in the other one, too, later.
struct Return {
    std::uint32_t number;
    bool upwards;
};

/// The text of a kind as an argument.
struct KindDatum {
    alignas(8) char bytes[24];
};

struct Walk {
    const LineageRequest *request;
    Lineage *found;
    LineageSight sight;
    Relation last_relation;

    LineageTable *table;
    std::uint32_t segment_count;
    std::uint32_t segment_room;
    std::uint32_t edge_room;
    std::uint32_t level_first; ///< nodes of the level that is gone from
    std::uint32_t level_end;
    std::int32_t depth; ///< of what is reached now
    bool only_confirms; ///< looks which starts may be seen

    Return *returns; ///< for the level that is gone from
    std::uint32_t return_count;
    std::uint32_t return_room;
    Return *next_returns;
    std::uint32_t next_return_count;
    std::uint32_t next_return_room;

    // The look-up under way, and both ways to look.
    EdgeScan scans[2];
    bool upwards;
    ArrayType *keys;
    std::uint32_t numbers[most_keys];
    std::uint32_t key_count;
    std::uint32_t cursor;
    Arrival batch[batch_size];
    std::uint32_t batch_count;
};

pg_uuid_t *key_at(const Walk &walk, std::uint32_t n) {
    return reinterpret_cast<pg_uuid_t *>(ARR_DATA_PTR(walk.keys)) + n;
}

Datum kind_datum(Kind kind) {
    // Short texts, made once and never changed.
    static KindDatum texts[lineage::kind_count];
    KindDatum &text = texts[static_cast<std::size_t>(kind)];
    const std::string_view name = lineage::name_of(kind);
    if (text.bytes[VARHDRSZ] == '\0') {
        SET_VARSIZE(text.bytes, VARHDRSZ + name.size());
        std::memcpy(text.bytes + VARHDRSZ, name.data(), name.size());
    }
    return PointerGetDatum(text.bytes);
}

// ---------------------------------------------------------------------------------------------------------------------
// Nodes and edges.

[[noreturn]] void refuse_size(const Walk &walk) {
    ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
                    errmsg("the lineage has more than %lld nodes", static_cast<long long>(walk.request->max_nodes)),
                    errhint("max_nodes is the limit; max_depth and relations make a lineage smaller.")));
}

/// Adds a node at the end; the table has a place for it already.
std::uint32_t add_node(Walk &walk, const LineageNode &node) {
    Lineage &found = *walk.found;
    const std::uint32_t number = found.node_count;
    const std::uint32_t segment = number >> lineage_segment_bits;
    if (segment == walk.segment_count) {
        if (segment == walk.segment_room) {
            walk.segment_room *= 2;
            found.segments =
                static_cast<LineageNode **>(repalloc_huge(found.segments, walk.segment_room * sizeof(LineageNode *)));
        }
        found.segments[walk.segment_count++] =
            static_cast<LineageNode *>(MemoryContextAlloc(found.context, lineage_segment_size * sizeof(LineageNode)));
    }
    node_of(found, number) = node;
    ++found.node_count;
    return number;
}

void add_edge(Walk &walk, std::uint32_t near, std::uint32_t far, Relation relation) {
    Lineage &found = *walk.found;
    if (found.edge_count == walk.request->max_edges) {
        found.has_more_edges = true;
        return;
    }
    if (found.edge_count == walk.edge_room) {
        walk.edge_room = std::min(walk.edge_room * 2, walk.request->max_edges);
        found.edges = static_cast<LineageEdge *>(repalloc_huge(found.edges, walk.edge_room * sizeof(LineageEdge)));
    }
    found.edges[found.edge_count++] =
        walk.upwards ? LineageEdge{near, far, relation} : LineageEdge{far, near, relation};
}

void add_return(Walk &walk, std::uint32_t number) {
    if (walk.next_return_count == walk.next_return_room) {
        walk.next_return_room = std::max<std::uint32_t>(walk.next_return_room * 2, 64);
        walk.next_returns =
            walk.next_returns == nullptr
                ? static_cast<Return *>(MemoryContextAlloc(walk.found->context, walk.next_return_room * sizeof(Return)))
                : static_cast<Return *>(repalloc_huge(walk.next_returns, walk.next_return_room * sizeof(Return)));
    }
    walk.next_returns[walk.next_return_count++] = {number, walk.upwards};
}

/// A node is reached by an edge.
void arrive(Walk &walk, const Arrival &arrival) {
    Lineage &found = *walk.found;
    if (walk.table->is_full()) {
        walk.table->grow();
    }
    LineageTable::Place *const place = walk.table->place_of(found, arrival.kind, arrival.id, arrival.hash);
    std::uint32_t number = 0;
    if (place->number == LineageTable::empty) {
        if (walk.request->max_nodes >= 0 &&
            static_cast<std::int64_t>(found.node_count - found.start_count) >= walk.request->max_nodes) {
            if (!walk.request->cut) {
                refuse_size(walk);
            }
            found.is_cut = true;
            return;
        }
        LineageNode node{};
        node.id = arrival.id;
        node.from = arrival.from;
        node.depth = walk.depth;
        node.project = arrival.project;
        node.kind = arrival.kind;
        node.relation = arrival.relation;
        node.is_hidden = arrival.is_hidden;
        node.is_ancestor = walk.upwards;
        node.is_descendant = !walk.upwards;
        number = add_node(walk, node);
        walk.table->put(place, number, arrival.hash);
    } else {
        number = LineageTable::number_at(place);
        LineageNode &node = node_of(found, number);
        // The edge that is told of a node is that of the first node, and of these the one that tells most, whatever the
        // order in which they come.
        if (number >= walk.level_end &&
            (arrival.from < node.from ||
             (arrival.from == node.from && lineage::tells_more(arrival.relation, node.relation)))) {
            node.from = arrival.from;
            node.relation = arrival.relation;
        }
        bool &is_reached = walk.upwards ? node.is_ancestor : node.is_descendant;
        if (!is_reached && number < walk.level_end) {
            add_return(walk, number); // it is gone from with the next level
        } else {
            is_reached = true;
        }
    }
    if (walk.request->max_edges != 0) {
        add_edge(walk, arrival.from, number, arrival.relation);
    }
}

void flush(Walk &walk) {
    for (std::uint32_t i = 0; i < walk.batch_count; ++i) {
        walk.table->prefetch_node(*walk.found, walk.batch[i].hash);
    }
    for (std::uint32_t i = 0; i < walk.batch_count; ++i) {
        arrive(walk, walk.batch[i]);
    }
    walk.batch_count = 0;
}

// ---------------------------------------------------------------------------------------------------------------------
// Edges.

[[noreturn]] void refuse_word(const char *what, std::string_view word) {
    ereport(ERROR, (errcode(ERRCODE_INTERNAL_ERROR),
                    errmsg("lineage_edges has an unknown %s: \"%s\"", what, pnstrdup(word.data(), word.size())),
                    errhint("The library may be older than the tables: reconnect.")));
}

/// The constraint valid_kinds says that there is no other one.
Kind kind_in(std::string_view name) {
    switch (name.size()) {
    case 3:
        return Kind::run;
    case 10:
        return Kind::deployment;
    case 7:
        return name[0] == 'd' ? Kind::dataset : Kind::version;
    default:
        refuse_word("kind", name);
    }
}

Relation relation_in(Walk &walk, std::string_view name) {
    if (name != lineage::name_of(walk.last_relation)) {
        const std::optional<Relation> relation = lineage::relation_named(name);
        if (!relation.has_value()) {
            refuse_word("relation", name);
        }
        walk.last_relation = *relation;
    }
    return walk.last_relation;
}

/// The key that an edge belongs to. Keys are in the order of the index, and so are the edges.
std::uint32_t key_of(Walk &walk, const pg_uuid_t &id) {
    for (std::uint32_t tried = 0; tried <= walk.key_count; ++tried) {
        if (walk.cursor == walk.key_count) {
            walk.cursor = 0;
        }
        if (same_uuid(*key_at(walk, walk.cursor), id)) {
            return walk.cursor;
        }
        ++walk.cursor;
    }
    ereport(ERROR, (errcode(ERRCODE_INTERNAL_ERROR), errmsg("an edge of lineage that was not asked for")));
}

std::uint16_t project_in(Walk &walk, const pg_uuid_t *project) {
    return project == nullptr ? unknown_project : walk.sight.number_of(*walk.found, *project);
}

void take_edge(Walk &walk, const Edge &edge) {
    const std::uint32_t near = walk.numbers[key_of(walk, *edge.near_id)];
    if (walk.level_first == 0) {
        // A start says nothing of where it lies; one that may not be seen is none.
        LineageNode &start = node_of(*walk.found, near);
        if (start.depth == 0 && start.project == unknown_project) {
            const std::uint16_t project = project_in(walk, edge.near_project);
            if (!walk.sight.may_see(start.kind, project)) {
                return;
            }
            start.project = project;
        }
        if (walk.only_confirms) {
            return;
        }
    }
    const Relation relation = relation_in(walk, edge.relation);
    if ((walk.request->relations & lineage::bit(relation)) == 0) {
        return;
    }
    Arrival &arrival = walk.batch[walk.batch_count];
    arrival.kind = kind_in(edge.far_kind);
    arrival.project = project_in(walk, edge.far_project);
    arrival.is_hidden = !walk.sight.may_see(arrival.kind, arrival.project);
    if (arrival.is_hidden && node_of(*walk.found, near).is_hidden) {
        return;
    }
    arrival.id = *edge.far_id;
    arrival.hash = hash_of(arrival.kind, arrival.id);
    arrival.from = near;
    arrival.relation = relation;
    walk.table->prefetch(arrival.hash);
    if (++walk.batch_count == batch_size) {
        flush(walk);
    }
}

// ---------------------------------------------------------------------------------------------------------------------
// Levels.

/// Asks for the edges of the keys that were collected, which are of one kind.
void ask(Walk &walk, Kind kind) {
    if (walk.key_count == 0) {
        return;
    }
    ARR_DIMS(walk.keys)[0] = static_cast<int>(walk.key_count);
    SET_VARSIZE(walk.keys, ARR_OVERHEAD_NONULLS(1) + walk.key_count * sizeof(pg_uuid_t));
    walk.cursor = 0;
    EdgeScan &scan = walk.scans[walk.upwards ? 0 : 1];
    if (!scan.is_open()) {
        scan.open(walk.upwards, walk.request->has_as_of ? &walk.request->as_of : nullptr);
    }
    scan.ask(walk.found->organization, kind_datum(kind), walk.keys);
    Edge edge{};
    while (!walk.found->is_cut && scan.next(edge)) {
        take_edge(walk, edge);
    }
    flush(walk);
    walk.key_count = 0;
}

void add_key(Walk &walk, std::uint32_t number) {
    const LineageNode &node = node_of(*walk.found, number);
    // Hidden nodes come after those that may be seen, and begin anew.
    if (walk.key_count != 0 && std::memcmp(&node.id, key_at(walk, walk.key_count - 1), sizeof node.id) < 0) {
        ask(walk, node.kind);
    }
    *key_at(walk, walk.key_count) = node.id;
    walk.numbers[walk.key_count++] = number;
    if (walk.key_count == most_keys) {
        ask(walk, node.kind);
    }
}

/// Goes from all nodes of the level, and from those that are gone from once more, in one direction.
void go(Walk &walk, bool upwards) {
    walk.upwards = upwards;
    for (std::size_t k = 0; k < lineage::kind_count; ++k) {
        const auto kind = static_cast<Kind>(k);
        // Nothing comes from a deployment.
        if (!upwards && kind == Kind::deployment) {
            continue;
        }
        for (std::uint32_t n = walk.level_first; n < walk.level_end && !walk.found->is_cut; ++n) {
            const LineageNode &node = node_of(*walk.found, n);
            if (node.kind == kind && (walk.only_confirms || (upwards ? node.is_ancestor : node.is_descendant))) {
                add_key(walk, n);
            }
        }
        for (std::uint32_t i = 0; i < walk.return_count && !walk.found->is_cut; ++i) {
            if (walk.returns[i].upwards == upwards && node_of(*walk.found, walk.returns[i].number).kind == kind) {
                add_key(walk, walk.returns[i].number);
            }
        }
        ask(walk, kind);
    }
}

void go_both(Walk &walk) {
    if (walk.request->direction != Direction::downstream) {
        go(walk, true);
    }
    if (walk.request->direction != Direction::upstream && !walk.found->is_cut) {
        go(walk, false);
    }
}

/// What the nodes of a level are ordered by.
struct Place {
    std::uint64_t beginning; ///< the first bytes of the identifier
    std::uint32_t number;
    std::uint8_t group; ///< hidden ones last, then the kind
};

Place place_of(const LineageNode &node, std::uint32_t number) noexcept {
    std::uint64_t beginning = 0;
    for (int i = 0; i < 8; ++i) {
        beginning = beginning << 8 | node.id.data[i];
    }
    return {
        beginning, number,
        static_cast<std::uint8_t>((node.is_hidden ? lineage::kind_count : 0) + static_cast<std::size_t>(node.kind))};
}

struct Before {
    const Lineage *lineage;
    bool operator()(const Place &a, const Place &b) const noexcept {
        if (a.group != b.group) {
            return a.group < b.group;
        }
        if (a.beginning != b.beginning) {
            return a.beginning < b.beginning;
        }
        return std::memcmp(&node_of(*lineage, a.number).id, &node_of(*lineage, b.number).id, sizeof(pg_uuid_t)) < 0;
    }
};

/// In pieces between which one can be interrupted.
template <class Item, class Before> void sort_interruptibly(Item *first, Item *last, Before before) {
    constexpr std::ptrdiff_t piece = 1 << 16;
    while (last - first > piece) {
        Item *const middle = first + (last - first) / 2;
        std::nth_element(first, middle, last, before);
        CHECK_FOR_INTERRUPTS();
        sort_interruptibly(first, middle, before);
        first = middle;
    }
    std::sort(first, last, before);
    CHECK_FOR_INTERRUPTS();
}

/// Gives the nodes from `first` on the numbers of their order; edges from `first_edge` on go with them. What is asked
/// next is in the order of the index then.
void settle_level(Walk &walk, std::uint32_t first, std::uint32_t first_edge) {
    Lineage &found = *walk.found;
    const std::uint32_t count = found.node_count - first;
    if (count == 0) {
        return;
    }
    auto *const places =
        static_cast<Place *>(MemoryContextAllocHuge(found.context, static_cast<Size>(count) * sizeof(Place)));
    for (std::uint32_t i = 0; i < count; ++i) {
        places[i] = place_of(node_of(found, first + i), first + i);
    }
    sort_interruptibly(places, places + count, Before{&found});

    constexpr std::uint32_t ahead = 16;
    for (std::uint32_t i = 0; i < count; ++i) {
        poll_interrupts(i);
        if (i + ahead < count) {
            const LineageNode &later = node_of(found, places[i + ahead].number);
            walk.table->prefetch(hash_of(later.kind, later.id));
        }
        const LineageNode &node = node_of(found, places[i].number);
        walk.table->renumber(hash_of(node.kind, node.id), places[i].number, first + i);
    }
    if (found.edge_count > first_edge) {
        auto *const now = static_cast<std::uint32_t *>(
            MemoryContextAllocHuge(found.context, static_cast<Size>(count) * sizeof(std::uint32_t)));
        for (std::uint32_t i = 0; i < count; ++i) {
            now[places[i].number - first] = first + i;
        }
        for (std::uint32_t i = first_edge; i < found.edge_count; ++i) {
            poll_interrupts(i);
            LineageEdge &edge = found.edges[i];
            edge.child = edge.child >= first ? now[edge.child - first] : edge.child;
            edge.parent = edge.parent >= first ? now[edge.parent - first] : edge.parent;
        }
        pfree(now);
    }
    // Each cycle of the permutation by itself.
    for (std::uint32_t i = 0; i < count; ++i) {
        poll_interrupts(i);
        if (places[i].number == first + i) {
            continue;
        }
        const LineageNode displaced = node_of(found, first + i);
        std::uint32_t hole = i;
        for (;;) {
            const std::uint32_t source = places[hole].number - first;
            places[hole].number = first + hole;
            if (source == i) {
                node_of(found, first + hole) = displaced;
                break;
            }
            node_of(found, first + hole) = node_of(found, first + source);
            hole = source;
        }
    }
    pfree(places);
    for (std::uint32_t i = first; i < first + count && found.start_count == 0; ++i) {
        node_of(found, i).from = i; // starts
    }
}

void add_start(Walk &walk, const LineageStart &start) {
    const std::uint32_t hash = hash_of(start.kind, start.id);
    if (walk.table->is_full()) {
        walk.table->grow();
    }
    LineageTable::Place *const place = walk.table->place_of(*walk.found, start.kind, start.id, hash);
    if (place->number != LineageTable::empty) {
        return;
    }
    LineageNode node{};
    node.id = start.id;
    node.project = unknown_project;
    node.kind = start.kind;
    node.relation = Relation::none;
    node.is_ancestor = walk.request->direction != Direction::downstream;
    node.is_descendant = walk.request->direction != Direction::upstream;
    walk.table->put(place, add_node(walk, node), hash);
}

/// Takes the starts that may not be seen out again. From one alone nothing would be reached anyway; one of several may
/// be reached from another one, as something hidden.
void confirm_starts(Walk &walk) {
    Lineage &found = *walk.found;
    walk.only_confirms = true;
    go(walk, true);
    go(walk, false);
    walk.only_confirms = false;
    std::uint32_t kept = 0;
    for (std::uint32_t i = 0; i < found.node_count; ++i) {
        if (node_of(found, i).project != unknown_project) {
            node_of(found, kept) = node_of(found, i);
            node_of(found, kept).from = kept;
            ++kept;
        }
    }
    walk.table->clear();
    found.node_count = found.start_count = kept;
    for (std::uint32_t i = 0; i < kept; ++i) {
        const LineageNode &node = node_of(found, i);
        const std::uint32_t hash = hash_of(node.kind, node.id);
        walk.table->put(walk.table->place_of(found, node.kind, node.id, hash), i, hash);
        walk.table->renumber(hash, i, i);
    }
    walk.level_end = kept;
}

/// What is to be gone from once more becomes part of the level that is gone from now.
void take_returns(Walk &walk) {
    std::swap(walk.returns, walk.next_returns);
    std::swap(walk.return_room, walk.next_return_room);
    walk.return_count = walk.next_return_count;
    walk.next_return_count = 0;
    Return *const end = walk.returns + walk.return_count;
    std::sort(walk.returns, end, [](const Return &a, const Return &b) {
        return std::tie(a.upwards, a.number) < std::tie(b.upwards, b.number);
    });
    walk.return_count = static_cast<std::uint32_t>(
        std::unique(walk.returns, end,
                    [](const Return &a, const Return &b) { return a.upwards == b.upwards && a.number == b.number; }) -
        walk.returns);
    for (std::uint32_t i = 0; i < walk.return_count; ++i) {
        LineageNode &node = node_of(*walk.found, walk.returns[i].number);
        (walk.returns[i].upwards ? node.is_ancestor : node.is_descendant) = true;
    }
}

void prepare(Walk &walk) {
    Lineage &found = *walk.found;
    walk.segment_room = 16;
    found.segments =
        static_cast<LineageNode **>(MemoryContextAlloc(found.context, walk.segment_room * sizeof(LineageNode *)));
    walk.last_relation = Relation::serves;
    if (walk.request->max_edges != 0) {
        walk.edge_room = std::min<std::uint32_t>(walk.request->max_edges, 1024);
        found.edges =
            static_cast<LineageEdge *>(MemoryContextAlloc(found.context, walk.edge_room * sizeof(LineageEdge)));
    }
    constexpr Size array_size = ARR_OVERHEAD_NONULLS(1) + most_keys * sizeof(pg_uuid_t);
    walk.keys = static_cast<ArrayType *>(MemoryContextAllocZero(found.context, array_size));
    walk.keys->ndim = 1;
    walk.keys->elemtype = UUIDOID;
    ARR_LBOUND(walk.keys)[0] = 1;
    walk.table = found.table = LineageTable::make(found.context);
}

void walk_all(Walk &walk) {
    Lineage &found = *walk.found;
    const LineageRequest &request = *walk.request;
    for (std::uint32_t i = 0; i < request.start_count; ++i) {
        add_start(walk, request.starts[i]);
    }
    settle_level(walk, 0, 0);
    found.start_count = walk.level_end = found.node_count;
    const bool has_somewhere_to_go = request.relations != 0 && request.max_depth != 0;
    if (has_somewhere_to_go && !walk.sight.sees_all && found.start_count > 1) {
        confirm_starts(walk);
    }
    while (has_somewhere_to_go && !found.is_cut && (walk.level_first < walk.level_end || walk.return_count != 0) &&
           (request.max_depth < 0 || walk.depth < request.max_depth)) {
        ++walk.depth;
        const std::uint32_t first_edge = found.edge_count;
        go_both(walk);
        settle_level(walk, walk.level_end, first_edge);
        walk.level_first = walk.level_end;
        walk.level_end = found.node_count;
        take_returns(walk);
    }
    // Of several starts one may be an ancestor of another one: what is between them is gone along from both sides.
    if (request.direction == Direction::both && found.start_count > 1) {
        sort_interruptibly(found.edges, found.edges + found.edge_count, [](const LineageEdge &a, const LineageEdge &b) {
            return std::tie(a.child, a.parent, a.relation) < std::tie(b.child, b.parent, b.relation);
        });
        const LineageEdge *const end =
            std::unique(found.edges, found.edges + found.edge_count, [](const LineageEdge &a, const LineageEdge &b) {
                return a.child == b.child && a.parent == b.parent && a.relation == b.relation;
            });
        found.edge_count = static_cast<std::uint32_t>(end - found.edges);
    }
}

} // namespace

Lineage *walk_lineage(const LineageRequest &request) {
    const Workplace &here = current_workplace();
    if (!here.organization.has_value()) {
        ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE), errmsg("there is no current organization"),
                        errhint("There is no default organization, or there are several: SELECT "
                                "use_organization('...') chooses one. The table organizations lists them.")));
    }
    (void)owner_of_registry("lineage_edges"); // says so where it is not there
    MemoryContext const context =
        AllocSetContextCreate(CurrentMemoryContext, "mlregistry lineage", ALLOCSET_DEFAULT_SIZES);
    auto *const found = static_cast<Lineage *>(MemoryContextAllocZero(context, sizeof(Lineage)));
    found->context = context;
    found->organization = *here.organization;
    auto *const walk = static_cast<Walk *>(MemoryContextAllocZero(context, sizeof(Walk)));
    walk->request = &request;
    walk->found = found;
    walk->sight.look(*found);
    prepare(*walk);
    walk_all(*walk);
    for (EdgeScan &scan : walk->scans) {
        scan.close();
    }
    return found;
}

bool find_node(const Lineage &lineage, Kind kind, const pg_uuid_t &id, std::uint32_t &number) noexcept {
    const LineageTable::Place *const place = lineage.table->place_of(lineage, kind, id, hash_of(kind, id));
    number = LineageTable::number_at(place);
    return place->number != LineageTable::empty;
}

void free_lineage(Lineage *lineage) { MemoryContextDelete(lineage->context); }

} // namespace mlregistry::pg
