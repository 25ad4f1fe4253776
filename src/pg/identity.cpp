#include "identity.hpp"

#include "owner_query.hpp"
#include "text_argument.hpp"

extern "C" {
#include "catalog/pg_type.h"
#include "utils/guc.h"
#include "utils/snapmgr.h"
}

namespace mlregistry::pg {

namespace {

// The default organization, but only while it is the only one: with a second one, guessing would be a leak.
OwnerQuery workplace_query{
    R"(SELECT o.organization_id, p.project_id
         FROM mlregistry.organizations o
         LEFT JOIN mlregistry.projects p
                ON p.organization_id OPERATOR(pg_catalog.=) o.organization_id
               AND p.project_id OPERATOR(pg_catalog.=) '00000000-0000-8000-8000-000000000002'::pg_catalog.uuid
               AND p.deleted_at IS NULL
        WHERE o.organization_id OPERATOR(pg_catalog.=) '00000000-0000-8000-8000-000000000001'::pg_catalog.uuid
          AND o.deleted_at IS NULL
          AND NOT EXISTS (SELECT FROM mlregistry.organizations other
                           WHERE other.organization_id OPERATOR(pg_catalog.<>) o.organization_id
                             AND other.deleted_at IS NULL))",
    0,
    {},
};

// What the session has chosen by name: $1 the organization or NULL for the default one, $2 the project or NULL.
OwnerQuery chosen_workplace_query{
    R"(SELECT o.organization_id, p.project_id
         FROM mlregistry.organizations o
         LEFT JOIN mlregistry.projects p
                ON p.organization_id OPERATOR(pg_catalog.=) o.organization_id
               AND p.slug OPERATOR(pg_catalog.=) COALESCE($2, 'default')
               AND p.deleted_at IS NULL
        WHERE o.deleted_at IS NULL
          AND (o.slug OPERATOR(pg_catalog.=) $1
               OR ($1 IS NULL
                   AND o.organization_id OPERATOR(pg_catalog.=) '00000000-0000-8000-8000-000000000001'::pg_catalog.uuid
                   AND NOT EXISTS (SELECT FROM mlregistry.organizations other
                                    WHERE other.organization_id OPERATOR(pg_catalog.<>) o.organization_id
                                      AND other.deleted_at IS NULL))))",
    2,
    {TEXTOID, TEXTOID},
};

// Settings: where a session works when it names nothing. A choice, no identity: it opens nothing that is closed.
char *chosen_organization = nullptr;
char *chosen_project = nullptr;
unsigned choices = 0; ///< counts them, so that what was looked up for an earlier one is not used any more

void count_choice(const char *, void *) { ++choices; }

bool is_chosen(const char *setting) noexcept { return setting != nullptr && setting[0] != '\0'; }

std::optional<pg_uuid_t> uuid_column(int column) {
    bool is_null = false;
    const Datum value = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, column, &is_null);
    if (is_null) {
        return std::nullopt;
    }
    return *DatumGetUUIDP(value);
}

/// What tells one snapshot from another: rows that a session sees change only when one of these does.
struct SnapshotMark {
    CommandId command;
    TransactionId xmin;
    TransactionId xmax;
    uint32 in_progress;
    int32 subtransactions; ///< on a standby all that is in progress
    unsigned choices;

    bool operator==(const SnapshotMark &) const = default;
};

struct StatementWorkplace {
    SnapshotMark mark;
    Workplace workplace;
};

/// The workplace of one statement, kept with the expression that calls: it is asked for each row of an INSERT.
/// PL/pgSQL keeps expressions longer than a statement, hence the look at the snapshot.
const Workplace &statement_workplace(FunctionCallInfo fcinfo) {
    auto *kept = static_cast<StatementWorkplace *>(fcinfo->flinfo->fn_extra);
    const Snapshot snapshot = GetActiveSnapshot();
    const SnapshotMark mark{snapshot->curcid, snapshot->xmin,    snapshot->xmax,
                            snapshot->xcnt,   snapshot->subxcnt, choices};
    if (kept == nullptr || kept->mark != mark) {
        const Workplace now = current_workplace();
        if (kept == nullptr) {
            kept = static_cast<StatementWorkplace *>(
                MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt, sizeof(StatementWorkplace)));
        }
        *kept = {mark, now};
        fcinfo->flinfo->fn_extra = kept;
    }
    return kept->workplace;
}

Datum uuid_or_null(FunctionCallInfo fcinfo, const std::optional<pg_uuid_t> &id) {
    if (!id.has_value()) {
        PG_RETURN_NULL();
    }
    auto *const copy = static_cast<pg_uuid_t *>(palloc(sizeof(pg_uuid_t)));
    *copy = *id;
    PG_RETURN_UUID_P(copy);
}

} // namespace

Datum current_actor() { return text_datum(GetUserNameFromId(GetSessionUserId(), false)); }

void define_settings() {
    DefineCustomStringVariable("mlregistry.organization", "Organization that the session works in, by its slug.",
                               "Empty: the default one, while it is the only one.", &chosen_organization, "",
                               PGC_USERSET, 0, nullptr, count_choice, nullptr);
    DefineCustomStringVariable("mlregistry.project", "Project that the session works in, by its slug.",
                               "Empty: the default one.", &chosen_project, "", PGC_USERSET, 0, nullptr, count_choice,
                               nullptr);
    MarkGUCPrefixReserved("mlregistry");
}

Workplace current_workplace() {
    Workplace workplace;
    const Oid owner = owner_of_registry("organizations");
    const bool by_name = is_chosen(chosen_organization) || is_chosen(chosen_project);
    Datum names[2] = {};
    char nulls[] = "nn";
    if (is_chosen(chosen_organization)) {
        names[0] = CStringGetTextDatum(chosen_organization);
        nulls[0] = ' ';
    }
    if (is_chosen(chosen_project)) {
        names[1] = CStringGetTextDatum(chosen_project);
        nulls[1] = ' ';
    }
    connect();
    if ((by_name ? run(chosen_workplace_query, owner, names, nulls, Sight::snapshot, 1)
                 : run(workplace_query, owner, nullptr, nullptr, Sight::snapshot, 1)) == 1) {
        workplace.organization = uuid_column(1);
        workplace.project = uuid_column(2);
    }
    done();
    return workplace;
}

} // namespace mlregistry::pg

using namespace mlregistry::pg;

MLR_FUNCTION(mlregistry_current_actor) {
    (void)fcinfo;
    return current_actor();
}

MLR_FUNCTION(mlregistry_current_organization_id) {
    return uuid_or_null(fcinfo, statement_workplace(fcinfo).organization);
}

MLR_FUNCTION(mlregistry_current_project_id) { return uuid_or_null(fcinfo, statement_workplace(fcinfo).project); }
