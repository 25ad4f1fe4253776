#include "audit_actor.hpp"

#include "rights.hpp"
#include "session_identity.hpp"

extern "C" {
#include "mb/pg_wchar.h"
#include "utils/guc.h"
#include "utils/inet.h"
}

#include <cstring>

namespace mlregistry::pg {

namespace {

char *reason_setting = nullptr;

/// A copy: a setting may be changed by what runs with a record, such as a check of the owner of the table.
std::string_view copy_of(const char *setting) {
    return setting == nullptr ? std::string_view{} : std::string_view{pstrdup(setting)};
}

/// What a client sends when it connects (PGOPTIONS) and what came from a database of another encoding (ALTER ROLE …
/// SET) is text that PostgreSQL has not looked at: in the trail it could be dumped and not be restored.
bool check_reason(char **value, void **, GucSource) {
    const std::size_t size = std::strlen(*value);
    if (size > longest_reason) {
        GUC_check_errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED);
        GUC_check_errmsg("the reason is longer than 64 KiB");
        return false;
    }
    if (!pg_verifymbstr(*value, static_cast<int>(size), true)) {
        GUC_check_errcode(ERRCODE_CHARACTER_NOT_IN_REPERTOIRE);
        GUC_check_errmsg("the reason is no text in the encoding of the database");
        return false;
    }
    return true;
}

/// Address of the client: what the application says of its own client, else where the session comes from.
bool client_address(const SessionIdentity *identity, Datum &address) {
    if (identity != nullptr && identity->client_address[0] != '\0') {
        address = DirectFunctionCall1(inet_in, CStringGetDatum(identity->client_address));
        return true;
    }
    LOCAL_FCINFO(call, 0);
    InitFunctionCallInfoData(*call, nullptr, 0, InvalidOid, nullptr, nullptr);
    address = inet_client_addr(call);
    return !call->isnull; // nothing comes from a Unix-domain socket
}

} // namespace

void define_reason_setting() {
    DefineCustomStringVariable("mlregistry.reason", "Why something is changed: goes into the audit trail.",
                               "SET LOCAL gives it to the changes of one transaction.", &reason_setting, "",
                               PGC_USERSET, 0, check_reason, nullptr, nullptr);
}

AuditActor acting_one() {
    AuditActor one{};
    const Rights &rights = current_rights();
    const SessionIdentity *const identity = session_identity();
    if (identity != nullptr && identity->actor != nullptr && !rights.has_key && !InSecurityRestrictedOperation()) {
        // The key has expired or was revoked since the statement began, perhaps by the statement.
        one.actor = pstrdup(identity->actor);
        one.user = identity->user;
        one.api_key = identity->api_key;
    } else {
        one.actor = pstrdup(name_of_actor(rights));
        one.user = rights.has_user ? std::optional{rights.user} : std::nullopt;
        one.api_key = rights.has_key ? std::optional{rights.key} : std::nullopt;
    }
    one.db_role = GetUserNameFromId(GetSessionUserId(), false);
    if (client_address(identity, one.ip_address)) {
        one.ip_address_text = DatumGetCString(DirectFunctionCall1(inet_out, one.ip_address));
    }
    if (identity != nullptr) {
        one.user_agent = pstrdup(identity->user_agent);
    }
    one.application_name = copy_of(application_name);
    one.reason = copy_of(reason_setting);
    return one;
}

} // namespace mlregistry::pg
