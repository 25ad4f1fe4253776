-- Models and versions in the registry's own tables: bench.fill(), and comparing what two queries return.
CREATE EXTENSION mlregistry;
-- For the operators.
ALTER DATABASE postgres SET search_path = pg_catalog, mlregistry;
SELECT mlregistry.install() \g /dev/null

-- Replaces everything by n_models models of n_versions versions each, and an alias 'champion' of every model.
--
-- Every seventh version is a prerelease, every twentieth is deprecated, every hundredth deleted. Numbers grow as they do
-- where people release often: four patches of a minor in 50 versions, twenty in 5,000. The rows lie in the order in which
-- they were registered, so those of a model are spread over the table.
--
-- As superuser, with what an import of this size would switch off too: triggers and foreign keys by
-- session_replication_role, and indexes, which are built when the rows are there. CHECKs hold.
CREATE PROCEDURE bench.fill(n_models int, n_versions int) LANGUAGE plpgsql
    SET session_replication_role = replica SET search_path = pg_catalog, mlregistry, pg_temp AS $$
DECLARE
    org uuid := current_organization_id();
    project uuid := current_project_id();
    patches int := CASE WHEN n_versions > 100 THEN 20 ELSE 4 END;
    minors int := CASE WHEN n_versions > 100 THEN 25 ELSE 5 END;
    everywhere int := minors * patches + 4 * patches + 1; -- 1.4.1 is a version of every model
BEGIN
    TRUNCATE mlregistry.models CASCADE;
    -- Identifiers that pgbench can compute.
    INSERT INTO models (model_id, organization_id, project_id, model_name, display_name, framework)
    SELECT lpad(m::text, 32, '0')::uuid, org, project, 'model-' || m, 'Model ' || m,
           (ARRAY['pytorch', 'tensorflow', 'sklearn', 'xgboost', 'jax'])[1 + m % 5]
      FROM generate_series(1, n_models) AS m;

    UPDATE pg_index SET indisready = false, indisvalid = false WHERE indrelid = 'model_versions'::regclass;
    INSERT INTO model_versions (organization_id, project_id, model_id, semver, artifact_uri, artifact_size_bytes,
                                checksum_sha256, framework, framework_version, model_format, description, status,
                                deprecated_at, registered_at, deleted_at, registered_by, created_by, updated_by)
    SELECT org, project, m.model_id,
           format('%s.%s.%s%s', k / (minors * patches), k % (minors * patches) / patches, k % patches,
                  CASE WHEN (k + m.n) % 7 = 6 AND k <> everywhere THEN '-rc.' || 1 + m.n % 3 END)::semver,
           format('s3://models/%s/%s/model.onnx', m.model_name, k), 100000000 + k, m.checksum, m.framework, '2.1.0', 'onnx',
           'Trained on the data of week ' || k, CASE WHEN (k * 31 + m.n) % 20 = 0 THEN 'deprecated' ELSE 'registered' END,
           CASE WHEN (k * 31 + m.n) % 20 = 0 THEN now() END, now() - (n_versions - k) * interval '1 hour',
           CASE WHEN (k * 17 + m.n) % 100 = 0 AND k <> everywhere THEN now() END, 'bench', 'bench', 'bench'
      FROM generate_series(0, n_versions - 1) AS k,
           LATERAL (SELECT right(model_id::text, 12)::int AS n, model_id, model_name, framework,
                           encode(sha256(model_name::bytea), 'hex') AS checksum
                      FROM models OFFSET 0 * k) AS m;
    REINDEX TABLE mlregistry.model_versions;

    INSERT INTO model_aliases (organization_id, project_id, model_id, alias, version_id, set_by)
    SELECT org, project, m.model_id, 'champion', v.version_id, 'bench'
      FROM models m, LATERAL (SELECT v.version_id FROM model_versions v WHERE v.model_id = m.model_id AND v.deleted_at IS NULL
                               ORDER BY v.semver LIMIT 1) AS v;
END
$$;

-- Dies unless two queries return the same rows, in any order; the number of rows otherwise.
CREATE FUNCTION bench.same(a text, b text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    digest text := 'SELECT row(count(*), sum(hashtextextended(r::text, 0)::numeric), sum(hashtextextended(r::text, 1)::numeric)) FROM (%s) AS r';
    of_a record;
    of_b record;
    n bigint;
BEGIN
    EXECUTE format(digest, a) INTO of_a;
    EXECUTE format(digest, b) INTO of_b;
    IF of_a IS DISTINCT FROM of_b THEN
        RAISE EXCEPTION 'not the same rows: % % and % %', of_a, a, of_b, b;
    END IF;
    EXECUTE format('SELECT count(*) FROM (%s) AS r', a) INTO n;
    IF n = 0 THEN
        RAISE EXCEPTION 'no rows: %', a;
    END IF;
    RETURN n;
END
$$;
