//! Why something is done at the command line.

use std::ffi::OsStr;

use clap::builder::TypedValueParser;
use clap::error::ErrorKind;
use clap::{Arg, Command, Error};
use mstore_pay_domain::reason::Reason;

use crate::http::holds_card_number;

/// Reads a reason. It is kept for ever, so that a card number is refused, and refused without being printed.
#[derive(Debug, Clone, Copy)]
pub(super) struct OperatorsReason;

impl TypedValueParser for OperatorsReason {
    type Value = Reason;

    fn parse_ref(&self, command: &Command, _arg: Option<&Arg>, value: &OsStr) -> Result<Reason, Error> {
        let refused = |why: &str| Error::raw(ErrorKind::ValueValidation, format!("--reason {why}\n")).with_cmd(command);
        let text = value.to_str().ok_or_else(|| refused("must be UTF-8"))?;
        if holds_card_number(text) {
            return Err(refused("must not hold a card number"));
        }
        text.parse().map_err(|error| refused(&format!("cannot be taken: {error}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, want: Result<(), &str>) {
        let read = OperatorsReason.parse_ref(&Command::new("test"), None, OsStr::new(text));
        match (read, want) {
            (Ok(reason), Ok(())) => assert_eq!(reason.as_str(), text),
            (Err(error), Err(part)) => {
                let told = error.to_string();
                assert!(told.contains(part) && !told.contains("4111"), "{told}");
            }
            (read, want) => panic!("{text}: {read:?} in place of {want:?}"),
        }
    }

    #[test]
    fn a_reason_is_taken_as_it_was_typed_and_a_card_number_is_neither_taken_nor_repeated() {
        check("the customer came back on 28 November", Ok(()));
        check("paid with 4111 1111 1111 1111", Err("must not hold a card number"));
        check("4111111111111111", Err("must not hold a card number"));
        check("  ", Err("cannot be taken"));
    }
}
