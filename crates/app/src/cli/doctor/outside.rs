//! Whether the outside reaches us by the address that we give out.

use mstore_pay_outbound::{Call, HttpClient, Reply};
use mstore_pay_xendit::XenditConfig;
use serde::Deserialize;
use url::Url;

use super::{ANSWER_WITHIN, Check, because};
use crate::config::Config;

const WHAT: &str = "PUBLIC_BASE_URL";

/// What the gateway itself says of health where that has an address of its own.
const NOT_HERE: &str = "not_found";

/// What of an answer tells that it is ours.
#[derive(Deserialize)]
struct Ours {
    code: u16,
    #[serde(default)]
    error_code: String,
}

pub(super) async fn check(config: &Config) -> Check {
    let Some(base_url) = config.public_base_url.as_deref().map(|url| url.trim_end_matches('/')) else {
        return (
            WHAT.to_owned(),
            Ok("is not set: whatever is given out names the address that is listened on".to_owned()),
        );
    };
    (WHAT.to_owned(), reach(base_url).await)
}

/// Asks whether we live, and has a webhook without a credential refused.
async fn reach(base_url: &str) -> Result<String, String> {
    let http = HttpClient::new().map_err(|error| because(&error))?;
    let at = |path: &str| format!("{base_url}{path}").parse::<Url>().map_err(|error| error.to_string());
    let health = at("/healthz")?;
    let answer = http.send(&Call::get(health.clone()), ANSWER_WITHIN).await;
    let answer = answer.map_err(|error| {
        format!("{health} does not answer ({}): see to its name, its certificate and the proxy there", because(&error))
    })?;
    if ours(&answer).is_none_or(|said| said.code != 200 && said.error_code != NOT_HERE) {
        return Err(format!(
            "{health} answers {}, and not as the gateway does: the proxy leads elsewhere",
            answer.status
        ));
    }
    let webhook = at(&format!("/api/v1/webhook/{}", XenditConfig::ID))?;
    let answer =
        http.send(&Call::post(webhook.clone()).json("{}"), ANSWER_WITHIN).await.map_err(|error| because(&error))?;
    match ours(&answer) {
        Some(said) if said.error_code == "invalid_webhook_credential" => {
            Ok(format!("{base_url} leads here, and webhooks get through (seen from this machine)"))
        }
        Some(_) | None => Err(format!(
            "{webhook} answers {}, and not as the gateway does: let the proxy pass POST /api/v1/webhook/ on unchanged",
            answer.status
        )),
    }
}

fn ours(answer: &Reply) -> Option<Ours> {
    serde_json::from_slice(&answer.body).ok()
}
