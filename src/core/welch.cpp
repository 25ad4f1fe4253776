#include "welch.hpp"

#include <cmath>
#include <limits>

namespace mlregistry {

namespace {

/// lgamma() writes a global; this one does not.
double log_gamma(double x) noexcept {
    int sign = 0;
    return lgamma_r(x, &sign);
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

} // namespace

double regularized_beta(double x, double a, double b) noexcept {
    if (x <= 0) {
        return 0;
    }
    if (x >= 1) {
        return 1;
    }
    const double front =
        std::exp(log_gamma(a + b) - log_gamma(a) - log_gamma(b) + a * std::log(x) + b * std::log1p(-x));
    return x < (a + 1) / (a + b + 2) ? front * beta_fraction(x, a, b) / a : 1 - front * beta_fraction(1 - x, b, a) / b;
}

double student_two_sided(double t, double degrees) noexcept {
    // Both sides of the symmetric distribution at once: DLMF 8.17, Abramowitz and Stegun 26.7.1.
    return regularized_beta(degrees / (degrees + t * t), degrees / 2, 0.5);
}

WelchTest welch_test(const Sample &a, const Sample &b) noexcept {
    WelchTest result;
    if (a.n < 2 || b.n < 2) {
        return result;
    }
    const double of_a = a.variance / static_cast<double>(a.n);
    const double of_b = b.variance / static_cast<double>(b.n);
    const double together = of_a + of_b;
    if (!(together > 0) || !std::isfinite(together)) {
        return result;
    }
    result.t = (a.mean - b.mean) / std::sqrt(together);
    result.degrees =
        together * together / (of_a * of_a / static_cast<double>(a.n - 1) + of_b * of_b / static_cast<double>(b.n - 1));
    if (!std::isfinite(result.t) || !std::isfinite(result.degrees)) {
        return {};
    }
    result.p = student_two_sided(result.t, result.degrees);
    result.defined = true;
    return result;
}

} // namespace mlregistry
