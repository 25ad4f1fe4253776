#include "welch.hpp"

#include <cmath>
#include <limits>

namespace mlregistry {

namespace {

/// What Stirling's formula lacks of the logarithm of the gamma function: DLMF 5.11.1. To the last digit from 10 on.
double stirling_rest(double x) noexcept {
    const double s = 1 / (x * x);
    return (1.0 / 12 - s * (1.0 / 360 - s * (1.0 / 1260 - s * (1.0 / 1680 - s * (1.0 / 1188 - s * 691.0 / 360360))))) /
           x;
}

/// lgamma() writes a global; this one does not.
double log_gamma(double x) noexcept {
    int sign = 0;
    return lgamma_r(x, &sign);
}

/// Logarithm of B(a, b). The logarithms of large gamma functions have few digits left where they differ: there the
/// difference itself is written out.
double log_beta(double a, double b) noexcept {
    const double large = std::fmax(a, b);
    const double small = std::fmin(a, b);
    constexpr double enough_for_stirling = 10;
    if (large < enough_for_stirling) {
        return log_gamma(a) + log_gamma(b) - log_gamma(a + b);
    }
    const double difference = (large - 0.5) * std::log1p(small / large) + small * std::log(large + small) - small +
                              stirling_rest(large + small) - stirling_rest(large);
    return log_gamma(small) - difference;
}

/// The continued fraction of I_x(a, b) by Lentz's method as Thompson and Barnett have changed it. Converges quickly for
/// x < (a + 1) / (a + b + 2).
double beta_fraction(double x, double a, double b) noexcept {
    constexpr double tiny = 1e-300;
    constexpr int most_terms = 10000; // of which a few times the root of max(a, b) are needed
    const auto not_zero = [](double v) { return std::fabs(v) < tiny ? tiny : v; };
    double c = 1;
    double d = 1 / not_zero(1 - (a + b) * x / (a + 1));
    double fraction = d;
    for (int m = 1; m <= most_terms; ++m) {
        const double two_m = 2.0 * m;
        const double even = m * (b - m) * x / ((a + two_m - 1) * (a + two_m));
        d = 1 / not_zero(1 + even * d);
        c = not_zero(1 + even / c);
        fraction *= d * c;
        const double odd = -(a + m) * (a + b + m) * x / ((a + two_m) * (a + two_m + 1));
        d = 1 / not_zero(1 + odd * d);
        c = not_zero(1 + odd / c);
        fraction *= d * c;
        if (std::fabs(d * c - 1) < std::numeric_limits<double>::epsilon()) {
            break;
        }
    }
    return fraction;
}

/// I_x(a, b), where y is 1 - x with all its digits.
double beta_of_parts(double x, double y, double a, double b) noexcept {
    if (!(x > 0)) {
        return 0;
    }
    if (!(y > 0)) {
        return 1;
    }
    const double log_x = y < 0.5 ? std::log1p(-y) : std::log(x);
    const double log_y = x < 0.5 ? std::log1p(-x) : std::log(y);
    const double front = std::exp(a * log_x + b * log_y - log_beta(a, b));
    return x < (a + 1) / (a + b + 2) ? front * beta_fraction(x, a, b) / a : 1 - front * beta_fraction(y, b, a) / b;
}

/// G. W. Hill, Algorithm 395: Student's t-distribution, CACM 13 (1970): the normal deviate that has the same chance.
/// What it leaves out falls with the fourth power of the degrees.
double normal_for(double t, double degrees) noexcept {
    const double a = degrees - 0.5;
    const double b = 48 * a * a;
    const double y = a * std::log1p(t * t / degrees);
    constexpr double far = 1e4; // beyond, the chance is nothing, and powers of y may be more than a double holds
    if (y > far) {
        return std::numeric_limits<double>::infinity();
    }
    return (((((-0.4 * y - 3.3) * y - 24) * y - 85.5) / (0.8 * y * y + 100 + b) + y + 3) / b + 1) * std::sqrt(y);
}

} // namespace

double regularized_beta(double x, double a, double b) noexcept { return beta_of_parts(x, 1 - x, a, b); }

double student_two_sided(double t, double degrees) noexcept {
    if (std::isnan(t) || !(degrees > 0)) {
        return std::numeric_limits<double>::quiet_NaN();
    }
    if (std::isinf(degrees)) {
        return std::erfc(std::fabs(t) / std::sqrt(2.0));
    }
    const double squared = t * t;
    if (std::isinf(squared)) {
        return 0;
    }
    // The more degrees there are, the more terms the fraction needs, and the fewer digits its powers have.
    constexpr double many = 1e5;
    if (degrees > many) {
        return std::erfc(normal_for(t, degrees) / std::sqrt(2.0));
    }
    // Both sides of the symmetric distribution at once: DLMF 8.17, Abramowitz and Stegun 26.7.1.
    return beta_of_parts(degrees / (degrees + squared), squared / (degrees + squared), degrees / 2, 0.5);
}

WelchTest welch_test(const Sample &a, const Sample &b) noexcept {
    if (a.n < 2 || b.n < 2 || !std::isfinite(a.mean) || !std::isfinite(b.mean)) {
        return {};
    }
    const double of_a = a.variance / static_cast<double>(a.n);
    const double of_b = b.variance / static_cast<double>(b.n);
    const double together = of_a + of_b;
    if (!(of_a >= 0) || !(of_b >= 0) || !(together > 0) || !std::isfinite(together)) {
        return {};
    }
    // Shares, as squares of the variances may be too large or too small for a double.
    const double share_a = of_a / together;
    const double share_b = of_b / together;
    WelchTest result;
    result.t = (a.mean - b.mean) / std::sqrt(together);
    result.degrees =
        1 / (share_a * share_a / static_cast<double>(a.n - 1) + share_b * share_b / static_cast<double>(b.n - 1));
    result.p = student_two_sided(result.t, result.degrees);
    result.defined = true;
    return result;
}

} // namespace mlregistry
