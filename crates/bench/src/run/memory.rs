//! Memory, and the time until the first answer.

use crate::Trouble;
use crate::gateway::{Gateway, Recipe};
use crate::process;
use crate::report::{Hundredths, median, say};

const STARTS: u32 = 5;

/// Starts the gateway a few times and says how long it took until it listened.
pub(super) fn start_ups(recipe: &Recipe) -> Result<(), Trouble> {
    let mut times = Vec::new();
    for _ in 0..STARTS {
        times.push(u64::try_from(recipe.start()?.started_in.as_micros())?);
    }
    let middle = median(&times).map(Hundredths::millis).ok_or("no start")?;
    say(&format!("start-up until it answers: {middle} ms (median of {STARTS})"));
    Ok(())
}

/// Says what the gateway takes.
pub(super) fn tell(gateway: &Gateway, when: &str) -> Result<(), Trouble> {
    let mib = process::resident_kib(gateway.pid())?.saturating_mul(100) / 1024;
    say(&format!("memory of the gateway {when}: {} MiB", Hundredths::ratio(mib, 100)));
    Ok(())
}
