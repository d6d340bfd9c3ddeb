use data_encoding::HEXLOWER;
use mstore_pay_domain::account::{AccountMode, AccountTerms, ProviderAccount, SharedSecret, WebhookSecrets};
use mstore_pay_domain::ids::{AccountId, ProviderId};
use mstore_pay_domain::ports::WebhookSource;
use mstore_pay_domain::webhook::{Authentic, Claim, ClaimedAmount, Notification, RawWebhook};
use serde_json::value::to_raw_value;
use sha2::{Digest, Sha512};

use super::{MONEY_CAME, Members, members, stands_at, text, turned_round};
use crate::{MidtransConfig, MidtransWebhooks};

const CURRENT: &str = "SB-Mid-server-in-force";
const PREVIOUS: &str = "SB-Mid-server-before";
/// Texts of others that are passed on have at most this many characters, with what says which they are.
const KEPT_CHARS_MAX: usize = 300;

/// A notification, as it is and signed as Midtrans would: a signature opens the door for the very texts it is over, and
/// what comes through claims money only by a word and a code for it.
///
/// # Panics
/// Where that does not hold.
pub fn webhook(data: &[u8]) {
    let door =
        MidtransWebhooks::new(&MidtransConfig::new("https://api.midtrans.com", "https://app.midtrans.com").unwrap());
    let account = account();
    let open = |body: &[u8]| {
        let raw = RawWebhook { headers: Vec::new(), body: body.to_vec() };
        let hint = door.named_account(&raw);
        door.authenticate(&raw, &account).ok().map(|authentic| (authentic, hint))
    };
    let of = members(data);
    if let Some((authentic, _)) = open(data) {
        assert_eq!(authentic.body(), data);
        let is_signed = |members: &Members| {
            [CURRENT, PREVIOUS].iter().any(|key| {
                text(members, "signature_key").is_some() && text(members, "signature_key") == signature(members, key)
            })
        };
        assert!(of.as_ref().is_some_and(is_signed));
    }
    let Some(members) = of else { return };
    let turned = turned_round(&members);
    for key in [CURRENT, PREVIOUS] {
        let Some(signed) = signed(&members, key) else { continue };
        let opened = open(&turned_round(&signed));
        let is_code =
            |code: String| code.len() == 3 && code.parse::<u16>().is_ok_and(|code| (100..600).contains(&code));
        assert_eq!(opened.is_some(), text(&signed, "status_code").is_some_and(is_code));
        if let Some((authentic, hint)) = opened {
            decoded(&door, &authentic, hint.as_ref());
            each_text_counts(&signed, |body| open(body).is_some());
        }
    }
    assert!(text(&members, "signature_key").is_some() || open(&turned).is_none());
}

fn account() -> ProviderAccount {
    let secret = |text| SharedSecret::new(text).unwrap();
    ProviderAccount {
        id: AccountId::main(),
        provider: ProviderId::parse("midtrans").unwrap(),
        mode: AccountMode::Test,
        credential: secret(CURRENT),
        for_user_id: None,
        provider_merchant_id: None,
        webhook_secrets: WebhookSecrets { current: secret(CURRENT), previous: Some(secret(PREVIOUS)) },
        nmid: None,
        terms: AccountTerms::default(),
    }
}

/// The signature of the texts that a body holds; `None` where one is missing.
fn signature(members: &Members, key: &str) -> Option<String> {
    let texts = ["order_id", "status_code", "gross_amount"].map(|name| text(members, name));
    let [Some(order), Some(code), Some(amount)] = texts else { return None };
    Some(HEXLOWER.encode(&Sha512::digest(format!("{order}{code}{amount}{key}"))))
}

fn signed(members: &Members, key: &str) -> Option<Members> {
    let mut signed = members.clone();
    signed.insert("signature_key".to_owned(), to_raw_value(&signature(members, key)?).unwrap());
    Some(signed)
}

/// No text under the signature can be another.
fn each_text_counts(signed: &Members, opens: impl Fn(&[u8]) -> bool) {
    for name in ["order_id", "gross_amount", "signature_key"] {
        let mut changed = signed.clone();
        let longer = format!("{}0", text(signed, name).unwrap());
        changed.insert(name.to_owned(), to_raw_value(&longer).unwrap());
        assert!(!opens(&turned_round(&changed)), "{name}");
    }
    let mut other_code = signed.clone();
    let code = if text(signed, "status_code").as_deref() == Some("200") { "201" } else { "200" };
    other_code.insert("status_code".to_owned(), to_raw_value(code).unwrap());
    assert!(!opens(&turned_round(&other_code)));
}

fn decoded(door: &MidtransWebhooks, authentic: &Authentic, hint: Option<&mstore_pay_domain::ids::ProviderRef>) {
    let Notification { about, claim, amount, account_hint, unrecognised } = door.decode(authentic).unwrap();
    assert_eq!(account_hint.as_ref(), hint);
    let body = authentic.body();
    let code = members(body).and_then(|members| text(&members, "status_code"));
    match claim {
        Claim::Paid { .. } => {
            assert!(stands_at(body, &["capture", "settlement"]) && code.as_deref() == Some("200"));
            assert!(about.payment_ref.is_some() == about.charge_ref.is_some());
        }
        Claim::Refunded => assert!(stands_at(body, &MONEY_CAME)),
        // A refund has no notification of its own here.
        Claim::RefundFailed { .. } => assert!(stands_at(body, &[]), "none tells of a refund that failed"),
        Claim::Failed(_) => assert!(stands_at(body, &["deny", "failure"])),
        Claim::Canceled => assert!(stands_at(body, &["cancel"])),
        Claim::Expired => assert!(stands_at(body, &["expire"])),
        Claim::Pending => assert!(stands_at(body, &["pending", "authorize", "capture", "settlement"])),
        Claim::Other(word) => is_kept(&word),
    }
    match amount {
        ClaimedAmount::Named(money) => assert!(money.amount.minor_units() >= 0),
        ClaimedAmount::Unreadable(text) => is_kept(&text),
        ClaimedAmount::Absent => {}
    }
    about.reference.iter().chain(&about.order_code).chain(&unrecognised).for_each(|text| is_kept(text));
}

#[track_caller]
fn is_kept(text: &str) {
    assert!(text.chars().count() <= KEPT_CHARS_MAX && !text.chars().any(char::is_control), "{text:?}");
}
