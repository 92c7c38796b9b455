# How MyDNS's rows are read (mydns-compat 1.4, 1.5): spellings of names, glue of other zones, SOA names,
# data in several columns.
option ignore-minimum yes
soa 1 Example.COM. - - 1 2 3 4 300 3600
soa 2 hosted.example. a..b x..y 1 2 3 4 300 3600
soa 3 rel.example. primary post.master 1 2 3 4 300 3600
# relative, empty, absolute, spaces at the end; @ is no name
rr 1 1 - NS 0 3600 ns1
rr 2 1 EXAMPLE.com. MX 5 3600 mail.example.net.
rr 3 1 www.Example.com. A 0 3600 192.0.2.1
rr 4 1 www A 0 3600 192.0.2.2
rr 5 1 ns1 A 0 3600 192.0.2.53
rr 6 1 @ TXT 0 3600 at
rr 7 1 com. A 0 3600 192.0.2.66
# glue of a delegation to elsewhere; one of the names is hosted here, one is asked by nobody
rr 10 1 sub NS 0 3600 ns.elsewhere.example.
rr 11 1 sub NS 0 3600 ns.hosted.example.
rr 12 1 sub NS 0 3600 ns.sub
rr 13 1 ns.elsewhere.example. A 0 3600 192.0.2.10
rr 14 1 ns.elsewhere.example. AAAA 0 3600 2001:db8::10
rr 15 1 ns.hosted.example. A 0 3600 192.0.2.11
rr 16 1 ns.sub A 0 3600 192.0.2.12
rr 17 1 unused.elsewhere.example. A 0 3600 192.0.2.13
rr 18 1 mail.example.net. A 0 3600 192.0.2.14
badrr 19 1 host.elsewhere.example. TXT 0 3600 text
rr 20 2 ns A 0 3600 192.0.2.20
rr 21 3 sub NS 0 3600 ns.elsewhere.example.

query example.com. SOA
    NOERROR aa
    answer example.com. 3600 SOA ns.example.com. hostmaster.example.com. 1 2 3 4 300
query hosted.example. SOA
    NOERROR aa
    answer hosted.example. 3600 SOA ns.hosted.example. hostmaster.hosted.example. 1 2 3 4 300
query rel.example. SOA
    NOERROR aa
    answer rel.example. 3600 SOA primary.rel.example. post.master.rel.example. 1 2 3 4 300
query example.com. NS
    NOERROR aa
    answer example.com. 3600 NS ns1.example.com.
    additional ns1.example.com. 3600 A 192.0.2.53
query www.example.com. A
    NOERROR aa
    answer www.example.com. 3600 A 192.0.2.1
    answer www.example.com. 3600 A 192.0.2.2
query \@.example.com. TXT
    NOERROR aa
    answer \@.example.com. 3600 TXT "at"
query com. A
    REFUSED
# glue from outside is for referrals, not for answers
query example.com. MX
    NOERROR aa
    answer example.com. 3600 MX 5 mail.example.net.
query x.sub.example.com. A
    NOERROR
    authority sub.example.com. 3600 NS ns.elsewhere.example.
    authority sub.example.com. 3600 NS ns.hosted.example.
    authority sub.example.com. 3600 NS ns.sub.example.com.
    additional ns.elsewhere.example. 3600 A 192.0.2.10
    additional ns.elsewhere.example. 3600 AAAA 2001:db8::10
    additional ns.sub.example.com. 3600 A 192.0.2.12
query x.sub.rel.example. A
    NOERROR
    authority sub.rel.example. 3600 NS ns.elsewhere.example.
query ns.elsewhere.example. A
    REFUSED
query unused.elsewhere.example. A
    REFUSED
query ns.hosted.example. A
    NOERROR aa
    answer ns.hosted.example. 3600 A 192.0.2.20

# NAPTR with six fields, and ISPConfig's five with the order in aux; back-references; empty fields
new
option ignore-minimum yes
soa 1 t. ns hm 1 2 3 4 300 3600
rr 1 1 six NAPTR 7 3600 100 50 "u" "E2U+sip" "!^(.*)$!sip:\1@t!" .
rr 2 1 five NAPTR 100 3600 50 "u" "E2U+sip" "" a.b.
rr 3 1 plain NAPTR 0 3600 1 2 s "" "" x.
rr 4 1 big NAPTR 70000 3600 50 "" "" "" .
rr 5 1 srv SRV 10 3600 5 5060 host
rr 6 1 mx MX 65537 3600 host
rr 7 1 hinfo HINFO 0 3600 "PC \"x\"" 'Li nux'
rr 8 1 hinfo1 HINFO 0 3600 PC
rr 9 1 rp RP 0 3600 me txt.t.
rr 10 1 rp1 RP 0 3600 me.example.net.
rr 11 1 ptr PTR 0 3600 host.t.
badrr 12 1 ptr PTR 0 3600 host
# longer than a string, and text that only looks quoted
rr 20 1 long TXT 0 3600 kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk
rr 21 1 key TXT 0 3600 "v=DKIM1; p=kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk"
rr 22 1 two TXT 0 3600 "one" "two"
rr 23 1 half TXT 0 3600 "one" two
rr 24 1 raw TXT 0 3600 v=spf1 include:x.y ~all; "q" \ end
query six.t. NAPTR
    NOERROR aa
    answer six.t. 3600 NAPTR 100 50 "u" "E2U+sip" "!^(.*)$!sip:\\1@t!" .
query five.t. NAPTR
    NOERROR aa
    answer five.t. 3600 NAPTR 100 50 "u" "E2U+sip" "" a.b.
query plain.t. NAPTR
    NOERROR aa
    answer plain.t. 3600 NAPTR 1 2 "s" "" "" x.
query big.t. NAPTR
    NOERROR aa
    answer big.t. 3600 NAPTR 65535 50 "" "" "" .
query srv.t. SRV
    NOERROR aa
    answer srv.t. 3600 SRV 10 5 5060 host.t.
query mx.t. MX
    NOERROR aa
    answer mx.t. 3600 MX 1 host.t.
query hinfo.t. HINFO
    NOERROR aa
    answer hinfo.t. 3600 HINFO "PC \"x\"" "Li nux"
query hinfo1.t. HINFO
    NOERROR aa
    answer hinfo1.t. 3600 HINFO "PC" ""
query rp.t. RP
    NOERROR aa
    answer rp.t. 3600 RP me.t. txt.t.
query rp1.t. RP
    NOERROR aa
    answer rp1.t. 3600 RP me.example.net. .
query ptr.t. PTR
    NOERROR aa
    answer ptr.t. 3600 PTR host.t.
query long.t. TXT
    NOERROR aa
    answer long.t. 3600 TXT "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk" "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk"
query key.t. TXT
    NOERROR aa
    answer key.t. 3600 TXT "v=DKIM1; p=kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk" "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk"
query two.t. TXT
    NOERROR aa
    answer two.t. 3600 TXT "one" "two"
query half.t. TXT
    NOERROR aa
    answer half.t. 3600 TXT "\"one\" two"
query raw.t. TXT
    NOERROR aa
    answer raw.t. 3600 TXT "v=spf1 include:x.y ~all; \"q\" \\ end"

# TTLs raised to the minimum, also the SOA's and those of a CNAME's zone each by its own
new
soa 1 one.t. ns hm 1 2 3 4 1800 60
soa 2 two.t. ns hm 1 2 3 4 300 3600
rr 1 1 a CNAME 0 60 b.two.t.
rr 2 2 b A 0 60 192.0.2.1
rr 3 2 c A 0 7200 192.0.2.2
query a.one.t. A
    NOERROR aa
    answer a.one.t. 1800 CNAME b.two.t.
    answer b.two.t. 300 A 192.0.2.1
query c.two.t. A
    NOERROR aa
    answer c.two.t. 7200 A 192.0.2.2
query one.t. SOA
    NOERROR aa
    answer one.t. 1800 SOA ns.one.t. hm.one.t. 1 2 3 4 1800
