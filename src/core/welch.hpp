// Welch's t-test: whether two samples have the same mean, without supposing that they have the same variance.
#pragma once

#include <cstdint>

namespace mlregistry {

/// A sample in short. Variance is the unbiased one, over n - 1.
struct Sample {
    std::int64_t n = 0;
    double mean = 0;
    double variance = 0;
};

struct WelchTest {
    /// False with fewer than two values on a side, where neither side varies, and where a mean or a variance is not a
    /// finite number or a variance is below zero.
    bool defined = false;
    double t = 0;       ///< of a's mean over b's
    double degrees = 0; ///< of freedom, by Welch and Satterthwaite
    double p = 0;       ///< two-sided
};

/// B. L. Welch, The generalization of "Student's" problem when several different population variances are involved,
/// Biometrika 34 (1947).
[[nodiscard]] WelchTest welch_test(const Sample &a, const Sample &b) noexcept;

/// Chance that |T| is at least |t| for Student's distribution with that many degrees of freedom; NaN without a number
/// or with degrees that are not above zero.
[[nodiscard]] double student_two_sided(double t, double degrees) noexcept;

/// The regularized incomplete beta function I_x(a, b), for a, b > 0 and x in [0, 1]: DLMF 8.17, by the continued
/// fraction 8.17.22.
[[nodiscard]] double regularized_beta(double x, double a, double b) noexcept;

} // namespace mlregistry
