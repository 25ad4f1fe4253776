// Names of nodes of lineage, looked up with the rights of the calling user.
#pragma once

#include "lineage_walk.hpp"

#include <string_view>

namespace mlregistry::pg {

/// What a node is called. Text in the memory context that was current; empty views: there is none.
struct NodeName {
    std::string_view name; ///< as a reference: model@version, dataset:name, run:uuid, deployment:environment/name; with
                           ///< the project before the name where it is another one than the session's; empty: hidden
    std::string_view group; ///< what it belongs to: name of the model, the experiment, the environment
    std::string_view
        label; ///< its name in there: the version, the run's name or number, the deployment's, the dataset's
    std::string_view project; ///< slug of its project
    bool is_deleted;          ///< softly, or for good: then the name is kind:uuid
};

/// How many are looked up together at most.
inline constexpr std::uint32_t most_names = 1000;

/// Names of up to most_names nodes by their numbers, into as many places.
void name_nodes(const Lineage &lineage, const std::uint32_t *numbers, std::uint32_t count, NodeName *out);

} // namespace mlregistry::pg
