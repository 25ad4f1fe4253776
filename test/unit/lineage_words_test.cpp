#include "lineage_words.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace {

using namespace mlregistry::lineage;

TEST(LineageWords, AreInTheOrderOfTheirNames) {
    EXPECT_TRUE(std::is_sorted(std::begin(kind_names), std::end(kind_names)));
    EXPECT_TRUE(std::is_sorted(std::begin(relation_names), std::end(relation_names)));
}

TEST(LineageWords, AreFoundByTheirNames) {
    for (const std::string_view name : kind_names) {
        ASSERT_TRUE(kind_named(name).has_value());
        EXPECT_EQ(name_of(*kind_named(name)), name);
    }
    for (const std::string_view name : relation_names) {
        ASSERT_TRUE(relation_named(name).has_value());
        EXPECT_EQ(name_of(*relation_named(name)), name);
    }
    EXPECT_EQ(direction_named("both"), Direction::both);
    EXPECT_FALSE(kind_named("model").has_value());
    EXPECT_FALSE(kind_named("").has_value());
    EXPECT_FALSE(relation_named("none").has_value());
    EXPECT_TRUE(name_of(Relation::none).empty());
}

TEST(LineageWords, AreBitsOfSets) {
    EXPECT_EQ(all_kinds, bit(Kind::dataset) | bit(Kind::deployment) | bit(Kind::run) | bit(Kind::version));
    EXPECT_EQ(all_relations & bit(Relation::none), 0U);
    EXPECT_NE(all_relations & bit(Relation::validated_on), 0U);
}

} // namespace
