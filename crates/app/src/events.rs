//! Events as merchants' back ends hear of them, and the endpoints that do.

mod address;
mod body;
mod secret;

pub(crate) use address::address;
pub(crate) use body::Bodies;
pub(crate) use secret::fresh_secret;

/// For how long events are signed with the secret before as well, where nobody says.
pub(crate) const PREVIOUS_SECONDS_DEFAULT: u64 = 24 * 60 * 60;
/// The longest that anybody may say.
pub(crate) const PREVIOUS_SECONDS_MAX: u64 = 7 * 24 * 60 * 60;
