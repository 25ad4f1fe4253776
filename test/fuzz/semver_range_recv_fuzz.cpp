// Messages of the binary protocol, and a version beside them: whatever a client sends is a range or refused, nothing
// behind it is read, and no bytes of a damaged version lead a comparison out of bounds.
#include "semver_range.hpp"

#include <algorithm>
#include <memory>

namespace range = mlregistry::semver_range;
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

// The first byte says how long the version is; the rest is the message.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    if (size == 0) {
        return 0;
    }
    const std::size_t version_size = std::min<std::size_t>(data[0], size - 1);
    const Block version{data + 1, version_size};
    const Block message{data + 1 + version_size, size - 1 - version_size};
    range::Text text;
    const range::Outcome outcome = range::decode_wire(message.bytes(), text);
    if (!outcome.ok()) {
        require(outcome.position >= 1 && outcome.position <= message.bytes().size() + 1);
        return 0;
    }
    require(message.bytes()[0] == range::wire_version);
    require(range::is_semver_range(text.view()));
    for (const bool include_prerelease : {false, true}) {
        range::Compiled compiled;
        require(range::compile(text.view(), include_prerelease, compiled));
        const int side = range::outside(compiled, version.bytes());
        require(!range::satisfies(compiled, version.bytes()) || side == 0);
    }
    return 0;
}
