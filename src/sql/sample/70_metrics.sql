-- Sample data: what the versions of the default project were measured at.

INSERT INTO mlregistry.model_metrics (metric_id, organization_id, project_id, version_id, metric_name, metric_value, dataset_split, dataset_id,
                                      recorded_at, recorded_by)
SELECT mlregistry.sample_id(11, row_number() OVER (ORDER BY v.version, e.place)), o.organization_id, o.project_id, o.version_id,
       e.metric_name, e.metric_value, v.split, d.dataset_id, o.registered_at + '5 minutes'::interval, o.registered_by
  FROM (VALUES
    (1, 'test', 'customer-reviews-v1', 0.9234, 0.9156, 0.9312, 0.9233, 0.2876),
    (2, 'test', 'customer-reviews-v1', 0.9312, 0.9245, 0.9389, 0.9316, 0.2543),
    (3, 'validation', 'imagenet-subset-2025', 0.8523, 0.8345, 0.8712, 0.8525, 1.2345))
    AS v (version, split, dataset_name, accuracy, precision_score, recall_score, f1_score, loss)
  JOIN mlregistry.model_versions o ON o.version_id = mlregistry.sample_id(7, v.version)
  JOIN mlregistry.datasets d ON d.project_id = o.project_id AND d.dataset_name = v.dataset_name AND d.deleted_at IS NULL
 CROSS JOIN LATERAL (VALUES
    (1, 'accuracy', v.accuracy), (2, 'precision', v.precision_score), (3, 'recall', v.recall_score), (4, 'f1_score', v.f1_score), (5, 'loss', v.loss))
    AS e (place, metric_name, metric_value);
