//! Listing money that arrived.

use std::collections::BTreeSet;
use std::time::Duration;

use mstore_pay_domain::ports::{Period, ProviderErrorKind, Sweep};

use super::fixtures::{Kit, PATIENT, assert_unsupported, open_first, sweep};
use super::{ProviderHarness, ProviderRig};

const MINUTE: Duration = Duration::from_mins(1);
/// No provider that we know of lists more at once (Xendit: 50).
const MORE_THAN_A_PAGE: usize = 55;

/// The listing, or `None` where it was properly refused.
async fn sweep_or_refusal(rig: &dyn ProviderRig, period: Period) -> Option<Sweep> {
    let before = rig.requests().await;
    match sweep(rig, period, PATIENT).await {
        Ok(sweep) => Some(sweep),
        Err(error) => {
            assert_eq!(error.kind, ProviderErrorKind::Unsupported, "{error:?}");
            assert_unsupported::<Sweep>(Err(error));
            assert_eq!(rig.requests().await, before, "requests");
            None
        }
    }
}

/// Money that arrived is listed, oldest first, by a name of its charge and with its amount; where the
/// provider has no such list, nothing is sent.
pub async fn sweep_lists_arrived_money_or_is_unsupported(h: &dyn ProviderHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    open_first(&*rig, &kit).await;
    let mut paid = Vec::new();
    for _ in 0..2 {
        let (charge, opened) = open_first(&*rig, &kit).await;
        rig.pay(&charge.our_reference, &charge.amount).await;
        paid.push((charge, opened));
    }
    let since = rig.now().minus(MINUTE);
    let Some(listed) = sweep_or_refusal(&*rig, Period::since(since)).await else { return };
    assert_eq!(listed.arrived.len(), paid.len(), "rows for what arrived: {listed:?}");
    assert!(listed.complete, "two rows are listed to the end");
    assert!(listed.arrived.iter().all(|row| row.updated_at >= since), "{listed:?}");
    assert!(listed.arrived.is_sorted_by_key(|row| row.updated_at), "{listed:?}");
    for (charge, opened) in &paid {
        let row = listed.arrived.iter().find(|row| {
            row.charge_ref.as_ref() == Some(&opened.provider_ref)
                || row.our_reference.as_deref() == Some(charge.our_reference.as_str())
        });
        assert!(row.is_some_and(|row| row.money.fits(&charge.amount)), "{listed:?}");
    }
}

/// What does not fit on a page of the provider's is read from the next ones, each row once; whoever stops before the
/// end says so.
pub async fn sweep_lists_more_than_a_page_or_says_that_it_did_not(h: &dyn ProviderHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    for _ in 0..MORE_THAN_A_PAGE {
        let (charge, _) = open_first(&*rig, &kit).await;
        rig.pay(&charge.our_reference, &charge.amount).await;
    }
    let Some(listed) = sweep_or_refusal(&*rig, Period::since(rig.now().minus(MINUTE))).await else { return };
    let rows: BTreeSet<_> = listed.arrived.iter().map(|row| row.row_ref.clone()).collect();
    assert_eq!(rows.len(), listed.arrived.len(), "rows that are listed twice");
    assert!(listed.arrived.is_sorted_by_key(|row| row.updated_at), "{listed:?}");
    assert_eq!(rows.len() == MORE_THAN_A_PAGE, listed.complete, "{} rows, complete: {}", rows.len(), listed.complete);
}

/// What came before the time asked for is left out.
pub async fn sweep_leaves_out_what_came_before(h: &dyn ProviderHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let (charge, _) = open_first(&*rig, &kit).await;
    rig.pay(&charge.our_reference, &charge.amount).await;
    let Some(listed) = sweep_or_refusal(&*rig, Period::since(rig.now().plus(MINUTE))).await else { return };
    assert_eq!(listed.arrived, []);
}

/// What came after the end of the period asked for is left out, and what came within it is not.
pub async fn sweep_leaves_out_what_came_after(h: &dyn ProviderHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let (charge, _) = open_first(&*rig, &kit).await;
    rig.pay(&charge.our_reference, &charge.amount).await;
    let (from, now) = (rig.now().minus(MINUTE * 2), rig.now());
    let rows_until = async |until| {
        sweep_or_refusal(&*rig, Period { from, until: Some(until) }).await.map(|listed| listed.arrived.len())
    };
    let Some(before) = rows_until(now.minus(MINUTE)).await else { return };
    assert_eq!(
        (before, rows_until(now.plus(MINUTE)).await),
        (0, Some(1)),
        "rows until a minute before and after it came"
    );
}

/// A row's id is not the payment's: whoever took it for a receipt would count the money twice.
pub async fn sweep_names_rows_by_ids_that_are_no_payments(h: &dyn ProviderHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let (charge, _) = open_first(&*rig, &kit).await;
    let payment = rig.pay(&charge.our_reference, &charge.amount).await;
    let Some(listed) = sweep_or_refusal(&*rig, Period::since(rig.now().minus(MINUTE))).await else { return };
    assert!(listed.arrived.iter().all(|row| row.row_ref != payment), "{listed:?}");
}
