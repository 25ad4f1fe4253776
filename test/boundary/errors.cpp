// PostgreSQL errors that cross C++ frames through call_postgres, and calls that succeed.
#include "ballast.hpp"

#include "pg/text_argument.hpp"

extern "C" {
#include "executor/spi.h"
#include "utils/memutils.h"
}

using namespace mlregistry;
using namespace mlregistry::pg;
using boundary_test::Ballast;

namespace {

void add_context(void *what) { errcontext("while %s", static_cast<const char *>(what)); }

/// Runs SQL; with its errors come a CONTEXT and a position.
std::uint64_t run_sql(const char *sql) {
    SPI_connect();
    const int result = SPI_execute(sql, false, 0);
    if (result < 0) {
        ereport(ERROR, (errcode(ERRCODE_INTERNAL_ERROR), errmsg("%s", SPI_result_code_string(result))));
    }
    const std::uint64_t rows = SPI_processed;
    SPI_finish();
    return rows;
}

/// An error with every field that a client can ask for.
void raise_whole_error() {
    char what[] = "counting the crates";
    ErrorContextCallback callback{};
    callback.callback = add_context;
    callback.arg = what;
    callback.previous = error_context_stack;
    error_context_stack = &callback;
    ereport(ERROR,
            (errcode(ERRCODE_CHECK_VIOLATION), errmsg("the whole message: 100%% of \"%s\" → %d", "crates", 42),
             errdetail("The detail\nof two lines."), errhint("The hint."),
             err_generic_string(PG_DIAG_SCHEMA_NAME, "a_schema"), err_generic_string(PG_DIAG_TABLE_NAME, "a_table"),
             err_generic_string(PG_DIAG_COLUMN_NAME, "a_column"), err_generic_string(PG_DIAG_DATATYPE_NAME, "a_type"),
             err_generic_string(PG_DIAG_CONSTRAINT_NAME, "a_constraint")));
}

struct Cause {
    const char *sql; ///< null for raise_whole_error
};

/// Raises in the plain way of PostgreSQL.
std::uint64_t act(const Cause &cause) {
    if (cause.sql == nullptr) {
        raise_whole_error();
        return 0;
    }
    return run_sql(cause.sql);
}

std::uint64_t act_through(const Cause &cause) {
    std::uint64_t rows = 0;
    raise(guard([&] {
        const Ballast ballast;
        rows = call_postgres([&]() noexcept { return act(cause); });
    }));
    return rows;
}

/// C++ on PostgreSQL on C++ on PostgreSQL, in one C function.
std::uint64_t act_nested(const Cause &cause) {
    std::uint64_t rows = 0;
    raise(guard([&] {
        const Ballast ballast;
        rows = call_postgres([&]() noexcept { return act_through(cause); });
    }));
    return rows;
}

/// Another exception type between the error and the guard must not change it.
std::uint64_t act_rethrown(const Cause &cause) {
    std::uint64_t rows = 0;
    raise(guard([&] {
        const Ballast outer;
        try {
            const Ballast inner;
            rows = call_postgres([&]() noexcept { return act(cause); });
        } catch (const PostgresError &) {
            const Ballast during;
            throw;
        }
    }));
    return rows;
}

} // namespace

/// bt_postgres(sql text, way text) → bigint: runs SQL, or raises an error with every field when sql is NULL. The ways:
/// direct (no C++ at all, for comparison), through, nested, rethrown. Returns the number of rows.
MLR_FUNCTION(bt_postgres) {
    const Cause cause{PG_ARGISNULL(0) ? nullptr : text_to_cstring(PG_GETARG_TEXT_PP(0))};
    const std::string_view way = text_argument(fcinfo, 1);
    std::uint64_t rows = 0;
    if (way == "direct") {
        rows = act(cause);
    } else if (way == "through") {
        rows = act_through(cause);
    } else if (way == "nested") {
        rows = act_nested(cause);
    } else if (way == "rethrown") {
        rows = act_rethrown(cause);
    } else {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("no way \"%s\"", for_message(way))));
    }
    PG_RETURN_INT64(static_cast<std::int64_t>(rows));
}

/// bt_answer() → integer: results of several types come through call_postgres; 42.
MLR_FUNCTION(bt_answer) {
    (void)fcinfo;
    struct Pair {
        int a;
        double b;
    };
    int answer = 0;
    raise(guard([&] {
        const Ballast ballast;
        const MemoryContext before = CurrentMemoryContext;
        const Datum sum =
            call_postgres([]() noexcept { return DirectFunctionCall2(int4pl, Int32GetDatum(19), Int32GetDatum(20)); });
        const Pair pair = call_postgres([]() noexcept { return Pair{1, 1.0}; });
        int from_void = 0;
        call_postgres([&]() noexcept { from_void = 1; });
        if (CurrentMemoryContext == before) {
            answer = DatumGetInt32(sum) + pair.a + static_cast<int>(pair.b) + from_void;
        }
    }));
    PG_RETURN_INT32(answer);
}

/// bt_context_kept() → boolean: the memory context is the caller's again when the error arrives as an exception. The
/// error itself ends the call, so the SQLSTATE is the answer: 23514 when all is well, XX000 when not.
MLR_FUNCTION(bt_context_kept) {
    (void)fcinfo;
    bool same = false;
    const Failure failure = guard([&] {
        const Ballast ballast;
        const MemoryContext before = CurrentMemoryContext;
        try {
            call_postgres([]() noexcept {
                MemoryContextSwitchTo(TopMemoryContext);
                raise_whole_error();
            });
        } catch (const PostgresError &) {
            same = CurrentMemoryContext == before;
            throw;
        }
    });
    if (!same) {
        ereport(ERROR, (errcode(ERRCODE_INTERNAL_ERROR), errmsg("the memory context was not put back")));
    }
    raise(failure);
    PG_RETURN_BOOL(false);
}
