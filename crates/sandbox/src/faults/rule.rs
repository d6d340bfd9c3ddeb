use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use url::Url;

use super::effect::{Effect, Operation};
use crate::amount::Amount;
use crate::provider::Provider;

/// One rule as the control plane takes it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rule {
    pub(crate) provider: Provider,
    pub(crate) operation: Operation,
    pub(crate) effect: Effect,
    /// A method's word, such as `qris`; none meets every method.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) method: Option<String>,
    /// A charge's reference, order code or id; none meets every charge.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) reference: Option<String>,
    /// How often the rule fires; for `duplicate` and `storm` how many copies are sent each time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) times: Option<u32>,
    /// A number from 0 to 1, read from its digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) probability: Option<Box<RawValue>>,
    /// Start of the draw that `probability` is decided by; 0 if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) seed: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) delay_ms: Option<u64>,
    /// The HTTP status of `status_before`, `status_after` and `html_error`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) status: Option<u16>,
    /// What `Retry-After` says beside that status, or beside 429.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) retry_after_seconds: Option<u32>,
    /// Where `redirect` points.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) url: Option<String>,
}

/// Why a rule was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RuleError {
    #[error("{effect:?} means nothing on {operation:?}")]
    Unsuited { effect: Effect, operation: Operation },
    #[error("a probability is a number from 0 to 1")]
    Probability,
    #[error("{0} is no HTTP status of an answer")]
    Status(u16),
    #[error("{0:?} is no URL")]
    Url(String),
}

/// What a rule is held against.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Subject<'a> {
    pub(crate) provider: Provider,
    pub(crate) operation: Operation,
    pub(crate) method: Option<&'a str>,
    pub(crate) reference: Option<&'a str>,
    pub(crate) order_code: Option<&'a str>,
    pub(crate) id: Option<&'a str>,
}

/// A rule that fired, once.
#[derive(Debug, Clone)]
pub(crate) struct Fired {
    pub(crate) effect: Effect,
    pub(crate) times: Option<u32>,
    pub(crate) delay_ms: Option<u64>,
    pub(crate) status: Option<u16>,
    pub(crate) retry_after_seconds: Option<u32>,
    pub(crate) url: Option<String>,
}

#[derive(Debug)]
struct Armed {
    rule: Rule,
    /// Of 2^32 draws, how many fire.
    threshold: u64,
    met: u64,
    fired: u32,
}

/// The rules in force, in the order given: the first that fires has its way, alone.
#[derive(Debug, Default)]
pub(crate) struct Rules {
    armed: Vec<Armed>,
}

impl Rules {
    /// Puts these rules in the place of all others, or changes nothing if one is refused.
    pub(crate) fn replace(&mut self, rules: Vec<Rule>) -> Result<(), RuleError> {
        self.armed = rules.into_iter().map(Armed::new).collect::<Result<_, _>>()?;
        Ok(())
    }

    pub(crate) fn in_force(&self) -> impl Iterator<Item = &Rule> {
        self.armed.iter().map(|armed| &armed.rule)
    }

    /// The rule that fires for `subject`, among those whose effect `wanted` lets through.
    pub(crate) fn pick(&mut self, subject: Subject<'_>, wanted: impl Fn(Effect) -> bool) -> Option<Fired> {
        self.armed.iter_mut().filter(|armed| wanted(armed.rule.effect)).find_map(|armed| armed.fire(subject))
    }
}

impl Armed {
    fn new(rule: Rule) -> Result<Self, RuleError> {
        if !rule.effect.suits(rule.operation) {
            return Err(RuleError::Unsuited { effect: rule.effect, operation: rule.operation });
        }
        if let Some(status) = rule.status.filter(|status| !(200..=599).contains(status)) {
            return Err(RuleError::Status(status));
        }
        if let Some(url) = rule.url.as_deref().filter(|url| Url::parse(url).is_err()) {
            return Err(RuleError::Url(url.to_owned()));
        }
        let threshold = match &rule.probability {
            None => DRAWS,
            Some(raw) => threshold(raw.get())?,
        };
        Ok(Self { rule, threshold, met: 0, fired: 0 })
    }

    fn fire(&mut self, subject: Subject<'_>) -> Option<Fired> {
        let spent = !self.rule.effect.copies() && self.rule.times.is_some_and(|times| self.fired >= times);
        if spent || !self.meets(subject) {
            return None;
        }
        let draw = draw(self.rule.seed.unwrap_or(0), self.met);
        self.met += 1;
        if draw >= self.threshold {
            return None;
        }
        self.fired += 1;
        Some(Fired {
            effect: self.rule.effect,
            times: self.rule.times,
            delay_ms: self.rule.delay_ms,
            status: self.rule.status,
            retry_after_seconds: self.rule.retry_after_seconds,
            url: self.rule.url.clone(),
        })
    }

    fn meets(&self, subject: Subject<'_>) -> bool {
        let rule = &self.rule;
        let method = rule
            .method
            .as_deref()
            .is_none_or(|wanted| subject.method.is_some_and(|method| method.eq_ignore_ascii_case(wanted)));
        let charge = rule
            .reference
            .as_deref()
            .is_none_or(|wanted| [subject.reference, subject.order_code, subject.id].contains(&Some(wanted)));
        rule.provider == subject.provider && rule.operation == subject.operation && method && charge
    }
}

/// Draws are whole numbers below this.
const DRAWS: u64 = 1 << 32;

fn threshold(text: &str) -> Result<u64, RuleError> {
    let probability = Amount::parse(text).map_err(|_no_number| RuleError::Probability)?;
    if probability < Amount::rupiah(0) || probability > Amount::rupiah(1) {
        return Err(RuleError::Probability);
    }
    probability.times_whole(DRAWS).ok_or(RuleError::Probability)
}

/// The `n`th draw from `seed` (the finaliser of SplitMix64): the same for every run and every machine.
fn draw(seed: u64, n: u64) -> u64 {
    let mut z = seed.wrapping_add((n + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    (z ^ (z >> 31)) >> 32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(json: &str) -> Rules {
        let mut rules = Rules::default();
        rules.replace(serde_json::from_str(json).expect("rules")).expect("rules that fit");
        rules
    }

    fn open(reference: &str) -> Subject<'_> {
        Subject {
            provider: Provider::Xendit,
            operation: Operation::Open,
            method: Some("qris"),
            reference: Some(reference),
            order_code: Some("ORDER-1"),
            id: None,
        }
    }

    #[track_caller]
    fn check(json: &str, expected: &[bool]) {
        let mut rules = rules(json);
        let fired: Vec<bool> = expected.iter().map(|_| rules.pick(open("REF-1"), |_| true).is_some()).collect();
        assert_eq!(fired, expected, "{json}");
    }

    #[test]
    fn a_rule_meets_what_it_names_and_only_that() {
        check(r#"[{"provider":"xendit","operation":"open","effect":"reset"}]"#, &[true, true]);
        check(r#"[{"provider":"xendit","operation":"cancel","effect":"reset"}]"#, &[false]);
        check(r#"[{"provider":"xendit","operation":"open","effect":"reset","method":"QRIS"}]"#, &[true]);
        check(r#"[{"provider":"xendit","operation":"open","effect":"reset","method":"dana"}]"#, &[false]);
        check(r#"[{"provider":"xendit","operation":"open","effect":"reset","reference":"REF-1"}]"#, &[true]);
        check(r#"[{"provider":"xendit","operation":"open","effect":"reset","reference":"ORDER-1"}]"#, &[true]);
        check(r#"[{"provider":"xendit","operation":"open","effect":"reset","reference":"REF-2"}]"#, &[false]);
    }

    #[test]
    fn a_rule_is_spent_after_its_times() {
        check(r#"[{"provider":"xendit","operation":"open","effect":"reset","times":2}]"#, &[true, true, false]);
    }

    #[test]
    fn draws_repeat_with_the_seed_and_keep_to_the_probability() {
        let json = r#"[{"provider":"xendit","operation":"open","effect":"reset","probability":0.3,"seed":7}]"#;
        let run = || -> Vec<bool> {
            let mut rules = rules(json);
            (0..1_000).map(|_| rules.pick(open("REF-1"), |_| true).is_some()).collect()
        };
        assert_eq!(run(), run());
        let fired = run().into_iter().filter(|fired| *fired).count();
        assert!((250..350).contains(&fired), "{fired} of 1000 at 0.3");
    }

    #[test]
    fn what_makes_no_sense_is_refused_and_nothing_changes() {
        let mut rules = rules(r#"[{"provider":"xendit","operation":"open","effect":"reset"}]"#);
        for wrong in [
            r#"[{"provider":"xendit","operation":"open","effect":"storm"}]"#,
            r#"[{"provider":"xendit","operation":"webhook","effect":"gzip_bomb"}]"#,
            r#"[{"provider":"xendit","operation":"open","effect":"reset","probability":1.5}]"#,
            r#"[{"provider":"xendit","operation":"open","effect":"status_after","status":99}]"#,
        ] {
            let parsed = serde_json::from_str(wrong).expect("a rule in shape");
            assert!(rules.replace(parsed).is_err(), "{wrong}");
        }
        assert_eq!(rules.in_force().count(), 1);
    }
}
