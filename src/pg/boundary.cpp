#include "boundary.hpp"

extern "C" {
#include "utils/memutils.h"
}

#include <cstdint>
#include <cstring>
#include <new>
#include <stdexcept>

namespace mlregistry::pg {

namespace {

void fill(Failure &failure, int sqlstate, const char *message) noexcept {
    failure.failed = true;
    failure.sqlstate = sqlstate;
    strlcpy(failure.message, message, sizeof failure.message);
}

} // namespace

void describe_current_exception(Failure &failure) noexcept {
    // The order is from the derived to the base, as catch takes the first that fits.
    try {
        throw;
    } catch (const PostgresError &e) {
        fill(failure, e.error()->sqlerrcode, "");
        failure.original = e.error();
    } catch (const Interrupted &e) {
        fill(failure, ERRCODE_QUERY_CANCELED, e.what());
        failure.interrupted = true;
    } catch (const LimitExceeded &e) {
        fill(failure, ERRCODE_PROGRAM_LIMIT_EXCEEDED, e.what());
    } catch (const std::bad_alloc &) {
        fill(failure, ERRCODE_OUT_OF_MEMORY, "out of memory");
    } catch (const std::length_error &e) {
        fill(failure, ERRCODE_PROGRAM_LIMIT_EXCEEDED, e.what());
    } catch (const std::invalid_argument &e) {
        fill(failure, ERRCODE_INVALID_PARAMETER_VALUE, e.what());
    } catch (const std::domain_error &e) {
        fill(failure, ERRCODE_INVALID_PARAMETER_VALUE, e.what());
    } catch (const std::out_of_range &e) {
        fill(failure, ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE, e.what());
    } catch (const std::range_error &e) {
        fill(failure, ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE, e.what());
    } catch (const std::overflow_error &e) {
        fill(failure, ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE, e.what());
    } catch (const std::underflow_error &e) {
        fill(failure, ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE, e.what());
    } catch (const std::exception &e) {
        fill(failure, ERRCODE_EXTERNAL_ROUTINE_EXCEPTION, e.what());
    } catch (...) {
        fill(failure, ERRCODE_EXTERNAL_ROUTINE_EXCEPTION, "an exception of an unknown type");
    }
}

void raise(const Failure &failure) {
    if (!failure.failed) {
        return;
    }
    if (failure.original != nullptr) {
        ReThrowError(failure.original);
    }
    if (failure.interrupted) {
        CHECK_FOR_INTERRUPTS();
        return;
    }
    ereport(ERROR, (errcode(failure.sqlstate), errmsg("%s", failure.message)));
}

ErrorData *catch_postgres_error(void (*call)(void *) noexcept, void *argument) noexcept {
    const MemoryContext context = CurrentMemoryContext;
    ErrorData *volatile error = nullptr;
    PG_TRY();
    { call(argument); }
    PG_CATCH();
    {
        MemoryContextSwitchTo(context);
        error = CopyErrorData();
        FlushErrorState();
    }
    PG_END_TRY();
    return error;
}

bool stop_requested() noexcept {
    // Where interrupts are held off (under a buffer lock, say) raise() could not serve one: the work would begin again
    // and again, for ever.
    return InterruptPending != 0 && (QueryCancelPending != 0 || ProcDiePending != 0) && INTERRUPTS_CAN_BE_PROCESSED();
}

std::size_t work_memory() noexcept { return static_cast<std::size_t>(work_mem) * 1024; }

// Beyond PostgreSQL's own alignment (8, less than the 16 that pmr's arenas ask for) a block is made larger, an aligned
// place in it is handed out, and the word before that place remembers where the block begins.

void *ContextMemory::do_allocate(std::size_t bytes, std::size_t alignment) {
    if (bytes > limit_ - used_) {
        throw LimitExceeded{"this needs more memory than work_mem allows"};
    }
    const std::size_t extra = alignment > MAXIMUM_ALIGNOF ? alignment : 0;
    // A size beyond MaxAllocHugeSize would raise a PostgreSQL error, which must not happen while C++ objects live.
    if (extra > MaxAllocHugeSize || bytes > MaxAllocHugeSize - extra) {
        throw std::bad_alloc{};
    }
    const std::size_t size = bytes + extra;
    void *memory = MemoryContextAllocExtended(context_, size == 0 ? 1 : size, MCXT_ALLOC_NO_OOM | MCXT_ALLOC_HUGE);
    if (memory == nullptr) {
        throw std::bad_alloc{};
    }
    if (extra != 0) {
        void *const block = memory;
        memory = reinterpret_cast<void *>(TYPEALIGN_DOWN(alignment, reinterpret_cast<std::uintptr_t>(block) + extra));
        static_cast<void **>(memory)[-1] = block;
    }
    used_ += bytes;
    return memory;
}

void ContextMemory::do_deallocate(void *memory, std::size_t bytes, std::size_t alignment) {
    pfree(alignment > MAXIMUM_ALIGNOF ? static_cast<void **>(memory)[-1] : memory);
    used_ -= bytes;
}

} // namespace mlregistry::pg
