#include "owner_query.hpp"

extern "C" {
#include "access/htup_details.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "nodes/parsenodes.h"
#include "utils/lsyscache.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"
}

namespace mlregistry::pg {

namespace {

SPIPlanPtr prepare(const OwnerQuery &query) {
    // A generic plan from the first call on: these are look-ups by keys, and planning takes longer than they do.
    SPIPlanPtr const plan =
        SPI_prepare_cursor(query.sql, query.n_arguments, const_cast<Oid *>(query.types), CURSOR_OPT_GENERIC_PLAN);
    if (plan == nullptr) {
        ereport(ERROR, (errcode(ERRCODE_INTERNAL_ERROR),
                        errmsg("cannot prepare an integrity query: %s", SPI_result_code_string(SPI_result))));
    }
    SPI_keepplan(plan);
    return plan;
}

std::uint64_t execute_as_caller(OwnerQuery &query, const Datum *values, const char *nulls, bool read_only, long limit) {
    if (query.plan == nullptr) {
        query.plan = prepare(query);
    }
    const int result = SPI_execute_plan(query.plan, const_cast<Datum *>(values), nulls, read_only, limit);
    if (result < 0) {
        ereport(ERROR, (errcode(ERRCODE_INTERNAL_ERROR), errmsg("a query failed: %s", SPI_result_code_string(result))));
    }
    return SPI_processed;
}

} // namespace

void connect() {
    if (SPI_connect() != SPI_OK_CONNECT) {
        ereport(ERROR, (errcode(ERRCODE_INTERNAL_ERROR), errmsg("cannot connect to SPI")));
    }
}

void done() { SPI_finish(); }

std::uint64_t run(OwnerQuery &query, Oid owner, const Datum *values, const char *nulls, Sight sight, long limit) {
    const AsOwner as_owner{owner};
    if (query.plan == nullptr) {
        query.plan = prepare(query);
    }
    auto *const arguments = const_cast<Datum *>(values);
    int result = 0;
    if (sight == Sight::latest || sight == Sight::latest_outside) {
        result = SPI_execute_snapshot(query.plan, arguments, nulls, GetLatestSnapshot(), InvalidSnapshot, false,
                                      sight == Sight::latest_outside, limit);
    } else {
        result = SPI_execute_plan(query.plan, arguments, nulls, sight == Sight::snapshot, limit);
    }
    as_owner.restore();
    if (result < 0) {
        ereport(ERROR, (errcode(ERRCODE_INTERNAL_ERROR),
                        errmsg("an integrity query failed: %s", SPI_result_code_string(result))));
    }
    return SPI_processed;
}

std::uint64_t run_as_caller(OwnerQuery &query, const Datum *values, const char *nulls, long limit) {
    return execute_as_caller(query, values, nulls, true, limit);
}

std::uint64_t change_as_caller(OwnerQuery &query, const Datum *values, const char *nulls, long limit) {
    return execute_as_caller(query, values, nulls, false, limit);
}

Oid registry_type(const char *name) {
    const Oid type = GetSysCacheOid2(TYPENAMENSP, Anum_pg_type_oid, CStringGetDatum(name),
                                     ObjectIdGetDatum(get_namespace_oid("mlregistry", false)));
    if (!OidIsValid(type)) {
        ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT), errmsg("type mlregistry.%s does not exist", name)));
    }
    return type;
}

bool is_installed() { return has_table("organizations"); }

bool has_table(const char *name) {
    const Oid schema = get_namespace_oid("mlregistry", true);
    return OidIsValid(schema) && OidIsValid(get_relname_relid(name, schema));
}

Oid owner_of_registry(const char *relation) {
    const Oid schema = get_namespace_oid("mlregistry", true);
    const Oid table = OidIsValid(schema) ? get_relname_relid(relation, schema) : InvalidOid;
    HeapTuple const row = OidIsValid(table) ? SearchSysCache1(RELOID, ObjectIdGetDatum(table)) : nullptr;
    if (!HeapTupleIsValid(row)) {
        ereport(ERROR,
                (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
                 errmsg("the registry is not installed in this database"),
                 errdetail("Table mlregistry.%s does not exist.", relation), errhint("SELECT mlregistry.install();")));
    }
    const Oid owner = reinterpret_cast<Form_pg_class>(GETSTRUCT(row))->relowner;
    ReleaseSysCache(row);
    return owner;
}

} // namespace mlregistry::pg
