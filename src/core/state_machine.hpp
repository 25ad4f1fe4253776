// The states of what has a lifecycle, and which moves between them are legal (docs/design/data-model.md, section 3).
// Tables of moves are data: triggers ask them, lifecycle() shows them.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace mlregistry::lifecycle {

/// What must be true of a version beside its states; of a move, all of them.
enum class Condition : std::uint8_t {
    none = 0,
    validated = 1,     ///< somebody has validated it
    not_validated = 2, ///< nobody ever has
    live = 4,          ///< a deployment of it serves
    not_live = 8,      ///< none does
    nothing_open = 16, ///< none serves, is about to, or is being ended
};

[[nodiscard]] constexpr Condition operator|(Condition a, Condition b) noexcept {
    return static_cast<Condition>(static_cast<std::uint8_t>(a) | static_cast<std::uint8_t>(b));
}

[[nodiscard]] constexpr bool includes(Condition all, Condition one) noexcept {
    return (static_cast<std::uint8_t>(all) & static_cast<std::uint8_t>(one)) != 0;
}

/// One move of a state machine. All texts are literals.
struct Move {
    std::string_view from;
    std::string_view to;
    std::string_view fills{}; ///< columns that it fills when they are absent, or clears
    Condition only_if = Condition::none;
};

/// A state machine: of one column of one table.
struct Machine {
    std::string_view entity;                  ///< run
    std::string_view noun;                    ///< a run: for messages
    std::string_view rule;                    ///< name of the rule that refuses other moves
    std::span<const std::string_view> states; ///< the first is where it begins
    std::span<const Move> moves;
    std::string_view way_out; ///< where there is no move at all
};

[[nodiscard]] std::span<const Machine> machines() noexcept;

/// The machine of an entity, or null.
[[nodiscard]] const Machine *machine_of(std::string_view entity) noexcept;

[[nodiscard]] bool is_state(const Machine &machine, std::string_view state) noexcept;

/// The move from one state to another, or null.
[[nodiscard]] const Move *move_between(const Machine &machine, std::string_view from, std::string_view to) noexcept;

/// Whether an UPDATE may change `from` to `to` if its conditions hold; staying where it is is no move, and legal.
[[nodiscard]] bool may_move(const Machine &machine, std::string_view from, std::string_view to) noexcept;

/// Whether nothing leads out of a state.
[[nodiscard]] bool is_final(const Machine &machine, std::string_view state) noexcept;

/// Which of the conditions do not hold of a version.
struct VersionFacts {
    bool was_validated;
    bool is_live;
    bool has_open;
};

[[nodiscard]] Condition broken(Condition conditions, const VersionFacts &facts) noexcept;

/// The conditions, each in the order in which they are declared.
struct ConditionWords {
    Condition condition;
    std::string_view words;   ///< it has been validated
    std::string_view way_out; ///< what to do where it does not hold
};

[[nodiscard]] std::span<const ConditionWords> conditions() noexcept;

} // namespace mlregistry::lifecycle
