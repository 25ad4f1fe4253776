// Who is acting, and for which organization and project (docs/design/architecture.md, section 5).
#pragma once

#include "compat.hpp"

extern "C" {
#include "utils/uuid.h"
}

#include <optional>

namespace mlregistry::pg {

/// Defines the settings mlregistry.organization and mlregistry.project, when the library is loaded.
void define_settings();

/// The acting one as text: the e-mail of a user, else the database role that logged in. A text value in the current
/// memory context.
Datum current_actor();

/// What the session works in when it names nothing; absent when that is not clear.
struct Workplace {
    std::optional<pg_uuid_t> organization;
    std::optional<pg_uuid_t> project;
};

/// The workplace among what the identity opens.
const Workplace &current_workplace();

} // namespace mlregistry::pg
