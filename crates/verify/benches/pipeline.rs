//! Each step of a verification and the whole, on the sample photographs, one thread.
//!
//! `engine_only` runs the same inferences on whatever the inputs hold: the whole verification cannot take less.

#![allow(clippy::unwrap_used, missing_docs, reason = "a benchmark")]

use std::sync::LazyLock;

use divan::{Bencher, black_box};
use shiren_assets::Assets;
use shiren_decide::Policy;
use shiren_engine::{Runtime, RuntimeOptions, Session};
use shiren_face::{Face, align, largest};
use shiren_photo::{DecodeLimits, Photo, decode};
use shiren_testkit::assets_folder;
use shiren_verify::{Judge, load_judge};

fn main() {
    divan::main();
}

static ASSETS: LazyLock<Assets> = LazyLock::new(|| Assets::at(assets_folder()).unwrap());

static JUDGE: LazyLock<Judge> =
    LazyLock::new(|| load_judge(&ASSETS, RuntimeOptions::single_thread(), DecodeLimits::default()).unwrap());

/// Two photographs of 716x900 and 689x900.
fn jpegs() -> [Vec<u8>; 2] {
    ["person_b_1.jpg", "person_b_2.jpg"].map(|name| std::fs::read(ASSETS.sample(name).unwrap()).unwrap())
}

fn located() -> (Photo, Face) {
    let photo = decode(&jpegs()[0], DecodeLimits::default()).unwrap();
    let faces = JUDGE.models().workbench().unwrap().detect(&photo).unwrap();
    let face = *largest(&faces).unwrap();
    (photo, face)
}

#[divan::bench]
fn base64_and_jpeg_decode(bencher: Bencher) {
    let text = base64_simd::STANDARD.encode_to_string(&jpegs()[0]);
    bencher.bench(|| {
        let bytes = base64_simd::STANDARD.decode_to_vec(black_box(&text)).unwrap();
        decode(&bytes, DecodeLimits::default()).unwrap()
    });
}

#[divan::bench]
fn detect(bencher: Bencher) {
    let (photo, _) = located();
    let mut bench = JUDGE.models().workbench().unwrap();
    bencher.bench_local(|| bench.detect(black_box(&photo)).unwrap());
}

#[divan::bench]
fn align_face(bencher: Bencher) {
    let (photo, face) = located();
    bencher.bench(|| align(black_box(&photo), &face.landmarks).unwrap());
}

#[divan::bench]
fn embed_aligned(bencher: Bencher) {
    let (photo, face) = located();
    let aligned = align(&photo, &face.landmarks).unwrap();
    let mut bench = JUDGE.models().workbench().unwrap();
    bencher.bench_local(|| bench.embed_aligned(black_box(&aligned)).unwrap());
}

#[divan::bench]
fn antispoof(bencher: Bencher) {
    let (photo, face) = located();
    let mut bench = JUDGE.models().workbench().unwrap();
    bencher.bench_local(|| bench.live_probabilities(black_box(&photo), &face).unwrap());
}

#[divan::bench]
fn whole_verification(bencher: Bencher) {
    let [reference, probe] = jpegs();
    let policy = Policy::default();
    bencher.bench_local(|| {
        let judgement = JUDGE.judge(black_box(&reference), &probe, &policy).unwrap();
        assert!(judgement.verdict.passed());
    });
}

/// Two detections, two embeddings and the three anti-spoof models.
#[divan::bench]
fn engine_only(bencher: Bencher) {
    let runtime = Runtime::load(&ASSETS.openvino_library().unwrap(), RuntimeOptions::single_thread()).unwrap();
    let session = |file: &str, side: usize, output: &str| -> Session {
        let network = runtime.compile(&ASSETS.model(file).unwrap(), [1, 3, side, side], &[output]).unwrap();
        network.session().unwrap()
    };
    let mut sessions = [
        session("yunet.onnx", 640, "cls_8"),
        session("yunet.onnx", 640, "cls_8"),
        session("sface.onnx", 112, "fc1"),
        session("sface.onnx", 112, "fc1"),
        session("fr_liveness.onnx", 128, "output"),
        session("minifasnet_v2.onnx", 80, "output"),
        session("minifasnet_v1se.onnx", 80, "output"),
    ];
    for session in &mut sessions {
        session.input().unwrap().fill(128.0);
    }
    bencher.bench_local(|| {
        for session in &mut sessions {
            session.run().unwrap();
        }
    });
}
