// Who has authenticated in this session: kept in memory that no SET reaches (docs/design/architecture.md, section 5).
#pragma once

#include "compat.hpp"

#include <cstdint>

extern "C" {
#include "utils/uuid.h"
}

namespace mlregistry::pg {

/// Defines the setting mlregistry.identity, when the library is loaded.
void define_identity_setting();

/// What authenticate() has found. Plain data in TopMemoryContext.
struct SessionIdentity {
    pg_uuid_t api_key;
    pg_uuid_t user;
    char *actor; ///< e-mail of the user when the key was good; null until then
    char nonce[33];
    char user_agent[256];      ///< as the client says, cut; empty for none
    char client_address[64];   ///< text of an inet; empty for none
    std::uint32_t transaction; ///< the local transaction that it was made in, or that let it go
    SessionIdentity *next;
};

/// The identity that holds now, or null.
const SessionIdentity *session_identity();

/// Something claims to be an identity, whether it is one or not: who claims in vain gets nothing.
bool identity_is_claimed();

/// From now on the session acts by that key, to the end of the transaction or of the session. What the application says
/// of its client goes along; null for nothing.
void assume_identity(const pg_uuid_t &api_key, bool for_session, const char *user_agent, const char *client_address);

/// Keeps whose key it is, for what is told of the identity when the key is good no more.
void remember_user(const pg_uuid_t &user, const char *actor);

/// Ends the identity of the session.
void forget_identity();

/// Whether the session has become somebody else since a statement of this transaction began, whose snapshot has this
/// command.
bool identity_changed_since(CommandId command);

} // namespace mlregistry::pg
