// Acceptance cases: tables of other implementations' test data, as tab-separated text with a header line.
#pragma once

#include "semver_oracle.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace cases {

using Field = std::optional<std::string>; // nothing: NULL
using Row = std::map<std::string, Field>;

/// One field of PostgreSQL's COPY text format.
inline Field unescape(const std::string &raw) {
    if (raw == "\\N") {
        return std::nullopt;
    }
    std::string text;
    for (std::size_t i = 0; i < raw.size(); ++i) {
        if (raw[i] != '\\' || i + 1 == raw.size()) {
            text += raw[i];
            continue;
        }
        const char c = raw[++i];
        text += c == 't' ? '\t' : c == 'n' ? '\n' : c == 'r' ? '\r' : c;
    }
    return text;
}

/// A field that must not be NULL.
inline const std::string &text_of(const Row &row, const std::string &column) {
    static const std::string none = "NULL";
    const auto field = row.find(column);
    if (field == row.end() || !field->second) {
        ADD_FAILURE() << "no value in column " << column;
        return none;
    }
    return *field->second;
}

inline const Field &field_of(const Row &row, const std::string &column) {
    static const Field none;
    const auto field = row.find(column);
    EXPECT_NE(field, row.end()) << "no column " << column;
    return field == row.end() ? none : field->second;
}

inline bool is_word(const Field &field, const char *word) { return field && *field == word; }

/// Tests over the files of the folder that MLREGISTRY_CASES names; skipped where there is none.
class Folder : public testing::Test {
  protected:
    void SetUp() override {
        const char *folder = std::getenv("MLREGISTRY_CASES");
        if (folder == nullptr || !std::filesystem::is_directory(folder)) {
            GTEST_SKIP() << "MLREGISTRY_CASES names no folder";
        }
        folder_ = folder;
    }

    std::vector<Row> rows(const std::string &name) {
        std::ifstream file{folder_ / (name + ".tsv")};
        EXPECT_TRUE(file) << "cannot read " << name;
        std::vector<Row> all;
        oracle::List columns;
        for (std::string line; std::getline(file, line);) {
            const oracle::List fields = oracle::split(line, '\t');
            if (columns.empty()) {
                columns = fields;
                continue;
            }
            EXPECT_EQ(fields.size(), columns.size()) << name << ": " << line;
            Row &row = all.emplace_back();
            for (std::size_t i = 0; i < std::min(fields.size(), columns.size()); ++i) {
                row[columns[i]] = unescape(fields[i]);
            }
        }
        EXPECT_FALSE(all.empty()) << name << " has no rows";
        return all;
    }

  private:
    std::filesystem::path folder_;
};

} // namespace cases
