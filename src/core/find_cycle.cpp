#include "find_cycle.hpp"

#include <algorithm>
#include <cstddef>

namespace mlregistry {

namespace {

using Numbers = std::pmr::vector<std::uint32_t>;

constexpr std::uint32_t nobody = UINT32_MAX;

/// The parents of every node, one after the other.
class Parents {
  public:
    Parents(std::span<const GraphEdge> edges, std::uint32_t node_count, std::pmr::memory_resource *memory)
        : first_(static_cast<std::size_t>(node_count) + 1, 0, memory), parents_(edges.size(), 0, memory) {
        for (const GraphEdge &edge : edges) {
            ++first_[edge.child + std::size_t{1}];
        }
        for (std::size_t i = 1; i < first_.size(); ++i) {
            first_[i] += first_[i - 1];
        }
        std::pmr::vector<std::size_t> next(first_.begin(), first_.end() - 1, memory);
        for (const GraphEdge &edge : edges) {
            parents_[next[edge.child]++] = edge.parent;
        }
    }

    [[nodiscard]] std::span<const std::uint32_t> of(std::uint32_t node) const noexcept {
        return std::span{parents_}.subspan(first_[node], first_[node + std::size_t{1}] - first_[node]);
    }

  private:
    std::pmr::vector<std::size_t> first_;
    Numbers parents_;
};

/// The shortest way from a node up to one above it, both among its nodes.
Numbers way_up(const Parents &parents, std::uint32_t node_count, std::uint32_t from, std::uint32_t to,
               std::pmr::memory_resource *memory, StopPoll &poll) {
    Numbers came_from(node_count, nobody, memory);
    Numbers reached(1, from, memory);
    came_from[from] = from;
    for (std::size_t i = 0; i < reached.size() && came_from[to] == nobody; ++i) {
        for (const std::uint32_t parent : parents.of(reached[i])) {
            poll();
            if (came_from[parent] == nobody) {
                came_from[parent] = reached[i];
                reached.push_back(parent);
            }
        }
    }
    Numbers way(1, to, memory);
    while (way.back() != from) {
        way.push_back(came_from[way.back()]);
    }
    std::ranges::reverse(way);
    return way;
}

} // namespace

std::pmr::vector<std::uint32_t> find_cycle(std::span<const GraphEdge> edges, std::uint32_t node_count,
                                           std::pmr::memory_resource *memory, StopRequested stop) {
    StopPoll poll{stop};
    const Parents parents{edges, node_count, memory};
    enum State : std::uint8_t { unknown, on_the_way, seen };
    std::pmr::vector<State> states(node_count, unknown, memory);
    Numbers looked_at(node_count, 0, memory); // so many of its parents
    Numbers way{memory};
    for (std::uint32_t start = 0; start < node_count; ++start) {
        if (states[start] != unknown) {
            continue;
        }
        way.push_back(start);
        states[start] = on_the_way;
        while (!way.empty()) {
            poll();
            const std::uint32_t node = way.back();
            const std::span<const std::uint32_t> above = parents.of(node);
            if (looked_at[node] == above.size()) {
                states[node] = seen;
                way.pop_back();
                continue;
            }
            const std::uint32_t parent = above[looked_at[node]++];
            if (states[parent] == on_the_way) {
                return way_up(parents, node_count, parent, node, memory, poll);
            }
            if (states[parent] == unknown) {
                states[parent] = on_the_way;
                way.push_back(parent);
            }
        }
    }
    return Numbers{memory};
}

} // namespace mlregistry
