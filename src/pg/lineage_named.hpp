// Names of some nodes of a lineage: those that are shown, of many that were walked through.
#pragma once

#include "lineage_names.hpp"

#include <cstddef>
#include <cstdint>

namespace mlregistry::pg {

/// In the order of their numbers. Plain data in the memory context that was current.
struct NamedNodes {
    std::uint32_t *numbers;
    NodeName *names;
    std::size_t count;

    /// The name of one of them.
    [[nodiscard]] const NodeName &operator[](std::uint32_t number) const noexcept;
};

/// Looks up the names of nodes, which may be given in any order, and more than once.
NamedNodes name_some(const Lineage &lineage, const std::uint32_t *numbers, std::size_t count);

/// What stands for it where a name is wanted: "(hidden run)" where there is none to tell.
Datum shown_name(const LineageNode &node, const NodeName &name);

} // namespace mlregistry::pg
