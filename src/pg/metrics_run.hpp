// The run whose metrics are read or logged.
#pragma once

#include "compat.hpp"

extern "C" {
#include "utils/uuid.h"
}

namespace mlregistry::pg {

struct RunPlace {
    pg_uuid_t organization;
    pg_uuid_t project;
};

/// Raises P0002 unless the caller sees the run, and it and what it lies in are not deleted. In the snapshot of the
/// calling statement.
void require_run(const pg_uuid_t &run);

/// Where the run lies. Raises P0002 likewise, and 42501 where the acting one may not change runs there.
RunPlace writable_run(const pg_uuid_t &run);

/// The first argument of all these functions.
const pg_uuid_t &run_argument(FunctionCallInfo fcinfo);

} // namespace mlregistry::pg
