//! What a schema file says: plain types, checked by the reader that makes them.

/// A checked schema: where vectors and labels come from, how they are compared and what is answered.
#[derive(Clone, Debug, PartialEq)]
pub struct SchemaFile {
    pub(crate) name: String,
    pub(crate) k: u8,
    pub(crate) labels: Option<Labels>,
    pub(crate) row_id: Option<String>,
    pub(crate) payload: PayloadForm,
    pub(crate) answer: Answer,
    pub(crate) dimensions: Vec<DimensionSpec>,
}

impl SchemaFile {
    /// Its name: 1 to 64 letters, digits, dots, hyphens and underscores of ASCII.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How many neighbours answer, 1..=64.
    pub fn k(&self) -> usize {
        usize::from(self.k)
    }

    /// The labels and where they come from; `None`: answers are ids and distances.
    pub fn labels(&self) -> Option<&Labels> {
        self.labels.as_ref()
    }

    /// The column or path of data that names a row.
    pub fn row_id(&self) -> Option<&str> {
        self.row_id.as_deref()
    }

    /// What a payload looks like beside the fields of the dimensions.
    pub fn payload(&self) -> &PayloadForm {
        &self.payload
    }

    /// What is answered.
    pub fn answer(&self) -> &Answer {
        &self.answer
    }

    /// 1..=32 dimensions in the order of a vector's values.
    pub fn dimensions(&self) -> &[DimensionSpec] {
        &self.dimensions
    }
}

/// The labels of rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Labels {
    /// 2..=256 different names; a label's number is its place here.
    pub names: Vec<String>,
    /// The column or dotted path that holds a row's label.
    pub from: String,
}

/// What a payload looks like beside the fields of the dimensions.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct PayloadForm {
    /// The path of the text that names a payload; required if it is given.
    pub id: Option<String>,
    /// Objects that must be there, but may be null: then the fields in them are absent. No field in them may be absent
    /// otherwise.
    pub nullable: Vec<String>,
    /// All fields in the order in which clients send them, or nothing.
    pub order: Vec<String>,
}

/// What is answered.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// What is said of the labels.
    pub kind: AnswerKind,
    /// Whether the payload's id is repeated.
    pub echo_id: bool,
    /// Whether the neighbours are listed.
    pub neighbours: bool,
}

/// What an answer says of the labels of the `k` nearest rows.
#[derive(Clone, Debug, PartialEq)]
pub enum AnswerKind {
    /// Nothing: the neighbours are the answer.
    Neighbours,
    /// The most frequent label and the share of each.
    Shares,
    /// The share of one label, and whether it is below a threshold.
    Threshold {
        /// The number of the label whose share is the score.
        label: u8,
        /// The key of the score.
        score_key: String,
        /// The key of the decision, true if the score is below the threshold.
        decision_key: String,
        /// Within 0..=1.
        threshold: f64,
    },
}

/// One dimension: where its number comes from and what is done to it.
#[derive(Clone, Debug, PartialEq)]
pub struct DimensionSpec {
    /// 1..=64 bytes.
    pub name: String,
    /// Where its number comes from.
    pub source: Source,
    /// What is done to the number.
    pub steps: Steps,
    /// The dimension's value if a field is absent; `None`: all its fields are required.
    pub default: Option<f64>,
    /// What the square of a difference is multiplied by, above 0.
    pub weight: f64,
    /// How values are scaled or limited after the steps.
    pub scale: Scale,
}

/// Where the number of a dimension comes from. Texts are dotted paths of fields.
#[derive(Clone, Debug, PartialEq)]
pub enum Source {
    /// A number as it is.
    Number(String),
    /// 1 if true, else 0; the other way round if inverted.
    Flag {
        /// The flag.
        path: String,
        /// Whether it is 0 if true.
        invert: bool,
    },
    /// A number divided by another.
    Ratio {
        /// What is divided.
        numerator: String,
        /// What it is divided by.
        divisor: String,
        /// The dimension's value for a divisor of 0: if the numerator is not above 0, and if it is. `None`: the value is
        /// absent then.
        by_zero: Option<[f64; 2]>,
    },
    /// The UTC hour of a time, 0..=23.
    Hour(String),
    /// The UTC day of the week of a time, Monday 0 to Sunday 6.
    Weekday(String),
    /// Minutes from one time to another, fractions included.
    Minutes {
        /// The earlier time.
        from: String,
        /// The later time.
        to: String,
    },
    /// The number that stands beside a text in a table.
    Lookup {
        /// The text.
        path: String,
        /// At most [`MAX_TABLE_ROWS`] texts, ascending, and their numbers.
        table: Vec<(String, f64)>,
        /// The number of any other text.
        other: f64,
    },
    /// 1 if a text is one of a list, else 0; the other way round if inverted.
    Member {
        /// The text.
        path: String,
        /// The list.
        list: List,
        /// Whether it is 0 if the text is in the list.
        invert: bool,
    },
}

impl Source {
    /// The unit of its number before the steps, where the source says it: `flag` is 1 or 0.
    pub fn unit(&self) -> Option<&'static str> {
        match self {
            Self::Number(_) | Self::Lookup { .. } => None,
            Self::Flag { .. } | Self::Member { .. } => Some("flag"),
            Self::Ratio { .. } => Some("ratio"),
            Self::Hour(_) => Some("hours, UTC"),
            Self::Weekday(_) => Some("days, UTC"),
            Self::Minutes { .. } => Some("minutes"),
        }
    }
}

/// The list that a text is looked for in.
#[derive(Clone, Debug, PartialEq)]
pub enum List {
    /// A field that holds texts.
    Field(String),
    /// At most [`MAX_TABLE_ROWS`] texts of the schema, ascending.
    Texts(Vec<String>),
}

/// What is done to a number, in the order of these fields and in f64.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Steps {
    /// sign(x) * ln(1 + |x|).
    pub log: bool,
    /// x + offset.
    pub offset: f64,
    /// x / divide, which is above 0.
    pub divide: f64,
    /// Limited to these two.
    pub clamp: Option<[f64; 2]>,
}

impl Default for Steps {
    /// None: the number stays what it is.
    fn default() -> Self {
        Self { log: false, offset: 0.0, divide: 1.0, clamp: None }
    }
}

/// How the values of a dimension are scaled or limited.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scale {
    /// Not at all.
    None,
    /// Values lie on a fixed grid.
    Grid {
        /// The least and the greatest value; others are limited to them.
        range: [f64; 2],
        /// The distance of neighbouring points of the grid.
        resolution: f64,
    },
    /// The least value in the data becomes 0, the greatest 1.
    MinMax,
    /// The share of the data's values that are below.
    Quantiles,
}

impl Scale {
    /// Its name in results: `none`, `grid`, `min-max` or `quantiles`.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Grid { .. } => "grid",
            Self::MinMax => "min-max",
            Self::Quantiles => "quantiles",
        }
    }
}

/// The most rows of a table, and texts of a list, in a schema file.
pub const MAX_TABLE_ROWS: usize = 4096;
/// The most dimensions.
pub const MAX_DIMENSIONS: usize = 32;
/// The most neighbours that answer.
pub const MAX_K: usize = 64;
/// The most labels.
pub const MAX_LABELS: usize = 256;

impl DimensionSpec {
    /// The least and the greatest value it can have, infinite where nothing limits it; a default included.
    pub fn range(&self) -> [f64; 2] {
        match self.scale {
            Scale::None => [f64::NEG_INFINITY, f64::INFINITY],
            Scale::Grid { range, .. } => range,
            Scale::MinMax | Scale::Quantiles => {
                let by_zero = match self.source {
                    Source::Ratio { by_zero, .. } => by_zero,
                    _ => None,
                };
                let as_they_are = self.default.into_iter().chain(by_zero.into_iter().flatten());
                as_they_are.fold([0.0, 1.0], |[least, most], value: f64| [least.min(value), most.max(value)])
            }
        }
    }
}
