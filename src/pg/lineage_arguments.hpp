// Arguments that functions of lineage share.
#pragma once

#include "lineage_walk.hpp"

namespace mlregistry::pg {

/// Of arguments that are NULL: all kinds, all relations, all depths, open edges, no limit. Unknown words and numbers
/// below zero are 22023, elements and a direction that are NULL 22004, times that never come 22008.
lineage::Direction direction_argument(FunctionCallInfo fcinfo, int n);
lineage::Kinds kinds_argument(FunctionCallInfo fcinfo, int n);
lineage::Relations relations_argument(FunctionCallInfo fcinfo, int n);
std::int32_t max_depth_argument(FunctionCallInfo fcinfo, int n);
std::int64_t max_nodes_argument(FunctionCallInfo fcinfo, int n);
void as_of_argument(FunctionCallInfo fcinfo, int n, LineageRequest &request);

/// Starts from arrays of kinds and of identifiers, of the same length.
void starts_arguments(FunctionCallInfo fcinfo, int kinds, int ids, LineageRequest &request);

/// Starts that a reference names, as lineage_start() says, with its errors.
void starts_of_reference(FunctionCallInfo fcinfo, int n, LineageRequest &request);

/// Words as text that is made once.
Datum kind_text(lineage::Kind kind);
Datum relation_text(lineage::Relation relation);

} // namespace mlregistry::pg
