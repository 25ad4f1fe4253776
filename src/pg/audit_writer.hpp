// Writes records of the audit trail, those of a statement together, as the owner.
#pragma once

#include "audit_actor.hpp"
#include "audit_partitions.hpp"

#include "core/audit_format.hpp"

extern "C" {
#include "lib/stringinfo.h"
#include "utils/tuplestore.h"
}

#include <cstdint>

namespace mlregistry::pg {

/// What happened to one entity. Null pointers and views without data: NULL.
struct AuditEvent {
    pg_uuid_t organization;
    const pg_uuid_t *project = nullptr;
    const pg_uuid_t *entity = nullptr;
    const pg_uuid_t *subject = nullptr;
    std::string_view type;
    std::string_view verb;
    std::string_view name{};
    std::string_view changes{}; ///< JSON object
    std::string_view details{}; ///< JSON object
};

/// One batch of records. Plain data in the memory context in which it began, freed with that.
struct AuditWriter {
    AuditActor actor;
    bool is_open;
    AuditPartitions partitions;
    Tuplestorestate *rows; ///< those that take a real INSERT; null for none
    MemoryContext row_memory;
    StringInfoData bytes; ///< what is hashed
    StringInfoData text;  ///< an action
    Datum transaction;
    Datum actor_text;
    Datum role_text;
    Datum application_text;
    Datum agent_text;
    Datum reason_text;
};

void begin(AuditWriter &writer);

/// Gives the reason of the records that follow, instead of the session's.
void give_reason(AuditWriter &writer, std::string_view reason);

/// Adds a record and returns its identifier.
pg_uuid_t add(AuditWriter &writer, const AuditEvent &event);

/// Ends the batch: all that was added is there.
void finish(AuditWriter &writer);

/// SHA-256 of two texts in a row, 32 bytes.
void sha256(std::string_view first, std::string_view second, std::uint8_t *out);

/// Text as it is hashed: in UTF-8, in the current memory context if that is not the database's encoding.
std::string_view hashed_text(std::string_view text);

/// Microseconds since 1970-01-01 00:00 UTC.
std::int64_t unix_microseconds(TimestampTz moment) noexcept;

} // namespace mlregistry::pg
