#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| dataset::fuzzing::table(bytes));
