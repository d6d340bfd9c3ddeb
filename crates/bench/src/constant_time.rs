//! Whether the time that a forged credential takes to be refused tells how much of it was right.
//!
//! Two kinds of forgeries, wrong in their first and wrong in their last character, are shown to each adapter in no order,
//! and the times that it took are told apart as `dudect` does (Reparaz, Balasch, Verbauwhede, 2016): by Welch's t, over
//! all of them and without the slowest. A comparison that does stop at the first difference is measured first: if that
//! is not noticed, nothing that follows means anything.
#![expect(clippy::disallowed_methods, reason = "what is measured here is this machine's time")]
#![expect(clippy::float_arithmetic, reason = "statistics, of nanoseconds")]

use std::error::Error;
use std::fmt::Write as _;
use std::hint::black_box;
use std::io::Write as _;
use std::process::ExitCode;
use std::time::Instant;

use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit as _, Mac as _};
use mstore_pay_domain::account::{AccountMode, AccountTerms, ProviderAccount, SharedSecret, WebhookSecrets};
use mstore_pay_domain::ids::{AccountId, ProviderId};
use mstore_pay_domain::ports::WebhookSource;
use mstore_pay_domain::webhook::RawWebhook;
use mstore_pay_midtrans::{MidtransConfig, MidtransWebhooks};
use mstore_pay_xendit::{WebhookVerification, XenditConfig, XenditWebhooks};
use sha2::{Digest as _, Sha256, Sha512};
use uuid::Uuid;

/// Times of each kind.
const SAMPLES: usize = 100_000;
/// Beyond this a difference is no accident, by the makers of the method.
const T_MAX: f64 = 4.5;
/// Shares that are looked at, of the times in order: what interrupts a measurement makes it slow.
const PERCENTILES: [usize; 6] = [50, 75, 90, 95, 99, 100];
/// Long, so that a comparison that stops early would save much.
const SECRET_CHARS: usize = 1_024;
const URL: &str = "https://provider.example";

/// What a way of proving is shown: forgeries that are wrong at the one end, and at the other.
struct Case {
    name: &'static str,
    forgeries: [RawWebhook; 2],
    is_taken: Box<dyn Fn(&RawWebhook) -> bool>,
}

fn main() -> ExitCode {
    match cases().and_then(|cases| judged(&cases)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => say(&format!("{error}")).map_or(ExitCode::FAILURE, |()| ExitCode::FAILURE),
    }
}

/// Measures each and says what was found; whether all is as it should be.
fn judged(cases: &[Case]) -> Result<bool, Box<dyn Error>> {
    let control = measured(&control())?;
    say(&format!("{:<32} |t| = {control:.1}, which must be above {T_MAX}", "a comparison that stops early"))?;
    let mut is_well = control > T_MAX;
    for case in cases {
        let found = measured(case)?;
        say(&format!("{:<32} |t| = {found:.1}, which must be below {T_MAX}", case.name))?;
        is_well &= found < T_MAX;
    }
    Ok(is_well)
}

fn secret() -> String {
    "s".repeat(SECRET_CHARS)
}

/// The right text with its first, and with its last character replaced.
fn wrong_at_either_end(right: &str) -> Option<[String; 2]> {
    let wrong = |c: char| if c == '0' { '1' } else { '0' };
    let (first, last) = (right.chars().next()?, right.chars().next_back()?);
    let rest = right.strip_prefix(first)?;
    let most = right.strip_suffix(last)?;
    Some([format!("{}{rest}", wrong(first)), format!("{most}{}", wrong(last))])
}

fn with_header(name: &str, value: &str) -> RawWebhook {
    RawWebhook { headers: vec![(name.to_owned(), value.to_owned())], body: b"{}".to_vec() }
}

/// What would tell everything.
fn control() -> Case {
    let right = secret();
    let forgeries = wrong_at_either_end(&right).unwrap_or_default().map(|text| with_header("x-callback-token", &text));
    let stops_early = move |raw: &RawWebhook| {
        let told = raw.header("x-callback-token").unwrap_or_default();
        told.bytes().zip(right.bytes()).all(|(theirs, ours)| black_box(theirs) == ours)
    };
    Case { name: "control", forgeries, is_taken: Box::new(stops_early) }
}

fn cases() -> Result<Vec<Case>, Box<dyn Error>> {
    let token = XenditWebhooks::new(&XenditConfig::new(URL, WebhookVerification::Token)?);
    let signature = XenditWebhooks::new(&XenditConfig::new(URL, WebhookVerification::Hmac)?);
    let midtrans = MidtransWebhooks::new(&MidtransConfig::new(URL, URL)?);
    let mac = Hmac::<Sha256>::new_from_slice(secret().as_bytes())?.chain_update(b"{}").finalize().into_bytes();
    let notice = |signature: &str| {
        let mut body = r#"{"order_id":"TRX-1","status_code":"200","gross_amount":"33000.00","#.to_owned();
        write!(body, r#""transaction_status":"settlement","signature_key":"{signature}"}}"#)
            .map(|()| RawWebhook { headers: Vec::new(), body: body.into_bytes() })
    };
    let signed = Sha512::digest(format!("TRX-120033000.00{}", secret()));
    let at_either_end = |right: &str| wrong_at_either_end(right).ok_or("there is nothing to get wrong");
    let [first, last] = at_either_end(&HEXLOWER.encode(&signed))?;
    Ok(vec![
        case("Xendit, by token", token, at_either_end(&secret())?.map(|text| with_header("x-callback-token", &text)))?,
        case(
            "Xendit, by signature",
            signature,
            at_either_end(&HEXLOWER.encode(&mac))?.map(|hex| with_header("x-callback-signature", &hex)),
        )?,
        case("Midtrans, by signature", midtrans, [notice(&first)?, notice(&last)?])?,
    ])
}

fn case(
    name: &'static str,
    webhooks: impl WebhookSource + 'static,
    forgeries: [RawWebhook; 2],
) -> Result<Case, Box<dyn Error>> {
    let account = account(webhooks.provider()).ok_or("the secret is none")?;
    let is_taken = move |raw: &RawWebhook| webhooks.authenticate(raw, &account).is_ok();
    Ok(Case { name, forgeries, is_taken: Box::new(is_taken) })
}

fn account(provider: ProviderId) -> Option<ProviderAccount> {
    Some(ProviderAccount {
        id: AccountId::main(),
        provider,
        mode: AccountMode::Test,
        credential: SharedSecret::new("key")?,
        for_user_id: None,
        provider_merchant_id: None,
        webhook_secrets: WebhookSecrets {
            current: SharedSecret::new(secret())?,
            previous: SharedSecret::new("the secret before"),
        },
        nmid: None,
        terms: AccountTerms::default(),
    })
}

/// The greatest difference that is found between the times of the two kinds, in units of what accidents make.
fn measured(case: &Case) -> Result<f64, Box<dyn Error>> {
    let mut times: [Vec<u32>; 2] = [Vec::new(), Vec::new()];
    while times.iter().any(|of_kind| of_kind.len() < SAMPLES) {
        // Whose turn it is nobody can know, or what the machine does in between would fall on one of them.
        let is_second = Uuid::now_v7().as_bytes().iter().fold(0, |bits, byte| bits ^ byte.count_ones()) % 2 == 1;
        let ([first, second], [of_first, of_second]) = (&case.forgeries, &mut times);
        let (forgery, of_kind) = if is_second { (second, of_second) } else { (first, of_first) };
        // Anew for each, so that neither has a place of its own in memory.
        let shown = black_box(forgery.clone());
        let since = Instant::now();
        let is_taken = black_box((case.is_taken)(&shown));
        let took = since.elapsed();
        if is_taken {
            return Err(format!("{}: a forgery was taken", case.name).into());
        }
        of_kind.push(u32::try_from(took.as_nanos()).unwrap_or(u32::MAX));
    }
    let mut all: Vec<u32> = times.iter().flatten().copied().collect();
    all.sort_unstable();
    let found = PERCENTILES.iter().filter_map(|share| {
        let longest = *all.get((all.len() * share / 100).saturating_sub(1))?;
        let [first, second] = &times;
        welch_t(&upto(first, longest), &upto(second, longest))
    });
    Ok(found.map(f64::abs).fold(0.0, f64::max))
}

fn upto(times: &[u32], longest: u32) -> Vec<f64> {
    times.iter().filter(|time| **time <= longest).copied().map(f64::from).collect()
}

/// How far apart two means are, by what the samples vary; `None` where nothing varies.
fn welch_t(first: &[f64], second: &[f64]) -> Option<f64> {
    let ((mean, error), (other_mean, other_error)) = (mean_and_error(first)?, mean_and_error(second)?);
    let error = (error + other_error).sqrt();
    (error > 0.0).then(|| (mean - other_mean) / error)
}

/// The mean, and the square of how far it may be off.
fn mean_and_error(times: &[f64]) -> Option<(f64, f64)> {
    let count = f64::from(u32::try_from(times.len()).ok().filter(|count| *count > 1)?);
    let mean = times.iter().sum::<f64>() / count;
    let variance = times.iter().map(|time| (time - mean).powi(2)).sum::<f64>() / (count - 1.0);
    Some((mean, variance / count))
}

fn say(line: &str) -> std::io::Result<()> {
    writeln!(std::io::stdout().lock(), "{line}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn means_that_differ_by_more_than_they_vary_are_told_apart() {
        // By hand: means 2 and 5, variances 1, three of each: 3 / sqrt(2/3).
        let t = welch_t(&[1.0, 2.0, 3.0], &[4.0, 5.0, 6.0]).unwrap();
        assert!((t.abs() - 3.674).abs() < 0.001, "{t}");
        assert_eq!(welch_t(&[1.0], &[2.0]), None);
    }

    #[test]
    fn a_forgery_is_wrong_at_one_end_only() {
        assert_eq!(wrong_at_either_end("abc"), Some(["0bc".to_owned(), "ab0".to_owned()]));
        assert_eq!(wrong_at_either_end("0a0"), Some(["1a0".to_owned(), "0a1".to_owned()]));
        assert_eq!(wrong_at_either_end(""), None);
    }
}
