#include "lttb.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>

namespace mlregistry {

namespace {

struct Place {
    double x = 0;
    double y = 0;
};

struct Bucket {
    std::size_t first;
    std::size_t end;
};

/// The first points of the least and of the greatest finite value.
struct Extremes {
    std::size_t least = 0;
    std::size_t greatest = 0;
    bool found = false;
};

/// Points that have to be chosen, in their order.
struct Pins {
    std::size_t at[2] = {0, 0};
    std::size_t count = 0;

    [[nodiscard]] std::span<const std::size_t> within(const Bucket &bucket) const noexcept {
        const auto *const begin = std::lower_bound(at, at + count, bucket.first);
        return {begin, std::lower_bound(begin, at + count, bucket.end)};
    }
};

/// What a bucket gives, in the order of the points.
struct Given {
    std::size_t at[3] = {0, 0, 0};
    std::size_t count = 0;

    void add(std::size_t index) noexcept {
        std::size_t place = count++;
        for (; place > 0 && at[place - 1] > index; --place) {
            at[place] = at[place - 1];
        }
        at[place] = index;
    }
};

constexpr std::size_t none = SIZE_MAX;

class Curve {
  public:
    Curve(std::span<const CurvePoint> points, StopRequested stop) : points_{points}, poll_{stop} {
        extremes_ = find_extremes();
        // Products of a large value and a step's distance are beyond what a double holds. Triangles keep their order
        // when all values become smaller by the same power of two; what vanishes then is nothing beside the largest.
        constexpr double large = 0x1p700;
        if (extremes_.found &&
            std::max(std::fabs(points[extremes_.least].value), std::fabs(points[extremes_.greatest].value)) > large) {
            scale_ = 0x1p-400;
        }
    }

    [[nodiscard]] const Extremes &extremes() const noexcept { return extremes_; }
    [[nodiscard]] bool is_finite(std::size_t i) const noexcept { return std::isfinite(points_[i].value); }

    /// The buckets between the first and the last point. The product stays far below 2^64: as many points as there is
    /// memory for, as many buckets as can be looked at.
    [[nodiscard]] Bucket bucket(std::size_t i, std::size_t buckets) const noexcept {
        const std::size_t inner = points_.size() - 2;
        return {i * inner / buckets + 1, (i + 1) * inner / buckets + 1};
    }

    /// The bucket that an inner point lies in: the last one whose first point is not after it.
    [[nodiscard]] Bucket bucket_of(std::size_t index, std::size_t buckets) const noexcept {
        const std::size_t inner = points_.size() - 2;
        return bucket((index * buckets - 1) / inner, buckets);
    }

    /// The first point that is not finite, or none.
    [[nodiscard]] std::size_t first_gap(const Bucket &range) {
        for (std::size_t i = range.first; i < range.end; ++i) {
            poll_();
            if (!is_finite(i)) {
                return i;
            }
        }
        return none;
    }

    /// Buckets, of which one pin more than there is place for takes one away: how many there are too many.
    [[nodiscard]] std::size_t surplus(const Pins &pins, std::size_t buckets) {
        if (buckets == 0) {
            return pins.count;
        }
        std::size_t too_many = 0;
        for (std::size_t i = 0; i < pins.count;) {
            const Bucket range = bucket_of(pins.at[i], buckets);
            const std::size_t here = pins.within(range).size();
            too_many += here - 1 + (first_gap(range) != none ? 1 : 0);
            i += here;
        }
        return too_many;
    }

    /// Writes the choice and returns its size: the first point, what the buckets give, the last point.
    std::size_t choose(std::size_t buckets, const Pins &pins, std::span<std::size_t> chosen) {
        const std::size_t last = points_.size() - 1;
        std::size_t count = 0;
        chosen[count++] = 0;
        std::optional<Place> before;
        if (is_finite(0)) {
            before = place(0);
        }
        bool gap_before = false;
        if (buckets == 0) {
            for (std::size_t i = 0; i < pins.count; ++i) {
                chosen[count++] = pins.at[i];
            }
        }
        for (std::size_t i = 0; i < buckets; ++i) {
            const Bucket range = bucket(i, buckets);
            const Bucket next = i + 1 < buckets ? bucket(i + 1, buckets) : Bucket{last, last + 1};
            const Given given = pick(range, next, before, gap_before, pins.within(range));
            gap_before = false;
            for (std::size_t k = 0; k < given.count; ++k) {
                const std::size_t index = given.at[k];
                chosen[count++] = index;
                if (is_finite(index)) {
                    before = place(index);
                } else {
                    gap_before = true;
                }
            }
        }
        chosen[count++] = last;
        return count;
    }

  private:
    /// Steps count from the first one, so that large ones keep their differences.
    [[nodiscard]] Place place(std::size_t i) const noexcept {
        const auto offset =
            static_cast<std::uint64_t>(points_[i].step) - static_cast<std::uint64_t>(points_.front().step);
        return {static_cast<double>(offset), points_[i].value * scale_};
    }

    Extremes find_extremes() {
        Extremes found;
        for (std::size_t i = 0; i < points_.size(); ++i) {
            poll_();
            const double value = points_[i].value;
            if (!std::isfinite(value)) {
                continue;
            }
            if (!found.found) {
                found = {.least = i, .greatest = i, .found = true};
            } else if (value < points_[found.least].value) {
                found.least = i;
            } else if (value > points_[found.greatest].value) {
                found.greatest = i;
            }
        }
        return found;
    }

    /// Mean of the finite points.
    std::optional<Place> mean(const Bucket &range) {
        Place sum;
        std::size_t n = 0;
        for (std::size_t i = range.first; i < range.end; ++i) {
            poll_();
            if (is_finite(i)) {
                const Place at = place(i);
                sum.x += at.x;
                sum.y += at.y;
                ++n;
            }
        }
        if (n == 0) {
            return std::nullopt;
        }
        return Place{sum.x / static_cast<double>(n), sum.y / static_cast<double>(n)};
    }

    Given pick(const Bucket &range, const Bucket &next, std::optional<Place> before, bool gap_before,
               std::span<const std::size_t> pinned) {
        Given given;
        for (const std::size_t index : pinned) {
            given.add(index);
        }
        if (const std::size_t gap = first_gap(range); gap != none) {
            const bool may_give_another = !pinned.empty() || has_finite(range);
            if (!gap_before || !may_give_another) {
                given.add(gap);
            }
        }
        if (given.count == 0) {
            given.add(largest_triangle(range, next, before));
        }
        return given;
    }

    [[nodiscard]] bool has_finite(const Bucket &range) {
        for (std::size_t i = range.first; i < range.end; ++i) {
            poll_();
            if (is_finite(i)) {
                return true;
            }
        }
        return false;
    }

    std::size_t largest_triangle(const Bucket &range, const Bucket &next, std::optional<Place> before) {
        if (!before.has_value()) {
            before = mean(range); // the curve begins here
        }
        // Nothing to aim at: what is farthest from where the curve is.
        const Place a = *before;
        const Place c = mean(next).value_or(Place{place(next.first).x, a.y});
        std::size_t best = none;
        double largest = -1;
        for (std::size_t i = range.first; i < range.end; ++i) {
            poll_();
            if (!is_finite(i)) {
                continue;
            }
            const Place b = place(i);
            const double size = std::fabs((a.x - c.x) * (b.y - a.y) - (a.x - b.x) * (c.y - a.y));
            if (size > largest) {
                largest = size;
                best = i;
            }
        }
        return best;
    }

    std::span<const CurvePoint> points_;
    StopPoll poll_;
    Extremes extremes_;
    double scale_ = 1;
};

std::size_t choose_all(std::size_t n, std::span<std::size_t> chosen) noexcept {
    for (std::size_t i = 0; i < n; ++i) {
        chosen[i] = i;
    }
    return n;
}

} // namespace

std::size_t lttb(std::span<const CurvePoint> points, std::span<std::size_t> chosen, StopRequested stop) {
    if (points.size() <= chosen.size()) {
        return choose_all(points.size(), chosen);
    }
    if (chosen.size() < 2) {
        return 0;
    }
    return Curve{points, stop}.choose(chosen.size() - 2, {}, chosen);
}

std::size_t lttb_with_extremes(std::span<const CurvePoint> points, std::span<std::size_t> chosen, StopRequested stop) {
    constexpr std::size_t enough = 4; // for the first, the last, the least and the greatest
    if (points.size() <= chosen.size() || chosen.size() < enough) {
        return lttb(points, chosen, stop);
    }
    Curve curve{points, stop};
    const std::size_t count = curve.choose(chosen.size() - 2, {}, chosen);
    const Extremes &extremes = curve.extremes();
    if (!extremes.found) {
        return count;
    }
    const auto is_missing = [&](double value) {
        return std::none_of(chosen.begin(), chosen.begin() + static_cast<std::ptrdiff_t>(count),
                            [&](std::size_t index) { return points[index].value == value; });
    };
    const double least = points[extremes.least].value;
    const double greatest = points[extremes.greatest].value;
    if (!is_missing(least) && !is_missing(greatest)) {
        return count;
    }
    // Both, whichever is missing: another choice in one bucket changes those after it.
    Pins pins;
    const auto pin = [&](std::size_t index) {
        const double value = points[index].value;
        if (value != points.front().value && value != points.back().value) {
            pins.at[pins.count++] = index;
        }
    };
    pin(std::min(extremes.least, extremes.greatest));
    pin(std::max(extremes.least, extremes.greatest));
    std::size_t fewer = 0;
    while (curve.surplus(pins, chosen.size() - 2 - fewer) > fewer) {
        ++fewer;
    }
    return curve.choose(chosen.size() - 2 - fewer, pins, chosen);
}

} // namespace mlregistry
