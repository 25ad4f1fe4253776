#include "lttb.hpp"

#include <cmath>
#include <cstdint>

namespace mlregistry {

namespace {

struct Bucket {
    std::size_t first;
    std::size_t end;
};

/// Bucket i of `count` over the inner points, those between the first and the last one. The product stays far below
/// 2^64: as many points as there is memory for, as many buckets as can be looked at.
Bucket bucket_at(std::size_t i, std::size_t count, std::size_t inner) noexcept {
    const auto bound = [=](std::size_t k) { return k * inner / count + 1; };
    return {bound(i), bound(i + 1)};
}

/// Mean of the finite points; false where there are none.
bool mean_of(std::span<const CurvePoint> points, CurvePoint &mean) noexcept {
    double x = 0;
    double y = 0;
    std::size_t n = 0;
    for (const CurvePoint &point : points) {
        if (std::isfinite(point.y)) {
            x += point.x;
            y += point.y;
            ++n;
        }
    }
    if (n == 0) {
        return false;
    }
    mean = {x / static_cast<double>(n), y / static_cast<double>(n)};
    return true;
}

/// Twice the area of the triangle over a, b and c.
double area(const CurvePoint &a, const CurvePoint &b, const CurvePoint &c) noexcept {
    return std::fabs((a.x - c.x) * (b.y - a.y) - (a.x - b.x) * (c.y - a.y));
}

std::size_t pick(std::span<const CurvePoint> points, Bucket bucket, const CurvePoint &before,
                 const CurvePoint &after) noexcept {
    std::size_t best = bucket.first;
    double largest = -1;
    for (std::size_t i = bucket.first; i < bucket.end; ++i) {
        if (!std::isfinite(points[i].y)) {
            return i;
        }
        const double size = area(before, points[i], after);
        if (size > largest) {
            largest = size;
            best = i;
        }
    }
    return best;
}

} // namespace

std::size_t lttb(std::span<const CurvePoint> points, std::span<std::size_t> chosen, LttbStop stop) noexcept {
    const std::size_t n = points.size();
    const std::size_t wanted = chosen.size();
    if (n <= wanted) {
        for (std::size_t i = 0; i < n; ++i) {
            chosen[i] = i;
        }
        return n;
    }
    if (wanted < 2) {
        return 0;
    }
    const std::size_t buckets = wanted - 2;
    chosen[0] = 0;
    CurvePoint before = points[0];
    for (std::size_t i = 0; i < buckets; ++i) {
        if (stop()) {
            return 0;
        }
        const Bucket bucket = bucket_at(i, buckets, n - 2);
        const Bucket next = i + 1 < buckets ? bucket_at(i + 1, buckets, n - 2) : Bucket{n - 1, n};
        CurvePoint after{};
        if (!mean_of(points.subspan(next.first, next.end - next.first), after)) {
            after = before; // nothing to aim at: the largest step away from where the curve is
        }
        if (!std::isfinite(before.y)) {
            before = after;
        }
        chosen[i + 1] = pick(points, bucket, before, after);
        before = points[chosen[i + 1]];
    }
    chosen[wanted - 1] = n - 1;
    return wanted;
}

} // namespace mlregistry
