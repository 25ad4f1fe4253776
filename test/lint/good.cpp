// For scripts/lint-boundary --self-test: what the boundary allows. Nothing may be found here. Never linked.
#include "pg/boundary.hpp"
#include "pg/text_argument.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

using namespace mlregistry;
using namespace mlregistry::pg;

namespace {

struct Plain {
    std::string_view text;
    std::optional<int> number;
    std::pair<int, double> both;
};

std::string make_string();
void takes_reference(const std::pmr::vector<int> &numbers, std::string &&text);
Plain make_plain() noexcept;

// The member has no destructor that does anything.
class Named {
  public:
    ~Named() = default;
    int destroyed = 0;
};

template <class T> std::size_t on_references(const std::vector<T> &values) noexcept { return values.size(); }

int destroyed = 3; // a name, not a property

} // namespace

MLR_FUNCTION(good) {
    const std::string_view text = text_argument(fcinfo, 0);
    const Plain plain = make_plain();
    Named named;
    named.destroyed = destroyed;
    std::size_t size = 0;
    run_guarded([&] {
        ContextMemory memory{CurrentMemoryContext, work_memory()};
        std::pmr::vector<int> numbers{&memory};
        numbers.push_back(plain.number.value_or(1));
        std::sort(numbers.begin(), numbers.end(), [](int a, int b) {
            const std::string in_nested_lambda = "guarded as well";
            return a < b && !in_nested_lambda.empty();
        });
        takes_reference(numbers, make_string());
        for (const std::string &s : std::vector<std::string>{"a", "b"}) {
            size += s.size();
        }
        size += on_references(std::vector<int>{1, 2});
        if (numbers.empty()) {
            throw LimitExceeded{"too little"};
        }
        const Datum sum = call_postgres([&]() noexcept {
            // PostgreSQL's side, with another guard on it.
            raise(guard([&] {
                const std::unique_ptr<int> owned{new int{1}};
                size += static_cast<std::size_t>(*owned);
            }));
            return DirectFunctionCall2(int4pl, Int32GetDatum(1), Int32GetDatum(2));
        });
        size += DatumGetInt32(sum);
    });
    const Failure failure = mlregistry::pg::guard([&]() {
        try {
            (void)std::vector<int>{}.at(1);
        } catch (const std::exception &e) {
            // Another exception on top is fine, and so is raising where no exception is left.
            throw std::runtime_error{std::string("again: ") + e.what()};
        } catch (...) {
            throw;
        }
    });
    raise(failure);
    PG_TRY();
    { CHECK_FOR_INTERRUPTS(); }
    PG_CATCH();
    { PG_RE_THROW(); }
    PG_END_TRY();
    // lint-boundary: allow destructor: shows how; this one lives as long as the process
    static const std::string forever = "allowed";
    const std::string here = "allowed"; // lint-boundary: allow destructor: shows how
    try {
        size += forever.size() + here.size();
    } catch (...) {
        elog(ERROR, "allowed"); // lint-boundary: allow catch: shows how
    }
    ereport(ERROR, (errcode(ERRCODE_INTERNAL_ERROR), errmsg("%s: %zu", for_message(text), size)));
    PG_RETURN_VOID();
}
