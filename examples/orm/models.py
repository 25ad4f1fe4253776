"""The registry's tables as SQLAlchemy classes, for SQLAlchemy 1.4 and 2.0.

Columns that an application does not use may be left out: the database fills them.
"""
import uuid

from sqlalchemy import BigInteger, Boolean, Column, DateTime, FetchedValue, ForeignKey, Integer, MetaData, Numeric, Table, Text
from sqlalchemy.dialects.postgresql import ARRAY, DOUBLE_PRECISION, JSONB, UUID
from sqlalchemy.dialects.postgresql.base import ischema_names
from sqlalchemy.ext.mutable import MutableDict, MutableList
from sqlalchemy.orm import declarative_base, relationship
from sqlalchemy.sql import operators
from sqlalchemy.types import UserDefinedType


class Semver(UserDefinedType):
    """Type semver: a str in Python; sorted and compared in the database. The six operators need no search_path."""
    cache_ok = True
    signs = {operators.lt: '<', operators.le: '<=', operators.eq: '=', operators.ne: '<>', operators.ge: '>=', operators.gt: '>'}

    def get_col_spec(self, **kw):
        return 'mlregistry.semver'

    class comparator_factory(UserDefinedType.Comparator):
        def operate(self, op, *other, **kw):
            if op in Semver.signs and other[0] is not None:
                return self.expr.bool_op(f'OPERATOR(mlregistry.{Semver.signs[op]})')(other[0])
            return super().operate(op, *other, **kw)


# For reflection: the types' names, as format_type() writes them without and with mlregistry on the search_path.
ischema_names['mlregistry.semver'] = ischema_names['semver'] = Semver
ischema_names['xid8'] = Text  # audit_logs.txid; SQLAlchemy has no name for PostgreSQL's own type

Base = declarative_base(metadata=MetaData(schema='mlregistry'))


def key():
    # Made here and not by the default in the database: SQLAlchemy 2.0 then inserts many rows in one statement.
    return Column(UUID(as_uuid=True), primary_key=True, default=uuid.uuid4)


def ref(target, **kw):
    # The database's foreign keys lead with organization_id. For a join the identifier is enough, and
    # `model.team = None` must not empty organization_id as well.
    return Column(UUID(as_uuid=True), ForeignKey(target), **kw)


def kept(type_, changes=False):
    """A column that the database fills when it is left out and, if it changes, sets anew in an UPDATE."""
    return Column(type_, FetchedValue(), server_onupdate=FetchedValue() if changes else None)


class Row:
    # INSERT and UPDATE bring back what defaults and triggers have set (RETURNING), without another SELECT.
    __mapper_args__ = {'eager_defaults': True}
    organization_id = kept(UUID(as_uuid=True))


class InProject(Row):
    project_id = kept(UUID(as_uuid=True))


class Created:
    created_at = kept(DateTime(timezone=True))
    created_by = kept(Text)


class Touched(Created):
    updated_at = kept(DateTime(timezone=True), changes=True)
    updated_by = kept(Text, changes=True)


class Deletable:
    deleted_at = Column(DateTime(timezone=True))


model_tags = Table(
    'model_tags', Base.metadata,
    Column('model_id', ForeignKey('mlregistry.models.model_id'), primary_key=True),
    Column('tag_id', ForeignKey('mlregistry.tags.tag_id'), primary_key=True))


class Team(Row, Touched, Base):
    __tablename__ = 'teams'
    team_id = key()
    team_name = Column(Text, nullable=False)
    team_email = Column(Text)
    active = kept(Boolean)


class Tag(Row, Created, Base):
    __tablename__ = 'tags'
    tag_id = key()
    tag_name = Column(Text, nullable=False)
    tag_category = Column(Text)
    description = Column(Text)


class Model(InProject, Touched, Deletable, Base):
    __tablename__ = 'models'
    model_id = key()
    model_name = Column(Text, nullable=False)
    display_name = kept(Text)  # the model_name, where none is given
    description = Column(Text)
    framework = Column(Text)
    team_id = ref('mlregistry.teams.team_id')
    risk_level = kept(Text)
    compliance_required = kept(Boolean)
    extra = Column('metadata', MutableDict.as_mutable(JSONB), FetchedValue())  # Base.metadata is SQLAlchemy's
    is_active = kept(Boolean)
    archived_at = kept(DateTime(timezone=True), changes=True)  # follows is_active
    archived_reason = Column(Text)

    team = relationship('Team')
    tags = relationship('Tag', secondary=model_tags, order_by='Tag.tag_name')
    versions = relationship('Version', back_populates='model', order_by='Version.semver.desc()', passive_deletes='all')
    aliases = relationship('Alias', back_populates='model', order_by='Alias.alias', passive_deletes='all')
    datasets = relationship('Dataset', viewonly=True, order_by='Dataset.dataset_name',
                            secondary='join(Version, Metric, Version.version_id == Metric.version_id)',
                            primaryjoin='Model.model_id == Version.model_id',
                            secondaryjoin='Metric.dataset_id == Dataset.dataset_id')


class Version(InProject, Touched, Deletable, Base):
    __tablename__ = 'model_versions'
    version_id = key()
    model_id = ref('mlregistry.models.model_id', nullable=False)
    semver = Column(Semver, nullable=False)
    artifact_uri = Column(Text, nullable=False)
    artifact_size_bytes = Column(BigInteger)
    checksum_sha256 = Column(Text)
    description = Column(Text)
    release_notes = Column(Text)
    git_commit = Column(Text)
    framework = kept(Text)  # the model's, where none is given
    stage = kept(Text)
    status = kept(Text)
    performance_metrics = Column(MutableDict.as_mutable(JSONB), FetchedValue())
    custom_metadata = Column(MutableDict.as_mutable(JSONB), FetchedValue())
    registered_at = kept(DateTime(timezone=True))
    registered_by = kept(Text)
    deprecated_at = kept(DateTime(timezone=True), changes=True)
    deprecation_reason = Column(Text)
    frozen_at = kept(DateTime(timezone=True), changes=True)

    model = relationship('Model', back_populates='versions')
    aliases = relationship('Alias', back_populates='version', order_by='Alias.alias', passive_deletes='all')
    metrics = relationship('Metric', back_populates='version', order_by='Metric.recorded_at', passive_deletes='all')


class Alias(InProject, Base):
    __tablename__ = 'model_aliases'
    alias_id = key()
    model_id = ref('mlregistry.models.model_id', nullable=False)
    alias = Column(Text, nullable=False)
    version_id = ref('mlregistry.model_versions.version_id', nullable=False)
    set_at = kept(DateTime(timezone=True), changes=True)
    set_by = kept(Text, changes=True)

    model = relationship('Model', back_populates='aliases')
    version = relationship('Version', back_populates='aliases')


class Dataset(InProject, Touched, Deletable, Base):
    __tablename__ = 'datasets'
    dataset_id = key()
    dataset_name = Column(Text, nullable=False)
    display_name = kept(Text)  # the dataset_name, where none is given
    description = Column(Text)
    storage_location = Column(Text, nullable=False)
    storage_format = Column(Text, nullable=False)
    storage_size_gb = Column(Numeric(14, 3))
    partition_keys = Column(MutableList.as_mutable(ARRAY(Text)), FetchedValue())
    team_id = ref('mlregistry.teams.team_id')
    row_count = Column(BigInteger)
    column_count = Column(Integer)
    contains_pii = kept(Boolean)
    extra = Column('metadata', MutableDict.as_mutable(JSONB), FetchedValue())

    team = relationship('Team')


class Metric(InProject, Base):
    __tablename__ = 'model_metrics'
    metric_id = key()
    version_id = ref('mlregistry.model_versions.version_id', nullable=False)
    metric_name = Column(Text, nullable=False)
    metric_value = Column(DOUBLE_PRECISION, nullable=False)
    dataset_split = kept(Text)
    dataset_id = ref('mlregistry.datasets.dataset_id')
    recorded_at = kept(DateTime(timezone=True))
    recorded_by = kept(Text)

    version = relationship('Version', back_populates='metrics')
    dataset = relationship('Dataset')
