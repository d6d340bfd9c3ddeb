//! Striking on order: the points of the domain at which a fault programme may abort, panic, fail or sleep.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use mstore_pay_domain::ports::{CrashPoint, Probe, StoreError};

use crate::system::random_below;

/// What strikes where. Written `point=effect;point=effect`, an effect being `abort`, `panic`, `error` or
/// `sleep(MILLISECONDS)`, with `*N` behind it for the first N times only or `%P` for P times in a hundred. A point written
/// `point[TEXT]` is struck only with something in hand that holds that text.
#[derive(Debug)]
pub(crate) struct Failpoints {
    points: BTreeMap<CrashPoint, Failpoint>,
}

#[derive(Debug)]
struct Failpoint {
    held: Option<String>,
    effect: Effect,
    when: When,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Effect {
    Abort,
    Panic,
    Error,
    Sleep(Duration),
}

#[derive(Debug)]
enum When {
    Always,
    Percent(u64),
    Times(AtomicU64),
}

/// A text that names no failpoints.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("FAILPOINTS: {part:?} is not point=effect")]
pub(crate) struct NotAFailpoint {
    part: String,
}

#[derive(Debug, thiserror::Error)]
#[error("failpoint {point}")]
struct Struck {
    point: &'static str,
}

impl Failpoints {
    pub(crate) fn parse(text: &str) -> Result<Self, NotAFailpoint> {
        let parse = |part: &str| parse_point(part.trim()).ok_or_else(|| NotAFailpoint { part: part.to_owned() });
        let points: Result<_, _> = text.split(';').filter(|part| !part.trim().is_empty()).map(parse).collect();
        Ok(Self { points: points? })
    }
}

fn parse_point(part: &str) -> Option<(CrashPoint, Failpoint)> {
    let (name, rest) = part.split_once('=')?;
    let (name, held) = match name.trim().strip_suffix(']') {
        Some(name) => name.split_once('[').map(|(name, held)| (name, Some(held.to_owned())))?,
        None => (name, None),
    };
    let point = CrashPoint::ALL.into_iter().find(|point| point.word() == name.trim())?;
    let (effect, when) = match rest.split_once('*') {
        Some((effect, times)) => (effect, When::Times(AtomicU64::new(times.trim().parse().ok()?))),
        None => match rest.split_once('%') {
            Some((effect, percent)) => (effect, When::Percent(percent.trim().parse().ok().filter(|p| *p <= 100)?)),
            None => (rest, When::Always),
        },
    };
    let effect = match effect.trim() {
        "abort" => Effect::Abort,
        "panic" => Effect::Panic,
        "error" => Effect::Error,
        sleep => {
            let millis = sleep.strip_prefix("sleep(")?.strip_suffix(')')?;
            Effect::Sleep(Duration::from_millis(millis.parse().ok()?))
        }
    };
    Some((point, Failpoint { held, effect, when }))
}

impl Failpoint {
    /// Whether it is meant, with these bytes in hand.
    fn is_meant(&self, in_hand: &[u8]) -> bool {
        let Some(held) = &self.held else { return true };
        in_hand.windows(held.len().max(1)).any(|bytes| bytes == held.as_bytes())
    }
}

impl When {
    fn strikes(&self) -> bool {
        const PERCENT: u64 = 100;
        match self {
            Self::Always => true,
            Self::Percent(percent) => random_below(PERCENT) < *percent,
            Self::Times(left) => {
                left.try_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok()
            }
        }
    }
}

#[async_trait]
impl Probe for Failpoints {
    #[expect(clippy::panic, reason = "a fault programme ordered it; production refuses failpoints")]
    async fn reach_with(&self, point: CrashPoint, in_hand: &[u8]) -> Result<(), StoreError> {
        let meant = self.points.get(&point).filter(|failpoint| failpoint.is_meant(in_hand));
        let Some(failpoint) = meant.filter(|failpoint| failpoint.when.strikes()) else {
            return Ok(());
        };
        tracing::warn!(point = point.word(), "failpoint {} strikes: {:?}", point.word(), failpoint.effect);
        match failpoint.effect {
            Effect::Abort => std::process::abort(),
            Effect::Panic => panic!("failpoint {}", point.word()),
            Effect::Error => Err(StoreError::unavailable(Struck { point: point.word() })),
            Effect::Sleep(pause) => {
                tokio::time::sleep(pause).await;
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_failpoint_strikes_at_its_point_as_often_as_it_was_told() {
        let probe = Failpoints::parse("before_call=error*2; after_intent_commit=sleep(0)").unwrap();
        assert!(probe.reach(CrashPoint::BeforeCall).await.is_err());
        assert!(probe.reach(CrashPoint::BeforeCall).await.is_err());
        assert!(probe.reach(CrashPoint::BeforeCall).await.is_ok());
        assert!(probe.reach(CrashPoint::AfterIntentCommit).await.is_ok());
        assert!(probe.reach(CrashPoint::WorkerAfterLease).await.is_ok());
    }

    #[tokio::test]
    async fn a_failpoint_may_be_meant_for_what_holds_a_text() {
        let probe = Failpoints::parse("worker_after_lease[bad]=error").unwrap();
        assert!(probe.reach_with(CrashPoint::WorkerAfterLease, b"a bad one").await.is_err());
        assert!(probe.reach_with(CrashPoint::WorkerAfterLease, b"a good one").await.is_ok());
        assert!(probe.reach(CrashPoint::WorkerAfterLease).await.is_ok());
    }

    #[test]
    fn what_is_no_failpoint_is_refused() {
        for text in [
            "x=abort",
            "before_call]=abort",
            "before_call",
            "before_call=explode",
            "before_call=sleep(x)",
            "before_call=error%101",
        ] {
            assert!(Failpoints::parse(text).is_err(), "{text}");
        }
        assert!(Failpoints::parse("").is_ok());
    }
}
