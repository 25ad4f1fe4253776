// ContextMemory at its bounds: the caller's limit, PostgreSQL's largest size, and memory that really is used up.
#include "ballast.hpp"

#include "pg/text_argument.hpp"

extern "C" {
#include "utils/memutils.h"
}

#include <sys/resource.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <limits>
#include <new>

using namespace mlregistry;
using namespace mlregistry::pg;
using boundary_test::Ballast;

namespace {

constexpr std::size_t no_limit = std::numeric_limits<std::size_t>::max();

/// Bytes of address space that the process has.
std::size_t address_space() noexcept {
    std::size_t pages = 0;
    if (FILE *const file = std::fopen("/proc/self/statm", "r"); file != nullptr) {
        if (std::fscanf(file, "%zu", &pages) != 1) {
            pages = 0;
        }
        std::fclose(file);
    }
    return pages * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

/// Lets the process grow by `more` bytes only, while it lives.
class Scarcity {
  public:
    explicit Scarcity(std::size_t more) noexcept {
        getrlimit(RLIMIT_AS, &before_);
        rlimit scarce = before_;
        scarce.rlim_cur = address_space() + more;
        setrlimit(RLIMIT_AS, &scarce);
    }
    ~Scarcity() { setrlimit(RLIMIT_AS, &before_); }
    Scarcity(const Scarcity &) = delete;
    Scarcity &operator=(const Scarcity &) = delete;

  private:
    rlimit before_{};
};

} // namespace

/// bt_allocate(bytes bigint, limit bigint, alignment integer) → boolean: allocates from a ContextMemory, writes to both
/// ends, gives back; true when the memory was aligned as asked for. -1 stands for the largest size_t.
MLR_FUNCTION(bt_allocate) {
    const auto bytes = static_cast<std::size_t>(PG_GETARG_INT64(0));
    const auto limit = static_cast<std::size_t>(PG_GETARG_INT64(1));
    const auto alignment = static_cast<std::size_t>(PG_GETARG_INT32(2));
    bool aligned = false;
    raise(guard([&] {
        const Ballast ballast;
        ContextMemory memory{CurrentMemoryContext, limit};
        auto *const block = static_cast<char *>(memory.allocate(bytes, alignment));
        aligned = reinterpret_cast<std::uintptr_t>(block) % alignment == 0;
        if (bytes > 0) {
            block[0] = 'x';
            block[bytes - 1] = 'y';
        }
        memory.deallocate(block, bytes, alignment);
        // All was given back: the whole limit is there again. The bound is for the test's own sake.
        if (limit <= 64 * Ballast::size) {
            memory.deallocate(memory.allocate(limit, alignment), limit, alignment);
        }
    }));
    PG_RETURN_BOOL(aligned);
}

/// bt_blocks(n integer, alignment integer) → boolean: n blocks side by side keep their bytes and their alignment.
MLR_FUNCTION(bt_blocks) {
    const auto n = static_cast<std::size_t>(PG_GETARG_INT32(0));
    const auto alignment = static_cast<std::size_t>(PG_GETARG_INT32(1));
    bool whole = true;
    raise(guard([&] {
        ContextMemory memory{CurrentMemoryContext, no_limit};
        std::pmr::vector<unsigned char *> blocks{&memory};
        for (std::size_t i = 0; i < n; ++i) {
            blocks.push_back(static_cast<unsigned char *>(memory.allocate(i + 1, alignment)));
            std::memset(blocks[i], static_cast<int>(i & 0xffU), i + 1);
        }
        for (std::size_t i = 0; i < n; ++i) {
            whole = whole && reinterpret_cast<std::uintptr_t>(blocks[i]) % alignment == 0;
            for (std::size_t k = 0; k <= i; ++k) {
                whole = whole && blocks[i][k] == static_cast<unsigned char>(i & 0xffU);
            }
            memory.deallocate(blocks[i], i + 1, alignment);
        }
    }));
    PG_RETURN_BOOL(whole);
}

/// bt_kept(bytes integer, alignment integer) → bigint: how much more the memory context holds after a block was given
/// back; 0. Ask for blocks of a megabyte: smaller ones stay in the context's own free lists.
MLR_FUNCTION(bt_kept) {
    const auto bytes = static_cast<std::size_t>(PG_GETARG_INT32(0));
    const auto alignment = static_cast<std::size_t>(PG_GETARG_INT32(1));
    const Size before = MemoryContextMemAllocated(CurrentMemoryContext, true);
    raise(guard([&] {
        ContextMemory memory{CurrentMemoryContext, no_limit};
        memory.deallocate(memory.allocate(bytes, alignment), bytes, alignment);
    }));
    PG_RETURN_INT64(static_cast<std::int64_t>(MemoryContextMemAllocated(CurrentMemoryContext, true) - before));
}

/// bt_arena(n integer) → integer: a std::pmr arena and pool on a ContextMemory hold n numbers; their last.
MLR_FUNCTION(bt_arena) {
    const std::int32_t n = PG_GETARG_INT32(0);
    std::int32_t last = 0;
    raise(guard([&] {
        ContextMemory memory{CurrentMemoryContext, 64 * Ballast::size};
        std::pmr::monotonic_buffer_resource arena{&memory};
        std::pmr::unsynchronized_pool_resource pool{&memory};
        std::pmr::vector<std::int32_t> in_arena{&arena};
        std::pmr::vector<std::int32_t> in_pool{&pool};
        for (std::int32_t i = 1; i <= n; ++i) {
            in_arena.push_back(i);
            in_pool.push_back(i);
        }
        last = in_arena.back() == in_pool.back() ? in_pool.back() : -1;
    }));
    PG_RETURN_INT32(last);
}

/// bt_exhaust(place text, megabytes integer): fills 'context' or 'heap' until malloc returns NULL, which happens within
/// that many megabytes. The limit is lifted before the error is raised, as objects go in the reverse order.
MLR_FUNCTION(bt_exhaust) {
    const bool in_context = text_argument(fcinfo, 0) == "context";
    const std::size_t more = static_cast<std::size_t>(PG_GETARG_INT32(1)) * Ballast::size;
    raise(guard([&] {
        const Ballast ballast;
        ContextMemory memory{CurrentMemoryContext, no_limit};
        std::pmr::memory_resource *const place = in_context ? &memory : std::pmr::new_delete_resource();
        const Scarcity scarcity{more};
        std::pmr::vector<std::pmr::vector<char>> blocks{place};
        for (;;) {
            blocks.emplace_back(Ballast::size, 'x');
        }
    }));
    return text_datum("no error");
}
