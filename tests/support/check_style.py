#!/usr/bin/python3
"""Rules about the tree that a program can check. check_style.py TOP; prints each breach, exits 1.

Layout, length of files, format of C, waiting in tests, and who includes whom: server/CMakeLists.txt
says which room uses which, and the includes have to agree with it.
"""
import os
import re
import shutil
import subprocess
import sys

LAYOUT = re.compile(r'(server|admin|sql|tests|fuzz|CMakeLists\.txt|CMakePresets\.json|README\.md'
                    r'|LICENSE|\..*)$')
MAX_LINES = 600
# Files that may be longer, each with its reason.
LONG_FILES = {
    'server/man/mydns.conf.5': 'every option, as man(1) wants it in one file',
}
# mysql.h and its kin belong to db alone.
SQL_HEADER = re.compile(r'(mysql|mariadb|errmsg\.h|mysqld_error\.h)')
# dns, zone and answer work on memory only.
PURE_ROOMS = ('dns', 'zone', 'answer')
SOCKET_HEADER = re.compile(r'(sys/socket|sys/epoll|sys/un|netinet/|netdb|poll|event)')
# Waiting for an amount of time; tests wait for a condition with a deadline instead.
# A clock that can be set decides nothing: ages and deadlines use base/clock.h.
WALL_CLOCK = re.compile(r'\btime\(NULL\)|\bCLOCK_REALTIME\b|\bgettimeofday\b|\blocaltime|\bgmtime')
WALL_CLOCK_FILES = {
    'server/base/log.c': 'the time before each line',
    'server/base/log_syslog.c': 'the same',
    'server/net/worker.c': 'cookies: servers of one address compare times (RFC 9018)',
    'server/run/collect.c': 'when the program was started, as metrics tell it',
    'server/snapshot/snapshot.c': 'the age of a file, which outlives the clock since boot',
}
FIXED_SLEEP = re.compile(r'\bu?sleep[ (]+[0-9]|\bnanosleep\s*\(')
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.M)


def git_files(top):
    command = ['git', '-c', 'safe.directory=*', '-C', top, 'ls-files', '-z']
    names = subprocess.run(command, check=True, capture_output=True).stdout.decode()
    return [n for n in names.split('\0') if n and os.path.isfile(os.path.join(top, n))]


def read(top, name):
    with open(os.path.join(top, name), encoding='utf-8', errors='replace') as file:
        return file.read()


def room_map(top):
    """The rooms each room may include: what it links to, directly or not, and itself."""
    text = read(top, 'server/CMakeLists.txt')
    uses = {name: [u for u in rest.split() if '::' not in u]
            for name, rest in re.findall(r'^room\((\w+)\s+USES\s+([^)]*)\)', text, re.M)}

    def reach(room):
        found = {room, 'base'}
        for below in uses.get(room, ()):
            found |= reach(below)
        return found
    return {room: reach(room) for room in uses}


def check_includes(top, name, rooms):
    parts = name.split('/')
    for kind, header in INCLUDE.findall(read(top, name)):
        room = parts[1] if parts[0] == 'server' and len(parts) == 3 else None
        if SQL_HEADER.match(header) and room != 'db' and parts[0] in ('server', 'admin'):
            yield f'{name}: {header}: only db speaks SQL'
        if room not in rooms:
            continue
        if room in PURE_ROOMS and SOCKET_HEADER.match(header):
            yield f'{name}: {header}: {room} knows no sockets'
        other = header.split('/')[0]
        if kind == '"' and other in rooms and other not in rooms[room]:
            yield f'{name}: {header}: {room} may not include {other}'
        if kind == '"' and '/' not in header:
            yield f'{name}: {header}: write includes from server/, as "{room}/{header}"'


def check_lines(top, name):
    text = read(top, name)
    lines = text.count('\n')
    if lines > MAX_LINES and name not in LONG_FILES:
        yield f'{name}: {lines} lines; does it still have one subject?'
    if name.startswith('server/') and name.endswith(('.c', '.h')) and \
            name not in WALL_CLOCK_FILES and WALL_CLOCK.search(text):
        yield f'{name}: reads a clock that can be set; use clock_now()'
    if name.startswith('tests/') and name != 'tests/support/check_style.py':
        for number, line in enumerate(text.split('\n'), 1):
            if FIXED_SLEEP.search(line):
                yield f'{name}:{number}: fixed sleep; wait for a condition with a deadline'


def check_format(top, names):
    if not names:
        return
    if not shutil.which('clang-format'):
        yield 'clang-format is not installed'
        return
    result = subprocess.run(['clang-format', '--dry-run', '-Werror', *names], cwd=top,
                            capture_output=True, text=True, check=False)
    if result.returncode:
        yield from sorted(set(re.findall(r'^\S+?:\d+:\d+: error.*$', result.stderr, re.M)))


def main():
    top = sys.argv[1]
    names = git_files(top)
    rooms = room_map(top)
    sources = [n for n in names if n.endswith(('.c', '.h'))]
    breaches = [f'{n}: outside the fixed layout' for n in
                sorted({n.split('/')[0] for n in names}) if not LAYOUT.match(n)]
    for name in names:
        breaches += check_lines(top, name)
    for name in sources:
        breaches += check_includes(top, name, rooms)
    breaches += check_format(top, sources)
    print('\n'.join(breaches) or f'{len(names)} files, nothing to say')
    return 1 if breaches else 0


sys.exit(main())
