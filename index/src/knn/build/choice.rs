//! How points are found, and why.

use serde::Serialize;

use crate::knn::layout::Method;

/// How points are found, and why.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Choice {
    /// The method.
    #[serde(serialize_with = "name")]
    pub method: Method,
    /// What each method would take; empty if the method was given.
    pub estimates: Vec<Estimate>,
}

/// What a search by one method looks at, on average.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Estimate {
    /// The method.
    #[serde(serialize_with = "name")]
    pub method: Method,
    /// Nanoseconds that searching all rows would take.
    pub nanoseconds: f64,
    /// Of the sample's points, the share that was compared, at most 1.
    pub compared: f64,
    /// Points whose distances would be computed from the values given.
    pub measured: f64,
}

fn name<S: serde::Serializer>(method: &Method, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(method.name())
}

impl Choice {
    pub(crate) fn given(method: Method) -> Self {
        Self { method, estimates: Vec::new() }
    }
}
