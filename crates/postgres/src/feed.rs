//! How far the feed of changes stands still.
//!
//! A message gets its place while its unit is being written, and units commit in whatever order they like: a place may be
//! filled behind one that was read already, and whoever follows the feed would never see it. If units of a merchant that tell
//! something committed one after the other, each would wait for the disk of all before it. So they do not wait. Whoever is
//! about to write messages holds a lock that bears a place until the unit ends, and its messages come behind that place; and
//! whoever reads the feed reads no further than the lowest place so borne. `docs/adr/0021-the-feed-is-held-back.md` says
//! why nothing is missed.

use diesel::dsl::max;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use mstore_pay_tables::schema::outbox;

use crate::errors::Fault;
use crate::prepared::KeepPrepared as _;

/// Tells these locks from those of `write/locks.rs` and of nodes' presence; the number means nothing but this.
const LOCK_CLASS: i32 = 730_584;
/// Places that such a lock can tell apart: its second key has 32 bits and a sign.
const PLACES: i64 = 2_147_483_648;

/// The place is chosen before the lock is had, and is filled by then: whatever is written behind the lock comes after it.
const HOLD_BACK: &str = "SELECT pg_advisory_xact_lock_shared($1, \
    (coalesce((SELECT max(position) FROM outbox), 0) % 2147483648)::integer)";

/// The columns are those of the PostgreSQL manual, `pg_locks`: an advisory lock of two keys has `objsubid` 2.
const HELD: &str = "
    SELECT DISTINCT objid::bigint AS place FROM pg_locks
    WHERE locktype = 'advisory' AND classid = $1::oid AND objsubid = 2 AND granted
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";

#[derive(QueryableByName)]
struct Held {
    #[diesel(sql_type = BigInt)]
    place: i64,
}

/// Holds the feed back until the transaction ends: to be called before its first message is written. It waits for nobody.
pub(crate) async fn hold_back(mut conn: &AsyncPgConnection) -> Result<(), Fault> {
    diesel::sql_query(HOLD_BACK).bind::<Integer, _>(LOCK_CLASS).kept().execute(&mut conn).await?;
    Ok(())
}

/// The last place up to which no message is added any more. Statements of the same transaction that look later see all of
/// them, if each of its statements sees what was committed before it.
pub(crate) async fn settled_to(conn: &mut AsyncPgConnection) -> Result<i64, Fault> {
    // First the places, then who writes: whoever is still writing up to the last of them is found, and whoever is not found
    // has committed.
    let last: Option<i64> = outbox::table.select(max(outbox::position)).get_result(conn).await?;
    let held: Vec<Held> = diesel::sql_query(HELD).bind::<Integer, _>(LOCK_CLASS).kept().load(conn).await?;
    Ok(lowest(last.unwrap_or_default(), held.iter().map(|held| held.place)))
}

/// The lowest of those places and the last one. Places are told by their remainder: what is far behind is ahead.
fn lowest(last: i64, held: impl Iterator<Item = i64>) -> i64 {
    let behind = held.map(|place| last.saturating_sub(place).rem_euclid(PLACES));
    let behind = behind.filter(|behind| *behind < PLACES / 2).max();
    last.saturating_sub(behind.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(last: i64, held: &[i64], want: i64) {
        assert_eq!(lowest(last, held.iter().copied()), want, "{last} {held:?}");
    }

    #[test]
    fn the_lowest_place_that_is_held_back_counts() {
        check(0, &[], 0);
        check(0, &[0], 0);
        check(7, &[], 7);
        check(7, &[5, 3, 6], 3);
        check(7, &[7], 7);
    }

    #[test]
    fn whoever_began_after_the_look_holds_nothing_back() {
        check(7, &[9], 7);
        check(7, &[9, 6], 6);
    }

    #[test]
    fn places_beyond_what_a_lock_can_tell_are_told_by_their_remainder() {
        check(PLACES + 2, &[PLACES - 1], PLACES - 1);
        check(PLACES + 2, &[1], PLACES + 1);
        check(PLACES - 1, &[1], PLACES - 1);
    }
}
