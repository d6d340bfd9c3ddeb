//! Stores of what endpoints are still to be told with one bug each.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use mstore_pay_conformance::store::{StoreHarness, StoreRig, Stores};
use mstore_pay_conformance::store_failures;
use mstore_pay_domain::ids::{EndpointId, LeaseToken, MerchantId, MessageId};
use mstore_pay_domain::lease::Lease;
use mstore_pay_domain::ports::{AtOnce, Backlog, Dispatches, LeasedDispatch, Setback, StoreError};

use crate::memory::store::MemoryStoreHarness;

#[derive(Debug, Clone, Copy)]
enum Bug {
    CountsNoMerchant,
    CountsNoEndpoint,
}

/// A store with a bug in what it takes up at once.
struct Sabotaged {
    bug: Bug,
    inner: Arc<dyn Dispatches>,
}

#[async_trait]
impl Dispatches for Sabotaged {
    async fn spread(&self, merchant: &MerchantId, limit: u32) -> Result<bool, StoreError> {
        self.inner.spread(merchant, limit).await
    }

    async fn unspread(&self, limit: u32) -> Result<Vec<MerchantId>, StoreError> {
        self.inner.unspread(limit).await
    }

    async fn backlog(&self) -> Result<Backlog, StoreError> {
        self.inner.backlog().await
    }

    async fn claim_dispatches(
        &self,
        limit: u32,
        at_once: AtOnce,
        lease: Lease,
    ) -> Result<Vec<LeasedDispatch>, StoreError> {
        let at_once = match self.bug {
            Bug::CountsNoMerchant => AtOnce { of_merchant: u32::MAX, ..at_once },
            Bug::CountsNoEndpoint => AtOnce { of_endpoint: u32::MAX, ..at_once },
        };
        self.inner.claim_dispatches(limit, at_once, lease).await
    }

    async fn dispatched(
        &self,
        endpoint: &EndpointId,
        message: &MessageId,
        token: LeaseToken,
    ) -> Result<(), StoreError> {
        self.inner.dispatched(endpoint, message, token).await
    }

    async fn set_back(
        &self,
        endpoint: &EndpointId,
        message: &MessageId,
        token: LeaseToken,
        setback: Setback,
    ) -> Result<(), StoreError> {
        self.inner.set_back(endpoint, message, token, setback).await
    }
}

struct SabotagedHarness(Bug);

struct SabotagedRig {
    bug: Bug,
    whole: Box<dyn StoreRig>,
}

impl SabotagedRig {
    fn sabotage(&self, whole: Stores) -> Stores {
        let inner = whole.dispatches.clone();
        Stores { dispatches: Arc::new(Sabotaged { bug: self.bug, inner }), ..whole }
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
fn a_store_that_counts_what_is_under_way_for_each_endpoint_only_is_caught() {
    check(
        Bug::CountsNoMerchant,
        &[
            "merchant_with_enough_under_way_keeps_no_other_waiting",
            "racing_claimers_hold_no_more_of_a_merchant_than_may_be",
        ],
    );
}

#[test]
fn a_store_that_counts_what_is_under_way_for_a_merchant_only_is_caught() {
    check(
        Bug::CountsNoEndpoint,
        &["of_one_endpoint_few_dispatches_are_held_at_once", "endpoints_with_enough_under_way_keep_no_other_waiting"],
    );
}
