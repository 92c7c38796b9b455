"""server/quickstart.sh in a copy of the tree that only root can enter, as a clone below /root,
with a blank in its path."""
import ctypes
import os
import shutil
import signal
import socket
import subprocess

import pytest

from support.query import data, is_data, ask
from support.server import source
from support.wait import free_port, wait_until

pytestmark = pytest.mark.skipif(os.getuid() != 0, reason='installs packages: needs root')

PR_SET_CHILD_SUBREAPER = 36     # linux/prctl.h


class Clone:
    def __init__(self, top):
        self.top = top
        os.mkdir(top, 0o700)
        for name in ('server', 'sql', 'CMakeLists.txt', 'CMakePresets.json'):
            place = shutil.copytree if os.path.isdir(source(name)) else shutil.copy
            place(source(name), top / name)
        self.port = free_port()
        self.address = ('127.0.0.1', self.port)

    def quickstart(self, *arguments):
        # A file instead of a pipe: what goes on in the background would keep the pipe open.
        with open(self.top / 'output', 'wb') as file:
            status = subprocess.run(
                ['sh', 'server/quickstart.sh', *arguments], cwd=self.top, stdout=file, stderr=file,
                stdin=subprocess.DEVNULL, timeout=240, check=False,
                env={**os.environ, 'MYDNS_BUILD_DIR': os.environ['BUILD_DIR']}).returncode
        return status, (self.top / 'output').read_text(errors='replace')

    def env(self):
        lines = (self.top / 'build/quickstart/env').read_text().splitlines()
        return dict(line.split('=', 1) for line in lines)

    def sql(self, text):
        env = self.env()
        return subprocess.run(['mariadb', '-S', env['SOCKET'], '-N', env['DATABASE'], '-e', text],
                              check=True, capture_output=True, text=True).stdout


@pytest.fixture
def clone(tmp_path):
    clone = Clone(tmp_path / 'a clone')
    yield clone
    clone.quickstart('--stop')


def processes(socket):
    found = []
    for pid in filter(str.isdigit, os.listdir('/proc')):
        try:
            with open(f'/proc/{pid}/cmdline', encoding='utf-8', errors='replace') as file:
                if socket in file.read():
                    found.append(pid)
        except OSError:
            pass
    return found


def test_quickstart(clone):
    status, output = clone.quickstart('--port', str(clone.port))
    assert status == 0, output
    assert 'status: NOERROR' in output and 'www.example.com.' in output
    env = clone.env()
    assert env['PORT'] == str(clone.port)
    assert data(ask(clone, 'example.com')) == ['192.0.2.1']

    # What it tells to try next does what it says
    suggestion = next(line for line in output.splitlines() if 'UPDATE' in line)
    subprocess.run(suggestion.split('row', 1)[1].strip(), shell=True, check=True)
    wait_until(lambda: is_data(clone, 'example.com', 'A', '192.0.2.2'), 5)

    # The log can be moved away, by a server that has no privileges any more
    log = next(line for line in output.splitlines() if 'the log' in line).split()[-1]
    os.rename(log, log + '.1')
    with open(os.path.dirname(log) + '/mydns.pid', encoding='ascii') as file:
        os.kill(int(file.read()), signal.SIGHUP)
    wait_until(lambda: os.path.exists(log) and os.path.getsize(log) > 0)

    # Again: the data stays, and it answers as before
    status, output = clone.quickstart('--port', str(clone.port))
    assert status == 0, output
    assert data(ask(clone, 'example.com')) == ['192.0.2.2']
    assert clone.sql('SELECT COUNT(*) FROM soa').strip() == '1'
    assert clone.env() == env

    status, output = clone.quickstart('--stop')
    assert status == 0, output
    wait_until(lambda: not processes(os.path.dirname(env['SOCKET'])))
    assert not is_data_at_all(clone)
    # and once more from what is left
    status, output = clone.quickstart()
    assert status == 0, output
    assert clone.env()['PORT'] == str(clone.port)
    assert data(ask(clone, 'example.com')) == ['192.0.2.2']


@pytest.fixture
def orphanage():
    """What quickstart leaves running becomes our child, and nobody waits for it when it ends."""
    prctl = ctypes.CDLL(None).prctl
    assert prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0
    adopted = []
    yield adopted
    prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)
    for pid in adopted:
        os.waitpid(pid, 0)


def test_stop_where_nobody_waits_for_what_has_ended(orphanage, clone):
    assert clone.quickstart('--port', str(clone.port))[0] == 0
    directory = os.path.dirname(clone.env()['SOCKET'])
    for name in ('mysql.pid', 'server/mydns.pid'):
        with open(f'{directory}/{name}', encoding='ascii') as file:
            orphanage.append(int(file.read()))
    assert clone.quickstart('--stop') == (0, '== stopped; the data stays in build/quickstart\n')
    assert not os.path.exists(directory)


def test_what_runs_is_found_when_its_files_are_gone(clone):
    assert clone.quickstart('--port', str(clone.port))[0] == 0
    former = os.path.dirname(clone.env()['SOCKET'])
    shutil.rmtree(clone.top / 'build/quickstart')
    status, output = clone.quickstart('--port', str(clone.port))
    assert status == 0, output
    assert not processes(former)
    shutil.rmtree(former)


def is_data_at_all(clone):
    try:
        return bool(ask(clone, 'example.com', timeout=0.5).answer)
    except Exception:
        return False


def test_port_in_use(clone):
    with socket.socket(type=socket.SOCK_DGRAM) as other:
        other.bind(clone.address)
        status, output = clone.quickstart('--port', str(clone.port))
        assert status != 0
        assert f'port {clone.port}' in output and 'in use' in output


@pytest.mark.parametrize('arguments', [
    ['--port'], ['--port', 'x'], ['--port', '70000'], ['--what']])
def test_usage(clone, arguments):
    status, output = clone.quickstart(*arguments)
    assert status != 0 and output.startswith('quickstart: ')


PACKAGES = """
mount -t tmpfs none /usr/sbin
cd /usr/sbin
[ -z "$FORMER" ] || echo "$FORMER" >policy-rc.d
PATH=$BIN:$PATH
sh "$PACKAGES_SH" none-such &
read -r _ <"$BIN/runs"
kill -"$SIGNAL" $!
echo >"$BIN/may-end"
wait $! 2>/dev/null
[ "$SIGNAL" != KILL ] || sh "$PACKAGES_SH" none-such
ls
cat policy-rc.d
"""


@pytest.mark.parametrize('former', ['', 'as it was'])
@pytest.mark.parametrize('number', ['HUP', 'TERM', 'KILL'])
def test_an_installation_that_is_broken_off_leaves_no_policy(tmp_path, former, number):
    for name in ('runs', 'may-end'):
        os.mkfifo(tmp_path / name)
    apt = tmp_path / 'apt-get'
    apt.write_text('#!/bin/sh\nmkdir "$BIN/once" || exit 0\n'
                   'cp policy-rc.d "$BIN/policy"\necho >"$BIN/runs"\nread -r _ <"$BIN/may-end"\n')
    apt.chmod(0o755)
    result = subprocess.run(
        ['unshare', '-m', 'sh', '-c', PACKAGES], capture_output=True, text=True, timeout=60,
        check=False, env={**os.environ, 'BIN': str(tmp_path), 'FORMER': former, 'SIGNAL': number,
                          'PACKAGES_SH': source('server/packages.sh')})
    assert (tmp_path / 'policy').read_text().endswith('exit 101\n')
    assert result.stdout == ('policy-rc.d\nas it was\n' if former else ''), result
