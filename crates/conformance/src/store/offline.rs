//! What a till did while its line was down is kept as it was first reported; what does not fit waits for a person.

use std::sync::Arc;

use futures::FutureExt as _;
use mstore_pay_domain::audit::Digest;
use mstore_pay_domain::ids::{BranchId, DeviceId, UserId};
use mstore_pay_domain::offline::{
    ConflictKind, ConflictState, DeviceProgress, NumberRange, OfflineConflict, OfflineDevice, OfflineEntry,
    OfflineKind, OfflineReference, ReportedPayment, Resolution,
};
use mstore_pay_domain::ports::{ConflictFilter, ConflictKey, ConflictPlace};
use mstore_pay_domain::unit_of_work::{OfflineWrite, UnitOfWork};

use super::fixtures::{
    Kit, assert_refused, at, commit_and_read, is_conflict, is_duplicate, merchant, must_commit, order_code,
    other_merchant, unit,
};
use super::{StoreHarness, Stores};
use crate::race::race;

pub(super) fn device(name: &str) -> DeviceId {
    DeviceId::parse(name).expect("a device")
}

pub(super) fn reference(text: &str) -> OfflineReference {
    OfflineReference::parse(text).expect("a reference")
}

/// Reports that race.
const RACERS: u32 = 16;

fn entry(device_name: &str, sequence: &str, kind: OfflineKind) -> OfflineEntry {
    OfflineEntry {
        merchant: merchant(),
        device: device(device_name),
        reference: reference(&format!("{device_name}-20251013-{sequence}")),
        kind,
        fingerprint: Digest::of(sequence.as_bytes()),
        body_json: "{\"amount\":33000,\"note\":\"es 'teh'\"}".to_owned(),
        created_at_device: at(1),
        received_at: at(100),
        branch: BranchId::parse("B1").ok(),
        order_code: order_code("TRX-1"),
        server_id: "pay_1".to_owned(),
    }
}

fn conflict(kit: &Kit, sequence: &str) -> OfflineConflict {
    OfflineConflict {
        id: kit.conflict_id(),
        merchant: merchant(),
        branch: BranchId::parse("B1").ok(),
        device: device("till"),
        kind: OfflineKind::Payment,
        reference: reference(&format!("till-20251013-{sequence}")),
        fingerprint: Digest::of(sequence.as_bytes()),
        conflict: ConflictKind::DataMismatch,
        suggested: Resolution::KeepServer,
        order_code: order_code("TRX-1"),
        local_json: "{\"amount\":34000}".to_owned(),
        server_json: Some("{\"amount\":33000}".to_owned()),
        server_id: Some("pay_1".to_owned()),
        at: at(100),
        state: ConflictState::Open,
    }
}

fn resolved(conflict: &OfflineConflict) -> OfflineConflict {
    let state = ConflictState::Resolved {
        at: at(300),
        by: UserId::parse("owner 7").expect("a user"),
        resolution: Resolution::Merge,
        reason: "both were sold".to_owned(),
        applied: Some("csh_2".to_owned()),
    };
    OfflineConflict { state, ..conflict.clone() }
}

fn writing(write: OfflineWrite) -> UnitOfWork {
    UnitOfWork { offline: vec![write], ..UnitOfWork::default() }
}

fn recording(entry: &OfflineEntry) -> UnitOfWork {
    writing(OfflineWrite::Record(entry.clone()))
}

fn raising(conflict: &OfflineConflict) -> UnitOfWork {
    writing(OfflineWrite::Raise(conflict.clone()))
}

async fn stored(stores: &Stores, entry: &OfflineEntry) -> Option<OfflineEntry> {
    stores.offline.entry(&entry.merchant, entry.kind, &entry.reference).await.expect("the store reads")
}

/// An entry is recorded once; case, kind and merchant tell entries apart.
pub async fn offline_entry_is_recorded_once(h: &dyn StoreHarness) {
    let rig = h.fresh().await;
    let stores = rig.stores();
    let first = entry("till", "0001", OfflineKind::Payment);
    assert_eq!(stored(&stores, &first).await, None);
    must_commit(&stores, &recording(&first)).await;
    let again = OfflineEntry { received_at: at(200), ..first.clone() };
    assert_refused(&stores.payments.commit(&recording(&again)).await, is_duplicate);
    for kind in [OfflineKind::Transaction, OfflineKind::Void] {
        must_commit(&stores, &recording(&entry("till", "0001", kind))).await;
    }
    must_commit(&stores, &recording(&entry("TILL", "0001", OfflineKind::Payment))).await;
    let theirs = OfflineEntry { merchant: other_merchant(), server_id: "pay_9".to_owned(), ..first.clone() };
    must_commit(&stores, &recording(&theirs)).await;
    assert_eq!(stored(&stores, &theirs).await, Some(theirs));
    assert_eq!(stored(&stores, &first).await, Some(first));
}

/// Something else under a known reference is refused, whoever sends it, and what is stored stays as it was.
pub async fn changed_offline_entry_leaves_the_stored_one(h: &dyn StoreHarness) {
    let rig = h.fresh().await;
    let stores = rig.stores();
    let first = entry("till", "0001", OfflineKind::Payment);
    must_commit(&stores, &recording(&first)).await;
    let changed = OfflineEntry { fingerprint: Digest::of(b"more money"), device: device("till-2"), ..first.clone() };
    for _ in 0..2 {
        assert_refused(&stores.payments.commit(&recording(&changed)).await, is_duplicate);
    }
    assert_eq!(stored(&stores, &first).await.as_ref(), Some(&first));
    let listed = stores.offline.entries(&merchant(), &device("till")).await.expect("the store reads");
    assert_eq!(listed, [first]);
}

/// A refused entry takes everything else of its unit with it.
pub async fn refused_offline_entry_leaves_nothing_of_its_unit(h: &dyn StoreHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let stores = rig.stores();
    let first = entry("till", "0001", OfflineKind::Payment);
    must_commit(&stores, &recording(&first)).await;
    let payment = kit.payment("TRX-1");
    let mut work = unit(&payment);
    work.offline.push(OfflineWrite::Record(first));
    assert_refused(&stores.payments.commit(&work).await, is_duplicate);
    assert_eq!(super::fixtures::read(&stores, &payment).await, None);
}

/// Of racing reports under one reference one is recorded.
pub async fn of_racing_offline_entries_one_wins(h: &dyn StoreHarness) {
    let rig = h.fresh().await;
    let stores = rig.stores();
    let racers = (0..RACERS).map(|number| {
        let repository = Arc::clone(&stores.payments);
        let entry = OfflineEntry { server_id: number.to_string(), ..entry("till", "0001", OfflineKind::Payment) };
        async move { repository.commit(&recording(&entry)).await }.boxed()
    });
    let outcomes = race(racers.collect()).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1, "{outcomes:?}");
    for outcome in outcomes.iter().filter(|outcome| outcome.is_err()) {
        assert_refused(outcome, is_duplicate);
    }
}

/// A till's entries come in the order in which they were reported, and only its own.
pub async fn offline_entries_are_listed_in_order_of_report(h: &dyn StoreHarness) {
    let rig = h.fresh().await;
    let stores = rig.stores();
    let mut written = Vec::new();
    for (number, sequence) in ["0009", "0001", "abc", "0010"].into_iter().enumerate() {
        let received_at = at(u64::try_from(number).unwrap_or_default());
        let entry = OfflineEntry { received_at, ..entry("till", sequence, OfflineKind::Transaction) };
        must_commit(&stores, &recording(&entry)).await;
        written.push(entry);
        must_commit(&stores, &recording(&self::entry("till-2", sequence, OfflineKind::Transaction))).await;
    }
    let listed = stores.offline.entries(&merchant(), &device("till")).await.expect("the store reads");
    assert_eq!(listed, written);
    let none = stores.offline.entries(&other_merchant(), &device("till")).await.expect("the store reads");
    assert_eq!(none, []);
}

/// An order's entries come in the order in which they were reported, of every till, and of its merchant only.
pub async fn offline_entries_of_an_order_are_listed_whoever_reported_them(h: &dyn StoreHarness) {
    let rig = h.fresh().await;
    let stores = rig.stores();
    let mut written = Vec::new();
    for (till, sequence) in [("till-2", "0009"), ("till", "0001"), ("till-2", "abc")] {
        let entry = entry(till, sequence, OfflineKind::Payment);
        must_commit(&stores, &recording(&entry)).await;
        must_commit(&stores, &recording(&OfflineEntry { merchant: other_merchant(), ..entry.clone() })).await;
        let other_order = OfflineEntry { order_code: order_code("TRX-10"), ..entry.clone() };
        must_commit(&stores, &recording(&OfflineEntry { kind: OfflineKind::Void, ..other_order })).await;
        written.push(entry);
    }
    let listed = stores.offline.entries_of_order(&merchant(), &order_code("TRX-1")).await.expect("the store reads");
    assert_eq!(listed, written);
    let none = stores.offline.entries_of_order(&merchant(), &order_code("TRX-2")).await.expect("the store reads");
    assert_eq!(none, []);
}

/// What is kept of a reported payment is kept once, and counts how often it was reported.
pub async fn reported_payment_counts_its_reports(h: &dyn StoreHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let stores = rig.stores();
    let payment = commit_and_read(&stores, &kit.payment("TRX-1")).await;
    let report = ReportedPayment {
        payment: payment.id,
        merchant: merchant(),
        device: device("till"),
        reference: reference("till-20251013-0001"),
        receipt_id: Some("RRN 123".to_owned()),
        created_at_device: at(1),
        last_sync_at: at(100),
        sync_attempts: 1,
    };
    let reported = async || stores.offline.reported(&payment.id).await.expect("the store reads");
    assert_eq!(reported().await, None);
    must_commit(&stores, &writing(OfflineWrite::Report(report.clone()))).await;
    let other = ReportedPayment { device: device("till-2"), ..report.clone() };
    must_commit(&stores, &writing(OfflineWrite::Report(other))).await;
    assert_eq!(reported().await, Some(report.clone()));
    let unknown = kit.payment("TRX-2").id;
    stores.offline.reported_again(&[payment.id, unknown], at(200)).await.expect("the store counts");
    assert_eq!(reported().await, Some(ReportedPayment { sync_attempts: 2, last_sync_at: at(200), ..report }));
}

/// A conflict is raised once for each content, is resolved once, and reads back as it was written.
pub async fn offline_conflict_is_raised_and_resolved_once(h: &dyn StoreHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let stores = rig.stores();
    let first = conflict(&kit, "0001");
    must_commit(&stores, &raising(&first)).await;
    let again = OfflineConflict { id: kit.conflict_id(), at: at(200), ..first.clone() };
    assert_refused(&stores.payments.commit(&raising(&again)).await, is_duplicate);
    let changed = OfflineConflict { id: kit.conflict_id(), fingerprint: Digest::of(b"more"), ..first.clone() };
    must_commit(&stores, &raising(&changed)).await;
    let found = stores.offline.conflict_of(&ConflictKey::of(&first)).await.expect("the store reads");
    assert_eq!(found.as_ref(), Some(&first));
    let theirs = stores.offline.conflict(&other_merchant(), &first.id).await.expect("the store reads");
    assert_eq!(theirs, None, "another merchant is told of none");
    let theirs = OfflineConflict { id: kit.conflict_id(), merchant: other_merchant(), ..first.clone() };
    must_commit(&stores, &raising(&theirs)).await;
    let found = stores.offline.conflict_of(&ConflictKey::of(&theirs)).await.expect("the store reads");
    assert_eq!(found, Some(theirs), "the same of another merchant is that merchant's");

    let done = resolved(&first);
    must_commit(&stores, &writing(OfflineWrite::Resolve(done.clone()))).await;
    assert_refused(&stores.payments.commit(&writing(OfflineWrite::Resolve(done.clone()))).await, is_conflict);
    let unknown = resolved(&conflict(&kit, "0002"));
    assert_refused(&stores.payments.commit(&writing(OfflineWrite::Resolve(unknown))).await, is_conflict);
    assert_eq!(stores.offline.conflict(&merchant(), &first.id).await.expect("the store reads"), Some(done));
}

/// Conflicts are listed newest first, page by page, by branch, till and state.
pub async fn offline_conflicts_are_listed_newest_first_by_every_filter(h: &dyn StoreHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let stores = rig.stores();
    let mut written = Vec::new();
    for (number, seconds) in [20, 10, 20, 30].into_iter().enumerate() {
        let mut raised = OfflineConflict { at: at(seconds), ..conflict(&kit, &number.to_string()) };
        if number == 1 {
            (raised.device, raised.branch) = (device("till-2"), BranchId::parse("B2").ok());
            raised.order_code = order_code("TRX-2");
        }
        must_commit(&stores, &raising(&raised)).await;
        written.push(raised);
    }
    let abroad = OfflineConflict { merchant: other_merchant(), ..conflict(&kit, "9") };
    must_commit(&stores, &raising(&abroad)).await;
    if let Some(first) = written.first_mut() {
        *first = resolved(first);
        must_commit(&stores, &writing(OfflineWrite::Resolve(first.clone()))).await;
    }
    written.sort_by_key(|conflict| std::cmp::Reverse(ConflictPlace::of(conflict)));
    let all = ConflictFilter { merchant: merchant(), branch: None, device: None, order_code: None, open: None };
    let filters = [
        all.clone(),
        ConflictFilter { branch: BranchId::parse("B2").ok(), ..all.clone() },
        ConflictFilter { device: Some(device("till")), ..all.clone() },
        ConflictFilter { order_code: Some(order_code("TRX-2")), ..all.clone() },
        ConflictFilter { open: Some(true), ..all.clone() },
        ConflictFilter { open: Some(false), ..all },
    ];
    let admits = |filter: &ConflictFilter, conflict: &OfflineConflict| {
        (filter.branch.is_none() || filter.branch == conflict.branch)
            && filter.device.as_ref().is_none_or(|device| device == &conflict.device)
            && filter.order_code.as_ref().is_none_or(|code| code == &conflict.order_code)
            && filter.open.is_none_or(|open| open == (conflict.state == ConflictState::Open))
    };
    for filter in filters {
        let wanted: Vec<_> = written.iter().filter(|conflict| admits(&filter, conflict)).cloned().collect();
        let (mut pages, mut after) = (Vec::new(), None);
        loop {
            let page = stores.offline.conflicts(&filter, after, 2).await.expect("the store reads");
            let Some(last) = page.last() else { break };
            after = Some(ConflictPlace::of(last));
            pages.extend(page);
        }
        assert_eq!(pages, wanted, "{filter:?}");
    }
}

/// A till's reports are counted as they come, in whatever order, and its numbers run together; only decimal ones count.
pub async fn offline_progress_is_kept_as_reports_come(h: &dyn StoreHarness) {
    let rig = h.fresh().await;
    let stores = rig.stores();
    let progress =
        async |limit| stores.offline.progress(&merchant(), &device("till"), limit).await.expect("the store reads");
    assert_eq!(progress(10).await, DeviceProgress::default());
    let mut written = Vec::new();
    for sequence in ["0005", "1", "0003", "abc", "0002", "9", "8", "0004", "0", "12"] {
        written.push(entry("till", sequence, OfflineKind::Payment));
    }
    let next_day = reference("till-20251014-0007");
    written.push(OfflineEntry { reference: next_day, ..entry("till", "7", OfflineKind::Payment) });
    written.push(entry("till", "0003", OfflineKind::Void));
    for entry in &written {
        must_commit(&stores, &recording(entry)).await;
        must_commit(&stores, &recording(&OfflineEntry { merchant: other_merchant(), ..entry.clone() })).await;
    }
    let numbers = NumberRange::all_of(written.iter().map(|entry| &entry.reference));
    let runs: Vec<(u64, u64)> = numbers.iter().map(|run| (run.first, run.last)).collect();
    assert_eq!(runs, [(0, 5), (8, 9), (12, 12), (7, 7)]);
    let last = written.last().map(|entry| entry.reference.clone());
    assert_eq!(progress(10).await, DeviceProgress { reported: 12, last, numbers: numbers.clone() });
    assert_eq!(progress(2).await.numbers.as_slice(), numbers.get(2..).expect("the latest two"));
    assert_refused(
        &stores.payments.commit(&recording(&entry("till", "0005", OfflineKind::Payment))).await,
        is_duplicate,
    );
    assert_eq!(progress(10).await.reported, 12, "a refused report is not counted");
    let theirs = OfflineEntry { merchant: other_merchant(), ..entry("till", "0099", OfflineKind::Payment) };
    must_commit(&stores, &recording(&theirs)).await;
    assert_eq!(progress(10).await.last, written.last().map(|entry| entry.reference.clone()), "it is another's till");
}

/// Reports of one till that race are all counted, and their numbers leave no gap.
pub async fn racing_offline_reports_of_a_till_are_all_counted(h: &dyn StoreHarness) {
    let rig = h.fresh().await;
    let stores = rig.stores();
    let racers = (0..RACERS).map(|number| {
        let repository = Arc::clone(&stores.payments);
        let entry = entry("till", &number.to_string(), OfflineKind::Payment);
        async move { repository.commit(&recording(&entry)).await }.boxed()
    });
    for outcome in race(racers.collect()).await {
        outcome.expect("each is recorded");
    }
    let progress = stores.offline.progress(&merchant(), &device("till"), 10).await.expect("the store reads");
    assert_eq!((progress.reported, progress.gaps(10)), (RACERS.into(), vec![]));
    let runs: Vec<(u64, u64)> = progress.numbers.iter().map(|run| (run.first, run.last)).collect();
    assert_eq!(runs, [(0, u64::from(RACERS) - 1)]);
}

/// What is known of a till is what was seen of it last.
pub async fn offline_device_is_as_it_was_seen_last(h: &dyn StoreHarness) {
    let rig = h.fresh().await;
    let stores = rig.stores();
    let known = async || stores.offline.device(&merchant(), &device("till")).await.expect("the store reads");
    assert_eq!(known().await, None);
    let first = OfflineDevice {
        merchant: merchant(),
        device: device("till"),
        branch: BranchId::parse("B1").ok(),
        last_seen_at: at(1),
        clock_skew_micros: Some(-90_000_000),
    };
    stores.offline.see_device(&first).await.expect("the store keeps it");
    assert_eq!(known().await, Some(first.clone()));
    let later = OfflineDevice { branch: None, last_seen_at: at(2), clock_skew_micros: None, ..first.clone() };
    stores.offline.see_device(&later).await.expect("the store keeps it");
    stores
        .offline
        .see_device(&OfflineDevice { merchant: other_merchant(), ..first })
        .await
        .expect("the store keeps it");
    assert_eq!(known().await, Some(later));
}
