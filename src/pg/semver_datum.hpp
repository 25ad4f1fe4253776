// Stored versions as PostgreSQL values.
#pragma once

#include "text_argument.hpp"

#include "core/semver.hpp"

#include <cstring>

namespace mlregistry::pg {

/// Bytes of a stored version; detoasts it in the current memory context when it must.
inline semver::Bytes semver_bytes(Datum value) {
    const auto *const v = reinterpret_cast<varlena *>(PG_DETOAST_DATUM_PACKED(value));
    return {reinterpret_cast<const std::uint8_t *>(VARDATA_ANY(v)), static_cast<std::size_t>(VARSIZE_ANY_EXHDR(v))};
}

inline semver::Bytes semver_argument(FunctionCallInfo fcinfo, int n) { return semver_bytes(PG_GETARG_DATUM(n)); }

/// A value of type semver, with the one-byte header where it fits, so that it need not be converted on its way to disk.
inline Datum semver_datum(const semver::Stored &stored) {
    const std::size_t short_size = stored.size + VARHDRSZ_SHORT;
    if (short_size <= VARATT_SHORT_MAX) {
        auto *const v = static_cast<char *>(palloc(short_size));
        SET_VARSIZE_SHORT(v, short_size);
        std::memcpy(VARDATA_SHORT(v), stored.data, stored.size);
        return PointerGetDatum(v);
    }
    auto *const v = static_cast<char *>(palloc(stored.size + VARHDRSZ));
    SET_VARSIZE(v, stored.size + VARHDRSZ);
    std::memcpy(VARDATA(v), stored.data, stored.size);
    return PointerGetDatum(v);
}

/// Text of a stored version; raises data_corrupted when the bytes are not one.
void semver_text(semver::Bytes stored, semver::Text &out);

/// Encodes text that must be a version; raises what is wrong with it otherwise. `input` is what the user wrote.
Datum semver_from_text(std::string_view text, std::string_view input);

/// Raises the error for input that is not a version. `reads` names what was tried, such as "type semver".
[[noreturn]] void raise_not_semver(std::string_view input, semver::Outcome outcome, const char *reads);

} // namespace mlregistry::pg
