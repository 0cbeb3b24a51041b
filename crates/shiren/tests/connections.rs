//! HTTP as clients really speak it, and as they should not.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use std::time::{Duration, Instant};

use shiren_testkit::{Place, Server, photo};

fn start(options: &[&str]) -> Server {
    Server::start(env!("CARGO_BIN_EXE_shiren"), options)
}

#[test]
fn long_request_lines_on_every_request_of_a_connection() {
    let server = start(&[]);
    let mut client = server.connect();
    let small = || server.call().comparing(&photo("person_a_1"), &photo("person_a_1"));
    assert_eq!(client.call(&small()).data()["passed"], "true");
    for megabytes in [1, 16] {
        let large = small().with("Padding", &"x".repeat(megabytes << 20));
        assert_eq!(client.call(&large).data()["passed"], "true", "{megabytes} MB in the request line");
        let in_form = large.by("POST").in_place(Place::Form).with("SignatureNonce", &format!("form {megabytes}"));
        assert_eq!(client.call(&in_form).data()["passed"], "true", "{megabytes} MB in the form");
        assert_eq!(client.call(&small()).data()["passed"], "true");
    }
}

#[test]
fn requests_sent_ahead_are_answered_in_order() {
    let server = start(&[]);
    let mut client = server.connect();
    let first = server.call().comparing(&photo("person_a_1"), &photo("person_a_1"));
    let second = server.call().with("Version", "1");
    client.send(&[first.bytes(), second.bytes(), first.bytes()].concat());
    let codes: Vec<String> = (0..3).map(|_| client.answer().unwrap().code()).collect();
    assert_eq!(codes, ["200", "InvalidVersion", "SignatureNonceUsed"]);
}

#[test]
fn a_hundred_megabytes_are_too_many() {
    let server = start(&[]);
    for in_head in [true, false] {
        let mut client = server.connect();
        let start = match in_head {
            true => "GET /?Format=JSON&Padding=".to_owned(),
            false => format!("POST /?Format=JSON HTTP/1.1\r\nHost: h\r\nContent-Length: {}\r\n\r\n", 100 << 20),
        };
        client.send(start.as_bytes());
        let part = vec![b'x'; 1 << 20];
        for _ in 0..100 {
            client.send(&part);
        }
        let answer = client.answer().unwrap();
        assert_eq!((answer.status, answer.code().as_str()), (413, "RequestTooLarge"));
        assert_eq!(answer.json()["Message"], format!("The request is larger than {} bytes.", 32 << 20));
        assert_eq!(answer.header("Connection"), Some("close"));
    }
    let chunked = "POST /?Format=JSON HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2000000\r\n";
    let mut client = server.connect();
    client.send(chunked.as_bytes());
    client.send(&vec![b'x'; 33 << 20]);
    assert_eq!(client.answer().unwrap().status, 413);
    let good = server.call().comparing(&photo("person_a_1"), &photo("person_a_1"));
    assert_eq!(server.connect().call(&good).data()["passed"], "true");
}

#[test]
fn memory_goes_back_when_a_request_has_been_answered() {
    let server = start(&["--max-buffered-bytes", &(128 << 20).to_string()]);
    let large = || server.call().with("Version", "1").with("Padding", &"x".repeat(20 << 20));
    // Kept-alive connections that each have sent 20 MB once hold none of it while they wait.
    let mut idle: Vec<_> = (0..40).map(|_| server.connect()).collect();
    for client in &mut idle {
        assert_eq!(client.call(&large()).code(), "InvalidVersion");
    }
    let resident = server.resident_bytes();
    assert!(resident < 500 << 20, "{} MB resident", resident >> 20);
    // What is only announced takes nothing from those who really send.
    let mut announcing: Vec<_> = (0..16).map(|_| server.connect()).collect();
    for client in &mut announcing {
        client.send(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 30000000\r\n\r\n");
    }
    assert_eq!(idle[0].call(&large()).code(), "InvalidVersion");
}

#[test]
fn a_flood_of_parameters_is_refused() {
    let server = start(&[]);
    let mut client = server.connect();
    client.send(format!("GET /?Format=JSON&{} HTTP/1.1\r\nHost: h\r\n\r\n", "a&".repeat(8 << 20)).as_bytes());
    let answer = client.answer().unwrap();
    assert_eq!((answer.status, answer.code().as_str()), (400, "InvalidParameter"));
    assert!(server.resident_bytes() < 400 << 20);
}

#[test]
fn slow_clients_are_dropped_and_others_served() {
    let server = start(&["--stall-seconds", "1", "--request-seconds", "3"]);
    let begun = Instant::now();
    let mut silent = server.connect();
    silent.send(b"GET /?Action=ExecuteRequest");
    let mut trickling = server.connect();
    let mut unfinished = server.connect();
    unfinished.send(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\npart");
    let good = server.call().comparing(&photo("person_a_1"), &photo("person_a_1"));
    assert_eq!(server.connect().call(&good).data()["passed"], "true");
    // One byte each half second never stalls, and still ends.
    while begun.elapsed() < Duration::from_secs(5) {
        trickling.send(b"G");
        std::thread::sleep(Duration::from_millis(500));
    }
    assert!(silent.is_closed() && unfinished.is_closed() && trickling.is_closed());
    assert!(begun.elapsed() < Duration::from_secs(15));
}

#[test]
fn chunks_and_expectations() {
    let server = start(&[]);
    let call = server.call().comparing(&photo("person_a_1"), &photo("person_a_1")).by("POST");
    let (_, form) = call.in_place(Place::Form).parts();
    let head = "POST / HTTP/1.1\r\nHost: h\r\nContent-Type: application/x-www-form-urlencoded\r\n";
    let mut client = server.connect();
    client.send(format!("{head}Transfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n").as_bytes());
    assert_eq!(client.answer().unwrap().status, 100);
    for part in form.as_bytes().chunks(1000) {
        client.send(format!("{:x};extension=1\r\n", part.len()).as_bytes());
        client.send(part);
        client.send(b"\r\n");
    }
    client.send(b"0\r\nTrailer: ignored\r\n\r\n");
    assert_eq!(client.answer().unwrap().data()["passed"], "true");
    // The connection goes on behind the last chunk.
    assert_eq!(client.call(&server.call().with("Version", "1")).code(), "InvalidVersion");
}

#[test]
fn old_and_odd_requests() {
    let server = start(&[]);
    let (query, _) = server.call().comparing(&photo("person_a_1"), &photo("person_a_1")).parts();
    let mut old = server.connect();
    old.send(format!("\r\nGET http://somewhere/?{query} HTTP/1.0\r\n\r\n").as_bytes());
    let answer = old.answer().unwrap();
    assert_eq!((answer.status, answer.header("Connection")), (200, Some("close")));
    assert!(old.is_closed());
    for (request, status, code) in [
        ("GET /other?Format=JSON HTTP/1.1\r\nHost: h\r\n\r\n", 404, "InvalidAction.NotFound"),
        ("OPTIONS /?Format=JSON HTTP/1.1\r\nHost: h\r\n\r\n", 405, "UnsupportedHTTPMethod"),
        ("GET /?Format=JSON HTTP/1.1\r\nHost: h\r\n\r\n", 400, "MissingAction"),
    ] {
        let mut client = server.connect();
        client.send(request.as_bytes());
        let answer = client.answer().unwrap();
        assert_eq!((answer.status, answer.code().as_str()), (status, code), "{request}");
    }
    for smuggling in [
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
        "GET / HTTP/1.1\r\nHost : h\r\n\r\n",
        "complete nonsense\r\n\r\n",
        "GET / HTTP/9.9\r\n\r\n",
    ] {
        let mut client = server.connect();
        client.send(smuggling.as_bytes());
        let answer = client.answer().unwrap();
        assert!(answer.status == 400 && answer.body.contains("<Code>InvalidParameter</Code>"), "{smuggling}");
        assert!(client.is_closed(), "{smuggling}");
    }
}

#[test]
fn https_with_the_development_ca() {
    let mut server = start(&["--tls"]);
    let pair = || server.call().comparing(&photo("person_b_1"), &photo("person_b_2"));
    let mut client = server.connect();
    assert_eq!(client.call(&pair()).data()["passed"], "true");
    let large = pair().by("POST").with("Padding", &"x".repeat(16 << 20));
    assert_eq!(client.call(&large).data()["passed"], "true");

    let mut plain = shiren_testkit::Client::connect(&server.endpoint, None);
    plain.send(&pair().bytes());
    let answer = plain.answer().unwrap();
    assert_eq!((answer.status, answer.code().as_str()), (400, "InvalidProtocol.NeedSsl"));

    // The CA that a client was told to trust stays the same.
    let ca = std::fs::read(server.ca_file.as_ref().unwrap()).unwrap();
    server.restart();
    assert_eq!(std::fs::read(server.ca_file.as_ref().unwrap()).unwrap(), ca);
    let call = server.call().comparing(&photo("person_b_1"), &photo("person_b_2"));
    assert_eq!(server.connect().call(&call).data()["passed"], "true");
}

#[test]
fn https_spoken_to_the_plain_port_fails_at_once() {
    let server = start(&[]);
    let begun = Instant::now();
    let mut client = server.connect();
    // The beginning of a TLS ClientHello.
    client.send(&[0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03]);
    assert_eq!(client.answer().unwrap().status, 400);
    assert!(begun.elapsed() < Duration::from_secs(10));
    server.log_with("speaks HTTPS to the plain HTTP port");
}

#[test]
fn a_second_signal_stops_at_once() {
    let mut server = start(&[]);
    let mut half = server.connect();
    half.send(b"GET /?Act");
    std::thread::sleep(Duration::from_millis(200));
    let begun = Instant::now();
    server.terminate();
    server.log_with("again to stop at once");
    server.terminate();
    assert_eq!(server.wait().code(), Some(130));
    assert!(begun.elapsed() < Duration::from_secs(10));
}

#[test]
fn a_shutdown_finishes_what_is_under_way() {
    let mut server = start(&[]);
    let mut idle = server.connect();
    let mut mute = server.connect();
    idle.call(&server.call());
    let call = server.call().comparing(&photo("person_b_1"), &photo("person_b_2"));
    let mut busy = server.connect();
    let bytes = call.bytes();
    busy.send(&bytes[..bytes.len() / 2]);
    std::thread::sleep(Duration::from_millis(200));
    server.terminate();
    std::thread::sleep(Duration::from_millis(200));
    busy.send(&bytes[bytes.len() / 2..]);
    let answer = busy.answer().unwrap();
    assert_eq!((answer.data()["passed"].as_str(), answer.header("Connection")), (Some("true"), Some("close")));
    assert!(idle.is_closed() && mute.is_closed());
    assert!(server.wait().success());
}
