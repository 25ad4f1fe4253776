#include "lineage_paths.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>
#include <stdexcept>
#include <vector>

namespace {

using mlregistry::Interrupted;
using mlregistry::lineage::Edge;
using mlregistry::lineage::find_paths;
using mlregistry::lineage::PathsEnd;
using Nodes = std::vector<std::uint32_t>;
using Edges = std::vector<Edge>;
using Ways = std::vector<Nodes>;

constexpr std::size_t plenty = 10'000'000;

/// Counts what is held, and has only so much to give.
class Measured final : public std::pmr::memory_resource {
  public:
    explicit Measured(std::size_t limit = SIZE_MAX) : limit_{limit} {}
    std::size_t most = 0;
    std::size_t held = 0;

  private:
    void *do_allocate(std::size_t bytes, std::size_t alignment) override {
        if (bytes > limit_ - held) {
            throw std::bad_alloc{};
        }
        held += bytes;
        most = std::max(most, held);
        return std::pmr::new_delete_resource()->allocate(bytes, alignment);
    }
    void do_deallocate(void *memory, std::size_t bytes, std::size_t alignment) override {
        held -= bytes;
        std::pmr::new_delete_resource()->deallocate(memory, bytes, alignment);
    }
    [[nodiscard]] bool do_is_equal(const memory_resource &other) const noexcept override { return this == &other; }
    std::size_t limit_;
};

struct Found {
    Ways ways;
    PathsEnd end;
    std::size_t memory;
};

Found find(std::uint32_t nodes, const Edges &edges, const Nodes &sources, const Nodes &targets,
           std::size_t most = plenty, std::size_t steps = plenty) {
    Measured memory;
    Found result;
    {
        mlregistry::lineage::Paths paths{&memory};
        result.end = find_paths(nodes, edges, sources, targets, {.paths = most, .steps = steps}, paths, nullptr);
        for (std::size_t i = 0; i < paths.size(); ++i) {
            result.ways.emplace_back(paths[i].begin(), paths[i].end());
        }
    }
    result.memory = memory.most;
    EXPECT_EQ(memory.held, 0U);
    return result;
}

/// By definition: every walk that has no node twice and no end between its ends.
class Oracle {
  public:
    Oracle(std::uint32_t nodes, const Edges &edges, const Nodes &sources, const Nodes &targets)
        : next_(nodes), sources_{sources.begin(), sources.end()}, targets_{targets.begin(), targets.end()} {
        for (const Edge &edge : edges) {
            next_[edge.from].insert(edge.to);
        }
        for (const std::uint32_t node : sources_) {
            walk(node);
        }
    }
    std::multiset<std::pair<std::size_t, Nodes>> ways;

  private:
    void walk(std::uint32_t node) {
        way_.push_back(node);
        if (targets_.contains(node)) {
            ways.emplace(way_.size(), way_);
        } else {
            for (const std::uint32_t to : next_[node]) {
                if (!sources_.contains(to) && std::find(way_.begin(), way_.end(), to) == way_.end()) {
                    walk(to);
                }
            }
        }
        way_.pop_back();
    }
    std::vector<std::set<std::uint32_t>> next_;
    std::set<std::uint32_t> sources_;
    std::set<std::uint32_t> targets_;
    Nodes way_;
};

/// `layers` of `width` nodes between two ends, each joined with all of the next: width^layers ways.
Edges layered(std::uint32_t layers, std::uint32_t width) {
    Edges edges;
    const std::uint32_t last = layers * width + 1;
    for (std::uint32_t i = 0; i < width; ++i) {
        edges.push_back({0, 1 + i});
        edges.push_back({last - width + i, last});
    }
    for (std::uint32_t layer = 0; layer + 1 < layers; ++layer) {
        for (std::uint32_t i = 0; i < width; ++i) {
            for (std::uint32_t k = 0; k < width; ++k) {
                edges.push_back({1 + layer * width + i, 1 + (layer + 1) * width + k});
            }
        }
    }
    return edges;
}

TEST(LineagePaths, OneWayAndNone) {
    const Edges chain = {{0, 1}, {1, 2}, {2, 3}};
    EXPECT_EQ(find(4, chain, {0}, {3}).ways, (Ways{{0, 1, 2, 3}}));
    EXPECT_EQ(find(4, chain, {0}, {3}).end, PathsEnd::all);
    EXPECT_TRUE(find(4, chain, {3}, {0}).ways.empty());
    EXPECT_TRUE(find(5, chain, {0}, {4}).ways.empty());
    EXPECT_TRUE(find(4, {}, {0}, {3}).ways.empty());
    EXPECT_TRUE(find(4, chain, {}, {3}).ways.empty());
    EXPECT_TRUE(find(4, chain, {0}, {}).ways.empty());
    EXPECT_TRUE(find(0, {}, {}, {}).ways.empty());
}

TEST(LineagePaths, ANodeIsAWayToItself) {
    EXPECT_EQ(find(1, {}, {0}, {0}).ways, (Ways{{0}}));
    EXPECT_EQ(find(2, {{0, 1}, {1, 0}, {0, 0}}, {0}, {0}).ways, (Ways{{0}}));
    EXPECT_EQ(find(3, {{0, 1}, {1, 2}}, {0, 1}, {1, 2}).ways, (Ways{{1}}));
}

TEST(LineagePaths, ShortestFirst) {
    // 0 -> 4 directly, by one, by two, by three.
    const Edges edges = {{0, 1}, {1, 2}, {2, 3}, {3, 4}, {0, 3}, {2, 4}, {0, 4}, {1, 3}};
    const Ways ways = find(5, edges, {0}, {4}).ways;
    ASSERT_EQ(ways.size(), 5U);
    EXPECT_EQ(ways[0], (Nodes{0, 4}));
    EXPECT_EQ(ways[1], (Nodes{0, 3, 4}));
    EXPECT_EQ(ways[2].size(), 4U);
    EXPECT_EQ(ways[3].size(), 4U);
    EXPECT_EQ(ways[4], (Nodes{0, 1, 2, 3, 4}));
    EXPECT_EQ(find(5, edges, {0}, {4}, 2).ways, (Ways{{0, 4}, {0, 3, 4}}));
    EXPECT_EQ(find(5, edges, {0}, {4}, 2).end, PathsEnd::enough);
    EXPECT_TRUE(find(5, edges, {0}, {4}, 0).ways.empty());
}

TEST(LineagePaths, ShortestOnesInTheOrderOfTheirNodes) {
    const Ways ways = find(11, layered(3, 3), {0}, {10}).ways;
    ASSERT_EQ(ways.size(), 27U);
    EXPECT_TRUE(std::is_sorted(ways.begin(), ways.end()));
    Edges backwards = layered(3, 3);
    std::reverse(backwards.begin(), backwards.end());
    EXPECT_EQ(find(11, backwards, {0}, {10}).ways, ways);
}

TEST(LineagePaths, ParallelEdgesAndTwiceGivenEndsAreOne) {
    EXPECT_EQ(find(3, {{0, 1}, {0, 1}, {1, 2}, {1, 2}, {1, 1}}, {0, 0}, {2, 2, 2}).ways, (Ways{{0, 1, 2}}));
}

TEST(LineagePaths, NoEndBetweenTheEnds) {
    // Sources 0, 1; targets 3, 4: 0 -> 1 -> 2 -> 3 -> 4, 0 -> 2.
    const Edges edges = {{0, 1}, {1, 2}, {2, 3}, {3, 4}, {0, 2}};
    EXPECT_EQ(find(5, edges, {0, 1}, {3, 4}).ways, (Ways{{0, 2, 3}, {1, 2, 3}}));
}

TEST(LineagePaths, CyclesEnd) {
    // A ring with chords in both directions.
    Edges edges;
    for (std::uint32_t i = 0; i < 8; ++i) {
        for (const std::uint32_t step : {1U, 2U, 7U}) {
            edges.push_back({i, (i + step) % 8});
        }
    }
    const Found found = find(8, edges, {0}, {4});
    const Oracle oracle{8, edges, {0}, {4}};
    EXPECT_EQ(found.ways.size(), oracle.ways.size());
    EXPECT_EQ(found.end, PathsEnd::all);
}

TEST(LineagePaths, ADeadEndBehindACycleIsLimited) {
    // A complete graph of 40 nodes from which nothing leads on but back through the source's only neighbour: more ways
    // into it than anybody can count, and one way to the target.
    Edges edges = {{0, 1}, {1, 2}, {1, 3}};
    for (std::uint32_t i = 3; i < 43; ++i) {
        for (std::uint32_t k = 3; k < 43; ++k) {
            edges.push_back({i, k});
        }
        edges.push_back({i, 1});
    }
    EXPECT_EQ(find(43, edges, {0}, {2}, 1).ways, (Ways{{0, 1, 2}}));
    const Found all = find(43, edges, {0}, {2}, 2, 100'000);
    EXPECT_EQ(all.ways, (Ways{{0, 1, 2}}));
    EXPECT_EQ(all.end, PathsEnd::exhausted);
    EXPECT_LT(all.memory, 10'000'000U);
}

TEST(LineagePaths, FirstWaysOfManyCostLittle) {
    // 4^200 ways.
    const std::uint32_t nodes = 200 * 4 + 2;
    const Edges edges = layered(200, 4);
    // A way has 201 edges; each of them begins two at most.
    const Found one = find(nodes, edges, {0}, {nodes - 1}, 1, 202 * 2);
    ASSERT_EQ(one.ways.size(), 1U);
    EXPECT_EQ(one.ways[0].size(), 202U);
    const Found many = find(nodes, edges, {0}, {nodes - 1}, 1000, 1000 * 202 * 2);
    EXPECT_EQ(many.ways.size(), 1000U);
    EXPECT_EQ(many.end, PathsEnd::enough);
    EXPECT_EQ(std::set(many.ways.begin(), many.ways.end()).size(), 1000U);
    EXPECT_LT(many.memory, 10'000'000U);
    EXPECT_EQ(find(nodes, edges, {0}, {nodes - 1}, plenty, 1000).end, PathsEnd::exhausted);
}

TEST(LineagePaths, ALongChain) {
    Edges edges;
    constexpr std::uint32_t nodes = 300'000;
    for (std::uint32_t i = 0; i + 1 < nodes; ++i) {
        edges.push_back({i, i + 1});
    }
    const Found found = find(nodes, edges, {0}, {nodes - 1}, 5);
    ASSERT_EQ(found.ways.size(), 1U);
    EXPECT_EQ(found.ways[0].size(), nodes);
    EXPECT_EQ(found.end, PathsEnd::all);
    EXPECT_LE(found.memory, nodes * 120U);
}

TEST(LineagePaths, RandomGraphsAsByDefinition) {
    std::mt19937 random{9};
    for (int round = 0; round < 4000; ++round) {
        const std::uint32_t nodes = 1 + random() % 9;
        const bool acyclic = random() % 2 == 0;
        Edges edges;
        for (std::uint32_t i = random() % 30; i > 0; --i) {
            Edge edge{static_cast<std::uint32_t>(random() % nodes), static_cast<std::uint32_t>(random() % nodes)};
            if (acyclic && edge.from > edge.to) {
                std::swap(edge.from, edge.to);
            }
            edges.push_back(edge);
        }
        const auto some = [&] {
            Nodes chosen;
            for (std::uint32_t i = random() % 3 + 1; i > 0; --i) {
                chosen.push_back(random() % nodes);
            }
            return chosen;
        };
        const Nodes sources = some();
        const Nodes targets = some();
        const Oracle oracle{nodes, edges, sources, targets};
        const Found found = find(nodes, edges, sources, targets);
        ASSERT_EQ(found.end, PathsEnd::all);
        std::multiset<std::pair<std::size_t, Nodes>> ways;
        for (std::size_t i = 0; i < found.ways.size(); ++i) {
            ASSERT_TRUE(i == 0 || found.ways[i - 1].size() <= found.ways[i].size()) << round;
            ways.emplace(found.ways[i].size(), found.ways[i]);
        }
        ASSERT_EQ(ways, oracle.ways) << round;
        // The first of them are the first of all, whatever the order of the edges.
        std::shuffle(edges.begin(), edges.end(), random);
        const std::size_t most = random() % 6;
        const Found first = find(nodes, edges, sources, targets, most);
        ASSERT_EQ(first.ways.size(), std::min(most, found.ways.size()));
        ASSERT_TRUE(std::equal(first.ways.begin(), first.ways.end(), found.ways.begin())) << round;
    }
}

TEST(LineagePaths, RefusesWhatIsNoNode) {
    EXPECT_THROW((void)find(2, {{0, 2}}, {0}, {1}), std::out_of_range);
    EXPECT_THROW((void)find(2, {{2, 0}}, {0}, {1}), std::out_of_range);
    EXPECT_THROW((void)find(2, {}, {2}, {1}), std::out_of_range);
    EXPECT_THROW((void)find(2, {}, {0}, {2}), std::out_of_range);
}

TEST(LineagePaths, StopsWhenAsked) {
    const Edges edges = layered(40, 10);
    mlregistry::lineage::Paths paths{std::pmr::new_delete_resource()};
    const Nodes source = {0};
    const Nodes target = {401};
    EXPECT_THROW((void)find_paths(402, edges, source, target, {.paths = 1, .steps = plenty}, paths,
                                  []() noexcept { return true; }),
                 Interrupted);
}

TEST(LineagePaths, MemoryMayEndAnywhere) {
    const Edges edges = layered(6, 3);
    const Nodes source = {0};
    const Nodes target = {19};
    bool done = false;
    for (std::size_t limit = 0; !done; limit += 64) {
        ASSERT_LT(limit, 100'000U);
        Measured memory{limit};
        {
            mlregistry::lineage::Paths paths{&memory};
            try {
                (void)find_paths(20, edges, source, target, {.paths = 50, .steps = plenty}, paths, nullptr);
                done = paths.size() == 50;
            } catch (const std::bad_alloc &) {
                ASSERT_LE(memory.held, limit);
            }
        }
        ASSERT_EQ(memory.held, 0U);
    }
}

} // namespace
