use mstore_pay_domain::ids::ProviderRef;

use crate::config::XenditApi;
use crate::response::{QrCode, Session};

/// Which of Xendit's objects a charge is: its id tells, but for payment requests, whose ids are alike in both
/// APIs. Those are looked for in the API in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Object {
    Session,
    QrCode,
    RequestV3,
    RequestV2,
}

impl Object {
    pub(super) fn of(id: &ProviderRef, api: XenditApi) -> Self {
        if Session::is_id(id) {
            Self::Session
        } else if QrCode::is_id(id) {
            Self::QrCode
        } else {
            match api {
                XenditApi::V3 => Self::RequestV3,
                XenditApi::V2 => Self::RequestV2,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_tells_what_it_is_the_id_of() {
        let of = |id: &str, api| Object::of(&ProviderRef::parse(id).unwrap(), api);
        for api in [XenditApi::V2, XenditApi::V3] {
            assert_eq!((of("ps-1", api), of("qr_1", api)), (Object::Session, Object::QrCode));
        }
        // The id of a wallet's request of v2 may look like a payment's.
        for id in ["pr-1", "ewc_1", "qrpy_1"] {
            assert_eq!(of(id, XenditApi::V3), Object::RequestV3, "{id}");
            assert_eq!(of(id, XenditApi::V2), Object::RequestV2, "{id}");
        }
    }
}
