use std::borrow::Cow;
use std::ops::Range;

use mstore_pay_domain::money::{Money, MoneyError};
use mstore_pay_domain::time::Timestamp;
use serde::de::Error as _;
use serde_json::value::RawValue;
use thiserror::Error;

use super::Entries;

/// Why bytes are no object that can be read.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum JsonError {
    /// They are no JSON object.
    #[error("not a JSON object")]
    NotAnObject {
        /// Where it stops being one.
        #[source]
        source: serde_json::Error,
    },
    /// A key is there twice: which one is meant is anybody's guess.
    #[error("a key of the JSON object is there twice")]
    RepeatedKey,
}

/// A JSON object whose fields are kept as the text they came in.
#[derive(Debug, Clone)]
pub struct Object {
    text: Box<str>,
    /// In the order of their names.
    fields: Box<[Field]>,
}

/// A field, and where in the text of its object its value is.
#[derive(Debug, Clone)]
struct Field {
    name: Name,
    value: Range<usize>,
}

/// A name: most stand in the text as they are.
#[derive(Debug, Clone)]
enum Name {
    At(Range<usize>),
    Escaped(Box<str>),
}

impl Name {
    fn of<'a>(&'a self, text: &'a str) -> &'a str {
        match self {
            Self::At(place) => text.get(place.clone()).unwrap_or_default(),
            Self::Escaped(name) => name,
        }
    }
}

/// Where a part of a text is in it.
fn place_of(part: &str, text: &str) -> Range<usize> {
    let start = part.as_ptr().addr().saturating_sub(text.as_ptr().addr());
    start..start.saturating_add(part.len())
}

impl Object {
    /// Reads an object.
    ///
    /// # Errors
    /// [`JsonError`] if it is none, or if a key is there twice.
    pub fn parse(bytes: &[u8]) -> Result<Self, JsonError> {
        let not_an_object = |source| JsonError::NotAnObject { source };
        // Once for all, and not for each value.
        let text = std::str::from_utf8(bytes).map_err(|error| not_an_object(serde_json::Error::custom(error)))?;
        let Entries(entries) = serde_json::from_str(text).map_err(not_an_object)?;
        let field = |(name, value): (Cow<'_, str>, &RawValue)| {
            let name = match name {
                Cow::Borrowed(name) => Name::At(place_of(name, text)),
                Cow::Owned(name) => Name::Escaped(name.into()),
            };
            Field { name, value: place_of(value.get(), text) }
        };
        let mut fields: Box<[Field]> = entries.into_iter().map(field).collect();
        fields.sort_unstable_by(|one, other| one.name.of(text).cmp(other.name.of(text)));
        if fields.array_windows().any(|[one, next]| one.name.of(text) == next.name.of(text)) {
            return Err(JsonError::RepeatedKey);
        }
        Ok(Self { text: text.into(), fields })
    }

    /// A field's JSON text; `None` if it is absent or `null`.
    #[must_use]
    pub fn raw(&self, name: &str) -> Option<&str> {
        self.value(name).filter(|text| *text != "null")
    }

    fn value(&self, name: &str) -> Option<&str> {
        let place = self.fields.binary_search_by(|field| field.name.of(&self.text).cmp(name)).ok()?;
        self.text.get(self.fields.get(place)?.value.clone())
    }

    /// Whether the field is there at all, be it `null`.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.value(name).is_some()
    }

    /// The names of its fields that are not among `known`.
    pub fn others<'a>(&'a self, known: &'a [&str]) -> impl Iterator<Item = &'a str> {
        self.fields.iter().map(|field| field.name.of(&self.text)).filter(|name| !known.contains(name))
    }

    /// A field that is a string; `None` if it is absent or anything else.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<String> {
        serde_json::from_str(self.raw(name)?).ok()
    }

    /// A field that is a time in RFC 3339; `None` if it is absent or anything else.
    #[must_use]
    pub fn time(&self, name: &str) -> Option<Timestamp> {
        Timestamp::parse_rfc3339(&self.text(name)?)
    }

    /// A field that is an amount of money: a JSON number, exactly as written.
    ///
    /// # Errors
    /// [`MoneyError`] if something is there that is no such number; a string is none.
    pub fn money(&self, name: &str) -> Result<Option<Money>, MoneyError> {
        self.raw(name).map(Money::parse).transpose()
    }

    /// A field that is an object; `None` if it is absent or anything else.
    #[must_use]
    pub fn object(&self, name: &str) -> Option<Self> {
        Self::parse(self.raw(name)?.as_bytes()).ok()
    }

    /// A field that is a list of objects; empty if it is absent.
    ///
    /// # Errors
    /// [`JsonError`] if something is there that is no such list.
    pub fn objects(&self, name: &str) -> Result<Vec<Self>, JsonError> {
        let Some(text) = self.raw(name) else { return Ok(Vec::new()) };
        let items: Vec<&RawValue> = serde_json::from_str(text).map_err(|source| JsonError::NotAnObject { source })?;
        items.into_iter().map(|item| Self::parse(item.get().as_bytes())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_money(json: &str, want: Result<Option<&str>, MoneyError>) {
        let object = Object::parse(format!(r#"{{"amount":{json}}}"#).as_bytes()).unwrap();
        assert_eq!(object.money("amount"), want.map(|text| text.map(|text| Money::parse(text).unwrap())), "{json}");
    }

    #[test]
    fn amounts_are_exact_whatever_their_spelling() {
        check_money("33000", Ok(Some("33000")));
        check_money("33000.0", Ok(Some("33000")));
        check_money("10000.01", Ok(Some("10000.01")));
        check_money("9007199254740993", Ok(Some("9007199254740993")));
        check_money("3.3e4", Ok(Some("33000")));
        check_money("null", Ok(None));
        check_money("\"33000\"", Err(MoneyError::NotANumber));
        check_money("-33000", Err(MoneyError::Negative));
        check_money("33000.001", Err(MoneyError::TooFine));
        check_money("true", Err(MoneyError::NotANumber));
    }

    #[test]
    fn a_repeated_key_is_refused_whatever_its_values() {
        let error = Object::parse(br#"{"status":"PENDING","status":"PAID"}"#).unwrap_err();
        assert!(matches!(error, JsonError::RepeatedKey));
        let escaped = Object::parse(br#"{"status":"PENDING","st\u0061tus":"PAID"}"#).unwrap_err();
        assert!(matches!(escaped, JsonError::RepeatedKey));
    }

    #[test]
    fn names_are_found_however_they_are_spelled() {
        let object = Object::parse(br#"{"st\u0061tus":"PAID","amount":7,"a\"b":true}"#).unwrap();
        assert_eq!(object.text("status").as_deref(), Some("PAID"));
        assert_eq!((object.raw("amount"), object.raw("a\"b")), (Some("7"), Some("true")));
        assert_eq!(object.others(&["amount"]).collect::<Vec<_>>(), ["a\"b", "status"]);
        assert!(!object.has("st"));
    }

    #[test]
    fn what_is_no_object_is_refused() {
        for text in ["", "null", "[]", "\"x\"", "<html>", "{", "{} {}"] {
            assert!(matches!(Object::parse(text.as_bytes()), Err(JsonError::NotAnObject { .. })), "{text:?}");
        }
        assert!(Object::parse(b"{\"a\":\"\xff\"}").is_err());
    }

    #[test]
    fn fields_of_another_type_are_as_good_as_absent() {
        let object = Object::parse(br#"{"a":7,"b":"x","c":{"d":"y"},"e":[{"f":"z"}],"g":[1]}"#).unwrap();
        assert_eq!(object.text("a"), None);
        assert_eq!(object.text("b").as_deref(), Some("x"));
        assert_eq!(object.object("c").unwrap().text("d").as_deref(), Some("y"));
        assert_eq!(object.objects("e").unwrap().len(), 1);
        assert!(object.objects("g").is_err());
        assert!(object.objects("nothing").unwrap().is_empty());
    }

    #[test]
    fn depth_is_no_way_to_the_stack() {
        let deep = format!(r#"{{"a":{}{}}}"#, "[".repeat(200_000), "]".repeat(200_000));
        let _either = Object::parse(deep.as_bytes());
    }
}
