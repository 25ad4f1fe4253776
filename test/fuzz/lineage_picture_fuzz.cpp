// Graphs of any shape with any names: pictures can be read again, and keep to their limits.
#include "lineage_picture.hpp"

#include "../unit/picture_readers.hpp"

#include <cstdint>
#include <string>
#include <vector>

using namespace mlregistry;

static void require(bool holds) {
    if (!holds) {
        __builtin_trap();
    }
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    std::size_t at = 0;
    const auto byte = [&]() -> unsigned { return at < size ? data[at++] : 0U; };
    const auto text = [&] {
        const std::size_t wanted = byte() % 64;
        const std::size_t here = std::min(wanted, size - std::min(at, size));
        const std::string_view found{reinterpret_cast<const char *>(data) + at, here};
        at += here;
        return found;
    };
    picture::Options options{};
    options.kinds = byte() % 16;
    options.max_edges = byte() % 4 == 0 ? byte() : SIZE_MAX;
    options.is_utf8 = byte() % 2 == 0;
    const std::size_t count = byte() % 24;
    std::vector<std::string> ids;
    for (std::size_t i = 0; i < count; ++i) {
        ids.push_back(std::to_string(i) + "-0000");
    }
    std::vector<picture::Node> nodes;
    for (std::size_t i = 0; i < count; ++i) {
        const unsigned what = byte();
        picture::Node node{.kind = static_cast<lineage::Kind>(what % 4),
                           .id = ids[i],
                           .name = {},
                           .group = {},
                           .label = {},
                           .project = {}};
        node.is_start = (what & 16U) != 0;
        node.is_deleted = (what & 32U) != 0;
        node.is_hidden = (what & 192U) == 192U;
        if (node.is_hidden) {
            node.id = {};
        } else {
            node.name = text();
            node.group = text();
            node.label = text();
            node.project = text();
        }
        nodes.push_back(node);
    }
    std::vector<picture::Edge> edges;
    while (count > 0 && at < size) {
        const auto child = static_cast<std::uint32_t>(byte() % count);
        const auto parent = static_cast<std::uint32_t>(byte() % count);
        edges.push_back({child, parent, static_cast<lineage::Relation>(byte() % lineage::relation_count)});
    }
    const picture::Graph graph{.nodes = nodes, .edges = edges};
    const std::pmr::string dot = picture::dot(graph, options, std::pmr::new_delete_resource());
    const test::Picture drawn = test::DotReader{dot}.read();
    require(drawn.error.empty());
    require(drawn.arrows.size() <= options.max_edges);
    const std::pmr::string mermaid = picture::mermaid(graph, options, std::pmr::new_delete_resource());
    require(mermaid.size() <= picture::most_mermaid_text);
    const test::Picture charted = test::MermaidReader{mermaid}.read();
    require(charted.error.empty());
    require(charted.arrows.size() <= picture::most_mermaid_edges);
    for (const test::Picture &picture : {drawn, charted}) {
        for (const auto &[from, to] : picture.arrows) {
            require(picture.labels.contains(from) && picture.labels.contains(to));
        }
    }
    require(drawn.arrows.size() == charted.arrows.size());
    return 0;
}
