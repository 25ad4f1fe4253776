// Ways from one set of nodes of a directed graph to another, shortest first.
//
// Best-first search with the exact number of edges that are left as its estimate (P. E. Hart, N. J. Nilsson, B.
// Raphael, A Formal Basis for the Heuristic Determination of Minimum Cost Paths, 1968), over a tree of beginnings in
// which each has two children, its next sibling and its own first step, as in D. Eppstein, Finding the k Shortest
// Paths, 1998: in a graph without cycles every beginning that is looked at leads to a way that is found, so that k ways
// of l steps cost k * l beginnings, however many ways there are.
#pragma once

#include "error.hpp"

#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <span>
#include <vector>

namespace mlregistry::lineage {

struct Edge {
    std::uint32_t from;
    std::uint32_t to;
};

/// Why a search ended.
enum class PathsEnd : std::uint8_t {
    all,       ///< there are no more
    enough,    ///< as many as were asked for
    exhausted, ///< more beginnings than it may look at
};

struct PathLimits {
    std::size_t paths; ///< how many are wanted
    /// Nodes of what is found and beginnings that are looked at, 16 bytes each, together.
    std::size_t steps;
};

/// The nodes of all ways, one after the other.
class Paths {
  public:
    explicit Paths(std::pmr::memory_resource *memory) : nodes_{memory}, ends_{memory} {}

    [[nodiscard]] std::size_t size() const noexcept { return ends_.size(); }

    [[nodiscard]] std::span<const std::uint32_t> operator[](std::size_t path) const noexcept {
        const std::size_t begin = path == 0 ? 0 : ends_[path - 1];
        return std::span{nodes_}.subspan(begin, ends_[path] - begin);
    }

    /// How many nodes there are in all of them.
    [[nodiscard]] std::size_t nodes() const noexcept { return nodes_.size(); }

  private:
    friend class PathSearch;
    std::pmr::vector<std::uint32_t> nodes_;
    std::pmr::vector<std::size_t> ends_;
};

/// Fills `found`, which is empty, with ways from a node of `sources` to one of `targets` along `edges` between the
/// nodes 0 to node_count - 1, shortest first. No way has a node twice, and none has a node of either set between its
/// ends: a node of both is a way of its own. Parallel edges are one. Shortest ways come in the order of their nodes'
/// numbers, longer ones of one length in an order that depends on nothing but the graph.
///
/// Cycles make no way longer; but behind them ways may end that could not be told to, and are limited by
/// `limits.steps`. Throws Interrupted when `stop` says so, and std::out_of_range for a node that is none.
PathsEnd find_paths(std::uint32_t node_count, std::span<const Edge> edges, std::span<const std::uint32_t> sources,
                    std::span<const std::uint32_t> targets, const PathLimits &limits, Paths &found, StopRequested stop);

} // namespace mlregistry::lineage
