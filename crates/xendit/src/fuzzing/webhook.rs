use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit as _, Mac as _};
use mstore_pay_domain::account::{AccountMode, AccountTerms, ProviderAccount, SharedSecret, WebhookSecrets};
use mstore_pay_domain::ids::{AccountId, ProviderId};
use mstore_pay_domain::ports::WebhookSource;
use mstore_pay_domain::webhook::{Claim, ClaimedAmount, Notification, RawWebhook};
use sha2::Sha256;

use super::{first_line, is_kept, says, turned_round};
use crate::{WebhookVerification, XenditConfig, XenditWebhooks};

const CURRENT: &str = "token-in-force";
const PREVIOUS: &str = "token-before";
/// What a body must say somewhere before it can claim that money came.
const MONEY_CAME: [&str; 4] = ["SUCCEEDED", "COMPLETED", "PAID", "callback_virtual_account_id"];

/// A credential, a line end and a body: nothing but the account's own secret opens the door, and what comes through
/// claims money only by a word for it.
pub fn webhook(data: &[u8]) {
    let (credential, body) = first_line(data);
    let credential = String::from_utf8_lossy(credential);
    by_token(&credential, body);
    by_signature(&credential, body);
}

fn source(verification: WebhookVerification) -> XenditWebhooks {
    XenditWebhooks::new(&XenditConfig::new("https://api.xendit.co", verification).unwrap())
}

fn account() -> ProviderAccount {
    let secret = |text| SharedSecret::new(text).unwrap();
    ProviderAccount {
        id: AccountId::main(),
        provider: ProviderId::parse(XenditConfig::ID).unwrap(),
        mode: AccountMode::Test,
        credential: secret("key"),
        for_user_id: None,
        provider_merchant_id: None,
        webhook_secrets: WebhookSecrets { current: secret(CURRENT), previous: Some(secret(PREVIOUS)) },
        nmid: None,
        terms: AccountTerms::default(),
    }
}

fn raw(headers: &[(&str, &str)], body: &[u8]) -> RawWebhook {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    RawWebhook { headers, body: body.to_vec() }
}

fn by_token(credential: &str, body: &[u8]) {
    let (door, account) = (source(WebhookVerification::Token), account());
    let opens = |headers: &[(&str, &str)]| door.authenticate(&raw(headers, body), &account).is_ok();
    assert_eq!(opens(&[("x-callback-token", credential)]), [CURRENT, PREVIOUS].contains(&credential));
    assert!(!opens(&[]) && !opens(&[("x-callback-token", CURRENT), ("X-Callback-Token", credential)]));
    let proven = raw(&[("x-callback-token", CURRENT)], body);
    let authentic = door.authenticate(&proven, &account).unwrap();
    assert_eq!(authentic.body(), body);
    let decoded = door.decode(&authentic);
    let account_hint = decoded.as_ref().ok().and_then(|told| told.account_hint.clone());
    assert_eq!(door.named_account(&proven), account_hint);
    match decoded {
        Ok(told) => {
            claims_what_it_says(&told, body);
            let turned = raw(&[("x-callback-token", CURRENT)], &turned_round(body).unwrap());
            assert_eq!(door.decode(&door.authenticate(&turned, &account).unwrap()).ok(), Some(told));
        }
        Err(error) => assert!(!error.to_string().is_empty() && !error.source.to_string().is_empty()),
    }
}

fn claims_what_it_says(told: &Notification, body: &[u8]) {
    let Notification { about, claim, amount, account_hint: _, unrecognised } = told;
    match claim {
        Claim::Paid { .. } => assert!(says(body, &MONEY_CAME)),
        Claim::Refunded => assert!(says(body, &["SUCCEEDED"])),
        Claim::RefundFailed { .. } => assert!(!says(body, &["SUCCEEDED"])),
        Claim::Other(word) => assert!(is_kept(word)),
        Claim::Pending | Claim::Expired | Claim::Canceled | Claim::Failed(_) => {}
    }
    match amount {
        ClaimedAmount::Named(money) => assert!(money.amount.minor_units() >= 0),
        ClaimedAmount::Unreadable(text) => assert!(is_kept(text)),
        ClaimedAmount::Absent => {}
    }
    let texts = about.reference.iter().chain(&about.order_code).chain(unrecognised);
    texts.for_each(|text| assert!(is_kept(text), "{text:?}"));
}

fn by_signature(credential: &str, body: &[u8]) {
    let (door, account) = (source(WebhookVerification::Hmac), account());
    let opens =
        |value: &str, body: &[u8]| door.authenticate(&raw(&[("x-callback-signature", value)], body), &account).is_ok();
    let signed = [CURRENT, PREVIOUS].map(|secret| {
        let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap().chain_update(body);
        HEXLOWER.encode(&mac.finalize().into_bytes())
    });
    assert_eq!(opens(credential, body), signed.iter().any(|signature| signature == credential));
    let longer = [body, b" "].concat();
    for signature in &signed {
        assert!(opens(signature, body) && !opens(signature, &longer));
    }
}
