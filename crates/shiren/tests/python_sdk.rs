//! The official Python SDK, old and new, with the document's own example, over HTTP and HTTPS.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

use serde_json::Value;
use shiren_testkit::{Server, sample};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../conformance/python");

/// Installs one version of the SDK into a folder of its own, once. None where it cannot be had, on a machine that reaches no
/// registry, say; in CI that is a failure.
fn sdk(version: &str) -> Option<PathBuf> {
    static INSTALLING: Mutex<()> = Mutex::new(());
    let _one_at_a_time = INSTALLING.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("python-saf-{version}"));
    let stamp = target.join("installed");
    if !stamp.exists() {
        let requirements = format!("{FOLDER}/requirements-{version}.txt");
        let output = Command::new("python3")
            .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--upgrade"])
            .args(["--requirement", &requirements, "--target"])
            .arg(&target)
            .output()
            .unwrap();
        if !output.status.success() {
            let reason = String::from_utf8_lossy(&output.stderr);
            assert!(std::env::var_os("CI").is_none(), "{reason}");
            eprintln!("skipped: aliyun-python-sdk-saf {version} cannot be had: {reason}");
            return None;
        }
        std::fs::write(stamp, "").unwrap();
    }
    Some(target)
}

/// A sample photograph made as large as a phone's, by comment segments that a decoder passes over.
fn enlarged(name: &str, bytes: usize, to: &Path) -> PathBuf {
    let jpeg = std::fs::read(sample(name)).unwrap();
    let mut state = 7u32;
    let mut noise = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    let mut out = jpeg[..2].to_vec();
    while out.len() + jpeg.len() < bytes {
        out.extend([0xFF, 0xFE, 0xFF, 0xFF]);
        out.extend((0..0xFFFD).map(|_| noise()));
    }
    out.extend_from_slice(&jpeg[2..]);
    let path = to.join(format!("{name}-{bytes}.jpg"));
    std::fs::write(&path, out).unwrap();
    path
}

struct Run<'a> {
    server: &'a Server,
    sdk: &'a Path,
    version: &'a str,
    secret: &'a str,
    photos: [&'a Path; 2],
}

/// The lines that the example prints.
fn run(Run { server, sdk, version, secret, photos }: Run) -> Vec<String> {
    let module = if version == "1.1.0" { "v20180919" } else { "v20190521" };
    let protocol = if server.ca_file.is_some() { "https" } else { "http" };
    let output = Command::new("python3")
        .env("PYTHONPATH", sdk)
        .arg(format!("{FOLDER}/document.py"))
        .args([module, protocol, &server.endpoint, &server.key_id, secret])
        .args(photos)
        .args(&server.ca_file)
        .output()
        .unwrap();
    assert!(output.status.success(), "{version}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

fn assert_passed(lines: &[String]) {
    assert_eq!(lines.len(), 3);
    for line in lines {
        let answer: Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"));
        let data: Value = serde_json::from_str(answer["Data"].as_str().unwrap()).unwrap();
        assert!(answer["Code"] == 200 && data["passed"] == "true", "{answer}");
    }
}

fn the_documents_example(options: &[&str]) {
    let server = Server::start(env!("CARGO_BIN_EXE_shiren"), options);
    let folder = tempfile::tempdir().unwrap();
    let large = ["person_b_1", "person_b_2"].map(|name| enlarged(name, 4 << 20, folder.path()));
    let (small, other) = (sample("person_a_1"), sample("person_a_2"));
    for version in ["1.1.0", "3.0.2"] {
        let Some(sdk) = sdk(version) else { continue };
        let call = |secret, photos| run(Run { server: &server, sdk: &sdk, version, secret, photos });
        assert_passed(&call(&server.secret, [&small, &other]));
        assert_passed(&call(&server.secret, [&large[0], &large[1]]));
        for line in call("wrong", [&small, &other]) {
            let words: Vec<&str> = line.split(' ').collect();
            assert!(words[..2] == ["SignatureDoesNotMatch", "400"] && words[2].len() == 36, "{line}");
        }
    }
}

#[test]
fn over_http() {
    the_documents_example(&[]);
}

#[test]
fn over_https() {
    the_documents_example(&["--tls"]);
}
