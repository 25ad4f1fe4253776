#include "uuid7.hpp"

#include <gtest/gtest.h>

#include <cstdint>

namespace mlregistry {
namespace {

constexpr std::array<std::uint8_t, 8> ones{0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF};
constexpr std::array<std::uint8_t, 8> zeros{};

// The example of RFC 9562, appendix A.6: 2022-02-22 19:22:22.000 UTC is 017F22E279B0 in milliseconds.
TEST(Uuid7, HasTheLayoutOfTheRfc) {
    const Uuid id = make_uuid7(1645557742000000, ones);
    const Uuid expected{0x01, 0x7F, 0x22, 0xE2, 0x79, 0xB0, 0x70, 0x00, 0xBF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF};
    EXPECT_EQ(id, expected);
}

TEST(Uuid7, SaysTheMicrosecondAgain) {
    for (std::int64_t fraction = 0; fraction < 1000; ++fraction) {
        const std::int64_t moment = 1645557742123000 + fraction;
        std::int64_t read = 0;
        ASSERT_TRUE(moment_of(make_uuid7(moment, zeros), read));
        EXPECT_EQ(read, moment);
    }
}

TEST(Uuid7, SortsAsTime) {
    for (std::int64_t moment = 1645557742998000; moment < 1645557743002000; ++moment) {
        EXPECT_LT(make_uuid7(moment, ones), make_uuid7(moment + 1, zeros)) << moment;
    }
}

TEST(Uuid7, KnowsItsOwnOnly) {
    std::int64_t read = 0;
    Uuid id = make_uuid7(1645557742000000, zeros);
    id[6] = static_cast<std::uint8_t>(0x40 | (id[6] & 0x0F)); // version 4
    EXPECT_FALSE(moment_of(id, read));
    id = make_uuid7(1645557742000000, zeros);
    id[8] = static_cast<std::uint8_t>(id[8] | 0xC0); // another variant
    EXPECT_FALSE(moment_of(id, read));
    EXPECT_EQ(read, 0);
}

} // namespace
} // namespace mlregistry
