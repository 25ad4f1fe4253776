// API keys: making one, and acting by one. A key is 256 random bits; the registry keeps its SHA-256 only.
#include "identity.hpp"
#include "owner_query.hpp"
#include "rights.hpp"
#include "session_identity.hpp"
#include "text_argument.hpp"

extern "C" {
#include "access/xact.h"
#include "access/xlog.h"
#include "catalog/pg_type.h"
#include "common/cryptohash.h"
#include "common/sha2.h"
}

#include <cstring>
#include <string_view>

namespace mlregistry::pg {

namespace {

// $1 the hash. Whether the key is good for anything is looked up with the rights.
OwnerQuery secret_query{
    "SELECT api_key_id, key_hash FROM mlregistry.api_key_secrets WHERE key_hash OPERATOR(pg_catalog.=) $1",
    1,
    {TEXTOID},
};

// At most once a minute, and never waiting for another session that does the same.
OwnerQuery used_query{
    R"(UPDATE mlregistry.api_keys SET last_used_at = pg_catalog.clock_timestamp()
        WHERE api_key_id OPERATOR(pg_catalog.=)
              (SELECT k.api_key_id FROM mlregistry.api_keys k
                WHERE k.api_key_id OPERATOR(pg_catalog.=) $1
                  AND (k.last_used_at IS NULL OR k.last_used_at OPERATOR(pg_catalog.<)
                       (pg_catalog.clock_timestamp() OPERATOR(pg_catalog.-) '1 minute'::pg_catalog.interval))
                  FOR NO KEY UPDATE SKIP LOCKED))",
    1,
    {UUIDOID},
};

constexpr char hex_digits[] = "0123456789abcdef";
constexpr std::size_t longest_key = 256;

/// SHA-256 of the text as 64 hexadecimal digits.
Datum sha256_hex(std::string_view text) {
    std::uint8_t digest[PG_SHA256_DIGEST_LENGTH];
    pg_cryptohash_ctx *const context = pg_cryptohash_create(PG_SHA256);
    const bool done =
        context != nullptr && pg_cryptohash_init(context) == 0 &&
        pg_cryptohash_update(context, reinterpret_cast<const std::uint8_t *>(text.data()), text.size()) == 0 &&
        pg_cryptohash_final(context, digest, sizeof digest) == 0;
    pg_cryptohash_free(context);
    if (!done) {
        ereport(ERROR, (errcode(ERRCODE_INTERNAL_ERROR), errmsg("SHA-256 cannot be computed")));
    }
    char hex[2 * PG_SHA256_DIGEST_LENGTH];
    for (std::size_t i = 0; i < sizeof digest; ++i) {
        hex[2 * i] = hex_digits[digest[i] >> 4];
        hex[2 * i + 1] = hex_digits[digest[i] & 15];
    }
    return text_datum({hex, sizeof hex});
}

/// Takes the same time wherever two texts of one length differ.
bool equal_in_constant_time(std::string_view a, std::string_view b) noexcept {
    unsigned difference = a.size() == b.size() ? 0U : 1U;
    for (std::size_t i = 0; i < a.size() && i < b.size(); ++i) {
        difference |= static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b[i]);
    }
    return difference == 0;
}

bool find_key(Oid owner, std::string_view key, pg_uuid_t &id) {
    const Datum hash = sha256_hex(key);
    const Datum values[] = {hash};
    bool found = false;
    connect();
    if (run(secret_query, owner, values, nullptr, Sight::latest, 1) == 1) {
        bool is_null = false;
        const Datum kept = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 2, &is_null);
        found = !is_null && equal_in_constant_time(text_view(kept), text_view(hash));
        id = *DatumGetUUIDP(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &is_null));
    }
    done();
    return found;
}

void note_use(Oid owner, const pg_uuid_t &key) {
    if (RecoveryInProgress() || XactReadOnly) {
        return;
    }
    const Datum values[] = {UUIDPGetDatum(&key)};
    connect();
    run(used_query, owner, values, nullptr, Sight::latest_outside, 0);
    done();
}

/// One refusal for all reasons: which it was is nothing for those who try keys.
[[noreturn]] void refuse_key() {
    ereport(
        ERROR,
        (errcode(ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION), errmsg("the API key is not valid"),
         errhint("It may be unknown, expired or revoked, or its user inactive; create_api_key() makes a new one.")));
}

} // namespace

} // namespace mlregistry::pg

using namespace mlregistry::pg;

/// authenticate(api_key, session, user_agent, client_address)
MLR_FUNCTION(mlregistry_authenticate) {
    const Oid owner = owner_of_registry("api_keys");
    const std::string_view key = PG_ARGISNULL(0) ? std::string_view{} : text_argument(fcinfo, 0);
    const bool for_session = !PG_ARGISNULL(1) && PG_GETARG_BOOL(1);
    pg_uuid_t id{};
    if (key.empty() || key.size() > longest_key || !find_key(owner, key, id)) {
        refuse_key();
    }
    assume_identity(id, for_session, PG_ARGISNULL(2) ? nullptr : text_to_cstring(PG_GETARG_TEXT_PP(2)),
                    PG_ARGISNULL(3) ? nullptr : DatumGetCString(DirectFunctionCall1(inet_out, PG_GETARG_DATUM(3))));
    const Rights &rights = current_rights();
    if (!rights.has_key) {
        refuse_key(); // the setting is undone with the statement
    }
    remember_user(rights.user, name_of_actor(rights));
    note_use(owner, id);
    return current_actor();
}

MLR_FUNCTION(mlregistry_sign_out) {
    (void)fcinfo;
    forget_identity();
    PG_RETURN_VOID();
}

/// new_api_key(): mlr_ and 32 random bytes as base64url.
MLR_FUNCTION(mlregistry_new_api_key) {
    (void)fcinfo;
    static constexpr char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    std::uint8_t random[33] = {};
    if (!pg_strong_random(random, 32)) {
        ereport(ERROR, (errcode(ERRCODE_INTERNAL_ERROR), errmsg("there is no strong random source")));
    }
    char key[4 + 43] = {'m', 'l', 'r', '_'};
    for (std::size_t i = 0; i < 43; ++i) { // six bits each; the last digit has four
        const std::size_t bit = 6 * i;
        const unsigned two = static_cast<unsigned>(random[bit / 8]) << 8 | random[bit / 8 + 1];
        key[4 + i] = digits[two >> (10 - bit % 8) & 63];
    }
    return text_datum({key, sizeof key});
}
