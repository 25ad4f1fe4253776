#include "name_grams.hpp"

#include <algorithm>
#include <gtest/gtest.h>
#include <random>
#include <string>
#include <vector>

namespace mlregistry::name_grams {
namespace {

std::vector<std::int32_t> name(std::string_view text) {
    std::vector<std::int32_t> grams;
    of_name(text, [&](std::int32_t gram) { grams.push_back(gram); });
    EXPECT_EQ(grams.size(), count_of_name(text.size()));
    return grams;
}

std::vector<std::int32_t> query(std::string_view text) {
    std::vector<std::int32_t> grams;
    of_query(text, [&](std::int32_t gram) { grams.push_back(gram); });
    EXPECT_EQ(grams.size(), count_of_query(text.size()));
    return grams;
}

using Grams = std::vector<std::int32_t>;

// These numbers are in indexes on disk.
TEST(NameGrams, NumbersNeverChange) {
    EXPECT_EQ(name("ab"), (Grams{0x01006162}));
    EXPECT_EQ(name("abc"), (Grams{0x01006162, 0x00616263, 0x01006263}));
    EXPECT_EQ(name("\xC3\xA9\xFF"), (Grams{0x0100C3A9, 0x00C3A9FF, 0x0100A9FF}));
    EXPECT_EQ(query("ab"), (Grams{0x01006162}));
    EXPECT_EQ(query("abcd"), (Grams{0x00616263, 0x00626364}));
}

TEST(NameGrams, ShortTextsHaveNone) {
    for (const char *text : {"", "a"}) {
        EXPECT_TRUE(name(text).empty());
        EXPECT_TRUE(query(text).empty());
    }
}

TEST(NameGrams, OnlyAsciiLettersLoseTheirCase) {
    EXPECT_EQ(name("AZ@["), name("az@["));
    EXPECT_NE(name("\xC3\x89"), name("\xC3\xA9"));
}

TEST(NameGrams, WhateverOccursInANameIsAmongItsGrams) {
    std::mt19937 random(4711);
    for (int round = 0; round < 2000; ++round) {
        std::string text(random() % 40, ' ');
        for (char &c : text) {
            c = static_cast<char>(random());
        }
        const std::size_t from = text.empty() ? 0 : random() % text.size();
        const std::string part = text.substr(from, random() % 10);
        const Grams all = name(text);
        for (const std::int32_t gram : query(part)) {
            EXPECT_NE(std::find(all.begin(), all.end(), gram), all.end());
        }
    }
}

} // namespace
} // namespace mlregistry::name_grams
