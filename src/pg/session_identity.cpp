#include "session_identity.hpp"

extern "C" {
#include "access/parallel.h"
#include "access/xact.h"
#include "storage/proc.h"
#include "utils/guc.h"
#include "utils/memutils.h"
}

#include <cstring>

namespace mlregistry::pg {

namespace {

constexpr const char *identity_setting = "mlregistry.identity";

// The setting holds a nonce and nothing else: PostgreSQL ends it with the transaction, a savepoint, RESET and DISCARD
// ALL, and with the nonce ends the identity.
char *claimed_nonce = nullptr;
char expected_nonce[33] = ""; ///< what assume_identity() is about to set
SessionIdentity *identities = nullptr;

// When the identity changed last: in which local transaction, and by which of its commands.
std::uint32_t changed_in = 0;
CommandId changed_at = 0;

/// Only assume_identity() sets the setting, and PostgreSQL, which hands it on to parallel workers.
bool check_nonce(char **value, void **, GucSource) {
    if ((*value)[0] == '\0' || IsParallelWorker() ||
        (expected_nonce[0] != '\0' && std::strcmp(*value, expected_nonce) == 0)) {
        return true;
    }
    GUC_check_errcode(ERRCODE_INSUFFICIENT_PRIVILEGE);
    GUC_check_errmsg("an identity cannot be set");
    GUC_check_errhint("SELECT mlregistry.authenticate(...) with an API key; RESET %s ends an identity.",
                      identity_setting);
    return false;
}

std::uint32_t this_transaction() {
#if PG_VERSION_NUM >= 170000
    return MyProc->vxid.lxid;
#else
    return MyProc->lxid;
#endif
}

/// Frees what no setting can name any more.
void drop_stale() {
    SessionIdentity **link = &identities;
    while (*link != nullptr) {
        SessionIdentity *const identity = *link;
        if (identity->transaction != this_transaction() && std::strcmp(identity->nonce, claimed_nonce) != 0) {
            *link = identity->next;
            if (identity->actor != nullptr) {
                pfree(identity->actor);
            }
            pfree(identity);
        } else {
            link = &identity->next;
        }
    }
}

void make_nonce(char *text) {
    static constexpr char digits[] = "0123456789abcdef";
    unsigned char random[16];
    if (!pg_strong_random(random, sizeof random)) {
        ereport(ERROR, (errcode(ERRCODE_INTERNAL_ERROR), errmsg("there is no strong random source")));
    }
    for (std::size_t i = 0; i < sizeof random; ++i) {
        text[2 * i] = digits[random[i] >> 4];
        text[2 * i + 1] = digits[random[i] & 15];
    }
    text[32] = '\0';
}

/// What comes after is another command: otherwise a statement that begins now could not be told from one that runs. Not
/// where a transaction ends, nor in workers, which are handed the setting.
void note_change(const char *nonce) {
    if (claimed_nonce != nullptr && std::strcmp(nonce == nullptr ? "" : nonce, claimed_nonce) != 0 &&
        IsTransactionState() && !IsParallelWorker() && !IsInParallelMode()) {
        changed_in = this_transaction();
        changed_at = GetCurrentCommandId(true);
    }
}

/// Before the setting changes: ROLLBACK, a savepoint or the end of a function may bring back what it names now.
void keep_until_end(const char *nonce, void *) {
    note_change(nonce);
    for (SessionIdentity *identity = identities; identity != nullptr; identity = identity->next) {
        if (claimed_nonce != nullptr && std::strcmp(identity->nonce, claimed_nonce) == 0) {
            identity->transaction = this_transaction();
        }
    }
}

} // namespace

void define_identity_setting() {
    DefineCustomStringVariable(identity_setting, "Identity of the session, kept by authenticate().",
                               "Nobody can set it; RESET ends the identity.", &claimed_nonce, "", PGC_USERSET,
                               GUC_NO_SHOW_ALL | GUC_NOT_IN_SAMPLE | GUC_DISALLOW_IN_FILE | GUC_SUPERUSER_ONLY,
                               check_nonce, keep_until_end, nullptr);
}

bool identity_is_claimed() { return claimed_nonce != nullptr && claimed_nonce[0] != '\0'; }

const SessionIdentity *session_identity() {
    if (!identity_is_claimed()) {
        return nullptr;
    }
    for (const SessionIdentity *identity = identities; identity != nullptr; identity = identity->next) {
        if (std::strcmp(identity->nonce, claimed_nonce) == 0) {
            return identity;
        }
    }
    return nullptr;
}

void assume_identity(const pg_uuid_t &api_key, bool for_session, const char *user_agent, const char *client_address) {
    drop_stale();
    auto *const identity =
        static_cast<SessionIdentity *>(MemoryContextAllocZero(TopMemoryContext, sizeof(SessionIdentity)));
    identity->api_key = api_key;
    identity->transaction = this_transaction();
    if (user_agent != nullptr) {
        const int length = pg_mbcliplen(user_agent, static_cast<int>(std::strlen(user_agent)),
                                        static_cast<int>(sizeof identity->user_agent) - 1);
        std::memcpy(identity->user_agent, user_agent, static_cast<std::size_t>(length));
    }
    if (client_address != nullptr) {
        strlcpy(identity->client_address, client_address, sizeof identity->client_address);
    }
    identity->next = identities;
    identities = identity; // from here on drop_stale() frees it, whatever fails below
    make_nonce(identity->nonce);
    std::memcpy(expected_nonce, identity->nonce, sizeof expected_nonce);
    (void)set_config_option(identity_setting, identity->nonce, PGC_USERSET, PGC_S_SESSION,
                            for_session ? GUC_ACTION_SET : GUC_ACTION_LOCAL, true, 0, false);
    expected_nonce[0] = '\0';
}

void remember_user(const pg_uuid_t &user, const char *actor) {
    for (SessionIdentity *identity = identities; identity != nullptr; identity = identity->next) {
        if (std::strcmp(identity->nonce, claimed_nonce) == 0) {
            identity->user = user;
            identity->actor = MemoryContextStrdup(TopMemoryContext, actor);
        }
    }
}

bool identity_changed_since(CommandId command) { return changed_in == this_transaction() && changed_at >= command; }

void forget_identity() {
    (void)set_config_option(identity_setting, "", PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SET, true, 0, false);
}

} // namespace mlregistry::pg
