// How many rows the planner may expect of functions of lineage: what max_depth and max_nodes allow.
#include "compat.hpp"

extern "C" {
#include "catalog/pg_type.h"
#include "nodes/nodeFuncs.h"
#include "nodes/primnodes.h"
#include "nodes/supportnodes.h"
}

#include <algorithm>
#include <cmath>

namespace mlregistry::pg {

namespace {

/// Of a graph as people have it: so many edges lead from a node to new ones, and a whole lineage has so many nodes.
constexpr double usual_edges = 5;
constexpr double usual_nodes = 1000;

/// An argument that is known when the query is planned, and not NULL.
const Const *known_argument(const List *args, int n) {
    auto *const argument = static_cast<Node *>(list_nth(args, n));
    return IsA(argument, Const) && !castNode(Const, argument)->constisnull ? castNode(Const, argument) : nullptr;
}

/// Starts given as arrays have two arguments; upstream() and downstream() have no direction; max_nodes is the last one.
double rows_of(const List *args) {
    constexpr int walk_depth = 3;
    constexpr int reference_depth = 2;
    constexpr int directed_depth = 1;
    constexpr int directed_count = 6;
    const int count = list_length(args);
    const int depth_argument = exprType(static_cast<Node *>(linitial(args))) == TEXTARRAYOID ? walk_depth
                               : count > directed_count                                      ? reference_depth
                                                                                             : directed_depth;
    const Const *const depth = known_argument(args, depth_argument);
    const Const *const most = known_argument(args, count - 1);
    double rows = usual_nodes;
    if (depth != nullptr) {
        rows = std::min(rows, std::pow(usual_edges, std::max(DatumGetInt32(depth->constvalue), 0)));
    }
    if (most != nullptr) {
        rows = std::min<double>(rows, DatumGetInt32(most->constvalue));
    }
    return std::max(rows, 1.0);
}

} // namespace

} // namespace mlregistry::pg

using namespace mlregistry::pg;

MLR_FUNCTION(mlregistry_lineage_support) {
    auto *const request = reinterpret_cast<Node *>(PG_GETARG_POINTER(0));
    if (IsA(request, SupportRequestRows)) {
        auto *const rows = castNode(SupportRequestRows, request);
        if (rows->node != nullptr && IsA(rows->node, FuncExpr)) {
            rows->rows = rows_of(castNode(FuncExpr, rows->node)->args);
            PG_RETURN_POINTER(rows);
        }
    }
    PG_RETURN_POINTER(nullptr);
}
