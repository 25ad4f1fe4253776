// Metrics that are logged together: which of them count.
#pragma once

#include "error.hpp"

#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <span>
#include <string_view>

namespace mlregistry {

struct MetricBatch {
    std::size_t superseded = 0;   ///< values whose step the batch gives another one later
    std::size_t invalid_name = 0; ///< position of the first name that is none, where there is one
    bool has_invalid_name = false;
};

/// Marks in `superseded`, which is all false, each value that a later one of the same name and step replaces. All three
/// are of one size. Where a name is invalid (is_valid_metric_name) nothing is marked.
///
/// Takes memory for each distinct name; for each value only where steps of a name do not rise, and gives all of it
/// back.
[[nodiscard]] MetricBatch judge_batch(std::span<const std::string_view> names, std::span<const std::int64_t> steps,
                                      std::span<bool> superseded, std::pmr::memory_resource *memory,
                                      StopRequested stop);

} // namespace mlregistry
