//! Whose turn it is: the payments of one account that somebody watches, in the order in which they are asked about.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::ids::{MerchantId, PaymentId};
use crate::time::Timestamp;

/// The watched payments of one account.
#[derive(Debug, Default)]
pub(super) struct Line {
    places: BTreeMap<PaymentId, Place>,
}

#[derive(Debug)]
struct Place {
    merchant: MerchantId,
    /// When it was asked about last, or made.
    asked_at: Timestamp,
    watched_until: Timestamp,
}

/// Whose turn it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Turn {
    /// That one's, who was asked about last then.
    Of(MerchantId, PaymentId, Timestamp),
    /// Nobody's before then.
    NotBefore(Timestamp),
    /// Nobody watches anything.
    Nobodys,
}

impl Line {
    /// Has a payment stand in line as long as somebody watches it, at the place of one that was asked about then.
    pub(super) fn join(
        &mut self,
        (merchant, payment): (&MerchantId, PaymentId),
        asked_at: Timestamp,
        watched_until: Timestamp,
    ) {
        let place = self.places.entry(payment);
        let place = place.or_insert_with(|| Place { merchant: merchant.clone(), asked_at, watched_until });
        place.asked_at = place.asked_at.max(asked_at);
        place.watched_until = place.watched_until.max(watched_until);
    }

    /// Whose turn it is: the payment's that was asked about longest ago, once that is as long ago as `pause`.
    pub(super) fn turn(&mut self, pause: Duration, now: Timestamp) -> Turn {
        self.forget(now);
        let longest = self.places.iter().min_by_key(|(payment, place)| (place.asked_at, **payment));
        let Some((payment, place)) = longest else { return Turn::Nobodys };
        let due_at = place.asked_at.plus(pause);
        if due_at > now { Turn::NotBefore(due_at) } else { Turn::Of(place.merchant.clone(), *payment, place.asked_at) }
    }

    /// Sends a payment that is being asked about to the end of the line.
    pub(super) fn note_asked(&mut self, payment: &PaymentId, now: Timestamp) {
        if let Some(place) = self.places.get_mut(payment) {
            place.asked_at = place.asked_at.max(now);
        }
    }

    /// Has a payment stand where it stood before it was sent to the end then, unless it was asked about since.
    pub(super) fn put_back(&mut self, payment: &PaymentId, asked_before: Timestamp, sent_at: Timestamp) {
        if let Some(place) = self.places.get_mut(payment).filter(|place| place.asked_at == sent_at) {
            place.asked_at = asked_before;
        }
    }

    /// Forgets what nobody watches any more.
    pub(super) fn forget(&mut self, now: Timestamp) {
        self.places.retain(|_, place| place.watched_until > now);
    }

    /// When a payment in line was asked about last; `None` if nobody watches it.
    pub(super) fn asked_at(&self, payment: &PaymentId, now: Timestamp) -> Option<Timestamp> {
        self.places.get(payment).filter(|place| place.watched_until > now).map(|place| place.asked_at)
    }

    /// Takes a payment out of line about which there is nothing more to ask.
    pub(super) fn leave(&mut self, payment: &PaymentId) {
        self.places.remove(payment);
    }

    /// Whether nobody stands in it.
    pub(super) fn is_empty(&self) -> bool {
        self.places.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    const PAUSE: Duration = Duration::from_secs(3);

    fn at(seconds: u64) -> Timestamp {
        Timestamp::EPOCH.plus(Duration::from_secs(1_000 + seconds))
    }

    fn payment(number: u128) -> PaymentId {
        PaymentId::new(Uuid::from_u128(number))
    }

    /// A line of so many payments that were made at the start, and are watched for a minute.
    fn line_of(count: u128) -> Line {
        let mut line = Line::default();
        for number in 1..=count {
            join(&mut line, number, at(0), at(60));
        }
        line
    }

    fn join(line: &mut Line, number: u128, asked_at: Timestamp, until: Timestamp) {
        line.join((&MerchantId::parse("M1").unwrap(), payment(number)), asked_at, until);
    }

    #[track_caller]
    fn check_turn(line: &mut Line, now: Timestamp, number: u128) {
        let Turn::Of(_, id, _) = line.turn(PAUSE, now) else { panic!("nobody's turn") };
        assert_eq!(id, payment(number));
    }

    #[test]
    fn all_are_asked_about_in_turn_before_one_is_asked_about_again() {
        let mut line = line_of(4);
        for (second, number) in (3..11).zip([1, 2, 3, 4, 1, 2, 3, 4]) {
            check_turn(&mut line, at(second), number);
            line.note_asked(&payment(number), at(second));
        }
    }

    #[test]
    fn nobody_is_asked_about_twice_within_the_pause() {
        let mut line = line_of(1);
        assert_eq!(line.turn(PAUSE, at(1)), Turn::NotBefore(at(3)));
        line.note_asked(&payment(1), at(3));
        assert_eq!(line.turn(PAUSE, at(5)), Turn::NotBefore(at(6)));
        check_turn(&mut line, at(6), 1);
    }

    #[test]
    fn whoever_comes_later_stands_where_its_last_question_puts_it() {
        let mut line = line_of(2);
        line.note_asked(&payment(1), at(10));
        line.note_asked(&payment(2), at(12));
        join(&mut line, 3, at(11), at(60));
        line.note_asked(&payment(1), at(20));
        check_turn(&mut line, at(20), 3);
        // A watch that goes on changes no place.
        join(&mut line, 2, at(0), at(90));
        line.note_asked(&payment(3), at(20));
        check_turn(&mut line, at(20), 2);
    }

    #[test]
    fn whoever_was_not_asked_about_after_all_stands_where_it_stood() {
        let mut line = line_of(2);
        line.note_asked(&payment(1), at(5));
        line.put_back(&payment(1), at(0), at(5));
        check_turn(&mut line, at(5), 1);
        line.note_asked(&payment(1), at(5));
        line.note_asked(&payment(1), at(6));
        line.put_back(&payment(1), at(0), at(5));
        check_turn(&mut line, at(6), 2);
    }

    #[test]
    fn what_nobody_watches_any_more_is_asked_about_no_more() {
        let mut line = line_of(1);
        assert_eq!(line.asked_at(&payment(1), at(59)), Some(at(0)));
        assert_eq!((line.asked_at(&payment(1), at(60)), line.turn(PAUSE, at(60))), (None, Turn::Nobodys));
        assert!(line.is_empty());
        let mut line = line_of(1);
        line.leave(&payment(1));
        assert_eq!(line.turn(PAUSE, at(10)), Turn::Nobodys);
    }
}
