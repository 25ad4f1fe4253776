// Every kind of exception, thrown under guard while memory of both kinds is held.
#include "ballast.hpp"

#include "pg/text_argument.hpp"

#include <new>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <vector>

using namespace mlregistry;
using namespace mlregistry::pg;
using boundary_test::Ballast;

namespace {

struct Kind {
    std::string_view name;
    void (*throw_it)();
};

constexpr Kind kinds[] = {
    {"bad_alloc", [] { throw std::bad_alloc{}; }},
    {"bad_array_new_length", [] { throw std::bad_array_new_length{}; }},
    {"length_error", [] { throw std::length_error{"length_error: thrown"}; }},
    {"invalid_argument", [] { throw std::invalid_argument{"invalid_argument: thrown"}; }},
    {"domain_error", [] { throw std::domain_error{"domain_error: thrown"}; }},
    {"out_of_range", [] { throw std::out_of_range{"out_of_range: thrown"}; }},
    {"range_error", [] { throw std::range_error{"range_error: thrown"}; }},
    {"overflow_error", [] { throw std::overflow_error{"overflow_error: thrown"}; }},
    {"underflow_error", [] { throw std::underflow_error{"underflow_error: thrown"}; }},
    {"runtime_error", [] { throw std::runtime_error{"runtime_error: thrown"}; }},
    {"logic_error", [] { throw std::logic_error{"logic_error: thrown"}; }},
    {"system_error", [] { throw std::system_error{std::make_error_code(std::errc::io_error)}; }},
    {"bad_optional_access", [] { throw std::bad_optional_access{}; }},
    {"exception", [] { throw std::exception{}; }},
    {"LimitExceeded", [] { throw LimitExceeded{"LimitExceeded: thrown"}; }},
    {"int", [] { throw 42; }},
    {"string", [] { throw "a thrown string"; }},
    // The message is cut, not overrun.
    {"long_message", [] { throw std::runtime_error{std::string(100'000, 'm')}; }},
    // What the standard library throws by itself.
    {"vector_at", [] { (void)std::vector<int>(3).at(3); }},
    {"vector_reserve", [] { std::vector<int>{}.reserve(static_cast<std::size_t>(-1)); }},
    {"string_view_substr", [] { (void)std::string_view{"abc"}.substr(4); }},
    // An exception on its way while another one is being handled: two objects to give back.
    {"nested",
     [] {
         try {
             throw std::runtime_error{"nested: the first"};
         } catch (const std::runtime_error &) {
             throw std::invalid_argument{"nested: the second"};
         }
     }},
};

const Kind *find_kind(std::string_view name) noexcept {
    for (const Kind &kind : kinds) {
        if (kind.name == name) {
            return &kind;
        }
    }
    return nullptr;
}

const Kind &kind_argument(FunctionCallInfo fcinfo) {
    const std::string_view name = text_argument(fcinfo, 0);
    const Kind *const kind = find_kind(name);
    if (kind == nullptr) {
        ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT), errmsg("no exception \"%s\"", for_message(name))));
    }
    return *kind;
}

} // namespace

/// bt_throw(kind text): one exception through guard and raise.
MLR_FUNCTION(bt_throw) {
    const Kind &kind = kind_argument(fcinfo);
    raise(guard([&] {
        const Ballast ballast;
        kind.throw_it();
    }));
    return text_datum("no error");
}

/// bt_throw_long_work(kind text): the same through run_guarded, which must not take it for an interrupt.
MLR_FUNCTION(bt_throw_long_work) {
    const Kind &kind = kind_argument(fcinfo);
    run_guarded([&] {
        const Ballast ballast;
        kind.throw_it();
    });
    return text_datum("no error");
}

/// bt_guard_nothing() → boolean: without an exception there is no failure.
MLR_FUNCTION(bt_guard_nothing) {
    (void)fcinfo;
    bool ran = false;
    const Failure failure = guard([&] {
        const Ballast ballast;
        ran = true;
    });
    raise(failure);
    PG_RETURN_BOOL(ran && !failure.failed && failure.original == nullptr);
}
