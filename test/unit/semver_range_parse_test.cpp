// Ranges as text: what is refused and where, what is kept, limits, the wire.
#include "semver_range.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

namespace {

namespace range = mlregistry::semver_range;
using range::Error;

std::string repeated(const std::string &text, std::size_t n, const std::string &between) {
    std::string all;
    for (std::size_t i = 0; i < n; ++i) {
        all += (i == 0 ? "" : between) + text;
    }
    return all;
}

std::string normalized(const std::string &source) {
    range::Text text;
    const range::Outcome outcome = range::normalize(source, text);
    return outcome.ok() ? std::string{text.view()} : std::string{"refused: "} + range::describe(outcome.error);
}

std::string from_cargo(const std::string &requirement) {
    range::Text text;
    const range::Outcome outcome = range::from_cargo(requirement, text);
    return outcome.ok() ? std::string{text.view()} : std::string{"refused: "} + range::describe(outcome.error);
}

struct Refused {
    std::string source;
    Error error;
    std::size_t position;
};

void expect_refused(range::Outcome (*read)(std::string_view, range::Text &) noexcept,
                    const std::vector<Refused> &table) {
    for (const auto &[source, error, position] : table) {
        range::Text text;
        const range::Outcome outcome = read(source, text);
        EXPECT_EQ(outcome.error, error) << source << ": " << range::describe(outcome.error);
        EXPECT_EQ(outcome.position, position) << source;
    }
}

TEST(SemverRangeParse, OnlyBlanksChange) {
    const std::vector<std::pair<std::string, std::string>> table{
        {"", ""},
        {" \t\n ", ""},
        {"||", "||"},
        {"  ||\t", "||"},
        {"*", "*"},
        {"X.x.*", "X.x.*"},
        {" \v>= \t1.0.0\f\r\n<  2", ">=1.0.0 <2"},
        {"~> 1", "~>1"},
        {"~ > 1", "refused: an operator must not follow an operator"},
        {"^ 1.2 ^ 1", "^1.2 ^1"},
        {"1.0.0||2.0.0", "1.0.0 || 2.0.0"},
        {"1.0.0  ||\t2.0.0 3", "1.0.0 || 2.0.0 3"},
        {"1  -\n2", "1 - 2"},
        {"1 - 2||3", "1 - 2 || 3"},
        {"1.2.3-2.3.4", "1.2.3-2.3.4"},
        {"=1.2.3-a.0+b.01 ^1+x", "=1.2.3-a.0+b.01 ^1+x"},
        {"1.2.x-alpha+1", "1.2.x-alpha+1"},
        {">1 <1", ">1 <1"},
    };
    for (const auto &[source, expected] : table) {
        EXPECT_EQ(normalized(source), expected) << source;
    }
}

TEST(SemverRangeParse, Refusals) {
    expect_refused(range::normalize, {
                                         {"latest", Error::expected_version, 1},
                                         {">=", Error::expected_version, 3},
                                         {"1.", Error::expected_version, 3},
                                         {"1.0.0 - ", Error::expected_version, 9},
                                         {"- 1.0.0", Error::expected_version, 1},
                                         {"01", Error::leading_zero, 1},
                                         {">=1.02.3", Error::leading_zero, 5},
                                         {"1.0.0-a.01", Error::leading_zero, 9},
                                         {"v1", Error::v_prefix, 1},
                                         {">= V1", Error::v_prefix, 4},
                                         {"1.0.0rc1", Error::unexpected, 6},
                                         {"1.0.0-a_b", Error::unexpected, 8},
                                         {"1.0.0-\xC3\xA4", Error::unexpected, 7},
                                         {">1<2", Error::unexpected, 3},
                                         {"1.2.3 -2.3.4", Error::unexpected, 7},
                                         {">=1.0.0\xC2\xA0<2", Error::unexpected, 8},
                                         {std::string("1.0.0\0", 6), Error::unexpected, 6},
                                         {"1.0.0-", Error::empty_identifier, 7},
                                         {"1.0.0-a..b", Error::empty_identifier, 9},
                                         {"1.0.0+ 2", Error::empty_identifier, 7},
                                         {"1.0.0-+b", Error::empty_identifier, 7},
                                         {"1.x.3", Error::number_after_x, 5},
                                         {"*.1", Error::number_after_x, 3},
                                         {"1.2.3.4", Error::fourth_number, 6},
                                         {"x.x.x.x", Error::fourth_number, 6},
                                         {"1.2-alpha", Error::partial_prerelease, 4},
                                         {"1-2", Error::partial_prerelease, 2},
                                         {">=1, <2", Error::comma, 4},
                                         {"1.0.0 ,2", Error::comma, 7},
                                         {"1 | 2", Error::single_bar, 3},
                                         {"|", Error::single_bar, 1},
                                         {"1.0.0 ||", Error::empty_alternative, 9},
                                         {"|| 1.0.0", Error::empty_alternative, 1},
                                         {"1 || || 2", Error::empty_alternative, 6},
                                         {"||||", Error::empty_alternative, 1},
                                         {"|||", Error::empty_alternative, 1},
                                         {">==1", Error::two_operators, 3},
                                         {"> = 1", Error::two_operators, 3},
                                         {"~=1.2.3", Error::two_operators, 2},
                                         {"~>=1.2.3", Error::two_operators, 3},
                                         {"^=1.0", Error::two_operators, 2},
                                         {"=>1", Error::two_operators, 2},
                                         {"<>1", Error::two_operators, 2},
                                         {"^1.2.3 - 2", Error::hyphen_operator, 1},
                                         {"1 - <2", Error::hyphen_operator, 5},
                                         {"1 - 2 3", Error::hyphen_not_alone, 7},
                                         {"1 2 - 3", Error::hyphen_not_alone, 5},
                                         {"1 - 2 - 3", Error::hyphen_not_alone, 7},
                                     });
}

TEST(SemverRangeParse, Limits) {
    const std::string blanks(4096 - 1, ' ');
    EXPECT_EQ(normalized("1" + blanks), "1");
    expect_refused(range::normalize, {
                                         {"1 " + blanks, Error::too_long, 4097},
                                         {blanks + " \xC3\xA4", Error::too_long, 4097},
                                         {"1 \xC3\xA4" + blanks, Error::unexpected, 3},
                                         {repeated("1", 65, " "), Error::too_many, 129},
                                         {repeated("1", 65, "||"), Error::too_many, 193},
                                         {repeated("1 - 2", 65, "||"), Error::too_many, 449},
                                     });
    EXPECT_EQ(normalized(repeated("^1.2", 64, "||")), repeated("^1.2", 64, " || "));
    EXPECT_EQ(normalized(repeated("1 - 2", 64, "||")), repeated("1 - 2", 64, " || "));

    // Blanks that normalizing adds around || count, so that what is stored can be read again.
    std::string wide = repeated("1.0.0-" + std::string(53, 'a'), 63, "||");
    wide += "||1.0.0-" + std::string(4096 - 2 * 63 - wide.size() - 8, 'a');
    ASSERT_LT(wide.size(), 4096U);
    EXPECT_EQ(normalized(wide).size(), 4096U);
    range::Text text;
    EXPECT_EQ(range::normalize(wide + "a", text).error, Error::too_long);

    // A version of 256 characters is one, and so is each bound that follows from it, or the range is refused.
    const std::string nines(252, '9');
    EXPECT_EQ(normalized("=" + nines + ".0.0"), "=" + nines + ".0.0");
    expect_refused(range::normalize, {
                                         {">=" + nines + "9.0.0", Error::version_too_long, 259},
                                         {">= " + nines, Error::version_too_long, 4},
                                         {"^" + nines + ".0.0", Error::version_too_long, 2},
                                         {"1 - " + nines + ".0.0", Error::version_too_long, 1},
                                     });
    EXPECT_EQ(normalized(">=1.0.0-" + std::string(250, 'a')), ">=1.0.0-" + std::string(250, 'a'));
    EXPECT_EQ(range::normalize("1.0.0-" + std::string(251, 'a'), text).error, Error::version_too_long);
    EXPECT_EQ(normalized("1+" + std::string(4000, 'a')), "1+" + std::string(4000, 'a'));
}

TEST(SemverRangeParse, ErrorsHaveWords) {
    for (int i = 0; i <= static_cast<int>(Error::bad_wire_version); ++i) {
        EXPECT_STRNE(range::describe(static_cast<Error>(i)), "unknown error") << i;
    }
    EXPECT_TRUE(range::is_limit(Error::too_many));
    EXPECT_FALSE(range::is_limit(Error::comma));
    EXPECT_TRUE(range::is_semver_range("^1.2"));
    EXPECT_FALSE(range::is_semver_range("^1.2,"));
}

TEST(SemverRangeParse, Wire) {
    const auto decode = [](const std::string &message, range::Text &out) {
        return range::decode_wire({reinterpret_cast<const std::uint8_t *>(message.data()), message.size()}, out);
    };
    range::Text text;
    EXPECT_TRUE(decode("\x01>=1  <2", text).ok());
    EXPECT_EQ(text.view(), ">=1 <2");
    EXPECT_TRUE(decode("\x01", text).ok());
    EXPECT_EQ(text.view(), "");
    EXPECT_EQ(decode("", text).error, Error::bad_wire_version);
    EXPECT_EQ(decode("\x02>=1", text).error, Error::bad_wire_version);
    const range::Outcome outcome = decode("\x01>=v1", text);
    EXPECT_EQ(outcome.error, Error::v_prefix);
    EXPECT_EQ(outcome.position, 3U);
}

TEST(SemverRangeParse, FromCargo) {
    const std::vector<std::pair<std::string, std::string>> table{
        {"1.2.3", "^1.2.3"},
        {"1", "^1"},
        {" *  ", "*"},
        {"1.*", "1.*"},
        {"=1.*", "=1.*"},
        {"~1.2, < 1.2.8+b", "~1.2 <1.2.8+b"},
        {">=1.0.0-rc.1, <2.0.0", ">=1.0.0-rc.1 <2.0.0"},
        // Prereleases beside comparators of fewer than three numbers.
        {">1, >=2.0.0-a", ">1 >=2.0.0 || >=2.0.0-a <2.0.0"},
        {">=1.2.3-a, <2", ">=1.2.3 <2 || >=1.2.3-a <1.2.3"},
        {"<1.2.3-b, 1", "<1.2.3 ^1 || <1.2.3-b >=1.2.3-0"},
        {"=1.2.3-b, 1.*", "<0.0.0-0"},
        {"=1.2.3-b, 1", "=1.2.3-b"},
        {">0.0.0-a, >=0.0.0", ">=0.0.0 >=0.0.0"},
        {">1.2.3-b, <=1.2.3-c, <3", ">=1.2.3 <1.2.3 <3 || >1.2.3-b <=1.2.3-c"},
    };
    for (const auto &[requirement, expected] : table) {
        EXPECT_EQ(from_cargo(requirement), expected) << requirement;
    }
    expect_refused(range::from_cargo, {
                                          {"", Error::expected_version, 1},
                                          {"1,", Error::expected_version, 3},
                                          {"1,,2", Error::expected_version, 3},
                                          {"1 2", Error::expected_comma, 3},
                                          {"1 || 2", Error::expected_comma, 3},
                                          {"*, 1", Error::star_not_alone, 1},
                                          {"1, *", Error::star_not_alone, 4},
                                          {">*", Error::expected_version, 2},
                                          {"~>1", Error::unexpected, 1},
                                          {"1.x.2", Error::number_after_x, 5},
                                          {"1.x.x-a", Error::partial_prerelease, 1},
                                          {"1.2+b", Error::unexpected, 4},
                                          {"\t1", Error::expected_version, 1},
                                          {repeated("1", 33, ","), Error::cargo_too_many, 65},
                                          {std::string(4097, ' '), Error::too_long, 4097},
                                      });
    EXPECT_EQ(from_cargo(repeated("1", 32, ",")), repeated("^1", 32, " "));
}

} // namespace
