// The acting one in columns of a row.
#pragma once

#include "identity.hpp"
#include "rights.hpp"
#include "row_trigger.hpp"

namespace mlregistry::pg {

/// The user who acts, where it is one, as x_by_user.
inline void set_acting_user(RowChange &change, AttrNumber by_user) {
    const Rights &rights = current_rights();
    if (rights.has_user) { // a copy: the next look at rights may read them anew
        auto *const user = static_cast<pg_uuid_t *>(palloc(sizeof(pg_uuid_t)));
        *user = rights.user;
        change.set(by_user, UUIDPGetDatum(user));
    } else {
        change.clear(by_user);
    }
}

/// The acting one as x_by and, where that is a user, as x_by_user.
inline void set_actor(RowChange &change, AttrNumber by, AttrNumber by_user) {
    change.set(by, current_actor());
    set_acting_user(change, by_user);
}

} // namespace mlregistry::pg
