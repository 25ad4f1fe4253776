#include "metric_batch.hpp"

#include "validate.hpp"

#include <algorithm>
#include <tuple>
#include <unordered_map>
#include <vector>

namespace mlregistry {

namespace {

struct Key {
    std::uint32_t name;
    std::size_t position;
    std::int64_t step;
};

/// Numbers the distinct names. Neighbours often have the same one.
class Names {
  public:
    explicit Names(std::pmr::memory_resource *memory) : numbers_{memory} {}

    /// False where the name is new and no name.
    bool number(std::string_view name, std::uint32_t &out) {
        if (!numbers_.empty() && name == last_) {
            out = last_number_;
            return true;
        }
        const auto [at, is_new] = numbers_.try_emplace(name, static_cast<std::uint32_t>(numbers_.size()));
        if (is_new && !validate::is_valid_metric_name(name)) {
            return false;
        }
        last_ = name;
        last_number_ = out = at->second;
        return true;
    }

  private:
    std::pmr::unordered_map<std::string_view, std::uint32_t> numbers_;
    std::string_view last_;
    std::uint32_t last_number_ = 0;
};

} // namespace

MetricBatch judge_batch(std::span<const std::string_view> names, std::span<const std::int64_t> steps,
                        std::span<bool> superseded, std::pmr::memory_resource *memory, StopRequested stop) {
    MetricBatch batch;
    StopPoll poll{stop};
    Names known{memory};
    std::pmr::vector<std::int64_t> highest{memory}; // step of each name
    bool all_rise = true;
    std::uint32_t name = 0;
    for (std::size_t i = 0; i < names.size(); ++i) {
        poll();
        if (!known.number(names[i], name)) {
            batch.has_invalid_name = true;
            batch.invalid_name = i;
            return batch;
        }
        if (name == highest.size()) {
            highest.push_back(steps[i]);
        } else {
            all_rise = all_rise && steps[i] > highest[name];
            highest[name] = std::max(highest[name], steps[i]);
        }
    }
    if (all_rise) {
        return batch;
    }
    std::pmr::vector<Key> keys{memory};
    keys.reserve(names.size());
    for (std::size_t i = 0; i < names.size(); ++i) {
        poll();
        known.number(names[i], name);
        keys.push_back({name, i, steps[i]});
    }
    std::sort(keys.begin(), keys.end(), [](const Key &a, const Key &b) {
        return std::tie(a.name, a.step, a.position) < std::tie(b.name, b.step, b.position);
    });
    for (std::size_t i = 0; i + 1 < keys.size(); ++i) {
        if (keys[i].name == keys[i + 1].name && keys[i].step == keys[i + 1].step) {
            superseded[keys[i].position] = true;
            ++batch.superseded;
        }
    }
    return batch;
}

} // namespace mlregistry
