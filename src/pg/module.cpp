// What makes the shared library a PostgreSQL module.
#include "compat.hpp"

extern "C" {
MLR_MODULE_MAGIC("mlregistry", MLREGISTRY_VERSION);
}

MLR_FUNCTION(mlregistry_library_version) {
    (void)fcinfo;
    PG_RETURN_TEXT_P(cstring_to_text(MLREGISTRY_VERSION));
}
