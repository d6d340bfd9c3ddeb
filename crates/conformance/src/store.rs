//! What every store promises.

mod accounts;
mod anchors;
mod atomicity;
mod audit;
mod cash;
mod census;
mod dispatches;
mod due;
mod durability;
mod endpoints;
mod exceptions;
mod feed;
mod fixtures;
mod idempotency;
mod inbox;
mod listing;
mod live_orders;
mod looking;
mod merchant_chains;
mod names;
mod offline;
mod outbox;
mod places;
mod retention;
mod revisions;
mod round_trips;
mod selling;
mod tenancy;
mod uniqueness;

pub use accounts::*;
pub use anchors::*;
pub use atomicity::*;
pub use audit::*;
pub use cash::*;
pub use census::*;
pub use dispatches::*;
pub use due::*;
pub use durability::*;
pub use endpoints::*;
pub use exceptions::*;
pub use feed::*;
pub use idempotency::*;
pub use inbox::*;
pub use listing::*;
pub use live_orders::*;
pub use looking::*;
pub use merchant_chains::*;
pub use names::*;
pub use offline::*;
pub use outbox::*;
pub use places::*;
pub use retention::*;
pub use revisions::*;
pub use round_trips::*;
pub use selling::*;
pub use tenancy::*;
pub use uniqueness::*;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use mstore_pay_domain::ports::{
    AccountStore, AuditAnchors, Census, Dispatches, EndpointStore, ExceptionStore, IdempotencyStore, OfflineStore,
    OrderRepository, Outbox, PaymentRepository, Retention, Timeline, WebhookInbox,
};

/// Makes stores to be tested.
#[async_trait]
pub trait StoreHarness: Send + Sync {
    /// An empty store that nobody else uses.
    async fn fresh(&self) -> Box<dyn StoreRig>;
}

/// One store under test.
#[async_trait]
pub trait StoreRig: Send + Sync {
    /// Its ports.
    fn stores(&self) -> Stores;

    /// Closes the store and opens it again, as after a restart of the process: what was acknowledged
    /// must still be there. A store that keeps nothing by design gives the same ports again.
    async fn reopen(&self) -> Stores;

    /// Lets that much time pass on the clock by which the store's leases run: moves it, or waits.
    async fn pass(&self, time: Duration);
}

/// The store ports, which may be one adapter or several over the same data.
#[derive(Clone)]
pub struct Stores {
    /// Payments and the one write.
    pub payments: Arc<dyn PaymentRepository>,
    /// Orders.
    pub orders: Arc<dyn OrderRepository>,
    /// Money that does not fit.
    pub exceptions: Arc<dyn ExceptionStore>,
    /// Idempotency keys.
    pub idempotency: Arc<dyn IdempotencyStore>,
    /// The audit trail.
    pub timeline: Arc<dyn Timeline>,
    /// The anchors of the audit trail.
    pub anchors: Arc<dyn AuditAnchors>,
    /// Deleting what is old.
    pub retention: Arc<dyn Retention>,
    /// Webhook deliveries.
    pub inbox: Arc<dyn WebhookInbox>,
    /// How much waits.
    pub census: Arc<dyn Census>,
    /// Messages on their way out.
    pub outbox: Arc<dyn Outbox>,
    /// What tills reported.
    pub offline: Arc<dyn OfflineStore>,
    /// Accounts of merchants.
    pub accounts: Arc<dyn AccountStore>,
    /// Endpoints of merchants.
    pub endpoints: Arc<dyn EndpointStore>,
    /// What endpoints are still to be told.
    pub dispatches: Arc<dyn Dispatches>,
}

impl Stores {
    /// The ports of an adapter that is all of them.
    #[must_use]
    pub fn of<S>(store: &Arc<S>) -> Self
    where
        S: PaymentRepository
            + OrderRepository
            + ExceptionStore
            + IdempotencyStore
            + Timeline
            + AuditAnchors
            + Retention
            + WebhookInbox
            + Census
            + Outbox
            + OfflineStore
            + AccountStore
            + EndpointStore
            + Dispatches
            + 'static,
    {
        Self {
            payments: store.clone(),
            orders: store.clone(),
            exceptions: store.clone(),
            idempotency: store.clone(),
            timeline: store.clone(),
            anchors: store.clone(),
            retention: store.clone(),
            inbox: store.clone(),
            census: store.clone(),
            outbox: store.clone(),
            offline: store.clone(),
            accounts: store.clone(),
            endpoints: store.clone(),
            dispatches: store.clone(),
        }
    }
}

/// Every case of the store suite, handed to a macro: `for_each_store_case!([macro] arguments)` calls
/// `macro! { [arguments] case, case, ... }`.
#[macro_export]
macro_rules! for_each_store_case {
    ([$($callback:tt)+] $($arguments:tt)*) => {
        $($callback)+! { [$($arguments)*]
            payment_round_trips_in_every_state,
            payment_round_trips_with_every_detail,
            payment_round_trips_with_every_opening_and_closing,
            payment_round_trips_with_several_charges,
            order_round_trips_in_every_state,
            payment_is_found_by_every_name,
            names_lead_to_whole_orders,
            many_who_look_at_once_see_what_each_named,
            whoever_looks_again_sees_what_changed,
            whoever_looks_again_is_not_told_of_a_customer_who_was_forgotten,
            whoever_looks_again_by_a_name_of_two_payments_sees_the_oldest,
            many_who_sell_at_once_see_what_stands_of_each,
            payments_of_an_order_are_listed_oldest_first,
            payments_are_listed_newest_first_page_by_page,
            payments_are_listed_by_every_filter,
            the_payment_that_holds_an_orders_money_is_told,
            payments_at_an_account_are_listed_oldest_first_page_by_page,
            each_commit_counts_the_revision_up,
            revisions_are_told_of_the_payments_that_are_there,
            stale_revision_is_a_conflict,
            stale_order_revision_is_a_conflict,
            order_that_is_not_as_it_was_read_is_a_conflict,
            racing_decisions_on_one_order_commit_once,
            update_of_nothing_is_a_conflict,
            second_insert_of_a_payment_is_refused,
            of_racing_commits_one_wins,
            of_racing_inserts_one_wins,
            all_parts_of_a_unit_are_there_together,
            a_failing_part_leaves_nothing_of_the_unit,
            stale_audit_head_is_a_conflict,
            audit_record_that_does_not_lead_to_the_payments_head_is_a_conflict,
            timeline_is_in_order_and_its_chain_holds,
            bodies_are_found_by_their_digest,
            heads_of_all_chains_are_listed_page_by_page,
            head_that_moved_waits_for_an_anchor,
            anchors_are_read_back_as_they_were_written,
            anchor_that_does_not_follow_is_overtaken,
            of_racing_anchors_one_is_appended,
            merchant_notes_are_linked_in_order,
            merchant_notes_of_a_refused_unit_are_not_linked,
            racing_merchant_notes_are_all_linked,
            merchant_heads_wait_for_an_anchor,
            our_reference_is_unique_within_an_account,
            provider_reference_is_unique_within_an_account,
            receipt_is_unique_within_an_account,
            receipt_repeated_on_its_own_charge_is_no_duplicate,
            message_id_is_unique,
            live_order_has_one_holder,
            live_order_keeps_its_holder_when_another_releases_it,
            live_order_passes_on_within_a_unit,
            of_racing_holders_one_wins,
            idempotency_key_is_taken_once,
            of_racing_claims_of_a_key_one_wins,
            idempotency_key_past_its_time_is_replaced,
            idempotency_answer_is_kept_byte_for_byte,
            released_idempotency_key_is_free,
            idempotency_key_of_another_payment_is_left_alone,
            same_bytes_are_one_delivery_and_are_counted,
            same_bytes_to_another_account_are_another_delivery,
            of_racing_deliveries_of_the_same_bytes_one_is_new,
            delivery_is_held_by_whoever_took_it_in,
            delivery_whose_lease_ran_out_is_taken_up_again,
            overtaken_holder_cannot_settle_a_delivery,
            overtaken_holder_cannot_defer_or_bury_a_delivery,
            settled_delivery_never_comes_back,
            deferred_delivery_comes_back_after_its_pause,
            postponed_delivery_comes_back_after_its_pause,
            buried_delivery_comes_back_only_by_replay,
            failed_tries_of_a_delivery_that_is_made_due_again_are_forgotten,
            parked_delivery_comes_back_when_unparked,
            of_what_is_parked_what_came_lately_and_waits_longest_comes_back_first,
            deliveries_are_taken_oldest_first,
            each_delivery_is_leased_to_one_of_racing_claimers,
            payment_is_due_from_its_time_on,
            due_payments_are_taken_longest_due_first,
            each_due_payment_is_leased_to_one_of_racing_claimers,
            payment_whose_lease_ran_out_is_taken_up_again,
            payment_written_under_a_lease_is_due_when_it_runs_out,
            rescheduling_counts_a_check_and_keeps_the_revision,
            overtaken_worker_cannot_reschedule,
            commit_ends_the_lease_and_sets_the_next_time,
            message_is_claimed_until_it_is_sent,
            message_comes_back_after_its_pause,
            overtaken_sender_cannot_mark_a_message,
            messages_are_taken_oldest_first,
            each_message_is_leased_to_one_of_racing_claimers,
            changes_are_read_again_in_order_whether_sent_or_not,
            changes_are_those_of_ones_own_merchant_and_branch,
            branch_goes_on_where_a_piece_of_its_feed_ends,
            feed_that_is_followed_while_others_commit_has_no_gap,
            exception_of_every_kind_round_trips,
            exception_is_raised_once,
            same_exception_of_another_merchant_is_its_own,
            resolved_exception_stays_resolved,
            exceptions_are_listed_newest_first_by_merchant_payment_or_none,
            exceptions_are_listed_page_by_page,
            exceptions_of_a_branch_are_about_its_payments,
            tenders_of_an_order_are_kept_as_they_were_told,
            exceptions_about_cash_are_those_of_the_orders_branch,
            offline_entry_is_recorded_once,
            changed_offline_entry_leaves_the_stored_one,
            refused_offline_entry_leaves_nothing_of_its_unit,
            of_racing_offline_entries_one_wins,
            offline_entries_are_listed_in_order_of_report,
            offline_entries_of_an_order_are_listed_whoever_reported_them,
            account_round_trips,
            stale_account_is_a_conflict,
            account_name_is_unique_at_its_provider,
            one_account_is_enabled_for_each_place,
            of_racing_accounts_one_is_enabled,
            of_racing_accounts_no_more_are_enabled_than_may_be,
            accounts_are_found_by_the_providers_name,
            accounts_are_listed_page_by_page,
            endpoint_round_trips,
            stale_endpoint_is_a_conflict,
            of_racing_endpoints_no_more_are_enabled_than_may_be,
            endpoints_are_listed_page_by_page,
            endpoint_is_told_of_what_happens_from_then_on,
            endpoint_of_a_branch_is_told_of_that_branch,
            later_event_of_a_payment_waits_for_the_earlier,
            each_dispatch_is_leased_to_one_of_racing_claimers,
            of_one_endpoint_few_dispatches_are_held_at_once,
            endpoints_with_enough_under_way_keep_no_other_waiting,
            merchant_with_enough_under_way_keeps_no_other_waiting,
            racing_claimers_hold_no_more_of_a_merchant_than_may_be,
            overtaken_teller_changes_nothing,
            endpoint_that_failed_rests_and_is_tried_once,
            endpoint_that_is_disabled_is_told_nothing_until_it_is_enabled,
            merchants_with_something_to_spread_are_found,
            endpoints_of_two_merchants_hear_of_their_own,
            backlog_of_enabled_endpoints_is_told,
            missed_event_goes_before_its_message,
            dispatch_goes_with_its_message,
            reported_payment_counts_its_reports,
            offline_conflict_is_raised_and_resolved_once,
            offline_conflicts_are_listed_newest_first_by_every_filter,
            offline_device_is_as_it_was_seen_last,
            offline_progress_is_kept_as_reports_come,
            racing_offline_reports_of_a_till_are_all_counted,
            body_goes_when_its_last_record_is_old_and_the_chain_holds,
            customer_is_forgotten_when_the_payment_is_old,
            idempotency_key_goes_after_its_time,
            message_goes_when_it_was_sent_and_is_old,
            delivery_goes_when_it_was_dealt_with_and_is_old,
            the_oldest_go_first_and_no_more_than_asked_for,
            what_waits_is_counted_by_age_and_kind,
            what_came_of_late_is_told_account_by_account,
            nothing_of_another_merchant_is_read,
            everything_is_there_after_reopening,
            leases_hold_and_run_out_across_reopening,
        }
    };
}

/// Tests of a store: `store_suite!(name, harness)`, or `store_suite!(name, harness, #[tokio::test])`
/// where its futures need a runtime. `harness` is an expression of a [`StoreHarness`].
#[macro_export]
macro_rules! store_suite {
    ($name:ident, $harness:expr $(, #[$($attribute:tt)+])?) => {
        $crate::for_each_store_case! { [$crate::__tests] store, $name, $harness $(, #[$($attribute)+])? }
    };
}

/// The names of the cases that a store fails, in order.
#[macro_export]
macro_rules! store_failures {
    ($harness:expr) => {
        $crate::for_each_store_case! { [$crate::__failures] store, $harness }
    };
}
