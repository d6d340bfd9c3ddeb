//! Where a listing goes on, as clients carry it: opaque to them.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use mstore_pay_domain::time::Timestamp;
use uuid::Uuid;

/// What the first form of cursors starts with; cursors of another form are refused.
const VERSION: &str = "1";

/// Behind which item of a listing the next page starts: base64url of `version.microseconds.uuid`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cursor {
    /// When that item came to be.
    pub(super) at: Timestamp,
    /// Its id, without what it starts with.
    pub(super) id: Uuid,
}

impl Cursor {
    /// Reads what [`Display`](fmt::Display) wrote; `None` if it is no cursor of ours.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let plain = String::from_utf8(URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
        let mut parts = plain.split('.');
        let (version, micros, id) = (parts.next()?, parts.next()?, parts.next()?);
        let at = Timestamp::from_micros(micros.parse().ok()?)?;
        let cursor = Self { at, id: Uuid::try_parse(id).ok()? };
        (version == VERSION && cursor.to_string() == text).then_some(cursor)
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plain = format!("{VERSION}.{}.{}", self.at.micros(), self.id.simple());
        f.write_str(&URL_SAFE_NO_PAD.encode(plain))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_reads_back_and_nothing_else_is_one() {
        let at = Timestamp::parse_rfc3339("2025-10-13T10:32:15.123456Z").unwrap();
        let cursor = Cursor { at, id: Uuid::from_u128(7) };
        let text = cursor.to_string();
        assert_eq!(Cursor::parse(&text), Some(cursor));
        let other_form = URL_SAFE_NO_PAD.encode(format!("2.0.{}", Uuid::nil().simple()));
        let not_a_time = URL_SAFE_NO_PAD.encode(format!("1.{}.{}", i64::MAX, Uuid::nil().simple()));
        for text in ["", "x", &format!("A{text}"), &format!("{text}="), &other_form, &not_a_time] {
            assert_eq!(Cursor::parse(text), None, "{text}");
        }
    }
}
