// Input, output and casts of type semver_range.
#include "semver_range_datum.hpp"

extern "C" {
#include "libpq/pqformat.h"
}

namespace mlregistry::pg {

namespace {

using semver_range::Outcome;

int sqlstate_of(Outcome outcome) noexcept {
    return semver_range::is_limit(outcome.error) ? ERRCODE_PROGRAM_LIMIT_EXCEEDED : ERRCODE_INVALID_TEXT_REPRESENTATION;
}

const char *detail_of(Outcome outcome) {
    return psprintf("At position %d: %s.", static_cast<int>(outcome.position), semver_range::describe(outcome.error));
}

const char *message_of(Outcome outcome, std::string_view input, const char *reads) {
    return psprintf(semver_range::is_limit(outcome.error) ? "range is too large for %s: \"%s\""
                                                          : "invalid input syntax for %s: \"%s\"",
                    reads, for_message(input));
}

Datum read_range(FunctionCallInfo fcinfo, std::string_view text) {
    semver_range::Text normalized;
    const Outcome outcome = semver_range::normalize(text, normalized);
    if (likely(outcome.ok())) {
        return range_datum(normalized.view());
    }
    MLR_SOFT_ERROR(fcinfo, (errcode(sqlstate_of(outcome)),
                            errmsg_internal("%s", message_of(outcome, text, "type semver_range")),
                            errdetail_internal("%s", detail_of(outcome))));
    return static_cast<Datum>(0);
}

[[noreturn]] void raise_not_range(std::string_view input, Outcome outcome, const char *reads) {
    ereport(ERROR, (errcode(sqlstate_of(outcome)), errmsg_internal("%s", message_of(outcome, input, reads)),
                    errdetail_internal("%s", detail_of(outcome))));
    pg_unreachable();
}

[[noreturn]] void raise_damaged() {
    ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED), errmsg("a stored value of type semver_range is damaged")));
    pg_unreachable();
}

/// One compiled range.
struct KeptRange {
    std::size_t size = 0;
    std::uint64_t last_use = 0; ///< 0: never, nothing is in it
    semver_range::Compiled compiled;
    bool include_prerelease = false;
    char text[semver_range::max_text];

    [[nodiscard]] bool holds(std::string_view wanted, bool mode) const noexcept {
        return last_use != 0 && include_prerelease == mode && wanted == std::string_view{text, size};
    }
};

/// The ranges that this session compiled last. Queries come with the same few ranges again and again, and each of them
/// asks several functions about a range: both bounds and the recheck.
constexpr std::size_t kept_ranges = 8;
KeptRange kept[kept_ranges];
KeptRange *latest_kept = kept;
std::uint64_t uses = 0;

/// The kept range, or the one longest not used, which is then to be filled.
KeptRange &kept_range(std::string_view text, bool include_prerelease) noexcept {
    KeptRange *oldest = kept;
    for (KeptRange &one : kept) {
        if (one.holds(text, include_prerelease)) {
            return one;
        }
        if (one.last_use < oldest->last_use) {
            oldest = &one;
        }
    }
    oldest->last_use = 0;
    return *oldest;
}

} // namespace

std::string_view range_text(Datum value) {
    const auto *const v = reinterpret_cast<varlena *>(PG_DETOAST_DATUM_PACKED(value));
    const std::string_view stored{VARDATA_ANY(v), static_cast<std::size_t>(VARSIZE_ANY_EXHDR(v))};
    if (unlikely(stored.empty() || stored.front() != range_format)) {
        raise_damaged();
    }
    return stored.substr(1);
}

Datum range_datum(std::string_view normalized) {
    const std::size_t size = VARHDRSZ + 1 + normalized.size();
    auto *const v = static_cast<char *>(palloc(size));
    SET_VARSIZE(v, size);
    *VARDATA(v) = range_format;
    std::memcpy(VARDATA(v) + 1, normalized.data(), normalized.size());
    return PointerGetDatum(v);
}

Datum range_from_text(std::string_view text) {
    semver_range::Text normalized;
    const Outcome outcome = semver_range::normalize(text, normalized);
    if (!outcome.ok()) {
        raise_not_range(text, outcome, "type semver_range");
    }
    return range_datum(normalized.view());
}

const semver_range::Compiled &compiled_range(Datum value, bool include_prerelease) {
    const std::string_view text = range_text(value);
    if (likely(latest_kept->holds(text, include_prerelease))) {
        return latest_kept->compiled;
    }
    KeptRange &one = kept_range(text, include_prerelease);
    if (one.last_use == 0) {
        if (unlikely(text.size() > sizeof one.text || !semver_range::compile(text, include_prerelease, one.compiled))) {
            raise_damaged();
        }
        std::memcpy(one.text, text.data(), text.size());
        one.size = text.size();
        one.include_prerelease = include_prerelease;
    }
    one.last_use = ++uses;
    latest_kept = &one;
    return one.compiled;
}

} // namespace mlregistry::pg

using namespace mlregistry;
using namespace mlregistry::pg;

MLR_FUNCTION(mlregistry_semver_range_in) { return read_range(fcinfo, PG_GETARG_CSTRING(0)); }

MLR_FUNCTION(mlregistry_semver_range_from_text) { return read_range(fcinfo, text_argument(fcinfo, 0)); }

MLR_FUNCTION(mlregistry_semver_range_out) {
    const std::string_view text = range_argument(fcinfo, 0);
    PG_RETURN_CSTRING(pnstrdup(text.data(), text.size()));
}

MLR_FUNCTION(mlregistry_semver_range_to_text) { return text_datum(range_argument(fcinfo, 0)); }

MLR_FUNCTION(mlregistry_semver_range_recv) {
    auto *const message = reinterpret_cast<StringInfo>(PG_GETARG_POINTER(0));
    const auto size = static_cast<std::size_t>(message->len - message->cursor);
    const semver::Bytes wire{reinterpret_cast<const std::uint8_t *>(message->data + message->cursor), size};
    semver_range::Text normalized;
    const semver_range::Outcome outcome = semver_range::decode_wire(wire, normalized);
    if (outcome.error == semver_range::Error::bad_wire_version) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
                        errmsg("unknown version of the binary format of type semver_range"),
                        errdetail("The first byte is %d, this server reads %d.", wire.empty() ? -1 : wire.front(),
                                  semver_range::wire_version)));
    }
    if (!outcome.ok()) {
        // The bytes are unchecked: only text in the server's encoding may go into a message.
        const char *const text = message->data + message->cursor + 1;
        pg_verifymbstr(text, static_cast<int>(size - 1), false);
        raise_not_range({text, size - 1}, outcome, "type semver_range");
    }
    message->cursor = message->len;
    return range_datum(normalized.view());
}

MLR_FUNCTION(mlregistry_semver_range_send) {
    const std::string_view text = range_argument(fcinfo, 0);
    StringInfoData wire;
    pq_begintypsend(&wire);
    pq_sendbyte(&wire, semver_range::wire_version);
    pq_sendbytes(&wire, text.data(), static_cast<int>(text.size()));
    PG_RETURN_BYTEA_P(pq_endtypsend(&wire));
}

MLR_FUNCTION(mlregistry_is_semver_range) { PG_RETURN_BOOL(semver_range::is_semver_range(text_argument(fcinfo, 0))); }

MLR_FUNCTION(mlregistry_semver_range_from_cargo) {
    const std::string_view requirement = text_argument(fcinfo, 0);
    semver_range::Text normalized;
    const semver_range::Outcome outcome = semver_range::from_cargo(requirement, normalized);
    if (!outcome.ok()) {
        raise_not_range(requirement, outcome, "a Cargo requirement");
    }
    return range_datum(normalized.view());
}

/// semver_range_canonical(semver_range, include_prerelease)
MLR_FUNCTION(mlregistry_semver_range_canonical) {
    auto *const out = static_cast<semver_range::CanonicalText *>(palloc(sizeof(semver_range::CanonicalText)));
    semver_range::canonical(compiled_range(fcinfo, 0, PG_GETARG_BOOL(1)), *out);
    return text_datum(out->view());
}
