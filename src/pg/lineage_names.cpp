#include "lineage_names.hpp"

#include "identity.hpp"
#include "row_receiver.hpp"
#include "text_argument.hpp"
#include "uuid.hpp"

extern "C" {
#include "catalog/pg_type.h"
#include "utils/array.h"
}

namespace mlregistry::pg {

namespace {

using lineage::Kind;

// $1 identifiers. Columns: place among them, project, its slug, group, label, whether deleted. LATERAL with OFFSET 0: a
// loop over the keys, whatever the planner thinks of the tables while they are small.
#define EQ " OPERATOR(pg_catalog.=) "
#define NAMES(columns, source)                                                                                         \
    "SELECT k.n, f.project_id, f.slug, f.group_name, f.label, f.is_deleted"                                            \
    "  FROM pg_catalog.unnest($1) WITH ORDINALITY AS k (id, n)"                                                        \
    " CROSS JOIN LATERAL (SELECT p.project_id, p.slug, " columns " FROM " source " OFFSET 0) AS f"
#define PROJECT_OF(row) " JOIN mlregistry.projects p ON p.project_id" EQ row ".project_id"
#define DELETED(row) row ".deleted_at IS NOT NULL OR p.deleted_at IS NOT NULL"

RowQuery queries[lineage::kind_count] = {
    {NAMES("NULL::pg_catalog.text AS group_name, d.dataset_name AS label, " DELETED("d") " AS is_deleted",
           "mlregistry.datasets d" PROJECT_OF("d") " WHERE d.dataset_id" EQ "k.id"),
     1,
     {UUIDARRAYOID},
     CURSOR_OPT_GENERIC_PLAN},
    {NAMES("e.environment_name AS group_name, d.deployment_name AS label, " DELETED("d") " AS is_deleted",
           "mlregistry.deployments d" PROJECT_OF("d") " LEFT JOIN mlregistry.environments e ON e.environment_id" EQ
                                                      "d.environment_id"
                                                      " WHERE d.deployment_id" EQ "k.id"),
     1,
     {UUIDARRAYOID},
     CURSOR_OPT_GENERIC_PLAN},
    {NAMES("e.experiment_name AS group_name,"
           " COALESCE(r.run_name, pg_catalog.concat('#', r.run_number)) AS label,"
           " e.deleted_at IS NOT NULL OR " DELETED("r") " AS is_deleted",
           "mlregistry.training_runs r" PROJECT_OF("r") " LEFT JOIN mlregistry.experiments e ON e.experiment_id" EQ
                                                        "r.experiment_id"
                                                        " WHERE r.run_id" EQ "k.id"),
     1,
     {UUIDARRAYOID},
     CURSOR_OPT_GENERIC_PLAN},
    {NAMES("m.model_name AS group_name, v.semver::pg_catalog.text AS label,"
           " m.deleted_at IS NOT NULL OR " DELETED("v") " AS is_deleted",
           "mlregistry.model_versions v" PROJECT_OF("v") " LEFT JOIN mlregistry.models m ON m.model_id" EQ "v.model_id"
                                                         " WHERE v.version_id" EQ "k.id"),
     1,
     {UUIDARRAYOID},
     CURSOR_OPT_GENERIC_PLAN},
};

#undef EQ
#undef NAMES
#undef PROJECT_OF
#undef DELETED

struct Naming {
    const Lineage *lineage;
    const std::uint32_t *numbers;
    NodeName *out;
    const std::uint32_t *places; ///< of the keys of this query among the numbers
    MemoryContext context;
    bool has_project;
    pg_uuid_t project; ///< the session's
    bool *found;
};

std::string_view keep(const char *text) { return {text, std::strlen(text)}; }

const char *text_of(pg_uuid_t id) { return DatumGetCString(DirectFunctionCall1(uuid_out, UUIDPGetDatum(&id))); }

/// Text of a column that may be NULL.
std::string_view column(TupleTableSlot *row, int n) {
    return row->tts_isnull[n] ? std::string_view{} : text_view(row->tts_values[n]);
}

#define TEXT(view) static_cast<int>((view).size()), (view).data()

/// The reference; `here`: what stands before the name of something of another project.
const char *reference_of(const LineageNode &node, std::string_view here, const NodeName &name) {
    const char *const slash = here.empty() ? "" : "/";
    switch (node.kind) {
    case Kind::dataset:
        return psprintf("dataset:%.*s%s%.*s", TEXT(here), slash, TEXT(name.label));
    case Kind::deployment:
        return psprintf("deployment:%.*s%s%.*s/%.*s", TEXT(here), slash, TEXT(name.group), TEXT(name.label));
    case Kind::run:
        return psprintf("run:%s", text_of(node.id));
    case Kind::version:
        return psprintf("%.*s%s%.*s@%.*s", TEXT(here), slash, TEXT(name.group), TEXT(name.label));
    }
    pg_unreachable();
}

#undef TEXT

/// kind:uuid.
const char *identifier_of(const LineageNode &node) {
    return psprintf("%s:%s", lineage::name_of(node.kind).data(), text_of(node.id));
}

bool take_name(TupleTableSlot *row, void *state) {
    const Naming &naming = *static_cast<Naming *>(state);
    slot_getallattrs(row);
    const std::uint32_t place = naming.places[DatumGetInt64(row->tts_values[0]) - 1];
    const bool is_here = naming.has_project && same_uuid(*DatumGetUUIDP(row->tts_values[1]), naming.project);
    const MemoryContext query = MemoryContextSwitchTo(naming.context);
    NodeName &name = naming.out[place];
    const auto kept = [](std::string_view text) {
        return text.empty() ? text : keep(pnstrdup(text.data(), text.size()));
    };
    name.project = kept(column(row, 2));
    name.group = kept(column(row, 3));
    name.label = kept(column(row, 4));
    name.is_deleted = DatumGetBool(row->tts_values[5]);
    const LineageNode &node = node_of(*naming.lineage, naming.numbers[place]);
    // Who may read versions but no models does not know what they are called.
    const bool is_nameless = (node.kind == Kind::version || node.kind == Kind::deployment) && row->tts_isnull[3];
    name.name =
        keep(is_nameless ? identifier_of(node) : reference_of(node, is_here ? std::string_view{} : name.project, name));
    naming.found[place] = true;
    MemoryContextSwitchTo(query);
    return true;
}

/// What is not there any more, for all that the caller sees.
void name_gone(const LineageNode &node, NodeName &name) {
    name.name = keep(identifier_of(node));
    name.label = keep(text_of(node.id));
    name.is_deleted = true;
}

} // namespace

void name_nodes(const Lineage &lineage, const std::uint32_t *numbers, std::uint32_t count, NodeName *out) {
    Assert(count <= most_names);
    const Workplace &here = current_workplace();
    auto *const ids = static_cast<Datum *>(palloc((static_cast<Size>(count) + 1) * sizeof(Datum)));
    auto *const places = static_cast<std::uint32_t *>(palloc((static_cast<Size>(count) + 1) * sizeof(std::uint32_t)));
    auto *const found = static_cast<bool *>(palloc0(static_cast<Size>(count) + 1));
    Naming naming{&lineage,
                  numbers,
                  out,
                  places,
                  CurrentMemoryContext,
                  here.project.has_value(),
                  here.project.value_or(pg_uuid_t{}),
                  found};
    std::fill_n(out, count, NodeName{});
    const int level = begin_index_plans();
    for (std::size_t k = 0; k < lineage::kind_count; ++k) {
        int wanted = 0;
        for (std::uint32_t i = 0; i < count; ++i) {
            const LineageNode &node = node_of(lineage, numbers[i]);
            if (node.kind == static_cast<Kind>(k) && !node.is_hidden) {
                ids[wanted] = UUIDPGetDatum(&node.id);
                places[wanted++] = i;
            }
        }
        if (wanted != 0) {
            ArrayType *const keys = construct_array(ids, wanted, UUIDOID, UUID_LEN, false, TYPALIGN_CHAR);
            const Datum value = PointerGetDatum(keys);
            for_each_row(queries[k], &value, take_name, &naming);
            pfree(keys);
        }
    }
    end_index_plans(level);
    for (std::uint32_t i = 0; i < count; ++i) {
        const LineageNode &node = node_of(lineage, numbers[i]);
        if (!found[i] && !node.is_hidden) {
            name_gone(node, out[i]);
        }
    }
    pfree(ids);
    pfree(places);
    pfree(found);
}

} // namespace mlregistry::pg
