// Text of versions, their stored bytes, and back. The bytes are on disk for ever: these were worked out by hand from
// the description in semver_format.hpp and semver_number.hpp, and must never be adapted to what the code writes.
#include "semver.hpp"
#include "semver_oracle.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace {

namespace semver = mlregistry::semver;
using semver::Bytes;
using semver::Error;
using semver::Outcome;
using semver::Stored;
using semver::Text;

/// "01 FF" for two bytes.
std::string hex(Bytes bytes) {
    constexpr const char *digits = "0123456789ABCDEF";
    std::string text;
    for (const std::uint8_t byte : bytes) {
        text += text.empty() ? "" : " ";
        text += digits[byte >> 4];
        text += digits[byte & 15];
    }
    return text;
}

std::vector<std::uint8_t> unhex(const std::string &text) {
    std::vector<std::uint8_t> bytes;
    for (std::size_t i = 0; i + 1 < text.size(); i += 3) {
        bytes.push_back(static_cast<std::uint8_t>(std::stoi(text.substr(i, 2), nullptr, 16)));
    }
    return bytes;
}

std::string times(std::size_t n, const std::string &byte) {
    std::string text;
    for (; n != 0; --n) {
        text += (text.empty() ? "" : " ") + byte;
    }
    return text;
}

std::string stored_hex(const std::string &version) {
    Stored stored;
    const Outcome outcome = semver::encode(version, stored);
    return outcome.ok() ? hex(stored.bytes()) : "error: " + std::string{semver::describe(outcome.error)};
}

/// The text of stored bytes, or "damaged". The bytes lie in a block of exactly their size, for the sanitizer.
std::string text_of(const std::vector<std::uint8_t> &bytes) {
    const std::vector<std::uint8_t> exact(bytes.begin(), bytes.end());
    Text text;
    return semver::decode(exact, text) ? std::string{text.view()} : "damaged";
}

struct Layout {
    std::string text;
    std::string bytes;
};

void expect_layout(const std::vector<Layout> &layouts) {
    for (const auto &[text, bytes] : layouts) {
        EXPECT_EQ(stored_hex(text), bytes) << text;
        EXPECT_EQ(text_of(unhex(bytes)), text) << bytes;
    }
}

TEST(StoredBytes, OfTheCommonVersionAreFour) {
    Stored stored;
    ASSERT_TRUE(semver::encode("1.2.3", stored).ok());
    EXPECT_EQ(stored.size, 4U);
    expect_layout({{"1.2.3", "01 02 03 FF"}, {"0.0.0", "00 00 00 FF"}, {"10.20.30", "0A 14 1E FF"}});
}

TEST(StoredBytes, OfCoreNumbers) {
    const std::vector<Layout> numbers{
        // The value itself: 00 … BF.
        {"0", "00"},
        {"1", "01"},
        {"191", "BF"},
        // The value less 192 in two bytes: C0 00 … EF FF.
        {"192", "C0 00"},
        {"193", "C0 01"},
        {"447", "C0 FF"},
        {"448", "C1 00"},
        {"12479", "EF FF"},
        // The value in 2 … 8 bytes: F0 … F6.
        {"12480", "F0 30 C0"},
        {"65535", "F0 FF FF"},
        {"65536", "F1 01 00 00"},
        {"16777215", "F1 FF FF FF"},
        {"16777216", "F2 01 00 00 00"},
        {"4294967295", "F2 FF FF FF FF"},
        {"4294967296", "F3 01 00 00 00 00"},
        {"1099511627775", "F3 FF FF FF FF FF"},
        {"1099511627776", "F4 01 00 00 00 00 00"},
        {"281474976710655", "F4 FF FF FF FF FF FF"},
        {"281474976710656", "F5 01 00 00 00 00 00 00"},
        {"72057594037927935", "F5 FF FF FF FF FF FF FF"},
        {"72057594037927936", "F6 01 00 00 00 00 00 00 00"},
        {"9223372036854775807", "F6 7F FF FF FF FF FF FF FF"},
        {"9223372036854775808", "F6 80 00 00 00 00 00 00 00"},
        {"10000000000000000000", "F6 8A C7 23 04 89 E8 00 00"}, // twenty digits, but below 2^64
        {"18446744073709551615", "F6 FF FF FF FF FF FF FF FF"},
        // F7, the count of digits, two digits a byte.
        {"18446744073709551616", "F7 14 18 44 67 44 07 37 09 55 16 16"},
        {"99999999999999999999", "F7 14 99 99 99 99 99 99 99 99 99 99"},
        {"100000000000000000000", "F7 15 01 00 00 00 00 00 00 00 00 00 00"},
        {"123456789012345678901234567890", "F7 1E 12 34 56 78 90 12 34 56 78 90 12 34 56 78 90"},
        {"123456789012345678901234567890123456789",
         "F7 27 01 23 45 67 89 01 23 45 67 89 01 23 45 67 89 01 23 45 67 89"},
        {"1234567890123456789012345678901234567890",
         "F7 28 12 34 56 78 90 12 34 56 78 90 12 34 56 78 90 12 34 56 78 90"},
        {"12345678901234567890123456789012345678901",
         "F7 29 01 23 45 67 89 01 23 45 67 89 01 23 45 67 89 01 23 45 67 89 01"},
    };
    for (const auto &[number, code] : numbers) {
        expect_layout({{number + ".0.1", code + " 00 01 FF"},
                       {"0." + number + ".1", "00 " + code + " 01 FF"},
                       {"0.1." + number, "00 01 " + code + " FF"}});
    }
}

TEST(StoredBytes, OfNumericIdentifiers) {
    const std::vector<Layout> numbers{
        // The value plus one: 01 … 18.
        {"0", "01"},
        {"1", "02"},
        {"23", "18"},
        // The value less 24 in two bytes: 19 00 … 23 FF.
        {"24", "19 00"},
        {"25", "19 01"},
        {"279", "19 FF"},
        {"280", "1A 00"},
        {"2839", "23 FF"},
        // The value in 2 … 8 bytes: 24 … 2A.
        {"2840", "24 0B 18"},
        {"65535", "24 FF FF"},
        {"65536", "25 01 00 00"},
        {"16777215", "25 FF FF FF"},
        {"16777216", "26 01 00 00 00"},
        {"4294967296", "27 01 00 00 00 00"},
        {"1099511627776", "28 01 00 00 00 00 00"},
        {"281474976710656", "29 01 00 00 00 00 00 00"},
        {"72057594037927935", "29 FF FF FF FF FF FF FF"},
        {"72057594037927936", "2A 01 00 00 00 00 00 00 00"},
        {"10000000000000000000", "2A 8A C7 23 04 89 E8 00 00"},
        {"18446744073709551615", "2A FF FF FF FF FF FF FF FF"},
        // 2B, the count of digits, two digits a byte.
        {"18446744073709551616", "2B 14 18 44 67 44 07 37 09 55 16 16"},
        {"100000000000000000000", "2B 15 01 00 00 00 00 00 00 00 00 00 00"},
        {"123456789012345678901234567890", "2B 1E 12 34 56 78 90 12 34 56 78 90 12 34 56 78 90"},
    };
    for (const auto &[number, code] : numbers) {
        expect_layout({{"1.0.0-" + number, "01 00 00 " + code + " 00"},
                       {"1.0.0-" + number + ".0", "01 00 00 " + code + " 01 00"},
                       {"1.0.0-" + number + ".a", "01 00 00 " + code + " 61 00"},
                       {"1.0.0-a." + number, "01 00 00 61 01 " + code + " 00"}});
    }
}

TEST(StoredBytes, OfAlphanumericIdentifiers) {
    expect_layout({
        {"1.0.0-alpha", "01 00 00 61 6C 70 68 61 00"},
        {"1.0.0-alpha.1", "01 00 00 61 6C 70 68 61 01 02 00"},
        {"1.0.0-alpha.beta", "01 00 00 61 6C 70 68 61 01 62 65 74 61 00"},
        {"1.0.0-1.alpha", "01 00 00 02 61 6C 70 68 61 00"},
        {"1.0.0-rc.1.x.30", "01 00 00 72 63 01 02 78 01 19 06 00"}, // 30 - 24 = 6
        {"1.0.0-RC1", "01 00 00 52 43 31 00"},
        {"1.0.0--", "01 00 00 2D 00"},
        {"1.0.0--1", "01 00 00 2D 31 00"},
        {"1.0.0-0a", "01 00 00 30 61 00"},
        {"1.0.0-00a", "01 00 00 30 30 61 00"},
        {"1.0.0-1-", "01 00 00 31 2D 00"},
        {"1.0.0-0.0.0", "01 00 00 01 01 01 00"},
        {"1.0.0-z.Z.9", "01 00 00 7A 01 5A 01 0A 00"},
    });
}

TEST(StoredBytes, OfBuildMetadata) {
    expect_layout({
        {"1.0.0+build.5", "01 00 00 FF 62 75 69 6C 64 2E 35"},
        {"1.0.0-a+001", "01 00 00 61 00 30 30 31"},
        {"1.0.0-0+-", "01 00 00 01 00 2D"},
        {"1.0.0+cu121", "01 00 00 FF 63 75 31 32 31"},
        {"192.0.0-24+0.0", "C0 00 00 00 19 00 00 30 2E 30"},
    });
}

TEST(StoredBytes, OfTheLongestVersions) {
    expect_layout({
        {std::string(252, '9') + ".0.0", "F7 FC " + times(126, "99") + " 00 00 FF"},
        {"0." + std::string(251, '9') + ".0", "00 F7 FB 09 " + times(125, "99") + " 00 FF"},
        {"1.0.0-" + std::string(250, 'a'), "01 00 00 " + times(250, "61") + " 00"},
        {"1.0.0-" + std::string(250, '1'), "01 00 00 2B FA " + times(125, "11") + " 00"},
        {"1.0.0+" + std::string(250, '0'), "01 00 00 FF " + times(250, "30")},
    });
}

TEST(StoredBytes, OfHundredIdentifiers) {
    std::string text = "1.0.0-0";
    for (int i = 0; i < 99; ++i) {
        text += ".0";
    }
    expect_layout({{text, "01 00 00 " + times(100, "01") + " 00"}});
}

// Every one of these would be a second spelling of some version, or is none at all.
TEST(Decode, RefusesWhatEncodeNeverWrites) {
    const std::vector<std::string> damaged{
        "",
        "01",
        "01 02",
        "01 02 03", // no end
        "FF",
        "01 FF",
        "01 02 FF",
        "01 02 03 FE",
        "01 02 03 00", // an empty prerelease
        "01 02 03 01", // a prerelease without end
        "01 02 03 61",
        "01 02 03 61 01", // an identifier announced, but none there
        "01 02 03 61 01 00",
        "01 02 03 01 61",
        "01 02 03 19", // numbers cut short
        "01 02 03 24 0B",
        "01 02 03 2B 14 18 44",
        "C0",
        "F0 30",
        "F7",
        "F7 14",
        "F7 14 18 44 67 44 07 37 09 55 16",
        "F8 02 03 FF", // unused lead bytes
        "FD 02 03 FF",
        "FE 02 03 FF",
        "01 02 F8 FF",
        "01 02 03 2C 00",
        "01 02 03 2E 00",
        "01 02 03 F7 00",
        "F0 00 01 00 00 FF", // more bytes than the number needs
        "F0 30 BF 00 00 FF",
        "F1 00 FF FF 00 00 FF",
        "F6 00 FF FF FF FF FF FF FF 00 00 FF",
        "01 00 00 24 0B 17 00",
        "01 00 00 25 00 FF FF 00",
        "F7 13 01 00 00 00 00 00 00 00 00 00 00 00 FF", // nineteen digits
        "F7 14 18 44 67 44 07 37 09 55 16 15 00 00 FF", // digits of a number that fits 64 bits
        "F7 14 08 44 67 44 07 37 09 55 16 16 00 00 FF", // leading zero
        "F7 15 00 99 99 99 99 99 99 99 99 99 99 00 00 FF",
        "F7 15 11 00 00 00 00 00 00 00 00 00 00 00 00 FF", // the spare half-byte in use
        "F7 14 1A 44 67 44 07 37 09 55 16 16 00 00 FF",    // no digits
        "F7 14 A8 44 67 44 07 37 09 55 16 16 00 00 FF",
        "01 00 00 31 00", // a number in letters
        "01 00 00 31 01 61 00",
        "01 00 00 61 5F 62 00", // no identifier characters
        "01 00 00 61 80 00",
        "01 00 00 61 02 00", // an unknown end of an identifier
        "01 00 00 FF 2E",    // builds that are none
        "01 00 00 FF 61 2E",
        "01 00 00 FF 2E 61",
        "01 00 00 FF 61 2E 2E 61",
        "01 00 00 FF 2B",
        "01 00 00 FF 00",
        "01 00 00 FF FF",
        "01 00 00 61 00 00",
    };
    for (const auto &bytes : damaged) {
        EXPECT_EQ(text_of(unhex(bytes)), "damaged") << bytes;
    }
}

TEST(Decode, RefusesWhatIsTooLong) {
    const auto build = [](std::size_t n) { return unhex("01 00 00 FF " + times(n, "61")); };
    EXPECT_NE(text_of(build(250)), "damaged");
    EXPECT_EQ(text_of(build(251)), "damaged");
    EXPECT_EQ(text_of(build(1'000'000)), "damaged");
    EXPECT_EQ(text_of(unhex("F7 FF 09 " + times(127, "99") + " 00 00 FF")), "damaged");
    const std::string long_number = "F7 FE " + times(127, "99");
    EXPECT_EQ(text_of(unhex(long_number + " " + long_number + " " + long_number + " FF")), "damaged");
}

TEST(Encode, SaysWhatIsWrongAndWhere) {
    struct Bad {
        std::string text;
        Error error;
        std::size_t position;
    };
    const std::vector<Bad> table{
        {"", Error::expected_digit, 1},
        {" ", Error::expected_digit, 1},
        {"v1.2.3", Error::expected_digit, 1},
        {"=1.2.3", Error::expected_digit, 1},
        {" 1.2.3", Error::expected_digit, 1},
        {"1.2.3 ", Error::unexpected, 6},
        {"1.2.3\n", Error::unexpected, 6},
        {std::string{"1.2.3\0", 6}, Error::unexpected, 6},
        {"1", Error::expected_dot, 2},
        {"1.", Error::expected_digit, 3},
        {"1.2", Error::expected_dot, 4},
        {"1.2.", Error::expected_digit, 5},
        {"1..3", Error::expected_digit, 3},
        {"1.x.3", Error::expected_digit, 3},
        {"1.-2.3", Error::expected_digit, 3},
        {"1.2-3", Error::expected_dot, 4},
        {"1.2.3.4", Error::unexpected, 6},
        {"1.2.3a", Error::unexpected, 6},
        {"01.2.3", Error::leading_zero, 1},
        {"1.02.3", Error::leading_zero, 3},
        {"1.2.00", Error::leading_zero, 5},
        {"1.2.3-", Error::empty_identifier, 7},
        {"1.2.3-.a", Error::empty_identifier, 7},
        {"1.2.3-a.", Error::empty_identifier, 9},
        {"1.2.3-a..b", Error::empty_identifier, 9},
        {"1.2.3-+b", Error::empty_identifier, 7},
        {"1.2.3-a.+b", Error::empty_identifier, 9},
        {"1.2.3-00", Error::leading_zero, 7},
        {"1.2.3-a.012", Error::leading_zero, 9},
        {"1.2.3-01+b", Error::leading_zero, 7},
        {"1.2.3-_", Error::unexpected, 7},
        {"1.2.3-a_b", Error::unexpected, 8},
        {"1.2.3-a b", Error::unexpected, 8},
        {"1.2.3-\xC3\xA9", Error::unexpected, 7},
        {"1.2.3-a\xC3\xA9", Error::unexpected, 8},
        {"1.2.3+", Error::empty_identifier, 7},
        {"1.2.3+.a", Error::empty_identifier, 7},
        {"1.2.3+a.", Error::empty_identifier, 9},
        {"1.2.3+a..b", Error::empty_identifier, 9},
        {"1.2.3+a+b", Error::unexpected, 8},
        {"1.2.3+a.+b", Error::empty_identifier, 9},
        {"1.2.3+a_b", Error::unexpected, 8},
        {"1.2.3+_", Error::unexpected, 7},
        {"\xEF\xBC\x91.2.3", Error::expected_digit, 1}, // fullwidth one
        {"1.\xD9\xA3.3", Error::expected_digit, 3},     // Arabic-Indic three
        {"1.2.3-\xD0\xB0", Error::unexpected, 7},       // Cyrillic a
        {"1\xE2\x80\xA4x", Error::expected_dot, 2},     // one dot leader
        {"1.2.3\xE2\x80\x90x", Error::unexpected, 6},   // Unicode hyphen
        {std::string(253, '9') + ".0.0", Error::too_long, 257},
        {"1.0.0-" + std::string(251, 'a'), Error::too_long, 257},
        {std::string(1'000'000, '1'), Error::too_long, 257},
        {std::string(256, '1'), Error::expected_dot, 257},
    };
    for (const auto &[text, error, position] : table) {
        Stored stored;
        const Outcome outcome = semver::encode(text, stored);
        EXPECT_EQ(semver::describe(outcome.error), std::string{semver::describe(error)}) << text.substr(0, 40);
        EXPECT_EQ(outcome.position, position) << text.substr(0, 40);
        EXPECT_FALSE(semver::is_semver(text)) << text.substr(0, 40);
        EXPECT_FALSE(oracle::is_version(text)) << text.substr(0, 40);
    }
}

TEST(Encode, EveryErrorHasWordsOfItsOwn) {
    std::vector<std::string> words;
    for (int i = 0; i <= static_cast<int>(Error::bad_wire_version); ++i) {
        words.emplace_back(semver::describe(static_cast<Error>(i)));
        EXPECT_FALSE(words.back().empty());
        EXPECT_NE(words.back(), "unknown error") << i;
    }
    std::sort(words.begin(), words.end());
    EXPECT_EQ(std::adjacent_find(words.begin(), words.end()), words.end());
}

TEST(Codec, GivesBackEveryVersionAsItWas) {
    oracle::Generator random{20'240'601};
    for (int i = 0; i < 100'000; ++i) {
        const std::string text = put_together(random.version());
        Stored stored;
        ASSERT_TRUE(semver::encode(text, stored).ok()) << text;
        ASSERT_LE(stored.size, text.size()) << text; // what max_stored relies on
        Text back;
        ASSERT_TRUE(semver::decode(stored.bytes(), back)) << text;
        ASSERT_EQ(back.view(), text);
    }
}

TEST(Codec, HasOneSpellingForAVersion) {
    oracle::Generator random{20'240'602};
    int decoded = 0;
    for (int i = 0; i < 200'000; ++i) {
        Stored stored;
        ASSERT_TRUE(semver::encode(put_together(random.version()), stored).ok());
        std::vector<std::uint8_t> bytes(stored.data, stored.data + stored.size);
        for (std::size_t edits = 1 + random.below(2); edits != 0 && !bytes.empty(); --edits) {
            const std::size_t at = random.below(bytes.size());
            switch (random.below(5)) {
            case 0:
                bytes.resize(at); // cut
                break;
            case 1:
                bytes[at] = static_cast<std::uint8_t>(random.below(256));
                break;
            case 2:
                bytes[at] = static_cast<std::uint8_t>(bytes[at] + 1);
                break;
            case 3:
                bytes.erase(bytes.begin() + static_cast<std::ptrdiff_t>(at));
                break;
            default:
                bytes.insert(bytes.begin() + static_cast<std::ptrdiff_t>(at), random.pick(bytes));
                break;
            }
        }
        bytes.shrink_to_fit();
        Text text;
        if (!semver::decode(bytes, text)) {
            continue;
        }
        ++decoded;
        Stored again;
        ASSERT_TRUE(semver::encode(text.view(), again).ok()) << hex(bytes) << " reads as " << text.view();
        ASSERT_EQ(hex(again.bytes()), hex(bytes)) << text.view();
    }
    EXPECT_GT(decoded, 20'000) << "too few damaged values still decode: the test has lost its bite";
}

TEST(Codec, ReadsExactlyTheGrammar) {
    constexpr std::string_view likely = "0019..--++aZz vV=~^*_:/\n\t";
    oracle::Generator random{20'240'603};
    int good = 0;
    for (int i = 0; i < 300'000; ++i) {
        std::string text = put_together(random.version());
        for (std::size_t edits = 1 + random.below(3); edits != 0 && !text.empty(); --edits) {
            const std::size_t at = random.below(text.size());
            const char c = random.one_in(4) ? static_cast<char>(random.below(256)) : random.pick(likely);
            switch (random.below(4)) {
            case 0:
                text[at] = c;
                break;
            case 1:
                text.insert(at, 1, c);
                break;
            case 2:
                text.erase(at, 1);
                break;
            default:
                std::swap(text[at], text[random.below(text.size())]);
                break;
            }
        }
        Stored stored;
        const Outcome outcome = semver::encode(text, stored);
        ASSERT_EQ(outcome.ok(), oracle::is_version(text)) << testing::PrintToString(text);
        if (!outcome.ok()) {
            ASSERT_GE(outcome.position, 1U);
            ASSERT_LE(outcome.position, text.size() + 1);
            continue;
        }
        ++good;
        Text back;
        ASSERT_TRUE(semver::decode(stored.bytes(), back)) << text;
        ASSERT_EQ(back.view(), text);
    }
    EXPECT_GT(good, 30'000);
    EXPECT_LT(good, 270'000);
}

TEST(Wire, IsOneByteAndTheText) {
    const std::string one = "\x01";
    const auto receive = [](const std::string &message) {
        const std::vector<std::uint8_t> exact(message.begin(), message.end());
        Stored stored;
        const Outcome outcome = semver::decode_wire(exact, stored);
        return outcome.ok() ? hex(stored.bytes())
                            : std::string{semver::describe(outcome.error)} + " at " + std::to_string(outcome.position);
    };
    EXPECT_EQ(receive(one + "1.2.3"), "01 02 03 FF");
    EXPECT_EQ(receive(one + "1.0.0-rc.1+b"), "01 00 00 72 63 01 02 00 62");
    EXPECT_EQ(receive(""), "the format version is unknown at 1");
    EXPECT_EQ(receive("\x02" + std::string{"1.2.3"}), "the format version is unknown at 1");
    EXPECT_EQ(receive("1.2.3"), "the format version is unknown at 1");
    EXPECT_EQ(receive(one), "a number is expected at 1");
    EXPECT_EQ(receive(one + "1.2"), "a dot is expected, a version has three numbers at 4");
    EXPECT_EQ(receive(one + std::string{"1.2.3\0", 6}), "this character may not stand here at 6");
    EXPECT_EQ(receive(one + std::string(257, '1')), "a version has at most 256 characters at 257");
}

TEST(Split, GivesTheParts) {
    struct Row {
        std::string text, major, minor, patch, prerelease, build;
    };
    const std::vector<Row> table{
        {"1.2.3", "1", "2", "3", "", ""},
        {"10.20.30-a.1", "10", "20", "30", "a.1", ""},
        {"1.2.3+b-1.c", "1", "2", "3", "", "b-1.c"},
        {"1.2.3--+-", "1", "2", "3", "-", "-"},
        {"0.0.0-x-y.z+1-2", "0", "0", "0", "x-y.z", "1-2"},
        {"99999999999999999999.0.18446744073709551616", "99999999999999999999", "0", "18446744073709551616", "", ""},
    };
    for (const Row &row : table) {
        const semver::Parts parts = semver::split(row.text);
        EXPECT_EQ(parts.major, row.major) << row.text;
        EXPECT_EQ(parts.minor, row.minor) << row.text;
        EXPECT_EQ(parts.patch, row.patch) << row.text;
        EXPECT_EQ(parts.prerelease, row.prerelease) << row.text;
        EXPECT_EQ(parts.build, row.build) << row.text;
    }
}

TEST(Text, IsCutBeyondTheLongestVersion) {
    Text text;
    text.append(std::string(200, 'a'));
    text.append('b');
    text.append(std::string(200, 'c'));
    text.append('d');
    EXPECT_GT(text.size, semver::max_text);
    EXPECT_EQ(text.size, sizeof text.data);
    EXPECT_EQ(text.view(), std::string(200, 'a') + "b" + std::string(sizeof text.data - 201, 'c'));
}

} // namespace
