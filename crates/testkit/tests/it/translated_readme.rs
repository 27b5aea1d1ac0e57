//! README.pt-BR.md tells what README.md tells: the same commands and outputs, and the same figures.

const ENGLISH: &str = include_str!("../../../../README.md");
const PORTUGUESE: &str = include_str!("../../../../README.pt-BR.md");

/// The indented blocks that a reader types or sees.
fn blocks(text: &str) -> Vec<&str> {
    text.lines().filter(|line| line.starts_with("    ") && !line.trim().is_empty()).collect()
}

/// The figures of a table's cells, their separators as English has them.
fn figures(table: &[&str], is_portuguese: bool) -> Vec<Vec<String>> {
    let of_line = |line: &&str| {
        let words = line.split(|letter: char| letter.is_whitespace() || letter == '|' || letter == '`');
        let trimmed = words.map(|word| word.trim_matches(|letter: char| !letter.is_ascii_digit()));
        let figures = trimmed.filter(|word| !word.is_empty());
        figures.map(|word| if is_portuguese { swapped(word) } else { word.to_owned() }).collect()
    };
    table.iter().map(of_line).collect()
}

/// Commas for points and points for commas, but in the version of a kernel.
fn swapped(word: &str) -> String {
    if word == "6.18" {
        return word.to_owned();
    }
    word.chars()
        .map(|letter| match letter {
            ',' => '.',
            '.' => ',',
            other => other,
        })
        .collect()
}

/// The rows of the table of measurements.
fn measured<'a>(text: &'a str, heading: &str) -> Vec<&'a str> {
    let section = text.split(heading).nth(1).expect("there is such a heading");
    section.lines().skip_while(|line| !line.starts_with('|')).take_while(|line| line.starts_with('|')).collect()
}

#[test]
fn commands_and_outputs_are_those_of_the_english_one() {
    let (english, portuguese) = (blocks(ENGLISH), blocks(PORTUGUESE));
    let missing: Vec<_> = english.iter().filter(|line| !portuguese.contains(line)).collect();
    assert!(missing.is_empty(), "README.pt-BR.md lacks {missing:#?}");
    let other: Vec<_> = portuguese.iter().filter(|line| !english.contains(line)).collect();
    assert!(other.is_empty(), "README.md lacks {other:#?}");
}

#[test]
fn figures_are_those_of_the_english_one() {
    let (english, portuguese) = (measured(ENGLISH, "## Measured"), measured(PORTUGUESE, "## Medido"));
    assert_eq!(figures(&english, false), figures(&portuguese, true));
    assert!(english.len() > 8);
}
