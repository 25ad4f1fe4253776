"""A repository layer over the models: what an application needs, and nothing that the database does by itself."""
import random
import time
from collections import namedtuple

from sqlalchemy import create_engine, delete, event, func, select, text, tuple_
from sqlalchemy.dialects.postgresql import UUID, insert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, sessionmaker, with_loader_criteria

from models import Deletable, Model, Tag, Team, Version, model_tags


class RegistrySession(Session):
    """A session that leaves out what is deleted; RegistrySession(…, info={'project': 'research'}) works in that project."""


@event.listens_for(RegistrySession, 'do_orm_execute')
def leave_out_deleted(query):
    # Not when an object that is there is refreshed, and not where a query asks for deleted rows.
    if query.is_select and not query.is_column_load and not query.execution_options.get('include_deleted'):
        query.statement = query.statement.options(
            with_loader_criteria(Deletable, lambda cls: cls.deleted_at.is_(None), include_aliases=True))


@event.listens_for(RegistrySession, 'after_begin')
def choose_project(session, transaction, connection):
    # is_local: for this transaction only, so that neither a pool nor PgBouncer hands the choice to somebody else.
    if 'project' in session.info:
        connection.execute(text('SELECT mlregistry.use_project(:project, is_local => true)'), {'project': session.info['project']})


def connect(url, **options):
    """A factory of sessions: `with sessions.begin() as session` is a transaction."""
    engine = create_engine(url, pool_pre_ping=True, future=True, **options)
    return sessionmaker(engine, class_=RegistrySession, future=True)


def transaction(sessions, work, attempts=5):
    """Runs work(session) in a transaction, and again when the database says that only the moment was wrong."""
    for attempt in range(1, attempts + 1):
        try:
            with sessions.begin() as session:
                return work(session)
        except DBAPIError as error:
            if refusal(error).sqlstate not in ('40001', '40P01') or attempt == attempts:
                raise
            time.sleep(random.uniform(0, 0.05 * 2 ** attempt))


Refusal = namedtuple('Refusal', 'sqlstate rule table message detail hint')


def refusal(error):
    """What the database says about a refused statement. rule: the constraint, or the rule of a trigger."""
    diag = error.orig.diag
    return Refusal(diag.sqlstate, diag.constraint_name, diag.table_name, diag.message_primary, diag.message_detail,
                   diag.message_hint)


class Repository:
    def __init__(self, session):
        self.session = session

    def create_model(self, name, **fields):
        model = Model(model_name=name, **fields)
        self.session.add(model)
        self.session.flush()
        return model

    def get_model(self, model_id):
        return self.session.get(Model, model_id)

    def model_by_name(self, name):
        # Names are unique in a project.
        return self.session.execute(
            select(Model).where(Model.model_name == name, Model.project_id == func.mlregistry.current_project_id())
        ).scalar_one_or_none()

    def list_models(self, active=None, framework=None, team=None, tag=None, risk=None, after=None, limit=50):
        """One page in the order of names; after: the last model of the page before."""
        query = select(Model).order_by(Model.model_name, Model.model_id).limit(limit)
        if active is not None:
            query = query.where(Model.is_active == active)
        if framework is not None:
            query = query.where(Model.framework == framework)
        if team is not None:
            query = query.where(Model.team.has(Team.team_name == team))
        if tag is not None:
            query = query.where(Model.tags.any(Tag.tag_name == tag))
        if risk is not None:
            query = query.where(Model.risk_level == risk)
        if after is not None:
            query = query.where(tuple_(Model.model_name, Model.model_id) > tuple_(after.model_name, after.model_id))
        return self.session.execute(query).scalars().all()

    def tag_by_name(self, name):
        # Names are unique in an organization.
        return self.session.execute(
            select(Tag).where(Tag.tag_name == name, Tag.organization_id == func.mlregistry.current_organization_id())
        ).scalar_one_or_none()

    def get_or_create_tag(self, name, category=None):
        # Whoever else creates it at this moment is waited for, and then there is nothing to insert.
        self.session.execute(insert(Tag).values(tag_name=name, tag_category=category)
                             .on_conflict_do_nothing(constraint='unique_tag_name'))
        return self.tag_by_name(name)

    def add_tag(self, model, name):
        tag = self.get_or_create_tag(name)
        self.session.execute(insert(model_tags).values(model_id=model.model_id, tag_id=tag.tag_id).on_conflict_do_nothing())
        self.session.expire(model, ['tags'])
        return tag

    def remove_tag(self, model, name):
        tag = self.tag_by_name(name)
        gone = tag is not None and self.session.execute(
            delete(model_tags).where(model_tags.c.model_id == model.model_id, model_tags.c.tag_id == tag.tag_id)).rowcount
        self.session.expire(model, ['tags'])
        return bool(gone)

    def register_version(self, model, semver, artifact_uri, **fields):
        version = Version(model=model, semver=semver, artifact_uri=artifact_uri, **fields)
        self.session.add(version)
        self.session.flush()
        return version

    def next_version(self, model, bump, artifact_uri):
        """Registers the version after the highest one. {version} in the address stands for it."""
        self.session.flush()
        # Named arguments are SQL that func cannot write. The cast chooses the form of the function that takes a uuid.
        version_id = self.session.execute(
            text('SELECT version_id FROM mlregistry.register_version(CAST(:model AS uuid), bump => :bump, artifact_uri => :uri)'),
            {'model': model.model_id, 'bump': bump, 'uri': artifact_uri}).scalar_one()
        self.session.expire(model, ['versions'])
        return self.session.get(Version, version_id)

    def resolve(self, reference):
        """The version that [project/]model[@selector] names; refused with P0002 when there is none."""
        named = func.mlregistry.resolve(reference).table_valued('version_id', name='named')
        return self.session.execute(select(Version).join(named, named.c.version_id == Version.version_id)).scalar_one()

    def latest_version(self, model):
        """The highest release; the highest prerelease where there is no release. resolve() follows the same rule."""
        return self.session.execute(
            select(Version)
            .where(Version.model_id == model.model_id, Version.status.not_in(['deprecated', 'archived']))
            .order_by(func.mlregistry.is_prerelease(Version.semver), Version.semver.desc())
            .limit(1)).scalar_one_or_none()

    def latest_version_by_function(self, model):
        version_id = func.mlregistry.latest_version_id(model.model_id, type_=UUID(as_uuid=True))
        return self.session.execute(select(Version).where(Version.version_id == version_id)).scalar_one_or_none()

    def delete_model(self, model):
        # The row stays for its history, and its name is free again.
        model.deleted_at = func.now()
        self.session.flush()
