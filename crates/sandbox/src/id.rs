//! Ids as the providers shape them.

use uuid::Uuid;

/// A random id behind a prefix, such as `pr-` or `py-`.
pub(crate) fn prefixed(prefix: &str) -> String {
    format!("{prefix}{}", random())
}

/// So many random digits.
pub(crate) fn digits(count: usize) -> String {
    let hex = format!("{}{}", random().simple(), random().simple());
    hex.bytes().map(|byte| char::from(b'0' + byte % 10)).take(count).collect()
}

/// So many random characters behind a prefix, such as those of a session.
pub(crate) fn short(prefix: &str, count: usize) -> String {
    let hex = random().simple().to_string();
    hex.chars().take(count).fold(prefix.to_owned(), |mut id, c| {
        id.push(c);
        id
    })
}

#[expect(clippy::disallowed_methods, reason = "this is where the sandbox's ids are made")]
fn random() -> Uuid {
    Uuid::new_v4()
}
