//! The generator of labelled vectors.

use super::draw::{Drawn, in_chunks};
use super::pcg::Pcg;
use super::profile::{Profile, REFERENCE_BORDERLINE_SHARE};
use super::recipe::{Dates, ReferenceRecipe};
use crate::Progress;
use crate::references::References;
use rayon::prelude::*;
use schema::Rules;
use space::Label;

/// Draws references by the published rules; equal recipes give equal references on every machine.
///
/// Holds 29 bytes a reference and no text. A recipe from outside should pass [`ReferenceRecipe::check`] first.
pub fn generate_references(recipe: &ReferenceRecipe, progress: &Progress<'_>) -> References {
    let phase = "generating references";
    progress(phase, 0, recipe.count);
    let capacity = usize::try_from(recipe.count).unwrap_or(usize::MAX);
    let mut references = References { vectors: Vec::with_capacity(capacity), labels: Vec::with_capacity(capacity) };
    let mut pcg = Pcg::seed(recipe.seed);
    let rules = Rules::default();
    in_chunks(
        recipe.count,
        || draw_labelled(&mut pcg, recipe.fraud_ratio),
        |chunk, done| {
            references.vectors.par_extend(chunk.par_iter().map(|(drawn, _)| rules.vectorize(&drawn.transaction())));
            references.labels.extend(chunk.iter().map(|&(_, label)| label));
            if done < recipe.count {
                progress(phase, done, recipe.count);
            }
        },
    );
    progress(phase, recipe.count, recipe.count);
    references
}

fn draw_labelled(pcg: &mut Pcg, fraud_ratio: f64) -> (Drawn, Label) {
    let profile = Profile::draw(pcg, fraud_ratio, REFERENCE_BORDERLINE_SHARE);
    let drawn = Drawn::draw(pcg, profile, Dates::Classic);
    let is_fraud = match profile {
        Profile::Legit => false,
        Profile::Fraud => true,
        Profile::Borderline => pcg.unit() < 0.5,
    };
    (drawn, if is_fraud { Label::Fraud } else { Label::Legit })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::{references_sha256, write_references};
    use std::sync::Mutex;

    fn first(count: u64) -> References {
        generate_references(&ReferenceRecipe { count, ..ReferenceRecipe::OFFICIAL }, &|_, _, _| {})
    }

    #[test]
    fn first_ten_thousand_official_references_keep_their_text() {
        let golden = "1bbe6b780a6b8d9a985200f5029a6ac69676c8d87989cbcb66bf931ccffeb2bf";
        assert_eq!(references_sha256(&first(10_000)), golden);
    }

    #[test]
    fn first_three_official_references_are_the_published_ones() {
        let mut text = Vec::new();
        write_references(&first(3), &mut text, &|_, _, _| {}).unwrap();
        let golden = concat!(
            r#"[{"vector":[0.01,0.0833,0.05,0.8261,0.1667,-1,-1,0.0432,0.25,0,1,0,0.2,0.0416],"label":"legit"},"#,
            r#"{"vector":[0.0109,0.1667,0.05,0.3913,0.6667,0.3007,0.0139,0.0154,0.2,0,1,0,0.15,0.0282],"label":"legit"},"#,
            r#"{"vector":[0.0336,0.1667,0.05,0.4348,0.6667,0.1278,0.0008,0.017,0.1,0,1,0,0.2,0.02],"label":"legit"}]"#,
            "\n"
        );
        assert_eq!(String::from_utf8(text).unwrap(), golden);
    }

    #[test]
    fn a_shorter_set_is_a_prefix_of_a_longer_one() {
        let (short, long) = (first(20_000), first(40_000));
        assert_eq!(short.vectors, long.vectors[..20_000]);
        assert_eq!(short.labels, long.labels[..20_000]);
    }

    #[test]
    fn no_references_are_an_empty_set() {
        assert_eq!(first(0), References::default());
    }

    #[test]
    fn progress_starts_at_zero_rises_and_ends_at_the_total() {
        let calls = Mutex::new(Vec::new());
        let recipe = ReferenceRecipe { count: 50_000, ..ReferenceRecipe::OFFICIAL };
        generate_references(&recipe, &|_, done, total| calls.lock().unwrap().push((done, total)));
        let calls = calls.into_inner().unwrap();
        assert_eq!((calls.first(), calls.last()), (Some(&(0, 50_000)), Some(&(50_000, 50_000))));
        assert!(calls.is_sorted() && calls.len() > 2, "{calls:?}");
    }
}
