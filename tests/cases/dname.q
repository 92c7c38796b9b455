# DNAME: RFC 6672.
option ignore-minimum yes
soa 1 example.com. ns hm 1 2 3 4 300 3600
soa 2 example.net. ns hm 1 2 3 4 300 3600
soa 3 apex.test. ns hm 1 2 3 4 300 3600
rr 1 1 d DNAME 0 1200 example.net.
rr 2 1 d A 0 3600 192.0.2.1
rr 3 1 x.d A 0 3600 192.0.2.2
rr 4 1 in DNAME 0 1200 real
rr 5 1 www.real A 0 3600 192.0.2.3
rr 6 1 out DNAME 0 1200 example.org.
rr 7 1 self DNAME 0 1200 self
rr 8 1 grow DNAME 0 1200 x.grow
rr 9 1 tod CNAME 0 3600 www.d
rr 10 1 two DNAME 0 1200 three
rr 11 1 two DNAME 0 1200 four
rr 12 1 c CNAME 0 3600 real
rr 13 1 c DNAME 0 1200 real
rr 14 1 self2 DNAME 0 1200 example.com.
rr 20 2 www A 0 3600 192.0.2.4
rr 30 3 - DNAME 0 1200 example.net.
rr 31 3 - NS 0 3600 ns.example.net.
rr 32 3 www A 0 3600 192.0.2.5
rr 33 1 long DNAME 0 1200 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb.cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc.example.net.

query ordered www.d.example.com. A
    NOERROR aa
    answer d.example.com. 1200 DNAME example.net.
    answer www.d.example.com. 1200 CNAME www.example.net.
    answer www.example.net. 3600 A 192.0.2.4
# the owner itself is not redirected
query d.example.com. A
    NOERROR aa
    answer d.example.com. 3600 A 192.0.2.1
query d.example.com. DNAME
    NOERROR aa
    answer d.example.com. 1200 DNAME example.net.
query d.example.com. AAAA
    NOERROR aa
    authority example.com. 300 SOA ns.example.com. hm.example.com. 1 2 3 4 300
# occluded data
query x.d.example.com. A
    NXDOMAIN aa
    answer d.example.com. 1200 DNAME example.net.
    answer x.d.example.com. 1200 CNAME x.example.net.
    authority example.net. 300 SOA ns.example.net. hm.example.net. 1 2 3 4 300
query www.d.example.com. CNAME
    NOERROR aa
    answer d.example.com. 1200 DNAME example.net.
    answer www.d.example.com. 1200 CNAME www.example.net.
query ordered www.in.example.com. A
    NOERROR aa
    answer in.example.com. 1200 DNAME real.example.com.
    answer www.in.example.com. 1200 CNAME www.real.example.com.
    answer www.real.example.com. 3600 A 192.0.2.3
query a.b.out.example.com. A
    NOERROR aa
    answer out.example.com. 1200 DNAME example.org.
    answer a.b.out.example.com. 1200 CNAME a.b.example.org.
query a.self.example.com. A
    NOERROR aa
    answer self.example.com. 1200 DNAME self.example.com.
    answer a.self.example.com. 1200 CNAME a.self.example.com.
query ordered tod.example.com. A
    NOERROR aa
    answer tod.example.com. 3600 CNAME www.d.example.com.
    answer d.example.com. 1200 DNAME example.net.
    answer www.d.example.com. 1200 CNAME www.example.net.
    answer www.example.net. 3600 A 192.0.2.4
# of two the lower id
query a.two.example.com. CNAME
    NOERROR aa
    answer two.example.com. 1200 DNAME three.example.com.
    answer a.two.example.com. 1200 CNAME a.three.example.com.
# at an apex
query apex.test. NS
    NOERROR aa
    answer apex.test. 3600 NS ns.example.net.
query www.apex.test. A
    NOERROR aa
    answer apex.test. 1200 DNAME example.net.
    answer www.apex.test. 1200 CNAME www.example.net.
    answer www.example.net. 3600 A 192.0.2.4
# beside a CNAME: that one for the name, DNAME below it
query c.example.com. TXT
    NOERROR aa
    answer c.example.com. 3600 CNAME real.example.com.
    authority example.com. 300 SOA ns.example.com. hm.example.com. 1 2 3 4 300
query www.c.example.com. A
    NOERROR aa
    answer c.example.com. 1200 DNAME real.example.com.
    answer www.c.example.com. 1200 CNAME www.real.example.com.
    answer www.real.example.com. 3600 A 192.0.2.3
# the case of the question stays
query exact WwW.d.ExAmple.com. A
    NOERROR aa
    answer d.ExAmple.com. 1200 DNAME example.net.
    answer WwW.d.ExAmple.com. 1200 CNAME WwW.example.net.
    answer WwW.example.net. 3600 A 192.0.2.4
# too long: YXDOMAIN with the DNAME alone
query dddddddddddddddddddddddddddddddddddddddddddddddddddddd.long.example.com. A
    YXDOMAIN aa
    answer long.example.com. 1200 DNAME aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb.cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc.example.net.
# into itself: the name would grow without end
query y.grow.example.com. A
    NOERROR aa
    answer grow.example.com. 1200 DNAME x.grow.example.com.
    answer y.grow.example.com. 1200 CNAME y.x.grow.example.com.
# a DNAME that leads to itself is there once
query tcp in.self2.example.com. DNAME
    NOERROR aa
    answer self2.example.com. 1200 DNAME example.com.
    answer in.self2.example.com. 1200 CNAME in.example.com.
    answer in.example.com. 1200 DNAME real.example.com.
query tcp self2.self2.example.com. DNAME
    NOERROR aa
    answer self2.example.com. 1200 DNAME example.com.
    answer self2.self2.example.com. 1200 CNAME self2.example.com.
query tcp self2.self2.example.com. ANY
    NOERROR aa
    answer self2.example.com. 1200 DNAME example.com.
    answer self2.self2.example.com. 1200 CNAME self2.example.com.
# the made CNAME's name ends at the zone's, as any other: 89 octets, not 100
query www.in.example.com. CNAME
    NOERROR aa
    answer in.example.com. 1200 DNAME real.example.com.
    answer www.in.example.com. 1200 CNAME www.real.example.com.
    size<=89
