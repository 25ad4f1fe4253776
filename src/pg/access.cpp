// What policies and functions ask of rights: arrays of what is open, and refusals in the registry's words.
#include "owner_query.hpp"
#include "rights.hpp"
#include "session_identity.hpp"
#include "text_argument.hpp"

extern "C" {
#include "access/htup_details.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "funcapi.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/inval.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
}

#include <string_view>

namespace mlregistry::pg {

namespace {

Scope scope_argument(std::string_view name) {
    Scope scope{};
    if (scope_named(name, scope)) {
        return scope;
    }
    ereport(ERROR,
            (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("unknown scope: \"%s\"", for_message(name)),
             errhint("The scopes are models, versions, datasets, runs, deployments, approvals, monitoring, admin.")));
}

/// The rank that a need asks for; `highest` is the name of the third one.
Rank need_argument(std::string_view name, std::string_view highest, Rank highest_rank) {
    if (name == "read") {
        return Rank::read;
    }
    if (name == "write") {
        return Rank::write;
    }
    if (name == highest) {
        return highest_rank;
    }
    ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("unknown need: \"%s\"", for_message(name)),
                    errhint("One may need read, write or %s.", highest.data())));
}

Rank project_need(std::string_view name) { return need_argument(name, "own", Rank::own); }

Rank organization_need(std::string_view name) { return need_argument(name, "admin", Rank::admin); }

/// Identifiers of the rights that a condition picks.
template <class Right, class Condition> Datum ids_of(const Right *rights, int count, Condition condition) {
    auto *const ids = static_cast<Datum *>(palloc((static_cast<Size>(count) + 1) * sizeof(Datum)));
    int found = 0;
    for (int i = 0; i < count; ++i) {
        if (condition(rights[i])) {
            ids[found++] = UUIDPGetDatum(&rights[i].id);
        }
    }
    return PointerGetDatum(construct_array(ids, found, UUIDOID, UUID_LEN, false, TYPALIGN_CHAR));
}

[[noreturn]] void refuse_access(const Rights &rights, std::string_view need, std::string_view scope, const char *where,
                                bool may_read) {
    const char *const act = need == "read" ? "read" : need == "write" ? "change" : "administer";
    const char *const what = scope == "admin"   ? ""
                             : scope == "names" ? "teams and tags in "
                                                : psprintf("%.*s in ", static_cast<int>(scope.size()), scope.data());
    // Of what one may not read not even that it exists is told.
    ereport(ERROR,
            (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
             errmsg("%s may not %s %sthis %s", for_message(name_of_actor(rights)), act, what, where),
             may_read && rights.is_restricted
                 ? errhint("The API key may have scopes or projects that leave it out: SELECT mlregistry.whoami().")
                 : errhint("Ask an administrator of the organization for a role: add_member(), add_project_member()."),
             err_generic_string(PG_DIAG_CONSTRAINT_NAME, "access_denied")));
}

Oid registry_table(std::string_view name) {
    const char *const table = pnstrdup(name.data(), name.size());
    const Oid relation = get_relname_relid(table, get_namespace_oid("mlregistry", false));
    if (!OidIsValid(relation)) {
        ereport(ERROR,
                (errcode(ERRCODE_UNDEFINED_TABLE), errmsg("table mlregistry.%s does not exist", for_message(name))));
    }
    return relation;
}

const char *name_of(Source source) noexcept {
    switch (source) {
    case Source::api_key:
        return "api_key";
    case Source::user:
        return "user";
    case Source::role:
        return "role";
    case Source::only_organization:
        return "default";
    case Source::bypass:
        return "bypass";
    case Source::none:
        break;
    }
    return "none";
}

/// Arguments: need, scope, identifier. Raises unless the rank that `rank_of` finds for the identifier is enough.
void require_rank(FunctionCallInfo fcinfo, const char *where, Rank (*need_of)(std::string_view),
                  Rank (*rank_of)(const Rights &, const pg_uuid_t &) noexcept) {
    require_not_null(fcinfo, 0, "the need");
    require_not_null(fcinfo, 1, "the scope");
    const std::string_view need = text_argument(fcinfo, 0);
    const std::string_view scope = text_argument(fcinfo, 1);
    const Rank needed = need_of(need);
    const Scope kind = scope_argument(scope);
    if (bypasses_access()) {
        return;
    }
    const Rights &rights = current_rights();
    const Rank rank = PG_ARGISNULL(2) ? Rank::none : rank_of(rights, *PG_GETARG_UUID_P(2));
    if (rank < needed || !is_in_scope(rights, needed, kind)) {
        refuse_access(rights, need, scope, where, rank >= Rank::read);
    }
}

} // namespace

} // namespace mlregistry::pg

using namespace mlregistry::pg;

/// allowed_projects(need, scope): strict.
MLR_FUNCTION(mlregistry_allowed_projects) {
    const Rank need = project_need(text_argument(fcinfo, 0));
    const Scope scope = scope_argument(text_argument(fcinfo, 1));
    const Rights &rights = current_rights();
    const bool in_scope = is_in_scope(rights, need, scope);
    return ids_of(rights.projects, rights.project_count,
                  [=](const ProjectRight &right) { return in_scope && right.rank >= need; });
}

/// allowed_organizations(need, scope): strict. `oversee` is what admins may read, also where nobody may write.
MLR_FUNCTION(mlregistry_allowed_organizations) {
    const std::string_view name = text_argument(fcinfo, 0);
    const bool oversees = name == "oversee";
    const Rank need = oversees ? Rank::read : organization_need(name);
    const Scope scope = scope_argument(text_argument(fcinfo, 1));
    const Rights &rights = current_rights();
    const bool in_scope = is_in_scope(rights, need, scope);
    return ids_of(rights.organizations, rights.organization_count, [=](const OrganizationRight &right) {
        return in_scope && (oversees ? right.oversees : right.rank >= need);
    });
}

MLR_FUNCTION(mlregistry_bypasses_access) {
    (void)fcinfo;
    PG_RETURN_BOOL(bypasses_access());
}

/// require_access(need, scope, project)
MLR_FUNCTION(mlregistry_require_access) {
    require_rank(fcinfo, "project", project_need, project_rank);
    PG_RETURN_VOID();
}

/// require_organization(need, scope, organization)
MLR_FUNCTION(mlregistry_require_organization) {
    require_rank(fcinfo, "organization", organization_need, organization_rank);
    PG_RETURN_VOID();
}

/// require_privilege(table_name, privilege): of the calling role, not of the owner of a SECURITY DEFINER function.
MLR_FUNCTION(mlregistry_require_privilege) {
    require_not_null(fcinfo, 0, "the name of the table");
    require_not_null(fcinfo, 1, "the privilege");
    const Oid relation = registry_table(text_argument(fcinfo, 0));
    const std::string_view privilege = text_argument(fcinfo, 1);
    AclMode mode = ACL_NO_RIGHTS;
    if (privilege == "SELECT") {
        mode = ACL_SELECT;
    } else if (privilege == "INSERT") {
        mode = ACL_INSERT;
    } else if (privilege == "UPDATE") {
        mode = ACL_UPDATE;
    } else if (privilege == "DELETE") {
        mode = ACL_DELETE;
    } else {
        ereport(ERROR,
                (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("unknown privilege: \"%s\"", for_message(privilege)),
                 errhint("It is SELECT, INSERT, UPDATE or DELETE.")));
    }
    if (pg_class_aclcheck(relation, GetOuterUserId(), mode) != ACLCHECK_OK) {
        aclcheck_error(ACLCHECK_NO_PRIV, OBJECT_TABLE, get_rel_name(relation));
    }
    PG_RETURN_VOID();
}

/// acting_identity() → (user_id, api_key_id, how, scopes, user_agent, client_address)
MLR_FUNCTION(mlregistry_acting_identity) {
    TupleDesc row = nullptr;
    if (get_call_result_type(fcinfo, nullptr, &row) != TYPEFUNC_COMPOSITE) {
        ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED), errmsg("the call must accept a row")));
    }
    const Rights &rights = current_rights();
    const SessionIdentity *const identity = session_identity();
    Datum values[6] = {};
    bool nulls[6] = {!rights.has_user,
                     !rights.has_key,
                     false,
                     rights.permissions == nullptr,
                     identity == nullptr || identity->user_agent[0] == '\0',
                     identity == nullptr || identity->client_address[0] == '\0'};
    values[0] = UUIDPGetDatum(&rights.user);
    values[1] = UUIDPGetDatum(&rights.key);
    values[2] = text_datum(name_of(rights.source));
    if (rights.permissions != nullptr) {
        values[3] = DirectFunctionCall1(jsonb_in, CStringGetDatum(rights.permissions));
    }
    if (!nulls[4]) {
        values[4] = text_datum(identity->user_agent);
    }
    if (!nulls[5]) {
        values[5] = DirectFunctionCall1(inet_in, CStringGetDatum(identity->client_address));
    }
    PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(row), values, nulls)));
}

/// AFTER any change of a table that rights are read from, for each statement: every session reads them again.
MLR_FUNCTION(mlregistry_trg_access_changed) {
    if (!CALLED_AS_TRIGGER(fcinfo)) {
        ereport(ERROR,
                (errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED), errmsg("function was not called as a trigger")));
    }
    const auto *const data = reinterpret_cast<TriggerData *>(fcinfo->context);
    CacheInvalidateRelcacheByRelid(RelationGetRelid(data->tg_relation));
    return PointerGetDatum(nullptr);
}
