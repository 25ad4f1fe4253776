#include "rights.hpp"

#include "owner_query.hpp"
#include "session_identity.hpp"
#include "text_argument.hpp"
#include "uuid.hpp"

extern "C" {
#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_authid.h"
#include "catalog/pg_type.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/syscache.h"
}

#include <cstring>
#include <string_view>

namespace mlregistry::pg {

namespace {

// A key that is good for anything, and whose it is.
OwnerQuery key_query{
    R"(SELECT k.user_id, u.email, k.organization_id, k.permissions::pg_catalog.text, k.expires_at,
              CASE WHEN k.permissions OPERATOR(pg_catalog.?) 'scopes'
                   THEN ARRAY(SELECT pg_catalog.jsonb_array_elements_text(k.permissions OPERATOR(pg_catalog.->) 'scopes')) END,
              CASE WHEN k.permissions OPERATOR(pg_catalog.?) 'projects'
                   THEN ARRAY(SELECT pg_catalog.jsonb_array_elements_text(k.permissions OPERATOR(pg_catalog.->) 'projects')) END
         FROM mlregistry.api_keys k
         JOIN mlregistry.users u ON u.user_id OPERATOR(pg_catalog.=) k.user_id
        WHERE k.api_key_id OPERATOR(pg_catalog.=) $1 AND k.is_active AND k.deleted_at IS NULL
          AND u.is_active AND u.deleted_at IS NULL)",
    1,
    {UUIDOID},
};

OwnerQuery role_user_query{
    "SELECT user_id, email, is_active FROM mlregistry.users"
    " WHERE db_role OPERATOR(pg_catalog.=) $1 AND deleted_at IS NULL",
    1,
    {NAMEOID},
};

// CASE x WHEN y would look for its = along the caller's path, hence CASE WHEN with a qualified one in all of these.
// $1 the acting user or NULL, $2 the session's role, $3 the only organization of a key or NULL.
OwnerQuery organizations_query{
    R"(SELECT o.organization_id, g.rank, o.subscription_status OPERATOR(pg_catalog.=) 'active', o.slug
         FROM (SELECT m.organization_id,
                      CASE WHEN m.role OPERATOR(pg_catalog.=) 'admin' THEN 4
                           WHEN m.role OPERATOR(pg_catalog.=) 'developer' THEN 2 ELSE 1 END AS rank
                 FROM mlregistry.organization_memberships m
                WHERE m.user_id OPERATOR(pg_catalog.=) $1
                  AND ($3 IS NULL OR m.organization_id OPERATOR(pg_catalog.=) $3)
               UNION ALL
               SELECT r.organization_id, pg_catalog.max(CASE WHEN r.level OPERATOR(pg_catalog.=) ANY ('{admin,owner}') THEN 4
                                           WHEN r.level OPERATOR(pg_catalog.=) 'write' THEN 2 ELSE 1 END)
                 FROM mlregistry.role_access r
                 JOIN pg_catalog.pg_roles a ON a.rolname OPERATOR(pg_catalog.=) r.db_role
                JOIN pg_catalog.pg_roles s ON s.oid OPERATOR(pg_catalog.=) $2
                -- A superuser is a member of every role, which says nothing.
                WHERE $1 IS NULL AND (a.oid OPERATOR(pg_catalog.=) s.oid
                                      OR NOT s.rolsuper AND pg_catalog.pg_has_role(s.oid, a.oid, 'MEMBER'))
                GROUP BY r.organization_id) AS g
         JOIN mlregistry.organizations o ON o.organization_id OPERATOR(pg_catalog.=) g.organization_id
        WHERE o.deleted_at IS NULL)",
    3,
    {UUIDOID, OIDOID, UUIDOID},
};

// $1 the session's role: whether it has a grant at all, be it for an organization that is gone.
OwnerQuery any_grant_query{
    R"(SELECT FROM mlregistry.role_access r
         JOIN pg_catalog.pg_roles a ON a.rolname OPERATOR(pg_catalog.=) r.db_role
         JOIN pg_catalog.pg_roles s ON s.oid OPERATOR(pg_catalog.=) $1
        WHERE a.oid OPERATOR(pg_catalog.=) s.oid
           OR NOT s.rolsuper AND pg_catalog.pg_has_role(s.oid, a.oid, 'MEMBER'))",
    1,
    {OIDOID},
};

// $1: all organizations, as who bypasses row security sees them; otherwise the default one, while it is the only one.
OwnerQuery without_grant_query{
    R"(SELECT o.organization_id, 4, o.subscription_status OPERATOR(pg_catalog.=) 'active', o.slug
         FROM mlregistry.organizations o
        WHERE o.deleted_at IS NULL
          AND ($1 OR (o.organization_id OPERATOR(pg_catalog.=) '00000000-0000-8000-8000-000000000001'::pg_catalog.uuid
                      AND NOT EXISTS (SELECT FROM mlregistry.organizations other
                                       WHERE other.organization_id OPERATOR(pg_catalog.<>) o.organization_id
                                         AND other.deleted_at IS NULL))))",
    1,
    {BOOLOID},
};

// $1 the acting user or NULL, $2 organizations and $3 the ranks in them, $4 projects of a key by slug or NULL, $5
// whether public projects of others are open too.
OwnerQuery projects_query{
    R"(SELECT p.project_id, p.organization_id, p.deleted_at IS NOT NULL, p.slug,
              GREATEST(CASE WHEN $1 IS NULL OR g.rank OPERATOR(pg_catalog.=) 4
                              OR p.visibility OPERATOR(pg_catalog.<>) 'private' THEN g.rank END,
                       (SELECT CASE WHEN pm.role OPERATOR(pg_catalog.=) 'owner' THEN 3
                                    WHEN pm.role OPERATOR(pg_catalog.=) 'contributor' THEN 2 ELSE 1 END
                          FROM mlregistry.project_members pm
                         WHERE pm.project_id OPERATOR(pg_catalog.=) p.project_id AND pm.user_id OPERATOR(pg_catalog.=) $1),
                       CASE WHEN $5 AND p.visibility OPERATOR(pg_catalog.=) 'public' THEN 1 END, 0)
         FROM mlregistry.projects p
         LEFT JOIN ROWS FROM (pg_catalog.unnest($2), pg_catalog.unnest($3)) AS g (organization_id, rank)
                ON g.organization_id OPERATOR(pg_catalog.=) p.organization_id
        WHERE (g.organization_id IS NOT NULL
               OR ($5 AND p.visibility OPERATOR(pg_catalog.=) 'public'
                   AND EXISTS (SELECT FROM mlregistry.organizations o
                                WHERE o.organization_id OPERATOR(pg_catalog.=) p.organization_id AND o.deleted_at IS NULL)))
          AND ($4 IS NULL OR p.slug OPERATOR(pg_catalog.=) ANY ($4)))",
    5,
    {UUIDOID, UUIDARRAYOID, INT4ARRAYOID, TEXTARRAYOID, BOOLOID},
};

// Tables that rights are read from: a change of one is announced by trigger access to every session, as if the table
// itself had changed.
constexpr const char *tables_of_rights[] = {"organizations",   "projects", "users",      "organization_memberships",
                                            "project_members", "api_keys", "role_access"};
constexpr int table_count = static_cast<int>(sizeof tables_of_rights / sizeof tables_of_rights[0]);
Oid watched_tables[table_count];

std::uint64_t changes = 0; ///< counts changes of rights

// Without tables of access all projects of what is open are.
OwnerQuery all_projects_query{
    "SELECT project_id, organization_id, deleted_at IS NOT NULL, slug, 4 FROM mlregistry.projects"
    " WHERE organization_id OPERATOR(pg_catalog.=) ANY ($1)",
    1,
    {UUIDARRAYOID},
};

/// What was found for one identity.
struct Known {
    bool used;
    bool bypasses;
    bool has_key;
    Oid role;
    pg_uuid_t key;
    Rights rights;
};

// A pooled session sees many identities, one transaction after the other.
constexpr int most_known = 16;
Known known[most_known];
int next_known = 0;
std::uint64_t known_at = 0; ///< the count of changes that they were found at
TimestampTz known_since = 0;
std::uint64_t last_serial = 0;

// What fires no trigger, such as logical replication, is noticed after this time.
constexpr TimestampTz longest_known = 60 * USECS_PER_SEC;
MemoryContext known_context = nullptr;

/// The latest snapshot, whatever the transaction's: rights are those of now. In a parallel query none may be taken, and
/// a statement's own is as new.
Sight sight() { return IsInParallelMode() ? Sight::snapshot : Sight::latest; }

void relation_changed(Datum, Oid relation) {
    if (!OidIsValid(relation)) {
        ++changes;
        return;
    }
    for (const Oid watched : watched_tables) {
        if (watched == relation) {
            ++changes;
            return;
        }
    }
}

void role_changed(Datum, int, uint32) { ++changes; }

// A statement that fails half way has announced nothing yet, but rights may have been read from its rows.
void transaction_ended(XactEvent event, void *) {
    if (event == XACT_EVENT_ABORT && TransactionIdIsValid(GetTopTransactionIdIfAny())) {
        ++changes;
    }
}

void subtransaction_ended(SubXactEvent event, SubTransactionId, SubTransactionId, void *) {
    if (event == SUBXACT_EVENT_ABORT_SUB && TransactionIdIsValid(GetCurrentTransactionIdIfAny())) {
        ++changes;
    }
}

Datum column(int row, int number, bool &is_null) {
    return SPI_getbinval(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, number, &is_null);
}

bool uuid_at(int row, int number, pg_uuid_t &value) {
    bool is_null = false;
    const Datum datum = column(row, number, is_null);
    if (!is_null) {
        value = *DatumGetUUIDP(datum);
    }
    return !is_null;
}

char *text_at(int row, int number) {
    bool is_null = false;
    const Datum datum = column(row, number, is_null);
    if (is_null) {
        return nullptr;
    }
    const std::string_view text = text_view(datum);
    auto *const copy = static_cast<char *>(MemoryContextAlloc(known_context, text.size() + 1));
    std::memcpy(copy, text.data(), text.size());
    copy[text.size()] = '\0';
    return copy;
}

bool bool_at(int row, int number) {
    bool is_null = false;
    const Datum datum = column(row, number, is_null);
    return !is_null && DatumGetBool(datum);
}

Rank rank_at(int row, int number) {
    bool is_null = false;
    const Datum datum = column(row, number, is_null);
    return is_null ? Rank::none : static_cast<Rank>(DatumGetInt32(datum));
}

constexpr std::string_view scope_names[] = {"models",    "versions",   "datasets", "runs", "deployments",
                                            "approvals", "monitoring", "admin",    "names"};

/// Which scopes an array of `scope:verb` opens; writing includes reading.
void read_scopes(ArrayType *scopes, Rights &rights) {
    Datum *values = nullptr;
    bool *nulls = nullptr;
    int count = 0;
    deconstruct_array(scopes, TEXTOID, -1, false, TYPALIGN_INT, &values, &nulls, &count);
    rights.is_restricted = true;
    for (int i = 0; i < count; ++i) {
        const std::string_view scope = nulls[i] ? std::string_view{} : text_view(values[i]);
        const std::size_t colon = scope.find(':');
        Scope named{};
        if (colon == std::string_view::npos || !scope_named(scope.substr(0, colon), named) || named == Scope::names) {
            continue;
        }
        const auto bit = static_cast<std::uint16_t>(1U << static_cast<unsigned>(named));
        rights.readable_scopes = static_cast<std::uint16_t>(rights.readable_scopes | bit);
        if (scope.substr(colon + 1) == "write") {
            rights.writable_scopes = static_cast<std::uint16_t>(rights.writable_scopes | bit);
        }
    }
}

/// What a key restricts beside its scopes.
struct KeyLimits {
    bool used = false;
    pg_uuid_t organization{};
    Datum projects = 0;
    bool names_projects = false;
};

/// The identity itself; false when it is one that opens nothing.
bool find_identity(Oid owner, const SessionIdentity *identity, Rights &rights, KeyLimits &limits) {
    if (identity != nullptr) {
        const Datum values[] = {UUIDPGetDatum(&identity->api_key)};
        if (run(key_query, owner, values, nullptr, sight(), 1) != 1) {
            return false;
        }
        rights.source = Source::api_key;
        rights.has_key = true;
        rights.key = identity->api_key;
        rights.has_user = uuid_at(0, 1, rights.user);
        rights.actor = text_at(0, 2);
        limits.used = uuid_at(0, 3, limits.organization);
        rights.permissions = text_at(0, 4);
        bool is_null = false;
        const Datum expires_at = column(0, 5, is_null);
        rights.expires_at = is_null ? DT_NOEND : DatumGetTimestampTz(expires_at);
        const Datum scopes = column(0, 6, is_null);
        if (!is_null) {
            read_scopes(DatumGetArrayTypeP(scopes), rights);
        }
        const Datum projects = column(0, 7, is_null);
        limits.names_projects = !is_null;
        limits.projects = is_null ? 0 : projects;
        return true;
    }
    NameData role;
    namestrcpy(&role, GetUserNameFromId(GetSessionUserId(), false));
    const Datum values[] = {NameGetDatum(&role)};
    if (run(role_user_query, owner, values, nullptr, sight(), 1) == 1) {
        rights.source = Source::user;
        rights.has_user = uuid_at(0, 1, rights.user);
        rights.actor = text_at(0, 2);
        return bool_at(0, 3);
    }
    return true;
}

void read_organizations(Rights &rights) {
    rights.organization_count = static_cast<int>(SPI_processed);
    rights.organizations = static_cast<OrganizationRight *>(
        MemoryContextAllocZero(known_context, (SPI_processed + 1) * sizeof(OrganizationRight)));
    for (int i = 0; i < rights.organization_count; ++i) {
        OrganizationRight &right = rights.organizations[i];
        (void)uuid_at(i, 1, right.id);
        right.rank = rank_at(i, 2);
        right.is_active = bool_at(i, 3);
        right.slug = text_at(i, 4);
    }
}

template <class Right> const Right *right_at(const Right *rights, int count, const pg_uuid_t &id) noexcept {
    for (int i = 0; i < count; ++i) {
        if (same_uuid(rights[i].id, id)) {
            return &rights[i];
        }
    }
    return nullptr;
}

bool is_active(const Rights &rights, const pg_uuid_t &organization) noexcept {
    const auto *const right = right_at(rights.organizations, rights.organization_count, organization);
    return right != nullptr && right->is_active;
}

void find_projects(Oid owner, bool has_access, const KeyLimits &limits, Rights &rights) {
    auto *const organizations = static_cast<Datum *>(palloc((rights.organization_count + 1) * sizeof(Datum)));
    auto *const ranks = static_cast<Datum *>(palloc((rights.organization_count + 1) * sizeof(Datum)));
    for (int i = 0; i < rights.organization_count; ++i) {
        organizations[i] = UUIDPGetDatum(&rights.organizations[i].id);
        ranks[i] = Int32GetDatum(static_cast<int>(rights.organizations[i].rank));
    }
    const Datum values[] = {
        rights.has_user && rights.source != Source::bypass ? UUIDPGetDatum(&rights.user) : Datum{0},
        PointerGetDatum(
            construct_array(organizations, rights.organization_count, UUIDOID, UUID_LEN, false, TYPALIGN_CHAR)),
        PointerGetDatum(construct_array(ranks, rights.organization_count, INT4OID, 4, true, TYPALIGN_INT)),
        limits.projects,
        BoolGetDatum(rights.source == Source::user || (rights.has_key && !limits.names_projects)),
    };
    char nulls[] = "     ";
    nulls[0] = rights.has_user && rights.source != Source::bypass ? ' ' : 'n';
    nulls[3] = limits.names_projects ? ' ' : 'n';
    if (has_access) {
        run(projects_query, owner, values, nulls, sight(), 0);
    } else {
        run(all_projects_query, owner, &values[1], nullptr, sight(), 0);
    }
    rights.projects =
        static_cast<ProjectRight *>(MemoryContextAllocZero(known_context, (SPI_processed + 1) * sizeof(ProjectRight)));
    for (int i = 0; i < static_cast<int>(SPI_processed); ++i) {
        ProjectRight right{};
        (void)uuid_at(i, 1, right.id);
        (void)uuid_at(i, 2, right.organization);
        right.is_deleted = bool_at(i, 3);
        right.slug = text_at(i, 4);
        right.rank = rank_at(i, 5);
        if (right.rank > Rank::read && !is_active(rights, right.organization)) {
            right.rank = Rank::read;
        }
        const bool is_admin = rank_at(i, 5) == Rank::admin;
        if (right.rank != Rank::none && (!right.is_deleted || is_admin)) {
            rights.projects[rights.project_count++] = right;
        }
    }
}

/// The tables of a version before 0.5.0 know neither users nor grants: then all is as it was.
bool has_access_tables() {
    const Oid schema = get_namespace_oid("mlregistry", true);
    return OidIsValid(schema) && OidIsValid(get_relname_relid("role_access", schema)) &&
           OidIsValid(get_relname_relid("api_keys", schema));
}

void find_rights(const SessionIdentity *identity, bool bypasses, Rights &rights) {
    const Oid owner = owner_of_registry("organizations");
    rights.expires_at = DT_NOEND;
    const bool has_access = has_access_tables();
    KeyLimits limits;
    connect();
    bool opens = true;
    if (has_access) {
        opens = find_identity(owner, identity, rights, limits);
    }
    if (opens && bypasses && identity == nullptr) {
        rights.source = Source::bypass;
        const Datum values[] = {BoolGetDatum(true)};
        run(without_grant_query, owner, values, nullptr, sight(), 0);
        read_organizations(rights);
    } else if (opens) {
        if (has_access) {
            const Datum values[] = {UUIDPGetDatum(&rights.user), ObjectIdGetDatum(GetSessionUserId()),
                                    UUIDPGetDatum(&limits.organization)};
            char nulls[] = "   ";
            nulls[0] = rights.has_user ? ' ' : 'n';
            nulls[2] = limits.used ? ' ' : 'n';
            run(organizations_query, owner, values, nulls, sight(), 0);
            read_organizations(rights);
            if (rights.organization_count > 0 && rights.source == Source::none) {
                rights.source = Source::role;
            }
            const Datum role[] = {ObjectIdGetDatum(GetSessionUserId())};
            if (rights.organization_count == 0 && rights.source == Source::none &&
                run(any_grant_query, owner, role, nullptr, sight(), 1) > 0) {
                rights.source = Source::role; // what was opened to it is gone, and opens nothing else
            }
        }
        if (rights.organization_count == 0 && rights.source == Source::none) {
            const Datum values[] = {BoolGetDatum(false)};
            if (run(without_grant_query, owner, values, nullptr, sight(), 0) > 0) {
                rights.source = Source::only_organization;
            }
            read_organizations(rights);
        }
    }
    if (opens) {
        find_projects(owner, has_access, limits, rights);
    }
    for (int i = 0; i < rights.organization_count; ++i) {
        OrganizationRight &right = rights.organizations[i];
        right.oversees = right.rank == Rank::admin && !limits.names_projects;
        // A key for some projects changes nothing that is all projects'.
        if (!right.is_active || limits.names_projects) {
            right.rank = Rank::read;
        }
    }
    done();
}

void forget_all() {
    if (known_context == nullptr) {
        known_context = AllocSetContextCreate(TopMemoryContext, "mlregistry rights", ALLOCSET_SMALL_SIZES);
    } else {
        MemoryContextReset(known_context);
    }
    std::memset(static_cast<void *>(known), 0, sizeof known);
    next_known = 0;
    known_at = changes;
    known_since = GetCurrentStatementStartTimestamp();
    const Oid schema = get_namespace_oid("mlregistry", true);
    for (int i = 0; i < table_count; ++i) {
        watched_tables[i] = OidIsValid(schema) ? get_relname_relid(tables_of_rights[i], schema) : InvalidOid;
    }
}

bool is_for(const Known &found, const SessionIdentity *identity, bool bypasses) {
    return found.used && found.bypasses == bypasses && found.role == GetSessionUserId() &&
           found.has_key == (identity != nullptr) && (identity == nullptr || same_uuid(found.key, identity->api_key));
}

/// Rights of one who claims to be somebody in vain.
const Rights no_rights{};

/// Keys expire without a change that anybody would be told of.
const Rights &in_force(const Rights &rights) {
    return rights.expires_at != DT_NOEND && rights.expires_at <= GetCurrentTimestamp() ? no_rights : rights;
}

/// In what PostgreSQL does for the owner of a table, such as ANALYZE and autovacuum with functions of an index, that
/// owner's code runs in a session of somebody else, whose rights it must not have. In a SECURITY DEFINER function there
/// nobody knows any more who has called.
bool acts_for_another() {
    Oid user = InvalidOid;
    int context = 0;
    GetUserIdAndSecContext(&user, &context);
    return (context & SECURITY_RESTRICTED_OPERATION) != 0 &&
           ((context & SECURITY_LOCAL_USERID_CHANGE) != 0 || user != GetOuterUserId());
}

} // namespace

bool scope_named(std::string_view name, Scope &scope) noexcept {
    for (std::size_t n = 0; n < sizeof scope_names / sizeof scope_names[0]; ++n) {
        if (scope_names[n] == name) {
            scope = static_cast<Scope>(n);
            return true;
        }
    }
    return false;
}

const char *name_of_actor(const Rights &rights) {
    return rights.actor != nullptr ? rights.actor : GetUserNameFromId(GetSessionUserId(), false);
}

bool is_in_scope(const Rights &rights, Rank need, Scope scope) noexcept {
    if (!rights.is_restricted) {
        return true;
    }
    if (scope == Scope::names) {
        return need == Rank::read || rights.writable_scopes != 0;
    }
    const unsigned bit = 1U << static_cast<unsigned>(scope);
    return ((need == Rank::read ? rights.readable_scopes : rights.writable_scopes) & bit) != 0;
}

Rank project_rank(const Rights &rights, const pg_uuid_t &project) noexcept {
    const auto *const right = right_at(rights.projects, rights.project_count, project);
    return right != nullptr ? right->rank : Rank::none;
}

Rank organization_rank(const Rights &rights, const pg_uuid_t &organization) noexcept {
    const auto *const right = right_at(rights.organizations, rights.organization_count, organization);
    return right != nullptr ? right->rank : Rank::none;
}

void watch_rights() {
    CacheRegisterRelcacheCallback(relation_changed, Datum{0});
    CacheRegisterSyscacheCallback(AUTHMEMROLEMEM, role_changed, Datum{0});
    CacheRegisterSyscacheCallback(AUTHOID, role_changed, Datum{0});
    RegisterXactCallback(transaction_ended, nullptr);
    RegisterSubXactCallback(subtransaction_ended, nullptr);
}

bool bypasses_access() {
    if (acts_for_another()) {
        return false;
    }
    const Oid role = GetOuterUserId();
    return has_bypassrls_privilege(role) || has_privs_of_role(role, owner_of_registry("organizations"));
}

const Rights &current_rights() {
    const SessionIdentity *const identity = session_identity();
    if ((identity == nullptr && identity_is_claimed()) || acts_for_another()) {
        return no_rights;
    }
    // A plan whose locks the transaction holds already is run without a look at what others have changed.
    AcceptInvalidationMessages();
    const bool bypasses = bypasses_access();
    if (known_context == nullptr || known_at != changes || next_known == most_known ||
        GetCurrentStatementStartTimestamp() - known_since > longest_known) {
        forget_all();
    }
    for (const Known &found : known) {
        if (is_for(found, identity, bypasses)) {
            return in_force(found.rights);
        }
    }
    Known &entry = known[next_known];
    std::memset(static_cast<void *>(&entry), 0, sizeof entry);
    find_rights(identity, bypasses, entry.rights);
    entry.rights.serial = ++last_serial;
    if (known_at != changes || (IsInParallelMode() && IsolationUsesXactSnapshot())) {
        // While we were looking somebody has changed something, or the snapshot is of before: this is not kept.
        static Rights unkept;
        unkept = entry.rights;
        return in_force(unkept);
    }
    entry.bypasses = bypasses;
    entry.role = GetSessionUserId();
    entry.has_key = identity != nullptr;
    if (identity != nullptr) {
        entry.key = identity->api_key;
    }
    entry.used = true;
    ++next_known;
    return current_rights();
}

} // namespace mlregistry::pg
