//! That it runs and says what it ran. How fast is no matter of a test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::process::{Command, Output};

use serde_json::Value;

const QUICK: [&str; 8] = ["--channels", "1,3", "--seconds", "50ms", "--warm-up", "10ms", "--repeats", "2"];

fn bench(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_bank-bench")).args(args).args(QUICK).output().unwrap()
}

#[test]
fn every_transport_is_measured_beside_its_echo_in_memory_and_durable() {
    let ran = bench(&["--output", "json"]);
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let report: Value = serde_json::from_slice(&ran.stdout).unwrap();
    let cells = report["cells"].as_array().unwrap();
    let text = |cell: &Value, name: &str| cell[name].as_str().unwrap().to_owned();
    let named: Vec<_> = cells
        .iter()
        .map(|cell| format!("{} {} {}", text(cell, "store"), text(cell, "transport"), cell["channels"]))
        .collect();
    let expected: Vec<_> = ["memory", "journal"]
        .iter()
        .flat_map(|store| ["memory", "tcp", "tls", "quic"].map(|wire| format!("{store} {wire}")))
        .flat_map(|cell| [1, 3].map(|channels| format!("{cell} {channels}")))
        .collect();
    assert_eq!(named, expected);
    for cell in cells {
        for side in ["echo", "bank"] {
            assert!(cell[side]["requests_a_second"].as_f64().unwrap() > 0.0, "{cell}");
            let [p50, p99] = ["p50_us", "p99_us"].map(|figure| cell[side][figure].as_f64().unwrap());
            assert!(p50 <= p99, "{cell}");
        }
        let many = matches!(cell["transport"].as_str(), Some("tcp" | "tls"));
        assert_eq!(cell["connections"], if many { cell["channels"].clone() } else { 1.into() }, "{cell}");
    }
}

#[test]
fn the_table_has_a_line_a_cell() {
    let ran = bench(&["--transport", "memory", "--store", "journal", "--connections-each"]);
    let out = String::from_utf8(ran.stdout).unwrap();
    assert!(ran.status.success(), "{out}");
    let lines: Vec<_> = out.lines().filter(|line| line.starts_with("memory")).collect();
    let columns: Vec<Vec<_>> = lines.iter().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(columns.len(), 2, "{out}");
    assert_eq!(
        (columns[1][1], columns[1][2], columns[1][3], columns[1].len()),
        ("journal", "3", "3", 12),
        "{out}"
    );
}

#[test]
fn wrong_usage_is_reported() {
    let wrong = Command::new(env!("CARGO_BIN_EXE_bank-bench")).args(["--channels", "0"]).output().unwrap();
    assert_eq!(wrong.status.code(), Some(2));
}
