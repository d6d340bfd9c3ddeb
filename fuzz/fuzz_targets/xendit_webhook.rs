#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| mstore_pay_xendit::fuzzing::webhook(data));
