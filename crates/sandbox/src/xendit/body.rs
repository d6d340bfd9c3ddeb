use std::collections::BTreeMap;

use serde_json::value::RawValue;

use super::answer::Refusal;
use crate::amount::Amount;

/// The fields of a JSON object, each still as it came.
#[derive(Debug, Default)]
pub(super) struct Body(BTreeMap<String, Box<RawValue>>);

impl Body {
    /// Reads a JSON object.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, Refusal> {
        serde_json::from_slice(bytes).map(Self).map_err(|_no_object| Refusal::invalid("The body is not a JSON object."))
    }

    /// The same of a body that may be left out.
    pub(super) fn read_optional(bytes: &[u8]) -> Result<Self, Refusal> {
        if bytes.is_empty() { Ok(Self::default()) } else { Self::read(bytes) }
    }

    pub(super) fn has(&self, field: &str) -> bool {
        self.raw(field).is_some()
    }

    pub(super) fn raw(&self, field: &str) -> Option<&RawValue> {
        self.0.get(field).map(AsRef::as_ref).filter(|raw: &&RawValue| raw.get() != "null")
    }

    pub(super) fn fields(&self) -> impl Iterator<Item = (&str, &RawValue)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_ref()))
    }

    pub(super) fn text(&self, field: &str) -> Option<String> {
        serde_json::from_str(self.raw(field)?.get()).ok()
    }

    pub(super) fn amount(&self, field: &str) -> Option<Amount> {
        serde_json::from_str(self.raw(field)?.get()).ok()
    }

    /// The object in that field.
    pub(super) fn nested(&self, field: &str) -> Option<Self> {
        serde_json::from_str(self.raw(field)?.get()).ok().map(Self)
    }

    /// What our metadata calls the order, if it calls it anything.
    pub(super) fn order_code(&self) -> Option<String> {
        self.nested("metadata")?.text("order_code")
    }

    /// Those of the named fields that are there, to be repeated by later bodies.
    pub(super) fn echo(&self, names: &[&str]) -> BTreeMap<String, Box<RawValue>> {
        names.iter().filter_map(|&name| Some((name.to_owned(), on_one_line(self.raw(name)?)?))).collect()
    }
}

/// The same JSON without the blanks between its parts: the journal keeps one entry a line.
fn on_one_line(raw: &RawValue) -> Option<Box<RawValue>> {
    RawValue::from_string(without_blanks(raw.get())).ok()
}

/// JSON text without the blanks between its parts.
pub(super) fn without_blanks(json: &str) -> String {
    let (mut in_text, mut escaped) = (false, false);
    json.chars()
        .filter(|&c| {
            let drop = !in_text && c.is_ascii_whitespace();
            if in_text && !escaped && c == '\\' {
                escaped = true;
            } else {
                if c == '"' && !escaped {
                    in_text = !in_text;
                }
                escaped = false;
            }
            !drop
        })
        .collect()
}
