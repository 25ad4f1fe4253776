// State machines as the database has them: the trigger that refuses moves, and their tables.
#include "row_trigger.hpp"
#include "text_argument.hpp"

#include "core/run_state.hpp"

extern "C" {
#include "catalog/pg_type.h"
#include "funcapi.h"
}

namespace mlregistry::pg {

namespace {

using lifecycle::Machine;

const char *c_string(std::string_view text) { return pnstrdup(text.data(), text.size()); }

/// Where an entity may go from a state, in words.
const char *way_out(const Machine &machine, std::string_view from) {
    StringInfoData hint;
    initStringInfo(&hint);
    for (const lifecycle::Move &move : machine.moves) {
        if (move.from == from) {
            appendStringInfo(&hint, "%s%s", hint.len == 0 ? "" : ", ", c_string(move.to));
        }
    }
    return hint.len == 0 ? c_string(machine.way_out)
                         : psprintf("From %s it may become: %s.", c_string(from), hint.data);
}

} // namespace

} // namespace mlregistry::pg

using namespace mlregistry;
using namespace mlregistry::pg;

/// BEFORE UPDATE of a column that holds a state. Arguments: the entity, the column.
MLR_FUNCTION(mlregistry_trg_state) {
    const RowTrigger trigger = row_trigger(fcinfo);
    require_arguments(trigger, 2);
    const lifecycle::Machine *const machine = lifecycle::machine_of(trigger.argument(0));
    if (machine == nullptr || !trigger.is_update) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("trigger \"%s\" is for updates of an entity with states, not of \"%s\"",
                               trigger.data->tg_trigger->tgname, trigger.argument(0))));
    }
    const AttrNumber column = column_number(trigger, trigger.argument(1), TEXTOID);
    const std::string_view from = column_text(trigger, trigger.before, column);
    const std::string_view to = column_text(trigger, trigger.row, column);
    // What is no state at all is refused by the table itself.
    if (!lifecycle::is_state(*machine, to) || lifecycle::may_move(*machine, from, to)) {
        return PointerGetDatum(trigger.row);
    }
    refuse(trigger, ERRCODE_CHECK_VIOLATION, c_string(machine->rule),
           psprintf("%s that is %s cannot become %s", c_string(machine->noun), c_string(from), c_string(to)),
           psprintf("%s %s %s", c_string(from), arrow(), c_string(to)), way_out(*machine, from));
}

/// lifecycle_moves() → (entity, from_state, to_state, fills); a row without from_state is where the entity begins.
MLR_FUNCTION(mlregistry_lifecycle_moves) {
    InitMaterializedSRF(fcinfo, 0);
    auto *const result = reinterpret_cast<ReturnSetInfo *>(fcinfo->resultinfo);
    const auto put = [result](std::string_view entity, std::string_view from, std::string_view to,
                              std::string_view fills) {
        Datum values[] = {text_datum(entity), text_datum(from), text_datum(to), text_datum(fills)};
        bool nulls[] = {false, from.empty(), false, fills.empty()};
        tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
    };
    for (const lifecycle::Machine &machine : lifecycle::machines()) {
        put(machine.entity, {}, machine.states.front(), {});
        for (const lifecycle::Move &move : machine.moves) {
            put(machine.entity, move.from, move.to, move.fills);
        }
    }
    PG_RETURN_NULL();
}
