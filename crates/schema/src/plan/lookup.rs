//! Texts and their numbers, found in a few steps.

/// A text of up to eight bytes as a number, and its length: texts of one length compare as these do.
type Word = (u64, usize);

/// A table of texts and numbers.
#[derive(Clone, Debug)]
pub(super) struct Lookup {
    /// Ascending; most codes are as short as that.
    short: Box<[(Word, f64)]>,
    /// Ascending: all longer ones.
    long: Box<[(Box<str>, f64)]>,
}

impl Lookup {
    /// `rows`: texts without repeats.
    pub(super) fn new(rows: &[(String, f64)]) -> Self {
        let (mut short, mut long) = (Vec::new(), Vec::new());
        for (text, number) in rows {
            match word(text) {
                Some(word) => short.push((word, *number)),
                None => long.push((text.as_str().into(), *number)),
            }
        }
        short.sort_unstable_by_key(|row| row.0);
        long.sort_unstable_by(|a: &(Box<str>, f64), b| a.0.cmp(&b.0));
        Self { short: short.into(), long: long.into() }
    }

    /// The number beside `text`.
    pub(super) fn find(&self, text: &str) -> Option<f64> {
        match word(text) {
            Some(word) => self.short.binary_search_by_key(&word, |row| row.0).ok().map(|at| self.short[at].1),
            None => self.long.binary_search_by(|row| (*row.0).cmp(text)).ok().map(|at| self.long[at].1),
        }
    }
}

fn word(text: &str) -> Option<Word> {
    let mut bytes = [0; 8];
    bytes.get_mut(..text.len())?.copy_from_slice(text.as_bytes());
    Some((u64::from_be_bytes(bytes), text.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_any_length_are_found_and_no_others() {
        let texts =
            ["", "a", "a\0", "ab", "5411", "12345678", "123456789", "123456780", "é", "a longer text than eight"];
        let rows: Vec<_> = texts.iter().enumerate().map(|(n, text)| ((*text).to_owned(), n as f64)).collect();
        let lookup = Lookup::new(&rows);
        for (text, number) in rows {
            assert_eq!(lookup.find(&text), Some(number), "{text:?}");
        }
        for absent in ["b", "a\0\0", "541", "1234567", "12345678\0", "1234567890", "a longer text than eigh"] {
            assert_eq!(lookup.find(absent), None, "{absent:?}");
        }
    }
}
