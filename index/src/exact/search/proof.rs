//! How an answer was proved.

/// The step of the search that an answer came from; each holds for all data, so all answers are equally exact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Proof {
    /// Five of a sample block are nearer than the box around everything of the other label.
    LabelBox,
    /// No reference of the other label is as near as five of the sample.
    NoOpponent,
    /// The five nearest were searched.
    Search,
    /// The five nearest were searched with their numbers, as the fifth and the sixth are equally far.
    Tie,
}

impl Proof {
    /// All there are, the cheapest first; `proof as usize` is the place of one.
    pub const ALL: [Self; 4] = [Self::LabelBox, Self::NoOpponent, Self::Search, Self::Tie];

    /// Its name, which does not change: lower case, words joined by `_`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::LabelBox => "label_box",
            Self::NoOpponent => "no_opponent",
            Self::Search => "search",
            Self::Tie => "tie",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_at_its_place_and_has_a_name_of_its_own() {
        for (place, proof) in Proof::ALL.into_iter().enumerate() {
            assert_eq!(proof as usize, place);
            assert!(proof.name().bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'), "{}", proof.name());
            assert!(Proof::ALL[..place].iter().all(|other| other.name() != proof.name()), "{}", proof.name());
        }
    }
}
