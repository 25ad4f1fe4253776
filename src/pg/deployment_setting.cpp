#include "deployment_setting.hpp"

#include "compat.hpp"

extern "C" {
#include "utils/guc.h"
}

#include <cstring>

namespace mlregistry::pg {

namespace {

char *action_setting = nullptr;

bool check_action(char **value, void **, GucSource) {
    if (**value == '\0' || std::strcmp(*value, "rollback") == 0) {
        return true;
    }
    GUC_check_errdetail("It is rollback or empty.");
    return false;
}

} // namespace

void define_deployment_setting() {
    DefineCustomStringVariable("mlregistry.deployment_action", "What a change of the version of a deployment is.",
                               "Empty: an update; rollback: it goes back to one that it had.", &action_setting, "",
                               PGC_USERSET, GUC_NO_SHOW_ALL, check_action, nullptr, nullptr);
}

bool goes_back() { return action_setting != nullptr && *action_setting != '\0'; }

} // namespace mlregistry::pg
