//! What the figures were measured on.

use serde::Serialize;

/// The machine, as far as it is known.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Machine {
    pub(super) cores: usize,
    pub(super) cpu: String,
    pub(super) kernel: String,
    /// Whether this program was built with optimisation; figures of one that was not mean little.
    pub(super) optimised: bool,
}

impl Machine {
    pub(super) fn read() -> Machine {
        let cpus = read("/proc/cpuinfo");
        let model = cpus.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'));
        let kernel = read("/proc/sys/kernel/osrelease");
        Machine {
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            cpu: known(model.map_or("", |(_, model)| model)),
            kernel: known(&kernel),
            optimised: !cfg!(debug_assertions),
        }
    }
}

/// Memory of this process that is in RAM now, in MiB; `None` where the system does not report it.
pub(super) fn rss_mib() -> Option<u64> {
    let status = read("/proc/self/status");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib / 1024)
}

fn read(path: &str) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}

fn known(text: &str) -> String {
    let text = text.trim();
    if text.is_empty() { std::env::consts::ARCH.to_owned() } else { text.to_owned() }
}
