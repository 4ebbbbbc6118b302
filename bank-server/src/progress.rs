//! Shows the progress of a long command on a terminal.

use std::io::{IsTerminal, Write, stderr};

const BAR_WIDTH: u64 = 30;

/// A line on standard error that is written over as the work goes on, and gone at its end. Where
/// standard error is no terminal nothing is shown.
#[derive(Debug)]
pub struct Bar {
    what: &'static str,
    is_shown: bool,
    percent: Option<u64>,
}

impl Bar {
    /// A bar for `what`, such as `verifying`.
    #[must_use]
    pub fn new(what: &'static str) -> Bar {
        Bar { what, is_shown: stderr().is_terminal(), percent: None }
    }

    /// `done` of `all` is done.
    pub fn show(&mut self, done: u64, all: u64) {
        let percent = percent(done, all);
        if self.is_shown && self.percent != Some(percent) {
            self.percent = Some(percent);
            write(&line(self.what, percent));
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        if self.percent.is_some() {
            write("\r\u{1b}[K");
        }
    }
}

fn percent(done: u64, all: u64) -> u64 {
    let hundredfold = u128::from(done.min(all)) * 100;
    u64::try_from(hundredfold.checked_div(u128::from(all)).unwrap_or(100)).unwrap_or(100)
}

fn line(what: &str, percent: u64) -> String {
    let full = percent * BAR_WIDTH / 100;
    let bar: String = (0..BAR_WIDTH).map(|place| if place < full { '#' } else { '.' }).collect();
    format!("\r{what} [{bar}] {percent:3} %")
}

/// A terminal that went away is no failure of the work.
fn write(text: &str) {
    let mut out = stderr().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_fills_from_nothing_to_all() {
        assert_eq!(line("x", percent(0, 3)), "\rx [..............................]   0 %");
        assert_eq!(line("x", percent(1, 2)), "\rx [###############...............]  50 %");
        assert_eq!(line("x", percent(7, 7)), "\rx [##############################] 100 %");
        assert_eq!((percent(0, 0), percent(9, 7), percent(u64::MAX, u64::MAX)), (100, 100, 100));
    }
}
