#include "row_trigger.hpp"

#include "text_argument.hpp"

extern "C" {
#include "access/htup_details.h"
#include "executor/spi.h"
#include "mb/pg_wchar.h"
#include "parser/parse_coerce.h"
#include "utils/builtins.h"
#include "utils/datum.h"
}

namespace mlregistry::pg {

RowTrigger row_trigger(FunctionCallInfo fcinfo) {
    if (!CALLED_AS_TRIGGER(fcinfo)) {
        ereport(ERROR, (errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
                        errmsg("this function is a trigger of the registry and cannot be called otherwise")));
    }
    auto *const data = reinterpret_cast<TriggerData *>(fcinfo->context);
    if (!TRIGGER_FIRED_FOR_ROW(data->tg_event)) {
        ereport(ERROR, (errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
                        errmsg("trigger \"%s\" must be a row trigger", data->tg_trigger->tgname)));
    }
    const bool is_update = TRIGGER_FIRED_BY_UPDATE(data->tg_event);
    return {
        .data = data,
        .relation = data->tg_relation,
        .columns = RelationGetDescr(data->tg_relation),
        .row = is_update ? data->tg_newtuple : data->tg_trigtuple,
        .before = is_update ? data->tg_trigtuple : nullptr,
        .is_insert = TRIGGER_FIRED_BY_INSERT(data->tg_event),
        .is_update = is_update,
    };
}

void require_arguments(const RowTrigger &trigger, int count) {
    if (trigger.argument_count() != count) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("trigger \"%s\" needs %d arguments", trigger.data->tg_trigger->tgname, count)));
    }
}

AttrNumber column_number(const RowTrigger &trigger, const char *name, Oid type) {
    const int number = SPI_fnumber(trigger.columns, name);
    if (number <= 0) {
        ereport(ERROR, (errcode(ERRCODE_UNDEFINED_COLUMN),
                        errmsg("trigger \"%s\" needs column \"%s\" of table \"%s\"", trigger.data->tg_trigger->tgname,
                               name, RelationGetRelationName(trigger.relation))));
    }
    const Oid actual = TupleDescAttr(trigger.columns, number - 1)->atttypid;
    if (OidIsValid(type) && actual != type && !IsBinaryCoercible(actual, type)) {
        ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
                        errmsg("trigger \"%s\" needs column \"%s\" of table \"%s\" to be %s, not %s",
                               trigger.data->tg_trigger->tgname, name, RelationGetRelationName(trigger.relation),
                               format_type_be(type), format_type_be(actual))));
    }
    return static_cast<AttrNumber>(number);
}

ColumnValue column_value(const RowTrigger &trigger, HeapTuple row, AttrNumber column) {
    ColumnValue result{};
    result.value = heap_getattr(row, column, trigger.columns, &result.is_null);
    return result;
}

std::string_view column_text(const RowTrigger &trigger, HeapTuple row, AttrNumber column) {
    const ColumnValue v = column_value(trigger, row, column);
    return v.is_null ? std::string_view{} : text_view(v.value);
}

bool same_value(const RowTrigger &trigger, AttrNumber column) {
    const ColumnValue before = column_value(trigger, trigger.before, column);
    const ColumnValue now = column_value(trigger, trigger.row, column);
    if (before.is_null || now.is_null) {
        return before.is_null && now.is_null;
    }
    const Form_pg_attribute type = TupleDescAttr(trigger.columns, column - 1);
    return datum_image_eq(before.value, now.value, type->attbyval, type->attlen);
}

void RowChange::set(AttrNumber column, Datum value) noexcept {
    Assert(count < max_columns);
    columns[count] = column;
    values[count] = value;
    nulls[count++] = false;
}

void RowChange::clear(AttrNumber column) noexcept {
    Assert(count < max_columns);
    columns[count] = column;
    values[count] = 0;
    nulls[count++] = true;
}

Datum changed_row(const RowTrigger &trigger, const RowChange &change) {
    if (change.count == 0) {
        return PointerGetDatum(trigger.row);
    }
    return PointerGetDatum(
        heap_modify_tuple_by_cols(trigger.row, trigger.columns, change.count, const_cast<int *>(change.columns),
                                  const_cast<Datum *>(change.values), const_cast<bool *>(change.nulls)));
}

const char *arrow() noexcept { return GetDatabaseEncoding() == PG_UTF8 ? "\u2192" : "->"; }

void refuse(const RowTrigger &trigger, int sqlstate, const char *rule, const char *message, const char *detail,
            const char *hint) {
    ereport(ERROR, (errcode(sqlstate), errmsg_internal("%s", message), errdetail_internal("%s", detail),
                    errhint("%s", hint), errtableconstraint(trigger.relation, rule)));
    pg_unreachable();
}

} // namespace mlregistry::pg
