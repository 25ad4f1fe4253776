#include "json_rules.hpp"

#include "validate.hpp"

namespace mlregistry::json {

bool Metrics::fail(Error error, Event event) noexcept {
    problem_.error = error;
    problem_.event = event;
    return false;
}

bool Metrics::feed(Event event, std::string_view text) noexcept {
    if (!inside_) {
        inside_ = event == Event::object;
        return inside_ || fail(Error::not_object, event);
    }
    switch (event) {
    case Event::key:
        problem_.key = text;
        if (++count_ > max_metrics) {
            return fail(Error::too_many, event);
        }
        return validate::is_valid_metric_name(text) || fail(Error::bad_name, event);
    case Event::string:
        return validate::is_special_number(text) || fail(Error::bad_value, event);
    case Event::number:
    case Event::object_end:
        return true;
    default:
        return fail(Error::bad_value, event);
    }
}

bool Scopes::fail(Error error, Event event) noexcept {
    problem_.error = error;
    problem_.event = event;
    return false;
}

bool Scopes::feed(Event event, std::string_view text) noexcept {
    switch (place_) {
    case Place::document:
        place_ = Place::members;
        return event == Event::object || fail(Error::not_object, event);
    case Place::members:
        return member(event, text);
    case Place::value:
        place_ = Place::elements;
        return event == Event::array || fail(Error::not_array, event);
    case Place::elements:
        break;
    }
    return element(event, text);
}

bool Scopes::member(Event event, std::string_view key) noexcept {
    if (event == Event::object_end) {
        return has_scopes_ || !has_projects_ || fail(Error::without_scopes, event);
    }
    in_scopes_ = key == "scopes";
    has_scopes_ = has_scopes_ || in_scopes_;
    has_projects_ = has_projects_ || key == "projects";
    problem_.key = key;
    problem_.element = 0;
    place_ = Place::value;
    return in_scopes_ || key == "projects" || fail(Error::unknown_key, event);
}

bool Scopes::element(Event event, std::string_view text) noexcept {
    if (event == Event::array_end) {
        place_ = Place::members;
        return problem_.element != 0 || fail(Error::empty_array, event);
    }
    ++problem_.element;
    problem_.text = text;
    if (event != Event::string) {
        return fail(Error::not_string, event);
    }
    return in_scopes_ ? validate::is_scope(text) || fail(Error::bad_scope, event)
                      : validate::is_valid_name(text) || fail(Error::bad_project, event);
}

} // namespace mlregistry::json
