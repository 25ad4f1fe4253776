// The hashed bytes of records that are there, for whoever wants to check them: audit_payload(), audit_leaf(),
// audit_leaf_hash().
#include "audit_writer.hpp"
#include "text_argument.hpp"
#include "uuid.hpp"

extern "C" {
#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "common/sha2.h"
#include "executor/spi.h"
#include "funcapi.h"
#include "utils/inet.h"
#include "utils/timestamp.h"
#include "utils/typcache.h"
#include "utils/xid8.h"
}

namespace mlregistry::pg {

namespace {

/// A row of audit_logs, by the names of its columns.
struct Record {
    HeapTupleData row;
    TupleDesc type;
};

Record record_argument(FunctionCallInfo fcinfo) {
    HeapTupleHeader const header = PG_GETARG_HEAPTUPLEHEADER(0);
    Record record{};
    record.row.t_len = HeapTupleHeaderGetDatumLength(header);
    record.row.t_data = header;
    // A copy: the reference would have to be given back, also where an error ends this.
    TupleDesc const type = lookup_rowtype_tupdesc(HeapTupleHeaderGetTypeId(header), HeapTupleHeaderGetTypMod(header));
    record.type = CreateTupleDescCopy(type);
    ReleaseTupleDesc(type);
    return record;
}

/// The value of a column; raises when there is none of that name and type.
Datum value_of(const Record &record, const char *name, Oid type, bool &is_null) {
    const int column = SPI_fnumber(record.type, name);
    if (column <= 0 || TupleDescAttr(record.type, column - 1)->atttypid != type) {
        ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH), errmsg("the argument is no row of audit_logs"),
                        errdetail("It has no column \"%s\" of type %s.", name, format_type_be(type))));
    }
    return heap_getattr(const_cast<HeapTuple>(&record.row), column, record.type, &is_null);
}

Datum required(const Record &record, const char *name, Oid type) {
    bool is_null = false;
    const Datum value = value_of(record, name, type, is_null);
    if (is_null) {
        ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
                        errmsg("column \"%s\" of a record of the audit trail must not be NULL", name)));
    }
    return value;
}

audit::Field text_of(const Record &record, const char *name, Oid type = TEXTOID) {
    bool is_null = false;
    const Datum value = value_of(record, name, type, is_null);
    return is_null ? audit::Field{} : audit::Field{hashed_text(text_view(value))};
}

audit::Field bytes_of(const Record &record, const char *name) {
    bool is_null = false;
    const Datum value = value_of(record, name, BYTEAOID, is_null);
    return is_null ? audit::Field{} : audit::Field{text_view(value)};
}

audit::Field id_of(const Record &record, const char *name) {
    bool is_null = false;
    const Datum value = value_of(record, name, UUIDOID, is_null);
    return is_null ? audit::Field{} : audit::Field{uuid_bytes(*DatumGetUUIDP(value))};
}

audit::Field address_of(const Record &record, const char *name) {
    bool is_null = false;
    const Datum value = value_of(record, name, INETOID, is_null);
    return is_null ? audit::Field{}
                   : audit::Field{std::string_view{DatumGetCString(DirectFunctionCall1(inet_out, value))}};
}

audit::Payload payload_of(const Record &record) {
    return {
        .entity_name = text_of(record, "entity_name"),
        .changes = text_of(record, "changes", JSONOID),
        .details = text_of(record, "details", JSONOID),
        .reason = text_of(record, "reason"),
        .ip_address = address_of(record, "ip_address"),
        .application_name = text_of(record, "application_name"),
        .user_agent = text_of(record, "user_agent"),
    };
}

template <class Written> bytea *written(const Written &record) {
    const std::size_t size = audit::size_of(record);
    auto *const bytes = static_cast<bytea *>(palloc(VARHDRSZ + size));
    SET_VARSIZE(bytes, VARHDRSZ + size);
    audit::write(record, VARDATA(bytes));
    return bytes;
}

std::string_view view_of(const bytea *bytes) {
    return {VARDATA_ANY(bytes), static_cast<std::size_t>(VARSIZE_ANY_EXHDR(bytes))};
}

bytea *hash_of(std::string_view first, std::string_view second) {
    auto *const bytes = static_cast<bytea *>(palloc(VARHDRSZ + PG_SHA256_DIGEST_LENGTH));
    SET_VARSIZE(bytes, VARHDRSZ + PG_SHA256_DIGEST_LENGTH);
    sha256(first, second, reinterpret_cast<std::uint8_t *>(VARDATA(bytes)));
    return bytes;
}

void require_known_format(const Record &record) {
    const int format = DatumGetInt16(required(record, "format", INT2OID));
    if (format != audit::format_version) {
        ereport(ERROR,
                (errcode(ERRCODE_FEATURE_NOT_SUPPORTED), errmsg("format %d of the audit trail is not known", format),
                 errhint("Install the newer mlregistry.")));
    }
}

/// Null where the record was erased.
bytea *payload_bytes(const Record &record) {
    require_known_format(record);
    bool erased = false;
    value_of(record, "salt", BYTEAOID, erased);
    return erased ? nullptr : written(payload_of(record));
}

/// The hash of the payload that is there, or of the one that was; absent where neither is.
audit::Field payload_hash(const Record &record) {
    const bytea *const payload = payload_bytes(record);
    return payload == nullptr ? bytes_of(record, "payload_hash")
                              : audit::Field{view_of(hash_of(*bytes_of(record, "salt"), view_of(payload)))};
}

/// Null where the payload is neither there nor erased, which leaves nothing to say of it.
bytea *leaf_bytes(const Record &record) {
    const audit::Field of_payload = payload_hash(record);
    if (!of_payload.has_value()) {
        return nullptr;
    }
    const audit::Leaf leaf{
        .log_id = id_of(record, "log_id"),
        .organization_id = id_of(record, "organization_id"),
        .project_id = id_of(record, "project_id"),
        .created_at = unix_microseconds(DatumGetTimestampTz(required(record, "created_at", TIMESTAMPTZOID))),
        .txid = U64FromFullTransactionId(DatumGetFullTransactionId(required(record, "txid", XID8OID))),
        .system_identifier = static_cast<std::uint64_t>(DatumGetInt64(required(record, "system_identifier", INT8OID))),
        .actor = text_of(record, "actor"),
        .user_id = id_of(record, "user_id"),
        .api_key_id = id_of(record, "api_key_id"),
        .db_role = text_of(record, "db_role"),
        .action = text_of(record, "action"),
        .entity_type = text_of(record, "entity_type"),
        .entity_id = id_of(record, "entity_id"),
        .subject_id = id_of(record, "subject_id"),
        .payload_hash = of_payload,
    };
    return written(leaf);
}

} // namespace

} // namespace mlregistry::pg

using namespace mlregistry::pg;

/// audit_payload(record) → bytea; NULL where it was erased.
MLR_FUNCTION(mlregistry_audit_payload) {
    bytea *const payload = payload_bytes(record_argument(fcinfo));
    if (payload == nullptr) {
        PG_RETURN_NULL();
    }
    PG_RETURN_BYTEA_P(payload);
}

/// audit_leaf(record) → bytea; NULL where the payload is gone without having left its hash.
MLR_FUNCTION(mlregistry_audit_leaf) {
    bytea *const leaf = leaf_bytes(record_argument(fcinfo));
    if (leaf == nullptr) {
        PG_RETURN_NULL();
    }
    PG_RETURN_BYTEA_P(leaf);
}

/// audit_leaf_hash(record) → bytea; NULL likewise.
MLR_FUNCTION(mlregistry_audit_leaf_hash) {
    const bytea *const leaf = leaf_bytes(record_argument(fcinfo));
    if (leaf == nullptr) {
        PG_RETURN_NULL();
    }
    PG_RETURN_BYTEA_P(hash_of({&mlregistry::audit::leaf_prefix, 1}, view_of(leaf)));
}
