//! The data folder: the official index and the labelled payload sets, made once and checked at every use.

use crate::cache::index_image::Image;
use crate::cache::references_source::Source;
use crate::cache::usable_file::usable;
use crate::console::advice::Advise;
use crate::console::output::write_whole;
use crate::console::progress::{Reporter, thousands};
use anyhow::{Context, Result};
use dataset::{PayloadEntry, PayloadRecipe, ReferenceRecipe};
use index::{InstructionSet, RuleSections};
use load_test::Preview;
use rustix::fs::{FlockOperation, flock};
use schema::{Rules, StoredRules};
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
    /// A named index file or, without a name, the official index, built when it is missing; and its path.
    pub fn index_image(&self, file: Option<&Path>, reporter: &Reporter) -> Result<(PathBuf, Image)> {
        let path = match file {
            Some(path) => path.to_owned(),
            None => DataFolder::open(self)?.official_index(reporter)?,
        };
        let image = Image::read(&path)?;
        Ok((path, image))
    }
}

/// Lengths of sets that are longer than published are multiples of it.
const LONGER_BY: u64 = 50_000;

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

    /// Path of a valid official index; builds it when it is missing, of another format version or damaged.
    pub fn official_index(&self, reporter: &Reporter) -> Result<PathBuf> {
        let path = self.path.join("official.index");
        // before a kept index is blamed for a kernel that cannot be had, and built anew
        let kernel = command_line::kernel()?;
        if is_official(&path, kernel, reporter) {
            return Ok(path);
        }
        let _lock = self.lock("official.index", reporter)?;
        // somebody else may have built it while this process waited
        if check_official(&path, kernel).is_ok() {
            return Ok(path);
        }
        reporter.note(&format!("building the official index (once; kept as {})", path.display()));
        let image = build_official(reporter)?;
        write_whole(&path, |out| Ok(out.write_all(&image)?))?;
        Ok(path)
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

/// References are dropped before the image is returned, so the peak is theirs plus the builder's.
fn build_official(reporter: &Reporter) -> Result<Vec<u8>> {
    let references = Source::Official.load(reporter)?;
    let StoredRules { normalization, mcc_risk } = Rules::default().encode();
    let rules = RuleSections { normalization: &normalization, mcc_risk: &mcc_risk };
    index::build(&references.vectors, &references.labels, rules, &|phase, done, total| {
        reporter.report(phase, done, total);
    })
    .context("building the official index")
}

/// Says why when a file is there but cannot be used.
fn is_official(path: &Path, kernel: InstructionSet, reporter: &Reporter) -> bool {
    if !path.exists() {
        return false;
    }
    match check_official(path, kernel) {
        Ok(()) => true,
        Err(error) => {
            reporter.note(&format!("the kept index {} cannot be used and is built anew: {error:#}", path.display()));
            false
        }
    }
}

fn check_official(path: &Path, kernel: InstructionSet) -> Result<()> {
    let image = Image::read(path)?;
    let (index, rules) = image.open(kernel)?;
    let references = u64::from(index.info().references);
    anyhow::ensure!(
        references == ReferenceRecipe::OFFICIAL.count,
        "it holds {} references, the official set {}",
        thousands(references),
        thousands(ReferenceRecipe::OFFICIAL.count)
    );
    anyhow::ensure!(rules == Rules::default(), "its constants are not the official ones");
    Ok(())
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
    let read = if path == Path::new("-") {
        dataset::read_payloads(std::io::stdin().lock())
    } else {
        let file = File::open(path)
            .with_context(|| format!("cannot open {}", path.display()))
            .advise(|| "make payloads with: fraudring dataset payloads --out FILE".to_owned())?;
        dataset::read_payloads(BufReader::with_capacity(1 << 20, file))
    };
    let entries = usable(read, path, "holds no usable payloads")?;
    anyhow::ensure!(!entries.is_empty(), "{} holds no payloads", path.display());
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
        let StoredRules { normalization, mcc_risk } = Rules::default().encode();
        let rules = RuleSections { normalization: &normalization, mcc_risk: &mcc_risk };
        let image = index::build(&references.vectors, &references.labels, rules, &|_, _, _| {}).unwrap();
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(&image).unwrap();
        let error = check_official(file.path(), command_line::kernel().unwrap()).unwrap_err().to_string();
        assert_eq!(error, "it holds 100 references, the official set 3,000,000");
    }

    #[test]
    fn a_cut_off_index_is_refused() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(b"FRAUD").unwrap();
        assert!(check_official(file.path(), command_line::kernel().unwrap()).is_err());
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
