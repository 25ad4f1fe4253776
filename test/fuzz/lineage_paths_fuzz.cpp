// Graphs of any bytes: ways are ways, each once, shortest first, and as many as by definition where that can be
// counted.
#include "lineage_paths.hpp"

#include <algorithm>
#include <set>
#include <vector>

using mlregistry::lineage::Edge;
using mlregistry::lineage::PathsEnd;

namespace {

void require(bool holds) {
    if (!holds) {
        __builtin_trap();
    }
}

struct Graph {
    std::vector<std::set<std::uint32_t>> next;
    std::set<std::uint32_t> sources;
    std::set<std::uint32_t> targets;
    std::vector<bool> on_way;
    std::size_t looks = 0;
    std::size_t ways = 0;

    /// False where counting them takes too long.
    bool count(std::uint32_t node) {
        if (++looks > 20'000) {
            return false;
        }
        if (targets.contains(node)) {
            ++ways;
            return true;
        }
        on_way[node] = true;
        for (const std::uint32_t to : next[node]) {
            if (!on_way[to] && !sources.contains(to) && !count(to)) {
                return false;
            }
        }
        on_way[node] = false;
        return true;
    }
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    if (size < 5) {
        return 0;
    }
    const std::uint32_t nodes = data[0] % 32 + 1;
    const std::size_t most = data[1] % 64;
    const std::size_t steps = data[2] * 64U;
    Graph graph{.next = std::vector<std::set<std::uint32_t>>(nodes),
                .sources = {data[3] % nodes, data[3] / 32 % nodes},
                .targets = {data[4] % nodes, data[4] / 32 % nodes},
                .on_way = std::vector<bool>(nodes)};
    std::vector<Edge> edges;
    for (std::size_t i = 5; i + 1 < size; i += 2) {
        edges.push_back({data[i] % nodes, data[i + 1] % nodes});
        graph.next[edges.back().from].insert(edges.back().to);
    }
    const std::vector<std::uint32_t> sources(graph.sources.begin(), graph.sources.end());
    const std::vector<std::uint32_t> targets(graph.targets.begin(), graph.targets.end());
    mlregistry::lineage::Paths paths{std::pmr::new_delete_resource()};
    const PathsEnd end = find_paths(nodes, edges, sources, targets, {.paths = most, .steps = steps}, paths, nullptr);
    require(paths.size() <= most && (end == PathsEnd::enough) == (paths.size() == most));
    require(paths.nodes() <= steps + nodes);
    std::set<std::vector<std::uint32_t>> distinct;
    for (std::size_t i = 0; i < paths.size(); ++i) {
        const std::vector<std::uint32_t> way(paths[i].begin(), paths[i].end());
        require(i == 0 || paths[i - 1].size() <= way.size());
        require(graph.sources.contains(way.front()) && graph.targets.contains(way.back()));
        for (std::size_t k = 1; k < way.size(); ++k) {
            require(graph.next[way[k - 1]].contains(way[k]));
            require(!graph.sources.contains(way[k]) && !graph.targets.contains(way[k - 1]));
        }
        require(std::set(way.begin(), way.end()).size() == way.size());
        require(distinct.insert(way).second);
    }
    const bool counted =
        std::all_of(sources.begin(), sources.end(), [&](std::uint32_t node) { return graph.count(node); });
    if (counted && end != PathsEnd::exhausted) {
        require(paths.size() == std::min(most, graph.ways));
    }
    return 0;
}
