//! Arguments and the environment variables that stand for them.

use crate::terminal::environment_takes_escapes;
use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, ColorChoice, Command, Parser};
use std::ffi::{OsStr, OsString};

/// Parses the process's arguments; ends the process with a message when they are wrong, with `--help` and `--version`.
///
/// An environment variable that is set to nothing counts as not set. A value that begins with `~` is refused: the shell
/// would have replaced it, and a folder named `~` is never meant.
pub fn parse<C: Parser>() -> C {
    try_parse_from(std::env::args_os()).unwrap_or_else(|error| error.exit())
}

/// [`parse`] of `arguments`, the program's name first.
///
/// # Errors
/// What is wrong with them; or the text that `--help` or `--version` asks for.
pub fn try_parse_from<C: Parser>(arguments: impl IntoIterator<Item = OsString>) -> Result<C, clap::Error> {
    let mut command = without_empty_variables(C::command());
    if !environment_takes_escapes() {
        // clap itself would colour what it writes to a dumb terminal where the variable CI is set.
        command = command.color(ColorChoice::Never);
    }
    let mut matches = command.try_get_matches_from_mut(arguments)?;
    refuse_tilde(&mut command, &matches)?;
    C::from_arg_matches_mut(&mut matches).map_err(|error| error.format(&mut command))
}

fn without_empty_variables(command: Command) -> Command {
    let unless_empty = |arg: Arg| {
        let is_empty = arg.get_env().and_then(std::env::var_os).is_some_and(|value| value.is_empty());
        if is_empty { arg.env(None::<&'static str>) } else { arg }
    };
    command.mut_args(unless_empty).mut_subcommands(without_empty_variables)
}

fn refuse_tilde(command: &mut Command, matches: &ArgMatches) -> Result<(), clap::Error> {
    let message = command.get_arguments().find_map(|arg| {
        let mut values = matches.try_get_raw(arg.get_id().as_str()).ok()??;
        let value = values.find(|value| begins_with_tilde(value))?;
        Some(format!(
            "'{}' for '{}': no shell has replaced the '~'\n\n  \
             tip: write the folder out, such as $HOME/…; or ./~… for a name that begins with '~'",
            value.display(),
            given_as(arg, matches)
        ))
    });
    if let Some(message) = message {
        return Err(command.error(ErrorKind::ValueValidation, message));
    }
    let Some((name, matches)) = matches.subcommand() else { return Ok(()) };
    command.find_subcommand_mut(name).map_or(Ok(()), |subcommand| refuse_tilde(subcommand, matches))
}

/// Addresses may be paths too: `unix:~/1.sock`.
fn begins_with_tilde(value: &OsStr) -> bool {
    let bytes = value.as_encoded_bytes();
    bytes.strip_prefix(b"unix:").unwrap_or(bytes).starts_with(b"~")
}

/// The option as the help shows it, or the variable that stood for it.
fn given_as(arg: &Arg, matches: &ArgMatches) -> String {
    match (matches.value_source(arg.get_id().as_str()), arg.get_env()) {
        (Some(ValueSource::EnvVariable), Some(variable)) => variable.display().to_string(),
        _ => arg.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    #[derive(Parser, Debug)]
    struct Program {
        #[command(subcommand)]
        command: Subcommand,
    }

    #[derive(clap::Subcommand, Debug)]
    enum Subcommand {
        Open {
            #[arg(long)]
            folder: Option<PathBuf>,
            #[arg(long)]
            target: Option<String>,
            file: Vec<PathBuf>,
        },
    }

    fn parsed(arguments: &[&str]) -> Result<Program, String> {
        let all = ["program", "open"].iter().chain(arguments).map(OsString::from);
        try_parse_from(all).map_err(|error| error.to_string())
    }

    #[test]
    fn a_tilde_at_the_start_of_a_path_is_refused_with_advice() {
        for arguments in
            [&["--folder", "~/data"][..], &["--folder=~"], &["--target", "unix:~/1.sock"], &["fine", "~user/file"]]
        {
            let error = parsed(arguments).unwrap_err();
            assert!(error.contains('~') && error.contains("$HOME/"), "{error}");
        }
        assert!(parsed(&["--folder=~"]).unwrap_err().contains("--folder"));
    }

    #[test]
    fn a_tilde_elsewhere_is_part_of_a_name() {
        parsed(&["--folder", "./~", "--target", "unix:/run/a~b", "backup~", "a/~/b"]).unwrap();
    }
}
