// Statistics that need no table.
#include "compat.hpp"

extern "C" {
#include "funcapi.h"
}

#include "core/welch.hpp"

namespace mlregistry::pg {

namespace {

/// Three arguments: how many, mean, variance.
Sample sample_argument(FunctionCallInfo fcinfo, int first) {
    const Sample sample{PG_GETARG_INT64(first), PG_GETARG_FLOAT8(first + 1), PG_GETARG_FLOAT8(first + 2)};
    if (sample.n < 0) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("a sample has no fewer than 0 values"),
                        errdetail("Given is " INT64_FORMAT ".", sample.n)));
    }
    if (sample.variance < 0) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("a variance is not below 0"),
                        errdetail("Given is %g.", sample.variance)));
    }
    return sample;
}

} // namespace

} // namespace mlregistry::pg

using namespace mlregistry;
using namespace mlregistry::pg;

/// welch_t_test(n1, mean1, variance1, n2, mean2, variance2) → (t, degrees, p); strict
MLR_FUNCTION(mlregistry_welch_t_test) {
    TupleDesc row = nullptr;
    if (get_call_result_type(fcinfo, nullptr, &row) != TYPEFUNC_COMPOSITE) {
        ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED), errmsg("the call must accept a row")));
    }
    const WelchTest test = welch_test(sample_argument(fcinfo, 0), sample_argument(fcinfo, 3));
    Datum values[] = {Float8GetDatum(test.t), Float8GetDatum(test.degrees), Float8GetDatum(test.p)};
    bool nulls[] = {!test.defined, !test.defined, !test.defined};
    PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(row), values, nulls)));
}
