//! Progress bars on stderr: the styles of all programs, and none where stderr is no terminal.

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;

/// What a bar shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Name, share and time of one phase of a longer work.
    Phase,
    /// Message and bytes so far.
    Bytes,
    /// Name, share and message of a run whose figures change.
    Run,
}

/// A bar; cleared at its end.
pub struct Bar(ProgressBar);

/// Bars below each other, with lines of text between them.
pub struct Bars(MultiProgress);

/// Whether stderr shows bars at all.
pub fn stderr_is_terminal() -> bool {
    std::io::stderr().is_terminal()
}

impl Bar {
    /// One bar on stderr; `None` where that is no terminal. `total` is `None` as long as it is not known.
    pub fn alone(style: Style, name: &str, total: Option<u64>) -> Option<Self> {
        let bar = stderr_is_terminal().then(|| ProgressBar::with_draw_target(total, ProgressDrawTarget::stderr()))?;
        Some(Self::styled(bar, style, name, total))
    }

    fn styled(bar: ProgressBar, style: Style, name: &str, total: Option<u64>) -> Self {
        bar.set_style(
            ProgressStyle::with_template(style.template(total)).unwrap_or_else(|_| ProgressStyle::default_bar()),
        );
        bar.set_prefix(name.to_owned());
        Self(bar)
    }

    /// So much is done, of so much.
    pub fn set(&self, done: u64, total: u64) {
        self.0.set_length(total);
        self.set_done(done);
    }

    /// So much is done, of as much as before.
    pub fn set_done(&self, done: u64) {
        self.0.set_position(done);
    }

    /// The text of styles that have one.
    pub fn set_message(&self, text: String) {
        self.0.set_message(text);
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

impl Bars {
    /// None yet; `None` where stderr is no terminal.
    pub fn on_stderr() -> Option<Self> {
        stderr_is_terminal().then(|| Self(MultiProgress::with_draw_target(ProgressDrawTarget::stderr())))
    }

    /// One more bar below the others.
    pub fn add(&self, style: Style, name: &str, total: Option<u64>) -> Bar {
        let bar = total.map_or_else(ProgressBar::no_length, ProgressBar::new);
        Bar::styled(self.0.add(bar), style, name, total)
    }

    /// A line above the bars.
    pub fn note(&self, text: &str) {
        // fails only when stderr is gone, and then nobody reads it
        self.0.println(text).unwrap_or_default();
    }
}

impl Style {
    const fn template(self, total: Option<u64>) -> &'static str {
        match (self, total) {
            (Self::Phase, Some(_)) => "  {prefix:<28} {wide_bar} {percent:>3} % {elapsed}",
            (Self::Phase, None) => "  {spinner} {prefix} {pos} {elapsed}",
            (Self::Bytes, _) => "{msg:>7} {wide_bar} {bytes}/{total_bytes}",
            (Self::Run, Some(_)) => "  {prefix} {percent:>3} % {wide_msg}",
            (Self::Run, None) => "  {prefix} {pos} sent, {wide_msg}",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_template_is_one() {
        for style in [Style::Phase, Style::Bytes, Style::Run] {
            for total in [None, Some(1)] {
                assert!(ProgressStyle::with_template(style.template(total)).is_ok(), "{style:?} {total:?}");
            }
        }
    }
}
