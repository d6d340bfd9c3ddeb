//! How often is too often: requests and creates of one merchant, creates of one of its tills, failed webhook credentials of
//! one address.

use std::hash::Hash;
use std::net::IpAddr;
use std::time::Duration;

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use ipnet::Ipv6Net;
use mstore_pay_domain::ids::{DeviceId, MerchantId, UserId};

use crate::config::{HttpLimits, PerMinute};
use crate::problem::Problem;
use crate::problem::catalogue::ErrorCode;

/// What of an address by IPv6 names the line, in bits.
const IPV6_LINE_BITS: u8 = 64;

/// Who sells.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Till {
    /// The device that is named.
    Device(DeviceId),
    /// Whose token it is, where none is.
    User(UserId),
}

/// The limits of this process.
pub(crate) struct Limits {
    requests: Option<DefaultKeyedRateLimiter<MerchantId>>,
    creates: Option<DefaultKeyedRateLimiter<MerchantId>>,
    tills: Option<DefaultKeyedRateLimiter<(MerchantId, Till)>>,
    failed_credentials: Option<DefaultKeyedRateLimiter<IpAddr>>,
}

impl Limits {
    pub(crate) fn new(limits: &HttpLimits) -> Self {
        Self {
            requests: limiter(limits.merchant_rate_limit),
            creates: limiter(limits.create_rate_limit),
            tills: limiter(limits.till_rate_limit),
            failed_credentials: limiter(limits.webhook_failure_limit),
        }
    }

    /// Counts a request of that merchant, whatever it asks for.
    ///
    /// # Errors
    /// `rate_limited` with the time after which the next one is free.
    pub(crate) fn request(&self, merchant: &MerchantId) -> Result<(), Problem> {
        count(self.requests.as_ref(), merchant, "request")
    }

    /// Counts a create of that merchant's till. What the till may not ask for any more is no create of the merchant's.
    ///
    /// # Errors
    /// `rate_limited` with the time after which the next one is free.
    pub(crate) fn create(&self, merchant: &MerchantId, till: Till) -> Result<(), Problem> {
        count(self.tills.as_ref(), &(merchant.clone(), till), "till")?;
        count(self.creates.as_ref(), merchant, "create")
    }

    /// Counts a failed credential of that address; whether it is still worth a log line.
    pub(crate) fn failed_credential(&self, caller: IpAddr) -> bool {
        self.failed_credentials.as_ref().is_none_or(|failed| failed.check_key(&of_one_line(caller)).is_ok())
    }

    /// Forgets those who have been quiet.
    pub(crate) fn forget_quiet(&self) {
        for of_merchants in [&self.requests, &self.creates].into_iter().flatten() {
            of_merchants.retain_recent();
        }
        if let Some(tills) = &self.tills {
            tills.retain_recent();
        }
        if let Some(failed) = &self.failed_credentials {
            failed.retain_recent();
        }
    }
}

/// Who has a line by IPv6 has a whole network of addresses (RFC 6177), and is one stranger all the same.
fn of_one_line(caller: IpAddr) -> IpAddr {
    match caller {
        IpAddr::V4(_) => caller,
        IpAddr::V6(address) => Ipv6Net::new(address, IPV6_LINE_BITS).map_or(caller, |line| line.network().into()),
    }
}

fn count<K: Hash + Eq + Clone>(
    limiter: Option<&DefaultKeyedRateLimiter<K>>,
    of: &K,
    what: &'static str,
) -> Result<(), Problem> {
    let Some(limiter) = limiter else { return Ok(()) };
    limiter.check_key(of).map_err(|too_soon| {
        metrics::counter!("mstore_pay_rate_limited_total", "what" => what).increment(1);
        let pause: Duration = too_soon.wait_time_from(DefaultClock::default().now());
        Problem::new(ErrorCode::RateLimited).retrying_after(pause)
    })
}

fn limiter<K: Hash + Eq + Clone>(limit: PerMinute) -> Option<DefaultKeyedRateLimiter<K>> {
    limit.0.map(|limit| RateLimiter::keyed(Quota::per_minute(limit)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(address: &str, line: &str) {
        assert_eq!(of_one_line(address.parse().unwrap()), line.parse::<IpAddr>().unwrap(), "{address}");
    }

    #[test]
    fn a_stranger_with_many_addresses_is_one() {
        check("203.0.113.5", "203.0.113.5");
        check("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::");
        check("2001:db8:1:2::", "2001:db8:1:2::");
        check("2001:db8:1:3:3:4:5:6", "2001:db8:1:3::");
    }
}
