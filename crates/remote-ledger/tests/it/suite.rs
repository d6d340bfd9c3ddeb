use mstore_pay_conformance::ledger_suite;

use crate::books::Service;

ledger_suite!(over_http, Service, #[tokio::test]);
