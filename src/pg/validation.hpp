// What the validation functions and explain_invalid() share.
#pragma once

#include "text_argument.hpp"

extern "C" {
#include "utils/jsonb.h"
}

#include "core/explain.hpp"
#include "core/json_rules.hpp"
#include "core/validate.hpp"

namespace mlregistry::pg {

/// Other multi-byte encodings than UTF-8 are taken byte by byte: none of them uses ASCII bytes in server encodings.
inline validate::Charset database_charset() noexcept {
    return GetDatabaseEncoding() == PG_UTF8 ? validate::Charset::utf8 : validate::Charset::bytes;
}

/// What is_score says of a numeric.
[[nodiscard]] explain::Score judge_score(Datum numeric);

/// Walks a document through json::Metrics or json::Scopes; false when that breaks the rule, which then knows how.
/// Nothing is copied: the rule's problem points into the document.
template <class Rule> [[nodiscard]] bool keeps(Jsonb *document, Rule &rule);
extern template bool keeps(Jsonb *, json::Metrics &);
extern template bool keeps(Jsonb *, json::Scopes &);

} // namespace mlregistry::pg
