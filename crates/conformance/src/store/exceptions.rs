//! Money that does not fit is put on record once and stays there.

use mstore_pay_domain::exception::{ExceptionState, Misfit, MoneyException, MoneySource};
use mstore_pay_domain::ids::{BranchId, MerchantId, PaymentId, UserId};
use mstore_pay_domain::money::{Money, ReportedMoney};
use mstore_pay_domain::ports::{ExceptionFilter, ExceptionPlace};
use mstore_pay_domain::unit_of_work::{ExceptionWrite, UnitOfWork};

use super::fixtures::{
    Kit, assert_refused, at, is_conflict, merchant, must_commit, order_code, other_merchant, provider_ref, unit,
};
use super::{StoreHarness, Stores};

pub(super) fn exception(kit: &Kit, misfit: Misfit) -> MoneyException {
    MoneyException {
        id: kit.exception_id(),
        merchant: Some(merchant()),
        order_code: Some(order_code("TRX-1")),
        payment: None,
        charge: None,
        misfit,
        at: at(0),
        state: ExceptionState::Open,
    }
}

fn late(receipt: &str) -> Misfit {
    Misfit::LatePaid { receipt: provider_ref(receipt), amount: Money::from(33_000) }
}

fn raise(exception: &MoneyException) -> UnitOfWork {
    UnitOfWork { exceptions: vec![ExceptionWrite::Raise(exception.clone())], ..UnitOfWork::default() }
}

fn resolve(exception: &MoneyException) -> UnitOfWork {
    UnitOfWork { exceptions: vec![ExceptionWrite::Resolve(exception.clone())], ..UnitOfWork::default() }
}

pub(super) fn resolved(exception: &MoneyException) -> MoneyException {
    let by = UserId::parse("7 Siti").expect("a user");
    let (resolution, reason) = ("refund".to_owned(), "told the customer, \"sorry\"".to_owned());
    MoneyException { state: ExceptionState::Resolved { at: at(9), by, resolution, reason }, ..exception.clone() }
}

async fn listed(stores: &Stores, filter: ExceptionFilter, limit: u32) -> Vec<MoneyException> {
    stores.exceptions.exceptions(&filter, None, limit).await.expect("the store reads")
}

pub(super) fn misfits(kit: &Kit) -> Vec<Misfit> {
    let receipt = || provider_ref("py-1");
    let amount = || Money::from(33_000);
    let dollars = ReportedMoney { amount: Money::parse("2.05").expect("money"), currency: "USD".to_owned() };
    let claim = MoneySource::Claim(kit.delivery("{}").id);
    vec![
        late("py-1"),
        Misfit::Reversed { receipt: receipt(), amount: amount() },
        Misfit::Overpaid {
            source: MoneySource::Receipt(receipt()),
            expected: amount(),
            got: ReportedMoney::idr(Money::from(34_000)),
        },
        Misfit::Underpaid { source: claim.clone(), expected: amount(), got: dollars.clone() },
        Misfit::PaidTwice { receipt: receipt(), amount: amount() },
        Misfit::Unmatched { source: claim.clone(), claimed: None },
        Misfit::Unmatched { source: MoneySource::Receipt(receipt()), claimed: Some(dollars) },
        Misfit::PaidAfterVoid { receipt: receipt(), amount: amount() },
        Misfit::AccountMismatch { source: claim },
        Misfit::FeeOnQris { receipt: receipt(), fee: Money::from(1) },
        Misfit::OutcomeUnknown,
        Misfit::RefundFailed { refund: provider_ref("rfd-1"), amount: amount() },
    ]
}

/// An exception of any kind is read back as it was raised, and as it was resolved.
pub async fn exception_of_every_kind_round_trips(h: &dyn StoreHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let stores = rig.stores();
    for (number, misfit) in misfits(&kit).into_iter().enumerate() {
        let mut raised = exception(&kit, misfit);
        if number % 2 == 0 {
            raised.payment = Some(kit.payment_id());
            raised.charge = Some(kit.charge_id());
        }
        must_commit(&stores, &raise(&raised)).await;
        assert_eq!(stores.exceptions.exception(&raised.id).await.expect("the store reads"), Some(raised.clone()));
        let resolved = resolved(&raised);
        must_commit(&stores, &resolve(&resolved)).await;
        assert_eq!(stores.exceptions.exception(&raised.id).await.expect("the store reads"), Some(resolved));
    }
    assert_eq!(stores.exceptions.exception(&kit.exception_id()).await.expect("the store reads"), None);
}

/// The same money raises the same exception once; the unit that raises it again is committed all the same.
pub async fn exception_is_raised_once(h: &dyn StoreHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let stores = rig.stores();
    let first = exception(&kit, late("py-1"));
    must_commit(&stores, &raise(&first)).await;
    let again = MoneyException { at: at(5), ..exception(&kit, late("py-1")) };
    let mut work = raise(&again);
    work.exceptions.push(ExceptionWrite::Raise(exception(&kit, late("py-2"))));
    must_commit(&stores, &work).await;
    let listed = listed(&stores, ExceptionFilter::Merchant(merchant()), 10).await;
    assert_eq!(listed.len(), 2, "{listed:?}");
    assert!(listed.contains(&first), "the first word stands: {listed:?}");
}

/// Merchants do not share exceptions, nor do they share them with money that is nobody's.
pub async fn same_exception_of_another_merchant_is_its_own(h: &dyn StoreHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let stores = rig.stores();
    let owners = [Some(merchant()), Some(other_merchant()), None];
    for owner in owners.iter().chain(&owners) {
        let raised = MoneyException { merchant: owner.clone(), ..exception(&kit, late("py-1")) };
        must_commit(&stores, &raise(&raised)).await;
    }
    for owner in owners {
        let filter = owner.map_or(ExceptionFilter::Unmatched, ExceptionFilter::Merchant);
        assert_eq!(listed(&stores, filter, 10).await.len(), 1);
    }
}

/// What was resolved is not opened again by the same money, and is not resolved twice.
pub async fn resolved_exception_stays_resolved(h: &dyn StoreHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let stores = rig.stores();
    let first = exception(&kit, late("py-1"));
    assert_refused(&stores.payments.commit(&resolve(&resolved(&first))).await, is_conflict);
    must_commit(&stores, &raise(&first)).await;
    must_commit(&stores, &resolve(&resolved(&first))).await;
    must_commit(&stores, &raise(&exception(&kit, late("py-1")))).await;
    let mut otherwise = resolved(&first);
    if let ExceptionState::Resolved { resolution, .. } = &mut otherwise.state {
        "ignore".clone_into(resolution);
    }
    assert_refused(&stores.payments.commit(&resolve(&otherwise)).await, is_conflict);
    assert_eq!(listed(&stores, ExceptionFilter::Merchant(merchant()), 10).await, [resolved(&first)]);
}

/// Exceptions are listed newest first: a merchant's, a payment's, those of nobody, or those that wait.
pub async fn exceptions_are_listed_newest_first_by_merchant_payment_or_none(h: &dyn StoreHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let stores = rig.stores();
    let payment = kit.payment_id();
    let rows: [(u64, Option<MerchantId>, Option<PaymentId>); 5] = [
        (3, Some(merchant()), Some(payment)),
        (1, Some(merchant()), None),
        (2, Some(merchant()), Some(payment)),
        (5, Some(other_merchant()), None),
        (4, None, None),
    ];
    for (seconds, merchant, payment) in rows {
        let misfit = late(&format!("py-{seconds}"));
        let raised = MoneyException { merchant, payment, at: at(seconds), ..exception(&kit, misfit) };
        must_commit(&stores, &raise(&raised)).await;
        if seconds == 2 {
            must_commit(&stores, &resolve(&resolved(&raised))).await;
        }
    }
    let cases = [
        (ExceptionFilter::Merchant(merchant()), 10, vec![3, 2, 1]),
        (ExceptionFilter::Merchant(merchant()), 2, vec![3, 2]),
        (ExceptionFilter::Payment(payment), 10, vec![3, 2]),
        (ExceptionFilter::Payment(kit.payment_id()), 10, vec![]),
        (ExceptionFilter::Unmatched, 10, vec![4]),
        (ExceptionFilter::Open, 10, vec![5, 4, 3, 1]),
    ];
    for (filter, limit, want) in cases {
        let found = listed(&stores, filter.clone(), limit).await;
        let times: Vec<_> = found.iter().map(|exception| exception.at).collect();
        assert_eq!(times, want.into_iter().map(at).collect::<Vec<_>>(), "{filter:?}");
    }
}

/// Every page starts where the one before ended, also where several were raised at the same moment.
pub async fn exceptions_are_listed_page_by_page(h: &dyn StoreHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let stores = rig.stores();
    let mut written = Vec::new();
    for (number, seconds) in [20, 10, 20, 30, 20, 5].into_iter().enumerate() {
        let raised = MoneyException { at: at(seconds), ..exception(&kit, late(&format!("py-{number}"))) };
        must_commit(&stores, &raise(&raised)).await;
        written.push(raised);
    }
    written.sort_by_key(|exception| std::cmp::Reverse(ExceptionPlace::of(exception)));
    let filter = ExceptionFilter::Merchant(merchant());
    for size in 1..=4 {
        let (mut pages, mut after) = (Vec::new(), None);
        loop {
            let page = stores.exceptions.exceptions(&filter, after, size).await.expect("the store reads");
            let Some(last) = page.last() else { break };
            after = Some(ExceptionPlace::of(last));
            pages.extend(page);
        }
        assert_eq!(pages, written, "in pages of {size}");
    }
    let gone = ExceptionPlace { at: at(15), id: kit.exception_id() };
    let behind = stores.exceptions.exceptions(&filter, Some(gone), 10).await.expect("the store reads");
    let older: Vec<_> = written.into_iter().filter(|exception| exception.at < at(15)).collect();
    assert_eq!(behind, older, "behind an exception that is not there");
}

/// A branch's exceptions are those about its payments.
pub async fn exceptions_of_a_branch_are_about_its_payments(h: &dyn StoreHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let stores = rig.stores();
    let branch = |id: &str| BranchId::parse(id).expect("a branch");
    let mut own = kit.payment("TRX-1");
    own.branch = Some(branch("B1"));
    let mut abroad = kit.payment_of(other_merchant(), "TRX-1");
    abroad.branch = Some(branch("B1"));
    let unbranched = kit.payment("TRX-2");
    let mut raised = Vec::new();
    for payment in [&own, &abroad, &unbranched] {
        must_commit(&stores, &unit(payment)).await;
        let about = (Some(payment.merchant.clone()), Some(payment.id));
        raised.push(MoneyException {
            merchant: about.0,
            payment: about.1,
            ..exception(&kit, late(&payment.id.to_string()))
        });
    }
    raised.push(exception(&kit, late("py-2")));
    for exception in &raised {
        must_commit(&stores, &raise(exception)).await;
    }
    let of_own: Vec<_> = raised.into_iter().filter(|exception| exception.payment == Some(own.id)).collect();
    assert_eq!(of_own.len(), 1);
    assert_eq!(listed(&stores, ExceptionFilter::Branch(merchant(), branch("B1")), 10).await, of_own);
    assert_eq!(listed(&stores, ExceptionFilter::Branch(merchant(), branch("B2")), 10).await, []);
}
