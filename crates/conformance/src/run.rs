//! How cases are run where the caller names no runtime.

use std::panic::{AssertUnwindSafe, catch_unwind};

pub use futures::executor::block_on;

/// Whether a case fails.
pub fn fails(case: impl Future<Output = ()>) -> bool {
    catch_unwind(AssertUnwindSafe(|| block_on(case))).is_err()
}

/// Makes tests of a list of cases: `[module, name, harness]` or `[module, name, harness, #[test attribute]]`.
#[doc(hidden)]
#[macro_export]
macro_rules! __tests {
    ([$module:ident, $name:ident, $harness:expr] $($case:ident,)*) => {
        mod $name {
            use super::*;
            $(
                #[test]
                fn $case() {
                    $crate::__private::block_on(async { $crate::$module::$case(&$harness).await });
                }
            )*
        }
    };
    ([$module:ident, $name:ident, $harness:expr, #$attribute:tt] $($case:ident,)*) => {
        mod $name {
            use super::*;
            $(
                #$attribute
                async fn $case() {
                    $crate::$module::$case(&$harness).await;
                }
            )*
        }
    };
}

/// Runs every case of a list and gives the names of those that fail: `[module, harness]`.
#[doc(hidden)]
#[macro_export]
macro_rules! __failures {
    ([$module:ident, $harness:expr] $($case:ident,)*) => {{
        let mut failed: Vec<&'static str> = Vec::new();
        $(
            if $crate::__private::fails(async { $crate::$module::$case(&$harness).await }) {
                failed.push(stringify!($case));
            }
        )*
        failed
    }};
}
