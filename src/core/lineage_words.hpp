// Words of lineage: kinds of nodes, relations between them, and directions to go.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace mlregistry::lineage {

/// Kinds of nodes, in the order of their names.
enum class Kind : std::uint8_t { dataset, deployment, run, version };
inline constexpr std::string_view kind_names[] = {"dataset", "deployment", "run", "version"};
inline constexpr std::size_t kind_count = sizeof kind_names / sizeof kind_names[0];

/// What a child is to its parent, in the order of the names. `none`: a start, which nothing led to.
enum class Relation : std::uint8_t {
    adapter_of,
    child_run_of,
    derived_from,
    distilled_from,
    ensemble_of,
    fine_tuned_from,
    held_out_on,
    merged_from,
    produced_by,
    quantized_from,
    retrained_from,
    serves,
    tested_on,
    trained_on,
    validated_on,
    none,
};
inline constexpr std::string_view relation_names[] = {
    "adapter-of",      "child-run-of", "derived-from", "distilled-from", "ensemble-of",
    "fine-tuned-from", "held-out-on",  "merged-from",  "produced-by",    "quantized-from",
    "retrained-from",  "serves",       "tested-on",    "trained-on",     "validated-on"};
inline constexpr std::size_t relation_count = sizeof relation_names / sizeof relation_names[0];
static_assert(relation_count == static_cast<std::size_t>(Relation::none));

/// Towards what something came from (parents), towards what came from it (children), or each of both.
enum class Direction : std::uint8_t { upstream, downstream, both };
inline constexpr std::string_view direction_names[] = {"upstream", "downstream", "both"};

/// Sets of kinds and of relations, a bit each.
using Kinds = std::uint32_t;
using Relations = std::uint32_t;
inline constexpr Kinds all_kinds = (1U << kind_count) - 1;
inline constexpr Relations all_relations = (1U << relation_count) - 1;

constexpr std::uint32_t bit(Kind kind) noexcept { return 1U << static_cast<unsigned>(kind); }
constexpr std::uint32_t bit(Relation relation) noexcept { return 1U << static_cast<unsigned>(relation); }

constexpr std::string_view name_of(Kind kind) noexcept { return kind_names[static_cast<std::size_t>(kind)]; }
/// Empty for none.
constexpr std::string_view name_of(Relation relation) noexcept {
    return relation == Relation::none ? std::string_view{} : relation_names[static_cast<std::size_t>(relation)];
}

/// Whether one relation tells more than another one of the same two nodes: what a run trained on is in the model, what
/// it was measured with is not; and that a version was made from another one can mostly be said better than
/// derived-from.
constexpr bool tells_more(Relation a, Relation b) noexcept {
    constexpr auto place = [](Relation relation) {
        switch (relation) {
        case Relation::derived_from:
            return 1;
        case Relation::validated_on:
            return 2;
        case Relation::tested_on:
            return 3;
        case Relation::held_out_on:
            return 4;
        default:
            return 0;
        }
    };
    return place(a) != place(b) ? place(a) < place(b) : a < b;
}

/// The word of that name; nothing where there is none.
template <class Word, std::size_t count>
constexpr std::optional<Word> word_named(const std::string_view (&names)[count], std::string_view name) noexcept {
    for (std::size_t n = 0; n < count; ++n) {
        if (names[n] == name) {
            return static_cast<Word>(n);
        }
    }
    return std::nullopt;
}
constexpr std::optional<Kind> kind_named(std::string_view name) noexcept { return word_named<Kind>(kind_names, name); }
constexpr std::optional<Relation> relation_named(std::string_view name) noexcept {
    return word_named<Relation>(relation_names, name);
}
constexpr std::optional<Direction> direction_named(std::string_view name) noexcept {
    return word_named<Direction>(direction_names, name);
}

} // namespace mlregistry::lineage
