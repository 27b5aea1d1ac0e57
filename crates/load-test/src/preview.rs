//! The payload sets that can be generated.

use clap::ValueEnum;
use dataset::PayloadRecipe;

/// A set that can be generated, as long as needed: a longer one begins with the shorter one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Preview {
    /// 54,100 payloads, classic dates, seed 4242
    #[value(name = "1")]
    One,
    /// 54,100 payloads, random dates, seed 4141
    #[value(name = "2")]
    Two,
    /// 72,100 payloads, random dates, seed 0, 48 % of them borderline
    FinalLike,
}

impl Preview {
    /// Its name in results and in the data folder.
    pub const fn name(self) -> &'static str {
        match self {
            Self::One => "preview-1",
            Self::Two => "preview-2",
            Self::FinalLike => "final-like",
        }
    }

    /// How it is drawn; `count` is as published.
    pub const fn recipe(self) -> PayloadRecipe {
        match self {
            Self::One => PayloadRecipe::PREVIEW_1,
            Self::Two => PayloadRecipe::PREVIEW_2,
            Self::FinalLike => PayloadRecipe::FINAL_LIKE,
        }
    }
}
