//! What every handler shares.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use actix_web::HttpRequest;
use actix_web::http::header;
use mstore_pay_domain::accounts::AccountDesk;
use mstore_pay_domain::endpoints::EndpointDesk;
use mstore_pay_domain::gateway::Gateway;
use mstore_pay_domain::ports::Clock;
use mstore_pay_outbound::Reach;

use crate::auth::{Authenticator, Caller, Right};
use crate::config::AppEnv;
use crate::http::Links;
use crate::limits::Limits;
use crate::problem::Problem;
use crate::problem::catalogue::ErrorCode;
use crate::proxies::TrustedProxy;
use crate::readiness::Readiness;
use crate::system::SystemClock;
use crate::tasks::Tasks;
use crate::workers::Workers;

/// What every handler shares.
pub(crate) struct State {
    pub(crate) env: AppEnv,
    pub(crate) clock: SystemClock,
    pub(crate) gateway: Arc<Gateway>,
    pub(crate) accounts: AccountDesk,
    pub(crate) endpoints: EndpointDesk,
    /// How far endpoints may be.
    pub(crate) event_reach: Reach,
    pub(crate) tasks: Tasks,
    pub(crate) workers: Arc<Workers>,
    pub(crate) auth: Authenticator,
    pub(crate) links: Links,
    pub(crate) limits: Arc<Limits>,
    /// Whose word is taken about who calls.
    pub(crate) trusted_proxies: Vec<TrustedProxy>,
    pub(crate) readiness: Readiness,
    pub(crate) drain: Arc<Drain>,
}

impl State {
    /// The bearer of the request's token, if they have that right.
    ///
    /// # Errors
    /// `unauthorized` for whatever is wrong with the token, `forbidden` where only the right is missing,
    /// `rate_limited` where their merchant asks too often.
    pub(crate) fn admit(&self, request: &HttpRequest, right: Right) -> Result<Caller, Problem> {
        let caller = self.caller(request)?;
        if caller.rights.allow(right) { Ok(caller) } else { Err(Problem::new(ErrorCode::Forbidden)) }
    }

    /// The bearer of the request's token, whatever their rights.
    ///
    /// # Errors
    /// `unauthorized` for whatever is wrong with the token, `rate_limited` where their merchant asks too often.
    pub(crate) fn caller(&self, request: &HttpRequest) -> Result<Caller, Problem> {
        let caller = bearer(request)
            .and_then(|token| self.auth.open(token, SystemClock::REAL.now()))
            .ok_or_else(|| Problem::new(ErrorCode::Unauthorized))?;
        self.limits.request(&caller.scope.merchant)?;
        Ok(caller)
    }
}

/// The one bearer token of a request; the scheme's name is case-insensitive (RFC 9110, section 11.1).
fn bearer(request: &HttpRequest) -> Option<&str> {
    let mut values = request.headers().get_all(header::AUTHORIZATION);
    let (Some(value), None) = (values.next(), values.next()) else { return None };
    let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Requests under way, so that shutdown can wait for them and for no idle connection.
#[derive(Debug, Default)]
pub(crate) struct Drain {
    requests: AtomicUsize,
}

/// One request under way.
pub(crate) struct UnderWay(Arc<Drain>);

impl Drain {
    /// A request starts.
    pub(crate) fn enter(self: &Arc<Self>) -> UnderWay {
        self.requests.fetch_add(1, Ordering::SeqCst);
        UnderWay(Arc::clone(self))
    }

    /// Whether there is none.
    pub(crate) fn is_quiet(&self) -> bool {
        self.requests.load(Ordering::SeqCst) == 0
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.requests.fetch_sub(1, Ordering::SeqCst);
    }
}
