// Circles in a graph: whether something would come from itself.
#pragma once

#include "error.hpp"

#include <cstdint>
#include <memory_resource>
#include <span>
#include <vector>

namespace mlregistry {

/// An edge between nodes that have numbers.
struct GraphEdge {
    std::uint32_t child;
    std::uint32_t parent;
};

/// A circle of the graph whose nodes are 0 to node_count - 1: each node's parent is the next one, that of the last one
/// is the first. Empty where there is none. Which one, where there are several, follows from the order of the edges; of
/// the circles that have its last edge it is a shortest one.
///
/// Edges may come more than once. Time and memory O(nodes + edges), without recursion. Throws Interrupted when `stop`
/// says so, and what `memory` throws.
[[nodiscard]] std::pmr::vector<std::uint32_t> find_cycle(std::span<const GraphEdge> edges, std::uint32_t node_count,
                                                         std::pmr::memory_resource *memory, StopRequested stop);

} // namespace mlregistry
