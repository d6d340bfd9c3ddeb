//! Who called, where proxies stand between.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use actix_web::HttpRequest;
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use ipnet::IpNet;
use thiserror::Error;

/// Where each proxy writes whom it was called by, the last one last.
const CALLERS: HeaderName = HeaderName::from_static("x-forwarded-for");

/// A proxy, or a range of them, whose word about the caller is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrustedProxy(IpNet);

/// Text that is neither an address nor a range, or would be everybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("must be an address, or a range such as 10.0.0.0/8")]
pub struct NotAProxy;

impl FromStr for TrustedProxy {
    type Err = NotAProxy;

    fn from_str(text: &str) -> Result<Self, NotAProxy> {
        let one = || text.parse::<IpAddr>().ok().map(|address| IpNet::from(address.to_canonical()));
        let range = text.parse::<IpNet>().ok().or_else(one).ok_or(NotAProxy)?;
        // Callers are looked at as what they are under IPv4, so that such a range would hold none of them.
        let is_mapped = range.addr() != range.addr().to_canonical();
        if range.prefix_len() == 0 || is_mapped { Err(NotAProxy) } else { Ok(Self(range)) }
    }
}

impl fmt::Display for TrustedProxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The address that a request comes from: the peer's, and where the peer is one of these, the one that it was called by.
/// Whoever is none of them may write what they like before that.
pub(crate) fn caller_of(request: &HttpRequest, trusted: &[TrustedProxy]) -> Option<IpAddr> {
    request.peer_addr().map(|peer| caller(peer.ip(), request.headers(), trusted))
}

fn caller(peer: IpAddr, headers: &HeaderMap, trusted: &[TrustedProxy]) -> IpAddr {
    let lines: Vec<&[u8]> = headers.get_all(CALLERS).map(HeaderValue::as_bytes).collect();
    let mut told = lines.iter().flat_map(|line| line.split(|byte| *byte == b',')).rev();
    let mut caller = peer.to_canonical();
    while trusted.iter().any(|TrustedProxy(range)| range.contains(&caller)) {
        // Where one cannot be read, whoever wrote it is the last that is known.
        let Some(before) = told.next().and_then(address) else { break };
        caller = before.to_canonical();
    }
    caller
}

/// An address, which some proxies write the port after.
fn address(entry: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(entry).ok()?.trim();
    text.parse().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|socket| socket.ip()))
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[track_caller]
    fn check(peer: &str, told: &[&str], trusted: &[&str], want: &str) {
        let mut request = TestRequest::default();
        for line in told {
            request = request.append_header((CALLERS, HeaderValue::from_bytes(line.as_bytes()).unwrap()));
        }
        let trusted: Vec<TrustedProxy> = trusted.iter().map(|text| text.parse().unwrap()).collect();
        let found = caller(peer.parse().unwrap(), request.to_http_request().headers(), &trusted);
        assert_eq!(found, want.parse::<IpAddr>().unwrap(), "{peer} {told:?} {trusted:?}");
    }

    #[test]
    fn without_a_proxy_that_is_trusted_the_peer_is_who_calls_whatever_it_says() {
        check("203.0.113.5", &[], &[], "203.0.113.5");
        check("203.0.113.5", &["198.51.100.1"], &[], "203.0.113.5");
        check("203.0.113.5", &["198.51.100.1"], &["127.0.0.1"], "203.0.113.5");
    }

    #[test]
    fn a_trusted_proxy_says_whom_it_was_called_by_and_nobody_before_it_is_believed() {
        check("127.0.0.1", &["198.51.100.1"], &["127.0.0.1"], "198.51.100.1");
        check("127.0.0.1", &["192.0.2.9, 198.51.100.1"], &["127.0.0.1"], "198.51.100.1");
        check("127.0.0.1", &["192.0.2.9", "198.51.100.1"], &["127.0.0.1"], "198.51.100.1");
        check("10.1.2.3", &["198.51.100.1, 10.0.0.7"], &["10.0.0.0/8"], "198.51.100.1");
        check("::ffff:10.1.2.3", &["198.51.100.1"], &["10.0.0.0/8"], "198.51.100.1");
        check("::1", &["2001:db8::7"], &["::1"], "2001:db8::7");
    }

    #[test]
    fn a_proxy_may_write_ports() {
        check("127.0.0.1", &["198.51.100.1:443"], &["127.0.0.1"], "198.51.100.1");
        check("127.0.0.1", &["[2001:db8::7]:443"], &["127.0.0.1"], "2001:db8::7");
    }

    #[test]
    fn a_proxy_that_says_nothing_of_use_is_who_calls_and_what_stands_before_is_not_believed() {
        for told in [&[][..], &[""], &["unknown"], &["198.51.100.1, nobody"], &["198.51.100.1", "\u{ff}"]] {
            check("127.0.0.1", told, &["127.0.0.1"], "127.0.0.1");
        }
        check("127.0.0.1", &["\u{ff}, 198.51.100.1"], &["127.0.0.1"], "198.51.100.1");
    }

    #[track_caller]
    fn check_setting(text: &str, want: Result<&str, NotAProxy>) {
        assert_eq!(text.parse::<TrustedProxy>().map(|proxy| proxy.to_string()), want.map(ToOwned::to_owned), "{text}");
    }

    #[test]
    fn a_proxy_is_an_address_or_a_range_and_never_everybody() {
        check_setting("127.0.0.1", Ok("127.0.0.1/32"));
        check_setting("10.0.0.0/8", Ok("10.0.0.0/8"));
        check_setting("::ffff:10.0.0.1", Ok("10.0.0.1/32"));
        for text in ["", "proxy", "10.0.0.0/33", "10.0.0.1,10.0.0.2", "0.0.0.0/0", "::/0", "::ffff:10.0.0.0/104"] {
            check_setting(text, Err(NotAProxy));
        }
    }
}
