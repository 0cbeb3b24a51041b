use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::samples::assets_folder;
use crate::{Call, Client};

/// A `shiren serve` with a home of its own, on a free port. Dropped, it is killed.
pub struct Server {
    process: Child,
    binary: String,
    options: Vec<String>,
    home: TempDir,
    log: Arc<Mutex<String>>,
    /// `127.0.0.1:PORT`.
    pub endpoint: String,
    /// Id of its first access key.
    pub key_id: String,
    /// Secret of its first access key.
    pub secret: String,
    /// The development CA, with `--tls`.
    pub ca_file: Option<PathBuf>,
}

impl Server {
    /// Starts `binary` (`env!("CARGO_BIN_EXE_shiren")`) with further options and waits until it serves.
    pub fn start(binary: &str, options: &[&str]) -> Self {
        let home = tempfile::tempdir().unwrap();
        let options: Vec<String> = options.iter().map(|&option| option.to_owned()).collect();
        let log = Arc::new(Mutex::new(String::new()));
        let (process, banner) = spawn(binary, &options, &home, &log);
        let binary = binary.to_owned();
        let (key_id, secret) = (banner.value("AccessKeyId"), banner.value("AccessKeySecret"));
        let ca_file = banner.find("CA to trust").map(PathBuf::from);
        Self { process, binary, options, home, log, endpoint: banner.endpoint(), key_id, secret, ca_file }
    }

    /// Kills the server and starts it again on the same home.
    pub fn restart(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
        let (process, banner) = spawn(&self.binary, &self.options, &self.home, &self.log);
        self.process = process;
        self.endpoint = banner.endpoint();
    }

    /// Asks the server to end, by SIGTERM.
    pub fn terminate(&self) {
        let status = Command::new("kill").args(["-TERM", &self.process.id().to_string()]).status().unwrap();
        assert!(status.success());
    }

    /// Waits until the server has ended.
    pub fn wait(&mut self) -> ExitStatus {
        self.process.wait().unwrap()
    }

    /// A call that this server accepts, to be changed before it is sent.
    pub fn call(&self) -> Call {
        Call::new(&self.key_id, &self.secret)
    }

    /// A new connection.
    pub fn connect(&self) -> Client {
        Client::connect(&self.endpoint, self.ca_file.as_deref())
    }

    /// Memory that it holds now, in bytes.
    pub fn resident_bytes(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
    }

    /// Its database file.
    pub fn store(&self) -> PathBuf {
        self.home.path().join("shiren.db")
    }

    /// Runs another command of the same binary on the same home; what it printed.
    pub fn command(&self, arguments: &[&str]) -> String {
        let output = command(&self.binary, &self.home).args(arguments).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// What it has logged, once that holds `text`: lines arrive a moment behind the answers that they are about.
    pub fn log_with(&self, text: &str) -> String {
        let patience = Instant::now() + Duration::from_secs(10);
        loop {
            let log = self.log.lock().unwrap().clone();
            if log.contains(text) {
                return log;
            }
            assert!(Instant::now() < patience, "no {text:?} in the log:\n{log}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn command(binary: &str, home: &TempDir) -> Command {
    let mut command = Command::new(binary);
    command.env("SHIREN_HOME", home.path()).env("SHIREN_ASSETS", assets_folder());
    command
}

/// What a server prints when it is ready.
struct Banner(String);

impl Banner {
    fn find(&self, name: &str) -> Option<String> {
        self.0.lines().find_map(|line| Some(line.trim().strip_prefix(name)?.trim().to_owned()))
    }

    fn value(&self, name: &str) -> String {
        self.find(name).unwrap_or_else(|| panic!("no {name} in:\n{}", self.0))
    }

    fn endpoint(&self) -> String {
        let url = self.value("shiren serves");
        url.split("://").nth(1).unwrap().trim_end_matches('/').to_owned()
    }
}

fn spawn(binary: &str, options: &[String], home: &TempDir, log: &Arc<Mutex<String>>) -> (Child, Banner) {
    let mut process = command(binary, home)
        .args(["serve", "--listen", "127.0.0.1:0"])
        .args(options)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let (stdout, stderr) = (process.stdout.take().unwrap(), process.stderr.take().unwrap());
    let sink = Arc::clone(log);
    std::thread::spawn(move || {
        for line in BufReader::new(stderr).lines().map_while(Result::ok) {
            let mut log = sink.lock().unwrap();
            log.push_str(&line);
            log.push('\n');
        }
    });
    let mut stdout = BufReader::new(stdout);
    let mut text = String::new();
    // The banner is written at once and ends with the example's end.
    while !text.ends_with("EOF\n") || text.matches("EOF").count() < 2 {
        let mut line = String::new();
        if stdout.read_line(&mut line).unwrap() == 0 {
            let _ = process.wait();
            panic!("the server ended: {text}\n{}", log.lock().unwrap());
        }
        text.push_str(&line);
    }
    // Keep reading, so that the server never waits for this side.
    std::thread::spawn(move || stdout.read_to_end(&mut Vec::new()));
    (process, Banner(text))
}
