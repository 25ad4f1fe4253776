-- View of the area training: one wide row for each run, so that the usual questions are one SELECT. Columns may be added at the
-- end only.

CREATE VIEW mlregistry.v_training_runs WITH (security_invoker = true) AS
SELECT r.run_id,
       m.model_name,
       r.framework,
       e.experiment_name,
       r.status,
       r.accuracy,
       r.loss,
       r.precision_score,
       r.recall_score,
       r.f1_score,
       d.dataset_name AS dataset,
       r.compute_target,
       r.gpu_hours,
       r.cpu_hours,
       r.hyperparameters AS parameters,
       r.created_at,
       r.started_at,
       r.completed_at,
       r.notes,
       r.created_by,
       r.auc_roc,
       r.run_name,
       r.run_number,
       r.queued_at,
       r.duration_seconds,
       round(extract(epoch FROM coalesce(r.started_at, r.completed_at, greatest(r.queued_at, now())) - r.queued_at), 3) AS wait_seconds,
       r.gpu_count,
       r.gpu_type,
       mlregistry.run_cost(r.estimated_cost_usd, r.gpu_hours, r.gpu_type) AS cost_usd,
       coalesce((SELECT jsonb_agg(jsonb_build_object('name', nd.dataset_name, 'role', rd.dataset_role, 'version', rd.dataset_version)
                                  ORDER BY array_position('{train,validation,test,holdout}'::text[], rd.dataset_role), nd.dataset_name)
                   FROM mlregistry.run_datasets rd
                   JOIN mlregistry.datasets nd USING (dataset_id)
                  WHERE rd.run_id = r.run_id), '[]') AS datasets,
       v.semver,
       ARRAY(SELECT t.tag_name FROM mlregistry.run_tags rt JOIN mlregistry.tags t USING (tag_id) WHERE rt.run_id = r.run_id ORDER BY t.tag_name) AS tags,
       r.error_message,
       r.model_id,
       r.experiment_id,
       r.dataset_id,
       r.version_id,
       r.project_id,
       r.organization_id
  FROM mlregistry.training_runs r
  JOIN mlregistry.experiments e USING (experiment_id)
  JOIN mlregistry.projects p ON p.project_id = r.project_id
  JOIN mlregistry.organizations o ON o.organization_id = r.organization_id
  LEFT JOIN mlregistry.models m ON m.model_id = r.model_id
  LEFT JOIN mlregistry.datasets d ON d.dataset_id = r.dataset_id
  LEFT JOIN mlregistry.model_versions v ON v.version_id = r.version_id
 WHERE r.deleted_at IS NULL AND e.deleted_at IS NULL AND p.deleted_at IS NULL AND o.deleted_at IS NULL;
COMMENT ON VIEW mlregistry.v_training_runs IS 'Training runs with the names of what they belong to; deleted ones and those of deleted experiments are left out';
COMMENT ON COLUMN mlregistry.v_training_runs.run_id IS 'Identifier';
COMMENT ON COLUMN mlregistry.v_training_runs.model_name IS 'Model that was trained';
COMMENT ON COLUMN mlregistry.v_training_runs.framework IS 'Framework';
COMMENT ON COLUMN mlregistry.v_training_runs.experiment_name IS 'Experiment that it belongs to';
COMMENT ON COLUMN mlregistry.v_training_runs.status IS 'queued, running, succeeded, failed, cancelled or timeout';
COMMENT ON COLUMN mlregistry.v_training_runs.accuracy IS 'Accuracy, 0 to 1';
COMMENT ON COLUMN mlregistry.v_training_runs.loss IS 'Loss at the end';
COMMENT ON COLUMN mlregistry.v_training_runs.precision_score IS 'Precision, 0 to 1';
COMMENT ON COLUMN mlregistry.v_training_runs.recall_score IS 'Recall, 0 to 1';
COMMENT ON COLUMN mlregistry.v_training_runs.f1_score IS 'F1 score, 0 to 1';
COMMENT ON COLUMN mlregistry.v_training_runs.dataset IS 'Name of its primary dataset';
COMMENT ON COLUMN mlregistry.v_training_runs.compute_target IS 'Cluster or service that it ran on';
COMMENT ON COLUMN mlregistry.v_training_runs.gpu_hours IS 'GPU hours used, of all GPUs together';
COMMENT ON COLUMN mlregistry.v_training_runs.cpu_hours IS 'CPU hours used';
COMMENT ON COLUMN mlregistry.v_training_runs.parameters IS 'Parameters that it was started with (hyperparameters)';
COMMENT ON COLUMN mlregistry.v_training_runs.created_at IS 'When the row was created';
COMMENT ON COLUMN mlregistry.v_training_runs.started_at IS 'When it began; NULL: it has not, or never did';
COMMENT ON COLUMN mlregistry.v_training_runs.completed_at IS 'When it ended; NULL: it is queued or running';
COMMENT ON COLUMN mlregistry.v_training_runs.notes IS 'Anything that somebody wanted to say';
COMMENT ON COLUMN mlregistry.v_training_runs.created_by IS 'Who created the row';
COMMENT ON COLUMN mlregistry.v_training_runs.auc_roc IS 'Area under the ROC curve, 0 to 1';
COMMENT ON COLUMN mlregistry.v_training_runs.run_name IS 'Name for people';
COMMENT ON COLUMN mlregistry.v_training_runs.run_number IS 'Number in its experiment';
COMMENT ON COLUMN mlregistry.v_training_runs.queued_at IS 'When it was asked for';
COMMENT ON COLUMN mlregistry.v_training_runs.duration_seconds IS 'How long it ran';
COMMENT ON COLUMN mlregistry.v_training_runs.wait_seconds IS 'How long it waited, or has waited so far, before it began or was given up';
COMMENT ON COLUMN mlregistry.v_training_runs.gpu_count IS 'Number of GPUs';
COMMENT ON COLUMN mlregistry.v_training_runs.gpu_type IS 'Kind of GPU';
COMMENT ON COLUMN mlregistry.v_training_runs.cost_usd IS 'Cost in US dollars: what was estimated, else GPU hours at the price of the GPU';
COMMENT ON COLUMN mlregistry.v_training_runs.datasets IS 'Datasets that it read: array of objects with name, role and version';
COMMENT ON COLUMN mlregistry.v_training_runs.semver IS 'Version that it produced or belongs to';
COMMENT ON COLUMN mlregistry.v_training_runs.tags IS 'Its tags, sorted';
COMMENT ON COLUMN mlregistry.v_training_runs.error_message IS 'Why it failed';
COMMENT ON COLUMN mlregistry.v_training_runs.model_id IS 'Identifier of the model';
COMMENT ON COLUMN mlregistry.v_training_runs.experiment_id IS 'Identifier of the experiment';
COMMENT ON COLUMN mlregistry.v_training_runs.dataset_id IS 'Identifier of the primary dataset';
COMMENT ON COLUMN mlregistry.v_training_runs.version_id IS 'Identifier of the version';
COMMENT ON COLUMN mlregistry.v_training_runs.project_id IS 'Project of its experiment';
COMMENT ON COLUMN mlregistry.v_training_runs.organization_id IS 'Organization that it belongs to';
