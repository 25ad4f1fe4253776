#include "curve.hpp"

#include <algorithm>
#include <tuple>

namespace mlregistry {

std::size_t settle(std::span<CurvePoint> points) noexcept {
    const auto is_before = [](const CurvePoint &a, const CurvePoint &b) {
        return std::tie(a.step, a.recorded_at) < std::tie(b.step, b.recorded_at);
    };
    if (!std::is_sorted(points.begin(), points.end(), is_before)) {
        std::sort(points.begin(), points.end(), is_before);
    }
    std::size_t kept = 0;
    for (const CurvePoint &point : points) {
        if (kept > 0 && points[kept - 1].step == point.step) {
            --kept;
        }
        points[kept++] = point;
    }
    return kept;
}

void order_by_curve(std::span<NumberedPoint> points) noexcept {
    const auto is_before = [](const NumberedPoint &a, const NumberedPoint &b) {
        return std::tie(a.curve, a.point.step, a.point.recorded_at) <
               std::tie(b.curve, b.point.step, b.point.recorded_at);
    };
    if (!std::is_sorted(points.begin(), points.end(), is_before)) {
        std::sort(points.begin(), points.end(), is_before);
    }
}

} // namespace mlregistry
