// Circles beside the definition: a graph has one exactly when taking away what has no parents, again and again, leaves
// something.
#include "find_cycle.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <memory_resource>
#include <random>
#include <set>
#include <utility>
#include <vector>

namespace {

using mlregistry::find_cycle;
using mlregistry::GraphEdge;
using mlregistry::Interrupted;

using Edges = std::vector<GraphEdge>;
using Nodes = std::vector<std::uint32_t>;

Nodes cycle_of(const Edges &edges, std::uint32_t node_count) {
    const auto found = find_cycle(edges, node_count, std::pmr::get_default_resource(), nullptr);
    return {found.begin(), found.end()};
}

bool has_circle(const Edges &edges, std::uint32_t node_count) {
    std::vector<std::uint32_t> parents(node_count, 0);
    for (const GraphEdge &edge : edges) {
        ++parents[edge.child];
    }
    std::vector<std::uint32_t> free;
    for (std::uint32_t i = 0; i < node_count; ++i) {
        if (parents[i] == 0) {
            free.push_back(i);
        }
    }
    std::size_t taken = 0;
    for (; taken < free.size(); ++taken) {
        for (const GraphEdge &edge : edges) {
            if (edge.parent == free[taken] && --parents[edge.child] == 0) {
                free.push_back(edge.child);
            }
        }
    }
    return taken < node_count;
}

bool is_circle(const Nodes &nodes, const Edges &edges) {
    const std::set<std::uint32_t> distinct(nodes.begin(), nodes.end());
    if (distinct.size() != nodes.size()) {
        return false;
    }
    for (std::size_t i = 0; i < nodes.size(); ++i) {
        const std::uint32_t child = nodes[i];
        const std::uint32_t parent = nodes[(i + 1) % nodes.size()];
        if (std::ranges::none_of(edges, [&](const GraphEdge &e) { return e.child == child && e.parent == parent; })) {
            return false;
        }
    }
    return true;
}

/// The same circle from its least node on.
Nodes turned(Nodes nodes) {
    std::rotate(nodes.begin(), std::min_element(nodes.begin(), nodes.end()), nodes.end());
    return nodes;
}

TEST(FindCycle, NothingIsNoCircle) {
    EXPECT_TRUE(cycle_of({}, 0).empty());
    EXPECT_TRUE(cycle_of({}, 3).empty());
}

TEST(FindCycle, DiamondsAndDoubleEdgesAreNone) {
    EXPECT_TRUE(cycle_of({{0, 1}, {0, 2}, {1, 3}, {2, 3}, {0, 3}, {0, 1}}, 4).empty());
}

TEST(FindCycle, SmallOnesAreNamedFromChildToParent) {
    EXPECT_EQ(cycle_of({{0, 0}}, 1), Nodes{0});
    EXPECT_EQ(turned(cycle_of({{0, 1}, {1, 0}}, 2)), (Nodes{0, 1}));
    EXPECT_EQ(turned(cycle_of({{2, 0}, {0, 1}, {1, 2}}, 3)), (Nodes{0, 1, 2}));
}

TEST(FindCycle, WhatLeadsThereIsNoPartOfIt) {
    EXPECT_EQ(turned(cycle_of({{0, 1}, {1, 2}, {2, 3}, {3, 4}, {4, 2}, {4, 5}}, 6)), (Nodes{2, 3, 4}));
}

TEST(FindCycle, OfTheCirclesOfAnEdgeAShortestIsNamed) {
    // The search goes the long way first; 0 -> 4 is the short one.
    EXPECT_EQ(turned(cycle_of({{0, 1}, {1, 2}, {2, 3}, {3, 4}, {4, 0}, {0, 4}}, 5)), (Nodes{0, 4}));
}

TEST(FindCycle, SecondPartsAreLookedAt) { EXPECT_EQ(turned(cycle_of({{0, 1}, {3, 4}, {4, 3}}, 5)), (Nodes{3, 4})); }

TEST(FindCycle, LongChainsNeedNoStack) {
    constexpr std::uint32_t length = 2'000'000;
    Edges edges;
    edges.reserve(length);
    for (std::uint32_t i = 0; i + 1 < length; ++i) {
        edges.push_back({i, i + 1});
    }
    EXPECT_TRUE(cycle_of(edges, length).empty());
    edges.push_back({length - 1, 0});
    EXPECT_EQ(cycle_of(edges, length).size(), length);
}

TEST(FindCycle, RandomGraphsAsByDefinition) {
    std::mt19937 random{20261121};
    int with = 0;
    for (int round = 0; round < 4000; ++round) {
        const auto nodes = static_cast<std::uint32_t>(1 + random() % 12);
        Edges edges(random() % (nodes + 3));
        for (GraphEdge &edge : edges) {
            edge = {static_cast<std::uint32_t>(random() % nodes), static_cast<std::uint32_t>(random() % nodes)};
        }
        const Nodes found = cycle_of(edges, nodes);
        ASSERT_EQ(!found.empty(), has_circle(edges, nodes)) << "round " << round;
        ASSERT_TRUE(is_circle(found, edges)) << "round " << round;
        with += found.empty() ? 0 : 1;
    }
    EXPECT_GT(with, 500);
    EXPECT_LT(with, 3500);
}

TEST(FindCycle, StopsWhenAsked) {
    Edges edges;
    for (std::uint32_t i = 0; i < 5000; ++i) {
        edges.push_back({i, i + 1});
    }
    EXPECT_THROW((void)find_cycle(
                     edges, 5001, std::pmr::get_default_resource(), +[]() noexcept { return true; }),
                 Interrupted);
}

TEST(FindCycle, MemoryThatIsNotThereIsSaid) {
    const Edges edges{{0, 1}, {1, 0}};
    EXPECT_THROW((void)find_cycle(edges, 2, std::pmr::null_memory_resource(), nullptr), std::bad_alloc);
}

} // namespace
