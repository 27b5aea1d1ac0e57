//! Which server gets the next connection.

/// How a server is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Choice {
    /// One after the other
    Turns,
    /// The one with the fewest open connections, by its own report; of several, the next in turn
    Fewest,
}

/// Chooses among servers that have numbers.
#[derive(Debug)]
pub struct Chooser {
    choice: Choice,
    /// Whose turn it is.
    next: usize,
}

impl Chooser {
    /// Begins with the first.
    pub fn new(choice: Choice) -> Self {
        Self { choice, next: 0 }
    }

    /// One of `count` servers; `open` tells how many connections one has, or that it cannot be chosen.
    pub fn choose(&mut self, count: usize, open: impl Fn(usize) -> Option<u64>) -> Option<usize> {
        let in_turn = (0..count).map(|step| (self.next + step) % count);
        let mut eligible = in_turn.filter_map(|number| Some((number, open(number)?)));
        let (number, _) = match self.choice {
            Choice::Turns => eligible.next(),
            // the first of those with the least
            Choice::Fewest => eligible.min_by_key(|&(_, open)| open),
        }?;
        self.next = (number + 1) % count;
        Some(number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(choice: Choice, times: usize, open: &[Option<u64>]) -> Vec<usize> {
        let mut chooser = Chooser::new(choice);
        (0..times).filter_map(|_| chooser.choose(open.len(), |number| open[number])).collect()
    }

    #[test]
    fn turns_go_round_and_leave_out_who_cannot() {
        assert_eq!(chosen(Choice::Turns, 5, &[Some(9), Some(0), Some(4)]), [0, 1, 2, 0, 1]);
        assert_eq!(chosen(Choice::Turns, 4, &[Some(0), None, Some(0)]), [0, 2, 0, 2]);
    }

    #[test]
    fn the_least_busy_comes_first_and_equals_take_turns() {
        assert_eq!(chosen(Choice::Fewest, 3, &[Some(9), Some(0), Some(4)]), [1, 1, 1]);
        assert_eq!(chosen(Choice::Fewest, 4, &[Some(3), Some(3), Some(4)]), [0, 1, 0, 1]);
        assert_eq!(chosen(Choice::Fewest, 2, &[Some(3), None, Some(4)]), [0, 0]);
    }

    #[test]
    fn nobody_is_chosen_where_nobody_can() {
        for choice in [Choice::Turns, Choice::Fewest] {
            assert!(chosen(choice, 1, &[None, None]).is_empty());
        }
    }
}
