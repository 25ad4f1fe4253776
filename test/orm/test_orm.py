"""The models and the repository of examples/orm against a registry; see test/t/050_orm.pl, which prepares it.

MLR_URL: a database with the extension, a project "research", and the role app with the rights that docs/orm.md grants; role
reporting is a member of app and has mlregistry on its search_path.
"""
import ast
import os
import pathlib
import re
import runpy
import sys
import textwrap
import threading
import time
import unittest
import uuid
import warnings
from contextlib import contextmanager

from sqlalchemy import MetaData, String, Table, Text, cast, event, func, insert, inspect, select, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, InternalError, ProgrammingError, SAWarning
from sqlalchemy.ext.automap import automap_base
from sqlalchemy.orm import configure_mappers, joinedload, selectinload

ROOT = pathlib.Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / 'examples' / 'orm'
URL = make_url(os.environ['MLR_URL'])

# Which lines of the examples are run, from their import on.
ran = set()


def watch(frame, what, _):
    name = frame.f_code.co_filename
    if not name.startswith(str(EXAMPLES)):
        return None
    ran.add((os.path.basename(name), frame.f_lineno))
    return watch


threading.settrace(watch)
sys.settrace(watch)
sys.path.insert(0, str(EXAMPLES))

import tour  # noqa: E402
from models import Alias, Base, Dataset, Metric, Model, Semver, Tag, Team, Version, model_tags  # noqa: E402
from repository import Repository, connect, refusal, transaction  # noqa: E402

sessions = connect(URL)
engine = sessions.kw['bind']


def new_name(kind='m'):
    return f'{kind}-{uuid.uuid4().hex[:12]}'


@contextmanager
def statements():
    """What is sent meanwhile."""
    sent = []

    def note(connection, cursor, statement, *_):
        sent.append(statement)
    event.listen(engine, 'before_cursor_execute', note)
    try:
        yield sent
    finally:
        event.remove(engine, 'before_cursor_execute', note)


def in_thread(work):
    """Runs work() in a thread; the function that is returned waits for its end and gives its result."""
    result = []
    thread = threading.Thread(target=lambda: result.append(work()), daemon=True)
    thread.start()

    def end():
        thread.join(30)
        return result[0]
    return end


def as_uuid(inspector, table, column):
    if isinstance(column['type'], postgresql.UUID):
        column['type'] = postgresql.UUID(as_uuid=True)


class Case(unittest.TestCase):
    def setUp(self):
        self.session = sessions()
        self.addCleanup(self.session.close)
        self.repository = Repository(self.session)

    def model(self, *versions, **fields):
        model = self.repository.create_model(new_name(), **{'framework': 'xgboost', **fields})
        for version in versions:
            self.repository.register_version(model, version, f's3://models/{version}')
        return model

    def elsewhere(self, work):
        """Another session, committed."""
        with sessions.begin() as session:
            return work(session)

    def wait_for_lock(self):
        for _ in range(300):
            with sessions() as session:
                if session.execute(text('''SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database()
                                            AND usename = 'app' AND wait_event_type = 'Lock')''')).scalar():
                    return
            time.sleep(0.1)
        self.fail('nobody waits for a lock')


class Models(Case):
    def test_create_brings_back_what_the_database_has_filled_in(self):
        name = new_name()
        model = Model(model_name=name)
        self.session.add(model)
        with statements() as sent:
            self.session.flush()
            filled = (model.display_name, model.created_by, model.updated_by, model.risk_level, model.is_active, model.extra,
                      str(model.organization_id), str(model.project_id))
        self.assertEqual(filled, (name, 'app', 'app', 'medium', True, {}, '00000000-0000-8000-8000-000000000001',
                                  '00000000-0000-8000-8000-000000000002'))
        self.assertIsNotNone(model.created_at.tzinfo)
        self.assertEqual(len(sent), 1, sent)

    def test_get_by_id_and_by_name(self):
        model = self.model()
        name, model_id = model.model_name, model.model_id
        self.session.commit()
        with sessions() as session:
            repository = Repository(session)
            self.assertEqual(repository.get_model(model_id).model_name, name)
            self.assertIs(repository.model_by_name(name), repository.get_model(model_id))
            self.assertIsNone(repository.get_model(uuid.uuid4()))
            self.assertIsNone(repository.model_by_name(new_name()))

    def test_list_with_each_filter_and_all_of_them(self):
        mark, team = new_name('mark'), Team(team_name=new_name('team'))
        wanted = self.model(team=team, risk_level='high', framework='pytorch')
        others = {'active': self.model(team=team, risk_level='high', framework='pytorch', is_active=False),
                  'framework': self.model(team=team, risk_level='high'),
                  'team': self.model(risk_level='high', framework='pytorch'),
                  'risk': self.model(team=team, framework='pytorch')}
        for model in (wanted, *others.values()):
            self.repository.add_tag(model, mark)
        self.model(team=team, risk_level='high', framework='pytorch')  # untagged
        filters = {'active': True, 'framework': 'pytorch', 'team': team.team_name, 'risk': 'high'}
        for name, value in filters.items():
            rest = {wanted, *others.values()} - {others[name]}
            self.assertEqual(set(self.repository.list_models(tag=mark, **{name: value})), rest, name)
        self.assertEqual(self.repository.list_models(tag=mark, **filters), [wanted])
        self.assertEqual(self.repository.list_models(tag=mark, active=False), [others['active']])
        self.assertEqual(len(self.repository.list_models(**filters)), 2, 'without the tag')

    def test_pages_go_on_behind_the_last_key(self):
        mark = new_name('mark')
        for name in 'a', 'c', 'e', 'g', 'i':
            self.repository.add_tag(self.repository.create_model(f'{mark}-{name}'), mark)
        names, after = [], None
        for size in 2, 2, 1, 0:
            page = self.repository.list_models(tag=mark, after=after, limit=2)
            self.assertEqual(len(page), size)
            names += [model.model_name[-1] for model in page]
            after = page[-1] if page else None
            if len(names) == 2:  # by OFFSET, the next page would give c again
                self.repository.add_tag(self.repository.create_model(f'{mark}-b'), mark)
        self.assertEqual(names, ['a', 'c', 'e', 'g', 'i'])

    def test_update_is_signed_by_the_database(self):
        model = self.model(created_by='importer', updated_by='importer')
        self.session.commit()
        self.assertEqual((model.created_by, model.updated_by), ('importer', 'importer'))
        before, registered = model.updated_at, model.created_at
        model.description = 'changed'
        with statements() as sent:
            self.session.flush()
            signed = model.updated_by, model.updated_at > before
        self.assertEqual((signed, len(sent)), (('app', True), 1), sent)
        self.session.commit()
        self.assertEqual((model.description, model.created_by, model.created_at), ('changed', 'importer', registered))

    def test_refresh_shows_what_others_have_committed(self):
        model = self.model()
        self.session.commit()
        before = model.updated_at
        self.elsewhere(lambda session: setattr(session.get(Model, model.model_id), 'description', 'by another'))
        self.assertEqual((model.description, model.updated_at), (None, before), 'not seen yet')
        self.session.refresh(model)
        self.assertEqual(model.description, 'by another')
        self.assertGreater(model.updated_at, before)

    def test_what_triggers_clean_is_seen_after_a_commit(self):
        model = self.model(display_name='  Fraud ')
        self.assertEqual(model.display_name, '  Fraud ', 'as it was sent')
        self.session.commit()
        self.assertEqual(model.display_name, 'Fraud')

    def test_archiving_fills_its_time(self):
        model = self.model()
        model.is_active = False
        self.session.flush()
        self.assertIsNotNone(model.archived_at)
        model.is_active = True
        self.session.flush()
        self.assertIsNone(model.archived_at)

    def test_json_and_arrays_change_in_place(self):
        model = self.model(extra={'a': 1})
        dataset = Dataset(dataset_name=new_name('data'), storage_location='/data', storage_format='csv', partition_keys=['hour'])
        self.session.add(dataset)
        self.session.commit()
        model.extra['b'] = {'c': [1.5, None]}
        dataset.partition_keys.append('region')
        self.session.commit()
        self.assertEqual((model.extra, dataset.partition_keys), ({'a': 1, 'b': {'c': [1.5, None]}}, ['hour', 'region']))

    def test_soft_deletion_hides_the_row_and_frees_its_name(self):
        model = self.model('1.0.0')
        name, model_id = model.model_name, model.model_id
        self.repository.delete_model(model)
        self.session.commit()
        with sessions.begin() as session:
            repository = Repository(session)
            self.assertIsNone(repository.get_model(model_id))
            self.assertIsNone(repository.model_by_name(name))
            with self.assertRaises(InternalError) as refused, session.begin_nested():
                repository.resolve(name)
            self.assertEqual(refusal(refused.exception).sqlstate, 'P0002')
            again = repository.create_model(name)
            self.assertNotEqual(again.model_id, model_id)
            both = session.execute(select(Model).where(Model.model_name == name).execution_options(include_deleted=True))
            self.assertEqual({row.model_id for row in both.scalars()}, {again.model_id, model_id})

    def test_the_name_of_a_model_as_a_conflict_target(self):
        model = self.model()
        again = (postgresql.insert(Model).values(model_name=model.model_name)
                 .on_conflict_do_nothing(index_elements=['organization_id', 'project_id', 'model_name'],
                                         index_where=text('deleted_at IS NULL')))
        self.assertEqual(self.session.execute(again).rowcount, 0)
        self.repository.delete_model(model)
        self.assertEqual(self.session.execute(again).rowcount, 1)

    def test_an_expired_object_that_others_have_deleted_is_still_read(self):
        model = self.model()
        self.session.commit()
        self.elsewhere(lambda session: Repository(session).delete_model(session.get(Model, model.model_id)))
        self.session.refresh(model)
        self.assertIsNotNone(model.deleted_at)
        self.assertEqual(self.session.get(Model, model.model_id), model, 'as the page says of the identity map')

    def test_a_session_works_in_the_project_that_it_names(self):
        name = new_name()
        with sessions(info={'project': 'research'}) as session:
            there = Repository(session).create_model(name)
            self.assertEqual(Repository(session).model_by_name(name), there)
            there_id = there.project_id
            session.commit()
            self.assertEqual(Repository(session).model_by_name(name), there, 'in the next transaction, too')
        self.assertIsNone(self.repository.model_by_name(name))
        here = self.repository.create_model(name)
        self.assertNotEqual(here.project_id, there_id)
        self.assertEqual(self.repository.resolve(f'research/{self.add_version(there)}').model_id, there.model_id)

    def add_version(self, model):
        self.elsewhere(lambda session: Repository(session).register_version(
            session.get(Model, model.model_id), '1.0.0', '/m', framework='onnx'))
        return model.model_name


class Tags(Case):
    def test_get_or_create_creates_once(self):
        name = new_name('tag')
        tag = self.repository.get_or_create_tag(name, category='domain')
        self.assertEqual((tag.tag_category, tag.created_by), ('domain', 'app'))
        self.assertIs(self.repository.get_or_create_tag(name), tag)
        self.assertEqual(self.session.execute(select(func.count()).where(Tag.tag_name == name)).scalar(), 1)

    def test_two_sessions_create_the_same_tag(self):
        name = new_name('tag')
        first = self.repository.get_or_create_tag(name).tag_id
        second = in_thread(lambda: self.elsewhere(lambda session: Repository(session).get_or_create_tag(name).tag_id))
        self.wait_for_lock()
        self.session.commit()
        self.assertEqual(second(), first)

    def test_in_repeatable_read_the_second_comes_again(self):
        name, tries = new_name('tag'), []
        strict = connect(URL, isolation_level='REPEATABLE READ')
        self.addCleanup(strict.kw['bind'].dispose)

        def work(session):
            tries.append(session.execute(select(func.count()).where(Tag.tag_name == name)).scalar())
            if len(tries) == 1:  # after this snapshot
                self.elsewhere(lambda other: Repository(other).get_or_create_tag(name))
            return Repository(session).get_or_create_tag(name).tag_id

        self.assertEqual(transaction(strict, work), self.repository.get_or_create_tag(name).tag_id)
        self.assertEqual(tries, [0, 1])

    def test_add_and_remove(self):
        model, name = self.model(), new_name('tag')
        self.assertEqual(model.tags, [])
        tag = self.repository.add_tag(model, name)
        self.repository.add_tag(model, name)  # no error, no second row
        self.assertEqual(model.tags, [tag])
        self.assertTrue(self.repository.remove_tag(model, name))
        self.assertFalse(self.repository.remove_tag(model, name))
        self.assertFalse(self.repository.remove_tag(model, new_name('tag')))
        self.assertEqual(model.tags, [])
        self.assertEqual(self.repository.get_or_create_tag(name), tag, 'the tag itself stays')

    def test_the_collection_writes_as_well(self):
        model, name = self.model(), new_name('tag')
        model.tags.append(Tag(tag_name=name))
        self.session.commit()
        self.assertEqual(self.repository.list_models(tag=name), [model])
        model.tags.clear()
        self.session.commit()
        self.assertEqual(self.repository.list_models(tag=name), [])


class Versions(Case):
    def test_sorted_by_precedence(self):
        model = self.model('1.9.0', '2.0.0-rc.11', '1.10.0', '2.0.0-rc.2', '1.10.0-alpha', '10.0.0')
        self.session.refresh(model)
        self.assertEqual([version.semver for version in model.versions],
                         ['10.0.0', '2.0.0-rc.11', '2.0.0-rc.2', '1.10.0', '1.10.0-alpha', '1.9.0'])

    def test_latest_is_a_release_while_there_is_one(self):
        for versions, expected in ((['1.9.0', '1.10.0', '2.0.0-rc.1'], '1.10.0'), (['2.0.0-rc.2', '2.0.0-rc.11'], '2.0.0-rc.11'),
                                   (['0.1.0-a', '0.0.1'], '0.0.1')):
            model = self.model(*versions)
            found = {how: version.semver for how, version in {
                'SQL': self.repository.latest_version(model), 'function': self.repository.latest_version_by_function(model),
                'resolve': self.repository.resolve(model.model_name)}.items()}
            self.assertEqual(found, dict.fromkeys(('SQL', 'function', 'resolve'), expected))
        self.assertIsNone(self.repository.latest_version(self.model()))
        self.assertIsNone(self.repository.latest_version_by_function(self.model()))

    def test_latest_leaves_out_what_is_deprecated_or_deleted(self):
        model = self.model('1.0.0', '1.1.0', '1.2.0')
        self.session.refresh(model)
        highest, middle, lowest = model.versions
        highest.status, highest.deprecated_at = 'deprecated', func.now()
        middle.deleted_at = func.now()
        self.session.flush()
        self.assertEqual([self.repository.latest_version(model), self.repository.latest_version_by_function(model),
                          self.repository.resolve(model.model_name)], [lowest] * 3)

    def test_each_operator_without_a_search_path(self):
        self.assertNotIn('mlregistry', self.session.execute(text('SHOW search_path')).scalar())
        model = self.model('1.9.0', '1.10.0', '1.10.0-rc.1', '2.0.0+build.7')

        def found(condition):
            query = select(Version.semver).where(Version.model_id == model.model_id, condition).order_by(Version.semver)
            return self.session.execute(query).scalars().all()
        self.assertEqual(found(Version.semver < '1.10.0'), ['1.9.0', '1.10.0-rc.1'])
        self.assertEqual(found(Version.semver <= '1.10.0'), ['1.9.0', '1.10.0-rc.1', '1.10.0'])
        self.assertEqual(found(Version.semver == '2.0.0'), ['2.0.0+build.7'], 'build metadata takes no part')
        self.assertEqual(found(Version.semver != '1.10.0'), ['1.9.0', '1.10.0-rc.1', '2.0.0+build.7'])
        self.assertEqual(found(Version.semver >= '1.10.0'), ['1.10.0', '2.0.0+build.7'])
        self.assertEqual(found(Version.semver > '1.10.0'), ['2.0.0+build.7'])
        self.assertEqual(found(~(Version.semver > '1.9.0') | (Version.semver > Version.semver)), ['1.9.0'])
        self.assertEqual(found(Version.semver.is_(None)), [])
        self.assertEqual(len(found(Version.semver != None)), 4)  # noqa: E711
        self.assertEqual(found(cast(Version.semver, Text) == '2.0.0+build.7'), ['2.0.0+build.7'])

    def test_what_else_needs_the_search_path(self):
        model = self.model('1.9.0', '1.10.0')
        self.session.commit()
        of_model = select(func.count()).select_from(Version).where(Version.model_id == model.model_id)
        queries = {'IN': of_model.where(Version.semver.in_(['1.9.0', '1.10.0'])),
                   'BETWEEN': of_model.where(Version.semver.between('1.9.0', '1.10.0')),
                   'max': text("SELECT max(semver) FROM mlregistry.model_versions"),
                   'cast': text("SELECT '1.9.0'::semver"),
                   'operator': text("SELECT count(*) FROM mlregistry.model_versions WHERE semver < '1.10.0'")}
        for name, query in queries.items():
            with self.subTest(name), self.assertRaises(ProgrammingError) as refused, self.session.begin_nested():
                self.session.execute(query)
            self.assertIn(refusal(refused.exception).sqlstate, ('42883', '42704'), name)
        with_path = connect(URL.set(username='reporting'))
        self.addCleanup(with_path.kw['bind'].dispose)
        with with_path() as session:
            self.assertEqual(session.execute(text('SHOW search_path')).scalar(), 'public, mlregistry')
            self.assertEqual([session.execute(queries[name]).scalar() for name in ('IN', 'BETWEEN', 'cast')], [2, 2, '1.9.0'])
            for name in 'max', 'operator':
                self.assertIsNotNone(session.execute(queries[name]).scalar())
            self.assertEqual(session.execute(of_model.where(Version.semver > '1.9.0')).scalar(), 1, 'the type works there, too')

    def test_sorting_and_grouping_need_no_search_path(self):
        model = self.model('1.9.0', '1.10.0')
        of_model = Version.model_id == model.model_id
        self.assertEqual(self.session.execute(select(func.mlregistry.max(Version.semver)).where(of_model)).scalar(), '1.10.0')
        self.assertEqual(self.session.execute(
            select(Version.semver, func.count()).where(of_model).group_by(Version.semver).order_by(Version.semver)).all(),
            [('1.9.0', 1), ('1.10.0', 1)])
        self.assertEqual(len(self.session.execute(select(Version.semver).where(of_model).distinct()).all()), 2)
        self.assertEqual(self.session.execute(
            select(func.row_number().over(order_by=Version.semver.desc()), Version.semver).where(of_model).order_by(text('1'))
        ).all(), [(1, '1.10.0'), (2, '1.9.0')])

    def test_typed_text_becomes_a_version(self):
        # psycopg2 sends literals without a type; other drivers say text or varchar.
        model = self.model('1.9.0')
        for semver, type_ in ('1.10.0', Text), ('1.11.0', String):
            self.session.execute(insert(Version).values(model_id=model.model_id, semver=cast(semver, type_), artifact_uri='/m'))
            self.assertEqual(self.session.execute(select(Version.semver).where(
                Version.model_id == model.model_id, Version.semver >= cast(semver, type_))).scalars().all(), [semver])
        self.assertEqual(self.session.execute(select(text('semver')).select_from(func.mlregistry.register_version(
            model.model_name, cast('1.12.0', String), '/m'))).scalar(), '1.12.0')

    def test_a_version_takes_its_models_project_and_framework(self):
        with sessions(info={'project': 'research'}) as session:
            model = Repository(session).create_model(new_name(), framework='onnx')
            model_id, project_id = model.model_id, model.project_id
            session.commit()
        version = Version(model_id=model_id, semver='1.0.0+cpu', artifact_uri='/m')
        self.session.add(version)
        self.session.commit()
        self.assertEqual((version.project_id, version.framework, version.semver), (project_id, 'onnx', '1.0.0+cpu'))

    def test_a_bump_through_the_function(self):
        model = self.model('1.4.0')
        self.assertEqual(len(model.versions), 1)
        version = self.repository.next_version(model, 'minor', 's3://m/{version}')
        self.assertEqual((version.semver, version.artifact_uri, version.model), ('1.5.0', 's3://m/1.5.0', model))
        self.assertEqual(model.versions[0], version, 'the collection is read again')

    def test_two_sessions_bump_one_after_the_other(self):
        model = self.model('1.0.0')
        self.session.commit()
        model_id = model.model_id

        def bump(session):
            return Repository(session).next_version(session.get(Model, model_id), 'patch', '/m/{version}').semver
        first = bump(self.session)
        second = in_thread(lambda: transaction(sessions, bump))
        self.wait_for_lock()
        self.session.commit()
        self.assertEqual((first, second()), ('1.0.1', '1.0.2'))

    def test_references_resolve_to_objects(self):
        model = self.model('1.0.0', '2.0.0')
        older = self.repository.resolve(f'{model.model_name}@1.0.0')
        self.session.add(Alias(model=model, version=older, alias='champion'))
        self.session.flush()
        self.assertIs(self.repository.resolve(f'{model.model_name}@champion'), older)
        self.assertEqual(self.repository.resolve(model.model_name).semver, '2.0.0')

    def test_a_uuid_as_text_is_taken_for_a_name(self):
        # What the page warns of.
        call = text("SELECT semver FROM mlregistry.register_version(:model, bump => 'major', artifact_uri => '/m')")
        model = self.model('1.0.0')
        self.assertEqual(self.session.execute(call, {'model': model.model_id}).scalar(), '2.0.0', 'psycopg2 casts a UUID')
        with self.assertRaises(InternalError) as refused:
            self.session.execute(call, {'model': str(model.model_id)})
        self.assertEqual(refusal(refused.exception).sqlstate, 'P0002')


class Bulk(Case):
    def test_many_objects_take_one_statement_and_know_their_defaults(self):
        model = self.model()
        versions = [Version(model=model, semver=f'1.{n}.0', artifact_uri=f'/m/{n}') for n in range(200)]
        self.session.add_all(versions)
        with statements() as sent:
            self.session.flush()
            kept = {(version.framework, version.project_id, version.registered_by) for version in versions}
        self.assertEqual(len(sent), 1)
        self.assertEqual(kept, {('xgboost', model.project_id, 'app')})
        stored = self.session.execute(select(Version.semver, Version.version_id).where(Version.model_id == model.model_id)).all()
        self.assertEqual(dict(stored), {version.semver: version.version_id for version in versions})

    def test_rows_without_objects(self):
        model = self.model()
        rows = [{'model_id': model.model_id, 'semver': f'0.{n}.0', 'artifact_uri': f'/m/{n}'} for n in range(100)]
        with statements() as sent:
            self.session.execute(insert(Version), rows)
        self.assertEqual(len(sent), 1)
        self.assertEqual(self.repository.latest_version(model).semver, '0.99.0')

    def test_one_wrong_row_refuses_all(self):
        model = self.model()
        self.session.commit()
        self.session.add_all([Version(model=model, semver=semver, artifact_uri='/m') for semver in ('1.0.0', '1.1', '1.2.0')])
        with self.assertRaises(DataError):
            self.session.flush()
        self.session.rollback()
        self.assertEqual(self.session.execute(select(func.count()).where(Version.model_id == model.model_id)).scalar(), 0)


class Refused(Case):
    def refuses(self, work, exception, sqlstate, rule, table=None):
        """That work() is refused so, that nothing of it stays, and that the session goes on."""
        with self.assertRaises(DBAPIError) as refused, self.session.begin_nested():
            work()
            self.session.flush()
        what = refusal(refused.exception)
        self.assertEqual((type(refused.exception), what.sqlstate, what.rule), (exception, sqlstate, rule), what)
        if table:
            self.assertEqual(what.table, table)
        self.assertEqual(self.session.execute(text('SELECT 1')).scalar(), 1)
        return what

    def test_check(self):
        model = self.model()
        self.refuses(lambda: setattr(model, 'risk_level', 'extreme'), IntegrityError, '23514', 'valid_risk_level', 'models')
        self.assertEqual(model.risk_level, 'medium')
        self.refuses(lambda: self.repository.create_model('Not Kebab'), IntegrityError, '23514', 'valid_model_name')
        self.refuses(lambda: self.session.execute(insert(Model.__table__).values(model_name=new_name(), metadata=[1])),
                     IntegrityError, '23514', 'metadata_is_object')
        self.refuses(lambda: self.repository.register_version(model, '1.0.0', 'no address'), IntegrityError, '23514',
                     'valid_artifact_uri', 'model_versions')

    def test_unique(self):
        model = self.model('1.0.0')
        self.refuses(lambda: self.repository.create_model(model.model_name), IntegrityError, '23505', 'unique_model_name')
        self.refuses(lambda: self.repository.register_version(model, '1.0.0+other', '/m'), IntegrityError, '23505',
                     'unique_model_version')
        tag = self.repository.get_or_create_tag(new_name('tag'))
        self.refuses(lambda: self.session.add(Tag(tag_name=tag.tag_name)), IntegrityError, '23505', 'unique_tag_name')

    def test_foreign_key(self):
        self.refuses(lambda: self.model(framework='cobol'), IntegrityError, '23503', 'valid_framework', 'models')
        self.refuses(lambda: self.repository.register_version(self.model(), '1.0.0', '/m', framework='cobol'), IntegrityError,
                     '23503', 'valid_framework', 'model_versions')
        self.refuses(lambda: self.session.add(Version(model_id=uuid.uuid4(), semver='1.0.0', artifact_uri='/m', framework='onnx')),
                     IntegrityError, '23503', 'model_versions_model_fkey')
        self.refuses(lambda: self.model(team_id=uuid.uuid4()), IntegrityError, '23503', 'models_team_fkey')

    def test_missing_value(self):
        with self.assertRaises(IntegrityError) as refused:
            self.repository.register_version(self.model(framework=None), '1.0.0', '/m')
        self.assertEqual((refusal(refused.exception).sqlstate, refused.exception.orig.diag.column_name), ('23502', 'framework'))

    def test_keys_never_change(self):
        model, other = self.model('1.0.0'), self.model()
        version = self.repository.resolve(model.model_name)
        what = self.refuses(lambda: setattr(version, 'model', other), ProgrammingError, '42501', 'immutable_key', 'model_versions')
        self.assertIn('model_id', what.message)
        self.refuses(lambda: setattr(model, 'project_id', uuid.uuid4()), ProgrammingError, '42501', 'immutable_key', 'models')

    def test_a_frozen_version_keeps_its_artifact(self):
        model = self.model('1.0.0')
        version = self.repository.resolve(model.model_name)
        version.artifact_uri = '/elsewhere'  # not frozen yet
        self.session.flush()
        self.session.add(Alias(model=model, version=version, alias='champion'))
        self.session.flush()
        self.assertIsNone(version.frozen_at, 'set in another row: seen after a refresh')
        self.session.refresh(version)
        self.assertIsNotNone(version.frozen_at)
        self.refuses(lambda: setattr(version, 'artifact_uri', '/again'), ProgrammingError, '42501', 'version_frozen')
        self.refuses(lambda: setattr(version, 'semver', '9.9.9'), ProgrammingError, '42501', 'version_frozen')
        version.description = 'may change'
        self.session.flush()
        self.refuses(lambda: setattr(version, 'deleted_at', func.now()), IntegrityError, '23514', 'version_has_alias')

    def test_states_move_along_their_machine(self):
        version = self.repository.resolve(self.model('1.0.0').model_name)
        what = self.refuses(lambda: setattr(version, 'status', 'deployed'), IntegrityError, '23514', 'model_versions_transition',
                            'model_versions')
        self.assertIn('registered', what.message)

    def test_shares_of_the_traffic_are_asked_about_by_the_commit(self):
        version = self.repository.resolve(self.model('1.0.0').model_name)
        self.session.execute(text('''INSERT INTO mlregistry.deployments (version_id, environment_id, deployment_name, status, traffic_percentage)
                                     SELECT :version, e.environment_id, n, 'active', 60
                                       FROM mlregistry.environments e, unnest('{a,b}'::text[]) AS n WHERE e.environment_name = 'prod' '''),
                             {'version': version.version_id})
        with self.assertRaises(IntegrityError) as refused:
            self.session.commit()
        self.assertEqual((refusal(refused.exception).sqlstate, refusal(refused.exception).rule), ('23514', 'traffic_sum'))
        self.session.rollback()

    def test_the_version_in_production_is_swapped_by_promote(self):
        model = self.model('1.0.0', '1.1.0')
        for semver in '1.0.0', '1.1.0':
            self.session.execute(text("SELECT mlregistry.promote(:version, 'production')"), {'version': f'{model.model_name}@{semver}'})
        self.session.expire_all()
        stages = self.session.execute(select(Version.semver, Version.stage).where(Version.model_id == model.model_id)).all()
        self.assertEqual(sorted(map(tuple, stages)), [('1.0.0', 'staging'), ('1.1.0', 'production')])

    def test_malformed_version(self):
        model = self.model()
        for wrong in 'v1.4.0', '1.4', '1.04.0', '':
            self.refuses(lambda: self.repository.register_version(model, wrong, '/m'), DataError, '22P02', None)
        self.refuses(lambda: self.session.execute(select(Version).where(Version.semver > 'one')), DataError, '22P02', None)

    def test_functions_find_nothing(self):
        what = self.refuses(lambda: self.repository.resolve(new_name()), InternalError, 'P0002', None)
        self.assertIn('does not exist', what.message)
        self.assertIsNotNone(what.hint)

    def test_a_missing_grant_names_no_rule(self):
        self.refuses(lambda: self.session.execute(text("UPDATE mlregistry.organizations SET name = 'mine'")), ProgrammingError,
                     '42501', None)
        self.refuses(lambda: self.session.execute(text('SELECT * FROM mlregistry.guards')), ProgrammingError, '42501', None)

    def test_without_a_savepoint_the_transaction_is_lost(self):
        model = self.model()
        model_id = model.model_id
        model.risk_level = 'extreme'
        with self.assertRaises(IntegrityError):
            self.session.flush()
        self.session.rollback()
        self.assertIsNone(self.session.get(Model, model_id))


class Transactions(Case):
    def test_a_deadlock_is_tried_again(self):
        ids = [self.model().model_id for _ in range(2)]
        self.session.commit()
        both_hold_one, tries = threading.Barrier(2), []

        def change(first, second):
            def work(session):
                tries.append(first)
                session.get(Model, first).description = 'first'
                session.flush()
                if len(tries) <= 2:
                    both_hold_one.wait(20)
                session.get(Model, second).objective = session.get(Model, second).description = 'second'
                session.flush()
                return 'done'
            return lambda: transaction(sessions, work)
        other = in_thread(change(*ids))
        self.assertEqual(change(*reversed(ids))(), 'done')
        self.assertEqual(other(), 'done')
        self.assertEqual(len(tries), 3)

    def test_what_is_wrong_is_not_tried_again(self):
        tries = []

        def work(session):
            tries.append(1)
            Repository(session).create_model('Not Kebab')
        with self.assertRaises(IntegrityError):
            transaction(sessions, work)
        self.assertEqual(len(tries), 1)

    def test_it_gives_up_in_the_end(self):
        tries = []

        def work(session):
            tries.append(1)
            session.execute(text("DO $$BEGIN RAISE EXCEPTION 'again' USING ERRCODE = '40001'; END$$"))
        with self.assertRaises(DBAPIError) as refused:
            transaction(sessions, work, attempts=3)
        self.assertEqual((refusal(refused.exception).sqlstate, len(tries)), ('40001', 3))

    def test_the_role_has_no_more_than_its_grants(self):
        with sessions() as session:
            self.assertEqual(session.execute(text(
                'SELECT current_user, rolsuper, rolcreatedb, rolbypassrls FROM pg_roles WHERE rolname = current_user')).one(),
                ('app', False, False, False))
            self.assertEqual(session.execute(text(
                "SELECT count(*) FROM pg_class WHERE relowner = 'app'::regrole")).scalar(), 0)

    def test_views_are_readable(self):
        model = self.model('1.0.0', '1.1.0')
        self.repository.add_tag(model, new_name('tag'))
        self.session.commit()
        latest, _ = tour.reflected_classes(engine)
        row = self.session.get(latest, model.model_id)
        self.assertEqual((row.latest_version, row.version_count, row.aliases), ('1.1.0', 2, []))
        self.assertEqual(self.session.execute(text('SELECT tag_count FROM mlregistry.v_model_tags WHERE model_id = :id'),
                                              {'id': model.model_id}).scalar(), 1)


class Loading(Case):
    def setUp(self):
        super().setUp()
        model = self.model('1.0.0', '1.1.0', team=Team(team_name=new_name('team')))
        self.session.refresh(model)
        version = model.versions[0]
        self.session.add(Alias(model=model, version=version, alias='champion'))
        self.tag = new_name('tag')
        self.repository.add_tag(model, self.tag)
        data = [Dataset(dataset_name=new_name(name), storage_location='/d', storage_format='csv') for name in ('a', 'b')]
        version.metrics += [Metric(metric_name='auc', metric_value=value, dataset=data[n % 2], dataset_split=split)
                            for n, (value, split) in enumerate([(0.9, 'test'), (0.8, 'validation'), (float('nan'), 'holdout')])]
        self.session.commit()
        self.model_id = model.model_id
        self.session.expunge_all()

    def check(self, model):
        self.assertEqual([version.semver for version in model.versions], ['1.1.0', '1.0.0'])
        self.assertTrue(model.team.team_name.startswith('team-'))
        self.assertEqual([tag.tag_name for tag in model.tags], [self.tag])
        self.assertEqual([(alias.alias, alias.version.semver) for alias in model.aliases], [('champion', '1.1.0')])
        newest = model.versions[0]
        self.assertEqual([alias.alias for alias in newest.aliases], ['champion'])
        values = [metric.metric_value for metric in newest.metrics]
        self.assertEqual((len(values), [value for value in values if value == value]), (3, [0.9, 0.8]) if values[2] != values[2]
                         else (3, values))
        self.assertEqual([data.dataset_name[0] for data in model.datasets], ['a', 'b'])
        self.assertEqual({metric.dataset for metric in newest.metrics}, set(model.datasets))
        self.assertIs(newest.model, model)

    def test_lazily(self):
        self.check(self.session.get(Model, self.model_id))

    def test_ahead(self):
        query = (select(Model).where(Model.model_id == self.model_id)
                 .options(joinedload(Model.team), selectinload(Model.tags), selectinload(Model.datasets),
                          selectinload(Model.aliases).joinedload(Alias.version),
                          selectinload(Model.versions).options(selectinload(Version.aliases),
                                                               selectinload(Version.metrics).joinedload(Metric.dataset))))
        model = self.session.execute(query).scalar_one()
        with statements() as sent:
            self.check(model)
        self.assertEqual(sent, [], 'nothing is loaded later')

    def test_deleted_children_are_left_out(self):
        model = self.session.get(Model, self.model_id)
        model.versions[1].deleted_at = func.now()
        self.session.commit()
        self.assertEqual([version.semver for version in model.versions], ['1.1.0'])

    def test_a_reference_is_cleared_alone(self):
        model = self.session.get(Model, self.model_id)
        organization = model.organization_id
        model.team = None
        self.session.commit()
        self.assertEqual((model.team_id, model.organization_id), (None, organization))

    def test_hard_deletion_is_left_to_the_database(self):
        model = self.session.get(Model, self.model_id)
        self.assertEqual(len(model.versions), 2)  # loaded: SQLAlchemy must not touch them
        for alias in list(model.aliases):
            self.session.delete(alias)
        self.session.flush()
        self.session.delete(model)
        self.session.commit()
        self.assertEqual(self.session.execute(
            select(func.count()).select_from(Version).where(Version.model_id == self.model_id)).scalar(), 0)


class Reflection(Case):
    def reflected(self, **options):
        other = connect(URL, **options).kw['bind']
        self.addCleanup(other.dispose)
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter('always')
            metadata = MetaData(schema='mlregistry')
            event.listen(metadata, 'column_reflect', as_uuid)
            metadata.reflect(other, views=True)
        return metadata, [str(warning.message) for warning in said if issubclass(warning.category, SAWarning)]

    def test_every_table_and_view_without_a_warning(self):
        with self.session.begin():
            relations = set(self.session.execute(text(
                "SELECT relname FROM pg_class WHERE relnamespace = 'mlregistry'::regnamespace AND relkind IN ('r', 'p', 'v')")).scalars())
        self.assertGreater(len(relations), 20)
        for path in 'public', 'public,mlregistry':
            metadata, said = self.reflected(connect_args={'options': f'-csearch_path={path}'})
            self.assertEqual({table.name for table in metadata.tables.values()}, relations, path)
            self.assertEqual({table.schema for table in metadata.tables.values()}, {'mlregistry'}, path)
            # 1.4 says so of the search indexes; 2.0 reflects them.
            self.assertEqual([words for words in said if 'expression-based index' not in words], [], path)
            for column in (metadata.tables['mlregistry.model_versions'].c.semver,
                           metadata.tables['mlregistry.v_models_latest'].c.latest_version):
                self.assertIsInstance(column.type, Semver, path)
        self.assertEqual({table.fullname for table in tour.reflect(engine).tables.values()},
                         {f'mlregistry.{name}' for name in relations})

    def test_each_table_by_itself(self):
        for table in self.reflected()[0].tables:
            with warnings.catch_warnings():
                warnings.filterwarnings('ignore', '.*expression-based index')
                alone = Table(table.split('.')[1], MetaData(), schema='mlregistry', autoload_with=engine, resolve_fks=False)
            self.assertGreater(len(alone.c), 1)

    def test_columns_keys_and_defaults_come_out_right(self):
        tables = self.reflected()[0].tables
        models, versions = tables['mlregistry.models'], tables['mlregistry.model_versions']
        self.assertEqual([column.name for column in models.primary_key], ['model_id'])
        self.assertEqual(models.c.model_name.comment, 'Name for references, unique in its project among those not deleted')
        self.assertEqual(models.c.organization_id.server_default.arg.text, 'mlregistry.current_organization_id()')
        self.assertIsNone(models.c.display_name.server_default, 'filled by a trigger, which reflection cannot see')
        self.assertIsInstance(models.c.metadata.type, postgresql.JSONB)
        self.assertIsInstance(tables['mlregistry.datasets'].c.partition_keys.type, postgresql.ARRAY)
        keys = {key.name: [column.name for column in key.columns] for key in versions.foreign_key_constraints}
        self.assertEqual(keys['model_versions_model_fkey'], ['organization_id', 'model_id'])
        checks = inspect(engine).get_check_constraints('model_versions', schema='mlregistry')
        self.assertIn('valid_stage_status', {check['name'] for check in checks})
        partial = next(index for index in models.indexes if index.name == 'unique_model_name')
        self.assertTrue(partial.unique)
        self.assertIn('deleted_at IS NULL', str(partial.dialect_options['postgresql']['where']))

    def test_the_models_agree_with_the_tables(self):
        tables = self.reflected()[0].tables
        dialect = engine.dialect
        for name, mapped in Base.metadata.tables.items():
            real = tables[name]
            self.assertEqual([column.name for column in mapped.primary_key], [column.name for column in real.primary_key], name)
            for column in mapped.c:
                where = f'{name}.{column.name}'
                self.assertIn(column.name, real.c, where)
                there = real.c[column.name]
                self.assertEqual(column.type.compile(dialect), there.type.compile(dialect), where)
                if not column.nullable and not column.primary_key:
                    self.assertFalse(there.nullable, where)
                if not there.nullable and column.nullable:
                    self.assertIsNotNone(column.server_default, f'{where} is sent as NULL unless it is marked as kept')
            for there in real.c:
                if there.name not in mapped.c:
                    self.assertTrue(there.nullable or there.server_default is not None, f'{name}.{there.name} may be left out')

    def test_a_reflected_class_writes(self):
        model = self.model('1.0.0')
        _, File = tour.reflected_classes(engine)
        file = File()
        file.version_id, file.path, file.sha256 = self.repository.resolve(model.model_name).version_id, 'model.bin', 'AB' * 32
        self.session.add(file)
        self.session.flush()
        self.assertEqual(file.project_id, model.project_id)
        self.session.refresh(file)
        self.assertEqual(file.sha256, 'ab' * 32)

    def test_automap_reads_but_cannot_clear_a_reference(self):
        # As the page says; where this changes, the page changes.
        metadata = self.reflected()[0]
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter('always')
            automap = automap_base(metadata=metadata)
            automap.prepare()
            configure_mappers()
        self.assertGreater(sum('will copy column' in str(warning.message) for warning in said), 24)
        classes = automap.classes
        team = classes.teams(team_id=uuid.uuid4(), team_name=new_name('team'))
        model = classes.models(model_id=uuid.uuid4(), model_name=new_name(), teams=team)
        self.session.add(model)
        self.session.commit()
        self.assertEqual((model.team_id, model.display_name), (team.team_id, model.model_name))
        model.teams = None
        with self.assertRaises(ProgrammingError) as refused:
            self.session.flush()
        self.assertEqual(refusal(refused.exception).rule, 'immutable_key')

    def test_infinity_is_the_end_of_time(self):
        model = self.model('1.0.0')
        self.session.add(Alias(model=model, version=self.repository.resolve(model.model_name), alias='champion'))
        self.session.flush()
        self.assertEqual(self.session.execute(
            text('SELECT valid_to FROM mlregistry.alias_history WHERE model_id = :id'), {'id': model.model_id}).scalar().year, 9999)
        self.assertEqual(self.session.execute(
            text("SELECT nullif(valid_to, 'infinity') FROM mlregistry.alias_history WHERE model_id = :id"), {'id': model.model_id}
        ).all(), [(None,)])


class Page(unittest.TestCase):
    """Comes last: see load_tests()."""

    def test_the_tour_runs(self):
        arguments, sys.argv = sys.argv, ['tour.py', URL.render_as_string(hide_password=False)]
        try:
            runpy.run_path(str(EXAMPLES / 'tour.py'), run_name='__main__')
        finally:
            sys.argv = arguments
        newer, highest = tour.compare_versions(sessions)
        self.assertIn('1.10.0', newer)
        self.assertNotIn('1.9.0', newer)
        self.assertEqual(newer[0], highest)

    def test_what_the_tour_says(self):
        with sessions.begin() as session:  # the tour has deleted its model: it may begin again, but for its team and dataset
            for dataset in session.execute(select(Dataset).where(Dataset.dataset_name == 'tour-data')).scalars():
                session.delete(dataset)
            session.execute(text("DELETE FROM mlregistry.teams WHERE team_name = 'risk'"))
        tour.catalog(sessions)
        tour.change(sessions)
        self.assertEqual([len(rows) for rows in tour.json_and_arrays(sessions)], [1, 1, 1])
        self.assertEqual(tour.refused(sessions).rule, 'valid_risk_level')
        self.assertIsNotNone(tour.deleted(sessions).deleted_at)

    def test_z_every_block_of_the_page_is_in_the_examples(self):
        page = (ROOT / 'docs' / 'orm.md').read_text(encoding='utf-8')
        blocks = re.findall(r'^```(\w*)\n(.*?)^```$', page, re.M | re.S)
        self.assertEqual({language for language, _ in blocks}, {'python', 'sql'})
        sources = [path.read_text(encoding='utf-8') for path in sorted(EXAMPLES.glob('*.py'))]
        python = [block for language, block in blocks if language == 'python']
        self.assertGreaterEqual(len(python), 20)
        for block in python:
            self.assertTrue(any(f'\n{block}' in source for source in sources), f'not in the examples as it stands:\n{block}')

    def test_z_every_statement_of_the_examples_was_run(self):
        missed = []
        for path in sorted(EXAMPLES.glob('*.py')):
            for node in ast.walk(ast.parse(path.read_text(encoding='utf-8'))):
                # Compound statements are there in what they consist of; a docstring is no statement.
                if isinstance(node, ast.stmt) and not hasattr(node, 'body') \
                        and not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)) \
                        and not any((path.name, line) in ran for line in range(node.lineno, node.end_lineno + 1)):
                    missed.append(f'{path.name}:{node.lineno}')
        # Errors that the examples themselves do not expect.
        self.assertEqual([place for place in missed if linecache_line(place) != 'raise'], [])


def linecache_line(place):
    name, line = place.split(':')
    return (EXAMPLES / name).read_text(encoding='utf-8').splitlines()[int(line) - 1].strip()


def load_tests(loader, tests, pattern):
    cases = Models, Tags, Versions, Bulk, Refused, Transactions, Loading, Reflection, Page
    return unittest.TestSuite(loader.loadTestsFromTestCase(case) for case in cases)
