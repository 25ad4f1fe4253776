// How the audit trail sees the columns of a table: found once a session, as long as they stay what they are.
#pragma once

#include "audit_json.hpp"

#include "core/audit_entities.hpp"

extern "C" {
#include "access/attnum.h"
#include "utils/rel.h"
}

#include <string_view>

namespace mlregistry::pg {

/// What the trail makes of a column.
struct AuditedColumn {
    JsonColumn json;
    std::string_view name;
    std::string_view json_name; ///< as a JSON string
    bool is_dropped;
    bool is_said;     ///< the record itself says it: identifiers, organization, project
    bool is_kept;     ///< by the database, so that its change is none: updated_at and the like
    bool is_redacted; ///< its values never leave the table
    bool has_rule;    ///< its change may have a verb of its own
    bool is_actor;    ///< x_by
    bool is_user;     ///< x_by_user
};

/// An audited table. Columns that it has not are InvalidAttrNumber.
struct AuditedTable {
    const audit::Entity *entity;
    TupleDesc type;
    const AuditedColumn *columns;
    AttrNumber key;
    AttrNumber organization;
    AttrNumber project;
    AttrNumber subject;
    AttrNumber name;
    AttrNumber model;
    AttrNumber version;
    AttrNumber dataset;
    AttrNumber parent_version;
    AttrNumber parent_dataset;
    AttrNumber user;
    AttrNumber tag;
    AttrNumber experiment;
    AttrNumber run;
    AttrNumber environment;
    AttrNumber deployment;
};

/// The table that a trigger is on; valid to the end of the session, true until the table is altered. Raises 39P01 for a
/// table that is not audited.
const AuditedTable &audited_table(Relation relation);

} // namespace mlregistry::pg
