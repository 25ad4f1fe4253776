#include "lineage_arguments.hpp"

#include "row_receiver.hpp"
#include "text_argument.hpp"

extern "C" {
#include "catalog/pg_type.h"
#include "utils/array.h"
}

#include <cstring>

namespace mlregistry::pg {

namespace {

using lineage::Kind;
using lineage::Relation;

/// "a, b and c".
template <std::size_t count> const char *list_of(const std::string_view (&names)[count]) {
    char *list = pnstrdup(names[0].data(), names[0].size());
    for (std::size_t i = 1; i < count; ++i) {
        list = psprintf("%s%s%.*s", list, i + 1 == count ? " and " : ", ", static_cast<int>(names[i].size()),
                        names[i].data());
    }
    return list;
}

template <class Word, std::size_t count>
Word require_word(const char *what, const std::string_view (&names)[count], std::string_view name) {
    const std::optional<Word> word = lineage::word_named<Word>(names, name);
    if (!word.has_value()) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("unknown value of %s: \"%s\"", what, for_message(name)),
                        errhint("Possible are %s.", list_of(names))));
    }
    return *word;
}

/// Elements of an array without dimensions that would say something; none of them is NULL.
Datum *elements_of(Datum value, Oid type, int16 length, char align, const char *what, int &count) {
    ArrayType *const array = DatumGetArrayTypeP(value);
    Datum *elements = nullptr;
    bool *nulls = nullptr;
    deconstruct_array(array, type, length, false, align, &elements, &nulls, &count);
    for (int i = 0; i < count; ++i) {
        if (nulls[i]) {
            ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("%s must not contain NULL", what)));
        }
    }
    return elements;
}

template <class Word, std::size_t word_count>
std::uint32_t words_argument(FunctionCallInfo fcinfo, int n, const char *what,
                             const std::string_view (&names)[word_count]) {
    if (PG_ARGISNULL(n)) {
        return (1U << word_count) - 1;
    }
    int count = 0;
    const Datum *const elements = elements_of(PG_GETARG_DATUM(n), TEXTOID, -1, TYPALIGN_INT, what, count);
    std::uint32_t set = 0;
    for (int i = 0; i < count; ++i) {
        set |= lineage::bit(require_word<Word>(what, names, text_view(elements[i])));
    }
    return set;
}

/// A number that is not negative; -1 for NULL.
template <class Number> Number limit_argument(FunctionCallInfo fcinfo, int n, const char *what, Number value) {
    if (PG_ARGISNULL(n)) {
        return -1;
    }
    if (value < 0) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("%s must not be negative: %lld", what, static_cast<long long>(value)),
                        errhint("NULL is no limit.")));
    }
    return value;
}

/// A text with the long header that a datum may have anywhere.
struct Word {
    alignas(8) char bytes[24];
};

Datum text_of(Word &word, std::string_view name) {
    if (word.bytes[VARHDRSZ] == '\0') {
        SET_VARSIZE(word.bytes, VARHDRSZ + name.size());
        std::memcpy(word.bytes + VARHDRSZ, name.data(), name.size());
    }
    return PointerGetDatum(word.bytes);
}

LineageStart *room_for(int count) {
    return static_cast<LineageStart *>(palloc((static_cast<Size>(count) + 1) * sizeof(LineageStart)));
}

RowQuery start_query{"SELECT s.kind, s.id FROM mlregistry.lineage_start($1) AS s", 1, {TEXTOID}};

/// What the query has found, with room for more.
struct Starts {
    LineageStart *starts;
    std::uint32_t count;
    std::uint32_t room;
};

bool take_start(TupleTableSlot *row, void *state) {
    Starts &starts = *static_cast<Starts *>(state);
    slot_getallattrs(row);
    if (starts.count == starts.room) {
        starts.room *= 2;
        starts.starts = static_cast<LineageStart *>(repalloc_huge(starts.starts, starts.room * sizeof(LineageStart)));
    }
    starts.starts[starts.count++] = {require_word<Kind>("the kind", lineage::kind_names, text_view(row->tts_values[0])),
                                     *DatumGetUUIDP(row->tts_values[1])};
    return true;
}

} // namespace

lineage::Direction direction_argument(FunctionCallInfo fcinfo, int n) {
    require_not_null(fcinfo, n, "direction");
    return require_word<lineage::Direction>("direction", lineage::direction_names, text_argument(fcinfo, n));
}

lineage::Kinds kinds_argument(FunctionCallInfo fcinfo, int n) {
    return words_argument<Kind>(fcinfo, n, "kinds", lineage::kind_names);
}

lineage::Relations relations_argument(FunctionCallInfo fcinfo, int n) {
    return words_argument<Relation>(fcinfo, n, "relations", lineage::relation_names);
}

std::int32_t max_depth_argument(FunctionCallInfo fcinfo, int n) {
    return limit_argument(fcinfo, n, "max_depth", PG_ARGISNULL(n) ? 0 : PG_GETARG_INT32(n));
}

std::int64_t max_nodes_argument(FunctionCallInfo fcinfo, int n) {
    return limit_argument<std::int64_t>(fcinfo, n, "max_nodes", PG_ARGISNULL(n) ? 0 : PG_GETARG_INT32(n));
}

void as_of_argument(FunctionCallInfo fcinfo, int n, LineageRequest &request) {
    request.has_as_of = !PG_ARGISNULL(n);
    if (!request.has_as_of) {
        return;
    }
    request.as_of = PG_GETARG_TIMESTAMPTZ(n);
    if (TIMESTAMP_NOT_FINITE(request.as_of)) {
        ereport(ERROR, (errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
                        errmsg("the time must be a moment, not %s",
                               TIMESTAMP_IS_NOEND(request.as_of) ? "infinity" : "-infinity"),
                        errhint("NULL is the present.")));
    }
}

void starts_arguments(FunctionCallInfo fcinfo, int kinds, int ids, LineageRequest &request) {
    require_not_null(fcinfo, kinds, "start_kinds");
    require_not_null(fcinfo, ids, "start_ids");
    int kind_count = 0;
    int count = 0;
    const Datum *const kind_names =
        elements_of(PG_GETARG_DATUM(kinds), TEXTOID, -1, TYPALIGN_INT, "start_kinds", kind_count);
    const Datum *const values = elements_of(PG_GETARG_DATUM(ids), UUIDOID, UUID_LEN, TYPALIGN_CHAR, "start_ids", count);
    if (kind_count != count) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("there are %d start_kinds and %d start_ids", kind_count, count),
                        errhint("Each start has a kind and an identifier.")));
    }
    LineageStart *const starts = room_for(count);
    for (int i = 0; i < count; ++i) {
        starts[i] = {require_word<Kind>("start_kinds", lineage::kind_names, text_view(kind_names[i])),
                     *DatumGetUUIDP(values[i])};
    }
    request.starts = starts;
    request.start_count = static_cast<std::uint32_t>(count);
}

void starts_of_reference(FunctionCallInfo fcinfo, int n, LineageRequest &request) {
    require_not_null(fcinfo, n, "a reference");
    constexpr int first_room = 16;
    Starts starts{room_for(first_room), 0, first_room};
    const Datum reference = PG_GETARG_DATUM(n);
    for_each_row(start_query, &reference, take_start, &starts);
    request.starts = starts.starts;
    request.start_count = starts.count;
}

Datum kind_text(Kind kind) {
    static Word words[lineage::kind_count];
    return text_of(words[static_cast<std::size_t>(kind)], lineage::name_of(kind));
}

Datum relation_text(Relation relation) {
    static Word words[lineage::relation_count + 1];
    return text_of(words[static_cast<std::size_t>(relation)], lineage::name_of(relation));
}

} // namespace mlregistry::pg
