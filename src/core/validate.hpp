// The rules for names, addresses and checksums of docs/design/data-model.md, section 1. No rule depends on a locale.
#pragma once

#include <cstdint>
#include <string_view>

namespace mlregistry::validate {

/// How to tell characters from bytes: UTF-8, or one character a byte.
enum class Charset : std::uint8_t { utf8, bytes };

/// 1–255 bytes of `[a-z0-9]`, words joined by single dashes: organizations, projects, models.
[[nodiscard]] bool is_valid_name(std::string_view text) noexcept;

/// As is_valid_name, but underscores join as well: tags, datasets, vocabularies.
[[nodiscard]] bool is_valid_tag_name(std::string_view text) noexcept;

/// 1–255 bytes `[a-z_][a-z0-9_-]*`, and nothing that reads as a version, a range, a stage or `latest`.
[[nodiscard]] bool is_valid_alias(std::string_view text) noexcept;

/// 1–500 characters, no control character, no blank at either end.
[[nodiscard]] bool is_valid_label(std::string_view text, Charset charset) noexcept;

/// 1–250 bytes of `[A-Za-z0-9_./ :-]`, no blank at either end.
[[nodiscard]] bool is_valid_metric_name(std::string_view text) noexcept;

/// An e-mail address as people have them: no quoting, no comments, a domain of two labels or more.
[[nodiscard]] bool is_email(std::string_view text) noexcept;

/// 64 lower-case hexadecimal digits.
[[nodiscard]] bool is_sha256(std::string_view text) noexcept;

/// 7–64 lower-case hexadecimal digits.
[[nodiscard]] bool is_git_commit(std::string_view text) noexcept;

/// 2–4096 bytes, a scheme of two characters or more and something behind it, or an absolute path.
[[nodiscard]] bool is_artifact_uri(std::string_view text, Charset charset) noexcept;

/// At most 4096 bytes, http or https, a host, no blank or control character.
[[nodiscard]] bool is_url(std::string_view text, Charset charset) noexcept;

/// A relative path inside a version: 1–1024 bytes, no empty, `.` or `..` segment, no control character.
[[nodiscard]] bool is_file_path(std::string_view text, Charset charset) noexcept;

/// Where a secret is kept, never the secret: env, file, vault, aws-sm, gcp-sm or azure-kv, a colon and 1–1024 printable
/// ASCII characters without a blank at either end.
[[nodiscard]] bool is_secret_ref(std::string_view text) noexcept;

/// What JSON has no numbers for: `NaN`, `Infinity`, `-Infinity`, so written.
[[nodiscard]] bool is_special_number(std::string_view text) noexcept;

/// What an API key may do: an area such as `models`, then `:read` or `:write`.
[[nodiscard]] bool is_scope(std::string_view text) noexcept;

/// One of development, staging, production, archived.
[[nodiscard]] bool is_stage(std::string_view text) noexcept;

} // namespace mlregistry::validate
