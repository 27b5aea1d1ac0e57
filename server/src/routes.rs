//! Which path and method lead where.

/// What a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    Ready,
    /// The contest's payload.
    FraudScore,
    /// A payload of an own schema.
    Score,
    /// A known path with a method that it does not have.
    OtherMethod {
        allow: &'static str,
    },
    UnknownPath,
}

/// Which paths there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Offered {
    /// Those of the contest's references.
    FraudScore,
    /// Those of rows of a schema.
    Score,
    /// Nobody knows yet which of them.
    Undecided,
}

impl Offered {
    /// The detail of a 404 response: which paths there are.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::FraudScore => "there are POST /fraud-score and GET /ready here",
            Self::Score => "there are POST /score and GET /ready here",
            Self::Undecided => "there is GET /ready here, and POST /fraud-score or POST /score once an index is loaded",
        }
    }
}

impl Route {
    /// Methods and paths are compared exactly.
    #[inline]
    pub fn find(offered: Offered, method: &str, path: Option<&str>) -> Self {
        let found = match path {
            Some("/fraud-score") if offered != Offered::Score => Self::FraudScore,
            Some("/score") if offered != Offered::FraudScore => Self::Score,
            Some("/ready") => Self::Ready,
            _ => return Self::UnknownPath,
        };
        match (found, method) {
            (Self::Ready, "GET" | "HEAD") | (Self::FraudScore | Self::Score, "POST") => found,
            (Self::Ready, _) => Self::OtherMethod { allow: "GET, HEAD" },
            _ => Self::OtherMethod { allow: "POST" },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_compared_exactly() {
        let find = |path| Route::find(Offered::FraudScore, "GET", Some(path));
        assert_eq!(find("/ready"), Route::Ready);
        for path in ["/", "/ready/", "//ready", "/READY", "/fraud-score/x", "/fraud-scor", "/score", ""] {
            assert_eq!(find(path), Route::UnknownPath, "{path}");
        }
        assert_eq!(Route::find(Offered::FraudScore, "POST", None), Route::UnknownPath);
    }

    #[test]
    fn methods_are_compared_exactly() {
        let find = |method, path| Route::find(Offered::FraudScore, method, Some(path));
        assert_eq!(find("post", "/fraud-score"), Route::OtherMethod { allow: "POST" });
        assert_eq!(find("HEAD", "/ready"), Route::Ready);
        assert_eq!(find("HEAD", "/fraud-score"), Route::OtherMethod { allow: "POST" });
        assert_eq!(find("POST", "/fraud-score"), Route::FraudScore);
    }

    #[test]
    fn each_kind_of_image_has_its_own_path() {
        let find = |offered, path| Route::find(offered, "POST", Some(path));
        assert_eq!(find(Offered::Score, "/score"), Route::Score);
        assert_eq!(find(Offered::Score, "/fraud-score"), Route::UnknownPath);
        assert_eq!(find(Offered::Undecided, "/score"), Route::Score);
        assert_eq!(find(Offered::Undecided, "/fraud-score"), Route::FraudScore);
    }
}
