// What an error must not leave behind: memory of both kinds, held by objects that are counted.
#pragma once

#include "pg/boundary.hpp"

#include <cstddef>
#include <memory_resource>
#include <vector>

namespace boundary_test {

/// A megabyte in CurrentMemoryContext and a megabyte on the heap, written to, so that a leak shows in the process's
/// resident memory.
class Ballast {
  public:
    static constexpr std::size_t size = std::size_t{1} << 20U;

    Ballast();
    ~Ballast();
    Ballast(const Ballast &) = delete;
    Ballast &operator=(const Ballast &) = delete;

    /// How many there are now, and how many there ever were.
    [[nodiscard]] static int alive() noexcept;
    [[nodiscard]] static int made() noexcept;

  private:
    mlregistry::pg::ContextMemory memory_;
    std::pmr::vector<char> in_context_;
    std::vector<char> on_heap_;
};

} // namespace boundary_test
