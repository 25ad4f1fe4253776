// What the audit trail says of each table: the entity that its rows are about, and the verbs of what happens to them.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace mlregistry::audit {

enum class Event : std::uint8_t { insert, update, remove, truncate };

/// In rules: any value, NULL included. NULL itself is the empty text, which no column that rules look at may hold.
inline constexpr std::string_view any_value = "*";

/// A change of a column that has a verb of its own.
struct VerbRule {
    std::string_view column;
    std::string_view from;
    std::string_view to;
    std::string_view verb;
};

/// How the name of a row is made, which the trail keeps when the row is gone.
enum class Naming : std::uint8_t {
    own,            ///< its name column
    under_model,    ///< model@name
    of_version,     ///< model@semver of its version_id, and /name where it has a name column
    of_model,       ///< the model of its model_id
    of_dataset,     ///< the dataset of its dataset_id
    of_run,         ///< experiment#number of its run_id
    of_deployment,  ///< environment/name of its deployment_id
    in_environment, ///< environment/name
    numbered,       ///< experiment#number, where the name column is the number
    of_user,        ///< the e-mail of its user_id
};

/// Entity under which a row is found together with others.
enum class Subject : std::uint8_t {
    none,
    column,              ///< subject_column says it
    model_of_version,    ///< the model of its version_id
    experiment_of_run,   ///< the experiment of its run_id
    model_of_deployment, ///< the model of its deployment_id
};

/// What is said beside the columns: a name instead of an identifier.
enum class Extra : std::uint8_t { none, tag, version, dataset, parent_version, parent_dataset };

/// One table of the registry. All texts are literals. In the order in which it is written, not in that of sizes.
struct Entity { // NOLINT(clang-analyzer-optin.performance.Padding)
    std::string_view table;
    std::string_view type;       ///< entity_type, and the first half of the action
    std::string_view key_column; ///< of entity_id; empty: it has none
    Subject subject = Subject::none;
    std::string_view subject_column{};
    Naming naming = Naming::own;
    std::string_view name_column{};
    std::string_view key_scope{}; ///< scope of API keys that read it; empty: admins only
    std::string_view created = "create";
    std::string_view updated = "update";
    std::string_view corrected{}; ///< an update that goes round what is frozen
    std::string_view removed = "delete";
    std::span<const VerbRule> rules{};            ///< the first that holds
    std::span<const std::string_view> redacted{}; ///< columns whose values never leave the table
    std::span<const std::string_view> ignored{};  ///< columns whose change is none
    Extra extra = Extra::none;
    bool is_seeded = false;         ///< install() writes rows of it
    std::string_view not_audited{}; ///< why it has no audit; empty: it has
};

/// All tables of the registry, in no order that matters.
[[nodiscard]] std::span<const Entity> entities() noexcept;

/// The entity of a table, or null.
[[nodiscard]] const Entity *entity_of(std::string_view table) noexcept;

/// A column that an UPDATE has changed, as text; NULL is the empty text.
struct ColumnChange {
    std::string_view column;
    std::string_view before;
    std::string_view after;
};

/// Whether rules look at the column.
[[nodiscard]] bool has_rule(const Entity &entity, std::string_view column) noexcept;

/// Verb of an UPDATE with these changes.
[[nodiscard]] std::string_view verb_of_update(const Entity &entity, std::span<const ColumnChange> changes) noexcept;

/// Whether the registry itself uses the verb for entities of that type, so that nobody else may.
[[nodiscard]] bool is_own_verb(std::string_view type, std::string_view verb) noexcept;

/// Whether a text can be a verb: 1 to 63 of [a-z0-9_], beginning with a letter.
[[nodiscard]] bool is_verb(std::string_view text) noexcept;

} // namespace mlregistry::audit
