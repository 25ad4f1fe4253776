#include "audit_format.hpp"

#include <cstring>

namespace mlregistry::audit {

namespace {

constexpr std::uint32_t absent = 0xFFFFFFFF;

/// Counts what a Writer would write.
struct Counter {
    std::size_t size = 1;

    void field(const Field &value) noexcept { size += 4 + (value.has_value() ? value->size() : 0); }
    void number(std::uint64_t) noexcept { size += 4 + 8; }
};

struct Writer {
    char *at;

    explicit Writer(char *out) noexcept : at{out} { *at++ = static_cast<char>(format_version); }

    template <class Number> void big_endian(Number value) noexcept {
        for (int shift = 8 * (static_cast<int>(sizeof value) - 1); shift >= 0; shift -= 8) {
            *at++ = static_cast<char>(value >> shift);
        }
    }

    void field(const Field &value) noexcept {
        if (!value.has_value()) {
            big_endian(absent);
            return;
        }
        big_endian(static_cast<std::uint32_t>(value->size()));
        if (!value->empty()) {
            std::memcpy(at, value->data(), value->size());
        }
        at += value->size();
    }

    void number(std::uint64_t value) noexcept {
        big_endian(std::uint32_t{8});
        big_endian(value);
    }
};

// The order of the fields stands here once, for counting and for writing.
template <class Out> void each(const Payload &payload, Out &out) noexcept {
    out.field(payload.entity_name);
    out.field(payload.changes);
    out.field(payload.details);
    out.field(payload.reason);
    out.field(payload.ip_address);
    out.field(payload.application_name);
    out.field(payload.user_agent);
}

template <class Out> void each(const Leaf &leaf, Out &out) noexcept {
    out.field(leaf.log_id);
    out.field(leaf.organization_id);
    out.field(leaf.project_id);
    out.number(static_cast<std::uint64_t>(leaf.created_at));
    out.number(leaf.txid);
    out.number(leaf.system_identifier);
    out.field(leaf.actor);
    out.field(leaf.user_id);
    out.field(leaf.api_key_id);
    out.field(leaf.db_role);
    out.field(leaf.action);
    out.field(leaf.entity_type);
    out.field(leaf.entity_id);
    out.field(leaf.subject_id);
    out.field(leaf.payload_hash);
}

template <class Record> std::size_t counted(const Record &record) noexcept {
    Counter counter;
    each(record, counter);
    return counter.size;
}

template <class Record> void written(const Record &record, char *out) noexcept {
    Writer writer{out};
    each(record, writer);
}

} // namespace

std::size_t size_of(const Payload &payload) noexcept { return counted(payload); }
std::size_t size_of(const Leaf &leaf) noexcept { return counted(leaf); }

void write(const Payload &payload, char *out) noexcept { written(payload, out); }
void write(const Leaf &leaf, char *out) noexcept { written(leaf, out); }

} // namespace mlregistry::audit
