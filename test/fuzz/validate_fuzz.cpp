// The validators and the reader of references on any bytes. They keep what follows from their rules.
#include "reference.hpp"
#include "validate.hpp"

#include <algorithm>
#include <string_view>

namespace reference = mlregistry::reference;
namespace validate = mlregistry::validate;

static void require(bool holds) {
    if (!holds) {
        __builtin_trap();
    }
}

static bool has_control(std::string_view text) {
    return std::any_of(text.begin(), text.end(), [](char c) { return (c >= 0 && c < ' ') || c == '\x7F'; });
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    const std::string_view text{reinterpret_cast<const char *>(data), size};

    const bool name = validate::is_valid_name(text);
    const bool tag = validate::is_valid_tag_name(text);
    const bool alias = validate::is_valid_alias(text);
    require(!name || tag);
    require(!(name || tag || alias) || (size >= 1 && size <= 255));
    require(!validate::is_sha256(text) || validate::is_git_commit(text));
    require(!(alias && validate::is_stage(text)));
    require(!validate::is_email(text) || (size <= 254 && !has_control(text)));
    require(!(name || tag) || size > 250 || validate::is_valid_metric_name(text));
    require(!validate::is_valid_metric_name(text) ||
            (size <= 250 && validate::is_valid_label(text, validate::Charset::utf8)));
    require(!validate::is_secret_ref(text) || (!has_control(text) && text.find(':') >= 3 && size <= 1024 + 9));
    require(!validate::is_scope(text) ||
            (validate::is_valid_metric_name(text) && !name && !validate::is_secret_ref(text)));
    require(!validate::is_special_number(text) || validate::is_valid_metric_name(text));

    for (const auto charset : {validate::Charset::utf8, validate::Charset::bytes}) {
        const bool label = validate::is_valid_label(text, charset);
        const bool uri = validate::is_artifact_uri(text, charset);
        const bool url = validate::is_url(text, charset);
        const bool path = validate::is_file_path(text, charset);
        require(!(label || uri || url || path) || !has_control(text));
        require(!url || uri);
        require(!(path && text.front() == '/'));
        require(!name || (label && path));
    }

    const auto [error, ref] = reference::parse(text);
    (void)reference::describe(error);
    if (error == reference::Error::none) {
        require(validate::is_valid_name(ref.model));
        require(ref.project.empty() || validate::is_valid_name(ref.project));
        require(ref.has_selector != ref.selector.empty());
        const std::size_t project = ref.project.empty() ? 0 : ref.project.size() + 1;
        require(size == project + ref.model.size() + (ref.has_selector ? 1 + ref.selector.size() : 0));
    }
    const reference::SelectorKind kind = reference::classify(text);
    (void)reference::name_of(kind);
    require(!alias || kind == reference::SelectorKind::alias);
    require(!validate::is_stage(text) || kind == reference::SelectorKind::stage);
    return 0;
}
