#include "picture_plan.hpp"

#include <algorithm>
#include <array>

namespace mlregistry::picture {

namespace {

using lineage::Kind;
using lineage::Relation;
using std::uint32_t;

/// Parents of each node, one after the other.
class Parents {
  public:
    Parents(const Graph &graph, std::pmr::memory_resource *memory)
        : begin_(graph.nodes.size() + 1, 0, memory), parents_(graph.edges.size(), 0, memory) {
        for (const Edge &edge : graph.edges) {
            ++begin_[edge.child + 1];
        }
        for (std::size_t i = 1; i < begin_.size(); ++i) {
            begin_[i] += begin_[i - 1];
        }
        std::pmr::vector<std::size_t> next{begin_, memory};
        for (const Edge &edge : graph.edges) {
            parents_[next[edge.child]++] = edge.parent;
        }
    }
    [[nodiscard]] std::span<const uint32_t> of(uint32_t node) const noexcept {
        return std::span{parents_}.subspan(begin_[node], begin_[node + 1] - begin_[node]);
    }

  private:
    std::pmr::vector<std::size_t> begin_;
    std::pmr::vector<uint32_t> parents_;
};

/// Arrows with a broken line: each shown node and the nearest shown ones above it that only others lie between.
/// Bounded: where many ways cross, there are many more of them than nodes.
bool add_ways(const Graph &graph, const std::pmr::vector<bool> &is_shown, std::pmr::vector<Arrow> &arrows,
              StopPoll &poll, std::pmr::memory_resource *memory) {
    std::size_t steps = 10'000'000;
    const Parents parents{graph, memory};
    std::pmr::vector<uint32_t> seen(graph.nodes.size(), nothing, memory);
    std::pmr::vector<uint32_t> waiting{memory};
    for (uint32_t child = 0; child < graph.nodes.size(); ++child) {
        if (!is_shown[child]) {
            continue;
        }
        const auto step_from = [&](uint32_t node, bool is_first) {
            for (const uint32_t parent : parents.of(node)) {
                if (steps == 0) {
                    return false;
                }
                --steps;
                poll();
                if (seen[parent] == child) {
                    continue;
                }
                // A parent of its own that is shown has an arrow already, and may yet be met on another way.
                if (!is_shown[parent]) {
                    seen[parent] = child;
                    waiting.push_back(parent);
                } else if (!is_first && parent != child) {
                    seen[parent] = child;
                    arrows.push_back({parent, child, 0});
                }
            }
            return true;
        };
        waiting.clear();
        if (!step_from(child, true)) {
            return false;
        }
        while (!waiting.empty()) {
            const uint32_t node = waiting.back();
            waiting.pop_back();
            if (!step_from(node, false)) {
                return false;
            }
        }
    }
    return true;
}

/// One arrow between two things; near ones first. An arrow that has relations stands for ways through others, too.
void merge(std::pmr::vector<Arrow> &arrows) {
    const auto key = [](const Arrow &a) {
        return std::array<uint32_t, 3>{std::max(a.parent, a.child), std::min(a.parent, a.child), a.parent};
    };
    std::ranges::sort(arrows, {}, key);
    std::size_t kept = 0;
    for (const Arrow &arrow : arrows) {
        if (kept > 0 && key(arrows[kept - 1]) == key(arrow)) {
            arrows[kept - 1].relations |= arrow.relations;
        } else {
            arrows[kept++] = arrow;
        }
    }
    arrows.resize(kept);
}

/// Versions by their models, deployments with the version that they serve.
void put_into_frames(const Graph &graph, Plan &plan, std::pmr::memory_resource *memory) {
    plan.frame.assign(graph.nodes.size(), nothing);
    std::pmr::vector<uint32_t> versions{memory};
    for (uint32_t i = 0; i < graph.nodes.size(); ++i) {
        const Node &node = graph.nodes[i];
        if (plan.is_drawn[i] && node.kind == Kind::version && !node.is_hidden && !node.group.empty()) {
            versions.push_back(i);
        }
    }
    const auto model = [&graph](uint32_t i) { return std::pair{graph.nodes[i].project, graph.nodes[i].group}; };
    std::ranges::stable_sort(versions, {}, model);
    // Frames in the order of their first versions.
    std::pmr::vector<uint32_t> firsts{memory};
    for (std::size_t i = 0; i < versions.size(); ++i) {
        if (i == 0 || model(versions[i - 1]) != model(versions[i])) {
            firsts.push_back(versions[i]);
        }
    }
    plan.frames = firsts;
    std::ranges::sort(plan.frames);
    uint32_t frame = nothing;
    for (std::size_t i = 0; i < versions.size(); ++i) {
        if (i == 0 || model(versions[i - 1]) != model(versions[i])) {
            frame = static_cast<uint32_t>(std::ranges::lower_bound(plan.frames, versions[i]) - plan.frames.begin());
        }
        plan.frame[versions[i]] = frame;
    }
    for (const Arrow &arrow : plan.arrows) {
        if ((arrow.relations & lineage::bit(Relation::serves)) != 0 && plan.frame[arrow.child] == nothing) {
            plan.frame[arrow.child] = plan.frame[arrow.parent];
        }
    }
}

} // namespace

Plan plan_of(const Graph &graph, const Options &options, std::size_t max_edges, std::pmr::memory_resource *memory) {
    Plan plan{memory};
    StopPoll poll{options.stop};
    std::pmr::vector<bool> is_shown(graph.nodes.size(), false, memory);
    bool are_all_shown = true;
    for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
        is_shown[i] = graph.nodes[i].is_start || (options.kinds & lineage::bit(graph.nodes[i].kind)) != 0;
        are_all_shown = are_all_shown && is_shown[i];
    }
    for (const Edge &edge : graph.edges) {
        if (is_shown[edge.child] && is_shown[edge.parent]) {
            plan.arrows.push_back({edge.parent, edge.child, lineage::bit(edge.relation)});
        }
    }
    plan.is_cut = graph.has_more;
    if (!are_all_shown && !add_ways(graph, is_shown, plan.arrows, poll, memory)) {
        plan.is_cut = true;
    }
    merge(plan.arrows);
    plan.is_drawn = is_shown;
    if (plan.arrows.size() > max_edges) {
        plan.is_cut = true;
        plan.arrows.resize(max_edges);
    }
    const auto starts = static_cast<std::size_t>(std::ranges::count_if(graph.nodes, &Node::is_start));
    plan.is_cut = plan.is_cut || starts > std::max<std::size_t>(max_edges, 1);
    if (plan.is_cut) {
        // What no arrow leads to would stand there as if it had nothing to do with the rest.
        std::size_t most_starts = std::max<std::size_t>(max_edges, 1);
        for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
            plan.is_drawn[i] = graph.nodes[i].is_start && most_starts > 0;
            most_starts -= plan.is_drawn[i] ? 1 : 0;
        }
        for (const Arrow &arrow : plan.arrows) {
            plan.is_drawn[arrow.parent] = plan.is_drawn[arrow.child] = true;
        }
    }
    plan.has_ways = std::ranges::any_of(plan.arrows, [](const Arrow &arrow) { return arrow.relations == 0; });
    put_into_frames(graph, plan, memory);
    plan.number.assign(graph.nodes.size(), 0);
    uint32_t hidden = 0;
    for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
        if (plan.is_drawn[i]) {
            ++plan.nodes;
            plan.number[i] = graph.nodes[i].is_hidden ? ++hidden : static_cast<uint32_t>(plan.nodes);
        }
    }
    return plan;
}

} // namespace mlregistry::picture
