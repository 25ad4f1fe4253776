// Running statements whose objects must not become members of the extension (docs/design/architecture.md, section 1).
#include "owner_query.hpp"

extern "C" {
#include "commands/extension.h"
}

/// run_detached(text): runs SQL as if no extension script were running.
MLR_FUNCTION(mlregistry_run_detached) {
    const char *const sql = text_to_cstring(PG_GETARG_TEXT_PP(0));
    const bool was_creating = creating_extension;
    const Oid was_extension = CurrentExtensionObject;
    PG_TRY();
    {
        creating_extension = false;
        CurrentExtensionObject = InvalidOid;
        mlregistry::pg::connect();
        const int result = SPI_execute(sql, false, 0);
        if (result < 0) {
            ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                            errmsg("cannot run the statements: %s", SPI_result_code_string(result))));
        }
        mlregistry::pg::done();
    }
    PG_FINALLY();
    {
        creating_extension = was_creating;
        CurrentExtensionObject = was_extension;
    }
    PG_END_TRY();
    PG_RETURN_VOID();
}
