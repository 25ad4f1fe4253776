// Messages of the binary protocol: whatever a client sends is a version or refused, and nothing behind it is read.
#include "semver.hpp"

#include <string_view>

namespace semver = mlregistry::semver;

static void require(bool holds) {
    if (!holds) {
        __builtin_trap();
    }
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    semver::Stored stored;
    const semver::Outcome outcome = semver::decode_wire({data, size}, stored);
    if (!outcome.ok()) {
        require(outcome.position >= 1 && outcome.position <= size + 1);
        return 0;
    }
    require(data[0] == semver::wire_version);
    semver::Text text;
    require(semver::decode(stored.bytes(), text));
    require(text.view() == std::string_view(reinterpret_cast<const char *>(data) + 1, size - 1));
    return 0;
}
