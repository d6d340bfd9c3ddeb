//! How far a call may go whose address somebody else chose: out into the world, never into the network we run in.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use thiserror::Error;
use url::{Host, Url};

/// How far calls may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// To public addresses, over https.
    Public,
    /// To this machine as well, also over http: for development and tests.
    PublicAndLoopback,
}

/// An address that calls may not go to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum OutOfReach {
    /// Neither https nor, on this machine, http.
    #[error("the address is not https")]
    NotHttps,
    /// It carries credentials, or names no host.
    #[error("the address is not https://host/path")]
    NotPlain,
    /// It leads into a network that is not public.
    #[error("the address leads to no public host")]
    NotPublic,
}

impl Reach {
    /// Whether calls may go to that address, as far as it tells itself; what its name resolves to is seen when a
    /// connection is made.
    ///
    /// # Errors
    /// [`OutOfReach`]
    pub fn check(self, url: &Url) -> Result<(), OutOfReach> {
        let host = url.host().ok_or(OutOfReach::NotPlain)?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(OutOfReach::NotPlain);
        }
        let address = match host {
            Host::Domain(_) => None,
            Host::Ipv4(address) => Some(IpAddr::V4(address)),
            Host::Ipv6(address) => Some(IpAddr::V6(address)),
        };
        if address.is_some_and(|address| !self.admits(address)) {
            return Err(OutOfReach::NotPublic);
        }
        let is_here = address.is_some_and(is_loopback) || matches!(host, Host::Domain("localhost"));
        match (url.scheme(), self) {
            ("https", _) => Ok(()),
            ("http", Self::PublicAndLoopback) if is_here => Ok(()),
            _ => Err(OutOfReach::NotHttps),
        }
    }

    /// Whether connections may be made to that address.
    #[must_use]
    pub fn admits(self, address: IpAddr) -> bool {
        is_public(address) || (self == Self::PublicAndLoopback && is_loopback(address))
    }
}

/// Names resolve to what is within reach; the connection is made to no other address than those.
impl Resolve for Reach {
    fn resolve(&self, name: Name) -> Resolving {
        let reach = *self;
        Box::pin(async move {
            // The port is the URL's: reqwest takes the addresses only.
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let within: Vec<SocketAddr> = found.filter(|address| reach.admits(address.ip())).collect();
            if within.is_empty() {
                return Err(OutOfReach::NotPublic.into());
            }
            let within: Addrs = Box::new(within.into_iter());
            Ok(within)
        })
    }
}

fn is_loopback(address: IpAddr) -> bool {
    address.to_canonical().is_loopback()
}

fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

/// All but what IANA's registry of special-purpose IPv4 addresses says is not globally reachable, and multicast.
fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let inward = address.is_private() || address.is_loopback() || address.is_link_local();
    let shared = a == 100 && (64..128).contains(&b);
    let protocols = (a, b, c) == (192, 0, 0) || (a, b, c) == (192, 88, 99);
    let benchmarks = a == 198 && matches!(b, 18 | 19);
    let beyond = a == 0 || a >= 224;
    !(inward || shared || protocols || benchmarks || beyond || address.is_documentation())
}

/// Global unicast (`2000::/3`) without what IANA's registry of special-purpose IPv6 addresses takes out of it, and
/// without addresses that carry another one (6to4, Teredo): they lead where that one leads.
fn is_public_v6(address: Ipv6Addr) -> bool {
    let [first, second, ..] = address.segments();
    let global = first & 0xe000 == 0x2000;
    let special = first == 0x2001 && second < 0x0200;
    let documentation = (first, second) == (0x2001, 0x0db8) || first & 0xfff0 == 0x3ff0;
    let carrying = first == 0x2002;
    global && !(special || documentation || carrying)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(reach: Reach, url: &str, want: Result<(), OutOfReach>) {
        assert_eq!(reach.check(&url.parse().unwrap()), want, "{url}");
    }

    #[test]
    fn calls_go_out_over_https_only() {
        check(Reach::Public, "https://shop.example/events?a=b", Ok(()));
        check(Reach::Public, "https://8.8.8.8/events", Ok(()));
        check(Reach::Public, "https://[2606:4700::1111]/events", Ok(()));
        check(Reach::Public, "http://shop.example/", Err(OutOfReach::NotHttps));
        check(Reach::Public, "ftp://shop.example/", Err(OutOfReach::NotHttps));
        check(Reach::Public, "https://key@shop.example/", Err(OutOfReach::NotPlain));
        check(Reach::Public, "https://:key@shop.example/", Err(OutOfReach::NotPlain));
        check(Reach::Public, "data:text/plain,a", Err(OutOfReach::NotPlain));
    }

    #[test]
    fn this_machine_is_within_reach_only_where_that_is_allowed() {
        for url in ["http://127.0.0.1:9/", "https://127.8.8.8/", "http://[::1]:9/", "http://[::ffff:127.0.0.1]/"] {
            check(Reach::PublicAndLoopback, url, Ok(()));
            check(Reach::Public, url, Err(OutOfReach::NotPublic));
        }
        check(Reach::PublicAndLoopback, "http://localhost:9/", Ok(()));
        check(Reach::Public, "http://localhost:9/", Err(OutOfReach::NotHttps));
        check(Reach::PublicAndLoopback, "http://shop.example/", Err(OutOfReach::NotHttps));
        check(Reach::PublicAndLoopback, "http://10.0.0.1/", Err(OutOfReach::NotPublic));
    }

    #[test]
    fn no_address_leads_inward_however_it_is_written() {
        for host in [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "2130706433",
            "0x7f.1",
            "0177.0.0.1",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.1",
            "192.0.2.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "255.255.255.255",
            "[::]",
            "[::1]",
            "[::ffff:10.0.0.1]",
            "[::ffff:169.254.169.254]",
            "[::10.0.0.1]",
            "[64:ff9b::10.0.0.1]",
            "[64:ff9b:1::1]",
            "[100::1]",
            "[2001::1]",
            "[2001:db8::1]",
            "[2002:a00:1::1]",
            "[3fff::1]",
            "[fc00::1]",
            "[fd12:3456::1]",
            "[fe80::1]",
            "[fec0::1]",
            "[ff02::1]",
        ] {
            for reach in [Reach::Public, Reach::PublicAndLoopback] {
                let url: Url = format!("https://{host}/").parse().unwrap();
                let is_loopback = url.host_str().is_some_and(|host| host == "127.0.0.1" || host == "[::1]");
                let admitted = reach == Reach::PublicAndLoopback && is_loopback;
                assert_eq!(reach.check(&url).is_ok(), admitted, "{host}");
            }
        }
        for address in ["9.255.255.255", "100.63.255.255", "100.128.0.0", "172.32.0.1", "223.255.255.255"] {
            assert!(Reach::Public.admits(address.parse().unwrap()), "{address}");
        }
    }

    #[tokio::test]
    async fn a_name_that_resolves_inward_is_out_of_reach() {
        let name = || "localhost".parse::<Name>().unwrap();
        let error = Reach::Public.resolve(name()).await.err().unwrap();
        assert_eq!(error.downcast_ref::<OutOfReach>(), Some(&OutOfReach::NotPublic));
        assert!(Reach::PublicAndLoopback.resolve(name()).await.is_ok_and(|mut found| found.next().is_some()));
    }
}
