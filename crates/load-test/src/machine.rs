//! Where and when something was measured.

use serde::Serialize;
use std::time::{SystemTime, UNIX_EPOCH};

/// What a figure is worth nothing without.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Machine {
    /// The processor's own name.
    pub cpu: String,
    /// Cores that this process may use.
    pub cores: usize,
    /// Name and release of the kernel.
    pub kernel: String,
    /// Version and commit of the program.
    pub program: String,
    /// The compiler that made it.
    pub rustc: String,
    /// Processes that were running or waiting for a core over the last minute, when the run began.
    pub load_average: f64,
    /// Seconds since 1970 when the run began.
    pub started_at: u64,
}

impl Machine {
    /// This one, now. `program`: what `--version` prints.
    pub fn here(program: &str) -> Self {
        let name = rustix::system::uname();
        let kernel = format!("{} {}", name.sysname().to_string_lossy(), name.release().to_string_lossy());
        Self {
            cpu: cpu_name().unwrap_or_else(|| "unknown".to_owned()),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            kernel,
            program: program.to_owned(),
            rustc: env!("BUILT_WITH").to_owned(),
            load_average: load_average().unwrap_or(0.0),
            started_at: SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()),
        }
    }
}

fn cpu_name() -> Option<String> {
    let text = std::fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = text.lines().find(|line| line.starts_with("model name") || line.starts_with("Model"))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

fn load_average() -> Option<f64> {
    std::fs::read_to_string("/proc/loadavg").ok()?.split(' ').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_machine_is_described() {
        let machine = Machine::here("0.1.0");
        assert!(machine.cores >= 1 && machine.started_at > 1_700_000_000);
        assert!(machine.kernel.starts_with("Linux "), "{}", machine.kernel);
        assert!(machine.rustc.starts_with("rustc "), "{}", machine.rustc);
        assert!(!machine.cpu.is_empty());
    }
}
