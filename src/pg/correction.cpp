#include "correction.hpp"

#include "owner_query.hpp"
#include "rights.hpp"
#include "uuid.hpp"

extern "C" {
#include "catalog/pg_type.h"
}

namespace mlregistry::pg {

namespace {

// Not a setting: those can be set by everybody.
bool correcting = false;
pg_uuid_t corrected_version{};

OwnerQuery organization_of_version{
    "SELECT organization_id FROM mlregistry.model_versions WHERE version_id OPERATOR(pg_catalog.=) $1",
    1,
    {UUIDOID},
};

OwnerQuery apply_correction{"SELECT mlregistry.apply_correction($1, $2)", 2, {UUIDOID, JSONBOID}};

/// A version that is not there is nobody's to correct.
bool may_correct(Oid owner, Datum version) {
    if (bypasses_access()) {
        return true;
    }
    Rank rank = Rank::none;
    connect();
    if (run(organization_of_version, owner, &version, nullptr, Sight::latest, 1) == 1) {
        bool is_null = false;
        const Datum organization = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &is_null);
        rank = organization_rank(current_rights(), *DatumGetUUIDP(organization));
    }
    done();
    return rank >= Rank::admin;
}

} // namespace

bool is_corrected(const pg_uuid_t &version) noexcept { return correcting && same_uuid(corrected_version, version); }

bool is_correcting() noexcept { return correcting; }

} // namespace mlregistry::pg

using namespace mlregistry::pg;

/// run_correction(version uuid, changes jsonb): apply_correction() with the rights of the caller, past trigger freeze.
MLR_FUNCTION(mlregistry_run_correction) {
    const Datum values[] = {PG_GETARG_DATUM(0), PG_GETARG_DATUM(1)};
    if (!may_correct(owner_of_registry("model_versions"), values[0])) {
        ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE), errmsg("only admins correct versions"),
                        errhint("Ask an admin of the organization, or register a new version."),
                        err_generic_string(PG_DIAG_CONSTRAINT_NAME, "access_denied")));
    }
    const bool was_correcting = correcting;
    const pg_uuid_t outer = corrected_version;
    correcting = true;
    corrected_version = *DatumGetUUIDP(values[0]);
    PG_TRY();
    {
        connect();
        change_as_caller(apply_correction, values, nullptr, 0);
        done();
    }
    PG_FINALLY();
    {
        correcting = was_correcting;
        corrected_version = outer;
    }
    PG_END_TRY();
    PG_RETURN_VOID();
}
