//! Programs on a pseudo terminal, as `script` (Debian's bsdutils) gives them one.

use std::process::{Command, Stdio};

/// What every sequence begins with that colours text or moves the cursor.
pub const ESCAPE: char = '\u{1b}';

/// A command that runs `line`, as a shell reads it, on a terminal of so many columns. What the terminal is sent goes to
/// stdout, the exit status is that of the line.
pub fn on_terminal(columns: usize, line: &str) -> Command {
    let line = format!("stty rows 24 columns {columns} && {line}");
    let mut script = Command::new("script");
    script.args(["--quiet", "--return", "--command", &line, "/dev/null"]);
    script.env("TERM", "xterm").env("SHELL", "/bin/sh").env_remove("NO_COLOR").stdin(Stdio::null());
    script
}

/// The lines that a terminal was sent, those that were drawn over each other too, without the sequences that colour them
/// or move the cursor.
pub fn lines(sent: &[u8]) -> Vec<String> {
    String::from_utf8_lossy(sent).split(['\r', '\n']).map(visible).filter(|line| !line.is_empty()).collect()
}

/// What a terminal of so many columns shows in the end, row by row, those that scrolled away too. It knows text, new lines,
/// and the sequences that move the cursor up or erase; others change nothing here, as those that colour.
pub fn screen(columns: usize, sent: &[u8]) -> Vec<String> {
    let mut screen = Screen { columns, rows: vec![Vec::new()], row: 0, column: 0 };
    let text = String::from_utf8_lossy(sent);
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match character {
            '\r' => screen.column = 0,
            '\n' => screen.next_row(),
            ESCAPE => {
                // `ESC [ parameters letter`
                let mut parameters = String::new();
                let letter = characters.by_ref().skip(1).find(|character| {
                    parameters.extend(Some(*character).filter(char::is_ascii_digit));
                    character.is_ascii_alphabetic()
                });
                screen.obey(letter, parameters.parse().ok());
            }
            character if character.is_control() => {}
            character => screen.put(character),
        }
    }
    screen.rows.iter().map(|row| row.iter().collect::<String>().trim_end().to_owned()).collect()
}

struct Screen {
    columns: usize,
    rows: Vec<Vec<char>>,
    row: usize,
    column: usize,
}

impl Screen {
    fn next_row(&mut self) {
        self.row += 1;
        if self.row == self.rows.len() {
            self.rows.push(Vec::new());
        }
    }

    /// A full row is left when there is more to put, as terminals do.
    fn put(&mut self, character: char) {
        if self.column == self.columns {
            self.column = 0;
            self.next_row();
        }
        let row = &mut self.rows[self.row];
        row.resize(row.len().max(self.column + 1), ' ');
        row[self.column] = character;
        self.column += 1;
    }

    fn obey(&mut self, letter: Option<char>, parameter: Option<usize>) {
        match (letter, parameter) {
            (Some('A'), up) => self.row = self.row.saturating_sub(up.unwrap_or(1)),
            (Some('K'), Some(2)) => self.rows[self.row].clear(),
            (Some('K'), _) => self.rows[self.row].truncate(self.column),
            (Some('J'), _) => {
                self.rows[self.row].truncate(self.column);
                self.rows.truncate(self.row + 1);
            }
            _ => {}
        }
    }
}

fn visible(line: &str) -> String {
    let mut shown = String::new();
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        if character == ESCAPE {
            // `ESC [ … letter`
            let _ = characters.by_ref().skip(1).find(char::is_ascii_alphabetic);
        } else {
            shown.push(character);
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_sees_a_terminal_of_that_width() {
        let output = on_terminal(57, "stty size; test -t 0 && test -t 1 && test -t 2").output().unwrap();
        assert_eq!((lines(&output.stdout), output.status.code()), (vec!["24 57".to_owned()], Some(0)));
        assert_eq!(on_terminal(57, "exit 3").output().unwrap().status.code(), Some(3));
    }

    #[test]
    fn sequences_are_no_part_of_a_line() {
        assert_eq!(lines(b"\x1b[1;31mred\x1b[0m\r\x1b[2Kdrawn over\r\n\n"), ["red", "drawn over"]);
    }

    #[test]
    fn a_screen_shows_what_is_left() {
        assert_eq!(screen(9, b"kept\r\n\x1b[1mdrawn\x1b[0m\r\x1b[2Kover"), ["kept", "over"]);
        assert_eq!(screen(4, b"12345\x1b[A\r\x1b[J6"), ["6"]);
        assert_eq!(screen(4, b"1234\r\nx\ry\x1b[K"), ["1234", "y"]);
    }
}
