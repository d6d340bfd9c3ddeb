//! Addresses that endpoints can have.

use mstore_pay_domain::ids::EndpointUrl;
use mstore_pay_outbound::Reach;
use url::{Host, Url};

use crate::http::urls::public_https;

/// No address that an endpoint can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be https on a public host, without credentials or port, at most 2048 characters")]
pub(crate) struct NotAnAddress;

/// Takes an address within that reach. What its name resolves to is looked at again whenever it is called.
pub(crate) fn address(text: &str, reach: Reach) -> Result<EndpointUrl, NotAnAddress> {
    let here = || Some(text.to_owned()).filter(|_| is_here(text, reach));
    let taken = public_https(text).or_else(here).ok_or(NotAnAddress)?;
    EndpointUrl::parse(taken).map_err(|_unfit| NotAnAddress)
}

/// Whether an address is on this machine, where that may be.
fn is_here(text: &str, reach: Reach) -> bool {
    let Ok(url) = text.parse::<Url>() else { return false };
    let is_here = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    is_here && reach == Reach::PublicAndLoopback && reach.check(&url).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, reach: Reach, want: bool) {
        assert_eq!(address(text, reach).is_ok(), want, "{text}");
    }

    #[test]
    fn endpoints_are_public_and_on_this_machine_only_where_that_is_allowed() {
        for reach in [Reach::Public, Reach::PublicAndLoopback] {
            check("https://shop.example/events?shop=1", reach, true);
            for text in
                ["http://shop.example/", "https://10.0.0.1/", "https://shop.internal/", "https://a@shop.example/"]
            {
                check(text, reach, false);
            }
        }
        for text in ["http://127.0.0.1:9000/events", "https://localhost/", "http://[::1]:9/"] {
            check(text, Reach::PublicAndLoopback, true);
            check(text, Reach::Public, false);
        }
    }
}
