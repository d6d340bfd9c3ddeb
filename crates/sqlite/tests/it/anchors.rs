//! Whoever changes the trail with the database in hand, and every trigger out of the way, is found. The same file is
//! run on both stores.

use std::sync::Arc;
use std::time::Duration;

use mstore_pay_domain::audit::{
    Actor, AuditAnchor, AuditEvent, AuditHead, AuditNote, AuditRecord, MerchantNote, MerchantRecord,
};
use mstore_pay_domain::audit_trail::AuditTrail;
use mstore_pay_domain::ids::{MerchantId, PaymentId};
use mstore_pay_domain::payment::Payment;
use mstore_pay_domain::ports::{AuditAnchors, PaymentRepository, Timeline};
use mstore_pay_domain::unit_of_work::{Due, UnitOfWork};

use crate::fixtures::{Site, TestStore, at, stored};

const DAY: u64 = 24 * 60 * 60;

/// A store of two payments, a merchant who decided something, and two days: the first payment's chain and the merchant's
/// grew on the second.
struct Shop {
    site: Site,
    store: Arc<TestStore>,
    grown: Payment,
    other: Payment,
    last: AuditHead,
}

/// What is on the merchant's chain.
fn noted(merchant: &MerchantId, reason: &str) -> UnitOfWork {
    let note = AuditNote::new(at(0), Actor::Operator, AuditEvent::OrderVoided).with("reason", reason);
    let merchant_notes = vec![MerchantNote { merchant: merchant.clone(), note }];
    UnitOfWork { merchant_notes, ..UnitOfWork::default() }
}

impl Shop {
    async fn open() -> Self {
        let site = Site::new();
        let store = Arc::new(site.opened().await);
        let first = stored(&store, &site.payment(), Due::Never).await;
        let other = stored(&store, &site.payment(), Due::Never).await;
        store.commit(&noted(&first.merchant, "one")).await.unwrap();
        let trail = AuditTrail::new(store.clone(), store.clone());
        let anchored = trail.anchor_the_day(at(0)).await.unwrap().unwrap();
        assert_eq!(anchored.seq, 1);
        let grown = stored(&store, &first, Due::Never).await;
        store.commit(&noted(&first.merchant, "two")).await.unwrap();
        let again = at(0).plus(Duration::from_hours(1));
        assert_eq!(trail.anchor_the_day(again).await.unwrap(), None, "one a day");
        let last = trail.anchor_the_day(at(DAY)).await.unwrap().unwrap();
        assert_eq!(last.seq, 2);
        Self { site, store, grown, other, last }
    }

    /// Every trace of a payment but its anchors.
    fn without(payment: &PaymentId) -> Vec<String> {
        let mut statements = vec![format!("DELETE FROM payments WHERE id = '{payment}'")];
        let tables = ["payment_events", "payment_event_bodies", "payment_details", "charges", "receipts", "outbox"];
        statements.extend(tables.map(|table| format!("DELETE FROM {table} WHERE payment_id = '{payment}'")));
        statements
    }

    async fn merchant_records(&self) -> Vec<MerchantRecord> {
        self.store.merchant_records(&self.grown.merchant, 0, 10).await.unwrap()
    }

    async fn records(&self) -> Vec<AuditRecord> {
        self.store.records(&self.grown.id).await.unwrap()
    }

    /// What a verification finds, one sentence a fault.
    async fn faults(&self, noted: Option<AuditHead>) -> Vec<String> {
        let (mut faults, trail) = (Vec::new(), AuditTrail::new(self.store.clone(), self.store.clone()));
        let tally = trail.verify(noted, &mut |fault| faults.push(fault.to_string())).await.unwrap();
        assert_eq!(tally.faults, u64::try_from(faults.len()).unwrap());
        faults
    }

    async fn check(&self, forgery: &[String], want: &[String]) {
        self.site.forge(forgery);
        assert_eq!(self.faults(None).await, want, "{forgery:?}");
    }
}

fn head_of(record: &AuditRecord) -> AuditHead {
    AuditHead { seq: record.seq, digest: record.digest() }
}

fn set_head(payment: &PaymentId, head: AuditHead) -> String {
    let AuditHead { seq, digest } = head;
    let digest = Site::bytes(digest.as_bytes());
    format!("UPDATE payments SET audit_seq = {seq}, audit_head = {digest} WHERE id = '{payment}'")
}

#[tokio::test(flavor = "multi_thread")]
async fn an_untouched_trail_holds_whatever_was_noted() {
    let shop = Shop::open().await;
    assert_eq!(shop.faults(None).await, Vec::<String>::new());
    assert_eq!(shop.faults(Some(shop.last)).await, Vec::<String>::new());
    let first = shop.store.anchors(0, 1).await.unwrap()[0].head();
    assert_eq!(shop.faults(Some(first)).await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_deleted_with_its_whole_chain_is_missed() {
    let shop = Shop::open().await;
    let gone = shop.other.id;
    shop.check(&Shop::without(&gone), &[format!("{gone}, in anchor 1: the payment is gone")]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tail_cut_together_with_the_payments_own_head_is_missed() {
    let shop = Shop::open().await;
    let (payment, records) = (shop.grown.id, shop.records().await);
    let cut = [
        format!("DELETE FROM payment_events WHERE payment_id = '{payment}' AND seq = 2"),
        set_head(&payment, head_of(&records[0])),
    ];
    let missed = format!("{payment}, in anchor 2: its audit chain ends at 1, 2 was anchored");
    shop.check(&cut, &[missed]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tail_written_anew_together_with_the_payments_own_head_is_found() {
    let shop = Shop::open().await;
    let (payment, mut records) = (shop.grown.id, shop.records().await);
    records[1].actor = "user:nobody".to_owned();
    let (bytes, actor) = (Site::bytes(&records[1].canonical_bytes()), &records[1].actor);
    let row = format!("payment_id = '{payment}' AND seq = 2");
    let anew = [
        format!("UPDATE payment_events SET record = {bytes}, actor = '{actor}' WHERE {row}"),
        set_head(&payment, head_of(&records[1])),
    ];
    let found = format!("{payment}, in anchor 2: audit record 2 is not the one that was anchored");
    shop.check(&anew, &[found]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_deleted_with_what_the_anchors_say_of_it_is_found() {
    let shop = Shop::open().await;
    let mut forgery = Shop::without(&shop.other.id);
    forgery.push(format!("DELETE FROM anchored_heads WHERE payment_id = '{}'", shop.other.id));
    shop.check(&forgery, &["anchor 1 was changed".to_owned()]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_deleted_with_the_whole_anchor_that_names_it_is_found() {
    let shop = Shop::open().await;
    let mut forgery = Shop::without(&shop.other.id);
    forgery.extend(
        ["DELETE FROM anchored_heads WHERE anchor_seq = 1", "DELETE FROM audit_anchors WHERE seq = 1"].map(Into::into),
    );
    shop.check(&forgery, &["anchor 1 is missing: found 2".to_owned()]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_anchor_made_anew_without_a_payment_is_found_by_the_next_one() {
    let shop = Shop::open().await;
    let first = shop.store.anchors(0, 1).await.unwrap()[0].anchor.clone();
    let kept = first.heads.iter().filter(|(payment, _)| *payment != shop.other.id).copied().collect();
    let anew = AuditAnchor { heads: kept, ..first };
    let mut forgery = Shop::without(&shop.other.id);
    forgery.push(format!("DELETE FROM anchored_heads WHERE payment_id = '{}'", shop.other.id));
    let digest = Site::bytes(anew.head().digest.as_bytes());
    forgery.push(format!("UPDATE audit_anchors SET digest = {digest} WHERE seq = 1"));
    shop.check(&forgery, &["anchor 2 does not follow from the one before".to_owned()]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn anchors_cut_off_at_the_end_are_missed_by_whoever_noted_one() {
    let shop = Shop::open().await;
    let cut = ["DELETE FROM anchored_heads WHERE anchor_seq = 2", "DELETE FROM audit_anchors WHERE seq = 2"];
    shop.check(&cut.map(Into::into), &[]).await;
    assert_eq!(shop.faults(Some(shop.last)).await, ["anchors end at 1, 2 was noted"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_last_anchor_made_anew_is_found_by_whoever_noted_it() {
    let shop = Shop::open().await;
    let last = shop.store.last_anchor().await.unwrap().unwrap().anchor;
    let anew = AuditAnchor { at: at(DAY + 1), ..last };
    let (time, digest) = (Site::time(anew.at), Site::bytes(anew.head().digest.as_bytes()));
    let forgery = format!("UPDATE audit_anchors SET at = {time}, digest = {digest} WHERE seq = 2");
    shop.check(&[forgery], &[]).await;
    assert_eq!(shop.faults(Some(shop.last)).await, ["anchor 2 was changed"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_done_to_a_merchants_chain_is_found() {
    let shop = Shop::open().await;
    let merchant = shop.grown.merchant.clone();
    let [first, second] = <[MerchantRecord; 2]>::try_from(shop.merchant_records().await).unwrap();
    let change = |record: &MerchantRecord| {
        let (bytes, actor, seq) = (Site::bytes(&record.canonical_bytes()), &record.actor, record.seq);
        format!("UPDATE merchant_events SET record = {bytes}, actor = '{actor}' WHERE seq = {seq}")
    };
    let set_head = |record: &MerchantRecord| {
        let (seq, digest) = (record.seq, Site::bytes(record.digest().as_bytes()));
        format!("UPDATE merchant_heads SET audit_seq = {seq}, audit_head = {digest}")
    };
    let tell = |what: &str| vec![format!("merchant {merchant}{what}")];
    let beside = "UPDATE merchant_events SET actor = 'user:nobody' WHERE seq = 2".to_owned();
    shop.check(&[beside], &tell(": an audit record cannot be read")).await;
    let of_nobody = MerchantRecord { actor: "user:nobody".to_owned(), ..second.clone() };
    shop.check(&[change(&of_nobody)], &tell(": audit record 2 does not follow from the one before")).await;
    let anew = tell(", in anchor 2: audit record 2 is not the one that was anchored");
    shop.check(&[change(&of_nobody), set_head(&of_nobody)], &anew).await;
    let cut = "DELETE FROM merchant_events WHERE seq = 2".to_owned();
    let missed = tell(", in anchor 2: its audit chain ends at 1, 2 was anchored");
    shop.check(&[cut, set_head(&first)], &missed).await;
    let gone = ["DELETE FROM merchant_events".to_owned(), "DELETE FROM merchant_heads".to_owned()];
    let missed: Vec<String> =
        [1, 2].map(|anchor| format!("merchant {merchant}, in anchor {anchor}: the audit chain is gone")).into();
    shop.check(&gone, &missed).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_cannot_be_read_is_told_of_and_keeps_nobody_from_the_rest() {
    let shop = Shop::open().await;
    let (payment, gone) = (shop.grown.id, shop.other.id);
    let mut forgery = Shop::without(&gone);
    let rotten = Site::bytes(&[0]);
    forgery.push(format!("UPDATE payment_events SET record = {rotten} WHERE payment_id = '{payment}' AND seq = 1"));
    let found =
        [format!("{payment}: an audit record cannot be read"), format!("{gone}, in anchor 1: the payment is gone")];
    shop.check(&forgery, &found).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn chains_that_moved_are_found_among_tens_of_thousands_that_did_not() {
    const PAYMENTS: usize = 25_000;
    // The last that a statement looks through, the first of the next, one in its midst, and one for the last.
    const MOVED: [usize; 4] = [10_000, 10_001, 12_345, PAYMENTS];
    let shop = Shop::open().await;
    let id = |number: usize| format!("pay_{:032}", 1_000_000 + number);
    let columns = shop.site.columns("payments");
    let copied = columns.iter().map(|column| match column.as_str() {
        "id" => "'pay_0000000000000000000000000' || (1000000 + n)",
        other => other,
    });
    let copied = format!(
        "INSERT INTO payments ({}) WITH RECURSIVE counted (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counted WHERE n < {PAYMENTS}) \
         SELECT {} FROM counted CROSS JOIN payments WHERE id = '{}'",
        columns.join(", "),
        copied.collect::<Vec<_>>().join(", "),
        shop.other.id
    );
    let moved: Vec<PaymentId> = MOVED.iter().map(|number| id(*number).parse().unwrap()).collect();
    let anchored = format!(
        "INSERT INTO anchored_heads (payment_id, audit_seq, audit_head, anchor_seq) SELECT id, audit_seq, audit_head, 2 FROM payments \
         WHERE id <= '{}' AND id NOT IN ({})",
        id(PAYMENTS),
        moved.iter().map(|payment| format!("'{payment}'")).collect::<Vec<_>>().join(", ")
    );
    shop.site.forge(&[copied, anchored]);
    let found = async |after: Option<PaymentId>, limit: u32| -> Vec<PaymentId> {
        let heads = shop.store.unanchored(after, limit).await.unwrap();
        heads.into_iter().map(|(payment, _)| payment).collect()
    };
    assert_eq!(found(None, 10).await, moved);
    assert_eq!(found(None, 2).await, moved[..2]);
    assert_eq!(found(Some(moved[0]), 10).await, moved[1..]);
    assert_eq!(found(Some(moved[3]), 10).await, []);
}
