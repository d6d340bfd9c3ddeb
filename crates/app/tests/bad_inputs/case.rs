//! One line of the file.

use std::collections::BTreeMap;
use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::midtrans::signed;

/// What stands for what, such as `TOKEN`.
pub(crate) type Values = BTreeMap<String, String>;

/// One hostile request and what is expected of it.
#[derive(Debug)]
pub(crate) struct Case {
    pub(crate) id: String,
    pub(crate) class: String,
    /// What must hold afterwards, all of it.
    pub(crate) effects: Vec<String>,
    pub(crate) problem: Option<String>,
    /// Sent first.
    pub(crate) setup: Vec<Step>,
    pub(crate) why: String,
    pub(crate) step: Step,
    /// As it was read: what it names has to be made first.
    pub(crate) line: String,
}

#[derive(Deserialize)]
struct Head {
    id: String,
    class: String,
    #[serde(default)]
    effect: String,
    problem: Option<String>,
    #[serde(default)]
    setup: Vec<Step>,
    #[serde(default)]
    why: String,
}

/// One request.
#[derive(Debug, Deserialize)]
pub(crate) struct Step {
    pub(crate) method: String,
    pub(crate) path: String,
    #[serde(default)]
    pub(crate) headers: BTreeMap<String, String>,
    body: Option<Box<RawValue>>,
    raw: Option<String>,
    raw_b64: Option<String>,
    raw_gen: Option<Generated>,
    /// Literal bytes for the socket.
    pub(crate) wire: Option<String>,
    /// The first is preferred; 0 is a connection closed without an answer.
    pub(crate) expect_status: Vec<u16>,
}

#[derive(Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Generated {
    Repeat { prefix: String, unit: String, count: usize, suffix: String },
    Nest { prefix: String, open: String, close: String, depth: usize, suffix: String },
    Keys { count: usize },
    GzipZeros { inflated: usize },
}

impl Case {
    pub(crate) fn read(line: &str) -> Self {
        let head: Head = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error} in {line}"));
        let step: Step = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error} in {line}"));
        let effects = head.effect.split(';').filter(|effect| !effect.is_empty()).map(str::to_owned).collect();
        let Head { id, class, problem, setup, why, .. } = head;
        Self { id, class, effects, problem, setup, why, step, line: line.to_owned() }
    }

    pub(crate) fn has(&self, effect: &str) -> bool {
        self.effects.iter().any(|known| known == effect)
    }
}

impl Step {
    /// The body with its values put in; the numbers of a JSON body keep their digits.
    pub(crate) fn payload(&self, values: &Values) -> Option<Vec<u8>> {
        if let Some(body) = &self.body {
            return Some(fill(body.get(), &signed(body.get(), values)).into_bytes());
        }
        if let Some(raw) = &self.raw {
            return Some(fill(raw, values).into_bytes());
        }
        if let Some(encoded) = &self.raw_b64 {
            return Some(STANDARD.decode(encoded).expect("raw_b64 is base64"));
        }
        self.raw_gen.as_ref().map(Generated::bytes)
    }
}

impl Generated {
    fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Repeat { prefix, unit, count, suffix } => format!("{prefix}{}{suffix}", unit.repeat(*count)).into(),
            Self::Nest { prefix, open, close, depth, suffix } => {
                format!("{prefix}{}{}{suffix}", open.repeat(*depth), close.repeat(*depth)).into()
            }
            Self::Keys { count } => {
                let keys: Vec<String> = (0..*count).map(|number| format!("\"k{number}\":{number}")).collect();
                format!("{{{}}}", keys.join(",")).into()
            }
            Self::GzipZeros { inflated } => {
                let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
                encoder.write_all(&vec![0; *inflated]).expect("memory takes it");
                encoder.finish().expect("memory takes it")
            }
        }
    }
}

/// Puts values for `{{NAME}}` and repeats for `{{REPEAT:text:times}}`; anything else in braces stays as it is.
pub(crate) fn fill(text: &str, values: &Values) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        filled.push_str(before);
        // A line end may stand inside a repeat.
        let Some((name, behind)) = after.split_once("}}") else {
            filled.push_str("{{");
            rest = after;
            continue;
        };
        match value_of(name, values) {
            Some(value) => filled.push_str(&value),
            None => filled.extend(["{{", name, "}}"]),
        }
        rest = behind;
    }
    filled.push_str(rest);
    filled
}

fn value_of(name: &str, values: &Values) -> Option<String> {
    if let Some(repeat) = name.strip_prefix("REPEAT:") {
        let (unit, times) = repeat.rsplit_once(':')?;
        return Some(unit.repeat(times.parse().ok()?));
    }
    let is_a_name = name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
    let value = values.get(name).cloned();
    assert!(value.is_some() || !is_a_name || name.is_empty(), "nobody knows what {name} stands for");
    value
}
