#include "audit_writer.hpp"

#include "owner_query.hpp"
#include "text_argument.hpp"
#include "uuid.hpp"

#include "core/uuid7.hpp"

extern "C" {
#include "access/transam.h"
#include "access/xact.h"
#include "access/xlog.h"
#include "catalog/pg_type.h"
#include "common/cryptohash.h"
#include "common/sha2.h"
#include "funcapi.h"
#include "utils/memutils.h"
#include "utils/queryenvironment.h"
#include "utils/resowner.h"
#include "utils/timestamp.h"
#include "utils/xid8.h"
}

#include <algorithm>
#include <array>
#include <cstring>

namespace mlregistry::pg {

namespace {

constexpr const char *rows_name = "audit_rows";
constexpr int salt_size = 16;
constexpr int random_per_record = 8 + salt_size;
constexpr int records_per_draw = 64;

enum Column : std::uint8_t {
    created_at,
    txid,
    system_identifier,
    log_id,
    organization_id,
    project_id,
    subject_id,
    entity_id,
    user_id,
    api_key_id,
    format,
    actor,
    db_role,
    action,
    entity_type,
    entity_name,
    changes,
    details,
    reason,
    ip_address,
    application,
    user_agent,
    salt,
    leaf_hash,
    column_count
};

struct ColumnType {
    const char *name;
    Oid type;
};

constexpr ColumnType columns[column_count] = {
    {"created_at", TIMESTAMPTZOID},
    {"txid", XID8OID},
    {"system_identifier", INT8OID},
    {"log_id", UUIDOID},
    {"organization_id", UUIDOID},
    {"project_id", UUIDOID},
    {"subject_id", UUIDOID},
    {"entity_id", UUIDOID},
    {"user_id", UUIDOID},
    {"api_key_id", UUIDOID},
    {"format", INT2OID},
    {"actor", TEXTOID},
    {"db_role", TEXTOID},
    {"action", TEXTOID},
    {"entity_type", TEXTOID},
    {"entity_name", TEXTOID},
    {"changes", JSONOID},
    {"details", JSONOID},
    {"reason", TEXTOID},
    {"ip_address", INETOID},
    {"application_name", TEXTOID},
    {"user_agent", TEXTOID},
    {"salt", BYTEAOID},
    {"leaf_hash", BYTEAOID},
};

#define COLUMNS                                                                                                        \
    "created_at, txid, system_identifier, log_id, organization_id, project_id, subject_id, entity_id, user_id,"        \
    " api_key_id, format, actor, db_role, action, entity_type, entity_name, changes, details, reason, ip_address,"     \
    " application_name, user_agent, salt, leaf_hash"

// The rows come as an ephemeral relation, which goes before any table of that name.
OwnerQuery insert_rows{
    "INSERT INTO mlregistry.audit_logs (" COLUMNS ") SELECT " COLUMNS " FROM audit_rows",
    0,
    {},
};

#undef COLUMNS

/// Made once a session.
TupleDesc row_type() {
    static TupleDesc type = nullptr;
    if (type == nullptr) {
        MemoryContext const before = MemoryContextSwitchTo(TopMemoryContext);
        TupleDesc const made = CreateTemplateTupleDesc(column_count);
        for (int i = 0; i < column_count; ++i) {
            TupleDescInitEntry(made, static_cast<AttrNumber>(i + 1), columns[i].name, columns[i].type, -1, 0);
        }
        MemoryContextSwitchTo(before);
        type = made;
    }
    return type;
}

/// Later than any other of this session, so that records of one statement keep their order. A clock that was put back
/// is believed.
TimestampTz next_moment() noexcept {
    static TimestampTz last = 0;
    const TimestampTz now = GetCurrentTimestamp();
    last = now <= last && last - now < USECS_PER_SEC ? last + 1 : now;
    return last;
}

/// Random bytes for one record. Drawn for many at a time: each draw takes as long as all else that a record takes.
const std::uint8_t *random_bytes() {
    static std::uint8_t drawn[records_per_draw * random_per_record];
    static int left = 0;
    if (left == 0) {
        if (!pg_strong_random(drawn, sizeof drawn)) {
            ereport(ERROR, (errcode(ERRCODE_INTERNAL_ERROR), errmsg("could not generate random values")));
        }
        left = records_per_draw;
    }
    return drawn + static_cast<std::ptrdiff_t>(--left) * random_per_record;
}

audit::Field field_of(std::string_view text) {
    return text.data() == nullptr ? audit::Field{} : audit::Field{hashed_text(text)};
}

audit::Field field_or_absent(std::string_view text) { return text.empty() ? audit::Field{} : field_of(text); }

audit::Field field_of(const pg_uuid_t *id) { return id == nullptr ? audit::Field{} : audit::Field{uuid_bytes(*id)}; }

audit::Field field_of(const std::optional<pg_uuid_t> &id) { return field_of(id.has_value() ? &*id : nullptr); }

/// Bytes of a record of the core, in the writer's buffer.
template <class Record> std::string_view bytes_of(AuditWriter &writer, const Record &record) {
    const std::size_t size = audit::size_of(record);
    resetStringInfo(&writer.bytes);
    enlargeStringInfo(&writer.bytes, static_cast<int>(size));
    audit::write(record, writer.bytes.data);
    return {writer.bytes.data, size};
}

/// bytea has the layout of text.
Datum bytea_of(const std::uint8_t *bytes, std::size_t size) {
    return text_datum({reinterpret_cast<const char *>(bytes), size});
}

struct Row {
    Datum values[column_count];
    bool nulls[column_count];

    void set(Column column, Datum value) noexcept {
        values[column] = value;
        nulls[column] = false;
    }
    void set(Column column, const pg_uuid_t *id) noexcept {
        if (id != nullptr) {
            set(column, UUIDPGetDatum(id));
        }
    }
    void set(Column column, const std::optional<pg_uuid_t> &id) noexcept {
        set(column, id.has_value() ? &*id : nullptr);
    }
    void set_text(Column column, std::string_view text) {
        if (text.data() != nullptr) {
            set(column, text_datum(text));
        }
    }
};

/// What a real INSERT will take. In the order in which they came, also behind those that went the short way.
void keep_for_insert(AuditWriter &writer, Row &row) {
    if (writer.rows == nullptr) {
        MemoryContext const before = MemoryContextSwitchTo(MemoryContextGetParent(writer.row_memory));
        writer.rows = tuplestore_begin_heap(false, false, work_mem);
        MemoryContextSwitchTo(before);
    }
    tuplestore_putvalues(writer.rows, row_type(), row.values, row.nulls);
}

void insert_kept(AuditWriter &writer) {
    EphemeralNamedRelationData relation{};
    relation.md.name = const_cast<char *>(rows_name);
    relation.md.reliddesc = InvalidOid;
    relation.md.tupdesc = row_type();
    relation.md.enrtype = ENR_NAMED_TUPLESTORE;
    relation.md.enrtuples = static_cast<double>(tuplestore_tuple_count(writer.rows));
    relation.reldata = writer.rows;
    const Oid owner = owner_of_registry("audit_logs");
    connect();
    if (SPI_register_relation(&relation) != SPI_OK_REL_REGISTER) {
        ereport(ERROR, (errcode(ERRCODE_INTERNAL_ERROR), errmsg("cannot hand over audit records")));
    }
    run(insert_rows, owner, nullptr, nullptr, Sight::current, 0);
    done();
    tuplestore_end(writer.rows);
    writer.rows = nullptr;
}

Datum text_or_null(std::string_view text) { return text.empty() ? Datum{0} : text_datum(text); }

/// One for the session: making one takes longer than most hashes. It belongs to a resource owner of its own, because
/// those of transactions free what they own.
pg_cryptohash_ctx *session_hash() {
    static pg_cryptohash_ctx *hash = nullptr;
    if (hash == nullptr) {
        static ResourceOwner owner = nullptr;
        if (owner == nullptr) {
            owner = ResourceOwnerCreate(nullptr, "mlregistry");
        }
        ResourceOwner const before = CurrentResourceOwner;
        CurrentResourceOwner = owner;
        hash = pg_cryptohash_create(PG_SHA256);
        CurrentResourceOwner = before;
        if (hash == nullptr) {
            ereport(ERROR, (errcode(ERRCODE_OUT_OF_MEMORY), errmsg("out of memory")));
        }
    }
    return hash;
}

/// With the first record: many a statement changes nothing.
void open(AuditWriter &writer) {
    MemoryContext const before = MemoryContextSwitchTo(MemoryContextGetParent(writer.row_memory));
    open_partitions(writer.partitions, row_type());
    writer.transaction = FullTransactionIdGetDatum(GetTopFullTransactionId());
    writer.is_open = true;
    MemoryContextSwitchTo(before);
}

} // namespace

std::int64_t unix_microseconds(TimestampTz moment) noexcept {
    return moment + static_cast<std::int64_t>(POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * USECS_PER_DAY;
}

std::string_view hashed_text(std::string_view text) {
    const int encoding = GetDatabaseEncoding();
    if (encoding == PG_UTF8 || encoding == PG_SQL_ASCII) { // of SQL_ASCII nobody knows what it is
        return text;
    }
    const char *const converted = pg_server_to_any(text.data(), static_cast<int>(text.size()), PG_UTF8);
    return converted == text.data() ? text : std::string_view{converted};
}

void sha256(std::string_view first, std::string_view second, std::uint8_t *out) {
    pg_cryptohash_ctx *const hash = session_hash();
    const auto bytes = [](std::string_view text) { return reinterpret_cast<const std::uint8_t *>(text.data()); };
    if (pg_cryptohash_init(hash) < 0 || pg_cryptohash_update(hash, bytes(first), first.size()) < 0 ||
        pg_cryptohash_update(hash, bytes(second), second.size()) < 0 ||
        pg_cryptohash_final(hash, out, PG_SHA256_DIGEST_LENGTH) < 0) {
        ereport(ERROR,
                (errcode(ERRCODE_INTERNAL_ERROR), errmsg("could not compute a hash: %s", pg_cryptohash_error(hash))));
    }
}

void begin(AuditWriter &writer) {
    writer = {};
    writer.actor = acting_one();
    writer.row_memory = AllocSetContextCreate(CurrentMemoryContext, "audit record", ALLOCSET_DEFAULT_SIZES);
    initStringInfo(&writer.bytes);
    initStringInfo(&writer.text);
    writer.actor_text = text_datum(writer.actor.actor);
    writer.role_text = text_datum(writer.actor.db_role);
    writer.application_text = text_or_null(writer.actor.application_name);
    writer.agent_text = text_or_null(writer.actor.user_agent);
    writer.reason_text = text_or_null(writer.actor.reason);
}

void give_reason(AuditWriter &writer, std::string_view reason) {
    writer.actor.reason = reason;
    writer.reason_text = text_or_null(reason);
}

pg_uuid_t add(AuditWriter &writer, const AuditEvent &event) {
    if (!writer.is_open) {
        open(writer);
    }
    MemoryContext const before = MemoryContextSwitchTo(writer.row_memory);
    const AuditActor &one = writer.actor;
    const std::uint8_t *const random = random_bytes();
    const TimestampTz moment = next_moment();
    std::array<std::uint8_t, 8> tail{};
    std::copy_n(random, tail.size(), tail.begin());
    const Uuid made = make_uuid7(unix_microseconds(moment), tail);
    pg_uuid_t id{};
    std::copy(made.begin(), made.end(), id.data);
    const std::uint8_t *const salt_bytes = random + tail.size();

    resetStringInfo(&writer.text);
    appendBinaryStringInfo(&writer.text, event.type.data(), static_cast<int>(event.type.size()));
    appendStringInfoChar(&writer.text, '.');
    appendBinaryStringInfo(&writer.text, event.verb.data(), static_cast<int>(event.verb.size()));
    const std::string_view done{writer.text.data, static_cast<std::size_t>(writer.text.len)};

    std::uint8_t payload_hash[PG_SHA256_DIGEST_LENGTH];
    const audit::Payload payload{
        .entity_name = field_of(event.name),
        .changes = field_of(event.changes),
        .details = field_of(event.details),
        .reason = field_or_absent(one.reason),
        .ip_address = field_or_absent(one.ip_address_text),
        .application_name = field_or_absent(one.application_name),
        .user_agent = field_or_absent(one.user_agent),
    };
    sha256({reinterpret_cast<const char *>(salt_bytes), salt_size}, bytes_of(writer, payload), payload_hash);
    std::uint8_t hash[PG_SHA256_DIGEST_LENGTH];
    const audit::Leaf leaf{
        .log_id = field_of(&id),
        .organization_id = field_of(&event.organization),
        .project_id = field_of(event.project),
        .created_at = unix_microseconds(moment),
        .txid = U64FromFullTransactionId(DatumGetFullTransactionId(writer.transaction)),
        .system_identifier = GetSystemIdentifier(),
        .actor = field_of(one.actor),
        .user_id = field_of(one.user),
        .api_key_id = field_of(one.api_key),
        .db_role = field_of(one.db_role),
        .action = field_of(done),
        .entity_type = field_of(event.type),
        .entity_id = field_of(event.entity),
        .subject_id = field_of(event.subject),
        .payload_hash = std::string_view{reinterpret_cast<const char *>(payload_hash), sizeof payload_hash},
    };
    sha256({&audit::leaf_prefix, 1}, bytes_of(writer, leaf), hash);

    Row row;
    std::fill(std::begin(row.nulls), std::end(row.nulls), true);
    row.set(created_at, TimestampTzGetDatum(moment));
    row.set(txid, writer.transaction);
    row.set(system_identifier, Int64GetDatum(static_cast<std::int64_t>(GetSystemIdentifier())));
    row.set(log_id, &id);
    row.set(organization_id, &event.organization);
    row.set(project_id, event.project);
    row.set(subject_id, event.subject);
    row.set(entity_id, event.entity);
    row.set(user_id, one.user);
    row.set(api_key_id, one.api_key);
    row.set(format, Int16GetDatum(audit::format_version));
    row.set(actor, writer.actor_text);
    row.set(db_role, writer.role_text);
    row.set_text(action, done);
    row.set_text(entity_type, event.type);
    row.set_text(entity_name, event.name);
    row.set_text(changes, event.changes);
    row.set_text(details, event.details);
    if (!one.reason.empty()) {
        row.set(reason, writer.reason_text);
    }
    if (!one.ip_address_text.empty()) {
        row.set(ip_address, one.ip_address);
    }
    if (!one.application_name.empty()) {
        row.set(application, writer.application_text);
    }
    if (!one.user_agent.empty()) {
        row.set(user_agent, writer.agent_text);
    }
    row.set(salt, bytea_of(salt_bytes, salt_size));
    row.set(leaf_hash, bytea_of(hash, sizeof hash));
    if (!insert_directly(writer.partitions, moment, row.values, row.nulls)) {
        keep_for_insert(writer, row);
    }
    MemoryContextSwitchTo(before);
    MemoryContextReset(writer.row_memory);
    return id;
}

void finish(AuditWriter &writer) {
    if (writer.is_open) {
        close_partitions(writer.partitions);
    }
    if (writer.rows != nullptr) {
        insert_kept(writer);
    }
}

} // namespace mlregistry::pg
