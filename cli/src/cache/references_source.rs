//! Where references come from: the official generator or a file of one's own.

use crate::cache::usable_file::usable;
use crate::console::advice::Advise;
use crate::console::progress::{Reporter, thousands};
use anyhow::{Context, Result};
use dataset::References;
use std::io::BufReader;
use std::path::PathBuf;
use std::str::FromStr;

/// `official`, or the path of a references file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// The 3,000,000 official references, generated and checked by SHA-256.
    Official,
    /// A file in the shape of `references.json` or JSON Lines, compressed by gzip or zstd or not; `-` is stdin.
    File(PathBuf),
}

impl FromStr for Source {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(if text == "official" { Self::Official } else { Self::File(PathBuf::from(text)) })
    }
}

impl Source {
    /// Generates or reads all references, in file order.
    pub fn load(&self, reporter: &Reporter) -> Result<References> {
        let path = match self {
            Self::Official => {
                return dataset::official_references(&|phase, done, total| reporter.report(phase, done, total))
                    .context("generating the official references");
            }
            Self::File(path) => path,
        };
        let named = command_line::input_name(path);
        let file = command_line::open_input(path).with_context(|| format!("cannot open {named}")).advise(|| {
            "name a file of references (docs/DATA.md), or `official` for the generated official set".to_owned()
        })?;
        let source = BufReader::with_capacity(1 << 20, file);
        let progress = |phase, done, total| reporter.report(phase, done, total);
        let read = usable(dataset::read_references(source, &progress), path, "holds no usable references")?;
        if read.rounded > 0 {
            reporter.note(&format!(
                "warning: {} values in {named} were no multiples of 0.0001 and were rounded",
                thousands(read.rounded)
            ));
        }
        Ok(read.references)
    }

    /// SHA-256 in hex of the uncompressed text of `references`, which came from this source.
    pub fn sha256(&self, references: &References) -> String {
        match self {
            // `official_references` has just checked it
            Self::Official => dataset::OFFICIAL_SHA256.to_owned(),
            Self::File(_) => dataset::references_sha256(references),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_bare_word_means_the_official_set() {
        assert_eq!("official".parse(), Ok(Source::Official));
        assert_eq!("./official".parse(), Ok(Source::File("./official".into())));
        assert_eq!("my.json.gz".parse(), Ok(Source::File("my.json.gz".into())));
    }
}
