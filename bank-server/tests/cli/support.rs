//! Running `bankd` and talking to it by hand.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, ChildStdout, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

/// Longer than anything here takes; only a server that hangs meets it.
const HANG: Duration = Duration::from_secs(30);

/// What a run of `bankd` came to.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) stderr: String,
}

pub(crate) fn bankd<I: AsRef<OsStr>>(args: impl IntoIterator<Item = I>) -> Ran {
    bankd_with("", args)
}

/// Runs `bankd` to its end with `input` as its standard input.
pub(crate) fn bankd_with<I: AsRef<OsStr>>(input: &str, args: impl IntoIterator<Item = I>) -> Ran {
    let mut child = command(args).stdin(Stdio::piped()).spawn().unwrap();
    // A program that does not read its input is no fault of ours.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    Ran {
        code: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Starts `bankd` and leaves it running.
#[cfg(unix)]
pub(crate) fn started(args: &[&str]) -> Child {
    command(args).stdin(Stdio::null()).stderr(Stdio::inherit()).spawn().unwrap()
}

fn command<I: AsRef<OsStr>>(args: impl IntoIterator<Item = I>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bankd"));
    command.args(args).env_remove("BANKD_DATA").stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

pub(crate) fn sample(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../samples").join(name)
}

/// A directory that is gone after the test, with `data` not yet in it.
pub(crate) struct Place(TempDir);

impl Place {
    pub(crate) fn new() -> Place {
        Place(tempfile::tempdir().unwrap())
    }

    pub(crate) fn data(&self) -> String {
        self.path("data")
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.0.path().join(name).to_str().unwrap().to_owned()
    }

    pub(crate) fn file(&self, name: &str, text: &str) -> String {
        let path = self.path(name);
        std::fs::write(&path, text).unwrap();
        path
    }
}

/// A server at work; killed with the test.
pub(crate) struct Server {
    child: Child,
    out: BufReader<ChildStdout>,
    stderr: Receiver<String>,
    /// What it printed before `ready`.
    pub(crate) lines: Vec<String>,
}

impl Server {
    /// Starts `bankd serve` on a free port over `data`.
    pub(crate) fn start(data: &str, args: &[&str]) -> Server {
        let own = ["serve", "--data", data, "--listen", "tcp://127.0.0.1:0"];
        Server::ready(command(own.iter().chain(args)))
    }

    /// The same from a shell that gives it the descriptors that `limit` says, as in `-S -n 32`.
    #[cfg(unix)]
    pub(crate) fn start_within(limit: &str, data: &str, args: &[&str]) -> Server {
        let mut shell = Command::new("sh");
        shell.args(["-c", &format!("ulimit {limit} && exec \"$0\" \"$@\""), env!("CARGO_BIN_EXE_bankd")]);
        shell.args(["serve", "--data", data, "--listen", "tcp://127.0.0.1:0"]).args(args);
        shell.stdout(Stdio::piped()).stderr(Stdio::piped());
        Server::ready(shell)
    }

    fn ready(command: Command) -> Server {
        let mut server = Server::spawn(command);
        loop {
            let mut line = String::new();
            if server.out.read_line(&mut line).unwrap() == 0 {
                panic!("the server did not start: {:?}", server.wait());
            }
            if line.trim_end() == "ready" {
                return server;
            }
            server.lines.push(line.trim_end().to_owned());
        }
    }

    /// Starts it and does not wait until it listens.
    pub(crate) fn starting(data: &str, args: &[&str]) -> Server {
        let own = ["serve", "--data", data, "--listen", "tcp://127.0.0.1:0"];
        Server::spawn(command(own.iter().chain(args)))
    }

    fn spawn(mut command: Command) -> Server {
        let mut child = command.stdin(Stdio::null()).spawn().unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        let stderr = lines_of(child.stderr.take().unwrap());
        Server { child, out, stderr, lines: Vec::new() }
    }

    /// Ends it by SIGKILL, or what the system has for that; the faults that it logged until then.
    pub(crate) fn kill(mut self) -> String {
        let _ = self.child.kill();
        let _ = self.child.wait();
        self.stderr.iter().collect()
    }

    /// The address of its plain TCP listener.
    pub(crate) fn address(&self) -> String {
        let plain = self.lines.iter().find(|line| line.ends_with(" plain")).unwrap();
        plain.strip_prefix("listening on tcp://").unwrap().strip_suffix(" plain").unwrap().to_owned()
    }

    pub(crate) fn connect(&self) -> Line {
        let stream = TcpStream::connect(self.address()).unwrap();
        stream.set_read_timeout(Some(HANG)).unwrap();
        Line { reader: BufReader::new(stream.try_clone().unwrap()), writer: stream }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal by name, as in `TERM`.
    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("kill").arg(format!("-{name}")).arg(self.pid().to_string()).status().unwrap();
        assert!(sent.success());
    }

    /// Waits until it has logged `word`.
    pub(crate) fn await_log(&mut self, word: &str) {
        let mut printed = String::new();
        while !printed.contains(word) {
            let line = self.stderr.recv_timeout(HANG);
            printed += &line.unwrap_or_else(|_| panic!("it did not log {word:?}, but {printed}"));
        }
    }

    /// Waits for its end: the exit code, and what it logged since the start or `await_log`.
    pub(crate) fn wait(&mut self) -> (i32, String) {
        let mut printed: String = self.stderr.iter().collect();
        self.out.read_to_string(&mut printed).unwrap();
        (self.child.wait().unwrap().code().unwrap(), printed)
    }
}

/// What is logged, line by line, however fast it is read.
fn lines_of(printed: ChildStderr) -> Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        for line in BufReader::new(printed).lines().map_while(Result::ok) {
            if sender.send(line + "\n").is_err() {
                return;
            }
        }
    });
    receiver
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A conversation in JSON, typed by hand.
pub(crate) struct Line<S = TcpStream> {
    reader: BufReader<S>,
    pub(crate) writer: S,
}

#[cfg(unix)]
impl Line<std::os::unix::net::UnixStream> {
    /// A conversation over a socket of this machine.
    pub(crate) fn over(stream: std::os::unix::net::UnixStream) -> Self {
        stream.set_read_timeout(Some(HANG)).unwrap();
        Line { reader: BufReader::new(stream.try_clone().unwrap()), writer: stream }
    }
}

impl<S: Read + Write> Line<S> {
    /// Asks, and answers the whole answer.
    pub(crate) fn ask(&mut self, method: &str, params: Value) -> Value {
        let request = json!({ "jsonrpc": "2.0", "id": 7, "method": method, "params": params });
        self.writer.write_all(format!("{request}\n").as_bytes()).unwrap();
        self.next().unwrap()
    }

    /// The code of the refusal that `ask` meets.
    pub(crate) fn refused(&mut self, method: &str, params: Value) -> i64 {
        let answer = self.ask(method, params);
        answer["error"]["code"].as_i64().unwrap_or_else(|| panic!("not refused: {answer}"))
    }

    /// The result that `ask` gets.
    pub(crate) fn done(&mut self, method: &str, params: Value) -> Value {
        let answer = self.ask(method, params);
        assert!(answer.get("result").is_some(), "{method}: {answer}");
        answer["result"].clone()
    }

    pub(crate) fn hello(&mut self) {
        self.done("hello", json!({ "versions": [1, 1], "client": "a person" }));
    }

    pub(crate) fn log_in(&mut self, account: &str, secret: &str) -> Value {
        self.done("login", json!({ "account": account, "secret": secret }))
    }

    /// What is said next; `None` at the end.
    pub(crate) fn next(&mut self) -> Option<Value> {
        let mut line = String::new();
        match self.reader.read_line(&mut line).unwrap() {
            0 => None,
            _ => Some(serde_json::from_str(&line).unwrap()),
        }
    }
}

/// Transaction ids that differ by a number.
pub(crate) fn id(number: u8) -> String {
    format!("01890a5d-ac96-774b-bcce-b302099a80{number:02x}")
}
