#include "lineage_picture.hpp"

#include "picture_plan.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <vector>

namespace mlregistry::picture {

namespace {

using lineage::Kind;
using lineage::kind_count;
using lineage::relation_count;
using std::uint32_t;

constexpr std::size_t longest_label = 28; ///< characters

/// How a kind is drawn: one shape, one colour, the same ones in both languages.
struct Look {
    std::string_view shape; ///< of Graphviz
    std::string_view open;  ///< brackets of Mermaid
    std::string_view close;
    std::string_view fill;
    std::string_view line;
    bool is_rounded;
};

constexpr Look looks[kind_count] = {
    {"cylinder", "[(", ")]", "#d6e6f5", "#2b6499", false}, // dataset
    {"box3d", "{{", "}}", "#f7d9d3", "#b0402a", false},    // deployment
    {"box", "([", "])", "#fdf0c8", "#a67c00", true},       // run
    {"box", "[", "]", "#d8ecd3", "#3b7a2a", false},        // version
};
constexpr const Look &look_of(Kind kind) noexcept { return looks[static_cast<std::size_t>(kind)]; }

/// Text that grows.
class Text {
  public:
    Text(const Options &options, std::pmr::memory_resource *memory) : options_{options}, text_{memory} {}

    Text &operator<<(std::string_view more) {
        text_ += more;
        return *this;
    }
    Text &operator<<(std::size_t number) {
        char digits[24];
        const auto end = std::to_chars(std::begin(digits), std::end(digits), number).ptr;
        return *this << std::string_view{digits, end};
    }
    [[nodiscard]] std::size_t size() const noexcept { return text_.size(); }
    [[nodiscard]] std::pmr::string take() { return std::move(text_); }

    [[nodiscard]] std::string_view ellipsis() const noexcept { return options_.is_utf8 ? "\xE2\x80\xA6" : "..."; }

    /// Calls put(part) for what is shown of a text: all of it, or its beginning, the ellipsis, and its end.
    template <class Put> void shortened(std::string_view text, const Put &put) const {
        constexpr std::size_t head = longest_label * 3 / 5;
        constexpr std::size_t tail = longest_label - head - 1;
        // Where the last characters begin, in a ring.
        std::array<std::size_t, tail> begins{};
        std::size_t characters = 0;
        std::size_t head_size = 0;
        for (std::size_t at = 0; at < text.size(); ++characters) {
            if (characters == head) {
                head_size = at;
            }
            begins[characters % tail] = at;
            at += size_of_first(text.substr(at));
        }
        if (characters <= longest_label) {
            put(text);
            return;
        }
        put(text.substr(0, head_size));
        put(ellipsis());
        put(text.substr(begins[characters % tail]));
    }

  private:
    [[nodiscard]] std::size_t size_of_first(std::string_view text) const noexcept {
        std::size_t size = 1;
        if (options_.character_size != nullptr) {
            size = options_.character_size(text);
        } else {
            while (size < text.size() && (static_cast<unsigned char>(text[size]) & 0xC0U) == 0x80U) {
                ++size;
            }
        }
        return std::clamp<std::size_t>(size, 1, text.size());
    }

    const Options &options_;
    std::pmr::string text_;
};

constexpr bool is_control(char c) noexcept { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

/// A text in a quoted string of Graphviz, as labels and tooltips read it: backslashes and HTML's entities mean
/// something.
void put_dot(Text &out, std::string_view text) {
    for (std::size_t i = 0; i < text.size(); ++i) {
        switch (const char c = text[i]; c) {
        case '"':
            out << "\\\"";
            break;
        case '\\':
            out << "\\\\";
            break;
        case '&':
            out << "&amp;";
            break;
        default:
            out << (is_control(c) ? " " : text.substr(i, 1));
        }
    }
}

/// A text in a quoted string of Mermaid: everything that has a meaning somewhere is a number.
void put_mermaid(Text &out, std::string_view text) {
    constexpr std::string_view plain = " ._/@+-,()";
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        const bool is_word = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (is_word || static_cast<unsigned char>(c) >= 0x80 || plain.find(c) != std::string_view::npos) {
            out << text.substr(i, 1);
        } else if (is_control(c)) {
            out << " ";
        } else {
            out << "#" << static_cast<std::size_t>(static_cast<unsigned char>(c)) << ";";
        }
    }
}

using Put = void (*)(Text &, std::string_view);

constexpr std::string_view after(std::string_view text, std::string_view prefix) noexcept {
    return text.starts_with(prefix) ? text.substr(prefix.size()) : text;
}

/// What stands in a node, in one line or two.
void put_label(Text &out, const Node &node, Put put, std::string_view line_break) {
    constexpr std::size_t short_id = 8;
    const auto shown = [&](std::string_view text) {
        out.shortened(text, [&](std::string_view part) { put(out, part); });
    };
    if (node.is_hidden) {
        out << "hidden " << lineage::name_of(node.kind);
        return;
    }
    if (node.label == node.id || node.label.empty()) { // nothing but its identifier is left of it
        out << lineage::name_of(node.kind) << " ";
        put(out, node.id.substr(0, short_id));
    } else if (node.kind == Kind::run) {
        if (node.label.starts_with('#') && !node.group.empty()) { // a number is one of its experiment
            shown(node.group);
            out << " ";
        }
        shown(node.label);
        out << line_break;
        put(out, node.id.substr(0, short_id));
    } else if (node.kind == Kind::dataset) {
        shown(after(node.name, "dataset:"));
    } else if (node.kind == Kind::deployment) {
        shown(node.label);
        const std::string_view place = after(node.name, "deployment:");
        if (place.size() > node.label.size() + 1) {
            out << line_break;
            shown(place.substr(0, place.size() - node.label.size() - 1));
        }
    } else {
        shown(node.label);
    }
    if (node.is_deleted) {
        out << " (deleted)";
    }
}

/// The name of a model, with its project where the references have it.
std::string_view frame_name(const Node &version) noexcept {
    const std::size_t at = version.name.rfind('@');
    return at == std::string_view::npos ? version.group : version.name.substr(0, at);
}

void put_relations(Text &out, lineage::Relations relations, std::string_view between) {
    std::string_view separator;
    for (std::size_t r = 0; r < relation_count; ++r) {
        if ((relations & (1U << r)) != 0) {
            out << separator << lineage::relation_names[r];
            separator = between;
        }
    }
}

void put_note(Text &out, const Plan &plan) {
    out << "Cut to the " << plan.arrows.size()
        << " nearest arrows, there are more. max_depth, kinds and relations choose.";
}

/// What a legend explains: what is there.
struct Legend {
    std::array<bool, kind_count> kinds{};
    bool has_start = false;
    bool has_hidden = false;
    bool has_deleted = false;
};

Legend legend_of(const Graph &graph, const Plan &plan) {
    Legend legend;
    for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
        if (plan.is_drawn[i]) {
            const Node &node = graph.nodes[i];
            legend.kinds[static_cast<std::size_t>(node.kind)] = true;
            legend.has_start = legend.has_start || node.is_start;
            legend.has_hidden = legend.has_hidden || node.is_hidden;
            legend.has_deleted = legend.has_deleted || node.is_deleted;
        }
    }
    return legend;
}

/// In a picture that flows from left to right, as the data does.
constexpr std::array<Kind, kind_count> flow = {Kind::dataset, Kind::run, Kind::version, Kind::deployment};

constexpr std::string_view hidden_fill = "#eeeeee";
constexpr std::string_view hidden_line = "#888888";
constexpr std::string_view deleted_fill = "#ffffff";

/// Calls put(i) for what is in no frame, and then, between begin(frame) and end(), for what is in each.
template <class Begin, class PutNode, class End>
void for_each_frame(const Graph &graph, const Plan &plan, const Begin &begin, const PutNode &put, const End &end,
                    std::pmr::memory_resource *memory) {
    std::pmr::vector<uint32_t> order{memory};
    for (uint32_t i = 0; i < graph.nodes.size(); ++i) {
        if (plan.is_drawn[i]) {
            order.push_back(i);
        }
    }
    // nothing + 1 is 0: first what is in no frame.
    std::ranges::stable_sort(order, {}, [&plan](uint32_t i) { return plan.frame[i] + 1; });
    uint32_t last = nothing;
    for (const uint32_t i : order) {
        if (plan.frame[i] != last) {
            if (last != nothing) {
                end();
            }
            last = plan.frame[i];
            begin(last);
        }
        put(i);
    }
    if (last != nothing) {
        end();
    }
}

// ---- DOT

void put_dot_id(Text &out, const Graph &graph, const Plan &plan, uint32_t i) {
    const Node &node = graph.nodes[i];
    if (node.is_hidden) {
        out << "\"hidden:" << std::size_t{plan.number[i]} << "\"";
    } else {
        out << "\"" << lineage::name_of(node.kind) << ":";
        put_dot(out, node.id);
        out << "\"";
    }
}

void put_dot_look(Text &out, Kind kind, bool is_start, bool is_hidden, bool is_deleted) {
    const Look &look = look_of(kind);
    out << "shape=\"" << look.shape << "\", style=\"filled" << (look.is_rounded ? ",rounded" : "")
        << (is_hidden    ? ",dashed"
            : is_deleted ? ",dotted"
                         : "")
        << "\", fillcolor=\""
        << (is_hidden    ? hidden_fill
            : is_deleted ? deleted_fill
                         : look.fill)
        << "\", color=\"" << (is_hidden ? hidden_line : look.line) << "\"";
    if (is_start) {
        out << ", penwidth=\"3\"";
    }
}

void put_dot_legend(Text &out, const Legend &legend, bool has_ways) {
    out << "    subgraph \"cluster_legend\" {\n        label=\"Legend\";\n        fontsize=\"9\";\n        "
           "color=\"#cccccc\";\n"
           "        node [fontsize=\"8\", height=\"0.25\", margin=\"0.08,0.03\"];\n";
    std::size_t n = 0;
    const auto item = [&out, &n](std::string_view text, Kind kind, bool is_start, bool is_hidden, bool is_deleted) {
        out << "        \"legend:" << n++ << "\" [label=\"" << text << "\", ";
        put_dot_look(out, kind, is_start, is_hidden, is_deleted);
        out << "];\n";
    };
    for (const Kind kind : flow) {
        if (legend.kinds[static_cast<std::size_t>(kind)]) {
            item(lineage::name_of(kind), kind, false, false, false);
        }
    }
    if (legend.has_start) {
        item("asked for", Kind::version, true, false, false);
    }
    if (legend.has_hidden) {
        item("hidden", Kind::version, false, true, false);
    }
    if (legend.has_deleted) {
        item("deleted", Kind::version, false, false, true);
    }
    if (has_ways) {
        out << "        \"legend:" << n++
            << "\" [label=\"broken line: through what is not shown\", shape=\"plaintext\"];\n";
    }
    if (n > 1) { // in a row
        for (std::size_t i = 0; i < n; ++i) {
            out << (i == 0 ? "        " : " -> ") << "\"legend:" << i << "\"";
        }
        out << " [style=\"invis\"];\n";
    }
    out << "    }\n";
}

// ---- Mermaid

void put_mermaid_id(Text &out, const Graph &graph, const Plan &plan, uint32_t i) {
    out << (graph.nodes[i].is_hidden ? "h" : "n") << std::size_t{plan.number[i]};
}

/// `class n1,n2 start`, for those of which it is true.
template <class Is>
void put_mermaid_class(Text &out, const Graph &graph, const Plan &plan, std::string_view name, const Is &is) {
    std::string_view separator = "    class ";
    for (uint32_t i = 0; i < graph.nodes.size(); ++i) {
        if (plan.is_drawn[i] && is(graph.nodes[i])) {
            out << separator;
            put_mermaid_id(out, graph, plan, i);
            separator = ",";
        }
    }
    if (separator == ",") {
        out << " " << name << "\n";
    }
}

void put_mermaid_legend(Text &out, const Legend &legend, bool has_ways) {
    out << "    subgraph legend[\"Legend\"]\n";
    std::size_t n = 0;
    const auto item = [&out, &n](std::string_view text, const Look &look, std::string_view style) {
        out << "        l" << ++n << look.open << "\"" << text << "\"" << look.close << ":::" << style << "\n";
    };
    for (const Kind kind : flow) {
        if (legend.kinds[static_cast<std::size_t>(kind)]) {
            item(lineage::name_of(kind), look_of(kind), lineage::name_of(kind));
        }
    }
    if (legend.has_start) {
        item("asked for", look_of(Kind::version), "start");
    }
    if (legend.has_hidden) {
        item("hidden", look_of(Kind::version), "hidden");
    }
    if (legend.has_deleted) {
        item("deleted", look_of(Kind::version), "deleted");
    }
    if (has_ways) {
        item("broken line (through what is not shown)", look_of(Kind::version), "note");
    }
    out << "    end\n";
}

std::pmr::string mermaid_of(const Graph &graph, const Plan &plan, const Options &options,
                            std::pmr::memory_resource *memory) {
    Text out{options, memory};
    const Legend legend = legend_of(graph, plan);
    out << "flowchart LR\n";
    for_each_frame(
        graph, plan,
        [&](uint32_t frame) {
            out << "    subgraph m" << std::size_t{frame} + 1 << "[\"";
            out.shortened(frame_name(graph.nodes[plan.frames[frame]]),
                          [&](std::string_view part) { put_mermaid(out, part); });
            out << "\"]\n";
        },
        [&](uint32_t i) {
            const Node &node = graph.nodes[i];
            const Look &look = look_of(node.kind);
            out << (plan.frame[i] == nothing ? "    " : "        ");
            put_mermaid_id(out, graph, plan, i);
            out << look.open << "\"";
            put_label(out, node, put_mermaid, "<br/>");
            out << "\"" << look.close << ":::" << lineage::name_of(node.kind) << "\n";
        },
        [&] { out << "    end\n"; }, memory);
    for (const Arrow &arrow : plan.arrows) {
        out << "    ";
        put_mermaid_id(out, graph, plan, arrow.parent);
        if (arrow.relations == 0) {
            out << " -.-> ";
        } else {
            out << " -->|\"";
            put_relations(out, arrow.relations, ", ");
            out << "\"| ";
        }
        put_mermaid_id(out, graph, plan, arrow.child);
        out << "\n";
    }
    if (plan.nodes != 0) {
        put_mermaid_legend(out, legend, plan.has_ways);
    }
    if (plan.is_cut) {
        out << "    cut[\"";
        put_note(out, plan);
        out << "\"]:::note\n";
    }
    for (const Kind kind : flow) {
        if (legend.kinds[static_cast<std::size_t>(kind)]) {
            out << "    classDef " << lineage::name_of(kind) << " fill:" << look_of(kind).fill
                << ",stroke:" << look_of(kind).line << ",color:#000\n";
        }
    }
    if (legend.has_start) {
        out << "    classDef start stroke-width:3px,color:#000\n";
    }
    if (legend.has_hidden) {
        out << "    classDef hidden fill:" << hidden_fill << ",stroke:" << hidden_line
            << ",stroke-dasharray:5 3,color:#555\n";
    }
    if (legend.has_deleted) {
        out << "    classDef deleted fill:" << deleted_fill << ",stroke-dasharray:2 2,color:#555\n";
    }
    if (plan.is_cut || plan.has_ways) {
        out << "    classDef note fill:#fff,stroke:#fff,color:#555\n";
    }
    put_mermaid_class(out, graph, plan, "start", [](const Node &node) { return node.is_start; });
    put_mermaid_class(out, graph, plan, "hidden", [](const Node &node) { return node.is_hidden; });
    put_mermaid_class(out, graph, plan, "deleted", [](const Node &node) { return node.is_deleted; });
    return out.take();
}

} // namespace

std::pmr::string dot(const Graph &graph, const Options &options, std::pmr::memory_resource *memory) {
    const Plan plan = plan_of(graph, options, options.max_edges, memory);
    Text out{options, memory};
    out << "digraph \"lineage\" {\n"
           "    graph [rankdir=\"LR\", fontname=\"Helvetica\", fontsize=\"10\", ranksep=\"0.6\", nodesep=\"0.25\"];\n"
           "    node [fontname=\"Helvetica\", fontsize=\"10\", height=\"0.35\", margin=\"0.12,0.06\"];\n"
           "    edge [fontname=\"Helvetica\", fontsize=\"8\", color=\"#555555\", fontcolor=\"#555555\", "
           "arrowsize=\"0.7\"];\n";
    if (plan.is_cut) {
        out << "    label=\"";
        put_note(out, plan);
        out << "\";\n";
    }
    for_each_frame(
        graph, plan,
        [&](uint32_t frame) {
            const Node &version = graph.nodes[plan.frames[frame]];
            out << "    subgraph \"cluster_" << std::size_t{frame} + 1 << "\" {\n        label=\"";
            out.shortened(frame_name(version), [&](std::string_view part) { put_dot(out, part); });
            out << "\";\n        tooltip=\"";
            put_dot(out, frame_name(version));
            out << "\";\n        style=\"rounded\";\n        color=\"#999999\";\n";
        },
        [&](uint32_t i) {
            const Node &node = graph.nodes[i];
            out << (plan.frame[i] == nothing ? "    " : "        ");
            put_dot_id(out, graph, plan, i);
            out << " [label=\"";
            put_label(out, node, put_dot, "\\n");
            out << "\", ";
            put_dot_look(out, node.kind, node.is_start, node.is_hidden, node.is_deleted);
            if (!node.is_hidden) {
                out << ", tooltip=\"";
                put_dot(out, node.name);
                out << "\"";
            }
            out << "];\n";
        },
        [&] { out << "    }\n"; }, memory);
    for (const Arrow &arrow : plan.arrows) {
        out << "    ";
        put_dot_id(out, graph, plan, arrow.parent);
        out << " -> ";
        put_dot_id(out, graph, plan, arrow.child);
        if (arrow.relations == 0) {
            out << " [style=\"dashed\"];\n";
        } else {
            out << " [label=\"";
            put_relations(out, arrow.relations, "\\n");
            out << "\"];\n";
        }
    }
    if (plan.nodes != 0) {
        put_dot_legend(out, legend_of(graph, plan), plan.has_ways);
    }
    out << "}\n";
    return out.take();
}

std::pmr::string mermaid(const Graph &graph, const Options &options, std::pmr::memory_resource *memory) {
    std::size_t max_edges = std::min(options.max_edges, most_mermaid_edges);
    for (;;) {
        const Plan plan = plan_of(graph, options, max_edges, memory);
        std::pmr::string text = mermaid_of(graph, plan, options, memory);
        if (text.size() <= most_mermaid_text || max_edges == 0) {
            return text;
        }
        // Arrows and what they lead to make nearly all of the text.
        max_edges = std::min(max_edges - 1, max_edges * most_mermaid_text / text.size());
    }
}

} // namespace mlregistry::picture
