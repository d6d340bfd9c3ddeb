//! A messenger: brings webhooks to the gateway as a provider, or somebody who would like to be one, does.

use std::sync::{Arc, RwLock};
use std::time::Duration;

use super::{ClientLog, Exchange, exchange};
use crate::rig::{Provider, Rig};

pub(crate) struct Messenger {
    http: reqwest::Client,
    gateway_url: Arc<RwLock<String>>,
    provider: Provider,
    token: String,
    log: ClientLog,
}

impl Messenger {
    pub(crate) fn new(rig: &Rig, log: &ClientLog) -> Self {
        let http = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(15)).build();
        Self {
            http: http.expect("a client"),
            gateway_url: Arc::clone(&rig.gateway_url),
            provider: rig.provider(),
            token: rig.secrets.webhook_token.clone(),
            log: log.clone(),
        }
    }

    /// Brings it with the account's own token, where its proof is not in it.
    pub(crate) async fn deliver(&self, body: &str) -> Exchange {
        let token = ("x-callback-token", self.token.as_str());
        let proof: &[_] = if self.provider == Provider::Xendit { &[token] } else { &[] };
        self.bring(self.provider.webhook(), proof, body).await
    }

    /// Brings it with whatever proof is given.
    pub(crate) async fn bring(&self, path: &str, proof: &[(&str, &str)], body: &str) -> Exchange {
        let url = format!("{}{path}", self.gateway_url.read().expect("a lock nobody panics under"));
        let mut request = self.http.post(url).header("Content-Type", "application/json").body(body.to_owned());
        for (name, value) in proof {
            request = request.header(*name, *value);
        }
        let exchange = exchange(request, "POST", path, "", None, Some(body.to_owned())).await;
        self.log.add(exchange.clone());
        exchange
    }
}
