//! What is particular to the API before v3: codes, payment requests with keys, look-ups and payment methods.

mod closing;
mod finding;
mod opening;

use mstore_pay_domain::method::Method;
use mstore_pay_domain::ports::{OpenCharge, OpenedCharge, PaymentProvider as _, ReturnUrls};
use mstore_pay_domain::time::Timestamp;
use mstore_pay_xendit::XenditApi;

use crate::support::{Bench, charge};

async fn bench() -> Bench {
    Bench::speaking(XenditApi::V2).await
}

/// A charge of that number and method, with what any of them might want.
fn asked(bench: &Bench, number: u128, method: Method) -> OpenCharge {
    let url = |page: &str| format!("https://shop.example/{page}");
    OpenCharge {
        method,
        expires_at: Timestamp::from(bench.sandbox.now()).plus(std::time::Duration::from_mins(30)),
        customer_phone: Some("+628123456789".to_owned()),
        return_urls: Some(ReturnUrls { success: url("ok"), failure: url("no") }),
        ..charge(number)
    }
}

async fn open(bench: &Bench, number: u128, method: Method) -> OpenedCharge {
    bench.xendit.open(&bench.account, &asked(bench, number, method)).await.unwrap()
}
