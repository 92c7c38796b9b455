# wildcard-recursion: wildcards of the hosted zones above, if those delegate the zone below by NS rows
# (mydns-compat 3.3).
option ignore-minimum yes
soa 1 example.com. ns hm 1 2 3 4 300 3600
soa 2 sub.example.com. ns hm 1 2 3 4 300 3600
soa 3 deep.sub.example.com. ns hm 1 2 3 4 300 3600
soa 4 free.example.com. ns hm 1 2 3 4 300 3600
rr 1 1 - NS 0 3600 ns
rr 2 1 * A 0 3600 192.0.2.1
rr 3 1 * TXT 0 3600 top
rr 4 1 sub NS 0 3600 ns.sub
rr 5 1 *.sub MX 5 3600 mx.example.net.
rr 6 2 deep NS 0 3600 ns.deep
rr 7 2 www A 0 3600 192.0.2.2
rr 8 2 real CNAME 0 3600 nothere
rr 9 4 www A 0 3600 192.0.2.3

# off by default
query x.sub.example.com. A
    NXDOMAIN aa
    authority sub.example.com. 300 SOA ns.sub.example.com. hm.sub.example.com. 1 2 3 4 300
option wildcard-recursion 1
# the nearest wildcard is *.sub, whatever types it has
query x.sub.example.com. MX
    NOERROR aa
    answer x.sub.example.com. 3600 MX 5 mx.example.net.
query x.sub.example.com. A
    NOERROR aa
    authority example.com. 300 SOA ns.example.com. hm.example.com. 1 2 3 4 300
query www.sub.example.com. A
    NOERROR aa
    answer www.sub.example.com. 3600 A 192.0.2.2
query www.sub.example.com. TXT
    NOERROR aa
    authority sub.example.com. 300 SOA ns.sub.example.com. hm.sub.example.com. 1 2 3 4 300
query real.sub.example.com. MX
    NOERROR aa
    answer real.sub.example.com. 3600 CNAME nothere.sub.example.com.
    answer nothere.sub.example.com. 3600 MX 5 mx.example.net.
# one zone up only: sub.example.com has no wildcard
query y.deep.sub.example.com. TXT
    NXDOMAIN aa
    authority deep.sub.example.com. 300 SOA ns.deep.sub.example.com. hm.deep.sub.example.com. 1 2 3 4 300
# no NS rows for it above
query x.free.example.com. A
    NXDOMAIN aa
    authority free.example.com. 300 SOA ns.free.example.com. hm.free.example.com. 1 2 3 4 300
option wildcard-recursion 2
query y.deep.sub.example.com. MX
    NOERROR aa
    answer y.deep.sub.example.com. 3600 MX 5 mx.example.net.
option wildcard-recursion -1
query z.y.deep.sub.example.com. MX
    NOERROR aa
    answer z.y.deep.sub.example.com. 3600 MX 5 mx.example.net.
unloaded 1
query x.sub.example.com. MX
    late 1
query www.sub.example.com. A
    NOERROR aa
    answer www.sub.example.com. 3600 A 192.0.2.2
