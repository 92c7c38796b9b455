"""Tables and plots from the results that run.py collects."""
import statistics

COLOURS = {'floor': '#9aa0a6', 'mydns': '#d93025', 'gdnsd': '#1a73e8', 'NSD': '#188038',
           'Knot DNS': '#f29900', 'BIND': '#8430ce', 'PowerDNS': '#795548',
           'PowerDNS tuned': '#c0a090'}


FEWEST = 100        # answers a second below which nothing can be said


def colour(server):
    return COLOURS.get(server, '#000000')


def quiet(runs):
    """The half of the runs in which the rest of the machine used least CPU."""
    return sorted(runs, key=lambda r: r['others'])[:(len(runs) + 1) // 2]


def median(runs, key):
    return statistics.median(r[key] for r in quiet(runs))


def cells(part):
    """{(case, server): runs} of a part, in the order in which they were measured."""
    found = {}
    for run in part['runs']:
        if run['qps'] < FEWEST:
            continue                    # it does not do this at all
        found.setdefault((run['case'], run['server']), []).append(run)
    return found


def us_text(value):
    return f'{value:.2f}' if value < 20 else f'{value:.0f}'


def names_in(part, index):
    return list(dict.fromkeys(key[index] for key in cells(part)))


def overview(part):
    """us per answer: a line per server, a column per case; below it the ratios."""
    found, cases, servers = cells(part), names_in(part, 0), names_in(part, 1)
    lines = ['| us | ' + ' | '.join(cases) + ' |', '|---' * (len(cases) + 1) + '|']
    for server in servers:
        texts = [us_text(median(found[c, server], 'us')) if (c, server) in found else ''
                 for c in cases]
        lines.append(f'| {server} | ' + ' | '.join(texts) + ' |')
    for title, others in (('mydns / floor', ['floor']),
                          ('mydns / best peer', [s for s in servers if s != 'floor' and not s.startswith('mydns')])):
        texts = []
        for case in cases:
            values = [median(found[case, s], 'us') for s in others if (case, s) in found]
            both = values and (case, 'mydns') in found
            texts.append(f"**{median(found[case, 'mydns'], 'us') / min(values):.2f}**" if both else '')
        lines.append(f'| {title} | ' + ' | '.join(texts) + ' |')
    return '\n'.join(lines)


def details(part):
    lines = ['| case | server | us | lowest to highest | of it mariadbd | answers/s | server core busy'
             ' | p50 us | p99 us | p99.9 us | lost | octets |', '|---' * 12 + '|']
    for (case, server), runs in cells(part).items():
        def m(key, runs=runs):
            return median(runs, key)
        lost = sum(r['lost'] for r in runs)
        us = [r['us'] for r in runs]
        lines.append(
            f'| {case} | {server} | {us_text(m("us"))} | {us_text(min(us))} to {us_text(max(us))}'
            f' | {us_text(m("us_db"))} | {m("qps"):.0f} | {100 * m("busy"):.0f} % | {m("p50_us"):.0f}'
            f' | {m("p99_us"):.0f} | {m("p999_us"):.0f} | {lost} | {m("octets"):.0f} |')
    return '\n'.join(lines)


def boots(part):
    rows = part['rows']
    lines = ['| server | first answer s | all zones s | CPU s | PSS MiB | bytes per row'
             ' | PSS after the load |', '|---' * 7 + '|']
    for name, boot in part['boot'].items():
        lines.append(f'| {name} | {boot["first_sec"]:.2f} | {boot["ready_sec"]:.2f}'
                     f' | {boot["cpu_sec"]:.2f} | {boot["pss_mib"]:.0f}'
                     f' | {boot["pss_mib"] * 2**20 / rows:.0f} | {boot["pss_after_mib"]:.0f} |')
    return '\n'.join(lines)


def scaling(points):
    """A line per size; points: {'series', 'size', 'server', 'us', 'ratio', 'pss_mib', 'rows', ...}."""
    lines = ['| series | size | rows | server | us spread | us nx | spread / floor | nx / floor'
             ' | loaded s | bytes per row |', '|---' * 10 + '|']
    for p in points:
        lines.append(f'| {p["series"]} | {p["size"]} | {p["rows"]} | {p["server"]} | {p["spread"]:.2f}'
                     f' | {p["nx"]:.2f} | {p["spread_ratio"]:.2f} | {p["nx_ratio"]:.2f}'
                     f' | {p["ready_sec"]:.2f} | {p["pss_mib"] * 2**20 / p["rows"]:.0f} |')
    return '\n'.join(lines)


# --- plots, as plain SVG ---

HEAD = ('<svg xmlns="http://www.w3.org/2000/svg" width="{w}" height="{h}" viewBox="0 0 {w} {h}" '
        'font-family="sans-serif" font-size="12">\n<rect width="100%" height="100%" fill="white"/>\n'
        '<text x="10" y="20" font-size="15">{title}</text>\n')


def text(x, y, words, anchor='start', size=12):
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}">{words}</text>\n'


def line(x1, y1, x2, y2, colour='#ddd'):
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}"/>\n'


def legend(names, x, y, width):
    """In lines of WIDTH at most; returns how high they are, too."""
    out, across = '', max(1, width // LEGEND_ENTRY)
    for i, name in enumerate(names):
        left, below = x + LEGEND_ENTRY * (i % across), y + LEGEND_LINE * (i // across)
        out += f'<rect x="{left}" y="{below - 9}" width="10" height="10" fill="{colour(name)}"/>\n'
        out += text(left + 14, below, name)
    return out, LEGEND_LINE * -(-len(names) // across)


LEGEND_ENTRY, LEGEND_LINE = 118, 16


def bars(part, title, most=16):
    """us per answer, grouped by case; a bar past MOST us is cut and tells its value."""
    found, cases, servers = cells(part), names_in(part, 0), names_in(part, 1)
    left, height, bar = 40, 260, 13
    group = bar * len(servers) + 16
    entries, lines = legend(servers, left, 42, group * len(cases))
    top = 44 + lines
    out = HEAD.format(w=left + group * len(cases) + 20, h=top + height + 40, title=title) + entries
    for us in range(0, most + 1, 2):
        y = top + height * (1 - us / most)
        out += line(left, y, left + group * len(cases), y) + text(left - 6, y + 4, us, 'end')
    for c, case in enumerate(cases):
        for s, server in enumerate(servers):
            if (case, server) not in found:
                continue
            us = median(found[case, server], 'us')
            tall = height * min(us, most) / most
            x, y = left + group * c + bar * s + 8, top + height - tall
            out += (f'<rect x="{x}" y="{y:.1f}" width="{bar - 2}" height="{tall:.1f}" '
                    f'fill="{colour(server)}"/>\n')
            if us > most:
                out += text(x + bar / 2 - 1, y - 3 - 8 * (s % 2), us_text(us), 'middle', 8)
        out += text(left + group * (c + 0.5), top + height + 16, case, 'middle')
    return out + text(left, top + height + 34, 'CPU microseconds per answered query; less is better',
                      size=10) + '</svg>\n'


def curves(points, series, title):
    """us per answer over the size of the data, which grows by tens."""
    points = [p for p in points if p['series'] == series]
    sizes = sorted({p['size'] for p in points})
    most = max(max(p['spread'], p['nx']) for p in points) * 1.1
    left, width, height = 40, 560, 240
    servers = list(dict.fromkeys(p['server'] for p in points))
    entries, lines = legend(servers, left, 42, width)
    top = 44 + lines

    def place(size, us):
        return left + width * sizes.index(size) / max(1, len(sizes) - 1), top + height * (1 - us / most)
    out = HEAD.format(w=left + width + 40, h=top + height + 50, title=title) + entries
    for us in range(0, int(most) + 1):
        y = place(sizes[0], us)[1]
        out += line(left, y, left + width, y) + text(left - 6, y + 4, us, 'end')
    for size in sizes:
        out += text(place(size, 0)[0], top + height + 16, f'{size:,}', 'middle')
    for server in servers:
        for workload, dash in (('spread', ''), ('nx', ' stroke-dasharray="5 4"')):
            path = ' '.join('{:.1f},{:.1f}'.format(*place(p['size'], p[workload]))
                            for p in points if p['server'] == server)
            out += (f'<polyline points="{path}" fill="none" stroke-width="2"{dash} '
                    f'stroke="{colour(server)}"/>\n')
    return out + text(left, top + height + 40, 'CPU microseconds per answered query over ' + series +
                      '; full: spread, broken: nx', size=10) + '</svg>\n'
