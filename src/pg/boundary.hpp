// The one boundary between C++ and PostgreSQL (docs/design/architecture.md, section 2).
//
// PostgreSQL raises errors with longjmp, which runs no destructor; C++ raises them with exceptions, which PostgreSQL
// does not know. So a function that SQL calls has three parts:
//
//   decode   takes its arguments from PostgreSQL; may ereport, owns nothing with a destructor
//   guard    runs the C++ that may own and throw, in a lambda; what it throws becomes a plain Failure
//   encode   raise()s the failure or returns the result, again owning nothing
//
// Core functions that are noexcept and return trivially destructible values need no guard.
#pragma once

#include "compat.hpp"

#include "core/error.hpp"

#include <memory_resource>
#include <type_traits>
#include <utility>

namespace mlregistry::pg {

/// What went wrong inside a guard. Plain data: nothing is lost when an ereport jumps over it.
struct Failure {
    bool failed = false;
    bool interrupted = false; ///< the work stopped because a cancel or shutdown is pending
    int sqlstate = 0;
    char message[256];
    ErrorData *original = nullptr; ///< the PostgreSQL error, when one crossed the C++ frames
};

/// A PostgreSQL error on its way through C++ frames. Never swallow it: the transaction has failed.
class PostgresError {
  public:
    explicit PostgresError(ErrorData *error) noexcept : error_{error} {}
    [[nodiscard]] ErrorData *error() const noexcept { return error_; }

  private:
    ErrorData *error_;
};

/// Fills `failure` from the exception in flight. Only for use inside a catch.
void describe_current_exception(Failure &failure) noexcept;

/// Runs `work` and turns whatever it throws into a Failure. The exception object is gone on return.
template <class Work> [[nodiscard]] Failure guard(Work &&work) noexcept {
    Failure failure;
    try {
        std::forward<Work>(work)();
    } catch (...) {
        describe_current_exception(failure);
    }
    return failure;
}

/// Raises the failure as a PostgreSQL error; returns when there is none, or when the interrupt that stopped the
/// work turned out to be harmless. Call it from a frame that owns nothing.
void raise(const Failure &failure);

/// guard and raise for long work that polls stop_requested(): repeats it when the interrupt was harmless.
/// `work` must have no effect that a second run would see.
template <class Work> void run_guarded(Work &&work) {
    for (;;) {
        const Failure failure = guard(work);
        if (!failure.failed) {
            return;
        }
        raise(failure);
    }
}

/// The stop callback for loops of the core: true when a cancel, timeout or shutdown waits to be served.
[[nodiscard]] bool stop_requested() noexcept;

/// Runs call(argument) and returns its PostgreSQL error, or null. For call_postgres, which see. Not a template: setjmp
/// stays out of frames that own C++ objects, where compilers cannot tell what a longjmp leaves in registers.
[[nodiscard]] ErrorData *catch_postgres_error(void (*call)(void *) noexcept, void *argument) noexcept;

/// Calls PostgreSQL while C++ objects live: an ERROR inside `call` comes out as a PostgresError exception, whole.
/// `call` itself must own nothing with a destructor and must not throw. Wrap a batch, not a tuple.
template <class Call> auto call_postgres(Call &&call) {
    static_assert(std::is_nothrow_invocable_v<Call>, "a C++ exception must not leave PG_TRY: make the lambda noexcept");
    using Result = std::invoke_result_t<Call>;
    static_assert(std::is_void_v<Result> || std::is_trivially_copyable_v<Result>);
    struct Frame {
        std::remove_reference_t<Call> &call;
        std::conditional_t<std::is_void_v<Result>, char, Result> result{};
    } frame{call};
    ErrorData *const error = catch_postgres_error(
        [](void *argument) noexcept {
            auto &f = *static_cast<Frame *>(argument);
            if constexpr (std::is_void_v<Result>) {
                f.call();
            } else {
                f.result = f.call();
            }
        },
        &frame);
    if (error != nullptr) {
        throw PostgresError{error};
    }
    if constexpr (!std::is_void_v<Result>) {
        return frame.result;
    }
}

/// Memory for std::pmr containers from a PostgreSQL memory context, up to `limit` bytes at a time.
/// Throws std::bad_alloc when there is none, LimitExceeded beyond the limit; never raises a PostgreSQL error.
class ContextMemory final : public std::pmr::memory_resource {
  public:
    explicit ContextMemory(MemoryContext context, std::size_t limit) noexcept : context_{context}, limit_{limit} {}

  private:
    void *do_allocate(std::size_t bytes, std::size_t alignment) override;
    void do_deallocate(void *memory, std::size_t bytes, std::size_t alignment) override;
    [[nodiscard]] bool do_is_equal(const std::pmr::memory_resource &other) const noexcept override {
        return this == &other;
    }

    MemoryContext context_;
    std::size_t limit_;
    std::size_t used_ = 0;
};

/// work_mem in bytes.
[[nodiscard]] std::size_t work_memory() noexcept;

} // namespace mlregistry::pg
