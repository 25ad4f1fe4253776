// Downsampling of a curve by largest triangles: Sveinn Steinarsson, Downsampling Time Series for Visual Representation,
// University of Iceland, 2013, section 4.2 (Largest-Triangle-Three-Buckets).
#pragma once

#include "curve.hpp"
#include "error.hpp"

#include <cstddef>
#include <span>

namespace mlregistry {

/// Picks `chosen.size()` of the points, whose steps rise, and writes their indices in that order. Returns how many were
/// written: all where there are no more than asked for, else exactly as many, of which the first and the last point are
/// two; none where fewer than two are asked for.
///
/// Bucket i of t-2 takes the points [floor(i(n-2)/(t-2))+1, floor((i+1)(n-2)/(t-2))+1); the first of equal triangles
/// wins. A point that is not finite is the largest triangle of its bucket (the first one of them), unless the bucket
/// before has given such a point and this one has a finite one: else a curve with a NaN here and there were nothing but
/// these. It has no part in means, and no triangle is drawn from it: the finite point before it stays the corner.
///
/// Throws Interrupted when `stop` says so.
std::size_t lttb(std::span<const CurvePoint> points, std::span<std::size_t> chosen, StopRequested stop);

/// The same with the true extremes: what is chosen has the least and the greatest finite value of the curve.
///
/// Where lttb() has chosen them, this is its choice. Where it has not, and four points or more are asked for, it
/// chooses once more, and now the first point of either value (unless the first or the last point has it) is what its
/// bucket gives, beside a point that is not finite. When buckets so give more than one point, there are as many buckets
/// fewer, one or two: what is written may then be a point or two less than was asked for, and is never more.
std::size_t lttb_with_extremes(std::span<const CurvePoint> points, std::span<std::size_t> chosen, StopRequested stop);

} // namespace mlregistry
