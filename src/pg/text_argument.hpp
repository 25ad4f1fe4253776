// Text arguments as string views: decoded once, owned by PostgreSQL.
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
