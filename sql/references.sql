-- References: how people name models and versions.
SET search_path = public, mlregistry;
\set SHOW_CONTEXT never

SELECT t, r.* FROM unnest(ARRAY['m', 'p/m', 'm@1.2.3', 'p/m@1.2.3-rc.1+b', 'm@champion', 'm@Champion', 'm@production', 'm@latest',
                                'm@^1.4', 'm@1.x', 'm@v1.2', 'm@1.2', 'm@a@b', 'm@>=1 <2']) AS t, parse_reference(t) AS r;
SELECT parse_reference('');
SELECT parse_reference('M');
SELECT parse_reference('a/b/c');
SELECT parse_reference('/m');
SELECT parse_reference('p/');
SELECT parse_reference('m@');
SELECT parse_reference('my model@1.0.0');
SELECT parse_reference(repeat('m', 1000000));
SELECT parse_reference(NULL) IS NULL AS null_reference;
SELECT selector_kind('1.2.3'), selector_kind(''), selector_kind('~1'), selector_kind(NULL) IS NULL AS null_selector;
-- an identifier in the place of a name
SELECT find_model('11e07301-0000-4000-8000-000000000000');
SELECT find_model(NULL);
SELECT why_invalid('is_valid_name', 'A'), why_invalid('is_valid_name', 'a'), why_invalid(NULL, 'a');
SELECT require_max_rows(0), require_max_rows(NULL);
SELECT require_max_rows(-1);
SELECT require_if_exists('error'), project_filter(NULL), project_filter('default') = project_id AS found FROM projects;
SELECT project_filter('nowhere');
