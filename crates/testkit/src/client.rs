use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use serde_json::Value;

use crate::Call;

/// How long a test waits for an answer.
const PATIENCE: Duration = Duration::from_secs(60);

trait Stream: Read + Write {}

impl<T: Read + Write> Stream for T {}

/// A connection, kept alive.
pub struct Client {
    stream: BufReader<Box<dyn Stream>>,
}

/// What the server answered.
#[derive(Clone, Debug)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Header lines.
    pub headers: Vec<String>,
    /// Body.
    pub body: String,
}

impl Answer {
    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find_map(|line| {
            let (other, value) = line.split_once(':')?;
            other.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|e| panic!("{e}: {}", self.body))
    }

    /// The `Code`, text or number, as text.
    pub fn code(&self) -> String {
        match &self.json()["Code"] {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        }
    }

    /// The JSON inside `Data`.
    pub fn data(&self) -> Value {
        let json = self.json();
        let data = json["Data"].as_str().unwrap_or_else(|| panic!("no Data in {}", self.body));
        serde_json::from_str(data).unwrap()
    }
}

impl Client {
    /// Connects, over TLS if there is a CA to trust.
    pub fn connect(endpoint: &str, ca_file: Option<&Path>) -> Self {
        let tcp = TcpStream::connect(endpoint).unwrap();
        tcp.set_read_timeout(Some(PATIENCE)).unwrap();
        let stream: Box<dyn Stream> = match ca_file {
            None => Box::new(tcp),
            Some(ca_file) => {
                let mut roots = RootCertStore::empty();
                roots.add(CertificateDer::from_pem_file(ca_file).unwrap()).unwrap();
                let provider = Arc::new(rustls::crypto::ring::default_provider());
                let config = ClientConfig::builder_with_provider(provider)
                    .with_safe_default_protocol_versions()
                    .unwrap()
                    .with_root_certificates(roots)
                    .with_no_client_auth();
                let name = ServerName::try_from(endpoint.split(':').next().unwrap().to_owned()).unwrap();
                Box::new(StreamOwned::new(ClientConnection::new(Arc::new(config), name).unwrap(), tcp))
            }
        };
        Self { stream: BufReader::new(stream) }
    }

    /// Sends a call and reads the answer.
    pub fn call(&mut self, call: &Call) -> Answer {
        self.send(&call.bytes());
        self.answer().unwrap()
    }

    /// Sends bytes. A server that stops listening is no failure: it may have answered already.
    pub fn send(&mut self, bytes: &[u8]) {
        let stream = self.stream.get_mut();
        let _ = stream.write_all(bytes).and_then(|()| stream.flush());
    }

    /// Reads one answer; an error if the connection ends first.
    pub fn answer(&mut self) -> io::Result<Answer> {
        let mut line = || -> io::Result<String> {
            let mut line = String::new();
            match self.stream.read_line(&mut line)? {
                0 => Err(io::ErrorKind::UnexpectedEof.into()),
                _ => Ok(line.trim_end().to_owned()),
            }
        };
        let status = line()?.split(' ').nth(1).unwrap().parse().unwrap();
        let mut headers = Vec::new();
        loop {
            match line()? {
                end if end.is_empty() => break,
                header => headers.push(header),
            }
        }
        let mut answer = Answer { status, headers, body: String::new() };
        let length = answer.header("Content-Length").map_or(0, |text| text.parse().unwrap());
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body)?;
        answer.body = String::from_utf8(body).unwrap();
        Ok(answer)
    }

    /// Whether the server has closed the connection, waiting for it if need be.
    pub fn is_closed(&mut self) -> bool {
        let mut rest = Vec::new();
        match self.stream.read_to_end(&mut rest) {
            Ok(_) => true,
            Err(error) => !matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut),
        }
    }
}
