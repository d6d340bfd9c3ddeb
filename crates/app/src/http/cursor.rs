//! Where a listing goes on, as clients carry it: opaque to them.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use mstore_pay_domain::time::Timestamp;
use uuid::Uuid;

/// What the first form of cursors starts with; cursors of another form are refused.
const VERSION: u8 = 1;
/// What every cursor looks like: the version, a time within two thousand years, an id.
pub(super) const PATTERN: &str = "^AQ[A-D][A-Za-z0-9_-]{30}[AQgw]$";

/// Behind which item of a listing the next page starts: base64url of the version, seven bytes of
/// microseconds after a zero, and the UUID, in that order.
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
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (version, rest) = bytes.split_first()?;
        let (micros, id) = rest.split_first_chunk::<8>()?;
        let at = Timestamp::from_micros(i64::from_be_bytes(*micros))?;
        let cursor = Self { at, id: Uuid::from_slice(id).ok()? };
        let is_ours = *version == VERSION && micros.first() == Some(&0);
        is_ours.then_some(cursor)
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let micros = self.at.micros().max(0).to_be_bytes();
        let bytes = [&[VERSION], micros.as_slice(), self.id.as_bytes().as_slice()].concat();
        f.write_str(&URL_SAFE_NO_PAD.encode(bytes))
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
        assert_eq!(text.len(), 34);
        let other_form = URL_SAFE_NO_PAD.encode([2; 25]);
        let before_time = URL_SAFE_NO_PAD.encode([&[VERSION, 255], [0; 23].as_slice()].concat());
        for text in ["", "x", &format!("A{text}"), &format!("{text}="), &other_form, &before_time] {
            assert_eq!(Cursor::parse(text), None, "{text}");
        }
    }
}
