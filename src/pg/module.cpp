// What makes the shared library a PostgreSQL module.
#include "compat.hpp"
#include "identity.hpp"

extern "C" {
MLR_MODULE_MAGIC("mlregistry", MLREGISTRY_VERSION);

PGDLLEXPORT void _PG_init();

void _PG_init() { mlregistry::pg::define_settings(); }
}

MLR_FUNCTION(mlregistry_library_version) {
    (void)fcinfo;
    PG_RETURN_TEXT_P(cstring_to_text(MLREGISTRY_VERSION));
}
