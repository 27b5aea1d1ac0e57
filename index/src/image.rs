//! A checked image, ready to answer.

use std::ops::Range;

use serde::Serialize;
use simd::InstructionSet;
use space::{NEIGHBOURS, Neighbour, Point, Progress};

use crate::exact::layout::{DimensionOrder, LabelBounds, Leaf, Place, References, Trees};
use crate::exact::{self, Effort, Engine, EqualPoints, Proof, Shape, TreeError, survey_trees, validate_trees};
use crate::format::{
    FormatError, Header, NO_REST, RuleSections, SECTION_COUNT, SectionKind, checksum_telling, read_header,
    read_sections,
};
use crate::lanes::LANES;
use crate::open_error::OpenError;

/// An index over borrowed bytes that were checked from end to end.
pub struct Index<'a> {
    bytes: &'a [u8],
    header: Header,
    rules: RuleSections<'a>,
    engine: Engine<'a>,
    shape: Shape,
    kernel: InstructionSet,
}

/// What [`Index::check`] found in an image, without the image: it can be kept or given back by what was found.
pub struct Checked {
    header: Header,
    sections: [Range<usize>; SECTION_COUNT],
    label_bounds: LabelBounds,
    shape: Shape,
    kernel: InstructionSet,
}

impl Checked {
    fn new(bytes: &[u8], kernel: InstructionSet, progress: &Progress<'_>) -> Result<Self, OpenError> {
        let header = read_header(bytes)?;
        let found = checksum_telling(bytes, progress);
        if found != header.checksum {
            return Err(FormatError::Checksum { header: header.checksum, found }.into());
        }
        Self::assemble(bytes, header, kernel, |trees| validate_trees(trees, header.references, header.frauds, progress))
    }

    fn assemble<'a>(
        bytes: &'a [u8],
        header: Header,
        kernel: InstructionSet,
        check: impl FnOnce(&Trees<'a>) -> Result<(LabelBounds, Shape), TreeError>,
    ) -> Result<Self, OpenError> {
        let sections = read_sections(bytes)?;
        let trees = trees(bytes, &header, &sections)?;
        if !trees.references.is_whole() {
            return Err(TreeError::ReferenceRow { bytes: sections[SECTION_COUNT - 1].len() as u64 }.into());
        }
        let (label_bounds, shape) = check(&trees)?;
        Ok(Self { header, sections, label_bounds, shape, kernel })
    }

    /// The sections of the rules in the bytes that were checked, for a caller who keeps those only if the rules are sound.
    ///
    /// # Panics
    ///
    /// May panic if `bytes` are others than those that were checked.
    pub fn rule_sections<'a>(&self, bytes: &'a [u8]) -> RuleSections<'a> {
        rule_sections(bytes, &self.sections)
    }

    /// The index over the bytes that were checked, wherever they lie now.
    ///
    /// # Errors
    ///
    /// If `bytes` have another length or lie at an address that is no multiple of 4. Nothing else is checked again.
    pub fn over(self, bytes: &[u8]) -> Result<Index<'_>, OpenError> {
        let Self { header, sections, label_bounds, shape, kernel } = self;
        if bytes.len() as u64 != header.image_bytes {
            return Err(FormatError::WrongLength { header: header.image_bytes, actual: bytes.len() as u64 }.into());
        }
        let engine = Engine::new(trees(bytes, &header, &sections)?, &label_bounds);
        let rules = rule_sections(bytes, &sections);
        Ok(Index { bytes, header, rules, engine, shape, kernel })
    }
}

fn rule_sections<'a>(bytes: &'a [u8], sections: &[Range<usize>; SECTION_COUNT]) -> RuleSections<'a> {
    let [normalization, mcc_risk, ..] = sections.each_ref().map(|range| &bytes[range.clone()]);
    RuleSections { normalization, mcc_risk }
}

/// The walked sections as records.
fn trees<'a>(
    bytes: &'a [u8],
    header: &Header,
    sections: &[Range<usize>; SECTION_COUNT],
) -> Result<Trees<'a>, TreeError> {
    let [_, _, nodes, leaves, packed, references] = sections.each_ref().map(|range| &bytes[range.clone()]);
    Ok(Trees {
        order: DimensionOrder::new(header.order)?,
        nodes: bytemuck::try_cast_slice(nodes).map_err(|_| TreeError::Misaligned)?,
        rest: (header.rest != NO_REST).then_some(header.rest),
        leaves: bytemuck::try_cast_slice(leaves).map_err(|_| TreeError::Misaligned)?,
        packed,
        references: References::new(references, header.references),
    })
}

impl<'a> Index<'a> {
    /// Checks everything but what the rules mean (header, checksum, sections, trees); answers with the fastest kernel.
    ///
    /// `bytes` must start at a multiple of 4 and must not change while the index lives. If they do, a search ends with any
    /// answer or with a panic, but it ends.
    ///
    /// # Errors
    ///
    /// The first thing that is wrong with the image.
    pub fn open(bytes: &'a [u8]) -> Result<Self, OpenError> {
        Self::open_with(bytes, InstructionSet::detect())
    }

    /// [`Index::open`] with a given kernel.
    ///
    /// # Errors
    ///
    /// As [`Index::open`].
    pub fn open_with(bytes: &'a [u8], kernel: InstructionSet) -> Result<Self, OpenError> {
        Self::check(bytes, kernel)?.over(bytes)
    }

    /// [`Index::open_with`] that tells how far it is, every millisecond or two on usual machines, so that a caller can take
    /// its time. Phases: `checksum` in bytes, then `trees` in leaves.
    ///
    /// # Errors
    ///
    /// As [`Index::open`].
    pub fn open_telling(bytes: &'a [u8], kernel: InstructionSet, progress: &Progress<'_>) -> Result<Self, OpenError> {
        Checked::new(bytes, kernel, progress)?.over(bytes)
    }

    /// The checks of [`Index::open_with`], for a caller who keeps the bytes only if they are sound.
    ///
    /// # Errors
    ///
    /// As [`Index::open`].
    pub fn check(bytes: &[u8], kernel: InstructionSet) -> Result<Checked, OpenError> {
        Checked::new(bytes, kernel, &|_, _, _| {})
    }

    /// [`Index::check`] for bytes that it has accepted before, in this very version: reads the nodes alone and takes the
    /// rest on trust. With any other bytes answers may be wrong and a search may panic.
    ///
    /// # Errors
    ///
    /// If header, section table or nodes are wrong.
    pub fn check_verified(bytes: &[u8], kernel: InstructionSet) -> Result<Checked, OpenError> {
        Checked::assemble(bytes, read_header(bytes)?, kernel, survey_trees)
    }

    /// Frauds among the five nearest references, 0 to 5. Allocates nothing.
    pub fn classify(&self, query: &Point) -> u8 {
        self.engine.classify(self.kernel, query)
    }

    /// [`Index::classify`], and how the answer was proved. Costs the same.
    pub fn classify_with_proof(&self, query: &Point) -> (u8, Proof) {
        self.engine.classify_with_proof(self.kernel, query)
    }

    /// [`Index::classify`], and what it cost.
    pub fn measure(&self, query: &Point) -> (u8, Effort) {
        self.engine.measure(self.kernel, query)
    }

    /// The five nearest references, nearest first, ties by the lower reference. Allocates nothing.
    pub fn neighbours(&self, query: &Point) -> [Neighbour; NEIGHBOURS] {
        self.engine.neighbours(self.kernel, query).map(|(neighbour, _)| neighbour)
    }

    /// [`Index::neighbours`] with the vector of each. Allocates nothing.
    pub fn neighbours_with_points(&self, query: &Point) -> [(Neighbour, Point); NEIGHBOURS] {
        let found = self.engine.neighbours(self.kernel, query);
        found.map(|(neighbour, place)| (neighbour, self.engine.trees.point(place).expect("the blocks were checked")))
    }

    /// The sections that say how payloads become vectors for this index, as [`build`](crate::build) took them.
    ///
    /// They are as long as they must be; nothing else was checked.
    pub fn rule_sections(&self) -> RuleSections<'a> {
        self.rules
    }

    /// The bytes the index was opened on.
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// `count` vectors from all over the index, or all if there are fewer: to warm up. Decodes no more than those.
    pub fn spread(&self, count: u32) -> impl Iterator<Item = Point> + use<'a> {
        let (trees, blocks) = (self.engine.trees, u64::from(self.shape.blocks));
        let count = count.min(self.header.references);
        (0..count).map(move |place| {
            let number = (u64::from(place) * blocks / u64::from(count)) as u32;
            let (leaf, lane) = trees.find_block(number).expect("there are so many blocks");
            let points = u32::from(leaf.points[lane]);
            let place = Place { block: number, lane: (place % points) as u8 };
            trees.point(place).expect("the blocks were checked")
        })
    }

    /// All vectors, in storage order (which is not that of their numbers): to check.
    pub fn vectors(&self) -> impl Iterator<Item = Point> + use<'a> {
        let trees = self.engine.trees;
        let blocks = |leaf: &'a Leaf| (0..leaf.blocks().count_ones() as usize).map(move |lane| (leaf, lane));
        trees.leaves.iter().flat_map(blocks).flat_map(move |(leaf, lane)| {
            let block = trees.block(leaf, lane).expect("the blocks were checked");
            let query = move |point| Point::new(trees.order.unpair(&block.point(point)));
            (0..usize::from(block.points)).map(move |point| query(point).expect("the values were checked"))
        })
    }

    /// How many references have equal vectors, which makes searches among them slow. Sorts all vectors.
    pub fn equal_points(&self) -> EqualPoints {
        exact::equal_points(&self.engine.trees)
    }

    /// What the index holds and where.
    pub fn info(&self) -> Info {
        let ranges = read_sections(self.bytes).expect("the sections were read when the index was opened");
        let section = |(kind, range): (SectionKind, &std::ops::Range<usize>)| SectionInfo {
            name: kind.name(),
            offset: range.start as u64,
            bytes: range.len() as u64,
            elements: range.len() as u64 / kind.element_bytes(),
        };
        Info {
            version: self.header.version,
            bytes: self.header.image_bytes,
            checksum: format!("{:016x}", self.header.checksum),
            references: self.header.references,
            legit: self.header.references - self.header.frauds,
            fraud: self.header.frauds,
            dimensions: self.header.dimensions,
            scale: self.header.scale,
            kernel: self.kernel.name(),
            sample: self.shape.sample,
            depth: self.shape.depth,
            leaves: self.engine.trees.leaves.len(),
            blocks: self.shape.blocks,
            block_fill: f64::from(self.header.references) / (f64::from(self.shape.blocks) * LANES as f64),
            bytes_per_vector: self.header.image_bytes as f64 / f64::from(self.header.references),
            sections: SectionKind::ALL.into_iter().zip(&ranges).map(section).collect(),
        }
    }
}

/// What an index holds; serialized, it is the JSON that people's scripts read.
#[derive(Clone, Debug, Serialize)]
pub struct Info {
    /// Format version.
    pub version: u32,
    /// Bytes of the image.
    pub bytes: u64,
    /// XXH3-64 in hexadecimal.
    pub checksum: String,
    /// References.
    pub references: u32,
    /// References labelled legit.
    pub legit: u32,
    /// References labelled fraud.
    pub fraud: u32,
    /// Values of a vector.
    pub dimensions: u32,
    /// The stored value of 1.0.
    pub scale: u32,
    /// The kernel this machine answers with.
    pub kernel: &'static str,
    /// References in the sample, from which most answers can be proved.
    pub sample: u32,
    /// Nodes on the longest way from a root to a leaf.
    pub depth: usize,
    /// Leaves, each of up to 16 blocks.
    pub leaves: usize,
    /// Blocks, each of up to 16 vectors.
    pub blocks: u32,
    /// Share of the blocks' lanes that hold a vector.
    pub block_fill: f64,
    /// Bytes of the image over references.
    pub bytes_per_vector: f64,
    /// The parts of the image.
    pub sections: Vec<SectionInfo>,
}

/// One part of an image.
#[derive(Clone, Debug, Serialize)]
pub struct SectionInfo {
    /// Its name in docs/FORMAT.md.
    pub name: &'static str,
    /// First byte.
    pub offset: u64,
    /// Length in bytes.
    pub bytes: u64,
    /// Length in units of the section: a row, a node, a leaf, a cache line of blocks, 16 bytes of references.
    pub elements: u64,
}
