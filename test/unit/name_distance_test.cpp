// The distance of names, and that the function gives back all memory however it ends.
#include "name_distance.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <memory_resource>
#include <new>
#include <random>
#include <string>
#include <vector>

namespace {

using mlregistry::Interrupted;
using mlregistry::name_distance;

constexpr std::size_t never = std::numeric_limits<std::size_t>::max();

/// Counts, and fails at the nth allocation as PostgreSQL's memory does when there is none left.
class Memory : public std::pmr::memory_resource {
  public:
    explicit Memory(std::size_t fails_at = never) : fails_at_{fails_at} {}

    std::size_t allocations = 0;
    std::size_t bytes_held = 0;
    std::size_t most_bytes_held = 0;

  private:
    void *do_allocate(std::size_t size, std::size_t alignment) override {
        if (++allocations == fails_at_) {
            throw std::bad_alloc{};
        }
        void *block = std::pmr::new_delete_resource()->allocate(size, alignment);
        bytes_held += size;
        most_bytes_held = std::max(most_bytes_held, bytes_held);
        return block;
    }

    void do_deallocate(void *block, std::size_t size, std::size_t alignment) override {
        std::pmr::new_delete_resource()->deallocate(block, size, alignment);
        bytes_held -= size;
    }

    [[nodiscard]] bool do_is_equal(const memory_resource &other) const noexcept override { return this == &other; }

    std::size_t fails_at_;
};

std::uint64_t distance(const std::string &a, const std::string &b) {
    Memory memory;
    const std::uint64_t found = name_distance(a, b, &memory, nullptr);
    EXPECT_EQ(memory.bytes_held, 0U);
    return found;
}

/// The definition, with the whole matrix.
std::uint64_t plain_distance(const std::string &a, const std::string &b) {
    std::vector<std::vector<std::uint64_t>> d(a.size() + 1, std::vector<std::uint64_t>(b.size() + 1));
    for (std::size_t i = 0; i <= a.size(); ++i) {
        for (std::size_t j = 0; j <= b.size(); ++j) {
            if (i == 0 || j == 0) {
                d[i][j] = i + j;
                continue;
            }
            d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + (a[i - 1] != b[j - 1])});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
            }
        }
    }
    return d[a.size()][b.size()];
}

TEST(NameDistance, IsTheNumberOfEdits) {
    struct Row {
        std::string a, b;
        std::uint64_t distance;
    };
    const std::vector<Row> table{
        {"", "", 0},
        {"", "abc", 3},
        {"a", "a", 0},
        {"a", "b", 1},
        {"ab", "ba", 1}, // one swap
        {"abc", "acb", 1},
        {"abcd", "badc", 2}, // two swaps
        {"ca", "abc", 3},    // a swapped pair may not be edited again; unrestricted it would be 2
        {"kitten", "sitting", 3},
        {"saturday", "sunday", 3},
        {"fraud-detector", "fraud-detecotr", 1},
        {"fraud-detector", "fruad-detectro", 2},
        {"fraud-detector", "frauddetector", 1},
        {"fraud-detector", "fraud-detectors", 1},
        {"fraud-detector", "churn-model", 12},
        {"a\xC3\xA9", "ae", 2}, // bytes, not characters
        {std::string("\0a", 2), std::string("a\0", 2), 1},
        {std::string(1000, 'a'), std::string(1000, 'b'), 1000},
    };
    for (const auto &[a, b, expected] : table) {
        EXPECT_EQ(distance(a, b), expected) << a << " and " << b;
        EXPECT_EQ(distance(b, a), expected) << b << " and " << a;
        EXPECT_EQ(plain_distance(a, b), expected) << a << " and " << b;
    }
}

TEST(NameDistance, AgreesWithItsDefinition) {
    std::mt19937_64 random{20'240'609};
    const auto word = [&] {
        std::string text(random() % 9, 'a');
        for (char &c : text) {
            c = static_cast<char>('a' + random() % 3);
        }
        return text;
    };
    for (int i = 0; i < 50'000; ++i) {
        const std::string a = word();
        const std::string b = word();
        ASSERT_EQ(distance(a, b), plain_distance(a, b)) << a << " and " << b;
        ASSERT_EQ(distance(a, b), distance(b, a)) << a << " and " << b;
        ASSERT_EQ(distance(a, b) == 0, a == b) << a << " and " << b;
    }
}

TEST(NameDistance, HoldsMemoryForTheShorterNameOnly) {
    for (const bool longer_first : {true, false}) {
        Memory memory;
        const std::string longer(100'000, 'a');
        const std::string shorter = "aaaaaaaaab";
        EXPECT_EQ(name_distance(longer_first ? longer : shorter, longer_first ? shorter : longer, &memory, nullptr),
                  99'991U);
        EXPECT_LE(memory.most_bytes_held, 64 * shorter.size());
        EXPECT_EQ(memory.bytes_held, 0U);
    }
}

TEST(NameDistance, TakesNoOtherMemory) {
    auto *const usual = std::pmr::set_default_resource(std::pmr::null_memory_resource());
    EXPECT_EQ(distance("fraud-detector", "fraud-detecotr"), 1U);
    std::pmr::set_default_resource(usual);
}

TEST(NameDistance, LeaksNothingWhenMemoryRunsOut) {
    std::size_t failures = 0;
    for (std::size_t nth = 1;; ++nth) {
        Memory memory{nth};
        bool failed = false;
        try {
            EXPECT_EQ(name_distance("fraud-detector", "fraud-detecotr", &memory, nullptr), 1U);
        } catch (const std::bad_alloc &) {
            failed = true;
        }
        EXPECT_EQ(memory.bytes_held, 0U) << "failed at allocation " << nth;
        if (!failed) {
            EXPECT_LT(memory.allocations, nth);
            break;
        }
        EXPECT_EQ(memory.allocations, nth);
        ++failures;
    }
    EXPECT_GT(failures, 0U) << "it does not use the memory that it was given";
}

TEST(NameDistance, StopsWhenTold) {
    const std::string a(200, 'a');
    const std::string b(200, 'b');
    Memory memory;
    EXPECT_THROW((void)name_distance(
                     a, b, &memory, +[]() noexcept { return true; }),
                 Interrupted);
    EXPECT_GT(memory.allocations, 0U);
    EXPECT_EQ(memory.bytes_held, 0U);
    EXPECT_STREQ(Interrupted{}.what(), "interrupted");
}

unsigned asked = 0; // a plain function pointer carries no state

TEST(NameDistance, AsksNowAndThenWhetherToStop) {
    const auto count_and_go_on = +[]() noexcept {
        ++asked;
        return false;
    };
    Memory memory;
    asked = 0;
    EXPECT_EQ(name_distance("abc", "abd", &memory, count_and_go_on), 1U);
    EXPECT_EQ(asked, 0U) << "names of everyday length are not worth a question";
    EXPECT_EQ(name_distance(std::string(256, 'a'), std::string(256, 'b'), &memory, count_and_go_on), 256U);
    EXPECT_EQ(asked, 64U); // 256 * 256 cells, one question in 1024
}

} // namespace
