"""Zones that come to a secondary as SQL backups, again and again, while it is asked: README's recipe, and
other ways to write the same."""
import os
import re
import subprocess

import pytest

from support.asking import Asking
from support.mariadb import MariaDB
from support.query import is_data
from support.server import source
from support.vanish import ENDS, FAST, check_calm, fill, follow, names, serve
from support.wait import TemporaryDirectory, wait_until

ZONES = 60
SLOW = 60


@pytest.fixture(scope='module')
def instances():
    """Where zones are written; a secondary with a binary log, and one without."""
    instances = {'primary': MariaDB(), 'auto': MariaDB(binlog=True), 'off': MariaDB()}
    try:
        for instance in instances.values():
            instance.start()
        yield instances
    finally:
        for instance in instances.values():
            instance.remove()


def recipe():
    """README's commands, one a line."""
    with open(source('README.md'), encoding='utf-8') as file:
        section = file.read().split('## A secondary from backups\n')[1].split('\n## ')[0]
    return re.findall('^    (.*)$', section, re.M)


def run(command, primary, secondary):
    """COMMAND in a shell at the secondary; `ssh HOST` leads to the primary."""
    directory = TemporaryDirectory('backup')
    try:
        for name, instance in (('here', secondary), ('there', primary)):
            os.mkdir(directory / name)
            with open(directory / f'{name}/.my.cnf', 'w', encoding='utf-8') as file:
                file.write(f'[client]\nsocket = {instance.socket}\nuser = root\n')
        command = re.sub(r'ssh \S+', f'HOME={directory / "there"}', command)
        subprocess.run(['bash', '-e', '-o', 'pipefail', '-c', command], check=True, timeout=SLOW,
                       cwd=directory.path, env={**os.environ, 'HOME': directory / 'here'})
    finally:
        directory.remove()


DUMP = 'ssh 192.0.2.1 mariadb-dump --single-transaction'
WAYS = {
    'schema, then rows': f'{DUMP} --no-data mydns | mariadb mydns;'
                         f' {DUMP} --no-create-info mydns | mariadb mydns',
    'replace': f'{DUMP} --no-create-info --replace mydns | mariadb mydns',
    'row by row': f'{DUMP} --skip-extended-insert mydns | mariadb mydns',
    'one transaction': f'(echo "SET autocommit = 0; DELETE FROM rr; DELETE FROM soa;";'
                       f' {DUMP} --no-create-info --skip-add-locks --skip-disable-keys mydns;'
                       ' echo "COMMIT;") | mariadb mydns',
    'rr alone': f'{DUMP} mydns rr | mariadb mydns',
}


def restore_three_times(start_server, instances, feed, commands):
    """By cron, three times: each brings a change of the primary, and no name is gone at any time."""
    written = fill(instances['primary'], ZONES)
    database = fill(instances[feed], ZONES)
    if feed == 'auto':
        server = follow(start_server, database, ZONES)
    else:
        server = serve(start_server, database, {**FAST, 'change-feed': 'off'}, ZONES)
    with Asking(server, names(ZONES)) as asking:
        for number in range(3):
            address = f'198.51.100.{number + 1}'
            written.sql(f"UPDATE rr SET data = '{address}' WHERE name = 'www' AND zone = 7")
            for command in commands:
                run(command, instances['primary'], instances[feed])
            wait_until(lambda a=address: is_data(server, 'www.zone7.test', 'A', a), SLOW)
    assert not asking.wrong, (len(asking.wrong), asking.wrong[:5], server.log())
    print(f'{feed}, {commands}: {asking.asked} questions, 0 wrong')
    return server, database


@pytest.mark.parametrize('feed', ['auto', 'off'])
def test_readme(start_server, instances, feed):
    """Each command word for word; the first makes the database, the others go into cron."""
    first, *again = recipe()
    run(first, instances['primary'], instances[feed])
    server, database = restore_three_times(start_server, instances, feed, again)
    wait_until(lambda: server.log().count(ENDS) == server.log().count('vanish protection: '), SLOW)
    check_calm(server, database)


@pytest.mark.parametrize('way', list(WAYS))
def test_other_ways(start_server, instances, way):
    restore_three_times(start_server, instances, 'auto', [WAYS[way]])
