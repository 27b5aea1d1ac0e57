//! The command `fraudring`.
fn main() {}
