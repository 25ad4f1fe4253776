// What one may see of lineage: what the policy of lineage_edges says, for each end of an edge by itself.
#pragma once

#include "lineage_walk.hpp"

#include <cstring>

namespace mlregistry::pg {

/// Plain data in the memory of a walk, zeroed before the first look.
struct LineageSight {
    bool sees_all;
    bool sees_kind[lineage::kind_count];

    /// Asks for the right to read lineage_edges (42501), and what of it is open to the calling user: as row security
    /// does, whose owner and who bypasses it see all, and which is an error for who lets no row be kept back.
    void look(Lineage &found);

    /// The number of a project among those of the lineage. There are few, and neighbours mostly lie in the same one.
    std::uint16_t number_of(Lineage &found, const pg_uuid_t &project) {
        if (last_ != unknown_project && std::memcmp(&found.projects[last_], &project, sizeof project) == 0) {
            return last_;
        }
        return last_ = find_or_add(found, project);
    }

    /// Whether a node may be seen; one that lies in no project may by those who see all.
    [[nodiscard]] bool may_see(lineage::Kind kind, std::uint16_t project) const noexcept {
        return sees_all ||
               (sees_kind[static_cast<std::size_t>(kind)] && project != unknown_project && is_visible_[project]);
    }

  private:
    std::uint16_t find_or_add(Lineage &found, const pg_uuid_t &project);
    void grow(Lineage &found);
    [[nodiscard]] bool is_readable(const pg_uuid_t &project) const noexcept;

    const pg_uuid_t *readable_; ///< projects that may be read, where not all may
    int readable_count_;
    std::uint16_t *slots_; ///< a hash table of numbers, each one more than it is; 0: empty
    std::uint32_t mask_;
    bool *is_visible_; ///< by number
    std::uint16_t last_;
};

} // namespace mlregistry::pg
