#include "lineage_sight.hpp"

#include "lineage_table.hpp"
#include "rights.hpp"

extern "C" {
#include "access/table.h"
#include "catalog/namespace.h"
#include "rewrite/rowsecurity.h"
#include "utils/acl.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/rls.h"
}

namespace mlregistry::pg {

namespace {

constexpr std::uint32_t first_room = 16;

/// Any hash will do: projects are few.
std::uint32_t project_hash(const pg_uuid_t &id) noexcept { return hash_of(lineage::Kind::dataset, id); }

/// Whether row security opens rows of a table to anybody: a changed rule of access may leave them to their owner, which
/// is no policy at all.
bool has_readers(const char *table) {
    Relation const relation =
        table_open(get_relname_relid(table, get_namespace_oid("mlregistry", false)), AccessShareLock);
    bool is_open = !relation->rd_rel->relrowsecurity;
    if (relation->rd_rsdesc != nullptr) {
        ListCell *cell = nullptr;
        foreach (cell, relation->rd_rsdesc->policies) {
            const auto *const policy = static_cast<const RowSecurityPolicy *>(lfirst(cell));
            is_open = is_open || policy->polcmd == ACL_SELECT_CHR || policy->polcmd == '*';
        }
    }
    table_close(relation, NoLock);
    return is_open;
}

} // namespace

void LineageSight::look(Lineage &found) {
    slots_ =
        static_cast<std::uint16_t *>(MemoryContextAllocZero(found.context, first_room * 2 * sizeof(std::uint16_t)));
    mask_ = first_room * 2 - 1;
    found.projects = static_cast<pg_uuid_t *>(MemoryContextAlloc(found.context, first_room * sizeof(pg_uuid_t)));
    is_visible_ = static_cast<bool *>(MemoryContextAlloc(found.context, first_room * sizeof(bool)));
    last_ = unknown_project;

    const Oid relation = get_relname_relid("lineage_edges", get_namespace_oid("mlregistry", false));
    if (pg_class_aclcheck(relation, GetUserId(), ACL_SELECT) != ACLCHECK_OK) {
        aclcheck_error(ACLCHECK_NO_PRIV, OBJECT_TABLE, "lineage_edges");
    }
    sees_all = check_enable_rls(relation, InvalidOid, false) != RLS_ENABLED;
    if (sees_all) {
        return;
    }
    const Rights &rights = current_rights();
    constexpr Scope scopes[lineage::kind_count] = {Scope::datasets, Scope::deployments, Scope::runs, Scope::versions};
    constexpr const char *tables[lineage::kind_count] = {"datasets", "deployments", "training_runs", "model_versions"};
    const bool sees_edges = has_readers("lineage_edges");
    for (std::size_t kind = 0; kind < lineage::kind_count; ++kind) {
        sees_kind[kind] = sees_edges && is_in_scope(rights, Rank::read, scopes[kind]) && has_readers(tables[kind]);
    }
    // A copy: the next look at rights may read them anew.
    auto *const readable = static_cast<pg_uuid_t *>(
        MemoryContextAlloc(found.context, (static_cast<Size>(rights.project_count) + 1) * sizeof(pg_uuid_t)));
    for (int i = 0; i < rights.project_count; ++i) {
        if (rights.projects[i].rank >= Rank::read) {
            readable[readable_count_++] = rights.projects[i].id;
        }
    }
    readable_ = readable;
}

bool LineageSight::is_readable(const pg_uuid_t &project) const noexcept {
    for (int i = 0; i < readable_count_; ++i) {
        if (same_uuid(readable_[i], project)) {
            return true;
        }
    }
    return false;
}

void LineageSight::grow(Lineage &found) {
    const std::uint32_t size = (mask_ + 1) * 2;
    pfree(slots_);
    slots_ = static_cast<std::uint16_t *>(MemoryContextAllocZero(found.context, size * sizeof(std::uint16_t)));
    mask_ = size - 1;
    for (std::uint16_t n = 0; n < found.project_count; ++n) {
        std::uint32_t slot = project_hash(found.projects[n]) & mask_;
        while (slots_[slot] != 0) {
            slot = (slot + 1) & mask_;
        }
        slots_[slot] = static_cast<std::uint16_t>(n + 1);
    }
    found.projects = static_cast<pg_uuid_t *>(repalloc(found.projects, size / 2 * sizeof(pg_uuid_t)));
    is_visible_ = static_cast<bool *>(repalloc(is_visible_, size / 2 * sizeof(bool)));
}

std::uint16_t LineageSight::find_or_add(Lineage &found, const pg_uuid_t &project) {
    if (found.project_count == (mask_ + 1) / 2) {
        grow(found);
    }
    std::uint32_t slot = project_hash(project) & mask_;
    while (slots_[slot] != 0) {
        const auto number = static_cast<std::uint16_t>(slots_[slot] - 1);
        if (same_uuid(found.projects[number], project)) {
            return number;
        }
        slot = (slot + 1) & mask_;
    }
    if (found.project_count == unknown_project - 1) {
        ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
                        errmsg("the lineage has nodes in more than %d projects", unknown_project - 1)));
    }
    const std::uint16_t number = found.project_count++;
    slots_[slot] = static_cast<std::uint16_t>(number + 1);
    found.projects[number] = project;
    is_visible_[number] = sees_all || is_readable(project);
    return number;
}

} // namespace mlregistry::pg
