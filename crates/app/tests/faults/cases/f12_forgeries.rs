use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::shop::Shop;
use crate::rig::Pay;
use crate::scale::{Draws, at_once, cases};
use crate::till::{Exchange, Messenger, PAYMENTS, Sale};

const RANDOM_TOKENS: u64 = 10_000;
/// Where Xendit's webhooks go.
const WEBHOOK: &str = "/api/v1/webhook/xendit";
/// What is stored of webhooks, whatever became of it.
pub(super) const IN_THE_INBOX: &str = "SELECT count(*) AS count FROM webhook_inbox";
/// From what a guesser puts tokens together.
const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// The proof that a forger offers, as a header.
fn forged_proofs(token: &str) -> Vec<(&'static str, String)> {
    let flipped: String = token
        .chars()
        .map(|c| if c.is_ascii_lowercase() { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() })
        .collect();
    vec![
        ("x-nothing", String::new()),
        ("x-callback-token", String::new()),
        ("x-callback-token", " ".to_owned()),
        ("x-callback-token", "wrong".to_owned()),
        ("x-callback-token", format!("{token}x")),
        ("x-callback-token", token.chars().skip(1).collect()),
        ("x-callback-token", token.chars().take(token.len() - 1).collect()),
        ("x-callback-token", format!("{token}, {token}")),
        ("x-callback-token", flipped),
        ("x-callback-token", format!("not-{token}")),
        ("x-callback-token", "A".repeat(8_000)),
        ("authorization", format!("Bearer {token}")),
        ("x-callback-signature", token.to_owned()),
    ]
}

/// What a forger would like us to believe of an order.
fn forged_body(reference: &str, order_code: &str) -> String {
    json!({"id": reference, "external_id": order_code, "status": "PAID", "amount": 33_000}).to_string()
}

/// An answer without what differs from one request to the next.
fn without_request_id(exchange: &Exchange) -> String {
    let mut body: Value = exchange.answer().map_or(Value::Null, |answer| {
        serde_json::from_str(&answer.body).unwrap_or_else(|_| Value::String(answer.body.clone()))
    });
    if let Some(fields) = body.as_object_mut() {
        fields.remove("request_id");
    }
    format!("{} {body}", exchange.status())
}

#[tokio::test(flavor = "multi_thread")]
async fn f12_forged_webhooks_are_refused_alike_and_leave_no_trace() {
    let shop = Shop::open().await;
    let n = cases(RANDOM_TOKENS);
    let shown = shop.show(&Sale::of("F12-KNOWN", 33_000)).await;
    let messenger = Messenger::new(&shop.rig, &shop.log);
    let known = forged_body(&shown.reference, "F12-KNOWN");
    let unknown = forged_body("pr-00000000-0000-0000-0000-000000000000", "F12-NEVER");
    let token = shop.rig.secrets.webhook_token.clone();
    let proofs = forged_proofs(&token);
    let before = shop.rig.count(IN_THE_INBOX);
    let mut answers = Vec::new();
    for (name, value) in &proofs {
        for body in [known.as_str(), unknown.as_str(), "not json"] {
            answers.push(messenger.bring(WEBHOOK, &[(name, value)], body).await);
        }
    }
    let in_the_query = format!("{WEBHOOK}?x-callback-token={token}");
    answers.push(messenger.bring(&in_the_query, &[], &known).await);
    let guessed = at_once(n, 8, |number| {
        let (messenger, body) = (&messenger, if number.is_multiple_of(2) { &known } else { &unknown });
        async move {
            let mut draws = Draws::seeded(number);
            let length = usize::try_from(1 + draws.below(64)).expect("a length");
            let letter = || {
                let index = draws.below(u64::try_from(ALPHABET.len()).expect("a length"));
                char::from(ALPHABET[usize::try_from(index).expect("an index")])
            };
            let guess: String = std::iter::repeat_with(letter).take(length).collect();
            messenger.bring(WEBHOOK, &[("x-callback-token", &guess)], body).await
        }
    })
    .await;
    answers.extend(guessed);
    let accepted = answers.iter().filter(|exchange| exchange.status() != 401 && exchange.status() != 429).count();
    let told: BTreeSet<String> = answers.iter().map(without_request_id).collect();
    let stored = shop.rig.count(IN_THE_INBOX).abs_diff(before);
    let still = shop.till.get(&shown.payment_id).await.data()["status"].clone();
    // The genuine webhook still comes through from the same address.
    shop.rig.control.pay(&shown.reference, &Pay::default()).await;
    let genuine = shop.till.await_status(&shown.payment_id, "paid", std::time::Duration::from_secs(5)).await;
    shop.judge("F12").await;
    println!(
        "F12 n={n} proofs={} accepted={accepted} stored={stored} different_answers={}",
        proofs.len() + 1,
        told.len()
    );
    assert_eq!((accepted, stored), (0, 0), "forged webhooks were accepted, or stored");
    assert!(told.len() <= 2, "the answers tell forgers something: {told:?}");
    assert_eq!(still, "pending", "a forged webhook had an effect");
    assert_eq!(genuine["status"], "paid", "after so many forgeries the genuine one is not heard");
}

#[tokio::test(flavor = "multi_thread")]
async fn f12_broken_bearer_tokens_are_refused_alike() {
    let shop = Shop::open().await;
    let token = shop.rig.token("M1", "L0_CASHIER");
    let [header, claims, signature] = token.split('.').collect::<Vec<_>>()[..] else { panic!("no JWT: {token}") };
    let none = "eyJhbGciOiJub25lIn0";
    let broken = [
        String::new(),
        "Bearer".to_owned(),
        "Bearer ".to_owned(),
        "Basic YWRtaW46YWRtaW4=".to_owned(),
        "Bearer abc".to_owned(),
        "Bearer a.b.c".to_owned(),
        token.clone(),
        format!("Bearer {header}.{claims}"),
        format!("Bearer {header}.{claims}."),
        format!("Bearer {none}.{claims}."),
        format!("Bearer {none}.{claims}.{signature}"),
        format!("Bearer {header}.{claims}.{}", signature.chars().rev().collect::<String>()),
        format!("Bearer {claims}.{header}.{signature}"),
        format!("Bearer {header}.{claims}.{signature}.{signature}"),
        format!("Bearer {token} {token}"),
        format!("Bearer {}", shop.rig.secrets.webhook_token),
        format!("Bearer {}", shop.rig.secrets.jwt),
    ];
    let messenger = Messenger::new(&shop.rig, &shop.log);
    let body = json!({"order_code": "F12-JWT", "method": "qris", "amount": 33_000, "currency": "IDR"}).to_string();
    let (mut told, mut accepted) = (BTreeSet::new(), 0_usize);
    for proof in &broken {
        let answer = messenger.bring(PAYMENTS, &[("authorization", proof)], &body).await;
        accepted += usize::from(answer.status() != 401);
        told.insert(without_request_id(&answer));
    }
    println!("F12 n={} broken bearer tokens, accepted={accepted} different_answers={}", broken.len(), told.len());
    assert_eq!((accepted, told.len()), (0, 1), "broken tokens, and what forgers are told: {told:?}");
    assert!(shop.rig.control.charges().await.is_empty(), "a broken token opened a charge");
}
