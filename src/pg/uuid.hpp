// Identifiers as PostgreSQL has them.
#pragma once

#include "compat.hpp"

extern "C" {
#include "utils/uuid.h"
}

#include <cstring>

namespace mlregistry::pg {

inline bool same_uuid(const pg_uuid_t &a, const pg_uuid_t &b) noexcept { return std::memcmp(&a, &b, sizeof a) == 0; }

} // namespace mlregistry::pg
