// Identifiers as PostgreSQL has them.
#pragma once

#include "compat.hpp"

extern "C" {
#include "utils/uuid.h"
}

#include <cstring>
#include <string_view>

namespace mlregistry::pg {

inline bool same_uuid(const pg_uuid_t &a, const pg_uuid_t &b) noexcept { return std::memcmp(&a, &b, sizeof a) == 0; }

/// Its 16 bytes.
inline std::string_view uuid_bytes(const pg_uuid_t &id) noexcept {
    return {reinterpret_cast<const char *>(id.data), UUID_LEN};
}

} // namespace mlregistry::pg
