// Functions on type semver: parts, predicates, construction, arithmetic, other spellings.
#include "semver_datum.hpp"

extern "C" {
#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
#include "utils/array.h"
}

#include "core/semver_chars.hpp"

namespace mlregistry::pg {

namespace {

using semver::Text;

struct SplitVersion {
    Text text;
    semver::Parts parts;
};

void split_argument(FunctionCallInfo fcinfo, int n, SplitVersion &out) {
    semver_text(semver_argument(fcinfo, n), out.text);
    out.parts = semver::split(out.text.view());
}

Datum numeric_datum(std::string_view digits) {
    return DirectFunctionCall3(numeric_in, CStringGetDatum(pnstrdup(digits.data(), digits.size())),
                               ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1));
}

/// Digits of a numeric argument that must be a whole number from zero on. 2.0 is one, whatever its scale.
std::string_view whole_number_argument(FunctionCallInfo fcinfo, int n, const char *name) {
    const std::string_view written{DatumGetCString(DirectFunctionCall1(numeric_out, PG_GETARG_DATUM(n)))};
    const auto point = written.find('.');
    const auto whole = written.substr(0, point);
    const auto fraction = point == std::string_view::npos ? std::string_view{} : written.substr(point + 1);
    if (!semver::all_digits(whole) || fraction.find_first_not_of('0') != std::string_view::npos) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("%s of a version must be a whole number from 0 on", name),
                        errdetail("It is %s.", for_message(written))));
    }
    return whole;
}

semver::Part part_argument(FunctionCallInfo fcinfo, int n) {
    const std::string_view name = text_argument(fcinfo, n);
    semver::Part part{};
    if (!semver::part_from_name(name, part)) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("unknown part of a version: \"%s\"", for_message(name)),
                        errhint("The parts are major, minor, patch, premajor, preminor, prepatch, prerelease and "
                                "release.")));
    }
    return part;
}

} // namespace

} // namespace mlregistry::pg

using namespace mlregistry;
using namespace mlregistry::pg;

MLR_FUNCTION(mlregistry_semver_major) {
    SplitVersion v;
    split_argument(fcinfo, 0, v);
    return numeric_datum(v.parts.major);
}

MLR_FUNCTION(mlregistry_semver_minor) {
    SplitVersion v;
    split_argument(fcinfo, 0, v);
    return numeric_datum(v.parts.minor);
}

MLR_FUNCTION(mlregistry_semver_patch) {
    SplitVersion v;
    split_argument(fcinfo, 0, v);
    return numeric_datum(v.parts.patch);
}

MLR_FUNCTION(mlregistry_semver_prerelease) {
    SplitVersion v;
    split_argument(fcinfo, 0, v);
    if (v.parts.prerelease.empty()) {
        PG_RETURN_NULL();
    }
    return text_datum(v.parts.prerelease);
}

MLR_FUNCTION(mlregistry_semver_prerelease_identifiers) {
    SplitVersion v;
    split_argument(fcinfo, 0, v);
    if (v.parts.prerelease.empty()) {
        PG_RETURN_NULL();
    }
    Datum identifiers[semver::max_text];
    int n = 0;
    for (auto rest = v.parts.prerelease; !rest.empty();) {
        identifiers[n++] = text_datum(semver::take_identifier(rest));
    }
    PG_RETURN_ARRAYTYPE_P(construct_array(identifiers, n, TEXTOID, -1, false, TYPALIGN_INT));
}

MLR_FUNCTION(mlregistry_semver_build) {
    SplitVersion v;
    split_argument(fcinfo, 0, v);
    if (v.parts.build.empty()) {
        PG_RETURN_NULL();
    }
    return text_datum(v.parts.build);
}

MLR_FUNCTION(mlregistry_semver_core) {
    SplitVersion v;
    split_argument(fcinfo, 0, v);
    Text core;
    semver::truncate(v.text.view(), semver::Part::patch, core);
    return semver_from_text(core.view(), v.text.view());
}

MLR_FUNCTION(mlregistry_semver_is_prerelease) { PG_RETURN_BOOL(semver::is_prerelease(semver_argument(fcinfo, 0))); }

/// semver(major, minor, patch, pre, build): not strict, since pre and build may be NULL.
MLR_FUNCTION(mlregistry_semver_construct) {
    if (PG_ARGISNULL(0) || PG_ARGISNULL(1) || PG_ARGISNULL(2)) {
        PG_RETURN_NULL();
    }
    const std::string_view numbers[] = {
        whole_number_argument(fcinfo, 0, "major"),
        whole_number_argument(fcinfo, 1, "minor"),
        whole_number_argument(fcinfo, 2, "patch"),
    };
    const std::string_view pre = PG_ARGISNULL(3) ? std::string_view{} : text_argument(fcinfo, 3);
    const std::string_view build = PG_ARGISNULL(4) ? std::string_view{} : text_argument(fcinfo, 4);
    StringInfoData text;
    initStringInfo(&text);
    for (const std::string_view number : numbers) {
        appendBinaryStringInfo(&text, text.len == 0 ? "" : ".", text.len == 0 ? 0 : 1);
        appendBinaryStringInfo(&text, number.data(), static_cast<int>(number.size()));
    }
    if (!PG_ARGISNULL(3)) {
        appendStringInfoChar(&text, '-');
        appendBinaryStringInfo(&text, pre.data(), static_cast<int>(pre.size()));
    }
    if (!PG_ARGISNULL(4)) {
        appendStringInfoChar(&text, '+');
        appendBinaryStringInfo(&text, build.data(), static_cast<int>(build.size()));
    }
    const std::string_view version{text.data, static_cast<std::size_t>(text.len)};
    const Datum result = semver_from_text(version, version);
    // "a+b" as prerelease would have become the prerelease a and the build b.
    if (pre.find('+') != std::string_view::npos) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("a prerelease must not contain a plus: \"%s\"", for_message(pre)),
                        errhint("Give the build metadata as the fifth argument.")));
    }
    return result;
}

MLR_FUNCTION(mlregistry_semver_bump) {
    const std::string_view preid = PG_NARGS() > 2 ? text_argument(fcinfo, 2) : std::string_view{};
    const semver::Part part = part_argument(fcinfo, 1);
    Text version;
    semver_text(semver_argument(fcinfo, 0), version);
    Text next;
    const semver::Outcome outcome = semver::bump(version.view(), part, preid, next);
    if (outcome.error == semver::Error::too_long) {
        raise_not_semver(next.view(), outcome, "type semver");
    }
    if (!outcome.ok()) {
        const bool preid_is_bad = outcome.error == semver::Error::bad_preid;
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        preid_is_bad ? errmsg("invalid prerelease identifier: \"%s\"", for_message(preid))
                                     : errmsg("%s cannot be bumped that way", for_message(version.view())),
                        errdetail_internal("%s", sentence(semver::describe(outcome.error)))));
    }
    return semver_from_text(next.view(), next.view());
}

MLR_FUNCTION(mlregistry_semver_diff) {
    Text a;
    Text b;
    semver_text(semver_argument(fcinfo, 0), a);
    semver_text(semver_argument(fcinfo, 1), b);
    const std::string_view part = semver::diff(a.view(), b.view());
    if (part.empty()) {
        PG_RETURN_NULL();
    }
    return text_datum(part);
}

MLR_FUNCTION(mlregistry_semver_truncate) {
    Text version;
    semver_text(semver_argument(fcinfo, 0), version);
    Text cut;
    semver::truncate(version.view(), part_argument(fcinfo, 1), cut);
    return semver_from_text(cut.view(), version.view());
}

MLR_FUNCTION(mlregistry_semver_coerce) {
    const std::string_view input = text_argument(fcinfo, 0);
    Text text;
    if (const semver::Outcome outcome = semver::coerce(input, text); !outcome.ok()) {
        raise_not_semver(input, outcome, "semver_coerce()");
    }
    return semver_from_text(text.view(), input);
}

MLR_FUNCTION(mlregistry_semver_from_pep440) {
    const std::string_view input = text_argument(fcinfo, 0);
    Text text;
    if (const semver::Outcome outcome = semver::from_pep440(input, text); !outcome.ok()) {
        raise_not_semver(input, outcome, "semver_from_pep440()");
    }
    return semver_from_text(text.view(), input);
}
