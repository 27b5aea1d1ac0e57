//! A headless Chromium, spoken to by its debugging protocol over two pipes.

use super::{PATIENCE, comes_true};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use tempfile::TempDir;

/// Gives the program the pipes as its descriptors 3 and 4, where it expects them.
const WITH_PIPES: &str = r#"exec "$0" "$@" 3<&0 4>&1 0</dev/null 1>/dev/null"#;

const OPTIONS: &[&str] = &[
    "--headless=new",
    "--remote-debugging-pipe",
    // Containers have no user namespaces for its sandbox, and little shared memory.
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    // Nothing of its own accord, and nobody but this machine in reach.
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
];

pub fn chromium() -> Command {
    Command::new("chromium")
}

/// A browser with one page; killed when dropped.
pub struct Browser {
    process: Child,
    commands: ChildStdin,
    messages: Receiver<Value>,
    session: Option<String>,
    number: u64,
    /// What it has told unasked.
    events: Vec<Value>,
    _profile: TempDir,
}

impl Browser {
    pub fn start() -> Self {
        let profile = tempfile::Builder::new().prefix("fraudring-browser-").tempdir().unwrap();
        let mut command = Command::new("sh");
        command.arg("-c").arg(WITH_PIPES).arg(chromium().get_program()).args(OPTIONS);
        command.arg(format!("--user-data-dir={}", profile.path().display())).arg("about:blank");
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let commands = process.stdin.take().unwrap();
        let answers = BufReader::new(process.stdout.take().unwrap());
        let (sender, messages) = mpsc::channel();
        std::thread::spawn(move || {
            let whole = answers.split(0).map_while(Result::ok);
            whole.map(|bytes| serde_json::from_slice(&bytes).unwrap()).try_for_each(|message| sender.send(message))
        });
        let mut browser =
            Self { process, commands, messages, session: None, number: 0, events: Vec::new(), _profile: profile };
        browser.attach();
        browser
    }

    fn attach(&mut self) {
        let target = self.call("Target.createTarget", json!({"url": "about:blank"}))["targetId"].clone();
        let attached = self.call("Target.attachToTarget", json!({"targetId": target, "flatten": true}));
        self.session = Some(attached["sessionId"].as_str().unwrap().to_owned());
        for domain in ["Page", "Runtime", "Network", "Log"] {
            self.call(&format!("{domain}.enable"), json!({}));
        }
    }

    /// The result of a command of the protocol.
    #[track_caller]
    pub fn call(&mut self, method: &str, parameters: Value) -> Value {
        self.number += 1;
        let mut command = json!({"id": self.number, "method": method, "params": parameters});
        if let Some(session) = &self.session {
            command["sessionId"] = json!(session);
        }
        self.commands.write_all(format!("{command}\0").as_bytes()).unwrap();
        loop {
            let message = self.messages.recv_timeout(PATIENCE).unwrap_or_else(|why| panic!("{method}: {why}"));
            if message["id"] != self.number {
                self.events.push(message);
                continue;
            }
            assert!(message["error"].is_null(), "{method}: {}", message["error"]);
            return message["result"].clone();
        }
    }

    /// What an expression of JavaScript, or its promise, comes to.
    #[track_caller]
    pub fn evaluate(&mut self, expression: &str) -> Value {
        let parameters = json!({"expression": expression, "returnByValue": true, "awaitPromise": true});
        let result = self.call("Runtime.evaluate", parameters);
        assert!(result["exceptionDetails"].is_null(), "{expression}: {}", result["exceptionDetails"]);
        result["result"]["value"].clone()
    }

    /// Waits until an expression of JavaScript is true.
    #[track_caller]
    pub fn wait_for(&mut self, expression: &str) {
        let comes = comes_true(PATIENCE, || self.evaluate(expression) == true);
        assert!(comes, "never true: {expression}\n{}", self.evaluate("document.body.innerText"));
    }

    #[track_caller]
    pub fn text(&mut self, selector: &str) -> String {
        self.evaluate(&format!("document.querySelector({}).textContent", json!(selector))).as_str().unwrap().to_owned()
    }

    /// Shows the page on a screen of this width and in this colour scheme.
    pub fn show_as(&mut self, width: u32, scheme: &str) {
        let is_phone = width < 600;
        let screen = json!({"width": width, "height": 900, "mobile": is_phone, "deviceScaleFactor": 1});
        self.call("Emulation.setDeviceMetricsOverride", screen);
        let scheme = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        self.call("Emulation.setEmulatedMedia", scheme);
        self.wait_for(&format!("innerWidth === {width}"));
        // Drawn once for the new width.
        self.evaluate("new Promise(drawn => requestAnimationFrame(() => requestAnimationFrame(drawn)))");
    }

    /// Saves a picture of the whole page.
    pub fn picture(&mut self, file: &Path) {
        let result = self.call("Page.captureScreenshot", json!({"captureBeyondViewport": true}));
        std::fs::write(file, decoded(result["data"].as_str().unwrap())).unwrap();
    }

    /// The addresses of all requests so far.
    pub fn requests(&self) -> Vec<&str> {
        let sent = self.events_of("Network.requestWillBeSent");
        sent.map(|event| event["request"]["url"].as_str().unwrap()).collect()
    }

    /// Errors and warnings of the console, refusals by the content security policy among them, and exceptions.
    pub fn complaints(&self) -> Vec<&Value> {
        let said = self.events_of("Runtime.consoleAPICalled").filter(|event| event["type"] != "log");
        let logged = self.events_of("Log.entryAdded");
        said.chain(logged).chain(self.events_of("Runtime.exceptionThrown")).collect()
    }

    fn events_of<'events>(&'events self, method: &'static str) -> impl Iterator<Item = &'events Value> {
        self.events.iter().filter(move |event| event["method"] == method).map(|event| &event["params"])
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Its helper processes end when the first one closes their pipes, whether it is asked or killed.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Base64, as pictures come.
fn decoded(text: &str) -> Vec<u8> {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let value = |letter: &u8| LETTERS.iter().position(|known| known == letter);
    let values: Vec<usize> = text.as_bytes().iter().map_while(value).collect();
    let whole = |four: &[usize]| four.iter().fold(0, |bits, six| bits << 6 | six) << (6 * (4 - four.len()));
    let bytes = |four: &[usize]| (0..four.len() - 1).map(|at| (whole(four) >> (16 - 8 * at)) as u8).collect::<Vec<_>>();
    values.chunks(4).flat_map(bytes).collect()
}
