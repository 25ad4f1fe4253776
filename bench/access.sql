-- 20 projects of two organizations, as many versions in each; a user who may read eight of them; the same rows under the
-- policies that one would write by hand. :versions versions, :key the key of the application.
CREATE EXTENSION mlregistry;
ALTER DATABASE postgres SET search_path = pg_catalog, mlregistry;
SET search_path = pg_catalog, mlregistry;

-- bench_user is a person, bench_app an application that says for whom it acts; bench_bypass reads without row security;
-- bench_exists and bench_function read the copy.
CREATE ROLE bench_user LOGIN;
CREATE ROLE bench_app LOGIN;
CREATE ROLE bench_bypass LOGIN BYPASSRLS;
CREATE ROLE bench_exists LOGIN;
CREATE ROLE bench_function LOGIN;
CREATE ROLE bench_readers ROLE bench_user, bench_app, bench_bypass, bench_exists, bench_function;
GRANT USAGE ON SCHEMA mlregistry, bench TO bench_readers;
GRANT SELECT ON mlregistry.models, mlregistry.model_versions TO bench_readers;

-- Identifiers that pgbench can compute.
CREATE FUNCTION bench.id(n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$SELECT lpad(n::text, 32, '0')::uuid$$;

SET mlregistry.organization = 'default';
SET session_replication_role = replica;
INSERT INTO organizations (organization_id, name, slug) VALUES (bench.id(2), 'The others', 'others');
-- Projects 1 to 6 all members read, 7 and 8 the user is a member of, 9 and 10 he is not; the other organization has the rest.
INSERT INTO projects (project_id, organization_id, name, slug, visibility)
SELECT bench.id(p), CASE WHEN p <= 10 THEN current_organization_id() ELSE bench.id(2) END, 'Project ' || p, 'project-' || p,
       CASE WHEN p <= 6 OR p > 15 THEN 'organization' ELSE 'private' END
  FROM generate_series(1, 20) AS p;
INSERT INTO users (user_id, email, db_role)
VALUES (bench.id(1), 'user@example.com', 'bench_user'), (bench.id(2), 'app@example.com', NULL), (bench.id(3), 'exists@example.com', 'bench_exists'),
       (bench.id(4), 'function@example.com', 'bench_function');
INSERT INTO organization_memberships (organization_id, user_id, role)
SELECT current_organization_id(), user_id, 'viewer' FROM users;
INSERT INTO project_members (organization_id, project_id, user_id, role)
SELECT current_organization_id(), bench.id(p), user_id, 'viewer' FROM users, generate_series(7, 8) AS p;
INSERT INTO api_keys (api_key_id, organization_id, user_id, name, key_prefix)
VALUES (bench.id(1), current_organization_id(), bench.id(2), 'bench', left(:'key', 12));
INSERT INTO api_key_secrets (api_key_id, key_hash) VALUES (bench.id(1), encode(sha256(:'key'::bytea), 'hex'));

INSERT INTO models (model_id, organization_id, project_id, model_name, display_name, framework)
SELECT bench.id(m), CASE WHEN p <= 10 THEN current_organization_id() ELSE bench.id(2) END, bench.id(p), 'model-' || m, 'Model ' || m, 'xgboost'
  FROM generate_series(1, :versions / 50) AS m, LATERAL (SELECT 1 + (m - 1) * 20 / (:versions / 50) AS p OFFSET 0) AS project;

-- The rows of a model lie far apart, as they do where they were registered over years.
UPDATE pg_index SET indisready = false, indisvalid = false WHERE indrelid = 'model_versions'::regclass;
INSERT INTO model_versions (version_id, organization_id, project_id, model_id, semver, artifact_uri, artifact_size_bytes, checksum_sha256,
                            framework, framework_version, model_format, description, registered_at)
SELECT bench.id(n), m.organization_id, m.project_id, m.model_id, format('%s.%s.0', 1 + k / 10, k % 10)::semver,
       format('s3://models/%s/%s/model.onnx', m.model_name, k), 100000000 + n, encode(sha256(n::text::bytea), 'hex'), 'xgboost', '2.1.0',
       'onnx', 'Trained on the data of week ' || k, now() - n % 1000 * interval '1 hour'
  FROM generate_series(1, :versions) AS n, LATERAL (SELECT (n - 1) % 50 AS k OFFSET 0) AS number, models m
 WHERE m.model_id = bench.id((n - 1) / 50 + 1)
 ORDER BY hashint8(n);
REINDEX TABLE mlregistry.model_versions;
RESET session_replication_role;

-- A hundred times a thousand keys that the user may read.
CREATE TABLE bench.key_sets (n int PRIMARY KEY, keys uuid[]);
ALTER TABLE bench.key_sets ALTER keys SET STORAGE EXTERNAL;
INSERT INTO bench.key_sets
SELECT n, ARRAY(SELECT bench.id(1 + (hashint8extended(i, n) & 1073741823) % (:versions * 8 / 20)) FROM generate_series(1, 1100) AS i GROUP BY 1 LIMIT 1000)
  FROM generate_series(1, 100) AS n;

-- The same rows under a policy of one's own, and no row security on what it reads.
CREATE TABLE bench.versions (LIKE mlregistry.model_versions INCLUDING ALL);
INSERT INTO bench.versions SELECT * FROM mlregistry.model_versions;
CREATE TABLE bench.users AS SELECT user_id, db_role FROM users;
CREATE TABLE bench.memberships AS SELECT organization_id, user_id, role FROM organization_memberships;
CREATE TABLE bench.projects AS SELECT project_id, organization_id, visibility FROM projects;
CREATE TABLE bench.project_members AS SELECT project_id, user_id, role FROM project_members;
CREATE UNIQUE INDEX ON bench.users (db_role);
CREATE UNIQUE INDEX ON bench.memberships (organization_id, user_id);
CREATE UNIQUE INDEX ON bench.projects (project_id);
CREATE UNIQUE INDEX ON bench.project_members (project_id, user_id);
ALTER TABLE bench.versions ENABLE ROW LEVEL SECURITY;
CREATE POLICY exists_membership ON bench.versions TO bench_exists USING (EXISTS (
    SELECT FROM bench.users u
      JOIN bench.memberships m ON m.user_id = u.user_id
      JOIN bench.projects p ON p.organization_id = m.organization_id
     WHERE u.db_role = session_user AND p.project_id = versions.project_id
       AND (p.visibility <> 'private' OR EXISTS (SELECT FROM bench.project_members pm WHERE pm.project_id = p.project_id AND pm.user_id = u.user_id))));
CREATE FUNCTION bench.may_read(project uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT EXISTS (
        SELECT FROM bench.users u
          JOIN bench.memberships m ON m.user_id = u.user_id
          JOIN bench.projects p ON p.organization_id = m.organization_id
         WHERE u.db_role = session_user AND p.project_id = project
           AND (p.visibility <> 'private' OR EXISTS (SELECT FROM bench.project_members pm WHERE pm.project_id = p.project_id AND pm.user_id = u.user_id)))
$$;
CREATE POLICY asks_function ON bench.versions TO bench_function USING (bench.may_read(project_id));
GRANT SELECT ON ALL TABLES IN SCHEMA bench TO bench_readers;
VACUUM ANALYZE;
