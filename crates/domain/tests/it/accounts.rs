//! Accounts of merchants: whose money goes where, and what becomes of secrets.

use std::sync::Arc;
use std::time::Duration;

use futures::executor::block_on;
use mstore_pay_domain::account::{
    ACCOUNTS_OF_MERCHANT_MAX, AccountEvent, AccountMode, AccountState, AccountTerms, ProviderAccount, SharedSecret,
    StoredAccount, WebhookSecrets,
};
use mstore_pay_domain::accounts::{
    ACCOUNT_CHANGES_SEEN_WITHIN, AccountDesk, AccountError, AddAccount, EnvironmentAccounts, RotateSecrets,
    StoredAccounts, SwitchAccount,
};
use mstore_pay_domain::audit::Actor;
use mstore_pay_domain::gateway::Scope;
use mstore_pay_domain::ids::{AccountId, BranchId, KeyId, MerchantId, ProviderId, ProviderRef};
use mstore_pay_domain::memory::{ManualClock, MemoryStore, MemoryVault};
use mstore_pay_domain::payment::Revision;
use mstore_pay_domain::ports::{AccountDirectory, AccountStore, Clock, StoreError};
use mstore_pay_domain::reason::Reason;
use mstore_pay_domain::time::Timestamp;

const DAY: Duration = Duration::from_hours(24);

fn secret(text: &str) -> SharedSecret {
    SharedSecret::new(text).unwrap()
}

fn provider(name: &str) -> ProviderId {
    ProviderId::parse(name).unwrap()
}

fn scope(merchant: &str, branch: Option<&str>) -> Scope {
    let branch = branch.map(|branch| BranchId::parse(branch).unwrap());
    Scope { merchant: MerchantId::parse(merchant).unwrap(), branch }
}

/// The environment's account at a provider.
fn main_account(at: &str) -> ProviderAccount {
    ProviderAccount {
        id: AccountId::main(),
        provider: provider(at),
        mode: AccountMode::Test,
        credential: secret("main-key"),
        for_user_id: None,
        provider_merchant_id: None,
        webhook_secrets: WebhookSecrets { current: secret("main-token"), previous: None },
        nmid: None,
        terms: AccountTerms::default(),
    }
}

/// A desk and a directory over one store: `acme` and `zeta` have a `main`, which serves M1 and M2.
struct Office {
    clock: Arc<ManualClock>,
    store: Arc<MemoryStore>,
    vault: Arc<MemoryVault>,
    desk: AccountDesk,
    directory: StoredAccounts,
}

fn why(text: &str) -> Option<Reason> {
    Reason::parse(text).ok()
}

impl Office {
    fn open() -> Self {
        let clock = Arc::new(ManualClock::new(Timestamp::EPOCH));
        let port: Arc<dyn Clock> = clock.clone();
        let store = Arc::new(MemoryStore::new(port.clone()));
        let vault = Arc::new(MemoryVault::under(KeyId::parse("k1").unwrap()));
        let served = ["M1", "M2"].map(|merchant| MerchantId::parse(merchant).unwrap());
        let environment = EnvironmentAccounts::new([main_account("acme"), main_account("zeta")]).serving(served);
        let desk = AccountDesk::new(store.clone(), vault.clone(), port.clone());
        let directory = StoredAccounts::new(environment, store.clone(), vault.clone(), port);
        Self { clock, store, vault, desk, directory }
    }

    fn try_add(&self, of: Scope, at: &str, name: &str) -> Result<StoredAccount, AccountError> {
        block_on(self.desk.add(AddAccount {
            scope: of,
            provider: provider(at),
            id: AccountId::parse(name).unwrap(),
            mode: AccountMode::Test,
            credential: secret(&format!("key-of-{name}")),
            webhook_secret: Some(secret(&format!("token-of-{name}"))),
            for_user_id: None,
            provider_merchant_id: ProviderRef::parse(format!("biz-{name}")).ok(),
            nmid: None,
            terms: AccountTerms::default(),
            actor: Actor::Operator,
            reason: None,
        }))
    }

    fn add(&self, merchant: &str, branch: Option<&str>, at: &str, name: &str) {
        self.try_add(scope(merchant, branch), at, name).unwrap();
    }

    fn switch(&self, of: Scope, at: &str, name: &str, state: AccountState) -> Result<StoredAccount, AccountError> {
        let (provider, id) = (provider(at), AccountId::parse(name).unwrap());
        let (actor, reason) = (Actor::Operator, why(state.word()));
        block_on(self.desk.switch(&SwitchAccount { scope: of, provider, id, state, actor, reason }))
    }

    fn rotate(&self, merchant: &str, name: &str, credential: Option<&str>, webhook_secret: Option<&str>) {
        let asked = RotateSecrets {
            scope: scope(merchant, None),
            provider: provider("acme"),
            id: AccountId::parse(name).unwrap(),
            credential: credential.map(secret),
            webhook_secret: webhook_secret.map(secret),
            previous_for: DAY,
            actor: Actor::Operator,
            reason: why("rotated"),
        };
        block_on(self.desk.rotate(&asked)).unwrap();
        self.forget();
    }

    /// Lets what the directory remembers become too old.
    fn forget(&self) {
        self.clock.advance(ACCOUNT_CHANGES_SEEN_WITHIN);
    }

    fn account_for(&self, merchant: &str, branch: Option<&str>, at: &str) -> Option<ProviderAccount> {
        let scope = scope(merchant, branch);
        block_on(self.directory.for_merchant(&provider(at), &scope.merchant, &scope.branch)).unwrap()
    }

    #[track_caller]
    fn check(&self, merchant: &str, branch: Option<&str>, at: &str, want: Option<&str>) {
        let got = self.account_for(merchant, branch, at);
        assert_eq!(got.as_ref().map(|account| account.id.as_str()), want, "{merchant} {branch:?}");
    }

    /// What webhooks of an account are verified with now.
    fn accepted(&self, name: &str) -> Vec<String> {
        let found = block_on(self.directory.by_id(&provider("acme"), &AccountId::parse(name).unwrap()));
        let secrets = found.unwrap().unwrap().webhook_secrets;
        secrets.accepted().map(|secret| secret.expose().to_owned()).collect()
    }
}

/// M2 has accounts at `acme` only: of all branches, of B2, and a disabled one of B3. M3 has a disabled one.
fn office() -> Office {
    let office = Office::open();
    office.add("M2", None, "acme", "m2");
    office.add("M2", Some("B2"), "acme", "m2-b2");
    office.add("M2", Some("B3"), "acme", "m2-b3");
    office.add("M3", None, "acme", "m3");
    office.switch(scope("M2", None), "acme", "m2-b3", AccountState::Disabled).unwrap();
    office.switch(scope("M3", None), "acme", "m3", AccountState::Disabled).unwrap();
    office
}

#[test]
fn money_goes_to_the_account_nearest_to_the_branch() {
    let office = office();
    office.check("M2", None, "acme", Some("m2"));
    office.check("M2", Some("B1"), "acme", Some("m2"));
    office.check("M2", Some("B2"), "acme", Some("m2-b2"));
    office.check("M2", Some("B3"), "acme", None);
}

#[test]
fn a_merchant_with_an_account_of_its_own_never_falls_back_to_the_environments() {
    let office = office();
    office.check("M1", Some("B1"), "acme", Some("main"));
    office.check("M2", None, "zeta", None);
    office.check("M3", None, "acme", None);
    office.check("M4", None, "acme", None);
}

#[test]
fn a_disabled_account_takes_nothing_new_and_is_found_for_what_it_has() {
    let office = office();
    block_on(async {
        let by_id = office.directory.by_id(&provider("acme"), &AccountId::parse("m3").unwrap()).await.unwrap();
        assert_eq!(by_id.unwrap().credential.expose(), "key-of-m3");
        let name = ProviderRef::parse("biz-m3").unwrap();
        let known = office.directory.known_as(&provider("acme"), &name).await.unwrap();
        assert_eq!(known.iter().map(|account| account.id.as_str()).collect::<Vec<_>>(), ["m3"]);
        let swept = office.directory.all().await.unwrap();
        let swept: Vec<&str> = swept.iter().map(|account| account.id.as_str()).collect();
        assert_eq!(swept, ["main", "main", "m2", "m2-b2"]);
    });
}

#[test]
fn a_change_is_seen_within_the_time_that_is_promised() {
    let office = office();
    office.check("M2", None, "acme", Some("m2"));
    office.switch(scope("M2", None), "acme", "m2", AccountState::Disabled).unwrap();
    office.clock.advance(ACCOUNT_CHANGES_SEEN_WITHIN.saturating_sub(Duration::from_millis(1)));
    office.check("M2", None, "acme", Some("m2"));
    office.clock.advance(Duration::from_millis(1));
    office.check("M2", None, "acme", None);
    office.add("M2", None, "acme", "m2-new");
    office.forget();
    office.check("M2", None, "acme", Some("m2-new"));
    let refused = office.switch(scope("M2", None), "acme", "m2", AccountState::Enabled);
    assert!(matches!(refused, Err(AccountError::Taken)), "{refused:?}");
}

#[test]
fn the_secret_before_is_accepted_while_the_rotation_lasts_and_not_a_moment_longer() {
    let office = office();
    office.rotate("M2", "m2", None, Some("second"));
    assert_eq!(office.accepted("m2"), ["second", "token-of-m2"]);
    office.rotate("M2", "m2", Some("other-key"), None);
    assert_eq!(office.accepted("m2"), ["second", "token-of-m2"]);
    assert_eq!(office.account_for("M2", None, "acme").unwrap().credential.expose(), "other-key");
    office.clock.advance(DAY.saturating_sub(2 * ACCOUNT_CHANGES_SEEN_WITHIN));
    assert_eq!(office.accepted("m2"), ["second"]);
    office.rotate("M2", "m2", None, Some("third"));
    office.rotate("M2", "m2", None, Some("fourth"));
    assert_eq!(office.accepted("m2"), ["fourth", "third"]);
}

#[test]
fn a_credential_that_signs_webhooks_is_rotated_with_them() {
    let office = Office::open();
    let asked = AddAccount {
        scope: scope("M2", None),
        provider: provider("acme"),
        id: AccountId::parse("own").unwrap(),
        mode: AccountMode::Test,
        credential: secret("first"),
        webhook_secret: None,
        for_user_id: ProviderRef::parse("sub").ok(),
        provider_merchant_id: None,
        nmid: None,
        terms: AccountTerms::default(),
        actor: Actor::Operator,
        reason: None,
    };
    let added = block_on(office.desk.add(asked)).unwrap();
    assert_eq!(added.provider_merchant_id, added.for_user_id);
    assert_eq!(office.accepted("own"), ["first"]);
    office.rotate("M2", "own", Some("second"), None);
    assert_eq!(office.accepted("own"), ["second", "first"]);
}

#[test]
fn nobody_reaches_the_account_of_another_merchant_or_branch() {
    let office = office();
    for stranger in [scope("M1", None), scope("M2", Some("B2"))] {
        let refused = office.switch(stranger.clone(), "acme", "m2", AccountState::Disabled);
        assert!(matches!(refused, Err(AccountError::NotFound)), "{stranger:?}");
    }
    let listed = |of: Scope| block_on(office.desk.list(&of)).unwrap().len();
    assert_eq!([listed(scope("M2", None)), listed(scope("M2", Some("B2"))), listed(scope("M1", None))], [3, 1, 0]);
    for (of, at, name) in [
        (scope("M1", None), "acme", "m2"),
        (scope("M1", None), "acme", "main"),
        (scope("M2", None), "acme", "second-for-all"),
    ] {
        let refused = office.try_add(of, at, name);
        assert!(matches!(refused, Err(AccountError::Taken)), "{name}");
    }
}

#[test]
fn what_was_done_is_on_record_with_who_did_it_and_why() {
    let office = office();
    office.switch(scope("M3", None), "acme", "m3", AccountState::Disabled).unwrap();
    office.switch(scope("M3", None), "acme", "m3", AccountState::Enabled).unwrap();
    office.rotate("M3", "m3", Some("a"), Some("b"));
    let (id, of) = (AccountId::parse("m3").unwrap(), scope("M3", None));
    let (_, notes) = block_on(office.desk.read(&of, &provider("acme"), &id)).unwrap();
    let events: Vec<AccountEvent> = notes.iter().map(|note| note.event).collect();
    let want = [
        AccountEvent::Added,
        AccountEvent::Disabled,
        AccountEvent::Enabled,
        AccountEvent::CredentialRotated,
        AccountEvent::WebhookSecretRotated,
    ];
    assert_eq!(events, want);
    assert!(notes.iter().all(|note| note.actor == "operator"));
    let reasons: Vec<Option<Reason>> = notes.into_iter().map(|note| note.reason).collect();
    let want = [None, why("disabled"), why("enabled"), why("rotated"), why("rotated")];
    assert_eq!(reasons, want, "both secrets were rotated for one reason");
}

#[test]
fn everything_is_sealed_anew_under_another_key() {
    let office = office();
    office.rotate("M2", "m2", None, Some("second"));
    office.vault.change_key(KeyId::parse("k2").unwrap());
    let reason = why("k1 was on a lost disk");
    for resealed in [4, 0] {
        assert_eq!(block_on(office.desk.reseal(&Actor::Operator, reason.as_ref())).unwrap(), resealed);
    }
    let id = AccountId::parse("m2").unwrap();
    let (_, notes) = block_on(office.desk.read(&scope("M2", None), &provider("acme"), &id)).unwrap();
    let last = notes.into_iter().last().map(|note| (note.event, note.reason));
    assert_eq!(last, Some((AccountEvent::Resealed, reason)));
    office.forget();
    assert_eq!(office.accepted("m2"), ["second", "token-of-m2"]);
    assert_eq!(block_on(office.desk.unopened()).unwrap(), []);
}

#[test]
fn secrets_that_were_moved_to_another_row_do_not_open() {
    let office = office();
    let read = |name: &str| {
        let id = AccountId::parse(name).unwrap();
        block_on(office.store.account(&provider("acme"), &id)).unwrap().unwrap()
    };
    let (own, other) = (read("m2"), read("m2-b2"));
    let swapped = StoredAccount { secrets: other.secrets, ..own };
    block_on(office.store.write_account(&swapped, Revision::of(1), &[])).unwrap();
    let merchant = scope("M2", None).merchant;
    let found = block_on(office.directory.for_merchant(&provider("acme"), &merchant, &None));
    assert!(matches!(found, Err(StoreError::Corrupt { column: "credential", .. })), "{found:?}");
    assert_eq!(block_on(office.desk.unopened()).unwrap().len(), 1);
    let swept = block_on(office.directory.all()).unwrap();
    assert!(swept.iter().all(|account| account.id.as_str() != "m2"));
    office.check("M2", Some("B2"), "acme", Some("m2-b2"));
}

#[test]
fn a_merchant_has_so_many_enabled_accounts_and_no_more() {
    let office = office();
    let name = |number: usize| format!("many-{number}");
    let add = |number: usize| office.try_add(scope("M9", Some(&format!("B{number}"))), "acme", &name(number));
    for number in 0..ACCOUNTS_OF_MERCHANT_MAX {
        add(number).unwrap();
    }
    let last = add(ACCOUNTS_OF_MERCHANT_MAX);
    assert!(matches!(last, Err(AccountError::TooMany)), "{last:?}");
    let switch = |number, state| office.switch(scope("M9", None), "acme", &name(number), state);
    switch(0, AccountState::Disabled).unwrap();
    add(ACCOUNTS_OF_MERCHANT_MAX).unwrap();
    let back = switch(0, AccountState::Enabled);
    assert!(matches!(back, Err(AccountError::TooMany)), "{back:?}");
}
