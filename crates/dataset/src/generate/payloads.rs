//! The generator of test payloads.

use super::draw::{Drawn, in_chunks};
use super::pcg::Pcg;
use super::profile::Profile;
use super::recipe::PayloadRecipe;
use super::request::request_text;
use crate::Progress;
use crate::payload::Payload;
use crate::references::References;
use crate::truth::label;
use rayon::prelude::*;
use schema::Rules;
use space::Point;

/// Draws payloads by the published rules and labels each by brute force over `references`, see [`label`].
///
/// A recipe from outside should pass [`PayloadRecipe::check`] first.
pub fn generate_payloads(recipe: &PayloadRecipe, references: &References, progress: &Progress<'_>) -> Vec<Payload> {
    let drawn = draw_requests(recipe, progress);
    let queries: Vec<Point> = drawn.iter().map(|&(_, query)| query).collect();
    let frauds = label(&queries, references, progress);
    let labelled = drawn.into_iter().zip(frauds);
    labelled.map(|((request, query), expected_frauds)| Payload { request, query, expected_frauds }).collect()
}

/// The vectors of the payloads that [`generate_payloads`] draws, without labels and so without references.
pub fn payload_queries(recipe: &PayloadRecipe, progress: &Progress<'_>) -> Vec<Point> {
    draw_requests(recipe, progress).into_iter().map(|(_, query)| query).collect()
}

fn draw_requests(recipe: &PayloadRecipe, progress: &Progress<'_>) -> Vec<(String, Point)> {
    let phase = "generating payloads";
    progress(phase, 0, recipe.count);
    let mut requests = Vec::new();
    let mut pcg = Pcg::seed(recipe.seed);
    let rules = Rules::default();
    in_chunks(
        recipe.count,
        || {
            let profile = Profile::draw(&mut pcg, recipe.fraud_ratio, recipe.borderline_share);
            Drawn::draw(&mut pcg, profile, recipe.dates)
        },
        |chunk, done| {
            let finish = |drawn: &Drawn| (request_text(drawn), rules.vectorize(&drawn.transaction()));
            requests.par_extend(chunk.par_iter().map(finish));
            if done < recipe.count {
                progress(phase, done, recipe.count);
            }
        },
    );
    progress(phase, recipe.count, recipe.count);
    requests
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ReferenceRecipe, generate_references};

    #[test]
    fn queries_are_those_of_the_labelled_payloads() {
        let references =
            generate_references(&ReferenceRecipe { count: 10, ..ReferenceRecipe::OFFICIAL }, &|_, _, _| {});
        let recipe = PayloadRecipe { count: 300, ..PayloadRecipe::FINAL_LIKE };
        let payloads = generate_payloads(&recipe, &references, &|_, _, _| {});
        let queries: Vec<_> = payloads.iter().map(|payload| payload.query).collect();
        assert_eq!(payload_queries(&recipe, &|_, _, _| {}), queries);
    }
}
