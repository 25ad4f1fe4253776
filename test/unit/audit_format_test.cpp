#include "audit_format.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace mlregistry::audit {
namespace {

using namespace std::string_literals;
using namespace std::string_view_literals;

template <class Record> std::string bytes_of(const Record &record) {
    std::string bytes(size_of(record), '?');
    write(record, bytes.data());
    return bytes;
}

// What is hashed once is hashed for ever: these bytes may never change.
TEST(AuditFormat, PayloadByteForByte) {
    const Payload payload{
        .entity_name = "m@1.0.0",
        .changes = R"({"a":[1,2]})",
        .details = {},
        .reason = "",
        .ip_address = "10.0.0.1",
        .application_name = "psql",
        .user_agent = {},
    };
    EXPECT_EQ(bytes_of(payload), "\x01"
                                 "\0\0\0\x07m@1.0.0"
                                 "\0\0\0\x0B{\"a\":[1,2]}"
                                 "\xFF\xFF\xFF\xFF"
                                 "\0\0\0\0"
                                 "\0\0\0\x08"
                                 "10.0.0.1"
                                 "\0\0\0\x04psql"
                                 "\xFF\xFF\xFF\xFF"s);
}

TEST(AuditFormat, LeafByteForByte) {
    const Leaf leaf{
        .log_id = "llllllllllllllll",
        .organization_id = "oooooooooooooooo",
        .project_id = {},
        .created_at = 0x0102030405060708,
        .txid = 0x1112131415161718,
        .system_identifier = 0xF1F2F3F4F5F6F7F8,
        .actor = "ana@example.com",
        .user_id = "uuuuuuuuuuuuuuuu",
        .api_key_id = {},
        .db_role = "app",
        .action = "model.create",
        .entity_type = "model",
        .entity_id = "eeeeeeeeeeeeeeee",
        .subject_id = "ssssssssssssssss",
        .payload_hash = "hhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhh",
    };
    EXPECT_EQ(bytes_of(leaf), "\x01"
                              "\0\0\0\x10llllllllllllllll"
                              "\0\0\0\x10oooooooooooooooo"
                              "\xFF\xFF\xFF\xFF"
                              "\0\0\0\x08\x01\x02\x03\x04\x05\x06\x07\x08"
                              "\0\0\0\x08\x11\x12\x13\x14\x15\x16\x17\x18"
                              "\0\0\0\x08\xF1\xF2\xF3\xF4\xF5\xF6\xF7\xF8"
                              "\0\0\0\x0F"
                              "ana@example.com"
                              "\0\0\0\x10uuuuuuuuuuuuuuuu"
                              "\xFF\xFF\xFF\xFF"
                              "\0\0\0\x03"
                              "app"
                              "\0\0\0\x0Cmodel.create"
                              "\0\0\0\x05model"
                              "\0\0\0\x10"
                              "eeeeeeeeeeeeeeee"
                              "\0\0\0\x10ssssssssssssssss"
                              "\0\0\0\x20hhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhh"s);
}

TEST(AuditFormat, NumbersBeforeTheirEpochAreInTwosComplement) {
    Leaf leaf{};
    leaf.created_at = -1;
    // version, three absent identifiers, the length of the number
    EXPECT_EQ(bytes_of(leaf).substr(1 + 3 * 4 + 4, 8), "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"s);
}

// Fields that run into each other would let one record pass for another one.
TEST(AuditFormat, NoTwoRecordsHaveTheSameBytes) {
    const Field values[] = {Field{}, Field{""sv}, Field{"a"sv}, Field{"ab"sv}, Field{"\xFF\xFF\xFF\xFF"sv}};
    std::string seen[std::size(values) * std::size(values) * std::size(values)];
    std::size_t count = 0;
    for (const Field &name : values) {
        for (const Field &changes : values) {
            for (const Field &details : values) {
                Payload payload{};
                payload.entity_name = name;
                payload.changes = changes;
                payload.details = details;
                seen[count++] = bytes_of(payload);
            }
        }
    }
    for (std::size_t i = 0; i < count; ++i) {
        for (std::size_t j = 0; j < i; ++j) {
            EXPECT_NE(seen[i], seen[j]) << i << " and " << j;
        }
    }
}

} // namespace
} // namespace mlregistry::audit
