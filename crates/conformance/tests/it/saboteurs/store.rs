//! Stores with one bug each.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use mstore_pay_conformance::store::{StoreHarness, StoreRig, Stores};
use mstore_pay_conformance::store_failures;
use mstore_pay_domain::audit::{AuditAnchor, AuditHead, SealedAnchor};
use mstore_pay_domain::charge::{ChargeState, Funds};
use mstore_pay_domain::event::{FeedPiece, FeedPlace};
use mstore_pay_domain::idempotency::IdempotencySlot;
use mstore_pay_domain::ids::{
    AccountId, BranchId, LeaseToken, MerchantId, MessageId, OrderCode, OurReference, PaymentId, ProviderId, ProviderRef,
};
use mstore_pay_domain::lease::Lease;
use mstore_pay_domain::payment::{Payment, Revision};
use mstore_pay_domain::ports::{
    Anchored, AuditAnchors, BeforeSale, CommitError, LeasedMessage, LeasedPayment, OrderRepository, OrderWithPayments,
    Outbox, PaymentFilter, PaymentInOrder, PaymentName, PaymentPlace, PaymentRepository, Prunable, Retention,
    StoreError,
};
use mstore_pay_domain::time::Timestamp;
use mstore_pay_domain::unit_of_work::{IdempotencyWrite, LiveOrderWrite, UnitOfWork};

use crate::memory::store::MemoryStoreHarness;

#[derive(Debug, Clone, Copy)]
enum Bug {
    LosesTheOutboxRow,
    IgnoresTheExpectedRevision,
    ForgetsAReceipt,
    ShowsTwoCharges,
    CommitsInPieces,
    TakesATakenKey,
    OverlooksAKeyBeforeASale,
    LosesTheAuditRecord,
    ForgetsWhereAPageEnded,
    AnchorsWhateverItIsGiven,
    PrunesWhateverThereIs,
    GoesOnBehindWhatAPieceHasNoRoomFor,
}

/// A store with a bug in what it writes.
struct Sabotaged {
    bug: Bug,
    payments: Arc<dyn PaymentRepository>,
    orders: Arc<dyn OrderRepository>,
    anchors: Arc<dyn AuditAnchors>,
    retention: Arc<dyn Retention>,
    outbox: Arc<dyn Outbox>,
}

impl Sabotaged {
    async fn ignore_revisions(&self, work: &mut UnitOfWork) {
        for write in &mut work.payments {
            let stored = self.payments.payment(&write.payment.merchant, &write.payment.id).await.unwrap();
            write.expected = stored.map(|stored| stored.revision).unwrap_or_default();
        }
        for write in &mut work.orders {
            let stored = self.orders.order(&write.order.merchant, &write.order.code).await.unwrap();
            write.expected = stored.map(|stored| stored.revision).unwrap_or_default();
        }
    }

    /// Passes over what was made at the same moment as the last one, given the id that ends that moment.
    fn page_after(&self, after: Option<PaymentPlace>, last_id: &str) -> Option<PaymentPlace> {
        let forgetful = matches!(self.bug, Bug::ForgetsWhereAPageEnded);
        after.map(|after| if forgetful { PaymentPlace { id: last_id.parse().unwrap(), ..after } } else { after })
    }

    async fn spoil(&self, work: &mut UnitOfWork) -> Result<(), CommitError> {
        match self.bug {
            Bug::LosesTheOutboxRow => work.outbox.clear(),
            Bug::IgnoresTheExpectedRevision => self.ignore_revisions(work).await,
            Bug::ForgetsAReceipt => forget_receipts(work),
            Bug::ShowsTwoCharges => work.live_orders.retain(|write| !matches!(write, LiveOrderWrite::Hold { .. })),
            Bug::CommitsInPieces => {
                let outbox = std::mem::take(&mut work.outbox);
                self.payments.commit(&UnitOfWork { outbox, ..UnitOfWork::default() }).await?;
            }
            Bug::TakesATakenKey => {
                for write in &mut work.idempotency {
                    if let IdempotencyWrite::Claim { now, .. } = write {
                        *now = now.plus(Duration::from_hours(24 * 365));
                    }
                }
            }
            Bug::LosesTheAuditRecord => {
                for write in &mut work.payments {
                    let stored = self.payments.payment(&write.payment.merchant, &write.payment.id).await.unwrap();
                    write.payment.audit = stored.map(|stored| stored.audit).unwrap_or_default();
                }
                work.audit.clear();
            }
            Bug::OverlooksAKeyBeforeASale
            | Bug::ForgetsWhereAPageEnded
            | Bug::AnchorsWhateverItIsGiven
            | Bug::PrunesWhateverThereIs
            | Bug::GoesOnBehindWhatAPieceHasNoRoomFor => {}
        }
        Ok(())
    }
}

/// Keeps one receipt of each charge at most.
fn forget_receipts(work: &mut UnitOfWork) {
    for charge in work.payments.iter_mut().flat_map(|write| &mut write.payment.charges) {
        if let Some(funds) = charge.state.funds().filter(|funds| funds.receipts().count() > 1) {
            charge.state = ChargeState::of(Funds::from_facts(funds.receipts().take(1).cloned(), [], []));
        }
    }
}

#[async_trait]
impl PaymentRepository for Sabotaged {
    async fn payment(&self, merchant: &MerchantId, id: &PaymentId) -> Result<Option<Payment>, StoreError> {
        self.payments.payment(merchant, id).await
    }

    async fn payment_in_order(
        &self,
        merchant: &MerchantId,
        name: &PaymentName,
    ) -> Result<Option<PaymentInOrder>, StoreError> {
        self.payments.payment_in_order(merchant, name).await
    }

    async fn by_provider_ref(
        &self,
        merchant: &MerchantId,
        provider_ref: &ProviderRef,
    ) -> Result<Option<Payment>, StoreError> {
        self.payments.by_provider_ref(merchant, provider_ref).await
    }

    async fn by_account_refs(
        &self,
        provider: &ProviderId,
        account: &AccountId,
        refs: &[ProviderRef],
    ) -> Result<Vec<OrderWithPayments>, StoreError> {
        self.payments.by_account_refs(provider, account, refs).await
    }

    async fn by_our_reference(
        &self,
        provider: &ProviderId,
        account: &AccountId,
        reference: &OurReference,
    ) -> Result<Option<Payment>, StoreError> {
        self.payments.by_our_reference(provider, account, reference).await
    }

    async fn by_account_order(
        &self,
        provider: &ProviderId,
        account: &AccountId,
        code: &OrderCode,
    ) -> Result<Vec<Payment>, StoreError> {
        self.payments.by_account_order(provider, account, code).await
    }

    async fn at_account(
        &self,
        provider: &ProviderId,
        account: &AccountId,
        since: Timestamp,
        after: Option<PaymentPlace>,
        limit: u32,
    ) -> Result<Vec<Payment>, StoreError> {
        let after = self.page_after(after, "pay_ffffffffffffffffffffffffffffffff");
        self.payments.at_account(provider, account, since, after, limit).await
    }

    async fn of_order(&self, merchant: &MerchantId, code: &OrderCode) -> Result<Vec<Payment>, StoreError> {
        self.payments.of_order(merchant, code).await
    }

    async fn order_with_payments(
        &self,
        merchant: &MerchantId,
        code: &OrderCode,
    ) -> Result<OrderWithPayments, StoreError> {
        self.payments.order_with_payments(merchant, code).await
    }

    async fn before_sale(
        &self,
        merchant: &MerchantId,
        code: &OrderCode,
        slot: &Option<IdempotencySlot>,
    ) -> Result<BeforeSale, StoreError> {
        let mut before = self.payments.before_sale(merchant, code, slot).await?;
        if matches!(self.bug, Bug::OverlooksAKeyBeforeASale) {
            before.key = None;
        }
        Ok(before)
    }

    async fn paid_of_order(&self, merchant: &MerchantId, code: &OrderCode) -> Result<Option<PaymentId>, StoreError> {
        self.payments.paid_of_order(merchant, code).await
    }

    async fn list(
        &self,
        filter: &PaymentFilter,
        after: Option<PaymentPlace>,
        limit: u32,
    ) -> Result<Vec<Payment>, StoreError> {
        self.payments.list(filter, self.page_after(after, "pay_00000000000000000000000000000000"), limit).await
    }

    async fn revisions(&self, payments: &[PaymentId]) -> Result<Vec<(PaymentId, Revision)>, StoreError> {
        self.payments.revisions(payments).await
    }

    async fn claim_due(&self, now: Timestamp, limit: u32, lease: Lease) -> Result<Vec<LeasedPayment>, StoreError> {
        self.payments.claim_due(now, limit, lease).await
    }

    async fn reschedule(
        &self,
        payment: &PaymentId,
        token: LeaseToken,
        checked_at: Timestamp,
        next: &Option<Timestamp>,
    ) -> Result<(), StoreError> {
        self.payments.reschedule(payment, token, checked_at, next).await
    }

    async fn commit(&self, work: &UnitOfWork) -> Result<(), CommitError> {
        let mut work = work.clone();
        self.spoil(&mut work).await?;
        self.payments.commit(&work).await
    }
}

#[async_trait]
impl AuditAnchors for Sabotaged {
    async fn heads(&self, after: Option<PaymentId>, limit: u32) -> Result<Vec<(PaymentId, AuditHead)>, StoreError> {
        self.anchors.heads(after, limit).await
    }

    async fn head(&self, payment: &PaymentId) -> Result<Option<AuditHead>, StoreError> {
        self.anchors.head(payment).await
    }

    async fn unanchored(
        &self,
        after: Option<PaymentId>,
        limit: u32,
    ) -> Result<Vec<(PaymentId, AuditHead)>, StoreError> {
        self.anchors.unanchored(after, limit).await
    }

    async fn merchant_heads(
        &self,
        after: &Option<MerchantId>,
        limit: u32,
    ) -> Result<Vec<(MerchantId, AuditHead)>, StoreError> {
        self.anchors.merchant_heads(after, limit).await
    }

    async fn merchant_head(&self, merchant: &MerchantId) -> Result<Option<AuditHead>, StoreError> {
        self.anchors.merchant_head(merchant).await
    }

    async fn unanchored_merchants(&self, limit: u32) -> Result<Vec<(MerchantId, AuditHead)>, StoreError> {
        self.anchors.unanchored_merchants(limit).await
    }

    async fn anchors(&self, after: u64, limit: u32) -> Result<Vec<SealedAnchor>, StoreError> {
        self.anchors.anchors(after, limit).await
    }

    async fn last_anchor(&self) -> Result<Option<SealedAnchor>, StoreError> {
        self.anchors.last_anchor().await
    }

    async fn append_anchor(&self, anchor: &AuditAnchor) -> Result<Anchored, StoreError> {
        if !matches!(self.bug, Bug::AnchorsWhateverItIsGiven) {
            return self.anchors.append_anchor(anchor).await;
        }
        let last = self.anchors.last_anchor().await?.map(|last| last.head()).unwrap_or_default();
        let forced = AuditAnchor::following(last, anchor.at, anchor.heads.clone());
        let forced = forced.with_merchants(anchor.merchants.clone());
        self.anchors.append_anchor(&forced).await
    }
}

#[async_trait]
impl Retention for Sabotaged {
    async fn prune(&self, what: Prunable, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        let whatever = matches!(self.bug, Bug::PrunesWhateverThereIs);
        let before = if whatever { before.plus(Duration::from_hours(24)) } else { before };
        self.retention.prune(what, before, limit).await
    }
}

#[async_trait]
impl Outbox for Sabotaged {
    async fn claim(&self, limit: u32, lease: Lease) -> Result<Vec<LeasedMessage>, StoreError> {
        self.outbox.claim(limit, lease).await
    }

    async fn sent(&self, message: &MessageId, token: LeaseToken) -> Result<(), StoreError> {
        self.outbox.sent(message, token).await
    }

    async fn changes(
        &self,
        merchant: &MerchantId,
        branch: &Option<BranchId>,
        after: FeedPlace,
        limit: u32,
    ) -> Result<FeedPiece, StoreError> {
        // Looked at first, so that a piece which has room for all is as it should be, whoever commits meanwhile.
        let whole = self.outbox.changes(merchant, &None, after, u32::MAX).await?;
        let piece = self.outbox.changes(merchant, branch, after, limit).await?;
        if !matches!(self.bug, Bug::GoesOnBehindWhatAPieceHasNoRoomFor) {
            return Ok(piece);
        }
        Ok(FeedPiece { next: piece.next.max(whole.next), ..piece })
    }

    async fn retry(&self, message: &MessageId, token: LeaseToken, pause: Duration) -> Result<(), StoreError> {
        self.outbox.retry(message, token, pause).await
    }
}

struct SabotagedHarness(Bug);

struct SabotagedRig {
    bug: Bug,
    whole: Box<dyn StoreRig>,
}

impl SabotagedRig {
    fn sabotage(&self, whole: Stores) -> Stores {
        let sabotaged = Arc::new(Sabotaged {
            bug: self.bug,
            payments: whole.payments.clone(),
            orders: whole.orders.clone(),
            anchors: whole.anchors.clone(),
            retention: whole.retention.clone(),
            outbox: whole.outbox.clone(),
        });
        Stores {
            payments: sabotaged.clone(),
            anchors: sabotaged.clone(),
            retention: sabotaged.clone(),
            outbox: sabotaged,
            ..whole
        }
    }
}

#[async_trait]
impl StoreHarness for SabotagedHarness {
    async fn fresh(&self) -> Box<dyn StoreRig> {
        Box::new(SabotagedRig { bug: self.0, whole: MemoryStoreHarness.fresh().await })
    }
}

#[async_trait]
impl StoreRig for SabotagedRig {
    fn stores(&self) -> Stores {
        self.sabotage(self.whole.stores())
    }

    async fn reopen(&self) -> Stores {
        self.sabotage(self.whole.reopen().await)
    }

    async fn pass(&self, time: Duration) {
        self.whole.pass(time).await;
    }
}

#[track_caller]
fn check(bug: Bug, caught_by: &[&str]) {
    assert_eq!(store_failures!(SabotagedHarness(bug)), caught_by, "{bug:?}");
}

#[test]
fn a_store_that_loses_the_outbox_row_is_caught() {
    check(
        Bug::LosesTheOutboxRow,
        &[
            "all_parts_of_a_unit_are_there_together",
            "a_failing_part_leaves_nothing_of_the_unit",
            "message_id_is_unique",
            "message_is_claimed_until_it_is_sent",
            "message_comes_back_after_its_pause",
            "overtaken_sender_cannot_mark_a_message",
            "messages_are_taken_oldest_first",
            "each_message_is_leased_to_one_of_racing_claimers",
            "changes_are_read_again_in_order_whether_sent_or_not",
            "changes_are_those_of_ones_own_merchant_and_branch",
            "branch_goes_on_where_a_piece_of_its_feed_ends",
            "feed_that_is_followed_while_others_commit_has_no_gap",
            "endpoint_is_told_of_what_happens_from_then_on",
            "endpoint_of_a_branch_is_told_of_that_branch",
            "later_event_of_a_payment_waits_for_the_earlier",
            "each_dispatch_is_leased_to_one_of_racing_claimers",
            "of_one_endpoint_few_dispatches_are_held_at_once",
            "endpoints_with_enough_under_way_keep_no_other_waiting",
            "merchant_with_enough_under_way_keeps_no_other_waiting",
            "racing_claimers_hold_no_more_of_a_merchant_than_may_be",
            "overtaken_teller_changes_nothing",
            "endpoint_that_failed_rests_and_is_tried_once",
            "endpoint_that_is_disabled_is_told_nothing_until_it_is_enabled",
            "merchants_with_something_to_spread_are_found",
            "endpoints_of_two_merchants_hear_of_their_own",
            "backlog_of_enabled_endpoints_is_told",
            "missed_event_goes_before_its_message",
            "dispatch_goes_with_its_message",
            "message_goes_when_it_was_sent_and_is_old",
            "what_waits_is_counted_by_age_and_kind",
            "everything_is_there_after_reopening",
        ],
    );
}

#[test]
fn a_store_that_ignores_the_expected_revision_is_caught() {
    check(
        Bug::IgnoresTheExpectedRevision,
        &[
            "stale_revision_is_a_conflict",
            "stale_order_revision_is_a_conflict",
            "update_of_nothing_is_a_conflict",
            "a_failing_part_leaves_nothing_of_the_unit",
        ],
    );
}

#[test]
fn a_store_that_forgets_a_receipt_is_caught() {
    check(
        Bug::ForgetsAReceipt,
        &["payment_round_trips_in_every_state", "receipt_repeated_on_its_own_charge_is_no_duplicate"],
    );
}

#[test]
fn a_store_that_shows_two_charges_is_caught() {
    check(
        Bug::ShowsTwoCharges,
        &[
            "a_failing_part_leaves_nothing_of_the_unit",
            "live_order_has_one_holder",
            "live_order_keeps_its_holder_when_another_releases_it",
            "live_order_passes_on_within_a_unit",
            "of_racing_holders_one_wins",
            "everything_is_there_after_reopening",
        ],
    );
}

#[test]
fn a_store_that_overlooks_a_key_before_a_sale_is_caught() {
    check(Bug::OverlooksAKeyBeforeASale, &["many_who_sell_at_once_see_what_stands_of_each"]);
}

#[test]
fn a_store_that_commits_in_pieces_is_caught() {
    check(Bug::CommitsInPieces, &["a_failing_part_leaves_nothing_of_the_unit"]);
}

#[test]
fn a_store_that_takes_a_taken_key_is_caught() {
    check(
        Bug::TakesATakenKey,
        &[
            "a_failing_part_leaves_nothing_of_the_unit",
            "idempotency_key_is_taken_once",
            "of_racing_claims_of_a_key_one_wins",
            "idempotency_key_past_its_time_is_replaced",
            "idempotency_answer_is_kept_byte_for_byte",
        ],
    );
}

#[test]
fn a_store_that_loses_the_audit_record_is_caught() {
    check(
        Bug::LosesTheAuditRecord,
        &[
            "all_parts_of_a_unit_are_there_together",
            "a_failing_part_leaves_nothing_of_the_unit",
            "stale_audit_head_is_a_conflict",
            "audit_record_that_does_not_lead_to_the_payments_head_is_a_conflict",
            "timeline_is_in_order_and_its_chain_holds",
            "head_that_moved_waits_for_an_anchor",
            "anchor_that_does_not_follow_is_overtaken",
            "body_goes_when_its_last_record_is_old_and_the_chain_holds",
            "the_oldest_go_first_and_no_more_than_asked_for",
            "everything_is_there_after_reopening",
        ],
    );
}

#[test]
fn a_store_that_forgets_where_a_page_ended_is_caught() {
    check(
        Bug::ForgetsWhereAPageEnded,
        &[
            "payments_are_listed_newest_first_page_by_page",
            "payments_at_an_account_are_listed_oldest_first_page_by_page",
        ],
    );
}

#[test]
fn a_store_that_anchors_whatever_it_is_given_is_caught() {
    check(
        Bug::AnchorsWhateverItIsGiven,
        &["anchor_that_does_not_follow_is_overtaken", "of_racing_anchors_one_is_appended"],
    );
}

#[test]
fn a_store_that_prunes_whatever_there_is_is_caught() {
    check(
        Bug::PrunesWhateverThereIs,
        &[
            "missed_event_goes_before_its_message",
            "body_goes_when_its_last_record_is_old_and_the_chain_holds",
            "customer_is_forgotten_when_the_payment_is_old",
            "idempotency_key_goes_after_its_time",
            "message_goes_when_it_was_sent_and_is_old",
            "delivery_goes_when_it_was_dealt_with_and_is_old",
            "the_oldest_go_first_and_no_more_than_asked_for",
        ],
    );
}

#[test]
fn a_store_that_goes_on_behind_what_a_piece_has_no_room_for_is_caught() {
    check(Bug::GoesOnBehindWhatAPieceHasNoRoomFor, &["branch_goes_on_where_a_piece_of_its_feed_ends"]);
}
