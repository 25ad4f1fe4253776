// The bytes of an audit record that are hashed, for ever the same (docs/audit-format.md).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace mlregistry::audit {

/// Version of the bytes below: their first one.
inline constexpr std::uint8_t format_version = 1;

/// Before the leaf when it is hashed, so that no leaf can pass for an inner node of a tree (RFC 6962, section 2.1).
inline constexpr char leaf_prefix = '\0';

/// Text in UTF-8, or bytes; absent for NULL.
using Field = std::optional<std::string_view>;

/// What may be erased. Hashed with a salt before it, so that nobody can guess what was there.
struct Payload {
    Field entity_name;
    Field changes; ///< JSON as it stands in the row
    Field details; ///< likewise
    Field reason;
    Field ip_address; ///< as PostgreSQL writes an inet
    Field application_name;
    Field user_agent;
};

/// What stays. Identifiers are 16 bytes.
struct Leaf {
    Field log_id;
    Field organization_id;
    Field project_id;
    std::int64_t created_at = 0; ///< microseconds since 1970-01-01 00:00 UTC
    std::uint64_t txid = 0;
    std::uint64_t system_identifier = 0;
    Field actor;
    Field user_id;
    Field api_key_id;
    Field db_role;
    Field action;
    Field entity_type;
    Field entity_id;
    Field subject_id;
    Field payload_hash; ///< SHA-256 of salt and payload, 32 bytes
};

/// Bytes that write() writes.
[[nodiscard]] std::size_t size_of(const Payload &payload) noexcept;
[[nodiscard]] std::size_t size_of(const Leaf &leaf) noexcept;

/// Writes the version and then each field: its length as four bytes, the most significant first, and its bytes. An
/// absent field has the length 0xFFFFFFFF and no bytes, a number eight bytes, the most significant first.
void write(const Payload &payload, char *out) noexcept;
void write(const Leaf &leaf, char *out) noexcept;

} // namespace mlregistry::audit
