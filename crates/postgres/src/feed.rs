//! How far a merchant's feed of changes stands still.
//!
//! A message gets its place while its unit is being written, and units commit in whatever order they like: a place may be
//! filled behind one that was read already, and whoever follows the feed would never see it. If units of a merchant that tell
//! something committed one after the other, each would wait for the disk of all before it. So they do not wait. Whoever is
//! about to write messages holds a lock that bears the merchant and a place until the unit ends, and its messages come behind
//! that place; and whoever reads the feed reads no further than the lowest place so borne.
//! `docs/adr/0021-the-feed-is-held-back.md` says why nothing is missed.
//!
//! The locks are those of the server that is written to: a copy of it knows nothing of them, so that feeds are never read
//! from one.

use diesel::dsl::sql;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use mstore_pay_tables::prepared::KeepPrepared as _;
use mstore_pay_tables::schema::outbox;

use crate::errors::Fault;

/// Places that such a lock can tell apart: of the 64 bits of its key the merchant has one half, and what is left of the
/// other half stands for a feed in which nothing is filled.
const PLACES: i64 = 4_294_967_295;
const ALL: i64 = PLACES;

/// The place is chosen before the lock is had, and is filled by then: whatever is written behind the lock comes after it. Two
/// merchants of one hash hold each other's feeds back, which costs a moment and nothing else.
const HOLD_BACK: &str = "SELECT pg_advisory_xact_lock_shared((hashtext($1)::bigint << 32) | \
    coalesce((SELECT max(position) FROM outbox) % 4294967295, 4294967295))";

/// The columns are those of the PostgreSQL manual, `pg_locks`: an advisory lock of one key has `objsubid` 1, and its key's
/// halves in `classid` and `objid`.
const HELD: &str = "
    SELECT DISTINCT objid::bigint AS place FROM pg_locks
    WHERE locktype = 'advisory' AND classid = (hashtext($1)::bigint & 4294967295)::oid AND objsubid = 1 AND granted
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";

#[derive(QueryableByName)]
struct Held {
    #[diesel(sql_type = BigInt)]
    place: i64,
}

/// Holds a merchant's feed back until the transaction ends: to be called before its first message is written. It waits for
/// nobody.
pub(crate) async fn hold_back(mut conn: &AsyncPgConnection, merchant: &str) -> Result<(), Fault> {
    diesel::sql_query(HOLD_BACK).bind::<Text, _>(merchant).kept().execute(&mut conn).await?;
    Ok(())
}

/// How far a merchant's feed is filled for good, where the last place of it that was seen filled is `last`. Statements that
/// look later see all up to there, if each of them sees what was committed before it.
pub(crate) async fn settled_to(conn: &mut AsyncPgConnection, merchant: &str, last: i64) -> Result<i64, Fault> {
    // That place was seen first: whoever is still writing up to it is found now, and whoever is not found has committed.
    let held: Vec<Held> = diesel::sql_query(HELD).bind::<Text, _>(merchant).kept().load(conn).await?;
    Ok(lowest(last, held.iter().map(|held| held.place)))
}

/// The last place of a merchant's feed that is filled, if any is.
pub(crate) async fn last_of(conn: &mut AsyncPgConnection, merchant: &str) -> Result<Option<i64>, Fault> {
    // Bounds and an order that only the merchant's own index has, for the reason given at `between`.
    let of_merchant = outbox::table.filter(outbox::merchant_id.ge(merchant)).filter(outbox::merchant_id.le(merchant));
    let newest = of_merchant.order((outbox::merchant_id.desc(), outbox::position.desc())).select(outbox::position);
    Ok(newest.first(conn).await.optional()?)
}

/// A merchant's messages behind a place and up to another, in the order of their places. Its text is one of few, but diesel
/// does not know: MUST be [kept](mstore_pay_tables::prepared::KeepPrepared::kept).
///
/// A plan is made for any merchant, as if all told as much. By `merchant_id = $1 ORDER BY position` the server would take places
/// for the cheaper way to the first few, and so read what others were told since for whoever sells little among them. Places
/// are compared with their merchant, so that the index of merchants alone gives the order.
pub(crate) fn between(merchant: &str, after: i64, to: i64) -> outbox::BoxedQuery<'_, Pg> {
    let behind = sql::<Bool>("(outbox.merchant_id, outbox.position) > (").bind::<Text, _>(merchant).sql(", ");
    let behind = behind.bind::<BigInt, _>(after).sql(") AND (outbox.merchant_id, outbox.position) <= (");
    let between = behind.bind::<Text, _>(merchant).sql(", ").bind::<BigInt, _>(to).sql(")");
    outbox::table.filter(between).order((outbox::merchant_id, outbox::position)).into_boxed()
}

/// The lowest of those places and the last one. Places are told by their remainder, so that one that seems to be far behind
/// is ahead: nobody is at work while two thousand million messages are written.
fn lowest(last: i64, held: impl Iterator<Item = i64>) -> i64 {
    let behind = held.map(|place| if place == ALL { last } else { last.saturating_sub(place).rem_euclid(PLACES) });
    let behind = behind.filter(|behind| *behind == last || *behind < PLACES / 2).max();
    // One that is far ahead seems to be before all places.
    last.saturating_sub(behind.unwrap_or_default()).max(0)
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
    fn whoever_began_when_nothing_was_filled_holds_all_back() {
        check(7, &[ALL], 0);
        check(3 * PLACES, &[5, ALL], 0);
        check(7, &[PLACES - 1], 0);
    }

    #[test]
    fn places_beyond_what_a_lock_can_tell_are_told_by_their_remainder() {
        check(PLACES + 2, &[PLACES - 1], PLACES - 1);
        check(PLACES + 2, &[1], PLACES + 1);
        check(PLACES - 1, &[1], PLACES - 1);
    }
}
