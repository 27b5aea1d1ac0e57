//! Rows of a schema of one's own, the image of them, and what must be answered by looking at all of them.

use index::knn::Method;
use schema::{PayloadReader, Plan, SchemaFile};
use scoring::RowsImage;
use serde_json::{Map, Value, json};
use space::{RowIds, Rows};
use testkit::random::Random;

/// What is to be built; each text is a part of the schema.
#[derive(Clone)]
pub struct Own {
    pub name: &'static str,
    pub labels: Vec<String>,
    pub answer: &'static str,
    pub k: usize,
    pub has_ids: bool,
    /// Bytes that make names of rows longer.
    pub id_padding: usize,
    pub rows: usize,
    pub seed: u64,
    /// Beside the four that there are always.
    pub more_dimensions: usize,
    pub method: Option<Method>,
}

impl Default for Own {
    fn default() -> Self {
        Self {
            name: "loans",
            labels: ["ok", "late", "lost \"for good\""].map(str::to_owned).to_vec(),
            answer: "",
            k: 15,
            has_ids: true,
            id_padding: 0,
            rows: 500,
            seed: 1,
            more_dimensions: 0,
            method: None,
        }
    }
}

/// A built image and its rows.
pub struct OwnRows {
    pub image: Vec<u8>,
    own: Own,
    plan: Plan,
    values: Vec<f32>,
    labels: Vec<u8>,
    ids: Vec<String>,
}

impl Own {
    fn schema(&self) -> SchemaFile {
        let Self { name, k, .. } = self;
        let mut text = format!("name = \"{name}\"\nk = {k}\n[payload]\nid = \"request\"\n");
        if !self.labels.is_empty() {
            let labels = serde_json::to_string(&self.labels).unwrap();
            text += &format!("[labels]\nnames = {labels}\nfrom = \"outcome\"\n");
        }
        if self.has_ids {
            text += "[rows]\nid = \"row\"\n";
        }
        text += &format!("[answer]\n{}\n", self.answer);
        text += "[[dimension]]\nname = \"amount\"\nnumber = \"amount\"\nlog = true\nscale = \"min-max\"\n";
        text += "[[dimension]]\nname = \"months\"\nnumber = \"terms.months\"\ndivide = 60\n";
        text += "[[dimension]]\nname = \"debt\"\nratio = [\"debt\", \"income\"]\nby_zero = [0, 1]\n";
        // the float tree knows no weights
        text += if self.method == Some(Method::FloatTree) { "" } else { "weight = 2\n" };
        text += "[[dimension]]\nname = \"owner\"\nflag = \"terms.is_owner\"\ndefault = 0.5\n";
        for number in 0..self.more_dimensions {
            text += &format!("[[dimension]]\nname = \"more {number}\"\nnumber = \"more{number}\"\ndefault = 0\n");
        }
        SchemaFile::parse("own.toml", &text).unwrap()
    }

    pub fn build(&self) -> OwnRows {
        let mut random = Random(self.seed);
        let unfitted = Plan::new(&self.schema());
        let mut reader = PayloadReader::new(4096);
        let payloads: Vec<String> = (0..self.rows).map(|row| body(&mut random, &format!("row {row}"))).collect();
        let mut fitter = unfitted.fitter();
        for payload in &payloads {
            reader.read(&unfitted, payload.as_bytes(), |read| fitter.push(read.fields)).unwrap().unwrap();
        }
        let fitted = fitter.finish().unwrap();
        let plan = unfitted.with_fitted(fitted);
        let dimensions = plan.dimensions();
        let mut values = vec![0.0; self.rows * dimensions];
        for (payload, row) in payloads.iter().zip(values.chunks_exact_mut(dimensions)) {
            reader.vectorize(&plan, payload.as_bytes(), row).unwrap();
        }
        let labels: Vec<u8> = (0..self.rows).map(|_| random.below(self.labels.len().max(1)) as u8).collect();
        let ids: Vec<String> =
            (0..self.rows).map(|row| format!("r \"{row}\"{}", "x".repeat(self.id_padding))).collect();
        let mut row_ids = RowIds::default();
        ids.iter().for_each(|id| row_ids.push(id));
        let rows = Rows::new(dimensions, &values).unwrap();
        let image = RowsImage::plan(
            &plan,
            rows,
            (!self.labels.is_empty()).then_some(&*labels),
            self.has_ids.then_some(&row_ids),
            self.method,
            &|_, _, _| {},
        );
        let mut bytes = Vec::new();
        image.unwrap().write(&mut bytes).unwrap();
        OwnRows { image: bytes, own: self.clone(), plan, values, labels, ids }
    }
}

/// A payload of every schema here; some fields are absent in some.
fn body(random: &mut Random, request: &str) -> String {
    let mut number = |most: usize| random.below(most) as f64;
    let mut payload = json!({
        "request": request,
        "amount": number(1_000_000) / 7.0,
        "terms": {"months": number(120)},
        "debt": number(1_000),
        "income": number(20) * 100.0,
        "unknown": [1, {"a": null}],
    });
    if number(3) > 0.0 {
        payload["terms"]["is_owner"] = json!(number(2) > 0.0);
    }
    payload.to_string()
}

/// The n-th of many payloads.
pub fn own_payload(n: u32) -> String {
    body(&mut Random(u64::from(n) + 1_000_000), &format!("q \"{n}\" é"))
}

/// A request with this body.
pub fn post_score(body: &str) -> String {
    format!("POST /score HTTP/1.1\r\nHost: test\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

impl OwnRows {
    /// Rows and squared distances of the nearest, by looking at all.
    fn nearest(&self, body: &str) -> Vec<(usize, f64)> {
        let mut query = vec![0.0; self.plan.dimensions()];
        PayloadReader::new(4096).vectorize(&self.plan, body.as_bytes(), &mut query).unwrap();
        let weights: Vec<f64> = self.plan.schema().dimensions().iter().map(|dimension| dimension.weight).collect();
        let distance = |row: &[f32]| {
            let mut sum = 0.0;
            for ((a, b), weight) in row.iter().zip(&query).zip(&weights) {
                let difference = f64::from(*a) - f64::from(*b);
                sum += weight * (difference * difference);
            }
            sum
        };
        let mut all: Vec<(usize, f64)> = self.values.chunks_exact(query.len()).map(distance).enumerate().collect();
        all.sort_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0)));
        all.truncate(self.own.k);
        all
    }

    /// What must be answered to a payload.
    pub fn answer(&self, body: &str) -> Value {
        let nearest = self.nearest(body);
        let share = |label: usize| {
            let count = nearest.iter().filter(|(row, _)| usize::from(self.labels[*row]) == label).count();
            count as f64 / nearest.len() as f64
        };
        let mut answer = Map::new();
        if self.own.answer.contains("echo_id = true") {
            answer.insert("id".to_owned(), serde_json::from_str::<Value>(body).unwrap()["request"].clone());
        }
        if self.own.answer.contains("threshold") {
            answer.insert("score".to_owned(), json!(share(1)));
            answer.insert("fine".to_owned(), json!(share(1) < 0.4));
        } else {
            answer.insert("k".to_owned(), json!(nearest.len()));
        }
        if !self.own.labels.is_empty() && !self.own.answer.contains("threshold") {
            let mut best = 0;
            for label in 1..self.own.labels.len() {
                if share(label) > share(best) {
                    best = label;
                }
            }
            answer.insert("label".to_owned(), json!(self.own.labels[best]));
            let shares = self.own.labels.iter().enumerate().map(|(label, name)| (name.clone(), json!(share(label))));
            answer.insert("shares".to_owned(), shares.collect::<Map<_, _>>().into());
        }
        if self.own.labels.is_empty() || self.own.answer.contains("neighbours = true") {
            let neighbours = nearest.iter().map(|(row, distance)| {
                let mut neighbour = json!({"row": row, "distance": distance});
                if self.own.has_ids {
                    neighbour["id"] = json!(self.ids[*row]);
                }
                if !self.own.labels.is_empty() {
                    neighbour["label"] = json!(self.own.labels[usize::from(self.labels[*row])]);
                }
                neighbour
            });
            answer.insert("neighbours".to_owned(), neighbours.collect());
        }
        answer.into()
    }
}

/// Whether two documents say the same; numbers are compared as numbers, so that 0 is 0.0.
pub fn says_the_same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a.as_f64() == b.as_f64(),
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| says_the_same(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| says_the_same(a, b)))
        }
        _ => a == b,
    }
}
