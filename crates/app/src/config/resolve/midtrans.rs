//! What the settings of Midtrans come to.

use mstore_pay_midtrans::MidtransApi;
use mstore_pay_sandbox::{MIDTRANS_CLIENT_KEY_DEFAULT, MIDTRANS_SERVER_KEY_DEFAULT, NMID_DEFAULT, SandboxConfig};

use super::production::MIDTRANS_LIVE_CLIENT_KEY_PREFIX;
use super::{Faults, MIDTRANS_LIVE_KEY_PREFIX, Secrets};
use crate::config::{MidtransAddresses, MidtransArgs, MidtransSettings, SecretText};

/// Where Midtrans is, for real money and for tests.
const LIVE_URLS: (&str, &str) = ("https://api.midtrans.com", "https://app.midtrans.com/snap/v1");
const TEST_URLS: (&str, &str) = ("https://api.sandbox.midtrans.com", "https://app.sandbox.midtrans.com/snap/v1");

/// How Midtrans is reached; none where it takes no part. `sandboxed`: it can be played in this process.
pub(super) fn settings(
    args: &MidtransArgs,
    secrets: &Secrets,
    production: bool,
    sandboxed: bool,
    faults: &mut Faults,
) -> Option<MidtransSettings> {
    let api = args.midtrans_api.parse::<MidtransApi>();
    let api = faults.keep(api.map_err(|_unknown| "MIDTRANS_API is neither core nor snap".to_owned()));
    let addresses = given(args);
    if secrets.midtrans_key.is_none() && addresses.is_some() {
        faults.add("MIDTRANS_CORE_BASE_URL is given without MIDTRANS_SERVER_KEY");
    }
    if args.midtrans_snap_base_url.is_some() && args.midtrans_core_base_url.is_none() {
        faults.add("MIDTRANS_SNAP_BASE_URL is given without MIDTRANS_CORE_BASE_URL");
    }
    // Somebody's own key is for Midtrans itself: the sandbox plays it under none but its own.
    let is_of_sandbox = |key: &SecretText| key.expose() == MIDTRANS_SERVER_KEY_DEFAULT;
    let is_played = sandboxed && addresses.is_none() && secrets.midtrans_key.as_ref().is_none_or(is_of_sandbox);
    let of_sandbox = || is_played.then(|| MIDTRANS_SERVER_KEY_DEFAULT.parse().ok()).flatten();
    let server_key = secrets.midtrans_key.clone().or_else(of_sandbox)?;
    let is_live = server_key.expose().starts_with(MIDTRANS_LIVE_KEY_PREFIX);
    let client_key = args.midtrans_client_key.clone().filter(|key| !key.is_empty());
    if !production {
        check_test(is_live, secrets, client_key.as_deref(), faults);
    }
    let (core, snap) = if is_live { LIVE_URLS } else { TEST_URLS };
    let of_midtrans = || MidtransAddresses { core: core.to_owned(), snap: snap.to_owned() };
    let nmid = args.midtrans_nmid.clone().filter(|nmid| !nmid.is_empty());
    Some(MidtransSettings {
        server_key,
        server_key_previous: secrets.midtrans_key_previous.clone(),
        client_key: client_key.or_else(|| is_played.then(|| MIDTRANS_CLIENT_KEY_DEFAULT.to_owned())),
        api: api?,
        addresses: if is_played { None } else { Some(addresses.unwrap_or_else(of_midtrans)) },
        nmid: nmid.or_else(|| is_played.then(|| NMID_DEFAULT.to_owned())),
        rate_limit: args.midtrans_rate_limit,
    })
}

/// The addresses that were given: Snap, where nothing is said of it, beside Core.
fn given(args: &MidtransArgs) -> Option<MidtransAddresses> {
    let beside = MidtransAddresses::below(args.midtrans_core_base_url.as_deref()?);
    Some(MidtransAddresses { snap: args.midtrans_snap_base_url.clone().unwrap_or(beside.snap), ..beside })
}

/// Outside production no key may reach real money.
fn check_test(is_live: bool, secrets: &Secrets, client_key: Option<&str>, faults: &mut Faults) {
    let is_live_key = |key: &SecretText| key.expose().starts_with(MIDTRANS_LIVE_KEY_PREFIX);
    for (name, is_live) in [
        ("MIDTRANS_SERVER_KEY", is_live),
        ("MIDTRANS_SERVER_KEY_PREVIOUS", secrets.midtrans_key_previous.as_ref().is_some_and(is_live_key)),
        ("MIDTRANS_CLIENT_KEY", client_key.is_some_and(|key| key.starts_with(MIDTRANS_LIVE_CLIENT_KEY_PREFIX))),
    ] {
        if is_live {
            faults.add(format!("{name} is a live key, and APP_ENV is not production"));
        }
    }
}

/// The sandbox in this process, playing Midtrans under the client key that is in force here.
pub(super) fn played(mut sandbox: SandboxConfig, args: &MidtransArgs) -> SandboxConfig {
    if let (Some(key), Some(merchant)) = (&args.midtrans_client_key, sandbox.midtrans_merchants.first_mut()) {
        key.clone_into(&mut merchant.client_key);
    }
    sandbox
}
