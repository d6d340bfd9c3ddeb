use super::answer::Refusal;
use crate::body::NoObject;

pub(super) use crate::body::{Body, without_blanks};

impl From<NoObject> for Refusal {
    fn from(_: NoObject) -> Self {
        Self::invalid("The body is not a JSON object.")
    }
}
