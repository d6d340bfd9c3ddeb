//! A sandbox, the adapter wired to it, and a hand on the sandbox's controls.

pub(crate) mod control;
mod elsewhere;

use std::sync::Arc;
use std::time::Duration;

use mstore_pay_domain::account::{AccountMode, AccountTerms, ProviderAccount, SharedSecret, WebhookSecrets};
use mstore_pay_domain::charge::Artefact;
use mstore_pay_domain::ids::{AccountId, ChargeId, OrderCode, OurReference, ProviderId, ProviderRef};
use mstore_pay_domain::method::Method;
use mstore_pay_domain::money::Money;
use mstore_pay_domain::ports::{ChargeSnapshot, OpenCharge, OpenedCharge, PaymentProvider as _, ProviderError, Query};
use mstore_pay_domain::time::Timestamp;
use mstore_pay_midtrans::{Midtrans, MidtransApi, MidtransConfig};
use mstore_pay_outbound::HttpClient;
use mstore_pay_outbound::json::Object;
use mstore_pay_sandbox::{
    MIDTRANS_CLIENT_KEY_DEFAULT, MIDTRANS_SERVER_KEY_DEFAULT, NMID_DEFAULT, RateLimit, RunningSandbox, SandboxConfig,
    start,
};
use uuid::Uuid;

pub(crate) use elsewhere::{declining, nobody_listening};

/// Time for a call of which nothing bad is expected; ample, because test machines are busy.
pub(crate) const WITHIN: Duration = Duration::from_secs(20);

pub(crate) struct Bench {
    pub(crate) sandbox: RunningSandbox,
    pub(crate) midtrans: Arc<Midtrans>,
    pub(crate) account: ProviderAccount,
}

impl Bench {
    pub(crate) async fn new() -> Self {
        Self::with(SandboxConfig::default()).await
    }

    pub(crate) async fn with(config: SandboxConfig) -> Self {
        Self::speaking(MidtransApi::Core, config).await
    }

    /// The adapter that opens through that API.
    pub(crate) async fn speaking(api: MidtransApi, config: SandboxConfig) -> Self {
        let sandbox = start(SandboxConfig { rate_limit: RateLimit::Off, ..config }).await.unwrap();
        let midtrans = Arc::new(adapter(&sandbox.midtrans_base_url(), api));
        Self { sandbox, midtrans, account: account() }
    }

    /// A card becomes a token, as in a customer's browser.
    pub(crate) async fn card_token(&self, number: &str) -> String {
        let key = MIDTRANS_CLIENT_KEY_DEFAULT;
        let path = format!(
            "/midtrans/v2/token?client_key={key}&card_number={number}&card_exp_month=12&card_exp_year=2030&card_cvv=123"
        );
        let made = control::call(self.sandbox.address(), "GET", &path, "").await;
        Object::parse(made.as_bytes()).unwrap().text("token_id").unwrap()
    }

    /// The customer presses a button of the page at that address; where it leads then, if anywhere.
    pub(crate) async fn press(&self, page: &str, button: &str) -> Option<String> {
        let (_, path) = page.split_once(&self.sandbox.address().to_string()).unwrap();
        let head = control::try_call(self.sandbox.address(), "POST", &format!("{path}/{button}")).await;
        let led = head.lines().find_map(|line| line.strip_prefix("location: "));
        led.map(|to| format!("http://{}{to}", self.sandbox.address()))
    }

    /// A charge that lives for five minutes from now.
    pub(crate) fn charge(&self, number: u128) -> OpenCharge {
        let expires_at = Timestamp::from(self.sandbox.now()).plus(Duration::from_mins(5));
        OpenCharge { expires_at, ..charge(number) }
    }

    pub(crate) async fn open(&self, number: u128) -> OpenedCharge {
        self.midtrans.open(&self.account, &self.charge(number)).await.unwrap()
    }

    pub(crate) async fn ask(&self, query: Query) -> Result<ChargeSnapshot, ProviderError> {
        let mut answers = self.midtrans.inquire(&self.account, &[query], WITHIN).await;
        assert_eq!(answers.len(), 1);
        answers.remove(0)
    }

    /// The customer pays the charge under that reference; the payment's id.
    pub(crate) async fn pay_reference(&self, reference: &OurReference, more: &str) -> ProviderRef {
        let body = format!(r#"{{"provider":"midtrans","reference":"{reference}","webhook":"drop"{more}}}"#);
        let paid = self.control("POST", "/pay", &body).await;
        ProviderRef::parse(Object::parse(paid.as_bytes()).unwrap().text("payment_id").unwrap()).unwrap()
    }

    /// The API requests that came in.
    pub(crate) async fn requests(&self) -> Vec<Object> {
        self.rows("/requests").await
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

/// The address of the page that the customer is to open.
pub(crate) fn page(opened: &OpenedCharge) -> &str {
    let page = if let Artefact::Link { checkout_url, .. } = &opened.artefact { checkout_url.as_deref() } else { None };
    page.unwrap()
}

pub(crate) fn config(base_url: &str) -> MidtransConfig {
    MidtransConfig::new(base_url, &format!("{base_url}/snap/v1")).unwrap()
}

pub(crate) fn adapter(base_url: &str, api: MidtransApi) -> Midtrans {
    let below = "http://127.0.0.1:9/webhook/midtrans".parse().unwrap();
    Midtrans::new(HttpClient::new().unwrap(), config(base_url).with_api(api).with_notifications(below))
}

pub(crate) fn account() -> ProviderAccount {
    let key = || SharedSecret::new(MIDTRANS_SERVER_KEY_DEFAULT).unwrap();
    ProviderAccount {
        id: AccountId::main(),
        provider: ProviderId::parse(MidtransConfig::ID).unwrap(),
        mode: AccountMode::Test,
        credential: key(),
        for_user_id: None,
        provider_merchant_id: None,
        webhook_secrets: WebhookSecrets { current: key(), previous: None },
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

pub(crate) fn query(number: u128, charge_ref: Option<&ProviderRef>) -> Query {
    Query {
        charge_ref: charge_ref.cloned(),
        payment_refs: Vec::new(),
        our_reference: charge(number).our_reference,
        created_at: Timestamp::EPOCH,
        was_paid: false,
    }
}
