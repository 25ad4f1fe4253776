// For scripts/lint-boundary --self-test: errors raised out of a catch. Each line with a finding says so; no other line
// has one. Never linked.
#include "pg/boundary.hpp"

#include <exception>

using namespace mlregistry;
using namespace mlregistry::pg;

namespace {

void work();

template <class Work> void template_function(Work &&call) {
    try {
        call();
    } catch (...) {
        elog(ERROR, "in a template"); // finds: catch
    }
}

} // namespace

MLR_FUNCTION(bad_catch) {
    try {
        work();
    } catch (const std::bad_alloc &) {
        ereport(ERROR, (errcode(ERRCODE_OUT_OF_MEMORY), errmsg("out of memory"))); // finds: catch
    } catch (const Interrupted &) {
        CHECK_FOR_INTERRUPTS(); // finds: catch
    } catch (const PostgresError &e) {
        ReThrowError(e.error()); // finds: catch
    } catch (const std::exception &e) {
        // A macro stands where it begins.
        ereport(ERROR, // finds: catch
                (errcode(ERRCODE_EXTERNAL_ROUTINE_EXCEPTION), errmsg("an error over several lines: %s", e.what()),
                 errhint("None.")));
    } catch (...) {
        elog(WARNING, "even this runs code that may raise"); // finds: catch
    }
    PG_TRY();
    { work(); }
    PG_CATCH();
    {
        try {
            work();
        } catch (int) {
            PG_RE_THROW(); // finds: catch
        }
        PG_RE_THROW();
    }
    PG_END_TRY();
    template_function([] { work(); });
    raise(guard([] {
        try {
            work();
        } catch (int n) {
            if (n > 0) {
                raise(guard([] { work(); })); // finds: catch
            }
            const auto later = [] { ProcessInterrupts(); }; // finds: catch
            later();
            run_guarded([] { work(); }); // finds: catch
        }
    }));
    ereport(ERROR, (errcode(ERRCODE_INTERNAL_ERROR), errmsg("outside")));
    PG_RETURN_VOID();
}
