// Curves of any bytes: downsampling, settling, summaries, lines of text. They keep what follows from their rules.
#include "lttb.hpp"
#include "metric_summary.hpp"
#include "sparkline.hpp"
#include "welch.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>
#include <vector>

using mlregistry::CurvePoint;

static void require(bool holds) {
    if (!holds) {
        __builtin_trap();
    }
}

/// Two bytes of step and value make the same ones often; every fourth value is any eight bytes.
static std::vector<CurvePoint> read_curve(const std::uint8_t *data, std::size_t size) {
    std::vector<CurvePoint> points;
    while (size >= 2) {
        CurvePoint point{static_cast<std::int8_t>(data[0]), static_cast<double>(data[1]) - 128,
                         static_cast<std::int64_t>(points.size())};
        data += 2;
        size -= 2;
        if (data[-1] % 4 == 3 && size >= 8) {
            std::memcpy(&point.value, data, 8);
            std::memcpy(&point.step, data, data[-2] % 2 == 0 ? 8 : 1);
            data += 8;
            size -= 8;
        }
        points.push_back(point);
    }
    return points;
}

static bool has_extremes(const std::vector<CurvePoint> &points, const std::vector<std::size_t> &chosen) {
    double least = INFINITY;
    double greatest = -INFINITY;
    for (const CurvePoint &point : points) {
        if (std::isfinite(point.value)) {
            least = std::min(least, point.value);
            greatest = std::max(greatest, point.value);
        }
    }
    const auto has = [&](double value) {
        return std::any_of(chosen.begin(), chosen.end(), [&](std::size_t i) { return points[i].value == value; });
    };
    return least > greatest || (has(least) && has(greatest));
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    if (size < 1) {
        return 0;
    }
    const std::size_t wanted = data[0];
    std::vector<CurvePoint> points = read_curve(data + 1, size - 1);
    points.resize(mlregistry::settle(points));
    for (std::size_t i = 1; i < points.size(); ++i) {
        require(points[i - 1].step < points[i].step);
    }
    for (const auto method : {&mlregistry::lttb, &mlregistry::lttb_with_extremes}) {
        std::vector<std::size_t> chosen(wanted);
        chosen.resize(method(points, chosen, nullptr));
        const bool with_extremes = method == &mlregistry::lttb_with_extremes;
        const std::size_t all = points.size() <= wanted ? points.size() : wanted < 2 ? 0 : wanted;
        require(chosen.size() <= all && chosen.size() + (with_extremes && wanted >= 4 ? 2 : 0) >= all);
        for (std::size_t i = 0; i < chosen.size(); ++i) {
            require(i == 0 || chosen[i - 1] < chosen[i]);
            require(chosen[i] < points.size());
        }
        require(chosen.empty() || (chosen.front() == 0 && chosen.back() == points.size() - 1));
        require(!with_extremes || wanted < 4 || has_extremes(points, chosen));
    }
    mlregistry::MetricFold fold;
    std::vector<double> values;
    for (const CurvePoint &point : points) {
        fold.add(point);
        values.push_back(point.value);
    }
    if (!points.empty()) {
        const mlregistry::MetricSummary summary = fold.finish();
        require(summary.n + summary.nans == static_cast<std::int64_t>(points.size()));
        require(summary.first.step == points.front().step && summary.last.step == points.back().step);
        require(summary.n == 0 || summary.least.value <= summary.greatest.value);
        const double p = mlregistry::student_two_sided(points.front().value, std::fabs(points.back().value));
        require(std::isnan(p) || (p >= 0 && p <= 1 + 1e-12));
    }
    std::vector<double> means(wanted);
    means.resize(mlregistry::column_means(points, means));
    require(means.size() == std::min(points.size(), wanted));
    std::string line(values.size() * mlregistry::longest_mark, ' ');
    require(mlregistry::sparkline(values, mlregistry::ascii_marks(), line) == values.size());
    require(mlregistry::sparkline(values, mlregistry::utf8_marks(), line) >= values.size());
    (void)mlregistry::goal_of_metric({reinterpret_cast<const char *>(data), size});
    return 0;
}
