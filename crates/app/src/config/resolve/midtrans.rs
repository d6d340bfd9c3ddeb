//! What the settings of Midtrans come to.

use mstore_pay_sandbox::SandboxConfig;

use super::{Faults, MIDTRANS_LIVE_KEY_PREFIX, Secrets};
use crate::config::{MidtransArgs, MidtransSettings};

/// Where Midtrans is, for real money and for tests.
const LIVE_URL: &str = "https://api.midtrans.com";
const TEST_URL: &str = "https://api.sandbox.midtrans.com";

/// How Midtrans is reached; none where it takes no part.
pub(super) fn settings(
    args: &MidtransArgs,
    secrets: &Secrets,
    production: bool,
    sandboxed: bool,
    faults: &mut Faults,
) -> Option<MidtransSettings> {
    let server_key = secrets.midtrans_key.clone();
    if server_key.is_none() && args.midtrans_core_base_url.is_some() {
        faults.add("MIDTRANS_CORE_BASE_URL is given without MIDTRANS_SERVER_KEY");
    }
    let server_key = server_key?;
    let is_live = server_key.expose().starts_with(MIDTRANS_LIVE_KEY_PREFIX);
    if is_live && !production {
        faults.add("MIDTRANS_SERVER_KEY is a live key, and APP_ENV is not production");
    }
    let of_midtrans = || (!sandboxed).then(|| if is_live { LIVE_URL } else { TEST_URL }.to_owned());
    let base_url = args.midtrans_core_base_url.clone().or_else(of_midtrans);
    let nmid = args.midtrans_nmid.clone().filter(|nmid| !nmid.is_empty());
    let of_sandbox = || base_url.is_none().then(|| mstore_pay_sandbox::NMID_DEFAULT.to_owned());
    let rate_limit = args.midtrans_rate_limit;
    Some(MidtransSettings { nmid: nmid.or_else(of_sandbox), server_key, base_url, rate_limit })
}

/// The sandbox in this process, playing Midtrans under the key that is in force here.
pub(super) fn played(mut sandbox: SandboxConfig, secrets: &Secrets) -> SandboxConfig {
    if let (Some(key), Some(merchant)) = (&secrets.midtrans_key, sandbox.midtrans_merchants.first_mut()) {
        key.expose().clone_into(&mut merchant.server_key);
    }
    sandbox
}
