// The rules of docs/design/data-model.md, section 1, one table a rule.
#include "validate.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

namespace {

namespace validate = mlregistry::validate;
using validate::Charset;

using Rule = std::function<bool(std::string_view)>;
using Texts = std::vector<std::string>;

std::string repeat(std::size_t n, const std::string &piece) {
    std::string text;
    for (; n != 0; --n) {
        text += piece;
    }
    return text;
}

const std::string megabyte(1'000'000, 'a');
const std::string fullwidth_a = "\xEF\xBD\x81";
const std::string cyrillic_a = "\xD0\xB0";
const std::string hebrew = "\xD7\xA9\xD7\x9C\xD7\x95\xD7\x9D"; // shalom, right to left
const std::string arabic_three = "\xD9\xA3";
const std::string no_break_space = "\xC2\xA0";
const std::string zero_width_space = "\xE2\x80\x8B";
const std::string line_separator = "\xE2\x80\xA8";
const std::string next_line = "\xC2\x85"; // U+0085, a control character
const std::string binary_junk = "\x80\xFE\xFF\xC0\xAF\x01\x7F\xED\xA0\x80";

/// What no rule accepts that allows ASCII words only.
const Texts never_words{"",
                        " ",
                        "\n",
                        megabyte + "\n",
                        binary_junk,
                        fullwidth_a,
                        cyrillic_a,
                        hebrew,
                        arabic_three,
                        no_break_space,
                        zero_width_space,
                        "a" + zero_width_space,
                        std::string{"a\0", 2},
                        "a\n",
                        "\na",
                        " a",
                        "a ",
                        "a b",
                        "\xC3\xA9",
                        "a" + cyrillic_a,
                        "a'--",
                        "a;",
                        "../a",
                        "a\\b",
                        "\x7F"};

void expect(const Rule &rule, const Texts &good, const Texts &bad) {
    for (const auto &text : good) {
        EXPECT_TRUE(rule(text)) << testing::PrintToString(text.substr(0, 80)) << ", " << text.size() << " bytes";
    }
    for (const auto &text : bad) {
        EXPECT_FALSE(rule(text)) << testing::PrintToString(text.substr(0, 80)) << ", " << text.size() << " bytes";
    }
}

Rule in(Charset charset, bool (*rule)(std::string_view, Charset) noexcept) {
    return [=](std::string_view text) { return rule(text, charset); };
}

TEST(Name, IsKebabCase) {
    expect(validate::is_valid_name, {"a", "0", "fraud-detector", "a-b-c", "0-0", "2024", std::string(255, 'a')},
           {"-", "-a", "a-", "a--b", "A", "aB", "a_b", "a.b", "a/b", "a@b", "a+b", std::string(256, 'a'), megabyte});
    expect(validate::is_valid_name, {}, never_words);
}

TEST(TagName, AllowsUnderscoresToo) {
    expect(validate::is_valid_tag_name, {"a", "0", "use-case", "use_case", "a-b_c", "1_1", std::string(255, 'a')},
           {"-", "_", "-a", "_a", "a-", "a_", "a--b", "a__b", "a-_b", "a_-b", "A", "a.b", std::string(256, 'a'),
            megabyte});
    expect(validate::is_valid_tag_name, {}, never_words);
}

TEST(Alias, ReadsAsNothingElse) {
    expect(validate::is_valid_alias, {"champion",  "a",
                                      "_",         "__",
                                      "_1",        "a-",
                                      "a--b",      "a_-_",
                                      "v",         "ve",
                                      "version1",  "xx",
                                      "x1",        "v-1",
                                      "vx1",       "latest1",
                                      "latest-",   "_latest",
                                      "productio", "production2",
                                      "stag",      std::string(255, 'a')},
           {"latest",   "x",    "vx",  "development", "staging", "production", "archived", "v1",
            "v1a",      "v0-x", "v9_", "1",           "0a",      "-",          "-a",       "A",
            "Champion", "a.b",  "a@b", "^1",          "*",       "1.2.3",      "v1.2.3",   std::string(256, 'a'),
            megabyte});
    expect(validate::is_valid_alias, {}, never_words);
}

TEST(Stage, IsOneOfFour) {
    expect(validate::is_stage, {"development", "staging", "production", "archived"},
           {"", "Production", "prod", "production ", "latest", megabyte, binary_junk});
}

TEST(Label, IsOneLineOfText) {
    const Texts good{"a",
                     "Fraud detector",
                     "a  b",
                     "!",
                     "\"quoted\"",
                     "1.2.3",
                     "-",
                     hebrew,
                     fullwidth_a,
                     cyrillic_a,
                     "\xF0\x9F\x98\x80",
                     "caf\xC3\xA9",
                     "a\\b",
                     std::string(500, 'a'),
                     "a" + no_break_space + "b"};
    const Texts bad{"",
                    " ",
                    "  ",
                    " a",
                    "a ",
                    "\t",
                    "a\tb",
                    "a\nb",
                    "a\n",
                    "\ra",
                    std::string{"a\0b", 3},
                    "a\x1F",
                    "\x7F",
                    "a\x7Fz",
                    std::string(501, 'a'),
                    megabyte};
    expect(in(Charset::utf8, validate::is_valid_label), good, bad);
    expect(in(Charset::bytes, validate::is_valid_label), good, bad);
}

TEST(Label, CountsCharactersOfItsCharset) {
    const std::string e_acute = "\xC3\xA9";
    const std::string smile = "\xF0\x9F\x98\x80";
    const Texts fits_as_utf8{repeat(500, e_acute), repeat(500, smile), repeat(500, "\xE2\x82\xAC")};
    const Texts never{repeat(501, e_acute), repeat(501, smile), repeat(2001, "a"), repeat(1'000'000, e_acute)};
    expect(in(Charset::utf8, validate::is_valid_label), fits_as_utf8, never);
    Texts all = fits_as_utf8;
    all.insert(all.end(), never.begin(), never.end());
    expect(in(Charset::bytes, validate::is_valid_label), {repeat(250, e_acute), repeat(125, smile)}, all);
}

TEST(Label, KnowsTheBlanksAndControlsOfUnicode) {
    Texts blanks{no_break_space, zero_width_space, "\xE1\x9A\x80", "\xE2\x80\xAF",
                 "\xE2\x81\x9F", "\xE3\x80\x80",   "\xEF\xBB\xBF"};
    for (char last = '\x80'; last <= '\x8A'; ++last) {
        blanks.push_back(std::string{"\xE2\x80"} + last); // U+2000 … U+200A
    }
    for (const auto &blank : blanks) {
        const Texts at_end{blank, blank + "a", "a" + blank};
        expect(in(Charset::utf8, validate::is_valid_label), {"a" + blank + "b"}, at_end);
        expect(in(Charset::bytes, validate::is_valid_label), at_end, {}); // these bytes mean something else there
    }
    Texts controls{line_separator, "\xE2\x80\xA9"};
    for (int last = 0x80; last < 0xA0; ++last) {
        controls.push_back(std::string{"\xC2"} + static_cast<char>(last)); // U+0080 … U+009F
    }
    for (const auto &control : controls) {
        const Texts anywhere{control, control + "a", "a" + control, "a" + control + "b"};
        expect(in(Charset::utf8, validate::is_valid_label), {}, anywhere);
        expect(in(Charset::bytes, validate::is_valid_label), anywhere, {});
    }
}

TEST(Label, DoesNotHideACharacterBehindMalformedUtf8) {
    // A lead byte without its continuation must not swallow the control character or the blank that follows.
    expect(in(Charset::utf8, validate::is_valid_label), {"a\xFFz", "a\x80z", "a\xC3", "a\xE2\x82", "\xF0\x9F\x98"},
           {"a\xC3\n", "a\xE2\x82\n", "a\xE2\n\n", "a\xF0\n\n\n", "a\xC3 ", "a\xF0\x9F\x98\t", "a\xC3\x7Fz"});
    expect(in(Charset::utf8, validate::is_valid_label), {repeat(500, "\xE2")}, {repeat(501, "\xE2"), binary_junk});
}

TEST(MetricName, IsPrintableAndPlain) {
    expect(validate::is_valid_metric_name,
           {"a", "A", "0", "f1", "val/loss", "top 5", "a:b", "p-95", "_", ".", "/", ":", "-", "train/loss_1.2:x",
            std::string(250, 'a')},
           {"",
            " ",
            " a",
            "a ",
            "a\n",
            "a\tb",
            "a@b",
            "a%",
            "a,b",
            "a+b",
            "(a)",
            "a=1",
            "\"a\"",
            "a\\b",
            "$a",
            std::string(251, 'a'),
            megabyte,
            binary_junk,
            fullwidth_a,
            cyrillic_a,
            hebrew,
            "a" + no_break_space + "b",
            "a" + zero_width_space,
            std::string{"a\0b", 3}});
}

TEST(Email, IsAsPeopleHaveThem) {
    const std::string label63(63, 'a');
    const auto domain = [&](std::size_t n) {
        return label63 + "." + label63.substr(2) + "." + std::string(n - 129, 'c') + ".de";
    };
    expect(validate::is_email,
           {"a@b.de", "first.last@example.com", "a+b@example.com", "a_b%c-d@example.co.uk", "1@1.de", "A@B.DE",
            "a@b-c.de", "a@" + label63 + ".de", std::string(64, 'a') + "@b.de", "a@xn--80ak6aa92e.com", "-@b.de",
            "a@1.2.de", std::string(64, 'a') + "@" + domain(189)},
           {"",
            "a",
            "@",
            "a@",
            "@b.de",
            "a@b",
            "a@b.d",
            "a@b.d1",
            "a@b.1",
            "a@.de",
            "a@b..de",
            "a@b.de.",
            "a@-b.de",
            "a@b-.de",
            "a@b_c.de",
            ".a@b.de",
            "a.@b.de",
            "a..b@c.de",
            "a@@b.de",
            "a@b@c.de",
            "a b@c.de",
            "a@b .de",
            " a@b.de",
            "a@b.de ",
            "a@b.de\n",
            "\"a b\"@c.de",
            "a@[127.0.0.1]",
            "a@b.xn--p1ai",
            std::string(65, 'a') + "@b.de",
            "a@" + std::string(64, 'a') + ".de",
            std::string(64, 'a') + "@" + domain(190),
            megabyte + "@b.de",
            megabyte,
            binary_junk + "@b.de",
            cyrillic_a + "@b.de",
            "a@b" + cyrillic_a + ".de",
            "a@b.d" + cyrillic_a,
            fullwidth_a + "@b.de",
            "a\xEF\xBC\xA0z.de",
            hebrew + "@b.de",
            std::string{"a\0@b.de", 7}});
}

TEST(Sha256, IsSixtyFourLowerCaseDigits) {
    const std::string sum = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    expect(validate::is_sha256, {sum, std::string(64, '0'), std::string(64, 'f')},
           {"", sum.substr(1), sum + "0", "sha256:" + sum, std::string(64, 'F'), std::string(64, 'g'),
            std::string(63, '0') + " ", std::string(64, ' '), std::string(64, '\0'), std::string(61, '0') + fullwidth_a,
            megabyte, binary_junk});
}

TEST(GitCommit, IsSevenToSixtyFourDigits) {
    expect(validate::is_git_commit,
           {"0123456", "abcdef0", "da39a3ee5e6b4b0d3255bfef95601890afd80709", std::string(64, 'f')},
           {"", "012345", "ABCDEF0", "abcdefg", "0123456 ", " 0123456", "0123456\n", std::string(65, 'f'),
            "012345-dirty", "HEAD", "012" + fullwidth_a + "456", megabyte, binary_junk});
}

TEST(ArtifactUri, IsAUriOrAnAbsolutePath) {
    const Texts good{"s3://models/fraud/1.4.0/model.ubj",
                     "file:///a",
                     "/a",
                     "//",
                     "gs://b/k",
                     "models:/m/1",
                     "hf:x",
                     "a1+.-:x",
                     "https://example.com/a b",
                     "/path with blanks/x",
                     "/" + hebrew,
                     "s3://" + cyrillic_a,
                     "/\xF0\x9F\x98\x80",
                     "/" + std::string(4095, 'a'),
                     "s3:" + std::string(4093, 'a'),
                     "/a" + no_break_space + "b"};
    const Texts bad{"",
                    "/",
                    "a",
                    ":",
                    ":x",
                    "::x",
                    "a:",
                    "ab:",
                    "a:b",
                    "C:\\models",
                    "model.pt",
                    "a/b",
                    "./a",
                    "../a",
                    "1a:x",
                    "+a:x",
                    "a_b:x",
                    "a b:x",
                    "/a ",
                    " /a",
                    "/a\n",
                    "/a\tb",
                    "s3://a\x7F",
                    "/" + std::string(4096, 'a'),
                    "s3:" + std::string(4094, 'a'),
                    megabyte,
                    "/" + megabyte,
                    std::string{"/a\0b", 4},
                    fullwidth_a + "s3:x",
                    cyrillic_a + "b:x",
                    hebrew + ":x",
                    binary_junk,
                    "/" + binary_junk};
    const Texts depends{"/a" + no_break_space, "/a" + next_line, "/a" + line_separator + "b", "s3:" + zero_width_space};
    expect(in(Charset::utf8, validate::is_artifact_uri), good, bad);
    expect(in(Charset::bytes, validate::is_artifact_uri), good, bad);
    expect(in(Charset::utf8, validate::is_artifact_uri), {}, depends);
    expect(in(Charset::bytes, validate::is_artifact_uri), depends, {});
}

TEST(Url, IsHttpWithAHost) {
    const Texts good{"http://a",
                     "https://example.com",
                     "https://example.com:8443/a?b=c#d",
                     "http://[::1]:80/",
                     "https://user:pw@host/",
                     "http://a/@",
                     "http://a?@",
                     "http://a#@",
                     "http://" + hebrew + "/",
                     "https://a/" + cyrillic_a,
                     "http://" + std::string(4089, 'a')};
    const Texts bad{"",
                    "http",
                    "http:",
                    "http:/",
                    "http://",
                    "https://",
                    "http:///a",
                    "http://?a",
                    "http://#a",
                    "http://:80/",
                    "http://user@",
                    "http://user@/a",
                    "http://u@:80",
                    "http://a@b@/",
                    "HTTP://a",
                    "ftp://a",
                    "//a",
                    "a",
                    "a.de",
                    "javascript:alert(1)",
                    "http://a b",
                    "http://a/b c",
                    " http://a",
                    "http://a ",
                    "http://a\n",
                    "http://a/\x7F",
                    "http://" + std::string(4090, 'a'),
                    megabyte,
                    "http://" + megabyte,
                    binary_junk,
                    "http://" + binary_junk,
                    std::string{"http://a\0", 9},
                    "\xEF\xBD\x88ttp://a",
                    "http\xEF\xBC\x9A//a"};
    const Texts depends{"http://a/" + no_break_space + "b", "http://a/" + zero_width_space, "http://a/" + next_line,
                        "http://a/" + line_separator + "b"};
    expect(in(Charset::utf8, validate::is_url), good, bad);
    expect(in(Charset::bytes, validate::is_url), good, bad);
    expect(in(Charset::utf8, validate::is_url), {}, depends);
    expect(in(Charset::bytes, validate::is_url), depends, {});
}

TEST(FilePath, StaysInsideItsFolder) {
    const Texts good{"a",
                     "model.pt",
                     "a/b/c",
                     ".hidden",
                     "..a",
                     "a..",
                     "...",
                     "a b",
                     "-",
                     "a\\b",
                     hebrew + "/" + fullwidth_a,
                     "\xF0\x9F\x98\x80",
                     std::string(1024, 'a'),
                     "C:/a"};
    const Texts bad{"",       "/",         "/a",
                    "a/",     "a//b",      ".",
                    "..",     "./a",       "../a",
                    "a/.",    "a/..",      "a/../b",
                    "a/./b",  "//",        "a\n",
                    "a/\tb",  "a\x7F",     std::string(1025, 'a'),
                    megabyte, binary_junk, std::string{"a\0", 2}};
    const Texts depends{"a" + next_line, "a/" + line_separator};
    expect(in(Charset::utf8, validate::is_file_path), good, bad);
    expect(in(Charset::bytes, validate::is_file_path), good, bad);
    expect(in(Charset::utf8, validate::is_file_path), {}, depends);
    expect(in(Charset::bytes, validate::is_file_path), depends, {});
}

TEST(SecretRef, NamesAPlace) {
    expect(validate::is_secret_ref,
           {"env:SLACK_TOKEN", "file:/run/secrets/slack", "vault:kv/data/ml#token", "aws-sm:prod/slack",
            "gcp-sm:projects/p/secrets/s/versions/1", "azure-kv:my-vault/slack", "env:a b", "env::", "env:~",
            "env:" + std::string(1024, 'x')},
           {"",
            "env",
            "env:",
            ":x",
            "env: ",
            "env: X",
            "env:X ",
            " env:X",
            "ENV:X",
            "Env:X",
            "envs:X",
            "xenv:X",
            "aws:X",
            "http://x",
            "xoxb-12345",
            "hunter2",
            "env=X",
            "env:X\n",
            "env:a\tb",
            "env:\x7F",
            "env:a\x1F",
            "env:" + std::string(1025, 'x'),
            megabyte,
            "env:" + megabyte,
            binary_junk,
            "env:" + binary_junk,
            "env:" + cyrillic_a,
            "env:" + no_break_space,
            cyrillic_a + "nv:x",
            std::string{"env:a\0b", 7}});
}

TEST(Scope, IsAreaAndRight) {
    for (const std::string area :
         {"models", "versions", "datasets", "runs", "deployments", "approvals", "monitoring", "admin"}) {
        expect(validate::is_scope, {area + ":read", area + ":write"},
               {area, area + ":", area + ":admin", area + ":read ", " " + area + ":read", area + ":READ", area + ":*",
                area + ":read:write", area + ": read", area + "s:read", area.substr(1) + ":read"});
    }
    expect(validate::is_scope, {},
           {"", ":", ":read", "*", "*:read", "*:*", "read", "write:models", "Models:read", "model:read",
            "api_keys:read", megabyte, binary_junk, cyrillic_a + "dmin:read"});
}

TEST(SpecialNumber, IsOneOfThree) {
    expect(validate::is_special_number, {"NaN", "Infinity", "-Infinity"},
           {"", "nan", "NAN", "inf", "infinity", "+Infinity", "-NaN", "Infinity ", "1", "0.5", megabyte, binary_junk});
}

} // namespace
