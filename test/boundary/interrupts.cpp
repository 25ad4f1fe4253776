// Long work that polls: cancelled by others, by itself, by false alarm, and where interrupts cannot be served.
#include "ballast.hpp"

#include "pg/text_argument.hpp"

#include <signal.h>
#include <unistd.h>

#include <chrono>

using namespace mlregistry;
using namespace mlregistry::pg;
using boundary_test::Ballast;

namespace {

using Clock = std::chrono::steady_clock;

/// How often the work of the last bt_held_loop was begun.
int held_runs = 0;

Clock::time_point deadline_argument(FunctionCallInfo fcinfo) {
    return Clock::now() + std::chrono::milliseconds{PG_GETARG_INT32(0)};
}

void loop_until(Clock::time_point deadline) {
    StopPoll poll{stop_requested};
    while (Clock::now() < deadline) {
        poll();
    }
}

} // namespace

/// bt_loop(milliseconds integer): runs for that long unless stopped.
MLR_FUNCTION(bt_loop) {
    const Clock::time_point deadline = deadline_argument(fcinfo);
    run_guarded([&] {
        const Ballast ballast;
        loop_until(deadline);
    });
    return text_datum("not stopped");
}

/// bt_signalled_loop(milliseconds integer, signal integer): the same; sends a signal to itself first, 2 as
/// pg_cancel_backend does or 15 as pg_terminate_backend does, so that it surely arrives within the work.
MLR_FUNCTION(bt_signalled_loop) {
    const Clock::time_point deadline = deadline_argument(fcinfo);
    const int signal_number = PG_GETARG_INT32(1);
    run_guarded([&] {
        const Ballast ballast;
        kill(getpid(), signal_number);
        loop_until(deadline);
    });
    return text_datum("not stopped");
}

/// bt_held_loop(milliseconds integer): the same where interrupts are held off, as in a call under a buffer lock. The
/// work must end, as nothing else can end it, and the interrupt is served after.
MLR_FUNCTION(bt_held_loop) {
    const Clock::time_point deadline = deadline_argument(fcinfo);
    held_runs = 0;
    HOLD_INTERRUPTS();
    run_guarded([&] {
        ++held_runs;
        const Ballast ballast;
        loop_until(deadline);
    });
    RESUME_INTERRUPTS();
    CHECK_FOR_INTERRUPTS();
    return text_datum("not stopped");
}

/// bt_held_runs() → integer: 1 when the last bt_held_loop was not begun again and again.
MLR_FUNCTION(bt_held_runs) {
    (void)fcinfo;
    PG_RETURN_INT32(held_runs);
}

/// bt_false_alarm(times integer) → integer: Interrupted is thrown that often with no interrupt pending; how often the
/// work began.
MLR_FUNCTION(bt_false_alarm) {
    const int times = PG_GETARG_INT32(0);
    int runs = 0;
    run_guarded([&] {
        const Ballast ballast;
        if (++runs <= times) {
            throw Interrupted{};
        }
    });
    PG_RETURN_INT32(runs);
}

/// bt_false_alarm_once() → boolean: after guard alone, raise returns and the Failure still says what happened.
MLR_FUNCTION(bt_false_alarm_once) {
    (void)fcinfo;
    const Failure failure = guard([] {
        const Ballast ballast;
        throw Interrupted{};
    });
    raise(failure);
    PG_RETURN_BOOL(failure.failed && failure.interrupted && failure.sqlstate == ERRCODE_QUERY_CANCELED);
}
