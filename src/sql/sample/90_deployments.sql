-- Sample data: environments, what is deployed there, and who has agreed to it.

INSERT INTO mlregistry.environments (environment_id, organization_id, environment_name, environment_type, description, cluster_name, region,
                                     kubernetes_namespace, priority, requires_approval, created_at, created_by, updated_at, updated_by)
SELECT mlregistry.sample_id(19, v.n), '00000000-0000-8000-8000-000000000001', v.environment_name, v.environment_type, v.description, v.cluster_name,
       v.region, 'models', v.priority, v.requires_approval, now() - '390 days'::interval, 'platform-lead@example.com', now() - '390 days'::interval,
       'platform-lead@example.com'
  FROM (VALUES
    (1, 'dev', 'development', 'For trying out; emptied every night.', 'dev-cluster', 'us-west-2', 0, false),
    (2, 'qa', 'development', 'Where the testers are.', 'qa-cluster', 'us-west-2', 1, false),
    (3, 'staging', 'staging', 'As production, with a copy of its traffic.', 'staging-cluster', 'us-east-1', 2, false),
    (4, 'staging-eu', 'staging', 'The same for what must stay in Europe.', 'staging-eu-cluster', 'eu-west-1', 2, false),
    (5, 'canary', 'canary', 'Some percent of the customers, on the machines of production.', 'prod-cluster', 'us-east-1', 3, true),
    (6, 'prod-us', 'production', 'Customers in the Americas.', 'prod-us-cluster', 'us-east-1', 4, true),
    (7, 'prod-eu', 'production', 'Customers in Europe.', 'prod-eu-cluster', 'eu-west-1', 4, true),
    (8, 'prod-apac', 'production', 'Customers in Asia and the Pacific.', 'prod-apac-cluster', 'ap-southeast-1', 4, true))
    AS v (n, environment_name, environment_type, description, cluster_name, region, priority, requires_approval);

INSERT INTO mlregistry.environments (environment_id, organization_id, environment_name, environment_type, description, cluster_name, region,
                                     kubernetes_namespace, priority, created_at, created_by, updated_at, updated_by)
SELECT mlregistry.sample_id(19, v.n), mlregistry.sample_id(1, 1), v.environment_name, v.environment_type, v.description, v.cluster_name,
       'eu-central-1', 'risk', v.priority, now() - '200 days'::interval, 'admin@acme.example', now() - '200 days'::interval, 'admin@acme.example'
  FROM (VALUES
    (101, 'staging', 'staging', 'Payments of yesterday, played back.', 'acme-staging', 0),
    (102, 'production', 'production', 'The tills.', 'acme-production', 1))
    AS v (n, environment_name, environment_type, description, cluster_name, priority);

-- In one statement: what serves needs its approval, which is for the deployment.
WITH deployed AS (
INSERT INTO mlregistry.deployments (deployment_id, organization_id, project_id, version_id, model_id, environment_id, deployment_name, deployment_type,
                                    endpoint_url, replicas, status, health_status, avg_latency_ms, p99_latency_ms, requests_per_second,
                                    error_rate_percentage, compute_platform, serving_framework, instance_type, cpu_request, memory_request, gpu_count,
                                    autoscaling_enabled, min_replicas, max_replicas, deployed_by, deployed_at, last_health_check_at, created_at,
                                    created_by, updated_at, updated_by)
SELECT mlregistry.sample_id(20, v.n), o.organization_id, o.project_id, o.version_id, o.model_id, mlregistry.sample_id(19, v.environment),
       v.deployment_name, v.deployment_type, v.endpoint_url, v.replicas, 'active', 'healthy', v.latency, v.p99, v.load, v.errors, 'kubernetes',
       v.serving_framework, v.instance_type, v.cpu, v.memory, v.gpus, v.most > v.replicas, v.least, v.most, v.deployed_by, now() - v.age,
       now() - '1 minute'::interval, now() - v.age, v.deployed_by, now() - v.age, v.deployed_by
  FROM (VALUES
    (1, 1, 6, 'sentiment-classifier-prod-us', 'rolling', 'https://sentiment.prod-us.example.com/v2', 5, 12.40, 29.80, 310.00, 0.02,
     'torchserve', 'n1-standard-4', '2', '4Gi', 0, 3, 20, 'nlp-lead@example.com', '8 days'::interval),
    (2, 2, 3, 'sentiment-classifier-staging', 'rolling', 'https://sentiment.staging.example.com/v2', 2, 12.90, 31.50, 4.50, 0.00,
     'torchserve', 'n1-standard-2', '2', '4Gi', 0, 1, 2, 'nlp-lead@example.com', '2 days'),
    (3, 3, 6, 'object-detector-prod', 'blue-green', 'https://detector.prod-us.example.com/v1', 10, 19.10, 44.00, 85.00, 0.10,
     'triton', 'n1-highmem-8-gpu', '4', '16Gi', 1, 10, 10, 'vision-lead@example.com', '13 days'),
    (101, 201, 102, 'fraud-api-prod', 'rolling', 'https://fraud.acme.example/score', 3, 6.20, 14.00, 720.00, 0.01,
     'triton', 'm6i.xlarge', '2', '2Gi', 0, 3, 9, 'ana.dev@acme.example', '110 days'))
    AS v (n, version, environment, deployment_name, deployment_type, endpoint_url, replicas, latency, p99, load, errors, serving_framework,
          instance_type, cpu, memory, gpus, least, most, deployed_by, age)
  JOIN mlregistry.model_versions o ON o.version_id = mlregistry.sample_id(7, v.version)
RETURNING deployment_id, environment_id
)
INSERT INTO mlregistry.approvals (approval_id, organization_id, project_id, version_id, deployment_id, environment_id, approval_type, approval_status,
                                  requested_by, requested_at, reviewed_by, reviewed_at, review_notes, review_checklist, compliance_framework,
                                  risk_assessment, mitigation_plan, expires_at, created_at, created_by, updated_at, updated_by)
SELECT mlregistry.sample_id(21, v.n), o.organization_id, o.project_id, o.version_id, mlregistry.sample_id(20, v.deployment), d.environment_id,
       v.approval_type, 'approved', v.requested_by, now() - v.age - '1 day'::interval, v.reviewed_by, now() - v.age, v.review_notes,
       v.review_checklist::jsonb, v.compliance_framework, v.risk_assessment, v.mitigation_plan, now() - v.age + '1 year'::interval,
       now() - v.age - '1 day'::interval, v.requested_by, now() - v.age, v.reviewed_by
  FROM (VALUES
    (1, 3, 3, 'compliance', 'vision-lead@example.com', 'compliance@example.com', 'Pictures are not kept, faces are blurred before inference.',
     '{"data_protection": true, "access_controls": true, "incident_plan": true}', 'SOC2',
     'A gate may stay open when a forklift is not seen.', 'The light barriers stay in charge; the detector only warns.', '14 days'::interval),
    (2, 4, NULL, 'technical', 'forecasting-lead@example.com', 'ml-platform@example.com', 'Same interface as 3.1; the backtest is within two percent.',
     '{"load_test": true, "rollback_tested": true}', NULL, 'Promotions of the coming quarter are not in the training data.',
     'The plan is compared with the forecast every Monday.', '5 days'))
    AS v (n, version, deployment, approval_type, requested_by, reviewed_by, review_notes, review_checklist, compliance_framework, risk_assessment,
          mitigation_plan, age)
  JOIN mlregistry.model_versions o ON o.version_id = mlregistry.sample_id(7, v.version)
  LEFT JOIN deployed d ON d.deployment_id = mlregistry.sample_id(20, v.deployment);

INSERT INTO mlregistry.deployment_tags (organization_id, project_id, deployment_id, tag_id, added_at, added_by)
SELECT d.organization_id, d.project_id, d.deployment_id, t.tag_id, d.deployed_at, d.deployed_by
  FROM (VALUES (1, 'low-latency'), (3, 'high-priority')) AS v (n, tag_name)
  JOIN mlregistry.deployments d ON d.deployment_id = mlregistry.sample_id(20, v.n)
  JOIN mlregistry.tags t ON t.organization_id = d.organization_id AND t.tag_name = v.tag_name;

INSERT INTO mlregistry.metric_gates (gate_id, organization_id, project_id, model_id, metric_name, comparison, threshold, created_at, created_by,
                                     updated_at, updated_by)
SELECT mlregistry.sample_id(22, 1), m.organization_id, m.project_id, m.model_id, 'accuracy', '>=', 0.9, now() - '10 days'::interval, m.primary_contact,
       now() - '10 days'::interval, m.primary_contact
  FROM mlregistry.models m
 WHERE m.model_id = mlregistry.sample_id(6, 1);
