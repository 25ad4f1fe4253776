// What the acting one may do: organizations and projects with a rank in each, kept until somebody changes rights.
#pragma once

#include "compat.hpp"

extern "C" {
#include "utils/timestamp.h"
#include "utils/uuid.h"
}

#include <cstdint>
#include <string_view>

namespace mlregistry::pg {

/// What one may do in a project or an organization, each including those before it.
enum class Rank : std::uint8_t {
    none,
    read,  ///< viewer
    write, ///< developer, contributor
    own,   ///< owner of a project
    admin, ///< admin of an organization
};

/// How it came that somebody acts.
enum class Source : std::uint8_t { none, api_key, user, role, only_organization, bypass };

struct OrganizationRight {
    pg_uuid_t id;
    Rank rank;     ///< no more than read where it is not active
    bool oversees; ///< an admin, who reads as one also where nobody may write
    bool is_active;
    char *slug;
};

struct ProjectRight {
    pg_uuid_t id;
    pg_uuid_t organization;
    Rank rank;
    bool is_deleted;
    char *slug;
};

/// Kinds of objects that the scopes of a key name, in this order; `names` is what every key needs.
enum class Scope : std::uint8_t { models, versions, datasets, runs, deployments, approvals, monitoring, admin, names };

/// The scope of that name; false when there is none.
bool scope_named(std::string_view name, Scope &scope) noexcept;

/// Rights of an identity. Plain data in a memory context of its own; valid until the next call of current_rights().
struct Rights {
    std::uint64_t serial; ///< another one whenever they were read again; 0: those of nobody
    Source source;
    bool has_user;
    bool has_key;
    bool is_restricted; ///< the key has scopes
    std::uint16_t readable_scopes;
    std::uint16_t writable_scopes;
    pg_uuid_t user;
    pg_uuid_t key;
    char *actor;
    char *permissions; ///< of the key, as text of a JSON object; null without one
    TimestampTz expires_at;
    int organization_count;
    int project_count;
    OrganizationRight *organizations;
    ProjectRight *projects;
};

/// The rights that hold now. Raises 55000 when the registry is not installed.
const Rights &current_rights();

/// The acting one: the e-mail of a user, else the role that logged in.
const char *name_of_actor(const Rights &rights);

/// What one may do in a project or an organization by these rights, whatever the scopes of a key.
Rank project_rank(const Rights &rights, const pg_uuid_t &project) noexcept;
Rank organization_rank(const Rights &rights, const pg_uuid_t &organization) noexcept;

/// Whether the key, if there is one, is for that.
bool is_in_scope(const Rights &rights, Rank need, Scope scope) noexcept;

/// Forgets what is known, at the next use, when tables of rights or role memberships change.
void watch_rights();

/// True when the calling role, as SET ROLE has left it, is not subject to row security; never in what is done for the
/// owner of a table by the session of somebody else.
bool bypasses_access();

} // namespace mlregistry::pg
