#include "identity.hpp"

#include "audit_actor.hpp"
#include "deployment_rules.hpp"
#include "deployment_setting.hpp"
#include "owner_query.hpp"
#include "rights.hpp"
#include "session_identity.hpp"
#include "text_argument.hpp"
#include "uuid.hpp"

extern "C" {
#include "utils/guc.h"
}

#include <cstring>

namespace mlregistry::pg {

namespace {

// 00000000-0000-8000-8000-00000000000n: the same in every database.
constexpr pg_uuid_t default_organization{{0, 0, 0, 0, 0, 0, 0x80, 0, 0x80, 0, 0, 0, 0, 0, 0, 1}};
constexpr pg_uuid_t default_project{{0, 0, 0, 0, 0, 0, 0x80, 0, 0x80, 0, 0, 0, 0, 0, 0, 2}};

// Settings: where a session works when it names nothing. A choice, no identity: it opens nothing that is closed.
char *chosen_organization = nullptr;
char *chosen_project = nullptr;
unsigned choices = 0; ///< counts them, so that what was found for an earlier one is not used any more

void count_choice(const char *, void *) { ++choices; }

bool is_chosen(const char *setting) noexcept { return setting != nullptr && setting[0] != '\0'; }

const OrganizationRight *organization_of(const Rights &rights) {
    for (int i = 0; i < rights.organization_count; ++i) {
        if (is_chosen(chosen_organization) && std::strcmp(rights.organizations[i].slug, chosen_organization) == 0) {
            return &rights.organizations[i];
        }
    }
    if (is_chosen(chosen_organization) || rights.organization_count != 1) {
        return nullptr; // with a second one, guessing would be a leak
    }
    const OrganizationRight &only = rights.organizations[0];
    return rights.source != Source::bypass || same_uuid(only.id, default_organization) ? &only : nullptr;
}

const ProjectRight *project_of(const Rights &rights, const OrganizationRight &organization) {
    const ProjectRight *found = nullptr;
    for (int i = 0; i < rights.project_count; ++i) {
        const ProjectRight &project = rights.projects[i];
        if (project.is_deleted || !same_uuid(project.organization, organization.id)) {
            continue;
        }
        if (!is_chosen(chosen_project) && same_uuid(project.id, default_project)) {
            return &project;
        }
        if (std::strcmp(project.slug, is_chosen(chosen_project) ? chosen_project : "default") == 0) {
            found = &project;
        }
    }
    return found;
}

Datum uuid_or_null(FunctionCallInfo fcinfo, const std::optional<pg_uuid_t> &id) {
    if (!id.has_value()) {
        PG_RETURN_NULL();
    }
    auto *const copy = static_cast<pg_uuid_t *>(palloc(sizeof(pg_uuid_t)));
    *copy = *id;
    PG_RETURN_UUID_P(copy);
}

} // namespace

Datum current_actor() {
    return text_datum(is_installed() ? name_of_actor(current_rights()) // registry_info() tells so where it is not
                                     : GetUserNameFromId(GetSessionUserId(), false));
}

void define_settings() {
    DefineCustomStringVariable("mlregistry.organization", "Organization that the session works in, by its slug.",
                               "Empty: the only one that is open to it.", &chosen_organization, "", PGC_USERSET, 0,
                               nullptr, count_choice, nullptr);
    DefineCustomStringVariable("mlregistry.project", "Project that the session works in, by its slug.",
                               "Empty: the default one.", &chosen_project, "", PGC_USERSET, 0, nullptr, count_choice,
                               nullptr);
    define_identity_setting();
    define_reason_setting();
    define_deployment_setting();
    define_force_setting();
    MarkGUCPrefixReserved("mlregistry");
    watch_rights();
}

const Workplace &current_workplace() {
    static Workplace workplace;
    static std::uint64_t of_rights = 0;
    static unsigned of_choice = 0;
    const Rights &rights = current_rights();
    if (rights.serial == 0 || rights.serial != of_rights || choices != of_choice) {
        workplace = {};
        const OrganizationRight *const organization = organization_of(rights);
        if (organization != nullptr) {
            workplace.organization = organization->id;
            const ProjectRight *const project = project_of(rights, *organization);
            if (project != nullptr) {
                workplace.project = project->id;
            }
        }
        of_rights = rights.serial;
        of_choice = choices;
    }
    return workplace;
}

} // namespace mlregistry::pg

using namespace mlregistry::pg;

MLR_FUNCTION(mlregistry_current_actor) {
    (void)fcinfo;
    return current_actor();
}

MLR_FUNCTION(mlregistry_current_user_id) {
    const Rights &rights = current_rights();
    return uuid_or_null(fcinfo, rights.has_user ? std::optional{rights.user} : std::nullopt);
}

MLR_FUNCTION(mlregistry_current_organization_id) { return uuid_or_null(fcinfo, current_workplace().organization); }

MLR_FUNCTION(mlregistry_current_project_id) { return uuid_or_null(fcinfo, current_workplace().project); }
