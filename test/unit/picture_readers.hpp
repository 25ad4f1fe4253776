// Readers of what pictures are written in, as strict as the programs that draw them, and stricter where those guess.
// They know no more than our pictures need. Shared by unit tests and the fuzzer.
#pragma once

#include <algorithm>
#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mlregistry::test {

/// What a picture says, read back.
struct Picture {
    std::string error;                         ///< empty: it could be read
    std::map<std::string, std::string> labels; ///< of nodes by their identifiers, as people see them
    std::map<std::string, std::string> frames; ///< titles of frames by their identifiers
    std::map<std::string, std::string> frame_of;
    std::vector<std::pair<std::string, std::string>> arrows;
    std::string note;
};

/// DOT, of which everything must be quoted but keywords and the names of attributes.
class DotReader {
  public:
    explicit DotReader(std::string_view text) : text_{text} {}

    Picture read() {
        if (expect("digraph") && !string().empty() && expect("{")) {
            statements("");
            expect("}");
        }
        skip();
        if (picture_.error.empty() && at_ != text_.size()) {
            fail("more text");
        }
        return picture_;
    }

  private:
    void fail(const std::string &why) {
        if (picture_.error.empty()) {
            picture_.error = why + " at " + std::to_string(at_) + ": " + std::string{text_.substr(at_, 40)};
        }
    }
    void skip() {
        while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n')) {
            ++at_;
        }
    }
    bool next_is(std::string_view token) {
        skip();
        return text_.substr(at_).starts_with(token);
    }
    bool expect(std::string_view token) {
        if (!next_is(token)) {
            fail("expected " + std::string{token});
            return false;
        }
        at_ += token.size();
        return true;
    }
    /// A quoted string, raw: \" is a quote, every other backslash stays.
    std::string string() {
        std::string value;
        if (!expect("\"")) {
            return value;
        }
        for (; at_ < text_.size(); ++at_) {
            const char c = text_[at_];
            if (c == '"') {
                ++at_;
                return value;
            }
            if (c == '\n') {
                break;
            }
            if (c == '\\' && at_ + 1 < text_.size() && text_[at_ + 1] == '"') {
                value += '"';
                ++at_;
            } else if (c == '\\' && at_ + 1 < text_.size() && text_[at_ + 1] == '\\') {
                value += "\\\\";
                ++at_;
            } else {
                value += c;
            }
        }
        fail("a string without end");
        return value;
    }
    /// As a label shows it.
    std::string shown(const std::string &raw) {
        std::string value;
        for (std::size_t i = 0; i < raw.size(); ++i) {
            if (raw[i] == '\\') {
                ++i;
                if (i == raw.size() || (raw[i] != 'n' && raw[i] != '\\')) {
                    fail("an escape that means something else in: " + raw);
                    return value;
                }
                value += raw[i] == 'n' ? '\n' : '\\';
            } else if (raw[i] == '&') {
                if (raw.compare(i, 5, "&amp;") != 0) {
                    fail("an entity in: " + raw);
                    return value;
                }
                value += '&';
                i += 4;
            } else {
                value += raw[i];
            }
        }
        return value;
    }
    std::string word() {
        skip();
        std::string value;
        while (at_ < text_.size() &&
               ((text_[at_] >= 'a' && text_[at_] <= 'z') || (text_[at_] >= 'A' && text_[at_] <= 'Z') ||
                (text_[at_] >= '0' && text_[at_] <= '9') || text_[at_] == '.' || text_[at_] == '_')) {
            value += text_[at_++];
        }
        if (value.empty()) {
            fail("expected a word");
        }
        return value;
    }
    std::map<std::string, std::string> attributes() {
        std::map<std::string, std::string> all;
        if (!expect("[")) {
            return all;
        }
        while (picture_.error.empty() && !next_is("]")) {
            const std::string name = word();
            if (!expect("=")) {
                break;
            }
            if (!all.emplace(name, string()).second) {
                fail("twice " + name);
            }
            if (!next_is("]")) {
                expect(",");
            }
        }
        expect("]");
        return all;
    }
    void statements(const std::string &frame) {
        while (picture_.error.empty() && !next_is("}")) {
            if (next_is("subgraph")) {
                expect("subgraph");
                const std::string id = string();
                if (!id.starts_with("cluster_") || !picture_.frames.emplace(id, "").second) {
                    fail("frame " + id);
                }
                expect("{");
                statements(id);
                expect("}");
            } else if (next_is("\"")) {
                const std::string id = string();
                if (next_is("->")) {
                    std::vector<std::string> ends{id};
                    while (next_is("->")) {
                        expect("->");
                        ends.push_back(string());
                    }
                    if (attributes()["style"] != "invis") {
                        for (std::size_t i = 1; i < ends.size(); ++i) {
                            picture_.arrows.emplace_back(ends[i - 1], ends[i]);
                        }
                    }
                } else {
                    auto all = attributes();
                    if (!picture_.labels.emplace(id, shown(all["label"])).second) {
                        fail("twice " + id);
                    }
                    shown(all["tooltip"]);
                    picture_.frame_of[id] = frame;
                }
                expect(";");
            } else {
                const std::string name = word();
                if (next_is("=")) {
                    expect("=");
                    const std::string value = shown(string());
                    if (name == "label") {
                        (frame.empty() ? picture_.note : picture_.frames[frame]) = value;
                    }
                } else if (name == "graph" || name == "node" || name == "edge") {
                    attributes();
                } else {
                    fail("an identifier without quotes: " + name);
                }
                expect(";");
            }
        }
    }

    std::string_view text_;
    std::size_t at_ = 0;
    Picture picture_;
};

/// Mermaid's flowchart, line by line.
class MermaidReader {
  public:
    explicit MermaidReader(std::string_view text) : text_{text} {}

    Picture read() {
        std::size_t depth = 0;
        std::string frame;
        for (std::size_t begin = 0, n = 0; begin < text_.size() && picture_.error.empty(); ++n) {
            const std::size_t end = text_.find('\n', begin);
            if (end == std::string_view::npos) {
                picture_.error = "a last line without end";
                break;
            }
            line_ = text_.substr(begin, end - begin);
            begin = end + 1;
            line_.remove_prefix(std::min(line_.find_first_not_of(' '), line_.size()));
            if (n == 0) {
                if (line_ != "flowchart LR") {
                    fail("no flowchart");
                }
            } else if (line_ == "end") {
                if (depth != 1) {
                    fail("end of nothing");
                }
                depth = 0;
                frame.clear();
            } else if (take("subgraph ")) {
                frame = id();
                depth += 1;
                if (depth != 1 || frame.empty() || !take("[\"") || !picture_.frames.emplace(frame, shown()).second ||
                    line_ != "\"]") {
                    fail("frame");
                }
            } else if (take("classDef ")) {
                if (line_.find('"') != std::string_view::npos || line_.find(';') != std::string_view::npos) {
                    fail("classDef");
                }
            } else if (take("class ")) {
                do {
                    if (!picture_.labels.contains(id())) {
                        fail("class of what is not there");
                    }
                } while (take(","));
            } else {
                node_or_arrow(frame);
            }
        }
        if (depth != 0) {
            fail("no end");
        }
        return picture_;
    }

  private:
    void fail(const std::string &why) {
        if (picture_.error.empty()) {
            picture_.error = why + ": " + std::string{line_};
        }
    }
    bool take(std::string_view token) {
        if (!line_.starts_with(token)) {
            return false;
        }
        line_.remove_prefix(token.size());
        return true;
    }
    std::string id() {
        const std::size_t size =
            std::min(line_.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789"), line_.size());
        const std::string value{line_.substr(0, size)};
        line_.remove_prefix(size);
        static const std::set<std::string> words{"end",   "graph", "subgraph", "default",
                                                 "style", "class", "click",    "flowchart"};
        if (value.empty() || words.contains(value) || value[0] == 'o' || value[0] == 'x') {
            fail("identifier");
        }
        return value;
    }
    /// Up to the quote: characters that mean nothing, <br/>, and numbers of characters.
    std::string shown() {
        std::string value;
        while (!line_.empty() && line_[0] != '"') {
            if (take("<br/>")) {
                value += '\n';
            } else if (take("#")) {
                int number = 0;
                while (!line_.empty() && line_[0] >= '0' && line_[0] <= '9') {
                    number = number * 10 + (line_[0] - '0');
                    line_.remove_prefix(1);
                }
                if (number < 33 || number > 126 || !take(";")) {
                    fail("entity");
                    return value;
                }
                value += static_cast<char>(number);
            } else {
                const char c = line_[0];
                if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F ||
                    std::string_view{"<>&\\`%;[]{}|:~^*='"}.find(c) != std::string_view::npos) {
                    fail(std::string{"a bare "} + c);
                    return value;
                }
                value += c;
                line_.remove_prefix(1);
            }
        }
        return value;
    }
    void node_or_arrow(const std::string &frame) {
        const std::string from = id();
        if (take(" -->|\"")) {
            shown();
            if (!take("\"| ")) {
                fail("arrow");
            }
            picture_.arrows.emplace_back(from, id());
        } else if (take(" -.-> ")) {
            picture_.arrows.emplace_back(from, id());
        } else {
            static const std::vector<std::pair<std::string, std::string>> brackets{
                {"[(", ")]"}, {"([", "])"}, {"{{", "}}"}, {"[", "]"}};
            const auto bracket = std::ranges::find_if(brackets, [this](const auto &b) { return take(b.first + "\""); });
            if (bracket == brackets.end()) {
                fail("node");
                return;
            }
            const std::string label = shown();
            if (!take("\"" + bracket->second + ":::")) {
                fail("end of a label");
            }
            id();
            if (from == "cut") {
                picture_.note = label;
            } else if (!picture_.labels.emplace(from, label).second) {
                fail("twice");
            }
            picture_.frame_of[from] = frame;
        }
        if (!line_.empty()) {
            fail("more text");
        }
    }

    std::string_view text_;
    std::string_view line_;
    Picture picture_;
};

} // namespace mlregistry::test
