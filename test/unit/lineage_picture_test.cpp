// Pictures of lineage: what they show, and that whatever names hold they remain what they are.
#include "lineage_picture.hpp"

#include "picture_readers.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <string>
#include <vector>

namespace {

using mlregistry::lineage::bit;
using mlregistry::lineage::Kind;
using mlregistry::lineage::Relation;
using mlregistry::picture::Edge;
using mlregistry::picture::Graph;
using mlregistry::picture::Node;
using mlregistry::picture::Options;
using mlregistry::test::DotReader;
using mlregistry::test::MermaidReader;
using mlregistry::test::Picture;

/// A graph that owns its texts.
class Lineage {
  public:
    std::uint32_t dataset(const std::string &name) { return add(Kind::dataset, "dataset:" + name, "", name); }
    std::uint32_t run(const std::string &label, const std::string &experiment = "tests") {
        const std::uint32_t n = add(Kind::run, "", experiment, label);
        return n;
    }
    std::uint32_t version(const std::string &model, const std::string &semver, const std::string &project = "main") {
        const std::uint32_t n =
            add(Kind::version, (project == "main" ? "" : project + "/") + model + "@" + semver, model, semver, project);
        return n;
    }
    std::uint32_t deployment(const std::string &environment, const std::string &name) {
        return add(Kind::deployment, "deployment:" + environment + "/" + name, environment, name);
    }
    std::uint32_t hidden(Kind kind) {
        nodes.push_back(
            {.kind = kind, .id = {}, .name = {}, .group = {}, .label = {}, .project = {}, .is_hidden = true});
        return static_cast<std::uint32_t>(nodes.size() - 1);
    }
    void edge(std::uint32_t child, std::uint32_t parent, Relation relation) {
        edges.push_back({child, parent, relation});
    }

    [[nodiscard]] Graph graph() const { return {.nodes = nodes, .edges = edges, .has_more = has_more}; }
    [[nodiscard]] std::string dot(const Options &options = {}) const {
        return std::string{mlregistry::picture::dot(graph(), options, std::pmr::new_delete_resource())};
    }
    [[nodiscard]] std::string mermaid(const Options &options = {}) const {
        return std::string{mlregistry::picture::mermaid(graph(), options, std::pmr::new_delete_resource())};
    }
    /// Both, read back.
    [[nodiscard]] std::array<Picture, 2> pictures(const Options &options = {}) const {
        const std::string d = dot(options);
        const std::string m = mermaid(options);
        return {DotReader{d}.read(), MermaidReader{m}.read()};
    }

    std::vector<Node> nodes;
    std::vector<Edge> edges;
    bool has_more = false;

  private:
    std::uint32_t add(Kind kind, const std::string &name, const std::string &group, const std::string &label,
                      const std::string &project = "main") {
        char id[40];
        std::snprintf(id, sizeof id, "%08zx-0000-4000-8000-000000000000", nodes.size() + 1);
        const std::string_view stable_id = keep(id);
        nodes.push_back({.kind = kind,
                         .id = stable_id,
                         .name = kind == Kind::run ? keep("run:" + std::string{id}) : keep(name),
                         .group = keep(group),
                         .label = keep(label),
                         .project = keep(project)});
        return static_cast<std::uint32_t>(nodes.size() - 1);
    }
    std::string_view keep(const std::string &text) {
        texts_.push_back(std::make_unique<std::string>(text));
        return *texts_.back();
    }
    std::vector<std::unique_ptr<std::string>> texts_;
};

/// A dataset, a run, a version, a deployment.
Lineage chain() {
    Lineage l;
    const auto version = l.version("fraud", "1.4.0");
    const auto run = l.run("baseline");
    const auto deployment = l.deployment("prod-us", "fraud-prod");
    const auto data = l.dataset("transactions");
    l.nodes[version].is_start = true;
    l.edge(version, run, Relation::produced_by);
    l.edge(deployment, version, Relation::serves);
    l.edge(run, data, Relation::trained_on);
    l.edge(run, data, Relation::validated_on);
    return l;
}

TEST(LineagePicture, Dot) {
    EXPECT_EQ(chain().dot(), R"(digraph "lineage" {
    graph [rankdir="LR", fontname="Helvetica", fontsize="10", ranksep="0.6", nodesep="0.25"];
    node [fontname="Helvetica", fontsize="10", height="0.35", margin="0.12,0.06"];
    edge [fontname="Helvetica", fontsize="8", color="#555555", fontcolor="#555555", arrowsize="0.7"];
    "run:00000002-0000-4000-8000-000000000000" [label="baseline\n00000002", shape="box", style="filled,rounded", fillcolor="#fdf0c8", color="#a67c00", tooltip="run:00000002-0000-4000-8000-000000000000"];
    "dataset:00000004-0000-4000-8000-000000000000" [label="transactions", shape="cylinder", style="filled", fillcolor="#d6e6f5", color="#2b6499", tooltip="dataset:transactions"];
    subgraph "cluster_1" {
        label="fraud";
        tooltip="fraud";
        style="rounded";
        color="#999999";
        "version:00000001-0000-4000-8000-000000000000" [label="1.4.0", shape="box", style="filled", fillcolor="#d8ecd3", color="#3b7a2a", penwidth="3", tooltip="fraud@1.4.0"];
        "deployment:00000003-0000-4000-8000-000000000000" [label="fraud-prod\nprod-us", shape="box3d", style="filled", fillcolor="#f7d9d3", color="#b0402a", tooltip="deployment:prod-us/fraud-prod"];
    }
    "run:00000002-0000-4000-8000-000000000000" -> "version:00000001-0000-4000-8000-000000000000" [label="produced-by"];
    "version:00000001-0000-4000-8000-000000000000" -> "deployment:00000003-0000-4000-8000-000000000000" [label="serves"];
    "dataset:00000004-0000-4000-8000-000000000000" -> "run:00000002-0000-4000-8000-000000000000" [label="trained-on\nvalidated-on"];
    subgraph "cluster_legend" {
        label="Legend";
        fontsize="9";
        color="#cccccc";
        node [fontsize="8", height="0.25", margin="0.08,0.03"];
        "legend:0" [label="dataset", shape="cylinder", style="filled", fillcolor="#d6e6f5", color="#2b6499"];
        "legend:1" [label="run", shape="box", style="filled,rounded", fillcolor="#fdf0c8", color="#a67c00"];
        "legend:2" [label="version", shape="box", style="filled", fillcolor="#d8ecd3", color="#3b7a2a"];
        "legend:3" [label="deployment", shape="box3d", style="filled", fillcolor="#f7d9d3", color="#b0402a"];
        "legend:4" [label="asked for", shape="box", style="filled", fillcolor="#d8ecd3", color="#3b7a2a", penwidth="3"];
        "legend:0" -> "legend:1" -> "legend:2" -> "legend:3" -> "legend:4" [style="invis"];
    }
}
)");
}

TEST(LineagePicture, Mermaid) {
    EXPECT_EQ(chain().mermaid(), R"(flowchart LR
    n2(["baseline<br/>00000002"]):::run
    n4[("transactions")]:::dataset
    subgraph m1["fraud"]
        n1["1.4.0"]:::version
        n3{{"fraud-prod<br/>prod-us"}}:::deployment
    end
    n2 -->|"produced-by"| n1
    n1 -->|"serves"| n3
    n4 -->|"trained-on, validated-on"| n2
    subgraph legend["Legend"]
        l1[("dataset")]:::dataset
        l2(["run"]):::run
        l3["version"]:::version
        l4{{"deployment"}}:::deployment
        l5["asked for"]:::start
    end
    classDef dataset fill:#d6e6f5,stroke:#2b6499,color:#000
    classDef run fill:#fdf0c8,stroke:#a67c00,color:#000
    classDef version fill:#d8ecd3,stroke:#3b7a2a,color:#000
    classDef deployment fill:#f7d9d3,stroke:#b0402a,color:#000
    classDef start stroke-width:3px,color:#000
    class n1 start
)");
}

TEST(LineagePicture, NothingIsAPicture) {
    for (const Picture &picture : Lineage{}.pictures()) {
        EXPECT_EQ(picture.error, "");
        EXPECT_TRUE(picture.labels.empty());
        EXPECT_EQ(picture.note, "");
    }
    Lineage alone;
    alone.nodes[alone.dataset("lonely")].is_start = true;
    for (const Picture &picture : alone.pictures()) {
        EXPECT_EQ(picture.error, "");
        EXPECT_EQ(picture.labels.size(), 3U); // with the legend
    }
}

constexpr const char *hostile_texts[] = {"\"",
                                         "\\",
                                         "\\\"",
                                         "a\\",
                                         "\\n\\N\\G\\L\\l\\r",
                                         "<b>x</b>",
                                         "</script>",
                                         "&amp;",
                                         "&",
                                         "&#34;",
                                         "--",
                                         "-->",
                                         "->",
                                         "]",
                                         "[\"]",
                                         "]]\")",
                                         "})",
                                         "%%",
                                         "%%{init: {}}%%",
                                         "end",
                                         "subgraph",
                                         "graph",
                                         "style: #x;",
                                         "classDef a:#b;",
                                         "click",
                                         "#quot;",
                                         "#",
                                         ";",
                                         "|",
                                         "`x`",
                                         "\"`md`\"",
                                         "// x",
                                         "/* x */",
                                         "# include",
                                         "{",
                                         "}",
                                         "@",
                                         "a@b",
                                         "ü",
                                         "🚀",
                                         "\xF0\x9F\x9A\x80\xF0\x9F\x9A\x80",
                                         "\t",
                                         "\n",
                                         "\r\n",
                                         "\x01\x7F",
                                         "~~~",
                                         "o--o",
                                         "x--x",
                                         "href",
                                         "javascript:alert(1)",
                                         "$$x^2$$",
                                         "fa:fa-ban",
                                         "'",
                                         "a:::b",
                                         "<br/>"};

std::string without_controls(std::string text) {
    for (char &c : text) {
        c = static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? ' ' : c;
    }
    return text;
}

TEST(LineagePicture, HostileNamesAreOnlyNames) {
    for (const std::string text : hostile_texts) {
        SCOPED_TRACE(text);
        Lineage l;
        const auto version = l.version(text, "1.0.0");
        const auto run = l.run(text, text);
        const auto deployment = l.deployment(text, text);
        const auto data = l.dataset(text);
        l.edge(version, run, Relation::produced_by);
        l.edge(run, data, Relation::trained_on);
        l.edge(deployment, version, Relation::serves);
        const std::string seen = without_controls(text);
        for (const Picture &picture : l.pictures()) {
            ASSERT_EQ(picture.error, "");
            EXPECT_EQ(picture.arrows.size(), 3U);
            EXPECT_EQ(picture.frames.size(), 2U);
            std::multiset<std::string> labels;
            for (const auto &[id, label] : picture.labels) {
                if (picture.frame_of.at(id).find("legend") == std::string::npos) {
                    labels.insert(label);
                }
            }
            const std::string run_label = (text[0] == '#' ? seen + " " + seen : seen) + "\n00000002";
            EXPECT_EQ(labels, (std::multiset<std::string>{"1.0.0", run_label, seen, seen + "\n" + seen}));
            EXPECT_TRUE(std::ranges::any_of(picture.frames, [&](const auto &frame) { return frame.second == seen; }));
        }
    }
}

TEST(LineagePicture, LongNamesAreCutInTheMiddle) {
    Lineage l;
    l.dataset("transactions-of-the-year-2025-fourth-quarter");
    l.dataset("exactly-28-characters-long-x");
    l.dataset("29-characters-are-one-too-man");
    l.dataset("üüüüüüüüüüüüüüüüüüüüüüüüüüüü");
    l.dataset("🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀|xxxxx|🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀");
    for (const Picture &picture : l.pictures()) {
        ASSERT_EQ(picture.error, "");
        std::set<std::string> labels;
        for (const auto &[id, label] : picture.labels) {
            labels.insert(label);
        }
        for (const std::string label :
             {"transactions-of-…rth-quarter", "exactly-28-characters-long-x", "29-characters-ar…one-too-man",
              "üüüüüüüüüüüüüüüüüüüüüüüüüüüü", "🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀…🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀"}) {
            EXPECT_TRUE(labels.contains(label)) << label;
        }
    }
    // Tooltips have all of it.
    EXPECT_NE(l.dot().find("tooltip=\"dataset:transactions-of-the-year-2025-fourth-quarter\""), std::string::npos);
    EXPECT_NE(l.dot({.is_utf8 = false}).find("label=\"transactions-of-...rth-quarter\""), std::string::npos);
    // Characters of another encoding: two bytes each here.
    const Options pairs{.is_utf8 = false, .character_size = [](std::string_view) noexcept -> std::size_t { return 2; }};
    Lineage other;
    other.dataset(std::string(56, 'x'));
    EXPECT_NE(other.dot(pairs).find("label=\"" + std::string(56, 'x') + "\""), std::string::npos);
    Lineage odd;
    odd.dataset(std::string(59, 'y'));
    EXPECT_NE(odd.dot(pairs).find("label=\"" + std::string(32, 'y') + "..." + std::string(21, 'y') + "\""),
              std::string::npos);
}

TEST(LineagePicture, InvalidUtf8IsTakenByteByByte) {
    Lineage l;
    l.dataset("\x80\x80\x80");
    l.dataset("\xFF\xFE" + std::string(40, '\xC3') + "\"");
    l.run(std::string(40, '\x80'));
    for (const Picture &picture : l.pictures()) {
        EXPECT_EQ(picture.error, "");
    }
}

TEST(LineagePicture, HiddenAndDeleted) {
    Lineage l;
    const auto version = l.version("fraud", "1.0.0");
    l.nodes[version].is_start = true;
    const auto run = l.hidden(Kind::run);
    const auto data = l.dataset("raw");
    const auto other = l.hidden(Kind::version);
    const auto gone = l.dataset("x");
    l.nodes[data].is_deleted = true;
    l.nodes[gone].is_deleted = true; // for good: all that is left is its identifier
    l.nodes[gone].label = l.nodes[gone].id;
    l.edge(version, run, Relation::produced_by);
    l.edge(run, data, Relation::trained_on);
    l.edge(version, other, Relation::merged_from);
    l.edge(run, gone, Relation::tested_on);
    for (const Picture &picture : l.pictures()) {
        ASSERT_EQ(picture.error, "");
        std::multiset<std::string> labels;
        for (const auto &[id, label] : picture.labels) {
            labels.insert(label);
        }
        EXPECT_TRUE(labels.contains("hidden run") && labels.contains("hidden version"));
        EXPECT_TRUE(labels.contains("raw (deleted)") && labels.contains("dataset 00000005 (deleted)"));
        EXPECT_TRUE(labels.contains("hidden") && labels.contains("deleted")); // legend
        EXPECT_EQ(picture.frames.size(), 2U);
    }
    EXPECT_NE(l.dot().find("\"hidden:1\" [label=\"hidden run\", shape=\"box\", style=\"filled,rounded,dashed\", "
                           "fillcolor=\"#eeeeee\", color=\"#888888\"];"),
              std::string::npos);
    EXPECT_NE(l.mermaid().find("    class h1,h2 hidden\n    class n3,n5 deleted\n"), std::string::npos) << l.mermaid();
}

TEST(LineagePicture, FramesAreModels) {
    Lineage l;
    const auto a1 = l.version("a", "1.0.0");
    const auto b1 = l.version("b", "1.0.0");
    const auto a2 = l.version("a", "2.0.0");
    l.version("a", "1.0.0", "lab");
    const auto place = l.deployment("prod", "a");
    const auto lost = l.deployment("prod", "lost");
    l.edge(a2, a1, Relation::retrained_from);
    l.edge(b1, a2, Relation::distilled_from);
    l.edge(place, a2, Relation::serves);
    (void)lost;
    for (const Picture &picture : l.pictures()) {
        ASSERT_EQ(picture.error, "");
        std::map<std::string, std::set<std::string>> frames;
        for (const auto &[id, frame] : picture.frame_of) {
            if (!frame.empty() && frame.find("legend") == std::string::npos) {
                frames[picture.frames.at(frame)].insert(picture.labels.at(id));
            }
        }
        EXPECT_EQ(frames, (std::map<std::string, std::set<std::string>>{
                              {"a", {"1.0.0", "2.0.0", "a\nprod"}}, {"b", {"1.0.0"}}, {"lab/a", {"1.0.0"}}}));
    }
}

TEST(LineagePicture, WaysThroughWhatIsNotShown) {
    Lineage l = chain();
    const auto raw = l.dataset("raw");
    l.edge(3, raw, Relation::derived_from); // 3: transactions
    const Options only{.kinds = bit(Kind::dataset) | bit(Kind::deployment)};
    l.nodes[0].is_start = false; // the version
    l.nodes[3].is_start = true;
    for (const Picture &picture : l.pictures(only)) {
        ASSERT_EQ(picture.error, "");
        EXPECT_EQ(picture.arrows.size(), 2U); // raw → transactions, transactions → deployment
        EXPECT_EQ(picture.note, "");
    }
    EXPECT_NE(l.dot(only).find("    \"dataset:00000004-0000-4000-8000-000000000000\" -> "
                               "\"deployment:00000003-0000-4000-8000-000000000000\" [style=\"dashed\"];\n"),
              std::string::npos);
    // What was asked for is shown, whatever its kind.
    l.nodes[0].is_start = true;
    EXPECT_NE(l.dot(only).find("\"version:"), std::string::npos);
    // The only way up is the one that has an arrow.
    Lineage two;
    const auto a = two.dataset("a");
    const auto run = two.run("r");
    const auto b = two.dataset("b");
    two.edge(run, a, Relation::trained_on);
    two.edge(b, run, Relation::derived_from);
    two.edge(b, a, Relation::derived_from);
    for (const Picture &picture : two.pictures({.kinds = bit(Kind::dataset)})) {
        EXPECT_EQ(picture.arrows.size(), 1U);
    }
    EXPECT_EQ(two.dot({.kinds = bit(Kind::dataset)}).find("dashed"), std::string::npos);
}

/// A version with so many datasets, each by a run of its own.
Lineage star(std::size_t size) {
    Lineage l;
    const auto version = l.version("star", "1.0.0");
    l.nodes[version].is_start = true;
    for (std::size_t i = 0; i < size; ++i) {
        l.edge(version, l.dataset("dataset-with-a-long-name-number-" + std::to_string(i)), Relation::trained_on);
    }
    return l;
}

TEST(LineagePicture, WhatIsTooLargeIsCut) {
    const Lineage l = star(2000);
    EXPECT_EQ(l.pictures()[0].arrows.size(), 2000U);
    EXPECT_EQ(l.pictures()[0].note, "");
    for (const Picture &picture : l.pictures({.max_edges = 10})) {
        ASSERT_EQ(picture.error, "");
        EXPECT_EQ(picture.arrows.size(), 10U);
        EXPECT_EQ(picture.labels.size(), 11U + 3U);
        EXPECT_EQ(picture.note, "Cut to the 10 nearest arrows, there are more. max_depth, kinds and relations choose.");
    }
    // The nearest are the first.
    EXPECT_NE(l.dot({.max_edges = 10}).find("number-9\""), std::string::npos);
    EXPECT_EQ(l.dot({.max_edges = 10}).find("number-10\""), std::string::npos);
    const std::string all = l.mermaid();
    EXPECT_LE(all.size(), mlregistry::picture::most_mermaid_text);
    const Picture picture = MermaidReader{all}.read();
    EXPECT_EQ(picture.error, "");
    EXPECT_EQ(picture.arrows.size(), mlregistry::picture::most_mermaid_edges);
    EXPECT_NE(picture.note, "");
}

TEST(LineagePicture, ExactlyAsManyAsAllowedIsNotCut) {
    for (const Picture &picture : star(500).pictures({.max_edges = 500})) {
        EXPECT_EQ(picture.arrows.size(), 500U);
        EXPECT_EQ(picture.note, "");
    }
    Lineage more = star(3);
    more.has_more = true;
    for (const Picture &picture : more.pictures({.max_edges = 500})) {
        EXPECT_EQ(picture.arrows.size(), 3U);
        EXPECT_NE(picture.note, "");
    }
    for (const Picture &picture : star(3).pictures({.max_edges = 0})) {
        EXPECT_EQ(picture.error, "");
        EXPECT_EQ(picture.arrows.size(), 0U);
        EXPECT_EQ(picture.labels.size(), 3U);
        EXPECT_NE(picture.note, "");
    }
}

TEST(LineagePicture, MermaidIsCutByItsTextToo) {
    Lineage l;
    const auto version = l.version("star", "1.0.0");
    l.nodes[version].is_start = true;
    for (std::size_t i = 0; i < 500; ++i) { // five bytes a character
        l.edge(l.deployment("%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%",
                            "%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%" + std::to_string(i)),
               version, Relation::serves);
    }
    const std::string text = l.mermaid();
    EXPECT_LE(text.size(), mlregistry::picture::most_mermaid_text);
    EXPECT_GE(text.size(), mlregistry::picture::most_mermaid_text * 8 / 10);
    const Picture picture = MermaidReader{text}.read();
    EXPECT_EQ(picture.error, "");
    EXPECT_GT(picture.arrows.size(), 100U);
    EXPECT_NE(picture.note, "");
    // Many starts, nothing else.
    Lineage starts;
    for (std::size_t i = 0; i < 5000; ++i) {
        starts.nodes[starts.run("a-run-with-a-name-" + std::to_string(i))].is_start = true;
    }
    EXPECT_LE(starts.mermaid().size(), mlregistry::picture::most_mermaid_text);
    EXPECT_EQ(MermaidReader{starts.mermaid()}.read().error, "");
}

TEST(LineagePicture, TheSameGraphIsTheSamePicture) {
    Lineage l = chain();
    const std::string dot = l.dot();
    const std::string mermaid = l.mermaid();
    std::ranges::reverse(l.edges);
    EXPECT_EQ(l.dot(), dot);
    EXPECT_EQ(l.mermaid(), mermaid);
}

TEST(LineagePicture, CirclesEnd) {
    Lineage l;
    const auto a = l.dataset("a");
    const auto r = l.run("r");
    const auto s = l.run("s");
    l.edge(a, r, Relation::derived_from);
    l.edge(r, s, Relation::child_run_of);
    l.edge(s, r, Relation::child_run_of);
    l.edge(s, a, Relation::trained_on);
    l.edge(r, r, Relation::child_run_of);
    for (const Picture &picture : l.pictures()) {
        EXPECT_EQ(picture.error, "");
        EXPECT_EQ(picture.arrows.size(), 5U);
    }
    for (const Picture &picture : l.pictures({.kinds = bit(Kind::dataset)})) {
        EXPECT_EQ(picture.arrows.size(), 0U);
    }
}

TEST(LineagePicture, StopsAndRunsOutOfMemory) {
    Lineage l = star(3000);
    const auto raw = l.dataset("raw");
    for (std::uint32_t i = 1; i <= 3000; ++i) {
        l.edge(i, raw, Relation::derived_from);
    }
    EXPECT_THROW((void)l.dot({.kinds = bit(Kind::version), .stop = []() noexcept { return true; }}),
                 mlregistry::Interrupted);
    std::array<std::byte, 4096> little{};
    std::pmr::monotonic_buffer_resource memory{little.data(), little.size(), std::pmr::null_memory_resource()};
    EXPECT_THROW((void)mlregistry::picture::dot(l.graph(), {}, &memory), std::bad_alloc);
}

} // namespace
