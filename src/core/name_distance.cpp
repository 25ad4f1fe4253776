#include "name_distance.hpp"

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

namespace mlregistry {

std::uint64_t name_distance(std::string_view a, std::string_view b, std::pmr::memory_resource *memory,
                            StopRequested stop) {
    if (a.size() < b.size()) {
        std::swap(a, b);
    }
    using Row = std::pmr::vector<std::uint64_t>;
    Row before(b.size() + 1, memory); // two rows up, for swaps
    Row above(b.size() + 1, memory);
    Row here(b.size() + 1, memory);
    std::iota(above.begin(), above.end(), std::uint64_t{0});

    StopPoll poll{stop};
    for (std::size_t i = 1; i <= a.size(); ++i) {
        here[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::uint64_t substitution = above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
            std::uint64_t best = std::min({above[j] + 1, here[j - 1] + 1, substitution});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                best = std::min(best, before[j - 2] + 1);
            }
            here[j] = best;
            poll();
        }
        before.swap(above);
        above.swap(here);
    }
    return above[b.size()];
}

} // namespace mlregistry
