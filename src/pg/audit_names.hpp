// Names that the audit trail keeps beside identifiers: those of the rows that a row belongs to.
#pragma once

#include "compat.hpp"

extern "C" {
#include "utils/uuid.h"
}

#include <cstdint>
#include <string_view>

namespace mlregistry::pg {

enum class NamedTable : std::uint8_t {
    models,
    versions,
    datasets,
    tags,
    users,
    experiments,
    runs,
    environments,
    deployments,        ///< under their environments
    served_deployments, ///< under their models
};

/// What a row is called, and the row above it (the model of a version, the experiment of a run).
struct NamedRow {
    bool found;
    std::string_view name;
    pg_uuid_t parent;
};

/// What was found in a statement. Plain data in the memory context in which it began.
struct AuditNames;

AuditNames *begin_names();

/// The row of that identifier, also one that this transaction has deleted: a cascade removes what belongs to a row
/// after the row. Valid until the next call.
const NamedRow &name_of(AuditNames *names, NamedTable table, const pg_uuid_t &id);

} // namespace mlregistry::pg
