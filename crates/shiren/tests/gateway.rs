//! Keys, signatures, clocks and nonces, over the socket.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use shiren_testkit::{Call, Server, photo};
use time::Duration;

fn start() -> Server {
    Server::start(env!("CARGO_BIN_EXE_shiren"), &[])
}

fn pair(server: &Server) -> Call {
    server.call().comparing(&photo("person_b_1"), &photo("person_b_2"))
}

#[test]
fn who_calls_is_checked() {
    let server = start();
    let mut client = server.connect();
    for (call, status, code) in [
        (Call::new(&server.key_id, "wrong"), 400, "SignatureDoesNotMatch"),
        (Call::new("nobody", &server.secret), 404, "InvalidAccessKeyId.NotFound"),
        (server.call().at(Duration::hours(1)), 400, "InvalidTimeStamp.Expired"),
        (server.call().at(Duration::hours(-1)), 400, "InvalidTimeStamp.Expired"),
        (server.call().with("Timestamp", "yesterday"), 400, "InvalidTimeStamp.Format"),
        (server.call().without("SignatureNonce"), 400, "MissingSignatureNonce"),
        (server.call().with("Action", "Nothing"), 404, "InvalidAction.NotFound"),
        (server.call().with("Version", "2001-01-01"), 400, "InvalidVersion"),
        (server.call().with("Format", "PROTOBUF"), 400, "InvalidParameter"),
        (server.call().by("PUT"), 405, "UnsupportedHTTPMethod"),
    ] {
        let answer = client.call(&call.comparing("a", "b"));
        if code == "InvalidParameter" {
            // What format the caller wants is just what is not known.
            assert!(
                answer.status == status && answer.body.contains("<Code>InvalidParameter</Code>"),
                "{}",
                answer.body
            );
            continue;
        }
        assert_eq!((answer.status, answer.code().as_str()), (status, code), "{}", answer.body);
        let json = answer.json();
        assert_eq!(json["RequestId"].as_str(), answer.header("x-acs-request-id"));
        assert_eq!(json["HostId"], "test");
        assert!(!json["Message"].as_str().unwrap().is_empty() && !json["Recommend"].as_str().unwrap().is_empty());
    }
}

#[test]
fn a_wrong_signature_shows_the_string_to_sign() {
    let server = start();
    let short = server.connect().call(&Call::new(&server.key_id, "wrong").comparing("a", "b"));
    let message = short.json()["Message"].as_str().unwrap().to_owned();
    assert!(message.contains("server string to sign is:GET&%2F&AccessKeyId%3D"), "{message}");
    assert!(message.ends_with("Version%3D2019-05-21"), "{message}");
    let long = server.connect().call(&Call::new(&server.key_id, "wrong").comparing(&photo("person_b_1"), "b"));
    let message = long.json()["Message"].as_str().unwrap().to_owned();
    assert!(message.contains(" bytes, SHA-256 ") && message.len() < 4096, "{} characters", message.len());
    // Altered on the way: the signature is of other parameters.
    let (query, _) = pair(&server).parts();
    let altered = query.replace("RegionId=cn-shanghai", "RegionId=cn-hangzhou");
    let mut client = server.connect();
    client.send(format!("GET /?{altered} HTTP/1.1\r\nHost: test\r\n\r\n").as_bytes());
    assert_eq!(client.answer().unwrap().code(), "SignatureDoesNotMatch");
}

#[test]
fn a_nonce_is_used_once_even_after_a_crash() {
    let mut server = start();
    let call = pair(&server);
    assert_eq!(server.connect().call(&call).data()["passed"], "true");
    assert_eq!(server.connect().call(&call).code(), "SignatureNonceUsed");
    server.restart();
    let replay = server.connect().call(&call);
    assert_eq!((replay.status, replay.code().as_str()), (400, "SignatureNonceUsed"));
    assert_eq!(server.connect().call(&pair(&server)).data()["passed"], "true");
}

#[test]
fn of_twenty_replays_at_once_one_is_taken() {
    let server = start();
    let call = pair(&server);
    let codes: Vec<String> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..20).map(|_| scope.spawn(|| server.connect().call(&call).code())).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(codes.iter().filter(|code| *code == "200").count(), 1, "{codes:?}");
    assert_eq!(codes.iter().filter(|code| *code == "SignatureNonceUsed").count(), 19, "{codes:?}");
}

#[test]
fn keys_change_while_the_server_runs() {
    let server = start();
    let mut client = server.connect();
    server.command(&["keys", "disable", &server.key_id]);
    let disabled = client.call(&server.call().comparing("a", "b"));
    assert_eq!((disabled.status, disabled.code().as_str()), (403, "InvalidAccessKeyId.Inactive"));
    server.command(&["keys", "enable", &server.key_id]);
    assert_eq!(client.call(&pair(&server)).data()["passed"], "true");

    let rotated = server.command(&["keys", "rotate", &server.key_id]);
    let secret = rotated.lines().find_map(|line| line.strip_prefix("AccessKeySecret")).unwrap().trim();
    assert_eq!(client.call(&pair(&server)).code(), "SignatureDoesNotMatch");
    let again = Call::new(&server.key_id, secret).comparing(&photo("person_b_1"), &photo("person_b_2"));
    assert_eq!(client.call(&again).data()["passed"], "true");

    server.command(&["keys", "create", "--label", "second branch"]);
    let list = server.command(&["keys", "list"]);
    assert!(list.lines().count() == 2 && list.contains("second branch") && !list.contains(secret), "{list}");
}

#[test]
fn secrets_and_photographs_are_not_logged() {
    let server = start();
    let probe = photo("person_b_2");
    server.connect().call(&pair(&server));
    server.connect().call(&Call::new(&server.key_id, "wrong").comparing(&probe, &probe));
    let log = server.log_with("SignatureDoesNotMatch");
    assert!(log.contains("verified"), "{log}");
    assert!(!log.contains(&server.secret) && !log.contains(&probe[..40]), "{log}");
}
