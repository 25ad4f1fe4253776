// What statement triggers share.
#pragma once

#include "compat.hpp"

extern "C" {
#include "commands/trigger.h"
}

namespace mlregistry::pg {

/// The call of a trigger function; raises 39P01 for anything but a statement trigger that fires then.
inline TriggerData *statement_trigger(FunctionCallInfo fcinfo, bool before) {
    auto *const data = CALLED_AS_TRIGGER(fcinfo) ? reinterpret_cast<TriggerData *>(fcinfo->context) : nullptr;
    const bool is_right = data != nullptr && TRIGGER_FIRED_FOR_STATEMENT(data->tg_event) &&
                          (before ? TRIGGER_FIRED_BEFORE(data->tg_event) : TRIGGER_FIRED_AFTER(data->tg_event));
    if (!is_right) {
        ereport(ERROR, (errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
                        errmsg("this function is %s STATEMENT trigger of the registry and cannot be called otherwise",
                               before ? "a BEFORE" : "an AFTER")));
    }
    return data;
}

inline TriggerData *before_statement_trigger(FunctionCallInfo fcinfo) { return statement_trigger(fcinfo, true); }

inline TriggerData *after_statement_trigger(FunctionCallInfo fcinfo) { return statement_trigger(fcinfo, false); }

} // namespace mlregistry::pg
