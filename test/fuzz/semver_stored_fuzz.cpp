// Damaged pages: arbitrary bytes are either the one stored form of a version or refused,
// and the order answers for them without reading beyond them.
#include "semver.hpp"

#include <algorithm>
#include <cstring>
#include <memory>

namespace semver = mlregistry::semver;

static void require(bool holds) {
    if (!holds) {
        __builtin_trap();
    }
}

/// Bytes in a block of exactly their size, so that the address sanitizer sees the first byte too many.
class Block {
  public:
    Block(const std::uint8_t *data, std::size_t size) : size_{size}, bytes_{new std::uint8_t[size]} {
        std::copy_n(data, size, bytes_.get());
    }
    [[nodiscard]] semver::Bytes bytes() const { return {bytes_.get(), size_}; }

  private:
    std::size_t size_;
    std::unique_ptr<std::uint8_t[]> bytes_;
};

/// True when the bytes are a version.
static bool check(semver::Bytes bytes) {
    require(semver::key_size(bytes) <= bytes.size());
    (void)semver::abbreviate(bytes);
    (void)semver::is_prerelease(bytes);
    semver::Text text;
    if (!semver::decode(bytes, text)) {
        return false;
    }
    semver::Stored again;
    require(semver::encode(text.view(), again).ok());
    require(again.size == bytes.size() && std::memcmp(again.data, bytes.data(), again.size) == 0);
    return true;
}

static int sign(int c) { return c < 0 ? -1 : c > 0; }

// The first byte says how long the first value is; the rest is the second one.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    if (size == 0) {
        return 0;
    }
    const std::size_t a_size = std::min<std::size_t>(data[0], size - 1);
    const Block a_block{data + 1, a_size};
    const Block b_block{data + 1 + a_size, size - 1 - a_size};
    const semver::Bytes a = a_block.bytes();
    const semver::Bytes b = b_block.bytes();
    const bool a_good = check(a);
    const bool b_good = check(b);

    const int c = sign(semver::compare(a, b));
    require(sign(semver::compare(b, a)) == -c);
    require(semver::equal(a, b) == (c == 0));
    const int with_build = sign(semver::compare_with_build(a, b));
    require(sign(semver::compare_with_build(b, a)) == -with_build);
    require(c == 0 || with_build == c);
    if (a_good && b_good) {
        const auto a_head = semver::abbreviate(a);
        const auto b_head = semver::abbreviate(b);
        require(a_head == b_head || (a_head < b_head) == (c < 0));
        const bool identical = a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size()) == 0;
        require((with_build == 0) == identical);
    }
    return 0;
}
