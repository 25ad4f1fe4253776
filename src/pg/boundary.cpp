#include "boundary.hpp"

extern "C" {
#include "utils/memutils.h"
}

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

bool stop_requested() noexcept { return InterruptPending != 0 && (QueryCancelPending != 0 || ProcDiePending != 0); }

std::size_t work_memory() noexcept { return static_cast<std::size_t>(work_mem) * 1024; }

void *ContextMemory::do_allocate(std::size_t bytes, std::size_t alignment) {
    if (bytes > limit_ - used_) {
        throw LimitExceeded{"this needs more memory than work_mem allows"};
    }
    // A size beyond MaxAllocHugeSize would raise a PostgreSQL error, which must not happen while C++ objects live.
    if (alignment > MAXIMUM_ALIGNOF || bytes > MaxAllocHugeSize) {
        throw std::bad_alloc{};
    }
    void *const memory =
        MemoryContextAllocExtended(context_, bytes == 0 ? 1 : bytes, MCXT_ALLOC_NO_OOM | MCXT_ALLOC_HUGE);
    if (memory == nullptr) {
        throw std::bad_alloc{};
    }
    used_ += bytes;
    return memory;
}

void ContextMemory::do_deallocate(void *memory, std::size_t bytes, std::size_t /*alignment*/) {
    pfree(memory);
    used_ -= bytes;
}

} // namespace mlregistry::pg
