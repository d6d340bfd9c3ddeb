//! Webhooks of the scripted provider: `name=value` lines, and a token in a header.

use thiserror::Error;

use super::books::{BookedCharge, BookedStatus};
use crate::account::ProviderAccount;
use crate::charge::FailureReason;
use crate::ids::{ProviderId, ProviderRef};
use crate::money::{Money, ReportedMoney};
use crate::ports::WebhookSource;
use crate::time::Timestamp;
use crate::webhook::{Authentic, Claim, ClaimedAmount, DecodeError, NotAuthentic, Notification, RawWebhook, Subject};

/// Reads the webhooks of a [`ScriptedProvider`](super::ScriptedProvider).
#[derive(Debug, Clone)]
pub struct ScriptedWebhooks {
    provider: ProviderId,
}

/// Why a body is no webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
enum BodyError {
    #[error("the body is not text")]
    NotText,
    #[error("a line of the body is not `name=value`")]
    NotALine,
    #[error("the body names no event")]
    NoEvent,
}

impl ScriptedWebhooks {
    /// The header that carries the account's secret.
    pub const TOKEN_HEADER: &'static str = "x-scripted-token";

    /// The webhooks of that provider.
    #[must_use]
    pub const fn of(provider: ProviderId) -> Self {
        Self { provider }
    }

    /// A webhook with that body and the account's secret in force.
    #[must_use]
    pub fn signed(account: &ProviderAccount, body: impl Into<Vec<u8>>) -> RawWebhook {
        let token = account.webhook_secrets.current.expose().to_owned();
        RawWebhook { headers: vec![(Self::TOKEN_HEADER.to_owned(), token)], body: body.into() }
    }

    /// The webhook that tells of a charge, or of a payment on it.
    pub(super) fn tell(
        account: &ProviderAccount,
        charge: &BookedCharge,
        payment_ref: Option<&ProviderRef>,
        now: Timestamp,
    ) -> RawWebhook {
        let paid = charge.payments.iter().find(|payment| Some(&payment.receipt.payment_ref) == payment_ref);
        let event = match (paid, &charge.status) {
            (Some(_), _) => "paid",
            (None, BookedStatus::Open) => "pending",
            (None, BookedStatus::Expired) => "expired",
            (None, BookedStatus::Canceled) => "canceled",
            (None, BookedStatus::Failed(_)) => "failed",
        };
        let mut lines = vec![
            format!("event={event}"),
            format!("charge={}", charge.charge_ref),
            format!("reference={}", charge.our_reference),
            format!("order={}", charge.order_code),
            format!("sent_at={now}"),
        ];
        if let Some(name) = &account.provider_merchant_id {
            lines.push(format!("business={name}"));
        }
        if let BookedStatus::Failed(reason) = &charge.status {
            lines.push(format!("reason={reason}"));
        }
        let amount = paid.map_or(&charge.amount, |payment| &payment.receipt.money.amount);
        lines.push(format!("amount={amount}"));
        if let Some(payment) = paid {
            lines.push(format!("payment={}", payment.receipt.payment_ref));
            lines.push(format!("paid_at={}", payment.receipt.paid_at));
        }
        Self::signed(account, lines.join("\n"))
    }
}

/// The lines of a body, taken out one by one.
struct Lines<'a>(Vec<(&'a str, &'a str)>);

impl<'a> Lines<'a> {
    fn read(body: &'a [u8]) -> Result<Self, BodyError> {
        let text = std::str::from_utf8(body).map_err(|_not_utf8| BodyError::NotText)?;
        let lines = text.lines().filter(|line| !line.is_empty());
        lines.map(|line| line.split_once('=').ok_or(BodyError::NotALine)).collect::<Result<_, _>>().map(Self)
    }

    fn take(&mut self, name: &str) -> Option<&'a str> {
        let place = self.0.iter().position(|(known, _)| *known == name)?;
        Some(self.0.remove(place).1)
    }

    fn take_ref(&mut self, name: &str) -> Option<ProviderRef> {
        self.take(name).and_then(|text| ProviderRef::parse(text).ok())
    }
}

fn read_claim(event: &str, lines: &mut Lines<'_>) -> Claim {
    match event {
        "pending" => Claim::Pending,
        "paid" => Claim::Paid { at: lines.take("paid_at").and_then(Timestamp::parse_rfc3339) },
        "expired" => Claim::Expired,
        "canceled" => Claim::Canceled,
        "failed" => Claim::Failed(FailureReason::from_code(lines.take("reason").unwrap_or_default())),
        "refunded" => Claim::Refunded,
        "refund_failed" => lines
            .take_ref("refund")
            .map_or_else(|| Claim::Other(event.to_owned()), |refund| Claim::RefundFailed { refund }),
        other => Claim::Other(other.to_owned()),
    }
}

fn read_amount(text: Option<&str>) -> ClaimedAmount {
    match text.map(|text| (text, Money::parse(text))) {
        None => ClaimedAmount::Absent,
        Some((_, Ok(amount))) => ClaimedAmount::Named(ReportedMoney::idr(amount)),
        Some((text, Err(_))) => ClaimedAmount::Unreadable(text.to_owned()),
    }
}

impl WebhookSource for ScriptedWebhooks {
    fn provider(&self) -> ProviderId {
        self.provider.clone()
    }

    fn named_account(&self, raw: &RawWebhook) -> Option<ProviderRef> {
        read(&raw.body).ok()?.account_hint
    }

    fn authenticate(&self, raw: &RawWebhook, account: &ProviderAccount) -> Result<Authentic, NotAuthentic> {
        let presented = raw.header(Self::TOKEN_HEADER).unwrap_or_default().as_bytes();
        // Every secret is compared, so that the time taken does not tell which one fits.
        let secrets = account.webhook_secrets.accepted();
        let proven = secrets.fold(false, |proven, secret| secret.matches(presented) | proven);
        Authentic::if_proven(proven, raw)
    }

    fn decode(&self, authentic: &Authentic) -> Result<Notification, DecodeError> {
        read(authentic.body())
    }
}

fn read(body: &[u8]) -> Result<Notification, DecodeError> {
    let cannot = |error: BodyError| DecodeError { source: error.into() };
    let mut lines = Lines::read(body).map_err(cannot)?;
    let event = lines.take("event").ok_or_else(|| cannot(BodyError::NoEvent))?;
    let claim = read_claim(event, &mut lines);
    let about = Subject {
        charge_ref: lines.take_ref("charge"),
        payment_ref: lines.take_ref("payment"),
        reference: lines.take("reference").map(ToOwned::to_owned),
        order_code: lines.take("order").map(ToOwned::to_owned),
    };
    let amount = read_amount(lines.take("amount"));
    let account_hint = lines.take_ref("business");
    lines.take("sent_at");
    let unrecognised = lines.0.iter().map(|(name, _)| (*name).to_owned()).collect();
    Ok(Notification { about, claim, amount, account_hint, unrecognised })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::{AccountMode, AccountTerms, SharedSecret, WebhookSecrets};
    use crate::ids::AccountId;

    #[track_caller]
    fn check(body: &str, want: Claim, amount: ClaimedAmount, unrecognised: &[&str]) {
        let webhooks = ScriptedWebhooks::of(ProviderId::parse("scripted").unwrap());
        let account = ProviderAccount {
            id: AccountId::main(),
            provider: webhooks.provider(),
            mode: AccountMode::Test,
            credential: SharedSecret::new("key").unwrap(),
            for_user_id: None,
            provider_merchant_id: None,
            webhook_secrets: WebhookSecrets { current: SharedSecret::new("token").unwrap(), previous: None },
            nmid: None,
            terms: AccountTerms::default(),
        };
        let authentic = webhooks.authenticate(&ScriptedWebhooks::signed(&account, body), &account).unwrap();
        let told = webhooks.decode(&authentic).unwrap();
        assert_eq!((told.claim, told.amount), (want, amount), "{body}");
        assert_eq!(told.unrecognised, unrecognised, "{body}");
    }

    #[test]
    fn what_is_not_known_is_told_apart_and_is_no_error() {
        check("event=lottery\ncolour=red", Claim::Other("lottery".to_owned()), ClaimedAmount::Absent, &["colour"]);
        check(
            "event=paid\npaid_at=soon\namount=1e99",
            Claim::Paid { at: None },
            ClaimedAmount::Unreadable("1e99".to_owned()),
            &[],
        );
        let named = ClaimedAmount::Named(ReportedMoney::idr(Money::from(33_000)));
        check("amount=33000\nevent=expired", Claim::Expired, named, &[]);
    }
}
