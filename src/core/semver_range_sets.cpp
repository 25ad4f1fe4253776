// Ranges as sets of versions: exact answers, where npm's intersects() and subset() use rules of thumb.
//
// With include_prerelease an alternative is one span on the line of all versions. In default mode its releases are one
// span on the line of releases; and for each major.minor.patch that one of its comparators has a prerelease of, its
// prereleases of that one are the piece of its span that lies between X.Y.Z-0 and X.Y.Z. Prereleases of different
// versions do not touch, so each question is asked of the releases and of the prereleases of each version in turn.
#include "semver_range_cuts.hpp"

namespace mlregistry::semver_range {

namespace {

bool core_less(Bytes a, Bytes b) noexcept { return compare_keys(a, b) < 0; }

/// Which alternatives admit prereleases of which major.minor.patch, by the latter. None with include_prerelease.
class Admissions {
  public:
    struct Entry {
        Bytes core;
        std::uint8_t alternative;
    };

    explicit Admissions(const Compiled &range) noexcept {
        if (range.include_prerelease) {
            return;
        }
        for (std::uint8_t i = 0; i < range.alternative_count; ++i) {
            const Alternative &alternative = range.alternatives[i];
            for (std::size_t j = 0; j < alternative.count; ++j) {
                const Comparator &c = range.comparators[alternative.first + j];
                if (c.prerelease && !alternative.empty) {
                    entries_[count_++] = {range.version(c).first(c.core_size), i};
                }
            }
        }
        std::sort(entries_, entries_ + count_, [](const Entry &a, const Entry &b) {
            return same_bytes(a.core, b.core) ? a.alternative < b.alternative : core_less(a.core, b.core);
        });
        count_ = static_cast<std::size_t>(std::unique(entries_, entries_ + count_,
                                                      [](const Entry &a, const Entry &b) {
                                                          return a.alternative == b.alternative &&
                                                                 same_bytes(a.core, b.core);
                                                      }) -
                                          entries_);
    }

    [[nodiscard]] const Entry *begin() const noexcept { return entries_; }
    [[nodiscard]] const Entry *end() const noexcept { return entries_ + count_; }

    /// The first entry behind those of `core`.
    [[nodiscard]] const Entry *behind(Bytes core) const noexcept {
        return std::partition_point(begin(), end(), [core](const Entry &e) { return !core_less(core, e.core); });
    }
    /// The first entry of `core`, if there is one.
    [[nodiscard]] const Entry *first(Bytes core) const noexcept {
        return std::partition_point(begin(), end(), [core](const Entry &e) { return core_less(e.core, core); });
    }

  private:
    std::size_t count_ = 0;
    Entry entries_[max_compiled];
};

/// All prereleases of one major.minor.patch, as a span of the line of versions.
class Prereleases {
  public:
    explicit Prereleases(Bytes core) noexcept {
        first_.size = release_.size = std::min(core.size(), semver::max_stored - 2);
        std::copy_n(core.data(), first_.size, first_.data);
        std::copy_n(core.data(), release_.size, release_.data);
        first_.data[first_.size++] = least_version[3]; // the identifier 0
        first_.data[first_.size++] = semver::prerelease_end;
        release_.data[release_.size++] = semver::release_end;
    }

    [[nodiscard]] Span span() const noexcept { return {{first_.bytes(), false}, {release_.bytes(), false}}; }

  private:
    semver::Stored first_;
    semver::Stored release_;
};

/// The line on which whole alternatives are spans.
Line main_line(const Compiled &range) noexcept { return range.include_prerelease ? Line::versions : Line::releases; }

void collect(const Compiled &range, Spans &out) noexcept {
    const Line line = main_line(range);
    for (std::size_t i = 0; i < range.alternative_count; ++i) {
        if (!range.alternatives[i].empty) {
            out.add(span_of(range, range.alternatives[i].enclosing, line), line);
        }
    }
    out.merge(line);
}

/// The prereleases of one major.minor.patch that satisfy the range. The spans refer to `within`.
void collect(const Compiled &range, const Admissions &admissions, Bytes core, const Prereleases &within,
             Spans &out) noexcept {
    const auto *const end = admissions.behind(core);
    for (const auto *entry = admissions.first(core); entry != end; ++entry) {
        const Interval &enclosing = range.alternatives[entry->alternative].enclosing;
        out.add(intersection(span_of(range, enclosing, Line::versions), within.span(), Line::versions), Line::versions);
    }
    out.merge(Line::versions);
}

/// Calls `question` with each major.minor.patch that a range admits prereleases of, until it says true.
template <class Question> bool any_core(const Admissions &admissions, Question question) noexcept {
    for (const auto *entry = admissions.begin(); entry != admissions.end(); entry = admissions.behind(entry->core)) {
        if (question(entry->core)) {
            return true;
        }
    }
    return false;
}

// Spans that come here are merged: sorted, and none touches another.

bool overlap(const Spans &a, const Spans &b, Line line) noexcept {
    for (std::size_t i = 0, j = 0; i < a.count && j < b.count;) {
        if (!is_empty(intersection(a.data[i], b.data[j], line), line)) {
            return true;
        }
        if (compare(a.data[i].to, b.data[j].to, line) < 0) {
            ++i;
        } else {
            ++j;
        }
    }
    return false;
}

bool cover(const Spans &outer, const Spans &inner, Line line) noexcept {
    std::size_t at = 0;
    for (std::size_t i = 0; i < inner.count; ++i) {
        const Span &span = inner.data[i];
        while (at < outer.count && compare(outer.data[at].to, span.from, line) <= 0) {
            ++at;
        }
        if (at == outer.count || compare(outer.data[at].from, span.from, line) > 0 ||
            compare(outer.data[at].to, span.to, line) < 0) {
            return false;
        }
    }
    return true;
}

} // namespace

bool is_empty(const Compiled &range) noexcept {
    Spans spans;
    collect(range, spans);
    if (spans.count != 0) {
        return false;
    }
    const Admissions admissions{range};
    return !any_core(admissions, [&](Bytes core) noexcept {
        const Prereleases within{core};
        Spans some;
        collect(range, admissions, core, within, some);
        return some.count != 0;
    });
}

bool intersects(const Compiled &a, const Compiled &b) noexcept {
    {
        Spans a_spans;
        Spans b_spans;
        collect(a, a_spans);
        collect(b, b_spans);
        if (overlap(a_spans, b_spans, main_line(a))) {
            return true;
        }
    }
    const Admissions a_admissions{a};
    const Admissions b_admissions{b};
    return any_core(a_admissions, [&](Bytes core) noexcept {
        const Prereleases within{core};
        Spans a_spans;
        Spans b_spans;
        collect(a, a_admissions, core, within, a_spans);
        collect(b, b_admissions, core, within, b_spans);
        return overlap(a_spans, b_spans, Line::versions);
    });
}

bool contains(const Compiled &outer, const Compiled &inner) noexcept {
    {
        Spans outer_spans;
        Spans inner_spans;
        collect(outer, outer_spans);
        collect(inner, inner_spans);
        if (!cover(outer_spans, inner_spans, main_line(inner))) {
            return false;
        }
    }
    const Admissions outer_admissions{outer};
    const Admissions inner_admissions{inner};
    return !any_core(inner_admissions, [&](Bytes core) noexcept {
        const Prereleases within{core};
        Spans outer_spans;
        Spans inner_spans;
        collect(outer, outer_admissions, core, within, outer_spans);
        collect(inner, inner_admissions, core, within, inner_spans);
        return !cover(outer_spans, inner_spans, Line::versions);
    });
}

bool min_version(const Compiled &range, semver::Stored &out) noexcept {
    bool found = false;
    bool fits = true;
    const auto offer = [&](const Spans &spans, Line line) noexcept {
        semver::Stored least;
        if (spans.count == 0) {
            return;
        }
        if (!version_behind(spans.data[0].from, line, least)) {
            fits = false;
        } else if (!found || semver::compare(least.bytes(), out.bytes()) < 0) {
            out = least;
            found = true;
        }
    };
    {
        Spans spans;
        collect(range, spans);
        offer(spans, main_line(range));
    }
    const Admissions admissions{range};
    (void)any_core(admissions, [&](Bytes core) noexcept {
        const Prereleases within{core};
        Spans spans;
        collect(range, admissions, core, within, spans);
        offer(spans, Line::versions);
        return false;
    });
    return found && fits;
}

} // namespace mlregistry::semver_range
