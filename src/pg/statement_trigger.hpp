// What AFTER STATEMENT triggers share.
#pragma once

#include "compat.hpp"

extern "C" {
#include "commands/trigger.h"
}

namespace mlregistry::pg {

/// The call of a trigger function; raises 39P01 for anything but an AFTER STATEMENT trigger.
inline TriggerData *after_statement_trigger(FunctionCallInfo fcinfo) {
    auto *const data = CALLED_AS_TRIGGER(fcinfo) ? reinterpret_cast<TriggerData *>(fcinfo->context) : nullptr;
    if (data == nullptr || !TRIGGER_FIRED_FOR_STATEMENT(data->tg_event) || !TRIGGER_FIRED_AFTER(data->tg_event)) {
        ereport(ERROR,
                (errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
                 errmsg("this function is an AFTER STATEMENT trigger of the registry and cannot be called otherwise")));
    }
    return data;
}

} // namespace mlregistry::pg
