use std::future::Future;
use std::pin::Pin;

/// Work that nobody waits for.
pub type Unattended = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Going on with something after whoever began it was answered.
#[cfg_attr(feature = "mocks", mockall::automock)]
pub trait Background: Send + Sync {
    /// Brings `work` to its end, whatever becomes of the caller. It MUST return without waiting for it, and a shutdown
    /// MUST wait for it as it does for requests; a process that dies may lose it.
    fn carry_on(&self, what: &'static str, work: Unattended);
}
