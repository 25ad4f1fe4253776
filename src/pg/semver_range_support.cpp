// Planner support of `version <@ range`: the range becomes conditions of a btree on versions.
//
//   A constant range is rewritten where it stands (SupportRequestSimplify): its enclosing intervals as comparisons,
//   which indexes and statistics know, and a filter for what the prerelease rule takes out of them. Any other range, a
//   parameter or a column of another table, becomes a pair of conditions when an index is looked at
//   (SupportRequestIndexCondition), with keys that are computed when the query runs; the operator itself is the
//   recheck.
#include "semver_range_datum.hpp"

#include <algorithm>

extern "C" {
#include "access/htup_details.h"
#include "access/stratnum.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_statistic.h"
#include "catalog/pg_type.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "nodes/supportnodes.h"
#include "optimizer/optimizer.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/selfuncs.h"
#include "utils/syscache.h"
#include "utils/typcache.h"
}

namespace mlregistry::pg {

namespace {

using semver_range::Bound;
using semver_range::Compiled;
using semver_range::Interval;

/// More intervals than these are replaced by the one that encloses them.
constexpr int most_intervals = 16;

/// The arguments of a call, whichever way round.
struct Call {
    Node *version = nullptr;
    Node *range = nullptr;
    bool include_prerelease = false;
    bool understood = false; ///< include_prerelease is known
};

Call arguments_of(List *args, bool version_first) {
    Call call;
    if (list_length(args) < 2) {
        return call;
    }
    call.version = static_cast<Node *>(version_first ? linitial(args) : lsecond(args));
    call.range = static_cast<Node *>(version_first ? lsecond(args) : linitial(args));
    call.understood = true;
    if (list_length(args) > 2) {
        auto *const mode = static_cast<Node *>(lthird(args));
        call.understood = IsA(mode, Const) && !castNode(Const, mode)->constisnull;
        call.include_prerelease = call.understood && DatumGetBool(castNode(Const, mode)->constvalue);
    }
    return call;
}

/// A function beside `function` by name and argument types; InvalidOid when there is none. Not LookupFuncName(): that
/// asks for USAGE on the schema, which who queries a view need not have.
Oid sibling(Oid function, const char *name, int count, const Oid *types) {
    return GetSysCacheOid3(PROCNAMEARGSNSP, Anum_pg_proc_oid, CStringGetDatum(name),
                           PointerGetDatum(buildoidvector(types, count)),
                           ObjectIdGetDatum(get_func_namespace(function)));
}

/// Comparison operator of versions in the default btree order.
Oid comparison(Oid semver_type, StrategyNumber strategy) {
    const TypeCacheEntry *const type = lookup_type_cache(semver_type, TYPECACHE_BTREE_OPFAMILY);
    return OidIsValid(type->btree_opf)
               ? get_opfamily_member(type->btree_opf, semver_type, semver_type, static_cast<int16>(strategy))
               : InvalidOid;
}

Expr *compare(Node *version, Oid semver_type, StrategyNumber strategy, Expr *key) {
    return make_opclause(comparison(semver_type, strategy), BOOLOID, false,
                         reinterpret_cast<Expr *>(copyObjectImpl(version)), key, InvalidOid, InvalidOid);
}

Expr *version_constant(Oid semver_type, const Compiled &range, const Bound &bound) {
    const semver::Bytes bytes = range.version(bound);
    semver::Stored stored;
    std::memcpy(stored.data, bytes.data(), bytes.size());
    stored.size = bytes.size();
    return reinterpret_cast<Expr *>(makeConst(semver_type, -1, InvalidOid, -1, semver_datum(stored), false, false));
}

/// The comparisons that an interval demands; empty for an interval that is open on both sides.
List *comparisons(Node *version, Oid semver_type, const Compiled &range, const Interval &interval) {
    List *result = NIL;
    if (interval.lower.bounded && interval.upper.bounded &&
        semver::equal(range.version(interval.lower), range.version(interval.upper))) {
        return list_make1(
            compare(version, semver_type, BTEqualStrategyNumber, version_constant(semver_type, range, interval.lower)));
    }
    if (interval.lower.bounded) {
        result =
            lappend(result, compare(version, semver_type,
                                    interval.lower.inclusive ? BTGreaterEqualStrategyNumber : BTGreaterStrategyNumber,
                                    version_constant(semver_type, range, interval.lower)));
    }
    if (interval.upper.bounded) {
        result = lappend(result, compare(version, semver_type,
                                         interval.upper.inclusive ? BTLessEqualStrategyNumber : BTLessStrategyNumber,
                                         version_constant(semver_type, range, interval.upper)));
    }
    return result;
}

/// The condition that a version lies in one of the intervals; null when that says nothing.
Expr *in_intervals(Node *version, Oid semver_type, const Compiled &range) {
    if (range.interval_count > most_intervals) {
        const Interval all{semver_range::lower(range), semver_range::upper(range)};
        List *const conditions = comparisons(version, semver_type, range, all);
        return conditions == NIL ? nullptr : make_ands_explicit(conditions);
    }
    List *alternatives = NIL;
    for (int i = 0; i < range.interval_count; ++i) {
        List *const conditions = comparisons(version, semver_type, range, range.intervals[i]);
        if (conditions == NIL) {
            return nullptr;
        }
        alternatives = lappend(alternatives, make_ands_explicit(conditions));
    }
    return list_length(alternatives) == 1 ? static_cast<Expr *>(linitial(alternatives)) : make_orclause(alternatives);
}

/// A constant range as comparisons and filter; null when it stays as it is.
Node *simplified(const SupportRequestSimplify &request, bool version_first) {
    const Call call = arguments_of(request.fcall->args, version_first);
    // The version is written several times then: only what is read without work, and without effects.
    if (!call.understood || !IsA(call.range, Const) || castNode(Const, call.range)->constisnull ||
        !(IsA(call.version, Var) || IsA(call.version, Param))) {
        return nullptr;
    }
    const Datum value = castNode(Const, call.range)->constvalue;
    const Compiled &range = compiled_range(value, call.include_prerelease);
    const Oid semver_type = exprType(call.version);
    const Oid types[] = {semver_type, exprType(call.range), BOOLOID};
    const Oid filter = sibling(request.fcall->funcid, "semver_range_filter", 3, types);
    if (range.interval_count == 0 || !OidIsValid(filter) ||
        !OidIsValid(comparison(semver_type, BTLessStrategyNumber))) {
        return nullptr;
    }
    Expr *const condition = in_intervals(call.version, semver_type, range);
    if (condition == nullptr) {
        return nullptr;
    }
    List *const filter_arguments = list_make3(copyObjectImpl(call.version), copyObjectImpl(call.range),
                                              makeBoolConst(call.include_prerelease, false));
    auto *const rest = reinterpret_cast<Expr *>(
        makeFuncExpr(filter, BOOLOID, filter_arguments, InvalidOid, InvalidOid, COERCE_EXPLICIT_CALL));
    return reinterpret_cast<Node *>(make_ands_explicit(list_make2(condition, rest)));
}

/// True for a constant that the type's output cannot write, so that EXPLAIN must not meet it.
bool is_greatest_key(const Node *expression) {
    if (!IsA(expression, Const)) {
        return false;
    }
    semver::Text text;
    return !semver::decode(semver_bytes(castNode(Const, expression)->constvalue), text);
}

/// A key of the range, computed when the query runs, or now when the range is known and the key can be written.
Expr *range_key(const SupportRequestIndexCondition &request, const char *function, const Call &call, Oid semver_type) {
    const Oid types[] = {exprType(call.range), BOOLOID};
    const Oid key = sibling(request.funcid, function, 2, types);
    if (!OidIsValid(key)) {
        return nullptr;
    }
    List *const arguments = list_make2(copyObjectImpl(call.range), makeBoolConst(call.include_prerelease, false));
    Node *const expression = reinterpret_cast<Node *>(
        makeFuncExpr(key, semver_type, arguments, InvalidOid, InvalidOid, COERCE_EXPLICIT_CALL));
    Node *const known = eval_const_expressions(request.root, expression);
    return reinterpret_cast<Expr *>(is_greatest_key(known) ? expression : known);
}

/// The pair of conditions that an index on versions can check for a range that is not known yet; NIL when it cannot.
List *index_conditions(SupportRequestIndexCondition &request, bool version_first) {
    List *const args = IsA(request.node, OpExpr)     ? castNode(OpExpr, request.node)->args
                       : IsA(request.node, FuncExpr) ? castNode(FuncExpr, request.node)->args
                                                     : NIL;
    const Call call = arguments_of(args, version_first);
    if (!call.understood || request.indexarg != (version_first ? 0 : 1) ||
        !is_pseudo_constant_for_index(request.root, call.range, request.index)) {
        return NIL;
    }
    const Oid semver_type = exprType(call.version);
    const TypeCacheEntry *const type = lookup_type_cache(semver_type, TYPECACHE_BTREE_OPFAMILY);
    if (request.opfamily != type->btree_opf) { // the order with build metadata ends elsewhere
        return NIL;
    }
    Expr *const lower = range_key(request, "semver_range_lower_key", call, semver_type);
    Expr *const upper = range_key(request, "semver_range_upper_key", call, semver_type);
    if (lower == nullptr || upper == nullptr) {
        return NIL;
    }
    request.lossy = true;
    return list_make2(compare(call.version, semver_type, BTGreaterEqualStrategyNumber, lower),
                      compare(call.version, semver_type, BTLessEqualStrategyNumber, upper));
}

bool in_interval(const Compiled &range, const Interval &interval, semver::Bytes version) {
    const int lower = interval.lower.bounded ? semver::compare(version, range.version(interval.lower)) : 1;
    const int upper = interval.upper.bounded ? semver::compare(version, range.version(interval.upper)) : -1;
    return (lower > 0 || (lower == 0 && interval.lower.inclusive)) &&
           (upper < 0 || (upper == 0 && interval.upper.inclusive));
}

/// How much of what is known about a column lies in the intervals, and how much of it satisfies the range.
struct Shares {
    double inside = 0;
    double satisfying = 0;
};

void count_share(const Compiled &range, Datum value, double weight, Shares &shares) {
    const semver::Bytes version = semver_bytes(value);
    for (int i = 0; i < range.interval_count; ++i) {
        if (in_interval(range, range.intervals[i], version)) {
            shares.inside += weight;
            shares.satisfying += semver_range::satisfies(range, version) ? weight : 0;
            return;
        }
    }
}

/// The same for versions in ascending order that weigh the same each: only those in the intervals are looked at.
void count_shares(const Compiled &range, const Datum *values, int count, double weight, Shares &shares) {
    const auto *const end = values + count;
    for (int i = 0; i < range.interval_count; ++i) {
        const Interval &interval = range.intervals[i];
        const auto *const first = std::partition_point(values, end, [&](Datum value) {
            return interval.lower.bounded && semver::compare(semver_bytes(value), range.version(interval.lower)) <
                                                 (interval.lower.inclusive ? 0 : 1);
        });
        for (const auto *value = first; value != end && in_interval(range, interval, semver_bytes(*value)); ++value) {
            shares.inside += weight;
            shares.satisfying += semver_range::satisfies(range, semver_bytes(*value)) ? weight : 0;
        }
    }
}

/// What the column's common values and histogram say of a range; false when there are none.
bool known_shares(const SupportRequestSelectivity &request, Node *version, const Compiled &range, Shares &shares) {
    VariableStatData variable;
    examine_variable(request.root, version, request.varRelid, &variable);
    bool known = false;
    if (HeapTupleIsValid(variable.statsTuple) && statistic_proc_security_check(&variable, request.funcid)) {
        AttStatsSlot slot;
        double others = 1 - reinterpret_cast<Form_pg_statistic>(GETSTRUCT(variable.statsTuple))->stanullfrac;
        if (get_attstatsslot(&slot, variable.statsTuple, STATISTIC_KIND_MCV, InvalidOid,
                             ATTSTATSSLOT_VALUES | ATTSTATSSLOT_NUMBERS)) {
            for (int i = 0; i < slot.nvalues; ++i) {
                others -= slot.numbers[i];
                count_share(range, slot.values[i], slot.numbers[i], shares);
            }
            known = true;
            free_attstatsslot(&slot);
        }
        if (get_attstatsslot(&slot, variable.statsTuple, STATISTIC_KIND_HISTOGRAM, InvalidOid, ATTSTATSSLOT_VALUES)) {
            count_shares(range, slot.values, slot.nvalues, others / slot.nvalues, shares);
            known = true;
            free_attstatsslot(&slot);
        }
    }
    ReleaseVariableStats(variable);
    return known;
}

/// The range of a call when it is known; null otherwise.
const Compiled *known_range(const SupportRequestSelectivity &request, const Call &call) {
    if (!call.understood || request.is_join || !IsA(call.range, Const) || castNode(Const, call.range)->constisnull) {
        return nullptr;
    }
    return &compiled_range(castNode(Const, call.range)->constvalue, call.include_prerelease);
}

/// Share of the versions in a range's intervals that satisfy it: what the comparisons beside the filter have not
/// counted.
double filter_selectivity(const SupportRequestSelectivity &request) {
    const Call call = arguments_of(request.args, true);
    const Compiled *const range = known_range(request, call);
    Shares shares;
    if (range == nullptr || !known_shares(request, call.version, *range, shares) || shares.inside <= 0) {
        return 1;
    }
    return Max(shares.satisfying / shares.inside, 0.01);
}

/// Share of all versions that satisfy a range which has not become comparisons, in a call by name: operators have
/// matchingsel(), which answers the same.
double selectivity_of(const SupportRequestSelectivity &request, bool version_first) {
    const Call call = arguments_of(request.args, version_first);
    const Compiled *const range = known_range(request, call);
    Shares shares;
    if (range == nullptr || !known_shares(request, call.version, *range, shares)) {
        return range != nullptr && range->interval_count == 0 ? 0 : DEFAULT_MATCHING_SEL;
    }
    return Min(Max(shares.satisfying, range->interval_count == 0 ? 0 : 0.0001), 1);
}

Node *supported(Node *request, bool version_first) {
    if (IsA(request, SupportRequestSimplify)) {
        return simplified(*castNode(SupportRequestSimplify, request), version_first);
    }
    if (IsA(request, SupportRequestIndexCondition)) {
        return reinterpret_cast<Node *>(
            index_conditions(*castNode(SupportRequestIndexCondition, request), version_first));
    }
    if (IsA(request, SupportRequestSelectivity)) {
        auto *const selectivity = castNode(SupportRequestSelectivity, request);
        selectivity->selectivity = selectivity_of(*selectivity, version_first);
        return request;
    }
    return nullptr;
}

} // namespace

} // namespace mlregistry::pg

using namespace mlregistry::pg;

/// Support of functions whose arguments are version, range[, include_prerelease].
MLR_FUNCTION(mlregistry_semver_range_support) {
    PG_RETURN_POINTER(supported(reinterpret_cast<Node *>(PG_GETARG_POINTER(0)), true));
}

/// Support of functions whose arguments are range, version.
MLR_FUNCTION(mlregistry_semver_range_support_range_first) {
    PG_RETURN_POINTER(supported(reinterpret_cast<Node *>(PG_GETARG_POINTER(0)), false));
}

/// Support of semver_range_filter().
MLR_FUNCTION(mlregistry_semver_range_filter_support) {
    auto *const request = reinterpret_cast<Node *>(PG_GETARG_POINTER(0));
    if (!IsA(request, SupportRequestSelectivity)) {
        PG_RETURN_POINTER(nullptr);
    }
    auto *const selectivity = castNode(SupportRequestSelectivity, request);
    selectivity->selectivity = filter_selectivity(*selectivity);
    PG_RETURN_POINTER(selectivity);
}
