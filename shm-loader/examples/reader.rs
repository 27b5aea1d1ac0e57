//! Maps the published segment of a folder, reads all of it, and stays until its standard input ends: what `shm-loader
//! inspect` shows of a reader can be tried with it.
//!
//!     cargo run --release -p shm-loader --example reader -- /dev/shm/fraudring

use anyhow::{Context, Result};
use shm_loader::Segment;
use std::path::Path;

const PAGE_BYTES: usize = 4096;

fn main() -> Result<()> {
    let dir = std::env::args_os().nth(1).context("usage: reader DIR")?;
    let segment = Segment::attach(Path::new(&dir))?;
    let touched: u64 = segment.bytes().iter().step_by(PAGE_BYTES).map(|byte| u64::from(*byte)).sum();
    println!("attached {touched}");
    std::io::stdin().lines().for_each(drop);
    Ok(())
}
