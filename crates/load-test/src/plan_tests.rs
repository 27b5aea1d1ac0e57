use super::*;
use proptest::prelude::*;

fn schedule(text: &str) -> Schedule {
    match text.parse().unwrap() {
        Plan::Open(schedule) => schedule,
        Plan::Saturate { .. } | Plan::Sequential => panic!("{text} has no schedule"),
    }
}

fn rejected(text: &str) -> String {
    text.parse::<Plan>().unwrap_err().to_string()
}

/// The integral of the rate from the start to `seconds`.
fn integral(schedule: &Schedule, seconds: f64) -> f64 {
    let up_to = |stage: &Stage| {
        let t = (seconds - stage.start).clamp(0.0, stage.seconds);
        stage.from * t + (stage.to - stage.from) / stage.seconds * t * t / 2.0
    };
    schedule.stages.iter().map(up_to).sum()
}

#[test]
fn preview_and_final_send_as_many_as_the_contest() {
    assert_eq!(schedule("preview").count(), 54_060);
    assert_eq!(schedule("final").count(), 72_060);
    assert_eq!(schedule("preview"), Schedule { text: "preview".to_owned(), ..schedule("ramp:1,900,120") });
    assert_eq!(schedule("final").times().last(), Some(120_000_000_000));
}

#[test]
fn the_first_request_of_the_preview_leaves_when_the_integral_reaches_one() {
    // t + 899 / 240 t^2 = 1
    let growth = 899.0 / 240.0;
    let expected = (-1.0 + f64::sqrt(1.0 + 4.0 * growth)) / (2.0 * growth);
    let first = schedule("preview").times().next().unwrap();
    assert!((first as f64 / 1e9 - expected).abs() < 1e-8, "{first}");
}

#[test]
fn a_steady_plan_is_evenly_spaced() {
    let times: Vec<u64> = schedule("steady:100,0.05").times().collect();
    assert_eq!(times, [10_000_000, 20_000_000, 30_000_000, 40_000_000, 50_000_000]);
}

#[test]
fn joined_plans_go_on_where_the_last_one_ended() {
    let joined = schedule("steady:10,1+ramp:10,30,1+steady:2.5,2");
    assert_eq!(joined.count(), 10 + 20 + 5);
    let times: Vec<u64> = joined.times().collect();
    assert_eq!(times[9], 1_000_000_000);
    assert_eq!(times[29], 2_000_000_000);
    assert_eq!(times[30], 2_400_000_000);
    assert_eq!(times[34], 4_000_000_000);
}

#[test]
fn a_request_may_be_begun_in_one_stage_and_completed_in_the_next() {
    let times: Vec<u64> = schedule("steady:0.5,1+steady:1,0.5").times().collect();
    assert_eq!(times, [1_500_000_000]);
}

#[test]
fn a_pause_between_two_stages_sends_nothing() {
    let times: Vec<u64> = schedule("steady:2,1+steady:0,5+steady:2,1").times().collect();
    assert_eq!(times, [500_000_000, 1_000_000_000, 6_500_000_000, 7_000_000_000]);
}

#[test]
fn closed_loops_have_defaults() {
    assert_eq!("saturate".parse(), Ok(Plan::Saturate { connections: 64, seconds: 10.0 }));
    assert_eq!("saturate:8,2.5".parse(), Ok(Plan::Saturate { connections: 8, seconds: 2.5 }));
    assert_eq!("saturate:8,2.5".parse::<Plan>().unwrap().to_string(), "saturate:8,2.5");
}

#[test]
fn what_is_no_plan_is_refused_with_what_to_type() {
    assert!(rejected("").contains("preview, final"));
    assert!(rejected("previews").contains("`previews` is no plan"));
    assert!(rejected("preview:1").contains("is no plan"));
    assert!(rejected("preview+").contains("is no plan"));
    for text in ["steady", "steady:1", "steady:1,2,3", "steady:a,1", "steady:,"] {
        assert!(rejected(text).contains("steady:RATE,SECONDS"), "{text}");
    }
    assert!(rejected("ramp:1,2").contains("ramp:FROM,TO,SECONDS"));
    for text in ["saturate:", "saturate:1", "saturate:1.5,1", "saturate:x,1"] {
        assert!(rejected(text).contains("saturate:CONNECTIONS,SECONDS"), "{text}");
    }
    assert!(rejected("preview+saturate").contains("stands alone"));
}

#[test]
fn numbers_have_limits() {
    for text in ["steady:-1,1", "steady:nan,1", "steady:inf,1", "ramp:1,2000000,1", "steady:1,0", "steady:1,4000"] {
        assert!(rejected(text).contains("must be from"), "{text}: {}", rejected(text));
    }
    assert!(rejected("steady:1,2000+steady:1,2000").contains("sum of seconds"));
    assert!(rejected("saturate:0,1").contains("connections"));
    assert!(rejected("saturate:5000,1").contains("connections"));
    assert!(rejected("steady:0.1,1").contains("sends nothing"));
    assert!(rejected("steady:1000,3600").contains("3600000 requests"));
}

prop_compose! {
    fn any_schedule()(parts in prop::collection::vec((0.0..3000.0f64, 0.0..3000.0f64, 0.01..20.0f64), 1..5)) -> String {
        let words: Vec<String> = parts.iter().map(|(from, to, seconds)| format!("ramp:{from},{to},{seconds}")).collect();
        words.join("+")
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn times_never_fall_and_are_as_many_as_the_integral(text in any_schedule()) {
        let Ok(Plan::Open(schedule)) = text.parse() else { return Ok(()) };
        let seconds = schedule.stages.iter().map(|stage| stage.seconds).sum::<f64>();
        let times: Vec<u64> = schedule.times().collect();
        prop_assert_eq!(times.len() as u64, schedule.count());
        prop_assert!((integral(&schedule, seconds) + 1e-6 - schedule.count() as f64).abs() <= 1.0 + 1e-6);
        prop_assert!(times.is_sorted());
        prop_assert!(times.iter().all(|&time| time as f64 <= seconds * 1e9 + 1.0));
    }

    #[test]
    fn the_integral_at_the_time_of_request_i_is_i(text in any_schedule()) {
        let Ok(Plan::Open(schedule)) = text.parse() else { return Ok(()) };
        for (number, time) in (1..).zip(schedule.times()) {
            // A time is cut to a whole nanosecond, in which at most 3000 / 1e9 requests pass.
            let reached = integral(&schedule, time as f64 / 1e9);
            prop_assert!((reached - number as f64).abs() < 1e-4, "{number}: {reached}");
        }
    }
}
