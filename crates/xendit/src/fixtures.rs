//! Bodies of the real provider, read where they are kept and never copied.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use mstore_pay_domain::ids::{AccountId, ChargeId, OrderCode, OurReference, ProviderId};
use mstore_pay_domain::method::Method;
use mstore_pay_domain::money::Money;
use mstore_pay_domain::ports::{OpenCharge, SnapshotStatus, WebhookSource as _};
use mstore_pay_domain::time::Timestamp;
use mstore_pay_domain::webhook::{Claim, Delivery, Notification};
use mstore_pay_outbound::json::Object;
use uuid::Uuid;

use crate::channels::Channel;
use crate::config::{WebhookVerification, XenditConfig};
use crate::request;
use crate::response::{Payment, PaymentRequest, Refusal, unknown_fields};
use crate::webhook::XenditWebhooks;

/// The folder of fixtures; `None`, said aloud, where this run has none and may do without.
fn folder(what: &str) -> Option<PathBuf> {
    #[expect(clippy::disallowed_methods, reason = "a switch of the test run, not a setting of the product")]
    let variable = |name: &str| std::env::var(name).ok();
    let folder = variable("PROVIDER_FIXTURES_DIR").map(|root| Path::new(&root).join("xendit"));
    if folder.is_none() {
        assert_ne!(variable("REQUIRE_FIXTURES").as_deref(), Some("1"), "PROVIDER_FIXTURES_DIR is not set");
        println!("left out, for want of PROVIDER_FIXTURES_DIR: {what}");
    }
    folder
}

/// Names and contents of the fixtures whose name fits.
fn fixtures(folder: &Path, fits: impl Fn(&str) -> bool) -> Vec<(String, Vec<u8>)> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    let named = entries.map(|entry| (entry.file_name().into_string().unwrap(), entry.path()));
    let mut found: Vec<_> =
        named.filter(|(name, _)| fits(name)).map(|(name, path)| (name, fs::read(path).unwrap())).collect();
    found.sort();
    assert!(!found.is_empty(), "no such fixtures in {}", folder.display());
    found
}

/// What a webhook of a fixture claims.
fn told(name: &str, body: Vec<u8>) -> Notification {
    let config = XenditConfig::new("http://h", WebhookVerification::Token).unwrap();
    let delivery = Delivery {
        id: mstore_pay_domain::ids::DeliveryId::new(Uuid::nil()),
        provider: ProviderId::parse(XenditConfig::ID).unwrap(),
        account: AccountId::main(),
        received_at: Timestamp::EPOCH,
        body,
        attempts: 1,
    };
    let authentic = mstore_pay_domain::webhook::Authentic::from_inbox(&delivery);
    XenditWebhooks::new(&config).decode(&authentic).unwrap_or_else(|error| panic!("{name}: {error:?}"))
}

#[test]
fn payment_requests_of_the_documents_are_read() {
    let Some(folder) = folder("replies about payment requests") else { return };
    let is_reply = |name: &str| {
        name.starts_with("v3.payment_request.") && name.contains(".response") && !name.contains(".simulate.")
    };
    for (name, body) in fixtures(&folder, is_reply) {
        let request = PaymentRequest::parse(&body).unwrap_or_else(|error| panic!("{name}: {error:?}"));
        assert!(!matches!(request.status, SnapshotStatus::Unrecognised(_)), "{name}");
    }
}

#[test]
fn payments_of_the_documents_are_read_and_the_captured_one_is_money() {
    let Some(folder) = folder("replies about payments") else { return };
    for (name, body) in fixtures(&folder, |name| name.starts_with("v3.payment.") && name.contains(".response")) {
        let payment = Payment::parse(&body).unwrap_or_else(|error| panic!("{name}: {error:?}"));
        let captured = String::from_utf8(body).unwrap().contains("capture_amount");
        assert_eq!(payment.receipt.is_some(), captured, "{name}");
    }
}

#[test]
fn no_field_of_the_documents_is_new_to_us() {
    let Some(folder) = folder("replies of every version") else { return };
    let is_reply = |name: &str| {
        let ours = ["v1.qr_code.", "v2.payment_request.", "v2.refund.", "v3."].iter().any(|api| name.starts_with(api));
        ours && name.ends_with("response.json") && !name.contains("token")
    };
    for (name, body) in fixtures(&folder, is_reply) {
        assert_eq!(unknown_fields(&body), Vec::<String>::new(), "{name}");
    }
}

#[test]
fn errors_of_the_documents_have_a_code() {
    let Some(folder) = folder("error bodies") else { return };
    for (name, body) in fixtures(&folder, |name| name.starts_with("v3.") && name.contains("error")) {
        assert!(Refusal::parse(&body).code.is_some(), "{name}");
    }
}

#[test]
fn the_answer_to_a_simulation_is_an_object() {
    let Some(folder) = folder("the reply to a simulation") else { return };
    for (name, body) in fixtures(&folder, |name| name == "v3.payment_request.simulate.response.json") {
        assert!(Object::parse(&body).is_ok(), "{name}");
    }
}

#[test]
fn our_qris_request_has_every_field_of_the_documents() {
    let Some(folder) = folder("the documented QRIS request") else { return };
    let (order_code, charge) = (OrderCode::parse("TRX-1").unwrap(), ChargeId::new(Uuid::nil()));
    let asked = OpenCharge {
        charge,
        our_reference: OurReference::of(&order_code, &charge),
        order_code,
        method: Method::Qris,
        amount: Money::from(1_000),
        expires_at: Timestamp::EPOCH,
        description: None,
        customer_phone: None,
        card_token: None,
        return_urls: None,
        within: Duration::from_secs(5),
    };
    let ours = request::open_body(&asked, Channel::of(Method::Qris).unwrap()).unwrap();
    let ours = Object::parse(ours.as_bytes()).unwrap();
    for (name, body) in fixtures(&folder, |name| name == "v3.payment_request.qris.request.json") {
        let theirs = Object::parse(&body).unwrap();
        for field in ["type", "country", "currency", "request_amount", "channel_code"] {
            assert_eq!(ours.raw(field), theirs.raw(field), "{name} {field}");
        }
        assert!(ours.text("reference_id").is_some());
    }
}

#[test]
fn webhooks_of_the_documents_are_understood() {
    let Some(folder) = folder("webhooks") else { return };
    let mut kinds = BTreeSet::new();
    for (name, body) in fixtures(&folder, |name| name.starts_with("v3.webhook.")) {
        let told = told(&name, body);
        let (kind, is_ours) = match &told.claim {
            Claim::Paid { .. } => ("paid", name.contains("payment.capture")),
            Claim::Failed(_) => ("failed", name.contains("payment.failure")),
            Claim::Expired => {
                ("expired", name.contains("payment_request.expiry") || name.contains("payment_session.expired"))
            }
            Claim::Pending => ("pending", name.contains("payment.authorization")),
            Claim::Other(_) => {
                let others = ["payment_token.", "refund."];
                ("other", others.iter().any(|word| name.contains(word)))
            }
            Claim::Canceled | Claim::Refunded => ("none", false),
        };
        assert!(is_ours, "{name}: {told:?}");
        assert!(kind == "other" || told.about.charge_ref.is_some(), "{name}");
        kinds.insert(kind);
    }
    assert_eq!(kinds, BTreeSet::from(["expired", "failed", "other", "paid", "pending"]));
}
