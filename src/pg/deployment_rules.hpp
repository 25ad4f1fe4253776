// Rules of deployments that span rows: what one model's deployments in an environment share, and what must be agreed on
// before one serves. Triggers keep them, deferred; functions ask at once (docs/design/data-model.md, section 5).
#pragma once

#include "compat.hpp"

extern "C" {
#include "utils/uuid.h"
}

namespace mlregistry::pg {

/// Defines the setting mlregistry.force, when the library is loaded.
void define_force_setting();

/// Whether the client means it: a deprecated version, an inactive environment.
bool is_forced() noexcept;

/// Raises 23514 (traffic_sum) when the live deployments of the model that the deployment serves have more than all of
/// the traffic in its environment. Takes guards(traffic, model).
void check_traffic(Oid owner, Datum deployment);

/// Raises 23514 (approval_gate, metric_gate) when the deployment serves, or is about to, without what that needs. Takes
/// guards(approval, version) where approval is needed.
void check_gate(Oid owner, Datum deployment);

/// Raises a broken rule of a table, where there is no row at hand.
[[noreturn]] void refuse_rule(const char *table, int sqlstate, const char *rule, const char *message,
                              const char *detail, const char *hint);

} // namespace mlregistry::pg
