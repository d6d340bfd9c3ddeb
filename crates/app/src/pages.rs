//! What people see in a browser, and what leads there.

pub(crate) mod docs;
mod layout;
pub mod link;
pub mod local_time;
pub mod notice;
pub mod pay;
pub mod problem;
pub mod qr_image;
pub mod rupiah;

pub use layout::page_headers;
