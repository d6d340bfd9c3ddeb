//! The binary `mstore-pay`; see `--help`.

use std::process::ExitCode;

/// How it keeps memory is said where it is built: `.cargo/config.toml`.
// Not where assertions are on: `libfaketime`, by which tests have wrong clocks, waits for itself in a process with it.
#[cfg(all(target_os = "linux", target_env = "gnu", not(debug_assertions)))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    mstore_pay_app::run()
}
