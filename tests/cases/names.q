# Names: case, escapes, octets, lengths, the root.
option ignore-minimum yes
soa 1 Example.COM. NS.Example.COM. hm 1 2 3 4 300 3600
rr 1 1 WWW A 0 3600 192.0.2.1
rr 2 1 mail CNAME 0 3600 WwW
rr 3 1 a\.b A 0 3600 192.0.2.2
rr 4 1 back\\slash A 0 3600 192.0.2.3
rr 5 1 \200\255 A 0 3600 192.0.2.4
rr 6 1 bücher A 0 3600 192.0.2.5
rr 7 1 nul\000 A 0 3600 192.0.2.6
rr 8 1 sp\032ace A 0 3600 192.0.2.7
rr 9 1 123456789012345678901234567890123456789012345678901234567890123 A 0 3600 192.0.2.8
badrr 10 1 1234567890123456789012345678901234567890123456789012345678901234 A 0 3600 192.0.2.9
rr 11 1 host.example.com. A 0 3600 192.0.2.10
rr 12 1 _dmarc TXT 0 3600 v=DMARC1
rr 13 1 [{@` A 0 3600 192.0.2.11
rr 14 1 - MX 10 3600 Mail.Other.
rr 15 1 - MX 20 3600 Mx.OTHER.
query exact wWw.eXample.cOm. A
    NOERROR aa
    answer wWw.eXample.cOm. 3600 A 192.0.2.1
query exact mail.example.com. A
    NOERROR aa
    answer mail.example.com. 3600 CNAME WwW.example.com.
    answer WwW.example.com. 3600 A 192.0.2.1
query a\.b.example.com. A
    NOERROR aa
    answer a\.b.example.com. 3600 A 192.0.2.2
query a.b.example.com. A
    NXDOMAIN aa
    authority example.com. 300 SOA ns.example.com. hm.example.com. 1 2 3 4 300
query back\\slash.example.com. A
    NOERROR aa
    answer back\\slash.example.com. 3600 A 192.0.2.3
query \200\255.example.com. A
    NOERROR aa
    answer \200\255.example.com. 3600 A 192.0.2.4
query b\195\188cher.example.com. A
    NOERROR aa
    answer b\195\188cher.example.com. 3600 A 192.0.2.5
# only ASCII letters are folded: \195\156 is capital u umlaut
query b\195\156cher.example.com. A
    NXDOMAIN aa
    count authority 1
query nul\000.example.com. A
    NOERROR aa
    answer nul\000.example.com. 3600 A 192.0.2.6
query nul.example.com. A
    NXDOMAIN aa
    count authority 1
query sp\032ace.example.com. A
    NOERROR aa
    answer sp\032ace.example.com. 3600 A 192.0.2.7
query 123456789012345678901234567890123456789012345678901234567890123.example.com. A
    NOERROR aa
    answer 123456789012345678901234567890123456789012345678901234567890123.example.com. 3600 A 192.0.2.8
query host.example.com. A
    NOERROR aa
    answer host.example.com. 3600 A 192.0.2.10
query [{\@`.example.com. A
    NOERROR aa
    answer [{\@`.example.com. 3600 A 192.0.2.11
query {[`\@.example.com. A
    NXDOMAIN aa
    count authority 1
query exact example.com. MX
    NOERROR aa
    answer example.com. 3600 MX 10 Mail.Other.
    answer example.com. 3600 MX 20 Mx.OTHER.

# 255 octets, and 127 labels
new
option ignore-minimum yes
soa 1 123456789012345678901234567890123456789012345678901234567890123.123456789012345678901234567890123456789012345678901234567890123. ns hm 1 2 3 4 300 3600
soa 2 t. ns hm 1 2 3 4 300 3600
rr 1 1 123456789012345678901234567890123456789012345678901234567890123.1234567890123456789012345678901234567890123456789012345678901 A 0 3600 192.0.2.1
badrr 2 1 123456789012345678901234567890123456789012345678901234567890123.12345678901234567890123456789012345678901234567890123456789012 A 0 3600 192.0.2.1
rr 3 2 1.2.3.4.5.6.7.8.9.0.1.2.3.4.5.6.7.8.9.0.1.2.3.4.5.6.7.8.9.0.1.2.3.4.5.6.7.8.9.0.1.2.3.4.5.6.7.8.9.0.1.2.3.4.5.6.7.8.9.0.1.2.3.4.5.6.7.8.9.0.1.2.3.4.5.6.7.8.9.0.1.2.3.4.5.6.7.8.9.0.1.2.3.4.5.6.7.8.9.0.1.2.3.4.5.6.7.8.9.0.1.2.3.4.5.6.7.8.9.0.1.2.3.4.5.6 A 0 3600 192.0.2.2
rr 4 2 *.x A 0 3600 192.0.2.3
query 123456789012345678901234567890123456789012345678901234567890123.1234567890123456789012345678901234567890123456789012345678901.123456789012345678901234567890123456789012345678901234567890123.123456789012345678901234567890123456789012345678901234567890123. A
    NOERROR aa
    count answer 1
query 1.2.3.4.5.6.7.8.9.0.1.2.3.4.5.6.7.8.9.0.1.2.3.4.5.6.7.8.9.0.1.2.3.4.5.6.7.8.9.0.1.2.3.4.5.6.7.8.9.0.1.2.3.4.5.6.7.8.9.0.1.2.3.4.5.6.7.8.9.0.1.2.3.4.5.6.7.8.9.0.1.2.3.4.5.6.7.8.9.0.1.2.3.4.5.6.7.8.9.0.1.2.3.4.5.6.7.8.9.0.1.2.3.4.5.6.7.8.9.0.1.2.3.4.5.6.t. A
    NOERROR aa
    count answer 1
query 2.3.4.5.6.7.8.9.0.1.2.3.4.5.6.7.8.9.0.1.2.3.4.5.6.7.8.9.0.1.2.3.4.5.6.7.8.9.0.1.2.3.4.5.6.7.8.9.0.1.2.3.4.5.6.7.8.9.0.1.2.3.4.5.6.7.8.9.0.1.2.3.4.5.6.7.8.9.0.1.2.3.4.5.6.7.8.9.0.1.2.3.4.5.6.7.8.9.0.1.2.3.4.5.6.7.8.9.0.1.2.3.4.5.6.7.8.9.0.1.2.3.4.5.6.t. A
    NOERROR aa
    authority t. 300 SOA ns.t. hm.t. 1 2 3 4 300
query 1.2.3.4.5.6.7.8.9.0.1.2.3.4.5.6.7.8.9.0.1.2.3.4.5.6.7.8.9.0.1.2.3.4.5.6.7.8.9.0.1.2.3.4.5.6.7.8.9.0.1.2.3.4.5.6.7.8.9.0.1.2.3.4.5.6.7.8.9.0.1.2.3.4.5.6.7.8.9.0.1.2.3.4.5.6.7.8.9.0.1.2.3.4.5.6.7.8.9.0.1.2.3.4.5.6.7.8.9.0.1.2.3.4.5.6.7.8.9.0.1.2.3.4.5.x.t. A
    NOERROR aa
    count answer 1

# the root as a zone: everything lies in it
new
option ignore-minimum yes
soa 1 . a.root-servers.net. hm 1 2 3 4 300 3600
soa 2 hosted.com. ns hm 1 2 3 4 300 3600
rr 1 1 - NS 0 3600 a.root-servers.net.
rr 2 1 a.root-servers.net A 0 3600 198.41.0.4
rr 3 1 com NS 0 3600 a.gtld-servers.net
rr 4 1 a.gtld-servers.net. A 0 3600 192.5.6.30
rr 5 1 *.wild A 0 3600 192.0.2.1
rr 6 1 host.wild MX 10 3600 mail.wild
rr 7 1 mail.wild A 0 3600 192.0.2.2
rr 8 1 c CNAME 0 3600 c2
rr 9 1 c2 CNAME 0 3600 a.root-servers.net.
rr 10 1 d DNAME 0 3600 wild
rr 11 1 com DS 0 3600 1 8 2 0000000000000000000000000000000000000000000000000000000000000000
query . SOA
    NOERROR aa
    answer . 3600 SOA a.root-servers.net. hm. 1 2 3 4 300
query . NS
    NOERROR aa
    answer . 3600 NS a.root-servers.net.
    additional a.root-servers.net. 3600 A 198.41.0.4
query . A
    NOERROR aa
    authority . 300 SOA a.root-servers.net. hm. 1 2 3 4 300
query . DS
    NOERROR aa
    authority . 300 SOA a.root-servers.net. hm. 1 2 3 4 300
query nothere. A
    NXDOMAIN aa
    authority . 300 SOA a.root-servers.net. hm. 1 2 3 4 300
query example.com. A
    NOERROR
    authority com. 3600 NS a.gtld-servers.net.
    additional a.gtld-servers.net. 3600 A 192.5.6.30
query com. DS
    NOERROR aa
    answer com. 3600 DS 1 8 2 0000000000000000000000000000000000000000000000000000000000000000
query hosted.com. A
    NOERROR aa
    authority hosted.com. 300 SOA ns.hosted.com. hm.hosted.com. 1 2 3 4 300
query x.y.wild. A
    NOERROR aa
    answer x.y.wild. 3600 A 192.0.2.1
query host.wild. MX
    NOERROR aa
    answer host.wild. 3600 MX 10 mail.wild.
    additional mail.wild. 3600 A 192.0.2.2
query c. A
    NOERROR aa
    answer c. 3600 CNAME c2.
    answer c2. 3600 CNAME a.root-servers.net.
    answer a.root-servers.net. 3600 A 198.41.0.4
query x.d. A
    NOERROR aa
    answer d. 3600 DNAME wild.
    answer x.d. 3600 CNAME x.wild.
    answer x.wild. 3600 A 192.0.2.1
rr 12 1 * TXT 0 3600 any
query nothere. TXT
    NOERROR aa
    answer nothere. 3600 TXT "any"
query net. TXT
    NOERROR aa
    authority . 300 SOA a.root-servers.net. hm. 1 2 3 4 300
