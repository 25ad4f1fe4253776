#include "ballast.hpp"

namespace boundary_test {

namespace {

int now = 0;
int ever = 0;

} // namespace

// Not inline: a compiler that sees both ends may leave the allocations out.
Ballast::Ballast() : memory_{CurrentMemoryContext, 2 * size}, in_context_(size, 'x', &memory_), on_heap_(size, 'x') {
    ++now;
    ++ever;
}

Ballast::~Ballast() { --now; }

int Ballast::alive() noexcept { return now; }

int Ballast::made() noexcept { return ever; }

} // namespace boundary_test

/// bt_ballast_alive() → integer: objects that an error has left behind; 0 unless something leaks.
MLR_FUNCTION(bt_ballast_alive) {
    (void)fcinfo;
    PG_RETURN_INT32(boundary_test::Ballast::alive());
}

/// bt_ballast_made() → integer: shows that there was something to leak.
MLR_FUNCTION(bt_ballast_made) {
    (void)fcinfo;
    PG_RETURN_INT32(boundary_test::Ballast::made());
}
