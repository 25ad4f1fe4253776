// What the edges of lineage are written with: see lineage_queries.cpp.
#pragma once

#include "owner_query.hpp"

namespace mlregistry::pg {

/// One sort of facts that a table records: its columns, and the queries for its edges.
struct LineageLink {
    const char *child;     ///< column of the child
    const char *parent;    ///< column of the parent; no edge where it is NULL
    const char *qualifier; ///< a column that the fact depends on as well; null: none
    bool only_open;        ///< the qualifier is the status of a deployment: there is an edge while it is open
    OwnerQuery open;       ///< $1 children, $2 parents, $3 qualifiers, $4 whether the facts' own times count, $5 now
    OwnerQuery close;      ///< $1 organizations, $2 children, $3 parents, $4 qualifiers, $5 now
    OwnerQuery close_all;  ///< after TRUNCATE: $1 now
};

inline constexpr int most_links = 2;

/// A table that records facts of lineage.
struct LineageSource {
    const char *table;
    int count;
    LineageLink links[most_links];
};

/// The facts of a table; null where it records none.
LineageSource *lineage_of(const char *table);

} // namespace mlregistry::pg
