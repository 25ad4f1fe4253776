// SQL that integrity rules run: as the owner of the registry's tables with row security off, as foreign keys do,
// through plans that are prepared once per session.
#pragma once

#include "compat.hpp"

extern "C" {
#include "executor/spi.h"
#include "miscadmin.h"
}

#include <cstdint>

namespace mlregistry::pg {

inline constexpr int max_query_arguments = 8;

/// One statement and its plan. Write every name and operator with its schema: the search_path is the caller's.
struct OwnerQuery {
    const char *sql;
    int n_arguments;
    Oid types[max_query_arguments];
    SPIPlanPtr plan = nullptr;
};

/// What the query may see.
enum class Sight : std::uint8_t {
    snapshot,       ///< what the calling statement sees; for reading functions, also on a standby
    current,        ///< in READ COMMITTED what is committed now, and takes row locks
    latest,         ///< what is committed now at every isolation level, as foreign keys look
    latest_outside, ///< the same for a change that is no part of a trigger: its own triggers fire at once
};

/// Switches to the owner of tables, as foreign keys do. Not undone on error: the abort of the (sub)transaction restores
/// the user itself.
class AsOwner {
  public:
    explicit AsOwner(Oid owner) {
        GetUserIdAndSecContext(&user_, &context_);
        SetUserIdAndSecContext(owner, context_ | SECURITY_LOCAL_USERID_CHANGE | SECURITY_NOFORCE_RLS);
    }
    void restore() const { SetUserIdAndSecContext(user_, context_); }

  private:
    Oid user_ = InvalidOid;
    int context_ = 0;
};

/// Runs the query as `owner` and returns the number of rows, which are in SPI_tuptable until done().
/// Call SPI_connect() through connect() first.
std::uint64_t run(OwnerQuery &query, Oid owner, const Datum *values, const char *nulls, Sight sight, long limit);

/// The same with the rights and the snapshot of the caller: for reading functions.
std::uint64_t run_as_caller(OwnerQuery &query, const Datum *values, const char *nulls, long limit);

/// The same for what may see and make changes.
std::uint64_t change_as_caller(OwnerQuery &query, const Datum *values, const char *nulls, long limit);

void connect();
void done();

/// A column of the first row that the last query has found; `is_null` also where there is no row.
inline Datum found_value(int column, bool &is_null) {
    is_null = SPI_processed == 0;
    return is_null ? 0 : SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, column, &is_null);
}

/// Identifier of a type of the extension; raises 42704 when there is none of that name.
Oid registry_type(const char *name);

/// Whether the tables are there.
bool is_installed();

/// Whether one of them is: tables that this version brings are not, until migrate() has made them.
bool has_table(const char *name);

/// Owner of a relation of schema mlregistry; raises 55000 with a way out when the registry is not installed.
Oid owner_of_registry(const char *relation);

} // namespace mlregistry::pg
