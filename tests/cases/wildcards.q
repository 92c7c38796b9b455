# RFC 4592, 2.2.1: its zone, its questions.
option ignore-minimum yes
soa 1 example. ns.example.com. hm 1 2 3 4 300 3600
rr 1 1 - NS 0 3600 ns.example.com.
rr 2 1 - NS 0 3600 ns.example.net.
rr 3 1 * TXT 0 3600 this is a wildcard
rr 4 1 * MX 10 3600 host1
rr 5 1 sub.* TXT 0 3600 this is not a wildcard
rr 6 1 host1 A 0 3600 192.0.2.1
rr 7 1 _ssh._tcp.host1 SRV 0 3600 0 22 host1
rr 8 1 _ssh._tcp.host2 SRV 0 3600 0 22 host2
rr 9 1 subdel NS 0 3600 ns.example.com.
rr 10 1 subdel NS 0 3600 ns.example.net.

query host3.example. MX
    NOERROR aa
    answer host3.example. 3600 MX 10 host1.example.
    additional host1.example. 3600 A 192.0.2.1
query host3.example. A
    NOERROR aa
    authority example. 300 SOA ns.example.com. hm.example. 1 2 3 4 300
query foo.bar.example. TXT
    NOERROR aa
    answer foo.bar.example. 3600 TXT "this is a wildcard"
query host1.example. MX
    NOERROR aa
    authority example. 300 SOA ns.example.com. hm.example. 1 2 3 4 300
query sub.*.example. MX
    NOERROR aa
    authority example. 300 SOA ns.example.com. hm.example. 1 2 3 4 300
query _telnet._tcp.host1.example. SRV
    NXDOMAIN aa
    authority example. 300 SOA ns.example.com. hm.example. 1 2 3 4 300
query host.subdel.example. A
    NOERROR
    authority subdel.example. 3600 NS ns.example.com.
    authority subdel.example. 3600 NS ns.example.net.
query ghost.*.example. MX
    NXDOMAIN aa
    authority example. 300 SOA ns.example.com. hm.example. 1 2 3 4 300
# host2 is an empty non-terminal: it exists, so no wildcard
query host2.example. TXT
    NOERROR aa
    authority example. 300 SOA ns.example.com. hm.example. 1 2 3 4 300
query x.host2.example. TXT
    NXDOMAIN aa
    authority example. 300 SOA ns.example.com. hm.example. 1 2 3 4 300
# the wildcard's own name
query *.example. TXT
    NOERROR aa
    answer *.example. 3600 TXT "this is a wildcard"
query exact HOST9.Example. TXT
    NOERROR aa
    answer HOST9.Example. 3600 TXT "this is a wildcard"
query host3.example. ANY
    NOERROR aa
    count answer 1
query tcp host3.example. ANY
    NOERROR aa
    answer host3.example. 3600 MX 10 host1.example.
    answer host3.example. 3600 TXT "this is a wildcard"
query host3.example. DS
    NOERROR aa
    authority example. 300 SOA ns.example.com. hm.example. 1 2 3 4 300

# deeper ones, CNAME and ALIAS at wildcards, a wildcard that is an empty non-terminal
new
option ignore-minimum yes
soa 1 example.com. ns hm 1 2 3 4 300 3600
rr 1 1 * A 0 3600 192.0.2.1
rr 2 1 *.sub A 0 3600 192.0.2.2
rr 3 1 host.sub TXT 0 3600 host
rr 4 1 *.c CNAME 0 3600 target.sub
rr 5 1 *.l ALIAS 0 3600 host.l2
rr 6 1 host.l2 A 0 3600 192.0.2.3
rr 7 1 a.*.ent A 0 3600 192.0.2.4
rr 8 1 *.self CNAME 0 3600 x.self
rr 9 1 x*.like A 0 3600 192.0.2.5
rr 10 1 \042.like A 0 3600 192.0.2.6
query x.example.com. A
    NOERROR aa
    answer x.example.com. 3600 A 192.0.2.1
query x.y.z.example.com. A
    NOERROR aa
    answer x.y.z.example.com. 3600 A 192.0.2.1
query x.sub.example.com. A
    NOERROR aa
    answer x.sub.example.com. 3600 A 192.0.2.2
query x.host.sub.example.com. A
    NXDOMAIN aa
    authority example.com. 300 SOA ns.example.com. hm.example.com. 1 2 3 4 300
query host.sub.example.com. A
    NOERROR aa
    authority example.com. 300 SOA ns.example.com. hm.example.com. 1 2 3 4 300
query sub.example.com. A
    NOERROR aa
    authority example.com. 300 SOA ns.example.com. hm.example.com. 1 2 3 4 300
query a.c.example.com. A
    NOERROR aa
    answer a.c.example.com. 3600 CNAME target.sub.example.com.
    answer target.sub.example.com. 3600 A 192.0.2.2
query a.l.example.com. A
    NOERROR aa
    answer a.l.example.com. 3600 A 192.0.2.3
query b.ent.example.com. A
    NOERROR aa
    authority example.com. 300 SOA ns.example.com. hm.example.com. 1 2 3 4 300
query c.b.ent.example.com. A
    NOERROR aa
    authority example.com. 300 SOA ns.example.com. hm.example.com. 1 2 3 4 300
query a.*.ent.example.com. A
    NOERROR aa
    answer a.*.ent.example.com. 3600 A 192.0.2.4
# *.self gives x.self, which gives itself
query y.self.example.com. A
    NOERROR aa
    answer y.self.example.com. 3600 CNAME x.self.example.com.
    answer x.self.example.com. 3600 CNAME x.self.example.com.
query x.self.example.com. A
    NOERROR aa
    answer x.self.example.com. 3600 CNAME x.self.example.com.
# only a whole label "*" is a wildcard; \042 is the same octet
query xy.like.example.com. A
    NOERROR aa
    answer xy.like.example.com. 3600 A 192.0.2.6

# NS at a wildcard is no cut for the names it makes (RFC 4592, 4.2 leaves it open; as NSD)
new
option ignore-minimum yes
soa 1 example.com. ns hm 1 2 3 4 300 3600
rr 1 1 *.w NS 0 3600 ns.example.net.
rr 2 1 *.wd DNAME 0 3600 target
query x.w.example.com. A
    NOERROR aa
    authority example.com. 300 SOA ns.example.com. hm.example.com. 1 2 3 4 300
query x.w.example.com. NS
    NOERROR aa
    answer x.w.example.com. 3600 NS ns.example.net.
query *.w.example.com. NS
    NOERROR
    authority *.w.example.com. 3600 NS ns.example.net.
query a.b.wd.example.com. A
    NOERROR aa
    authority example.com. 300 SOA ns.example.com. hm.example.com. 1 2 3 4 300
