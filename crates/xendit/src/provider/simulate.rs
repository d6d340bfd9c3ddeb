use mstore_pay_domain::account::{AccountMode, ProviderAccount};
use mstore_pay_domain::ports::{Certainty, Endpoint, Operation, ProviderError, ProviderErrorKind, Simulation};
use mstore_pay_outbound::json::Object;

use crate::client::Client;
use crate::request;

/// Has Xendit's test mode pay a request.
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
    let url = request::simulate(talk.base(), &simulation.charge_ref);
    let reply = talk.post(url, Some(body), Endpoint::Open).await?;
    Object::parse(&reply.body).map(|_accepted| ()).map_err(|why| talk.malformed(&reply, why.into()))
}
