use mstore_pay_domain::account::{AccountMode, ProviderAccount};
use mstore_pay_domain::ports::{Certainty, Endpoint, Operation, ProviderError, ProviderErrorKind, Simulation};
use mstore_pay_outbound::json;

use super::object::Object;
use crate::client::Client;
use crate::request;

/// Has Xendit's test mode pay a charge. On a page somebody has to type in a card.
pub(super) async fn simulate(
    client: &Client,
    account: &ProviderAccount,
    simulation: &Simulation,
) -> Result<(), ProviderError> {
    match account.mode {
        AccountMode::Test => {}
        AccountMode::Live => return Err(client.unsupported(Operation::Simulate)),
    }
    let talk = client.talk(account, Operation::Simulate, simulation.within);
    let body = request::simulate_body(&simulation.amount)
        .map_err(|error| talk.error(ProviderErrorKind::InvalidRequest, Certainty::NotApplied).because(error))?;
    let (base, id) = (talk.base(), &simulation.charge_ref);
    let (url, body) = match Object::of(id, talk.api()) {
        Object::Session => return Err(client.unsupported(Operation::Simulate)),
        Object::QrCode => (request::qr_code::simulate(base, id), Some(body)),
        Object::RequestV3 => (request::v3::simulate(base, id), Some(body)),
        // It is paid in full, whatever is said.
        Object::RequestV2 => (request::v2::simulate(base, id), None),
    };
    let reply = talk.post(url, body, Endpoint::Open).await?;
    json::Object::parse(&reply.body).map(|_accepted| ()).map_err(|why| talk.malformed(&reply, why.into()))
}
