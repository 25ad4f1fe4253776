// Text that is a version comes back from its bytes unchanged; text that is none is refused within its bounds.
#include "semver.hpp"

#include <string_view>

namespace semver = mlregistry::semver;

static void require(bool holds) {
    if (!holds) {
        __builtin_trap();
    }
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    const std::string_view text{reinterpret_cast<const char *>(data), size};
    semver::Stored stored;
    const semver::Outcome outcome = semver::encode(text, stored);
    require(outcome.ok() == semver::is_semver(text));
    if (!outcome.ok()) {
        require(outcome.position >= 1 && outcome.position <= size + 1);
        return 0;
    }
    require(stored.size <= semver::max_stored);
    semver::Text back;
    require(semver::decode(stored.bytes(), back));
    require(back.view() == text);

    require(semver::compare(stored.bytes(), stored.bytes()) == 0);
    require(semver::compare_with_build(stored.bytes(), stored.bytes()) == 0);
    require(semver::equal(stored.bytes(), stored.bytes()));
    require(semver::diff(text, text).empty());

    const semver::Parts parts = semver::split(text);
    require(parts.prerelease.empty() != semver::is_prerelease(stored.bytes()));
    require(parts.build.size() == stored.size - semver::key_size(stored.bytes()));

    for (int i = 0; i <= static_cast<int>(semver::Part::release); ++i) {
        const auto part = static_cast<semver::Part>(i);
        semver::Text made;
        if (semver::bump(text, part, {}, made).ok()) {
            semver::Stored next;
            require(semver::encode(made.view(), next).ok());
            require(semver::compare(stored.bytes(), next.bytes()) < 0);
        }
        semver::truncate(text, part, made);
        require(semver::is_semver(made.view()));
    }
    return 0;
}
