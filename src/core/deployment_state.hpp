// What the states of deployments mean (docs/design/data-model.md, section 2.4).
#pragma once

#include <string_view>

namespace mlregistry::lifecycle {

/// Serves traffic.
[[nodiscard]] constexpr bool is_live_deployment(std::string_view status) noexcept {
    return status == "active" || status == "degraded";
}

/// Serves, is about to, or is being ended.
[[nodiscard]] constexpr bool is_open_deployment(std::string_view status) noexcept {
    return is_live_deployment(status) || status == "pending" || status == "deploying" || status == "terminating";
}

} // namespace mlregistry::lifecycle
