// The one way round what is frozen: correct_version() of an admin.
#pragma once

#include "compat.hpp"

extern "C" {
#include "utils/uuid.h"
}

namespace mlregistry::pg {

/// Whether correct_version() is changing this version now.
bool is_corrected(const pg_uuid_t &version) noexcept;

/// Whether it is changing any.
bool is_correcting() noexcept;

} // namespace mlregistry::pg
