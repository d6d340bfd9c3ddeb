//! Who called, where proxies stand between.

use std::net::IpAddr;
use std::str::FromStr;

use actix_web::HttpRequest;
use actix_web::http::header::{HeaderMap, HeaderName};
use ipnet::IpNet;
use thiserror::Error;

/// Where each proxy writes whom it was called by, the last one last.
const CALLERS: HeaderName = HeaderName::from_static("x-forwarded-for");

/// A proxy, or a range of them, whose word about the caller is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrustedProxy(IpNet);

/// Text that is neither an address nor a range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("must be an address, or a range such as 10.0.0.0/8")]
pub struct NotAProxy;

impl FromStr for TrustedProxy {
    type Err = NotAProxy;

    fn from_str(text: &str) -> Result<Self, NotAProxy> {
        let range = text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from));
        range.map(Self).ok_or(NotAProxy)
    }
}

impl std::fmt::Display for TrustedProxy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// The address that a request comes from: the peer's, and where the peer is one of these, the one that it was called by.
/// Whoever is none of them may write what they like before that.
pub(crate) fn caller_of(request: &HttpRequest, trusted: &[TrustedProxy]) -> Option<IpAddr> {
    request.peer_addr().map(|peer| caller(peer.ip(), request.headers(), trusted))
}

fn caller(peer: IpAddr, headers: &HeaderMap, trusted: &[TrustedProxy]) -> IpAddr {
    let lines: Vec<&str> = headers.get_all(CALLERS).filter_map(|line| line.to_str().ok()).collect();
    let mut told = lines.iter().flat_map(|line| line.split(',')).rev();
    let mut caller = peer.to_canonical();
    while trusted.iter().any(|TrustedProxy(range)| range.contains(&caller)) {
        let Some(before) = told.next().and_then(|text| text.trim().parse::<IpAddr>().ok()) else { break };
        caller = before.to_canonical();
    }
    caller
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[track_caller]
    fn check(peer: &str, told: &[&str], trusted: &[&str], want: &str) {
        let mut request = TestRequest::default();
        for line in told {
            request = request.append_header((CALLERS, *line));
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
    fn a_proxy_that_says_nothing_of_use_is_who_calls() {
        for told in [&[][..], &[""], &["unknown"], &["198.51.100.1, nobody"], &["198.51.100.1:443"]] {
            check("127.0.0.1", told, &["127.0.0.1"], "127.0.0.1");
        }
        for text in ["", "proxy", "10.0.0.0/33", "10.0.0.1,10.0.0.2"] {
            assert_eq!(text.parse::<TrustedProxy>(), Err(NotAProxy), "{text}");
        }
    }
}
