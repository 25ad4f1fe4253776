-- Sample data: experiments of the default project and of training-lab.

INSERT INTO mlregistry.experiments (experiment_id, organization_id, project_id, model_id, experiment_name, description, status, config, started_at,
                                    completed_at, created_at, created_by, updated_at, updated_by)
SELECT mlregistry.sample_id(17, v.n), m.organization_id, m.project_id, m.model_id, v.experiment_name, v.description, 'completed', v.config::jsonb,
       now() - v.begun, now() - v.ended, now() - v.begun, m.primary_contact, now() - v.ended, m.primary_contact
  FROM (VALUES
    (1, 1, 'bert-sentiment-q1-2025', 'How much do our own reviews add to the multilingual base model?',
     '{"base_model": "distilbert-base-multilingual", "seed": 42}', '10 days 10 minutes'::interval, '2 days 20 hours'::interval),
    (2, 2, 'object-detection-v1', 'Is a backbone pretrained on COCO good enough for the cameras in the warehouse?',
     '{"input_size": [640, 640], "seed": 7}', '15 days 10 minutes', '13 days 8 hours'))
    AS v (n, model, experiment_name, description, config, begun, ended)
  JOIN mlregistry.models m ON m.model_id = mlregistry.sample_id(6, v.model);

INSERT INTO mlregistry.experiments (experiment_id, organization_id, project_id, model_id, experiment_name, description, status, started_at,
                                    completed_at, created_at, created_by, updated_at, updated_by)
SELECT mlregistry.sample_id(17, v.n), m.organization_id, m.project_id, m.model_id, v.experiment_name, v.description, v.status, now() - v.begun,
       now() - v.ended, now() - v.begun, m.created_by, now() - coalesce(v.ended, v.begun), m.created_by
  FROM (VALUES
    (101, 'exp-baseline-2025-q1', 'The yardstick: nothing but the recipe of the paper.', 'completed', '5 days'::interval, '4 days 1 hour'::interval),
    (102, 'exp-bert-base-v1', 'BERT base with a fresh classification head.', 'completed', '7 days', '6 days 8 hours'),
    (103, 'exp-svd-baseline', 'A hundred factors, no side information.', 'completed', '3 days', '2 days 20 hours'),
    (104, 'exp-yolo-v8-coco', 'The new backbone on COCO, without our own pictures.', 'completed', '10 days', '8 days 12 hours'),
    (105, 'exp-lstm-multistep-v2', 'Forecast a day ahead in one step instead of 24.', 'completed', '2 days', '1 day 14 hours'),
    (106, 'exp-xgb-fraud-detection', 'Weights against the unbalance instead of resampling.', 'completed', '1 day', '15 hours 15 minutes'),
    (107, 'exp-unet-medical-imaging', 'Dice loss against cross entropy on small organs.', 'completed', '9 days', '8 days 6 hours'),
    (108, 'exp-prophet-sales-forecast', 'Do local holidays matter for monthly sales?', 'completed', '5 days', '4 days 21 hours 45 minutes'),
    (109, 'exp-squad-v2-distilbert', 'How much is lost by distillation when some questions have no answer?', 'completed', '11 days', '10 days 14 hours'),
    (110, 'exp-esrgan-4x-upscale', 'Perceptual loss for photographs enlarged four times.', 'completed', '6 days', '5 days 4 hours'),
    (111, 'exp-audio-vgg-urban-sounds', 'Spectrograms as pictures: is a picture network enough?', 'completed', '3 days', '2 days 18 hours'),
    (112, 'exp-whisper-large-v3', 'Calls of the support desk, with the noise that they have.', 'completed', '30 minutes', '10 minutes'),
    (113, 'exp-stylegan3-highres', 'Portraits at 512 pixels on one machine.', 'failed', '1 day', '11 hours 40 minutes'),
    (114, 'exp-t5-en-fr', 'JAX on TPUs against what we have.', 'failed', '4 days', '3 days 18 hours'),
    (115, 'exp-vae-network-intrusion', 'Intrusions as what the autoencoder cannot draw.', 'failed', '6 days', '5 days 20 hours 48 minutes'),
    (116, 'exp-mistral-7b-instruct', 'Adapters of rank 16 on all attention layers.', 'running', '6 hours', NULL),
    (117, 'exp-clip-vit-b32', 'Captions of the web instead of our own.', 'running', '2 days 4 hours', NULL),
    (118, 'exp-ppo-atari-breakout', 'Does the clipped objective learn without a replay buffer?', 'running', '15 minutes', NULL),
    (119, 'exp-gnn-molecular-properties', 'Message passing over bonds only.', 'cancelled', '8 days', '7 days 21 hours 55 minutes'),
    (120, 'exp-nas-efficient-net', 'What can be found within 48 hours of TPUs?', 'failed', '12 days', '10 days'))
    AS v (n, experiment_name, description, status, begun, ended)
  JOIN mlregistry.models m ON m.model_id = mlregistry.sample_id(6, v.n);
