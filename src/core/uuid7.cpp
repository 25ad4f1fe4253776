#include "uuid7.hpp"

#include <algorithm>

namespace mlregistry {

namespace {

constexpr std::int64_t per_millisecond = 1000;
constexpr std::int64_t fractions = 4096;

} // namespace

Uuid make_uuid7(std::int64_t microseconds, const std::array<std::uint8_t, 8> &random) noexcept {
    const std::int64_t milliseconds = microseconds / per_millisecond;
    // Rounded up: rounded down again it is the same microsecond.
    const std::int64_t fraction = (microseconds % per_millisecond * fractions + per_millisecond - 1) / per_millisecond;
    Uuid id{};
    for (int byte = 0; byte < 6; ++byte) {
        id[static_cast<std::size_t>(byte)] = static_cast<std::uint8_t>(milliseconds >> (8 * (5 - byte)));
    }
    id[6] = static_cast<std::uint8_t>(0x70 | (fraction >> 8));
    id[7] = static_cast<std::uint8_t>(fraction);
    std::copy(random.begin(), random.end(), id.begin() + 8);
    id[8] = static_cast<std::uint8_t>(0x80 | (id[8] & 0x3F));
    return id;
}

bool moment_of(const Uuid &id, std::int64_t &microseconds) noexcept {
    if (id[6] >> 4 != 7 || id[8] >> 6 != 2) {
        return false;
    }
    std::int64_t milliseconds = 0;
    for (std::size_t byte = 0; byte < 6; ++byte) {
        milliseconds = milliseconds << 8 | id[byte];
    }
    const std::int64_t fraction = (id[6] & 0x0F) << 8 | id[7];
    microseconds = milliseconds * per_millisecond + fraction * per_millisecond / fractions;
    return true;
}

} // namespace mlregistry
