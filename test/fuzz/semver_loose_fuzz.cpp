// Loose spellings: what a reader accepts it has made a version of; what it refuses it points into.
#include "semver.hpp"

#include <string_view>

namespace semver = mlregistry::semver;

static void require(bool holds) {
    if (!holds) {
        __builtin_trap();
    }
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    const std::string_view loose{reinterpret_cast<const char *>(data), size};
    for (const auto reader : {semver::coerce, semver::from_pep440}) {
        semver::Text text;
        const semver::Outcome outcome = reader(loose, text);
        if (!outcome.ok()) {
            require(outcome.position >= 1 && outcome.position <= size + 1);
            continue;
        }
        require(semver::is_semver(text.view()));
        // What was read into it is a fixed point.
        semver::Text again;
        require(semver::coerce(text.view(), again).ok());
        require(again.view() == text.view());
    }
    semver::Text text;
    if (semver::is_semver(loose)) {
        require(semver::coerce(loose, text).ok() && text.view() == loose);
    }
    // As a prerelease name: accepted only where it makes a version.
    if (semver::bump("1.2.3", semver::Part::prepatch, loose, text).ok()) {
        require(semver::is_semver(text.view()));
    }
    return 0;
}
