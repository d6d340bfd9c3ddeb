//! A sandbox, the adapter wired to it, and a hand on the sandbox's controls.

pub(crate) mod control;
mod elsewhere;

use std::sync::Arc;
use std::time::Duration;

use mstore_pay_domain::account::{AccountMode, AccountTerms, ProviderAccount, SharedSecret, WebhookSecrets};
use mstore_pay_domain::ids::{AccountId, ChargeId, OrderCode, OurReference, ProviderId, ProviderRef};
use mstore_pay_domain::method::Method;
use mstore_pay_domain::money::Money;
use mstore_pay_domain::ports::{ChargeSnapshot, OpenCharge, OpenedCharge, PaymentProvider as _, ProviderError, Query};
use mstore_pay_domain::time::Timestamp;
use mstore_pay_outbound::HttpClient;
use mstore_pay_outbound::json::Object;
use mstore_pay_sandbox::{
    NMID_DEFAULT, RateLimit, RunningSandbox, SandboxConfig, XENDIT_CALLBACK_TOKEN_DEFAULT, XENDIT_KEY_DEFAULT,
    XenditAccount, start,
};
use mstore_pay_xendit::{WebhookVerification, Xendit, XenditApi, XenditConfig};
use uuid::Uuid;

pub(crate) use elsewhere::{declining, nobody_listening};

/// Time for a call of which nothing bad is expected; ample, because test machines are busy.
pub(crate) const WITHIN: Duration = Duration::from_secs(20);
/// Time for a call that is not going to be answered.
pub(crate) const SHORT: Duration = Duration::from_millis(400);
/// A sub-account of the sandbox.
pub(crate) const SUB_ACCOUNT: &str = "65a0f1c2d3e4b5a697880001";

pub(crate) struct Bench {
    pub(crate) sandbox: RunningSandbox,
    pub(crate) xendit: Arc<Xendit>,
    pub(crate) account: ProviderAccount,
}

impl Bench {
    /// With an adapter that opens through v3.
    pub(crate) async fn new() -> Self {
        Self::speaking(XenditApi::V3).await
    }

    pub(crate) async fn speaking(api: XenditApi) -> Self {
        let config = SandboxConfig {
            rate_limit: RateLimit::Off,
            sweep_lag_ms: 0,
            xendit_accounts: vec![XenditAccount::main(), XenditAccount::sub(SUB_ACCOUNT)],
            ..SandboxConfig::default()
        };
        Self::with(config, api).await
    }

    pub(crate) async fn with(config: SandboxConfig, api: XenditApi) -> Self {
        let sandbox = start(config).await.unwrap();
        let xendit = Arc::new(adapter(&sandbox.xendit_base_url(), api));
        Self { sandbox, xendit, account: account() }
    }

    pub(crate) async fn open(&self, number: u128) -> OpenedCharge {
        self.xendit.open(&self.account, &charge(number)).await.unwrap()
    }

    pub(crate) async fn ask(&self, query: Query) -> Result<ChargeSnapshot, ProviderError> {
        let mut answers = self.xendit.inquire(&self.account, &[query], WITHIN).await;
        assert_eq!(answers.len(), 1);
        answers.remove(0)
    }

    /// The customer pays the charge of that number; the payment's id.
    pub(crate) async fn pay(&self, number: u128, more: &str) -> ProviderRef {
        self.pay_reference(&charge(number).our_reference, more).await
    }

    /// The customer pays the charge under that reference; the payment's id.
    pub(crate) async fn pay_reference(&self, reference: &OurReference, more: &str) -> ProviderRef {
        let body = format!(r#"{{"provider":"xendit","reference":"{reference}","webhook":"drop"{more}}}"#);
        let paid = self.control("POST", "/pay", &body).await;
        ProviderRef::parse(Object::parse(paid.as_bytes()).unwrap().text("payment_id").unwrap()).unwrap()
    }

    /// One fault on every call of an operation.
    pub(crate) async fn fault(&self, operation: &str, effect: &str, more: &str) {
        let rule = format!(r#"[{{"provider":"xendit","operation":"{operation}","effect":"{effect}"{more}}}]"#);
        self.control("PUT", "/faults", &rule).await;
    }

    pub(crate) async fn no_faults(&self) {
        self.control("PUT", "/faults", "[]").await;
    }

    /// The API requests that came in: methods and paths.
    pub(crate) async fn requests(&self) -> Vec<String> {
        let rows = self.rows("/requests").await;
        rows.iter().map(|row| format!("{} {}", row.text("method").unwrap(), row.text("path").unwrap())).collect()
    }

    /// A list that the control plane gives.
    pub(crate) async fn rows(&self, path: &str) -> Vec<Object> {
        let listed = self.control("GET", path, "").await;
        Object::parse(format!(r#"{{"rows":{listed}}}"#).as_bytes()).unwrap().objects("rows").unwrap()
    }

    pub(crate) async fn control(&self, verb: &str, path: &str, body: &str) -> String {
        control::call(self.sandbox.address(), verb, &format!("/_control{path}"), body).await
    }
}

pub(crate) fn adapter(base_url: &str, api: XenditApi) -> Xendit {
    let config = XenditConfig::new(base_url, WebhookVerification::Token).unwrap().with_api(api);
    Xendit::new(HttpClient::new().unwrap(), config)
}

pub(crate) fn account() -> ProviderAccount {
    ProviderAccount {
        id: AccountId::main(),
        provider: ProviderId::parse(XenditConfig::ID).unwrap(),
        mode: AccountMode::Test,
        credential: SharedSecret::new(XENDIT_KEY_DEFAULT).unwrap(),
        for_user_id: None,
        provider_merchant_id: None,
        webhook_secrets: WebhookSecrets {
            current: SharedSecret::new(XENDIT_CALLBACK_TOKEN_DEFAULT).unwrap(),
            previous: None,
        },
        nmid: Some(NMID_DEFAULT.to_owned()),
        terms: AccountTerms::default(),
    }
}

pub(crate) fn charge(number: u128) -> OpenCharge {
    let (order_code, charge) = (OrderCode::parse("TRX-1").unwrap(), ChargeId::new(Uuid::from_u128(number)));
    OpenCharge {
        charge,
        our_reference: OurReference::of(&order_code, &charge),
        order_code,
        method: Method::Qris,
        amount: Money::from(33_000),
        expires_at: Timestamp::EPOCH,
        description: Some("Kopi \"Tubruk\"".to_owned()),
        customer_phone: None,
        card_token: None,
        return_urls: None,
        within: WITHIN,
    }
}

pub(crate) fn query(number: u128, charge_ref: Option<&ProviderRef>, payment_refs: &[ProviderRef]) -> Query {
    Query {
        charge_ref: charge_ref.cloned(),
        payment_refs: payment_refs.to_vec(),
        our_reference: charge(number).our_reference,
        created_at: Timestamp::EPOCH,
        was_paid: false,
    }
}
