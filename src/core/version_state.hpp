// What a version's status and stage imply for the columns beside them (docs/design/data-model.md, section 3).
// Which moves are legal is not decided here.
#pragma once

#include <string_view>

namespace mlregistry {

/// Status and stage of a version, and which of its times are set.
struct VersionState {
    std::string_view status;
    std::string_view stage;
    bool validated = false;      ///< validated_at is set
    bool deprecated = false;     ///< deprecated_at is set
    bool archived = false;       ///< archived_at is set
    bool promoted = false;       ///< promoted_to_production_at is set
    bool promoted_given = false; ///< an UPDATE set promoted_to_production_at itself
    bool frozen = false;         ///< frozen_at is set
};

/// What must be written beside what the client wrote.
struct VersionChange {
    std::string_view status;
    std::string_view stage;
    bool set_validated = false;
    bool set_deprecated = false;
    bool set_archived = false;
    bool set_promoted = false;
    bool set_frozen = false;
    bool clear_deprecated = false;
    bool clear_archived = false;
};

/// For an INSERT: completes archived status and stage, fills the times that are absent.
[[nodiscard]] VersionChange complete_insert(const VersionState &now) noexcept;

/// For an UPDATE: also clears what leaving a state undoes.
[[nodiscard]] VersionChange complete_update(const VersionState &before, const VersionState &now) noexcept;

} // namespace mlregistry
