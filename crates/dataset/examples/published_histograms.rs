//! Generates the official references and the published payload sets, labels these by brute force and prints, for each
//! set, how many payloads have 0, 1, … 5 frauds among their five nearest references.

use dataset::{OFFICIAL_SHA256, PayloadRecipe, generate_payloads, official_references};
use space::Label;
use std::time::Instant;

fn main() -> Result<(), dataset::DataError> {
    let start = Instant::now();
    let references = official_references(&|_, _, _| {})?;
    let frauds = references.labels.iter().filter(|&&label| label == Label::Fraud).count();
    let legit = references.labels.len() - frauds;
    println!("{legit} legit, {frauds} fraud, SHA-256 {OFFICIAL_SHA256} in {:.1?}", start.elapsed());
    let sets = [
        ("preview-1", PayloadRecipe::PREVIEW_1),
        ("preview-2", PayloadRecipe::PREVIEW_2),
        ("final-like", PayloadRecipe::FINAL_LIKE),
    ];
    for (name, recipe) in sets {
        let start = Instant::now();
        let mut histogram = [0; 6];
        for payload in generate_payloads(&recipe, &references, &|_, _, _| {}) {
            histogram[usize::from(payload.expected_frauds)] += 1;
        }
        println!("{name}: {histogram:?} in {:.1?}", start.elapsed());
    }
    Ok(())
}
