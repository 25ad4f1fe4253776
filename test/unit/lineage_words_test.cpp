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

TEST(LineageWords, TellMoreOrLess) {
    EXPECT_TRUE(tells_more(Relation::trained_on, Relation::validated_on));
    EXPECT_TRUE(tells_more(Relation::validated_on, Relation::tested_on));
    EXPECT_TRUE(tells_more(Relation::tested_on, Relation::held_out_on));
    EXPECT_TRUE(tells_more(Relation::retrained_from, Relation::derived_from));
    EXPECT_TRUE(tells_more(Relation::adapter_of, Relation::merged_from));
    for (std::size_t a = 0; a < relation_count; ++a) {
        for (std::size_t b = 0; b < relation_count; ++b) {
            const auto one = static_cast<Relation>(a);
            const auto other = static_cast<Relation>(b);
            EXPECT_EQ(tells_more(one, other) || tells_more(other, one), a != b);
            EXPECT_FALSE(tells_more(one, other) && tells_more(other, one));
        }
    }
}

} // namespace
