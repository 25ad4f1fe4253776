-- 0.4.0: ranges. No table changes; two indexes carry what pages and lists of aliases go along.
DROP INDEX mlregistry.unique_model_name;
CREATE UNIQUE INDEX unique_model_name ON mlregistry.models (organization_id, project_id, model_name) INCLUDE (model_id) WHERE deleted_at IS NULL;
DROP INDEX mlregistry.idx_model_aliases_version;
CREATE INDEX idx_model_aliases_version ON mlregistry.model_aliases (version_id, alias);
