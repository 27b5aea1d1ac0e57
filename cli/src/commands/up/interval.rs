//! What servers did between two looks at their states, the documents of `GET /status`.

use serde_json::Value;

/// The sum of a figure over servers, by its JSON pointer.
pub fn sum<'a>(servers: impl Iterator<Item = &'a Value>, pointer: &str) -> u64 {
    servers.filter_map(|server| server.pointer(pointer).and_then(Value::as_u64)).sum()
}

/// What a histogram counted between two looks, by upper bound.
#[derive(Clone, Debug, Default)]
pub struct Interval(Vec<(u64, u64)>);

impl Interval {
    /// Of one server, whose earlier state is among those `before`; since its start if it is not.
    pub fn since(before: &[Value], after: &Value) -> Self {
        let earlier = before.iter().find(|earlier| earlier["pid"] == after["pid"]);
        Self::between(earlier.unwrap_or(&Value::Null), after)
    }

    fn between(before: &Value, after: &Value) -> Self {
        let list = |server: &Value, name: &str| -> Vec<u64> {
            let values = server.pointer(&format!("/latency/whole/{name}")).and_then(Value::as_array);
            values.map(|values| values.iter().filter_map(Value::as_u64).collect()).unwrap_or_default()
        };
        let (earlier, later) = (list(before, "counts"), list(after, "counts"));
        let bounds = list(after, "upper_bounds_ns").into_iter().chain([u64::MAX]);
        let counts = later.iter().enumerate().map(|(n, count)| count.saturating_sub(*earlier.get(n).unwrap_or(&0)));
        Self(bounds.zip(counts).collect())
    }

    /// Of several servers.
    pub fn sum(intervals: &[Self]) -> Self {
        let mut all: Vec<(u64, u64)> = Vec::new();
        for (n, &(bound, count)) in intervals.iter().flat_map(|interval| interval.0.iter().enumerate()) {
            match all.get_mut(n) {
                Some((_, sum)) => *sum += count,
                None => all.push((bound, count)),
            }
        }
        Self(all)
    }

    /// Scored requests.
    pub fn count(&self) -> u64 {
        self.0.iter().map(|(_, count)| count).sum()
    }

    /// The upper bound of the bucket that this share of all is not above.
    fn quantile(&self, share: f64) -> Option<u64> {
        let rank = (self.count() as f64 * share).ceil() as u64;
        let mut seen = 0;
        let bucket = self.0.iter().find(|(_, count)| {
            seen += count;
            seen >= rank
        });
        bucket.filter(|_| rank > 0).map(|(bound, _)| *bound)
    }

    /// The 99th percentile in microseconds, or `-` where nothing was counted.
    pub fn p99_us(&self) -> String {
        self.quantile(0.99).map_or_else(|| "-".to_owned(), |ns| format!("{:.1}", ns as f64 / 1e3))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn server(counts: [u64; 3]) -> Value {
        json!({ "pid": 1, "latency": { "whole": { "upper_bounds_ns": [100, 200], "counts": counts } } })
    }

    #[test]
    fn rate_and_latency_are_those_of_the_interval() {
        let interval = Interval::between(&server([5, 1, 0]), &server([105, 1, 1]));
        assert_eq!(
            (interval.count(), interval.quantile(0.5), interval.quantile(0.999)),
            (101, Some(100), Some(u64::MAX))
        );
        assert_eq!(Interval::since(&[server([5, 1, 0])], &server([6, 1, 0])).count(), 1);
        assert_eq!(Interval::since(&[], &server([6, 1, 0])).count(), 7);
        assert_eq!(Interval::between(&server([1, 0, 0]), &server([1, 0, 0])).quantile(0.99), None);
    }
}
