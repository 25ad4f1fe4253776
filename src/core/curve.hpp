// A curve: what a run measured of one metric, step by step.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace mlregistry {

struct CurvePoint {
    std::int64_t step = 0;
    double value = 0;
    std::int64_t recorded_at = 0; ///< on any clock that counts upwards
};

/// Brings points of any order into that of their steps and keeps, of several of one step, the one that was recorded
/// last. Returns how many there are now, from the beginning. Points that come in order, as most do, are only looked at.
[[nodiscard]] std::size_t settle(std::span<CurvePoint> points) noexcept;

/// A point of one of several curves, which are numbered.
struct NumberedPoint {
    CurvePoint point;
    std::uint32_t curve = 0;
};

/// Brings points into the order of their curves, steps and times of recording. All of them stay.
void order_by_curve(std::span<NumberedPoint> points) noexcept;

} // namespace mlregistry
