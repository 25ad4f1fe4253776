// The derived form of a range: npm's sets of primitive comparators, and the intervals that enclose them.
#include "semver_range_cuts.hpp"
#include "semver_range_desugar.hpp"

#include <functional>

namespace mlregistry::semver_range {

namespace {

/// Collects what the parser reads.
class Builder {
  public:
    Builder(bool include_prerelease, Compiled &out) noexcept : out_{out} {
        out.include_prerelease = include_prerelease;
        out.alternative_count = 0;
        out.comparator_count = 0;
        out.interval_count = 0;
        out.pool_size = 0;
        start_alternative();
    }

    void any(std::string_view) noexcept {}

    void next_alternative() noexcept {
        finish_alternative();
        start_alternative();
    }

    Error comparator(std::string_view, Operator op, const Partial &partial) noexcept {
        Desugared made;
        return desugar(op, partial, out_.include_prerelease, made) ? add(made) : Error::version_too_long;
    }

    Error hyphen(const Partial &from, const Partial &to) noexcept {
        Desugared made;
        return desugar_hyphen(from, to, out_.include_prerelease, made) ? add(made) : Error::version_too_long;
    }

    void finish() noexcept {
        finish_alternative();
        drop_superfluous_alternatives();
        for (std::size_t i = 0; i < out_.alternative_count; ++i) {
            enclose(out_.alternatives[i]);
        }
        merge_intervals();
    }

  private:
    void start_alternative() noexcept {
        first_ = out_.comparator_count;
        pool_start_ = out_.pool_size;
        impossible_ = false;
    }

    void finish_alternative() noexcept {
        if (impossible_) {
            // As in npm, <0.0.0-0 stands for all that was said beside it.
            out_.comparator_count = first_;
            out_.pool_size = pool_start_;
            append(Op::lt, least_version);
        }
        out_.alternatives[out_.alternative_count++] = {
            first_, static_cast<std::uint8_t>(out_.comparator_count - first_), impossible_, {}};
    }

    Error add(const Desugared &made) noexcept {
        for (std::size_t i = 0; i < made.count; ++i) {
            const auto &[op, version] = made.primitives[i];
            const Bytes bytes = version.bytes();
            if (op == Op::lt && same_bytes(bytes, least_version)) {
                impossible_ = true;
            } else if (!is_always_true(op, bytes) && !is_known(op, bytes) && !append(op, bytes)) {
                return Error::too_long;
            }
        }
        return Error::none;
    }

    bool is_always_true(Op op, Bytes version) const noexcept {
        return op == Op::ge &&
               (out_.include_prerelease ? same_bytes(version, least_version) : same_bytes(version, least_release));
    }

    bool is_known(Op op, Bytes version) const noexcept {
        return std::any_of(out_.comparators + first_, out_.comparators + out_.comparator_count,
                           [&](const Comparator &c) { return c.op == op && same_bytes(out_.version(c), version); });
    }

    /// False when there is no room, which the limits of the source rule out.
    bool append(Op op, Bytes version) noexcept {
        if (out_.comparator_count == max_compiled || version.size() > max_pool - out_.pool_size) {
            return false;
        }
        out_.comparators[out_.comparator_count++] = {op, semver::is_prerelease(version), out_.pool_size,
                                                     static_cast<std::uint16_t>(version.size()),
                                                     static_cast<std::uint16_t>(core_size(version))};
        std::copy(version.begin(), version.end(), out_.pool + out_.pool_size);
        out_.pool_size = static_cast<std::uint16_t>(out_.pool_size + version.size());
        return true;
    }

    /// Impossible alternatives beside others say nothing, and others beside that of any version neither.
    void drop_superfluous_alternatives() noexcept {
        Alternative *const begin = out_.alternatives;
        Alternative *end = begin + out_.alternative_count;
        const auto is_impossible = [](const Alternative &a) { return a.empty; };
        if (std::all_of(begin, end, is_impossible)) {
            end = begin + 1;
        } else {
            end = std::remove_if(begin, end, is_impossible);
        }
        const auto *const any = std::find_if(begin, end, [](const Alternative &a) { return a.count == 0; });
        if (any != end) {
            *begin = *any;
            end = begin + 1;
        }
        out_.alternative_count = static_cast<std::uint8_t>(end - begin);
    }

    void enclose(Alternative &alternative) noexcept {
        Bound lower{};
        Bound upper{};
        for (std::size_t i = 0; i < alternative.count; ++i) {
            const Comparator &c = out_.comparators[alternative.first + i];
            const Bound bound{true, c.op != Op::lt && c.op != Op::gt, c.offset, c.size};
            if (c.op >= Op::eq && is_narrower(bound, lower, 1)) {
                lower = bound;
            }
            if (c.op <= Op::eq && is_narrower(bound, upper, -1)) {
                upper = bound;
            }
        }
        alternative.enclosing = {lower, upper};
        alternative.empty = is_empty(span_of(out_, alternative.enclosing, Line::versions), Line::versions);
    }

    /// `sign`: 1 where the greater bound is the narrower one, -1 where it is the lesser.
    bool is_narrower(const Bound &a, const Bound &than, int sign) const noexcept {
        if (!than.bounded) {
            return true;
        }
        const int c = semver::compare(out_.version(a), out_.version(than)) * sign;
        return c > 0 || (c == 0 && !a.inclusive && than.inclusive);
    }

    void merge_intervals() noexcept {
        Spans spans;
        for (std::size_t i = 0; i < out_.alternative_count; ++i) {
            if (!out_.alternatives[i].empty) {
                spans.add(span_of(out_, out_.alternatives[i].enclosing, Line::versions), Line::versions);
            }
        }
        spans.merge(Line::versions);
        for (std::size_t i = 0; i < spans.count; ++i) {
            const auto &[from, to] = spans.data[i];
            out_.intervals[i] = {bound_of(from, !from.behind), bound_of(to, to.behind)};
        }
        out_.interval_count = static_cast<std::uint8_t>(spans.count);
    }

    /// A cut that does not lie in the pool is one of the two ends of the line.
    Bound bound_of(const Cut &cut, bool inclusive) const noexcept {
        const std::less<> before; // of pointers into different arrays < says nothing
        if (before(cut.key.data(), +out_.pool) || !before(cut.key.data(), out_.pool + max_pool)) {
            return {};
        }
        return {true, inclusive, static_cast<std::uint16_t>(cut.key.data() - out_.pool),
                static_cast<std::uint16_t>(cut.key.size())};
    }

    Compiled &out_;
    std::uint8_t first_ = 0;
    std::uint16_t pool_start_ = 0;
    bool impossible_ = false;
};

int compare_comparators(const Compiled &a_range, const Comparator &a, const Compiled &b_range,
                        const Comparator &b) noexcept {
    const int c = semver::compare(a_range.version(a), b_range.version(b));
    return c != 0 ? c : static_cast<int>(a.op) - static_cast<int>(b.op);
}

/// FNV-1a over bytes and small numbers, with a last mix (that of splitmix64), since FNV's high bits are weak.
class Hash {
  public:
    explicit Hash(std::uint64_t seed) noexcept : state_{0xcbf29ce484222325U ^ seed} {}

    void add(std::uint8_t byte) noexcept { state_ = (state_ ^ byte) * 0x100000001b3U; }
    void add(Bytes bytes) noexcept {
        for (const std::uint8_t byte : bytes) {
            add(byte);
        }
    }
    [[nodiscard]] std::uint64_t value() const noexcept {
        std::uint64_t mixed = state_;
        mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9U;
        mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebU;
        return mixed ^ (mixed >> 31);
    }

  private:
    std::uint64_t state_;
};

void append(CanonicalText &out, std::string_view more) noexcept {
    const std::size_t n = std::min(sizeof out.data - out.size, more.size());
    std::copy_n(more.data(), n, out.data + out.size);
    out.size += n;
}

constexpr std::string_view text_of(Op op) noexcept {
    switch (op) {
    case Op::lt:
        return "<";
    case Op::le:
        return "<=";
    case Op::eq:
        return "";
    case Op::ge:
        return ">=";
    case Op::gt:
        return ">";
    }
    return "";
}

} // namespace

bool compile(std::string_view text, bool include_prerelease, Compiled &out) noexcept {
    Builder builder{include_prerelease, out};
    if (!Parser<Builder>{text, builder}.run().ok()) {
        return false;
    }
    builder.finish();
    return true;
}

void canonical(const Compiled &range, CanonicalText &out) noexcept {
    out.size = 0;
    for (std::size_t i = 0; i < range.alternative_count; ++i) {
        const Alternative &alternative = range.alternatives[i];
        append(out, i == 0 ? "" : "||");
        append(out, alternative.count == 0 ? "*" : "");
        for (std::size_t j = 0; j < alternative.count; ++j) {
            const Comparator &c = range.comparators[alternative.first + j];
            semver::Text version;
            (void)semver::decode(range.version(c), version);
            append(out, j == 0 ? "" : " ");
            append(out, text_of(c.op));
            append(out, version.view());
        }
    }
}

bool canonical(std::string_view text, bool include_prerelease, CanonicalText &out) noexcept {
    Compiled range;
    if (!compile(text, include_prerelease, range)) {
        return false;
    }
    canonical(range, out);
    return true;
}

int compare(const Compiled &a, const Compiled &b) noexcept {
    const std::size_t both = std::min(a.alternative_count, b.alternative_count);
    for (std::size_t i = 0; i < both; ++i) {
        const Alternative &a_set = a.alternatives[i];
        const Alternative &b_set = b.alternatives[i];
        for (std::size_t j = 0; j < std::min(a_set.count, b_set.count); ++j) {
            const int c = compare_comparators(a, a.comparators[a_set.first + j], b, b.comparators[b_set.first + j]);
            if (c != 0) {
                return c;
            }
        }
        if (a_set.count != b_set.count) {
            return a_set.count < b_set.count ? -1 : 1;
        }
    }
    return static_cast<int>(a.alternative_count) - static_cast<int>(b.alternative_count);
}

std::uint64_t hash(const Compiled &range, std::uint64_t seed) noexcept {
    Hash hash{seed};
    for (std::size_t i = 0; i < range.alternative_count; ++i) {
        const Alternative &alternative = range.alternatives[i];
        hash.add(alternative.count);
        for (std::size_t j = 0; j < alternative.count; ++j) {
            const Comparator &c = range.comparators[alternative.first + j];
            hash.add(static_cast<std::uint8_t>(c.op));
            hash.add(range.version(c));
        }
    }
    return hash.value();
}

} // namespace mlregistry::semver_range
