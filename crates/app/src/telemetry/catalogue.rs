//! Every metric: its name, its labels, what it says. The page `docs/metrics.md` is made of it.

use metrics::Unit;

/// What a metric does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// It only grows.
    Counter,
    /// It goes up and down.
    Gauge,
    /// It sorts what it is told into buckets.
    Histogram,
}

/// A metric.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Metric {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) labels: &'static [&'static str],
    pub(crate) help: &'static str,
}

const fn counter(name: &'static str, labels: &'static [&'static str], help: &'static str) -> Metric {
    Metric { name, kind: Kind::Counter, labels, help }
}

const fn gauge(name: &'static str, labels: &'static [&'static str], help: &'static str) -> Metric {
    Metric { name, kind: Kind::Gauge, labels, help }
}

const fn histogram(name: &'static str, labels: &'static [&'static str], help: &'static str) -> Metric {
    Metric { name, kind: Kind::Histogram, labels, help }
}

/// Every metric, in the order of the page.
pub(crate) const METRICS: &[Metric] = &[
    counter(
        "mstore_pay_requests_total",
        &["route", "method", "status"],
        "HTTP requests that were answered; by methods that are none of RFC 9110: `other`",
    ),
    histogram("mstore_pay_request_seconds", &["route"], "How long they took; of those that wait, with the wait"),
    counter(
        "mstore_pay_creates_total",
        &["provider", "method", "result"],
        "Payments that tills asked for: `open`, `accepted` (202), `replayed`, `declined` (the provider's no), \
         `unavailable` (no provider), `failed` (our store), `refused` (the request)",
    ),
    histogram("mstore_pay_create_seconds", &["provider", "result"], "How long a till waited for that"),
    counter(
        "mstore_pay_provider_calls_total",
        &["provider", "operation", "result"],
        "Operations at providers: `ok`, or the kind of error",
    ),
    histogram(
        "mstore_pay_provider_call_seconds",
        &["provider", "operation"],
        "How long they took, repetitions included",
    ),
    counter(
        "mstore_pay_provider_drift_total",
        &["provider", "operation", "kind"],
        "What a provider said that we do not know",
    ),
    gauge(
        "mstore_pay_provider_available",
        &["provider"],
        "1 while any line by which it opens charges is let through, else 0",
    ),
    gauge(
        "mstore_pay_breaker_level",
        &["provider", "account", "operation", "method"],
        "A line to a provider: 0 closed, 1 half open, 2 open",
    ),
    counter(
        "mstore_pay_budget_calls_total",
        &["provider", "endpoint", "class", "result"],
        "Calls that were asked of the rate budget: `granted`, or `held_up`",
    ),
    gauge(
        "mstore_pay_rate_limit_calls",
        &["provider", "account", "endpoint", "what"],
        "What the provider last said of its limit: calls in a window, calls remaining",
    ),
    counter(
        "mstore_pay_webhooks_total",
        &["provider", "result"],
        "Webhooks: `new`, `duplicate`, `not_authentic`, `unreadable`, `failed` (not stored)",
    ),
    histogram(
        "mstore_pay_webhook_lag_seconds",
        &["provider"],
        "From when a customer paid, as the provider says, to when its webhook came",
    ),
    gauge("mstore_pay_inbox", &["state"], "Webhooks that wait: `open`, `parked`, `dead`"),
    histogram(
        "mstore_pay_time_to_truth_seconds",
        &["provider", "by"],
        "From when a customer paid, as the provider says, to when it was on record, and what brought it: `webhook`, \
         `sweep`, `check`, `look`, `closing`, `reconciling`",
    ),
    counter("mstore_pay_sweep_rows_total", &["account"], "Rows of arrived money that were listed"),
    counter("mstore_pay_sweep_settled_total", &["account"], "Payments that a listing found"),
    counter(
        "mstore_pay_sweep_believed_total",
        &["account"],
        "Those of them that were believed as listed, because more money came than there were questions for",
    ),
    histogram(
        "mstore_pay_sweep_lag_seconds",
        &["account"],
        "From when a customer paid, as the provider says, to when a listing showed it",
    ),
    gauge("mstore_pay_sweep_trusted", &["account"], "1 while listings are prompt enough to spare questions, else 0"),
    gauge(
        "mstore_pay_pending_payments",
        &["older_than"],
        "Pending payments that were created at least so many seconds ago",
    ),
    gauge("mstore_pay_exceptions_open", &["kind"], "Money that waits for a person"),
    gauge("mstore_pay_outbox_waiting", &[], "Messages that have not gone out"),
    gauge("mstore_pay_outbox_oldest_age_seconds", &[], "How long the oldest of them has waited"),
    counter("mstore_pay_events_published_total", &["event"], "Messages that went out"),
    counter(
        "mstore_pay_dispatches_total",
        &["result"],
        "Calls to endpoints of merchants: `arrived`, `set_back`, `disabled`, `error`",
    ),
    gauge("mstore_pay_dispatches_waiting", &[], "Events that endpoints are still to be told"),
    gauge("mstore_pay_dispatches_oldest_age_seconds", &[], "How long the oldest of them has waited"),
    gauge("mstore_pay_endpoints", &["state"], "Endpoints of merchants"),
    counter("mstore_pay_endpoints_disabled_total", &["why"], "Endpoints that are told nothing more"),
    counter("mstore_pay_rate_limited_total", &["what"], "Requests of merchants that came too often"),
    counter("mstore_pay_work_total", &["what", "result"], "Things that workers did"),
    counter("mstore_pay_pruned_total", &["what"], "Rows that were old enough to go"),
    gauge("mstore_pay_tasks", &[], "Tasks under way"),
    counter("mstore_pay_store_errors_total", &[], "Requests that failed for the store"),
    counter("mstore_pay_panics_total", &["what"], "Panics, each contained"),
];

/// Tells the recorder what each metric says, and has those without labels shown from the start.
pub(super) fn describe() {
    for Metric { name, kind, labels, help } in METRICS.iter().copied() {
        match kind {
            Kind::Counter => metrics::describe_counter!(name, help),
            Kind::Gauge => metrics::describe_gauge!(name, help),
            Kind::Histogram => metrics::describe_histogram!(name, Unit::Seconds, help),
        }
        if kind == Kind::Counter && labels.is_empty() {
            metrics::counter!(name).increment(0);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    use super::*;

    /// Set to any value, the page is written instead of compared.
    const UPDATE_VARIABLE: &str = "UPDATE_DOCS";
    const HEAD: &str = "\
# Metrics

`GET /metrics` (at `OPERATIONS_LISTEN_ADDR`, where that is set) has them in the text format of Prometheus. [grafana/](grafana/) has a dashboard and alert rules over them, [runbook.md](runbook.md)
what to do. Labels never name a merchant, a payment or a customer; `account` is our name for an account at a provider. Gauges are renewed
every five seconds; those of what waits say the same on every node.

This page is written from the code.

| metric | kind | labels | says |
|---|---|---|---|
";

    fn page() -> String {
        let row = |metric: &Metric| {
            let kind = format!("{:?}", metric.kind).to_lowercase();
            let labels: Vec<String> = metric.labels.iter().map(|label| format!("`{label}`")).collect();
            format!("| `{}` | {kind} | {} | {} |\n", metric.name, labels.join(", "), metric.help)
        };
        METRICS.iter().fold(HEAD.to_owned(), |page, metric| page + &row(metric))
    }

    #[test]
    fn the_page_of_metrics_has_every_one() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/metrics.md");
        if std::env::var_os(UPDATE_VARIABLE).is_some() {
            fs::write(path, page()).unwrap();
        }
        let have = fs::read_to_string(path).unwrap_or_default();
        assert!(have == page(), "docs/metrics.md: run the app's tests with {UPDATE_VARIABLE}=1");
    }

    /// The metrics that sources name, each as a text of its own.
    fn named(folder: &Path, names: &mut BTreeSet<String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                named(&path, names);
            } else if !path.ends_with("catalogue.rs") {
                let source = fs::read_to_string(&path).unwrap_or_default();
                let texts = source.split('"').filter(|text| text.starts_with("mstore_pay_"));
                names.extend(texts.filter(|text| !text.contains(['=', ' '])).map(str::to_owned));
            }
        }
    }

    #[test]
    fn every_metric_that_is_counted_is_in_the_catalogue() {
        let mut names = BTreeSet::new();
        named(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut names);
        let known: BTreeSet<String> = METRICS.iter().map(|metric| metric.name.to_owned()).collect();
        let unknown: Vec<&String> = names.difference(&known).collect();
        assert!(!names.is_empty() && unknown.is_empty(), "not in telemetry/catalogue.rs: {unknown:?}");
    }
}
