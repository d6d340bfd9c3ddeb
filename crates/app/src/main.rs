//! The binary `mstore-pay`; see `--help`.

use std::process::ExitCode;

/// How it keeps memory is said where it is built: `.cargo/config.toml`.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    mstore_pay_app::run()
}
