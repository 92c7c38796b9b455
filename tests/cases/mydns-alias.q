# A CNAME at an apex whose target is hosted acts as ALIAS: its addresses are those of the target, and it
# hides nothing. Where the target is not hosted it is a CNAME, which hides all but SOA and NS.
option ignore-minimum yes
soa 1 example.com. ns hm 1 2 3 4 300 3600
soa 2 example.net. ns hm 1 2 3 4 300 3600
soa 3 far.example. ns hm 1 2 3 4 300 3600
soa 4 chain.example. ns hm 1 2 3 4 300 3600
soa 5 loop.example. ns hm 1 2 3 4 300 3600
soa 6 dangling.example. ns hm 1 2 3 4 300 3600
rr 1 1 - CNAME 0 1800 www.example.net.
rr 2 1 - MX 10 3600 mail
rr 3 1 - NS 0 3600 ns
rr 4 1 - TXT 0 3600 v=spf1 -all
rr 5 1 - A 0 3600 192.0.2.9
rr 6 1 www CNAME 0 3600 example.com.
rr 10 2 www A 0 900 192.0.2.1
rr 11 2 www A 0 900 192.0.2.2
rr 12 2 www AAAA 0 3600 2001:db8::1
rr 20 3 - CNAME 0 3600 www.example.org.
rr 21 3 - NS 0 3600 ns
rr 22 3 - MX 10 3600 mail
rr 23 3 - A 0 3600 192.0.2.66
rr 30 4 - CNAME 0 600 example.com.
rr 31 4 name ALIAS 0 3600 example.com.
rr 40 5 - CNAME 0 3600 x
rr 41 5 x CNAME 0 3600 loop.example.
rr 50 6 - CNAME 0 3600 nothere
rr 60 2 both ALIAS 0 3600 www
rr 61 2 both CNAME 0 3600 www

query example.com. A
    NOERROR aa
    answer example.com. 900 A 192.0.2.1
    answer example.com. 900 A 192.0.2.2
    answer example.com. 900 A 192.0.2.9
# whatever alias-aaaa says: a CNAME always led there
query example.com. AAAA
    NOERROR aa
    answer example.com. 1800 AAAA 2001:db8::1
query example.com. MX
    NOERROR aa
    answer example.com. 3600 MX 10 mail.example.com.
query example.com. NS
    NOERROR aa
    answer example.com. 3600 NS ns.example.com.
query example.com. TXT
    NOERROR aa
    answer example.com. 3600 TXT "v=spf1 -all"
query example.com. SOA
    NOERROR aa
    answer example.com. 3600 SOA ns.example.com. hm.example.com. 1 2 3 4 300
query example.com. CNAME
    NOERROR aa
    authority example.com. 300 SOA ns.example.com. hm.example.com. 1 2 3 4 300
query example.com. SRV
    NOERROR aa
    authority example.com. 300 SOA ns.example.com. hm.example.com. 1 2 3 4 300
query www.example.com. A
    NOERROR aa
    answer www.example.com. 3600 CNAME example.com.
    answer example.com. 900 A 192.0.2.1
    answer example.com. 900 A 192.0.2.2
    answer example.com. 900 A 192.0.2.9
query tcp example.com. ANY
    NOERROR aa
    answer example.com. 3600 SOA ns.example.com. hm.example.com. 1 2 3 4 300
    answer example.com. 900 A 192.0.2.1
    answer example.com. 900 A 192.0.2.2
    answer example.com. 900 A 192.0.2.9
    answer example.com. 1800 AAAA 2001:db8::1
    answer example.com. 3600 NS ns.example.com.
    answer example.com. 3600 MX 10 mail.example.com.
    answer example.com. 3600 TXT "v=spf1 -all"
query chain.example. A
    NOERROR aa
    answer chain.example. 600 A 192.0.2.1
    answer chain.example. 600 A 192.0.2.2
    answer chain.example. 600 A 192.0.2.9
query name.chain.example. A
    NOERROR aa
    answer name.chain.example. 900 A 192.0.2.1
    answer name.chain.example. 900 A 192.0.2.2
    answer name.chain.example. 900 A 192.0.2.9
query loop.example. A
    NOERROR aa
    authority loop.example. 300 SOA ns.loop.example. hm.loop.example. 1 2 3 4 300
query dangling.example. A
    NOERROR aa
    authority dangling.example. 300 SOA ns.dangling.example. hm.dangling.example. 1 2 3 4 300
query far.example. A
    NOERROR aa
    answer far.example. 3600 CNAME www.example.org.
query far.example. MX
    NOERROR aa
    answer far.example. 3600 CNAME www.example.org.
query far.example. CNAME
    NOERROR aa
    answer far.example. 3600 CNAME www.example.org.
query far.example. NS
    NOERROR aa
    answer far.example. 3600 NS ns.far.example.
query far.example. DS
    NOERROR aa
    authority far.example. 300 SOA ns.far.example. hm.far.example. 1 2 3 4 300
query far.example. SOA
    NOERROR aa
    answer far.example. 3600 SOA ns.far.example. hm.far.example. 1 2 3 4 300
query tcp far.example. ANY
    NOERROR aa
    answer far.example. 3600 SOA ns.far.example. hm.far.example. 1 2 3 4 300
    answer far.example. 3600 NS ns.far.example.
    answer far.example. 3600 CNAME www.example.org.
# an ALIAS beside a CNAME is hidden like any other row
query both.example.net. A
    NOERROR aa
    answer both.example.net. 3600 CNAME www.example.net.
    answer www.example.net. 900 A 192.0.2.1
    answer www.example.net. 900 A 192.0.2.2
query both.example.net. CNAME
    NOERROR aa
    answer both.example.net. 3600 CNAME www.example.net.
unloaded 2
query example.com. A
    late 2
query example.com. MX
    NOERROR aa
    answer example.com. 3600 MX 10 mail.example.com.

# The chain leaves hosted data behind its first target: addresses are asked there, all else stays visible.
new
option ignore-minimum yes
soa 1 example.com. ns hm 1 2 3 4 300 3600
soa 2 example.net. ns hm 1 2 3 4 300 3600
soa 3 sub.example. ns hm 1 2 3 4 300 3600
soa 4 dname.example. ns hm 1 2 3 4 300 3600
soa 5 twice.example. ns hm 1 2 3 4 300 3600
soa 6 row.example. ns hm 1 2 3 4 300 3600
soa 7 gone.example. ns hm 1 2 3 4 300 3600
rr 1 1 - CNAME 0 3600 www.example.net.
rr 2 1 - NS 0 3600 ns
rr 3 1 - MX 10 3600 mail
rr 4 1 - A 0 3600 192.0.2.66
rr 5 1 www CNAME 0 3600 example.com.
rr 6 1 name ALIAS 0 3600 www.example.net.
rr 10 2 www CNAME 0 1800 cdn.provider.org.
rr 11 2 sub NS 0 3600 ns.sub
rr 12 2 ns.sub A 0 3600 192.0.2.53
rr 13 2 moved DNAME 0 3600 example.org.
rr 14 2 row ALIAS 0 3600 www.example.org.
rr 15 2 gone CNAME 0 3600 nothere
rr 20 3 - CNAME 0 3600 www.sub.example.net.
rr 30 4 - CNAME 0 3600 www.moved.example.net.
rr 40 5 - CNAME 0 3600 example.com.
rr 50 6 - CNAME 0 3600 row.example.net.
rr 60 7 - CNAME 0 3600 gone.example.net.
query ordered example.com. A
    NOERROR aa
    answer example.com. 3600 CNAME www.example.net.
    answer www.example.net. 1800 CNAME cdn.provider.org.
query ordered example.com. AAAA
    NOERROR aa
    answer example.com. 3600 CNAME www.example.net.
    answer www.example.net. 1800 CNAME cdn.provider.org.
query ordered www.example.com. A
    NOERROR aa
    answer www.example.com. 3600 CNAME example.com.
    answer example.com. 3600 CNAME www.example.net.
    answer www.example.net. 1800 CNAME cdn.provider.org.
query example.com. MX
    NOERROR aa
    answer example.com. 3600 MX 10 mail.example.com.
query example.com. NS
    NOERROR aa
    answer example.com. 3600 NS ns.example.com.
query tcp example.com. ANY
    NOERROR aa
    answer example.com. 3600 SOA ns.example.com. hm.example.com. 1 2 3 4 300
    answer example.com. 3600 NS ns.example.com.
    answer example.com. 3600 MX 10 mail.example.com.
    answer example.com. 3600 CNAME www.example.net.
query sub.example. A
    NOERROR aa
    answer sub.example. 3600 CNAME www.sub.example.net.
    authority sub.example.net. 3600 NS ns.sub.example.net.
    additional ns.sub.example.net. 3600 A 192.0.2.53
query ordered dname.example. AAAA
    NOERROR aa
    answer dname.example. 3600 CNAME www.moved.example.net.
    answer moved.example.net. 3600 DNAME example.org.
    answer www.moved.example.net. 3600 CNAME www.example.org.
query ordered twice.example. A
    NOERROR aa
    answer twice.example. 3600 CNAME example.com.
    answer example.com. 3600 CNAME www.example.net.
    answer www.example.net. 1800 CNAME cdn.provider.org.
# an ALIAS on the way has no addresses for anybody; what is known not to exist has none either
query name.example.com. A
    NOERROR aa
    authority example.com. 300 SOA ns.example.com. hm.example.com. 1 2 3 4 300
query row.example. A
    NOERROR aa
    authority row.example. 300 SOA ns.row.example. hm.row.example. 1 2 3 4 300
query gone.example. A
    NOERROR aa
    authority gone.example. 300 SOA ns.gone.example. hm.gone.example. 1 2 3 4 300
