//! The main job: two real photographs in, an honest verdict out, over the socket.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use serde_json::Value;
use shiren_store::{RecordStore, SqliteStore};
use shiren_testkit::{Answer, Place, Server, photo};

fn start() -> Server {
    Server::start(env!("CARGO_BIN_EXE_shiren"), &[])
}

fn score(answer: &Answer) -> f64 {
    answer.data()["extInfo"]["score"].as_str().unwrap().parse().unwrap()
}

fn assert_passed(answer: &Answer) {
    assert_eq!((answer.status, answer.code().as_str()), (200, "200"), "{}", answer.body);
    let data = answer.data();
    assert_eq!(data["passed"], "true", "{data}");
    assert_eq!(data["retCode"], "OK_SUCCESS");
    assert_eq!(data["retCodeSub"], "Z1140");
    assert_eq!(data["retMessage"], "刷脸通过(Z1140)");
    assert_eq!(data["extInfo"]["result"], "true");
    assert_eq!(data["extInfo"]["faceAttack"], "false");
}

#[test]
fn genuine_pairs_pass_and_an_impostor_does_not() {
    let server = start();
    let mut client = server.connect();
    for person in ["person_a", "person_b"] {
        let (first, second) = (photo(&format!("{person}_1")), photo(&format!("{person}_2")));
        let there = client.call(&server.call().comparing(&first, &second));
        assert_passed(&there);
        assert!(score(&there) > 95.0, "{person} scores {}", score(&there));
        // The other way round the cosine is the same, so the score is.
        let back = client.call(&server.call().comparing(&second, &first));
        assert!((score(&there) - score(&back)).abs() < 1e-3);
    }
    let same = photo("person_a_1");
    assert!(score(&client.call(&server.call().comparing(&same, &same))) > 99.9);
    for (reference, probe) in [("impostor_1", "impostor_2"), ("person_a_1", "person_b_1"), ("person_b_2", "impostor_1")]
    {
        let answer = client.call(&server.call().comparing(&photo(reference), &photo(probe)));
        let data = answer.data();
        assert_eq!((&data["passed"], &data["retCode"]), (&"false".into(), &"OK_SUCCESS".into()), "{data}");
        assert_eq!((&data["retCodeSub"], &data["extInfo"]["result"]), (&"Z5001".into(), &"false".into()));
        assert_eq!(data["extInfo"]["faceAttack"], "false");
        assert!(score(&answer) < 60.0, "{reference} and {probe} score {}", score(&answer));
    }
}

#[test]
fn every_way_of_sending_gives_the_same_answer() {
    let server = start();
    let mut client = server.connect();
    let call = || server.call().comparing(&photo("person_b_1"), &photo("person_b_2"));
    let expected = client.call(&call()).data();
    for method in ["GET", "POST"] {
        for place in [Place::Query, Place::Form, Place::Both] {
            for version in ["2019-05-21", "2018-09-19"] {
                let answer = client.call(&call().by(method).in_place(place).with("Version", version));
                assert_passed(&answer);
                assert_eq!(answer.data(), expected, "{method} {place:?} {version}");
            }
        }
    }
    let with_extra = call().with("SignatureType", "").with("Unknown", "signed, and ignored: *~ 实人+");
    assert_passed(&client.call(&with_extra));
}

#[test]
fn xml_is_the_default_and_json_is_asked_for() {
    let server = start();
    let mut client = server.connect();
    let call = || server.call().comparing(&photo("person_b_1"), &photo("person_b_2"));
    for xml in [call().with("Format", "XML"), call().without("Format")] {
        let answer = client.call(&xml);
        assert_eq!(answer.header("Content-Type"), Some("text/xml;charset=utf-8"));
        let id = answer.header("x-acs-request-id").unwrap();
        let start =
            "<?xml version='1.0' encoding='UTF-8'?><ExecuteRequestResponse><Data>{&quot;passed&quot;:&quot;true&quot;";
        let end = format!("<Message>OK</Message><RequestId>{id}</RequestId><Code>200</Code></ExecuteRequestResponse>");
        assert!(answer.body.starts_with(start) && answer.body.ends_with(&end), "{}", answer.body);
    }
    let json = client.call(&call().with("Format", "json"));
    assert_eq!(json.header("Content-Type"), Some("application/json;charset=utf-8"));
    assert_eq!(json.json()["RequestId"].as_str(), json.header("x-acs-request-id"));
}

#[test]
fn each_verification_leaves_one_record_without_pictures() {
    let server = start();
    let mut client = server.connect();
    let passed = client.call(&server.call().comparing(&photo("person_b_1"), &photo("person_b_2")));
    let broken = client.call(&server.call().comparing("AAAA", &photo("person_b_2")));
    let store = SqliteStore::open(&server.store()).unwrap();
    let record = |answer: &Answer| store.record(answer.header("x-acs-request-id").unwrap()).unwrap().unwrap();

    let of_passed = record(&passed);
    assert_eq!((of_passed.outcome.as_str(), of_passed.key_id.as_str()), ("passed", server.key_id.as_str()));
    assert_eq!(of_passed.resource_code, "00840000");
    let recorded = of_passed.score.unwrap();
    assert!((recorded - score(&passed)).abs() < 1e-3 && (of_passed.pass_mark, of_passed.live_threshold).0 == 80.0);
    assert!(of_passed.live_probability.unwrap() > 0.9);
    assert!(of_passed.model_pack.starts_with("default-1@") && !of_passed.calibration.is_empty());
    let timings = of_passed.timings;
    assert!(timings.decode > 0 && timings.detect > 0 && timings.embed > 0 && timings.antispoof > 0);

    let of_broken = record(&broken);
    assert_eq!((of_broken.outcome.as_str(), of_broken.score), ("reference_unreadable", None));
    assert_eq!(store.count_records().unwrap(), 2);
    // A refused call is no verification.
    client.call(&server.call().with("Version", "1"));
    assert_eq!(store.count_records().unwrap(), 2);
    // Two photographs would be a quarter of a megabyte.
    let size = std::fs::metadata(server.store()).unwrap().len();
    assert!(size < 100_000, "the store has {size} bytes");
}

#[test]
fn messages_and_pass_mark_are_settings() {
    let server =
        Server::start(env!("CARGO_BIN_EXE_shiren"), &["--language", "en", "--pass-mark", "99", "--resource-code", "1"]);
    let mut client = server.connect();
    let pair = |code: &str| {
        let parameters = serde_json::json!({
            "refFaceContent": photo("person_a_1"), "authFaceContent": photo("person_a_2"), "resourceCode": code,
        });
        server.call().with("ServiceParameters", &parameters.to_string())
    };
    let data = client.call(&pair("1")).data();
    assert_eq!(data["retMessage"], "the faces do not match: the score is below the pass mark(Z5001)");
    let unknown = client.call(&pair("00840000"));
    assert_eq!((unknown.status, unknown.code().as_str()), (200, "500"));
    assert_eq!(unknown.json()["Message"], "system error");
    let expected: Value = serde_json::json!({
        "passed": "false", "retCode": "SYSTEM_ERROR", "retCodeSub": "Z1141", "retMessage": "resourceCode is not valid",
    });
    assert_eq!(unknown.data(), expected);
}
