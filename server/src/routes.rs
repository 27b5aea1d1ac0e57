//! Which path and method lead where.

/// What a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    Ready,
    Score,
    /// A known path with a method that it does not have.
    OtherMethod {
        allow: &'static str,
    },
    UnknownPath,
}

impl Route {
    /// Methods and paths are compared exactly.
    pub fn find(method: &str, path: Option<&str>) -> Self {
        match (path, method) {
            (Some("/fraud-score"), "POST") => Self::Score,
            (Some("/fraud-score"), _) => Self::OtherMethod { allow: "POST" },
            (Some("/ready"), "GET" | "HEAD") => Self::Ready,
            (Some("/ready"), _) => Self::OtherMethod { allow: "GET, HEAD" },
            _ => Self::UnknownPath,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_compared_exactly() {
        assert_eq!(Route::find("GET", Some("/ready")), Route::Ready);
        for path in ["/", "/ready/", "//ready", "/READY", "/fraud-score/x", "/fraud-scor", ""] {
            assert_eq!(Route::find("GET", Some(path)), Route::UnknownPath, "{path}");
        }
        assert_eq!(Route::find("POST", None), Route::UnknownPath);
    }

    #[test]
    fn methods_are_compared_exactly() {
        assert_eq!(Route::find("post", Some("/fraud-score")), Route::OtherMethod { allow: "POST" });
        assert_eq!(Route::find("HEAD", Some("/ready")), Route::Ready);
        assert_eq!(Route::find("HEAD", Some("/fraud-score")), Route::OtherMethod { allow: "POST" });
    }
}
