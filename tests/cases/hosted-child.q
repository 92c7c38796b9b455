# A zone below another one, both hosted: the longest origin answers; DS is the parent's (RFC 4035, 3.1.4.1).
option ignore-minimum yes
soa 1 example.com. ns hm 1 2 3 4 300 3600
soa 2 child.example.com. ns hm 1 2 3 4 200 3600
soa 3 nocut.example.com. ns hm 1 2 3 4 200 3600
soa 4 a.far.example.com. ns hm 1 2 3 4 200 3600
rr 1 1 child NS 0 3600 ns.child
rr 2 1 ns.child A 0 3600 192.0.2.1
rr 3 1 child DS 0 3600 1 8 2 0000000000000000000000000000000000000000000000000000000000000000
rr 4 1 www.child A 0 3600 192.0.2.66
rr 5 1 * A 0 3600 192.0.2.99
rr 6 1 far NS 0 3600 ns.far.test.
rr 7 1 tochild CNAME 0 3600 www.child
rr 8 1 mx MX 10 3600 www.child
rr 9 1 x.nocut A 0 3600 192.0.2.67
rr 10 1 mxnocut MX 10 3600 x.nocut
rr 20 2 - NS 0 3600 ns
rr 21 2 ns A 0 3600 192.0.2.2
rr 22 2 www A 0 3600 192.0.2.3
rr 30 3 www A 0 3600 192.0.2.4
rr 40 4 www A 0 3600 192.0.2.5
query www.child.example.com. A
    NOERROR aa
    answer www.child.example.com. 3600 A 192.0.2.3
query child.example.com. NS
    NOERROR aa
    answer child.example.com. 3600 NS ns.child.example.com.
    additional ns.child.example.com. 3600 A 192.0.2.2
query child.example.com. SOA
    NOERROR aa
    answer child.example.com. 3600 SOA ns.child.example.com. hm.child.example.com. 1 2 3 4 200
query nothere.child.example.com. A
    NXDOMAIN aa
    authority child.example.com. 200 SOA ns.child.example.com. hm.child.example.com. 1 2 3 4 200
query child.example.com. DS
    NOERROR aa
    answer child.example.com. 3600 DS 1 8 2 0000000000000000000000000000000000000000000000000000000000000000
query www.child.example.com. DS
    NOERROR aa
    authority child.example.com. 200 SOA ns.child.example.com. hm.child.example.com. 1 2 3 4 200
query tochild.example.com. A
    NOERROR aa
    answer tochild.example.com. 3600 CNAME www.child.example.com.
    answer www.child.example.com. 3600 A 192.0.2.3
query mx.example.com. MX
    NOERROR aa
    answer mx.example.com. 3600 MX 10 www.child.example.com.
# nor does the parent tell addresses of names in a child that it does not delegate
query mxnocut.example.com. MX
    NOERROR aa
    answer mxnocut.example.com. 3600 MX 10 x.nocut.example.com.
# a hosted child needs no NS in its parent (mydns-compat 3.2); its name exists, whatever the parent's rows say
query www.nocut.example.com. A
    NOERROR aa
    answer www.nocut.example.com. 3600 A 192.0.2.4
query x.nocut.example.com. A
    NXDOMAIN aa
    authority nocut.example.com. 200 SOA ns.nocut.example.com. hm.nocut.example.com. 1 2 3 4 200
query nocut.example.com. DS
    NOERROR aa
    authority example.com. 300 SOA ns.example.com. hm.example.com. 1 2 3 4 300
# the real parent, far.example.com, is not ours: who comes down from example.com is sent there
query www.a.far.example.com. A
    NOERROR aa
    answer www.a.far.example.com. 3600 A 192.0.2.5
query a.far.example.com. DS
    NOERROR
    authority far.example.com. 3600 NS ns.far.test.
query b.far.example.com. DS
    NOERROR
    authority far.example.com. 3600 NS ns.far.test.
# without a row of that name in the parent, and without wildcards
new
option ignore-minimum yes
soa 1 example.com. ns hm 1 2 3 4 300 3600
soa 2 child.example.com. ns hm 1 2 3 4 200 3600
soa 3 deep.er.example.com. ns hm 1 2 3 4 200 3600
query child.example.com. DS
    NOERROR aa
    authority example.com. 300 SOA ns.example.com. hm.example.com. 1 2 3 4 300
query deep.er.example.com. DS
    NOERROR aa
    authority example.com. 300 SOA ns.example.com. hm.example.com. 1 2 3 4 300
unloaded 2
query child.example.com. DS
    NOERROR aa
    authority example.com. 300 SOA ns.example.com. hm.example.com. 1 2 3 4 300
unloaded 1
query child.example.com. DS
    late 1
query x.child.example.com. DS
    late 2
