// Batches of metrics: the last value of a name and step counts, and memory is given back however it ends.
#include "metric_batch.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <memory_resource>
#include <new>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using mlregistry::Interrupted;
using mlregistry::judge_batch;
using mlregistry::MetricBatch;

constexpr std::size_t never = std::numeric_limits<std::size_t>::max();

/// Counts, and fails at the nth allocation as PostgreSQL's memory does when there is none left.
class Memory : public std::pmr::memory_resource {
  public:
    explicit Memory(std::size_t fails_at = never) : fails_at_{fails_at} {}

    std::size_t allocations = 0;
    std::size_t bytes_held = 0;

  private:
    void *do_allocate(std::size_t size, std::size_t alignment) override {
        if (++allocations == fails_at_) {
            throw std::bad_alloc{};
        }
        void *block = std::pmr::new_delete_resource()->allocate(size, alignment);
        bytes_held += size;
        return block;
    }

    void do_deallocate(void *block, std::size_t size, std::size_t alignment) override {
        std::pmr::new_delete_resource()->deallocate(block, size, alignment);
        bytes_held -= size;
    }

    [[nodiscard]] bool do_is_equal(const memory_resource &other) const noexcept override { return this == &other; }

    std::size_t fails_at_;
};

struct Batch {
    std::vector<std::string_view> names;
    std::vector<std::int64_t> steps;

    void add(std::string_view name, std::int64_t step) {
        names.push_back(name);
        steps.push_back(step);
    }
};

struct Judged {
    MetricBatch batch;
    std::vector<bool> superseded;
};

Judged judge(const Batch &batch, Memory &memory) {
    const auto flags = std::make_unique<bool[]>(batch.names.size());
    const MetricBatch judged =
        judge_batch(batch.names, batch.steps, {flags.get(), batch.names.size()}, &memory, nullptr);
    return {judged, std::vector<bool>(flags.get(), flags.get() + batch.names.size())};
}

Judged judge(const Batch &batch) {
    Memory memory;
    Judged judged = judge(batch, memory);
    EXPECT_EQ(memory.bytes_held, 0U);
    return judged;
}

TEST(MetricBatch, NothingIsSuperseded) {
    EXPECT_EQ(judge({}).batch.superseded, 0U);
    Batch batch;
    for (std::int64_t step = -5; step < 5; ++step) {
        batch.add("loss", step);
        batch.add("accuracy", step);
    }
    const Judged judged = judge(batch);
    EXPECT_EQ(judged.batch.superseded, 0U);
    EXPECT_FALSE(judged.batch.has_invalid_name);
    EXPECT_EQ(std::count(judged.superseded.begin(), judged.superseded.end(), true), 0);
}

TEST(MetricBatch, LastOfANameAndStepStays) {
    Batch batch;
    batch.add("loss", 1);
    batch.add("loss", 2);
    batch.add("loss", 1);
    batch.add("accuracy", 1);
    batch.add("loss", 2);
    batch.add("loss", 1);
    const Judged judged = judge(batch);
    EXPECT_EQ(judged.batch.superseded, 3U);
    EXPECT_EQ(judged.superseded, (std::vector<bool>{true, true, true, false, false, false}));
}

TEST(MetricBatch, StepsThatFallAreNotEqual) {
    Batch batch;
    for (std::int64_t step = 100; step > 0; --step) {
        batch.add("loss", step);
    }
    EXPECT_EQ(judge(batch).batch.superseded, 0U);
}

TEST(MetricBatch, InvalidNames) {
    Batch batch;
    batch.add("loss", 1);
    batch.add("loss", 1);
    batch.add("loss!", 2);
    batch.add("", 3);
    const Judged judged = judge(batch);
    EXPECT_TRUE(judged.batch.has_invalid_name);
    EXPECT_EQ(judged.batch.invalid_name, 2U);
    EXPECT_EQ(judged.batch.superseded, 0U);
    EXPECT_EQ(std::count(judged.superseded.begin(), judged.superseded.end(), true), 0);
    Batch first;
    first.add("", 1);
    EXPECT_TRUE(judge(first).batch.has_invalid_name);
    EXPECT_EQ(judge(first).batch.invalid_name, 0U);
}

TEST(MetricBatch, RandomBatchesAsByDefinition) {
    std::mt19937_64 random{1};
    const std::vector<std::string> names = {"a", "b", "a b", "loss", "loss/train", "Loss"};
    for (int round = 0; round < 500; ++round) {
        Batch batch;
        std::map<std::pair<std::string_view, std::int64_t>, std::size_t> last;
        const std::size_t n = random() % 200;
        const std::uint64_t steps = 1 + random() % 100;
        for (std::size_t i = 0; i < n; ++i) {
            batch.add(names[random() % names.size()], static_cast<std::int64_t>(random() % steps));
            last[{batch.names[i], batch.steps[i]}] = i;
        }
        const Judged judged = judge(batch);
        ASSERT_EQ(judged.batch.superseded, n - last.size());
        for (std::size_t i = 0; i < n; ++i) {
            const bool is_last = last[{batch.names[i], batch.steps[i]}] == i;
            ASSERT_EQ(judged.superseded[i], !is_last);
        }
    }
}

TEST(MetricBatch, ManyNames) {
    std::vector<std::string> names;
    for (int i = 0; i < 50'000; ++i) {
        names.push_back("metric " + std::to_string(i % 40'000));
    }
    Batch batch;
    for (const std::string &name : names) {
        batch.add(name, 1);
    }
    const Judged judged = judge(batch);
    EXPECT_EQ(judged.batch.superseded, 10'000U);
    EXPECT_TRUE(judged.superseded[0]);
    EXPECT_FALSE(judged.superseded[49'999]);
}

TEST(MetricBatch, GivesMemoryBackWhenThereIsNoMore) {
    Batch batch;
    for (const char *const name : {"a", "b", "c", "a", "b", "c"}) {
        batch.add(name, 1);
    }
    Memory enough;
    (void)judge(batch, enough);
    ASSERT_GT(enough.allocations, 3U);
    for (std::size_t nth = 1; nth <= enough.allocations; ++nth) {
        Memory memory{nth};
        EXPECT_THROW((void)judge(batch, memory), std::bad_alloc) << nth;
        EXPECT_EQ(memory.bytes_held, 0U) << nth;
    }
}

TEST(MetricBatch, StopsWhenAsked) {
    Batch batch;
    for (int i = 0; i < 3000; ++i) {
        batch.add("loss", i);
    }
    const auto flags = std::make_unique<bool[]>(3000);
    Memory memory;
    EXPECT_THROW(
        (void)judge_batch(batch.names, batch.steps, {flags.get(), 3000}, &memory, []() noexcept { return true; }),
        Interrupted);
    EXPECT_EQ(memory.bytes_held, 0U);
}

} // namespace
