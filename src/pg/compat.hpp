// PostgreSQL's headers for C++, and the one place that knows its versions (15 to 18).
#pragma once

extern "C" {
#include "postgres.h"

#include "fmgr.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/builtins.h"
}

#if PG_VERSION_NUM < 150000
#error "mlregistry needs PostgreSQL 15 or later"
#endif

// The macros of variable-length values were in postgres.h before 16.
#if PG_VERSION_NUM >= 160000
extern "C" {
#include "varatt.h"
}
#endif

// Soft errors of input functions came with 16; before, an input error is an error.
#if PG_VERSION_NUM >= 160000
extern "C" {
#include "nodes/miscnodes.h"
}
#define MLR_SOFT_ERROR(fcinfo, ...) ereturn((fcinfo)->context, static_cast<Datum>(0), __VA_ARGS__)
#else
#define MLR_SOFT_ERROR(fcinfo, ...)                                                                                    \
    do {                                                                                                               \
        (void)(fcinfo);                                                                                                \
        ereport(ERROR, __VA_ARGS__);                                                                                   \
    } while (0)
#endif

#if PG_VERSION_NUM >= 180000
#define MLR_MODULE_MAGIC(name_, version_) PG_MODULE_MAGIC_EXT(.name = (name_), .version = (version_))
#else
#define MLR_MODULE_MAGIC(name_, version_) PG_MODULE_MAGIC
#endif

// Scans of indexes can be counted for EXPLAIN from 18 on.
#if PG_VERSION_NUM >= 180000
#define MLR_INDEX_BEGINSCAN(table, index, snapshot, n_keys) index_beginscan(table, index, snapshot, nullptr, n_keys, 0)
#else
#define MLR_INDEX_BEGINSCAN(table, index, snapshot, n_keys) index_beginscan(table, index, snapshot, n_keys, 0)
#endif

/// Declares a function that SQL calls; define it inside extern "C".
#define MLR_FUNCTION(name)                                                                                             \
    extern "C" {                                                                                                       \
    PGDLLEXPORT Datum name(PG_FUNCTION_ARGS);                                                                          \
    PG_FUNCTION_INFO_V1(name);                                                                                         \
    }                                                                                                                  \
    extern "C" Datum name(PG_FUNCTION_ARGS)
