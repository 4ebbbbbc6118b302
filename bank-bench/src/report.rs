//! The figures, in a table or as JSON.

use std::fmt;

use serde::Serialize;

use super::load::Measured;
use super::machine::{Machine, rss_mib};

/// All that was measured.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    pub(super) machine: Machine,
    pub(super) cells: Vec<Cell>,
}

/// One transport with one number of channels.
#[derive(Debug, Serialize)]
pub(super) struct Cell {
    transport: &'static str,
    store: &'static str,
    channels: usize,
    connections: usize,
    echo: Figures,
    bank: Figures,
    /// The bank's requests a second over the echo's: the median of the pairs.
    ratio: f64,
    /// With all that was opened and moved still in memory.
    rss_mib: Option<u64>,
}

/// Medians of the repeats.
#[derive(Debug, Serialize)]
struct Figures {
    requests_a_second: f64,
    p50_us: f64,
    p99_us: f64,
}

impl Cell {
    pub(super) fn of(
        (transport, store): (&'static str, &'static str),
        channels: usize,
        connections: usize,
        echo: &[Measured],
        bank: &[Measured],
    ) -> Cell {
        let ratios =
            bank.iter().zip(echo).map(|(bank, echo)| bank.requests_a_second / echo.requests_a_second);
        Cell {
            transport,
            store,
            channels,
            connections,
            ratio: rounded(median(ratios.collect()), 1000.0),
            echo: Figures::of(echo),
            bank: Figures::of(bank),
            rss_mib: rss_mib(),
        }
    }
}

impl Figures {
    fn of(runs: &[Measured]) -> Figures {
        let of = |figure: fn(&Measured) -> f64| median(runs.iter().map(figure).collect());
        Figures {
            requests_a_second: rounded(of(|run| run.requests_a_second), 1.0),
            p50_us: rounded(of(|run| run.p50_us), 10.0),
            p99_us: rounded(of(|run| run.p99_us), 10.0),
        }
    }
}

fn rounded(value: f64, steps: f64) -> f64 {
    (value * steps).round() / steps
}

/// The middle one, or the mean of the two in the middle; not a number of none.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let upper = values.get(values.len() / 2).copied().unwrap_or(f64::NAN);
    let lower = values.get(values.len().saturating_sub(1) / 2).copied().unwrap_or(f64::NAN);
    f64::midpoint(lower, upper)
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Machine { cores, cpu, kernel, optimised } = &self.machine;
        writeln!(f, "{cores} cores, {cpu}, kernel {kernel}; client and server share them")?;
        if !optimised {
            writeln!(f, "built without optimisation: build with --profile dist before you believe a figure")?;
        }
        let head = ["requests/s", "p50 µs", "p99 µs"];
        writeln!(f, "{:38}{:>33}{:>33}", "", "bare echo", "bank")?;
        write!(f, "{:10}{:7}{:>9}{:>12}", "transport", "store", "channels", "connections")?;
        for column in head.iter().chain(&head) {
            write!(f, "{column:>11}")?;
        }
        writeln!(f, "{:>7}{:>9}", "ratio", "RSS MiB")?;
        for cell in &self.cells {
            write!(f, "{:10}{:7}", cell.transport, cell.store)?;
            write!(f, "{:>9}{:>12}", cell.channels, cell.connections)?;
            for figures in [&cell.echo, &cell.bank] {
                let Figures { requests_a_second, p50_us, p99_us } = figures;
                write!(f, "{requests_a_second:>11.0}{p50_us:>11.1}{p99_us:>11.1}")?;
            }
            let rss = cell.rss_mib.map_or("unknown".to_owned(), |mib| mib.to_string());
            writeln!(f, "{:>7.2}{rss:>9}", cell.ratio)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_in_the_middle() {
        assert_eq!(median(vec![3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(vec![4.0, 1.0, 2.0, 3.0]), 2.5);
        assert_eq!(median(vec![7.0]), 7.0);
        assert!(median(Vec::new()).is_nan());
    }

    #[test]
    fn columns_stand_under_their_heads() {
        let run = Measured { requests_a_second: 123_456.0, p50_us: 1.0, p99_us: 12_345.6 };
        let cells = ["memory", "tcp"].map(|name| Cell::of((name, "journal"), 1000, 1, &[run], &[run])).into();
        let table = Report { machine: Machine::read(), cells }.to_string();
        let lines: Vec<_> = table.lines().skip_while(|line| !line.starts_with("transport")).collect();
        assert_eq!(lines.len(), 3, "{table}");
        assert!(lines[0].starts_with("transport store   channels connections "), "{table}");
        assert!(lines.iter().all(|line| line.chars().count() == lines[0].chars().count()), "{table}");
    }

    #[test]
    fn ratios_are_of_pairs() {
        let run = |requests_a_second| Measured { requests_a_second, p50_us: 1.0, p99_us: 2.0 };
        let cell = Cell::of(
            ("tcp", "memory"),
            1,
            1,
            &[run(10.0), run(100.0), run(10.0)],
            &[run(5.0), run(60.0), run(9.0)],
        );
        assert_eq!((cell.ratio, cell.echo.requests_a_second, cell.bank.requests_a_second), (0.6, 10.0, 9.0));
    }
}
