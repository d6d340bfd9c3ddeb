//! What the HTTP client does on real sockets, and the layers over a provider.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod client;
mod layers;
mod proxies;
mod strangers;
mod wire;
