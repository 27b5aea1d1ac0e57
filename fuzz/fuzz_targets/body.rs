#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    http::fuzzing::chunked(bytes);
    server::fuzzing::body(bytes);
});
