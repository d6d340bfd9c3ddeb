//! Cash is kept as it was told, and never twice.

use mstore_pay_domain::cash::{CashTender, TenderSource};
use mstore_pay_domain::exception::{ExceptionState, MoneyException};
use mstore_pay_domain::ids::{BranchId, UserId};
use mstore_pay_domain::money::Money;
use mstore_pay_domain::offline::OfflineKind;
use mstore_pay_domain::payment::Revision;
use mstore_pay_domain::ports::ExceptionFilter;
use mstore_pay_domain::unit_of_work::{ExceptionWrite, OrderWrite, UnitOfWork};

use super::StoreHarness;
use super::fixtures::{
    Kit, assert_refused, at, is_duplicate, merchant, must_commit, order_code, order_of, other_merchant,
};
use super::offline::{device, reference};

fn tender(kit: &Kit, source: TenderSource) -> CashTender {
    CashTender {
        id: kit.tender_id(),
        merchant: merchant(),
        branch: BranchId::parse("B1").ok(),
        order_code: order_code("TRX-1"),
        amount: Money::from(33_000),
        device: Some(device("till")),
        by: UserId::parse("7").expect("a user"),
        source,
        taken_at: at(1),
        recorded_at: at(100),
    }
}

/// The cash of an order comes in the order in which we were told, and its own only; an id is there once.
pub async fn tenders_of_an_order_are_kept_as_they_were_told(h: &dyn StoreHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let stores = rig.stores();
    let reported = |kind| TenderSource::Report { kind, reference: reference("till-20251013-0001") };
    let sources = [TenderSource::Till, reported(OfflineKind::Transaction), reported(OfflineKind::Payment)];
    let mut written: Vec<CashTender> = sources.into_iter().map(|source| tender(&kit, source)).collect();
    if let Some(last) = written.last_mut() {
        (last.branch, last.device, last.taken_at) = (None, None, at(0));
    }
    let elsewhere = [
        CashTender { merchant: other_merchant(), ..tender(&kit, TenderSource::Till) },
        CashTender { order_code: order_code("TRX-2"), ..tender(&kit, TenderSource::Till) },
    ];
    for tender in written.iter().chain(&elsewhere) {
        must_commit(&stores, &UnitOfWork { tenders: vec![tender.clone()], ..UnitOfWork::default() }).await;
    }
    let kept = stores.orders.tenders(&merchant(), &order_code("TRX-1")).await.expect("the store reads");
    assert_eq!(kept, written);
    let again = UnitOfWork { tenders: written, ..UnitOfWork::default() };
    assert_refused(&stores.payments.commit(&again).await, is_duplicate);
}

/// An exception about cash is its order's branch's.
pub async fn exceptions_about_cash_are_those_of_the_orders_branch(h: &dyn StoreHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let stores = rig.stores();
    let branch = |id: &str| BranchId::parse(id).expect("a branch");
    let mut order = order_of("TRX-1");
    order.branch = Some(branch("B1"));
    let raised = MoneyException {
        id: kit.exception_id(),
        merchant: Some(merchant()),
        order_code: Some(order_code("TRX-1")),
        payment: None,
        charge: None,
        misfit: tender(&kit, TenderSource::Till).paid_twice(),
        at: at(5),
        state: ExceptionState::Open,
    };
    let work = UnitOfWork {
        orders: vec![OrderWrite { order, expected: Revision::NEW }],
        exceptions: vec![ExceptionWrite::Raise(raised.clone())],
        ..UnitOfWork::default()
    };
    must_commit(&stores, &work).await;
    for (name, want) in [("B1", vec![raised]), ("B2", vec![])] {
        let filter = ExceptionFilter::Branch(merchant(), branch(name));
        assert_eq!(stores.exceptions.exceptions(&filter, None, 10).await.expect("the store reads"), want, "{name}");
    }
}
