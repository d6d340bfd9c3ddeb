//! What a test does at the provider: customers pay, faults are ordered, books are read.

use std::time::Duration;

use mstore_pay_sandbox::MIDTRANS_CLIENT_KEY_DEFAULT;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::Provider;
use super::ledger::{Delivery, LedgerCharge, LedgerPage, LedgerRow, ProviderCall};
use super::provider::SNAP_PAGE;

/// A connection that lay idle longer is not used again: the sandbox may just be closing it.
const IDLE_MAX: Duration = Duration::from_secs(2);
/// A card of Midtrans' tests that simply works.
const CARD: &str = "card_number=4811111111111114&card_exp_month=12&card_exp_year=2030&card_cvv=123";

/// The control plane of the sandbox.
#[derive(Debug, Clone)]
pub(crate) struct Control {
    http: reqwest::Client,
    sandbox: String,
    base: String,
}

/// What a customer does.
#[derive(Debug, Clone, Default)]
pub(crate) struct Pay {
    /// Other than what is asked.
    pub(crate) amount: Option<i64>,
    /// Other than rupiah.
    pub(crate) currency: Option<&'static str>,
    /// Nobody is told.
    pub(crate) silent: bool,
    /// When the customer was at the PIN.
    pub(crate) inquired_at: Option<chrono::DateTime<chrono::Utc>>,
}

impl Control {
    pub(super) fn of(sandbox_url: &str) -> Self {
        let http =
            reqwest::Client::builder().no_proxy().timeout(Duration::from_mins(1)).pool_idle_timeout(IDLE_MAX).build();
        let (sandbox, base) = (sandbox_url.to_owned(), format!("{sandbox_url}/_control"));
        Self { http: http.expect("a client"), sandbox, base }
    }

    /// Pays the object of that id and gives the payment as the provider booked it.
    pub(crate) async fn pay(&self, id: &str, pay: &Pay) -> Value {
        self.pay_named(named(id), pay).await
    }

    /// Pays the newest object of that order: what a customer does whose phone shows it.
    pub(crate) async fn approve(&self, order_code: &str, pay: &Pay) -> Value {
        let charges = self.charges().await;
        let newest = charges.iter().rfind(|charge| charge.order_code.as_deref() == Some(order_code));
        self.pay(&newest.expect("an object of that order").id, pay).await
    }

    async fn pay_named(&self, mut body: Value, pay: &Pay) -> Value {
        if let Some(amount) = pay.amount {
            body["amount"] = json!(amount);
        }
        if let Some(currency) = pay.currency {
            body["currency"] = json!(currency);
        }
        if pay.silent {
            body["webhook"] = json!("drop");
        }
        if let Some(at) = pay.inquired_at {
            body["inquired_at"] = json!(at);
        }
        self.post("pay", &body).await
    }

    /// The object that a customer pays who scans this QR code, or follows the number or page in its place; `name` is
    /// a guess that saves a look.
    pub(crate) async fn scan(&self, name: &str, qr: &str) -> String {
        if name.starts_with("pr-") || name.starts_with("ps-") {
            return name.to_owned();
        }
        let object = self.charges().await.into_iter().find(|charge| charge.artefact == qr);
        object.expect("what is on a screen is the provider's").id
    }

    /// A card becomes a token of Midtrans', as in its customer's browser.
    pub(crate) async fn card_token(&self) -> String {
        let asked = format!("client_key={MIDTRANS_CLIENT_KEY_DEFAULT}&{CARD}");
        let text = self.send(self.http.get(format!("{}/midtrans/v2/token?{asked}", self.sandbox))).await;
        let made: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("a token: {error}: {text}"));
        made["token_id"].as_str().unwrap_or_else(|| panic!("no token: {text}")).to_owned()
    }

    /// Midtrans' bank takes back what came on that object, and says so.
    pub(crate) async fn take_back(&self, id: &str) {
        let mut body = named(id);
        body["how"] = json!("denied");
        self.post("take-back", &body).await;
    }

    pub(crate) async fn fail(&self, id: &str) {
        self.post("fail", &named(id)).await;
    }

    pub(crate) async fn expire(&self, id: &str, silent: bool) {
        let mut body = named(id);
        if silent {
            body["webhook"] = json!("drop");
        }
        self.post("expire", &body).await;
    }

    /// Puts these rules in force instead of all others.
    pub(crate) async fn faults(&self, rules: &Value) {
        self.send(self.http.put(format!("{}/faults", self.base)).body(rules.to_string())).await;
    }

    /// Allows so many calls a minute at each endpoint of a provider.
    pub(crate) async fn limit(&self, provider: Provider, per_minute: u64) {
        let body = json!({"provider": provider.word(), "per_minute": per_minute});
        self.send(self.http.put(format!("{}/limits", self.base)).body(body.to_string())).await;
    }

    /// Has every provider tell the gateway at that address.
    pub(crate) async fn webhooks_to(&self, gateway_url: &str) {
        for provider in Provider::ALL {
            self.put_target(
                &json!({"provider": provider.word(), "url": format!("{gateway_url}{}", provider.webhook())}),
            )
            .await;
        }
    }

    /// Has one account's webhooks sent there.
    pub(crate) async fn webhook_target_of(&self, provider: &str, account: &str, url: &str) {
        self.put_target(&json!({"provider": provider, "account": account, "url": url})).await;
    }

    async fn put_target(&self, body: &Value) {
        self.send(self.http.put(format!("{}/webhook-target", self.base)).body(body.to_string())).await;
    }

    /// What was opened, pages of Midtrans' among it: what was picked on one is money on it.
    pub(crate) async fn charges(&self) -> Vec<LedgerCharge> {
        let rows: Vec<LedgerRow> = self.get("charges").await;
        let mut charges: Vec<LedgerCharge> = rows.into_iter().map(LedgerRow::into_told).collect();
        for page in self.get::<Vec<LedgerPage>>("pages").await {
            let (picked, others): (Vec<_>, Vec<_>) = charges.into_iter().partition(|charge| page.has(charge));
            let address = format!("{}/midtrans/snap/v4/redirection/{}", self.sandbox, page.token());
            charges = others;
            charges.push(page.object(address, &picked));
        }
        charges
    }

    pub(crate) async fn calls(&self) -> Vec<ProviderCall> {
        self.get("requests").await
    }

    pub(crate) async fn deliveries(&self) -> Vec<Delivery> {
        self.get("webhooks").await
    }

    async fn get<T: DeserializeOwned>(&self, what: &str) -> T {
        let text = self.send(self.http.get(format!("{}/{what}", self.base))).await;
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{what} of the sandbox: {error}"))
    }

    async fn post(&self, what: &str, body: &Value) -> Value {
        let text = self.send(self.http.post(format!("{}/{what}", self.base)).body(body.to_string())).await;
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{what} of the sandbox: {error}: {text}"))
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> String {
        let answer = request.send().await.expect("the sandbox answers its control plane");
        let status = answer.status();
        let text = answer.text().await.expect("the sandbox's answer has a body");
        assert!(status.is_success(), "the sandbox refused: {status} {text}");
        text
    }
}

/// The object of that id, as the control plane is told of it: a page by its token.
fn named(id: &str) -> Value {
    json!({"provider": Provider::of_object(id).word(), "id": id.strip_prefix(SNAP_PAGE).unwrap_or(id)})
}
