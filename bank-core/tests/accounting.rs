//! docs/accounting.md is true: each of its worked examples is played on a bank of its own, and every
//! account compared after each row.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "accounting/play.rs"]
mod play;

use std::collections::BTreeMap;
use std::path::Path;

use bank_engine_core::money::Amount;

use play::Play;

const FIRST_CELL: &str = "what happens";

/// One table, and the steps that were taken before it.
struct Example {
    line: usize,
    before: Vec<String>,
    columns: Vec<String>,
    rows: Vec<(usize, Vec<String>)>,
}

fn cells(line: &str) -> Vec<String> {
    line.trim().trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect()
}

/// The texts in backticks.
fn quoted(text: &str) -> Vec<String> {
    text.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

fn examples() -> Vec<Example> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/accounting.md");
    let document = std::fs::read_to_string(path).unwrap();
    let (mut examples, mut before, mut open) = (Vec::<Example>::new(), Vec::new(), false);
    for (line, number) in document.lines().zip(1..) {
        if let Some(steps) = line.strip_prefix("Before: ") {
            before = quoted(steps);
        } else if line.starts_with("## ") {
            assert!(before.is_empty(), "line {number}: what happened before belongs to no table");
        } else if !line.starts_with('|') {
            open = false;
        } else if cells(line)[0] == FIRST_CELL {
            let columns = cells(line).split_off(1);
            examples.push(Example {
                line: number,
                before: std::mem::take(&mut before),
                columns,
                rows: vec![],
            });
            open = true;
        } else if open && !line.starts_with("|---") {
            examples.last_mut().unwrap().rows.push((number, cells(line)));
        }
    }
    examples
}

fn amount(cell: &str) -> Amount {
    cell.trim_start_matches('+').parse().unwrap_or_else(|error| panic!("{cell}: {error}"))
}

/// What each column changed by, without those that did not change.
type Changes = BTreeMap<String, Amount>;

fn result(columns: &[String], row: &[String]) -> Changes {
    let changed = columns.iter().zip(&row[1..]).filter(|(_, cell)| !cell.is_empty());
    changed.map(|(column, cell)| (column.clone(), amount(cell))).collect()
}

async fn play(example: &Example) {
    let mut play = Play::begins(&example.columns).await;
    for step in &example.before {
        let outcome = play.step(step).await;
        assert_eq!(outcome, None, "{step}, before line {}", example.line);
    }
    for (line, row) in &example.rows {
        assert_eq!(row.len(), example.columns.len() + 1, "docs/accounting.md line {line}: cells are missing");
        if row[0] == "balance" {
            let standing = play.standing().await;
            for (column, cell) in example.columns.iter().zip(&row[1..]) {
                let balance = standing.get(column).copied().unwrap_or_else(|| amount("0"));
                assert_eq!(balance, amount(cell), "docs/accounting.md line {line}: {column}");
            }
            continue;
        }
        let before = play.standing().await;
        let code = play.step(&quoted(&row[0])[0]).await;
        let declined = row[0].split_once("declined ").map(|(_, code)| code.parse().unwrap());
        assert_eq!(code, declined, "docs/accounting.md line {line}: {}", row[0]);
        let changed = play::changes(&before, &play.standing().await);
        assert_eq!(changed, result(&example.columns, row), "docs/accounting.md line {line}: {}", row[0]);
    }
}

#[tokio::test]
async fn every_worked_example_goes_as_written() {
    let examples = examples();
    let rows: usize = examples.iter().map(|example| example.rows.len()).sum();
    assert!(examples.len() > 20 && rows > 100, "{} tables of {rows} rows were found", examples.len());
    for example in &examples {
        play(example).await;
    }
}

#[test]
fn the_figures_of_a_row_sum_to_zero() {
    for example in examples() {
        for (line, row) in example.rows.iter().filter(|(_, row)| row[0] != "balance") {
            let postings =
                result(&example.columns, row).into_iter().filter(|(column, _)| !column.contains(' '));
            let sum: i128 = postings.map(|(_, value)| play::thousandths(value)).sum();
            assert_eq!(sum, 0, "docs/accounting.md line {line}");
        }
    }
}
