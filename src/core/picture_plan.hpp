// What is drawn of a graph of lineage, whatever the language that draws it.
#pragma once

#include "lineage_picture.hpp"

#include <vector>

namespace mlregistry::picture {

inline constexpr std::uint32_t nothing = UINT32_MAX;

/// An arrow: all relations between two things, or a way through what is not shown.
struct Arrow {
    std::uint32_t parent;
    std::uint32_t child;
    lineage::Relations relations; ///< 0: through other things
};

/// What is drawn of a graph.
struct Plan {
    explicit Plan(std::pmr::memory_resource *memory)
        : arrows{memory}, is_drawn(memory), frame{memory}, frames{memory}, number{memory} {}

    std::pmr::vector<Arrow> arrows;
    std::pmr::vector<bool> is_drawn;
    std::pmr::vector<std::uint32_t> frame;  ///< of each node, or nothing
    std::pmr::vector<std::uint32_t> frames; ///< a version of each, which has its name
    std::pmr::vector<std::uint32_t> number; ///< of what is hidden, among the hidden; else of what is drawn
    std::size_t nodes = 0;
    bool is_cut = false;
    bool has_ways = false; ///< arrows through other things
};

/// Arrows, at most so many, and what they lead to.
[[nodiscard]] Plan plan_of(const Graph &graph, const Options &options, std::size_t max_edges,
                           std::pmr::memory_resource *memory);

} // namespace mlregistry::picture
