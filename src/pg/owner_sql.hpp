// Words of SQL that integrity rules and histories are written with. Operators by their schema, as the search_path is
// the caller's. Macros, as these texts are put together at compile time.
#pragma once

// clang-format off

#define EQ " OPERATOR(pg_catalog.=) "
#define NE " OPERATOR(pg_catalog.<>) "
#define LT " OPERATOR(pg_catalog.<) "
#define IS(column, word) column EQ "'" word "'"
#define ONE_OF(column, words) column EQ "ANY ('{" words "}'::pg_catalog.text[])"

#define INFINITE "'infinity'::pg_catalog.timestamptz"
// No period is empty or turned round: not where the clock was set back, nor where another session or an earlier step of
// the statement has begun it at that moment or later.
#define END_OF_PERIOD(of, at) \
    "GREATEST(" at ", " of ".valid_from OPERATOR(pg_catalog.+) '1 microsecond'::pg_catalog.interval)"

// clang-format on
