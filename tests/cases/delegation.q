# Referrals: aa=0, the uppermost cut, glue in the domain, beside it, and foreign (RFC 1034 4.2, RFC 9471).
option ignore-minimum yes
soa 1 example.com. ns hm 1 2 3 4 300 3600
rr 1 1 - NS 0 3600 ns
rr 2 1 ns A 0 3600 192.0.2.53
rr 3 1 sub NS 0 7200 ns1.sub
rr 4 1 sub NS 0 7200 ns
rr 5 1 sub NS 0 7200 ns.other
rr 6 1 sub NS 0 7200 ns.example.net.
rr 7 1 ns1.sub A 0 7200 192.0.2.1
rr 8 1 ns1.sub AAAA 0 7200 2001:db8::1
rr 9 1 other NS 0 3600 ns.other
rr 10 1 ns.other A 0 3600 192.0.2.2
rr 11 1 ns.example.net. A 0 3600 192.0.2.3
rr 12 1 sub DS 0 3600 12345 8 2 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
rr 13 1 deep.sub NS 0 3600 ns.deep.sub
rr 14 1 ns.deep.sub A 0 3600 192.0.2.4
rr 15 1 www.sub A 0 3600 192.0.2.5
rr 16 1 sub A 0 3600 192.0.2.6
rr 17 1 * A 0 3600 192.0.2.7
rr 18 1 tosub CNAME 0 3600 www.sub
rr 19 1 - MX 10 3600 mail.sub
rr 20 1 mail.sub A 0 3600 192.0.2.8
rr 21 1 a.b NS 0 3600 ns.elsewhere.test.
rr 22 1 mixed NS 0 3600 NS1.SUB
badrr 23 1 www.example.net. TXT 0 3600 outside
rr 24 1 in NS 0 3600 in
rr 25 1 in A 0 3600 192.0.2.9
rr 26 1 stray NS 0 3600 ns.elsewhere.test.
rr 27 1 stray CNAME 0 3600 ns
rr 28 1 stray DS 0 3600 12345 8 2 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
rr 29 1 bare NS 0 3600 ns.elsewhere.test.
rr 30 1 bare CNAME 0 3600 ns
rr 31 1 *.w NS 0 3600 ns.elsewhere.test.
rr 32 1 *.w CNAME 0 3600 ns

query www.sub.example.com. A
    NOERROR
    authority sub.example.com. 7200 NS ns1.sub.example.com.
    authority sub.example.com. 7200 NS ns.example.com.
    authority sub.example.com. 7200 NS ns.other.example.com.
    authority sub.example.com. 7200 NS ns.example.net.
    additional ns1.sub.example.com. 7200 A 192.0.2.1
    additional ns1.sub.example.com. 7200 AAAA 2001:db8::1
    additional ns.example.com. 3600 A 192.0.2.53
    additional ns.other.example.com. 3600 A 192.0.2.2
    additional ns.example.net. 3600 A 192.0.2.3
# the cut itself, whatever it holds, also its NS, SOA and ANY
query sub.example.com. A
    NOERROR
    count authority 4
    count additional 5
query sub.example.com. NS
    NOERROR
    count authority 4
    count additional 5
query tcp sub.example.com. ANY
    NOERROR
    count authority 4
    count additional 5
query sub.example.com. SOA
    NOERROR
    count authority 4
    count additional 5
query nothere.sub.example.com. A
    NOERROR
    count authority 4
    count additional 5
# the uppermost cut wins
query x.deep.sub.example.com. A
    NOERROR
    count authority 4
    count additional 5
query deep.sub.example.com. DS
    NOERROR
    count authority 4
    count additional 5
# glue is not an answer
query ns1.sub.example.com. A
    NOERROR
    count authority 4
    count additional 5
# DS is the parent's
query sub.example.com. DS
    NOERROR aa
    answer sub.example.com. 3600 DS 12345 8 2 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
query other.example.com. DS
    NOERROR aa
    authority example.com. 300 SOA ns.example.com. hm.example.com. 1 2 3 4 300
# also where a CNAME stands beside NS: for all types it is a delegation
query stray.example.com. DS
    NOERROR aa
    answer stray.example.com. 3600 DS 12345 8 2 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
query stray.example.com. CNAME
    NOERROR
    authority stray.example.com. 3600 NS ns.elsewhere.test.
query bare.example.com. DS
    NOERROR aa
    authority example.com. 300 SOA ns.example.com. hm.example.com. 1 2 3 4 300
# but NS of a wildcard are no delegation
query x.w.example.com. DS
    NOERROR aa
    answer x.w.example.com. 3600 CNAME ns.example.com.
    authority example.com. 300 SOA ns.example.com. hm.example.com. 1 2 3 4 300
# wildcards do not reach below a cut
query x.other.example.com. A
    NOERROR
    authority other.example.com. 3600 NS ns.other.example.com.
    additional ns.other.example.com. 3600 A 192.0.2.2
query x.example.com. A
    NOERROR aa
    answer x.example.com. 3600 A 192.0.2.7
# a cut whose parent is an empty non-terminal
query a.b.example.com. MX
    NOERROR
    authority a.b.example.com. 3600 NS ns.elsewhere.test.
query b.example.com. MX
    NOERROR aa
    authority example.com. 300 SOA ns.example.com. hm.example.com. 1 2 3 4 300
# CNAME into a delegation: the answer is ours, the rest is theirs
query tosub.example.com. A
    NOERROR aa
    answer tosub.example.com. 3600 CNAME www.sub.example.com.
    count authority 4
    count additional 5
# addresses below a cut are not ours to tell beside an MX
query example.com. MX
    NOERROR aa
    answer example.com. 3600 MX 10 mail.sub.example.com.
query x.mixed.example.com. A
    NOERROR
    authority mixed.example.com. 3600 NS ns1.sub.example.com.
    additional ns1.sub.example.com. 7200 A 192.0.2.1
    additional ns1.sub.example.com. 7200 AAAA 2001:db8::1
query in.example.com. A
    NOERROR
    authority in.example.com. 3600 NS in.example.com.
    additional in.example.com. 3600 A 192.0.2.9
# foreign glue is no name of ours
query ns.example.net. A
    REFUSED
query example.com. NS
    NOERROR aa
    answer example.com. 3600 NS ns.example.com.
    additional ns.example.com. 3600 A 192.0.2.53

# in-domain glue complete or TC; sibling glue as it fits
new
option ignore-minimum yes
soa 1 example.com. ns hm 1 2 3 4 300 3600
rrs 13 100 1 sub NS 0 3600 ns%d.sub
rrs 13 200 1 ns%d.sub A 0 3600 192.0.2.%d
rrs 13 300 1 ns%d.sub AAAA 0 3600 2001:db8::%d
rrs 13 400 1 sib NS 0 3600 ns%d.sub
query a.sub.example.com. A
    NOERROR tc
    count authority 13
    count additional 11
    size<=512
query edns=1232 a.sub.example.com. A
    NOERROR
    count authority 13
    count additional 26
query a.sib.example.com. A
    NOERROR
    count authority 13
    count additional 8
    size<=512

# names that only a wildcard gives have its addresses, each name its own; as glue also below a cut
new
option ignore-minimum yes
soa 1 example.com. ns hm 1 2 3 4 300 3600
rr 1 1 *.wild A 0 3600 192.0.2.1
rr 2 1 *.wild AAAA 0 3600 2001:db8::1
rr 3 1 ent.wild.wild TXT 0 3600 makes wild.wild exist
rr 4 1 sub NS 0 3600 a.wild
rr 5 1 sub NS 0 3600 b.wild
rr 6 1 sub NS 0 3600 c.wild.wild
rr 7 1 sub NS 0 3600 ns.sub
rr 8 1 *.sub A 0 3600 192.0.2.2
rr 9 1 *.cwild CNAME 0 3600 a.wild
rr 10 1 sub NS 0 3600 x.cwild
rr 11 1 srv SRV 1 3600 0 80 a.wild
rr 12 1 srv SRV 1 3600 0 81 a.wild
rr 13 1 srv SRV 1 3600 0 82 wild.wild
rr 14 1 srv SRV 1 3600 0 83 www.sub
query x.sub.example.com. A
    NOERROR
    authority sub.example.com. 3600 NS a.wild.example.com.
    authority sub.example.com. 3600 NS b.wild.example.com.
    authority sub.example.com. 3600 NS c.wild.wild.example.com.
    authority sub.example.com. 3600 NS ns.sub.example.com.
    authority sub.example.com. 3600 NS x.cwild.example.com.
    additional a.wild.example.com. 3600 A 192.0.2.1
    additional a.wild.example.com. 3600 AAAA 2001:db8::1
    additional b.wild.example.com. 3600 A 192.0.2.1
    additional b.wild.example.com. 3600 AAAA 2001:db8::1
    additional ns.sub.example.com. 3600 A 192.0.2.2
query srv.example.com. SRV
    NOERROR aa
    answer srv.example.com. 3600 SRV 1 0 80 a.wild.example.com.
    answer srv.example.com. 3600 SRV 1 0 81 a.wild.example.com.
    answer srv.example.com. 3600 SRV 1 0 82 wild.wild.example.com.
    answer srv.example.com. 3600 SRV 1 0 83 www.sub.example.com.
    additional a.wild.example.com. 3600 A 192.0.2.1
    additional a.wild.example.com. 3600 AAAA 2001:db8::1
