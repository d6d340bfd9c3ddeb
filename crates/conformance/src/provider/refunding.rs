//! Giving money back.

use mstore_pay_domain::ids::RefundId;
use mstore_pay_domain::money::Money;
use mstore_pay_domain::ports::{IdGenerator, Query, RefundCharge, RefundOutcome};

use super::ProviderHarness;
use super::fixtures::{Kit, PATIENT, ask, assert_unsupported, offered, open, query};

/// Money is given back, once under one refund id however often it is asked; where it cannot be, that
/// is said.
pub async fn refund_gives_money_back_once_or_is_unsupported(h: &dyn ProviderHarness) {
    for (method, declared) in offered(&*h.fresh().await) {
        let (rig, kit) = (h.fresh().await, Kit::default());
        let charge = kit.charge(&*rig, method, &declared);
        let opened = open(&*rig, &charge).await.expect("the charge opens");
        let payment_ref = rig.pay(&charge.our_reference, &charge.amount).await;
        let refund = RefundCharge {
            refund: RefundId::new(kit.uuid_source().uuid()),
            charge_ref: opened.provider_ref.clone(),
            payment_ref,
            amount: charge.amount.clone(),
            reason: "the customer brought it back".to_owned(),
            within: PATIENT,
        };
        if !declared.refund {
            assert_unsupported(rig.provider().refund(&rig.account(), &refund).await);
            continue;
        }
        let (mut names, mut done) = (Vec::new(), None);
        for _ in 0..2 {
            let outcome = rig.provider().refund(&rig.account(), &refund).await.expect("the money goes back");
            names.push(match outcome {
                RefundOutcome::Done(fact) => {
                    assert_eq!(fact.amount, charge.amount, "{method}");
                    done = Some(fact.amount);
                    fact.refund_ref
                }
                RefundOutcome::Pending { refund_ref } => refund_ref,
            });
        }
        names.dedup();
        assert_eq!(names.len(), 1, "{method}: one refund under one id");
        let about = Query { was_paid: true, ..query(&*rig, &charge, Some(&opened.provider_ref)) };
        let Some(told) = ask(&*rig, &charge, about).await else { continue };
        let refunded = Money::sum(told.refunds.iter().map(|refund| &refund.amount));
        assert!(refunded <= charge.amount && done.is_none_or(|done| done == refunded), "{method}: {told:?}");
    }
}
