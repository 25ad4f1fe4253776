-- Sample data: models of the default project, of training-lab and of acme.

INSERT INTO mlregistry.models (model_id, organization_id, project_id, model_name, display_name, description, objective, use_case, model_type,
                               task_type, framework, team_id, primary_contact, secondary_contact, business_unit, risk_level,
                               compliance_required, risk_class, intended_purpose, github_repo, documentation_url, model_card_url, metadata,
                               created_at, created_by, updated_at, updated_by)
SELECT mlregistry.sample_id(6, v.n), '00000000-0000-8000-8000-000000000001', '00000000-0000-8000-8000-000000000002',
       v.model_name, v.display_name, v.description, v.objective, v.use_case, v.model_type, v.task_type, v.framework, t.team_id,
       v.primary_contact, v.secondary_contact, v.business_unit, v.risk_level, v.compliance_required, v.risk_class, v.intended_purpose,
       'https://git.example.com/' || v.team_name || '/' || v.model_name, 'https://docs.example.com/models/' || v.model_name,
       'https://docs.example.com/models/' || v.model_name || '/card', v.metadata::jsonb,
       now() - v.age, v.primary_contact, now() - v.age, v.primary_contact
  FROM (VALUES
    (1, 'sentiment-classifier-v2', 'Sentiment classifier v2',
     'Tells whether a customer review is positive, neutral or negative. A distilled BERT, fine-tuned on our own reviews in six languages.',
     'At least 92 % accuracy on held-out reviews within 30 ms.', 'Review monitoring', 'transformer', 'text-classification', 'pytorch',
     'nlp-research', 'nlp-lead@example.com', 'nlp-oncall@example.com', 'Customer care', 'medium', false, 'limited',
     'Sorting reviews for the customer care desk. Not for decisions about persons.',
     '{"languages": ["en", "de", "fr", "es", "it", "nl"], "base_model": "distilbert-base-multilingual"}', '130 days'::interval),
    (2, 'object-detector-yolo', 'Object detector',
     'Finds people, vehicles and pallets in pictures of warehouse cameras and draws their boxes. YOLO with a small backbone for edge devices.',
     'mAP of 0.85 at 30 frames per second.', 'Warehouse safety', 'convolutional network', 'object-detection', 'pytorch',
     'computer-vision', 'vision-lead@example.com', 'vision-oncall@example.com', 'Logistics', 'high', true, 'high',
     'Warning forklift drivers of people in their way. Not for identifying or rating employees.',
     '{"classes": 80, "input_size": [640, 640]}', '185 days'),
    (3, 'revenue-forecaster', 'Revenue forecaster',
     'Forecasts daily revenue per shop for the next ninety days from sales, prices, promotions and holidays. Gradient boosting over calendar features.',
     'Mean absolute percentage error below 6 % a month ahead.', 'Financial planning', 'gradient boosting', 'time-series-forecasting', 'sklearn',
     'forecasting', 'forecasting-lead@example.com', 'finance-controller@example.com', 'Finance', 'critical', true, 'minimal',
     'Input of the monthly financial plan, always looked at by a controller.',
     '{"horizon_days": 90, "granularity": "shop-day"}', '310 days'),
    (4, 'product-recommender', 'Product recommender',
     'Suggests products that a customer may want next, from clicks and purchases of the last weeks. Matrix factorization with popularity as fallback.',
     'Raise the click rate of suggestions by a tenth.', 'Personalised shop pages', 'matrix factorization', 'recommendation', 'sklearn',
     'recommendations', 'recommendations-lead@example.com', 'shop-oncall@example.com', 'E-commerce', 'high', false, 'limited',
     'Ranking products in the shop. Not for prices or credit.',
     '{"candidates": 200, "fallback": "popular-in-category"}', '250 days'))
    AS v (n, model_name, display_name, description, objective, use_case, model_type, task_type, framework, team_name, primary_contact,
          secondary_contact, business_unit, risk_level, compliance_required, risk_class, intended_purpose, metadata, age)
  JOIN mlregistry.teams t ON t.organization_id = '00000000-0000-8000-8000-000000000001' AND t.team_name = v.team_name;

INSERT INTO mlregistry.models (model_id, organization_id, project_id, model_name, display_name, description, use_case, model_type, task_type,
                               framework, primary_contact, github_repo, created_at, created_by, updated_at, updated_by)
SELECT mlregistry.sample_id(6, v.n), '00000000-0000-8000-8000-000000000001', mlregistry.sample_id(2, 1),
       v.model_name, v.display_name, v.description, 'Benchmark', v.model_type, v.task_type, v.framework, 'lab-lead@example.com',
       'https://git.example.com/training-lab/' || v.model_name, now() - v.age, v.created_by, now() - v.age, v.created_by
  FROM (VALUES
    (101, 'resnet50-classification', 'ResNet-50', 'Residual network for image classification, trained from scratch as a baseline for all others.',
     'convolutional network', 'image-classification', 'pytorch', 'vision-lead@example.com', '120 days'::interval),
    (102, 'bert-sentiment-analysis', 'BERT for sentiment', 'BERT base, fine-tuned on film reviews for positive and negative sentiment.',
     'transformer', 'text-classification', 'tensorflow', 'nlp-lead@example.com', '112 days'),
    (103, 'recommendation-collaborative-filter', 'Collaborative filter', 'Singular value decomposition of film ratings: what similar users liked.',
     'matrix factorization', 'recommendation', 'sklearn', 'recommendations-lead@example.com', '60 days'),
    (104, 'object-detection-yolo', 'YOLO v8', 'YOLO v8 on COCO, to see what the warehouse detector could gain from a newer backbone.',
     'convolutional network', 'object-detection', 'pytorch', 'vision-lead@example.com', '96 days'),
    (105, 'timeseries-lstm-forecast', 'LSTM forecast', 'Recurrent network that forecasts the load of an electricity grid several steps ahead.',
     'recurrent network', 'time-series-forecasting', 'tensorflow', 'forecasting-lead@example.com', '45 days'),
    (106, 'tabular-xgboost-classification', 'XGBoost on tables', 'Boosted trees that pick fraud out of card payments, with weights against the unbalance.',
     'gradient boosting', 'tabular-classification', 'xgboost', 'lab-lead@example.com', '38 days'),
    (107, 'semantic-segmentation-unet', 'U-Net', 'U-Net that outlines organs in CT slices for surgery planning.',
     'convolutional network', 'image-segmentation', 'pytorch', 'vision-lead@example.com', '88 days'),
    (108, 'time-series-prophet-forecast', 'Prophet forecast', 'Additive model with trend, seasons and holidays for monthly retail sales.',
     'additive regression', 'time-series-forecasting', 'sklearn', 'forecasting-lead@example.com', '52 days'),
    (109, 'bert-question-answering', 'DistilBERT for questions', 'DistilBERT that marks the answer to a question in a text, or says that there is none.',
     'transformer', 'question-answering', 'tensorflow', 'nlp-lead@example.com', '101 days'),
    (110, 'image-super-resolution-esrgan', 'ESRGAN', 'Adversarial network that enlarges photographs four times without blur.',
     'generative adversarial network', 'image-to-image', 'pytorch', 'vision-lead@example.com', '72 days'),
    (111, 'audio-classification-vgg', 'VGG for audio', 'VGG over spectrograms that tells sirens, drills and dogs apart.',
     'convolutional network', 'audio-classification', 'tensorflow', 'audio-lead@example.com', '49 days'),
    (112, 'speech-recognition-whisper', 'Whisper large', 'Whisper large v3, fine-tuned to transcribe calls of the support desk.',
     'transformer', 'speech-recognition', 'pytorch', 'audio-lead@example.com', '30 days'),
    (113, 'gan-image-generation', 'StyleGAN 3', 'Generates portraits of people who do not exist, for tests without personal data.',
     'generative adversarial network', 'image-generation', 'pytorch', 'vision-lead@example.com', '33 days'),
    (114, 'nlp-transformer-translation', 'T5 translation', 'T5 for English to French on TPUs: is JAX worth the change?',
     'transformer', 'translation', 'jax', 'nlp-lead@example.com', '84 days'),
    (115, 'anomaly-detection-autoencoder', 'Variational autoencoder', 'Learns what normal network traffic looks like and reports intrusions as anomalies.',
     'autoencoder', 'anomaly-detection', 'tensorflow', 'security-lead@example.com', '77 days'),
    (116, 'llm-fine-tune-mistral', 'Mistral 7B instruct', 'Mistral 7B with adapters, tuned on our own instructions to answer in the tone of the support desk.',
     'large language model', 'text-generation', 'pytorch', 'nlp-lead@example.com', '21 days'),
    (117, 'multimodal-clip-training', 'CLIP ViT-B/32', 'Joint embeddings of images and text, so that pictures are found by what they show.',
     'transformer', 'multimodal-embedding', 'pytorch', 'vision-lead@example.com', '42 days'),
    (118, 'reinforcement-learning-ppo', 'PPO', 'Proximal policy optimization that learns to play Breakout from pixels.',
     'actor critic', 'reinforcement-learning', 'pytorch', 'lab-lead@example.com', '14 days'),
    (119, 'graph-neural-network', 'Molecular graph network', 'Message passing over atoms and bonds that predicts energies of molecules.',
     'graph neural network', 'graph-regression', 'pytorch', 'lab-lead@example.com', '80 days'),
    (120, 'neural-architecture-search', 'Architecture search', 'Searches small networks for image classification within a budget of hours.',
     'searched network', 'image-classification', 'tensorflow', 'lab-lead@example.com', '108 days'))
    AS v (n, model_name, display_name, description, model_type, task_type, framework, created_by, age);

INSERT INTO mlregistry.models (model_id, organization_id, project_id, model_name, display_name, description, objective, use_case, model_type,
                               task_type, framework, primary_contact, business_unit, metadata, created_at, created_by, updated_at, updated_by)
SELECT mlregistry.sample_id(6, v.n), mlregistry.sample_id(1, 1), mlregistry.sample_id(2, v.project), v.model_name, v.display_name,
       v.description, v.objective, v.use_case, 'classifier', v.task_type, v.framework, 'ana.dev@acme.example', v.business_unit,
       v.metadata::jsonb, now() - v.age, 'ana.dev@acme.example', now() - v.age, 'ana.dev@acme.example'
  FROM (VALUES
    (201, 2, 'credit-card-fraud-model', 'Credit card fraud model',
     'Scores each card payment for fraud before it is approved. Boosted trees over amount, merchant, place and the habits of the card.',
     'Catch four of five frauds with one false alarm in a thousand payments.', 'Payment screening', 'classification', 'xgboost', 'Payments',
     '{"threshold": 0.82}', '190 days'::interval),
    (202, 3, 'churn-predictor', 'Churn predictor',
     'Probability that a customer cancels within the next quarter, so that support can call in time.',
     'Find half of all cancellations a month ahead.', 'Retention campaigns', 'classification', 'sklearn', 'Marketing',
     '{"window_days": 90}', '85 days'))
    AS v (n, project, model_name, display_name, description, objective, use_case, task_type, framework, business_unit, metadata, age);
