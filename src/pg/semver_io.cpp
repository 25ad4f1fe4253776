// Input, output and casts of type semver.
#include "semver_datum.hpp"

extern "C" {
#include "libpq/pqformat.h"
}

namespace mlregistry::pg {

namespace {

using semver::Error;
using semver::Outcome;

int sqlstate_of(Error error) noexcept {
    return error == Error::too_long ? ERRCODE_PROGRAM_LIMIT_EXCEEDED : ERRCODE_INVALID_TEXT_REPRESENTATION;
}

const char *message_for(std::string_view input, Outcome outcome, const char *reads) {
    if (outcome.error == Error::too_long) {
        return psprintf("version is too long for %s: \"%s\"", reads, for_message(input));
    }
    return psprintf("invalid input syntax for %s: \"%s\"", reads, for_message(input));
}

const char *detail_for(std::string_view input, Outcome outcome) {
    if (outcome.error == Error::too_long) {
        return psprintf("A version has at most %d characters, this one has %d.", static_cast<int>(semver::max_text),
                        pg_mbstrlen_with_len(input.data(), static_cast<int>(input.size())));
    }
    return psprintf("At position %d: %s.", static_cast<int>(outcome.position), semver::describe(outcome.error));
}

/// What the user may have meant, or nullptr.
const char *hint_for(std::string_view input) {
    semver::Text loose;
    if (input.size() <= semver::max_text && semver::coerce(input, loose).ok()) {
        return psprintf("semver_coerce() reads it as %.*s.", static_cast<int>(loose.size), loose.data);
    }
    return nullptr;
}

/// Encodes `text`, or reports the error softly where PostgreSQL can take it so.
Datum read_strict(FunctionCallInfo fcinfo, std::string_view text) {
    semver::Stored stored;
    const Outcome outcome = semver::encode(text, stored);
    if (likely(outcome.ok())) {
        return semver_datum(stored);
    }
    const char *const hint = outcome.error == Error::too_long ? nullptr : hint_for(text);
    MLR_SOFT_ERROR(fcinfo, (errcode(sqlstate_of(outcome.error)),
                            errmsg_internal("%s", message_for(text, outcome, "type semver")),
                            errdetail_internal("%s", detail_for(text, outcome)), hint ? errhint("%s", hint) : 0));
    return static_cast<Datum>(0);
}

} // namespace

void semver_text(semver::Bytes stored, semver::Text &out) {
    if (unlikely(!semver::decode(stored, out))) {
        ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED), errmsg("a stored value of type semver is damaged"),
                        errhint("check_registry() lists damaged rows; restore them from a backup.")));
    }
}

void raise_not_semver(std::string_view input, Outcome outcome, const char *reads) {
    ereport(ERROR, (errcode(sqlstate_of(outcome.error)), errmsg_internal("%s", message_for(input, outcome, reads)),
                    errdetail_internal("%s", detail_for(input, outcome))));
    pg_unreachable();
}

Datum semver_from_text(std::string_view text, std::string_view input) {
    semver::Stored stored;
    const Outcome outcome = semver::encode(text, stored);
    if (!outcome.ok()) {
        raise_not_semver(input, outcome, "type semver");
    }
    return semver_datum(stored);
}

} // namespace mlregistry::pg

using namespace mlregistry;
using namespace mlregistry::pg;

MLR_FUNCTION(mlregistry_semver_in) { return read_strict(fcinfo, PG_GETARG_CSTRING(0)); }

MLR_FUNCTION(mlregistry_semver_from_text) { return read_strict(fcinfo, text_argument(fcinfo, 0)); }

MLR_FUNCTION(mlregistry_semver_out) {
    semver::Text text;
    semver_text(semver_argument(fcinfo, 0), text);
    PG_RETURN_CSTRING(pnstrdup(text.data, text.size));
}

MLR_FUNCTION(mlregistry_semver_to_text) {
    semver::Text text;
    semver_text(semver_argument(fcinfo, 0), text);
    return text_datum(text.view());
}

MLR_FUNCTION(mlregistry_semver_recv) {
    auto *const message = reinterpret_cast<StringInfo>(PG_GETARG_POINTER(0));
    const auto size = static_cast<std::size_t>(message->len - message->cursor);
    const semver::Bytes wire{reinterpret_cast<const std::uint8_t *>(message->data + message->cursor), size};
    semver::Stored stored;
    const semver::Outcome outcome = semver::decode_wire(wire, stored);
    if (outcome.error == semver::Error::bad_wire_version) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
                        errmsg("unknown version of the binary format of type semver"),
                        errdetail("The first byte is %d, this server reads %d.", wire.empty() ? -1 : wire.front(),
                                  semver::wire_version)));
    }
    if (!outcome.ok()) {
        // The bytes are unchecked: only text in the server's encoding may go into a message.
        const char *const text = message->data + message->cursor + 1;
        pg_verifymbstr(text, static_cast<int>(size - 1), false);
        raise_not_semver({text, size - 1}, outcome, "type semver");
    }
    message->cursor = message->len;
    return semver_datum(stored);
}

MLR_FUNCTION(mlregistry_semver_send) {
    semver::Text text;
    semver_text(semver_argument(fcinfo, 0), text);
    StringInfoData wire;
    pq_begintypsend(&wire);
    pq_sendbyte(&wire, semver::wire_version);
    pq_sendbytes(&wire, text.data, static_cast<int>(text.size));
    PG_RETURN_BYTEA_P(pq_endtypsend(&wire));
}

MLR_FUNCTION(mlregistry_is_semver) { PG_RETURN_BOOL(semver::is_semver(text_argument(fcinfo, 0))); }

MLR_FUNCTION(mlregistry_semver_is_intact) {
    semver::Text text;
    PG_RETURN_BOOL(semver::decode(semver_argument(fcinfo, 0), text));
}
