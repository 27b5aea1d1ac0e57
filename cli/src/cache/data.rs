//! The data folder: the official index and the labelled payload sets, made once and checked at every use.

use crate::cache::index_image;
use crate::cache::references_source::Source;
use crate::cache::usable_file::usable;
use crate::console::advice::Advise;
use crate::console::output::write_whole;
use crate::console::progress::{Reporter, thousands};
use anyhow::{Context, Result};
use dataset::{PayloadEntry, PayloadRecipe, ReferenceRecipe};
use index::InstructionSet;
use load_test::Preview;
use rustix::fs::{FlockOperation, flock};
use schema::Rules;
use scoring::Generation;
use serde::Deserialize;
use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

/// The option that every command with a data folder has.
#[derive(clap::Args, Debug, Clone)]
pub struct DataOption {
    /// Folder that keeps the official index and payload sets [default: fraudring in the user's cache folder]
    #[arg(long = "data", value_name = "DIR", env = "FRAUDRING_DATA")]
    folder: Option<PathBuf>,
}

impl DataOption {
    /// The folder that an option of another name has given; without one the default.
    pub fn of(folder: Option<PathBuf>) -> Self {
        Self { folder }
    }

    /// A named index file or, without a name, the official index, built when it is missing; and its path.
    pub fn index(&self, file: Option<&Path>, reporter: &Reporter) -> Result<(PathBuf, Generation)> {
        match file {
            Some(path) => Ok((path.to_owned(), index_image::open(path)?)),
            None => DataFolder::open(self)?.official_index(reporter),
        }
    }
}

/// Lengths of sets that are longer than published are multiples of it.
const LONGER_BY: u64 = 50_000;

/// Name of the official index in the folder.
const OFFICIAL: &str = "official.index";
/// What indexes of own data are called, all of them, while one is made.
const OWN_DATA: &str = "own data";

/// How much of an image is checked when it is opened.
type Open = fn(Vec<u8>, InstructionSet) -> Result<Generation>;

/// A folder that exists and can be written.
pub struct DataFolder {
    path: PathBuf,
}

impl DataFolder {
    /// Finds or makes the folder.
    pub fn open(option: &DataOption) -> Result<Self> {
        let path = match &option.folder {
            Some(path) => path.clone(),
            None => user_cache()
                .context("there is no cache folder: HOME is not set")
                .advise(|| "name a folder with --data DIR".to_owned())?
                .join("fraudring"),
        };
        std::fs::create_dir_all(&path)
            .with_context(|| format!("cannot make the data folder {}", path.display()))
            .advise(|| "name another with --data DIR".to_owned())?;
        Ok(Self { path })
    }

    /// The official index and its path; builds it when it is missing, of another format version or damaged.
    pub fn official_index(&self, reporter: &Reporter) -> Result<(PathBuf, Generation)> {
        self.official(check_all, reporter)
    }

    /// Path of the official index for a loader, which checks what it copies from it. So what it holds is only looked at
    /// here, to build it when it is missing, of another format version or not the official one.
    pub fn official_index_to_load(&self, reporter: &Reporter) -> Result<PathBuf> {
        let (path, _) = self.official(check_little, reporter)?;
        Ok(path)
    }

    /// Builds the official index that a loader has refused.
    pub fn build_official_anew(&self, refusal: &anyhow::Error, reporter: &Reporter) -> Result<()> {
        let path = self.official_path();
        note_unusable(&path, refusal, reporter);
        let _lock = self.lock(OFFICIAL, reporter)?;
        keep_official(&path, reporter).map(drop)
    }

    fn official_path(&self) -> PathBuf {
        self.path.join(OFFICIAL)
    }

    fn official(&self, open: Open, reporter: &Reporter) -> Result<(PathBuf, Generation)> {
        let path = self.official_path();
        // before a kept index is blamed for a kernel that cannot be had, and built anew
        let kernel = command_line::kernel()?;
        if let Some(generation) = usable_official(&path, open, kernel, reporter) {
            return Ok((path, generation));
        }
        let _lock = self.lock(OFFICIAL, reporter)?;
        // somebody else may have built it while this process waited
        if let Ok(generation) = open_official(&path, open, kernel) {
            return Ok((path, generation));
        }
        let image = keep_official(&path, reporter)?;
        let generation = open(image, kernel).context("checking the index that was built")?;
        Ok((path, generation))
    }

    /// Entries of a published payload set; generates and labels it when it is missing or not of the official references.
    pub fn payloads(&self, preview: Preview, reporter: &Reporter) -> Result<Vec<PayloadEntry>> {
        self.payload_set(preview.name(), &preview.recipe(), reporter)
    }

    /// The same set drawn on until it has `count` entries, if it is shorter as published.
    pub fn payloads_at_least(&self, preview: Preview, count: u64, reporter: &Reporter) -> Result<Vec<PayloadEntry>> {
        let published = preview.recipe();
        if count <= published.count {
            return self.payloads(preview, reporter);
        }
        // few lengths, so that a kept set serves the next plan as well
        let count = count.next_multiple_of(LONGER_BY);
        let recipe = PayloadRecipe { count, ..published };
        self.payload_set(&format!("{}-{count}", preview.name()), &recipe, reporter)
    }

    fn payload_set(&self, name: &str, recipe: &PayloadRecipe, reporter: &Reporter) -> Result<Vec<PayloadEntry>> {
        let path = self.path.join(format!("{name}.json"));
        if let Some(entries) = usable_payloads(&path, recipe, reporter) {
            return Ok(entries);
        }
        let _lock = self.lock(name, reporter)?;
        if let Ok(entries) = check_payloads(&path, recipe.count) {
            return Ok(entries);
        }
        reporter.note(&format!("drawing {name} and labelling it by brute force (once; kept as {})", path.display()));
        let references = Source::Official.load(reporter)?;
        let payloads = dataset::generate_payloads(recipe, &references, &|phase, done, total| {
            reporter.report(phase, done, total);
        });
        write_whole(&path, |out| Ok(dataset::write_payloads(&payloads, dataset::OFFICIAL_SHA256, out)?))?;
        read_payloads(&path)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The path of a file that is kept by its content's name; `make` makes it if it is not there, one process at a time.
    pub fn kept(&self, name: &str, reporter: &Reporter, make: impl FnOnce(&Path) -> Result<()>) -> Result<PathBuf> {
        let path = self.path.join(name);
        if !path.exists() {
            let _lock = self.lock(OWN_DATA, reporter)?;
            // somebody else may have made it while this process waited
            if !path.exists() {
                make(&path)?;
            }
        }
        Ok(path)
    }

    /// Held until the returned file is dropped; the empty file stays, removing it would let two processes hold it.
    fn lock(&self, name: &str, reporter: &Reporter) -> Result<File> {
        let path = self.path.join(format!("{name}.lock"));
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .with_context(|| format!("cannot write {}", path.display()))
            .advise(|| "name another folder with --data DIR".to_owned())?;
        if flock(&file, FlockOperation::NonBlockingLockExclusive).is_err() {
            reporter.note(&format!("another fraudring is making {name}; waiting for it"));
            flock(&file, FlockOperation::LockExclusive).with_context(|| format!("cannot lock {}", path.display()))?;
        }
        Ok(file)
    }
}

/// `XDG_CACHE_HOME`, or `.cache` in the user's home.
fn user_cache() -> Option<PathBuf> {
    let named = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    named.or_else(|| Some(std::env::home_dir().filter(|home| home.is_absolute())?.join(".cache")))
}

/// Builds the official index, writes it and returns its image.
fn keep_official(path: &Path, reporter: &Reporter) -> Result<Vec<u8>> {
    reporter.note(&format!("building the official index (once; kept as {})", path.display()));
    let image = build_official(reporter)?;
    write_whole(path, |out| Ok(out.write_all(&image)?))?;
    Ok(image)
}

/// References are dropped before the image is returned, so the peak is theirs plus the builder's.
fn build_official(reporter: &Reporter) -> Result<Vec<u8>> {
    let references = Source::Official.load(reporter)?;
    scoring::build(&references.vectors, &references.labels, &Rules::default(), &|phase, done, total| {
        reporter.report(phase, done, total);
    })
    .context("building the official index")
}

/// For who answers from the index.
fn check_all(image: Vec<u8>, kernel: InstructionSet) -> Result<Generation> {
    Ok(Generation::open(image, kernel)?)
}

/// For who hands the file to a loader: whether it is one of this format and whose it is.
fn check_little(image: Vec<u8>, kernel: InstructionSet) -> Result<Generation> {
    Ok(Generation::open_verified(image, kernel)?)
}

/// Says why when a file is there but cannot be used.
fn usable_official(path: &Path, open: Open, kernel: InstructionSet, reporter: &Reporter) -> Option<Generation> {
    if !path.exists() {
        return None;
    }
    open_official(path, open, kernel).map_err(|error| note_unusable(path, &error, reporter)).ok()
}

fn note_unusable(path: &Path, error: &anyhow::Error, reporter: &Reporter) {
    reporter.note(&format!("the kept index {} cannot be used and is built anew: {error:#}", path.display()));
}

fn open_official(path: &Path, open: Open, kernel: InstructionSet) -> Result<Generation> {
    let image = std::fs::read(path).with_context(|| format!("cannot read the index {}", path.display()))?;
    let generation = open(image, kernel)?;
    let references = u64::from(generation.index().info().references);
    anyhow::ensure!(
        references == ReferenceRecipe::OFFICIAL.count,
        "it holds {} references, the official set {}",
        thousands(references),
        thousands(ReferenceRecipe::OFFICIAL.count)
    );
    anyhow::ensure!(*generation.rules() == Rules::default(), "its constants are not the official ones");
    Ok(generation)
}

/// The one field of a payload file that tells which references labelled it.
#[derive(Deserialize)]
struct PayloadFileHead {
    references_checksum_sha256: String,
}

fn usable_payloads(path: &Path, recipe: &PayloadRecipe, reporter: &Reporter) -> Option<Vec<PayloadEntry>> {
    if !path.exists() {
        return None;
    }
    match check_payloads(path, recipe.count) {
        Ok(entries) => Some(entries),
        Err(error) => {
            reporter.note(&format!("the kept payloads {} cannot be used and are made anew: {error:#}", path.display()));
            None
        }
    }
}

fn check_payloads(path: &Path, count: u64) -> Result<Vec<PayloadEntry>> {
    let file = File::open(path)?;
    let head: PayloadFileHead = serde_json::from_reader(BufReader::with_capacity(1 << 20, file))?;
    anyhow::ensure!(
        head.references_checksum_sha256 == dataset::OFFICIAL_SHA256,
        "they were labelled by other references ({})",
        head.references_checksum_sha256
    );
    let entries = read_payloads(path)?;
    anyhow::ensure!(entries.len() as u64 == count, "they are {} entries", entries.len());
    Ok(entries)
}

/// Reads a payload file, `-` for stdin; at least one entry.
pub fn read_payloads(path: &Path) -> Result<Vec<PayloadEntry>> {
    let named = command_line::input_name(path);
    let file = command_line::open_input(path)
        .with_context(|| format!("cannot open {named}"))
        .advise(|| "make payloads with: fraudring dataset payloads --out FILE".to_owned())?;
    let read = dataset::read_payloads(BufReader::with_capacity(1 << 20, file));
    let entries = usable(read, path, "holds no usable payloads")?;
    anyhow::ensure!(!entries.is_empty(), "{named} holds no payloads");
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    fn small_references() -> dataset::References {
        let recipe = ReferenceRecipe { count: 100, ..ReferenceRecipe::OFFICIAL };
        dataset::generate_references(&recipe, &|_, _, _| {})
    }

    #[test]
    fn an_index_of_other_references_is_not_taken_for_the_official_one() {
        let references = small_references();
        let image = scoring::build(&references.vectors, &references.labels, &Rules::default(), &|_, _, _| {}).unwrap();
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(&image).unwrap();
        for open in [check_all, check_little] {
            let error = open_official(file.path(), open, InstructionSet::detect()).err().unwrap().to_string();
            assert_eq!(error, "it holds 100 references, the official set 3,000,000");
        }
    }

    #[test]
    fn what_a_loader_will_check_is_not_checked_before() {
        let references = small_references();
        let image = scoring::build(&references.vectors, &references.labels, &Rules::default(), &|_, _, _| {}).unwrap();
        let mut damaged = image.clone();
        *damaged.last_mut().unwrap() ^= 1;
        let kernel = InstructionSet::detect();
        assert!(check_all(image, kernel).is_ok());
        assert!(check_all(damaged.clone(), kernel).is_err());
        assert!(check_little(damaged, kernel).is_ok());
    }

    #[test]
    fn a_cut_off_index_is_refused() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(b"FRAUD").unwrap();
        assert!(
            [check_all, check_little]
                .iter()
                .all(|open| open_official(file.path(), *open, InstructionSet::detect()).is_err())
        );
    }

    #[test]
    fn payloads_labelled_by_other_references_are_refused() {
        let references = small_references();
        let recipe = PayloadRecipe { count: 3, ..PayloadRecipe::PREVIEW_1 };
        let payloads = dataset::generate_payloads(&recipe, &references, &|_, _, _| {});
        let path = tempfile::NamedTempFile::new().unwrap().into_temp_path();
        let refusal = |sha256: &str| {
            dataset::write_payloads(&payloads, sha256, File::create(&path).unwrap()).unwrap();
            check_payloads(&path, Preview::One.recipe().count).unwrap_err().to_string()
        };
        assert_eq!(refusal("abc"), "they were labelled by other references (abc)");
        assert_eq!(refusal(dataset::OFFICIAL_SHA256), "they are 3 entries");
    }

    #[test]
    fn a_lock_is_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataFolder { path: folder.path().to_owned() };
        let reporter = Reporter::stderr();
        let held = data.lock("x", &reporter).unwrap();
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| data.lock("x", &Reporter::stderr()).map(drop));
            std::thread::sleep(std::time::Duration::from_millis(50));
            assert!(!waiting.is_finished());
            drop(held);
            waiting.join().unwrap().unwrap();
        });
    }
}
