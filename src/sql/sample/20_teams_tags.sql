-- Sample data: teams and tags of the default organization.

INSERT INTO mlregistry.teams (team_id, organization_id, team_name, team_email, department, cost_center, manager_name, slack_channel,
                              created_at, created_by, updated_at, updated_by)
SELECT mlregistry.sample_id(3, v.n), '00000000-0000-8000-8000-000000000001', v.team_name, v.team_name || '@example.com', v.department,
       v.cost_center, v.manager_name, '#' || v.team_name,
       now() - v.age, 'ml-platform-lead@example.com', now() - v.age, 'ml-platform-lead@example.com'
  FROM (VALUES
    (1, 'ml-platform', 'Engineering', 'CC-ML-001', 'Head of ML Platform', '400 days'::interval),
    (2, 'nlp-research', 'Research', 'CC-ML-002', 'Lead of NLP Research', '395 days'),
    (3, 'computer-vision', 'Engineering', 'CC-ML-003', 'Lead of Computer Vision', '390 days'),
    (4, 'recommendations', 'Product', 'CC-ML-004', 'Product Lead of Recommendations', '340 days'),
    (5, 'forecasting', 'Finance', 'CC-FIN-001', 'Head of Financial Planning', '365 days'))
    AS v (n, team_name, department, cost_center, manager_name, age);

INSERT INTO mlregistry.tags (tag_id, organization_id, tag_name, tag_category, description, created_at, created_by)
SELECT mlregistry.sample_id(4, v.n), '00000000-0000-8000-8000-000000000001', v.tag_name, v.tag_category, v.description,
       now() - '380 days'::interval, 'ml-platform-lead@example.com'
  FROM (VALUES
    (1, 'nlp', 'domain', 'Text: sentiment, translation, questions and answers'),
    (2, 'computer-vision', 'domain', 'Images and video'),
    (3, 'time-series', 'domain', 'Values that follow one another in time'),
    (4, 'recommendation', 'domain', 'What a customer may want next'),
    (5, 'pytorch', 'framework', 'Trained and served with PyTorch'),
    (6, 'tensorflow', 'framework', 'Trained and served with TensorFlow or Keras'),
    (7, 'sklearn', 'framework', 'Trained with scikit-learn'),
    (8, 'production', 'status', 'Customers depend on it: call the owning team before any change'),
    (9, 'experimental', 'status', 'May change or vanish without notice'),
    (10, 'deprecated', 'status', 'Has a successor; do not build on it any more'),
    (11, 'classification', 'use-case', 'Puts each input into one of several classes'),
    (12, 'regression', 'use-case', 'Predicts a number'),
    (13, 'detection', 'use-case', 'Finds objects and where they are'),
    (14, 'generation', 'use-case', 'Makes text, images or sound'),
    (15, 'high-priority', 'priority', 'Incidents are handled at any hour'),
    (16, 'low-latency', 'priority', 'Must answer within 50 ms'))
    AS v (n, tag_name, tag_category, description);
