// State machines as the database has them: the trigger that refuses moves, and their tables.
#include "owner_query.hpp"
#include "row_trigger.hpp"
#include "text_argument.hpp"

#include "core/state_machine.hpp"

extern "C" {
#include "catalog/pg_type.h"
#include "funcapi.h"
}

namespace mlregistry::pg {

namespace {

using lifecycle::Machine;

const char *c_string(std::string_view text) { return pnstrdup(text.data(), text.size()); }

struct StateColumns {
    AttrNumber version, validated_at;
};

OwnerQuery deployments_of_version{
    "SELECT pg_catalog.bool_or(d.status OPERATOR(pg_catalog.=) ANY ('{active,degraded}'::pg_catalog.text[])),"
    "       pg_catalog.bool_or(d.status OPERATOR(pg_catalog.=)"
    "           ANY ('{pending,deploying,active,degraded,terminating}'::pg_catalog.text[]))"
    " FROM mlregistry.deployments d WHERE d.version_id OPERATOR(pg_catalog.=) $1",
    1,
    {UUIDOID},
};

/// What holds of the version in the database now. Its row is locked; who deploys it locks it, too, before looking at
/// it.
lifecycle::VersionFacts facts_of_version(const RowTrigger &trigger, lifecycle::Condition asked) {
    const StateColumns c{.version = column_number(trigger, "version_id", UUIDOID),
                         .validated_at = column_number(trigger, "validated_at", TIMESTAMPTZOID)};
    lifecycle::VersionFacts facts{.was_validated = !column_value(trigger, trigger.before, c.validated_at).is_null,
                                  .is_live = false,
                                  .has_open = false};
    if (lifecycle::includes(asked, lifecycle::Condition::live | lifecycle::Condition::not_live |
                                       lifecycle::Condition::nothing_open)) {
        const Datum values[] = {column_value(trigger, trigger.row, c.version).value};
        connect();
        run(deployments_of_version, table_owner(trigger), values, nullptr, Sight::latest, 1);
        bool is_null = false;
        facts.is_live = DatumGetBool(found_value(1, is_null)) && !is_null;
        facts.has_open = DatumGetBool(found_value(2, is_null)) && !is_null;
        done();
    }
    return facts;
}

/// The words of conditions, one after the other.
const char *words_of(lifecycle::Condition asked, std::string_view lifecycle::ConditionWords::*words,
                     const char *separator) {
    StringInfoData text;
    initStringInfo(&text);
    for (const lifecycle::ConditionWords &condition : lifecycle::conditions()) {
        if (lifecycle::includes(asked, condition.condition)) {
            appendStringInfo(&text, "%s%s", text.len == 0 ? "" : separator, c_string(condition.*words));
        }
    }
    return text.data;
}

/// Where an entity may go from a state, in words.
const char *way_out(const Machine &machine, std::string_view from) {
    StringInfoData hint;
    initStringInfo(&hint);
    for (const lifecycle::Move &move : machine.moves) {
        if (move.from == from) {
            appendStringInfo(&hint, "%s%s", hint.len == 0 ? "" : ", ", c_string(move.to));
            if (move.only_if != lifecycle::Condition::none) {
                appendStringInfo(&hint, " (if %s)", words_of(move.only_if, &lifecycle::ConditionWords::words, " and "));
            }
        }
    }
    return hint.len == 0 ? c_string(machine.way_out)
                         : psprintf("From %s it may become: %s.", c_string(from), hint.data);
}

void check_move(const RowTrigger &trigger, const Machine &machine, AttrNumber column) {
    const std::string_view from = column_text(trigger, trigger.before, column);
    const std::string_view to = column_text(trigger, trigger.row, column);
    // What is no state at all is refused by the table itself.
    if (from == to || !lifecycle::is_state(machine, to)) {
        return;
    }
    const char *const message =
        psprintf("%s that is %s cannot become %s", c_string(machine.noun), c_string(from), c_string(to));
    const char *const detail = psprintf("%s %s %s", c_string(from), arrow(), c_string(to));
    const lifecycle::Move *const move = lifecycle::move_between(machine, from, to);
    if (move == nullptr) {
        refuse(trigger, ERRCODE_CHECK_VIOLATION, c_string(machine.rule), message, detail, way_out(machine, from));
    }
    if (move->only_if == lifecycle::Condition::none) {
        return;
    }
    const lifecycle::Condition broken = lifecycle::broken(move->only_if, facts_of_version(trigger, move->only_if));
    if (broken != lifecycle::Condition::none) {
        refuse(trigger, ERRCODE_CHECK_VIOLATION, c_string(machine.rule), message,
               psprintf("%s, only if %s", detail, words_of(broken, &lifecycle::ConditionWords::words, " and ")),
               words_of(broken, &lifecycle::ConditionWords::way_out, " "));
    }
}

} // namespace

} // namespace mlregistry::pg

using namespace mlregistry;
using namespace mlregistry::pg;

/// BEFORE UPDATE of columns that hold states. Arguments: the entity, the column, and so on for each.
MLR_FUNCTION(mlregistry_trg_state) {
    const RowTrigger trigger = row_trigger(fcinfo);
    for (int i = 0; i + 1 < trigger.argument_count(); i += 2) {
        const lifecycle::Machine *const machine = lifecycle::machine_of(trigger.argument(i));
        if (machine == nullptr || !trigger.is_update) {
            ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                            errmsg("trigger \"%s\" is for updates of an entity with states, not of \"%s\"",
                                   trigger.data->tg_trigger->tgname, trigger.argument(i))));
        }
        check_move(trigger, *machine, column_number(trigger, trigger.argument(i + 1), TEXTOID));
    }
    return PointerGetDatum(trigger.row);
}

/// lifecycle_moves() → (entity, from_state, to_state, fills, only_if); a row without from_state is where the entity
/// begins.
MLR_FUNCTION(mlregistry_lifecycle_moves) {
    InitMaterializedSRF(fcinfo, 0);
    auto *const result = reinterpret_cast<ReturnSetInfo *>(fcinfo->resultinfo);
    const auto put = [result](std::string_view entity, std::string_view from, std::string_view to,
                              std::string_view fills, std::string_view only_if) {
        Datum values[] = {text_datum(entity), text_datum(from), text_datum(to), text_datum(fills), text_datum(only_if)};
        bool nulls[] = {false, from.empty(), false, fills.empty(), only_if.empty()};
        tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
    };
    for (const lifecycle::Machine &machine : lifecycle::machines()) {
        put(machine.entity, {}, machine.states.front(), {}, {});
        for (const lifecycle::Move &move : machine.moves) {
            put(machine.entity, move.from, move.to, move.fills,
                words_of(move.only_if, &lifecycle::ConditionWords::words, " and "));
        }
    }
    PG_RETURN_NULL();
}
