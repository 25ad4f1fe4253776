// Lineage as text that other programs draw: DOT for Graphviz, Mermaid for Markdown.
//
// Arrows go as the data goes: from what something came from to what came from it. Versions and the deployments that
// serve them stand in a frame of their model. The same graph gives the same text.
#pragma once

#include "error.hpp"
#include "lineage_words.hpp"

#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <span>
#include <string>
#include <string_view>

namespace mlregistry::picture {

/// A thing of lineage. Texts may hold anything: what would end a string is escaped, control characters become blanks.
struct Node {
    lineage::Kind kind;
    std::string_view id;      ///< uuid; empty: hidden
    std::string_view name;    ///< reference, with the project where it is another one: model@version, dataset:name …
    std::string_view group;   ///< model of a version, experiment of a run, environment of a deployment
    std::string_view label;   ///< version, name or number of a run, name of a deployment or dataset
    std::string_view project; ///< slug
    bool is_start = false;
    bool is_hidden = false;
    bool is_deleted = false;
};

/// A child and what it came from, by their places among the nodes.
struct Edge {
    std::uint32_t child;
    std::uint32_t parent;
    lineage::Relation relation;
};

/// Nodes nearer to the start come first: what is left out of a picture that is cut is what is far.
struct Graph {
    std::span<const Node> nodes;
    std::span<const Edge> edges;
    bool has_more = false; ///< this is not all that there is
};

struct Options {
    /// Of other kinds only the starts are shown; what is connected through them is joined by an arrow with a broken
    /// line.
    lineage::Kinds kinds = lineage::all_kinds;
    std::size_t max_edges =
        SIZE_MAX;        ///< arrows, of which there is one between two things, whatever relations it stands for
    bool is_utf8 = true; ///< false: nothing beyond ASCII but what names bring
    /// Bytes of the first character of a text that is not empty.
    std::size_t (*character_size)(std::string_view) noexcept = nullptr; ///< null: as UTF-8 has it
    StopRequested stop = nullptr;
};

/// What Mermaid takes without being configured otherwise.
inline constexpr std::size_t most_mermaid_edges = 500;
inline constexpr std::size_t most_mermaid_text = 50'000;

[[nodiscard]] std::pmr::string dot(const Graph &graph, const Options &options, std::pmr::memory_resource *memory);

/// At most most_mermaid_edges arrows and most_mermaid_text bytes, whatever the options say.
[[nodiscard]] std::pmr::string mermaid(const Graph &graph, const Options &options, std::pmr::memory_resource *memory);

} // namespace mlregistry::picture
