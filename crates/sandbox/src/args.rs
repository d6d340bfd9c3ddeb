//! The command line of the `sandbox` subcommand.

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;

use chrono::{DateTime, Utc};
use clap::Args;
use url::Url;

use crate::config::{
    MIDTRANS_CLIENT_KEY_DEFAULT, MIDTRANS_SERVER_KEY_DEFAULT, MidtransMerchant, RateLimit, SWEEP_LAG_MS_DEFAULT,
    SandboxConfig, XENDIT_CALLBACK_TOKEN_DEFAULT, XENDIT_KEY_DEFAULT, XenditAccount,
};

/// Flags of the provider sandbox, to be flattened into a subcommand.
#[derive(Debug, Clone, Args)]
pub struct SandboxArgs {
    /// Address to listen on; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:8081")]
    pub listen: SocketAddr,
    /// Journal of the ledger, kept over restarts and fsynced; without it the ledger lives in memory.
    #[arg(long, value_name = "FILE")]
    pub state: Option<PathBuf>,
    /// How many times faster than real time the provider's clock runs.
    #[arg(long, value_name = "N", default_value = "1")]
    pub time_scale: NonZeroU32,
    /// When the provider's clock showed the real time, RFC 3339; for clocks of several processes to agree. Default:
    /// where the state file left off, else the start.
    #[arg(long, value_name = "TIME")]
    pub time_origin: Option<DateTime<Utc>>,
    /// Requests per endpoint and minute, or `off`.
    #[arg(long, value_name = "off|N", default_value = "600")]
    pub rate_limit: RateLimit,
    /// How long arrived money stays out of `GET /transactions`, in milliseconds of the provider's clock.
    #[arg(long, value_name = "MS", default_value_t = SWEEP_LAG_MS_DEFAULT)]
    pub sweep_lag: u64,
    /// Secret key of the main Xendit account.
    #[arg(long, value_name = "KEY", default_value = XENDIT_KEY_DEFAULT)]
    pub xendit_key: String,
    /// Token sent as `x-callback-token` with the main Xendit account's webhooks.
    #[arg(long, value_name = "TOKEN", default_value = XENDIT_CALLBACK_TOKEN_DEFAULT)]
    pub xendit_callback_token: String,
    /// Where the main Xendit account's webhooks go.
    #[arg(long, value_name = "URL")]
    pub xendit_webhook_target: Option<Url>,
    /// A Xendit sub-account by its business id; may be repeated. Its key and callback token are the main
    /// defaults with `_ID` and `-ID` behind them.
    #[arg(long, value_name = "BUSINESS_ID")]
    pub xendit_sub_account: Vec<String>,
    /// Server key of the main Midtrans merchant; its notifications are signed with it.
    #[arg(long, value_name = "KEY", default_value = MIDTRANS_SERVER_KEY_DEFAULT)]
    pub midtrans_server_key: String,
    /// Client key of the main Midtrans merchant.
    #[arg(long, value_name = "KEY", default_value = MIDTRANS_CLIENT_KEY_DEFAULT)]
    pub midtrans_client_key: String,
    /// Where the main Midtrans merchant's notifications go.
    #[arg(long, value_name = "URL")]
    pub midtrans_webhook_target: Option<Url>,
    /// Another Midtrans merchant by its id; may be repeated. Its keys are the main defaults with `-ID` behind them.
    #[arg(long, value_name = "MERCHANT_ID")]
    pub midtrans_merchant: Vec<String>,
}

impl From<SandboxArgs> for SandboxConfig {
    fn from(args: SandboxArgs) -> Self {
        let main = XenditAccount {
            key: args.xendit_key,
            callback_token: args.xendit_callback_token,
            webhook_target: args.xendit_webhook_target,
            ..XenditAccount::main()
        };
        let merchant = MidtransMerchant {
            server_key: args.midtrans_server_key,
            client_key: args.midtrans_client_key,
            webhook_target: args.midtrans_webhook_target,
            ..MidtransMerchant::main()
        };
        let others = args.midtrans_merchant.iter().map(|id| MidtransMerchant::other(id));
        let subs = args.xendit_sub_account.iter().map(|id| XenditAccount::sub(id));
        Self {
            listen: args.listen,
            state: args.state,
            time_scale: args.time_scale,
            time_origin: args.time_origin,
            rate_limit: args.rate_limit,
            sweep_lag_ms: args.sweep_lag,
            xendit_accounts: std::iter::once(main).chain(subs).collect(),
            midtrans_merchants: std::iter::once(merchant).chain(others).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Cli {
        #[command(flatten)]
        sandbox: SandboxArgs,
    }

    #[test]
    fn every_published_flag_parses() {
        let line = "sandbox --listen 127.0.0.1:0 --state s.json --time-scale 60 --time-origin 2026-01-01T00:00:00Z --rate-limit off --sweep-lag 0 \
                    --xendit-key xnd_development_k --xendit-callback-token t --midtrans-server-key a \
                    --midtrans-client-key b --midtrans-merchant G2 --midtrans-webhook-target http://127.0.0.1:1/m \
                    --xendit-sub-account 65f0 --xendit-webhook-target http://127.0.0.1:1/w";
        let cli = Cli::try_parse_from(line.split_whitespace()).expect("flags of the published list");
        let config = SandboxConfig::from(cli.sandbox);
        assert_eq!(config.time_scale.get(), 60);
        assert_eq!(config.time_origin.map(|origin| origin.timestamp()), Some(1_767_225_600));
        assert_eq!(config.rate_limit, RateLimit::Off);
        assert_eq!(config.xendit_accounts[0].key, "xnd_development_k");
        assert_eq!(config.xendit_accounts[1].name, "65f0");
        assert_eq!(config.midtrans_merchants[0].server_key, "a");
        assert_eq!(config.midtrans_merchants[1].name, "G2");
    }

    #[test]
    fn no_flag_at_all_gives_the_development_defaults() {
        let cli = Cli::try_parse_from(["sandbox"]).expect("defaults");
        let config = SandboxConfig::from(cli.sandbox);
        assert_eq!(config.xendit_accounts, [XenditAccount::main()]);
        assert_eq!(config.sweep_lag_ms, SWEEP_LAG_MS_DEFAULT);
    }
}
