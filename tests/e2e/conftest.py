"""Fixtures for end-to-end tests: a MariaDB of one's own, databases in it, servers on free ports."""
import contextlib
import os
import sys

import pytest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..'))

from support import schema                                  # noqa: E402
from support.load import FaultTable                         # noqa: E402
from support.mariadb import Database, MariaDB               # noqa: E402
from support.server import Server                           # noqa: E402
from support.wire import Wire                               # noqa: E402


@pytest.fixture(scope='module')
def mariadb(request):
    """Running MariaDB for the tests of one file, which may set MARIADB = {'binlog': True, ...}."""
    instance = MariaDB(**getattr(request.module, 'MARIADB', {}))
    try:
        instance.start()
        yield instance
    finally:
        instance.remove()


@pytest.fixture(scope='module')
def new_database(mariadb):
    """new_database([ddl, ...]): a fresh Database with our own schema unless told otherwise."""
    count = 0

    def create(ddl=None, **keywords):
        nonlocal count
        count += 1
        return Database(mariadb, f'mydns{count}', ddl or schema.own(), **keywords)
    return create


FAULTS = FaultTable()


@pytest.fixture(scope='session')
def fault_table():
    """Where a test of a fault puts its line."""
    return FAULTS


def pytest_terminal_summary(terminalreporter):
    if FAULTS.lines:
        terminalreporter.section('faults under load')
        terminalreporter.write_line(FAULTS.text())
        FAULTS.save()


@pytest.fixture
def own_database(request):
    """A MariaDB of this test's own, which may be stopped, with example.com of the file's ROWS."""
    instance = MariaDB()
    try:
        instance.start()
        database = Database(instance, 'mydns', schema.own())
        database.add_zone('example.com.', request.module.ROWS)
        yield database
    finally:
        instance.remove()


def _servers():
    started = []

    def start(options=None, arguments=(), begin=True, **keywords):
        server = Server(options, arguments)
        started.append(server)
        return server.start(**keywords) if begin else server
    try:
        yield start
        for server in started:
            server.stop()
    finally:
        for server in started:
            if os.path.exists(server.log_file):
                print(f'--- log of mydns on port {server.port}\n{server.log()[-8000:]}')
            server.remove()


@pytest.fixture
def start_server():
    """start_server(options[, arguments, ready=False]): a server until the end of the test; with
    begin=False it is only made."""
    yield from _servers()


@pytest.fixture(scope='module')
def start_shared_server():
    """The same until the end of the file."""
    yield from _servers()


@pytest.fixture(scope='module')
def wire(request):
    """Hosts and the links between them (support/wire.py): the file's HOSTS."""
    with contextlib.ExitStack() as stack:
        try:
            wire = stack.enter_context(Wire(request.module.HOSTS))
        except PermissionError as error:
            pytest.skip(f'no network namespaces here: {error}')
        yield wire
