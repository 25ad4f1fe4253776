-- Validation functions: a table of good and bad values each.
SET search_path = public, mlregistry;
CREATE FUNCTION pg_temp.judge(rule text, VARIADIC "values" text[]) RETURNS TABLE (value text, valid boolean) LANGUAGE plpgsql AS $$
BEGIN
    FOREACH value IN ARRAY "values" LOOP
        EXECUTE format('SELECT mlregistry.%I($1)', rule) INTO valid USING value;
        value := CASE WHEN length(value) > 40 THEN left(value, 20) || '... ' || length(value) ELSE quote_nullable(encode(convert_to(value, 'UTF8'), 'escape')) END;
        RETURN NEXT;
    END LOOP;
END $$;

SELECT * FROM pg_temp.judge('is_valid_name', 'a', '0', 'fraud-detector', 'a-b-c', repeat('a', 255), repeat('a', 256), '', '-a', 'a-', 'a--b', 'A', 'a_b', 'a b', 'a.b', 'é', 'а-cyrillic', 'ａ', E'a\n', 'מודל', E'a\u202Eb', repeat('a', 1000000), NULL);
SELECT * FROM pg_temp.judge('is_valid_tag_name', 'a_b', 'a-b_c', 'a__b', '_a', 'a_', 'A', '', NULL);
SELECT * FROM pg_temp.judge('is_valid_alias', 'champion', '_x', 'a-b_c', 'version2', 'v', 'xx', 'latest', 'x', 'vx', 'v1', 'v1.2', 'production', 'staging', 'development', 'archived', 'Champion', '1a', '-a', '', 'a.b', repeat('a', 256), NULL);
SELECT * FROM pg_temp.judge('is_valid_label', 'Fraud detector', 'é ü 模型', 'נתונים', repeat('é', 500), repeat('é', 501), '', ' ', ' a', 'a ', E'a\tb', E'a\nb', E'a\u0085b', E'\u00A0a', E'a\u200B', E'a\u2028b', repeat('x', 1000000), NULL);
SELECT * FROM pg_temp.judge('is_email', 'a@b.co', 'nlp-lead@example.com', 'a.b+c%d_e-f@sub.example.org', 'a@b', '@b.co', 'a@', 'a.@b.co', '.a@b.co', 'a..b@c.de', 'a@-b.co', 'a@b-.co', 'a@b..co', 'a@b.c', 'a@b.c1', 'a b@c.de', 'a@b.co ', 'é@b.co', repeat('a', 64) || '@b.co', repeat('a', 65) || '@b.co', 'a@b@c.de', '', NULL);
SELECT * FROM pg_temp.judge('is_sha256', repeat('a', 64), repeat('A', 64), repeat('a', 63), repeat('a', 65), repeat('g', 64), '', NULL);
SELECT * FROM pg_temp.judge('is_git_commit', 'abc1234', 'abc123', repeat('0', 64), repeat('0', 65), 'ABC1234', 'abc123g', '', NULL);
SELECT * FROM pg_temp.judge('is_artifact_uri', 's3://models/a', '/srv/models/a', 'gs:x', 'file:///a', 'hf://org/model name', 'a:b', 'relative/path', 's3:', '/', 'c:\model', '1s:/a', 's3://a ', ' s3://a', E's3://a\nb', '', 's3://' || repeat('a', 4091), 's3://' || repeat('a', 4092), NULL);
SELECT * FROM pg_temp.judge('is_url', 'http://example.com', 'https://example.com/a?b#c', 'https://u:p@h:1/', 'ftp://example.com', 'https://', 'https:///a', 'https://:80', 'https://a b', 'HTTPS://example.com', 'example.com', '', NULL);
SELECT * FROM pg_temp.judge('is_file_path', 'model.onnx', 'gpu/model.onnx', 'a/..b/c', '..', '../a', 'a/../b', './a', '/a', 'a/', 'a//b', E'a\nb', '', repeat('a', 1024), repeat('a', 1025), NULL);
SELECT v, is_score(v) FROM unnest(ARRAY[0, 1, 0.5, -0.0001, 1.0001, 'NaN', 'Infinity', '-Infinity', NULL]::numeric[]) AS v;
SELECT name_distance('kitten', 'sitting'), name_distance('ab', 'ba'), name_distance('', 'abc'), name_distance('a', NULL) IS NULL AS null_distance;
SELECT near_names('fraud-detektor', '{fraud-detector,churn,fraud}'), near_names('xyz', '{fraud}') IS NULL AS nothing_near, near_names(NULL, '{a}') IS NULL AS null_near;
