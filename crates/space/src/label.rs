//! What is known of a reference.

/// What a reference was labelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Label {
    /// A transaction in good order.
    Legit = 0,
    /// A fraud.
    Fraud = 1,
}

impl Label {
    /// As files and answers write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Legit => "legit",
            Self::Fraud => "fraud",
        }
    }
}
