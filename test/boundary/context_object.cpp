// An object that outlives a call: the state of a set-returning function, constructed in the function's memory context,
// destroyed by the context's reset callback however the query ends.
#include "ballast.hpp"

#include "pg/text_argument.hpp"

extern "C" {
#include "funcapi.h"
}

#include <memory>
#include <new>
#include <stdexcept>

using namespace mlregistry;
using namespace mlregistry::pg;
using boundary_test::Ballast;

namespace {

int constructed = 0;
int destroyed = 0;

class Series {
  public:
    explicit Series(std::int32_t last) : last_{last} {
        if (last < 0) {
            throw std::invalid_argument{"a series cannot end before 0"};
        }
        ++constructed;
    }
    ~Series() { ++destroyed; }
    Series(const Series &) = delete;
    Series &operator=(const Series &) = delete;

    [[nodiscard]] bool more() const noexcept { return next_ <= last_; }
    std::int32_t take() noexcept { return next_++; }

  private:
    // First, so that it is there, and must go, when the constructor throws.
    Ballast ballast_;
    std::int32_t last_;
    std::int32_t next_ = 1;
};

/// Room for the object and for the callback that destroys it, in one piece of the context.
struct SeriesInContext {
    MemoryContextCallback callback;
    alignas(Series) std::byte room[sizeof(Series)];

    [[nodiscard]] Series &series() noexcept { return *std::launder(reinterpret_cast<Series *>(room)); }
};

void destroy(void *kept) noexcept { std::destroy_at(&static_cast<SeriesInContext *>(kept)->series()); }

Series &make_series(MemoryContext context, std::int32_t last) {
    auto *const kept = static_cast<SeriesInContext *>(MemoryContextAllocZero(context, sizeof(SeriesInContext)));
    raise(guard([&] { ::new (static_cast<void *>(kept->room)) Series{last}; }));
    // Only now: an object that was never made must not be destroyed. Registering allocates nothing and cannot fail.
    kept->callback.func = destroy;
    kept->callback.arg = kept;
    MemoryContextRegisterResetCallback(context, &kept->callback);
    return kept->series();
}

} // namespace

/// bt_series(last integer, fails_at integer) → setof integer: 1 to last, with an error instead of fails_at.
MLR_FUNCTION(bt_series) {
    if (SRF_IS_FIRSTCALL()) {
        FuncCallContext *const first = SRF_FIRSTCALL_INIT();
        // The ballast allocates where it is made, and must live as long as its owner.
        const MemoryContext before = MemoryContextSwitchTo(first->multi_call_memory_ctx);
        first->user_fctx = &make_series(first->multi_call_memory_ctx, PG_GETARG_INT32(0));
        MemoryContextSwitchTo(before);
    }
    FuncCallContext *const call = SRF_PERCALL_SETUP();
    auto &series = *static_cast<Series *>(call->user_fctx);
    if (!series.more()) {
        SRF_RETURN_DONE(call);
    }
    const std::int32_t value = series.take();
    if (value == PG_GETARG_INT32(1)) {
        raise(guard([&] {
            const Ballast ballast;
            throw std::out_of_range{"the series failed"};
        }));
    }
    SRF_RETURN_NEXT(call, Int32GetDatum(value));
}

/// bt_series_constructed(), bt_series_destroyed() → integer: since the session began.
MLR_FUNCTION(bt_series_constructed) {
    (void)fcinfo;
    PG_RETURN_INT32(constructed);
}

MLR_FUNCTION(bt_series_destroyed) {
    (void)fcinfo;
    PG_RETURN_INT32(destroyed);
}
