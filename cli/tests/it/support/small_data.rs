//! Small files of every kind, made once for all tests that only read them.

use super::fraudring;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// A folder with `references.json`, an `index` of them, `payloads.json` labelled by them, and the same payloads labelled
/// wrongly in `wrong.json`.
pub fn small_data() -> &'static Path {
    static DATA: OnceLock<PathBuf> = OnceLock::new();
    DATA.get_or_init(|| {
        // of several processes each makes the same bytes, which take the place of the others' whole
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("small");
        std::fs::create_dir_all(&folder).unwrap();
        let path = |name: &str| folder.join(name).to_str().unwrap().to_owned();
        let (references, index, payloads) = (path("references.json"), path("index"), path("payloads.json"));
        for arguments in [
            vec!["dataset", "references", "--count", "500", "--out", &references],
            vec!["index", "build", "--references", &references, "--out", &index],
            vec!["dataset", "payloads", "--count", "100", "--references", &references, "--out", &payloads],
        ] {
            let output = fraudring(&arguments);
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        }
        let right = std::fs::read_to_string(&payloads).unwrap();
        let wrong = right.replace(
            r#""expected_approved":true,"expected_fraud_score":0}"#,
            r#""expected_approved":false,"expected_fraud_score":1}"#,
        );
        assert_ne!(right, wrong);
        let aside = path(&format!("wrong-{}", std::process::id()));
        std::fs::write(&aside, wrong).unwrap();
        std::fs::rename(aside, path("wrong.json")).unwrap();
        folder
    })
}
