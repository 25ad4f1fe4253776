-- Built-in vocabulary.

INSERT INTO mlregistry.frameworks (name, description, builtin) VALUES
    ('pytorch', 'PyTorch', true),
    ('tensorflow', 'TensorFlow and Keras', true),
    ('sklearn', 'scikit-learn', true),
    ('xgboost', 'XGBoost', true),
    ('jax', 'JAX', true),
    ('lightgbm', 'LightGBM', true),
    ('catboost', 'CatBoost', true),
    ('onnx', 'ONNX', true),
    ('huggingface', 'Hugging Face Transformers', true),
    ('mxnet', 'Apache MXNet', true),
    ('custom', 'Anything else', true);

INSERT INTO mlregistry.model_formats (name, description, builtin) VALUES
    ('onnx', 'Open Neural Network Exchange', true),
    ('torchscript', 'TorchScript', true),
    ('savedmodel', 'TensorFlow SavedModel', true),
    ('pickle', 'Python pickle', true),
    ('joblib', 'joblib dump', true),
    ('mlflow', 'MLflow model folder', true),
    ('safetensors', 'safetensors', true),
    ('gguf', 'GGUF', true),
    ('custom', 'Anything else', true);

INSERT INTO mlregistry.storage_formats (name, description, builtin) VALUES
    ('parquet', 'Apache Parquet', true),
    ('csv', 'Comma-separated values', true),
    ('json', 'JSON or JSON lines', true),
    ('avro', 'Apache Avro', true),
    ('tfrecord', 'TensorFlow TFRecord', true),
    ('hdf5', 'HDF5', true),
    ('arrow', 'Apache Arrow', true),
    ('delta', 'Delta Lake', true),
    ('iceberg', 'Apache Iceberg', true);

INSERT INTO mlregistry.tag_categories (name, description, builtin) VALUES
    ('domain', 'Field of application', true),
    ('framework', 'Framework', true),
    ('use-case', 'Kind of task', true),
    ('team', 'Owning team', true),
    ('priority', 'Priority', true),
    ('status', 'State of work', true);

INSERT INTO mlregistry.gpu_types (name, memory_gb, description, builtin) VALUES
    ('nvidia-t4', 16, 'NVIDIA T4', true),
    ('nvidia-l4', 24, 'NVIDIA L4', true),
    ('nvidia-v100', 32, 'NVIDIA V100', true),
    ('nvidia-a10g', 24, 'NVIDIA A10G', true),
    ('nvidia-a100', 80, 'NVIDIA A100', true),
    ('nvidia-h100', 80, 'NVIDIA H100', true),
    ('nvidia-h200', 141, 'NVIDIA H200', true);
