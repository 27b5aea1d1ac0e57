//! The processes that `up` starts: they die with it, stop in order, and are noticed when they end by themselves.
#![allow(unsafe_code)]

use super::relay::Relay;
use crate::console::advice::Advise;
use crate::console::progress::Reporter;
use anyhow::{Context, Result};
use rustix::process::{Pid, Signal, getpid, getppid, kill_process, set_parent_process_death_signal};
use std::io;
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How often a stopping child is looked at.
const POLL: Duration = Duration::from_millis(5);

/// One running process of the system.
pub struct Child {
    name: String,
    process: std::process::Child,
    stop: StopPlan,
    relay: Option<(Relay, AtItsEnd)>,
}

/// What becomes of what a relayed child prints after it was asked to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AtItsEnd {
    /// It is passed on.
    Heard,
    /// The child talks about its end even when it was asked for: nothing is passed on any more.
    Ignored,
}

/// Signals to try in turn, each with the time to wait for the end; SIGKILL comes last by itself.
pub type StopPlan = &'static [(Signal, Duration)];

/// A server drains its connections on SIGTERM.
pub const SERVER_STOP: StopPlan = &[(Signal::TERM, Duration::from_secs(5))];

/// haproxy lets requests in flight end on SIGUSR1 and quits on SIGTERM.
pub const HAPROXY_STOP: StopPlan = &[(Signal::USR1, Duration::from_secs(1)), (Signal::TERM, Duration::from_secs(1))];

impl Child {
    /// Starts `command`; what it prints goes to stderr.
    pub fn start(name: String, command: &mut Command, stop: StopPlan) -> Result<Self> {
        let stderr = io::stderr().as_fd().try_clone_to_owned().context("cannot share stderr")?;
        Self::spawn(name, command.stdout(stderr), stop)
    }

    /// The same, line by line through the reporter: nothing is drawn over it.
    pub fn start_relayed(
        name: String,
        mut command: Command,
        stop: StopPlan,
        at_its_end: AtItsEnd,
        reporter: &Arc<Reporter>,
    ) -> Result<Self> {
        let (reader, writer) = io::pipe().context("cannot make a pipe")?;
        command.stdout(writer.try_clone().context("cannot share a pipe")?).stderr(writer);
        let mut child = Self::spawn(name, &mut command, stop)?;
        child.relay = Some((Relay::start(reader, Arc::clone(reporter)), at_its_end));
        // `command` ends here and closes its ends of the pipe: the child's are the last
        Ok(child)
    }

    /// In a process group of its own, so that a terminal's Ctrl-C reaches only `up`.
    fn spawn(name: String, command: &mut Command, stop: StopPlan) -> Result<Self> {
        command.stdin(Stdio::null()).process_group(0);
        die_with_parent(command);
        let program = command.get_program().to_owned();
        let process =
            command.spawn().with_context(|| format!("cannot start {name} ({})", program.to_string_lossy()))?;
        Ok(Self { name, process, stop, relay: None })
    }

    /// What it is called in messages.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.process.id()
    }

    /// How it ended, if it has.
    pub fn ended(&mut self) -> Result<Option<ExitStatus>> {
        self.process.try_wait().with_context(|| format!("cannot watch {}", self.name))
    }

    fn stop(&mut self) {
        if let Some((relay, AtItsEnd::Ignored)) = &self.relay {
            relay.be_quiet();
        }
        for (signal, patience) in self.stop {
            self.signal(*signal);
            if self.ends_within(*patience) {
                self.pass_on_last_lines();
                return;
            }
        }
        command_line::message(&format!("fraudring: {} (pid {}) does not stop; killing it", self.name, self.pid()));
        // fails only when it has ended meanwhile
        self.process.kill().unwrap_or_default();
        if let Err(error) = self.process.wait() {
            command_line::message(&format!("fraudring: cannot wait for {}: {error}", self.name));
        }
    }

    /// Of a child that has ended.
    fn pass_on_last_lines(&self) {
        if let Some((relay, _)) = &self.relay {
            relay.finish();
        }
    }

    /// Safe against a reused process id: the child has not been waited for while `try_wait` says it runs.
    fn signal(&mut self, signal: Signal) {
        if let Ok(None) = self.process.try_wait()
            && let Some(pid) = i32::try_from(self.process.id()).ok().and_then(Pid::from_raw)
        {
            // fails only when it has ended meanwhile
            kill_process(pid, signal).unwrap_or_default();
        }
    }

    fn ends_within(&mut self, patience: Duration) -> bool {
        let deadline = Instant::now() + patience;
        loop {
            match self.process.try_wait() {
                Ok(None) if Instant::now() < deadline => std::thread::sleep(POLL),
                Ok(None) => return false,
                // an error means there is no such child any more
                Ok(Some(_)) | Err(_) => return true,
            }
        }
    }
}

/// All children, in the order they were started; dropping it stops them, the last started first.
#[derive(Default)]
pub struct Children {
    children: Vec<Child>,
}

impl Children {
    /// Takes care of one more.
    pub fn add(&mut self, child: Child) {
        self.children.push(child);
    }

    /// All of them, in the order they were started.
    pub fn iter(&self) -> impl Iterator<Item = &Child> {
        self.children.iter()
    }

    /// Fails when one has ended, naming it and what to do.
    pub fn check(&mut self) -> Result<()> {
        for child in &mut self.children {
            if let Some(status) = child.ended()? {
                child.pass_on_last_lines();
                let ended = format!("{} (pid {}) ended by itself ({status})", child.name, child.pid());
                return Err(anyhow::anyhow!("{ended}, so everything is stopped"))
                    .advise(|| "what it said last is above; start again with: fraudring up".to_owned());
            }
        }
        Ok(())
    }
}

impl Drop for Children {
    fn drop(&mut self) {
        for child in self.children.iter_mut().rev() {
            child.stop();
        }
    }
}

/// The kernel kills the child when the thread that started it ends, also when `up` itself is killed.
fn die_with_parent(command: &mut Command) {
    let parent = getpid();
    let before_exec = move || {
        set_parent_process_death_signal(Some(Signal::KILL))?;
        // the parent may have died before the line above
        if getppid() != Some(parent) {
            return Err(io::Error::from_raw_os_error(rustix::io::Errno::SRCH.raw_os_error()));
        }
        Ok(())
    };
    // SAFETY: between fork and exec only two system calls and an allocation-free error are made, nothing that takes a
    // lock another thread could have held at the fork.
    unsafe {
        command.pre_exec(before_exec);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use testkit::wait::{PATIENCE, comes_true};

    const QUICK: StopPlan = &[(Signal::TERM, Duration::from_millis(200))];

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn a_child_that_ends_by_itself_is_named_with_its_status() {
        let mut children = Children::default();
        children.add(Child::start("server 1/2".into(), &mut shell("exit 7"), QUICK).unwrap());
        let deadline = Instant::now() + Duration::from_secs(5);
        let error = loop {
            match children.check() {
                Err(error) => break crate::console::advice::text(&error),
                Ok(()) => assert!(Instant::now() < deadline, "the end went unnoticed"),
            }
            std::thread::sleep(POLL);
        };
        assert!(error.contains("server 1/2") && error.contains("exit status: 7"), "{error}");
    }

    #[test]
    fn a_child_that_ignores_the_signal_is_killed_in_bounded_time() {
        let folder = tempfile::tempdir().unwrap();
        let ready = folder.path().join("ready");
        let script = format!("trap '' TERM; touch {}; while :; do sleep 0.05; done", ready.display());
        let mut child = Child::start("deaf".into(), &mut shell(&script), QUICK).unwrap();
        assert!(comes_true(PATIENCE, || ready.exists()));
        let started = Instant::now();
        child.stop();
        assert!(started.elapsed() >= Duration::from_millis(150), "it was not asked first");
        assert!(started.elapsed() < Duration::from_secs(5));
        assert!(child.ended().unwrap().is_some());
    }

    #[test]
    fn the_last_started_is_stopped_first() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("log");
        let mut children = Children::default();
        for name in ["first", "second"] {
            let (log, ready) = (log.display(), folder.path().join(name));
            let trap = format!("trap 'echo {name} >> {log}; exit' TERM");
            let script = format!("{trap}; touch {}; while :; do sleep 0.01; done", ready.display());
            children.add(Child::start(name.into(), &mut shell(&script), SERVER_STOP).unwrap());
            assert!(comes_true(PATIENCE, || ready.exists()), "its trap is not set");
        }
        drop(children);
        assert_eq!(std::fs::read_to_string(log).unwrap(), "second\nfirst\n");
    }

    #[test]
    fn what_a_relayed_child_says_when_it_is_asked_to_stop_is_passed_on_if_it_is_to_be() {
        let script = "trap 'echo unasked-for >&2; exit' TERM; echo ready; while :; do sleep 0.01; done";
        let reporter = Arc::new(Reporter::stderr());
        for (at_its_end, lines) in [(AtItsEnd::Ignored, 1), (AtItsEnd::Heard, 2)] {
            let mut child =
                Child::start_relayed("loud".into(), shell(script), SERVER_STOP, at_its_end, &reporter).unwrap();
            let said = comes_true(PATIENCE, || child.relay.as_ref().unwrap().0.lines() > 0);
            assert!(said, "what it said was not passed on");
            child.stop();
            assert_eq!(child.relay.as_ref().unwrap().0.lines(), lines, "{at_its_end:?}");
        }
    }

    #[test]
    fn a_program_that_is_not_there_is_named() {
        let error = Child::start("haproxy".into(), &mut Command::new("/nowhere/haproxy"), QUICK).err().unwrap();
        assert!(format!("{error:#}").contains("/nowhere/haproxy"), "{error:#}");
    }
}
