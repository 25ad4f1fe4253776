// Downsampling of a curve by largest triangles: Sveinn Steinarsson, Downsampling Time Series for Visual Representation,
// University of Iceland, 2013, section 4.2 (Largest-Triangle-Three-Buckets).
#pragma once

#include <cstddef>
#include <span>

namespace mlregistry {

struct CurvePoint {
    double x = 0;
    double y = 0;
};

/// Asked now and then; true ends the work early.
using LttbStop = bool (*)() noexcept;

/// Picks `chosen.size()` of the points, which are in the order of x, and writes their indices in that order. Returns
/// how many were written: all where there are no more than asked for, else exactly as many, of which the first and the
/// last point are two (so ask for at least two); 0 when `stop` said so.
///
/// Bucket i of t takes the points [floor(i(n-2)/(t-2))+1, floor((i+1)(n-2)/(t-2))+1); the first of equal triangles
/// wins. A point that is not finite is the largest triangle of its bucket (the first one of them), and has no part in
/// the average of the next one's.
std::size_t lttb(std::span<const CurvePoint> points, std::span<std::size_t> chosen, LttbStop stop) noexcept;

} // namespace mlregistry
