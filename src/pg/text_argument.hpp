// Arguments: text as string views, decoded once, owned by PostgreSQL; what must not be NULL.
#pragma once

#include "compat.hpp"

#include <string_view>

namespace mlregistry::pg {

/// View of a text value; detoasts it in the current memory context when it must.
inline std::string_view text_view(Datum value) {
    const text *const t = DatumGetTextPP(value);
    return {VARDATA_ANY(t), static_cast<std::size_t>(VARSIZE_ANY_EXHDR(t))};
}

inline std::string_view text_argument(FunctionCallInfo fcinfo, int n) { return text_view(PG_GETARG_DATUM(n)); }

/// Raises 22004 where an argument of a function that is not STRICT is NULL.
inline void require_not_null(FunctionCallInfo fcinfo, int n, const char *what) {
    if (PG_ARGISNULL(n)) {
        ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("%s must not be NULL", what)));
    }
}

inline Datum text_datum(std::string_view text) {
    return PointerGetDatum(cstring_to_text_with_len(text.data(), static_cast<int>(text.size())));
}

/// Zero-terminated copy for messages, cut after about 80 bytes at a character's end so that a megabyte of junk
/// does not fill the log.
inline const char *for_message(std::string_view text) {
    constexpr int longest = 80;
    if (text.size() <= static_cast<std::size_t>(longest)) {
        return pnstrdup(text.data(), text.size());
    }
    const int kept = pg_mbcliplen(text.data(), static_cast<int>(text.size()), longest);
    return psprintf("%.*s...", kept, text.data());
}

/// A clause of the core as the sentence of a DETAIL: "a dot is expected" becomes "A dot is expected.".
inline const char *sentence(const char *clause) {
    char *const text = psprintf("%s.", clause);
    text[0] = static_cast<char>(pg_toupper(static_cast<unsigned char>(text[0])));
    return text;
}

} // namespace mlregistry::pg
