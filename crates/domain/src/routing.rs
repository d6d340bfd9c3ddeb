//! Where a payment is opened, and what follows each answer: pure policy. `docs/routing.md` is written from it, for
//! readers who check it row by row.

mod because;
mod line_up;
mod not_taken;
mod page;
mod recovery;
mod unanswered;

use std::time::Duration;

pub use because::{Because, Choice, PassedOver};
pub use line_up::{LineUp, Nowhere, Standing, line_up, maker_of_token};
pub use not_taken::{NOT_TAKEN, NotTaken, NotTakenRow, after_not_taken};
pub use page::routing_markdown;
pub use recovery::{RECOVERY, Recovery, RecoveryCase, RecoveryRow, after_interruption};
pub use unanswered::{UNANSWERED, Unanswered, UnansweredCase, UnansweredRow, after_unanswered};

/// How long a till waits for a provider on trial while another is ready. Longer than that the answer is awaited
/// without the till.
pub const TRIAL_WAIT: Duration = Duration::from_millis(150);
/// Unanswered openings at one provider after which the next is tried, if there is one.
pub const UNANSWERED_PER_PROVIDER_MAX: usize = 2;
