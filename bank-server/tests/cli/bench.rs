//! `bankd bench`: that it runs and says what it ran. How fast is no matter of a test.

use serde_json::Value;

use crate::support::bankd;

const QUICK: [&str; 8] = ["--channels", "1,3", "--seconds", "50ms", "--warm-up", "10ms", "--repeats", "2"];

#[test]
fn every_transport_is_measured_beside_its_echo() {
    let ran = bankd(["bench", "--output", "json", "--log", "off"].into_iter().chain(QUICK));
    assert_eq!((ran.code, ran.told.as_str()), (0, ""));
    let report: Value = serde_json::from_str(&ran.out).unwrap();
    let cells = report["cells"].as_array().unwrap();
    let named: Vec<_> = cells
        .iter()
        .map(|cell| format!("{}{}", cell["transport"].as_str().unwrap(), cell["channels"]))
        .collect();
    assert_eq!(named, ["memory1", "memory3", "tcp1", "tcp3", "tls1", "tls3", "quic1", "quic3"]);
    for cell in cells {
        for side in ["echo", "bank"] {
            assert!(cell[side]["requests_a_second"].as_f64().unwrap() > 0.0, "{cell}");
            assert!(
                cell[side]["p50_us"].as_f64().unwrap() <= cell[side]["p99_us"].as_f64().unwrap(),
                "{cell}"
            );
        }
        let many = matches!(cell["transport"].as_str(), Some("tcp" | "tls"));
        assert_eq!(cell["connections"], if many { cell["channels"].clone() } else { 1.into() }, "{cell}");
    }
}

#[test]
fn the_table_has_a_line_a_cell() {
    let ran = bankd(["bench", "--transport", "memory", "--connections-each"].into_iter().chain(QUICK));
    assert_eq!(ran.code, 0, "{}", ran.told);
    let lines: Vec<_> = ran.out.lines().filter(|line| line.starts_with("memory")).collect();
    let columns: Vec<Vec<_>> = lines.iter().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(columns.len(), 2, "{}", ran.out);
    assert_eq!((columns[1][1], columns[1][2], columns[1].len()), ("3", "3", 11), "{}", ran.out);
}
