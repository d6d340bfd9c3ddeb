//! The bodies of calls, field by field.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

use crate::amount::Amount;

/// Bytes that are no JSON object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("could not read a JSON object")]
pub(crate) struct NoObject;

/// The fields of a JSON object, each still as it came.
#[derive(Debug, Default)]
pub(crate) struct Body(BTreeMap<String, Box<RawValue>>);

impl Body {
    /// Reads a JSON object.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, NoObject> {
        serde_json::from_slice(bytes).map(Self).map_err(|_no_object| NoObject)
    }

    /// The same of a body that may be left out.
    pub(crate) fn read_optional(bytes: &[u8]) -> Result<Self, NoObject> {
        if bytes.is_empty() { Ok(Self::default()) } else { Self::read(bytes) }
    }

    pub(crate) fn has(&self, field: &str) -> bool {
        self.raw(field).is_some()
    }

    pub(crate) fn raw(&self, field: &str) -> Option<&RawValue> {
        self.0.get(field).map(AsRef::as_ref).filter(|raw: &&RawValue| raw.get() != "null")
    }

    pub(crate) fn fields(&self) -> impl Iterator<Item = (&str, &RawValue)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_ref()))
    }

    pub(crate) fn text(&self, field: &str) -> Option<String> {
        serde_json::from_str(self.raw(field)?.get()).ok()
    }

    pub(crate) fn amount(&self, field: &str) -> Option<Amount> {
        serde_json::from_str(self.raw(field)?.get()).ok()
    }

    pub(crate) fn flag(&self, field: &str) -> Option<bool> {
        serde_json::from_str(self.raw(field)?.get()).ok()
    }

    /// A text, or a number as its digits.
    pub(crate) fn text_or_digits(&self, field: &str) -> Option<String> {
        let raw = self.raw(field)?.get();
        let is_number = raw.starts_with(|first: char| first.is_ascii_digit() || first == '-');
        self.text(field).or_else(|| is_number.then(|| raw.to_owned()))
    }

    /// An amount, written as a number or as a text.
    pub(crate) fn decimal(&self, field: &str) -> Option<Amount> {
        Amount::parse(&self.text_or_digits(field)?).ok()
    }

    /// The texts in the array in that field.
    pub(crate) fn texts(&self, field: &str) -> Option<Vec<String>> {
        serde_json::from_str(self.raw(field)?.get()).ok()
    }

    /// The objects in the array in that field.
    pub(crate) fn list(&self, field: &str) -> Option<Vec<Self>> {
        let objects: Vec<_> = serde_json::from_str(self.raw(field)?.get()).ok()?;
        Some(objects.into_iter().map(Self).collect())
    }

    /// The object in that field.
    pub(crate) fn nested(&self, field: &str) -> Option<Self> {
        serde_json::from_str(self.raw(field)?.get()).ok().map(Self)
    }

    /// What our metadata calls the order, if it calls it anything.
    pub(crate) fn order_code(&self) -> Option<String> {
        self.nested("metadata")?.text("order_code")
    }

    /// Those of the named fields that are there, to be repeated by later bodies.
    pub(crate) fn echo(&self, names: &[&str]) -> BTreeMap<String, Box<RawValue>> {
        names.iter().filter_map(|&name| Some((name.to_owned(), on_one_line(self.raw(name)?)?))).collect()
    }
}

/// The same JSON without the blanks between its parts: the journal keeps one entry a line.
fn on_one_line(raw: &RawValue) -> Option<Box<RawValue>> {
    RawValue::from_string(without_blanks(raw.get())).ok()
}

/// JSON text without the blanks between its parts.
pub(crate) fn without_blanks(json: &str) -> String {
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
