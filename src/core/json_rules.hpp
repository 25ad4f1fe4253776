// The rules for JSON documents (is_metrics, is_scopes). A document comes as the events of a walk over it, so that
// nothing is copied and any parser may stand behind: PostgreSQL's jsonb in the extension, a few lines in the tests.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace mlregistry::json {

/// Steps of a walk over a document, in its order. `key` and `string` come with their text.
enum class Event : std::uint8_t { object, object_end, array, array_end, key, string, number, boolean, null };

enum class Error : std::uint8_t {
    none,
    not_object,    ///< the document is something else
    too_many,      ///< more than max_metrics metrics
    bad_name,      ///< `key` is not the name of a metric
    bad_value,     ///< the value of metric `key` is neither a number nor a special one
    unknown_key,   ///< `key` is neither scopes nor projects
    not_array,     ///< the value of `key` is something else
    empty_array,   ///< the array of `key` has no element
    not_string,    ///< an element of `key` is something else
    bad_scope,     ///< an element of scopes is not a scope: `text`
    bad_project,   ///< an element of projects is not a slug: `text`
    without_scopes ///< projects stand alone
};

/// The first thing that breaks a rule. The views are those that feed() was given.
struct Problem {
    Error error = Error::none;
    Event event = Event::null; ///< what was found where something else should be
    std::string_view key;
    std::string_view text;
    std::size_t element = 0; ///< of the array of `key`, from 1
};

inline constexpr std::size_t max_metrics = 1000;

/// is_metrics: an object of at most 1000 metrics, each a number, "NaN", "Infinity" or "-Infinity".
class Metrics {
  public:
    /// Takes the next step; false, and problem() is set, at the first that breaks the rule: stop there.
    [[nodiscard]] bool feed(Event event, std::string_view text) noexcept;
    [[nodiscard]] const Problem &problem() const noexcept { return problem_; }

  private:
    bool fail(Error error, Event event) noexcept;

    bool inside_ = false;
    std::size_t count_ = 0;
    Problem problem_;
};

/// is_scopes: {} or {"scopes": [scope, …], "projects": [slug, …]}, the projects left out for all of them. Nothing that
/// could be meant as "none" is read as "all": empty lists, null and projects without scopes are refused.
class Scopes {
  public:
    /// As Metrics::feed.
    [[nodiscard]] bool feed(Event event, std::string_view text) noexcept;
    [[nodiscard]] const Problem &problem() const noexcept { return problem_; }

  private:
    enum class Place : std::uint8_t { document, members, value, elements };

    bool member(Event event, std::string_view key) noexcept;
    bool element(Event event, std::string_view text) noexcept;
    bool fail(Error error, Event event) noexcept;

    Place place_ = Place::document;
    bool has_scopes_ = false;
    bool has_projects_ = false;
    bool in_scopes_ = false; ///< or else in projects
    Problem problem_;
};

} // namespace mlregistry::json
