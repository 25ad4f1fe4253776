// What a function says of the deployments that it changes.
#pragma once

namespace mlregistry::pg {

/// Defines the setting mlregistry.deployment_action, when the library is loaded.
void define_deployment_setting();

/// Whether versions of deployments go back: rollback_deployment() has set mlregistry.deployment_action to rollback.
bool goes_back();

} // namespace mlregistry::pg
