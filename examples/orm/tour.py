"""What an application does with the repository, step by step: python3 tour.py postgresql:///registry"""
import sys
import warnings

from sqlalchemy import MetaData, event, func, select
from sqlalchemy.dialects.postgresql import UUID
from sqlalchemy.exc import DBAPIError, SAWarning
from sqlalchemy.orm import registry, selectinload

from models import Dataset, Metric, Model, Tag, Team, Version
from repository import Repository, connect, refusal, transaction


def catalog(sessions):
    with sessions.begin() as session:
        repository = Repository(session)
        team = Team(team_name='risk')
        model = repository.create_model('tour-model', framework='xgboost', team=team, extra={'owner': {'cost_center': 'cc-7'}})
        print(model.display_name, model.created_by, model.is_active)  # tour-model app True: INSERT … RETURNING

        repository.add_tag(model, 'tour-tag')
        version = repository.register_version(model, '1.9.0', 's3://models/tour/1.9.0/model.ubj')
        dataset = Dataset(dataset_name='tour-data', storage_location='s3://data/tour', storage_format='parquet',
                          partition_keys=['day'])
        version.metrics.append(Metric(metric_name='auc', metric_value=0.91, dataset=dataset))
        repository.next_version(model, 'minor', 's3://models/tour/{version}/model.ubj')  # 1.10.0

    with sessions() as session:
        model = session.execute(
            select(Model).where(Model.model_name == 'tour-model')
            .options(selectinload(Model.versions).selectinload(Version.metrics), selectinload(Model.tags))).scalar_one()
        print([version.semver for version in model.versions])  # ['1.10.0', '1.9.0']: sorted by the database
        print([tag.tag_name for tag in model.tags], model.team.team_name, [data.dataset_name for data in model.datasets])


def change(sessions):
    with sessions() as session:
        model = Repository(session).model_by_name('tour-model')
        model.display_name = '  Tour model '
        model.extra['reviewed'] = True  # seen, because the column is a MutableDict
        session.flush()
        print(model.updated_at, model.updated_by)  # the database's, by UPDATE … RETURNING
        session.commit()  # everything is read again at its next use …
        print(model.display_name)  # Tour model: … what a trigger has trimmed, too
        session.execute(select(func.count()).select_from(Model))
        session.refresh(model)  # now, and whatever others have committed since


def json_and_arrays(sessions):
    with sessions() as session:
        by_key = select(Model).where(Model.extra['owner']['cost_center'].astext == 'cc-7')
        contains = select(Model).where(Model.extra.contains({'owner': {'cost_center': 'cc-7'}}))  # uses idx_models_metadata
        daily = select(Dataset).where(Dataset.partition_keys.any('day'))
        return [session.execute(query).scalars().all() for query in (by_key, contains, daily)]


def compare_versions(sessions):
    with sessions() as session:
        newer = select(Version.semver).where(Version.semver > '1.9.0').order_by(Version.semver.desc())
        highest = select(func.mlregistry.max(Version.semver))
        return session.execute(newer).scalars().all(), session.execute(highest).scalar_one()


def refused(sessions):
    with sessions.begin() as session:
        model = Repository(session).model_by_name('tour-model')
        try:
            with session.begin_nested():  # a savepoint: the transaction goes on after the error
                model.risk_level = 'extreme'
                session.flush()
        except DBAPIError as error:
            what = refusal(error)
            if what.rule != 'valid_risk_level':
                raise
            return what


def deleted(sessions):
    def delete(session):
        model = Repository(session).model_by_name('tour-model')
        Repository(session).delete_model(model)
        return model.model_id

    model_id = transaction(sessions, delete)  # again after 40001 and 40P01
    with sessions() as session:
        assert session.get(Model, model_id) is None
        everything = select(Model).where(Model.model_id == model_id).execution_options(include_deleted=True)
        return session.execute(everything).scalar_one()


def reflect(engine):
    metadata = MetaData(schema='mlregistry')

    @event.listens_for(metadata, 'column_reflect')
    def uuids(inspector, table, column):
        if isinstance(column['type'], UUID):  # 1.4 makes them text
            column['type'] = UUID(as_uuid=True)

    with warnings.catch_warnings():
        # SQLAlchemy 1.4 leaves out the four search indexes, which are on expressions, and says so.
        warnings.filterwarnings('ignore', 'Skipped unsupported reflection of expression-based index', SAWarning)
        metadata.reflect(engine, views=True)
    return metadata


def reflected_classes(engine):
    metadata = reflect(engine)
    mapper = registry(metadata=metadata)

    class LatestModel:
        """The view: read only. It has no key of its own, so the mapper is told one."""

    class File:
        """A table as it is in this database, columns of yours included."""

    latest = metadata.tables['mlregistry.v_models_latest']
    mapper.map_imperatively(LatestModel, latest, primary_key=[latest.c.model_id])
    mapper.map_imperatively(File, metadata.tables['mlregistry.version_files'], eager_defaults=True)
    return LatestModel, File


def main(url):
    sessions = connect(url)
    engine = sessions.kw['bind']
    for step in catalog, change, json_and_arrays, compare_versions, refused, deleted:
        print(f'{step.__name__}: {step(sessions)}')
    latest, _ = reflected_classes(engine)
    with sessions() as session:
        print([(row.model_name, row.latest_version) for row in session.execute(select(latest).limit(3)).scalars()])
        print(session.execute(select(func.count()).select_from(Tag)).scalar_one(), 'tags')


if __name__ == '__main__':
    main(sys.argv[1])
