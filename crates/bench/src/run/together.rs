//! The turns of one side, taken together.

use hdrhistogram::Histogram;

use super::turn::Figures;
use crate::Trouble;
use crate::load::latencies;
use crate::report::{Hundredths, median, percentiles, shown};

/// Medians of the turns, and the latencies of all of them.
pub(super) struct Together {
    per_second: u64,
    gateway_cpu: Option<Hundredths>,
    database_cpu: Option<Hundredths>,
    latencies: Histogram<u64>,
    refused: u64,
}

impl Together {
    pub(super) fn of(turns: &[Figures]) -> Result<Self, Trouble> {
        let mut all = latencies()?;
        for turn in turns {
            all.add(&turn.latencies)?;
        }
        Ok(Self {
            per_second: median(&turns.iter().map(|turn| turn.per_second).collect::<Vec<_>>()).unwrap_or_default(),
            gateway_cpu: median(&turns.iter().map(|turn| turn.gateway_cpu).collect::<Vec<_>>()),
            database_cpu: median(&turns.iter().filter_map(|turn| turn.database_cpu).collect::<Vec<_>>()),
            latencies: all,
            refused: turns.iter().map(|turn| turn.refused).sum(),
        })
    }

    /// The columns that every table has.
    pub(super) const COLUMNS: &str = " a second          p50/p95/p99 ms  CPU ms  database CPU ms  refused";

    /// What stands in them.
    pub(super) fn columns(&self) -> String {
        format!(
            "{:>9}  {:>22}  {:>6}  {:>15}  {:>7}",
            self.per_second,
            percentiles(&self.latencies),
            shown(self.gateway_cpu),
            shown(self.database_cpu),
            self.refused,
        )
    }
}
