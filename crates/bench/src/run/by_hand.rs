//! What the database does for whoever shares all that can be shared.

use super::Plan;
use crate::Trouble;
use crate::peer::Peer;
use crate::report::{median, say, shown};

impl Plan {
    /// Says what the rows of creates cost where as many as the gateway's lane takes share every statement and every commit.
    pub(super) fn by_hand_together(&self, peer: &mut Peer<'_>) -> Result<(), Trouble> {
        let turns = (0..self.alternations).map(|_turn| peer.together(self.length)).collect::<Result<Vec<_>, _>>()?;
        let rate = median(&turns.iter().map(|turn| turn.per_second).collect::<Vec<_>>()).unwrap_or_default();
        let cpu = median(&turns.iter().map(|turn| turn.cpu).collect::<Vec<_>>());
        let (rows, cpu) = (turns.first().map_or(0, |turn| turn.rows), shown(cpu));
        say(&format!(
            "create by hand, {rows} in every statement: {rate} a second, {cpu} ms of the database's CPU each"
        ));
        Ok(())
    }
}
