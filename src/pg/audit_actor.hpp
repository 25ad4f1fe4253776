// Who acts, as the audit trail says it.
#pragma once

#include "compat.hpp"

extern "C" {
#include "utils/uuid.h"
}

#include <cstddef>
#include <optional>
#include <string_view>

namespace mlregistry::pg {

/// Bytes of a reason, whoever gives it.
inline constexpr std::size_t longest_reason = 65536;

/// Defines the setting mlregistry.reason, when the library is loaded.
void define_reason_setting();

/// The acting one at this moment; texts in the current memory context. Empty texts: not known.
struct AuditActor {
    std::string_view actor;   ///< e-mail of the user, else the role that logged in
    std::string_view db_role; ///< the role that logged in
    std::optional<pg_uuid_t> user;
    std::optional<pg_uuid_t> api_key;
    Datum ip_address; ///< inet, where the text is not empty
    std::string_view ip_address_text;
    std::string_view application_name;
    std::string_view user_agent;
    std::string_view reason;
};

AuditActor acting_one();

} // namespace mlregistry::pg
