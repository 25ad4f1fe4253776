#include "lineage_paths.hpp"

#include <algorithm>
#include <iterator>
#include <limits>
#include <stdexcept>

namespace mlregistry::lineage {

namespace {

constexpr std::uint32_t none = std::numeric_limits<std::uint32_t>::max();

/// Lists of neighbours: those of node i lie from begins[i] to begins[i + 1].
struct Neighbours {
    explicit Neighbours(std::pmr::memory_resource *memory) : begins{memory}, nodes{memory} {}

    [[nodiscard]] std::span<const std::uint32_t> of(std::uint32_t node) const noexcept {
        return std::span{nodes}.subspan(begins[node], begins[node + 1] - begins[node]);
    }

    std::pmr::vector<std::uint32_t> begins;
    std::pmr::vector<std::uint32_t> nodes;
};

/// Counting sort by the node that an edge leaves, or comes to.
void sort_edges(std::uint32_t node_count, std::span<const Edge> edges, std::uint32_t Edge::*key,
                std::uint32_t Edge::*value, Neighbours &sorted, StopPoll &poll) {
    sorted.begins.assign(static_cast<std::size_t>(node_count) + 1, 0);
    for (const Edge &edge : edges) {
        poll();
        ++sorted.begins[edge.*key];
    }
    std::uint32_t end = 0;
    for (std::uint32_t &begin : sorted.begins) {
        end += begin;
        begin = end;
    }
    sorted.nodes.resize(edges.size());
    // From the end, as the counts are places behind each list: neighbours keep the order of the edges.
    for (std::size_t i = edges.size(); i > 0; --i) {
        poll();
        sorted.nodes[--sorted.begins[edges[i - 1].*key]] = edges[i - 1].*value;
    }
}

} // namespace

class PathSearch {
  public:
    PathSearch(std::uint32_t node_count, std::span<const Edge> edges, std::span<const std::uint32_t> sources,
               std::span<const std::uint32_t> targets, Paths &found, StopRequested stop)
        : found_{found}, memory_{found.nodes_.get_allocator().resource()}, poll_{stop}, node_count_{node_count},
          roles_(node_count, 0, memory_),
          left_(node_count, none, memory_), next_{memory_}, ends_{memory_}, beginnings_{memory_}, lowest_{memory_} {
        if (edges.size() >= none - sources.size() || sources.size() >= none) {
            throw std::length_error{"too many edges"};
        }
        const auto is_none = [&](std::uint32_t node) { return node >= node_count; };
        for (const Edge &edge : edges) {
            poll_();
            if (is_none(edge.from) || is_none(edge.to)) {
                throw std::out_of_range{"an edge of a node that is none"};
            }
        }
        if (std::any_of(sources.begin(), sources.end(), is_none) ||
            std::any_of(targets.begin(), targets.end(), is_none)) {
            throw std::out_of_range{"an end that is no node"};
        }
        for (const std::uint32_t node : sources) {
            roles_[node] |= source;
        }
        for (const std::uint32_t node : targets) {
            roles_[node] |= target;
        }
        measure(edges, targets);
        keep_useful(edges, sources);
    }

    PathsEnd run(const PathLimits &limits) {
        if (limits.paths == 0) {
            return PathsEnd::enough;
        }
        const std::size_t steps = std::min<std::size_t>(limits.steps, none - 2); // a step begins two at most
        if (ends_[node_count_] > next_.begins[node_count_]) {
            begin(none, next_.begins[node_count_], 0);
        }
        for (std::size_t length = 0; length < lowest_.size();) {
            const std::uint32_t at = lowest_[length];
            if (at == none) {
                ++length;
                continue;
            }
            poll_();
            if (beginnings_.size() + found_.nodes_.size() >= steps) {
                return PathsEnd::exhausted;
            }
            const Beginning here = beginnings_[at];
            lowest_[length] = here.below;
            const std::uint32_t node = next_.nodes[here.place];
            if (here.place + 1 < ends_[node_before(here)]) {
                begin(here.before, here.place + 1, here.length);
            }
            if (has_cycle_ && comes_back(here)) {
                continue;
            }
            if ((roles_[node] & target) != 0) {
                take(here);
                if (found_.size() == limits.paths) {
                    return PathsEnd::enough;
                }
                continue;
            }
            order(node);
            if (ends_[node] > next_.begins[node]) {
                begin(at, next_.begins[node], here.length + 1);
            }
        }
        return PathsEnd::all;
    }

  private:
    enum Role : std::uint8_t { source = 1, target = 2, ordered = 4 };

    /// A way from a source as far as one of the neighbours of its last node but one.
    struct Beginning {
        std::uint32_t before; ///< the beginning that it is a step longer than
        std::uint32_t place;  ///< of its last node, among the neighbours of the node before
        std::uint32_t length; ///< in edges
        std::uint32_t below;  ///< the next one whose shortest way is as long
    };

    /// How many edges are left from each node to the nearest target: breadth first, against the edges.
    void measure(std::span<const Edge> edges, std::span<const std::uint32_t> targets) {
        Neighbours before{memory_};
        sort_edges(node_count_, edges, &Edge::to, &Edge::from, before, poll_);
        std::pmr::vector<std::uint32_t> queue{memory_};
        for (const std::uint32_t node : targets) {
            if (left_[node] == none) {
                left_[node] = 0;
                queue.push_back(node);
            }
        }
        for (std::size_t head = 0; head < queue.size(); ++head) {
            const std::uint32_t node = queue[head];
            if ((roles_[node] & source) != 0) {
                continue; // nothing comes to a source
            }
            for (const std::uint32_t neighbour : before.of(node)) {
                poll_();
                if (left_[neighbour] == none) {
                    left_[neighbour] = left_[node] + 1;
                    queue.push_back(neighbour);
                }
            }
        }
    }

    /// Keeps of the edges those that lie on a way to a target: neighbours of each node, and as those of one node more
    /// the sources.
    void keep_useful(std::span<const Edge> edges, std::span<const std::uint32_t> sources) {
        sort_edges(node_count_, edges, &Edge::from, &Edge::to, next_, poll_);
        ends_.assign(static_cast<std::size_t>(node_count_) + 1, 0);
        std::uint32_t place = 0;
        for (std::uint32_t node = 0; node < node_count_; ++node) {
            poll_();
            const std::span<const std::uint32_t> all = next_.of(node);
            const std::uint32_t first = place;
            for (const std::uint32_t neighbour : all) {
                poll_();
                if ((roles_[node] & target) == 0 && (roles_[neighbour] & source) == 0 && neighbour != node &&
                    left_[neighbour] != none) {
                    next_.nodes[place++] = neighbour; // behind what is still to be read
                }
            }
            next_.begins[node] = first;
            ends_[node] = place;
        }
        next_.nodes.resize(place);
        next_.begins[node_count_] = place;
        for (const std::uint32_t node : sources) {
            if (left_[node] != none) {
                next_.nodes.push_back(node);
            }
        }
        ends_[node_count_] = static_cast<std::uint32_t>(next_.nodes.size());
        sort_list(node_count_);
        has_cycle_ = find_cycle();
    }

    /// Whether nodes are left when those that nothing comes to are taken away, again and again (A. B. Kahn, Topological
    /// sorting of large networks, 1962).
    bool find_cycle() {
        std::pmr::vector<std::uint32_t> coming(node_count_, 0, memory_);
        const auto kept = [&](std::uint32_t node) {
            return std::span{next_.nodes}.subspan(next_.begins[node], ends_[node] - next_.begins[node]);
        };
        for (std::uint32_t node = 0; node < node_count_; ++node) {
            for (const std::uint32_t neighbour : kept(node)) {
                poll_();
                ++coming[neighbour];
            }
        }
        std::pmr::vector<std::uint32_t> free{memory_};
        for (std::uint32_t node = 0; node < node_count_; ++node) {
            if (coming[node] == 0) {
                free.push_back(node);
            }
        }
        std::size_t gone = 0;
        while (!free.empty()) {
            const std::uint32_t node = free.back();
            free.pop_back();
            ++gone;
            for (const std::uint32_t neighbour : kept(node)) {
                poll_();
                if (--coming[neighbour] == 0) {
                    free.push_back(neighbour);
                }
            }
        }
        return gone < node_count_;
    }

    void sort_list(std::uint32_t node) {
        const auto begin = next_.nodes.begin() + static_cast<std::ptrdiff_t>(next_.begins[node]);
        const auto end = next_.nodes.begin() + static_cast<std::ptrdiff_t>(ends_[node]);
        std::sort(begin, end,
                  [&](std::uint32_t a, std::uint32_t b) { return left_[a] != left_[b] ? left_[a] < left_[b] : a < b; });
        ends_[node] = static_cast<std::uint32_t>(std::distance(next_.nodes.begin(), std::unique(begin, end)));
    }

    /// Orders the neighbours of a node, those nearest to a target first, when it is come to for the first time.
    void order(std::uint32_t node) {
        if ((roles_[node] & ordered) == 0) {
            roles_[node] |= ordered;
            sort_list(node);
        }
    }

    [[nodiscard]] std::uint32_t node_before(const Beginning &beginning) const noexcept {
        return beginning.before == none ? node_count_ : next_.nodes[beginnings_[beginning.before].place];
    }

    /// Puts a beginning on top of those whose shortest way is as long: what was begun last is ended first.
    void begin(std::uint32_t before, std::uint32_t place, std::uint32_t length) {
        const std::size_t whole = static_cast<std::size_t>(length) + left_[next_.nodes[place]];
        if (lowest_.size() <= whole) {
            lowest_.resize(whole + 1, none);
        }
        beginnings_.push_back({before, place, length, lowest_[whole]});
        lowest_[whole] = static_cast<std::uint32_t>(beginnings_.size() - 1);
    }

    [[nodiscard]] bool comes_back(const Beginning &beginning) {
        const std::uint32_t node = next_.nodes[beginning.place];
        for (std::uint32_t at = beginning.before; at != none; at = beginnings_[at].before) {
            poll_();
            if (next_.nodes[beginnings_[at].place] == node) {
                return true;
            }
        }
        return false;
    }

    void take(const Beginning &whole) {
        const std::size_t begin = found_.nodes_.size();
        found_.nodes_.resize(begin + whole.length + 1);
        const Beginning *at = &whole;
        for (std::size_t i = found_.nodes_.size() - 1;; --i) {
            poll_();
            found_.nodes_[i] = next_.nodes[at->place];
            if (i == begin) {
                break;
            }
            at = &beginnings_[at->before];
        }
        found_.ends_.push_back(found_.nodes_.size());
    }

    Paths &found_;
    std::pmr::memory_resource *memory_;
    StopPoll poll_;
    std::uint32_t node_count_;
    std::pmr::vector<std::uint8_t> roles_;
    std::pmr::vector<std::uint32_t> left_; ///< edges to the nearest target
    Neighbours next_;
    std::pmr::vector<std::uint32_t> ends_; ///< of the lists in next_
    std::pmr::vector<Beginning> beginnings_;
    std::pmr::vector<std::uint32_t> lowest_; ///< by the length of their shortest way, the beginning on top
    bool has_cycle_ = false;
};

PathsEnd find_paths(std::uint32_t node_count, std::span<const Edge> edges, std::span<const std::uint32_t> sources,
                    std::span<const std::uint32_t> targets, const PathLimits &limits, Paths &found,
                    StopRequested stop) {
    return PathSearch{node_count, edges, sources, targets, found, stop}.run(limits);
}

} // namespace mlregistry::lineage
