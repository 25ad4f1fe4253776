-- Sample data: versions with their files, signatures and aliases. As in life each version is registered first, gets its
-- files, and then moves on: the files of a frozen version do not change.

INSERT INTO mlregistry.model_versions (version_id, organization_id, project_id, model_id, semver, description, release_notes, git_commit, git_branch,
                                       git_tag, artifact_uri, artifact_size_bytes, checksum_sha256, framework, framework_version, python_version,
                                       cuda_version, dependencies, requirements, model_format, input_schema, output_schema, performance_metrics,
                                       training_metrics, benchmark_accuracy, benchmark_latency_p50_ms, benchmark_latency_p99_ms, benchmark_throughput_qps,
                                       benchmark_memory_mb, registered_by, registered_at, created_at, created_by)
SELECT mlregistry.sample_id(7, v.n), '00000000-0000-8000-8000-000000000001', '00000000-0000-8000-8000-000000000002', m.model_id,
       v.version::mlregistry.semver, v.description, v.release_notes,
       left(encode(sha256(convert_to('commit ' || v.model_name || ' ' || v.version, 'UTF8')), 'hex'), 40), 'main', 'v' || v.version,
       's3://example-models/' || v.model_name || '/' || v.version || '/' || v.file, v.size,
       encode(sha256(convert_to('artifact ' || v.model_name || ' ' || v.version, 'UTF8')), 'hex'),
       v.framework, v.framework_version, '3.11', v.cuda_version, v.dependencies::jsonb, v.requirements, v.model_format,
       v.input_schema::jsonb, v.output_schema::jsonb, v.performance_metrics::jsonb, v.training_metrics::jsonb,
       v.accuracy, v.p50, v.p99, v.qps, v.memory,
       v.registered_by, now() - v.age, now() - v.age, v.registered_by
  FROM (VALUES
    (1, 'sentiment-classifier-v2', '2.0.0', 'First version with six languages instead of two.',
     'New multilingual base model. Neutral is a class of its own now. Inputs are cut at 256 tokens.',
     'model.onnx', 420500000::bigint, 'pytorch', '2.1.0', '12.1', '{"transformers": "4.35.2", "onnxruntime": "1.16.3"}',
     E'torch==2.1.0\ntransformers==4.35.2\nonnx==1.15.0\n', 'onnx',
     '{"input_ids": "int64[batch,256]", "attention_mask": "int64[batch,256]"}', '{"logits": "float32[batch,3]"}',
     '{"accuracy": 0.9234, "precision": 0.9156, "recall": 0.9312, "f1_score": 0.9233}', '{"loss": 0.2876}', 0.9234, 11.80, 27.50, 640, 1380,
     'nlp-lead@example.com', '9 days 20 hours'::interval),
    (2, 'sentiment-classifier-v2', '2.1.0', 'Fine-tuned on the reviews of the last quarter.',
     'Better with irony and with short reviews. Same inputs and outputs as 2.0.0.',
     'model.onnx', 425800000, 'pytorch', '2.1.0', '12.1', '{"transformers": "4.35.2", "onnxruntime": "1.16.3"}',
     E'torch==2.1.0\ntransformers==4.35.2\nonnx==1.15.0\n', 'onnx',
     '{"input_ids": "int64[batch,256]", "attention_mask": "int64[batch,256]"}', '{"logits": "float32[batch,3]"}',
     '{"accuracy": 0.9312, "precision": 0.9245, "recall": 0.9389, "f1_score": 0.9316}', '{"loss": 0.2543}', 0.9312, 12.10, 28.20, 625, 1390,
     'nlp-lead@example.com', '2 days 20 hours'),
    (3, 'object-detector-yolo', '1.0.0', 'First version for the warehouse cameras.',
     'Pretrained on COCO, then trained on our ImageNet subset. Runs on the edge devices of the gates.',
     'model.torchscript', 88200000, 'pytorch', '2.0.1', '11.8', '{"torchvision": "0.15.2"}',
     E'torch==2.0.1\ntorchvision==0.15.2\n', 'torchscript',
     '{"image": "float32[batch,3,640,640]"}', '{"boxes": "float32[batch,n,4]", "scores": "float32[batch,n]", "classes": "int64[batch,n]"}',
     '{"accuracy": 0.8523, "precision": 0.8345, "recall": 0.8712, "f1_score": 0.8525}', '{"loss": 1.2345}', 0.8523, 18.40, 41.00, 210, 2100,
     'vision-lead@example.com', '15 days'),
    (4, 'revenue-forecaster', '3.2.1', 'Holidays of the coming year, and a repair of the promotion features.',
     'Promotions that span two months are counted once. No change of the interface.',
     'model.pkl', 2500000, 'sklearn', '1.3.2', NULL, '{"numpy": "1.26.2", "pandas": "2.1.4"}',
     E'scikit-learn==1.3.2\nnumpy==1.26.2\npandas==2.1.4\n', 'pickle',
     '{"features": "float64[rows,25]"}', '{"revenue": "float64[rows]"}', '{}', '{}', NULL, 2.10, 6.30, 1800, 95,
     'forecasting-lead@example.com', '36 days'),
    (5, 'product-recommender', '1.5.0', 'Two hundred factors, trained on eight weeks of interactions.',
     'New customers see what is popular in the category that they came to.',
     'model.joblib', 125300000, 'sklearn', '1.3.2', NULL, '{"numpy": "1.26.2", "scipy": "1.11.4"}',
     E'scikit-learn==1.3.2\nscipy==1.11.4\njoblib==1.3.2\n', 'joblib',
     '{"user_id": "string", "recent_items": "string[]"}', '{"items": "string[20]", "scores": "float32[20]"}', '{}', '{}', NULL, 7.60, 19.90, 950, 780,
     'recommendations-lead@example.com', '58 days'))
    AS v (n, model_name, version, description, release_notes, file, size, framework, framework_version, cuda_version, dependencies, requirements,
          model_format, input_schema, output_schema, performance_metrics, training_metrics, accuracy, p50, p99, qps, memory, registered_by, age)
  JOIN mlregistry.models m ON m.project_id = '00000000-0000-8000-8000-000000000002' AND m.model_name = v.model_name AND m.deleted_at IS NULL;

INSERT INTO mlregistry.model_versions (version_id, organization_id, project_id, model_id, semver, description, git_commit, git_branch, artifact_uri,
                                       artifact_size_bytes, checksum_sha256, framework, framework_version, python_version, model_format,
                                       registered_by, registered_at, created_at, created_by)
SELECT mlregistry.sample_id(7, v.n), m.organization_id, m.project_id, m.model_id, v.version::mlregistry.semver, v.description,
       left(encode(sha256(convert_to('commit ' || m.model_name || ' ' || v.version, 'UTF8')), 'hex'), 40), 'main',
       's3://acme-models/' || m.model_name || '/' || v.version || '/' || v.file, v.size,
       encode(sha256(convert_to('artifact ' || m.model_name || ' ' || v.version, 'UTF8')), 'hex'),
       m.framework, v.framework_version, '3.10', v.model_format,
       'ana.dev@acme.example', now() - v.age, now() - v.age, 'ana.dev@acme.example'
  FROM (VALUES
    (201, 201, '1.0.0', 'The model that replaced the hand-written rules.', 'model.json', 18400000::bigint, '1.7.6', 'mlflow', '120 days'::interval),
    (202, 201, '1.1.0', 'Knows the habits of a card over ninety days instead of thirty.', 'model.json', 21900000, '2.0.2', 'mlflow', '34 days'),
    (203, 201, '1.2.0', 'Trial with features of the device that pays.', 'model.json', 23100000, '2.0.2', 'mlflow', '6 days'),
    (204, 202, '0.1.0', 'Logistic regression over contract and usage, to have something to beat.', 'model.joblib', 640000, '1.3.2', 'joblib', '48 days'))
    AS v (n, model, version, description, file, size, framework_version, model_format, age)
  JOIN mlregistry.models m ON m.model_id = mlregistry.sample_id(6, v.model);

INSERT INTO mlregistry.version_files (file_id, organization_id, project_id, version_id, path, uri, size_bytes, sha256, media_type, variant, created_at)
SELECT mlregistry.sample_id(8, v.n), o.organization_id, o.project_id, o.version_id, v.path, regexp_replace(o.artifact_uri, '[^/]+$', '') || v.path,
       coalesce(v.size, o.artifact_size_bytes),
       CASE WHEN v.size IS NULL THEN o.checksum_sha256 ELSE encode(sha256(convert_to(o.artifact_uri || ' ' || v.path, 'UTF8')), 'hex') END,
       v.media_type, v.variant, o.created_at
  FROM (VALUES
    (1, 1, 'model.onnx', NULL::bigint, 'application/octet-stream', NULL),
    (2, 1, 'tokenizer.json', 2410000, 'application/json', NULL),
    (3, 1, 'config.json', 812, 'application/json', NULL),
    (4, 2, 'model.onnx', NULL, 'application/octet-stream', NULL),
    (5, 2, 'tokenizer.json', 2410000, 'application/json', NULL),
    (6, 2, 'config.json', 812, 'application/json', NULL),
    (7, 3, 'model.torchscript', NULL, 'application/octet-stream', 'cu118'),
    (8, 3, 'model-cpu.torchscript', 87900000, 'application/octet-stream', 'cpu'),
    (9, 3, 'labels.txt', 1240, 'text/plain', NULL),
    (10, 4, 'model.pkl', NULL, 'application/octet-stream', NULL),
    (11, 5, 'model.joblib', NULL, 'application/octet-stream', NULL),
    (12, 201, 'model.json', NULL, 'application/json', NULL),
    (13, 202, 'model.json', NULL, 'application/json', NULL))
    AS v (n, version, path, size, media_type, variant)
  JOIN mlregistry.model_versions o ON o.version_id = mlregistry.sample_id(7, v.version);

INSERT INTO mlregistry.version_signatures (signature_id, organization_id, project_id, version_id, kind, signer, issuer, bundle, bundle_uri,
                                           subject_sha256, verification, verifier, verified_at, created_at, created_by)
SELECT mlregistry.sample_id(9, v.n), o.organization_id, o.project_id, o.version_id, v.kind, v.signer, v.issuer, v.bundle::jsonb,
       o.artifact_uri || v.bundle_suffix, o.checksum_sha256, v.verification, v.verifier,
       CASE WHEN v.verifier IS NOT NULL THEN o.registered_at + '20 minutes'::interval END, o.registered_at + '10 minutes'::interval, o.registered_by
  FROM (VALUES
    (1, 1, 'sigstore', 'nlp-release@example.com', 'https://accounts.example.com', '{"mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json"}',
     '.sigstore.json', 'verified', 'release-pipeline@example.com'),
    (2, 3, 'x509', 'CN=Computer Vision Release, O=Example', 'CN=Example Code Signing CA', NULL, '.p7s', 'verified', 'release-pipeline@example.com'),
    (3, 4, 'pgp', 'forecasting-lead@example.com', NULL, NULL, '.asc', 'claimed', NULL))
    AS v (n, version, kind, signer, issuer, bundle, bundle_suffix, verification, verifier)
  JOIN mlregistry.model_versions o ON o.version_id = mlregistry.sample_id(7, v.version);

-- Validated and promoted, at times of the past.
UPDATE mlregistry.model_versions o
   SET status = 'validated', stage = v.stage,
       validated_at = o.registered_at + v.after, validated_by = v.validated_by,
       frozen_at = o.registered_at + v.after,
       promoted_to_production_at = CASE WHEN v.stage = 'production' THEN o.registered_at + 2 * v.after END
  FROM (VALUES
    (1, 'production', 'nlp-qa@example.com', '18 hours'::interval),
    (2, 'staging', 'nlp-qa@example.com', '6 hours'),
    (3, 'production', 'safety-review@example.com', '24 hours'),
    (4, 'development', 'finance-controller@example.com', '4 days'),
    (5, 'development', 'shop-qa@example.com', '3 days'),
    (201, 'production', 'admin@acme.example', '5 days'),
    (202, 'staging', 'admin@acme.example', '4 days'))
    AS v (n, stage, validated_by, after)
 WHERE o.version_id = mlregistry.sample_id(7, v.n);

-- Their histories tell of the past, too.
UPDATE mlregistry.status_history h
   SET valid_from = CASE WHEN h.previous_status IS NULL THEN h.valid_from ELSE o.validated_at END,
       valid_to = CASE WHEN h.previous_status IS NULL THEN o.validated_at ELSE h.valid_to END,
       changed_by = CASE WHEN h.previous_status IS NULL THEN h.changed_by ELSE o.validated_by END,
       changed_by_user = CASE WHEN h.previous_status IS NULL THEN h.changed_by_user END
  FROM mlregistry.model_versions o
 WHERE h.entity_kind = 'version' AND h.entity_id = o.version_id AND mlregistry.is_sample(o.version_id) AND o.status = 'validated';
UPDATE mlregistry.stage_history h
   SET valid_from = CASE WHEN h.previous_stage IS NULL THEN h.valid_from ELSE coalesce(o.promoted_to_production_at, o.validated_at) END,
       valid_to = CASE WHEN h.previous_stage IS NULL THEN coalesce(o.promoted_to_production_at, o.validated_at) ELSE h.valid_to END,
       changed_by = CASE WHEN h.previous_stage IS NULL THEN h.changed_by ELSE o.registered_by END,
       changed_by_user = CASE WHEN h.previous_stage IS NULL THEN h.changed_by_user END
  FROM mlregistry.model_versions o
 WHERE h.version_id = o.version_id AND mlregistry.is_sample(o.version_id) AND o.stage IN ('staging', 'production');

-- What candidate named before 2.1.0. The period that is open now comes with the alias.
INSERT INTO mlregistry.alias_history (history_id, organization_id, project_id, model_id, alias, version_id, semver, set_by, valid_from, valid_to)
SELECT mlregistry.sample_id(12, 1), o.organization_id, o.project_id, o.model_id, 'candidate', o.version_id, o.semver::text, o.registered_by,
       now() - '9 days 12 hours'::interval, now() - '2 days 12 hours'::interval
  FROM mlregistry.model_versions o
 WHERE o.version_id = mlregistry.sample_id(7, 1);

INSERT INTO mlregistry.model_aliases (alias_id, organization_id, project_id, model_id, alias, version_id, set_by, set_at)
SELECT mlregistry.sample_id(10, v.n), o.organization_id, o.project_id, o.model_id, v.alias, o.version_id, o.registered_by, now() - v.age
  FROM (VALUES
    (1, 1, 'stable', '8 days'::interval),
    (2, 2, 'candidate', '2 days 12 hours'),
    (3, 3, 'stable', '13 days'),
    (4, 4, 'current', '30 days'),
    (5, 5, 'stable', '52 days'))
    AS v (n, version, alias, age)
  JOIN mlregistry.model_versions o ON o.version_id = mlregistry.sample_id(7, v.version);
