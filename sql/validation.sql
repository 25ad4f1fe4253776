-- Validation functions: for each a table of good and bad values, and what explain_invalid() says of the bad ones.
SET search_path = public, mlregistry;
\set SHOW_CONTEXT never

CREATE TEMP TABLE rules (rule text PRIMARY KEY, type regtype NOT NULL);
INSERT INTO rules SELECT p.proname, p.proargtypes[0] FROM pg_proc p
 WHERE p.pronamespace = 'mlregistry'::regnamespace AND p.proname ~ '^is_' AND p.prorettype = 'boolean'::regtype AND p.proisstrict
   AND p.pronargs = 1 AND p.proargtypes[0] <> ALL ('{semver,uuid}'::regtype[]);
SELECT * FROM rules ORDER BY rule COLLATE "C";

-- What the function says; false where the cast of its argument refuses the value.
CREATE FUNCTION pg_temp.judge(rule text, value text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    valid boolean;
BEGIN
    EXECUTE format('SELECT mlregistry.%I($1::%s)', rule, (SELECT type FROM rules WHERE rules.rule = judge.rule)) INTO valid USING value;
    RETURN valid;
EXCEPTION WHEN data_exception OR program_limit_exceeded OR statement_too_complex THEN
    RETURN false;
END $$;

-- A value as ASCII, short.
CREATE FUNCTION pg_temp.shown(value text) RETURNS text LANGUAGE sql AS $$
    SELECT '|' || coalesce(string_agg(CASE WHEN ascii(c) BETWEEN 32 AND 126 THEN c ELSE format('<U+%s>', upper(lpad(to_hex(ascii(c)), greatest(4, length(to_hex(ascii(c)))), '0'))) END, '' ORDER BY i), '') || '|'
        || CASE WHEN length(value) > 48 THEN format(' ... %s characters', length(value)) ELSE '' END
      FROM regexp_split_to_table(left(value, 48), '') WITH ORDINALITY AS s(c, i) WHERE c <> ''
$$;

CREATE TEMP TABLE cases (id int GENERATED ALWAYS AS IDENTITY, rule text NOT NULL REFERENCES rules, valid boolean NOT NULL, value text NOT NULL);
CREATE FUNCTION pg_temp.add(rule text, valid boolean, VARIADIC "values" text[]) RETURNS void LANGUAGE sql AS $$
    INSERT INTO cases (rule, valid, value) SELECT rule, valid, v FROM unnest("values") WITH ORDINALITY AS u(v, i) ORDER BY i
$$;

DO $$
BEGIN
    PERFORM pg_temp.add('is_valid_name', true, 'a', '0', 'fraud-detector', 'a-b-c', '2024', repeat('a', 255));
    PERFORM pg_temp.add('is_valid_name', false, repeat('a', 256), '-a', 'a-', '-', 'fraud--detector', 'A', 'fraudD', 'a_b', 'a b', 'a.b', 'a/b', 'a@b', 'é', 'modèle', 'сhurn', 'ａ',
        E'a\n', 'מודל', E'a\u202Eb', E'a\u200Db', '模型', '😀', '"', '''; DROP TABLE models; --');

    PERFORM pg_temp.add('is_valid_tag_name', true, 'a_b', 'a-b_c', '1_1', 'use-case', repeat('a', 255));
    PERFORM pg_temp.add('is_valid_tag_name', false, 'a__b', 'a-_b', '_a', 'a_', '_', '-a', 'a-', 'A', 'a b', 'ab.c', repeat('a', 256));

    PERFORM pg_temp.add('is_valid_alias', true, 'champion', '_x', '_', 'a-b_c', 'a--b', 'version2', 'v', 'xx', 'latest1', 'production2');
    PERFORM pg_temp.add('is_valid_alias', false, 'latest', 'x', 'vx', 'v1', 'v1.2', '1.2.3', 'production', 'staging', 'development', 'archived', 'Champion', 'Latest', '1a', '-a', 'a.b', 'a b', '*', '^1',
        'сhampion', repeat('a', 256));

    PERFORM pg_temp.add('is_valid_label', true, 'Fraud detector', 'é ü 模型', 'נתונים', 'a  b', '-', repeat('é', 500), repeat('😀', 500), E'a\u00A0b', E'a\u202Eb');
    PERFORM pg_temp.add('is_valid_label', false, repeat('é', 501), ' a', 'a ', E'a\tb', E'a\nb', E'a\r\n', E'a\u0001', E'a\u0085b', E'\u00A0a', E'a\u200B', E'\uFEFFa', E'é\u2028b', E'a\u007F');

    PERFORM pg_temp.add('is_valid_metric_name', true, 'a', 'F1', 'val/loss', 'top 5', 'p-95', 'a:b', '.', '_', repeat('a', 250));
    PERFORM pg_temp.add('is_valid_metric_name', false, repeat('a', 251), ' a', 'a ', 'f1@5', 'a%', 'a,b', 'a+b', E'a\tb', 'précision', E'a\u00A0b', 'ассuracy', 'a"b', 'a\b');

    PERFORM pg_temp.add('is_email', true, 'a@b.co', 'nlp-lead@example.com', 'a.b+c%d_e-f@sub.example.org', 'A@B.DE', repeat('a', 64) || '@b.co');
    PERFORM pg_temp.add('is_email', false, 'a', '@', '@b.co', 'a@', 'a@b', 'a.@b.co', '.a@b.co', 'a..b@c.de', 'a@-b.co', 'a@b-.co', 'a@b..co', 'a@.co', 'a@b.co.', 'a@b.c', 'a@b.c1', 'a b@c.de',
        ' a@b.co', 'a@b.co ', E'a@b.co\n', 'é@b.co', 'a@bücher.de', 'a@b.сo', 'a＠b.co', repeat('a', 65) || '@b.co', 'a@' || repeat('a', 64) || '.co', 'a@b@c.de', '"a b"@c.de', 'a@[127.0.0.1]');

    PERFORM pg_temp.add('is_sha256', true, repeat('a', 64), 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
    PERFORM pg_temp.add('is_sha256', false, repeat('A', 64), repeat('a', 63), repeat('a', 65), repeat('g', 64), 'sha256:' || repeat('a', 64), repeat('a', 64) || E'\n', repeat('а', 32));

    PERFORM pg_temp.add('is_git_commit', true, 'abc1234', repeat('0', 40), repeat('0', 64));
    PERFORM pg_temp.add('is_git_commit', false, 'abc123', repeat('0', 65), 'ABC1234', 'abc123g', 'abc1234 ', 'abc1234-dirty', 'HEAD', 'main');

    PERFORM pg_temp.add('is_artifact_uri', true, 's3://models/a', '/srv/models/a', 'gs:x', 'file:///a', 'hf://org/model name', '/модель', 's3://' || repeat('a', 4091));
    PERFORM pg_temp.add('is_artifact_uri', false, 's3://' || repeat('a', 4092), 'a:b', 'relative/path', 'model.pt', 's3:', '/', 'c:\model', ':x', '1s:/a', 'my file:x', 's3://a ', ' s3://a', E's3://a\nb', E's3://a\u200B',
        'ѕ3://a', '../a');

    PERFORM pg_temp.add('is_url', true, 'http://example.com', 'https://example.com/a?b#c', 'https://u:p@h:1/', 'https://bücher.example', 'http://[::1]/');
    PERFORM pg_temp.add('is_url', false, 'ftp://example.com', 'javascript:alert(1)', 'https://', 'https:///a', 'https://user@', 'https://:80', 'https://a b', ' https://a', E'https://a\u00A0', E'https://a\u2028', E'https://a\n',
        'HTTPS://example.com', 'example.com', 'http:/a', 'https://' || repeat('a', 4089));

    PERFORM pg_temp.add('is_file_path', true, 'model.onnx', 'gpu/model.onnx', 'a/..b/c', '...', 'a b', 'модель', repeat('a', 1024));
    PERFORM pg_temp.add('is_file_path', false, repeat('a', 1025), '.', '..', '../a', 'a/../b', './a', 'a/.', '/a', 'a/', 'a//b', '//', E'a\nb', E'a/\u0007', E'a\u0085');

    PERFORM pg_temp.add('is_score', true, '0', '1', '0.5', '1.000', '-0', '1e-3', ' 0.5 ');
    PERFORM pg_temp.add('is_score', false, '-0.0001', '1.0001', 'NaN', 'Infinity', '-Infinity', '', 'high', '50%', '0,5', '1e999999', '1e-99999', '٠', repeat('9', 1000));

    PERFORM pg_temp.add('is_secret_ref', true, 'env:SLACK_TOKEN', 'file:/run/secrets/a b', 'vault:kv/data/ml#token', 'aws-sm:prod/slack', 'gcp-sm:projects/p/secrets/s', 'azure-kv:v/s', 'env:' || repeat('x', 1024));
    PERFORM pg_temp.add('is_secret_ref', false, 'xoxb-123', 'hunter2', 'ENV:X', ' env:X', 'env', 'env:', 'env: X', 'env:X ', E'env:X\n', 'env:é', E'env:a\u200B', 'еnv:X', 'aws:X', 'https://h/s', 'env:' || repeat('x', 1025));

    PERFORM pg_temp.add('is_semver', true, '1.2.3', '0.0.0', '1.0.0-rc.1+cu121', '99999999999999999999.0.0');
    PERFORM pg_temp.add('is_semver', false, '1', '1.2', '1.2.3.4', 'v1.2.3', '01.2.3', '1.2.3-', '1.2.3-01', '1.2.3-a..b', '1.2.3+', ' 1.2.3', '1.2.3 ', '1.2.x', 'latest', '1.2.3-β', '１.2.3', E'1.2.3\u200B', E'1.2.3\n',
        '1.2.3-' || repeat('a', 251));

    PERFORM pg_temp.add('is_semver_range', true, '', ' ', '*', '1.2.3', '^1.4', '~1', '>=1 <2 || 4.x', '1.0 - 2', '1.x', '^1.0.0-rc.1+cu121');
    PERFORM pg_temp.add('is_semver_range', false, 'latest', 'v1', '^v1', '01', '^1.02', '1.2.3.4', '>=1, <2', '^^1', '1 ||', '1 | 2', '1.x.2', '1.2-rc', '1 - ^2', '1 2 - 3', '1.2.3-', '1.2.3-a..b', '[1,2)', E'1\u00A02',
        '≥1', '１.２', E'^1\u200B', repeat('1 ', 65), '^' || repeat('9', 250));

    PERFORM pg_temp.add('is_metrics', true, '{}', '{"accuracy": 0.93}', '{"a": 1e308, "b": -5, "val/loss": "NaN", "top 5": "Infinity", "x": "-Infinity"}', '{"a": "no", "a": 1}',
        (SELECT jsonb_object_agg('m' || i, i)::text FROM generate_series(1, 1000) AS i));
    PERFORM pg_temp.add('is_metrics', false, 'null', '0.5', '"NaN"', '[]', '[{"a": 1}]', '{"a": "0.5"}', '{"a": "nan"}', '{"a": "+Infinity"}', '{"a": null}', '{"a": true}', '{"a": {"b": 1}}', '{"a": [1]}', '{"": 1}',
        '{" a": 1}', '{"précision": 1}', '{"a\u202Eb": 1}', '{"a\nb": 1}', '{"' || repeat('x', 300) || '": 1}', '{"a": 1, "a": "no"}', '{"a": NaN}', '{"a": 1,}', '{''a'': 1}', '{a: 1}', '{"a": 1', '{"a": 01}', '{"a": .5}',
        '{"é": 1]', '{"a": 1e999999}', '{"\u0000": 1}', '{"\ud800": 1}', 'accuracy=1', repeat('[', 1000000), repeat('{"a":', 100000), '{"a": "' || repeat('x', 1000000) || '"}',
        (SELECT jsonb_object_agg('m' || i, i)::text FROM generate_series(1, 1001) AS i));

    PERFORM pg_temp.add('is_scopes', true, '{}', '{"scopes": ["models:read"]}', '{"scopes": ["models:read", "models:write", "admin:read"], "projects": ["default", "fraud-2"]}',
        '{"projects": ["default"], "scopes": ["runs:write", "runs:write"]}',
        '{"scopes": ["models:read", "versions:read", "datasets:read", "runs:read", "deployments:read", "approvals:read", "monitoring:read", "admin:write"]}');
    PERFORM pg_temp.add('is_scopes', false, 'null', '[]', '"models:read"', 'true', '["models:read"]', '{"scopes": []}', '{"scopes": null}', '{"scopes": "models:read"}', '{"scopes": {}}', '{"scopes": [null]}',
        '{"scopes": [["models:read"]]}', '{"scopes": [[]]}', '{"scopes": [{}]}', '{"scopes": [1]}', '{"scopes": ["*"]}', '{"scopes": ["models:*"]}', '{"scopes": ["models"]}', '{"scopes": ["models:read", "Models:read"]}',
        '{"scopes": ["models:read "]}', '{"scopes": ["model:read"]}', '{"scopes": ["models:admin"]}', '{"scopes": ["mоdels:read"]}', '{"scopes": [""]}', '{"scopes": ["' || repeat('x', 1000) || '"]}', '{"projects": ["default"]}', '{"projects": []}',
        '{"scopes": ["models:read"], "projects": []}', '{"scopes": ["models:read"], "projects": null}', '{"scopes": ["models:read"], "projects": "default"}', '{"scopes": ["models:read"], "projects": ["*"]}',
        '{"scopes": ["models:read"], "projects": ["default", "Acme"]}', '{"scopes": ["models:read"], "projects": [1]}', '{"scopes": ["models:read"], "projects": [""]}', '{"scope": ["models:read"]}', '{"Scopes": ["models:read"]}',
        '{"scopes": ["models:read"], "expires": "never"}', '{"": []}', '{"scopes": ["models:read"]', '{"scopes": [models:read]}', '');
END $$;

-- Values that nobody means, under every rule. Names of files and labels may be written in any script.
CREATE TEMP TABLE junk (id int GENERATED ALWAYS AS IDENTITY, what text PRIMARY KEY, value text NOT NULL, accepted_by text[] NOT NULL DEFAULT '{}');
INSERT INTO junk (what, value, accepted_by) VALUES
    ('nothing', '', '{is_semver_range}'),
    ('1 MB of a', repeat('a', 1000000), '{}'),
    ('1 MB of é', repeat('é', 500000), '{}'),
    ('1 MB of line breaks', repeat(E'\n', 1000000), '{}'),
    ('all control characters', (SELECT string_agg(chr(i), '' ORDER BY i) FROM generate_series(1, 31) AS i) || chr(127), '{}'),
    ('bytes as text', convert_from('\x0102fe'::bytea || 'a', 'LATIN1'), '{}'),
    ('replacement character', E'\uFFFD', '{is_valid_label,is_file_path}'),
    ('random characters', (SELECT string_agg(chr(12289 + ('x' || substr(md5(i::text), 1, 4))::bit(16)::int % 30000), '' ORDER BY i) FROM generate_series(1, 100) AS i), '{is_valid_label,is_file_path}'),
    ('random high characters', (SELECT string_agg(chr(65537 + ('x' || substr(md5(i::text), 1, 4))::bit(16)::int), '' ORDER BY i) FROM generate_series(1, 100) AS i), '{is_valid_label,is_file_path}'),
    ('Cyrillic a', 'аdmin', '{is_valid_label,is_file_path}'),
    ('fullwidth letters', 'ａｄｍｉｎ', '{is_valid_label,is_file_path}'),
    ('Turkish dotless i', 'admın', '{is_valid_label,is_file_path}'),
    ('Turkish dotted I', 'İstanbul', '{is_valid_label,is_file_path}'),
    ('Greek omicron', 'mοdel', '{is_valid_label,is_file_path}'),
    ('combining accent', E'e\u0301', '{is_valid_label,is_file_path}'),
    ('Hebrew', 'שלום', '{is_valid_label,is_file_path}'),
    ('Arabic digits', '١٢٣', '{is_valid_label,is_file_path}'),
    ('right-to-left override', E'a\u202Eb', '{is_valid_label,is_file_path}'),
    ('right-to-left isolate', E'a\u2067b\u2069', '{is_valid_label,is_file_path}'),
    ('right-to-left mark', E'\u200Fa', '{is_valid_label,is_file_path}'),
    ('soft hyphen', E'a\u00ADb', '{is_valid_label,is_file_path}'),
    ('zero width joiner inside', E'a\u200Db', '{is_valid_label,is_file_path}'),
    ('byte order mark first', E'\uFEFFa', '{is_file_path}'),
    ('zero width space last', E'a\u200B', '{is_file_path}'),
    ('blank', ' ', '{is_file_path,is_semver_range}'),
    ('tab', E'\t', '{is_semver_range}'),
    ('line feed', E'\n', '{is_semver_range}'),
    ('carriage return', E'\r', '{is_semver_range}'),
    ('vertical tab', E'\u000B', '{is_semver_range}'),
    ('next line', E'\u0085', '{}'),
    ('no-break space', E'\u00A0', '{is_file_path}'),
    ('ogham space', E'\u1680', '{is_file_path}'),
    ('em space', E'\u2003', '{is_file_path}'),
    ('line separator', E'\u2028', '{}'),
    ('paragraph separator', E'\u2029', '{}'),
    ('narrow no-break space', E'\u202F', '{is_file_path}'),
    ('mathematical space', E'\u205F', '{is_file_path}'),
    ('ideographic space', E'\u3000', '{is_file_path}');

CREATE TEMP TABLE judged AS
SELECT rule, value, valid, pg_temp.judge(rule, value) AS is_valid, explain_invalid(rule, value) AS explanation FROM cases
UNION ALL
SELECT rule, value, rule = ANY (accepted_by), pg_temp.judge(rule, value), explain_invalid(rule, value) FROM junk, rules;

-- Mismatches: none. There is an explanation exactly when the value is not valid.
SELECT rule, pg_temp.shown(value) AS value, valid AS expected, is_valid, explanation FROM judged
 WHERE is_valid IS DISTINCT FROM valid OR (explanation IS NULL) IS DISTINCT FROM is_valid;
SELECT count(*) FILTER (WHERE valid) > 100 AS good_values, count(*) FILTER (WHERE NOT valid) > 500 AS bad_values, count(DISTINCT rule) = (SELECT count(*) FROM rules) AS all_rules,
       max(length(explanation)) < 300 AS short, bool_and(explanation ~ '^[ -~]+$') AS printable FROM judged;
-- The short names of the rules say the same.
SELECT count(*) FROM judged WHERE explain_invalid(regexp_replace(rule, '^is_(valid_)?', ''), value) IS DISTINCT FROM explanation;

-- What a user sees.
\pset format unaligned
\pset fieldsep '  '
SELECT rule, rpad(shown, greatest(28, length(shown))) AS value, explain_invalid(rule, value) FROM cases, pg_temp.shown(value) WHERE NOT valid ORDER BY id;
-- What a user sees of junk: the words, the rules that say them, and of what.
SELECT explanation, said_by, string_agg(what, ', ' ORDER BY id) AS of
  FROM (SELECT id, what, explain_invalid(rule, value) AS explanation, '(' || string_agg(regexp_replace(rule, '^is_(valid_)?', ''), ' ' ORDER BY rule COLLATE "C") || ')' AS said_by
          FROM junk, rules WHERE rule <> ALL (accepted_by) GROUP BY id, what, explanation) AS said
 GROUP BY explanation, said_by ORDER BY said_by COLLATE "C", min(id), explanation COLLATE "C";
\pset format aligned
\pset fieldsep '|'

-- NULL in, NULL out.
SELECT rule FROM rules WHERE pg_temp.judge(rule, NULL) IS NOT NULL OR explain_invalid(rule, NULL) IS NOT NULL;
SELECT explain_invalid(NULL, 'a') IS NULL AS no_rule, explain_invalid(NULL, NULL) IS NULL AS nothing;
-- Rules that there are not.
SELECT explain_invalid('is_pretty', 'a');
SELECT explain_invalid('valid_name', 'a');
SELECT explain_invalid('', 'a');
SELECT explain_invalid(repeat('é', 1000000), 'a');
-- Sound JSON that is too deep for the server is an error, as in the cast; after an error that was explained all goes on.
SET max_stack_depth = '100kB';
SELECT explain_invalid('is_metrics', repeat('[', 100000)) AS unsound;
\set VERBOSITY sqlstate
SELECT explain_invalid('is_metrics', repeat('[', 100000) || repeat(']', 100000));
SELECT (repeat('[', 100000) || repeat(']', 100000))::jsonb IS NULL;
\set VERBOSITY default
RESET max_stack_depth;
-- Documents from tables, compressed or not; values of other types.
CREATE TEMP TABLE documents AS SELECT jsonb_object_agg('metric ' || i, CASE WHEN i % 3 = 0 THEN '"NaN"' ELSE i::text END::jsonb) AS metrics FROM generate_series(1, 900) AS i;
SELECT is_metrics(metrics), explain_invalid('metrics', metrics::text), is_metrics(metrics || '{"a": null}'), explain_invalid('metrics', (metrics || '{"a": null}')::text) FROM documents;
SELECT v, is_score(v), explain_invalid('score', v::text) FROM unnest(ARRAY[0, 1, 0.5, -0.0001, 1.0001, 'NaN', 'Infinity', '-Infinity', NULL]::numeric[]) AS v;

SELECT name_distance('kitten', 'sitting'), name_distance('ab', 'ba'), name_distance('', 'abc'), name_distance('a', NULL) IS NULL AS null_distance;
SELECT near_names('fraud-detektor', '{fraud-detector,churn,fraud}'), near_names('xyz', '{fraud}') IS NULL AS nothing_near, near_names(NULL, '{a}') IS NULL AS null_near;
