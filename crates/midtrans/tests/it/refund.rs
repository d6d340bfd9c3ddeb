//! Giving money back.

use std::num::NonZeroU32;
use std::time::Duration;

use mstore_pay_domain::ids::{ProviderRef, RefundId};
use mstore_pay_domain::money::Money;
use mstore_pay_domain::ports::{
    Certainty, ChargeSnapshot, PaymentProvider as _, ProviderErrorKind, RefundCharge, RefundOutcome,
};
use mstore_pay_sandbox::SandboxConfig;
use tokio::time::sleep;
use uuid::Uuid;

use crate::support::{Bench, WITHIN, query};

fn refund(number: u128, charge: &ProviderRef, amount: u32) -> RefundCharge {
    RefundCharge {
        refund: RefundId::new(Uuid::from_u128(number)),
        charge_ref: charge.clone(),
        payment_ref: charge.clone(),
        amount: Money::from(amount),
        reason: "cold".to_owned(),
        within: WITHIN,
    }
}

/// What is told of the transaction once the bank has confirmed so many refunds.
async fn confirmed(bench: &Bench, paid: &ProviderRef, refunds: usize) -> ChargeSnapshot {
    let mut told = bench.ask(query(1, Some(paid))).await.unwrap();
    for _ in 0..200 {
        if told.refunds.len() == refunds {
            break;
        }
        sleep(Duration::from_millis(50)).await;
        told = bench.ask(query(1, Some(paid))).await.unwrap();
    }
    assert_eq!((told.receipts.len(), told.refunds.len()), (1, refunds), "what came is still what came");
    told
}

#[tokio::test(flavor = "multi_thread")]
async fn refunds_are_told_by_our_own_names_and_never_more_than_came() {
    let quick = SandboxConfig { time_scale: NonZeroU32::new(20).unwrap(), ..SandboxConfig::default() };
    let bench = Bench::with(quick).await;
    let paid = bench.open(1).await.provider_ref;
    bench.pay_reference(&bench.charge(1).our_reference, "").await;
    for (number, amount) in [(1, 5_000), (2, 28_000)] {
        let outcome = bench.midtrans.refund(&bench.account, &refund(number, &paid, amount)).await.unwrap();
        assert!(matches!(outcome, RefundOutcome::Pending { .. }), "{outcome:?}");
    }
    let told = confirmed(&bench, &paid, 2).await;
    assert_eq!(told.exchange.unknown_fields, Vec::<String>::new());
    assert_eq!(Money::sum(told.refunds.iter().map(|fact| &fact.amount)), Money::from(33_000));
    let error = bench.midtrans.refund(&bench.account, &refund(3, &paid, 1)).await.unwrap_err();
    assert_eq!(error.kind, ProviderErrorKind::InvalidRequest);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fails_before_a_refund_was_asked_for_gave_nothing_back() {
    let bench = Bench::new().await;
    let paid = bench.open(1).await.provider_ref;
    bench.pay_reference(&bench.charge(1).our_reference, "").await;
    for effect in [r#""disconnect_after""#, r#""status_after","status":500"#, r#""html_error","status":200"#] {
        let rule = format!(r#"[{{"provider":"midtrans","operation":"inquire","effect":{effect}}}]"#);
        bench.control("PUT", "/faults", &rule).await;
        let error = bench.midtrans.refund(&bench.account, &refund(1, &paid, 5_000)).await.unwrap_err();
        assert_eq!(error.certainty, Certainty::NotApplied, "{effect}: {error:?}");
    }
    bench
        .control("PUT", "/faults", r#"[{"provider":"midtrans","operation":"refund","effect":"disconnect_after"}]"#)
        .await;
    let error = bench.midtrans.refund(&bench.account, &refund(1, &paid, 5_000)).await.unwrap_err();
    assert_eq!(error.certainty, Certainty::Unknown, "the refund itself was sent: {error:?}");
}
