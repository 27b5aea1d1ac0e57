//! Rows of one's own: a schema and a table, of which an index is built once for each content and kept in the data folder.

use crate::cache::data::DataFolder;
use crate::commands::index::{RowOptions, build_rows};
use crate::console::advice::Advise;
use crate::console::output::write_whole;
use crate::console::progress::Reporter;
use anyhow::{Context, Result, ensure};
use clap::Args;
use dataset::{SchemaRows, TableInput, read_schema_rows};
use schema::{MAX_SCHEMA_BYTES, Plan, SchemaFile};
use std::fs::File;
use std::io::{self, IsTerminal, Read};
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};
use std::time::SystemTime;
use xxhash_rust::xxh3::Xxh3;

/// Indexes of one schema that are kept: this one, and those before it.
const KEPT: usize = 3;
/// The table is read in parts of this size.
const PART_BYTES: usize = 1 << 20;
/// The longest table that may come through a pipe.
const STREAM_LIMIT_BYTES: u64 = 64 << 30;

/// Options for rows of one's own.
#[derive(Args, Debug)]
pub struct OwnDataOptions {
    /// What says how rows of --data become vectors and labels (docs/SCHEMA.md): they take the place of the official
    /// references, and an index of them is built anew only if something changed; `-` is stdin
    #[arg(long, value_name = "FILE|-", requires = "data")]
    schema: Option<PathBuf>,
    /// With --schema, its rows: CSV, JSON, JSON Lines, npy, Parquet, …, plain or compressed, `-` is stdin. Without it, the
    /// data folder, as --data-folder
    #[arg(long, value_name = "FILE|-|DIR")]
    data: Option<PathBuf>,
    /// Folder that keeps indexes and payload sets [default: fraudring in the user's cache folder]
    #[arg(long, value_name = "DIR", env = "FRAUDRING_DATA")]
    data_folder: Option<PathBuf>,
    /// Leave out bad rows, and tell how many there were; without it the first one is an error
    #[arg(long, requires = "schema")]
    skip_bad: bool,
    /// Most memory that rows, labels and names may take while the index is built, in MB
    #[arg(long, value_name = "MB", default_value_t = 8_000, requires = "schema")]
    memory: u64,
}

impl OwnDataOptions {
    /// The data folder that is asked for, if one is.
    pub fn folder(&self) -> Option<PathBuf> {
        let named = self.data.as_ref().filter(|_| self.schema.is_none());
        named.or(self.data_folder.as_ref()).cloned()
    }

    /// Whether there are rows of one's own.
    pub fn is_given(&self) -> bool {
        self.schema.is_some()
    }

    /// The rows, if there are any.
    ///
    /// # Errors
    ///
    /// A schema at fault, with line and key; a file that cannot be read.
    pub fn rows(&self, folder: &DataFolder, reporter: &Reporter) -> Result<Option<OwnRows>> {
        let (Some(schema), Some(data)) = (&self.schema, &self.data) else { return Ok(None) };
        let named = command_line::input_name(schema);
        let text = read_schema_text(schema)?;
        let checked =
            SchemaFile::parse(&named, &text).advise(|| "every key is described in docs/SCHEMA.md".to_owned())?;
        let table = Table::open(data, folder.path())?;
        let mut hash = Xxh3::new();
        for part in [command_line::version(), &text, if self.skip_bad { "skip" } else { "" }] {
            hash.update(&(part.len() as u64).to_le_bytes());
            hash.update(part.as_bytes());
        }
        table.digest(&mut hash, reporter)?;
        let name = format!("rows-{}-{:032x}", checked.name(), hash.digest128());
        let prefix = format!("rows-{}-", checked.name());
        Ok(Some(OwnRows { name, prefix, schema: text, table, skip_bad: self.skip_bad, memory: self.memory }))
    }
}

/// The text of a schema file; a byte more than one may have says that it is too long.
fn read_schema_text(path: &Path) -> Result<String> {
    let named = command_line::input_name(path);
    let file = command_line::open_input(path)
        .with_context(|| format!("cannot open {named}"))
        .advise(|| "`fraudring schema infer FILE --label COLUMN` makes one of a table".to_owned())?;
    let mut text = String::new();
    file.take(MAX_SCHEMA_BYTES as u64 + 1).read_to_string(&mut text).with_context(|| format!("reading {named}"))?;
    Ok(text)
}

/// A schema and its rows, and what an index of them is called.
pub struct OwnRows {
    name: String,
    /// What the names of all indexes of this schema begin with.
    prefix: String,
    schema: String,
    table: Table,
    skip_bad: bool,
    memory: u64,
}

impl OwnRows {
    /// What messages call them.
    pub fn named(&self) -> String {
        format!("rows of {}", self.table.named)
    }

    /// The path of their index, which is built if the folder does not have it.
    ///
    /// # Errors
    ///
    /// What `fraudring index build` refuses; a table that changes while it is read.
    pub fn index(&self, folder: &DataFolder, reporter: &Reporter) -> Result<PathBuf> {
        folder.kept(&format!("{}.index", self.name), reporter, |path| {
            self.build(path, reporter)?;
            remove_older(folder.path(), &self.prefix)
        })
    }

    /// The rows themselves, by the plan that an index of them has.
    ///
    /// # Errors
    ///
    /// The table cannot be read by it.
    pub fn read(&self, plan: Plan, reporter: &Reporter) -> Result<SchemaRows> {
        let input = TableInput { skip_bad: self.skip_bad, ..TableInput::new(&self.table.path) };
        let report = |phase, done, total| reporter.report(phase, done, total);
        read_schema_rows(&input, plan, self.memory.saturating_mul(1_000_000), &report)
            .with_context(|| format!("reading {}", self.table.named))
    }

    /// Builds the index anew that a loader has refused.
    ///
    /// # Errors
    ///
    /// As [`OwnRows::index`].
    pub fn build_anew(&self, folder: &DataFolder, refusal: &anyhow::Error, reporter: &Reporter) -> Result<()> {
        let path = folder.path().join(format!("{}.index", self.name));
        reporter.note(&format!("the kept index {} cannot be used and is built anew: {refusal:#}", path.display()));
        self.build(&path, reporter)
    }

    /// Builds the index, and keeps the schema beside it.
    fn build(&self, index: &Path, reporter: &Reporter) -> Result<()> {
        let schema = index.with_extension("toml");
        write_whole(&schema, |out| Ok(out.write_all(self.schema.as_bytes())?))?;
        reporter.note(&format!("building the index of {} (once; kept as {})", self.table.named, index.display()));
        let options = RowOptions::of_table(schema.clone(), self.table.path.clone(), self.skip_bad, self.memory);
        let built = build_rows(&options, index, reporter).and_then(|()| self.table.check_unchanged());
        if built.is_err() {
            // What is not there needs no removal.
            _ = std::fs::remove_file(index);
            _ = std::fs::remove_file(schema);
        }
        match self.table.spooled {
            Some(_) => built.with_context(|| format!("the rows of {}", self.table.named)),
            None => built,
        }
    }
}

/// Removes all but the newest of the indexes whose names begin so, with their schemas.
fn remove_older(folder: &Path, prefix: &str) -> Result<()> {
    let entries = std::fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let is_one = |path: &PathBuf| {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        // A schema's name may begin with another's.
        let key = name.strip_prefix(prefix).and_then(|rest| rest.strip_suffix(".index"));
        key.is_some_and(|key| key.len() == 32 && key.bytes().all(|byte| byte.is_ascii_hexdigit()))
    };
    let mut found: Vec<(SystemTime, PathBuf)> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(is_one)
        .filter_map(|path| Some((path.metadata().ok()?.modified().ok()?, path)))
        .collect();
    found.sort();
    for (_, path) in found.iter().rev().skip(KEPT) {
        // Somebody else may have removed it.
        _ = std::fs::remove_file(path);
        _ = std::fs::remove_file(path.with_extension("toml"));
    }
    Ok(())
}

/// A table that can be read twice.
struct Table {
    /// What messages call it.
    named: String,
    path: PathBuf,
    /// Its length and when it was changed, before it was read the first time.
    state: (u64, SystemTime),
    /// What came through a pipe, in a file without a name that ends with this process.
    spooled: Option<File>,
}

impl Table {
    fn open(path: &Path, folder: &Path) -> Result<Self> {
        let named = command_line::input_name(path);
        let is_file = !command_line::is_stream(path)
            && std::fs::metadata(path).with_context(|| format!("cannot open {named}"))?.is_file();
        if is_file {
            return Ok(Self { named, state: state(path)?, path: path.to_owned(), spooled: None });
        }
        ensure!(
            !command_line::is_stream(path) || !io::stdin().is_terminal(),
            "stdin is a terminal: pipe a table into it"
        );
        let input = command_line::open_input(path).with_context(|| format!("cannot open {named}"))?;
        let mut file =
            tempfile::tempfile_in(folder).with_context(|| format!("cannot write in {}", folder.display()))?;
        let kept = io::copy(&mut input.take(STREAM_LIMIT_BYTES + 1), &mut file)
            .with_context(|| format!("keeping {named} in {}", folder.display()))?;
        ensure!(kept <= STREAM_LIMIT_BYTES, "{named} is longer than 64 GiB");
        let path = PathBuf::from(format!("/proc/self/fd/{}", file.as_raw_fd()));
        Ok(Self { named, state: state(&path)?, path, spooled: Some(file) })
    }

    /// Whether it is what it was when it was opened.
    fn check_unchanged(&self) -> Result<()> {
        if state(&self.path)? == self.state {
            return Ok(());
        }
        Err(anyhow::anyhow!("{} changed while it was read", self.named))
            .advise(|| "start again once it is written".to_owned())
    }

    /// Adds all its bytes, and how many they are.
    fn digest(&self, hash: &mut Xxh3, reporter: &Reporter) -> Result<()> {
        let reading = || format!("reading {}", self.named);
        let mut file = File::open(&self.path).with_context(reading)?;
        let total = file.metadata().with_context(reading)?.len();
        let (mut part, mut done) = (vec![0; PART_BYTES], 0);
        loop {
            let read = file.read(&mut part).with_context(reading)?;
            if read == 0 {
                break;
            }
            hash.update(&part[..read]);
            done += read as u64;
            reporter.report("looking at the data", done, total.max(done));
        }
        hash.update(&done.to_le_bytes());
        Ok(())
    }
}

/// What tells a changed file: its length and when it was changed.
fn state(path: &Path) -> Result<(u64, SystemTime)> {
    let found = std::fs::metadata(path).and_then(|found| Ok((found.len(), found.modified()?)));
    found.with_context(|| format!("cannot open {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn the_newest_indexes_of_a_schema_stay_and_those_of_others() {
        let folder = tempfile::tempdir().unwrap();
        let key = |number: u32| format!("{number:032x}");
        for number in 0..5 {
            for extension in ["index", "toml"] {
                let path = folder.path().join(format!("rows-loans-{}.{extension}", key(number)));
                let file = File::create(path).unwrap();
                file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(u64::from(number))).unwrap();
            }
        }
        let others =
            [format!("rows-loans-x-{}.index", key(0)), "official.index".to_owned(), "rows-loans-x.index".to_owned()];
        for other in &others {
            File::create(folder.path().join(other)).unwrap();
        }
        remove_older(folder.path(), "rows-loans-").unwrap();
        let is_there = |name: &str| folder.path().join(name).exists();
        assert!(others.iter().all(|other| is_there(other)));
        for number in 0..5 {
            for extension in ["index", "toml"] {
                let name = format!("rows-loans-{}.{extension}", key(number));
                assert_eq!(is_there(&name), number >= 2, "{name}");
            }
        }
    }
}
