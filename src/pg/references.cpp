// References and name hints for SQL.
#include "boundary.hpp"
#include "text_argument.hpp"

extern "C" {
#include "access/htup_details.h"
#include "funcapi.h"
}

#include "core/name_distance.hpp"
#include "core/reference.hpp"

using namespace mlregistry;
using namespace mlregistry::pg;

/// parse_reference(text) → (project, model, selector, selector_kind)
MLR_FUNCTION(mlregistry_parse_reference) {
    const std::string_view input = text_argument(fcinfo, 0);
    const reference::Outcome outcome = reference::parse(input);
    if (outcome.error != reference::Error::none) {
        ereport(ERROR,
                (errcode(ERRCODE_INVALID_TEXT_REPRESENTATION), errmsg("invalid reference: \"%s\"", for_message(input)),
                 errdetail_internal("%s", sentence(reference::describe(outcome.error))),
                 errhint("A reference is [project/]model[@selector].")));
    }
    TupleDesc row = nullptr;
    if (get_call_result_type(fcinfo, nullptr, &row) != TYPEFUNC_COMPOSITE) {
        ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED), errmsg("the call must accept a row")));
    }
    const reference::Reference &ref = outcome.reference;
    Datum values[4] = {
        text_datum(ref.project),
        text_datum(ref.model),
        text_datum(ref.selector),
        text_datum(reference::name_of(reference::classify(ref.selector))),
    };
    bool nulls[4] = {ref.project.empty(), false, !ref.has_selector, false};
    PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(row), values, nulls)));
}

/// selector_kind(text)
MLR_FUNCTION(mlregistry_selector_kind) {
    return text_datum(reference::name_of(reference::classify(text_argument(fcinfo, 0))));
}

/// name_distance(text, text)
MLR_FUNCTION(mlregistry_name_distance) {
    const std::string_view a = text_argument(fcinfo, 0);
    const std::string_view b = text_argument(fcinfo, 1);
    std::uint64_t distance = 0;
    run_guarded([&] {
        ContextMemory memory{CurrentMemoryContext, work_memory()};
        distance = name_distance(a, b, &memory, stop_requested);
    });
    PG_RETURN_INT32(static_cast<std::int32_t>(distance));
}
