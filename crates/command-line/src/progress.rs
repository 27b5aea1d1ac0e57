//! Progress bars on stderr: the styles of all programs, and none where stderr takes no escape sequences.

use crate::terminal::{is_in_foreground, stderr_columns, stderr_takes_escapes};
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::{self, Write};
use std::sync::{Mutex, PoisonError};

/// Narrower terminals show the name of a phase, cut off where it must be, and no bar.
const WIDE_COLUMNS: usize = 64;

/// To the start of the row, and all of it is gone.
const ERASE: &str = "\r\x1b[2K";
/// A terminal shows `^C` behind what is there; on the next row that would push the line out of reach.
const TYPED_COLUMNS: usize = 3;

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

/// Bars below each other, with lines of text between them; or a line of figures below the text.
pub struct Bars {
    bars: MultiProgress,
    /// The line of figures that is on the terminal.
    figures: Mutex<Option<String>>,
}

impl Bar {
    /// One bar on stderr; `None` where that takes no escape sequences. `total` is `None` as long as it is not known.
    pub fn alone(style: Style, name: &str, total: Option<u64>) -> Option<Self> {
        let bar = stderr_takes_escapes().then(|| ProgressBar::with_draw_target(total, ProgressDrawTarget::stderr()))?;
        Some(Self(style.dressed(bar, name, total)))
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
    /// None yet; `None` where stderr takes no escape sequences.
    pub fn on_stderr() -> Option<Self> {
        let bars = || MultiProgress::with_draw_target(ProgressDrawTarget::stderr());
        stderr_takes_escapes().then(|| Self { bars: bars(), figures: Mutex::new(None) })
    }

    /// One more bar below the others.
    pub fn add(&self, style: Style, name: &str, total: Option<u64>) -> Bar {
        let bar = total.map_or_else(ProgressBar::no_length, ProgressBar::new);
        Bar(self.bars.add(style.dressed(bar, name, total)))
    }

    /// A line above the bars, or above the line of figures.
    pub fn note(&self, text: &str) {
        let figures = self.figures.lock().unwrap_or_else(PoisonError::into_inner);
        match &*figures {
            Some(line) if is_in_foreground() => draw(&format!("{ERASE}{text}\n{line}")),
            // fails only when stderr is gone, and then nobody reads it
            _ => self.bars.println(text).unwrap_or_default(),
        }
    }

    /// Draws a line of figures in place of the one before, cut to the terminal's width, or erases it. For when there are no
    /// bars. In the background nothing is drawn: a shell has its prompt there.
    pub fn set_figures(&self, text: Option<&str>) {
        let mut figures = self.figures.lock().unwrap_or_else(PoisonError::into_inner);
        let is_in_foreground = is_in_foreground();
        let columns = stderr_columns().saturating_sub(TYPED_COLUMNS);
        let line = text.filter(|_| is_in_foreground).map(|text| text.chars().take(columns).collect::<String>());
        if is_in_foreground && (figures.is_some() || line.is_some()) {
            draw(&format!("{ERASE}{}", line.as_deref().unwrap_or_default()));
        }
        *figures = line;
    }
}

/// At once, so that nothing comes between.
fn draw(text: &str) {
    // as above
    io::stderr().write_all(text.as_bytes()).unwrap_or_default();
}

impl Style {
    /// `bar` as it looks in this style, before it is drawn for the first time.
    fn dressed(self, bar: ProgressBar, name: &str, total: Option<u64>) -> ProgressBar {
        let template = self.template(total, stderr_columns() < WIDE_COLUMNS);
        let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        let message = if self == Self::Phase { name.to_owned() } else { String::new() };
        bar.with_style(style).with_prefix(name.to_owned()).with_message(message)
    }

    /// No line is longer than the terminal: in each something gives way, the last figures excepted.
    const fn template(self, total: Option<u64>, is_narrow: bool) -> &'static str {
        match (self, total) {
            (Self::Phase, Some(_)) if is_narrow => "  {wide_msg} {percent:>3} % {elapsed}",
            (Self::Phase, Some(_)) => "  {prefix:<28} {wide_bar} {percent:>3} % {elapsed}",
            (Self::Phase, None) => "  {spinner} {wide_msg} {pos} {elapsed}",
            (Self::Bytes, _) => "{msg:>7} {wide_bar} {bytes}/{total_bytes}",
            (Self::Run, Some(_)) => "  {prefix} {percent:>3} % {wide_msg}",
            (Self::Run, None) => "  {prefix} {pos} sent, {wide_msg}",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STYLES: [Style; 3] = [Style::Phase, Style::Bytes, Style::Run];

    #[test]
    fn every_template_is_one() {
        for (style, is_narrow) in STYLES.into_iter().flat_map(|style| [(style, false), (style, true)]) {
            for total in [None, Some(1)] {
                assert!(ProgressStyle::with_template(style.template(total, is_narrow)).is_ok(), "{style:?} {total:?}");
            }
        }
    }
}
