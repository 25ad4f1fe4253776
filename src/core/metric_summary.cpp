#include "metric_summary.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace mlregistry {

namespace {

/// Words whose metric is the better the less it is.
constexpr std::array<std::string_view, 52> words_of_less = {
    "bpb",        "bpc",   "brier",    "cer",   "cost",    "costs", "deviation",  "discrepancy", "distance",
    "divergence", "drift", "duration", "ece",   "eer",     "emd",   "epe",        "err",         "errors",
    "false",      "fid",   "fnr",      "fpr",   "hamming", "hours", "inertia",    "kid",         "kl",
    "latency",    "lpips", "mae",      "mape",  "mase",    "medae", "memory",     "mer",         "mpjpe",
    "ms",         "mse",   "msle",     "nll",   "nmse",    "nrmse", "perplexity", "ppl",         "regret",
    "rmse",       "rmsle", "seconds",  "smape", "ter",     "time",  "wer"};

/// Ends of words: logloss, valloss, crossentropy.
constexpr std::array<std::string_view, 4> ends_of_less = {"loss", "losses", "error", "entropy"};
constexpr std::size_t longest_word = 32;

constexpr bool is_upper(char c) noexcept { return c >= 'A' && c <= 'Z'; }
constexpr bool is_letter(char c) noexcept { return is_upper(c) || (c >= 'a' && c <= 'z'); }
constexpr char lower(char c) noexcept { return is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c; }

/// A word in small letters.
bool wants_less(std::string_view word) noexcept {
    return std::binary_search(words_of_less.begin(), words_of_less.end(), word) ||
           std::any_of(ends_of_less.begin(), ends_of_less.end(),
                       [=](std::string_view end) { return word.ends_with(end); });
}

/// What the words of a name have said so far.
struct Said {
    bool less = false;
    bool neg = false;      // neg_mean_squared_error, as scikit-learn has it, is to be large
    bool negative = false; // negative_log_likelihood is to be small

    void word(std::string_view word) noexcept {
        if (word == "likelihood" && (neg || negative)) {
            less = true;
            neg = false;
        }
        less = less || wants_less(word);
        neg = neg || word == "neg";
        negative = negative || word == "negative";
    }

    [[nodiscard]] MetricGoal goal() const noexcept {
        return less && !neg ? MetricGoal::minimize : MetricGoal::maximize;
    }
};

bool equal_without_case(std::string_view a, std::string_view b) noexcept {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return lower(x) == lower(y); });
}

} // namespace

MetricGoal goal_of_metric(std::string_view name) noexcept {
    static_assert(std::is_sorted(words_of_less.begin(), words_of_less.end()));
    Said said;
    char word[longest_word];
    std::size_t size = 0;
    for (std::size_t i = 0; i < name.size(); ++i) {
        const char c = name[i];
        const bool begins = is_upper(c) && i > 0 && !is_upper(name[i - 1]);
        if (!is_letter(c) || begins) {
            said.word({word, size});
            size = 0;
        }
        if (is_letter(c)) {
            if (size == longest_word) { // of a long word the end tells
                std::copy(word + 1, word + size, word);
                --size;
            }
            word[size++] = lower(c);
        }
    }
    said.word({word, size});
    return said.goal();
}

bool metric_goal_named(std::string_view word, MetricGoal &goal) noexcept {
    if (equal_without_case(word, "minimize") || equal_without_case(word, "min")) {
        goal = MetricGoal::minimize;
        return true;
    }
    if (equal_without_case(word, "maximize") || equal_without_case(word, "max")) {
        goal = MetricGoal::maximize;
        return true;
    }
    return false;
}

void MetricFold::take() noexcept {
    const StepValue here{pending_.step, pending_.value};
    if (summary_.n + summary_.nans == 0) {
        summary_.first = here;
    }
    summary_.last = here;
    if (std::isnan(here.value)) {
        ++summary_.nans;
        return;
    }
    if (summary_.n == 0 || here.value < summary_.least.value) {
        summary_.least = here;
    }
    if (summary_.n == 0 || here.value > summary_.greatest.value) {
        summary_.greatest = here;
    }
    ++summary_.n;
}

MetricSummary MetricFold::finish() noexcept {
    if (has_pending_) {
        take();
    }
    const MetricSummary done = summary_;
    *this = {};
    return done;
}

} // namespace mlregistry
