//! The documents that the command writes have the committed shapes.

use crate::support::{APPROVED, DENIED, Reaction, payloads, serve};
use clap::Parser;
use load_test::{Options, Outcome, PayloadSource};
use serde_json::{Value, json};
use std::path::Path;

#[derive(Parser)]
struct Command {
    #[command(flatten)]
    options: Options,
}

/// Runs the command on payloads that should all be approved.
fn command(arguments: &[&str]) -> Outcome {
    let all = ["load-test"].iter().chain(arguments);
    let options = Command::try_parse_from(all).unwrap_or_else(|error| panic!("{error}")).options;
    let load = |source: PayloadSource<'_>| match source {
        PayloadSource::Preview { least, .. } => Ok(payloads(vec![0; least as usize])),
        PayloadSource::File(path) => panic!("{} was not asked for", path.display()),
    };
    load_test::run(&options, "0.0.0 (commit test)", load).unwrap()
}

fn read(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn schema() -> jsonschema::Validator {
    let text = include_str!("../../schema/result.schema.json");
    jsonschema::draft202012::new(&serde_json::from_str(text).unwrap()).unwrap()
}

fn assert_has_the_shape(document: &Value) {
    let errors: Vec<String> =
        schema().iter_errors(document).map(|e| format!("{} at {}", e, e.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:#?}");
}

#[test]
fn a_run_is_written_as_the_schema_says_and_as_results_of_the_contest() {
    let server = serve(|number| if number == 3 { Reaction::Status(500) } else { Reaction::Body(APPROVED) });
    let folder = tempfile::tempdir().unwrap();
    let (record, results) = (folder.path().join("record.json"), folder.path().join("results.json"));
    let outcome = command(&[
        "--plan",
        "steady:200,0.2",
        "--connections",
        "4..16",
        "--target",
        &server.target.to_string(),
        "--record",
        record.to_str().unwrap(),
        "--results",
        results.to_str().unwrap(),
    ]);
    assert_eq!(outcome, Outcome::WrongAnswers);
    let document = read(&record);
    assert_has_the_shape(&document);
    assert_eq!((&document["sent"], &document["errors"], &document["answered"]), (&json!(40), &json!(1), &json!(39)));
    assert_eq!(document["machine"]["program"], "0.0.0 (commit test)");
    let results = read(&results);
    assert_eq!(
        results["scoring"]["breakdown"],
        json!({
            "true_positive_detections": 0, "true_negative_detections": 39, "false_positive_detections": 0,
            "false_negative_detections": 0, "http_errors": 1
        })
    );
    assert_eq!(results["scoring"]["weighted_errors_E"], 5);
    assert_eq!(results["scoring"]["error_rate_epsilon"], 5.0 / 40.0);
    assert_eq!(results["scoring"]["failure_rate"], 1.0 / 40.0);
    assert_eq!(results["scoring"]["final_score"], document["score"]["final_score"]);
    assert_eq!(results["scoring"]["detection_score"]["value"], document["score"]["detection_score"]);
    assert_eq!(
        results["scoring"]["p99_score"],
        json!({"value": document["score"]["p99_score"], "cut_triggered": false})
    );
    assert_eq!((&results["p99"], &results["expected"]), (&document["service_ms"]["p99"], &document["expected"]));
}

#[test]
fn runs_in_pairs_are_written_as_the_schema_says() {
    let (a, b) = (serve(|_| Reaction::Body(APPROVED)), serve(|_| Reaction::Body(APPROVED)));
    let folder = tempfile::tempdir().unwrap();
    let record = folder.path().join("pairs.json");
    command(&[
        "--plan",
        "steady:100,0.1",
        "--connections",
        "2..8",
        "--target",
        &a.target.to_string(),
        "--against",
        &b.target.to_string(),
        "--pairs",
        "2",
        "--record",
        record.to_str().unwrap(),
    ]);
    let document = read(&record);
    assert_has_the_shape(&document);
    let targets: Vec<_> = document["runs"].as_array().unwrap().iter().map(|run| run["target"].clone()).collect();
    let (a, b) = (json!(a.target.to_string()), json!(b.target.to_string()));
    assert_eq!(targets, [a.clone(), b.clone(), a, b]);
    assert_eq!(document["noise"].as_array().unwrap().len(), 2);
    assert!(document["ratios"].as_array().unwrap().iter().any(|ratio| ratio["of"] == "service p99"));
}

#[test]
fn a_closed_loop_is_written_as_the_schema_says() {
    let server = serve(|_| Reaction::Body(DENIED));
    let folder = tempfile::tempdir().unwrap();
    let record = folder.path().join("record.json");
    let target = server.target.to_string();
    let outcome = command(&["--plan", "saturate:2,0.1", "--target", &target, "--record", record.to_str().unwrap()]);
    assert_eq!(outcome, Outcome::WrongAnswers);
    let document = read(&record);
    assert_has_the_shape(&document);
    assert!(document["rate"]["held"].as_f64().unwrap() > 10.0 && document["planned"].is_null());
    assert_eq!(document["score"]["rate_component"], Value::Null);
}

#[test]
fn the_schema_refuses_what_is_missing_misspelt_or_of_another_type() {
    let server = serve(|_| Reaction::Body(APPROVED));
    let folder = tempfile::tempdir().unwrap();
    let record = folder.path().join("record.json");
    let target = server.target.to_string();
    command(&[
        "--plan",
        "steady:100,0.05",
        "--connections",
        "2..8",
        "--target",
        &target,
        "--record",
        record.to_str().unwrap(),
    ]);
    let sound = read(&record);
    assert_has_the_shape(&sound);
    let keys: Vec<String> = sound.as_object().unwrap().keys().cloned().collect();
    for key in keys {
        let mut damaged = sound.clone();
        let value = damaged.as_object_mut().unwrap().remove(&key).unwrap();
        assert!(!schema().is_valid(&damaged), "without {key}");
        damaged[format!("{key}_")] = value;
        assert!(!schema().is_valid(&damaged), "{key}_");
        damaged = sound.clone();
        damaged[&key] = json!([{}]);
        assert!(!schema().is_valid(&damaged), "{key} of another type");
    }
}
