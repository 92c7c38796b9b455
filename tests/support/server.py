"""mydns as a process in the foreground: configured, started, watched, stopped."""
import os
import re
import signal
import socket
import subprocess

from support.wait import TemporaryDirectory, free_port, wait_until

SANITIZER = re.compile(r'AddressSanitizer|LeakSanitizer|ThreadSanitizer|runtime error:')


def program(name='mydns'):
    """The built program: mydns, or dnsadm and its other names."""
    room = 'server' if name == 'mydns' else 'admin'
    return os.path.join(os.environ['BUILD_DIR'], room, name)


def source(path=''):
    """A file of the source tree."""
    return os.path.join(os.environ['SOURCE_DIR'], path)


def run(*arguments, **keywords):
    """Run mydns to its end; (exit status, stdout, stderr)."""
    result = subprocess.run([program(), *arguments], capture_output=True, text=True, timeout=60,
                            errors='replace', stdin=subprocess.DEVNULL, check=False, **keywords)
    assert not SANITIZER.search(result.stderr), result.stderr
    return result.returncode, result.stdout, result.stderr


class Server:
    """
    options  name = value of mydns.conf (underscores for dashes are fine); a list becomes several
             lines, None leaves a default of ours out.
    """

    def __init__(self, options=None, arguments=(), binary=None):
        self.directory = TemporaryDirectory('mydns')
        os.chmod(self.directory.path, 0o777)    # the pidfile is removed without privileges
        self.port = free_port()
        self.address = ('127.0.0.1', self.port)
        self.conf_file = self.directory / 'mydns.conf'
        self.log_file = self.directory / 'log'
        self.pid_file = self.directory / 'mydns.pid'
        self.arguments = list(arguments)
        self.binary = binary or program()
        self.process = None
        self.exit_status = 0
        self._notify = None
        self.notified = []
        self.options = {'listen': f'127.0.0.1:{self.port}', 'user': 'nobody', 'group': 'nogroup',
                        'log': 'stderr', 'pidfile': self.pid_file}
        self.configure(**(options or {}))

    def configure(self, **options):
        """Change options and write the file; takes effect at start, or on SIGHUP."""
        self.options.update({k.replace('_', '-'): v for k, v in options.items()})
        lines = []
        for name, value in self.options.items():
            for one in value if isinstance(value, list) else [value]:
                if one is not None:
                    lines.append(f'{name} = {one}\n')
        self.write_conf(''.join(lines))

    def write_conf(self, text):
        with open(self.conf_file, 'w', encoding='utf-8') as file:
            file.write(text)
        os.chmod(self.conf_file, 0o644)

    def start(self, ready=True, environment=None):
        """Start; with READY wait until it says READY=1 to its supervisor (sd_notify(3))."""
        self._notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        path = self.directory / 'notify'
        if os.path.exists(path):
            os.unlink(path)
        self._notify.bind(path)
        os.chmod(path, 0o777)
        self._notify.setblocking(False)
        self.notified = []
        with open(self.log_file, 'ab') as log:
            self.process = subprocess.Popen(
                [self.binary, '-c', self.conf_file, *self.arguments], stdin=subprocess.DEVNULL,
                stdout=log, stderr=log,
                env={**os.environ, 'NOTIFY_SOCKET': path, **(environment or {})})
        if ready:
            self.wait_ready()
        return self

    def is_ready(self):
        try:
            while True:
                self.notified += self._notify.recv(4096).decode().split('\n')
        except BlockingIOError:
            pass
        return 'READY=1' in self.notified

    def wait_ready(self, seconds=30):
        def ready():
            return self.is_ready() or self.process.poll() is not None
        wait_until(ready, seconds, 'READY=1')
        assert self.process.poll() is None, \
            f'mydns ended with {self.process.returncode}:\n{self.log()}'

    def pid(self):
        return self.process.pid

    def memory(self, what='VmRSS'):
        """Resident octets now; VmHWM: the most so far."""
        with open(f'/proc/{self.pid()}/status', encoding='ascii') as file:
            return int(dict(line.split(':', 1) for line in file)[what].split()[0]) * 1024

    def signal(self, number):
        self.process.send_signal(number)

    def log(self):
        with open(self.log_file, encoding='utf-8', errors='replace') as file:
            return file.read()

    def wait_log(self, pattern, seconds=15, after=0):
        """The first match of PATTERN in the log, behind offset AFTER."""
        return wait_until(lambda: re.search(pattern, self.log()[after:], re.M), seconds,
                          f'log line {pattern}')

    def running(self):
        return self.process is not None and self.process.poll() is None

    def stop(self, seconds=30):
        """SIGTERM; it has to end by itself, cleanly and without complaint of a sanitizer."""
        if self.process is None:
            return
        if self.running():
            self.signal(signal.SIGTERM)
        try:
            status = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            status = 'no end after SIGTERM'
        self.process = None
        self._notify.close()
        log = self.log()
        assert status == self.exit_status, f'exit {status}\n{log}'
        assert not SANITIZER.search(log), log

    def remove(self):
        if self.running():
            self.process.kill()
            self.process.wait()
        self.directory.remove()
