// Running statements whose objects must not become members of the extension (docs/design/architecture.md, section 1).
#include "owner_query.hpp"
#include "text_argument.hpp"

extern "C" {
#include "commands/extension.h"
#include "utils/acl.h"
}

namespace mlregistry::pg {

namespace {

/// The role that the statements run as, which the caller must have the rights of.
Oid role_argument(FunctionCallInfo fcinfo, int n) {
    if (PG_ARGISNULL(n)) {
        return GetUserId();
    }
    const Oid role = get_role_oid(NameStr(*PG_GETARG_NAME(n)), false);
    if (!has_privs_of_role(GetUserId(), role)) {
        ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
                        errmsg("you do not have the rights of role \"%s\"", NameStr(*PG_GETARG_NAME(n)))));
    }
    return role;
}

} // namespace

} // namespace mlregistry::pg

using namespace mlregistry::pg;

/// run_detached(text, name): runs SQL as if no extension script were running. In another role's name it is a restricted
/// operation: that role's triggers must not do with the caller's rights what they could not do with their own.
MLR_FUNCTION(mlregistry_run_detached) {
    if (PG_ARGISNULL(0)) {
        PG_RETURN_VOID();
    }
    const char *const sql = text_to_cstring(PG_GETARG_TEXT_PP(0));
    const Oid role = role_argument(fcinfo, 1);
    Oid user = InvalidOid;
    int context = 0;
    GetUserIdAndSecContext(&user, &context);
    const bool was_creating = creating_extension;
    const Oid was_extension = CurrentExtensionObject;
    PG_TRY();
    {
        creating_extension = false;
        CurrentExtensionObject = InvalidOid;
        if (role != user) {
            SetUserIdAndSecContext(role, context | SECURITY_LOCAL_USERID_CHANGE | SECURITY_RESTRICTED_OPERATION);
        }
        connect();
        const int result = SPI_execute(sql, false, 0);
        if (result < 0) {
            ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                            errmsg("cannot run the statements: %s", SPI_result_code_string(result))));
        }
        done();
    }
    PG_FINALLY();
    {
        creating_extension = was_creating;
        CurrentExtensionObject = was_extension;
        SetUserIdAndSecContext(user, context);
    }
    PG_END_TRY();
    PG_RETURN_VOID();
}

/// act_as_owner(): the rest of the SECURITY DEFINER function that calls this runs as the tables' owner, whose triggers,
/// checks and defaults must not have the rights of the extension's owner. PostgreSQL itself ends that with the
/// function.
MLR_FUNCTION(mlregistry_act_as_owner) {
    (void)fcinfo;
    const Oid owner = owner_of_registry("organizations");
    Oid user = InvalidOid;
    int context = 0;
    GetUserIdAndSecContext(&user, &context);
    if ((context & SECURITY_LOCAL_USERID_CHANGE) == 0 || !has_privs_of_role(user, owner)) {
        ereport(ERROR,
                (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE), errmsg("only functions of the registry act as its owner")));
    }
    SetUserIdAndSecContext(owner, context);
    PG_RETURN_VOID();
}
