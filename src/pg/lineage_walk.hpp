// The walk along lineage: breadth first over lineage_edges, level by level, a thousand keys a query.
//
// The edges are read as the owner of the tables, after the caller's right to read them was asked for. What row security
// says of them is applied here, to each end by itself: an edge is gone along when one of its ends may be seen, so that
// a walk sees what lies behind something hidden as far as it may be seen; what is hidden is a node without identifier.
//
// Plain data in a memory context of its own, about 60 bytes a node: errors jump over it.
#pragma once

#include "compat.hpp"

#include "core/lineage_words.hpp"

extern "C" {
#include "utils/timestamp.h"
#include "utils/uuid.h"
}

#include <cstdint>

namespace mlregistry::pg {

inline constexpr std::uint16_t unknown_project = UINT16_MAX;

/// A node that was reached.
struct LineageNode {
    pg_uuid_t id;          ///< not to be told where it is hidden
    std::uint32_t from;    ///< number of the node that it was reached from; of a start: its own
    std::int32_t depth;    ///< 0: a start
    std::uint16_t project; ///< number among Lineage::projects, or unknown_project (a start without edges)
    lineage::Kind kind;
    lineage::Relation relation; ///< of the edge that it was reached by; none: a start
    bool is_hidden;
    bool is_ancestor;   ///< reached upstream, as a parent; of a start: whether its parents are sought
    bool is_descendant; ///< reached downstream, as a child; of a start: whether its children are sought
};

/// An edge between two nodes that were reached, by their numbers. At least one of them may be seen.
struct LineageEdge {
    std::uint32_t child;
    std::uint32_t parent;
    lineage::Relation relation;
};

struct LineageStart {
    lineage::Kind kind;
    pg_uuid_t id;
};

inline constexpr std::int64_t usual_max_nodes = 1'000'000;

/// What is asked for.
struct LineageRequest {
    const LineageStart *starts = nullptr; ///< in any order, also the same one twice
    std::uint32_t start_count = 0;
    lineage::Direction direction = lineage::Direction::upstream; ///< both: ancestors, and descendants
    std::int32_t max_depth = -1;                                 ///< -1: all
    lineage::Relations relations = lineage::all_relations;       ///< that are gone along
    bool has_as_of = false;                                      ///< false: edges that are open
    TimestampTz as_of = 0;
    std::int64_t max_nodes = usual_max_nodes; ///< beside the starts; -1: no limit
    bool cut = false;                         ///< at max_nodes: what was found so far, rather than 54000
    std::uint32_t max_edges = 0;              ///< how many edges are kept; 0: they are not asked for
};

/// What was found. The starts come first; then by depth, those that may be seen before hidden ones, kind and
/// identifier: the same graph gives the same numbers.
struct Lineage {
    MemoryContext context;
    pg_uuid_t organization;
    std::uint32_t start_count; ///< each once, without those that may not be seen
    std::uint32_t node_count;  ///< with the starts
    std::uint32_t edge_count;
    bool is_cut;         ///< there is more than max_nodes (only with `cut`)
    bool has_more_edges; ///< there are more than max_edges
    std::uint16_t project_count;
    LineageEdge *edges; ///< each once, in the order in which they were met, which is the same for the same graph
    pg_uuid_t *projects;
    LineageNode **segments;
    struct LineageTable *table; ///< of lineage_walk.cpp
};

inline constexpr std::uint32_t lineage_segment_bits = 12;
inline constexpr std::uint32_t lineage_segment_size = 1U << lineage_segment_bits;

inline LineageNode &node_of(const Lineage &lineage, std::uint32_t number) noexcept {
    return lineage.segments[number >> lineage_segment_bits][number & (lineage_segment_size - 1)];
}

/// Goes. In the current organization (55000 where there is none), as the calling user, in his snapshot; writes nothing.
/// 42501 without the right to read lineage_edges, 54000 beyond max_nodes. Lives in a child of the current memory
/// context.
Lineage *walk_lineage(const LineageRequest &request);

/// The number of a node; false where it was not reached.
bool find_node(const Lineage &lineage, lineage::Kind kind, const pg_uuid_t &id, std::uint32_t &number) noexcept;

/// Gives its memory back before the end of the current context.
void free_lineage(Lineage *lineage);

/// Waits for nobody: raises when a cancel is pending, now and then, in loops that PostgreSQL does not see.
inline void poll_interrupts(std::uint32_t round) {
    constexpr std::uint32_t often = 4096;
    if (round % often == 0) {
        CHECK_FOR_INTERRUPTS();
    }
}

} // namespace mlregistry::pg
