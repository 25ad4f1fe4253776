// Trigger append_only: rows of a trail are added, never changed. Partitions carry it themselves, because statement
// triggers of their parent do not fire for what is done to them.
#include "statement_trigger.hpp"

extern "C" {
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/rel.h"
}

/// BEFORE UPDATE OR DELETE OR TRUNCATE STATEMENT. For everybody but the owner of the table, who applies retention.
MLR_FUNCTION(mlregistry_trg_append_only) {
    TriggerData *const data = mlregistry::pg::before_statement_trigger(fcinfo);
    if (!has_privs_of_role(GetUserId(), data->tg_relation->rd_rel->relowner)) {
        ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
                        errmsg("table \"%s\" is append-only", RelationGetRelationName(data->tg_relation)),
                        errdetail("What was written stays as it is."),
                        errhint("Only the owner of the table, role \"%s\", changes or removes its rows.",
                                GetUserNameFromId(data->tg_relation->rd_rel->relowner, false)),
                        errtableconstraint(data->tg_relation, "append_only")));
    }
    return PointerGetDatum(nullptr);
}
