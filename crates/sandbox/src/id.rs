//! Ids as the providers shape them.

use uuid::Uuid;

/// A random id behind a prefix, such as `pr-` or `py-`.
pub(crate) fn prefixed(prefix: &str) -> String {
    format!("{prefix}{}", random())
}

#[expect(clippy::disallowed_methods, reason = "this is where the sandbox's ids are made")]
fn random() -> Uuid {
    Uuid::new_v4()
}
