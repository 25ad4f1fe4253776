-- Functions on type semver.
SET search_path = public, mlregistry;

SELECT v, major(v), minor(v), patch(v), prerelease(v), prerelease_identifiers(v), build(v), semver_core(v), is_prerelease(v)
  FROM unnest('{1.2.3,1.2.3-rc.1+b.7,0.0.0-0,1.0.0+b,99999999999999999999.0.0}'::semver[]) AS v;
SELECT pg_typeof(major('1.2.3')), major('99999999999999999999.0.0') + 1;

-- construction
SELECT semver(1, 2, 3), semver(1, 2, 3, 'rc.1'), semver(1, 2, 3, 'rc.1', 'b.7'), semver(1, 2, 3, NULL, 'b'), semver(1, 2, 3, build => 'b');
SELECT semver(1.00, 2, 99999999999999999999999);
SELECT semver(NULL, 2, 3) IS NULL AS null_number;
SELECT semver(-1, 2, 3);
SELECT semver(1.5, 2, 3);
SELECT semver('NaN'::numeric, 2, 3);
SELECT semver(1, 2, 3, 'a+b');
SELECT semver(1, 2, 3, '');
SELECT semver(1, 2, 3, '01');
SELECT semver(1, 2, 3, build => 'a..b');

-- bump: as npm counts
SELECT v, p, semver_bump(v::semver, p) FROM unnest('{1.2.3,1.2.3-rc.1,2.0.0-rc.1,1.2.3-alpha.0.beta,9.9.9,0.0.0}'::text[]) AS v,
    unnest('{major,minor,patch,premajor,preminor,prepatch,prerelease}'::text[]) AS p;
SELECT semver_bump('1.2.3-rc.1+b', 'release'), semver_bump('1.2.3', 'prerelease', 'rc'), semver_bump('1.2.3-alpha.4', 'prerelease', 'alpha'),
       semver_bump('1.2.3-alpha.4', 'prerelease', 'beta'), semver_bump('1.2.3', 'premajor', 'alpha.beta');
SELECT semver_bump('99999999999999999999.0.0', 'major'), semver_bump('1.2.3+b', 'patch');
SELECT semver_bump('1.2.3', 'release');
SELECT semver_bump('1.2.3', 'sideways');
SELECT semver_bump('1.2.3', 'prerelease', 'a b');
SELECT semver_bump('1.2.3', 'prerelease', '');
SELECT semver_bump((repeat('9', 252) || '.0.0')::semver, 'major');
SELECT semver_bump(NULL, 'major') IS NULL AS null_version, semver_bump('1.2.3', NULL) IS NULL AS null_part;

-- diff and truncate
SELECT a, b, semver_diff(a::semver, b::semver) FROM (VALUES ('1.2.3', '2.0.0'), ('1.2.3', '1.3.0'), ('1.2.3', '1.2.4'), ('1.2.3', '2.0.0-rc.1'),
    ('1.2.3', '1.3.0-rc.1'), ('1.2.3', '1.2.4-rc.1'), ('1.2.3-rc.1', '1.2.3-rc.2'), ('1.2.3-rc.1', '1.2.3'), ('1.0.0-1', '1.0.0'),
    ('1.0.0+a', '1.0.0+b'), ('1.0.0', '1.0.0')) AS t (a, b);
SELECT semver_truncate('1.2.3-rc.1+b', 'major'), semver_truncate('1.2.3-rc.1+b', 'minor'), semver_truncate('1.2.3-rc.1+b', 'patch'),
       semver_truncate('1.2.3-rc.1+b', 'prerelease');
SELECT semver_truncate('1.2.3', 'fake');
SELECT semver_diff(NULL, '1.0.0') IS NULL AS null_diff, semver_truncate(NULL, 'major') IS NULL AS null_truncate;

-- loose spellings
SELECT v, semver_coerce(v) FROM unnest(ARRAY['v1.2', ' 1.2.3', '1', 'V2', '=1.2.3', '1.02.3', '1.2.3-rc.01+001', E'\t1.2.3-pre ']) AS v;
SELECT semver_coerce('1.2.3.4');
SELECT semver_coerce('version 1.2');
SELECT semver_coerce('1.2.x');
SELECT semver_coerce('');
SELECT semver_coerce(NULL) IS NULL AS null_coerce;

-- Python's versions
SELECT v, semver_from_pep440(v) FROM unnest(ARRAY['1.2.3', '1.2', '1', '1.2.3a1', '1.2.3b2', '1.2.3rc3', '1.2.3.alpha-4', '1.2.3C5', '1.2.3a', 'v1.0', '1.0+Ubuntu-1', '1.2.3rc1+cu121']) AS v;
SELECT semver_from_pep440('1!2.0');
SELECT semver_from_pep440('1.0.post1');
SELECT semver_from_pep440('1.0-1');
SELECT semver_from_pep440('1.0.dev3');
SELECT semver_from_pep440('1.2.3.4');
SELECT semver_from_pep440('1.2.3a1.dev1');
SELECT semver_from_pep440('');
SELECT semver_from_pep440(NULL) IS NULL AS null_pep440;
