-- 0.9.0: parents of versions and datasets, and the edges of lineage with what is there already. Rules of access and triggers of
-- the audit trail are made by migrate().

-- Pages of events: runs by the time at which they ended.
CREATE INDEX idx_training_runs_completed ON mlregistry.training_runs (completed_at);

CREATE TABLE mlregistry.version_parents (
    version_id uuid NOT NULL,
    parent_version_id uuid NOT NULL,
    relation text NOT NULL,
    organization_id uuid DEFAULT mlregistry.current_organization_id() NOT NULL,
    project_id uuid DEFAULT mlregistry.current_project_id() NOT NULL,
    notes text,
    created_at timestamptz DEFAULT now() NOT NULL,
    created_by text DEFAULT mlregistry.current_actor() NOT NULL,
    created_by_user uuid,
    CONSTRAINT version_parents_pkey PRIMARY KEY (version_id, parent_version_id, relation),
    CONSTRAINT version_parents_project_fkey FOREIGN KEY (organization_id, project_id)
        REFERENCES mlregistry.projects (organization_id, project_id) ON DELETE CASCADE,
    CONSTRAINT version_parents_version_fkey FOREIGN KEY (organization_id, version_id)
        REFERENCES mlregistry.model_versions (organization_id, version_id) ON DELETE CASCADE,
    CONSTRAINT version_parents_parent_fkey FOREIGN KEY (organization_id, parent_version_id)
        REFERENCES mlregistry.model_versions (organization_id, version_id) ON DELETE NO ACTION,
    CONSTRAINT version_parents_created_by_user_fkey FOREIGN KEY (created_by_user)
        REFERENCES mlregistry.users (user_id) ON DELETE SET NULL (created_by_user),
    CONSTRAINT valid_relation CHECK (relation IN ('fine-tuned-from', 'distilled-from', 'merged-from', 'quantized-from', 'adapter-of',
        'ensemble-of', 'retrained-from', 'derived-from')),
    CONSTRAINT no_self_parent CHECK (parent_version_id <> version_id),
    CONSTRAINT version_parents_text_size CHECK (pg_catalog.octet_length(notes) <= 65536
        AND pg_catalog.octet_length(created_by) <= 65536)
);
CREATE INDEX idx_version_parents_parent ON mlregistry.version_parents (parent_version_id);
COMMENT ON TABLE mlregistry.version_parents IS 'Which versions a version was made from, and how; rows are inserted and deleted, never updated';
COMMENT ON COLUMN mlregistry.version_parents.version_id IS 'Version that was made';
COMMENT ON COLUMN mlregistry.version_parents.parent_version_id IS 'Version that it was made from, of any model of the organization';
COMMENT ON COLUMN mlregistry.version_parents.relation IS 'fine-tuned-from, distilled-from, merged-from, quantized-from, adapter-of, ensemble-of, retrained-from or derived-from';
COMMENT ON COLUMN mlregistry.version_parents.organization_id IS 'Organization that both belong to';
COMMENT ON COLUMN mlregistry.version_parents.project_id IS 'Project of the version that was made';
COMMENT ON COLUMN mlregistry.version_parents.notes IS 'What was done';
COMMENT ON COLUMN mlregistry.version_parents.created_at IS 'When the row was created';
COMMENT ON COLUMN mlregistry.version_parents.created_by IS 'Who created it';
COMMENT ON COLUMN mlregistry.version_parents.created_by_user IS 'The user who created it, as the database knows';
CREATE TRIGGER mlr_10_keys BEFORE INSERT OR UPDATE ON mlregistry.version_parents FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_keys('model_versions', 'version_id', 'model_versions', 'parent_version_id',
        '', 'notes', '', 'created_at', '', 'created_by');
CREATE TRIGGER mlr_20_actor BEFORE INSERT OR UPDATE ON mlregistry.version_parents FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_actor('created');
CREATE TRIGGER mlr_70_guard AFTER INSERT ON mlregistry.version_parents REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT
    EXECUTE FUNCTION mlregistry.trg_no_cycle('version');
CREATE TRIGGER mlr_85_effect AFTER INSERT ON mlregistry.version_parents REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT
    EXECUTE FUNCTION mlregistry.trg_effect_parents();

CREATE TABLE mlregistry.dataset_parents (
    dataset_id uuid NOT NULL,
    parent_dataset_id uuid NOT NULL,
    organization_id uuid DEFAULT mlregistry.current_organization_id() NOT NULL,
    project_id uuid DEFAULT mlregistry.current_project_id() NOT NULL,
    transformation text,
    created_at timestamptz DEFAULT now() NOT NULL,
    created_by text DEFAULT mlregistry.current_actor() NOT NULL,
    created_by_user uuid,
    CONSTRAINT dataset_parents_pkey PRIMARY KEY (dataset_id, parent_dataset_id),
    CONSTRAINT dataset_parents_project_fkey FOREIGN KEY (organization_id, project_id)
        REFERENCES mlregistry.projects (organization_id, project_id) ON DELETE CASCADE,
    CONSTRAINT dataset_parents_dataset_fkey FOREIGN KEY (organization_id, dataset_id)
        REFERENCES mlregistry.datasets (organization_id, dataset_id) ON DELETE CASCADE,
    CONSTRAINT dataset_parents_parent_fkey FOREIGN KEY (organization_id, parent_dataset_id)
        REFERENCES mlregistry.datasets (organization_id, dataset_id) ON DELETE NO ACTION,
    CONSTRAINT dataset_parents_created_by_user_fkey FOREIGN KEY (created_by_user)
        REFERENCES mlregistry.users (user_id) ON DELETE SET NULL (created_by_user),
    CONSTRAINT no_self_parent CHECK (parent_dataset_id <> dataset_id),
    CONSTRAINT dataset_parents_text_size CHECK (pg_catalog.octet_length(transformation) <= 65536
        AND pg_catalog.octet_length(created_by) <= 65536)
);
CREATE INDEX idx_dataset_parents_parent ON mlregistry.dataset_parents (parent_dataset_id);
COMMENT ON TABLE mlregistry.dataset_parents IS 'Which datasets a dataset was derived from; rows are inserted and deleted, never updated';
COMMENT ON COLUMN mlregistry.dataset_parents.dataset_id IS 'Dataset that was derived';
COMMENT ON COLUMN mlregistry.dataset_parents.parent_dataset_id IS 'Dataset that it was derived from';
COMMENT ON COLUMN mlregistry.dataset_parents.organization_id IS 'Organization that both belong to';
COMMENT ON COLUMN mlregistry.dataset_parents.project_id IS 'Project of the dataset that was derived';
COMMENT ON COLUMN mlregistry.dataset_parents.transformation IS 'What was done';
COMMENT ON COLUMN mlregistry.dataset_parents.created_at IS 'When the row was created';
COMMENT ON COLUMN mlregistry.dataset_parents.created_by IS 'Who created it';
COMMENT ON COLUMN mlregistry.dataset_parents.created_by_user IS 'The user who created it, as the database knows';
CREATE TRIGGER mlr_10_keys BEFORE INSERT OR UPDATE ON mlregistry.dataset_parents FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_keys('datasets', 'dataset_id', 'datasets', 'parent_dataset_id',
        '', 'transformation', '', 'created_at', '', 'created_by');
CREATE TRIGGER mlr_20_actor BEFORE INSERT OR UPDATE ON mlregistry.dataset_parents FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_actor('created');
CREATE TRIGGER mlr_70_guard AFTER INSERT ON mlregistry.dataset_parents REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT
    EXECUTE FUNCTION mlregistry.trg_no_cycle('dataset');

CREATE TABLE mlregistry.lineage_edges (
    organization_id uuid NOT NULL,
    child_kind text NOT NULL,
    child_id uuid NOT NULL,
    parent_kind text NOT NULL,
    parent_id uuid NOT NULL,
    relation text NOT NULL,
    child_project_id uuid,
    parent_project_id uuid,
    valid_from timestamptz NOT NULL,
    valid_to timestamptz DEFAULT 'infinity' NOT NULL,
    changed_in xid8 DEFAULT pg_catalog.pg_current_xact_id() NOT NULL,
    CONSTRAINT lineage_edges_pkey PRIMARY KEY (organization_id, child_kind, child_id, parent_kind, parent_id, relation, valid_from),
    CONSTRAINT lineage_edges_organization_fkey FOREIGN KEY (organization_id)
        REFERENCES mlregistry.organizations (organization_id) ON DELETE CASCADE,
    CONSTRAINT valid_kinds CHECK (child_kind IN ('dataset', 'run', 'version', 'deployment')
        AND parent_kind IN ('dataset', 'run', 'version', 'deployment')),
    CONSTRAINT valid_relation CHECK (relation IN ('trained-on', 'validated-on', 'tested-on', 'held-out-on', 'produced-by', 'child-run-of',
        'serves', 'fine-tuned-from', 'distilled-from', 'merged-from', 'quantized-from', 'adapter-of', 'ensemble-of', 'retrained-from',
        'derived-from')),
    CONSTRAINT valid_edge_period CHECK (valid_from < valid_to)
);
CREATE UNIQUE INDEX idx_lineage_up ON mlregistry.lineage_edges (organization_id, child_kind, child_id, parent_kind, parent_id, relation)
    INCLUDE (child_project_id, parent_project_id) WHERE valid_to = 'infinity';
CREATE INDEX idx_lineage_down ON mlregistry.lineage_edges (organization_id, parent_kind, parent_id, child_kind, child_id, relation)
    INCLUDE (child_project_id, parent_project_id) WHERE valid_to = 'infinity';
CREATE INDEX idx_lineage_down_asof ON mlregistry.lineage_edges (organization_id, parent_kind, parent_id, valid_from);
CREATE INDEX idx_lineage_changed ON mlregistry.lineage_edges (organization_id, changed_in);
COMMENT ON TABLE mlregistry.lineage_edges IS 'What came from what, and when that was so: one row per edge and period, the open one until infinity; outlives its nodes; written by triggers only';
COMMENT ON COLUMN mlregistry.lineage_edges.organization_id IS 'Organization that both ends belong to';
COMMENT ON COLUMN mlregistry.lineage_edges.child_kind IS 'What was made: dataset, run, version or deployment';
COMMENT ON COLUMN mlregistry.lineage_edges.child_id IS 'Its identifier';
COMMENT ON COLUMN mlregistry.lineage_edges.parent_kind IS 'What it was made from: dataset, run, version or deployment';
COMMENT ON COLUMN mlregistry.lineage_edges.parent_id IS 'Its identifier';
COMMENT ON COLUMN mlregistry.lineage_edges.relation IS 'What the child is to the parent, such as trained-on, produced-by, serves';
COMMENT ON COLUMN mlregistry.lineage_edges.child_project_id IS 'Project of the child';
COMMENT ON COLUMN mlregistry.lineage_edges.parent_project_id IS 'Project of the parent';
COMMENT ON COLUMN mlregistry.lineage_edges.valid_from IS 'From when on it was so';
COMMENT ON COLUMN mlregistry.lineage_edges.valid_to IS 'Until when, exclusively; infinity: it still is';
COMMENT ON COLUMN mlregistry.lineage_edges.changed_in IS 'Transaction that opened the edge, or closed it: what has changed since a snapshot can be asked for';
CREATE TRIGGER mlr_10_keys BEFORE UPDATE ON mlregistry.lineage_edges FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_keys();

SELECT mlregistry.set_registry_owner(mlregistry.registry_owner());

-- Edges of what is there begin where an INSERT would have let them begin. What deployments served before is known, too: periods of
-- one version that follow each other are one.
SELECT mlregistry.run_detached($rows$
    INSERT INTO mlregistry.lineage_edges (organization_id, child_kind, child_id, parent_kind, parent_id, relation,
                                          child_project_id, parent_project_id, valid_from)
    SELECT f.organization_id, 'run', f.run_id, 'dataset', f.dataset_id,
           CASE WHEN f.dataset_role = 'train' THEN 'trained-on' WHEN f.dataset_role = 'validation' THEN 'validated-on'
                WHEN f.dataset_role = 'test' THEN 'tested-on' ELSE 'held-out-on' END,
           f.project_id, d.project_id, least(pg_catalog.clock_timestamp(), f.added_at)
      FROM mlregistry.run_datasets f
      JOIN mlregistry.datasets d ON d.dataset_id = f.dataset_id
    UNION ALL
    SELECT f.organization_id, 'version', f.version_id, 'run', f.run_id, 'produced-by', v.project_id, f.project_id,
           least(pg_catalog.clock_timestamp(), coalesce(f.completed_at, f.created_at))
      FROM mlregistry.training_runs f
      JOIN mlregistry.model_versions v ON v.version_id = f.version_id
    UNION ALL
    SELECT f.organization_id, 'run', f.run_id, 'run', f.parent_run_id, 'child-run-of', f.project_id, p.project_id,
           least(pg_catalog.clock_timestamp(), f.queued_at)
      FROM mlregistry.training_runs f
      JOIN mlregistry.training_runs p ON p.run_id = f.parent_run_id;
    INSERT INTO mlregistry.lineage_edges (organization_id, child_kind, child_id, parent_kind, parent_id, relation,
                                          child_project_id, parent_project_id, valid_from, valid_to)
    SELECT p.organization_id, 'deployment', p.deployment_id, 'version', p.version_id, 'serves', p.project_id, p.project_id,
           pg_catalog.min(p.valid_from), pg_catalog.max(p.valid_to)
      FROM (SELECT s.*, pg_catalog.count(*) FILTER (WHERE s.begins)
                            OVER (PARTITION BY s.deployment_id, s.version_id ORDER BY s.valid_from) AS period
              FROM (SELECT h.organization_id, h.project_id, h.deployment_id, h.version_id, h.valid_from, h.valid_to,
                           pg_catalog.lag(h.valid_to) OVER (PARTITION BY h.deployment_id, h.version_id ORDER BY h.valid_from)
                               IS DISTINCT FROM h.valid_from AS begins
                      FROM mlregistry.deployment_history h
                     WHERE h.deployment_status IN ('pending', 'deploying', 'active', 'degraded', 'terminating')) AS s) AS p
     GROUP BY p.organization_id, p.project_id, p.deployment_id, p.version_id, p.period;
$rows$, mlregistry.registry_owner());

-- A model goes with versions that came from each other, whatever their order: foreign keys look before the last of them has gone.
CREATE TRIGGER mlr_45_parents BEFORE DELETE ON mlregistry.model_versions FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_forget_parents('version');
CREATE TRIGGER mlr_45_parents BEFORE DELETE ON mlregistry.datasets FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_forget_parents('dataset');
CREATE TRIGGER mlr_80_lineage_insert AFTER INSERT ON mlregistry.version_parents REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT
    EXECUTE FUNCTION mlregistry.trg_lineage('version_parents');
CREATE TRIGGER mlr_80_lineage_update AFTER UPDATE ON mlregistry.version_parents
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT
    EXECUTE FUNCTION mlregistry.trg_lineage('version_parents');
CREATE TRIGGER mlr_80_lineage_delete AFTER DELETE ON mlregistry.version_parents REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT
    EXECUTE FUNCTION mlregistry.trg_lineage('version_parents');
CREATE TRIGGER mlr_80_lineage_truncate AFTER TRUNCATE ON mlregistry.version_parents FOR EACH STATEMENT
    EXECUTE FUNCTION mlregistry.trg_lineage('version_parents');
CREATE TRIGGER mlr_80_lineage_insert AFTER INSERT ON mlregistry.dataset_parents REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT
    EXECUTE FUNCTION mlregistry.trg_lineage('dataset_parents');
CREATE TRIGGER mlr_80_lineage_update AFTER UPDATE ON mlregistry.dataset_parents
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT
    EXECUTE FUNCTION mlregistry.trg_lineage('dataset_parents');
CREATE TRIGGER mlr_80_lineage_delete AFTER DELETE ON mlregistry.dataset_parents REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT
    EXECUTE FUNCTION mlregistry.trg_lineage('dataset_parents');
CREATE TRIGGER mlr_80_lineage_truncate AFTER TRUNCATE ON mlregistry.dataset_parents FOR EACH STATEMENT
    EXECUTE FUNCTION mlregistry.trg_lineage('dataset_parents');
CREATE TRIGGER mlr_80_lineage_insert AFTER INSERT ON mlregistry.run_datasets REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT
    EXECUTE FUNCTION mlregistry.trg_lineage('run_datasets');
CREATE TRIGGER mlr_80_lineage_update AFTER UPDATE ON mlregistry.run_datasets
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT
    EXECUTE FUNCTION mlregistry.trg_lineage('run_datasets');
CREATE TRIGGER mlr_80_lineage_delete AFTER DELETE ON mlregistry.run_datasets REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT
    EXECUTE FUNCTION mlregistry.trg_lineage('run_datasets');
CREATE TRIGGER mlr_80_lineage_truncate AFTER TRUNCATE ON mlregistry.run_datasets FOR EACH STATEMENT
    EXECUTE FUNCTION mlregistry.trg_lineage('run_datasets');
CREATE TRIGGER mlr_80_lineage_insert AFTER INSERT ON mlregistry.training_runs REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT
    EXECUTE FUNCTION mlregistry.trg_lineage('training_runs');
CREATE TRIGGER mlr_80_lineage_update AFTER UPDATE ON mlregistry.training_runs
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT
    EXECUTE FUNCTION mlregistry.trg_lineage('training_runs');
CREATE TRIGGER mlr_80_lineage_delete AFTER DELETE ON mlregistry.training_runs REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT
    EXECUTE FUNCTION mlregistry.trg_lineage('training_runs');
CREATE TRIGGER mlr_80_lineage_truncate AFTER TRUNCATE ON mlregistry.training_runs FOR EACH STATEMENT
    EXECUTE FUNCTION mlregistry.trg_lineage('training_runs');
CREATE TRIGGER mlr_80_lineage_insert AFTER INSERT ON mlregistry.deployments REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT
    EXECUTE FUNCTION mlregistry.trg_lineage('deployments');
CREATE TRIGGER mlr_80_lineage_update AFTER UPDATE ON mlregistry.deployments
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT
    EXECUTE FUNCTION mlregistry.trg_lineage('deployments');
CREATE TRIGGER mlr_80_lineage_delete AFTER DELETE ON mlregistry.deployments REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT
    EXECUTE FUNCTION mlregistry.trg_lineage('deployments');
CREATE TRIGGER mlr_80_lineage_truncate AFTER TRUNCATE ON mlregistry.deployments FOR EACH STATEMENT
    EXECUTE FUNCTION mlregistry.trg_lineage('deployments');

-- What has been deleted for good is named as its kind and identifier; what has been deleted softly, or lies in what has been, has its
-- name.
CREATE VIEW mlregistry.v_lineage_edges WITH (security_invoker = true) AS
SELECT l.organization_id,
       l.child_kind,
       l.child_id,
       coalesce(cm.model_name || '@' || cv.semver::text, 'dataset:' || cd.dataset_name, 'run:' || cr.run_id::text,
                'deployment:' || ce.environment_name || '/' || cp.deployment_name, l.child_kind || ':' || l.child_id::text) AS child_name,
       l.parent_kind,
       l.parent_id,
       coalesce(pm.model_name || '@' || pv.semver::text, 'dataset:' || pd.dataset_name, 'run:' || pr.run_id::text,
                'deployment:' || pe.environment_name || '/' || pp.deployment_name, l.parent_kind || ':' || l.parent_id::text) AS parent_name,
       l.relation,
       l.valid_from,
       l.valid_to,
       l.valid_to = 'infinity' AS is_open,
       CASE l.child_kind WHEN 'version' THEN cm.model_id IS NULL OR cv.deleted_at IS NOT NULL OR cm.deleted_at IS NOT NULL
            WHEN 'dataset' THEN cd.dataset_id IS NULL OR cd.deleted_at IS NOT NULL
            WHEN 'run' THEN cr.run_id IS NULL OR cr.deleted_at IS NOT NULL OR cx.deleted_at IS NOT NULL
            ELSE cp.deployment_id IS NULL OR cp.deleted_at IS NOT NULL END AS child_deleted,
       CASE l.parent_kind WHEN 'version' THEN pm.model_id IS NULL OR pv.deleted_at IS NOT NULL OR pm.deleted_at IS NOT NULL
            WHEN 'dataset' THEN pd.dataset_id IS NULL OR pd.deleted_at IS NOT NULL
            WHEN 'run' THEN pr.run_id IS NULL OR pr.deleted_at IS NOT NULL OR px.deleted_at IS NOT NULL
            ELSE pp.deployment_id IS NULL OR pp.deleted_at IS NOT NULL END AS parent_deleted
  FROM mlregistry.lineage_edges l
  LEFT JOIN mlregistry.model_versions cv ON l.child_kind = 'version' AND cv.version_id = l.child_id
  LEFT JOIN mlregistry.models cm ON cm.model_id = cv.model_id
  LEFT JOIN mlregistry.datasets cd ON l.child_kind = 'dataset' AND cd.dataset_id = l.child_id
  LEFT JOIN mlregistry.training_runs cr ON l.child_kind = 'run' AND cr.run_id = l.child_id
  LEFT JOIN mlregistry.experiments cx ON cx.experiment_id = cr.experiment_id
  LEFT JOIN mlregistry.deployments cp ON l.child_kind = 'deployment' AND cp.deployment_id = l.child_id
  LEFT JOIN mlregistry.environments ce ON ce.environment_id = cp.environment_id
  LEFT JOIN mlregistry.model_versions pv ON l.parent_kind = 'version' AND pv.version_id = l.parent_id
  LEFT JOIN mlregistry.models pm ON pm.model_id = pv.model_id
  LEFT JOIN mlregistry.datasets pd ON l.parent_kind = 'dataset' AND pd.dataset_id = l.parent_id
  LEFT JOIN mlregistry.training_runs pr ON l.parent_kind = 'run' AND pr.run_id = l.parent_id
  LEFT JOIN mlregistry.experiments px ON px.experiment_id = pr.experiment_id
  LEFT JOIN mlregistry.deployments pp ON l.parent_kind = 'deployment' AND pp.deployment_id = l.parent_id
  LEFT JOIN mlregistry.environments pe ON pe.environment_id = pp.environment_id;
COMMENT ON VIEW mlregistry.v_lineage_edges IS 'Edges of lineage with readable names, those that are closed and those of what has been deleted among them';
COMMENT ON COLUMN mlregistry.v_lineage_edges.organization_id IS 'Organization that both ends belong to';
COMMENT ON COLUMN mlregistry.v_lineage_edges.child_kind IS 'dataset, run, version or deployment';
COMMENT ON COLUMN mlregistry.v_lineage_edges.child_id IS 'Identifier of what was made';
COMMENT ON COLUMN mlregistry.v_lineage_edges.child_name IS 'Its name: model@version, dataset:name, run:uuid or deployment:environment/name; kind:uuid where it is gone';
COMMENT ON COLUMN mlregistry.v_lineage_edges.parent_kind IS 'dataset, run, version or deployment';
COMMENT ON COLUMN mlregistry.v_lineage_edges.parent_id IS 'Identifier of what it was made from';
COMMENT ON COLUMN mlregistry.v_lineage_edges.parent_name IS 'Its name, likewise';
COMMENT ON COLUMN mlregistry.v_lineage_edges.relation IS 'What the child is to the parent';
COMMENT ON COLUMN mlregistry.v_lineage_edges.valid_from IS 'From when on it was so';
COMMENT ON COLUMN mlregistry.v_lineage_edges.valid_to IS 'Until when, exclusively; infinity: it still is';
COMMENT ON COLUMN mlregistry.v_lineage_edges.is_open IS 'True: it still is so';
COMMENT ON COLUMN mlregistry.v_lineage_edges.child_deleted IS 'True: the child has been deleted, softly or for good';
COMMENT ON COLUMN mlregistry.v_lineage_edges.parent_deleted IS 'True: the parent has been deleted, softly or for good';
