// Order of stored versions. All of it works on bytes: the stored form was made so that memcmp is SemVer precedence.
#include "semver.hpp"
#include "semver_format.hpp"

#include <algorithm>
#include <cstring>

namespace mlregistry::semver {

namespace {

std::string_view build_of(Bytes stored) noexcept {
    const Bytes build = stored.subspan(key_size(stored));
    return {reinterpret_cast<const char *>(build.data()), build.size()};
}

int compare_build_identifiers(std::string_view a, std::string_view b) noexcept {
    const bool a_numeric = all_digits(a);
    const bool b_numeric = all_digits(b);
    if (a_numeric != b_numeric) {
        return a_numeric ? -1 : 1;
    }
    if (!a_numeric) {
        return a.compare(b);
    }
    const int by_value = compare_digits(without_leading_zeros(a), without_leading_zeros(b));
    return by_value != 0 ? by_value : compare_digits(a, b);
}

int compare_builds(std::string_view a, std::string_view b) noexcept {
    while (!a.empty() && !b.empty()) {
        if (const int c = compare_build_identifiers(take_identifier(a), take_identifier(b)); c != 0) {
            return c;
        }
    }
    return static_cast<int>(!a.empty()) - static_cast<int>(!b.empty());
}

} // namespace

std::size_t key_size(Bytes stored) noexcept {
    // Neither end mark occurs in build metadata, so the key ends at the last one. Without build that is the last byte.
    std::size_t n = stored.size();
    while (n != 0 && stored[n - 1] != release_end && stored[n - 1] != prerelease_end) {
        --n;
    }
    return n;
}

int compare(Bytes a, Bytes b) noexcept {
    const std::size_t a_size = key_size(a);
    const std::size_t b_size = key_size(b);
    // No key is the beginning of another one, so the shorter length decides only for damaged bytes.
    if (const int c = std::memcmp(a.data(), b.data(), std::min(a_size, b_size)); c != 0) {
        return c;
    }
    return static_cast<int>(a_size > b_size) - static_cast<int>(a_size < b_size);
}

bool equal(Bytes a, Bytes b) noexcept {
    const std::size_t a_size = key_size(a);
    return a_size == key_size(b) && std::memcmp(a.data(), b.data(), a_size) == 0;
}

int compare_with_build(Bytes a, Bytes b) noexcept {
    const int c = compare(a, b);
    return c != 0 ? c : compare_builds(build_of(a), build_of(b));
}

std::uint64_t abbreviate(Bytes stored) noexcept {
    std::uint8_t head[8] = {};
    std::memcpy(head, stored.data(), std::min(sizeof head, key_size(stored)));
    std::uint64_t value = 0;
    for (const std::uint8_t byte : head) {
        value = (value << 8) | byte; // compilers make one load and a byte swap of this
    }
    return value;
}

bool is_prerelease(Bytes stored) noexcept {
    const std::size_t n = key_size(stored);
    return n != 0 && stored[n - 1] == prerelease_end;
}

} // namespace mlregistry::semver
