// For scripts/lint-boundary --self-test: what an error would jump over. Each line with a finding says so; no other line
// has one. Never linked.
#include "pg/boundary.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

using namespace mlregistry;
using namespace mlregistry::pg;

namespace {

std::vector<int> global; // finds: destructor

std::string make_string(); // a declaration makes no object

void takes_by_value(std::string text); // finds: destructor

struct Owner {
    std::unique_ptr<int> number;

    [[nodiscard]] std::size_t method() const {
        const std::string local = "in a method"; // finds: destructor
        return local.size();
    }
};

template <class T> T template_function(T value) {
    const std::vector<T> copies(3, value); // finds: destructor
    return copies[0];
}

// Only called under a guard, which the linter does not follow.
void helper(std::pmr::memory_resource *memory) {
    const std::pmr::vector<int> v{memory}; // finds: destructor
}

void called_with(const std::string &text);

int nothing_but_lambda(int number) {
    const auto work = [&] {
        std::string text = "not an argument of a guard"; // finds: destructor
        number += static_cast<int>(text.size());
    };
    (void)guard(work);
    return number;
}

struct NotOurs {
    template <class Work> static void guard(Work &&work) { work(); }
};

} // namespace

MLR_FUNCTION(bad_destructor) {
    const std::string local = "local";                                    // finds: destructor
    static std::map<int, int> kept;                                       // finds: destructor
    const auto size = make_string().size();                               // finds: destructor
    called_with("a temporary argument");                                  // finds: destructor
    Owner owner;                                                          // finds: destructor
    ContextMemory memory{CurrentMemoryContext, 1};                        // finds: destructor
    const auto [number, text] = std::tuple<int, std::string>{1, "bound"}; // finds: destructor
    std::optional<std::string> maybe;                                     // finds: destructor
    for (const int i : std::vector<int>{1, 2, 3}) {                       // finds: destructor
        (void)i;
    }
    std::string several[3]; // finds: destructor
    if (size > 100) {
        throw std::bad_alloc{}; // finds: destructor
    }
    try {
        (void)template_function(1);
    } catch (std::exception e) { // finds: destructor
        (void)e;
    }
    // The closure is made before the guard begins.
    (void)guard([captured = std::string("x")] { (void)captured; }); // finds: destructor
    const std::vector<int> numbers;                                 // finds: destructor
    (void)guard([numbers] { (void)numbers; });                      // finds: destructor
    // Of another function that happens to have the name.
    NotOurs::guard([] {
        const std::string inside = "unguarded"; // finds: destructor
    });
    run_guarded([&] {
        const std::string fine = "guarded";
        helper(&memory);
        call_postgres([&]() noexcept {
            const std::string jumped_over = "PostgreSQL's side again"; // finds: destructor
            (void)jumped_over;
        });
    });
    if (number == 0) {
        ereport(ERROR, (errcode(ERRCODE_INTERNAL_ERROR), errmsg("%s", make_string().c_str()))); // finds: destructor
    }
    const auto in_lambda = [] { return make_string().size(); }; // finds: destructor
    PG_RETURN_INT32(nothing_but_lambda(static_cast<int>(in_lambda() + owner.method())));
}

// Not in a namespace of ours, and no name of ours.
extern "C" void an_init_function() {
    const std::string text = "outside"; // finds: destructor
}
