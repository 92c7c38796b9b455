"""README's recipes: its indented blocks, taken word for word."""
import re

from support.mariadb import MariaDB
from support.server import source


def recipe(title):
    """The indented blocks of README's section TITLE, in order."""
    with open(source('README.md'), encoding='utf-8') as file:
        section = file.read().split(f'## {title}\n')[1].split('\n## ')[0]
    return [re.sub('^    ', '', block, flags=re.M)
            for block in re.findall(r'(?:^    .*\n)+', section, re.M)]


def options(block):
    """The lines of a my.cnf as mariadbd's options."""
    return [f'--{name}={value}' for name, value in re.findall(r'^(\w+) = (\S+)', block, re.M)]


def instance(block, **where):
    """A MariaDB with the lines of a my.cnf, started; WHERE as MariaDB's own."""
    one = MariaDB(options=options(block), **where)
    one.start()
    return one


def conf(block):
    """The lines of a mydns.conf."""
    return dict(re.findall(r'^(\S+) = (.+)$', block, re.M))


def home(one):
    """A home directory from which clients connect to the instance ONE."""
    with open(one.directory / '.my.cnf', 'w', encoding='utf-8') as file:
        file.write(f'[client]\nsocket = {one.socket}\nuser = root\n')
    return one.directory.path
