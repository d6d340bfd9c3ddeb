//! The binary `mstore-pay`; see `--help`.

use std::process::ExitCode;

fn main() -> ExitCode {
    mstore_pay_app::run()
}
