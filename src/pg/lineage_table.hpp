// Where a node stands: a hash table from kind and identifier to its number. Eight bytes a place, at most three quarters
// of them taken; keys stay in the nodes. Plain data; part of lineage_walk.cpp.
#pragma once

#include "lineage_walk.hpp"
#include "uuid.hpp"

extern "C" {
#include "utils/memutils.h"
}

#include <cstring>

namespace mlregistry::pg {

/// Identifiers are random, or begin with a time, or were made up by hand: all of their bits count.
inline std::uint32_t hash_of(lineage::Kind kind, const pg_uuid_t &id) noexcept {
    std::uint64_t halves[2];
    std::memcpy(halves, id.data, sizeof halves);
    std::uint64_t mixed = halves[0] * 0x9E3779B97F4A7C15U ^ (halves[1] + static_cast<std::uint64_t>(kind));
    mixed = (mixed ^ mixed >> 32) * 0xD6E8FEB86659FD93U;
    mixed = (mixed ^ mixed >> 32) * 0xD6E8FEB86659FD93U;
    return static_cast<std::uint32_t>(mixed >> 32);
}

struct LineageTable {
    struct Place {
        std::uint32_t number;
        std::uint32_t hash;
    };

    static constexpr std::uint32_t empty = UINT32_MAX;
    /// Of a number that is not settled yet: settling a level gives the same numbers in another order.
    static constexpr std::uint32_t unsettled = 1U << 31;

    MemoryContext context;
    Place *places;
    std::uint32_t mask;
    std::uint32_t taken;

    static LineageTable *make(MemoryContext context) {
        constexpr std::uint32_t first_size = 1024;
        auto *const table = static_cast<LineageTable *>(MemoryContextAlloc(context, sizeof(LineageTable)));
        *table = {context, new_places(context, first_size), first_size - 1, 0};
        return table;
    }

    static std::uint32_t number_at(const Place *place) noexcept { return place->number & ~unsettled; }

    /// Where the node stands, or would: then the place is empty.
    [[nodiscard]] Place *place_of(const Lineage &lineage, lineage::Kind kind, const pg_uuid_t &id,
                                  std::uint32_t hash) const noexcept {
        for (std::uint32_t i = hash & mask;; i = (i + 1) & mask) {
            Place &place = places[i];
            if (place.number == empty) {
                return &place;
            }
            if (place.hash == hash) {
                const LineageNode &node = node_of(lineage, number_at(&place));
                if (node.kind == kind && same_uuid(node.id, id)) {
                    return &place;
                }
            }
        }
    }

    /// Takes an empty place for a node of the level that is being reached.
    void put(Place *place, std::uint32_t number, std::uint32_t hash) noexcept {
        *place = {number | unsettled, hash};
        ++taken;
    }

    /// Gives an unsettled node its number for good.
    void renumber(std::uint32_t hash, std::uint32_t number, std::uint32_t settled) noexcept {
        std::uint32_t i = hash & mask;
        while (places[i].number != (number | unsettled)) {
            i = (i + 1) & mask;
        }
        places[i].number = settled;
    }

    [[nodiscard]] bool is_full() const noexcept { return taken >= (mask + 1U) / 4 * 3; }

    void grow() {
        const std::uint32_t old_size = mask + 1;
        Place *const old = places;
        if (old_size >= unsettled) {
            ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED), errmsg("the lineage has too many nodes")));
        }
        places = new_places(context, old_size * 2);
        mask = old_size * 2 - 1;
        for (std::uint32_t i = 0; i < old_size; ++i) {
            poll_interrupts(i);
            if (old[i].number != empty) {
                std::uint32_t to = old[i].hash & mask;
                while (places[to].number != empty) {
                    to = (to + 1) & mask;
                }
                places[to] = old[i];
            }
        }
        pfree(old);
    }

    void clear() noexcept {
        std::memset(static_cast<void *>(places), 0xFF, (static_cast<Size>(mask) + 1) * sizeof(Place));
        taken = 0;
    }

    void prefetch(std::uint32_t hash) const noexcept { __builtin_prefetch(&places[hash & mask]); }

    /// Once the place has come: the node that stands there.
    void prefetch_node(const Lineage &lineage, std::uint32_t hash) const noexcept {
        const Place &place = places[hash & mask];
        if (place.hash == hash && place.number != empty) {
            __builtin_prefetch(&node_of(lineage, number_at(&place)));
        }
    }

  private:
    static Place *new_places(MemoryContext context, std::uint32_t size) {
        auto *const made =
            static_cast<Place *>(MemoryContextAllocHuge(context, static_cast<Size>(size) * sizeof(Place)));
        std::memset(static_cast<void *>(made), 0xFF, static_cast<Size>(size) * sizeof(Place));
        return made;
    }
};

} // namespace mlregistry::pg
