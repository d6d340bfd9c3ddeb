//! Logs and metrics. Neither ever carries a token, a key, a name, a phone number or an address.

use std::sync::OnceLock;

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::util::SubscriberInitExt;

use crate::config::LogFormat;

/// Buckets of every duration, in seconds: from a local read to the longest wait for a payment.
const SECONDS_BUCKETS: [f64; 14] = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0];

/// Sends log lines to the standard error output. A second call changes nothing.
pub(crate) fn log_to_stderr(format: LogFormat, filter: &str) {
    let filter = EnvFilter::try_new(filter).unwrap_or_else(|_not_a_filter| EnvFilter::new("info"));
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let outcome = match format {
        LogFormat::Pretty => lines.with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr())).finish().try_init(),
        LogFormat::Json => lines.json().flatten_event(true).with_current_span(true).finish().try_init(),
    };
    // An embedder, or a test, may have set up its own.
    let _already_set = outcome;
}

/// Where counts are read: one recorder for the process, however many apps run in it.
pub(crate) fn metrics() -> &'static PrometheusHandle {
    static RECORDER: OnceLock<PrometheusHandle> = OnceLock::new();
    RECORDER.get_or_init(|| {
        let builder = || {
            PrometheusBuilder::new()
                .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS_BUCKETS)
                .unwrap_or_else(|_no_buckets| PrometheusBuilder::new())
        };
        // An embedder may have installed a recorder of its own: then ours shows nothing.
        builder().install_recorder().unwrap_or_else(|_already_set| builder().build_recorder().handle())
    })
}
