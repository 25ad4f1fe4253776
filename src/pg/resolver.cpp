// From a reference to a version and its row, by plans that the session keeps, as the calling user.
//
// The short way knows what most references are: an exact version, a range, an alias, latest, production. Where it finds
// nothing, find_version() goes the long way, which knows the rest and says what is wrong.
#include "identity.hpp"
#include "owner_query.hpp"
#include "semver_range_datum.hpp"

extern "C" {
#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "funcapi.h"
}

#include "core/reference.hpp"

namespace mlregistry::pg {

namespace {

using reference::SelectorKind;

// $1 organization, $2 model, $3 project (its identifier, or its slug), $4 selector; v is the version that is picked.
#define MODEL(project, pick)                                                                                           \
    " FROM mlregistry.models m JOIN mlregistry.projects p ON p.project_id OPERATOR(pg_catalog.=) m.project_id"         \
    " CROSS JOIN LATERAL (" pick ") AS v"                                                                              \
    " WHERE m.organization_id OPERATOR(pg_catalog.=) $1 AND m.model_name OPERATOR(pg_catalog.=) $2"                    \
    " AND " project " AND m.deleted_at IS NULL AND p.deleted_at IS NULL"
#define BY_ID "m.project_id OPERATOR(pg_catalog.=) $3"
#define BY_SLUG "p.organization_id OPERATOR(pg_catalog.=) $1 AND p.slug OPERATOR(pg_catalog.=) $3"
#define VERSIONS " FROM mlregistry.model_versions v WHERE "
#define OF_MODEL VERSIONS "v.model_id OPERATOR(pg_catalog.=) m.model_id AND v.deleted_at IS NULL"
#define COUNTS " AND v.status OPERATOR(pg_catalog.<>) ALL ('{deprecated,archived}'::pg_catalog.text[])"
#define HIGHEST " ORDER BY v.semver USING OPERATOR(mlregistry.>) LIMIT 1"

// Each picks one version at most. LIMIT keeps a pick a probe of an index, whatever the planner thinks of a join.
#define LATEST                                                                                                         \
    "SELECT v.*" VERSIONS "v.version_id OPERATOR(pg_catalog.=) COALESCE("                                              \
    "(SELECT v.version_id" OF_MODEL COUNTS " AND NOT mlregistry.is_prerelease(v.semver)" HIGHEST                       \
    "), (SELECT v.version_id" OF_MODEL COUNTS HIGHEST ")) LIMIT 1"
#define EXACT "SELECT v.*" OF_MODEL " AND v.semver OPERATOR(mlregistry.=) $4 LIMIT 1"
#define RANGE "SELECT v.*" OF_MODEL COUNTS " AND v.semver OPERATOR(mlregistry.<@) $4" HIGHEST
#define ALIAS                                                                                                          \
    "SELECT v.*" VERSIONS "v.version_id OPERATOR(pg_catalog.=) (SELECT a.version_id FROM mlregistry.model_aliases a"   \
    " WHERE a.model_id OPERATOR(pg_catalog.=) m.model_id AND a.alias OPERATOR(pg_catalog.=) $4) LIMIT 1"
#define PRODUCTION "SELECT v.*" OF_MODEL " AND v.stage OPERATOR(pg_catalog.=) 'production' LIMIT 1"

#define ID "SELECT v.version_id"
// Columns of version_info; the project is that of the version.
#define ROW                                                                                                            \
    "SELECT p.slug, m.model_name, v.semver, v.stage, v.status,"                                                        \
    "       ARRAY(SELECT a.alias FROM mlregistry.model_aliases a"                                                      \
    "              WHERE a.version_id OPERATOR(pg_catalog.=) v.version_id ORDER BY a.alias),"                          \
    "       v.artifact_uri, v.artifact_size_bytes, v.checksum_sha256, v.framework, v.framework_version,"               \
    "       v.model_format, v.description, v.registered_by, v.registered_at, v.version_id, v.model_id, v.project_id"

/// A pick in both ways to name the project. The type of $4 is known only when the extension is.
struct Question {
    OwnerQuery in_project_id;
    OwnerQuery in_project_slug;
    const char *selector_type; ///< of $4; null: text, or the question has no $4

    [[nodiscard]] OwnerQuery &by(bool slug) { return slug ? in_project_slug : in_project_id; }
};

/// For the identifier and for the row.
struct Questions {
    Question id;
    Question row;
};

#define QUESTION(what, pick, count, fourth)                                                                            \
    {                                                                                                                  \
        {what MODEL(BY_ID, pick), count, {UUIDOID, TEXTOID, UUIDOID, TEXTOID}},                                        \
            {what MODEL(BY_SLUG, pick), count, {UUIDOID, TEXTOID, TEXTOID, TEXTOID}}, fourth                           \
    }
#define QUESTIONS(pick, count, fourth)                                                                                 \
    { QUESTION(ID, pick, count, fourth), QUESTION(ROW, pick, count, fourth) }
Questions latest QUESTIONS(LATEST, 3, nullptr);
Questions exact QUESTIONS(EXACT, 4, "semver");
Questions range QUESTIONS(RANGE, 4, "semver_range");
Questions alias QUESTIONS(ALIAS, 4, nullptr);
Questions production QUESTIONS(PRODUCTION, 3, nullptr);

constexpr std::size_t longest_alias = 255;

Datum lower_text(std::string_view text) {
    const Datum copy = text_datum(text);
    char *const data = VARDATA_ANY(DatumGetPointer(copy));
    for (std::size_t i = 0; i < text.size(); ++i) {
        data[i] = static_cast<char>(pg_ascii_tolower(static_cast<unsigned char>(data[i])));
    }
    return copy;
}

bool is_production(std::string_view selector) {
    constexpr std::string_view word = "production";
    return selector.size() == word.size() && pg_strncasecmp(selector.data(), word.data(), word.size()) == 0;
}

OwnerQuery long_way{"SELECT mlregistry.find_version($1)", 1, {TEXTOID}};

OwnerQuery version_row{
    ROW "  FROM mlregistry.model_versions v"
        "  JOIN mlregistry.models m ON m.model_id OPERATOR(pg_catalog.=) v.model_id"
        "  JOIN mlregistry.projects p ON p.project_id OPERATOR(pg_catalog.=) v.project_id"
        " WHERE v.version_id OPERATOR(pg_catalog.=) $1",
    1,
    {UUIDOID},
};

/// The first column of the only row, a uuid, copied into the caller's memory.
bool only_uuid(OwnerQuery &query, const Datum *values, pg_uuid_t &out) {
    bool is_null = true;
    connect();
    if (run_as_caller(query, values, nullptr, 1) == 1) {
        const Datum id = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &is_null);
        if (!is_null) {
            out = *DatumGetUUIDP(id);
        }
    }
    done();
    return !is_null;
}

/// A question with its arguments.
struct Asked {
    OwnerQuery *query = nullptr; ///< null: not a question for the short way
    Datum values[max_query_arguments];
    pg_uuid_t organization;
    pg_uuid_t project;
};

void ask(std::string_view text, Question Questions::*what, Asked &asked) {
    const reference::Outcome parsed = reference::parse(text);
    const reference::Reference &ref = parsed.reference;
    if (parsed.error != reference::Error::none) {
        return;
    }
    Questions *questions = nullptr;
    Datum selector = 0;
    switch (reference::classify(ref.selector)) {
    case SelectorKind::latest:
        questions = &latest;
        break;
    case SelectorKind::exact:
        questions = &exact;
        selector = semver_from_text(ref.selector, ref.selector);
        break;
    case SelectorKind::range:
        questions = &range;
        selector = range_from_text(ref.selector);
        break;
    case SelectorKind::alias:
        questions = ref.selector.size() <= longest_alias ? &alias : nullptr;
        selector = lower_text(ref.selector);
        break;
    case SelectorKind::stage:
        questions = is_production(ref.selector) ? &production : nullptr;
        break;
    case SelectorKind::invalid:
        break;
    }
    const Workplace here = current_workplace();
    const bool by_slug = !ref.project.empty();
    if (questions == nullptr || !here.organization.has_value() || (!by_slug && !here.project.has_value())) {
        return;
    }
    asked.organization = *here.organization;
    asked.project = here.project.value_or(pg_uuid_t{});
    Question &question = questions->*what;
    asked.query = &question.by(by_slug);
    if (question.selector_type != nullptr && asked.query->plan == nullptr) {
        asked.query->types[3] = registry_type(question.selector_type);
    }
    asked.values[0] = UUIDPGetDatum(&asked.organization);
    asked.values[1] = text_datum(ref.model);
    asked.values[2] = by_slug ? text_datum(ref.project) : UUIDPGetDatum(&asked.project);
    asked.values[3] = selector;
}

/// The short way to the identifier; false when there is nothing on it.
bool find_quickly(std::string_view text, pg_uuid_t &out) {
    Asked asked;
    ask(text, &Questions::id, asked);
    return asked.query != nullptr && only_uuid(*asked.query, asked.values, out);
}

/// The only row of a query as the function's result type; false when there is none.
bool form_row(FunctionCallInfo fcinfo, OwnerQuery &query, const Datum *values, Datum &out) {
    TupleDesc type = nullptr;
    if (get_call_result_type(fcinfo, nullptr, &type) != TYPEFUNC_COMPOSITE) {
        ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED), errmsg("the call must accept a row")));
    }
    type = BlessTupleDesc(type);
    const MemoryContext caller = CurrentMemoryContext;
    connect();
    const bool found = run_as_caller(query, values, nullptr, 1) == 1;
    if (found) {
        Datum columns[MaxTupleAttributeNumber];
        bool nulls[MaxTupleAttributeNumber];
        heap_deform_tuple(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, columns, nulls);
        const MemoryContext spi = MemoryContextSwitchTo(caller);
        out = HeapTupleGetDatum(heap_form_tuple(type, columns, nulls));
        MemoryContextSwitchTo(spi);
    }
    done();
    return found;
}

bool form_version_row(FunctionCallInfo fcinfo, const pg_uuid_t &version, Datum &out) {
    const Datum values[] = {UUIDPGetDatum(&version)};
    return form_row(fcinfo, version_row, values, out);
}

/// The short way to the row.
bool form_row_quickly(FunctionCallInfo fcinfo, std::string_view text, Datum &out) {
    Asked asked;
    ask(text, &Questions::row, asked);
    return asked.query != nullptr && form_row(fcinfo, *asked.query, asked.values, out);
}

} // namespace

} // namespace mlregistry::pg

using namespace mlregistry;
using namespace mlregistry::pg;

/// quick_version_id(text): NULL when there is none on the short way.
MLR_FUNCTION(mlregistry_quick_version_id) {
    auto *const found = static_cast<pg_uuid_t *>(palloc(sizeof(pg_uuid_t)));
    if (!find_quickly(text_argument(fcinfo, 0), *found)) {
        PG_RETURN_NULL();
    }
    PG_RETURN_UUID_P(found);
}

/// version_info(uuid)
MLR_FUNCTION(mlregistry_version_info) {
    Datum row = 0;
    if (!form_version_row(fcinfo, *PG_GETARG_UUID_P(0), row)) {
        PG_RETURN_NULL();
    }
    PG_RETURN_DATUM(row);
}

/// resolve(text): one row, or the error of find_version().
MLR_FUNCTION(mlregistry_resolve) {
    FuncCallContext *calls = nullptr;
    if (SRF_IS_FIRSTCALL()) {
        calls = SRF_FIRSTCALL_INIT();
        pg_uuid_t version{};
        const Datum reference = PG_ARGISNULL(0) ? 0 : PG_GETARG_DATUM(0);
        if (PG_ARGISNULL(0)) {
            ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("a version reference must not be NULL")));
        }
        const Datum values[] = {reference};
        const MemoryContext caller = MemoryContextSwitchTo(calls->multi_call_memory_ctx);
        Datum row = 0;
        if (form_row_quickly(fcinfo, text_view(reference), row) ||
            (only_uuid(long_way, values, version) && form_version_row(fcinfo, version, row))) {
            calls->user_fctx = DatumGetPointer(row);
        }
        MemoryContextSwitchTo(caller);
    }
    calls = SRF_PERCALL_SETUP();
    if (calls->call_cntr > 0 || calls->user_fctx == nullptr) {
        SRF_RETURN_DONE(calls);
    }
    SRF_RETURN_NEXT(calls, PointerGetDatum(calls->user_fctx));
}
