#include "explain.hpp"

#include "semver.hpp"
#include "semver_range.hpp"
#include "validate_rules.hpp"

#include <algorithm>
#include <charconv>

namespace mlregistry::explain {

namespace {

using namespace validate;

constexpr std::size_t none = std::string_view::npos;

// What may stand in a text, for the end of a sentence.
constexpr std::string_view only_name = "only a-z, 0-9 and - are allowed";
constexpr std::string_view only_tag_name = "only a-z, 0-9, - and _ are allowed";
constexpr std::string_view only_hex = "only 0-9 and a-f are allowed";
constexpr std::string_view only_metric_name = "only A-Z, a-z, 0-9, blanks and _ . / : - are allowed";
constexpr std::string_view only_email_local = "only A-Z, a-z, 0-9 and . _ % + - are allowed before the @";
constexpr std::string_view only_domain = "only A-Z, a-z, 0-9, - and . are allowed in a domain";
constexpr std::string_view only_top_level = "only letters are allowed behind the last dot";
constexpr std::string_view only_scheme = "only A-Z, a-z, 0-9 and + . - are allowed in a scheme";
constexpr std::string_view no_control = "control characters are not allowed";
constexpr std::string_view no_blank = "blanks are not allowed";

/// Characters that are not seen, or that change the direction of what is.
constexpr bool is_invisible(char32_t c, Charset charset) noexcept {
    return charset == Charset::utf8 && ((c >= 0x200B && c <= 0x200F) || (c >= 0x202A && c <= 0x202E) ||
                                        (c >= 0x2066 && c <= 0x2069) || c == 0xFEFF);
}

/// Explains one text. Each check returns true when it has found something, and then has said what.
class Explainer {
  public:
    Explainer(Message &out, std::string_view text, Charset charset) noexcept
        : out_{out}, text_{text}, charset_{charset} {}

    bool words(bool underscores) noexcept {
        const auto joins = [=](char c) { return c == '-' || (underscores && c == '_'); };
        if (wrong_size("it", text_, 1, max_name)) {
            return true;
        }
        if (joins(text_.front())) {
            return say(text_.front() == '-' ? "it begins with a dash" : "it begins with an underscore");
        }
        for (std::size_t i = 0; i < text_.size(); ++i) {
            if (joins(text_[i]) && joins(text_[i - 1])) {
                return say_at(underscores ? "two joining characters in a row" : "two dashes in a row", i - 1);
            }
            if (!is_lower_alnum(text_[i]) && !joins(text_[i])) {
                return bad_character(text_.substr(i), is_lower_alnum, underscores ? only_tag_name : only_name);
            }
        }
        if (joins(text_.back())) {
            return say(text_.back() == '-' ? "it ends with a dash" : "it ends with an underscore");
        }
        return false;
    }

    bool alias() noexcept {
        if (wrong_size("it", text_, 1, max_name)) {
            return true;
        }
        if (reads_as_version(text_) || semver::is_semver(text_)) {
            return say("it reads as a version");
        }
        if (reads_as_range(text_)) {
            return say("it reads as a range of versions");
        }
        if (text_ == "latest") {
            return say("latest always means the latest version");
        }
        if (is_stage(text_)) {
            return say("it is the name of a stage");
        }
        if (is_digit(text_.front()) || text_.front() == '-') {
            return say(text_.front() == '-' ? "it begins with a dash; the first character must be one of a-z and _"
                                            : "it begins with a digit; the first character must be one of a-z and _");
        }
        return bad_character(text_, is_alias_char, only_tag_name);
    }

    bool label() noexcept {
        return wrong_number("it", count_characters(text_, charset_), unit(), 1, max_label_characters) ||
               begins_blank() || control() || ends_blank();
    }

    bool metric_name() noexcept {
        return wrong_size("it", text_, 1, max_metric_name) || begins_blank() ||
               bad_character(text_, is_metric_name_char, only_metric_name) || ends_blank();
    }

    bool email() noexcept {
        if (wrong_size("it", text_, 1, max_email)) {
            return true;
        }
        const auto at = text_.find('@');
        if (at == none) {
            return say("it has no @");
        }
        const auto domain = text_.substr(at + 1);
        if (const auto second = domain.find('@'); second != none) {
            return say_at("a second @", at + 1 + second);
        }
        return email_local(text_.substr(0, at)) || email_domain(domain);
    }

    bool hex(std::size_t least, std::size_t most) noexcept {
        return (text_.empty() && say("it is empty")) || bad_character(text_, is_lower_hex, only_hex) ||
               wrong_size("it", text_, least, most);
    }

    bool artifact_uri() noexcept {
        if (wrong_size("it", text_, min_artifact_uri, max_uri) || begins_blank() || control() || ends_blank()) {
            return true;
        }
        if (text_.front() == '/') {
            return false;
        }
        const auto colon = text_.find(':');
        const auto scheme = text_.substr(0, colon);
        if (colon == none || scheme.find_first_of("/\\") != none) {
            return say("it has neither a scheme, such as s3:, nor is it an absolute path, which begins with a slash");
        }
        if (scheme.empty()) {
            return say("nothing stands before the colon");
        }
        if (bad_character(scheme, is_scheme_char, only_scheme)) {
            return true;
        }
        if (!is_alpha(scheme.front())) {
            return say("the scheme does not begin with a letter");
        }
        if (scheme.size() < 2) {
            return say("the scheme before the colon is a single letter; at least 2 characters are needed");
        }
        return colon + 1 == text_.size() && say("nothing follows the scheme");
    }

    bool url() noexcept {
        if (wrong_size("it", text_, 1, max_uri) || control() ||
            first([&](char32_t c) { return is_blank(c, charset_); }, no_blank)) {
            return true;
        }
        const bool secure = text_.starts_with("https://");
        if (!secure && !text_.starts_with("http://")) {
            return say("it does not begin with http:// or https:// in lower case");
        }
        const auto host = host_of(text_.substr(secure ? 8 : 7));
        return (host.empty() && say("the host is missing")) ||
               (host.front() == ':' && say("the host before the port is missing"));
    }

    bool file_path() noexcept {
        if (wrong_size("it", text_, 1, max_file_path) || control()) {
            return true;
        }
        if (text_.front() == '/') {
            return say("it begins with a slash; a path inside a version is relative");
        }
        for (std::size_t start = 0;;) {
            const auto slash = text_.find('/', start);
            const auto segment = text_.substr(start, slash == none ? none : slash - start);
            if (segment.empty()) {
                return slash == none ? say("it ends with a slash") : say_at("two slashes in a row", start - 1);
            }
            if (segment == "." || segment == "..") {
                return say_at(segment == "." ? "the part \".\" is not allowed," : "the part \"..\" is not allowed,",
                              start);
            }
            if (slash == none) {
                return false;
            }
            start = slash + 1;
        }
    }

    /// Never quotes the value: what is no reference may well be the secret itself.
    bool secret_ref() noexcept {
        if (text_.empty()) {
            return say("it is empty");
        }
        if (begins_blank()) {
            return true;
        }
        std::string_view secret;
        if (!split_secret_ref(text_, secret)) {
            return say("it does not begin with env:, file:, vault:, aws-sm:, gcp-sm: or azure-kv:");
        }
        if (secret.empty()) {
            return say("nothing follows the colon");
        }
        if (wrong_size("what follows the colon", secret, 1, max_secret)) {
            return true;
        }
        if (secret.front() == ' ') {
            return say("a blank follows the colon");
        }
        const auto *const bad = std::find_if_not(secret.begin(), secret.end(), is_printable_ascii);
        if (bad != secret.end()) {
            out_.append("character ");
            out_.append(position(static_cast<std::size_t>(bad - text_.begin())));
            return say(" is not a printable ASCII character");
        }
        return ends_blank();
    }

    bool version() noexcept {
        semver::Stored ignored;
        const semver::Outcome outcome = semver::encode(text_, ignored);
        if (text_.empty() || outcome.ok()) {
            return !outcome.ok() && say("it is empty");
        }
        if (outcome.error == semver::Error::too_long) {
            return wrong_number("it", count_characters(text_, charset_), unit(), 1, semver::max_text);
        }
        syntax(outcome.position, semver::describe(outcome.error), "a version");
        semver::Text loose;
        if (text_.size() <= 64 && semver::coerce(text_, loose).ok()) {
            out_.append("; semver_coerce() reads it as ");
            out_.append(loose.view());
        }
        return true;
    }

    bool range() noexcept {
        semver_range::Text ignored;
        const semver_range::Outcome outcome = semver_range::normalize(text_, ignored);
        if (outcome.ok()) {
            return false;
        }
        if (outcome.error == semver_range::Error::too_long) {
            return wrong_number("it", text_.size(), "byte", 0, semver_range::max_text);
        }
        return syntax(outcome.position, semver_range::describe(outcome.error), "a range");
    }

  private:
    /// Where a grammar stops reading the text, and what it has against that.
    bool syntax(std::size_t position, const char *clause, const char *what) noexcept {
        const std::size_t offset = std::min(position - 1, text_.size());
        std::string_view rest = text_.substr(offset);
        if (rest.empty()) {
            out_.append("at its end ");
            return say(clause);
        }
        const char32_t c = take_character(rest, charset_);
        const bool printed = c > ' ' && c <= '~';
        const bool is_version = std::string_view{what} == "a version";
        name_character(offset, c,
                       printed      ? ""
                       : is_version ? "is not allowed in a version"
                                    : "is not allowed in a range");
        if (printed || c == ' ') {
            out_.append(": ");
            out_.append(printed ? std::string_view{clause} : std::string_view{what});
            out_.append(printed ? "" : " has none");
        }
        return true;
    }

    bool email_local(std::string_view local) noexcept {
        if (local.empty()) {
            return say("nothing stands before the @");
        }
        if (wrong_size("the part before the @", local, 1, max_email_local) ||
            bad_character(local, is_email_local_char, only_email_local)) {
            return true;
        }
        if (local.front() == '.' || local.back() == '.') {
            return say(local.front() == '.' ? "it begins with a dot" : "a dot stands right before the @");
        }
        const auto dots = local.find("..");
        return dots != none && say_at("two dots in a row", dots);
    }

    bool email_domain(std::string_view domain) noexcept {
        if (domain.empty()) {
            return say("nothing follows the @");
        }
        if (bad_character(
                domain, [](char c) { return is_domain_label_char(c) || c == '.'; }, only_domain)) {
            return true;
        }
        if (domain.front() == '.' || domain.back() == '.') {
            return say(domain.front() == '.' ? "the domain begins with a dot" : "the domain ends with a dot");
        }
        if (const auto dots = domain.find(".."); dots != none) {
            return say_at("two dots in a row", offset_of(domain) + dots);
        }
        for (auto rest = domain;;) {
            const auto dot = rest.find('.');
            const auto label = rest.substr(0, dot);
            if (label.front() == '-' || label.back() == '-') {
                const std::size_t dash = label.front() == '-' ? 0 : label.size() - 1;
                return say_at("a part of the domain begins or ends with a dash", offset_of(label) + dash);
            }
            if (wrong_size("a part of the domain", label, 1, max_domain_label)) {
                return true;
            }
            if (dot == none) {
                return last_label(domain, label);
            }
            rest.remove_prefix(dot + 1);
        }
    }

    bool last_label(std::string_view domain, std::string_view label) noexcept {
        if (label.size() == domain.size()) {
            return say("the domain has no dot");
        }
        return bad_character(label, is_alpha, only_top_level) ||
               wrong_size("the last part of the domain", label, min_top_level_domain, max_domain_label);
    }

    // ---- what rules have in common

    bool control() noexcept {
        return first([&](char32_t c) { return is_control(c, charset_); }, no_control);
    }

    bool begins_blank() noexcept {
        std::string_view rest = text_;
        return !text_.empty() && blank_at("it begins with", take_character(rest, charset_));
    }

    bool ends_blank() noexcept {
        char32_t last = 0;
        for (std::string_view rest = text_; !rest.empty();) {
            last = take_character(rest, charset_);
        }
        return blank_at("it ends with", last);
    }

    bool blank_at(std::string_view place, char32_t c) noexcept {
        if (!is_blank(c, charset_)) {
            return false;
        }
        out_.append(place);
        out_.append(is_invisible(c, charset_) ? " an invisible character" : " a blank");
        if (c != ' ') {
            out_.append(", ");
            out_.append_character(c, charset_);
        }
        return true;
    }

    bool wrong_size(std::string_view what, std::string_view part, std::size_t least, std::size_t most) noexcept {
        return wrong_number(what, part.size(), "byte", least, most);
    }

    bool wrong_number(std::string_view what, std::size_t n, std::string_view unit, std::size_t least,
                      std::size_t most) noexcept {
        if (n >= least && n <= most) {
            return false;
        }
        out_.append(what);
        if (n == 0) {
            return say(" is empty");
        }
        out_.append(" is ");
        out_.append(n);
        out_.append(" ");
        out_.append(unit);
        out_.append(n == 1 ? " long; " : "s long; ");
        out_.append(least == most ? "exactly " : n < least ? "at least " : "at most ");
        out_.append(n < least ? least : most);
        return say(n < least || least == most ? " are needed" : " are allowed");
    }

    /// The first byte of `part` that `accepts` refuses; nothing beyond ASCII is ever accepted.
    template <class Accepts>
    bool bad_character(std::string_view part, Accepts accepts, std::string_view allowed) noexcept {
        const auto *const bad = std::find_if_not(part.begin(), part.end(), accepts);
        if (bad == part.end()) {
            return false;
        }
        const auto offset = static_cast<std::size_t>(bad - text_.begin());
        std::string_view rest = text_.substr(offset);
        const char32_t c = take_character(rest, charset_);
        const bool lower_would_do = is_upper(*bad) && accepts(static_cast<char>(*bad - 'A' + 'a'));
        name_character(offset, c, lower_would_do ? "is a capital letter" : "is not allowed");
        out_.append(": ");
        return say(lower_would_do ? "use lower case" : allowed);
    }

    /// The first character that `refuses`.
    template <class Refuses> bool first(Refuses refuses, std::string_view why) noexcept {
        for (std::string_view rest = text_; !rest.empty();) {
            const std::size_t offset = offset_of(rest);
            const char32_t c = take_character(rest, charset_);
            if (refuses(c)) {
                name_character(offset, c, "is not allowed");
                out_.append(": ");
                return say(why);
            }
        }
        return false;
    }

    /// `character 5, "D", ` and what it is: `otherwise` unless it is one of those that are not seen.
    void name_character(std::size_t offset, char32_t c, std::string_view otherwise) noexcept {
        out_.append("character ");
        out_.append(position(offset));
        if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
            out_.append(c == ' ' ? " is a blank" : c == '\t' ? " is a tab" : " is a line break");
            return;
        }
        out_.append(", ");
        out_.append_character(c, charset_);
        if (is_invisible(c, charset_)) {
            otherwise = "is an invisible or direction-changing character";
        } else if (is_control(c, charset_)) {
            otherwise = c == 0x2028 || c == 0x2029 ? "is a line break" : "is a control character";
        } else if (is_blank(c, charset_)) {
            otherwise = "is a blank";
        }
        if (!otherwise.empty()) {
            out_.append(", ");
            out_.append(otherwise);
        }
    }

    bool say(std::string_view words) noexcept {
        out_.append(words);
        return true;
    }

    bool say_at(std::string_view words, std::size_t offset) noexcept {
        out_.append(words);
        out_.append(" at character ");
        out_.append(position(offset));
        return true;
    }

    [[nodiscard]] std::string_view unit() const noexcept { return charset_ == Charset::utf8 ? "character" : "byte"; }

    [[nodiscard]] std::size_t offset_of(std::string_view part) const noexcept {
        return static_cast<std::size_t>(part.data() - text_.data());
    }

    [[nodiscard]] std::size_t position(std::size_t offset) const noexcept {
        return count_characters(text_.substr(0, offset), charset_) + 1;
    }

    Message &out_;
    std::string_view text_;
    Charset charset_;
};

bool explain_text(Rule rule, Explainer &text) noexcept {
    switch (rule) {
    case Rule::artifact_uri:
        return text.artifact_uri();
    case Rule::email:
        return text.email();
    case Rule::file_path:
        return text.file_path();
    case Rule::git_commit:
        return text.hex(min_git_commit, max_git_commit);
    case Rule::secret_ref:
        return text.secret_ref();
    case Rule::semver:
        return text.version();
    case Rule::semver_range:
        return text.range();
    case Rule::sha256:
        return text.hex(sha256_digits, sha256_digits);
    case Rule::url:
        return text.url();
    case Rule::alias:
        return text.alias();
    case Rule::label:
        return text.label();
    case Rule::metric_name:
        return text.metric_name();
    case Rule::name:
        return text.words(false);
    case Rule::tag_name:
        return text.words(true);
    case Rule::metrics:
    case Rule::scopes:
    case Rule::score:
        break;
    }
    return false;
}

} // namespace

void Message::append(std::string_view more) noexcept {
    const std::size_t n = std::min(capacity - size, more.size());
    std::copy_n(more.data(), n, data + size);
    size += n;
}

void Message::append_character(char32_t c, Charset charset) noexcept {
    if (c >= ' ' && c <= '~') {
        const char quote = c == '"' ? '\'' : '"';
        const char quoted[] = {quote, static_cast<char>(c), quote};
        append({quoted, sizeof quoted});
        return;
    }
    const bool is_byte = charset == Charset::bytes && c >= 0x80;
    append(is_byte ? "byte " : "U+");
    char digits[8];
    char *p = digits + sizeof digits;
    for (std::size_t least = is_byte ? 2 : 4; c != 0 || least != 0; c >>= 4U) {
        *--p = "0123456789ABCDEF"[c & 0xFU];
        least -= least != 0 ? 1 : 0;
    }
    append({p, static_cast<std::size_t>(digits + sizeof digits - p)});
}

void Message::append(std::size_t number) noexcept {
    char digits[20];
    const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
    append(std::string_view{digits, static_cast<std::size_t>(end - digits)});
}

bool rule_from_name(std::string_view name, Rule &out) noexcept {
    for (std::size_t i = 0; i < rule_names.size(); ++i) {
        const std::string_view full = rule_names[i];
        if (name == full || name == full.substr(full.starts_with("is_valid_") ? 9 : 3)) {
            out = static_cast<Rule>(i);
            return true;
        }
    }
    return false;
}

bool is_valid(Rule rule, std::string_view text, Charset charset) noexcept {
    switch (rule) {
    case Rule::artifact_uri:
        return is_artifact_uri(text, charset);
    case Rule::email:
        return is_email(text);
    case Rule::file_path:
        return is_file_path(text, charset);
    case Rule::git_commit:
        return is_git_commit(text);
    case Rule::secret_ref:
        return is_secret_ref(text);
    case Rule::semver:
        return semver::is_semver(text);
    case Rule::semver_range:
        return semver_range::is_semver_range(text);
    case Rule::sha256:
        return is_sha256(text);
    case Rule::url:
        return is_url(text, charset);
    case Rule::alias:
        return is_valid_alias(text);
    case Rule::label:
        return is_valid_label(text, charset);
    case Rule::metric_name:
        return is_valid_metric_name(text);
    case Rule::name:
        return is_valid_name(text);
    case Rule::tag_name:
        return is_valid_tag_name(text);
    case Rule::metrics:
    case Rule::scopes:
    case Rule::score:
        break;
    }
    return false;
}

Message text_problem(Rule rule, std::string_view text, Charset charset) noexcept {
    Message message;
    if (is_valid(rule, text, charset)) {
        return message;
    }
    // The function itself has decided. That the explainer finds something whenever it says no is what the tests are
    // for.
    Explainer explainer{message, text, charset};
    if (!explain_text(rule, explainer)) {
        message.append("it is not valid");
    }
    return message;
}

Message score_problem(Score score) noexcept {
    Message message;
    switch (score) {
    case Score::valid:
        break;
    case Score::empty:
        message.append("it is empty");
        break;
    case Score::not_a_number:
        message.append("it is not a number");
        break;
    case Score::out_of_range:
        message.append("it is a number of too many digits; a score is from 0 to 1");
        break;
    case Score::nan:
        message.append("it is NaN; a score is from 0 to 1");
        break;
    case Score::below:
        message.append("it is less than 0; a score is from 0 to 1");
        break;
    case Score::above:
        message.append("it is greater than 1; a score is from 0 to 1");
        break;
    }
    return message;
}

} // namespace mlregistry::explain
