//! Which addresses a fetch may connect to. Pure; asked for every address a host name resolves to.
//!
//! To add a range: a line in one of the tables. Sources: the IANA special-purpose registries for IPv4 and IPv6
//! (RFC 6890 and its updates).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What an address is, as far as fetching is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddressClass {
    /// A host on the open internet.
    Public,
    /// This machine or the network it stands in; the text names the range.
    Private(&'static str),
    /// Never the address of a site, or one that hides another address; the text names the range.
    Special(&'static str),
}

use AddressClass::{Private, Public, Special};

const IPV4: &[(Ipv4Addr, u32, AddressClass)] = &[
    (Ipv4Addr::new(0, 0, 0, 0), 8, Special("unspecified")),
    (Ipv4Addr::new(10, 0, 0, 0), 8, Private("private")),
    (Ipv4Addr::new(100, 64, 0, 0), 10, Private("carrier-grade NAT")),
    (Ipv4Addr::new(127, 0, 0, 0), 8, Private("loopback")),
    // Link-local holds the metadata services of cloud providers: never, even where private networks are allowed.
    (Ipv4Addr::new(169, 254, 0, 0), 16, Special("link-local")),
    (Ipv4Addr::new(172, 16, 0, 0), 12, Private("private")),
    (Ipv4Addr::new(192, 0, 0, 0), 24, Special("protocol assignment")),
    (Ipv4Addr::new(192, 0, 2, 0), 24, Special("documentation")),
    (Ipv4Addr::new(192, 88, 99, 0), 24, Special("6to4 relay")),
    (Ipv4Addr::new(192, 168, 0, 0), 16, Private("private")),
    (Ipv4Addr::new(198, 18, 0, 0), 15, Special("benchmarking")),
    (Ipv4Addr::new(198, 51, 100, 0), 24, Special("documentation")),
    (Ipv4Addr::new(203, 0, 113, 0), 24, Special("documentation")),
    (Ipv4Addr::new(224, 0, 0, 0), 4, Special("multicast")),
    (Ipv4Addr::new(255, 255, 255, 255), 32, Special("broadcast")),
    (Ipv4Addr::new(240, 0, 0, 0), 4, Special("reserved")),
];

/// The first match counts. What matches nothing is not global unicast and refused.
const IPV6: &[(Ipv6Addr, u32, AddressClass)] = &[
    (Ipv6Addr::UNSPECIFIED, 128, Special("unspecified")),
    (Ipv6Addr::LOCALHOST, 128, Private("loopback")),
    // These carry an IPv4 address inside; a name server has no honest reason to answer with them.
    (
        Ipv6Addr::new(0, 0, 0, 0, 0, 0xffff, 0, 0),
        96,
        Special("IPv4-mapped"),
    ),
    (
        Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, 0, 0),
        96,
        Special("NAT64"),
    ),
    (
        Ipv6Addr::new(0x64, 0xff9b, 1, 0, 0, 0, 0, 0),
        48,
        Special("NAT64"),
    ),
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16, Special("6to4")),
    (
        Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0),
        23,
        Special("protocol assignment"),
    ),
    (
        Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0),
        32,
        Special("documentation"),
    ),
    (
        Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0),
        20,
        Special("documentation"),
    ),
    (
        Ipv6Addr::new(0xfc00, 0, 0, 0, 0, 0, 0, 0),
        7,
        Private("unique local"),
    ),
    (
        Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0),
        10,
        Special("link-local"),
    ),
    (
        Ipv6Addr::new(0xff00, 0, 0, 0, 0, 0, 0, 0),
        8,
        Special("multicast"),
    ),
    (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3, Public),
];

/// Says what an address is.
pub fn classify(address: IpAddr) -> AddressClass {
    match address {
        IpAddr::V4(address) => IPV4
            .iter()
            .find(|(network, length, _)| same_prefix_4(address, *network, *length))
            .map_or(Public, |(_, _, class)| *class),
        IpAddr::V6(address) => IPV6
            .iter()
            .find(|(network, length, _)| same_prefix_6(address, *network, *length))
            .map_or(Special("reserved"), |(_, _, class)| *class),
    }
}

/// Whether a fetch may connect to the address: to a public one always, to a private one where that is allowed,
/// to a special one never.
///
/// # Errors
///
/// The name of the range the address lies in.
pub fn check(address: IpAddr, allow_private: bool) -> Result<(), &'static str> {
    match classify(address) {
        Public => Ok(()),
        Private(_) if allow_private => Ok(()),
        Private(range) | Special(range) => Err(range),
    }
}

fn same_prefix_4(left: Ipv4Addr, right: Ipv4Addr, length: u32) -> bool {
    (left.to_bits() ^ right.to_bits()).leading_zeros() >= length
}

fn same_prefix_6(left: Ipv6Addr, right: Ipv6Addr, length: u32) -> bool {
    (left.to_bits() ^ right.to_bits()).leading_zeros() >= length
}
