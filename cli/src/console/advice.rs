//! What to type when something failed: attached to an error, printed on a line of its own.

use std::fmt;

/// A hint to the user; the outermost layer of an error.
#[derive(Debug)]
struct Advice(String);

impl fmt::Display for Advice {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// Attaches advice to results.
pub trait Advise<T> {
    /// `advice` is only worded when it is needed.
    fn advise(self, advice: impl FnOnce() -> String) -> anyhow::Result<T>;
}

impl<T, E: Into<anyhow::Error>> Advise<T> for Result<T, E> {
    fn advise(self, advice: impl FnOnce() -> String) -> anyhow::Result<T> {
        self.map_err(|error| error.into().context(Advice(advice())))
    }
}

/// An error and its causes in one line, the advice below it.
pub fn text(error: &anyhow::Error) -> String {
    let advice = error.downcast_ref::<Advice>().map(|advice| advice.0.as_str());
    // the advice is a layer like any other and is left out of the line of causes
    let layers: Vec<String> = error.chain().map(ToString::to_string).filter(|layer| Some(&**layer) != advice).collect();
    let causes = layers.join(": ");
    match advice {
        Some(advice) => format!("{causes}\n  {advice}"),
        None => causes,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::Context;

    #[test]
    fn advice_stands_below_the_causes_whatever_was_added_later() {
        let failed: std::io::Result<()> = Err(std::io::ErrorKind::NotFound.into());
        let error = failed.context("cannot open x").advise(|| "make it with: y".to_owned()).unwrap_err();
        assert_eq!(text(&error), "cannot open x: entity not found\n  make it with: y");
        let error = error.context("replaying");
        assert_eq!(text(&error), "replaying: cannot open x: entity not found\n  make it with: y");
    }

    #[test]
    fn an_error_without_advice_is_one_line() {
        assert_eq!(text(&anyhow::anyhow!("inner").context("outer")), "outer: inner");
    }
}
