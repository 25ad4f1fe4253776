#include "lineage_named.hpp"

#include "text_argument.hpp"

extern "C" {
#include "utils/memutils.h"
}

#include <algorithm>

namespace mlregistry::pg {

const NodeName &NamedNodes::operator[](std::uint32_t number) const noexcept {
    return names[std::lower_bound(numbers, numbers + count, number) - numbers];
}

NamedNodes name_some(const Lineage &lineage, const std::uint32_t *numbers, std::size_t count) {
    const auto allocate = [](std::size_t bytes) {
        return MemoryContextAllocHuge(CurrentMemoryContext, std::max<std::size_t>(bytes, 1));
    };
    auto *const sorted = static_cast<std::uint32_t *>(allocate(count * sizeof(std::uint32_t)));
    std::copy(numbers, numbers + count, sorted);
    std::sort(sorted, sorted + count);
    count = static_cast<std::size_t>(std::unique(sorted, sorted + count) - sorted);
    auto *const names = static_cast<NodeName *>(allocate(count * sizeof(NodeName)));
    for (std::size_t first = 0; first < count; first += most_names) {
        CHECK_FOR_INTERRUPTS();
        name_nodes(lineage, sorted + first,
                   static_cast<std::uint32_t>(std::min<std::size_t>(most_names, count - first)), names + first);
    }
    return {sorted, names, count};
}

Datum shown_name(const LineageNode &node, const NodeName &name) {
    if (!node.is_hidden) {
        return text_datum(name.name);
    }
    const std::string_view kind = lineage::name_of(node.kind);
    return CStringGetTextDatum(psprintf("(hidden %.*s)", static_cast<int>(kind.size()), kind.data()));
}

} // namespace mlregistry::pg
