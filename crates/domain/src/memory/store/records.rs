//! What a unit of work writes beside payments and orders: live orders, exceptions, idempotency keys.

use super::tables::Tables;
use crate::exception::{ExceptionState, MoneyException};
use crate::idempotency::{IdempotencySlot, KeptAnswer};
use crate::ids::PaymentId;
use crate::ports::CommitError;
use crate::unit_of_work::{ExceptionWrite, IdempotencyWrite, LiveOrderWrite};

impl Tables {
    pub(super) fn write_live_order(&mut self, write: &LiveOrderWrite) -> Result<(), CommitError> {
        match write {
            LiveOrderWrite::Hold { merchant, order_code, payment, charge } => {
                let key = (merchant.clone(), order_code.clone());
                match self.live_orders.get(&key) {
                    Some((by, _)) if by != payment => Err(CommitError::OrderHeld { by: *by }),
                    Some(_) | None => {
                        self.live_orders.put(key, (*payment, *charge));
                        Ok(())
                    }
                }
            }
            LiveOrderWrite::Release { merchant, order_code, payment } => {
                let key = (merchant.clone(), order_code.clone());
                if self.live_orders.get(&key).is_some_and(|(by, _)| by == payment) {
                    self.live_orders.remove(&key);
                }
                Ok(())
            }
        }
    }

    pub(super) fn write_exception(&mut self, write: &ExceptionWrite) -> Result<(), CommitError> {
        match write {
            ExceptionWrite::Raise(exception) => self.raise(exception),
            ExceptionWrite::Resolve(exception) => match self.exceptions.get(&exception.id) {
                Some(stored) if stored.state == ExceptionState::Open => {
                    self.exceptions.put(exception.id, exception.clone());
                    Ok(())
                }
                Some(_) | None => Err(CommitError::Conflict { current: None }),
            },
        }
    }

    fn raise(&mut self, exception: &MoneyException) -> Result<(), CommitError> {
        let key = (exception.merchant.clone(), exception.key());
        if self.exception_keys.get(&key).is_some() {
            return Ok(());
        }
        if self.exceptions.get(&exception.id).is_some() {
            return Err(CommitError::Duplicate { what: "exception id" });
        }
        self.exception_keys.put(key, exception.id);
        self.exceptions.put(exception.id, exception.clone());
        Ok(())
    }

    pub(super) fn write_idempotency(&mut self, write: &IdempotencyWrite) -> Result<(), CommitError> {
        match write {
            IdempotencyWrite::Claim { record, now } => {
                if self.idempotency.get(&record.slot).is_some_and(|taken| taken.expires_at > *now) {
                    return Err(CommitError::KeyTaken);
                }
                self.idempotency.put(record.slot.clone(), record.clone());
            }
            IdempotencyWrite::Answer { slot, payment, answer } if self.key_led_to(slot, payment) => {
                self.idempotency.change(slot, |record| record.answer = KeptAnswer::Stored(answer.clone()));
            }
            IdempotencyWrite::Release { slot, payment } if self.key_led_to(slot, payment) => {
                self.idempotency.remove(slot);
            }
            IdempotencyWrite::Answer { .. } | IdempotencyWrite::Release { .. } => {}
        }
        Ok(())
    }

    fn key_led_to(&self, slot: &IdempotencySlot, payment: &PaymentId) -> bool {
        self.idempotency.get(slot).is_some_and(|record| &record.payment == payment)
    }
}
