# MX by preference, SRV by priority, whatever the order of the rows (mydns-compat 5). Equal ones are
# shuffled: tests/unit/answer/test_rank.c. Names inside and outside the zone take different ways.
option ignore-minimum yes
soa 1 example.com. ns hm 1 2 3 4 300 3600
rr 1 1 mx MX 30 3600 c
rr 2 1 mx MX 10 3600 a
rr 3 1 mx MX 20 3600 b
rr 4 1 far MX 3 3600 c.example.net.
rr 5 1 far MX 1 3600 a
rr 6 1 far MX 2 3600 b.example.net.
rr 7 1 _s._tcp SRV 2 3600 0 1 b
rr 8 1 _s._tcp SRV 70000 3600 0 1 c
rr 9 1 _s._tcp SRV 1 3600 5 1 a.example.net.
rr 10 1 ns.sub NS 0 3600 z
rr 11 1 ns.sub NS 0 3600 a

query ordered mx.example.com. MX
    NOERROR aa
    answer mx.example.com. 3600 MX 10 a.example.com.
    answer mx.example.com. 3600 MX 20 b.example.com.
    answer mx.example.com. 3600 MX 30 c.example.com.
query ordered far.example.com. MX
    NOERROR aa
    answer far.example.com. 3600 MX 1 a.example.com.
    answer far.example.com. 3600 MX 2 b.example.net.
    answer far.example.com. 3600 MX 3 c.example.net.
query ordered _s._tcp.example.com. SRV
    NOERROR aa
    answer _s._tcp.example.com. 3600 SRV 1 5 1 a.example.net.
    answer _s._tcp.example.com. 3600 SRV 2 0 1 b.example.com.
    answer _s._tcp.example.com. 3600 SRV 65535 0 1 c.example.com.

# too many to be shuffled: still by preference
new
option ignore-minimum yes
soa 1 example.com. ns hm 1 2 3 4 300 3600
rrs 40 100 1 mx MX 20 3600 c%d
rrs 40 200 1 mx MX 300 3600 d%d
rrs 2 300 1 mx MX 10 3600 b%d
rr 400 1 mx MX 5 3600 a.example.net.
rrs 70 500 1 _s._tcp SRV 256 3600 0 1 b%d
rr 600 1 _s._tcp SRV 2 3600 0 1 a
query tcp ordered mx.example.com. MX
    NOERROR aa
    count answer 83
    answer mx.example.com. 3600 MX 5 a.example.net.
    answer mx.example.com. 3600 MX 10 b0.example.com.
    answer mx.example.com. 3600 MX 10 b1.example.com.
    answer mx.example.com. 3600 MX 20 c0.example.com.
query tcp ordered _s._tcp.example.com. SRV
    NOERROR aa
    count answer 71
    answer _s._tcp.example.com. 3600 SRV 2 0 1 a.example.com.
