//! Accounts of merchants: kept whole, written by whoever read them last, one in use for each place.

use std::collections::{BTreeMap, BTreeSet};

use futures::FutureExt as _;
use mstore_pay_domain::account::{
    ACCOUNTS_OF_MERCHANT_MAX, AccountEvent, AccountMode, AccountNote, AccountState, AccountTerms, AmountLimits,
    PreviousSecret, SealedSecrets, StoredAccount,
};
use mstore_pay_domain::audit::Actor;
use mstore_pay_domain::ids::{AccountId, BranchId, KeyId, ProviderId};
use mstore_pay_domain::method::Method;
use mstore_pay_domain::money::Money;
use mstore_pay_domain::payment::Revision;
use mstore_pay_domain::ports::AccountWritten;
use mstore_pay_domain::reason::Reason;

use super::fixtures::{at, merchant, other_merchant, provider, provider_ref};
use super::{StoreHarness, Stores};
use crate::race::race;

fn id(name: &str) -> AccountId {
    AccountId::parse(name).expect("an account id")
}

/// An account with little to it.
fn account(name: &str) -> StoredAccount {
    StoredAccount {
        id: id(name),
        provider: provider(),
        merchant: merchant(),
        branch: None,
        mode: AccountMode::Test,
        state: AccountState::Enabled,
        for_user_id: None,
        provider_merchant_id: None,
        nmid: None,
        terms: AccountTerms::default(),
        secrets: SealedSecrets {
            key: KeyId::parse("k1").expect("a key id"),
            credential: vec![0, 1, 255],
            webhook_secret: None,
            webhook_previous: None,
        },
        revision: Revision::NEW.next(),
        created_at: at(1),
    }
}

/// An account with everything to it.
fn full_account(name: &str) -> StoredAccount {
    let limits = AmountLimits { min: Money::from(1_500), max: Money::from(250_000) };
    StoredAccount {
        branch: BranchId::parse("B1").ok(),
        mode: AccountMode::Live,
        state: AccountState::Disabled,
        for_user_id: Some(provider_ref("sub-1")),
        provider_merchant_id: Some(provider_ref("biz-1")),
        nmid: Some("ID1020304050607".to_owned()),
        terms: AccountTerms {
            methods: Some(BTreeSet::from([Method::Qris, Method::VaMandiri])),
            limits: BTreeMap::from([(Method::Qris, limits)]),
        },
        secrets: SealedSecrets {
            key: KeyId::parse("k2").expect("a key id"),
            credential: vec![7; 61],
            webhook_secret: Some(vec![8; 45]),
            webhook_previous: Some(PreviousSecret { sealed: vec![9; 45], until: at(500) }),
        },
        ..account(name)
    }
}

/// A note that says why for every event but the first.
fn note(event: AccountEvent) -> AccountNote {
    let why = (event != AccountEvent::Added).then(|| Reason::parse("kunci lama bocor: “Añb”").expect("a reason"));
    AccountNote::new(at(2), &Actor::Operator, event, why.as_ref())
}

async fn write(stores: &Stores, account: &StoredAccount, expected: u64) -> AccountWritten {
    let notes = [note(if expected == 0 { AccountEvent::Added } else { AccountEvent::CredentialRotated })];
    let written = stores.accounts.write_account(account, Revision::of(expected), &notes).await;
    written.expect("the store answers")
}

async fn read(stores: &Stores, name: &str) -> Option<StoredAccount> {
    stores.accounts.account(&provider(), &id(name)).await.expect("the store reads")
}

/// An account and the notes on it are read back as they were written, with as much or as little as they have, also after
/// a restart.
pub async fn account_round_trips(h: &dyn StoreHarness) {
    let rig = h.fresh().await;
    let stores = rig.stores();
    let (bare, full) = (account("bare"), full_account("full"));
    for written in [&bare, &full] {
        assert_eq!(write(&stores, written, 0).await, AccountWritten::Written);
    }
    assert_eq!(write(&stores, &full, 1).await, AccountWritten::Written);
    let full = StoredAccount { revision: Revision::of(2), ..full };
    drop(stores);
    let stores = rig.reopen().await;
    assert_eq!(read(&stores, "bare").await, Some(bare));
    assert_eq!(read(&stores, "full").await, Some(full));
    assert_eq!(read(&stores, "nobody").await, None);
    let notes = stores.accounts.account_notes(&provider(), &id("full")).await.expect("the store reads");
    assert_eq!(notes, [note(AccountEvent::Added), note(AccountEvent::CredentialRotated)]);
    let elsewhere = ProviderId::parse("zeta").expect("a provider");
    assert_eq!(stores.accounts.account(&elsewhere, &id("bare")).await.expect("the store reads"), None);
}

/// What was decided on an outdated account changes nothing; what is written counts its revision up.
pub async fn stale_account_is_a_conflict(h: &dyn StoreHarness) {
    let rig = h.fresh().await;
    let stores = rig.stores();
    let first = account("own");
    assert_eq!(write(&stores, &first, 1).await, AccountWritten::Conflict, "there is none");
    assert_eq!(write(&stores, &first, 0).await, AccountWritten::Written);
    let second = StoredAccount { state: AccountState::Disabled, ..full_account("own") };
    let second = StoredAccount { branch: None, merchant: merchant(), ..second };
    assert_eq!(write(&stores, &second, 1).await, AccountWritten::Written);
    for expected in [1, 3] {
        assert_eq!(write(&stores, &first, expected).await, AccountWritten::Conflict, "{expected}");
    }
    assert_eq!(read(&stores, "own").await, Some(StoredAccount { revision: Revision::of(2), ..second }));
    let notes = stores.accounts.account_notes(&provider(), &id("own")).await.expect("the store reads");
    assert_eq!(notes, [note(AccountEvent::Added), note(AccountEvent::CredentialRotated)]);
}

/// A name is given once at a provider, whoever asks for it; at another provider it is free.
pub async fn account_name_is_unique_at_its_provider(h: &dyn StoreHarness) {
    let rig = h.fresh().await;
    let stores = rig.stores();
    assert_eq!(write(&stores, &account("own"), 0).await, AccountWritten::Written);
    let theirs = StoredAccount { merchant: other_merchant(), ..account("own") };
    assert_eq!(write(&stores, &theirs, 0).await, AccountWritten::Taken);
    let elsewhere = StoredAccount { provider: ProviderId::parse("zeta").expect("a provider"), ..account("own") };
    assert_eq!(write(&stores, &elsewhere, 0).await, AccountWritten::Written);
    assert_eq!(stores.accounts.accounts_of(&other_merchant()).await.expect("the store reads"), []);
    assert_eq!(stores.accounts.accounts_of(&merchant()).await.expect("the store reads"), [account("own"), elsewhere]);
}

/// For each merchant, branch and provider one account at most is enabled.
pub async fn one_account_is_enabled_for_each_place(h: &dyn StoreHarness) {
    let rig = h.fresh().await;
    let stores = rig.stores();
    let of_branch = |name: &str, branch: &str| StoredAccount { branch: BranchId::parse(branch).ok(), ..account(name) };
    for first in [account("all"), of_branch("b1", "B1"), of_branch("b2", "B2")] {
        assert_eq!(write(&stores, &first, 0).await, AccountWritten::Written, "{}", first.id);
    }
    for second in [account("all-2"), of_branch("b1-2", "B1")] {
        assert_eq!(write(&stores, &second, 0).await, AccountWritten::Taken, "{}", second.id);
        assert_eq!(read(&stores, second.id.as_str()).await, None);
        let waiting = StoredAccount { state: AccountState::Disabled, ..second.clone() };
        assert_eq!(write(&stores, &waiting, 0).await, AccountWritten::Written, "{}", second.id);
        assert_eq!(write(&stores, &second, 1).await, AccountWritten::Taken, "{}", second.id);
    }
    let gone = StoredAccount { state: AccountState::Disabled, ..account("all") };
    assert_eq!(write(&stores, &gone, 1).await, AccountWritten::Written);
    assert_eq!(write(&stores, &account("all-2"), 1).await, AccountWritten::Written);
}

/// Of several who take the same place at once, one gets it.
pub async fn of_racing_accounts_one_is_enabled(h: &dyn StoreHarness) {
    const RIVALS: u32 = 8;
    let rig = h.fresh().await;
    let stores = rig.stores();
    let take = |rival: u32| {
        let stores = stores.clone();
        async move { write(&stores, &account(&format!("rival-{rival}")), 0).await }.boxed()
    };
    let outcomes = race((0..RIVALS).map(take).collect()).await;
    let written = outcomes.iter().filter(|outcome| **outcome == AccountWritten::Written).count();
    assert_eq!(written, 1, "{outcomes:?}");
    assert_eq!(stores.accounts.accounts_of(&merchant()).await.expect("the store reads").len(), 1);
}

/// A merchant has so many enabled accounts and no more, also where several are added or enabled at once; one that is
/// enabled can be written all the same, and another merchant's do not count.
pub async fn of_racing_accounts_no_more_are_enabled_than_may_be(h: &dyn StoreHarness) {
    let rig = h.fresh().await;
    let stores = rig.stores();
    let of_branch = |number: usize| {
        let name = format!("own-{number}");
        StoredAccount { branch: BranchId::parse(format!("B{number}")).ok(), ..account(&name) }
    };
    let theirs = StoredAccount { merchant: other_merchant(), ..account("theirs") };
    assert_eq!(write(&stores, &theirs, 0).await, AccountWritten::Written);
    let waiting = of_branch(0);
    let disabled = StoredAccount { state: AccountState::Disabled, ..waiting.clone() };
    assert_eq!(write(&stores, &disabled, 0).await, AccountWritten::Written);
    for number in 1..ACCOUNTS_OF_MERCHANT_MAX {
        assert_eq!(write(&stores, &of_branch(number), 0).await, AccountWritten::Written, "{number}");
    }
    let more = (0..3).map(|number| (of_branch(ACCOUNTS_OF_MERCHANT_MAX + number), 0));
    let racers = std::iter::once((waiting, 1)).chain(more).map(|(one, expected)| {
        let stores = stores.clone();
        async move { write(&stores, &one, expected).await }.boxed()
    });
    let outcomes = race(racers.collect()).await;
    let count = |of| outcomes.iter().filter(|outcome| **outcome == of).count();
    assert_eq!((count(AccountWritten::Written), count(AccountWritten::TooMany)), (1, 3), "{outcomes:?}");
    assert_eq!(write(&stores, &of_branch(1), 1).await, AccountWritten::Written, "it is one of them");
    let gone = StoredAccount { state: AccountState::Disabled, ..of_branch(1) };
    assert_eq!(write(&stores, &gone, 2).await, AccountWritten::Written);
    assert_eq!(write(&stores, &of_branch(100), 0).await, AccountWritten::Written, "one has made room");
}

/// Accounts are found by the name that the provider has for them, whosever they are, and no more than asked for.
pub async fn accounts_are_found_by_the_providers_name(h: &dyn StoreHarness) {
    let rig = h.fresh().await;
    let stores = rig.stores();
    let named = StoredAccount { provider_merchant_id: Some(provider_ref("biz-1")), ..account("a") };
    let squatter =
        StoredAccount { merchant: other_merchant(), provider_merchant_id: Some(provider_ref("biz-1")), ..account("b") };
    let other = StoredAccount {
        branch: BranchId::parse("B1").ok(),
        provider_merchant_id: Some(provider_ref("biz-2")),
        ..account("c")
    };
    for written in [&named, &squatter, &other] {
        assert_eq!(write(&stores, written, 0).await, AccountWritten::Written);
    }
    let found = |name: &'static str, limit| {
        let accounts = stores.accounts.clone();
        async move {
            let found = accounts.accounts_known_as(&provider(), &provider_ref(name), limit).await;
            found.expect("the store reads")
        }
    };
    assert_eq!(found("biz-1", 8).await, [named.clone(), squatter]);
    assert_eq!(found("biz-1", 1).await, [named]);
    assert_eq!(found("biz-2", 8).await, [other]);
    assert_eq!(found("biz-3", 8).await, []);
}

/// All accounts are listed page by page, each once.
pub async fn accounts_are_listed_page_by_page(h: &dyn StoreHarness) {
    let rig = h.fresh().await;
    let stores = rig.stores();
    let mut written = Vec::new();
    for (provider, name) in [("acme", "a"), ("acme", "b"), ("acme", "c"), ("zeta", "a"), ("zeta", "d")] {
        let provider = ProviderId::parse(provider).expect("a provider");
        let account = StoredAccount { provider, state: AccountState::Disabled, ..account(name) };
        assert_eq!(write(&stores, &account, 0).await, AccountWritten::Written);
        written.push(account);
    }
    let (mut listed, mut after) = (Vec::new(), None);
    loop {
        let page = stores.accounts.accounts(after, 2).await.expect("the store reads");
        assert!(page.len() <= 2, "a page of 2 at most");
        let Some(last) = page.last() else { break };
        after = Some((last.provider.clone(), last.id.clone()));
        listed.extend(page);
    }
    assert_eq!(listed, written);
}
