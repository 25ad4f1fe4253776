// How the core reports what is not an expected outcome. The glue's guard turns each into one SQLSTATE.
// Expected failures, bad input text above all, are returned values and never come this way.
#pragma once

#include <exception>

namespace mlregistry {

/// A bound that the caller set was reached (memory, steps). Becomes 54000.
class LimitExceeded : public std::exception {
  public:
    /// `what` must outlive the exception: pass a literal.
    explicit LimitExceeded(const char *what) noexcept : what_{what} {}
    [[nodiscard]] const char *what() const noexcept override { return what_; }

  private:
    const char *what_;
};

/// A stop callback said to stop. The call had no effect and may be made again.
class Interrupted : public std::exception {
  public:
    [[nodiscard]] const char *what() const noexcept override { return "interrupted"; }
};

/// Asked in long loops whether to go on; the core knows nothing of signals.
using StopRequested = bool (*)() noexcept;

/// Calls `requested` every 1024th time and throws Interrupted when it says so.
class StopPoll {
  public:
    explicit StopPoll(StopRequested requested) noexcept : requested_{requested} {}

    void operator()() {
        if ((++calls_ & 1023U) == 0 && requested_ != nullptr && requested_()) {
            throw Interrupted{};
        }
    }

  private:
    StopRequested requested_;
    unsigned calls_ = 0;
};

} // namespace mlregistry
