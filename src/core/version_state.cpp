#include "version_state.hpp"

namespace mlregistry {

namespace {

constexpr std::string_view archived = "archived";

void fill_times(const VersionState &now, VersionChange &change) noexcept {
    change.set_validated = change.status == "validated" && !now.validated;
    change.set_deprecated = change.status == "deprecated" && !now.deprecated;
    change.set_archived = change.status == archived && !now.archived;
}

/// In every other state somebody may rely on the artifact.
bool freezes(const VersionChange &change) noexcept {
    return change.status != "registered" || change.stage != "development";
}

} // namespace

VersionChange complete_insert(const VersionState &now) noexcept {
    VersionChange change{.status = now.status, .stage = now.stage};
    // Only what a default left may be completed; a real contradiction is left to the CHECK.
    if (now.status == archived && now.stage == "development") {
        change.stage = archived;
    } else if (now.stage == archived && now.status == "registered") {
        change.status = archived;
    }
    fill_times(now, change);
    change.set_promoted = change.stage == "production" && !now.promoted;
    change.set_frozen = !now.frozen && freezes(change);
    return change;
}

VersionChange complete_update(const VersionState &before, const VersionState &now) noexcept {
    VersionChange change{.status = now.status, .stage = now.stage};
    const bool status_changed = before.status != now.status;
    const bool stage_changed = before.stage != now.stage;
    if (status_changed && !stage_changed) {
        if (now.status == archived) {
            change.stage = archived;
        } else if (before.status == archived) {
            change.stage = "development";
        }
    } else if (stage_changed && !status_changed) {
        if (now.stage == archived) {
            change.status = archived;
        } else if (before.stage == archived) {
            change.status = now.validated ? "validated" : "registered";
        }
    }
    fill_times(now, change);
    change.set_promoted = change.stage == "production" && before.stage != "production" && !now.promoted_given;
    // What was frozen and is not any more, trigger freeze refuses.
    change.set_frozen = !now.frozen && !before.frozen && freezes(change);
    change.clear_deprecated =
        before.status == "deprecated" && change.status != "deprecated" && change.status != archived;
    change.clear_archived = before.status == archived && change.status != archived;
    return change;
}

} // namespace mlregistry
