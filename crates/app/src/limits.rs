//! How often is too often: creates of one merchant, failed webhook credentials of one address.

use std::hash::Hash;
use std::net::IpAddr;
use std::time::Duration;

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use mstore_pay_domain::ids::MerchantId;

use crate::config::{HttpLimits, PerMinute};
use crate::problem::Problem;
use crate::problem::catalogue::ErrorCode;

/// The limits of this process.
pub(crate) struct Limits {
    creates: Option<DefaultKeyedRateLimiter<MerchantId>>,
    failed_credentials: Option<DefaultKeyedRateLimiter<IpAddr>>,
}

impl Limits {
    pub(crate) fn new(limits: &HttpLimits) -> Self {
        Self { creates: limiter(limits.create_rate_limit), failed_credentials: limiter(limits.webhook_failure_limit) }
    }

    /// Counts a create of that merchant.
    ///
    /// # Errors
    /// `rate_limited` with the time after which the next one is free.
    pub(crate) fn create(&self, merchant: &MerchantId) -> Result<(), Problem> {
        let Some(creates) = &self.creates else { return Ok(()) };
        creates.check_key(merchant).map_err(|too_soon| {
            metrics::counter!("mstore_pay_rate_limited_total", "what" => "create").increment(1);
            let pause: Duration = too_soon.wait_time_from(DefaultClock::default().now());
            Problem::new(ErrorCode::RateLimited).retrying_after(pause)
        })
    }

    /// Counts a failed credential of that address; whether it is still worth a log line.
    pub(crate) fn failed_credential(&self, peer: IpAddr) -> bool {
        self.failed_credentials.as_ref().is_none_or(|failed| failed.check_key(&peer).is_ok())
    }

    /// Forgets those who have been quiet.
    pub(crate) fn forget_quiet(&self) {
        if let Some(creates) = &self.creates {
            creates.retain_recent();
        }
        if let Some(failed) = &self.failed_credentials {
            failed.retain_recent();
        }
    }
}

fn limiter<K: Hash + Eq + Clone>(limit: PerMinute) -> Option<DefaultKeyedRateLimiter<K>> {
    limit.0.map(|limit| RateLimiter::keyed(Quota::per_minute(limit)))
}
