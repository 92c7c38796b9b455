# CNAME: chains, loops, ends of all kinds (RFC 1034 3.6.2, RFC 2181 10.1, RFC 6604).
option ignore-minimum yes
soa 1 example.com. ns hm 1 2 3 4 300 3600
soa 2 example.net. ns hm 1 2 3 4 100 3600
rr 1 1 - NS 0 3600 ns
rr 2 1 a CNAME 0 3600 b
rr 3 1 b CNAME 0 1800 c
rr 4 1 c A 0 600 192.0.2.1
rr 5 1 one CNAME 0 3600 two
rr 6 1 two CNAME 0 3600 three
rr 7 1 three CNAME 0 3600 one
rr 8 1 self CNAME 0 3600 self
rr 9 1 out CNAME 0 3600 www.example.org.
rr 10 1 dangling CNAME 0 3600 nothere
rr 11 1 cross CNAME 0 3600 www.example.net.
rr 12 1 crossnx CNAME 0 3600 nothere.example.net.
rr 13 2 www CNAME 0 3600 c.example.com.
rr 14 1 both CNAME 0 3600 c
rr 15 1 both A 0 3600 192.0.2.99
rr 16 1 both TXT 0 3600 hidden
rr 17 1 many CNAME 0 3600 c
rr 18 1 many CNAME 0 3600 b
rr 19 1 nodata CNAME 0 3600 c
rr 20 1 mx MX 10 3600 a
rr 21 1 toapex CNAME 0 3600 example.com.
rr 22 2 back CNAME 0 3600 forth.example.com.
rr 23 1 forth CNAME 0 3600 back.example.net.

query ordered a.example.com. A
    NOERROR aa
    answer a.example.com. 3600 CNAME b.example.com.
    answer b.example.com. 1800 CNAME c.example.com.
    answer c.example.com. 600 A 192.0.2.1
query a.example.com. CNAME
    NOERROR aa
    answer a.example.com. 3600 CNAME b.example.com.
query a.example.com. ANY
    NOERROR aa
    answer a.example.com. 3600 CNAME b.example.com.
query ordered a.example.com. AAAA
    NOERROR aa
    answer a.example.com. 3600 CNAME b.example.com.
    answer b.example.com. 1800 CNAME c.example.com.
    authority example.com. 300 SOA ns.example.com. hm.example.com. 1 2 3 4 300
query one.example.com. A
    NOERROR aa
    answer one.example.com. 3600 CNAME two.example.com.
    answer two.example.com. 3600 CNAME three.example.com.
    answer three.example.com. 3600 CNAME one.example.com.
query self.example.com. A
    NOERROR aa
    answer self.example.com. 3600 CNAME self.example.com.
query forth.example.com. A
    NOERROR aa
    answer forth.example.com. 3600 CNAME back.example.net.
    answer back.example.net. 3600 CNAME forth.example.com.
query out.example.com. A
    NOERROR aa
    answer out.example.com. 3600 CNAME www.example.org.
query dangling.example.com. A
    NXDOMAIN aa
    answer dangling.example.com. 3600 CNAME nothere.example.com.
    authority example.com. 300 SOA ns.example.com. hm.example.com. 1 2 3 4 300
query ordered cross.example.com. A
    NOERROR aa
    answer cross.example.com. 3600 CNAME www.example.net.
    answer www.example.net. 3600 CNAME c.example.com.
    answer c.example.com. 600 A 192.0.2.1
query crossnx.example.com. A
    NXDOMAIN aa
    answer crossnx.example.com. 3600 CNAME nothere.example.net.
    authority example.net. 100 SOA ns.example.net. hm.example.net. 1 2 3 4 100
query both.example.com. A
    NOERROR aa
    answer both.example.com. 3600 CNAME c.example.com.
    answer c.example.com. 600 A 192.0.2.1
query both.example.com. TXT
    NOERROR aa
    answer both.example.com. 3600 CNAME c.example.com.
    authority example.com. 300 SOA ns.example.com. hm.example.com. 1 2 3 4 300
query tcp both.example.com. ANY
    NOERROR aa
    answer both.example.com. 3600 CNAME c.example.com.
query many.example.com. A
    NOERROR aa
    answer many.example.com. 3600 CNAME c.example.com.
    answer c.example.com. 600 A 192.0.2.1
query many.example.com. CNAME
    NOERROR aa
    answer many.example.com. 3600 CNAME c.example.com.
query a.example.com. SOA
    NOERROR aa
    answer a.example.com. 3600 CNAME b.example.com.
    answer b.example.com. 1800 CNAME c.example.com.
    authority example.com. 300 SOA ns.example.com. hm.example.com. 1 2 3 4 300
query toapex.example.com. SOA
    NOERROR aa
    answer toapex.example.com. 3600 CNAME example.com.
    answer example.com. 3600 SOA ns.example.com. hm.example.com. 1 2 3 4 300
# no addresses behind a CNAME in ADDITIONAL
query mx.example.com. MX
    NOERROR aa
    answer mx.example.com. 3600 MX 10 a.example.com.
query x.a.example.com. A
    NXDOMAIN aa
    authority example.com. 300 SOA ns.example.com. hm.example.com. 1 2 3 4 300
query exact A.EXAMPLE.com. A
    NOERROR aa
    answer A.EXAMPLE.com. 3600 CNAME b.EXAMPLE.com.
    answer b.EXAMPLE.com. 1800 CNAME c.EXAMPLE.com.
    answer c.EXAMPLE.com. 600 A 192.0.2.1

# at the apex: SOA and NS stay, the rest goes where it points (to a hosted zone: mydns-alias.q)
new
option ignore-minimum yes
soa 1 example.com. ns hm 1 2 3 4 300 3600
rr 1 1 - CNAME 0 3600 example.net.
rr 2 1 - NS 0 3600 ns.example.net.
rr 3 1 - A 0 3600 192.0.2.1
query example.com. SOA
    NOERROR aa
    answer example.com. 3600 SOA ns.example.com. hm.example.com. 1 2 3 4 300
query example.com. NS
    NOERROR aa
    answer example.com. 3600 NS ns.example.net.
query example.com. A
    NOERROR aa
    answer example.com. 3600 CNAME example.net.
query example.com. CNAME
    NOERROR aa
    answer example.com. 3600 CNAME example.net.

# sixteen hops, and no seventeenth
new
option ignore-minimum yes
soa 1 t. ns hm 1 2 3 4 300 3600
rr 1 1 n1 CNAME 0 60 n2
rr 2 1 n2 CNAME 0 60 n3
rr 3 1 n3 CNAME 0 60 n4
rr 4 1 n4 CNAME 0 60 n5
rr 5 1 n5 CNAME 0 60 n6
rr 6 1 n6 CNAME 0 60 n7
rr 7 1 n7 CNAME 0 60 n8
rr 8 1 n8 CNAME 0 60 n9
rr 9 1 n9 CNAME 0 60 n10
rr 10 1 n10 CNAME 0 60 n11
rr 11 1 n11 CNAME 0 60 n12
rr 12 1 n12 CNAME 0 60 n13
rr 13 1 n13 CNAME 0 60 n14
rr 14 1 n14 CNAME 0 60 n15
rr 15 1 n15 CNAME 0 60 n16
rr 16 1 n16 CNAME 0 60 n17
rr 17 1 n17 CNAME 0 60 n18
rr 18 1 n18 A 0 60 192.0.2.1
query tcp n2.t. A
    NOERROR aa
    count answer 17
    answer n18.t. 60 A 192.0.2.1
query tcp n1.t. A
    NOERROR aa
    count answer 17
    answer n17.t. 60 CNAME n18.t.
