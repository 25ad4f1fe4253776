// The short way of a record into its partition: what the executor does for INSERT, without planning and starting it.
#pragma once

#include "compat.hpp"

extern "C" {
#include "access/tupdesc.h"
#include "executor/executor.h"
#include "utils/timestamp.h"
}

namespace mlregistry::pg {

inline constexpr int most_audit_columns = 32;

/// What is open for one statement. Plain data.
struct AuditPartitions {
    TupleDesc row_type; ///< of the rows that come
    Oid owner;
    Relation table; ///< null: the short way is closed for all rows
    Relation partition;
    EState *executor;
    ResultRelInfo *target;
    TupleTableSlot *slot;
    int attributes[most_audit_columns]; ///< of the partition, from 0, for each column of row_type
};

/// Opens audit_logs for rows of that type. Lasts to close_partitions(), or to the end of the transaction.
void open_partitions(AuditPartitions &partitions, TupleDesc row_type);

/// Inserts a row as the owner of the table. False when that takes a real INSERT, because somebody has put on the table
/// or its partitions what such a one would see to: triggers, rules, further columns, partitions of partitions.
bool insert_directly(AuditPartitions &partitions, TimestampTz created_at, const Datum *values, const bool *nulls);

void close_partitions(AuditPartitions &partitions);

} // namespace mlregistry::pg
