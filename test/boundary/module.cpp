// What makes this a PostgreSQL module.
#include "pg/compat.hpp"

extern "C" {
PG_MODULE_MAGIC;
}
