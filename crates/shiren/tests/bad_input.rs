//! Bad photographs and bad parameters: each a clear answer of the tables, and the server lives on.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use image::codecs::jpeg::JpegEncoder;
use image::{ExtendedColorType, RgbImage};
use shiren_testkit::{Answer, Server, photo, sample};

fn start() -> Server {
    Server::start(env!("CARGO_BIN_EXE_shiren"), &["--language", "en"])
}

fn jpeg(picture: &RgbImage) -> Vec<u8> {
    let mut out = Vec::new();
    let (width, height) = picture.dimensions();
    JpegEncoder::new_with_quality(&mut out, 90).encode(picture, width, height, ExtendedColorType::Rgb8).unwrap();
    out
}

fn open(name: &str) -> RgbImage {
    image::open(sample(name)).unwrap().into_rgb8()
}

fn base64(bytes: &[u8]) -> String {
    BASE64_STANDARD.encode(bytes)
}

/// Answers that are no verdict on a person: `retCode` and `retMessage`, and that nothing passed.
fn outcome(answer: &Answer) -> (String, String) {
    assert_eq!((answer.status, answer.code().as_str()), (200, "200"), "{}", answer.body);
    let data = answer.data();
    assert_eq!(data["passed"], "false");
    let text = |name: &str| data[name].as_str().unwrap().to_owned();
    (text("retCode"), text("retMessage"))
}

#[test]
fn photographs_that_cannot_be_read() {
    let server = start();
    let mut client = server.connect();
    let good = photo("person_b_1");
    let whole = std::fs::read(sample("person_b_1")).unwrap();
    let mut png = Vec::new();
    open("person_b_1").write_to(&mut std::io::Cursor::new(&mut png), image::ImageFormat::Png).unwrap();
    let mut bomb = jpeg(&RgbImage::new(16, 16));
    let frame = bomb.windows(2).position(|pair| pair == [0xFF, 0xC0]).unwrap();
    bomb[frame + 5..frame + 9].copy_from_slice(&[0x75, 0x30, 0x75, 0x30]);
    let mut scrambled = whole.clone();
    scrambled[200..2000].reverse();
    let broken_lines = format!("{}\r\n{}", &good[..76], &good[76..]);

    for (bad, message) in [
        (base64(&whole[..whole.len() / 2]), "the JPEG is truncated(Z5203)"),
        (base64(&whole[..whole.len() - 2]), "the JPEG is truncated(Z5203)"),
        (base64(&whole[..100]), "the JPEG is truncated(Z5203)"),
        (base64(&png), "not a JPEG: it is a PNG(Z5202)"),
        (base64(b"\xFF\xD8\xFF"), "the JPEG is truncated(Z5203)"),
        (base64(&bomb), "30000x30000 pixels, more than the limit of 50000000 pixels(Z5205)"),
        (format!("data:image/jpeg;base64,{good}"), "must be left out(Z5201)"),
        (broken_lines, "line breaks must be left out, the first is at character 76(Z5201)"),
        ("*&^".into(), "a character or the length is not of base64(Z5201)"),
        ("=".into(), "not a JPEG: it is empty(Z5202)"),
    ] {
        let (code, text) = outcome(&client.call(&server.call().comparing(&good, &bad)));
        assert!(
            code == "PROCESSING" && text.starts_with("authFaceContent: ") && text.ends_with(message),
            "{code} {text}"
        );
        let (code, text) = outcome(&client.call(&server.call().comparing(&bad, &good)));
        assert!(
            code == "PROCESSING" && text.starts_with("refFaceContent: ") && text.ends_with(message),
            "{code} {text}"
        );
    }
    let (code, text) = outcome(&client.call(&server.call().comparing(&good, &base64(&scrambled))));
    assert!(code == "PROCESSING" && text.contains("Z520"), "{code} {text}");
    // After all that, the same connection still gets a verdict.
    assert_eq!(client.call(&server.call().comparing(&good, &good)).data()["passed"], "true");
}

#[test]
fn photographs_without_a_usable_face() {
    let server = start();
    let mut client = server.connect();
    let good = photo("person_b_1");
    let meadow = base64(&jpeg(&RgbImage::from_pixel(320, 240, image::Rgb([80, 140, 70]))));
    let dot = base64(&jpeg(&RgbImage::new(1, 1)));
    let tiny = image::imageops::thumbnail(&open("person_b_1"), 60, 75);
    for (bad, message) in [
        (meadow, "no face found"),
        (dot, "no face found"),
        (base64(&jpeg(&tiny)), "face too small: 24 pixels across, at least 32 are needed"),
    ] {
        let on_reference = client.call(&server.call().comparing(&bad, &good));
        let (code, text) = outcome(&on_reference);
        assert!(code == "UNABLE_GET_IMAGE" && text.starts_with(&format!("refFaceContent: {message}")), "{code} {text}");
        assert_eq!(on_reference.data().get("extInfo"), None);
        let on_probe = client.call(&server.call().comparing(&good, &bad));
        let (code, text) = outcome(&on_probe);
        assert!(code == "OK_SUCCESS" && text.starts_with(&format!("authFaceContent: {message}")), "{code} {text}");
        // No two faces were compared and no liveness assessed, so neither is claimed.
        assert_eq!(on_probe.data()["extInfo"], serde_json::json!({ "result": "false", "score": "", "faceAttack": "" }));
    }
}

#[test]
fn of_three_faces_the_largest_counts() {
    let server = start();
    let mut crowd = RgbImage::from_pixel(1500, 900, image::Rgb([120, 120, 120]));
    image::imageops::overlay(&mut crowd, &open("person_b_1"), 0, 0);
    for (name, y) in [("impostor_1", 20), ("impostor_2", 480)] {
        image::imageops::overlay(&mut crowd, &image::imageops::thumbnail(&open(name), 300, 360), 1000, y);
    }
    let call = server.call().comparing(&photo("person_b_2"), &base64(&jpeg(&crowd)));
    assert_eq!(server.connect().call(&call).data()["passed"], "true");
}

#[test]
fn a_face_that_fills_the_frame_is_found_and_its_liveness_not_guessed() {
    let server = start();
    let close = image::imageops::crop_imm(&open("person_b_1"), 206, 170, 305, 360).to_image();
    let answer = server.connect().call(&server.call().comparing(&photo("person_b_2"), &base64(&jpeg(&close))));
    let (code, text) = outcome(&answer);
    assert_eq!(
        (code.as_str(), text.as_str()),
        ("OK_SUCCESS", "authFaceContent: liveness could not be assessed(Z5003)")
    );
    let info = &answer.data()["extInfo"];
    let score: f64 = info["score"].as_str().unwrap().parse().unwrap();
    assert!(score > 80.0 && info["faceAttack"] == "", "{info}");
    let as_reference = server.call().comparing(&base64(&jpeg(&close)), &photo("person_b_2"));
    assert_eq!(server.connect().call(&as_reference).data()["passed"], "true");
}

#[test]
fn a_photograph_of_a_screen_is_an_attack() {
    // The development attack pictures are other people's and lie beside the checkout; without them there is nothing to test.
    let folder =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/faces/attack/silent-samples/spoof");
    let Ok(spoof) = std::fs::read(folder.join("image_F2.jpg")) else {
        eprintln!("skipped: {} is not there", folder.display());
        return;
    };
    let server = start();
    let spoof = base64(&spoof);
    let data = server.connect().call(&server.call().comparing(&spoof, &spoof)).data();
    // The same picture twice scores 100, and is an attack all the same.
    assert_eq!((&data["passed"], &data["retCodeSub"]), (&"false".into(), &"Z5002".into()), "{data}");
    assert_eq!((&data["extInfo"]["faceAttack"], &data["extInfo"]["score"]), (&"true".into(), &"100.0".into()));
}

#[test]
fn service_parameters_that_make_no_sense() {
    let server = start();
    let mut client = server.connect();
    let null = "refFaceContent or authFaceContent or resourceCode is null";
    for (json, message) in [
        ("{}", null),
        (r#"{"refFaceContent":"","authFaceContent":"a","resourceCode":"00840000"}"#, null),
        (r#"{"refFaceContent":"a","authFaceContent":"a"}"#, null),
        (r#"{"refFaceContent":"a","authFaceContent":7,"resourceCode":"00840000"}"#, "authFaceContent is not a string"),
        (r#"["a","b","c"]"#, "ServiceParameters is not a JSON object"),
        ("", "ServiceParameters is not a JSON object"),
        ("{\"refFaceContent\":\"a\nb\"}", "ServiceParameters is not a JSON object"),
    ] {
        let answer = client.call(&server.call().with("ServiceParameters", json));
        assert_eq!((answer.status, answer.code().as_str()), (200, "400"), "{json}: {}", answer.body);
        let value = answer.json();
        assert!(value["Message"].as_str().unwrap().starts_with(message), "{json}: {value}");
        assert_eq!(value.get("Data"), None);
    }
    let other = client.call(&server.call().with("Service", "ocr").with("ServiceParameters", "{}"));
    assert_eq!((other.status, other.code().as_str()), (200, "404"));
    let missing = client.call(&server.call());
    assert_eq!((missing.status, missing.code().as_str()), (400, "MissingServiceParameters"));
}
