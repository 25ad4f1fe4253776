// What the boundary is there to prevent, done on purpose: the test that watches memory must see these.
#include "ballast.hpp"

#include "pg/text_argument.hpp"

#include <vector>

using namespace mlregistry;
using namespace mlregistry::pg;
using boundary_test::Ballast;

namespace {

/// An exception that holds a megabyte.
struct HeavyException {
    std::vector<char> load = std::vector<char>(Ballast::size, 'x');
};

} // namespace

/// bt_leak_over_object(): an ereport jumps over a live object.
MLR_FUNCTION(bt_leak_over_object) {
    (void)fcinfo;
    const Ballast ballast; // lint-boundary: allow destructor: this is the leak that the test must see
    ereport(ERROR, (errcode(ERRCODE_EXTERNAL_ROUTINE_EXCEPTION), errmsg("leaked an object")));
    PG_RETURN_VOID();
}

/// bt_leak_in_catch(): an ereport jumps out of a catch, and the exception object stays.
MLR_FUNCTION(bt_leak_in_catch) {
    (void)fcinfo;
    try {
        throw HeavyException{}; // lint-boundary: allow destructor: this is the leak that the test must see
    } catch (const HeavyException &) {
        // lint-boundary: allow catch: this is the leak that the test must see
        ereport(ERROR, (errcode(ERRCODE_EXTERNAL_ROUTINE_EXCEPTION), errmsg("leaked an exception")));
    }
    PG_RETURN_VOID();
}
